package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
	"greffier/assets"
	"greffier/ui/kit"
)

// caseWith opens case 1 made into another one, at a tab.
func caseWith(w *Window, tab int, change func(*app.CaseView)) *casePage {
	w.f.(*fake).life.change = change
	p := &casePage{w: w, id: 1, tab: tab}
	w.follow(p)
	return p
}

// living are the pages and dialogs of the further life of cases.
var living = []struct {
	name string
	open func(*Window)
}{
	{"new-case", func(w *Window) { w.newCase() }},
	{"new-case-problem", func(w *Window) {
		w.newCase()
		w.page.(*newCasePage).enter()
		scrollDown(w)
	}},
	{"case-groups", func(w *Window) { caseWith(w, tabPerson, inGroups); scrollDown(w) }},
	{"case-authority", func(w *Window) { caseWith(w, tabPerson, withAuthority) }},
	{"case-conflict", func(w *Window) { caseWith(w, tabPerson, inConflict) }},
	{"case-disagreed", func(w *Window) { caseWith(w, tabPerson, disagreed) }},
	{"case-depicted", func(w *Window) {
		caseWith(w, tabPerson, func(v *app.CaseView) { v.Case.Depicted, v.Case.Link = true, cases.Self })
	}},
	{"case-repeated", func(w *Window) { caseWith(w, tabMail, repeatedTwice) }},
	{"case-telephone", func(w *Window) { caseWith(w, tabMail, byTelephone) }},
	{"case-merged", func(w *Window) {
		caseWith(w, tabMail, func(v *app.CaseView) {
			v.Case.State, v.Case.MergedInto, v.Case.ClosedAt, v.Messages, v.CanErase = cases.Closed, 3, now, nil, false
		})
	}},
	{"dialog-authority", func(w *Window) { caseWith(w, tabPerson, nil).authority() }},
	{"dialog-byhand", func(w *Window) { caseWith(w, tabMail, undone).byHand(request.Objection) }},
	{"dialog-insist", func(w *Window) { p := caseWith(w, tabMail, nil); p.insist(stepOf(p, cases.ActExtend)) }},
	{"dialog-merge", func(w *Window) { caseWith(w, tabMail, nil).merge() }},
	{"dialog-find", func(w *Window) {
		p := caseWith(w, tabPerson, nil)
		w.f.(*fake).life.found = 6
		p.find()
		e := w.win.Canvas().Focused().(*kit.Entry)
		e.SetText("exemple")
		e.OnSubmitted(e.Text)
	}},
	{"dialog-excessive", func(w *Window) {
		caseWith(w, tabMail, repeatedTwice).refuse()
		for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
			if s, ok := o.(*kit.Select); ok {
				s.SetSelectedIndex(0)
			}
		}
	}},
}

func stepOf(p *casePage, a cases.Act) cases.Step {
	i := slices.IndexFunc(p.view.Steps, func(s cases.Step) bool { return s.Act == a })
	return p.view.Steps[i]
}

func TestEachPageOfTheFurtherLifeOfCasesRenders(t *testing.T) {
	for _, look := range []struct {
		lang, look    string
		width, height float32
	}{{"en", "dark", 1200, 780}, {"fr", "light", 1024, 680}} {
		for _, s := range living {
			t.Run(look.lang+"-"+s.name, func(t *testing.T) {
				w := openTest(t, newFake(look.lang, look.look))
				size(w, look.width, look.height)
				s.open(w)
				size(w, look.width, look.height)
				if m := w.win.Content().MinSize(); m.Width > 1024 || m.Height > 680-30 {
					t.Errorf("the window asks for %v", m)
				}
				shoot(t, w, "life-"+look.lang+"-"+s.name)
			})
		}
	}
}

// saidBy are all words of a part of the window.
func saidBy(o fyne.CanvasObject) string {
	var b strings.Builder
	for _, x := range test.LaidOutObjects(o) {
		if s, ok := labelText(x); ok {
			b.WriteString(s + "\n")
		}
	}
	return b.String()
}

