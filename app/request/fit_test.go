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

type fitter struct {
	w    [][rows]float32 // per feature: 8 for the message, 8 for the sentence
	bias [8]float32
	gb   [8]float32
}

type item struct {
	r      *reading
	e      example
	f      features
	words  []uint32 // of all sentences, each once
	union  []uint32 // concepts of all sentences, each once
	y      [8]float32
	weight float32
	made   bool // of another example: not counted
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
func prune(items []item, v *vocabulary, least int, counts func(*item) bool) *vocabulary {
	df := make([]int, v.number)
	for i := range items {
		if counts(&items[i]) {
			for _, id := range slices.Concat(items[i].words, items[i].union, items[i].f.whole) {
				df[id]++
			}
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

type hyper struct {
	epochs       int
	rate         float32
	l2           float32
	drop         float64
	baseW, baseC int
	sent         bool
	whole        bool
	cond         bool    // rights learn from requests alone
	old          float32 // weight of the old examples
	byFile       int     // folds by file
	minDF        int
	disturb      float32 // weight of disturbed copies
}

var hy = hyper{epochs: 16, rate: 0.3, l2: 0.01, drop: 0.4, baseW: baseWords, baseC: baseConcepts, sent: true, whole: true, cond: true, old: 0.25, minDF: 3, disturb: 0}

type scratch struct {
	s    [][8]float32
	z    [8]float32
	a, b [8]float32 // of the message, of its sentences together
	keep []uint64
}

func (m *fitter) score(it *item, sc *scratch, hy *hyper) {
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
	if hy.whole {
		add(&z, it.words, 0, hy.baseW)
		add(&z, it.union, 0, hy.baseC)
	}
	add(&z, it.f.whole, 0, baseWhole)
	sc.s = sc.s[:0]
	sc.a, sc.b = z, [8]float32{}
	if hy.sent {
		from := 0
		for i, end := range it.f.ends {
			var sum [8]float32
			add(&sum, it.f.list[from:it.f.mids[i]], 8, hy.baseW)
			add(&sum, it.f.list[it.f.mids[i]:end], 8, hy.baseC)
			sc.s = append(sc.s, sum)
			from = end
		}
		for k := range 8 {
			sc.b[k] = lse(sc.s, k)
			z[k] += sc.b[k]
		}
	}
	sc.z = z
}

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

func fit(items []*item, number int, seed uint64, hy hyper) *fitter {
	m := &fitter{w: make([][rows]float32, number)}
	qw, qs := make([]float32, number), make([]float32, number)
	df := make([]int32, number)
	for _, it := range items {
		for _, list := range [][]uint32{it.words, it.union, it.f.whole} {
			for _, h := range list {
				df[h]++
			}
		}
	}
	rng := rand.New(rand.NewPCG(seed, 11))
	order := rng.Perm(len(items))
	var sc scratch
	var view item
	for epoch := range hy.epochs {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		rate := hy.rate * (1 - 0.95*float32(epoch)/float32(hy.epochs))
		for _, at := range order {
			it := items[at]
			// Some features are hidden at each step, the same in all
			// sentences; what stands in one message alone teaches nothing.
			salt := rng.Uint32() | 1
			limit := uint32(hy.drop * 65536)
			keep := func(h uint32) bool {
				if df[h] < 2 {
					return false
				}
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
			m.score(&view, &sc, &hy)
			var g [8]float32
			for k := range 8 {
				g[k] = (sigmoid(sc.z[k]) - it.y[k]) * it.weight
				if k > 0 && hy.cond && it.y[0] == 0 {
					g[k] = 0
				}
				m.gb[k] += g[k] * g[k]
				m.bias[k] -= rate * g[k] / float32(math.Sqrt(float64(m.gb[k]))+1e-3) * 0.3
			}
			if hy.whole {
				step(m.w, qw, view.words, 0, &g, float32(share(len(view.words), hy.baseW)), rate, hy.l2)
				step(m.w, qw, view.union, 0, &g, float32(share(len(view.union), hy.baseC)), rate, hy.l2)
			}
			step(m.w, qw, view.f.whole, 0, &g, float32(share(len(view.f.whole), baseWhole)), rate, hy.l2)
			if hy.sent {
				from := 0
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
						step(m.w, qs, view.f.list[from:mid], 8, &a, float32(share(mid-from, hy.baseW)), rate, hy.l2)
						step(m.w, qs, view.f.list[mid:end], 8, &a, float32(share(end-mid, hy.baseC)), rate, hy.l2)
					}
					from = end
				}
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

type scored2 struct {
	it   *item
	a, b [8]float32
	z    [8]float32
}

func TestCrossValidation(t *testing.T) {
	if !*crossValidate {
		return
	}
	hyFromEnv()
	items, known := items(t, func(example) bool { return true })
	t.Log(len(items), "examples,", known.number, "features")
	writer := writer
	if hy.byFile > 0 {
		old := writer
		writer = func(f string) string {
			if old(f) == "old" {
				return "old"
			}
			return fmt.Sprint("w", int(hashWord(strings.TrimPrefix(f, "eval_"))>>3)%hy.byFile)
		}
	}
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
	out := make([][]scored2, len(names))
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
			m := fit(train, known.number, 7, hy)
			var sc scratch
			for _, it := range test {
				if it.made {
					continue
				}
				m.score(it, &sc, &hy)
				out[n] = append(out[n], scored2{it: it, a: sc.a, b: sc.b, z: sc.z})
			}
		}()
	}
	wg.Wait()
	// The last step of each fold is learnt on the other folds.
	for n := range out {
		var others []scored2
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
	var all []scored2
	for n, name := range names {
		t.Log(name, summary(out[n]))
		all = append(all, out[n]...)
	}
	t.Log("all", summary(all))
	for k := range 8 {
		t.Log(rightNames[k], " ", curve(all, k))
	}
	if c := os.Getenv("MISSES"); c != "" {
		k := int(c[0] - '0')
		th := float32(0)
		sort.Slice(all, func(a, b int) bool { return all[a].z[k] > all[b].z[k] })
		for _, s := range all {
			if (s.z[k] >= th) != (s.it.y[k] == 1) {
				t.Logf("%.2f (z0 %.2f) %s:%d want %v: %s", s.z[k], s.z[0], s.it.e.file, s.it.e.line, s.it.e.want, clip(s.it.e.msg.Subject+" | "+strings.ReplaceAll(s.it.e.msg.Text, "\n", " / "), 300))
			}
		}
	}
}

func curve(all []scored2, k int) string {
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

func at(all []scored2, k int, th float32) (tp, fp, fn int) {
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
func bestThreshold(all []scored2, k int, precision float64) float32 {
	s := append([]scored2{}, all...)
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

func summary(all []scored2) string {
	tp, fp, fn := at(all, 0, 0)
	s := fmt.Sprintf("n %d  detection at 0: R %.3f P %.3f | ", len(all), float64(tp)/float64(tp+fn), float64(tp)/float64(tp+fp))
	for k := 1; k < 8; k++ {
		tp, fp, fn := at(all, k, 0)
		s += fmt.Sprintf("%s %.2f/%.2f ", rightNames[k][:4], float64(tp)/float64(tp+fn), float64(tp)/float64(max(tp+fp, 1)))
	}
	return s
}

func hyFromEnv() {
	for _, kv := range strings.Split(os.Getenv("HY"), ",") {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			continue
		}
		var x float64
		fmt.Sscan(v, &x)
		switch k {
		case "epochs":
			hy.epochs = int(x)
		case "rate":
			hy.rate = float32(x)
		case "l2":
			hy.l2 = float32(x)
		case "drop":
			hy.drop = x
		case "basew":
			hy.baseW = int(x)
		case "basec":
			hy.baseC = int(x)
		case "disturb":
			hy.disturb = float32(x)
		case "mindf":
			hy.minDF = int(x)
		case "cond":
			hy.cond = x > 0
		case "old":
			hy.old = float32(x)
		case "byfile":
			hy.byFile = int(x)
		case "sent":
			hy.sent = x > 0
		case "whole":
			hy.whole = x > 0
		}
	}
}

// lastStep finds the weights of the last step for class k on what was not
// seen: logistic regression by Newton's method.
func lastStep(all []scored2, k int) (w [lastInputs]float64) {
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
func (s *scored2) inputs(k int) [lastInputs]float64 {
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

// disturbed is the example as another person might have sent it: with typing
// errors, without a subject, or with the words of an ordinary mail around it.
func disturbed(e example, rng *rand.Rand, ordinary map[string][]example) example {
	words := strings.Split(e.msg.Text, " ")
	for i, w := range words {
		r := []rune(w)
		if len(r) < 4 || rng.IntN(12) > 0 {
			continue
		}
		k := 1 + rng.IntN(len(r)-2)
		switch rng.IntN(3) {
		case 0:
			r[k], r[k+1] = r[k+1], r[k]
		case 1:
			r = append(r[:k], r[k+1:]...)
		case 2:
			r = append(r[:k+1], r[k:]...)
		}
		words[i] = string(r)
	}
	e.msg.Text = strings.Join(words, " ")
	if others := ordinary[e.file+e.lang]; len(e.want) > 0 && len(others) > 0 && rng.IntN(2) == 0 {
		if o := others[rng.IntN(len(others))]; !strings.Contains(o.msg.Text, "\n>") && !strings.Contains(e.msg.Text, "\n>") {
			e.msg.Subject = o.msg.Subject
			e.msg.Text = o.msg.Text + "\n\n" + e.msg.Text
		}
	} else if rng.IntN(3) == 0 && len(words) > 3 {
		e.msg.Subject = ""
	}
	return e
}

func items(t testing.TB, keep func(example) bool) ([]item, *vocabulary) {
	var out []item
	v := newVocabulary(1 << 20)
	v.grows = true
	ordinary := map[string][]example{}
	for _, e := range loadExamples(t) {
		if keep(e) && len(e.want) == 0 && len(e.msg.Text) < 600 && !e.eval && !e.msg.List && !e.msg.AutoSubmitted {
			ordinary[e.file+e.lang] = append(ordinary[e.file+e.lang], e)
		}
	}
	rng := rand.New(rand.NewPCG(3, 5))
	for _, e := range loadExamples(t) {
		if !keep(e) {
			continue
		}
		it := newItem(e, v)
		if writer(e.file) == "old" {
			it.weight = hy.old
		}
		out = append(out, it)
		if hy.disturb > 0 && writer(e.file) != "old" && !e.eval {
			it := newItem(disturbed(e, rng, ordinary), v)
			it.weight, it.made = hy.disturb, true
			out = append(out, it)
		}
	}
	return out, prune(out, v, hy.minDF, func(*item) bool { return true })
}

func TestTrain(t *testing.T) {
	if !*writeModel {
		return
	}
	hyFromEnv()
	data, known := items(t, func(e example) bool { return !e.eval })
	var all []*item
	for i := range data {
		all = append(all, &data[i])
	}
	// Calibrated on what was not seen: each fold by a table trained on the rest.
	const folds = 4
	out := make([][]scored2, folds)
	var wg sync.WaitGroup
	for f := range folds {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var train, test []*item
			for i, it := range all {
				if writer(it.e.file) != "old" && it.made && int(hashWord(it.e.file)>>3)%folds == f {
					continue
				}
				if writer(it.e.file) != "old" && int(hashWord(it.e.file)>>3)%folds == f {
					test = append(test, all[i])
				} else {
					train = append(train, all[i])
				}
			}
			m := fit(train, known.number, 7, hy)
			var sc scratch
			for _, it := range test {
				if it.made {
					continue
				}
				m.score(it, &sc, &hy)
				out[f] = append(out[f], scored2{it: it, a: sc.a, b: sc.b, z: sc.z})
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
	m := fit(all, known.number, 7, hy)
	m.average(fit(all, known.number, 8, hy))
	if err := os.WriteFile("model.bin", m.encode(known, last), 0o644); err != nil {
		t.Fatal(err)
	}
}
