package kit

import (
	"image/color"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Column describes one column of a table as data.
type Column[T any] struct {
	Label string
	Width float32                 // the least width
	Grow  float32                 // its share of the width that is left
	Text  func(T) string          // one line, from memory only: it runs while scrolling
	Tone  func(T) Tone            // nil: plain text; otherwise icon and colour
	Share func(T) (float32, bool) // nil, or a thin bar below the text
	Less  func(a, b T) bool       // nil: the column cannot be sorted
	Right bool                    // numbers
	Faint bool                    // secondary
	Spare bool                    // left out where the others have no room
	Tail  bool                    // cut at its beginning: its end tells it apart
}

// Table shows rows under columns: rows are data, every row has the same
// height, one row is selected at a time, a tap on a header sorts, Up, Down and
// Enter work. It costs the same for ten rows and for a hundred thousand.
type Table[T any] struct {
	Object fyne.CanvasObject
	// OnOpen is called for a tap or Enter on a row.
	OnOpen func(T)
	// OnSelect is called when a row becomes the selected one, by tap or key.
	OnSelect func(T)
	// Aside, where it is set, sorts many rows off the main goroutine: it does the
	// work there and then comes home.
	Aside func(work, then func())
	// OnTicked is called after boxes have changed, where the table has some.
	OnTicked func()

	columns  []Column[T]
	sorting  int // which sorting is the newest one
	rows     []T
	order    []int // rows as sorted
	sorted   int   // column, -1 for the given order
	reverse  bool
	list     *rowList
	header   *fyne.Container
	heads    []*headCell
	layout   *columnsLayout
	selected int // place in order, -1 for none
	boxes    bool
	ticked   map[int]bool // places in rows
}

// boxWidth is the width of the column of boxes, at normal text.
const boxWidth = 34

// iconRoom is what an icon before a text takes, at normal text.
const iconRoom = 21

// RowHeight is the height of every row, at normal text.
const RowHeight = 36

// NewTable returns an empty table.
func NewTable[T any](columns []Column[T]) *Table[T] { return newTable(columns, false) }

// NewTickTable returns an empty table whose rows have a box each: a tap on the
// box or Space ticks a row, a tap on the header of the boxes ticks all.
func NewTickTable[T any](columns []Column[T]) *Table[T] {
	box := Column[T]{Width: boxWidth, Text: func(T) string { return "" }}
	return newTable(append([]Column[T]{box}, columns...), true)
}

func newTable[T any](columns []Column[T], boxes bool) *Table[T] {
	t := &Table[T]{columns: columns, sorted: -1, selected: -1, layout: &columnsLayout{}, boxes: boxes, ticked: map[int]bool{}}
	for _, c := range columns {
		t.layout.width = append(t.layout.width, c.Width)
		t.layout.grow = append(t.layout.grow, c.Grow)
		t.layout.spare = append(t.layout.spare, c.Spare)
		t.layout.need = append(t.layout.need, c.Width)
	}
	var heads []fyne.CanvasObject
	for i, c := range columns {
		h := &headCell{text: c.Label, right: c.Right}
		switch {
		case boxes && i == 0:
			h.box = true
			h.OnTapped = t.tickAll
		case c.Less != nil:
			h.OnTapped = func() { t.Sort(i) }
		}
		h.ExtendBaseWidget(h)
		t.heads = append(t.heads, h)
		heads = append(heads, h)
	}
	t.header = container.New(t.layout, heads...)
	t.list = newRowList()
	t.list.Length = func() int { return len(t.order) }
	t.list.CreateItem = func() fyne.CanvasObject { return newRowView(t.layout, len(columns)) }
	t.list.UpdateItem = func(id widget.ListItemID, o fyne.CanvasObject) { t.fill(id, o.(*rowView)) }
	t.list.move = t.move
	t.list.open = func() {
		if t.selected >= 0 && t.selected < len(t.order) && t.OnOpen != nil {
			t.OnOpen(t.rows[t.order[t.selected]])
		}
	}
	t.list.drop, t.list.copied = t.drop, t.Copied
	if boxes {
		t.list.tick = func() { t.Tick(t.selected) }
	}
	t.list.OnSelected = func(id widget.ListItemID) {
		t.selected = id
		if t.OnSelect != nil && id < len(t.order) {
			t.OnSelect(t.rows[t.order[id]])
		}
	}
	t.Object = container.NewBorder(container.NewVBox(t.header, widget.NewSeparator()), nil, nil, nil, t.list)
	return t
}

// SetRows shows other rows, in the order given or in the order chosen by a
// tap on a header.
func (t *Table[T]) SetRows(rows []T) {
	t.rows = rows
	t.measure()
	t.ticked = map[int]bool{}
	t.selected = -1
	t.list.UnselectAll()
	t.arrange()
}

// measuredRows is how many rows tell how wide a column is.
const measuredRows = 400

// measure finds how much width each column needs for its title and the longest
// text of the first rows.
func (t *Table[T]) measure() {
	for i, c := range t.columns {
		if t.boxes && i == 0 {
			continue
		}
		// The most letters are not always the widest text: the longest few are
		// measured.
		texts, longest := map[string]int{}, 0
		for _, r := range t.rows[:min(len(t.rows), measuredRows)] {
			s := c.Text(r)
			texts[s] = min(utf8.RuneCountInString(s), 80)
			longest = max(longest, texts[s])
		}
		text, measured := float32(0), 0
		for _, s := range slices.Sorted(maps.Keys(texts)) {
			if texts[s]*5 >= longest*4 && measured < 12 {
				text = max(text, fyne.MeasureText(string([]rune(s)[:texts[s]]), theme.TextSize(), fyne.TextStyle{}).Width)
				measured++
			}
		}
		text += 4
		if c.Tone != nil {
			text += Scaled(iconRoom)
		}
		title := fyne.MeasureText(c.Label, theme.CaptionTextSize(), fyne.TextStyle{Bold: true}).Width
		if c.Less != nil {
			title += 14 // for the arrow
		}
		t.layout.need[i] = max(text, title) + 2*theme.InnerPadding()
	}
	t.layout.turn++
	t.header.Refresh()
}

// Rows returns how many rows are shown.
func (t *Table[T]) Rows() int { return len(t.order) }

// Row returns the row at a place as shown.
func (t *Table[T]) Row(i int) T { return t.rows[t.order[i]] }

// Sort sorts by a column; the same column again turns the order around.
func (t *Table[T]) Sort(column int) {
	if t.columns[column].Less == nil {
		return
	}
	if t.sorted == column {
		t.reverse = !t.reverse
	} else {
		t.sorted, t.reverse = column, false
	}
	t.arrange()
}

// Open opens the row at a place, as a tap does.
func (t *Table[T]) Open(i int) {
	if i < 0 || i >= len(t.order) {
		return
	}
	t.list.Select(i)
	t.list.open()
}

// Select selects the row at a place.
func (t *Table[T]) Select(i int) {
	t.list.Select(i)
	if t.list.Size().Height < RowHeight {
		// Not laid out yet, the list would scroll past the row.
		t.list.ScrollToOffset(float32(max(0, i-2)) * RowHeight)
	}
}

// Tick ticks the row at a place, or takes its tick away.
func (t *Table[T]) Tick(i int) {
	if !t.boxes || i < 0 || i >= len(t.order) {
		return
	}
	if at := t.order[i]; t.ticked[at] {
		delete(t.ticked, at)
	} else {
		t.ticked[at] = true
	}
	t.list.RefreshItem(i)
	t.tickChanged()
}

// Ticked returns the rows that are ticked, in the order given.
func (t *Table[T]) Ticked() []T {
	var out []T
	for i, r := range t.rows {
		if t.ticked[i] {
			out = append(out, r)
		}
	}
	return out
}

// drop lets the selected row go and tells whether there was one. Where a dialog
// is open, it is the dialog that Esc means.
func (t *Table[T]) drop() bool {
	if c := fyne.CurrentApp().Driver().CanvasForObject(t.list); t.selected < 0 || c != nil && Open(c) != nil {
		return false
	}
	t.selected = -1
	t.list.UnselectAll()
	return true
}

// Copied returns the rows that are ticked, else the selected one, as text: one a
// line, a tab between the columns, which a table of another program takes in. A
// text that would be a formula there is kept from being one.
func (t *Table[T]) Copied() string {
	rows := t.Ticked()
	if len(rows) == 0 && t.selected >= 0 && t.selected < len(t.order) {
		rows = []T{t.rows[t.order[t.selected]]}
	}
	var lines []string
	for _, r := range rows {
		var cells []string
		for i, c := range t.columns {
			if t.boxes && i == 0 {
				continue
			}
			text := Line(c.Text(r), 1000)
			if text != "" && strings.ContainsRune("=+@-", rune(text[0])) && len(text) > 1 {
				text = "'" + text
			}
			cells = append(cells, text)
		}
		lines = append(lines, strings.Join(cells, "\t"))
	}
	return strings.Join(lines, "\n")
}

// tickAll ticks every row, or none where all are.
func (t *Table[T]) tickAll() {
	all := len(t.ticked) < len(t.rows)
	t.ticked = map[int]bool{}
	for i := range t.rows {
		if all {
			t.ticked[i] = true
		}
	}
	t.list.Refresh()
	t.tickChanged()
}

func (t *Table[T]) tickChanged() {
	t.heads[0].ticked = len(t.rows) > 0 && len(t.ticked) == len(t.rows)
	t.heads[0].Refresh()
	if t.OnTicked != nil {
		t.OnTicked()
	}
}

// Focusable returns what takes the keyboard.
func (t *Table[T]) Focusable() fyne.Focusable { return t.list }

func (t *Table[T]) arrange() {
	t.order = make([]int, len(t.rows))
	for i := range t.order {
		t.order[i] = i
	}
	t.sorting++
	switch {
	case t.sorted < 0:
	case t.Aside == nil || len(t.rows) < sortAside:
		t.order = sortedBy(t.rows, t.columns[t.sorted].Less, t.reverse)
	default:
		// The rows stand as they were given until they are sorted.
		mine, rows, less, reverse := t.sorting, t.rows, t.columns[t.sorted].Less, t.reverse
		var order []int
		t.Aside(func() { order = sortedBy(rows, less, reverse) }, func() {
			if mine == t.sorting {
				t.order = order
				t.selected = -1
				t.list.UnselectAll()
				t.list.Refresh()
			}
		})
	}
	for i, h := range t.heads {
		h.arrow = 0
		if i == t.sorted {
			h.arrow = 1
			if t.reverse {
				h.arrow = -1
			}
		}
		h.Refresh()
	}
	t.list.UnselectAll()
	t.selected = -1
	t.list.Refresh()
}

// sortAside is from how many rows on sorting would be felt.
const sortAside = 5000

// sortedBy returns the places of rows in the order of a column.
func sortedBy[T any](rows []T, less func(a, b T) bool, reverse bool) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if reverse {
			a, b = b, a
		}
		switch {
		case less(rows[a], rows[b]):
			return -1
		case less(rows[b], rows[a]):
			return 1
		}
		return 0
	})
	return order
}

