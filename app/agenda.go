package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"greffier/app/agenda"
	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/request"
)

const kindAbsences = "absences"

// AgendaRow is one date of the calendar. DaysLeft is negative once it is over.
type AgendaRow struct {
	agenda.Entry
	DaysLeft int
}

// Agenda returns what is late and what lies ahead until a day, the zero date
// being a year from now, soonest first. It looks at records only.
func (a *App) Agenda(ctx context.Context, until law.Date) ([]AgendaRow, error) {
	var out []AgendaRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		es, err := a.entries(tx, until)
		for _, e := range es {
			out = append(out, AgendaRow{Entry: e, DaysLeft: a.today().Days(e.Date)})
		}
		return err
	})
	return out, err
}

// entries gathers the records and looks ahead.
func (a *App) entries(tx Tx, until law.Date) ([]agenda.Entry, error) {
	f := agenda.Facts{Today: a.today(), Now: a.now(), Zone: a.d.Zone, Until: until, Numbers: map[int64]string{}, RemindEvery: time.Duration(reminderDays(tx)) * 24 * time.Hour}
	var err error
	if f.Cases, err = tx.Cases(); err != nil {
		return nil, err
	}
	js, err := tx.Messages(request.ToCheck, 0)
	if err != nil {
		return nil, err
	}
	for _, j := range js {
		if j.Case == 0 {
			f.ToCheck = append(f.ToCheck, j.Message.ReceivedAt)
		}
	}
	if f.Media, err = a.mediaDates(tx); err != nil {
		return nil, err
	}
	if f.Holds, err = tx.Holds(); err != nil {
		return nil, err
	}
	if err := a.ruleDates(tx, &f); err != nil {
		return nil, err
	}
	for _, h := range f.Holds {
		if o, err := tx.Order(h.Order); err == nil {
			f.Numbers[h.Order] = o.Number
		}
	}
	if f.Processors, err = records[register.Processor](tx, kindProcessors); err != nil {
		return nil, err
	}
	if f.Screenings, err = records[register.Screening](tx, kindScreenings); err != nil {
		return nil, err
	}
	if f.Breaches, err = records[register.Breach](tx, kindBreaches); err != nil {
		return nil, err
	}
	ns, err := records[cases.Notice](tx, kindNotices)
	if err != nil {
		return nil, err
	}
	f.Notices = slices.DeleteFunc(ns, settled)
	if f.Absences, err = records[agenda.Absence](tx, kindAbsences); err != nil {
		return nil, err
	}
	return agenda.Entries(f), nil
}

// mediaDates returns the orders whose media were in the storages when somebody
// last looked, with the end of their period. What a hold keeps has none.
func (a *App) mediaDates(tx Tx) ([]agenda.MediaDue, error) {
	if len(a.d.Storages) == 0 {
		return nil, nil
	}
	book, err := a.orderBook(tx)
	if err != nil {
		return nil, err
	}
	all, err := tx.Orders()
	if err != nil {
		return nil, err
	}
	var out []agenda.MediaDue
	for _, o := range all {
		if book.seen[o.ID] == 0 {
			continue // nothing is there, or nobody has looked yet
		}
		if r := book.row(o); r.Media == "due" || r.Media == "counting" {
			out = append(out, agenda.MediaDue{Order: o.ID, Number: o.Number, Due: r.Due})
		}
	}
	return out, nil
}

// speech are the words of the entries in a language; the names of persons and
// firms stand in them only where they may.
func (a *App) speech(lang string, names bool) agenda.Speech {
	lang = a.lang(lang)
	return agenda.Speech{Lang: lang, Zone: a.d.Zone, Names: names, Say: func(key string, args map[string]any) string { return a.d.Texts.Text(lang, key, args) }}
}

// AgendaTitle says what an entry asks for, in one line.
func (a *App) AgendaTitle(e agenda.Entry, lang string, names bool) string {
	return a.speech(lang, names).Title(e)
}

