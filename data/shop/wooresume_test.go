package shop_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"greffier/app/order"
	"greffier/data/shop"
	"greffier/data/shop/wootest"
)

// inParts reads a shop, broken off at each mark, until it is read, and returns
// how often each order was handed over.
func inParts(t *testing.T, w *shop.Woo, between func(part int)) (got map[string]int, parts int, said string) {
	t.Helper()
	broke := errors.New("power cut")
	got = map[string]int{}
	mark := ""
	for {
		var b strings.Builder
		_, err := w.ChangedFrom(t.Context(), time.Time{}, mark, func(o order.Order) error { got[o.Number]++; return nil },
			func(p order.Problem) error { fmt.Fprintln(&b, p.What); return nil },
			func(m string) error { mark = m; return broke }, nil)
		parts++
		said += b.String()
		if err == nil {
			return got, parts, said
		}
		if !errors.Is(err, broke) || parts > 1000 {
			t.Fatalf("part %d from mark %q: %v", parts, mark, err)
		}
		if between != nil {
			between(parts)
		}
	}
}

func TestWooResume(t *testing.T) {
	t.Run("the hour that comes twice in autumn is not lost, wherever the reading is cut", func(t *testing.T) {
		s, w := serve(t)
		paris, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			t.Fatal(err)
		}
		s.Zone = paris
		// Few orders an hour and many: pages end everywhere in it.
		for _, step := range []time.Duration{5 * time.Second, 30 * time.Second, 7 * time.Minute} {
			from := time.Date(2025, 10, 26, 1, 0, 0, 0, time.UTC).Add(-700 * step)
			for i := range int64(1400) {
				at(s, i+1, from.Add(time.Duration(i)*step))
			}
			got, parts, said := inParts(t, w, nil)
			if len(got) != 1400 || parts < 2 || said != "" {
				t.Errorf("an order each %s: %d of 1400, in %d parts\n%s", step, len(got), parts, said)
			}
		}
	})
	t.Run("orders saved between the parts are handed over as they are then", func(t *testing.T) {
		s, w := serve(t)
		clock := day.AddDate(0, 3, 0)
		s.Now = func() time.Time { clock = clock.Add(time.Second); return clock }
		for i := range int64(2300) {
			at(s, i+1, day.Add(time.Duration(i)*time.Minute))
		}
		got, parts, _ := inParts(t, w, func(part int) {
			for id := range int64(150) {
				s.Touch(id*15 + int64(part))
			}
			s.Trash(int64(part * 300))
		})
		if len(got) != 2300 || parts < 4 {
			t.Errorf("%d of 2300, in %d parts", len(got), parts)
		}
	})
	t.Run("more orders in one second than fit on many pages", func(t *testing.T) {
		s, w := serve(t)
		for i := range int64(2000) {
			modified := day
			if i >= 900 {
				modified = day.Add(time.Duration(i) * time.Minute)
			}
			at(s, i+1, modified)
		}
		if got, parts, _ := inParts(t, w, nil); len(got) != 2000 || parts < 2 {
			t.Errorf("%d of 2000, in %d parts", len(got), parts)
		}
	})
	t.Run("cut connections, a busy shop and gateway errors in the middle", func(t *testing.T) {
		s, w := serve(t)
		for i := range int64(1500) {
			at(s, i+1, day.Add(time.Duration(i)*time.Minute))
		}
		s.Before = func(n int, _ *http.Request) {
			switch n % 5 {
			case 1:
				s.CutNext(1)
			case 2:
				s.FailNext(1, 429, "0")
			case 3:
				s.FailNext(1, 502, "")
			}
		}
		if got, _, said := inParts(t, w, nil); len(got) != 1500 || said != "" {
			t.Errorf("%d of 1500\n%s", len(got), said)
		}
	})
	t.Run("a mark of the bin does not read the rest again, and the next reading begins where it should", func(t *testing.T) {
		s, w := serve(t)
		for i := range int64(1200) {
			at(s, i+1, day.Add(time.Duration(i)*time.Minute))
			if i%2 == 0 {
				o := wootest.Order{ID: i + 5001, Status: "trash", DateModified: wootest.GMT(day.Add(time.Duration(i) * time.Minute)), DateCreated: wootest.GMT(day)}
				s.Put(o)
			}
		}
		var marks []string
		whole, err := w.ChangedFrom(t.Context(), time.Time{}, "", func(order.Order) error { return nil }, nil, func(m string) error { marks = append(marks, m); return nil }, nil)
		if err != nil || !strings.HasPrefix(marks[len(marks)-1], "trash|") {
			t.Fatalf("%v, marks %q", err, marks)
		}
		n := 0
		next, err := w.ChangedFrom(t.Context(), time.Time{}, marks[len(marks)-1], func(o order.Order) error {
			if o.State != order.Trashed {
				t.Errorf("order %s is handed over again", o.Number)
			}
			n++
			return nil
		}, nil, nil, nil)
		if err != nil || !next.Equal(whole) || n == 0 || n >= 600 {
			t.Errorf("%v, next %s and %s, %d orders", err, next, whole, n)
		}
	})
	t.Run("the error of saving a mark comes back", func(t *testing.T) {
		s, w := serve(t)
		for i := range int64(900) {
			at(s, i+1, day.Add(time.Duration(i)*time.Minute))
		}
		full := errors.New("disk full")
		if _, err := w.ChangedFrom(t.Context(), time.Time{}, "", func(order.Order) error { return nil }, nil, func(string) error { return full }, nil); !errors.Is(err, full) {
			t.Error(err)
		}
	})
}

func TestWooMemoryStaysSmall(t *testing.T) {
	const n = 10_000
	srv := httptest.NewServer(wootest.Big{Orders: n, Start: day.AddDate(-1, 0, 0)})
	defer srv.Close()
	w := connect(t, nil, shop.WooConfig{URL: srv.URL})
	got, peak := 0, uint64(0)
	var m runtime.MemStats
	if _, err := w.Changed(t.Context(), time.Time{}, func(order.Order) error {
		if got++; got%2500 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
		return nil
	}, nil, nil); err != nil || got != n {
		t.Fatal(err, got)
	}
	if peak > 64<<20 {
		t.Errorf("%d MB are held while %d orders are read", peak>>20, n)
	}
}

// BenchmarkWooSync100k reads 100,000 orders from a server of WooCommerce's
// shape on this computer. peak-MB is the most that the heap held meanwhile, the
// server's share included.
func BenchmarkWooSync100k(b *testing.B) {
	const n = 100_000
	srv := httptest.NewServer(wootest.Big{Orders: n, Start: day.AddDate(-1, 0, 0)})
	defer srv.Close()
	w := connect(b, nil, shop.WooConfig{URL: srv.URL})
	peak := uint64(0)
	for b.Loop() {
		got := 0
		_, err := w.ChangedFrom(b.Context(), time.Time{}, "", func(o order.Order) error {
			if got++; got%5000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
			return nil
		}, nil, nil, nil)
		if err != nil || got != n {
			b.Fatal(err, got)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
}
