package kit

import (
	"image/color"

	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Panel is a sheet of another colour behind some content.
type Panel struct {
	widget.BaseWidget
	content    fyne.CanvasObject
	fill, edge fyne.ThemeColorName
	radius     float32
}

// NewPanel returns a sheet with rounded corners; edge may be "".
func NewPanel(fill, edge fyne.ThemeColorName, radius float32, content fyne.CanvasObject) *Panel {
	p := &Panel{content: content, fill: fill, edge: edge, radius: radius}
	p.ExtendBaseWidget(p)
	return p
}

// NewCard returns the kit's card: a white sheet with a fine edge and margins.
func NewCard(objects ...fyne.CanvasObject) *Panel {
	return NewPanel(ColorCard, ColorCardEdge, 8, Margins(12, 8, 12, 8, Down(0, objects...)))
}

// CreateRenderer draws the sheet behind its content.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{p: p, back: canvas.NewRectangle(color.Transparent)}
	r.paint()
	return r
}

type panelRenderer struct {
	p    *Panel
	back *canvas.Rectangle
}

func (r *panelRenderer) paint() {
	r.back.FillColor = theme.Color(r.p.fill)
	r.back.CornerRadius = r.p.radius
	if r.p.edge != "" {
		r.back.StrokeColor = theme.Color(r.p.edge)
		r.back.StrokeWidth = 1
	}
}
func (r *panelRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.p.content.Resize(size)
}
func (r *panelRenderer) MinSize() fyne.Size { return r.p.content.MinSize() }
func (r *panelRenderer) Refresh()           { r.paint(); r.back.Refresh() }
func (r *panelRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.p.content}
}
func (r *panelRenderer) Destroy() {}

// Badge returns a state: icon, word and colour, never colour alone.
func Badge(t Tone, word string) fyne.CanvasObject {
	l := widget.NewLabel(word)
	l.Importance = t.Importance()
	if t == CannotTell || t == Quiet {
		l.Importance = LowImportance
	}
	return container.NewHBox(smallIcon(t.Icon()), l)
}

func smallIcon(res fyne.Resource) fyne.CanvasObject {
	return Margins(theme.InnerPadding(), 0, 0, 0, container.NewCenter(MinSize(16, 16, widget.NewIcon(res))))
}

// IconLine returns an icon in a tone before wrapping words.
func IconLine(t Tone, words string) fyne.CanvasObject {
	l := Words(words)
	return Row(1, smallIcon(t.Icon()), l)
}

// Header is the top of a page: its title, one sentence that sums it up, and
// what can be done on the whole of it.
type Header struct {
	Title, Summary *widget.Label
	Object         fyne.CanvasObject
}

// NewHeader returns a header with its acts at the right.
func NewHeader(title, summary string, acts ...fyne.CanvasObject) *Header {
	h := &Header{Title: Label(title), Summary: Words(summary)}
	h.Title.SizeName = theme.SizeNameHeadingText
	h.Title.TextStyle.Bold = true
	h.Summary.Importance = LowImportance
	top := fyne.CanvasObject(h.Title)
	if len(acts) > 0 {
		top = container.NewBorder(nil, nil, nil, container.NewCenter(container.NewHBox(acts...)), h.Title)
	}
	h.Object = Margins(16, 10, 24, 0, Down(-8, top, h.Summary))
	return h
}

// Empty is what a page shows that has nothing to show: what it is for, what
// to do, one button.
func Empty(icon fyne.Resource, title, words, button string, act func()) fyne.CanvasObject {
	if button == "" {
		return EmptyActs(icon, title, words)
	}
	return EmptyActs(icon, title, words, NewPrimary(button, act))
}

