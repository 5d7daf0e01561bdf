package ui

import (
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/register"
	"greffier/ui/kit"
)

// ruleScreens are the pages and dialogs of retention rules, holds and archives.
var ruleScreens = []struct {
	name string
	open func(*Window)
}{
	{"rules", func(w *Window) { w.follow(&rulesPage{w: w}) }},
	{"rules-due", func(w *Window) { w.follow(&rulesPage{w: w, tab: rulesTabDue}) }},
	{"rules-year", func(w *Window) { w.follow(&rulesPage{w: w, tab: rulesTabYear}) }},
	{"rules-holds", func(w *Window) { w.follow(&rulesPage{w: w, tab: rulesTabHolds}) }},
	{"rules-archive", func(w *Window) { w.follow(&rulesPage{w: w, tab: rulesTabArchive}) }},
	{"rules-change", func(w *Window) {
		w.follow(&rulesPage{w: w})
		w.changeRule(register.Rule{ID: "media", Starts: "completion", Period: "60 days", Then: "delete"}, func() {})
	}},
	{"rules-add", func(w *Window) { w.follow(&rulesPage{w: w}); w.addRule(func() {}) }},
	{"rules-impact", func(w *Window) {
		w.follow(&rulesPage{w: w})
		w.tryRule(register.Rule{ID: "media", Starts: "completion", Period: "30 days", Then: "delete"}, func() {})
	}},
	{"rules-hold", func(w *Window) { p := &rulesPage{w: w, tab: rulesTabHolds}; w.follow(p); p.placeHold() }},
	{"rules-trouble", func(w *Window) { w.openTrouble(someTrouble(cases.TroubleGoods).Trouble) }},
	{"rules-open", func(w *Window) {
		p := &rulesPage{w: w, tab: rulesTabArchive}
		w.follow(p)
		p.openArchived(app.ArchiveRow{Order: 12, Number: "1012"})
	}},
	{"rules-none", func(w *Window) { w.f.(*fake).empty = true; w.follow(&rulesPage{w: w, tab: rulesTabHolds}) }},
}

func TestEveryScreenOfTheRulesIsDrawn(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, s := range ruleScreens {
			t.Run(lang+" "+s.name, func(t *testing.T) {
				w := openTest(t, newFake(lang, "light"))
				s.open(w)
				shoot(t, w, s.name+"-"+lang)
				size(w, 1024, 680)
				if m := w.win.Content().MinSize(); m.Width > 1024 || m.Height > 680-30 {
					t.Errorf("the window asks for %v", m)
				}
				if lang == "fr" {
					shoot(t, w, s.name+"-"+lang+"-small")
				}
			})
		}
	}
}

func someTrouble(kind cases.Trouble) app.Need {
	return app.Need{Kind: "trouble", Tone: app.ToneAtRisk, Count: 1, Person: "Alice Planchon", Trouble: &app.TroubleNeed{ID: "7", Mail: 7, Kind: kind, Number: "1042", Person: "Alice Planchon",
		At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Hold: app.LegalHold{Scope: app.HoldOrder, Order: 42, Reason: "Complaint about the goods", Until: dayOf(2027, 2, 1), Remind: 14}}}
}

func TestTroubleWithAnOrderProposesAHoldInOneAct(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, kind := range cases.Troubles {
			w := openTest(t, newFake(lang, "light"))
			c := w.need(someTrouble(kind))
			if !strings.Contains(c.title, "1042") || !strings.Contains(c.why, "Alice Planchon") || strings.Contains(c.title+c.why+c.button, "need.") || c.act == nil {
				t.Errorf("%s %s: %+v", lang, kind, c)
			}
		}
	}
	f := newFake("en", "light")
	w := openTest(t, f)
	w.need(someTrouble(cases.TroubleReturn)).act()
	kit.Open(w.win.Canvas()).Others()[0].OnTapped()
	if !f.called("SettleTrouble 7") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAChangedRuleIsShownOnRealDataBeforeItApplies(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&rulesPage{w: w})
	w.changeRule(register.Rule{ID: "media", Starts: "completion", Period: "60 days", Then: "delete"}, func() {})
	kit.Open(w.win.Canvas()).Others()[0].OnTapped()
	if !f.called("TryRule media") || f.called("SaveRule") {
		t.Fatalf("calls %v", f.calls)
	}
	d := kit.Open(w.win.Canvas())
	if d == nil {
		t.Fatal("nothing is shown")
	}
	d.Others()[0].OnTapped()
	if !f.called("SaveRule media") {
		t.Errorf("calls %v", f.calls)
	}
}

func TestARuleThatDoesNotHoldTogetherIsNotTried(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	w.follow(&rulesPage{w: w})
	w.changeRule(register.Rule{ID: "billing", Starts: "financial year end", Period: "2 years", Then: "delete"}, func() {})
	kit.Open(w.win.Canvas()).Others()[0].OnTapped()
	if f.called("TryRule") || f.called("SaveRule") {
		t.Errorf("calls %v", f.calls)
	}
}

func TestAnArchivedOrderOpensWithAReasonOnly(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	p := &rulesPage{w: w, tab: rulesTabArchive}
	w.follow(p)
	if !strings.Contains(texts(w), "left the daily view") {
		t.Error("the list does not show the archive")
	}
	p.openArchived(app.ArchiveRow{Order: 42, Number: "1042"})
	if ok := kit.Open(w.win.Canvas()).Others()[0]; !ok.Disabled() {
		t.Error("it opens without a reason")
	}
}
