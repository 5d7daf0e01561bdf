package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
)

const (
	textA = "https://s3.example.net/photos/uploads/104/a.jpg"
	textB = "uploads/104/b.jpg"
)

func field(o order.Order, name string, holds plan.Holds) plan.Found {
	return plan.Found{Object: plan.Object{Storage: plan.DeskName(o.Shop), Key: "orders/" + o.Ref + "/" + name, Kind: plan.Field, Fingerprint: "h"}, Holds: holds, Order: o.ID, Number: o.Number}
}

func photo(o order.Order, key string) plan.Found {
	return plan.Found{Object: plan.Object{Storage: "photos", Key: key, Version: "1"}, Holds: plan.Photo, Order: o.ID, Number: o.Number}
}

// shopWorld is one completed order with two photos and a record that has one
// field of each sort and a file in the media library.
func shopWorld() (order.Order, plan.Input) {
	o := order.Order{ID: 1, Shop: "web", Ref: "7104", Number: "104", State: order.Completed, CreatedAt: made.AddDate(0, -3, 0), CompletedAt: made.AddDate(0, -2, 0),
		Photos: []string{textA, textB}, Fields: map[string]string{textA: "_upload_a", textB: "_upload_b"}}
	account := field(o, "x", plan.Account)
	account.Key = "customers/9/account"
	file := field(o, "x", plan.Photo)
	file.Key, file.Kind, file.Names = "media/77/file", plan.Version, "https://www.example.net/wp-content/uploads/2026/a.jpg"
	return o, plan.Input{Orders: []order.Order{o}, Bases: bases, Desks: map[string]bool{"web": true}, Today: day, MadeAt: made, Found: []plan.Found{
		photo(o, "uploads/104/a.jpg"), photo(o, "uploads/104/b.jpg"), file,
		field(o, "item.1.meta.2._upload_a", plan.Reference), field(o, "item.1.meta.3._upload_b", plan.Reference),
		field(o, "billing.email", plan.Contact), field(o, "customer_ip_address", plan.Contact),
		field(o, "billing.last_name", plan.Invoice), account,
	}}
}

// groups tells of each key in which group it is, with the ground.
func groups(p plan.Plan) map[string]string {
	out := map[string]string{}
	for _, f := range p.Erase {
		out[f.Key] = "erase"
	}
	for _, h := range p.Restrict {
		out[h.Key] = "restrict " + h.Until.String() + " " + h.Ground + " " + h.Article
	}
	for _, k := range p.Keep {
		out[k.Key] = "keep " + k.Until.String() + " " + k.Ground + " " + k.Article
	}
	return out
}

const (
	refA    = "orders/7104/item.1.meta.2._upload_a"
	refB    = "orders/7104/item.1.meta.3._upload_b"
	mail    = "orders/7104/billing.email"
	surname = "orders/7104/billing.last_name"
	account = "customers/9/account"
	file    = "media/77/file"
	keyA    = "uploads/104/a.jpg"
	keyB    = "uploads/104/b.jpg"
)

