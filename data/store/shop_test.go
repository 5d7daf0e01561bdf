package store_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/store"
)

// aShopOrder is an order as a shop with fields, lines and accounts tells it.
func aShopOrder(ref, email string) order.Order {
	o := anOrder(ref, email, "Anouk", "uploads/10"+ref+"/lea-needle.jpg", "uploads/10"+ref+"/tom-needle.jpg")
	o.Fields = map[string]string{o.Photos[0]: "_photo_upload", o.Photos[1]: "_second_upload_needle"}
	o.Lines = []order.Line{{Ref: "71", SKU: "PORTRAIT-A3", Name: "Portrait of needle-child", Photos: o.Photos[:1]}, {Ref: "72", Name: "Mug", Photos: o.Photos[1:]}}
	o.Account = "account-needle-9"
	return o
}

func TestFieldsLinesAndAccountOfAnOrderAreKeptSealed(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	first := aShopOrder("1", "anouk@example.org")
	first.Anonymised = true
	id, _, _ := putOrder(t, s, first)
	first.ID = id
	if got := getOrder(t, s, id); !reflect.DeepEqual(got, first) {
		t.Errorf("read back\n%+v, want\n%+v", got, first)
	}
	hides(t, s, dir, "lea-needle.jpg", "_second_upload_needle", "needle-child", "account-needle-9", "PORTRAIT-A3")
	for name, tc := range map[string]struct {
		change  func(*order.Order)
		changed bool
	}{
		"the same again":                        {func(o *order.Order) {}, false},
		"an order that is no longer anonymised": {func(o *order.Order) { o.Anonymised = false }, true},
		"another account":                       {func(o *order.Order) { o.Account = "10" }, true},
		"another field of a photograph":         {func(o *order.Order) { o.Fields[o.Photos[0]] = "_other" }, true},
		"a field less":                          {func(o *order.Order) { delete(o.Fields, o.Photos[0]) }, true},
		"a line less":                           {func(o *order.Order) { o.Lines = o.Lines[:1] }, true},
		"another product":                       {func(o *order.Order) { o.Lines[0].SKU = "PORTRAIT-A4" }, true},
		"a product called otherwise":            {func(o *order.Order) { o.Lines[0].Name = "x" }, true},
		"a photograph on another line":          {func(o *order.Order) { o.Lines[0].Photos, o.Lines[1].Photos = o.Lines[1].Photos, o.Lines[0].Photos }, true},
		"no fields where there were some":       {func(o *order.Order) { o.Fields = nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			putOrder(t, s, first) // as it was
			o := first
			o.Fields, o.Lines = maps.Clone(o.Fields), slices.Clone(o.Lines)
			tc.change(&o)
			if _, isNew, changed := putOrder(t, s, o); isNew || changed != tc.changed {
				t.Errorf("new %v, changed %v", isNew, changed)
			}
			if got := getOrder(t, s, id); !reflect.DeepEqual(got, o) {
				t.Errorf("read back\n%+v, want\n%+v", got, o)
			}
		})
	}
	t.Run("none are the same as empty ones", func(t *testing.T) {
		o := anOrder("5", "a@example.org", "Anouk")
		putOrder(t, s, o)
		o.Photos, o.Fields, o.Lines = []string{}, map[string]string{}, []order.Line{}
		if _, _, changed := putOrder(t, s, o); changed {
			t.Error("each reading changes it again")
		}
	})
}

func TestReferencesThatAreNotUTF8ComeBackToTheByte(t *testing.T) {
	s := fresh(t)
	odd := "uploads/101/\xff\xfe\x00\u2028<é>.jpg"
	o := anOrder("1", "anouk@example.org", "Anouk", odd, "uploads/101/b.jpg")
	o.Fields = map[string]string{odd: "_photo\xff", "{\"bytes\":\"eA==\"}": "looks like ours"}
	o.Lines = []order.Line{{Ref: "1\xc3", Name: "\xed\xa0\x80", Photos: []string{odd}}}
	o.ID, _, _ = putOrder(t, s, o)
	if got := getOrder(t, s, o.ID); !reflect.DeepEqual(got, o) {
		t.Errorf("read back\n%+v, want\n%+v", got, o)
	}
	if _, _, changed := putOrder(t, s, o); changed {
		t.Error("each reading changes it again")
	}
}