// EmptyActs is Empty with several buttons, the one to press first.
func EmptyActs(icon fyne.Resource, title, words string, acts ...*Button) fyne.CanvasObject {
	ic := widget.NewIcon(theme.NewColoredResource(icon, ColorFaint))
	t := widget.NewLabel(title)
	t.SizeName = theme.SizeNameSubHeadingText
	t.TextStyle.Bold = true
	t.Alignment = fyne.TextAlignCenter
	t.Wrapping = fyne.TextWrapWord
	w := Words(words)
	w.Alignment = fyne.TextAlignCenter
	parts := []fyne.CanvasObject{container.NewCenter(MinSize(48, 48, ic)), t, w}
	if len(acts) > 0 {
		row := container.NewHBox()
		for _, b := range acts {
			row.Add(b)
		}
		parts = append(parts, Gap(8), container.NewCenter(row))
	}
	return container.NewCenter(DownFixed(460, 0, parts...))
}

// Loading is the quiet sign that something is being fetched.
func Loading(words string) fyne.CanvasObject {
	l := widget.NewLabel(words)
	l.Importance = LowImportance
	return container.NewCenter(l)
}

// ErrorWords are the words of an error panel, in the owner's language.
type ErrorWords struct {
	What, Next                   string
	Details                      string // without personal data
	DetailsTitle, Copy, TryAgain string
}

// ErrorPanel says what happened and what to do next; the details stay folded
// and can be copied.
func ErrorPanel(w ErrorWords, again func()) fyne.CanvasObject {
	parts := []fyne.CanvasObject{
		Row(1, smallIcon(Late.Icon()), StrongWords(w.What)),
		Margins(28, 0, 0, 0, Words(w.Next)),
	}
	buttons := []fyne.CanvasObject{}
	if again != nil && w.TryAgain != "" {
		buttons = append(buttons, NewIconButton(w.TryAgain, theme.ViewRefreshIcon(), again))
	}
	if w.Details != "" {
		details := Clip(w.Details, 2000, 90)
		text := widget.NewLabel(details)
		text.SizeName = theme.SizeNameCaptionText
		text.Wrapping = fyne.TextWrapBreak
		text.Hide()
		var show *Button
		show = NewQuiet(w.DetailsTitle, theme.MenuDropDownIcon(), func() {
			if text.Visible() {
				text.Hide()
				show.SetIcon(theme.MenuDropDownIcon())
			} else {
				text.Show()
				show.SetIcon(theme.MenuDropUpIcon())
			}
		})
		copyIt := NewQuiet(w.Copy, theme.ContentCopyIcon(), func() {
			fyne.CurrentApp().Clipboard().SetContent(details)
		})
		buttons = append(buttons, show, copyIt)
		parts = append(parts, Margins(28, 0, 0, 0, Flow(buttons...)), Margins(28, 0, 0, 0, text))
	} else if len(buttons) > 0 {
		parts = append(parts, Margins(28, 0, 0, 0, Flow(buttons...)))
	}
	return NewPanel(ColorLateWash, "", 8, Margins(12, 6, 12, 8, Down(0, parts...)))
}

// FormRow is a field with its label above and help below.
func FormRow(label, help string, field fyne.CanvasObject) fyne.CanvasObject {
	l := Words(label)
	l.TextStyle.Bold = true
	parts := []fyne.CanvasObject{l, Margins(8, 0, 8, 0, field)}
	if help != "" {
		parts = append(parts, Faint(help))
	}
	return Down(-6, parts...)
}

// Pair is a label and its value on one line, the label quiet.
func Pair(label, value string) fyne.CanvasObject {
	l := Words(label)
	l.Importance = LowImportance
	v := Words(value)
	return container.New(&pairLayout{share: 0.34}, l, v)
}

// PairToned is Pair with the value in the colour of a tone.
func PairToned(label, value string, t Tone) fyne.CanvasObject {
	l := Words(label)
	l.Importance = LowImportance
	return container.New(&pairLayout{share: 0.34}, l, Toned(Words(value), t))
}

// PairWith is Pair with any object as the value.
func PairWith(label string, value fyne.CanvasObject) fyne.CanvasObject {
	l := Words(label)
	l.Importance = LowImportance
	return container.New(&pairLayout{share: 0.34}, l, Margins(0, 4, 0, 4, value))
}

type pairLayout struct{ share, last float32 }

func (l *pairLayout) widths(w float32) (a, b float32) {
	a = min(max(w*l.share, Scaled(118)), Scaled(240))
	return a, max(0, w-a)
}

