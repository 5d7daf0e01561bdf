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
	"greffier/data/shop/shopifytest"
)

const shopifyToken = "shpat_test_never_shown"

func init() {
	worlds["shopify"] = shopifyWorld
	worlds["shopify, in bulk"] = shopifyBulkWorld
	desks["shopify"] = shopifyDeskWorld
}

// serveShopify starts a shop behind TLS, another host for its files, and a
// source that trusts both.
func serveShopify(t testing.TB) (*shopifytest.Shop, *shop.Shopify) {
	t.Helper()
	s := shopifytest.New(shopifyToken)
	srv := httptest.NewTLSServer(s)
	t.Cleanup(srv.Close)
	files := httptest.NewTLSServer(s.FileServer())
	t.Cleanup(files.Close)
	s.Files = files.URL
	return s, connectShopify(t, srv, shop.ShopifyConfig{})
}

func connectShopify(t testing.TB, srv *httptest.Server, c shop.ShopifyConfig) *shop.Shopify {
	t.Helper()
	c.Name = "boutique"
	if c.Shop == "" {
		c.Shop = srv.URL
	}
	if c.Token == "" && c.ClientID == "" {
		c.Token = shopifyToken
	}
	if srv.TLS != nil {
		c.CAFile = caFile(t, srv)
	}
	s, err := shop.NewShopify(c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Impatient()
}

func shopifyTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func orderGID(ref string) string { return "gid://shopify/Order/" + ref }

// shopifyPut puts an order with the words of its sending.
func shopifyPut(s *shopifytest.Shop, o order.Order, fulfillment string) {
	c := o.Customer
	place := shopifytest.Record{"firstName": c.FirstName, "lastName": c.LastName, "address1": c.Address, "zip": c.Postcode, "city": c.City, "countryCodeV2": c.Country, "phone": c.Phone}
	var attributes []any
	for i, p := range o.Photos {
		attributes = append(attributes, shopifytest.Record{"key": "Photo " + strconv.Itoa(i+1), "value": p})
	}
	r := shopifytest.Record{
		"id": orderGID(o.Ref), "name": "#" + o.Number, "createdAt": shopifyTime(o.CreatedAt), "updatedAt": shopifyTime(o.ModifiedAt), "test": false,
		"displayFinancialStatus": "PAID", "displayFulfillmentStatus": fulfillment, "email": nil, "phone": nil, "billingAddress": place,
		"totalPriceSet": shopifytest.Record{"shopMoney": shopifytest.Record{"amount": o.Total, "currencyCode": o.Currency}},
		"lineItems":     []any{shopifytest.Record{"id": "gid://shopify/LineItem/" + o.Ref + "1", "name": "Livre", "sku": "BOOK", "customAttributes": attributes}},
	}
	if c.Email != "" {
		r["email"] = c.Email
	}
	if !o.CompletedAt.IsZero() {
		r["fulfillments"] = []any{shopifytest.Record{"status": "SUCCESS", "deliveredAt": shopifyTime(o.CompletedAt), "updatedAt": shopifyTime(o.CompletedAt)}}
	}
	s.PutOrder(r)
}

// inWords gives the orders of the suite back in the suite's words: Shopify has
// neither a bin nor states of the shop's own.
type inWords struct {
	plain
	words map[string]order.Order
}

func (p inWords) Changed(ctx context.Context, since time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(int, int, string)) (time.Time, error) {
	return p.plain.Changed(ctx, since, func(o order.Order) error {
		w := p.words[o.Number]
		want, same := map[order.State]string{order.Completed: "PAID, FULFILLED", order.Trashed: "PAID, FULFILLED", order.Open: "PAID, UNFULFILLED", order.Unknown: "PAID, IN_THE_KILN"}[w.State], w.State
		if same == order.Trashed {
			same = order.Completed
		}
		if o.Status == want && o.State == same {
			o.Status, o.State = w.Status, w.State
		}
		return got(o)
	}, bad, report)
}

func shopifyWorld(t *testing.T) world {
	s, p := serveShopify(t)
	words := map[string]order.Order{}
	return world{
		source: inWords{plain{p}, words}, incremental: true,
		put: func(list []order.Order) {
			for _, o := range list {
				words[o.Number] = o
				shopifyPut(s, o, map[order.State]string{order.Open: "UNFULFILLED", order.Unknown: "IN_THE_KILN"}[o.State])
				if o.State == order.Completed || o.State == order.Trashed {
					s.SetOrder(orderGID(o.Ref), "displayFulfillmentStatus", "FULFILLED")
				}
			}
		},
		damage: func(number string) { s.SetOrder(orderGID(number), "closedAt", "soon") },
	}
}

func shopifyBulkWorld(t *testing.T) world {
	w := shopifyWorld(t)
	w.source.(inWords).Source.(*shop.Shopify).BulkFrom(10)
	return w
}

func shopifyDeskWorld(t *testing.T) deskWorld {
	s, p := serveShopify(t)
	return shopifyDeskWorldOf(s, p)
}

func shopifyDeskWorldOf(s *shopifytest.Shop, p *shop.Shopify) deskWorld {
	return deskWorld{
		source: p, desk: p.Desk(),
		seed: func(numbers ...string) {
			place := func(word string) shopifytest.Record {
				return shopifytest.Record{"firstName": "PII " + word, "lastName": "PII " + word, "company": "PII " + word, "address1": "PII rue " + word, "zip": "59000", "city": "PII " + word, "countryCodeV2": "FR", "phone": "+33600000000"}
			}
			home := place("maison")
			home["id"] = "gid://shopify/MailingAddress/5"
			s.PutCustomer(shopifytest.Record{"id": "gid://shopify/Customer/7", "firstName": "PII Zoé", "lastName": "PII Lefèvre", "note": "PII fidèle", "tags": []any{"PII vip"},
				"defaultEmailAddress": shopifytest.Record{"emailAddress": "PII@example.fr"}, "defaultPhoneNumber": shopifytest.Record{"phoneNumber": "+33611111111"},
				"addressesV2": []any{home}, "metafields": []any{shopifytest.Record{"id": "gid://shopify/Metafield/70", "namespace": "custom", "key": "child", "type": "single_line_text_field", "value": "PII enfant"}}})
			for i, n := range numbers {
				ref, at := strconv.Itoa(1001+i), time.Date(2026, 1, 5+i, 9, 0, 0, 0, time.UTC)
				s.PutOrder(shopifytest.Record{
					"id": orderGID(ref), "name": "#" + n, "createdAt": shopifyTime(at), "updatedAt": shopifyTime(at.Add(72 * time.Hour)), "test": false,
					"displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED", "email": "PII" + ref + "@example.fr", "phone": "+336" + ref,
					"note": "PII note " + ref, "tags": []any{"PII tag " + ref}, "clientIp": "PII byhand ip " + ref, "poNumber": "PII po " + ref,
					"customer": shopifytest.Record{"id": "gid://shopify/Customer/7"}, "shippingAddress": place("livraison" + ref), "billingAddress": place("invoice" + ref),
					"customAttributes": []any{shopifytest.Record{"key": "Prénom", "value": "PII prénom " + ref}},
					"fulfillments":     []any{shopifytest.Record{"status": "SUCCESS", "deliveredAt": shopifyTime(at.Add(48 * time.Hour)), "updatedAt": shopifyTime(at.Add(48 * time.Hour))}},
					"totalPriceSet":    shopifytest.Record{"shopMoney": shopifytest.Record{"amount": "39.90", "currencyCode": "EUR"}},
					"lineItems": []any{shopifytest.Record{"id": "gid://shopify/LineItem/" + ref, "name": "Livre", "sku": "BOOK",
						"customAttributes": []any{shopifytest.Record{"key": "Photo", "value": "https://photos.example/PII byhand " + ref + ".jpg"}}}},
					"metafields": []any{
						shopifytest.Record{"id": "gid://shopify/Metafield/" + ref, "namespace": "custom", "key": "portrait", "type": "url", "value": "https://photos.example/PII" + ref + ".jpg"},
						shopifytest.Record{"id": "gid://shopify/Metafield/9" + ref, "namespace": "custom", "key": "rank", "type": "number_integer", "value": "3"},
					},
				})
			}
		},
		truth:  func() []string { return s.Texts("PII") },
		touch:  func(string) { s.SetOrder(orderGID("1001"), "note", "PII another note") },
		fail:   func(on bool) { s.Fail(map[bool]int{true: 500}[on]) },
		stay:   []string{"PII invoice", "PII rue invoice", "PII byhand"},
		beyond: "/metafield-",
	}
}

func TestShopifyCompletion(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	parcel := func(status string, delivered, updated time.Time) any {
		return shopifytest.Record{"status": status, "deliveredAt": shopifyTime(delivered), "updatedAt": shopifyTime(updated)}
	}
	for _, tc := range []struct {
		name   string
		set    map[string]any
		want   order.State
		done   time.Time
		status string
	}{
		{"the last parcel's arrival counts", map[string]any{"fulfillments": []any{parcel("SUCCESS", at, at), parcel("SUCCESS", at.Add(time.Hour), at)}}, order.Completed, at.Add(time.Hour), ""},
		{"a parcel that nobody follows counts when it was last heard of", map[string]any{"fulfillments": []any{parcel("SUCCESS", time.Time{}, at)}}, order.Completed, at, ""},
		{"a parcel that was called back does not count", map[string]any{"fulfillments": []any{parcel("SUCCESS", at, at), parcel("CANCELLED", at.Add(time.Hour), at)}}, order.Completed, at, ""},
		{"closed without any parcel", map[string]any{"displayFulfillmentStatus": "UNFULFILLED", "closedAt": shopifyTime(at)}, order.Completed, at, ""},
		{"partly sent is not complete", map[string]any{"displayFulfillmentStatus": "PARTIALLY_FULFILLED", "fulfillments": []any{parcel("SUCCESS", at, at)}}, order.Open, time.Time{}, ""},
		{"cancelled", map[string]any{"displayFulfillmentStatus": "UNFULFILLED", "cancelledAt": shopifyTime(at), "closedAt": shopifyTime(at)}, order.Cancelled, time.Time{}, ""},
		{"refunded after delivery keeps its date", map[string]any{"displayFinancialStatus": "REFUNDED", "fulfillments": []any{parcel("SUCCESS", at, at)}}, order.Refunded, at, ""},
		{"partly refunded is still complete", map[string]any{"displayFinancialStatus": "PARTIALLY_REFUNDED", "fulfillments": []any{parcel("SUCCESS", at, at)}}, order.Completed, at, ""},
		{"a word that is not known is not guessed", map[string]any{"displayFulfillmentStatus": "TELEPORTED"}, order.Unknown, time.Time{}, ""},
		{"a test order says so", map[string]any{"test": true, "fulfillments": []any{parcel("SUCCESS", at, at)}}, order.Completed, at, "TEST, PAID, FULFILLED"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, p := serveShopify(t)
			shopifyPut(s, order.Order{Ref: "1", Number: "1001", CreatedAt: at.Add(-time.Hour), ModifiedAt: at, Total: "39.90", Currency: "EUR"}, "FULFILLED")
			for f, v := range tc.set {
				s.SetOrder(orderGID("1"), f, v)
			}
			r := readAll(t.Context(), p, time.Time{})
			if r.err != nil || len(r.orders) != 1 {
				t.Fatal(r.err, r.said())
			}
			if o := r.orders[0]; o.State != tc.want || !o.CompletedAt.Equal(tc.done) || tc.status != "" && o.Status != tc.status {
				t.Errorf("%s at %s (%s), want %s at %s", o.State, o.CompletedAt, o.Status, tc.want, tc.done)
			}
		})
	}
}