func TestNothingOfTheMediaComesBackThroughFieldsOrLines(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	o := aShopOrder("1", "anouk@example.org")
	id, _, _ := putOrder(t, s, o)
	update(t, s, func(tx *store.Tx) { _, err := tx.ForgetMedia(id, day, 7); must(t, err) })
	check := func(t *testing.T) {
		t.Helper()
		got := getOrder(t, s, id)
		want := o
		want.ID, want.Erased, want.Photos, want.Fields = id, true, nil, nil
		want.Lines = []order.Line{{Ref: "71", SKU: "PORTRAIT-A3", Name: "Portrait of needle-child"}, {Ref: "72", Name: "Mug"}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the order is\n%+v, want\n%+v", got, want)
		}
	}
	check(t)
	if _, isNew, changed := putOrder(t, s, o); isNew || changed {
		t.Errorf("read again from the shop: new %v, changed %v", isNew, changed)
	}
	check(t)
	if len(o.Lines[0].Photos) != 1 {
		t.Error("the caller's own lines were changed")
	}
	o.Status = "archived"
	putOrder(t, s, o)
	check(t)
}

func TestLinesAndAccountOfAForgottenPersonDoNotComeBack(t *testing.T) {
	for name, forget := range map[string]func(*store.Tx, int64) error{
		"the order was forgotten":  func(tx *store.Tx, id int64) error { _, err := tx.ForgetOrder(id, day, 1); return err },
		"the person was forgotten": func(tx *store.Tx, id int64) error { _, err := tx.ForgetPerson("anouk@example.org", day, 1); return err },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openIn(t, dir)
			o := aShopOrder("1", "anouk@example.org")
			id, _, _ := putOrder(t, s, o)
			update(t, s, func(tx *store.Tx) { must(t, forget(tx, id)) })
			for _, again := range []string{"after it", "when the shop tells it again", "when the shop tells it with nothing but lines"} {
				got := getOrder(t, s, id)
				if len(got.Lines) != 0 || len(got.Fields) != 0 || got.Account != "" || len(got.Photos) != 0 || !got.Erased {
					t.Errorf("%s it holds %+v", again, got)
				}
				if _, _, changed := putOrder(t, s, o); changed {
					t.Errorf("%s it changes", again)
				}
				if name == "the order was forgotten" {
					o.Customer, o.Photos = order.Customer{}, nil
				}
			}
			if n := rawInt(t, raw(t, dir), "SELECT COUNT(*) FROM subject"); n != 0 {
				t.Errorf("%d keys are left", n)
			}
		})
	}
}

func TestRestoredCopyForgetsFieldsLinesAndAccountsAgain(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	s := openIn(t, dir)
	media, _, _ := putOrder(t, s, aShopOrder("1", "anouk@example.org"))
	bare := order.Order{Shop: "woo", Ref: "2", Number: "102", CreatedAt: day.AddDate(0, -1, 0), Account: "account-needle-10"}
	whole, _, _ := putOrder(t, s, bare)
	onlyField := order.Order{Shop: "woo", Ref: "3", Number: "103", CreatedAt: day.AddDate(0, -1, 0), Fields: map[string]string{"field-needle.jpg": "_f"}}
	field, _, _ := putOrder(t, s, onlyField)
	must(t, s.BackupTo(t.Context(), filepath.Join(copied, store.FileName)))
	var stones []evidence.Tombstone
	update(t, s, func(tx *store.Tx) {
		for _, id := range []int64{media, field} {
			_, err := tx.ForgetMedia(id, day, 1)
			must(t, err)
		}
		_, err := tx.ForgetOrder(whole, day, 1)
		must(t, err)
		stones, err = tx.Tombstones()
		must(t, err)
	})
	r := openIn(t, copied)
	told(t, everything(t, r), "lea-needle.jpg", "account-needle-10", "field-needle.jpg")
	update(t, r, func(tx *store.Tx) {
		for _, b := range stones {
			must(t, tx.PutTombstone(b.Kind, b.Hash, b.At, b.Run))
		}
		if n, err := tx.ApplyTombstones(); err != nil || n != 3 {
			t.Errorf("%d orders were emptied, %v; want 3", n, err)
		}
		if n, err := tx.ApplyTombstones(); err != nil || n != 0 {
			t.Errorf("a second time %d orders were emptied, %v", n, err)
		}
	})
	left := sprint(everything(t, r))
	for _, w := range []string{"lea-needle.jpg", "tom-needle.jpg", "_photo_upload", "account-needle-10", "field-needle.jpg"} {
		if strings.Contains(left, w) {
			t.Errorf("%q can still be read", w)
		}
	}
	if o := getOrder(t, r, media); o.Account != "account-needle-9" || len(o.Lines) != 2 {
		t.Errorf("the customer went with the media: %+v", o)
	}
}

