package shop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/shop"
	"greffier/data/shop/prestatest"
)

const prestaKey = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456"

func init() {
	worlds["prestashop"] = prestaWorld
	desks["prestashop"] = prestaDeskWorld
	desks["prestashop, in XML only"] = func(t *testing.T) deskWorld {
		s, p := servePresta(t)
		s.XMLOnly = true
		return prestaDeskWorldOf(t, s, p)
	}
}

var paris = func() *time.Location {
	z, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	return z
}()

func prestaTime(t time.Time) string {
	if t.IsZero() {
		return "0000-00-00 00:00:00"
	}
	return t.In(paris).Format(time.DateTime)
}

// servePresta starts a shop behind TLS and a source that trusts its certificate.
func servePresta(t testing.TB) (*prestatest.Shop, *shop.Presta) {
	t.Helper()
	s := prestatest.New(prestaKey)
	s.Zone = paris
	srv := httptest.NewTLSServer(s)
	t.Cleanup(srv.Close)
	return s, connectPresta(t, srv, shop.PrestaConfig{})
}

func connectPresta(t testing.TB, srv *httptest.Server, c shop.PrestaConfig) *shop.Presta {
	t.Helper()
	c.Name = "boutique"
	if c.URL == "" {
		c.URL = srv.URL
	}
	if c.Key == "" {
		c.Key = prestaKey
	}
	if c.CAFile == "" && srv.TLS != nil {
		c.CAFile = caFile(t, srv)
	}
	p, err := shop.NewPresta(c)
	if err != nil {
		t.Fatal(err)
	}
	return p.Impatient()
}

// plain leaves of an order what the suite of sources compares.
type plain struct{ order.Source }

func (p plain) Changed(ctx context.Context, since time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(int, int, string)) (time.Time, error) {
	return p.Source.Changed(ctx, since, func(o order.Order) error {
		o.Lines, o.Fields, o.Account = nil, nil, ""
		return got(o)
	}, bad, report)
}

// prestaOrder puts an order with its customer, its one address and its
// customization; all of them have the order's id.
func prestaOrder(s *prestatest.Shop, o order.Order, state int) {
	id := o.Ref
	c := o.Customer
	row := prestatest.Row{
		"id": id, "reference": o.Number, "id_address_delivery": id, "id_address_invoice": id, "id_cart": id, "id_currency": "1", "id_lang": "1",
		"id_customer": id, "id_carrier": "1", "current_state": strconv.Itoa(state), "module": "ps_checkpayment", "payment": "Chèque",
		"date_add": prestaTime(o.CreatedAt), "date_upd": prestaTime(o.ModifiedAt), "delivery_date": "0000-00-00 00:00:00", "invoice_date": "0000-00-00 00:00:00",
		"total_paid": o.Total + "0000", "total_paid_tax_incl": o.Total + "0000", "total_paid_real": o.Total + "0000", "total_products": "30.000000",
		"total_products_wt": "36.000000", "conversion_rate": "1.000000", "secure_key": strings.Repeat("ab", 16), "valid": "1",
	}
	s.Put("orders", prestatest.Record{Row: row, Associations: map[string][]prestatest.Row{"order_rows": {
		{"id": id + "1", "product_id": "5", "product_attribute_id": "0", "product_quantity": "1", "product_name": "Livre", "product_reference": "BOOK", "id_customization": id},
	}}})
	s.Put("customers", prestatest.Record{Row: prestatest.Row{"id": id, "lastname": c.LastName, "firstname": c.FirstName, "email": c.Email, "passwd": "x", "active": "1", "is_guest": "0"}})
	s.Put("addresses", prestatest.Record{Row: prestatest.Row{"id": id, "id_customer": id, "id_country": "8", "alias": "Mon adresse", "lastname": c.LastName,
		"firstname": c.FirstName, "address1": c.Address, "postcode": c.Postcode, "city": c.City, "phone": c.Phone, "deleted": "0"}})
	custom := prestatest.Record{Row: prestatest.Row{"id": id, "id_address_delivery": id, "id_cart": id, "id_product": "5", "id_product_attribute": "0",
		"quantity": "1", "quantity_refunded": "0", "quantity_returned": "0", "in_cart": "1"}, Associations: map[string][]prestatest.Row{}}
	for i, p := range o.Photos {
		custom.Associations["customized_data_text_fields"] = append(custom.Associations["customized_data_text_fields"], prestatest.Row{"id_customization_field": strconv.Itoa(i + 1), "value": p})
	}
	s.Put("customizations", custom)
	s.Put("order_histories", prestatest.Record{Row: prestatest.Row{"id": id + "1", "id_order": id, "id_order_state": "2", "date_add": prestaTime(o.CreatedAt)}})
	if !o.CompletedAt.IsZero() {
		s.Put("order_histories", prestatest.Record{Row: prestatest.Row{"id": id + "2", "id_order": id, "id_order_state": "5", "date_add": prestaTime(o.CompletedAt)}})
	}
}