func TestShopifyReading(t *testing.T) {
	put := func(s *shopifytest.Shop, n int, at func(i int) time.Time) {
		for i, o := range sample(n) {
			o.CreatedAt, o.ModifiedAt, o.CompletedAt = at(i).Add(-time.Hour), at(i), time.Time{}
			shopifyPut(s, o, "UNFULFILLED")
		}
	}
	seconds := func(i int) time.Time { return time.Date(2026, 3, 2, 10, 0, i, 0, time.UTC) }

	t.Run("an order with more lines than one page holds is read whole, each photo with its line", func(t *testing.T) {
		s, p := serveShopify(t)
		put(s, 1, seconds)
		var lines []any
		for i := range 130 {
			lines = append(lines, shopifytest.Record{"id": fmt.Sprintf("gid://shopify/LineItem/%d", i+1), "name": "Livre", "sku": "B" + strconv.Itoa(i),
				"customAttributes": []any{shopifytest.Record{"key": "_photo", "value": fmt.Sprintf("https://photos.example/%d.jpg", i)}, shopifytest.Record{"key": "Texte", "value": "Pour Zoé"}}})
		}
		s.SetOrder(orderGID("1001"), "lineItems", lines)
		r := readAll(t.Context(), p, time.Time{})
		if r.err != nil || len(r.orders) != 1 || len(r.orders[0].Lines) != 130 || len(r.orders[0].Photos) != 130 {
			t.Fatal(r.err, r.said(), len(r.orders[0].Lines), len(r.orders[0].Photos))
		}
		if l := r.orders[0].Lines[120]; !slices.Equal(l.Photos, []string{"https://photos.example/120.jpg"}) || l.Ref != "121" || r.orders[0].Fields["https://photos.example/120.jpg"] != "_photo" {
			t.Errorf("%+v", l)
		}
	})
	t.Run("without read_all_orders the reading says that it shows the last 60 days only", func(t *testing.T) {
		s, p := serveShopify(t)
		s.Scopes = []string{"read_orders"}
		s.Now = func() time.Time { return time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC) }
		put(s, 3, func(i int) time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).AddDate(0, -3*i, 0) })
		r := readAll(t.Context(), p, time.Time{})
		if r.err != nil || len(r.orders) != 1 || len(r.problems) != 1 || !strings.Contains(r.said(), "60 days") {
			t.Fatal(r.err, len(r.orders), r.said())
		}
		if says, err := p.Check(t.Context()); err != nil || !strings.Contains(says, "60 days") || !strings.Contains(says, "write_orders") {
			t.Error(says, err)
		}
		if err := p.Desk().List(t.Context(), "orders/1003/", func(plan.Object) error { return nil }); !errors.Is(err, erasure.ErrDenied) {
			t.Errorf("an old order that is not shown was taken for one that is gone: %v", err)
		}
	})
	t.Run("protected data that is hidden is told once, and the desk takes nothing for gone", func(t *testing.T) {
		s, p := serveShopify(t)
		w := shopifyDeskWorldOf(s, p)
		w.seed("1001", "1002")
		s.Hidden = []string{"email", "customer"}
		r := readAll(t.Context(), p, time.Time{})
		if r.err != nil || len(r.orders) != 2 || len(r.problems) != 1 || !strings.Contains(r.said(), "protected customer data") {
			t.Fatal(r.err, len(r.orders), r.said())
		}
		if says, err := p.Check(t.Context()); err != nil || !strings.Contains(says, "protected customer data") {
			t.Error(says, err)
		}
		if err := w.desk.List(t.Context(), "orders/1001/", func(plan.Object) error { return nil }); !errors.Is(err, erasure.ErrDenied) {
			t.Error(err)
		}
	})
	t.Run("an order of which a part is missing is not handed over, the rest goes on", func(t *testing.T) {
		s, p := serveShopify(t)
		put(s, 30, seconds)
		s.Break(orderGID("1005"), "fulfillments")
		r := readAll(t.Context(), p, time.Time{})
		if r.err != nil || len(r.orders) != 29 || len(r.problems) != 1 || r.problems[0].Where != "order 1005" {
			t.Fatal(r.err, len(r.orders), r.said())
		}
	})
	t.Run("a throttled reading waits as long as the bucket needs and loses nothing", func(t *testing.T) {
		s, p := serveShopify(t)
		put(s, 90, seconds)
		s.Points, s.Rate = 2000, 100
		var waited []time.Duration
		p.Waits(func(d time.Duration) { waited = append(waited, d) })
		r := readAll(t.Context(), p, time.Time{})
		if r.err != nil || len(r.orders) != 90 || len(waited) == 0 {
			t.Fatal(r.err, len(r.orders), waited)
		}
		s.Throttle(99)
		if _, err := p.Count(t.Context()); !errors.Is(err, shop.ErrBusy) {
			t.Error(err)
		}
	})
	t.Run("a reading that broke goes on at its mark", func(t *testing.T) {
		s, p := serveShopify(t)
		put(s, 100, seconds)
		mark, n := "", 0
		broke := errors.New("cut")
		_, err := p.ChangedFrom(t.Context(), time.Time{}, "", func(order.Order) error {
			if n++; n > 50 {
				return broke
			}
			return nil
		}, nil, func(m string) error { mark = m; return nil }, nil)
		if !errors.Is(err, broke) || mark == "" {
			t.Fatal(err, mark)
		}
		n = 0
		got := func(order.Order) error { n++; return nil }
		if next, err := p.ChangedFrom(t.Context(), time.Time{}, mark, got, nil, nil, nil); err != nil || n != 60 || next.IsZero() {
			t.Errorf("%d orders, %s, %v", n, next, err)
		}
		parts := strings.Split(mark, " ")
		parts[5] = "cbm9uc2Vuc2U"
		for _, m := range []string{"nonsense", mark + " x", strings.Join(parts, " ")} {
			n = 0
			if _, err := p.ChangedFrom(t.Context(), time.Time{}, m, got, nil, nil, nil); err != nil || n != 100 {
				t.Errorf("mark %q: %d orders, %v", m, n, err)
			}
		}
	})
	t.Run("a large shop is read by a bulk operation, whose file gets no token", func(t *testing.T) {
		for _, ungrouped := range []bool{false, true} {
			s, p := serveShopify(t)
			put(s, 120, seconds)
			p.BulkFrom(100)
			s.Slow, s.Ungrouped = 3, ungrouped
			r := readAll(t.Context(), p, time.Time{})
			if r.err != nil || len(r.problems) != 0 {
				t.Fatal(r.err, r.said())
			}
			got := byNumber(r.orders)
			if len(got) != 120 || len(s.FileTokens()) != 0 {
				t.Fatalf("%d orders, tokens %q", len(got), s.FileTokens())
			}
			for i, o := range sample(120) {
				if !slices.Equal(got[o.Number].Photos, o.Photos) {
					t.Fatalf("ungrouped %t, order %d: photos %q", ungrouped, i, got[o.Number].Photos)
				}
			}
			if !slices.ContainsFunc(s.Queries(), func(q string) bool { return strings.Contains(q, "bulkOperationRunQuery") }) {
				t.Error("no bulk operation was run")
			}
		}
	})
	t.Run("a bulk operation that fails is replaced by pages", func(t *testing.T) {
		s, p := serveShopify(t)
		put(s, 120, seconds)
		p.BulkFrom(100)
		s.BulkFails = true
		if r := readAll(t.Context(), p, time.Time{}); r.err != nil || len(r.orders) != 120 {
			t.Fatal(r.err, len(r.orders))
		}
	})
	t.Run("a file is fetched over a safe way only, and never from where it is redirected to", func(t *testing.T) {
		for _, files := range []string{"http://files.example", "ftp://files.example", "https://user:pass@files.example", "file:///etc/passwd#"} {
			s, p := serveShopify(t)
			put(s, 120, seconds)
			p.BulkFrom(100)
			s.Files = files
			if r := readAll(t.Context(), p, time.Time{}); !errors.Is(r.err, shop.ErrAnswer) || len(r.orders) != 0 || strings.Contains(r.err.Error(), "example") {
				t.Errorf("%s: %v", files, r.err)
			}
		}
		s, p := serveShopify(t)
		put(s, 120, seconds)
		p.BulkFrom(100)
		other := httptest.NewTLSServer(http.RedirectHandler(s.Files, http.StatusFound))
		defer other.Close()
		s.Files = other.URL
		if r := readAll(t.Context(), p, time.Time{}); !errors.Is(r.err, shop.ErrMoved) {
			t.Error(r.err)
		}
	})
	t.Run("a bulk reading that broke goes on with the same operation", func(t *testing.T) {
		s, p := serveShopify(t)
		put(s, 700, seconds)
		p.BulkFrom(100)
		mark, n := "", 0
		broke := errors.New("cut")
		_, err := p.ChangedFrom(t.Context(), time.Time{}, "", func(order.Order) error {
			if n++; n > 600 {
				return broke
			}
			return nil
		}, nil, func(m string) error { mark = m; return nil }, nil)
		if !errors.Is(err, broke) {
			t.Fatal(err)
		}
		n = 0
		if _, err := p.ChangedFrom(t.Context(), time.Time{}, mark, func(order.Order) error { n++; return nil }, nil, nil, nil); err != nil || n != 200 {
			t.Errorf("%d orders, %v", n, err)
		}
		runs := 0
		for _, q := range s.Queries() {
			runs += strings.Count(q, "bulkOperationRunQuery")
		}
		if runs != 1 {
			t.Errorf("%d bulk operations", runs)
		}
	})
}

