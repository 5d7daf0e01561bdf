package reports

import (
	"strings"
	"unicode/utf8"

	"greffier/app/register"
)

// Paddings of a table cell and the bounds of a column, in millimetres.
const (
	padX     = 1.6
	padY     = 1.15
	maxWord  = 34.0 // a longer word may be broken
	maxIdeal = 70.0
)

// grid is a table being laid out.
type grid struct {
	t       *register.Table
	cols    []int // indexes of the columns that have a place of their own
	details []int // indexes of those printed under the row
	widths  []float64
	head    [][]line
	headH   float64
	titles  []detailTitle // of the details

	lead, detailLead, pad float64 // heights of lines, and the space above and below a row
}

// detailTitle is the title of a detail with its colon, before a value of several
// lines and before one that it must not be parted from.
type detailTitle struct{ long, short string }

// rowBox is one row, broken into lines.
type rowBox struct {
	cells   [][]line
	details [][]line // blocks under the row
	height  float64
}

func split(t *register.Table) (cols, details []int) {
	for i, c := range t.Columns {
		switch {
		case c.Sheet:
		case c.Detail:
			details = append(details, i)
		default:
			cols = append(cols, i)
		}
	}
	return cols, details
}

// widths are what the columns of a table ask for: the least that breaks no
// word, and what they would like.
type widths struct{ least, ideal []float64 }

// needs measures every cell of the columns, once for a table.
func (f *flow) needs(t *register.Table, cols []int) widths {
	if w, ok := f.measured[t]; ok {
		return w
	}
	w := widths{make([]float64, len(cols)), make([]float64, len(cols))}
	note := func(k int, text string, s style) {
		word, whole := widest(text, s)
		w.least[k] = max(w.least[k], min(word, maxWord)+2*padX)
		w.ideal[k] = max(w.ideal[k], min(whole, maxIdeal)+2*padX)
	}
	for k, i := range cols {
		note(k, t.Columns[i].Title, styleHead)
		for _, r := range t.Rows {
			if i < len(r) {
				text := r[i].Text
				if len(text) > 2000 {
					text = text[:2000]
				}
				note(k, text, styleCell)
			}
		}
		w.ideal[k] = max(w.ideal[k], w.least[k])
	}
	if f.measured == nil {
		f.measured = map[*register.Table]widths{}
	}
	f.measured[t] = w
	return w
}

// wantsWide tells whether a table is too crowded for an upright sheet: by its
// columns, by their longest words, or by prose that would stand in narrow
// towers.
func (f *flow) wantsWide(t *register.Table) bool {
	const upright = a4Short - 2*marginSide
	cols, _ := split(t)
	least, ideal := 0.0, 0.0
	w := f.needs(t, cols)
	for k := range cols {
		least += w.least[k]
		ideal += w.ideal[k]
	}
	return len(cols) >= 8 || least*1.2 > upright || len(cols) >= 6 && ideal > 1.5*upright
}

// grid decides the widths of the columns.
func (f *flow) grid(t *register.Table) *grid {
	g := &grid{t: t, lead: f.lead(styleCell), detailLead: f.lead(styleDetail), pad: f.gap(padY)}
	colon := "\u202f:\u00a0"
	if lang(f.doc) == "en" {
		colon = ":\u00a0"
	}
	g.cols, g.details = split(t)
	for _, i := range g.details {
		title := strings.TrimRight(t.Columns[i].Title, " ?\u202f") + colon
		g.titles = append(g.titles, detailTitle{title, strings.ReplaceAll(title, " ", "\u00a0")})
	}
	asked := f.needs(t, g.cols)
	least, ideal := asked.least, asked.ideal
	avail := f.width()
	sumLeast, sumIdeal, sumWeight := 0.0, 0.0, 0.0
	for k, i := range g.cols {
		sumLeast += least[k]
		sumIdeal += ideal[k]
		sumWeight += weight(t.Columns[i])
	}
	g.widths = make([]float64, len(g.cols))
	switch {
	case sumIdeal <= avail:
		for k, i := range g.cols {
			g.widths[k] = ideal[k] + (avail-sumIdeal)*weight(t.Columns[i])/sumWeight
		}
	case sumLeast <= avail:
		// What is left goes to those that want it, by their weight.
		wants := 0.0
		for k, i := range g.cols {
			wants += (ideal[k] - least[k]) * weight(t.Columns[i])
		}
		for k, i := range g.cols {
			g.widths[k] = least[k] + (avail-sumLeast)*(ideal[k]-least[k])*weight(t.Columns[i])/wants
		}
	default:
		for k := range g.cols {
			g.widths[k] = least[k] * avail / sumLeast
		}
	}
	most := 0
	for k, i := range g.cols {
		ls := wrap(t.Columns[i].Title, styleHead, g.widths[k]-2*padX)
		g.head = append(g.head, ls)
		most = max(most, len(ls))
	}
	g.headH = float64(most)*styleHead.leading() + 2*g.pad
	return g
}

