package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
)

const held = "retained held since the plan was confirmed"

// warden is a ledger with a guard. holds says of each key whether it must stay.
type warden struct {
	*book
	mu    sync.Mutex
	holds func(key string) bool
	fails error
	asked [][]string // keys
}

func (w *warden) Held(_ context.Context, _ erasure.Record, steps []erasure.Step) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]string, len(steps))
	var keys []string
	for i, s := range steps {
		keys = append(keys, s.Object.Key)
		if w.holds != nil && w.holds(s.Object.Key) {
			out[i] = "litigation of Marie Dupont"
		}
	}
	w.asked = append(w.asked, keys)
	return out, w.fails
}

func (w *warden) hold(f func(key string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds = f
}

func TestWhatIsHeldSinceTheConfirmationStays(t *testing.T) {
	for _, batches := range []bool{false, true} {
		t.Run(fmt.Sprint("batches ", batches), func(t *testing.T) {
			s, led := newShop(30, batches), &warden{book: newBook()}
			c, fresh := s.confirmed(t), s.plan(t)
			led.hold(func(key string) bool { return key == "uploads/104/2.jpg" })
			r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
			if err != nil || r.State != erasure.Partial || r.Erased != 27 || reasons(steps)[held] != 3 {
				t.Fatalf("%+v, %v, %v", r, err, reasons(steps))
			}
			whole(t, r, steps)
			if o, n := s.left(); o != 3 || n != 1 || s.acts != 27 {
				t.Errorf("%d left of the order, %d of its neighbour, %d touched", o, n, s.acts)
			}
			for _, st := range led.steps[1] {
				if strings.Contains(st.Reason, "Marie") {
					t.Errorf("step %d tells whom the hold is about", st.N)
				}
			}

			t.Run("and still stays at a later try", func(t *testing.T) {
				r, steps, err = erasure.Resume(t.Context(), r, steps, s.storages, led, now, nil)
				if err != nil || r.State != erasure.Partial || reasons(steps)[held] != 3 || s.acts != 27 {
					t.Fatalf("%+v, %v, %v", r, err, reasons(steps))
				}
			})
			t.Run("until the hold is lifted", func(t *testing.T) {
				led.hold(nil)
				r, steps, err = erasure.Resume(t.Context(), r, steps, s.storages, led, now, nil)
				if err != nil || r.State != erasure.Complete || r.Erased != 30 {
					t.Fatalf("%+v, %v, %v", r, err, reasons(steps))
				}
				whole(t, r, steps)
			})
		})
	}
}

func TestAHoldPlacedWhileTheRunIsUnderWayCounts(t *testing.T) {
	for _, tc := range []struct {
		name    string
		batches bool
		objects int
	}{{"between two objects", false, 40}, {"between two batches", true, 1700}} {
		t.Run(tc.name, func(t *testing.T) {
			s, led := newShop(tc.objects, tc.batches), &warden{book: newBook()}
			c, fresh := s.confirmed(t), s.plan(t)
			atOnce := 4
			if tc.batches {
				atOnce = 500
			}
			s.after = func(n int) {
				if n == 9 {
					led.hold(func(string) bool { return true })
				}
			}
			r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
			if err != nil || r.State != erasure.Partial {
				t.Fatalf("%+v, %v", r, err)
			}
			whole(t, r, steps)
			if s.acts < 10 || s.acts > 10+atOnce || reasons(steps)[held] != tc.objects-s.acts {
				t.Errorf("%d of %d touched: %v", s.acts, tc.objects, reasons(steps))
			}
		})
	}
}

func TestTheGuardIsAskedAgainBeforeASecondTry(t *testing.T) {
	for _, batches := range []bool{false, true} {
		s, led := newShop(3, batches), &warden{book: newBook()}
		c, fresh := s.confirmed(t), s.plan(t)
		s.act = func(int, plan.Object) error {
			led.hold(func(string) bool { return true })
			return erasure.ErrOffline
		}
		r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
		if err != nil || r.State != erasure.Partial || reasons(steps)[held] != 3 || s.acts > 3 {
			t.Errorf("batches %v: %v, %v, %v, %d tries", batches, r.State, err, reasons(steps), s.acts)
		}
	}
}

func TestTheGuardIsAskedForExactlyWhatIsTried(t *testing.T) {
	s, led := newShop(1203, true), &warden{book: newBook()}
	c, fresh := s.confirmed(t), s.plan(t)
	if r, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil); err != nil || r.State != erasure.Complete {
		t.Fatal(r.State, err)
	}
	var sizes []int
	for _, keys := range led.asked {
		sizes = append(sizes, len(keys))
	}
	if !slices.Equal(sizes, []int{500, 500, 203}) {
		t.Errorf("asked for %v", sizes)
	}
}

func TestARunStopsWhenItsGuardCannotAnswer(t *testing.T) {
	for _, batches := range []bool{false, true} {
		s, led := newShop(30, batches), &warden{book: newBook(), fails: errors.New("disk")}
		c, fresh := s.confirmed(t), s.plan(t)
		r, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
		if !errors.Is(err, led.fails) || r.State != erasure.Running || s.acts != 0 {
			t.Fatalf("batches %v: %v, %v, %d touched", batches, r.State, err, s.acts)
		}
		led.fails = nil
		_, steps, _ := led.Unfinished(t.Context())
		if r, _, err = erasure.Resume(t.Context(), led.recs[1], steps[1], s.storages, led, now, nil); err != nil || r.State != erasure.Complete {
			t.Errorf("batches %v: resumed to %v, %v", batches, r.State, err)
		}
	}
}
