package mail

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/image/tiff/lzw"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// The words of a PDF (ISO 32000-1). The libraries for it loop without end, ask
// for memory without bound or exhaust the stack on hostile files, which nothing
// can catch; so this reader does what text needs and no more: objects are found
// by their marks and not by the file's table, only pages, fonts and text
// operators are looked at, and every loop draws on one account of work.

// The bounds of a PDF.
const (
	maxPDFPages   = 20
	maxPDFWork    = 32 << 20 // of all files of one mail: bytes scanned, inflated or read as tokens
	maxPDFObjects = 100_000
	maxPDFDepth   = 30 // of arrays and dictionaries in one another
	maxPDFForms   = 5  // of forms that draw forms
	maxPDFNodes   = 2000
	maxPDFCodes   = 70_000 // of one font
)

// The types of objects besides bool, float64, []any and nil.
type (
	pdfName   string
	pdfString string
	pdfWord   string // an operator, or any bare word
	pdfDict   map[pdfName]any
	pdfRef    int
	pdfStream struct {
		dict pdfDict
		raw  []byte
	}
)

// pdfPlace is where an object begins.
type pdfPlace struct {
	in []byte
	at int
}

// pdfFile is a file whose objects are read when they are needed.
type pdfFile struct {
	places  map[int]pdfPlace
	read    map[int]any
	catalog pdfDict
	work    int
	whole   bool // nothing had to be left out
}

// pdfText gives the words of a PDF's first pages, a line for each line. whole is
// false when some of them could not be read. What it costs is taken off work.
func pdfText(b []byte, work *int) (text string, whole bool, err error) {
	if i := bytes.Index(b[:min(len(b), 1024)], []byte("%PDF-")); i < 0 {
		return "", false, errDocument
	}
	f := &pdfFile{places: map[int]pdfPlace{}, read: map[int]any{}, work: *work, whole: true}
	defer func() { *work = f.work }()
	f.find(b)
	if encryptedPDF(b) {
		return "", false, errEncrypted
	}
	pages := f.pages()
	if len(pages) == 0 {
		return "", false, errDocument
	}
	var out strings.Builder
	fonts := map[string]*pdfFont{}
	for _, page := range pages {
		w := pdfWriter{f: f, fonts: fonts}
		w.page(page)
		if s := strings.TrimSpace(w.b.String()); s != "" {
			if out.Len() > 0 {
				out.WriteString("\n\n")
			}
			out.WriteString(s)
		}
		f.whole = f.whole && w.unknown*4 <= w.known
		if out.Len() > 2*maxDocumentText {
			break
		}
	}
	return hyphenated.ReplaceAllString(out.String(), "$1$2"), f.whole && f.work > 0, nil
}

// hyphenated finds words that are parted at the end of a line.
var hyphenated = regexp.MustCompile(`(\p{L})-\n(\p{Ll})`)

// encryptedPDF tells whether the trailer names an encryption.
func encryptedPDF(b []byte) bool {
	for {
		i := bytes.Index(b, []byte("/Encrypt"))
		if i < 0 {
			return false
		}
		b = b[i+len("/Encrypt"):]
		if rest := bytes.TrimLeft(b[:min(len(b), 20)], " \r\n\t"); len(rest) > 0 && (rest[0] >= '0' && rest[0] <= '9' || bytes.HasPrefix(rest, []byte("<<"))) {
			return true
		}
	}
}

// spend takes work off the account; false when it is used up.
func (f *pdfFile) spend(n int) bool {
	if f.work < n {
		f.work = 0
		return false
	}
	f.work -= n
	return true
}

// find notes where objects begin, those in object streams too. A later one of
// the same number is the newer.
func (f *pdfFile) find(b []byte) {
	var packed []int
	for i := 0; len(f.places) < maxPDFObjects; {
		n := bytes.Index(b[i:], []byte("obj"))
		if n < 0 {
			break
		}
		at := i + n
		i = at + 3
		if at >= 3 && string(b[at-3:at]) == "end" {
			continue
		}
		num, ok := objectNumber(b[:at])
		if !ok {
			continue
		}
		f.places[num] = pdfPlace{b, i}
		head := b[i:min(len(b), i+512)]
		if end := bytes.Index(head, []byte("stream")); end >= 0 {
			head = head[:end]
		}
		switch {
		case bytes.Contains(head, []byte("/ObjStm")):
			packed = append(packed, num)
		case bytes.Contains(head, []byte("/Catalog")):
			if d, ok := f.object(num).(pdfDict); ok && d["Type"] == pdfName("Catalog") {
				f.catalog = d
			}
			delete(f.read, num)
		}
	}
	for _, num := range packed {
		f.unpack(num)
	}
	// What was read while the search went on may have had a newer one behind it.
	clear(f.read)
}

