package request

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// lexiconText is the lexicon as data: concepts, and the words and phrases of
// six languages that express them. Its format is told in its first lines.
//
//go:embed lexicon.txt
var lexiconText string

// concept is the number of a concept of the lexicon; 0 is "nothing here": a
// phrase of it hides its words from the other concepts.
type concept uint8

const maxConcepts = 192

// conceptSet is a set of concepts.
type conceptSet [3]uint64

func (s *conceptSet) add(c concept)     { s[c>>6] |= 1 << (c & 63) }
func (s conceptSet) has(c concept) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s conceptSet) meets(o conceptSet) bool {
	return s[0]&o[0]|s[1]&o[1]|s[2]&o[2] != 0
}
func (s conceptSet) empty() bool { return s == conceptSet{} }

// phrase is a sequence of words; a word that ends in "*" stands for all words
// that begin so.
type phrase struct {
	words   []string
	concept concept
	langs   langSet
	clear   bool // hides nothing: its words keep their own concepts
}

// langSet is a set of languages, one bit each in the order of languages.
type langSet uint8

const allLangs langSet = 0xFF

// entry is one sense of a word: a concept, in the languages in which the word has it.
type entry struct {
	c     concept
	langs langSet
}

// lexicon is the compiled lexicon. It is read-only after load.
type lexicon struct {
	names    map[string]concept
	words    map[string][]entry
	stems    map[string][]entry
	stemMin  int
	stemMax  int
	phrases  map[string][]phrase // by first word, longest first
	pstems   [1024][]phrase      // phrases whose first word is a stem, by its first two letters
	fuzzy    map[string]string   // deletion variants of long words, for typing errors
	intern   map[string]string
	plainSet map[string]bool // words that are not typing errors of anything
}

// lex is the lexicon, compiled when the first message is read: most commands
// read none.
var lex = sync.OnceValue(func() *lexicon { return mustLoad(lexiconText) })

// conceptNames numbers the concepts in the order of their headings, as the
// lexicon does.
var conceptNames = func() map[string]concept {
	m := map[string]concept{"nothing": 0}
	for line := range strings.SplitSeq(lexiconText, "\n") {
		name, ok := heading(line)
		if _, known := m[name]; ok && !known && name != "plain" {
			m[name] = concept(len(m))
		}
	}
	return m
}()

// heading returns the name in a line that opens a concept.
func heading(line string) (name string, ok bool) {
	s, _, _ := strings.Cut(line, "#")
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "[") || !strings.HasSuffix(s, "]") {
		return "", false
	}
	name, _, _ = strings.Cut(s[1:len(s)-1], " ")
	return name, true
}

func mustLoad(text string) *lexicon {
	l, err := loadLexicon(text)
	if err != nil {
		panic(err) // the embedded file is part of the program
	}
	return l
}

// loadLexicon compiles the lexicon's text.
func loadLexicon(text string) (*lexicon, error) {
	l := &lexicon{
		names: map[string]concept{"nothing": 0}, words: map[string][]entry{}, stems: map[string][]entry{},
		phrases: map[string][]phrase{}, fuzzy: map[string]string{}, intern: map[string]string{}, plainSet: map[string]bool{},
		stemMin: 99,
	}
	var cur concept
	plain, clear, open := false, false, false
	for n, raw := range strings.Split(text, "\n") {
		s, _, _ := strings.Cut(raw, "#")
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			name, mark, _ := strings.Cut(s[1:len(s)-1], " ")
			clear = mark == "+"
			plain, open = name == "plain", true
			if plain {
				continue
			}
			c, ok := l.names[name]
			if !ok {
				c = concept(len(l.names))
				if len(l.names) >= maxConcepts {
					return nil, fmt.Errorf("lexicon line %d: too many concepts", n+1)
				}
				l.names[name] = c
			}
			cur = c
			continue
		}
		if !open {
			return nil, fmt.Errorf("lexicon line %d: words before the first concept", n+1)
		}
		langs := allLangs
		if i := strings.IndexByte(s, ':'); i == 2 {
			for k, name := range languages {
				if s[:2] == name {
					langs = 1 << k
				}
			}
			s = s[3:]
		}
		for _, word := range strings.Split(s, ",") {
			word = strings.TrimSpace(word)
			if word == "" {
				continue
			}
			for _, e := range expand(word) {
				words := strings.Fields(e)
				if len(words) == 0 {
					return nil, fmt.Errorf("lexicon line %d: empty entry", n+1)
				}
				if plain {
					for _, w := range words {
						l.plainSet[w] = true
					}
					continue
				}
				if err := l.addEntry(words, entry{cur, langs}, clear); err != nil {
					return nil, fmt.Errorf("lexicon line %d: %w", n+1, err)
				}
			}
		}
	}
	for _, ps := range l.phrases {
		sortPhrases(ps)
	}
	for k := range l.pstems {
		sortPhrases(l.pstems[k])
	}
	l.buildFuzzy()
	return l, nil
}

