package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
)

const (
	kindTroubles = "troubles"
	// troubleHold is for how many months a hold is proposed: a return or a refund
	// is settled by then, or she places another.
	troubleHold = 2
	// troubleFor is how long a mail proposes a hold, and troubleKept how long it is
	// remembered that it did.
	troubleFor  = 60 * 24 * time.Hour
	troubleKept = 365 * 24 * time.Hour
)

// troubleNote is an ordinary mail that speaks of trouble with an order. It holds
// nothing of what the mail says.
type troubleNote struct {
	Mail      int64         `json:"mail"`
	Order     int64         `json:"order"`
	Kind      cases.Trouble `json:"kind"`
	At        time.Time     `json:"at"` // received, UTC
	SettledAt time.Time     `json:"settled_at,omitzero"`
}

// TroubleNeed proposes a hold because a customer wrote of a return, a refund or a
// complaint about the goods: what is about to go by a rule may be needed to settle
// it (GDPR Art. 17(3)(e)). It is only ever a proposal. Person is hostile text.
type TroubleNeed struct {
	ID     string
	Mail   int64
	Kind   cases.Trouble
	At     time.Time
	Number string // of the order
	Person string
	Hold   LegalHold // filled in as it is proposed
}

// noteTrouble keeps that an ordinary mail speaks of trouble with an order of its
// sender. Mails of machines, of the owner herself, from the spam folder and of
// whom no order is known propose nothing; neither does one that is part of a case.
func (a *App) noteTrouble(tx Tx, id int64, j request.Judged) error {
	m := j.Message
	from, one := m.Sender()
	if j.Verdict.Kind != request.Ordinary || j.Case != 0 || m.Sent || m.Junk || m.Bounce || m.Receipt || m.AutoSubmitted || !one || a.now().Sub(m.ReceivedAt) >= troubleFor {
		return nil
	}
	kind := cases.TroubleIn(cases.WrittenNow(m, j.Verdict))
	if kind == cases.NoTrouble || from.Norm() == mailbox.NormEmail(a.controller(tx).Email) {
		return nil
	}
	os, err := tx.OrdersByEmail(from.Email)
	if err != nil {
		return err
	}
	o, known := meantBy(os, j)
	if !known {
		return nil
	}
	all, err := records[troubleNote](tx, kindTroubles)
	if err != nil {
		return err
	}
	for _, x := range all {
		if a.now().Sub(x.At) >= troubleKept {
			if err := tx.DeleteRecord(kindTroubles, fmt.Sprint(x.Mail)); err != nil {
				return err
			}
		}
	}
	return putRecord(tx, kindTroubles, fmt.Sprint(id), troubleNote{Mail: id, Order: o.ID, Kind: kind, At: m.ReceivedAt.UTC()}, a.now())
}

// meantBy returns which of the sender's own orders a mail means: the one that it
// names, else the last one placed before it. A number that is somebody else's
// ties it to nothing.
func meantBy(os []order.Order, j request.Judged) (order.Order, bool) {
	os = slices.DeleteFunc(slices.Clone(os), func(o order.Order) bool { return o.Erased || o.CreatedAt.After(j.Message.ReceivedAt) })
	for _, n := range j.Verdict.Orders {
		if i := slices.IndexFunc(os, func(o order.Order) bool { return o.Number == n }); i >= 0 {
			return os[i], true
		}
	}
	if len(os) == 0 {
		return order.Order{}, false
	}
	return slices.MaxFunc(os, func(x, y order.Order) int { return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), cmp.Compare(x.ID, y.ID)) }), true
}

// needOfTroubles proposes a hold for each order with trouble that nothing holds
// yet, from its latest mail.
func (a *App) needOfTroubles(t *Today, tx Tx) error {
	all, err := records[troubleNote](tx, kindTroubles)
	if err != nil || len(all) == 0 {
		return err
	}
	hs, err := a.standing(tx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y troubleNote) int { return cmp.Or(y.At.Compare(x.At), cmp.Compare(y.Mail, x.Mail)) })
	told := map[int64]bool{}
	for _, x := range all {
		held := slices.ContainsFunc(hs, func(h plan.Hold) bool { return h.ActiveOn(a.today()) && h.HoldsOrder(x.Order) })
		over := told[x.Order] || held || !x.SettledAt.IsZero() || a.now().Sub(x.At) >= troubleFor
		if told[x.Order] = true; over { // what she said of the latest mail counts
			continue
		}
		o, err := tx.Order(x.Order)
		if err != nil {
			return err
		}
		if o.Erased {
			continue
		}
		until := a.today().AddMonths(troubleHold)
		need := &TroubleNeed{ID: fmt.Sprint(x.Mail), Mail: x.Mail, Kind: x.Kind, At: x.At, Number: o.Number, Person: o.Customer.Name(),
			Hold: LegalHold{Scope: HoldOrder, Order: o.ID, Reason: a.d.Texts.Text(a.Info().Lang, "trouble.reason."+string(x.Kind), nil), From: a.today(), Until: until, Remind: remindDays}}
		t.Needs = append(t.Needs, Need{Kind: "trouble", Tone: ToneAtRisk, Count: 1, Person: need.Person, Trouble: need})
	}
	return nil
}

// SettleTrouble says in the owner's name that nothing has to be kept because of a
// mail; one that is not known is settled already.
func (a *App) SettleTrouble(ctx context.Context, id string) error {
	return a.update(ctx, func(tx Tx) error {
		x, err := record[troubleNote](tx, kindTroubles, id)
		if err != nil || x.Mail == 0 {
			return err
		}
		x.SettledAt = a.now()
		if err := putRecord(tx, kindTroubles, id, x, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRegisterChanged, "message "+id, map[string]string{"hold": "not needed"})
	})
}
