package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
)

// unsure is a text of which the recogniser says that somebody has to look.
const unsure = "Hello,\n\nwhy you process it and on which legal basis\n\nBob"

// TestARequestKeepsPhotosBeforeAnybodyHasChosenItsOrders: a copy cannot be given
// of what is gone, and who asks is not yet matched to what she asks for.
func TestARequestKeepsPhotosBeforeAnybodyHasChosenItsOrders(t *testing.T) {
	t.Parallel()
	s := shopOf(t, `401,completed,2026-08-01,2026-08-10,alice@example.org,Alice,Planchon
402,completed,2026-08-01,2026-08-10,bob@example.org,Bob,Durand
403,completed,2026-08-01,2026-08-10,carl@example.org,Carl,Lenoir
404,completed,2026-08-01,2026-08-10,dora@example.org,Dora,Petit
`, "uploads/401/a.jpg", "uploads/402/a.jpg", "uploads/403/a.jpg", "uploads/404/a.jpg")
	photos := func() (left string) {
		for _, n := range []string{"401", "402", "403", "404"} {
			if s.exists("photos/uploads/" + n + "/a.jpg") {
				left += n + " "
			}
		}
		return strings.TrimSpace(left)
	}
	// Her name alone leads to 401: it is proposed, and nobody has said yes.
	s.box.put(t, "2026-11-25T10:00:00Z", letter("Alice Planchon <alice.p@perso.example>", "Mes photos", showMe, vouched("perso.example", "pass")))
	// What Bob wants is not clear: it waits to be looked at.
	s.box.put(t, "2026-11-26T10:00:00Z", letter("Bob <bob@example.org>", "Question", unsure, vouched("example.org", "pass")))
	s.fetch()
	c := s.theCase("alice.p@perso.example")
	if len(c.Selected()) != 0 || !slices.Contains(c.MayConcern(), s.id("401")) {
		t.Fatalf("orders %+v", c.Orders)
	}
	// Dora asked by telephone, and was found by nothing but her address.
	if _, err := s.EnterCase(t.Context(), app.NewCase{Channel: cases.ChannelTelephone, Received: law.Date{Year: 2026, Month: 11, Day: 26}, Requester: cases.Person{Email: "dora@example.org"}, Rights: []request.Right{request.Portability}}); err != nil {
		t.Fatal(err)
	}
	s.runRule("media")
	if got := photos(); got != "401 402 404" {
		t.Errorf("left after the run: %s", got)
	}
	p8 := s.promiseOf("P8")
	said := strings.Join(p8.Evidence, "\n")
	for _, w := range []string{"Order 401: waiting for the answer to request", "Order 402: waiting until a message", "Order 404: waiting for the answer to request"} {
		if !strings.Contains(said, w) {
			t.Errorf("P8 does not say %q:\n%s", w, said)
		}
	}
	if p8.State == "broken" || strings.Contains(said, "past its day") {
		t.Errorf("P8 is %s: %s", p8.State, said)
	}
	// A confirmed plan of hers for another case waits for Alice's, too: to wait can
	// be taken back.
	if p := s.planOrder("401"); len(p.Erase) != 0 {
		t.Errorf("plan for 401: %+v", p.Erase)
	}
	// She looks: 401 is somebody else's, and Bob asked for nothing.
	s.act(c.ID, cases.ActSelectOrders, cases.Input{})
	ms, err := s.Mails(t.Context(), request.ToCheck)
	if err != nil || len(ms) != 1 {
		t.Fatalf("%v %v", ms, err)
	}
	if _, err := s.CorrectVerdict(t.Context(), ms[0].ID, nil); err != nil {
		t.Fatal(err)
	}
	s.runRule("media")
	if got := photos(); got != "404" {
		t.Errorf("left after she looked: %s", got)
	}
}

