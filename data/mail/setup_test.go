package mail_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"
	"greffier/data/mail/mailtest"
)

func TestSetup(t *testing.T) {
	t.Parallel()
	// account is one of the test's servers, trusted by one file.
	account := func(s *mailtest.Server) mailbox.Account {
		return mailbox.Account{Address: s.User, IMAP: mailbox.Server{Host: s.Host, Port: s.Port, Security: mailbox.TLS, User: s.User}, SignIn: mailbox.ByPassword, CAFile: s.CAFile}
	}
	t.Run("a trial shows the folders without a way out", func(t *testing.T) {
		s := mailtest.Dovecot(t)
		s.Append("INBOX", nil, time.Now(), letter(1))
		got, err := new(mail.Setup).Try(t.Context(), account(s), mailbox.Secret{Password: s.Password}, nil)
		if err != nil || got.SMTP || !got.Drafts || got.TLS != "TLS 1.3" || got.Server == "" {
			t.Fatalf("%v: %+v", err, got)
		}
		for _, f := range []mailbox.Folder{{Name: "INBOX", Kind: mailbox.FolderInbox, Messages: 1, Read: true}, {Name: "Junk", Kind: mailbox.FolderJunk, Read: true}} {
			if !slices.Contains(got.Folders, f) {
				t.Errorf("%+v is not among %+v", f, got.Folders)
			}
		}
	})
	t.Run("a trial signs in at the way out too, with the user of the mailbox", func(t *testing.T) {
		// Without TLS to this computer, as at a bridge: two servers of two authorities.
		s, out := mailtest.Memory(t), mailtest.Submission(t)
		a := account(s)
		a.SMTP = mailbox.Server{Host: "127.0.0.1", Port: out.PlainPort, Security: mailbox.Plain}
		got, err := new(mail.Setup).Try(t.Context(), a, mailbox.Secret{Password: s.Password}, nil)
		if err != nil || !got.SMTP || len(out.SignedBy()) != 1 {
			t.Fatalf("%v: %+v", err, got)
		}
		out.Fail(mailtest.StepAuth, nil)
		got, err = new(mail.Setup).Try(t.Context(), a, mailbox.Secret{Password: s.Password}, nil)
		if !errors.Is(err, mail.ErrUnreachable) || got.SMTP || len(got.Folders) == 0 {
			t.Errorf("%v: %+v", err, got)
		}
	})
	t.Run("settings that cannot be used are told before anybody is asked", func(t *testing.T) {
		s := mailtest.Memory(t)
		a := account(s)
		a.SMTP = mailbox.Server{Host: "smtp.example.org", Security: mailbox.Plain}
		if _, err := new(mail.Setup).Try(t.Context(), a, mailbox.Secret{Password: s.Password}, nil); !errors.Is(err, mail.ErrPlainRefused) {
			t.Errorf("error %v", err)
		}
	})
	for _, byDevice := range []bool{false, true} {
		t.Run("who signed in at the provider gets into the mailbox and out, and a renewed token is handed over", func(t *testing.T) {
			o, client, a := provider(t)
			o.Set(func(o *mailtest.OAuth) { o.Lifetime = time.Minute }) // ends too soon to be used
			s, out := mailtest.DovecotOAuth(t, o, "oauthbearer"), mailtest.Submission(t)
			out.Tokens = o.Knows
			setup := &mail.Setup{OAuth: *client, ByDevice: byDevice}
			secret, err := setup.SignIn(t.Context(), a, o.ClientSecret, func(p mailbox.Prompt) {
				if (p.Code != "") != byDevice {
					t.Errorf("prompt %+v", p)
				}
				go browse(o, p.Page)
			})
			if err != nil || secret.Token.Refresh == "" || secret.ClientSecret != o.ClientSecret {
				t.Fatalf("%v: %+v", err, secret)
			}
			a.IMAP, a.CAFile = account(s).IMAP, s.CAFile
			a.SMTP = mailbox.Server{Host: "localhost", Port: out.PlainPort, Security: mailbox.Plain}
			v := &vault{}
			got, err := setup.Try(t.Context(), a, secret, v.save)
			if err != nil || !got.SMTP || len(v.kept) == 0 {
				t.Fatalf("%v: %+v, %d kept", err, got, len(v.kept))
			}
		})
	}
	t.Run("the providers are those of the table", func(t *testing.T) {
		if got := new(mail.Setup).Providers(); len(got) != len(mail.Providers()) {
			t.Errorf("%d providers", len(got))
		}
	})
}
