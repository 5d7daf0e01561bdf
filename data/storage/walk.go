package storage

import (
	"context"
	"sync"

	"greffier/app/guard"
	"greffier/app/plan"
)

// walkers is how many folders of a remote storage are read at the same time.
const walkers = 4

// walkTree reads the folders of a tree, some at a time. read reads one folder
// and calls sub for each folder in it. After the first error no other folder is
// begun.
func walkTree(outer context.Context, start string, read func(ctx context.Context, dir string, sub func(dir string)) error) error {
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	var mu sync.Mutex
	turn := sync.NewCond(&mu)
	queue, busy := []string{start}, 0
	stop := context.AfterFunc(ctx, func() { mu.Lock(); defer mu.Unlock(); turn.Broadcast() })
	defer stop()

	work := func() {
		mu.Lock()
		defer mu.Unlock()
		for {
			for len(queue) == 0 && busy > 0 && ctx.Err() == nil {
				turn.Wait()
			}
			if len(queue) == 0 || ctx.Err() != nil {
				return
			}
			// The last one first: a deep tree is walked without remembering
			// its whole breadth.
			dir := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			busy++
			mu.Unlock()
			var subs []string
			err := guard.Run(func() error { return read(outer, dir, func(d string) { subs = append(subs, d) }) })
			mu.Lock()
			busy--
			if err != nil {
				cancel(err) // the first one stays
			}
			queue = append(queue, subs...)
			turn.Broadcast()
		}
	}
	var wg sync.WaitGroup
	for range walkers {
		wg.Go(work)
	}
	wg.Wait()
	return context.Cause(ctx)
}

// oneByOne returns yield made safe for use from several goroutines. After an
// error it is not called any more.
func oneByOne(yield func(plan.Object) error) func(plan.Object) error {
	var mu sync.Mutex
	var failed error
	return func(o plan.Object) error {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = yield(o)
		}
		return failed
	}
}
