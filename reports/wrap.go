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
	b := breaker{max: max(w, 4)}
	budget := maxRunes
	for k, r := range runs {
		text := clean(r.text)
		if n := utf8.RuneCountInString(text); n > budget {
			text = string([]rune(text)[:budget]) + " […]"
		}
		budget = max(0, budget-len(text))
		for i, para := range strings.Split(text, "\n") {
			if i > 0 {
				b.newline()
			}
			glued := 0.0
			if k+1 < len(runs) && i == strings.Count(text, "\n") && len(runs[k+1].text) < 200 {
				// What follows without a space is one word with this.
				next, _, _ := strings.Cut(strings.ReplaceAll(marked(clean(runs[k+1].text)), "\n", " "), " ")
				glued = runs[k+1].width(next)
			}
			b.paragraph(marked(para), r.style, glued)
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
}

func (b *breaker) newline() {
	b.lines = append(b.lines, b.cur)
	b.cur, b.gap = line{}, 0
}

// paragraph adds the words of a text; glued is the width of what hangs on its
// last word.
func (b *breaker) paragraph(text string, s style, glued float64) {
	space := s.width(" ")
	all := strings.Split(text, " ")
	for i, word := range all {
		if i > 0 && (b.cur.w > 0 || b.gap > 0) {
			b.gap = space
		}
		if word == "" {
			continue
		}
		w := s.width(word)
		tail := 0.0
		if i == len(all)-1 && w+glued <= b.max {
			tail = glued
		}
		if b.cur.w > 0 && b.cur.w+b.gap+w+tail > b.max {
			if w <= b.max {
				b.newline()
			} else if b.cur.w+b.gap > b.max*0.7 {
				b.newline() // too little room to begin a long word here
			}
		}
		for b.cur.w+b.gap+w > b.max {
			head := b.fit(word, s, b.max-b.cur.w-b.gap)
			if head == "" {
				if b.cur.w > 0 {
					b.newline()
					continue
				}
				_, n := utf8.DecodeRuneInString(word)
				head = word[:n] // a line narrower than one letter
			}
			b.put(head, s, s.width(head))
			b.newline()
			word = word[len(head):]
			w = s.width(word)
			if word == "" {
				break
			}
		}
		if word != "" {
			b.put(word, s, w)
		}
	}
}

// put adds a word to the line, joining runs of the same style.
func (b *breaker) put(word string, s style, w float64) {
	if b.gap > 0 {
		word = " " + word
	}
	b.cur.w += b.gap + w
	b.gap = 0
	if n := len(b.cur.runs); n > 0 && b.cur.runs[n-1].style == s {
		b.cur.runs[n-1].text += word
		return
	}
	b.cur.runs = append(b.cur.runs, run{word, s})
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
	for l := range strings.SplitSeq(clean(text), "\n") {
		sum, space := 0.0, s.width(" ")
		for i, w := range strings.Split(l, " ") {
			n := s.width(w)
			word = max(word, n)
			if i > 0 {
				sum += space
			}
			sum += n
		}
		whole = max(whole, sum)
	}
	return word, whole
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
