package cases_test

import (
	"testing"

	"greffier/app/cases"
	"greffier/app/request"
)

func TestWhatComesBackAfterTheEndIsForTheOwnerToSettle(t *testing.T) {
	answered := walk(t, opened(), outcome(request.Erasure, cases.Granted), byHand(request.Erasure), cases.ActAnswer)
	answered.Letters = []cases.Letter{{Kind: cases.LetterAnswer, SentAt: day(3)}}
	again := func(c cases.Case) cases.Case {
		m := mail("anne.martin@example.org", "Il reste une photo.")
		m.ID, m.ReceivedAt = 44, day(20)
		return cases.Merge(c, m, request.Verdict{Kind: request.Ordinary}, cases.Provider{}, day(20))
	}
	returned := func(c cases.Case, kind string) cases.Case {
		c.Letters = []cases.Letter{{Kind: kind, SentAt: day(3), ReturnedAt: day(4)}}
		return cases.Note(c, day(4), cases.ByGreffier, cases.EventReturned, "5.1.1")
	}
	closed := walk(t, answered, cases.ActClose)
	tests := []struct {
		name    string
		c       cases.Case
		primary cases.Act
	}{
		{"an answered case is to be closed", answered, cases.ActClose},
		{"a closed one waits for nothing", closed, ""},
		{"the person writes after the answer", again(answered), cases.ActReopen},
		{"the person writes after the closure", again(closed), cases.ActReopen},
		{"the answer comes back undelivered", returned(answered, cases.LetterAnswer), cases.ActReopen},
		{"it comes back after the closure", returned(closed, cases.LetterAnswer), cases.ActReopen},
		{"an acknowledgement that came back changes no answer", returned(closed, cases.LetterAcknowledge), ""},
		{"closing once more settles it", walk(t, again(closed), cases.ActClose), ""},
		{"reopening settles it", walk(t, again(closed), because(cases.ActReopen, "une photo reste")), cases.ActAnswer},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := cases.Primary(steps(t, tc.c, 21)); got != tc.primary {
				t.Errorf("primary %q, want %q", got, tc.primary)
			}
			if s := step(t, closed, 21, cases.ActClose); s.Lawful {
				t.Error("a closed case can be closed for no reason")
			}
		})
	}
	if c := walk(t, again(closed), cases.ActClose); !c.ClosedAt.Equal(closed.ClosedAt) {
		t.Error("closing once more moves the day of closure")
	}
}
