package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Tab is one page of Tabs. The word of one that is Idle is left out of the row
// until its page is asked for.
type Tab struct {
	Word    string
	Content fyne.CanvasObject
	Idle    bool
}

// Tabs shows one of several pages under a row of words. Unlike Fyne's own, it
// takes the keyboard: Tab reaches it, Left and Right change the page.
type Tabs struct {
	Object *fyne.Container
	// OnSelected is called when another page is shown.
	OnSelected func(int)

	tabs  []Tab
	heads []*tabHead
	stack *fyne.Container
	at    int
}

// NewTabs returns tabs with the first page shown.
func NewTabs(tabs ...Tab) *Tabs {
	t := &Tabs{tabs: tabs, stack: container.NewStack()}
	row := container.New(&flowLayout{})
	for i, tab := range tabs {
		h := &tabHead{text: tab.Word}
		h.OnTapped = func() { t.Select(i) }
		h.move = func(by int) {
			next := i + by
			for next >= 0 && next < len(t.heads) && !t.heads[next].Visible() {
				next += by
			}
			if next < 0 || next >= len(t.heads) {
				return
			}
			t.Select(next)
			if c := fyne.CurrentApp().Driver().CanvasForObject(h); c != nil {
				c.Focus(t.heads[next])
			}
		}
		h.ExtendBaseWidget(h)
		if tab.Idle {
			h.Hide()
		}
		t.heads = append(t.heads, h)
		row.Add(h)
	}
	t.Object = container.NewBorder(container.NewVBox(Margins(16, 0, 0, 0, row), widget.NewSeparator()), nil, nil, nil, t.stack)
	t.show(0)
	return t
}

func (t *Tabs) show(i int) {
	t.at = i
	t.heads[i].Show()
	for k, h := range t.heads {
		h.on = k == i
		h.Refresh()
	}
	t.stack.Objects = []fyne.CanvasObject{t.tabs[i].Content}
	t.stack.Refresh()
}

// Select shows a page and tells it.
func (t *Tabs) Select(i int) {
	if i < 0 || i >= len(t.tabs) {
		return
	}
	t.show(i)
	if t.OnSelected != nil {
		t.OnSelected(i)
	}
}

// Selected returns which page is shown.
func (t *Tabs) Selected() int { return t.at }

// tabHead is the word of one page.
type tabHead struct {
	tapArea
	text string
	on   bool
	move func(by int)
}

// tabKeys are what keys do on the word of a page.
var tabKeys = []binding[*tabHead]{
	bind("tab", func(h *tabHead) { h.move(-1) }, fyne.KeyLeft),
	bind("tab", func(h *tabHead) { h.move(1) }, fyne.KeyRight),
	bind("press", func(h *tabHead) { h.Tapped(nil) }, fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace),
}

// TypedKey moves to the neighbour, or presses.
func (h *tabHead) TypedKey(e *fyne.KeyEvent) {
	if !beyond(h, e) {
		obey(tabKeys, h, e)
	}
}

// CreateRenderer draws the word and its underline.
func (h *tabHead) CreateRenderer() fyne.WidgetRenderer {
	r := &tabRenderer{h: h, back: canvas.NewRectangle(color.Transparent), line: canvas.NewRectangle(color.Transparent), text: canvas.NewText(h.text, color.Transparent)}
	r.paint()
	return r
}

type tabRenderer struct {
	h          *tabHead
	back, line *canvas.Rectangle
	text       *canvas.Text
}

func (r *tabRenderer) paint() {
	r.text.TextSize = theme.TextSize()
	r.text.TextStyle.Bold = r.h.on
	r.text.Color = theme.Color(theme.ColorNameForeground)
	r.line.FillColor = color.Transparent
	r.back.FillColor = color.Transparent
	r.back.StrokeWidth = 0
	r.back.CornerRadius = 4
	if r.h.on {
		r.text.Color = theme.Color(theme.ColorNamePrimary)
		r.line.FillColor = theme.Color(theme.ColorNamePrimary)
	} else if r.h.hovered {
		r.back.FillColor = theme.Color(theme.ColorNameHover)
	}
	if r.h.focused {
		r.back.StrokeColor = theme.Color(ColorHoldFocus)
		r.back.StrokeWidth = 2
	}
}

func (r *tabRenderer) MinSize() fyne.Size {
	m := fyne.MeasureText(r.h.text, theme.TextSize(), fyne.TextStyle{Bold: true})
	return fyne.NewSize(m.Width+13, Scaled(34))
}

func (r *tabRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	m := r.text.MinSize()
	r.text.Move(fyne.NewPos((s.Width-m.Width)/2, (s.Height-m.Height)/2))
	r.text.Resize(m)
	r.line.Move(fyne.NewPos(8, s.Height-3))
	r.line.Resize(fyne.NewSize(s.Width-16, 3))
}

func (r *tabRenderer) Refresh() {
	r.paint()
	r.Layout(r.h.Size())
	r.back.Refresh()
	r.line.Refresh()
	r.text.Refresh()
}

func (r *tabRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.line, r.text}
}
func (r *tabRenderer) Destroy() {}
