package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

const kindRestrictions = "restrictions"

// RestrictionRow is one restriction (GDPR Art. 18) as it is shown.
type RestrictionRow struct {
	ID       string
	Case     cases.ID
	Orders   []int64
	Numbers  []string
	Ground   effects.Ground
	Reason   string
	From     time.Time
	ToldAt   time.Time // that it will end, zero while she was not
	LiftedAt time.Time
	// Lift is why it ended, in the owner's words.
	Lift string
	// Locked counts the objects that their storage itself holds, ByGreffier
	// those that no storage could hold, Waiting those of which it is not known
	// yet, because the storage is away or was not asked.
	Locked, ByGreffier, Waiting int
	// Looked tells that the storages were asked.
	Looked bool
}

// Active tells whether the restriction stands.
func (r RestrictionRow) Active() bool { return r.LiftedAt.IsZero() }

func putRestriction(tx Tx, r effects.Restriction, at time.Time) error {
	return putRecord(tx, kindRestrictions, r.ID, r, at)
}

func restrictions(tx Tx) ([]effects.Restriction, error) {
	return records[effects.Restriction](tx, kindRestrictions)
}

func restrictionOf(tx Tx, id string) (effects.Restriction, error) {
	rs, err := restrictions(tx)
	if err != nil {
		return effects.Restriction{}, err
	}
	if i := slices.IndexFunc(rs, func(r effects.Restriction) bool { return r.ID == id }); i >= 0 {
		return rs[i], nil
	}
	return effects.Restriction{}, fmt.Errorf("restriction %q: %w", id, effects.ErrNoRestriction)
}

// standing returns the holds that stand whatever is asked for: the owner's, and
// the restrictions.
func (a *App) standing(tx Tx) ([]plan.Hold, error) {
	hs, err := tx.Holds()
	if err != nil {
		return nil, err
	}
	wide, err := wideHolds(tx)
	if err != nil {
		return nil, err
	}
	rs, err := restrictions(tx)
	return slices.Concat(hs, wide, effects.Holds(rs, a.d.Zone)), err
}

// Restrict keeps the data of orders from being used or erased (GDPR Art. 18(1)):
// for a case, or 0 for a reason of the owner's own. Nothing erases them before
// it is lifted, a plan of the owner's included, and a run under way stops at
// them. The storages that can are asked to hold the objects themselves. It is on
// record before any storage is asked; what a storage could not be asked for now
// is asked later. Errors: cases.ErrNoOrder, effects.ErrGround, cases.ErrReason.
func (a *App) Restrict(ctx context.Context, id cases.ID, orders []int64, ground effects.Ground, reason string) (RestrictionRow, error) {
	r := effects.Restriction{Case: int64(id), Orders: slices.Compact(slices.Sorted(slices.Values(orders))), Ground: ground, Reason: effects.Words(reason), From: a.now()}
	if err := r.Check(); err != nil {
		return RestrictionRow{}, err
	}
	if err := a.update(ctx, func(tx Tx) error {
		for _, o := range r.Orders {
			if _, err := tx.Order(o); err != nil {
				return err
			}
		}
		rs, err := tx.Records(kindRestrictions)
		if err != nil {
			return err
		}
		r.ID = nextNumber(rs)
		if err := putRestriction(tx, r, a.now()); err != nil {
			return err
		}
		if err := a.journal(tx, owner, evidence.ActRestrictionPlaced, "restriction "+r.ID,
			map[string]any{"case": r.Case, "orders": r.Orders, "ground": ground.Article()}); err != nil {
			return err
		}
		if id != 0 {
			if err := a.noteWork(tx, id, cases.Work{Right: request.Restriction, Kind: cases.WorkRestriction, Ref: "restriction " + r.ID, At: r.From, By: owner, Count: len(r.Orders)}); err != nil {
				return err
			}
		}
		return a.makeNoticesOf(tx, cases.NoticeRestriction, "restriction "+r.ID, r.Case, numbers(tx, r.Orders), owner)
	}); err != nil {
		return RestrictionRow{}, err
	}
	// The restriction stands whether or not the storages can be asked now.
	_ = a.settleLocks(ctx)
	return a.restriction(context.WithoutCancel(ctx), r.ID)
}

