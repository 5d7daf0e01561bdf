package cases

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"greffier/app/law"
	"greffier/app/mailbox"
)

// ErrDifferentPersons says that two cases seem to be of different persons, so
// that joining them needs the owner's reason.
var ErrDifferentPersons = errors.New("the two cases are of different persons")

// The events of joined cases, keys of the text catalog; Arg is the number of the
// other case.
const (
	EventMerged     = "case.merged"      // another case was joined with this one
	EventMergedInto = "case.merged_into" // this case was joined with another
)

// Unite joins a case with another of the same person, which came by another
// channel, and returns both: into, with the rights, messages, orders, letters
// and work of both and one history, and from, closed, with the trace of where it
// went. The cases given stay as they were.
//
// The clock is the stricter one: the earliest receipt counts for every right
// (GDPR Art. 12(3)), with the extension and the suspensions of the case that was
// due first, so that joining never wins a day. A right that only from asks for,
// or an order that only from means, reaches no further than from proves: identity
// falls to the lower of the two, and so does what shows that one may ask for
// somebody else. What is not into's address that wrote is not Strong there. A
// disagreement that waits for the owner's word in either waits in both.
//
// Errors: ErrInput where it is one case; ErrNotLawful where one of them has
// ended; ErrDifferentPersons where SamePerson says no and no reason is given.
func Unite(into, from Case, reason string, at time.Time, zone *time.Location) (Case, Case, error) {
	if into.ID == from.ID {
		return into, from, fmt.Errorf("join two cases: one and the same: %w", ErrInput)
	}
	for _, c := range []Case{into, from} {
		if !c.State.Open() {
			return into, from, fmt.Errorf("join two cases: %w", &NotLawfulError{Act: "merge", State: c.State, Why: WhyState})
		}
	}
	reason = manyLines(reason, 2000)
	if reason == "" && !SamePerson(into, from) {
		return into, from, fmt.Errorf("join two cases: %w", ErrDifferentPersons)
	}
	a, b := into.Copy(), from.Copy()
	against := a.Disagreed() || b.Disagreed()
	if err := a.takeClock(b, at, zone); err != nil {
		return into, from, fmt.Errorf("join two cases: %w", err)
	}
	own := mailKey(a.Requester.Email) != "" && a.Requester.Email == b.Requester.Email
	if more := a.takeRights(b); more || a.Identity.Level == Confirmed && !a.ByCode() && a.widenedBy(b, own) {
		// The owner was sure of who asks for what was meant then. A code is held
		// against the orders by its own address, a mail by what is Strong.
		a.Identity = lowerOf(a.Identity, b.Identity)
	}
	for _, m := range b.Orders {
		m.Strong = m.Strong && own
		i := slices.IndexFunc(a.Orders, func(x Match) bool { return x.Order == m.Order })
		if i < 0 {
			a.Orders = append(a.Orders, m)
			continue
		}
		a.Orders[i].Selected = a.Orders[i].Selected || m.Selected
		a.Orders[i].Confirmed = a.Orders[i].Confirmed || m.Confirmed
		// Left out of one of them, it may still be what the other one is about.
		a.Orders[i].LeftOut = a.Orders[i].LeftOut && m.LeftOut
	}
	a.Messages = union(a.Messages, b.Messages)
	a.Runs = union(a.Runs, b.Runs)
	a.Work = append(a.Work, b.Work...)
	for _, m := range b.Marks {
		if !slices.Contains(a.Marks, m) {
			a.Marks = append(a.Marks, m)
		}
	}
	if a.Challenge == nil && a.Identity.Level != Confirmed && b.Challenge.Open(at) {
		a.Challenge = b.Challenge // its letter is under way, and may still be answered
	}
	for _, l := range b.Letters {
		if l.To == "" && !l.SentAt.IsZero() && mailbox.NormEmail(a.Requester.Email) != mailbox.NormEmail(b.Requester.Email) {
			l.To = b.Requester.Email // where it went stays where it went
		}
		draft := l.SentAt.IsZero() && l.SendingAt.IsZero()
		if !draft || !slices.ContainsFunc(a.Letters, func(x Letter) bool { return x.Kind == l.Kind && x.SentAt.IsZero() }) {
			a.Letters = append(a.Letters, l)
		}
	}
	a.takePerson(b)
	a.Events = append(a.Events, b.Events...)
	slices.SortStableFunc(a.Events, func(x, y Event) int { return x.At.Compare(y.At) })
	a.log(at, ByOwner, EventMerged, strconv.FormatInt(int64(b.ID), 10), reason)
	if against && !a.Disagreed() {
		// What was said of a disagreement in one case settles none of the other.
		a.log(at, ByGreffier, EventDisagrees, "", "")
	}

	for i := range b.Suspensions {
		if b.Suspensions[i].To.IsZero() {
			b.Suspensions[i].To = law.DateOf(at, zone)
		}
	}
	b.State, b.ClosedAt, b.MergedInto = Closed, at.UTC(), a.ID
	b.Messages, b.Letters, b.Runs, b.Work, b.Challenge = nil, nil, nil, nil, nil
	b.log(at, ByOwner, EventMergedInto, strconv.FormatInt(int64(a.ID), 10), reason)
	return a, b, nil
}

