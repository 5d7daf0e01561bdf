package shop_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/shop"
)

func init() {
	worlds["vendure"] = func(t *testing.T) world {
		s, v := serveVendure(t)
		return world{source: v, incremental: true, put: s.put, damage: func(number string) {
			s.orders[number]["fulfillments"] = []any{map[string]any{"id": "1", "state": "Delivered", "updatedAt": "soon"}}
		}}
	}
	desks["vendure"] = vendureDeskWorld
}

const vendurePassword = "vendure-password-never-shown"

type obj = map[string]any

// vendureShop answers as Vendure 3.7.3 was measured to: errors come with status
// 200, an unknown session is FORBIDDEN, deleting a customer hides it, an
// address is changed only while its order is being modified, which a delivered
// order cannot be, and modifying a line prices it anew.
type vendureShop struct {
	mu        sync.Mutex
	orders    map[string]obj // by id, which is also the code
	customers map[string]obj
	hidden    map[string]bool // deleted customers
	next      int
	token     string
	logins    int
	failing   bool
	dearer    bool           // products cost more than when they were ordered
	stuck     bool           // no order leaves the state Modifying
	denied    map[string]int // calls after which a mutation is answered by 500 for ever, by name
	custom    obj
	may       []any
}

func newVendureShop() *vendureShop {
	text := func(name string) obj { return obj{"name": name, "type": "text", "list": false, "nullable": true} }
	return &vendureShop{
		orders: map[string]obj{}, customers: map[string]obj{}, hidden: map[string]bool{}, denied: map[string]int{}, next: 1000, may: []any{"SuperAdmin"},
		custom: obj{"Order": []any{text("giftMessage"), text("portraitUrl"), obj{"name": "parcels", "type": "int"}},
			"OrderLine": []any{text("photoUrls"), text("dedication")}, "Customer": []any{text("childName")}, "Address": []any{text("doorCode")}},
	}
}

func serveVendure(t testing.TB) (*vendureShop, *shop.Vendure) {
	t.Helper()
	s := newVendureShop()
	srv := httptest.NewTLSServer(s)
	t.Cleanup(srv.Close)
	return s, connectVendure(t, srv, vendurePassword)
}

func connectVendure(t testing.TB, srv *httptest.Server, password string) *shop.Vendure {
	t.Helper()
	v, err := shop.NewVendure(shop.VendureConfig{Name: "vendure", URL: srv.URL, User: "superadmin", Password: password, CAFile: caFile(t, srv)})
	if err != nil {
		t.Fatal(err)
	}
	return v.Impatient()
}

