package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/register"
)

// asking is a small profile on 14 December 2026 with one open request.
func asking(t *testing.T) (*small, cases.ID) {
	t.Helper()
	s := newSmall(t, "1042,completed,2026-11-01,2026-11-02,lise@client.test,Lise,Hamel\n", "uploads/1042/a.jpg")
	t.Cleanup(s.Settle)
	s.now = at(t, "2026-12-14T09:00:00Z")
	s.box.put(t, "2026-11-23T09:20:00Z", letter("Lise Hamel <lise@client.test>", "Erasure", "Please erase all photos of my order 1042. I ask for erasure under Article 17 GDPR.", vouched("client.test", "pass")))
	s.fetch()
	if err := s.Look(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return s, s.theCase("lise@client.test").ID
}

func ids(rows []app.AgendaRow) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Date.String()+" "+r.ID)
	}
	return out
}

func TestTheAgendaFollowsTheRecords(t *testing.T) {
	s, id := asking(t)
	ctx := t.Context()
	has := func(want string) {
		t.Helper()
		rows, err := s.Agenda(ctx, law.Date{})
		if err != nil || !slices.Contains(ids(rows), want) {
			t.Errorf("%q is not in %v (%v)", want, ids(rows), err)
		}
	}
	has("2026-12-23 answer-1")
	has("2027-01-01 retention-2027-01-01")
	if err := s.SaveProcessor(ctx, register.Processor{ID: "presto", Name: "Presto Livres", Family: "printing", ContractUntil: law.Date{Year: 2027, Month: 3, Day: 1}}); err != nil {
		t.Fatal(err)
	}
	has("2027-03-01 contract-presto")
	if err := s.SaveBreach(ctx, register.Breach{AwareAt: "2026-12-14T08:30:00Z"}); err != nil {
		t.Fatal(err)
	}
	has("2026-12-17 breach-breaches-1")
	if err := s.Act(ctx, id, cases.ActExtend, cases.Input{Reason: "many orders"}); err != nil {
		t.Fatal(err)
	}
	has("2026-12-23 refusal-1")
	has("2027-02-23 answer-1")
}

func TestAnAbsenceIsPlannedNotedToldOnTheFirstPageAndTakenBack(t *testing.T) {
	s, _ := asking(t)
	ctx := t.Context()
	x := agenda.Absence{From: law.Date{Year: 2026, Month: 12, Day: 19}, To: law.Date{Year: 2027, Month: 1, Day: 3}, Note: "skiing\n\u202ewith the children"}
	l, err := s.PlanAbsence(ctx, x)
	if err != nil || len(l.Before) != 1 || l.Before[0].ID != "answer-1" || len(l.OnTheDay) != 1 || l.LastDay.String() != "2026-12-18" {
		t.Fatalf("%+v, %v", l, err)
	}
	if all, _ := s.Absences(ctx); len(all) != 0 {
		t.Error("looking at it kept it")
	}
	no, err := s.SaveAbsence(ctx, x)
	if err != nil || no != "2026-12-19" {
		t.Fatalf("%q, %v", no, err)
	}
	all, err := s.Absences(ctx)
	if err != nil || len(all) != 1 || all[0].Note != "skiing with the children" {
		t.Errorf("%+v, %v", all, err)
	}
	today, err := s.Today(ctx)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(today.Needs, func(n app.Need) bool { return n.Kind == "absence" })
	if i < 0 || today.Needs[i].Count != 1 || today.Needs[i].Due.String() != "2026-12-18" || today.Needs[i].DaysLeft != 4 {
		t.Errorf("%+v", today.Needs)
	}
	lines, err := s.Journal(ctx, 1)
	if err != nil || lines[0].Act != "absence.set" || strings.Contains(lines[0].Detail, "skiing") {
		t.Errorf("%+v, %v", lines, err)
	}
	s.sealed("skiing")
	if err := s.DropAbsence(ctx, no); err != nil {
		t.Fatal(err)
	}
	if err := s.DropAbsence(ctx, no); !errors.Is(err, app.ErrNoAbsence) {
		t.Errorf("%v", err)
	}
	if _, err := s.SaveAbsence(ctx, agenda.Absence{From: x.To, To: x.From}); !errors.Is(err, agenda.ErrAbsence) {
		t.Errorf("%v", err)
	}
}

