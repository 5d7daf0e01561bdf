package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// slow is a storage that lets something happen while it is listed.
type slow struct {
	erasure.Storage
	listed func()
	err    error
}

func (s *slow) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	if f := s.listed; f != nil {
		s.listed = nil
		f()
	}
	if s.err != nil {
		return s.err
	}
	return s.Storage.List(ctx, prefix, yield)
}

// asked is a small profile with an open case of Alice's for orders 104 and 106,
// received a day ago.
func asked(t *testing.T, feed string, photos ...string) (*small, *slow, cases.ID) {
	t.Helper()
	s := newSmall(t, feed, photos...)
	st := &slow{Storage: s.st.Storage}
	s.st.Storage = st
	s.write2(t, "alice.planchon@example.org", "Mes photos", eraseMe)
	return s, st, s.theCase("alice.planchon@example.org").ID
}

// write2 lets somebody write to the owner an hour ago, and fetches the mail.
func (s *small) write2(t *testing.T, from, subject, body string, headers ...string) {
	t.Helper()
	_, domain, _ := strings.Cut(from, "@")
	s.box.put(t, s.now.Add(-time.Hour).UTC().Format(time.RFC3339), letter("Somebody <"+from+">", subject, body, append(headers, vouched(domain, "pass"))...))
	s.fetch()
}

func (s *small) later(t *testing.T, id cases.ID) app.Cooling {
	t.Helper()
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Schedule(t.Context(), p, p.Hash)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *small) waits(t *testing.T) []app.Cooling {
	t.Helper()
	cs, err := s.Coolings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

func (s *small) acts(t *testing.T, act string) (n int) {
	t.Helper()
	ls, err := s.Journal(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range ls {
		if l.Act == act {
			n++
		}
	}
	return n
}

func TestAWaitingErasureOutlivesAChangeOfTheWindowsLanguage(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/104/a.jpg")
	s.later(t, id)
	if err := s.SetLang(t.Context(), "fr"); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(25 * time.Hour)
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if cs := s.waits(t); len(cs) != 0 || s.exists("photos/uploads/104/a.jpg") {
		t.Errorf("it did not run: %+v", cs)
	}
}

func TestAnErasureThatIsTakenBackWhileItIsPlannedDoesNotRun(t *testing.T) {
	t.Parallel()
	s, st, id := asked(t, threeOrders, "uploads/104/a.jpg")
	c := s.later(t, id)
	s.now = s.now.Add(25 * time.Hour)
	st.listed = func() {
		if err := s.CancelCooling(context.Background(), c.ID); err != nil {
			t.Error(err)
		}
	}
	if err := s.Tick(t.Context()); err != nil {
		t.Error(err)
	}
	runs, err := s.Runs(t.Context())
	if err != nil || len(runs) != 0 || !s.exists("photos/uploads/104/a.jpg") || len(s.waits(t)) != 0 {
		t.Errorf("runs %+v, %v; waiting %+v", runs, err, s.waits(t))
	}
}

func TestAWaitingErasureIsNotRunByItselfAfterTheCaseMoved(t *testing.T) {
	t.Parallel()
	for name, moves := range map[string]func(t *testing.T, s *small, id cases.ID){
		"the person wrote again": func(t *testing.T, s *small, _ cases.ID) {
			s.now = s.now.Add(2 * time.Hour)
			s.write2(t, "alice.planchon@example.org", "Re: Mes photos", "Finalement, gardez mes photos s'il vous plaît.")
		},
		"it was refused and opened again": func(t *testing.T, s *small, id cases.ID) {
			for _, x := range []struct {
				act cases.Act
				in  cases.Input
			}{{cases.ActRefuse, cases.Input{Ground: "GDPR Art. 12(5)", Reason: "not hers"}}, {cases.ActReopen, cases.Input{Reason: "by mistake"}}} {
				if err := s.Act(t.Context(), id, x.act, x.in); err != nil {
					t.Fatal(err)
				}
			}
		},
		"the requester is in doubt": func(t *testing.T, s *small, _ cases.ID) {
			s.box.put(t, s.now.UTC().Format(time.RFC3339), letter("Alice <alice.planchon@example.org>", "Re: Mes photos", eraseMe, vouched("example.org", "fail")))
			s.fetch()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, id := asked(t, threeOrders, "uploads/104/a.jpg")
			s.later(t, id)
			moves(t, s, id)
			s.now = s.now.Add(25 * time.Hour)
			if err := s.Tick(t.Context()); err != nil {
				t.Error(err)
			}
			cs := s.waits(t)
			if len(cs) != 1 || !cs[0].Stale || !s.exists("photos/uploads/104/a.jpg") {
				t.Errorf("waiting: %+v; the photo is there: %v", cs, s.exists("photos/uploads/104/a.jpg"))
			}
		})
	}
}

func TestWhatWaitsForOnePartDoesNotTakeThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg", "uploads/104/b.jpg", "uploads/105/a.jpg")
	whole := s.planOrder("104")
	schedule := func(p plan.Plan, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Schedule(t.Context(), p, p.Hash); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []string{"a", "b"} {
		schedule(s.NarrowPlan(t.Context(), whole, []string{plan.KeyID("photos", "uploads/104/"+k+".jpg")}))
	}
	if n := len(s.waits(t)); n != 2 {
		t.Fatalf("%d wait, want 2", n)
	}
	media := s.planOrder("105")
	schedule(s.PlanPerson(t.Context(), media.Scope.Orders))
	if v, err := s.Erase(t.Context(), media, media.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%+v %v", v, err)
	}
	if cs := s.waits(t); !slices.ContainsFunc(cs, func(c app.Cooling) bool { return c.Scope.Person }) {
		t.Errorf("the run of the media took what waits for the person: %+v", cs)
	}
	t.Run("the run of the whole order ends what waits for parts of it", func(t *testing.T) {
		p := s.planOrder("104")
		if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
			t.Fatalf("%+v %v", v, err)
		}
		if cs := s.waits(t); len(cs) != 1 {
			t.Errorf("waiting: %+v", cs)
		}
	})
}

