package request

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sync"
)

// modelClasses are the outputs: one for "asks for something", one for each
// right, given that something is asked for.
const modelClasses = 8

// modelVersion is the version of the features that model.bin and the owner's
// lessons were made with.
const modelVersion = 2

// A model file begins with the version, the number of features and, for each
// class, the bias, the scale of the stored weights and the last step's weights,
// which turn scores into the logarithm of odds that hold. The features
// follow in ascending order, then the weights: for each feature a signed byte
// for each class in the message as a whole, and one for each in a sentence.
const (
	modelHead = 8 + 4*(2+lastInputs)*modelClasses
	modelRow  = 2 * modelClasses
)

// Words, concepts and what is known of the whole message are three groups: in
// each the weights count by the root of how many there are, so that long texts
// weigh no more than short ones and a hundred words no more than ten concepts.
// Some are added to the count, so that little counts for less.
const (
	baseWords    = 30
	baseConcepts = 10
	baseWhole    = 4
)

func share(n, base int) float64 { return 1 / math.Sqrt(float64(n+base)) }

//go:embed model.bin
var modelFile []byte

// model is a trained table, ready for use.
type model struct {
	bias, scale [modelClasses]float64
	last        [lastInputs][modelClasses]float64
	known       *vocabulary
	weights     []byte
}

// trained is the model, made when the first message is read: most commands read
// none.
var trained = sync.OnceValue(func() *model { return loadModel(modelFile) })

// loadModel reads a model file; one of another version knows no feature.
func loadModel(file []byte) *model {
	m := &model{known: newVocabulary(1)}
	if len(file) < modelHead || binary.LittleEndian.Uint32(file) != modelVersion {
		return m
	}
	n := int(binary.LittleEndian.Uint32(file[4:]))
	if len(file) != modelHead+n*(4+modelRow) {
		return m
	}
	at := 8
	numbers := func(to *[modelClasses]float64) {
		for k := range to {
			to[k] = float64(math.Float32frombits(binary.LittleEndian.Uint32(file[at:])))
			at += 4
		}
	}
	numbers(&m.bias)
	numbers(&m.scale)
	for i := range m.last {
		numbers(&m.last[i])
	}
	m.known = newVocabulary(n)
	for range n {
		m.known.add(binary.LittleEndian.Uint32(file[at:]))
		at += 4
	}
	m.weights = file[at:]
	return m
}

// opinion is what the model says of a message: the logarithm of the odds that
// something is asked for, and of each right given that; and for each class the
// sentence of the reading that speaks most for it, -1 where there is none.
type opinion struct {
	odds    [modelClasses]float64
	telling [modelClasses]int
}

// judge scores the features.
func (m *model) judge(r *reading, f *features) opinion {
	var o opinion
	for k := range o.telling {
		o.telling[k] = -1
	}
	seen := newSeenSet(m.known.number)
	var words, concepts, message [modelClasses]int32
	nWords, nConcepts := 0, 0
	sums := make([][modelClasses]float64, len(f.ends))
	from := 0
	for i, end := range f.ends {
		mid := f.mids[i]
		a, n := m.sum(f.list[from:mid], seen, &words)
		nWords += n
		b, n := m.sum(f.list[mid:end], seen, &concepts)
		nConcepts += n
		ofWords, ofConcepts := share(mid-from, baseWords), share(end-mid, baseConcepts)
		for k := range sums[i] {
			sums[i][k] = (float64(a[k])*ofWords + float64(b[k])*ofConcepts) * m.scale[k]
		}
		from = end
	}
	for _, h := range f.whole {
		w := m.weights[int(h)*modelRow : int(h)*modelRow+modelRow]
		for k := range message {
			message[k] += int32(int8(w[k]))
		}
	}
	ofWords, ofConcepts, ofMessage := share(nWords, baseWords), share(nConcepts, baseConcepts), share(len(f.whole), baseWhole)
	for k := range o.odds {
		whole := m.bias[k] + (float64(words[k])*ofWords+float64(concepts[k])*ofConcepts+float64(message[k])*ofMessage)*m.scale[k]
		together := 0.0
		if len(sums) > 0 {
			best := 0
			for i := range sums {
				if sums[i][k] > sums[best][k] {
					best = i
				}
			}
			o.telling[k] = f.index[best]
			t := 0.0
			for i := range sums {
				t += math.Exp(sums[i][k] - sums[best][k])
			}
			together = sums[best][k] + math.Log(t)
		}
		for i, x := range r.lastInputs(k, whole, together, len(sums)) {
			o.odds[k] += x * m.last[i][k]
		}
	}
	return o
}

// lastInputs is how many numbers the last step weighs.
const lastInputs = 7

// lastInputs are what the last step weighs for a class: the scores of the
// message and of its sentences together, how sure the grammar is of it and of
// anything, and how much was read.
func (r *reading) lastInputs(class int, whole, sentences float64, n int) [lastInputs]float64 {
	best, own, asked := 0.0, 0.0, 0.0
	for right := range r.found {
		e := &r.found[right]
		best = max(best, e.best)
		if right == class || class == 0 && e.best == best {
			own, asked = e.best, 0
			if e.asked && e.best >= 0.75 {
				asked = 1
			}
		}
	}
	return [lastInputs]float64{1, whole, sentences, own, asked, best, math.Log(1 + float64(n))}
}

// sum adds up the weights of the list in a sentence, and to whole those that
// were not seen before in the message; it returns how many these were.
func (m *model) sum(list []uint32, seen seenSet, whole *[modelClasses]int32) (part [modelClasses]int32, n int) {
	for _, h := range list {
		w := m.weights[int(h)*modelRow : int(h)*modelRow+modelRow]
		if seen.first(h) {
			n++
			for k := range whole {
				whole[k] += int32(int8(w[k]))
			}
		}
		for k := range part {
			part[k] += int32(int8(w[modelClasses+k]))
		}
	}
	return part, n
}

// chance turns the logarithm of odds into a probability.
func chance(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }
