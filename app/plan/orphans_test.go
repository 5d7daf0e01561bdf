package plan_test

import (
	"testing"

	"greffier/app/plan"
)

func TestObjectsOfNoOrderGoOnlyWhenThePlanIsAboutThem(t *testing.T) {
	f := plan.Found{Object: plan.Object{Storage: "photos", Key: "uploads/0987/a.jpg"}, Number: "0987", Holds: plan.Photo}
	for name, tc := range map[string]struct {
		rule  string
		erase int
	}{
		"the media rule keeps them":     {"media", 0},
		"a case keeps them":             {"", 0},
		"a plan about them erases them": {plan.Orphans, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan.Build(plan.Input{Scope: plan.Scope{Rule: tc.rule}, Found: []plan.Found{f}, Lang: "en"})
			if len(p.Erase) != tc.erase || len(p.Erase)+len(p.Keep) != 1 {
				t.Errorf("erase %d, keep %d", len(p.Erase), len(p.Keep))
			}
		})
	}
}
