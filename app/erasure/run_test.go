package erasure_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

func TestMain(m *testing.M) {
	erasure.Quick()
	os.Exit(m.Run())
}

// box is a storage in memory. Its hooks make it fail, lie or change.
type box struct {
	mu      sync.Mutex
	name    string
	objects map[string]plan.Object
	cannot  bool                             // cannot prove
	down    error                            // what Check and List return
	listing func(prefix string) error        // before a listing
	act     func(n int, o plan.Object) error // before the n-th erasure; errLie says yes and does nothing
	after   func(n int)                      // after the n-th erasure
	acts    int
	erased  []string
	lists   []string // prefixes
}

var errLie = errors.New("lie")

func (b *box) Name() string { return b.name }

func (b *box) Check(context.Context) (erasure.Abilities, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return erasure.Abilities{Versions: true, CanProve: !b.cannot}, b.down
}

func (b *box) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := cmp.Or(ctx.Err(), b.down); err != nil {
		return err
	}
	b.lists = append(b.lists, prefix)
	if b.listing != nil {
		if err := b.listing(prefix); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.objects)) {
		if o := b.objects[id]; strings.HasPrefix(o.Key, prefix) {
			if err := yield(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *box) Erase(_ context.Context, o plan.Object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.acts
	b.acts++
	if b.act != nil {
		if err := b.act(n, o); errors.Is(err, errLie) {
			return nil
		} else if err != nil {
			return err
		}
	}
	delete(b.objects, o.ID())
	b.erased = append(b.erased, o.ID())
	if b.after != nil {
		b.after(n)
	}
	return nil
}

func (b *box) put(key, version string, kind plan.Kind) plan.Object {
	o := plan.Object{Storage: b.name, Key: key, Version: version, Kind: kind, SizeBytes: 7, Fingerprint: "f" + version + key}
	b.objects[o.ID()] = o
	return o
}

// crate is a box that takes many at once.
type crate struct{ *box }

func (c crate) EraseMany(ctx context.Context, os []plan.Object) []error {
	errs := make([]error, len(os))
	for i, o := range os {
		errs[i] = c.Erase(ctx, o)
	}
	return errs
}

// book is a ledger in memory. At its call number dieAt it stops: before
// writing, or after.
type book struct {
	mu    sync.Mutex
	recs  map[int64]erasure.Record
	steps map[int64]map[int]erasure.Step
	calls int
	dieAt int // 0 never; k: at the k-th call before writing; -k: after writing
	on    func(call int)
}

var errKilled = errors.New("killed")

func newBook() *book {
	return &book{recs: map[int64]erasure.Record{}, steps: map[int64]map[int]erasure.Step{}}
}

func (b *book) write(f func()) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.on != nil {
		b.on(b.calls)
	}
	if b.dieAt == b.calls {
		return errKilled
	}
	f()
	if b.dieAt == -b.calls {
		return errKilled
	}
	return nil
}

func (b *book) Begin(_ context.Context, r erasure.Record, steps []erasure.Step) (int64, error) {
	id := int64(len(b.recs) + 1)
	return id, b.write(func() {
		r.ID = id
		b.recs[id], b.steps[id] = r, map[int]erasure.Step{}
		for _, s := range steps {
			b.steps[id][s.N] = s
		}
	})
}

func (b *book) Mark(_ context.Context, run int64, steps []erasure.Step) error {
	return b.write(func() {
		for _, s := range steps {
			b.steps[run][s.N] = s
		}
	})
}

func (b *book) Finish(_ context.Context, r erasure.Record) error {
	return b.write(func() { b.recs[r.ID] = r })
}

func (b *book) Unfinished(context.Context) ([]erasure.Record, map[int64][]erasure.Step, error) {
	var rs []erasure.Record
	steps := map[int64][]erasure.Step{}
	for id, r := range b.recs {
		if r.EndedAt.IsZero() {
			rs = append(rs, r)
			steps[id] = slices.Collect(maps.Values(b.steps[id]))
		}
	}
	return rs, steps, nil
}

func now() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// shop is a storage with an order's objects and a neighbour's, and the order.
type shop struct {
	*box
	storages map[string]erasure.Storage
	target   order.Order
}

func newShop(objects int, batches bool) *shop {
	b := &box{name: "photos", objects: map[string]plan.Object{}}
	s := &shop{box: b, storages: map[string]erasure.Storage{"photos": b}, target: order.Order{ID: 1, Number: "104", State: order.Completed, CompletedAt: now()}}
	if batches {
		s.storages["photos"] = crate{b}
	}
	for i := range objects {
		b.put(fmt.Sprintf("uploads/104/%d.jpg", i/3), fmt.Sprint("v", i), plan.Kind(i%3))
	}
	b.put("uploads/1042/a.jpg", "v1", plan.Version)
	return s
}

// plan makes the plan anew, as the caller of Run does.
func (s *shop) plan(t testing.TB) plan.Plan {
	t.Helper()
	found, _, err := plan.Survey(t.Context(), map[string]plan.Lister{"photos": s.storages["photos"]}, []plan.Locator{{Storage: "photos", Holds: plan.Photo, Key: "uploads/{order}/"}}, []order.Order{s.target}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Build(plan.Input{Scope: plan.Scope{Case: 4}, Orders: []order.Order{s.target}, Found: found, MadeAt: now()})
}

func (s *shop) confirmed(t testing.TB) plan.Confirmed {
	t.Helper()
	p := s.plan(t)
	c, err := plan.Confirm(p, p.Hash, "owner", now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *shop) left() (order104, neighbour int) {
	for _, o := range s.objects {
		if strings.HasPrefix(o.Key, "uploads/104/") {
			order104++
		} else {
			neighbour++
		}
	}
	return order104, neighbour
}

func reasons(steps []erasure.Step) map[string]int {
	out := map[string]int{}
	for _, s := range steps {
		out[s.Status.String()+" "+s.Reason]++
	}
	return out
}

// whole fails unless a record tells the truth about its steps.
func whole(t *testing.T, r erasure.Record, steps []erasure.Step) {
	t.Helper()
	gone := 0
	for _, s := range steps {
		if s.Status == erasure.Gone {
			gone++
		}
	}
	if r.State == erasure.Complete && gone != len(steps) || r.State == erasure.Partial && gone == len(steps) ||
		(r.State == erasure.Complete || r.State == erasure.Partial) && (r.Erased != gone || r.Left != len(steps)-gone) {
		t.Errorf("the record says %s, %d erased, %d left; %d of %d steps are gone", r.State, r.Erased, r.Left, gone, len(steps))
	}
}

func TestAConfirmedPlanIsErasedAndVerified(t *testing.T) {
	for _, batches := range []bool{false, true} {
		t.Run(fmt.Sprint("batches ", batches), func(t *testing.T) {
			s, led := newShop(1203, batches), newBook()
			last := 0
			r, steps, err := erasure.Run(t.Context(), s.confirmed(t), s.plan(t), s.storages, led, now, func(done, total int, note string) { last = done })
			if err != nil || r.State != erasure.Complete || r.Erased != 1203 || r.ErasedBytes != 7*1203 || r.BeforeHash == r.AfterHash || r.AfterHash == "" {
				t.Fatalf("%+v, %v", r, err)
			}
			whole(t, r, steps)
			if o, n := s.left(); o != 0 || n != 1 {
				t.Errorf("%d left of the order, %d of its neighbour", o, n)
			}
			if led.recs[1].State != erasure.Complete || last != 1203 || r.CheckAgain.String() != "2026-11-24" {
				t.Errorf("ledger %v, progress %d, look again %s", led.recs[1].State, last, r.CheckAgain)
			}
		})
	}
}

func TestNothingToEraseIsComplete(t *testing.T) {
	s, led := newShop(0, true), newBook()
	r, steps, err := erasure.Run(t.Context(), s.confirmed(t), s.plan(t), s.storages, led, now, nil)
	if err != nil || r.State != erasure.Complete || len(steps) != 0 || r.Erased != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(s *shop)
		fresh  bool // the fresh plan is made before the change
		want   error
	}{
		{"a plan that went stale", func(s *shop) { s.put("uploads/104/new.jpg", "1", plan.Version) }, false, plan.ErrStale},
		{"a version that appears after the fresh plan", func(s *shop) { s.put("uploads/104/0.jpg", "new", plan.Version) }, true, plan.ErrStale},
		{"an object that vanishes after the fresh plan", func(s *shop) { delete(s.objects, slices.Sorted(maps.Keys(s.objects))[0]) }, true, plan.ErrStale},
		{"an object whose content changes after the fresh plan", func(s *shop) {
			id := slices.Sorted(maps.Keys(s.objects))[0]
			o := s.objects[id]
			o.Fingerprint = "other"
			s.objects[id] = o
		}, true, plan.ErrStale},
		{"a storage that is offline", func(s *shop) { s.down = fmt.Errorf("dial: %w", erasure.ErrOffline) }, true, erasure.ErrOffline},
		{"a bucket that is not there", func(s *shop) { s.down = erasure.ErrNotThere }, true, erasure.ErrNotThere},
		{"a storage that the profile does not have", func(s *shop) { delete(s.storages, "photos") }, true, erasure.ErrUnknownStorage},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, led := newShop(9, true), newBook()
			c, fresh := s.confirmed(t), s.plan(t)
			tc.change(s)
			if !tc.fresh {
				fresh = s.plan(t)
			}
			r, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
			if !errors.Is(err, tc.want) || r.State != erasure.Refused || r.Reason != tc.want.Error() || r.EndedAt.IsZero() {
				t.Errorf("%+v, %v", r, err)
			}
			if s.acts != 0 {
				t.Errorf("%d objects were touched", s.acts)
			}
			if led.recs[1].State != erasure.Refused || len(led.steps[1]) != 0 {
				t.Errorf("ledger: %+v, %d steps", led.recs[1], len(led.steps[1]))
			}
		})
	}
}

