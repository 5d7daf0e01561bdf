package erasure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"greffier/app/law"
	"greffier/app/plan"
)

// The notes of progress.
const (
	noteLook   = "look"
	noteErase  = "erase"
	noteVerify = "verify"
)

// Run erases what a confirmed plan names and looks again. fresh is the plan
// made again from a new listing just before: when it differs from the one
// confirmed, or when what the storages hold at those very keys differs from
// it, nothing is touched and ErrStale is returned. Nothing is touched either
// when a storage of the plan is unknown, not there, denied or offline. Each
// such refusal is recorded as a run that is Refused. ErrRunning is returned
// when another run is open.
//
// Every step is marked before it is tried. When ctx ends, nothing more is
// erased, the run stays Running in the ledger, and ctx.Err() is returned; the
// same holds for an error of the ledger. Resume goes on from there. A run that
// is Partial is no error: look at its State, and at RetryAt for when it is tried
// again. Where led is a Guard, what is held since is not touched and is
// Retained. report may be nil; its notes are "look", "erase" and "verify".
func Run(ctx context.Context, c plan.Confirmed, fresh plan.Plan, storages map[string]Storage, led Ledger, now func() time.Time, report func(done, total int, note string)) (Record, []Step, error) {
	p := c.Plan()
	w := newWork(storages, led, now, report)
	w.rec = Record{Scope: p.Scope, PlanHash: p.Hash, By: c.By(), StartedAt: w.at(), Restrict: p.Restrict, Keep: p.Keep, Left: len(p.Erase)}
	for i, f := range p.Erase {
		w.steps = append(w.steps, Step{N: i, Object: f, At: w.rec.StartedAt})
	}
	if p.Hash == "" || c.By() == "" {
		return w.rec, w.steps, plan.ErrNotConfirmed // the zero Confirmed confirms nothing
	}
	if err := ctx.Err(); err != nil {
		return w.rec, w.steps, err
	}
	if fresh.Hash != p.Hash || plan.HashOf(fresh) != p.Hash {
		return w.refuse(ctx, plan.ErrStale)
	}
	if err := w.check(ctx); err != nil {
		return w.refuse(ctx, err)
	}
	before, err := w.look(ctx, noteLook)
	if err != nil {
		return w.refuse(ctx, err)
	}
	for i := range w.steps {
		if err := before.failed[keyOf(w.steps[i])]; err != nil {
			return w.refuse(ctx, err)
		}
		if !before.has(w.steps[i].Object.Object) || before.stranger(w.steps[i], w.meant) {
			return w.refuse(ctx, plan.ErrStale)
		}
	}
	w.rec.BeforeHash = before.hash()

	// Begin before anything is touched: a kill from here on can be resumed.
	if w.rec.ID, err = led.Begin(ctx, w.rec, w.steps); err != nil {
		return w.rec, w.steps, fmt.Errorf("write the run before it starts: %w", err)
	}
	todo := make([]int, len(w.steps))
	for i := range todo {
		todo[i] = i
	}
	return w.finish(ctx, todo)
}

// Resume goes on with a run that was begun and not finished, or tries again
// what is left of one that ended partial, with exactly the steps recorded. It
// looks first: what is gone is not asked for again, and a version is erased
// only while it is listed unchanged. What the guard held is asked for again.
// Where a storage is away, nothing is touched, the error is returned, and the
// run can be resumed later; where it is there and some places in it cannot be
// listed, their steps stay and the others go on.
//
// A record whose RetryAt has come is tried again by itself: what waits for the
// owner, and what a lock keeps until a later day, is left alone, and Tries
// counts it. Otherwise the owner tries: everything is asked for, and Tries
// begins anew. A run that ends partial has in RetryAt when it is tried next. It
// returns what Run returns.
func Resume(ctx context.Context, r Record, steps []Step, storages map[string]Storage, led Ledger, now func() time.Time, report func(done, total int, note string)) (Record, []Step, error) {
	w := newWork(storages, led, now, report)
	w.rec, w.steps = r, slices.Clone(steps)
	// The ledger may return any order; a step keeps its number.
	slices.SortFunc(w.steps, func(a, b Step) int { return cmp.Compare(a.N, b.N) })
	if err := ctx.Err(); err != nil {
		return r, w.steps, err
	}
	if r.State == Refused || r.Reason != "" {
		// It was cut off between the two writes of a refusal.
		w.rec.State, w.rec.EndedAt = Refused, w.at()
		if err := led.Finish(context.WithoutCancel(ctx), w.rec); err != nil {
			return w.rec, w.steps, fmt.Errorf("write the end of run %d: %w", r.ID, err)
		}
		return w.rec, w.steps, nil
	}
	if err := w.check(ctx); err != nil {
		return r, w.steps, fmt.Errorf("resume run %d: %w", r.ID, err)
	}
	seen, err := w.look(ctx, noteLook)
	if err != nil {
		return r, w.steps, fmt.Errorf("resume run %d: %w", r.ID, err)
	}
	started := w.at()
	byItself := !r.RetryAt.IsZero() && !started.Before(r.RetryAt)
	var todo, unseen []int
	for i, s := range w.steps {
		switch {
		case s.Status == Gone:
		case seen.failed[keyOf(s)] != nil:
			unseen = append(unseen, i)
		case !seen.has(s.Object.Object), byItself && (forTheOwner(s) || lockEnds(s).After(started)):
		default:
			todo = append(todo, i)
		}
	}
	if w.rec.State, w.rec.Tries = Running, 0; byItself {
		w.rec.Tries = r.Tries + 1
	}
	if err := w.mark(ctx, unseen, func(n int, s *Step) {
		if s.Status != Retained {
			s.Status, s.Reason = Failed, reasonOf(seen.failed[keyOf(w.steps[n])])
		}
	}); err != nil {
		return w.rec, w.steps, err
	}
	return w.finish(ctx, todo)
}

