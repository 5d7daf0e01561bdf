package cases_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
)

var anyNumber = regexp.MustCompile(`\d+`)

// numbersOf returns the numbers that stand in texts.
func numbersOf(texts ...string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, anyNumber.FindAllString(t, -1)...)
	}
	return out
}

// drawn are facts by chance, with all that they say in words: every figure,
// date, name and ground, by the right under which it has to stand.
type drawn struct {
	f    cases.Facts
	says map[request.Right][]string
}

func draw(r *rand.Rand, lang string) drawn {
	d := drawn{says: map[request.Right][]string{}}
	say := func(right request.Right, words ...string) { d.says[right] = append(d.says[right], words...) }
	n := func() int { return 2 + r.IntN(9000) }
	date := func() law.Date {
		return law.DateOf(time.Date(2026, 3, 6+r.IntN(300), 12, 0, 0, 0, time.UTC), paris)
	}
	long := func(x law.Date) string { return law.FormatDate(x, lang, true) }
	name := func(what string) string { return fmt.Sprintf("%s %d", what, n()) }
	instant := func() time.Time {
		return time.Date(2026, 3, 6+r.IntN(40), r.IntN(24), 0, 0, 0, time.UTC)
	}
	f := cases.Facts{Zone: paris, Controller: "Atelier Lavande", Address: "rue de la Gare, Lille", Email: "contact@atelier.example"}

	f.ErasedAt = instant()
	say(request.Erasure, long(law.DateOf(f.ErasedAt, paris)))
	for _, h := range []string{"photo", "portrait", "derived", "field"} {
		if r.IntN(2) == 0 {
			x := cases.Erased{Holds: h, Count: n()}
			f.Erased = append(f.Erased, x)
			say(request.Erasure, strconv.Itoa(x.Count))
		}
	}
	stays := func() (out []cases.Stays) {
		for range r.IntN(3) {
			x := cases.Stays{What: name("F"), Ground: name("L"), Until: date()}
			out = append(out, x)
			say(request.Erasure, x.What, x.Ground, long(x.Until))
		}
		return out
	}
	f.Kept, f.Restricted, f.Left = stays(), stays(), stays()
	for range r.IntN(3) {
		x := cases.Told{Name: name("R"), On: date()}
		f.Told = append(f.Told, x)
		for _, right := range []request.Right{request.Erasure, request.Rectification, request.Restriction} {
			say(right, x.Name, long(x.On))
		}
	}
	if r.IntN(2) == 0 {
		f.BackupsGone, f.Certificate = date(), name("C")
		say(request.Erasure, long(f.BackupsGone), f.Certificate)
	}
	for range 1 + r.IntN(3) {
		p := cases.Purpose{Name: name("P"), Basis: name("B"), Data: name("D"), Period: name("T")}
		f.Purposes = append(f.Purposes, p)
		say(request.Access, p.Name, p.Basis, p.Data, p.Period)
		f.Recipients = append(f.Recipients, name("R"))
		f.Files = append(f.Files, name("z"))
	}
	say(request.Access, append(slices.Clone(f.Recipients), f.Files...)...)
	say(request.Portability, f.Files...)
	if r.IntN(2) == 0 {
		f.FilesUntil, f.Transfers, f.Source, f.Automated = date(), []string{name("US")}, name("S"), name("A")
		f.LeftOut = []cases.Stays{{What: name("V"), Ground: name("W")}}
		say(request.Access, long(f.FilesUntil), f.Transfers[0], f.Source, f.Automated, f.LeftOut[0].What, f.LeftOut[0].Ground)
		say(request.Portability, long(f.FilesUntil), f.LeftOut[0].What, f.LeftOut[0].Ground)
	}
	for range 1 + r.IntN(3) {
		x := cases.Change{Field: name("K"), Was: name("O"), Now: name("N")}
		f.Changes = append(f.Changes, x)
		say(request.Rectification, x.Field, x.Was, x.Now)
		u := cases.Use{Name: name("U"), Since: date()}
		f.Uses = append(f.Uses, u)
		say(request.Objection, u.Name, long(u.Since))
		say(request.Withdrawal, u.Name, long(u.Since))
	}
	f.RestrictedAt = instant()
	say(request.Restriction, long(law.DateOf(f.RestrictedAt, paris)))
	d.f = f
	return d
}

