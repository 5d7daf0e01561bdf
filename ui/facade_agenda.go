package ui

import (
	"context"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/cases"
	"greffier/app/law"
)

// AgendaFacade is what the window asks of deadlines ahead, absences and the calendar.
type AgendaFacade interface {
	Agenda(ctx context.Context, until law.Date) ([]app.AgendaRow, error)      // zero date = a year from now; soonest first
	Absences(ctx context.Context) ([]agenda.Absence, error)                   // soonest first
	PlanAbsence(ctx context.Context, x agenda.Absence) (agenda.Leave, error)  // nothing is kept
	SaveAbsence(ctx context.Context, x agenda.Absence) (id string, err error) // without an id it is a new one
	DropAbsence(ctx context.Context, id string) error
	ExportCalendar(ctx context.Context, path, lang string, names bool) (string, error) // path "" = a dated file in the out folder
	CalendarFile() app.CalendarView                                                    // the file that is rewritten after each change
	SetCalendarFile(ctx context.Context, path, lang string, names bool) error          // "" ends it
	RemindersOn() (on, names bool)
	SetReminders(ctx context.Context, on, names bool) error
	Reminders(ctx context.Context) ([]app.Reminder, error) // what came near since it was last asked
	PrintReasoning(ctx context.Context, id cases.ID, lang, path string) (string, error)
}
