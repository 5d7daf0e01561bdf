package mail

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"

	"greffier/app/mailbox"
)

// Outlook packs a letter into one attachment, winmail.dat, when it believes
// that the recipient reads with Outlook ([MS-OXTNEF], Transport Neutral
// Encapsulation Format). The text and the attachments are inside.

// The bounds of such a packet.
const (
	maxTNEFAttributes = 5000
	maxTNEFProperties = 5000
	maxTNEFDepth      = 4 // of letters attached to letters
)

// tnefSignature is what a packet begins with ([MS-OXTNEF] 2.1.3.1).
const tnefSignature = 0x223E9F78

// errTNEF says that bytes are no such packet.
var errTNEF = errors.New("no TNEF")

// The attributes that are read ([MS-OXTNEF] 2.1.3.2), without their types.
const (
	attSubject      = 0x8004
	attMessageClass = 0x8008
	attBody         = 0x800C
	attAttachData   = 0x800F
	attAttachTitle  = 0x8010
	attRenderData   = 0x9002
	attMessageProps = 0x9003
	attAttachProps  = 0x9005
	attOEMCodePage  = 0x9007
)

// The properties that are read ([MS-OXPROPS]).
const (
	propMessageClass  = 0x001A
	propSubject       = 0x0037
	propBody          = 0x1000
	propRTFCompressed = 0x1009
	propHTML          = 0x1013
	propDisplayName   = 0x3001
	propAttachData    = 0x3701
	propAttachName    = 0x3704
	propAttachLong    = 0x3707
	propAttachMIME    = 0x370E
	propCodePage      = 0x3FDE
)

// tnefLetter is what a packet holds.
type tnefLetter struct {
	class, subject string
	page           int
	body           string
	html, rtf      []byte
	files          []tnefFile
}

// tnefFile is an attachment of such a letter.
type tnefFile struct {
	short, long, kind string
	data              []byte
	letter            []byte // a packet of its own: a letter that is attached
}

// name is the best of a file's names.
func (f tnefFile) name() string {
	if f.long != "" {
		return f.long
	}
	return f.short
}

// readTNEF reads a packet. What comes after damage is left out, and told by cut.
func readTNEF(b []byte) (l tnefLetter, cut bool, err error) {
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != tnefSignature {
		return l, false, errTNEF
	}
	b = b[6:] // and a key that links attachments
	for n := 0; len(b) > 0; n++ {
		if len(b) < 11 || n >= maxTNEFAttributes {
			return l, true, nil
		}
		level, id := b[0], binary.LittleEndian.Uint32(b[1:])
		size := int64(binary.LittleEndian.Uint32(b[5:]))
		b = b[9:]
		if size > int64(len(b)) {
			return l, true, nil
		}
		data := b[:size]
		b = b[min(int(size)+2, len(b)):] // and a checksum that proves nothing
		if level == 2 {
			cut = l.attachment(uint16(id), data) || cut
		} else {
			cut = l.attribute(uint16(id), data) || cut
		}
	}
	return l, cut, nil
}

// attribute takes one attribute of the letter.
func (l *tnefLetter) attribute(id uint16, data []byte) (cut bool) {
	switch id {
	case attOEMCodePage:
		if len(data) >= 4 {
			l.page = int(binary.LittleEndian.Uint32(data))
		}
	case attMessageClass:
		l.class = l.text(data)
	case attSubject:
		l.subject = l.text(data)
	case attBody:
		l.body = l.text(data)
	case attMessageProps:
		return !properties(data, func(prop, kind uint16, v []byte) {
			switch prop {
			case propMessageClass:
				l.class = l.value(kind, v)
			case propSubject:
				l.subject = l.value(kind, v)
			case propCodePage:
				if len(v) >= 4 {
					l.page = int(binary.LittleEndian.Uint32(v))
				}
			case propBody:
				l.body = l.value(kind, v)
			case propHTML:
				l.html = v
				if kind == 0x1F {
					l.html = []byte(l.value(kind, v))
				}
			case propRTFCompressed:
				l.rtf = v
			}
		})
	}
	return false
}

