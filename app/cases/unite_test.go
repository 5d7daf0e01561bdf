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

func TestJoiningWidensNobodysProof(t *testing.T) {
	lea, tom := cases.Person{Name: "Léa Martin"}, cases.Person{Name: "Tom Martin"}
	parent := func(id cases.ID, child cases.Person, acts ...func(cases.Case) cases.Case) cases.Case {
		c := opened(request.Access)
		c.ID, c.Link, c.Concerned, c.Minor = id, cases.Parent, child, true
		c = walk(t, c, because(cases.ActConfirmIdentity, "rappelée au numéro de la commande"))
		for _, f := range acts {
			c = f(c)
		}
		return c
	}
	seen := func(c cases.Case) cases.Case {
		in := input(1)
		in.Authority, in.Reason = cases.AuthoritySeen, "livret de famille vu en visio"
		c, err := cases.Apply(c, cases.ActSetAuthority, in, paris)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	tests := []struct {
		name       string
		into, from func() cases.Case
	}{
		{"the authority for one child is none for another", func() cases.Case { return parent(12, tom) }, func() cases.Case { return parent(13, lea, seen) }},
		{"nor the other way round", func() cases.Case { return parent(12, lea, seen) }, func() cases.Case { return parent(13, tom) }},
		{"who asks for herself asks for no child", func() cases.Case {
			return walk(t, opened(request.Objection), because(cases.ActConfirmIdentity, "x"))
		}, func() cases.Case { return parent(13, lea) }},
		{"what the owner was sure of is no word on another's order", func() cases.Case {
			return walk(t, opened(request.Access), because(cases.ActConfirmIdentity, "x"))
		}, func() cases.Case {
			c := opened(request.Access)
			c.ID, c.Requester = 13, cases.Person{Name: "Luc Éloi-Béchard", Email: "luc@fermeduchene.fr"}
			c.Orders = []cases.Match{{Order: 3, Number: "1044", Selected: true, Strong: true}}
			return c
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			a, _, err := cases.Unite(tc.into(), tc.from(), "la même personne", day(2), paris)
			if err != nil {
				t.Fatal(err)
			}
			if cases.MayDisclose(a) == nil {
				t.Errorf("data may be handed over: link %q, authority %+v, identity %s", a.Link, a.Authority, a.Identity.Level)
			}
		})
	}
	t.Run("the authority for the same child stays", func(t *testing.T) {
		a, _, err := cases.Unite(parent(12, lea), parent(13, lea, seen), "", day(2), paris)
		if err != nil || cases.MayDisclose(a) != nil {
			t.Errorf("%v, %v", err, cases.MayDisclose(a))
		}
	})
}

func TestADisagreementIsNotSettledByJoiningAnotherCase(t *testing.T) {
	into := cases.NoteDisagreement(opened(), day(1), "")
	from := walk(t, opened(), because(cases.ActConflict, "le père"), because(cases.ActSettleConflict, "accord écrit"))
	from.ID = 13
	from.Events[len(from.Events)-1].At = day(2)
	a, _, err := cases.Unite(into, from, "", day(3), paris)
	if err != nil || !a.Disagreed() || !errors.Is(cases.MayErase(a), cases.ErrConflict) {
		t.Errorf("%v: what is settled in the other case settles this one: %v", err, eventKeys(a))
	}
}

func TestALetterThatWentElsewhereStaysTheOthers(t *testing.T) {
	from := opened()
	from.ID, from.Requester = 13, cases.Person{Name: "Anne Martin", Email: "anne@travail.example"}
	from.Letters = []cases.Letter{{Kind: cases.LetterAcknowledge, SentAt: day(1), Text: "bonjour"}}
	a, _, err := cases.Unite(opened(), from, "deux boîtes", day(2), paris)
	if err != nil || a.Letters[0].Address(a) != "anne@travail.example" {
		t.Errorf("%v: %+v", err, a.Letters)
	}
}

func TestACodeOnItsWayIsStillTakenAfterTheCasesAreJoined(t *testing.T) {
	from, err := cases.NewChallenge(opened(), map[int64]string{1: "anne.martin@example.org", 2: "anne.martin@example.org"}, day(1))
	if err != nil {
		t.Fatal(err)
	}
	from.ID = 13
	a, b, err := cases.Unite(opened(), from, "", day(2), paris)
	if err != nil || a.Challenge == nil || a.Challenge.Code != from.Challenge.Code || b.Challenge != nil {
		t.Errorf("%v: %+v", err, a.Challenge)
	}
}