func TestARefusalThatIsCutOffNeverRuns(t *testing.T) {
	s, led := newShop(9, true), newBook()
	led.dieAt = 2
	c := s.confirmed(t)
	s.put("uploads/104/new.jpg", "1", plan.Version)
	if _, _, err := erasure.Run(t.Context(), c, s.plan(t), s.storages, led, now, nil); !errors.Is(err, plan.ErrStale) || !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	rec := led.recs[1]
	rec.State = erasure.Running // a ledger may hold every begun run for running
	r, _, err := erasure.Resume(t.Context(), rec, nil, s.storages, led, now, nil)
	if err != nil || r.State != erasure.Refused || led.recs[1].State != erasure.Refused || s.acts != 0 {
		t.Errorf("%+v, %v, %d touched", r, err, s.acts)
	}
}

func TestTheZeroConfirmationRunsNothing(t *testing.T) {
	s, led := newShop(9, true), newBook()
	if _, _, err := erasure.Run(t.Context(), plan.Confirmed{}, plan.Plan{}, s.storages, led, now, nil); !errors.Is(err, plan.ErrNotConfirmed) || led.calls != 0 {
		t.Error(err, led.calls)
	}
}

func TestStoragesThatFail(t *testing.T) {
	for _, tc := range []struct {
		name   string
		spoil  func(s *shop)
		state  erasure.State
		reason string
		n      int
		left   int
	}{
		{"every tenth call fails", func(s *shop) {
			s.act = func(n int, _ plan.Object) error {
				if n%10 == 3 {
					return fmt.Errorf("reset: %w", erasure.ErrOffline)
				}
				return nil
			}
		}, erasure.Complete, "gone ", 30, 0},
		{"it lies about every third", func(s *shop) {
			s.act = func(n int, _ plan.Object) error {
				if n%3 == 0 {
					return errLie
				}
				return nil
			}
		}, erasure.Partial, "failed still there after erasing", 10, 10},
		{"it dies midway", func(s *shop) {
			s.act = func(n int, _ plan.Object) error {
				if n >= 15 {
					return erasure.ErrOffline
				}
				return nil
			}
		}, erasure.Partial, "failed the storage cannot be reached", 15, 15},
		{"it dies midway and cannot be looked at", func(s *shop) {
			s.after = func(n int) {
				if n == 14 {
					s.down = erasure.ErrOffline
				}
			}
		}, erasure.Partial, "failed could not be verified", 30, 0},
		{"one object is locked", func(s *shop) {
			s.act = func(_ int, o plan.Object) error {
				if o.Version == "v6" {
					return &erasure.LockedError{Until: now().AddDate(0, 1, 0)}
				}
				return nil
			}
		}, erasure.Partial, "retained kept by the storage under a lock until 2026-12-23", 1, 1},
		{"one object is locked without a date", func(s *shop) {
			s.act = func(_ int, o plan.Object) error {
				if o.Version == "v6" {
					return &erasure.LockedError{}
				}
				return nil
			}
		}, erasure.Partial, "retained kept by the storage under a lock, date not known", 1, 1},
		{"access is denied", func(s *shop) { s.act = func(int, plan.Object) error { return erasure.ErrDenied } }, erasure.Partial, "failed the storage refuses access", 30, 30},
		{"it answers with the customer's name", func(s *shop) {
			s.act = func(int, plan.Object) error { return errors.New("cannot delete marie-dupont.jpg") }
		}, erasure.Partial, "failed the storage answered with an error", 30, 30},
		{"it cannot prove anything", func(s *shop) { s.cannot = true }, erasure.Partial, "failed erased, but this storage cannot prove that it is gone", 30, 0},
		{"a new version comes meanwhile", func(s *shop) {
			s.after = func(n int) {
				if n == 5 {
					s.put("uploads/104/2.jpg", "new", plan.Version)
				}
			}
		}, erasure.Partial, "failed came back: a new version appeared", 3, 1},
		{"an upload begins meanwhile", func(s *shop) {
			s.after = func(n int) {
				if n == 5 {
					s.put("uploads/104/2.jpg", "new", plan.Upload)
				}
			}
		}, erasure.Partial, "failed came back: a new version appeared", 3, 1},
	} {
		for _, batches := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.name, ", batches ", batches), func(t *testing.T) {
				s, led := newShop(30, batches), newBook()
				c, fresh := s.confirmed(t), s.plan(t)
				tc.spoil(s)
				r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
				if err != nil || r.State != tc.state {
					t.Fatalf("%+v, %v", r, err)
				}
				whole(t, r, steps)
				if got := reasons(steps)[tc.reason]; got != tc.n && tc.state != erasure.Complete {
					t.Errorf("%d steps %q, want %d: %v", got, tc.reason, tc.n, reasons(steps))
				}
				if o, n := s.left(); o != tc.left || n != 1 {
					t.Errorf("%d left of the order, %d of its neighbour", o, n)
				}
				for _, id := range s.erased {
					if strings.Contains(id, "new") || !strings.Contains(id, "/104/") {
						t.Errorf("%q was erased and is not in the plan", id)
					}
				}
			})
		}
	}
}