// TestASweepByItselfPrintsItsCertificateOrSaysThatItCouldNot: nobody is there who
// could ask for it.
func TestASweepByItselfPrintsItsCertificateOrSaysThatItCouldNot(t *testing.T) {
	s := newSweepShop(t, 1)
	s.automatic()
	out := s.p.Info().OutDir
	printed := func() (pdf, json int) {
		es, _ := os.ReadDir(out)
		for _, e := range es {
			if strings.HasPrefix(e.Name(), "certificate-") && strings.HasSuffix(e.Name(), ".pdf") {
				pdf++
			}
			if strings.HasPrefix(e.Name(), "certificate-") && strings.HasSuffix(e.Name(), ".json") {
				json++
			}
		}
		return pdf, json
	}
	night := func(n int) app.SweepRecord {
		s.orders(n)
		s.now = s.now.Add(24 * time.Hour)
		return s.sweep()
	}
	if r := night(2); r.State != app.SweepDone || r.Unprinted != 0 {
		t.Errorf("sweep: %+v", r)
	}
	if pdf, json := printed(); pdf != 1 || json != 1 {
		t.Errorf("%d certificates on paper, %d for machines", pdf, json)
	}
	// A file stands where the folder should be.
	if err := os.Rename(out, out+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := night(3)
	s.want("without a certificate", 0, 6)
	if r.State != app.SweepPartial || r.Unprinted != 1 || r.NextAt.IsZero() {
		t.Errorf("sweep: %+v", r)
	}
	if err := errors.Join(os.Remove(out), os.Rename(out+".away", out)); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Hour)
	if r := s.sweep(); r.State != app.SweepDone || r.Unprinted != 0 {
		t.Errorf("sweep: %+v", r)
	}
	if pdf, json := printed(); pdf != 2 || json != 2 {
		t.Errorf("%d certificates on paper, %d for machines", pdf, json)
	}
	runs, err := s.p.Runs(t.Context())
	if err != nil || runs[0].Certificate == "" || runs[1].Certificate == "" {
		t.Errorf("%+v %v", runs, err)
	}
	s.close()
	s.verified()
}

