package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/law"
	"greffier/ui/kit"
)

// The measures of a strip of time.
const (
	stripHeight = 16
	stripLeast  = 180
	stripMonths = 12
)

// strip is what was seen of one promise over twelve months, a bar a span. A
// state is told by its colour and by the height of its bar; days on which
// nobody looked are empty.
type strip struct {
	widget.BaseWidget
	spans []app.Span
	today law.Date
	axis  bool // the months below it
}

func newStrip(spans []app.Span, today law.Date) *strip {
	s := &strip{spans: spans, today: today}
	s.ExtendBaseWidget(s)
	return s
}

// barShare is how high the bar of a state is.
func barShare(state string) float32 {
	switch state {
	case "broken":
		return 1
	case "at risk":
		return 0.72
	case "kept":
		return 0.45
	}
	return 0.2
}

// CreateRenderer draws the strip.
func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	r := &stripRenderer{s: s, base: canvas.NewRectangle(nil)}
	r.objects = []fyne.CanvasObject{r.base}
	from := s.today.AddMonths(-stripMonths)
	for _, x := range s.spans {
		if x.Until.Before(from) {
			continue
		}
		r.bars = append(r.bars, stripBar{canvas.NewRectangle(nil), x})
		r.objects = append(r.objects, r.bars[len(r.bars)-1].box)
	}
	for m := (law.Date{Year: s.today.Year, Month: s.today.Month, Day: 1}); m.After(from); m = m.AddMonths(-1) {
		line := canvas.NewRectangle(nil)
		r.ticks = append(r.ticks, stripTick{line, m})
		r.objects = append(r.objects, line)
	}
	r.paint()
	return r
}

type stripBar struct {
	box  *canvas.Rectangle
	span app.Span
}

type stripTick struct {
	line *canvas.Rectangle
	on   law.Date
}

type stripRenderer struct {
	s       *strip
	base    *canvas.Rectangle
	bars    []stripBar
	ticks   []stripTick
	objects []fyne.CanvasObject
}

func (r *stripRenderer) paint() {
	r.base.FillColor = theme.Color(kit.ColorBarTrack)
	for _, b := range r.bars {
		b.box.FillColor = theme.Color(boardTone(b.span.State).ColorName())
	}
	for _, t := range r.ticks {
		t.line.FillColor = theme.Color(theme.ColorNameBackground)
	}
}

// Layout places the bars by their days.
func (r *stripRenderer) Layout(size fyne.Size) {
	from := r.s.today.AddMonths(-stripMonths)
	days := float32(from.Days(r.s.today) + 1)
	x := func(d law.Date) float32 { return size.Width * float32(max(0, from.Days(d))) / days }
	r.base.Move(fyne.NewPos(0, size.Height-2))
	r.base.Resize(fyne.NewSize(size.Width, 2))
	for _, b := range r.bars {
		left, right := x(b.span.From), x(b.span.Until.AddDays(1))
		high := size.Height * barShare(b.span.State)
		b.box.Move(fyne.NewPos(left, size.Height-high))
		b.box.Resize(fyne.NewSize(max(right-left, 2), high))
	}
	for _, t := range r.ticks {
		t.line.Move(fyne.NewPos(x(t.on), 0))
		t.line.Resize(fyne.NewSize(1, size.Height))
	}
}

func (r *stripRenderer) MinSize() fyne.Size           { return fyne.NewSize(stripLeast, stripHeight) }
func (r *stripRenderer) Refresh()                     { r.paint(); r.Layout(r.s.Size()); canvas.Refresh(r.s) }
func (r *stripRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *stripRenderer) Destroy()                     {}

// monthAxis names the months that the strips show, over the same width.
type monthAxis struct {
	widget.BaseWidget
	w     *Window
	today law.Date
}

