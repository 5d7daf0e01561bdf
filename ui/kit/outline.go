package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Node is one line of an Outline, with the lines below it.
type Node struct {
	Words, Note string // one line each; the note stands at the right
	Tone        Tone
	Toned       bool // an icon in the tone before the words
	Bold        bool
	Tail        bool // where there is no room, the end of the words is what stays
	Box         bool // a leaf that can be ticked
	On          bool // a leaf that is ticked
	Open        bool
	Children    []*Node

	parent    *Node
	depth     int
	total, on int // leaves with a box, and those of them that are ticked
}

// Boxes returns how many leaves below the line, itself included, can be
// ticked, and how many of them are.
func (n *Node) Boxes() (total, on int) { return n.total, n.on }

// Outline shows a tree line by line and lets leaves, and so whole branches, be
// ticked. Only the lines that are seen are drawn: it costs the same for ten
// lines and for a hundred thousand. Up and Down move, Left and Right close and
// open, Space ticks, Enter opens or ticks.
type Outline struct {
	Object fyne.CanvasObject
	// OnTicked is called after boxes have changed.
	OnTicked func()
	// OnSelect is called when a line becomes the selected one.
	OnSelect func(*Node)

	roots    []*Node
	flat     []*Node
	list     *outlineList
	selected int
	share    float32
}

// NewOutline returns an empty outline in which the words take that share of the
// width.
func NewOutline(share float32) *Outline {
	o := &Outline{selected: -1, share: share}
	o.list = &outlineList{outline: o}
	o.list.HideSeparators = true
	o.list.Length = func() int { return len(o.flat) }
	o.list.CreateItem = func() fyne.CanvasObject { return newOutlineRow(o) }
	o.list.UpdateItem = func(id widget.ListItemID, x fyne.CanvasObject) {
		if id < len(o.flat) {
			x.(*outlineRow).set(id, o.flat[id])
		}
	}
	o.list.OnSelected = func(id widget.ListItemID) {
		o.selected = id
		if o.OnSelect != nil && id < len(o.flat) {
			o.OnSelect(o.flat[id])
		}
	}
	o.list.ExtendBaseWidget(o.list)
	o.Object = o.list
	return o
}

// Set shows other lines.
func (o *Outline) Set(roots ...*Node) {
	o.roots = roots
	for _, r := range roots {
		settle(r, nil, 0)
	}
	o.selected = -1
	o.list.UnselectAll()
	o.flatten()
}

func settle(n, parent *Node, depth int) {
	n.parent, n.depth, n.total, n.on = parent, depth, 0, 0
	if len(n.Children) == 0 && n.Box {
		n.total = 1
		if n.On {
			n.on = 1
		}
	}
	for _, c := range n.Children {
		settle(c, n, depth+1)
		n.total += c.total
		n.on += c.on
	}
}

func (o *Outline) flatten() {
	o.flat = o.flat[:0]
	var walk func(n *Node)
	walk = func(n *Node) {
		o.flat = append(o.flat, n)
		if n.Open {
			for _, c := range n.Children {
				walk(c)
			}
		}
	}
	for _, r := range o.roots {
		walk(r)
	}
	o.list.Refresh()
}

// OutlineOf returns the outline that an object of a canvas draws, nil when it
// is something else.
func OutlineOf(o fyne.CanvasObject) *Outline {
	if l, ok := o.(*outlineList); ok {
		return l.outline
	}
	return nil
}

// Rows returns how many lines are unfolded, and Row the line at a place.
func (o *Outline) Rows() int { return len(o.flat) }

// Row returns the unfolded line at a place.
func (o *Outline) Row(i int) *Node { return o.flat[i] }

// Focusable returns what takes the keyboard.
func (o *Outline) Focusable() fyne.Focusable { return o.list }

// Toggle unfolds a line, or folds it.
func (o *Outline) Toggle(n *Node) {
	if len(n.Children) == 0 {
		return
	}
	n.Open = !n.Open
	o.flatten()
}

// Tick ticks a leaf or every leaf of a branch; where all of them are ticked it
// takes the ticks away.
func (o *Outline) Tick(n *Node) {
	if n.total == 0 {
		return
	}
	o.SetTicked(n, n.on < n.total)
}

