package mail

import (
	"bytes"
	"io"
	"mime"
	stdmail "net/mail"
	"regexp"
	"strings"
	"time"

	"greffier/app/mailbox"

	gomail "github.com/emersion/go-message/mail"
)

// The bounds of a header. What lies beyond is left out, except that From
// fields are counted to the end: the bound must not hide a second one.
const (
	maxFields     = 2000
	maxFieldBytes = 64 << 10
	maxLineBytes  = 4 << 10 // of a decoded subject or name
	maxAddresses  = 200
	maxMsgIDs     = 200
	maxMsgIDBytes = 998
)

// field is one header field: its name in lower case, its value unfolded, not
// decoded, its bytes as they came.
type field struct{ key, value string }

// head is the header of a message or of a part.
type head struct {
	fields     []field
	fromFields int
	problems   []string
}

func (h *head) get(key string) string {
	for _, f := range h.fields {
		if f.key == key {
			return f.value
		}
	}
	return ""
}

func (h *head) has(key string) bool {
	for _, f := range h.fields {
		if f.key == key {
			return true
		}
	}
	return false
}

// splitHead separates header and body. It is more lenient than a library for
// correct mail can be: garbage lines are skipped, a leading mbox line is
// ignored, and bytes that have no header at all are all body.
func splitHead(raw []byte, isPart bool) (head, []byte) {
	var h head
	rest := raw
	if !isPart {
		rest = bytes.TrimLeft(rest, "\r\n")
		rest = bytes.TrimPrefix(rest, []byte("\xEF\xBB\xBF"))
		if isMboxLine(rest) {
			_, rest = cutLine(rest)
			h.problems = append(h.problems, "leading mbox line")
		}
	}
	start := rest
	var cur *field
	var value []byte
	flush := func() {
		if cur != nil {
			cur.value = strings.TrimSpace(string(value))
			cur = nil
		}
	}
	garbage, known := 0, false
	for len(rest) > 0 {
		var line []byte
		line, rest = cutLine(rest)
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(bytes.TrimSpace(line)) == 0 && cur == nil {
				break // a line of white space where only an empty one can be meant
			}
			if cur != nil && len(value)+len(line) <= maxFieldBytes {
				value = append(append(value, ' '), bytes.TrimLeft(line, " \t")...)
			}
			continue
		}
		key, ok := fieldName(line)
		if !ok {
			flush()
			garbage++
			continue
		}
		flush()
		if key == "from" {
			h.fromFields++
		}
		known = known || knownField[key]
		if len(h.fields) >= maxFields {
			continue
		}
		h.fields = append(h.fields, field{key: key})
		cur = &h.fields[len(h.fields)-1]
		_, v, _ := bytes.Cut(line, []byte(":"))
		if len(v) > maxFieldBytes {
			v = v[:maxFieldBytes]
		}
		value = append(value[:0], v...)
	}
	flush()
	if isPart {
		if len(h.fields) == 0 && garbage > 0 {
			return head{problems: []string{"part without a header"}}, start
		}
		return h, rest
	}
	if len(h.fields) == 0 || garbage > 0 && !known {
		return head{problems: append(h.problems, "not a mail message: no header")}, start
	}
	if garbage > 0 {
		h.problems = append(h.problems, "garbage lines in the header")
	}
	return h, rest
}

// knownField lists names that tell a header from text that has a colon in it.
var knownField = map[string]bool{
	"from": true, "to": true, "subject": true, "date": true, "received": true, "message-id": true,
	"content-type": true, "return-path": true, "mime-version": true, "delivered-to": true, "reply-to": true,
}

// isMboxLine recognises "From sender date" at the top of an mbox extract.
func isMboxLine(b []byte) bool {
	if !bytes.HasPrefix(b, []byte("From ")) {
		return false
	}
	line, _ := cutLine(b)
	return !bytes.HasPrefix(bytes.TrimSpace(line[5:]), []byte(":"))
}

// cutLine splits off the first line, without its CRLF or LF.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return bytes.TrimSuffix(b, []byte("\r")), nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// fieldName returns the name of the field that the line begins, in lower case.
// White space before the colon is allowed (RFC 5322, 4.5): a forger's second
// "From :" must be counted.
func fieldName(line []byte) (string, bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 200 {
		return "", false
	}
	name := bytes.TrimRight(line[:i], " \t")
	if len(name) == 0 {
		return "", false
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7F {
			return "", false
		}
	}
	return strings.ToLower(string(name)), true
}

