package shop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"greffier/app/order"
	"greffier/data/reach"
)

const (
	shopifyDeep    = 20_000  // orders after which a list is begun anew: Shopify stops at 25,000
	shopifyMaxLine = 8 << 20 // bytes of one line of a bulk answer
	shopifyLateMax = 5000    // orders whose lines stand elsewhere in a bulk answer
	shopifyPolls   = 6 * time.Hour
)

// Changed reads the orders that were modified since the instant given, in
// order of modification. A first reading of a shop with some thousand orders is
// a bulk operation, whose orders come in no promised order. Problems name the
// order by its id.
//
// Where the app may not see orders older than 60 days, or protected customer
// data, one problem says so: such a reading proves nothing about orders that it
// does not give.
//
// The instant returned is that of the newest change seen, less ten minutes,
// never later than the shop's own clock at the start of this reading, and never
// earlier than since. On an error since is returned.
//
// Errors are those of Check and the one that got or bad returned.
func (s *Shopify) Changed(ctx context.Context, since time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(done, total int, note string)) (time.Time, error) {
	return s.ChangedFrom(ctx, since, "", got, bad, nil, report)
}

// ChangedFrom is Changed that begins at a mark of an earlier reading with the
// same since; any other mark begins anew.
func (s *Shopify) ChangedFrom(ctx context.Context, since time.Time, mark string, got func(order.Order) error, bad func(order.Problem) error, save func(string) error, report func(done, total int, note string)) (time.Time, error) {
	r := &shopifyReading{listener: listen(got, bad, save, report), s: s, since: since, seen: map[string]bool{}, started: s.now()}
	if err := r.run(ctx, mark); err != nil {
		return since, fmt.Errorf("read shop %s: %w", s.name, err)
	}
	r.report(r.done, r.done, s.name)
	return nextSince(since, r.newest, r.started), nil
}

// shopifyReading is one reading.
type shopifyReading struct {
	listener
	s     *Shopify
	since time.Time

	from    time.Time       // the list begins there
	cursor  string          // and goes on after this one
	seen    map[string]bool // the orders done of the second at which the list was begun anew
	started time.Time
	newest  time.Time
	done    int
	total   int
	named   int // orders that told anything of a customer
	hidden  bool
	bulk    string // the bulk operation
	skip    int    // orders of it that were handed over before
}

const shopifyMark = "shopify1"

func (r *shopifyReading) mark() string {
	return joinMark(shopifyMark, r.since, unixText(r.newest), unixText(r.started), unixText(r.from), "c"+r.cursor, "b"+r.bulk, strconv.Itoa(r.skip))
}

func (r *shopifyReading) resume(mark string) bool {
	p, known := cutMark(mark, shopifyMark, r.since, 6)
	if !known || p[3] == "" || p[4] == "" {
		return false
	}
	var n [4]int64
	for i, text := range []string{p[0], p[1], p[2], p[5]} {
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return false
		}
		n[i] = v
	}
	cursor, bulk := p[3][1:], p[4][1:]
	if bulk != "" && !wholeNumber(bulk) || n[3] < 0 || n[3] > maxOrders || len(cursor) > 4096 {
		return false
	}
	r.newest, r.from, r.cursor, r.bulk, r.skip = unixTime(n[0]), unixTime(n[2]), cursor, bulk, int(n[3])
	if t := time.Unix(n[1], 0); t.Before(r.started) {
		r.started = t
	}
	return true
}

func (r *shopifyReading) run(ctx context.Context, mark string) error {
	resumed := r.resume(mark)
	if !resumed {
		r.from = r.since
	}
	n, scopes, err := r.s.counted(ctx)
	if err != nil {
		return err
	}
	if !scopes.has("read_all_orders") {
		if err := r.problem(r.s.name, shopify60Days); err != nil {
			return err
		}
	}
	if r.total = n; !r.since.IsZero() {
		r.total = 0
	}
	if r.bulk != "" || !resumed && r.since.IsZero() && n > r.s.bulkFrom {
		err := r.inBulk(ctx)
		if err == nil {
			return r.ended()
		}
		if !errors.Is(err, errShopifyBulk) {
			return err
		}
		// Shopify would not or could not: page by page it goes too.
		r.bulk, r.skip, r.cursor, r.from, r.done, resumed = "", 0, "", r.since, 0, false
	}
	err = r.pages(ctx)
	if resumed && r.done == 0 && errors.Is(err, ErrAnswer) {
		// The cursor of the mark is none any more.
		r.cursor, r.from, r.newest = "", r.since, time.Time{}
		err = r.pages(ctx)
	}
	if err != nil {
		return err
	}
	return r.ended()
}

