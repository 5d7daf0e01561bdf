package shopifytest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Record is an order or a customer as the API shows it, by the names of its
// fields. Connections (lineItems, metafields, addressesV2) are lists of Record.
type Record = map[string]any

// Shop is the handler. Its methods may be called while it serves.
type Shop struct {
	// Token is the token that the shop takes; ClientID and ClientSecret are what
	// it gives a new one for.
	Token, ClientID, ClientSecret string
	// Scopes are those of the app.
	Scopes []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Points is what the bucket holds, Rate what flows back in a second; a test
	// that wants no throttling leaves them at 0.
	Points, Rate float64
	// Hidden are fields of an order or customer that are protected and not
	// shown to the app: null, with an error.
	Hidden []string
	// Refuses are fields of orders and addresses that orderUpdate refuses to
	// change: zip where it is not empty, any other always; marketingState of a
	// customer is left as it is, and success is said.
	Refuses []string
	// Slow makes bulk operations take that many looks before they are done.
	Slow int
	// Ungrouped makes the files of bulk operations hold all orders before all
	// lines.
	Ungrouped bool
	// BulkFails makes bulk operations end FAILED.
	BulkFails bool
	// Files is where the files of bulk operations are served, such as the
	// address of another server that FileServer answers at.
	Files string
	// Before, when set, is called before each query with the text of it.
	Before func(query string)
	// Erased are the customers whose erasure was asked for. Lazy leaves it at
	// that until Erase is called.
	Erased []string
	Lazy   bool

	mu        sync.Mutex
	orders    map[string]Record
	customers map[string]Record
	bulk      map[string]*bulkOperation
	tokens    int
	spent     float64
	failing   int
	throttled int
	asked     []string
	fileAuth  []string
	broken    map[string]string
}

type bulkOperation struct {
	looks int
	text  string
}

// New returns a shop that takes the token and has an app with all scopes.
func New(token string) *Shop {
	return &Shop{
		Token: token, Scopes: []string{"read_all_orders", "write_orders", "write_customers", "write_customer_data_erasure"},
		orders: map[string]Record{}, customers: map[string]Record{}, bulk: map[string]*bulkOperation{}, broken: map[string]string{},
	}
}

func (s *Shop) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func copyOf(r Record) Record {
	var c Record
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		panic(err)
	}
	return c
}

// PutOrder adds an order or replaces the one with its id.
func (s *Shop) PutOrder(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[r["id"].(string)] = copyOf(r)
}

// PutCustomer adds a customer or replaces the one with her id.
func (s *Shop) PutCustomer(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.customers[r["id"].(string)] = copyOf(r)
}

// Order returns a copy of an order, nil where there is none.
func (s *Shop) Order(gid string) Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.orders[gid]; o != nil {
		return copyOf(o)
	}
	return nil
}

// Customer returns a copy of a customer, nil where there is none.
func (s *Shop) Customer(gid string) Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.customers[gid]; c != nil {
		return copyOf(c)
	}
	return nil
}

// SetOrder changes one field of an order behind the API's back.
func (s *Shop) SetOrder(gid, field string, v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[gid][field] = v
}

// Break makes one field of an order fail when it is asked for.
func (s *Shop) Break(gid, field string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[gid] = field
}

// Fail makes every call end with this status; 0 ends it.
func (s *Shop) Fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = status
}

// Throttle makes the next n queries answer THROTTLED.
func (s *Shop) Throttle(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttled = n
}

// Queries returns the texts of all queries so far.
func (s *Shop) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Tokens returns how many tokens were given out.
func (s *Shop) Tokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// FileTokens returns the tokens that came with requests for files.
func (s *Shop) FileTokens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fileAuth)
}

// Texts returns every text of the shop that contains a word.
func (s *Shop) Texts(word string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				walk(path+"/"+k, e)
			}
		case []any:
			for _, e := range v {
				walk(path, e)
			}
		case string:
			if strings.Contains(v, word) {
				out = append(out, path+": "+v)
			}
		}
	}
	for id, r := range s.orders {
		walk(id, r)
	}
	for id, r := range s.customers {
		walk(id, r)
	}
	slices.Sort(out)
	return out
}