func TestOrdersThatAFullReadingNoLongerSeesAreFound(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	ids := map[string]int64{}
	for i := range 6 {
		ref := fmt.Sprint(i)
		ids[ref], _, _ = putOrder(t, s, anOrder(ref, "a@example.org", "Anouk", "a.jpg"))
	}
	other := anOrder("9", "a@example.org", "Anouk")
	other.Shop = "csv"
	putOrder(t, s, other)
	unseen := func(shop string, reading int64) (out []int64) {
		t.Helper()
		view(t, s, func(tx *store.Tx) {
			var err error
			out, err = tx.Unseen(shop, reading)
			must(t, err)
		})
		return out
	}
	refs := []string{"0", "1", "2", "3", "4", "5"}
	all := []int64{ids["0"], ids["1"], ids["2"], ids["3"], ids["4"], ids["5"]}
	if got := unseen("woo", 1); !reflect.DeepEqual(got, all) {
		t.Errorf("before any reading: %v", got)
	}
	update(t, s, func(tx *store.Tx) {
		must(t, tx.MarkSeen("woo", append(refs, "unknown", "' OR 1=1 --", ""), 1))
		must(t, tx.MarkSeen("woo", nil, 1))
	})
	if got := unseen("woo", 1); got != nil {
		t.Errorf("after all were seen: %v", got)
	}
	update(t, s, func(tx *store.Tx) {
		must(t, tx.MarkSeen("woo", []string{"0", "1", "2"}, 2))
		must(t, tx.MarkSeen("woo", []string{"3"}, 3)) // a later reading is under way
		must(t, tx.MarkSeen("woo", []string{"0"}, 1)) // an earlier one goes on
		must(t, tx.MarkSeen("csv", []string{"4"}, 2)) // another shop's own
	})
	if got, want := unseen("woo", 2), []int64{ids["4"], ids["5"]}; !reflect.DeepEqual(got, want) {
		t.Errorf("not seen in the second: %v, want %v", got, want)
	}
	t.Run("what changes of an order does not hide when it was seen", func(t *testing.T) {
		o := anOrder("0", "b@example.org", "Anouk", "a.jpg")
		o.Status = "again"
		putOrder(t, s, o)
		if got := unseen("woo", 2); len(got) != 2 {
			t.Errorf("not seen: %v", got)
		}
	})
	before := getOrder(t, s, ids["4"])
	update(t, s, func(tx *store.Tx) { must(t, tx.SetGone([]int64{ids["4"]})) })
	if got, want := unseen("woo", 2), []int64{ids["5"]}; !reflect.DeepEqual(got, want) {
		t.Errorf("what is gone is told again: %v, want %v", got, want)
	}
	after := getOrder(t, s, ids["4"])
	before.State = order.Gone
	if !reflect.DeepEqual(after, before) {
		t.Errorf("gone, the order is\n%+v, want\n%+v", after, before)
	}
	t.Run("an order that comes back is no longer gone", func(t *testing.T) {
		if _, _, changed := putOrder(t, s, anOrder("4", "a@example.org", "Anouk", "a.jpg")); !changed {
			t.Error("nothing changed")
		}
		if o := getOrder(t, s, ids["4"]); o.State != order.Completed {
			t.Errorf("it is %v", o.State)
		}
	})
	t.Run("an order is marked as gone without being opened", func(t *testing.T) {
		rawExec(t, raw(t, dir), "UPDATE orders SET sealed = x'00' WHERE id = ?", ids["5"])
		update(t, s, func(tx *store.Tx) { must(t, tx.SetGone([]int64{ids["5"]})) })
		if got := unseen("woo", 9); len(got) != 5 {
			t.Errorf("not seen: %v", got)
		}
	})
	t.Run("no such order", func(t *testing.T) {
		err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.SetGone([]int64{ids["0"], 999}) })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
		if o := getOrder(t, s, ids["0"]); o.State == order.Gone {
			t.Error("half of it was done")
		}
	})
}

