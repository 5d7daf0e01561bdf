package erasure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"greffier/app/law"
	"greffier/app/plan"
)

const (
	batchSize  = 500 // objects of one call of a Batcher; S3 takes 1,000
	singleSize = 32  // steps between two marks where each object is a call of its own
	atOnce     = 4   // calls under way at the same time
	maxTries   = 5   // of a call that the storage could not take
)

// firstWait is the wait before the second try; it grows with each.
var firstWait = 200 * time.Millisecond

// The reasons of steps that are left, in plain English.
const (
	reasonStill      = "still there after erasing"
	reasonBack       = "came back: a new version appeared"
	reasonUnverified = "could not be verified"
	reasonNoProof    = "erased, but this storage cannot prove that it is gone"
	reasonLocked     = "kept by the storage under a lock"
	reasonOther      = "the storage answered with an error"
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
// is Partial is no error: look at its State. report may be nil; its notes are
// "look", "erase" and "verify".
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

// Resume goes on with a run that was begun and not finished, with exactly the
// steps recorded. It looks first: what is gone is not asked for again, and a
// version is erased only while it is listed unchanged. Where a storage cannot
// be looked at, nothing is touched, the error is returned, and the run can be
// resumed later. It returns what Run returns.
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
	var todo []int
	for i, s := range w.steps {
		if err := seen.failed[keyOf(s)]; err != nil {
			return r, w.steps, fmt.Errorf("resume run %d: %w", r.ID, err)
		}
		if s.Status != Gone && s.Status != Retained && seen.has(s.Object.Object) {
			todo = append(todo, i)
		}
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
	if err := w.led.Finish(context.WithoutCancel(ctx), w.rec); err != nil {
		w.rec.State = Running // that is what the ledger says
		return w.rec, w.steps, fmt.Errorf("write the end of run %d: %w", w.rec.ID, err)
	}
	return w.rec, w.steps, nil
}

// erase asks the storages for the steps of todo, a batch at a time: marked
// before, tried, marked again where the storage refused.
func (w *work) erase(ctx context.Context, todo []int) error {
	todo = slices.Clone(todo)
	slices.SortStableFunc(todo, func(a, b int) int {
		return cmp.Compare(w.steps[a].Object.Storage, w.steps[b].Object.Storage)
	})
	for done := 0; done < len(todo); {
		st := w.storages[w.steps[todo[done]].Object.Storage]
		b, batches := st.(Batcher)
		size := singleSize
		if batches {
			size = batchSize
		}
		chunk := todo[done:min(len(todo), done+size)]
		for i, n := range chunk {
			if w.steps[n].Object.Storage != w.steps[chunk[0]].Object.Storage {
				chunk = chunk[:i] // the next storage is another batch
				break
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.mark(ctx, chunk, func(_ int, s *Step) { s.Status, s.Reason = Tried, "" }); err != nil {
			return err
		}
		objects := make([]plan.Object, len(chunk))
		for i, n := range chunk {
			objects[i] = w.steps[n].Object.Object
		}
		var errs []error
		if batches {
			errs = many(ctx, b, objects)
		} else {
			errs = singly(ctx, st, objects)
		}
		if err := ctx.Err(); err != nil {
			return err // what was asked for stays Tried, to be looked at again
		}
		var refused []int
		why := map[int]error{}
		for i, n := range chunk {
			if errs[i] != nil {
				refused = append(refused, n)
				why[n] = errs[i]
			}
		}
		if err := w.mark(ctx, refused, func(n int, s *Step) {
			s.Status, s.Reason = Failed, reasonOf(why[n])
			if errors.Is(why[n], ErrLocked) {
				s.Status = Retained
			}
		}); err != nil {
			return err
		}
		done += len(chunk)
		w.report(done, len(todo), noteErase)
	}
	return nil
}

// mark changes the steps at those places in memory and in the ledger. It does
// not stop half-way when ctx ends: what happened must be written.
func (w *work) mark(ctx context.Context, which []int, change func(place int, s *Step)) error {
	for part := range slices.Chunk(which, batchSize) {
		changed := make([]Step, len(part))
		for i, n := range part {
			s := w.steps[n]
			change(n, &s)
			s.At = w.at()
			changed[i] = s
		}
		if err := w.led.Mark(context.WithoutCancel(ctx), w.rec.ID, changed); err != nil {
			return fmt.Errorf("write the steps of run %d: %w", w.rec.ID, err)
		}
		for i, n := range part {
			w.steps[n] = changed[i]
		}
	}
	return nil
}

// verify looks at every key of the run again and says of each step whether it
// is gone. Only a listing that was made, finds neither the object nor anything
// new in its place, and comes from a storage that can prove it, says so.
func (w *work) verify(ctx context.Context) error {
	after, err := w.look(ctx, noteVerify)
	if err != nil {
		return err
	}
	var changed []int
	verdicts := map[int]Step{}
	for i, s := range w.steps {
		v := w.verdict(s, after)
		if v.Status != s.Status || v.Reason != s.Reason {
			changed = append(changed, i)
			verdicts[i] = v
		}
	}
	if err := w.mark(ctx, changed, func(n int, s *Step) { *s = verdicts[n] }); err != nil {
		return err
	}
	w.rec.AfterHash = ""
	if len(after.failed) == 0 {
		w.rec.AfterHash = after.hash()
	}
	w.report(len(w.steps), len(w.steps), noteVerify)
	return nil
}

// verdict returns the step as a fresh listing shows it.
func (w *work) verdict(s Step, after view) Step {
	say := func(st Status, reason string) Step { s.Status, s.Reason = st, reason; return s }
	k := keyOf(s)
	switch {
	case after.failed[k] != nil:
		if s.Status == Retained || s.Status == Failed {
			return s // the first reason says more
		}
		return say(Failed, reasonUnverified)
	case after.has(s.Object.Object):
		if s.Status == Retained || s.Status == Failed && s.Reason != "" && s.Reason != reasonUnverified {
			return s
		}
		return say(Failed, reasonStill)
	case after.stranger(s, w.meant):
		return say(Failed, reasonBack)
	case !w.abilities[s.Object.Storage].CanProve:
		return say(Failed, reasonNoProof)
	default:
		return say(Gone, "")
	}
}

// meant tells whether the plan knew of an entry: one of its steps, or what it
// restricts or keeps.
func (w *work) meant(o plan.Object) bool {
	if w.plan == nil {
		w.plan = make(map[string]bool, len(w.steps))
		for _, s := range w.steps {
			w.plan[s.Object.ID()] = true
		}
		for _, h := range w.rec.Restrict {
			w.plan[plan.KeyID(h.Storage, h.Key)+"\x00"+h.Version] = true
		}
		for _, k := range w.rec.Keep {
			w.plan[plan.KeyID(k.Storage, k.Key)+"\x00"+k.Version] = true
		}
	}
	return w.plan[o.ID()] || w.plan[plan.KeyID(o.Storage, o.Key)+"\x00"+o.Version]
}

// reasonOf puts an error into words without anything in it that could be
// personal: a storage's own message may name the key.
func reasonOf(err error) string {
	var locked *LockedError
	switch {
	case errors.As(err, &locked) && !locked.Until.IsZero():
		return reasonLocked + " until " + locked.Until.UTC().Format(time.DateOnly)
	case errors.Is(err, ErrLocked):
		return reasonLocked + ", date not known"
	}
	for _, known := range []error{plan.ErrStale, ErrNotThere, ErrOffline, ErrDenied, ErrUnknownStorage, ErrChanged, ErrElsewhere} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return reasonOther
}

// patiently calls f again while the storage cannot be reached, a few times.
func patiently[T any](ctx context.Context, f func() (T, error)) (T, error) {
	return backoff.Retry(ctx, func() (T, error) {
		v, err := f()
		if err != nil && (!errors.Is(err, ErrOffline) || ctx.Err() != nil) {
			return v, backoff.Permanent(err)
		}
		return v, err
	}, waits()...)
}

func waits() []backoff.RetryOption {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = firstWait, 20*firstWait
	return []backoff.RetryOption{backoff.WithBackOff(b), backoff.WithMaxTries(maxTries)}
}

// many erases objects in one call, and again those that the storage could not
// be reached for.
func many(ctx context.Context, b Batcher, objects []plan.Object) []error {
	errs := make([]error, len(objects))
	left := make([]int, len(objects))
	for i := range left {
		left[i] = i
	}
	_, _ = backoff.Retry(ctx, func() (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, backoff.Permanent(err)
		}
		ask := make([]plan.Object, len(left))
		for i, n := range left {
			ask[i] = objects[n]
		}
		got := b.EraseMany(ctx, ask)
		var again []int
		for i, n := range left {
			// An answer that is too short says nothing of the rest.
			errs[n] = ErrOffline
			if i < len(got) {
				errs[n] = got[i]
			}
			if errors.Is(errs[n], ErrOffline) {
				again = append(again, n)
			}
		}
		if left = again; len(left) > 0 {
			return false, ErrOffline
		}
		return true, nil
	}, waits()...)
	return errs
}

// singly erases objects one by one, some at a time.
func singly(ctx context.Context, s Storage, objects []plan.Object) []error {
	errs := make([]error, len(objects))
	inParallel(len(objects), func(i int) {
		_, errs[i] = patiently(ctx, func() (bool, error) {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			return true, s.Erase(ctx, objects[i])
		})
	})
	return errs
}

// inParallel calls f for 0 to n-1, some at a time, and waits for all.
func inParallel(n int, f func(int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(n, atOnce) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
