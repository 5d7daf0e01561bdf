package agenda

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"greffier/app/law"
)

// ErrAbsence says that the days away contradict each other, or are more than a
// year.
var ErrAbsence = errors.New("the days away are not possible")

// longestAbsence bounds an absence, in days: more is a mistake in typing.
const longestAbsence = 366

// maxNote bounds the note of an absence, in letters.
const maxNote = 200

// Absence is a time in which nobody reads the mail, first and last day
// included. Note is the owner's own words.
type Absence struct {
	ID   string   `json:"id"`
	From law.Date `json:"from"`
	To   law.Date `json:"to"`
	Note string   `json:"note,omitempty"`
}

// Check returns ErrAbsence for days that cannot be.
func (a Absence) Check() error {
	switch {
	case !a.From.Valid() || !a.To.Valid() || a.From.Year > 9000:
		return fmt.Errorf("%w: a day is missing", ErrAbsence)
	case a.To.Before(a.From):
		return fmt.Errorf("%w: the last day is before the first", ErrAbsence)
	case a.From.Days(a.To) >= longestAbsence:
		return fmt.Errorf("%w: more than a year", ErrAbsence)
	case len([]rune(a.Note)) > maxNote:
		return fmt.Errorf("%w: the note is too long", ErrAbsence)
	}
	return nil
}

// Days returns how many days the absence has.
func (a Absence) Days() int { return a.From.Days(a.To) + 1 }

// Warning is something to know of an absence, a key of the text catalog.
type Warning string

// The warnings.
const (
	WarnOver    Warning = "agenda.warn.over"    // it is over
	WarnNow     Warning = "agenda.warn.now"     // no working day is left before it
	WarnLate    Warning = "agenda.warn.late"    // something is late already
	WarnMail    Warning = "agenda.warn.mail"    // a request that arrives while away would be late
	WarnLong    Warning = "agenda.warn.long"    // what arrives between the last working day and leaving could be
	WarnBreach  Warning = "agenda.warn.breach"  // the hours of a breach may run out (GDPR Art. 33(1))
	WarnRunning Warning = "agenda.warn.running" // an awaited answer starts a clock again
)

// Leave is what an absence means.
type Leave struct {
	Absence Absence
	// LastDay is the last working day before it, BackOn the first one after it.
	LastDay, BackOn law.Date
	// Before is what must be done by LastDay: all that asks for something and
	// falls due before BackOn, what is late already included.
	Before []Entry
	// OnTheDay is what falls due while away and cannot be done before: media
	// whose period is not over (policy, Art. 7).
	OnTheDay []Entry
	// Back is what falls due on BackOn or on the working day after it.
	Back []Entry
	// Inside is all that falls on a day of the absence.
	Inside []Entry
	// MailDue is the last day to answer a request that arrives on the first day
	// away; MailLeft how many working days are left for it, BackOn included.
	MailDue  law.Date
	MailLeft int
	// LongestTo is the latest last day on which no request that nobody has seen
	// yet becomes late by the absence alone: one that arrives on LastDay, after
	// the mail was read, can still be answered on the day of return.
	LongestTo law.Date
	Warnings  []Warning
}

// Plan returns what an absence means for the entries of a day, with the public
// holidays of a territory. The entries must reach beyond its end. It returns
// ErrAbsence for days that cannot be.
func Plan(a Absence, entries []Entry, today law.Date, zone *time.Location, t law.Territory) (Leave, error) {
	if err := a.Check(); err != nil {
		return Leave{}, err
	}
	if t == "" {
		t = law.Metropole
	}
	l := Leave{Absence: a, LastDay: previousWorkingDay(a.From, t), BackOn: law.NextWorkingDay(a.To.AddDays(1), t)}
	next := law.NextWorkingDay(l.BackOn.AddDays(1), t)
	var late, running bool
	for _, e := range entries {
		inside := !e.Date.Before(a.From) && !e.Date.After(a.To)
		if inside && e.ID != "absence-"+a.ID {
			l.Inside = append(l.Inside, e)
		}
		running = running || e.Kind == Waiting
		late = late || e.Tone == Late
		switch {
		case !e.Kind.Asks():
		case e.Kind == Media && e.Date.After(l.LastDay) && e.Date.Before(l.BackOn):
			l.OnTheDay = append(l.OnTheDay, e)
		case e.Date.Before(l.BackOn):
			l.Before = append(l.Before, e)
		case !e.Date.After(next):
			l.Back = append(l.Back, e)
		}
	}
	due := func(d law.Date) (law.Date, error) {
		x, err := law.Clock{Received: d.Start(zone), Zone: zone, Territory: t}.Deadline(law.Date{})
		return x.Due, err
	}
	var err error
	if l.MailDue, err = due(a.From); err != nil {
		return Leave{}, fmt.Errorf("%w: %w", ErrAbsence, err)
	}
	l.MailLeft = law.WorkingDays(l.BackOn.AddDays(-1), l.MailDue, t)
	seen := l.LastDay
	if seen.Before(today) {
		seen = today
	}
	last, err := due(seen)
	if err != nil {
		return Leave{}, fmt.Errorf("%w: %w", ErrAbsence, err)
	}
	l.LongestTo = last.AddDays(-1) // a due date is a working day

	hours := law.RuleAt(law.RuleBreach, a.From).N
	for _, w := range []struct {
		is  bool
		key Warning
	}{
		{a.To.Before(today), WarnOver},
		{l.LastDay.Before(today) && !a.To.Before(today), WarnNow},
		{late, WarnLate},
		{l.BackOn.After(l.MailDue), WarnMail},
		{!l.BackOn.After(l.MailDue) && a.To.After(l.LongestTo), WarnLong},
		{a.Days()*24 > hours, WarnBreach},
		{running, WarnRunning},
	} {
		if w.is {
			l.Warnings = append(l.Warnings, w.key)
		}
	}
	return l, nil
}

// Has tells whether an absence has a warning.
func (l Leave) Has(w Warning) bool { return slices.Contains(l.Warnings, w) }

func previousWorkingDay(d law.Date, t law.Territory) law.Date {
	for d = d.AddDays(-1); !law.IsWorkingDay(d, t); {
		d = d.AddDays(-1)
	}
	return d
}
