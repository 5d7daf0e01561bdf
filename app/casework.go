package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/evidence"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/register"
	"greffier/app/request"
)

// ErrMergeWaits says that an erasure of one of two cases is under way or waits,
// so that they cannot be joined now.
var ErrMergeWaits = errors.New("an erasure of one of the cases is not over")

// NewCase is a request that no mail carries, as the owner enters it.
type NewCase = cases.Entry

// EnterCase opens a case on a request that came by post, by telephone, at a
// visit or through a form; its clock runs from the day of receipt (GDPR Art.
// 12(3)). The errors are those of cases.Enter.
func (a *App) EnterCase(ctx context.Context, n NewCase) (cases.ID, error) {
	var id cases.ID
	err := a.update(ctx, func(tx Tx) error {
		known, err := tx.Orders()
		if err != nil {
			return err
		}
		if n.Language == "" {
			n.Language = a.d.Lang
		}
		c, err := cases.Enter(n, known, a.now(), a.d.Zone)
		if err != nil {
			return err
		}
		c.Territory = a.d.Territory
		if id, err = tx.NewCase(c); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCaseEntered, caseRecord(id), map[string]any{
			"channel": c.Channel, "rights": c.Rights(), "received": n.Received.String()})
	})
	return id, err
}

// MergeCases joins a case with another of the same person (see cases.Unite):
// its rights, messages, orders, letters and work go to into, and it is closed
// with the trace of where it went. reason is needed where the persons differ.
// Errors: those of cases.Unite; ErrMergeWaits; ErrMaybeSent while nobody knows
// whether one of its letters went out.
func (a *App) MergeCases(ctx context.Context, into, from cases.ID, reason string) error {
	return a.update(ctx, func(tx Tx) error {
		x, err := tx.Case(into)
		if err != nil {
			return err
		}
		y, err := tx.Case(from)
		if err != nil {
			return err
		}
		if err := mayMove(tx, x, y); err != nil {
			return err
		}
		joined, gone, err := cases.Unite(x, y, reason, a.now(), a.d.Zone)
		if err != nil {
			return err
		}
		if joined.ByCode() {
			// A code speaks for the address that it went to, and for no other order.
			if ok, err := a.covered(tx, joined); err != nil {
				return err
			} else if !ok {
				joined = cases.Unconfirm(joined, a.now())
			}
		}
		js, err := tx.CaseMessages(int64(from))
		if err != nil {
			return err
		}
		for _, j := range js {
			j.Case = int64(into)
			if err := tx.UpdateMessage(j); err != nil {
				return err
			}
		}
		if err := a.moveRecords(tx, from, into); err != nil {
			return err
		}
		if err := tx.PutCase(joined); err != nil {
			return err
		}
		if err := tx.PutCase(gone); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCaseMerged, caseRecord(from), map[string]any{
			"into": int64(into), "rights": joined.Rights(), "received": joined.ReceivedAt.Format("2006-01-02"), "reason": reason != ""})
	})
}

// mayMove refuses to join cases of which something is under way.
func mayMove(tx Tx, cs ...cases.Case) error {
	open, err := tx.OpenRuns()
	if err != nil {
		return err
	}
	waits, err := records[cooling](tx, kindCooling)
	if err != nil {
		return err
	}
	for _, c := range cs {
		for _, r := range open {
			if r.Scope.Case == int64(c.ID) {
				return ErrMergeWaits
			}
		}
		if slices.ContainsFunc(waits, func(w cooling) bool { return w.Scope.Case == int64(c.ID) }) {
			return ErrMergeWaits
		}
		if slices.ContainsFunc(c.Letters, func(l cases.Letter) bool { return !l.SendingAt.IsZero() && l.SentAt.IsZero() }) {
			return ErrMaybeSent
		}
	}
	return nil
}