func (t *Table[T]) move(by int) {
	next := t.selected + by
	if t.selected < 0 {
		next = 0
	}
	next = min(max(next, 0), len(t.order)-1)
	if next >= 0 {
		t.list.Select(next)
	}
}

func (t *Table[T]) fill(id int, r *rowView) {
	if id >= len(t.order) {
		return
	}
	row := t.rows[t.order[id]]
	r.settle()
	r.tapped = func(x float32) {
		if c := fyne.CurrentApp().Driver().CanvasForObject(t.list); c != nil {
			c.Focus(t.list)
		}
		if t.boxes && x < Scaled(boxWidth) {
			t.Tick(id)
			return
		}
		t.Open(id)
	}
	for i, c := range t.columns {
		cell := r.cells[i]
		tone, toned := Quiet, c.Tone != nil
		if toned {
			tone = c.Tone(row)
		}
		share, hasBar := float32(0), false
		if c.Share != nil {
			share, hasBar = c.Share(row)
		}
		cell.tail = c.Tail
		cell.set(c.Text(row), tone, toned, c.Right, c.Faint, share, hasBar)
		if t.boxes && i == 0 {
			cell.setBox(t.ticked[t.order[id]])
		}
	}
}

// rowList is a list that moves its selection with the arrows and opens with
// Enter.
type rowList struct {
	widget.List
	move   func(by int)
	open   func()
	tick   func() // nil where rows have no box
	drop   func() bool
	copied func() string
}

