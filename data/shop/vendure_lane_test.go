//go:build shops

package shop_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/shop"
)

// admin asks the shop behind the program's back.
type admin struct {
	t     *testing.T
	url   string
	token string
}

func (a *admin) ask(query string, variables map[string]any) map[string]any {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	if t := resp.Header.Get("vendure-auth-token"); t != "" {
		a.token = t
	}
	var said struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || len(said.Errors) > 0 {
		a.t.Fatalf("%s: %v %v", query, err, said.Errors)
	}
	return said.Data
}

const everything = `query($id:ID!){order(id:$id){code state totalWithTax taxSummary{taxRate taxTotal}
	shippingAddress{fullName company streetLine1 streetLine2 city province postalCode phoneNumber customFields{doorCode}}
	billingAddress{fullName company streetLine1 streetLine2 city province postalCode phoneNumber customFields{doorCode}}
	lines{id customFields{photoUrls dedication}} customFields{giftMessage portraitUrl parcels}
	payments{metadata} fulfillments{trackingCode} modifications{note} history(options:{take:1000}){items{type data}}
	customer{firstName lastName emailAddress phoneNumber customFields{childName} addresses{fullName} history(options:{take:1000}){items{type data}}}}}`

// TestVendureShop runs against a real shop that vendurelane/run.sh has started
// and filled.
func TestVendureShop(t *testing.T) {
	url, user, password := os.Getenv("VENDURE_URL"), os.Getenv("VENDURE_USER"), os.Getenv("VENDURE_PASSWORD")
	if url == "" {
		t.Fatal("no shop to test against: run make test-shops")
	}
	made, err := strconv.Atoi(os.Getenv("VENDURE_ORDERS"))
	if err != nil {
		t.Fatal(err)
	}
	carts := made / 10
	back := &admin{t: t, url: url}
	back.ask(`mutation($u:String!,$p:String!){login(username:$u,password:$p){__typename}}`, map[string]any{"u": user, "p": password})
	open := func(password string) *shop.Vendure {
		v, err := shop.NewVendure(shop.VendureConfig{Name: "vendure", URL: url, User: user, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := open(password)
	desk := v.Desk()
	read := func(t *testing.T, since time.Time) map[string]order.Order {
		t.Helper()
		r := readAll(t.Context(), v, since)
		if r.err != nil || len(r.problems) > 0 {
			t.Fatalf("read: %v\n%s", r.err, r.said())
		}
		m := map[string]order.Order{}
		for _, o := range r.orders {
			m[o.Ref] = o
		}
		return m
	}
	records := func(t *testing.T, o order.Order) (out []plan.Found) {
		t.Helper()
		if err := desk.Records(t.Context(), o, func(f plan.Found) error { out = append(out, f); return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	list := func(t *testing.T, found []plan.Found) map[string]plan.Object {
		t.Helper()
		m := map[string]plan.Object{}
		for _, f := range found {
			dir, _ := path.Split(f.Key)
			if err := desk.List(t.Context(), dir, func(o plan.Object) error { m[o.ID()] = o; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		return m
	}

	t.Run("a wrong password is refused", func(t *testing.T) {
		if _, err := open("wrong").Check(t.Context()); !errors.Is(err, shop.ErrAuth) || strings.Contains(fmt.Sprint(err), "wrong") {
			t.Error(err)
		}
	})
	t.Run("the check counts orders and the desk may erase", func(t *testing.T) {
		if says, err := v.Check(t.Context()); err != nil || says != fmt.Sprintf("%d orders", made-carts) {
			t.Error(says, err)
		}
		if a, err := desk.Check(t.Context()); err != nil || !a.CanProve {
			t.Error(a, err)
		}
	})

	all := read(t, time.Time{})
	delivered, settled := "", ""
	t.Run("every order but the carts is read, with its photos by line and field, and complete only when delivered", func(t *testing.T) {
		if len(all) != made-carts {
			t.Fatalf("%d orders of %d", len(all), made-carts)
		}
		for ref, o := range all {
			if len(o.Lines) != 2 || o.Account == "" || o.Customer.Email == "" || o.Total == "" || o.Lines[0].SKU == "" {
				t.Errorf("%+v", o)
			}
			if len(o.Photos) != 4 || o.Fields[o.Photos[0]] != "portraitUrl" || o.Fields[o.Photos[1]] != "photoUrls" || len(o.Lines[0].Photos)+len(o.Lines[1].Photos) != 3 {
				t.Errorf("photos %v of lines %+v, fields %v", o.Photos, o.Lines, o.Fields)
			}
			if (o.Status == "Delivered") == o.CompletedAt.IsZero() {
				t.Errorf("%s completed %s", o.Status, o.CompletedAt)
			}
			switch o.Status {
			case "Delivered":
				delivered = ref
			case "PaymentSettled":
				settled = ref
			case "Cancelled":
			default:
				t.Errorf("state %s", o.Status)
			}
		}
	})
	if delivered == "" || settled == "" {
		t.Fatal("the shop was not filled as expected")
	}

	t.Run("a session that has ended is begun again", func(t *testing.T) {
		v.EndSession()
		if len(read(t, time.Time{})) != made-carts {
			t.Error("orders are missing")
		}
	})

	erase := func(t *testing.T, ref string) (gone, left []plan.Found) {
		o := all[ref]
		found := records(t, o)
		before := back.ask(everything, map[string]any{"id": ref})["order"].(map[string]any)
		var todo []plan.Object
		for _, f := range found {
			if may(f) {
				gone, todo = append(gone, f), append(todo, f.Object)
			} else {
				left = append(left, f)
			}
		}
		for i, err := range desk.(erasure.Batcher).EraseMany(t.Context(), todo) {
			if err != nil {
				t.Errorf("%s: %v", todo[i].Key, err)
			}
		}
		listed := list(t, found)
		for _, f := range gone {
			if _, there := listed[f.ID()]; there {
				t.Errorf("%s is still listed", f.Key)
			}
		}
		for _, f := range left {
			if got, there := listed[f.ID()]; !there || got.Fingerprint != f.Fingerprint {
				t.Errorf("%s has gone or changed", f.Key)
			}
		}
		after := back.ask(everything, map[string]any{"id": ref})["order"].(map[string]any)
		for _, figure := range []string{"code", "state", "totalWithTax", "taxSummary"} {
			if !reflect.DeepEqual(before[figure], after[figure]) {
				t.Errorf("%s was %v and is %v", figure, before[figure], after[figure])
			}
		}
		customer := after["customer"].(map[string]any)
		if email := customer["emailAddress"].(string); !strings.HasSuffix(email, "@erased.invalid") || customer["firstName"] != "" || customer["lastName"] != "" || customer["phoneNumber"] != "" {
			t.Errorf("the order still shows %v", customer["emailAddress"])
		}
		own := after["customFields"].(map[string]any)
		if own["giftMessage"] != nil || own["portraitUrl"] != nil || own["parcels"] != float64(1) {
			t.Errorf("custom fields %v", own)
		}
		text, err := json.Marshal(after["history"])
		if err != nil || strings.Contains(string(text), "PII-note") {
			t.Errorf("the note is still there: %s", text)
		}
		return gone, left
	}
	byHand := func(left []plan.Found) (names []string) {
		for _, f := range left {
			if f.ByHand {
				name := path.Base(f.Key)
				if i := strings.IndexAny(name, "-"); i > 0 {
					name = name[:i]
				}
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		slices.Sort(names)
		return names
	}

	t.Run("an order on its way is emptied but for its invoice, payment and history", func(t *testing.T) {
		_, left := erase(t, settled)
		if got := byHand(left); !slices.Equal(got, []string{"customer_history", "payment"}) {
			t.Errorf("by hand: %v", got)
		}
		after := back.ask(everything, map[string]any{"id": settled})["order"].(map[string]any)
		text, err := json.Marshal([]any{after["shippingAddress"], after["lines"]})
		if err != nil || strings.Contains(string(text), "PII") || strings.Contains(string(text), "photos.example") {
			t.Errorf("left: %s", text)
		}
		if name := after["billingAddress"].(map[string]any)["fullName"]; !strings.Contains(fmt.Sprint(name), "PII-bill") {
			t.Errorf("the invoice's name is %v", name)
		}
	})
	t.Run("of a delivered order, addresses and lines are said to be left to do by hand", func(t *testing.T) {
		_, left := erase(t, delivered)
		got := byHand(left)
		for _, want := range []string{"shipping_fullName", "line", "payment", "tracking", "customer_history"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is not among %v", want, got)
			}
		}
		for _, f := range left {
			if f.ByHand {
				if err := desk.Erase(t.Context(), f.Object); !errors.Is(err, erasure.ErrNoWay) {
					t.Errorf("%s: %v", f.Key, err)
				}
			}
		}
	})
	t.Run("reading the shop again brings nothing back", func(t *testing.T) {
		again := read(t, time.Time{})
		for _, ref := range []string{settled, delivered} {
			o := again[ref]
			if o.Customer.Email != "" || o.Account != "" {
				t.Errorf("order %s has %q again", ref, o.Customer.Email)
			}
		}
		if o := again[settled]; len(o.Photos) != 0 {
			t.Errorf("photos %v", o.Photos)
		}
		for ref, o := range again {
			if was := all[ref]; o.Total != was.Total || o.Status != was.Status || !o.CompletedAt.Equal(was.CompletedAt) {
				t.Errorf("order %s became %+v", ref, o)
			}
		}
	})

	t.Run("a line is not emptied where the shop would price it anew", func(t *testing.T) {
		var o order.Order
		for ref, x := range all {
			if x.Status == "PaymentSettled" && ref != settled && x.Account != all[settled].Account && x.Account != all[delivered].Account {
				o = x
			}
		}
		if o.Ref == "" {
			t.Fatal("no order to try it on")
		}
		variants := back.ask(`{productVariants{items{id sku price}}}`, nil)["productVariants"].(map[string]any)["items"].([]any)
		for _, x := range variants {
			if x := x.(map[string]any); x["sku"] == "BOOK" {
				set := func(price float64) {
					back.ask(`mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id}}`, map[string]any{"i": []any{map[string]any{"id": x["id"], "price": price}}})
				}
				set(x["price"].(float64) + 1000)
				defer set(x["price"].(float64))
			}
		}
		refused := 0
		for _, f := range records(t, o) {
			if f.Holds != plan.Reference || !strings.Contains(f.Key, "/line-") {
				continue
			}
			if err := desk.Erase(t.Context(), f.Object); errors.Is(err, shop.ErrTaxes) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 1 {
			t.Errorf("%d lines were refused", refused)
		}
		after := read(t, time.Time{})[o.Ref]
		if after.Total != o.Total || after.Status != o.Status || len(after.Photos) != 3 {
			t.Errorf("the order became %+v", after)
		}
	})
}
