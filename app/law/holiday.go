package law

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Territory names a list of French public holidays: the one of the place where
// the controller must act (Reg. 1182/71 Art. 2(1)).
type Territory string

// The territories whose holidays are known. The Pacific collectivities have
// labour codes and holidays of their own and are left out.
const (
	Metropole            Territory = "metropole"
	AlsaceMoselle        Territory = "alsace-moselle"
	Guadeloupe           Territory = "guadeloupe"
	Martinique           Territory = "martinique"
	Guyane               Territory = "guyane"
	LaReunion            Territory = "la-reunion"
	Mayotte              Territory = "mayotte"
	SaintPierreMiquelon  Territory = "saint-pierre-et-miquelon"
	SaintBarthelemy      Territory = "saint-barthelemy"
	SaintMartin          Territory = "saint-martin"
	longestTerritoryName           = 64
)

var territories = [...]Territory{
	Metropole, AlsaceMoselle, Guadeloupe, Martinique, Guyane, LaReunion,
	Mayotte, SaintPierreMiquelon, SaintBarthelemy, SaintMartin,
}

// Territories returns all territories whose holidays are known, metropolitan
// France first.
func Territories() []Territory { return slices.Clone(territories[:]) }

func (t Territory) known() bool { return slices.Contains(territories[:], t) }

var territorySpelling = strings.NewReplacer(
	"é", "e", "É", "e", "è", "e", "È", "e", "ô", "o", "Ô", "o", " ", "-", "_", "-",
)

// ParseTerritory reads the name of a territory. Capitals, accents, and spaces
// in place of hyphens do not matter. It returns ErrUnknownTerritory for
// anything else, the empty text included.
func ParseTerritory(s string) (Territory, error) {
	if len(s) <= longestTerritoryName {
		t := Territory(strings.ToLower(territorySpelling.Replace(strings.TrimSpace(s))))
		switch {
		case t.known():
			return t, nil
		case t == "reunion":
			return LaReunion, nil
		}
	}
	return "", fmt.Errorf("read a territory: %w", ErrUnknownTerritory)
}

// Holiday is one public holiday. Where two fall on the same day, both are named.
type Holiday struct {
	Date Date   `json:"date"`
	FR   string `json:"fr"` // the name, beginning with a capital
	EN   string `json:"en"`
}

// holidayRow is one rule that makes a day a holiday: a fixed day, or (month 0) a
// distance from Easter Sunday; from the year from to the year until (0: still);
// in the territories of only (nil: everywhere).
type holidayRow struct {
	month       time.Month
	day         int // day of the month, or days after Easter Sunday
	from, until int
	only        []Territory
	fr, en      string // as in the middle of a sentence
	source      string
}

