package shop_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/shop"
	"greffier/data/shop/wootest"
)

// The server changes things as measured on a real shop, or as WooCommerce's
// source says where that was not measured.
func TestWooTestServerWrites(t *testing.T) {
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		says                     string // in the answer
		then                     string // in everything that the shop holds, "!" before: not
	}{
		{"meta of a line goes by its id and null", "PUT", "orders/1001", `{"line_items":[{"id":10011,"meta_data":[{"id":100101,"key":"_photo_upload","value":null}]}]}`, 200, `"id":1001`, `!portrait-1001.jpg"}]`},
		{"a line of another order", "PUT", "orders/1001", `{"line_items":[{"id":10021,"meta_data":[]}]}`, 400, "woocommerce_rest_invalid_item_id", ""},
		{"a meta row that is not there takes all of its key", "PUT", "orders/1001", `{"line_items":[{"id":10011,"meta_data":[{"id":999,"key":"_photo_upload","value":null}]}]}`, 200, "", "!PII-b.jpg"},
		{"lines make the shop work out the taxes again", "PUT", "orders/1001", `{"line_items":[{"id":10011}]}`, 200, `"total":"36.93"`, ""},
		{"an address makes the shop work out the taxes again", "PUT", "orders/1001", `{"billing":{"city":""}}`, 200, `"total":"36.93"`, ""},
		{"a property by its meta key does not", "PUT", "orders/1001", `{"meta_data":[{"key":"_billing_city","value":""},{"key":"_customer_ip_address","value":""}]}`, 200, `"total":"42.00"`, "!PII-b-city"},
		{"the IP address is read-only by its own name", "PUT", "orders/1001", `{"customer_ip_address":""}`, 200, "PII-ip", "PII-ip"},
		{"an e-mail address cannot be emptied by its own name", "PUT", "orders/1001", `{"billing":{"email":""}}`, 400, "rest_invalid_param", "PII-mail"},
		{"no JSON", "PUT", "orders/1001", `{`, 400, "rest_invalid_json", ""},
		{"an order that is not there is 400 to a change", "PUT", "orders/0", `{}`, 400, "woocommerce_rest_shop_order_invalid_id", ""},
		{"and 404 to a reader", "GET", "orders/4711", ``, 404, "woocommerce_rest_shop_order_invalid_id", ""},
		{"notes", "GET", "orders/1001/notes", ``, 200, "PII-order note", ""},
		{"notes of no order", "GET", "orders/4711/notes", ``, 404, "woocommerce_rest_order_invalid_id", ""},
		{"a note is not trashed", "DELETE", "orders/1001/notes/900002", ``, 501, "woocommerce_rest_trash_not_supported", "PII-order note"},
		{"a note is removed", "DELETE", "orders/1001/notes/900002?force=true", ``, 200, "PII-order note", "!PII-order note"},
		{"a note that is not there", "DELETE", "orders/1001/notes/1?force=true", ``, 404, "woocommerce_rest_invalid_id", ""},
		{"trash keeps everything", "DELETE", "orders/1001", ``, 200, `"status":"trash"`, "PII-b-city"},
		{"force does not", "DELETE", "orders/1001?force=true", ``, 200, "", "!PII-b-city"},
		{"an account is not trashed", "DELETE", "customers/7", ``, 501, "woocommerce_rest_trash_not_supported", "PII-account"},
		{"an account is removed and its orders are a guest's", "DELETE", "customers/7?force=true&reassign=0", ``, 200, "PII-account", "!PII-account"},
		{"an account that is not there", "GET", "customers/8", ``, 404, "woocommerce_rest_invalid_id", ""},
		{"refunds cannot be changed", "PUT", "orders/1001/refunds/10013", `{"reason":""}`, 404, "rest_no_route", "PII-refund"},
		{"a key does not open the media library", "DELETE", "../../wp/v2/media/900001?force=true", ``, 401, "invalid_username", "PII-portrait"},
		{"a setting", "GET", "settings/general/woocommerce_calc_taxes", ``, 200, `"yes"`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := wootest.New(key, secret)
			s.CalcTaxes, s.Rates = true, []wootest.Rate{{ID: 3, Country: "FR", Percent: "5.5000", Name: "TVA"}}
			s.AppPassword(mediaUser, mediaPassword)
			putPII(s, "https://shop.example", 1001)
			s.PutCustomer(wootest.Customer{ID: 7, Email: "PII-account@example.fr"})
			status, body := ask(t, s, tc.method, "/wp-json/wc/v3/"+tc.path, tc.body, key, secret)
			if status != tc.status || !strings.Contains(body, tc.says) {
				t.Errorf("status %d: %s", status, body)
			}
			if gone, not := strings.CutPrefix(tc.then, "!"); strings.Contains(string(s.Everything()), gone) == not && gone != "" {
				t.Errorf("%q", tc.then)
			}
		})
	}

	t.Run("media", func(t *testing.T) {
		s := wootest.New(key, secret)
		s.AppPassword(mediaUser, mediaPassword)
		_, id := s.Upload("https://shop.example", "a.jpg")
		path := fmt.Sprintf("/wp-json/wp/v2/media/%d", id)
		for _, step := range []struct {
			method, path, user, pass string
			status                   int
			says                     string
		}{
			{"GET", "/wp-content/uploads/2026/03/a.jpg", "", "", 200, "picture"},
			{"DELETE", path + "?force=true", "", "", 401, "rest_cannot_delete"},
			{"DELETE", path, mediaUser, mediaPassword, 501, "rest_trash_not_supported"},
			{"DELETE", path + "?force=true", mediaUser, mediaPassword, 200, `"deleted":true`},
			{"DELETE", path + "?force=true", mediaUser, mediaPassword, 404, "rest_post_invalid_id"},
			{"GET", "/wp-content/uploads/2026/03/a.jpg", "", "", 404, "not found"},
		} {
			if status, body := ask(t, s, step.method, step.path, "", step.user, step.pass); status != step.status || !strings.Contains(body, step.says) {
				t.Errorf("%s %s: status %d: %s", step.method, step.path, status, body)
			}
		}
		if len(s.Files()) != 0 {
			t.Errorf("left: %q", s.Files())
		}
	})

	t.Run("only the order tables date every change", func(t *testing.T) {
		for _, hpos := range []bool{false, true} {
			s := wootest.New(key, secret)
			s.HPOS = hpos
			s.Now = func() time.Time { return day.AddDate(0, 2, 0) }
			putPII(s, "https://shop.example", 1001)
			was := wootest.GMT(day.Add(50 * time.Hour))
			for _, body := range []string{`{"meta_data":[{"key":"_billing_email","value":""}]}`, `{"line_items":[{"id":10011,"meta_data":[{"id":100101,"key":"_photo_upload","value":null}]}]}`} {
				if _, answer := ask(t, s, "PUT", "/wp-json/wc/v3/orders/1001", body, key, secret); strings.Contains(answer, was) == hpos {
					t.Errorf("HPOS %v: %s", hpos, answer)
				}
			}
		}
	})
}

