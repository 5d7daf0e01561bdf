package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/ui/kit"
)

func stoppedSweep() []app.SweepAsk {
	return []app.SweepAsk{{Rule: "media", Hash: "ab12", Objects: 1240, Orders: 60, SizeBytes: 3 << 30, Why: []string{app.WhyObjects}, Bound: 500, At: now}}
}

// sweeping are the pages and dialogs of sweeps.
var sweeping = []struct {
	name string
	open func(*Window)
}{
	{"page", func(w *Window) { w.openSweeps() }},
	{"stopped", func(w *Window) {
		f := w.f.(*fake)
		f.sweep.asks, f.sweep.clock = stoppedSweep(), &app.ClockJump{Kind: "forward", From: now.AddDate(0, 0, -20), To: now}
		w.openSweeps()
	}},
	{"bounds", func(w *Window) { w.openSweeps(); scrollDown(w) }},
	{"empty", func(w *Window) { w.f.(*fake).empty = true; w.openSweeps(); scrollDown(w) }},
	{"dialog-own", func(w *Window) {
		w.openSweeps()
		st, _ := w.f.SweepStatus(w.ctx)
		w.page.(*sweepsPage).editOwn(st.Own[1])
	}},
	{"dialog-purge", func(w *Window) {
		w.openSweeps()
		st, _ := w.f.SweepStatus(w.ctx)
		w.page.(*sweepsPage).purge(st.Own[1])
	}},
	{"dialog-clock", func(w *Window) { w.openSweeps(); w.trustClock() }},
	{"run-trace", func(w *Window) {
		w.f.(*fake).sweep.trace = app.Trace{Date: law.Date{Year: 2027, Month: 3, Day: 4}, Parts: []app.TracePart{{Kind: "storage", Name: "photos"}}}
		w.follow(&runPage{w: w, id: 7})
	}},
	{"case-trace", func(w *Window) {
		w.f.(*fake).sweep.trace = app.Trace{Parts: []app.TracePart{{Kind: "storage", Name: "photos"}, {Kind: app.OwnBackup}}}
		caseWith(w, tabPerson, func(v *app.CaseView) { v.Runs = []erasure.Record{{ID: 7}} })
	}},
}

func TestEachPageOfSweepsRenders(t *testing.T) {
	for _, look := range []struct {
		lang, look    string
		width, height float32
	}{{"en", "dark", 1200, 780}, {"fr", "light", 1024, 680}} {
		for i, s := range sweeping {
			if look.lang == "en" && i > 2 {
				continue // the longer language is the one that may not fit
			}
			t.Run(look.lang+"-"+s.name, func(t *testing.T) {
				w := openTest(t, newFake(look.lang, look.look))
				size(w, look.width, look.height)
				s.open(w)
				size(w, look.width, look.height)
				if m := w.win.Content().MinSize(); m.Width > 1024 || m.Height > 680-30 {
					t.Errorf("the window asks for %v", m)
				}
				shoot(t, w, "sweeps-"+look.lang+"-"+s.name)
			})
		}
	}
}

func TestAStoppedSweepIsToldOnTheFirstPage(t *testing.T) {
	for name, tc := range map[string]struct {
		need       app.SweepNeed
		count      int
		says, acts string
	}{
		"more than her bound":    {app.SweepNeed{Why: app.WhyObjects, Ask: &stoppedSweep()[0]}, 1240, "1\u202f240 fichiers partiraient\u202f: plus que votre limite de 500", "need.sweep.see"},
		"a clock that jumped":    {app.SweepNeed{Why: "clock", Clock: &app.ClockJump{Kind: "back", From: now, To: now.AddDate(0, 0, -3)}}, 1, "L’horloge de cet ordinateur a sauté", "need.sweep.clock.button"},
		"a clock that is ahead":  {app.SweepNeed{Why: "clock", Clock: &app.ClockJump{Kind: "ahead", From: now, To: now.AddDate(0, 0, 3)}}, 1, "L’horloge de cet ordinateur avance", "need.sweep.clock.button"},
		"data of its own":        {app.SweepNeed{Why: "own"}, 3, "3 éléments que Greffier garde", "need.sweep.open"},
		"sweeps without success": {app.SweepNeed{Why: "fails"}, 4, "Les balayages n’aboutissent pas", "need.sweep.open"},
	} {
		t.Run(name, func(t *testing.T) {
			w := openTest(t, newFake("fr", "light"))
			c := w.need(app.Need{Kind: "sweep", Tone: app.ToneAtRisk, Count: tc.count, Sweep: &tc.need})
			if got := strings.ReplaceAll(c.title, "\u00a0", "\u202f"); !strings.Contains(got, tc.says) || c.button != w.t(tc.acts) {
				t.Errorf("the card says %q with %q", c.title, c.button)
			}
			c.act()
		})
	}
}

