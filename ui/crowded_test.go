package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/cases"
)

// crowded is a profile with so many of everything.
type crowded struct {
	*fake
	n int
}

func (c crowded) Orders(ctx context.Context) ([]app.OrderRow, error) {
	some, err := c.fake.Orders(ctx)
	return repeated(some, c.n, func(r *app.OrderRow, i int) { r.Number = fmt.Sprint(100000 + i) }), err
}

func (c crowded) Requests(ctx context.Context) ([]app.CaseRow, error) {
	some, err := c.fake.Requests(ctx)
	return repeated(some, c.n, func(r *app.CaseRow, i int) { r.ID = cases.ID(i + 1) }), err
}

func (c crowded) Journal(ctx context.Context, limit int) ([]app.JournalLine, error) {
	some, err := c.fake.Journal(ctx, limit)
	return repeated(some, c.n, func(l *app.JournalLine, i int) { l.Seq = int64(c.n - i) }), err
}

// repeated makes n rows of some, each told apart by its place.
func repeated[T any](some []T, n int, mark func(*T, int)) []T {
	out := make([]T, 0, n)
	for i := range n {
		r := some[i%len(some)]
		mark(&r, i)
		out = append(out, r)
	}
	return out
}

// openOver opens a window over a façade that stands on the fake.
func openOver(t testing.TB, f *fake, over Facade) *Window {
	t.Helper()
	w := newWindow(appLooking(f.info.Theme), over, inPlace, inPlace)
	w.clock = func() time.Time { return now }
	t.Cleanup(func() { w.stop(); w.win.Close() })
	return w
}

// BenchmarkScrolling scrolls tables of 100,000 rows in the window, a notch of
// the wheel at a time, and prints the longest the window was kept by one: by
// Greffier's own code and layout, without painting.
func BenchmarkScrolling(b *testing.B) {
	for _, place := range []string{placeOrders, placeRequests, placeJournal} {
		b.Run(place, func(b *testing.B) {
			f := newFake("fr", "light")
			w := openOver(b, f, crowded{f, 100_000})
			began := time.Now()
			w.open(place)
			size(w, 1200, 780)
			opened := time.Since(began)
			var table fyne.Scrollable
			for _, o := range test.LaidOutObjects(w.content) {
				if s, ok := o.(fyne.Scrollable); ok && o.Size().Height > 300 {
					table = s
				}
			}
			if table == nil {
				b.Fatal("nothing scrolls here")
			}
			longest := time.Duration(0)
			for b.Loop() {
				began := time.Now()
				table.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -360)})
				longest = max(longest, time.Since(began))
			}
			b.ReportMetric(float64(opened.Milliseconds()), "ms-to-open")
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
		})
	}
}

// BenchmarkHome prints the longest that each page keeps the window's goroutine
// with one result brought home, over 100,000 rows of everything.
func BenchmarkHome(b *testing.B) {
	f := newFake("fr", "light")
	w := openOver(b, f, crowded{f, 100_000})
	for _, place := range places {
		b.Run(place, func(b *testing.B) {
			longest, depth := time.Duration(0), 0
			w.home = func(g func()) {
				if depth++; depth == 1 {
					began := time.Now()
					g()
					longest = max(longest, time.Since(began))
				} else {
					g()
				}
				depth--
			}
			for b.Loop() {
				w.open(place)
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
		})
	}
}

// BenchmarkSifting types into the search of the orders, turns their filters and
// sorts them, 100,000 of them, and prints the longest that the window's goroutine
// was kept by one of these.
func BenchmarkSifting(b *testing.B) {
	f := newFake("fr", "light")
	w := openOver(b, f, crowded{f, 100_000})
	w.open(placeOrders)
	size(w, 1200, 780)
	p := w.page.(*ordersPage)
	longest, depth := time.Duration(0), 0
	// What is aside is another goroutine's time, what comes home is the window's.
	var kept time.Duration
	w.async = func(g func()) {
		began := time.Now()
		g()
		kept -= time.Since(began)
	}
	w.home = func(g func()) {
		began := time.Now()
		depth++
		g()
		if depth--; depth == 0 {
			took := time.Since(began)
			kept += took
			longest = max(longest, took)
		}
	}
	do := func(act func()) {
		kept = 0
		began := time.Now()
		act()
		longest = max(longest, time.Since(began)+kept)
	}
	for b.Loop() {
		for _, text := range []string{"1", "12", "fontaine", ""} {
			do(func() { p.find.SetText(text) })
		}
		for i := range orderFilters {
			do(func() { p.chips.Choose(i) })
		}
		do(func() { p.chips.Choose(0) })
		do(func() { p.table.Sort(1) })
		do(func() { p.table.Sort(1) })
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
}