// noteWork notes in a case that something was done for a right that it asks
// for; a right that it does not ask for is left out.
func (a *App) noteWork(tx Tx, id cases.ID, ws ...cases.Work) error {
	c, err := tx.Case(id)
	if err != nil {
		return err
	}
	for _, w := range ws {
		// While parents disagree the data are restricted though nobody asked for it.
		if slices.ContainsFunc(c.Asked, func(x cases.Asked) bool { return x.Right == w.Right }) || w.Right == request.Restriction && c.InConflict() {
			c = cases.Done(c, w)
		}
	}
	return tx.PutCase(c)
}

// LiftRestriction ends a restriction, told being when the person was told that
// it ends (zero: when the letter "lift" of its case went out) and reason why. It
// is refused with effects.ErrNotTold before she was (GDPR Art. 18(3)). What the
// storages hold for it is released. Other errors: effects.ErrNoRestriction,
// cases.ErrReason.
func (a *App) LiftRestriction(ctx context.Context, id string, told time.Time, reason string) error {
	if err := a.update(ctx, func(tx Tx) error {
		r, err := restrictionOf(tx, id)
		if err != nil {
			return err
		}
		if told.IsZero() {
			if told, err = liftTold(tx, r); err != nil {
				return err
			}
		}
		if r, err = r.Lift(told, reason, a.now()); err != nil {
			return err
		}
		if err := putRestriction(tx, r, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRestrictionLifted, "restriction "+r.ID, map[string]any{"told": r.ToldAt.Format(time.RFC3339), "orders": r.Orders})
	}); err != nil {
		return err
	}
	_ = a.settleLocks(ctx) // what stays held is released later
	return nil
}

// liftTold returns when the letter that a restriction ends went out, zero where
// it did not.
func liftTold(tx Tx, r effects.Restriction) (time.Time, error) {
	var at time.Time
	if r.Case == 0 {
		return at, nil
	}
	c, err := tx.Case(cases.ID(r.Case))
	for _, l := range c.Letters {
		if l.Kind == cases.LetterLift && l.SentAt.After(at) && l.ReturnedAt.IsZero() && !l.SentAt.Before(r.From) {
			at = l.SentAt
		}
	}
	return at, err
}

// liftAfterDays is how long before its end the letter tells of it, where the owner
// says no other day: the person can still answer (GDPR Art. 18(3)).
const liftAfterDays = 14

// DraftLift prepares the letter that tells the person that a restriction will
// end (GDPR Art. 18(3)), in lang or in the person's own language. Nothing is
// stored. effects.ErrNoRestriction where it does not stand or belongs to no
// case.
func (a *App) DraftLift(ctx context.Context, id, reason, lang string) (cases.Letter, error) {
	var l cases.Letter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		r, err := restrictionOf(tx, id)
		if err != nil {
			return err
		}
		if !r.Active() || r.Case == 0 {
			return fmt.Errorf("restriction %s: %w", id, effects.ErrNoRestriction)
		}
		c, err := tx.Case(cases.ID(r.Case))
		if err != nil {
			return err
		}
		if lang == "" {
			lang = a.paperLang(c)
		}
		f, err := a.facts(tx, c, lang)
		if err != nil {
			return err
		}
		catalog, err := a.letters(tx)
		if err != nil {
			return err
		}
		f.RestrictedAt, f.LiftOn, f.Reason = r.From, a.today().AddDays(liftAfterDays), effects.Words(reason)
		l, err = cases.Draft(c, cases.LetterLift, f, catalog, lang, a.now())
		return err
	})
	return l, err
}

// Restrictions returns the restrictions, those that stand first, each kind
// newest first.
func (a *App) Restrictions(ctx context.Context) ([]RestrictionRow, error) {
	var out []RestrictionRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := restrictions(tx)
		for _, r := range rs {
			row := a.restrictionRow(tx, r)
			if r.Active() && row.ToldAt.IsZero() {
				if row.ToldAt, err = liftTold(tx, r); err != nil {
					return err
				}
			}
			out = append(out, row)
		}
		return err
	})
	slices.SortStableFunc(out, func(x, y RestrictionRow) int {
		if x.Active() != y.Active() {
			return map[bool]int{true: -1, false: 1}[x.Active()]
		}
		return cmp.Or(y.From.Compare(x.From), cmp.Compare(len(y.ID), len(x.ID)), cmp.Compare(y.ID, x.ID))
	})
	return out, err
}

