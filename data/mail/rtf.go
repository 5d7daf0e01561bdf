package mail

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The bounds of a rich text.
const (
	maxRTFBytes  = 8 << 20
	maxRTFGroups = 1000
	maxRTFFonts  = 2000
)

// errRTF says that bytes are no rich text.
var errRTF = errors.New("no rich text")

// rtfDictionary is what the dictionary of compressed rich text begins with
// ([MS-OXRTFCP] 2.1.2.1).
const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// rtfDecompress undoes the compression of PidTagRtfCompressed ([MS-OXRTFCP]).
// At most maxRTFBytes come out; a cut stream gives what is there.
func rtfDecompress(b []byte) ([]byte, error) {
	if len(b) < 16 {
		return nil, errRTF
	}
	size := min(int(binary.LittleEndian.Uint32(b[4:])), maxRTFBytes)
	kind := binary.LittleEndian.Uint32(b[8:])
	b = b[16:]
	switch kind {
	case 0x414C454D: // "MELA": not compressed
		return b[:min(size, len(b))], nil
	case 0x75465A4C: // "LZFu"
	default:
		return nil, errRTF
	}
	var dict [4096]byte
	write := copy(dict[:], rtfDictionary)
	out := make([]byte, 0, min(size, 8*len(b)))
	put := func(c byte) {
		dict[write] = c
		write = (write + 1) % len(dict)
		out = append(out, c)
	}
	for len(b) > 0 && len(out) < size {
		control := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0 && len(out) < size; bit++ {
			if control&(1<<bit) == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out, nil
			}
			ref := int(b[0])<<8 | int(b[1])
			b = b[2:]
			at, n := ref>>4, ref&15+2
			if at == write {
				return out, nil // the mark of the end
			}
			for ; n > 0 && len(out) < size; n-- {
				put(dict[at])
				at = (at + 1) % len(dict)
			}
		}
	}
	return out, nil
}

// rtfGroup is what an open group of a rich text inherits.
type rtfGroup struct {
	skip    bool // a destination that is not text
	html    bool // a tag of the page that is wrapped in the rich text
	hidden  bool
	notHTML bool // \htmlrtf: for readers that do not unwrap
	fonts   bool // the font table
	uc      int  // characters to skip after \u
	page    int  // code page
}

// rtfSkipped are destinations that hold no text of the letter.
var rtfSkipped = map[string]bool{
	"colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true, "themedata": true,
	"datastore": true, "listtable": true, "listoverridetable": true, "rsidtbl": true, "generator": true, "xmlnstbl": true,
	"fldinst": true, "filetbl": true, "revtbl": true, "latentstyles": true, "colorschememapping": true, "nonshppict": true,
	"bkmkstart": true, "bkmkend": true, "deleted": true,
}