// objectNumber reads "12 0 " backwards from the end of b.
func objectNumber(b []byte) (int, bool) {
	number := func() (int, bool) {
		end := len(b)
		for end > 0 && pdfSpace(b[end-1]) && len(b)-end < 20 {
			end--
		}
		start := end
		for start > 0 && b[start-1] >= '0' && b[start-1] <= '9' && end-start < 9 {
			start--
		}
		n, err := strconv.Atoi(string(b[start:end]))
		b = b[:start]
		return n, err == nil
	}
	if _, ok := number(); !ok {
		return 0, false
	}
	return number()
}

// unpack notes the objects of an object stream (ISO 32000-1, 7.5.7).
func (f *pdfFile) unpack(num int) {
	s, ok := f.object(num).(*pdfStream)
	if !ok || s.dict["Type"] != pdfName("ObjStm") {
		return
	}
	b := f.decoded(s)
	n, first := f.number(s.dict["N"]), f.number(s.dict["First"])
	if first < 0 || first > len(b) {
		f.whole = false
		return
	}
	r := pdfReader{f: f, b: b[:first]}
	for range min(max(n, 0), maxPDFObjects-len(f.places)) {
		id, ok1 := r.object(0).(float64)
		off, ok2 := r.object(0).(float64)
		at := first + int(off)
		if !ok1 || !ok2 || id < 0 || off < 0 || at >= len(b) {
			return
		}
		f.places[int(id)] = pdfPlace{b, at}
		if bytes.Contains(b[at:min(len(b), at+300)], []byte("/Catalog")) {
			delete(f.read, int(id))
			if d, ok := f.object(int(id)).(pdfDict); ok && d["Type"] == pdfName("Catalog") {
				f.catalog = d
			}
		}
	}
}

// object reads the object of that number, nil for one that is not there.
func (f *pdfFile) object(num int) any {
	if o, ok := f.read[num]; ok {
		return o
	}
	place, ok := f.places[num]
	if !ok || !f.spend(64) {
		return nil
	}
	f.read[num] = nil // an object that needs itself finds nothing
	r := pdfReader{f: f, b: place.in, i: place.at}
	o := r.object(0)
	if d, ok := o.(pdfDict); ok {
		if raw, ok := r.stream(d); ok {
			o = &pdfStream{d, raw}
		}
	}
	f.read[num] = o
	return o
}

// value follows a reference.
func (f *pdfFile) value(o any) any {
	for range 10 {
		ref, ok := o.(pdfRef)
		if !ok {
			return o
		}
		o = f.object(int(ref))
	}
	return nil
}

func (f *pdfFile) number(o any) int {
	v, _ := f.value(o).(float64)
	if math.Abs(v) > 1<<30 || v != v {
		return 0
	}
	return int(v)
}

// dict gives a dictionary, a stream's too.
func (f *pdfFile) dict(o any) pdfDict {
	switch o := f.value(o).(type) {
	case pdfDict:
		return o
	case *pdfStream:
		return o.dict
	}
	return nil
}

// decoded undoes the filters of a stream; damage costs what lies behind it.
func (f *pdfFile) decoded(s *pdfStream) []byte {
	filters, params := f.list(s.dict["Filter"]), f.list(s.dict["DecodeParms"])
	b := s.raw
	if len(filters) > 4 {
		f.whole = false
		return nil
	}
	for i, filter := range filters {
		var r io.Reader
		name, _ := f.value(filter).(pdfName)
		switch name {
		case "FlateDecode", "Fl":
			z, err := zlib.NewReader(bytes.NewReader(b))
			if err != nil {
				f.whole = false
				return nil
			}
			r = z
		case "LZWDecode", "LZW":
			r = lzw.NewReader(bytes.NewReader(b), lzw.MSB, 8)
		case "ASCII85Decode", "A85":
			if end := bytes.Index(b, []byte("~>")); end >= 0 {
				b = b[:end]
			}
			r = ascii85.NewDecoder(bytes.NewReader(bytes.TrimPrefix(bytes.TrimSpace(b), []byte("<~"))))
		case "ASCIIHexDecode", "AHx":
			h := pdfReader{f: f, b: append([]byte("<"), b...)}
			text, _ := h.object(0).(pdfString)
			r = strings.NewReader(string(text))
		default:
			f.whole = false
			return nil
		}
		out, err := io.ReadAll(io.LimitReader(r, int64(f.work)))
		if !f.spend(len(out)+64) || err != nil {
			f.whole = false
		}
		b = out
		if i < len(params) {
			if d := f.dict(params[i]); f.number(d["Predictor"]) >= 10 {
				b = unpredict(b, f.number(d["Columns"])*max(1, f.number(d["Colors"])))
			}
		}
	}
	return b
}

