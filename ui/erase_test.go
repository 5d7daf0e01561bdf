package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// line finds an unfolded line of the outline by the beginning of its words.
func line(t *testing.T, w *Window, words string) (int, *kit.Node) {
	t.Helper()
	o := treeOf(w)
	if o == nil {
		t.Fatal("the page has no outline")
	}
	var seen []string
	for i := range o.Rows() {
		if strings.HasPrefix(o.Row(i).Words, words) {
			return i, o.Row(i)
		}
		seen = append(seen, o.Row(i).Words)
	}
	t.Fatalf("no line begins with %q among %q", words, seen)
	return 0, nil
}

func press(t *testing.T, w *Window, word string) {
	t.Helper()
	bs := buttons(w, word)
	if len(bs) == 0 {
		t.Fatalf("no button says %q:\n%s", word, texts(w))
	}
	if bs[0].Disabled() {
		t.Fatalf("the button %q rests", word)
	}
	test.Tap(bs[0])
}

func TestAPlanShowsFieldsOfTheShopInWordsAndNeverByTheirNames(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		f := newFake(lang, "light")
		w := openTest(t, f)
		w.follow(&casePage{w: w, id: 1, tab: tabPlan})
		o := treeOf(w)
		var all []string
		for i := range o.Rows() {
			all = append(all, o.Row(i).Words+" "+o.Row(i).Note)
		}
		text := strings.Join(all, "\n")
		for _, raw := range []string{"_photo_upload", "billing_", "billingEmail", "user_agent", "x17", "orders/5317", "customers/88", "media/9", "shop:"} {
			if strings.Contains(text, raw) {
				t.Errorf("%s: the plan shows %q", lang, raw)
			}
		}
		for _, words := range []string{w.t("shopField.ip"), w.t("shopField.account"), w.t("shopField.reference") + " 2", w.t("shopField.billing", "Word", w.t("shopField.email"))} {
			if !strings.Contains(text, words) {
				t.Errorf("%s: the plan does not say %q:\n%s", lang, words, text)
			}
		}
	}
}

func TestAFileThatIsUntickedMakesThePlanAnewBeforeItCanBeConfirmed(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	_, n := line(t, w, "uploads/1042/IMG_2001")
	treeOf(w).Tick(n)
	if len(buttons(w, w.n("plan.erase", 17))) > 0 {
		t.Error("a plan with other ticks can still be confirmed")
	}
	press(t, w, w.n("plan.narrow", 16))
	if !f.called("NarrowPlan 16") {
		t.Fatalf("calls: %v", f.calls)
	}
	press(t, w, w.n("plan.erase", 16))
	d := topDialog(t, w)
	test.Tap(d.Others()[len(d.Others())-1])
	if !f.called("Erase narrow-16 17") {
		t.Errorf("what runs is not the plan that was seen: %v", f.calls)
	}
}

func TestTicksComeBackToTheWholePlanWithoutMakingItAnew(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	_, shop := line(t, w, "boutique lavande")
	treeOf(w).Tick(shop)
	if total, on := shop.Boxes(); on != 0 || total != 11 {
		t.Fatalf("the whole shop is not unticked: %d of %d", on, total)
	}
	press(t, w, w.n("plan.narrow", 6))
	if _, n := line(t, w, w.t("plan.unticked")); len(n.Children) != 11 {
		t.Errorf("%d lines tell what stays by her own choice", len(n.Children))
	}
	press(t, w, w.n("plan.erase", 6))
	topDialog(t, w).Cancel()
	_, shop = line(t, w, "boutique lavande")
	treeOf(w).Tick(shop)
	before := len(f.calls)
	press(t, w, w.n("plan.narrow", 17))
	for _, c := range f.calls[before:] {
		if strings.HasPrefix(c, "NarrowPlan") {
			t.Error("the plan that was seen first was made again")
		}
	}
	press(t, w, w.n("plan.erase", 17))
}

