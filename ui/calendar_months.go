package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/law"
	"greffier/assets"
	"greffier/ui/kit"
)

// The measures of the picture of a month.
const (
	dayHeight  = 17
	daySize    = 10 // of the text
	monthTitle = 18
	monthLeast = 100
)

// shapes are the marks of the groups: each has a form of its own, so that none
// is told by its colour alone. They are filled and never stroked, because only
// fills take the colour of the look.
var shapes = map[agenda.Group]string{
	agenda.Deadlines: `<rect x="3" y="3" width="18" height="18" rx="4"/>`,
	agenda.Retention: `<path d="M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18zM12 6a6 6 0 1 0 0 12a6 6 0 1 0 0-12z"/>`,
	agenda.Contracts: `<rect x="3" y="16" width="18" height="4"/><rect x="3" y="10" width="18" height="2"/>`,
	agenda.Absences:  `<path d="M1 5h22v14h-22zM3 7v10h18v-10z"/>`,
}

// mark is the icon of a group, as the picture draws it.
func (w *Window) mark(g agenda.Group) fyne.Resource {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">` + shapes[g] + `</svg>`
	return theme.NewThemedResource(fyne.NewStaticResource("mark-"+string(g)+".svg", []byte(svg)))
}

// legend says what the marks of the picture mean.
func (w *Window) legend() fyne.CanvasObject {
	var parts []fyne.CanvasObject
	for _, g := range agenda.Groups {
		parts = append(parts, container.NewHBox(container.NewCenter(kit.MinSize(14, 14, widget.NewIcon(w.mark(g)))), quietWord(w.t("calendar.legend."+string(g)))))
	}
	return kit.Flow(parts...)
}

// months is the picture of twelve months from a day on.
func (w *Window) months(today law.Date, rows []app.AgendaRow) fyne.CanvasObject {
	on := map[law.Date][]agenda.Group{}
	for _, r := range rows {
		last := r.Date
		if r.Kind == agenda.Away {
			last = r.Until
		}
		for d := r.Date; !d.After(last); d = d.AddDays(1) {
			if _, done := on[d]; !done {
				on[d] = groupsOf(rows, d)
			}
		}
	}
	var tiles []fyne.CanvasObject
	first := law.Date{Year: today.Year, Month: today.Month, Day: 1}
	for range 12 {
		m := &monthView{first: first, today: today, on: on, title: w.month(first)}
		m.ExtendBaseWidget(m)
		tiles = append(tiles, m)
		first = first.AddMonths(1)
	}
	return container.NewGridWithColumns(6, tiles...)
}

// monthView draws one month: its days in weeks from Monday on, and what falls
// on them.
type monthView struct {
	widget.BaseWidget
	first, today law.Date
	on           map[law.Date][]agenda.Group
	title        string
}

// CreateRenderer draws the month.
func (m *monthView) CreateRenderer() fyne.WidgetRenderer {
	r := &monthRenderer{m: m}
	r.build()
	return r
}

// dayMark is a day's number with the shapes behind and below it.
type dayMark struct {
	text           *canvas.Text
	square         *canvas.Rectangle // a deadline: filled
	ring           *canvas.Circle    // retention: an empty ring
	under          *canvas.Rectangle // a contract: a line below
	wash           *canvas.Rectangle // an absence: the whole cell
	column, row    int
	today, weekend bool
}

type monthRenderer struct {
	m       *monthView
	title   *canvas.Text
	days    []*dayMark
	objects []fyne.CanvasObject
}

