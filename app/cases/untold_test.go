package cases_test

import (
	"slices"
	"testing"

	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
)

func TestWhatALetterToldCountsNoMoreWhenItComesBack(t *testing.T) {
	for name, tc := range map[string]struct {
		act    cases.Act
		kind   string
		status bool // permanent
		back   bool
	}{
		"an extension":                   {cases.ActExtend, cases.LetterExtend, true, true},
		"a question":                     {cases.ActSuspend, cases.LetterClarify, true, true},
		"an extension that is only late": {cases.ActExtend, cases.LetterExtend, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			plain := opened(request.Access)
			c := walk(t, plain, because(tc.act, "beaucoup de photos"))
			sent := c.Events[len(c.Events)-1].At
			c.Letters = []cases.Letter{{Kind: tc.kind, SentAt: sent, MessageID: "x@shop", Tells: &cases.Telling{Reason: "beaucoup de photos"}}}
			if dueOf(t, c, 9) == dueOf(t, plain, 9) {
				t.Fatal("nothing was told")
			}
			c, _ = cases.Returned(c, mailbox.Message{ReceivedAt: sent.AddDate(0, 0, 1), Bounce: true, Returned: []mailbox.Return{{MessageID: "x@shop", Status: "5.1.1", Permanent: tc.status}}})
			if got := dueOf(t, c, 9) == dueOf(t, plain, 9); got != tc.back {
				t.Errorf("due %s: the letter came back, and the person knows of nothing", dueOf(t, c, 9))
			}
			if slices.Contains(eventKeys(c), "untold") != tc.back {
				t.Errorf("history %v", eventKeys(c))
			}
			if _, err := cases.Apply(c, tc.act, cases.Input{At: day(3), Reason: "encore"}, paris); (err == nil) != tc.back {
				t.Errorf("told again: %v", err)
			}
		})
	}
}
