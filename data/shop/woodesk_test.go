package shop_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/shop"
	"greffier/data/shop/wootest"
)

func init() {
	desks["woocommerce, classic storage"] = func(t *testing.T) deskWorld { return wooDesk(t, false).deskWorld }
	desks["woocommerce, HPOS"] = func(t *testing.T) deskWorld { return wooDesk(t, true).deskWorld }
}

const mediaUser, mediaPassword = "greffier", "abcd EFGH ijkl MNOP"

type wooDeskWorld struct {
	deskWorld
	shop *wootest.Shop
	site string
	srv  *httptest.Server
	wd   erasure.Desk
}

func wooDesk(t *testing.T, hpos bool) wooDeskWorld {
	t.Helper()
	s := wootest.New(key, secret)
	s.HPOS = hpos
	s.CalcTaxes, s.Rates = true, []wootest.Rate{{ID: 3, Country: "FR", Percent: "20.0000", Name: "TVA"}}
	s.AppPassword(mediaUser, mediaPassword)
	srv := quietTLS(s)
	t.Cleanup(srv.Close)
	return wooDeskOn(t, s, srv, shop.WooConfig{MediaUser: mediaUser, MediaPassword: mediaPassword})
}

func wooDeskOn(t *testing.T, s *wootest.Shop, srv *httptest.Server, c shop.WooConfig) wooDeskWorld {
	t.Helper()
	w := connect(t, srv, c)
	d := w.Desk()
	world := wooDeskWorld{shop: s, site: srv.URL, srv: srv, wd: d}
	world.deskWorld = deskWorld{
		source: w, desk: d,
		seed: func(numbers ...string) {
			s.PutCustomer(wootest.Customer{ID: 7, Email: "PII-account@example.fr", FirstName: "PII-Zoé", LastName: "PII-Lee", Username: "PII-zoe",
				Billing: wootest.Address{City: "PII-Lille"}})
			for _, n := range numbers {
				id, _ := strconv.ParseInt(n, 10, 64)
				putPII(s, srv.URL, id)
			}
		},
		truth: func() []string { return planted(t, s.Everything()) },
		touch: func(number string) {
			id, _ := strconv.ParseInt(number, 10, 64)
			s.Edit(id, func(o *wootest.Order) { o.Billing.Phone = "PII phone changed" })
		},
		fail: func(on bool) {
			if on {
				s.Down(500)
			} else {
				s.Down(0)
			}
		},
		stay: []string{"PII-b-", "PII-refund"},
	}
	return world
}

// putPII puts an order in which every personal field is filled.
func putPII(s *wootest.Shop, site string, id int64) {
	n := strconv.FormatInt(id, 10)
	address, _ := s.Upload(site, "PII-portrait-"+n+".jpg")
	s.Put(wootest.Order{
		ID: id, Status: "completed", Currency: "EUR", Total: "42.00", TotalTax: "7.00", Transaction: "txn_" + n, OrderKey: "wc_order_" + n,
		DateCreated: wootest.GMT(day), DateComplete: wootest.GMTPtr(day.Add(48 * time.Hour)), DateModified: wootest.GMT(day.Add(50 * time.Hour)),
		CustomerID: 7, CustomerIP: "203.0.113.77 PII-ip", UserAgent: "PII-agent/5.0", CustomerNote: "PII-note: please hurry",
		Billing: wootest.Address{FirstName: "PII-b-first", LastName: "PII-b-last", Company: "PII-b-company", Address1: "PII-b-street 1", Address2: "PII-b-stairs",
			City: "PII-b-city", State: "PII-b-state", Postcode: "PII-b-59800", Country: "FR", Email: "PII-mail@example.fr", Phone: "PII-phone"},
		Shipping: wootest.Address{FirstName: "PII-s-first", LastName: "PII-s-last", Company: "PII-s-company", Address1: "PII-s-street 2", Address2: "PII-s-stairs",
			City: "PII-s-city", State: "PII-s-state", Postcode: "PII-s-75001", Country: "FR", Phone: "PII-s-phone"},
		LineItems: []wootest.LineItem{{ID: id*10 + 1, SKU: "BOOK", Name: "Livre", Quantity: 1, Total: "30.00", MetaData: []wootest.Meta{
			{ID: id*100 + 1, Key: "_photo_upload", Value: address},
			{ID: id*100 + 2, Key: "_photo_upload", Value: "https://bucket.example/uploads/" + n + "/PII-b.jpg"},
			{ID: id*100 + 3, Key: "Prénom de l'enfant", Value: "PII-child"},
			{ID: id*100 + 4, Key: "pa_size", Value: "a4"},
			{ID: id*100 + 5, Key: "_options", Value: map[string]any{"dedication": "PII-for you", "pages": 24}},
		}}},
		ShippingWith: []wootest.Freight{{ID: id*10 + 2, Method: "Point relais", Total: "5.00", MetaData: []wootest.Meta{
			{ID: id*100 + 6, Key: "contact/point\n", Value: "PII-relay"}, {ID: id*100 + 7, Key: "Articles", Value: "Livre × 1"}}}},
		TaxLines: []wootest.TaxLine{{ID: id*1000 + 500, RateID: 3, Label: "TVA", Percent: 20, Total: "7.00"}},
		Refunds:  []wootest.Refund{{ID: id*10 + 3, Reason: "PII-refund reason", Total: "-5.00"}},
		MetaData: []wootest.Meta{
			{ID: id*100 + 11, Key: "_uploaded_image", Value: []string{"uploads/" + n + "/PII-c.jpg", "uploads/" + n + "/PII-d.jpg"}},
			{ID: id*100 + 12, Key: "gift/message\x01", Value: "PII-gift"},
			{ID: id*100 + 13, Key: "_wc_order_attribution_user_agent", Value: "PII-attribution"},
			{ID: id*100 + 14, Key: "_stripe_fee", Value: "0.55"},
			{ID: id*100 + 15, Key: "_relay", Value: "to pii-mail@EXAMPLE.fr PII-x"},
		},
	})
	s.AddNote(id, "PII-order note")
	s.AddNote(id, "Order status changed. PII-system")
}

