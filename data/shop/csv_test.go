package shop_test

import (
	"bytes"
	"context"
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

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const header = "order,status,created,completed,modified,email,first_name,last_name,phone,address,postcode,city,country,total,currency,photos\n"

func file(t testing.TB, content string) *shop.CSV {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return shop.NewCSV("orders.csv", path)
}

const good = "1041,completed,2026-01-02,2026-01-20,2026-01-20,a@example.fr,Ann,Lee,,1 rue A,59000,Lille,FR,39.90,EUR,uploads/1041/a.jpg\n"

func TestCSVRows(t *testing.T) {
	row := func(number string, change map[int]string) string {
		f := strings.Split(strings.TrimSuffix(good, "\n"), ",")
		f[0] = number
		for i, v := range change {
			f[i] = v
		}
		return strings.Join(f, ",") + "\n"
	}
	next := row("1043", nil)
	for _, tc := range []struct {
		name     string
		content  string
		numbers  []string
		problems []string // one part of each, in order
	}{
		{"two good rows", good + next, []string{"1041", "1043"}, nil},
		{"a missing order number", good + row("", nil) + next, []string{"1041", "1043"}, []string{"orders.csv line 3: no order number"}},
		{"a date that is none", row("1042", map[int]string{3: "31/12/2026"}) + next, []string{"1043"}, []string{"orders.csv line 2: completed: not a date"}},
		{"the thirtieth of February", row("1042", map[int]string{2: "2026-02-30"}) + next, []string{"1043"}, []string{"line 2: created: not a date"}},
		{"an unreadable modification date", row("1042", map[int]string{4: "yesterday"}) + next, []string{"1043"}, []string{"line 2: modified: not a date"}},
		{"completed before created", row("1042", map[int]string{2: "2026-03-01"}) + next, []string{"1043"}, []string{"line 2: completed before it was created"}},
		{"completed on the day of an order placed at noon", row("1042", map[int]string{2: "2026-01-20T12:00:00Z"}), []string{"1042"}, nil},
		{"completed in the future", row("1042", map[int]string{3: "2062-01-01"}), []string{"1042"}, []string{"line 2: completed in the future"}},
		{"too few fields", good + "1042,completed\n" + next, []string{"1041", "1043"}, []string{"line 3: 2 fields where the header has 16"}},
		{"too many fields", good + row("1042", map[int]string{9: "12, rue A"}) + next, []string{"1041", "1043"}, []string{"line 3: 17 fields"}},
		{"empty fields too many, as spreadsheets leave them", strings.TrimSuffix(good, "\n") + ",,,\n" + ",,,,\n\n" + next, []string{"1041", "1043"}, nil},
		{"a half-written last row", good + next + "1044,completed,2026-0", []string{"1041", "1043"}, []string{"line 4: the file ends in the middle of this row"}},
		{"a last row cut inside a quotation", good + next + `1044,completed,2026-01-01,,,,"An`, []string{"1041", "1043"}, []string{"line 4: the file ends in the middle of this row"}},
		{"a last row cut inside a letter", good + strings.TrimSuffix(row("1042", map[int]string{15: "uploads/1042/\xc3"}), "\n"), []string{"1041"}, []string{"line 3: the file ends in the middle of this row"}},
		{"a whole last row without a line end", good + strings.TrimSuffix(next, "\n"), []string{"1041", "1043"}, nil},
		{"a total that is none", row("1042", map[int]string{13: "free"}) + next, []string{"1042", "1043"}, []string{"line 2: total: not an amount"}},
		{"an e-mail address that is none", row("1042", map[int]string{5: "call her"}) + next, []string{"1042", "1043"}, []string{"line 2: email: not an e-mail address"}},
		{"no e-mail address", row("1042", map[int]string{5: ""}), []string{"1042"}, nil},
		{"NUL bytes", good + row("1042", map[int]string{6: "A\x00n"}) + next, []string{"1041", "1043"}, []string{"line 3: the row contains NUL bytes"}},
		{"a tail of NUL bytes, as a power cut leaves", good + strings.Repeat("\x00", 700_000), []string{"1041"}, []string{"line 3: the row is longer"}},
		{"the same row twice", good + good + next, []string{"1041", "1043"}, nil},
		{"one number with two contents", good + row("1041", map[int]string{3: "2026-02-20"}) + next + row("1041", map[int]string{11: "Paris"}), []string{"1041", "1043"},
			[]string{"line 2: line 3 has the same order number", "line 3: same order number as line 2", "line 5: same order number as line 2"}},
		{"one number with an unreadable row first", row("1041", map[int]string{3: "soon"}) + row("1041", map[int]string{3: ""}) + next, []string{"1043"},
			[]string{"line 2: completed: not a date", "line 3: same order number as line 2, which could not be read"}},
		{"a quotation mark never closed", good + row("1042", map[int]string{6: `"Ann`}) + next + strings.Repeat("x\n", 200_000), []string{"1041", "1043"}, nil},
		{"a quotation mark closed on the next row", good + row("1042", map[int]string{6: `"Ann`}) + row("1043", map[int]string{6: `"Bo"`}), []string{"1041", "1043"}, []string{"line 3: quotation marks do not match"}},
		{"quotation marks inside a field", row("1042", map[int]string{9: `1 rue "A"`}), []string{"1042"}, nil},
		{"line breaks inside quotation marks", row("1042", map[int]string{9: "\"1 rue A\r\nBâtiment \"\"B\"\"\""}) + next + "x\n", []string{"1042", "1043"}, []string{"line 5: 1 fields"}},
		{"a row longer than any order", good + row("1042", map[int]string{15: strings.Repeat("a.jpg ", shop.MaxRowBytes)}) + next, []string{"1041", "1043"}, []string{"line 3: the row is longer"}},
		{"an order number with a control character", row("10\x0142", nil) + next, []string{"1043"}, []string{"line 2: order number too long or with control characters"}},
		{"CRLF line ends", strings.ReplaceAll(good+next, "\n", "\r\n"), []string{"1041", "1043"}, nil},
		{"random bytes after good rows", good + "\xff\xfe\x01\x02,,,\"\n" + next, []string{"1041", "1043"}, []string{"line 3: quotation marks do not match"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := readAll(t.Context(), file(t, header+tc.content), time.Time{})
			if r.err != nil {
				t.Fatal(r.err)
			}
			if !slices.Equal(r.numbers(), tc.numbers) {
				t.Errorf("orders %v, want %v\n%s", r.numbers(), tc.numbers, r.said())
			}
			if tc.name == "a quotation mark never closed" {
				if len(r.problems) < 200_001 || !strings.Contains(r.problems[0].What, "quotation marks") {
					t.Errorf("%d problems, first %+v", len(r.problems), r.problems[0])
				}
				return
			}
			if len(r.problems) != len(tc.problems) {
				t.Fatalf("problems:\n%swant %q", r.said(), tc.problems)
			}
			for i, p := range r.problems {
				if !strings.Contains(p.Where+": "+p.What, tc.problems[i]) {
					t.Errorf("problem %q, want %q", p.Where+": "+p.What, tc.problems[i])
				}
				if strings.Contains(p.What, "Ann") || strings.Contains(p.What, "call her") {
					t.Errorf("personal data in %q", p.What)
				}
			}
		})
	}
}

func TestCSVForms(t *testing.T) {
	body := "ORDER;Status;Created;Completed;\"First Name\";city;extra;total;photos\r\n" +
		"1042;Terminée;2026-03-29 23:30:00;2026-07-01;Zoé;Orléans €;x;1 234,50 €;b.jpg  a.jpg b.jpg\r\n"
	latin, err := charmap.Windows1252.NewEncoder().Bytes([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"UTF-8":                         body,
		"UTF-8 with its mark":           "\xef\xbb\xbf" + body,
		"Windows-1252":                  string(latin),
		"UTF-16 with its mark":          string(wide),
		"tabs":                          strings.ReplaceAll(body, ";", "\t"),
		"a separator row first":         "sep=;\r\n" + body,
		"blank rows first":              "\r\n;;;\r\n" + body,
		"carriage returns only":         strings.ReplaceAll(body, "\r\n", "\r"),
		"commas, the amount in quotes":  strings.ReplaceAll(strings.ReplaceAll(body, "1 234,50 €", `"1 234,50 €"`), ";", ","),
		"no line end after the last":    strings.TrimSuffix(body, "\r\n"),
		"no-break spaces in the amount": strings.ReplaceAll(body, "1 234,50 €", "1\u202f234,50\u00a0€"),
	} {
		t.Run("read from "+name, func(t *testing.T) {
			c := file(t, content)
			r := readAll(t.Context(), c, time.Time{})
			if r.err != nil || len(r.problems) != 0 || len(r.orders) != 1 {
				t.Fatalf("error %v, %d orders, %s", r.err, len(r.orders), r.said())
			}
			o := r.orders[0]
			if o.Number != "1042" || o.State != order.Completed || o.Status != "Terminée" || o.Customer.FirstName != "Zoé" ||
				o.Customer.City != "Orléans €" || o.Total != "1234.50" || !slices.Equal(o.Photos, []string{"b.jpg", "a.jpg"}) {
				t.Errorf("%+v", o)
			}
			// Paris is two hours ahead of UTC from 29 March 2026, 02:00 on.
			if want := time.Date(2026, 3, 29, 21, 30, 0, 0, time.UTC); !o.CreatedAt.Equal(want) || o.CreatedAt.Location() != time.UTC {
				t.Errorf("created %s, want %s", o.CreatedAt, want)
			}
			if want := time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC); !o.CompletedAt.Equal(want) {
				t.Errorf("completed %s, want the start of the day in Paris %s", o.CompletedAt, want)
			}
		})
	}

	t.Run("a zone other than Paris", func(t *testing.T) {
		c := file(t, "order,status,completed\n1,livrée,2026-07-01\n")
		c.Zone = time.UTC
		if r := readAll(t.Context(), c, time.Time{}); len(r.orders) != 1 || !r.orders[0].CompletedAt.Equal(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("completed without a date has the state and no date; a date without a status is completed", func(t *testing.T) {
		r := readAll(t.Context(), file(t, "order,status,completed\n1,completed,\n2,,2026-07-01\n3,,\n4,processing,0000-00-00 00:00:00\n"), time.Time{})
		if len(r.orders) != 4 {
			t.Fatalf("%+v", r)
		}
		for i, want := range []order.State{order.Completed, order.Completed, order.Unknown, order.Open} {
			if r.orders[i].State != want || r.orders[i].CompletedAt.IsZero() != (i != 1) {
				t.Errorf("row %d: %+v", i+1, r.orders[i])
			}
		}
	})
	t.Run("a row in another encoding is read and reported", func(t *testing.T) {
		r := readAll(t.Context(), file(t, "order,status,completed,city\n1,completed,,Orléans\n2,completed,,Orl\xe9ans\n"), time.Time{})
		if len(r.orders) != 2 || r.orders[1].Customer.City != "Orléans" || len(r.problems) != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestCSVRefused(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct {
		name    string
		content string
		want    error
		says    string
	}{
		{"an empty file", "", shop.ErrHeader, "empty"},
		{"blank rows only", "\n\n ;;\n", shop.ErrHeader, "empty"},
		{"no header row", good, shop.ErrHeader, "missing: order, status"},
		{"a header without the completed date", "order,status,created\n1,completed,2026-01-01\n", shop.ErrHeader, "missing: completed"},
		{"a column twice", "order,status,completed,Completed\n", shop.ErrHeader, "completed is there twice"},
		{"a binary file", "PK\x03\x04\x00\x00\x00" + strings.Repeat("\x00\x9c\xff", 5000), shop.ErrHeader, "not a text file"},
		{"a web page", "<!DOCTYPE html>\n<title>Log in</title>", shop.ErrHeader, "missing"},
		{"one endless line", strings.Repeat("order,status,completed,", 100_000), shop.ErrHeader, "cannot be split"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := readAll(t.Context(), file(t, tc.content), time.Time{})
			if !errors.Is(r.err, tc.want) || !strings.Contains(r.err.Error(), tc.says) {
				t.Errorf("error %v, want %v (%s)", r.err, tc.want, tc.says)
			}
		})
	}
	t.Run("a missing file", func(t *testing.T) {
		if r := readAll(t.Context(), shop.NewCSV("", filepath.Join(dir, "none.csv")), time.Time{}); !errors.Is(r.err, shop.ErrNoFile) || strings.Contains(r.err.Error(), dir) {
			t.Error(r.err)
		}
	})
	t.Run("a folder", func(t *testing.T) {
		if r := readAll(t.Context(), shop.NewCSV("", dir), time.Time{}); !errors.Is(r.err, shop.ErrUnreadable) {
			t.Error(r.err)
		}
	})
	t.Run("a file under a file", func(t *testing.T) {
		path := filepath.Join(dir, "plain")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := readAll(t.Context(), shop.NewCSV("", filepath.Join(path, "orders.csv")), time.Time{}); !errors.Is(r.err, shop.ErrUnreadable) || strings.Contains(r.err.Error(), dir) {
			t.Error(r.err)
		}
	})
	t.Run("the check counts orders and problems", func(t *testing.T) {
		if says, err := file(t, header+good+"x\n").Check(t.Context()); err != nil || says != "1 orders, 1 problems" {
			t.Error(says, err)
		}
		if _, err := file(t, "").Check(t.Context()); !errors.Is(err, shop.ErrHeader) {
			t.Error(err)
		}
	})
}

// A file cut at any byte gives a prefix of the orders, each of them whole, and
// never an order that seems uncompleted.
func TestCSVCutAnywhere(t *testing.T) {
	var b strings.Builder
	b.WriteString(header)
	for i := range 5 {
		fmt.Fprintf(&b, "%d,completed,2026-01-02,2026-01-20,2026-01-20,a%d@example.fr,\"Zoé \"\"Z\"\"\",Lee,,\"1 rue A\nLieu-dit\",59000,Lille,FR,39.90,EUR,uploads/%d/aé.jpg\n", 1000+i, i, 1000+i)
	}
	whole := b.String()
	want := readAll(t.Context(), file(t, whole), time.Time{})
	if len(want.orders) != 5 {
		t.Fatal(want.said())
	}
	for cut := len(header); cut < len(whole); cut++ {
		r := readAll(t.Context(), file(t, whole[:cut]), time.Time{})
		if r.err != nil {
			t.Fatalf("cut at %d: %v", cut, r.err)
		}
		for i, o := range r.orders {
			if o.Number != want.orders[i].Number || !o.CompletedAt.Equal(want.orders[i].CompletedAt) || o.Customer != want.orders[i].Customer {
				t.Fatalf("cut at %d: order %d is %+v", cut, i, o)
			}
		}
	}
}

func TestStatusWords(t *testing.T) {
	for word, want := range map[string]order.State{
		"completed": order.Completed, "wc-completed": order.Completed, "Terminée": order.Completed, "LIVRÉE": order.Completed,
		"Expédiée": order.Completed, "shipped": order.Completed, "Delivered ": order.Completed,
		"processing": order.Open, "on-hold": order.Open, "checkout-draft": order.Open, "En cours de  préparation": order.Open, "en_attente": order.Open, "a traiter": order.Open,
		"cancelled": order.Cancelled, "Annulée": order.Cancelled, "Canceled": order.Cancelled,
		"refunded": order.Refunded, "Remboursée": order.Refunded,
		"failed": order.Failed, "Échouée": order.Failed,
		"trash": order.Trashed, "Corbeille": order.Trashed,
		"": order.Unknown, "wc-in-the-kiln": order.Unknown, "partially refunded": order.Unknown, strings.Repeat("é", 5000): order.Unknown,
	} {
		if got := shop.StateOf(word); got != want {
			t.Errorf("%.30q is %s, want %s", word, got, want)
		}
	}
}

func TestTotals(t *testing.T) {
	for in, want := range map[string]string{
		"39.90": "39.90", "39,90": "39.90", "1 234,50 €": "1234.50", "1.234,50": "1234.50", "1,234.50": "1234.50", "€5": "5", "-5.00": "-5.00", "0": "0",
		"12 EUR": "12", "1.234": "1.234", "1'234.5": "1234.5", "1,234,567.00": "1234567.00", "+3": "3", "": "",
		"1,234": "!", "free": "!", ",5": "!", "5,": "!", "1e9": "!", "--5": "!", "12 34,00": "!", "1,2,3": "!", "٣": "!", "NaN": "!",
	} {
		got, err := shop.CleanTotal(in)
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestKinds(t *testing.T) {
	for kind, want := range map[string]error{
		"woocommerce": nil, "csv": nil, " CSV ": nil, "prestashop": nil, "shopify": nil, "vendure": nil, "jsonl": nil, "ebay": shop.ErrKindUnknown, "": shop.ErrKindUnknown,
	} {
		if err := shop.CheckKind(kind); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", kind, err, want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(header + good))
	f.Add([]byte("\xef\xbb\xbforder;status;completed\r\n1;\"a\"\"\r\nb\";2026-01-01"))
	f.Add([]byte("\xff\xfeo\x00r\x00"))
	f.Add([]byte("sep=\t\norder\tstatus\tcompleted\n1\t\"\n"))
	f.Add([]byte("order,status,completed\r1,x,2026-01-01\r\"2"))
	f.Add([]byte("order,status,completed\n1,\xe9,\n\x00\n"))
	path := filepath.Join(f.TempDir(), "orders.csv")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r := readAll(context.Background(), shop.NewCSV("orders.csv", path), time.Time{})
		seen := map[string]bool{}
		for _, o := range r.orders {
			if o.Number == "" || seen[o.Number] || strings.ContainsAny(o.Number, "\x00\n") {
				t.Fatalf("order number %q", o.Number)
			}
			seen[o.Number] = true
			if o.CompletedAt.Location() != time.UTC {
				t.Fatal("an instant that is not UTC")
			}
		}
		lines := bytes.Count(b, []byte("\n")) + bytes.Count(b, []byte("\r")) + 1
		if len(r.orders) > lines || len(r.problems) > 3*lines {
			t.Fatalf("%d orders and %d problems from %d lines", len(r.orders), len(r.problems), lines)
		}
	})
}

func BenchmarkCSV100k(b *testing.B) {
	var s strings.Builder
	s.WriteString(header)
	for i := range 100_000 {
		fmt.Fprintf(&s, "%d,completed,2025-01-02T10:00:00Z,2025-01-20T10:00:00Z,2025-01-20T10:00:00Z,client%d@example.fr,Zoé,Lefèvre,+33600000000,\"1, rue A\",59000,Lille,FR,39.90,EUR,uploads/%d/a.jpg uploads/%d/b.jpg\n", i, i, i, i)
	}
	c := file(b, s.String())
	b.SetBytes(int64(s.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		_, err := c.Changed(b.Context(), time.Time{}, func(order.Order) error { n++; return nil }, nil, nil)
		if err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}