// ownNumbers are those that the templates bring themselves: articles and the
// address of the CNIL.
func ownNumbers(t *testing.T, lang string) []string {
	var out []string
	for _, kind := range append(slices.Clone(cases.LetterKinds), cases.LetterParts()...) {
		subject, body, ok := files{}.Letter(kind, lang)
		if !ok {
			t.Fatal(kind)
		}
		out = append(out, numbersOf(subject, body)...)
	}
	return out
}

// TestAnAnswerTellsWhatHappenedAndNothingElse draws facts and asks that the
// answer tells every one of them and has no number that none of them has.
func TestAnAnswerTellsWhatHappenedAndNothingElse(t *testing.T) {
	r := rand.New(rand.NewPCG(34, 12))
	for i := range 150 {
		lang := []string{"fr", "en"}[i%2]
		d := draw(r, lang)
		outcomes := map[request.Right]cases.Outcome{}
		for _, right := range request.Rights {
			if r.IntN(3) > 0 {
				outcomes[right] = []cases.Outcome{cases.Granted, cases.Partly, cases.Denied}[r.IntN(3)]
			}
		}
		if outcomes[request.Erasure] == cases.Granted && len(d.f.Left) > 0 {
			outcomes[request.Erasure] = cases.Partly
		}
		if len(outcomes) == 0 {
			continue
		}
		c := ended(t, outcomes)
		c.Minor, c.Link = r.IntN(2) == 0, []cases.Link{cases.Self, cases.Parent, cases.Lawyer}[r.IntN(3)]
		if c.Link != cases.Self {
			c.Authority = &cases.Authority{Kind: cases.AuthoritySeen, Words: "seen"}
		}
		reason := fmt.Sprintf("Q %d", 10000+r.IntN(1000))
		for k := range c.Asked {
			if c.Asked[k].Ground != "" {
				c.Asked[k].Reason = reason
			}
		}
		l, err := cases.Draft(c, cases.LetterAnswer, d.f, files{}, lang, now)
		if err != nil {
			t.Fatal(err)
		}
		allowed := append(ownNumbers(t, lang), numbersOf(reason, "12 1042 1043", law.FormatDate(law.DateOf(c.ReceivedAt, paris), lang, true), law.Cite("GDPR Art. 17(3)(b)", lang))...)
		for _, a := range c.Asked {
			if a.Ground != "" && (!strings.Contains(l.Text, reason) || !strings.Contains(l.Text, law.Cite(a.Ground, lang))) {
				t.Errorf("%s: the reason or the ground is not told:\n%s", a.Right, l.Text)
			}
			if a.Outcome == cases.Denied {
				continue
			}
			for _, words := range d.says[a.Right] {
				if !strings.Contains(l.Text, words) {
					t.Errorf("%s does not tell %q:\n%s", a.Right, words, l.Text)
				}
			}
			allowed = append(allowed, numbersOf(d.says[a.Right]...)...)
		}
		for _, n := range numbersOf(l.Subject, l.Text) {
			if !slices.Contains(allowed, n) {
				t.Errorf("the letter says %s, which no fact does:\n%s", n, l.Text)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func TestAnEditedLetterThatLostAFigureIsFound(t *testing.T) {
	c := ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Partly, request.Objection: cases.Denied})
	f := shopFacts("fr")
	made, err := cases.Draft(c, cases.LetterAnswer, f, files{}, "fr", now)
	if err != nil {
		t.Fatal(err)
	}
	if lost := cases.LostIn(c, made, f, made.Text); len(lost) != 0 {
		t.Errorf("as it was made, it lost %v", lost)
	}
	if lost := cases.LostIn(c, made, f, strings.ToUpper(made.Text)+"\n\nBien à vous"); len(lost) != 0 {
		t.Errorf("in capitals it lost %v", lost)
	}
	for field, words := range map[string]string{"Erased": "42", "ErasedOn": "vendredi 13 mars 2026, nous avons", "Kept": "code de commerce, art. L. 123-22", "Told": "Imprimerie du Nord", "BackupsGone": "12 avril", "Reason": "les factures restent dix ans"} {
		lost := cases.LostIn(c, made, f, strings.ReplaceAll(made.Text, words, "…"))
		if field == "ErasedOn" {
			continue // the day stands elsewhere too
		}
		if !slices.ContainsFunc(lost, func(l cases.Lost) bool { return l.Field == field }) {
			t.Errorf("without %q: %v", words, lost)
		}
	}
	refusal, err := cases.Draft(ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Denied}), cases.LetterRefuse, f, files{}, "fr", now)
	if err != nil {
		t.Fatal(err)
	}
	if lost := cases.LostIn(c, refusal, f, "Non."); len(lost) < 3 {
		t.Errorf("a bare no lost %v", lost)
	}
}