func ask(t *testing.T, s http.Handler, method, path, body, user, pass string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.URL.Path = strings.ReplaceAll(r.URL.Path, "/wc/v3/../..", "")
	if user != "" {
		r.SetBasicAuth(user, pass)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}

func FuzzWooRecord(f *testing.F) {
	f.Add([]byte(wooJSON), []byte(`[{"id":5,"note":"x"}]`))
	f.Add([]byte(`{"id":1,"billing":[],"shipping":{"city":7},"line_items":{"3":{"id":"9","meta_data":[{"id":1,"key":"a/b\u0000","value":{"x":["a.jpg"]}},{"key":"a/b","value":"x@y.z"}]}},"refunds":[{"reason":"r"}],"meta_data":[{"id":2,"key":7,"value":"a b c d e f"}]}`), []byte(`{"0":{"id":-1,"note":"n"}}`))
	f.Add([]byte(`{"id":1,"meta_data":[{"id":1,"key":"note","value":"x"},{"id":1,"key":"note","value":"y"},{"id":1,"key":"note~2","value":"y"},{"id":1,"key":"note_2","value":"y"}]}`), []byte(`[{"id":5,"note":"x"},{"id":5,"note":"x"}]`))
	f.Add([]byte(`{"id":1,"meta_data":[{"id":1,"key":"_anonymized","value":"yes"},{"id":"1","key":"name","value":"[x]"}],"billing":{"phone":"000"}}`), []byte(`[]`))
	f.Fuzz(func(t *testing.T, order, notes []byte) {
		for _, keys := range [][]string{nil, {"photo"}} {
			first, err := shop.WooRecord(order, notes, keys)
			if err != nil {
				if strings.Contains(err.Error(), "one name") {
					t.Fatal(err)
				}
				continue
			}
			again, err := shop.WooRecord(order, notes, keys)
			if err != nil || !reflect.DeepEqual(first, again) {
				t.Fatal("two looks differ", err)
			}
			for name := range first {
				if name == "" || strings.ContainsAny(name, "/\x00\n") || !json.Valid([]byte(`"`+strings.ReplaceAll(name, `"`, "")+`"`)) {
					t.Fatalf("name %q", name)
				}
			}
		}
	})
}

func FuzzWooMark(f *testing.F) {
	for _, m := range []string{"", "any|2026-03-02T09:00:00Z|2026-03-02T09:00:00Z|2026-03-02T10:00:00Z", "trash||2026-03-02T09:00:00Z|2026-03-02T10:00:00Z", "any|||", "any|0001-01-01T00:00:00Z|x|"} {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, mark string) {
		since := day.AddDate(0, -1, 0)
		after, known := shop.WooMark(mark, since, day)
		if known && (after.Before(since) || after.After(day.AddDate(0, 0, 1))) {
			t.Fatalf("mark %q goes on at %s", mark, after)
		}
	})
}

// A desk's prefix is told apart from everything else without asking the shop.
func FuzzWooPrefix(f *testing.F) {
	for _, p := range []string{"orders/1/", "orders/1/billing.email", "media/u-L3dwLWNvbnRlbnQvdXBsb2Fkcy9hLmpwZw/file", "customers/0/", "media/u-/", "orders/-1/", "media/9/../1"} {
		f.Add(p)
	}
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if !strings.HasPrefix(r.URL.Path, "/wp-json/") && !strings.Contains(r.URL.Path, "/wp-content/uploads/") {
			f.Errorf("asked for %s", r.URL.Path)
		}
		http.NotFound(w, r)
	}))
	f.Cleanup(srv.Close)
	w, err := shop.NewWoo(shop.WooConfig{Name: "s", URL: srv.URL, Key: key, Secret: secret})
	if err != nil {
		f.Fatal(err)
	}
	d := w.Impatient().Desk()
	f.Fuzz(func(t *testing.T, prefix string) {
		_ = d.List(t.Context(), prefix, func(o plan.Object) error {
			t.Fatalf("%q gave %q", prefix, o.Key)
			return nil
		})
		if errs := d.(erasure.Batcher).EraseMany(t.Context(), []plan.Object{{Storage: d.Name(), Key: prefix, Kind: plan.Field, Fingerprint: "x"}}); len(errs) != 1 {
			t.Fatal(errs)
		}
	})
}