func (a *App) restriction(ctx context.Context, id string) (RestrictionRow, error) {
	var row RestrictionRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		r, err := restrictionOf(tx, id)
		row = a.restrictionRow(tx, r)
		return err
	})
	return row, err
}

func (a *App) restrictionRow(tx Tx, r effects.Restriction) RestrictionRow {
	row := RestrictionRow{ID: r.ID, Case: cases.ID(r.Case), Orders: r.Orders, Numbers: numbers(tx, r.Orders), Ground: r.Ground, Reason: r.Reason, From: r.From,
		ToldAt: r.ToldAt, LiftedAt: r.LiftedAt, Lift: r.LiftReason, ByGreffier: r.Unlocked, Looked: r.Looked}
	for _, l := range r.Locks {
		switch l.State {
		case effects.LockHeld, effects.LockForeign:
			row.Locked++
		case effects.LockWanted, effects.LockFailed:
			row.Waiting++
		}
	}
	return row
}

// settleLocks brings the storages to what the restrictions say: what stands is
// looked for and held, what was lifted is released. Whatever it is cut off in,
// the next call goes on: what is to be held is on record before it is.
func (a *App) settleLocks(ctx context.Context) error {
	a.locking.Lock()
	defer a.locking.Unlock()
	var rs []effects.Restriction
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { rs, err = restrictions(tx); return err }); err != nil {
		return err
	}
	var failed error
	for _, r := range rs {
		if r.Active() && !r.Looked {
			err := a.lookForLocks(ctx, &r)
			if failed = errors.Join(failed, err); err != nil {
				continue
			}
		}
		failed = errors.Join(failed, a.applyLocks(ctx, r))
	}
	return failed
}

// lookForLocks finds what the storages have of the orders of a restriction, and
// writes down what is to be held. What is held by somebody else already stays
// theirs.
func (a *App) lookForLocks(ctx context.Context, r *effects.Restriction) error {
	var orders []order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		for _, id := range r.Orders {
			o, err := tx.Order(id)
			if err != nil {
				return err
			}
			orders = append(orders, o)
		}
		return nil
	}); err != nil {
		return err
	}
	var found []plan.Found
	if len(a.d.Storages) > 0 && len(a.locators()) > 0 {
		var err error
		found, _, err = plan.Survey(ctx, a.listers(), a.locators(), orders, a.d.Bases, nil)
		// What no locator can be asked for is found by no erasure either.
		if err != nil && !errors.Is(err, plan.ErrNoOrderNumber) && !errors.Is(err, plan.ErrBadLocator) {
			return err
		}
	}
	can := map[string]erasure.Locker{}
	for name, st := range a.d.Storages {
		l, ok := st.(erasure.Locker)
		if !ok {
			continue
		}
		able, err := l.CanLock(ctx)
		if err != nil {
			return err
		}
		if able {
			can[name] = l
		}
	}
	unlocked, locks := 0, []effects.Lock{}
	seen := map[string]bool{}
	for _, f := range found {
		l := can[f.Storage]
		if seen[f.ID()] || f.Kind == plan.Marker || f.Kind == plan.Upload {
			continue
		}
		seen[f.ID()] = true
		if l == nil || f.Version == "" {
			unlocked++
			continue
		}
		held, err := l.Locked(ctx, f.Object)
		switch {
		case errors.Is(err, erasure.ErrChanged):
			continue // gone since
		case err != nil:
			return err
		}
		x := effects.Lock{Storage: f.Storage, Key: []byte(f.Key), Version: f.Version}
		if held && !a.holdsAlready(ctx, x) {
			x.State = effects.LockForeign
		}
		locks = append(locks, x)
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		now, err := restrictionOf(tx, r.ID)
		if err != nil {
			return err
		}
		now.Looked, now.Locks, now.Unlocked = true, locks, unlocked
		*r = now
		return putRestriction(tx, now, a.now())
	})
}

