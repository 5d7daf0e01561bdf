package request

import (
	"cmp"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
)

var crossValidate = flag.Bool("cv", false, "cross-validate the model")
var writeModel = flag.Bool("train", false, "train the model on all examples but those for evaluation and write model.bin")
var onlyFold = flag.String("fold", "", "only these folds")

const rows = 16

// fitter is the table while it is trained.
type fitter struct {
	w    [][rows]float32 // per feature: 8 for the message, 8 for the sentence
	bias [8]float32
	gb   [8]float32
}

// item is an example that was read.
type item struct {
	r      *reading
	e      example
	f      features
	words  []uint32 // of all sentences, each once
	union  []uint32 // concepts of all sentences, each once
	y      [8]float32
	weight float32
}

func newItem(e example, v *vocabulary) item {
	it := item{e: e, weight: 1}
	r, _ := understand(&e.msg)
	it.f = r.features(v)
	it.r = r
	it.join()
	for _, w := range e.want {
		it.y[0] = 1
		it.y[ParseRight(w)] = 1
	}
	return it
}

// join lists what stands in the message once.
func (it *item) join() {
	it.words, it.union = nil, nil
	from := 0
	for i, end := range it.f.ends {
		it.words = append(it.words, it.f.list[from:it.f.mids[i]]...)
		it.union = append(it.union, it.f.list[it.f.mids[i]:end]...)
		from = end
	}
	slices.Sort(it.words)
	slices.Sort(it.union)
	it.words, it.union = slices.Compact(it.words), slices.Compact(it.union)
}

// prune leaves the features that stand in enough messages and numbers them
// anew, in the order of their hashes.
func prune(items []item, v *vocabulary, least int) *vocabulary {
	df := make([]int, v.number)
	for i := range items {
		for _, id := range slices.Concat(items[i].words, items[i].union, items[i].f.whole) {
			df[id]++
		}
	}
	var kept []slot
	for _, s := range v.slots {
		if s.feature != 0 && df[s.id] >= least {
			kept = append(kept, s)
		}
	}
	slices.SortFunc(kept, func(a, b slot) int { return cmp.Compare(a.feature, b.feature) })
	small := newVocabulary(len(kept))
	to := make([]int32, v.number)
	for i := range to {
		to[i] = -1
	}
	for _, s := range kept {
		to[s.id] = int32(small.number)
		small.add(s.feature)
	}
	again := func(list []uint32) []uint32 {
		var out []uint32
		for _, id := range list {
			if to[id] >= 0 {
				out = append(out, uint32(to[id]))
			}
		}
		return out
	}
	for i := range items {
		it := &items[i]
		var list []uint32
		from := 0
		for n, end := range it.f.ends {
			list = append(list, again(it.f.list[from:it.f.mids[n]])...)
			mid := len(list)
			list = append(list, again(it.f.list[it.f.mids[n]:end])...)
			it.f.mids[n], it.f.ends[n] = mid, len(list)
			from = end
		}
		it.f.list, it.f.whole = list, again(it.f.whole)
		it.join()
	}
	return small
}

// setting is how the table is trained, chosen by cross-validation.
var setting = struct {
	epochs      int
	rate, decay float32
	hide        float64 // the share of features that a step does not see
	old         float32 // the weight of the older examples, on which the grammar was tuned
	least       int     // the messages in which a feature must stand
}{epochs: 16, rate: 0.3, decay: 0.01, hide: 0.4, old: 0.25, least: 3}

// scratch is what one scoring leaves.
type scratch struct {
	s    [][8]float32
	z    [8]float32
	a, b [8]float32 // of the message, of its sentences together
}