// ended tells once what was hidden in the whole reading.
func (r *shopifyReading) ended() error {
	if r.hidden || r.done >= 20 && r.named == 0 {
		return r.problem(r.s.name, shopifyHidden)
	}
	return nil
}

// shopifySearch is the filter of a list. Without a status some versions show
// open orders only.
func shopifySearch(from time.Time) string {
	if from.IsZero() {
		return "status:any"
	}
	return "status:any updated_at:>='" + from.UTC().Format(time.RFC3339) + "'"
}

const shopifyPageQuery = `query($first: Int!, $after: String, $query: String) {
	orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $query) {
		pageInfo { hasNextPage endCursor }
		nodes { ` + shopifyFields + ` lineItems(first: 20) { pageInfo { hasNextPage endCursor } nodes { ` + shopifyLineFields + ` } } }
	}
}`

// pages reads page after page. A list is begun anew, at the instant of the last
// order, before it is too deep for Shopify.
func (r *shopifyReading) pages(ctx context.Context) error {
	depth := 0
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.s.mu.Lock()
		first := r.s.page
		r.s.mu.Unlock()
		vars := map[string]any{"first": first, "query": shopifySearch(r.from)}
		if r.cursor != "" {
			vars["after"] = r.cursor
		}
		var data struct {
			Orders *struct {
				PageInfo shopifyPageInfo
				Nodes    []json.RawMessage
			}
		}
		faults, at, err := r.s.askAt(ctx, shopifyPageQuery, vars, &data)
		if errors.Is(err, errShopifyCost) && first > 1 {
			r.s.mu.Lock()
			r.s.page = first / 2
			r.s.mu.Unlock()
			continue
		}
		if errors.Is(err, errShopifyCost) {
			return fmt.Errorf("%w: %w", ErrAnswer, err)
		}
		if err != nil {
			return err
		}
		if r.done == 0 && !at.IsZero() && at.Before(r.started) {
			r.started = at
		}
		if data.Orders == nil {
			if err := faults.err(); err != nil {
				return err
			}
			return fmt.Errorf("%w: no list of orders", ErrAnswer)
		}
		missing, err := r.sort(faults)
		if err != nil {
			return err
		}
		for i, raw := range data.Orders.Nodes {
			if err := r.hand(ctx, raw, nil, missing[i]); err != nil {
				return err
			}
		}
		depth += len(data.Orders.Nodes)
		r.report(r.done, max(r.total, r.done), r.s.name)
		if !data.Orders.PageInfo.HasNextPage {
			return nil
		}
		next := data.Orders.PageInfo.EndCursor
		if next == "" || next == r.cursor || len(data.Orders.Nodes) == 0 || strings.ContainsAny(next, " \n") {
			return fmt.Errorf("%w: the list of orders does not end", ErrAnswer)
		}
		if r.done > maxOrders {
			return fmt.Errorf("%w: more than %d orders", ErrAnswer, maxOrders)
		}
		r.cursor = next
		if depth >= shopifyDeep && r.newest.Truncate(time.Second).After(r.from) {
			r.from, r.cursor, depth = r.newest.Truncate(time.Second), "", 0
		}
		if err := r.place(r.mark()); err != nil {
			return err
		}
	}
}

// sort tells which orders of a page are not whole. What is hidden as protected
// data is told at the end of the reading; anything else that is missing makes
// an order one that cannot be read.
func (r *shopifyReading) sort(faults shopifyFaults) (map[int]string, error) {
	missing := map[int]string{}
	for _, f := range faults {
		var n int
		if len(f.Path) < 3 || json.Unmarshal(f.Path[2], &n) != nil {
			return nil, shopifyFaults{f}.err()
		}
		if f.Extensions.Code == "ACCESS_DENIED" && len(f.Path) > 3 && shopifyProtected(f.Path[3]) {
			r.hidden = true
			continue
		}
		missing[n] = "a part of it is missing" + shopifyCode(f.Extensions.Code)
	}
	return missing, nil
}

