package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
)

// keen is a storage that can be asked for one object. sees, where it is set,
// answers in its place.
type keen struct {
	erasure.Storage
	b    *box
	sees func(o plan.Object) (bool, error)
}

func (k keen) Look(ctx context.Context, o plan.Object) (bool, error) {
	if k.sees != nil {
		return k.sees(o)
	}
	k.b.mu.Lock()
	defer k.b.mu.Unlock()
	_, there := k.b.objects[o.ID()]
	return there, ctx.Err()
}

// blind lists nothing of some keys any more.
type blind struct {
	*box
	hides func(key string) bool
}

func (b blind) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	return b.box.List(ctx, prefix, func(o plan.Object) error {
		if b.box.acts > 0 && b.hides(o.Key) {
			return nil
		}
		return yield(o)
	})
}

func TestADirectLookBesideTheListing(t *testing.T) {
	second := func(key string) bool { return strings.HasSuffix(key, "/2.jpg") }
	lies := func(s *shop) {
		s.act = func(_ int, o plan.Object) error {
			if second(o.Key) {
				return errLie
			}
			return nil
		}
	}
	for _, tc := range []struct {
		name   string
		spoil  func(s *shop)
		hides  bool
		sees   func(o plan.Object) (bool, error)
		state  erasure.State
		reason string
		n      int
		looked int
	}{
		{"finds nothing either", func(*shop) {}, false, nil, erasure.Complete, "gone ", 30, 30},
		{"finds what the listing no longer shows", lies, true, nil, erasure.Partial, "failed still there after erasing", 3, 30},
		{"finds nothing where the listing still shows it", lies, false, func(plan.Object) (bool, error) { return false, nil }, erasure.Partial, "failed still there after erasing", 3, 27},
		{"cannot be told", func(*shop) {}, false, func(o plan.Object) (bool, error) {
			if second(o.Key) {
				return false, errors.New("cannot look at marie-dupont.jpg")
			}
			return false, nil
		}, erasure.Partial, "failed could not be verified", 3, 27},
		{"cannot be told because the storage is away", func(*shop) {}, false, func(plan.Object) (bool, error) { return false, erasure.ErrOffline }, erasure.Partial, "failed could not be verified", 30, 0},
		{"is refused", func(*shop) {}, false, func(plan.Object) (bool, error) { return true, erasure.ErrDenied }, erasure.Partial, "failed could not be verified", 30, 0},
		{"is made where nothing can be proven, too", func(s *shop) { s.cannot = true; lies(s) }, true, nil, erasure.Partial, "failed still there after erasing", 3, 30},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, led := newShop(30, true), newBook()
			c, fresh := s.confirmed(t), s.plan(t)
			tc.spoil(s)
			var st erasure.Storage = s.box
			if tc.hides {
				st = blind{s.box, second}
			}
			s.storages["photos"] = keen{st, s.box, tc.sees}
			r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
			if err != nil || r.State != tc.state || reasons(steps)[tc.reason] != tc.n || r.Looked != tc.looked {
				t.Errorf("%v, %v, looked at %d: %v", r.State, err, r.Looked, reasons(steps))
			}
			whole(t, r, steps)
			if led.recs[1].Looked != r.Looked {
				t.Errorf("the ledger says %d", led.recs[1].Looked)
			}
		})
	}
}

func TestALookThatFailsNowAndThenIsMadeAgain(t *testing.T) {
	s, led := newShop(30, true), newBook()
	c, fresh := s.confirmed(t), s.plan(t)
	// By object, not by call: several are looked at at the same time, and one of
	// them must not meet all the failures.
	var mu sync.Mutex
	tries := map[string]int{}
	s.storages["photos"] = keen{s.storages["photos"], s.box, func(o plan.Object) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		if tries[o.ID()]++; tries[o.ID()] <= 2 {
			return false, fmt.Errorf("reset: %w", erasure.ErrOffline)
		}
		return false, nil
	}}
	if r, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil); err != nil || r.State != erasure.Complete || r.Looked != 30 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestARunCancelledWhileItLooksStaysOpen(t *testing.T) {
	s, led := newShop(30, true), newBook()
	c, fresh := s.confirmed(t), s.plan(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.storages["photos"] = keen{s.storages["photos"], s.box, func(plan.Object) (bool, error) { cancel(); return false, nil }}
	r, _, err := erasure.Run(ctx, c, fresh, s.storages, led, now, nil)
	if !errors.Is(err, context.Canceled) || r.State != erasure.Running {
		t.Errorf("%v, %v", r.State, err)
	}
	for _, st := range led.steps[1] {
		if st.Status == erasure.Gone {
			t.Fatal("a step is gone that was not looked at")
		}
	}
}
