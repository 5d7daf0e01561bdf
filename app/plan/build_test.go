package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
)

// shelf is a storage in memory that can only be looked at.
type shelf struct {
	name    string
	objects []plan.Object
	fail    error
	calls   int
}

func (s *shelf) Name() string { return s.name }

func (s *shelf) List(_ context.Context, prefix string, yield func(plan.Object) error) error {
	s.calls++
	if s.fail != nil {
		return s.fail
	}
	for _, o := range s.objects {
		if strings.HasPrefix(o.Key, prefix) {
			if err := yield(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *shelf) put(key, version string, kind plan.Kind) {
	s.objects = append(s.objects, plan.Object{Storage: s.name, Key: key, Version: version, Kind: kind, SizeBytes: 10, Fingerprint: "f" + version})
}

var (
	locators = []plan.Locator{at("uploads/{order}/"), {Storage: "photos", Holds: plan.Portrait, Key: "img/{order}"}}
	day      = law.Date{Year: 2026, Month: 11, Day: 23}
	made     = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
)

func world() (*shelf, map[string]plan.Lister, []order.Order) {
	s := &shelf{name: "photos"}
	s.put("uploads/104/a.jpg", "1", plan.Version)
	s.put("uploads/104/a.jpg", "2", plan.Marker)
	s.put("uploads/104/b.jpg", "u", plan.Upload)
	s.put("uploads/1042/a.jpg", "1", plan.Version)
	s.put("img/104.jpg", "1", plan.Version)
	s.put("img/104-2.jpg", "1", plan.Version)
	s.put("img/1042.jpg", "1", plan.Version)
	s.put("loose/x.jpg", "1", plan.Version)
	s.put("loose/x.jpg2", "1", plan.Version)
	s.put("uploads/9999/z.jpg", "1", plan.Version)
	orders := []order.Order{
		{ID: 1, Number: "104", State: order.Completed, CompletedAt: made.AddDate(0, -2, 0), Photos: []string{"loose/x.jpg", "https://s3.example.net/photos/uploads/104/a.jpg?x=1", "https://gone.example/y.jpg"}},
		{ID: 2, Number: "1042", State: order.Open, CreatedAt: made},
		{ID: 3, Number: "104-2", State: order.Cancelled, CreatedAt: made},
	}
	return s, map[string]plan.Lister{"photos": s}, orders
}

func keys(fs []plan.Found) string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Key+"@"+f.Version)
	}
	return strings.Join(out, " ")
}

