package reports

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ink is a colour, red, green, blue.
type ink [3]uint8

// The colours of paper: ink and accent as in the window, the states a little
// darker than on screen so that they can be read when printed small.
var (
	inkText   = ink{0x1F, 0x24, 0x30}
	inkAccent = ink{0x1F, 0x5F, 0x5B}
	inkFaint  = ink{0x6B, 0x72, 0x80}
	inkGood   = ink{0x2E, 0x7D, 0x4F}
	inkWarn   = ink{0x94, 0x5C, 0x0C}
	inkBad    = ink{0xB4, 0x23, 0x18}
	inkHair   = ink{0xDD, 0xDA, 0xD2}
	inkTint   = ink{0xF5, 0xF3, 0xEE}
)

// style is how a run of text looks. Size is in points.
type style struct {
	face face
	size float64
	ink  ink
}

// leading is the height of a line in millimetres.
func (s style) leading() float64 { return s.size * pointMM * 1.42 }

func (s style) width(t string) float64 { return width(t, s.face, s.size) }

// run is text in one style.
type run struct {
	text string
	style
}

// line is what stands on one line; w is its width.
type line struct {
	runs []run
	w    float64
}

// maxRunes bounds one text on paper; what is cut is said.
const maxRunes = 40_000

// wrap breaks one text into lines of a width.
func wrap(text string, s style, w float64) []line {
	return wrapRuns([]run{{text, s}}, w)
}

// wrapRuns breaks text of several styles into lines of a width. Lines break at
// ordinary spaces and line feeds, never at no-break spaces; a word that is
// wider than a line breaks after a punctuation mark, or where it must.
func wrapRuns(runs []run, w float64) []line {
	b := breaker{max: max(w, 4), from: -1, mixed: len(runs) > 1}
	budget := maxRunes
	for k, r := range runs {
		text := clean(r.text)
		if n := utf8.RuneCountInString(text); n > budget {
			text = string([]rune(text)[:budget]) + " […]"
		}
		budget = max(0, budget-len(text))
		for more := true; more; {
			var para string
			para, text, more = strings.Cut(text, "\n")
			glued := 0.0
			if k+1 < len(runs) && !more && len(runs[k+1].text) < 200 {
				glued = runs[k+1].width(firstWord(runs[k+1].text))
			}
			b.paragraph(marked(para), r.style, glued)
			if more {
				b.newline()
			}
		}
		if budget == 0 {
			break
		}
	}
	b.newline()
	for len(b.lines) > 1 && len(b.lines[len(b.lines)-1].runs) == 0 {
		b.lines = b.lines[:len(b.lines)-1]
	}
	return b.lines
}

// firstWord is what a text begins with, cleaned: without a space before it, it is
// one word with what it follows.
func firstWord(text string) string {
	if n := strings.IndexAny(text, " \n"); n > 0 && (n+1 == len(text) || text[n+1] < utf8.RuneSelf && strings.IndexByte(":;!?%", text[n+1]) < 0) {
		return clean(text[:n])
	}
	text, _, _ = strings.Cut(strings.ReplaceAll(marked(clean(text)), "\n", " "), " ")
	return text
}

// marked keeps marks of French typography with their word where a text has
// plain spaces, so that no line begins with a colon.
func marked(s string) string {
	for i := 0; i+1 < len(s); i++ {
		// A space beside a mark; of « and » the first byte is enough.
		if s[i] == ' ' && (strings.IndexByte(":;!?%\xC2", s[i+1]) >= 0 || i > 0 && s[i-1] == 0xAB) {
			return frenchMarks.Replace(s)
		}
	}
	return s
}

var frenchMarks = strings.NewReplacer(" :", "\u00a0:", " ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?", "« ", "«\u202f", " »", "\u202f»", " %", "\u202f%")

// breaker fills lines greedily.
type breaker struct {
	max   float64
	lines []line
	cur   line
	gap   float64 // width of a space owed before the next word
	// text is what is being set, and from and to where in it the last run of the
	// line stands, so that a line is a part of it and not put together anew; from is
	// -1 where it does not.
	text     string
	from, to int
	mixed    bool // several styles: a line has several runs
}

func (b *breaker) newline() {
	b.lines = append(b.lines, b.cur)
	b.cur, b.gap, b.from = line{}, 0, -1
}

