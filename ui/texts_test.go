package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/assets"
)

func labelText(o fyne.CanvasObject) (string, bool) {
	if l, ok := o.(*widget.Label); ok {
		return l.Text, true
	}
	return "", false
}

// TestEveryKeyOfTheSourceHasAText reads the keys that the source asks for: whole
// literals must be there, literals that end in a point must begin some key.
func TestEveryKeyOfTheSourceHasAText(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	keys := assets.Keys("fr")
	asked := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"t", "n", "known", "item"}, sel.Sel.Name) {
				return true
			}
			arg := call.Args[0]
			whole := true
			for {
				b, ok := arg.(*ast.BinaryExpr)
				if !ok {
					break
				}
				arg, whole = b.X, false
			}
			lit, ok := arg.(*ast.BasicLit)
			if !ok {
				return true
			}
			key, _ := strconv.Unquote(lit.Value)
			asked++
			if whole && !assets.Has("fr", key) {
				t.Errorf("%s asks for %q, which has no text", path, key)
			}
			if !whole && sel.Sel.Name != "known" && !slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, key) }) {
				t.Errorf("%s asks for keys that begin with %q, and there are none", path, key)
			}
			return true
		})
	}
	if asked < 300 {
		t.Errorf("only %d keys were found: the search is broken", asked)
	}
}

func TestEveryWordOfTheProgramHasAText(t *testing.T) {
	var want []string
	for _, r := range request.Rights {
		want = append(want, "right."+r.String())
	}
	for s := cases.Received; s <= cases.Closed; s++ {
		want = append(want, "state."+s.String())
	}
	for l := cases.Unproven; l <= cases.Confirmed; l++ {
		want = append(want, "level."+l.String())
	}
	for _, l := range []cases.Link{cases.LinkUnknown, cases.Self, cases.Parent, cases.Lawyer, cases.Agent} {
		want = append(want, "link."+linkKey(l))
	}
	for _, tr := range cases.Transitions() {
		want = append(want, "step."+string(tr.Act))
		if tr.Act != cases.ActSetOutcome { // its event says which outcome
			want = append(want, tr.Event)
		}
		if tr.Act != cases.ActSelectOrders && tr.Act != cases.ActSetPerson && tr.Act != cases.ActCorrectRights {
			want = append(want, "step."+string(tr.Act)+".words")
		}
	}
	for _, k := range cases.LetterKinds {
		want = append(want, "letter."+k)
	}
	for _, g := range cases.Grounds(request.NoRight) {
		want = append(want, g.Key)
	}
	for _, o := range []cases.Outcome{cases.Granted, cases.Partly, cases.Denied, cases.Moot} {
		want = append(want, "outcome."+string(o))
	}
	for s := order.Unknown; s <= order.Gone; s++ {
		want = append(want, "orderState."+s.String())
	}
	for s := erasure.Running; s <= erasure.Refused; s++ {
		want = append(want, "run."+s.String())
	}
	for s := erasure.Pending; s <= erasure.Failed; s++ {
		want = append(want, "status."+s.String())
	}
	for _, k := range []plan.Kind{plan.Version, plan.Marker, plan.Upload, plan.Field} {
		want = append(want, "kind."+k.String())
	}
	for _, h := range []plan.Holds{plan.Photo, plan.Portrait, plan.Derived} {
		want = append(want, "holds."+string(h))
	}
	for _, n := range register.Names {
		want = append(want, "register."+string(n), "register."+string(n)+".words")
	}
	for _, p := range places {
		want = append(want, "nav."+p)
	}
	for _, f := range orderFilters[1:] {
		want = append(want, "media."+f, "media."+f+".one")
	}
	want = append(want, journalActs(t)...)
	for _, k := range want {
		for _, lang := range assets.Langs {
			if !assets.Has(lang, k) {
				t.Errorf("%q has no text in %s", k, lang)
			}
		}
	}
}

// journalActs reads the words of the acts that the journal knows.
func journalActs(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../app/evidence/journal.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Act") {
			return true
		}
		if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value)
			out = append(out, "journal."+s)
		}
		return true
	})
	if len(out) < 20 {
		t.Fatalf("only %d acts of the journal were found", len(out))
	}
	return out
}

func TestWordsAreWrittenAsEachLanguageWants(t *testing.T) {
	fr, en := speaker{lang: "fr", zone: law.Paris()}, speaker{lang: "en", zone: law.Paris()}
	for _, c := range []struct{ name, got, want string }{
		{"days left in French", fr.left(9), "dans 9 jours"},
		{"today in French", fr.left(0), "aujourd’hui"},
		{"one day late in French", fr.left(-1), "en retard de 1 jour"},
		{"tomorrow in English", en.left(1), "tomorrow"},
		{"three days late in English", en.left(-3), "3 days late"},
		{"a size in French", fr.size(1_240_000), "1,2\u00a0Mo"},
		{"a size in English", en.size(84_211), "84\u00a0kB"},
		{"bytes", en.size(12), "12\u00a0B"},
		{"the first of a month in French", fr.long(law.Date{Year: 2027, Month: 3, Day: 1}), "lundi 1er mars 2027"},
		{"an hour in French", fr.hour(now), "9\u202fh\u202f12"},
		{"an hour in English", en.hour(now), "09:12"},
		{"a list of rights", fr.rights([]request.Right{request.Erasure, request.Withdrawal}), "Effacement et retrait du consentement"},
		{"a thousand", fr.number(1040), "1\u202f040"},
		{"nobody", fr.person(" \x00 "), "(sans nom)"},
		{"a line about a case", fr.record("case 12"), "demande 12"},
		{"a line about a register", en.record("register processors"), "register Processors and recipients"},
		{"a reason with a date", fr.reason("kept by the storage under a lock until 2027-01-31"), "gardé par un verrou du stockage, jusqu’au dimanche 31 janvier 2027"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestADateIsReadAsSheTypesIt(t *testing.T) {
	want := law.Date{Year: 2026, Month: 12, Day: 3}
	for _, s := range []string{"2026-12-03", "03/12/2026", "3/12/2026", "3.12.2026", " 3 12 2026 "} {
		if got, ok := parseDate(s); !ok || got != want {
			t.Errorf("%q is read as %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"31/02/2026", "demain", "12", "2026-13-01"} {
		if _, ok := parseDate(s); ok {
			t.Errorf("%q is taken for a date", s)
		}
	}
	if d, ok := parseDate(""); !ok || !d.IsZero() {
		t.Error("an empty field is not taken for no date")
	}
}
