package shop

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"path/filepath"
	"sync"
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
//
// With a mapping (SetMapping, NewMappedCSV) any header is read: each field of
// an order has a column of the file. photos, status and address may have
// several, separated by commas: the references of all of them are taken, an
// order is refunded, cancelled, failed or in the bin as soon as one of its
// status columns says so and otherwise what the first of them says that is not
// empty, and the lines of an address are joined. first_name may be a column
// with the whole name. Two more fields, line_name and line_sku, name the
// product of a row. Dates may then also be 2026-01-31 10:20:30 +0100, and
// 31/01/2026 where the file as a whole shows that the day comes first.
//
// Some exports (Shopify, Squarespace, Wix) have one row a product, and only
// the first row of an order says everything. With a mapping, rows that stand
// together and have the same order number are one order with several Lines,
// as long as each field of the later rows is empty or says the same. Where the
// next row cannot be read, it may be one more product of the order before it,
// so that order is not handed over either.
type CSV struct {
	// Zone is the controller's time zone, for dates without one. Nil means
	// Europe/Paris.
	Zone *time.Location
	// Now is the clock against which a completed date in the future is
	// noticed. Nil means time.Now.
	Now func() time.Time

	name, path string

	mu      sync.Mutex
	mapping map[string]string
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

// Changed reads the whole file, whatever since is: a file cannot be asked what
// changed, reading it is cheap, and the store recognises orders that it has.
// Orders come in the order of the file. The instant returned is therefore the
// zero time. Progress is in bytes of the file. Errors: ErrNoFile,
// ErrUnreadable, ErrHeader, the context's, or the one that got or bad returned.
func (c *CSV) Changed(ctx context.Context, _ time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(done, total int, note string)) (time.Time, error) {
	to := listen(got, bad, nil, report)
	zone, now, err := zoneAndNow(c.name, c.Zone, c.Now)
	if err != nil {
		return time.Time{}, err
	}
	if err := ctx.Err(); err != nil {
		return time.Time{}, fmt.Errorf("read %s: %w", c.name, err)
	}
	f, size, err := openFile(c.name, c.path)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	counted := &countingReader{r: f}
	rows, cols, utf8Mark, err := c.header(counted, c.finder())
	if err != nil {
		return time.Time{}, err
	}

	p := rowParser{
		cols: cols, zone: zone, horizon: now.Add(48 * time.Hour), shop: c.name, unit: "row",
		seed: maphash.MakeSeed(), seen: map[string]seenRow{},
		sawWide: utf8Mark,
	}
	if cols.mapped {
		p.several = cols.sku >= 0 || cols.product >= 0
		p.slashed = sync.OnceValue(func() dateOrder { return c.dateOrder(ctx, cols) })
	}
	line := 0
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w", c.name, err)
		}
		if n%512 == 0 {
			to.report(min(counted.n-(rows.end-rows.start), size), size, c.name)
		}
		r, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w: %w", c.name, ErrUnreadable, bare(err))
		}
		line = r.line
		orders, problems := p.parse(&r)
		if err := to.rows(c.name, line, orders, problems); err != nil {
			return time.Time{}, err
		}
	}
	orders, problems := p.end()
	if err := to.rows(c.name, line, orders, problems); err != nil {
		return time.Time{}, err
	}
	to.report(size, size, c.name)
	return time.Time{}, nil
}

// Check reads the whole file without keeping anything and says what is in it,
// for the settings' live test. Errors are those of Changed.
func (c *CSV) Check(ctx context.Context) (string, error) {
	return checkFile(ctx, c)
}

// header finds the encoding, the separator and the columns, with the
// function that finds columns in a row, how many of them are known, and what is
// wrong with them. utf8Mark tells that the file says itself that it is UTF-8.
func (c *CSV) header(src io.Reader, find func(*row) (columns, int, error)) (rows *rowReader, cols columns, utf8Mark bool, err error) {
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
	// tried on the beginning as if that were all. Blank rows and a spreadsheet's "sep="
	// row may stand before the header.
	for range 3 {
		if head, err = rows.ahead(maxRowBytes); err != nil {
			return broken(err)
		}
		most := -1
		var trouble error
		for _, delim := range []byte{',', ';', '\t'} {
			probe := &rowReader{src: bytes.NewReader(nil), buf: head, end: len(head), eof: len(head) < maxRowBytes, line: 1, eol: rows.eol, delim: delim}
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
			found, known, wrong := find(&r)
			if known > most {
				most, cols, rows.delim, trouble = known, found, delim, wrong
			}
		}
		if most < 0 {
			return refuse("the first row cannot be split into columns")
		}
		separatorRow := bytes.HasPrefix(bytes.ToLower(head[:min(len(head), 8)]), []byte("sep=")) && bytes.IndexAny(head, "\r\n") < 8
		if _, err := rows.next(); err != nil {
			return broken(err)
		}
		if separatorRow {
			continue
		}
		if trouble != nil {
			return nil, columns{}, false, fmt.Errorf("read %s: %w", c.name, trouble)
		}
		return rows, cols, utf8Mark, nil
	}
	return refuse("the first row cannot be split into columns")
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
