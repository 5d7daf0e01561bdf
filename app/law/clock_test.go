package law_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/law"
)

// noon is an instant at midday in Paris of a day, or the instant itself when
// one is written.
func noon(t testing.TB, s string) time.Time {
	t.Helper()
	if strings.Contains(s, "T") {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	d := date(t, s)
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, law.Paris())
}

func deadline(t testing.TB, c law.Clock, today string) law.Deadline {
	t.Helper()
	var day law.Date
	if today != "" {
		day = date(t, today)
	}
	d, err := c.Deadline(day)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// vectors are receipt, due date, due date when extended, and what the line
// catches.
var vectors = [][4]string{
	{"2025-03-05", "2025-04-07", "2025-06-05", "5 April 2025 is a Saturday"},
	{"2026-03-05", "2026-04-07", "2026-06-05", "Easter Sunday, then Easter Monday"},
	{"2026-08-31", "2026-09-30", "2026-11-30", "there is no 31 September"},
	{"2026-01-31", "2026-03-02", "2026-04-30", "clamped to 28 February, a Saturday; not chained"},
	{"2024-01-31", "2024-02-29", "2024-04-30", "clamped in a leap year"},
	{"2024-01-29", "2024-02-29", "2024-04-29", "a month is not 30 days"},
	{"2028-01-30", "2028-02-29", "2028-05-02", "extended end on Sunday before 1 May"},
	{"2026-02-28", "2026-03-30", "2026-05-28", "the end of a month does not stay one"},
	{"2024-02-29", "2024-03-29", "2024-05-29", "Good Friday is worked in Lille"},
	{"2026-03-31", "2026-04-30", "2026-06-30", "the day after is not counted in"},
	{"2026-03-03", "2026-04-03", "2026-06-03", "Good Friday is no holiday"},
	{"2026-04-01", "2026-05-04", "2026-07-01", "1 May on a Friday"},
	{"2026-04-08", "2026-05-11", "2026-07-08", "8 May on a Friday"},
	{"2026-04-14", "2026-05-15", "2026-07-15", "Ascension; the bridge is worked; 14 July"},
	{"2026-04-25", "2026-05-26", "2026-07-27", "Whit Monday"},
	{"2026-04-30", "2026-06-01", "2026-07-30", "a Saturday at the end of a month"},
	{"2026-06-14", "2026-07-15", "2026-09-14", "14 July on a Tuesday"},
	{"2026-07-15", "2026-08-17", "2026-10-15", "15 August on a Saturday gives no extra day"},
	{"2026-10-01", "2026-11-02", "2027-01-04", "1 November on a Sunday; New Year's Day"},
	{"2026-10-11", "2026-11-12", "2027-01-11", "11 November on a Wednesday"},
	{"2026-11-25", "2026-12-28", "2027-02-25", "Christmas on a Friday"},
	{"2025-11-26", "2025-12-26", "2026-02-26", "26 December is worked in Lille"},
	{"2025-11-25", "2025-12-26", "2026-02-25", "Christmas on a Thursday"},
	{"2026-12-01", "2027-01-04", "2027-03-01", "over the year to New Year's Day"},
	{"2026-12-31", "2027-02-01", "2027-03-31", "31 January on a Sunday"},
	{"2026-11-30", "2026-12-30", "2027-03-01", "extended end clamped to a Sunday"},
	{"2027-02-28", "2027-03-30", "2027-05-28", "Easter Sunday and Monday"},
	{"2027-04-06", "2027-05-07", "2027-07-06", "Ascension 2027"},
	{"2027-04-15", "2027-05-18", "2027-07-15", "Saturday, Sunday, Whit Monday"},
	{"2026-12-25", "2027-01-25", "2027-03-25", "a receipt on a holiday starts the clock"},
	{"2026-05-16", "2026-06-16", "2026-08-17", "a receipt on a Saturday starts the clock"},
	{"2025-10-31", "2025-12-01", "2026-02-02", "30 November on a Sunday; 31 January on a Saturday"},
	{"2026-05-31", "2026-06-30", "2026-08-31", "there is no 31 June"},
	{"2026-11-23", "2026-12-23", "2027-02-23", "an ordinary month"},
	{"2026-07-31T22:30:00Z", "2026-09-01", "2026-11-02", "already 1 August in Paris"},
	{"2026-03-05T23:30:00Z", "2026-04-07", "2026-06-08", "already 6 March in Paris"},
}

func TestDueDates(t *testing.T) {
	for i, v := range vectors {
		t.Run(fmt.Sprintf("%d %s", i+1, v[3]), func(t *testing.T) {
			received := noon(t, v[0])
			clock := law.Clock{Received: received, Zone: law.Paris(), Territory: law.Metropole}
			plain := deadline(t, clock, "")
			if got := plain.Due.String(); got != v[1] {
				t.Errorf("due %s, want %s", got, v[1])
			}
			if got := plain.ExtensionDue.String(); got != v[2] {
				t.Errorf("with an extension %s, want %s", got, v[2])
			}
			if plain.Extended || plain.ExtensionVoid || plain.Suspended || plain.NoticeBy != plain.Due || plain.RefusalBy != plain.Due ||
				plain.Unsuspended != plain.Due || plain.MonthEnd != plain.Due || len(plain.Warnings) != 0 {
				t.Errorf("a plain request: %+v", plain)
			}

			// A notice on the last day, at its last second, is in time.
			clock.ExtendedAt = plain.NoticeBy.End(law.Paris()).Add(-time.Second)
			extended := deadline(t, clock, "")
			if got := extended.Due.String(); got != v[2] || !extended.Extended || extended.ExtensionVoid {
				t.Errorf("extended on the last day: %s %+v, want %s", got, extended, v[2])
			}
			if got := extended.RefusalBy.String(); got != v[1] {
				t.Errorf("a refusal of an extended request is due %s, want %s", got, v[1])
			}

			// One second later it is void.
			clock.ExtendedAt = clock.ExtendedAt.Add(time.Second)
			void := deadline(t, clock, "")
			if void.Extended || !void.ExtensionVoid || void.Due != plain.Due || !void.ExtensionDue.IsZero() || len(void.Warnings) != 1 {
				t.Errorf("extended a day late: %+v", void)
			}
		})
	}
}

func TestALateNoticeExtendsNothing(t *testing.T) {
	d := deadline(t, law.Clock{Received: noon(t, "2026-10-01"), ExtendedAt: noon(t, "2026-11-03")}, "2026-11-03")
	if d.Due.String() != "2026-11-02" || d.Extended || !d.ExtensionVoid || !d.ExtensionDue.IsZero() || d.CanExtend(date(t, "2026-11-02")) {
		t.Errorf("%+v", d)
	}
	want := "Prolongation notifiée le 3 novembre 2026, après le dernier jour possible (lundi 2 novembre 2026)\u202f: elle ne prolonge rien."
	if len(d.Warnings) != 1 || d.Warnings[0].FR != want {
		t.Errorf("warnings: %v", d.Warnings)
	}
}

func TestARefusalHasNoExtension(t *testing.T) {
	d := deadline(t, law.Clock{Received: noon(t, "2026-10-01"), ExtendedAt: noon(t, "2026-10-20")}, "2026-12-01")
	if d.Due.String() != "2027-01-04" || d.RefusalBy.String() != "2026-11-02" {
		t.Errorf("due %s, refusal by %s", d.Due, d.RefusalBy)
	}
	if late := d.RefusalBy.Days(date(t, "2026-12-01")); late != 29 {
		t.Errorf("a refusal sent on 1 December is %d days late", late)
	}
	if d.DaysLeft(date(t, "2026-12-01")) != 34 || d.DaysLeft(date(t, "2027-01-05")) != -1 {
		t.Error("days left are wrong")
	}
}

func TestANoticeOlderThanTheRequestExtendsNothing(t *testing.T) {
	d := deadline(t, law.Clock{Received: noon(t, "2026-10-05"), ExtendedAt: noon(t, "2026-10-01")}, "2026-10-06")
	if d.Extended || !d.ExtensionVoid || d.Due.String() != "2026-11-05" || len(d.Warnings) != 1 {
		t.Errorf("%+v", d)
	}
	if d.ExtensionDue.String() != "2027-01-05" || !d.CanExtend(date(t, "2026-10-06")) {
		t.Errorf("a right notice is still possible: %+v", d)
	}
}

func TestWhetherAnExtensionIsStillPossible(t *testing.T) {
	d := deadline(t, law.Clock{Received: noon(t, "2026-10-01")}, "2026-10-02")
	for day, want := range map[string]bool{"2026-09-30": false, "2026-10-01": true, "2026-11-02": true, "2026-11-03": false} {
		if d.CanExtend(date(t, day)) != want {
			t.Errorf("on %s: %v", day, !want)
		}
	}
	d = deadline(t, law.Clock{Received: noon(t, "2026-10-01"), ExtendedAt: noon(t, "2026-10-02")}, "2026-10-02")
	if d.CanExtend(date(t, "2026-10-03")) {
		t.Error("there is no second extension")
	}
}

func paused(t testing.TB, pairs ...string) []law.Suspension {
	t.Helper()
	var out []law.Suspension
	for i := 0; i < len(pairs); i += 2 {
		s := law.Suspension{From: date(t, pairs[i]), Reason: "identity", By: "owner"}
		if pairs[i+1] != "" {
			s.To = date(t, pairs[i+1])
		}
		out = append(out, s)
	}
	return out
}

func TestSuspensions(t *testing.T) {
	for _, tc := range []struct {
		name, received string
		pauses         []string
		extended       string
		today          string
		due, bare      string
		days           int
		warnings       int // the careful date of a refusal is one wherever days were added
	}{
		{"ten days from Easter Sunday", "2026-03-05", []string{"2026-03-09", "2026-03-19"}, "", "", "2026-04-15", "2026-04-07", 10, 1},
		{"twenty days from All Saints' Day", "2026-10-12", []string{"2026-10-13", "2026-11-02"}, "", "", "2026-12-02", "2026-11-12", 20, 1},
		{"four days from a clamped month, rolled only at the end", "2026-01-31", []string{"2026-02-02", "2026-02-06"}, "", "", "2026-03-04", "2026-03-02", 4, 1},
		{"one day before Christmas", "2026-11-23", []string{"2026-11-24", "2026-11-25"}, "", "", "2026-12-24", "2026-12-23", 1, 1},
		{"answered on the day adds nothing", "2026-11-23", []string{"2026-11-24", "2026-11-24"}, "", "", "2026-12-23", "2026-12-23", 0, 0},
		{"two in turn are added", "2026-03-05", []string{"2026-03-12", "2026-03-19", "2026-03-06", "2026-03-09"}, "", "", "2026-04-15", "2026-04-07", 10, 1},
		{"a second question on the day of the first answer", "2026-03-05", []string{"2026-03-09", "2026-03-19", "2026-03-09", "2026-03-09"}, "", "", "2026-04-15", "2026-04-07", 10, 1},
		{"still running counts to today", "2026-03-05", []string{"2026-03-09", ""}, "", "2026-03-19", "2026-04-15", "2026-04-07", 10, 1},
		{"still running before it begins counts nothing", "2026-03-05", []string{"2026-03-09", ""}, "", "2026-03-01", "2026-04-07", "2026-04-07", 0, 0},
		{"with an extension the days are added to three months", "2026-03-05", []string{"2026-03-09", "2026-03-19"}, "2026-03-25", "", "2026-06-15", "2026-06-05", 10, 1},
		{"the notice has the suspended days too", "2026-03-05", []string{"2026-03-09", "2026-03-19"}, "2026-04-15", "", "2026-06-15", "2026-04-07", 10, 1},
		{"a notice after them is void", "2026-03-05", []string{"2026-03-09", "2026-03-19"}, "2026-04-16", "", "2026-04-15", "2026-04-07", 10, 2},
		{"asked in the extended months it moves the answer, not the refusal", "2026-03-05", []string{"2026-05-04", "2026-05-14"}, "2026-03-25", "", "2026-06-15", "2026-06-05", 10, 1},
		{"asked once the month is over it counts nothing", "2026-03-05", []string{"2026-04-08", "2026-04-18"}, "", "", "2026-04-07", "2026-04-07", 0, 1},
		{"asked on the last day, which is a rolled one", "2026-03-05", []string{"2026-04-07", "2026-04-17"}, "", "", "2026-04-15", "2026-04-07", 10, 2},
		{"asked on the fourth working day it can be contested", "2026-03-05", []string{"2026-03-11", "2026-03-12"}, "", "", "2026-04-07", "2026-04-07", 1, 1},
		{"asked on the third working day it cannot", "2026-03-05", []string{"2026-03-10", "2026-03-12"}, "", "", "2026-04-07", "2026-04-07", 2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := law.Clock{Received: noon(t, tc.received), Suspensions: paused(t, tc.pauses...)}
			if tc.extended != "" {
				c.ExtendedAt = noon(t, tc.extended)
			}
			order := slices.Clone(c.Suspensions)
			d := deadline(t, c, tc.today)
			if d.Due.String() != tc.due || d.Unsuspended.String() != tc.bare || d.SuspendedDays != tc.days {
				t.Errorf("due %s, unsuspended %s, %d days; want %s, %s, %d", d.Due, d.Unsuspended, d.SuspendedDays, tc.due, tc.bare, tc.days)
			}
			if len(d.Warnings) != tc.warnings {
				t.Errorf("%d warnings, want %d: %v", len(d.Warnings), tc.warnings, d.Warnings)
			}
			if d.Suspended != (tc.today != "") {
				t.Errorf("suspended: %v", d.Suspended)
			}
			if !slices.Equal(order, c.Suspensions) {
				t.Error("the caller's suspensions were reordered")
			}
		})
	}
}

