package shop

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"greffier/app/order"

	"github.com/hashicorp/go-retryablehttp"
)

// FullReadEvery is how often a WooCommerce shop should be read from the
// beginning, by calling Changed with the zero time. WooCommerce's classic
// storage does not move an order's modification date when only its address or
// its meta data change, nor when WooCommerce's own eraser has emptied it, so
// reading by modification alone misses such changes.
const FullReadEvery = 7 * 24 * time.Hour

const (
	perPage     = 100 // the most that WooCommerce gives at once
	overlap     = 10 * time.Minute
	maxAnswer   = 64 << 20        // bytes of one answer; 100 real orders are about 100 KB
	maxWait     = 2 * time.Minute // the longest Retry-After that is waited for
	maxOrders   = 5_000_000       // no shop of one person has more: the server is making them up
	maxRounds   = 5               // readings of one block of orders before giving up on a shop that never rests
	defaultTime = time.Minute
)

// WooConfig says where a WooCommerce shop is and how to read it.
type WooConfig struct {
	// Name is the connection's name in the profile.
	Name string
	// URL is the address of the site, such as https://shop.example. https is
	// required; http is accepted for this computer only (loopback).
	URL string
	// Key and Secret are a WooCommerce REST key with read permission. They
	// are sent in a header and never in an address.
	Key, Secret string
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
// order.Source and is safe for concurrent use.
type Woo struct {
	name      string
	orders    *url.URL
	key       string
	secret    string
	photoMeta []string
	timeout   time.Duration
	now       func() time.Time
	client    *retryablehttp.Client
}

// NewWoo checks the configuration and returns the source. It does not connect.
// Errors: ErrAddress, ErrPlainRefused, ErrAuth when key or secret are missing,
// ErrCertificate when CAFile cannot be used.
func NewWoo(c WooConfig) (*Woo, error) {
	site := strings.TrimSpace(c.URL)
	if !strings.Contains(site, "://") {
		site = "https://" + site
	}
	u, err := url.Parse(site)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		// The parser's own error repeats the address, and with it a password
		// that someone may have written into it.
		return nil, fmt.Errorf("open shop %s: %w", c.Name, ErrAddress)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, fmt.Errorf("open shop %s: %w", c.Name, ErrPlainRefused)
	default:
		return nil, fmt.Errorf("open shop %s: %w", c.Name, ErrAddress)
	}
	base, _, _ := strings.Cut(u.Path, "/wp-json")
	u.Path = strings.TrimRight(base, "/") + "/wp-json/wc/v3/orders"
	u.RawPath, u.RawQuery, u.Fragment = "", "", ""
	if c.Key == "" || c.Secret == "" {
		return nil, fmt.Errorf("open shop %s: %w: key or secret is empty", c.Name, ErrAuth)
	}

	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read certificate authority of shop %s: %w: %w", c.Name, ErrCertificate, bare(err))
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read certificate authority of shop %s: %w: no certificate in the file", c.Name, ErrCertificate)
		}
	}
	w := &Woo{
		name: c.Name, orders: u, key: c.Key, secret: c.Secret,
		photoMeta: c.PhotoMeta, timeout: c.Timeout, now: c.Now,
	}
	if w.timeout <= 0 {
		w.timeout = defaultTime
	}
	if w.now == nil {
		w.now = time.Now
	}
	w.client = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Timeout:       w.timeout,
			CheckRedirect: w.checkRedirect,
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
				TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout:    20 * time.Second,
				ForceAttemptHTTP2:      true,
				MaxIdleConnsPerHost:    2,
				IdleConnTimeout:        90 * time.Second,
				MaxResponseHeaderBytes: 256 << 10,
			},
		},
		// No logger: what the library would log contains addresses.
		Logger:       nil,
		RetryMax:     4,
		RetryWaitMin: 500 * time.Millisecond,
		RetryWaitMax: 30 * time.Second,
		CheckRetry:   w.checkRetry,
		Backoff:      w.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return w, nil
}