func TestShippedWordingsHaveNoProblem(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, kind := range cases.Templates() {
			subject, body, ok := files{}.Letter(kind, lang)
			if !ok {
				t.Fatalf("no %s in %s", kind, lang)
			}
			for _, p := range cases.CheckWording(kind, lang, subject, body, files{}, now) {
				t.Errorf("%s/%s: %+v", lang, kind, p)
			}
			places := cases.Places(kind)
			for _, n := range cases.Needs(kind) {
				if !slices.Contains(places, n) {
					t.Errorf("%s needs %s, which is not offered", kind, n)
				}
			}
		}
	}
}

func TestAWordingThatLacksWhatTheLawWantsIsFound(t *testing.T) {
	without := func(kind, words, with string) string {
		_, body, _ := files{}.Letter(kind, "fr")
		if !strings.Contains(body, words) {
			t.Fatalf("%s does not say %q", kind, words)
		}
		return strings.ReplaceAll(body, words, with)
	}
	for name, tc := range map[string]struct {
		kind, subject, body string
		code, field         string
		line                int
		soft                bool
	}{
		"no remedies in a refusal":            {cases.LetterRefuse, "x", without(cases.LetterRefuse, `{{template "part-remedies" .}}`, ""), "remedies", "", 0, false},
		"no remedies in an answer":            {cases.LetterAnswer, "x", without(cases.LetterAnswer, `{{template "part-remedies" .}}`, ""), "remedies", "", 0, false},
		"remedies without a place":            {"part-remedies", "", "Écrivez à la CNIL.", "remedies", "", 0, false},
		"no reason in an extension":           {cases.LetterExtend, "x", without(cases.LetterExtend, "{{.Reason}}", ""), "lost", "Reason", 0, false},
		"no new date in an extension":         {cases.LetterExtend, "x", without(cases.LetterExtend, "{{.NewDue}}", "bientôt"), "lost", "NewDue", 0, false},
		"no code":                             {cases.LetterCode, "x", without(cases.LetterCode, "{{.Code}}", ""), "lost", "Code", 0, false},
		"a code that is never shown":          {cases.LetterCode, "x", without(cases.LetterCode, "{{.Code}}", `{{if has "Fee"}}{{.Code}}{{end}}`) + " ", "lost", "", 0, false},
		"no purposes":                         {"answer-access", "", without("answer-access", "{{.Data}}", ""), "lost", "Purposes", 0, false},
		"no recipients":                       {"answer-access", "", without("answer-access", `{{join .Recipients "et"}}`, "nos partenaires"), "lost", "Recipients", 0, false},
		"no day until which something stays":  {"part-what", "", "- {{.What}} : {{.Ground}}", "lost", "Kept", 0, false},
		"a place that nobody knows":           {cases.LetterClose, "x", "Bonjour\n\nLe {{.Received}}, {{.Phone}}", "field", "Phone", 3, false},
		"a place in words that nobody knows":  {cases.LetterClose, "x", `{{.Received}} {{if has "Phone"}}x{{end}}`, "field", "Phone", 1, false},
		"a place that is never filled here":   {cases.LetterClose, "x", "{{.Received}} {{.What}}", "field", "What", 0, false},
		"a place that is not always filled":   {cases.LetterClose, "x", "{{.Received}} {{.Site}}", "optional", "Site", 0, true},
		"not closed":                          {cases.LetterClose, "x", "Bonjour\n{{.Received", "syntax", "", 2, false},
		"an unknown word":                     {cases.LetterClose, "x", "{{exec .Received}}", "function", "exec", 0, false},
		"a word of the language that is kept": {cases.LetterClose, "x", `{{printf "%99999d" 1}}{{.Received}}`, "function", "printf", 1, false},
		"another template changed in passing": {cases.LetterClose, "x", `{{define "part-remedies"}}{{end}}{{.Received}}`, "define", "part-remedies", 0, false},
		"a part that is not there":            {cases.LetterClose, "x", "{{.Received}}\n{{template \"part-x\" .}}", "part", "part-x", 2, false},
		"nothing at all":                      {cases.LetterClose, "x", " \n", "empty", "Text", 0, false},
		"no subject":                          {cases.LetterClose, " ", "{{.Received}}", "empty", "Subject", 0, false},
		"no reference in a notice":            {cases.LetterNotice, "Effacement", without(cases.LetterNotice, "x", "x"), "reference", "", 0, false},
		"no measures in a breach":             {cases.LetterBreach, "x", without(cases.LetterBreach, "{{.Measures}}", ""), "lost", "Measures", 0, false},
		"no signature":                        {"part-signature", "", "Bien à vous, {{.Controller}}", "lost", "Email", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			ps := cases.CheckWording(tc.kind, "fr", tc.subject, tc.body, files{}, now)
			if tc.code == "" {
				return
			}
			if !slices.ContainsFunc(ps, func(p cases.Problem) bool {
				return p.Code == tc.code && (tc.field == "" || p.Field == tc.field) && (tc.line == 0 || p.Line == tc.line) && p.Hard != tc.soft
			}) {
				t.Errorf("%+v", ps)
			}
			if cases.Usable(ps) != tc.soft {
				t.Errorf("usable: %v", ps)
			}
		})
	}
}

