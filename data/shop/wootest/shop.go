package wootest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Shop is the handler. Its methods may be called while it serves.
type Shop struct {
	// Now is the clock by which Trash and Touch date a change. Set it before
	// serving; nil means time.Now.
	Now func() time.Time
	// Zone is the shop's local zone. As in WooCommerce's classic storage,
	// orderby=modified sorts by local time, which goes back one hour a year.
	// Nil means UTC.
	Zone *time.Location
	// UnstableTies makes orders of the same second come in another order on
	// even pages, which a database is free to do.
	UnstableTies bool
	// Before, when set, is called before each authenticated request for
	// orders is answered, with its number from 1. It may call Put and Trash.
	Before func(n int, r *http.Request)

	// HPOS makes every change of an order bump its modification date, as
	// WooCommerce's order tables do. Its classic storage, which is what this is
	// without, does so for status and customer note only.
	HPOS bool
	// ReadOnly makes the key one that may not write.
	ReadOnly bool
	// Lies makes the shop answer every change as if it had been made.
	Lies bool
	// Stubborn makes the shop put back what a change removed, as a plugin may.
	Stubborn bool
	// CalcTaxes is the setting woocommerce_calc_taxes: taxes are on.
	CalcTaxes bool
	// Rates are the rates of tax that the shop knows now.
	Rates []Rate
	// Country is the shop's own, woocommerce_default_country.
	Country string

	key, secret          [sha256.Size]byte
	mediaUser, mediaPass [sha256.Size]byte

	mu        sync.Mutex
	nextID    int64
	notes     map[int64][]Note // by order
	accounts  map[int64]Customer
	library   map[int64]*medium
	files     map[string][]byte // by path below the site
	writes    []string
	down      int // status of every answer while it is not 0
	cuts      int
	cutWrites int
	keepFiles bool
	orders    map[int64]*entry
	sorted    map[string][]*entry // by orderby and order; nil after a change
	requests  int
	failures  []failure
	redirect  string
	delay     time.Duration
	raw       *string
	paths     []string
}

type entry struct {
	order    Order
	modified time.Time
	local    string // modified in the shop's zone, as the database keeps it
	json     []byte
	slim     map[string]json.RawMessage
	broken   json.RawMessage
}

type failure struct {
	status     int
	retryAfter string
}

// New returns an empty shop that knows one REST key.
func New(key, secret string) *Shop {
	return &Shop{
		key: sha256.Sum256([]byte(key)), secret: sha256.Sum256([]byte(secret)),
		orders: map[int64]*entry{}, notes: map[int64][]Note{}, accounts: map[int64]Customer{},
		library: map[int64]*medium{}, files: map[string][]byte{}, nextID: 900_000, Country: "FR",
	}
}

func (s *Shop) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Put adds an order or replaces the one with its ID, with the dates that it
// says. An order without ID, number, status or modification date gets them as
// a shop would give them.
func (s *Shop) Put(o Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(o)
}

func (s *Shop) put(o Order) {
	if o.ID == 0 {
		for id := range s.orders {
			o.ID = max(o.ID, id)
		}
		o.ID++
	}
	if o.Number == "" {
		o.Number = strconv.FormatInt(o.ID, 10)
	}
	if o.Status == "" {
		o.Status = "pending"
	}
	if o.DateModified == "" {
		o.DateModified = GMT(s.now())
	}
	if o.DateCreated == "" {
		o.DateCreated = o.DateModified
	}
	if o.LineItems == nil {
		o.LineItems = []LineItem{}
	}
	for i := range o.LineItems {
		if o.LineItems[i].MetaData == nil {
			o.LineItems[i].MetaData = []Meta{}
		}
	}
	if o.MetaData == nil {
		o.MetaData = []Meta{}
	}
	if o.ShippingWith == nil {
		o.ShippingWith = []Freight{}
	}
	for i := range o.ShippingWith {
		if o.ShippingWith[i].MetaData == nil {
			o.ShippingWith[i].MetaData = []Meta{}
		}
	}
	if o.TaxLines == nil {
		o.TaxLines = []TaxLine{}
	}
	if o.Refunds == nil {
		o.Refunds = []Refund{}
	}
	if o.TotalTax == "" {
		o.TotalTax = "0.00"
	}
	e := &entry{order: o}
	e.modified, _ = time.Parse(gmtLayout, o.DateModified)
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	e.local = e.modified.In(zone).Format(gmtLayout)
	s.orders[o.ID] = e
	s.sorted = nil
}