// Erase does what Shopify does some time after a customer's erasure was asked
// for: nothing of her is left in her record and in her orders.
func (s *Shop) Erase() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

func (s *Shop) erase() {
	for _, id := range s.Erased {
		delete(s.customers, id)
		for _, o := range s.orders {
			if c, _ := o["customer"].(map[string]any); c != nil && c["id"] == id {
				for _, f := range []string{"email", "phone", "note", "clientIp", "billingAddress", "shippingAddress", "customer"} {
					o[f] = nil
				}
			}
		}
	}
	s.Erased = nil
}

// FileServer answers for the files of bulk operations.
func (s *Shop) FileServer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if t := r.Header.Get("X-Shopify-Access-Token"); t != "" {
			s.fileAuth = append(s.fileAuth, t)
		}
		op := s.bulk["gid://shopify/BulkOperation/"+strings.Trim(r.URL.Path, "/")]
		s.mu.Unlock()
		if op == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/jsonl")
		io.WriteString(w, op.text)
	})
}

// ServeHTTP answers for tokens and for the API in version 2026-10.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	failing := s.failing
	s.mu.Unlock()
	if failing != 0 {
		http.Error(w, "Internal Server Error", failing)
		return
	}
	reply := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	switch {
	case r.Method != http.MethodPost:
		reply(http.StatusNotFound, map[string]any{"errors": "Not Found"})
	case r.URL.Path == "/admin/oauth/access_token":
		if err := r.ParseForm(); err != nil || r.URL.RawQuery != "" || r.PostForm.Get("grant_type") != "client_credentials" || s.ClientSecret == "" ||
			r.PostForm.Get("client_id") != s.ClientID || r.PostForm.Get("client_secret") != s.ClientSecret {
			reply(http.StatusBadRequest, map[string]any{"error": "invalid_client"})
			return
		}
		s.mu.Lock()
		s.tokens++
		s.Token = "shpat_" + strconv.Itoa(s.tokens)
		token := s.Token
		s.mu.Unlock()
		reply(http.StatusOK, map[string]any{"access_token": token, "scope": strings.Join(s.Scopes, ","), "expires_in": 86399})
	case r.URL.Path != "/admin/api/2026-10/graphql.json":
		reply(http.StatusNotFound, map[string]any{"errors": "Not Found"})
	default:
		s.mu.Lock()
		good := r.Header.Get("X-Shopify-Access-Token") == s.Token && s.Token != ""
		s.mu.Unlock()
		if !good {
			reply(http.StatusUnauthorized, map[string]any{"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"})
			return
		}
		var in struct {
			Query     string
			Variables map[string]any
		}
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			reply(http.StatusBadRequest, map[string]any{"errors": map[string]any{"query": "Required parameter missing or invalid"}})
			return
		}
		if s.Before != nil {
			s.Before(in.Query)
		}
		reply(http.StatusOK, s.run(in.Query, in.Variables))
	}
}

type fault map[string]any

func faultOf(code, message string, path []any) fault {
	f := fault{"message": message, "extensions": map[string]any{"code": code}}
	if path != nil {
		f["path"] = path
	}
	return f
}