func TestPreviewsOfEveryKind(t *testing.T) {
	own := cases.Facts{Zone: paris, Controller: "Atelier", Address: "Lille", Email: "a@atelier.example"}
	for _, kind := range cases.Templates() {
		subject, body, _ := files{}.Letter(kind, "fr")
		for _, s := range []cases.Sample{{}, {Partly: true}, {Youth: true}, {Bare: true}} {
			if l, err := cases.Preview(kind, "fr", subject, body, s, own, files{}, now); err != nil || l.Text == "" {
				t.Errorf("%s %+v: %v", kind, s, err)
			}
		}
		if _, err := cases.PreviewCase(kind, "fr", subject, body, opened(), shopFacts("fr"), files{}, now); err != nil &&
			!errors.Is(err, cases.ErrLetterFacts) && !errors.Is(err, cases.ErrLetterField) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestBreachLetters(t *testing.T) {
	b := cases.BreachFacts{Nature: "availability", HappenedAt: day(0), KnownAt: day(1), What: "un disque est tombé en panne.", Effects: "Vous ne retrouverez pas vos photographies.", Measures: "Nous avons rétabli la sauvegarde du 4 mars."}
	f := shopFacts("fr")
	for name, tc := range map[string]struct {
		change func(*cases.BreachFacts)
		want   error
	}{
		"whole":                   {func(*cases.BreachFacts) {}, nil},
		"nothing of what it does": {func(b *cases.BreachFacts) { b.Effects = "" }, cases.ErrLetterField},
		"no measures":             {func(b *cases.BreachFacts) { b.Measures = " " }, cases.ErrLetterField},
		"nobody knows since when": {func(b *cases.BreachFacts) { b.KnownAt = time.Time{}; b.HappenedAt = time.Time{} }, cases.ErrLetterField},
		"known before it was":     {func(b *cases.BreachFacts) { b.HappenedAt = day(3) }, cases.ErrLetterFacts},
		"known tomorrow":          {func(b *cases.BreachFacts) { b.KnownAt = day(9) }, cases.ErrLetterFacts},
	} {
		t.Run(name, func(t *testing.T) {
			x := b
			tc.change(&x)
			l, err := cases.BreachLetter(x, cases.Person{Name: "Anne\nBcc: x", Email: "anne@example.org"}, []string{"1042"}, f, files{}, "fr", day(4))
			if !errors.Is(err, tc.want) {
				t.Fatalf("%v", err)
			}
			if err == nil && (l.To != "anne@example.org" || strings.Contains(l.Text, "\nBcc") || !strings.Contains(l.Text, "perdues")) {
				t.Errorf("%+v", l)
			}
		})
	}
}
