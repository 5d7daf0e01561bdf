package effects

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/plan"
)

// Ground is the point of GDPR Art. 18(1) on which a restriction stands.
type Ground string

// The grounds of a restriction.
const (
	Contested Ground = "a" // accuracy is contested, while it is verified
	Unlawful  Ground = "b" // the processing is unlawful and the person wants no erasure
	Claim     Ground = "c" // the person needs the data for a legal claim
	Objected  Ground = "d" // an objection is being weighed (Art. 21(1))
)

// Grounds are the grounds of a restriction, in the order of the law.
var Grounds = []Ground{Contested, Unlawful, Claim, Objected}

// Article returns the ground as a key of law.Articles.
func (g Ground) Article() string { return "GDPR Art. 18(1)(" + string(g) + ")" }

var (
	// ErrGround says that a restriction names no ground of GDPR Art. 18(1).
	ErrGround = errors.New("a restriction needs one of its four grounds")
	// ErrNotTold says that a restriction cannot be lifted before the person was
	// told (GDPR Art. 18(3)).
	ErrNotTold = errors.New("the person was not told before that the restriction ends")
	// ErrNoRestriction says that no restriction of that number stands.
	ErrNoRestriction = errors.New("no such restriction stands")
)

// LockState is what became of the wish to lock one object in its storage. The
// zero value is the cautious one: nothing is locked yet.
type LockState string

// The states of a lock.
const (
	LockWanted  LockState = ""        // written before it is tried
	LockHeld    LockState = "held"    // the storage holds it for this restriction
	LockForeign LockState = "foreign" // it was locked before: not this restriction's to unlock
	LockLifted  LockState = "lifted"  // unlocked again
	LockFailed  LockState = "failed"  // the storage did not take it: tried again later
)

// Lock is one object that a restriction locks in its storage. Key need not be
// UTF-8.
type Lock struct {
	Storage string    `json:"storage"`
	Key     []byte    `json:"key"`
	Version string    `json:"version"`
	State   LockState `json:"state,omitempty"`
}

// Object returns the object that is locked.
func (l Lock) Object() plan.Object {
	return plan.Object{Storage: l.Storage, Key: string(l.Key), Version: l.Version}
}

// Restriction keeps the data of orders, unused and unerased (GDPR Art. 18).
// Instants are UTC; Reason and LiftReason are the owner's own words.
type Restriction struct {
	ID     string    `json:"id"`
	Case   int64     `json:"case,omitempty"` // that asked for it, 0 for the owner herself
	Orders []int64   `json:"orders"`
	Ground Ground    `json:"ground"`
	Reason string    `json:"reason"`
	From   time.Time `json:"from"`
	// ToldAt is when the person was told that it will be lifted (Art. 18(3)),
	// LiftedAt when it was.
	ToldAt     time.Time `json:"told_at,omitzero"`
	LiftedAt   time.Time `json:"lifted_at,omitzero"`
	LiftReason string    `json:"lift_reason,omitempty"`
	Locks      []Lock    `json:"locks,omitempty"`
	// Unlocked counts the objects that no storage could lock: Greffier alone
	// holds them. Looked tells that the storages were asked.
	Unlocked int  `json:"unlocked,omitempty"`
	Looked   bool `json:"looked,omitempty"`
}

// Check tells whether a restriction can be placed: orders, one of the four
// grounds, a reason. Errors: cases.ErrNoOrder, ErrGround, cases.ErrReason.
func (r Restriction) Check() error {
	switch {
	case len(r.Orders) == 0:
		return fmt.Errorf("restrict: %w", cases.ErrNoOrder)
	case !slices.Contains(Grounds, r.Ground):
		return fmt.Errorf("restrict: %w", ErrGround)
	case strings.TrimSpace(r.Reason) == "":
		return fmt.Errorf("restrict: %w", cases.ErrReason)
	}
	return nil
}

// Active tells whether the restriction stands.
func (r Restriction) Active() bool { return r.LiftedAt.IsZero() }

// Lift ends a restriction, told being when the person was told of it and reason
// why it ends. It is refused with ErrNotTold where she was not told, or is said
// to have been told before it was placed or in the future; ErrNoRestriction
// where it does not stand any more; cases.ErrReason without a reason.
func (r Restriction) Lift(told time.Time, reason string, now time.Time) (Restriction, error) {
	switch {
	case !r.Active():
		return r, fmt.Errorf("lift %s: %w", r.ID, ErrNoRestriction)
	case strings.TrimSpace(reason) == "":
		return r, fmt.Errorf("lift %s: %w", r.ID, cases.ErrReason)
	case told.IsZero(), told.Before(r.From), told.After(now):
		return r, fmt.Errorf("lift %s: %w", r.ID, ErrNotTold)
	}
	r.Orders, r.Locks = slices.Clone(r.Orders), slices.Clone(r.Locks)
	r.ToldAt, r.LiftedAt, r.LiftReason = told.UTC(), now.UTC(), Words(reason)
	return r, nil
}

// ToldOn is the instant of a day on which the person was told, for Lift: noon,
// but not before the restriction stood on the day on which it was placed, and
// not after now today. The zero day is the zero instant.
func (r Restriction) ToldOn(day law.Date, now time.Time, zone *time.Location) time.Time {
	if day.IsZero() {
		return time.Time{}
	}
	if zone == nil {
		zone = law.Paris()
	}
	at := time.Date(day.Year, day.Month, day.Day, 12, 0, 0, 0, zone)
	if day == law.DateOf(r.From, zone) && at.Before(r.From) {
		at = r.From
	}
	if day == law.DateOf(now, zone) && at.After(now) {
		at = now
	}
	return at.UTC()
}

// Holds returns what keeps the orders of the restrictions that stand from being
// erased, in any plan, sweep or run. The holds have no number: they are lifted
// as restrictions are.
func Holds(rs []Restriction, zone *time.Location) []plan.Hold {
	var out []plan.Hold
	for _, r := range rs {
		if !r.Active() {
			continue
		}
		for _, id := range r.Orders {
			out = append(out, plan.Hold{Order: id, Reason: r.Reason, Article: r.Ground.Article(), From: law.DateOf(r.From, zone)})
		}
	}
	return out
}

// Restricts tells whether a restriction that stands is about an order.
func Restricts(rs []Restriction, order int64) bool {
	return slices.ContainsFunc(rs, func(r Restriction) bool { return r.Active() && slices.Contains(r.Orders, order) })
}
