package erasure

import (
	"errors"
	"time"

	"greffier/app/plan"
)

// The reasons of steps that are left, in plain English.
const (
	reasonStill      = "still there after erasing"
	reasonCameBack   = "came back"
	reasonBack       = reasonCameBack + ": a new version appeared"
	reasonUnverified = "could not be verified"
	reasonNoProof    = "erased, but this storage cannot prove that it is gone"
	reasonLocked     = "kept by the storage under a lock"
	reasonUntil      = " until "
	reasonHeld       = "held since the plan was confirmed"
	reasonOther      = "the storage answered with an error"
)

// errHeld says that the guard of the ledger keeps a step from being erased.
var errHeld = errors.New(reasonHeld)

// reasonOf puts an error into words without anything in it that could be
// personal: a storage's own message may name the key.
func reasonOf(err error) string {
	var locked *LockedError
	switch {
	case errors.As(err, &locked) && !locked.Until.IsZero():
		return reasonLocked + reasonUntil + locked.Until.UTC().Format(time.DateOnly)
	case errors.Is(err, ErrLocked):
		return reasonLocked + ", date not known"
	}
	for _, known := range []error{errHeld, plan.ErrStale, ErrNotThere, ErrOffline, ErrDenied, ErrUnknownStorage, ErrChanged, ErrElsewhere, ErrNoWay} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return reasonOther
}

// statusOf returns the status of a step that a storage, or the guard, refused.
func statusOf(err error) Status {
	if errors.Is(err, ErrLocked) || errors.Is(err, errHeld) {
		return Retained
	}
	return Failed
}
