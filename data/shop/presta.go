package shop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
)

// ErrNotPresta means that no PrestaShop webservice answers at the address:
// the address is another one, or the webservice is switched off in the back
// office.
var ErrNotPresta = errors.New("no PrestaShop webservice at this address")

const (
	prestaAPI   = "/api"
	prestaPage  = 100 // orders asked for at once; each page costs five more lists
	prestaLast  = "2999-12-31 23:59:59"
	prestaMaxID = "4294967295"
	// prestaLayout is a date of the webservice, in the shop's own zone and
	// without saying which.
	prestaLayout = time.DateTime
)

// PrestaConfig says where a PrestaShop is and how to read it.
type PrestaConfig struct {
	// Name is the connection's name in the profile.
	Name string
	// URL is the address of the shop, such as https://shop.example. https is
	// required; http is accepted for this computer only (loopback).
	URL string
	// Key is a key of the webservice. It is sent in a header and never in an
	// address. Reading needs GET on orders, order_states, order_histories,
	// order_slip, customers, addresses, customizations, currencies and
	// countries; erasing needs customer_threads, customer_messages, messages
	// and order_payments too, PUT, PATCH and DELETE included.
	Key string
	// CAFile is a PEM file with one more certificate authority to trust, or
	// empty.
	CAFile string
	// PhotoMeta are the ids of the customization fields whose texts are keys or
	// URLs of photos. Empty means that texts are searched for what looks like
	// one. Uploaded files always count.
	PhotoMeta []string
	// Zone is the zone of the shop's clock, in which the webservice writes its
	// dates without saying so. Nil means Europe/Paris.
	Zone *time.Location
	// Timeout bounds one request, its answer included. Zero means one minute.
	Timeout time.Duration
	// Now is the clock used where the shop does not send its own. Nil means
	// time.Now.
	Now func() time.Time
}

// Presta is a PrestaShop, read through its webservice. It implements
// order.Source and order.Resumable and is safe for concurrent use.
type Presta struct {
	name      string
	photoMeta []string
	zone      *time.Location
	now       func() time.Time
	client    *client
	seal      []byte

	mu       sync.Mutex
	xmlOnly  bool // the server does not write JSON
	lists    *prestaLists
	listedAt time.Time
}

// NewPresta checks the configuration and returns the source. It does not
// connect. Errors: ErrAddress, ErrPlainRefused, ErrAuth when the key is
// missing, ErrCertificate when CAFile cannot be used.
func NewPresta(c PrestaConfig) (*Presta, error) {
	site, _, _ := strings.Cut(c.URL, "/api/")
	cl, err := newClient(clientConfig{
		name: c.Name, site: strings.TrimSuffix(strings.TrimRight(site, "/"), prestaAPI), caFile: c.CAFile, timeout: c.Timeout, now: c.Now,
		authorise: func(r *http.Request) { r.SetBasicAuth(c.Key, "") },
		reason:    prestaCode,
	})
	if err != nil {
		return nil, err
	}
	if c.Key == "" {
		return nil, fmt.Errorf("open shop %s: %w: the key is empty", c.Name, ErrAuth)
	}
	p := &Presta{name: c.Name, photoMeta: c.PhotoMeta, zone: c.Zone, now: cl.now, client: cl, seal: sealKey(KindPresta, c.Key)}
	if p.zone == nil {
		if p.zone, err = time.LoadLocation("Europe/Paris"); err != nil {
			return nil, fmt.Errorf("open shop %s: %w", c.Name, err)
		}
	}
	return p, nil
}

// Name returns the connection's name in the profile.
func (p *Presta) Name() string { return p.name }

// String returns the connection's name, so that printing the source cannot
// print its key.
func (p *Presta) String() string { return "PrestaShop " + p.name }

// GoString does what String does.
func (p *Presta) GoString() string { return p.String() }

// Desk returns the shop's records as something that can be erased.
func (p *Presta) Desk() erasure.Desk { return &prestaDesk{p: p} }

