package shop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"greffier/app/order"
)

var (
	// ErrColumn means that the mapping names a column that the file does not
	// have, or has twice. The error names it: it is the owner's own word.
	ErrColumn = errors.New("the file has no such column")
	// ErrMapping means that a mapping names a field that orders do not have,
	// or none for a field that is needed.
	ErrMapping = errors.New("the columns are not usable")
)

// The fields of a mapping beside those of order.Columns: the product of a row.
const (
	fieldLineName = "line_name"
	fieldLineSKU  = "line_sku"
)

const (
	maxMappedColumns = 50   // that feed one field
	maxNameRunes     = 300  // of one column
	maxLines         = 2000 // products of one order
)

// manyColumns are the fields that several columns may feed.
var manyColumns = []string{"photos", "status", "address"}

// columns says where in a row each known column stands, -1 for those that the
// file does not have, and how many fields a row has.
type columns struct {
	at    [colCount]int
	width int
	names []string // of the file's own columns

	// With a mapping, photos, status and address are read from these in the
	// place of at.
	mapped                  bool
	photos, status, address []int
	product, sku            int
}

// text returns one column of a row.
func (c *columns) text(r *row, col int) string { return r.text(c.at[col]) }

// texts fills v with all columns of a row but its order number. They are cut
// out of one string, because one for each field would be most of the work of
// reading a file; buf is where it is put together.
func (c *columns) texts(r *row, v *values, buf *[]byte) {
	if r.latin {
		for col, at := range c.at {
			if col != colOrder {
				v[col] = r.text(at)
			}
		}
	} else {
		b := (*buf)[:0]
		for col, at := range c.at {
			if col != colOrder && at >= 0 && at < len(r.fields) {
				b = append(b, r.fields[at]...)
			}
		}
		*buf = b
		all := string(b)
		for col, at := range c.at {
			if col != colOrder && at >= 0 && at < len(r.fields) {
				n := len(r.fields[at])
				v[col], all = all[:n], all[n:]
			}
		}
	}
	if !c.mapped {
		return
	}
	v[colStatus] = joined(r, c.status, "\n")
	v[colAddress] = joined(r, c.address, ", ")
	for col := range v {
		v[col] = strings.TrimSpace(v[col])
	}
}

func joined(r *row, at []int, with string) string {
	if len(at) == 1 {
		return r.text(at[0])
	}
	var parts []string
	for _, i := range at {
		if s := strings.TrimSpace(r.text(i)); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, with)
}

// readStatus reads the words of one or more status columns, a line each.
func readStatus(s string) (string, order.State) {
	if strings.IndexByte(s, '\n') < 0 {
		s = clean(s)
		return s, stateOf(s)
	}
	var words []string
	state := order.Unknown
	for i, w := range strings.Split(s, "\n") {
		w = clean(w)
		words = append(words, w)
		switch said := stateOf(w); said {
		case order.Refunded, order.Cancelled, order.Failed, order.Trashed:
			return clean(strings.ReplaceAll(s, "\n", ", ")), said
		default:
			if i == 0 {
				state = said
			}
		}
	}
	return clean(strings.Join(words, ", ")), state
}

// NewMappedCSV is NewCSV for a file whose columns the owner has named before:
// mapping is what SetMapping was given then. It is not checked against the
// file, which may not be there at the moment or may have lost a column since:
// that is told when the file is read.
func NewMappedCSV(name, path string, mapping map[string]string) (*CSV, error) {
	c := NewCSV(name, path)
	m, err := checkMapping(mapping)
	if err != nil {
		return nil, fmt.Errorf("name the columns of %s: %w", c.name, err)
	}
	c.mapping = m
	return c, nil
}

// Columns returns the file's own column names and the values of its first
// record, "" where it has none. The values are personal data. Errors:
// ErrNoFile, ErrUnreadable, ErrHeader, the context's.
func (c *CSV) Columns(ctx context.Context) (names, sample []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", c.name, err)
	}
	f, _, err := openFile(c.name, c.path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	rows, cols, _, err := c.header(f, func(r *row) (columns, int, error) {
		names := columnTitles(r)
		return columns{names: names}, 1000*len(GuessMapping(names)) + min(len(names), 999), nil
	})
	if err != nil {
		return nil, nil, err
	}
	names, sample = cols.names, make([]string, len(cols.names))
	for {
		r, err := rows.next()
		if err == io.EOF {
			return names, sample, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w: %w", c.name, ErrUnreadable, bare(err))
		}
		if r.fault != rowGood {
			continue
		}
		for i := range sample {
			sample[i] = clean(r.text(i))
		}
		return names, sample, nil
	}
}