// run answers one query with its cost.
func (s *Shop) run(query string, vars map[string]any) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, query)
	op, sel, err := parseQuery(query, vars)
	if err != nil {
		return map[string]any{"errors": []fault{faultOf("", "syntax error: "+err.Error(), nil)}}
	}
	root := map[string]string{"query": "QueryRoot", "mutation": "Mutation"}[op]
	cost, bad := check(root, sel)
	if bad != nil {
		return map[string]any{"errors": []fault{bad}}
	}
	if op == "mutation" {
		cost = 10
	}
	limit, rate := s.Points, s.Rate
	if limit == 0 {
		limit, rate = 1e6, 1e6
	}
	extensions := func(available float64) map[string]any {
		return map[string]any{"cost": map[string]any{"requestedQueryCost": cost, "actualQueryCost": cost, "throttleStatus": map[string]any{
			"maximumAvailable": limit, "currentlyAvailable": available, "restoreRate": rate}}}
	}
	if cost > 1000 {
		return map[string]any{"errors": []fault{faultOf("MAX_COST_EXCEEDED", "Query cost is too high", nil)}}
	}
	if s.throttled > 0 || s.spent+float64(cost) > limit {
		s.throttled--
		available := limit - s.spent
		s.spent = 0 // the bucket is full again by the time the client comes back
		return map[string]any{"errors": []fault{faultOf("THROTTLED", "Throttled", nil)}, "extensions": extensions(available)}
	}
	if s.Points > 0 {
		s.spent += float64(cost)
	}
	e := &execution{s: s}
	data := map[string]any{}
	for _, f := range sel {
		if op == "mutation" {
			data[f.name] = e.mutate(f)
		} else {
			data[f.name] = e.field("QueryRoot", s.root(f), f, []any{f.name})
		}
	}
	out := map[string]any{"data": data, "extensions": extensions(limit - s.spent)}
	if len(e.errors) > 0 {
		out["errors"] = e.errors
	}
	return out
}

// check refuses what the schema does not have and adds up the cost: one point
// an object, and each list as many times as it may be long.
func check(typ string, sel []selection) (cost int, bad fault) {
	for _, f := range sel {
		k, ok := schema[typ][f.name]
		if !ok {
			return 0, fault{"message": "Field '" + f.name + "' doesn't exist on type '" + typ + "'",
				"extensions": map[string]any{"code": "undefinedField", "typeName": typ, "fieldName": f.name}}
		}
		for a := range f.args {
			if !k.args[a] {
				return 0, faultOf("argumentNotAccepted", "Field '"+f.name+"' doesn't accept argument '"+a+"'", nil)
			}
		}
		if (k.of == "") != (f.inner == nil) {
			return 0, faultOf("selectionMismatch", "Field '"+f.name+"' must or must not have selections", nil)
		}
		if k.of == "" {
			continue
		}
		inner, of, times := f.inner, k.of, 1
		if k.conn {
			n, given := f.args["first"].(float64)
			if !given {
				return 0, faultOf("missingRequiredArguments", "you must provide one of first or last", nil)
			}
			if n > 250 || n < 1 {
				return 0, faultOf("BAD_USER_INPUT", "first must be between 1 and 250", nil)
			}
			times, inner = int(n), nil
			for _, c := range f.inner {
				switch c.name {
				case "nodes":
					inner = append(inner, c.inner...)
				case "edges":
					for _, x := range c.inner {
						if x.name == "node" {
							inner = append(inner, x.inner...)
						}
					}
				case "pageInfo":
					if _, bad := check("PageInfo", c.inner); bad != nil {
						return 0, bad
					}
				default:
					return 0, faultOf("undefinedField", "Field '"+c.name+"' doesn't exist on type '"+of+"Connection'", nil)
				}
			}
		}
		below, bad := check(of, inner)
		if bad != nil {
			return 0, bad
		}
		cost += times * (1 + below)
	}
	return cost, nil
}

