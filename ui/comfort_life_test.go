package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"greffier/app/cases"
	"greffier/ui/kit"
)

func TestAnAnnouncedStepIsGivenUpOnlyAfterAYes(t *testing.T) {
	f := newFake("fr", "light")
	f.mail.letters = []cases.Letter{{Kind: cases.LetterExtend, MadeAt: now, DraftAt: now, Tells: &cases.Telling{Reason: "beaucoup de commandes"}}}
	w := openTest(t, f)
	w.openCase(1)
	p := w.page.(*casePage)
	if _, act, ok := p.view.Case.Announced(); !ok || act != cases.ActExtend {
		t.Fatalf("nothing is announced: %q", act)
	}
	w.win.SetContent(kit.Down(0, p.toSend(cases.ActExtend)...))
	tapButton(w, w.t("announced.drop"))
	d := topDialog(t, w)
	if !strings.Contains(overlayTexts(w), w.t("announced.dropDraft")) {
		t.Error("that a draft lies in the mailbox is not said")
	}
	key(w, fyne.KeyEscape)
	if f.called("Unannounce") {
		t.Error("Esc gave it up")
	}
	tapButton(w, w.t("announced.drop"))
	d = topDialog(t, w)
	test.Tap(d.Others()[0])
	if !f.called("Unannounce 1 extend") || kit.Open(w.win.Canvas()) != nil {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestALetterThatDidNotArriveIsToldOnTodayAndLeadsToIt(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		w := openTest(t, newFake(lang, "light"))
		w.open(placeToday)
		if said := texts(w); !strings.Contains(said, w.n("need.letter", 1, "Person", "Mathilde Fontaine")) || !strings.Contains(said, w.t("need.letter.why")) {
			t.Fatalf("%s: today says nothing of the letter", lang)
		}
		found := buttons(w, w.t("need.letter.button"))
		if len(found) != 1 {
			t.Fatalf("%s: %d ways to the letter", lang, len(found))
		}
		test.Tap(found[0])
		if p, ok := w.page.(*casePage); !ok || p.id != 1 || p.tab != tabLetters {
			t.Errorf("%s: it leads to %T", lang, w.page)
		}
	}
}

// reopening opens a window whose connections can be made anew.
func reopening(t *testing.T, err error) (*fake, *Window) {
	t.Helper()
	f := newFake("fr", "light")
	w := openTest(t, f)
	next := newFake("fr", "light")
	w.locker = &Door{Lang: "fr", Reopen: func() (Facade, error) {
		if w.ctx.Err() == nil {
			t.Error("something of the window still runs")
		}
		if err != nil {
			return f, err
		}
		return next, nil
	}}
	return next, w
}

func TestConnectionsAreMadeAnewInTheSameWindow(t *testing.T) {
	next, w := reopening(t, nil)
	var n *Window
	w.reopen(func(x *Window) { n = x; x.open(placeSettings) })
	if n == nil || n.win != w.win || n.f != Facade(next) || n.locker == nil || n.page.place() != placeSettings {
		t.Fatalf("the window goes on with %+v", n)
	}
	t.Cleanup(n.stop)
	if kit.Open(n.win.Canvas()) != nil {
		t.Error("a failure is told where there was none")
	}
}

func TestConnectionsThatCannotBeMadeLeaveThoseThatWere(t *testing.T) {
	_, w := reopening(t, cases.ErrConflict)
	var n *Window
	w.reopen(func(x *Window) { n = x })
	if n == nil || n.f != w.f {
		t.Fatal("the window does not go on with the profile that was open")
	}
	t.Cleanup(n.stop)
	d := topDialog(t, n)
	what, _ := Explain(cases.ErrConflict, "fr")
	if !strings.Contains(overlayTexts(n), what) {
		t.Errorf("the failure is told as %q", overlayTexts(n))
	}
	d.Close()
}