func prestaWorld(t *testing.T) world {
	s, p := servePresta(t)
	own := map[string]int{"completed": 20, "processing": 21, "trash": 22, "wc-in-the-kiln": 23}
	for name, id := range own {
		s.Put("order_states", prestatest.Record{Row: prestatest.Row{"id": strconv.Itoa(id), "name": name, "shipped": "0", "paid": "0"}})
	}
	return world{
		source: plain{p}, incremental: true,
		put: func(list []order.Order) {
			for _, o := range list {
				prestaOrder(s, o, own[o.Status])
			}
		},
		damage: func(number string) {
			id, _ := strconv.Atoi(number)
			s.Set("orders", id, "delivery_date", "soon")
		},
	}
}

func prestaDeskWorld(t *testing.T) deskWorld {
	s, p := servePresta(t)
	return prestaDeskWorldOf(t, s, p)
}

func prestaDeskWorldOf(_ *testing.T, s *prestatest.Shop, p *shop.Presta) deskWorld {
	pii := func(kind, number string) string {
		return "PII " + kind + " " + map[bool]string{true: "un", false: "deux"}[number == "1001"]
	}
	return deskWorld{
		source: p, desk: p.Desk(),
		seed: func(numbers ...string) {
			s.Put("customers", prestatest.Record{Row: prestatest.Row{"id": "7", "lastname": "PII nom", "firstname": "PII prénom", "email": "PII@example.fr", "passwd": "secret",
				"note": "PII client fidèle", "company": "PII SARL", "birthday": "1980-01-02", "active": "1", "is_guest": "0", "secure_key": strings.Repeat("ab", 16), "last_passwd_gen": "2025-01-01 00:00:00"}})
			s.Put("addresses", prestatest.Record{Row: prestatest.Row{"id": "900", "id_customer": "7", "id_country": "8", "alias": "PII bureau", "lastname": "PII n", "firstname": "PII p",
				"address1": "PII rue du Bureau", "city": "PII Lens", "postcode": "62300", "phone": "0303030303", "deleted": "0"}})
			for i, n := range numbers {
				id, at := 1001+i, time.Date(2026, 1, 5+i, 9, 0, 0, 0, time.UTC)
				o := order.Order{Ref: strconv.Itoa(id), Number: n, CreatedAt: at, ModifiedAt: at.Add(time.Hour), CompletedAt: at.Add(48 * time.Hour), Total: "39.90",
					Customer: order.Customer{FirstName: pii("prénom", n), LastName: pii("invoice", n), Address: pii("invoice rue", n), City: pii("invoice ville", n), Postcode: "59000", Phone: "0102030405"}}
				prestaOrder(s, o, 5)
				key := strconv.Itoa(id)
				s.Remove("customers", id)
				s.Set("orders", id, "id_customer", "7")
				s.Set("orders", id, "gift_message", pii("cadeau", n))
				s.Set("orders", id, "note", pii("note", n))
				s.Set("orders", id, "id_address_delivery", "2"+key)
				s.Set("addresses", id, "id_customer", "7")
				s.Set("addresses", id, "firstname", pii("invoice prénom", n))
				s.Set("addresses", id, "other", pii("autre", n))
				s.Put("addresses", prestatest.Record{Row: prestatest.Row{"id": "2" + key, "id_customer": "7", "id_country": "8", "alias": "PII ici", "lastname": pii("nom", n),
					"firstname": pii("prénom", n), "address1": pii("rue", n), "city": pii("ville", n), "postcode": "59800", "phone_mobile": "0607080910", "other": pii("code", n), "deleted": "0"}})
				s.Put("customizations", prestatest.Record{Row: prestatest.Row{"id": key, "id_address_delivery": key, "id_cart": key, "id_product": "5", "id_product_attribute": "0",
					"quantity": "1", "quantity_refunded": "0", "quantity_returned": "0", "in_cart": "1"}, Associations: map[string][]prestatest.Row{
					"customized_data_text_fields": {{"id_customization_field": "1", "value": pii("prénom de l’enfant", n)}},
					"customized_data_images":      {{"id_customization_field": "2", "value": "PII byhand " + key}},
				}})
				s.Put("customer_threads", prestatest.Record{Row: prestatest.Row{"id": key, "id_lang": "1", "id_contact": "1", "id_order": key, "id_customer": "7", "email": pii("mail", n), "token": "t"}})
				s.Put("customer_messages", prestatest.Record{Row: prestatest.Row{"id": key, "id_customer_thread": key, "message": pii("question", n), "ip_address": "3232235777", "user_agent": pii("agent", n), "file_name": "PII byhand joint" + key}})
				s.Put("messages", prestatest.Record{Row: prestatest.Row{"id": key, "id_order": key, "id_customer": "7", "message": pii("mot", n)}})
				s.Put("order_payments", prestatest.Record{Row: prestatest.Row{"id": key, "order_reference": n, "id_currency": "1", "amount": "39.90", "payment_method": "CB", "card_holder": pii("carte", n), "card_number": "4242"}})
			}
		},
		truth: func() []string { return s.Texts("PII") },
		touch: func(number string) { s.Set("orders", 1001, "gift_message", "PII autre cadeau") },
		fail: func(on bool) {
			s.Fail(map[bool]int{true: 500}[on])
		},
		stay: []string{"PII invoice", "PII byhand"},
	}
}

