package cases_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
)

func dueOf(t *testing.T, c cases.Case, n int) string {
	t.Helper()
	d, err := c.Clock(paris).Deadline(law.DateOf(day(n), paris))
	if err != nil {
		t.Fatal(err)
	}
	return d.Due.String()
}

func TestTheSamePersonByMailAndByTelephone(t *testing.T) {
	into := walk(t, opened(request.Erasure), because(cases.ActConfirmIdentity, "elle a rappelé"), cases.ActAcknowledge)
	into.Letters = []cases.Letter{{Kind: cases.LetterAcknowledge, SentAt: day(1)}, {Kind: cases.LetterAnswer}}
	e := letter()
	e.Channel, e.Orders = cases.ChannelTelephone, []int64{2}
	from, err := cases.Enter(e, shop, now, paris)
	if err != nil {
		t.Fatal(err)
	}
	from.ID, from.Messages = 13, []int64{3}
	from.Letters = []cases.Letter{{Kind: cases.LetterAnswer}, {Kind: cases.LetterClarify, SentAt: day(1)}}
	from = walk(t, from, byHand(request.Access))
	a, b, err := cases.Unite(into, from, "", day(2), paris)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.Rights(), " "); got != "erasure access" {
		t.Errorf("rights %s", got)
	}
	if dueOf(t, a, 2) != dueOf(t, from, 2) || !a.ReceivedAt.Equal(from.ReceivedAt) {
		t.Errorf("due %s, received %s: not the earliest", dueOf(t, a, 2), a.ReceivedAt)
	}
	if !slices.Equal(a.Messages, []int64{3, 7}) || len(a.Letters) != 3 || len(a.Work) != 1 || !strings.Contains(a.Told, "1042") {
		t.Errorf("messages %v, letters %+v, work %v", a.Messages, a.Letters, a.Work)
	}
	if a.Identity.Level != cases.Unproven || cases.MayDisclose(a) == nil {
		t.Errorf("a right that came by telephone is as proven as the mail: %s", a.Identity.Level)
	}
	if last := a.Events[len(a.Events)-1]; last.Key != cases.EventMerged || last.Arg != "13" || !slices.Contains(eventKeys(a), "entered") {
		t.Errorf("history %v", eventKeys(a))
	}
	if b.State != cases.Closed || b.MergedInto != 12 || len(b.Messages)+len(b.Letters)+len(b.Work) != 0 {
		t.Errorf("the other case %+v", b)
	}
	if last := b.Events[len(b.Events)-1]; last.Key != cases.EventMergedInto || last.Arg != "12" {
		t.Errorf("its history %+v", last)
	}
	if from.State == cases.Closed || len(into.Asked) != 1 {
		t.Error("the cases given were changed")
	}
	if s := step(t, b, 3, cases.ActReopen); s.Lawful || s.Why != cases.WhyMerged {
		t.Errorf("what was joined can be opened again: %+v", s)
	}
}

func TestJoiningWinsNoDay(t *testing.T) {
	early, late := opened(), opened()
	early.ID, early.ReceivedAt = 1, received.AddDate(0, 0, -4)
	late.ID = 2
	waits := walk(t, late, cases.ActAskIdentity)
	longer := walk(t, late, because(cases.ActExtend, "x"))
	tests := []struct {
		name       string
		into, from cases.Case
		state      cases.State
	}{
		{"an earlier receipt counts", late, early, cases.Received},
		{"a later one changes nothing", early, late, cases.Received},
		{"an extension of one is none of both", early, longer, cases.Received},
		{"nor is it when it was the other's", longer, early, cases.Received},
		{"a clock that stands still runs with the other", waits, early, cases.InProgress},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			a, _, err := cases.Unite(tc.into, tc.from, "", day(3), paris)
			if err != nil {
				t.Fatal(err)
			}
			if dueOf(t, a, 3) != dueOf(t, early, 3) || a.State != tc.state {
				t.Errorf("due %s in state %s, want %s in %s", dueOf(t, a, 3), a.State, dueOf(t, early, 3), tc.state)
			}
		})
	}
}

func TestWhatCannotBeJoined(t *testing.T) {
	c := opened()
	other := opened()
	other.ID, other.Requester = 13, cases.Person{Name: "Luc Éloi", Email: "luc@fermeduchene.fr"}
	if _, _, err := cases.Unite(c, other, "", day(2), paris); !errors.Is(err, cases.ErrDifferentPersons) {
		t.Errorf("two persons: %v", err)
	}
	if a, _, err := cases.Unite(c, other, "même personne, deux boîtes", day(2), paris); err != nil || slices.ContainsFunc(a.Orders, func(m cases.Match) bool { return m.Order == 3 && m.Strong }) {
		t.Errorf("with a reason: %v", err)
	}
	if _, _, err := cases.Unite(c, c, "x", day(2), paris); !errors.Is(err, cases.ErrInput) {
		t.Errorf("with itself: %v", err)
	}
	ended := walk(t, opened(), cases.ActWithdraw)
	ended.ID = 14
	for _, pair := range [][2]cases.Case{{c, ended}, {ended, c}} {
		if _, _, err := cases.Unite(pair[0], pair[1], "x", day(2), paris); !errors.Is(err, cases.ErrNotLawful) {
			t.Errorf("with a case that has ended: %v", err)
		}
	}
}
