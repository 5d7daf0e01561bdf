package demo

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"time"

	"greffier/app/law"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// receiver is the host that takes the shop's mail in and checks the senders.
const receiver = "mx.cleverfaces.example"

// dateLayout is RFC 5322's date-time.
const dateLayout = "Mon, 02 Jan 2006 15:04:05 -0700"

// compose writes the mail as it came over the wire, with what the receiving
// host put on top.
func (w *world) compose(m *mailRow, byID map[string]*mailRow) ([]byte, error) {
	var b bytes.Buffer
	field := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	local := m.received.In(law.Paris())
	envelope := m.from.Address
	if m.Envelope != "" {
		envelope = m.Envelope
	}
	if envelope == "<>" { // what a machine sends so that nothing comes back (RFC 5321, 4.5.5)
		envelope = ""
	}
	_, envelopeDomain, _ := strings.Cut(envelope, "@")
	_, fromDomain, _ := strings.Cut(m.from.Address, "@")
	r := w.random("transport", m.ID)
	if !m.own() {
		field("Return-Path", "<"+envelope+">")
		switch m.Auth {
		case "":
			field("Authentication-Results", fmt.Sprintf("%s;\r\n\tspf=pass smtp.mailfrom=%s;\r\n\tdkim=pass header.d=%s header.s=s1;\r\n\tdmarc=pass (p=none) header.from=%s",
				receiver, envelope, fromDomain, fromDomain))
		case "fail":
			field("Authentication-Results", fmt.Sprintf("%s;\r\n\tspf=fail smtp.mailfrom=%s;\r\n\tdkim=none;\r\n\tdmarc=fail (p=quarantine) header.from=%s",
				receiver, envelope, fromDomain))
		case "none":
			field("Authentication-Results", receiver+";\r\n\tspf=none;\r\n\tdkim=none;\r\n\tdmarc=none header.from="+fromDomain)
		default:
			return nil, fmt.Errorf("auth %q is unknown", m.Auth)
		}
		// 192.0.2.0/24 is kept for documentation (RFC 5737).
		host := "mail." + envelopeDomain
		if envelopeDomain == "" {
			host = fromDomain
		}
		field("Received", fmt.Sprintf("from %s (%s [192.0.2.%d])\r\n\tby %s (Postfix) with ESMTPS id %08X\r\n\tfor <%s>; %s",
			host, host, 10+r.IntN(200), receiver, r.Uint32(), Address, local.Format(dateLayout)))
	}
	charset := m.Charset
	if charset == "" {
		charset = "utf-8"
	}
	enc, err := encoderOf(charset)
	if err != nil {
		return nil, err
	}
	var bad error
	word := func(s string) string { return encodeWord(s, charset, enc, &bad) }
	address := func(a mail.Address) string {
		if a.Name == "" {
			return "<" + a.Address + ">"
		}
		name := word(a.Name)
		if name == a.Name {
			name = `"` + strings.ReplaceAll(name, `"`, `\"`) + `"`
		}
		return name + " <" + a.Address + ">"
	}
	field("Message-ID", m.messageID)
	field("Date", local.Add(-time.Duration(2+r.IntN(20))*time.Second).Format(dateLayout))
	field("From", address(m.from))
	field("To", address(m.to))
	if m.ReplyTo != "" {
		field("Reply-To", "<"+m.ReplyTo+">")
	}
	field("Subject", word(m.Subject))
	if m.Answers != "" {
		var chain []string
		for id := m.Answers; id != ""; id = byID[id].Answers {
			q := byID[id]
			if q == nil || !q.received.Before(m.received) || len(chain) > 20 {
				return nil, fmt.Errorf("it answers %s, which did not come before it", id)
			}
			chain = append(chain, q.messageID)
		}
		slices.Reverse(chain)
		field("In-Reply-To", chain[len(chain)-1])
		field("References", strings.Join(chain, "\r\n\t"))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		field(name, m.Headers[name])
	}
	field("MIME-Version", "1.0")
	if bad != nil {
		return nil, bad
	}
	if m.ContentType != "" { // the body is written out in the data
		field("Content-Type", m.ContentType)
		b.WriteString("\r\n")
		b.WriteString(strings.ReplaceAll(m.Body, "\n", "\r\n"))
		return b.Bytes(), nil
	}
	top, err := w.content(m, charset, enc)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(top.header)) {
		field(name, top.header.Get(name))
	}
	b.WriteString("\r\n")
	b.Write(top.body)
	return b.Bytes(), nil
}

// part is one part of a MIME message.
type part struct {
	header textproto.MIMEHeader
	body   []byte
}

