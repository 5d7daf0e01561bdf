package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/request"
)

func caseRecord(id cases.ID) string { return fmt.Sprintf("case %d", id) }

// atRiskDays is from how many days before the due date a case is shown as at
// risk.
const atRiskDays = 7

// Requests returns all cases: the open ones first, by due date, then the
// others, newest first.
func (a *App) Requests(ctx context.Context) ([]CaseRow, error) {
	var out []CaseRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := tx.Cases()
		for _, c := range all {
			out = append(out, a.caseRow(c))
		}
		return err
	})
	slices.SortStableFunc(out, func(x, y CaseRow) int {
		switch {
		case x.State.Open() != y.State.Open():
			if x.State.Open() {
				return -1
			}
			return 1
		case x.State.Open():
			return x.Due.Compare(y.Due)
		}
		return y.Received.Compare(x.Received)
	})
	return out, err
}

func (a *App) caseRow(c cases.Case) CaseRow {
	d, today := a.deadline(c), a.today()
	r := CaseRow{ID: c.ID, State: c.State, Person: c.Requester.Name, Email: c.Requester.Email, Received: c.ReceivedAt, Due: d.Due,
		DaysLeft: d.DaysLeft(today), Identity: c.Identity.Level, Minor: c.Minor, Waiting: d.Suspended && c.State.Open()}
	if r.Person == "" {
		r.Person = c.Requester.Email
	}
	for _, x := range c.Asked {
		r.Rights = append(r.Rights, x.Right)
	}
	for _, m := range c.Orders {
		if m.Selected {
			r.Orders = append(r.Orders, m.Number)
		}
	}
	switch {
	case !c.State.Open():
		r.Tone = ToneKept
		r.Late = !c.AnsweredAt.IsZero() && law.DateOf(c.AnsweredAt, a.d.Zone).After(d.Due)
	case r.DaysLeft < 0:
		r.Tone, r.Late = ToneLate, true
	case r.DaysLeft <= atRiskDays:
		r.Tone = ToneAtRisk
	default:
		r.Tone = ToneQuiet
	}
	return r
}

// deadline computes the clock of a case. A clock that cannot be computed (no
// receipt) is late by definition: somebody has to look.
func (a *App) deadline(c cases.Case) law.Deadline {
	d, err := c.Clock(a.d.Zone).Deadline(a.today())
	if err != nil {
		return law.Deadline{Warnings: []law.Step{{FR: "Cette échéance ne peut pas être calculée.", EN: "This due date cannot be computed."}}}
	}
	return d
}

// Mails returns the messages of one kind, newest first.
func (a *App) Mails(ctx context.Context, kind request.Kind) ([]MailRow, error) {
	var out []MailRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		js, err := tx.Messages(kind, 2000)
		for _, j := range js {
			if kind == request.ToCheck && j.Case != 0 {
				continue // it is being looked at in its case
			}
			out = append(out, mailRow(j))
		}
		return err
	})
	return out, err
}

func mailRow(j request.Judged) MailRow {
	r := MailRow{ID: j.Message.ID, Subject: j.Message.Subject, Received: j.Message.ReceivedAt, Verdict: j.Verdict,
		Case: cases.ID(j.Case), Junk: j.Message.Junk, Corrected: j.Corrected}
	if len(j.Message.From) > 0 {
		if r.From = j.Message.From[0].Name; r.From == "" {
			r.From = j.Message.From[0].Email
		}
	}
	return r
}

// Mail returns one message with its verdict.
func (a *App) Mail(ctx context.Context, id int64) (MessageView, error) {
	var out MessageView
	err := a.d.Store.View(ctx, func(tx Tx) error {
		j, err := tx.Message(id)
		out = messageView(j)
		return err
	})
	return out, err
}

func messageView(j request.Judged) MessageView {
	return MessageView{Message: j.Message, Verdict: j.Verdict, Case: cases.ID(j.Case), Corrected: j.Corrected}
}

// corrected returns the findings of the rights that the owner names, with
// their words where the program saw some itself.
func corrected(old []request.Finding, rights []request.Right) []request.Finding {
	var out []request.Finding
	for _, r := range rights {
		i := slices.IndexFunc(old, func(f request.Finding) bool { return f.Right == r })
		f := request.Finding{Right: r, Rule: "owner"}
		if i >= 0 {
			f.Spans = old[i].Spans
		}
		f.Confidence = 1
		out = append(out, f)
	}
	return out
}

