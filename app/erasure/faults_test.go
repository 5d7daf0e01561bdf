package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

// ground is a real storage with the objects of order 104 and a neighbour's, and
// a way to see what is there behind the driver's back.
type ground struct {
	storage interface {
		erasure.Storage
		erasure.Looker
	}
	objects int
	left    func(t *testing.T) (order104, neighbour int)
	refill  func(t *testing.T) // makes it as it was
}

// grounds are the real storages that the faults are tried on.
var grounds = []struct {
	name string
	make func(t *testing.T) *ground
}{{"folder", folderGround}, {"versioned S3", s3Ground}}

func folderGround(t *testing.T) *ground {
	const objects = 50
	dir := t.TempDir()
	s, err := storage.NewFolder("photos", dir)
	if err != nil {
		t.Fatal(err)
	}
	write := func(key string) {
		p := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("photo"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	count := func(sub string) int {
		es, err := os.ReadDir(filepath.Join(dir, "uploads", sub))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return len(es)
	}
	write("uploads/1042/a.jpg")
	return &ground{s, objects, func(*testing.T) (int, int) { return count("104"), count("1042") }, func(*testing.T) {
		for i := range objects {
			write(fmt.Sprintf("uploads/104/%03d.jpg", i))
		}
	}}
}

func s3Ground(t *testing.T) *ground {
	const keys = 14 // two versions, and some a delete marker or an unfinished upload
	server := storagetest.S3(t)
	server.Bucket("photos", true, false)
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: server.Endpoint, Region: server.Region, Bucket: "photos", AccessKey: server.AccessKey, SecretKey: server.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	server.Put("photos", "uploads/1042/a.jpg", "neighbour")
	return &ground{s, 2*keys + 10, func(t *testing.T) (mine, other int) {
		for _, r := range server.Rows("photos") {
			if strings.HasPrefix(r, "uploads/104/") {
				mine++
			} else {
				other++
			}
		}
		return mine, other
	}, func(*testing.T) {
		for i := range keys {
			key := fmt.Sprintf("uploads/104/%03d.jpg", i)
			server.Put("photos", key, "first")
			server.Put("photos", key, "second")
			switch {
			case i < 5:
				server.Delete("photos", key)
			case i < 10:
				server.Upload("photos", key, "part")
			}
		}
	}}
}

// faulty is a real storage with faults before its calls. Each is nil where it
// does nothing; what returns an error is not done, and errLie says that it was.
type faulty struct {
	*ground
	mu    sync.Mutex
	erase func(n int, o plan.Object) error // n counts from 0
	list  func() error
	look  func() error
	check func() error
	acts  int
	asked map[string]bool // IDs of what was asked to be erased

}

func (f *faulty) fault(hook func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook()
}

func (f *faulty) Name() string { return f.storage.Name() }

func (f *faulty) Check(ctx context.Context) (erasure.Abilities, error) {
	if err := f.fault(f.check); err != nil {
		return erasure.Abilities{}, err
	}
	return f.storage.Check(ctx)
}

func (f *faulty) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	if err := f.fault(f.list); err != nil {
		return err
	}
	return f.storage.List(ctx, prefix, yield)
}

func (f *faulty) Look(ctx context.Context, o plan.Object) (bool, error) {
	if err := f.fault(f.look); err != nil {
		return false, err
	}
	return f.storage.Look(ctx, o)
}

// before tells what a fault makes of the erasure of an object.
func (f *faulty) before(o plan.Object) error {
	return f.fault(func() error {
		n := f.acts
		f.acts++
		f.asked[o.ID()] = true
		if f.erase == nil {
			return nil
		}
		return f.erase(n, o)
	})
}

func (f *faulty) Erase(ctx context.Context, o plan.Object) error {
	if err := f.before(o); err != nil {
		if errors.Is(err, errLie) {
			return nil
		}
		return err
	}
	return f.storage.Erase(ctx, o)
}

// batching is a faulty storage that is a Batcher.
type batching struct{ *faulty }

func (f batching) EraseMany(ctx context.Context, os []plan.Object) []error {
	errs := make([]error, len(os))
	var pass []plan.Object
	var at []int
	for i, o := range os {
		switch err := f.before(o); {
		case err == nil:
			pass, at = append(pass, o), append(at, i)
		case !errors.Is(err, errLie):
			errs[i] = err
		}
	}
	for i, err := range f.storage.(erasure.Batcher).EraseMany(ctx, pass) {
		errs[at[i]] = err
	}
	return errs
}

func (f *faulty) storages() map[string]erasure.Storage {
	if _, ok := f.storage.(erasure.Batcher); ok {
		return map[string]erasure.Storage{"photos": batching{f}}
	}
	return map[string]erasure.Storage{"photos": f}
}

// confirmed makes the plan for order 104 from what the storage holds, without
// faults, and confirms it.
func (f *faulty) confirmed(t *testing.T) plan.Confirmed {
	t.Helper()
	o := order.Order{ID: 1, Number: "104", State: order.Completed, CompletedAt: now()}
	found, _, err := plan.Survey(t.Context(), map[string]plan.Lister{"photos": f.storage}, []plan.Locator{{Storage: "photos", Holds: plan.Photo, Key: "uploads/{order}/"}}, []order.Order{o}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Build(plan.Input{Scope: plan.Scope{Case: 4}, Orders: []order.Order{o}, Found: found, MadeAt: now()})
	if len(p.Erase) != f.objects {
		t.Fatalf("the plan erases %d objects, want %d", len(p.Erase), f.objects)
	}
	c, err := plan.Confirm(p, p.Hash, "owner", now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// holds checks what holds after every call, whatever failed: nothing outside
// the plan was asked for, the neighbour is untouched, nothing is called gone
// that is there, and nothing complete while something is left.
func (f *faulty) holds(t *testing.T, c plan.Confirmed, led *book) {
	t.Helper()
	meant := map[string]bool{}
	for _, o := range c.Plan().Erase {
		meant[o.ID()] = true
	}
	for id := range f.asked {
		if !meant[id] {
			t.Fatalf("%q was asked to be erased and is not in the plan", id)
		}
	}
	left, neighbour := f.left(t)
	if neighbour != 1 {
		t.Fatal("the neighbour's photo is gone")
	}
	there := map[string]bool{}
	if err := f.storage.List(t.Context(), "", func(o plan.Object) error { there[o.ID()] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	begun := len(led.recs) > 0
	if !begun && (left != f.objects || f.acts != 0) {
		t.Fatalf("%d of %d are left and the ledger knows of nothing", left, f.objects)
	}
	for id, r := range led.recs {
		gone := 0
		for _, s := range led.steps[id] {
			switch {
			case s.Status == erasure.Gone && there[s.Object.ID()]:
				t.Fatalf("step %d is gone in the ledger and still there", s.N)
			case s.Status == erasure.Gone:
				gone++
			case s.Status == erasure.Pending && f.asked[s.Object.ID()]:
				t.Fatalf("step %d was asked for before the ledger knew", s.N)
			}
		}
		if r.State == erasure.Complete && (left != 0 || gone != f.objects) {
			t.Fatalf("complete in the ledger: %d are left, %d of %d steps are gone", left, gone, f.objects)
		}
		if r.State == erasure.Partial && gone == f.objects {
			t.Fatal("partial in the ledger, and every step is gone")
		}
	}
}

// mended resumes what is open without faults, and expects the end.
func (f *faulty) mended(t *testing.T, c plan.Confirmed, led *book) {
	t.Helper()
	f.erase, f.list, f.look, f.check, led.dieAt = nil, nil, nil, nil, 0
	for id, r := range led.recs {
		if r.State == erasure.Complete || r.State == erasure.Refused {
			continue
		}
		r, steps, err := erasure.Resume(t.Context(), r, slices.Collect(maps.Values(led.steps[id])), f.storages(), led, now, nil)
		if err != nil || r.State != erasure.Complete || r.Looked != f.objects {
			t.Fatalf("resumed to %v, looked at %d, %v: %v", r.State, r.Looked, err, reasons(steps))
		}
		whole(t, r, steps)
	}
	f.holds(t, c, led)
}

func TestFaultsOfARealStorage(t *testing.T) {
	offline := fmt.Errorf("reset: %w", erasure.ErrOffline)
	for _, g := range grounds {
		for _, tc := range []struct {
			name   string
			spoil  func(f *faulty)
			state  erasure.State
			reason string // of every step that is left
		}{
			{"none at all", func(*faulty) {}, erasure.Complete, ""},
			{"one call of ten fails at random", func(f *faulty) {
				r := rand.New(rand.NewPCG(11, 0))
				now := func() error {
					if r.IntN(10) == 0 {
						return offline
					}
					return nil
				}
				f.list, f.look, f.check, f.erase = now, now, now, func(int, plan.Object) error { return now() }
			}, erasure.Complete, ""},
			{"one call of ten fails at random and is not worth another try", func(f *faulty) {
				r := rand.New(rand.NewPCG(12, 0))
				f.erase = func(int, plan.Object) error {
					if r.IntN(10) == 0 {
						return errors.New("internal error at marie-dupont.jpg")
					}
					return nil
				}
			}, erasure.Partial, "the storage answered with an error"},
			{"it says yes and does nothing", func(f *faulty) {
				f.erase = func(n int, _ plan.Object) error {
					if n%3 == 0 {
						return errLie
					}
					return nil
				}
			}, erasure.Partial, "still there after erasing"},
			{"it dies midway", func(f *faulty) {
				dead := func() error {
					if f.acts > f.objects/2 {
						return offline
					}
					return nil
				}
				f.list, f.look, f.check, f.erase = dead, dead, dead, func(int, plan.Object) error { return dead() }
			}, erasure.Partial, ""},
			{"its listing fails only when all is done", func(f *faulty) {
				f.list = func() error {
					if f.acts > 0 {
						return erasure.ErrDenied
					}
					return nil
				}
			}, erasure.Partial, "could not be verified"},
			{"it cannot be asked for one object", func(f *faulty) { f.look = func() error { return erasure.ErrDenied } }, erasure.Partial, "could not be verified"},
		} {
			t.Run(g.name+": "+tc.name, func(t *testing.T) {
				f, led := &faulty{ground: g.make(t), asked: map[string]bool{}}, newBook()
				f.refill(t)
				c := f.confirmed(t)
				tc.spoil(f)
				r, steps, err := erasure.Run(t.Context(), c, c.Plan(), f.storages(), led, now, nil)
				if err != nil || r.State != tc.state {
					t.Fatalf("%+v, %v", r, err)
				}
				whole(t, r, steps)
				for _, s := range steps {
					if s.Status != erasure.Gone && tc.reason != "" && s.Reason != tc.reason || strings.Contains(s.Reason, "marie") {
						t.Errorf("step %d is left because %q", s.N, s.Reason)
					}
				}
				if r.State == erasure.Partial && r.RetryAt.IsZero() {
					t.Error("it is not tried again by itself")
				}
				f.holds(t, c, led)
				f.mended(t, c, led)
			})
		}
	}
}

func TestASlowStorageCanBeCancelled(t *testing.T) {
	for _, g := range grounds {
		t.Run(g.name, func(t *testing.T) {
			f, led := &faulty{ground: g.make(t), asked: map[string]bool{}}, newBook()
			f.refill(t)
			c := f.confirmed(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.erase = func(n int, _ plan.Object) error {
				if n == 3 {
					cancel()
				}
				if n >= 3 {
					<-ctx.Done() // it would have taken its time
				}
				return nil
			}
			r, _, err := erasure.Run(ctx, c, c.Plan(), f.storages(), led, now, nil)
			if !errors.Is(err, context.Canceled) || r.State != erasure.Running || led.recs[1].State != erasure.Running {
				t.Fatalf("%v, %v", r.State, err)
			}
			if left, _ := f.left(t); left < f.objects-4 {
				t.Errorf("%d of %d are left: something was erased after the cancel", left, f.objects)
			}
			f.holds(t, c, led)
			f.mended(t, c, led)
		})
	}
}

// TestALedgerThatFailsAtEachOfItsCalls lets each write of the ledger fail in
// turn, before and after it is made, and the same again while resuming.
func TestALedgerThatFailsAtEachOfItsCalls(t *testing.T) {
	for _, g := range grounds {
		t.Run(g.name, func(t *testing.T) {
			gr := g.make(t)
			calls := 1
			for k := 1; k <= calls; k++ {
				for _, dieAt := range []int{k, -k} {
					f, led := &faulty{ground: gr, asked: map[string]bool{}}, newBook()
					f.refill(t)
					c := f.confirmed(t)
					led.dieAt = dieAt
					_, _, err := erasure.Run(t.Context(), c, c.Plan(), f.storages(), led, now, nil)
					if !errors.Is(err, errKilled) {
						t.Fatalf("call %d: %v", dieAt, err)
					}
					f.holds(t, c, led)
					led.dieAt = led.calls + 1 // and at the first write of the resume
					open, steps, _ := led.Unfinished(t.Context())
					for _, r := range open {
						if _, _, err := erasure.Resume(t.Context(), r, steps[r.ID], f.storages(), led, now, nil); err != nil && !errors.Is(err, errKilled) {
							t.Fatalf("call %d, resumed: %v", dieAt, err)
						}
					}
					f.holds(t, c, led)
					f.mended(t, c, led)
					if len(led.recs) == 0 { // it never began: all is still there
						r, _, err := erasure.Run(t.Context(), c, c.Plan(), f.storages(), led, now, nil)
						if err != nil || r.State != erasure.Complete {
							t.Fatalf("call %d, begun anew: %v, %v", dieAt, r.State, err)
						}
						calls = led.calls - 1 // the first one failed
					}
				}
			}
			if calls < 4 {
				t.Errorf("only %d calls", calls)
			}
		})
	}
}

// TestADirectLookAtARealStorageCatchesAListingThatLies hides from the listing
// what was not erased.
func TestADirectLookAtARealStorageCatchesAListingThatLies(t *testing.T) {
	for _, g := range grounds {
		t.Run(g.name, func(t *testing.T) {
			f, led := &faulty{ground: g.make(t), asked: map[string]bool{}}, newBook()
			f.refill(t)
			c := f.confirmed(t)
			spared := map[string]bool{}
			f.erase = func(n int, o plan.Object) error {
				if n%7 == 0 {
					spared[o.ID()] = true
					return errLie
				}
				return nil
			}
			st := f.storages()
			st["photos"] = hiding{Storage: st["photos"], f: f, hidden: spared}
			if _, ok := f.storage.(erasure.Batcher); ok {
				st["photos"] = hidingMany{st["photos"].(hiding)}
			}
			r, steps, err := erasure.Run(t.Context(), c, c.Plan(), st, led, now, nil)
			if err != nil || r.State != erasure.Partial || r.Left != len(spared) || reasons(steps)["failed still there after erasing"] != len(spared) || r.Looked != f.objects {
				t.Errorf("%v, %v, %d left of %d: %v", r.State, err, r.Left, len(spared), reasons(steps))
			}
			f.holds(t, c, led)
			f.mended(t, c, led)
		})
	}
}

// hiding is a storage whose listing leaves out what it should show.
type hiding struct {
	erasure.Storage
	f      *faulty
	hidden map[string]bool
}

func (h hiding) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	return h.Storage.List(ctx, prefix, func(o plan.Object) error {
		if h.hidden[o.ID()] {
			return nil
		}
		return yield(o)
	})
}

func (h hiding) Look(ctx context.Context, o plan.Object) (bool, error) { return h.f.Look(ctx, o) }

type hidingMany struct{ hiding }

func (h hidingMany) EraseMany(ctx context.Context, os []plan.Object) []error {
	return batching{h.f}.EraseMany(ctx, os)
}
