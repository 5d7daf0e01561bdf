package mail_test

import (
	"context"
	"errors"
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
	t.Run("a server without tokens is told", func(t *testing.T) {
		s := mailtest.Memory(t)
		cfg := config(s)
		cfg.Token = func(context.Context) (string, error) { return "t", nil }
		if _, err := open(t, cfg).Look(t.Context()); !errors.Is(err, mail.ErrAuth) {
			t.Fatalf("error %v", err)
		}
	})
}