func TestAPartialRunCanBeTakenUpAgain(t *testing.T) {
	s, led := newShop(30, true), newBook()
	c, fresh := s.confirmed(t), s.plan(t)
	s.act = func(n int, _ plan.Object) error {
		if n >= 15 {
			return erasure.ErrOffline
		}
		return nil
	}
	r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
	if err != nil || r.State != erasure.Partial {
		t.Fatal(r.State, err)
	}
	s.act = nil
	r, steps, err = erasure.Resume(t.Context(), r, steps, s.storages, led, now, nil)
	if err != nil || r.State != erasure.Complete || r.Erased != 30 {
		t.Fatalf("%+v, %v", r, err)
	}
	whole(t, r, steps)
}

func TestAResumeWhileTheStorageIsAwayTouchesNothing(t *testing.T) {
	s, led := newShop(30, true), newBook()
	c, fresh := s.confirmed(t), s.plan(t)
	led.dieAt = 2
	if _, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	s.down = erasure.ErrOffline
	_, steps, _ := led.Unfinished(t.Context())
	r, _, err := erasure.Resume(t.Context(), led.recs[1], steps[1], s.storages, led, now, nil)
	if !errors.Is(err, erasure.ErrOffline) || r.State != erasure.Running || s.acts != 0 || led.calls != 2 {
		t.Errorf("%v, %v, %d touched, %d writes", r.State, err, s.acts, led.calls)
	}
}