// score scores an item as model.judge does, up to the last step.
func (m *fitter) score(it *item, sc *scratch) {
	z := m.bias
	add := func(to *[8]float32, list []uint32, from, base int) {
		var sum [8]float32
		for _, h := range list {
			w := (*[8]float32)(m.w[h][from : from+8])
			for k := range 8 {
				sum[k] += w[k]
			}
		}
		norm := float32(share(len(list), base))
		for k := range 8 {
			to[k] += sum[k] * norm
		}
	}
	add(&z, it.words, 0, baseWords)
	add(&z, it.union, 0, baseConcepts)
	add(&z, it.f.whole, 0, baseWhole)
	sc.s = sc.s[:0]
	sc.a, sc.b = z, [8]float32{}
	from := 0
	for i, end := range it.f.ends {
		var sum [8]float32
		add(&sum, it.f.list[from:it.f.mids[i]], 8, baseWords)
		add(&sum, it.f.list[it.f.mids[i]:end], 8, baseConcepts)
		sc.s = append(sc.s, sum)
		from = end
	}
	for k := range 8 {
		sc.b[k] = lse(sc.s, k)
		z[k] += sc.b[k]
	}
	sc.z = z
}

// lse is the logarithm of the sum of the exponentials: about the greatest.
func lse(s [][8]float32, k int) float32 {
	if len(s) == 0 {
		return 0
	}
	m := s[0][k]
	for i := range s {
		m = max(m, s[i][k])
	}
	t := 0.0
	for i := range s {
		t += math.Exp(float64(s[i][k] - m))
	}
	return m + float32(math.Log(t))
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// step moves the eight weights of each feature by its share of the error; the
// rate of a feature falls with what it was moved before.
func step(w [][rows]float32, q []float32, list []uint32, from int, g *[8]float32, norm, rate, decay float32) {
	gg := float32(0)
	for k := range 8 {
		gg += g[k] * g[k]
	}
	gg *= norm * norm / 2
	for _, h := range list {
		q[h] += gg
		r := rate * norm / (float32(math.Sqrt(float64(q[h]))) + 1e-2)
		x := (*[8]float32)(w[h][from : from+8])
		for k := range 8 {
			x[k] -= r*g[k] + rate*decay*x[k]
		}
	}
}

// fit trains a table: logistic regression for each class over the message and
// over its sentences together (of which one that asks is enough), by stochastic
// gradient descent. The rights learn from requests alone: what separates them
// is not what separates requests from ordinary mail.
func fit(items []*item, number int, seed uint64) *fitter {
	m := &fitter{w: make([][rows]float32, number)}
	qw, qs := make([]float32, number), make([]float32, number)
	rng := rand.New(rand.NewPCG(seed, 11))
	order := rng.Perm(len(items))
	var sc scratch
	var view item
	for epoch := range setting.epochs {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		rate := setting.rate * (1 - 0.95*float32(epoch)/float32(setting.epochs))
		for _, at := range order {
			it := items[at]
			// Some features are hidden at each step, the same in all sentences,
			// so that no few of them carry it all.
			salt := rng.Uint32() | 1
			limit := uint32(setting.hide * 65536)
			keep := func(h uint32) bool {
				x := (h ^ salt) * 0x9e3779b1
				x ^= x >> 15
				x *= 0x2c1b3c6d
				return x>>16 >= limit
			}
			some := func(to, list []uint32) []uint32 {
				for _, h := range list {
					if keep(h) {
						to = append(to, h)
					}
				}
				return to
			}
			view.words, view.union, view.f.whole = some(view.words[:0], it.words), some(view.union[:0], it.union), some(view.f.whole[:0], it.f.whole)
			view.f.list, view.f.mids, view.f.ends = view.f.list[:0], view.f.mids[:0], view.f.ends[:0]
			from := 0
			for i, end := range it.f.ends {
				view.f.list = some(view.f.list, it.f.list[from:it.f.mids[i]])
				view.f.mids = append(view.f.mids, len(view.f.list))
				view.f.list = some(view.f.list, it.f.list[it.f.mids[i]:end])
				view.f.ends = append(view.f.ends, len(view.f.list))
				from = end
			}
			m.score(&view, &sc)
			var g [8]float32
			for k := range 8 {
				g[k] = (sigmoid(sc.z[k]) - it.y[k]) * it.weight
				if k > 0 && it.y[0] == 0 {
					g[k] = 0
				}
				m.gb[k] += g[k] * g[k]
				m.bias[k] -= rate * g[k] / float32(math.Sqrt(float64(m.gb[k]))+1e-3) * 0.3
			}
			step(m.w, qw, view.words, 0, &g, float32(share(len(view.words), baseWords)), rate, setting.decay)
			step(m.w, qw, view.union, 0, &g, float32(share(len(view.union), baseConcepts)), rate, setting.decay)
			step(m.w, qw, view.f.whole, 0, &g, float32(share(len(view.f.whole), baseWhole)), rate, setting.decay)
			from = 0
			var total [8]float32
			for k := range 8 {
				total[k] = lse(sc.s, k)
			}
			for si, end := range view.f.ends {
				var a [8]float32
				any := false
				for k := range 8 {
					a[k] = float32(math.Exp(float64(sc.s[si][k]-total[k]))) * g[k]
					any = any || a[k] > 1e-3 || a[k] < -1e-3
				}
				if any {
					mid := view.f.mids[si]
					step(m.w, qs, view.f.list[from:mid], 8, &a, float32(share(mid-from, baseWords)), rate, setting.decay)
					step(m.w, qs, view.f.list[mid:end], 8, &a, float32(share(end-mid, baseConcepts)), rate, setting.decay)
				}
				from = end
			}
		}
	}
	return m
}

// writer is the group of a file: one who wrote it.
func writer(file string) string {
	f := strings.TrimPrefix(file, "eval_")
	if f[0] == 'w' {
		w, _, _ := strings.Cut(f, "_")
		return w
	}
	return "old"
}

// outcome is what was said of an example that was not trained on: the scores of
// the message and of its sentences, and the logarithm of odds.
type outcome struct {
	it   *item
	a, b [8]float32
	z    [8]float32
}

func TestCrossValidation(t *testing.T) {
	if !*crossValidate {
		return
	}
	items, known := items(t, func(example) bool { return true })
	t.Log(len(items), "examples,", known.number, "features")
	folds := map[string]bool{}
	for i := range items {
		folds[writer(items[i].e.file)] = true
	}
	var names []string
	for f := range folds {
		if f != "old" && (*onlyFold == "" || strings.Contains(*onlyFold, f)) {
			names = append(names, f)
		}
	}
	sort.Strings(names)
	out := make([][]outcome, len(names))
	var wg sync.WaitGroup
	sem := make(chan bool, 2)
	for n, name := range names {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sem <- true
			defer func() { <-sem }()
			var train, test []*item
			for i := range items {
				if writer(items[i].e.file) == name {
					test = append(test, &items[i])
				} else {
					train = append(train, &items[i])
				}
			}
			m := fit(train, known.number, 7)
			var sc scratch
			for _, it := range test {
				m.score(it, &sc)
				out[n] = append(out[n], outcome{it: it, a: sc.a, b: sc.b, z: sc.z})
			}
		}()
	}
	wg.Wait()
	// The last step of each fold is learnt on the other folds.
	for n := range out {
		var others []outcome
		for m := range out {
			if m != n || len(out) == 1 {
				others = append(others, out[m]...)
			}
		}
		for k := range 8 {
			w := lastStep(others, k)
			for i := range out[n] {
				s := &out[n][i]
				z := 0.0
				for j, x := range s.inputs(k) {
					z += w[j] * x
				}
				if k > 0 {
					p := chance(z) * chance(float64(s.z[0]))
					z = math.Log(p / (1 - p + 1e-9))
				}
				s.z[k] = float32(z)
			}
		}
	}
	var all []outcome
	for n, name := range names {
		t.Log(name, summary(out[n]))
		all = append(all, out[n]...)
	}
	t.Log("all", summary(all))
	for k := range 8 {
		t.Log(rightNames[k], " ", curve(all, k))
	}
	byLang := map[string][]outcome{}
	for _, s := range all {
		byLang[s.it.e.lang] = append(byLang[s.it.e.lang], s)
	}
	for _, lang := range languages {
		t.Log(lang, summary(byLang[lang]))
	}
	var said, held [8][10]int
	for _, s := range all {
		for k := range 8 {
			bin := min(int(chance(float64(s.z[k]))*10), 9)
			said[k][bin]++
			held[k][bin] += int(s.it.y[k])
		}
	}
	for bin := range 10 {
		line := ""
		for k := range 8 {
			line += fmt.Sprintf(" %5d/%-5d", held[k][bin], said[k][bin])
		}
		t.Logf("said %.1f to %.1f:%s", float64(bin)/10, float64(bin+1)/10, line)
	}
}

