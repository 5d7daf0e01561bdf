package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/ui/kit"
)

// calendarLines is how many dates the list shows; the picture of the months has
// them all.
const calendarLines = 150

// calendarPage is the year ahead: deadlines, retention, contracts, absences, as
// a picture of twelve months and as a list.
type calendarPage struct {
	w      *Window
	filter int // 0 for all, else the place of a group
	head   *kit.Header
	chips  *kit.Chips
	body   *slot
	rows   []app.AgendaRow
}

func (p *calendarPage) place() string { return placeCalendar }
func (p *calendarPage) changed()      { p.load() }
func (p *calendarPage) step()         { p.w.away(agenda.Absence{}) }

func (p *calendarPage) build() fyne.CanvasObject {
	w := p.w
	p.head = kit.NewHeader(w.t("nav.calendar"), " ",
		kit.NewIconButton(w.t("calendar.export"), theme.DocumentSaveIcon(), w.exportCalendar),
		kit.NewPrimary(w.t("calendar.away"), func() { w.away(agenda.Absence{}) }))
	p.body = newSlot()
	p.chips = kit.NewChips(p.words(), nil)
	p.chips.Choose(p.filter)
	p.chips.OnChange(func(i int) {
		p.filter = i
		p.body.gen++
		p.body.set(p.content())
	})
	p.load()
	return container.NewBorder(container.NewVBox(p.head.Object, kit.Margins(24, 4, 24, 4, p.chips.Object)), nil, nil, nil, p.body.box)
}

func (p *calendarPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) ([]app.AgendaRow, error) { return w.f.Agenda(ctx, law.Date{}) }, func(rows []app.AgendaRow) fyne.CanvasObject {
		p.rows = rows
		p.chips.SetWords(p.words())
		p.head.Summary.SetText(p.summary())
		return p.content()
	})
}

// words are the filters, each with its count.
func (p *calendarPage) words() []string {
	w := p.w
	out := []string{w.t("calendar.all") + "\u00a0\u00a0" + w.number(len(p.rows))}
	for _, g := range agenda.Groups {
		n := 0
		for _, r := range p.rows {
			if r.Kind.Group() == g {
				n++
			}
		}
		out = append(out, w.t("calendar."+string(g))+"\u00a0\u00a0"+w.number(n))
	}
	return out
}

func (p *calendarPage) summary() string {
	w := p.w
	late, soon := 0, 0
	for _, r := range p.rows {
		switch {
		case r.Kind.Asks() && r.Tone == agenda.Late:
			late++
		case r.Kind.Asks() && r.Tone == agenda.AtRisk:
			soon++
		}
	}
	words := w.n("calendar.ahead", len(p.rows)-late)
	if soon > 0 {
		words = w.n("calendar.soon", soon) + " " + words
	}
	if late > 0 {
		words = w.n("calendar.late", late) + " " + words
	}
	return words
}

// shown are the rows of the filter.
func (p *calendarPage) shown() []app.AgendaRow {
	if p.filter == 0 {
		return p.rows
	}
	var out []app.AgendaRow
	for _, r := range p.rows {
		if r.Kind.Group() == agenda.Groups[p.filter-1] {
			out = append(out, r)
		}
	}
	return out
}

func (p *calendarPage) content() fyne.CanvasObject {
	w, rows := p.w, p.shown()
	switch {
	case len(p.rows) == 0:
		return kit.EmptyActs(theme.CalendarIcon(), w.t("calendar.none"), w.t("calendar.noneWords"), kit.NewButton(w.t("calendar.away"), func() { w.away(agenda.Absence{}) }))
	case len(rows) == 0:
		return kit.Empty(theme.CalendarIcon(), w.t("calendar.noneOfKind"), w.t("calendar.noneOfKindWords"), "", nil)
	}
	parts := []fyne.CanvasObject{w.months(w.day(w.clock()), rows), w.legend(), kit.Gap(4)}
	var month law.Date
	past := false
	var lines []fyne.CanvasObject
	flush := func() {
		if len(lines) > 0 {
			parts = append(parts, kit.Down(-10, lines...))
			lines = nil
		}
	}
	today := w.day(w.clock())
	for i, r := range rows {
		if i == calendarLines {
			lines = append(lines, kit.Faint(w.n("calendar.more", len(rows)-i)))
			break
		}
		// What is over stands apart, whatever its month; an absence that began
		// is not over.
		first := law.Date{Year: r.Date.Year, Month: r.Date.Month, Day: 1}
		switch over := r.Date.Before(today) && r.Kind != agenda.Away; {
		case over && !past:
			flush()
			past = true
			parts = append(parts, kit.Heading(w.t("calendar.past")))
		case !over && first != month:
			flush()
			month = first
			parts = append(parts, kit.Heading(w.month(first)))
		}
		lines = append(lines, p.line(r))
	}
	flush()
	return kit.Page(kit.DownReading(4, parts...))
}

