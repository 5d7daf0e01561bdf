package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"greffier/app/guard"
	"greffier/app/mailbox"

	"github.com/emersion/go-message"
	htmlcharset "golang.org/x/net/html/charset"
)

// The bounds of a message. What lies beyond is left out and told in Problems.
const (
	maxDepth       = 20
	maxParts       = 200
	maxPlainBytes  = 4 * mailbox.MaxTextBytes // of one decoded text part
	maxHTMLBytes   = 16 << 20                 // of one decoded HTML part, images inside included
	maxDecodeBytes = 32 << 20                 // of all text parts together
	maxProblems    = 20
	maxNameBytes   = 200
	maxSubject     = 2000
)

// tooManyParts is told where parts are left out.
var tooManyParts = fmt.Sprintf("more than %d parts", maxParts)

// forwardLine stands above the text of a message that was attached.
const forwardLine = "---------- Forwarded message ----------"

// Parse reads a raw message. It always gives a Message: what cannot be read is
// told in Problems, and Raw holds the bytes as they came. ID, Ref, ReceivedAt
// and Junk are left for the one who knows where the message came from.
func Parse(raw []byte, trust Trust) mailbox.Message {
	p := parser{budget: maxDecodeBytes, documentText: maxDocumentsText, pdfWork: maxPDFWork}
	p.m.Raw = raw
	// Should the reading have an error of its own, what was read until then
	// stands, and the mail is looked at by a person.
	if guard.Run(func() error { p.read(raw, trust); return nil }) != nil {
		p.m.Problems = append([]string{faulty}, p.m.Problems[:min(len(p.m.Problems), maxProblems-1)]...)
	}
	return p.m
}

// faulty is told of a message over which the program failed.
const faulty = "the program failed over this message"

// readEntity is how the parts of a message are read; a test puts a fault there.
var readEntity = (*parser).entity

func (p *parser) read(raw []byte, trust Trust) {
	h, body := splitHead(raw, false)
	for _, s := range h.problems {
		p.problem(s)
	}
	if len(raw) == 0 {
		p.problem("empty message")
	}
	p.header(&h, trust)
	text := readEntity(p, &h, body, 0)
	p.m.Text = strings.TrimSpace(text.s)
	if len(p.attached) > 0 {
		p.m.Text = strings.TrimSpace(p.m.Text + "\n\n" + strings.Join(p.attached, "\n\n"))
	}
	p.m.Text = p.bounded(p.m.Text)
	p.returned(text.s)
}

// parser carries the bounds through the tree of parts.
type parser struct {
	m      mailbox.Message
	parts  int
	budget int // decoded bytes of text still allowed

	documents    int      // attached, of those that may be letters
	documentText int      // bytes of their text still allowed
	pdfWork      int      // that reading PDFs may still cost
	attached     []string // their text, each below its line
	returnedID   string   // of the mail that a report is about
}

// problem notes once what could not be read.
func (p *parser) problem(s string) {
	s = cleanLine(s, 120)
	if s != "" && len(p.m.Problems) < maxProblems && !slices.Contains(p.m.Problems, s) {
		p.m.Problems = append(p.m.Problems, s)
	}
}

// bounded keeps a text within MaxTextBytes.
func (p *parser) bounded(s string) string {
	if len(s) <= mailbox.MaxTextBytes {
		return s
	}
	p.problem("text cut at " + strconv.Itoa(mailbox.MaxTextBytes>>10) + " KB")
	return cut(s, mailbox.MaxTextBytes)
}