// TestNothingGoesByItselfWhileServersSayAnotherDay: what is due is a question of
// time, and those who were just asked know it.
func TestNothingGoesByItselfWhileServersSayAnotherDay(t *testing.T) {
	t.Parallel()
	feed := "401,completed,2026-08-01,2026-08-10,alice@example.org,Alice,Planchon\n"
	s := shopOf(t, feed, "uploads/401/a.jpg", "uploads/402/a.jpg")
	ahead := time.Duration(0)
	s.deps.Ahead = func() (time.Duration, bool) { return ahead, true }
	s.App = app.New(s.deps)
	sweep := func() app.SweepRecord {
		t.Helper()
		r, err := s.AutoSweep(t.Context(), app.SweepNightly, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, rule := range []string{"contract", "billing", "commercial"} {
		if err := s.SetSweepMode(t.Context(), rule, app.SweepOff); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetSweepMode(t.Context(), "media", app.SweepAutomatic); err != nil {
		t.Fatal(err)
	}
	v, err := s.RetentionOf(t.Context(), law.Date{}, "media")
	if err != nil || len(v.Plan.Erase) != 1 {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := s.Erase(t.Context(), v.Plan, v.Plan.Hash, nil); err != nil {
		t.Fatal(err)
	}
	due := func() {
		feed += "402,completed,2026-08-01,2026-08-10,bob@example.org,Bob,Durand\n"
		s.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+feed)
		s.write("photos/uploads/402/a.jpg", "a picture")
	}
	due()
	s.now = s.now.Add(20 * time.Hour)
	for _, step := range []struct {
		name  string
		ahead time.Duration
		trust bool
		gone  bool
	}{
		{"three days ahead of the servers", 72 * time.Hour, false, false},
		{"still", 70 * time.Hour, false, false},
		{"her word", 72 * time.Hour, true, true},
		{"a further two days ahead", 122 * time.Hour, false, false},
		{"put right", 2 * time.Hour, false, true},
		{"behind", -50 * time.Hour, false, true},
	} {
		s.write("photos/uploads/402/a.jpg", "a picture")
		ahead = step.ahead
		if step.trust {
			if err := s.TrustClock(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r := sweep()
		if gone := !s.exists("photos/uploads/402/a.jpg"); gone != step.gone {
			t.Errorf("%s: gone %v, %+v", step.name, gone, r)
		}
		needs := slices.ContainsFunc(s.needs("sweep"), func(n app.Need) bool { return n.Sweep.Why == "clock" })
		if needs == step.gone || step.gone != (r.Clock == nil) || r.Clock != nil && (r.Clock.Kind != "ahead" || r.State != app.SweepStopped) {
			t.Errorf("%s: %+v, told %v", step.name, r, needs)
		}
	}
	// Days went by, and nobody can be asked: it may as well be the clock.
	s.write("photos/uploads/402/a.jpg", "a picture")
	s.deps.Ahead = nil
	s.App = app.New(s.deps)
	if err := os.Remove(filepath.Join(s.dir, "orders.csv")); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(5 * 24 * time.Hour)
	if r, err := s.AutoSweep(t.Context(), app.SweepNightly, nil); err != nil || r.State != app.SweepStopped || !s.exists("photos/uploads/402/a.jpg") {
		t.Errorf("%+v %v", r, err)
	}
}

func TestGreffiersOwnDataAskAlsoWhereNoSweepRuns(t *testing.T) {
	s := newSweepShop(t, 1)
	s.aged(filepath.Join(s.p.Info().OutDir, "requests.pdf"), "%PDF", 200)
	if err := s.p.SetSweepSettings(t.Context(), app.SweepSettings{On: false, Hour: 3, MaxObjects: 500, MaxPercent: 20}); err != nil {
		t.Fatal(err)
	}
	if n := s.need("own"); n == nil || n.Count != 1 {
		t.Errorf("the first page: %+v", n)
	}
}

// TestWhatHasToStayOfARuleRunIsTheRulesAgain: a hold that comes while a rule runs
// by itself leaves a part of it, which is neither tried again and again nor lost.
func TestWhatHasToStayOfARuleRunIsTheRulesAgain(t *testing.T) {
	t.Parallel()
	var photos []string
	for i := range 40 {
		photos = append(photos, fmt.Sprintf("uploads/401/%02d.jpg", i), fmt.Sprintf("uploads/402/%02d.jpg", i))
	}
	s := shopOf(t, "401,completed,2026-08-01,2026-08-10,alice@example.org,Alice,Planchon\n402,completed,2026-08-01,2026-08-10,bob@example.org,Bob,Durand\n", photos...)
	held := func() (n int) {
		for i := range 40 {
			if s.exists(fmt.Sprintf("photos/uploads/402/%02d.jpg", i)) {
				n++
			}
		}
		return n
	}
	var once sync.Once
	s.st.tried = func() {
		once.Do(func() {
			if _, err := s.Hold(t.Context(), app.LegalHold{Scope: app.HoldOrder, Order: s.id("402"), Reason: "Bob Durand se plaint", Until: law.Date{Year: 2026, Month: 12, Day: 20}}); err != nil {
				t.Error(err)
			}
		})
	}
	v, err := s.RunRule(t.Context(), "media", law.Date{}, "rule media", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.st.tried = nil
	if v.Record.State != erasure.Partial || held() == 0 || v.Record.Left != held() || !v.Waits || v.WaitsUntil.String() != "2026-12-20" || !v.Record.RetryAt.IsZero() {
		t.Errorf("run: %+v, %d files are left", v, held())
	}
	r, err := s.AutoSweep(t.Context(), app.SweepNightly, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.needs("run")) != 0 {
		t.Errorf("the first page nags: %+v", s.needs("run"))
	}
	if r.State == app.SweepPartial || !r.NextAt.IsZero() {
		t.Errorf("the sweep is tried again: %+v", r)
	}
	os_, err := s.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range os_ {
		if erased := !o.Erased.IsZero(); erased != (o.Number == "401") {
			t.Errorf("order %s: erased %v", o.Number, erased)
		}
	}
	s.now = s.now.Add(30 * time.Minute)
	before := s.acts(t, evidence.ActRunResumed)
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if vs, err := s.ResumeErasure(t.Context(), nil); err != nil || len(vs) != 0 || s.acts(t, evidence.ActRunResumed) != before {
		t.Errorf("tried again: %+v %v", vs, err)
	}
	// The hold ends: the rule has it.
	s.now = at(t, "2026-12-21T09:00:00Z")
	s.runRule("media")
	if held() > 0 {
		t.Error("it was lost sight of")
	}
}

// TestARunOfARuleSparesWhoCameBackUnderAnotherAddress: what made a person due is
// over, and a run that was cut off stands on what was true then.
func TestARunOfARuleSparesWhoCameBackUnderAnotherAddress(t *testing.T) {
	t.Parallel()
	old := "401,completed,2022-01-01,2022-01-10,alice.planchon@gmail.com,Alice,Planchon\n402,completed,2022-01-01,2022-01-10,bob@example.org,Bob,Durand\n"
	for name, tc := range map[string]struct {
		back string
		kept bool
	}{
		"an alias of her mailbox": {"403,processing,2026-12-01,,aliceplanchon+livre@gmail.com,A,P\n", true},
		"her own address":         {"403,processing,2026-12-01,,alice.planchon@gmail.com,Alice,Planchon\n", true},
		"somebody else":           {"403,processing,2026-12-01,,carl@example.org,Carl,Lenoir\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopOf(t, old, "uploads/401/a.jpg", "uploads/402/a.jpg")
			ctx, cut := context.WithCancel(t.Context())
			s.st.tried = cut
			if _, err := s.RunRule(ctx, "commercial", law.Date{}, "rule commercial", nil); !errors.Is(err, context.Canceled) {
				t.Fatalf("not cut off: %v", err)
			}
			s.st.tried = nil
			s.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+old+tc.back)
			s.fetch()
			if err := s.SetSweepMode(t.Context(), "commercial", app.SweepOff); err != nil {
				t.Fatal(err)
			}
			if _, err := s.AutoSweep(t.Context(), app.SweepNightly, nil); err != nil {
				t.Fatal(err)
			}
			if kept := s.customer("401") != (order.Customer{}); kept != tc.kept {
				t.Errorf("Alice is there: %v", kept)
			}
		})
	}
}

// TestARuleGoesOnAfterWhatOnePlanTakes and says meanwhile how much is left.
func TestARuleGoesOnAfterWhatOnePlanTakes(t *testing.T) {
	t.Parallel()
	var feed strings.Builder
	const n = 520
	for i := range n {
		fmt.Fprintf(&feed, "%d,cancelled,2021-01-01,,c%d@example.org,Alice,Planchon\n", 1000+i, i)
	}
	s := shopOf(t, feed.String(), "other/x.jpg")
	v, err := s.RetentionOf(t.Context(), law.Date{}, "commercial")
	if err != nil || v.Rest["commercial"] != n-500 {
		t.Fatalf("rest %v %v", v.Rest, err)
	}
	left := func() (left int) {
		for _, x := range s.needs("rules") {
			left += x.Count
		}
		return left
	}
	if left() != n {
		t.Errorf("the first page tells of %d", left())
	}
	run, err := s.RunRule(t.Context(), "commercial", law.Date{}, "owner", nil)
	if err != nil || run.Rest != n-500 || len(run.Record.Scope.Orders) != 500 || left() != n-500 {
		t.Errorf("%d of %d, %d to go, told %d: %v", len(run.Record.Scope.Orders), n, run.Rest, left(), err)
	}
	for _, rule := range []string{"media", "contract", "billing"} {
		if err := s.SetSweepMode(t.Context(), rule, app.SweepOff); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetSweepMode(t.Context(), "commercial", app.SweepAutomatic); err != nil {
		t.Fatal(err)
	}
	if r, err := s.AutoSweep(t.Context(), app.SweepNightly, nil); err != nil || r.State != app.SweepDone || left() != 0 {
		t.Errorf("%+v %v, told %d", r, err, left())
	}
}

// TestNothingIsErasedByADayToCome: an order may go on until then.
func TestNothingIsErasedByADayToCome(t *testing.T) {
	t.Parallel()
	s := shopOf(t, "401,completed,2026-11-01,2026-11-10,alice@example.org,Alice,Planchon\n", "uploads/401/a.jpg")
	day := law.Date{Year: 2027, Month: 3, Day: 1}
	v, err := s.RetentionOf(t.Context(), day, "media")
	if err != nil || len(v.Plan.Erase) != 1 {
		t.Fatalf("a look ahead: %+v %v", v, err)
	}
	if _, err := s.RunRule(t.Context(), "media", day, "owner", nil); !errors.Is(err, app.ErrNotYet) {
		t.Errorf("run: %v", err)
	}
	if _, err := s.EraseWith(t.Context(), v.Plan, v.Plan.Hash, app.EraseOptions{At: day}, nil); !errors.Is(err, app.ErrNotYet) {
		t.Errorf("erase: %v", err)
	}
	// Its plan is none for today either.
	if _, err := s.Erase(t.Context(), v.Plan, v.Plan.Hash, nil); !errors.Is(err, plan.ErrStale) {
		t.Errorf("erase as of today: %v", err)
	}
	if !s.exists("photos/uploads/401/a.jpg") {
		t.Error("it is gone")
	}
}

// TestAMailAboutTroubleWithAnOrderProposesAHold and does nothing else: what is
// about to go by a rule may be needed to settle it.
func TestAMailAboutTroubleWithAnOrderProposesAHold(t *testing.T) {
	t.Parallel()
	s := shopOf(t, `401,completed,2026-09-01,2026-09-10,alice@example.org,Alice,Planchon
402,completed,2026-09-20,2026-09-25,alice@example.org,Alice,Planchon
403,completed,2026-09-01,2026-09-10,bob@example.org,Bob,Durand
404,completed,2026-09-01,2026-09-10,carl@example.org,Carl,Lenoir
`, "uploads/401/a.jpg", "uploads/402/a.jpg", "uploads/403/a.jpg")
	for i, m := range []struct{ from, subject, text string }{
		{"Alice <alice@example.org>", "Mon livre", "Bonjour, le livre de la commande 401 est arrivé abîmé, je veux être remboursée."},
		{"Bob <bob@example.org>", "My order", "Hello, I would like to return the book, please send me a label."},
		{"Carl <carl@example.org>", "Livre", "Bonjour, mon livre est arrivé abîmé. Merci d'effacer toutes mes données personnelles (article 17 du RGPD)."},
		{"Nobody <nobody@example.net>", "Livre", "Bonjour, mon livre est arrivé abîmé."},
		{"Alice <alice@example.org>", "Merci", "Bonjour, merci, le deuxième livre est très beau !"},
	} {
		s.box.put(t, fmt.Sprintf("2026-11-2%dT10:00:00Z", i), letter(m.from, m.subject, m.text, vouched("example.org", "pass")))
	}
	s.fetch()
	if c := s.theCase("carl@example.org"); !slices.Contains(c.Rights(), "erasure") {
		t.Errorf("a request was lost: %v", c.Rights())
	}
	by := map[string]*app.TroubleNeed{}
	for _, n := range s.needs("trouble") {
		by[n.Trouble.Number] = n.Trouble
	}
	a, b := by["401"], by["403"]
	if len(by) != 2 || a == nil || b == nil || a.Kind != cases.TroubleGoods || b.Kind != cases.TroubleReturn {
		t.Fatalf("needs: %+v", by)
	}
	if h := a.Hold; h.Scope != app.HoldOrder || h.Order != s.id("401") || h.Reason != "Complaint about the goods" || h.Until.String() != "2027-02-01" || h.Remind == 0 {
		t.Errorf("proposed: %+v", h)
	}
	if hs, err := s.Holds(t.Context()); err != nil || len(hs) != 0 {
		t.Errorf("held by itself: %+v %v", hs, err)
	}
	if _, err := s.Hold(t.Context(), a.Hold); err != nil {
		t.Fatal(err)
	}
	if err := s.SettleTrouble(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	if n := s.needs("trouble"); len(n) != 0 {
		t.Errorf("still told: %+v", n)
	}
	s.runRule("media")
	if !s.exists("photos/uploads/401/a.jpg") || s.exists("photos/uploads/402/a.jpg") || s.exists("photos/uploads/403/a.jpg") {
		t.Error("the wrong photos went")
	}
	// A later mail of Bob's about what is gone proposes nothing.
	s.write2(t, "bob@example.org", "My order", "Hello, please refund me.")
	if n := s.needs("trouble"); len(n) != 0 {
		t.Errorf("told of what is gone: %+v", n)
	}
}

// TestAContractRuleThatHasNothingToDoBreaksNothing although it was never run.
func TestAContractRuleThatHasNothingToDoBreaksNothing(t *testing.T) {
	t.Parallel()
	s := shopOf(t, "401,completed,2026-11-01,2026-11-10,alice@example.org,Alice,Planchon\n", "other/x.jpg")
	if r := s.promiseOf("P11"); r.State == "broken" {
		t.Errorf("P11 is %s: %v", r.State, r.Evidence)
	}
	s.now = at(t, "2027-01-20T09:00:00Z")
	if r := s.promiseOf("P11"); r.State != "broken" {
		t.Errorf("an order whose contract is over stands in the daily view, and P11 is %s: %v", r.State, r.Evidence)
	}
	s.runRule("contract")
	if r := s.promiseOf("P11"); r.State == "broken" {
		t.Errorf("after the run P11 is %s: %v", r.State, r.Evidence)
	}
}

// TestWhatARunDidWithoutAStorageIsSettledWhenItIsBack: what lies there must still
// be found, and where nothing does, Greffier forgets the order without a run.
func TestWhatARunDidWithoutAStorageIsSettledWhenItIsBack(t *testing.T) {
	s := newSweepShop(t, 1, "\n[[storage]]\nname = \"second\"\nkind = \"folder\"\npath = \"second\"\n"+locatorsTOML)
	s.automatic()
	s.orders(3)
	s.write("second/uploads/1001/z.jpg", "photo")
	s.now = s.now.Add(24 * time.Hour)
	if err := os.Rename(filepath.Join(s.dir, "second"), filepath.Join(s.dir, "away")); err != nil {
		t.Fatal(err)
	}
	if r := s.sweep(); r.Erased() != 6 || r.State != app.SweepPartial {
		t.Fatalf("sweep: %+v", r)
	}
	remembered := func() (out []string) {
		all, err := s.p.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if o.Number[0] == '1' && o.Erased.IsZero() {
				out = append(out, o.Number)
			}
		}
		slices.Sort(out)
		return out
	}
	// 1000 was erased before, with her yes.
	if got := remembered(); !slices.Equal(got, []string{"1001", "1002"}) {
		t.Errorf("while it is away: %v", got)
	}
	s.close()
	s.open() // it outlives the program
	s.now = s.now.Add(time.Hour)
	if err := os.Rename(filepath.Join(s.dir, "away"), filepath.Join(s.dir, "second")); err != nil {
		t.Fatal(err)
	}
	// The rule asks, so that nothing is erased: 1002 has nothing anywhere.
	if err := s.p.SetSweepMode(t.Context(), "media", app.SweepAsks); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	if got := remembered(); !slices.Equal(got, []string{"1001"}) || !s.exists("second/uploads/1001/z.jpg") {
		t.Errorf("when it is back: %v", got)
	}
	if err := s.p.SetSweepMode(t.Context(), "media", app.SweepAutomatic); err != nil {
		t.Fatal(err)
	}
	if r := s.sweep(); r.State != app.SweepDone || r.Erased() != 1 {
		t.Errorf("sweep: %+v", r)
	}
	if got := remembered(); len(got) != 0 || s.exists("second/uploads/1001/z.jpg") {
		t.Errorf("in the end: %v", got)
	}
}
