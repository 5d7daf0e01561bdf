package prestatest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Row is one record: its fields, all as text, the id included.
type Row map[string]string

// Record is a record with its associations.
type Record struct {
	Row
	Associations map[string][]Row
}

// Shop is the handler. Its methods may be called while it serves.
type Shop struct {
	// Key is the only key that the shop knows: 32 characters.
	Key string
	// Now is the clock that dates changes; nil means time.Now. Zone is in which
	// zone the shop writes its dates; nil means UTC.
	Now  func() time.Time
	Zone *time.Location
	// XMLOnly makes the shop write XML whatever it is asked for.
	XMLOnly bool
	// NoPatch makes it a version that does not know PATCH.
	NoPatch bool
	// Mixes makes it a version that shows the values of all customizations of a
	// product in each of them.
	Mixes bool
	// Before, when set, is called before each request that the key may make.
	Before func(n int, r *http.Request)
	// Mails counts the mails that changes of state would have sent.
	Mails int

	mu       sync.Mutex
	tables   map[string]map[int]*Record
	denied   map[string]bool // "DELETE customers"
	broken   map[string]map[int]map[string]string
	readOnly map[string]bool
	failing  int
	requests int
	asked    []string
}

// New returns a shop with PrestaShop's own states of orders, the currency 1
// (EUR) and the country 8 (FR).
func New(key string) *Shop {
	s := &Shop{Key: key, tables: map[string]map[int]*Record{}, denied: map[string]bool{}, broken: map[string]map[int]map[string]string{}, readOnly: map[string]bool{}}
	s.Put("currencies", Record{Row: Row{"id": "1", "name": "Euro", "iso_code": "EUR", "active": "1"}})
	s.Put("countries", Record{Row: Row{"id": "8", "id_zone": "1", "name": "France", "iso_code": "FR"}})
	for i, state := range []struct{ name, template, flags string }{
		{"En attente du paiement par chèque", "cheque", ""}, {"Paiement accepté", "payment", "paid"}, {"En cours de préparation", "preparation", "paid delivery"},
		{"Expédié", "shipped", "paid delivery shipped"}, {"Livré", "", "paid delivery shipped"}, {"Annulé", "order_canceled", ""},
		{"Remboursé", "refund", ""}, {"Erreur de paiement", "payment_error", ""},
	} {
		r := Row{"id": strconv.Itoa(i + 1), "name": state.name, "template": state.template}
		for _, f := range []string{"paid", "delivery", "shipped"} {
			if r[f] = "0"; strings.Contains(state.flags, f) {
				r[f] = "1"
			}
		}
		s.Put("order_states", Record{Row: r})
	}
	return s
}

func (s *Shop) now() string {
	now, zone := time.Now, s.Zone
	if s.Now != nil {
		now = s.Now
	}
	if zone == nil {
		zone = time.UTC
	}
	return now().In(zone).Format(time.DateTime)
}

// Put adds a record, or replaces the one with its id, and returns its id.
func (s *Shop) Put(resource string, r Record) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[resource]
	if t == nil {
		t = map[int]*Record{}
		s.tables[resource] = t
	}
	id, _ := strconv.Atoi(r.Row["id"])
	if id == 0 {
		for have := range t {
			id = max(id, have)
		}
		id++
	}
	c := &Record{Row: maps.Clone(r.Row), Associations: map[string][]Row{}}
	c.Row["id"] = strconv.Itoa(id)
	for name, rows := range r.Associations {
		for _, x := range rows {
			c.Associations[name] = append(c.Associations[name], maps.Clone(x))
		}
	}
	t[id] = c
	return id
}

// Get returns a copy of a record, nil where there is none.
func (s *Shop) Get(resource string, id int) Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.tables[resource][id]; r != nil {
		return maps.Clone(r.Row)
	}
	return nil
}

// Clear removes all records of a resource.
func (s *Shop) Clear(resource string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tables, resource)
}

// Set changes one field of a record behind the webservice's back.
func (s *Shop) Set(resource string, id int, field, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables[resource][id].Row[field] = value
}

// Remove removes a record behind the webservice's back.
func (s *Shop) Remove(resource string, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tables[resource], id)
}

// Deny takes a right from the key, such as "DELETE customers".
func (s *Shop) Deny(right string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied[right] = true
}