// root finds what a field of the query's root is of.
func (s *Shop) root(f selection) Record {
	id, _ := f.args["id"].(string)
	switch f.name {
	case "order":
		if o := s.orders[id]; o != nil && s.visible(o) {
			return Record{"order": o}
		}
	case "customer":
		if c := s.customers[id]; c != nil {
			return Record{"customer": s.withOrders(c)}
		}
	case "customers":
		var list []any
		for _, id := range slices.Sorted(maps.Keys(s.customers)) {
			list = append(list, s.withOrders(s.customers[id]))
		}
		return Record{"customers": list}
	case "customerByIdentifier":
		by, _ := f.args["identifier"].(map[string]any)
		for _, c := range s.customers {
			if e, _ := c["defaultEmailAddress"].(map[string]any); e != nil && strings.EqualFold(fmt.Sprint(e["emailAddress"]), fmt.Sprint(by["emailAddress"])) {
				return Record{"customerByIdentifier": s.withOrders(c)}
			}
		}
	case "orders":
		return Record{"orders": s.search(f)}
	case "ordersCount":
		n := 0
		for _, o := range s.orders {
			if s.visible(o) {
				n++
			}
		}
		precision := "EXACT"
		if limit, given := f.args["limit"]; !given && n > 10000 || limit != nil && float64(n) > limit.(float64) {
			n, precision = 10000, "AT_LEAST"
		}
		return Record{"ordersCount": Record{"count": n, "precision": precision}}
	case "currentAppInstallation":
		var scopes []any
		for _, h := range s.Scopes {
			scopes = append(scopes, Record{"handle": h})
		}
		return Record{"currentAppInstallation": Record{"accessScopes": scopes}}
	case "bulkOperation":
		if op := s.bulk[id]; op != nil {
			op.looks++
			r := Record{"id": id, "status": "RUNNING", "errorCode": nil, "rootObjectCount": "0", "url": nil}
			switch {
			case op.looks <= s.Slow:
			case s.BulkFails:
				r["status"], r["errorCode"] = "FAILED", "TIMEOUT"
			default:
				r["status"], r["rootObjectCount"] = "COMPLETED", strconv.Itoa(len(s.orders))
				if op.text != "" {
					r["url"] = s.Files + "/" + strings.TrimPrefix(id, "gid://shopify/BulkOperation/")
				}
			}
			return Record{"bulkOperation": r}
		}
	}
	return Record{}
}

func (s *Shop) withOrders(c Record) Record {
	c = maps.Clone(c)
	var list []any
	n := 0
	for _, id := range slices.Sorted(maps.Keys(s.orders)) {
		o := s.orders[id]
		if who, _ := o["customer"].(map[string]any); who != nil && who["id"] == c["id"] {
			n++
			if s.visible(o) {
				list = append(list, o)
			}
		}
	}
	c["orders"], c["numberOfOrders"] = list, strconv.Itoa(n)
	return c
}

// visible tells whether the app may see an order: without read_all_orders those
// of the last 60 days.
func (s *Shop) visible(o Record) bool {
	if slices.Contains(s.Scopes, "read_all_orders") {
		return true
	}
	at, err := time.Parse(time.RFC3339, fmt.Sprint(o["createdAt"]))
	return err == nil && s.now().Sub(at) < 60*24*time.Hour
}

var sinceFilter = regexp.MustCompile(`updated_at:>='([^']+)'`)

// search is the list of orders: without a status only open ones.
func (s *Shop) search(f selection) []any {
	q, _ := f.args["query"].(string)
	var found []Record
	var since time.Time
	if m := sinceFilter.FindStringSubmatch(q); m != nil {
		since, _ = time.Parse(time.RFC3339, m[1])
	}
	for _, o := range s.orders {
		at, _ := time.Parse(time.RFC3339, fmt.Sprint(o["updatedAt"]))
		if s.visible(o) && !at.Before(since) && (strings.Contains(q, "status:any") || o["closedAt"] == nil) {
			found = append(found, o)
		}
	}
	by := "id"
	if f.args["sortKey"] == "UPDATED_AT" {
		by = "updatedAt"
	}
	slices.SortFunc(found, func(a, b Record) int {
		if c := strings.Compare(fmt.Sprint(a[by]), fmt.Sprint(b[by])); c != 0 {
			return c
		}
		return strings.Compare(fmt.Sprint(a["id"]), fmt.Sprint(b["id"]))
	})
	out := make([]any, len(found))
	for i, o := range found {
		out[i] = o
	}
	return out
}

// execution is one query under way.
type execution struct {
	s      *Shop
	errors []fault
}

func (e *execution) object(typ string, r Record, sel []selection, path []any) any {
	if r == nil {
		return nil
	}
	out := map[string]any{}
	for _, f := range sel {
		out[f.name] = e.field(typ, r, f, append(slices.Clone(path), f.name))
	}
	return out
}

