package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/request"
)

const family = "201,completed,2025-01-10,2025-01-20,anne.martin@example.org,Anne,Martin\n" +
	"202,completed,2025-02-10,2025-02-20,anne.martin@example.org,Anne,Martin\n" +
	"203,completed,2025-03-10,2025-03-20,luc.moreau@example.org,Luc,Moreau\n"

const eraseChild = "Bonjour,\n\nJe suis la maman de Léa, 6 ans. Merci d'effacer toutes les photos de ma fille Léa de la commande 201 (article 17 du RGPD).\n\nAnne Martin"

func (s *small) caseView(id cases.ID) app.CaseView {
	s.t.Helper()
	v, err := s.App.Case(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *small) act(id cases.ID, act cases.Act, in cases.Input) {
	s.t.Helper()
	if err := s.Act(s.t.Context(), id, act, in); err != nil {
		s.t.Fatalf("%s: %v", act, err)
	}
}

func TestALetterByPostIsEnteredAndItsClockRunsFromItsReceipt(t *testing.T) {
	t.Parallel()
	s := newSmall(t, family)
	s.now = at(t, "2025-05-05T09:00:00Z")
	n := app.NewCase{Channel: cases.ChannelPost, Received: law.Date{Year: 2025, Month: 4, Day: 28}, Requester: cases.Person{Name: "Luc Moreau"}, Link: cases.Self,
		Rights: []request.Right{request.Access}, Words: "Envoyez-moi mes données.", Language: "fr"}
	id, err := s.EnterCase(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	v := s.caseView(id)
	if v.Deadline.Due.String() != "2025-05-28" || v.Case.Told != "Envoyez-moi mes données." || v.Standing != cases.StandingToDo {
		t.Errorf("due %s, %+v", v.Deadline.Due, v.Case)
	}
	if len(v.Case.Orders) != 1 || v.Case.Orders[0].Number != "203" || v.Case.Orders[0].Selected {
		t.Errorf("orders %+v", v.Case.Orders)
	}
	found, err := s.FindOrders(t.Context(), "moreau")
	if err != nil || len(found) != 1 || found[0].Row.Number != "203" {
		t.Fatalf("search: %+v, %v", found, err)
	}
	if err := s.AddOrder(t.Context(), id, found[0].Row.ID); err != nil {
		t.Fatal(err)
	}
	if v = s.caseView(id); !slices.Equal(v.Case.Selected(), []int64{found[0].Row.ID}) {
		t.Errorf("scope %v", v.Case.Selected())
	}
	n.Received = law.Date{Year: 2025, Month: 5, Day: 6}
	if _, err := s.EnterCase(t.Context(), n); !errors.Is(err, cases.ErrEntryDate) {
		t.Errorf("a letter of tomorrow: %v", err)
	}
	// What was granted was done: by hand, in her words.
	s.act(id, cases.ActConfirmIdentity, cases.Input{Reason: "rappelé au numéro de la commande"})
	s.act(id, cases.ActSetOutcome, cases.Input{Right: request.Access, Outcome: cases.Granted})
	if err := s.Act(t.Context(), id, cases.ActAnswer, cases.Input{}); !errors.Is(err, cases.ErrNoWork) {
		t.Errorf("answered with nothing done: %v", err)
	}
	s.act(id, cases.ActByHand, cases.Input{Right: request.Access, Reason: "copie remise en main propre"})
	s.act(id, cases.ActAnswer, cases.Input{})
	journal, err := s.Journal(t.Context(), 50)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(journal, func(l app.JournalLine) bool {
		return l.Act == "case.entered" && !strings.Contains(l.Detail, "Moreau")
	}) {
		t.Error("the journal does not tell that the case was entered")
	}
}

func TestAFatherWhoSpeaksAgainstStopsTheErasure(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]func(s *small){
		"in a mail of its own": func(s *small) {
			s.box.put(t, "2025-05-03T10:00:00Z", letter("Paul Martin <paul@example.com>", "Commande 201",
				"Bonjour,\n\nJe suis le père de Léa. Ne supprimez pas les photos de la commande 201, je ne suis pas d'accord.\n\nPaul Martin", vouched("example.com", "pass")))
		},
		"in a request of his own": func(s *small) {
			s.box.put(t, "2025-05-03T10:00:00Z", letter("Paul Martin <paul@example.com>", "Opposition",
				"Bonjour,\n\nJe suis le père de Léa. Je m'oppose à l'effacement des photos de la commande 201, sans mon accord rien ne doit être supprimé. Je demande la limitation du traitement (article 18 du RGPD).\n\nPaul", vouched("example.com", "pass")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSmall(t, family, "uploads/201/a.jpg")
			s.now = at(t, "2025-05-02T10:00:00Z")
			s.box.put(t, "2025-05-01T10:00:00Z", letter("Anne Martin <anne.martin@example.org>", "Photos de ma fille", eraseChild, vouched("example.org", "pass")))
			s.fetch()
			c := s.theCase("anne.martin@example.org")
			p, err := s.PlanCase(t.Context(), c.ID)
			if err != nil || cases.MayErase(c) != nil {
				t.Fatalf("before: %v, %v, link %q", err, cases.MayErase(c), c.Link)
			}
			s.now = at(t, "2025-05-03T12:00:00Z")
			reply(s)
			s.fetch()
			v := s.caseView(c.ID)
			if !v.Case.Disagreed() || cases.Primary(v.Steps) != cases.ActConflict {
				t.Fatalf("nobody noticed: %+v", v.Case.Events)
			}
			if _, err := s.Erase(t.Context(), p, p.Hash, nil); !errors.Is(err, cases.ErrConflict) {
				t.Errorf("erased while a father is against: %v", err)
			}
			s.act(c.ID, cases.ActConflict, cases.Input{Reason: "le père s'y oppose"})
			if _, err := s.EraseWith(t.Context(), p, p.Hash, app.EraseOptions{Reason: "je suis sûre", BySight: true}, nil); !errors.Is(err, cases.ErrConflict) {
				t.Errorf("a reason of identity settles it: %v", err)
			}
			if p := s.planOrder("201"); len(p.Erase) != 0 {
				t.Errorf("by its number the order can be erased: %+v", p.Erase)
			}
			s.act(c.ID, cases.ActSettleConflict, cases.Input{Reason: "accord écrit des deux"})
			p, err = s.PlanCase(t.Context(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			run, err := s.Erase(t.Context(), p, p.Hash, nil)
			if name == "in a request of his own" {
				// His own request for restriction is another hold, and stands.
				return
			}
			if err != nil || run.Record.State != erasure.Complete {
				t.Fatalf("afterwards: %v, %v", run.Record.State, err)
			}
			if v = s.caseView(c.ID); !v.Case.HasWork(request.Erasure) || len(v.Case.WorkOf(request.Erasure)) != 1 {
				t.Errorf("the run is not on record: %+v", v.Case.Work)
			}
		})
	}
}

func TestATelephoneCallAndAMailBecomeOneCase(t *testing.T) {
	t.Parallel()
	s := newSmall(t, family, "uploads/201/a.jpg")
	s.now = at(t, "2025-05-02T10:00:00Z")
	call := app.NewCase{Channel: cases.ChannelTelephone, Received: law.Date{Year: 2025, Month: 4, Day: 29}, Requester: cases.Person{Name: "Anne Martin"}, Link: cases.Self,
		Rights: []request.Right{request.Access}, Words: "Elle voudrait une copie de ses photos."}
	phone, err := s.EnterCase(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Anne Martin <anne.martin@example.org>", "Mes photos", eraseMe, vouched("example.org", "pass")))
	s.fetch()
	mail := s.theCase("anne.martin@example.org").ID
	if v := s.caseView(mail); len(v.Same) != 1 || v.Same[0].ID != phone {
		t.Fatalf("the other case is not shown: %+v", v.Same)
	}
	// Into the call, which came first: the mail moves with its text.
	if err := s.MergeCases(t.Context(), phone, mail, ""); err != nil {
		t.Fatal(err)
	}
	v := s.caseView(phone)
	if len(v.Messages) != 1 || !strings.Contains(v.Messages[0].Message.Text, "effacer") || v.Case.Requester.Email != "anne.martin@example.org" {
		t.Errorf("the mail did not come along: %+v", v.Messages)
	}
	if !slices.Contains(v.Case.Rights(), "access") || !slices.Contains(v.Case.Rights(), "erasure") || v.Deadline.Due.String() != "2025-05-30" {
		t.Errorf("rights %v, due %s", v.Case.Rights(), v.Deadline.Due)
	}
	gone := s.caseView(mail)
	if gone.Case.MergedInto != phone || gone.Standing != cases.StandingMerged || len(gone.Messages) != 0 {
		t.Errorf("the other case: %+v", gone.Case)
	}
	// The mail is vouched for; what was asked by telephone is not, now or later.
	s.fetch()
	if v = s.caseView(phone); v.Case.Identity.Level != cases.Unproven || cases.MayDisclose(v.Case) == nil {
		t.Errorf("a telephone call is proven by a mail: %s", v.Case.Identity.Level)
	}
	// A further mail of the conversation finds the case that goes on.
	s.now = at(t, "2025-05-04T10:00:00Z")
	s.box.put(t, "2025-05-04T09:00:00Z", letter("Anne Martin <anne.martin@example.org>", "Re: Mes photos", "Bonjour, la commande 202 aussi, merci.", vouched("example.org", "pass")))
	s.fetch()
	if v = s.caseView(phone); len(v.Messages) != 2 {
		t.Errorf("the answer went elsewhere: %d messages", len(v.Messages))
	}
	ver, err := s.Verify(t.Context())
	if err != nil || ver.BrokenAt != nil || ver.Evidence != "ok" || ver.Store != "ok" {
		t.Errorf("verify: %+v, %v", ver, err)
	}
	// Another person's case is not joined by mistake.
	call.Requester = cases.Person{Name: "Luc Moreau"}
	other, err := s.EnterCase(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MergeCases(t.Context(), phone, other, ""); !errors.Is(err, cases.ErrDifferentPersons) {
		t.Errorf("two persons: %v", err)
	}
	// The same right again within a year is shown, and nothing else happens.
	call.Requester, call.Received = cases.Person{Name: "Anne Martin"}, law.Date{Year: 2025, Month: 5, Day: 4}
	again, err := s.EnterCase(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if v = s.caseView(again); len(v.Earlier) != 1 || v.Earlier[0].Case != phone || v.Case.State != cases.Received {
		t.Errorf("earlier requests %+v", v.Earlier)
	}
}

func TestAnErasureThatWaitsKeepsCasesApart(t *testing.T) {
	t.Parallel()
	s := newSmall(t, family, "uploads/201/a.jpg")
	s.now = at(t, "2025-05-02T10:00:00Z")
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Anne Martin <anne.martin@example.org>", "Mes photos", eraseMe, vouched("example.org", "pass")))
	s.fetch()
	id := s.theCase("anne.martin@example.org").ID
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Schedule(t.Context(), p, p.Hash); err != nil {
		t.Fatal(err)
	}
	phone, err := s.EnterCase(t.Context(), app.NewCase{Channel: cases.ChannelVisit, Received: law.Date{Year: 2025, Month: 5, Day: 2}, Requester: cases.Person{Name: "Anne Martin"}, Link: cases.Self, Rights: []request.Right{request.Access}})
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]cases.ID{{id, phone}, {phone, id}} {
		if err := s.MergeCases(t.Context(), pair[0], pair[1], ""); !errors.Is(err, app.ErrMergeWaits) {
			t.Errorf("joined %v: %v", pair, err)
		}
	}
}

func TestWhoIsShownOnAPhotoIsNotTheCustomer(t *testing.T) {
	t.Parallel()
	s := newSmall(t, family, "uploads/201/a.jpg")
	s.now = at(t, "2025-05-02T10:00:00Z")
	id, err := s.EnterCase(t.Context(), app.NewCase{Channel: cases.ChannelPost, Received: law.Date{Year: 2025, Month: 5, Day: 2}, Requester: cases.Person{Name: "Zoé Petit"}, Link: cases.Self, Depicted: true,
		Rights: []request.Right{request.Erasure}, Words: "Je suis sur les photos de la commande 201."})
	if err != nil {
		t.Fatal(err)
	}
	v := s.caseView(id)
	if len(v.Case.Orders) != 1 || v.Case.Orders[0].Number != "201" {
		t.Fatalf("orders %+v", v.Case.Orders)
	}
	if err := s.AddOrder(t.Context(), id, v.Case.Orders[0].Order); err != nil {
		t.Fatal(err)
	}
	p, err := s.PlanCase(t.Context(), id)
	if err != nil || p.Scope.Person || len(p.Erase) == 0 {
		t.Errorf("the plan reaches the customer: %+v, %v", p.Scope, err)
	}
	if _, err := s.Erase(t.Context(), p, p.Hash, nil); !errors.Is(err, cases.ErrIdentityUnproven) {
		t.Errorf("erased for a stranger: %v", err)
	}
}

func TestAllOrdersAreLookedThroughOnRequest(t *testing.T) {
	t.Parallel()
	s := newSmall(t, family)
	s.now = at(t, "2025-05-02T10:00:00Z")
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Anne Martin <anne.martin@example.org>", "Mes photos", eraseMe+"\n\nMon mari, Luc Moreau, a commandé aussi.", vouched("example.org", "pass")))
	s.fetch()
	c := s.theCase("anne.martin@example.org")
	if len(c.Orders) != 2 {
		t.Fatalf("orders %+v", c.Orders)
	}
	n, err := s.ProposeOrders(t.Context(), c.ID)
	if err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	m := s.caseView(c.ID).Case.Orders[2]
	if m.Number != "203" || m.Selected || m.Strong || m.Group() != cases.MatchWeak {
		t.Errorf("%+v", m)
	}
	if n, err = s.ProposeOrders(t.Context(), c.ID); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	s.fetch()
	if got := len(s.caseView(c.ID).Case.Orders); got != 3 {
		t.Errorf("a sync forgets what was proposed: %d", got)
	}
}

// shownCase is what `case N --json` prints of the further life of a case.
type shownCase struct {
	Case     int64    `json:"case"`
	State    string   `json:"state"`
	Due      string   `json:"due"`
	Standing string   `json:"standing"`
	Channel  string   `json:"channel"`
	Link     string   `json:"link"`
	Conflict bool     `json:"conflict"`
	Merged   int64    `json:"merged_into"`
	Orders   []string `json:"orders"`
	Earlier  []int64  `json:"earlier"`
	Same     []int64  `json:"same"`
	Work     []struct {
		Right string `json:"right"`
		Kind  string `json:"kind"`
	} `json:"work"`
	Outcomes []struct {
		Right   string `json:"right"`
		Outcome string `json:"outcome"`
	} `json:"outcomes"`
}

func TestACaseIsLivedThroughOnTheCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+family)
	w.write("photos/uploads/201/a.jpg", "a picture")
	w.init(csvTOML, folderTOML)
	w.ok("sync", "--orders")
	today := law.DateOf(time.Now(), law.Paris())
	came := today.AddDays(-3).String()
	show := func(n string) shownCase { t.Helper(); return asJSON[shownCase](t, w.ok("--json", "case", n)) }

	for name, args := range map[string][]string{
		"no day":            {"--channel", "post", "--right", "access", "--person", "Anne Martin"},
		"no right":          {"--channel", "post", "--received", came, "--right", "acess", "--person", "Anne Martin"},
		"no such link":      {"--channel", "post", "--received", came, "--right", "access", "--person", "Anne Martin", "--link", "boss"},
		"a word too many":   {"extra", "--channel", "post"},
		"no such language":  {"--channel", "post", "--received", came, "--right", "access", "--person", "Anne", "--answer-in", "de"},
		"a day of nonsense": {"--channel", "post", "--received", "31/02/2026", "--right", "access", "--person", "Anne"},
	} {
		if r := w.call(append([]string{"case", "new"}, args...)...); r.code != exitUsage {
			t.Errorf("%s: status %d, %s", name, r.code, r.err)
		}
	}
	w.failed([]string{"day"}, "case", "new", "--channel", "post", "--received", today.AddDays(1).String(), "--right", "access", "--person", "Anne Martin")
	w.failed([]string{"name"}, "case", "new", "--channel", "post", "--received", came, "--right", "access")

	one := asJSON[shownCase](t, w.ok("--json", "case", "new", "--channel", "post", "--received", came, "--right", "access,erasure", "--person", "Anne Martin", "--words", "Commande 201", "--order", "201"))
	if one.Case != 1 || !slices.Equal(one.Orders, []string{"201"}) {
		t.Fatalf("%+v", one)
	}
	two := asJSON[shownCase](t, w.ok("--json", "case", "new", "--channel", "telephone", "--received", today.String(), "--right", "objection", "--person", "Anne Martin"))
	if v := show("1"); v.Channel != "post" || !slices.Equal(v.Same, []int64{two.Case}) || v.Standing != "todo" {
		t.Errorf("%+v", v)
	}
	if r := w.call("case", "merge", "1", "2"); r.code != exitFailed || !strings.Contains(r.err, "--yes") {
		t.Errorf("joined without --yes: %d %s", r.code, r.err)
	}
	w.ok("case", "merge", "1", "2", "--yes")
	if v := show("2"); v.Merged != 1 || v.State != "closed" {
		t.Errorf("%+v", v)
	}
	w.failed([]string{"lawful"}, "case", "merge", "1", "2", "--yes")

	// Three rights, each to be proven, done and decided.
	w.failed([]string{"identity"}, "case", "act", "1", "set outcome", "--right", "access", "--outcome", "granted")
	w.ok("case", "act", "1", "confirm identity", "--reason", "seen in the shop")
	for _, r := range []string{"access", "erasure", "objection"} {
		w.ok("case", "act", "1", "set outcome", "--right", r, "--outcome", "granted")
	}
	w.failed([]string{"on record"}, "case", "act", "1", "answer")
	for _, r := range []string{"access", "objection"} {
		w.failed([]string{"reason"}, "case", "act", "1", "by hand", "--right", r)
		w.ok("case", "act", "1", "by", "hand", "--right", r, "--reason", "done in the shop")
	}
	w.failed([]string{"erasure"}, "case", "act", "1", "answer")
	w.ok("erase", "--case", "1", "--yes")
	if v := show("1"); len(v.Work) != 4 || v.Work[2].Kind != "run" {
		t.Errorf("work %+v", v.Work)
	}
	w.ok("case", "act", "1", "answer")
	if v := show("1"); v.State != "answered" || v.Standing != "done" {
		t.Errorf("%+v", v)
	}
	w.ok("case", "act", "1", "close")
	if r := w.call("case", "act", "1", "dance"); r.code != exitUsage {
		t.Errorf("an unknown step: %d", r.code)
	}

	// The same right again, for a child, by two parents.
	w.ok("case", "new", "--channel", "web form", "--received", today.String(), "--right", "access", "--person", "Anne Martin", "--link", "parent", "--minor", "--concerned", "Léa", "--order", "202")
	if v := show("3"); v.Link != "parent" || !slices.Equal(v.Earlier, []int64(nil)) && len(v.Earlier) != 0 {
		t.Errorf("another person concerned is the same: %+v", v)
	}
	w.failed([]string{"extend"}, "case", "act", "3", "extend", "--reason", "many photos")
	w.ok("case", "act", "3", "set authority", "--authority", "seen", "--reason", "livret de famille")
	w.ok("case", "act", "3", "parents disagree", "--reason", "the father wrote")
	w.ok("case", "act", "3", "confirm identity", "--reason", "called back")
	w.failed([]string{"disagree"}, "case", "act", "3", "set outcome", "--right", "access", "--outcome", "granted")
	if v := show("3"); !v.Conflict || v.Standing != "conflict" {
		t.Errorf("%+v", v)
	}
	w.ok("case", "act", "3", "settle conflict", "--reason", "both signed")
	w.ok("case", "act", "3", "set outcome", "--right", "access", "--outcome", "granted")

	if out := w.ok("case", "orders", "3", "--find", "moreau").out; !strings.Contains(out, "203") {
		t.Errorf("search: %s", out)
	}
	if out := w.ok("case", "orders", "3").out; !strings.Contains(out, "202") || !strings.HasPrefix(out, "+") && !strings.Contains(out, "\n+") {
		t.Errorf("orders: %s", out)
	}
	w.verified()
	w.sealed("Anne Martin", "livret de famille")
}