func TestWhatBecomesOfAShopsRecords(t *testing.T) {
	only := func(in *plan.Input, ids ...string) { in.Scope.Only = ids }
	for _, tc := range []struct {
		name   string
		change func(o *order.Order, in *plan.Input)
		want   map[string]string // key → beginning of its group, with what has to be in it after |
	}{
		{"in the scope of media, photos and what leads to them go, and the rest is one row", func(o *order.Order, in *plan.Input) {},
			map[string]string{keyA: "erase", keyB: "erase", file: "erase", refA: "erase", refB: "erase", mail: "", surname: "", account: ""}},
		{"a photo held for another order keeps its own reference only", func(o *order.Order, in *plan.Input) {
			in.SharedBy = map[string][]string{plan.KeyID("photos", keyA): {"999"}}
		}, map[string]string{keyA: "keep|order 999", keyB: "erase", refA: "keep|must still be found", refB: "erase"}},
		{"where nothing says what a field holds, one photo that stays keeps all references", func(o *order.Order, in *plan.Input) {
			o.Fields = nil
			in.SharedBy = map[string][]string{plan.KeyID("photos", keyA): {"999"}}
		}, map[string]string{keyA: "keep", keyB: "erase", refA: "keep|must still be found", refB: "keep|must still be found"}},
		{"a reference to an unknown place stays", func(o *order.Order, in *plan.Input) {
			o.Fields = map[string]string{textA: "_upload_a", "https://unknown.example/x.jpg": "_upload_b"}
			o.Photos = []string{textA, "https://unknown.example/x.jpg"}
		}, map[string]string{refA: "erase", refB: "keep|none of the known storages"}},
		{"a reference to a file of the library goes with the file", func(o *order.Order, in *plan.Input) {
			o.Fields = map[string]string{"http://www.example.net/wp-content/uploads/2026/a-300x300.jpg": "_upload_b"}
		}, map[string]string{file: "erase", refB: "erase"}},
		{"where the shop does not say which reference names a file, as many files as references are enough", func(o *order.Order, in *plan.Input) {
			o.Photos, o.Fields = []string{"https://www.example.net/x/a.jpg"}, nil
			in.Found[2].Names = ""
		}, map[string]string{file: "erase", refA: "erase"}},
		{"where the shop does not say which reference names a file, more references than files stay", func(o *order.Order, in *plan.Input) {
			o.Photos, o.Fields = []string{"https://www.example.net/x/a.jpg", "https://unknown.example/b.jpg"}, nil
			in.Found[2].Names = ""
		}, map[string]string{file: "erase", refA: "keep|none of the known storages"}},
		{"a reference to a file of the library stays with the file", func(o *order.Order, in *plan.Input) {
			o.Fields = map[string]string{"http://www.example.net/wp-content/uploads/2026/a-300x300.jpg": "_upload_b"}
			in.SharedBy = map[string][]string{plan.KeyID("shop:web", file): {"999"}}
		}, map[string]string{file: "keep|order 999", refB: "keep|must still be found"}},
		{"a hold keeps photos, files and references", func(o *order.Order, in *plan.Input) {
			in.Holds = []plan.Hold{{Order: 1, Reason: "litige", Article: "GDPR Art. 17(3)(e)"}}
		}, map[string]string{keyA: "restrict|litige", file: "restrict|litige", refA: "restrict|litige", refB: "restrict|litige"}},
		{"a hold keeps contact data and the account of a person too", func(o *order.Order, in *plan.Input) {
			in.Scope.Person = true
			in.Holds = []plan.Hold{{Order: 1, Reason: "litige", Article: "GDPR Art. 17(3)(e)"}}
		}, map[string]string{mail: "restrict|litige", surname: "restrict|litige", account: "restrict|litige"}},
		{"a person's contact data and account go when all her orders are finished", func(o *order.Order, in *plan.Input) { in.Scope.Person = true },
			map[string]string{mail: "erase", account: "erase", "orders/7104/customer_ip_address": "erase"}},
		{"invoice data are restricted field by field until the ten years end", func(o *order.Order, in *plan.Input) { in.Scope.Person = true },
			map[string]string{surname: "restrict 2036-12-31|ten years", refA: "erase"}},
		{"invoice data go when the ten years are over", func(o *order.Order, in *plan.Input) {
			in.Scope.Person, o.CompletedAt = true, made.AddDate(-12, 0, 0)
		}, map[string]string{surname: "erase"}},
		{"invoice data go where no invoice was made", func(o *order.Order, in *plan.Input) {
			in.Scope.Person, o.State = true, order.Cancelled
		}, map[string]string{surname: "erase", mail: "erase"}},
		{"invoice data without a date stay", func(o *order.Order, in *plan.Input) {
			in.Scope.Person, o.CompletedAt, o.CreatedAt = true, time.Time{}, time.Time{}
		}, map[string]string{surname: "restrict|no date"}},
		{"contact data and account of an open order are still needed", func(o *order.Order, in *plan.Input) {
			in.Scope.Person, o.State = true, order.Open
		}, map[string]string{mail: "keep|GDPR Art. 17(1)(a)", account: "keep|6(1)(b)", surname: "restrict"}},
		{"an order whose state is unknown counts as open", func(o *order.Order, in *plan.Input) {
			in.Scope.Person, o.State = true, order.Unknown
		}, map[string]string{mail: "keep|GDPR Art. 17(1)(a)", account: "keep|not finished"}},
		{"refunded, failed, trashed and forgotten orders are finished", func(o *order.Order, in *plan.Input) {
			in.Scope.Person, o.State = true, order.Gone
		}, map[string]string{mail: "erase", account: "erase"}},
		{"an account that serves another order stays", func(o *order.Order, in *plan.Input) {
			in.Scope.Person, in.Others = true, map[int64][]string{1: {"300", "200"}}
		}, map[string]string{account: "keep|200 and 300", mail: "erase"}},
		{"what no program can erase is told to be done by hand", func(o *order.Order, in *plan.Input) {
			in.Scope.Person = true
			for i := range in.Found {
				in.Found[i].ByHand = in.Found[i].Kind == plan.Field
			}
		}, map[string]string{mail: "keep|do it by hand", refA: "keep|do it by hand", account: "keep|do it by hand", surname: "keep 2036-12-31|ten years"}},
		{"a hold on what no program can erase says so, and not to erase it", func(o *order.Order, in *plan.Input) {
			in.Holds = []plan.Hold{{Order: 1, Reason: "litige", Until: day}}
			in.Found[3].ByHand = true
		}, map[string]string{refA: "keep " + day.String() + "|litige"}},
		{"a narrowed plan erases what was chosen and keeps the rest", func(o *order.Order, in *plan.Input) {
			only(in, plan.KeyID("photos", keyA), plan.KeyID("shop:web", refA), plan.KeyID("photos", "unknown"))
		}, map[string]string{keyA: "erase", refA: "erase", keyB: "keep|not part of this erasure", refB: "keep|not part of this erasure", file: "keep|not part of this erasure", mail: ""}},
		{"a narrowed plan keeps the references to what stays, chosen or not", func(o *order.Order, in *plan.Input) {
			only(in, plan.KeyID("shop:web", refA), plan.KeyID("shop:web", refB), plan.KeyID("photos", keyB))
		}, map[string]string{keyA: "keep", refA: "keep|must still be found", refB: "erase"}},
		{"a narrowed plan for a person leaves her other data", func(o *order.Order, in *plan.Input) {
			in.Scope.Person = true
			only(in, plan.KeyID("photos", keyA))
		}, map[string]string{mail: "keep|not part of this erasure", surname: "keep|not part", account: "keep|not part"}},
		{"a field of a kind nobody knows stays", func(o *order.Order, in *plan.Input) {
			in.Scope.Person = true
			in.Found[5].Holds = "secret"
		}, map[string]string{mail: "keep|nothing says what this is"}},
		{"a record of another order stays", func(o *order.Order, in *plan.Input) {
			in.Scope.Person = true
			in.Found[5].Order, in.Found[5].Number = 8, "108"
		}, map[string]string{mail: "keep|none of the orders"}},
		{"an account that was found for another order too stays", func(o *order.Order, in *plan.Input) {
			in.Scope.Person = true
			twin := in.Found[8]
			twin.Order, twin.Number = 8, "108"
			in.Found = append(in.Found, twin)
		}, map[string]string{account: "keep|none of the orders"}},
		{"a file that a customer sent to customer service is told to be done by hand", func(o *order.Order, in *plan.Input) {
			in.Found = append(in.Found, field(*o, "thread-4-file-2", plan.Photo))
			in.Found[len(in.Found)-1].ByHand = true
		}, map[string]string{"orders/7104/thread-4-file-2": "keep|do it by hand"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, in := shopWorld()
			tc.change(&o, &in)
			in.Orders[0] = o
			p := plan.Build(in)
			got := groups(p)
			for key, want := range tc.want {
				group, has, _ := strings.Cut(want, "|")
				if want == "" && got[key] != "" || !strings.HasPrefix(got[key], group) || !strings.Contains(got[key], has) {
					t.Errorf("%s is %q, want %q", key, got[key], want)
				}
			}
			cited(t, p)
			for _, f := range p.Erase {
				if f.Names != "" {
					t.Errorf("%s keeps the references that name it", f.Key)
				}
			}
			in.Lang = "fr"
			if q := plan.Build(in); len(q.Erase) != len(p.Erase) || len(q.Restrict) != len(p.Restrict) || len(q.Keep) != len(p.Keep) {
				t.Error("the plan is another one in French")
			}
		})
	}
}