func TestAWaitingErasureThatCannotBeRunIsToldAndTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	s, st, id := asked(t, threeOrders, "uploads/104/a.jpg")
	s.later(t, id)
	s.now, st.err = s.now.Add(25*time.Hour), erasure.ErrOffline
	if err := s.Tick(t.Context()); !errors.Is(err, erasure.ErrOffline) {
		t.Errorf("away: %v", err)
	}
	if err := s.Tick(t.Context()); err != nil {
		t.Errorf("it was tried again at once: %v", err)
	}
	today, err := s.Today(t.Context())
	if err != nil || !slices.ContainsFunc(today.Needs, func(n app.Need) bool { return n.Kind == "cooling" && n.Tone == app.ToneAtRisk }) {
		t.Errorf("the first page does not tell: %+v, %v", today.Needs, err)
	}
	st.err, s.now = nil, s.now.Add(6*time.Minute)
	if err := s.Tick(t.Context()); err != nil || s.exists("photos/uploads/104/a.jpg") || len(s.waits(t)) != 0 {
		t.Errorf("back: %v; %+v", err, s.waits(t))
	}
}

func TestWhileARunIsCutOffNothingIsConfirmedOverAndOver(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/104/a.jpg", "uploads/105/a.jpg")
	s.later(t, id)
	ctx, cut := context.WithCancel(t.Context())
	s.st.tried = cut
	p := s.planOrder("105")
	if _, err := s.Erase(ctx, p, p.Hash, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.st.tried = nil
	s.now = s.now.Add(25 * time.Hour)
	before := s.acts(t, evidence.ActPlanConfirmed)
	for range 3 {
		if err := s.Tick(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := s.acts(t, evidence.ActPlanConfirmed); n != before {
		t.Errorf("%d more confirmations stand in the journal", n-before)
	}
	if _, err := s.ResumeErasure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Tick(t.Context()); err != nil || s.exists("photos/uploads/104/a.jpg") {
		t.Errorf("after the resume: %v", err)
	}
}

func TestANarrowedPlanGrantsNothingAndForgetsNobody(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/104/a.jpg", "uploads/106/a.jpg", "uploads/106/b.jpg")
	whole, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.NarrowPlan(t.Context(), whole, []string{plan.KeyID("photos", "uploads/104/a.jpg"), plan.KeyID("photos", "uploads/106/a.jpg")})
	if err != nil || len(p.Erase) != 2 {
		t.Fatalf("%+v %v", p.Erase, err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%+v %v", v.Record, err)
	}
	c := s.theCase("alice.planchon@example.org")
	if i := slices.IndexFunc(c.Asked, func(x cases.Asked) bool { return x.Right == request.Erasure }); c.Asked[i].Outcome != cases.Undecided {
		t.Errorf("the outcome is %q", c.Asked[i].Outcome)
	}
	rows, err := s.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Number != "105" && r.Email != "alice.planchon@example.org" {
			t.Errorf("order %s has forgotten its customer: %q", r.Number, r.Email)
		}
		if r.Number == "106" && !r.Erased.IsZero() {
			t.Error("order 106 is said to be erased, of which a photo stays")
		}
	}
	t.Run("the rest is erased later, and then it is granted", func(t *testing.T) {
		p, err := s.PlanCase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
			t.Fatalf("%+v %v", v.Record, err)
		}
		c := s.theCase("alice.planchon@example.org")
		if i := slices.IndexFunc(c.Asked, func(x cases.Asked) bool { return x.Right == request.Erasure }); c.Asked[i].Outcome != cases.Partly {
			t.Errorf("the outcome is %q", c.Asked[i].Outcome)
		}
	})
}

func TestAPhotoThatIsAnothersTooLeavesTheOutcomeToTheOwner(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	s.write("orders.csv", "order,status,created,completed,email,first_name,last_name,photos\n"+
		"104,cancelled,2025-01-10,,alice.planchon@example.org,Alice,Planchon,uploads/104/group.jpg\n"+
		"105,completed,2025-02-10,2025-02-20,bob.durand@example.org,Bob,Durand,uploads/104/group.jpg\n")
	s.write("photos/uploads/104/group.jpg", "both")
	s.write("photos/uploads/104/a.jpg", "hers")
	s.write2(t, "alice.planchon@example.org", "Mes photos", eraseMe)
	id := s.theCase("alice.planchon@example.org").ID
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%+v %v", v.Record, err)
	}
	c := s.theCase("alice.planchon@example.org")
	if i := slices.IndexFunc(c.Asked, func(x cases.Asked) bool { return x.Right == request.Erasure }); c.Asked[i].Outcome != cases.Undecided {
		t.Errorf("the outcome is %q though a photo of hers stays", c.Asked[i].Outcome)
	}
}

func TestAHeldOrderWithoutMediaIsNotForgottenWithItsPerson(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/106/a.jpg")
	held, err := s.OrderID(t.Context(), "104")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PlaceHold(t.Context(), held, "a dispute before the court", law.Date{}); err != nil {
		t.Fatal(err)
	}
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%+v %v", v.Record, err)
	}
	v, err := s.Order(t.Context(), held)
	if err != nil || v.Order.Customer.Email == "" || !v.Row.Erased.IsZero() {
		t.Errorf("the held order lost its customer: %+v %v", v.Order, err)
	}
	t.Run("and recipients are asked for the other order alone", func(t *testing.T) {
		ns, err := s.AllNotices(t.Context(), int64(id))
		if err != nil || len(ns) == 0 {
			t.Fatal(ns, err)
		}
		for _, n := range ns {
			if !slices.Equal(n.Orders, []string{"106"}) {
				t.Errorf("%s is asked for %v", n.Name, n.Orders)
			}
		}
	})
}

