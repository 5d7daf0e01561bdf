package cases_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
)

func TestEveryRightHasItsPath(t *testing.T) {
	for _, r := range request.Rights {
		p := cases.PathOf(r)
		if p.Article != r.Article() || len(p.Work) == 0 {
			t.Errorf("%s: %+v", r, p)
		}
		if p.Recipients != slices.Contains([]request.Right{request.Rectification, request.Erasure, request.Restriction}, r) {
			t.Errorf("%s: recipients %v, which is not GDPR Art. 19", r, p.Recipients)
		}
		var offered []string
		for _, g := range cases.Grounds(r) {
			if g.Rights != nil && g.Article != "GDPR Art. 11(2)" {
				offered = append(offered, g.Article)
			}
		}
		if !slices.Equal(offered, p.Grounds) {
			t.Errorf("%s: the path names the grounds %v, the page offers %v", r, p.Grounds, offered)
		}
		for _, key := range append(slices.Clone(p.Grounds), p.Article) {
			if !slices.ContainsFunc(law.Articles(), func(a law.Article) bool { return a.Key == key }) {
				t.Errorf("%s: %s is no article of the table", r, key)
			}
		}
	}
	if p := cases.PathOf(request.NoRight); p.Proof != cases.ProofDisclose || len(p.Work) != 0 {
		t.Errorf("the path of no right is not the strictest: %+v", p)
	}
}

func TestTheTableOfPathsIsTheDocumentedOne(t *testing.T) {
	source, err := os.ReadFile("path.go")
	if err != nil {
		t.Fatal(err)
	}
	_, doc, _ := strings.Cut(string(source), "// 12(2) and 11(2).\n")
	doc, _, _ = strings.Cut(doc, "// An objection to direct")
	var documented, table []string
	for line := range strings.Lines(doc) {
		if row, ok := strings.CutPrefix(line, "//\t"); ok {
			documented = append(documented, strings.TrimSpace(row))
		}
	}
	for _, p := range cases.Paths() {
		table = append(table, strings.TrimSpace(p.String()))
	}
	if !slices.Equal(documented, table) {
		t.Errorf("documented:\n%s\ntable:\n%s", strings.Join(documented, "\n"), strings.Join(table, "\n"))
	}
}

// The README has the same table between two marks; -update writes it anew.
func TestTheReadmeHasTheTableOfPaths(t *testing.T) {
	const begin, end = "<!-- paths: go test ./app/cases -run Readme -update -->\n", "<!-- end of paths -->"
	path := filepath.Join("..", "..", "README.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("the README has no place for the table of paths")
	}
	want := before + begin + cases.PathTable() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(raw) != want {
		t.Error("the table of paths in the README is not that of the program: run with -update")
	}
}

func TestWhatCountsAsWork(t *testing.T) {
	with := func(k cases.WorkKind, r request.Right) cases.Case {
		return cases.Done(opened(request.Access, request.Erasure, request.Objection), cases.Work{Right: r, Kind: k, Ref: "x 1", At: received, By: cases.ByOwner})
	}
	ran := opened()
	ran.Runs = []int64{7}
	tests := []struct {
		name  string
		c     cases.Case
		right request.Right
		want  bool
	}{
		{"a copy is work for access", with(cases.WorkCopy, request.Access), request.Access, true},
		{"a copy is no work for erasure", with(cases.WorkCopy, request.Erasure), request.Erasure, false},
		{"the copy of one right is not that of another", with(cases.WorkCopy, request.Access), request.Portability, false},
		{"a run is work for an objection", with(cases.WorkRun, request.Objection), request.Objection, true},
		{"a run is no work for access", with(cases.WorkRun, request.Access), request.Access, false},
		{"what was done by hand is work for anything", with(cases.WorkByHand, request.Access), request.Access, true},
		{"a run that has not ended is none", ran, request.Erasure, false},
		{"a run that was refused is none", cases.Note(ran, received, cases.ByGreffier, "case.run_refused", "0"), request.Erasure, false},
		{"a run of an older profile that ended is work", cases.Note(ran, received, cases.ByGreffier, "case.run_complete", "6"), request.Erasure, true},
		{"a run of an older profile is no copy", cases.Note(ran, received, cases.ByGreffier, "case.run_complete", "6"), request.Access, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.c.HasWork(tc.right); got != tc.want {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestTheNextStepIsToDoWhatIsAsked(t *testing.T) {
	c := walk(t, opened(request.Erasure, request.Objection), cases.ActAcknowledge, cases.ActStart)
	s := steps(t, c, 3)[0]
	if s.Act != cases.ActByHand || !slices.Equal(s.Rights, []request.Right{request.Erasure}) {
		t.Fatalf("first %+v", s)
	}
	c = walk(t, c, byHand(request.Erasure))
	if s = steps(t, c, 3)[0]; !slices.Equal(s.Rights, []request.Right{request.Objection}) {
		t.Fatalf("then %+v", s)
	}
	c = walk(t, c, byHand(request.Objection))
	if got := cases.Primary(steps(t, c, 3)); got != cases.ActSetOutcome {
		t.Errorf("when all is done the owner says how it ends, not %q", got)
	}
	c = walk(t, c, outcome(request.Erasure, cases.Granted), outcome(request.Objection, cases.Denied))
	if got := cases.Primary(steps(t, c, 3)); got != cases.ActAnswer {
		t.Errorf("when all is decided she answers, not %q", got)
	}
	// Access to what nobody may have yet leads to the question who asks.
	c = walk(t, opened(request.Access), cases.ActAcknowledge)
	if got := cases.Primary(steps(t, c, 3)); got != cases.ActAskIdentity {
		t.Errorf("unproven access leads to %q", got)
	}
}
