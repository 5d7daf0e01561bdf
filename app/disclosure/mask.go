package disclosure

import (
	"bytes"
	"encoding/base64"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/order"
)

// address finds e-mail addresses in text, with a display name before them.
var (
	address = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+'-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,250}[\p{L}\p{N}])?`)
	named   = regexp.MustCompile(`(?i)(?:"[^"\n]{1,100}"|(?:\p{Lu}[\p{L}'’.-]*)(?: \p{Lu}[\p{L}'’.-]*){0,4})?[ \t]*[<\[(]mailto:?[^>\])\n]{3,320}[>\])]|(?:"[^"\n]{1,100}"|(?:\p{Lu}[\p{L}'’.-]*)(?: \p{Lu}[\p{L}'’.-]*){0,4})[ \t]*[<\[(][^<>\[\]()\s@]{1,64}@[^<>\[\]()\s]{1,255}[>\])]`)
)

// masker replaces what is of other people (GDPR Art. 15(4), 20(4)).
type masker struct {
	pen
	own    map[string]bool // addresses that are the person's, or the shop's
	shop   string          // the shop's domain: its addresses are no person's
	others []*regexp.Regexp
}

func newMasker(p pen, f Facts) *masker {
	m := &masker{pen: p, own: map[string]bool{}}
	mine := []cases.Person{f.Case.Requester, f.Case.Concerned}
	for _, x := range mine {
		m.own[mailbox.NormEmail(x.Email)] = true
	}
	m.own[mailbox.NormEmail(f.Controller.Email)] = true
	if _, domain, ok := strings.Cut(mailbox.NormEmail(f.Controller.Email), "@"); ok && !freeMail[domain] {
		m.shop = domain
	}
	seen := map[string]bool{}
	add := func(s string) {
		s = line(s, 200)
		if len([]rune(s)) < 5 || seen[strings.ToLower(s)] || slices.ContainsFunc(mine, func(x cases.Person) bool { return cases.SameName(x.Name, s) }) {
			return // a short word would mask half of the text
		}
		seen[strings.ToLower(s)] = true
		var parts []string
		for w := range strings.FieldsSeq(s) {
			parts = append(parts, regexp.QuoteMeta(w))
		}
		if re, err := regexp.Compile(`(?i)` + strings.Join(parts, `[\s,]+`)); err == nil {
			m.others = append(m.others, re)
		}
	}
	for _, c := range f.Others {
		add(c.Name())
		if c.FirstName != "" && c.LastName != "" {
			add(c.LastName + " " + c.FirstName)
		}
		if !m.sharesAddress(f.Orders, c) {
			add(c.Address)
			add(c.Phone)
		}
	}
	return m
}

// freeMail are domains that a shop shares with everybody.
var freeMail = map[string]bool{"gmail.com": true, "outlook.com": true, "outlook.fr": true, "hotmail.com": true, "hotmail.fr": true, "yahoo.com": true, "yahoo.fr": true,
	"orange.fr": true, "wanadoo.fr": true, "free.fr": true, "sfr.fr": true, "laposte.net": true, "icloud.com": true, "proton.me": true, "protonmail.com": true, "gmx.fr": true, "gmx.com": true, "live.fr": true}

// sharesAddress tells whether another customer lives where the person does: the
// address is hers as well.
func (m *masker) sharesAddress(own []order.Order, c order.Customer) bool {
	return slices.ContainsFunc(own, func(o order.Order) bool {
		return strings.EqualFold(line(o.Customer.Address, 200), line(c.Address, 200)) || c.Phone != "" && o.Customer.Phone == c.Phone
	})
}

// foreign tells whether an address is of somebody else.
func (m *masker) foreign(email string) bool {
	n := mailbox.NormEmail(strings.Trim(email, ".'-"))
	_, domain, _ := strings.Cut(n, "@")
	return !m.own[n] && (m.shop == "" || domain != m.shop)
}

// text masks what is of others and counts what it masked.
func (m *masker) text(s string) (out string, n int) {
	gone := m.say("[adresse d'une autre personne]", "[another person's address]")
	who := m.say("[une autre personne]", "[another person]")
	s = named.ReplaceAllStringFunc(s, func(x string) string {
		if a := address.FindString(x); a == "" || !m.foreign(a) {
			return x
		}
		n++
		return who
	})
	s = address.ReplaceAllStringFunc(s, func(x string) string {
		if !m.foreign(x) {
			return x
		}
		n++
		return gone
	})
	for _, re := range m.others {
		s = re.ReplaceAllStringFunc(s, func(string) string { n++; return who })
	}
	return s, n
}

// clean tells whether a mail as it came holds nothing that would be masked. It
// looks at the fields that name people and at every part that is text; what it
// cannot read is not clean.
func (m *masker) clean(raw []byte, text string) bool {
	if _, n := m.text(text); n > 0 {
		return false
	}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return false
	}
	for _, name := range []string{"From", "Sender", "To", "Cc", "Bcc", "Reply-To", "Subject", "Comments", "Delivered-To", "X-Original-To", "X-Forwarded-To", "Resent-From", "Resent-To", "Resent-Cc"} {
		for _, v := range msg.Header[name] {
			if d, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
				v = d
			}
			if _, n := m.text(v); n > 0 {
				return false
			}
		}
	}
	_, body, ok := bytes.Cut(raw, []byte("\n\r\n"))
	if !ok {
		_, body, _ = bytes.Cut(raw, []byte("\n\n"))
	}
	for _, part := range readings(body) {
		if _, n := m.text(part); n > 0 {
			return false
		}
	}
	return true
}

// inBase64 finds runs of base64 in a body.
var inBase64 = regexp.MustCompile(`(?:[A-Za-z0-9+/]{40,}\r?\n)+[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9+/]{24,}={0,2}`)

// readings returns a body as it stands and as its transfer encodings read, so
// that no address hides in one. What is decoded and is no text is dropped.
func readings(body []byte) []string {
	out := []string{string(body)}
	var quoted bytes.Buffer
	for l := range bytes.Lines(body) {
		// Line by line: a part that is no quoted-printable must not end it.
		d, err := readAll(quotedprintable.NewReader(bytes.NewReader(bytes.TrimRight(l, "\r\n"))))
		if err != nil {
			d = l
		}
		quoted.Write(d)
		if !bytes.HasSuffix(bytes.TrimRight(l, "\r\n"), []byte("=")) {
			quoted.WriteByte('\n')
		}
	}
	out = append(out, quoted.String())
	for _, run := range inBase64.FindAll(body, -1) {
		packed := bytes.ReplaceAll(bytes.ReplaceAll(run, []byte("\r"), nil), []byte("\n"), nil)
		d, err := base64.StdEncoding.DecodeString(string(packed))
		if err != nil {
			if d, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(string(packed), "=")); err != nil {
				continue
			}
		}
		if bytes.IndexByte(d, 0) < 0 {
			out = append(out, string(d))
		}
	}
	return out
}

func readAll(r interface{ Read([]byte) (int, error) }) ([]byte, error) {
	var b bytes.Buffer
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}