func weight(c register.Column) float64 {
	if c.Weight <= 0 {
		return 1
	}
	return c.Weight
}

// tone is the style of a cell.
func tone(c register.Cell) style {
	s := styleCell
	if c.Value == register.GapValue {
		s.face, s.ink = italic, inkWarn
		return s
	}
	switch c.Tone {
	case register.Good:
		s.ink = inkGood
	case register.Warn:
		s.ink = inkWarn
	case register.Bad:
		s.face, s.ink = bold, inkBad
	case register.Faint:
		s.ink = inkFaint
	}
	return s
}

// row breaks a row into lines.
func (g *grid) row(cells []register.Cell, full float64) rowBox {
	b := rowBox{cells: make([][]line, 0, len(g.cols))}
	most := 0
	for k, i := range g.cols {
		var c register.Cell
		if i < len(cells) {
			c = cells[i]
		}
		s := tone(c)
		text := c.Text
		if strings.TrimSpace(text) == "" {
			text, s.ink = "—", inkFaint
		}
		ls := wrap(text, s, g.widths[k]-2*padX)
		b.cells = append(b.cells, ls)
		most = max(most, len(ls))
	}
	b.height = float64(most)*g.lead + 2*g.pad
	b.details = g.under(cells, full)
	for _, d := range b.details {
		b.height += float64(len(d)) * g.detailLead
	}
	if len(b.details) > 0 {
		b.height += 0.8
	}
	return b
}

// rowsAhead breaks rows into lines some hundreds ahead of where they are set, on
// all cores.
type rowsAhead struct {
	g     *grid
	full  float64
	first int // index of boxes[0]
	boxes []rowBox
}

// at returns row i; rows are asked for in their order.
func (r *rowsAhead) at(i int) rowBox {
	const ahead = 512
	if i >= r.first+len(r.boxes) {
		r.first = i
		r.boxes = make([]rowBox, min(ahead, len(r.g.t.Rows)-i))
		parallel(len(r.boxes), func(_, k int) { r.boxes[k] = r.g.row(r.g.t.Rows[r.first+k], r.full) })
	}
	return r.boxes[i-r.first]
}

// longDetail is the length from which a value under a row gets lines of its
// own.
const longDetail = 70

// under sets the details of a row: short ones run on in one block, long ones
// follow, each in its own. What does not apply is left out.
func (g *grid) under(cells []register.Cell, full float64) [][]line {
	w := full - 2*padX - indent
	label := style{styleDetail.face, styleDetail.size, inkFaint}
	short := make([]run, 0, 3*len(g.details))
	var out [][]line
	for k, i := range g.details {
		if i >= len(cells) || strings.TrimSpace(cells[i].Text) == "" {
			continue
		}
		c := cells[i]
		s := tone(c)
		s.size = styleDetail.size
		text := strings.ReplaceAll(c.Text, "\n", ", ")
		title := run{g.titles[k].long, label}
		if utf8.RuneCountInString(text) > longDetail {
			out = append(out, wrapRuns([]run{title, {c.Text, s}}, w))
			continue
		}
		if len(short) > 0 {
			short = append(short, run{"   ·   ", label})
		}
		title.text = g.titles[k].short
		short = append(short, title, run{strings.ReplaceAll(text, " ", "\u00a0"), s})
	}
	if len(short) > 0 {
		out = append([][]line{wrapRuns(short, w)}, out...)
	}
	return out
}

// indent sets details off from the row above them.
const indent = 3.0

// tableStart is the height that must be free where a table begins: all of a
// small table, otherwise the header with the first rows.
func (f *flow) tableStart(t *register.Table) float64 {
	g := f.grid(t)
	h := g.headH + g.row(t.Rows[0], f.width()).height
	first := h
	if len(t.Rows) > 1 {
		// The first row is not left alone either, where two can stand together.
		if second := g.row(t.Rows[1], f.width()).height; h+second < f.full()/2 {
			first += second + 0.5 // with the rule under the header
		}
	}
	for _, r := range t.Rows[1:] {
		if h += g.row(r, f.width()).height; h > together {
			return min(first, f.full()/2)
		}
	}
	return min(h, f.full()/2)
}