func (r *monthRenderer) build() {
	m := r.m
	r.title = canvas.NewText(m.title, theme.Color(theme.ColorNameForeground))
	r.title.TextSize, r.title.TextStyle.Bold = 12, true
	r.objects, r.days = []fyne.CanvasObject{r.title}, nil
	column, row := (int(m.first.Weekday())+6)%7, 0
	for d := m.first; d.Month == m.first.Month; d = d.AddDays(1) {
		x := &dayMark{column: column, row: row, today: d == m.today, weekend: column > 4}
		x.text = canvas.NewText(strconv.Itoa(d.Day), theme.Color(theme.ColorNameForeground))
		x.text.TextSize, x.text.Alignment = daySize, fyne.TextAlignCenter
		switch {
		case d.Before(m.today):
			x.text.Color = theme.Color(theme.ColorNameDisabled)
		case x.weekend:
			x.text.Color = theme.Color(kit.ColorFaint)
		}
		x.text.TextStyle.Bold = x.today
		for _, g := range m.on[d] {
			switch g {
			case agenda.Deadlines:
				x.square = canvas.NewRectangle(theme.Color(theme.ColorNamePrimary))
				x.square.CornerRadius = 3
				x.text.Color, x.text.TextStyle.Bold = theme.Color(theme.ColorNameForegroundOnPrimary), true
			case agenda.Retention:
				x.ring = canvas.NewCircle(nil)
				x.ring.StrokeColor, x.ring.StrokeWidth = theme.Color(theme.ColorNameForeground), 1.5
			case agenda.Contracts:
				x.under = canvas.NewRectangle(theme.Color(theme.ColorNameForeground))
			case agenda.Absences:
				x.wash = canvas.NewRectangle(theme.Color(kit.ColorChosen))
				x.wash.StrokeColor, x.wash.StrokeWidth = theme.Color(theme.ColorNameInputBorder), 1
			}
		}
		if x.wash != nil {
			r.objects = append(r.objects, x.wash)
		}
		if x.square != nil {
			r.objects = append(r.objects, x.square)
		}
		r.objects = append(r.objects, x.text)
		if x.ring != nil {
			r.objects = append(r.objects, x.ring)
		}
		if x.under != nil {
			r.objects = append(r.objects, x.under)
		}
		r.days = append(r.days, x)
		if column++; column == 7 {
			column, row = 0, row+1
		}
	}
}

func (r *monthRenderer) MinSize() fyne.Size {
	return fyne.NewSize(monthLeast, monthTitle+6*dayHeight+8)
}

func (r *monthRenderer) Layout(s fyne.Size) {
	r.title.Move(fyne.NewPos(2, 0))
	r.title.Resize(fyne.NewSize(s.Width, monthTitle))
	cell := min((s.Width-6)/7, 26)
	for _, x := range r.days {
		at := fyne.NewPos(float32(x.column)*cell, monthTitle+float32(x.row)*dayHeight)
		x.text.Move(at)
		x.text.Resize(fyne.NewSize(cell, dayHeight))
		middle := fyne.NewPos(at.X+cell/2, at.Y+dayHeight/2)
		around := func(o fyne.CanvasObject, width, height float32) {
			o.Move(fyne.NewPos(middle.X-width/2, middle.Y-height/2))
			o.Resize(fyne.NewSize(width, height))
		}
		if x.wash != nil {
			around(x.wash, cell, dayHeight-1)
		}
		if x.square != nil {
			side := float32(dayHeight - 2)
			if x.ring != nil {
				side = dayHeight - 6 // both are seen
			}
			around(x.square, min(cell-2, side+3), side)
		}
		if x.ring != nil {
			around(x.ring, dayHeight+1, dayHeight+1)
		}
		if x.under != nil {
			x.under.Move(fyne.NewPos(middle.X-6, at.Y+dayHeight-3))
			x.under.Resize(fyne.NewSize(12, 2))
		}
	}
}

func (r *monthRenderer) Refresh() {
	r.build()
	r.Layout(r.m.Size())
	canvas.Refresh(r.m)
}
func (r *monthRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *monthRenderer) Destroy()                     {}

// filled is t with its places in a map, as rooms that know no window ask for words.
func (s *speaker) filled(key string, args map[string]any) string {
	return assets.Text(s.lang, key, args)
}