func shopifyProtected(field json.RawMessage) bool {
	var name string
	_ = json.Unmarshal(field, &name)
	switch name {
	case "customer", "email", "phone", "billingAddress", "shippingAddress":
		return true
	}
	return false
}

// hand gives one order to the caller. more are lines of it that came apart.
func (r *shopifyReading) hand(ctx context.Context, raw json.RawMessage, more []shopifyLine, missing string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ref, where, updated := shopifyHead(raw)
	if where == "" {
		where = r.s.name + ", an order without an id"
	}
	// Only a list that is begun anew shows an order twice unchanged.
	second := updated.Truncate(time.Second)
	if key := ref + strconv.FormatInt(updated.UnixNano(), 36); second.Equal(r.newest.Truncate(time.Second)) {
		if r.seen[key] {
			return nil
		}
		r.seen[key] = true
	} else if second.After(r.newest) {
		r.seen = map[string]bool{key: true}
	}
	if updated.After(r.newest) {
		r.newest = updated
	}
	var o order.Order
	var notes []string
	err := error(nil)
	if missing == "" {
		o, notes, err = r.whole(ctx, raw, more)
		if err != nil && (ctx.Err() != nil || errors.Is(err, ErrUnreachable) || errors.Is(err, ErrBusy) || errors.Is(err, ErrAuth)) {
			return err
		}
	} else {
		err = errors.New(missing)
	}
	r.done++
	if err == nil && !o.Anonymised {
		r.named++
	}
	return r.give(where, o, notes, err)
}

const shopifyLinesQuery = `query($id: ID!, $after: String) { order(id: $id) { lineItems(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { ` + shopifyLineFields + ` } } } }`

// whole reads the lines of an order that did not come with it.
func (r *shopifyReading) whole(ctx context.Context, raw json.RawMessage, more []shopifyLine) (order.Order, []string, error) {
	var x shopifyOrder
	if json.Unmarshal(raw, &x) == nil && x.LineItems != nil && x.LineItems.PageInfo.HasNextPage {
		after := x.LineItems.PageInfo.EndCursor
		for {
			var data struct{ Order *shopifyOrder }
			faults, err := r.s.ask(ctx, shopifyLinesQuery, map[string]any{"id": x.ID, "after": after}, &data)
			if err == nil {
				err = faults.err()
			}
			if err != nil {
				return order.Order{}, nil, err
			}
			if data.Order == nil || data.Order.LineItems == nil || len(more) > maxPhotos {
				return order.Order{}, nil, errors.New("its lines cannot be read")
			}
			more = append(more, data.Order.LineItems.Nodes...)
			if !data.Order.LineItems.PageInfo.HasNextPage {
				break
			}
			if after = data.Order.LineItems.PageInfo.EndCursor; after == "" {
				return order.Order{}, nil, errors.New("its lines cannot be read")
			}
		}
	}
	return decodeShopify(r.s.name, raw, more, r.s.photoMeta)
}

// errShopifyBulk says that a bulk operation did not come about.
var errShopifyBulk = errors.New("no bulk operation")

const shopifyBulkQuery = `{ orders(query: "status:any") { edges { node { ` + shopifyFields + ` lineItems { edges { node { ` + shopifyLineFields + ` } } } } } } }`