// unpredict undoes PNG's predictors of bytes (ISO 32000-1, 7.4.4.4).
func unpredict(b []byte, columns int) []byte {
	if columns < 1 || columns > 1<<16 {
		return nil
	}
	out := make([]byte, 0, len(b))
	before := make([]byte, columns)
	for len(b) > columns {
		kind, row := b[0], slices.Clone(b[1:columns+1])
		b = b[columns+1:]
		for i := range row {
			var left, up, corner byte
			up = before[i]
			if i > 0 {
				left, corner = row[i-1], before[i-1]
			}
			switch kind {
			case 1:
				row[i] += left
			case 2:
				row[i] += up
			case 3:
				row[i] += byte((int(left) + int(up)) / 2)
			case 4:
				row[i] += paeth(left, up, corner)
			}
		}
		out = append(out, row...)
		before = row
	}
	return out
}

func paeth(a, b, c byte) byte {
	abs := func(n int) int { return max(n, -n) }
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

// list gives an array, or the one thing as an array.
func (f *pdfFile) list(o any) []any {
	switch o := f.value(o).(type) {
	case nil:
		return nil
	case []any:
		return o
	default:
		return []any{o}
	}
}

// pdfPage is a page with what it inherits.
type pdfPage struct {
	dict      pdfDict
	resources any
}

// pages walks through the tree of pages (ISO 32000-1, 7.7.3).
func (f *pdfFile) pages() []pdfPage {
	var pages []pdfPage
	type node struct{ o, resources any }
	todo := []node{{f.catalog["Pages"], nil}}
	seen := map[pdfRef]bool{}
	for n := 0; len(todo) > 0 && n < maxPDFNodes; n++ {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if ref, ok := at.o.(pdfRef); ok {
			if seen[ref] {
				continue
			}
			seen[ref] = true
		}
		d := f.dict(at.o)
		if d == nil {
			continue
		}
		if d["Resources"] != nil {
			at.resources = d["Resources"]
		}
		kids := f.list(d["Kids"])
		if d["Kids"] == nil {
			if len(pages) >= maxPDFPages {
				f.whole = false
				break
			}
			pages = append(pages, pdfPage{d, at.resources})
			continue
		}
		if len(kids) > maxPDFNodes {
			kids, f.whole = kids[:maxPDFNodes], false
		}
		for _, k := range slices.Backward(kids) {
			todo = append(todo, node{k, at.resources})
		}
	}
	return pages
}

// pdfReader reads objects and operators (ISO 32000-1, 7.2 and 7.3).
type pdfReader struct {
	f *pdfFile
	b []byte
	i int
}

func pdfSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func pdfDelimiter(c byte) bool { return strings.IndexByte("()<>[]{}/%", c) >= 0 }

// pdfEnd is what stands where nothing more can be read.
const pdfEnd = pdfWord("")

// space skips white space and comments.
func (r *pdfReader) space() {
	for r.i < len(r.b) {
		c := r.b[r.i]
		if c == '%' {
			for r.i < len(r.b) && r.b[r.i] != '\n' && r.b[r.i] != '\r' {
				r.i++
			}
			continue
		}
		if !pdfSpace(c) {
			return
		}
		r.i++
	}
}

// object reads the next object; a bare word comes as a pdfWord, the end of all
// as pdfEnd.
func (r *pdfReader) object(depth int) any {
	start := r.i
	defer func() { r.f.spend(r.i - start + 4) }()
	if r.f.work <= 0 {
		r.i = len(r.b)
		return pdfEnd
	}
	r.space()
	if r.i >= len(r.b) {
		return pdfEnd
	}
	switch c := r.b[r.i]; c {
	case '/':
		r.i++
		return r.name()
	case '(':
		return r.literal()
	case '<':
		if r.i+1 < len(r.b) && r.b[r.i+1] == '<' {
			r.i += 2
			return r.dictionary(depth)
		}
		return r.hex()
	case '[':
		r.i++
		return r.array(depth)
	case ']', '{', '}', ')':
		r.i++
		return pdfWord(c)
	case '>':
		r.i++
		if r.i < len(r.b) && r.b[r.i] == '>' {
			r.i++
		}
		return pdfWord(">>")
	}
	word := r.bare()
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if c := word[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil || math.IsInf(v, 0) || v != v {
			return float64(0)
		}
		if num, ok := r.reference(v); ok {
			return pdfRef(num)
		}
		return v
	}
	return pdfWord(word)
}

// bare reads a word; at least one byte.
func (r *pdfReader) bare() string {
	start := r.i
	r.i++
	for r.i < len(r.b) && !pdfSpace(r.b[r.i]) && !pdfDelimiter(r.b[r.i]) {
		r.i++
	}
	return string(r.b[start:min(r.i, start+100)])
}

// reference reads "0 R" behind a number.
func (r *pdfReader) reference(v float64) (int, bool) {
	if v < 0 || v != math.Trunc(v) || v > 1<<30 {
		return 0, false
	}
	i := r.i
	for i < len(r.b) && pdfSpace(r.b[i]) && i-r.i < 10 {
		i++
	}
	digits := i
	for i < len(r.b) && r.b[i] >= '0' && r.b[i] <= '9' && i-digits < 6 {
		i++
	}
	if i == digits {
		return 0, false
	}
	gap := i
	for i < len(r.b) && pdfSpace(r.b[i]) && i-gap < 10 {
		i++
	}
	if i == gap || i >= len(r.b) || r.b[i] != 'R' || i+1 < len(r.b) && !pdfSpace(r.b[i+1]) && !pdfDelimiter(r.b[i+1]) {
		return 0, false
	}
	r.i = i + 1
	return int(v), true
}

func (r *pdfReader) name() pdfName {
	start := r.i
	for r.i < len(r.b) && !pdfSpace(r.b[r.i]) && !pdfDelimiter(r.b[r.i]) {
		r.i++
	}
	raw := r.b[start:min(r.i, start+200)]
	if bytes.IndexByte(raw, '#') < 0 {
		return pdfName(raw)
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if v, err := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		b.WriteByte(raw[i])
	}
	return pdfName(b.String())
}

func (r *pdfReader) literal() pdfString {
	var b strings.Builder
	depth := 0
	for ; r.i < len(r.b); r.i++ {
		c := r.b[r.i]
		switch c {
		case '(':
			if depth++; depth == 1 {
				continue
			}
		case ')':
			if depth--; depth == 0 {
				r.i++
				return pdfString(b.String())
			}
		case '\\':
			r.i++
			if r.i >= len(r.b) {
				return pdfString(b.String())
			}
			c = r.b[r.i]
			switch c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case '\r':
				if r.i+1 < len(r.b) && r.b[r.i+1] == '\n' {
					r.i++
				}
				continue
			case '\n':
				continue
			case '0', '1', '2', '3', '4', '5', '6', '7':
				v := 0
				n := 0
				for ; n < 3 && r.i+n < len(r.b) && r.b[r.i+n] >= '0' && r.b[r.i+n] <= '7'; n++ {
					v = v*8 + int(r.b[r.i+n]-'0')
				}
				r.i += n - 1
				c = byte(v)
			}
		}
		b.WriteByte(c)
	}
	return pdfString(b.String())
}

