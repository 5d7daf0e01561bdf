package reports

import (
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
	faces
)

// metrics are the advance widths of the basic plane in thousandths of the
// size; missing where the font has no glyph.
type metrics [1 << 16]int16

const missing = -1

// allMetrics reads the fonts once. They are compiled in, so that a failure is
// a broken build.
var allMetrics = sync.OnceValue(func() *[faces]*metrics {
	var out [faces]*metrics
	for i, data := range [faces][]byte{assets.FontRegular, assets.FontBold, assets.FontItalic} {
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

// has tells whether every face has a glyph for the rune.
func has(r rune) bool {
	if r < 0 || r > 0xFFFF {
		return false
	}
	for _, m := range allMetrics() {
		if m[r] == missing {
			return false
		}
	}
	return true
}

// pointMM is the length of a typographic point in millimetres.
const pointMM = 25.4 / 72

// width measures a cleaned text in millimetres.
func width(s string, f face, size float64) float64 {
	m, sum := allMetrics()[f], 0
	for _, r := range s {
		if r < 1<<16 && m[r] != missing {
			sum += int(m[r])
		}
	}
	return float64(sum) / 1000 * size * pointMM
}

// substitute stands for what the fonts cannot show: a visible mark, so that
// nobody takes the text for complete.
const substitute = '\uFFFD'

// spelled are signs that the fonts lack and that can be written otherwise.
var spelled = map[rune]string{
	'→': "->", '←': "<-", '↔': "<->", '⇒': "=>", '≤': "<=", '≥': ">=", '≠': "!=", '−': "-", '✓': "v", '✔': "v", '✗': "x", '✘': "x",
}

// clean makes text printable: valid UTF-8 in NFC, only runes for which the
// fonts have glyphs, no control or direction marks. Line feeds stay, tabs
// become spaces. gofpdf panics on invalid UTF-8 and on runes beyond the basic
// plane, so every text goes through here before it is laid out.
func clean(s string) string {
	if printable(s) {
		return s
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, string(substitute)))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\r':
			b.WriteByte('\n')
		case r == '\t' || r != ' ' && unicode.Is(unicode.Zs, r) && !has(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cc, unicode.Cf):
			// Controls, soft hyphens, joiners, direction marks.
		case has(r):
			b.WriteRune(r)
		default:
			b.WriteString(otherwise(r))
		}
	}
	return b.String()
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

// otherwise writes a rune without glyph by what it stands for: a mathematical
// or full-width letter by the letter, a mark on nothing by nothing, anything
// else by the substitute.
func otherwise(r rune) string {
	if s, ok := spelled[r]; ok {
		return s
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Variation_Selector) {
		return ""
	}
	plain := norm.NFKC.String(string(r))
	for _, c := range plain {
		if !has(c) || unicode.IsControl(c) {
			return string(substitute)
		}
	}
	return plain
}