// cited tells whether every article of a plan is in the table of articles.
func cited(t *testing.T, p plan.Plan) {
	t.Helper()
	known := map[string]bool{"": true}
	for _, a := range law.Articles() {
		known[a.Key] = true
	}
	for _, k := range p.Keep {
		for a := range strings.SplitSeq(k.Article, "; ") {
			if !known[a] {
				t.Errorf("%q is not in the table of articles", a)
			}
		}
	}
	for _, h := range p.Restrict {
		for a := range strings.SplitSeq(h.Article, "; ") {
			if !known[a] {
				t.Errorf("%q is not in the table of articles", a)
			}
		}
	}
}

func TestOtherRecordsAreMentionedOnceAnOrder(t *testing.T) {
	_, in := shopWorld()
	p := plan.Build(in)
	if len(p.Keep) != 1 || p.Keep[0].Key != "" || p.Keep[0].What != "other data of order 104 in the shop" || !strings.Contains(p.Keep[0].Ground, "photos and portraits only") {
		t.Errorf("kept: %+v", p.Keep)
	}
}

func TestGroundsInFrench(t *testing.T) {
	o, in := shopWorld()
	in.Lang, in.Scope.Person, in.Others = "fr", true, map[int64][]string{1: {"200"}}
	o.State = order.Open
	in.Orders[0] = o
	all := fmt.Sprint(plan.Build(in))
	for _, want := range []string{"nom de famille de facturation", "adresse e-mail de facturation", "adresse IP", "compte client dans la boutique", "sert aussi à la commande 200",
		"exécution du contrat (RGPD art. 17(1)(a) et 6(1)(b))", "dix ans"} {
		if !strings.Contains(all, want) {
			t.Errorf("the plan does not say %q", want)
		}
	}
}

