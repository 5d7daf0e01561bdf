package shop_test

import (
	"context"
	"encoding/csv"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"greffier/app/order"
	"greffier/data/shop"
	"greffier/data/shop/wootest"
)

// world is one kind of shop, filled by the suite.
type world struct {
	source order.Source
	// put replaces all that the shop holds.
	put func([]order.Order)
	// damage makes the record of this order one that cannot be read.
	damage func(number string)
	// incremental tells that the shop can be asked what changed.
	incremental bool
}

// read is one reading, with everything that it gave.
type read struct {
	orders   []order.Order
	problems []order.Problem
	next     time.Time
	err      error
	done     int
	total    int
}

func (r read) numbers() []string {
	var n []string
	for _, o := range r.orders {
		n = append(n, o.Number)
	}
	return n
}

func (r read) said() string {
	var b strings.Builder
	for _, p := range r.problems {
		fmt.Fprintf(&b, "%s: %s\n", p.Where, p.What)
	}
	return b.String()
}

func readAll(ctx context.Context, s order.Source, since time.Time) (r read) {
	r.next, r.err = s.Changed(ctx, since,
		func(o order.Order) error { r.orders = append(r.orders, o); return nil },
		func(p order.Problem) error { r.problems = append(r.problems, p); return nil },
		func(done, total int, _ string) { r.done, r.total = done, total })
	return r
}

// worlds are the kinds of shop that the suite runs on. Each kind's own test
// file adds its own.
var worlds = map[string]func(*testing.T) world{
	"csv":         csvWorld,
	"woocommerce": wooWorld,
}

func csvWorld(t *testing.T) world {
	path := filepath.Join(t.TempDir(), "orders.csv")
	var rows [][]string
	write := func() {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Write(strings.Split("order,status,created,completed,modified,email,first_name,last_name,phone,address,postcode,city,country,total,currency,photos", ","))
		w.WriteAll(rows)
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.RFC3339)
	}
	return world{
		source: shop.NewCSV("orders.csv", path),
		put: func(list []order.Order) {
			rows = nil
			for _, o := range list {
				c := o.Customer
				rows = append(rows, []string{o.Number, o.Status, stamp(o.CreatedAt), stamp(o.CompletedAt), stamp(o.ModifiedAt),
					c.Email, c.FirstName, c.LastName, c.Phone, c.Address, c.Postcode, c.City, c.Country, o.Total, o.Currency, strings.Join(o.Photos, " ")})
			}
			write()
		},
		damage: func(number string) {
			for i := range rows {
				if rows[i][0] == number {
					rows[i][3] = "soon"
				}
			}
			write()
		},
	}
}

func wooWorld(t *testing.T) world {
	s, w := serve(t)
	id := func(number string) int64 {
		n, _ := strconv.ParseInt(number, 10, 64)
		return n
	}
	return world{
		source:      w,
		incremental: true,
		put: func(list []order.Order) {
			for _, o := range list {
				c := o.Customer
				item := wootest.LineItem{ID: id(o.Number) * 10, Name: "Book", Quantity: 1}
				for i, p := range o.Photos {
					item.MetaData = append(item.MetaData, wootest.Meta{ID: int64(i), Key: "_photo_upload", Value: p})
				}
				s.Put(wootest.Order{
					ID: id(o.Number), Number: o.Number, Status: o.Status, Currency: o.Currency, Total: o.Total,
					DateCreated: wootest.GMT(o.CreatedAt), DateModified: wootest.GMT(o.ModifiedAt), DateComplete: wootest.GMTPtr(o.CompletedAt),
					Billing: wootest.Address{FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Phone: c.Phone,
						Address1: c.Address, Postcode: c.Postcode, City: c.City, Country: c.Country},
					LineItems: []wootest.LineItem{item},
				})
			}
		},
		damage: func(number string) {
			s.Break(id(number), fmt.Sprintf(`{"id":%s,"number":%q,"date_modified_gmt":"2026-01-01T00:00:00","date_completed_gmt":"soon"}`, number, number))
		},
	}
}

const key, secret = "ck_test", "cs_secret_never_shown"