func (l *pairLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	if l.last > 0 {
		l.give(o, l.last)
	}
	h := max(o[0].MinSize().Height, o[1].MinSize().Height)
	return fyne.NewSize(200, h-6)
}

func (l *pairLayout) give(o []fyne.CanvasObject, w float32) {
	a, b := l.widths(w)
	for i, w := range []float32{a, b} {
		if o[i].Size().Width != w {
			o[i].Resize(fyne.NewSize(w, o[i].MinSize().Height))
		}
	}
}

func (l *pairLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.last = size.Width
	a, b := l.widths(size.Width)
	o[0].Move(fyne.NewPos(0, -3))
	o[1].Move(fyne.NewPos(a, -3))
	l.give(o, size.Width)
	o[0].Resize(fyne.NewSize(a, o[0].MinSize().Height))
	o[1].Resize(fyne.NewSize(b, o[1].MinSize().Height))
}

// Fold is a line that opens what stands below it.
func Fold(title string, open bool, content fyne.CanvasObject) fyne.CanvasObject {
	var b *Button
	b = NewQuiet(title, theme.MenuExpandIcon(), func() {
		if content.Visible() {
			content.Hide()
			b.SetIcon(theme.MenuExpandIcon())
		} else {
			content.Show()
			b.SetIcon(theme.MenuDropDownIcon())
		}
	})
	b.Alignment = widget.ButtonAlignLeading
	if open {
		b.Icon = theme.MenuDropDownIcon()
	} else {
		content.Hide()
	}
	return Down(0, b, content)
}

// Chip is a small switch of a filter.
type Chip struct {
	tapArea
	text string
	on   bool
	move func(by int)
}

// chipKeys are what keys do on a chip.
var chipKeys = []binding[*Chip]{
	bind("chip", func(c *Chip) { c.move(-1) }, fyne.KeyLeft),
	bind("chip", func(c *Chip) { c.move(1) }, fyne.KeyRight),
	bind("press", func(c *Chip) { c.Tapped(nil) }, fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace),
}

// ChipKeys are what keys do on a chip.
func ChipKeys() []Key { return keysOf(chipKeys) }

// TypedKey turns the neighbour on, or the chip itself.
func (c *Chip) TypedKey(e *fyne.KeyEvent) {
	if !beyond(c, e) {
		obey(chipKeys, c, e)
	}
}

// Word returns what stands on the chip.
func (c *Chip) Word() string { return c.text }

// Chips is a row of chips of which one is on.
type Chips struct {
	Object  *fyne.Container
	chips   []*Chip
	chosen  int
	changed func(int)
}

// NewChips returns a row of chips with the first one on.
func NewChips(words []string, changed func(int)) *Chips {
	c := &Chips{changed: changed}
	var objects []fyne.CanvasObject
	for i, w := range words {
		chip := &Chip{text: w, on: i == 0}
		chip.OnTapped = func() { c.Choose(i) }
		chip.move = func(by int) { c.move(i + by) }
		chip.ExtendBaseWidget(chip)
		c.chips = append(c.chips, chip)
		objects = append(objects, chip)
	}
	c.Object = Flow(objects...)
	return c
}

// move turns a chip on and gives it the keyboard.
func (c *Chips) move(to int) {
	if to < 0 || to >= len(c.chips) {
		return
	}
	on := fyne.CurrentApp().Driver().CanvasForObject(c.chips[to])
	c.Choose(to)
	if on != nil && Open(on) == nil {
		on.Focus(c.chips[to])
	}
}

// Focusable returns what takes the keyboard: the chip that is on.
func (c *Chips) Focusable() fyne.Focusable {
	if c.chosen < 0 || c.chosen >= len(c.chips) {
		return nil
	}
	return c.chips[c.chosen]
}

// Choose turns one chip on and tells it.
func (c *Chips) Choose(i int) {
	if i < 0 || i >= len(c.chips) {
		return
	}
	c.chosen = i
	for k, chip := range c.chips {
		chip.on = k == i
		chip.Refresh()
	}
	if c.changed != nil {
		c.changed(i)
	}
}

// Chosen returns which chip is on.
func (c *Chips) Chosen() int { return c.chosen }