func stampVendure(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (s *vendureShop) put(list []order.Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = map[string]obj{}
	for _, o := range list {
		c := o.Customer
		s.customers["c"+o.Number] = obj{"id": "c" + o.Number, "firstName": c.FirstName, "lastName": c.LastName, "emailAddress": c.Email, "phoneNumber": c.Phone, "addresses": []any{}, "history": []any{}}
		var photos []any
		for _, p := range o.Photos {
			photos = append(photos, p)
		}
		fulfillments := []any{}
		if !o.CompletedAt.IsZero() {
			fulfillments = append(fulfillments, obj{"id": "f" + o.Number, "state": "Delivered", "updatedAt": stampVendure(o.CompletedAt)})
		}
		s.orders[o.Number] = obj{"id": o.Number, "code": o.Number, "state": o.Status, "active": false, "createdAt": stampVendure(o.CreatedAt.Add(-time.Hour)), "orderPlacedAt": stampVendure(o.CreatedAt),
			"updatedAt": stampVendure(o.ModifiedAt), "currencyCode": o.Currency, "totalWithTax": cents(o.Total), "customer": "c" + o.Number,
			"billingAddress": obj{"streetLine1": c.Address, "postalCode": c.Postcode, "city": c.City, "countryCode": c.Country},
			"lines":          []any{obj{"id": o.Number + "1", "quantity": 1, "productVariant": obj{"sku": "BOOK", "name": "Book"}, "customFields": obj{"photoUrls": photos}}},
			"fulfillments":   fulfillments}
	}
}

func cents(total string) int {
	n, _ := strconv.Atoi(strings.ReplaceAll(total, ".", ""))
	return n
}

func (s *vendureShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing {
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	if r.URL.Path != "/admin-api" || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	var ask struct {
		Query     string
		Variables obj
	}
	if json.NewDecoder(r.Body).Decode(&ask) != nil {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	answer := func(v any) { w.Header().Set("Content-Type", "application/json"); json.NewEncoder(w).Encode(v) }
	refuse := func(code string) {
		answer(obj{"errors": []any{obj{"message": "no", "extensions": obj{"code": code}}}, "data": nil})
	}
	if strings.Contains(ask.Query, "login(") {
		s.logins++
		if ask.Variables["u"] != "superadmin" || ask.Variables["p"] != vendurePassword {
			answer(obj{"data": obj{"login": obj{"__typename": "InvalidCredentialsError", "errorCode": "INVALID_CREDENTIALS_ERROR"}}})
			return
		}
		s.token = fmt.Sprintf("session-%d", s.logins)
		w.Header().Set("vendure-auth-token", s.token)
		answer(obj{"data": obj{"login": obj{"__typename": "CurrentUser"}}})
		return
	}
	if s.token == "" || r.Header.Get("Authorization") != "Bearer "+s.token {
		refuse("FORBIDDEN")
		return
	}
	for name, n := range s.denied {
		if strings.Contains(ask.Query, name+"(") {
			if s.denied[name]--; n <= 0 {
				http.Error(w, "broken", http.StatusInternalServerError)
				return
			}
		}
	}
	data, code := s.do(ask.Query, ask.Variables)
	if code != "" {
		refuse(code)
		return
	}
	answer(obj{"data": data})
}

func (s *vendureShop) do(q string, v obj) (obj, string) {
	has := func(part string) bool { return strings.Contains(q, part) }
	id, _ := v["id"].(string)
	input, _ := v["i"].(obj)
	switch {
	case has("globalSettings"):
		var all []any
		for _, name := range slices.Sorted(maps.Keys(s.custom)) {
			all = append(all, obj{"entityName": name, "customFields": s.custom[name]})
		}
		return obj{"globalSettings": obj{"serverConfig": obj{"entityCustomFields": all}}}, ""
	case has("{me{"):
		return obj{"me": obj{"channels": []any{obj{"permissions": s.may}}}}, ""
	case has("orders(options:{take:1,"):
		items, _ := s.list(obj{"filter": obj{}})
		return obj{"orders": obj{"totalItems": len(items)}}, ""
	case has("orders(options:$o)"):
		o := v["o"].(obj)
		take, skip := int(o["take"].(float64)), int(o["skip"].(float64))
		if take > 1000 {
			return nil, "USER_INPUT_ERROR"
		}
		items, total := s.list(o)
		var page []any
		for _, o := range items[min(skip, total):min(skip+take, total)] {
			page = append(page, s.shown(o))
		}
		return obj{"orders": obj{"totalItems": total, "items": page}}, ""
	case has("transitionOrderToState"):
		return s.transition(s.orders[id], v["s"].(string)), ""
	case has("modifyOrder"):
		return s.modify(input), ""
	case has("setOrderCustomFields"):
		o := s.orders[input["id"].(string)]
		if o == nil {
			return nil, "ENTITY_NOT_FOUND"
		}
		patch(o["customFields"].(obj), input["customFields"].(obj))
		return obj{"setOrderCustomFields": obj{"id": o["id"]}}, ""
	case has("deleteOrderNote"), has("deleteCustomerNote"):
		kind, all := "ORDER_NOTE", s.orders
		if has("deleteCustomerNote") {
			kind, all = "CUSTOMER_NOTE", s.customers
		}
		for _, x := range all {
			before, _ := x["history"].([]any)
			after := slices.DeleteFunc(slices.Clone(before), func(h any) bool { return h.(obj)["id"] == id && h.(obj)["type"] == kind })
			if len(after) < len(before) {
				x["history"] = after
				return obj{"r": obj{"result": "DELETED"}}, ""
			}
		}
		return obj{"r": obj{"result": "NOT_DELETED"}}, ""
	case has("updateCustomer("):
		c := s.customers[input["id"].(string)]
		if c == nil || s.hidden[input["id"].(string)] {
			return nil, "ENTITY_NOT_FOUND"
		}
		patch(c, input)
		s.happened(c, "CUSTOMER_DETAIL_UPDATED", obj{"input": obj{"id": 3, "title": "", "firstName": "", "emailAddress": input["emailAddress"]}})
		return obj{"r": obj{"__typename": "Customer"}}, ""
	case has("updateCustomerAddress("), has("deleteCustomerAddress("):
		if id == "" {
			id = input["id"].(string)
		}
		for _, c := range s.customers {
			book := c["addresses"].([]any)
			i := slices.IndexFunc(book, func(a any) bool { return a.(obj)["id"] == id })
			if i < 0 {
				continue
			}
			a := book[i].(obj)
			if has("updateCustomerAddress(") {
				patch(a, input)
			}
			text := fmt.Sprintf("%v, France", a["streetLine1"])
			if has("deleteCustomerAddress(") {
				c["addresses"] = slices.Delete(book, i, i+1)
				s.happened(c, "CUSTOMER_ADDRESS_DELETED", obj{"address": text})
			} else {
				s.happened(c, "CUSTOMER_ADDRESS_UPDATED", obj{"address": text, "input": input})
			}
			return obj{"r": obj{"success": true}}, ""
		}
		return nil, "ENTITY_NOT_FOUND"
	case has("deleteCustomer("):
		if s.customers[id] == nil || s.hidden[id] {
			return nil, "ENTITY_NOT_FOUND"
		}
		s.hidden[id] = true
		return obj{"r": obj{"result": "DELETED"}}, ""
	case has("order(id:$id)"):
		if s.orders[id] == nil {
			return obj{"order": nil}, ""
		}
		return obj{"order": s.shown(s.orders[id])}, ""
	case has("customer(id:$id)"):
		if s.customers[id] == nil || s.hidden[id] {
			return obj{"customer": nil}, ""
		}
		c := maps.Clone(s.customers[id])
		c["history"] = past(c)
		return obj{"customer": c}, ""
	}
	return nil, "GRAPHQL_VALIDATION_FAILED"
}

// patch sets what is given; custom fields are merged.
func patch(to, from obj) {
	for k, v := range from {
		if inner, ok := v.(obj); ok && to[k] != nil {
			patch(to[k].(obj), inner)
			continue
		}
		to[k] = v
	}
}

func past(x obj) obj {
	items, _ := x["history"].([]any)
	if items == nil {
		items = []any{}
	}
	return obj{"totalItems": len(items), "items": items}
}

func (s *vendureShop) happened(x obj, kind string, data obj) {
	s.next++
	items, _ := x["history"].([]any)
	x["history"] = append(items, obj{"id": strconv.Itoa(s.next), "type": kind, "data": data})
}

// shown is an order as the API gives it.
func (s *vendureShop) shown(o obj) obj {
	out := maps.Clone(o)
	out["history"] = past(o)
	if c := s.customers[fmt.Sprint(o["customer"])]; c != nil {
		out["customer"] = c
		out["whose"] = obj{"history": past(c)}
	} else {
		out["customer"] = nil
	}
	out["total"], out["shippingWithTax"], out["taxSummary"] = o["totalWithTax"], 500, []any{obj{"taxRate": 20, "taxBase": o["totalWithTax"], "taxTotal": 798}}
	switch o["state"] {
	case "PaymentSettled", "Shipped":
		out["nextStates"] = []any{"Delivered", "Cancelled", "Modifying"}
	case "Modifying":
		out["nextStates"] = []any{"PaymentSettled"}
	}
	return out
}

// list returns the orders that a list's options ask for, and how many.
func (s *vendureShop) list(options obj) ([]obj, int) {
	filter, _ := options["filter"].(obj)
	by := "updatedAt"
	if options["sort"] != nil && options["sort"].(obj)["orderPlacedAt"] != nil {
		by = "orderPlacedAt"
	}
	var items []obj
	for _, o := range s.orders {
		if o["active"] == true {
			continue
		}
		if f, ok := filter[by].(obj); ok && o[by].(string) <= f["after"].(string) {
			continue
		}
		items = append(items, o)
	}
	slices.SortFunc(items, func(a, b obj) int {
		return cmp.Or(strings.Compare(a[by].(string), b[by].(string)), strings.Compare(a["id"].(string), b["id"].(string)))
	})
	return items, len(items)
}

func (s *vendureShop) transition(o obj, to string) obj {
	if o == nil {
		return obj{"r": nil}
	}
	from := o["state"].(string)
	next, _ := s.shown(o)["nextStates"].([]any)
	if !slices.Contains(next, any(to)) || from == "Modifying" && s.stuck {
		return obj{"r": obj{"__typename": "OrderStateTransitionError", "errorCode": "ORDER_STATE_TRANSITION_ERROR"}}
	}
	o["state"] = to
	s.happened(o, "ORDER_STATE_TRANSITION", obj{"from": from, "to": to})
	return obj{"r": obj{"__typename": "Order", "state": to}}
}

func (s *vendureShop) modify(input obj) obj {
	o := s.orders[input["orderId"].(string)]
	if o["state"] != "Modifying" {
		return obj{"r": obj{"__typename": "OrderModificationStateError", "errorCode": "ORDER_MODIFICATION_STATE_ERROR"}}
	}
	total := o["totalWithTax"].(int)
	adjust, _ := input["adjustOrderLines"].([]any)
	if s.dearer {
		total += 1000 * len(adjust)
	}
	if input["dryRun"] == false {
		for part, field := range map[string]string{"updateShippingAddress": "shippingAddress", "updateBillingAddress": "billingAddress"} {
			if change, ok := input[part].(obj); ok {
				patch(o[field].(obj), change)
			}
		}
		for _, a := range adjust {
			for _, l := range o["lines"].([]any) {
				if l := l.(obj); l["id"] == a.(obj)["orderLineId"] {
					patch(l["customFields"].(obj), a.(obj)["customFields"].(obj))
				}
			}
		}
		o["totalWithTax"] = total
		o["modifications"] = append(o["modifications"].([]any), obj{"id": "1", "note": ""})
	}
	shown := s.shown(o)
	shown["totalWithTax"], shown["__typename"] = total, "Order"
	return obj{"r": shown}
}

// personal collects every text with "PII" in it.
func personal(v any, out []string) []string {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "PII") {
			out = append(out, v)
		}
	case []any:
		for _, e := range v {
			out = personal(e, out)
		}
	case obj:
		for _, e := range v {
			out = personal(e, out)
		}
	}
	return out
}

// plant puts an order full of personal data into the shop.
func (s *vendureShop) plant(number, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	address := func(what string) obj {
		return obj{"fullName": "PII-" + what + "-name", "company": "PII-" + what + "-company", "streetLine1": "PII-" + what + "-street", "streetLine2": "", "city": "PII-" + what + "-city",
			"province": nil, "postalCode": "PII-" + what + "-code", "countryCode": "FR", "phoneNumber": "PII-" + what + "-phone", "customFields": obj{"doorCode": "PII-" + what + "-door"}}
	}
	if s.customers["c1"] == nil {
		book := address("book")
		book["id"] = "a1"
		s.customers["c1"] = obj{"id": "c1", "title": nil, "firstName": "PII-first", "lastName": "PII-last", "emailAddress": "PII@example.fr", "phoneNumber": "PII-phone",
			"customFields": obj{"childName": "PII-child"}, "addresses": []any{book}, "history": []any{}}
		s.happened(s.customers["c1"], "CUSTOMER_REGISTERED", obj{"strategy": "native"})
		s.happened(s.customers["c1"], "CUSTOMER_ADDRESS_CREATED", obj{"address": "PII-history street, France"})
		s.happened(s.customers["c1"], "CUSTOMER_NOTE", obj{"note": "PII-customer-note"})
	}
	at := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	o := obj{"id": number, "code": number, "state": state, "active": false, "createdAt": stampVendure(at), "orderPlacedAt": stampVendure(at), "updatedAt": stampVendure(at.Add(time.Hour)),
		"currencyCode": "EUR", "totalWithTax": 4788, "customer": "c1", "shippingAddress": address("ship"), "billingAddress": address("billing"),
		"customFields": obj{"giftMessage": "PII-gift", "portraitUrl": "portraits/PII-" + number + "/a.png", "parcels": 1},
		"lines": []any{
			obj{"id": number + "1", "quantity": 1, "productVariant": obj{"sku": "BOOK", "name": "Book"}, "customFields": obj{"photoUrls": []any{"https://photos.example/PII/a.jpg", "https://photos.example/PII/b.jpg"}, "dedication": "PII-dedication"}},
			obj{"id": number + "2", "quantity": 2, "productVariant": obj{"sku": "POSTER", "name": "Poster"}, "customFields": obj{"photoUrls": nil, "dedication": nil}},
		},
		"fulfillments": []any{obj{"id": "f1", "state": "Shipped", "updatedAt": stampVendure(at), "trackingCode": "PII-track"}}, "modifications": []any{},
		"payments": []any{obj{"id": "p1", "metadata": obj{"holder": "PII-payment"}}}}
	if state == "Delivered" {
		o["fulfillments"].([]any)[0].(obj)["state"] = "Delivered"
	}
	s.happened(o, "ORDER_STATE_TRANSITION", obj{"from": "ArrangingPayment", "to": state})
	s.happened(o, "ORDER_NOTE", obj{"note": "PII-note"})
	s.happened(o, "ORDER_CANCELLATION", obj{"reason": "PII-history reason", "lines": []any{}})
	s.orders[number] = o
}

func vendureDeskWorld(t *testing.T) deskWorld {
	s, v := serveVendure(t)
	return deskWorld{
		source: v, desk: v.Desk(),
		seed: func(numbers ...string) {
			for _, n := range numbers {
				s.plant(n, "PaymentSettled")
			}
		},
		truth: func() (out []string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, o := range s.orders {
				out = personal(o, out)
			}
			for _, c := range s.customers {
				out = personal(c, out)
			}
			return out
		},
		touch: func(number string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.orders[number]["shippingAddress"].(obj)["city"] = "PII-moved"
		},
		fail: func(on bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.failing = on
		},
		stay: []string{"PII-billing", "PII-payment", "PII-track", "PII-history"},
	}
}

func TestVendure(t *testing.T) {
	// first reads the only order of a shop.
	first := func(t *testing.T, v *shop.Vendure) order.Order {
		t.Helper()
		r := readAll(t.Context(), v, time.Time{})
		if r.err != nil || len(r.orders) != 1 {
			t.Fatalf("%+v", r)
		}
		return r.orders[0]
	}
	found := func(t *testing.T, v *shop.Vendure, o order.Order) map[string]plan.Found {
		t.Helper()
		m := map[string]plan.Found{}
		if err := v.Desk().Records(t.Context(), o, func(f plan.Found) error { m[f.Key] = f; return nil }); err != nil {
			t.Fatal(err)
		}
		return m
	}

	t.Run("carts are left out", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		s.plant("2", "AddingItems")
		s.orders["2"]["active"] = true
		s.plant("3", "AddingItems")
		if o := first(t, v); o.Number != "1" || o.State != order.Open || !o.CompletedAt.IsZero() {
			t.Errorf("%+v", o)
		}
	})
	t.Run("an order is complete when the last parcel has arrived, not when it was placed or sent", func(t *testing.T) {
		at := func(h int) string { return fmt.Sprintf("2026-01-05T%02d:00:00.000Z", h) }
		for name, tc := range map[string]struct {
			state     string
			parcels   []any
			want      order.State
			completed string
		}{
			"no parcel":                   {"Delivered", []any{}, order.Completed, ""},
			"one that has arrived":        {"Delivered", []any{obj{"state": "Delivered", "updatedAt": at(10)}}, order.Completed, at(10)},
			"two that have arrived":       {"Delivered", []any{obj{"state": "Delivered", "updatedAt": at(12)}, obj{"state": "Delivered", "updatedAt": at(10)}}, order.Completed, at(12)},
			"one on its way":              {"PartiallyDelivered", []any{obj{"state": "Delivered", "updatedAt": at(12)}, obj{"state": "Shipped", "updatedAt": at(13)}}, order.Open, ""},
			"one cancelled":               {"Delivered", []any{obj{"state": "Delivered", "updatedAt": at(9)}, obj{"state": "Cancelled", "updatedAt": at(13)}}, order.Completed, at(9)},
			"sent":                        {"Shipped", []any{obj{"state": "Shipped", "updatedAt": at(13)}}, order.Completed, ""},
			"cancelled before it arrived": {"Cancelled", []any{}, order.Cancelled, ""},
			"a state of the shop's own":   {"InTheKiln", []any{}, order.Unknown, ""},
		} {
			t.Run(name, func(t *testing.T) {
				s, v := serveVendure(t)
				s.plant("1", tc.state)
				s.orders["1"]["fulfillments"] = tc.parcels
				o := first(t, v)
				got := ""
				if !o.CompletedAt.IsZero() {
					got = fmt.Sprint(stampVendure(o.CompletedAt))
				}
				if o.State != tc.want || got != tc.completed {
					t.Errorf("%s, completed %q", o.State, got)
				}
			})
		}
	})
	t.Run("an order that was placed since is read, though its date of change is older", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		since := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
		s.orders["1"]["orderPlacedAt"] = stampVendure(since.Add(time.Hour))
		if r := readAll(t.Context(), v, since); r.err != nil || len(r.orders) != 1 || r.next.Before(since) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("more orders of one second than fit on a page are all read", func(t *testing.T) {
		s, v := serveVendure(t)
		list := sample(900)
		for i := range list {
			list[i].ModifiedAt = time.Date(2026, 1, 2, 10, 0, i/700, 0, time.UTC)
			list[i].CompletedAt = time.Time{}
		}
		s.put(list)
		r := readAll(t.Context(), v, time.Time{})
		if r.err != nil || len(byNumber(r.orders)) != 900 || len(r.orders) != 900 {
			t.Errorf("%v, %d orders", r.err, len(r.orders))
		}
	})
	t.Run("photos are told by field and line", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		o := first(t, v)
		if want := []string{"portraits/PII-1/a.png", "https://photos.example/PII/a.jpg", "https://photos.example/PII/b.jpg"}; !slices.Equal(o.Photos, want) {
			t.Errorf("photos %v", o.Photos)
		}
		if o.Fields[o.Photos[0]] != "portraitUrl" || o.Fields[o.Photos[1]] != "photoUrls" || len(o.Lines) != 2 || !slices.Equal(o.Lines[0].Photos, o.Photos[1:]) || o.Lines[0].SKU != "BOOK" || o.Account != "c1" {
			t.Errorf("%+v", o)
		}
	})
	t.Run("a session that has ended is begun again, once", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		first(t, v)
		s.token = "another"
		first(t, v)
		if s.logins != 2 {
			t.Errorf("%d logins", s.logins)
		}
	})
	t.Run("a wrong password is refused at the first try and not shown", func(t *testing.T) {
		s := newVendureShop()
		srv := httptest.NewTLSServer(s)
		t.Cleanup(srv.Close)
		v := connectVendure(t, srv, "wrong-and-secret")
		_, err := v.Check(t.Context())
		if !errors.Is(err, shop.ErrAuth) || strings.Contains(fmt.Sprintf("%v %+v %#v", err, v, v), "secret") || s.logins != 1 {
			t.Errorf("%v after %d logins", err, s.logins)
		}
		if _, err := v.Desk().Check(t.Context()); !errors.Is(err, erasure.ErrDenied) {
			t.Error(err)
		}
	})
	t.Run("what is no Vendure is told", func(t *testing.T) {
		for name, h := range map[string]http.HandlerFunc{
			"a web page":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Welcome") },
			"nothing":     http.NotFound,
			"other JSON":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":true}`) },
			"a JSON list": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[]`) },
		} {
			t.Run(name, func(t *testing.T) {
				srv := httptest.NewTLSServer(h)
				t.Cleanup(srv.Close)
				if _, err := connectVendure(t, srv, vendurePassword).Check(t.Context()); !errors.Is(err, shop.ErrNotVendure) {
					t.Error(err)
				}
			})
		}
	})
	t.Run("the settings are checked before anything is sent", func(t *testing.T) {
		for _, tc := range []struct {
			c    shop.VendureConfig
			want error
		}{
			{shop.VendureConfig{URL: "http://shop.example/admin-api", User: "u", Password: "p"}, shop.ErrPlainRefused},
			{shop.VendureConfig{URL: "ftp://shop.example", User: "u", Password: "p"}, shop.ErrAddress},
			{shop.VendureConfig{URL: "https://shop.example", User: "u"}, shop.ErrAuth},
			{shop.VendureConfig{URL: "https://shop.example", User: "u", Password: "p", CAFile: "/does/not/exist"}, shop.ErrCertificate},
		} {
			if _, err := shop.NewVendure(tc.c); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		}
	})
	t.Run("a missing permission is named", func(t *testing.T) {
		s, v := serveVendure(t)
		s.may = []any{"ReadOrder", "ReadCustomer", "UpdateOrder", "UpdateCustomer"}
		if _, err := v.Desk().Check(t.Context()); !errors.Is(err, erasure.ErrDenied) || !strings.Contains(err.Error(), "DeleteCustomer") {
			t.Error(err)
		}
	})

	t.Run("of a delivered order, addresses and lines are left to do by hand, and never changed", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "Delivered")
		o := first(t, v)
		m := found(t, v, o)
		for key, byHand := range map[string]bool{"shipping_streetLine1": true, "line-11_photoUrls": true, "payment-p1": true, "tracking-f1": true, "custom_giftMessage": false, "custom_portraitUrl": false} {
			f, there := m["orders/1/"+key]
			if !there || f.ByHand != byHand {
				t.Errorf("%s: there %v, by hand %v", key, there, f.ByHand)
			}
			if f.ByHand {
				if err := v.Desk().Erase(t.Context(), f.Object); !errors.Is(err, erasure.ErrNoWay) {
					t.Errorf("%s: %v", key, err)
				}
			}
		}
		if s.orders["1"]["shippingAddress"].(obj)["streetLine1"] != "PII-ship-street" || s.orders["1"]["state"] != "Delivered" {
			t.Error("the order was changed")
		}
	})
	t.Run("what holds what", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		m := found(t, v, first(t, v))
		for key, want := range map[string]plan.Holds{"shipping_fullName": plan.Contact, "billing_fullName": plan.Invoice, "billing_city": plan.Invoice, "billing_phoneNumber": plan.Contact,
			"line-11_photoUrls": plan.Reference, "line-11_dedication": plan.Contact, "custom_portraitUrl": plan.Reference} {
			if got := m["orders/1/"+key].Holds; got != want {
				t.Errorf("%s holds %q", key, got)
			}
		}
		s.orders["1"]["billingAddress"] = obj{}
		if got := found(t, v, first(t, v))["orders/1/shipping_fullName"].Holds; got != plan.Invoice {
			t.Errorf("without an address of its own, the invoice's name holds %q", got)
		}
	})
	t.Run("a line that the shop would price anew is refused, the addresses go, and the figures stay", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		s.dearer = true
		m := found(t, v, first(t, v))
		os := []plan.Object{m["orders/1/line-11_photoUrls"].Object, m["orders/1/shipping_city"].Object, m["orders/1/custom_giftMessage"].Object}
		errs := v.Desk().(erasure.Batcher).EraseMany(t.Context(), os)
		if !errors.Is(errs[0], shop.ErrTaxes) || errs[1] != nil || errs[2] != nil {
			t.Error(errs)
		}
		if o := s.orders["1"]; o["totalWithTax"] != 4788 || o["state"] != "PaymentSettled" || o["shippingAddress"].(obj)["city"] != nil {
			t.Errorf("%+v", o)
		}
	})
	t.Run("an order that cannot be closed again is told", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		s.stuck = true
		m := found(t, v, first(t, v))
		if err := v.Desk().Erase(t.Context(), m["orders/1/shipping_city"].Object); !errors.Is(err, shop.ErrLeftOpen) {
			t.Error(err)
		}
		s.stuck = false
		// The next run finds it open and puts it back to where it was.
		if err := v.Desk().Erase(t.Context(), m["orders/1/shipping_fullName"].Object); err != nil || s.orders["1"]["state"] != "PaymentSettled" {
			t.Error(err, s.orders["1"]["state"])
		}
	})
	t.Run("an order is closed again even where the work is cancelled", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		m := found(t, v, first(t, v))
		s.denied["modifyOrder"] = 0
		if err := v.Desk().Erase(t.Context(), m["orders/1/shipping_city"].Object); err == nil {
			t.Error("no error")
		}
		if s.orders["1"]["state"] != "PaymentSettled" {
			t.Error("the order was left open")
		}
	})
	t.Run("an account that was emptied and not deleted before a kill is deleted by the next run", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		f := found(t, v, first(t, v))["customers/c1/account"]
		for _, cut := range []string{"deleteCustomerNote", "updateCustomerAddress", "deleteCustomerAddress", "deleteCustomer"} {
			s.denied = map[string]int{cut: 0}
			if err := v.Desk().Erase(t.Context(), f.Object); err == nil || s.hidden["c1"] {
				t.Fatalf("cut at %s: %v", cut, err)
			}
			listed := 0
			if err := v.Desk().List(t.Context(), "customers/c1/", func(plan.Object) error { listed++; return nil }); err != nil || listed != 1 {
				t.Errorf("cut at %s: %d listed, %v", cut, listed, err)
			}
		}
		s.denied = map[string]int{}
		if err := v.Desk().Erase(t.Context(), f.Object); err != nil || !s.hidden["c1"] {
			t.Error(err)
		}
		for _, text := range personal(s.customers["c1"], nil) {
			if !strings.HasPrefix(text, "PII-history") {
				t.Errorf("left: %s", text)
			}
		}
	})
	t.Run("an account that the shop only hid is not taken for one that is gone", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		s.hidden["c1"] = true
		o := first(t, v)
		f, there := found(t, v, o)["orders/1/customer"]
		if !there || !f.ByHand {
			t.Errorf("%+v", f)
		}
		listed := 0
		if err := v.Desk().List(t.Context(), "orders/1/customer", func(plan.Object) error { listed++; return nil }); err != nil || listed == 0 {
			t.Error(listed, err)
		}
		if err := v.Desk().Erase(t.Context(), f.Object); !errors.Is(err, erasure.ErrNoWay) {
			t.Error(err)
		}
	})
	t.Run("an order whose account was erased comes back as anonymised, and nothing with it", func(t *testing.T) {
		s, v := serveVendure(t)
		s.plant("1", "PaymentSettled")
		o := first(t, v)
		for key, f := range found(t, v, o) {
			if f.ByHand {
				continue
			}
			if err := v.Desk().Erase(context.WithoutCancel(t.Context()), f.Object); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
		if o := first(t, v); !o.Anonymised || o.Customer != (order.Customer{Country: "FR"}) || o.Account != "" || len(o.Photos) != 0 || o.Total != "47.88" {
			t.Errorf("%+v", o)
		}
	})
}

func FuzzVendureOrder(f *testing.F) {
	f.Add([]byte(`{"id":"1","code":"ABC","state":"Delivered","createdAt":"2026-01-01T00:00:00.000Z","totalWithTax":3990,"customer":{"id":"2","emailAddress":"a@example.fr"},"lines":[{"id":"5","quantity":1,"productVariant":{"sku":"A"},"customFields":{"photoUrls":["https://photos.example/a.jpg"]}}],"fulfillments":[{"state":"Delivered","updatedAt":"2026-01-03T00:00:00.000Z"}]}`))
	f.Add([]byte(`{"id":"../1","code":"x","totalWithTax":-9223372036854775808}`))
	f.Add([]byte(`{"id":"1","code":"1","customFields":{"photo":"{\"a\":[\"b.jpg\"]}"}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := shop.DecodeVendure(b)
		if err != nil {
			return
		}
		if o.Number == "" || o.Ref == "" || strings.Contains(o.Ref, "/") || o.CompletedAt.Location() != time.UTC {
			t.Fatalf("%+v", o)
		}
		for _, l := range o.Lines {
			for _, ref := range l.Photos {
				if !slices.Contains(o.Photos, ref) {
					t.Fatalf("%q is no photo of the order", ref)
				}
			}
		}
	})
}