// serve starts a shop behind TLS and a source that trusts its certificate.
func serve(t testing.TB) (*wootest.Shop, *shop.Woo) {
	t.Helper()
	s := wootest.New(key, secret)
	srv := httptest.NewTLSServer(s)
	t.Cleanup(srv.Close)
	return s, connect(t, srv, shop.WooConfig{})
}

func caFile(t testing.TB, srv *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func connect(t testing.TB, srv *httptest.Server, c shop.WooConfig) *shop.Woo {
	t.Helper()
	if c.Name == "" {
		c.Name = "shop"
	}
	if c.URL == "" {
		c.URL = srv.URL
	}
	if c.Key == "" {
		c.Key, c.Secret = key, secret
	}
	if c.CAFile == "" && srv != nil && srv.TLS != nil {
		c.CAFile = caFile(t, srv)
	}
	w, err := shop.NewWoo(c)
	if err != nil {
		t.Fatal(err)
	}
	return w.Impatient()
}

// sample makes n orders, a day apart from one another, with everything that
// has been seen to break readers.
func sample(n int) []order.Order {
	var list []order.Order
	base := time.Date(2025, 1, 5, 9, 30, 0, 0, time.UTC)
	for i := range n {
		at := base.AddDate(0, 0, i)
		o := order.Order{
			Number: strconv.Itoa(1001 + i), Ref: strconv.Itoa(1001 + i),
			Status: "completed", State: order.Completed,
			CreatedAt: at, CompletedAt: at.Add(48 * time.Hour), ModifiedAt: at.Add(49 * time.Hour),
			Customer: order.Customer{
				Email: fmt.Sprintf("client%d@example.fr", i), FirstName: "Zoé", LastName: "Lefèvre-Nguyễn",
				Phone: "+33 6 00 00 00 00", Address: "12, rue « des Œillets »", Postcode: "59800", City: "L’Haÿ-les-Roses 日本", Country: "FR",
			},
			Total: "39.90", Currency: "EUR",
			Photos: []string{fmt.Sprintf("uploads/%d/a.jpg", 1001+i), fmt.Sprintf("https://photos.example/%d/b+1.png", 1001+i)},
		}
		switch i % 8 {
		case 1:
			o.Status, o.State, o.CompletedAt = "processing", order.Open, time.Time{}
		case 2:
			o.Customer.Email = ""
		case 3:
			o.Status, o.State = "trash", order.Trashed
		case 4:
			o.Photos = nil
		case 5:
			o.Status, o.State, o.CompletedAt = "wc-in-the-kiln", order.Unknown, time.Time{}
		}
		list = append(list, o)
	}
	return list
}

// dense is sample with half an hour between orders, so that many are in the past.
func dense(n int) []order.Order {
	list := sample(n)
	for i := range list {
		o := &list[i]
		back := time.Duration(i) * (24*time.Hour - 30*time.Minute)
		o.CreatedAt, o.ModifiedAt = o.CreatedAt.Add(-back), o.ModifiedAt.Add(-back)
		if !o.CompletedAt.IsZero() {
			o.CompletedAt = o.CompletedAt.Add(-back)
		}
	}
	return list
}

func byNumber(list []order.Order) map[string]order.Order {
	m := map[string]order.Order{}
	for _, o := range list {
		// What only some kinds of shop tell is looked at in a test of its own.
		o.Shop, o.Fields, o.Lines, o.Account = "", nil, nil, ""
		if len(o.Photos) == 0 {
			o.Photos = nil
		}
		m[o.Number] = o
	}
	return m
}

func TestSources(t *testing.T) {
	for name, build := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Run("every order arrives once and whole, trashed ones and ones without an e-mail address included", func(t *testing.T) {
				w := build(t)
				want := sample(240)
				w.put(want)
				r := readAll(t.Context(), w.source, time.Time{})
				if r.err != nil || len(r.problems) != 0 {
					t.Fatalf("error %v, problems %s", r.err, r.said())
				}
				if len(r.orders) != len(want) {
					t.Fatalf("%d orders, want %d", len(r.orders), len(want))
				}
				got := byNumber(r.orders)
				for n, o := range byNumber(want) {
					if !reflect.DeepEqual(got[n], o) {
						t.Fatalf("order %s:\n got %+v\nwant %+v", n, got[n], o)
					}
				}
				for _, o := range r.orders {
					if o.Shop != w.source.Name() {
						t.Fatalf("order %s is of shop %q", o.Number, o.Shop)
					}
				}
				if r.done != r.total || r.total == 0 {
					t.Errorf("progress ended at %d of %d", r.done, r.total)
				}
			})

			t.Run("a second reading gives what changed", func(t *testing.T) {
				w := build(t)
				list := sample(240)
				w.put(list)
				first := readAll(t.Context(), w.source, time.Time{})
				list[7].Customer.City = "Lille"
				list[7].ModifiedAt = list[239].ModifiedAt.Add(24 * time.Hour)
				w.put(list)
				second := readAll(t.Context(), w.source, first.next)
				if first.err != nil || second.err != nil {
					t.Fatal(first.err, second.err)
				}
				if got := byNumber(second.orders)[list[7].Number]; got.Customer.City != "Lille" {
					t.Errorf("the change was not given: %+v", got)
				}
				// The newest order of the first reading lies within the overlap.
				if w.incremental && len(second.orders) != 2 {
					t.Errorf("%d orders, want the changed one and the one of the overlap", len(second.orders))
				}
				if !w.incremental && len(second.orders) != len(list) {
					t.Errorf("%d orders, want all %d again", len(second.orders), len(list))
				}
				third := readAll(t.Context(), w.source, second.next)
				if w.incremental && (len(third.orders) != 1 || third.next.Before(second.next)) {
					t.Errorf("third reading: %d orders, next %s after %s", len(third.orders), third.next, second.next)
				}
			})

			t.Run("a record that cannot be read is reported and the rest goes on", func(t *testing.T) {
				w := build(t)
				list := sample(150)
				w.put(list)
				w.damage(list[4].Number)
				w.damage(list[120].Number)
				r := readAll(t.Context(), w.source, time.Time{})
				if r.err != nil || len(r.orders) != 148 || len(r.problems) != 2 {
					t.Fatalf("error %v, %d orders, problems:\n%s", r.err, len(r.orders), r.said())
				}
				if _, given := byNumber(r.orders)[list[4].Number]; given {
					t.Error("an order without a readable date was handed over")
				}
			})

			t.Run("cancelling stops at once and loses nothing", func(t *testing.T) {
				w := build(t)
				list := sample(240)
				w.put(list)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				n := 0
				since := list[100].ModifiedAt
				next, err := w.source.Changed(ctx, since, func(order.Order) error {
					if n++; n == 10 {
						cancel()
					}
					return nil
				}, nil, nil)
				if !errors.Is(err, context.Canceled) || n != 10 {
					t.Fatalf("error %v after %d orders", err, n)
				}
				if next.After(since) {
					t.Fatalf("next reading would begin at %s, after %s", next, since)
				}
				if r := readAll(t.Context(), w.source, time.Time{}); r.err != nil || len(r.orders) != 240 {
					t.Fatalf("reading again: %v, %d orders", r.err, len(r.orders))
				}
			})

			t.Run("the caller's error stops the reading and comes back", func(t *testing.T) {
				w := build(t)
				list := sample(20)
				w.put(list)
				full := errors.New("disk full")
				n := 0
				_, err := w.source.Changed(t.Context(), time.Time{}, func(order.Order) error { n++; return full }, nil, nil)
				if !errors.Is(err, full) || n != 1 {
					t.Errorf("error %v after %d orders", err, n)
				}
				w.damage(list[0].Number)
				_, err = w.source.Changed(t.Context(), time.Time{}, func(order.Order) error { return nil }, func(order.Problem) error { return full }, nil)
				if !errors.Is(err, full) {
					t.Errorf("error %v", err)
				}
			})

			t.Run("photos belong to lines and fields of the order", func(t *testing.T) {
				w := build(t)
				w.put(sample(24))
				for _, o := range readAll(t.Context(), w.source, time.Time{}).orders {
					for ref := range o.Fields {
						if !slices.Contains(o.Photos, ref) {
							t.Errorf("order %s: a field for %q, which is no photo of it", o.Number, ref)
						}
					}
					seen := map[string]bool{}
					for _, l := range o.Lines {
						if l.Ref == "" || seen[l.Ref] {
							t.Errorf("order %s: line %q", o.Number, l.Ref)
						}
						seen[l.Ref] = true
						for _, ref := range l.Photos {
							if !slices.Contains(o.Photos, ref) {
								t.Errorf("order %s: line %s has %q, which is no photo of the order", o.Number, l.Ref, ref)
							}
						}
					}
				}
			})

			t.Run("a reading that broke goes on from its mark, and no order is missed", func(t *testing.T) {
				w := build(t)
				s, ok := w.source.(order.Resumable)
				if !ok {
					return // reading it again costs nothing
				}
				list := dense(1300)
				w.put(list)
				broke := errors.New("power cut")
				for _, at := range []int{0, 99, 101, 501, 560, 999, 1234} {
					got := map[string]bool{}
					mark, tries := "", 0
					for {
						n := 0
						_, err := s.ChangedFrom(t.Context(), time.Time{}, mark, func(o order.Order) error {
							if tries == 0 && n == at {
								return broke
							}
							n++
							got[o.Number] = true
							return nil
						}, nil, func(m string) error { mark = m; return nil }, nil)
						if tries++; err == nil {
							break
						}
						if !errors.Is(err, broke) || tries > 1 {
							t.Fatalf("cut after %d: %v", at, err)
						}
					}
					if len(got) != len(list) {
						t.Errorf("cut after %d: %d different orders of %d", at, len(got), len(list))
					}
				}
			})

			t.Run("a reading cut at each of its marks hands everything over, and few orders twice", func(t *testing.T) {
				w := build(t)
				s, ok := w.source.(order.Resumable)
				if !ok {
					return
				}
				list := dense(2400)
				w.put(list)
				broke := errors.New("power cut")
				got := map[string]int{}
				mark, marks := "", 0
				var next time.Time
				for {
					old := mark
					var err error
					next, err = s.ChangedFrom(t.Context(), time.Time{}, mark, func(o order.Order) error { got[o.Number]++; return nil }, nil,
						func(m string) error {
							if strings.Contains(m, "@") || strings.Contains(m, secret) {
								t.Errorf("mark %q", m)
							}
							mark = m
							return broke
						}, nil)
					if err == nil {
						break
					}
					if marks++; !errors.Is(err, broke) || mark == old || marks > 1000 {
						t.Fatalf("mark %q after %q: %v", mark, old, err)
					}
				}
				sum := 0
				for _, n := range got {
					sum += n
				}
				if len(got) != len(list) || sum > 2*len(list) {
					t.Errorf("%d different orders of %d, handed over %d times, in %d parts", len(got), len(list), sum, marks+1)
				}
				if whole := readAll(t.Context(), w.source, time.Time{}); !next.Equal(whole.next) {
					t.Errorf("the next reading would begin at %s, without a break at %s", next, whole.next)
				}
			})

			t.Run("a mark that means nothing begins anew", func(t *testing.T) {
				w := build(t)
				s, ok := w.source.(order.Resumable)
				if !ok {
					return
				}
				list := sample(30)
				w.put(list)
				for _, mark := range []string{"x", "any|", "any|soon", "any|2999-01-01T00:00:00Z", "any|9999-12-31T23:59:59Z|9999-12-31T23:59:59Z|9999-12-31T23:59:59Z", "trash|||", "\x00", strings.Repeat("9", 5000), "|||||", "{}", `{"after":"zzz"}`, "999999999", "-1"} {
					n := 0
					if _, err := s.ChangedFrom(t.Context(), time.Time{}, mark, func(order.Order) error { n++; return nil }, nil, nil, nil); err != nil || n != len(list) {
						t.Errorf("mark %.40q: %v, %d orders", mark, err, n)
					}
				}
			})

			t.Run("an empty shop is no error", func(t *testing.T) {
				w := build(t)
				w.put(nil)
				if r := readAll(t.Context(), w.source, time.Time{}); r.err != nil || len(r.orders)+len(r.problems) != 0 || !r.next.IsZero() {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}