// planted finds all texts with "PII" in a JSON document, keys included.
func planted(t *testing.T, doc []byte) (list []string) {
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(strings.ToUpper(v), "PII") {
				list = append(list, v)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for k, e := range v {
				walk(k)
				walk(e)
			}
		}
	}
	walk(v)
	return list
}

func (w wooDeskWorld) order(t *testing.T, number string) order.Order { return w.orders(t)[number] }

// holdings lists what a desk finds as "field holds", with a mark where it is
// by hand.
func holdings(found []plan.Found) (list []string) {
	for _, f := range found {
		mark := ""
		if f.ByHand {
			mark = " by hand"
		}
		_, name, _ := strings.Cut(f.Key, "/")
		_, name, _ = strings.Cut(name, "/")
		list = append(list, fmt.Sprintf("%s %s%s", name, f.Holds, mark))
	}
	slices.Sort(list)
	return list
}

func TestWooDeskFields(t *testing.T) {
	w := wooDesk(t, false)
	w.seed("1001")
	want := strings.Split(strings.TrimSpace(`
account account
billing.address_1 invoice
billing.address_2 invoice
billing.city invoice
billing.company invoice
billing.email contact
billing.first_name invoice
billing.last_name invoice
billing.phone contact
billing.postcode invoice
billing.state invoice
customer_ip_address contact
customer_note contact
customer_user_agent contact
file photo
line.10011.meta.100101._photo_upload reference
line.10011.meta.100102._photo_upload reference
line.10011.meta.100103.Prénom_de_l_enfant contact
line.10011.meta.100105._options contact
meta.100111._uploaded_image reference
meta.100112.gift_message_ contact
meta.100113._wc_order_attribution_user_agent contact
meta.100115._relay contact
note.900002 contact
note.900003 contact
refund.10013.reason contact by hand
shipping.address_1 contact
shipping.address_2 contact
shipping.city contact
shipping.company contact
shipping.first_name contact
shipping.last_name contact
shipping.phone contact
shipping.postcode contact
shipping.state contact
shipping_line.10012.meta.100106.contact_point_ contact
`), "\n")
	slices.Sort(want)
	if got := holdings(w.records(t, w.order(t, "1001"))); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	t.Run("a shipping address that repeats the invoice's is the invoice's", func(t *testing.T) {
		w.shop.Edit(1001, func(o *wootest.Order) {
			o.Shipping = o.Billing
			o.Shipping.Email = ""
		})
		got := holdings(w.records(t, w.order(t, "1001")))
		for _, want := range []string{"shipping.city invoice", "shipping.first_name invoice", "shipping.phone contact"} {
			if !slices.Contains(got, want) {
				t.Errorf("%q is not in %q", want, got)
			}
		}
	})
	t.Run("what the shop's own eraser has emptied is not listed, the photos that it left are", func(t *testing.T) {
		w.shop.Edit(1001, func(o *wootest.Order) { o.Billing.Phone, o.Shipping.Phone = "+33 6 12 34 56 78", "01.23" })
		w.shop.EraseItself(1001)
		o := w.order(t, "1001")
		if !o.Anonymised || o.Customer != (order.Customer{}) || len(o.Photos) == 0 || o.Account != "" {
			t.Errorf("%+v", o)
		}
		got := holdings(w.records(t, o))
		for _, g := range got {
			if strings.HasPrefix(g, "billing") || strings.HasPrefix(g, "shipping.") || strings.HasPrefix(g, "customer_user") {
				t.Errorf("listed: %s", g)
			}
		}
		if !slices.Contains(got, "line.10011.meta.100102._photo_upload reference") || !slices.Contains(got, "file photo") {
			t.Errorf("%q", got)
		}
	})
	t.Run("named meta keys are the photos, other links are only personal", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		srv := quietTLS(w.shop)
		defer srv.Close()
		d := connect(t, srv, shop.WooConfig{PhotoMeta: []string{"_uploaded_IMAGE"}}).Desk()
		var found []plan.Found
		if err := d.Records(t.Context(), order.Order{Ref: "1001", Number: "1001"}, func(f plan.Found) error { found = append(found, f); return nil }); err != nil {
			t.Fatal(err)
		}
		got := holdings(found)
		for _, want := range []string{"meta.100111._uploaded_image reference", "line.10011.meta.100102._photo_upload contact"} {
			if !slices.Contains(got, want) {
				t.Errorf("%q is not in %q", want, got)
			}
		}
	})
}