// Check asks the shop how many orders the key can read and what it may not do
// ("250 orders; the key may not change addresses"), for the settings' live
// test. It does not wait for a busy shop. Errors: ErrUnreachable,
// ErrCertificate, ErrPlainRefused, ErrMoved, ErrAuth, ErrNotPresta, ErrBusy,
// ErrAnswer, the context's.
func (p *Presta) Check(ctx context.Context) (string, error) {
	ctx = withoutWaiting(ctx)
	n, err := p.Count(ctx)
	if err != nil {
		return "", err
	}
	may, err := p.permissions(ctx)
	if err != nil {
		return "", err
	}
	says := fmt.Sprintf("%d orders", n)
	if missing := may.missing("GET", prestaReads); len(missing) > 0 {
		says += "; the key may not read " + strings.Join(missing, ", ")
	}
	var cannot []string
	for _, w := range prestaWrites {
		if !may.allows(w.resource, w.method) {
			cannot = append(cannot, w.method+" "+w.resource)
		}
	}
	if len(cannot) > 0 {
		says += "; for erasing the key lacks " + strings.Join(cannot, ", ")
	}
	return says, nil
}

// Count returns how many orders the key can read. Errors are those of Check.
func (p *Presta) Count(ctx context.Context) (int, error) {
	n, _, err := p.countOrders(ctx, url.Values{})
	if err != nil {
		return 0, fmt.Errorf("read shop %s: %w", p.name, err)
	}
	return n, nil
}

// countOrders counts the orders of a filter, which the webservice does only by
// listing their ids: a few bytes each, so that they are counted and not read.
// It tells the shop's time of day too.
func (p *Presta) countOrders(ctx context.Context, q url.Values) (int, time.Time, error) {
	q.Set("display", "[id]")
	q.Set("output_format", "JSON")
	body, at, err := p.callAt(ctx, http.MethodGet, "/orders", q, nil)
	if err != nil {
		return 0, at, err
	}
	n := 0
	for _, mark := range []string{`"id"`, "<id>", "<id "} {
		n += bytes.Count(body, []byte(mark))
	}
	if n == 0 {
		root, err := parsePresta(body)
		if err == nil {
			_, err = prestaItems(root, "orders", "order")
		}
		if err != nil {
			return 0, at, fmt.Errorf("GET orders: %w: %w", ErrAnswer, err)
		}
	}
	return n, at, nil
}

// prestaReads are the resources without which nothing can be read.
var prestaReads = []string{"orders", "order_states", "order_histories", "order_slip", "customers", "addresses", "customizations", "currencies", "countries"}

// prestaWrites is what erasing needs.
var prestaWrites = []struct{ resource, method string }{
	{"orders", "PATCH"}, {"addresses", "PUT"}, {"addresses", "DELETE"}, {"customers", "PUT"}, {"customers", "DELETE"}, {"customizations", "PUT"},
	{"customer_threads", "PUT"}, {"customer_threads", "DELETE"}, {"customer_messages", "PUT"}, {"customer_messages", "DELETE"}, {"messages", "DELETE"}, {"order_payments", "PUT"},
}

// prestaRights is what a key may do, by resource: the methods in capitals.
type prestaRights map[string][]string

func (r prestaRights) allows(resource, method string) bool {
	return slices.Contains(r[resource], method)
}

func (r prestaRights) missing(method string, resources []string) (out []string) {
	for _, s := range resources {
		if !r.allows(s, method) {
			out = append(out, s)
		}
	}
	return out
}

// permissions reads the webservice's list of resources, which tells what the
// key may do with each. A server that does not know PATCH does not list it.
func (p *Presta) permissions(ctx context.Context) (prestaRights, error) {
	body, err := p.call(ctx, http.MethodGet, "/", nil, nil)
	if err != nil {
		return nil, fmt.Errorf("read the rights of the key of shop %s: %w", p.name, err)
	}
	root, err := parsePresta(body)
	if err != nil || root.kid("api") == nil {
		return nil, fmt.Errorf("read the rights of the key of shop %s: %w: %w", p.name, ErrAnswer, errPrestaShape)
	}
	may := prestaRights{}
	for _, r := range prestaElements(root.kid("api")) {
		for _, m := range []string{"get", "put", "patch", "delete"} {
			if r.get("@"+m) == "true" {
				may[r.name] = append(may[r.name], strings.ToUpper(m))
			}
		}
	}
	return may, nil
}

// call sends one request to the webservice.
func (p *Presta) call(ctx context.Context, method, path string, q url.Values, record *prestaNode) ([]byte, error) {
	body, _, err := p.callAt(ctx, method, path, q, record)
	return body, err
}