func newRowList() *rowList {
	l := &rowList{}
	l.HideSeparators = false
	l.ExtendBaseWidget(l)
	return l
}

// tableKeys are what keys do in a table.
var tableKeys = []binding[*rowList]{
	bind("move", func(l *rowList) { l.move(-1) }, fyne.KeyUp),
	bind("move", func(l *rowList) { l.move(1) }, fyne.KeyDown),
	bind("page", func(l *rowList) { l.move(-10) }, fyne.KeyPageUp),
	bind("page", func(l *rowList) { l.move(10) }, fyne.KeyPageDown),
	bind("ends", func(l *rowList) { l.move(-1 << 30) }, fyne.KeyHome),
	bind("ends", func(l *rowList) { l.move(1 << 30) }, fyne.KeyEnd),
	bind("open", func(l *rowList) { l.open() }, fyne.KeyReturn, fyne.KeyEnter),
	bind("tick", func(l *rowList) {
		if l.tick != nil {
			l.tick()
			return
		}
		l.open()
	}, fyne.KeySpace),
}

// TypedKey moves, opens, or leaves: Esc lets the selected row go first.
func (l *rowList) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape && l.drop() {
		return
	}
	if !beyond(l, e) {
		obey(tableKeys, l, e)
	}
}

// TypedShortcut copies the rows that are ticked, or the selected one.
func (l *rowList) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); ok && l.copied != nil {
		if text := l.copied(); text != "" {
			fyne.CurrentApp().Clipboard().SetContent(text)
		}
	}
}