func TestTheCalendarFileNamesNobodyUnlessToldTo(t *testing.T) {
	s, _ := asking(t)
	ctx := t.Context()
	path := filepath.Join(s.dir, "out", "once.ics")
	if _, err := s.ExportCalendar(ctx, path, "en", false); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(b), "\r\n ", "")
	}
	first := read()
	if strings.Contains(first, "Lise") || strings.Contains(first, "1042") || !strings.Contains(first, "SUMMARY:Request No 1 (Erasure): answer") || !strings.Contains(first, "DTSTART;VALUE=DATE:20261223") {
		t.Errorf("%s", first)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	s.now = s.now.Add(time.Hour)
	if _, err := s.ExportCalendar(ctx, path, "en", false); err != nil {
		t.Fatal(err)
	}
	if read() != first {
		t.Error("the same facts give another file")
	}
	if _, err := s.ExportCalendar(ctx, path, "en", true); err != nil {
		t.Fatal(err)
	}
	if got := read(); !strings.Contains(got, "Lise Hamel") || !strings.Contains(got, "order 1042") {
		t.Errorf("%s", got)
	}
}

func TestTheSubscriptionIsWrittenAnewAfterAChange(t *testing.T) {
	s, id := asking(t)
	ctx := t.Context()
	path := filepath.Join(s.dir, "greffier.ics")
	if err := s.SetCalendarFile(ctx, path, "en", false); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		b, _ := os.ReadFile(path)
		return string(b)
	}
	if !strings.Contains(read(), "20261223") {
		t.Fatalf("%s", read())
	}
	if err := s.Act(ctx, id, cases.ActExtend, cases.Input{Reason: "many orders"}); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if strings.Contains(read(), "20270223") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := read(); !strings.Contains(got, "20270223") || !strings.Contains(got, "SEQUENCE:1") {
		t.Errorf("%s", got)
	}
	// A change just before the end is not lost.
	if _, err := s.SaveAbsence(ctx, agenda.Absence{From: law.Date{Year: 2027, Month: 5, Day: 3}, To: law.Date{Year: 2027, Month: 5, Day: 9}}); err != nil {
		t.Fatal(err)
	}
	s.Settle()
	if !strings.Contains(read(), "DTEND;VALUE=DATE:20270510") {
		t.Errorf("%s", read())
	}
	if v := s.CalendarFile(); v.Path != path || v.Err != nil || v.At.IsZero() {
		t.Errorf("%+v", v)
	}
}

func TestACalendarFileReplacesNothingOfOthers(t *testing.T) {
	s, _ := asking(t)
	ctx := t.Context()
	other := s.write("other.ics", "BEGIN:VCALENDAR\r\nPRODID:-//Somebody//\r\n")
	link := filepath.Join(s.dir, "link.ics")
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		path string
		want error
	}{
		"another program's calendar": {other, app.ErrCalendarTaken},
		"a link":                     {link, app.ErrCalendarTaken},
		"a folder":                   {s.dir, app.ErrCalendarPath},
		"another ending":             {filepath.Join(s.dir, "orders.csv"), app.ErrCalendarPath},
		"a relative path":            {"greffier.ics", app.ErrCalendarPath},
		"a folder that is not there": {filepath.Join(s.dir, "nowhere", "greffier.ics"), app.ErrCalendarPath},
	} {
		if err := s.SetCalendarFile(ctx, tc.path, "en", false); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, _ := os.ReadFile(other); !strings.Contains(string(b), "Somebody") {
		t.Error("another program's calendar was replaced")
	}
	if v := s.CalendarFile(); v.Path != "" {
		t.Errorf("%+v", v)
	}
}