// header fills what the header fields of the message say.
func (p *parser) header(h *head, trust Trust) {
	m := &p.m
	subject, problem := decodeWords(cut(h.get("subject"), 16<<10))
	p.problem(problem)
	m.Subject = cleanLine(subject, maxSubject)

	m.FromFields = h.fromFields
	m.From = p.addresses(h, "from")
	m.ReplyTo = p.addresses(h, "reply-to")
	m.To = p.addresses(h, "to")
	if m.FromFields > 1 {
		p.problem(fmt.Sprintf("%d From fields", m.FromFields))
	}

	if ids := messageIDs(h.get("message-id")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	m.InReplyTo = messageIDs(h.get("in-reply-to"))
	m.References = messageIDs(h.get("references"))
	if v := h.get("date"); v != "" {
		t, ok := headerDate(v)
		if !ok {
			p.problem("malformed Date")
		}
		m.SentAt = t
	}

	sender, _ := m.Sender()
	m.Auth = authentication(h, sender.Email, trust)

	precedence := word(h.get("precedence"))
	ct, params := contentType(h.get("content-type"))
	report := strings.ToLower(params["report-type"])
	local, _, _ := strings.Cut(mailbox.NormEmail(sender.Email), "@")
	p.machine(h, ct, report, local)
	m.List = h.has("list-id") || h.has("list-unsubscribe") || h.has("list-post") ||
		precedence == "bulk" || precedence == "list" || precedence == "junk"
}

// addresses gathers the addresses of all fields of that name.
func (p *parser) addresses(h *head, key string) []mailbox.Address {
	var all []mailbox.Address
	for _, f := range h.fields {
		if f.key != key || len(all) >= maxAddresses {
			continue
		}
		list, problem := addresses(f.value)
		p.problem(problem)
		all = append(all, list...)
	}
	return all[:min(len(all), maxAddresses)]
}

// word is the first word of a field value, in lower case.
func word(v string) string {
	f := strings.FieldsFunc(strings.ToLower(v), func(r rune) bool { return r == ' ' || r == ';' || r == '\t' || r == '(' })
	if len(f) == 0 {
		return ""
	}
	return f[0]
}

// contentType reads a Content-Type or Content-Disposition as far as it can be
// read; the type is in lower case, "" when the field is missing or unreadable.
func contentType(v string) (string, map[string]string) {
	if v == "" {
		return "", nil
	}
	v, _ = asUTF8([]byte(v))
	v = cleanLine(withoutCommentsUnquoted(v), maxFieldBytes)
	t, params, err := mime.ParseMediaType(v)
	if err == nil {
		return t, params
	}
	// A broken parameter must not cost the boundary and the charset.
	t, rest, _ := strings.Cut(v, ";")
	params = map[string]string{}
	for _, kv := range strings.Split(rest, ";") {
		k, val, ok := strings.Cut(kv, "=")
		k = strings.ToLower(strings.TrimSpace(k))
		if ok && k != "" && params[k] == "" {
			params[k] = strings.Trim(strings.TrimSpace(val), `"`)
		}
	}
	return strings.ToLower(strings.TrimSpace(t)), params
}

// withoutCommentsUnquoted removes comments outside quoted strings.
func withoutCommentsUnquoted(v string) string {
	if !strings.Contains(v, "(") {
		return v
	}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && i+1 < len(v):
			if depth == 0 {
				b.WriteByte(c)
				b.WriteByte(v[i+1])
			}
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
			b.WriteByte(c)
		case quoted:
			b.WriteByte(c)
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// part is the text that an entity gave.
type part struct {
	s     string
	plain bool // came from text/plain
	// packed came from winmail.dat, which often says what another part says.
	packed bool
}

func (t part) blank() bool { return letters(t.s, 1) == 0 }

// entity reads one node of the MIME tree (RFC 2045, RFC 2046).
func (p *parser) entity(h *head, body []byte, depth int) part {
	p.parts++
	if p.parts > maxParts {
		p.problem(tooManyParts)
		return part{}
	}
	if depth > maxDepth {
		p.problem(fmt.Sprintf("nested deeper than %d parts", maxDepth))
		return part{}
	}
	ct, params := contentType(h.get("content-type"))
	if ct == "" || !strings.Contains(ct, "/") {
		if h.has("content-type") && ct != "text" {
			p.problem("malformed Content-Type")
		}
		ct = "text/plain"
	}
	disposition, dispParams := contentType(h.get("content-disposition"))
	name := p.fileName(dispParams["filename"], params["name"])

	switch {
	case strings.HasPrefix(ct, "multipart/"):
		return p.multipart(ct, params, body, depth)
	case ct == "message/rfc822" || ct == "message/global" || disposition == "attachment" && path.Ext(strings.ToLower(name)) == ".eml":
		return p.forwarded(h, name, body, depth)
	case isTNEF(ct, name):
		return p.packet(h, ct, name, body, depth)
	case ct == "message/delivery-status" || ct == "message/global-delivery-status":
		p.attach(h, ct, name, body)
		p.status(h, body)
		return part{}
	case strings.HasPrefix(ct, "text/") && readable(ct) && (disposition != "attachment" || depth == 0):
		if name != "" {
			p.attach(h, ct, name, body)
		}
		return p.text(h, ct, params, body)
	}
	p.attach(h, ct, name, body)
	if documentKind(ct, name) != "" {
		if name == "" {
			name = "unnamed"
		}
		p.document(ct, name, params["charset"], p.decode(h, body, maxDocumentBytes+1))
	}
	return part{}
}

// readable tells which kinds of text are for people.
func readable(ct string) bool {
	switch ct {
	case "text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/css",
		"text/javascript", "text/xml", "text/rtf", "text/richtext", "text/rfc822-headers":
		return false
	}
	return true
}

// attach names a part that is not read as text.
func (p *parser) attach(h *head, ct, name string, body []byte) {
	size := int64(len(body))
	if transferEncoding(h) == "base64" {
		n := int64(0)
		for _, c := range body {
			if c > ' ' && c != '=' {
				n++
			}
		}
		size = n * 3 / 4
	}
	if name == "" {
		name = "unnamed"
	}
	if ct == "multipart/encrypted" || ct == "application/pkcs7-mime" || ct == "application/x-pkcs7-mime" || ct == "application/pgp-encrypted" {
		p.problem("encrypted part")
	}
	p.m.Attachments = append(p.m.Attachments, mailbox.Attachment{Name: name, Type: cleanLine(ct, 100), SizeBytes: size})
}

// fileName makes a name of hostile origin harmless: decoded, one path element,
// no separators, no leading dots.
func (p *parser) fileName(names ...string) string {
	for _, n := range names {
		if n == "" {
			continue
		}
		n, problem := decodeWords(n)
		p.problem(problem)
		n = strings.ReplaceAll(n, `\`, "/")
		n = path.Base(cleanLine(n, 4<<10))
		n = strings.Map(func(r rune) rune {
			if strings.ContainsRune(`<>:"/|?*`, r) {
				return '_'
			}
			return r
		}, n)
		n = strings.Trim(n, ". ")
		if len(n) > maxNameBytes {
			ext := path.Ext(n)
			if len(ext) > 20 {
				ext = ""
			}
			n = cut(n, maxNameBytes-len(ext)) + ext
		}
		if n != "" {
			return n
		}
	}
	return ""
}

