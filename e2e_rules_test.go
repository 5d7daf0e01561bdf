package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/register"
	"greffier/app/retention"
)

// theOrders are one order of each kind that a rule is about.
const theOrders = `201,completed,2015-03-01,2015-03-10,vieille@example.org,Odette,Vasseur
202,completed,2026-09-01,2026-09-10,claire@example.org,Claire,Ollivier
203,completed,2022-05-01,2022-05-10,lointain@example.org,Hugo,Lemaire
204,cancelled,2026-08-01,,annule@example.org,Nadia,Perrin
205,processing,2026-11-20,,encours@example.org,Paul,Garnier
`

// shopOf is a small world on 1 December 2026.
func shopOf(t *testing.T, feed string, photos ...string) *small {
	t.Helper()
	s := newSmall(t, feed, photos...)
	s.now = at(t, "2026-12-01T09:00:00Z")
	return s
}

func (s *small) due(rule string) map[string]string {
	s.t.Helper()
	v, err := s.RetentionOf(s.t.Context(), law.Date{}, rule)
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, d := range v.Due {
		out[d.Number] = d.Due.String() + " " + d.Held
	}
	return out
}

func (s *small) runRule(rule string) app.RunView {
	s.t.Helper()
	v, err := s.RunRule(s.t.Context(), rule, law.Date{}, "rule "+rule, nil)
	if err != nil || v.Record.State != erasure.Complete {
		s.t.Fatalf("rule %s: %+v %v", rule, v.Record, err)
	}
	return v
}