func TestASecondRunOfACaseTellsNobodyTwice(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/104/a.jpg")
	count := func() int {
		t.Helper()
		p, err := s.PlanCase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil {
			t.Fatal(err)
		}
		ns, err := s.AllNotices(t.Context(), int64(id))
		if err != nil {
			t.Fatal(err)
		}
		return len(ns)
	}
	first := count()
	s.write("photos/uploads/104/b.jpg", "came after")
	if again := count(); first == 0 || again != first {
		t.Errorf("%d notices after the first run, %d after the second", first, again)
	}
}

func TestAPersonOfWhoseOrdersNothingIsLeftIsToldToRecipientsAllTheSame(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/105/a.jpg")
	p, err := s.PlanCase(t.Context(), id)
	if err != nil || len(p.Erase) != 0 {
		t.Fatalf("%+v %v", p.Erase, err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%+v %v", v.Record, err)
	}
	if ns, err := s.AllNotices(t.Context(), int64(id)); err != nil || len(ns) == 0 {
		t.Errorf("nobody is to be told: %v", err)
	}
}

func TestAnAnswerThatAnybodyMayHaveWrittenSettlesNothing(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/104/a.jpg")
	ps, err := s.Processors(t.Context())
	if err != nil || len(ps) == 0 {
		t.Fatal(err)
	}
	i := max(0, slices.IndexFunc(ps, func(p register.Processor) bool { return p.Family == "printing" }))
	ps[i].Name, ps[i].Contact = "Imprimerie du Nord", "rgpd@imprimerie.example"
	if err := s.SaveProcessor(t.Context(), ps[i]); err != nil {
		t.Fatal(err)
	}
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil {
		t.Fatal(err)
	}
	row := func() app.NoticeRow {
		t.Helper()
		ns, err := s.AllNotices(t.Context(), int64(id))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(ns, func(n app.NoticeRow) bool { return n.To == "rgpd@imprimerie.example" })
		if i < 0 {
			t.Fatalf("%+v", ns)
		}
		return ns[i]
	}
	l, err := s.DraftNotice(t.Context(), row().ID, "fr")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MarkNoticeSent(t.Context(), row().ID); err != nil {
		t.Fatal(err)
	}
	const done = "Bonjour, toutes les données ont été supprimées de nos serveurs. Cordialement"
	s.box.put(t, s.now.UTC().Format(time.RFC3339), letter("RGPD <rgpd@imprimerie.example>", "Re: "+l.Subject, done,
		"Authentication-Results: mx.localhost.test; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; dmarc=none header.from=imprimerie.example", "Message-ID: <forged@evil.example>"))
	s.fetch()
	if n := row(); n.Answer != string(cases.AnswerOther) || n.Tone != app.ToneAtRisk {
		t.Errorf("a forged answer: %q", n.Answer)
	}
	s.box.put(t, s.now.UTC().Format(time.RFC3339), letter("RGPD <rgpd@imprimerie.example>", "Re: "+l.Subject, done, vouched("imprimerie.example", "pass"), "Message-ID: <true@imprimerie.example>"))
	s.fetch()
	if n := row(); n.Answer != string(cases.AnswerErased) {
		t.Errorf("the true answer: %q", n.Answer)
	}
}

func TestWhatIsLeftIsNotTriedAgainByItselfForACaseThatDoesNotWantIt(t *testing.T) {
	t.Parallel()
	for name, moves := range map[string]struct {
		act cases.Act
		in  func(c cases.Case) cases.Input
	}{
		"it was refused":    {cases.ActRefuse, func(cases.Case) cases.Input { return cases.Input{Ground: "GDPR Art. 12(5)", Reason: "not hers"} }},
		"it was taken back": {cases.ActWithdraw, func(cases.Case) cases.Input { return cases.Input{} }},
		"it means another order": {cases.ActSelectOrders, func(c cases.Case) cases.Input {
			return cases.Input{Orders: c.Selected()[1:]}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, id := asked(t, threeOrders, "uploads/104/a.jpg", "uploads/106/a.jpg")
			s.st.locked = "uploads/"
			p, err := s.PlanCase(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Partial || v.Record.RetryAt.IsZero() {
				t.Fatalf("%+v %v", v.Record, err)
			}
			if err := s.Act(t.Context(), id, moves.act, moves.in(s.theCase("alice.planchon@example.org"))); err != nil {
				t.Fatal(err)
			}
			s.st.locked, s.now = "", s.now.Add(time.Hour)
			if err := s.Tick(t.Context()); err != nil {
				t.Error(err)
			}
			if !s.exists("photos/uploads/104/a.jpg") || !s.exists("photos/uploads/106/a.jpg") {
				t.Error("a photo went that nobody wants erased any more")
			}
		})
	}
	t.Run("one that still wants it is tried again", func(t *testing.T) {
		t.Parallel()
		s, _, id := asked(t, threeOrders, "uploads/104/a.jpg")
		s.st.locked = "uploads/"
		p, err := s.PlanCase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil {
			t.Fatal(err)
		}
		s.st.locked, s.now = "", s.now.Add(time.Hour)
		if err := s.Tick(t.Context()); err != nil || s.exists("photos/uploads/104/a.jpg") {
			t.Errorf("%v", err)
		}
	})
}

func TestAStorageThatIsAwayDoesNotKeepTheOthersFromBeingLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email\n104,completed,2025-01-10,2025-01-20,a@example.org\n105,completed,2025-01-10,2025-01-20,b@example.org\n")
	w.write("photos/uploads/104/a.jpg", "a")
	w.write("prints/105/a.jpg", "b")
	w.init(csvTOML, folderTOML, "\n[[storage]]\nname = \"prints\"\nkind = \"folder\"\npath = \"prints\"\n  [[storage.locator]]\n  holds = \"derived\"\n  key = \"{order}/\"\n")
	w.sync()
	w.ok("erase", "--order", "104", "--yes")
	w.ok("erase", "--order", "105", "--yes")
	w.write("photos/uploads/104/a.jpg", "a") // it came back
	if err := os.RemoveAll(filepath.Join(w.dir, "prints")); err != nil {
		t.Fatal(err)
	}
	p := w.later(t, 48*time.Hour)
	defer p.Close()
	if err := p.Tick(t.Context()); err == nil {
		t.Error("a storage that is not there is no error")
	}
	v, err := p.Run(t.Context(), 1)
	if err != nil || v.Record.State != erasure.Partial {
		t.Errorf("what came back is not told: %s %v", v.Record.State, err)
	}
}

func TestWhatWaitsCanBeTakenBackWhateverHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+threeOrders)
	w.write("photos/uploads/104/a.jpg", "a")
	w.init(csvTOML, folderTOML)
	w.sync()
	w.ok("erase", "--order", "104", "--later")
	w.ok("erase", "--customer-of", "104", "--later")
	if err := os.RemoveAll(filepath.Join(w.dir, "photos")); err != nil {
		t.Fatal(err)
	}
	w.ok("erase", "--order", "104", "--cancel")
	w.ok("erase", "--customer-of", "106", "--cancel")
	w.failed([]string{"waiting"}, "erase", "--order", "104", "--cancel")
	p := w.open(t)
	defer p.Close()
	if cs, err := p.Coolings(t.Context()); err != nil || len(cs) != 0 {
		t.Errorf("%+v %v", cs, err)
	}
}