// multipart reads the children and decides which of them are the text.
func (p *parser) multipart(ct string, params map[string]string, body []byte, depth int) part {
	if ct == "multipart/encrypted" {
		p.problem("encrypted part")
	}
	boundary := params["boundary"]
	if boundary == "" {
		p.problem("multipart without a boundary")
		return p.lost(body)
	}
	children, closed := splitParts(body, boundary, maxParts-p.parts+1)
	if len(children) == 0 {
		p.problem("multipart without parts")
		return p.lost(body)
	}
	if !closed {
		p.problem("multipart not closed")
	}
	var texts []part
	for i, c := range children {
		if p.parts >= maxParts {
			p.problem(tooManyParts)
			break
		}
		if ct == "multipart/report" && (p.m.Bounce || p.m.Receipt) && i > 0 && depth == 0 {
			// What comes back with a report is the owner's own letter.
			p.parts++
			p.reportPart(c)
			continue
		}
		h, b := splitHead(c, true)
		for _, s := range h.problems {
			p.problem(s)
		}
		if ct == "multipart/digest" && !h.has("content-type") {
			h.fields = append(h.fields, field{"content-type", "message/rfc822"})
		}
		if t := p.entity(&h, b, depth+1); !t.blank() {
			texts = append(texts, t)
		}
	}
	if len(texts) == 0 {
		return part{}
	}
	if ct == "multipart/alternative" {
		return choose(texts)
	}
	texts = withoutRepeats(texts)
	all := make([]string, len(texts))
	plain := true
	for i, t := range texts {
		all[i], plain = strings.Trim(t.s, "\n"), plain && t.plain
	}
	return part{s: p.bounded(strings.Join(all, "\n\n")), plain: plain}
}

// withoutRepeats leaves the text of winmail.dat out where another part says it.
func withoutRepeats(texts []part) []part {
	if !slices.ContainsFunc(texts, func(t part) bool { return t.packed }) {
		return texts
	}
	var said []string
	for _, t := range texts {
		if !t.packed {
			said = append(said, bare(t.s))
		}
	}
	return slices.DeleteFunc(texts, func(t part) bool {
		return t.packed && slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, bare(t.s)) })
	})
}

