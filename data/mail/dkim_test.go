package mail_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"

	"github.com/emersion/go-msgauth/dkim"
)

// zone is a table of TXT records that counts who asks.
type zone struct {
	mu      sync.Mutex
	records map[string][]string
	asked   []string
}

func (z *zone) lookup(ctx context.Context, name string) ([]string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, name)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r, ok := z.records[name]; ok {
		return r, nil
	}
	return nil, errors.New("no such name")
}

func TestVerifyDKIM(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	record := func(k *rsa.PrivateKey, flags string) string {
		der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return "v=DKIM1; k=rsa; " + flags + "p=" + base64.StdEncoding.EncodeToString(der)
	}
	table := map[string][]string{
		"s._domainkey.client.org":      {record(key, "")},
		"s._domainkey.mail.client.org": {record(key, "")},
		"test._domainkey.client.org":   {record(key, "t=y; ")},
		"strict._domainkey.client.org": {record(key, "t=s; ")},
		"two._domainkey.client.org":    {record(key, ""), record(other, "")},
		"old._domainkey.client.org":    {"v=DKIM1; k=rsa; p="},
		"ed._domainkey.client.org":     {"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic)},
		"s._domainkey.forger.net":      {record(key, "")},
		"s._domainkey.org":             {record(key, "")},
	}
	const letter = "From: Marie <marie@client.org>\r\nTo: contact@shop.example.com\r\nSubject: Mes données\r\n\r\nEffacez tout.\r\n"
	// sign signs with d=domain and s=selector, and changes the options.
	sign := func(raw, domain, selector string, change func(*dkim.SignOptions)) string {
		t.Helper()
		o := &dkim.SignOptions{Domain: domain, Selector: selector, Signer: crypto.Signer(key), Hash: crypto.SHA256,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed}
		if change != nil {
			change(o)
		}
		var b bytes.Buffer
		if err := dkim.Sign(&b, strings.NewReader(raw), o); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	plain := sign(letter, "client.org", "s", nil)
	for name, tc := range map[string]struct {
		raw    string
		want   mailbox.AuthResult
		domain string
	}{
		"a signature of the sender's domain passes":       {plain, mailbox.Pass, "client.org"},
		"one of a domain below it passes":                 {sign(letter, "mail.client.org", "s", nil), mailbox.Pass, "mail.client.org"},
		"one by Ed25519 passes":                           {sign(letter, "client.org", "ed", func(o *dkim.SignOptions) { o.Signer = edKey }), mailbox.Pass, "client.org"},
		"one of somebody else's domain says nothing":      {sign(letter, "forger.net", "s", nil), mailbox.NotChecked, ""},
		"one of a public suffix says nothing":             {sign(letter, "org", "s", nil), mailbox.NotChecked, ""},
		"a changed body fails":                            {strings.Replace(plain, "tout", "rien", 1), mailbox.Fail, "client.org"},
		"an added body fails":                             {plain + "Et payez.\r\n", mailbox.Fail, "client.org"},
		"a changed sender fails":                          {strings.Replace(plain, "marie@", "Marie@", 1), mailbox.Fail, "client.org"},
		"a key that is another's fails":                   {sign(letter, "client.org", "s", func(o *dkim.SignOptions) { o.Signer = other }), mailbox.Fail, "client.org"},
		"the one that verifies counts among several":      {sign(strings.Replace(plain, "bh=", "bh=AA", 1), "client.org", "s", nil), mailbox.Pass, "client.org"},
		"one beside a stranger's passes":                  {sign(plain, "forger.net", "s", nil), mailbox.Pass, "client.org"},
		"no signature is not checked":                     {letter, mailbox.NotChecked, ""},
		"a key that is gone is not checked":               {sign(letter, "client.org", "gone", nil), mailbox.NotChecked, ""},
		"a key that was taken back is not checked":        {sign(letter, "client.org", "old", nil), mailbox.NotChecked, ""},
		"a key in a test is not checked":                  {sign(letter, "client.org", "test", nil), mailbox.NotChecked, ""},
		"two keys of one name are not checked":            {sign(letter, "client.org", "two", nil), mailbox.NotChecked, ""},
		"a strict key wants its very domain":              {sign(letter, "client.org", "strict", func(o *dkim.SignOptions) { o.Identifier = "@mail.client.org" }), mailbox.NotChecked, ""},
		"a strict key of its very domain passes":          {sign(letter, "client.org", "strict", nil), mailbox.Pass, "client.org"},
		"an expired signature is not checked":             {sign(letter, "client.org", "s", func(o *dkim.SignOptions) { o.Expiration = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }), mailbox.NotChecked, ""},
		"one over a part of the body is not checked":      {strings.Replace(plain, "v=1;", "v=1; l=5;", 1), mailbox.NotChecked, ""},
		"one that is broken is not checked":               {strings.Replace(plain, "bh=", "hb=", 1), mailbox.NotChecked, ""},
		"two From fields are not checked":                 {"From: Marie <marie@client.org>\r\n" + plain, mailbox.NotChecked, ""},
		"a second From with a space is seen":              {"From : forger@forger.net\r\n" + plain, mailbox.NotChecked, ""},
		"two addresses in From are not checked":           {sign(strings.Replace(letter, "Marie <marie@client.org>", "marie@client.org, x@forger.net", 1), "client.org", "s", nil), mailbox.NotChecked, ""},
		"another address than the one asked for":          {sign(strings.Replace(letter, "marie@", "paul@", 1), "client.org", "s", nil), mailbox.NotChecked, ""},
		"an eleventh signature is not looked at":          {manySignatures(10) + plain, mailbox.NotChecked, ""},
		"a tenth signature is":                            {manySignatures(9) + plain, mailbox.Pass, "client.org"},
		"a header too long is not checked":                {strings.Repeat("X-Y: "+strings.Repeat("z", 900)+"\r\n", 400) + plain, mailbox.NotChecked, ""},
		"a signature too long is not checked":             {strings.Replace(plain, "DKIM-Signature:", "DKIM-Signature: h="+strings.Repeat("a:", 5000)+";", 1), mailbox.NotChecked, ""},
		"lines that end in LF alone are the same":         {strings.ReplaceAll(plain, "\r\n", "\n"), mailbox.Pass, "client.org"},
		"what is no mail is not checked":                  {"hello", mailbox.NotChecked, ""},
		"a mail without From is not checked":              {"Subject: x\r\n\r\nx", mailbox.NotChecked, ""},
		"a sender's words in a comment change nothing":    {sign(strings.Replace(letter, "Marie <", "Marie (x@forger.net) <", 1), "client.org", "s", nil), mailbox.Pass, "client.org"},
		"a look-alike of the domain is not the domain":    {sign(strings.Replace(letter, "client.org", "client.org.forger.net", 1), "client.org", "s", nil), mailbox.NotChecked, ""},
		"folded signatures of every program are read":     {strings.Replace(plain, "v=1;", "v = 1 ;\r\n\t", 1), mailbox.Fail, "client.org"},
		"a signature that does not cover From is nothing": {strings.Replace(plain, "h=From", "h=Xrom", 1), mailbox.NotChecked, ""},
	} {
		t.Run(name, func(t *testing.T) {
			z := &zone{records: table}
			got, domain := mail.VerifyDKIM(t.Context(), []byte(tc.raw), "marie@client.org", z.lookup)
			if got != tc.want || domain != tc.domain {
				t.Errorf("%v by %q, want %v by %q", got, domain, tc.want, tc.domain)
			}
			for _, name := range z.asked {
				if !strings.HasSuffix(name, "client.org") {
					t.Errorf("asked for the key of a stranger: %s", name)
				}
			}
		})
	}
	t.Run("each key is asked for once", func(t *testing.T) {
		z := &zone{records: table}
		if got, _ := mail.VerifyDKIM(t.Context(), []byte(sign(sign(plain, "client.org", "s", nil), "client.org", "s", nil)), "marie@client.org", z.lookup); got != mailbox.Pass || len(z.asked) != 1 {
			t.Errorf("%v, asked %q", got, z.asked)
		}
	})
	t.Run("nothing is asked once the context has ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		z := &zone{records: table}
		if got, _ := mail.VerifyDKIM(ctx, []byte(plain), "marie@client.org", z.lookup); got != mailbox.NotChecked || len(z.asked) != 0 {
			t.Errorf("%v, asked %q", got, z.asked)
		}
	})
	t.Run("a context that ends while a key is looked up ends the check", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		got, _ := mail.VerifyDKIM(ctx, []byte(plain), "marie@client.org", func(ctx context.Context, _ string) ([]string, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if got != mailbox.NotChecked {
			t.Error(got)
		}
	})
	t.Run("the names of this computer's network are not asked", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := mail.DNSKeys(nil)(ctx, "s._domainkey.client.org"); err == nil {
			t.Error("a lookup after the end succeeded")
		}
	})
}

// manySignatures are header fields of strangers.
func manySignatures(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; d=forger.net; s=s%d; h=from; bh=AA==; b=AA==\r\n", i)
	}
	return b.String()
}

func FuzzDKIM(f *testing.F) {
	f.Add([]byte(manySignatures(3)+"From: marie@client.org\r\n\r\nx"), "v=DKIM1; k=rsa; p=AA==")
	f.Add([]byte("DKIM-Signature: v=1; a=ed25519-sha256; d=client.org; s=s; h=from; bh=AA==; b=AA==\r\nFrom: marie@client.org\r\n\r\nx"), "t=y:s; k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Fuzz(func(t *testing.T, raw []byte, record string) {
		got, _ := mail.VerifyDKIM(t.Context(), raw, "marie@client.org", func(context.Context, string) ([]string, error) { return []string{record}, nil })
		if got == mailbox.Pass {
			t.Error("a pass without a key")
		}
	})
}
