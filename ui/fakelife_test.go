package ui

import (
	"context"
	"strings"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
)

// lifeFake is what the fake knows of the further life of cases.
type lifeFake struct {
	change  func(*app.CaseView) // makes the case another one
	entered []app.NewCase
	err     error
	found   int // by a search
	further int // by all clues
}

func (f *fake) lifeOf(v *app.CaseView) {
	v.Standing = cases.StandingOf(v.Case, false)
	if f.life.change != nil {
		f.life.change(v)
		v.Steps = cases.Next(v.Case, v.Deadline, v.Today)
		v.Standing = cases.StandingOf(v.Case, false)
	}
}

func (f *fake) Announce(_ context.Context, id cases.ID, a cases.Act, in cases.Input) (cases.Letter, error) {
	f.mu.Lock()
	f.last.in = in
	f.mu.Unlock()
	kind, _ := cases.LetterFor(a)
	return cases.Letter{Kind: kind, Lang: f.info.Lang}, f.note("Announce %d %s", id, a)
}

func (f *fake) Unannounce(_ context.Context, id cases.ID, a cases.Act) error {
	return f.note("Unannounce %d %s", id, a)
}

func (f *fake) EnterCase(_ context.Context, n app.NewCase) (cases.ID, error) {
	if err := f.note("EnterCase %s %s", n.Channel, n.Received); err != nil {
		return 0, err
	}
	f.life.entered = append(f.life.entered, n)
	return 1, f.life.err
}

func (f *fake) MergeCases(_ context.Context, into, from cases.ID, reason string) error {
	if err := f.note("MergeCases %d %d %s", into, from, reason); err != nil {
		return err
	}
	return f.life.err
}

func (f *fake) FindOrders(_ context.Context, query string) ([]app.FoundOrder, error) {
	var out []app.FoundOrder
	for i, r := range f.orders() {
		if i < f.life.found || strings.Contains(strings.ToLower(r.Person), strings.ToLower(query)) {
			out = append(out, app.FoundOrder{Row: r, Why: cases.MatchSearch})
		}
	}
	return out, f.note("FindOrders %s", query)
}

func (f *fake) AddOrder(_ context.Context, id cases.ID, order int64) error {
	return f.note("AddOrder %d %d", id, order)
}

func (f *fake) ProposeOrders(_ context.Context, id cases.ID) (int, error) {
	return f.life.further, f.note("ProposeOrders %d", id)
}

// The cases of the pictures and tests.
func inGroups(v *app.CaseView) {
	v.Case.Orders = append(v.Case.Orders, cases.Match{Order: 31, Number: "1031", Why: cases.MatchPhone}, cases.Match{Order: 58, Number: "1058", Why: cases.MatchAlias},
		cases.Match{Order: 90, Number: "1090", Why: cases.MatchNameNear}, cases.Match{Order: 95, Number: "1095", Why: cases.MatchBook})
	f := &fake{}
	rows := f.orders()
	for _, i := range []int{2, 3, 4, 6} {
		v.Orders = append(v.Orders, rows[i])
	}
}

func withAuthority(v *app.CaseView) {
	v.Case.Authority = &cases.Authority{Kind: cases.AuthoritySeen, On: law.DateOf(now, law.Paris()), Words: "Livret de famille montré en visio.", By: "owner", At: now}
}

func inConflict(v *app.CaseView) {
	withAuthority(v)
	v.Case.Conflict = &cases.Conflict{At: now.AddDate(0, 0, -2), By: "owner", Reason: "Le père écrit qu’il s’oppose à l’effacement des photos de Lou."}
	v.MayErase = cases.ErrConflict
}

func disagreed(v *app.CaseView) {
	v.Case = cases.NoteDisagreement(v.Case, now, "")
	v.MayErase = cases.ErrConflict
}

func repeatedTwice(v *app.CaseView) {
	for i, o := range []cases.Outcome{cases.Granted, cases.Denied} {
		v.Earlier = append(v.Earlier, cases.Earlier{Case: cases.ID(7 + i), Right: request.Erasure, Outcome: o, State: cases.Closed, ReceivedAt: now.AddDate(0, -2-i, 0), AnsweredAt: now.AddDate(0, -1-i, 0)})
	}
}

func byTelephone(v *app.CaseView) {
	v.Case.Channel, v.Case.Messages, v.Messages, v.Case.Told = cases.ChannelTelephone, nil, nil, "Elle voudrait une copie de toutes ses photos.\nCommande 1042. 06 12 34 56 78"
	v.Case.Asked = []cases.Asked{{Right: request.Access, Confidence: 1}}
	v.CanErase = false
}

func undone(v *app.CaseView) {
	v.Case.Asked = []cases.Asked{{Right: request.Objection, Confidence: 1}}
	v.CanErase = false
}