func (f *flow) tableHead(g *grid) {
	f.add(op{kind: opBox, x: marginSide, y: f.y, w: f.width(), h: g.headH, ink: inkTint})
	lead := styleHead.leading()
	x := marginSide
	for k, ls := range g.head {
		// Titles stand on the rule, so that short and long ones line up.
		y := f.y + g.headH - g.pad - float64(len(ls))*lead
		for _, l := range ls {
			f.set(l, f.align(g, k, x, l.w), y, lead)
			y += lead
		}
		x += g.widths[k]
	}
	f.y += g.headH
	f.rule(marginSide, f.y, f.width(), 0.3, inkText)
	f.y += 0.3
}

func (f *flow) align(g *grid, k int, x, w float64) float64 {
	if g.t.Columns[g.cols[k]].Right {
		return x + g.widths[k] - padX - w
	}
	return x + padX
}

// table lays a table out: the header on every sheet, rows whole wherever a
// sheet can hold them, and never the last one alone.
func (f *flow) table(t *register.Table) {
	g := f.grid(t)
	if len(g.cols) == 0 {
		return
	}
	rows := rowsAhead{g: g, full: f.width()}
	if whole := max(f.tableStart(t), g.headH+rows.at(0).height); whole <= f.full() {
		f.need(whole)
	}
	f.tableHead(g)
	onSheet := 0
	next := rows.at(0)
	for i := range t.Rows {
		b := next
		if i+1 < len(t.Rows) {
			next = rows.at(i + 1)
		}
		page := f.full() - g.headH - 1
		if b.height > page {
			f.long(g, b)
			onSheet = 1
			continue
		}
		last2 := i == len(t.Rows)-2 && onSheet > 0 && b.height+next.height <= page && f.room() < b.height+next.height
		if f.room() < b.height || last2 {
			f.newSheet()
			f.tableHead(g)
			onSheet = 0
		}
		if onSheet > 0 {
			f.rule(marginSide, f.y, f.width(), 0.15, inkHair)
		}
		f.row(g, b)
		onSheet++
	}
	f.rule(marginSide, f.y, f.width(), 0.15, inkHair)
	f.y += f.gap(1.8)
}

// row draws a row that fits.
func (f *flow) row(g *grid, b rowBox) {
	top := f.y
	lead := g.lead
	x, most := marginSide, 0
	for k, ls := range b.cells {
		y := top + g.pad
		for _, l := range ls {
			f.set(l, f.align(g, k, x, l.w), y, lead)
			y += lead
		}
		most = max(most, len(ls))
		x += g.widths[k]
	}
	y := top + g.pad + float64(most)*lead + 0.4
	for _, d := range b.details {
		for _, l := range d {
			f.set(l, marginSide+padX+indent, y, g.detailLead)
			y += g.detailLead
		}
	}
	f.y = top + b.height
}

// long draws a row that is higher than a sheet: as many lines of every cell as
// fit, the rest under a repeated header.
func (f *flow) long(g *grid, b rowBox) {
	lead := g.lead
	next := func() {
		f.newSheet()
		f.tableHead(g)
	}
	if f.room() < 4*lead+2*g.pad {
		next()
	}
	f.rule(marginSide, f.y, f.width(), 0.15, inkHair)
	f.y += g.pad
	for {
		most := 0
		for _, ls := range b.cells {
			most = max(most, len(ls))
		}
		if most == 0 {
			break
		}
		k := min(most, max(1, int(f.room()/lead)))
		x := marginSide
		for c, ls := range b.cells {
			for j, l := range ls[:min(k, len(ls))] {
				f.set(l, f.align(g, c, x, l.w), f.y+float64(j)*lead, lead)
			}
			b.cells[c] = ls[min(k, len(ls)):]
			x += g.widths[c]
		}
		f.y += float64(k) * lead
		if most > k {
			next()
		}
	}
	for _, d := range b.details {
		for _, l := range d {
			if f.room() < g.detailLead {
				next()
			}
			f.set(l, marginSide+padX+indent, f.y, g.detailLead)
			f.y += g.detailLead
		}
	}
	f.y += g.pad
}