// record returns one record of order 1001 by the end of its key.
func (w wooDeskWorld) record(t *testing.T, end string) plan.Found {
	t.Helper()
	for _, f := range w.records(t, w.order(t, "1001")) {
		if strings.HasSuffix(f.Key, end) {
			return f
		}
	}
	t.Fatalf("no record %s", end)
	return plan.Found{}
}

// books is what an erasure may not change, as the shop itself keeps it.
func books(t *testing.T, s *wootest.Shop) string {
	var all struct {
		Orders map[string]map[string]any `json:"orders"`
	}
	if err := json.Unmarshal(s.Everything(), &all); err != nil {
		t.Fatal(err)
	}
	for _, o := range all.Orders {
		for _, name := range []string{"billing", "shipping", "customer_ip_address", "customer_user_agent", "customer_note", "customer_id", "meta_data", "date_modified_gmt"} {
			delete(o, name)
		}
		for _, name := range []string{"line_items", "shipping_lines"} {
			for _, l := range o[name].([]any) {
				delete(l.(map[string]any), "meta_data")
			}
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWooDeskTouchesNothingElse(t *testing.T) {
	for _, hpos := range []bool{false, true} {
		w := wooDesk(t, hpos)
		w.seed("1001", "1002")
		before := books(t, w.shop)
		todo := which(w.records(t, w.order(t, "1001")), func(f plan.Found) bool { return !f.ByHand })
		for i, err := range w.erase(t.Context(), todo) {
			if err != nil {
				t.Errorf("%s: %v", todo[i].Key, err)
			}
		}
		if after := books(t, w.shop); after != before {
			t.Errorf("HPOS %v: the books were\n%s\nand are\n%s", hpos, before, after)
		}
		var o struct {
			Orders map[string]wootest.Order `json:"orders"`
		}
		if err := json.Unmarshal(w.shop.Everything(), &o); err != nil {
			t.Fatal(err)
		}
		erased := o.Orders["1001"]
		if erased.Billing.Country != "FR" || erased.Shipping.Country != "FR" || len(erased.LineItems[0].MetaData) != 1 || len(erased.ShippingWith[0].MetaData) != 1 || len(erased.MetaData) != 1 {
			t.Errorf("%+v", erased)
		}
		if puts := len(slices.DeleteFunc(w.shop.Writes(), func(s string) bool { return !strings.HasPrefix(s, "PUT") })); puts != 2 {
			t.Errorf("%d changes of one order", puts)
		}
	}
}

func TestWooDeskTaxes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*wootest.Shop)
		refuse bool
	}{
		{"rates that are those of the order", func(*wootest.Shop) {}, false},
		{"a rate that has changed since", func(s *wootest.Shop) { s.Rates[0].Percent = "5.5000" }, true},
		{"a rate that is no longer there", func(s *wootest.Shop) { s.Rates = nil }, true},
		{"taxes switched off since", func(s *wootest.Shop) { s.CalcTaxes = false }, true},
		{"no taxes then and now", func(s *wootest.Shop) { s.CalcTaxes, s.Rates = false, nil; untaxed(s) }, false},
		{"taxes switched on since", untaxed, true},
		{"no taxes for this country", func(s *wootest.Shop) {
			s.Rates[0].Country = "BE"
			untaxed(s)
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := wooDesk(t, false)
			w.seed("1001")
			tc.change(w.shop)
			before := books(t, w.shop)
			f := w.record(t, "100103.Prénom_de_l_enfant")
			err := w.desk.Erase(t.Context(), f.Object)
			if f.ByHand != tc.refuse || errors.Is(err, shop.ErrTaxes) != tc.refuse || errors.Is(err, erasure.ErrNoWay) != tc.refuse || !tc.refuse && err != nil {
				t.Errorf("by hand %v, error %v", f.ByHand, err)
			}
			// The other fields need no lines to be sent, so they can go.
			if err := w.desk.Erase(t.Context(), w.record(t, "billing.email").Object); err != nil {
				t.Error(err)
			}
			if after := books(t, w.shop); after != before {
				t.Errorf("the books were\n%s\nand are\n%s", before, after)
			}
		})
	}
	t.Run("a shop that changes the amounts all the same is reported, and left alone from there", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		todo := which(w.records(t, w.order(t, "1001")), func(f plan.Found) bool { return strings.HasPrefix(f.Key, "orders/") && may(f) })
		w.shop.Rates[0].Percent = "5.5000" // after the desk has read the rates
		for i, err := range w.erase(t.Context(), todo) {
			if !errors.Is(err, shop.ErrTaxes) {
				t.Errorf("%s: %v", todo[i].Key, err)
			}
		}
		if w.record(t, "billing.email").Key == "" || len(w.shop.Writes()) != 1 {
			t.Errorf("%q", w.shop.Writes())
		}
	})
}

