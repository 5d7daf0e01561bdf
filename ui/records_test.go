package ui

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"greffier/app/law"
	"greffier/app/register"
	"greffier/ui/kit"
)

// formOf opens the first record of a register.
func formOf(t *testing.T, w *Window, n register.Name) *registerPage {
	t.Helper()
	p := &registerPage{w: w, name: n}
	w.follow(p)
	openFirstEntry(p)
	if !p.form {
		t.Fatalf("no form of %s is open", n)
	}
	return p
}

// says tells whether a text stands on the page or in the dialog on top.
func says(w *Window, text string) bool {
	objects := test.LaidOutObjects(w.win.Content())
	if top := w.win.Canvas().Overlays().Top(); top != nil {
		objects = append(objects, test.LaidOutObjects(top)...)
	}
	return slices.ContainsFunc(objects, func(o fyne.CanvasObject) bool {
		l, ok := o.(*widget.Label)
		return ok && strings.Contains(l.Text, text)
	})
}

func TestARecordShowsWhoChangedWhatAndWhen(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		w := openTest(t, newFake(lang, "light"))
		formOf(t, w, register.Processors)
		test.Tap(buttons(w, w.t("history.title"))[0])
		want := []string{"Rôle", "responsable de traitement distinct"}
		if lang == "en" {
			want = []string{"Role", "independent controller"}
		}
		for _, s := range append(want, w.t("history.entered")) {
			if !says(w, s) {
				t.Errorf("%s: the history does not say %q", lang, s)
			}
		}
	}
}

func TestTheGuideSuggestsAndTheOwnerDecides(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	p := &registerPage{w: w, name: register.Breaches}
	w.follow(p)
	x := register.Breach{ID: "breaches-1", AwareAt: now.UTC().Format("2006-01-02T15:04:05Z07:00"), Nature: "confidentiality"}
	editRecord(p, x, w.breachForm, w.f.SaveBreach)
	if !says(w, "To be notified to the CNIL by") {
		t.Error("the form has no clock")
	}
	test.Tap(buttons(w, w.t("guide.suggest"))[0])
	if !says(w, "Suggestion: risk.") && !says(w, "Suggestion: high risk.") {
		t.Error("nothing is suggested")
	}
	test.Tap(buttons(w, w.t("breach.copy"))[0])
	if !f.called("BreachCopy confidentiality") {
		t.Fatalf("calls: %v", f.calls)
	}
	d := topDialog(t, w)
	test.Tap(d.Others()[0])
	if got := w.app.Clipboard().Content(); !strings.Contains(got, "CHAMPS À COMPLÉTER") || !strings.Contains(got, "perte de la confidentialité") {
		t.Errorf("the clipboard has %q", got)
	}
	if test.Tap(d.Others()[1]); !f.called("KeepBreachCopy breaches-1") || !says(w, "breach-breaches-1-2026-11-23.txt") {
		t.Errorf("the signed copy: %v", f.calls)
	}
}

