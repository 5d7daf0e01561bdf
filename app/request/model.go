package request

import (
	_ "embed"
	"math"
)

// modelBits is the size of the model's table of features, as a power of two.
const modelBits = 14

// modelClasses are the outputs: one for "is a request", one for each right.
const modelClasses = 8

// modelScale turns a stored weight into a number.
const modelScale = 1.0 / 24

// modelWeights is the trained second opinion: a signed byte for each feature
// and class, feature-major. The training test writes it (see train_test.go).
//
//go:embed model.bin
var modelWeights []byte

// features calls f with each feature of the reading once: concepts, pairs of
// neighbouring concepts, words and pairs of words, and beginnings of words.
func (r *reading) features(f func(uint32)) {
	r.featuresOf(0, len(r.sentences), true, f)
}

func (r *reading) featuresOf(from, to int, whole bool, f func(uint32)) {
	var seen [1 << modelBits / 64]uint64
	emit := func(h uint32) {
		h ^= h >> 15
		h *= 0x2c1b3c6d
		h ^= h >> 12
		h &= 1<<modelBits - 1
		if seen[h>>6]&(1<<(h&63)) == 0 {
			seen[h>>6] |= 1 << (h & 63)
			f(h)
		}
	}
	budget := 3000 // words and hits looked at: enough for any letter
	for i := from; i < to; i++ {
		s, se := &r.sentences[i], &r.senses[i]
		if s.weight < 0.6 && s.field == InText {
			continue
		}
		if se.info == 0 || se.listing {
			continue
		}
		prev := uint32(1)
		for _, h := range se.hits {
			if budget--; budget < 0 {
				return
			}
			c := conceptHash[h.c]
			emit(c * 2654435761)
			emit((c*31+prev)*2246822519 + 3)
			if owners[s.toks[h.s].norm] == nobodys && objects.has(h.c) {
				emit((c*16+uint32(r.ownerOf(s, se, h)))*3266489917 + 5)
			}
			prev = c
		}
		last := uint32(2166136261)
		for _, t := range s.toks {
			if budget--; budget < 0 {
				return
			}
			if t.number {
				continue
			}
			w := hashWord(t.norm)
			emit(w)
			emit(w*16777619 ^ last)
			if len(t.norm) > 5 {
				emit(hashWord(t.norm[:5]) + 11)
			}
			last = w
		}
		if s.question {
			emit(77)
		}
	}
	if !whole {
		return
	}
	switch {
	case r.words <= 8:
		emit(101)
	case r.words <= 30:
		emit(102)
	}
	if r.first {
		emit(103)
	}
}

// conceptHash stands for a concept by its name, so that a concept added to the
// lexicon does not change what the table has learnt of the others.
var conceptHash = func() (t [maxConcepts]uint32) {
	for name, c := range lex.names {
		t[c] = hashWord("[" + name + "]")
	}
	return t
}()

func hashWord(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// opinion returns the model's probability that the message asks for something
// and the score of each right. Without a trained table it has no opinion.
func (r *reading) opinion() (p float64, right Right) {
	if len(modelWeights) != (1<<modelBits+1)*modelClasses {
		return 0, NoRight
	}
	var sum [modelClasses]int
	n := 0
	add := func(h uint32) {
		w := modelWeights[int(h)*modelClasses : int(h)*modelClasses+modelClasses]
		for k := range sum {
			sum[k] += int(int8(w[k]))
		}
	}
	r.features(func(h uint32) { add(h); n++ })
	if n == 0 {
		return 0, NoRight
	}
	scale := modelScale / math.Sqrt(float64(n))
	bias := modelWeights[(1<<modelBits)*modelClasses:]
	best := math.Inf(-1)
	for k := 1; k < modelClasses; k++ {
		if x := float64(sum[k])*scale + float64(int8(bias[k]))*modelScale; x > best {
			best, right = x, Right(k)
		}
	}
	x := float64(sum[0])*scale + float64(int8(bias[0]))*modelScale
	return 1 / (1 + math.Exp(-x)), right
}

// tellingSentence is the sentence that moved the opinion most.
func (r *reading) tellingSentence() (Span, bool) {
	best, at := 0, -1
	for i := range r.sentences {
		if i >= 200 {
			break // the model looks at no more than a long letter
		}
		s := &r.sentences[i]
		if s.weight < 0.6 && s.field == InText || len(s.toks) == 0 {
			continue
		}
		sum := 0
		r.featuresOf(i, i+1, false, func(h uint32) { sum += int(int8(modelWeights[int(h)*modelClasses])) })
		if at < 0 || sum > best {
			best, at = sum, i
		}
	}
	if at < 0 {
		return Span{}, false
	}
	s := &r.sentences[at]
	return r.span(s, 0, len(s.toks)), true
}