func (r *pdfReader) hex() pdfString {
	var b []byte
	high, half := byte(0), false
	for r.i++; r.i < len(r.b); r.i++ {
		c := r.b[r.i]
		if c == '>' {
			r.i++
			break
		}
		v, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			continue
		}
		if half {
			b = append(b, high<<4|byte(v))
		}
		high, half = byte(v), !half
	}
	if half {
		b = append(b, high<<4)
	}
	return pdfString(b)
}

func (r *pdfReader) array(depth int) any {
	list := []any{}
	for depth < maxPDFDepth {
		o := r.object(depth + 1)
		if o == pdfWord("]") || o == pdfEnd {
			return list
		}
		if w, ok := o.(pdfWord); ok && (w == "endobj" || w == ">>") {
			return list
		}
		list = append(list, o)
	}
	r.f.whole = false
	r.i = len(r.b)
	return list
}

func (r *pdfReader) dictionary(depth int) any {
	d := pdfDict{}
	for depth < maxPDFDepth {
		key, ok := r.object(depth + 1).(pdfName)
		if !ok {
			return d // ">>", or what should not be here
		}
		v := r.object(depth + 1)
		if w, ok := v.(pdfWord); ok {
			if w == ">>" || w == pdfEnd {
				return d
			}
			continue
		}
		d[key] = v
	}
	r.f.whole = false
	r.i = len(r.b)
	return d
}

// stream gives the bytes of the stream whose dictionary was just read.
func (r *pdfReader) stream(d pdfDict) ([]byte, bool) {
	r.space()
	rest, ok := bytes.CutPrefix(r.b[min(r.i, len(r.b)):], []byte("stream"))
	if !ok {
		return nil, false
	}
	rest = bytes.TrimPrefix(rest, []byte("\r"))
	rest = bytes.TrimPrefix(rest, []byte("\n"))
	if n := r.f.number(d["Length"]); n > 0 && n <= len(rest) && bytes.HasPrefix(bytes.TrimLeft(rest[n:min(len(rest), n+20)], "\r\n \t"), []byte("endst")) {
		return rest[:n], true
	}
	// The length is wrong or not known.
	n := bytes.Index(rest, []byte("endstream"))
	if n < 0 {
		n = len(rest)
	}
	if !r.f.spend(n) {
		return nil, false
	}
	return rest[:n], true
}

// pdfFont turns the codes of strings into text.
type pdfFont struct {
	wide   bool // two bytes for a code
	codes  map[uint32]string
	ranges []pdfRange
	utf16  bool
	widths map[int]float64 // in thousandths of the size
	usual  float64         // width of the others, 0 where it is to be guessed
}

// pdfRange is a long run of codes whose texts follow one another; short ones are
// among the codes.
type pdfRange struct {
	lo, hi uint32
	first  rune
}

// The bounds of such runs.
const (
	minPDFRange  = 256
	maxPDFRanges = 100
)