// Copied returns what a copy of a widget's selection is: the text of the rows of a
// table, "" where nothing is selected or there is nothing to copy.
func Copied(f fyne.Focusable) string {
	switch x := f.(type) {
	case *rowList:
		return x.copied()
	case *Entry:
		return x.SelectedText()
	}
	return ""
}

// columnsLayout gives each column its least width and a share of the rest. What
// a column does not need then goes to those whose text would be cut, first to
// those that do not grow: a date or a state is short, and read whole.
type columnsLayout struct {
	width, grow, need []float32
	spare             []bool
	turn              int // how often the needs were measured
}

func (l *columnsLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	var w float32
	for i, x := range l.width {
		if !l.spare[i] {
			w += x
		}
	}
	// Where there is no room the columns shrink and their text is cut: a table
	// never makes its window wider.
	return fyne.NewSize(Scaled(w)*0.6, Scaled(RowHeight)-4)
}

// widths shares a width out; a column left out has none.
func (l *columnsLayout) widths(total float32) []float32 {
	scale, out := Scaled(1), make([]float32, len(l.width))
	there := func(i int) bool { return out[i] >= 0 }
	// Spare columns go, the last one first, until the rest has what it needs;
	// those that grow are content with their least width.
	for k := len(out) - 1; k >= 0; k-- {
		var sum float32
		for i := range out {
			switch {
			case !there(i):
			case l.grow[i] > 0:
				sum += max(scale*l.width[i], min(l.need[i], scale*170))
			default:
				sum += l.need[i]
			}
		}
		if sum <= total {
			break
		}
		if l.spare[k] {
			out[k] = -1
		}
	}
	var fixed, shares float32
	for i := range out {
		if there(i) {
			fixed += scale * l.width[i]
			shares += l.grow[i]
		}
	}
	left, squeeze := max(0, total-fixed), min(1, total/max(fixed, 1))
	for i := range out {
		if !there(i) {
			continue
		}
		out[i] = scale * l.width[i] * squeeze
		if shares > 0 {
			out[i] += left * l.grow[i] / shares
		}
	}
	short := func(grows bool) func(int) float32 {
		return func(i int) float32 {
			if (l.grow[i] > 0) != grows {
				return 0
			}
			return max(0, l.need[i]-out[i])
		}
	}
	slack := func(i int) float32 { return max(0, out[i]-l.need[i]) }
	yield := func(i int) float32 {
		if l.grow[i] == 0 {
			return 0
		}
		return max(0, out[i]-0.7*scale*l.width[i])
	}
	l.move(out, slack, short(false))
	l.move(out, yield, short(false))
	l.move(out, slack, short(true))
	return out
}

// move takes width where there is some and gives it where it lacks, each in
// proportion.
func (l *columnsLayout) move(out []float32, from, to func(int) float32) {
	have, want := make([]float32, len(out)), make([]float32, len(out))
	var supply, demand float32
	for i := range out {
		if out[i] >= 0 {
			have[i], want[i] = from(i), to(i)
			supply += have[i]
			demand += want[i]
		}
	}
	moved := min(supply, demand)
	if moved <= 0 {
		return
	}
	for i := range out {
		if out[i] >= 0 {
			out[i] += moved*want[i]/demand - moved*have[i]/supply
		}
	}
}

