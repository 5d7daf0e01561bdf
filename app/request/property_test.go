package request

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"greffier/app/mailbox"
)

// checkVerdict fails when a verdict breaks what callers rely on.
func checkVerdict(t *testing.T, m mailbox.Message, v Verdict) {
	t.Helper()
	span := func(what string, sp Span) {
		src := m.Text
		if sp.Field == InSubject {
			src = m.Subject
		}
		if sp.Start < 0 || sp.Start >= sp.End || sp.End > len(src) {
			t.Fatalf("%s: span %d to %d of %d bytes", what, sp.Start, sp.End, len(src))
		}
		if src[sp.Start:sp.End] != sp.Words {
			t.Fatalf("%s: the words of the span are not those of the message", what)
		}
		// Invalid bytes count as runes of their own; a span must not begin or
		// end inside a valid rune.
		if utf8.ValidString(src) && (!utf8.RuneStart(src[sp.Start]) || sp.End < len(src) && !utf8.RuneStart(src[sp.End])) {
			t.Fatalf("%s: span %d to %d cuts a rune", what, sp.Start, sp.End)
		}
	}
	if v.Confidence < 0 || v.Confidence > 1 {
		t.Fatalf("confidence %v", v.Confidence)
	}
	best := 0.0
	for _, f := range v.Findings {
		if f.Right <= NoRight || f.Right > Withdrawal || f.Rule == "" || f.Confidence < CheckFrom || f.Confidence > 1 || len(f.Spans) == 0 {
			t.Fatalf("finding %+v", f)
		}
		best = max(best, f.Confidence)
		for _, sp := range f.Spans {
			span(f.Rule, sp)
		}
	}
	switch {
	case v.Kind == Ordinary && len(v.Findings) > 0, v.Kind == Request && best < RequestFrom, v.Kind == ToCheck && (best < CheckFrom || best >= RequestFrom):
		t.Fatalf("kind %v with best finding %v", v.Kind, best)
	case v.Kind != Ordinary && v.Confidence < best:
		t.Fatalf("confidence %v, best finding %v", v.Confidence, best)
	case v.Kind == Request && v.Confidence < RequestFrom, v.Kind == ToCheck && (v.Confidence < CheckFrom || v.Confidence >= RequestFrom):
		t.Fatalf("kind %v with confidence %v", v.Kind, v.Confidence)
	}
	for _, f := range v.Marks {
		for _, sp := range f.Spans {
			span(string(f.Mark), sp)
		}
	}
	for _, sp := range v.NewText {
		span("new text", sp)
	}
	for _, o := range v.Orders {
		if o == "" || !strings.Contains(m.Subject+m.Text, o) {
			t.Fatalf("order number %q is not in the message", o)
		}
	}
}

func TestSpansPointAtTheWordsOfTheMessageAndEachVerdictIsGivenAgain(t *testing.T) {
	examples := loadExamples(t)
	for _, e := range examples {
		v := Recognise(e.msg)
		checkVerdict(t, e.msg, v)
		if !reflect.DeepEqual(v, Recognise(e.msg)) {
			t.Fatalf("%s:%d: two verdicts differ", e.file, e.line)
		}
	}
	// The same in a message of shuffled and cut pieces.
	rng := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		var b strings.Builder
		for range 1 + rng.IntN(5) {
			s := examples[rng.IntN(len(examples))].msg.Text
			if len(s) == 0 {
				continue
			}
			from := rng.IntN(len(s))
			b.WriteString(s[from : from+rng.IntN(len(s)-from+1)])
			b.WriteString([]string{" ", "\n", "\n\n> ", "é", "\u0301", "\xff", "’", "ﬁ", "\u200b"}[rng.IntN(9)])
		}
		m := mailbox.Message{Subject: cut(b.String(), 60), Text: b.String()}
		checkVerdict(t, m, Recognise(m))
	}
}

func TestCaseAccentsAndApostrophesDoNotMatter(t *testing.T) {
	plain := strings.NewReplacer("é", "e", "è", "e", "ê", "e", "à", "a", "ç", "c", "î", "i", "ô", "o", "û", "u", "ù", "u", "’", "'")
	lost, n := 0, 0
	for _, e := range loadExamples(t) {
		if len(e.want) == 0 || e.eval {
			continue
		}
		n++
		for _, text := range []string{strings.ToUpper(e.msg.Text), plain.Replace(e.msg.Text), strings.ReplaceAll(e.msg.Text, "'", "’")} {
			m := e.msg
			m.Text = text
			if v := Recognise(m); v.Kind == Ordinary {
				t.Errorf("%s:%d is lost when written %.60q", e.file, e.line, text)
				lost++
			}
		}
	}
	t.Logf("%d of %d lost", lost, 3*n)
}

func TestHostileTextIsReadInBoundedWork(t *testing.T) {
	// A test of "it ends": each text is as long as a message may be.
	for _, piece := range []string{"supprimez mes données ", "a", "> ", "De : x\nObjet : y\n", "(((((", "art. 17 ", "\xff\xfe", "é", "On 1 wrote:\n", "n° 1042 ", "- \n", "delete them. ", "\n\n", "you have my data, ", "\u0301"} {
		text := strings.Repeat(piece, mailbox.MaxTextBytes/len(piece)+2)
		m := mailbox.Message{Subject: text, Text: text}
		checkVerdict(t, m, Recognise(m))
	}
}

func FuzzRecognise(f *testing.F) {
	// One in twenty: all are looked at by the tests above.
	for i, e := range loadExamples(f) {
		if i%20 != 0 {
			continue
		}
		f.Add(e.msg.Subject, e.msg.Text, e.msg.List)
	}
	f.Add("Re: \xff", "> \xc3\n-- \nDe : a\nEnvoyé : b\nÀ : c\n\nn° #-", true)
	f.Fuzz(func(t *testing.T, subject, text string, list bool) {
		m := mailbox.Message{Subject: subject, Text: text, List: list}
		checkVerdict(t, m, Recognise(m))
	})
}

func BenchmarkRecognise(b *testing.B) {
	examples := loadExamples(b)
	bytes := 0
	for _, e := range examples {
		bytes += len(e.msg.Text)
	}
	b.SetBytes(int64(bytes / len(examples)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		Recognise(examples[i%len(examples)].msg)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

func BenchmarkRecogniseHostile(b *testing.B) {
	text := strings.Repeat("you have my data, supprimez mes photos du compte et ", mailbox.MaxTextBytes/50)
	m := mailbox.Message{Text: text}
	for b.Loop() {
		Recognise(m)
	}
}
