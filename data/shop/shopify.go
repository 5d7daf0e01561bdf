package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
)

// ErrNotShopify means that no Shopify Admin API answers at the address: the
// shop's name is another one, or the version of the API is no longer served.
var ErrNotShopify = errors.New("no Shopify Admin API at this address")

// ShopifyVersion is the version of the Admin API that is spoken where the
// profile names none. Shopify serves a version for at least a year.
const ShopifyVersion = "2026-10"

const (
	shopifyBulkFrom = 2000 // orders from which a first reading is a bulk operation
	shopifyLines    = 20   // lines asked for with an order; the rest is asked for apart
	shopifyTries    = 8    // of a call that is throttled
	shopifyLate     = time.Hour
	shopify60Days   = "the app lacks the scope read_all_orders, so that the shop shows the orders of the last 60 days only"
	shopifyHidden   = "the shop hides names, addresses, telephone numbers or e-mail addresses from this app (the scope read_customers or access to protected customer data is missing)"
)

var (
	shopifyName    = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]*$`)
	shopifyVersion = regexp.MustCompile(`^(20\d\d-(01|04|07|10)|unstable)$`)
)

// ShopifyConfig says which Shopify shop is read, and how.
type ShopifyConfig struct {
	// Name is the connection's name in the profile.
	Name string
	// Shop is the shop: mystore, mystore.myshopify.com, its address, or its
	// address in Shopify's admin.
	Shop string
	// Token is an access token of the Admin API (of an app made in the shop's
	// admin before 2026). Empty where ClientID and ClientSecret are given.
	Token string
	// ClientID and ClientSecret are those of the shop's own app in the Dev
	// Dashboard (client credentials grant). Their token lasts a day and is
	// renewed before it ends.
	ClientID, ClientSecret string
	// Version is the version of the API, such as 2026-10. Empty means
	// ShopifyVersion. What is asked for is there from 2025-07 on; bulk
	// operations are used from 2026-01 on.
	Version string
	// CAFile is a PEM file with one more certificate authority to trust, or
	// empty.
	CAFile string
	// PhotoMeta are the names of the attributes whose values are keys or URLs
	// of photos. Empty means that values are searched for what looks like one.
	PhotoMeta []string
	// Timeout bounds one request, its answer included. Zero means one minute.
	Timeout time.Duration
	// Now is the clock used where the shop does not send its own. Nil means
	// time.Now.
	Now func() time.Time
}

// Shopify is a Shopify shop, read through the GraphQL Admin API. It implements
// order.Source and order.Resumable and is safe for concurrent use.
type Shopify struct {
	name      string
	photoMeta []string
	version   string
	client    *client
	now       func() time.Time
	seal      []byte
	id        string
	secret    string
	bulkFrom  int
	sleep     func(context.Context, time.Duration) error

	mu      sync.Mutex
	token   string
	ends    time.Time // of the token; zero for one that does not end
	readyAt time.Time // when the bucket of points holds enough again
	page    int       // orders of one page
}

// NewShopify checks the configuration and returns the source. It does not
// connect. Errors: ErrAddress, ErrPlainRefused, ErrAuth when no credentials
// are given, ErrCertificate when CAFile cannot be used.
func NewShopify(c ShopifyConfig) (*Shopify, error) {
	s := &Shopify{name: c.Name, photoMeta: c.PhotoMeta, version: c.Version, id: c.ClientID, secret: c.ClientSecret, token: c.Token, bulkFrom: shopifyBulkFrom, page: 20, sleep: wakeAfter}
	if s.version == "" {
		s.version = ShopifyVersion
	}
	if !shopifyVersion.MatchString(s.version) {
		return nil, fmt.Errorf("open shop %s: %w: the version of the API is none", c.Name, ErrAddress)
	}
	cl, err := newClient(clientConfig{
		name: c.Name, site: shopifySite(c.Shop), caFile: c.CAFile, timeout: c.Timeout, now: c.Now,
		authorise: func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/graphql.json") {
				s.mu.Lock()
				r.Header.Set("X-Shopify-Access-Token", s.token)
				s.mu.Unlock()
			}
		},
	})
	if err != nil {
		return nil, err
	}
	s.client, s.now = cl, cl.now
	switch {
	case c.ClientID != "" && c.ClientSecret != "":
		s.token, s.seal = "", sealKey(KindShopify, c.ClientSecret)
	case c.Token != "":
		s.seal = sealKey(KindShopify, c.Token)
	default:
		return nil, fmt.Errorf("open shop %s: %w: neither a token nor a client's id and secret", c.Name, ErrAuth)
	}
	return s, nil
}

// shopifySite is the address of a shop however the owner names it.
func shopifySite(shop string) string {
	shop = strings.TrimSpace(shop)
	if _, rest, ok := strings.Cut(shop, "admin.shopify.com/store/"); ok {
		shop, _, _ = strings.Cut(rest, "/")
	}
	if shopifyName.MatchString(shop) && !strings.EqualFold(shop, "localhost") {
		return "https://" + shop + ".myshopify.com"
	}
	site, _, _ := strings.Cut(shop, "/admin")
	return site
}

func wakeAfter(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Name returns the connection's name in the profile.
func (s *Shopify) Name() string { return s.name }

// String returns the connection's name, so that printing the source cannot
// print its token.
func (s *Shopify) String() string { return "Shopify shop " + s.name }

// GoString does what String does.
func (s *Shopify) GoString() string { return s.String() }

// Desk returns the shop's records as something that can be erased.
func (s *Shopify) Desk() erasure.Desk { return &shopifyDesk{s: s} }

// Check asks the shop how many orders it shows and tells what the app may not
// do: see orders older than 60 days, see protected data, change orders or
// customers. It does not wait for a busy shop. Errors: ErrUnreachable,
// ErrCertificate, ErrPlainRefused, ErrMoved, ErrAuth, ErrNotShopify, ErrBusy,
// ErrAnswer, the context's.
func (s *Shopify) Check(ctx context.Context) (string, error) {
	ctx = withoutWaiting(ctx)
	n, scopes, err := s.counted(ctx)
	if err != nil {
		return "", err
	}
	says := fmt.Sprintf("%d orders", n)
	if !scopes.has("read_all_orders") {
		says += "; " + shopify60Days
	}
	var faults shopifyFaults
	probe := struct {
		Orders struct{ Nodes []json.RawMessage }
	}{}
	if faults, err = s.ask(ctx, `query { orders(first: 1) { nodes { id email phone customer { id firstName } shippingAddress { address1 } } } }`, nil, &probe); err != nil {
		return "", fmt.Errorf("read shop %s: %w", s.name, err)
	}
	if faults.denied() {
		says += "; " + shopifyHidden
	}
	var lacks []string
	for _, w := range []string{"write_orders", "write_customers", "write_customer_data_erasure"} {
		if !scopes.has(w) {
			lacks = append(lacks, w)
		}
	}
	if len(lacks) > 0 {
		says += "; for erasing the app lacks " + strings.Join(lacks, ", ")
	}
	return says, nil
}

// Count returns how many orders the shop shows. Errors are those of Check.
func (s *Shopify) Count(ctx context.Context) (int, error) {
	n, _, err := s.counted(ctx)
	return n, err
}

// shopifyScopes are the access scopes of the app.
type shopifyScopes []struct{ Handle string }

// has tells whether the scope was granted; to write includes to read.
func (h shopifyScopes) has(scope string) bool {
	for _, x := range h {
		if x.Handle == scope || x.Handle == strings.Replace(scope, "read_", "write_", 1) {
			return true
		}
	}
	return false
}

type shopifyApp struct{ AccessScopes shopifyScopes }

func (s *Shopify) counted(ctx context.Context) (int, shopifyScopes, error) {
	var data struct {
		OrdersCount            *struct{ Count int }
		CurrentAppInstallation *shopifyApp
	}
	faults, err := s.ask(ctx, `query { ordersCount(limit: null) { count precision } currentAppInstallation { accessScopes { handle } } }`, nil, &data)
	if err == nil {
		err = faults.err()
	}
	if err == nil && (data.OrdersCount == nil || data.CurrentAppInstallation == nil) {
		err = fmt.Errorf("%w: the count or the scopes are missing", ErrAnswer)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("read shop %s: %w", s.name, err)
	}
	return data.OrdersCount.Count, data.CurrentAppInstallation.AccessScopes, nil
}

// shopifyFault is one error of an answer that came with data. Its message is
// the shop's text and never shown.
type shopifyFault struct {
	Message    string            `json:"message"`
	Path       []json.RawMessage `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