// ReadOnly makes a field one that the webservice does not write, such as
// "customers date_add".
func (s *Shop) ReadOnly(field string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readOnly[field] = true
}

// Fail makes every call end with this status; 0 ends it.
func (s *Shop) Fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = status
}

// Requests returns the method and address of all requests so far.
func (s *Shop) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Texts returns every text of any record that contains a word.
func (s *Shop) Texts(word string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, t := range s.tables {
		for id, r := range t {
			rows := []Row{r.Row}
			for _, a := range r.Associations {
				rows = append(rows, a...)
			}
			for _, row := range rows {
				for f, v := range row {
					if strings.Contains(v, word) {
						out = append(out, fmt.Sprintf("%s/%d/%s: %s", name, id, f, v))
					}
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

type fault struct {
	status, code int
	text         string
}

// ServeHTTP answers below /api.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.String())
	s.requests++
	n, failing, before := s.requests, s.failing, s.Before
	s.mu.Unlock()
	if failing != 0 {
		http.Error(w, "internal", failing)
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/api")
	if !ok || path != "" && path[0] != '/' {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<!doctype html><title>Page introuvable</title>")
		return
	}
	asJSON := r.URL.Query().Get("output_format") == "JSON" && !s.XMLOnly
	user, _, given := r.BasicAuth()
	switch {
	case !given:
		refuse(w, asJSON, &fault{401, 16, "Please enter the authentication key as the login. No password required"})
		return
	case len(user) != 32:
		refuse(w, asJSON, &fault{401, 18, "Invalid authentication key format"})
		return
	case user != s.Key:
		refuse(w, asJSON, &fault{401, 20, "Authentification key is not active"})
		return
	}
	if before != nil {
		before(n, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if segments[0] == "" {
		s.root(w)
		return
	}
	res := resources[segments[0]]
	if res == nil {
		refuse(w, asJSON, &fault{400, 27, `Resource of type "` + segments[0] + `" does not exists`})
		return
	}
	if s.denied[r.Method+" "+segments[0]] || r.Method == "PATCH" && s.NoPatch {
		refuse(w, asJSON, &fault{405, 25, "Method " + r.Method + " is not allowed for the resource " + segments[0] + " with this authentication key"})
		return
	}
	id := 0
	if len(segments) > 1 {
		id, _ = strconv.Atoi(segments[1])
	}
	var f *fault
	switch {
	case r.Method == http.MethodGet && len(segments) == 1:
		f = s.list(w, segments[0], res, r.URL.Query(), asJSON)
	case r.Method == http.MethodGet:
		rec := s.tables[segments[0]][id]
		if rec == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		s.answer(w, segments[0], res, []*Record{rec}, nil, false, asJSON)
	case r.Method == http.MethodPut, r.Method == http.MethodPatch:
		f = s.save(r, segments[0], res)
		if f == nil {
			s.answer(w, segments[0], res, []*Record{s.tables[segments[0]][id]}, nil, false, asJSON)
		}
	case r.Method == http.MethodDelete:
		f = s.remove(segments[0], id)
	default:
		f = &fault{405, 23, "Method " + r.Method + " is not valid"}
	}
	if f != nil {
		refuse(w, asJSON, f)
	}
}

func refuse(w http.ResponseWriter, asJSON bool, f *fault) {
	if asJSON {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.WriteHeader(f.status)
		json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]any{{"code": f.code, "message": f.text}}})
		return
	}
	w.Header().Set("Content-Type", "text/xml;charset=utf-8")
	w.WriteHeader(f.status)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<prestashop xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n<errors>\n<error>\n<code><![CDATA[%d]]></code>\n<message><![CDATA[%s]]></message>\n</error>\n</errors>\n</prestashop>", f.code, f.text)
}

// root lists the resources with what the key may do with each.
func (s *Shop) root(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml;charset=utf-8")
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><prestashop xmlns:xlink="http://www.w3.org/1999/xlink"><api shopName="Shop">`)
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		fmt.Fprintf(w, `<%s xlink:href="https://shop.example/api/%s"`, name, name)
		for _, m := range []string{"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"} {
			if m == "PATCH" && s.NoPatch {
				continue
			}
			fmt.Fprintf(w, ` %s="%t"`, strings.ToLower(m), !s.denied[m+" "+name])
		}
		fmt.Fprintf(w, `><description xlink:href="https://shop.example/api/%s" get="true">.</description></%s>`, name, name)
	}
	fmt.Fprint(w, `</api></prestashop>`)
}

// list answers for several records: display, filter, sort, limit and date as
// documented, with the webservice's own refusals.
func (s *Shop) list(w http.ResponseWriter, name string, res *resource, q url.Values, asJSON bool) *fault {
	dates := q.Get("date") == "1"
	var found []*Record
	for _, r := range s.tables[name] {
		found = append(found, r)
	}
	value := func(r *Record, f string) string { return r.Row[f] }
	for key := range q {
		f, ok := strings.CutPrefix(key, "filter[")
		if !ok {
			continue
		}
		f = strings.TrimSuffix(f, "]")
		def := res.field(f)
		if def == nil || def.languages || !dates && (f == "date_add" || f == "date_upd") {
			return &fault{400, 32, "This filter does not exist"}
		}
		if def.dynamic {
			return &fault{400, 34, `The field "` + f + `" is dynamic. It is not possible to filter GET query with this field.`}
		}
		v := q.Get(key)
		if len(v) < 2 || v[0] != '[' || v[len(v)-1] != ']' {
			return &fault{400, 33, `The filter "` + f + `" is malformed.`}
		}
		v = v[1 : len(v)-1]
		match := func(x string) bool { return strings.EqualFold(x, v) }
		if lo, hi, ok := strings.Cut(v, ","); ok {
			match = func(x string) bool { return cmp(x, lo) >= 0 && cmp(x, hi) <= 0 }
		} else if strings.Contains(v, "|") {
			set := map[string]bool{}
			for _, x := range strings.Split(v, "|") {
				set[x] = true
			}
			match = func(x string) bool { return set[x] }
		}
		found = slices.DeleteFunc(found, func(r *Record) bool { return !match(value(r, f)) })
	}
	type by struct {
		field string
		desc  bool
	}
	order := []by{{"id", false}}
	if v := q.Get("sort"); v != "" {
		order = nil
		for _, one := range strings.Split(strings.Trim(v, "[]"), ",") {
			at := strings.LastIndexByte(one, '_')
			if at < 0 || one[at:] != "_ASC" && one[at:] != "_DESC" {
				return &fault{400, 37, "The sort value has to be formed as this example"}
			}
			f := one[:at]
			if res.field(f) == nil || !dates && (f == "date_add" || f == "date_upd") {
				return &fault{400, 38, "Unable to filter by this field."}
			}
			order = append(order, by{f, one[at:] == "_DESC"})
		}
	}
	slices.SortFunc(found, func(a, b *Record) int {
		for _, o := range order {
			if c := cmp(value(a, o.field), value(b, o.field)); c != 0 {
				if o.desc {
					return -c
				}
				return c
			}
		}
		return cmp(a.Row["id"], b.Row["id"])
	})
	if v := q.Get("limit"); v != "" {
		parts := strings.Split(v, ",")
		from, n := 0, 0
		switch len(parts) {
		case 1:
			n, _ = strconv.Atoi(parts[0])
		case 2:
			from, _ = strconv.Atoi(parts[0])
			n, _ = strconv.Atoi(parts[1])
		default:
			return &fault{400, 39, `The "limit" value has to be formed as this example: "5,25" or "10"`}
		}
		found = found[min(from, len(found)):min(from+n, len(found))]
	}
	display := q.Get("display")
	var only []string
	switch {
	case display == "full":
	case display == "":
		only = []string{"id"}
	case display[0] == '[' && display[len(display)-1] == ']':
		only = strings.Split(display[1:len(display)-1], ",")
		for _, f := range only {
			if res.field(f) == nil {
				return &fault{400, 35, `Unable to display this field "` + f + `".`}
			}
		}
	default:
		return &fault{400, 36, "The 'display' syntax is wrong."}
	}
	s.answer(w, name, res, found, only, true, asJSON)
	return nil
}

// cmp compares numbers as numbers and everything else as text.
func cmp(a, b string) int {
	if digits(a) && digits(b) && len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// digits tells whether a text is a number without zeros before it.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && (s[0] != '0' || s == "0")
}

func (s *Shop) associations(name string, r *Record, a string) []Row {
	if !s.Mixes || name != "customizations" {
		return r.Associations[a]
	}
	var out []Row
	for _, id := range slices.Sorted(maps.Keys(s.tables[name])) {
		if o := s.tables[name][id]; o.Row["id_product"] == r.Row["id_product"] {
			out = append(out, o.Associations[a]...)
		}
	}
	return out
}

// answer writes records in JSON or XML.
func (s *Shop) answer(w http.ResponseWriter, name string, res *resource, list []*Record, only []string, many, asJSON bool) {
	shown := func(f string) bool { return only == nil || slices.Contains(only, f) }
	if asJSON {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		var out []map[string]any
		for _, r := range list {
			m := map[string]any{}
			for _, f := range res.fields {
				if !shown(f.name) {
					continue
				}
				v := r.Row[f.name]
				switch id, err := strconv.Atoi(v); {
				case f.languages:
					m[f.name] = []map[string]string{{"id": "1", "value": v}, {"id": "2", "value": v}}
				case f.name == "id" && err == nil:
					m[f.name] = id
				default:
					m[f.name] = v
				}
			}
			if only == nil {
				as := map[string]any{}
				for a := range res.associations {
					if rows := s.associations(name, r, a); len(rows) > 0 {
						as[a] = rows
					}
				}
				if len(as) > 0 {
					m["associations"] = as
				}
			}
			out = append(out, m)
		}
		switch {
		case !many:
			json.NewEncoder(w).Encode(map[string]any{res.node: out[0]})
		case len(out) == 0:
			fmt.Fprint(w, "[]")
		default:
			json.NewEncoder(w).Encode(map[string]any{res.nodes: out})
		}
		return
	}
	w.Header().Set("Content-Type", "text/xml;charset=utf-8")
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<prestashop xmlns:xlink="http://www.w3.org/1999/xlink">`+"\n")
	if many {
		fmt.Fprintf(w, "<%s>\n", res.nodes)
	}
	cdata := func(v string) string {
		return "<![CDATA[" + strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>") + "]]>"
	}
	for _, r := range list {
		fmt.Fprintf(w, "<%s>\n", res.node)
		for _, f := range res.fields {
			v := r.Row[f.name]
			switch {
			case !shown(f.name):
			case f.languages:
				fmt.Fprintf(w, `<%s><language id="1" xlink:href="https://shop.example/api/languages/1">%s</language><language id="2">%s</language></%s>`+"\n", f.name, cdata(v), cdata(v), f.name)
			case strings.HasPrefix(f.name, "id_"):
				fmt.Fprintf(w, `<%s xlink:href="https://shop.example/api/x/%s">%s</%s>`+"\n", f.name, v, cdata(v), f.name)
			default:
				fmt.Fprintf(w, "<%s>%s</%s>\n", f.name, cdata(v), f.name)
			}
		}
		if only == nil && len(res.associations) > 0 {
			fmt.Fprint(w, "<associations>\n")
			for _, a := range slices.Sorted(maps.Keys(res.associations)) {
				fmt.Fprintf(w, `<%s nodeType="%s" virtualEntity="true">`+"\n", a, res.associations[a])
				for _, row := range s.associations(name, r, a) {
					fmt.Fprintf(w, "<%s>", res.associations[a])
					for _, k := range slices.Sorted(maps.Keys(row)) {
						fmt.Fprintf(w, "<%s>%s</%s>", k, cdata(row[k]), k)
					}
					fmt.Fprintf(w, "</%s>\n", res.associations[a])
				}
				fmt.Fprintf(w, "</%s>\n", a)
			}
			fmt.Fprint(w, "</associations>\n")
		}
		fmt.Fprintf(w, "</%s>\n", res.node)
	}
	if many {
		fmt.Fprintf(w, "</%s>\n", res.nodes)
	}
	fmt.Fprint(w, "</prestashop>\n")
}

// element is a part of a document that was sent.
type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Kids    []element `xml:",any"`
}