// curve tells the recall of class k at several precisions.
func curve(all []outcome, k int) string {
	s := ""
	for _, p := range []float64{0.85, 0.9, 0.95, 0.97} {
		th := bestThreshold(all, k, p)
		tp, fp, fn := at(all, k, th)
		s += fmt.Sprintf("P%.2f: R %.3f (th %.2f)  ", p, float64(tp)/float64(tp+fn), th)
		_ = fp
	}
	// the best F1
	best, bt := 0.0, float32(0)
	for _, x := range all {
		tp, fp, fn := at(all, k, x.z[k])
		if f := 2 * float64(tp) / float64(2*tp+fp+fn); f > best {
			best, bt = f, x.z[k]
		}
	}
	tp, fp, fn := at(all, k, bt)
	loss := 0.0
	for _, x := range all {
		z := float64(x.z[k])
		if x.it.y[k] == 1 {
			z = -z
		}
		loss += math.Log1p(math.Exp(z))
	}
	return s + fmt.Sprintf("bestF1 %.3f (R %.3f P %.3f) logloss %.4f", best, float64(tp)/float64(tp+fn), float64(tp)/float64(tp+fp), loss/float64(len(all)))
}

// at counts at a threshold.
func at(all []outcome, k int, th float32) (tp, fp, fn int) {
	for _, s := range all {
		switch {
		case s.it.y[k] == 1 && s.z[k] >= th:
			tp++
		case s.it.y[k] == 1:
			fn++
		case s.z[k] >= th:
			fp++
		}
	}
	return
}

