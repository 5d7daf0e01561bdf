package request

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"greffier/app/mailbox"
)

// example is one written mail with the rights it asks for.
type example struct {
	file   string
	line   int
	want   []string // names of rights, or nothing
	eval   bool     // written for evaluation only
	lang   string   // ISO 639-1, where it is told
	msg    mailbox.Message
	expect []string // extra words of the heading: "mark=minor", "order=1042"
}

// loadExamples reads testdata/*.txt: each example begins with a line
// "### rights; …", then an optional "Subject: …" line, then the text.
func loadExamples(t testing.TB) []example {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	sort.Strings(files)
	var out []example
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var cur *example
		var body []string
		flush := func() {
			if cur == nil {
				return
			}
			text := strings.Join(body, "\n")
			if s, ok := strings.CutPrefix(text, "Subject: "); ok {
				cur.msg.Subject, text, _ = strings.Cut(s, "\n")
			}
			cur.msg.Text = strings.Trim(text, "\n")
			out = append(out, *cur)
			cur, body = nil, nil
		}
		for n, l := range strings.Split(string(b), "\n") {
			h, ok := strings.CutPrefix(l, "### ")
			if !ok {
				body = append(body, l)
				continue
			}
			flush()
			body = nil
			cur = &example{file: filepath.Base(f), line: n + 1}
			cur.eval = strings.Contains(f, "eval")
			for k, w := range strings.Split(h, ";") {
				w = strings.TrimSpace(w)
				if k == 0 {
					if w != "none" {
						cur.want = strings.Split(w, ",")
					}
					continue
				}
				switch w {
				case "list":
					cur.msg.List = true
				case "auto":
					cur.msg.AutoSubmitted = true
				case "reply":
					cur.msg.InReplyTo = []string{"<earlier@example.net>"}
				case "":
				default:
					if l, ok := strings.CutPrefix(w, "lang="); ok {
						cur.lang = l
					}
					cur.expect = append(cur.expect, w)
				}
			}
			cur.msg.FromFields = 1
			cur.msg.From = []mailbox.Address{{Email: "someone@example.net"}}
		}
		flush()
	}
	return out
}

// score counts hits and misses for one right, or for detection.
type score struct{ tp, fp, fn int }

func (s score) recall() float64 {
	if s.tp+s.fn == 0 {
		return 1
	}
	return float64(s.tp) / float64(s.tp+s.fn)
}

func (s score) precision() float64 {
	if s.tp+s.fp == 0 {
		return 1
	}
	return float64(s.tp) / float64(s.tp+s.fp)
}

// asked are the rights that a verdict claims: those at or above the threshold.
func asked(v Verdict) map[string]bool {
	out := map[string]bool{}
	for _, f := range v.Findings {
		if f.Confidence >= RequestFrom {
			out[f.Right.String()] = true
		}
	}
	return out
}

func TestOwnExamples(t *testing.T) {
	type bars struct{ recall, precision, checkRecall, checkPrecision float64 }
	measure := func(name string, keep func(example) bool, asserted bool, bar bars) {
		t.Run(name, func(t *testing.T) {
			var detect, check score
			per := map[string]*score{}
			for _, r := range Rights {
				per[r.String()] = &score{}
			}
			n := 0
			for _, e := range loadExamples(t) {
				if !keep(e) {
					continue
				}
				n++
				v := Recognise(e.msg)
				got := asked(v)
				want := map[string]bool{}
				for _, w := range e.want {
					want[w] = true
				}
				isReq := v.Kind == Request
				switch {
				case len(want) > 0 && isReq:
					detect.tp++
				case len(want) > 0:
					detect.fn++
				case isReq:
					detect.fp++
				}
				switch {
				case len(want) > 0 && v.Kind != Ordinary:
					check.tp++
				case len(want) > 0:
					check.fn++
				case v.Kind != Ordinary:
					check.fp++
				}
				wrong := false
				for r, s := range per {
					switch {
					case want[r] && got[r]:
						s.tp++
					case want[r]:
						s.fn++
						wrong = true
					case got[r]:
						s.fp++
						wrong = true
					}
				}
				if wrong || (len(want) == 0) != (v.Kind == Ordinary) {
					text := e.msg.Subject + " | " + strings.ReplaceAll(e.msg.Text, "\n", " / ")
					t.Logf("%s:%d want %v, got %s %v: %.160s", e.file, e.line, e.want, v.Kind, brief(v), text)
				}
				if asserted && len(want) > 0 && v.Kind == Ordinary {
					t.Errorf("%s:%d is lost", e.file, e.line)
				}
			}
			t.Logf("%d examples; detection: recall %.3f precision %.3f; with those to check: recall %.3f precision %.3f", n, detect.recall(), detect.precision(), check.recall(), check.precision())
			for _, s := range []struct {
				what       string
				got, least float64
			}{{"recall of detection", detect.recall(), bar.recall}, {"precision of detection", detect.precision(), bar.precision}, {"recall with those to check", check.recall(), bar.checkRecall}, {"precision with those to check", check.precision(), bar.checkPrecision}} {
				if s.got < s.least {
					t.Errorf("%s is %.3f, want %.3f", s.what, s.got, s.least)
				}
			}
			for _, r := range Rights {
				s := per[r.String()]
				t.Logf("  %-14s recall %.3f precision %.3f (%d asked)", r, s.recall(), s.precision(), s.tp+s.fn)
			}
		})
	}
	measure("examples to work on", func(e example) bool { return !e.eval }, true, bars{.98, .98, 1, .96})
	measure("examples kept for evaluation", func(e example) bool { return e.eval }, false, bars{.985, .945, .99, .87})
}

func brief(v Verdict) []string {
	var out []string
	for _, f := range v.Findings {
		out = append(out, f.Right.String()+" "+strings.TrimRight(strings.TrimRight(formatConf(f.Confidence), "0"), ".")+" ("+f.Rule+")")
	}
	return out
}

func formatConf(f float64) string {
	n := int(f*100 + 0.5)
	return string([]byte{byte('0' + n/100), '.', byte('0' + n/10%10), byte('0' + n%10)})
}

func TestConfidenceMeansHowOftenItIsRight(t *testing.T) {
	right, n := 0, 0
	for _, e := range loadExamples(t) {
		if !e.eval {
			continue
		}
		for _, f := range Recognise(e.msg).Findings {
			if f.Confidence < 0.9 {
				continue
			}
			n++
			for _, w := range e.want {
				if w == f.Right.String() {
					right++
				}
			}
		}
	}
	if n == 0 || float64(right)/float64(n) < 0.9 {
		t.Errorf("what is said with 0.9 is right in %d of %d", right, n)
	}
}
