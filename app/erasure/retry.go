package erasure

import (
	"strings"
	"time"
)

// waitsToRetry are the waits before what is left is tried again by itself; the
// last one stands for all that follow.
var waitsToRetry = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}

// maxRetries is how often it is tried again by itself: a little more than a
// week, well within the month that the answer to a request may take (GDPR
// Art. 12(3)), so that the owner hears in time of what does not go away.
const maxRetries = 10

// RetryAfter tells when what is left of a partial run is tried again by itself,
// in UTC: after 15 minutes, 1 hour, 4 hours and 1 day, then daily up to ten
// times (Record.Tries). What a lock of the storage keeps until a date is tried
// on the day after that date and never before, however often the rest was
// tried. It is zero where nothing can change without the owner: the run is not
// partial, its tries are used up, or all that is left has changed, came back,
// lies at another place too, cannot be proven, or cannot be erased by any way
// that the shop offers.
func RetryAfter(r Record, steps []Step, now time.Time) time.Time {
	var at time.Time
	if r.State != Partial {
		return at
	}
	for _, s := range steps {
		if s.Status == Gone || forTheOwner(s) {
			continue
		}
		next := lockEnds(s)
		switch {
		case next.After(now):
			if next.Year() > 9999 {
				continue // an instant that no record can hold: never
			}
		case r.Tries < maxRetries:
			next = now.Add(waitsToRetry[min(max(r.Tries, 0), len(waitsToRetry)-1)])
		default:
			continue
		}
		if at.IsZero() || next.Before(at) {
			at = next
		}
	}
	return at.UTC()
}

// OnlyHeld tells whether something of a run is left, and all of it because the
// guard of the ledger keeps it.
func OnlyHeld(steps []Step) bool {
	left := false
	for _, s := range steps {
		if s.Status == Gone {
			continue
		}
		if s.Reason != reasonHeld {
			return false
		}
		left = true
	}
	return left
}

// forTheOwner tells whether a step is left for a reason that no waiting changes.
func forTheOwner(s Step) bool {
	switch s.Reason {
	case reasonNoProof, ErrNoWay.Error(), ErrChanged.Error(), ErrElsewhere.Error():
		return true
	}
	// Also what a later look, after the run, found to be back.
	return strings.HasPrefix(s.Reason, reasonCameBack)
}

// lockEnds returns the beginning, in UTC, of the day after the one until which
// the storage keeps a step's object under a lock, zero where it said no date.
func lockEnds(s Step) time.Time {
	until, dated := strings.CutPrefix(s.Reason, reasonLocked+reasonUntil)
	if !dated {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		return time.Time{}
	}
	return day.AddDate(0, 0, 1)
}
