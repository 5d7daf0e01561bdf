package shop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"greffier/app/order"
)

const (
	// maxJSONLine bounds one order of a file of JSON lines.
	maxJSONLine = 1 << 20
	lineTooLong = "the line is longer than any order can be; it is not read"
	lineCut     = "the file ends in the middle of this line (half-written?); it is not read"
)

// JSONL is a shop that hands its orders over as a file with one JSON object a
// line. It implements order.Source.
//
// The names are those of the columns of CSV: order, status, created, completed,
// modified, email, first_name, last_name, phone, address, postcode, city,
// country, total, currency, photos; other names are ignored. order is text or a
// whole number, total is text or a number, photos is a list of texts, all
// others are text; null is nothing. An order must have the names order, status
// and completed, even where they say nothing: without, retention would be
// computed on nothing. lines is a list of products,
//
//	"lines": [{"ref": "1", "sku": "BOOK", "name": "A book", "photos": ["uploads/1042/a.jpg"]}]
//
// whose photos are also photos of the order. The text is UTF-8, with or without
// its mark. Dates, and what happens to two lines with the same order number,
// are as in CSV. A line that cannot be read is one problem, and the rest go on:
// no JSON object, longer than a megabyte, not UTF-8, a date that is none, an
// order number that is none, two of its products with the same ref, or the last
// line of a half-written file.
type JSONL struct {
	// Zone is the controller's time zone, for dates without one. Nil means
	// Europe/Paris.
	Zone *time.Location
	// Now is the clock against which a completed date in the future is
	// noticed. Nil means time.Now.
	Now func() time.Time

	name, path string
}

// NewJSONL returns the source that reads the file at path under the
// connection's name. Nothing is opened before Changed or Check is called.
func NewJSONL(name, path string) *JSONL {
	if name == "" {
		name = filepath.Base(path)
	}
	return &JSONL{name: name, path: path}
}

// Name returns the connection's name in the profile.
func (j *JSONL) Name() string { return j.name }

// jsonOrder is one line.
type jsonOrder struct {
	Order     json.RawMessage `json:"order"` // nil where the name is not there
	Status    json.RawMessage `json:"status"`
	Created   *string         `json:"created"`
	Completed json.RawMessage `json:"completed"`
	Modified  *string         `json:"modified"`
	Email     *string         `json:"email"`
	FirstName *string         `json:"first_name"`
	LastName  *string         `json:"last_name"`
	Phone     *string         `json:"phone"`
	Address   *string         `json:"address"`
	Postcode  *string         `json:"postcode"`
	City      *string         `json:"city"`
	Country   *string         `json:"country"`
	Total     json.RawMessage `json:"total"`
	Currency  *string         `json:"currency"`
	Photos    []string        `json:"photos"`
	Lines     []jsonLine      `json:"lines"`
}

type jsonLine struct {
	Ref    json.RawMessage `json:"ref"`
	SKU    string          `json:"sku"`
	Name   string          `json:"name"`
	Photos []string        `json:"photos"`
}

// Changed reads the whole file, whatever since is, as CSV.Changed does.
// Progress is in bytes of the file. Errors: ErrNoFile, ErrUnreadable, the
// context's, or the one that got or bad returned.
func (j *JSONL) Changed(ctx context.Context, _ time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(done, total int, note string)) (time.Time, error) {
	to := listen(got, bad, nil, report)
	if err := ctx.Err(); err != nil {
		return time.Time{}, fmt.Errorf("read %s: %w", j.name, err)
	}
	zone, now, err := zoneAndNow(j.name, j.Zone, j.Now)
	if err != nil {
		return time.Time{}, err
	}
	f, size, err := openFile(j.name, j.path)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	src := bufio.NewReaderSize(f, maxJSONLine+2)
	if mark, _ := src.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		if _, err := src.Discard(3); err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w: %w", j.name, ErrUnreadable, bare(err))
		}
	}
	p := rowParser{zone: zone, horizon: now.Add(48 * time.Hour), shop: j.name, unit: "line", seed: maphash.MakeSeed(), seen: map[string]seenRow{}}
	read := 0
	for line := 1; ; line++ {
		if err := ctx.Err(); err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w", j.name, err)
		}
		if line%512 == 1 {
			to.report(min(read, size), size, j.name)
		}
		b, err := src.ReadSlice('\n')
		read += len(b)
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			more, err = src.ReadSlice('\n')
			read += len(more)
			if ctx.Err() != nil {
				break
			}
		}
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return time.Time{}, fmt.Errorf("read %s: %w: %w", j.name, ErrUnreadable, bare(err))
		}
		p.problems, p.ready = p.problems[:0], p.ready[:0]
		if long {
			p.tell(line, lineTooLong)
		} else if text := bytes.TrimSpace(b); len(text) > 0 {
			p.readJSON(line, text, err == io.EOF)
		}
		if err := to.rows(j.name, line, p.ready, p.problems); err != nil {
			return time.Time{}, err
		}
		if err == io.EOF {
			to.report(size, size, j.name)
			return time.Time{}, nil
		}
	}
}

