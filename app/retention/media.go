package retention

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// NoOrder is the reason why objects wait that no order claims: the shop may
// not have told of their order yet, so that only the owner's own hand erases
// them.
const NoOrder = "no order claims them"

// NoStart is the reason why objects wait of which nothing says how old they are.
const NoStart = "no date is known"

// ErrNoPeriod says that a rule has no usable period.
var ErrNoPeriod = errors.New("the retention rule has no usable period")

// Start is when a media period began, and from what.
type Start struct {
	Date law.Date
	From string // "completion", "last interaction", "last change"
}

// refundYears bounds after how long a change of a refunded order is taken for its
// refund: what the shop does to it later must not keep a photo for ever.
const refundYears = 1

// MediaStart returns the start of the media period of an order: its
// completion; where no order was completed, the last interaction known, the
// order's last change or the person's last message, whichever is later. An
// order said to be complete without a date counts from its last change, which
// is not before its completion. A refund or a return of which the shop knows is the
// last interaction: shops tell of no other date than that of the change. The zero Start means that nothing is known.
func MediaStart(o order.Order, lastMessage time.Time, zone *time.Location) Start {
	if !o.CompletedAt.IsZero() {
		if o.State == order.Refunded && !o.Erased && o.ModifiedAt.After(o.CompletedAt) && o.ModifiedAt.Before(o.CompletedAt.AddDate(refundYears, 0, 0)) {
			return Start{law.DateOf(o.ModifiedAt, zone), FromInteraction}
		}
		return Start{law.DateOf(o.CompletedAt, zone), "completion"}
	}
	last := o.ModifiedAt
	if last.IsZero() {
		last = o.CreatedAt
	}
	if o.State != order.Completed && lastMessage.After(last) {
		last = lastMessage
	}
	if last.IsZero() {
		return Start{}
	}
	return Start{law.DateOf(last, zone), "last interaction"}
}

// Row is an order, or a group of objects that no order claims, with objects
// that a rule makes due.
type Row struct {
	Rule      string
	Order     int64
	Number    string
	Since     Start
	Due       law.Date // last day of the period: gone by its end
	Objects   int
	SizeBytes int64
	Held      string   // why it waits, "" when it is free to go
	Case      cases.ID // the open case that holds it
}

// Input is all that the media rule depends on. For a Tally, orders may be told
// one by one and objects always are.
type Input struct {
	Rule        register.Rule
	At          law.Date
	Zone        *time.Location
	Orders      []order.Order
	LastMessage map[int64]time.Time // by order: last message of its customer
	Found       []plan.Found        // of those orders
	Orphans     []plan.Found
	Holds       []plan.Hold
	Cases       []cases.Case
	// OfPerson has by case the orders of the addresses of its persons, whether
	// or not anybody proposed them.
	OfPerson map[cases.ID][]int64
}

// Apply applies the media rule to what was found. It is Tally over lists.
func Apply(in Input) (Result, error) {
	t, err := NewTally(in)
	if err != nil {
		return Result{}, err
	}
	for _, f := range in.Found {
		if f.Order != 0 {
			t.Add(f)
		}
	}
	for _, f := range in.Orphans {
		f.Order = 0
		t.Add(f)
	}
	return t.Result(), nil
}

// waits are the rights for which an open case needs the media to stay until it
// is answered: a copy cannot be given of what is gone (GDPR Art. 15, 20), and
// restriction means keeping (Art. 18).
var waits = []request.Right{request.Access, request.Portability, request.Restriction}

// NeedsMedia tells whether the media must stay until a request for a right is
// answered.
func NeedsMedia(r request.Right) bool { return slices.Contains(waits, r) }

// needsMedia returns the first right of an open case for which the media must
// stay, false where there is none.
func needsMedia(c cases.Case) (request.Right, bool) {
	if !c.State.Open() {
		return request.NoRight, false
	}
	if c.Disputed() {
		return request.Restriction, true // law.md 3.2: parents who disagree
	}
	i := slices.IndexFunc(c.Asked, func(a cases.Asked) bool { return NeedsMedia(a.Right) })
	if i < 0 {
		return request.NoRight, false
	}
	return c.Asked[i].Right, true
}

func waitsFor(id cases.ID, r request.Right) string { return fmt.Sprintf("case %d: %s", id, r) }

// StartOf is MediaStart, or for a rule that starts with the last interaction
// what moved last: the order, or the person by a message.
func StartOf(r register.Rule, o order.Order, lastMessage time.Time, zone *time.Location) Start {
	if r.Starts != FromInteraction {
		return MediaStart(o, lastMessage, zone)
	}
	last := latest(o.CreatedAt, o.CompletedAt, o.ModifiedAt, lastMessage)
	if last.IsZero() {
		return Start{}
	}
	return Start{law.DateOf(last, zone), FromInteraction}
}

// CaseHolds returns a hold for each order that an open case needs or may need
// (cases.Case.MayConcern), so that the planner protects what Apply says waits: to
// wait can be taken back, an erasure cannot. ofPerson is as in Input.
func CaseHolds(all []cases.Case, ofPerson map[cases.ID][]int64, except cases.ID, today law.Date) []plan.Hold {
	var out []plan.Hold
	for _, c := range all {
		r, needs := needsMedia(c)
		// While parents disagree nothing goes, for the case itself neither.
		if c.ID == except && !c.Disputed() || !needs {
			continue
		}
		for _, id := range c.MayConcern(ofPerson[c.ID]...) {
			out = append(out, plan.Hold{Order: id, From: today, Reason: waitsFor(c.ID, r), Article: r.Article()})
		}
	}
	return out
}
