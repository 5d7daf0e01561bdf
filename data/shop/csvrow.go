package shop

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/order"
)

// rowParser turns rows into orders and remembers what it has seen: per order
// number one line number and one hash, which is all that a file of any size
// costs in memory.
type rowParser struct {
	cols     columns
	zone     *time.Location
	horizon  time.Time // a completion after this instant is in the future
	shop     string
	unit     string // what a record is called: "row" or "line"
	seed     maphash.Seed
	seen     map[string]seenRow
	problems []rowProblem
	sawWide  bool
	sawLatin bool
	buf      []byte

	// What follows is used with a mapping only.
	slashed func() dateOrder // which of day and month comes first in this file
	several bool             // an order may have several rows, one a product
	held    *heldOrder       // whose rows may go on
	ready   []order.Order    // whose rows have ended
}

type rowProblem struct {
	line int
	what string
}

type seenRow struct {
	sum      uint64
	line     int32
	rejected bool
	told     bool
}

// heldOrder is an order whose next row may be one more product of it.
type heldOrder struct {
	order  order.Order
	line   int
	values values
	sums   []uint64
}

// values are the texts of one record, by column.
type values [colCount]string

// parse reads one row and returns the orders that are whole by now: the row's
// own, or with a mapping those whose rows have ended.
func (p *rowParser) parse(r *row) ([]order.Order, []rowProblem) {
	p.problems, p.ready = p.problems[:0], p.ready[:0]
	p.read(r)
	return p.ready, p.problems
}

// end returns the order whose rows end with the file.
func (p *rowParser) end() ([]order.Order, []rowProblem) {
	p.problems, p.ready = p.problems[:0], p.ready[:0]
	p.release()
	return p.ready, p.problems
}

// release lets go of the order that is held.
func (p *rowParser) release() {
	if p.held != nil {
		p.ready = append(p.ready, p.held.order)
		p.held = nil
	}
}

// lose is told of a row that cannot be read. Where an order may have several
// rows it may be one of those of the order before it, which would then lack
// photos: that order is given up, so that what was stored of it stays.
func (p *rowParser) lose() {
	if p.held == nil {
		return
	}
	if !p.several {
		p.release()
		return
	}
	p.tell(p.held.line, "the row that follows cannot be read and may belong to the same order; the order is not read")
	s := p.seen[p.held.order.Number]
	s.rejected = true
	p.seen[p.held.order.Number] = s
	p.held = nil
}

func (p *rowParser) tell(line int, what string) {
	p.problems = append(p.problems, rowProblem{line, what})
}

func (p *rowParser) read(r *row) {
	if r.fault != rowGood {
		p.lose()
		p.tell(r.line, r.fault.String())
		return
	}
	// Trailing separators that say nothing are what spreadsheets add.
	for len(r.fields) > p.cols.width && len(bytes.TrimSpace(r.fields[len(r.fields)-1])) == 0 {
		r.fields = r.fields[:len(r.fields)-1]
	}
	if r.open && (len(r.fields) < p.cols.width || r.latin && !p.sawLatin && endsInsideRune(r.fields)) {
		p.lose()
		p.tell(r.line, rowCut.String())
		return
	}
	if len(r.fields) != p.cols.width {
		p.lose()
		p.tell(r.line, fmt.Sprintf("%d fields where the header has %d; the row is not read", len(r.fields), p.cols.width))
		return
	}
	if r.latin && p.sawWide {
		p.tell(r.line, "not UTF-8 like the rest of the file; read as Windows-1252, check its accents")
	}
	p.sawWide = p.sawWide || r.wide
	p.sawLatin = p.sawLatin || r.latin

	number, err := cleanNumber(p.cols.text(r, colOrder))
	if err != nil {
		p.lose()
		p.tell(r.line, err.Error()+"; the row is not read")
		return
	}
	if number == "" {
		p.lose()
		p.tell(r.line, "no order number; the row is not read")
		return
	}
	sum := p.sum(r)
	var v values
	if p.held != nil {
		if p.held.order.Number != number {
			p.release()
		} else if p.more(r, sum, &v) {
			return
		}
	}
	if p.again(r.line, number, sum) {
		return
	}
	p.cols.texts(r, &v, &p.buf)
	var o order.Order
	ok := p.fill(r.line, number, &v, &o) && p.photos(r, &v, &o)
	p.seen[number] = seenRow{sum: sum, line: int32(r.line), rejected: !ok}
	switch {
	case !ok:
	case p.cols.mapped:
		p.held = &heldOrder{order: o, line: r.line, values: v, sums: []uint64{sum}}
	default:
		p.ready = append(p.ready, o)
	}
}