// readJSON reads one line; open tells that no line end follows.
func (p *rowParser) readJSON(line int, text []byte, open bool) {
	if !utf8.Valid(text) {
		p.tell(line, "not UTF-8; the line is not read")
		return
	}
	var said jsonOrder
	if err := json.Unmarshal(text, &said); err != nil || text[0] != '{' {
		var wrong *json.UnmarshalTypeError
		switch {
		case open && !errors.As(err, &wrong):
			p.tell(line, lineCut)
		case errors.As(err, &wrong) && wrong.Field != "" && slices.Contains(order.Columns(), wrong.Field):
			p.tell(line, wrong.Field+": not the kind of value that is expected; the line is not read")
		default:
			p.tell(line, "not an order as a JSON object; the line is not read")
		}
		return
	}
	var missing []string
	for _, n := range []struct {
		name  string
		there bool
	}{{"order", said.Order != nil}, {"status", said.Status != nil}, {"completed", said.Completed != nil}} {
		if !n.there {
			missing = append(missing, n.name)
		}
	}
	if len(missing) > 0 {
		p.tell(line, "missing: "+strings.Join(missing, ", ")+"; the line is not read")
		return
	}
	number, ok := jsonScalar(said.Order, false)
	number, err := cleanNumber(number)
	if !ok || err != nil || number == "" {
		p.tell(line, "no usable order number; the line is not read")
		return
	}
	var h maphash.Hash
	h.SetSeed(p.seed)
	h.Write(text)
	sum := h.Sum64()
	if p.again(line, number, sum) {
		return
	}
	var o order.Order
	ok = p.fillJSON(line, number, &said, &o)
	p.seen[number] = seenRow{sum: sum, line: int32(line), rejected: !ok}
	if ok {
		p.ready = append(p.ready, o)
	}
}

func (p *rowParser) fillJSON(line int, number string, said *jsonOrder, o *order.Order) bool {
	completed, ok := jsonScalar(said.Completed, false)
	if !ok {
		p.tell(line, "completed: "+errDate.Error()+"; the line is not read")
		return false
	}
	status, ok := jsonScalar(said.Status, false)
	if !ok {
		p.tell(line, "status: not the kind of value that is expected; the line is not read")
		return false
	}
	total, ok := jsonScalar(said.Total, true)
	if !ok {
		total = "?" // told as what is no amount
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	v := values{
		colStatus: strings.ReplaceAll(status, "\n", " "), colCreated: text(said.Created), colCompleted: completed, colModified: text(said.Modified),
		colEmail: text(said.Email), colFirstName: text(said.FirstName), colLastName: text(said.LastName), colPhone: text(said.Phone),
		colAddress: text(said.Address), colPostcode: text(said.Postcode), colCity: text(said.City), colCountry: text(said.Country),
		colTotal: total, colCurrency: text(said.Currency),
	}
	if !p.fill(line, number, &v, o) {
		return false
	}
	photos := references(said.Photos)
	if len(said.Lines) > maxLines {
		p.tell(line, fmt.Sprintf("more than %d products; the line is not read", maxLines))
		return false
	}
	refs := map[string]bool{}
	for i, l := range said.Lines {
		ref, ok := jsonScalar(l.Ref, false)
		if ref == "" {
			ref = fmt.Sprintf("line %d", i+1)
		}
		ref, err := cleanNumber(ref)
		if !ok || err != nil || refs[ref] {
			p.tell(line, "lines: a ref that cannot be used, or is there twice; the line is not read")
			return false
		}
		refs[ref] = true
		own := unique(references(l.Photos))
		photos = append(photos, own...)
		o.Lines = append(o.Lines, order.Line{Ref: ref, SKU: clean(l.SKU), Name: clean(l.Name), Photos: own})
	}
	if len(photos) > maxPhotos {
		p.tell(line, fmt.Sprintf("more than %d photos; the line is not read", maxPhotos))
		return false
	}
	o.Photos = unique(photos)
	return true
}

// references are the photos of a list that say something.
func references(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// jsonScalar reads a text, a whole number or, where decimals are asked for, any
// number that is written without an exponent; null and nothing are "".
func jsonScalar(raw json.RawMessage, decimals bool) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return "", true
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	}
	digits := "0123456789-"
	if decimals {
		digits += "."
	}
	if len(raw) > 60 || strings.Trim(string(raw), digits) != "" {
		return "", false
	}
	return string(raw), true
}

// Check reads the whole file without keeping anything and says what is in it,
// for the settings' live test. Errors are those of Changed.
func (j *JSONL) Check(ctx context.Context) (string, error) {
	return checkFile(ctx, j)
}
