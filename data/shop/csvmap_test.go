package shop_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/order"
	"greffier/data/shop"
)

var _ order.Mapped = (*shop.CSV)(nil)

func split(header string) []string { return strings.Split(header, ",") }

// The headers of the exports, as the shops write them.
const (
	shopifyHeader = "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku," +
		"Billing Name,Billing Street,Billing Address1,Billing Address2,Billing City,Billing Zip,Billing Country,Billing Phone,Shipping Name,Notes,Note Attributes,Cancelled at,Id,Phone"
	squarespaceHeader = "Order ID,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Address1,Billing Address2,Billing City,Billing Zip,Billing Country,Billing Phone,Product Form: Photo upload"
	wooHeader         = "Order Number,Order Status,Order Date,Completed Date,First Name (Billing),Last Name (Billing),Address 1&2 (Billing),City (Billing),Postcode (Billing),Country Code (Billing),Email (Billing),Phone (Billing),SKU,Item Name,Order Total Amount,Order Currency,_photo_upload"
	wooFieldHeader    = "order_id,order_number,order_date,status,date_completed,billing_first_name,billing_last_name,billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,billing_country,order_total,order_currency,meta:_uploaded_files"
	wooFrenchHeader   = "Numéro de commande,Statut de la commande,Date de la commande,Date de réalisation,Prénom (facturation),Nom (facturation),Adresse (facturation),Ville (facturation),Code postal (facturation),Pays (facturation),E-mail (facturation),Téléphone (facturation),UGS,Nom de l’article,Montant total de la commande,Devise"
	prestaHeader      = "ID,Reference,New client,Delivery,Customer,Total,Payment,Status,Date"
	prestaFrench      = "ID,Référence,Nouveau client,Livraison,Client,Total,Paiement,État,Date"
	wixHeader         = "Order number,Date created,Time,Total order quantity,Contact email,Note from customer,Item,Variant,SKU,Qty,Price,Custom text,Delivery method,Recipient name,Recipient phone,Delivery country,Delivery city,Delivery address,Delivery zip/postal code,Billing name,Billing phone,Billing country,Billing city,Billing address,Billing zip/postal code,Payment status,Total,Currency,Fulfillment status"
)

func TestGuessMapping(t *testing.T) {
	for name, tc := range map[string]struct {
		header string
		want   map[string]string
		not    []string
	}{
		"the documented header": {strings.TrimSpace(header), map[string]string{"order": "order", "status": "status", "completed": "completed", "first_name": "first_name", "last_name": "last_name", "photos": "photos", "address": "address"}, nil},
		"Shopify": {shopifyHeader, map[string]string{"order": "Name", "status": "Fulfillment Status,Financial Status", "created": "Created at", "completed": "Fulfilled at", "email": "Email", "first_name": "Billing Name",
			"address": "Billing Address1,Billing Address2", "postcode": "Billing Zip", "city": "Billing City", "country": "Billing Country", "total": "Total", "currency": "Currency", "photos": "Note Attributes", "line_name": "Lineitem name", "line_sku": "Lineitem sku"}, []string{"last_name", "modified"}},
		"Squarespace": {squarespaceHeader, map[string]string{"order": "Order ID", "completed": "Fulfilled at", "first_name": "Billing Name", "photos": "Product Form: Photo upload", "line_name": "Lineitem name"}, []string{"last_name"}},
		"WooCommerce": {wooHeader, map[string]string{"order": "Order Number", "status": "Order Status", "created": "Order Date", "completed": "Completed Date", "email": "Email (Billing)", "first_name": "First Name (Billing)", "last_name": "Last Name (Billing)",
			"phone": "Phone (Billing)", "address": "Address 1&2 (Billing)", "postcode": "Postcode (Billing)", "city": "City (Billing)", "country": "Country Code (Billing)", "total": "Order Total Amount", "currency": "Order Currency", "photos": "_photo_upload", "line_sku": "SKU"}, nil},
		"WooCommerce by field names": {wooFieldHeader, map[string]string{"order": "order_number", "status": "status", "completed": "date_completed", "address": "billing_address_1,billing_address_2", "last_name": "billing_last_name", "photos": "meta:_uploaded_files"}, nil},
		"WooCommerce in French": {wooFrenchHeader, map[string]string{"order": "Numéro de commande", "status": "Statut de la commande", "created": "Date de la commande", "completed": "Date de réalisation", "first_name": "Prénom (facturation)", "last_name": "Nom (facturation)",
			"email": "E-mail (facturation)", "phone": "Téléphone (facturation)", "address": "Adresse (facturation)", "postcode": "Code postal (facturation)", "city": "Ville (facturation)", "country": "Pays (facturation)", "total": "Montant total de la commande", "currency": "Devise", "line_sku": "UGS"}, nil},
		"PrestaShop":           {prestaHeader, map[string]string{"order": "Reference", "status": "Status", "created": "Date", "first_name": "Customer", "total": "Total", "country": "Delivery"}, []string{"completed", "last_name"}},
		"PrestaShop in French": {prestaFrench, map[string]string{"order": "Référence", "status": "État", "created": "Date", "first_name": "Client", "total": "Total", "country": "Livraison"}, []string{"completed", "last_name"}},
		"Wix": {wixHeader, map[string]string{"order": "Order number", "status": "Fulfillment status,Payment status", "created": "Date created", "email": "Contact email", "first_name": "Billing name", "phone": "Billing phone",
			"city": "Billing city", "postcode": "Billing zip/postal code", "line_name": "Item", "line_sku": "SKU"}, []string{"completed"}},
		"a date of delivery, which may be a promise": {"Order number,Status,Delivery date,Paid at,Date de livraison", map[string]string{"order": "Order number", "status": "Status"}, []string{"completed"}},
		"nothing known": {"a,b,c", map[string]string{}, order.Columns()},
	} {
		t.Run(name, func(t *testing.T) {
			got := shop.GuessMapping(split(tc.header))
			for field, want := range tc.want {
				if got[field] != want {
					t.Errorf("%s is %q, want %q", field, got[field], want)
				}
			}
			for _, field := range tc.not {
				if got[field] != "" {
					t.Errorf("%s is %q, want nothing", field, got[field])
				}
			}
		})
	}
}

