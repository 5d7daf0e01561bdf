package law

import (
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a legal date must not depend on whether the machine has a zone database
)

// The errors of this package. They are wrapped with what was being done.
var (
	// ErrBadDate says that a text or a value is not a day of the calendar
	// between the years 1 and 9999.
	ErrBadDate = errors.New("not a date of the calendar")
	// ErrNoReceipt says that a clock has no instant of receipt.
	ErrNoReceipt = errors.New("no instant of receipt")
	// ErrBadSuspension says that the suspensions of a clock contradict each
	// other or the receipt.
	ErrBadSuspension = errors.New("suspension is not possible")
	// ErrUnknownTerritory says that no list of public holidays has this name.
	ErrUnknownTerritory = errors.New("unknown territory")
	// ErrBadPeriod says that a text is not a retention period.
	ErrBadPeriod = errors.New("not a period")
)

const (
	firstYear = 1
	lastYear  = 9999
	dayHours  = 24 * time.Hour
)

// Date is a civil date, without clock or zone: what the law counts with. It can
// be compared with == and used as a map key. The zero value means "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// paris is the zone of a controller established in metropolitan France.
var paris = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		// The database is compiled in, so this is a broken build, and going on
		// in another zone would print wrong legal dates.
		panic("law: zone Europe/Paris is missing from the program: " + err.Error())
	}
	return zone
})

// Paris returns the zone Europe/Paris, which is also used wherever a zone
// argument of this package is nil.
func Paris() *time.Location { return paris() }

func orParis(zone *time.Location) *time.Location {
	if zone == nil {
		return paris()
	}
	return zone
}

// DateOf returns the civil date of an instant in a zone: 23:30 UTC may already
// be the next day in Paris. The zero instant gives the zero Date.
func DateOf(t time.Time, zone *time.Location) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.In(orParis(zone)).Date()
	return Date{y, m, d}
}

// ParseDate reads a day written as YYYY-MM-DD, and nothing else. It returns
// ErrBadDate for any other form and for days that do not exist.
func ParseDate(s string) (Date, error) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return Date{}, fmt.Errorf("read a date as YYYY-MM-DD: %w", ErrBadDate)
	}
	number := func(from, to int) int {
		n := 0
		for _, c := range []byte(s[from:to]) {
			if c < '0' || c > '9' {
				return -1
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	d := Date{number(0, 4), time.Month(number(5, 7)), number(8, 10)}
	if !d.Valid() {
		return Date{}, fmt.Errorf("read a date as YYYY-MM-DD: %w", ErrBadDate)
	}
	return d, nil
}

// Valid tells whether d is a day that exists, in the years 1 to 9999. The zero
// Date is not one.
func (d Date) Valid() bool {
	return d.Year >= firstYear && d.Year <= lastYear &&
		d.Month >= time.January && d.Month <= time.December &&
		d.Day >= 1 && d.Day <= lastDay(d.Year, d.Month)
}

// lastDay returns the length of a month: day 0 of the month after it.
func lastDay(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// String returns the date as YYYY-MM-DD, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero tells whether d means "no date".
func (d Date) IsZero() bool { return d == Date{} }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Weekday returns the day of the week of d.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// AddDays returns the date n days later, or earlier when n is negative. The
// zero Date stays zero.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	// Not by DateOf: 1 January of the year 1 is the zero instant, and a day.
	year, month, day := time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC).Date()
	return Date{year, month, day}
}

// AddMonths returns the same day n months later, or the last day of that month
// when it has no such day: 31 August plus one month is 30 September (Reg.
// 1182/71 Art. 3(2)(c)). The zero Date stays zero.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	months := d.Year*12 + int(d.Month) - 1 + n
	year, month := months/12, months%12
	if month < 0 {
		year, month = year-1, month+12
	}
	m := time.Month(month + 1)
	return Date{year, m, min(d.Day, lastDay(year, m))}
}

// AddYears returns the same day n years later; 29 February becomes 28 February
// in a year that has no such day. The zero Date stays zero.
func (d Date) AddYears(n int) Date { return d.AddMonths(12 * n) }

// Days returns the number of days from d to other: positive when other is later.
func (d Date) Days(other Date) int {
	return int((other.utc().Unix() - d.utc().Unix()) / int64(dayHours/time.Second))
}

// Compare returns -1 when d is before other, 0 when both are the same day, and
// +1 when d is after other.
func (d Date) Compare(other Date) int {
	switch {
	case d.Year != other.Year:
		return sign(d.Year - other.Year)
	case d.Month != other.Month:
		return sign(int(d.Month - other.Month))
	default:
		return sign(d.Day - other.Day)
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// Before tells whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After tells whether d is a later day than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// Start returns the first instant of the day in a zone, as UTC. It is midnight,
// except on a day whose clock change swallows midnight. The zero Date gives the
// zero instant.
func (d Date) Start(zone *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	zone = orParis(zone)
	midnight := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
	eve, morrow := midnight.Add(-dayHours), midnight.Add(dayHours)
	_, before := eve.Zone()
	_, after := morrow.Zone()
	if before == after {
		return midnight.UTC()
	}
	// The clocks change around this day. It begins at midnight by the old
	// clock, at midnight by the new one, or at the change itself.
	first := time.Time{}
	consider := func(t time.Time) {
		if !DateOf(t, zone).Before(d) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	consider(d.utc().Add(-time.Duration(before) * time.Second))
	consider(d.utc().Add(-time.Duration(after) * time.Second))
	if _, change := eve.ZoneBounds(); !change.IsZero() {
		consider(change)
	}
	return first.UTC()
}

// End returns the first instant of the next day in a zone, as UTC: a period
// ends with the last hour of its last day (Reg. 1182/71 Art. 3(2)(c)). The zero
// Date gives the zero instant.
func (d Date) End(zone *time.Location) time.Time { return d.AddDays(1).Start(zone) }

// MarshalText writes the date as YYYY-MM-DD, and the zero Date as "". It
// returns ErrBadDate for a day that does not exist, so that none is stored.
func (d Date) MarshalText() ([]byte, error) {
	if !d.IsZero() && !d.Valid() {
		return nil, fmt.Errorf("write a date: %w", ErrBadDate)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes. It returns ErrBadDate for
// anything else and then leaves d as it was.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	read, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = read
	return nil
}
