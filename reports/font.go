package reports

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"

	"greffier/assets"
)

// face is one of the fonts.
type face int

const (
	regular face = iota
	bold
	italic
	faces            // the number of faces that text is set in
	spare    = faces // stands in for a sign that these lack
	allFaces = faces + 1
)

// metrics are the advance widths of the basic plane in thousandths of the
// size; missing where the font has no glyph.
type metrics [1 << 16]int16

const missing = -1

func fontData() [allFaces][]byte {
	return [allFaces][]byte{assets.FontRegular, assets.FontBold, assets.FontItalic, assets.FontSpare}
}

// allMetrics reads the fonts once. They are compiled in, so that a failure is
// a broken build.
var allMetrics = sync.OnceValue(func() *[allFaces]*metrics {
	var out [allFaces]*metrics
	for i, data := range fontData() {
		f, err := sfnt.Parse(data)
		if err != nil {
			panic("reports: a font is broken: " + err.Error())
		}
		var buf sfnt.Buffer
		m := new(metrics)
		for r := range m {
			m[r] = missing
			g, err := f.GlyphIndex(&buf, rune(r))
			if err != nil || g == 0 {
				continue
			}
			if adv, err := f.GlyphAdvance(&buf, g, fixed.I(1000), font.HintingNone); err == nil {
				m[r] = int16(adv.Round())
			}
		}
		out[i] = m
	}
	return &out
})

// has tells whether the rune can be shown in every face, be it by the spare
// font.
func has(r rune) bool {
	if r < 0 || r > 0xFFFF {
		return false
	}
	all := allMetrics()
	if all[spare][r] != missing {
		return true
	}
	for _, m := range all[:faces] {
		if m[r] == missing {
			return false
		}
	}
	return true
}

// advance is the width of a rune in thousandths of the size.
func advance(r rune, f face) int {
	if r < 0 || r > 0xFFFF {
		return 0
	}
	all := allMetrics()
	if w := all[f][r]; w != missing {
		return int(w)
	}
	return max(0, int(all[spare][r]))
}

// ordinary tells whether a face has all of a cleaned text, which runs from left
// to right.
func ordinary(s string, f face) bool {
	m := allMetrics()[f]
	for _, r := range s {
		if r > 0xFFFF || m[r] == missing {
			return false // the faces have nothing that runs from right to left
		}
	}
	return true
}

// piece is text that one font can show.
type piece struct {
	text string
	face face
}

// pieces puts a cleaned text into the order in which it is drawn and splits it
// by the fonts that it needs.
func pieces(s string, f face) []piece {
	s = visual(s)
	m := allMetrics()[f]
	var out []piece
	begin, cur := 0, f
	for i, r := range s {
		want := f
		if r > 0xFFFF || m[r] == missing {
			want = spare
		}
		if want != cur {
			if i > begin {
				out = append(out, piece{s[begin:i], cur})
			}
			begin, cur = i, want
		}
	}
	return append(out, piece{s[begin:], cur})
}

// pointMM is the length of a typographic point in millimetres.
const pointMM = 25.4 / 72

// width measures a cleaned text in millimetres.
func width(s string, f face, size float64) float64 {
	sum, m := 0, allMetrics()[f]
	for _, r := range s {
		if r <= 0xFFFF && m[r] != missing {
			sum += int(m[r])
		} else {
			sum += advance(r, f)
		}
	}
	return millimetres(sum, size)
}

// millimetres turns thousandths of a size in points into millimetres, the same way
// for everybody: a word must fit where it was measured to fit.
func millimetres(thousandths int, size float64) float64 {
	return float64(thousandths) / 1000 * size * pointMM
}

// Marks for what the fonts cannot show, so that nobody takes a text for
// complete: substitute for what is no text at all, picture for an emoji. Any
// other sign is named by its number, as in "[U+674E]".
const (
	substitute = '\uFFFD'
	picture    = '\u25CA'
)

// clean makes text printable: valid UTF-8 in NFC, only runes for which the
// fonts have glyphs, no control or direction marks. Line feeds stay, tabs
// become spaces, Arabic letters take the form of their place in the word.
// gofpdf panics on invalid UTF-8 and on runes beyond the basic plane, so every
// text goes through here before it is laid out.
func clean(s string) string {
	if printable(s) {
		return s
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, string(substitute)))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(s))
	inPicture := false
	var unknown []rune
	name := func() {
		for i, r := range unknown {
			if i == 0 {
				b.WriteByte('[')
			} else {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "U+%04X", r)
		}
		if len(unknown) > 0 {
			b.WriteByte(']')
		}
		unknown = unknown[:0]
	}
	for _, r := range shaped(s) {
		plain, ok := otherwise(r)
		switch {
		case isPicture(r) && !has(r):
			name()
			if !inPicture {
				b.WriteRune(picture)
			}
			inPicture = true
		case !ok:
			unknown = append(unknown, r)
			inPicture = false
		case plain != "":
			name()
			b.WriteString(plain)
			inPicture = false
		}
	}
	name()
	out := b.String()
	if !norm.NFC.IsNormalString(out) {
		return clean(norm.NFC.String(out)) // what was left out stood between a letter and its accent
	}
	return out
}

// isPicture tells whether a rune without glyph is an emoji, or a part of one.
func isPicture(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2300 && r <= 0x23FF || r >= 0x2600 && r <= 0x27BF || r >= 0x2B00 && r <= 0x2BFF
}

// otherwise writes a rune by what the fonts have: itself; a mathematical or
// full-width letter by the letter; a control or a point over a letter by
// nothing. It tells when there is no way.
func otherwise(r rune) (string, bool) {
	switch {
	case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\r':
		return "\n", true
	case r == '\t' || r != ' ' && unicode.Is(unicode.Zs, r) && !has(r):
		return " ", true
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector):
		// Soft hyphens, joiners, direction marks.
		return "", true
	case unicode.Is(unicode.Mn, r) && (!has(r) || isRightToLeft(r)) && unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Inherited) || unicode.Is(unicode.Me, r) && !has(r):
		// Vowel points, with which names are not written; other marks that the
		// fonts could not put in their place.
		return "", true
	case has(r):
		return string(r), true
	}
	plain := norm.NFKC.String(string(r))
	for _, c := range plain {
		if !has(c) || unicode.IsControl(c) {
			return "", false
		}
	}
	return plain, true
}

// printable is the quick path: text that needs no cleaning. Plain ASCII and
// Latin-1 letters are in NFC by themselves.
func printable(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\n' || c == 0x7F {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < 0xA0 || r == 0xAD || r > 0xFF && r != '\u2019' && r != '\u202f' && r != '–' && r != '…' && r != 'œ' {
			return false
		}
		i += n
	}
	return true
}

// particular makes a text fit for the file's own particulars and its outline,
// which no font limits: one line, valid, without controls, of a decent length.
func particular(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, string(substitute))) {
		switch {
		case n == 300:
			return b.String() + "…"
		case unicode.IsSpace(r) && !unicode.Is(unicode.Zs, r):
			r = ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Noncharacter_Code_Point):
			continue
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
