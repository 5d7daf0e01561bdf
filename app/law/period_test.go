package law_test

import (
	"encoding/json"
	"errors"
	"testing"

	"greffier/app/law"
)

func TestAPeriodEndsOnItsLastDayAndNeverRolls(t *testing.T) {
	for _, tc := range []struct {
		name, start string
		period      law.Period
		want        string
	}{
		{"60 days from completion", "2026-09-24", law.Period{N: 60, Unit: law.Days}, "2026-11-23"},
		{"60 days to a Sunday", "2026-09-30", law.Period{N: 60, Unit: law.Days}, "2026-11-29"},
		{"3 years from 29 February", "2024-02-29", law.Period{N: 3, Unit: law.Years}, "2027-02-28"},
		{"1 month from 31 August", "2026-08-31", law.Period{N: 1, Unit: law.Months}, "2026-09-30"},
		{"10 years", "2016-12-31", law.Period{N: 10, Unit: law.Years}, "2026-12-31"},
		{"no unit", "2026-09-24", law.Period{N: 60}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.period.End(date(t, tc.start)).String(); got != tc.want {
				t.Errorf("ends %q, want %q", got, tc.want)
			}
		})
	}
}

func TestInvoicesAreKeptTenYearsFromTheEndOfTheirFinancialYear(t *testing.T) {
	for invoice, want := range map[string]string{"2016-01-01": "2026-12-31", "2016-12-31": "2026-12-31", "2026-11-23": "2036-12-31"} {
		if got := law.InvoiceKeptUntil(date(t, invoice)).String(); got != want {
			t.Errorf("of %s until %s, want %s", invoice, got, want)
		}
	}
	if got := law.FinancialYearEnd(date(t, "2026-05-01")).String(); got != "2026-12-31" {
		t.Errorf("the year ends %s", got)
	}
}

func TestPeriodsTravelAsText(t *testing.T) {
	for in, want := range map[string]struct{ en, fr string }{
		"60 days": {"60 days", "60 jours"}, "1 day": {"1 day", "1 jour"}, "1 days": {"1 day", "1 jour"}, " 10 Years ": {"10 years", "10 ans"},
		"1 month": {"1 month", "1 mois"}, "25 mois": {"25 months", "25 mois"}, "3 ans": {"3 years", "3 ans"}, "60 jours": {"60 days", "60 jours"},
	} {
		p, err := law.ParsePeriod(in)
		if err != nil || p.String() != want.en || p.Text("fr") != want.fr || p.IsZero() {
			t.Errorf("%q: %q, %q, %v", in, p.String(), p.Text("fr"), err)
		}
	}
	for _, in := range []string{"", "60", "days", "60days", "0 days", "-1 days", "+1 days", "1.5 years", "60 weeks", "99999999999999999999 days", "730001 days", "60 days or so"} {
		if p, err := law.ParsePeriod(in); !errors.Is(err, law.ErrBadPeriod) || !p.IsZero() {
			t.Errorf("%q: %v, %v", in, p, err)
		}
	}
	type row struct{ Keep, None law.Period }
	text, err := json.Marshal(row{Keep: law.Period{N: 60, Unit: law.Days}})
	if err != nil || string(text) != `{"Keep":"60 days","None":""}` {
		t.Errorf("%s, %v", text, err)
	}
	var back row
	if err := json.Unmarshal(text, &back); err != nil || back.Keep.N != 60 || !back.None.IsZero() {
		t.Errorf("%+v, %v", back, err)
	}
	for _, p := range []law.Period{{N: 3}, {N: -3, Unit: law.Days}, {N: 3, Unit: 9}, {N: 0, Unit: law.Days}} {
		if _, err := p.MarshalText(); !errors.Is(err, law.ErrBadPeriod) {
			t.Errorf("%+v is written: %v", p, err)
		}
	}
	kept := back.Keep
	if err := kept.UnmarshalText([]byte("soon")); !errors.Is(err, law.ErrBadPeriod) || kept != back.Keep {
		t.Errorf("%v, %v", kept, err)
	}
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"60 days", "3 ans", "", "1 mois", "-1 day", "\xff 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := law.ParsePeriod(s)
		if err != nil {
			if !p.IsZero() || !errors.Is(err, law.ErrBadPeriod) {
				t.Fatalf("%q: %v, %v", s, p, err)
			}
			return
		}
		again, err := law.ParsePeriod(p.String())
		if err != nil || again != p {
			t.Fatalf("%q is written %q and read %v, %v", s, p, again, err)
		}
		start := law.Date{Year: 2024, Month: 2, Day: 29}
		if end := p.End(start); !end.After(start) || !end.Valid() {
			t.Fatalf("%q ends %s", s, end)
		}
	})
}
