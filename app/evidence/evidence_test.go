package evidence_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/evidence"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.FixedZone("", 3600))

func journal(n int) []evidence.Entry {
	out := make([]evidence.Entry, n)
	prev := evidence.Genesis
	for i := range out {
		out[i] = evidence.Seal(evidence.Entry{Seq: int64(i + 1), At: noon.Add(time.Duration(i) * time.Second), Actor: "owner",
			Act: evidence.ActRunStarted, Record: fmt.Sprint("run ", i), Detail: fmt.Sprintf(`{"n":%d}`, i)}, prev)
		prev = out[i].Hash
	}
	return out
}

func verify(t testing.TB, c evidence.Chain, es []evidence.Entry) evidence.Report {
	t.Helper()
	i := 0
	r, err := c.Verify(func() (evidence.Entry, bool, error) {
		if i == len(es) {
			return evidence.Entry{}, false, nil
		}
		i++
		return es[i-1], true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAWholeJournalHolds(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100} {
		es := journal(n)
		r := verify(t, evidence.Chain{}, es)
		want := evidence.Genesis
		if n > 0 {
			want = es[n-1].Hash
		}
		if r.BrokenAt != nil || r.Entries != n || r.Head != want {
			t.Errorf("%d entries: %+v", n, r)
		}
	}
}

func TestTheHashIsTheOneDocumented(t *testing.T) {
	e := evidence.Seal(evidence.Entry{Seq: 1, At: noon, Actor: "owner", Act: evidence.ActProfileCreated, Record: "profile", Detail: "{}"}, evidence.Genesis)
	const want = "7113930865cde6100df7d37252fa8e48ac82c4075227df5573eb44e6624f850e"
	if e.Hash != want {
		t.Errorf("hash %s: journals written earlier would no longer verify", e.Hash)
	}
}

func TestEachDamageIsFoundAtItsPlace(t *testing.T) {
	for _, tc := range []struct {
		name   string
		damage func(es []evidence.Entry) []evidence.Entry
		at     int64
	}{
		{"another actor", func(es []evidence.Entry) []evidence.Entry { es[4].Actor = "rule media"; return es }, 5},
		{"another act", func(es []evidence.Entry) []evidence.Entry { es[4].Act = evidence.ActRunFinished; return es }, 5},
		{"another record", func(es []evidence.Entry) []evidence.Entry { es[4].Record = "run 9"; return es }, 5},
		{"another detail", func(es []evidence.Entry) []evidence.Entry { es[4].Detail = "{}"; return es }, 5},
		{"another time", func(es []evidence.Entry) []evidence.Entry { es[4].At = es[4].At.Add(1); return es }, 5},
		{"text moved from one field to the next", func(es []evidence.Entry) []evidence.Entry { es[4].Actor, es[4].Act = "ownerrun", ".started"; return es }, 5},
		{"another hash", func(es []evidence.Entry) []evidence.Entry { es[4].Hash = es[3].Hash; return es }, 5},
		{"changed and sealed again", func(es []evidence.Entry) []evidence.Entry {
			es[4].Actor = "x"
			es[4] = evidence.Seal(es[4], es[4].Prev)
			return es
		}, 6},
		{"the first one removed", func(es []evidence.Entry) []evidence.Entry { return es[1:] }, 1},
		{"one in the middle removed", func(es []evidence.Entry) []evidence.Entry { return slices.Delete(es, 4, 5) }, 5},
		{"several in the middle removed and renumbered", func(es []evidence.Entry) []evidence.Entry {
			es = slices.Delete(es, 4, 7)
			for i := range es {
				es[i].Seq = int64(i + 1)
			}
			return es
		}, 5},
		{"two exchanged", func(es []evidence.Entry) []evidence.Entry { es[4], es[5] = es[5], es[4]; return es }, 5},
		{"one there twice", func(es []evidence.Entry) []evidence.Entry { return slices.Insert(es, 4, es[3]) }, 5},
		{"one put in between", func(es []evidence.Entry) []evidence.Entry {
			return slices.Insert(es, 4, evidence.Seal(evidence.Entry{Seq: 5, At: noon, Actor: "x"}, es[3].Hash))
		}, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := verify(t, evidence.Chain{}, tc.damage(journal(10)))
			if r.BrokenAt == nil || *r.BrokenAt != tc.at || r.Why == "" {
				t.Errorf("%+v, want %d", r, tc.at)
			}
		})
	}
}

func TestAnchorsTellWhatTheChainCannot(t *testing.T) {
	es := journal(10)
	c := evidence.Chain{Anchors: []evidence.Anchor{{Seq: 3, Hash: es[2].Hash}, {Seq: 8, Hash: es[7].Hash}}}
	if r := verify(t, c, es); r.BrokenAt != nil {
		t.Errorf("whole: %+v", r)
	}
	if r := verify(t, c, es[:6]); r.BrokenAt == nil || *r.BrokenAt != 7 {
		t.Errorf("the end cut off: %+v", r)
	}
	prev := evidence.Genesis
	for i := range es {
		es[i].Detail = `{"n":99}`
		es[i] = evidence.Seal(es[i], prev)
		prev = es[i].Hash
	}
	if r := verify(t, evidence.Chain{}, es); r.BrokenAt != nil {
		t.Errorf("written anew, without anchors: %+v", r)
	}
	if r := verify(t, c, es); r.BrokenAt == nil || *r.BrokenAt != 3 {
		t.Errorf("written anew: %+v", r)
	}
}

func TestAJournalThatCannotBeReadIsAnError(t *testing.T) {
	stop := errors.New("disk")
	if _, err := (evidence.Chain{}).Verify(func() (evidence.Entry, bool, error) { return evidence.Entry{}, false, stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// TestAnyDamageIsFound changes journals at random: every difference from the
// sealed one is found, at or before the first entry that differs.
func TestAnyDamageIsFound(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 7))
		whole := journal(2 + r.IntN(30))
		es := slices.Clone(whole)
		i := r.IntN(len(es))
		switch r.IntN(4) {
		case 0:
			es[i].Record += "x"
		case 1:
			j := r.IntN(len(es))
			es[i], es[j] = es[j], es[i]
		case 2:
			if i < len(es)-1 {
				es = slices.Delete(es, i, i+1)
			}
		case 3:
			es = slices.Insert(es, i, es[r.IntN(len(es))])
		}
		first := slices.IndexFunc(whole, func(e evidence.Entry) bool { return int(e.Seq) > len(es) || es[e.Seq-1] != e })
		rep := verify(t, evidence.Chain{}, es)
		if same := first < 0 && len(es) == len(whole); same != (rep.BrokenAt == nil) {
			t.Fatalf("seed %d: %+v", seed, rep)
		}
		if rep.BrokenAt != nil && first >= 0 && *rep.BrokenAt != int64(first+1) {
			t.Fatalf("seed %d: broken at %d, first difference %d", seed, *rep.BrokenAt, first+1)
		}
	}
}

func TestEntriesThatMayNotBeWritten(t *testing.T) {
	good := evidence.Entry{At: noon, Actor: "owner", Act: evidence.ActCaseOpened, Record: "case 1", Detail: `{"rights":["erasure"]}`}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(e *evidence.Entry){
		"an unknown act":               func(e *evidence.Entry) { e.Act = "case.exploded" },
		"no actor":                     func(e *evidence.Entry) { e.Actor = "" },
		"no time":                      func(e *evidence.Entry) { e.At = time.Time{} },
		"an address in the detail":     func(e *evidence.Entry) { e.Detail = `{"to":"marie@example.net"}` },
		"an address in the record":     func(e *evidence.Entry) { e.Record = "marie@example.net" },
		"a detail that is no object":   func(e *evidence.Entry) { e.Detail = `["x"]` },
		"a detail that is no JSON":     func(e *evidence.Entry) { e.Detail = `{x}` },
		"a detail that is not compact": func(e *evidence.Entry) { e.Detail = `{"a": 1}` },
		"an endless detail":            func(e *evidence.Entry) { e.Detail = `{"a":"` + strings.Repeat("x", 10000) + `"}` },
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			change(&e)
			if err := e.Check(); !errors.Is(err, evidence.ErrEntry) || strings.Contains(err.Error(), "marie") {
				t.Errorf("Check: %v", err)
			}
		})
	}
	seen := map[string]bool{}
	for _, a := range evidence.Acts() {
		if seen[a] || !strings.Contains(a, ".") {
			t.Errorf("the act %q", a)
		}
		seen[a] = true
	}
}

