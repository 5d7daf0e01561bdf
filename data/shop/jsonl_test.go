package shop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/order"
	"greffier/data/shop"
)

func init() { worlds["jsonl"] = jsonlWorld }

func jsonlWorld(t *testing.T) world {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	var rows []map[string]any
	write := func() {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		for _, r := range rows {
			if err := e.Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stamp := func(at time.Time) any {
		if at.IsZero() {
			return nil
		}
		return at.Format(time.RFC3339)
	}
	return world{
		source: shop.NewJSONL("orders.jsonl", path),
		put: func(list []order.Order) {
			rows = nil
			for _, o := range list {
				c := o.Customer
				rows = append(rows, map[string]any{"order": o.Number, "status": o.Status, "created": stamp(o.CreatedAt), "completed": stamp(o.CompletedAt), "modified": stamp(o.ModifiedAt),
					"email": c.Email, "first_name": c.FirstName, "last_name": c.LastName, "phone": c.Phone, "address": c.Address, "postcode": c.Postcode, "city": c.City, "country": c.Country,
					"total": o.Total, "currency": o.Currency, "photos": o.Photos[:min(1, len(o.Photos))],
					"lines": []any{map[string]any{"ref": o.Number + "-1", "sku": "BOOK", "name": "Book", "photos": o.Photos}}})
			}
			write()
		},
		damage: func(number string) {
			for _, r := range rows {
				if r["order"] == number {
					r["completed"] = "soon"
				}
			}
			write()
		},
	}
}

func jsonl(t testing.TB, content string) *shop.JSONL {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return shop.NewJSONL("orders.jsonl", path)
}

func TestJSONLLines(t *testing.T) {
	line := func(number, more string) string {
		return fmt.Sprintf(`{"order":%q,"status":"completed","completed":"2026-01-20"%s}`, number, more) + "\n"
	}
	one, two := line("1041", ""), line("1043", "")
	for _, tc := range []struct {
		name     string
		content  string
		numbers  []string
		problems []string
	}{
		{"two good lines", one + two, []string{"1041", "1043"}, nil},
		{"an empty file", "", nil, nil},
		{"blank lines and CRLF", "\r\n" + strings.ReplaceAll(one, "\n", "\r\n") + " \n\n" + two, []string{"1041", "1043"}, nil},
		{"the mark of UTF-8 first", "\xef\xbb\xbf" + one, []string{"1041"}, nil},
		{"a last line without a line end", one + strings.TrimSuffix(two, "\n"), []string{"1041", "1043"}, nil},
		{"a half-written last line", one + two[:30], []string{"1041"}, []string{"line 2: the file ends in the middle of this line"}},
		{"a line that is no JSON", one + "order,status\n" + two, []string{"1041", "1043"}, []string{"line 2: not an order as a JSON object"}},
		{"a list", one + "[1,2]\n", []string{"1041"}, []string{"line 2: not an order as a JSON object"}},
		{"null", "null\n" + one, []string{"1041"}, []string{"line 1: not an order as a JSON object"}},
		{"two objects on a line", strings.TrimSuffix(one, "\n") + two + two, []string{"1043"}, []string{"line 1: not an order as a JSON object"}},
		{"a list for a name", line("1042", `,"first_name":["Ann"]`) + two, []string{"1043"}, []string{"line 1: first_name: not the kind of value"}},
		{"no completed", `{"order":"1","status":"completed"}` + "\n" + two, []string{"1043"}, []string{"line 1: missing: completed"}},
		{"nothing said of completed", `{"order":"1","status":"processing","completed":null}` + "\n", []string{"1"}, nil},
		{"a number for the order", `{"order":1042,"status":"completed","completed":"2026-01-20"}` + "\n", []string{"1042"}, nil},
		{"a fraction for the order", `{"order":1.5,"status":"completed","completed":"2026-01-20"}` + "\n" + two, []string{"1043"}, []string{"line 1: no usable order number"}},
		{"no order number", line("", "") + two, []string{"1043"}, []string{"line 1: no usable order number"}},
		{"a date that is none", line("1042", `,"created":"yesterday"`) + two, []string{"1043"}, []string{"line 1: created: not a date"}},
		{"completed as a number", `{"order":"1042","status":"completed","completed":1768867200}` + "\n" + two, []string{"1043"}, []string{"line 1: completed: not a date"}},
		{"completed before created", line("1042", `,"created":"2026-03-01"`) + two, []string{"1043"}, []string{"line 1: completed before it was created"}},
		{"a total that is none", line("1042", `,"total":"free"`) + two, []string{"1042", "1043"}, []string{"line 1: total: not an amount"}},
		{"a total as a number", line("1042", `,"total":39.9`), []string{"1042"}, nil},
		{"not UTF-8", line("1042", `,"city":"Orl`+"\xe9"+`ans"`) + two, []string{"1043"}, []string{"line 1: not UTF-8"}},
		{"a line longer than any order", line("1042", `,"city":"`+strings.Repeat("x", shop.MaxJSONLine)+`"`) + two, []string{"1043"}, []string{"line 1: the line is longer"}},
		{"a last line without end that is too long", one + strings.Repeat("x", 3*shop.MaxJSONLine), []string{"1041"}, []string{"line 2: the line is longer"}},
		{"the same line twice", one + one + two, []string{"1041", "1043"}, nil},
		{"one number with two contents", one + line("1041", `,"city":"Paris"`) + two, []string{"1041", "1043"}, []string{"line 1: line 2 has the same order number", "line 2: same order number as line 1"}},
		{"one number with an unreadable line first", line("1041", `,"created":"soon"`) + one + two, []string{"1043"}, []string{"line 1: created", "line 2: same order number as line 1, which could not be read"}},
		{"two products with one ref", line("1042", `,"lines":[{"ref":"1"},{"ref":1}]`) + two, []string{"1043"}, []string{"line 1: lines: a ref"}},
		{"NUL bytes after a power cut", one + strings.Repeat("\x00", 700_000), []string{"1041"}, []string{"line 2: "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := readAll(t.Context(), jsonl(t, tc.content), time.Time{})
			if r.err != nil || !slices.Equal(r.numbers(), tc.numbers) || len(r.problems) != len(tc.problems) {
				t.Fatalf("%v, orders %v, want %v, problems:\n%s", r.err, r.numbers(), tc.numbers, r.said())
			}
			for i, p := range r.problems {
				if !strings.Contains(p.Where+": "+p.What, tc.problems[i]) || strings.Contains(p.What, "Ann") {
					t.Errorf("problem %q, want %q", p.Where+": "+p.What, tc.problems[i])
				}
			}
		})
	}
}

func TestJSONL(t *testing.T) {
	t.Run("products and photos are read", func(t *testing.T) {
		r := readAll(t.Context(), jsonl(t, `{"order":"1042","status":"Terminée","completed":"2026-07-01","total":39.90,"photos":["a b.jpg"," ","c.jpg"],"lines":[{"ref":"77","sku":"BOOK","name":"A book","photos":["c.jpg","d.jpg"]},{"name":"A poster"}]}`), time.Time{})
		if len(r.orders) != 1 {
			t.Fatalf("%+v", r)
		}
		o := r.orders[0]
		if !slices.Equal(o.Photos, []string{"a b.jpg", "c.jpg", "d.jpg"}) || o.Total != "39.90" || o.State != order.Completed || !o.CompletedAt.Equal(time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v", o)
		}
		if len(o.Lines) != 2 || o.Lines[0].Ref != "77" || o.Lines[0].SKU != "BOOK" || !slices.Equal(o.Lines[0].Photos, []string{"c.jpg", "d.jpg"}) || o.Lines[1].Ref == "" || o.Lines[1].Name != "A poster" {
			t.Errorf("%+v", o.Lines)
		}
	})
	t.Run("a missing file and a folder are errors without their path", func(t *testing.T) {
		dir := t.TempDir()
		for path, want := range map[string]error{filepath.Join(dir, "none.jsonl"): shop.ErrNoFile, dir: shop.ErrUnreadable} {
			if r := readAll(t.Context(), shop.NewJSONL("orders", path), time.Time{}); !errors.Is(r.err, want) || strings.Contains(r.err.Error(), dir) {
				t.Error(r.err)
			}
		}
	})
	t.Run("the check counts orders and problems", func(t *testing.T) {
		if says, err := jsonl(t, `{"order":"1","status":"","completed":null}`+"\nx\n").Check(t.Context()); err != nil || says != "1 orders, 1 problems" {
			t.Error(says, err)
		}
	})
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"order":"1","status":"completed","completed":"2026-01-20","photos":["a.jpg"],"lines":[{"ref":1,"photos":["b.jpg"]}]}` + "\n"))
	f.Add([]byte("\xef\xbb\xbf{\"order\":1,\"status\":null,\"completed\":null}\r\n{\"order\":"))
	f.Add([]byte("null\n[]\n\"\"\n{}\n\x00"))
	path := filepath.Join(f.TempDir(), "orders.jsonl")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r := readAll(context.Background(), shop.NewJSONL("orders.jsonl", path), time.Time{})
		if r.err != nil {
			t.Fatal(r.err)
		}
		seen := map[string]bool{}
		for _, o := range r.orders {
			if o.Number == "" || seen[o.Number] || o.CompletedAt.Location() != time.UTC {
				t.Fatalf("%+v", o)
			}
			seen[o.Number] = true
			for _, l := range o.Lines {
				for _, ref := range l.Photos {
					if !slices.Contains(o.Photos, ref) {
						t.Fatalf("%q is no photo of the order", ref)
					}
				}
			}
		}
		if lines := bytes.Count(b, []byte("\n")) + 1; len(r.orders) > lines || len(r.problems) > 4*lines {
			t.Fatalf("%d orders and %d problems from %d lines", len(r.orders), len(r.problems), lines)
		}
	})
}

func BenchmarkJSONL100k(b *testing.B) {
	var s strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&s, `{"order":"%d","status":"completed","created":"2025-01-02T10:00:00Z","completed":"2025-01-20T10:00:00Z","email":"client%d@example.fr","first_name":"Zoé","last_name":"Lefèvre","city":"Lille","total":39.90,"currency":"EUR","photos":["uploads/%d/a.jpg"],"lines":[{"ref":"1","sku":"BOOK","photos":["uploads/%d/b.jpg"]}]}`+"\n", i, i, i, i)
	}
	j := jsonl(b, s.String())
	b.SetBytes(int64(s.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if _, err := j.Changed(b.Context(), time.Time{}, func(order.Order) error { n++; return nil }, nil, nil); err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}