// callAt is call that tells the shop's time of day too, zero where it is not
// given.
func (p *Presta) callAt(ctx context.Context, method, path string, q url.Values, record *prestaNode) ([]byte, time.Time, error) {
	var at time.Time
	var payload io.Reader
	if record != nil {
		b, err := prestaDocument(record)
		if err != nil {
			return nil, at, err
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.client.url(prestaAPI+path, q), payload)
	if err != nil {
		return nil, at, ErrAddress
	}
	// What is written back has to be XML, and the list of rights is known in XML.
	if q.Get("output_format") == "JSON" {
		req.Header.Set("Accept", "application/json, text/xml")
	} else {
		req.Header.Set("Accept", "text/xml")
	}
	if record != nil {
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	}
	body, header, status, err := p.client.do(ctx, req)
	if err == nil {
		if method == http.MethodGet && !strings.HasPrefix(string(body), "<?xml") && !strings.HasPrefix(string(body), "<prestashop") {
			switch {
			case len(body) == 0:
				return nil, at, fmt.Errorf("%w: an empty answer", ErrAnswer)
			case body[0] == '<' && strings.Contains(header.Get("Content-Type"), "json"):
				return nil, at, fmt.Errorf("%w: text stands before the JSON (are PHP messages shown?)", ErrAnswer)
			case body[0] == '<':
				return nil, at, fmt.Errorf("%w: a web page was sent", ErrNotPresta)
			}
		}
		at, _ = http.ParseTime(header.Get("Date"))
		return body, at, nil
	}
	r, said := readPrestaRefusal(body)
	switch {
	case said:
		err = &prestaError{prestaRefusal: r, status: status, err: err}
		if r.code == "22" {
			err = fmt.Errorf("%w: it is switched off: %w", ErrNotPresta, err)
		} else if status == http.StatusMethodNotAllowed {
			err = fmt.Errorf("%w: it may not do this: %w", ErrAuth, err)
		}
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusMethodNotAllowed:
		err = fmt.Errorf("%w: status %d", ErrNotPresta, status)
	}
	if resource, _, _ := strings.Cut(strings.Trim(path, "/"), "/"); resource != "" {
		err = fmt.Errorf("%s %s: %w", method, resource, err)
	}
	return nil, at, err
}

// prestaError is a refusal in the webservice's own words, of which only the
// number is shown.
type prestaError struct {
	prestaRefusal
	status int
	err    error
}

func (e *prestaError) Error() string { return e.err.Error() }
func (e *prestaError) Unwrap() error { return e.err }

// list reads records of a resource; all of their fields unless q says which.
// An empty list is an answer too: only the shop itself gives one.
func (p *Presta) list(ctx context.Context, resource, singular string, q url.Values) ([]*prestaNode, error) {
	if q == nil {
		q = url.Values{}
	}
	if q.Get("display") == "" {
		q.Set("display", "full")
	}
	p.mu.Lock()
	xmlOnly := p.xmlOnly
	p.mu.Unlock()
	if !xmlOnly {
		q.Set("output_format", "JSON")
	}
	body, err := p.call(ctx, http.MethodGet, "/"+resource, q, nil)
	if err != nil {
		return nil, err
	}
	root, err := parsePresta(body)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w: %w", resource, ErrAnswer, err)
	}
	if !xmlOnly && body[0] == '<' {
		p.mu.Lock()
		p.xmlOnly = true // it need not be asked again
		p.mu.Unlock()
	}
	items, err := prestaItems(root, resource, singular)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w: %w", resource, ErrAnswer, err)
	}
	return items, nil
}

// by reads the records of a resource whose field is one of the values, which
// are ids or references.
func (p *Presta) by(ctx context.Context, resource, singular, field string, values []string) ([]*prestaNode, error) {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool {
		return v == "" || v == "0" || strings.ContainsAny(v, "|,[]")
	})
	slices.Sort(values)
	values = slices.Compact(values)
	var out []*prestaNode
	for part := range slices.Chunk(values, prestaPage) {
		items, err := p.list(ctx, resource, singular, url.Values{"filter[" + field + "]": {"[" + strings.Join(part, "|") + "]"}})
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	return out, nil
}

// prestaLists are the short lists that orders refer to.
type prestaLists struct {
	states     map[string]prestaState
	currencies map[string]string // id → ISO code
	countries  map[string]string
}