// attachment takes one attribute of the attachment that is being described.
func (l *tnefLetter) attachment(id uint16, data []byte) (cut bool) {
	if id == attRenderData || len(l.files) == 0 {
		if len(l.files) >= maxParts {
			return true
		}
		l.files = append(l.files, tnefFile{})
	}
	f := &l.files[len(l.files)-1]
	switch id {
	case attAttachTitle:
		f.short = l.text(data)
	case attAttachData:
		f.data = data
	case attAttachProps:
		return !properties(data, func(prop, kind uint16, v []byte) {
			switch prop {
			case propAttachLong:
				f.long = l.value(kind, v)
			case propAttachName, propDisplayName:
				if f.short == "" {
					f.short = l.value(kind, v)
				}
			case propAttachMIME:
				f.kind = strings.ToLower(l.value(kind, v))
			case propAttachData:
				// An object begins with the name of its interface, 16 bytes.
				if kind == 0x0D && len(v) > 22 && binary.LittleEndian.Uint32(v[16:]) == tnefSignature {
					f.letter = v[16:]
				} else if f.data == nil {
					f.data = v
				}
			}
		})
	}
	return false
}

// text decodes a string of the letter's code page.
func (l *tnefLetter) text(b []byte) string {
	name := codePage(l.page)
	if name == "" {
		name = "windows-1252"
	}
	return strings.TrimRight(decodeAs(b, name), "\x00")
}

