package shop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // the controller's zone must be known on any computer

	"greffier/app/order"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// CSV is a shop that hands its orders over as a file. It implements
// order.Source.
//
// The first row names the columns: order, status, created, completed,
// modified, email, first_name, last_name, phone, address, postcode, city,
// country, total, currency, photos. They may come in any order and in any
// case; order, status and completed must be there; other columns are ignored.
// Fields are separated by comma, semicolon or tab, whichever the header uses,
// and may be quoted. The text is UTF-8; a row that is not is read as
// Windows-1252; a file that begins with a UTF-16 mark is read as UTF-16.
//
// Dates are RFC 3339 or YYYY-MM-DD; a clock time without zone and a date alone
// are those of Zone, and a date alone is stored as the start of that day.
// photos is a list of keys or URLs separated by spaces. An order whose status
// says that it is completed and whose completed field is empty has the state
// order.Completed and a zero CompletedAt: the file does not say when. An order
// with a completed date and no status is taken as completed.
//
// What happens to a row with something wrong in it, each time with a problem
// that names the line:
//   - no order number, a wrong number of fields, quotation marks that do not
//     match, NUL bytes, a date that cannot be read, completed before created,
//     the last row of a half-written file: the row is rejected, so that the
//     order stored at an earlier reading stays as it is;
//   - the same order number on two rows that differ: the first is handed over,
//     the later ones are not, and both lines are reported; where the first was
//     itself rejected, none is handed over. Two equal rows are one order;
//   - an e-mail address or a total that is none: the field is left empty, the
//     order is handed over.
type CSV struct {
	// Zone is the controller's time zone, for dates without one. Nil means
	// Europe/Paris.
	Zone *time.Location
	// Now is the clock against which a completed date in the future is
	// noticed. Nil means time.Now.
	Now func() time.Time

	name, path string
}

// NewCSV returns the source that reads the file at path under the connection's
// name. Nothing is opened before Changed or Check is called.
func NewCSV(name, path string) *CSV {
	if name == "" {
		name = filepath.Base(path)
	}
	return &CSV{name: name, path: path}
}

// Name returns the connection's name in the profile.
func (c *CSV) Name() string { return c.name }

// The columns of the file, in the order in which they are documented.
const (
	colOrder = iota
	colStatus
	colCreated
	colCompleted
	colModified
	colEmail
	colFirstName
	colLastName
	colPhone
	colAddress
	colPostcode
	colCity
	colCountry
	colTotal
	colCurrency
	colPhotos
	colCount
)

var columnNames = [colCount]string{
	"order", "status", "created", "completed", "modified", "email", "first_name", "last_name", "phone",
	"address", "postcode", "city", "country", "total", "currency", "photos",
}

// required are the columns without which retention would be computed on
// nothing: a file without completed would make each order look unfinished.
var required = []int{colOrder, colStatus, colCompleted}

// columns says where in a row each known column stands, -1 for those that the
// file does not have, and how many fields a row has.
type columns struct {
	at    [colCount]int
	width int
}

