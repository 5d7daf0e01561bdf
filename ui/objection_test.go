package ui

import (
	"strings"
	"testing"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/request"
)

func TestAnObjectionAloneIsToldWhatIsDoneInsteadOfAnErasure(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := caseWith(w, tabPlan, onlyObjecting)
	said := saidBy(w.win.Content())
	if !strings.Contains(said, w.t("plan.objection")) || !strings.Contains(said, w.t("plan.objectionOpen")) || f.called("PlanCase") {
		t.Errorf("an objection is shown an erasure: %q, %v", said, f.calls)
	}
	tapButton(w, w.t("plan.evenSo"))
	if !f.called("PlanCase") || p.plan == nil {
		t.Error("the plan cannot be looked at all the same")
	}

	caseWith(w, tabPlan, func(v *app.CaseView) {
		onlyObjecting(v)
		v.Case.Work = []cases.Work{{Right: request.Objection, Kind: cases.WorkSuppression, At: now}}
	})
	if said := saidBy(w.win.Content()); !strings.Contains(said, w.t("plan.objectionDone", "Date", w.long(w.day(now)))) {
		t.Errorf("what was done is not told: %q", said)
	}
}