func (l *columnsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	var x float32
	for i, w := range l.widths(size.Width) {
		if w < 0 {
			o[i].Hide()
			continue
		}
		o[i].Show()
		o[i].Move(fyne.NewPos(x, 0))
		o[i].Resize(fyne.NewSize(w, size.Height))
		x += w
	}
}

// rowView is one visible row; it takes the tap itself so that a second tap on
// the same row opens it again.
type rowView struct {
	widget.BaseWidget
	layout *columnsLayout
	cells  []*cell
	box    *fyne.Container
	turn   int // the needs that it is laid out by
	tapped func(x float32)
}

// settle lays the row out anew when the columns have other needs by now.
func (r *rowView) settle() {
	if r.box != nil && r.turn != r.layout.turn {
		r.layout.Layout(r.box.Objects, r.Size())
	}
	r.turn = r.layout.turn
}

func newRowView(l *columnsLayout, n int) *rowView {
	r := &rowView{layout: l}
	for range n {
		r.cells = append(r.cells, newCell())
	}
	r.ExtendBaseWidget(r)
	return r
}

// Tapped opens the row, or ticks it where the tap is on its box.
func (r *rowView) Tapped(e *fyne.PointEvent) {
	if r.tapped != nil {
		r.tapped(e.Position.X)
	}
}

// CreateRenderer lays the cells out.
func (r *rowView) CreateRenderer() fyne.WidgetRenderer {
	var objects []fyne.CanvasObject
	for _, c := range r.cells {
		objects = append(objects, c)
	}
	r.box = container.New(r.layout, objects...)
	return widget.NewSimpleRenderer(r.box)
}

// cell is one value of a row.
type cell struct {
	widget.BaseWidget
	icon   *widget.Icon
	text   *canvas.Text
	bar    *bar
	full   string
	tone   Tone
	toned  bool
	right  bool
	faint  bool
	hasBar bool
	tail   bool
}

func newCell() *cell {
	c := &cell{icon: widget.NewIcon(nil), text: canvas.NewText("", color.Transparent), bar: newBar()}
	c.icon.Hide()
	c.bar.Hide()
	c.ExtendBaseWidget(c)
	return c
}

func (c *cell) set(text string, t Tone, toned, right, faint bool, share float32, hasBar bool) {
	c.full, c.right, c.faint, c.hasBar = text, right, faint, hasBar
	if toned != c.toned || t != c.tone || c.icon.Resource == nil && toned {
		c.icon.SetResource(t.Icon())
	}
	c.tone, c.toned = t, toned
	c.icon.Hidden = !toned || text == ""
	c.bar.Hidden = !hasBar
	c.bar.share, c.bar.tone = share, t
	c.Refresh()
}

// setBox makes the cell a box, ticked or not.
func (c *cell) setBox(on bool) {
	c.icon.Hidden = false
	c.icon.SetResource(boxIcon(on))
	c.Refresh()
}

func boxIcon(on bool) fyne.Resource {
	if on {
		return theme.NewPrimaryThemedResource(theme.CheckButtonCheckedIcon())
	}
	return theme.CheckButtonIcon()
}

// CreateRenderer draws icon, text and bar.
func (c *cell) CreateRenderer() fyne.WidgetRenderer { return &cellRenderer{c} }

type cellRenderer struct{ c *cell }

func (r *cellRenderer) MinSize() fyne.Size { return fyne.NewSize(20, Scaled(RowHeight)-4) }

func (r *cellRenderer) Layout(s fyne.Size) {
	c := r.c
	pad := theme.InnerPadding()
	x := pad
	if !c.icon.Hidden {
		icon := Scaled(16)
		c.icon.Move(fyne.NewPos(pad, (s.Height-icon)/2))
		c.icon.Resize(fyne.NewSize(icon, icon))
		x = pad + icon + 5
	}
	c.text.TextSize = theme.TextSize()
	c.text.Color = theme.Color(theme.ColorNameForeground)
	if c.faint {
		c.text.Color = theme.Color(ColorFaint)
	}
	if c.toned && c.tone != Quiet {
		c.text.Color = theme.Color(c.tone.ColorName())
	}
	room := max(0, s.Width-x-pad)
	if c.tail {
		c.text.Text = cutFront(c.full, room, c.text.TextSize)
	} else {
		c.text.Text = cut(c.full, room, c.text.TextSize)
	}
	m := c.text.MinSize()
	y := (s.Height - m.Height) / 2
	if c.hasBar {
		y -= 3
		c.bar.Move(fyne.NewPos(pad, y+m.Height+1))
		c.bar.Resize(fyne.NewSize(max(0, s.Width-2*pad), 3))
	}
	if c.right {
		x = s.Width - pad - m.Width
	}
	c.text.Move(fyne.NewPos(x, y))
	c.text.Resize(m)
}