// rtfWords are control words that stand for characters.
var rtfWords = map[string]string{
	"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "softline": "\n", "tab": "\t", "cell": " ", "nestcell": " ", "nestrow": "\n",
	"emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•",
	"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}

// rtfCharset is the code page of a font's \fcharset.
var rtfCharset = map[int]int{
	0: 1252, 77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
	186: 1257, 204: 1251, 222: 874, 238: 1250,
}

// rtfText reads rich text. A page of HTML that was wrapped in it
// ([MS-OXRTFEX]) comes out as isHTML. Groups are kept in a list, not on the
// stack of calls, and each byte is looked at once.
func rtfText(b []byte) (text string, isHTML bool, err error) {
	if !strings.HasPrefix(strings.TrimLeft(string(b[:min(len(b), 64)]), " \r\n\t\x00\xEF\xBB\xBF"), `{\rtf`) {
		return "", false, errRTF
	}
	b = b[:min(len(b), maxRTFBytes)]
	r := rtfReader{g: rtfGroup{uc: 1, page: 1252}, fonts: map[int]int{}, font: -1}
	r.read(b)
	r.flush()
	return r.out.String(), r.isHTML, nil
}

type rtfReader struct {
	out     strings.Builder
	g       rtfGroup
	stack   []rtfGroup
	deeper  int    // groups open beyond those that are kept
	bytes   []byte // characters of the code page that wait to be decoded
	units   []uint16
	isHTML  bool
	fonts   map[int]int // code page by font
	font    int         // the font that the table describes
	star    bool        // \* came before
	skipped int         // characters to skip after \u
}

// shown tells whether characters are text here.
func (r *rtfReader) shown() bool {
	if r.isHTML {
		return !r.g.skip && !r.g.notHTML
	}
	return !r.g.skip && !r.g.hidden && !r.g.html
}

// flush decodes what waits.
func (r *rtfReader) flush() {
	if len(r.units) > 0 {
		r.out.WriteString(string(utf16.Decode(r.units)))
		r.units = r.units[:0]
	}
	if len(r.bytes) > 0 {
		r.out.WriteString(decodeAs(r.bytes, codePage(r.g.page)))
		r.bytes = r.bytes[:0]
	}
}

func (r *rtfReader) char(c byte) {
	if r.skipped > 0 {
		r.skipped--
		return
	}
	if !r.shown() {
		return
	}
	if len(r.units) > 0 {
		r.flush()
	}
	r.bytes = append(r.bytes, c)
}

func (r *rtfReader) words(s string) {
	if r.shown() {
		r.flush()
		r.out.WriteString(s)
	}
}

func (r *rtfReader) read(b []byte) {
	for i := 0; i < len(b); {
		switch c := b[i]; c {
		case '{':
			i++
			r.flush()
			r.skipped = 0
			if len(r.stack) >= maxRTFGroups {
				r.deeper++
				continue
			}
			r.stack = append(r.stack, r.g)
			r.star = false
		case '}':
			i++
			r.flush()
			r.skipped = 0
			if r.deeper > 0 {
				r.deeper--
				continue
			}
			if n := len(r.stack); n > 0 {
				r.g, r.stack = r.stack[n-1], r.stack[:n-1]
			}
			r.star = false
		case '\r', '\n', 0:
			i++
		case '\\':
			i = r.control(b, i+1)
		default:
			r.char(c)
			i++
		}
	}
}

// control reads a control word or sign at i, after the backslash, and returns
// where what follows begins.
func (r *rtfReader) control(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	c := b[i]
	if c < 'a' || c > 'z' {
		i++
		switch c {
		case '\'':
			if i+2 <= len(b) {
				if v, err := strconv.ParseUint(string(b[i:i+2]), 16, 8); err == nil {
					r.char(byte(v))
				}
				i += 2
			}
		case '\\', '{', '}':
			r.char(c)
		case '~':
			r.words(" ")
		case '_':
			r.words("-")
		case '*':
			r.star = true
		case '\r', '\n':
			r.words("\n")
		}
		return i
	}
	start := i
	for i < len(b) && i-start < 40 && b[i] >= 'a' && b[i] <= 'z' {
		i++
	}
	word := string(b[start:i])
	n, has := 0, false
	digits := i
	if i < len(b) && b[i] == '-' {
		i++
	}
	for i < len(b) && i-digits < 12 && b[i] >= '0' && b[i] <= '9' {
		i++
		has = true
	}
	if has {
		v, err := strconv.Atoi(string(b[digits:i]))
		if err != nil {
			v = 0
		}
		n = v
	}
	if i < len(b) && b[i] == ' ' {
		i++
	}
	if word == "bin" {
		return min(len(b), i+max(0, min(n, len(b))))
	}
	r.word(word, n, has)
	return i
}

func (r *rtfReader) word(word string, n int, has bool) {
	star := r.star
	r.star = false
	on := !has || n != 0
	switch word {
	case "u":
		if r.shown() {
			if len(r.bytes) > 0 {
				r.flush()
			}
			r.units = append(r.units, uint16(n))
		}
		r.skipped = r.g.uc
		return
	case "uc":
		r.g.uc = max(0, min(n, 10))
		return
	case "ansicpg":
		r.flush()
		r.g.page = n
		return
	case "fromhtml":
		r.isHTML = true
		return
	case "htmlrtf":
		r.flush()
		r.g.notHTML = on
		return
	case "htmltag", "mhtmltag":
		r.flush()
		r.g.html = true
		r.g.skip = r.g.skip || word == "mhtmltag"
		return
	case "v":
		r.flush()
		r.g.hidden = on
		return
	case "plain":
		r.flush()
		r.g.hidden = false
		return
	case "fonttbl":
		r.g.fonts, r.g.skip = true, true
		return
	case "fcharset":
		if page := rtfCharset[n]; page != 0 && r.g.fonts && r.font >= 0 && len(r.fonts) < maxRTFFonts {
			r.fonts[r.font] = page
		}
		return
	case "f":
		if r.g.fonts {
			r.font = n
		} else if page := r.fonts[n]; page != 0 && page != r.g.page {
			r.flush()
			r.g.page = page
		}
		return
	}
	if rtfSkipped[word] || star {
		r.flush()
		r.g.skip = true
		return
	}
	if s := rtfWords[word]; s != "" {
		if r.isHTML && r.g.html {
			s = map[string]string{"par": "\r\n", "line": "\r\n", "tab": "\t"}[word]
		}
		r.words(s)
	}
}

// decodeAs decodes bytes of a charset as well as it can be done.
func decodeAs(b []byte, name string) string {
	if isPlain(string(b)) && !sevenBit(name) {
		return string(b)
	}
	if noCharset[name] {
		s, _ := asUTF8(b)
		return s
	}
	r, err := charsetReader(name, strings.NewReader(string(b)))
	if err == nil {
		if out, err := readBounded(r, 4*len(b)+16); err == nil {
			return string(out)
		}
	}
	s, _ := asUTF8(b)
	return s
}