func TestPrestaCompletion(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, paris)
	for _, tc := range []struct {
		name    string
		state   string
		slip    time.Time
		history map[string]time.Time
		want    order.State
		done    time.Time
	}{
		{"a delivery slip that is printed before sending completes nothing", "3", at, nil, order.Open, time.Time{}},
		{"the day of delivery counts, not the one of sending", "5", at, map[string]time.Time{"4": at.Add(time.Hour), "5": at.Add(72 * time.Hour)}, order.Completed, at.Add(72 * time.Hour)},
		{"a shop that follows no parcels is done when it is sent", "4", at, map[string]time.Time{"4": at.Add(time.Hour)}, order.Completed, at.Add(time.Hour)},
		{"without a history the delivery slip's date is all there is", "5", at, nil, order.Completed, at},
		{"complete without any date has none", "5", time.Time{}, nil, order.Completed, time.Time{}},
		{"delivered and then opened again is not complete", "3", at, map[string]time.Time{"5": at}, order.Open, time.Time{}},
		{"delivered and refunded keeps its date", "7", at, map[string]time.Time{"5": at.Add(time.Hour)}, order.Refunded, at.Add(time.Hour)},
		{"cancelled before sending has no date", "6", at, map[string]time.Time{"2": at}, order.Cancelled, time.Time{}},
		{"a state that nobody knows is not guessed", "99", at, map[string]time.Time{"5": at}, order.Unknown, time.Time{}},
		{"a failed payment", "8", time.Time{}, nil, order.Failed, time.Time{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, p := servePresta(t)
			prestaOrder(s, order.Order{Ref: "1", Number: "XKBKNABJK", CreatedAt: at.Add(-time.Hour), ModifiedAt: at, Total: "39.90"}, 1)
			s.Set("orders", 1, "current_state", tc.state)
			s.Set("orders", 1, "delivery_date", prestaTime(tc.slip))
			s.Clear("order_histories")
			for state, when := range tc.history {
				s.Put("order_histories", prestatest.Record{Row: prestatest.Row{"id_order": "1", "id_order_state": state, "date_add": prestaTime(when)}})
			}
			r := readAll(t.Context(), p, time.Time{})
			if r.err != nil || len(r.orders) != 1 {
				t.Fatal(r.err, r.said())
			}
			if o := r.orders[0]; o.State != tc.want || !o.CompletedAt.Equal(tc.done) {
				t.Errorf("%s at %s, want %s at %s", o.State, o.CompletedAt, tc.want, tc.done)
			}
		})
	}
}

