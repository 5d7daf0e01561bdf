package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/ui/kit"
)

func key(w *Window, k fyne.KeyName) {
	c := w.win.Canvas()
	if f := c.Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: k})
		return
	}
	c.OnTypedKey()(&fyne.KeyEvent{Name: k})
}

func topDialog(t *testing.T, w *Window) *kit.Dialog {
	t.Helper()
	d := kit.Open(w.win.Canvas())
	if d == nil {
		t.Fatal("no dialog is open")
	}
	return d
}

func TestEscapeLeavesTheConfirmationAndNothingIsErased(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.confirm(f.plan(6))
	topDialog(t, w)
	key(w, fyne.KeyEscape)
	if kit.Open(w.win.Canvas()) != nil {
		t.Error("the dialog is still open")
	}
	if f.called("Erase") {
		t.Error("something was erased")
	}
}

func TestEnterOnTheConfirmationGivesTheSafeAnswer(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.confirm(f.plan(6))
	d := topDialog(t, w)
	if w.win.Canvas().Focused() != fyne.Focusable(d.Safe()) {
		t.Fatalf("the keyboard is on %T", w.win.Canvas().Focused())
	}
	key(w, fyne.KeyReturn)
	if kit.Open(w.win.Canvas()) != nil || f.called("Erase") {
		t.Error("Enter did not give the safe answer")
	}
}

func TestTheDestructiveButtonStandsLastAndErasesThePlanThatWasSeen(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	w.confirm(f.plan(6))
	d := topDialog(t, w)
	last := d.Others()[len(d.Others())-1]
	if before := d.Others()[len(d.Others())-2]; before.Importance != kit.HighImportance || last.Importance != kit.MediumImportance || last.Icon == nil {
		t.Error("the act that cannot be taken back speaks as loud as the one that can, or has no mark")
	}
	test.Tap(last)
	if !f.called("Erase 5c1e 6") {
		t.Errorf("calls: %v", f.calls)
	}
	if _, ok := w.page.(*runPage); !ok {
		t.Errorf("after the run the page is %T", w.page)
	}
}

func TestMoreThanFiftyObjectsWantTheirNumberTyped(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.confirm(f.plan(60))
	last := topDialog(t, w).Others()[0]
	if !last.Disabled() {
		t.Fatal("the button can be pressed before the number is typed")
	}
	key(w, fyne.KeyTab)
	var entry *kit.Entry
	for range 4 {
		w.win.Canvas().FocusNext()
		if e, ok := w.win.Canvas().Focused().(*kit.Entry); ok {
			entry = e
			break
		}
	}
	if entry == nil {
		t.Fatal("no field to type into")
	}
	test.Type(entry, "59")
	if !last.Disabled() {
		t.Error("a wrong number is taken")
	}
	entry.SetText("60")
	if last.Disabled() {
		t.Error("the right number is not taken")
	}
}