// Name returns the connection's name in the profile.
func (w *Woo) Name() string { return w.name }

// String returns the connection's name, so that printing the source cannot
// print its secret.
func (w *Woo) String() string { return "WooCommerce shop " + w.name }

// GoString does what String does.
func (w *Woo) GoString() string { return w.String() }

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

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
	p, err := w.page(context.WithValue(ctx, atOnce{}, true), url.Values{
		"per_page": {"1"}, "status": {"any"}, "_fields": {"id"},
	})
	if err != nil {
		return 0, err
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
	r := &reading{
		w: w, since: since, got: got, bad: bad, report: report,
		seen: map[string]sighting{}, seed: maphash.MakeSeed(), started: w.now(),
	}
	if bad == nil {
		r.bad = func(order.Problem) error { return nil }
	}
	if report == nil {
		r.report = func(int, int, string) {}
	}
	// "any" does not include the bin, where an order keeps all its data.
	for i, status := range []string{"any", "trash"} {
		r.status, r.turn = status, int8(i+1)
		if err := r.pass(ctx); err != nil {
			return since, err
		}
	}
	r.report(r.done, r.done, w.name)
	if r.newest.IsZero() {
		return since, nil
	}
	next := r.newest
	if next.After(r.started) {
		// A date in the future would hide every change until then.
		next = r.started
	}
	if next = next.Add(-overlap); next.Before(since) {
		return since, nil
	}
	return next.UTC().Truncate(time.Second), nil
}

// reading is one call of Changed.
type reading struct {
	w      *Woo
	since  time.Time
	got    func(order.Order) error
	bad    func(order.Problem) error
	report func(done, total int, note string)

	status  string // "any", then "trash"
	turn    int8
	clocked bool
	started time.Time // by the shop's clock where it tells
	newest  time.Time
	done    int
	total   int // expected, over both turns
	inTurn  int // different orders seen in this turn
	seen    map[string]sighting
	seed    maphash.Seed
}

// sighting is what is remembered of an order until the reading ends, to hand
// it over once although blocks overlap.
type sighting struct {
	modified int64
	turn     int8
}