func TestOrdersStreamNewestFirst(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	all := manyOrders(500, day)
	putAll(t, s, all)
	stop := errors.New("enough")
	view(t, s, func(tx *store.Tx) {
		n := len(all)
		must(t, tx.EachOrder(func(o order.Order) error {
			n--
			if o.Ref != all[n].Ref || o.Customer != all[n].Customer {
				t.Errorf("order %d is %+v", n, o)
			}
			if n%100 == 0 { // what is asked meanwhile is answered
				if got, err := tx.Order(o.ID); err != nil || got.Ref != o.Ref {
					t.Errorf("asked within: %+v, %v", got, err)
				}
			}
			return nil
		}))
		if n != 0 {
			t.Errorf("%d orders were left out", n)
		}
		if count, err := tx.CountOrders(); err != nil || count != len(all) {
			t.Errorf("%d orders, %v", count, err)
		}
		if err := tx.EachOrder(func(order.Order) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
			t.Errorf("stopped after %d with %v", n, err)
		}
		if os, err := tx.Orders(); err != nil || len(os) != len(all) {
			t.Errorf("%d orders at once, %v", len(os), err)
		}
	})
	t.Run("and are not sorted in memory", func(t *testing.T) {
		rows, err := raw(t, dir).QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+store.NewestFirst)
		must(t, err)
		defer rows.Close()
		for rows.Next() {
			var a, b, c int
			var what string
			must(t, rows.Scan(&a, &b, &c, &what))
			if strings.Contains(what, "TEMP B-TREE") {
				t.Error(what)
			}
		}
		must(t, rows.Err())
	})
}

func TestKeysOfARunsScopeComeBackToTheByte(t *testing.T) {
	s := fresh(t)
	rec := erasure.Record{Scope: plan.Scope{Orders: []int64{1}, Only: []string{plan.KeyID("photos", "a.jpg"), plan.KeyID("photos", "\xff\xfe.jpg"), plan.KeyID("photos", "\u2028<\"\\.jpg"), plan.KeyID("photos", "\xed\xa0\x80")}},
		By: "owner", StartedAt: day, Restrict: []plan.Held{{Key: "r\xff"}, {Key: "plain"}}, Keep: []plan.Kept{{Key: "plain"}, {Key: "k\xfe"}}, Looked: 3, Tries: 2, RetryAt: day}
	steps := []erasure.Step{
		{N: 0, At: day, Object: plan.Found{Object: plan.Object{Storage: plan.DeskName("woo"), Key: "orders/1/billing_email", Kind: plan.Field, Fingerprint: "f", ModifiedAt: day}, Holds: plan.Contact, Order: 1, Number: "101"}},
		{N: 1, At: day, Object: plan.Found{Object: plan.Object{Storage: plan.DeskName("woo"), Key: "customers/9/account", Kind: plan.Field}, Holds: plan.Account, Order: 1, Number: "101", ByHand: true}},
	}
	update(t, s, func(tx *store.Tx) {
		var err error
		rec.ID, err = tx.BeginRun(rec, steps)
		must(t, err)
		got, err := tx.Run(rec.ID)
		must(t, err)
		if !reflect.DeepEqual(got, rec) {
			t.Errorf("the run is\n%+v, want\n%+v", got, rec)
		}
		rec.State, rec.Keep = erasure.Partial, append(rec.Keep, plan.Kept{Key: "later\xff"})
		must(t, tx.PutRun(rec))
		got, err = tx.Run(rec.ID)
		must(t, err)
		if !reflect.DeepEqual(got, rec) {
			t.Errorf("the end is\n%+v, want\n%+v", got, rec)
		}
		read, err := tx.Steps(rec.ID)
		must(t, err)
		if !reflect.DeepEqual(read, steps) {
			t.Errorf("steps\n%+v, want\n%+v", read, steps)
		}
	})
}

func TestRecordOfARegisterIsRemovedForGood(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	update(t, s, func(tx *store.Tx) {
		for _, id := range []string{"a", "b", "c"} {
			must(t, tx.PutRecord("cooling", id, []byte("removed needle "+id), day))
		}
		must(t, tx.PutRecord("notices", "b", []byte("other"), day))
		must(t, tx.DeleteRecord("cooling", "b"))
		must(t, tx.DeleteRecord("cooling", "b")) // again
		must(t, tx.DeleteRecord("cooling", "never"))
		must(t, tx.PutRecord("cooling", "d", []byte("last"), day))
	})
	view(t, s, func(tx *store.Tx) {
		rs, err := tx.Records("cooling")
		must(t, err)
		var ids []string
		for _, r := range rs {
			ids = append(ids, r.ID)
		}
		if !reflect.DeepEqual(ids, []string{"a", "c", "d"}) {
			t.Errorf("left are %v", ids)
		}
		if rs, err := tx.Records("notices"); err != nil || len(rs) != 1 {
			t.Errorf("the other register holds %v, %v", rs, err)
		}
	})
}