// value decodes a string property: UTF-16 or of the code page.
func (l *tnefLetter) value(kind uint16, b []byte) string {
	if kind != 0x1F {
		return l.text(b)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

// properties walks through a list of properties ([MS-OXTNEF] 2.1.3.4), and
// tells whether it could be read to its end. Of several values the last is
// handed over.
func properties(b []byte, got func(prop, kind uint16, value []byte)) bool {
	u32 := func() (int, bool) {
		if len(b) < 4 {
			return 0, false
		}
		v := binary.LittleEndian.Uint32(b)
		b = b[4:]
		return int(v), v < 1<<31
	}
	skip := func(n int) bool {
		if n < 0 || n > len(b) {
			return false
		}
		b = b[n:]
		return true
	}
	count, ok := u32()
	if !ok || count > maxTNEFProperties {
		return false
	}
	for range count {
		if len(b) < 4 {
			return false
		}
		kind, prop := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
		b = b[4:]
		if prop >= 0x8000 { // named: the name goes before
			named, ok := 0, skip(16)
			if ok {
				named, ok = u32()
			}
			n := 4
			if ok && named == 1 {
				n, ok = u32()
			}
			if !ok || !skip((n+3)&^3) {
				return false
			}
		}
		plain := kind &^ 0x1000
		size := map[uint16]int{0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}[plain]
		variable := plain == 0x0D || plain == 0x1E || plain == 0x1F || plain == 0x102
		if size == 0 && !variable {
			if plain > 1 || kind != plain {
				return false
			}
			continue // no value
		}
		values := 1
		if variable || kind != plain {
			if values, ok = u32(); !ok || values > maxTNEFProperties {
				return false
			}
		}
		for range values {
			n := size
			if variable {
				if n, ok = u32(); !ok {
					return false
				}
			} else if kind == 0x1002 {
				n = 2
			}
			if n > len(b) {
				return false
			}
			v := b[:n]
			if !skip(min((n+3)&^3, len(b))) {
				return false
			}
			if prop < 0x8000 {
				got(prop, plain, v)
			}
		}
	}
	return true
}

// isTNEF tells which parts are such packets.
func isTNEF(ct, name string) bool {
	return ct == "application/ms-tnef" || ct == "application/vnd.ms-tnef" || strings.EqualFold(name, "winmail.dat")
}

// packet reads a part that is a letter in Outlook's form.
func (p *parser) packet(h *head, ct, name string, body []byte, depth int) part {
	b := p.decode(h, body, maxDecodeBytes)
	l, cut, err := readTNEF(b)
	if err != nil {
		p.attach(h, ct, name, body)
		p.problem("winmail.dat cannot be read")
		return part{}
	}
	if cut {
		p.problem("winmail.dat is damaged")
	}
	p.machineLetter(l.class)
	return p.letter(&l, depth, 0)
}

// machineLetter takes what the class of a letter says of who wrote it
// ([MS-OXCMSG], [MS-OXOABK]): reports and replies of an absent person.
func (p *parser) machineLetter(class string) {
	class = strings.ToLower(class)
	switch {
	case strings.HasPrefix(class, "report.") && strings.HasSuffix(class, ".ndr"):
		p.m.Bounce, p.m.AutoSubmitted = true, true
	case strings.HasPrefix(class, "report.") && (strings.HasSuffix(class, ".ipnrn") || strings.HasSuffix(class, ".ipnnrn")):
		p.m.Receipt, p.m.AutoSubmitted = true, true
	case strings.HasPrefix(class, "ipm.note.rules.ooftemplate"):
		p.m.AutoSubmitted = true
	}
}

// letter gives the text of a letter in Outlook's form and names what is
// attached to it.
func (p *parser) letter(l *tnefLetter, depth, within int) part {
	t := p.letterText(l)
	var attached []string
	for _, f := range l.files {
		p.parts++
		if p.parts > maxParts {
			p.problem(tooManyParts)
			break
		}
		name := p.fileName(f.name())
		if f.letter != nil {
			if name == "" {
				name = "message"
			}
			p.m.Attachments = append(p.m.Attachments, mailbox.Attachment{Name: name, Type: "application/ms-tnef", SizeBytes: int64(len(f.letter))})
			if within >= maxTNEFDepth {
				p.problem("letters attached too deep in winmail.dat")
				continue
			}
			inner, cut, err := readTNEF(f.letter)
			if err != nil || cut {
				p.problem("winmail.dat is damaged")
			}
			text := p.letter(&inner, depth, within+1)
			head := forwardLine + "\n"
			if inner.subject != "" {
				head += "Subject: " + cleanLine(inner.subject, maxSubject) + "\n"
			}
			attached = append(attached, head+"\n"+text.s)
			continue
		}
		if name == "" {
			name = "unnamed"
		}
		kind := cleanLine(f.kind, 100)
		if kind == "" {
			kind = "application/octet-stream"
		}
		p.m.Attachments = append(p.m.Attachments, mailbox.Attachment{Name: name, Type: kind, SizeBytes: int64(len(f.data))})
		p.document(kind, name, "", f.data)
	}
	t.s = p.bounded(strings.Join(append([]string{strings.Trim(t.s, "\n")}, attached...), "\n\n"))
	t.packed = true
	return t
}

// letterText is the text of the letter: as it was typed where that is there,
// else out of the page or the rich text.
func (p *parser) letterText(l *tnefLetter) part {
	if p.budget <= 0 {
		p.problem("more text than is read")
		return part{}
	}
	if letters(l.body, 1) > 0 {
		p.budget -= len(l.body)
		return part{s: p.bounded(cleanText(l.body)), plain: true}
	}
	page := ""
	switch {
	case len(l.html) > 0:
		p.budget -= len(l.html)
		page = p.charset(l.html[:min(len(l.html), maxHTMLBytes)], pageCharset(l.page), true)
	case len(l.rtf) > 0:
		b, err := rtfDecompress(l.rtf)
		p.budget -= len(b)
		if len(b) >= maxRTFBytes {
			p.problem("part too long")
		}
		var text string
		var isHTML bool
		if err == nil {
			text, isHTML, err = rtfText(b)
		}
		if err != nil {
			p.problem("winmail.dat is damaged")
			return part{}
		}
		if !isHTML {
			return part{s: p.bounded(cleanText(text))}
		}
		page = text
	}
	text, problems := htmlText(page)
	for _, x := range problems {
		p.problem(x)
	}
	return part{s: p.bounded(text)}
}

// pageCharset is the charset of a page whose code page was told, "" without.
func pageCharset(page int) string {
	if page == 0 {
		return ""
	}
	return codePage(page)
}

// readBounded reads at most max bytes; more is an error.
func readBounded(r io.Reader, max int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(max)+1))
	if err != nil {
		return nil, err
	}
	if len(b) > max {
		return nil, errTooLong
	}
	return b, nil
}

// errTooLong says that something is longer than is read.
var errTooLong = errors.New("too long to be read")
