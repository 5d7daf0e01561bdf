package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/data/mail"
)

// letters is a mailbox in memory: what is put into it is fetched once.
type letters struct {
	mails []mailbox.Message
	read  int
	since []mailbox.Cursor // of the last time
}

func (l *letters) put(t *testing.T, received string, raw []byte) {
	m := mail.Parse(raw, mail.Trust{AuthServIDs: []string{"mx.localhost.test"}})
	m.ReceivedAt = at(t, received)
	l.mails = append(l.mails, m)
}

func (l *letters) Fetch(_ context.Context, since []mailbox.Cursor, to mailbox.Reader) error {
	l.since = since
	for ; l.read < len(l.mails); l.read++ {
		if err := to.Got(l.mails[l.read]); err != nil {
			return err
		}
	}
	return to.Done(mailbox.Cursor{Folder: "INBOX", UIDValidity: 1, UIDNext: uint32(l.read) + 1})
}

func (l *letters) SaveDraft(context.Context, []byte) error { return nil }

// moody is a storage that locks some keys, can be away, and tells of each try.
type moody struct {
	erasure.Storage
	locked string // keys that begin so are locked, "" for none
	away   bool
	tried  func()
}

func (m *moody) Check(ctx context.Context) (erasure.Abilities, error) {
	if m.away {
		return erasure.Abilities{}, erasure.ErrNotThere
	}
	return m.Storage.Check(ctx)
}

func (m *moody) Erase(ctx context.Context, o plan.Object) error {
	if m.tried != nil {
		m.tried()
	}
	if m.locked != "" && strings.HasPrefix(o.Key, m.locked) {
		return &erasure.LockedError{}
	}
	return m.Storage.Erase(ctx, o)
}

// small is a profile on files, with a mailbox in memory and a moody storage.
type small struct {
	*world
	*app.App
	box *letters
	st  *moody
	now time.Time
	d   app.Deps
}

