package cases_test

import (
	"testing"
	"time"

	"greffier/app/cases"
)

func TestAnAnnouncedStepComesFirstUntilItsLetterGoes(t *testing.T) {
	told := func(sent time.Time) cases.Case {
		return cases.Case{State: cases.InProgress, Letters: []cases.Letter{
			{Kind: cases.LetterAcknowledge, SentAt: time.Unix(1, 0)},
			{Kind: cases.LetterExtend, Tells: &cases.Telling{Reason: "Twelve orders."}, SentAt: sent},
		}}
	}
	if l, act, ok := told(time.Time{}).Announced(); !ok || act != cases.ActExtend || l.Tells.Reason == "" {
		t.Errorf("announced %q %v", act, ok)
	}
	if _, act, ok := told(time.Unix(2, 0)).Announced(); ok {
		t.Errorf("%s still waits after its letter went", act)
	}
	c := told(time.Time{})
	if left := cases.Unannounce(c, cases.ActExtend); len(left.Letters) != 1 || left.Letters[0].Kind != cases.LetterAcknowledge || len(c.Letters) != 2 {
		t.Errorf("left %+v of %d", left.Letters, len(c.Letters))
	}
	if left := cases.Unannounce(told(time.Unix(2, 0)), cases.ActExtend); len(left.Letters) != 2 {
		t.Error("a letter that went out was dropped")
	}
}