// SetWords gives the chips new words, such as other counts.
func (c *Chips) SetWords(words []string) {
	for i, w := range words {
		if i < len(c.chips) {
			c.chips[i].text = w
			c.chips[i].Refresh()
		}
	}
	c.Object.Refresh()
}

// CreateRenderer draws the chip.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	r := &chipRenderer{c: c, back: canvas.NewRectangle(color.Transparent), text: canvas.NewText(c.text, color.Transparent)}
	r.paint()
	return r
}

type chipRenderer struct {
	c    *Chip
	back *canvas.Rectangle
	text *canvas.Text
}

func (r *chipRenderer) paint() {
	r.back.CornerRadius = Scaled(14)
	r.back.StrokeWidth = 1
	r.back.StrokeColor = theme.Color(theme.ColorNameInputBorder)
	r.back.FillColor = theme.Color(ColorCard)
	r.text.Color = theme.Color(theme.ColorNameForeground)
	r.text.TextSize = Scaled(13)
	r.text.Text = r.c.text
	r.text.TextStyle.Bold = r.c.on
	if r.c.on {
		r.back.FillColor = theme.Color(ColorChosen)
		r.back.StrokeColor = theme.Color(theme.ColorNamePrimary)
		r.text.Color = theme.Color(theme.ColorNamePrimary)
	} else if r.c.hovered {
		r.back.FillColor = theme.Color(theme.ColorNameButton)
	}
	if r.c.focused {
		r.back.StrokeColor = theme.Color(ColorHoldFocus)
		r.back.StrokeWidth = 2
	}
}
func (r *chipRenderer) MinSize() fyne.Size {
	m := fyne.MeasureText(r.c.text, Scaled(13), fyne.TextStyle{Bold: true})
	return fyne.NewSize(m.Width+24, Scaled(28))
}
func (r *chipRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	m := r.text.MinSize()
	r.text.Move(fyne.NewPos((s.Width-m.Width)/2, (s.Height-m.Height)/2))
	r.text.Resize(m)
}
func (r *chipRenderer) Refresh() {
	r.paint()
	r.Layout(r.c.Size())
	r.back.Refresh()
	r.text.Refresh()
}
func (r *chipRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.back, r.text} }
func (r *chipRenderer) Destroy()                     {}

// RailItem is one place of the rail: icon, word, and a count where the owner
// must act.
type RailItem struct {
	tapArea
	icon  fyne.Resource
	word  string
	count int
	on    bool
}

// NewRailItem returns a place of the rail.
func NewRailItem(icon fyne.Resource, word string, tapped func()) *RailItem {
	r := &RailItem{icon: icon, word: word}
	r.OnTapped = tapped
	r.ExtendBaseWidget(r)
	return r
}

// Set changes what the item shows.
func (r *RailItem) Set(word string, count int, on bool) {
	r.word, r.count, r.on = word, count, on
	r.Refresh()
}

// Word returns the item's word, and Count its count.
func (r *RailItem) Word() string { return r.word }

// Count returns how many things wait there.
func (r *RailItem) Count() int { return r.count }

// CreateRenderer draws the item.
func (r *RailItem) CreateRenderer() fyne.WidgetRenderer {
	x := &railRenderer{r: r, back: canvas.NewRectangle(color.Transparent), mark: canvas.NewRectangle(color.Transparent), icon: widget.NewIcon(r.icon),
		text: canvas.NewText("", color.Transparent), pill: canvas.NewRectangle(color.Transparent), num: canvas.NewText("", color.Transparent)}
	x.paint()
	return x
}

type railRenderer struct {
	r                *RailItem
	back, mark, pill *canvas.Rectangle
	icon             *widget.Icon
	text, num        *canvas.Text
}