func TestTicksAreNotLostWhenSomethingElseChanges(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	_, n := line(t, w, "uploads/1042/IMG_2001")
	treeOf(w).Tick(n)
	f.changed()
	if _, again := line(t, w, "uploads/1042/IMG_2001"); again.On {
		t.Error("the tick came back by itself")
	}
	treeOf(w).Tick(n)
	before := len(f.calls)
	f.changed()
	if len(f.calls) == before {
		t.Error("an untouched plan is not looked at again")
	}
}

func TestWithNothingTickedThereIsNothingToConfirm(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	o := treeOf(w)
	o.SetTicked(o.Row(0), false)
	if len(buttons(w, w.n("plan.erase", 17))) > 0 {
		t.Error("a plan without a tick can be confirmed")
	}
	press(t, w, w.t("plan.tickAll"))
	press(t, w, w.n("plan.erase", 17))
}

func TestThePlanOfARuleHasNoBoxes(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := f.plan(9)
	p.Scope = plan.Scope{Rule: "media"}
	w.follow(&planPage{w: w, at: placeStorage, get: func(context.Context) (plan.Plan, error) { return p, nil }})
	if total, _ := treeOf(w).Row(0).Boxes(); total != 0 {
		t.Errorf("%d boxes can be ticked", total)
	}
	press(t, w, w.n("plan.erase", 9))
	if got := len(topDialog(t, w).Others()); got != 1 {
		t.Errorf("retention offers to wait: %d acts", got)
	}
}

