package erasure

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"greffier/app/guard"
	"greffier/app/plan"
)

const (
	atOnce     = 4  // calls under way at the same time where the storage does not say
	looksFor   = 8  // direct looks under way at the same time: they change nothing
	mostAtOnce = 16 // however many a storage says
	maxTries   = 5  // of a call that the storage could not take
)

// firstWait is the wait before the second try; it grows with each.
var firstWait = 200 * time.Millisecond

// isShop tells whether a storage is a shop's records.
func isShop(storage string) bool { return strings.HasPrefix(storage, plan.DeskName("")) }

// limit returns how many calls the storage takes at the same time, usual where
// it does not say. Shops count calls and slow down who makes many.
func (w *work) limit(storage string, usual int) int {
	switch n := w.abilities[storage].AtOnce; {
	case n > 0:
		return min(n, mostAtOnce)
	case isShop(storage):
		return 1
	}
	return usual
}

// everywhere calls f for 0 to n-1 and waits for all: side by side for each
// storage, as many at a time as it takes.
func (w *work) everywhere(n, usual int, storageOf func(int) string, f func(int)) {
	of := map[string][]int{}
	for i := range n {
		of[storageOf(i)] = append(of[storageOf(i)], i)
	}
	var wg sync.WaitGroup
	for name, which := range of {
		wg.Go(func() { inParallel(w.limit(name, usual), len(which), func(i int) { f(which[i]) }) })
	}
	wg.Wait()
}

// inParallel calls f for 0 to n-1, so many at a time, and waits for all.
func inParallel(workers, n int, f func(int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(n, workers) {
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

// patiently calls f again while the storage cannot be reached, a few times.
func patiently[T any](ctx context.Context, f func() (T, error)) (T, error) {
	return backoff.Retry(ctx, func() (T, error) {
		var v T
		err := guard.Run(func() (err error) { v, err = f(); return err })
		if err != nil && (!errors.Is(err, ErrOffline) || ctx.Err() != nil) {
			return v, backoff.Permanent(err)
		}
		return v, err
	}, waits()...)
}

func waits() []backoff.RetryOption {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = firstWait, 20*firstWait
	return []backoff.RetryOption{backoff.WithBackOff(b), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(0)}
}
