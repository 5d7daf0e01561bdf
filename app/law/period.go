package law

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Unit is what a retention period is counted in. The zero value is no unit.
type Unit int

// The units of a retention period.
const (
	Days Unit = iota + 1
	Months
	Years
)

// unitWords holds, by unit, the English and French words, singular and plural.
var unitWords = [...]struct{ one, many, un, des string }{
	Days:   {"day", "days", "jour", "jours"},
	Months: {"month", "months", "mois", "mois"},
	Years:  {"year", "years", "an", "ans"},
}

func (u Unit) known() bool { return u >= Days && u <= Years }

// Period is how long something may be kept. It is a maximum: unlike the time to
// answer, it never moves to a working day. The zero value means "no period".
type Period struct {
	N    int
	Unit Unit
}

// longestPeriod bounds each unit at about two thousand years, so that no sum
// leaves the calendar unnoticed.
var longestPeriod = [...]int{Days: 730_000, Months: 24_000, Years: 2_000}

// ParsePeriod reads a period such as "60 days", "1 month" or "10 years", also in
// French ("60 jours", "3 ans"). It returns ErrBadPeriod for anything else.
func ParsePeriod(s string) (Period, error) {
	number, word, ok := strings.Cut(strings.TrimSpace(s), " ")
	n, err := strconv.Atoi(number)
	if ok && err == nil && n > 0 && number[0] != '+' {
		word = strings.ToLower(strings.TrimSpace(word))
		for u := Days; u.known(); u++ {
			w := unitWords[u]
			if (word == w.one || word == w.many || word == w.un || word == w.des) && n <= longestPeriod[u] {
				return Period{n, u}, nil
			}
		}
	}
	return Period{}, fmt.Errorf("read a period such as \"60 days\": %w", ErrBadPeriod)
}

// IsZero tells whether p means "no period".
func (p Period) IsZero() bool { return p == Period{} }

// String returns the period in English, as ParsePeriod reads it: "60 days".
// The zero Period, and one without a unit, give "".
func (p Period) String() string { return p.Text("en") }

// Text returns the period in a language, "fr" or "en": "60 jours".
func (p Period) Text(lang string) string {
	if !p.Unit.known() {
		return ""
	}
	w := unitWords[p.Unit]
	if lang == "fr" {
		return plural(p.N, lang, w.un, w.des)
	}
	return plural(p.N, lang, w.one, w.many)
}

// End returns the last day of the period that starts with the event of the day
// start, which is not counted: 60 days from 24 September end on 23 November
// (Reg. 1182/71 Art. 3(1) and 3(2)(c)). Being a maximum it is never rolled to a
// working day. What is kept must be gone when [Date.End] of that day has come.
// No start, or no period, gives the zero Date.
func (p Period) End(start Date) Date {
	switch p.Unit {
	case Days:
		return start.AddDays(p.N)
	case Months:
		return start.AddMonths(p.N)
	case Years:
		return start.AddYears(p.N)
	default:
		return Date{}
	}
}

// MarshalText writes the period as String does. It returns ErrBadPeriod for one
// that ParsePeriod would not read back.
func (p Period) MarshalText() ([]byte, error) {
	if p.IsZero() {
		return nil, nil
	}
	if !p.Unit.known() || p.N <= 0 || p.N > longestPeriod[p.Unit] {
		return nil, fmt.Errorf("write a period: %w", ErrBadPeriod)
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads what MarshalText writes; an empty text is "no period". It
// returns ErrBadPeriod for anything else and then leaves p as it was.
func (p *Period) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Period{}
		return nil
	}
	read, err := ParsePeriod(string(text))
	if err != nil {
		return err
	}
	*p = read
	return nil
}

// FinancialYearEnd returns the last day of the financial year in which d lies,
// for a controller whose financial year is the calendar year. The zero Date
// stays zero.
func FinancialYearEnd(d Date) Date {
	if d.IsZero() {
		return d
	}
	return Date{d.Year, time.December, 31}
}

// InvoiceKeptUntil returns the last day on which an invoice must be kept: ten
// years from the end of its financial year (C. com. L123-22). The zero Date
// stays zero.
func InvoiceKeptUntil(invoice Date) Date {
	return FinancialYearEnd(invoice).AddYears(RuleAt(RuleAccounting, invoice).N)
}