func TestAShopThatWasLookedAtIsNotToBeDoneByHand(t *testing.T) {
	for name, tc := range map[string]struct {
		desks map[string]bool
		want  bool
	}{
		"a shop that cannot be reached by program":   {nil, true},
		"a shop whose records were looked at":        {map[string]bool{"web": true}, false},
		"two shops, only one of them was looked at":  {map[string]bool{"web": true, "": false}, true},
		"two shops, both of which were looked at":    {map[string]bool{"web": true, "csv": true}, false},
		"a shop that is not concerned was looked at": {map[string]bool{"other": true}, true},
	} {
		in := plan.Input{Scope: plan.Scope{Person: true}, Today: day, Desks: tc.desks, Orders: []order.Order{{ID: 1, Shop: "web", Number: "1"}}}
		if strings.HasPrefix(name, "two") {
			in.Orders = append(in.Orders, order.Order{ID: 2, Shop: "csv", Number: "2"})
		}
		p := plan.Build(in)
		if got := slices.ContainsFunc(p.Keep, func(k plan.Kept) bool { return strings.Contains(k.Ground, "by hand") }); got != tc.want {
			t.Errorf("%s: told %v", name, got)
		}
	}
}

func TestAMissingReferenceIsNoLongerMissingWhenTheLibraryHasIt(t *testing.T) {
	_, in := shopWorld()
	in.Missing = []plan.Ref{{Order: 1, Number: "104", Text: "https://www.example.net/wp-content/uploads/2026/a.jpg"}, {Order: 1, Number: "104", Text: "https://gone.example/y.jpg"}}
	p := plan.Build(in)
	n := 0
	for _, k := range p.Keep {
		if strings.Contains(k.Ground, "not found") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d references are said to be missing", n)
	}
}