// bestThreshold is the lowest with at least that precision.
func bestThreshold(all []outcome, k int, precision float64) float32 {
	s := append([]outcome{}, all...)
	sort.Slice(s, func(a, b int) bool { return s[a].z[k] > s[b].z[k] })
	tp, fp := 0, 0
	th := s[0].z[k]
	for _, x := range s {
		if x.it.y[k] == 1 {
			tp++
		} else {
			fp++
		}
		if float64(tp)/float64(tp+fp) >= precision {
			th = x.z[k]
		}
	}
	return th
}

// summary tells recall and precision at the threshold of requests, of detection
// and of each right.
func summary(all []outcome) string {
	th := float32(math.Log(RequestFrom / (1 - RequestFrom)))
	s := fmt.Sprintf("n %d:", len(all))
	for k := range 8 {
		tp, fp, fn := at(all, k, th)
		name := rightNames[k]
		if k == 0 {
			name = "detection"
		}
		s += fmt.Sprintf(" %s %.3f/%.3f", name, float64(tp)/float64(max(tp+fn, 1)), float64(tp)/float64(max(tp+fp, 1)))
	}
	return s
}

// lastStep finds the weights of the last step for class k on what was not
// seen: logistic regression by Newton's method.
func lastStep(all []outcome, k int) (w [lastInputs]float64) {
	w[1], w[2] = 1, 1
	for range 30 {
		var g [lastInputs]float64
		var h [lastInputs][lastInputs]float64
		for i := range g {
			h[i][i] = 2
			g[i] = 2 * (w[i] - [lastInputs]float64{0, 1, 1}[i])
		}
		for _, s := range all {
			if k > 0 && s.it.y[0] == 0 {
				continue
			}
			x := s.inputs(k)
			z := 0.0
			for i := range x {
				z += w[i] * x[i]
			}
			p := chance(z)
			for i := range x {
				g[i] += (p - float64(s.it.y[k])) * x[i]
				for j := range x {
					h[i][j] += p * (1 - p) * x[i] * x[j]
				}
			}
		}
		// Solve h d = g.
		for i := range g {
			for j := i + 1; j < lastInputs; j++ {
				f := h[j][i] / h[i][i]
				for c := i; c < lastInputs; c++ {
					h[j][c] -= f * h[i][c]
				}
				g[j] -= f * g[i]
			}
		}
		for i := lastInputs - 1; i >= 0; i-- {
			for j := i + 1; j < lastInputs; j++ {
				g[i] -= h[i][j] * g[j]
			}
			g[i] /= h[i][i]
			w[i] -= g[i]
		}
	}
	return w
}