// inBulk reads all orders by one bulk operation: Shopify writes them to a file,
// which is then read line by line.
func (r *shopifyReading) inBulk(ctx context.Context) error {
	if r.bulk == "" {
		var data struct {
			Run *struct {
				BulkOperation *struct{ ID string }
				UserErrors    []struct{ Message string }
			} `json:"bulkOperationRunQuery"`
		}
		// groupObjects keeps the lines of an order behind it, so that one order
		// at a time is held in memory.
		faults, at, err := r.s.askAt(ctx, `mutation($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: true) { bulkOperation { id status } userErrors { field message } } }`,
			map[string]any{"query": shopifyBulkQuery}, &data)
		if err != nil {
			if ctx.Err() != nil || !errors.Is(err, ErrAnswer) && !errors.Is(err, ErrAuth) && !errors.Is(err, errShopifyCost) {
				return err
			}
			return errShopifyBulk
		}
		if !at.IsZero() && at.Before(r.started) {
			r.started = at
		}
		if len(faults) > 0 || data.Run == nil || data.Run.BulkOperation == nil || len(data.Run.UserErrors) > 0 {
			return errShopifyBulk
		}
		id, ok := shopifyID("BulkOperation", data.Run.BulkOperation.ID)
		if !ok {
			return errShopifyBulk
		}
		r.bulk = id
		if err := r.place(r.mark()); err != nil {
			return err
		}
	}
	file, err := r.await(ctx)
	if err != nil || file == "" {
		return err
	}
	late := map[string]bool{}
	for try := 0; ; try++ {
		err = r.download(ctx, file, late)
		if err == nil || try == 2 || ctx.Err() != nil || !errors.Is(err, ErrUnreachable) {
			break
		}
	}
	if err != nil {
		return err
	}
	// Orders whose lines did not follow them are read once more, each by itself.
	for gid := range late {
		var data struct{ Order json.RawMessage }
		faults, err := r.s.ask(ctx, `query($id: ID!) { order(id: $id) { `+shopifyFields+` lineItems(first: 20) { pageInfo { hasNextPage endCursor } nodes { `+shopifyLineFields+` } } } }`, map[string]any{"id": gid}, &data)
		if err == nil {
			err = faults.err()
		}
		if err != nil {
			return err
		}
		if len(data.Order) == 0 || string(data.Order) == "null" {
			continue // deleted meanwhile
		}
		r.seen = map[string]bool{}
		r.done--
		if err := r.hand(ctx, data.Order, nil, ""); err != nil {
			return err
		}
	}
	return nil
}

// await asks for the state of the bulk operation until it has ended. It returns
// the address of the file, "" where there are no orders.
func (r *shopifyReading) await(ctx context.Context) (string, error) {
	wait := time.Second
	for waited := time.Duration(0); waited < shopifyPolls; waited += wait {
		var data struct {
			BulkOperation *struct {
				Status          string
				URL             *string `json:"url"`
				RootObjectCount json.RawMessage
			}
		}
		faults, err := r.s.ask(ctx, `query($id: ID!) { bulkOperation(id: $id) { id status errorCode rootObjectCount url } }`, map[string]any{"id": "gid://shopify/BulkOperation/" + r.bulk}, &data)
		if err == nil {
			err = faults.err()
		}
		if err != nil {
			if errors.Is(err, ErrAnswer) {
				return "", errShopifyBulk
			}
			return "", err
		}
		if data.BulkOperation == nil {
			return "", errShopifyBulk
		}
		switch data.BulkOperation.Status {
		case "COMPLETED":
			if data.BulkOperation.URL == nil {
				return "", nil
			}
			return *data.BulkOperation.URL, nil
		case "CREATED", "RUNNING":
		default: // CANCELED, CANCELING, EXPIRED, FAILED
			return "", errShopifyBulk
		}
		if n, err := strconv.Atoi(strings.Trim(string(data.BulkOperation.RootObjectCount), `"`)); err == nil && n >= 0 {
			r.report(0, max(r.total, n), r.s.name)
		}
		if err := r.s.sleep(ctx, wait); err != nil {
			return "", err
		}
		wait = min(2*wait, 15*time.Second)
	}
	return "", fmt.Errorf("%w: the bulk operation is still running", ErrBusy)
}

