package erasure_test

import (
	"errors"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/plan"
)

func TestWhenWhatIsLeftIsTriedAgain(t *testing.T) {
	step := func(st erasure.Status, reason string) erasure.Step { return erasure.Step{Status: st, Reason: reason} }
	gone := step(erasure.Gone, "")
	away := step(erasure.Failed, "the storage cannot be reached")
	locked := step(erasure.Retained, "kept by the storage under a lock until 2026-12-23")
	afterLock := time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	in := func(d time.Duration) time.Time { return now().Add(d) }
	for _, tc := range []struct {
		name  string
		state erasure.State
		tries int
		now   time.Time
		steps []erasure.Step
		want  time.Time
	}{
		{"first after a quarter of an hour", erasure.Partial, 0, now(), []erasure.Step{gone, away}, in(15 * time.Minute)},
		{"then after an hour", erasure.Partial, 1, now(), []erasure.Step{gone, away}, in(time.Hour)},
		{"then after four", erasure.Partial, 2, now(), []erasure.Step{gone, away}, in(4 * time.Hour)},
		{"then after a day", erasure.Partial, 3, now(), []erasure.Step{gone, away}, in(24 * time.Hour)},
		{"then daily", erasure.Partial, 9, now(), []erasure.Step{gone, away}, in(24 * time.Hour)},
		{"and no more after ten times", erasure.Partial, 10, now(), []erasure.Step{gone, away}, time.Time{}},
		{"a count that cannot be is the first", erasure.Partial, -1, now(), []erasure.Step{away}, in(15 * time.Minute)},
		{"a complete run never", erasure.Complete, 0, now(), []erasure.Step{gone}, time.Time{}},
		{"a refused run never", erasure.Refused, 0, now(), []erasure.Step{away}, time.Time{}},
		{"an open run is not tried but resumed", erasure.Running, 0, now(), []erasure.Step{away}, time.Time{}},
		{"a locked object on the day after its lock ends", erasure.Partial, 0, now(), []erasure.Step{gone, locked}, afterLock},
		{"however often the rest was tried", erasure.Partial, 10, now(), []erasure.Step{away, locked}, afterLock},
		{"the rest does not wait for the lock", erasure.Partial, 0, now(), []erasure.Step{locked, away}, in(15 * time.Minute)},
		{"not in the last moment of the lock's day", erasure.Partial, 0, afterLock.Add(-1), []erasure.Step{locked}, afterLock},
		{"a lock that outlived its date is tried like the rest", erasure.Partial, 1, afterLock, []erasure.Step{locked}, afterLock.Add(time.Hour)},
		{"a lock without a date is tried like the rest", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Retained, "kept by the storage under a lock, date not known")}, in(15 * time.Minute)},
		{"a lock until the end of all years never ends", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Retained, "kept by the storage under a lock until 9999-12-31")}, time.Time{}},
		{"what is held is asked for again", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Retained, "held since the plan was confirmed")}, in(15 * time.Minute)},
		{"what could not be verified, too", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, "could not be verified")}, in(15 * time.Minute)},
		{"what cannot be proven waits for the owner", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, "erased, but this storage cannot prove that it is gone")}, time.Time{}},
		{"what the shop has no way for waits for the owner", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, erasure.ErrNoWay.Error())}, time.Time{}},
		{"what has changed waits for the owner", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, erasure.ErrChanged.Error())}, time.Time{}},
		{"what lies elsewhere too waits for the owner", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, erasure.ErrElsewhere.Error())}, time.Time{}},
		{"what came back waits for the owner", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, "came back: a new version appeared")}, time.Time{}},
		{"what came back later, too", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, "came back after it was erased")}, time.Time{}},
		{"one that waits for the owner does not stop the others", erasure.Partial, 0, now(), []erasure.Step{step(erasure.Failed, erasure.ErrNoWay.Error()), away}, in(15 * time.Minute)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := erasure.RetryAfter(erasure.Record{State: tc.state, Tries: tc.tries}, tc.steps, tc.now)
			if !got.Equal(tc.want) || got.Location() != time.UTC {
				t.Errorf("%v, want %v", got, tc.want)
			}
			if _, err := got.MarshalJSON(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAPartialRunIsTriedAgainByItself lets time pass: a run whose storage
// mends is complete at the next try, and one that does not mend is tried less
// and less often.
func TestAPartialRunIsTriedAgainByItself(t *testing.T) {
	s, led := newShop(30, true), newBook()
	c, fresh := s.confirmed(t), s.plan(t)
	clock := now()
	tick := func() time.Time { return clock }
	s.act = func(_ int, o plan.Object) error {
		switch o.Version {
		case "v6":
			return &erasure.LockedError{Until: clock.AddDate(0, 0, 2)}
		case "v9":
			return erasure.ErrNoWay
		case "v12":
			return erasure.ErrDenied
		}
		return nil
	}
	r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, tick, nil)
	if err != nil || r.State != erasure.Partial || r.Left != 3 || r.Tries != 0 || !r.RetryAt.Equal(clock.Add(15*time.Minute)) || !led.recs[1].RetryAt.Equal(r.RetryAt) {
		t.Fatalf("%+v, %v", r, err)
	}
	acts := s.acts
	clock = r.RetryAt
	if r, steps, err = erasure.Resume(t.Context(), r, steps, s.storages, led, tick, nil); err != nil || r.State != erasure.Partial || r.Tries != 1 || !r.RetryAt.Equal(clock.Add(time.Hour)) {
		t.Fatalf("%+v, %v", r, err)
	}
	if s.acts != acts+1 {
		t.Errorf("%d objects were asked for, want the one that time may mend", s.acts-acts)
	}
	for range 20 {
		if r.RetryAt.IsZero() || r.Tries == 10 {
			break
		}
		clock = r.RetryAt
		if r, steps, err = erasure.Resume(t.Context(), r, steps, s.storages, led, tick, nil); err != nil || r.State != erasure.Partial {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if r.Tries != 10 {
		t.Errorf("tried %d times", r.Tries)
	}
	s.act = nil
	clock = clock.AddDate(0, 0, 5)
	r.RetryAt = time.Time{} // the owner has it tried
	r, steps, err = erasure.Resume(t.Context(), r, steps, s.storages, led, tick, nil)
	if err != nil || r.State != erasure.Complete || r.Tries != 0 || !r.RetryAt.IsZero() {
		t.Errorf("%+v, %v, %v", r, err, reasons(steps))
	}
}

func TestAPlaceThatCannotBeListedDoesNotStopAResume(t *testing.T) {
	s, led := newShop(0, true), newBook()
	s.put("uploads/104/a/1.jpg", "v", plan.Version)
	s.put("uploads/104/b/1.jpg", "v", plan.Version)
	c, fresh := s.confirmed(t), s.plan(t)
	led.dieAt = 2
	if _, _, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	led.dieAt = 0
	s.listing = func(prefix string) error {
		if prefix == "uploads/104/a/1.jpg" {
			return erasure.ErrDenied
		}
		return nil
	}
	_, steps, _ := led.Unfinished(t.Context())
	r, done, err := erasure.Resume(t.Context(), led.recs[1], steps[1], s.storages, led, now, nil)
	if err != nil || r.State != erasure.Partial || reasons(done)["failed the storage refuses access"] != 1 || reasons(done)["gone "] != 1 || s.acts != 1 {
		t.Errorf("%+v, %v, %v", r, err, reasons(done))
	}
}