func (e *execution) field(typ string, r Record, f selection, path []any) any {
	k := schema[typ][f.name]
	v := r[f.name]
	if (typ == "Order" || typ == "Customer") && slices.Contains(e.s.Hidden, f.name) {
		e.errors = append(e.errors, faultOf("ACCESS_DENIED", "This app is not approved to use the "+f.name+" field.", path))
		return nil
	}
	if id, _ := r["id"].(string); typ == "Order" && e.s.broken[id] == f.name {
		e.errors = append(e.errors, faultOf("INTERNAL_SERVER_ERROR", "Internal error", path))
		return nil
	}
	switch {
	case k.conn:
		return e.connection(k.of, v, f, path)
	case k.list:
		list, _ := v.([]any)
		out := []any{}
		for i, x := range list {
			m, _ := x.(map[string]any)
			out = append(out, e.object(k.of, m, f.inner, append(slices.Clone(path), i)))
		}
		return out
	case k.of == "Customer" && typ == "Order":
		who, _ := v.(map[string]any)
		if who == nil {
			return nil
		}
		c := e.s.customers[fmt.Sprint(who["id"])]
		if c == nil {
			return nil
		}
		return e.object("Customer", e.s.withOrders(c), f.inner, path)
	case k.of != "":
		m, _ := v.(map[string]any)
		return e.object(k.of, m, f.inner, path)
	}
	return v
}

// connection answers for one page. A cursor says after which object.
func (e *execution) connection(typ string, v any, f selection, path []any) any {
	list, _ := v.([]any)
	from := 0
	if after, _ := f.args["after"].(string); after != "" {
		raw, err := base64.RawURLEncoding.DecodeString(after)
		at := slices.IndexFunc(list, func(x any) bool {
			return fmt.Sprint(x.(map[string]any)["id"])+"|"+fmt.Sprint(x.(map[string]any)["updatedAt"]) == string(raw)
		})
		if err != nil || at < 0 && !strings.HasPrefix(string(raw), "gid://") {
			e.errors = append(e.errors, faultOf("BAD_REQUEST", "Invalid cursor for current pagination sort.", path))
			return nil
		}
		if from = at + 1; at < 0 {
			// The object has moved: the list goes on where it stood.
			was, _ := time.Parse(time.RFC3339, string(raw[strings.IndexByte(string(raw), '|')+1:]))
			from = slices.IndexFunc(list, func(x any) bool {
				t, _ := time.Parse(time.RFC3339, fmt.Sprint(x.(map[string]any)["updatedAt"]))
				return t.After(was)
			})
			if from < 0 {
				from = len(list)
			}
		}
	}
	n := int(f.args["first"].(float64))
	to := min(from+n, len(list))
	out := map[string]any{}
	for _, c := range f.inner {
		switch c.name {
		case "pageInfo":
			end := any(nil)
			if to > from {
				last := list[to-1].(map[string]any)
				end = base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint(last["id"]) + "|" + fmt.Sprint(last["updatedAt"])))
			}
			out["pageInfo"] = map[string]any{"hasNextPage": to < len(list), "endCursor": end}
		case "nodes":
			nodes := []any{}
			for i, x := range list[from:to] {
				nodes = append(nodes, e.object(typ, x.(map[string]any), c.inner, append(slices.Clone(path), "nodes", i)))
			}
			out["nodes"] = nodes
		}
	}
	return out
}

func userErrors(field []string, text string) map[string]any {
	if field == nil {
		return map[string]any{"userErrors": []any{}}
	}
	return map[string]any{"userErrors": []any{map[string]any{"field": field, "message": text}}}
}

func (e *execution) denied(scope string, f selection) bool {
	if slices.Contains(e.s.Scopes, scope) {
		return false
	}
	e.errors = append(e.errors, faultOf("ACCESS_DENIED", "Access denied for "+f.name+" field.", []any{f.name}))
	return true
}

var zipOfFrance = regexp.MustCompile(`^\d{5}$`)