func TestARunningSuspensionAskedTooLateDoesNotStopTheClock(t *testing.T) {
	d := deadline(t, law.Clock{Received: noon(t, "2026-03-05"), Suspensions: paused(t, "2026-05-04", "")}, "2026-06-01")
	if d.Suspended || d.Due.String() != "2026-04-07" || len(d.Warnings) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestASuspensionWithoutReasonOrAuthorIsSaidSo(t *testing.T) {
	for _, s := range []law.Suspension{{Reason: "identity"}, {By: "owner"}, {Reason: " ", By: "owner"}} {
		s.From, s.To = date(t, "2026-11-24"), date(t, "2026-11-24")
		d := deadline(t, law.Clock{Received: noon(t, "2026-11-23"), Suspensions: []law.Suspension{s}}, "")
		if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].EN, "without a reason or an author") {
			t.Errorf("%+v: %v", s, d.Warnings)
		}
	}
}

func TestFactsThatCannotBeAreRefused(t *testing.T) {
	received := noon(t, "2026-03-05")
	for _, tc := range []struct {
		name  string
		clock law.Clock
		want  error
	}{
		{"no receipt", law.Clock{}, law.ErrNoReceipt},
		{"an unknown territory", law.Clock{Received: received, Territory: "atlantis"}, law.ErrUnknownTerritory},
		{"a suspension before the receipt", law.Clock{Received: received, Suspensions: paused(t, "2026-03-04", "2026-03-06")}, law.ErrBadSuspension},
		{"a suspension that ends before it begins", law.Clock{Received: received, Suspensions: paused(t, "2026-03-09", "2026-03-08")}, law.ErrBadSuspension},
		{"two suspensions that overlap", law.Clock{Received: received, Suspensions: paused(t, "2026-03-09", "2026-03-12", "2026-03-11", "2026-03-20")}, law.ErrBadSuspension},
		{"two suspensions of the same days", law.Clock{Received: received, Suspensions: paused(t, "2026-03-09", "2026-03-12", "2026-03-09", "2026-03-12")}, law.ErrBadSuspension},
		{"one after another that still runs", law.Clock{Received: received, Suspensions: paused(t, "2026-03-09", "", "2026-03-11", "2026-03-20")}, law.ErrBadSuspension},
		{"two that still run", law.Clock{Received: received, Suspensions: paused(t, "2026-03-09", "", "2026-03-09", "")}, law.ErrBadSuspension},
		{"a suspension without a beginning", law.Clock{Received: received, Suspensions: []law.Suspension{{To: date(t, "2026-03-09")}}}, law.ErrBadSuspension},
		{"a suspension of a day that does not exist", law.Clock{Received: received, Suspensions: []law.Suspension{{From: law.Date{Year: 2026, Month: 2, Day: 31}}}}, law.ErrBadDate},
		{"one that runs, and no today", law.Clock{Received: received, Suspensions: paused(t, "2026-03-09", "")}, law.ErrBadDate},
		{"a receipt in the year 12000", law.Clock{Received: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}, law.ErrBadDate},
		{"a receipt before our era", law.Clock{Received: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)}, law.ErrBadDate},
		{"a notice in the year 12000", law.Clock{Received: received, ExtendedAt: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}, law.ErrBadDate},
		{"suspensions that leave the calendar", law.Clock{Received: noon(t, "5000-01-01"), Suspensions: paused(t, "5000-01-02", "9898-12-31")}, law.ErrBadDate},
	} {
		t.Run(tc.name, func(t *testing.T) {
			today := date(t, "2026-03-10")
			if strings.HasSuffix(tc.name, "no today") {
				today = law.Date{}
			}
			d, err := tc.clock.Deadline(today)
			if !errors.Is(err, tc.want) || !d.Due.IsZero() || len(d.Steps) != 0 {
				t.Errorf("got %v, %v", d.Due, err)
			}
		})
	}
}

