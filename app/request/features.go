package request

import "math/bits"

// features are what the model sees of a message: for each sentence the numbers
// of what stands there, and those of the message as a whole.
// Nothing stands twice in one sentence.
type features struct {
	list  []uint32 // of all sentences, one after the other: of each its words, then its concepts
	mids  []int    // where the words of each sentence end in list
	ends  []int    // where its concepts end
	index []int    // the number of each sentence in the reading
	whole []uint32
}

// The kinds of feature. A number is never given anew: it is part of what the
// table and the owner's lessons have learnt.
const (
	kindWord uint32 = iota + 1
	kindPair
	kindTriple
	kindSkip
	kindLetters
	kindConcept
	kindConceptState
	kindConceptPair
	kindConceptNext
	kindConceptTriple
	kindBefore
	kindAfter
	kindSubject
	kindAcross
	kindRule
	kindRightLevel
	kindShape
	kindWholeLevel
	kindMood
	kindConceptWord
)

// The bounds of the work: enough for any letter.
const (
	maxFeatureSentences = 120
	maxFeatureTokens    = 1600
	maxConceptsTogether = 40
)

func mix(kind, a, b uint32) uint32 {
	h := kind*0x9e3779b1 ^ a*0x85ebca6b
	h = bits.RotateLeft32(h, 13) ^ b*0xc2b2ae35
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	h ^= h >> 15
	return max(h, 1)
}

