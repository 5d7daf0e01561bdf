package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
)

// listed is a storage that lists so many objects of so many orders without
// holding them: uploads/N/K.jpg.
type listed struct {
	erasure.Storage
	orders, each int
}

// List implements plan.Lister.
func (l listed) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range l.orders {
		if err := ctx.Err(); err != nil {
			return err
		}
		for k := range l.each {
			o := plan.Object{Storage: "photos", Key: "uploads/" + strconv.Itoa(i+1) + "/" + strconv.Itoa(k) + ".jpg", SizeBytes: 2 << 20, ModifiedAt: at, Fingerprint: "x"}
			if len(prefix) > len("uploads/") && o.Key[:min(len(prefix), len(o.Key))] != prefix {
				continue
			}
			if err := yield(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// BenchmarkDue tells what is due among 1,000,000 orders and 5,000,000 objects,
// under all rules, and the peak of the heap. GREFFIER_BENCH_ORDERS is another
// number of orders.
func BenchmarkDue(b *testing.B) {
	orders := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("GREFFIER_BENCH_ORDERS")); err == nil {
		orders = n
	}
	w := newWorld(b)
	f, err := os.Create(filepath.Join(w.dir, "orders.csv"))
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(f)
	fmt.Fprintln(out, "order,status,created,completed,email,first_name,last_name,total,currency")
	day := law.Date{Year: 2026, Month: time.December, Day: 1}
	for i := range orders {
		// One in a hundred is due under the media rule; the others are young.
		done := day.AddDays(-(i % 50))
		if i%100 == 0 {
			done = day.AddDays(-90)
		}
		fmt.Fprintf(out, "%d,completed,%s,%s,client%d@example.org,Zoé,Lefèvre,39.90,EUR\n", i+1, done.AddDays(-5), done, i%700_000)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	w.write("photos/other.txt", "x")
	w.init(csvTOML, folderTOML)
	now := func() time.Time { return time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC) }
	p, err := openProfile(b.Context(), w.profile, testPassphrase, "en", now)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	d, err := p.connect(now)
	if err != nil {
		b.Fatal(err)
	}
	d.Storages["photos"] = listed{d.Storages["photos"], orders, 5}
	a := app.New(d)
	if r, err := a.Sync(b.Context(), true, false, nil); err != nil || r.NewOrders != orders {
		b.Fatalf("%d orders, %v", r.NewOrders, err)
	}
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		peak, stop := watchHeap()
		b.StartTimer()
		v, err := a.Retention(b.Context(), law.Date{})
		b.StopTimer()
		b.ReportMetric(float64(stop(peak))/(1<<20), "peak-MiB")
		if want := orders / 100 * 5; err != nil || len(v.Plan.Erase) != want {
			b.Fatalf("%d objects to erase, want %d: %v", len(v.Plan.Erase), want, err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(orders*b.N)/b.Elapsed().Seconds(), "orders/s")
}
