package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/app/retention"
)

// EraseOptions are what a command adds to a confirmed plan.
type EraseOptions struct {
	// BySight lets the owner confirm an erasure whose requester's identity is
	// merely unproven, where cases.EraseBySight allows it.
	BySight bool
	// Reason is why the owner is sure of the identity, in her words.
	Reason string
	// Waived says that a cooling-off was waived, for the journal.
	Waived bool
	// By is who confirmed: "owner" where empty, or "rule NAME".
	By string
	// At is the day for which a retention plan was made, zero for today.
	At law.Date
}

// PlanCase makes the plan of a case: what would be erased of the orders in its
// scope, in the owner's language. cases.ErrNoOrder where none is in scope,
// cases.ErrNotLawful where nothing is asked of which an erasure is the answer.
func (a *App) PlanCase(ctx context.Context, id cases.ID) (plan.Plan, error) {
	var c cases.Case
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { c, err = tx.Case(id); return err }); err != nil {
		return plan.Plan{}, err
	}
	if !c.State.Open() {
		// Refused, taken back or answered: the owner opens it again first.
		return plan.Plan{}, fmt.Errorf("case %d is %s: %w", id, c.State, cases.ErrNotLawful)
	}
	if !endsInErasure(c) {
		// What a person asked to see, to correct or to be kept must not go
		// because a wrong number was typed.
		return plan.Plan{}, fmt.Errorf("case %d asks for no erasure: %w", id, cases.ErrNotLawful)
	}
	ids := c.Selected()
	if len(ids) == 0 {
		return plan.Plan{}, cases.ErrNoOrder
	}
	return a.makePlan(ctx, plan.Scope{Case: int64(id), Orders: ids, Person: asksErasure(c)}, nil)
}

// endsInErasure tells whether a case asks for something of which an erasure can
// be the answer: erasure itself, or an objection or withdrawal that takes the
// ground away (GDPR Art. 17(1)(b) and (c)). What the owner refused does not
// count.
func endsInErasure(c cases.Case) bool {
	return slices.ContainsFunc(c.Asked, func(x cases.Asked) bool {
		return x.Outcome != cases.Denied && (x.Right == request.Erasure || x.Right == request.Withdrawal || x.Right == request.Objection)
	})
}

// asksErasure tells whether the person wants to be erased, not only a use to
// end.
func asksErasure(c cases.Case) bool {
	return slices.ContainsFunc(c.Asked, func(x cases.Asked) bool { return x.Right == request.Erasure && x.Outcome != cases.Denied })
}

// PlanOrder makes the plan to erase the media of one order.
func (a *App) PlanOrder(ctx context.Context, id int64) (plan.Plan, error) {
	return a.makePlan(ctx, plan.Scope{Orders: []int64{id}}, nil)
}

// OrderID finds an order by the number that the customer sees. It returns
// ErrUnknownOrder, or ErrAmbiguousOrder where two shops count alike.
func (a *App) OrderID(ctx context.Context, number string) (int64, error) {
	var os []order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if os, err = tx.OrdersByNumber(number); err == nil && len(os) == 0 {
			os, err = tx.OrdersByNumber(strings.TrimPrefix(number, "#"))
		}
		return err
	}); err != nil {
		return 0, err
	}
	switch len(os) {
	case 0:
		return 0, ErrUnknownOrder
	case 1:
		return os[0].ID, nil
	}
	return 0, ErrAmbiguousOrder
}

// makePlan looks at the storages and makes the plan for a scope. found is what
// a retention rule made due; nil means everything that belongs to the orders.
func (a *App) makePlan(ctx context.Context, s plan.Scope, report Report) (plan.Plan, error) {
	if len(a.d.Storages) == 0 {
		return plan.Plan{}, ErrNoStorage
	}
	in := plan.Input{Scope: s, Today: a.today(), Zone: a.d.Zone, Lang: a.Info().Lang, MadeAt: a.now()}
	var all []order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if all, err = tx.Orders(); err != nil {
			return err
		}
		for _, id := range s.Orders {
			o, err := tx.Order(id)
			if err != nil {
				return err
			}
			in.Orders = append(in.Orders, o)
		}
		in.Holds, err = a.holds(tx, cases.ID(s.Case))
		return err
	}); err != nil {
		return plan.Plan{}, err
	}
	var err error
	if in.Found, in.Missing, err = plan.Survey(ctx, a.listers(), a.d.Locators, in.Orders, a.d.Bases, report); err != nil {
		return plan.Plan{}, err
	}
	in.SharedBy = plan.Shared(in.Found, all, a.d.Locators, a.d.Bases)
	return plan.Build(in), nil
}

// holds returns what protects objects today: the owner's holds, and the open
// cases that need the media to stay.
func (a *App) holds(tx Tx, except cases.ID) ([]plan.Hold, error) {
	hs, err := tx.Holds()
	if err != nil {
		return nil, err
	}
	all, err := tx.Cases()
	if err != nil {
		return nil, err
	}
	return append(hs, retention.CaseHolds(all, except, a.today())...), nil
}

// Erase runs a plan that the owner confirmed by its hash. The plan is made
// again first: when anything has changed it returns plan.ErrStale and touches
// nothing. The identity of a case's requester must allow it
// (cases.ErrIdentityUnproven). The result is never complete while anything is
// left.
func (a *App) Erase(ctx context.Context, p plan.Plan, hash string, report Report) (RunView, error) {
	return a.EraseWith(ctx, p, hash, EraseOptions{}, report)
}