// expand turns "(mon|ma|mes) fils" into its alternatives.
func expand(s string) []string {
	i := strings.IndexByte(s, '(')
	if i < 0 {
		return []string{s}
	}
	j := strings.IndexByte(s[i:], ')')
	if j < 0 {
		return []string{s}
	}
	j += i
	var out []string
	for _, alt := range strings.Split(s[i+1:j], "|") {
		for _, rest := range expand(s[j+1:]) {
			out = append(out, s[:i]+alt+rest)
		}
	}
	return out
}

func (l *lexicon) addEntry(words []string, en entry, clear bool) error {
	for _, w := range words {
		bare := strings.TrimSuffix(w, "*")
		if got := fold(bare); got != bare || strings.ContainsAny(bare, "'-*.") || bare == "" {
			return fmt.Errorf("%q is not in folded form", w)
		}
		l.intern[bare] = bare
	}
	if len(words) > 1 {
		p := phrase{words: words, concept: en.c, langs: en.langs, clear: clear}
		if strings.HasSuffix(words[0], "*") {
			if len(words[0]) < 3 {
				return fmt.Errorf("%q begins with too short a stem", strings.Join(words, " "))
			}
			k := firstTwo(words[0])
			l.pstems[k] = append(l.pstems[k], p)
			return nil
		}
		l.phrases[words[0]] = append(l.phrases[words[0]], p)
		return nil
	}
	w := words[0]
	if stem, ok := strings.CutSuffix(w, "*"); ok {
		l.stems[stem] = appendEntry(l.stems[stem], en)
		l.stemMin, l.stemMax = min(l.stemMin, len(stem)), max(l.stemMax, len(stem))
		return nil
	}
	l.words[w] = appendEntry(l.words[w], en)
	return nil
}

// firstTwo is a number for the first two letters of a word.
func firstTwo(w string) int {
	if len(w) < 2 {
		return 0
	}
	return int(w[0]&31)<<5 | int(w[1]&31)
}

func appendEntry(es []entry, e entry) []entry {
	for k := range es {
		if es[k].c == e.c {
			es[k].langs |= e.langs
			return es
		}
	}
	return append(es, e)
}

func sortPhrases(ps []phrase) {
	// Longest first, so that the most exact phrase speaks; insertion sort
	// keeps the order of the file among equals.
	for i := 1; i < len(ps); i++ {
		for j := i; j > 0 && len(ps[j].words) > len(ps[j-1].words); j-- {
			ps[j], ps[j-1] = ps[j-1], ps[j]
		}
	}
}

// buildFuzzy indexes the long exact words by what is left when one letter is
// dropped: two words that share such a rest are one typing error apart.
func (l *lexicon) buildFuzzy() {
	for w := range l.words {
		if len(w) < 6 {
			continue
		}
		for i := 1; i <= len(w); i++ {
			k := w
			if i < len(w) {
				k = w[:i] + w[i+1:]
			}
			if have, ok := l.fuzzy[k]; !ok || w < have {
				l.fuzzy[k] = w // the smallest, so that the result does not hang on map order
			}
		}
	}
}

// collect appends the concepts that one folded word has in the languages.
func (l *lexicon) collect(w string, in langSet, to []concept) []concept {
	n := len(to)
	to, known := l.exact(w, in, to)
	if len(to) > n || known || len(w) < 5 || l.plainSet[w] {
		return to
	}
	// "jexige", "leffacement", "daccès": the apostrophe was left out.
	switch w[0] {
	case 'j', 'l', 'd', 'm', 'n', 's':
		if strings.IndexByte("aeiouh", w[1]) >= 0 && len(w) > 5 {
			if to, _ = l.exact(w[1:], in, to); len(to) > n {
				return to
			}
		}
	}
	if len(w) >= 6 && len(w) <= 18 {
		if near := l.near(w); near != "" {
			to, _ = l.exact(near, in, to)
		}
	}
	return to
}