// words reads the short lists, at most once an hour.
func (p *Presta) words(ctx context.Context) (*prestaLists, error) {
	p.mu.Lock()
	l, fresh := p.lists, p.lists != nil && p.now().Sub(p.listedAt) < time.Hour
	p.mu.Unlock()
	if fresh {
		return l, nil
	}
	l = &prestaLists{states: map[string]prestaState{}, currencies: map[string]string{}, countries: map[string]string{}}
	states, err := p.list(ctx, "order_states", "order_state", nil)
	if err != nil {
		return nil, err
	}
	for _, s := range states {
		l.states[s.get("id")] = readPrestaState(s)
	}
	for resource, into := range map[string]map[string]string{"currencies": l.currencies, "countries": l.countries} {
		items, err := p.list(ctx, resource, map[string]string{"currencies": "currency", "countries": "country"}[resource], url.Values{"display": {"[id,iso_code]"}})
		if err != nil {
			return nil, err
		}
		for _, c := range items {
			into[c.get("id")] = clean(c.get("iso_code"))
		}
	}
	p.mu.Lock()
	p.lists, p.listedAt = l, p.now()
	p.mu.Unlock()
	return l, nil
}

// prestaState is what a state of the shop means.
type prestaState struct {
	word      string
	state     order.State
	delivered bool // more than sent
}

var (
	// prestaTemplates are the mail templates of PrestaShop's own states. They
	// are the same in all languages, while the names of states are not.
	prestaTemplates = map[string]order.State{
		"order_canceled": order.Cancelled, "refund": order.Refunded, "payment_error": order.Failed, "shipped": order.Completed,
		"payment": order.Open, "preparation": order.Open, "outofstock": order.Open, "cheque": order.Open, "bankwire": order.Open, "cashondelivery": order.Open,
	}
	prestaSent = []string{"shipped", "sent", "dispatched", "expediee", "expedie", "envoyee", "envoye"}
)

// readPrestaState reads what a state means: from its mail template, from its
// name where the name is a word that shops use, and from its flags. Where name
// and flags contradict each other, the more cautious of both counts.
func readPrestaState(n *prestaNode) prestaState {
	s := prestaState{word: clean(n.get("name"))}
	if s.word == "" {
		s.word = clean(n.get("id"))
	}
	template := strings.ToLower(n.get("template"))
	byName, byTemplate := stateOf(s.word), prestaTemplates[template]
	switch {
	case byTemplate == order.Cancelled, byTemplate == order.Refunded, byTemplate == order.Failed:
		s.state = byTemplate
	case byName != order.Unknown:
		s.state = byName
	case prestaYes(n.get("shipped")):
		s.state = order.Completed
	case byTemplate != order.Unknown:
		s.state = byTemplate
	case prestaYes(n.get("paid")):
		s.state = order.Open
	}
	s.delivered = s.state == order.Completed && template != "shipped" && !slices.Contains(prestaSent, foldWord(s.word))
	return s
}

func prestaYes(s string) bool { return s == "1" || strings.EqualFold(s, "true") }

// local writes an instant as the shop's clock shows it.
func (p *Presta) local(t time.Time) string { return t.In(p.zone).Format(prestaLayout) }

// earliest is the smallest date that the shop may write for a change made at
// the instant or later: when the clocks go back, later changes have earlier
// dates for an hour.
func (p *Presta) earliest(t time.Time) string {
	s := p.local(t)
	if _, end := t.In(p.zone).ZoneBounds(); !end.IsZero() && end.Sub(t) < 3*time.Hour {
		s = min(s, p.local(end))
	}
	return s
}

// instant reads a date of the webservice. Of the two instants that an hour of
// autumn may mean it is the earlier one.
func (p *Presta) instant(s string) (time.Time, error) {
	t, _, err := parseDate(s, p.zone)
	if err != nil || t.IsZero() {
		return t, err
	}
	if before := t.Add(-time.Hour); p.local(before) == p.local(t) {
		t = before
	}
	return t, nil
}

// prestaCivil moves a date of the webservice by a second, without any zone.
func prestaCivil(s string, d time.Duration) string {
	t, err := time.Parse(prestaLayout, s)
	if err != nil {
		return s
	}
	return t.Add(d).Format(prestaLayout)
}

// prestaDate tells whether s is a date as the webservice writes and takes it.
func prestaDate(s string) bool {
	_, err := time.Parse(prestaLayout, s)
	return err == nil
}

func prestaAtoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

var (
	_ order.Source    = (*Presta)(nil)
	_ order.Resumable = (*Presta)(nil)
)
