package reports

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
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

// archive turns what gofpdf wrote into PDF/A-1b (ISO 19005-1): the pages, fonts
// and resources stay; the header, particulars, catalog, outline and
// cross-reference table are written anew, with the metadata as XMP, the
// document's language, a colour profile and an identifier, all of which gofpdf
// lacks. The same input gives the same bytes.
func archive(raw []byte, p particulars) ([]byte, error) {
	objects, err := sliced(raw)
	if err != nil {
		return nil, err
	}
	// gofpdf ends with its own particulars and catalog.
	objects = objects[:len(objects)-2]
	z := make([]squeezer, runtime.GOMAXPROCS(0))
	parallel(len(objects), func(worker, i int) { objects[i] = z[worker%len(z)].squeezed(mended(objects[i])) })
	add := func(body string) int {
		objects = append(objects, []byte(body))
		return len(objects)
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

	var out bytes.Buffer
	out.Grow(len(raw) + 16<<10)
	// Bytes above 127 tell that the file is binary.
	out.WriteString("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n", i+1)
		out.Write(o)
		out.WriteString("\nendobj\n")
	}
	sum := sha256.Sum256(out.Bytes())
	id := hex.EncodeToString(sum[:16])
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d\n/Root %d 0 R\n/Info %d 0 R\n/ID [<%s> <%s>]>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, catalog, info, id, id, start)
	return out.Bytes(), nil
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

// mended sets right what an archive does not allow in a page or a font. What
// stands in a stream is left alone.
func mended(o []byte) []byte {
	switch {
	case bytes.HasPrefix(o, []byte("<</Type /Page\n")):
		// A link must be one that is printed; there are no texts in a page's
		// own object that could hold these words.
		return bytes.ReplaceAll(o, []byte("/Subtype /Link "), []byte("/Subtype /Link /F 4 "))
	case bytes.HasPrefix(o, []byte("<</Type /Font")):
		return []byte(fontNames.Replace(string(o)))
	}
	return o
}

// squeezer compresses the streams that gofpdf left as they are. One compressor
// serves for many: making one costs more than a page.
type squeezer struct {
	w   *zlib.Writer
	out bytes.Buffer
}

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
	z.out.Reset()
	if z.w == nil {
		z.w, _ = zlib.NewWriterLevel(&z.out, zlib.BestSpeed) // the level is one there is
	} else {
		z.w.Reset(&z.out)
	}
	_, _ = z.w.Write(rest[:n]) // a buffer takes everything
	_ = z.w.Close()
	return fmt.Appendf(nil, "<</Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", z.out.Len(), z.out.Bytes())
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