func TestThePlanThatWaitsRunsOnlyWithHerYes(t *testing.T) {
	f := newFake("fr", "light")
	f.sweep.asks = stoppedSweep()
	w := openTest(t, f)
	w.openSweeps()
	tapButton(w, w.t("need.sweep.see"))
	if !f.called("SweepPlan media") || f.called("Erase") || f.called("ConfirmSweep") {
		t.Errorf("calls: %v", f.calls)
	}
	if _, ok := w.page.(*planPage); !ok {
		t.Errorf("the button leads to %T", w.page)
	}
	// Her yes is for the sweep's plan, which does without a storage that is away.
	page, ok := w.page.(*planPage)
	if !ok || page.confirmed == nil {
		t.Fatal("her yes does not go to the sweep")
	}
	if _, err := page.confirmed(t.Context(), plan.Plan{Hash: "abc"}, nil); err != nil || !f.called("ConfirmSweep media abc") || f.called("Erase") {
		t.Errorf("her yes: %v %v", f.calls, err)
	}
}

func TestASweepThatIsDueIsMadeByItself(t *testing.T) {
	f := newFake("en", "light")
	f.sweep.ended = app.SweepRecord{State: app.SweepStopped}
	w := openTest(t, f)
	w.sweepIfDue()
	if f.called("AutoSweep") {
		t.Error("a sweep that is not due was made")
	}
	f.sweep.due = true
	w.sweepIfDue()
	if !f.called("AutoSweep night") || !strings.Contains(saidBy(w.strips), w.t("sweeps.end.stopped")) {
		t.Errorf("calls %v, the strip says %q", f.calls, saidBy(w.strips))
	}
	// An error is told in words.
	f.sweep.due, f.fail = true, erasure.ErrRunning
	w.sweepNow(app.SweepByHand)
	if what, _ := Explain(erasure.ErrRunning, "en"); !strings.Contains(saidBy(w.strips), what) {
		t.Errorf("the strip says %q", saidBy(w.strips))
	}
	f.fail = plan.ErrStale
}

func TestTheSettingsOfSweepsAreKept(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeSettings)
	if !strings.Contains(texts(w), w.t("sweeps.card")) {
		t.Fatal("the settings do not lead to the sweeps")
	}
	w.openSweeps()
	for _, word := range []string{"sweeps.mode.off", "sweeps.onNo", "sweeps.trayYes"} {
		tapChip(t, w, w.t(word))
	}
	for _, call := range []string{"SetSweepMode media off", "SetSweepSettings {On:false", "SetSweepSettings {On:false Hour:3 MaxObjects:500 MaxPercent:20 Tray:true}"} {
		if !f.called(call) {
			t.Errorf("%q is not among %v", call, f.calls)
		}
	}
	tapButton(w, w.t("sweeps.reinstall"))
	tapButton(w, w.t("sweeps.remove"))
	if !f.called("InstallSchedule 3") || !f.called("RemoveSchedule") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestOwnDataGoOnlyAfterTheyWereSeen(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.openSweeps()
	tapButton(w, w.t("own.see"))
	d := kit.Open(w.win.Canvas())
	if d == nil || f.called("PurgeOwn") {
		t.Fatalf("dialog %v, calls %v", d, f.calls)
	}
	if said := saidBy(w.win.Canvas().Overlays().Top()); !strings.Contains(said, "registre.pdf") {
		t.Errorf("the dialog says %q", said)
	}
	test.Tap(d.Others()[0])
	if !f.called("PurgeOwn printed cd") {
		t.Errorf("calls: %v", f.calls)
	}
}