func TestSurveyFindsWhatBelongsToAnOrderAndNothingElse(t *testing.T) {
	_, storages, orders := world()
	found, missing, err := plan.Survey(t.Context(), storages, locators, orders[:1], bases, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := keys(found), "img/104-2.jpg@1 img/104.jpg@1 loose/x.jpg@1 uploads/104/a.jpg@1 uploads/104/a.jpg@2 uploads/104/b.jpg@u"; got != want {
		t.Errorf("found %s\nwant  %s", got, want)
	}
	if len(missing) != 1 || missing[0].Text != "https://gone.example/y.jpg" {
		t.Errorf("missing %v", missing)
	}
	shared := plan.Shared(found, orders, locators, bases)
	if got := shared[plan.KeyID("photos", "img/104-2.jpg")]; !slices.Equal(got, []string{"104-2"}) || len(shared) != 1 {
		t.Errorf("shared %v", shared)
	}
}

func TestAReferenceIntoAnotherOrdersPlaceIsShared(t *testing.T) {
	s, storages, orders := world()
	orders[0].Photos = []string{"uploads/1042/a.jpg", "uploads/9999/z.jpg"}
	found, _, err := plan.Survey(t.Context(), storages, locators, orders[:1], bases, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{Orders: orders[:1], Found: found, SharedBy: plan.Shared(found, orders, locators, bases), Today: day}
	p := plan.Build(in)
	for _, f := range p.Erase {
		if strings.Contains(f.Key, "1042") || strings.Contains(f.Key, "9999") {
			t.Errorf("%s would be erased with order 104", f.Key)
		}
	}
	if len(p.Keep) != 3 || s.calls == 0 {
		t.Errorf("kept %v", p.Keep)
	}
}

func TestTheSameNumberInAnotherShopIsShared(t *testing.T) {
	_, storages, orders := world()
	orders = append(orders, order.Order{ID: 9, Shop: "other", Number: "104"})
	found, _, err := plan.Survey(t.Context(), storages, locators[:1], orders[:1], nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Build(plan.Input{Orders: orders[:1], Found: found, SharedBy: plan.Shared(found, orders, locators, nil), Today: day})
	if len(p.Erase) != 1 || p.Erase[0].Key != "loose/x.jpg" {
		t.Errorf("erased: %s", keys(p.Erase))
	}
}

func TestSurveyAllListsEachRootOnce(t *testing.T) {
	s, storages, orders := world()
	found, orphans, err := plan.SurveyAll(t.Context(), storages, append(locators, at("uploads/{order}/small/")), orders, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.calls != 2 {
		t.Errorf("%d listings for two roots", s.calls)
	}
	if got, want := keys(found), "img/104-2.jpg@1 img/104.jpg@1 img/1042.jpg@1 uploads/104/a.jpg@1 uploads/104/a.jpg@2 uploads/104/b.jpg@u uploads/1042/a.jpg@1"; got != want {
		t.Errorf("found %s\nwant  %s", got, want)
	}
	if len(orphans) != 1 || orphans[0].Number != "9999" || orphans[0].Order != 0 {
		t.Errorf("orphans %v", orphans)
	}
	for _, f := range found {
		if f.Key == "img/104-2.jpg" && f.Order != 3 {
			t.Errorf("%s went to order %s", f.Key, f.Number)
		}
	}
}

func TestAStorageThatCannotBeSeenMakesNoPlan(t *testing.T) {
	s, storages, orders := world()
	s.fail = errors.New("offline")
	if f, _, err := plan.Survey(t.Context(), storages, locators, orders, nil, nil); !errors.Is(err, s.fail) || f != nil {
		t.Errorf("Survey = %v, %v", f, err)
	}
	if f, _, err := plan.SurveyAll(t.Context(), storages, locators, orders, nil); !errors.Is(err, s.fail) || f != nil {
		t.Errorf("SurveyAll = %v, %v", f, err)
	}
	if _, _, err := plan.Survey(t.Context(), nil, locators, orders, nil, nil); !errors.Is(err, plan.ErrUnknownStorage) {
		t.Errorf("an unknown storage: %v", err)
	}
	s.fail = nil
	if _, _, err := plan.Survey(t.Context(), storages, locators, []order.Order{{ID: 7}}, nil, nil); !errors.Is(err, plan.ErrNoOrderNumber) {
		t.Errorf("an order without a number: %v", err)
	}
}

func TestGroundsOfAPlan(t *testing.T) {
	_, storages, orders := world()
	found, missing, err := plan.Survey(t.Context(), storages, locators, orders[:1], bases, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{Scope: plan.Scope{Case: 3, Person: true}, Orders: orders[:1], Found: found, Missing: missing,
		SharedBy: plan.Shared(found, orders, locators, bases), Today: day, Lang: "fr", MadeAt: made}
	p := plan.Build(in)
	if len(p.Erase) != 5 || len(p.Restrict) != 1 || len(p.Keep) != 3 {
		t.Fatalf("%d erased, %d restricted, %d kept", len(p.Erase), len(p.Restrict), len(p.Keep))
	}
	if h := p.Restrict[0]; h.Until.String() != "2036-12-31" || !strings.Contains(h.Ground, "L123-22") || h.What != "facture et données comptables de la commande 104" {
		t.Errorf("invoice: %+v", h)
	}
	all := fmt.Sprint(p.Keep)
	for _, want := range []string{"appartient aussi à la commande 104-2, que cette demande ne concerne pas", "introuvable", "compte client", "à la main"} {
		if !strings.Contains(all, want) {
			t.Errorf("the kept rows do not say %q", want)
		}
	}
	cited := map[string]bool{}
	for _, a := range law.Articles() {
		cited[a.Key] = true
	}
	for _, k := range p.Keep {
		if k.Article != "" && !cited[k.Article] {
			t.Errorf("%q is not in the table of articles", k.Article)
		}
	}
	if !cited[p.Restrict[0].Article] {
		t.Errorf("%q is not in the table of articles", p.Restrict[0].Article)
	}
	in.Lang = "en"
	if q := plan.Build(in); !strings.Contains(fmt.Sprint(q.Keep), "also belongs to order 104-2, which this request does not concern") {
		t.Errorf("English: %v", q.Keep)
	}
	in.Holds = []plan.Hold{{ID: 1, Order: 1, Reason: "litige", Article: "GDPR Art. 17(3)(e)", Until: day.AddDays(30)}, {ID: 2, Order: 1, Reason: "plainte"}, {ID: 3, Order: 2, Reason: "x"}}
	q := plan.Build(in)
	if len(q.Erase) != 0 || len(q.Restrict) != 7 || !q.Restrict[1].Until.IsZero() {
		t.Errorf("under a hold: %d erased, %v", len(q.Erase), q.Restrict)
	}
	in.Holds = []plan.Hold{{ID: 1, Order: 1, Until: day.AddDays(-1)}, {ID: 2, Order: 1, From: day.AddDays(1)}}
	if q := plan.Build(in); len(q.Erase) != 5 {
		t.Errorf("holds of other days protect: %d erased", len(q.Erase))
	}
}

func TestInvoices(t *testing.T) {
	for _, tc := range []struct {
		name  string
		order order.Order
		until string
		rows  int
	}{
		{"completed", order.Order{State: order.Completed, CompletedAt: made, CreatedAt: made.AddDate(-1, 0, 0)}, "2036-12-31", 1},
		{"open, by its creation", order.Order{State: order.Open, CreatedAt: made.AddDate(-1, 0, 0)}, "2035-12-31", 1},
		{"refunded", order.Order{State: order.Refunded, CompletedAt: made}, "2036-12-31", 1},
		{"in the shop's bin", order.Order{State: order.Trashed, CompletedAt: made}, "2036-12-31", 1},
		{"cancelled", order.Order{State: order.Cancelled, CreatedAt: made}, "", 0},
		{"failed", order.Order{State: order.Failed, CreatedAt: made}, "", 0},
		{"more than ten years ago", order.Order{State: order.Completed, CompletedAt: made.AddDate(-12, 0, 0)}, "", 0},
		{"without any date", order.Order{State: order.Unknown}, "", 1},
		{"on New Year's Eve in Paris", order.Order{State: order.Completed, CompletedAt: time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC)}, "2036-12-31", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.order.ID, tc.order.Number = 1, "1"
			p := plan.Build(plan.Input{Orders: []order.Order{tc.order}, Today: day})
			if len(p.Restrict) != tc.rows || tc.rows > 0 && p.Restrict[0].Until.String() != tc.until {
				t.Errorf("restricted: %+v", p.Restrict)
			}
		})
	}
}

func TestAnEmptyPlanPrintsEmptyLists(t *testing.T) {
	b, err := json.Marshal(plan.Build(plan.Input{Today: day}))
	if err != nil || !strings.Contains(string(b), `"erase":[],"restrict":[],"keep":[]`) {
		t.Errorf("%s, %v", b, err)
	}
}

// TestWhatIsProtectedIsNeverErased builds plans from random facts: what a hold
// or another order protects is never in the erase group, each object found is
// in exactly one group, nothing else is erased, and the order of the facts does
// not matter.
func TestWhatIsProtectedIsNeverErased(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		in := plan.Input{Today: day, MadeAt: made, SharedBy: map[string][]string{}, Lang: []string{"fr", "en"}[r.IntN(2)], Scope: plan.Scope{Person: r.IntN(2) == 0}}
		for i := range 1 + r.IntN(4) {
			in.Orders = append(in.Orders, order.Order{ID: int64(i + 1), Number: fmt.Sprint(100 + i), State: order.State(r.IntN(8)), CreatedAt: made.AddDate(-r.IntN(14), 0, 0)})
		}
		byKey := map[string]bool{}
		for range r.IntN(30) {
			f := plan.Found{Order: int64(r.IntN(6)), Number: "n", Object: plan.Object{Storage: "s", Key: fmt.Sprint("k", r.IntN(12)), Version: fmt.Sprint(r.IntN(3)), Kind: plan.Kind(r.IntN(3)), SizeBytes: int64(r.IntN(99))}}
			in.Found = append(in.Found, f)
			byKey[plan.KeyID("s", f.Key)] = true
		}
		for id := range byKey {
			for range r.IntN(3) {
				in.SharedBy[id] = append(in.SharedBy[id], fmt.Sprint(100+r.IntN(8)))
			}
		}
		for range r.IntN(4) {
			in.Holds = append(in.Holds, plan.Hold{ID: int64(r.IntN(9)), Order: int64(r.IntN(6)), Reason: "x", From: day.AddDays(r.IntN(5) - 3), Until: day.AddDays(r.IntN(5) - 2)})
		}
		p := plan.Build(in)
		if p.Hash != plan.HashOf(p) || len(p.Hash) != 64 {
			t.Fatalf("seed %d: hash %q", seed, p.Hash)
		}
		groups, distinct := map[string]int{}, map[string]plan.Found{}
		for _, f := range in.Found {
			if _, ok := distinct[f.ID()]; !ok {
				distinct[f.ID()] = f
			}
		}
		for _, f := range p.Erase {
			groups[f.ID()]++
			if _, ok := distinct[f.ID()]; !ok {
				t.Fatalf("seed %d: %q is erased but was never found", seed, f.ID())
			}
			for _, n := range in.SharedBy[plan.KeyID(f.Storage, f.Key)] {
				if !slices.ContainsFunc(in.Orders, func(o order.Order) bool { return o.Number == n }) {
					t.Fatalf("seed %d: %s is erased but belongs to order %s too", seed, f.Key, n)
				}
			}
			for _, h := range in.Holds {
				number := fmt.Sprint(99 + h.Order)
				if h.ActiveOn(day) && (h.Order == f.Order || h.Order <= int64(len(in.Orders)) && slices.Contains(in.SharedBy[plan.KeyID(f.Storage, f.Key)], number)) {
					t.Fatalf("seed %d: %s is erased under hold %d", seed, f.Key, h.ID)
				}
			}
		}
		var objects int
		for _, h := range p.Restrict {
			if h.Key != "" {
				objects++
			}
		}
		for _, k := range p.Keep {
			if k.Key != "" {
				objects++
			}
		}
		if objects+len(p.Erase) != len(distinct) {
			t.Fatalf("seed %d: %d objects in groups, %d found", seed, objects+len(p.Erase), len(distinct))
		}
		for id, n := range groups {
			if n != 1 {
				t.Fatalf("seed %d: %q is erased %d times", seed, id, n)
			}
		}
		// Duplicates of one ID with different orders are a contradiction of the
		// input, so only distinct ones are shuffled.
		in.Found = in.Found[:0]
		for _, f := range distinct {
			in.Found = append(in.Found, f)
		}
		want := plan.Build(in).Hash
		r.Shuffle(len(in.Found), func(i, j int) { in.Found[i], in.Found[j] = in.Found[j], in.Found[i] })
		r.Shuffle(len(in.Orders), func(i, j int) { in.Orders[i], in.Orders[j] = in.Orders[j], in.Orders[i] })
		r.Shuffle(len(in.Holds), func(i, j int) { in.Holds[i], in.Holds[j] = in.Holds[j], in.Holds[i] })
		in.MadeAt = made.Add(time.Hour)
		if got := plan.Build(in).Hash; got != want {
			t.Fatalf("seed %d: the order of the facts changes the hash", seed)
		}
	}
}

func TestAnyChangeChangesTheHash(t *testing.T) {
	_, storages, orders := world()
	found, missing, err := plan.Survey(t.Context(), storages, locators, orders[:1], bases, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{Orders: orders[:1], Found: found, Missing: missing, Today: day, MadeAt: made}
	base := plan.Build(in)
	for name, change := range map[string]func(p *plan.Plan){
		"one object less":      func(p *plan.Plan) { p.Erase = p.Erase[1:] },
		"another version":      func(p *plan.Plan) { p.Erase[0].Version = "9" },
		"another fingerprint":  func(p *plan.Plan) { p.Erase[0].Fingerprint = "9" },
		"another kind":         func(p *plan.Plan) { p.Erase[0].Kind = plan.Upload },
		"another case":         func(p *plan.Plan) { p.Scope.Case = 9 },
		"a restriction more":   func(p *plan.Plan) { p.Restrict = append(p.Restrict, plan.Held{What: "x"}) },
		"another ground":       func(p *plan.Plan) { p.Keep[0].Ground = "x" },
		"text moved over":      func(p *plan.Plan) { p.Erase[0].Storage, p.Erase[0].Key = "photo", "s"+p.Erase[0].Key },
		"another end of a ban": func(p *plan.Plan) { p.Restrict[0].Until = day },
	} {
		t.Run(name, func(t *testing.T) {
			p := base
			p.Erase, p.Restrict, p.Keep = slices.Clone(p.Erase), slices.Clone(p.Restrict), slices.Clone(p.Keep)
			change(&p)
			if plan.HashOf(p) == base.Hash {
				t.Error("the hash stays the same")
			}
			if _, err := plan.Confirm(p, base.Hash, "owner", made); !errors.Is(err, plan.ErrNotConfirmed) {
				t.Errorf("Confirm accepts it: %v", err)
			}
		})
	}
	b, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	var back plan.Plan
	if err := json.Unmarshal(b, &back); err != nil || plan.HashOf(back) != base.Hash {
		t.Errorf("a plan that was stored and read again has another hash (%v)", err)
	}
}

func BenchmarkBuild(b *testing.B) {
	s := &shelf{name: "photos"}
	var orders []order.Order
	for i := range 1000 {
		orders = append(orders, order.Order{ID: int64(i + 1), Number: fmt.Sprint(i), State: order.Completed, CompletedAt: made})
		for j := range 10 {
			s.put(fmt.Sprintf("uploads/%d/%d.jpg", i, j), "1", plan.Version)
		}
	}
	for b.Loop() {
		found, _, err := plan.SurveyAll(b.Context(), map[string]plan.Lister{"photos": s}, locators[:1], orders, nil)
		if err != nil {
			b.Fatal(err)
		}
		if p := plan.Build(plan.Input{Orders: orders, Found: found, SharedBy: plan.Shared(found, orders, locators[:1], nil), Today: day}); len(p.Erase) != 10000 {
			b.Fatal(len(p.Erase))
		}
	}
}