func TestPrestaOrder(t *testing.T) {
	for _, xmlOnly := range []bool{false, true} {
		t.Run(fmt.Sprintf("a server that writes XML only: %t", xmlOnly), func(t *testing.T) {
			s, p := servePresta(t)
			s.XMLOnly = xmlOnly
			at := time.Date(2026, 7, 2, 10, 0, 0, 0, paris)
			prestaOrder(s, order.Order{Ref: "12", Number: "XKBKNABJK", CreatedAt: at, ModifiedAt: at.Add(time.Hour), CompletedAt: at.Add(time.Hour), Total: "39.90",
				Customer: order.Customer{Email: "zoe@example.fr", FirstName: "Zoé", LastName: "Lefèvre", Address: "12 rue <b> & « fils »", City: "Lille", Postcode: "59000", Phone: "+33 6"}}, 5)
			s.Put("customizations", prestatest.Record{Row: prestatest.Row{"id": "12", "id_cart": "12", "id_product": "5", "id_product_attribute": "0"}, Associations: map[string][]prestatest.Row{
				"customized_data_images":      {{"id_customization_field": "2", "value": "d41d8cd98f00b204e9800998ecf8427e"}},
				"customized_data_text_fields": {{"id_customization_field": "1", "value": "Zoé https://photos.example/12/a.jpg"}},
			}})
			s.Put("order_slip", prestatest.Record{Row: prestatest.Row{"id_order": "12", "total_products_tax_incl": "9.900000", "total_shipping_tax_incl": "0"}})
			r := readAll(t.Context(), p, time.Time{})
			if r.err != nil || len(r.orders) != 1 {
				t.Fatal(r.err, r.said())
			}
			o := r.orders[0]
			if o.Number != "XKBKNABJK" || o.Ref != "12" || o.Account != "12" || o.State != order.Completed || o.Currency != "EUR" || o.Total != "39.90" || !o.CreatedAt.Equal(at) ||
				o.Customer.Address != "12 rue <b> & « fils »" || o.Customer.Country != "FR" {
				t.Errorf("%+v", o)
			}
			want := []string{"upload/d41d8cd98f00b204e9800998ecf8427e", "upload/d41d8cd98f00b204e9800998ecf8427e_small", "https://photos.example/12/a.jpg"}
			if !slices.Equal(o.Photos, want) || len(o.Lines) != 1 || !slices.Equal(o.Lines[0].Photos, want) || o.Lines[0].SKU != "BOOK" || o.Fields[want[0]] != "customized_data_images" {
				t.Errorf("photos %q, lines %+v, fields %v", o.Photos, o.Lines, o.Fields)
			}
			s.Put("order_slip", prestatest.Record{Row: prestatest.Row{"id_order": "12", "total_products_tax_incl": "20.000000", "total_shipping_tax_incl": "10.000000"}})
			if r := readAll(t.Context(), p, time.Time{}); r.orders[0].State != order.Refunded {
				t.Errorf("all of it given back: %s", r.orders[0].State)
			}
		})
	}

	t.Run("customizations that the shop mixes up are not read as anybody's photos", func(t *testing.T) {
		s, p := servePresta(t)
		s.Mixes = true
		for _, o := range sample(3) {
			prestaOrder(s, o, 5)
		}
		r := readAll(t.Context(), p, time.Time{})
		if r.err != nil || len(r.orders) != 3 || len(r.problems) != 1 || !strings.Contains(r.said(), "mixes up") {
			t.Fatal(r.err, r.said())
		}
		for _, o := range r.orders {
			if len(o.Photos) != 0 {
				t.Errorf("order %s got %q", o.Number, o.Photos)
			}
		}
	})
}