func (e *element) kid(name string) *element {
	for i := range e.Kids {
		if e.Kids[i].XMLName.Local == name {
			return &e.Kids[i]
		}
	}
	return nil
}

// save does what PUT and PATCH do: PUT empties each field that is missing and
// refuses a required one that is; both refuse a field that may not be written.
func (s *Shop) save(r *http.Request, name string, res *resource) *fault {
	body, err := io.ReadAll(r.Body)
	var doc element
	if err != nil || xml.Unmarshal(body, &doc) != nil {
		return &fault{500, 127, "XML error"}
	}
	if len(doc.Kids) != 1 || doc.Kids[0].kid("id") == nil {
		return &fault{400, 90, "id is required when modifying a resource"}
	}
	sent := &doc.Kids[0]
	id, _ := strconv.Atoi(sent.kid("id").Text)
	rec := s.tables[name][id]
	if rec == nil {
		return &fault{404, 92, "Invalid ID"}
	}
	row := maps.Clone(rec.Row)
	state := ""
	for _, f := range res.fields[1:] {
		in := sent.kid(f.name)
		switch {
		case in == nil && r.Method == http.MethodPatch:
		case in != nil && (f.readOnly || s.readOnly[name+" "+f.name]):
			return &fault{400, 93, `parameter "` + f.name + `" not writable. Please remove this attribute of this XML`}
		case in != nil && f.name == "current_state":
			state = in.Text
		case in != nil:
			row[f.name] = in.Text
		case f.required:
			return &fault{400, 41, `parameter "` + f.name + `" required`}
		case !f.readOnly && !s.readOnly[name+" "+f.name]:
			row[f.name] = ""
		}
	}
	for _, f := range res.fields[1:] {
		if rule := rules[f.name]; f.required && row[f.name] == "" || rule != nil && row[f.name] != "" && !rule.MatchString(row[f.name]) {
			return &fault{400, 85, `Validation error: "Property ` + f.name + ` is not valid"`}
		}
	}
	if name == "customers" {
		for other, c := range s.tables[name] {
			if other != id && strings.EqualFold(c.Row["email"], row["email"]) {
				return &fault{500, 141, "The email is already used, please choose another one"}
			}
		}
	}
	if as := sent.kid("associations"); as != nil {
		for i := range as.Kids {
			a := as.Kids[i].XMLName.Local
			if res.associations[a] == "" {
				return &fault{400, 86, `The association "` + a + `" does not exists`}
			}
			if a != res.setter {
				continue
			}
			var rows []Row
			for j := range as.Kids[i].Kids {
				x := Row{}
				for _, f := range as.Kids[i].Kids[j].Kids {
					x[f.XMLName.Local] = f.Text
				}
				rows = append(rows, x)
			}
			rec.Associations[a] = rows
		}
	}
	if res.field("date_upd") != nil {
		row["date_upd"] = s.now()
	}
	if state != "" {
		// The state is written through the order's history, with its mail.
		row["current_state"] = state
		s.Mails++
		h := s.tables["order_histories"]
		if h == nil {
			h = map[int]*Record{}
			s.tables["order_histories"] = h
		}
		next := len(h) + 1
		for h[next] != nil {
			next++
		}
		h[next] = &Record{Row: Row{"id": strconv.Itoa(next), "id_order": row["id"], "id_order_state": state, "date_add": s.now()}}
	}
	rec.Row = row
	return nil
}

