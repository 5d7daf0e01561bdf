package main

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/data/shop/wootest"
	"greffier/data/storage/storagetest"
)

// wooShop serves a WooCommerce over TLS and returns its part of the profile
// file.
func wooShop(t testing.TB, w *world) (*wootest.Shop, string) {
	t.Helper()
	s := wootest.New(wooKey, wooSecret)
	srv := httptest.NewTLSServer(s)
	t.Cleanup(srv.Close)
	w.write("shop-ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	return s, fmt.Sprintf("\n[[shop]]\nkind = \"woocommerce\"\nurl = %q\nkey_env = \"WOO_KEY\"\nsecret_env = \"WOO_SECRET\"\nca_file = \"shop-ca.pem\"\n", srv.URL)
}

func wooOrder(id int64, email, name string, when time.Time, photos ...string) wootest.Order {
	first, last, _ := strings.Cut(name, " ")
	o := wootest.Order{ID: id, Status: "completed", Currency: "EUR", Total: "49.00", DateCreated: wootest.GMT(when.Add(-48 * time.Hour)), DateModified: wootest.GMT(when),
		DateComplete: wootest.GMTPtr(when), Billing: wootest.Address{FirstName: first, LastName: last, Email: email, Country: "FR"}}
	line := wootest.LineItem{ID: id * 10, Name: "Livre", Quantity: 1, Total: "49.00"}
	for i, p := range photos {
		line.MetaData = append(line.MetaData, wootest.Meta{ID: id*100 + int64(i), Key: "_photo_upload", Value: p})
	}
	o.LineItems = []wootest.LineItem{line}
	return o
}

func TestOrdersOfWooCommerceComeInBitByBitOverTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop, toml := wooShop(t, w)
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, false)
	day := at(t, "2025-02-03T10:00:00Z")
	for i := range int64(130) { // more than one page
		shop.Put(wooOrder(1000+i, fmt.Sprintf("client%d@example.org", i), "Client Numero", day.Add(time.Duration(i)*time.Hour)))
	}
	s3.Put("photos", "elsewhere/alice.jpg", "alice, named by the order only")
	s3.Put("photos", "uploads/2000/a.jpg", "alice, below the locator")
	shop.Put(wooOrder(2000, "alice.planchon@example.org", "Alice Planchon", day, s3.Endpoint+"/photos/elsewhere/alice.jpg?size=large"))
	w.init(toml, s3TOML(s3, "photos"))
	w.sealed()

	if d := w.sync(); d.New != 131 || len(d.Problems) != 0 {
		t.Fatalf("first sync: %+v", d)
	}

	t.Run("the second sync asks only for what changed", func(t *testing.T) {
		before := len(shop.Requests())
		d := w.sync()
		if d.New != 0 || d.Changed != 0 || d.Orders > 20 {
			t.Errorf("second sync: %+v", d)
		}
		for _, q := range shop.Requests()[before:] {
			if strings.Contains(q, "/orders") && !strings.Contains(q, "modified_after") {
				t.Errorf("asked for everything: %s", q)
			}
		}
		for _, q := range shop.Requests() {
			if strings.Contains(q, wooSecret) || strings.Contains(q, wooKey) {
				t.Errorf("the key is in an address: %s", q)
			}
		}
	})

	t.Run("a changed order, a new one and one in the bin", func(t *testing.T) {
		changed := wooOrder(1001, "new.address@example.org", "Client Numero", time.Now().UTC())
		shop.Put(changed)
		shop.Put(wooOrder(3000, "late@example.org", "Late Comer", time.Now().UTC()))
		shop.Trash(1002)
		if d := w.sync(); d.New != 1 || d.Changed != 2 {
			t.Errorf("sync: %+v", d)
		}
		p := w.open(t)
		defer p.Close()
		rows, err := p.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		state := map[string]string{}
		for _, o := range rows {
			state[o.Number] = fmt.Sprint(o.State, " ", o.Email)
		}
		if len(rows) != 132 || !strings.Contains(state["1001"], "new.address@example.org") || strings.Contains(state["1002"], "completed") {
			t.Errorf("%d orders; 1001: %s; 1002: %s", len(rows), state["1001"], state["1002"])
		}
	})

	t.Run("a broken order is a problem and the rest goes on", func(t *testing.T) {
		shop.Put(wooOrder(4000, "broken@example.org", "Bro Ken", time.Now().UTC()))
		shop.Break(4000, `{"id": "not a number", "billing": 7, "status": {}}`)
		shop.Put(wooOrder(4001, "after@example.org", "Af Ter", time.Now().UTC()))
		r := w.ok("--json", "sync")
		d := asJSON[syncDoc](t, r)
		if d.New != 1 || len(d.Problems) != 1 || strings.Count(strings.TrimSpace(r.err), "\n") != 0 || strings.Contains(r.err, "broken@example.org") {
			t.Errorf("sync: %+v\n%s", d, r.err)
		}
	})

	t.Run("the photo that only the order names is erased with the others", func(t *testing.T) {
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "2000", "--yes"))
		if d.Run.State != "complete" || !slices.Equal(d.Plan.keys(), []string{"elsewhere/alice.jpg", "orders/2000/line.20000.meta.200000._photo_upload", "uploads/2000/a.jpg"}) {
			t.Errorf("erase: %+v %+v", d.Plan, d.Run)
		}
		if rows := s3.Rows("photos"); len(rows) != 0 {
			t.Errorf("bucket: %v", rows)
		}
		if strings.Contains(string(shop.Everything()), "alice.jpg") {
			t.Error("the order still names the photo")
		}
		w.sync()
		d = asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "2000", "--yes"))
		if d.Run.State != "complete" || len(d.Plan.Erase) != 0 {
			t.Errorf("erase again: %+v %+v", d.Plan, d.Run)
		}
	})

	t.Run("a shop in trouble is told in one line, and nothing is lost", func(t *testing.T) {
		shop.FailNext(20, 503, "7200")
		w.failed([]string{"shop"}, "sync")
		shop.FailNext(0, 0, "")
		w.verified()
	})
	w.sealed("Planchon", "alice.planchon", "new.address")
}

