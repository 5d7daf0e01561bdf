package plan_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/order"
	"greffier/app/plan"
)

func sweep(t *testing.T, storages map[string]plan.Lister, ls []plan.Locator, os []order.Order, bases []plan.Base) (found, orphans []plan.Found) {
	t.Helper()
	x := plan.NewIndex(bases)
	for _, o := range os {
		x.Add(o)
		x.Add(o) // twice is once
	}
	if x.Len() != len(os) {
		t.Errorf("%d orders in the index, want %d", x.Len(), len(os))
	}
	if err := plan.Sweep(t.Context(), storages, ls, x, func(f plan.Found) error {
		if f.Order == 0 {
			orphans = append(orphans, f)
		} else {
			found = append(found, f)
		}
		return nil
	}, nil); err != nil {
		t.Fatal(err)
	}
	return found, orphans
}

func who(fs []plan.Found) string {
	var out []string
	for _, f := range fs {
		out = append(out, fmt.Sprintf("%s=%d/%s", f.Key, f.Order, f.Holds))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestSweepFindsByKeyByFieldAndByReference(t *testing.T) {
	photos, disk := &shelf{name: "photos"}, &shelf{name: "disk"}
	for _, k := range []string{"uploads/104/a.jpg", "uploads/9999/z.jpg", "uploads/8888/y.jpg", "wp/2026/11/portrait.png", "wp/2026/11/product.png", "loose.jpg"} {
		photos.put(k, "1", plan.Version)
	}
	for _, k := range []string{"up/k7/104/a.jpg", "up/k7/1042/a.jpg", "loose.jpg", "loose.jpg.bak", "other/x"} {
		disk.put(k, "", plan.Version)
	}
	storages := map[string]plan.Lister{"photos": photos, "disk": disk}
	ls := []plan.Locator{
		{Storage: "photos", Holds: plan.Photo, Key: "uploads/{order}/"},
		{Storage: "photos", Holds: plan.Portrait, Meta: "_portrait"},
		{Storage: "disk", Holds: plan.Derived, Key: "up/*/{order}/"},
	}
	os := []order.Order{
		{ID: 1, Number: "104", Photos: []string{"https://s3.example.net/photos/wp/2026/11/portrait.png?x=1", "https://elsewhere.example/q.jpg", "uploads/8888/y.jpg"},
			Fields: map[string]string{"https://s3.example.net/photos/wp/2026/11/portrait.png?x=1": "_portrait"}},
		{ID: 2, Number: "200", Photos: []string{"loose.jpg"}, Fields: map[string]string{"loose.jpg": "_portrait"}},
	}
	found, orphans := sweep(t, storages, ls, os, bases)
	want := "loose.jpg=2/portrait up/k7/104/a.jpg=1/derived uploads/104/a.jpg=1/photo uploads/8888/y.jpg=1/photo wp/2026/11/portrait.png=1/portrait"
	if got := who(found); got != want {
		t.Errorf("found %s\nwant  %s", got, want)
	}
	if got := who(orphans); got != "up/k7/1042/a.jpg=0/derived uploads/9999/z.jpg=0/photo" {
		t.Errorf("orphans %s", got)
	}
	// A survey of the same orders sees the same.
	byHand, missing, err := plan.Survey(t.Context(), storages, ls, os, bases, nil)
	if err != nil || who(byHand) != want || len(missing) != 1 {
		t.Errorf("the survey sees %s, misses %v, %v", who(byHand), missing, err)
	}
	// What a forgotten order's key names is told as shared.
	if got := plan.Shared(found, os, ls, bases)[plan.KeyID("photos", "uploads/8888/y.jpg")]; !slices.Equal(got, []string{"8888"}) {
		t.Errorf("shared with %v", got)
	}
	// Without a locator for its field, a bare key is looked for everywhere.
	if got, _ := sweep(t, storages, nil, os[1:], nil); who(got) != "loose.jpg=2/photo loose.jpg=2/photo" {
		t.Errorf("a bare key is found at %s", who(got))
	}
}

func TestSweepTakesARowThatIsListedTwiceOnce(t *testing.T) {
	s := &shelf{name: "photos"}
	for i := range 5000 {
		s.put(fmt.Sprintf("uploads/%d/a.jpg", i), "1", plan.Version)
		if i%1000 == 999 {
			s.objects = append(s.objects, s.objects[len(s.objects)-1])
		}
	}
	_, orphans := sweep(t, map[string]plan.Lister{"photos": s}, []plan.Locator{at("uploads/{order}/"), at("uploads/{order}/a")}, nil, nil)
	if len(orphans) != 5000 || s.calls != 1 {
		t.Errorf("%d objects in %d listings", len(orphans), s.calls)
	}
}

func TestManyReferencesNeedFewListings(t *testing.T) {
	s := &shelf{name: "photos"}
	var os []order.Order
	for i := range 3000 {
		key := fmt.Sprintf("wp-content/uploads/%d/%02d/%d.jpg", 2000+i%25, i%12, i)
		s.put(key, "1", plan.Version)
		os = append(os, order.Order{ID: int64(i + 1), Number: fmt.Sprint(i), Photos: []string{key}})
	}
	s.put("wp-content/uploads/2001/01/product.jpg", "1", plan.Version)
	found, orphans := sweep(t, map[string]plan.Lister{"photos": s}, nil, os, nil)
	if len(found) != 3000 || len(orphans) != 0 || s.calls > 400 {
		t.Errorf("%d found, %d orphans, %d listings", len(found), len(orphans), s.calls)
	}
}

func TestSweepStopsWhereItIsTold(t *testing.T) {
	s := &shelf{name: "photos"}
	s.put("uploads/1/a.jpg", "1", plan.Version)
	s.put("uploads/2/a.jpg", "1", plan.Version)
	ls, storages := []plan.Locator{at("uploads/{order}/")}, map[string]plan.Lister{"photos": s}
	enough, n := errors.New("enough"), 0
	if err := plan.Sweep(t.Context(), storages, ls, plan.NewIndex(nil), func(plan.Found) error { n++; return enough }, nil); !errors.Is(err, enough) || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := plan.Sweep(ctx, storages, ls, plan.NewIndex(nil), nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s.fail = errors.New("offline")
	if err := plan.Sweep(t.Context(), storages, ls, plan.NewIndex(nil), nil, nil); !errors.Is(err, s.fail) {
		t.Errorf("offline: %v", err)
	}
	if err := plan.Sweep(t.Context(), nil, ls, plan.NewIndex(nil), nil, nil); !errors.Is(err, plan.ErrUnknownStorage) {
		t.Errorf("unknown storage: %v", err)
	}
}

// belt is a storage of many objects that exist only while they are listed.
type belt struct{ orders, each int }

func (belt) Name() string { return "photos" }

func (b belt) List(_ context.Context, prefix string, yield func(plan.Object) error) error {
	changed := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	for i := range b.orders {
		for j := range b.each {
			if err := yield(plan.Object{Storage: "photos", Key: fmt.Sprintf("uploads/%d/%d.jpg", 100_000+i, j), Version: "v", SizeBytes: 1 << 20, ModifiedAt: changed, Fingerprint: "f"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// BenchmarkPlan1M plans the erasure of 1,000 due orders among 200,000 with
// 1,000,000 objects, none of which exists in memory for longer than it is
// looked at, and reports the largest heap seen on the way.
func BenchmarkPlan1M(b *testing.B) {
	storage := belt{200_000, 5}
	ls := []plan.Locator{at("uploads/{order}/")}
	number := func(i int) string { return fmt.Sprint(100_000 + i) }
	for b.Loop() {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		before, peak := m.HeapInuse, m.HeapInuse
		sample := func() {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
		x := plan.NewIndex(nil)
		due := make(map[int64]bool, 1000)
		in := plan.Input{Scope: plan.Scope{Rule: "media"}, Today: day, MadeAt: made}
		for i := range storage.orders {
			o := order.Order{ID: int64(i + 1), Number: number(i), Ref: number(i), State: order.Completed, CompletedAt: made.AddDate(0, -3, 0),
				Photos: []string{fmt.Sprintf("uploads/%s/0.jpg", number(i)), fmt.Sprintf("uploads/%s/1.jpg", number(i))}}
			x.Add(o)
			if i%200 == 0 {
				due[o.ID] = true
				in.Orders = append(in.Orders, o)
			}
			if i%20_000 == 0 {
				sample()
			}
		}
		seen := 0
		if err := plan.Sweep(b.Context(), map[string]plan.Lister{"photos": storage}, ls, x, func(f plan.Found) error {
			if seen++; seen%50_000 == 0 {
				sample()
			}
			if due[f.Order] {
				in.Found = append(in.Found, f)
			}
			return nil
		}, nil); err != nil {
			b.Fatal(err)
		}
		in.SharedBy = x.Shared(in.Found, ls)
		p := plan.Build(in)
		sample()
		if len(p.Erase) != 5000 || seen != 1_000_000 {
			b.Fatalf("%d of %d objects", len(p.Erase), seen)
		}
		b.ReportMetric(float64(peak-before)/(1<<20), "peak-MiB")
		b.ReportMetric(float64(seen), "objects")
	}
}
