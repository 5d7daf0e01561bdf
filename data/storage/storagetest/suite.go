package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// Seeder fills a storage and looks at it without the driver under test.
type Seeder interface {
	// Put writes an object, over the one that is there.
	Put(key, data string)
	// Left returns everything that is there, in any form.
	Left() []string
}

// oddKeys are keys that went wrong somewhere once.
var oddKeys = []string{
	"orders/1/portrait ü+1.jpg", "orders/1/portrait u\u0308+1.jpg", "orders/1/#1.jpg", "orders/1/ leading and trailing .jpg ",
	"orders/1/100%.jpg", "orders/1/%41.jpg", "orders/1/A.jpg", "orders/1/a&b=c?d.jpg", "orders/1/<x>'\".jpg", "orders/1/été/œuvre.jpg",
	"orders/1/照片.jpg", "orders/1/📷.jpg", "orders/1/a:b;c,d@e.jpg", "orders/1/~.jpg", "orders/1/.hidden", "orders/1/a..b.jpg", "orders/1/a\u202fb.jpg", "orders/1/a\tb\nc.jpg",
}

// twins are keys of which a storage could take one for another.
var twins = []string{"twins/a.jpg", "twins/A.jpg", "twins/a.JPG", "twins/\u00e9.jpg", "twins/e\u0301.jpg", "twins/\u212b.jpg", "twins/\u00c5.jpg", "twins/a.jpg ", "twins/%61.jpg"}

// Lack is a key that a storage cannot hold under that very name, and why. The
// suite does without it, and says so.
type Lack struct{ Key, Why string }

// keysBut returns the keys that the storage can hold.
func keysBut(t *testing.T, keys []string, lacks []Lack) []string {
	t.Helper()
	var out []string
	for _, k := range keys {
		if i := slices.IndexFunc(lacks, func(l Lack) bool { return l.Key == k }); i >= 0 {
			t.Logf("without %q: %s", k, lacks[i].Why)
			continue
		}
		out = append(out, k)
	}
	return out
}

