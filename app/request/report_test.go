package request

import (
	"cmp"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var reportFiles = flag.String("report", "", "print the figures and every miss of the example files that match this pattern")

// report is what is counted over a set of examples, twice: with the findings
// that make a request, and with those to check as well.
type report struct {
	n             int
	detect, check score
	per, perAll   map[Right]*score
	langs         map[string]*score
	kinds         [2][3]int // asked for nothing or something, by kind of verdict
	confused      [8][8]int // right asked for, right found instead; 0 for none
	said, held    [10]int   // findings by tenth of confidence, and those that hold
	marks         map[Mark]*score
	wrong         []string
}

// count adds one case to the score.
func (s *score) count(want, got bool) {
	switch {
	case want && got:
		s.tp++
	case want:
		s.fn++
	case got:
		s.fp++
	}
}

func reportOn(examples []example) report {
	r := report{per: map[Right]*score{}, perAll: map[Right]*score{}, langs: map[string]*score{}, marks: map[Mark]*score{}}
	for _, right := range Rights {
		r.per[right], r.perAll[right] = &score{}, &score{}
	}
	for _, m := range []Mark{MarkMinor, MarkForAnother, MarkComplaint, MarkDeadline, MarkBreach, MarkPhishing} {
		r.marks[m] = &score{}
	}
	for _, e := range examples {
		r.n++
		v := Recognise(e.msg)
		want := map[Right]bool{}
		for _, w := range e.want {
			want[ParseRight(w)] = true
		}
		sure, any := map[Right]bool{}, map[Right]bool{}
		for _, f := range v.Findings {
			any[f.Right] = true
			sure[f.Right] = f.Confidence >= RequestFrom
			bin := min(int(f.Confidence*10), 9)
			r.said[bin]++
			if want[f.Right] {
				r.held[bin]++
			}
		}
		r.detect.count(len(want) > 0, v.Kind == Request)
		r.check.count(len(want) > 0, v.Kind != Ordinary)
		lang := cmp.Or(e.lang, v.Language)
		if r.langs[lang] == nil {
			r.langs[lang] = &score{}
		}
		r.langs[lang].count(len(want) > 0, v.Kind == Request)
		r.kinds[min(len(want), 1)][map[Kind]int{Request: 0, ToCheck: 1, Ordinary: 2}[v.Kind]]++
		wrong := (len(want) > 0) != (v.Kind == Request)
		for _, right := range Rights {
			r.per[right].count(want[right], sure[right])
			r.perAll[right].count(want[right], any[right])
			wrong = wrong || want[right] != sure[right]
			if want[right] && !sure[right] {
				found := false
				for _, other := range Rights {
					if sure[other] && !want[other] {
						r.confused[right][other]++
						found = true
					}
				}
				if !found {
					r.confused[right][NoRight]++
				}
			}
		}
		if e.lang != "" { // only the newer files say which marks apply
			for m, s := range r.marks {
				s.count(slices.Contains(e.expect, "mark="+string(m)), v.Has(m))
			}
		}
		if wrong {
			text := e.msg.Subject + " | " + strings.ReplaceAll(e.msg.Text, "\n", " / ")
			r.wrong = append(r.wrong, fmt.Sprintf("%s:%d want %v, got %v %.2f %v: %s", e.file, e.line, e.want, v.Kind, v.Confidence, brief(v), clip(text, 170)))
		}
	}
	return r
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// log prints the figures.
func (r report) log(logf func(string, ...any)) {
	logf("%d mails; requests: recall %.3f precision %.3f; with those to check: recall %.3f precision %.3f",
		r.n, r.detect.recall(), r.detect.precision(), r.check.recall(), r.check.precision())
	for _, right := range Rights {
		a, b := r.per[right], r.perAll[right]
		logf("  %-14s recall %.3f precision %.3f; with those to check: recall %.3f precision %.3f (%d asked)",
			right, a.recall(), a.precision(), b.recall(), b.precision(), a.tp+a.fn)
	}
	for _, lang := range append([]string{""}, languages...) {
		if s := r.langs[lang]; s != nil {
			logf("  language %-5q recall %.3f precision %.3f (%d requests)", lang, s.recall(), s.precision(), s.tp+s.fn)
		}
	}
	logf("  something asked: request %d, to check %d, ordinary %d", r.kinds[1][0], r.kinds[1][1], r.kinds[1][2])
	logf("  nothing asked:   request %d, to check %d, ordinary %d", r.kinds[0][0], r.kinds[0][1], r.kinds[0][2])
	logf("  missed right (row) and what was found instead (column): none %s", strings.Join(rightNames[1:], " "))
	for _, right := range Rights {
		logf("    %-14s %v", right, r.confused[right])
	}
	for bin := 1; bin < 10; bin++ {
		if r.said[bin] > 0 {
			logf("  said %.1f to %.1f: right %d of %d (%.2f)", float64(bin)/10, float64(bin+1)/10, r.held[bin], r.said[bin], float64(r.held[bin])/float64(r.said[bin]))
		}
	}
	for _, m := range []Mark{MarkMinor, MarkForAnother, MarkComplaint, MarkDeadline, MarkBreach, MarkPhishing} {
		s := r.marks[m]
		logf("  mark %-16s recall %.3f precision %.3f (%d)", m, s.recall(), s.precision(), s.tp+s.fn)
	}
}

func TestReport(t *testing.T) {
	if *reportFiles == "" {
		return // only on demand: go test -run TestReport -v -report 'eval*.txt'
	}
	var some []example
	for _, e := range loadExamples(t) {
		if ok, err := filepath.Match(*reportFiles, e.file); err != nil {
			t.Fatal(err)
		} else if ok {
			some = append(some, e)
		}
	}
	r := reportOn(some)
	for _, w := range r.wrong {
		t.Log(w)
	}
	r.log(t.Logf)
}

// BenchmarkUnseen reads the examples that the model was not trained on and
// prints how well it does.
func BenchmarkUnseen(b *testing.B) {
	var some []example
	for _, e := range loadExamples(b) {
		if e.eval {
			some = append(some, e)
		}
	}
	var r report
	for b.Loop() {
		r = reportOn(some)
	}
	b.ReportMetric(r.detect.recall(), "recall")
	b.ReportMetric(r.detect.precision(), "precision")
	r.log(b.Logf)
}
