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

func TestCV(t *testing.T) {
	all := samples(t, func(e example) bool { return true })
	saved := modelWeights
	defer func() { modelWeights = saved }()
	type res struct {
		p    float64
		r    Right
		y    bool
		rule Kind
		s    *sample
	}
	var out []res
	files := map[string]bool{}
	for _, s := range all {
		files[s.e.file] = true
	}
	for f := range files {
		var tr []sample
		for _, s := range all {
			if s.e.file != f {
				tr = append(tr, s)
			}
		}
		modelWeights = train(tr)
		for k := range all {
			s := &all[k]
			if s.e.file != f {
				continue
			}
			r, _, _ := read(&s.e.msg)
			p, right := r.opinion()
			out = append(out, res{p, right, s.y[0] == 1, Recognise(s.e.msg).Kind, s})
			if s.e.file == "eval5.txt" && (p >= 0.5) != (s.y[0] == 1) {
				t.Logf("p %.2f %v want %v %.90q", p, right, s.e.want, s.e.msg.Text)
			}
		}
	}
	for _, th := range []float64{.3, .4, .5, .6, .7, .8} {
		for _, ev := range []bool{false, true} {
			var sc, both score
			okRight, n := 0, 0
			for _, o := range out {
				if (o.s.e.file == "eval5.txt") != ev {
					continue
				}
				hit := o.p >= th
				comb := hit || o.rule != Ordinary
				switch {
				case o.y && hit:
					sc.tp++
					n++
					if o.s.y[o.r] == 1 {
						okRight++
					}
				case o.y:
					sc.fn++
				case hit:
					sc.fp++
				}
				switch {
				case o.y && comb:
					both.tp++
				case o.y:
					both.fn++
				case comb:
					both.fp++
				}
			}
			t.Logf("th %.1f eval5=%v: model alone recall %.3f precision %.3f, right %.3f; union recall %.3f precision %.3f", th, ev, sc.recall(), sc.precision(), float64(okRight)/float64(max(n, 1)), both.recall(), both.precision())
		}
	}
}
