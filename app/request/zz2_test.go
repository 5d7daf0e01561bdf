package request

import (
	"fmt"
	"os"
	"testing"
)

func TestZZDump(t *testing.T) {
	all := samples(t, func(example) bool { return true })
	files := map[string]bool{}
	for _, s := range all {
		files[s.e.file] = true
	}
	out, _ := os.Create("/tmp/req/dump.tsv")
	defer out.Close()
	saved := modelWeights
	defer func() { modelWeights = saved }()
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
			modelWeights = nil
			g := Recognise(s.e.msg)
			modelWeights = table
			b := Recognise(s.e.msg)
			r, _, _ := read(&s.e.msg)
			p, guess := r.opinion()
			gc, bc := 0.0, 0.0
			for _, x := range g.Findings {
				gc = max(gc, x.Confidence)
			}
			for _, x := range b.Findings {
				bc = max(bc, x.Confidence)
			}
			fmt.Fprintf(out, "%s\t%d\t%v\t%.3f\t%.3f\t%.3f\t%v\t%v\t%v\t%v\t%d\n", f, s.e.line, s.y[0], gc, p, bc, guess, s.e.want, brief(g), brief(b), r.words)
		}
	}
}