// paragraph adds the words of a text; glued is the width of what hangs on its
// last word.
func (b *breaker) paragraph(text string, s style, glued float64) {
	space := s.width(" ")
	b.text, b.from = text, -1
	for begin, first := 0, true; begin <= len(text); first = false {
		end := len(text)
		if n := strings.IndexByte(text[begin:], ' '); n >= 0 {
			end = begin + n
		}
		if !first && (b.cur.w > 0 || b.gap > 0) {
			b.gap = space
		}
		if begin < end {
			tail := 0.0
			if end == len(text) {
				tail = glued
			}
			b.word(begin, end, s, tail)
		}
		begin = end + 1
	}
}

// word adds one word of the text; tail is the width of what hangs on it.
func (b *breaker) word(begin, end int, s style, tail float64) {
	w := s.width(b.text[begin:end])
	if w+tail > b.max {
		tail = 0
	}
	if b.cur.w > 0 && b.cur.w+b.gap+w+tail > b.max {
		if w <= b.max {
			b.newline()
		} else if b.cur.w+b.gap > b.max*0.7 {
			b.newline() // too little room to begin a long word here
		}
	}
	for begin < end && b.cur.w+b.gap+w > b.max {
		n := len(b.fit(b.text[begin:end], s, b.max-b.cur.w-b.gap))
		if n == 0 {
			if b.cur.w > 0 {
				b.newline()
				continue
			}
			_, n = utf8.DecodeRuneInString(b.text[begin:end]) // a line narrower than one letter
		}
		b.put(begin, begin+n, s, s.width(b.text[begin:begin+n]))
		b.newline()
		begin += n
		w = s.width(b.text[begin:end])
	}
	if begin < end {
		b.put(begin, end, s, w)
	}
}

// put adds a part of the text to the line, joining runs of the same style.
func (b *breaker) put(begin, end int, s style, w float64) {
	start := begin
	if b.gap > 0 && begin > 0 && b.text[begin-1] == ' ' {
		start--
	}
	spaced := b.text[start:end]
	if b.gap > 0 && start == begin {
		spaced = " " + spaced
	}
	b.cur.w += b.gap + w
	b.gap = 0
	n := len(b.cur.runs)
	switch {
	case n > 0 && b.cur.runs[n-1].style == s && b.from >= 0 && b.to == start:
		b.cur.runs[n-1].text = b.text[b.from:end]
	case n > 0 && b.cur.runs[n-1].style == s:
		b.cur.runs[n-1].text += spaced
		b.from = -1
		return
	default:
		if n == 0 && b.mixed {
			b.cur.runs = make([]run, 0, 8)
		}
		b.cur.runs = append(b.cur.runs, run{spaced, s})
		b.from = start
		if len(spaced) != end-start {
			b.from = -1
		}
	}
	b.to = end
}

// fit returns the longest beginning of a word that fits, preferably up to a
// mark after which a key or an address may be broken.
func (b *breaker) fit(word string, s style, w float64) string {
	limit := w / (s.size * pointMM) * 1000
	sum, end, nice := 0.0, 0, 0
	for i, r := range word {
		adv := float64(advance(r, s.face))
		if sum+adv > limit && !unicode.Is(unicode.Mn, r) {
			break
		}
		sum += adv
		end = i + utf8.RuneLen(r)
		if strings.ContainsRune("/-_.@:;,?&=", r) {
			nice = end
		}
	}
	if nice > end/3 && end < len(word) {
		return word[:nice]
	}
	return word[:end]
}

// widest returns the width of the widest piece of a text that should stay
// whole, and of its widest line.
func widest(text string, s style) (word, whole float64) {
	var w, l, mostW, mostL int
	for _, r := range clean(text) {
		switch r {
		case '\n':
			mostW, mostL = max(mostW, w), max(mostL, l)
			w, l = 0, 0
		case ' ':
			mostW = max(mostW, w)
			w = 0
			l += advance(r, s.face)
		default:
			a := advance(r, s.face)
			w += a
			l += a
		}
	}
	return millimetres(max(mostW, w), s.size), millimetres(max(mostL, l), s.size)
}

// truncate shortens a text to a width, with an ellipsis.
func truncate(text string, s style, w float64) string {
	text = strings.ReplaceAll(clean(text), "\n", " ")
	if s.width(text) <= w {
		return text
	}
	rest := w - s.width("…")
	if rest <= 0 {
		return ""
	}
	sum, end := 0.0, 0
	for i, r := range text {
		sum += float64(advance(r, s.face)) / 1000 * s.size * pointMM
		if sum > rest {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return strings.TrimRight(text[:end], " ") + "…"
}