// Run holds a storage to what app/erasure expects of every one. fresh returns
// an empty storage and the way to fill it.
func Run(t *testing.T, fresh func(t *testing.T) (erasure.Storage, Seeder), lacks ...Lack) {
	oddKeys := func(t *testing.T) []string { t.Helper(); return keysBut(t, oddKeys, lacks) }
	t.Run("an empty storage is there and empty", func(t *testing.T) {
		s, _ := fresh(t)
		a, err := s.Check(t.Context())
		if err != nil || !a.CanProve || a.Described == "" {
			t.Errorf("Check = %+v, %v", a, err)
		}
		if got := List(t, s, ""); len(got) != 0 {
			t.Errorf("listed: %v", got)
		}
	})

	t.Run("what is put is listed once, with its size, time and fingerprint", func(t *testing.T) {
		s, seed := fresh(t)
		seed.Put("a/1.jpg", "12345")
		got := List(t, s, "")
		if len(got) != 1 {
			t.Fatalf("listed: %v", got)
		}
		o := got[0]
		if o.Storage != s.Name() || o.Key != "a/1.jpg" || o.SizeBytes != 5 || o.Kind != plan.Version || o.Fingerprint == "" ||
			time.Since(o.ModifiedAt).Abs() > time.Hour || o.ModifiedAt.Location() != time.UTC {
			t.Errorf("listed: %+v", o)
		}
		if again := List(t, s, "a/"); len(again) != 1 || again[0] != o {
			t.Errorf("listed again: %+v", again)
		}
	})

	t.Run("a prefix is a prefix of the key and nothing else", func(t *testing.T) {
		s, seed := fresh(t)
		for _, k := range []string{"u/104/a.jpg", "u/1042/a.jpg", "u/104.jpg", "x/u/104/a.jpg", "U/104/a.jpg"} {
			seed.Put(k, k)
		}
		for prefix, want := range map[string]string{"u/104/": "u/104/a.jpg", "u/104": "u/104.jpg u/104/a.jpg u/1042/a.jpg", "u/104/a.jpg": "u/104/a.jpg", "nothing/": "", "u/104/a.jpg/": "", "x/u": "x/u/104/a.jpg"} {
			if got := strings.Join(Keys(List(t, s, prefix)), " "); got != want {
				t.Errorf("prefix %q lists %q, want %q", prefix, got, want)
			}
		}
	})

	t.Run("every key can be erased, and only that one", func(t *testing.T) {
		s, seed := fresh(t)
		oddKeys := oddKeys(t)
		for _, k := range oddKeys {
			seed.Put(k, k)
		}
		if got := Keys(List(t, s, "orders/1/")); len(got) != len(oddKeys) {
			t.Fatalf("%d keys listed of %d: %q", len(got), len(oddKeys), got)
		}
		for i, k := range oddKeys {
			mine := List(t, s, k)
			mine = slices.DeleteFunc(mine, func(o plan.Object) bool { return o.Key != k })
			if len(mine) != 1 {
				t.Fatalf("key %q is listed %d times", k, len(mine))
			}
			if err := s.Erase(t.Context(), mine[0]); err != nil {
				t.Fatalf("erase %q: %v", k, err)
			}
			if got := len(List(t, s, "orders/1/")); got != len(oddKeys)-i-1 {
				t.Fatalf("after %q %d are left", k, got)
			}
		}
		if left := seed.Left(); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	})

	t.Run("every key can be erased in one call", func(t *testing.T) {
		s, seed := fresh(t)
		b, ok := s.(erasure.Batcher)
		if !ok {
			return // this storage erases one by one
		}
		oddKeys := oddKeys(t)
		for _, k := range oddKeys {
			seed.Put(k, k)
		}
		for i, err := range b.EraseMany(t.Context(), List(t, s, "orders/")) {
			if err != nil {
				t.Errorf("object %d: %v", i, err)
			}
		}
		if left := seed.Left(); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	})

	t.Run("what was overwritten is erased too", func(t *testing.T) {
		s, seed := fresh(t)
		for i := range 3 {
			seed.Put("a/1.jpg", strings.Repeat("x", i+1))
		}
		for _, o := range List(t, s, "a/") {
			if err := s.Erase(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		if left := seed.Left(); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	})

	t.Run("another content has another fingerprint", func(t *testing.T) {
		s, seed := fresh(t)
		seed.Put("a/1.jpg", "first")
		before := List(t, s, "")
		seed.Put("a/1.jpg", "second one")
		for _, o := range List(t, s, "") {
			if o.Fingerprint == before[0].Fingerprint && o.Version == before[0].Version && o.SizeBytes != before[0].SizeBytes {
				t.Errorf("a plan would not notice: %+v", o)
			}
		}
	})

	t.Run("erasing what is gone is no error", func(t *testing.T) {
		s, seed := fresh(t)
		seed.Put("a/1.jpg", "x")
		o := List(t, s, "")[0]
		for range 2 {
			if err := s.Erase(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		if b, ok := s.(erasure.Batcher); ok {
			if errs := b.EraseMany(t.Context(), []plan.Object{o}); len(errs) != 1 || errs[0] != nil {
				t.Errorf("in one call: %v", errs)
			}
		}
		if left := seed.Left(); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	})

	t.Run("a direct look agrees with the listing before and after", func(t *testing.T) {
		s, seed := fresh(t)
		l, ok := s.(erasure.Looker)
		if !ok {
			t.Fatal("this storage cannot look at one object")
		}
		sees := func(o plan.Object) bool {
			t.Helper()
			there, err := l.Look(t.Context(), o)
			if err != nil {
				t.Fatalf("look at %q: %v", o.Key, err)
			}
			return there
		}
		keys := oddKeys(t)
		for _, k := range keys {
			seed.Put(k, k)
		}
		seed.Put("uploads/1/a.jpg", "first")
		seed.Put("uploads/1/a.jpg", "second one")
		before := List(t, s, "")
		if len(before) < len(keys)+1 {
			t.Fatalf("listed: %q", Keys(before))
		}
		for _, o := range before {
			if !sees(o) {
				t.Errorf("listed and not seen: %q", o.Key)
			}
			other := o
			other.Key += ".other"
			if sees(other) {
				t.Errorf("seen and not listed: %q", other.Key)
			}
		}
		for i, o := range before {
			if err := s.Erase(t.Context(), o); err != nil {
				t.Fatalf("erase %q: %v", o.Key, err)
			}
			if sees(o) {
				t.Errorf("erased and seen: %q", o.Key)
			}
			if i+1 < len(before) && !sees(before[i+1]) {
				t.Errorf("not erased and not seen: %q", before[i+1].Key)
			}
		}
		if after := List(t, s, ""); len(after) != 0 {
			t.Errorf("left: %q", Keys(after))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if there, err := l.Look(ctx, before[0]); there || !errors.Is(err, context.Canceled) {
			t.Errorf("look after a cancel: %v, %v", there, err)
		}
	})

	t.Run("what is listed can be read, and nothing else", func(t *testing.T) {
		s, seed := fresh(t)
		r, ok := s.(erasure.Opener)
		if !ok {
			t.Fatal("this storage cannot be read")
		}
		for _, k := range oddKeys(t) {
			seed.Put(k, "content of "+k)
		}
		seed.Put("big.jpg", strings.Repeat("0123456789abcdef", 200_000))
		seed.Put("empty.jpg", "")
		for _, o := range List(t, s, "") {
			want := "content of " + o.Key
			switch o.Key {
			case "big.jpg":
				want = strings.Repeat("0123456789abcdef", 200_000)
			case "empty.jpg":
				want = ""
			}
			if got, err := Read(t, r, o); err != nil || got != want {
				t.Errorf("read %q: %d bytes of %d, %v", o.Key, len(got), len(want), err)
			}
			other := o
			other.Key += ".other"
			if _, err := Read(t, r, other); !errors.Is(err, erasure.ErrGone) {
				t.Errorf("read what is not there, %q: %v", other.Key, err)
			}
			other = o
			other.Kind = plan.Marker
			if _, err := Read(t, r, other); !errors.Is(err, erasure.ErrNoContent) {
				t.Errorf("read a delete marker: %v", err)
			}
		}
		for _, key := range []string{"", "/", "../outside.jpg", "a/../../outside.jpg", "orders"} {
			if got, err := Read(t, r, plan.Object{Storage: s.Name(), Key: key}); err == nil {
				t.Errorf("read %q: %q", key, got)
			}
		}
	})

	t.Run("what was overwritten since the listing is not read for it", func(t *testing.T) {
		s, seed := fresh(t)
		r := s.(erasure.Opener)
		seed.Put("a/1.jpg", "first")
		o := List(t, s, "")[0]
		seed.Put("a/1.jpg", "second one")
		got, err := Read(t, r, o)
		if versioned := o.Version != "" && o.Version != "null"; versioned && (err != nil || got != "first") {
			t.Errorf("the old version: %q, %v", got, err)
		} else if !versioned && !errors.Is(err, erasure.ErrChanged) && !errors.Is(err, erasure.ErrGone) {
			t.Errorf("read %q, %v", got, err)
		}
		for _, x := range List(t, s, "") {
			if err := s.Erase(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := Read(t, r, o); !errors.Is(err, erasure.ErrGone) {
			t.Errorf("read what was erased: %q, %v", got, err)
		}
	})

	t.Run("a reading that is cancelled ends, and many can go on at once", func(t *testing.T) {
		s, seed := fresh(t)
		r := s.(erasure.Opener)
		big := strings.Repeat("x", 3<<20)
		seed.Put("a/1.jpg", big)
		o := List(t, s, "")[0]
		ctx, cancel := context.WithCancel(t.Context())
		body, err := r.Open(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := body.Read(make([]byte, 10)); n == 0 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		cancel()
		if _, err := io.Copy(io.Discard, body); !errors.Is(err, context.Canceled) {
			t.Errorf("after a cancel: %v", err)
		}
		body.Close()
		if _, err := r.Open(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("open after a cancel: %v", err)
		}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if got, err := Read(t, r, o); err != nil || got != big {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			})
		}
		wg.Wait()
	})

	t.Run("a key that only differs in case or normal form is another key", func(t *testing.T) {
		s, seed := fresh(t)
		keys := keysBut(t, twins, lacks)
		for _, k := range keys {
			seed.Put(k, k)
		}
		if got := Keys(List(t, s, "twins/")); !slices.Equal(got, slices.Sorted(slices.Values(keys))) {
			t.Fatalf("listed %q", got)
		}
		for i, k := range keys {
			for _, o := range List(t, s, k) {
				if o.Key != k {
					continue
				}
				if err := s.Erase(t.Context(), o); err != nil {
					t.Fatalf("erase %q: %v", k, err)
				}
			}
			if got := Keys(List(t, s, "twins/")); !slices.Equal(got, slices.Sorted(slices.Values(keys[i+1:]))) {
				t.Fatalf("after %q is left %q", k, got)
			}
		}
	})

	t.Run("many goroutines erase at the same time", func(t *testing.T) {
		s, seed := fresh(t)
		for i := range 40 {
			seed.Put(fmt.Sprintf("uploads/1/%d/a.jpg", i), "x")
		}
		objects := List(t, s, "")
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := w; i < len(objects); i += 8 {
					if err := s.Erase(t.Context(), objects[i]); err != nil {
						t.Errorf("%s: %v", objects[i].Key, err)
					}
				}
			})
		}
		wg.Wait()
		if left := seed.Left(); len(left) != 0 || len(objects) != 40 {
			t.Errorf("of %d are left: %q", len(objects), left)
		}
	})

	t.Run("1,200 keys are listed exactly once each", func(t *testing.T) {
		s, seed := fresh(t)
		want := map[string]bool{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := w; i < 1200; i += 8 {
					k := fmt.Sprintf("many/%d/%d.jpg", i%7, i)
					seed.Put(k, "x")
					mu.Lock()
					want[k] = true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		got := map[string]int{}
		for _, o := range List(t, s, "many/") {
			got[o.Key]++
		}
		if len(got) != 1200 {
			t.Errorf("%d keys", len(got))
		}
		for k, n := range got {
			if n != 1 || !want[k] {
				t.Errorf("%s is listed %d times", k, n)
			}
		}
	})

	t.Run("after a cancel nothing is listed and nothing is erased", func(t *testing.T) {
		s, seed := fresh(t)
		seed.Put("a/1.jpg", "x")
		o := List(t, s, "")[0]
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.List(ctx, "", func(plan.Object) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("List: %v", err)
		}
		if err := s.Erase(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("Erase: %v", err)
		}
		if b, ok := s.(erasure.Batcher); ok {
			if errs := b.EraseMany(ctx, []plan.Object{o}); !errors.Is(errs[0], context.Canceled) {
				t.Errorf("EraseMany: %v", errs)
			}
		}
		if len(seed.Left()) != 1 {
			t.Error("it is gone")
		}
	})

	t.Run("a listing stops where it is told to", func(t *testing.T) {
		s, seed := fresh(t)
		seed.Put("a/1.jpg", "x")
		seed.Put("a/2.jpg", "x")
		stop, n := errors.New("stop"), 0
		if err := s.List(t.Context(), "", func(plan.Object) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
			t.Errorf("%v after %d", err, n)
		}
	})

	t.Run("an order is planned, confirmed, erased and gone, and its neighbour is not", func(t *testing.T) {
		s, seed := fresh(t)
		for _, k := range []string{"uploads/104/a.jpg", "uploads/104/a.jpg", "uploads/104/b/c.jpg", "uploads/1042/a.jpg"} {
			seed.Put(k, "photo of "+k)
		}
		r, steps := Erase(t, s, "104")
		if r.State != erasure.Complete || r.Left != 0 || len(steps) < 2 {
			t.Errorf("%+v, %v", r, steps)
		}
		if got := Keys(List(t, s, "")); !slices.Equal(got, []string{"uploads/1042/a.jpg"}) {
			t.Errorf("left: %q", got)
		}
	})
}

// List returns a listing, sorted by key, kind and version.
func List(t testing.TB, s plan.Lister, prefix string) []plan.Object {
	t.Helper()
	var out []plan.Object
	if err := s.List(t.Context(), prefix, func(o plan.Object) error { out = append(out, o); return nil }); err != nil {
		t.Fatalf("list %q: %v", prefix, err)
	}
	slices.SortFunc(out, func(a, b plan.Object) int { return strings.Compare(a.ID(), b.ID()) })
	return out
}

// Read reads an object whole.
func Read(t testing.TB, s erasure.Opener, o plan.Object) (string, error) {
	t.Helper()
	r, err := s.Open(t.Context(), o)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

// Keys returns the keys of a listing.
func Keys(os []plan.Object) []string {
	out := []string{}
	for _, o := range os {
		out = append(out, o.Key)
	}
	slices.Sort(out)
	return out
}

// Erase plans, confirms and runs the erasure of what lies at uploads/{order}/,
// as the program does, with a ledger in memory.
func Erase(t testing.TB, s erasure.Storage, number string) (erasure.Record, []erasure.Step) {
	t.Helper()
	target := []order.Order{{ID: 1, Number: number, State: order.Completed, CompletedAt: time.Now()}}
	again := func() plan.Plan {
		found, _, err := plan.Survey(t.Context(), map[string]plan.Lister{s.Name(): s}, []plan.Locator{{Storage: s.Name(), Holds: plan.Photo, Key: "uploads/{order}/"}}, target, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Build(plan.Input{Orders: target, Found: found})
	}
	p := again()
	c, err := plan.Confirm(p, p.Hash, "owner", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, steps, err := erasure.Run(t.Context(), c, again(), map[string]erasure.Storage{s.Name(): s}, &Ledger{}, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, steps
}

// Ledger is a ledger in memory.
type Ledger struct {
	mu    sync.Mutex
	recs  []erasure.Record
	steps map[int64]map[int]erasure.Step
}

// Begin implements erasure.Ledger.
func (l *Ledger) Begin(_ context.Context, r erasure.Record, steps []erasure.Step) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.steps == nil {
		l.steps = map[int64]map[int]erasure.Step{}
	}
	r.ID = int64(len(l.recs) + 1)
	l.recs, l.steps[r.ID] = append(l.recs, r), map[int]erasure.Step{}
	for _, s := range steps {
		l.steps[r.ID][s.N] = s
	}
	return r.ID, nil
}

// Mark implements erasure.Ledger.
func (l *Ledger) Mark(_ context.Context, run int64, steps []erasure.Step) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range steps {
		l.steps[run][s.N] = s
	}
	return nil
}

// Finish implements erasure.Ledger.
func (l *Ledger) Finish(_ context.Context, r erasure.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recs[r.ID-1] = r
	return nil
}

// Unfinished implements erasure.Ledger.
func (l *Ledger) Unfinished(context.Context) ([]erasure.Record, map[int64][]erasure.Step, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var recs []erasure.Record
	steps := map[int64][]erasure.Step{}
	for _, r := range l.recs {
		if r.EndedAt.IsZero() {
			recs = append(recs, r)
			for _, s := range l.steps[r.ID] {
				steps[r.ID] = append(steps[r.ID], s)
			}
		}
	}
	return recs, steps, nil
}