// exact appends the concepts of a word that stands in the lexicon, itself or
// by its beginning, and tells whether it is known. A word listed as nothing
// has none.
func (l *lexicon) exact(w string, in langSet, to []concept) ([]concept, bool) {
	known := false
	if es, ok := l.words[w]; ok {
		known = true
		for _, e := range es {
			if e.c == 0 {
				return to, true
			}
			if e.langs&in != 0 {
				to = append(to, e.c)
			}
		}
	}
	for n := min(len(w), l.stemMax); n >= l.stemMin; n-- {
		if es, ok := l.stems[w[:n]]; ok {
			known = true
			for _, e := range es {
				if e.langs&in != 0 {
					to = append(to, e.c)
				}
			}
		}
	}
	return to, known
}

// near finds a word of the lexicon that is one typing error away: a letter
// too many, too few, wrong, or two exchanged. The first letter must be right.
func (l *lexicon) near(w string) string {
	if c, ok := l.fuzzy[w]; ok && c[0] == w[0] {
		return c
	}
	var b [24]byte
	for i := 1; i < len(w); i++ {
		k := append(append(b[:0], w[:i]...), w[i+1:]...)
		if _, ok := l.words[string(k)]; ok && len(k) >= 6 {
			return string(k)
		}
		// The same rest: a wrong letter or an exchange, if it is at the
		// same place or next to it.
		if c, ok := l.fuzzy[string(k)]; ok && len(c) == len(w) && oneApart(c, w, len(w) >= 7) {
			return c
		}
	}
	return ""
}

// oneApart tells whether two words of one length differ by an exchange of
// neighbours or, where that is allowed, by one letter.
func oneApart(a, b string, letter bool) bool {
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if i == len(a) {
		return true
	}
	if a[i+1:] == b[i+1:] {
		return letter
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// matches tells whether the phrase stands at toks[i:].
func (p *phrase) matches(toks []token, i int) bool {
	if i+len(p.words) > len(toks) {
		return false
	}
	for k, w := range p.words {
		t := toks[i+k].norm
		if n := len(w) - 1; w[n] == '*' {
			if !strings.HasPrefix(t, w[:n]) {
				return false
			}
		} else if t != w {
			return false
		}
	}
	return true
}

// hit is a concept found at tokens s to e (exclusive) of a sentence.
type hit struct {
	c    concept
	s, e int
}

// annotate finds the concepts of a sentence: the longest hiding phrase at each
// place, single words where no hiding phrase stands, and clear phrases
// everywhere.
func (l *lexicon) annotate(toks []token, in langSet, hits []hit) ([]hit, conceptSet) {
	var set conceptSet
	var buf [16]concept
	first := len(hits) // what stands before belongs to other sentences
	add := func(c concept, s, e int) {
		if c == 0 {
			return
		}
		for k := len(hits) - 1; k >= first && hits[k].s == s; k-- {
			if hits[k].c == c {
				hits[k].e = max(hits[k].e, e)
				return
			}
		}
		hits = append(hits, hit{c, s, e})
		set.add(c)
	}
	hidden := 0 // tokens before this one are hidden by a phrase
	for i := range toks {
		hide := 0
		for _, ps := range [2][]phrase{l.phrases[toks[i].norm], l.pstems[firstTwo(toks[i].norm)]} {
			for k := range ps {
				p := &ps[k]
				if p.langs&in == 0 || i < hidden && !p.clear || !p.clear && len(p.words) < hide {
					continue
				}
				if !p.matches(toks, i) {
					continue
				}
				add(p.concept, i, i+len(p.words))
				if !p.clear {
					hide = max(hide, len(p.words))
				}
			}
		}
		if hide > 0 {
			hidden = i + hide
		}
		if i < hidden {
			continue
		}
		cs := buf[:0]
		if toks[i].number {
			cs, _ = l.exact(toks[i].norm, in, cs)
		} else {
			cs = l.collect(toks[i].norm, in, cs)
		}
		for _, c := range cs {
			add(c, i, i+1)
		}
	}
	return hits, set
}
