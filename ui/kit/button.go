package kit

import (
	"image/color"
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Button is a button that Enter presses too, and that passes Esc on to its
// dialog.
type Button struct {
	widget.Button
	focused bool
}

// NewButton returns a button of ordinary importance.
func NewButton(label string, tapped func()) *Button {
	return newButton(label, nil, MediumImportance, tapped)
}

// NewIconButton returns a button with an icon before its word.
func NewIconButton(label string, icon fyne.Resource, tapped func()) *Button {
	return newButton(label, icon, MediumImportance, tapped)
}

// NewPrimary returns the one button of a screen that stands out.
func NewPrimary(label string, tapped func()) *Button {
	return newButton(label, nil, HighImportance, tapped)
}

// NewDanger returns a button for what cannot be undone.
func NewDanger(label string, tapped func()) *Button {
	return newButton(label, nil, DangerImportance, tapped)
}

// NewQuiet returns a button that looks like text until the pointer is on it.
func NewQuiet(label string, icon fyne.Resource, tapped func()) *Button {
	return newButton(label, icon, LowImportance, tapped)
}

func newButton(label string, icon fyne.Resource, importance Importance, tapped func()) *Button {
	b := &Button{}
	b.Text, b.Icon, b.Importance, b.OnTapped = label, icon, importance, tapped
	b.ExtendBaseWidget(b)
	return b
}

var buttonKeys = []binding[*Button]{
	bind("press", (*Button).press, fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace),
}

func (b *Button) press() {
	if !b.Disabled() && b.OnTapped != nil {
		b.OnTapped()
	}
}

// CreateRenderer draws the button, with a ring while it has the keyboard: of the
// ink where the button is filled.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	return edge(b.Button.CreateRenderer(), func() (fyne.ThemeColorName, float32) {
		switch {
		case !b.focused || b.Disabled():
			return ColorHoldFocus, 0
		case b.Importance == HighImportance || b.Importance == DangerImportance:
			return theme.ColorNameForeground, 2
		}
		return ColorHoldFocus, 2
	})
}

// FocusGained draws the ring of what has the keyboard.
func (b *Button) FocusGained() { b.focused = true; b.Button.FocusGained(); b.Refresh() }

// FocusLost takes the ring away.
func (b *Button) FocusLost() { b.focused = false; b.Button.FocusLost(); b.Refresh() }

// TypedKey presses the button on Enter and Space, and leaves on Esc.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	if !beyond(b, e) {
		obey(buttonKeys, b, e)
	}
}

// Entry is a text field that passes Esc on to its dialog.
type Entry struct {
	widget.Entry
	prose bool
}

// NewEntry returns a one-line field.
func NewEntry(text string) *Entry {
	e := &Entry{}
	e.Text = text
	e.Wrapping = fyne.TextWrapOff
	e.ExtendBaseWidget(e)
	return e
}

// NewPassword returns a one-line field that shows dots for what is typed.
func NewPassword() *Entry {
	e := NewEntry("")
	e.Password = true
	return e
}

// NewArea returns a field for several lines.
func NewArea(text string, rows int) *Entry {
	e := &Entry{}
	e.MultiLine = true
	e.Wrapping = fyne.TextWrapWord
	e.Text = text
	e.ExtendBaseWidget(e)
	e.SetMinRowsVisible(rows)
	return e
}

// proseLine is about how many signs stand on a line of a form in a small window.
const proseLine = 38

// NewProse returns a field for one value that may be long: it wraps, and grows
// with what is typed. Enter adds nothing, and Tab goes on to the next field.
func NewProse(text string) *Entry {
	rows := func(s string) int {
		n := 0
		for l := range strings.SplitSeq(s, "\n") {
			n += 1 + utf8.RuneCountInString(l)/proseLine
		}
		return min(max(n, 1), 8)
	}
	e := NewArea(text, rows(text))
	e.prose = true
	e.OnChanged = func(s string) {
		if e.MultiLine {
			e.SetMinRowsVisible(rows(s))
		}
	}
	return e
}

// AcceptsTab says that Tab is never typed into a field: it goes on to the next one,
// so that nobody without a mouse is held in a letter.
func (e *Entry) AcceptsTab() bool { return false }

// TypedKey leaves on Esc and types everything else.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if e.prose && (k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter) {
		return
	}
	if !beyond(e, k) {
		e.Entry.TypedKey(k)
	}
}

// Check is a check box that passes Esc on, and that Enter ticks.
type Check struct {
	widget.Check
}