// download reads the file of a bulk operation. It lies on another host, which
// gets no token.
func (r *shopifyReading) download(ctx context.Context, file string, late map[string]bool) error {
	u, err := url.Parse(file)
	if err != nil || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()) || !loopback(r.s.client.base.Hostname())) {
		return fmt.Errorf("%w: the file of the bulk operation has no safe address", ErrAnswer)
	}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	idle := time.AfterFunc(r.s.client.timeout, stop)
	defer idle.Stop()
	req, err := http.NewRequestWithContext(waiting, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("%w: the file of the bulk operation has no address", ErrAnswer)
	}
	req.Header.Set("User-Agent", "Greffier")
	way := r.s.client.http.HTTPClient.Transport
	if t, ok := way.(*http.Transport); ok && !strings.EqualFold(u.Hostname(), r.s.client.base.Hostname()) && !loopback(r.s.client.base.Hostname()) {
		way = reach.Guard(t) // the shop names this host, not the owner
	}
	bare := &http.Client{
		Transport:     way,
		CheckRedirect: func(*http.Request, []*http.Request) error { return ErrMoved },
	}
	resp, err := bare.Do(req)
	if err != nil {
		return r.s.client.explain(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		if resp.StatusCode >= 500 {
			return fmt.Errorf("%w: status %d for the file of the bulk operation", ErrUnreachable, resp.StatusCode)
		}
		return errShopifyBulk // it is kept for a week
	}
	n := 0
	return shopifyLinesOf(&shopifyPatient{resp.Body, idle, r.s.client.timeout}, func(raw json.RawMessage, lines []shopifyLine) error {
		if n++; n <= r.skip {
			return ctx.Err()
		}
		if err := r.hand(ctx, raw, lines, ""); err != nil {
			return err
		}
		if r.skip = n; n%250 == 0 {
			r.report(r.done, max(r.total, r.done), r.s.name)
			if err := r.place(r.mark()); err != nil {
				return err
			}
		}
		return nil
	}, late)
}

// shopifyPatient gives up a file from which nothing comes any more, while the
// time that its reader takes does not count.
type shopifyPatient struct {
	from    io.Reader
	idle    *time.Timer
	timeout time.Duration
}

func (p *shopifyPatient) Read(b []byte) (int, error) {
	p.idle.Reset(p.timeout)
	defer p.idle.Stop()
	return p.from.Read(b)
}

// shopifyLinesOf reads the file of a bulk operation, one JSON object a line, and
// calls yield for each order with its lines. An order some of whose lines stand
// elsewhere is named in late.
func shopifyLinesOf(file io.Reader, yield func(raw json.RawMessage, lines []shopifyLine) error, late map[string]bool) error {
	in := bufio.NewReaderSize(file, 64<<10)
	var (
		current json.RawMessage
		gid     string
		lines   []shopifyLine
	)
	flush := func() error {
		if current == nil {
			return nil
		}
		err := yield(current, lines)
		current, lines = nil, nil
		return err
	}
	for {
		line, err := shopifyLineOf(in)
		if err == io.EOF {
			return flush()
		}
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var head struct {
			ID     string
			Parent string `json:"__parentId"`
		}
		if err := json.Unmarshal(line, &head); err != nil {
			return fmt.Errorf("%w: a line of the bulk operation is not JSON", ErrAnswer)
		}
		switch {
		case head.Parent == "":
			if err := flush(); err != nil {
				return err
			}
			current, gid = line, head.ID
		case head.Parent == gid && current != nil:
			var l shopifyLine
			if err := json.Unmarshal(line, &l); err != nil {
				return fmt.Errorf("%w: a line of the bulk operation is not a line of an order", ErrAnswer)
			}
			if lines = append(lines, l); len(lines) > maxPhotos {
				return fmt.Errorf("%w: an order with more than %d lines", ErrAnswer, maxPhotos)
			}
		default:
			if late[head.Parent] = true; len(late) > shopifyLateMax {
				return fmt.Errorf("%w: the lines of the bulk operation are not in order", ErrAnswer)
			}
		}
	}
}

// shopifyLineOf returns the next line, io.EOF after the last. A file that ends
// within a line was cut.
func shopifyLineOf(in *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := in.ReadSlice('\n')
		out = append(out, part...)
		switch {
		case err == nil:
			return out, nil
		case len(out) > shopifyMaxLine:
			return nil, fmt.Errorf("%w: a line of more than %d MB", ErrAnswer, shopifyMaxLine>>20)
		case err == io.EOF && len(bytes.TrimSpace(out)) == 0:
			return nil, io.EOF
		case err == io.EOF && json.Valid(out):
			return out, nil // a last line without an end
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return nil, fmt.Errorf("%w: the file of the bulk operation broke off", ErrUnreachable)
		}
	}
}
