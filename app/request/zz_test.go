package request

import (
	"os"
	"testing"

	"greffier/app/mailbox"
)

func TestZZ(t *testing.T) {
	b, err := os.ReadFile("/tmp/req/in.txt")
	if err != nil {
		t.Skip()
	}
	m := mailbox.Message{Text: string(b), FromFields: 1}
	v := Recognise(m)
	r, _, _ := read(&m)
	p, g := r.opinion()
	t.Log(v.Kind, brief(v), "opinion", p, g, "vendor", r.vendor, v.Orders)
	for _, f := range v.Findings {
		for _, s := range f.Spans {
			t.Logf("  %s %q", f.Right, s.Words)
		}
	}
	for i := range r.sentences {
		out := ""
		for _, h := range r.senses[i].hits {
			out += " " + cname(h.c) + "=" + r.span(&r.sentences[i], h.s, h.e).Words + ";"
		}
		t.Log(r.senses[i].asked, r.senses[i].info, r.senses[i].listing, out)
	}
}

func cname(c concept) string {
	for n, k := range lex.names {
		if k == c {
			return n
		}
	}
	return "?"
}