func TestRemindersAreSaidOnceADayAndNameNobody(t *testing.T) {
	s, _ := asking(t)
	ctx := t.Context()
	s.now = at(t, "2026-12-16T09:00:00Z")
	said, err := s.Reminders(ctx)
	if err != nil || len(said) != 1 || !strings.Contains(said[0].Body, "Request No 1 (Erasure): answer") || strings.Contains(said[0].Body, "Lise") {
		t.Fatalf("%+v, %v", said, err)
	}
	if again, err := s.Reminders(ctx); err != nil || len(again) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
	s.now = at(t, "2026-12-24T09:00:00Z")
	if err := s.SetReminders(ctx, false, false); err != nil {
		t.Fatal(err)
	}
	if off, err := s.Reminders(ctx); err != nil || len(off) != 0 {
		t.Errorf("%+v, %v", off, err)
	}
	if err := s.SetReminders(ctx, true, true); err != nil {
		t.Fatal(err)
	}
	late, err := s.Reminders(ctx)
	if err != nil || len(late) != 1 || !strings.Contains(late[0].Body, "Lise Hamel") || !strings.Contains(late[0].Body, "late") {
		t.Errorf("%+v, %v", late, err)
	}
	if on, names := s.RemindersOn(); !on || !names {
		t.Error("the choice was not kept")
	}
}

func TestTheReasoningOfACaseIsPrinted(t *testing.T) {
	s, id := asking(t)
	for name, want := range map[string]string{"r.pdf": "why this date", "r.json": `"register": "reasoning"`, "r.csv": "date"} {
		path, err := s.PrintReasoning(t.Context(), id, "en", filepath.Join(s.dir, "out", name))
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		if strings.HasSuffix(name, ".pdf") {
			text = pdfText(t, path)
		} else {
			b, _ := os.ReadFile(path)
			text = string(b)
		}
		if !strings.Contains(text, want) || strings.Contains(text, "Lise") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	if lines, err := s.Journal(t.Context(), 1); err != nil || lines[0].Act != "reasoning.printed" {
		t.Errorf("%+v, %v", lines, err)
	}
	if _, err := s.PrintReasoning(t.Context(), 99, "en", ""); !errors.Is(err, cases.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestTheCommandsOfTheAgenda(t *testing.T) {
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email\n")
	w.init(csvTOML)
	if r := w.ok("agenda", "--json"); strings.TrimSpace(r.out) != "[]" {
		t.Errorf("%s", r.out)
	}
	day := law.DateOf(time.Now(), law.Paris()).AddDays(30)
	r := w.ok("away", day.String()+".."+day.AddDays(13).String(), "--note", "holidays", "--json")
	l := asJSON[leaveJSON](t, r)
	if l.From != day || l.LongestTo.IsZero() || l.MailDue.IsZero() || l.ID != day.String() {
		t.Errorf("%s", r.out)
	}
	if r := w.ok("away", "--list"); !strings.Contains(r.out, "holidays") {
		t.Errorf("%s", r.out)
	}
	if r := w.ok("agenda"); !strings.Contains(r.out, "absence") {
		t.Errorf("%s", r.out)
	}
	ics := filepath.Join(w.dir, "a.ics")
	w.ok("agenda", "--ics", ics)
	if b, err := os.ReadFile(ics); err != nil || !strings.Contains(string(b), "absence-"+day.String()) || strings.Contains(string(b), "holidays") {
		t.Errorf("%v %s", err, b)
	}
	keep := filepath.Join(w.dir, "keep.ics")
	w.ok("agenda", "--keep", keep)
	w.ok("away", "--drop", l.ID)
	if b, err := os.ReadFile(keep); err != nil || strings.Contains(string(b), "absence-") {
		t.Errorf("the file was not written anew: %v %s", err, b)
	}
	w.ok("agenda", "--stop")
	w.failed([]string{"no absence"}, "away", "--drop", l.ID)
	w.failed([]string{"days away"}, "away", day.String()+".."+day.AddDays(-1).String())
	for _, args := range [][]string{{"away"}, {"away", "tomorrow"}, {"away", day.String() + ".."}, {"away", "--list", "--drop", "x"}, {"agenda", "--until", "soon"}, {"agenda", "--ics", "a", "--stop"}, {"reasoning"}, {"reasoning", "x"}} {
		if r := w.call(args...); r.code != exitUsage {
			t.Errorf("greffier %v: exit status %d", args, r.code)
		}
	}
	pdf := filepath.Join(w.dir, "d.pdf")
	if r := ok(t, "--lang", "fr", "deadline", "--received", "2026-03-05T10:00:00Z", "--pdf", pdf); strings.TrimSpace(r.out) != "2026-04-07" {
		t.Errorf("%s", r.out)
	}
	if text := pdfText(t, pdf); !strings.Contains(text, "lundi de Pâques") {
		t.Errorf("%s", text)
	}
	w.failed([]string{"case"}, "reasoning", "7")
}