func TestALibraryFileThatAnotherOrderNamesIsShared(t *testing.T) {
	url := "https://www.example.net/wp-content/uploads/2026/a.jpg"
	os := []order.Order{{ID: 1, Shop: "web", Number: "104", Photos: []string{url}}, {ID: 2, Shop: "web", Number: "105", Photos: []string{"http://www.example.net/wp-content/uploads/2026/a-300x300.jpg?v=2"}},
		{ID: 3, Shop: "web", Number: "106", Photos: []string{"https://www.example.net/wp-content/uploads/2026/other.jpg"}}}
	for name, names := range map[string]string{"the shop says what names it": url, "the shop does not say": ""} {
		f := plan.Found{Object: plan.Object{Storage: "shop:web", Key: "media/77/file"}, Holds: plan.Photo, Order: 1, Number: "104", Names: names}
		shared := plan.Shared([]plan.Found{f}, os, nil, nil)
		if got := shared[plan.KeyID("shop:web", "media/77/file")]; !slices.Equal(got, []string{"105"}) && !slices.Equal(got, []string{"104", "105"}) {
			t.Errorf("%s: shared with %v", name, got)
		}
		if p := plan.Build(plan.Input{Orders: os[:1], Found: []plan.Found{f}, SharedBy: shared, Today: day}); len(p.Erase) != 0 {
			t.Errorf("%s: the file would be erased", name)
		}
		if p := plan.Build(plan.Input{Orders: os[:2], Found: []plan.Found{f}, SharedBy: shared, Today: day}); len(p.Erase) != 1 {
			t.Errorf("%s: the file of both would stay", name)
		}
		f.Order, f.Number, f.Names = 3, "106", strings.ReplaceAll(names, "a.jpg", "other.jpg")
		if got := plan.Shared([]plan.Found{f}, os, nil, nil); len(got) != 0 {
			t.Errorf("%s: a file of one order alone is shared: %v", name, got)
		}
	}
}

func TestOnlyIsPartOfTheHash(t *testing.T) {
	_, in := shopWorld()
	in.Scope.Only = []string{plan.KeyID("photos", keyB), plan.KeyID("photos", keyA), plan.KeyID("photos", keyA)}
	p := plan.Build(in)
	if len(p.Scope.Only) != 2 || !slices.IsSorted(p.Scope.Only) {
		t.Errorf("only %q", p.Scope.Only)
	}
	q := p
	q.Scope.Only = q.Scope.Only[:1]
	if plan.HashOf(q) == p.Hash {
		t.Error("what a plan is narrowed to does not change its hash")
	}
	q.Scope.Only = []string{p.Scope.Only[1], p.Scope.Only[0]}
	if plan.HashOf(q) != p.Hash {
		t.Error("the order of what a plan is narrowed to changes its hash")
	}
}

