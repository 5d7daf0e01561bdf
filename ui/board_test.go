package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/promise"
	"greffier/assets"
	"greffier/ui/kit"
)

var boardScreens = []struct {
	name string
	open func(*Window)
}{
	{"board", func(w *Window) { w.show(&promisesPage{w: w, open: "P8"}) }},
	{"board-history", func(w *Window) { w.follow(&historyPage{w: w}) }},
	{"board-policy", func(w *Window) { w.follow(&policyPage{w: w}) }},
	{"board-proposal", func(w *Window) {
		r, _ := w.f.ReadPolicy(w.ctx, "Photos deleted after 45 days.\nYou can complain to the supervisory authority.\nTrackers await your consent.")
		w.follow(&proposalPage{w: w, read: r})
	}},
	{"board-site", func(w *Window) { w.follow(&sitePage{w: w}) }},
	{"board-site-never", func(w *Window) { w.f.(*fake).board.unseen = true; w.follow(&sitePage{w: w}) }},
	{"board-drill", func(w *Window) { w.follow(&drillPage{w: w}) }},
	{"board-drill-none", func(w *Window) { w.f.(*fake).board.unseen = true; w.follow(&drillPage{w: w}) }},
	{"board-state", func(w *Window) { w.open(placePromises); w.stateSeen(promise.StatedMinors) }},
}

func TestTheRoomsOfTheBoardFitTheWindow(t *testing.T) {
	for _, s := range boardScreens {
		for _, lang := range []string{"fr", "en"} {
			for _, look := range []string{map[string]string{"fr": "light", "en": "dark"}[lang]} {
				t.Run(fmt.Sprintf("%s/%s/%s", s.name, lang, look), func(t *testing.T) {
					w := openTest(t, newFake(lang, look))
					s.open(w)
					shoot(t, w, s.name+"-"+lang+"-"+look)
					size(w, 1024, 680)
					if m := w.win.Content().MinSize(); m.Width > 1024 || m.Height > 680-30 {
						t.Errorf("the window asks for %v", m)
					}
					if look == "light" {
						shoot(t, w, s.name+"-"+lang+"-small")
					}
				})
			}
		}
	}
}

// Every kind of place that a line of any promise may name opens a page, and
// every act that a line may name has its words and does something.
func TestEveryLineOfThePromisesLeadsSomewhere(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	for _, kind := range promise.TargetKinds {
		w.open(placeToday)
		open := w.target(promise.Target{Kind: kind, ID: 1})
		if kind == "order" {
			open = w.target(promise.Target{Kind: kind, ID: 42})
		}
		if open == nil {
			t.Errorf("%s leads nowhere", kind)
			continue
		}
		open()
		if w.page.place() == placeToday {
			t.Errorf("%s stays on %T", kind, w.page)
		}
	}
	for _, mend := range promise.Mends {
		if w.mend(mend) == nil {
			t.Errorf("%s mends nothing", mend)
		}
		for _, lang := range []string{"fr", "en"} {
			if got := assets.Text(lang, "mend."+mend, nil); got == "" || strings.Contains(got, "mend.") {
				t.Errorf("%s: mend.%s has no words", lang, mend)
			}
		}
	}
}

func TestALineOpensItsRows(t *testing.T) {
	w := openTest(t, newFake("en", "light"))
	w.show(&promisesPage{w: w, open: "P8"})
	if seen := texts(w); !strings.Contains(seen, "It has been so since") {
		t.Errorf("since when is not said in\n%s", seen)
	}
	test.Tap(buttons(w, "Open")[0])
	if p, ok := w.page.(*orderPage); !ok || p.id != 42 {
		t.Errorf("it opens %T", w.page)
	}
}

func TestAPromiseThatIsNotMadeIsNotCounted(t *testing.T) {
	w := openTest(t, newFake("en", "light"))
	if r := (app.PromiseRow{State: "broken", NotMade: true}); promiseTone(r) != kit.Quiet || w.promiseState(r) != "not promised" {
		t.Errorf("%v %s", promiseTone(r), w.promiseState(r))
	}
}