// content builds the text, its alternative and the attachment.
func (w *world) content(m *mailRow, charset string, enc *encoding.Encoder) (part, error) {
	var text []part
	if m.HTML == "" || strings.TrimSpace(m.Body) != "" {
		p, err := textPart("plain", m.Body, charset, m.Encoding, enc)
		if err != nil {
			return part{}, err
		}
		text = append(text, p)
	}
	page := m.HTML
	if page == "" && m.Alternative {
		page = pageOf(m.Body)
	}
	if page != "" {
		p, err := textPart("html", page, charset, m.Encoding, enc)
		if err != nil {
			return part{}, err
		}
		text = append(text, p)
	}
	top := text[0]
	var err error
	if len(text) > 1 {
		if top, err = w.multi(m, "alternative", text); err != nil {
			return part{}, err
		}
	}
	if m.Attach == "" {
		return top, nil
	}
	file, err := w.attachment(m)
	if err != nil {
		return part{}, err
	}
	return w.multi(m, "mixed", []part{top, file})
}

// pageOf is a plain text as a mail program turns it into HTML.
func pageOf(text string) string {
	var b strings.Builder
	b.WriteString("<html><body>\n")
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>\n") + "</p>\n")
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

func textPart(kind, text, charset, transfer string, enc *encoding.Encoder) (part, error) {
	raw, err := enc.Bytes([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil {
		return part{}, fmt.Errorf("write it in %s: %w", charset, err)
	}
	p := part{header: textproto.MIMEHeader{}}
	p.header.Set("Content-Type", fmt.Sprintf("text/%s; charset=%s", kind, charset))
	switch transfer {
	case "", "quoted-printable":
		var b bytes.Buffer
		qp := quotedprintable.NewWriter(&b)
		_, err := qp.Write(raw)
		if err == nil {
			err = qp.Close()
		}
		if err != nil {
			return part{}, err
		}
		p.header.Set("Content-Transfer-Encoding", "quoted-printable")
		p.body = b.Bytes()
	case "base64":
		p.header.Set("Content-Transfer-Encoding", "base64")
		p.body = base64Lines(raw)
	default:
		return part{}, fmt.Errorf("encoding %q is unknown", transfer)
	}
	return p, nil
}

func base64Lines(raw []byte) []byte {
	s := base64.StdEncoding.EncodeToString(raw)
	var b bytes.Buffer
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	b.WriteString(s + "\r\n")
	return b.Bytes()
}

func (w *world) multi(m *mailRow, kind string, parts []part) (part, error) {
	var b bytes.Buffer
	mw := multipart.NewWriter(&b)
	if err := mw.SetBoundary(fmt.Sprintf("=_%s_%016x", kind, w.random("boundary", m.ID, kind).Uint64())); err != nil {
		return part{}, err
	}
	for _, p := range parts {
		pw, err := mw.CreatePart(p.header)
		if err != nil {
			return part{}, err
		}
		if _, err := pw.Write(p.body); err != nil {
			return part{}, err
		}
	}
	if err := mw.Close(); err != nil {
		return part{}, err
	}
	top := part{header: textproto.MIMEHeader{}, body: b.Bytes()}
	top.header.Set("Content-Type", fmt.Sprintf("multipart/%s; boundary=%q", kind, mw.Boundary()))
	return top, nil
}

// attachment draws or writes the file that is attached.
func (w *world) attachment(m *mailRow) (part, error) {
	p := part{header: textproto.MIMEHeader{}}
	var raw []byte
	switch path.Ext(m.Attach) {
	case ".jpg":
		who := newPerson(w.random("person", m.order.LastName, m.order.Number))
		var err error
		if raw, err = encodeJPEG(who.photo(w.random("attachment", m.ID))); err != nil {
			return part{}, err
		}
		p.header.Set("Content-Type", fmt.Sprintf("image/jpeg; name=%q", m.Attach))
	case ".pdf":
		raw = smallPDF("CleverFaces - " + strings.TrimSuffix(m.Attach, ".pdf"))
		p.header.Set("Content-Type", fmt.Sprintf("application/pdf; name=%q", m.Attach))
	default:
		return part{}, fmt.Errorf("an attachment %s cannot be made", m.Attach)
	}
	p.header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", m.Attach))
	p.header.Set("Content-Transfer-Encoding", "base64")
	p.body = base64Lines(raw)
	return p, nil
}

// smallPDF is a page with one line of ASCII on it.
func smallPDF(line string) []byte {
	draw := "BT /F1 14 Tf 72 770 Td (" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(line) + ") Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(draw), draw),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}

// encoderOf returns the encoder of a character set that the mails use.
func encoderOf(charset string) (*encoding.Encoder, error) {
	switch charset {
	case "utf-8":
		return encoding.Nop.NewEncoder(), nil
	case "iso-8859-1":
		return charmap.ISO8859_1.NewEncoder(), nil
	case "windows-1252":
		return charmap.Windows1252.NewEncoder(), nil
	}
	return nil, fmt.Errorf("the character set %q is not known", charset)
}

// encodeWord writes a header's text as RFC 2047 wants it, folded.
func encodeWord(s, charset string, enc *encoding.Encoder, bad *error) string {
	raw, err := enc.String(s)
	if err != nil {
		*bad = fmt.Errorf("write a header in %s: %w", charset, err)
		return ""
	}
	return strings.ReplaceAll(mime.QEncoding.Encode(charset, raw), "?= =?", "?=\r\n =?")
}