func newSmall(t *testing.T, feed string, photos ...string) *small {
	t.Helper()
	s := &small{world: newWorld(t), box: &letters{}, now: time.Now()}
	s.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+feed)
	for _, p := range photos {
		s.write("photos/"+p, "a picture of "+p)
	}
	s.world.init(csvTOML, folderTOML)
	p, err := openProfile(t.Context(), s.profile, testPassphrase, "en", func() time.Time { return s.now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	d, err := p.connect(func() time.Time { return s.now })
	if err != nil {
		t.Fatal(err)
	}
	s.st = &moody{Storage: d.Storages["photos"]}
	d.Mailbox, d.Storages["photos"], d.Lang = s.box, s.st, "en"
	s.App, s.d = app.New(d), d
	s.fetch()
	return s
}

func (s *small) fetch() {
	s.t.Helper()
	if _, err := s.App.Sync(s.t.Context(), true, true, nil); err != nil {
		s.t.Fatal(err)
	}
}

func (s *small) planOrder(number string) plan.Plan {
	s.t.Helper()
	id, err := s.OrderID(s.t.Context(), number)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := s.PlanOrder(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *small) theCase(email string) cases.Case {
	s.t.Helper()
	rows, err := s.Requests(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Email == email {
			v, err := s.App.Case(s.t.Context(), r.ID)
			if err != nil {
				s.t.Fatal(err)
			}
			return v.Case
		}
	}
	s.t.Fatalf("no case of %s", email)
	return cases.Case{}
}

const (
	threeOrders = "104,completed,2025-01-10,2025-01-20,alice.planchon@example.org,Alice,Planchon\n" +
		"105,completed,2025-02-10,2025-02-20,bob.durand@example.org,Bob,Durand\n" +
		"106,completed,2025-03-10,2025-03-20,alice.planchon@example.org,Alice,Planchon\n"
	eraseMe = "Bonjour,\n\nMerci d'effacer toutes mes photos et toutes mes données personnelles (article 17 du RGPD).\n\nCordialement"
	showMe  = "Bonjour,\n\nJe souhaite recevoir une copie de toutes mes données personnelles (article 15 du RGPD).\n\nCordialement"
)

func TestARunThatWasCutOffIsTakenUpThoughAnOlderOneIsPartial(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg", "uploads/105/a.jpg", "uploads/106/a.jpg")
	s.st.locked = "uploads/104/"
	p := s.planOrder("104")
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Partial {
		t.Fatalf("locked: %v %v", v.Record.State, err)
	}
	ctx, cut := context.WithCancel(t.Context())
	s.st.tried = cut
	p = s.planOrder("105")
	if _, err := s.Erase(ctx, p, p.Hash, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("cut off: %v", err)
	}
	s.st.tried = nil

	states := func(vs []app.RunView) map[int64]erasure.State {
		out := map[int64]erasure.State{}
		for _, v := range vs {
			out[v.Record.ID] = v.Record.State
		}
		return out
	}
	vs, err := s.ResumeErasure(t.Context(), nil)
	if got := states(vs); err != nil || got[1] != erasure.Partial || got[2] != erasure.Complete {
		t.Fatalf("resumed: %v %v", got, err)
	}
	t.Run("a storage that is away leaves the partial run partial, and others may run", func(t *testing.T) {
		s.st.away = true
		if _, err := s.ResumeErasure(t.Context(), nil); !errors.Is(err, erasure.ErrNotThere) {
			t.Errorf("away: %v", err)
		}
		s.st.away = false
		all, err := s.Runs(t.Context())
		if got := states(all); err != nil || got[1] != erasure.Partial {
			t.Errorf("runs: %v %v", got, err)
		}
		p := s.planOrder("106")
		if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
			t.Errorf("another order: %v %v", v.Record.State, err)
		}
	})
	t.Run("a refusal is whole in one step", func(t *testing.T) {
		s.st.locked = ""
		p := s.planOrder("104")
		s.write("photos/uploads/104/b.jpg", "one more")
		if _, err := s.Erase(t.Context(), p, p.Hash, nil); !errors.Is(err, plan.ErrStale) {
			t.Errorf("stale: %v", err)
		}
	})
	if v, err := s.Verify(t.Context()); err != nil || v.BrokenAt != nil || v.Evidence != "ok" {
		t.Errorf("verify: %+v %v", v, err)
	}
}

func TestAForgedMailInAGenuineCaseNeverGainsTheTrustOfTheFirst(t *testing.T) {
	t.Parallel()
	for name, forged := range map[string]struct {
		headers []string
		level   cases.IdentityLevel
	}{
		"it fails the provider's check": {[]string{vouched("example.org", "fail")}, cases.Doubtful},
		"the provider says nothing":     {nil, cases.Unproven},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSmall(t, "", "uploads/104/a.jpg")
			s.box.put(t, "2025-05-01T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Mes photos", showMe, vouched("example.org", "pass"), "Message-ID: <one@example.org>"))
			s.box.put(t, "2025-05-02T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Re: Mes photos", eraseMe,
				append(forged.headers, "Message-ID: <two@evil.example>", "In-Reply-To: <one@example.org>")...))
			s.fetch()
			// The order comes in after both mails.
			s.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+threeOrders)
			s.fetch()
			s.fetch()
			c := s.theCase("alice.planchon@example.org")
			if c.Identity.Level != forged.level || len(c.Selected()) != 2 || !slices.Contains(c.Rights(), "erasure") {
				t.Fatalf("case: %s %v %v", c.Identity.Level, c.Selected(), c.Rights())
			}
			p, err := s.PlanCase(t.Context(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Erase(t.Context(), p, p.Hash, nil); !errors.Is(err, cases.ErrIdentityUnproven) || !s.exists("photos/uploads/104/a.jpg") {
				t.Errorf("erase: %v", err)
			}
		})
	}
}

func TestThePlanOfACaseGoesStaleWithTheCase(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg", "uploads/105/a.jpg", "uploads/106/a.jpg")
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Mes photos", eraseMe, vouched("example.org", "pass")))
	s.fetch()
	c := s.theCase("alice.planchon@example.org")
	p, err := s.PlanCase(t.Context(), c.ID)
	if err != nil || len(p.Erase) != 2 {
		t.Fatalf("plan: %v %v", p.Erase, err)
	}
	one := c.Selected()[:1]
	act := func(act cases.Act, in cases.Input) {
		t.Helper()
		if err := s.Act(t.Context(), c.ID, act, in); err != nil {
			t.Fatal(err)
		}
	}
	act(cases.ActSelectOrders, cases.Input{Orders: one})
	if _, err := s.Erase(t.Context(), p, p.Hash, nil); !errors.Is(err, plan.ErrStale) {
		t.Errorf("another order is meant now: %v", err)
	}
	act(cases.ActSelectOrders, cases.Input{Orders: nil})
	s.fetch()
	if c := s.theCase("alice.planchon@example.org"); len(c.Selected()) != 0 {
		t.Errorf("a sync selected again what the owner had taken out: %v", c.Selected())
	}
	act(cases.ActSelectOrders, cases.Input{Orders: one})
	p, err = s.PlanCase(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	act(cases.ActWithdraw, cases.Input{})
	if _, err := s.Erase(t.Context(), p, p.Hash, nil); !errors.Is(err, cases.ErrNotLawful) {
		t.Errorf("the person took it back: %v", err)
	}
	for _, f := range []string{"104", "105", "106"} {
		if !s.exists("photos/uploads/" + f + "/a.jpg") {
			t.Errorf("the photo of %s is gone", f)
		}
	}
}

func TestALetterTellsOfTheRunThatErased(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg", "uploads/106/a.jpg")
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Mes photos", eraseMe, vouched("example.org", "pass")))
	s.fetch()
	id := s.theCase("alice.planchon@example.org").ID
	answer := func() string {
		t.Helper()
		p, err := s.PlanCase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
			t.Fatalf("erase: %v %v", v.Record.State, err)
		}
		l, err := s.DraftLetter(t.Context(), id, cases.LetterAnswer, "fr")
		if err != nil {
			t.Fatal(err)
		}
		return l.Text
	}
	first := answer()
	s.now = s.now.Add(48 * time.Hour)
	if again := answer(); again != first {
		t.Errorf("a second run that found nothing changed the letter:\n%s\n---\n%s", first, again)
	}
}