func TestAShopThatCannotBeReadIsToldInOneSentence(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		from, to string
		words    []string
	}{
		{"a wrong key", `"WOO_KEY"`, `"WRONG_SECRET"`, []string{"key"}},
		{"a wrong secret", `"WOO_SECRET"`, `"WRONG_SECRET"`, []string{"key"}},
		{"a certificate that nobody vouches for", "ca_file", "#", []string{"certificate"}},
		{"nobody at home", `url = "https://127.0.0.1:`, `url = "https://127.0.0.1:1/`, []string{"shop"}},
		{"no shop at that address", `"` + "\nkey_env", `/nowhere"` + "\nkey_env", []string{"WooCommerce"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			shop, toml := wooShop(t, w)
			shop.Put(wooOrder(1, "a@example.org", "A B", at(t, "2025-02-03T10:00:00Z")))
			w.write("orders.csv", oneOrder)
			w.init(replaced(t, toml, tc.from, tc.to), csvTOML)
			r := w.failed(tc.words, "--json", "sync")
			if d := asJSON[syncDoc](t, r); d.New != 1 || len(d.Failed) != 1 || d.Failed[0] != "shop woocommerce" {
				t.Errorf("sync: %+v", d)
			}
			w.sealed()
		})
	}
	t.Run("without encryption to another machine it is refused at once", func(t *testing.T) {
		w := newWorld(t)
		f := w.write("greffier.toml", controllerTOML+"\n[[shop]]\nkind = \"woocommerce\"\nurl = \"http://shop.example.net\"\nkey_env = \"WOO_KEY\"\nsecret_env = \"WOO_SECRET\"\n")
		w.failed([]string{"unencrypted"}, "init", "--from", f)
	})
}
