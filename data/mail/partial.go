package mail

import (
	"bytes"
	"crypto/rand"
	"path"
	"slices"
	"strconv"
	"strings"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
)

// The measure of a reading in parts.
const (
	smallBytes    = 128 << 10 // a message up to this is read whole at once
	littleBytes   = 8 << 10   // a part up to this is read whatever it is
	documentBytes = 2 << 20   // a document, attached text or attached message up to this is read, as sent
	partialBytes  = 4 << 20   // of all parts that are read of one message
	hugeBytes     = 16 << 20  // the same, of a message too large to be read whole
	tailBytes     = 256       // of the end of a part, to know its size without encoding
	maxHeadBytes  = 1 << 20   // of a header
	strayBytes    = 64 << 10  // of a message that belongs to no part
)

// node is a part of a large message: as the server describes it (RFC 9051,
// BODYSTRUCTURE), then with the bytes that were read of it.
type node struct {
	path []int
	kids []*node // of a multipart
	ct   string
	size int64 // bytes as sent
	kept bool  // its body is read
	base bool  // encoded in base64
	most int64 // bytes of the body to read

	head, body, tail []byte
}

// plan is how a large message is read in parts.
type plan struct {
	root  *node
	nodes []*node // in the order of the tree
	bytes int64   // that reading it will bring, about
	huge  bool    // too large to be read whole
}

// planOf decides what is read of a message of that structure and size. It is
// nil where the message is to be read whole: because most of it is text, or
// because the structure makes no sense.
func planOf(bs imap.BodyStructure, size int64) *plan {
	p := &plan{huge: size > maxMailBytes}
	ok := true
	var walk func(bs imap.BodyStructure, path []int) *node
	walk = func(bs imap.BodyStructure, path []int) *node {
		n := &node{path: slices.Clone(path)}
		p.nodes = append(p.nodes, n)
		if len(p.nodes) > maxParts || len(path) > maxDepth {
			ok = false
			return n
		}
		switch bs := bs.(type) {
		case *imap.BodyStructureMultiPart:
			n.ct = bs.MediaType()
			ok = ok && len(bs.Children) > 0
			for i, kid := range bs.Children {
				if ok {
					n.kids = append(n.kids, walk(kid, append(path, i+1)))
				}
			}
		case *imap.BodyStructureSinglePart:
			if len(path) == 0 {
				n.path = []int{1} // the body of a message that has no parts
			}
			n.ct, n.size = bs.MediaType(), int64(bs.Size)
			n.base = strings.EqualFold(bs.Encoding, "base64")
			disposition := ""
			if d := bs.Disposition(); d != nil {
				disposition = d.Value
			}
			n.kept = n.size <= littleBytes || mayHoldText(n.ct, bs.Filename()) && !leftOut(n.ct, disposition, bs.Filename(), n.size)
			n.most = n.size
		default:
			ok = false
		}
		return n
	}
	p.root = walk(bs, nil)
	if !ok {
		return nil
	}
	p.bytes = int64(len(p.nodes)) * 1 << 10
	left := int64(hugeBytes)
	for _, n := range p.nodes {
		if n.kept {
			if p.huge {
				n.most = min(n.most, left)
				left -= n.most
			}
			p.bytes += n.most
		}
	}
	if !p.huge && (p.bytes > partialBytes || p.bytes > size/2) {
		return nil
	}
	return p
}

// documents are the kinds of attachment whose text may be read, by the ending of
// their name or the last part of their type. What the type of a file says beside
// an ending like these does not count.
var documents = []string{
	"pdf", "doc", "docx", "docm", "dot", "dotx", "odt", "ott", "rtf", "txt", "text", "md", "htm", "html", "xhtml", "xml", "eml", "msg", "xls", "xlsx", "ods", "ppt", "pptx", "csv", "ics", "vcf", "json",
	"x-pdf", "x-rtf", "msword", "vnd.ms-outlook", "vnd.ms-word.document.macroenabled.12", "vnd.oasis.opendocument.text", "xhtml+xml",
}

// isPacket recognises a letter in Outlook's own form: it may be all that a mail
// says.
func isPacket(ct, name string) bool {
	return strings.HasSuffix(ct, "/ms-tnef") || strings.HasSuffix(ct, "/vnd.ms-tnef") || strings.EqualFold(name, "winmail.dat")
}