func TestShopifyAuth(t *testing.T) {
	t.Run("a token is got with the app's id and secret and renewed before its day is over", func(t *testing.T) {
		s := shopifytest.New("")
		s.ClientID, s.ClientSecret = "id", "client-secret"
		srv := httptest.NewTLSServer(s)
		defer srv.Close()
		now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		p := connectShopify(t, srv, shop.ShopifyConfig{ClientID: "id", ClientSecret: "client-secret", Now: func() time.Time { return now }})
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {22 * time.Hour, 1}, {90 * time.Minute, 2}} {
			now = now.Add(step.after)
			if _, err := p.Count(t.Context()); err != nil || s.Tokens() != step.want {
				t.Errorf("after %s: %d tokens, %v", step.after, s.Tokens(), err)
			}
		}
		s.Token = "revoked"
		if _, err := p.Count(t.Context()); err != nil || s.Tokens() != 3 {
			t.Errorf("after it was revoked: %d tokens, %v", s.Tokens(), err)
		}
	})
	for _, tc := range []struct {
		name string
		c    shop.ShopifyConfig
		want error
	}{
		{"a wrong token", shop.ShopifyConfig{Token: "wrong"}, shop.ErrAuth},
		{"a wrong secret", shop.ShopifyConfig{ClientID: "id", ClientSecret: "wrong"}, shop.ErrAuth},
		{"a version that is no longer served", shop.ShopifyConfig{Version: "2020-01"}, shop.ErrNotShopify},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := shopifytest.New(shopifyToken)
			s.ClientID, s.ClientSecret = "id", "client-secret"
			srv := quietTLS(s)
			defer srv.Close()
			_, err := connectShopify(t, srv, tc.c).Check(t.Context())
			if !errors.Is(err, tc.want) || strings.Contains(err.Error(), "wrong") || strings.Contains(err.Error(), "/admin") {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	t.Run("a shop is found however the owner names it", func(t *testing.T) {
		for _, name := range []string{"mystore", "mystore.myshopify.com", "https://mystore.myshopify.com/admin", "https://admin.shopify.com/store/mystore/orders"} {
			if _, err := shop.NewShopify(shop.ShopifyConfig{Name: "s", Shop: name, Token: "t"}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, bad := range []shop.ShopifyConfig{{Shop: "http://mystore.myshopify.com", Token: "t"}, {Shop: "mystore"}, {Shop: "mystore", Token: "t", Version: "../x"}, {Shop: "", Token: "t"}} {
			if _, err := shop.NewShopify(bad); err == nil {
				t.Errorf("%+v was taken", bad.Shop)
			}
		}
	})
}

func TestShopifyDesk(t *testing.T) {
	open := func(t *testing.T, numbers ...string) (*shopifytest.Shop, deskWorld, map[string][]plan.Found) {
		s, p := serveShopify(t)
		w := shopifyDeskWorldOf(s, p)
		w.seed(numbers...)
		found := map[string][]plan.Found{}
		for n, o := range w.orders(t) {
			found[n] = w.records(t, o)
		}
		return s, w, found
	}
	t.Run("what the API cannot change stands as work by hand", func(t *testing.T) {
		_, w, found := open(t, "1001")
		for _, f := range found["1001"] {
			name := f.Key[strings.LastIndexByte(f.Key, '/')+1:]
			want := name == "billing_address" || name == "client_ip" || strings.HasPrefix(name, "line-")
			if f.ByHand != want {
				t.Errorf("%s: by hand %t", f.Key, f.ByHand)
			}
			if f.ByHand {
				if err := w.desk.Erase(t.Context(), f.Object); !errors.Is(err, erasure.ErrNoWay) {
					t.Errorf("%s: %v", f.Key, err)
				}
			}
		}
	})
	t.Run("what names a photo tells which, in the words of the order", func(t *testing.T) {
		_, w, found := open(t, "1001")
		o := w.orders(t)["1001"]
		n := 0
		for _, f := range found["1001"] {
			if f.Holds != plan.Reference {
				continue
			}
			n++
			if strings.Contains(f.Key, "/line-") && !slices.Contains(o.Photos, f.Names) || f.Names == "" {
				t.Errorf("%s names %q, the order %q", f.Key, f.Names, o.Photos)
			}
		}
		if n != 2 {
			t.Errorf("%d references", n)
		}
	})
	t.Run("without the right to write orders everything of an order is work by hand", func(t *testing.T) {
		s, w, _ := open(t, "1001")
		s.Scopes = []string{"read_all_orders", "read_orders", "read_customers"}
		for _, f := range w.records(t, w.orders(t)["1001"]) {
			if !f.ByHand {
				t.Errorf("%s could be erased", f.Key)
			}
		}
	})
	t.Run("an order is emptied in one call, and its numbers stay", func(t *testing.T) {
		s, w, found := open(t, "1001")
		before := len(s.Queries())
		for i, err := range w.erase(t.Context(), which(found["1001"], func(f plan.Found) bool { return may(f) && strings.HasPrefix(f.Key, "orders/") })) {
			if err != nil {
				t.Error(i, err)
			}
		}
		updates := 0
		for _, q := range s.Queries()[before:] {
			updates += strings.Count(q, "orderUpdate")
		}
		o := s.Order(orderGID("1001"))
		place := o["shippingAddress"].(map[string]any)
		if updates != 1 || place["countryCodeV2"] != "FR" || len(o["metafields"].([]any)) != 1 {
			t.Errorf("%d calls, %v", updates, o)
		}
	})
	t.Run("a field that the shop refuses does not hold up the others", func(t *testing.T) {
		s, w, found := open(t, "1001")
		s.Refuses = []string{"email"}
		todo := which(found["1001"], func(f plan.Found) bool { return may(f) && strings.HasPrefix(f.Key, "orders/") })
		for i, err := range w.erase(t.Context(), todo) {
			if refused := strings.HasSuffix(todo[i].Key, "/email"); refused != (err != nil) {
				t.Errorf("%s: %v", todo[i].Key, err)
			}
		}
		if o := s.Order(orderGID("1001")); o["email"] == nil || o["note"] != nil {
			t.Errorf("%v", o)
		}
	})
	t.Run("what changes at the last moment and was not asked for stays", func(t *testing.T) {
		s, w, found := open(t, "1001")
		s.Before = func(q string) {
			if strings.Contains(q, "orderUpdate") {
				s.Before = nil
				s.SetOrder(orderGID("1001"), "tags", []any{"PII new"})
			}
		}
		todo := which(found["1001"], func(f plan.Found) bool { return strings.HasSuffix(f.Key, "/note") })
		if errs := w.erase(t.Context(), todo); errs[0] != nil {
			t.Error(errs)
		}
		if tags := s.Order(orderGID("1001"))["tags"].([]any); len(tags) != 1 {
			t.Errorf("tags that nobody confirmed went: %v", tags)
		}
	})
	t.Run("a postcode that does not fit the country is left empty", func(t *testing.T) {
		s, w, found := open(t, "1001")
		s.Refuses = []string{"zip"}
		todo := which(found["1001"], func(f plan.Found) bool { return strings.HasSuffix(f.Key, "/shipping_address") })
		errs := w.erase(t.Context(), todo)
		if _, there := w.listed(t, todo)[todo[0].ID()]; errs[0] != nil || there {
			t.Error(errs, there)
		}
	})
	t.Run("an account whose orders still say something loses its own fields only", func(t *testing.T) {
		s, w, found := open(t, "1001", "1002")
		account := which(found["1001"], func(f plan.Found) bool { return f.Holds == plan.Account })
		if errs := w.erase(t.Context(), account); errs[0] != nil {
			t.Fatal(errs)
		}
		if len(s.Erased) != 0 || s.Customer("gid://shopify/Customer/7") == nil || s.Order(orderGID("1002"))["email"] == nil {
			t.Error("Shopify's own erasure took other orders' data")
		}
		if left := s.Texts("PII"); slices.ContainsFunc(left, func(x string) bool { return strings.HasPrefix(x, "gid://shopify/Customer/") }) {
			t.Errorf("left: %q", left)
		}
	})
	t.Run("an account without anything left elsewhere is erased by Shopify, and is there until Shopify has done it", func(t *testing.T) {
		s, w, found := open(t, "1001")
		s.Lazy = true
		for _, f := range []string{"email", "phone", "note", "poNumber", "clientIp", "billingAddress", "shippingAddress"} {
			s.SetOrder(orderGID("1001"), f, nil)
		}
		for _, f := range []string{"tags", "customAttributes", "lineItems", "metafields"} {
			s.SetOrder(orderGID("1001"), f, []any{})
		}
		account := which(found["1001"], func(f plan.Found) bool { return f.Holds == plan.Account })
		if errs := w.erase(t.Context(), account); errs[0] != nil {
			t.Fatal(errs)
		}
		if len(s.Erased) != 1 {
			t.Fatal("Shopify was not asked")
		}
		if left := w.listed(t, account); len(left) != 1 {
			t.Error("it was taken for gone before it was")
		}
		s.Erase()
		if left := w.listed(t, account); len(left) != 0 {
			t.Errorf("still listed: %v", left)
		}
	})
}

func BenchmarkShopifyLines(b *testing.B) {
	var file strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&file, `{"id":"gid://shopify/Order/%d","name":"#%d","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-02T00:00:00Z","displayFinancialStatus":"PAID","displayFulfillmentStatus":"FULFILLED","email":"c@example.fr"}`+"\n", i+1, i+1)
		fmt.Fprintf(&file, `{"id":"gid://shopify/LineItem/%d","name":"Livre","customAttributes":[{"key":"Photo","value":"https://photos.example/%d.jpg"}],"__parentId":"gid://shopify/Order/%d"}`+"\n", i+1, i+1, i+1)
	}
	body := []byte(file.String())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if n, late, err := shop.DecodeShopifyLines(body); n != 10_000 || late != 0 || err != nil {
			b.Fatal(n, late, err)
		}
	}
}

func FuzzShopifyAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"orders":{"nodes":[{"id":"gid://shopify/Order/1","name":"#1001","updatedAt":"2026-01-01T00:00:00Z","closedAt":null,"lineItems":{"nodes":[{"id":"gid://shopify/LineItem/1","customAttributes":[{"key":"Photo","value":"https://x.example/a.jpg"}]}]}}]}},"errors":[{"message":"x","path":["orders","nodes",0,"email"],"extensions":{"code":"ACCESS_DENIED"}}],"extensions":{"cost":{"requestedQueryCost":5,"throttleStatus":{"currentlyAvailable":1.5,"restoreRate":50}}}}`,
		`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`, `{"errors":"Not Found"}`, `{"data":null}`, `{"data":{"orders":{"nodes":[null,1,{}]}}}`, `[]`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { _, _ = shop.DecodeShopify(body) })
}

func FuzzShopifyLines(f *testing.F) {
	for _, seed := range []string{
		"{\"id\":\"gid://shopify/Order/1\",\"name\":\"#1\"}\n{\"id\":\"gid://shopify/LineItem/1\",\"__parentId\":\"gid://shopify/Order/1\"}\n",
		"{\"id\":\"gid://shopify/LineItem/1\",\"__parentId\":\"gid://shopify/Order/9\"}\n", "{\"id\":1}\n", "\n\n", "{\"id\":\"x\"", "null\n1\n[]\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { _, _, _ = shop.DecodeShopifyLines(body) })
}