// remove does what DELETE does.
func (s *Shop) remove(name string, id int) *fault {
	rec := s.tables[name][id]
	if rec == nil {
		return &fault{404, 87, "Id(s) not exists: " + strconv.Itoa(id)}
	}
	drop := func(table string, when func(Row) bool) {
		for i, r := range s.tables[table] {
			if when(r.Row) {
				delete(s.tables[table], i)
			}
		}
	}
	used := func(address string) bool {
		for _, o := range s.tables["orders"] {
			if o.Row["id_address_invoice"] == address || o.Row["id_address_delivery"] == address {
				return true
			}
		}
		return false
	}
	key := strconv.Itoa(id)
	switch name {
	case "addresses":
		if used(key) {
			rec.Row["deleted"] = "1"
			return nil
		}
	case "customers":
		orders := false
		for _, o := range s.tables["orders"] {
			orders = orders || o.Row["id_customer"] == key
		}
		if !orders {
			drop("addresses", func(r Row) bool { return r["id_customer"] == key })
		}
		drop("messages", func(r Row) bool { return r["id_customer"] == key })
		threads := map[string]bool{}
		drop("customer_threads", func(r Row) bool {
			if r["id_customer"] == key {
				threads[r["id"]] = true
			}
			return r["id_customer"] == key
		})
		drop("customer_messages", func(r Row) bool { return threads[r["id_customer_thread"]] })
	case "customer_threads":
		drop("customer_messages", func(r Row) bool { return r["id_customer_thread"] == key })
	}
	delete(s.tables[name], id)
	return nil
}