// Mapping returns for each field the column that it is read from. Before one
// is set it is what the file's own header suggests: its documented columns, or
// GuessMapping's guess for a foreign header, which is not read by until the
// owner has confirmed it with SetMapping. It is empty where the file cannot be
// read.
func (c *CSV) Mapping() map[string]string {
	if m := c.chosen(); m != nil {
		return m
	}
	names, _, err := c.Columns(context.Background())
	if err != nil {
		return map[string]string{}
	}
	return GuessMapping(names)
}

// chosen returns a copy of the mapping that was set, or nil.
func (c *CSV) chosen() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.mapping)
}

// SetMapping names the columns: field to column, and for photos, status and
// address several columns separated by commas. An empty mapping goes back to
// the documented header. Errors: ErrMapping for an unknown field or a needed
// one without a column, ErrColumn for a column that the file does not have.
// Where the file cannot be read now, the columns are looked for at the next
// reading.
func (c *CSV) SetMapping(m map[string]string) error {
	m, err := checkMapping(m)
	if err != nil {
		return fmt.Errorf("name the columns of %s: %w", c.name, err)
	}
	if m != nil {
		if names, _, err := c.Columns(context.Background()); err == nil {
			if _, _, err := placeColumns(names, m); err != nil {
				return fmt.Errorf("name the columns of %s: %w", c.name, err)
			}
		}
	}
	c.mu.Lock()
	c.mapping = m
	c.mu.Unlock()
	return nil
}

