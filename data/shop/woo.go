package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"greffier/app/order"
)

// FullReadEvery is how often a WooCommerce shop should be read from the
// beginning, by calling Changed with the zero time. WooCommerce's classic
// storage does not move an order's modification date when only its address or
// its meta data change, nor when WooCommerce's own eraser has emptied it, so
// reading by modification alone misses such changes.
const FullReadEvery = 7 * 24 * time.Hour

const (
	perPage   = 100       // the most that WooCommerce gives at once
	maxOrders = 5_000_000 // no shop of one person has more: the server is making them up
	maxRounds = 5         // readings of one block of orders before giving up on a shop that never rests
)

// WooConfig says where a WooCommerce shop is and how to read it.
type WooConfig struct {
	// Name is the connection's name in the profile.
	Name string
	// URL is the address of the site, such as https://shop.example. https is
	// required; http is accepted for this computer only (loopback).
	URL string
	// Key and Secret are a WooCommerce REST key with read permission, and with
	// write permission where the desk is to erase. They are sent in a header
	// and never in an address.
	Key, Secret string
	// MediaUser and MediaPassword are a WordPress user and an application
	// password of that user, with which uploads can be removed from the site's
	// media library; a REST key does not open it. Empty: they are left to be
	// removed by hand.
	MediaUser, MediaPassword string
	// CAFile is a PEM file with one more certificate authority to trust, or
	// empty.
	CAFile string
	// PhotoMeta are the meta keys whose values are keys or URLs of photos.
	// Empty means that values are searched for what looks like one.
	PhotoMeta []string
	// Timeout bounds one request, its answer included. Zero means one minute.
	Timeout time.Duration
	// Now is the clock used where the shop does not send its own. Nil means
	// time.Now.
	Now func() time.Time
}

// Woo is a WooCommerce shop, read through REST API v3. It implements
// order.Resumable and is safe for concurrent use.
type Woo struct {
	name      string
	photoMeta []string
	now       func() time.Time
	client    *client
	media     *client // with the application password; nil without one
	site      *client // without any credentials
	seal      []byte  // the key of the fingerprints
}

// wooAPI is where WooCommerce's REST API lies below the address of the site.
const wooAPI = "/wp-json/wc/v3"