func TestARequestIsEnteredByHand(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeRequests)
	tapButton(w, w.t("new.open"))
	p, ok := w.page.(*newCasePage)
	if !ok {
		t.Fatalf("the button leads to %T", w.page)
	}
	problems := []struct {
		name string
		fill func()
		want string
	}{
		{"no day", func() { p.day.SetText("hier") }, "form.date"},
		{"a day that has not come", func() { p.day.SetText("25/12/2026") }, "new.future"},
		{"nobody", func() { p.day.SetText("10/12/2026") }, "new.nobody"},
		{"no address", func() { p.name.SetText("Anne Martin"); p.email.SetText("anne") }, "new.badEmail"},
		{"no right", func() { p.email.SetText("anne@exemple.fr") }, "new.noRight"},
	}
	for _, x := range problems {
		x.fill()
		p.step()
		if f.called("EnterCase") || !strings.Contains(saidBy(p.problem), w.t(x.want)) {
			t.Fatalf("%s: %q, calls %v", x.name, saidBy(p.problem), f.calls)
		}
	}
	p.rights[request.Access].SetChecked(true)
	p.words.SetText("Elle voudrait une copie.")
	p.step()
	if !f.called("EnterCase post 2026-12-10") || len(f.life.entered) != 1 {
		t.Fatalf("calls %v", f.calls)
	}
	n := f.life.entered[0]
	if n.Requester.Name != "Anne Martin" || n.Link != cases.Self || n.Language != "fr" || !slices.Equal(n.Rights, []request.Right{request.Access}) {
		t.Errorf("entered %+v", n)
	}
	if c, ok := w.page.(*casePage); !ok || c.tab != tabPerson {
		t.Errorf("after entering the page is %T", w.page)
	}
}

func TestTheNextStepLeadsToTheWork(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	// An erasure leads to its plan.
	p := caseWith(w, tabMail, nil)
	if len(buttons(w, w.t("step.plan"))) != 1 || len(buttons(w, w.t("work.hand"))) != 1 {
		t.Error("an erasure does not lead to its plan")
	}
	p.step()
	if p.tab != tabPlan {
		t.Errorf("Ctrl+Enter leads to tab %d", p.tab)
	}
	// An objection leads to the measures; what was done elsewhere is recorded by
	// hand.
	p = caseWith(w, tabMail, undone)
	p.step()
	if p.tab != tabMeasures {
		t.Errorf("Ctrl+Enter leads to tab %d", p.tab)
	}
	p.byHand(request.Objection)
	d := topDialog(t, w)
	if !d.Others()[0].Disabled() {
		t.Error("work can be recorded without a word")
	}
	why, ok := w.win.Canvas().Focused().(*kit.Entry)
	if !ok {
		t.Fatalf("the keyboard is on %T", w.win.Canvas().Focused())
	}
	test.Type(why, "Desinscrite du bulletin.")
	test.Tap(d.Others()[0])
	if !f.called("Act 1 by hand") || f.last.in.Right != request.Objection || f.last.in.Reason == "" {
		t.Errorf("calls %v, %+v", f.calls, f.last.in)
	}
}

func TestAnExtensionForAMinorNeedsInsisting(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := caseWith(w, tabMail, nil)
	if len(buttons(w, w.actWord(cases.ActExtend))) != 0 {
		t.Error("the extension is offered")
	}
	p.insist(stepOf(p, cases.ActExtend))
	d := topDialog(t, w)
	ok := d.Others()[0]
	test.Type(w.win.Canvas().Focused().(*kit.Entry), "Douze commandes.")
	if !ok.Disabled() {
		t.Error("a reason alone is enough")
	}
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if c, is := o.(*kit.Check); is {
			c.SetChecked(true)
		}
	}
	test.Tap(ok)
	if !f.called("Announce 1 extend") || !f.last.in.Nevertheless {
		t.Errorf("calls %v, %+v", f.calls, f.last.in)
	}
}

func TestTheEvidenceOfALinkIsRecordedWithItsDay(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := caseWith(w, tabPerson, nil)
	p.authority()
	d := topDialog(t, w)
	test.Type(w.win.Canvas().Focused().(*kit.Entry), "Livret de famille.")
	test.Tap(d.Others()[0])
	if !f.called("Act 1 set authority") || f.last.in.Authority != cases.AuthoritySeen || f.last.in.From != law.DateOf(now, law.Paris()) {
		t.Errorf("calls %v, %+v", f.calls, f.last.in)
	}
}

func TestParentsWhoDisagreeAreShownAndSettled(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := caseWith(w, tabPerson, inConflict)
	if got := saidBy(w.content); !strings.Contains(got, "juge aux affaires familiales") || !strings.Contains(got, w.t("conflict.restrict")) {
		t.Errorf("the page says:\n%s", got)
	}
	p.reason(cases.ActSettleConflict)
	test.Type(w.win.Canvas().Focused().(*kit.Entry), "Accord des deux.")
	test.Tap(topDialog(t, w).Others()[0])
	if !f.called("Act 1 settle conflict") {
		t.Errorf("calls %v", f.calls)
	}
	caseWith(w, tabPerson, disagreed)
	if len(buttons(w, w.actWord(cases.ActConflict))) == 0 {
		t.Error("a mail that speaks against is not shown")
	}
}