// mutate does what a mutation does.
func (e *execution) mutate(f selection) any {
	s := e.s
	input, _ := f.args["input"].(map[string]any)
	touch := func(o Record) { o["updatedAt"] = s.now().UTC().Format(time.RFC3339) }
	refuse := func(kind, field string) any {
		e.errors = append(e.errors, faultOf("INVALID_VARIABLE", "Field is not defined on "+kind+": "+field, nil))
		return nil
	}
	switch f.name {
	case "orderUpdate":
		if e.denied("write_orders", f) {
			return nil
		}
		if bad := unknown("OrderInput", input); bad != "" {
			return refuse("OrderInput", bad)
		}
		o := s.orders[fmt.Sprint(input["id"])]
		if o == nil {
			return userErrors([]string{"id"}, "Order does not exist")
		}
		for field := range input {
			if field != "zip" && slices.Contains(s.Refuses, field) {
				return userErrors([]string{field}, "is invalid")
			}
		}
		if a, ok := input["shippingAddress"].(map[string]any); ok {
			if bad := unknown("MailingAddressInput", a); bad != "" {
				return refuse("MailingAddressInput", bad)
			}
			if a["lastName"] == "" || a["address1"] == "" || a["city"] == "" {
				return userErrors([]string{"shippingAddress", "address1"}, "Enter an address")
			}
			if zip, _ := a["zip"].(string); zip != "" && a["countryCode"] == "FR" && !zipOfFrance.MatchString(zip) {
				return userErrors([]string{"shippingAddress", "zip"}, "Zip is not valid for France")
			}
			if a["zip"] != "" && slices.Contains(s.Refuses, "zip") {
				return userErrors([]string{"shippingAddress", "zip"}, "Zip is not valid")
			}
			place := maps.Clone(a)
			place["countryCodeV2"] = a["countryCode"]
			delete(place, "countryCode")
			o["shippingAddress"] = place
		}
		for _, field := range []string{"email", "phone", "note", "poNumber", "tags", "customAttributes"} {
			if v, ok := input[field]; ok {
				if o[field] = v; v == "" {
					o[field] = nil
				}
			}
		}
		touch(o)
		return userErrors(nil, "")
	case "customerUpdate":
		if e.denied("write_customers", f) {
			return nil
		}
		if bad := unknown("CustomerInput", input); bad != "" {
			return refuse("CustomerInput", bad)
		}
		c := s.customers[fmt.Sprint(input["id"])]
		if c == nil {
			return userErrors([]string{"id"}, "Customer does not exist")
		}
		if input["email"] == "" && input["phone"] == "" && input["firstName"] == "" && input["lastName"] == "" {
			return userErrors([]string{"base"}, "A name, phone number, or email address must be present")
		}
		for _, field := range []string{"firstName", "lastName", "note", "tags"} {
			if v, ok := input[field]; ok {
				c[field] = v
			}
		}
		for field, inner := range map[string][2]string{"email": {"defaultEmailAddress", "emailAddress"}, "phone": {"defaultPhoneNumber", "phoneNumber"}} {
			if v, ok := input[field].(string); ok {
				was, _ := c[inner[0]].(map[string]any)
				if c[inner[0]] = any(nil); v != "" {
					if was = maps.Clone(was); was == nil {
						was = map[string]any{}
					}
					was[inner[1]] = v
					c[inner[0]] = was
				}
			}
		}
		return userErrors(nil, "")
	case "customerEmailMarketingConsentUpdate":
		if e.denied("write_customers", f) {
			return nil
		}
		if bad := unknown("CustomerEmailMarketingConsentUpdateInput", input); bad != "" {
			return refuse("CustomerEmailMarketingConsentUpdateInput", bad)
		}
		c := s.customers[fmt.Sprint(input["customerId"])]
		if c == nil {
			return userErrors([]string{"customerId"}, "Customer does not exist")
		}
		consent, _ := input["emailMarketingConsent"].(map[string]any)
		if a, _ := c["defaultEmailAddress"].(map[string]any); a != nil && !slices.Contains(s.Refuses, "marketingState") {
			a["marketingState"] = consent["marketingState"]
		}
		return userErrors(nil, "")
	case "customerAddressDelete":
		if e.denied("write_customers", f) {
			return nil
		}
		c := s.customers[fmt.Sprint(f.args["customerId"])]
		if c == nil {
			return userErrors([]string{"customerId"}, "Customer does not exist")
		}
		list, _ := c["addressesV2"].([]any)
		c["addressesV2"] = slices.DeleteFunc(list, func(x any) bool { return x.(map[string]any)["id"] == f.args["addressId"] })
		return userErrors(nil, "")
	case "metafieldsDelete":
		metas, _ := f.args["metafields"].([]any)
		for _, x := range metas {
			m := x.(map[string]any)
			if len(m) != 3 {
				return refuse("MetafieldIdentifierInput", "?")
			}
			for _, owner := range []Record{s.orders[fmt.Sprint(m["ownerId"])], s.customers[fmt.Sprint(m["ownerId"])]} {
				if owner == nil {
					continue
				}
				list, _ := owner["metafields"].([]any)
				owner["metafields"] = slices.DeleteFunc(list, func(x any) bool {
					return x.(map[string]any)["namespace"] == m["namespace"] && x.(map[string]any)["key"] == m["key"]
				})
			}
		}
		return userErrors(nil, "")
	case "customerRequestDataErasure":
		if e.denied("write_customer_data_erasure", f) {
			return nil
		}
		id := fmt.Sprint(f.args["customerId"])
		if s.customers[id] == nil {
			return userErrors([]string{"customerId"}, "Customer does not exist")
		}
		s.Erased = append(s.Erased, id)
		if !s.Lazy {
			s.erase()
		}
		return userErrors(nil, "")
	case "bulkOperationRunQuery":
		_, sel, err := parseQuery(fmt.Sprint(f.args["query"]), nil)
		if err != nil || len(sel) != 1 || sel[0].name != "orders" {
			return userErrors([]string{"query"}, "Invalid bulk query")
		}
		id := "gid://shopify/BulkOperation/" + strconv.Itoa(len(s.bulk)+1)
		text, bad := s.file(sel[0], f.args["groupObjects"] == true && !s.Ungrouped)
		if bad != "" {
			return userErrors([]string{"query"}, bad)
		}
		s.bulk[id] = &bulkOperation{text: text}
		out := userErrors(nil, "")
		out["bulkOperation"] = map[string]any{"id": id, "status": "CREATED"}
		return out
	}
	return nil
}