// CreateRenderer draws the axis.
func (a *monthAxis) CreateRenderer() fyne.WidgetRenderer {
	r := &axisRenderer{a: a}
	from := a.today.AddMonths(-stripMonths)
	for m := (law.Date{Year: a.today.Year, Month: a.today.Month, Day: 1}); m.After(from); m = m.AddMonths(-1) {
		t := canvas.NewText(a.w.t("board.month."+a.w.number(int(m.Month))), theme.Color(kit.ColorFaint))
		t.TextSize = 11
		r.months, r.texts = append(r.months, m), append(r.texts, t)
	}
	return r
}

type axisRenderer struct {
	a      *monthAxis
	months []law.Date
	texts  []*canvas.Text
}

func (r *axisRenderer) Layout(size fyne.Size) {
	from := r.a.today.AddMonths(-stripMonths)
	days := float32(from.Days(r.a.today) + 1)
	for i, m := range r.months {
		at := size.Width * float32(from.Days(m)) / days
		r.texts[i].Move(fyne.NewPos(at, 0))
		r.texts[i].Resize(r.texts[i].MinSize())
		// The month that has just begun has no room for its name.
		r.texts[i].Hidden = at+r.texts[i].MinSize().Width > size.Width
	}
}
func (r *axisRenderer) MinSize() fyne.Size { return fyne.NewSize(stripLeast, 14) }
func (r *axisRenderer) Refresh() {
	for _, t := range r.texts {
		t.Color = theme.Color(kit.ColorFaint)
	}
	canvas.Refresh(r.a)
}
func (r *axisRenderer) Objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, 0, len(r.texts))
	for _, t := range r.texts {
		out = append(out, t)
	}
	return out
}
func (r *axisRenderer) Destroy() {}

// historyPage shows what was seen of each promise over twelve months.
type historyPage struct {
	w    *Window
	body *slot
}

func (p *historyPage) place() string { return placePromises }
func (p *historyPage) changed()      { p.load() }

func (p *historyPage) build() fyne.CanvasObject {
	w := p.w
	head := w.backHeader(w.t("board.history"), w.t("board.historyWords"))
	p.body = newSlot()
	p.load()
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

func (p *historyPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) ([]app.PromiseHistory, error) { return w.f.History(ctx) }, p.show)
}

func (p *historyPage) show(hs []app.PromiseHistory) fyne.CanvasObject {
	w := p.w
	if len(hs) == 0 {
		return kit.Empty(theme.HistoryIcon(), w.t("board.noHistory"), w.t("board.noHistoryWords"), w.t("nav.promises"), func() { w.open(placePromises) })
	}
	today := w.day(w.clock())
	var legend []fyne.CanvasObject
	for _, s := range []string{"kept", "at risk", "broken", "cannot tell"} {
		legend = append(legend, kit.Badge(boardTone(s), w.t("board."+s)))
	}
	axis := &monthAxis{w: w, today: today}
	axis.ExtendBaseWidget(axis)
	rows := []fyne.CanvasObject{kit.Flow(legend...), kit.Row(1, kit.MinWidth(56, kit.Label("")), axis, kit.MinWidth(260, kit.Label("")))}
	for _, h := range hs {
		if len(h.Spans) == 0 {
			continue
		}
		last := h.Spans[len(h.Spans)-1]
		since := last.From
		for i := len(h.Spans) - 1; i >= 0 && h.Spans[i].State == last.State; i-- {
			since = h.Spans[i].From
		}
		words := w.t("board.stateSince", "State", w.known("board."+last.State, last.State), "Date", w.short(since))
		rows = append(rows, kit.Row(1, kit.MinWidth(56, kit.Strong(h.ID)), kit.Margins(0, 8, 0, 8, newStrip(h.Spans, today)),
			kit.MinWidth(260, kit.Badge(boardTone(last.State), words))))
	}
	return kit.Page(kit.Down(0, rows...))
}

// stateSeen asks the owner to confirm what she saw with her own eyes.
func (w *Window) stateSeen(what string) {
	var d *kit.Dialog
	d = w.dialog(w.t("mend.state."+what), kit.Words(w.t("state."+what)), kit.NewPrimary(w.t("state.yes"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.Declare(ctx, what) }, nil)
	}))
	d.Show()
}