func TestAProposedScreeningIsConfirmedBySavingIt(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	formOf(t, w, register.DPIA)
	if !says(w, "2 sur 9") || !says(w, w.t("screening.proposedWords")) {
		t.Error("the form does not count the criteria, or does not say that they are proposed")
	}
	test.Tap(buttons(w, w.t("screening.export"))[0])
	if !f.called("ExportPIA dpia-T2") {
		t.Errorf("calls: %v", f.calls)
	}
	topDialog(t, w).Cancel()
	test.Tap(buttons(w, w.t("save"))[0])
	if !f.called("SaveScreening T2 due") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAFindingIsSettledInItsForm(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	formOf(t, w, register.Findings)
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if s, ok := o.(*kit.Select); ok {
			s.SetSelected(w.t("choice.finding.state.accepted"))
		}
	}
	test.Tap(buttons(w, w.t("save"))[0])
	if f.called("SaveRuling") || !says(w, w.t("field.finding.reason")) {
		t.Errorf("accepted without a reason: %v", f.calls)
	}
	var areas []*kit.Entry
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if e, ok := o.(*kit.Entry); ok && e.MultiLine {
			areas = append(areas, e)
		}
	}
	areas[len(areas)-1].SetText("La prochaine version le dira.")
	test.Tap(buttons(w, w.t("save"))[0])
	if !f.called(`SaveRuling F1 accepted ""`) {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAFieldThatCannotBeReadIsNamed(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	p := &registerPage{w: w, name: register.Processors}
	w.follow(p)
	editRecord(p, register.Processor{ID: "ai", Family: "ai", Country: "France"}, func(f *form, x *register.Processor) { f.provider(x, nil) }, w.f.SaveProcessor)
	test.Tap(buttons(w, w.t("save"))[0])
	if f.called("SaveProcessor") || !says(w, "To be corrected: "+w.t("field.processor.country")) {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAChangedDocumentIsSaid(t *testing.T) {
	w := openTest(t, newFake("en", "light"))
	p := &registerPage{w: w, name: register.Processors}
	w.follow(p)
	editRecord(p, register.Processor{ID: "ai", ContractFile: "/x/dpa.pdf", ContractSHA256: strings.Repeat("ab", 32)}, func(f *form, x *register.Processor) { f.provider(x, nil) }, w.f.SaveProcessor)
	if !says(w, "no longer the one attached") {
		t.Error("a document that changed looks as before")
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsNotTouchedInAFormStaysAsItWas(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	p := register.Processor{ID: "ai", Family: "ai", Name: "Portraits SAS", Role: "processor", Roles: map[string]string{"T1": "joint controller"}, Country: "IN", AccessCountries: []string{"US", "IN"}, Transfer: "scc", SCCModule: "2", TIAOn: law.Date{Year: 2026, Month: 3, Day: 1},
		Clauses: []register.Clause{{ID: "a", Met: "yes", Ref: "3"}, {ID: "warn", Met: "no", Reservation: "absent"}}, DeletionDelay: "30 days", AI: register.AI{Trains: "no", Retention: "24 h", Answer: "mail"}, TransferFile: "/x", TransferSHA256: "abc"}
	b := register.Breach{ID: "b", AwareAt: "2026-11-20T16:45:00Z", Nature: "confidentiality", AlsoNature: []string{"availability"}, PersonKinds: []string{"minors"}, Guide: map[string]string{"many": "no"}, Risk: "high", RiskWhy: "a", Impacts: []string{"fraud"}, When: "exact", PersonsState: "planned"}
	s := register.ProposeScreening(register.Activity{ID: "T2", Minors: true})
	same := func(name string, before, after any) {
		t.Helper()
		if d, err := register.Diff(marshal(t, before), marshal(t, after)); err != nil || len(d) > 0 {
			t.Errorf("%s: %v %v", name, d, err)
		}
	}
	f, p2 := &form{w: w}, p
	f.provider(&p2, []register.Activity{{ID: "T1", Recipients: []string{"ai"}}})
	if !f.collect() {
		t.Errorf("cannot be read: %v", f.wrong)
	}
	same("provider", p, p2)
	f, b2 := &form{w: w}, b
	w.breachForm(f, &b2)
	if !f.collect() {
		t.Errorf("cannot be read: %v", f.wrong)
	}
	same("breach", b, b2)
	f, s2 := &form{w: w}, s
	f.screening(&s2, nil)
	if !f.collect() {
		t.Errorf("cannot be read: %v", f.wrong)
	}
	same("screening", s, s2)
	if len(f.keys) != len(f.takes) {
		t.Errorf("%d keys for %d fields", len(f.keys), len(f.takes))
	}
}

func TestALongRegisterDoesNotPushTheWindowWide(t *testing.T) {
	d, err := register.Build(register.Processors, register.Inputs{Lang: "fr", Processors: []register.Processor{{ID: "ai", Family: "ai"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := documentTable(d.Sections[d.Main].Table).MinSize().Width; got > 420 {
		t.Errorf("the preview of the register is at least %.0f wide", got)
	}
}
