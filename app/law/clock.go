package law

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Suspension is a time during which the clock of a request stood still, because
// information needed to identify the person, or to understand a very wide
// request, had been asked for (décret 2019-536 Art. 77; GDPR Recital 63). It is
// entered by the owner with her reason, never inferred.
type Suspension struct {
	From   Date   `json:"from"`   // day on which the information was asked for
	To     Date   `json:"to"`     // day on which a sufficient answer came; zero while it is awaited
	Reason string `json:"reason"` // why it was needed, in the owner's words
	By     string `json:"by"`     // who entered it
}

// Clock is the facts of one request from which its deadline follows.
type Clock struct {
	// Received is the instant at which the message reached the controller's
	// server: not when it was read, nor when it was found in the spam folder.
	Received time.Time
	// Zone decides which date an instant is. Nil means Europe/Paris.
	Zone *time.Location
	// Territory chooses the public holidays. Empty means Metropole.
	Territory Territory
	// ExtendedAt is the instant at which the person was told of an extension
	// and its reasons; zero when she was not. There is no second extension.
	ExtendedAt time.Time
	// Suspensions are in any order and must not overlap.
	Suspensions []Suspension
	// MinorAtCollection says that the person was a minor when the data were
	// collected, even if she is of age now.
	MinorAtCollection bool
}

// Step is one step of a reasoning, as a sentence in French and in English.
type Step struct {
	FR string `json:"fr"`
	EN string `json:"en"`
	// Source is the key of an Article, or several joined by "; ".
	Source string `json:"source"`
	// Date is the result of the step, in the clock's zone.
	Date Date `json:"date"`
}

// Deadline is what follows from a Clock. All dates are whole days in the
// clock's zone: an act is in time until the end of the day.
type Deadline struct {
	// Received is the local date of receipt.
	Received Date `json:"received"`
	// Raw is the last day of the period that counts, from date to date: before
	// the days of suspension are added and before it moves to a working day.
	Raw Date `json:"raw"`
	// Due is the day by which the person must be answered.
	Due Date `json:"due"`
	// Unsuspended is what Due would be had nothing been suspended.
	Unsuspended Date `json:"unsuspended"`
	// ExtensionDue is what Due becomes with an extension validly notified. It
	// does not look at whether NoticeBy has passed: CanExtend does. It is zero
	// once a notice was given too late.
	ExtensionDue Date `json:"extension_due"`
	// NoticeBy is the last day on which an extension can be notified: the end
	// of the first month, suspension and working days included.
	NoticeBy Date `json:"notice_by"`
	// MonthEnd is what NoticeBy would be had nothing been suspended.
	MonthEnd Date `json:"month_end"`
	// RefusalBy is the last day for a refusal with its reasons (GDPR Art.
	// 12(4)): the month, suspension included, never extended.
	RefusalBy Date `json:"refusal_by"`
	// SuspendedDays is the number of days of suspension contained in Due.
	SuspendedDays int `json:"suspended_days"`
	// Extended says that a valid extension counts in Due.
	Extended bool `json:"extended"`
	// ExtensionVoid says that a notice was given that extends nothing.
	ExtensionVoid bool `json:"extension_void"`
	// Suspended says that a suspension is still running and stops the clock, so
	// that Due moves on with each day.
	Suspended bool `json:"suspended"`
	// Steps is the reasoning; the Date of the last one is Due.
	Steps []Step `json:"steps"`
	// Warnings says what is contestable, void or to be kept in mind.
	Warnings []Step `json:"warnings"`
}

// DaysLeft returns the number of days from today to Due: 0 on the last day,
// negative when late.
func (d Deadline) DaysLeft(today Date) int { return today.Days(d.Due) }

// CanExtend tells whether an extension notified today would count (GDPR Art.
// 12(3)): none counts already, and the first month has not ended.
func (d Deadline) CanExtend(today Date) bool {
	return !d.Extended && !d.ExtensionDue.IsZero() &&
		!today.Before(d.Received) && !today.After(d.NoticeBy)
}

// pause is a suspension with its length, measured up to today while it runs.
type pause struct {
	Suspension
	days  int
	since Date // the day from which without delay is judged
}

// span is a period of the clock: its end from date to date, and what the
// suspensions and the working days make of it.
type span struct {
	raw    Date
	end    Date // the working day on which it ends
	days   int  // days of suspension added
	pauses int  // how many of the suspensions count, from the first
}

// stretch adds to a period the suspensions that began before it was over: what
// has run out cannot be suspended any more. GDPR Art. 12(3) with D2019 Art. 77;
// Reg. 1182/71 Art. 3(4), applied once, after the days have been added.
func stretch(raw Date, pauses []pause, t Territory) span {
	s := span{raw: raw, end: NextWorkingDay(raw, t)}
	for _, p := range pauses {
		if p.From.After(s.end) {
			break
		}
		s.days += p.days
		s.pauses++
		s.end = NextWorkingDay(raw.AddDays(s.days), t)
	}
	return s
}