// TestRandomWorlds builds plans over random shops, customers, storages and
// claims and holds each of them against what must never happen.
func TestRandomWorlds(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 7))
		check(t, seed, r)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func check(t *testing.T, seed uint64, r *rand.Rand) {
	ls := []plan.Locator{{Storage: "photos", Holds: plan.Photo, Key: "n/{order}"}, {Storage: "photos", Holds: plan.Portrait, Key: "r/*/{ref}/"}, {Storage: "disk", Holds: plan.Derived, Meta: "_m"}}
	photos, disk := &shelf{name: "photos"}, &shelf{name: "disk"}
	var all []order.Order
	var records []plan.Found
	keysOf := []string{"shared/a.jpg", "shared/b.jpg"}
	disk.put("shared/a.jpg", "", plan.Version)
	photos.put("shared/b.jpg", "1", plan.Version)
	for i := range 2 + r.IntN(5) {
		o := order.Order{ID: int64(i + 1), Shop: []string{"a", "b"}[r.IntN(2)], State: order.State(r.IntN(8)), CreatedAt: made.AddDate(-r.IntN(14), 0, 0),
			Number: []string{"1", "12", "12-2", "120", "7"}[r.IntN(5)], Ref: []string{"12", "1", "900", "901", "120"}[r.IntN(5)] + fmt.Sprint(i), Fields: map[string]string{}}
		o.Customer.Email, o.Account = []string{"x@example.net", "y@example.net"}[r.IntN(2)], []string{"", "5", "6"}[r.IntN(3)]
		photos.put("n/"+o.Number+".jpg", fmt.Sprint(i), plan.Version)
		photos.put("r/k"+fmt.Sprint(r.IntN(2))+"/"+o.Ref+"/x.jpg", "1", plan.Kind(r.IntN(3)))
		keysOf = append(keysOf, "n/"+o.Number+".jpg")
		for range r.IntN(4) {
			text := keysOf[r.IntN(len(keysOf))]
			if r.IntN(3) == 0 {
				text = "https://s3.example.net/photos/" + text
			}
			if r.IntN(8) == 0 {
				text = "https://unknown.example/" + text
			}
			o.Photos = append(o.Photos, text)
			o.Fields[text] = []string{"_m", "_q"}[r.IntN(2)]
		}
		all = append(all, o)
		for name, holds := range map[string]plan.Holds{"item.1.meta.2._m": plan.Reference, "item.1.meta.3._q": plan.Reference, "billing.email": plan.Contact, "billing.city": plan.Invoice} {
			if r.IntN(4) > 0 {
				f := field(o, name, holds)
				f.ByHand = r.IntN(8) == 0
				records = append(records, f)
			}
		}
		if o.Account != "" {
			f := field(o, "x", plan.Account)
			f.Key = "customers/" + o.Account + "/account"
			records = append(records, f)
		}
		if r.IntN(3) == 0 {
			f := field(o, "x", plan.Photo)
			f.Key, f.Kind = fmt.Sprintf("media/%d/file", r.IntN(3)), plan.Version
			if len(o.Photos) > 0 && r.IntN(2) == 0 {
				f.Names = o.Photos[0]
			}
			records = append(records, f)
		}
	}
	in := plan.Input{Today: day, MadeAt: made, Bases: bases, Others: map[int64][]string{}, Desks: map[string]bool{"a": true}, Scope: plan.Scope{Person: r.IntN(2) == 0}, Lang: []string{"fr", "en"}[r.IntN(2)]}
	target := map[int64]bool{}
	for _, o := range all {
		if r.IntN(2) == 0 {
			target[o.ID] = true
			in.Orders = append(in.Orders, o)
		}
		for range r.IntN(2) * r.IntN(2) {
			in.Holds = append(in.Holds, plan.Hold{ID: int64(r.IntN(9)), Order: o.ID, Reason: "x", From: day.AddDays(r.IntN(5) - 3), Until: day.AddDays(r.IntN(5) - 2)})
		}
	}
	for _, o := range in.Orders {
		for _, x := range all {
			if !target[x.ID] && (x.Customer.Email == o.Customer.Email || x.Shop == o.Shop && x.Account != "" && x.Account == o.Account) {
				in.Others[o.ID] = append(in.Others[o.ID], x.Number)
			}
		}
	}
	var err error
	in.Found, in.Missing, err = plan.Survey(t.Context(), map[string]plan.Lister{"photos": photos, "disk": disk}, ls, in.Orders, bases, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range records {
		if target[f.Order] {
			in.Found = append(in.Found, f)
		}
	}
	in.SharedBy = plan.Shared(in.Found, all, ls, bases)
	p := plan.Build(in)
	cited(t, p)

	byID := map[int64]order.Order{}
	for _, o := range all {
		byID[o.ID] = o
	}
	held := func(id int64) bool {
		return slices.ContainsFunc(in.Holds, func(h plan.Hold) bool { return h.Order == id && h.ActiveOn(day) })
	}
	// claims tells, from first principles, whether an order has a right to an
	// object of a storage.
	claims := func(o order.Order, x plan.Object) bool {
		for _, l := range ls {
			if l.Storage == x.Storage && l.Claims(x.Key, l.Value(o)) {
				return true
			}
		}
		return slices.ContainsFunc(o.Photos, func(text string) bool {
			s, k, ok := plan.Resolve(text, bases)
			return ok && k == x.Key && (s == x.Storage || s == "")
		})
	}
	erased := map[string]bool{}
	for _, f := range p.Erase {
		if erased[f.ID()] {
			t.Errorf("%q is erased twice", f.Key)
		}
		erased[f.ID()] = true
		if f.ByHand {
			t.Errorf("%s is erased though the shop offers no way", f.Key)
		}
		for _, o := range all {
			if plan.IsShop(f.Storage) || !claims(o, f.Object) {
				continue
			}
			if !target[o.ID] {
				t.Errorf("%s is erased and order %d has a claim on it", f.Key, o.ID)
			}
			if held(o.ID) {
				t.Errorf("%s is erased under a hold on order %d", f.Key, o.ID)
			}
		}
		for _, x := range records {
			if x.ID() != f.ID() || !target[x.Order] {
				continue
			}
			o := byID[x.Order]
			open := o.State == order.Open || o.State == order.Unknown
			switch {
			case held(o.ID):
				t.Errorf("%s is erased under a hold on order %d", f.Key, o.ID)
			case x.Holds == plan.Account && (open || len(in.Others[o.ID]) > 0):
				t.Errorf("account %s is erased though it is needed", f.Key)
			case x.Holds == plan.Contact && open:
				t.Errorf("%s of an open order is erased", f.Key)
			case x.Holds == plan.Invoice && o.State != order.Cancelled && o.State != order.Failed && !law.InvoiceKeptUntil(law.DateOf(o.CreatedAt, nil)).Before(day):
				t.Errorf("%s is erased though the invoice needs it", f.Key)
			case x.Holds != plan.Reference && x.Kind == plan.Field && !in.Scope.Person:
				t.Errorf("%s is erased though only media were meant", f.Key)
			}
		}
	}
	// What stays is still found: no reference to it is erased.
	stays := map[string]bool{}
	for _, f := range in.Found {
		if f.Kind != plan.Field && !plan.IsShop(f.Storage) && !erased[f.ID()] {
			stays[plan.KeyID(f.Storage, f.Key)], stays[plan.KeyID("", f.Key)] = true, true
		}
	}
	for _, f := range p.Erase {
		if f.Holds != plan.Reference {
			continue
		}
		o := byID[f.Order]
		for text, name := range o.Fields {
			if s, k, ok := plan.Resolve(text, bases); strings.HasSuffix(f.Key, name) && (!ok || stays[plan.KeyID(s, k)]) && !inLibrary(records, o, text) {
				t.Errorf("%s is erased and was the way to what stays", f.Key)
			}
		}
	}
	// Everything found is in exactly one group.
	places := map[string]int{}
	for _, f := range p.Erase {
		places[plan.KeyID(f.Storage, f.Key)+"\x00"+f.Version]++
	}
	summed := map[string]bool{}
	for _, h := range p.Restrict {
		places[plan.KeyID(h.Storage, h.Key)+"\x00"+h.Version]++
	}
	for _, k := range p.Keep {
		places[plan.KeyID(k.Storage, k.Key)+"\x00"+k.Version]++
		if k.Key == "" {
			summed[k.Order] = true
		}
	}
	distinct := map[string]bool{}
	for _, f := range in.Found {
		if distinct[f.ID()] {
			continue
		}
		distinct[f.ID()] = true
		if n := places[plan.KeyID(f.Storage, f.Key)+"\x00"+f.Version]; n != 1 && !(n == 0 && !in.Scope.Person && f.Kind == plan.Field && f.Holds != plan.Reference) && !twoKinds(in.Found, f) {
			t.Errorf("%s is in %d groups", f.Key, n)
		}
	}
	// The order of the facts does not matter.
	again := in
	again.Found, again.Orders, again.Holds = slices.Clone(in.Found), slices.Clone(in.Orders), slices.Clone(in.Holds)
	r.Shuffle(len(again.Found), func(i, j int) { again.Found[i], again.Found[j] = again.Found[j], again.Found[i] })
	r.Shuffle(len(again.Orders), func(i, j int) { again.Orders[i], again.Orders[j] = again.Orders[j], again.Orders[i] })
	r.Shuffle(len(again.Holds), func(i, j int) { again.Holds[i], again.Holds[j] = again.Holds[j], again.Holds[i] })
	if plan.Build(again).Hash != p.Hash {
		t.Error("the order of the facts changes the plan")
	}
	// A narrowed plan erases some of it, and nothing else.
	for _, f := range in.Found {
		if r.IntN(2) == 0 {
			again.Scope.Only = append(again.Scope.Only, plan.KeyID(f.Storage, f.Key))
		}
	}
	if len(again.Scope.Only) > 0 {
		for _, f := range plan.Build(again).Erase {
			if !erased[f.ID()] || !slices.Contains(again.Scope.Only, plan.KeyID(f.Storage, f.Key)) {
				t.Errorf("narrowed, the plan erases %s too", f.Key)
			}
		}
	}
}

// inLibrary tells whether a file of the library may be what a reference names.
func inLibrary(records []plan.Found, o order.Order, text string) bool {
	return slices.ContainsFunc(records, func(f plan.Found) bool {
		return f.Kind == plan.Version && (f.Order == o.ID && f.Names == "" || f.Names == text)
	})
}

// twoKinds tells whether the same version was found as two kinds of entry.
func twoKinds(found []plan.Found, f plan.Found) bool {
	return slices.ContainsFunc(found, func(x plan.Found) bool {
		return x.Storage == f.Storage && x.Key == f.Key && x.Version == f.Version && x.Kind != f.Kind
	})
}

func TestFieldsInWordsOfALetter(t *testing.T) {
	for _, tc := range []struct{ field, en, fr string }{
		{"billing.email", "billing e-mail address", "adresse e-mail de facturation"},
		{"billing.address_1", "billing street", "rue de facturation"},
		{"shipping.postcode", "delivery postcode", "code postal de livraison"},
		{"shippingAddress.streetLine1", "delivery street", "rue de livraison"},
		{"invoice_phones", "billing telephone number", "numéro de téléphone de facturation"},
		{"delivery_name", "delivery name", "nom de livraison"},
		{"billing.company", "billing company", "société de facturation"},
		{"customer_ip_address", "IP address", "adresse IP"},
		{"clientIp", "IP address", "adresse IP"},
		{"customer_user_agent", "browser used", "navigateur utilisé"},
		{"customer_note", "customer’s note", "note du client"},
		{"note.12", "note on the order", "note de la commande"},
		{"refund.7.reason", "reason of a refund", "motif d’un remboursement"},
		{"thread-4", "conversation about the order", "échange au sujet de la commande"},
		{"message-4", "message about the order", "message au sujet de la commande"},
		{"payment-9", "payment details", "données de paiement"},
		{"customization-3", "text written for the product", "texte écrit pour le produit"},
		{"gift_message", "gift message", "message cadeau"},
		{"phone", "telephone number", "numéro de téléphone"},
		{"meta.77._child_name", "a field of the order (_child_name)", "un champ de la commande (_child_name)"},
		{"item.3.meta.x2.pa_engraving", "a field of the order (pa_engraving)", "un champ de la commande (pa_engraving)"},
		{"meta.5.<script>alert\u202e\x00(1)", "a field of the order (scriptalert1)", "un champ de la commande (scriptalert1)"},
		{"meta.5." + strings.Repeat("x", 100), "a field of the order (" + strings.Repeat("x", 40) + "…)", "un champ de la commande (" + strings.Repeat("x", 40) + "…)"},
		{"meta.5.\x00", "a field of the order", "un champ de la commande"},
		{strings.Repeat("x", 900), "a field of the order", "un champ de la commande"},
		{"", "a field of the order", "un champ de la commande"},
	} {
		o := order.Order{ID: 1, Shop: "web", Ref: "1", Number: "1", State: order.Open}
		for lang, want := range map[string]string{"en": tc.en, "fr": tc.fr} {
			p := plan.Build(plan.Input{Scope: plan.Scope{Person: true}, Desks: map[string]bool{"web": true}, Orders: []order.Order{o}, Found: []plan.Found{field(o, tc.field, plan.Contact)}, Today: day, Lang: lang})
			if len(p.Keep) != 1 || p.Keep[0].What != want {
				t.Errorf("%q in %s: %+v, want %q", tc.field, lang, p.Keep, want)
			}
		}
	}
}

func FuzzFieldNames(f *testing.F) {
	f.Add("orders/1/billing.email")
	f.Add("meta.1.\u202e")
	f.Add("_-._")
	f.Fuzz(func(t *testing.T, key string) {
		o := order.Order{ID: 1, Shop: "web", Number: "1"}
		x := field(o, "", plan.Contact)
		x.Key = key
		p := plan.Build(plan.Input{Scope: plan.Scope{Person: true}, Desks: map[string]bool{"web": true}, Orders: []order.Order{o}, Found: []plan.Found{x}, Today: day})
		if what := p.Keep[0].What; what == "" || len([]rune(what)) > 80 || strings.ContainsAny(what, "<>\n\x00\u202e") {
			t.Fatalf("%q is called %q", key, what)
		}
	})
}