func (r *cellRenderer) Refresh() {
	r.Layout(r.c.Size())
	r.c.text.Refresh()
	r.c.bar.Refresh()
	canvas.Refresh(r.c)
}

func (r *cellRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.c.icon, r.c.text, r.c.bar}
}
func (r *cellRenderer) Destroy() {}

// cut shortens a text with an ellipsis until it fits. It measures a few times
// at most, by halving.
func cut(s string, room, size float32) string { return cutStyled(s, room, size, fyne.TextStyle{}) }

func cutStyled(s string, room, size float32, style fyne.TextStyle) string {
	width := func(s string) float32 { return fyne.MeasureText(s, size, style).Width }
	if len(s) > 400 {
		s = Line(s, 200)
	}
	if s == "" || width(s) <= room {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if width(string(runes[:mid])+"…") <= room {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low == 0 {
		return ""
	}
	return string(runes[:low]) + "…"
}

// cutFront shortens a text from its beginning until it fits: of the name of a
// file, the end tells it apart.
func cutFront(s string, room, size float32) string {
	width := func(s string) float32 { return fyne.MeasureText(s, size, fyne.TextStyle{}).Width }
	runes := []rune(s)
	if len(runes) > 300 {
		runes = runes[len(runes)-300:]
	} else if width(s) <= room {
		return s
	}
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high) / 2
		if width("…"+string(runes[mid:])) <= room {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if low == len(runes) {
		return ""
	}
	return "…" + string(runes[low:])
}

// headCell is the title of a column; a tap sorts.
type headCell struct {
	tapArea
	text  string
	right bool
	arrow int // 1 up, -1 down

	box, ticked bool // the title is a box that ticks all rows
}

// CreateRenderer draws the title.
func (h *headCell) CreateRenderer() fyne.WidgetRenderer {
	r := &headRenderer{h: h, text: canvas.NewText("", color.Transparent), back: canvas.NewRectangle(color.Transparent), icon: widget.NewIcon(nil)}
	return r
}

type headRenderer struct {
	h    *headCell
	text *canvas.Text
	back *canvas.Rectangle
	icon *widget.Icon
}

func (r *headRenderer) MinSize() fyne.Size { return fyne.NewSize(20, Scaled(28)) }
func (r *headRenderer) Layout(s fyne.Size) {
	h := r.h
	r.back.FillColor = color.Transparent
	if h.OnTapped != nil && (h.hovered || h.focused) {
		r.back.FillColor = theme.Color(theme.ColorNameHover)
	}
	r.back.CornerRadius = 4
	r.back.Resize(s)
	if r.icon.Hidden = !h.box; h.box {
		r.icon.SetResource(boxIcon(h.ticked))
		icon := Scaled(16)
		r.icon.Move(fyne.NewPos(theme.InnerPadding(), (s.Height-icon)/2))
		r.icon.Resize(fyne.NewSize(icon, icon))
	}
	r.text.TextSize = theme.CaptionTextSize()
	r.text.TextStyle.Bold = true
	r.text.Color = theme.Color(ColorFaint)
	mark := ""
	switch h.arrow {
	case 1:
		mark = " ▲"
	case -1:
		mark = " ▼"
	}
	r.text.Text = cut(h.text+mark, s.Width-theme.InnerPadding(), r.text.TextSize)
	m := r.text.MinSize()
	x := theme.InnerPadding()
	if h.right {
		x = s.Width - theme.InnerPadding() - m.Width
	}
	r.text.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
	r.text.Resize(m)
}
func (r *headRenderer) Refresh() {
	r.Layout(r.h.Size())
	r.back.Refresh()
	r.text.Refresh()
}
func (r *headRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.text, r.icon}
}
func (r *headRenderer) Destroy() {}
