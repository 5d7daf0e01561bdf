package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/register"
	"greffier/ui/kit"
)

// The measures of the picture of the year.
const (
	yearHeight = 190
	yearFoot   = 20 // the names of the months
	yearHead   = 16 // the number above a bar
	yearText   = 11
)

// ruleColor is the colour of the rule that stands at a place of the list. Their
// order in the bar is that of the legend, so that none is told by colour alone.
func ruleColor(i int) color.Color {
	shades := []struct {
		name  fyne.ThemeColorName
		alpha uint8
	}{{theme.ColorNamePrimary, 255}, {theme.ColorNameForeground, 150}, {theme.ColorNamePrimary, 120}, {theme.ColorNameForeground, 80}, {theme.ColorNamePrimary, 60}}
	s := shades[i%len(shades)]
	r, g, b, _ := theme.Color(s.name).RGBA()
	return color.NRGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: s.alpha}
}

func (p *rulesPage) showYear(y app.YearAhead) fyne.CanvasObject {
	w := p.w
	if y.Count == 0 {
		return kit.Empty(theme.CalendarIcon(), w.t("rules.year.none"), w.t("rules.year.noneWords"), w.t("sync.button"), func() { w.sync(true, false) })
	}
	names := map[string]string{}
	total := map[string]int{}
	late := 0
	for _, r := range y.Rules {
		names[r.ID] = w.nameOfRule(r)
		late += y.Late[r.ID]
		for _, m := range y.Months {
			total[r.ID] += m.Due[r.ID]
		}
	}
	var legend []fyne.CanvasObject
	for i, r := range y.Rules {
		dot := canvas.NewRectangle(ruleColor(i))
		dot.CornerRadius = 3
		legend = append(legend, container.NewHBox(container.NewCenter(kit.MinSize(12, 12, dot)), quietWord(names[r.ID]+"\u00a0\u00a0"+w.number(total[r.ID]))))
	}
	bars := &yearView{year: y, word: func(i int) string { return w.t("rules.month." + w.number(int(y.Months[i].First.Month))) }, number: w.number}
	bars.ExtendBaseWidget(bars)
	parts := []fyne.CanvasObject{kit.Faint(w.n("rules.year.total", y.Count))}
	if late > 0 {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.n("rules.year.late", late)))
	}
	parts = append(parts, bars, kit.Flow(legend...))
	t := kit.NewTable([]kit.Column[app.DueRow]{
		{Label: w.t("rules.col.first"), Width: 120, Text: func(r app.DueRow) string { return w.shortYear(r.Due) }, Less: func(a, b app.DueRow) bool { return a.Due.Before(b.Due) }},
		{Label: w.t("rules.col.rule"), Width: 170, Grow: 1, Text: func(r app.DueRow) string { return names[r.Rule] }, Less: func(a, b app.DueRow) bool { return a.Rule < b.Rule }},
		{Label: w.t("col.order"), Width: 110, Grow: 1, Text: func(r app.DueRow) string { return kit.Line(r.Number, 30) }},
	})
	t.SetRows(y.Rows)
	if more := y.Count - len(y.Rows); more > 0 {
		parts = append(parts, kit.Faint(w.n("rules.year.more", more)))
	}
	return container.NewBorder(kit.Margins(24, 8, 24, 0, kit.Down(0, parts...)), nil, nil, nil, kit.Margins(16, 0, 16, 8, t.Object))
}

// yearView draws twelve bars, each stacked by rule, with its number above.
type yearView struct {
	widget.BaseWidget
	year   app.YearAhead
	word   func(month int) string
	number func(int) string
}

// CreateRenderer draws the year.
func (v *yearView) CreateRenderer() fyne.WidgetRenderer {
	r := &yearRenderer{v: v}
	r.build()
	return r
}

type yearBar struct {
	parts []*canvas.Rectangle // from the foot upward
	share []float32           // of the highest bar
	sum   *canvas.Text
	month *canvas.Text
}

type yearRenderer struct {
	v       *yearView
	line    *canvas.Rectangle
	bars    []yearBar
	objects []fyne.CanvasObject
}

func (r *yearRenderer) build() {
	r.line = canvas.NewRectangle(theme.Color(theme.ColorNameSeparator))
	r.objects, r.bars = []fyne.CanvasObject{r.line}, nil
	highest := 1
	for _, m := range r.v.year.Months {
		highest = max(highest, sumOf(m, r.v.year.Rules))
	}
	text := func(s string, name fyne.ThemeColorName) *canvas.Text {
		t := canvas.NewText(s, theme.Color(name))
		t.TextSize, t.Alignment = yearText, fyne.TextAlignCenter
		r.objects = append(r.objects, t)
		return t
	}
	for i, m := range r.v.year.Months {
		b := yearBar{month: text(r.v.word(i), kit.ColorFaint)}
		for k, x := range r.v.year.Rules {
			if n := m.Due[x.ID]; n > 0 {
				part := canvas.NewRectangle(ruleColor(k))
				b.parts, b.share = append(b.parts, part), append(b.share, float32(n)/float32(highest))
				r.objects = append(r.objects, part)
			}
		}
		if n := sumOf(m, r.v.year.Rules); n > 0 {
			b.sum = text(r.v.number(n), theme.ColorNameForeground)
		}
		r.bars = append(r.bars, b)
	}
}

func sumOf(m app.RuleMonth, rules []register.Rule) (n int) {
	for _, r := range rules {
		n += m.Due[r.ID]
	}
	return n
}

func (r *yearRenderer) MinSize() fyne.Size { return fyne.NewSize(420, yearHeight) }

func (r *yearRenderer) Layout(s fyne.Size) {
	room := s.Height - yearFoot - yearHead
	r.line.Move(fyne.NewPos(0, s.Height-yearFoot))
	r.line.Resize(fyne.NewSize(s.Width, 1))
	step := s.Width / float32(max(1, len(r.bars)))
	wide := min(step*0.6, 44)
	for i, b := range r.bars {
		left := float32(i) * step
		b.month.Move(fyne.NewPos(left, s.Height-yearFoot+3))
		b.month.Resize(fyne.NewSize(step, yearFoot-3))
		y := s.Height - yearFoot
		for k, part := range b.parts {
			h := max(2, b.share[k]*room)
			y -= h
			part.Move(fyne.NewPos(left+(step-wide)/2, y))
			part.Resize(fyne.NewSize(wide, h-1))
		}
		if b.sum != nil {
			b.sum.Move(fyne.NewPos(left, y-yearHead))
			b.sum.Resize(fyne.NewSize(step, yearHead))
		}
	}
}

func (r *yearRenderer) Refresh() {
	r.build()
	r.Layout(r.v.Size())
	canvas.Refresh(r.v)
}
func (r *yearRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *yearRenderer) Destroy()                     {}