// line is one date of the list: when, what, how urgent. It opens what it is
// about.
func (p *calendarPage) line(r app.AgendaRow) fyne.CanvasObject {
	w := p.w
	state := fyne.CanvasObject(quietWord(w.left(r.DaysLeft)))
	switch {
	case r.Kind == agenda.Away, !r.Kind.Asks() && r.DaysLeft < 0:
		state = quietWord("")
	case r.Kind.Asks() && r.Tone == agenda.Late && r.DaysLeft >= 0:
		state = kit.Badge(kit.Late, w.t("tone.late")) // by the hour
	case r.Kind.Asks() && r.Tone == agenda.Late:
		state = kit.Badge(kit.Late, w.left(r.DaysLeft))
	case r.Kind.Asks() && r.Tone == agenda.AtRisk:
		state = kit.Badge(kit.AtRisk, w.left(r.DaysLeft))
	}
	mark := container.NewCenter(kit.MinSize(16, 16, widget.NewIcon(w.mark(r.Kind.Group()))))
	return kit.Row(2, kit.MinWidth(84, kit.Strong(w.short(r.Date))), mark, kit.Label(w.entry(r.Entry)), state, kit.NewQuiet(w.t("open"), nil, w.opener(r.Entry)))
}

// quietWord is a few words that are never cut.
func quietWord(s string) *widget.Label {
	l := widget.NewLabel(s)
	l.Importance = kit.LowImportance
	return l
}

// entry says what an entry asks for, in the window's words.
func (w *Window) entry(e agenda.Entry) string {
	s := agenda.Speech{Lang: w.lang, Zone: w.zone, Names: true, Say: w.filled}
	return s.Title(e) // what comes from outside is one plain line in it
}

// opener leads to what an entry is about.
func (w *Window) opener(e agenda.Entry) func() {
	switch e.Kind {
	case agenda.Mail:
		return func() { w.follow(&requestsPage{w: w, filter: filterToCheck}) }
	case agenda.Media, agenda.Hold:
		if e.Order != 0 {
			return func() { w.follow(&orderPage{w: w, id: e.Order}) }
		}
		if e.Kind == agenda.Hold {
			return func() { w.follow(&rulesPage{w: w, tab: rulesTabHolds}) }
		}
		return func() { w.follow(&storagePage{w: w}) }
	case agenda.Rule:
		return func() { w.follow(&rulesPage{w: w, tab: rulesTabDue}) }
	case agenda.Assess:
		return func() { w.follow(&registerPage{w: w, name: register.DPIA}) }
	case agenda.Contract, agenda.Review, agenda.Exit:
		return func() { w.follow(&registerPage{w: w, name: register.Processors}) }
	case agenda.Breach:
		return func() { w.follow(&registerPage{w: w, name: register.Breaches}) }
	case agenda.Notice:
		if e.Case == 0 {
			return func() { w.follow(&noticesPage{w: w}) }
		}
		return func() { w.follow(&casePage{w: w, id: e.Case, tab: tabRecipients}) }
	case agenda.Away:
		return func() { w.away(agenda.Absence{ID: e.Ref, From: e.Date, To: e.Until, Note: e.Note}) }
	}
	return func() { w.openCase(e.Case) }
}

// month names a month: "décembre 2026".
func (w *Window) month(d law.Date) string {
	return w.t("calendar.monthYear", "Month", w.t("calendar.month."+w.number(int(d.Month))), "Year", d.Year)
}

// groupsOf are the groups that fall on a day, in their order.
func groupsOf(rows []app.AgendaRow, d law.Date) []agenda.Group {
	var out []agenda.Group
	for _, g := range agenda.Groups {
		if slices.ContainsFunc(rows, func(r app.AgendaRow) bool {
			return r.Kind.Group() == g && (r.Date == d || r.Kind == agenda.Away && !d.Before(r.Date) && !d.After(r.Until))
		}) {
			out = append(out, g)
		}
	}
	return out
}
