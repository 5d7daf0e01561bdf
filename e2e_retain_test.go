package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
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
