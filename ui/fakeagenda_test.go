package ui

import (
	"context"
	"time"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/request"
)

// agendaFake is what the calendar of the small shop holds.
type agendaFake struct {
	absences []agenda.Absence
	file     app.CalendarView
	quiet    bool
	naming   bool
	reminds  []app.Reminder
	many     int // so many more entries
}

func (f *fake) agendaFacts() agenda.Facts {
	day := func(m, d int) law.Date { return law.Date{Year: 2026 + m/13, Month: time.Month((m-1)%12 + 1), Day: d} }
	at := func(d int) time.Time { return now.AddDate(0, 0, -d) }
	facts := agenda.Facts{Today: law.DateOf(now, law.Paris()), Now: now, Zone: law.Paris(), RemindEvery: cases.RemindEvery, Absences: f.agenda.absences,
		Cases: []cases.Case{
			{ID: 2, State: cases.InProgress, ReceivedAt: at(33), Asked: []cases.Asked{{Right: request.Access}}, Requester: cases.Person{Name: "Gaspard Lemoine"}},
			{ID: 1, State: cases.InProgress, ReceivedAt: at(21), Minor: true, Asked: []cases.Asked{{Right: request.Erasure}, {Right: request.Withdrawal}}, Requester: cases.Person{Name: "Mathilde Fontaine"}},
			{ID: 3, State: cases.Identifying, ReceivedAt: at(10), Asked: []cases.Asked{{Right: request.Rectification}}, Requester: cases.Person{Name: "Inès Tavernier"},
				Suspensions: []law.Suspension{{From: law.DateOf(at(8), law.Paris()), Reason: "identity", By: "owner"}}},
		},
		Media:      []agenda.MediaDue{{Order: 42, Number: "1042", Due: day(12, 20)}, {Order: 91, Number: "1091", Due: day(12, 23)}, {Order: 31, Number: "1031", Due: day(13, 4)}, {Order: 58, Number: "1058", Due: day(13, 4)}, {Order: 77, Number: "1077", Due: day(13, 19)}},
		Processors: []register.Processor{{ID: "printer", Family: "printing", Name: "Presto Livres", ContractUntil: day(15, 1)}, {ID: "host", Family: "hosting", Name: "Nuage du Nord", ContractUntil: day(21, 30)}},
		Breaches:   []register.Breach{{ID: "breaches-1", AwareAt: "2026-12-13T16:45:00Z"}},
		Notices:    []cases.Notice{{ID: "7-1", Case: 5, Name: "Presto Livres", State: cases.NoticeSent, SentAt: at(2)}},
	}
	for i := range f.agenda.many {
		facts.Media = append(facts.Media, agenda.MediaDue{Order: int64(1000 + i), Due: facts.Today.AddDays(i % 360)})
	}
	if f.empty {
		return agenda.Facts{Today: facts.Today, Now: facts.Now, Zone: facts.Zone, Absences: facts.Absences}
	}
	return facts
}

func (f *fake) Agenda(_ context.Context, until law.Date) ([]app.AgendaRow, error) {
	facts := f.agendaFacts()
	facts.Until = until
	var out []app.AgendaRow
	for _, e := range agenda.Entries(facts) {
		out = append(out, app.AgendaRow{Entry: e, DaysLeft: facts.Today.Days(e.Date)})
	}
	return out, f.fail
}

func (f *fake) Absences(context.Context) ([]agenda.Absence, error) { return f.agenda.absences, f.fail }

func (f *fake) PlanAbsence(_ context.Context, x agenda.Absence) (agenda.Leave, error) {
	facts := f.agendaFacts()
	if x.Check() == nil {
		facts.Until = x.To.AddDays(31)
	}
	l, err := agenda.Plan(x, agenda.Entries(facts), facts.Today, law.Paris(), law.Metropole)
	if err == nil {
		err = f.fail
	}
	return l, err
}

func (f *fake) SaveAbsence(_ context.Context, x agenda.Absence) (string, error) {
	x.ID = x.From.String()
	f.agenda.absences = append(f.agenda.absences, x)
	return x.ID, f.note("SaveAbsence %s..%s %s", x.From, x.To, x.Note)
}

func (f *fake) DropAbsence(_ context.Context, id string) error {
	f.agenda.absences = nil
	return f.note("DropAbsence %s", id)
}

func (f *fake) ExportCalendar(_ context.Context, path, lang string, names bool) (string, error) {
	return f.info.OutDir + "/greffier-calendar-2026-12-14.ics", f.note("ExportCalendar %q %s %v", path, lang, names)
}

func (f *fake) CalendarFile() app.CalendarView { return f.agenda.file }

func (f *fake) SetCalendarFile(_ context.Context, path, lang string, names bool) error {
	err := f.note("SetCalendarFile %q %s %v", path, lang, names)
	if err == nil {
		f.agenda.file = app.CalendarView{Path: path, Names: names, At: now}
	}
	return err
}

func (f *fake) RemindersOn() (bool, bool) { return !f.agenda.quiet, f.agenda.naming }

func (f *fake) SetReminders(_ context.Context, on, names bool) error {
	f.agenda.quiet, f.agenda.naming = !on, names
	return f.note("SetReminders %v %v", on, names)
}

func (f *fake) Reminders(context.Context) ([]app.Reminder, error) {
	out := f.agenda.reminds
	f.agenda.reminds = nil
	return out, f.fail
}

func (f *fake) PrintReasoning(_ context.Context, id cases.ID, lang, path string) (string, error) {
	return f.info.OutDir + "/deadline-case-1-fr-2026-12-14.pdf", f.note("PrintReasoning %d %s %q", id, lang, path)
}
