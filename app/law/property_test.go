package law_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"greffier/app/law"
)

// plainClock is a request drawn at random, without notice or suspension.
func plainClock(r *rand.Rand) law.Clock {
	territories := law.Territories()
	received := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(40 * 365 * 24 * time.Hour))))
	return law.Clock{Received: received, Zone: law.Paris(), Territory: territories[r.IntN(len(territories))]}
}

// TestASuspensionAddsItsDaysBeforeTheRoll draws suspensions that begin within
// the month: the end from date to date moves by exactly their days, and only
// then to a working day (law.md 1.4).
func TestASuspensionAddsItsDaysBeforeTheRoll(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 77))
	for range 10_000 {
		c := plainClock(r)
		bare := deadline(t, c, "")
		days := 0
		from := bare.Received.AddDays(r.IntN(8))
		for range 1 + r.IntN(3) {
			s := law.Suspension{From: from, To: from.AddDays(r.IntN(6)), Reason: "identity", By: "owner"}
			days += s.From.Days(s.To)
			from = s.To.AddDays(1)
			c.Suspensions = append(c.Suspensions, s)
		}
		d := deadline(t, c, "")
		want := law.NextWorkingDay(bare.Received.AddMonths(1).AddDays(days), c.Territory)
		if d.Due != want || d.SuspendedDays != days || d.Raw != bare.Raw || d.Unsuspended != bare.Due || d.Due.Before(bare.Due) {
			t.Fatalf("%+v: due %s with %d days, want %s with %d; unsuspended %s, want %s", c, d.Due, d.SuspendedDays, want, days, d.Unsuspended, bare.Due)
		}
	}
}

// TestAnExtensionIsNeverDueEarlier draws notices at any time: one in the first
// month gives the three months from the receipt, a later one nothing, and none
// makes a request due earlier than without it.
func TestAnExtensionIsNeverDueEarlier(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 3))
	var valid, void int
	for range 10_000 {
		c := plainClock(r)
		bare := deadline(t, c, "")
		c.ExtendedAt = c.Received.Add(time.Duration(r.IntN(60*24)) * time.Hour)
		d := deadline(t, c, "")
		notified := law.DateOf(c.ExtendedAt, law.Paris())
		switch inTime := !notified.After(bare.NoticeBy); {
		case d.Extended != inTime || d.ExtensionVoid == inTime:
			t.Fatalf("received %s, last day for a notice %s, notified %s: extended %v", bare.Received, bare.NoticeBy, notified, d.Extended)
		case inTime && d.Due != law.NextWorkingDay(bare.Received.AddMonths(3), c.Territory):
			t.Fatalf("received %s, extended: due %s", bare.Received, d.Due)
		case !inTime && d.Due != bare.Due:
			t.Fatalf("received %s, notified too late: due %s, want %s", bare.Received, d.Due, bare.Due)
		case d.Due.Before(bare.Due) || d.RefusalBy != bare.RefusalBy:
			t.Fatalf("received %s: due %s, refusal by %s; without the notice %s, %s", bare.Received, d.Due, d.RefusalBy, bare.Due, bare.RefusalBy)
		case inTime:
			valid++
		default:
			void++
		}
	}
	if valid < 1000 || void < 1000 {
		t.Errorf("too few of a kind: %d valid, %d void", valid, void)
	}
}

// TestALaterInstantIsNeverDueEarlier compares instants, not only days, over
// midnight and the changes of the clocks.
func TestALaterInstantIsNeverDueEarlier(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 10_000 {
		early := plainClock(r)
		late := early
		late.Received = late.Received.Add(time.Duration(r.Int64N(int64(72 * time.Hour))))
		a, b := deadline(t, early, ""), deadline(t, late, "")
		if b.Due.Before(a.Due) || b.ExtensionDue.Before(a.ExtensionDue) || b.RefusalBy.Before(a.RefusalBy) || b.Received.Before(a.Received) {
			t.Fatalf("%s: received %s, due %s; received %s, due %s", early.Territory, early.Received, a.Due, late.Received, b.Due)
		}
	}
}

// TestADeadlineIsAMonthOrMoreAndNeverOnADayOff holds of every request: from
// date to date at least (GDPR Art. 12(3)), and on a working day (Reg. 1182/71
// Art. 3(4)), at most five days later.
func TestADeadlineIsAMonthOrMoreAndNeverOnADayOff(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 82))
	for range 10_000 {
		c := plainClock(r)
		d := deadline(t, c, "")
		month := d.Received.AddMonths(1)
		if d.Due.Before(month) || month.Days(d.Due) > 5 || !law.IsWorkingDay(d.Due, c.Territory) || !law.IsWorkingDay(d.ExtensionDue, c.Territory) {
			t.Fatalf("%s in %s: due %s, a month is %s", d.Received, c.Territory, d.Due, month)
		}
		for day := month; day.Before(d.Due); day = day.AddDays(1) {
			if law.IsWorkingDay(day, c.Territory) {
				t.Fatalf("%s in %s: due %s though %s is a working day", d.Received, c.Territory, d.Due, day)
			}
		}
	}
}

// TestABreachIsStrictOverEveryChangeOfClocks takes each hour around both
// changes of the clocks of twenty years.
func TestABreachIsStrictOverEveryChangeOfClocks(t *testing.T) {
	changes := 0
	for year := 2020; year < 2040; year++ {
		for _, month := range []time.Month{time.March, time.October} {
			for at := time.Date(year, month, 21, 0, 0, 0, 0, time.UTC); at.Day() >= 21; at = at.Add(time.Hour) {
				b := law.Breach(at, law.Paris())
				if b.Strict.Sub(at) != 72*time.Hour {
					t.Fatalf("aware %s, notify by %s", at, b.Strict)
				}
				_, before := at.In(law.Paris()).Zone()
				if _, after := b.Strict.In(law.Paris()).Zone(); before != after {
					changes++
				}
			}
		}
	}
	if changes != 40*72 {
		t.Errorf("%d of the hours tried lie before a change, want %d", changes, 40*72)
	}
}

// TestHolidaysThatMeet are the years in which two holidays fall on one day
// (law.md 1.5).
func TestHolidaysThatMeet(t *testing.T) {
	meet := map[int]bool{2008: true, 2059: true, 2070: true, 2081: true, 2092: true}
	for year := 2000; year <= 2100; year++ {
		want := 11
		if meet[year] {
			want = 10
		}
		if n := len(law.Holidays(year, law.Metropole)); n != want {
			t.Errorf("%d has %d holidays, want %d", year, n, want)
		}
	}
}

// TestWorkedDaysOfLille holds that a holiday on a weekend gives no other day, and
// that bridges and the days of other territories are worked in Lille.
func TestWorkedDaysOfLille(t *testing.T) {
	for _, tc := range []struct{ name, day string }{
		{"Good Friday", "2026-04-03"}, {"26 December", "2025-12-26"}, {"24 December", "2026-12-24"}, {"31 December", "2026-12-31"},
		{"the bridge of Ascension", "2026-05-15"}, {"the Monday after a holiday on a Saturday", "2026-08-17"}, {"the Monday after a holiday on a Sunday", "2026-11-02"},
		{"the abolition day of Martinique", "2026-05-22"}, {"that of Mayotte", "2026-04-27"}, {"that of Guadeloupe", "2026-05-27"}, {"that of Guyane", "2026-06-10"},
		{"that of Saint-Barthélemy", "2026-10-09"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !law.IsWorkingDay(date(t, tc.day), law.Metropole) {
				t.Errorf("%s is not worked", tc.day)
			}
		})
	}
}