func TestAResumeNeverErasesWhatCameAtTheSameKeySince(t *testing.T) {
	s, led := newShop(0, true), newBook()
	s.put("uploads/104/a.jpg", "", plan.Version) // a storage without versions
	s.put("uploads/104/b.jpg", "", plan.Version)
	c, fresh := s.confirmed(t), s.plan(t)
	led.dieAt = 2
	if _, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	o := s.put("uploads/104/a.jpg", "", plan.Version)
	o.Fingerprint = "another photo"
	s.objects[o.ID()] = o
	led.dieAt = 0
	_, steps, _ := led.Unfinished(t.Context())
	r, done, err := erasure.Resume(t.Context(), led.recs[1], steps[1], s.storages, led, now, nil)
	if err != nil || r.State != erasure.Partial || reasons(done)["failed came back: a new version appeared"] != 1 || reasons(done)["gone "] != 1 {
		t.Errorf("%+v, %v, %v", r, err, reasons(done))
	}
	if _, there := s.objects[o.ID()]; !there {
		t.Error("a photo that nobody confirmed was erased")
	}
}

// TestKilledAtEveryWrite cuts a run off at each call of the ledger, before and
// after the write, then again during the resume, and goes on from what the
// ledger holds.
func TestKilledAtEveryWrite(t *testing.T) {
	const objects = 70
	for _, batches := range []bool{false, true} {
		probe, led := newShop(objects, batches), newBook()
		if _, _, err := erasure.Run(t.Context(), probe.confirmed(t), probe.plan(t), probe.storages, led, now, nil); err != nil {
			t.Fatal(err)
		}
		calls := led.calls
		if calls < 4 {
			t.Fatalf("only %d writes", calls)
		}
		for k := -calls; k <= calls; k++ {
			if k == 0 {
				continue
			}
			s, led := newShop(objects, batches), newBook()
			c, fresh := s.confirmed(t), s.plan(t)
			led.dieAt = k
			if _, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil); !errors.Is(err, errKilled) {
				t.Fatalf("killed at %d: %v", k, err)
			}
			// Killed a second time at the first write of the resume.
			led.dieAt = led.calls + 1
			open, steps, _ := led.Unfinished(t.Context())
			for _, r := range open {
				if _, _, err := erasure.Resume(t.Context(), r, steps[r.ID], s.storages, led, now, nil); err != nil && !errors.Is(err, errKilled) {
					t.Fatalf("killed at %d, again in the resume: %v", k, err)
				}
			}
			led.dieAt = 0
			open, steps, _ = led.Unfinished(t.Context())
			for _, r := range open {
				r, done, err := erasure.Resume(t.Context(), r, steps[r.ID], s.storages, led, now, nil)
				if err != nil || r.State != erasure.Complete {
					t.Fatalf("killed at %d: resumed to %v, %v", k, r.State, err)
				}
				whole(t, r, done)
			}
			o, n := s.left()
			switch begun := len(led.recs) > 0; {
			case n != 1:
				t.Fatalf("killed at %d: the neighbour's photo is gone", k)
			case begun && (o != 0 || led.recs[1].State != erasure.Complete):
				t.Fatalf("killed at %d: %d left, ledger says %v", k, o, led.recs[1].State)
			case !begun && (o != objects || s.acts != 0):
				t.Fatalf("killed at %d before anything was written: %d left", k, o)
			}
			for _, st := range led.steps[1] {
				if st.Status != erasure.Gone {
					t.Fatalf("killed at %d: step %d is %v in the ledger", k, st.N, st.Status)
				}
			}
		}
	}
}