func hashWord(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// conceptHash stands for a concept by its name, so that a concept added to the
// lexicon does not change what the table has learnt of the others.
var conceptHash = func() (t [maxConcepts]uint32) {
	for name, c := range conceptNames {
		t[c] = hashWord("[" + name + "]")
	}
	return t
}()

// ruleHash stands for a rule of the grammar by its name.
var ruleHash = func() map[string]uint32 {
	m := map[string]uint32{}
	for i := range rules {
		m[rules[i].name] = hashWord(rules[i].name)
	}
	return m
}()

// verbs are the concepts whose negation and tense count.
var verbs = func() (s conceptSet) {
	for i := range grammar {
		for _, e := range grammar[i].elems {
			if e.verb {
				for k := range s {
					s[k] |= e.set[k]
				}
			}
		}
	}
	return s
}()

// state tells of a concept whether it is denied or done, or whose it is.
func (r *reading) state(s *sentence, se *sense, h hit) uint32 {
	switch {
	case verbs.has(h.c):
		switch r.lookAround(s, se, h) {
		case denied:
			return 1
		case done:
			return 2
		case undone:
			return 3
		case hindered:
			return 4
		case wondered:
			return 5
		}
	case objects.has(h.c):
		return 8 + uint32(r.ownerOf(s, se, h))
	}
	return 0
}

// vocabulary numbers the features that the model knows; all others are passed
// over. It is an open hash table; 0 is no feature.
type vocabulary struct {
	slots  []slot
	number int
	// sieve has a bit for each known feature: it is small enough to stay near,
	// and most of what is asked for is unknown.
	sieve [1 << sieveBits / 64]uint64
	grows bool // while it is collected: a new feature gets the next number
}

const sieveBits = 20

type slot struct{ feature, id uint32 }

func newVocabulary(room int) *vocabulary {
	return &vocabulary{slots: make([]slot, 1<<bits.Len(uint(room*2)))}
}

// id returns the number of the feature.
func (v *vocabulary) id(feature uint32) (uint32, bool) {
	if bit := feature >> (32 - sieveBits); v.sieve[bit>>6]&(1<<(bit&63)) == 0 && !v.grows {
		return 0, false
	}
	mask := uint32(len(v.slots) - 1)
	at := feature & mask
	for v.slots[at].feature != feature {
		if v.slots[at].feature == 0 {
			if !v.grows {
				return 0, false
			}
			v.add(feature)
			return v.id(feature)
		}
		at = (at + 1) & mask
	}
	return v.slots[at].id, true
}

// add gives the feature the next number.
func (v *vocabulary) add(feature uint32) {
	if v.number*2 >= len(v.slots) {
		old := v.slots
		v.slots = make([]slot, 2*len(old))
		for _, s := range old {
			if s.feature != 0 {
				v.put(s)
			}
		}
	}
	v.put(slot{feature, uint32(v.number)})
	v.number++
}

func (v *vocabulary) put(s slot) {
	bit := s.feature >> (32 - sieveBits)
	v.sieve[bit>>6] |= 1 << (bit & 63)
	mask := uint32(len(v.slots) - 1)
	at := s.feature & mask
	for v.slots[at].feature != 0 {
		at = (at + 1) & mask
	}
	v.slots[at] = s
}

// seenSet tells which numbers were met already.
type seenSet []uint64

func newSeenSet(n int) seenSet { return make(seenSet, n/64+1) }

func (s *seenSet) first(id uint32) bool {
	for int(id>>6) >= len(*s) {
		*s = append(*s, 0)
	}
	w := &(*s)[id>>6]
	if *w&(1<<(id&63)) != 0 {
		return false
	}
	*w |= 1 << (id & 63)
	return true
}

func (s seenSet) forget(list []uint32) {
	for _, id := range list {
		s[id>>6] = 0
	}
}

// features looks at the message after the grammar has.
func (r *reading) features(v *vocabulary) features {
	var f features
	seen := newSeenSet(v.number)
	budget := maxFeatureTokens
	f.list = make([]uint32, 0, 64+min(r.words, maxFeatureTokens)*24)
	read := make([]int, 0, len(r.sentences))
	quotesOnly := true
	for i := range r.sentences {
		if s := &r.sentences[i]; s.field == InText && s.weight >= 0.6 {
			quotesOnly = false
		}
	}
	said := map[uint32]bool{}
	for i := range r.sentences {
		s := &r.sentences[i]
		if s.field == InText && s.weight < 0.6 && !quotesOnly || len(s.toks) == 0 {
			continue
		}
		// What is said again and again weighs no more than once.
		h := uint32(0)
		for k := range s.toks {
			h = mix(h, hashWord(s.toks[k].norm), uint32(s.field[0]))
		}
		if said[h] {
			continue
		}
		said[h] = true
		read = append(read, i)
	}
	if len(read) > maxFeatureSentences {
		read = read[:maxFeatureSentences]
	}
	fired := 0
	for n, i := range read {
		from := len(f.list)
		s, se := &r.sentences[i], &r.senses[i]
		emit := func(h uint32) {
			if id, ok := v.id(h); ok && seen.first(id) {
				f.list = append(f.list, id)
			}
		}
		toks := s.toks
		if len(toks) > budget {
			toks = toks[:budget]
		}
		budget -= len(toks)
		r.wordFeatures(toks, emit)
		f.mids = append(f.mids, len(f.list))
		states := r.conceptFeatures(s, se, emit)
		// What stands before and after, and in the subject.
		if n > 0 {
			for _, h := range clipHits(r.senses[read[n-1]].hits) {
				emit(mix(kindBefore, conceptHash[h.c], 0))
				for k, g := range clipHits(se.hits) {
					emit(mix(kindAcross, conceptHash[h.c], conceptHash[g.c]+states[k]))
				}
			}
		}
		if n+1 < len(read) {
			for _, h := range clipHits(r.senses[read[n+1]].hits) {
				emit(mix(kindAfter, conceptHash[h.c], 0))
			}
		}
		if s.field == InText && r.subjects > 0 {
			for _, h := range clipHits(r.senses[0].hits) {
				emit(mix(kindSubject, conceptHash[h.c], 0))
			}
		}
		for fired < len(r.fired) && r.fired[fired].sentence < i {
			fired++
		}
		for k := fired; k < len(r.fired) && r.fired[k].sentence == i; k++ {
			w := &r.fired[k]
			emit(mix(kindRule, ruleHash[w.rule.name], 0))
			emit(mix(kindRule, ruleHash[w.rule.name], 1+uint32(w.conf*4)))
			emit(mix(kindRightLevel, uint32(w.rule.right), uint32(w.conf*5)))
		}
		// How the sentence stands.
		mood := uint32(0)
		if s.question {
			mood |= 1
		}
		if se.asked {
			mood |= 2
		}
		if se.listing {
			mood |= 4
		}
		if se.info >= 0 {
			mood |= 8
		}
		if s.field == InSubject {
			mood |= 16
		}
		emit(mix(kindMood, mood, 0))
		emit(mix(kindMood, 100, lengthBin(len(s.toks))))
		if s.item {
			emit(mix(kindMood, 101, 0))
		}
		seen.forget(f.list[from:])
		f.ends = append(f.ends, len(f.list))
		f.index = append(f.index, i)
		if budget <= 0 {
			break
		}
	}
	r.wholeFeatures(&f, v, len(read))
	return f
}

func clipHits(h []hit) []hit { return h[:min(len(h), 14)] }

func lengthBin(n int) uint32 { return uint32(bits.Len(uint(n))) }

func (r *reading) wordFeatures(toks []token, emit func(uint32)) {
	var window [5]uint32 // the words before, the nearest first
	number := hashWord("#")
	for k := range toks {
		t := &toks[k]
		w := number
		if !t.number {
			w = hashWord(t.norm)
			// Beginnings, ends and middles of longer words: other forms of
			// the same word, typing errors.
			if n := len(t.norm); n >= 4 {
				for size := 3; size <= 5; size++ {
					for at := 0; at+size <= n; at++ {
						edge := uint32(size)
						if at == 0 {
							edge |= 8
						}
						if at+size == n {
							edge |= 16
						}
						emit(mix(kindLetters, hashWord(t.norm[at:at+size]), edge))
					}
				}
			}
		}
		emit(mix(kindWord, w, 0))
		if k > 0 {
			emit(mix(kindPair, window[0], w))
		}
		if k > 1 {
			emit(mix(kindTriple, window[1]*31+window[0], w))
		}
		for d := 1; d < len(window) && d < k; d++ {
			emit(mix(kindSkip, window[d], w))
		}
		copy(window[1:], window[:4])
		window[0] = w
	}
}

// conceptFeatures emits the concepts, alone, with their state, in pairs and
// in their order; it returns the states of the first hits.
func (r *reading) conceptFeatures(s *sentence, se *sense, emit func(uint32)) (states [maxConceptsTogether]uint32) {
	hits := se.hits
	if len(hits) > maxConceptsTogether {
		hits = hits[:maxConceptsTogether]
	}
	for k, h := range hits {
		c := conceptHash[h.c]
		states[k] = r.state(s, se, h)
		emit(mix(kindConcept, c, 0))
		if states[k] != 0 {
			emit(mix(kindConceptState, c, states[k]))
		}
		for j := max(0, k-12); j < k; j++ {
			g := hits[j]
			if h.s-g.e > 12 {
				continue
			}
			d := conceptHash[g.c]
			emit(mix(kindConceptPair, d, c))
			if states[j]|states[k] != 0 {
				emit(mix(kindConceptPair, d+states[j], c+states[k]))
			}
			if k-j <= 3 {
				emit(mix(kindConceptNext, d+states[j], c+states[k]))
			}
		}
		if k > 1 {
			emit(mix(kindConceptTriple, conceptHash[hits[k-2].c]*31+conceptHash[hits[k-1].c], c))
		}
	}
	return states
}

// wholeFeatures are those of the message as a whole: what the grammar found,
// its length, how it came.
func (r *reading) wholeFeatures(f *features, v *vocabulary, sentences int) {
	emit := func(h uint32) {
		if id, ok := v.id(h); ok {
			f.whole = append(f.whole, id)
		}
	}
	best := 0.0
	for _, right := range Rights {
		e := &r.found[right]
		best = max(best, e.best)
		for level := 1; level <= int(e.best*8); level++ {
			emit(mix(kindWholeLevel, uint32(right), uint32(level)))
		}
		if e.asked {
			emit(mix(kindWholeLevel, uint32(right), 20))
		}
		if e.rule != "" {
			emit(mix(kindWholeLevel, hashWord(e.rule), 21))
		}
	}
	for level := 1; level <= int(best*8); level++ {
		emit(mix(kindWholeLevel, 0, uint32(level)))
	}
	emit(mix(kindShape, 1, lengthBin(r.words)))
	emit(mix(kindShape, 2, lengthBin(sentences)))
	flag := func(n uint32, on bool) {
		if on {
			emit(mix(kindShape, 10+n, 0))
		}
	}
	flag(0, r.m.List)
	flag(1, r.m.AutoSubmitted)
	flag(2, r.reply)
	flag(3, r.forward)
	flag(4, r.bulk)
	flag(5, r.first)
	flag(6, r.asks)
	flag(7, r.claims > 0)
	flag(8, r.claims > 1)
	flag(9, r.allQuoted)
	flag(10, r.subjects == 0)
	flag(11, r.outsider > 0)
	flag(12, r.outsider > 1)
	flag(13, r.reqTalk > 0)
	flag(14, r.vendor > 0)
	flag(15, r.vendor > 1)
	flag(16, r.pitch() > 0)
	flag(17, r.spared)
	flag(18, r.stillToErase)
}