// SetTicked ticks every leaf of a branch, or takes its ticks away.
func (o *Outline) SetTicked(n *Node, on bool) {
	before := n.on
	var walk func(n *Node)
	walk = func(n *Node) {
		if len(n.Children) == 0 {
			if n.Box {
				n.On, n.on = on, 0
				if on {
					n.on = 1
				}
			}
			return
		}
		n.on = 0
		for _, c := range n.Children {
			walk(c)
			n.on += c.on
		}
	}
	walk(n)
	for p := n.parent; p != nil; p = p.parent {
		p.on += n.on - before
	}
	o.list.Refresh()
	if o.OnTicked != nil {
		o.OnTicked()
	}
}

func (o *Outline) at() *Node {
	if o.selected < 0 || o.selected >= len(o.flat) {
		return nil
	}
	return o.flat[o.selected]
}

func (o *Outline) move(by int) {
	next := o.selected + by
	if o.selected < 0 {
		next = 0
	}
	if next = min(max(next, 0), len(o.flat)-1); next >= 0 {
		o.list.Select(next)
	}
}

// Select selects the unfolded line at a place.
func (o *Outline) Select(i int) {
	if i >= 0 && i < len(o.flat) {
		o.list.Select(i)
	}
}

type outlineList struct {
	widget.List
	outline *Outline
}

// outlineKeys are what keys do in an outline.
var outlineKeys = []binding[*Outline]{
	bind("move", func(o *Outline) { o.move(-1) }, fyne.KeyUp),
	bind("move", func(o *Outline) { o.move(1) }, fyne.KeyDown),
	bind("page", func(o *Outline) { o.move(-10) }, fyne.KeyPageUp),
	bind("page", func(o *Outline) { o.move(10) }, fyne.KeyPageDown),
	bind("ends", func(o *Outline) { o.move(-1 << 30) }, fyne.KeyHome),
	bind("ends", func(o *Outline) { o.move(1 << 30) }, fyne.KeyEnd),
	bind("unfold", (*Outline).unfold, fyne.KeyRight),
	bind("fold", (*Outline).fold, fyne.KeyLeft),
	bind("tick", func(o *Outline) {
		switch n := o.at(); {
		case n == nil:
			o.move(1)
		case n.total > 0:
			o.Tick(n)
		default:
			o.Toggle(n)
		}
	}, fyne.KeySpace),
	bind("openOrTick", func(o *Outline) {
		switch n := o.at(); {
		case n == nil:
			o.move(1)
		case len(n.Children) > 0:
			o.Toggle(n)
		default:
			o.Tick(n)
		}
	}, fyne.KeyReturn, fyne.KeyEnter),
}

// unfold opens the line, or goes on to the next one.
func (o *Outline) unfold() {
	if n := o.at(); n != nil && !n.Open {
		o.Toggle(n)
		return
	}
	o.move(1)
}

// fold closes the line, or goes to the one that it is below.
func (o *Outline) fold() {
	n := o.at()
	switch {
	case n == nil:
	case n.Open && len(n.Children) > 0:
		o.Toggle(n)
	case n.parent != nil:
		for i, x := range o.flat {
			if x == n.parent {
				o.list.Select(i)
				break
			}
		}
	}
}

// TypedKey moves, unfolds, ticks, or leaves.
func (l *outlineList) TypedKey(e *fyne.KeyEvent) {
	if !beyond(l, e) {
		obey(outlineKeys, l.outline, e)
	}
}

// The measures of a line of an outline, at normal text.
const (
	outlineHeight = 30
	outlineIndent = 22
	outlineIcon   = 18
)

// outlineRow is one visible line.
type outlineRow struct {
	widget.BaseWidget
	o    *Outline
	n    *Node
	id   int
	fold *widget.Icon
	box  *widget.Icon
	sign *widget.Icon
	text *canvas.Text
	note *canvas.Text
}

