package reports

import (
	"runtime"
	"sync"
)

// parallel calls f for each number below n, on all cores. A panic in one of the
// calls comes out in the caller, where a guard may stand.
func parallel(n int, f func(worker, i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers < 2 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var wg sync.WaitGroup
	panics := make([]any, workers)
	for w := range workers {
		wg.Go(func() {
			defer func() { panics[w] = recover() }()
			for i := w; i < n; i += workers {
				f(w, i)
			}
		})
	}
	wg.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}