// Touch sets an order's modification date to now, as saving it does.
func (s *Shop) Touch(id int64) { s.change(id, func(*Order) {}) }

// Trash moves an order to the bin: it keeps all its data.
func (s *Shop) Trash(id int64) { s.change(id, func(o *Order) { o.Status = "trash" }) }

func (s *Shop) change(id int64, how func(*Order)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.orders[id]
	if !ok {
		return
	}
	o := e.order
	how(&o)
	o.DateModified = GMT(s.now())
	s.put(o)
}

// Delete removes an order for good, as DELETE with force=true does.
func (s *Shop) Delete(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orders, id)
	delete(s.notes, id)
	s.sorted = nil
}

// Break makes the shop write the JSON given in the place of one order's,
// which stays where its date puts it.
func (s *Shop) Break(id int64, with string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.orders[id]; ok {
		e.broken = json.RawMessage(with)
	}
}

// FailNext makes the next n requests fail with a status and, unless it is
// empty, a Retry-After header.
func (s *Shop) FailNext(n, status int, retryAfter string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.failures = append(s.failures, failure{status, retryAfter})
	}
}

// RedirectTo makes every request redirect to the same path under another
// site; "" ends it.
func (s *Shop) RedirectTo(site string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redirect = site
}

// Slow makes every answer wait, or until its request is given up.
func (s *Shop) Slow(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// AnswerWith makes the shop answer every request for orders with this text
// and status 200.
func (s *Shop) AnswerWith(body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw = &body
}

// Requests returns the addresses of all requests so far, queries included.
func (s *Shop) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.paths)
}

// Down makes the shop answer everything with a status, until it is called
// with 0.
func (s *Shop) Down(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = status
}

// CutNext makes the shop break the connection in the middle of its next n
// answers.
func (s *Shop) CutNext(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts = n
}

// CutWrites is CutNext for the next n changes: they are made, and their answers
// break.
func (s *Shop) CutWrites(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutWrites = n
}

// Writes returns method and path of all changes that were asked for.
func (s *Shop) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

// cutWriter ends its answer half-way.
type cutWriter struct{ http.ResponseWriter }

func (c cutWriter) Write(b []byte) (int, error) {
	c.Header().Set("Content-Length", strconv.Itoa(len(b)+100))
	c.ResponseWriter.Write(b[:len(b)/2])
	if f, ok := c.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// ServeHTTP answers for the index, the site's files, and the routes of
// wc/v3 and wp/v2 that data/shop uses. Everything else is a route that the
// shop does not have.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.paths = append(s.paths, r.URL.String())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.writes = append(s.writes, r.Method+" "+r.URL.Path)
	}
	delay, redirect, down := s.delay, s.redirect, s.down
	var fail *failure
	if len(s.failures) > 0 {
		fail = &s.failures[0]
		s.failures = s.failures[1:]
	}
	writing := r.Method != http.MethodGet && r.Method != http.MethodHead
	if writing && s.cutWrites > 0 {
		s.cutWrites--
		w = cutWriter{w}
	} else if s.cuts > 0 {
		s.cuts--
		w = cutWriter{w}
	}
	s.mu.Unlock()

	if delay > 0 {
		select {
		case <-r.Context().Done():
			panic(http.ErrAbortHandler) // to return would be an empty answer
		case <-time.After(delay):
		}
	}
	if redirect != "" {
		http.Redirect(w, r, strings.TrimRight(redirect, "/")+r.URL.RequestURI(), http.StatusMovedPermanently)
		return
	}
	if down != 0 {
		http.Error(w, "<html>There has been a critical error on this website.</html>", down)
		return
	}
	if fail != nil {
		if fail.retryAfter != "" {
			w.Header().Set("Retry-After", fail.retryAfter)
		}
		http.Error(w, "too many", fail.status)
		return
	}

	path := strings.TrimRight(r.URL.Path, "/")
	rest, ok := strings.CutPrefix(path, "/wp-json/wc/v3/")
	switch {
	case path == "/wp-json":
		reply(w, http.StatusOK, map[string]any{"name": "Shop", "namespaces": []string{"wp/v2", "wc/v3"}})
	case path == "/wp-json/wp/v2/media" || strings.HasPrefix(path, "/wp-json/wp/v2/media/"):
		s.media(w, r, strings.Trim(strings.TrimPrefix(path, "/wp-json/wp/v2/media"), "/"))
	case ok && s.route(rest) == nil, !ok && strings.HasPrefix(path, "/wp-json/"):
		noRoute(w)
	case !ok:
		s.file(w, path)
	case !s.knows(r):
		refuse(w, http.StatusUnauthorized, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
	case s.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodHead:
		refuse(w, http.StatusUnauthorized, "woocommerce_rest_authentication_error", "The API key provided does not have write permissions.")
	default:
		s.route(rest)(w, r)
	}
}

