package law_test

import (
	"testing"

	"greffier/app/law"
)

func TestTheRuleOfTheDayIsTheLastThatBegan(t *testing.T) {
	table := []law.Rule{
		{Key: law.RuleBreach, From: date(t, "2018-05-25"), N: 72, Unit: "hours"},
		{Key: law.RuleAnswer, From: date(t, "2018-05-25"), N: 1, Unit: "months"},
		{Key: law.RuleBreach, From: date(t, "2030-01-01"), N: 96, Unit: "hours"},
	}
	for day, want := range map[string]int{"2010-01-01": 72, "2018-05-25": 72, "2029-12-31": 72, "2030-01-01": 96, "2040-01-01": 96} {
		if got := law.RuleIn(table, law.RuleBreach, date(t, day)).N; got != want {
			t.Errorf("on %s: %d, want %d", day, got, want)
		}
	}
	if got := law.RuleIn(table, "nothing", date(t, "2026-01-01")); got != (law.Rule{}) {
		t.Errorf("an unknown key: %+v", got)
	}
}

func TestTheTableOfRules(t *testing.T) {
	last := map[law.RuleKey]law.Date{}
	for _, r := range law.Rules() {
		if !r.From.Valid() || r.N <= 0 || r.Unit == "" || r.Source == "" {
			t.Errorf("incomplete: %+v", r)
		}
		if !last[r.Key].IsZero() && !r.From.After(last[r.Key]) {
			t.Errorf("%s is not in order of days", r.Key)
		}
		last[r.Key] = r.From
	}
	today := date(t, law.TableVersion)
	for key, want := range map[law.RuleKey]int{
		law.RuleAnswer: 1, law.RuleExtension: 2, law.RuleRefusal: 1, law.RuleBreach: 72, law.RuleAskPrompt: 3, law.RuleMinorCNIL: 3, law.RuleAccounting: 10,
	} {
		if got := law.RuleAt(key, today).N; got != want {
			t.Errorf("%s: %d, want %d", key, got, want)
		}
	}
	law.Rules()[0].N = 99
	if law.RuleAt(law.RuleAnswer, today).N != 1 {
		t.Error("the table can be changed from outside")
	}
}
