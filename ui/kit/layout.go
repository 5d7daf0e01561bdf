package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Importance is Fyne's, under a shorter name.
type Importance = widget.Importance

// The importances that the kit uses.
const (
	MediumImportance  = widget.MediumImportance
	LowImportance     = widget.LowImportance
	HighImportance    = widget.HighImportance
	SuccessImportance = widget.SuccessImportance
	WarningImportance = widget.WarningImportance
	DangerImportance  = widget.DangerImportance
)

// Label returns a line of text that is cut with an ellipsis where it is too
// long.
func Label(s string) *widget.Label {
	l := widget.NewLabel(s)
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

// Words returns wrapping text, for sentences of the program. Text from
// outside belongs into a TextView, or through Clip first: wrapping costs the
// square of a line's length.
func Words(s string) *widget.Label {
	l := widget.NewLabel(s)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// Faint returns wrapping text in the quiet colour and the small size.
func Faint(s string) *widget.Label {
	l := Words(s)
	l.SizeName = theme.SizeNameCaptionText
	l.Importance = LowImportance
	return l
}

// FaintLine is Faint on one line.
func FaintLine(s string) *widget.Label {
	l := Label(s)
	l.SizeName = theme.SizeNameCaptionText
	l.Importance = LowImportance
	return l
}

// Strong returns one line of bold text.
func Strong(s string) *widget.Label {
	l := Label(s)
	l.TextStyle.Bold = true
	return l
}

// StrongWords returns wrapping bold text.
func StrongWords(s string) *widget.Label {
	l := Words(s)
	l.TextStyle.Bold = true
	return l
}

// Heading returns a heading within a page.
func Heading(s string) *widget.Label {
	l := Label(s)
	l.SizeName = theme.SizeNameSubHeadingText
	l.TextStyle.Bold = true
	return l
}

// Toned gives a label the colour of a tone and returns it.
func Toned(l *widget.Label, t Tone) *widget.Label {
	l.Importance = t.Importance()
	return l
}

// Gap returns an empty space of a height.
func Gap(height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(1, height))
	return r
}

// MinWidth keeps an object at least that wide, and wider where text is larger.
func MinWidth(w float32, o fyne.CanvasObject) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(Scaled(w), 1))
	return container.NewStack(r, o)
}

// MinSize keeps an object at least that large, and larger where text is.
func MinSize(w, h float32, o fyne.CanvasObject) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(Scaled(w), Scaled(h)))
	return container.NewStack(r, o)
}

// columnLayout stacks objects of one width. Wrapped text does not know its
// height before it knows its width, so the width is given to every child when
// the least size is asked for.
type columnLayout struct {
	width float32 // fixed, or 0 to follow what it is given
	most  float32 // the widest that text may get, 0 for no bound
	gap   float32
	last  float32
}

func (l *columnLayout) inner(w float32) float32 {
	if l.most > 0 && w > l.most {
		return l.most
	}
	return w
}

func (l *columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := l.width
	if w == 0 {
		w = l.last
	}
	w = l.inner(w)
	var h, least float32
	first := true
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if w > 0 && o.Size().Width != w {
			o.Resize(fyne.NewSize(w, o.MinSize().Height))
		}
		m := o.MinSize()
		least = max(least, m.Width)
		h += m.Height
		if !first {
			h += l.gap
		}
		first = false
	}
	return fyne.NewSize(max(l.width, least), h)
}

func (l *columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	changed := l.last != size.Width
	l.last = size.Width
	w := l.inner(size.Width)
	var y float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if changed || o.Size().Width != w {
			o.Resize(fyne.NewSize(w, o.MinSize().Height))
		}
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(w, h))
		y += h + l.gap
	}
}

// Down stacks objects at the width it is given, with a gap between them.
func Down(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&columnLayout{gap: gap}, objects...)
}

// DownFixed stacks objects at one width, for dialogs.
func DownFixed(width, gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&columnLayout{width: Scaled(width), gap: gap}, objects...)
}

// DownReading is Down that never gets wider than text is pleasant to read.
func DownReading(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&columnLayout{gap: gap, most: Scaled(860)}, objects...)
}

// Page puts margins around the content of a page and lets it scroll.
func Page(content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(Margins(24, 8, 24, 24, content))
}

