package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"greffier/app"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/assets"
	"greffier/ui/kit"
)

// effectScreens are the pages and dialogs around restrictions, stopped uses and
// corrections.
var effectScreens = []struct {
	name string
	open func(*Window)
}{
	{"case-measures", func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tabMeasures}) }},
	{"case-measures-empty", func(w *Window) {
		f := w.f.(*fake)
		f.empty = true
		w.follow(&casePage{w: w, id: 1, tab: tabMeasures})
		f.empty = false
	}},
	{"dialog-restrict", func(w *Window) { w.openCase(1); w.page.(*casePage).restrict() }},
	{"dialog-lift", func(w *Window) { w.openCase(1); w.lift(w.f.(*fake).restrictionRows()[0]) }},
	{"lift-letter", func(w *Window) {
		p := &liftPage{w: w, row: w.f.(*fake).restrictionRows()[0], why: "L’adresse est vérifiée."}
		w.follow(p)
		l, _ := w.f.DraftLift(w.ctx, "2", p.why, "")
		p.body.set(p.editor(l))
	}},
	{"dialog-stop", func(w *Window) { w.openCase(1); w.suppress(w.page.(*casePage).suppression(), func() {}) }},
	{"amend", func(w *Window) { w.follow(&amendPage{w: w, id: 1}) }},
	{"amend-low", func(w *Window) { w.follow(&amendPage{w: w, id: 1}); scrollDown(w) }},
	{"amend-doubt", func(w *Window) { w.follow(&amendPage{w: w, id: 2}) }},
	{"dialog-amend", func(w *Window) {
		p := &amendPage{w: w, id: 1}
		w.follow(p)
		p.typed["42 orders/5317/billing.address_1"].SetText("12 avenue du Peuple-Belge")
		p.typed["42 orders/5317/shipping.city"].SetText("Lille")
		p.compare()
	}},
	{"suppression", func(w *Window) { w.follow(&suppressionPage{w: w}) }},
	{"suppression-empty", func(w *Window) {
		f := w.f.(*fake)
		f.empty = true
		w.follow(&suppressionPage{w: w})
		f.empty = false
	}},
	{"dialog-suppression", func(w *Window) {
		p := &suppressionPage{w: w}
		w.follow(p)
		p.open(w.f.(*fake).suppressionRows()[0])
	}},
	{"dialog-export", func(w *Window) { p := &suppressionPage{w: w}; w.follow(p); p.export() }},
	{"dialog-exported", func(w *Window) {
		p := &suppressionPage{w: w}
		w.follow(p)
		x, _ := w.f.ExportSuppressions(w.ctx, "", "csv")
		p.exported(x)
	}},
}

func TestThePagesOfMeasuresInBothLanguages(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, s := range effectScreens {
			t.Run(lang+"/"+s.name, func(t *testing.T) {
				w := openTest(t, newFake(lang, "light"))
				s.open(w)
				if text := texts(w); strings.Contains(text, "effects.") || strings.Contains(text, "suppression.") || strings.Contains(text, "amend.") || strings.Contains(text, "{{") {
					t.Errorf("a key instead of a text:\n%s", text)
				}
				shoot(t, w, "effects-"+lang+"-"+s.name)
			})
		}
	}
}

func TestEveryWordOfMeasuresHasAText(t *testing.T) {
	for _, lang := range assets.Langs {
		var keys []string
		for _, u := range effects.Uses {
			keys = append(keys, "use."+string(u), "use.letter."+string(u))
		}
		for _, g := range effects.Grounds {
			keys = append(keys, "effects.ground."+string(g))
		}
		for _, s := range []effects.ChangeState{effects.ChangePending, effects.ChangeDone, effects.ChangeByHand, effects.ChangeFailed} {
			keys = append(keys, "amend.state."+string(s))
		}
		for _, s := range []effects.Source{effects.FromCase, effects.ByHand, effects.FromImport} {
			keys = append(keys, "suppression.source."+string(s))
		}
		for _, a := range noticeAnswersDone {
			keys = append(keys, "notice.answer."+a)
		}
		for _, k := range []string{"erasure", "rectification", "restriction"} {
			keys = append(keys, "notice.kind."+k)
		}
		for _, k := range keys {
			if !assets.Has(lang, k) {
				t.Errorf("%q has no text in %s", k, lang)
			}
		}
	}
}