// pass reads all orders of one status.
//
// Page numbers are not trusted: an order that is saved while pages are turned
// moves to the end of the list and pulls one that was not read yet onto a page
// that was. Instead the first page is asked for again and again, each time
// from the newest instant of the page before, less one second. Orders that
// are then seen twice are handed over once.
func (r *reading) pass(ctx context.Context) error {
	var after time.Time
	if !r.since.IsZero() {
		after = r.since.Add(-time.Second)
	}
	start := after
	r.inTurn = 0
	want := -1
	for first := true; ; first = false {
		p, err := r.w.page(ctx, r.query(after, time.Time{}, "modified", 1))
		if err != nil {
			return err
		}
		if first {
			want = p.total
			r.total += max(want, 0)
			if !r.clocked && !p.date.IsZero() {
				r.started, r.clocked = p.date, true
			}
		}
		newest, _, err := r.hand(ctx, p.items)
		if err != nil {
			return err
		}
		if len(p.items) == 0 || p.pages >= 0 && p.pages <= 1 {
			break
		}
		if step := newest.Add(-time.Second); step.After(after) && !newest.IsZero() {
			after = step
			continue
		}
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
	if want < 0 || r.inTurn >= want {
		return nil
	}

	// The shop counts more than it showed. It may sort by local time, which
	// goes back once a year; or orders went meanwhile. Read all by id, which
	// never changes, and count again.
	want, err := r.block(ctx, start, time.Time{})
	if err != nil {
		return err
	}
	if r.inTurn < want {
		return r.problem(r.w.name, fmt.Sprintf("the shop counts %d orders (status %s) and shows %d to this key", want, r.status, r.inTurn))
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
			p, err := r.w.page(ctx, r.query(after, upTo, "id", page))
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

func (r *reading) problem(where, what string) error {
	if err := r.bad(order.Problem{Where: where, What: what}); err != nil {
		return fmt.Errorf("report %s of shop %s: %w", where, r.w.name, err)
	}
	return nil
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
			return newest, fresh, fmt.Errorf("read shop %s: %w", r.w.name, err)
		}
		h := readHead(raw)
		if h.modified.After(newest) {
			newest = h.modified
		}
		if r.done >= maxOrders {
			return newest, fresh, fmt.Errorf("read shop %s: %w: more than %d orders", r.w.name, ErrAnswer, maxOrders)
		}
		key := h.ref
		if key == "" {
			key = "?" + strconv.FormatUint(maphash.Bytes(r.seed, raw), 16)
		}
		before, known := r.seen[key]
		if !known || before.turn != r.turn {
			r.inTurn++
		} else if before.modified == h.modified.Unix() {
			continue
		}
		fresh++
		r.seen[key] = sighting{modified: h.modified.Unix(), turn: r.turn}
		if h.modified.After(r.newest) {
			r.newest = h.modified
		}
		o, notes, err := decodeOrder(r.w.name, raw, r.w.photoMeta)
		where := h.where
		if where == "" {
			where = fmt.Sprintf("%s, an order without a number", r.w.name)
		}
		unread := err != nil
		if unread {
			notes = []string{err.Error() + "; the order is not read"}
		}
		for _, n := range notes {
			if err := r.problem(where, n); err != nil {
				return newest, fresh, err
			}
		}
		r.done++
		if unread {
			continue
		}
		if err := r.got(o); err != nil {
			return newest, fresh, fmt.Errorf("keep %s of shop %s: %w", where, r.w.name, err)
		}
	}
	r.report(r.done, max(r.total, r.done), r.w.name)
	return newest, fresh, nil
}

// answer is one page of orders as the shop sent it. total and pages are -1
// where the shop does not say.
type answer struct {
	items        []json.RawMessage
	total, pages int
	date         time.Time
}

// atOnce is the context key that asks for no second try.
type atOnce struct{}

// page sends one request and translates whatever comes back.
func (w *Woo) page(ctx context.Context, q url.Values) (answer, error) {
	u := *w.orders
	u.RawQuery = q.Encode()
	for try := 0; ; try++ {
		a, err := w.once(ctx, u.String())
		var cut *cutError
		if errors.As(err, &cut) && try < 2 && ctx.Err() == nil {
			continue // the connection broke within the answer
		}
		if err != nil {
			return answer{}, fmt.Errorf("read shop %s: %w", w.name, err)
		}
		return a, nil
	}
}

// cutError tells that an answer began well and did not end.
type cutError struct{ error }

func (c *cutError) Unwrap() error { return c.error }

func (w *Woo) once(ctx context.Context, address string) (answer, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, ErrAddress
	}
	req.SetBasicAuth(w.key, w.secret)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Greffier")
	resp, err := w.client.Do(req)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return answer{}, w.explain(ctx, err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if resp.StatusCode != http.StatusOK {
		return answer{}, w.refusal(resp, body)
	}
	if err != nil {
		return answer{}, &cutError{w.explain(ctx, err)}
	}
	if len(body) > maxAnswer {
		return answer{}, fmt.Errorf("%w: more than %d MB for %d orders", ErrAnswer, maxAnswer>>20, perPage)
	}
	a := answer{total: headerInt(resp, "X-WP-Total"), pages: headerInt(resp, "X-WP-TotalPages")}
	a.date, _ = http.ParseTime(resp.Header.Get("Date"))
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if err := json.Unmarshal(body, &a.items); err != nil || a.items == nil {
		switch page := bytes.HasPrefix(body, []byte("<")); {
		case page && strings.Contains(resp.Header.Get("Content-Type"), "json"):
			return answer{}, fmt.Errorf("%w: text stands before the JSON (are PHP messages shown?)", ErrAnswer)
		case page:
			return answer{}, fmt.Errorf("%w: a web page was sent", ErrNotWoo)
		}
		return answer{}, fmt.Errorf("%w: not a list of orders in JSON", ErrAnswer)
	}
	return a, nil
}

func headerInt(resp *http.Response, name string) int {
	n, err := strconv.Atoi(resp.Header.Get(name))
	if err != nil || n < 0 || n > math.MaxInt32 {
		return -1
	}
	return n
}

// refusal says what an answer other than 200 means.
func (w *Woo) refusal(resp *http.Response, body []byte) error {
	var said struct {
		Code string `json:"code"`
	}
	code := ""
	if json.Unmarshal(body, &said) == nil && len(said.Code) <= 80 &&
		strings.Trim(said.Code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == "" {
		code = said.Code
	}
	says := fmt.Sprintf("status %d", resp.StatusCode)
	if code != "" {
		says += ", " + code
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		if code == "" {
			says += ", without WooCommerce's reason (a firewall or a security plugin may stand before it)"
		}
		return fmt.Errorf("%w: %s", ErrAuth, says)
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: %s", ErrNotWoo, says)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if d, ok := retryAfter(resp, w.now()); ok {
			says += ", asks to wait " + d.Round(time.Second).String()
		}
		return fmt.Errorf("%w: %s", ErrBusy, says)
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return fmt.Errorf("%w: %s", ErrUnreachable, says)
	}
	return fmt.Errorf("%w: %s", ErrAnswer, says)
}

// explain turns an error of the network into one of ours, without the address
// that the library puts around it.
func (w *Woo) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var (
		ue     *url.Error
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		ne     net.Error
	)
	if errors.As(err, &ue) {
		err = ue.Err
	}
	for _, ours := range []error{ErrMoved, ErrPlainRefused, ErrAnswer} {
		if errors.Is(err, ours) {
			return err
		}
	}
	switch {
	case errors.As(err, &verify):
		return fmt.Errorf("%w: %w", ErrCertificate, verify.Err)
	case certificateError(err):
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	case errors.As(err, &record):
		return fmt.Errorf("%w: the server does not speak TLS on this port", ErrUnreachable)
	case errors.As(err, &ne) && ne.Timeout():
		return fmt.Errorf("%w: no answer within %s", ErrUnreachable, w.timeout)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

func certificateError(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// checkRedirect follows a shop within its own host and never to plain http,
// so that the key goes nowhere else.
func (w *Woo) checkRedirect(req *http.Request, via []*http.Request) error {
	if req.URL.Scheme != "https" && w.orders.Scheme == "https" {
		return fmt.Errorf("redirected to http: %w", ErrPlainRefused)
	}
	if !strings.EqualFold(hostPort(req.URL), hostPort(w.orders)) {
		return ErrMoved
	}
	if len(via) > 4 {
		return fmt.Errorf("%w: redirects in a circle", ErrAnswer)
	}
	return nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// checkRetry decides what may succeed when tried again.
func (w *Woo) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if ctx.Value(atOnce{}) != nil {
		return false, nil
	}
	if err != nil {
		var dns *net.DNSError
		var record tls.RecordHeaderError
		switch {
		case certificateError(err), errors.As(err, &record),
			errors.As(err, &dns) && dns.IsNotFound,
			errors.Is(err, ErrMoved), errors.Is(err, ErrPlainRefused), errors.Is(err, ErrAnswer):
			return false, nil
		}
		return true, nil
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		d, ok := retryAfter(resp, w.now())
		return !ok || d <= maxWait, nil
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true, nil
	}
	return false, nil
}

// backoff waits as long as the shop asks, or twice as long at each try.
func (w *Woo) backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) {
		if d, ok := retryAfter(resp, w.now()); ok {
			return min(d, maxWait)
		}
	}
	return min(least<<min(attempt, 16), most)
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds or a date.
func retryAfter(resp *http.Response, now time.Time) (time.Duration, bool) {
	h := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if n, err := strconv.ParseInt(h, 10, 32); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if t, err := http.ParseTime(h); err == nil {
		return max(t.Sub(now), 0), true
	}
	return 0, false
}

var (
	_ order.Source = (*CSV)(nil)
	_ order.Source = (*Woo)(nil)
)
