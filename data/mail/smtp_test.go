package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"
	"greffier/data/mail/mailtest"

	"github.com/emersion/go-smtp"
)

// sending is the settings with which a test sends.
func sending(s *mailtest.SMTP) mail.SMTPConfig {
	return mail.SMTPConfig{Host: s.Host, Port: s.Port, User: s.User, Password: s.Password, CAFile: s.CAFile}
}

func postman(t testing.TB, cfg mail.SMTPConfig) *mail.Postman {
	t.Helper()
	p, err := mail.NewPostman(cfg)
	if err != nil {
		t.Fatalf("NewPostman: %v", err)
	}
	return p
}

// outgoing is a composed letter.
func outgoing(t testing.TB, l mail.Letter) []byte {
	t.Helper()
	if l.From.Email == "" {
		l.From = shop
	}
	if l.To == nil {
		l.To = []mailbox.Address{client}
	}
	if l.MessageID == "" {
		l.MessageID = "known@shop.example.com"
	}
	l.Subject, l.Now = "Vos données", now
	raw, err := mail.ComposeLetter(l)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSend(t *testing.T) {
	t.Run("a letter arrives at sender's and recipients' addresses as it was composed", func(t *testing.T) {
		s := mailtest.Submission(t)
		text := "Bonjour,\n.\n..deux points\n.fin\n" + strings.Repeat("é", 5000)
		raw := outgoing(t, mail.Letter{Text: text, To: []mailbox.Address{client, {Email: "zoe@example.org"}}, Cc: []mailbox.Address{{Name: "Moi", Email: "moi@shop.example.com"}}})
		if err := postman(t, sending(s)).Send(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		got := s.Received()
		if len(got) != 1 || !bytes.Equal(got[0].Raw, raw) {
			t.Fatalf("received %d: %+v", len(got), got)
		}
		if got[0].From != shop.Email || !slices.Equal(got[0].To, []string{"zoe@example.org", "moi@shop.example.com"}) || got[0].UTF8 || !got[0].TLS {
			t.Errorf("envelope %+v", got[0])
		}
		if m := mail.Parse(got[0].Raw, mail.Trust{}); m.Text != text || m.MessageID != "known@shop.example.com" {
			t.Errorf("read back %q %q", m.MessageID, m.Text)
		}
		for _, h := range s.Hellos() {
			if h != "localhost" && h != "[127.0.0.1]" {
				t.Errorf("introduced itself as %q", h)
			}
		}
	})
	for name, cfg := range map[string]func(*mailtest.SMTP) mail.SMTPConfig{
		"over STARTTLS": func(s *mailtest.SMTP) mail.SMTPConfig {
			c := sending(s)
			c.Port, c.Security = s.StartPort, mail.StartTLS
			return c
		},
		"without TLS to this computer": func(s *mailtest.SMTP) mail.SMTPConfig {
			c := sending(s)
			c.Port, c.Security = s.PlainPort, mail.Plain
			return c
		},
		"where only LOGIN is offered": func(s *mailtest.SMTP) mail.SMTPConfig {
			s.Mechanisms = []string{"LOGIN"}
			return sending(s)
		},
	} {
		t.Run("a letter is sent "+name, func(t *testing.T) {
			s := mailtest.Submission(t)
			if err := postman(t, cfg(s)).Send(t.Context(), outgoing(t, mail.Letter{Text: "Bonjour"})); err != nil || len(s.Received()) != 1 {
				t.Fatalf("%v, %d received", err, len(s.Received()))
			}
			if m := s.SignedBy(); len(s.Mechanisms) > 0 && !slices.Equal(m, s.Mechanisms) {
				t.Errorf("signed in by %q", m)
			}
		})
	}
	t.Run("an address with accents asks for SMTPUTF8, its domain in ASCII", func(t *testing.T) {
		s := mailtest.Submission(t)
		raw := outgoing(t, mail.Letter{To: []mailbox.Address{{Email: "zoé@exämple.org"}}})
		if err := postman(t, sending(s)).Send(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		if got := s.Received()[0]; !got.UTF8 || got.To[0] != "zoé@xn--exmple-cua.org" {
			t.Errorf("envelope %+v", got)
		}
	})
	t.Run("a letter with 8-bit bytes is sent as such", func(t *testing.T) {
		s := mailtest.Submission(t)
		raw := []byte("From: a@example.org\nTo: b@example.org\nContent-Type: text/plain; charset=utf-8\n\nété\n")
		if err := postman(t, sending(s)).Send(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		if got := s.Received()[0]; got.UTF8 || !got.Bits || !strings.HasSuffix(string(got.Raw), "\r\n\r\nété\r\n") {
			t.Errorf("received %+v", got)
		}
	})
}

func TestSendByToken(t *testing.T) {
	for _, mechanism := range []string{"OAUTHBEARER", "XOAUTH2"} {
		start := func(t *testing.T) (*mailtest.SMTP, mail.SMTPConfig) {
			s := mailtest.Submission(t)
			s.Mechanisms, s.Tokens = []string{"PLAIN", mechanism}, func(token string) bool { return token == "good" }
			cfg := sending(s)
			cfg.Password = ""
			return s, cfg
		}
		t.Run("a refused token is asked for anew, once, by "+mechanism, func(t *testing.T) {
			s, cfg := start(t)
			asked := 0
			cfg.Token = tokens(&asked, "stale", "good")
			if err := postman(t, cfg).Check(t.Context()); err != nil || asked != 2 || !slices.Equal(s.SignedBy(), []string{mechanism}) {
				t.Fatalf("%v, %d tokens, %q", err, asked, s.SignedBy())
			}
		})
		t.Run("a token refused twice is a refused sign-in, by "+mechanism, func(t *testing.T) {
			_, cfg := start(t)
			asked := 0
			cfg.Token = tokens(&asked, "stale", "stale too", "good")
			if err := postman(t, cfg).Check(t.Context()); !errors.Is(err, mail.ErrAuth) || asked != 2 {
				t.Fatalf("%v, %d tokens", err, asked)
			}
		})
		t.Run("a token that cannot be had is told as it is, by "+mechanism, func(t *testing.T) {
			_, cfg := start(t)
			cfg.Token = func(context.Context) (string, error) { return "", mail.ErrConsentGone }
			if err := postman(t, cfg).Check(t.Context()); !errors.Is(err, mail.ErrConsentGone) || errors.Is(err, mail.ErrUnreachable) {
				t.Fatal(err)
			}
		})
	}
}

func TestSendRefused(t *testing.T) {
	t.Parallel()
	no := func(code int, enhanced smtp.EnhancedCode) *smtp.SMTPError {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: "<zoe@example.org> private words"}
	}
	// More than what the buffers between client and server can hold.
	huge := func(mb int) string { return strings.Repeat(strings.Repeat("x", 62)+"\r\n", mb<<20/64) }
	for name, tc := range map[string]struct {
		step     string
		answer   *smtp.SMTPError
		text     string
		want     error
		enhanced string
		went     bool // the server has it
	}{
		"a sender that is not hers":                       {step: mailtest.StepMail, answer: no(553, smtp.EnhancedCode{5, 7, 1}), want: mail.ErrRefused, enhanced: "5.7.1"},
		"a recipient that does not exist":                 {step: mailtest.StepRcpt, answer: no(550, smtp.EnhancedCode{5, 1, 1}), want: mail.ErrRecipient, enhanced: "5.1.1"},
		"a recipient who cannot take it now":              {step: mailtest.StepRcpt, answer: no(451, smtp.EnhancedCode{4, 7, 1}), want: mail.ErrRecipient, enhanced: "4.7.1"},
		"a mail taken for spam at its end":                {step: mailtest.StepFinal, answer: no(554, smtp.EnhancedCode{5, 7, 1}), want: mail.ErrRefused, enhanced: "5.7.1"},
		"a sign-in that is refused":                       {step: mailtest.StepAuth, answer: no(535, smtp.EnhancedCode{5, 7, 8}), want: mail.ErrAuth},
		"a sign-in that cannot be checked now":            {step: mailtest.StepAuth, answer: no(454, smtp.EnhancedCode{4, 7, 0}), want: mail.ErrUnreachable},
		"a server that goes at the sign-in":               {step: mailtest.StepAuth, want: mail.ErrUnreachable},
		"a server that closes at the sender":              {step: mailtest.StepMail, answer: no(421, smtp.EnhancedCode{4, 3, 2}), want: mail.ErrUnreachable},
		"a server that goes at the recipient":             {step: mailtest.StepRcpt, want: mail.ErrUnreachable},
		"a server that goes in the midst of a mail":       {step: mailtest.StepData, text: huge(16), want: mail.ErrUnreachable},
		"a server that goes before its answer":            {step: mailtest.StepFinal, want: mailbox.ErrUncertain, went: true},
		"a server that goes before it answers a long one": {step: mailtest.StepFinal, text: huge(1), want: mailbox.ErrUncertain, went: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Submission(t)
			s.Fail(tc.step, tc.answer)
			raw := append(outgoing(t, mail.Letter{}), tc.text...)
			err := postman(t, sending(s)).Send(t.Context(), raw)
			if errors.Is(err, mailbox.ErrUncertain) != tc.went || len(s.Received()) > 0 != tc.went {
				t.Fatalf("%v, %d received", err, len(s.Received()))
			}
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v", err)
			}
			var refused *mail.RefusedError
			if errors.As(err, &refused) != (tc.enhanced != "") || refused != nil && (refused.Enhanced != tc.enhanced || refused.Temporary() != (tc.enhanced[0] == '4')) {
				t.Errorf("error %#v", err)
			}
			discreet(t, err, "zoe@", s.Password)
			s.Heal()
			if err := postman(t, sending(s)).Send(t.Context(), raw); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
	t.Run("cancelling while the answer is awaited leaves it uncertain, and does not look like a cancel", func(t *testing.T) {
		s := mailtest.Submission(t)
		waits := s.Hold()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-waits
			cancel()
		}()
		err := postman(t, sending(s)).Send(ctx, outgoing(t, mail.Letter{}))
		if !errors.Is(err, mailbox.ErrUncertain) || errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a server that never answers the mail leaves it uncertain", func(t *testing.T) {
		s := mailtest.Submission(t)
		s.Hold()
		p := postman(t, sending(s))
		p.AnswerWithin(100 * time.Millisecond)
		if err := p.Send(t.Context(), outgoing(t, mail.Letter{})); !errors.Is(err, mailbox.ErrUncertain) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cancelling before is a cancel", func(t *testing.T) {
		s := mailtest.Submission(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := postman(t, sending(s)).Send(ctx, outgoing(t, mail.Letter{})); !errors.Is(err, context.Canceled) || errors.Is(err, mailbox.ErrUncertain) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a mail larger than the server takes is not begun", func(t *testing.T) {
		s := mailtest.Submission(t)
		err := postman(t, sending(s)).Send(t.Context(), append(outgoing(t, mail.Letter{}), huge(25)...))
		var refused *mail.RefusedError
		if !errors.As(err, &refused) || refused.Enhanced != "5.3.4" || len(s.Received()) != 0 {
			t.Errorf("error %v", err)
		}
	})
	for name, raw := range map[string]string{
		"without a sender":             "To: b@example.org\r\n\r\nx",
		"with two senders":             "From: a@example.org, c@example.org\r\nTo: b@example.org\r\n\r\nx",
		"with two From fields":         "From: a@example.org\r\nFrom: c@example.org\r\nTo: b@example.org\r\n\r\nx",
		"without a recipient":          "From: a@example.org\r\n\r\nx",
		"with recipients unreadable":   "From: a@example.org\r\nTo: <<\r\n\r\nx",
		"with hidden recipients":       "From: a@example.org\r\nTo: b@example.org\r\nBcc: c@example.org\r\n\r\nx",
		"with a lonely return in it":   "From: a@example.org\r\nTo: b@example.org\r\n\r\nx\r.\rMAIL FROM:<c@example.org>",
		"with a zero in it":            "From: a@example.org\r\nTo: b@example.org\r\n\r\nx\x00",
		"with a line that is too long": "From: a@example.org\r\nTo: b@example.org\r\n\r\n" + strings.Repeat("x", 999),
		"that is none":                 "Bonjour",
		"that is empty":                "",
	} {
		t.Run("a mail "+name+" is not sent", func(t *testing.T) {
			p := postman(t, mail.SMTPConfig{Host: "127.0.0.1", User: "u"})
			if err := p.Send(t.Context(), []byte(raw)); !errors.Is(err, mail.ErrCompose) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestPostman(t *testing.T) {
	t.Run("a wrong password is told without telling it", func(t *testing.T) {
		s := mailtest.Submission(t)
		cfg := sending(s)
		cfg.Password = "hush-hush"
		err := postman(t, cfg).Check(t.Context())
		if !errors.Is(err, mail.ErrAuth) {
			t.Errorf("error %v", err)
		}
		discreet(t, err, "hush-hush")
	})
	t.Run("an unknown authority is refused with the fingerprint", func(t *testing.T) {
		for _, sec := range []mail.Security{mail.TLS, mail.StartTLS} {
			s := mailtest.Submission(t)
			cfg := sending(s)
			cfg.CAFile, cfg.Security = "", sec
			if sec == mail.StartTLS {
				cfg.Port = s.StartPort
			}
			var bad *mail.CertificateError
			if err := postman(t, cfg).Check(t.Context()); !errors.As(err, &bad) || len(bad.SHA256) != 95 || len(s.SignedBy()) != 0 {
				t.Errorf("%s: error %v", sec, err)
			}
		}
	})
	t.Run("a server that hides STARTTLS is refused, and hears no password", func(t *testing.T) {
		s := mailtest.Submission(t)
		cfg := sending(s)
		cfg.Port, cfg.Security = s.PlainPort, mail.StartTLS
		if err := postman(t, cfg).Check(t.Context()); !errors.Is(err, mail.ErrProtocol) || len(s.SignedBy()) != 0 {
			t.Errorf("error %v", err)
		}
	})
	t.Run("TLS to a port without it is told", func(t *testing.T) {
		s := mailtest.Submission(t)
		cfg := sending(s)
		cfg.Port = s.PlainPort
		if err := postman(t, cfg).Check(t.Context()); !errors.Is(err, mail.ErrProtocol) {
			t.Errorf("error %v", err)
		}
	})
	for _, sec := range []mail.Security{mail.TLS, mail.StartTLS, mail.Plain} {
		t.Run("a server that never answers is unreachable after the timeout, "+string(sec), func(t *testing.T) {
			cfg := mail.SMTPConfig{Host: "127.0.0.1", Port: silent(t), Security: sec, User: "u", Timeout: 100 * time.Millisecond}
			if err := postman(t, cfg).Check(t.Context()); !errors.Is(err, mail.ErrUnreachable) {
				t.Errorf("error %v", err)
			}
		})
	}
	for name, greeting := range map[string]string{
		"that greets with garbage":  "HTTP/1.1 400 contact@localhost.test\r\n\r\n",
		"that is closed for today":  "554 private words\r\n",
		"that greets without end":   strings.Repeat("x", 1<<20),
		"that greets in many lines": strings.Repeat("220-contact@localhost.test\r\n", 1<<15),
	} {
		t.Run("a server "+name+" is told without its words", func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			go func() {
				c, err := l.Accept()
				if err == nil {
					fmt.Fprint(c, greeting)
					c.Close()
				}
			}()
			cfg := mail.SMTPConfig{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: mail.Plain, User: "u", Timeout: 5 * time.Second}
			err = postman(t, cfg).Check(t.Context())
			if !errors.Is(err, mail.ErrProtocol) && !errors.Is(err, mail.ErrUnreachable) {
				t.Errorf("error %v", err)
			}
			discreet(t, err)
		})
	}
	for name, tc := range map[string]struct {
		cfg  mail.SMTPConfig
		want error
	}{
		"a host is needed":                        {mail.SMTPConfig{User: "u"}, mail.ErrConfig},
		"a user is needed":                        {mail.SMTPConfig{Host: "h"}, mail.ErrConfig},
		"plain is refused for a server elsewhere": {mail.SMTPConfig{Host: "smtp.example.org", User: "u", Security: mail.Plain}, mail.ErrPlainRefused},
		"plain is allowed to this computer":       {mail.SMTPConfig{Host: "127.0.0.1", User: "u", Security: mail.Plain}, nil},
		"a missing authority's file is told":      {mail.SMTPConfig{Host: "h", User: "u", CAFile: "/nowhere"}, mail.ErrCertificate},
		"another word for security is refused":    {mail.SMTPConfig{Host: "h", User: "u", Security: "ssl"}, mail.ErrConfig},
		"a port out of range is refused":          {mail.SMTPConfig{Host: "h", User: "u", Port: 70000}, mail.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := mail.NewPostman(tc.cfg); !errors.Is(err, tc.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}
