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
)

// maxReferences is how many identifiers References carries: the first and the
// latest ones (RFC 5322, 3.6.4 sets no bound, other programs do).
const maxReferences = 20

// Compose makes a reply of plain text: UTF-8, quoted-printable, RFC 5322. from
// and to must be complete addresses, else ErrCompose. Whatever else comes from
// a message that is answered cannot add a header field: line breaks in subject
// and names become spaces, identifiers that are none are left out. now is the
// Date, in the zone that it carries.
func Compose(from, to mailbox.Address, subject, text string, inReplyTo, references []string, now time.Time) ([]byte, error) {
	sender, err := composeAddress("from", from)
	if err != nil {
		return nil, err
	}
	recipient, err := composeAddress("to", to)
	if err != nil {
		return nil, err
	}
	var h gomail.Header
	h.SetDate(now)
	h.SetAddressList("From", []*gomail.Address{sender})
	h.SetAddressList("To", []*gomail.Address{recipient})
	h.SetSubject(cleanLine(subject, maxSubject))
	// Not the computer's name, which is nobody's business.
	h.SetMessageID(strings.ToLower(rand.Text()) + "@" + domainOf(sender.Address))
	if ids := composeIDs(inReplyTo); len(ids) > 0 {
		h.SetMsgIDList("In-Reply-To", ids)
	}
	refs := composeIDs(references)
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
	body := strings.TrimRight(cleanText(text), "\n") + "\n"
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
