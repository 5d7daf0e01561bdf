package shop_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/data/shop"
	"greffier/data/shop/prestatest"
)

// amending is a kind of shop as the suite of corrections sees it.
type amending struct {
	deskWorld
	effects.Amender
	t *testing.T
}

func (w amending) fields(o order.Order) map[string]effects.Field {
	w.t.Helper()
	list, err := w.Fields(w.t.Context(), o)
	if err != nil {
		w.t.Fatalf("fields of order %s: %v", o.Number, err)
	}
	m := map[string]effects.Field{}
	for _, f := range list {
		if _, twice := m[f.Key]; twice {
			w.t.Errorf("%s is there twice", f.Key)
		}
		m[f.Key] = f
	}
	return m
}

// pick returns the first field that can be changed, of orders or of customers,
// whose name has a part.
func pick(t *testing.T, fields map[string]effects.Field, kind, part string) effects.Field {
	t.Helper()
	var keys []string
	for k, f := range fields {
		if strings.HasPrefix(k, kind+"/") && strings.Contains(strings.ToLower(k), part) && !f.ByHand && f.Value != "" {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		t.Fatalf("no field of %s like %q can be changed in %v", kind, part, fields)
	}
	slices.Sort(keys)
	return fields[keys[0]]
}

func TestCorrections(t *testing.T) {
	for name, open := range desks {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			a, ok := d.desk.(effects.Amender)
			if !ok {
				t.Fatal("nothing can be corrected in this shop")
			}
			d.seed("1001", "1002")
			w := amending{d, a, t}
			orders := d.orders(t)
			one, two := orders["1001"], orders["1002"]
			if one.Ref == "" { // the number of a Shopify order has a mark before it
				one, two = orders["#1001"], orders["#1002"]
			}
			before, other := w.fields(one), w.fields(two)
			city, first := pick(t, before, "orders", "city"), pick(t, before, "customers", "first")

			t.Run("a field of the order is corrected, read back, and nothing else changes", func(t *testing.T) {
				business1 := business(one)
				for range 2 { // what is so already is a success
					if err := w.Amend(t.Context(), one, city.Key, city.Value, "Roubaix"); err != nil {
						t.Fatal(err)
					}
				}
				for k, f := range w.fields(one) {
					want := before[k].Value
					if k == city.Key {
						want = "Roubaix"
					}
					if f.Value != want {
						t.Errorf("%s is %q, not %q", k, f.Value, want)
					}
				}
				if len(city.Also) == 0 {
					for k, f := range w.fields(two) {
						if f.Value != other[k].Value {
							t.Errorf("%s of another order is %q, not %q", k, f.Value, other[k].Value)
						}
					}
				}
				now := d.orders(t)[one.Number]
				if b := business(now); b.Total != business1.Total || b.State != business1.State || !b.CompletedAt.Equal(business1.CompletedAt) {
					t.Errorf("the business record changed: %+v, was %+v", b, business1)
				}
			})
			t.Run("a field of the account is corrected", func(t *testing.T) {
				if err := w.Amend(t.Context(), one, first.Key, first.Value, "Zoë"); err != nil {
					t.Fatal(err)
				}
				if got := w.fields(two)[first.Key].Value; got != "Zoë" {
					t.Errorf("seen from the other order it is %q", got)
				}
			})
			t.Run("what the shop has changed since is not written over", func(t *testing.T) {
				if err := w.Amend(t.Context(), one, city.Key, city.Value, "Lens"); !errors.Is(err, erasure.ErrChanged) {
					t.Errorf("stale: %v", err)
				}
				if got := w.fields(one)[city.Key].Value; got != "Roubaix" {
					t.Errorf("it is %q", got)
				}
			})
			t.Run("a field that the order does not have, or that only a hand can change", func(t *testing.T) {
				keys := []string{"orders/" + one.Ref + "/nothing", "orders/99999/city", "customers/7", ""}
				for k, f := range before {
					if f.ByHand {
						keys = append(keys, k)
						break
					}
				}
				for _, k := range keys {
					if err := w.Amend(t.Context(), one, k, before[k].Value, "x"); !errors.Is(err, erasure.ErrNoWay) {
						t.Errorf("%q: %v", k, err)
					}
				}
			})
			t.Run("a shop that answers with an error", func(t *testing.T) {
				d.fail(true)
				_, ferr := w.Fields(t.Context(), one)
				err := w.Amend(t.Context(), one, city.Key, "Roubaix", "Lens")
				d.fail(false)
				if !errors.Is(ferr, shop.ErrAnswer) || !errors.Is(err, shop.ErrAnswer) {
					t.Errorf("fields: %v; amend: %v", ferr, err)
				}
				if got := w.fields(one)[city.Key].Value; got != "Roubaix" {
					t.Errorf("it is %q", got)
				}
			})
			t.Run("a call that was cancelled writes nothing", func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := w.Amend(ctx, one, city.Key, "Roubaix", "Lens"); err == nil {
					t.Error("it was written")
				}
				if got := w.fields(one)[city.Key].Value; got != "Roubaix" {
					t.Errorf("it is %q", got)
				}
			})
		})
	}
}

