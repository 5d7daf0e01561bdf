package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/retention"
)

// Orders returns the orders in daily view, newest first: those in intermediate
// archiving are left out (Archive tells of them).
func (a *App) Orders(ctx context.Context) ([]OrderRow, error) {
	var out []OrderRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		b, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		all, err := tx.Orders()
		for _, o := range all {
			if r := b.row(o); r.Archived.IsZero() {
				out = append(out, r)
			}
		}
		return err
	})
	return out, err
}

// Order opens an order: what each locator finds of it now. ErrArchived for one in
// intermediate archiving that was not opened with a reason (OpenArchived).
func (a *App) Order(ctx context.Context, id int64) (OrderView, error) {
	var v OrderView
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		b, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		if v.Order, err = tx.Order(id); err != nil {
			return err
		}
		if err := a.mayOpen(tx, v.Order); err != nil {
			return err
		}
		v.Row = b.row(v.Order)
		hs, err := tx.Holds()
		if err != nil {
			return err
		}
		wide, err := wideHolds(tx)
		if err != nil {
			return err
		}
		for _, h := range append(hs, wide...) {
			if h.HoldsOrder(id) {
				v.Holds = append(v.Holds, h)
			}
		}
		rs, err := restrictions(tx)
		if err != nil {
			return err
		}
		for _, r := range rs {
			if r.Active() && slices.Contains(r.Orders, id) {
				v.Restrictions = append(v.Restrictions, a.restrictionRow(tx, r))
			}
		}
		cs, err := tx.Cases()
		for _, c := range cs {
			if slices.Contains(c.Selected(), id) {
				v.Cases = append(v.Cases, c.ID)
			}
		}
		return err
	}); err != nil {
		return v, err
	}
	found, missing, err := plan.Survey(ctx, a.listers(), a.locators(), []order.Order{v.Order}, a.d.Bases, nil)
	if err != nil {
		return v, err
	}
	v.Found = found
	for _, m := range missing {
		v.Missing = append(v.Missing, m.Text)
	}
	return v, nil
}

// maxOrphans bounds how many objects that no order claims are shown, or erased
// by one plan: the next plan has the rest.
const maxOrphans = 10_000

// Orphans returns objects below the locators that no order claims, at most
// ten thousand.
func (a *App) Orphans(ctx context.Context) ([]Orphan, error) {
	var out []Orphan
	_, err := a.sweep(ctx, a.today(), func(f plan.Found) error {
		if f.Order == 0 && len(out) < maxOrphans {
			out = append(out, Orphan{f, law.DateOf(f.ModifiedAt, a.d.Zone).Days(a.today())})
		}
		return nil
	}, nil)
	return out, err
}

// PlanOrphans makes the plan to erase the objects that no order claims and
// whose period, counted from their last change, is over, at most ten thousand
// of them. Only the owner's own hand runs it: the shop may not have told of
// their order yet.
func (a *App) PlanOrphans(ctx context.Context) (plan.Plan, error) {
	in := plan.Input{Scope: plan.Scope{Rule: plan.Orphans}, Today: a.today(), Zone: a.d.Zone, Lang: a.Info().Lang, Bases: a.d.Bases}
	var found []plan.Found
	m, err := a.sweep(ctx, in.Today, func(f plan.Found) error {
		if f.Order == 0 && !f.ModifiedAt.IsZero() {
			found = append(found, f)
		}
		return nil
	}, nil)
	if err != nil {
		return plan.Plan{}, err
	}
	period, err := law.ParsePeriod(m.rule.Period)
	if err != nil {
		return plan.Plan{}, err
	}
	for _, f := range found {
		if !period.End(law.DateOf(f.ModifiedAt, a.d.Zone)).After(in.Today) {
			in.Found = append(in.Found, f)
		}
	}
	// The oldest first, and the same ones each time, so that the plan stands
	// when it is made again.
	slices.SortFunc(in.Found, func(x, y plan.Found) int {
		return cmp.Or(x.ModifiedAt.Compare(y.ModifiedAt), cmp.Compare(x.ID(), y.ID()))
	})
	in.Found = in.Found[:min(len(in.Found), maxOrphans)]
	in.Holds, in.MadeAt = m.holds, a.now()
	in.SharedBy = m.index.Shared(in.Found, a.locators())
	return plan.Build(in), nil
}

