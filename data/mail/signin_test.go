package mail_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"greffier/data/mail"
	"greffier/data/mail/mailtest"
)

// tokens gives one token after the other, and counts.
func tokens(asked *int, list ...string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		*asked++
		return list[min(*asked, len(list))-1], nil
	}
}

func TestSignInByToken(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"oauthbearer", "xoauth2"} {
		o := mailtest.OAuthServer(t, "contact@localhost.test")
		s := mailtest.DovecotOAuth(t, o, mechanism)
		_, good := o.Grant()
		with := func(t *testing.T, token func(context.Context) (string, error)) error {
			cfg := config(s)
			cfg.Password, cfg.Token = "", token
			_, err := open(t, cfg).Look(t.Context())
			return err
		}
		t.Run("Dovecot lets in with a token by "+mechanism, func(t *testing.T) {
			asked := 0
			if err := with(t, tokens(&asked, good)); err != nil || asked != 1 {
				t.Fatalf("%v after %d tokens", err, asked)
			}
		})
		t.Run("a refused token is asked for anew, once, by "+mechanism, func(t *testing.T) {
			asked := 0
			if err := with(t, tokens(&asked, "stale", good)); err != nil || asked != 2 {
				t.Fatalf("%v after %d tokens", err, asked)
			}
		})
		t.Run("a token refused twice is a refused sign-in, by "+mechanism, func(t *testing.T) {
			asked := 0
			err := with(t, tokens(&asked, "stale", "stale too", good))
			if !errors.Is(err, mail.ErrAuth) || asked != 2 {
				t.Fatalf("%v after %d tokens", err, asked)
			}
			if strings.Contains(err.Error(), "stale") || strings.Contains(err.Error(), "contact") {
				t.Errorf("error tells too much: %v", err)
			}
		})
		t.Run("a token that cannot be had is told as it is, by "+mechanism, func(t *testing.T) {
			err := with(t, func(context.Context) (string, error) { return "", mail.ErrConsentGone })
			if !errors.Is(err, mail.ErrConsentGone) || errors.Is(err, mail.ErrUnreachable) || errors.Is(err, mail.ErrAuth) {
				t.Fatalf("error %v", err)
			}
		})
	}
	t.Run("a refusal by XOAUTH2 is answered with an empty line", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		said := make(chan string, 10)
		go func() {
			defer close(said)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			in := bufio.NewScanner(c)
			fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n")
			for in.Scan() {
				tag, _, _ := strings.Cut(in.Text(), " ")
				fmt.Fprint(c, "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
				in.Scan()
				said <- in.Text()
				fmt.Fprintf(c, "%s NO contact@localhost.test is refused\r\n", tag)
			}
		}()
		asked := 0
		b := open(t, mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: mail.Plain, User: "contact@localhost.test", Token: tokens(&asked, "stale", "stale too")})
		_, err = b.Look(t.Context())
		if !errors.Is(err, mail.ErrAuth) {
			t.Errorf("error %v", err)
		}
		discreet(t, err)
		answers := 0
		for line := range said {
			answers++
			if line != "" {
				t.Errorf("answered with %q", line)
			}
		}
		if answers != 2 {
			t.Errorf("%d answers", answers)
		}
	})
	t.Run("a server without tokens is told", func(t *testing.T) {
		s := mailtest.Memory(t)
		cfg := config(s)
		cfg.Token = func(context.Context) (string, error) { return "t", nil }
		if _, err := open(t, cfg).Look(t.Context()); !errors.Is(err, mail.ErrAuth) {
			t.Fatalf("error %v", err)
		}
	})
}