func (x *railRenderer) paint() {
	x.back.CornerRadius = 6
	x.back.FillColor = color.Transparent
	x.back.StrokeWidth = 0
	x.text.TextSize = Scaled(13)
	x.text.Text = x.r.word
	x.text.TextStyle.Bold = x.r.on
	x.text.Color = theme.Color(theme.ColorNameForeground)
	name := theme.ColorNameForeground
	x.mark.FillColor = theme.Color(theme.ColorNamePrimary)
	x.mark.CornerRadius = 2
	x.mark.Hidden = !x.r.on
	switch {
	case x.r.on:
		x.back.FillColor = theme.Color(ColorChosen)
		x.text.Color = theme.Color(theme.ColorNamePrimary)
		name = theme.ColorNamePrimary
	case x.r.hovered:
		x.back.FillColor = theme.Color(theme.ColorNameHover)
	}
	if x.r.focused {
		x.back.StrokeColor = theme.Color(ColorHoldFocus)
		x.back.StrokeWidth = 2
	}
	x.icon.Resource = theme.NewColoredResource(x.r.icon, name)
	x.num.TextSize = theme.CaptionTextSize()
	x.num.TextStyle.Bold = true
	x.num.Text = strconv.Itoa(x.r.count)
	if x.r.count > 99 {
		x.num.Text = "99+"
	}
	x.num.Color = theme.Color(theme.ColorNameForegroundOnPrimary)
	x.pill.FillColor = theme.Color(theme.ColorNamePrimary)
	x.pill.CornerRadius = 9
	x.pill.Hidden, x.num.Hidden = x.r.count == 0, x.r.count == 0
}

func (x *railRenderer) MinSize() fyne.Size {
	m := fyne.MeasureText(x.r.word, Scaled(13), fyne.TextStyle{Bold: true})
	return fyne.NewSize(18+Scaled(18)+m.Width+Scaled(34), Scaled(36))
}
func (x *railRenderer) Layout(s fyne.Size) {
	x.back.Resize(s)
	x.mark.Move(fyne.NewPos(0, 8))
	x.mark.Resize(fyne.NewSize(3, s.Height-16))
	icon := Scaled(18)
	x.icon.Move(fyne.NewPos(10, (s.Height-icon)/2))
	x.icon.Resize(fyne.NewSize(icon, icon))
	m := x.text.MinSize()
	x.text.Move(fyne.NewPos(18+icon, (s.Height-m.Height)/2))
	x.text.Resize(m)
	n := x.num.MinSize()
	w := max(n.Width+12, 20)
	x.pill.Resize(fyne.NewSize(w, icon))
	x.pill.Move(fyne.NewPos(s.Width-w-6, (s.Height-icon)/2))
	x.num.Move(fyne.NewPos(s.Width-w-6+(w-n.Width)/2, (s.Height-n.Height)/2))
	x.num.Resize(n)
}
func (x *railRenderer) Refresh() {
	x.paint()
	x.Layout(x.r.Size())
	for _, o := range x.Objects() {
		o.Refresh()
	}
}
func (x *railRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{x.back, x.mark, x.icon, x.text, x.pill, x.num}
}
func (x *railRenderer) Destroy() {}

// bar is a thin bar that shows a share.
type bar struct {
	widget.BaseWidget
	share float32
	tone  Tone
}

func newBar() *bar {
	b := &bar{}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer draws the bar.
func (b *bar) CreateRenderer() fyne.WidgetRenderer {
	r := &barRenderer{b: b, track: canvas.NewRectangle(color.Transparent), fill: canvas.NewRectangle(color.Transparent)}
	r.paint()
	return r
}

type barRenderer struct {
	b           *bar
	track, fill *canvas.Rectangle
}

func (r *barRenderer) paint() {
	r.track.CornerRadius, r.fill.CornerRadius = 1.5, 1.5
	r.track.FillColor = theme.Color(ColorBarTrack)
	r.fill.FillColor = theme.Color(r.b.tone.ColorName())
	if r.b.tone == Quiet || r.b.tone == CannotTell {
		r.fill.FillColor = theme.Color(theme.ColorNamePrimary)
	}
}
func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(20, 3) }
func (r *barRenderer) Layout(s fyne.Size) {
	r.track.Resize(s)
	r.fill.Resize(fyne.NewSize(s.Width*min(max(r.b.share, 0), 1), s.Height))
}
func (r *barRenderer) Refresh() {
	r.paint()
	r.Layout(r.b.Size())
	r.track.Refresh()
	r.fill.Refresh()
}
func (r *barRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.track, r.fill} }
func (r *barRenderer) Destroy()                     {}