// Margins puts space around an object: left, top, right, bottom.
func Margins(left, top, right, bottom float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// Row puts objects side by side, the one at grow taking what is left.
func Row(grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&rowLayout{grow: grow}, objects...)
}

// rowLayout puts objects side by side, each at its own height in the middle.
type rowLayout struct{ grow int }

func (l *rowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var w, h float32
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		w += m.Width
		h = max(h, m.Height)
		n++
	}
	return fyne.NewSize(w+float32(max(0, n-1))*theme.Padding(), h)
}

func (l *rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var fixed float32
	n := 0
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		n++
		if i != l.grow {
			fixed += o.MinSize().Width
		}
	}
	left := size.Width - fixed - float32(max(0, n-1))*theme.Padding()
	var x float32
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		w := o.MinSize().Width
		if i == l.grow {
			w = max(left, 0)
		}
		// Wrapped text needs its width before it can say its height.
		if o.Size().Width != w {
			o.Resize(fyne.NewSize(w, o.MinSize().Height))
		}
		h := min(o.MinSize().Height, size.Height)
		if i == l.grow {
			h = size.Height
		}
		o.Move(fyne.NewPos(x, (size.Height-h)/2))
		o.Resize(fyne.NewSize(w, h))
		x += w + theme.Padding()
	}
}

// Flow puts objects side by side and goes on in the next line where the width
// ends.
func Flow(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flowLayout{gap: 6}, objects...)
}

type flowLayout struct{ gap, last float32 }

func (l *flowLayout) place(objects []fyne.CanvasObject, width float32, move bool) fyne.Size {
	var x, y, line, widest float32
	pad := l.gap
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if x > 0 && x+m.Width > width {
			x, y, line = 0, y+line+pad, 0
		}
		if move {
			o.Move(fyne.NewPos(x, y))
			o.Resize(m)
		}
		x += m.Width + pad
		line = max(line, m.Height)
		widest = max(widest, m.Width)
	}
	return fyne.NewSize(widest, y+line)
}

func (l *flowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := l.last
	if w == 0 {
		w = 100_000
	}
	return l.place(objects, w, false)
}

func (l *flowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.last = size.Width
	l.place(objects, size.Width, true)
}

// Tiles lays objects out in as many equal columns as fit, each at least that
// wide.
func Tiles(least float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&tileLayout{least: Scaled(least)}, objects...)
}

type tileLayout struct{ least, last float32 }

const tileGap = 12

func (l *tileLayout) rows(objects []fyne.CanvasObject, width float32, move bool) fyne.Size {
	cols := min(max(1, int((width+tileGap)/(l.least+tileGap))), max(1, len(objects)))
	w := (width - float32(cols-1)*tileGap) / float32(cols)
	var y float32
	for i := 0; i < len(objects); i += cols {
		row := objects[i:min(i+cols, len(objects))]
		var h float32
		for _, o := range row {
			if o.Size().Width != w {
				o.Resize(fyne.NewSize(w, o.MinSize().Height))
			}
			h = max(h, o.MinSize().Height)
		}
		if move {
			for k, o := range row {
				o.Move(fyne.NewPos(float32(k)*(w+tileGap), y))
				o.Resize(fyne.NewSize(w, h))
			}
		}
		y += h + tileGap
	}
	return fyne.NewSize(l.least, max(0, y-tileGap))
}

func (l *tileLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return l.rows(objects, max(l.last, l.least), false)
}

func (l *tileLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.last = size.Width
	l.rows(objects, size.Width, true)
}

// Shared puts two objects side by side, the first one with that share of the
// width.
func Shared(share float32, a, b fyne.CanvasObject) *fyne.Container {
	return container.New(&sharedLayout{share}, a, b)
}

type sharedLayout struct{ share float32 }

func (l *sharedLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+b.Width, max(a.Height, b.Height))
}

func (l *sharedLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := size.Width * l.share
	for i, x := range []float32{w, size.Width - w} {
		h := o[i].MinSize().Height
		o[i].Resize(fyne.NewSize(x, h))
		o[i].Move(fyne.NewPos(float32(i)*w, (size.Height-h)/2))
	}
}