// Case returns all that the case page shows.
func (a *App) Case(ctx context.Context, id cases.ID) (CaseView, error) {
	var v CaseView
	err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		v.Case, v.Today, v.Deadline = c, a.today(), a.deadline(c)
		v.DaysLeft = v.Deadline.DaysLeft(v.Today)
		v.Steps = cases.Next(c, v.Deadline, v.Today)
		js, err := tx.CaseMessages(int64(id))
		if err != nil {
			return err
		}
		for _, j := range js {
			v.Messages = append(v.Messages, messageView(j))
		}
		book, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		for _, m := range c.Orders {
			o, err := tx.Order(m.Order)
			if err != nil {
				return err
			}
			v.Orders = append(v.Orders, book.row(o))
		}
		for _, r := range c.Runs {
			run, err := tx.Run(r)
			if err != nil {
				return err
			}
			v.Runs = append(v.Runs, run)
		}
		if v.Documents, err = a.identityCopies(tx, js); err != nil {
			return err
		}
		if c.State.Open() && c.Identity.Level != cases.Confirmed {
			emails := map[int64]string{}
			for _, m := range c.Orders {
				if o, err := tx.Order(m.Order); err == nil {
					emails[m.Order] = o.Customer.Email
				}
			}
			v.ChallengeTo, _ = cases.To(c, cases.LetterCode, emails)
		}
		v.MayErase = cases.MayErase(c)
		if err := a.around(tx, &v); err != nil {
			return err
		}
		v.CanErase = c.State.Open() && len(c.Selected()) > 0 && endsInErasure(c)
		return nil
	})
	return v, err
}

// acts names the journal's word for each act of a case; the others are
// changes of the case.
var acts = map[cases.Act]string{
	cases.ActExtend: evidence.ActCaseExtended, cases.ActSuspend: evidence.ActCaseSuspended, cases.ActAskIdentity: evidence.ActCaseSuspended,
	cases.ActRefuse: evidence.ActCaseRefused, cases.ActAnswer: evidence.ActCaseAnswered, cases.ActClose: evidence.ActCaseClosed,
	cases.ActConfirmIdentity: evidence.ActCaseIdentity, cases.ActIdentityMet: evidence.ActCaseIdentity, cases.ActSetAuthority: evidence.ActCaseIdentity,
}

// Act takes a step in a case. The errors are those of cases.Apply, and
// cases.ErrReason where identity is said to be met though no code came back and
// no reason is written.
func (a *App) Act(ctx context.Context, id cases.ID, act cases.Act, in cases.Input) error {
	if in.At.IsZero() {
		in.At = a.now()
	}
	if in.By == "" {
		in.By = owner
	}
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if act == cases.ActSelectOrders {
			if in.Add, err = unproposed(tx, c, in.Orders); err != nil {
				return err
			}
		}
		if act == cases.ActIdentityMet && strings.TrimSpace(in.Reason) == "" && (c.Challenge == nil || c.Challenge.MetAt.IsZero()) {
			// No code came back: what was given instead is the owner's to write down.
			return cases.ErrReason
		}
		next, err := cases.Apply(c, act, in, a.d.Zone)
		if err != nil {
			return err
		}
		if act == cases.ActSelectOrders && next.ByCode() {
			if ok, err := a.covered(tx, next); err != nil {
				return err
			} else if !ok {
				next = cases.Unconfirm(next, in.At)
			}
		}
		if err := tx.PutCase(next); err != nil {
			return err
		}
		if err := a.caseEnded(tx, next); err != nil {
			return err
		}
		word, ok := acts[act]
		if !ok {
			word = evidence.ActCaseState
		}
		return a.journal(tx, owner, word, caseRecord(id), map[string]string{"act": string(act), "state": next.State.String()})
	})
}

// unproposed returns the orders that the owner names and that nothing had
// proposed.
func unproposed(tx Tx, c cases.Case, ids []int64) ([]order.Order, error) {
	var out []order.Order
	for _, id := range ids {
		if slices.ContainsFunc(c.Orders, func(m cases.Match) bool { return m.Order == id }) {
			continue
		}
		o, err := tx.Order(id)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// lawful tells whether an act is lawful in the case now.
func (a *App) lawful(c cases.Case, act cases.Act) bool {
	return slices.ContainsFunc(cases.Next(c, a.deadline(c), a.today()), func(s cases.Step) bool { return s.Act == act && s.Lawful })
}