// bare is a text reduced to its letters and digits.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// choose takes the plain text of alternatives, unless it says next to nothing
// beside the other one ("your program cannot show HTML").
func choose(texts []part) part {
	last := texts[len(texts)-1]
	for _, t := range texts {
		if !t.plain {
			continue
		}
		if n := letters(t.s, 200); n < 100 && !last.plain && letters(last.s, 4*n+20) >= 4*n+20 {
			return last
		}
		return t
	}
	return last
}

// lost gives the text of a multipart whose structure cannot be found.
func (p *parser) lost(body []byte) part {
	return p.text(&head{}, "text/plain", nil, body)
}

// splitParts cuts a multipart body at its boundary lines (RFC 2046, 5.1.1). A
// body that ends before its closing line gives the parts that are there.
func splitParts(body []byte, boundary string, limit int) (parts [][]byte, closed bool) {
	mark := []byte("--" + boundary)
	start, from := -1, 0
	for {
		i := bytes.Index(body[from:], mark)
		if i < 0 {
			break
		}
		i += from
		from = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		line, _ := cutLine(body[from:])
		end := bytes.HasPrefix(line, []byte("--"))
		if rest := bytes.TrimPrefix(line, []byte("--")); len(bytes.TrimSpace(rest)) > 0 {
			continue // another boundary that begins with ours
		}
		if start >= 0 {
			parts = append(parts, withoutEOL(body[start:i]))
			if len(parts) > limit {
				return parts, true
			}
		}
		if end {
			return parts, true
		}
		n := bytes.IndexByte(body[from:], '\n')
		if n < 0 {
			return parts, false
		}
		start = from + n + 1
		from = start
	}
	if start >= 0 && start < len(body) {
		parts = append(parts, body[start:])
	}
	return parts, false
}

