package request

import (
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

var writeModel = flag.Bool("train", false, "train the second opinion on the examples to work on and write model.bin")

type sample struct {
	e     example
	feats []uint32
	y     [modelClasses]float64
}

func samples(t testing.TB, keep func(example) bool) []sample {
	var out []sample
	for _, e := range loadExamples(t) {
		if !keep(e) {
			continue
		}
		s := sample{e: e}
		r, _, _ := read(&e.msg)
		r.features(func(h uint32) { s.feats = append(s.feats, h) })
		for _, w := range e.want {
			s.y[0] = 1
			s.y[ParseRight(w)] = 1
		}
		out = append(out, s)
	}
	return out
}

// train fits a logistic regression for each class by stochastic gradient
// descent with weight decay; the result is the table as it is embedded.
func train(data []sample) []byte {
	const n = 1<<modelBits + 1
	w := make([][modelClasses]float64, n)
	rng := rand.New(rand.NewPCG(7, 11))
	order := rng.Perm(len(data))
	for epoch := range 60 {
		rate := 1.2 / (1 + float64(epoch)*0.15)
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for _, at := range order {
			s := &data[at]
			if len(s.feats) == 0 {
				continue
			}
			norm := 1 / math.Sqrt(float64(len(s.feats)))
			for k := range modelClasses {
				x := w[n-1][k]
				for _, f := range s.feats {
					x += w[f][k] * norm
				}
				p := 1 / (1 + math.Exp(-x))
				g := rate * (s.y[k] - p)
				w[n-1][k] += g * 0.1
				for _, f := range s.feats {
					w[f][k] += norm*g - rate*0.0008*w[f][k]
				}
			}
		}
	}
	out := make([]byte, n*modelClasses)
	for f := range w {
		for k, x := range w[f] {
			out[f*modelClasses+k] = byte(int8(max(-127, min(127, math.Round(x/modelScale)))))
		}
	}
	return out
}

func TestSecondOpinionIsTrainedFromTheExamples(t *testing.T) {
	if *writeModel {
		table := train(samples(t, func(e example) bool { return !e.eval }))
		if err := os.WriteFile("model.bin", table, 0o644); err != nil {
			t.Fatal(err)
		}
		modelWeights = table
	}
}

func TestSecondOpinionHelpsOnFilesThatItHasNotSeen(t *testing.T) {
	all := samples(t, func(example) bool { return true })
	saved := modelWeights
	defer func() { modelWeights = saved }()
	files := map[string]bool{}
	for _, s := range all {
		files[s.e.file] = true
	}
	var alone, rules, both score
	right, rightOf := 0, 0
	count := func(s *score, want, got bool) {
		switch {
		case want && got:
			s.tp++
		case want:
			s.fn++
		case got:
			s.fp++
		}
	}
	for f := range files {
		var seen []sample
		for _, s := range all {
			if s.e.file != f {
				seen = append(seen, s)
			}
		}
		table := train(seen)
		for k := range all {
			s := &all[k]
			if s.e.file != f {
				continue
			}
			want := s.y[0] == 1
			modelWeights = nil
			count(&rules, want, Recognise(s.e.msg).Kind != Ordinary)
			modelWeights = table
			count(&both, want, Recognise(s.e.msg).Kind != Ordinary)
			r, _, _ := read(&s.e.msg)
			p, guess := r.opinion()
			count(&alone, want, p >= 0.6)
			if want && p >= 0.6 {
				rightOf++
				if s.y[guess] == 1 {
					right++
				}
			}
		}
	}
	t.Logf("each file judged by a table trained on the others: opinion alone recall %.3f precision %.3f, first right correct %.3f; grammar alone (request or to check) recall %.3f precision %.3f; both recall %.3f precision %.3f",
		alone.recall(), alone.precision(), float64(right)/float64(max(rightOf, 1)), rules.recall(), rules.precision(), both.recall(), both.precision())
	if alone.recall() < 0.8 || alone.precision() < 0.8 {
		t.Error("the second opinion is no help")
	}
}

func TestConfidenceMeansHowOftenItIsRight(t *testing.T) {
	var right, n [10]int
	for _, e := range loadExamples(t) {
		for _, f := range Recognise(e.msg).Findings {
			bin := min(int(f.Confidence*10), 9)
			n[bin]++
			for _, w := range e.want {
				if w == f.Right.String() {
					right[bin]++
				}
			}
		}
	}
	for bin := 2; bin < 10; bin++ {
		if n[bin] > 0 {
			t.Logf("said %.1f to %.1f: right in %d of %d", float64(bin)/10, float64(bin+1)/10, right[bin], n[bin])
		}
	}
	if n[9] > 0 && float64(right[9])/float64(n[9]) < 0.9 {
		t.Error("what is said with 0.9 is right less often")
	}
}
