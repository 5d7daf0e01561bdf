package erasure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"greffier/app/plan"
)

const (
	batchSize  = 500 // objects of one call of a Batcher, and steps of one write; S3 takes 1,000
	singleSize = 32  // steps between two marks where each object is a call of its own
	awayAfter  = 3   // batches in a row that could not be sent at all: the rest is not tried
)

// sightFor is how long an answer of the guard stands where each object is a
// call of its own: such calls are much shorter than those of a batch.
var sightFor = 50 * time.Millisecond

// erase asks the storages for the steps of todo, a batch at a time: marked
// before, held against the guard, tried, marked again where the storage refused.
func (w *work) erase(ctx context.Context, todo []int) error {
	todo = slices.Clone(todo)
	slices.SortStableFunc(todo, func(a, b int) int {
		x, y := w.steps[a].Object, w.steps[b].Object
		return cmp.Or(cmp.Compare(x.Storage, y.Storage), cmp.Compare(turn(x.Object), turn(y.Object)))
	})
	w.total = len(todo)
	for len(todo) > 0 {
		storage := w.steps[todo[0]].Object.Storage
		n := slices.IndexFunc(todo, func(i int) bool { return w.steps[i].Object.Storage != storage })
		if n < 0 {
			n = len(todo)
		}
		if err := w.eraseIn(ctx, storage, todo[:n]); err != nil {
			return err
		}
		todo = todo[n:]
	}
	return nil
}

// turn tells which of a shop's records come first: files while what names them
// is still there, accounts when nothing of their orders is left.
func turn(o plan.Object) int {
	switch {
	case !isShop(o.Storage), strings.HasPrefix(o.Key, "media/"):
		return 0
	case strings.HasPrefix(o.Key, "customers/"):
		return 2
	}
	return 1
}

// eraseIn erases steps of one storage.
func (w *work) eraseIn(ctx context.Context, storage string, todo []int) error {
	b, batches := w.storages[storage].(Batcher)
	if !batches {
		_, err := w.inChunks(ctx, 1, slices.Collect(slices.Chunk(todo, singleSize)), func(which []int) (map[int]error, error) {
			return w.singly(ctx, storage, which)
		})
		return err
	}
	many := func(which []int) (map[int]error, error) { return w.many(ctx, b, which) }
	chunks := w.batchesOf(storage, todo)
	elsewhere, err := w.inChunks(ctx, w.limit(storage, 1), chunks, many)
	if err != nil || len(chunks) < 2 || len(elsewhere) < 2 {
		return err
	}
	// What several records share may go when all of them are asked for at once.
	slices.Sort(elsewhere)
	w.total += len(elsewhere)
	_, err = w.inChunks(ctx, 1, slices.Collect(slices.Chunk(elsewhere, batchSize)), many)
	return err
}

// batchesOf parts the steps of a Batcher. A shop gets one record at a time: it
// takes long over each, and a hold must not wait for the orders before it.
func (w *work) batchesOf(storage string, todo []int) [][]int {
	if !isShop(storage) {
		return slices.Collect(slices.Chunk(todo, batchSize))
	}
	var out [][]int
	last := ""
	for _, i := range todo {
		dir, _ := path.Split(w.steps[i].Object.Key)
		if n := len(out); n > 0 && dir == last && len(out[n-1]) < batchSize {
			out[n-1] = append(out[n-1], i)
			continue
		}
		out, last = append(out, []int{i}), dir
	}
	return out
}

// inChunks erases chunks of steps, so many at a time: each is marked as tried
// before, and what was refused is marked after. It returns the steps that were
// refused because their content lies at another place too. What is under way
// when something fails, or ctx ends, is not begun again and stays Tried.
func (w *work) inChunks(ctx context.Context, workers int, chunks [][]int, try func([]int) (map[int]error, error)) (elsewhere []int, err error) {
	var mu sync.Mutex
	away := 0
	one := func(chunk []int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		mu.Lock()
		gone := away >= awayAfter
		mu.Unlock()
		errs := map[int]error{}
		if gone {
			for _, n := range chunk {
				errs[n] = ErrOffline
			}
		} else {
			if err := w.mark(ctx, chunk, func(_ int, s *Step) { s.Status, s.Reason = Tried, "" }); err != nil {
				return err
			}
			if errs, err = try(chunk); err != nil {
				return err
			}
		}
		var refused []int
		offline := 0
		for _, n := range chunk {
			if errs[n] != nil {
				refused = append(refused, n)
			}
			if errors.Is(errs[n], ErrOffline) {
				offline++
			}
		}
		if err := w.mark(ctx, refused, func(n int, s *Step) { s.Status, s.Reason = statusOf(errs[n]), reasonOf(errs[n]) }); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if away++; offline < len(chunk) {
			away = 0
		}
		for _, n := range refused {
			if errors.Is(errs[n], ErrElsewhere) {
				elsewhere = append(elsewhere, n)
			}
		}
		w.done += len(chunk)
		w.report(w.done, w.total, noteErase)
		return nil
	}
	var failed error
	inParallel(workers, len(chunks), func(i int) {
		mu.Lock()
		stop := failed != nil
		mu.Unlock()
		if stop {
			return
		}
		if err := one(chunks[i]); err != nil {
			mu.Lock()
			failed = cmp.Or(failed, err)
			mu.Unlock()
		}
	})
	return elsewhere, failed
}