// file writes the file of a bulk operation: one object a line, those of a
// connection with the id of their parent.
func (s *Shop) file(orders selection, grouped bool) (text, bad string) {
	var first, last strings.Builder
	e := &execution{s: s}
	find := func(sel []selection) []selection {
		if len(sel) == 1 && sel[0].name == "edges" && len(sel[0].inner) == 1 && sel[0].inner[0].name == "node" {
			return sel[0].inner[0].inner
		}
		return nil
	}
	fields := find(orders.inner)
	if fields == nil {
		return "", "a bulk query asks for edges and nodes"
	}
	var plain, lines []selection
	for _, f := range fields {
		if f.name == "lineItems" {
			lines = find(f.inner)
			continue
		}
		plain = append(plain, f)
	}
	if _, f := check("Order", plain); f != nil {
		return "", fmt.Sprint(f["message"])
	}
	if _, f := check("LineItem", lines); f != nil {
		return "", fmt.Sprint(f["message"])
	}
	orders.args["first"] = float64(1)
	for _, x := range s.search(orders) {
		o := x.(map[string]any)
		b, _ := json.Marshal(e.object("Order", o, plain, nil))
		first.Write(append(b, '\n'))
		into := &last
		if grouped {
			into = &first
		}
		list, _ := o["lineItems"].([]any)
		for _, l := range list {
			m := e.object("LineItem", l.(map[string]any), lines, nil).(map[string]any)
			m["__parentId"] = o["id"]
			b, _ := json.Marshal(m)
			into.Write(append(b, '\n'))
		}
	}
	return first.String() + last.String(), ""
}