func TestActsOfACaseGoThroughTheFacade(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.openCase(1)
	p := w.page.(*casePage)
	p.begin(cases.ActAcknowledge)
	if p.tab != tabLetters || !f.called("DraftLetter 1 acknowledge fr") {
		t.Errorf("acknowledging does not lead to its letter: tab %d, %v", p.tab, f.calls)
	}
	p.begin(cases.ActConfirmIdentity)
	d := topDialog(t, w)
	if !d.Others()[0].Disabled() {
		t.Error("an act that needs a reason can be done without one")
	}
	why, ok := w.win.Canvas().Focused().(*kit.Entry)
	if !ok {
		t.Fatalf("the keyboard is on %T", w.win.Canvas().Focused())
	}
	test.Type(why, "Appel au numéro de la commande.")
	test.Tap(d.Others()[0])
	if !f.called("Act 1 confirm identity") || f.last.in.Reason == "" {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestALetterIsSavedPutAndMarked(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
	for _, b := range buttons(w, w.t("letter.put")) {
		test.Tap(b)
	}
	if !f.called("PutInDrafts 1 acknowledge") {
		t.Errorf("calls: %v", f.calls)
	}
	for _, b := range buttons(w, w.t("letter.iSent")) {
		test.Tap(b)
	}
	if f.called("MarkSent") {
		t.Error("a letter is marked as sent without asking")
	}
	test.Tap(topDialog(t, w).Others()[0])
	if !f.called("MarkSent 1 acknowledge") {
		t.Errorf("calls: %v", f.calls)
	}
}

// buttons finds the buttons with a word on the page.
func buttons(w *Window, word string) []*kit.Button {
	var out []*kit.Button
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if b, ok := o.(*kit.Button); ok && b.Text == word {
			out = append(out, b)
		}
	}
	return out
}

func TestRegistersArePrintedInTheLanguageOfTheWindow(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	w.open(placeRegisters)
	print := w.t("printing.button")
	if got := len(buttons(w, print)); got != len(register.Names) {
		t.Fatalf("%d registers can be printed", got)
	}
	test.Tap(buttons(w, print)[1])
	d := topDialog(t, w)
	test.Tap(d.Others()[1])
	if !f.called("Print processors pdf en names=true") {
		t.Errorf("calls: %v", f.calls)
	}
	topDialog(t, w)
}

func TestARecordIsSavedFromItsForm(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := &registerPage{w: w, name: register.Processors}
	w.follow(p)
	openFirstEntry(p)
	if !p.form {
		t.Fatal("no form is open")
	}
	test.Tap(buttons(w, w.t("save"))[0])
	if !f.called("SaveProcessor payment Banque du Nord") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestTheLanguageAndTheLookChangeAtRunTime(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeSettings)
	w.setLang("en")
	if w.rail[placeRequests].Word() != "Requests" {
		t.Errorf("the rail says %q", w.rail[placeRequests].Word())
	}
	w.setLook(kit.LookDark)
	if !f.called("SetTheme dark") || !f.called("SetLang en") {
		t.Errorf("calls: %v", f.calls)
	}
	if _, ok := w.page.(*settingsPage); !ok {
		t.Errorf("the page is %T", w.page)
	}
}

func TestMenuShortcutsReachEveryPlaceAndRestBehindADialog(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	items := map[string]*fyne.MenuItem{}
	seen := map[string]string{}
	for _, m := range w.win.MainMenu().Items {
		for _, i := range m.Items {
			items[i.Label] = i
			if s, ok := i.Shortcut.(*desktop.CustomShortcut); ok {
				if other, twice := seen[s.ShortcutName()]; twice {
					t.Errorf("%s and %s share %s", other, i.Label, s.ShortcutName())
				}
				seen[s.ShortcutName()] = i.Label
			}
		}
	}
	for _, p := range places {
		i := items[w.t("nav."+p)]
		if i == nil || i.Shortcut == nil {
			t.Errorf("%s has no shortcut", p)
			continue
		}
		i.Action()
		if w.page.place() != p {
			t.Errorf("the shortcut of %s leads to %s", p, w.page.place())
		}
	}
	w.confirm(f.plan(3))
	items[w.t("nav.today")].Action()
	if w.page.place() != placeSettings {
		t.Error("a shortcut acts behind an open question")
	}
}

func TestAJobCanBeCancelledAndSaysSo(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	f.block = make(chan struct{})
	done := make(chan struct{})
	var queue []func()
	w.async = func(g func()) { go func() { defer close(done); g() }() }
	w.home = func(g func()) { f.mu.Lock(); queue = append(queue, g); f.mu.Unlock() }
	w.run("x", func(ctx context.Context, report reporter) error {
		_, err := f.Erase(ctx, plan.Plan{}, "", report)
		return err
	}, func(error) outcome { return outcome{} })
	if !w.working() {
		t.Fatal("no job runs")
	}
	w.jobs[0].cancel()
	<-done
	w.async, w.home = inPlace, inPlace
	for _, g := range queue {
		g()
	}
	if w.working() {
		t.Error("the job still runs")
	}
}

func TestAChangeReloadsThePageButNeverWordsBeingTyped(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
	p := w.page.(*casePage)
	p.editing = true
	before := len(f.calls)
	f.changed()
	for _, c := range f.calls[before:] {
		if strings.HasPrefix(c, "Case ") {
			t.Error("the letter being written was thrown away")
		}
	}
	p.editing = false
	f.changed()
	if len(f.calls) == before {
		t.Error("nothing was reloaded")
	}
}

func TestAFailureIsToldInWordsWithDetails(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	f.fail = fmt.Errorf("list photos: %w", erasure.ErrOffline)
	for _, p := range places {
		w.open(p)
	}
	w.open(placeRequests)
	if got := texts(w); !strings.Contains(got, "Le stockage est injoignable.") {
		t.Errorf("the page says %q", got)
	}
	if len(buttons(w, w.t("error.again"))) == 0 {
		t.Error("there is no way to try again")
	}
	f.fail = nil
	test.Tap(buttons(w, w.t("error.again"))[0])
	if got := texts(w); strings.Contains(got, "injoignable") {
		t.Error("trying again did not help")
	}
}

// texts are the words of all labels of the page.
func texts(w *Window) string {
	var b strings.Builder
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		switch x := o.(type) {
		case *kit.Button:
			b.WriteString(x.Text + "\n")
		default:
			if t, ok := labelText(o); ok {
				b.WriteString(t + "\n")
			}
		}
	}
	return b.String()
}

func TestHostileTextNeverBreaksAPage(t *testing.T) {
	long := strings.Repeat("supprimez", 30_000)
	rtl := "facture\u202egpj.exe\x00\x1b[31m" + strings.Repeat("\u0301", 500)
	m := message()
	m.Message.Text = long + "\n" + rtl
	m.Message.Subject, m.Message.From[0].Name = rtl, rtl
	m.Message.Attachments[0].Name = rtl
	w := openTest(t, newFake("fr", "light"))
	w.win.SetContent(w.mail(m))
	size(w, 900, 600)
	if strings.ContainsRune(texts(w), '\u202e') {
		t.Error("a mark that turns the direction of writing is drawn")
	}
}