// mayHoldText tells whether words of the sender may lie in a part: everything
// but pictures, sound, films, fonts and files of other kinds.
func mayHoldText(ct, name string) bool {
	ext := strings.TrimPrefix(path.Ext(strings.ToLower(strings.TrimSpace(name))), ".")
	if slices.Contains(documents, ext) || isPacket(ct, name) {
		return true
	}
	kind, sub, _ := strings.Cut(ct, "/")
	switch kind {
	case "image", "audio", "video", "font", "model":
		return false
	case "application":
		return slices.Contains(documents, sub) || strings.HasPrefix(sub, "vnd.openxmlformats") || strings.Contains(sub, "pkcs7") || strings.HasPrefix(sub, "pgp")
	}
	return true
}

// leftOut tells which of the parts that may hold text are too large to be read
// unasked: attached documents, as their programs make them. What is read as the
// text of a mail, and what may hold whole mails, is never left out.
func leftOut(ct, disposition, name string, size int64) bool {
	if size <= documentBytes || isPacket(ct, name) || strings.HasSuffix(strings.ToLower(name), ".eml") {
		return false
	}
	kind, sub, _ := strings.Cut(ct, "/")
	return kind == "application" && !strings.Contains(sub, "pkcs7") || kind == "text" && strings.EqualFold(disposition, "attachment")
}

// sections lists what to ask the server for.
func (p *plan) sections() []*imap.FetchItemBodySection {
	list := []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: maxHeadBytes}}}
	for _, n := range p.nodes {
		if n != p.root {
			list = append(list, &imap.FetchItemBodySection{Part: n.path, Specifier: imap.PartSpecifierMIME, Peek: true})
		}
		switch {
		case n.kids != nil:
		case n.kept && n.most < n.size:
			list = append(list, &imap.FetchItemBodySection{Part: n.path, Peek: true, Partial: &imap.SectionPartial{Size: n.most}})
		case n.kept:
			list = append(list, &imap.FetchItemBodySection{Part: n.path, Peek: true})
		case n.base:
			list = append(list, &imap.FetchItemBodySection{Part: n.path, Peek: true, Partial: &imap.SectionPartial{Offset: n.size - tailBytes, Size: tailBytes}})
		}
	}
	return list
}

// fill puts what the server gave where it belongs, and tells whether all is
// there.
func (p *plan) fill(got []section) bool {
	find := func(want *imap.FetchItemBodySection) ([]byte, bool) {
		for _, s := range got {
			if s.data != nil && !s.cut && s.spec.Specifier == want.Specifier && slices.Equal(s.spec.Part, want.Part) &&
				(s.spec.Partial == nil) == (want.Partial == nil) && (want.Partial == nil || s.spec.Partial.Offset == want.Partial.Offset) {
				return s.data, true
			}
		}
		return nil, false
	}
	i := 0
	list := p.sections()
	next := func() (data []byte, ok bool) {
		data, ok = find(list[i])
		i++
		return data, ok
	}
	ok := true
	p.root.head, ok = next()
	if !ok || len(p.root.head) >= maxHeadBytes {
		return false
	}
	for _, n := range p.nodes {
		if n != p.root {
			if n.head, ok = next(); !ok {
				return false
			}
		}
		switch {
		case n.kids != nil:
		case n.kept:
			if n.body, ok = next(); !ok || int64(len(n.body)) != n.most {
				return false
			}
		case n.base:
			if n.tail, ok = next(); !ok || len(n.tail) != tailBytes {
				return false
			}
		}
	}
	return true
}

// mark is what stands for the type of a part that is left out: with a word that
// no sender can know, so that the part is found again in what Parse made of it.
var mark = "x-greffier-" + strings.ToLower(rand.Text()) + "/"