func TestARestrictionIsPlacedOnlyWithGroundAndReason(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabMeasures})
	text := texts(w)
	for _, want := range []string{w.n("effects.locked", 24), w.n("effects.byGreffier", 6), w.t("effects.ground.a")} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	w.page.(*casePage).restrict()
	d := kit.Open(w.win.Canvas())
	if d == nil || !d.Others()[0].Disabled() {
		t.Fatal("it can be placed without ground and reason")
	}
	d.Cancel()
	if f.called("Restrict ") {
		t.Error("it was placed")
	}
}

func TestARestrictionIsLiftedOnlyWhenThePersonWasTold(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.openCase(1)
	w.lift(f.restrictionRows()[0])
	if d := kit.Open(w.win.Canvas()); d == nil || !d.Others()[0].Disabled() {
		t.Fatal("it can be lifted though nobody was told")
	} else {
		d.Cancel()
	}
	if f.called("LiftRestriction") {
		t.Error("it was lifted")
	}
}

func TestUsesAreStoppedForTheRightAsked(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.openCase(1)
	w.suppress(w.page.(*casePage).suppression(), func() {})
	d := kit.Open(w.win.Canvas())
	if d == nil || !d.Others()[0].Disabled() {
		t.Fatal("nothing is ticked, and it can be stopped: the person withdrew a consent, and only she knows which")
	}
	d.Cancel()
}

func TestCorrectionsAreShownBeforeTheyAreWritten(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := &amendPage{w: w, id: 1}
	w.follow(p)
	if !p.look.Disabled() {
		t.Error("nothing was changed, and it can be confirmed")
	}
	p.typed["42 orders/5317/shipping.city"].SetText(" Lille ")
	p.compare()
	d := kit.Open(w.win.Canvas())
	if d == nil || f.called("Amend ") {
		t.Fatal("it was written without being asked")
	}
	d.Others()[0].OnTapped()
	if !f.called("Amend 1 orders/5317/shipping.city: Lile → Lille") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestACaseInDoubtLetsNothingBeCorrected(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := &amendPage{w: w, id: 2}
	w.follow(p)
	for key, e := range p.typed {
		if !e.Disabled() {
			t.Errorf("%s can be typed into", key)
		}
	}
}

func TestAFailureOfTheMeasuresIsTold(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	f.fail = fmt.Errorf("read: %w", erasure.ErrOffline)
	w.follow(&suppressionPage{w: w})
	what, _ := Explain(f.fail, "fr")
	if !strings.Contains(texts(w), what) {
		t.Errorf("the page says:\n%s", texts(w))
	}
	if !errors.Is(f.fail, erasure.ErrOffline) {
		t.Fatal("unreachable")
	}
}

func TestHostileTextsNeverTurnTheMeasures(t *testing.T) {
	rtl := "a\u202e@x.fr" + strings.Repeat("\u0301", 300)
	w := openTest(t, newFake("fr", "light"))
	r := app.RestrictionRow{ID: "1", Numbers: []string{rtl}, Ground: effects.Claim, Reason: rtl, From: now, Lift: rtl}
	s := app.SuppressionRow{Suppression: effects.Suppression{ID: "1", Email: rtl, Uses: effects.Uses, Lifted: rtl, Shops: []effects.InShop{{Shop: rtl}}}}
	w.win.SetContent(kit.Down(0, w.restrictionCard(r, true), w.suppressionCard(s)))
	if strings.ContainsRune(texts(w), '\u202e') {
		t.Error("a mark that turns the direction of writing is drawn")
	}
}
