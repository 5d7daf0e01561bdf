package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
)

// ResumeErasure takes up every run that was cut off, and tries again what is
// left of partial ones, save of those that are their rule's again. The runs that were taken up before an error are
// returned with it.
func (a *App) ResumeErasure(ctx context.Context, report Report) ([]RunView, error) {
	back, err := a.allHandedBack(ctx)
	if err != nil {
		return nil, err
	}
	return a.resume(ctx, owner, func(r erasure.Record) bool {
		return r.State == erasure.Running || r.State == erasure.Partial && !back[r.ID]
	}, report)
}

// RetryRun tries again now what is left of one run, whether it was cut off or
// ended partial. ErrNoRun where nothing of it is left.
func (a *App) RetryRun(ctx context.Context, id int64, report Report) (RunView, error) {
	vs, err := a.resume(ctx, owner, func(r erasure.Record) bool {
		return r.ID == id && (r.State == erasure.Running || r.State == erasure.Partial)
	}, report)
	if len(vs) > 0 {
		return vs[0], err
	}
	if err == nil {
		err = ErrNoRun
	}
	return RunView{}, err
}

// retryDue tries again what is left of partial runs whose time has come, save
// of cases that do not want it any more: there the owner has the word.
func (a *App) retryDue(ctx context.Context, report Report) error {
	unwanted := map[int64]bool{} // runs
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := tx.Runs()
		if err != nil {
			return err
		}
		for _, r := range rs {
			if r.State != erasure.Partial || r.RetryAt.IsZero() || r.Scope.Case == 0 {
				continue
			}
			c, err := caseOfRun(tx, r)
			if err != nil {
				return err
			}
			unwanted[r.ID] = !stillWanted(c, r)
		}
		return nil
	}); err != nil {
		return err
	}
	_, err := a.resume(ctx, greffier, func(r erasure.Record) bool {
		return r.State == erasure.Partial && !r.RetryAt.IsZero() && !a.now().Before(r.RetryAt) && !unwanted[r.ID]
	}, report)
	if errors.Is(err, erasure.ErrRunning) {
		return nil // at the next call
	}
	return err
}

// stillWanted tells whether a case still asks for what is left of its run: it
// was neither refused nor taken back, no parents disagree, and it means the same
// orders.
func stillWanted(c cases.Case, r erasure.Record) bool {
	if c.State == cases.Refused || c.State == cases.Withdrawn || c.Disputed() || !endsInErasure(c) {
		return false
	}
	selected := c.Selected()
	return !slices.ContainsFunc(r.Scope.Orders, func(id int64) bool { return !slices.Contains(selected, id) })
}

// resume takes up the runs that want says, in the name of actor.
func (a *App) resume(ctx context.Context, actor string, want func(erasure.Record) bool, report Report) ([]RunView, error) {
	if !a.erasing.TryLock() {
		return nil, erasure.ErrRunning
	}
	defer a.erasing.Unlock()
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
			if !want(r) {
				continue
			}
			steps, err := tx.Steps(r.ID)
			if err != nil {
				return err
			}
			todo = append(todo, cut{r, steps})
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if len(todo) == 0 {
		return nil, nil
	}
	defer a.changed()
	// What was cut off comes first: while it is open, no other run may be.
	slices.SortStableFunc(todo, func(x, y cut) int { return cmp.Compare(x.r.State, y.r.State) })
	var out []RunView
	var failed error
	for _, c := range todo {
		was := c.r
		if err := a.d.Store.Update(ctx, func(tx Tx) error {
			c.r.State = erasure.Running
			if actor == owner {
				c.r.RetryAt = time.Time{} // her try does not count among those made by themselves
			}
			if err := tx.PutRun(c.r); err != nil {
				return err
			}
			return a.journal(tx, actor, evidence.ActRunResumed, runRecord(c.r.ID), nil)
		}); err != nil {
			return out, err
		}
		r, steps, err := erasure.Resume(ctx, c.r, c.steps, a.storages(), ledger{a: a}, a.d.Now, report)
		if err == nil {
			out = append(out, a.runView(ctx, r, steps))
			continue
		}
		failed = errors.Join(failed, err)
		if was.State != erasure.Partial || !untouched(steps, c.steps) {
			return out, failed
		}
		// Nothing was touched: it is as partial as before, and must not stand
		// in the way of the others.
		if actor == greffier {
			// Tried in vain by itself: later again, and less and less often.
			was.Tries++
			was.RetryAt = erasure.RetryAfter(was, c.steps, a.now())
		}
		if err := a.d.Store.Update(context.WithoutCancel(ctx), func(tx Tx) error { return tx.PutRun(was) }); err != nil {
			return out, errors.Join(failed, err)
		}
	}
	return out, failed
}

// untouched tells whether nothing was asked of the storages since.
func untouched(now, before []erasure.Step) bool {
	return slices.EqualFunc(now, before, func(x, y erasure.Step) bool {
		return x.N == y.N && x.Status == y.Status && x.Reason == y.Reason && x.At.Equal(y.At)
	})
}