// decodeWords decodes the encoded words of a header value (RFC 2047) and
// returns what could not be decoded as a problem.
func decodeWords(v string) (text, problem string) {
	s, guessed := asUTF8([]byte(v))
	if guessed {
		problem = "8-bit header without a charset"
	}
	if !strings.Contains(s, "=?") {
		return s, problem
	}
	dec := mime.WordDecoder{CharsetReader: func(name string, in io.Reader) (io.Reader, error) {
		r, err := charsetReader(name, in)
		if err != nil {
			problem = "unknown charset " + cleanLine(name, 40)
			b, readErr := io.ReadAll(in)
			if readErr != nil {
				return nil, readErr
			}
			t, _ := asUTF8(b)
			return strings.NewReader(t), nil
		}
		return r, nil
	}}
	out, err := dec.DecodeHeader(s)
	if err != nil {
		return s, "encoded word cannot be decoded"
	}
	return out, problem
}

// addrToken finds what looks like an address where a field has no grammar.
var addrToken = regexp.MustCompile(`[^\s<>()\[\]:;,"\\@]+@[^\s<>()\[\]:;,"\\@]+`)

// addresses reads an address field. Where the grammar fails, every address-like
// word is taken: a field that could mean two people must not pass for one.
func addresses(v string) (list []mailbox.Address, problem string) {
	s, guessed := asUTF8([]byte(v))
	if guessed {
		problem = "8-bit header without a charset"
	}
	if strings.TrimSpace(s) == "" {
		return nil, problem
	}
	if len(v) >= maxFieldBytes/4 {
		return nil, "address field too long"
	}
	parsed, err := gomail.ParseAddressList(cleanLine(s, maxFieldBytes))
	if err == nil {
		for _, a := range parsed {
			name := a.Name
			if strings.Contains(name, "=?") {
				name, _ = decodeWords(name)
			}
			list = append(list, mailbox.Address{Name: cleanLine(name, maxLineBytes), Email: cleanLine(a.Address, maxMsgIDBytes)})
			if len(list) >= maxAddresses {
				break
			}
		}
		return list, problem
	}
	decoded, _ := decodeWords(s)
	decoded = cleanLine(decoded, maxFieldBytes)
	seen := map[string]bool{}
	for _, t := range addrToken.FindAllString(s+" "+decoded, maxAddresses) {
		t = cleanLine(t, maxMsgIDBytes)
		if n := mailbox.NormEmail(t); t != "" && !seen[n] {
			seen[n] = true
			list = append(list, mailbox.Address{Email: t})
		}
	}
	if len(list) == 1 {
		name, _, _ := strings.Cut(decoded, "<")
		if !strings.Contains(name, "@") {
			list[0].Name = cleanLine(strings.Trim(name, `" `), maxLineBytes)
		}
	}
	return list, "malformed address field"
}

// messageIDs reads the identifiers of Message-ID, In-Reply-To or References,
// without their angle brackets.
func messageIDs(v string) []string {
	var ids []string
	s, _ := asUTF8([]byte(v))
	for len(ids) < maxMsgIDs {
		_, after, ok := strings.Cut(s, "<")
		if !ok {
			break
		}
		id, rest, ok := strings.Cut(after, ">")
		if !ok {
			break
		}
		s = rest
		if id = cleanID(id); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		if id := cleanID(v); strings.Contains(id, "@") {
			ids = append(ids, id)
		}
	}
	return ids
}

func cleanID(s string) string {
	s = strings.ReplaceAll(cleanLine(s, maxMsgIDBytes), " ", "")
	return strings.Trim(s, "<>")
}

// headerDate reads a date field in UTC; the zero time when it says nothing
// that a calendar of our time could hold.
func headerDate(v string) (t time.Time, ok bool) {
	v = cleanLine(cut(v, 200), 200)
	t, err := stdmail.ParseDate(v)
	if err != nil {
		// A zone's name in words or brackets after the offset is common and
		// says nothing that the offset does not.
		if i := strings.IndexByte(v, '('); i > 0 {
			t, err = stdmail.ParseDate(strings.TrimSpace(v[:i]))
		}
	}
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}, false
	}
	return t.UTC(), true
}
