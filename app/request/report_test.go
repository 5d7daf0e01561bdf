package request

import (
	"flag"
	"path/filepath"
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
	wrong         []string
}

func reportOn(examples []example) report {
	r := report{per: map[Right]*score{}, perAll: map[Right]*score{}}
	for _, right := range Rights {
		r.per[right], r.perAll[right] = &score{}, &score{}
	}
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
			if f.Confidence >= RequestFrom {
				sure[f.Right] = true
			}
		}
		count(&r.detect, len(want) > 0, v.Kind == Request)
		count(&r.check, len(want) > 0, v.Kind != Ordinary)
		wrong := (len(want) > 0) != (v.Kind == Request)
		for _, right := range Rights {
			count(r.per[right], want[right], sure[right])
			count(r.perAll[right], want[right], any[right])
			wrong = wrong || want[right] != any[right] || want[right] != sure[right]
		}
		if wrong {
			text := e.msg.Subject + " | " + strings.ReplaceAll(e.msg.Text, "\n", " / ")
			r.wrong = append(r.wrong, strings.TrimPrefix(e.file, "eval_")+":"+itoa(e.line)+" want "+strings.Join(e.want, ",")+", got "+v.Kind.String()+" "+strings.Join(brief(v), ", ")+": "+clip(text, 170))
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

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func (r report) log(t *testing.T) {
	for _, w := range r.wrong {
		t.Log(w)
	}
	t.Logf("%d mails; requests: recall %.3f precision %.3f; with those to check: recall %.3f precision %.3f",
		r.n, r.detect.recall(), r.detect.precision(), r.check.recall(), r.check.precision())
	for _, right := range Rights {
		a, b := r.per[right], r.perAll[right]
		t.Logf("  %-14s recall %.3f precision %.3f; with those to check: recall %.3f precision %.3f (%d asked)",
			right, a.recall(), a.precision(), b.recall(), b.precision(), a.tp+a.fn)
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
	reportOn(some).log(t)
}
