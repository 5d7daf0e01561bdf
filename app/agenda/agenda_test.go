package agenda_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/agenda"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

func day(t testing.TB, s string) law.Date {
	t.Helper()
	d, err := law.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func noon(t testing.TB, s string) time.Time {
	t.Helper()
	return day(t, s).Start(law.Paris()).Add(12 * time.Hour)
}

// say shows keys and places, so that a test sees what words are asked for.
func say(key string, args map[string]any) string {
	if len(args) == 0 {
		return key
	}
	return fmt.Sprintf("%s %v %v", key, args["N"], args["Name"])
}

func open(t testing.TB, id cases.ID, received string) cases.Case {
	t.Helper()
	return cases.Case{ID: id, State: cases.InProgress, ReceivedAt: noon(t, received), Requester: cases.Person{Name: "Mathilde Fontaine", Email: "m@exemple.fr"}, Asked: []cases.Asked{{Right: request.Erasure}}}
}

func lines(es []agenda.Entry) []string {
	var out []string
	for _, e := range es {
		out = append(out, fmt.Sprintf("%s %s %s", e.Date, e.ID, e.Tone))
	}
	return out
}

func TestWhatLiesAheadFollowsFromTheRecords(t *testing.T) {
	today := "2026-12-14"
	for _, tc := range []struct {
		name  string
		facts func() agenda.Facts
		want  []string
	}{
		{"nothing", func() agenda.Facts { return agenda.Facts{} }, nil},
		{"a request has its answer and the last day for an extension", func() agenda.Facts {
			return agenda.Facts{Cases: []cases.Case{open(t, 12, "2026-11-23")}}
		}, []string{"2026-12-23 answer-12 ahead", "2026-12-23 extension-12 ahead"}},
		{"of data collected from a minor no extension is offered", func() agenda.Facts {
			c := open(t, 12, "2026-11-23")
			c.Minor = true
			return agenda.Facts{Cases: []cases.Case{c}}
		}, []string{"2026-12-23 answer-12 ahead"}},
		{"an extended request has a last day for a refusal", func() agenda.Facts {
			c := open(t, 12, "2026-11-23")
			c.ExtendedAt = noon(t, "2026-12-01")
			return agenda.Facts{Cases: []cases.Case{c}}
		}, []string{"2026-12-23 refusal-12 ahead", "2027-02-23 answer-12 ahead"}},
		{"a missed request is late, and its extension forgotten", func() agenda.Facts {
			return agenda.Facts{Cases: []cases.Case{open(t, 2, "2026-11-10")}}
		}, []string{"2026-12-10 answer-2 late"}},
		{"an ended one is nothing to do", func() agenda.Facts {
			c := open(t, 2, "2026-11-10")
			c.State = cases.Answered
			return agenda.Facts{Cases: []cases.Case{c}}
		}, nil},
		{"a clock that cannot be computed is late", func() agenda.Facts {
			c := open(t, 2, "2026-11-10")
			c.ReceivedAt = time.Time{}
			return agenda.Facts{Cases: []cases.Case{c}}
		}, []string{"2026-12-13 answer-2 late"}},
		{"a running suspension is followed up, and its code ends", func() agenda.Facts {
			c := open(t, 3, "2026-12-04")
			c.Suspensions = []law.Suspension{{From: day(t, "2026-12-07"), Reason: "identity", By: "owner"}}
			c.Challenge = &cases.Challenge{Code: "ABCD-2345", Until: noon(t, "2026-12-21")}
			return agenda.Facts{Cases: []cases.Case{c}}
		}, []string{"2026-12-21 waiting-3 at risk", "2026-12-21 code-3 ahead", "2027-01-11 answer-3 ahead", "2027-01-11 extension-3 ahead"}},
		{"a suspension that waits for long is followed up again and again", func() agenda.Facts {
			c := open(t, 3, "2026-09-04")
			c.Suspensions = []law.Suspension{{From: day(t, "2026-09-07"), Reason: "identity", By: "owner"}}
			return agenda.Facts{Cases: []cases.Case{c}, Until: day(t, "2026-12-31")}
		}, []string{"2026-12-14 waiting-3 at risk"}},
		{"media are grouped by day, and a lone order is named", func() agenda.Facts {
			return agenda.Facts{Media: []agenda.MediaDue{{Order: 1, Number: "1001", Due: day(t, "2027-01-04")}, {Order: 2, Number: "1002", Due: day(t, "2027-01-04")}, {Order: 3, Number: "1003", Due: day(t, "2026-12-20")}}}
		}, []string{"2026-12-20 retention-2026-12-20 at risk", "2027-01-04 retention-2027-01-04 ahead"}},
		{"an owner's hold ends, a hold without end does not", func() agenda.Facts {
			return agenda.Facts{Holds: []plan.Hold{{ID: 4, Order: 7, Until: day(t, "2027-02-01")}, {ID: 5, Order: 7}, {Order: 9, Until: day(t, "2027-02-01")}}}
		}, []string{"2027-02-01 hold-4 ahead"}},
		{"a contract that has ended is late, one without end is not", func() agenda.Facts {
			return agenda.Facts{Processors: []register.Processor{{ID: "p-1", ContractUntil: day(t, "2026-11-30")}, {ID: "p-2"}, {ID: "p-3", ContractUntil: day(t, "2028-01-01")}}}
		}, []string{"2026-11-30 contract-p-1 late"}},
		{"a breach runs 72 hours, weekends included, until it is notified", func() agenda.Facts {
			return agenda.Facts{Now: noon(t, "2026-12-14"), Breaches: []register.Breach{
				{ID: "b-1", AwareAt: "2026-12-12T16:45:00Z"}, {ID: "b-2", AwareAt: "2026-12-12T16:45:00Z", NotifiedAt: "2026-12-13T10:00:00Z"},
				{ID: "b-3", AwareAt: "2026-12-12T16:45:00Z", Risk: "none"}, {ID: "b-4", AwareAt: "2026-12-11T10:00:00Z"}, {ID: "b-5"}}}
		}, []string{"2026-12-14 breach-b-4 late", "2026-12-15 breach-b-1 at risk"}},
		{"a recipient is told within a month, and reminded after five days", func() agenda.Facts {
			return agenda.Facts{Notices: []cases.Notice{{ID: "7-1", MadeAt: noon(t, "2026-12-01")}, {ID: "7-2", State: cases.NoticeSent, SentAt: noon(t, "2026-12-10")}, {ID: "7-3", State: cases.NoticeSpared}}}
		}, []string{"2026-12-15 notice-7-2 at risk", "2027-01-01 notice-7-1 ahead"}},
		{"the oldest mail to check has a month", func() agenda.Facts {
			return agenda.Facts{ToCheck: []time.Time{noon(t, "2026-12-01"), noon(t, "2026-11-20")}}
		}, []string{"2026-12-20 mail at risk"}},
		{"an absence that is over is forgotten", func() agenda.Facts {
			return agenda.Facts{Absences: []agenda.Absence{{ID: "a", From: day(t, "2026-12-24"), To: day(t, "2027-01-03")}, {ID: "b", From: day(t, "2026-08-01"), To: day(t, "2026-08-20")}, {ID: "c", From: day(t, "2026-12-10"), To: day(t, "2026-12-14")}}}
		}, []string{"2026-12-10 absence-c ahead", "2026-12-24 absence-a ahead"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := tc.facts()
			f.Today, f.Zone = day(t, today), law.Paris()
			if f.Now.IsZero() {
				f.Now = noon(t, today)
			}
			if got := lines(agenda.Entries(f)); !slices.Equal(got, tc.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

func TestALoneOrderIsNamedAndAGroupIsNot(t *testing.T) {
	es := agenda.Entries(agenda.Facts{Today: day(t, "2026-12-14"), Media: []agenda.MediaDue{{Order: 1, Number: "1001", Due: day(t, "2027-01-04")}, {Order: 2, Number: "1002", Due: day(t, "2027-01-04")}, {Order: 3, Number: "1003", Due: day(t, "2026-12-20")}}})
	if es[0].Order != 3 || es[0].Count != 1 || es[1].Order != 0 || es[1].Count != 2 {
		t.Errorf("%+v", es)
	}
}

func TestWithoutLeaveATitleLeadsToNobody(t *testing.T) {
	secret := []agenda.Entry{
		{Kind: agenda.Answer, Case: 12, Name: "Mathilde Fontaine", Rights: []request.Right{request.Erasure}},
		{Kind: agenda.Media, Count: 1, Number: "FONTAINE-1042", Order: 3},
		{Kind: agenda.Hold, Number: "FONTAINE-1042", Ref: "4"},
		{Kind: agenda.Contract, Name: "Fontaine EI", Ref: "p-1", Family: "printing"},
		{Kind: agenda.Notice, Name: "Fontaine EI"},
		{Kind: agenda.Away, Note: "chez les Fontaine"},
		{Kind: agenda.Waiting, Case: 12, Name: "Mathilde Fontaine"},
	}
	for _, e := range secret {
		s := agenda.Speech{Say: say, Lang: "fr"}
		if got := s.Title(e) + s.Detail(e); strings.Contains(strings.ToLower(got), "fontaine") {
			t.Errorf("%s: %q", e.Kind, got)
		}
		s.Names = true
		if got := s.Title(e); !strings.Contains(strings.ToLower(got), "fontaine") {
			t.Errorf("%s with leave: %q", e.Kind, got)
		}
	}
}

func TestANameFromOutsideIsOneShortLine(t *testing.T) {
	s := agenda.Speech{Say: say, Lang: "en", Names: true}
	got := s.Title(agenda.Entry{Kind: agenda.Answer, Case: 1, Name: "A\u202eB\x00\r\nBEGIN:VEVENT\u2028" + strings.Repeat("x", 500) + "\xff"})
	if strings.ContainsAny(got, "\r\n\x00\u202e\u2028") || len([]rune(got)) > 140 {
		t.Errorf("%q", got)
	}
}

func TestANotificationHoldsNothingThatAShellWouldRun(t *testing.T) {
	got := agenda.Spoken("Demande n°\u00a012 : “Zoé” `$(calc)`; & | <b> \\ \" ' ’ \x1b\n(2)")
	if strings.ContainsAny(got, "$`\"'\\;&|<>\x1b\n“”") || !strings.Contains(got, "Zoé") || !strings.Contains(got, "Demande n° 12") {
		t.Errorf("%q", got)
	}
}

func planned(t testing.TB, from, to, today string, es []agenda.Entry) agenda.Leave {
	t.Helper()
	l, err := agenda.Plan(agenda.Absence{ID: "x", From: day(t, from), To: day(t, to)}, es, day(t, today), law.Paris(), "")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWhatMustBeDoneBeforeLeaving(t *testing.T) {
	at := func(k agenda.Kind, d string, tone agenda.Tone) agenda.Entry {
		return agenda.Entry{ID: string(k) + d, Kind: k, Date: day(t, d), Tone: tone}
	}
	es := []agenda.Entry{
		at(agenda.Answer, "2026-12-10", agenda.Late), at(agenda.Answer, "2026-12-23", agenda.Ahead), at(agenda.Answer, "2026-12-29", agenda.Ahead),
		at(agenda.Media, "2026-12-20", agenda.Ahead), at(agenda.Media, "2026-12-30", agenda.Ahead), at(agenda.Media, "2027-01-03", agenda.Ahead),
		at(agenda.Extension, "2026-12-28", agenda.Ahead), at(agenda.Contract, "2026-12-31", agenda.Ahead),
		at(agenda.Answer, "2027-01-04", agenda.Ahead), at(agenda.Notice, "2027-01-05", agenda.Ahead), at(agenda.Answer, "2027-01-06", agenda.Ahead),
	}
	l := planned(t, "2026-12-24", "2027-01-02", "2026-12-14", es)
	if l.LastDay.String() != "2026-12-23" || l.BackOn.String() != "2027-01-04" {
		t.Errorf("last day %s, back on %s", l.LastDay, l.BackOn)
	}
	for name, tc := range map[string]struct {
		got  []agenda.Entry
		want string
	}{
		"before":     {l.Before, "answer2026-12-10 answer2026-12-23 answer2026-12-29 retention2026-12-20 contract2026-12-31"},
		"on the day": {l.OnTheDay, "retention2026-12-30 retention2027-01-03"},
		"back":       {l.Back, "answer2027-01-04 notice2027-01-05"},
		"inside":     {l.Inside, "answer2026-12-29 retention2026-12-30 extension2026-12-28 contract2026-12-31"},
	} {
		var ids []string
		for _, e := range tc.got {
			ids = append(ids, e.ID)
		}
		if got := strings.Join(ids, " "); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	if l.MailDue.String() != "2027-01-25" || l.MailLeft != 16 || !l.Has(agenda.WarnLate) || !l.Has(agenda.WarnBreach) || l.Has(agenda.WarnMail) || l.Has(agenda.WarnLong) {
		t.Errorf("%+v", l)
	}
}

func TestTheWarningsOfAnAbsence(t *testing.T) {
	for _, tc := range []struct {
		name, from, to, today string
		want                  []agenda.Warning
	}{
		{"a weekend", "2026-12-12", "2026-12-13", "2026-12-07", nil},
		{"three days do not outlast a breach", "2026-12-12", "2026-12-14", "2026-12-07", nil},
		{"four days do", "2026-12-11", "2026-12-14", "2026-12-07", []agenda.Warning{agenda.WarnBreach}},
		{"from today on", "2026-12-14", "2026-12-15", "2026-12-14", []agenda.Warning{agenda.WarnNow}},
		{"one that is over", "2026-12-01", "2026-12-02", "2026-12-14", []agenda.Warning{agenda.WarnOver}},
		{"back on the day on which what came before leaving is due", "2026-03-10", "2026-04-08", "2026-03-02", []agenda.Warning{agenda.WarnBreach}},
		{"back a day later", "2026-03-10", "2026-04-09", "2026-03-02", []agenda.Warning{agenda.WarnLong, agenda.WarnBreach}},
		{"back when what came on the first day is late", "2026-03-10", "2026-04-10", "2026-03-02", []agenda.Warning{agenda.WarnMail, agenda.WarnBreach}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := planned(t, tc.from, tc.to, tc.today, nil)
			if !slices.Equal(l.Warnings, tc.want) {
				t.Errorf("%v, want %v (mail due %s, longest %s)", l.Warnings, tc.want, l.MailDue, l.LongestTo)
			}
		})
	}
}

// TestTheLongestAbsenceMakesNothingLate holds what is promised of LongestTo: any
// request that arrives from the last working day before leaving on can be
// answered in time by who is back on the working day after it.
func TestTheLongestAbsenceMakesNothingLate(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 3000 {
		today := day(t, "2025-01-01").AddDays(r.IntN(2000))
		a := agenda.Absence{ID: "x", From: today.AddDays(r.IntN(60))}
		a.To = a.From.AddDays(r.IntN(60))
		territory := law.Territories()[r.IntN(len(law.Territories()))]
		l, err := agenda.Plan(a, nil, today, law.Paris(), territory)
		if err != nil {
			t.Fatal(err)
		}
		seen := l.LastDay
		if seen.Before(today) {
			seen = today
		}
		for _, to := range []law.Date{l.LongestTo, l.LongestTo.AddDays(1)} {
			back := law.NextWorkingDay(to.AddDays(1), territory)
			late := false
			for d := seen; !d.After(to); d = d.AddDays(1) {
				x, err := law.Clock{Received: d.Start(law.Paris()).Add(time.Hour), Territory: territory}.Deadline(law.Date{})
				if err != nil {
					t.Fatal(err)
				}
				late = late || x.Due.Before(back)
			}
			if want := to != l.LongestTo; late != want {
				t.Fatalf("leaving %s from %s, back on %s: something late %v, want %v", territory, seen, back, late, want)
			}
		}
		if !law.IsWorkingDay(l.LastDay, territory) || !law.IsWorkingDay(l.BackOn, territory) || !l.LastDay.Before(a.From) || !l.BackOn.After(a.To) {
			t.Fatalf("%+v", l)
		}
		if l.MailLeft > 0 == l.Has(agenda.WarnMail) {
			t.Fatalf("%d working days left, warned %v", l.MailLeft, l.Has(agenda.WarnMail))
		}
	}
}

func TestDaysThatCannotBeAreRefused(t *testing.T) {
	for name, a := range map[string]agenda.Absence{
		"no days":             {},
		"no last day":         {From: day(t, "2026-12-24")},
		"the wrong way round": {From: day(t, "2026-12-24"), To: day(t, "2026-12-23")},
		"more than a year":    {From: day(t, "2026-12-24"), To: day(t, "2027-12-25")},
		"no day of ours":      {From: law.Date{Year: 2026, Month: 2, Day: 31}, To: day(t, "2026-12-24")},
		"the end of time":     {From: day(t, "9999-12-30"), To: day(t, "9999-12-31")},
		"a novel for a note":  {From: day(t, "2026-12-24"), To: day(t, "2026-12-24"), Note: strings.Repeat("x", 201)},
	} {
		if _, err := agenda.Plan(a, nil, day(t, "2026-12-14"), law.Paris(), ""); !errors.Is(err, agenda.ErrAbsence) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACalendarToldTwiceIsTheSameAndAChangeMovesOn(t *testing.T) {
	s := agenda.Speech{Say: say, Lang: "fr"}
	e := agenda.Entry{ID: "answer-12", Kind: agenda.Answer, Case: 12, Date: day(t, "2026-12-23")}
	first, told := agenda.Publish([]agenda.Entry{e}, s, "p", nil, noon(t, "2026-12-01"))
	again, told := agenda.Publish([]agenda.Entry{e}, s, "p", told, noon(t, "2026-12-02"))
	if !reflect.DeepEqual(first, again) || first[0].UID != "answer-12@p.greffier" || first[0].Sequence != 0 || !first[0].Remind {
		t.Errorf("%+v\n%+v", first, again)
	}
	e.Date = day(t, "2027-02-23")
	moved, told := agenda.Publish([]agenda.Entry{e}, s, "p", told, noon(t, "2026-12-03"))
	if moved[0].UID != first[0].UID || moved[0].Sequence != 1 || !moved[0].Stamp.Equal(noon(t, "2026-12-03").UTC()) {
		t.Errorf("%+v", moved)
	}
	// Answered, and opened again: it goes on, and does not start anew.
	_, told = agenda.Publish(nil, s, "p", told, noon(t, "2026-12-04"))
	e.Date = day(t, "2027-02-24")
	back, _ := agenda.Publish([]agenda.Entry{e}, s, "p", told, noon(t, "2026-12-05"))
	if back[0].Sequence != 2 {
		t.Errorf("%+v", back)
	}
}

func TestNothingIsToldTwiceOnADay(t *testing.T) {
	today := day(t, "2026-12-14")
	entries := func(now law.Date) []agenda.Entry {
		return agenda.Entries(agenda.Facts{Today: now, Now: now.Start(law.Paris()).Add(9 * time.Hour), Zone: law.Paris(), Cases: []cases.Case{open(t, 12, "2026-11-23")}})
	}
	var told map[string]agenda.Told
	var days []string
	for d := today; d.Before(day(t, "2026-12-28")); d = d.AddDays(1) {
		for range 3 {
			var say []agenda.Entry
			say, told = agenda.Remind(entries(d), told, d)
			for _, e := range say {
				days = append(days, d.String()[5:]+" "+e.ID)
			}
		}
	}
	want := "12-16 answer-12,12-21 answer-12,12-23 answer-12,12-24 answer-12,12-25 answer-12,12-26 answer-12,12-27 answer-12"
	if got := strings.Join(days, ","); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