func TestALetterTellsTheDayOnWhichAUseStopped(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	s.now = at(t, "2025-05-02T10:00:00Z")
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Prospection",
		"Bonjour,\n\nJe m'oppose à l'utilisation de mes données à des fins de prospection commerciale (article 21 du RGPD).\n\nCordialement", vouched("example.org", "pass")))
	s.fetch()
	c := s.theCase("alice.planchon@example.org")
	if !slices.Equal(c.Rights(), []string{"objection"}) {
		t.Fatalf("rights: %v", c.Rights())
	}
	if err := s.Act(t.Context(), c.ID, cases.ActSetOutcome, cases.Input{Right: request.Objection, Outcome: cases.Granted}); err != nil {
		t.Fatal(err)
	}
	s.now = at(t, "2025-05-09T10:00:00Z")
	l, err := s.DraftLetter(t.Context(), c.ID, cases.LetterAnswer, "fr")
	if err != nil || !strings.Contains(l.Text, "2 mai 2025") || strings.Contains(l.Text, "9 mai 2025") {
		t.Errorf("letter: %v\n%s", err, l.Text)
	}
}

func TestAReasonForTheIdentityMayBeGivenTwice(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg")
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Mes photos", eraseMe, vouched("example.org", "fail")))
	s.fetch()
	id := s.theCase("alice.planchon@example.org").ID
	opt := app.EraseOptions{Reason: "She called from the number of the order."}
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	s.write("photos/uploads/104/b.jpg", "one more")
	if _, err := s.EraseWith(t.Context(), p, p.Hash, opt, nil); !errors.Is(err, plan.ErrStale) {
		t.Errorf("stale: %v", err)
	}
	if p, err = s.PlanCase(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if v, err := s.EraseWith(t.Context(), p, p.Hash, opt, nil); err != nil || v.Record.State != erasure.Complete {
		t.Errorf("the same reason again: %v %v", v.Record.State, err)
	}
}

func TestAMailToCheckIsNeverHiddenInACaseThatHasEnded(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	perhaps := ""
	for _, text := range []string{"Bonjour, je ne veux plus que vous ayez mes photos.", "Que faites-vous de mes photos ?", "Pouvez-vous enlever mes photos s'il vous plait ?",
		"Avez-vous encore mes photos ?", "Je suis inquiète pour les photos de ma fille, que deviennent-elles ?", "Est-ce que vous gardez les photos longtemps ?"} {
		if request.Recognise(mailbox.Message{Subject: "Re: Mes photos", Text: text}).Kind == request.ToCheck {
			perhaps = text
		}
	}
	if perhaps == "" {
		t.Fatal("none of the texts is in doubt")
	}
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Mes photos", eraseMe, vouched("example.org", "pass"), "Message-ID: <one@example.org>"))
	s.fetch()
	c := s.theCase("alice.planchon@example.org")
	if err := s.Act(t.Context(), c.ID, cases.ActWithdraw, cases.Input{}); err != nil {
		t.Fatal(err)
	}
	s.box.put(t, "2025-05-20T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Re: Mes photos", perhaps, "Message-ID: <two@example.org>", "In-Reply-To: <one@example.org>"))
	s.fetch()
	ms, err := s.Mails(t.Context(), request.ToCheck)
	if err != nil || len(ms) != 1 {
		t.Fatalf("mails to check: %v %v", ms, err)
	}
	if id, err := s.CorrectVerdict(t.Context(), ms[0].ID, []request.Right{request.Erasure}); err != nil || id == 0 || id == c.ID {
		t.Errorf("a case of its own: %d %v", id, err)
	}
}