// Absences returns the days on which the owner is or will be away, soonest
// first, and those that are over.
func (a *App) Absences(ctx context.Context) ([]agenda.Absence, error) {
	out, err := list[agenda.Absence](ctx, a, kindAbsences)
	slices.SortFunc(out, func(x, y agenda.Absence) int { return x.From.Compare(y.From) })
	return out, err
}

// PlanAbsence tells what an absence would mean; nothing is kept. It returns
// agenda.ErrAbsence for days that cannot be.
func (a *App) PlanAbsence(ctx context.Context, x agenda.Absence) (agenda.Leave, error) {
	if err := x.Check(); err != nil {
		return agenda.Leave{}, err
	}
	var l agenda.Leave
	err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		l, err = a.leave(tx, x)
		return err
	})
	return l, err
}

// leave looks beyond the end of an absence, to what waits on the return.
func (a *App) leave(tx Tx, x agenda.Absence) (agenda.Leave, error) {
	es, err := a.entries(tx, x.To.AddDays(31))
	if err != nil {
		return agenda.Leave{}, err
	}
	return agenda.Plan(x, es, a.today(), a.d.Zone, a.d.Territory)
}

// SaveAbsence notes days on which the owner is away. One without an id is new.
// It returns the id, and agenda.ErrAbsence for days that cannot be.
func (a *App) SaveAbsence(ctx context.Context, x agenda.Absence) (string, error) {
	x.Note = strings.Join(strings.FieldsFunc(x.Note, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), " ")
	if err := x.Check(); err != nil {
		return "", err
	}
	err := a.update(ctx, func(tx Tx) error {
		if x.ID == "" {
			taken, err := tx.Records(kindAbsences)
			if err != nil {
				return err
			}
			x.ID = x.From.String()
			for n := 2; slices.ContainsFunc(taken, func(r register.Stored) bool { return r.ID == x.ID }); n++ {
				x.ID = fmt.Sprintf("%s-%d", x.From, n)
			}
		}
		if err := putRecord(tx, kindAbsences, x.ID, x, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActAbsenceSet, "absence", map[string]int{"days": x.Days()})
	})
	return x.ID, err
}

// ErrNoAbsence says that no absence has this id.
var ErrNoAbsence = errors.New("no absence has this number")

// DropAbsence takes an absence back; ErrNoAbsence where there is none.
func (a *App) DropAbsence(ctx context.Context, id string) error {
	return a.update(ctx, func(tx Tx) error {
		rs, err := tx.Records(kindAbsences)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(rs, func(r register.Stored) bool { return r.ID == id }) {
			return ErrNoAbsence
		}
		if err := tx.DeleteRecord(kindAbsences, id); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActAbsenceSet, "absence", map[string]bool{"dropped": true})
	})
}

// absenceSoonDays is from how many days before an absence the first page tells
// what must be done before.
const absenceSoonDays = 14

// needOfAbsence tells of an absence that comes near: what must be done before
// leaving, by the last working day before it.
func (a *App) needOfAbsence(t *Today, tx Tx, today law.Date) error {
	all, err := records[agenda.Absence](tx, kindAbsences)
	if err != nil {
		return err
	}
	for _, x := range all {
		if left := today.Days(x.From); left <= 0 || left > absenceSoonDays {
			continue
		}
		l, err := a.leave(tx, x)
		if err != nil {
			return err
		}
		n := Need{Kind: "absence", Tone: ToneQuiet, Count: len(l.Before), Due: l.LastDay, DaysLeft: today.Days(l.LastDay)}
		if n.Count == 0 {
			t.Next = append(t.Next, NextDate{Date: x.From, Kind: "absence"})
			continue
		}
		if n.DaysLeft <= 2 {
			n.Tone = ToneAtRisk
		}
		t.Needs = append(t.Needs, n)
	}
	return nil
}

// Reminder is one notification of the desktop: fixed words, counts and case
// numbers, and names only where the owner allows them.
type Reminder struct {
	Title, Body string
	Tone        agenda.Tone
}