func withoutEOL(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// forwarded reads an attached message: its text is appended below a line that
// says so, for a request may lie in a mail that somebody passes on.
func (p *parser) forwarded(h *head, name string, body []byte, depth int) part {
	if transferEncoding(h) != "" {
		body = p.decode(h, body, maxPlainBytes*8)
	}
	if name == "" {
		name = "message.eml"
	}
	p.m.Attachments = append(p.m.Attachments, mailbox.Attachment{Name: name, Type: "message/rfc822", SizeBytes: int64(len(body))})
	inner, rest := splitHead(body, false)
	for _, s := range inner.problems {
		p.problem(s)
	}
	if inner.fromFields > 1 {
		p.problem(fmt.Sprintf("attached message has %d From fields", inner.fromFields))
	}
	text := p.entity(&inner, rest, depth+1)
	var b strings.Builder
	b.WriteString(forwardLine)
	b.WriteByte('\n')
	if from, _ := decodeWords(cut(inner.get("from"), maxLineBytes)); from != "" {
		b.WriteString("From: " + cleanLine(from, 500) + "\n")
	}
	if subject, _ := decodeWords(cut(inner.get("subject"), 16<<10)); subject != "" {
		b.WriteString("Subject: " + cleanLine(subject, maxSubject) + "\n")
	}
	b.WriteByte('\n')
	b.WriteString(text.s)
	return part{s: p.bounded(b.String()), plain: text.plain}
}

// transferEncoding is the Content-Transfer-Encoding, "" where it changes nothing.
func transferEncoding(h *head) string {
	switch e := word(h.get("content-transfer-encoding")); e {
	case "7bit", "8bit", "binary":
		return ""
	default:
		return strings.Trim(e, `"'`)
	}
}

// decode undoes the transfer encoding of at most max bytes. Damage costs what
// is damaged, not the rest.
func (p *parser) decode(h *head, body []byte, max int) []byte {
	enc := transferEncoding(h)
	if enc == "" {
		if len(body) > max {
			p.problem("part too long")
			body = body[:max]
		}
		return body
	}
	var mh message.Header
	mh.Set("Content-Type", "application/octet-stream")
	mh.Set("Content-Transfer-Encoding", enc)
	e, err := message.New(mh, bytes.NewReader(body))
	if e == nil || err != nil {
		p.problem("unknown transfer encoding " + cleanLine(enc, 40))
		return body[:min(len(body), max)]
	}
	out, err := io.ReadAll(io.LimitReader(e.Body, int64(max)+1))
	switch {
	case err == nil:
	case enc == "base64":
		p.problem("bad base64")
		out = looseBase64(body, max)
	case enc == "quoted-printable":
		p.problem("bad quoted-printable")
		out = looseQuotedPrintable(body, max)
	default:
		p.problem("part cannot be decoded")
	}
	if len(out) > max {
		p.problem("part too long")
		out = out[:max]
	}
	return out
}

// looseBase64 ignores what is not of the alphabet (RFC 2045, 6.8) and a missing
// end.
func looseBase64(body []byte, max int) []byte {
	clean := make([]byte, 0, min(len(body), max/3*4+4))
	for _, c := range body {
		if len(clean) >= max/3*4 {
			break
		}
		if isBase64(c) {
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, err := base64.RawStdEncoding.Decode(out, clean)
	var corrupt base64.CorruptInputError
	if err != nil && !errors.As(err, &corrupt) {
		return nil
	}
	return out[:n]
}

// looseQuotedPrintable keeps an "=" that introduces nothing as it stands
// (RFC 2045, 6.7).
func looseQuotedPrintable(body []byte, max int) []byte {
	out := make([]byte, 0, min(len(body), max))
	for i := 0; i < len(body) && len(out) < max; i++ {
		if body[i] != '=' {
			out = append(out, body[i])
			continue
		}
		if i+2 < len(body) {
			if v, err := strconv.ParseUint(string(body[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		end := i + 1
		for end < len(body) && (body[end] == ' ' || body[end] == '\t' || body[end] == '\r') {
			end++
		}
		if end >= len(body) || body[end] == '\n' { // soft line break
			i = end
			continue
		}
		out = append(out, '=')
	}
	return out
}

// text decodes a text part and brings it to plain text.
func (p *parser) text(h *head, ct string, params map[string]string, body []byte) part {
	isHTML := ct == "text/html" || ct == "application/xhtml+xml"
	max := maxPlainBytes
	if isHTML {
		max = maxHTMLBytes
	}
	if p.budget <= 0 {
		p.problem("more text than is read")
		return part{}
	}
	b := p.decode(h, body, min(max, p.budget))
	p.budget -= len(b)
	s := p.charset(b, params["charset"], isHTML)
	if isHTML {
		text, problems := htmlText(s)
		for _, x := range problems {
			p.problem(x)
		}
		return part{s: p.bounded(text)}
	}
	s = cleanText(s)
	if strings.EqualFold(params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(params["delsp"], "yes"))
	}
	if depthless := strings.TrimLeft(s, " \t\r\n"); ct == "text/plain" && len(params) == 0 && looksLikeHTML(depthless) {
		text, _ := htmlText(s)
		return part{s: p.bounded(text)}
	}
	return part{s: p.bounded(s), plain: true}
}

// looksLikeHTML recognises HTML that was sent without saying so.
func looksLikeHTML(s string) bool {
	s = strings.ToLower(s[:min(len(s), 20)])
	return strings.HasPrefix(s, "<!doctype html") || strings.HasPrefix(s, "<html")
}

// charset decodes text to UTF-8. What the sender claims is tried first, then
// what the bytes look like.
func (p *parser) charset(b []byte, name string, isHTML bool) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if isHTML && name == "" {
		if enc, found, _ := htmlcharset.DetermineEncoding(b[:min(len(b), 1024)], "text/html"); enc != nil && found != "utf-8" && found != "windows-1252" {
			if out, err := enc.NewDecoder().Bytes(b); err == nil {
				return string(out)
			}
		}
	}
	if noCharset[name] {
		s, guessed := asUTF8(b)
		if guessed {
			p.problem("text is not of the charset it claims")
		}
		return s
	}
	if wronglyDeclared(name, b) {
		p.problem("text is not of the charset it claims")
		return string(b)
	}
	r, err := charsetReader(name, bytes.NewReader(b))
	if err != nil {
		p.problem("unknown charset " + cleanLine(name, 40))
		s, _ := asUTF8(b)
		return s
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(len(b))*4+16))
	if err != nil {
		p.problem("text is not of the charset it claims")
		s, _ := asUTF8(b)
		return s
	}
	if bytes.Count(out, []byte("\uFFFD")) > len(out)/20 {
		p.problem("text is not of the charset it claims")
	}
	return string(out)
}
