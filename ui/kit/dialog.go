package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Dialog asks or tells something above the window. The safe answer comes
// first and has the keyboard, Esc gives it, Enter presses the button that has
// the keyboard, and what cannot be undone stands last, in red.
type Dialog struct {
	popup  *widget.PopUp
	canvas fyne.Canvas
	safe   *Button
	others []*Button
	after  func()
	open   bool
	focus  fyne.Focusable
	before fyne.Focusable
}

// DialogWidth is the usual width of a dialog's content.
const DialogWidth = 520

// shown holds the open dialogs of each canvas, the topmost one last. It is
// used on the main goroutine only.
var shown = map[fyne.Canvas][]*Dialog{}

// NewDialog returns a dialog that is not shown yet. The safe word stands on
// the button that changes nothing; onSafe may be nil.
func NewDialog(c fyne.Canvas, title string, width float32, content fyne.CanvasObject, safe string, onSafe func(), others ...*Button) *Dialog {
	d := &Dialog{canvas: c, after: onSafe, others: others}
	d.safe = NewButton(safe, d.Cancel)
	head := Words(title)
	head.SizeName = theme.SizeNameSubHeadingText
	head.TextStyle.Bold = true
	buttons := container.NewHBox()
	buttons.Add(d.safe)
	for _, b := range others {
		act := b.OnTapped
		b.OnTapped = func() {
			if act != nil {
				act()
			}
		}
		buttons.Add(b)
	}
	body := DownFixed(width, 0, content)
	height := body.MinSize().Height
	var middle fyne.CanvasObject = body
	if most := max(c.Size().Height-190, 200); height > most {
		scroll := container.NewVScroll(Margins(0, 0, 12, 0, DownFixed(width, 0, content)))
		scroll.SetMinSize(fyne.NewSize(Scaled(width)+12, most))
		middle = scroll
	}
	foot := container.NewBorder(nil, nil, nil, buttons)
	all := Margins(16, 10, 16, 12, container.NewBorder(DownFixed(width, 0, head), Margins(0, 12, 0, 0, foot), nil, nil, middle))
	d.popup = widget.NewModalPopUp(all, c)
	return d
}

// FocusOn gives the keyboard to a field instead of the safe answer, for
// dialogs whose first thing is to type.
func (d *Dialog) FocusOn(f fyne.Focusable) *Dialog {
	d.focus = f
	return d
}

// Show shows the dialog.
func (d *Dialog) Show() {
	if d.open {
		return
	}
	d.open = true
	d.before = d.canvas.Focused()
	d.popup.Show()
	shown[d.canvas] = append(shown[d.canvas], d)
	if d.focus != nil {
		d.canvas.Focus(d.focus)
	} else {
		d.canvas.Focus(d.safe)
	}
}

// Close takes the dialog away without giving any answer.
func (d *Dialog) Close() {
	if !d.open {
		return
	}
	d.open = false
	d.popup.Hide()
	open := shown[d.canvas]
	for i, x := range open {
		if x == d {
			shown[d.canvas] = append(open[:i:i], open[i+1:]...)
			break
		}
	}
	if len(shown[d.canvas]) == 0 {
		delete(shown, d.canvas)
	}
}

// Cancel gives the safe answer.
func (d *Dialog) Cancel() {
	if !d.open {
		return
	}
	d.Close()
	if d.after != nil {
		d.after()
	}
}

// Safe returns the button of the safe answer, and Others the rest in order.
func (d *Dialog) Safe() *Button { return d.safe }

// Others returns the buttons beside the safe one.
func (d *Dialog) Others() []*Button { return d.others }

// Open returns the topmost dialog of a canvas, nil when there is none.
func Open(c fyne.Canvas) *Dialog {
	if open := shown[c]; len(open) > 0 {
		return open[len(open)-1]
	}
	return nil
}

// Escape gives the safe answer of the topmost dialog and tells whether there
// was one.
func Escape(c fyne.Canvas) bool {
	if d := Open(c); d != nil {
		d.Cancel()
		return true
	}
	return false
}