const (
	settingQuiet  = "reminders.off"
	settingNaming = "reminders.names"
	kindCalendar  = "calendar"
	recordTold    = "told"
	// spokenLines is how many entries one notification tells apart.
	spokenLines = 3
)

// RemindersOn tells whether notifications are sent while the window is open,
// and whether they may name persons. They are on, without names, where the
// owner has not said otherwise.
func (a *App) RemindersOn() (on, names bool) {
	on = true
	// A setting that cannot be read leaves the default.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error { on, names = remindersOn(tx); return nil })
	return on, names
}

func remindersOn(tx Tx) (on, names bool) {
	off, _, err := tx.Setting(settingQuiet)
	named, _, _ := tx.Setting(settingNaming)
	return err != nil || off != "yes", named == "yes"
}

// SetReminders turns notifications on or off, and names in them.
func (a *App) SetReminders(ctx context.Context, on, names bool) error {
	word := map[bool]string{true: "yes", false: "no"}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(settingQuiet, word[!on]); err != nil {
			return err
		}
		if err := tx.SetSetting(settingNaming, word[names]); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "reminders", map[string]bool{"on": on, "names": names})
	})
}

// Reminders returns what came near, due or late since it was last asked, as one
// notification at most. No entry is told twice on a day; what is due or late is
// told each day. Nothing is returned while reminders are off.
func (a *App) Reminders(ctx context.Context) ([]Reminder, error) {
	var out []Reminder
	err := a.d.Store.Update(ctx, func(tx Tx) error {
		out = nil
		on, names := remindersOn(tx)
		if !on {
			return nil
		}
		es, err := a.entries(tx, a.today().AddDays(agenda.RiskDays+1))
		if err != nil {
			return err
		}
		told, err := record[map[string]agenda.Told](tx, kindCalendar, recordTold)
		if err != nil {
			return err
		}
		say, next := agenda.Remind(es, told, a.today())
		if len(say) == 0 {
			return nil
		}
		out = append(out, a.reminder(say, names))
		return putRecord(tx, kindCalendar, recordTold, next, a.now())
	})
	return out, err
}

func (a *App) reminder(say []agenda.Entry, names bool) Reminder {
	s := a.speech("", names)
	late := 0
	r := Reminder{Tone: agenda.Ahead}
	var lines []string
	for i, e := range say {
		r.Tone = min(r.Tone, e.Tone)
		if e.Tone == agenda.Late {
			late++
		}
		if i < spokenLines {
			when := s.Say("agenda.remind.by", map[string]any{"Date": law.FormatDate(e.Date, s.Lang, false)})
			switch agenda.StageOf(e, a.today()) {
			case agenda.Missed:
				when = s.Say("agenda.remind.late", nil)
			case agenda.OnDay:
				when = s.Say("agenda.remind.today", nil)
			}
			lines = append(lines, s.Title(e)+" · "+when)
		}
	}
	if more := len(say) - spokenLines; more > 0 {
		lines = append(lines, s.Say("agenda.remind.more", map[string]any{"Count": more}))
	}
	key := "agenda.remind.title"
	if late > 0 {
		key = "agenda.remind.titleLate"
	}
	r.Title = agenda.Spoken(s.Say(key, map[string]any{"Count": len(say), "Late": late}))
	for i, l := range lines {
		lines[i] = agenda.Spoken(l)
	}
	r.Body = strings.Join(lines, "\n")
	return r
}

// record reads one record of a kind, the zero value where there is none.
func record[T any](tx Tx, kind, id string) (T, error) {
	var v T
	rs, err := tx.Records(kind)
	if err != nil {
		return v, err
	}
	for _, r := range rs {
		if r.ID == id {
			if err := json.Unmarshal(r.JSON, &v); err != nil {
				return v, fmt.Errorf("read a record of %s: %w", kind, err)
			}
		}
	}
	return v, nil
}