// again tells whether an order number was there before, and says what there is
// to say of that. The first record of a number is the one that counts, unless it
// could not be read itself.
func (p *rowParser) again(line int, number string, sum uint64) bool {
	first, dup := p.seen[number]
	switch {
	case !dup:
	case first.sum == sum:
		// The same record once more: nothing new, nothing wrong.
	case first.rejected:
		p.tell(line, fmt.Sprintf("same order number as line %d, which could not be read; neither %s is read", first.line, p.unit))
	case p.several && p.held == nil:
		p.tell(line, fmt.Sprintf("same order number as line %d, but not next to its rows; this %s is not read", first.line, p.unit))
	default:
		if !first.told {
			p.tell(int(first.line), fmt.Sprintf("line %d has the same order number and says otherwise; this %s is the one that was read", line, p.unit))
		}
		p.tell(line, fmt.Sprintf("same order number as line %d, which says otherwise; this %s is not read", first.line, p.unit))
		first.told = true
		p.seen[number] = first
	}
	return dup
}

// more adds to the order that is held one more row of it, where that row says
// nothing else of the order: each field is empty or as in the first row. It
// tells whether the row has been dealt with.
func (p *rowParser) more(r *row, sum uint64, v *values) bool {
	h := p.held
	for _, s := range h.sums {
		if s == sum {
			return true // the same row once more
		}
	}
	p.cols.texts(r, v, &p.buf)
	for col := range v {
		if col != colPhotos && v[col] != "" && v[col] != h.values[col] {
			return false
		}
	}
	if len(h.order.Lines) == 0 {
		h.order.Lines = []order.Line{{Ref: "1", Photos: slices.Clone(h.order.Photos)}}
	}
	p.several = true
	h.sums = append(h.sums, sum)
	if !p.photos(r, v, &h.order) || len(h.sums) > maxLines {
		if len(h.sums) > maxLines {
			p.tell(r.line, fmt.Sprintf("more than %d rows for one order; the order is not read", maxLines))
		}
		s := p.seen[h.order.Number]
		s.rejected = true
		p.seen[h.order.Number] = s
		p.held = nil
	}
	return true
}

// fill reads the fields of a record that has an order number of its own.
func (p *rowParser) fill(line int, number string, v *values, o *order.Order) bool {
	var created, completed, modified time.Time
	byDay := false
	for _, d := range []struct {
		to  *time.Time
		col int
	}{{&created, colCreated}, {&completed, colCompleted}, {&modified, colModified}} {
		t, day, err := p.date(v[d.col])
		if err != nil {
			p.tell(line, columnNames[d.col]+": "+err.Error()+"; the row is not read")
			return false
		}
		*d.to = t
		byDay = byDay || day && d.col != colModified
	}
	if !created.IsZero() && !completed.IsZero() && before(completed, created, byDay, p.zone) {
		p.tell(line, "completed before it was created; the row is not read")
		return false
	}
	if completed.After(p.horizon) {
		p.tell(line, "completed in the future; read as it is, check the date")
	}
	email, err := cleanEmail(v[colEmail])
	if err != nil {
		p.tell(line, "email: "+err.Error()+"; left empty")
	}
	total, err := cleanTotal(v[colTotal])
	if err != nil {
		p.tell(line, "total: "+err.Error()+"; left empty")
	}
	status, state := readStatus(v[colStatus])
	if status == "" && !completed.IsZero() {
		state = order.Completed
	}
	*o = order.Order{
		Shop: p.shop, Ref: number, Number: number,
		Status: status, State: state,
		CreatedAt: created, CompletedAt: completed, ModifiedAt: modified,
		Customer: order.Customer{
			Email:     email,
			FirstName: clean(v[colFirstName]),
			LastName:  clean(v[colLastName]),
			Phone:     clean(v[colPhone]),
			Address:   clean(v[colAddress]),
			Postcode:  clean(v[colPostcode]),
			City:      clean(v[colCity]),
			Country:   clean(v[colCountry]),
		},
		Total: total, Currency: clean(v[colCurrency]),
	}
	return true
}