// moveRecords gives what belongs to one case to another: recipients to be told,
// consents, copies, restrictions, stopped uses, corrections, and the letters as they went
// out.
func (a *App) moveRecords(tx Tx, from, into cases.ID) error {
	now := a.now()
	sent, err := records[sentMail](tx, sentKind(from))
	if err != nil {
		return err
	}
	for _, s := range sent {
		if err := errors.Join(putRecord(tx, sentKind(into), s.MessageID, s, now), tx.DeleteRecord(sentKind(from), s.MessageID)); err != nil {
			return err
		}
	}
	was, is := int64(from), int64(into)
	return errors.Join(
		moveRecord(tx, kindNotices, now, func(n *cases.Notice) (string, bool) { return n.ID, moved(&n.Case, was, is) }),
		moveRecord(tx, kindConsents, now, func(c *register.Consent) (string, bool) { return c.ID, moved(&c.Case, was, is) }),
		moveRecord(tx, kindCopies, now, func(c *Copy) (string, bool) { return c.ID, moved(&c.Case, from, into) }),
		moveRecord(tx, kindRestrictions, now, func(r *effects.Restriction) (string, bool) { return r.ID, moved(&r.Case, was, is) }),
		moveRecord(tx, kindSuppressions, now, func(s *effects.Suppression) (string, bool) { return s.ID, moved(&s.Case, was, is) }),
		moveRecord(tx, kindAmendments, now, func(m *effects.Amendment) (string, bool) { return m.ID, moved(&m.Case, was, is) }))
}

// moved gives a record that belongs to one case to another, and tells whether it
// did.
func moved[ID cases.ID | int64](of *ID, from, into ID) bool {
	if *of != from {
		return false
	}
	*of = into
	return true
}

// moveRecord keeps those records of a kind that move changes.
func moveRecord[T any](tx Tx, kind string, at time.Time, move func(*T) (id string, changed bool)) error {
	all, err := records[T](tx, kind)
	if err != nil {
		return err
	}
	for i := range all {
		if id, changed := move(&all[i]); changed {
			if err := putRecord(tx, kind, id, all[i], at); err != nil {
				return err
			}
		}
	}
	return nil
}

// goesOn follows a case to the one that it was joined with.
func goesOn(tx Tx, c cases.Case) (cases.Case, error) {
	for c.MergedInto != 0 {
		next, err := tx.Case(c.MergedInto)
		if err != nil {
			return c, err
		}
		c = next
	}
	return c, nil
}

// FoundOrder is an order that may be meant, with the reason: a key of the text
// catalog.
type FoundOrder struct {
	Row OrderRow
	Why string
}

// FindOrders finds orders by what the owner types: a number, a name, an address,
// a telephone number, a place; at most fifty, the best first.
func (a *App) FindOrders(ctx context.Context, query string) ([]FoundOrder, error) {
	var out []FoundOrder
	err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := tx.Orders()
		if err != nil {
			return err
		}
		book, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		for _, m := range cases.Search(query, all) {
			o, err := tx.Order(m.Order)
			if err != nil {
				return err
			}
			out = append(out, FoundOrder{book.row(o), m.Why})
		}
		return nil
	})
	return out, err
}

// AddOrder takes an order that the owner found into the scope of a case, beside
// those that are there.
func (a *App) AddOrder(ctx context.Context, id cases.ID, orderID int64) error {
	var ids []int64
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		ids = c.Selected()
		return err
	}); err != nil {
		return err
	}
	if !slices.Contains(ids, orderID) {
		ids = append(ids, orderID)
	}
	return a.Act(ctx, id, cases.ActSelectOrders, cases.Input{Orders: ids})
}

