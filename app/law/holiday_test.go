package law_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/law"
)

func TestEaster(t *testing.T) {
	for _, want := range []string{
		"1818-03-22", "1943-04-25", "2000-04-23", "2008-03-23", "2038-04-25", // the extremes
		"2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21",
		"2031-04-13", "2032-03-28", "2033-04-17", "2034-04-09", "2035-03-25",
	} {
		if got := law.Easter(date(t, want).Year).String(); got != want {
			t.Errorf("Easter is %s, want %s", got, want)
		}
	}
}

// gauss is Easter Sunday by another road: the formula of Gauss as corrected by
// Lichtenberg.
func gauss(year int) law.Date {
	k := year / 100
	m := 15 + (3*k+3)/4 - (8*k+13)/25
	s := 2 - (3*k+3)/4
	a := year % 19
	d := (19*a + m) % 30
	r := (d + a/11) / 29
	og := 21 + d - r
	sz := 7 - (year+year/4+s)%7
	oe := 7 - (og-sz)%7
	return law.Date{Year: year, Month: time.March, Day: 1}.AddDays(og + oe - 1)
}

func TestEasterAgreesWithAnotherFormula(t *testing.T) {
	for year := 1583; year <= 4000; year++ {
		if got, want := law.Easter(year), gauss(year); got != want || got.Weekday() != time.Sunday {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

func days(holidays []law.Holiday) string {
	var out []string
	for _, h := range holidays {
		out = append(out, h.Date.String()[5:])
	}
	return strings.Join(out, " ")
}

func TestHolidays(t *testing.T) {
	for _, tc := range []struct {
		name      string
		year      int
		territory law.Territory
		want      string
	}{
		{"2025 in metropolitan France", 2025, law.Metropole, "01-01 04-21 05-01 05-08 05-29 06-09 07-14 08-15 11-01 11-11 12-25"},
		{"2026 in metropolitan France", 2026, law.Metropole, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{"2027 in metropolitan France", 2027, law.Metropole, "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25"},
		{"in 2008 Ascension falls on 1 May", 2008, law.Metropole, "01-01 03-24 05-01 05-08 05-12 07-14 08-15 11-01 11-11 12-25"},
		{"in 2059 Ascension falls on 8 May", 2059, law.Metropole, "01-01 03-31 05-01 05-08 05-19 07-14 08-15 11-01 11-11 12-25"},
		{"in 1981 8 May was not one", 1981, law.Metropole, "01-01 04-20 05-01 05-28 06-08 07-14 08-15 11-01 11-11 12-25"},
		{"Alsace and Moselle have Good Friday and 26 December", 2026, law.AlsaceMoselle, "01-01 04-03 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25 12-26"},
		{"Martinique has 22 May", 2026, law.Martinique, "01-01 04-06 05-01 05-08 05-14 05-22 05-25 07-14 08-15 11-01 11-11 12-25"},
		{"Guadeloupe has 27 May", 2026, law.Guadeloupe, "01-01 04-06 05-01 05-08 05-14 05-25 05-27 07-14 08-15 11-01 11-11 12-25"},
		{"Guyane has 10 June", 2026, law.Guyane, "01-01 04-06 05-01 05-08 05-14 05-25 06-10 07-14 08-15 11-01 11-11 12-25"},
		{"La Réunion has 20 December", 2026, law.LaReunion, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-20 12-25"},
		{"Mayotte has 27 April", 2026, law.Mayotte, "01-01 04-06 04-27 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{"Saint-Barthélemy has 9 October", 2026, law.SaintBarthelemy, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 10-09 11-01 11-11 12-25"},
		{"Saint-Martin had 27 May", 2017, law.SaintMartin, "01-01 04-17 05-01 05-08 05-25 05-27 06-05 07-14 08-15 11-01 11-11 12-25"},
		{"Saint-Martin has 28 May", 2026, law.SaintMartin, "01-01 04-06 05-01 05-08 05-14 05-25 05-28 07-14 08-15 11-01 11-11 12-25"},
		{"Saint-Pierre-et-Miquelon has the national days", 2026, law.SaintPierreMiquelon, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{"an unknown territory gets the shortest list", 2026, "atlantis", "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{"a year that no calendar has", 0, law.Metropole, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := days(law.Holidays(tc.year, tc.territory)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestTwoHolidaysOnOneDayAreBothNamed(t *testing.T) {
	for year, want := range map[int]string{2008: "Fête du Travail et Ascension", 2059: "Victoire de 1945 et Ascension", 2070: "Victoire de 1945 et Ascension"} {
		list := law.Holidays(year, law.Metropole)
		if len(list) != 10 || !slices.ContainsFunc(list, func(h law.Holiday) bool { return h.FR == want }) {
			t.Errorf("%d: %v", year, list)
		}
	}
}

func TestADayIsWorkedExactlyWhenNeitherWeekendNorHoliday(t *testing.T) {
	for _, territory := range law.Territories() {
		for year := 2008; year <= 2060; year++ {
			list := law.Holidays(year, territory)
			if !slices.IsSortedFunc(list, func(a, b law.Holiday) int { return a.Date.Compare(b.Date) }) {
				t.Fatalf("%s %d is not in order", territory, year)
			}
			off := map[law.Date]bool{}
			for _, h := range list {
				if off[h.Date] || h.FR == "" || h.EN == "" || !h.Date.Valid() {
					t.Fatalf("%s %d: %+v", territory, year, h)
				}
				off[h.Date] = true
			}
			for d := (law.Date{Year: year, Month: 1, Day: 1}); d.Year == year; d = d.AddDays(1) {
				want := d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && !off[d]
				if law.IsWorkingDay(d, territory) != want {
					t.Fatalf("%s in %s: working %v", d, territory, !want)
				}
				next := law.NextWorkingDay(d, territory)
				if !law.IsWorkingDay(next, territory) || next.Before(d) || d.Days(next) > 5 || (want && next != d) {
					t.Fatalf("%s in %s is followed by %s", d, territory, next)
				}
			}
		}
	}
}

func TestWorkingDaysBetween(t *testing.T) {
	for _, tc := range []struct {
		name, from, to string
		want           int
	}{
		{"the day itself is not counted", "2026-03-05", "2026-03-05", 0},
		{"over a weekend", "2026-03-05", "2026-03-09", 2},
		{"over Easter", "2026-04-02", "2026-04-08", 3},
		{"backwards", "2026-04-08", "2026-04-02", 0},
	} {
		if got := law.WorkingDays(date(t, tc.from), date(t, tc.to), law.Metropole); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	if n := law.WorkingDays(law.Date{}, date(t, "2026-01-01"), law.Metropole); n != 0 {
		t.Errorf("from no date: %d", n)
	}
}

func TestParseTerritory(t *testing.T) {
	for _, territory := range law.Territories() {
		if got, err := law.ParseTerritory(string(territory)); got != territory || err != nil {
			t.Errorf("%s: %s, %v", territory, got, err)
		}
	}
	for in, want := range map[string]law.Territory{
		"Métropole": law.Metropole, " Alsace-Moselle ": law.AlsaceMoselle, "La Réunion": law.LaReunion, "reunion": law.LaReunion,
		"Saint-Barthélemy": law.SaintBarthelemy, "saint_martin": law.SaintMartin, "SAINT-PIERRE-ET-MIQUELON": law.SaintPierreMiquelon,
	} {
		if got, err := law.ParseTerritory(in); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", " ", "france", "metropole2", strings.Repeat("metropole", 100), "\xff"} {
		if got, err := law.ParseTerritory(in); got != "" || !errors.Is(err, law.ErrUnknownTerritory) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func FuzzParseTerritory(f *testing.F) {
	for _, s := range []string{"metropole", "La Réunion", "", "\xff\xfe", "alsace moselle"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := law.ParseTerritory(s)
		if (err == nil) != slices.Contains(law.Territories(), got) {
			t.Fatalf("%q: %q, %v", s, got, err)
		}
		if err != nil && (!errors.Is(err, law.ErrUnknownTerritory) || got != "") {
			t.Fatalf("%q: %q, %v", s, got, err)
		}
	})
}