func TestAnErasureForACaseWaitsUnlessSheErasesNow(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	press(t, w, w.n("plan.erase", 17))
	d := topDialog(t, w)
	if d.Others()[0].Text != w.n("cooling.in", 24) || d.Others()[0].Importance != kit.HighImportance {
		t.Fatalf("waiting is not what is proposed first: %q", d.Others()[0].Text)
	}
	test.Tap(d.Others()[0])
	if !f.called("Schedule 9b2d 18") || f.called("Erase") {
		t.Fatalf("calls: %v", f.calls)
	}
	if got := texts(w); !strings.Contains(got, w.at(now.Add(23*time.Hour))) {
		t.Errorf("the page does not say when it runs:\n%s", got)
	}
	press(t, w, w.t("cooling.cancel"))
	if !f.called("CancelCooling case 1") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestWithoutCoolingOffTheDialogOffersOneAct(t *testing.T) {
	f := newFake("fr", "light")
	f.hours = 0
	w := openTest(t, f)
	w.confirm(f.plan(6))
	if got := topDialog(t, w).Others(); len(got) != 1 || got[0].Importance != kit.DangerImportance {
		t.Errorf("%d acts", len(got))
	}
}

func TestAStalePlanSaysSoAndShowsTheNewOne(t *testing.T) {
	f := newFake("fr", "light")
	f.stale = true
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	press(t, w, w.n("plan.erase", 17))
	d := topDialog(t, w)
	test.Tap(d.Others()[len(d.Others())-1])
	if got := texts(w); !strings.Contains(got, w.t("plan.stale")) {
		t.Errorf("the page does not say why the plan is a new one:\n%s", got)
	}
	if _, ok := w.page.(*casePage); !ok {
		t.Errorf("the page is %T", w.page)
	}
}

func TestAWaitingErasureIsShownOnTodayAndRunsNowOnlyAfterAQuestion(t *testing.T) {
	f := newFake("fr", "light")
	f.waits = []app.Cooling{f.cooling(false)}
	w := openTest(t, f)
	w.open(placeToday)
	if got := texts(w); !strings.Contains(got, w.t("cooling.waits", "Date", w.at(now.Add(23*time.Hour)))) {
		t.Fatalf("today says:\n%s", got)
	}
	press(t, w, w.t("cooling.now"))
	if f.called("RunCooling") {
		t.Fatal("it ran without asking")
	}
	key(w, fyne.KeyReturn)
	if f.called("RunCooling") {
		t.Fatal("Enter erased")
	}
	press(t, w, w.t("cooling.now"))
	test.Tap(topDialog(t, w).Others()[0])
	if !f.called("RunCooling case 1") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAWaitingErasureWhosePlanChangedAsksToLookAgain(t *testing.T) {
	f := newFake("fr", "light")
	f.waits = []app.Cooling{f.cooling(true)}
	w := openTest(t, f)
	w.open(placeToday)
	if len(buttons(w, w.t("cooling.now"))) > 0 {
		t.Error("a stale plan can be run")
	}
	press(t, w, w.t("cooling.lookAgain"))
	if p, ok := w.page.(*casePage); !ok || p.tab != tabPlan {
		t.Errorf("the page is %T", w.page)
	}
}

func TestWhatBecomesDueByItselfIsDoneAndTold(t *testing.T) {
	f := newFake("fr", "light")
	c := f.cooling(false)
	c.RunsAt = now.Add(-time.Minute)
	f.waits, f.runs = []app.Cooling{c}, []app.RunView{}
	f.ticks = func() { f.waits, f.runs = nil, []app.RunView{f.run(9, erasure.Complete)} }
	w := openTest(t, f)
	w.tick()
	if !f.called("Tick") {
		t.Fatalf("calls: %v", f.calls)
	}
	want := w.t("tick.done", "What", w.runSentence(f.run(9, erasure.Complete).Record))
	if got := texts(w); !strings.Contains(got, want) {
		t.Errorf("the window does not say %q:\n%s", want, got)
	}
	press(t, w, w.t("run.see"))
	if p, ok := w.page.(*runPage); !ok || p.id != 9 {
		t.Errorf("the page is %T", w.page)
	}
}

func TestAMinuteInWhichNothingIsDueIsSilent(t *testing.T) {
	f := newFake("fr", "light")
	f.runs = []app.RunView{f.run(3, erasure.Complete)}
	w := openTest(t, f)
	w.tick()
	if !f.called("Tick") || len(w.jobs) > 0 {
		t.Errorf("%d strips, calls %v", len(w.jobs), f.calls)
	}
}

func TestAFailureOfWhatIsDueByItselfIsToldOnceAndRests(t *testing.T) {
	f := newFake("fr", "light")
	c := f.cooling(false)
	c.RunsAt = now.Add(-time.Minute)
	f.waits = []app.Cooling{c}
	w := openTest(t, f)
	at := now
	w.clock = func() time.Time { return at }
	count := func() (n int) {
		for _, c := range f.calls {
			if c == "Tick" {
				n++
			}
		}
		return n
	}
	f.ticks = func() { f.fail = fmt.Errorf("list photos: %w", erasure.ErrOffline) }
	w.tick()
	f.fail = nil
	if got := texts(w); !strings.Contains(got, "Le stockage est injoignable.") {
		t.Errorf("the failure is not told:\n%s", got)
	}
	w.tick()
	if count() != 1 {
		t.Errorf("it was tried %d times at once", count())
	}
	at = at.Add(tickRest)
	w.tick()
	f.fail = nil
	if count() != 2 {
		t.Errorf("it was tried %d times", count())
	}
	if len(w.jobs) != 0 {
		t.Error("the same failure is told twice")
	}
}

func TestAPartialRunSaysWhatIsLeftAndIsTriedAgainNow(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&runPage{w: w, id: 4})
	got := texts(w)
	for _, want := range []string{w.reason("kept by the storage under a lock until 2027-01-31"), w.t("run.retryAt", "Date", w.at(now.Add(2*time.Hour))), w.n("run.looked", 6)} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q:\n%s", want, got)
		}
	}
	press(t, w, w.t("run.tryNow"))
	if !f.called("RetryRun 4") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestOrdersInAnotherNameAreNotTickedByThemselves(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&orderPage{w: w, id: 42})
	press(t, w, w.t("person.button"))
	_, other := line(t, w, w.t("order.title", "Number", "1058"))
	if other.On || !strings.Contains(other.Note, w.t("person.otherName")) {
		t.Errorf("the order of somebody else is ticked, or not marked: %q", other.Note)
	}
	press(t, w, w.t("order.plan"))
	if !f.called("PlanPerson [42 77]") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestOneProductOfAnOrderIsPlannedAlone(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&orderPage{w: w, id: 42})
	press(t, w, w.t("order.onlyThis"))
	if !f.called("KeysOfLine 42 7") || !f.called("NarrowPlan 2") {
		t.Fatalf("calls: %v", f.calls)
	}
	press(t, w, w.n("plan.erase", 2))
	test.Tap(topDialog(t, w).Others()[len(topDialog(t, w).Others())-1])
	if !f.called("Erase narrow-2 2") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestPlacesAreSavedOnlyAfterALook(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&placesPage{w: w})
	p := w.page.(*placesPage)
	if !f.called("Locate 3") || !p.save.Disabled() {
		t.Fatalf("unchanged places can be saved, or nobody looked: %v", f.calls)
	}
	got := p.table.Row(2)
	if got.Err == nil || !strings.Contains(w.finds(got), "injoignable") {
		t.Error("a storage that is offline is not told in its row")
	}
	p.change(append(p.places[:2:2], plan.Locator{Storage: "photos", Holds: plan.Derived, Key: "miniatures/{order}/"}))
	if p.save.Disabled() {
		t.Fatal("what was looked at cannot be saved")
	}
	w.open(placeToday)
	w.follow(&placesPage{w: w})
	if p = w.page.(*placesPage); len(p.places) != 3 || p.places[2].Key != "miniatures/{order}/" {
		t.Error("what was not saved yet is lost on the way")
	}
	test.Tap(p.save)
	if !f.called("SaveLocators 3") || !p.save.Disabled() {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestALookThatIsStoppedSavesNothing(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	f.block = make(chan struct{})
	var work sync.WaitGroup
	home := make(chan func(), 64)
	w.async = func(g func()) { work.Go(g) }
	w.home = func(g func()) { home <- g }
	w.follow(&placesPage{w: w})
	press(t, w, w.t("cancel"))
	work.Wait()
	w.async, w.home = inPlace, inPlace
	close(home)
	for g := range home {
		g()
	}
	if got := texts(w); !strings.Contains(got, w.t("look.stopped")) {
		t.Errorf("the page says:\n%s", got)
	}
	if !w.page.(*placesPage).save.Disabled() {
		t.Error("places can be saved without a look")
	}
}

func TestAPlaceThatCannotBeUsedIsRefusedWhereItIsTyped(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&placesPage{w: w})
	w.page.(*placesPage).edit(0)
	d := topDialog(t, w)
	e, ok := w.win.Canvas().Focused().(*kit.Entry)
	if !ok {
		t.Fatalf("the keyboard is on %T", w.win.Canvas().Focused())
	}
	e.SetText("uploads/")
	if !d.Others()[0].Disabled() {
		t.Error("a place of every order at once is taken")
	}
	e.SetText("neu/{order}/")
	test.Tap(d.Others()[0])
	if p := w.page.(*placesPage); p.places[0].Key != "neu/{order}/" || p.save.Disabled() {
		t.Errorf("places: %v", p.places)
	}
}