// holidayRows is dated data: a new law is a new row, and an old row gets its
// last year.
//
// The eleven days of L3133-1 and the two of L3134-13 were read in the code. The
// Good Friday of L3134-13 holds only in communes with a Protestant or shared
// church: the list takes the widest view, as the published calendars do. The
// days of L3422-2 were read in the code's text of May 2019. It still said 27
// May for Saint-Martin, where circulars and the prefect have held 28 May to be
// the holiday since 2018. The years in which the overseas days and 8 May began
// are from memory and lie before the GDPR.
var holidayRows = [...]holidayRow{
	{month: time.January, day: 1, fr: "jour de l'An", en: "New Year's Day", source: srcHolidays},
	{day: 1, fr: "lundi de Pâques", en: "Easter Monday", source: srcHolidays},
	{month: time.May, day: 1, fr: "fête du Travail", en: "Labour Day", source: srcHolidays},
	{month: time.May, day: 8, from: 1982, fr: "victoire de 1945", en: "Victory in Europe Day", source: srcHolidays},
	{day: 39, fr: "Ascension", en: "Ascension Day", source: srcHolidays},
	{day: 50, fr: "lundi de Pentecôte", en: "Whit Monday", source: srcHolidays},
	{month: time.July, day: 14, fr: "fête nationale", en: "National Day", source: srcHolidays},
	{month: time.August, day: 15, fr: "Assomption", en: "Assumption Day", source: srcHolidays},
	{month: time.November, day: 1, fr: "Toussaint", en: "All Saints' Day", source: srcHolidays},
	{month: time.November, day: 11, fr: "armistice de 1918", en: "Armistice Day", source: srcHolidays},
	{month: time.December, day: 25, fr: "Noël", en: "Christmas Day", source: srcHolidays},

	{day: -2, only: []Territory{AlsaceMoselle}, fr: "vendredi saint", en: "Good Friday", source: srcAlsace},
	{month: time.December, day: 26, only: []Territory{AlsaceMoselle}, fr: "Saint-Étienne", en: "St Stephen's Day", source: srcAlsace},

	{month: time.April, day: 27, from: 1984, only: []Territory{Mayotte}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
	{month: time.May, day: 22, from: 1984, only: []Territory{Martinique}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
	{month: time.May, day: 27, from: 1984, only: []Territory{Guadeloupe}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
	{month: time.May, day: 27, from: 1984, until: 2017, only: []Territory{SaintMartin}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
	{month: time.May, day: 28, from: 2018, only: []Territory{SaintMartin}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
	{month: time.June, day: 10, from: 1984, only: []Territory{Guyane}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
	{month: time.October, day: 9, from: 2012, only: []Territory{SaintBarthelemy}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
	{month: time.December, day: 20, from: 1983, only: []Territory{LaReunion}, fr: abolitionFR, en: abolitionEN, source: srcOverseas},
}

const (
	abolitionFR = "abolition de l'esclavage"
	abolitionEN = "Abolition of Slavery Day"
)

// easter returns Easter Sunday of a year in the Gregorian calendar, by the
// computus of Meeus, Jones and Butcher.
func easter(year int) Date {
	golden := year % 19
	century, rest := year/100, year%100
	leapCentury, centuryRest := century/4, century%4
	correction := (century - (century+8)/25 + 1) / 3
	moon := (19*golden + century - leapCentury - correction + 15) % 30
	weekday := (32 + 2*centuryRest + 2*(rest/4) - moon - rest%4) % 7
	shift := (golden + 11*moon + 22*weekday) / 451
	n := moon + weekday - 7*shift + 114
	return Date{year, time.Month(n / 31), n%31 + 1}
}

func (r *holidayRow) applies(year int, t Territory) bool {
	return year >= r.from && (r.until == 0 || year <= r.until) &&
		(r.only == nil || slices.Contains(r.only, t))
}

// date returns the day of the row in the year of the Easter Sunday given.
func (r *holidayRow) date(easter Date) Date {
	if r.month == 0 {
		return easter.AddDays(r.day)
	}
	return Date{easter.Year, r.month, r.day}
}

// Holidays returns the public holidays of a year in a territory, in the order
// of the calendar, each day once. A territory that is not known gets the
// national list, which is the shortest and so never makes a deadline later.
// A year outside 1 to 9999 has none.
func Holidays(year int, t Territory) []Holiday {
	if year < firstYear || year > lastYear {
		return nil
	}
	sunday := easter(year)
	var out []Holiday
	for i := range holidayRows {
		if r := &holidayRows[i]; r.applies(year, t) {
			out = append(out, Holiday{Date: r.date(sunday), FR: upperFirst(r.fr), EN: r.en})
		}
	}
	slices.SortStableFunc(out, func(a, b Holiday) int { return a.Date.Compare(b.Date) })
	merged := out[:0]
	for _, h := range out {
		if n := len(merged); n > 0 && merged[n-1].Date == h.Date {
			merged[n-1].FR += " et " + h.FR
			merged[n-1].EN += " and " + h.EN
			continue
		}
		merged = append(merged, h)
	}
	return merged
}

// rest says why a day is not worked, in words for the middle of a sentence, and
// with the sources that make it so. Off is false for a working day.
func rest(d Date, t Territory) (fr, en string, sources []string, off bool) {
	sunday := easter(d.Year)
	var namesFR, namesEN []string
	for i := range holidayRows {
		if r := &holidayRows[i]; r.applies(d.Year, t) && r.date(sunday) == d {
			namesFR, namesEN = append(namesFR, r.fr), append(namesEN, r.en)
			sources = append(sources, r.source)
		}
	}
	fr, en = strings.Join(namesFR, " et "), strings.Join(namesEN, " and ")
	weekday := d.Weekday()
	switch {
	case d == sunday:
		return "dimanche de Pâques", "Easter Sunday", sources, true
	case d == sunday.AddDays(49):
		return "dimanche de Pentecôte", "Whit Sunday", sources, true
	case weekday != time.Saturday && weekday != time.Sunday:
		return fr, en, sources, fr != ""
	case fr != "":
		return daysFR[weekday] + " (" + fr + ")", weekday.String() + " (" + en + ")", sources, true
	default:
		return daysFR[weekday], weekday.String(), sources, true
	}
}

// IsWorkingDay tells whether a day is neither a Saturday, nor a Sunday, nor a
// public holiday (Reg. 1182/71 Art. 2(2); unlike the jour ouvrable of labour
// law, Saturday is out). The zero Date is not a working day.
func IsWorkingDay(d Date, t Territory) bool {
	if d.IsZero() {
		return false
	}
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	sunday := easter(d.Year)
	for i := range holidayRows {
		r := &holidayRows[i]
		if (r.month == 0 || (r.month == d.Month && r.day == d.Day)) && r.applies(d.Year, t) && r.date(sunday) == d {
			return false
		}
	}
	return true
}

// NextWorkingDay returns the first working day from d on: d itself when it is
// one (Reg. 1182/71 Art. 3(4)). The zero Date stays zero.
func NextWorkingDay(d Date, t Territory) Date {
	for !d.IsZero() && !IsWorkingDay(d, t) {
		d = d.AddDays(1)
	}
	return d
}

// WorkingDays counts the working days after from, up to and including to. It is
// 0 when to is not after from.
func WorkingDays(from, to Date, t Territory) int {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	n := 0
	for d := from.AddDays(1); !d.After(to); d = d.AddDays(1) {
		if IsWorkingDay(d, t) {
			n++
		}
	}
	return n
}
