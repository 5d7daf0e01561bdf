package mail_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"
)

var (
	shop   = mailbox.Address{Name: "Cléver, Faces", Email: "contact@shop.example.com"}
	client = mailbox.Address{Name: "Zoé", Email: "zoe@example.org"}
	now    = time.Date(2026, 11, 3, 9, 30, 0, 0, time.FixedZone("CET", 3600))
)

func TestCompose(t *testing.T) {
	t.Run("a reply reads back as it was written", func(t *testing.T) {
		text := "Bonjour Zoé,\n\nVotre demande du 2 novembre est enregistrée : réponse au plus tard le 2 décembre.\n\n" + strings.Repeat("très long ", 200) + "\n.\nFrom moi\n"
		raw, err := mail.Compose(shop, client, "Re: Mes données personnelles, été 2026, et encore beaucoup de mots pour que la ligne se replie", text, []string{"a@b.org"}, []string{"c@d.org", "a@b.org"}, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("line of %d bytes", len(line))
			}
			for _, c := range []byte(line) {
				if c >= 0x80 {
					t.Fatalf("8-bit byte in %q", line)
				}
			}
		}
		m := mail.Parse(raw, mail.Trust{})
		if len(m.Problems) > 0 || m.Text != strings.TrimSpace(text) || m.From[0] != shop || m.To[0] != client || !m.SentAt.Equal(now) {
			t.Errorf("read back %+v", m)
		}
		if m.Subject != "Re: Mes données personnelles, été 2026, et encore beaucoup de mots pour que la ligne se replie" {
			t.Errorf("subject %q", m.Subject)
		}
		if fmt.Sprint(m.InReplyTo, m.References) != "[a@b.org] [c@d.org a@b.org]" || !strings.HasSuffix(m.MessageID, "@shop.example.com") {
			t.Errorf("thread %v %v %v", m.MessageID, m.InReplyTo, m.References)
		}
	})
	t.Run("no value can add a header field", func(t *testing.T) {
		evil := "x\r\nBcc: victim@example.com\r\n\r\nbody"
		raw, err := mail.Compose(mailbox.Address{Name: evil, Email: shop.Email}, mailbox.Address{Name: evil, Email: client.Email}, evil, "text",
			[]string{evil, "a@b>\r\nBcc: <c@d", "ok@b.org"}, []string{evil + "@x"}, now)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
		for _, line := range strings.Split(head, "\r\n") {
			if strings.HasPrefix(strings.ToLower(line), "bcc") {
				t.Errorf("line %q", line)
			}
		}
		if m := mail.Parse(raw, mail.Trust{}); fmt.Sprint(m.InReplyTo) != "[ok@b.org]" || m.Text != "text" {
			t.Errorf("read back %+v", m)
		}
	})
	t.Run("a long thread keeps its first and latest messages", func(t *testing.T) {
		var refs []string
		for i := range 100 {
			refs = append(refs, fmt.Sprintf("m%d@example.org", i))
		}
		raw, err := mail.Compose(shop, client, "Re", "x", nil, refs, now)
		if err != nil {
			t.Fatal(err)
		}
		m := mail.Parse(raw, mail.Trust{})
		if len(m.References) != 20 || m.References[0] != refs[0] || m.References[19] != refs[99] {
			t.Errorf("references %v", m.References)
		}
	})
	for name, bad := range map[string]string{
		"no address": "", "a name": "Marie", "two addresses": "a@b.org, c@d.org", "a line break": "a@b.org\r\nBcc: c@d.org",
		"a name and an address": "Marie <a@b.org>", "an angle": "<a@b.org>",
	} {
		t.Run("an address that is "+name+" is refused", func(t *testing.T) {
			for _, pair := range [][2]mailbox.Address{{{Email: bad}, client}, {shop, {Email: bad}}} {
				if _, err := mail.Compose(pair[0], pair[1], "s", "t", nil, nil, now); !errors.Is(err, mail.ErrCompose) {
					t.Errorf("Compose: %v", err)
				}
			}
		})
	}
}

func TestComposeLetter(t *testing.T) {
	whole := mail.Letter{From: shop, To: []mailbox.Address{client}, Cc: []mailbox.Address{{Email: "dpo@shop.example.com"}}, Subject: "Vos données", Text: "Bonjour", MessageID: "id@shop.example.com", Now: now}
	t.Run("a letter is found again by the identifier that it was given", func(t *testing.T) {
		raw, err := mail.ComposeLetter(whole)
		if err != nil {
			t.Fatal(err)
		}
		if m := mail.Parse(raw, mail.Trust{}); m.MessageID != whole.MessageID || m.AutoSubmitted || !strings.Contains(string(raw), "\r\nCc: <dpo@shop.example.com>\r\n") {
			t.Errorf("read back %+v\n%s", m, raw)
		}
	})
	t.Run("identifiers differ, name the domain and nothing else, and fit into a letter", func(t *testing.T) {
		for from, domain := range map[string]string{"contact@shop.example.com": "shop.example.com", "shop.example.com": "shop.example.com", "a@exämple.org": "xn--exmple-cua.org", "": "greffier.invalid", "a@b c\r\nd": "greffier.invalid"} {
			l := whole
			l.MessageID = mail.NewMessageID(from)
			if _, got, _ := strings.Cut(l.MessageID, "@"); got != domain || l.MessageID == mail.NewMessageID(from) {
				t.Errorf("%q gives %q", from, l.MessageID)
			}
			if _, err := mail.ComposeLetter(l); err != nil {
				t.Errorf("%q: %v", from, err)
			}
		}
	})
	for name, change := range map[string]func(*mail.Letter){
		"without a recipient":             func(l *mail.Letter) { l.To = nil },
		"with a bad copy":                 func(l *mail.Letter) { l.Cc = []mailbox.Address{{Email: "x\r\nBcc: a@b.org"}} },
		"without an identifier":           func(l *mail.Letter) { l.MessageID = "" },
		"with an identifier that is none": func(l *mail.Letter) { l.MessageID = "a@b>\r\nBcc: <c@d" },
	} {
		t.Run("a letter "+name+" is refused", func(t *testing.T) {
			l := whole
			change(&l)
			if _, err := mail.ComposeLetter(l); !errors.Is(err, mail.ErrCompose) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("n", "a@b.org", "s", "t", "i@j")
	f.Add("n\r\nBcc: x", "a@b.org\n", "=?utf-8?q?=0A?=", ".\r\n", "<i@j>\r\n")
	f.Fuzz(func(t *testing.T, name, email, subject, text, id string) {
		raw, err := mail.Compose(shop, mailbox.Address{Name: name, Email: email}, subject, text, []string{id}, []string{id}, now)
		if err != nil {
			return
		}
		m := mail.Parse(raw, mail.Trust{})
		sound(t, raw, m)
		head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
		for _, line := range strings.Split(head, "\r\n") {
			if line == "" || line[0] == ' ' || line[0] == '\t' {
				continue
			}
			key, _, ok := strings.Cut(line, ":")
			switch strings.ToLower(key) {
			case "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding":
			default:
				t.Errorf("header line %q (%v)", line, ok)
			}
		}
		if len(m.To) != 1 || m.FromFields != 1 {
			t.Errorf("to %+v", m.To)
		}
	})
}