func noRoute(w http.ResponseWriter) {
	refuse(w, http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
}

// route finds who answers a path below wc/v3, nil for nobody.
func (s *Shop) route(rest string) http.HandlerFunc {
	parts := strings.Split(rest, "/")
	id := func(i int) int64 {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil || n < 0 {
			return -1
		}
		return n
	}
	switch {
	case rest == "orders":
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				noRoute(w)
				return
			}
			s.mu.Lock()
			s.requests++
			n, before := s.requests, s.Before
			s.mu.Unlock()
			if before != nil {
				before(n, r)
			}
			s.list(w, r)
		}
	case len(parts) == 2 && parts[0] == "orders" && id(1) >= 0:
		return func(w http.ResponseWriter, r *http.Request) { s.order(w, r, id(1)) }
	case len(parts) >= 3 && len(parts) <= 4 && parts[0] == "orders" && parts[2] == "notes" && id(1) >= 0 && (len(parts) == 3 || id(3) >= 0):
		note := int64(0)
		if len(parts) == 4 {
			note = id(3)
		}
		return func(w http.ResponseWriter, r *http.Request) { s.orderNotes(w, r, id(1), note) }
	case len(parts) == 2 && parts[0] == "customers" && id(1) >= 0:
		return func(w http.ResponseWriter, r *http.Request) { s.customer(w, r, id(1)) }
	case rest == "taxes", len(parts) == 2 && parts[0] == "taxes" && id(1) >= 0:
		return func(w http.ResponseWriter, r *http.Request) { s.taxes(w, r, parts) }
	case len(parts) == 3 && parts[0] == "settings" && parts[1] == "general":
		return func(w http.ResponseWriter, r *http.Request) { s.setting(w, parts[2]) }
	}
	return nil
}

// knows checks the Basic header. Keys in the query, which WooCommerce also
// takes over TLS, are not taken: they would end in logs.
func (s *Shop) knows(r *http.Request) bool {
	user, pass, ok := r.BasicAuth()
	k, p := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(pass))
	return ok && subtle.ConstantTimeCompare(k[:], s.key[:])&subtle.ConstantTimeCompare(p[:], s.secret[:]) == 1
}