// EraseWith is Erase with what a command adds.
func (a *App) EraseWith(ctx context.Context, p plan.Plan, hash string, opt EraseOptions, report Report) (RunView, error) {
	if !a.erasing.TryLock() {
		return RunView{}, erasure.ErrRunning
	}
	defer a.erasing.Unlock()
	defer a.changed()
	if opt.By == "" {
		opt.By = owner
	}
	if err := a.settleIdentity(ctx, p.Scope, opt); err != nil {
		return RunView{}, err
	}
	c, err := plan.Confirm(p, hash, opt.By, a.now())
	if err != nil {
		return RunView{}, err
	}
	fresh, err := a.again(ctx, p, opt.At, report)
	if err != nil {
		return RunView{}, err
	}
	if err := a.d.Store.Update(ctx, func(tx Tx) error {
		detail := map[string]any{"plan": p.Hash, "erase": len(p.Erase), "restrict": len(p.Restrict), "keep": len(p.Keep)}
		if opt.Waived {
			detail["cooling_off"] = "waived"
		}
		return a.journal(tx, opt.By, evidence.ActPlanConfirmed, scopeRecord(p.Scope), detail)
	}); err != nil {
		return RunView{}, err
	}
	r, steps, err := erasure.Run(ctx, c, fresh, a.d.Storages, ledger{a}, a.d.Now, report)
	return a.runView(ctx, r, steps), err
}

// again makes the plan of a scope once more.
func (a *App) again(ctx context.Context, p plan.Plan, at law.Date, report Report) (plan.Plan, error) {
	if p.Scope.Rule == plan.Orphans {
		return a.PlanOrphans(ctx)
	}
	if p.Scope.Rule != "" {
		v, err := a.Retention(ctx, at)
		return v.Plan, err
	}
	if p.Scope.Case != 0 {
		// The case may mean other orders by now, or ask for something else.
		return a.PlanCase(ctx, cases.ID(p.Scope.Case))
	}
	return a.makePlan(ctx, p.Scope, report)
}

func scopeRecord(s plan.Scope) string {
	switch {
	case s.Case != 0:
		return caseRecord(cases.ID(s.Case))
	case s.Rule != "":
		return "rule " + s.Rule
	}
	ids := make([]string, 0, len(s.Orders))
	for _, id := range s.Orders {
		ids = append(ids, fmt.Sprint(id))
	}
	return "order " + strings.Join(ids, ",")
}

// settleIdentity lets an erasure for a case pass only when it is clear enough
// who asks (GDPR Art. 12(6)).
func (a *App) settleIdentity(ctx context.Context, s plan.Scope, opt EraseOptions) error {
	if s.Case == 0 {
		return nil
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		c, err := tx.Case(cases.ID(s.Case))
		if err != nil {
			return err
		}
		if opt.Reason != "" && c.Identity.Level != cases.Confirmed {
			if c, err = cases.Apply(c, cases.ActConfirmIdentity, cases.Input{Reason: opt.Reason, By: owner, At: a.now()}, a.d.Zone); err != nil {
				return err
			}
			if err := tx.PutCase(c); err != nil {
				return err
			}
			return a.journal(tx, owner, evidence.ActCaseIdentity, caseRecord(c.ID), map[string]string{"act": string(cases.ActConfirmIdentity), "level": c.Identity.Level.String()})
		}
		if cases.MayErase(c) == nil {
			return nil
		}
		if !opt.BySight {
			return cases.ErrIdentityUnproven
		}
		if err := cases.EraseBySight(c); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCaseIdentity, caseRecord(c.ID), map[string]string{"act": "by sight", "level": c.Identity.Level.String()})
	})
}

// ResumeErasure takes up every run that was cut off, and tries again what is
// left of partial ones. The runs that were taken up before an error are
// returned with it.
func (a *App) ResumeErasure(ctx context.Context, report Report) ([]RunView, error) {
	if !a.erasing.TryLock() {
		return nil, erasure.ErrRunning
	}
	defer a.erasing.Unlock()
	defer a.changed()
	type cut struct {
		r     erasure.Record
		steps []erasure.Step
	}
	var todo []cut
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := tx.Runs()
		if err != nil {
			return err
		}
		for _, r := range slices.Backward(rs) {
			if r.State != erasure.Running && r.State != erasure.Partial {
				continue
			}
			steps, err := tx.Steps(r.ID)
			if err != nil {
				return err
			}
			for i := range steps {
				// A lock may have ended since: what it kept is asked for again.
				if steps[i].Status == erasure.Retained {
					steps[i].Status, steps[i].Reason = erasure.Tried, ""
				}
			}
			todo = append(todo, cut{r, steps})
		}
		return nil
	}); err != nil {
		return nil, err
	}
	// What was cut off comes first: while it is open, no other run may be.
	slices.SortStableFunc(todo, func(x, y cut) int { return cmp.Compare(x.r.State, y.r.State) })
	var out []RunView
	var failed error
	for _, c := range todo {
		was := c.r
		if err := a.d.Store.Update(ctx, func(tx Tx) error {
			c.r.State = erasure.Running
			if err := tx.PutRun(c.r); err != nil {
				return err
			}
			return a.journal(tx, owner, evidence.ActRunResumed, runRecord(c.r.ID), nil)
		}); err != nil {
			return out, err
		}
		r, steps, err := erasure.Resume(ctx, c.r, c.steps, a.d.Storages, ledger{a}, a.d.Now, report)
		if err == nil {
			out = append(out, a.runView(ctx, r, steps))
			continue
		}
		failed = errors.Join(failed, err)
		if was.State != erasure.Partial || !slices.Equal(steps, c.steps) {
			return out, failed
		}
		// Nothing was touched: it is as partial as before, and must not stand
		// in the way of the others.
		if err := a.d.Store.Update(context.WithoutCancel(ctx), func(tx Tx) error { return tx.PutRun(was) }); err != nil {
			return out, errors.Join(failed, err)
		}
	}
	return out, failed
}