// holdsAlready tells whether an object is held for a restriction, which is not
// somebody else's hold.
func (a *App) holdsAlready(ctx context.Context, x effects.Lock) bool {
	own := false
	_ = a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := restrictions(tx)
		for _, r := range rs {
			own = own || slices.ContainsFunc(r.Locks, func(l effects.Lock) bool {
				return sameLock(l, x) && l.State != effects.LockForeign && l.State != effects.LockLifted
			})
		}
		return err
	})
	return own
}

func sameLock(x, y effects.Lock) bool {
	return x.Storage == y.Storage && string(x.Key) == string(y.Key) && x.Version == y.Version
}

// applyLocks holds, or releases, what a restriction names, some objects a
// transaction.
func (a *App) applyLocks(ctx context.Context, r effects.Restriction) error {
	var todo []int
	for i, l := range r.Locks {
		wanted := l.State == effects.LockWanted || l.State == effects.LockFailed
		if r.Active() && wanted || !r.Active() && l.State != effects.LockForeign && l.State != effects.LockLifted {
			todo = append(todo, i)
		}
	}
	var failed error
	for part := range slices.Chunk(todo, batch) {
		done := map[int]effects.LockState{}
		for _, i := range part {
			if err := ctx.Err(); err != nil {
				failed = errors.Join(failed, err)
				break
			}
			state, err := a.turnLock(ctx, r, r.Locks[i])
			failed = errors.Join(failed, err)
			done[i] = state
		}
		if err := a.d.Store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
			now, err := restrictionOf(tx, r.ID)
			if err != nil {
				return err
			}
			for i, state := range done {
				if i < len(now.Locks) && sameLock(now.Locks[i], r.Locks[i]) {
					now.Locks[i].State = state
				}
			}
			return putRestriction(tx, now, a.now())
		}); err != nil {
			return err
		}
		if failed != nil {
			return failed // a storage that is away is not asked for each object
		}
	}
	return nil
}

// turnLock holds or releases one object and tells how it stands then.
func (a *App) turnLock(ctx context.Context, r effects.Restriction, x effects.Lock) (effects.LockState, error) {
	st, ok := a.d.Storages[x.Storage].(erasure.Locker)
	if !ok {
		return effects.LockFailed, nil // the profile has no such storage any more
	}
	if r.Active() {
		err := st.Lock(ctx, x.Object())
		switch {
		case errors.Is(err, erasure.ErrChanged):
			return effects.LockLifted, nil // gone: nothing is left to be held
		case err != nil:
			return effects.LockFailed, err
		}
		return effects.LockHeld, nil
	}
	other, err := a.heldForAnother(ctx, r.ID, x)
	if err != nil || other {
		return effects.LockLifted, err // the other one releases it
	}
	if err := st.Unlock(ctx, x.Object()); err != nil {
		return x.State, err
	}
	return effects.LockLifted, nil
}

// heldForAnother tells whether another restriction that stands holds an object.
func (a *App) heldForAnother(ctx context.Context, id string, x effects.Lock) (bool, error) {
	other := false
	err := a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := restrictions(tx)
		for _, r := range rs {
			other = other || r.ID != id && r.Active() && slices.ContainsFunc(r.Locks, func(l effects.Lock) bool { return sameLock(l, x) })
		}
		return err
	})
	return other, err
}

// nextNumber returns a number, from 1, that no record of these has.
func nextNumber(rs []register.Stored) string {
	most := 0
	for _, r := range rs {
		if n, err := strconv.Atoi(r.ID); err == nil {
			most = max(most, n)
		}
	}
	return strconv.Itoa(most + 1)
}

// forgetRestrictions takes the owner's words out of the restrictions of an order
// that is erased, once they were lifted: a case file has them still.
func forgetRestrictions(tx Tx, id int64, at time.Time) error {
	rs, err := restrictions(tx)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if r.Active() || !slices.Contains(r.Orders, id) || r.Reason == "" && len(r.Locks) == 0 {
			continue
		}
		r.Reason, r.LiftReason = "", ""
		r.Locks = slices.DeleteFunc(r.Locks, func(l effects.Lock) bool { return l.State == effects.LockLifted })
		if err := putRestriction(tx, r, at); err != nil {
			return err
		}
	}
	return nil
}