// checkMapping returns a copy of a mapping without its empty entries, nil when
// nothing is left.
func checkMapping(m map[string]string) (map[string]string, error) {
	known := append(order.Columns(), fieldLineName, fieldLineSKU)
	out := map[string]string{}
	for field, column := range m {
		if !slices.Contains(known, field) {
			return nil, fmt.Errorf("%w: orders have no field %q", ErrMapping, clip(field))
		}
		if column = strings.TrimSpace(column); column != "" {
			out[field] = column
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	var missing []string
	for _, field := range order.NeededColumns() {
		if out[field] == "" {
			missing = append(missing, field)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%w: missing: %s", ErrMapping, strings.Join(missing, ", "))
	}
	return out, nil
}

func clip(s string) string {
	if r := []rune(clean(s)); len(r) > 60 {
		return string(r[:60])
	}
	return clean(s)
}

// finder returns the function that finds the columns of an order in a header.
func (c *CSV) finder() func(*row) (columns, int, error) {
	m := c.chosen()
	if m == nil {
		return recognise
	}
	return func(r *row) (columns, int, error) {
		return placeColumns(columnTitles(r), m)
	}
}

// columnTitles are the texts of a header row.
func columnTitles(r *row) []string {
	names := make([]string, len(r.fields))
	for i := range r.fields {
		t := []rune(clean(strings.Trim(r.text(i), "\ufeff")))
		names[i] = string(t[:min(len(t), maxNameRunes)])
	}
	return names
}

// recognise finds the documented columns in a header row. A column that is
// there two times is wrong: nobody can tell which one is meant.
func recognise(r *row) (cols columns, known int, wrong error) {
	cols = columns{names: columnTitles(r), width: len(r.fields), product: -1, sku: -1}
	for i := range cols.at {
		cols.at[i] = -1
	}
	for i, t := range cols.names {
		name := strings.ReplaceAll(foldWord(t), " ", "_")
		for col, title := range columnNames {
			if name != title {
				continue
			}
			if cols.at[col] >= 0 {
				wrong = fmt.Errorf("%w: the column %s is there twice", ErrHeader, title)
				continue
			}
			cols.at[col] = i
			known++
		}
	}
	var missing []string
	for _, i := range required {
		if cols.at[i] < 0 {
			missing = append(missing, columnNames[i])
		}
	}
	if wrong == nil && len(missing) > 0 {
		wrong = fmt.Errorf("%w: missing: %s", ErrHeader, strings.Join(missing, ", "))
	}
	return cols, known, wrong
}

// placeColumns finds the columns of a mapping among those of a file. Where some are
// not there, the error names the first in the order of the fields, and known
// still counts the others.
func placeColumns(names []string, m map[string]string) (cols columns, known int, wrong error) {
	cols = columns{names: names, width: len(names), mapped: true, product: -1, sku: -1}
	for i := range cols.at {
		cols.at[i] = -1
	}
	find := func(name string) (int, error) {
		at := -1
		for _, same := range []func(string) bool{
			func(s string) bool { return s == name },
			func(s string) bool { return foldWord(s) != "" && foldWord(s) == foldWord(name) },
		} {
			for i, s := range names {
				if !same(s) {
					continue
				}
				if at >= 0 {
					return -1, fmt.Errorf("%w: %q is there twice", ErrColumn, clip(name))
				}
				at = i
			}
			if at >= 0 {
				return at, nil
			}
		}
		return -1, fmt.Errorf("%w: %q", ErrColumn, clip(name))
	}
	for _, field := range append(order.Columns(), fieldLineName, fieldLineSKU) {
		column := m[field]
		if column == "" {
			continue
		}
		at, err := find(column)
		list := []int{at}
		if err != nil && slices.Contains(manyColumns, field) && strings.Contains(column, ",") {
			// A name may itself have a comma in it; only now is it a list.
			list, err = nil, nil
			for part := range strings.SplitSeq(column, ",") {
				if part = strings.TrimSpace(part); part == "" || err != nil {
					continue
				}
				if at, err = find(part); err == nil {
					list = append(list, at)
				}
			}
			if err == nil && (len(list) == 0 || len(list) > maxMappedColumns) {
				err = fmt.Errorf("%w: %d columns for %s", ErrMapping, len(list), field)
			}
		}
		if err != nil {
			if wrong == nil {
				wrong = err
			}
			continue
		}
		known += len(list)
		switch field {
		case "photos":
			cols.photos = list
		case "status":
			cols.status = list
		case "address":
			cols.address = list
		case fieldLineName:
			cols.product = at
		case fieldLineSKU:
			cols.sku = at
		default:
			cols.at[slices.Index(columnNames[:], field)] = at
		}
	}
	return cols, known, wrong
}

// dateOrder says which of day and month a file writes first.
type dateOrder int

const (
	neitherFirst dateOrder = iota // cannot be told
	dayFirst
	monthFirst
)

var (
	errDayOrMonth = errors.New("nothing in the file shows which of day and month comes first")
	// foreignDates are what the exports of shops write beside what parseDate
	// reads.
	foreignDates = []string{"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02"}
)

// dateOrder reads the file once more for its dates with slashes: one of which
// the first part is above twelve shows that the day comes first. Where some
// dates show the one and some the other, neither can be relied on.
func (c *CSV) dateOrder(ctx context.Context, cols columns) dateOrder {
	f, _, err := openFile(c.name, c.path)
	if err != nil {
		return neitherFirst
	}
	defer f.Close()
	rows, _, _, err := c.header(f, c.finder())
	if err != nil {
		return neitherFirst
	}
	found := neitherFirst
	for ctx.Err() == nil {
		r, err := rows.next()
		if err == io.EOF {
			return found
		}
		if err != nil {
			return neitherFirst
		}
		if r.fault != rowGood || len(r.fields) < cols.width {
			continue
		}
		for _, col := range []int{colCreated, colCompleted, colModified} {
			a, b, _, ok := cutSlashed(cols.text(&r, col))
			now := neitherFirst
			switch {
			case !ok:
				continue
			case a > 12 && b <= 12:
				now = dayFirst
			case b > 12 && a <= 12:
				now = monthFirst
			default:
				continue
			}
			if found != neitherFirst && found != now {
				return neitherFirst
			}
			found = now
		}
	}
	return neitherFirst
}

// cutSlashed reads the first two parts of a date such as 31/01/2026 10:20, with
// slashes or points; rest is the year and the clock.
func cutSlashed(s string) (a, b int, rest string, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) > 40 {
		return 0, 0, "", false
	}
	part := func() int {
		i := strings.IndexAny(s, "/.")
		if i < 1 || i > 2 || strings.Trim(s[:i], "0123456789") != "" {
			return 0
		}
		n := 0
		for _, d := range s[:i] {
			n = 10*n + int(d-'0')
		}
		s = s[i+1:]
		return n
	}
	a = part()
	b = part()
	return a, b, s, a > 0 && b > 0
}

// parseForeignDate is parseDate for the forms that exports of shops have.
func parseForeignDate(s string, zone *time.Location, first func() dateOrder) (time.Time, bool, error) {
	s = strings.TrimSpace(s)
	a, b, rest, ok := cutSlashed(s)
	if ok {
		switch first() {
		case dayFirst:
		case monthFirst:
			a, b = b, a
		default:
			return time.Time{}, false, errDayOrMonth
		}
		year, clock, _ := strings.Cut(rest, " ")
		clock = strings.TrimSpace(clock)
		if len(year) != 4 {
			return time.Time{}, false, errDate
		}
		iso := fmt.Sprintf("%s-%02d-%02d", year, b, a)
		if clock != "" {
			if len(clock) == 4 || len(clock) == 7 {
				clock = "0" + clock
			}
			iso += " " + clock
		}
		return parseDate(iso, zone)
	}
	for _, layout := range foreignDates {
		// A zone's abbreviation that is not UTC stands for several zones.
		if strings.Contains(layout, "MST") && !strings.HasSuffix(s, " UTC") && !strings.HasSuffix(s, " GMT") {
			continue
		}
		if t, err := time.ParseInLocation(layout, s, zone); err == nil && t.Year() >= 1970 && t.Year() <= 9000 {
			return t.UTC(), layout == "2006/01/02", nil
		}
	}
	return time.Time{}, false, errDate
}