func (s *Shop) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	invalid := func(name string) {
		refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+name)
	}
	number := func(name string, standard, least, most int) (int, bool) {
		v := q.Get(name)
		if v == "" {
			return standard, true
		}
		n, err := strconv.Atoi(v)
		return n, err == nil && n >= least && n <= most
	}
	perPage, ok := number("per_page", 10, 1, 100)
	if !ok {
		invalid("per_page")
		return
	}
	page, ok := number("page", 1, 1, 1<<30)
	if !ok {
		invalid("page")
		return
	}
	after, ok := s.when(q, "modified_after")
	if !ok {
		invalid("modified_after")
		return
	}
	before, ok := s.when(q, "modified_before")
	if !ok {
		invalid("modified_before")
		return
	}
	orderBy, direction := q.Get("orderby"), q.Get("order")
	if !slices.Contains([]string{"", "date", "id", "modified"}, orderBy) {
		invalid("orderby")
		return
	}
	if !slices.Contains([]string{"", "asc", "desc"}, direction) {
		invalid("order")
		return
	}
	statuses := map[string]bool{}
	for name := range strings.SplitSeq(q.Get("status"), ",") {
		if name != "" {
			statuses[name] = true
		}
	}
	anyStatus := len(statuses) == 0 || statuses["any"]

	s.mu.Lock()
	if s.raw != nil {
		body := *s.raw
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		fmt.Fprint(w, body)
		return
	}
	var found []*entry
	for _, e := range s.inOrder(orderBy, direction, s.UnstableTies && page%2 == 0) {
		if !statuses[e.order.Status] && !(anyStatus && e.order.Status != "trash") ||
			!after.IsZero() && !e.modified.After(after) || !before.IsZero() && !e.modified.Before(before) {
			continue
		}
		found = append(found, e)
	}
	total := len(found)
	pages := (total + perPage - 1) / perPage
	from := min((page-1)*perPage, total)
	out := make([]json.RawMessage, 0, perPage)
	for _, e := range found[from:min(from+perPage, total)] {
		out = append(out, e.only(q.Get("_fields")))
	}
	s.mu.Unlock() // a slow reader must not hold up the shop

	h := w.Header()
	h.Set("X-WP-Total", strconv.Itoa(total))
	h.Set("X-WP-TotalPages", strconv.Itoa(pages))
	link := func(rel string, p int) string {
		u := url.URL{Path: r.URL.Path}
		q.Set("page", strconv.Itoa(p))
		u.RawQuery = q.Encode()
		return fmt.Sprintf("<%s>; rel=%q", u.String(), rel)
	}
	var links []string
	if page > 1 {
		links = append(links, link("prev", page-1))
	}
	if page < pages {
		links = append(links, link("next", page+1))
	}
	if links != nil {
		h.Set("Link", strings.Join(links, ", "))
	}
	// Written by hand: encoding the parts once more would refuse an order
	// that a test has broken.
	h.Set("Content-Type", "application/json; charset=UTF-8")
	w.Write([]byte{'['})
	for i, o := range out {
		if i > 0 {
			w.Write([]byte{','})
		}
		w.Write(o)
	}
	w.Write([]byte{']'})
}

// when reads a date of the query. Without an offset it is the shop's local
// time, unless dates_are_gmt says otherwise.
func (s *Shop) when(q url.Values, name string) (time.Time, bool) {
	v := q.Get(name)
	if v == "" {
		return time.Time{}, true
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t, true
	}
	zone := s.Zone
	if zone == nil || q.Get("dates_are_gmt") == "true" {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(gmtLayout, v, zone)
	return t, err == nil
}

// inOrder returns all orders sorted. It is called with the lock held.
func (s *Shop) inOrder(by, direction string, tiesBackwards bool) []*entry {
	name := fmt.Sprint(by, direction, tiesBackwards)
	if list, ok := s.sorted[name]; ok {
		return list
	}
	list := make([]*entry, 0, len(s.orders))
	for _, e := range s.orders {
		list = append(list, e)
	}
	sign := -1 // WooCommerce's own default is descending
	if direction == "asc" {
		sign = 1
	}
	slices.SortFunc(list, func(a, b *entry) int {
		c := 0
		switch by {
		case "modified":
			c = strings.Compare(a.local, b.local)
		case "id":
		default:
			c = strings.Compare(a.order.DateCreated, b.order.DateCreated)
		}
		if c != 0 {
			return sign * c
		}
		c = sign * int(a.order.ID-b.order.ID)
		if tiesBackwards && by != "id" {
			return -c
		}
		return c
	})
	if s.sorted == nil {
		s.sorted = map[string][]*entry{}
	}
	s.sorted[name] = list
	return list
}

func (e *entry) full() json.RawMessage {
	if e.broken != nil {
		return e.broken
	}
	if e.json == nil {
		e.json, _ = json.Marshal(e.order)
	}
	return e.json
}

// only cuts an order to the fields asked for, as WordPress does.
func (e *entry) only(fields string) json.RawMessage {
	if fields == "" || e.broken != nil {
		return e.full()
	}
	if cut, ok := e.slim[fields]; ok {
		return cut
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(e.full(), &all) != nil {
		return e.full()
	}
	kept := map[string]json.RawMessage{}
	for name := range strings.SplitSeq(fields, ",") {
		if v, ok := all[strings.TrimSpace(name)]; ok {
			kept[strings.TrimSpace(name)] = v
		}
	}
	cut, _ := json.Marshal(kept)
	if e.slim == nil {
		e.slim = map[string]json.RawMessage{}
	}
	e.slim[fields] = cut
	return cut
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"code": code, "message": message, "data": map[string]int{"status": status}})
}
