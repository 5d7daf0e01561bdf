package law_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"greffier/app/law"
)

func date(t testing.TB, s string) law.Date {
	t.Helper()
	d, err := law.ParseDate(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{"2026-11-23", "2024-02-29", "0001-01-01", "9999-12-31"} {
		if got := date(t, s).String(); got != s {
			t.Errorf("%s is read as %s", s, got)
		}
	}
	for name, s := range map[string]string{
		"an empty text":                 "",
		"29 February of a common year":  "2026-02-29",
		"29 February of 1900":           "1900-02-29",
		"month 13":                      "2026-13-01",
		"month 0":                       "2026-00-10",
		"day 0":                         "2026-01-00",
		"31 April":                      "2026-04-31",
		"year 0":                        "0000-01-01",
		"a date with a clock":           "2026-01-01T00:00:00Z",
		"a date without leading zeros":  "2026-1-1",
		"a date with spaces":            " 2026-01-01",
		"signs in place of digits":      "+026-01-01",
		"a negative day":                "2026-01--1",
		"digits of another script":      "２０２６-01-01",
		"the French order of day first": "23-11-2026",
		"slashes":                       "2026/11/23",
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if d, err := law.ParseDate(s); !errors.Is(err, law.ErrBadDate) || !d.IsZero() {
				t.Errorf("got %v, %v", d, err)
			}
		})
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-23", "2024-02-29", "", "2026-02-30", "----------", "0000-00-00", "0001-01-01", "9999-12-31"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := law.ParseDate(s)
		want, wantErr := time.Parse("2006-01-02", s)
		if len(s) != 10 || want.Year() == 0 {
			wantErr = law.ErrBadDate
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, the standard library says %v", s, err, wantErr)
		}
		if err != nil {
			if !errors.Is(err, law.ErrBadDate) || !d.IsZero() {
				t.Fatalf("%q: %v, %v", s, d, err)
			}
			return
		}
		if d.String() != s || d != (law.Date{Year: want.Year(), Month: want.Month(), Day: want.Day()}) || d.AddDays(1).AddDays(-1) != d {
			t.Fatalf("%q is read as %s", s, d)
		}
	})
}

func TestMonthsAreAddedFromDateToDate(t *testing.T) {
	for _, tc := range []struct {
		name, from string
		months     int
		want       string
	}{
		{"the same day when there is one", "2026-03-05", 1, "2026-04-05"},
		{"31 August has no 31 September", "2026-08-31", 1, "2026-09-30"},
		{"31 January ends in February", "2026-01-31", 1, "2026-02-28"},
		{"31 January of a leap year ends on the 29th", "2024-01-31", 1, "2024-02-29"},
		{"the end of a month does not stay the end of the month", "2026-02-28", 1, "2026-03-28"},
		{"three months at once are not one month three times", "2026-01-31", 3, "2026-04-30"},
		{"over the year", "2026-12-31", 2, "2027-02-28"},
		{"none", "2026-12-31", 0, "2026-12-31"},
		{"backwards", "2026-03-31", -1, "2026-02-28"},
		{"backwards over the year", "2026-01-15", -13, "2024-12-15"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := date(t, tc.from).AddMonths(tc.months).String(); got != tc.want {
				t.Errorf("%s plus %d months is %s, want %s", tc.from, tc.months, got, tc.want)
			}
		})
	}
	if got := date(t, "2024-02-29").AddYears(3).String(); got != "2027-02-28" {
		t.Errorf("29 February 2024 plus 3 years is %s", got)
	}
	if got := date(t, "2024-02-29").AddYears(4).String(); got != "2028-02-29" {
		t.Errorf("29 February 2024 plus 4 years is %s", got)
	}
}

func TestTheZeroDateMeansNoDate(t *testing.T) {
	var none law.Date
	if !none.IsZero() || none.String() != "" || none.Valid() {
		t.Errorf("zero: %q", none)
	}
	for name, got := range map[string]law.Date{
		"days": none.AddDays(3), "months": none.AddMonths(3), "years": none.AddYears(3),
		"the zero instant": law.DateOf(time.Time{}, nil), "next working day": law.NextWorkingDay(none, law.Metropole),
		"financial year": law.FinancialYearEnd(none), "invoice": law.InvoiceKeptUntil(none),
		"period": law.Period{N: 60, Unit: law.Days}.End(none),
	} {
		if !got.IsZero() {
			t.Errorf("%s: %s", name, got)
		}
	}
	if !none.Start(nil).IsZero() || !none.End(nil).IsZero() {
		t.Error("the zero date has an instant")
	}
	if law.IsWorkingDay(none, law.Metropole) {
		t.Error("no date is a working day")
	}
	if got := law.FormatDate(none, "fr", true); got != "" {
		t.Errorf("printed as %q", got)
	}
}