func FuzzChain(f *testing.F) {
	f.Add(int64(1), "owner", "run.started", "run 1", "{}", "", "", int64(0))
	f.Add(int64(2), "", "\xff", "a\x00b", "{", "x", "y", int64(-5))
	f.Fuzz(func(t *testing.T, seq int64, actor, act, record, detail, prev, hash string, nano int64) {
		first := evidence.Seal(evidence.Entry{Seq: 1, At: noon, Actor: "owner"}, evidence.Genesis)
		e := evidence.Entry{Seq: seq, At: time.Unix(0, nano), Actor: actor, Act: act, Record: record, Detail: detail, Prev: prev, Hash: hash}
		_ = e.Check()
		if r := verify(t, evidence.Chain{}, []evidence.Entry{first, e}); r.BrokenAt == nil && (e.Prev != first.Hash || e.Hash == "") {
			t.Fatalf("accepted: %+v", e)
		}
		e.Seq = 2
		sealed := evidence.Seal(e, first.Hash)
		if r := verify(t, evidence.Chain{}, []evidence.Entry{first, sealed}); r.BrokenAt != nil {
			t.Fatalf("refused: %+v: %s", sealed, r.Why)
		}
		sealed.Record += "x"
		if r := verify(t, evidence.Chain{}, []evidence.Entry{first, sealed}); r.BrokenAt == nil {
			t.Fatalf("a change is accepted: %+v", sealed)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	es := journal(10000)
	for b.Loop() {
		if r := verify(b, evidence.Chain{}, es); r.BrokenAt != nil {
			b.Fatal(r)
		}
	}
}