type shopifyFaults []shopifyFault

func (f shopifyFaults) denied() bool {
	return slices.ContainsFunc(f, func(x shopifyFault) bool { return x.Extensions.Code == "ACCESS_DENIED" })
}

// err is the error of an answer of which no part may be missing.
func (f shopifyFaults) err() error {
	switch {
	case len(f) == 0:
		return nil
	case f.denied():
		return fmt.Errorf("%w: a field is not shown to this app", ErrAuth)
	}
	return fmt.Errorf("%w: a part of the answer is missing%s", ErrAnswer, shopifyCode(f[0].Extensions.Code))
}

// shopifyCode shows a code of the shop where it is nothing else.
func shopifyCode(code string) string {
	if code == "" || len(code) > 60 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return ""
	}
	return " (" + code + ")"
}

var (
	errShopifyCost     = errors.New("the query costs more than the shop allows")
	errShopifyThrottle = errors.New("throttled")
)

// shopifyAnswer is the body of an answer.
type shopifyAnswer struct {
	Data       json.RawMessage `json:"data"`
	Errors     json.RawMessage `json:"errors"`
	Extensions struct {
		Cost struct {
			Requested float64 `json:"requestedQueryCost"`
			Throttle  struct {
				Available float64 `json:"currentlyAvailable"`
				Rate      float64 `json:"restoreRate"`
			} `json:"throttleStatus"`
		} `json:"cost"`
	} `json:"extensions"`
}