// Strip is a long piece of work at the bottom of the window.
type Strip struct {
	Object   fyne.CanvasObject
	title    *widget.Label
	note     *widget.Label
	progress *widget.ProgressBar
	endless  *widget.ProgressBarInfinite
	buttons  *fyne.Container
	icon     *fyne.Container
	body     *fyne.Container
}

// NewStrip returns the strip of a work under way.
func NewStrip(title, cancel string, onCancel func()) *Strip {
	s := &Strip{title: Strong(title), note: Label(""), progress: widget.NewProgressBar(), endless: widget.NewProgressBarInfinite(), icon: container.NewStack()}
	s.note.Importance = LowImportance
	s.progress.TextFormatter = func() string { return "" }
	s.progress.Hide()
	var b *Button
	b = NewButton(cancel, func() { b.Disable(); onCancel() })
	s.buttons = container.NewHBox(b)
	thin := container.NewStack(s.progress, s.endless)
	s.body = container.New(&stripLayout{}, s.icon, s.title, s.note, MinSize(120, 8, thin), s.buttons)
	s.Object = NewPanel(ColorRail, ColorCardEdge, 0, Margins(16, 2, 12, 2, s.body))
	return s
}

// Progress shows how far the work is; total 0 means that nobody knows.
func (s *Strip) Progress(done, total int, note string) {
	if total > 0 {
		s.endless.Stop()
		s.endless.Hide()
		s.progress.Show()
		s.progress.SetValue(float64(done) / float64(total))
	}
	s.note.SetText(note)
	s.body.Refresh()
}

// Stop ends the movement of the bar, for a strip that is taken away.
func (s *Strip) Stop() { s.endless.Stop() }

// End shows how the work ended, with an optional act on its result and a way
// to put the strip away.
func (s *Strip) End(t Tone, words, act string, onAct func(), away string, onAway func()) {
	s.endless.Stop()
	s.endless.Hide()
	s.progress.Hide()
	s.icon.Objects = []fyne.CanvasObject{smallIcon(t.Icon())}
	s.icon.Refresh()
	s.title.SetText(words)
	s.note.SetText("")
	var buttons []fyne.CanvasObject
	if act != "" {
		buttons = append(buttons, NewButton(act, onAct))
	}
	buttons = append(buttons, NewQuiet(away, nil, onAway))
	s.buttons.Objects = buttons
	s.buttons.Refresh()
	s.body.Refresh()
}

// stripLayout: icon, title, note, bar, buttons.
type stripLayout struct{}

func (stripLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(400, max(o[1].MinSize().Height, o[4].MinSize().Height))
}
func (stripLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	x := float32(0)
	if m := o[0].MinSize(); m.Width > 0 {
		o[0].Move(fyne.NewPos(0, (s.Height-m.Height)/2))
		o[0].Resize(m)
		x = m.Width + 4
	}
	bw := o[4].MinSize().Width
	right := s.Width - bw
	o[4].Move(fyne.NewPos(right, (s.Height-o[4].MinSize().Height)/2))
	o[4].Resize(o[4].MinSize())
	title := o[1].(*widget.Label)
	want := fyne.MeasureText(title.Text, theme.TextSize(), title.TextStyle).Width + 20
	tw := min(want, right-x-8)
	lh := o[1].MinSize().Height
	o[1].Move(fyne.NewPos(x, (s.Height-lh)/2))
	o[1].Resize(fyne.NewSize(tw, lh))
	x += tw
	barW := min(float32(220), max(0, right-x-12)/2)
	o[3].Resize(fyne.NewSize(barW, 8))
	o[3].Move(fyne.NewPos(right-barW-12, (s.Height-8)/2))
	o[2].Move(fyne.NewPos(x, (s.Height-lh)/2))
	o[2].Resize(fyne.NewSize(max(0, right-barW-12-x-8), lh))
}

// OnChange sets what a change of the chosen chip does.
func (c *Chips) OnChange(f func(int)) { c.changed = f }