func TestPrestaReading(t *testing.T) {
	put := func(s *prestatest.Shop, n int, at func(i int) time.Time) {
		for i, o := range sample(n) {
			o.ModifiedAt, o.CreatedAt, o.CompletedAt = at(i), at(i).Add(-72*time.Hour), time.Time{}
			prestaOrder(s, o, 2)
		}
	}
	t.Run("many orders of the same second are all read", func(t *testing.T) {
		s, p := servePresta(t)
		at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		put(s, 250, func(i int) time.Time { return at.Add(time.Duration(i/230) * time.Second) })
		if r := readAll(t.Context(), p, time.Time{}); r.err != nil || len(r.orders) != 250 {
			t.Fatal(r.err, len(r.orders))
		}
	})
	t.Run("the hour that comes twice in autumn hides no order", func(t *testing.T) {
		s, p := servePresta(t)
		// 02:00 to 03:00 on 25 October 2026 comes twice.
		start := time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC)
		put(s, 180, func(i int) time.Time { return start.Add(time.Duration(i) * time.Minute) })
		if r := readAll(t.Context(), p, time.Time{}); r.err != nil || len(r.orders) != 180 {
			t.Fatal(r.err, len(r.orders))
		}
		since := start.Add(80 * time.Minute) // 02:50, the first time
		r := readAll(t.Context(), p, since)
		seen := map[string]bool{}
		for _, o := range r.orders {
			seen[o.Ref] = true
		}
		for i := 80; i < 180; i++ {
			if !seen[strconv.Itoa(1001+i)] {
				t.Fatalf("the change of minute %d was not given", i)
			}
		}
	})
	t.Run("a reading that broke goes on at its mark", func(t *testing.T) {
		s, p := servePresta(t)
		put(s, 250, func(i int) time.Time { return time.Date(2026, 3, 2, 10, 0, i, 0, time.UTC) })
		mark, n := "", 0
		got := func(order.Order) error { n++; return nil }
		broke := errors.New("cut")
		_, err := p.ChangedFrom(t.Context(), time.Time{}, "", func(o order.Order) error {
			if n == 150 {
				return broke
			}
			return got(o)
		}, nil, func(m string) error { mark = m; return nil }, nil)
		if !errors.Is(err, broke) || mark == "" {
			t.Fatal(err, mark)
		}
		n = 0
		next, err := p.ChangedFrom(t.Context(), time.Time{}, mark, got, nil, nil, nil)
		if err != nil || n < 100 || n > 160 || next.IsZero() {
			t.Errorf("%d orders, next %s, %v", n, next, err)
		}
		for _, m := range []string{"nonsense", mark + "x", "presta1 1 2 3 4", strings.Replace(mark, "2026", "20x6", 1)} {
			n = 0
			if _, err := p.ChangedFrom(t.Context(), time.Time{}, m, got, nil, nil, nil); err != nil || n != 250 {
				t.Errorf("mark %q: %d orders, %v", m, n, err)
			}
		}
	})
	t.Run("an order that is saved while it is read is not lost", func(t *testing.T) {
		s, p := servePresta(t)
		put(s, 250, func(i int) time.Time { return time.Date(2026, 3, 2, 10, 0, i, 0, time.UTC) })
		moved := false
		s.Before = func(_ int, r *http.Request) {
			if !moved && strings.Contains(r.URL.RawQuery, "limit") && strings.Contains(r.URL.RawQuery, "filter") {
				moved = true
				s.Set("orders", 1003, "date_upd", "2026-03-09 10:00:00")
				s.Set("orders", 1180, "date_upd", "2026-03-09 10:00:01")
			}
		}
		r := readAll(t.Context(), p, time.Time{})
		if r.err != nil || len(byNumber(r.orders)) != 250 {
			t.Fatal(r.err, len(byNumber(r.orders)))
		}
	})
}