// readShopify reads an answer into data and returns the errors that came with
// it. An answer without data is an error.
func readShopify(body []byte, into any) (shopifyFaults, time.Duration, error) {
	var a shopifyAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, 0, fmt.Errorf("%w: not the JSON asked for", ErrAnswer)
	}
	var faults shopifyFaults
	if len(a.Errors) > 0 && string(a.Errors) != "null" && json.Unmarshal(a.Errors, &faults) != nil {
		return nil, 0, fmt.Errorf("%w: errors in another form than documented", ErrAnswer)
	}
	c := a.Extensions.Cost
	var wait time.Duration
	if lacks := c.Requested - c.Throttle.Available; lacks > 0 && c.Throttle.Rate > 0 {
		wait = time.Duration(math.Min(lacks/c.Throttle.Rate, maxWait.Seconds()) * float64(time.Second))
	}
	for _, f := range faults {
		switch f.Extensions.Code {
		case "THROTTLED":
			return nil, max(wait, time.Second), errShopifyThrottle
		case "MAX_COST_EXCEEDED":
			return nil, wait, errShopifyCost
		}
	}
	if len(a.Data) == 0 || string(a.Data) == "null" {
		if len(faults) == 0 {
			return nil, wait, fmt.Errorf("%w: neither data nor an error", ErrAnswer)
		}
		if faults.denied() {
			return nil, wait, fmt.Errorf("%w: access denied", ErrAuth)
		}
		return nil, wait, fmt.Errorf("%w: the query was refused%s", ErrAnswer, shopifyCode(faults[0].Extensions.Code))
	}
	if err := json.Unmarshal(a.Data, into); err != nil {
		return nil, wait, fmt.Errorf("%w: data in another form than documented", ErrAnswer)
	}
	return faults, wait, nil
}

// ask sends one query or mutation and waits as the shop's bucket of points
// demands. What it sends may be sent twice.
func (s *Shopify) ask(ctx context.Context, query string, vars map[string]any, into any) (shopifyFaults, error) {
	f, _, err := s.askAt(ctx, query, vars, into)
	return f, err
}