// text is what a code stands for.
func (t *pdfFont) text(code uint32) (string, bool) {
	if s, ok := t.codes[code]; ok {
		return s, true
	}
	for _, r := range t.ranges {
		if r.lo <= code && code <= r.hi {
			return string(r.first + rune(code-r.lo)), true
		}
	}
	return "", false
}

// font reads a font (ISO 32000-1, 9.6 to 9.10).
func (f *pdfFile) font(o any) *pdfFont {
	d := f.dict(o)
	t := &pdfFont{codes: map[uint32]string{}, widths: map[int]float64{}}
	if d["Subtype"] == pdfName("Type0") {
		t.wide = true
		t.usual = 1000
		if down := f.list(d["DescendantFonts"]); len(down) > 0 {
			c := f.dict(down[0])
			if c["DW"] != nil {
				t.usual = float64(f.number(c["DW"]))
			}
			f.wideWidths(t, f.list(c["W"]))
		}
		if name, _ := f.value(d["Encoding"]).(pdfName); strings.Contains(string(name), "UCS2") || strings.Contains(string(name), "UTF16") {
			t.utf16 = true
		}
	} else {
		f.byteCodes(t, d)
		first := f.number(d["FirstChar"])
		for i, w := range f.list(d["Widths"]) {
			if i > 255 {
				break
			}
			if n, ok := f.value(w).(float64); ok {
				t.widths[first+i] = n
			}
		}
	}
	if s, ok := f.value(d["ToUnicode"]).(*pdfStream); ok {
		f.toUnicode(t, f.decoded(s))
	}
	return t
}

