package reports

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// producer names the program in the file's own particulars.
const producer = "Greffier, gofpdf"

// particulars are what a file says of itself.
type particulars struct {
	title, author, subject string
	lang                   string // "fr" or "en"
	made                   time.Time
	marks                  []bookmark
}

// bookmark is one line of the reader's side bar. Levels begin at 0; up is the
// height on the page in points from its foot.
type bookmark struct {
	title string
	level int
	page  int // from 1
	up    float64
}

var errForeign = errors.New("the file does not have the form that is expected of gofpdf")

// archive turns what gofpdf wrote into PDF/A-1b (ISO 19005-1) and puts the sheets
// on the pages: the pages' own objects, fonts and resources stay; the header,
// particulars, catalog, outline and cross-reference table are written anew, with
// the metadata as XMP, the document's language, a colour profile and an
// identifier, all of which gofpdf lacks. faces are those that page one names, in
// that order. The same input gives the same bytes. It returns errForeign before
// anything is written, or the writer's error.
func archive(w io.Writer, raw []byte, sheets []*sheet, faces []face, p particulars) error {
	objects, err := sliced(raw)
	if err != nil {
		return err
	}
	// gofpdf ends with its own particulars and catalog.
	objects = objects[:len(objects)-2]
	if len(objects) < 2+2*len(sheets) {
		return errForeign
	}
	if len(sheets) > 0 {
		if objects[1], err = renamed(objects[1], objects[3], faces); err != nil {
			return err
		}
	}
	rest := objects[2+2*len(sheets):]
	z := make([]squeezer, runtime.GOMAXPROCS(0))
	parallel(len(rest), func(worker, i int) { rest[i] = z[worker%len(z)].squeezed(mended(rest[i])) })
	add := func(body string) int {
		objects = append(objects, []byte(body))
		return len(objects)
	}
	root, parents := nodes(objects[0], len(sheets), add)
	objects[0] = root
	for i, s := range sheets {
		page := objects[2+2*i]
		if !bytes.HasPrefix(page, []byte("<</Type /Page\n")) {
			return errForeign
		}
		// A link must be one that is printed; there are no texts in a page's own
		// object that could hold these words.
		page = bytes.ReplaceAll(page, []byte("/Subtype /Link "), []byte("/Subtype /Link /F 4 "))
		if parents != nil {
			page = bytes.Replace(page, []byte("/Parent 1 0 R"), fmt.Appendf(nil, "/Parent %d 0 R", parents[i]), 1)
		}
		if s.foot != nil {
			foot := add(string(squeezedStream(s.foot)))
			page = bytes.Replace(page, fmt.Appendf(nil, "/Contents %d 0 R>>", 4+2*i), fmt.Appendf(nil, "/Contents [%d 0 R %d 0 R]>>", 4+2*i, foot), 1)
		}
		objects[2+2*i], objects[3+2*i] = page, squeezedStream(s.body)
	}
	info := add(p.info())
	metadata := add(stream("/Type /Metadata /Subtype /XML", p.xmp()))
	profile := add(stream("/N 3", sRGB()))
	var outlines string
	if len(p.marks) > 0 {
		root := len(objects) + 1
		for _, o := range outline(p.marks, root) {
			add(o)
		}
		outlines = fmt.Sprintf("/Outlines %d 0 R\n/PageMode /UseOutlines\n", root)
	}
	lang := "fr-FR"
	if p.lang == "en" {
		lang = "en-GB"
	}
	catalog := add(fmt.Sprintf("<</Type /Catalog\n/Pages 1 0 R\n/Lang (%s)\n/Metadata %d 0 R\n"+
		"/OutputIntents [<</Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB IEC61966-2-1) /Info (sRGB IEC61966-2-1) /RegistryName (http://www.color.org) /DestOutputProfile %d 0 R>>]\n"+
		"/OpenAction [3 0 R /FitH null]\n/PageLayout /OneColumn\n/ViewerPreferences <</DisplayDocTitle true>>\n%s>>", lang, metadata, profile, outlines))

	out := &counted{w: bufio.NewWriterSize(w, 64<<10), sum: sha256.New()}
	// Bytes above 127 tell that the file is binary.
	out.write([]byte("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n"))
	offsets := make([]int, len(objects))
	var head []byte
	for i, o := range objects {
		offsets[i] = out.n
		head = append(strconv.AppendInt(head[:0], int64(i+1), 10), " 0 obj\n"...)
		out.write(head)
		out.write(o)
		out.write([]byte("\nendobj\n"))
	}
	id := hex.EncodeToString(out.sum.Sum(nil)[:16])
	start := out.n
	out.write(fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1))
	for _, o := range offsets {
		out.write(fmt.Appendf(head[:0], "%010d 00000 n \n", o))
	}
	out.write(fmt.Appendf(nil, "trailer\n<</Size %d\n/Root %d 0 R\n/Info %d 0 R\n/ID [<%s> <%s>]>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, catalog, info, id, id, start))
	return out.w.Flush()
}

// counted counts and hashes what is written. Its errors come with Flush.
type counted struct {
	w   *bufio.Writer
	sum hash.Hash
	n   int
}

func (c *counted) write(b []byte) {
	_, _ = c.w.Write(b) // kept by the writer until Flush
	_, _ = c.sum.Write(b)
	c.n += len(b)
}

// fontUse is how gofpdf takes a font on a page.
var fontUse = regexp.MustCompile(`BT /F(\w+) 1\.00 Tf ET`)

// renamed gives the fonts in gofpdf's resources the names by which the sheets call
// them: gofpdf names them by a hash, which page one tells in the order of faces.
func renamed(resources, pageOne []byte, faces []face) ([]byte, error) {
	uses := fontUse.FindAllSubmatch(pageOne, -1)
	if len(uses) != len(faces) {
		return nil, errForeign
	}
	for i, u := range uses {
		old := fmt.Appendf(nil, "/F%s ", u[1])
		if bytes.Count(resources, old) != 1 {
			return nil, errForeign
		}
		resources = bytes.Replace(resources, old, []byte("/"+fonts[faces[i]].name+" "), 1)
	}
	return resources, nil
}

// maxKids is how many pages stand under one node of the page tree: readers are
// promised arrays of up to 8,191 only (ISO 19005-1, 6.1.12).
const maxKids = 4000

// nodes puts the pages of a long file under nodes of their own, and returns the
// new root with the number of the node of each page; nil where the root is enough.
func nodes(root []byte, pages int, add func(string) int) ([]byte, []int) {
	if pages <= maxKids {
		return root, nil
	}
	parents := make([]int, 0, pages)
	var kids strings.Builder
	for from := 0; from < pages; from += maxKids {
		n := min(maxKids, pages-from)
		var own strings.Builder
		for i := range n {
			fmt.Fprintf(&own, "%d 0 R ", 3+2*(from+i))
		}
		node := add(fmt.Sprintf("<</Type /Pages\n/Parent 1 0 R\n/Kids [%s]\n/Count %d\n>>", own.String(), n))
		fmt.Fprintf(&kids, "%d 0 R ", node)
		for range n {
			parents = append(parents, node)
		}
	}
	return fmt.Appendf(nil, "<</Type /Pages\n/Kids [%s]\n/Count %d\n/MediaBox [0 0 595.28 841.89]\n>>", kids.String(), pages), parents
}

// sliced cuts a file into the bodies of its objects, object 1 first.
func sliced(raw []byte) ([][]byte, error) {
	_, tail, ok := bytes.Cut(raw[max(0, len(raw)-64):], []byte("startxref\n"))
	if !ok {
		return nil, errForeign
	}
	number, _, _ := bytes.Cut(tail, []byte("\n"))
	start, err := strconv.Atoi(string(number))
	if err != nil || start < 0 || start > len(raw) {
		return nil, errForeign
	}
	var n int
	if _, err := fmt.Sscanf(string(raw[start:min(len(raw), start+32)]), "xref\n0 %d\n", &n); err != nil || n < 5 {
		return nil, errForeign
	}
	head := len(fmt.Sprintf("xref\n0 %d\n", n))
	const entry = 20
	if start+head+n*entry > len(raw) {
		return nil, errForeign
	}
	offsets := make([]int, n) // of object i; 0 is no object
	for i := 1; i < n; i++ {
		at := start + head + i*entry
		if offsets[i], err = strconv.Atoi(string(raw[at : at+10])); err != nil || offsets[i] <= 0 || offsets[i] >= start {
			return nil, errForeign
		}
	}
	ends := append(slices.Clone(offsets[1:]), start)
	slices.Sort(ends)
	bodies := make([][]byte, 0, n-1)
	for i := 1; i < n; i++ {
		k, _ := slices.BinarySearchFunc(ends, offsets[i]+1, cmp.Compare[int])
		body := raw[offsets[i]:ends[k]]
		body, opens := bytes.CutPrefix(body, fmt.Appendf(nil, "%d 0 obj\n", i))
		body, closes := bytes.CutSuffix(body, []byte("endobj\n"))
		if !opens || !closes {
			return nil, errForeign
		}
		bodies = append(bodies, bytes.TrimSuffix(body, []byte("\n")))
	}
	return bodies, nil
}

// fontNames replaces gofpdf's names of the fonts by their own.
var fontNames = strings.NewReplacer("/utf8sansB", "/NotoSans-Bold", "/utf8sansI", "/NotoSans-Italic", "/utf8sans", "/NotoSans", "/utf8spare", "/NotoSansGreffierFallback")

// mended sets right what an archive does not allow in a font. What stands in a
// stream is left alone.
func mended(o []byte) []byte {
	if bytes.HasPrefix(o, []byte("<</Type /Font")) {
		return []byte(fontNames.Replace(string(o)))
	}
	return o
}

// squeezer compresses. One compressor serves for many streams: making one costs
// more than a page.
type squeezer struct {
	w   *zlib.Writer
	out bytes.Buffer
}

// squeeze returns data, compressed.
func (z *squeezer) squeeze(data []byte) []byte {
	z.out.Reset()
	if z.w == nil {
		z.w, _ = zlib.NewWriterLevel(&z.out, zlib.BestSpeed) // the level is one there is
	} else {
		z.w.Reset(&z.out)
	}
	_, _ = z.w.Write(data) // a buffer takes everything
	_ = z.w.Close()
	return bytes.Clone(z.out.Bytes())
}

// squeezed compresses a stream that gofpdf left as it is.
func (z *squeezer) squeezed(o []byte) []byte {
	rest, ok := bytes.CutPrefix(o, []byte("<</Length "))
	if !ok {
		return o
	}
	number, rest, ok := bytes.Cut(rest, []byte(">>\nstream\n"))
	n, err := strconv.Atoi(string(number))
	if !ok || err != nil || n < 0 || n > len(rest) {
		return o // compressed already
	}
	return squeezedStream(z.squeeze(rest[:n]))
}

// squeezedStream is the object of compressed data.
func squeezedStream(data []byte) []byte {
	return fmt.Appendf(make([]byte, 0, len(data)+64), "<</Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", len(data), data)
}

func stream(dict string, data []byte) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// utf16Text writes a text string; as hexadecimal digits nothing in it needs
// escaping.
func utf16Text(s string) string {
	b := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return "<" + strings.ToUpper(hex.EncodeToString(b)) + ">"
}

// info is the file's dictionary of particulars.
func (p particulars) info() string {
	var b strings.Builder
	b.WriteString("<<")
	for _, e := range []struct{ key, text string }{{"Title", p.title}, {"Author", p.author}, {"Subject", p.subject}, {"Creator", "Greffier"}, {"Producer", producer}} {
		if e.text != "" {
			fmt.Fprintf(&b, "/%s %s\n", e.key, utf16Text(e.text))
		}
	}
	if !p.made.IsZero() {
		at := p.made.UTC().Format("20060102150405")
		fmt.Fprintf(&b, "/CreationDate (D:%sZ)\n/ModDate (D:%sZ)\n", at, at)
	}
	return b.String() + ">>"
}

// xmp says the same as info, as the standard asks (ISO 19005-1, 6.7).
func (p particulars) xmp() []byte {
	var b bytes.Buffer
	b.WriteString("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + "\n" +
		`<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>` + "\n" +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>application/pdf</dc:format>`)
	element := func(before, text, after string) {
		if text == "" {
			return
		}
		b.WriteString(before)
		_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
		b.WriteString(after)
	}
	element(`<dc:language><rdf:Bag><rdf:li>`, p.lang, `</rdf:li></rdf:Bag></dc:language>`)
	element(`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">`, p.title, `</rdf:li></rdf:Alt></dc:title>`)
	element(`<dc:creator><rdf:Seq><rdf:li>`, p.author, `</rdf:li></rdf:Seq></dc:creator>`)
	element(`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">`, p.subject, `</rdf:li></rdf:Alt></dc:description>`)
	b.WriteString("</rdf:Description>\n" + `<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreatorTool>Greffier</xmp:CreatorTool>`)
	if !p.made.IsZero() {
		at := p.made.UTC().Format(time.RFC3339)
		b.WriteString("<xmp:CreateDate>" + at + "</xmp:CreateDate><xmp:ModifyDate>" + at + "</xmp:ModifyDate>")
	}
	b.WriteString("</rdf:Description>\n" +
		`<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><pdf:Producer>` + producer + "</pdf:Producer></rdf:Description>\n" +
		"</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>")
	return b.Bytes()
}

// outline writes the objects of the outline, of which the root has the number
// root and the marks those after it. A single title is shown open, of several
// each is closed.
func outline(marks []bookmark, root int) []string {
	type node struct{ parent, prev, next, first, last, kids int } // numbers of marks from 1; 0 is the root, or none
	nodes := make([]node, len(marks)+1)
	var path []int // the mark last seen on each level
	for i, m := range marks {
		level := min(max(m.level, 0), len(path))
		path = append(path[:level], i+1)
		parent := 0
		if level > 0 {
			parent = path[level-1]
		}
		n, up := &nodes[i+1], &nodes[parent]
		n.parent, n.prev = parent, up.last
		if up.last != 0 {
			nodes[up.last].next = i + 1
		} else {
			up.first = i + 1
		}
		up.last = i + 1
		up.kids++
	}
	open := nodes[0].kids == 1
	shown := nodes[0].kids
	if open {
		shown += nodes[1].kids
	}
	out := []string{fmt.Sprintf("<</Type /Outlines /First %d 0 R /Last %d 0 R /Count %d>>", root+nodes[0].first, root+nodes[0].last, shown)}
	for i, m := range marks {
		n := nodes[i+1]
		var b strings.Builder
		fmt.Fprintf(&b, "<</Title %s /Parent %d 0 R", utf16Text(m.title), root+n.parent)
		for _, l := range []struct {
			key string
			to  int
		}{{"Prev", n.prev}, {"Next", n.next}, {"First", n.first}, {"Last", n.last}} {
			if l.to != 0 {
				fmt.Fprintf(&b, " /%s %d 0 R", l.key, root+l.to)
			}
		}
		switch {
		case n.kids > 0 && open && i == 0:
			fmt.Fprintf(&b, " /Count %d", n.kids)
		case n.kids > 0:
			fmt.Fprintf(&b, " /Count -%d", n.kids)
		}
		// gofpdf numbers the object of page p as 1+2p.
		fmt.Fprintf(&b, " /Dest [%d 0 R /XYZ 0 %.2f null]>>", 1+2*m.page, m.up)
		out = append(out, b.String())
	}
	return out
}
