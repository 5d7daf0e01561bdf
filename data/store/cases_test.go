package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/data/store"
)

func aCase() cases.Case {
	return cases.Case{State: cases.InProgress, Asked: []cases.Asked{{Right: request.Erasure, Confidence: 0.9}}, Messages: []int64{1, 2}, Subject: "Erase", Channel: "mail", Language: "fr",
		Requester: cases.Person{Name: "Anouk Morel", Email: "Anouk@example.org"}, Concerned: cases.Person{Name: "Jeanne"}, Link: cases.Parent, Minor: true,
		Orders: []cases.Match{{Order: 1, Number: "101", Why: "match.email", Strong: true, Selected: true}}, Identity: cases.Identity{Level: cases.Probable, Signs: []cases.Sign{{Key: "k", For: true}}, At: day},
		ReceivedAt: day, DiscoveredAt: day.Add(time.Hour), Suspensions: []law.Suspension{{}}, Events: []cases.Event{{At: day, By: "owner", Key: "k", Note: "n"}},
		Letters: []cases.Letter{{Kind: "k", Lang: "fr", Text: "t", MadeAt: day}}, Runs: []int64{3}, Marks: []request.Mark{request.MarkMinor}, Territory: law.Metropole}
}

func TestCaseIsReadBackAsItWasStored(t *testing.T) {
	s := fresh(t)
	want := aCase()
	update(t, s, func(tx *store.Tx) {
		var err error
		want.ID, err = tx.NewCase(want)
		must(t, err)
		second, err := tx.NewCase(cases.Case{Requester: cases.Person{Email: "basile@example.org"}})
		must(t, err)
		if want.ID != 1 || second != 2 {
			t.Errorf("numbers %d and %d", want.ID, second)
		}
	})
	view(t, s, func(tx *store.Tx) {
		got, err := tx.Case(want.ID)
		must(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read back\n%+v, want\n%+v", got, want)
		}
		for email, n := range map[string]int{"anouk@example.org": 1, "basile@example.org": 1, "nobody@example.org": 0, "": 0} {
			cs, err := tx.CasesByEmail(email)
			must(t, err)
			if len(cs) != n {
				t.Errorf("%q has %d cases, want %d", email, len(cs), n)
			}
		}
		if _, err := tx.Case(99); !errors.Is(err, cases.ErrNotFound) {
			t.Errorf("no such case: %v", err)
		}
	})
	update(t, s, func(tx *store.Tx) {
		want.State, want.Requester.Email = cases.Closed, "new@example.org"
		must(t, tx.PutCase(want))
		if err := tx.PutCase(cases.Case{ID: 99}); !errors.Is(err, cases.ErrNotFound) {
			t.Errorf("a case that is not there: %v", err)
		}
		cs, err := tx.CasesByEmail("new@example.org")
		must(t, err)
		if len(cs) != 1 || !reflect.DeepEqual(cs[0], want) {
			t.Errorf("after a change %+v", cs)
		}
		all, err := tx.Cases()
		must(t, err)
		if len(all) != 2 || all[0].ID != 1 {
			t.Errorf("all: %+v", all)
		}
	})
}

func aStep(n int, key string) erasure.Step {
	return erasure.Step{N: n, At: day, Object: plan.Found{Object: plan.Object{Storage: "s3", Key: key, Version: "v", Kind: plan.Marker, SizeBytes: 9, ModifiedAt: day, Fingerprint: "f"}, Holds: plan.Photo, Order: 1, Number: "101"}}
}

