package demo_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"greffier/app/mailbox"
	"greffier/app/request"

	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
	"golang.org/x/net/html"
)

// message reads a mail of the demonstration as far as recognition needs it.
func message(t *testing.T, raw []byte) mailbox.Message {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	m := mailbox.Message{FromFields: 1}
	if m.Subject, err = r.Header.Subject(); err != nil {
		t.Fatal(err)
	}
	from, err := r.Header.AddressList("From")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range from {
		m.From = append(m.From, mailbox.Address{Name: a.Name, Email: a.Address})
	}
	m.InReplyTo, _ = r.Header.MsgIDList("In-Reply-To")
	m.AutoSubmitted = r.Header.Get("Auto-Submitted") != ""
	m.List = r.Header.Get("List-Unsubscribe") != ""
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return m
		}
		if err != nil {
			t.Fatal(err)
		}
		h, ok := p.Header.(*mail.InlineHeader)
		if !ok || m.Text != "" {
			continue
		}
		kind, _, _ := h.ContentType()
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch kind {
		case "text/plain":
			m.Text = strings.ReplaceAll(string(body), "\r\n", "\n")
		case "text/html":
			m.Text = textOf(t, body)
		}
	}
}

// textOf is the text of a page, a line for each block.
func textOf(t *testing.T, page []byte) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style":
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && (n.Data == "p" || n.Data == "li" || n.Data == "br"):
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestNoRequestIsMissed(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	for _, m := range w.Mails {
		if m.Folder == "Sent" || m.Folder == "Drafts" {
			continue
		}
		v := request.Recognise(message(t, m.Raw))
		var got []string
		for _, r := range v.Rights() {
			got = append(got, r.String())
		}
		if len(m.Expect) > 0 && v.Kind == request.Ordinary {
			t.Errorf("%s is taken for ordinary mail, want %v", m.ID, m.Expect)
		}
		for _, r := range m.Expect {
			if !slices.Contains(got, r) {
				t.Errorf("%s: the right of %s is not among %v", m.ID, r, got)
			}
		}
		// A right too many costs the owner a look, not the person an answer.
		if len(got) > len(m.Expect) {
			t.Logf("%s: %v (%s %.2f), want %v", m.ID, got, v.Kind, v.Confidence, m.Expect)
		}
	}
}