// date reads a date of the file. One with slashes is read only with a mapping,
// and only where the file as a whole shows which of day and month comes first.
func (p *rowParser) date(s string) (time.Time, bool, error) {
	t, day, err := parseDate(s, p.zone)
	if err == nil || p.slashed == nil {
		return t, day, err
	}
	return parseForeignDate(s, p.zone, p.slashed)
}

// photos adds to an order the references of one row, and with a mapping the
// product that the row is about.
func (p *rowParser) photos(r *row, v *values, o *order.Order) bool {
	if !p.cols.mapped {
		list := strings.Fields(strings.ToValidUTF8(v[colPhotos], "\uFFFD"))
		if len(list) > maxPhotos {
			p.tell(r.line, fmt.Sprintf("more than %d photos; the row is not read", maxPhotos))
			return false
		}
		o.Photos = unique(list)
		return true
	}
	var own []string
	for _, at := range p.cols.photos {
		f := photoFinder{}
		text := strings.ToValidUTF8(r.text(at), "\uFFFD")
		if foldWord(p.cols.names[at]) == columnNames[colPhotos] {
			for _, ref := range strings.Fields(text) { // the documented form
				f.take(ref)
			}
		} else {
			// The owner named the column: what stands in it is a reference.
			f.text(text, true, true, 0)
		}
		if f.full || len(o.Photos)+len(f.found) > maxPhotos {
			p.tell(r.line, fmt.Sprintf("more than %d photos; the order is not read", maxPhotos))
			return false
		}
		for _, ref := range f.found {
			if o.Fields == nil {
				o.Fields = map[string]string{}
			}
			if _, known := o.Fields[ref]; !known {
				o.Fields[ref] = clean(p.cols.names[at])
				o.Photos = append(o.Photos, ref)
			}
			own = append(own, ref)
		}
	}
	if p.several {
		o.Lines = append(o.Lines, order.Line{
			Ref: strconv.Itoa(len(o.Lines) + 1), SKU: clean(r.text(p.cols.sku)), Name: clean(r.text(p.cols.product)), Photos: unique(own),
		})
	}
	return true
}

// sum is a hash of all that the row says in known columns.
func (p *rowParser) sum(r *row) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	add := func(at int) {
		if at >= 0 {
			h.Write(bytes.TrimSpace(r.fields[at]))
		}
		h.WriteByte(0)
	}
	for _, at := range p.cols.at {
		add(at)
	}
	if p.cols.mapped {
		for _, list := range [...][]int{p.cols.photos, p.cols.status, p.cols.address} {
			for _, at := range list {
				add(at)
			}
		}
		add(p.cols.sku)
		add(p.cols.product)
	}
	return h.Sum64()
}

// endsInsideRune tells whether the last field stops in the middle of a UTF-8
// character, as a file does that is still being written.
func endsInsideRune(fields [][]byte) bool {
	last := fields[len(fields)-1]
	for n := 1; n <= 3 && n <= len(last); n++ {
		switch c := last[len(last)-n]; {
		case c&0xc0 == 0x80:
			continue
		case c >= 0xf0:
			return n < 4
		case c >= 0xe0:
			return n < 3
		case c >= 0xc0:
			return n < 2
		default:
			return false
		}
	}
	return false
}

// unique drops what is there twice and keeps the order.
func unique(list []string) []string {
	if len(list) < 2 {
		return list
	}
	seen := make(map[string]bool, len(list))
	out := list[:0]
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