func TestPrestaErrors(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*prestatest.Shop, *httptest.Server, *shop.PrestaConfig)
		want   error
		says   string
	}{
		{"a key that is not active", func(_ *prestatest.Shop, _ *httptest.Server, c *shop.PrestaConfig) {
			c.Key = strings.Repeat("Z", 32)
		}, shop.ErrAuth, "code-20"},
		{"a key of another form", func(_ *prestatest.Shop, _ *httptest.Server, c *shop.PrestaConfig) { c.Key = "short" }, shop.ErrAuth, "code-18"},
		{"a right that the key lacks", func(s *prestatest.Shop, _ *httptest.Server, _ *shop.PrestaConfig) {
			s.Deny("GET customers")
		}, shop.ErrAuth, "GET customers"},
		{"another site", func(_ *prestatest.Shop, srv *httptest.Server, c *shop.PrestaConfig) { c.URL = srv.URL + "/blog" }, shop.ErrNotPresta, "404"},
		{"a shop that breaks", func(s *prestatest.Shop, _ *httptest.Server, _ *shop.PrestaConfig) { s.Fail(500) }, shop.ErrAnswer, "500"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := prestatest.New(prestaKey)
			prestaOrder(s, sample(1)[0], 5)
			srv := quietTLS(s)
			defer srv.Close()
			var c shop.PrestaConfig
			tc.change(s, srv, &c)
			r := readAll(t.Context(), connectPresta(t, srv, c), time.Time{})
			if !errors.Is(r.err, tc.want) || !strings.Contains(r.err.Error(), tc.says) {
				t.Fatalf("%v, want %v (%s)", r.err, tc.want, tc.says)
			}
			for _, a := range s.Requests() {
				if strings.Contains(a, prestaKey) || strings.Contains(a, "ws_key") {
					t.Errorf("the key stands in the address %s", a)
				}
			}
			if strings.Contains(r.err.Error(), prestaKey) || strings.Contains(r.err.Error(), "/api") {
				t.Errorf("the error says too much: %v", r.err)
			}
		})
	}
	t.Run("the webservice switched off is said as such", func(t *testing.T) {
		srv := quietTLS(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9999")
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `<?xml version="1.0"?><prestashop><errors><error><code>22</code><message>disabled</message></error></errors></prestashop>`)
		}))
		defer srv.Close()
		if _, err := connectPresta(t, srv, shop.PrestaConfig{}).Check(t.Context()); !errors.Is(err, shop.ErrNotPresta) {
			t.Error(err)
		}
	})
	t.Run("the live test tells what the key may not do", func(t *testing.T) {
		s, p := servePresta(t)
		prestaOrder(s, sample(1)[0], 5)
		if says, err := p.Check(t.Context()); err != nil || says != "1 orders" {
			t.Error(says, err)
		}
		s.NoPatch = true
		s.Deny("DELETE customers")
		if says, err := p.Check(t.Context()); err != nil || !strings.Contains(says, "DELETE customers") || !strings.Contains(says, "PATCH orders") {
			t.Error(says, err)
		}
	})
}

// prestaOpen reads a seeded shop and what its desk finds of an order.
func prestaOpen(t *testing.T, numbers ...string) (*prestatest.Shop, deskWorld, map[string][]plan.Found) {
	t.Helper()
	s, p := servePresta(t)
	w := prestaDeskWorldOf(t, s, p)
	w.seed(numbers...)
	found := map[string][]plan.Found{}
	for n, o := range w.orders(t) {
		found[n] = w.records(t, o)
	}
	return s, w, found
}