// untaxed makes order 1001 one without taxes.
func untaxed(s *wootest.Shop) {
	s.Edit(1001, func(o *wootest.Order) { o.TaxLines, o.TotalTax, o.Total = nil, "0.00", "35.00" })
}

func TestWooDeskFaults(t *testing.T) {
	t.Run("a key that may only read", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		w.shop.ReadOnly = true
		if a, err := w.desk.Check(t.Context()); err != nil || !strings.Contains(a.Described, "may only read") || !a.CanProve {
			t.Errorf("%+v, %v", a, err)
		}
		for _, end := range []string{"billing.email", "100103.Prénom_de_l_enfant", "note.900002", "/account"} {
			if err := w.desk.Erase(t.Context(), w.record(t, end).Object); !errors.Is(err, erasure.ErrDenied) {
				t.Errorf("%s: %v", end, err)
			}
		}
	})
	t.Run("a key that may write, and nothing is written to find out", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		before := string(w.shop.Everything())
		if a, err := w.desk.Check(t.Context()); err != nil || !strings.Contains(a.Described, "may write") {
			t.Errorf("%+v, %v", a, err)
		}
		if string(w.shop.Everything()) != before {
			t.Error("something was written")
		}
	})
	t.Run("a refused key and an unreachable shop say which", func(t *testing.T) {
		s := wootest.New(key, secret)
		srv := quietTLS(s)
		w := wooDeskOn(t, s, srv, shop.WooConfig{Key: "ck_other", Secret: "x"})
		if err := w.desk.List(t.Context(), "orders/1/", nil); !errors.Is(err, erasure.ErrDenied) {
			t.Error(err)
		}
		srv.Close()
		if err := w.desk.List(t.Context(), "orders/1/", nil); !errors.Is(err, erasure.ErrOffline) {
			t.Error(err)
		}
		if _, err := w.desk.Check(t.Context()); !errors.Is(err, erasure.ErrOffline) {
			t.Error(err)
		}
	})
	t.Run("a shop that says yes and does nothing", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		w.shop.Lies = true
		found := which(w.records(t, w.order(t, "1001")), may)
		_ = w.erase(t.Context(), found)
		left := w.listed(t, found)
		for _, f := range found {
			if _, there := left[f.ID()]; !there {
				t.Errorf("%s is not listed any more", f.Key)
			}
		}
	})
	t.Run("a shop that puts back what was removed", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		w.shop.Stubborn = true
		for _, end := range []string{"billing.email", "customer_note", "meta.100111._uploaded_image", "100103.Prénom_de_l_enfant"} {
			if err := w.desk.Erase(t.Context(), w.record(t, end).Object); !errors.Is(err, shop.ErrKept) {
				t.Errorf("%s: %v", end, err)
			}
		}
	})
	t.Run("a change that the site redirects is no success", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		srv := quietTLS(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				http.Redirect(rw, r, r.URL.Path+"/", http.StatusMovedPermanently)
				return
			}
			w.shop.ServeHTTP(rw, r)
		}))
		defer srv.Close()
		d := connect(t, srv, shop.WooConfig{}).Desk()
		for _, end := range []string{"billing.email", "note.900002", "/account"} {
			if err := d.Erase(t.Context(), w.record(t, end).Object); !errors.Is(err, shop.ErrMoved) {
				t.Errorf("%s: %v", end, err)
			}
		}
	})
	t.Run("a change that was made and whose answer was cut does not hit another row of the same key when it is tried again", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		f := w.record(t, "100101._photo_upload")
		var err error
		for n := range 8 {
			if n == 0 {
				w.shop.CutWrites(1)
			}
			if err = w.desk.Erase(t.Context(), f.Object); err == nil {
				if n == 0 {
					t.Error("the first try gave no error")
				}
				break
			}
			if !errors.Is(err, erasure.ErrOffline) {
				t.Fatal(err)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if w.record(t, "100102._photo_upload").Key == "" {
			t.Error("the other row is gone")
		}
	})
	t.Run("an owner's account is not one to be erased", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		w.shop.PutCustomer(wootest.Customer{ID: 7, Email: "owner@example.fr", Role: "administrator"})
		f := w.record(t, "/account")
		if err := w.desk.Erase(t.Context(), f.Object); !f.ByHand || !errors.Is(err, erasure.ErrNoWay) || !strings.Contains(string(w.shop.Everything()), "owner@") {
			t.Errorf("by hand %v, %v", f.ByHand, err)
		}
	})
	t.Run("an order that is gone lists nothing, its account and upload are still found", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		o := w.order(t, "1001")
		w.shop.Delete(1001)
		if got := holdings(w.records(t, o)); !slices.Equal(got, []string{"account account", "file photo"}) {
			t.Errorf("%q", got)
		}
	})
	t.Run("an order in the bin is erased like any other", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		w.shop.Trash(1001)
		if err := w.desk.Erase(t.Context(), w.record(t, "billing.email").Object); err != nil {
			t.Error(err)
		}
	})
	for name, body := range map[string]string{
		"a web page": "<html>Parking</html>", "another order": `{"id":1002,"number":"1002"}`, "a list": `[]`, "nothing": ``, "null": `null`,
		"half": `{"id":1001,"billing":{`, "meta of another shape": `{"id":1001,"meta_data":["x"]}`, "another 404": "404",
	} {
		t.Run("not understood is never gone: "+name, func(t *testing.T) {
			srv := quietTLS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body == "404" {
					w.WriteHeader(404)
				}
				io.WriteString(w, body)
			}))
			defer srv.Close()
			d := connect(t, srv, shop.WooConfig{}).Desk()
			for _, prefix := range []string{"orders/1001/", "customers/7/", "media/9/"} {
				if err := d.List(t.Context(), prefix, func(plan.Object) error { return nil }); err == nil {
					t.Errorf("%s: no error", prefix)
				}
			}
		})
	}
	t.Run("no value, key or secret stands in an error", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		found := w.records(t, w.order(t, "1001"))
		w.shop.Down(500)
		for _, err := range append(w.erase(t.Context(), found), w.desk.List(t.Context(), found[0].Key, nil)) {
			if err == nil || strings.Contains(err.Error(), "PII") || strings.Contains(err.Error(), "meta.") || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), mediaPassword) {
				t.Errorf("%v", err)
			}
		}
		if s := fmt.Sprintf("%v %+v %#v", w.wd, w.wd, w.wd); strings.Contains(s, secret) || strings.Contains(s, mediaPassword) {
			t.Errorf("%s", s)
		}
	})
}

