package reports_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"

	"greffier/app/agenda"
	"greffier/app/law"
	"greffier/reports"
)

// hostileName is what a sender may write into a name.
const hostileName = "Zoé \"B;C,D\\\" \r\nBEGIN:VEVENT\r\nUID:evil\r\nEND:VEVENT\x00\x1b[2J\x07\u0085:\t" + "é"

func calendarOf(t testing.TB, c agenda.Calendar) ([]byte, *ical.Calendar) {
	t.Helper()
	var b bytes.Buffer
	if err := reports.Calendar(&b, c); err != nil {
		t.Fatal(err)
	}
	cal, err := ical.NewDecoder(bytes.NewReader(b.Bytes())).Decode()
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	checkLines(t, b.Bytes())
	return b.Bytes(), cal
}

// checkLines holds what RFC 5545, 3.1 asks of every line.
func checkLines(t testing.TB, b []byte) {
	t.Helper()
	text := string(b)
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("not whole lines of UTF-8:\n%q", text)
	}
	for _, l := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(l) > 75 || strings.ContainsAny(l, "\r\n\x00\x1b\x7f") || !utf8.ValidString(l) || l == "" {
			t.Fatalf("a line that may not be: %q", l)
		}
	}
}

func day(s string) law.Date {
	d, err := law.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

var stamp = time.Date(2026, 12, 1, 8, 30, 0, 0, time.UTC)

func TestACalendarIsReadBack(t *testing.T) {
	c := agenda.Calendar{Name: "Greffier", Lang: "fr", Events: []agenda.Event{
		{UID: "answer-12@x.greffier", Title: "Demande n°\u00a012 (effacement) : répondre", Detail: "Un mois.\nRGPD, art. 12", Date: day("2026-12-23"), Sequence: 3, Stamp: stamp, Remind: true},
		{UID: "absence-a@x.greffier", Title: "Absence", Date: day("2026-12-24"), Until: day("2027-01-03"), Stamp: stamp, Busy: true},
		{UID: "breach-b@x.greffier", Title: "Notifier", Date: day("2026-11-26"), At: time.Date(2026, 11, 26, 8, 20, 0, 0, time.UTC), Stamp: stamp, Remind: true},
	}}
	b, cal := calendarOf(t, c)
	events := cal.Events()
	if len(events) != 3 {
		t.Fatalf("%d events:\n%s", len(events), b)
	}
	for i, want := range []struct {
		start, end, seq, busy string
		alarms                []string
	}{
		{"20261223", "20261224", "3", "TRANSPARENT", []string{"-P6DT15H", "-P1DT15H", "PT9H"}},
		{"20261224", "20270104", "0", "OPAQUE", nil},
		{"20261126T082000Z", "", "0", "TRANSPARENT", []string{"-PT24H", "-PT4H", "PT0S"}},
	} {
		e := events[i]
		get := func(name string) string {
			if p := e.Props.Get(name); p != nil {
				return p.Value
			}
			return ""
		}
		if get("DTSTART") != want.start || get("DTEND") != want.end || get("SEQUENCE") != want.seq || get("TRANSP") != want.busy || get("DTSTAMP") != "20261201T083000Z" {
			t.Errorf("%s: %v", c.Events[i].UID, e.Props)
		}
		if title, err := e.Props.Text("SUMMARY"); err != nil || title != c.Events[i].Title {
			t.Errorf("title %q, %v", title, err)
		}
		var alarms []string
		for _, a := range e.Children {
			alarms = append(alarms, a.Props.Get("TRIGGER").Value)
		}
		if strings.Join(alarms, " ") != strings.Join(want.alarms, " ") {
			t.Errorf("%s: alarms %v, want %v", c.Events[i].UID, alarms, want.alarms)
		}
	}
	if events[0].Props.Get("DTSTART").ValueType() != ical.ValueDate {
		t.Error("a whole day is not written as a date")
	}
	again, _ := calendarOf(t, c)
	if !bytes.Equal(b, again) {
		t.Error("the same calendar gives other bytes")
	}
}

func TestACalendarOfNothingIsStillOne(t *testing.T) {
	b, cal := calendarOf(t, agenda.Calendar{Name: "Greffier"})
	if len(cal.Events()) != 0 || len(cal.Children) != 1 {
		t.Errorf("%s", b)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	for _, name := range []string{hostileName, strings.Repeat("é", 500), strings.Repeat("😀", 60), "\xff\xfe", "\r", "END:VCALENDAR", strings.Repeat("a", 75), strings.Repeat("a", 74) + "é"} {
		c := agenda.Calendar{Name: name, Events: []agenda.Event{{UID: "u", Title: name, Detail: name, Date: day("2026-12-23"), Stamp: stamp, Remind: true}}}
		b, cal := calendarOf(t, c)
		events := cal.Events()
		if len(events) != 1 || len(events[0].Children) != 3 {
			t.Fatalf("%q became %d events:\n%s", name, len(events), b)
		}
		if uid, _ := events[0].Props.Text("UID"); uid != "u" {
			t.Errorf("the UID became %q", uid)
		}
		title, err := events[0].Props.Text("SUMMARY")
		if err != nil || strings.ContainsAny(title, "\x00\x1b\x07\r") {
			t.Errorf("%q, %v", title, err)
		}
	}
	c := agenda.Calendar{Events: []agenda.Event{{UID: "u", Title: "a;b,c\\d\ne:f", Date: day("2026-12-23"), Stamp: stamp}}}
	b, cal := calendarOf(t, c)
	if title, _ := cal.Events()[0].Props.Text("SUMMARY"); title != "a;b,c\\d\ne:f" || !bytes.Contains(b, []byte(`SUMMARY:a\;b\,c\\d\ne:f`)) {
		t.Errorf("%q in\n%s", title, b)
	}
}

func TestAWriterThatFailsIsTold(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	if err := reports.Calendar(w, agenda.Calendar{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add(hostileName, "x")
	f.Add("é\r\n ", "\\")
	f.Fuzz(func(t *testing.T, title, detail string) {
		c := agenda.Calendar{Name: detail, Events: []agenda.Event{{UID: "u", Title: title, Detail: detail, Date: day("2026-12-23"), Stamp: stamp, Remind: true}}}
		_, cal := calendarOf(t, c)
		if len(cal.Events()) != 1 {
			t.Fatal("the text changed the calendar")
		}
	})
}