// TestCancelledAtEveryWrite cancels at each call of the ledger: nothing more is
// erased after the batch under way, the run stays open and can be resumed.
func TestCancelledAtEveryWrite(t *testing.T) {
	const objects = 70
	for k := 1; k <= 8; k++ {
		s, led := newShop(objects, false), newBook()
		c, fresh := s.confirmed(t), s.plan(t)
		ctx, cancel := context.WithCancel(t.Context())
		var acts int
		led.on = func(call int) {
			if call == k {
				cancel()
				acts = s.acts
			}
		}
		r, _, err := erasure.Run(ctx, c, fresh, s.storages, led, now, nil)
		if led.calls < k || err == nil {
			cancel()
			continue // it was over before
		}
		if !errors.Is(err, context.Canceled) || r.State != erasure.Running {
			t.Fatalf("cancelled at write %d: %v, %v", k, r.State, err)
		}
		if s.acts != acts {
			t.Errorf("cancelled at write %d: %d objects were erased afterwards", k, s.acts-acts)
		}
		led.on = nil
		open, steps, _ := led.Unfinished(t.Context())
		if len(open) != 1 {
			t.Fatalf("cancelled at write %d: %d runs open", k, len(open))
		}
		r, done, err := erasure.Resume(t.Context(), open[0], steps[1], s.storages, led, now, nil)
		if err != nil || r.State != erasure.Complete {
			t.Fatalf("cancelled at write %d: resumed to %v, %v", k, r.State, err)
		}
		whole(t, r, done)
	}
}

