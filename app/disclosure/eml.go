package disclosure

import (
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"

	"greffier/app/mailbox"
)

// rebuilt writes a message anew from what was read of it, with what is of other
// people masked: the mail as it came holds more than may go out (RFC 5322).
func (m *masker) rebuilt(x mailbox.Message, text, note string) []byte {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	word := func(s string) string { return mime.QEncoding.Encode("utf-8", line(s, 400)) }
	names := func(as []mailbox.Address) string {
		var out []string
		for _, a := range as {
			if m.foreign(a.Email) {
				continue
			}
			s := "<" + line(strings.Map(func(r rune) rune {
				if strings.ContainsRune("<>\",; ", r) {
					return -1
				}
				return r
			}, a.Email), 320) + ">"
			if n, _ := m.text(line(a.Name, 200)); n != "" {
				s = word(n) + " " + s
			}
			out = append(out, s)
		}
		return strings.Join(out, ",\r\n ")
	}
	at := x.SentAt
	if at.IsZero() {
		at = x.ReceivedAt
	}
	field("Date", at.UTC().Format(time.RFC1123Z))
	field("From", names(x.From))
	field("To", names(x.To))
	subject, _ := m.text(line(x.Subject, 400))
	field("Subject", word(subject))
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset=utf-8")
	field("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	if note != "" {
		text = "[" + note + "]\n\n" + text
	}
	q := quotedprintable.NewWriter(&b)
	_, _ = q.Write([]byte(strings.ReplaceAll(lines(text)+"\n", "\n", "\r\n"))) // a strings.Builder takes everything
	_ = q.Close()
	return []byte(b.String())
}