func TestCasesAreJoinedWithAReasonWherePersonsDiffer(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := caseWith(w, tabMail, nil)
	p.merge()
	d := topDialog(t, w)
	if w.win.Canvas().Focused() != fyne.Focusable(d.Safe()) {
		t.Error("the keyboard is not on the safe answer")
	}
	ok := d.Others()[0]
	if !ok.Disabled() {
		t.Error("two persons can be joined without a reason")
	}
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if e, is := o.(*kit.Entry); is {
			e.SetText("deux adresses, une personne")
		}
	}
	test.Tap(ok)
	if !f.called("MergeCases 1 2 deux") {
		t.Errorf("calls %v", f.calls)
	}
	p = caseWith(w, tabMail, func(v *app.CaseView) {
		v.Same = []app.CaseRow{{ID: 3, Person: "Mathilde Fontaine", Rights: []request.Right{request.Access}, Received: now}}
	})
	p.merge()
	if ok = topDialog(t, w).Others()[0]; ok.Disabled() {
		t.Error("the same person needs a reason")
	}
	f.life.err = app.ErrMergeWaits
	test.Tap(ok)
	if got := saidBy(w.win.Canvas().Overlays().Top()); !strings.Contains(got, assets.Text("fr", "error."+app.ErrMergeWaits.Error()+".what", nil)) {
		t.Errorf("the error is told as %q", got)
	}
}

func TestAnOrderIsFoundAndAdded(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := caseWith(w, tabPerson, nil)
	p.find()
	e := w.win.Canvas().Focused().(*kit.Entry)
	test.Type(e, "Lemoine")
	e.OnSubmitted(e.Text)
	var add *kit.Button
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if b, is := o.(*kit.Button); is && b.Text == w.t("find.add") {
			add = b
		}
	}
	if add == nil {
		t.Fatal("nothing to add")
	}
	test.Tap(add)
	if !f.called("FindOrders Lemoine") || !f.called("AddOrder 1 31") {
		t.Errorf("calls %v", f.calls)
	}
	f.life.further = 2
	tapButton(w, w.t("find.further"))
	if !f.called("ProposeOrders 1") {
		t.Errorf("calls %v", f.calls)
	}
}

func TestRepeatedRequestsAreShownAndNeverRefusedByThemselves(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	caseWith(w, tabMail, nil)
	if len(buttons(w, w.actWord(cases.ActFee))) != 0 {
		t.Error("a fee is proposed for a first request")
	}
	p := caseWith(w, tabMail, repeatedTwice)
	if got := saidBy(w.content); !strings.Contains(got, w.n("earlier.title", 2)) || !strings.Contains(got, w.t("earlier.words")) {
		t.Errorf("the page says:\n%s", got)
	}
	if stepOf(p, cases.ActRefuse).Primary || stepOf(p, cases.ActFee).Primary {
		t.Error("a refusal is proposed first")
	}
}

func TestWordsOfTheFurtherLifeOfCases(t *testing.T) {
	var want []string
	for _, s := range cases.Standings {
		want = append(want, "standing."+string(s))
	}
	for _, k := range cases.AuthorityKinds {
		if k != cases.AuthorityNone {
			want = append(want, "authority."+string(k))
		}
	}
	for _, c := range cases.Channels {
		want = append(want, "channel."+c)
	}
	for _, p := range cases.Paths() {
		for _, k := range p.Work {
			want = append(want, "work.go."+string(k))
		}
	}
	for _, g := range []cases.MatchGroup{cases.MatchWeak, cases.MatchLikely, cases.MatchSure} {
		want = append(want, "group."+g.String(), "group."+g.String()+".words")
	}
	for _, k := range want {
		for _, lang := range assets.Langs {
			if !assets.Has(lang, k) {
				t.Errorf("%q has no text in %s", k, lang)
			}
		}
	}
	if what, _ := Explain(errors.Join(cases.ErrAuthority, cases.ErrIdentityUnproven), "fr"); !strings.Contains(what, "pour une autre") {
		t.Errorf("missing authority is told as %q", what)
	}
}