// work is one run under way.
type work struct {
	storages  map[string]Storage
	led       Ledger
	now       func() time.Time
	report    func(done, total int, note string)
	rec       Record
	steps     []Step
	ledger    sync.Mutex // one call of the ledger at a time
	done      int        // steps asked for so far
	total     int        // steps to ask for
	abilities map[string]Abilities
	plan      map[string]bool // what the plan knew of, by ID of a step or by place of what stays
}

func newWork(storages map[string]Storage, led Ledger, now func() time.Time, report func(int, int, string)) *work {
	if report == nil {
		report = func(int, int, string) {}
	}
	return &work{storages: storages, led: led, now: now, report: report, abilities: map[string]Abilities{}}
}

func (w *work) at() time.Time { return w.now().UTC() }

// refuse records that nothing was touched, and why.
func (w *work) refuse(ctx context.Context, cause error) (Record, []Step, error) {
	if err := ctx.Err(); err != nil {
		return w.rec, w.steps, err // a cancel is no refusal
	}
	w.rec.State, w.rec.Reason = Refused, reasonOf(cause)
	w.rec.EndedAt = w.at()
	// Without steps: whatever is cut off here, nothing is left that a resume
	// could take for confirmed.
	id, err := w.led.Begin(ctx, w.rec, nil)
	if err != nil {
		return w.rec, w.steps, errors.Join(cause, fmt.Errorf("write the refusal: %w", err))
	}
	w.rec.ID = id
	if err := w.led.Finish(context.WithoutCancel(ctx), w.rec); err != nil {
		return w.rec, w.steps, errors.Join(cause, fmt.Errorf("write the refusal: %w", err))
	}
	return w.rec, w.steps, cause
}

// check asks each storage of the steps whether it is there and what it can do.
func (w *work) check(ctx context.Context) error {
	for _, s := range w.steps {
		name := s.Object.Storage
		if _, done := w.abilities[name]; done {
			continue
		}
		st := w.storages[name]
		if st == nil {
			return fmt.Errorf("storage %q: %w", name, ErrUnknownStorage)
		}
		a, err := patiently(ctx, func() (Abilities, error) { return st.Check(ctx) })
		if err != nil {
			return fmt.Errorf("storage %q: %w", name, err)
		}
		w.abilities[name] = a
	}
	return nil
}

// finish erases the steps of todo, looks at all of them again, and writes the end.
func (w *work) finish(ctx context.Context, todo []int) (Record, []Step, error) {
	if err := w.erase(ctx, todo); err != nil {
		return w.rec, w.steps, err
	}
	if err := w.verify(ctx); err != nil {
		return w.rec, w.steps, err
	}
	w.rec.State, w.rec.Erased, w.rec.Left, w.rec.ErasedBytes = Complete, 0, 0, 0
	for _, s := range w.steps {
		if s.Status != Gone {
			w.rec.State = Partial
			w.rec.Left++
			continue
		}
		w.rec.Erased++
		w.rec.ErasedBytes += s.Object.SizeBytes
	}
	w.rec.EndedAt = w.at()
	w.rec.CheckAgain = law.DateOf(w.rec.EndedAt, nil).AddDays(1)
	w.rec.RetryAt = RetryAfter(w.rec, w.steps, w.rec.EndedAt)
	if err := w.led.Finish(context.WithoutCancel(ctx), w.rec); err != nil {
		w.rec.State = Running // that is what the ledger says
		return w.rec, w.steps, fmt.Errorf("write the end of run %d: %w", w.rec.ID, err)
	}
	return w.rec, w.steps, nil
}