// PlaceHold keeps the media of an order from being erased, for a reason.
func (a *App) PlaceHold(ctx context.Context, id int64, reason string, until law.Date) error {
	if strings.TrimSpace(reason) == "" {
		return cases.ErrReason
	}
	return a.update(ctx, func(tx Tx) error {
		h, err := tx.PutHold(plan.Hold{Order: id, Reason: reason, Article: "GDPR Art. 17(3)(e)", From: a.today(), Until: until})
		if err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActHoldPlaced, fmt.Sprintf("hold %d", h), map[string]any{"order": id, "until": until.String()})
	})
}

// LiftHold ends a hold.
func (a *App) LiftHold(ctx context.Context, hold int64) error {
	return a.update(ctx, func(tx Tx) error {
		if err := tx.LiftHold(hold); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActHoldLifted, fmt.Sprintf("hold %d", hold), nil)
	})
}

// orderBook is what rows of orders are made from.
type orderBook struct {
	a      *App
	erased map[int64]time.Time
	holds  map[int64]string
	all    string // why every order is held, "" where it is not
	kept   map[int64]law.Date
	period law.Period
	last   func(email string) time.Time
	today  law.Date
	seen   map[int64]int // objects in the storages, nil where nobody has looked
}

func (a *App) orderBook(tx Tx) (*orderBook, error) {
	b := &orderBook{a: a, holds: map[int64]string{}, today: a.today()}
	var err error
	if b.erased, err = tx.ErasedAt(); err != nil {
		return nil, err
	}
	hs, err := a.mediaHolds(tx)
	if err != nil {
		return nil, err
	}
	for _, h := range hs {
		// The owner's own words come first in the list, and stay.
		switch {
		case !h.ActiveOn(b.today) || h.Storage != "":
		case h.All:
			b.all = h.Reason
		case b.holds[h.Order] == "":
			b.holds[h.Order] = h.Reason
		}
	}
	if b.kept, _, err = archives(tx); err != nil {
		return nil, err
	}
	rule, err := a.mediaRule(tx)
	if err != nil {
		return nil, err
	}
	if b.period, err = law.ParsePeriod(rule.Period); err != nil {
		return nil, err
	}
	if m, ok, err := seenMedia(tx); err != nil {
		return nil, err
	} else if ok {
		b.seen = m.Objects
	}
	b.last = func(email string) time.Time {
		at, err := tx.LastFrom(email)
		if err != nil {
			return time.Time{}
		}
		return at
	}
	return b, nil
}

func (b *orderBook) row(o order.Order) OrderRow {
	r := OrderRow{ID: o.ID, Number: o.Number, Shop: o.Shop, Person: o.Customer.Name(), Email: o.Customer.Email, State: o.State, Status: o.Status,
		Created: o.CreatedAt, Completed: o.CompletedAt, Photos: len(o.Photos), Held: b.holds[o.ID], Erased: b.erased[o.ID]}
	if r.Held == "" {
		r.Held = b.all
	}
	if retention.Finished(o.State) {
		r.Archived = b.kept[o.ID]
	}
	var last time.Time
	if o.CompletedAt.IsZero() && o.Customer.Email != "" {
		last = b.last(o.Customer.Email)
	}
	start := mediaStart(o, last, b.a.d.Zone)
	r.Start = start
	if !start.IsZero() {
		r.Due = b.period.End(start)
		r.DaysLeft = b.today.Days(r.Due)
	}
	r.Objects = -1
	if b.seen != nil {
		r.Objects = b.seen[o.ID]
	}
	switch {
	case !r.Erased.IsZero() && r.Objects <= 0:
		r.Media, r.Tone = "erased", ToneKept
	case r.Objects == 0 || r.Objects < 0 && r.Photos == 0:
		r.Media, r.Tone = "none", ToneCannotTell
	case r.Held != "":
		r.Media, r.Tone = "held", ToneAtRisk
	case start.IsZero():
		r.Media, r.Tone = "open", ToneCannotTell
	case r.DaysLeft < 0:
		r.Media, r.Tone = "due", ToneLate
	case r.DaysLeft == 0:
		r.Media, r.Tone = "due", ToneAtRisk
	case r.DaysLeft <= atRiskDays:
		r.Media, r.Tone = "counting", ToneAtRisk
	default:
		r.Media, r.Tone = "counting", ToneQuiet
	}
	return r
}