// Deadline computes what the law makes of the facts. A suspension still running
// is counted up to today; nothing else looks at today.
//
// It returns ErrNoReceipt, ErrUnknownTerritory, ErrBadSuspension, or ErrBadDate
// when today is missing for a running suspension or a date leaves the calendar.
func (c Clock) Deadline(today Date) (Deadline, error) {
	if c.Received.IsZero() {
		return Deadline{}, fmt.Errorf("compute a deadline: %w", ErrNoReceipt)
	}
	zone, territory := orParis(c.Zone), cmp.Or(c.Territory, Metropole)
	if !territory.known() {
		return Deadline{}, fmt.Errorf("compute a deadline: %w", ErrUnknownTerritory)
	}
	received, notice := DateOf(c.Received, zone), DateOf(c.ExtendedAt, zone)
	if !computable(received) || !(notice.IsZero() || computable(notice)) {
		return Deadline{}, fmt.Errorf("compute a deadline: receipt or notice: %w", ErrBadDate)
	}
	pauses, err := c.pauses(received, today)
	if err != nil {
		return Deadline{}, fmt.Errorf("compute a deadline: %w", err)
	}

	// GDPR Art. 12(3): one month, and with the extension three, both from the
	// receipt. Chained from 28 February, the three months of 31 January would
	// end on 28 April instead of 30 April.
	months := RuleAt(RuleAnswer, received).N
	more := RuleAt(RuleExtension, received).N
	first := stretch(received.AddMonths(months), pauses, territory)
	whole := stretch(received.AddMonths(months+more), pauses, territory)
	refusal := stretch(received.AddMonths(RuleAt(RuleRefusal, received).N), pauses, territory)

	d := Deadline{
		Received:     received,
		ExtensionDue: whole.end,
		NoticeBy:     first.end,
		MonthEnd:     NextWorkingDay(first.raw, territory),
		RefusalBy:    refusal.end,
		Warnings:     []Step{}, // an empty list in JSON, not null
	}
	early := !notice.IsZero() && c.ExtendedAt.Before(c.Received)
	late := !early && notice.After(first.end)
	d.ExtensionVoid = early || late
	d.Extended = !notice.IsZero() && !d.ExtensionVoid
	if late {
		d.ExtensionDue = Date{}
	}

	counting := first
	d.Unsuspended = d.MonthEnd
	if d.Extended {
		counting = whole
		// Had nothing been suspended, a notice given after the bare month would
		// have come too late.
		if !notice.After(d.MonthEnd) {
			d.Unsuspended = NextWorkingDay(whole.raw, territory)
		}
	}
	d.Raw, d.Due, d.SuspendedDays = counting.raw, counting.end, counting.days
	if n := counting.pauses; n > 0 {
		d.Suspended = pauses[n-1].To.IsZero()
	}
	if !computable(d.Due) || !computable(whole.end) {
		return Deadline{}, fmt.Errorf("compute a deadline: %w", ErrBadDate)
	}

	r := reasoning{
		clock: c, zone: zone, territory: territory, today: today, notice: notice, early: early,
		months: months, more: more, first: first, whole: whole, counting: counting, pauses: pauses, d: &d,
	}
	r.steps()
	r.warnings()
	return d, nil
}

// computable leaves room for the years that a period may add.
func computable(d Date) bool { return d.Valid() && d.Year < lastYear-100 }

// pauses checks the suspensions, orders them, and measures each.
func (c Clock) pauses(received, today Date) ([]pause, error) {
	out := make([]pause, 0, len(c.Suspensions))
	for _, s := range c.Suspensions {
		switch {
		case !computable(s.From), !s.To.IsZero() && !computable(s.To):
			return nil, fmt.Errorf("%w: %w", ErrBadSuspension, ErrBadDate)
		case s.From.Before(received):
			return nil, fmt.Errorf("%w: it begins before the receipt", ErrBadSuspension)
		case !s.To.IsZero() && s.To.Before(s.From):
			return nil, fmt.Errorf("%w: it ends before it begins", ErrBadSuspension)
		case s.To.IsZero() && !computable(today):
			return nil, fmt.Errorf("count a running suspension to today: %w", ErrBadDate)
		}
		end := s.To
		if end.IsZero() {
			end = today
		}
		out = append(out, pause{Suspension: s, days: max(0, s.From.Days(end))})
	}
	slices.SortStableFunc(out, func(a, b pause) int {
		// Of two that begin on one day the shorter comes first, so that a
		// question answered at once may be followed by another.
		if n := a.From.Compare(b.From); n != 0 {
			return n
		}
		return cmp.Compare(length(a), length(b))
	})
	since := received
	for i := range out {
		if i > 0 {
			before := out[i-1]
			if before.To.IsZero() || out[i].From.Before(before.To) {
				return nil, fmt.Errorf("%w: it overlaps another", ErrBadSuspension)
			}
			since = before.To
		}
		out[i].since = since
	}
	return out, nil
}

// length orders suspensions; one still running is the longest.
func length(p pause) int {
	if p.To.IsZero() {
		return int(^uint(0) >> 1)
	}
	return p.days
}