func TestAMinorsDataWarnsAboutExtension(t *testing.T) {
	c := law.Clock{Received: noon(t, "2026-10-01"), MinorAtCollection: true}
	d := deadline(t, c, "")
	if len(d.Warnings) != 1 || d.Warnings[0].Source != "LIL Art. 51 II" || d.Due.String() != "2026-11-02" {
		t.Errorf("%+v", d)
	}
	c.ExtendedAt = noon(t, "2026-10-20")
	d = deadline(t, c, "")
	if !d.Extended || d.Due.String() != "2027-01-04" || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].EN, "3 weeks") {
		t.Errorf("the extension stays legally possible: %+v", d)
	}
}

func TestTheTerritoryChoosesTheHolidays(t *testing.T) {
	for _, tc := range []struct {
		territory     law.Territory
		received, due string
	}{
		{law.Metropole, "2024-02-29", "2024-03-29"},
		{law.AlsaceMoselle, "2024-02-29", "2024-04-02"},
		{law.AlsaceMoselle, "2025-11-26", "2025-12-29"},
		{law.Guadeloupe, "2026-04-27", "2026-05-28"},
		{law.SaintMartin, "2026-04-28", "2026-05-29"},
		{"", "2026-04-27", "2026-05-27"},
	} {
		d := deadline(t, law.Clock{Received: noon(t, tc.received), Territory: tc.territory}, "")
		if d.Due.String() != tc.due {
			t.Errorf("%q: received %s, due %s, want %s", tc.territory, tc.received, d.Due, tc.due)
		}
	}
}

