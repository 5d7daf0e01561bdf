package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/app/agenda"
	"greffier/app/law"
	"greffier/ui/kit"
)

// awayLines is how many dates of each kind the dialog tells apart.
const awayLines = 8

// away asks from when to when she is away, and shows what that means before
// anything is kept: what falls inside, what has to be done before.
func (w *Window) away(x agenda.Absence) {
	write := func(d law.Date) string {
		if d.IsZero() {
			return ""
		}
		if w.lang == "fr" {
			return strings.Join([]string{d.String()[8:], d.String()[5:7], d.String()[:4]}, "/")
		}
		return d.String()
	}
	from, to, note := kit.NewEntry(write(x.From)), kit.NewEntry(write(x.To)), kit.NewEntry(x.Note)
	from.SetPlaceHolder(w.t("away.dateHelp"))
	to.SetPlaceHolder(w.t("away.dateHelp"))
	means, list := newSlot(), newSlot()
	var d *kit.Dialog
	save := kit.NewPrimary(w.t("away.save"), nil)
	seen := agenda.Absence{} // the days whose consequences are shown
	read := func() agenda.Absence {
		a, _ := parseDate(from.Text)
		b, _ := parseDate(to.Text)
		return agenda.Absence{ID: x.ID, From: a, To: b, Note: strings.TrimSpace(note.Text)}
	}
	look := func() {
		save.Disable()
		a := read()
		if a.From.IsZero() || a.To.IsZero() {
			means.gen++
			means.set(kit.Faint(w.t("away.ask")))
			return
		}
		means.gen++
		gen := means.gen
		w.async(func() {
			l, err := w.f.PlanAbsence(w.ctx, a)
			w.onMain(func() {
				switch {
				case gen != means.gen:
				case err != nil:
					what, next := Explain(err, w.lang)
					means.set(kit.IconLine(kit.Late, what+" "+next))
				default:
					seen = a
					means.set(w.leave(l))
					save.Enable()
				}
			})
		})
	}
	from.OnChanged = func(string) { look() }
	to.OnChanged = func(string) { look() }
	save.OnTapped = func() {
		a := read()
		if a.From != seen.From || a.To != seen.To {
			return // what is shown is not of these days
		}
		w.do(func(ctx context.Context) error { _, err := w.f.SaveAbsence(ctx, a); return err }, func() {
			d.Close()
			w.say(outcome{tone: kit.Kept, words: w.t("away.saved")})
			w.page.changed()
		})
	}
	dates := kit.Shared(0.5, kit.FormRow(w.t("away.from"), "", from), kit.FormRow(w.t("away.to"), "", to))
	// What it means may be long: it scrolls below the days.
	room := min(max(w.win.Canvas().Size().Height-400, 180), 380)
	below := container.NewVScroll(kit.Margins(0, 0, 14, 0, kit.Down(4, means.box, list.box)))
	form := kit.Down(0, dates, kit.FormRow(w.t("away.note"), "", note), kit.Gap(4), kit.MinSize(100, room, below))
	d = kit.NewDialog(w.win.Canvas(), w.t("away.title"), 620, form, w.t("cancel"), nil, save)
	w.listAbsences(list, func(a agenda.Absence) {
		d.Close()
		w.away(a)
	})
	look()
	d.FocusOn(from).Show()
}

// leave says what an absence means.
func (w *Window) leave(l agenda.Leave) fyne.CanvasObject {
	parts := []fyne.CanvasObject{kit.Words(w.n("away.days", l.Absence.Days(), "Last", w.long(l.LastDay), "Back", w.long(l.BackOn)))}
	some := func(t kit.Tone, title string, es []agenda.Entry) {
		if len(es) == 0 {
			return
		}
		lines := []fyne.CanvasObject{kit.IconLine(t, title)}
		for i, e := range es {
			if i == awayLines {
				lines = append(lines, kit.Margins(28, 0, 0, 0, kit.Faint(w.n("calendar.more", len(es)-i))))
				break
			}
			lines = append(lines, kit.Margins(28, 0, 0, 0, kit.Words(w.shortYear(e.Date)+" · "+w.entry(e))))
		}
		parts = append(parts, kit.Down(-12, lines...))
	}
	some(kit.AtRisk, w.n("away.before", len(l.Before), "Date", w.long(l.LastDay)), l.Before)
	some(kit.AtRisk, w.n("away.onTheDay", len(l.OnTheDay)), l.OnTheDay)
	some(kit.Quiet, w.n("away.back", len(l.Back)), l.Back)
	if len(l.Before)+len(l.OnTheDay) == 0 {
		parts = append(parts, kit.IconLine(kit.Kept, w.t("away.nothing")))
	}
	for _, warn := range l.Warnings {
		t := kit.AtRisk
		if warn == agenda.WarnMail || warn == agenda.WarnLate {
			t = kit.Late
		}
		parts = append(parts, kit.IconLine(t, w.known(string(warn), string(warn))))
	}
	if l.MailLeft > 0 {
		parts = append(parts, kit.Faint(w.n("away.mail", l.MailLeft, "Date", w.long(l.MailDue))))
	}
	parts = append(parts, kit.Faint(w.t("away.longest", "Date", w.long(l.LongestTo))))
	return kit.Down(-6, parts...)
}

// listAbsences shows the absences that are noted, each to be seen again or taken
// back.
func (w *Window) listAbsences(s *slot, open func(agenda.Absence)) {
	fetch(w, s, w.f.Absences, func(all []agenda.Absence) fyne.CanvasObject {
		today := w.day(w.clock())
		parts := []fyne.CanvasObject{}
		for _, a := range all {
			if a.To.Before(today) {
				continue
			}
			words := w.t("away.row", "From", w.shortYear(a.From), "To", w.shortYear(a.To))
			if a.Note != "" {
				words += " · " + kit.Line(a.Note, 60)
			}
			again := kit.NewQuiet(w.t("away.again"), nil, func() { open(a) })
			drop := kit.NewQuiet(w.t("away.drop"), nil, func() {
				w.do(func(ctx context.Context) error { return w.f.DropAbsence(ctx, a.ID) }, func() {
					w.listAbsences(s, open)
					w.page.changed()
				})
			})
			parts = append(parts, kit.Row(0, kit.Label(words), container.NewHBox(again, drop)))
		}
		if len(parts) == 0 {
			return kit.Faint(w.t("away.none"))
		}
		return kit.Down(-8, append([]fyne.CanvasObject{kit.Strong(w.t("away.list"))}, parts...)...)
	})
}