// Changed reads the whole file, whatever since is: a file cannot be asked what
// changed, reading it is cheap, and the store recognises orders that it has.
// Orders come in the order of the file. The instant returned is therefore the
// zero time. Progress is in bytes of the file. Errors: ErrNoFile,
// ErrUnreadable, ErrHeader, the context's, or the one that got or bad returned.
func (c *CSV) Changed(ctx context.Context, _ time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(done, total int, note string)) (time.Time, error) {
	if bad == nil {
		bad = func(order.Problem) error { return nil }
	}
	if report == nil {
		report = func(int, int, string) {}
	}
	zone := c.Zone
	if zone == nil {
		var err error
		if zone, err = time.LoadLocation("Europe/Paris"); err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w", c.name, err)
		}
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	if err := ctx.Err(); err != nil {
		return time.Time{}, fmt.Errorf("read %s: %w", c.name, err)
	}
	f, size, err := c.open()
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	counted := &countingReader{r: f}
	rows, cols, utf8Mark, err := c.header(counted)
	if err != nil {
		return time.Time{}, err
	}

	p := rowParser{
		cols: cols, zone: zone, horizon: now().Add(48 * time.Hour), shop: c.name,
		seed: maphash.MakeSeed(), seen: map[string]seenRow{},
		sawWide: utf8Mark,
	}
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w", c.name, err)
		}
		if n%512 == 0 {
			report(min(counted.n-(rows.end-rows.start), size), size, c.name)
		}
		r, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w: %w", c.name, ErrUnreadable, bare(err))
		}
		o, ok, problems := p.parse(&r)
		for _, q := range problems {
			if err := bad(order.Problem{Where: fmt.Sprintf("%s line %d", c.name, q.line), What: q.what}); err != nil {
				return time.Time{}, fmt.Errorf("report %s line %d: %w", c.name, q.line, err)
			}
		}
		if !ok {
			continue
		}
		if err := got(o); err != nil {
			return time.Time{}, fmt.Errorf("keep order of %s line %d: %w", c.name, r.line, err)
		}
	}
	report(size, size, c.name)
	return time.Time{}, nil
}

// Check reads the whole file without keeping anything and says what is in it,
// for the settings' live test. Errors are those of Changed.
func (c *CSV) Check(ctx context.Context) (string, error) {
	orders, problems := 0, 0
	_, err := c.Changed(ctx, time.Time{},
		func(order.Order) error { orders++; return nil },
		func(order.Problem) error { problems++; return nil }, nil)
	if err != nil {
		return "", err
	}
	if problems > 0 {
		return fmt.Sprintf("%d orders, %d problems", orders, problems), nil
	}
	return fmt.Sprintf("%d orders", orders), nil
}

func (c *CSV) open() (*os.File, int, error) {
	// The kind of file is looked at before it is opened: opening a pipe that
	// nobody writes to would wait for ever.
	st, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("open %s: %w", c.name, ErrNoFile)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w: %w", c.name, ErrUnreadable, bare(err))
	}
	if !st.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("open %s: %w: not a regular file", c.name, ErrUnreadable)
	}
	f, err := os.Open(c.path)
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w: %w", c.name, ErrUnreadable, bare(err))
	}
	return f, int(st.Size()), nil
}

// bare takes the path off a file error: a folder may be named after a person.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// header finds the encoding, the separator and the columns. utf8Mark tells
// that the file says itself that it is UTF-8.
func (c *CSV) header(src io.Reader) (rows *rowReader, cols columns, utf8Mark bool, err error) {
	refuse := func(what string) (*rowReader, columns, bool, error) {
		return nil, columns{}, false, fmt.Errorf("read %s: %w: %s", c.name, ErrHeader, what)
	}
	broken := func(err error) (*rowReader, columns, bool, error) {
		return nil, columns{}, false, fmt.Errorf("read %s: %w: %w", c.name, ErrUnreadable, bare(err))
	}
	rows = newRowReader(src)
	head, err := rows.ahead(3)
	if err != nil {
		return broken(err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		rows.start += 3
		utf8Mark = true
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		all := io.MultiReader(bytes.NewReader(bytes.Clone(rows.buf[rows.start:rows.end])), src)
		rows = newRowReader(transform.NewReader(all, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()))
		utf8Mark = true
	}
	if head, err = rows.ahead(maxRowBytes); err != nil {
		return broken(err)
	}
	if len(head) == 0 {
		return refuse("the file is empty")
	}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		rows.eol = '\r'
	}

	// The separator is the one with which most columns are recognised. Each is
	// tried on a copy of the beginning. Blank rows and a spreadsheet's "sep="
	// row may stand before the header.
	for range 3 {
		if head, err = rows.ahead(maxRowBytes); err != nil {
			return broken(err)
		}
		most := -1
		for _, delim := range []byte{',', ';', '\t'} {
			probe := newRowReader(bytes.NewReader(head))
			probe.eol, probe.delim = rows.eol, delim
			r, err := probe.next()
			if err == io.EOF {
				return refuse("the file is empty")
			}
			if err != nil {
				return broken(err)
			}
			if r.fault == rowNUL {
				return refuse("this is not a text file")
			}
			if r.fault != rowGood {
				continue
			}
			found, known, twice := recognise(&r)
			if known > most {
				if twice != "" {
					return refuse("the column " + twice + " is there twice")
				}
				most, cols, rows.delim = known, found, delim
			}
		}
		if most < 0 {
			return refuse("the first row cannot be split into columns")
		}
		separatorRow := most == 0 && bytes.HasPrefix(bytes.ToLower(head[:min(len(head), 8)]), []byte("sep="))
		if _, err := rows.next(); err != nil {
			return broken(err)
		}
		if separatorRow {
			continue
		}
		var missing []string
		for _, i := range required {
			if cols.at[i] < 0 {
				missing = append(missing, columnNames[i])
			}
		}
		if len(missing) > 0 {
			return refuse("missing: " + strings.Join(missing, ", "))
		}
		return rows, cols, utf8Mark, nil
	}
	return refuse("the first row cannot be split into columns")
}