// NewWoo checks the configuration and returns the source. It does not connect.
// Errors: ErrAddress, ErrPlainRefused, ErrAuth when key or secret are missing,
// ErrCertificate when CAFile cannot be used.
func NewWoo(c WooConfig) (*Woo, error) {
	site, _, _ := strings.Cut(c.URL, "/wp-json")
	cl, err := newClient(clientConfig{
		name: c.Name, site: site, caFile: c.CAFile, timeout: c.Timeout, now: c.Now,
		authorise: func(r *http.Request) { r.SetBasicAuth(c.Key, c.Secret) },
		reason:    wooCode,
	})
	if err != nil {
		return nil, err
	}
	if c.Key == "" || c.Secret == "" {
		return nil, fmt.Errorf("open shop %s: %w: key or secret is empty", c.Name, ErrAuth)
	}
	w := &Woo{name: c.Name, photoMeta: c.PhotoMeta, now: cl.now, client: cl, seal: sealKey(KindWoo, c.Secret)}
	plain := clientConfig{name: c.Name, site: site, caFile: c.CAFile, timeout: c.Timeout, now: c.Now, reason: wooCode}
	if w.site, err = newClient(plain); err != nil {
		return nil, err
	}
	if c.MediaUser != "" && c.MediaPassword != "" {
		plain.authorise = func(r *http.Request) { r.SetBasicAuth(c.MediaUser, c.MediaPassword) }
		if w.media, err = newClient(plain); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// wooCode finds WordPress's own code for a refusal, "" where there is none.
func wooCode(body []byte) string {
	var said struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	return said.Code
}

// Name returns the connection's name in the profile.
func (w *Woo) Name() string { return w.name }

// String returns the connection's name, so that printing the source cannot
// print its secret.
func (w *Woo) String() string { return "WooCommerce shop " + w.name }

// GoString does what String does.
func (w *Woo) GoString() string { return w.String() }

// Check asks the shop for one order and returns how many the key can read
// ("250 orders"), for the settings' live test. It does not wait for a busy
// shop. Errors: ErrUnreachable, ErrCertificate, ErrPlainRefused, ErrMoved,
// ErrAuth, ErrNotWoo, ErrBusy, ErrAnswer, the context's.
func (w *Woo) Check(ctx context.Context) (string, error) {
	n, err := w.Count(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d orders", n), nil
}

// Count is Check for callers that word the result themselves: it returns how
// many orders the shop counts, those in its bin not included.
func (w *Woo) Count(ctx context.Context) (int, error) {
	p, err := w.list(withoutWaiting(ctx), "/orders", url.Values{
		"per_page": {"1"}, "status": {"any"}, "_fields": {"id"},
	})
	if err != nil {
		return 0, fmt.Errorf("read shop %s: %w", w.name, err)
	}
	return max(p.total, len(p.items)), nil
}

// Changed reads the orders that were modified since the instant given, in
// order of modification, then those in the shop's bin. Problems name the
// order by its number.
//
// The instant returned is that of the newest change seen, less ten minutes, so
// that an order saved by a slow request is not missed; the next reading sees
// the orders of those ten minutes again. It is never later than the shop's own
// clock at the start of this reading, and never earlier than since. On an
// error since is returned: nothing is lost by reading again. See
// FullReadEvery for what reading by modification cannot see.
//
// Errors are those of Check and the one that got or bad returned.
func (w *Woo) Changed(ctx context.Context, since time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(done, total int, note string)) (time.Time, error) {
	return w.ChangedFrom(ctx, since, "", got, bad, nil, report)
}

// ChangedFrom is Changed that goes on at a mark of a reading that broke. A mark
// is saved every few hundred orders, after the shop has counted them: it is
// never ahead of an order that was not handed over. What is remembered of the
// orders read goes back to the last mark only, however large the shop is.
// Errors are those of Changed and the one that save returned.
func (w *Woo) ChangedFrom(ctx context.Context, since time.Time, mark string, got func(order.Order) error, bad func(order.Problem) error, save func(mark string) error, report func(done, total int, note string)) (time.Time, error) {
	r := &reading{listener: listen(got, bad, save, report), w: w, started: w.now()}
	from, known := readTurnMark(mark, wooTurns, since, w.now())
	if known {
		r.newest, r.started, r.clocked = from.newest, from.started, true
	}
	first := since
	if !first.IsZero() {
		first = first.Add(-time.Second)
	}
	for _, status := range wooTurns {
		start, skip := from.start(wooTurns, status, first)
		if skip {
			continue
		}
		r.status = status
		if err := r.pass(ctx, start); err != nil {
			return since, fmt.Errorf("read shop %s: %w", w.name, err)
		}
	}
	r.report(r.done, r.done, w.name)
	return nextSince(since, r.newest, r.started), nil
}

// wooTurns are the statuses that a reading asks for, one after the other: "any"
// does not include the bin, where an order keeps all its data.
var wooTurns = []string{"any", "trash"}

// markEvery is after how many pages a mark is saved. Each costs one more
// request, with which the shop counts what was read.
const markEvery = 5

// reading is one call of Changed.
type reading struct {
	listener
	w *Woo

	status  string // "any", then "trash"
	clocked bool
	started time.Time // by the shop's clock where it tells
	newest  time.Time
	done    int
	total   int // expected, over both turns

	mark    time.Time          // everything up to here was handed over and counted
	seen    map[sighting]int64 // the orders modified after mark that were handed over, and when they were modified
	shown   int                // orders of this turn that are no longer in seen
	missing int                // orders of this turn that were counted and not shown
}

// sighting names an order within a turn: its id, or a hash of its text.
type sighting uint64

// pass reads all orders of one status after an instant.
//
// Page numbers are not trusted: an order that is saved while pages are turned
// moves to the end of the list and pulls one that was not read yet onto a page
// that was. Instead the first page is asked for again and again, each time
// from the newest instant of the page before, less one second. Orders that
// are then seen twice are handed over once.
func (r *reading) pass(ctx context.Context, after time.Time) error {
	r.mark, r.seen, r.shown, r.missing = after, map[sighting]int64{}, 0, 0
	counts := true // the shop tells how many orders there are
	last := -1     // what it counts after r.mark, where one page showed all
	for pages := 1; ; pages++ {
		p, err := r.w.list(ctx, "/orders", r.query(after, time.Time{}, "modified", 1))
		if err != nil {
			return err
		}
		if pages == 1 {
			counts = p.total >= 0
			r.total += max(p.total, 0)
			if !r.clocked && !p.date.IsZero() {
				r.started, r.clocked = p.date, true
			}
		}
		newest, _, err := r.hand(ctx, p.items)
		if err != nil {
			return err
		}
		if len(p.items) == 0 || p.pages >= 0 && p.pages <= 1 {
			if after.Equal(r.mark) {
				last = p.total
			}
			break
		}
		if step := newest.Add(-time.Second); step.After(after) && !newest.IsZero() {
			after = step
		} else {
			// More orders share this instant than fit on a page.
			if _, err := r.block(ctx, after, newest); err != nil {
				return err
			}
			if newest.IsZero() {
				break // no dates at all: the block was everything
			}
			if !newest.After(after) {
				newest = after.Add(time.Second)
			}
			after = newest
		}
		if pages%markEvery == 0 && counts && after.After(r.mark) {
			if err := r.settle(ctx, after, -1); err != nil {
				return err
			}
			if after.After(r.started) {
				continue // dates in the future are no place to go on from
			}
			if err := r.place(turnMark{r.status, after, r.newest, r.started}.String()); err != nil {
				return err
			}
		}
	}
	if !counts {
		return nil
	}
	if err := r.settle(ctx, time.Time{}, last); err != nil {
		return err
	}
	if r.missing > 0 {
		return r.problem(r.w.name, fmt.Sprintf("the shop counts %d orders (status %s) and shows %d to this key", r.shown+r.missing, r.status, r.shown))
	}
	return nil
}

// settle makes sure that everything modified after the last mark and up to an
// instant (the zero time: without end) was handed over, and forgets it. want is
// how many orders the shop counts there, -1 to ask it.
//
// The shop may have counted more than it showed: it may sort by its local
// time, which goes back once a year; or orders went meanwhile. Then they are
// read by id, which never changes, and counted again.
func (r *reading) settle(ctx context.Context, upTo time.Time, want int) error {
	before := time.Time{}
	if !upTo.IsZero() {
		before = upTo.Add(time.Second)
	}
	if want < 0 {
		q := r.query(r.mark, before, "id", 1)
		q.Set("per_page", "1")
		q.Set("_fields", "id")
		p, err := r.w.list(ctx, "/orders", q)
		if err != nil {
			return err
		}
		want = p.total
	}
	have := func() (n int) {
		for _, at := range r.seen {
			if upTo.IsZero() || at <= upTo.Unix() {
				n++
			}
		}
		return n
	}
	if have() < want {
		var err error
		if want, err = r.block(ctx, r.mark, upTo); err != nil {
			return err
		}
	}
	n := have()
	r.shown += n
	r.missing += max(0, want-n)
	if !upTo.IsZero() {
		r.mark = upTo
		maps.DeleteFunc(r.seen, func(_ sighting, at int64) bool { return at <= upTo.Unix() })
	}
	return nil
}

// block reads the orders modified after one instant and up to another (the
// zero time: no bound), page by page in order of their id. It repeats until a
// round brings nothing new, because an order that changes meanwhile leaves the
// block and shifts the pages. It returns how many the shop counted last.
func (r *reading) block(ctx context.Context, after, upTo time.Time) (want int, err error) {
	if !upTo.IsZero() {
		upTo = upTo.Add(time.Second)
	}
	for range maxRounds {
		news := 0
		var first json.RawMessage // of the page before
		for page := 1; ; page++ {
			p, err := r.w.list(ctx, "/orders", r.query(after, upTo, "id", page))
			if err != nil {
				return 0, err
			}
			want = p.total
			_, fresh, err := r.hand(ctx, p.items)
			if err != nil {
				return 0, err
			}
			news += fresh
			// The page after the last is empty. A server that ignores page
			// numbers would give the same one for ever.
			if len(p.items) == 0 || p.pages >= 0 && page >= p.pages || page > maxOrders/perPage ||
				bytes.Equal(p.items[0], first) {
				break
			}
			first = p.items[0]
		}
		if news == 0 {
			return want, nil
		}
	}
	return want, nil
}

func (r *reading) query(after, before time.Time, orderBy string, page int) url.Values {
	q := url.Values{
		"per_page": {strconv.Itoa(perPage)}, "page": {strconv.Itoa(page)},
		"orderby": {orderBy}, "order": {"asc"},
		"status": {r.status}, "_fields": {wooFields},
	}
	if !after.IsZero() {
		q.Set("modified_after", after.UTC().Format("2006-01-02T15:04:05"))
		q.Set("dates_are_gmt", "true") // else the shop reads its local time
	}
	if !before.IsZero() {
		q.Set("modified_before", before.UTC().Format("2006-01-02T15:04:05"))
		q.Set("dates_are_gmt", "true")
	}
	return q
}

// hand gives each order of a page that was not given yet to the caller. It
// returns the newest modification on the page and how many were new.
func (r *reading) hand(ctx context.Context, items []json.RawMessage) (newest time.Time, fresh int, err error) {
	for _, raw := range items {
		if err := ctx.Err(); err != nil {
			return newest, fresh, err
		}
		h := readHead(raw)
		if h.modified.After(newest) {
			newest = h.modified
		}
		if r.done >= maxOrders {
			return newest, fresh, fmt.Errorf("%w: more than %d orders", ErrAnswer, maxOrders)
		}
		key := r.sighting(h.ref, raw)
		at := h.modified.Unix()
		if before, known := r.seen[key]; known && before == at {
			continue
		}
		fresh++
		r.seen[key] = at
		if h.modified.After(r.newest) {
			r.newest = h.modified
		}
		o, notes, err := decodeOrder(r.w.name, raw, r.w.photoMeta)
		where := h.where
		if where == "" {
			where = fmt.Sprintf("%s, an order without a number", r.w.name)
		}
		r.done++
		if err := r.give(where, o, notes, err); err != nil {
			return newest, fresh, err
		}
	}
	r.report(r.done, max(r.total, r.done), r.w.name)
	return newest, fresh, nil
}

// sighting names an order: two of the same id are the same.
func (r *reading) sighting(ref string, raw json.RawMessage) sighting {
	if n, err := strconv.ParseUint(ref, 10, 63); err == nil {
		return sighting(n)
	}
	// One that cannot be read has only its text, and the upper half.
	return sighting(maphash.Bytes(wooSeed, raw) | 1<<63)
}

var wooSeed = maphash.MakeSeed()

// answer is one page of orders as the shop sent it. total and pages are -1
// where the shop does not say.
type answer struct {
	items        []json.RawMessage
	total, pages int
	date         time.Time
}

// list reads a list of WooCommerce's API.
func (w *Woo) list(ctx context.Context, path string, q url.Values) (answer, error) {
	body, header, _, err := call(ctx, w.client, http.MethodGet, wooAPI+path, q, nil)
	if err != nil {
		return answer{}, err
	}
	a := answer{total: headerInt(header, "X-WP-Total"), pages: headerInt(header, "X-WP-TotalPages")}
	a.date, _ = http.ParseTime(header.Get("Date"))
	if err := json.Unmarshal(body, &a.items); err != nil || a.items == nil {
		return answer{}, notJSON(body, header)
	}
	return a, nil
}

// call sends one request. What is not there is ErrNotWoo: a caller for which
// a 404 may mean a missing record looks at the status and the body.
func call(ctx context.Context, c *client, method, path string, q url.Values, send any) (body []byte, header http.Header, status int, err error) {
	var payload io.Reader
	if send != nil {
		b, err := json.Marshal(send)
		if err != nil {
			return nil, nil, 0, err
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url(path, q), payload)
	if err != nil {
		return nil, nil, 0, ErrAddress
	}
	if send != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	body, header, status, err = c.do(ctx, req)
	switch status {
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		// The rest of the text is the client's: status and the shop's code.
		_, says, _ := strings.Cut(err.Error(), ": ")
		err = fmt.Errorf("%w: %s", ErrNotWoo, says)
	}
	return body, header, status, err
}

// notJSON says what came in the place of the JSON asked for.
func notJSON(body []byte, header http.Header) error {
	switch page := bytes.HasPrefix(body, []byte("<")); {
	case page && strings.Contains(header.Get("Content-Type"), "json"):
		return fmt.Errorf("%w: text stands before the JSON (are PHP messages shown?)", ErrAnswer)
	case page:
		return fmt.Errorf("%w: a web page was sent", ErrNotWoo)
	}
	return fmt.Errorf("%w: not the JSON asked for", ErrAnswer)
}

func headerInt(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 0 || n > math.MaxInt32 {
		return -1
	}
	return n
}

var (
	_ order.Source    = (*CSV)(nil)
	_ order.Resumable = (*Woo)(nil)
)
