package main

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"greffier/data/shop/wootest"
)

// benchmarkOrders is how many orders the measured shops have.
const benchmarkOrders = 100_000

// BenchmarkSync100k reads 100,000 orders into a new profile, sealed and stored,
// from a file and from a WooCommerce-shaped server on loopback, and prints
// orders a second and the peak of the heap.
func BenchmarkSync100k(b *testing.B) {
	b.Run("file", func(b *testing.B) {
		measureSync(b, func(w *world) string {
			f, err := os.Create(filepath.Join(w.dir, "orders.csv"))
			if err != nil {
				b.Fatal(err)
			}
			out := bufio.NewWriter(f)
			fmt.Fprintln(out, "order,status,created,completed,modified,email,first_name,last_name,address,city,total,currency,photos")
			for i := range benchmarkOrders {
				fmt.Fprintf(out, "%d,completed,2025-01-01,2025-01-%02d,2025-02-01,client%d@example.org,Zoé,Lefèvre,12 rue des Lilas,Lille,39.90,EUR,uploads/%d/a.jpg\n", i+1, i%28+1, i%70000, i+1)
			}
			if err := out.Flush(); err != nil {
				b.Fatal(err)
			}
			f.Close()
			return csvTOML
		})
	})
	b.Run("woocommerce", func(b *testing.B) {
		srv := httptest.NewServer(wootest.Big{Orders: benchmarkOrders, Start: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
		b.Cleanup(srv.Close)
		measureSync(b, func(*world) string {
			return fmt.Sprintf("\n[[shop]]\nkind = \"woocommerce\"\nurl = %q\nkey_env = \"WOO_KEY\"\nsecret_env = \"WOO_SECRET\"\n", srv.URL)
		})
	})
}

func measureSync(b *testing.B, shop func(*world) string) {
	measure(b, "orders", benchmarkOrders, shop, func(p *profile) (int, error) {
		r, err := p.Sync(b.Context(), true, false, nil)
		return r.NewOrders, err
	})
}

// measure makes a new profile with the settings that set adds, does the work on
// it, which is to reach so many things, and prints things a second and the peak
// of the heap.
func measure(b *testing.B, things string, want int, set func(*world) string, work func(*profile) (int, error)) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		w.init(set(w))
		p, err := openProfile(b.Context(), w.profile, testPassphrase, "en", time.Now)
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		peak, stop := watchHeap()
		b.StartTimer()
		n, err := work(p)
		b.StopTimer()
		b.ReportMetric(float64(stop(peak))/(1<<20), "peak-MiB")
		if err != nil || n != want {
			b.Fatalf("%d %s, %v", n, things, err)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(want*b.N)/b.Elapsed().Seconds(), things+"/s")
}

// watchHeap samples the heap in use until stop is called, which returns the
// highest value seen, in bytes.
func watchHeap() (peak *atomic.Uint64, stop func(*atomic.Uint64) uint64) {
	peak = new(atomic.Uint64)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if m.HeapInuse > peak.Load() {
				peak.Store(m.HeapInuse)
			}
			select {
			case <-end:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return peak, func(p *atomic.Uint64) uint64 { close(end); <-ended; return p.Load() }
}