// message puts together a message of the parts that were read: the others stand
// in it with their header and no body. It is false where the parts cannot be
// those of the message, whose size is given.
func (p *plan) message(size int64) ([]byte, bool) {
	var b bytes.Buffer
	var boundaries []string
	seen := int64(0) // bytes of the message that are accounted for
	ok := true
	var write func(n *node)
	write = func(n *node) {
		h, rest := splitHead(n.head, n != p.root)
		ct, params := contentType(h.get("content-type"))
		seen += int64(len(n.head)) + n.size
		if len(bytes.TrimSpace(rest)) > 0 {
			ok = false
			return
		}
		switch {
		case n.kids != nil:
			boundary := params["boundary"]
			for _, other := range boundaries {
				if strings.HasPrefix(other, boundary) || strings.HasPrefix(boundary, other) {
					ok = false
				}
			}
			if ok = ok && boundary != "" && strings.TrimSpace(boundary) == boundary && ct == n.ct && transferEncoding(&h) == ""; !ok {
				return
			}
			boundaries = append(boundaries, boundary)
			writeHead(&b, n.head)
			for _, kid := range n.kids {
				seen += int64(len(boundary)) + 6
				b.WriteString("\r\n--" + boundary + "\r\n")
				if write(kid); !ok {
					return
				}
			}
			seen += int64(len(boundary)) + 6
			b.WriteString("\r\n--" + boundary + "--\r\n")
		case n.kept:
			// A message without a header of its own, as digests may have: servers
			// do not agree where it begins.
			if ok = len(h.fields) > 0 || !strings.HasPrefix(n.ct, "message/"); !ok {
				return
			}
			writeHead(&b, n.head)
			b.Write(n.body)
		default:
			// What is left out is what the header says it is, not only what
			// the server says.
			disposition, dispParams := contentType(h.get("content-disposition"))
			name := new(parser).fileName(dispParams["filename"], params["name"])
			if ok = ct == n.ct && (transferEncoding(&h) == "base64") == n.base && (!mayHoldText(ct, name) || leftOut(ct, disposition, name, n.size)); !ok {
				return
			}
			head, replaced := withType(n.head, mark+strconv.Itoa(p.index(n)))
			if ok = replaced; !ok {
				return
			}
			writeHead(&b, head)
		}
	}
	write(p.root)
	stray := size - seen
	return b.Bytes(), ok && -strayBytes < stray && stray < strayBytes
}

func (p *plan) index(n *node) int { return slices.Index(p.nodes, n) }

// writeHead writes a header with the empty line that ends it.
func writeHead(b *bytes.Buffer, head []byte) {
	head = bytes.TrimRight(head, "\r\n")
	if b.Write(head); len(head) > 0 {
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
}

// withType replaces the type in the Content-Type of a header; the parameters
// stay as they are.
func withType(head []byte, ct string) ([]byte, bool) {
	for at := 0; at < len(head); {
		line, rest := cutLine(head[at:])
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found || !strings.EqualFold(string(bytes.TrimSpace(name)), "content-type") {
			at = len(head) - len(rest)
			continue
		}
		from := at + len(line) - len(value)
		to := from + len(value)
		if i := bytes.IndexByte(value, ';'); i >= 0 {
			to = from + i
		}
		out := slices.Concat(head[:from], []byte(" "+ct), head[to:])
		was, _ := splitHead(head, true)
		is, _ := splitHead(out, true)
		_, before := contentType(was.get("content-type"))
		got, after := contentType(is.get("content-type"))
		same := got == ct && len(before) == len(after)
		for k, v := range before {
			same = same && after[k] == v
		}
		return out, same
	}
	return nil, false
}

// restore gives the attachments that were left out their type and their size.
func (p *plan) restore(m *mailbox.Message) {
	documents := false // one of them is a document
	for i := range m.Attachments {
		a := &m.Attachments[i]
		number, found := strings.CutPrefix(a.Type, mark)
		if !found {
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n >= len(p.nodes) {
			continue
		}
		a.Type, a.SizeBytes = cleanLine(p.nodes[n].ct, 100), p.nodes[n].decoded()
		documents = documents || mayHoldText(a.Type, a.Name)
	}
	if documents && len(m.Problems) < maxProblems {
		m.Problems = append(m.Problems, "attached document of more than "+strconv.Itoa(documentBytes>>20)+" MB not read")
	}
	if p.huge {
		m.Problems = append(m.Problems, tooLarge+"its text was read")
	}
}

// decoded is the size of a part without its transfer encoding: exact where all
// lines of base64 are as long as those at the end (RFC 2045, 6.8, wants it so),
// else nearly.
func (n *node) decoded() int64 {
	if !n.base {
		return n.size
	}
	body := bytes.TrimRight(n.tail, "\r\n")
	chars := n.size - int64(len(n.tail)-len(body))
	if last := bytes.LastIndexByte(body, '\n'); last >= 0 {
		if before := bytes.LastIndexByte(body[:last], '\n'); before >= 0 {
			line := int64(last - before)
			eol := int64(1)
			if body[last-1] == '\r' {
				eol = 2
			}
			full := chars - int64(len(body)-last-1)
			chars -= (full + line/2) / line * eol
		}
	}
	return (chars - int64(bytes.Count(body, []byte("=")))) * 3 / 4
}