func TestPrestaDesk(t *testing.T) {
	t.Run("an address that two orders share goes only when both give it up", func(t *testing.T) {
		s, w, _ := prestaOpen(t, "1001", "1002")
		s.Set("orders", 1002, "id_address_delivery", "21001")
		all := w.orders(t)
		pick := func(n string) []plan.Found {
			return which(w.records(t, all[n]), func(f plan.Found) bool { return strings.Contains(f.Key, "/delivery_") })
		}
		one, two := pick("1001"), pick("1002")
		if len(one) != 3 || len(two) != 3 {
			t.Fatal(keysOf(one), keysOf(two))
		}
		before := s.Get("addresses", 21001)
		for i, err := range w.erase(t.Context(), one) {
			if !errors.Is(err, erasure.ErrElsewhere) {
				t.Errorf("%s: %v", one[i].Key, err)
			}
		}
		if after := s.Get("addresses", 21001); after["address1"] != before["address1"] {
			t.Error("the shared address was changed")
		}
		for i, err := range w.erase(t.Context(), append(slices.Clone(one), two...)) {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		if a := s.Get("addresses", 21001); strings.Contains(fmt.Sprint(a), "PII") || a["id_country"] != "8" {
			t.Errorf("left: %v", a)
		}
	})
	t.Run("an address that is another order's invoice address stays with the invoice", func(t *testing.T) {
		s, w, _ := prestaOpen(t, "1001", "1002")
		s.Set("orders", 1002, "id_address_invoice", "21001")
		one := which(w.records(t, w.orders(t)["1001"]), func(f plan.Found) bool { return strings.HasSuffix(f.Key, "/delivery_address") })
		if len(one) != 1 || one[0].Holds != plan.Invoice {
			t.Fatalf("%+v", one)
		}
		if errs := w.erase(t.Context(), one); !errors.Is(errs[0], erasure.ErrElsewhere) {
			t.Error(errs)
		}
	})
	t.Run("an address of another customer is never touched", func(t *testing.T) {
		s, w, _ := prestaOpen(t, "1001")
		s.Set("addresses", 21001, "id_customer", "8")
		one := which(w.records(t, w.orders(t)["1001"]), func(f plan.Found) bool { return strings.HasSuffix(f.Key, "/delivery_phone") })
		if errs := w.erase(t.Context(), one); len(errs) != 1 || !errors.Is(errs[0], erasure.ErrElsewhere) {
			t.Error(errs)
		}
	})
	t.Run("erasing sends no mail, writes no new state and leaves every other field as it was", func(t *testing.T) {
		s, w, found := prestaOpen(t, "1001")
		before, place, who := s.Get("orders", 1001), s.Get("addresses", 21001), s.Get("customers", 7)
		s.Deny("DELETE customers")
		for i, err := range w.erase(t.Context(), which(found["1001"], may)) {
			if err != nil {
				t.Error(i, err)
			}
		}
		if s.Mails != 0 || len(s.Get("orders", 1001)) != len(before) {
			t.Errorf("%d mails", s.Mails)
		}
		for f, v := range before {
			if got := s.Get("orders", 1001)[f]; got != v && !slices.Contains([]string{"note", "gift_message", "date_upd"}, f) {
				t.Errorf("order %s was %q, is %q", f, v, got)
			}
		}
		for _, f := range []string{"id_customer", "id_country", "deleted"} {
			if got := s.Get("addresses", 21001)[f]; got != place[f] {
				t.Errorf("address %s was %q, is %q", f, place[f], got)
			}
		}
		after := s.Get("customers", 7)
		if after["active"] != "0" || strings.Contains(fmt.Sprint(after), "PII") || after["secure_key"] != who["secure_key"] || after["passwd"] != who["passwd"] {
			t.Errorf("the customer became %v", after)
		}
		if s.Get("addresses", 900) != nil {
			t.Error("the address that no order uses is still there")
		}
	})
	t.Run("a customer is removed whole only when nothing said would go with her", func(t *testing.T) {
		s, w, found := prestaOpen(t, "1001", "1002")
		account := which(found["1001"], func(f plan.Found) bool { return f.Holds == plan.Account })
		if errs := w.erase(t.Context(), account); errs[0] != nil {
			t.Fatal(errs)
		}
		if s.Get("customers", 7) == nil || s.Get("messages", 1002) == nil {
			t.Error("the messages of another order went with the customer")
		}
	})
	t.Run("a field that this shop does not write is left out, all others are written", func(t *testing.T) {
		s, w, found := prestaOpen(t, "1001")
		s.ReadOnly("addresses date_add")
		s.ReadOnly("addresses id_warehouse")
		one := which(found["1001"], func(f plan.Found) bool { return strings.HasSuffix(f.Key, "/delivery_address") })
		if errs := w.erase(t.Context(), one); errs[0] != nil {
			t.Error(errs)
		}
		s.ReadOnly("addresses phone_mobile")
		one = which(found["1001"], func(f plan.Found) bool { return strings.HasSuffix(f.Key, "/delivery_phone") })
		if errs := w.erase(t.Context(), one); !errors.Is(errs[0], erasure.ErrNoWay) {
			t.Error(errs)
		}
	})
	t.Run("what the version or the key does not allow stands as work by hand", func(t *testing.T) {
		s, w, found := prestaOpen(t, "1001")
		s.NoPatch = true
		s.Deny("DELETE messages")
		for _, f := range w.records(t, w.orders(t)["1001"]) {
			name := f.Key[strings.LastIndexByte(f.Key, '/')+1:]
			want := name == "note" || name == "gift_message" || name == "message-1001" || strings.Contains(name, "-file-")
			if f.ByHand != want {
				t.Errorf("%s: by hand %t", f.Key, f.ByHand)
			}
			if f.ByHand {
				if err := w.desk.Erase(t.Context(), f.Object); !errors.Is(err, erasure.ErrNoWay) {
					t.Errorf("%s: %v", f.Key, err)
				}
			}
		}
		if len(found["1001"]) == 0 {
			t.Error("nothing found")
		}
	})
	t.Run("what names a photo tells which", func(t *testing.T) {
		s, w, _ := prestaOpen(t, "1001")
		s.Put("customizations", prestatest.Record{Row: s.Get("customizations", 1001), Associations: map[string][]prestatest.Row{
			"customized_data_text_fields": {{"id_customization_field": "1", "value": "PII https://photos.example/1001/a.jpg"}}, "customized_data_images": {{"id_customization_field": "2", "value": "d41d8"}}}})
		names := map[string]string{}
		for _, f := range w.records(t, w.orders(t)["1001"]) {
			if f.Holds == plan.Reference {
				names[f.Key[strings.LastIndexByte(f.Key, '/')+1:]] = f.Names
			}
		}
		if names["customization-1001"] != "https://photos.example/1001/a.jpg" || names["customization-1001-file-2"] != "upload/d41d8\nupload/d41d8_small" || len(names) != 2 {
			t.Errorf("%q", names)
		}
	})
	t.Run("a payment that split orders share stays while one of them needs it", func(t *testing.T) {
		s, w, _ := prestaOpen(t, "1001", "1002")
		s.Set("orders", 1002, "reference", "1001")
		o := order.Order{Ref: "1001", Number: "1001"}
		one := which(w.records(t, o), func(f plan.Found) bool { return strings.HasSuffix(f.Key, "/payment-1001") })
		if errs := w.erase(t.Context(), one); len(errs) != 1 || !errors.Is(errs[0], erasure.ErrElsewhere) {
			t.Error(errs)
		}
	})
}

func FuzzPrestaAnswer(f *testing.F) {
	for _, seed := range []string{
		`[]`, `{"orders":[]}`, `{"orders":[{"id":1,"reference":"A","current_state":"5","delivery_date":"0000-00-00 00:00:00","date_add":"2026-01-01 10:00:00","total_paid_tax_incl":"39.900000","associations":{"order_rows":[{"id":"1","product_name":"x"}]}}]}`,
		`{"order":{"id":"1","associations":{"customized_data_images":[{"id_customization_field":"1","value":"abc"}]},"name":[{"id":"1","value":"Livré"}]}}`,
		`<?xml version="1.0"?><prestashop xmlns:xlink="http://www.w3.org/1999/xlink"><orders><order><id><![CDATA[1]]></id><current_state notFilterable="true">5</current_state><delivery_date/></order></orders></prestashop>`,
		`<prestashop><errors><error><code>93</code><message>parameter "x" not writable</message></error></errors></prestashop>`,
		`{"errors":[{"code":20,"message":"no"}]}`, `{"orders":{"3":{"id":"9"}}}`, `<html>`, `{"orders":`, `<prestashop><orders>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { _, _, _ = shop.DecodePresta(body) })
}