func newOutlineRow(o *Outline) *outlineRow {
	r := &outlineRow{o: o, fold: widget.NewIcon(nil), box: widget.NewIcon(nil), sign: widget.NewIcon(nil),
		text: canvas.NewText("", color.Transparent), note: canvas.NewText("", color.Transparent)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *outlineRow) set(id int, n *Node) {
	r.id, r.n = id, n
	r.Refresh()
}

// boxAt is where the box of the line begins, and textAt where its words do.
func (r *outlineRow) boxAt() float32 {
	return theme.InnerPadding()/2 + float32(r.n.depth)*Scaled(outlineIndent) + Scaled(outlineIcon) + 4
}

func (r *outlineRow) textAt() float32 {
	x := r.boxAt()
	if r.n.total > 0 {
		x += Scaled(outlineIcon) + 6
	}
	if r.n.Toned {
		x += Scaled(outlineIcon) + 3
	}
	return x
}

// Tapped ticks where the box is and unfolds elsewhere.
func (r *outlineRow) Tapped(e *fyne.PointEvent) {
	if r.n == nil {
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.o.list); c != nil {
		c.Focus(r.o.list)
	}
	r.o.list.Select(r.id)
	n, x := r.n, float32(0)
	if e != nil {
		x = e.Position.X
	}
	inBox := n.total > 0 && x >= r.boxAt()-3 && x < r.boxAt()+Scaled(outlineIcon)+5
	switch {
	case inBox:
		r.o.Tick(n)
	case len(n.Children) > 0:
		r.o.Toggle(n)
	}
}

// CreateRenderer draws the line.
func (r *outlineRow) CreateRenderer() fyne.WidgetRenderer { return &outlineRenderer{r} }

type outlineRenderer struct{ r *outlineRow }

func (x *outlineRenderer) MinSize() fyne.Size { return fyne.NewSize(120, Scaled(outlineHeight)) }

func (x *outlineRenderer) Layout(s fyne.Size) {
	r := x.r
	if r.n == nil {
		return
	}
	n := r.n
	size := Scaled(outlineIcon)
	y := (s.Height - size) / 2
	place := func(i *widget.Icon, at float32) {
		i.Move(fyne.NewPos(at, y))
		i.Resize(fyne.NewSize(size, size))
	}
	r.fold.Hidden = len(n.Children) == 0
	if !r.fold.Hidden {
		icon := theme.MenuExpandIcon()
		if n.Open {
			icon = theme.MenuDropDownIcon()
		}
		setIcon(r.fold, icon)
		place(r.fold, r.boxAt()-size-4)
	}
	r.box.Hidden = n.total == 0
	if !r.box.Hidden {
		name := theme.IconNameCheckButton
		switch {
		case n.on == n.total:
			name = theme.IconNameCheckButtonChecked
		case n.on > 0:
			name = theme.IconNameCheckButtonPartial
		}
		res := theme.Current().Icon(name)
		if n.on > 0 {
			res = theme.NewPrimaryThemedResource(res)
		}
		setIcon(r.box, res)
		place(r.box, r.boxAt())
	}
	at := r.textAt()
	r.sign.Hidden = !n.Toned
	if n.Toned {
		setIcon(r.sign, n.Tone.Icon())
		place(r.sign, at-size-3)
	}
	split := max(s.Width*r.o.share, at+40)
	r.text.TextSize = theme.TextSize()
	r.text.TextStyle.Bold = n.Bold
	r.text.Color = theme.Color(theme.ColorNameForeground)
	if n.Box && !n.On && len(n.Children) == 0 {
		r.text.Color = theme.Color(ColorFaint)
	}
	r.note.TextSize = theme.CaptionTextSize()
	r.note.Color = theme.Color(ColorFaint)
	end := split - 12
	if n.Note == "" {
		end = s.Width - theme.InnerPadding()
	}
	r.text.Text = cutStyled(n.Words, end-at, r.text.TextSize, r.text.TextStyle)
	if n.Tail {
		r.text.Text = cutFront(n.Words, end-at, r.text.TextSize)
	}
	r.note.Text = cut(n.Note, s.Width-split-theme.InnerPadding(), r.note.TextSize)
	for _, t := range []struct {
		t *canvas.Text
		x float32
	}{{r.text, at}, {r.note, split}} {
		m := t.t.MinSize()
		t.t.Move(fyne.NewPos(t.x, (s.Height-m.Height)/2))
		t.t.Resize(m)
	}
}

// setIcon spares the cost of an icon that is there already.
func setIcon(i *widget.Icon, res fyne.Resource) {
	if i.Resource == nil || i.Resource.Name() != res.Name() {
		i.SetResource(res)
	}
}

func (x *outlineRenderer) Refresh() {
	x.Layout(x.r.Size())
	canvas.Refresh(x.r)
}

func (x *outlineRenderer) Objects() []fyne.CanvasObject {
	r := x.r
	return []fyne.CanvasObject{r.fold, r.box, r.sign, r.text, r.note}
}
func (x *outlineRenderer) Destroy() {}