// mapped is a file read by the guess of its own header, and what is changed of it.
func mapped(t testing.TB, content string, change map[string]string) *shop.CSV {
	t.Helper()
	c := file(t, content)
	m := c.Mapping()
	maps.Copy(m, change)
	if err := c.SetMapping(m); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCSVMapping(t *testing.T) {
	shopify := func(rows ...map[string]string) string {
		names := split(shopifyHeader)
		s := shopifyHeader + "\n"
		for _, r := range rows {
			var f []string
			for _, n := range names {
				f = append(f, `"`+r[n]+`"`)
			}
			s += strings.Join(f, ",") + "\n"
		}
		return s
	}
	whole := func(number string) map[string]string {
		return map[string]string{"Name": number, "Email": "ann@example.fr", "Financial Status": "paid", "Fulfillment Status": "fulfilled", "Fulfilled at": "2026-01-20 09:30:00 +0100", "Created at": "2026-01-15 10:20:30 +0100", "Currency": "EUR", "Total": "59.80",
			"Lineitem quantity": "1", "Lineitem name": "Hero book", "Lineitem sku": "BOOK", "Billing Name": "Ann Lee", "Billing Address1": "1 rue A", "Billing Address2": "Bât. B", "Billing City": "Lille", "Billing Zip": "59000", "Billing Country": "FR",
			"Note Attributes": "photo: https://photos.example/" + number[1:] + "/a.jpg\nportrait: https://photos.example/" + number[1:] + "/hero.png"}
	}
	line := func(number, name, photo string) map[string]string {
		return map[string]string{"Name": number, "Email": "ann@example.fr", "Lineitem quantity": "2", "Lineitem name": name, "Lineitem sku": strings.ToUpper(name), "Note Attributes": photo}
	}

	t.Run("the rows of one order of Shopify are one order with a line a row", func(t *testing.T) {
		r := readAll(t.Context(), mapped(t, shopify(whole("#1001"), line("#1001", "Poster", "x: https://photos.example/1001/c.jpg"), line("#1001", "Mug", ""), whole("#1002"), line("#1002", "Mug", "")), nil), time.Time{})
		if r.err != nil || len(r.problems) > 0 || !slices.Equal(r.numbers(), []string{"#1001", "#1002"}) {
			t.Fatalf("%+v", r)
		}
		o := r.orders[0]
		if o.State != order.Completed || o.Customer.Name() != "Ann Lee" || o.Customer.Address != "1 rue A, Bât. B" || o.Total != "59.80" || !o.CompletedAt.Equal(time.Date(2026, 1, 20, 8, 30, 0, 0, time.UTC)) {
			t.Errorf("%+v", o)
		}
		if want := []string{"https://photos.example/1001/a.jpg", "https://photos.example/1001/hero.png", "https://photos.example/1001/c.jpg"}; !slices.Equal(o.Photos, want) || o.Fields[want[2]] != "Note Attributes" {
			t.Errorf("photos %v, fields %v", o.Photos, o.Fields)
		}
		if len(o.Lines) != 3 || o.Lines[0].SKU != "BOOK" || len(o.Lines[0].Photos) != 2 || o.Lines[1].Name != "Poster" || !slices.Equal(o.Lines[1].Photos, o.Photos[2:]) || o.Lines[2].Ref != "3" {
			t.Errorf("lines %+v", o.Lines)
		}
	})
	t.Run("the rows are one order even where no column names the product", func(t *testing.T) {
		c := mapped(t, shopify(whole("#1001"), line("#1001", "Poster", "https://photos.example/1001/c.jpg")), map[string]string{"line_name": "", "line_sku": ""})
		r := readAll(t.Context(), c, time.Time{})
		if len(r.problems) > 0 || len(r.orders) != 1 || len(r.orders[0].Photos) != 3 || len(r.orders[0].Lines) != 2 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a row with the same number that says otherwise is no line of the order", func(t *testing.T) {
		other := whole("#1001")
		other["Billing City"] = "Paris"
		r := readAll(t.Context(), mapped(t, shopify(whole("#1001"), other, whole("#1002")), nil), time.Time{})
		if !slices.Equal(r.numbers(), []string{"#1001", "#1002"}) || len(r.problems) != 2 || r.orders[0].Customer.City != "Lille" {
			t.Errorf("%v\n%s", r.numbers(), r.said())
		}
	})
	t.Run("a row that stands apart from its order is told", func(t *testing.T) {
		r := readAll(t.Context(), mapped(t, shopify(whole("#1001"), whole("#1002"), line("#1001", "Mug", "https://photos.example/1001/late.jpg")), nil), time.Time{})
		if len(r.orders) != 2 || len(r.problems) != 1 || !strings.Contains(r.said(), "not next to its rows") {
			t.Errorf("%v\n%s", r.numbers(), r.said())
		}
	})
	t.Run("an order whose last row is half-written is not handed over without its photos", func(t *testing.T) {
		s := shopify(whole("#1001"), whole("#1002"), line("#1002", "Mug", "https://photos.example/1002/late.jpg"))
		r := readAll(t.Context(), mapped(t, s[:len(s)-60], nil), time.Time{})
		if !slices.Equal(r.numbers(), []string{"#1001"}) || len(r.problems) != 2 {
			t.Errorf("%v\n%s", r.numbers(), r.said())
		}
	})
	t.Run("several status columns: whichever ends the order, else the first that says something", func(t *testing.T) {
		for _, tc := range []struct {
			fulfilled, paid string
			want            order.State
		}{
			{"fulfilled", "paid", order.Completed}, {"fulfilled", "partially_refunded", order.Completed}, {"fulfilled", "refunded", order.Refunded},
			{"unfulfilled", "voided", order.Cancelled}, {"unfulfilled", "paid", order.Open}, {"partial", "paid", order.Unknown}, {"", "refunded", order.Refunded}, {"", "paid", order.Open},
		} {
			row := whole("#1001")
			row["Fulfillment Status"], row["Financial Status"] = tc.fulfilled, tc.paid
			if r := readAll(t.Context(), mapped(t, shopify(row), nil), time.Time{}); len(r.orders) != 1 || r.orders[0].State != tc.want || strings.Contains(r.orders[0].Status, "\n") {
				t.Errorf("%s and %s: %+v", tc.fulfilled, tc.paid, r.orders)
			}
		}
	})
	t.Run("several columns feed the photos, each told by its column", func(t *testing.T) {
		c := mapped(t, "Commande;Statut;Date de fin;Photo enfant;Portrait;Fichier, autre\n1042;livrée;2026-01-20;uploads/1042/a b.jpg;[\"p/1042/hero.png\"];https://photos.example/x.jpg, https://photos.example/y.jpg\n",
			map[string]string{"photos": "Photo enfant, Portrait"})
		r := readAll(t.Context(), c, time.Time{})
		if len(r.orders) != 1 || !slices.Equal(r.orders[0].Photos, []string{"uploads/1042/a b.jpg", "p/1042/hero.png"}) || r.orders[0].Fields["p/1042/hero.png"] != "Portrait" {
			t.Errorf("%+v", r)
		}
		// A column whose own name has a comma is one column.
		if err := c.SetMapping(map[string]string{"order": "Commande", "status": "Statut", "completed": "Date de fin", "photos": "Fichier, autre"}); err != nil {
			t.Fatal(err)
		}
		if r := readAll(t.Context(), c, time.Time{}); len(r.orders) != 1 || !slices.Equal(r.orders[0].Photos, []string{"https://photos.example/x.jpg", "https://photos.example/y.jpg"}) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("dates with slashes are read where the file shows which part is the day", func(t *testing.T) {
		for name, tc := range map[string]struct {
			dates []string
			want  []string // days in UTC+0 of Zone, "" for a row that is not read
		}{
			"day first":             {[]string{"03/04/2026 9:05", "31/01/2026"}, []string{"2026-04-03", "2026-01-31"}},
			"month first":           {[]string{"03/04/2026", "01/31/2026 10:00:00"}, []string{"2026-03-04", "2026-01-31"}},
			"neither can be told":   {[]string{"03/04/2026", "05/06/2026"}, []string{"", ""}},
			"each says otherwise":   {[]string{"31/01/2026", "01/31/2026"}, []string{"", ""}},
			"beside other forms":    {[]string{"2026-02-01", "31.01.2026", "2026/03/01 10:00"}, []string{"2026-02-01", "2026-01-31", "2026-03-01"}},
			"no day of the year":    {[]string{"31/02/2026", "31/01/2026"}, []string{"", "2026-01-31"}},
			"an offset or UTC":      {[]string{"2026-01-31 23:30:00 -0500", "2026-01-31 10:00:00 UTC"}, []string{"2026-02-01", "2026-01-31"}},
			"a zone that is no one": {[]string{"2026-01-31 10:00:00 CST"}, []string{""}},
		} {
			t.Run(name, func(t *testing.T) {
				s := "Order,Status,Completed on\n"
				for i, d := range tc.dates {
					s += fmt.Sprintf("%d,done,%s\n", i, d)
				}
				c := mapped(t, s, nil)
				c.Zone = time.UTC
				r := readAll(t.Context(), c, time.Time{})
				got := make([]string, len(tc.dates))
				for _, o := range r.orders {
					got[o.Number[0]-'0'] = o.CompletedAt.Format(time.DateOnly)
				}
				if !slices.Equal(got, tc.want) {
					t.Errorf("%v, want %v\n%s", got, tc.want, r.said())
				}
			})
		}
	})
	t.Run("a column that the file no longer has is named, and nothing is read", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "export.csv")
		m := map[string]string{"order": "N°", "status": "Suivi", "completed": "Clôturée le", "photos": "Photos client"}
		c, err := shop.NewMappedCSV("export", path, m)
		if err != nil {
			t.Fatal(err)
		}
		if r := readAll(t.Context(), c, time.Time{}); !errors.Is(r.err, shop.ErrNoFile) {
			t.Error(r.err)
		}
		if err := c.SetMapping(m); err != nil {
			t.Errorf("a file that is not there at the moment: %v", err)
		}
		for content, says := range map[string]string{
			"N°;Suivi;Photos client\n1;livrée;a.jpg\n":                                     "Clôturée le",
			"N°;Suivi;Clôturée le\n1;livrée;2026-01-01\n":                                  "Photos client",
			"N°;Suivi;Suivi;Clôturée le;Photos client\n1;livrée;livrée;2026-01-01;x.jpg\n": "Suivi",
			"order,status,completed,photos\n1,completed,2026-01-01,secret.jpg\n":           "N°",
		} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			r := readAll(t.Context(), c, time.Time{})
			if !errors.Is(r.err, shop.ErrColumn) || !strings.Contains(r.err.Error(), says) || strings.Contains(r.err.Error(), "secret") || len(r.orders) > 0 {
				t.Errorf("%v, want %q", r.err, says)
			}
			if err := c.SetMapping(m); !errors.Is(err, shop.ErrColumn) || !strings.Contains(err.Error(), says) {
				t.Errorf("setting it: %v", err)
			}
		}
		if got := c.Mapping(); !maps.Equal(got, m) {
			t.Errorf("the mapping became %v", got)
		}
	})
	t.Run("a mapping that cannot be used is refused, and the old one stays", func(t *testing.T) {
		c := file(t, header+good)
		for name, m := range map[string]map[string]string{
			"an unknown field":       {"order": "order", "status": "status", "completed": "completed", "shoe_size": "city"},
			"no completed":           {"order": "order", "status": "status"},
			"an empty needed column": {"order": "order", "status": " ", "completed": "completed"},
		} {
			if err := c.SetMapping(m); !errors.Is(err, shop.ErrMapping) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := shop.NewMappedCSV("x", "y", m); !errors.Is(err, shop.ErrMapping) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if r := readAll(t.Context(), c, time.Time{}); r.err != nil || len(r.orders) != 1 {
			t.Errorf("%+v", r)
		}
		if err := c.SetMapping(map[string]string{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("the columns come with the first record, and a foreign header is not read unasked", func(t *testing.T) {
		c := file(t, "sep=;\r\n\"N° de commande\";Statut;Livrée le;Montant\r\n1042;livrée;2026-01-20\r\n1043;livrée;2026-01-20;3\r\n")
		names, sample, err := c.Columns(t.Context())
		if err != nil || !slices.Equal(names, []string{"N° de commande", "Statut", "Livrée le", "Montant"}) || !slices.Equal(sample, []string{"1042", "livrée", "2026-01-20", ""}) {
			t.Errorf("%q %q %v", names, sample, err)
		}
		if m := c.Mapping(); m["order"] != "N° de commande" || m["completed"] != "Livrée le" {
			t.Errorf("%v", m)
		}
		if r := readAll(t.Context(), c, time.Time{}); !errors.Is(r.err, shop.ErrHeader) {
			t.Error(r.err)
		}
		if _, _, err := shop.NewCSV("x", filepath.Join(t.TempDir(), "none")).Columns(t.Context()); !errors.Is(err, shop.ErrNoFile) {
			t.Error(err)
		}
	})
	t.Run("the documented file reads the same through a mapping", func(t *testing.T) {
		content := header + good + strings.Replace(good, "1041", "1042", 1) + good + strings.Replace(good, "1041", "1042", 1)
		want := readAll(t.Context(), file(t, content), time.Time{})
		got := readAll(t.Context(), mapped(t, content, nil), time.Time{})
		if len(want.orders) != 2 || len(got.orders) != 2 || len(got.problems) != 0 || !maps.EqualFunc(byNumber(got.orders), byNumber(want.orders), func(a, b order.Order) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
			t.Errorf("%+v\n%+v\n%s", got.orders, want.orders, got.said())
		}
	})
}

func FuzzCSVMapping(f *testing.F) {
	f.Add([]byte(shopifyHeader+"\n#1,a@example.fr,paid\n"), "Note Attributes,Notes")
	f.Add([]byte("Commande;Statut;Date de fin;Photo\n1;livrée;31/01/2026;a.jpg\n1;;;b.jpg\n2;x;01/31/2026;c\n"), "Photo")
	f.Add([]byte("order,status,completed\n1,x,2026-01-01\n1,,\n\"1"), ",,")
	f.Add([]byte("\xff\xfeo\x00"), "x")
	path := filepath.Join(f.TempDir(), "orders.csv")
	f.Fuzz(func(t *testing.T, b []byte, photos string) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c := shop.NewCSV("orders.csv", path)
		names, sample, err := c.Columns(context.Background())
		if err == nil && len(names) != len(sample) {
			t.Fatal("names and sample differ")
		}
		m := c.Mapping()
		m["photos"] = photos
		for _, field := range order.NeededColumns() {
			if m[field] == "" && len(names) > 0 {
				m[field] = names[0]
			}
		}
		if c.SetMapping(m) != nil {
			return
		}
		seen := map[string]bool{}
		r := readAll(context.Background(), c, time.Time{})
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
	})
}

func BenchmarkCSVMapped100k(b *testing.B) {
	var s strings.Builder
	s.WriteString(header)
	for i := range 100_000 {
		fmt.Fprintf(&s, "%d,completed,2025-01-02T10:00:00Z,2025-01-20T10:00:00Z,2025-01-20T10:00:00Z,client%d@example.fr,Zoé,Lefèvre,+33600000000,\"1, rue A\",59000,Lille,FR,39.90,EUR,uploads/%d/a.jpg uploads/%d/b.jpg\n", i, i, i, i)
	}
	c := mapped(b, s.String(), nil)
	b.SetBytes(int64(s.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if _, err := c.Changed(b.Context(), time.Time{}, func(order.Order) error { n++; return nil }, nil, nil); err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}