func TestEachPersonWhoWritesByTheContactFormHasACase(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	for i, who := range []string{"alice.planchon@example.org", "bob.durand@example.org"} {
		s.box.put(t, "2025-05-01T10:00:00Z", letter("Atelier Testard <contact@localhost.test>", "Formulaire de contact", eraseMe+"\n"+who,
			"Reply-To: "+who, "Message-ID: <form"+string(rune('0'+i))+"@localhost.test>"))
		s.box.put(t, "2025-05-01T10:00:00Z", letter("Site <wordpress@shop.localhost.test>", "Formulaire du site", showMe+"\n"+who,
			"Reply-To: "+who, "Message-ID: <site"+string(rune('0'+i))+"@localhost.test>"))
	}
	s.fetch()
	rows, err := s.Requests(t.Context())
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d cases of 4 requests, %v", len(rows), err)
	}
	for _, r := range rows {
		if r.Identity != cases.Doubtful {
			t.Errorf("case %d: identity %s", r.ID, r.Identity)
		}
	}
}

func TestNoDayAskedForLiftsAHold(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg", "uploads/105/a.jpg")
	id, err := s.OrderID(t.Context(), "104")
	if err != nil {
		t.Fatal(err)
	}
	today := law.DateOf(s.now, law.Paris())
	if err := s.PlaceHold(t.Context(), id, "a complaint", today.AddDays(10)); err != nil {
		t.Fatal(err)
	}
	for _, day := range []law.Date{today.AddDays(-1), today, today.AddDays(30)} {
		v, err := s.Retention(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Plan.Erase) != 1 || v.Plan.Erase[0].Number != "105" {
			t.Errorf("on %s: %v", day, v.Plan.Erase)
		}
		if i := slices.IndexFunc(v.Due, func(r app.DueRow) bool { return r.Number == "104" }); i < 0 || v.Due[i].Held != "a complaint" {
			t.Errorf("on %s: due %+v", day, v.Due)
		}
	}
}

func TestARestoreThatWasCutOffForgetsNobodyAtTheNextTry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.write("photos/uploads/104/a.jpg", "a picture")
	w.init(csvTOML, folderTOML)
	w.ok("sync")
	backup := filepath.Join(w.dir, "backup.age")
	w.ok("backup", backup)
	w.ok("erase", "--order", "104", "--yes")
	// As it stands between the two renames of a restore.
	if err := os.Rename(w.profile, w.profile+asideMark+"20260101T000000Z"); err != nil {
		t.Fatal(err)
	}
	d := asJSON[map[string]any](t, w.ok("--json", "restore", backup))
	if d["tombstones"] != 1.0 {
		t.Errorf("restore: %v", d)
	}
	w.verified()

	t.Run("what another profile left behind is not in the way", func(t *testing.T) {
		if err := os.RemoveAll(w.profile); err != nil {
			t.Fatal(err)
		}
		aside := w.profile + asideMark + "20260101T000000Z"
		if err := os.RemoveAll(aside); err != nil {
			t.Fatal(err)
		}
		ok(t, "--profile", aside, "init", "--from", filepath.Join(w.dir, "greffier.toml"))
		if d := asJSON[map[string]any](t, w.ok("--json", "restore", backup)); d["tombstones"] != 0.0 {
			t.Errorf("restore: %v", d)
		}
	})
}

func TestTheListsOfACaseAreNeverNull(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Zoe <zoe@example.net>", "Demande", eraseMe))
	s.fetch()
	v, err := s.App.Case(t.Context(), s.theCase("zoe@example.net").ID)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c := &cli{ctx: t.Context(), out: &out, err: &out, json: true, lang: "en"}
	if err := c.printCase(&profile{App: s.App}, v); err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
		t.Fatal(err)
	}
	for name, x := range doc {
		if x == nil {
			t.Errorf("%s is null", name)
		}
	}
}

func TestNoCopyOfTheStoreOutlivesABackupOrRestoreThatWasCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML, folderTOML)
	backup := filepath.Join(w.dir, "backup.age")
	w.write("profile/.backup-1234/greffier.db", "a copy")
	w.write(".restore-profile-1234/profile/greffier.db", "a copy")
	w.write(".restore-other-1234/profile/greffier.db", "somebody else's")
	w.ok("backup", backup)
	w.ok("restore", backup)
	for name, want := range map[string]bool{"profile/.backup-1234": false, ".restore-profile-1234": false, ".restore-other-1234": true} {
		if w.exists(name) != want {
			t.Errorf("%s is there: %t", name, !want)
		}
	}
}