func (s *small) id(number string) int64 {
	s.t.Helper()
	id, err := s.OrderID(s.t.Context(), number)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *small) customer(number string) order.Customer {
	s.t.Helper()
	var out order.Customer
	if err := s.deps.Store.View(s.t.Context(), func(tx app.Tx) error {
		o, err := tx.Order(s.id(number))
		out = o.Customer
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestTheRulesOfThePolicyAreExecutedAndNotOnlyShown(t *testing.T) {
	t.Parallel()
	s := shopOf(t, theOrders, "other/x.jpg")
	for rule, want := range map[string]map[string]string{
		// 10 September and sixty days, and a day: 10 November.
		"contract": {"202": "2026-11-10 ", "203": "2022-07-10 "},
		// The financial year of 2015 and ten years: kept until 31 December 2025.
		"billing": {"201": "2025-12-31 "},
		// From what she ordered, not from what the shop did of it.
		"commercial": {"201": "2018-03-01 ", "203": "2025-05-01 "},
	} {
		if got := s.due(rule); len(got) != len(want) || slices.ContainsFunc(keysOf(want), func(k string) bool { return got[k] != want[k] }) {
			t.Errorf("%s: due %v, want %v", rule, got, want)
		}
	}

	t.Run("the contract's end archives what must be kept, out of daily view", func(t *testing.T) {
		s.runRule("contract")
		rows, err := s.Archive(t.Context())
		if err != nil || len(rows) != 2 || rows[0].Number != "203" || rows[0].Until.String() != "2032-12-31" || rows[1].Until.String() != "2036-12-31" {
			t.Fatalf("archive %+v %v", rows, err)
		}
		os, err := s.Orders(t.Context())
		if err != nil || slices.ContainsFunc(os, func(o app.OrderRow) bool { return o.Number == "202" || o.Number == "203" }) {
			t.Errorf("archived orders stand in the list: %v", err)
		}
		if _, err := s.Order(t.Context(), s.id("202")); !errors.Is(err, app.ErrArchived) {
			t.Errorf("opened without a reason: %v", err)
		}
		if err := s.OpenArchived(t.Context(), s.id("202"), " "); err == nil {
			t.Error("a blank reason opens it")
		}
		if err := s.OpenArchived(t.Context(), s.id("202"), "tax inspection"); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Order(t.Context(), s.id("202")); err != nil || v.Order.Customer.LastName != "Ollivier" || v.Row.Archived.String() != "2036-12-31" {
			t.Errorf("%+v %v", v.Row, err)
		}
		s.now = s.now.Add(2 * time.Hour)
		if _, err := s.Order(t.Context(), s.id("202")); !errors.Is(err, app.ErrArchived) {
			t.Errorf("still open hours later: %v", err)
		}
		if len(s.journalled("archive.moved")) != 1 || len(s.journalled("archive.opened")) != 1 {
			t.Error("the journal does not tell of the archive")
		}
		if got := s.due("contract"); len(got) != 0 {
			t.Errorf("due again: %v", got)
		}
	})
	t.Run("ten years later the end is executed too", func(t *testing.T) {
		s.runRule("billing")
		if c := s.customer("201"); c != (order.Customer{}) {
			t.Errorf("still there: %+v", c)
		}
		if c := s.customer("202"); c.LastName != "Ollivier" {
			t.Error("an invoice within ten years was touched")
		}
		if len(s.journalled("archive.ended")) != 1 {
			t.Error("the journal does not tell of the end")
		}
	})
	t.Run("contact data go three years after the last contact", func(t *testing.T) {
		s.runRule("commercial")
		if c := s.customer("203"); c != (order.Customer{}) {
			t.Errorf("still there: %+v", c)
		}
		s.fetch() // the shop's file names her again
		if c := s.customer("203"); c != (order.Customer{}) {
			t.Errorf("came back: %+v", c)
		}
		for _, n := range []string{"202", "204", "205"} {
			if s.customer(n).LastName == "" {
				t.Errorf("order %s was touched", n)
			}
		}
	})
	t.Run("nothing is left to do, and what is to come is in the year ahead", func(t *testing.T) {
		v, err := s.Retention(t.Context(), law.Date{})
		if err != nil || len(v.Due) != 0 || len(v.Plan.Erase) != 0 {
			t.Errorf("%+v %v", v.Due, err)
		}
		if r, err := s.Verify(t.Context()); err != nil || r.Evidence != "ok" || r.BrokenAt != nil {
			t.Errorf("%+v %v", r, err)
		}
	})
}

func keysOf(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestOnlyWhatComesFromThePersonLengthensTheCommercialPeriod(t *testing.T) {
	t.Parallel()
	s := shopOf(t, "301,completed,2022-05-01,2025-05-10,muette@example.org,Lise,Fabre\n302,completed,2022-05-01,2022-05-10,ecrit@example.org,Jean,Colin\n303,completed,2022-05-01,2022-05-10,deuxfois@example.org,Rose,Blin\n304,completed,2025-02-01,2025-02-10,deuxfois@example.org,Rose,Blin\n", "other/x.jpg")
	s.box.put(t, "2024-06-01T10:00:00Z", letter("Jean <ecrit@example.org>", "Livre", "Bonjour, où en est mon livre ? Merci", vouched("example.org", "pass")))
	s.fetch()
	if got := s.due("commercial"); len(got) != 1 || got["301"] != "2025-05-01 " {
		t.Errorf("due %v", got)
	}
}

func TestAHoldOfAnyScopeKeepsEveryRuleAndSaysWhy(t *testing.T) {
	t.Parallel()
	const photo = "uploads/202/a.jpg"
	for name, tc := range map[string]struct {
		hold   app.LegalHold
		number bool
		free   string // an order that still goes under the commercial rule
		media  bool   // the photo is held too
	}{
		"an order":  {app.LegalHold{Scope: app.HoldOrder}, true, "", false},
		"a person":  {app.LegalHold{Scope: app.HoldPerson, Email: "Lointain@example.org"}, false, "201", false},
		"a place":   {app.LegalHold{Scope: app.HoldPlace, Storage: "photos", Prefix: "uploads/2"}, false, "203", true},
		"all there": {app.LegalHold{Scope: app.HoldAll}, false, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopOf(t, theOrders, photo)
			h := tc.hold
			h.Reason, h.Until = "a dispute with the printer", law.Date{Year: 2026, Month: 12, Day: 10}
			if tc.number {
				h.Order = s.id("203")
			}
			id, err := s.Hold(t.Context(), h)
			if err != nil {
				t.Fatal(err)
			}
			for n, why := range s.due("commercial") {
				held := strings.Contains(why, "dispute")
				if n == tc.free && held || n == "203" && !held && tc.free != "203" {
					t.Errorf("%s: %s", n, why)
				}
			}
			if got := s.due("media")["202"]; strings.Contains(got, "dispute") != tc.media {
				t.Errorf("the photo: %q", got)
			}
			if tc.media {
				v, err := s.PlanOrder(t.Context(), s.id("202"))
				if err != nil || len(v.Erase) != 0 || len(v.Restrict) == 0 {
					t.Errorf("the owner's own plan: %+v %v", v.Erase, err)
				}
			}
			d, err := s.Today(t.Context())
			if err != nil || !slices.ContainsFunc(d.Needs, func(n app.Need) bool { return n.Kind == "hold" && n.DaysLeft == 9 }) {
				t.Errorf("nobody is reminded of its end: %+v %v", d.Needs, err)
			}
			rows, err := s.Agenda(t.Context(), law.Date{})
			if err != nil || !slices.ContainsFunc(rows, func(r app.AgendaRow) bool { return r.Kind == agenda.Hold && r.Date == h.Until }) {
				t.Errorf("the calendar does not know: %v", err)
			}
			if err := s.EndHold(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if why := s.due("commercial")["203"]; strings.Contains(why, "dispute") {
				t.Errorf("lifted and still held: %s", why)
			}
			if err := s.EndHold(t.Context(), id); err == nil {
				t.Error("lifted twice")
			}
		})
	}
}

func TestAnOpenCaseKeepsItsPersonFromTheRules(t *testing.T) {
	t.Parallel()
	s := shopOf(t, theOrders, "other/x.jpg")
	s.box.put(t, "2026-11-25T10:00:00Z", letter("Hugo <lointain@example.org>", "Droit d'accès", "Bonjour, merci de m'envoyer une copie de mes données personnelles (article 15 du RGPD). Hugo Lemaire", vouched("example.org", "pass")))
	s.fetch()
	s.theCase("lointain@example.org")
	if got := s.due("contract"); !strings.Contains(got["203"], "case 1: access") {
		t.Errorf("contract: %v", got)
	}
	if got := s.due("commercial"); got["203"] != "" {
		t.Errorf("she wrote last week: %v", got)
	}
	s.runRule("contract")
	if rows, err := s.Archive(t.Context()); err != nil || len(rows) != 1 || rows[0].Number != "202" {
		t.Errorf("%+v %v", rows, err)
	}
}

func TestAChangedRuleShowsWhatItWouldMakeDueBeforeItApplies(t *testing.T) {
	t.Parallel()
	s := shopOf(t, theOrders+"206,completed,2026-11-01,2026-11-05,neuf@example.org,Eva,Roche\n", "uploads/206/a.jpg", "uploads/206/b.jpg", "uploads/202/a.jpg")
	rules, err := s.Rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rule := func(id string) register.Rule {
		return rules[slices.IndexFunc(rules, func(r register.Rule) bool { return r.ID == id })]
	}
	media := rule("media")
	media.Period = "20 jours"
	v, err := s.TryRule(t.Context(), media)
	if err != nil || v.Before.Orders != 1 || v.After.Orders != 2 || v.After.Objects != 3 || v.NowCount != 1 || v.Now[0].Number != "206" || v.NoMoreCount != 0 {
		t.Errorf("%+v %v", v, err)
	}
	commercial := rule("commercial")
	commercial.Period = "10 years"
	v, err = s.TryRule(t.Context(), commercial)
	if err != nil || v.NowCount != 0 || v.NoMoreCount != 1 || v.NoMore[0].Number != "203" {
		t.Errorf("%+v %v", v, err)
	}
	if !s.exists("photos/uploads/206/a.jpg") {
		t.Error("trying a rule erased something")
	}
	before, err := s.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SaveRule(t.Context(), media); err != nil {
		t.Fatal(err)
	}
	after, err := s.Policies(t.Context())
	if err != nil || len(after) != len(before)+1 {
		t.Fatalf("%d versions of the policy, then %d: %v", len(before), len(after), err)
	}
	cur := after[slices.IndexFunc(after, func(p register.PolicyVersion) bool { return p.Until.IsZero() })]
	if cur.From.String() != "2026-12-01" || !strings.Contains(cur.Change, "20 days") || !slices.Equal(s.journalled("rule.changed"), []string{"rule media"}) {
		t.Errorf("%+v", cur)
	}
	// The version says what the rule does, and the one before what it said.
	old := after[slices.IndexFunc(after, func(p register.PolicyVersion) bool { return p.Until == cur.From })]
	if !strings.Contains(cur.Text, "a maximum period of 20 days") || cur.SHA256 != register.SHA256(cur.Text) || !strings.Contains(cur.Change, "publish it") || !strings.Contains(old.Text, "a maximum period of 60 days") || old.SHA256 != register.SHA256(old.Text) {
		t.Errorf("%.300q, %q, before %.300q", cur.Text, cur.Change, old.Text)
	}
	for name, bad := range map[string]register.Rule{
		"invoices for nine years": {ID: "billing", Starts: "financial year end", Period: "9 years", Then: "delete"},
		"no period":               {ID: "media", Starts: "completion", Then: "delete"},
		"a start that is another": {ID: "media", Starts: "last contact", Period: "60 days", Then: "delete"},
		"a word that is none":     {ID: "../x", Data: "commercial", Starts: "last contact", Period: "1 year", Then: "delete"},
		"about nothing":           {ID: "mine", Starts: "last contact", Period: "1 year", Then: "delete"},
	} {
		if err := s.SaveRule(t.Context(), bad); err == nil {
			t.Errorf("%s was kept", name)
		}
	}
	own := register.Rule{ID: "cancelled", Data: retention.Unfinished, Starts: retention.FromInteraction, Period: "60 days", Then: retention.ThenDelete}
	if err := s.SaveRule(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	if got := s.due("cancelled"); len(got) != 1 || got["204"] != "2026-09-30 " {
		t.Errorf("%v", got)
	}
	s.runRule("cancelled")
	if c := s.customer("204"); c != (order.Customer{}) {
		t.Errorf("still there: %+v", c)
	}
	if err := s.DropRule(t.Context(), "cancelled"); err != nil {
		t.Error(err)
	}
	if err := s.DropRule(t.Context(), "billing"); err == nil {
		t.Error("a rule of the policy was dropped")
	}
}

func TestRulesHoldsAndArchivesByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+theOrders)
	w.write("photos/uploads/202/a.jpg", "a")
	w.init(csvTOML, folderTOML)
	w.sync()
	if r := w.ok("rule", "list"); strings.Count(r.out, "\n") != 4 {
		t.Errorf("rules:\n%s", r.out)
	}
	if i := asJSON[impactJSON](t, w.ok("--json", "rule", "set", "commercial", "--period", "20 years", "--dry-run")); i.Saved || len(i.NoMore) == 0 {
		t.Errorf("%+v", i)
	}
	w.failed([]string{"ten years"}, "rule", "set", "billing", "--period", "1 year")
	w.ok("hold", "place", "--order", "203", "--reason", "a dispute")
	if h := asJSON[[]holdJSON](t, w.ok("--json", "hold", "list")); len(h) != 1 || h[0].Order != "203" || !h[0].Active {
		t.Errorf("%+v", h)
	}
	d := asJSON[retentionDoc](t, w.ok("--json", "retention", "--rule", "contract", "--yes"))
	if d.Run == nil || d.Run.State != "complete" || len(d.Due) != 2 {
		t.Errorf("%+v", d)
	}
	if a := asJSON[[]archivedJSON](t, w.ok("--json", "archive")); len(a) != 1 || a[0].Order != "202" {
		t.Errorf("%+v", a)
	}
	if r := w.ok("archive", "--order", "202", "--reason", "inspection"); !strings.Contains(r.out, "Ollivier") {
		t.Error(r.out)
	}
	w.ok("hold", "lift", "1")
	w.ok("retention", "--yes")
	if w.exists("photos/uploads/202/a.jpg") {
		t.Error("the photo stayed")
	}
	if d := asJSON[retentionDoc](t, w.ok("--json", "retention")); len(d.Due) != 0 {
		t.Errorf("still due: %+v", d.Due)
	}
	w.failed([]string{"rule"}, "retention", "--rule", "none")
}