func TestColumnsAreSavedOnceWhatIsNeededIsNamed(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&columnsPage{w: w, shop: "lavande"})
	got := texts(w)
	if !strings.Contains(got, w.t("columns.missing", "Fields", w.t("column.completed"))) || !strings.Contains(got, "mathilde.fontaine@exemple.fr") {
		t.Errorf("the page says:\n%s", got)
	}
	if bs := buttons(w, w.t("save")); len(bs) != 1 || !bs[0].Disabled() {
		t.Fatal("it can be saved without a needed column")
	}
	selects := 0
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if s, ok := o.(*kit.Select); ok {
			if selects == 3 { // order, status, created, completed
				// Beside its name stands what the first row has there.
				s.SetSelectedIndex(slices.IndexFunc(s.Options, func(o string) bool { return strings.HasPrefix(o, "Terminée le · ") }))
			}
			selects++
		}
	}
	press(t, w, w.t("save"))
	if !f.called("SaveColumns lavande Terminée le") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestARecipientIsWrittenToSentRemindedAndAnswered(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabRecipients})
	press(t, w, w.t("notice.write"))
	press(t, w, w.t("letter.put"))
	press(t, w, w.t("letter.iSent"))
	if f.called("MarkNoticeSent") {
		t.Error("it is marked as sent without asking")
	}
	test.Tap(topDialog(t, w).Others()[0])
	for _, want := range []string{"DraftNotice n1 fr", "PutNoticeInDrafts n1", "MarkNoticeSent n1"} {
		if !f.called(want) {
			t.Errorf("no %q among %v", want, f.calls)
		}
	}
	if _, ok := w.page.(*casePage); !ok {
		t.Fatalf("the page is %T", w.page)
	}
	press(t, w, w.t("notice.answered"))
	d := topDialog(t, w)
	if !d.Others()[0].Disabled() {
		t.Error("an answer without words is taken")
	}
	w.win.Canvas().Focused().(*kit.Select).SetSelectedIndex(0)
	test.Tap(d.Others()[0])
	if !f.called("AnswerNotice n2 erased") {
		t.Errorf("calls: %v", f.calls)
	}
	press(t, w, w.t("notice.remind"))
	if !f.called("DraftNotice n2 fr") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestARecipientIsSparedOnlyWithAReason(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.spare(f.recipients()[0])
	d := topDialog(t, w)
	if !d.Others()[0].Disabled() {
		t.Fatal("no reason is asked for")
	}
	test.Type(w.win.Canvas().Focused().(*kit.Entry), "Société dissoute.")
	test.Tap(d.Others()[0])
	if !f.called("SpareNotice n1 Société dissoute.") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestWithoutAMailboxTheLetterIsCopied(t *testing.T) {
	f := newFake("fr", "light")
	f.noMailbox = true
	w := openTest(t, f)
	w.follow(&noticePage{w: w, row: f.recipients()[0]})
	press(t, w, w.t("letter.put"))
	if got := texts(w); !strings.Contains(got, w.t("notice.noMailbox")) {
		t.Errorf("the page says:\n%s", got)
	}
	press(t, w, w.t("copy"))
	if got := w.app.Clipboard().Content(); !strings.Contains(got, "RGPD art. 19") {
		t.Errorf("the clipboard holds %q", got)
	}
}

func TestARunOfHerOwnHandTellsItsRecipientsWhenAsked(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := &runPage{w: w, id: 5, tab: 2}
	d := runData{run: f.run(5, erasure.Complete)}
	d.run.Record.Scope = plan.Scope{Orders: []int64{42}}
	w.follow(p)
	p.body.set(p.show(d))
	press(t, w, w.t("notice.tell"))
	if !f.called("TellRecipients 5") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestSettingsKeepTheWaitAndTheReminder(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeSettings)
	var chips []*kit.Chip
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if c, ok := o.(*kit.Chip); ok {
			chips = append(chips, c)
		}
	}
	for _, c := range chips {
		if c.Word() == w.n("cooling.hoursWord", 72) || c.Word() == w.n("age", 7) {
			test.Tap(c)
		}
	}
	if !f.called("SetCoolingHours 72") || !f.called("SetReminderDays 7") || w.cooling != 72 {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAnUnknownHostKeyShowsItsFingerprint(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	print := "SHA256:" + strings.Repeat("aB3", 14) + "x"
	w.fail(fmt.Errorf("sftp: %w (%s)", errors.New("the server's host key is not known yet"), print))
	found := false
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if s, ok := labelText(o); ok && strings.Contains(s, print) && strings.Contains(s, "host_key") {
			found = true
		}
	}
	if !found {
		t.Error("the fingerprint is not shown with what to do")
	}
}

func TestThePlanOfThousandsOfFilesStaysLight(t *testing.T) {
	f := newFake("fr", "light")
	f.objects = 30_000
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPlan})
	_, storage := line(t, w, "stockage photos")
	o := treeOf(w)
	for _, c := range storage.Children {
		if !c.Open {
			o.Toggle(c)
		}
	}
	if o.Rows() < 30_000 {
		t.Fatalf("%d lines are unfolded", o.Rows())
	}
	drawn := len(test.LaidOutObjects(w.win.Content()))
	if drawn > 4_000 {
		t.Errorf("%d objects are drawn", drawn)
	}
	o.Tick(storage)
	if _, on := storage.Boxes(); on != 0 {
		t.Errorf("%d are still ticked", on)
	}
}