func TestCancelledDuringEachObject(t *testing.T) {
	const objects = 20
	for k := range objects {
		s, led := newShop(objects, k%2 == 0), newBook()
		c, fresh := s.confirmed(t), s.plan(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.after = func(n int) {
			if n == k {
				cancel()
			}
		}
		if r, _, err := erasure.Run(ctx, c, fresh, s.storages, led, now, nil); !errors.Is(err, context.Canceled) || r.State != erasure.Running {
			t.Fatalf("cancelled at object %d: %v, %v", k, r.State, err)
		}
		s.after = nil
		_, steps, _ := led.Unfinished(t.Context())
		r, done, err := erasure.Resume(t.Context(), led.recs[1], steps[1], s.storages, led, now, nil)
		if err != nil || r.State != erasure.Complete {
			t.Fatalf("cancelled at object %d: resumed to %v, %v", k, r.State, err)
		}
		whole(t, r, done)
	}
}

func TestAPlanOverSeveralStorages(t *testing.T) {
	s, led := newShop(0, true), newBook()
	other := &box{name: "prints", objects: map[string]plan.Object{}}
	s.storages["prints"] = other
	var found []plan.Found
	for i := range 1100 {
		b := []*box{s.box, other}[i%2]
		found = append(found, plan.Found{Order: 1, Number: "104", Object: b.put(fmt.Sprintf("uploads/104/%d.jpg", i), "v", plan.Version)})
	}
	p := plan.Build(plan.Input{Orders: []order.Order{s.target}, Found: found})
	c, err := plan.Confirm(p, p.Hash, "rule media", now())
	if err != nil {
		t.Fatal(err)
	}
	other.act = func(n int, _ plan.Object) error {
		if n == 3 {
			return erasure.ErrDenied
		}
		return nil
	}
	r, steps, err := erasure.Run(t.Context(), c, p, s.storages, led, now, nil)
	if err != nil || r.State != erasure.Partial || r.Erased != 1099 || r.By != "rule media" || len(other.objects) != 1 {
		t.Errorf("%+v, %v, %v", r, err, reasons(steps))
	}
	whole(t, r, steps)
}

func TestAnotherRunIsOpen(t *testing.T) {
	s := newShop(3, true)
	led := &busy{newBook()}
	if _, _, err := erasure.Run(t.Context(), s.confirmed(t), s.plan(t), s.storages, led, now, nil); !errors.Is(err, erasure.ErrRunning) || s.acts != 0 {
		t.Errorf("%v, %d touched", err, s.acts)
	}
}

type busy struct{ *book }

func (busy) Begin(context.Context, erasure.Record, []erasure.Step) (int64, error) {
	return 0, erasure.ErrRunning
}

func BenchmarkRunInMemory(b *testing.B) {
	for b.Loop() {
		s := newShop(0, true)
		for i := range 10000 {
			s.put(fmt.Sprintf("uploads/104/%d.jpg", i/3), fmt.Sprint(i), plan.Version)
		}
		c, fresh := s.confirmed(b), s.plan(b)
		if r, _, err := erasure.Run(b.Context(), c, fresh, s.storages, newBook(), now, nil); err != nil || r.State != erasure.Complete {
			b.Fatal(r.State, err)
		}
	}
}