func TestOneBrokenRecordOfAShopDoesNotKeepTheOthersFromGoingInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop, toml := wooShop(t, w)
	day := at(t, "2025-02-03T10:00:00Z")
	for i := range int64(3) {
		n := 2001 + i
		shop.Put(wooOrder(n, fmt.Sprintf("c%d@example.org", n), "Client Numero", day.AddDate(0, int(i), 0), fmt.Sprintf("uploads/%d/a.jpg", n)))
		w.write(fmt.Sprintf("photos/uploads/%d/a.jpg", n), "a")
	}
	w.init(toml, folderTOML)
	w.sync()
	shop.Break(2001, `{"id": 2001, "billing": 7, "status": {}}`)
	// What could be erased is; that something due could not be looked at is told.
	d := asJSON[retentionDoc](t, w.failed([]string{"reached"}, "--json", "retention", "--yes"))
	if w.exists("photos/uploads/2002/a.jpg") || w.exists("photos/uploads/2003/a.jpg") || !w.exists("photos/uploads/2001/a.jpg") {
		t.Errorf("2002 and 2003 go, 2001 waits: %+v %+v", d.Due, d.Run)
	}
}

func TestTheAnswerAfterANarrowedErasureCanBeWritten(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/104/a.jpg", "uploads/106/a.jpg")
	whole, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.NarrowPlan(t.Context(), whole, []string{plan.KeyID("photos", "uploads/104/a.jpg")})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%+v %v", v.Record, err)
	}
	if err := s.Act(t.Context(), id, cases.ActSetOutcome, cases.Input{Right: request.Erasure, Outcome: cases.Partly, Ground: "GDPR Art. 17(1)", Reason: "you asked for the photos of one child"}); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"fr", "en"} {
		l, err := s.DraftLetter(t.Context(), id, cases.LetterAnswer, lang)
		if err != nil || !strings.Contains(l.Text, "106") {
			t.Errorf("%s: %v\n%s", lang, err, l.Text)
		}
	}
}