// mark changes the steps at those places in memory and in the ledger. It does
// not stop half-way when ctx ends: what happened must be written.
func (w *work) mark(ctx context.Context, which []int, change func(place int, s *Step)) error {
	w.ledger.Lock()
	defer w.ledger.Unlock()
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

// held asks the guard, where the ledger is one, and returns which of the steps
// have to stay.
func (w *work) held(ctx context.Context, which []int) (map[int]bool, error) {
	g, guards := w.led.(Guard)
	if !guards || len(which) == 0 {
		return nil, ctx.Err()
	}
	w.ledger.Lock()
	defer w.ledger.Unlock()
	ask := make([]Step, len(which))
	for i, n := range which {
		ask[i] = w.steps[n]
	}
	why, err := g.Held(ctx, w.rec, ask)
	if err == nil && len(why) != len(ask) {
		err = errGuard
	}
	if err != nil {
		return nil, fmt.Errorf("ask what is held of run %d: %w", w.rec.ID, err)
	}
	out := map[int]bool{}
	for i, n := range which {
		out[n] = why[i] != ""
	}
	return out, ctx.Err()
}

// errGuard says that the guard did not answer for each step.
var errGuard = errors.New("the answer is not for these steps")

// many erases steps in one call, and again those that the storage could not be
// reached for. It returns why steps were not erased; its error is the guard's,
// or that ctx ended.
func (w *work) many(ctx context.Context, b Batcher, which []int) (map[int]error, error) {
	errs := make(map[int]error, len(which))
	left := which
	_, err := backoff.Retry(ctx, func() (bool, error) {
		held, err := w.held(ctx, left)
		if err != nil {
			return false, backoff.Permanent(err)
		}
		var ask []int
		for _, n := range left {
			if held[n] {
				errs[n] = errHeld
				continue
			}
			ask = append(ask, n)
		}
		if len(ask) == 0 {
			return true, nil
		}
		objects := make([]plan.Object, len(ask))
		for i, n := range ask {
			objects[i] = w.steps[n].Object.Object
		}
		got := b.EraseMany(ctx, objects)
		left = nil
		for i, n := range ask {
			// An answer that is too short says nothing of the rest.
			errs[n] = ErrOffline
			if i < len(got) {
				errs[n] = got[i]
			}
			if errors.Is(errs[n], ErrOffline) {
				left = append(left, n)
			}
		}
		if err := ctx.Err(); err != nil {
			return false, backoff.Permanent(err)
		}
		if len(left) > 0 {
			return false, ErrOffline
		}
		return true, nil
	}, waits()...)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err != nil && !errors.Is(err, ErrOffline) {
		return nil, err
	}
	return errs, nil
}

// singly erases steps one by one, some at a time. It returns what many returns.
func (w *work) singly(ctx context.Context, storage string, which []int) (map[int]error, error) {
	asked := time.Now()
	held, err := w.held(ctx, which)
	if err != nil {
		return nil, err
	}
	errs := make(map[int]error, len(which))
	var mu sync.Mutex
	var stop error
	inParallel(w.limit(storage, atOnce), len(which), func(i int) {
		n, tries := which[i], 0
		_, err := patiently(ctx, func() (bool, error) {
			mu.Lock()
			err := stop
			mu.Unlock()
			if err = cmp.Or(ctx.Err(), err); err != nil {
				return false, err
			}
			stays := held[n]
			if tries++; !stays && (tries > 1 || time.Since(asked) >= sightFor) {
				again, err := w.held(ctx, []int{n})
				if err != nil {
					mu.Lock()
					stop = cmp.Or(stop, err)
					mu.Unlock()
					return false, backoff.Permanent(err)
				}
				stays = again[n]
			}
			if stays {
				return false, errHeld
			}
			return true, w.storages[storage].Erase(ctx, w.steps[n].Object.Object)
		})
		mu.Lock()
		errs[n] = err
		mu.Unlock()
	})
	return errs, cmp.Or(ctx.Err(), stop)
}