func TestRunIsWrittenAheadWithItsSteps(t *testing.T) {
	s := fresh(t)
	rec := erasure.Record{Scope: plan.Scope{Case: 5, Orders: []int64{1, 2}, Person: true}, PlanHash: "h", By: "owner", StartedAt: day, Restrict: []plan.Held{{What: "w", Key: "k"}}, Keep: []plan.Kept{{What: "w"}}, BeforeHash: "b"}
	// A folder's file names are bytes: they must come back to the byte.
	steps := []erasure.Step{aStep(0, "uploads/101/a.jpg"), aStep(1, "uploads/101/\xff\xfe.jpg"), aStep(2, "uploads/101/\x00\"<é>.jpg")}
	update(t, s, func(tx *store.Tx) {
		var err error
		rec.ID, err = tx.BeginRun(rec, steps)
		must(t, err)
	})
	update(t, s, func(tx *store.Tx) {
		if _, err := tx.BeginRun(rec, nil); !errors.Is(err, erasure.ErrRunning) {
			t.Errorf("a second open run: %v", err)
		}
		if _, err := tx.BeginRun(erasure.Record{State: erasure.Refused, Reason: "r"}, nil); err != nil {
			t.Errorf("a refusal beside an open run: %v", err)
		}
		open, err := tx.OpenRuns()
		must(t, err)
		if len(open) != 1 || !reflect.DeepEqual(open[0], rec) {
			t.Errorf("open runs %+v, want %+v", open, rec)
		}
		got, err := tx.Steps(rec.ID)
		must(t, err)
		if !reflect.DeepEqual(got, steps) {
			t.Errorf("steps\n%+v, want\n%+v", got, steps)
		}
		steps[1].Status, steps[1].Reason, steps[1].At = erasure.Retained, "locked", day.Add(time.Minute)
		must(t, tx.MarkSteps(rec.ID, steps[1:2]))
		got, err = tx.Steps(rec.ID)
		must(t, err)
		if !reflect.DeepEqual(got, steps) {
			t.Errorf("after marking %+v, want %+v", got, steps)
		}
		for name, err := range map[string]error{
			"a step that was never written": tx.MarkSteps(rec.ID, []erasure.Step{{N: 7}}),
			"a step of no run":              tx.MarkSteps(99, steps[:1]),
			"a run that was never begun":    tx.PutRun(erasure.Record{ID: 99, State: erasure.Partial}),
			"the steps of no run":           func() error { _, err := tx.Steps(99); return err }(),
			"no such run":                   func() error { _, err := tx.Run(99); return err }(),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	update(t, s, func(tx *store.Tx) {
		rec.State, rec.EndedAt, rec.Erased, rec.AfterHash = erasure.Partial, day, 2, "a"
		must(t, tx.PutRun(rec))
		must(t, tx.PutRun(rec)) // the end may be written again after a kill
		got, err := tx.Run(rec.ID)
		must(t, err)
		if !reflect.DeepEqual(got, rec) {
			t.Errorf("the end is %+v, want %+v", got, rec)
		}
		open, err := tx.OpenRuns()
		must(t, err)
		if len(open) != 0 {
			t.Errorf("open runs %+v", open)
		}
		next, err := tx.BeginRun(erasure.Record{Scope: plan.Scope{Orders: []int64{2, 2}}}, nil)
		must(t, err)
		rec.State = erasure.Running
		if err := tx.PutRun(rec); !errors.Is(err, erasure.ErrRunning) {
			t.Errorf("opened again beside another: %v", err)
		}
		all, err := tx.Runs()
		must(t, err)
		if len(all) != 3 || all[0].ID != next {
			t.Errorf("runs, newest first: %+v", all)
		}
		by, err := tx.RunsOfOrders()
		must(t, err)
		if !reflect.DeepEqual(by, map[int64][]int64{1: {rec.ID}, 2: {rec.ID, next}}) {
			t.Errorf("runs of orders %v", by)
		}
	})
}

func TestRecordsKeepTheirPlaceAndSettingsTheirLastValue(t *testing.T) {
	s := fresh(t)
	update(t, s, func(tx *store.Tx) {
		for i, id := range []string{"T2", "T1", "T3", "T1"} {
			must(t, tx.PutRecord("processing", id, []byte{'0' + byte(i)}, day.Add(time.Duration(i))))
		}
		must(t, tx.PutRecord("breaches", "T2", []byte("other register"), day))
		must(t, tx.SetSetting("k", "1"))
		must(t, tx.SetSetting("k", "2"))
	})
	view(t, s, func(tx *store.Tx) {
		got, err := tx.Records("processing")
		must(t, err)
		want := []register.Stored{{ID: "T2", JSON: []byte("0"), ChangedAt: day}, {ID: "T1", JSON: []byte("3"), ChangedAt: day.Add(3)}, {ID: "T3", JSON: []byte("2"), ChangedAt: day.Add(2)}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("records %+v, want %+v", got, want)
		}
		if v, ok, err := tx.Setting("k"); err != nil || !ok || v != "2" {
			t.Errorf("setting %q, %v, %v", v, ok, err)
		}
		if _, ok, err := tx.Setting("unknown"); err != nil || ok {
			t.Errorf("a setting that was never set: %v, %v", ok, err)
		}
		if none, err := tx.Records("unknown"); err != nil || len(none) != 0 {
			t.Errorf("no register: %v, %v", none, err)
		}
	})
}

func TestATransactionSeesEachChangeOfItsCasesAndNoneOfItsCaller(t *testing.T) {
	s := fresh(t)
	update(t, s, func(tx *store.Tx) {
		c := aCase()
		var err error
		c.ID, err = tx.NewCase(c)
		must(t, err)
		all, err := tx.Cases()
		must(t, err)
		// What a caller does to what it was given is nobody else's.
		all[0].Requester.Name, all[0].Orders[0].Selected, all[0].Events[0].Note = "Somebody", false, "changed"
		if all, err = tx.Cases(); err != nil || !reflect.DeepEqual(all, []cases.Case{c}) {
			t.Errorf("%+v, %v", all, err)
		}
		c.State = cases.Closed
		must(t, tx.PutCase(c))
		second, err := tx.NewCase(cases.Case{})
		must(t, err)
		if all, err = tx.Cases(); err != nil || len(all) != 2 || all[0].State != cases.Closed || all[1].ID != second {
			t.Errorf("%+v, %v", all, err)
		}
		must(t, tx.DropCase(int64(second)))
		if all, err = tx.Cases(); err != nil || len(all) != 1 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