func TestStoreOfVersion2OpensWithAllThatWasInIt(t *testing.T) {
	dir := frozen(t, "v2.sql")
	s := openIn(t, dir)
	must(t, s.Check(t.Context()))
	view(t, s, func(tx *store.Tx) {
		for id, want := range map[int64]struct {
			first  string
			photos int
			erased bool
		}{1: {"Anouk", 2, false}, 2: {"Basile", 1, false}, 3: {"Claude", 0, true}, 4: {"", 0, true}} {
			o, err := tx.Order(id)
			must(t, err)
			if o.Customer.FirstName != want.first || len(o.Photos) != want.photos || o.Erased != want.erased || o.Anonymised || o.Account != "" || len(o.Lines) != 0 {
				t.Errorf("order %d is %+v", id, o)
			}
		}
		hs, err := tx.Holds()
		must(t, err)
		if len(hs) != 1 || hs[0].Reason != "dispute with Anouk" {
			t.Errorf("holds %+v", hs)
		}
		r, err := tx.Run(1)
		must(t, err)
		if r.State != erasure.Partial || len(r.Keep) != 1 || r.Looked != 0 || r.Tries != 0 || !r.RetryAt.IsZero() {
			t.Errorf("the run is %+v", r)
		}
		st, err := tx.Steps(1)
		must(t, err)
		var kinds []plan.Kind
		for _, x := range st {
			kinds = append(kinds, x.Object.Kind)
		}
		if !reflect.DeepEqual(kinds, []plan.Kind{plan.Version, plan.Marker, plan.Upload}) || st[1].Object.Key != "uploads/103/\xff.jpg" || st[2].Reason != "locked" {
			t.Errorf("its steps are %+v", st)
		}
		if ids, err := tx.Unseen("woo", 1); err != nil || len(ids) != 4 {
			t.Errorf("no full reading was made yet, and unseen are %v, %v", ids, err)
		}
		ms, err := tx.CaseMessages(1)
		must(t, err)
		if len(ms) != 1 || ms[0].Message.Text != "Please erase my photos." {
			t.Errorf("the request is %+v", ms)
		}
	})
	t.Run("an order read again from the shop is not changed by the new form", func(t *testing.T) {
		if _, _, changed := putOrder(t, s, anOrder("1", "anouk@example.org", "Anouk", "uploads/101/anouk.jpg", "uploads/101/b.jpg")); changed {
			t.Error("it changed")
		}
	})
	t.Run("and gains what the shop now says", func(t *testing.T) {
		o := aShopOrder("1", "anouk@example.org")
		if _, isNew, changed := putOrder(t, s, o); isNew || !changed {
			t.Errorf("new %v, changed %v", isNew, changed)
		}
		if got := getOrder(t, s, 1); len(got.Lines) != 2 || got.Account != o.Account {
			t.Errorf("the order is %+v", got)
		}
	})
	t.Run("the tombstones of version 2 hold for what is new", func(t *testing.T) {
		update(t, s, func(tx *store.Tx) {
			_, _, _, err := tx.PutOrder(aShopOrder("3", "claude@example.org"))
			must(t, err)
			_, _, _, err = tx.PutOrder(aShopOrder("4", "denis@example.org"))
			must(t, err)
		})
		if o := getOrder(t, s, 3); len(o.Photos) != 0 || len(o.Fields) != 0 || len(o.Lines) != 2 || len(o.Lines[0].Photos) != 0 {
			t.Errorf("the media are back: %+v", o)
		}
		if o := getOrder(t, s, 4); o.Account != "" || len(o.Lines) != 0 || o.Customer != (order.Customer{}) {
			t.Errorf("the person is back: %+v", o)
		}
	})
	if r := verify(t, s); r.Entries != 3 || r.BrokenAt != nil {
		t.Errorf("journal %+v", r)
	}
	must(t, s.Check(t.Context()))
	hides(t, s, dir, "anouk@example.org", "Basile", "dispute with", "claude.jpg", "Please erase", "account-needle-9", "needle-child")
}