func TestTheReasoningIsTold(t *testing.T) {
	tell := func(steps []law.Step, lang string) string {
		var lines []string
		for _, s := range steps {
			text := s.FR
			if lang == "en" {
				text = s.EN
			}
			lines = append(lines, s.Date.String()+" "+strings.ReplaceAll(text, "\u202f", "_"))
		}
		return strings.Join(lines, "\n")
	}
	for _, tc := range []struct {
		name, lang, want string
		clock            law.Clock
		today            string
	}{
		{"the month that ends at Easter", "fr", `2026-03-05 Reçue le 5 mars 2026 (heure de Paris).
2026-03-05 Le jour de la réception ne compte pas_; le délai se calcule de date à date.
2026-04-05 Le délai d'un mois se termine le dimanche 5 avril 2026.
2026-04-07 Dimanche de Pâques puis lundi de Pâques_: report au mardi 7 avril 2026.
2026-04-07 Échéance_: mardi 7 avril 2026, jusqu'à la fin de la journée (heure de Paris).`,
			law.Clock{Received: noon(t, "2026-03-05")}, ""},
		{"the same in English", "en", `2026-03-05 Received on 5 March 2026 (Paris time).
2026-03-05 The day of receipt is not counted; the period runs from date to date.
2026-04-05 The period of one month ends on Sunday 5 April 2026.
2026-04-07 Easter Sunday, then Easter Monday: moved to Tuesday 7 April 2026.
2026-04-07 Due: Tuesday 7 April 2026, until the end of the day (Paris time).`,
			law.Clock{Received: noon(t, "2026-03-05")}, ""},
		{"a receipt at night on a Saturday, at the end of a month", "fr", `2026-08-01 Reçue le 1er août 2026 (heure de Paris).
2026-08-01 Le serveur note le 31 juillet 2026 en temps universel_; la date du lieu compte, le 1er août 2026.
2026-08-01 Ce jour n'est pas ouvrable (samedi)_; cela ne retarde pas le départ du délai.
2026-08-01 Le jour de la réception ne compte pas_; le délai se calcule de date à date.
2026-09-01 Le délai d'un mois se termine le mardi 1er septembre 2026.
2026-09-01 Échéance_: mardi 1er septembre 2026, jusqu'à la fin de la journée (heure de Paris).`,
			law.Clock{Received: noon(t, "2026-07-31T22:30:00Z")}, ""},
		{"a clamped month, suspended and extended", "fr", `2026-01-31 Reçue le 31 janvier 2026 (heure de Paris).
2026-01-31 Ce jour n'est pas ouvrable (samedi)_; cela ne retarde pas le départ du délai.
2026-01-31 Le jour de la réception ne compte pas_; le délai se calcule de date à date.
2026-02-28 Il n'y a pas de 31 février 2026_: le délai d'un mois se termine le dernier jour du mois, le samedi 28 février 2026.
2026-03-02 Sans suspension, l'échéance serait le lundi 2 mars 2026.
2026-02-06 Informations demandées le 2 février 2026, réponse suffisante le 6 février 2026_: suspension de 4 jours.
2026-03-04 Le 28 février 2026 plus 4 jours de suspension_: le mercredi 4 mars 2026.
2026-02-20 Prolongation notifiée le 20 février 2026, dans le premier mois (dernier jour_: mercredi 4 mars 2026)_: deux mois de plus.
2026-04-30 Il n'y a pas de 31 avril 2026_: le délai de trois mois, compté depuis la réception, se termine le dernier jour du mois, le jeudi 30 avril 2026.
2026-04-30 Sans suspension, l'échéance serait le jeudi 30 avril 2026.
2026-05-04 Le 30 avril 2026 plus 4 jours de suspension_: le lundi 4 mai 2026.
2026-03-04 Un refus ne profite pas de la prolongation_: il part au plus tard le mercredi 4 mars 2026.
2026-05-04 Échéance_: lundi 4 mai 2026, jusqu'à la fin de la journée (heure de Paris).`,
			law.Clock{Received: noon(t, "2026-01-31"), ExtendedAt: noon(t, "2026-02-20"), Suspensions: paused(t, "2026-02-02", "2026-02-06")}, ""},
		{"a suspension that still runs", "en", `2026-11-02 Received on 2 November 2026 (Paris time).
2026-11-02 The day of receipt is not counted; the period runs from date to date.
2026-12-02 The period of one month ends on Wednesday 2 December 2026.
2026-12-02 With no suspension, the due date would be Wednesday 2 December 2026.
2026-11-04 Information asked for on 3 November 2026 and still awaited: suspended for 1 day by 4 November 2026.
2026-12-03 2 December 2026 plus 1 day of suspension: Thursday 3 December 2026.
2026-12-03 Due: Thursday 3 December 2026, until the end of the day (Paris time).`,
			law.Clock{Received: noon(t, "2026-11-02"), Suspensions: paused(t, "2026-11-03", "")}, "2026-11-04"},
		{"a weekend before a holiday, in another zone", "fr", `2027-04-15 Reçue le 15 avril 2027 (fuseau Europe/Berlin).
2027-04-15 Le jour de la réception ne compte pas_; le délai se calcule de date à date.
2027-05-15 Le délai d'un mois se termine le samedi 15 mai 2027.
2027-05-18 Samedi, dimanche de Pentecôte puis lundi de Pentecôte_: report au mardi 18 mai 2027.
2027-05-18 Échéance_: mardi 18 mai 2027, jusqu'à la fin de la journée (fuseau Europe/Berlin).`,
			law.Clock{Received: noon(t, "2027-04-15"), Zone: berlin(t)}, ""},
		{"a holiday on a Saturday", "en", `2026-07-15 Received on 15 July 2026 (Paris time).
2026-07-15 The day of receipt is not counted; the period runs from date to date.
2026-08-15 The period of one month ends on Saturday 15 August 2026.
2026-08-17 Saturday (Assumption Day), then Sunday: moved to Monday 17 August 2026.
2026-08-17 Due: Monday 17 August 2026, until the end of the day (Paris time).`,
			law.Clock{Received: noon(t, "2026-07-15")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tell(deadline(t, tc.clock, tc.today).Steps, tc.lang); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// anyClock is a lawful clock, and a today, drawn at random.
func anyClock(r *rand.Rand) (law.Clock, law.Date) {
	territories := law.Territories()
	received := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(30*365*24*time.Hour) / 2)))
	c := law.Clock{Received: received, Zone: law.Paris(), Territory: territories[r.IntN(len(territories))], MinorAtCollection: r.IntN(4) == 0}
	first := law.DateOf(received, law.Paris())
	if r.IntN(2) == 0 {
		c.ExtendedAt = received.Add(time.Duration(r.IntN(70)-5) * 24 * time.Hour)
	}
	from := first
	for range r.IntN(4) {
		from = from.AddDays(r.IntN(25))
		s := law.Suspension{From: from, To: from.AddDays(r.IntN(30)), Reason: "identity", By: "owner"}
		from = s.To
		c.Suspensions = append(c.Suspensions, s)
	}
	if n := len(c.Suspensions); n > 0 && r.IntN(3) == 0 {
		c.Suspensions[n-1].To = law.Date{}
	}
	r.Shuffle(len(c.Suspensions), func(i, j int) { c.Suspensions[i], c.Suspensions[j] = c.Suspensions[j], c.Suspensions[i] })
	return c, first.AddDays(r.IntN(200) - 20)
}

func TestWhatHoldsForEveryClock(t *testing.T) {
	known := map[string]bool{}
	for _, a := range law.Articles() {
		known[a.Key] = true
	}
	r := rand.New(rand.NewPCG(20, 26))
	var extended, void, suspended int
	for range 20_000 {
		c, today := anyClock(r)
		d, err := c.Deadline(today)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		month := d.Received.AddMonths(1)
		for name, ok := range map[string]bool{
			"due is never before the raw end":                   !d.Due.Before(d.Raw),
			"due is a working day":                              law.IsWorkingDay(d.Due, c.Territory),
			"the notice is due on a working day":                law.IsWorkingDay(d.NoticeBy, c.Territory),
			"the refusal is due on a working day":               law.IsWorkingDay(d.RefusalBy, c.Territory),
			"due is never less than a month after receipt":      !d.Due.Before(month),
			"without suspensions it is not later":               !d.Unsuspended.After(d.Due),
			"without suspensions it is a month at least":        !d.Unsuspended.Before(month),
			"a refusal is never later than the answer":          !d.RefusalBy.After(d.Due),
			"an extension gives more":                           d.ExtensionDue.IsZero() || d.ExtensionDue.After(d.NoticeBy),
			"extended and void exclude each other":              !d.Extended || !d.ExtensionVoid,
			"a notice is one or the other":                      c.ExtendedAt.IsZero() != (d.Extended || d.ExtensionVoid),
			"an extended request is due when the notice says":   !d.Extended || d.Due == d.ExtensionDue,
			"a request not extended is due with the notice":     d.Extended || d.Due == d.NoticeBy,
			"a void notice is warned about":                     !d.ExtensionVoid || len(d.Warnings) > 0,
			"the last step is the due date":                     d.Steps[len(d.Steps)-1].Date == d.Due,
			"nothing suspended means no difference":             d.SuspendedDays != 0 || d.Due == d.Unsuspended || d.Extended,
			"a running suspension moves with today":             !d.Suspended || slices.ContainsFunc(c.Suspensions, func(s law.Suspension) bool { return s.To.IsZero() }),
			"the month without suspension is the shortest":      !d.MonthEnd.After(d.NoticeBy),
			"days left agree with the due date":                 today.AddDays(d.DaysLeft(today)) == d.Due,
			"the three working days of a roll are never passed": d.Raw.AddDays(d.SuspendedDays).Days(d.Due) <= 4,
		} {
			if !ok {
				t.Fatalf("not so: %s\n%+v\ntoday %s\n%+v", name, c, today, d)
			}
		}
		for _, s := range slices.Concat(d.Steps, d.Warnings) {
			checkSentence(t, s, known)
		}
		// The same facts give the same answer.
		if again, err := c.Deadline(today); err != nil || again.Due != d.Due || !slices.Equal(again.Steps, d.Steps) {
			t.Fatalf("%+v answers differently a second time", c)
		}
		if d.Extended {
			extended++
		}
		if d.ExtensionVoid {
			void++
		}
		if d.Suspended {
			suspended++
		}
	}
	if extended < 1000 || void < 1000 || suspended < 1000 {
		t.Errorf("too few of a kind: %d extended, %d void, %d suspended", extended, void, suspended)
	}
}

// checkSentence checks one sentence: whole, in both languages, with known
// sources and French typography.
func checkSentence(t *testing.T, s law.Step, known map[string]bool) {
	t.Helper()
	if s.FR == "" || s.EN == "" || s.Date.IsZero() || s.Source == "" || !strings.HasSuffix(s.FR, ".") || !strings.HasSuffix(s.EN, ".") {
		t.Fatalf("not a whole step: %+v", s)
	}
	for _, key := range law.Sources(s.Source) {
		if !known[key] {
			t.Fatalf("%q is cited and is not in the table", key)
		}
	}
	for _, bad := range []string{" :", " ;", " !", " ?", "« ", " »", "  ", "%!"} {
		if strings.Contains(s.FR, bad) {
			t.Fatalf("%q in %q", bad, s.FR)
		}
	}
	for i, r := range s.FR {
		if (r == ':' || r == ';') && !strings.HasSuffix(s.FR[:i], "\u202f") {
			t.Fatalf("no narrow space before %c in %q", r, s.FR)
		}
	}
	if strings.ContainsAny(s.EN, "\u202f«»") || strings.Contains(s.EN, "%!") || strings.Contains(s.EN, "  ") {
		t.Fatalf("French typography in %q", s.EN)
	}
}

func TestALaterReceiptIsNeverDueEarlier(t *testing.T) {
	for _, territory := range law.Territories() {
		var before law.Deadline
		for day := date(t, "2023-12-01"); day.Year < 2033; day = day.AddDays(1) {
			d, err := law.Clock{Received: day.Start(law.Paris()), Zone: law.Paris(), Territory: territory}.Deadline(law.Date{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Received != day || d.Due.Before(before.Due) || d.ExtensionDue.Before(before.ExtensionDue) {
				t.Fatalf("%s: received %s, due %s, the day before %s", territory, day, d.Due, before.Due)
			}
			before = d
		}
	}
}

func TestADayMoreOfSuspensionIsNeverDueEarlier(t *testing.T) {
	received := noon(t, "2026-03-05")
	var before law.Date
	for n := range 400 {
		today := date(t, "2026-03-09").AddDays(n)
		d, err := law.Clock{Received: received, Suspensions: paused(t, "2026-03-09", "")}.Deadline(today)
		if err != nil {
			t.Fatal(err)
		}
		if d.Due.Before(before) || d.Due.Before(today) || !d.Suspended {
			t.Fatalf("on %s due %s, the day before %s", today, d.Due, before)
		}
		before = d.Due
	}
}

func BenchmarkDeadline(b *testing.B) {
	c := law.Clock{
		Received: noon(b, "2026-01-31"), ExtendedAt: noon(b, "2026-02-20"), Territory: law.Metropole,
		Suspensions: paused(b, "2026-02-02", "2026-02-06"),
	}
	today := date(b, "2026-02-21")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Deadline(today); err != nil {
			b.Fatal(err)
		}
	}
}
