package kit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Clean makes text from outside safe to draw: valid UTF-8, no control
// characters, and none of the invisible marks that turn the direction of
// writing and let "gpj.exe" look like "exe.jpg".
func Clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0xFEFF, r == 0x200B:
			return -1
		case r == 0x2028 || r == 0x2029:
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// Line makes text from outside fit for one line: cleaned, without line
// breaks, at most that many characters.
func Line(s string, most int) string {
	if len(s) > most*8 {
		s = s[:most*8]
	}
	s = strings.Join(strings.Fields(Clean(s)), " ")
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// Clip makes text from outside fit for a label of several lines: cleaned, at
// most that many characters, and no line longer than cols.
func Clip(s string, most, cols int) string {
	if len(s) > most*4 {
		s = s[:most*4]
	}
	s = Clean(s)
	var b strings.Builder
	n, col := 0, 0
	for _, r := range s {
		if n == most {
			b.WriteString("…")
			break
		}
		n++
		if r == '\n' {
			col = 0
		} else if col++; col > cols {
			b.WriteByte('\n')
			col = 1
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Stretch is a part of a text that is shown in its own way. Start and End are
// byte offsets.
type Stretch struct {
	Start, End int
	Marked     bool // words that spoke
	Faint      bool // quoted text
}

// TextView shows text from outside, however long: it is wrapped here by
// measured widths and drawn line by line as a list, so that only what is seen
// is ever laid out.
type TextView struct {
	widget.BaseWidget
	text      string
	stretches []Stretch
	lines     []textLine
	list      *widget.List
	width     float32
}

type piece struct {
	text          string
	marked, faint bool
	width         float32
}

type textLine []piece

// maxColumns is the widest line that is drawn, in average characters.
const maxColumns = 100

// NewTextView returns a viewer. The offsets of the stretches are those of the
// text given; they need not be sorted.
func NewTextView(text string, stretches []Stretch) *TextView {
	v := &TextView{}
	v.ExtendBaseWidget(v)
	v.list = widget.NewList(func() int { return len(v.lines) },
		func() fyne.CanvasObject { return newLineView() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(v.lines) {
				o.(*lineView).set(v.lines[i])
			}
		})
	v.list.HideSeparators = true
	v.Set(text, stretches)
	return v
}

// Set shows another text.
func (v *TextView) Set(text string, stretches []Stretch) {
	v.text, v.stretches = text, stretches
	v.wrap()
}

// Lines returns how many lines are shown.
func (v *TextView) Lines() int { return len(v.lines) }

// Resize wraps the text again when the width changed.
func (v *TextView) Resize(s fyne.Size) {
	if w := s.Width; w != v.width {
		v.width = w
		v.wrap()
	}
	v.BaseWidget.Resize(s)
}

func (v *TextView) wrap() {
	w := v.width - 3*theme.InnerPadding()
	if v.width == 0 {
		w = 640
	}
	m := newMeasure(theme.TextSize())
	w = min(w, m.average*maxColumns)
	v.lines = wrapText(v.text, v.stretches, max(w, 60), m.of)
	v.list.Refresh()
}

// CreateRenderer shows the list of lines.
func (v *TextView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(v.list))
}

// measure gives widths of characters, each measured once.
type measure struct {
	size    float32
	average float32
	known   map[rune]float32
}

func newMeasure(size float32) *measure {
	m := &measure{size: size, known: map[rune]float32{}}
	sample := "abcdefghijklmnopqrstuvwxyz etaoins"
	m.average = fyne.MeasureText(sample, size, fyne.TextStyle{}).Width / float32(len(sample))
	return m
}

func (m *measure) of(r rune) float32 {
	if w, ok := m.known[r]; ok {
		return w
	}
	w := m.size * 1.3 // a generous guess for scripts that are rare here
	if r < 0x250 || r >= 0x2010 && r <= 0x20AC {
		w = fyne.MeasureText(string(r), m.size, fyne.TextStyle{}).Width
	} else if unicode.Is(unicode.Mn, r) {
		w = 0
	}
	m.known[r] = w
	return w
}

// wrapText breaks a text into lines no wider than width, at spaces where
// there are some. It is linear in the length of the text.
func wrapText(text string, stretches []Stretch, width float32, of func(rune) float32) []textLine {
	type change struct {
		at    int
		mark  int
		faint int
	}
	var changes []change
	for _, s := range stretches {
		if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
			continue
		}
		if s.Marked {
			changes = append(changes, change{s.Start, 1, 0}, change{s.End, -1, 0})
		}
		if s.Faint {
			changes = append(changes, change{s.Start, 0, 1}, change{s.End, 0, -1})
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.at - b.at })

	var lines []textLine
	var line textLine
	var cur strings.Builder
	var curW, lineW float32
	mark, faint, next := 0, 0, 0
	endPiece := func() {
		if cur.Len() > 0 {
			line = append(line, piece{cur.String(), mark > 0, faint > 0, curW})
			cur.Reset()
			curW = 0
		}
	}
	endLine := func() {
		endPiece()
		lines = append(lines, line)
		line, lineW = nil, 0
	}
	// wordFits tells whether the word that starts at i fits into w.
	wordFits := func(i int, w float32) bool {
		var sum float32
		for k, r := range text[i:] {
			if r == ' ' || r == '\n' || k > 400 {
				return true
			}
			if sum += of(r); sum > w {
				return false
			}
		}
		return true
	}
	atWord := true
	for i, r := range text {
		for next < len(changes) && changes[next].at <= i {
			if changes[next].at < i {
				// An offset inside a character: take effect here all the same.
				changes[next].at = i
			}
			endPiece()
			mark += changes[next].mark
			faint += changes[next].faint
			next++
		}
		if r == '\n' {
			endLine()
			atWord = true
			continue
		}
		c := cleanRune(r)
		if c < 0 {
			continue
		}
		w := of(c)
		if c == ' ' {
			atWord = true
			if lineW+w > width {
				endLine()
				continue // a space at the break is not drawn
			}
		} else {
			if lineW+w > width || atWord && lineW > 0 && !wordFits(i, width-lineW) && wordFits(i, width) {
				endLine()
			}
			atWord = false
		}
		cur.WriteRune(c)
		curW += w
		lineW += w
	}
	endLine()
	return lines
}

func cleanRune(r rune) rune {
	s := Clean(string(r))
	if s == "" {
		return -1
	}
	c, _ := utf8.DecodeRuneInString(s)
	if c == '\n' {
		return ' '
	}
	return c
}

// lineView draws one line with its marked and faint parts.
type lineView struct {
	widget.BaseWidget
	line textLine
}

func newLineView() *lineView {
	l := &lineView{}
	l.ExtendBaseWidget(l)
	return l
}

func (l *lineView) set(line textLine) {
	l.line = line
	l.Refresh()
}

// CreateRenderer draws the parts.
func (l *lineView) CreateRenderer() fyne.WidgetRenderer {
	r := &lineRenderer{l: l}
	r.build()
	return r
}

type lineRenderer struct {
	l       *lineView
	objects []fyne.CanvasObject
}

func (r *lineRenderer) build() {
	r.objects = r.objects[:0]
	x := theme.InnerPadding()
	for _, p := range r.l.line {
		t := canvas.NewText(p.text, theme.Color(theme.ColorNameForeground))
		t.TextSize = theme.TextSize()
		if p.faint {
			t.Color = theme.Color(ColorFaint)
		}
		w := fyne.MeasureText(p.text, t.TextSize, t.TextStyle)
		if p.marked {
			back := canvas.NewRectangle(theme.Color(ColorMarker))
			back.CornerRadius = 3
			back.Move(fyne.NewPos(x-1, 0))
			back.Resize(fyne.NewSize(w.Width+2, w.Height+1))
			r.objects = append(r.objects, back)
		}
		t.Move(fyne.NewPos(x, 0))
		t.Resize(w)
		x += w.Width
		r.objects = append(r.objects, t)
	}
}
func (r *lineRenderer) MinSize() fyne.Size {
	return fyne.NewSize(10, fyne.MeasureText("Ág", theme.TextSize(), fyne.TextStyle{}).Height)
}
func (r *lineRenderer) Layout(fyne.Size)             {}
func (r *lineRenderer) Refresh()                     { r.build(); canvas.Refresh(r.l) }
func (r *lineRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *lineRenderer) Destroy()                     {}