func TestDatesOrderAndCountLikeDays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	base := date(t, "1900-01-01")
	for range 20_000 {
		a, b := base.AddDays(r.IntN(100_000)), base.AddDays(r.IntN(100_000))
		n := a.Days(b)
		if a.AddDays(n) != b || b.Days(a) != -n {
			t.Fatalf("%s to %s counts %d", a, b, n)
		}
		if a.Before(b) != (n > 0) || a.After(b) != (n < 0) || (a.Compare(b) == 0) != (a == b) || (a.String() < b.String()) != (n > 0) {
			t.Fatalf("%s and %s are out of order", a, b)
		}
		if want := time.Date(a.Year, a.Month, a.Day, 12, 0, 0, 0, time.UTC).Weekday(); a.Weekday() != want {
			t.Fatalf("%s is a %s", a, want)
		}
		if m := a.AddMonths(1); !m.Valid() || !m.After(a) || a.Days(m) > 31 || a.Days(m) < 28 {
			t.Fatalf("%s plus a month is %s", a, m)
		}
	}
}

func TestTheZoneDecidesWhichDateAnInstantIs(t *testing.T) {
	at := time.Date(2026, time.July, 31, 22, 30, 0, 0, time.UTC)
	if got := law.DateOf(at, law.Paris()).String(); got != "2026-08-01" {
		t.Errorf("in Paris: %s", got)
	}
	if got := law.DateOf(at, nil).String(); got != "2026-08-01" {
		t.Errorf("with no zone, which means Paris: %s", got)
	}
	if got := law.DateOf(at, time.UTC).String(); got != "2026-07-31" {
		t.Errorf("in UTC: %s", got)
	}
}

func TestADayStartsAndEndsWithItsFirstInstants(t *testing.T) {
	for _, tc := range []struct {
		name, zone, date, start, end string
	}{
		{"a winter day in Paris", "Europe/Paris", "2026-11-23", "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"},
		{"the spring day of 23 hours", "Europe/Paris", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"the autumn day of 25 hours", "Europe/Paris", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"a day in Guadeloupe", "America/Guadeloupe", "2026-05-27", "2026-05-27T04:00:00Z", "2026-05-28T04:00:00Z"},
		{"a day whose midnight is swallowed", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"a day before which an hour is lived twice", "America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z", "2018-02-19T03:00:00Z"},
		{"a midnight that comes twice", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"a day that an island skipped", "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			d := date(t, tc.date)
			if got := d.Start(zone).Format(time.RFC3339); got != tc.start {
				t.Errorf("starts %s, want %s", got, tc.start)
			}
			if got := d.End(zone).Format(time.RFC3339); got != tc.end {
				t.Errorf("ends %s, want %s", got, tc.end)
			}
		})
	}
}

func TestEveryInstantOfADayLiesBetweenItsStartAndEnd(t *testing.T) {
	zone := law.Paris()
	at := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for range 2 * 366 * 24 * 2 {
		d := law.DateOf(at, zone)
		if at.Before(d.Start(zone)) || !at.Before(d.End(zone)) {
			t.Fatalf("%s is not inside %s", at, d)
		}
		at = at.Add(30 * time.Minute)
	}
}

func TestDatesTravelAsText(t *testing.T) {
	type row struct {
		Due, None law.Date
		By        map[law.Date]int
	}
	in := row{Due: date(t, "2026-12-23"), By: map[law.Date]int{date(t, "2026-01-02"): 1}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Due":"2026-12-23","None":"","By":{"2026-01-02":1}}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	var out row
	if err := json.Unmarshal(text, &out); err != nil || out.Due != in.Due || !out.None.IsZero() || out.By[date(t, "2026-01-02")] != 1 {
		t.Errorf("read back %+v, %v", out, err)
	}
	kept := in.Due
	if err := kept.UnmarshalText([]byte("2026-02-30")); !errors.Is(err, law.ErrBadDate) || kept != in.Due {
		t.Errorf("a day that does not exist: %v, %v", kept, err)
	}
	if _, err := (law.Date{Year: 2026, Month: 2, Day: 30}).MarshalText(); !errors.Is(err, law.ErrBadDate) {
		t.Errorf("a day that does not exist is written: %v", err)
	}
}

func TestFormatDate(t *testing.T) {
	for _, tc := range []struct {
		date, lang string
		long       bool
		want       string
	}{
		{"2026-12-23", "fr", true, "mercredi 23 décembre 2026"},
		{"2026-12-23", "fr", false, "23 déc."},
		{"2026-12-23", "en", true, "Wednesday 23 December 2026"},
		{"2026-12-23", "en", false, "23 Dec"},
		{"2026-03-01", "fr", true, "dimanche 1er mars 2026"},
		{"2026-03-01", "fr", false, "1er mars"},
		{"2026-03-01", "en", true, "Sunday 1 March 2026"},
		{"2026-08-01", "fr", false, "1er août"},
		{"2026-03-01", "de", false, "1 Mar"},
	} {
		if got := law.FormatDate(date(t, tc.date), tc.lang, tc.long); got != tc.want {
			t.Errorf("%s in %s is %q, want %q", tc.date, tc.lang, got, tc.want)
		}
	}
	if got := law.FormatDate(law.Date{Year: 2026, Month: 13, Day: 1}, "fr", true); got != "2026-13-01" {
		t.Errorf("month 13 is printed as %q", got)
	}
}