func TestTheStripPutsEachSpanOnItsDays(t *testing.T) {
	w := openTest(t, newFake("en", "light"))
	s := newStrip(boardSpans(), w.day(w.clock()))
	r := test.WidgetRenderer(s).(*stripRenderer)
	r.Layout(fyne.NewSize(366, 16))
	if len(r.bars) != 5 || len(r.ticks) != 12 {
		t.Fatalf("%d bars, %d ticks", len(r.bars), len(r.ticks))
	}
	last := r.bars[4].box
	if end := last.Position().X + last.Size().Width; end < 364 || end > 367 {
		t.Errorf("today ends at %v", end)
	}
	for i := 1; i < len(r.bars); i++ {
		if a, b := r.bars[i-1].box, r.bars[i].box; a.Position().X+a.Size().Width > b.Position().X+0.5 {
			t.Errorf("bar %d lies over the one before", i)
		}
	}
	if r.bars[3].box.Size().Height <= r.bars[1].box.Size().Height {
		t.Error("broken is not higher than kept: the colour alone tells")
	}
}

func TestTheSiteIsCheckedAndWhatItFoundDeclared(t *testing.T) {
	f := newFake("en", "light")
	f.board.unseen = true
	w := openTest(t, f)
	w.follow(&sitePage{w: w})
	tapButton(w, "Check the site")
	seen := texts(w)
	for _, want := range []string{"Google Analytics", "not declared", "exempt from consent", "to identify", "does not say what the version in force says", "removed:", "added:"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is not shown in\n%s", want, seen)
		}
	}
	tapButton(w, "Declare")
	tapButton(w, "Make it the version in force")
	test.Tap(kit.Open(w.win.Canvas()).Others()[0])
	if !called(f, "CheckSite") || !called(f, "DeclareFound google analytics|www.google-analytics.com") || !called(f, "TakeSitePolicy") {
		t.Errorf("%v", f.calls)
	}
}

func called(f *fake, what string) bool {
	return slices.ContainsFunc(f.calls, func(c string) bool { return strings.HasPrefix(c, what) })
}

func TestASiteThatIsAwayIsToldInWords(t *testing.T) {
	f := newFake("en", "light")
	f.board.unseen, f.board.siteFail = true, errSiteAway
	w := openTest(t, f)
	w.follow(&sitePage{w: w})
	tapButton(w, "Check the site")
	if seen := texts(w); !strings.Contains(seen, "The site does not answer.") {
		t.Errorf("%s", seen)
	}
	if !Known(errors.New("no storage takes a canary")) {
		t.Error("an error of drills has no words")
	}
}

func TestADrillAsksBeforeItBegins(t *testing.T) {
	f := newFake("en", "light")
	f.board.unseen = true
	w := openTest(t, f)
	w.follow(&drillPage{w: w})
	tapButton(w, "Run a drill")
	if called(f, "RunDrill") {
		t.Fatal("it began without asking")
	}
	test.Tap(kit.Open(w.win.Canvas()).Others()[0])
	if !called(f, "RunDrill") {
		t.Errorf("%v", f.calls)
	}
}

func TestTheOwnerConfirmsWhatAPolicyPromises(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	r, _ := f.ReadPolicy(w.ctx, "Photos deleted after 45 days.\nYou can complain to the supervisory authority.")
	w.follow(&proposalPage{w: w, read: r})
	p := w.page.(*proposalPage)
	if !p.checks["P8"].Checked || !p.checks["P16"].Checked || p.checks["P9"].Checked {
		t.Error("the ticks are not what the text says")
	}
	p.checks["P8"].SetChecked(true)
	tapButton(w, "Keep this version")
	if !called(f, "ImportPolicy "+w.day(w.clock()).String()+" not [P1 P2 P3 P4 P5 P6 P7 P9") || !strings.Contains(strings.Join(f.calls, "\n"), "media:45 days") {
		t.Errorf("%v", f.calls)
	}
}

func TestWhatTheOwnerSawIsStated(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	w.open(placePromises)
	w.mend("state.accounts")()
	test.Tap(kit.Open(w.win.Canvas()).Others()[0])
	if !called(f, "Declare accounts") {
		t.Errorf("%v", f.calls)
	}
}
