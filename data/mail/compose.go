package mail

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	stdmail "net/mail"
	"strings"
	"time"

	"greffier/app/mailbox"

	gomail "github.com/emersion/go-message/mail"
	"golang.org/x/net/idna"
)

// maxReferences is how many identifiers References carries: the first and the
// latest ones (RFC 5322, 3.6.4 sets no bound, other programs do).
const maxReferences = 20

// Letter is a mail of plain text to be composed.
type Letter struct {
	From          mailbox.Address
	To, Cc        []mailbox.Address
	Subject, Text string
	// InReplyTo and References are of what is answered (RFC 5322, 3.6.4).
	InReplyTo, References []string
	// MessageID is the letter's own, as NewMessageID makes one, by which it is
	// found again among sent mail and in what comes back.
	MessageID string
	Now       time.Time // the Date, in the zone that it carries
}

// NewMessageID makes an identifier for a letter sent from an address or a
// domain: without angle brackets, as mailbox.Message has it. It names nothing
// but the domain, and nobody can guess it.
func NewMessageID(domain string) string {
	// Not the computer's name, which is nobody's business.
	d, err := idna.Lookup.ToASCII(domainOf(domain))
	id := strings.ToLower(rand.Text()) + "@" + d
	if err != nil || len(composeIDs([]string{id})) == 0 {
		return id[:strings.IndexByte(id, '@')] + "@greffier.invalid" // RFC 2606
	}
	return id
}

// Compose makes a reply of plain text, as ComposeLetter does, to one recipient
// and with an identifier of its own.
func Compose(from, to mailbox.Address, subject, text string, inReplyTo, references []string, now time.Time) ([]byte, error) {
	return ComposeLetter(Letter{From: from, To: []mailbox.Address{to}, Subject: subject, Text: text,
		InReplyTo: inReplyTo, References: references, MessageID: NewMessageID(from.Email), Now: now})
}

// ComposeLetter makes a mail of plain text: UTF-8, quoted-printable, RFC 5322.
// From and all recipients must be complete addresses, at least one of them in
// To, and MessageID an identifier, else ErrCompose. Whatever else comes from a
// message that is answered cannot add a header field: line breaks in subject
// and names become spaces, identifiers that are none are left out. No field
// says that a machine wrote it (RFC 3834): a letter goes out by a person's
// click.
func ComposeLetter(l Letter) ([]byte, error) {
	sender, err := composeAddress("from", l.From)
	if err != nil {
		return nil, err
	}
	var to, cc []*gomail.Address
	for i, a := range append(l.To[:len(l.To):len(l.To)], l.Cc...) {
		recipient, err := composeAddress("to", a)
		if err != nil {
			return nil, err
		}
		if i < len(l.To) {
			to = append(to, recipient)
		} else {
			cc = append(cc, recipient)
		}
	}
	if len(to) == 0 {
		return nil, fmt.Errorf("%w: no recipient", ErrCompose)
	}
	if len(composeIDs([]string{l.MessageID})) != 1 {
		return nil, fmt.Errorf("%w: no usable identifier", ErrCompose)
	}
	var h gomail.Header
	h.SetDate(l.Now)
	h.SetAddressList("From", []*gomail.Address{sender})
	h.SetAddressList("To", to)
	if len(cc) > 0 {
		h.SetAddressList("Cc", cc)
	}
	h.SetSubject(cleanLine(l.Subject, maxSubject))
	h.SetMessageID(strings.Trim(strings.TrimSpace(l.MessageID), "<>"))
	if ids := composeIDs(l.InReplyTo); len(ids) > 0 {
		h.SetMsgIDList("In-Reply-To", ids)
	}
	refs := composeIDs(l.References)
	if len(refs) > maxReferences {
		refs = append(refs[:1:1], refs[len(refs)-maxReferences+1:]...)
	}
	if len(refs) > 0 {
		h.SetMsgIDList("References", refs)
	}
	h.Set("Mime-Version", "1.0")
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")

	var b bytes.Buffer
	w, err := gomail.CreateSingleInlineWriter(&b, h)
	if err != nil {
		return nil, fmt.Errorf("write the header of a reply: %w: %w", ErrCompose, err)
	}
	body := strings.TrimRight(cleanText(l.Text), "\n") + "\n"
	if _, err := io.WriteString(w, strings.ReplaceAll(body, "\n", "\r\n")); err != nil {
		return nil, fmt.Errorf("write the text of a reply: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write the text of a reply: %w", err)
	}
	return b.Bytes(), nil
}

// composeAddress accepts exactly one address, spelled as mail wants it.
func composeAddress(field string, a mailbox.Address) (*gomail.Address, error) {
	email := strings.TrimSpace(a.Email)
	parsed, err := stdmail.ParseAddress(email)
	if err != nil || parsed.Address != email || parsed.Name != "" || cleanLine(email, maxMsgIDBytes) != email {
		return nil, fmt.Errorf("%w: %s is no address", ErrCompose, field)
	}
	return &gomail.Address{Name: cleanLine(a.Name, 200), Address: email}, nil
}

// composeIDs keeps what is a message identifier.
func composeIDs(ids []string) []string {
	var out []string
	for _, id := range ids {
		id = strings.Trim(strings.TrimSpace(id), "<>")
		local, domain, ok := strings.Cut(id, "@")
		if !ok || local == "" || domain == "" || len(id) > maxMsgIDBytes/2 || strings.ContainsAny(id, "<>()\",;") || cleanID(id) != id {
			continue
		}
		ascii := true
		for _, c := range []byte(id) {
			ascii = ascii && c > ' ' && c < 0x7F
		}
		if ascii {
			out = append(out, id)
		}
	}
	return out
}