// NewCheck returns a check box.
func NewCheck(label string, on bool, changed func(bool)) *Check {
	c := &Check{}
	c.Text, c.Checked = label, on
	c.ExtendBaseWidget(c)
	c.OnChanged = changed
	return c
}

// TypedKey leaves on Esc and ticks on Enter.
func (c *Check) TypedKey(e *fyne.KeyEvent) {
	switch {
	case beyond(c, e):
	case e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter:
		if !c.Disabled() {
			c.SetChecked(!c.Checked)
		}
	default:
		c.Check.TypedKey(e)
	}
}

// Select is a choice among words that passes Esc on.
type Select struct {
	widget.Select
	values  []string
	focused bool
}

// Option is one choice: the value that is kept and the word that is shown.
type Option struct{ Value, Word string }

// NewSelect returns a choice with the value chosen.
func NewSelect(options []Option, value string, changed func(value string)) *Select {
	s := &Select{}
	at := -1
	for i, o := range options {
		s.values = append(s.values, o.Value)
		s.Options = append(s.Options, o.Word)
		if o.Value == value {
			at = i
		}
	}
	s.ExtendBaseWidget(s)
	s.PlaceHolder = "…"
	if at >= 0 {
		s.SetSelectedIndex(at)
	}
	if changed != nil {
		s.OnChanged = func(string) { changed(s.Value()) }
	}
	return s
}

// Value returns the value chosen, "" when none is.
func (s *Select) Value() string {
	if i := s.SelectedIndex(); i >= 0 {
		return s.values[i]
	}
	return ""
}

// CreateRenderer draws the choice with the edge that an entry has: on paper and
// card alike it is seen to be a field.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	return edge(s.Select.CreateRenderer(), func() (fyne.ThemeColorName, float32) {
		if s.focused {
			return ColorHoldFocus, 2
		}
		return theme.ColorNameInputBorder, 1
	})
}

// FocusGained draws the ring of what has the keyboard.
func (s *Select) FocusGained() { s.focused = true; s.Select.FocusGained(); s.Refresh() }

// FocusLost takes the ring away.
func (s *Select) FocusLost() { s.focused = false; s.Select.FocusLost(); s.Refresh() }

// edge draws a line around a widget, in a colour and of a width that may change;
// a width of 0 draws none. A tint alone does not tell what has the keyboard: the
// ring holds 3:1 against what it lies on.
func edge(r fyne.WidgetRenderer, look func() (fyne.ThemeColorName, float32)) fyne.WidgetRenderer {
	line := canvas.NewRectangle(color.Transparent)
	x := &edgedRenderer{r, line, look}
	x.paint()
	return x
}

type edgedRenderer struct {
	fyne.WidgetRenderer
	line *canvas.Rectangle
	look func() (fyne.ThemeColorName, float32)
}

func (r *edgedRenderer) paint() {
	name, width := r.look()
	r.line.Hidden = width == 0
	r.line.StrokeColor, r.line.StrokeWidth = theme.Color(name), width
	r.line.CornerRadius = theme.InputRadiusSize()
}

func (r *edgedRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.line)
}

func (r *edgedRenderer) Layout(size fyne.Size) {
	r.line.Resize(size)
	r.WidgetRenderer.Layout(size)
}

func (r *edgedRenderer) Refresh() {
	r.paint()
	r.line.Refresh()
	r.WidgetRenderer.Refresh()
}

// TypedKey leaves on Esc.
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	if !beyond(s, e) {
		s.Select.TypedKey(e)
	}
}

// tapArea is what all tappable pieces of the kit share: hover, focus and the
// keys that press.
type tapArea struct {
	widget.BaseWidget
	OnTapped         func()
	hovered, focused bool
}

func (t *tapArea) Tapped(*fyne.PointEvent) {
	if t.OnTapped != nil {
		t.OnTapped()
	}
}
func (t *tapArea) MouseIn(*desktop.MouseEvent)    { t.hovered = true; t.Refresh() }
func (t *tapArea) MouseMoved(*desktop.MouseEvent) {}
func (t *tapArea) MouseOut()                      { t.hovered = false; t.Refresh() }
func (t *tapArea) FocusGained()                   { t.focused = true; t.Refresh() }
func (t *tapArea) FocusLost()                     { t.focused = false; t.Refresh() }
func (t *tapArea) TypedRune(rune)                 {}
func (t *tapArea) TypedKey(e *fyne.KeyEvent) {
	if beyond(t, e) {
		return
	}
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		t.Tapped(nil)
	}
}
func (t *tapArea) Cursor() desktop.Cursor { return desktop.PointerCursor }