// ProposeOrders looks through all orders for those that all that is known of the
// person points to: other spellings of the address, the telephone number, the
// delivery address, almost the same name, the child's name on the book. What it
// finds is proposed and never selected; it returns how many are new. Slow in a
// large shop.
func (a *App) ProposeOrders(ctx context.Context, id cases.ID) (int, error) {
	n := 0
	err := a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		js, err := tx.CaseMessages(int64(id))
		if err != nil {
			return err
		}
		var texts []string
		for _, j := range js {
			if !j.Message.Sent && !j.Message.AutoSubmitted && !j.Message.Bounce {
				texts = append(texts, cases.WrittenNow(j.Message, j.Verdict))
			}
		}
		all, err := tx.Orders()
		if err != nil {
			return err
		}
		if c, n = c.Propose(cases.ProposeFor(cases.CluesOf(c, texts...), all)); n == 0 {
			return nil
		}
		if err := tx.PutCase(c); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCaseOrders, caseRecord(id), map[string]int{"proposed": n})
	})
	return n, err
}

// namedLater proposes the orders that a further message of a case names.
func (a *App) namedLater(tx Tx, c cases.Case, m mailbox.Message, v request.Verdict) (cases.Case, error) {
	if !c.State.Open() || m.Sent || mailbox.NormEmail(c.Requester.Email) != senderOf(m) {
		return c, nil
	}
	var named []order.Order
	for i, n := range v.Orders {
		if i == 20 {
			break
		}
		os, err := tx.OrdersByNumber(n)
		if err != nil {
			return c, err
		}
		named = append(named, os...)
	}
	return cases.NamedLater(c, named), nil
}

func senderOf(m mailbox.Message) string {
	s, ok := m.Sender()
	if !ok {
		return ""
	}
	return s.Norm()
}

// speaksAgainst finds the open case about a child to which a mail of somebody
// else seems to speak against, 0 for none. c is the case of its conversation,
// where it has one.
func (a *App) speaksAgainst(tx Tx, j request.Judged, c cases.Case, threaded bool) (cases.ID, error) {
	if !cases.SpeaksAgainst(j.Message, j.Verdict) {
		return 0, nil
	}
	if threaded && cases.Disagrees(c, j.Message, j.Verdict, true) {
		return c.ID, nil
	}
	all, err := tx.Cases()
	if err != nil {
		return 0, err
	}
	// A request of somebody else in a conversation stands for itself, and is about
	// that conversation all the same.
	n, err := tx.CaseOfThread(append(slices.Clone(j.Message.InReplyTo), j.Message.References...))
	if err != nil {
		return 0, err
	}
	for _, x := range slices.Backward(all) {
		if cases.Disagrees(x, j.Message, j.Verdict, n != 0 && cases.ID(n) == x.ID) {
			return x.ID, nil
		}
	}
	return 0, nil
}

// noteDisagreement writes into a case that the mail which opened another one
// seems to speak against it.
func (a *App) noteDisagreement(tx Tx, id, opened cases.ID) error {
	c, err := tx.Case(id)
	if err != nil {
		return err
	}
	return tx.PutCase(cases.NoteDisagreement(c, a.now(), fmt.Sprint(opened)))
}

// around adds to the view of a case what stands around it: earlier requests,
// other open ones of the person, and where it stands in the register's words.
func (a *App) around(tx Tx, v *CaseView) error {
	all, err := tx.Cases()
	if err != nil {
		return err
	}
	c := v.Case
	v.Earlier = cases.EarlierOf(c, all, a.d.Zone)
	if c.State.Open() {
		for _, x := range all {
			if x.ID != c.ID && x.State.Open() && cases.SamePerson(c, x) {
				v.Same = append(v.Same, a.caseRow(x))
			}
		}
	}
	ns, err := records[cases.Notice](tx, kindNotices)
	if err != nil {
		return err
	}
	waits, err := records[cooling](tx, kindCooling)
	if err != nil {
		return err
	}
	service := slices.ContainsFunc(ns, func(n cases.Notice) bool { return n.Case == int64(c.ID) && n.State == cases.NoticeSent }) ||
		slices.ContainsFunc(waits, func(w cooling) bool { return w.Scope.Case == int64(c.ID) })
	v.Standing = cases.StandingOf(c, service)
	return nil
}
