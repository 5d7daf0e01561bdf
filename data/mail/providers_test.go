package mail_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"greffier/app/mailbox"
	"greffier/data/mail"
)

func TestProviders(t *testing.T) {
	all := mail.Providers()
	ids, domains, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range all {
		t.Run("the settings of "+p.Name+" can be used", func(t *testing.T) {
			if p.ID == "" || p.Name == "" || ids[p.ID] || names[p.Name] || p.Account.Provider != p.ID || p.Account.Out != mailbox.OutDrafts {
				t.Errorf("named twice, or not at all: %+v", p)
			}
			ids[p.ID], names[p.Name] = true, true
			for _, d := range p.Domains {
				if domains[d] || d != strings.ToLower(d) || !strings.Contains(d, ".") {
					t.Errorf("domain %q", d)
				}
				domains[d] = true
			}
			a := p.Account
			if p.ID == "proton" {
				if a.IMAP.Host != "127.0.0.1" || a.IMAP.Security != mailbox.Plain || a.SMTP.Host != "127.0.0.1" {
					t.Errorf("the bridge is on this computer: %+v", a)
				}
			} else {
				if a.IMAP.Security != mailbox.TLS || a.IMAP.Port != 993 {
					t.Errorf("IMAP without TLS: %+v", a.IMAP)
				}
				if a.SMTP.Security != mailbox.TLS && a.SMTP.Security != mailbox.StartTLS || (a.SMTP.Security == mailbox.TLS) != (a.SMTP.Port == 465) {
					t.Errorf("SMTP without TLS: %+v", a.SMTP)
				}
			}
			if (a.SignIn == mailbox.ByOAuth) != p.OnlyOAuth || p.OnlyOAuth && !p.OAuth || p.OnlyOAuth && p.AppPassword {
				t.Errorf("sign-in %+v", p)
			}
			if _, known := mail.Endpoints[p.ID]; known != p.OAuth {
				t.Errorf("OAuth without a page to sign in, or the other way round")
			}
			if u, err := url.Parse(p.Help); p.Help != "" && (err != nil || u.Scheme != "https") {
				t.Errorf("help %q", p.Help)
			}
			a.IMAP.User, a.SMTP.User = "u@example.org", "u@example.org"
			if _, err := mail.New(mail.ConfigOf(a, mailbox.Secret{}, nil)); err != nil {
				t.Error(err)
			}
			if _, err := mail.NewPostman(mail.SMTPConfigOf(a, mailbox.Secret{}, nil)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("the providers that a shop in France is likely to have are there", func(t *testing.T) {
		for _, id := range []string{"ovh", "gandi", "infomaniak", "gmail", "outlook", "microsoft365", "orange", "free", "sfr", "laposte", "bouygues", "ionos", "icloud", "yahoo", "gmx", "proton", "fastmail", "hostinger", "zoho", "mailboxorg", "posteo"} {
			if !ids[id] {
				t.Errorf("%s is missing", id)
			}
		}
	})
	t.Run("what a caller changes stays its own", func(t *testing.T) {
		i := slices.IndexFunc(all, func(p mailbox.Provider) bool { return p.ID == "gmail" })
		all[i].Domains[0] = "evil.example"
		if mail.Providers()[i].Domains[0] != "gmail.com" {
			t.Error("the table was changed")
		}
	})
}