// wideWidths reads the W array (ISO 32000-1, 9.7.4.3).
func (f *pdfFile) wideWidths(t *pdfFont, w []any) {
	for i := 0; i+1 < len(w) && len(t.widths) < maxPDFCodes; {
		first := f.number(w[i])
		if list, ok := f.value(w[i+1]).([]any); ok {
			for j, v := range list {
				if len(t.widths) >= maxPDFCodes {
					return
				}
				t.widths[first+j] = float64(f.number(v))
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			return
		}
		last, v := f.number(w[i+1]), float64(f.number(w[i+2]))
		for c := first; c <= last && len(t.widths) < maxPDFCodes; c++ {
			t.widths[c] = v
		}
		i += 3
	}
}

// byteCodes fills the codes of a simple font from its encoding.
func (f *pdfFile) byteCodes(t *pdfFont, d pdfDict) {
	base := charmap.Windows1252
	enc := f.value(d["Encoding"])
	name, _ := enc.(pdfName)
	ed, _ := enc.(pdfDict)
	if ed != nil {
		name, _ = f.value(ed["BaseEncoding"]).(pdfName)
	}
	if name == "MacRomanEncoding" {
		base = charmap.Macintosh
	}
	for c := 32; c < 256; c++ {
		if r := base.DecodeByte(byte(c)); r != unicode.ReplacementChar {
			t.codes[uint32(c)] = string(r)
		}
	}
	if name == "" { // StandardEncoding, where it is not like the others
		t.codes['\''], t.codes['`'] = "’", "‘"
	}
	code := 0
	for i, o := range f.list(ed["Differences"]) {
		if i > 1000 {
			break
		}
		switch o := f.value(o).(type) {
		case float64:
			code = int(o)
		case pdfName:
			if s := glyph(string(o)); s != "" && code >= 0 && code < 256 {
				t.codes[uint32(code)] = s
			}
			code++
		}
	}
}

// toUnicode reads a font's own table of text (ISO 32000-1, 9.10.3).
func (f *pdfFile) toUnicode(t *pdfFont, b []byte) {
	r := pdfReader{f: f, b: b}
	var args []any
	for {
		o := r.object(0)
		if o == pdfEnd {
			return
		}
		w, ok := o.(pdfWord)
		if !ok {
			if len(args) < 3000 {
				args = append(args, o)
			}
			continue
		}
		switch w {
		case "endcodespacerange":
			if s, ok := last(args).(pdfString); ok {
				t.wide = len(s) > 1
			}
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				from, ok1 := args[i].(pdfString)
				to, ok2 := args[i+1].(pdfString)
				if ok1 && ok2 && len(t.codes) < maxPDFCodes {
					t.codes[codeOf(from)] = utf16Text(to)
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(args); i += 3 {
				lo, ok1 := args[i].(pdfString)
				hi, ok2 := args[i+1].(pdfString)
				if !ok1 || !ok2 {
					continue
				}
				f.codeRange(t, codeOf(lo), codeOf(hi), args[i+2])
			}
		}
		args = args[:0]
	}
}

func last(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// codeRange fills codes from lo to hi with what follows the first text, or with
// the texts of a list.
func (f *pdfFile) codeRange(t *pdfFont, lo, hi uint32, to any) {
	if hi < lo || hi-lo > 1<<16 {
		return
	}
	switch to := to.(type) {
	case pdfString:
		first := []rune(utf16Text(to))
		if len(first) == 0 || len(first) > 10 {
			return
		}
		if hi-lo >= minPDFRange && len(first) == 1 && len(t.ranges) < maxPDFRanges {
			t.ranges = append(t.ranges, pdfRange{lo, hi, first[0]})
			return
		}
		for c := lo; c <= hi && len(t.codes) < maxPDFCodes && f.spend(40); c++ {
			t.codes[c] = string(first)
			first[len(first)-1]++
		}
	case []any:
		for i, o := range to {
			if s, ok := o.(pdfString); ok && uint32(i) <= hi-lo && len(t.codes) < maxPDFCodes {
				t.codes[lo+uint32(i)] = utf16Text(s)
			}
		}
	}
}

// codeOf reads a code of up to four bytes.
func codeOf(s pdfString) uint32 {
	var c uint32
	for i := 0; i < len(s) && i < 4; i++ {
		c = c<<8 | uint32(s[i])
	}
	return c
}

// utf16Text decodes UTF-16 in big endian.
func utf16Text(s pdfString) string {
	if len(s) == 1 {
		return string(rune(s[0]))
	}
	units := make([]uint16, min(len(s)/2, 50_000))
	for i := range units {
		units[i] = uint16(s[2*i])<<8 | uint16(s[2*i+1])
	}
	return string(utf16.Decode(units))
}

// textString decodes a string of a dictionary (ISO 32000-1, 7.9.2.2).
func textString(s pdfString) string {
	if rest, ok := strings.CutPrefix(string(s), "\xFE\xFF"); ok {
		return utf16Text(pdfString(rest))
	}
	if rest, ok := strings.CutPrefix(string(s), "\xEF\xBB\xBF"); ok {
		return strings.ToValidUTF8(rest, "\uFFFD")
	}
	out, _ := asUTF8([]byte(s))
	return out
}

// glyphs are names of the Adobe Glyph List that no rule gives.
var glyphs = map[string]string{
	"space": " ", "nbspace": " ", "exclam": "!", "quotedbl": `"`, "numbersign": "#", "dollar": "$", "percent": "%", "ampersand": "&",
	"quotesingle": "'", "quoteright": "’", "quoteleft": "‘", "parenleft": "(", "parenright": ")", "asterisk": "*", "plus": "+", "comma": ",",
	"hyphen": "-", "minus": "−", "period": ".", "slash": "/", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
	"seven": "7", "eight": "8", "nine": "9", "colon": ":", "semicolon": ";", "less": "<", "equal": "=", "greater": ">", "question": "?",
	"at": "@", "bracketleft": "[", "backslash": `\`, "bracketright": "]", "asciicircum": "^", "underscore": "_", "grave": "`",
	"braceleft": "{", "bar": "|", "braceright": "}", "asciitilde": "~", "quotedblleft": "“", "quotedblright": "”", "quotedblbase": "„",
	"quotesinglbase": "‚", "guillemotleft": "«", "guillemotright": "»", "guilsinglleft": "‹", "guilsinglright": "›", "endash": "–", "emdash": "—",
	"bullet": "•", "ellipsis": "…", "dagger": "†", "section": "§", "paragraph": "¶", "copyright": "©", "registered": "®", "trademark": "™",
	"degree": "°", "Euro": "€", "sterling": "£", "cent": "¢", "yen": "¥", "fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl",
	"oe": "œ", "OE": "Œ", "ae": "æ", "AE": "Æ", "germandbls": "ß", "oslash": "ø", "Oslash": "Ø", "eth": "ð", "thorn": "þ", "dotlessi": "ı",
	"lslash": "ł", "Lslash": "Ł", "exclamdown": "¡", "questiondown": "¿", "ordfeminine": "ª", "ordmasculine": "º", "periodcentered": "·", "mu": "µ",
	"onehalf": "½", "onequarter": "¼", "threequarters": "¾", "multiply": "×", "divide": "÷", "plusminus": "±",
}

// accents are endings of glyph names that stand for a mark on the letter.
var accents = map[string]string{
	"acute": "\u0301", "grave": "\u0300", "circumflex": "\u0302", "dieresis": "\u0308", "tilde": "\u0303", "cedilla": "\u0327", "ring": "\u030A",
	"caron": "\u030C", "ogonek": "\u0328", "macron": "\u0304", "breve": "\u0306", "dotaccent": "\u0307", "hungarumlaut": "\u030B",
}

// glyph is the text of a glyph's name, "" for one that is not known.
func glyph(name string) string {
	name, _, _ = strings.Cut(name, ".")
	if s := glyphs[name]; s != "" {
		return s
	}
	if len(name) == 1 {
		return name
	}
	if hex, ok := strings.CutPrefix(name, "uni"); ok && len(hex) >= 4 {
		if v, err := strconv.ParseUint(hex[:4], 16, 32); err == nil {
			return string(rune(v))
		}
	}
	if len(name) > 1 && unicode.IsLetter(rune(name[0])) {
		if mark := accents[name[1:]]; mark != "" {
			return norm.NFC.String(name[:1] + mark)
		}
	}
	return ""
}

// pdfMatrix is a transformation [a b c d e f].
type pdfMatrix [6]float64

var pdfUnit = pdfMatrix{1, 0, 0, 1, 0, 0}

// times is m before n.
func (m pdfMatrix) times(n pdfMatrix) pdfMatrix {
	return pdfMatrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// pdfState is what operators set and q and Q keep.
type pdfState struct {
	ctm                          pdfMatrix
	font                         *pdfFont
	size, leading, chars, spaces float64
	scale                        float64
}

// pdfWriter lays the text of a page out: what stands on one height is a line.
type pdfWriter struct {
	f              *pdfFile
	b              strings.Builder
	fonts          map[string]*pdfFont
	s              pdfState
	saved          []pdfState
	tm, line       pdfMatrix
	x, y           float64 // where the last text ended
	height         float64
	any            bool
	known, unknown int
}

func (w *pdfWriter) page(p pdfPage) {
	w.s = pdfState{ctm: pdfUnit, scale: 1}
	w.tm, w.line = pdfUnit, pdfUnit
	var all []byte
	for i, c := range w.f.list(p.dict["Contents"]) {
		if i > 200 {
			w.f.whole = false
			break
		}
		if s, ok := w.f.value(c).(*pdfStream); ok {
			all = append(append(all, w.f.decoded(s)...), '\n')
		}
	}
	w.run(all, p.resources, 0)
	w.annotations(p.dict)
}

// annotations adds what was typed into the fields of a form, or onto the page.
func (w *pdfWriter) annotations(page pdfDict) {
	for i, a := range w.f.list(page["Annots"]) {
		if i > 500 || w.b.Len() > 2*maxDocumentText {
			return
		}
		d := w.f.dict(a)
		var text any
		switch d["Subtype"] {
		case pdfName("Widget"):
			if text = w.f.value(d["V"]); text == nil {
				text = w.f.value(w.f.dict(d["Parent"])["V"])
			}
		case pdfName("FreeText"):
			text = w.f.value(d["Contents"])
		}
		if s, ok := text.(pdfString); ok && s != "" {
			w.b.WriteString("\n" + textString(s))
			w.known += len(s)
		}
	}
}

// run carries out the operators of a page or a form (ISO 32000-1, Annex A).
func (w *pdfWriter) run(b []byte, resources any, depth int) {
	r := pdfReader{f: w.f, b: b}
	res := w.f.dict(resources)
	var args []any
	number := func(i int) float64 {
		if i < len(args) {
			v, _ := args[i].(float64)
			return v
		}
		return 0
	}
	matrix := func() pdfMatrix {
		return pdfMatrix{number(0), number(1), number(2), number(3), number(4), number(5)}
	}
	for w.b.Len() <= 2*maxDocumentText {
		o := r.object(0)
		if o == pdfEnd {
			return
		}
		op, ok := o.(pdfWord)
		if !ok {
			if len(args) < 50 {
				args = append(args, o)
			}
			continue
		}
		switch op {
		case "q":
			if len(w.saved) < 200 {
				w.saved = append(w.saved, w.s)
			}
		case "Q":
			if n := len(w.saved); n > 0 {
				w.s, w.saved = w.saved[n-1], w.saved[:n-1]
			}
		case "cm":
			w.s.ctm = matrix().times(w.s.ctm)
		case "BT":
			w.tm, w.line = pdfUnit, pdfUnit
		case "Tf":
			if len(args) >= 2 {
				name, _ := args[0].(pdfName)
				w.s.font, w.s.size = w.font(res, name), number(1)
			}
		case "Tc":
			w.s.chars = number(0)
		case "Tw":
			w.s.spaces = number(0)
		case "Tz":
			w.s.scale = number(0) / 100
		case "TL":
			w.s.leading = number(0)
		case "Td":
			w.move(number(0), number(1))
		case "TD":
			w.s.leading = -number(1)
			w.move(number(0), number(1))
		case "Tm":
			w.tm = matrix()
			w.line = w.tm
		case "T*":
			w.move(0, -w.s.leading)
		case "Tj":
			w.show(last(args))
		case "'":
			w.move(0, -w.s.leading)
			w.show(last(args))
		case "\"":
			w.s.spaces, w.s.chars = number(0), number(1)
			w.move(0, -w.s.leading)
			w.show(last(args))
		case "TJ":
			list, _ := last(args).([]any)
			for _, o := range list {
				if v, ok := o.(float64); ok {
					w.advance(-v / 1000 * w.s.size * w.s.scale)
					continue
				}
				w.show(o)
			}
		case "Do":
			name, _ := last(args).(pdfName)
			w.form(res, name, depth)
		case "BI":
			r.skipImage()
		}
		args = args[:0]
	}
}

// skipImage passes over an image that lies among the operators.
func (r *pdfReader) skipImage() {
	n := bytes.Index(r.b[r.i:], []byte("ID"))
	if n < 0 {
		r.i = len(r.b)
		return
	}
	r.i += n + 2
	for {
		n := bytes.Index(r.b[r.i:], []byte("EI"))
		if n < 0 {
			r.i = len(r.b)
			return
		}
		at := r.i + n
		r.i = at + 2
		if pdfSpace(r.b[at-1]) && (r.i >= len(r.b) || pdfSpace(r.b[r.i])) {
			return
		}
	}
}

// font gives the font of that name; each is read once.
func (w *pdfWriter) font(res pdfDict, name pdfName) *pdfFont {
	o := w.f.dict(res["Font"])[name]
	key := fmt.Sprintf("%p/%s", res, name)
	if ref, ok := o.(pdfRef); ok {
		key = strconv.Itoa(int(ref))
	}
	if t, ok := w.fonts[key]; ok {
		return t
	}
	if len(w.fonts) >= 200 {
		w.f.whole = false
		return nil
	}
	t := w.f.font(o)
	w.fonts[key] = t
	return t
}

// form draws what the page uses as a form (ISO 32000-1, 8.10).
func (w *pdfWriter) form(res pdfDict, name pdfName, depth int) {
	s, ok := w.f.value(w.f.dict(res["XObject"])[name]).(*pdfStream)
	if !ok || s.dict["Subtype"] != pdfName("Form") || !w.f.spend(1000) {
		return
	}
	if depth >= maxPDFForms {
		w.f.whole = false
		return
	}
	before, saved := w.s, len(w.saved)
	if m := w.f.list(s.dict["Matrix"]); len(m) == 6 {
		var at pdfMatrix
		for i := range at {
			at[i], _ = w.f.value(m[i]).(float64)
		}
		w.s.ctm = at.times(w.s.ctm)
	}
	inner := s.dict["Resources"]
	if inner == nil {
		inner = res
	}
	w.run(w.f.decoded(s), inner, depth+1)
	w.s, w.saved = before, w.saved[:min(saved, len(w.saved))]
}

// move begins a line at an offset from the beginning of this one.
func (w *pdfWriter) move(x, y float64) {
	w.line = pdfMatrix{1, 0, 0, 1, x, y}.times(w.line)
	w.tm = w.line
}

func (w *pdfWriter) advance(x float64) { w.tm = pdfMatrix{1, 0, 0, 1, x, 0}.times(w.tm) }

// show writes a string where the text stands.
func (w *pdfWriter) show(o any) {
	s, ok := o.(pdfString)
	if !ok || w.s.font == nil || len(s) == 0 || w.s.size == 0 {
		return
	}
	at := w.tm.times(w.s.ctm)
	size := math.Abs(w.s.size) * math.Hypot(at[2], at[3])
	w.place(at[4], at[5], size)
	f := w.s.font
	step := 1
	if f.wide {
		step = 2
	}
	total := 0.0
	for i := 0; i < len(s); i += step {
		code := codeOf(s[i:min(len(s), i+step)])
		text, ok := f.text(code)
		if !ok && f.utf16 {
			text, ok = utf16Text(s[i:min(len(s), i+2)]), true
		}
		if ok {
			w.known++
		} else {
			w.unknown++
		}
		if text == "\x00" {
			text = ""
		}
		w.b.WriteString(text)
		width, ok := f.widths[int(code)]
		if !ok {
			if width = f.usual; width == 0 {
				width = guessWidth(text)
			}
		}
		total += width/1000*w.s.size + w.s.chars
		if code == ' ' && step == 1 {
			total += w.s.spaces
		}
	}
	w.advance(total * w.s.scale)
	end := w.tm.times(w.s.ctm)
	w.x, w.y, w.height, w.any = end[4], end[5], size, true
}

// place puts a line's end or a space before text that does not follow the last.
func (w *pdfWriter) place(x, y, size float64) {
	if !w.any {
		return
	}
	height := max(w.height, size)
	switch drop := math.Abs(w.y - y); {
	case drop > 1.7*height:
		w.b.WriteString("\n\n")
	case drop > 0.5*height:
		w.b.WriteByte('\n')
	case x-w.x > 0.15*height || x < w.x-height:
		if s := w.b.String(); s != "" && !endsWithSpace(s[len(s)-1:]) {
			w.b.WriteByte(' ')
		}
	}
}

// guessWidth is about the width of a character in Helvetica.
func guessWidth(s string) float64 {
	switch {
	case strings.ContainsAny(s, "ijlIt.,;:'|!()[]/ ’‘f"):
		return 270
	case strings.ContainsAny(s, "mwMW%@"):
		return 850
	case s != strings.ToLower(s):
		return 690
	}
	return 540
}