func TestAnAddressThatOrdersShareNamesThem(t *testing.T) {
	s, p := servePresta(t)
	w := prestaDeskWorldOf(t, s, p)
	w.seed("1001", "1002")
	s.Set("orders", 1002, "id_address_delivery", "21001")
	fields, err := p.Desk().(effects.Amender).Fields(t.Context(), w.orders(t)["1001"])
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(fields, func(f effects.Field) bool { return strings.HasSuffix(f.Key, "/delivery_city") })
	if i < 0 || !slices.Equal(fields[i].Also, []string{"1002"}) || fields[i].Invoice {
		t.Errorf("%+v", fields)
	}
}

func TestTextsThatTheShopRefuses(t *testing.T) {
	s, p := servePresta(t)
	w := prestaDeskWorldOf(t, s, p)
	w.seed("1001")
	o := w.orders(t)["1001"]
	err := p.Desk().(effects.Amender).Amend(t.Context(), o, "orders/"+o.Ref+"/invoice_firstname", s.Get("addresses", 1001)["firstname"], "R2D2")
	if !errors.Is(err, effects.ErrValue) {
		t.Error(err)
	}
	sh, sp := serveShopify(t)
	sw := shopifyDeskWorldOf(sh, sp)
	sw.seed("1001")
	so := sw.orders(t)["#1001"]
	if so.Ref == "" {
		so = sw.orders(t)["1001"]
	}
	if err := sp.Desk().(effects.Amender).Amend(t.Context(), so, "orders/1001/shippingAddress.zip", "59000", "ABC"); !errors.Is(err, effects.ErrValue) {
		t.Error(err)
	}
	if zip := sh.Order(orderGID("1001"))["shippingAddress"].(map[string]any)["zip"]; zip != "59000" {
		t.Errorf("the postcode is %v", zip)
	}
}

func TestAShopThatSaysYesAndChangesNothingIsNotBelieved(t *testing.T) {
	w := wooDesk(t, true)
	w.seed("1001")
	o := w.orders(t)["1001"]
	w.shop.Lies = true
	err := w.desk.(effects.Amender).Amend(t.Context(), o, "orders/1001/billing.city", "PII-b-city", "Lens")
	if !errors.Is(err, shop.ErrKept) {
		t.Error(err)
	}
}

// subscribers are the shops that keep who wants mail.
var subscribers = map[string]func(*testing.T) (o effects.OptOuter, put func(id, email string, in bool), in func(id string) bool, lie func()){
	"prestashop": func(t *testing.T) (effects.OptOuter, func(string, string, bool), func(string) bool, func()) {
		s, p := servePresta(t)
		number := func(id string) int { return int(id[0]) }
		return p.Desk().(effects.OptOuter), func(id, email string, in bool) {
				flag := map[bool]string{true: "1", false: "0"}[in]
				s.Put("customers", prestatest.Record{Row: prestatest.Row{"id": strconv.Itoa(number(id)), "firstname": "A", "lastname": "B", "passwd": "x", "email": email, "newsletter": flag, "optin": flag}})
			}, func(id string) bool {
				r := s.Get("customers", number(id))
				return r["newsletter"] == "1" || r["optin"] == "1"
			}, func() { s.ReadOnly("customers newsletter") }
	},
	"shopify": func(t *testing.T) (effects.OptOuter, func(string, string, bool), func(string) bool, func()) {
		s, p := serveShopify(t)
		gid := func(id string) string { return "gid://shopify/Customer/" + string('0'+id[0]-'a') }
		return p.Desk().(effects.OptOuter), func(id, email string, in bool) {
				state := map[bool]string{true: "SUBSCRIBED", false: "NOT_SUBSCRIBED"}[in]
				s.PutCustomer(map[string]any{"id": gid(id), "defaultEmailAddress": map[string]any{"emailAddress": email, "marketingState": state}})
			}, func(id string) bool {
				return s.Customer(gid(id))["defaultEmailAddress"].(map[string]any)["marketingState"] == "SUBSCRIBED"
			}, func() { s.Refuses = append(s.Refuses, "marketingState") }
	},
}

func TestOptingOut(t *testing.T) {
	for name, open := range subscribers {
		t.Run(name, func(t *testing.T) {
			o, put, in, lie := open(t)
			put("a", "Anna@Example.fr", true)
			put("b", "bruno@example.fr", true)
			put("c", "carla@example.fr", false)
			listed := func() (out []string) {
				if err := o.OptedIn(t.Context(), func(e string, u effects.Use) error {
					if u == effects.Newsletter {
						out = append(out, effects.Address(e))
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				slices.Sort(out)
				return out
			}
			if got := listed(); !slices.Equal(got, []string{"anna@example.fr", "bruno@example.fr"}) {
				t.Fatalf("opted in: %v", got)
			}
			for range 2 {
				held, err := o.OptOut(t.Context(), "anna@example.fr", o.Stoppable())
				if !held || err != nil {
					t.Fatalf("opt out: %v %v", held, err)
				}
			}
			if in("a") || !in("b") {
				t.Error("the wrong person was opted out")
			}
			if got := listed(); !slices.Equal(got, []string{"bruno@example.fr"}) {
				t.Errorf("opted in after: %v", got)
			}
			if held, err := o.OptOut(t.Context(), "nobody@example.fr", o.Stoppable()); held || err != nil {
				t.Errorf("nobody: %v %v", held, err)
			}
			lie()
			if _, err := o.OptOut(t.Context(), "bruno@example.fr", o.Stoppable()); err == nil {
				t.Error("a shop that changes nothing was believed")
			}
		})
	}
}
