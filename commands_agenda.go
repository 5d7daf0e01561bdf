package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/assets"
)

// entryJSON is what `agenda --json` prints of one date.
type entryJSON struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Date     law.Date `json:"date"`
	Until    law.Date `json:"until"`
	At       string   `json:"at"` // RFC 3339, "" for whole days
	DaysLeft int      `json:"days_left"`
	Tone     string   `json:"tone"` // late, at risk, ahead
	Title    string   `json:"title"`
	Case     int64    `json:"case"`
	Count    int      `json:"count"`
	Ref      string   `json:"ref"`
}

func (c *cli) entry(p *profile, e agenda.Entry, today law.Date) entryJSON {
	j := entryJSON{ID: e.ID, Kind: string(e.Kind), Date: e.Date, Until: e.Until, DaysLeft: today.Days(e.Date), Tone: e.Tone.String(),
		Title: p.AgendaTitle(e, c.lang, true), Case: int64(e.Case), Count: e.Count, Ref: e.Ref}
	if !e.At.IsZero() {
		j.At = e.At.UTC().Format("2006-01-02T15:04:05Z")
	}
	return j
}

func (c *cli) agendaCommand() *cobra.Command {
	var until, ics, keep string
	var names, stop bool
	cmd := command("agenda [--until DATE] [--ics F | --keep F | --stop] [--names]", "Show what lies ahead: deadlines, retention, contracts, absences", 0, 0, func(*cobra.Command, []string) error {
		var last law.Date
		if until != "" {
			var err error
			if last, err = law.ParseDate(until); err != nil {
				return usage("--until needs a date such as 2026-12-31")
			}
		}
		if n := len(ics) + len(keep); stop && n > 0 || ics != "" && keep != "" {
			return usage("greffier agenda takes one of --ics, --keep and --stop")
		}
		return c.with(func(p *profile) error {
			switch {
			case ics != "":
				path, err := p.ExportCalendar(c.ctx, ics, c.lang, names)
				if err != nil {
					return err
				}
				return c.wrote("ics", path)
			case keep != "", stop:
				if keep != "" {
					abs, err := filepath.Abs(keep)
					if err != nil {
						return err
					}
					keep = abs
				}
				if err := p.SetCalendarFile(c.ctx, keep, c.lang, names); err != nil {
					return err
				}
				return c.wrote("ics", keep)
			}
			rows, err := p.Agenda(c.ctx, last)
			if err != nil {
				return err
			}
			return c.printAgenda(p, rows)
		})
	})
	cmd.Flags().StringVar(&until, "until", "", "last day, a year from now without it")
	cmd.Flags().StringVar(&ics, "ics", "", "write a calendar file, once")
	cmd.Flags().StringVar(&keep, "keep", "", "write a calendar file anew after each change")
	cmd.Flags().BoolVar(&stop, "stop", false, "stop writing it anew")
	cmd.Flags().BoolVar(&names, "names", false, "let the file name persons, firms and orders")
	return cmd
}

// wrote says which file was written.
func (c *cli) wrote(format, path string) error {
	if c.json {
		return c.printJSON(map[string]string{format: path})
	}
	fmt.Fprintln(c.out, path)
	return nil
}

func (c *cli) printAgenda(p *profile, rows []app.AgendaRow) error {
	all := []entryJSON{}
	for _, r := range rows {
		j := c.entry(p, r.Entry, r.Date.AddDays(-r.DaysLeft))
		all = append(all, j)
		if !c.json {
			fmt.Fprintf(c.out, "%s\t%s\t%d\t%s\t%s\n", j.Date, j.Tone, j.DaysLeft, j.Kind, oneLine(j.Title))
		}
	}
	if c.json {
		return c.printJSON(all)
	}
	return nil
}

// leaveJSON is what `away --json` prints of an absence.
type leaveJSON struct {
	ID        string      `json:"id"`
	From      law.Date    `json:"from"`
	To        law.Date    `json:"to"`
	Note      string      `json:"note,omitempty"`
	LastDay   law.Date    `json:"last_working_day"`
	BackOn    law.Date    `json:"back_on"`
	Before    []entryJSON `json:"before"`
	OnTheDay  []entryJSON `json:"on_the_day"`
	Back      []entryJSON `json:"back"`
	Inside    []entryJSON `json:"inside"`
	MailDue   law.Date    `json:"mail_due"`
	MailLeft  int         `json:"mail_working_days_left"`
	LongestTo law.Date    `json:"longest_to"`
	Warnings  []string    `json:"warnings"`
}