func TestAShopThatShowsNothingHasNotLostItsOrders(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	const head = "order,status,created,completed,email,first_name,last_name\n"
	state := func(number string) string {
		t.Helper()
		rows, err := s.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(rows, func(r app.OrderRow) bool { return r.Number == number })
		return rows[i].State.String()
	}
	s.write("orders.csv", head)
	r, err := s.App.Sync(t.Context(), true, false, nil)
	if err != nil || len(r.Problems) != 1 || state("104") != "completed" {
		t.Errorf("an empty file: %s, %+v, %v", state("104"), r.Problems, err)
	}
	s.write("orders.csv", head+strings.SplitAfterN(threeOrders, "\n", 2)[1])
	s.fetch()
	if state("104") != "gone" || state("105") != "completed" {
		t.Errorf("one row less: %s %s", state("104"), state("105"))
	}
	s.write("orders.csv", head+threeOrders)
	s.fetch()
	if state("104") != "completed" {
		t.Errorf("it came back as %s", state("104"))
	}
}

func TestARefusalByARecipientEndsWithTheOwnersNote(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders, "uploads/104/a.jpg")
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil {
		t.Fatal(err)
	}
	ns, err := s.AllNotices(t.Context(), int64(id))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range ns {
		if err := errors.Join(s.MarkNoticeSent(t.Context(), n.ID), s.AnswerNotice(t.Context(), n.ID, "refused", "")); err != nil {
			t.Fatal(err)
		}
	}
	needs := func() int {
		t.Helper()
		today, err := s.Today(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		open, err := s.Notices(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range today.Needs {
			if n.Kind == "notice" && n.Count != len(open) {
				t.Errorf("%d on the first page, %d in the list", n.Count, len(open))
			}
		}
		return len(open)
	}
	if n := needs(); n != len(ns) || n == 0 {
		t.Errorf("%d of %d recipients wait for the owner", n, len(ns))
	}
	for _, n := range ns {
		if err := s.AnswerNotice(t.Context(), n.ID, "refused", "it must keep its books for ten years"); err != nil {
			t.Fatal(err)
		}
	}
	if n := needs(); n != 0 {
		t.Errorf("%d recipients still wait", n)
	}
}

func TestAHoldPlacedDuringARunKeepsWhatStandsUnderAnotherOrder(t *testing.T) {
	t.Parallel()
	const feed = "104,cancelled,2025-01-10,,alice.planchon@example.org,Alice,Planchon\n106,cancelled,2025-03-10,,alice.planchon@example.org,Alice,Planchon\n"
	s, _, id := asked(t, feed, "uploads/104/group.jpg", "uploads/104/z.jpg")
	s.write("orders.csv", "order,status,created,completed,email,first_name,last_name,photos\n"+
		"104,cancelled,2025-01-10,,alice.planchon@example.org,Alice,Planchon,\n106,cancelled,2025-03-10,,alice.planchon@example.org,Alice,Planchon,uploads/104/group.jpg\n")
	s.fetch()
	p, err := s.PlanCase(t.Context(), id)
	if err != nil || len(p.Erase) != 2 {
		t.Fatalf("%+v %v", p.Erase, err)
	}
	held, err := s.OrderID(t.Context(), "106")
	if err != nil {
		t.Fatal(err)
	}
	s.st.locked = "uploads/"
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Partial {
		t.Fatalf("%s %v", v.Record.State, err)
	}
	if err := s.PlaceHold(t.Context(), held, "a dispute", law.Date{}); err != nil {
		t.Fatal(err)
	}
	s.st.locked = ""
	v, err := s.RetryRun(t.Context(), 1, nil)
	if s.exists("photos/uploads/104/z.jpg") {
		t.Error("what nothing holds was not tried again")
	}
	if err != nil || !s.exists("photos/uploads/104/group.jpg") {
		t.Errorf("%s %v: the photo that order 106 names is there: %v", v.Record.State, err, s.exists("photos/uploads/104/group.jpg"))
	}
}

func TestWhatWasTakenBackDoesNotWaitAgainAfterARestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+threeOrders)
	w.write("photos/uploads/104/a.jpg", "a")
	w.init(csvTOML, folderTOML)
	w.sync()
	w.ok("erase", "--order", "104", "--later")
	copied := filepath.Join(w.dir, "copy.greffier")
	w.ok("backup", copied)
	w.ok("erase", "--order", "104", "--cancel")
	w.ok("restore", copied)
	p := w.later(t, 48*time.Hour)
	defer p.Close()
	if err := p.Tick(t.Context()); err != nil {
		t.Error(err)
	}
	if cs, err := p.Coolings(t.Context()); err != nil || len(cs) != 1 || !cs[0].Stale || !w.exists("photos/uploads/104/a.jpg") {
		t.Errorf("%+v %v; the photo is there: %v", cs, err, w.exists("photos/uploads/104/a.jpg"))
	}
}