func TestHostileNamesOfFilesAndRecipientsNeverBreakThePlan(t *testing.T) {
	rtl := "facture\u202egpj.exe\x00\x1b[31m" + strings.Repeat("\u0301", 500)
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := f.personPlan()
	for i := range p.Erase {
		p.Erase[i].Key = strings.Repeat(rtl, 20) + fmt.Sprint(i)
	}
	p.Keep[0].What, p.Keep[0].Ground = rtl, strings.Repeat(rtl, 40)
	w.follow(&planPage{w: w, at: placeOrders, get: func(context.Context) (plan.Plan, error) { return p, nil }})
	o := treeOf(w)
	for i := range o.Rows() {
		o.Select(i)
		if strings.ContainsRune(texts(w)+o.Row(i).Words+o.Row(i).Note, '\u202e') {
			t.Fatal("a mark that turns the direction of writing is drawn")
		}
	}
	n := f.recipients()[0]
	n.Name, n.To, n.Reason = rtl, rtl, rtl
	w.win.SetContent(w.notices([]app.NoticeRow{n}, true))
	if strings.ContainsRune(texts(w), '\u202e') {
		t.Error("a recipient's name turns the direction of writing")
	}
}

func TestEveryWordAroundAnErasureHasAText(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	for _, lang := range []string{"fr", "en"} {
		w.lang = lang
		var keys []string
		for _, s := range noticeStates {
			keys = append(keys, "notice.state."+s)
		}
		for _, a := range noticeAnswers {
			keys = append(keys, "notice.answer."+a)
		}
		for _, h := range []plan.Holds{plan.Photo, plan.Portrait, plan.Derived, plan.Reference, plan.Contact, plan.Invoice, plan.Account} {
			keys = append(keys, "holds."+string(h), "shopField."+string(h))
		}
		for _, t := range fieldTokens {
			keys = append(keys, "shopField."+t.word)
		}
		keys = append(keys, "kind."+plan.Field.String())
		for _, k := range keys {
			if w.known(k, "") == "" {
				t.Errorf("%q has no text in %s", k, lang)
			}
		}
	}
}