// inputs are those of the last step for class k.
func (s *outcome) inputs(k int) [lastInputs]float64 {
	return s.it.r.lastInputs(k, float64(s.a[k]), float64(s.b[k]), len(s.it.f.ends))
}

// average takes the mean of two tables: what one order of the examples made of
// chance evens out.
func (m *fitter) average(o *fitter) {
	for h := range m.w {
		for k := range rows {
			m.w[h][k] = (m.w[h][k] + o.w[h][k]) / 2
		}
	}
	for k := range m.bias {
		m.bias[k] = (m.bias[k] + o.bias[k]) / 2
	}
}

// encode writes the model file.
func (m *fitter) encode(known *vocabulary, last [8][lastInputs]float64) []byte {
	out := make([]byte, modelHead)
	binary.LittleEndian.PutUint32(out, modelVersion)
	binary.LittleEndian.PutUint32(out[4:], uint32(known.number))
	var scale [8]float32
	for h := range m.w {
		for k := range rows {
			scale[k%8] = max(scale[k%8], float32(math.Abs(float64(m.w[h][k])))/127)
		}
	}
	put := func(block, k int, x float32) {
		binary.LittleEndian.PutUint32(out[8+4*(block*8+k):], math.Float32bits(x))
	}
	for k := range 8 {
		put(0, k, m.bias[k])
		put(1, k, scale[k])
		for i, x := range last[k] {
			put(2+i, k, float32(x))
		}
	}
	features := make([]uint32, known.number)
	for _, s := range known.slots {
		if s.feature != 0 {
			features[s.id] = s.feature
		}
	}
	for _, f := range features {
		out = binary.LittleEndian.AppendUint32(out, f)
	}
	for h := range m.w {
		for k := range rows {
			out = append(out, byte(int8(math.Round(float64(m.w[h][k]/scale[k%8])))))
		}
	}
	return out
}

// items reads the examples and collects the vocabulary.
func items(t testing.TB, keep func(example) bool) ([]item, *vocabulary) {
	var out []item
	v := newVocabulary(1 << 20)
	v.grows = true
	for _, e := range loadExamples(t) {
		if !keep(e) {
			continue
		}
		it := newItem(e, v)
		if writer(e.file) == "old" && e.file != "denied.txt" {
			it.weight = setting.old
		}
		out = append(out, it)
	}
	return out, prune(out, v, setting.least)
}

func TestTrain(t *testing.T) {
	if !*writeModel {
		return
	}
	data, known := items(t, func(e example) bool { return !e.eval })
	var all []*item
	for i := range data {
		all = append(all, &data[i])
	}
	// Calibrated on what was not seen: each fold by a table trained on the rest.
	const folds = 4
	out := make([][]outcome, folds)
	var wg sync.WaitGroup
	for f := range folds {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var train, test []*item
			for i, it := range all {
				if writer(it.e.file) != "old" && int(hashWord(it.e.file)>>3)%folds == f {
					test = append(test, all[i])
				} else {
					train = append(train, all[i])
				}
			}
			m := fit(train, known.number, 7)
			var sc scratch
			for _, it := range test {
				m.score(it, &sc)
				out[f] = append(out[f], outcome{it: it, a: sc.a, b: sc.b, z: sc.z})
			}
		}()
	}
	wg.Wait()
	held := slices.Concat(out...)
	var last [8][lastInputs]float64
	for k := range 8 {
		last[k] = lastStep(held, k)
		t.Logf("%s %.2f", rightNames[k], last[k])
	}
	m := fit(all, known.number, 7)
	m.average(fit(all, known.number, 8))
	if err := os.WriteFile("model.bin", m.encode(known, last), 0o644); err != nil {
		t.Fatal(err)
	}
}