// recognise finds the known columns in a header row; twice names one that is
// there two times, in which case nobody can tell which one is meant.
func recognise(r *row) (cols columns, known int, twice string) {
	for i := range cols.at {
		cols.at[i] = -1
	}
	cols.width = len(r.fields)
	for i := range r.fields {
		name := strings.ReplaceAll(foldWord(strings.Trim(r.text(i), "\ufeff")), " ", "_")
		for col, title := range columnNames {
			if name != title {
				continue
			}
			if cols.at[col] >= 0 {
				twice = title
				continue
			}
			cols.at[col] = i
			known++
		}
	}
	return cols, known, twice
}

// rowParser turns rows into orders and remembers what it has seen: per order
// number one line number and one hash, which is all that a file of any size
// costs in memory.
type rowParser struct {
	cols     columns
	zone     *time.Location
	horizon  time.Time // a completion after this instant is in the future
	shop     string
	seed     maphash.Seed
	seen     map[string]seenRow
	problems []rowProblem
	sawWide  bool
	sawLatin bool
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

// parse reads one row. ok is false when no order is to be handed over.
func (p *rowParser) parse(r *row) (o order.Order, ok bool, problems []rowProblem) {
	p.problems = p.problems[:0]
	ok = p.read(r, &o)
	return o, ok, p.problems
}

func (p *rowParser) tell(line int, what string) {
	p.problems = append(p.problems, rowProblem{line, what})
}

func (p *rowParser) read(r *row, o *order.Order) bool {
	if r.fault != rowGood {
		p.tell(r.line, r.fault.String())
		return false
	}
	// Trailing separators that say nothing are what spreadsheets add.
	for len(r.fields) > p.cols.width && len(bytes.TrimSpace(r.fields[len(r.fields)-1])) == 0 {
		r.fields = r.fields[:len(r.fields)-1]
	}
	if r.open && (len(r.fields) < p.cols.width || r.latin && !p.sawLatin && endsInsideRune(r.fields)) {
		p.tell(r.line, rowCut.String())
		return false
	}
	if len(r.fields) != p.cols.width {
		p.tell(r.line, fmt.Sprintf("%d fields where the header has %d; the row is not read", len(r.fields), p.cols.width))
		return false
	}
	if r.latin && p.sawWide {
		p.tell(r.line, "not UTF-8 like the rest of the file; read as Windows-1252, check its accents")
	}
	p.sawWide = p.sawWide || r.wide
	p.sawLatin = p.sawLatin || r.latin

	number, err := cleanNumber(p.field(r, colOrder))
	if err != nil {
		p.tell(r.line, err.Error()+"; the row is not read")
		return false
	}
	if number == "" {
		p.tell(r.line, "no order number; the row is not read")
		return false
	}
	sum := p.sum(r)
	if first, dup := p.seen[number]; dup {
		switch {
		case first.sum == sum:
			// The same row once more: nothing new, nothing wrong.
		case first.rejected:
			p.tell(r.line, fmt.Sprintf("same order number as line %d, which could not be read; neither row is read", first.line))
		default:
			if !first.told {
				p.tell(int(first.line), fmt.Sprintf("line %d has the same order number and says otherwise; this row is the one that was read", r.line))
			}
			p.tell(r.line, fmt.Sprintf("same order number as line %d, which says otherwise; this row is not read", first.line))
			first.told = true
			p.seen[number] = first
		}
		return false
	}
	ok := p.fill(r, number, o)
	p.seen[number] = seenRow{sum: sum, line: int32(r.line), rejected: !ok}
	return ok
}

// fill reads the fields of a row that has an order number of its own.
func (p *rowParser) fill(r *row, number string, o *order.Order) bool {
	var created, completed, modified time.Time
	byDay := false
	for _, d := range []struct {
		to  *time.Time
		col int
	}{{&created, colCreated}, {&completed, colCompleted}, {&modified, colModified}} {
		t, day, err := parseDate(p.field(r, d.col), p.zone)
		if err != nil {
			p.tell(r.line, columnNames[d.col]+": "+err.Error()+"; the row is not read")
			return false
		}
		*d.to = t
		byDay = byDay || day && d.col != colModified
	}
	if !created.IsZero() && !completed.IsZero() && before(completed, created, byDay, p.zone) {
		p.tell(r.line, "completed before it was created; the row is not read")
		return false
	}
	if completed.After(p.horizon) {
		p.tell(r.line, "completed in the future; read as it is, check the date")
	}
	email, err := cleanEmail(p.field(r, colEmail))
	if err != nil {
		p.tell(r.line, "email: "+err.Error()+"; left empty")
	}
	total, err := cleanTotal(p.field(r, colTotal))
	if err != nil {
		p.tell(r.line, "total: "+err.Error()+"; left empty")
	}
	status := clean(p.field(r, colStatus))
	state := stateOf(status)
	if status == "" && !completed.IsZero() {
		state = order.Completed
	}
	photos := strings.Fields(strings.ToValidUTF8(p.field(r, colPhotos), "\uFFFD"))
	if len(photos) > maxPhotos {
		p.tell(r.line, fmt.Sprintf("more than %d photos; the row is not read", maxPhotos))
		return false
	}
	*o = order.Order{
		Shop: p.shop, Ref: number, Number: number,
		Status: status, State: state,
		CreatedAt: created, CompletedAt: completed, ModifiedAt: modified,
		Customer: order.Customer{
			Email:     email,
			FirstName: clean(p.field(r, colFirstName)),
			LastName:  clean(p.field(r, colLastName)),
			Phone:     clean(p.field(r, colPhone)),
			Address:   clean(p.field(r, colAddress)),
			Postcode:  clean(p.field(r, colPostcode)),
			City:      clean(p.field(r, colCity)),
			Country:   clean(p.field(r, colCountry)),
		},
		Total: total, Currency: clean(p.field(r, colCurrency)),
		Photos: unique(photos),
	}
	return true
}

func (p *rowParser) field(r *row, col int) string {
	if p.cols.at[col] < 0 {
		return ""
	}
	return r.text(p.cols.at[col])
}

// sum is a hash of all that the row says in known columns.
func (p *rowParser) sum(r *row) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	for _, at := range p.cols.at {
		if at >= 0 {
			h.Write(bytes.TrimSpace(r.fields[at]))
		}
		h.WriteByte(0)
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

// countingReader counts what is read, for progress.
type countingReader struct {
	r io.Reader
	n int
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}