// takeClock makes the clock the stricter one of two cases.
func (c *Case) takeClock(b Case, at time.Time, zone *time.Location) error {
	day := law.DateOf(at, zone)
	mine, err := c.Clock(zone).Deadline(day)
	if err != nil {
		return err
	}
	other, err := b.Clock(zone).Deadline(day)
	if err != nil {
		return err
	}
	leads := c.State // of the case whose clock it is
	if other.Due.Before(mine.Due) {
		c.ExtendedAt, c.ExtendReason, c.Suspensions, leads = b.ExtendedAt, b.ExtendReason, slices.Clone(b.Suspensions), b.State
	}
	if b.ReceivedAt.Before(c.ReceivedAt) {
		c.ReceivedAt, c.FromJunk = b.ReceivedAt, b.FromJunk
	}
	if b.DiscoveredAt.Before(c.DiscoveredAt) {
		c.DiscoveredAt = b.DiscoveredAt
	}
	// An answer is waited for only where the clock stands still for it.
	past := func(s State) State {
		if s == Identifying {
			return InProgress
		}
		return s
	}
	if c.State = max(past(c.State), past(b.State)); leads == Identifying && c.waiting() >= 0 {
		c.State = Identifying
	}
	_, err = c.Clock(zone).Deadline(day)
	return err
}

// takeRights unites the rights, and tells whether one is new. Where both ask for
// a right, a decision stands over none, and two that differ are taken anew.
func (c *Case) takeRights(b Case) bool {
	more := false
	for _, x := range b.Asked {
		i := slices.IndexFunc(c.Asked, func(a Asked) bool { return a.Right == x.Right })
		switch {
		case i < 0:
			c.Asked, more = append(c.Asked, x), true
		case c.Asked[i].Outcome == Undecided && x.Outcome != Undecided:
			c.Asked[i] = x
		case x.Outcome != Undecided && x.Outcome != c.Asked[i].Outcome:
			c.Asked[i] = Asked{Right: x.Right, Confidence: max(x.Confidence, c.Asked[i].Confidence)}
		}
	}
	return more
}

// widenedBy tells whether another case means orders that are neither in scope
// here nor those of this case's address.
func (c Case) widenedBy(b Case, own bool) bool {
	return slices.ContainsFunc(b.Orders, func(m Match) bool {
		return m.Selected && !(m.Strong && own) && !slices.ContainsFunc(c.Orders, func(x Match) bool { return x.Order == m.Order && x.Selected })
	})
}

// takePerson fills in what only the other case knows of the persons. Who asks
// for somebody else in either asks for somebody else in both, and what shows the
// authority is that of the same two persons, or none (C. civ. 371-1).
func (c *Case) takePerson(b Case) {
	same := samePerson(c.Requester, b.Requester) && (c.Link == b.Link && (c.Concerned == b.Concerned || samePerson(c.Concerned, b.Concerned)))
	if !same {
		if c.Link == Self && b.Link != Self && b.Link != LinkUnknown {
			c.Link, c.Concerned = b.Link, b.Concerned
		}
		c.Authority = nil
	}
	if c.Requester.Email == "" {
		c.Requester.Email = b.Requester.Email
	}
	if c.Requester.Name == "" {
		c.Requester.Name = b.Requester.Name
	}
	if c.Link == LinkUnknown {
		c.Link, c.Concerned = b.Link, b.Concerned
	}
	if c.Link != Self && c.Concerned == (Person{}) {
		c.Concerned = b.Concerned
	}
	if c.Link == Self {
		c.Concerned = c.Requester
	}
	c.Minor, c.Depicted = c.Minor || b.Minor, c.Depicted || b.Depicted
	if c.Authority == nil && same {
		c.Authority = b.Authority
	}
	if b.InConflict() && !c.InConflict() {
		c.Conflict = b.Conflict
	}
	if b.Told != "" {
		if c.Told != "" {
			c.Told += "\n\n"
		}
		c.Told += b.Told
	}
	if c.Subject == "" {
		c.Subject = b.Subject
	}
	if c.Language == "" {
		c.Language = b.Language
	}
}

// lowerOf is the identity that proves less, with what speaks in either.
func lowerOf(a, b Identity) Identity {
	signs := slices.Clone(a.Signs)
	for _, s := range b.Signs {
		if !slices.Contains(signs, s) {
			signs = append(signs, s)
		}
	}
	rank := func(l IdentityLevel) int {
		if l == Doubtful {
			return -1 // worse than nothing known
		}
		return int(l)
	}
	if rank(b.Level) < rank(a.Level) {
		a = b
	}
	a.Signs = signs
	return a
}

// union joins two ascending lists of numbers, each once.
func union(a, b []int64) []int64 {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}