func TestWhatIsLeftOfAShopIsSaidOfTheShop(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	s := erasure.Step{Object: plan.Found{Object: plan.Object{Storage: plan.DeskName("lavande"), Kind: plan.Field}}, Reason: erasure.ErrDenied.Error()}
	if got := w.stepReason(s); got != w.t("run.shopDenied") || strings.Contains(got, "stockage") {
		t.Errorf("of a shop: %q", got)
	}
	s.Object.Storage = "photos"
	if got := w.stepReason(s); !strings.Contains(got, "stockage") {
		t.Errorf("of a storage: %q", got)
	}
}

func TestTheDialogGathersWhatStaysByDateAndOrders(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	until := law.Date{Year: 2035, Month: 12, Day: 31}
	var p plan.Plan
	for _, n := range []string{"2001", "2002"} {
		for _, what := range []string{"facture de la commande " + n, "rue de facturation", "nom de facturation"} {
			p.Restrict = append(p.Restrict, plan.Held{What: what, Order: n, Until: until})
		}
	}
	got := w.confirmation(p)
	if strings.Count(got, "2035") != 1 || !strings.Contains(got, "rue de facturation et nom de facturation (commandes 2001 et 2002)") || strings.Count(got, "facture de la commande") != 2 {
		t.Errorf("the dialog says:\n%s", got)
	}
}