func (c *cli) awayCommand() *cobra.Command {
	var note, drop string
	var list, dry bool
	cmd := command("away [FROM..TO] [--note TEXT] [--dry-run] | --list | --drop ID", "Note days away: what must be done before, what falls inside", 0, 1, func(_ *cobra.Command, args []string) error {
		switch {
		case (list || drop != "") && len(args) > 0, list && drop != "", !list && drop == "" && len(args) == 0:
			return usage("greffier away FROM..TO, --list or --drop ID")
		case list:
			return c.with(c.listAbsences)
		case drop != "":
			return c.with(func(p *profile) error {
				if err := p.DropAbsence(c.ctx, drop); err != nil {
					return err
				}
				return c.wrote("dropped", drop)
			})
		}
		s, err := suspension(args[0]) // FROM..TO, two dates
		if err != nil || s.To.IsZero() {
			return usage("away needs FROM..TO, two dates such as 2026-12-24..2027-01-03")
		}
		return c.with(func(p *profile) error {
			x := agenda.Absence{From: s.From, To: s.To, Note: note}
			l, err := p.PlanAbsence(c.ctx, x)
			if err != nil {
				return err
			}
			if !dry {
				if l.Absence.ID, err = p.SaveAbsence(c.ctx, x); err != nil {
					return err
				}
			}
			return c.printLeave(p, l)
		})
	})
	cmd.Flags().StringVar(&note, "note", "", "a note for yourself")
	cmd.Flags().BoolVar(&list, "list", false, "show the absences")
	cmd.Flags().StringVar(&drop, "drop", "", "take an absence back")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show what it would mean, and keep nothing")
	return cmd
}

func (c *cli) listAbsences(p *profile) error {
	all, err := p.Absences(c.ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(orEmpty(all))
	}
	for _, a := range all {
		fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\n", a.ID, a.From, a.To, oneLine(a.Note))
	}
	return nil
}

func (c *cli) printLeave(p *profile, l agenda.Leave) error {
	today := law.DateOf(c.now(), law.Paris())
	list := func(es []agenda.Entry) []entryJSON {
		out := []entryJSON{}
		for _, e := range es {
			out = append(out, c.entry(p, e, today))
		}
		return out
	}
	lang := c.lang
	if lang == "" {
		lang = p.Info().Lang
	}
	say := func(key string, args map[string]any) string { return oneLine(assets.Text(lang, key, args)) }
	j := leaveJSON{ID: l.Absence.ID, From: l.Absence.From, To: l.Absence.To, Note: l.Absence.Note, LastDay: l.LastDay, BackOn: l.BackOn, Before: list(l.Before), OnTheDay: list(l.OnTheDay),
		Back: list(l.Back), Inside: list(l.Inside), MailDue: l.MailDue, MailLeft: l.MailLeft, LongestTo: l.LongestTo, Warnings: []string{}}
	for _, w := range l.Warnings {
		j.Warnings = append(j.Warnings, strings.TrimPrefix(string(w), "agenda.warn."))
		if !c.json {
			c.say("%s", say(string(w), nil))
		}
	}
	if c.json {
		return c.printJSON(j)
	}
	fmt.Fprintf(c.out, "absence\t%s\t%s\t%s\nlast working day\t%s\nback on\t%s\n", j.ID, j.From, j.To, j.LastDay, j.BackOn)
	for _, part := range []struct {
		word string
		of   []entryJSON
	}{{"before", j.Before}, {"on the day", j.OnTheDay}, {"back", j.Back}} {
		for _, e := range part.of {
			fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\n", part.word, e.Date, e.Kind, oneLine(e.Title))
		}
	}
	fmt.Fprintf(c.out, "mail due\t%s\t%d\nlongest to\t%s\n", j.MailDue, j.MailLeft, j.LongestTo)
	return nil
}

func (c *cli) reasoningCommand() *cobra.Command {
	var pdf string
	cmd := command("reasoning N [--pdf F]", "Print why the due date of a case is what it is (F may end in .json or .csv)", 1, 1, func(_ *cobra.Command, args []string) error {
		id, err := caseNumber(args[0])
		if err != nil {
			return err
		}
		return c.with(func(p *profile) error {
			if pdf == "" {
				v, err := p.Case(c.ctx, id)
				if err != nil {
					return err
				}
				return c.printReasoning(v.Deadline)
			}
			path, err := p.PrintReasoning(c.ctx, id, c.lang, pdf)
			if err != nil {
				return err
			}
			return c.wrote(strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), "."), path)
		})
	})
	cmd.Flags().StringVar(&pdf, "pdf", "", "write a PDF")
	return cmd
}

// printReasoning tells each step with its source.
func (c *cli) printReasoning(d law.Deadline) error {
	if c.json {
		return c.printDeadline(d)
	}
	for _, s := range d.Steps {
		fmt.Fprintf(c.out, "%s\t%s\t%s\n", s.Date, oneLine(in(s, c.speak())), s.Source)
	}
	for _, s := range d.Warnings {
		c.say("%s", in(s, c.speak()))
	}
	return nil
}

// deadlinePDF prints the reasoning of a clock that no profile holds.
func (c *cli) deadlinePDF(k law.Clock, d law.Deadline, path string) error {
	doc := register.Reasoning(register.Inputs{Lang: c.speak(), Now: c.now(), Zone: k.Zone}, cases.Case{}, k, d)
	return printer{}.PDF(path, []register.Document{doc})
}