func (s *Shopify) askAt(ctx context.Context, query string, vars map[string]any, into any) (shopifyFaults, time.Time, error) {
	payload, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return nil, time.Time{}, err
	}
	renewed := false
	for try := 0; ; try++ {
		if err := s.ready(ctx); err != nil {
			return nil, time.Time{}, err
		}
		if err := s.authorise(ctx, false); err != nil {
			return nil, time.Time{}, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.client.url("/admin/api/"+s.version+"/graphql.json", nil), bytes.NewReader(payload))
		if err != nil {
			return nil, time.Time{}, ErrAddress
		}
		req.Header.Set("Content-Type", "application/json")
		body, header, status, err := s.client.do(ctx, req)
		switch {
		case status == http.StatusUnauthorized && s.secret != "" && !renewed:
			renewed = true
			if err := s.authorise(ctx, true); err != nil {
				return nil, time.Time{}, err
			}
			continue
		case status == http.StatusNotFound:
			return nil, time.Time{}, fmt.Errorf("%w: status %d", ErrNotShopify, status)
		case err != nil:
			return nil, time.Time{}, err
		}
		if bytes.HasPrefix(body, []byte("<")) {
			return nil, time.Time{}, fmt.Errorf("%w: a web page was sent", ErrNotShopify)
		}
		faults, wait, err := readShopify(body, into)
		if wait > 0 {
			s.mu.Lock()
			s.readyAt = s.now().Add(wait)
			s.mu.Unlock()
		}
		if errors.Is(err, errShopifyThrottle) {
			if try < shopifyTries && ctx.Value(atOnce{}) == nil {
				continue
			}
			return nil, time.Time{}, fmt.Errorf("%w: throttled", ErrBusy)
		}
		at, _ := http.ParseTime(header.Get("Date"))
		return faults, at, err
	}
}

// ready waits until the bucket holds enough points again.
func (s *Shopify) ready(ctx context.Context) error {
	s.mu.Lock()
	d := s.readyAt.Sub(s.now())
	s.mu.Unlock()
	if d <= 0 || ctx.Value(atOnce{}) != nil {
		return ctx.Err()
	}
	return s.sleep(ctx, min(d, maxWait))
}

// authorise gets a token where the app has an id and a secret, and a new one an
// hour before the old one ends.
func (s *Shopify) authorise(ctx context.Context, anew bool) error {
	if s.secret == "" || s.id == "" {
		return nil
	}
	s.mu.Lock()
	good := !anew && s.token != "" && s.now().Before(s.ends.Add(-shopifyLate))
	s.mu.Unlock()
	if good {
		return nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.id}, "client_secret": {s.secret}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.client.url("/admin/oauth/access_token", nil), strings.NewReader(form.Encode()))
	if err != nil {
		return ErrAddress
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, _, status, err := s.client.do(ctx, req)
	switch {
	case status == http.StatusNotFound:
		return fmt.Errorf("get a token: %w: status %d", ErrNotShopify, status)
	case status == http.StatusBadRequest:
		return fmt.Errorf("get a token: %w: status %d", ErrAuth, status)
	case err != nil:
		return fmt.Errorf("get a token: %w", err)
	}
	var got struct {
		Token string  `json:"access_token"`
		Ends  float64 `json:"expires_in"`
	}
	if json.Unmarshal(body, &got) != nil || got.Token == "" || strings.ContainsAny(got.Token, "\r\n") || got.Ends < 0 || got.Ends > 1e7 {
		return fmt.Errorf("get a token: %w: not the JSON asked for", ErrAnswer)
	}
	s.mu.Lock()
	s.token, s.ends = got.Token, s.now().Add(time.Duration(got.Ends)*time.Second)
	s.mu.Unlock()
	return nil
}

// shopifyID returns the number in a global id such as gid://shopify/Order/12.
func shopifyID(kind, gid string) (string, bool) {
	id, ok := strings.CutPrefix(gid, "gid://shopify/"+kind+"/")
	id, _, _ = strings.Cut(id, "?")
	return id, ok && wholeNumber(id)
}

var (
	_ order.Source    = (*Shopify)(nil)
	_ order.Resumable = (*Shopify)(nil)
)
