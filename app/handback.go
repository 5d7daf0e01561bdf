package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
)

// kindHandedBack are the runs of rules of which nothing is left but what has to
// stay: a hold keeps it, or it is not due any more. The rule itself makes it due
// again when that is over, so that the run is neither tried again nor told of.
const kindHandedBack = "runs handed back"

// handedBack is such a run. Until is the first day after which some of it may go,
// zero where no date says so: a request has to be answered, a hold lifted.
type handedBack struct {
	Run     int64    `json:"run"`
	Until   law.Date `json:"until"`
	Why     string   `json:"why"` // as heldKind says: nothing personal
	Orders  int      `json:"orders"`
	Objects int      `json:"objects"`
}

func handedBackOf(tx Tx, run int64) (handedBack, bool, error) {
	h, err := record[handedBack](tx, kindHandedBack, fmt.Sprint(run))
	return h, h.Run != 0, err
}

func (a *App) allHandedBack(ctx context.Context) (map[int64]bool, error) {
	out := map[int64]bool{}
	return out, a.d.Store.View(ctx, func(tx Tx) error {
		all, err := records[handedBack](tx, kindHandedBack)
		for _, h := range all {
			out[h.Run] = true
		}
		return err
	})
}

// handBack settles, in the transaction that ends it, a run that a rule made by
// itself and that left only what has to stay: Greffier's own memory of the orders
// of which nothing is left goes as after a complete run, the others are the
// rule's again. It tells whether it did.
func (a *App) handBack(tx Tx, r erasure.Record) (bool, error) {
	id := fmt.Sprint(r.ID)
	if !byRule(r) || r.State != erasure.Partial {
		return false, tx.DeleteRecord(kindHandedBack, id)
	}
	steps, err := tx.Steps(r.ID)
	if err != nil {
		return false, err
	}
	if !erasure.OnlyHeld(steps) {
		return false, tx.DeleteRecord(kindHandedBack, id)
	}
	stays := map[int64]bool{}
	h := handedBack{Run: r.ID}
	var left []erasure.Step
	for _, s := range steps {
		if s.Status != erasure.Gone {
			left = append(left, s)
			stays[s.Object.Order] = true
		}
	}
	h.Objects = len(left)
	if h.Until, h.Why, err = a.waitOf(tx, r, left); err != nil {
		return false, err
	}
	held, err := a.heldOrders(tx, r)
	if err != nil {
		return false, err
	}
	for id := range held {
		stays[id] = stays[id] || held[id]
	}
	rest := r
	if rest.Scope.Orders, err = apart(tx, r, stays); err != nil {
		return false, err
	}
	h.Orders = len(r.Scope.Orders) - len(rest.Scope.Orders)
	if len(rest.Scope.Orders) > 0 {
		if err := a.forget(tx, rest); err != nil {
			return false, err
		}
	}
	return true, putRecord(tx, kindHandedBack, id, h, a.now())
}

// apart returns the orders of a run that have nothing to do with those that stay:
// where persons are erased, nobody is forgotten by half.
func apart(tx Tx, r erasure.Record, stays map[int64]bool) ([]int64, error) {
	keys := map[string]bool{}
	all := make([]order.Order, 0, len(r.Scope.Orders))
	for _, id := range r.Scope.Orders {
		o, err := tx.Order(id)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
		if stays[id] && r.Scope.Person {
			for _, k := range customerKeys(o) {
				keys[k] = true
			}
		}
	}
	var out []int64
	for _, o := range all {
		if !stays[o.ID] && !slices.ContainsFunc(customerKeys(o), func(k string) bool { return keys[k] }) {
			out = append(out, o.ID)
		}
	}
	return out, nil
}

// waitOf tells why the steps that are left stay, and until when.
func (a *App) waitOf(tx Tx, r erasure.Record, left []erasure.Step) (until law.Date, why string, err error) {
	hs, err := a.holdsOf(tx, r, 0)
	if err != nil {
		return until, "", err
	}
	reasons := make([]string, len(left))
	if err := a.heldBack(tx, r, left, reasons); err != nil {
		return until, "", err
	}
	for i, s := range left {
		var end law.Date
		open := reasons[i] != "" // it is due again on a day that nobody knows yet
		why = cmp.Or(why, reasons[i])
		for _, h := range hs {
			if !h.ActiveOn(a.today()) || !h.HoldsOrder(s.Object.Order) && !h.HoldsObject(s.Object.Object) {
				continue
			}
			why = cmp.Or(why, heldKind(h.Reason))
			if open = open || h.Until.IsZero(); h.Until.After(end) {
				end = h.Until
			}
		}
		if !open && !end.IsZero() && (until.IsZero() || end.Before(until)) {
			until = end
		}
	}
	return until, cmp.Or(why, "hold"), nil
}