func TestWooDeskUploads(t *testing.T) {
	t.Run("an upload goes with all its sizes", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		if len(w.shop.Files()) != 7 {
			t.Fatalf("%d files", len(w.shop.Files()))
		}
		f := w.record(t, "/file")
		if f.ByHand || f.SizeBytes != 4711 {
			t.Errorf("%+v", f)
		}
		if err := w.desk.Erase(t.Context(), f.Object); err != nil || len(w.shop.Files()) != 0 {
			t.Errorf("%v, left: %q", err, w.shop.Files())
		}
	})
	t.Run("a reference to one of its sizes finds the upload, once", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		files := w.shop.Files()
		w.shop.Edit(1001, func(o *wootest.Order) {
			for i, f := range files {
				o.MetaData = append(o.MetaData, wootest.Meta{ID: int64(5000 + i), Key: "_image", Value: w.site + f + "?v=2"})
			}
		})
		n := 0
		for _, g := range holdings(w.records(t, w.order(t, "1001"))) {
			if strings.HasPrefix(g, "file") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d uploads", n)
		}
	})
	t.Run("without an application password it is left for the owner", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		plain := wooDeskOn(t, w.shop, w.srv, shop.WooConfig{})
		f := plain.record(t, "/file")
		if err := plain.desk.Erase(t.Context(), f.Object); !f.ByHand || !errors.Is(err, erasure.ErrNoWay) || len(w.shop.Files()) != 7 {
			t.Errorf("by hand %v, %v", f.ByHand, err)
		}
		// With a wrong one it is not known what the library holds.
		wrong := wooDeskOn(t, w.shop, w.srv, shop.WooConfig{MediaUser: mediaUser, MediaPassword: "wrong"})
		if err := wrong.desk.Records(t.Context(), w.order(t, "1001"), func(plan.Found) error { return nil }); !errors.Is(err, erasure.ErrDenied) {
			t.Error(err)
		}
	})
	t.Run("a file beside the library is found as long as the site gives it", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		p := w.shop.PutFile("wcuf/1001/PII ü.jpg")
		w.shop.Edit(1001, func(o *wootest.Order) {
			o.MetaData = append(o.MetaData, wootest.Meta{ID: 5000, Key: "_image", Value: w.site + (&url.URL{Path: p}).EscapedPath()},
				wootest.Meta{ID: 5001, Key: "_image", Value: w.site + "/wp-content/uploads/gone.jpg"}, wootest.Meta{ID: 5002, Key: "_image", Value: w.site + "/logo.png"})
		})
		var beside []plan.Found
		for _, f := range w.records(t, w.order(t, "1001")) {
			if strings.HasPrefix(f.Key, "media/u-") {
				beside = append(beside, f)
			}
		}
		if len(beside) != 1 || !beside[0].ByHand || strings.Contains(beside[0].Key, "PII") {
			t.Fatalf("%+v", beside)
		}
		if err := w.desk.Erase(t.Context(), beside[0].Object); !errors.Is(err, erasure.ErrNoWay) {
			t.Error(err)
		}
		if len(w.listed(t, beside)) != 1 {
			t.Error("it is not listed")
		}
		w.shop.RemoveFile(p)
		if len(w.listed(t, beside)) != 0 {
			t.Error("it is still listed")
		}
	})
	t.Run("an upload whose files stay is not gone", func(t *testing.T) {
		w := wooDesk(t, false)
		w.seed("1001")
		w.shop.KeepFiles(true)
		f := w.record(t, "/file")
		if err := w.desk.Erase(t.Context(), f.Object); !errors.Is(err, shop.ErrFileStays) {
			t.Error(err)
		}
		if len(w.listed(t, []plan.Found{f})) != 1 {
			t.Error("it is not listed any more")
		}
		for _, p := range w.shop.Files() {
			w.shop.RemoveFile(p)
		}
		if err := w.desk.Erase(t.Context(), f.Object); err != nil || len(w.listed(t, []plan.Found{f})) != 0 {
			t.Errorf("once the files are gone: %v", err)
		}
	})
	t.Run("the shop's own pictures, named by somebody in a field for links, are not taken", func(t *testing.T) {
		w := wooDesk(t, false)
		w.shop.Now = func() time.Time { return day.AddDate(-1, 0, 0) }
		logo, _ := w.shop.Upload(w.site, "logo.png")
		w.shop.Now = nil
		w.seed("1001")
		w.shop.Edit(1001, func(o *wootest.Order) {
			o.LineItems[0].MetaData = append(o.LineItems[0].MetaData, wootest.Meta{ID: 5000, Key: "photo link", Value: logo})
		})
		n := 0
		for _, f := range w.records(t, w.order(t, "1001")) {
			if strings.HasSuffix(f.Key, "/file") && f.ByHand {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d uploads are left by hand", n)
		}
	})
}
