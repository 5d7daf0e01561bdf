package store_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/data/store"
)

func TestOrderIsFoundAgainByShopAndReference(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	first := anOrder("1", "anouk@example.org", "Anouk", "a.jpg", "b.jpg")
	id, isNew, changed := putOrder(t, s, first)
	if !isNew || !changed {
		t.Errorf("a new order: new %v, changed %v", isNew, changed)
	}
	first.ID = id
	if got := getOrder(t, s, id); !reflect.DeepEqual(got, first) {
		t.Errorf("read back\n%+v, want\n%+v", got, first)
	}
	db := raw(t, dir)
	sealed := func() (b []byte) {
		must(t, db.QueryRow("SELECT sealed FROM orders WHERE id = ?", id).Scan(&b))
		return b
	}
	before := sealed()
	for name, tc := range map[string]struct {
		change  func(*order.Order)
		isNew   bool
		changed bool
	}{
		"the same again is not rewritten":                 {func(o *order.Order) {}, false, false},
		"the same in another zone is not rewritten":       {func(o *order.Order) { o.CreatedAt = o.CreatedAt.In(time.FixedZone("", 3600)) }, false, false},
		"the same reference in another shop is another":   {func(o *order.Order) { o.Shop = "csv" }, true, true},
		"another reference with the number is another":    {func(o *order.Order) { o.Ref = "77" }, true, true},
		"a state that changed":                            {func(o *order.Order) { o.State = order.Refunded }, false, true},
		"a telephone number that changed":                 {func(o *order.Order) { o.Customer.Phone = "+33 7" }, false, true},
		"photographs in another order":                    {func(o *order.Order) { o.Photos = []string{"b.jpg", "a.jpg"} }, false, true},
		"a photograph less":                               {func(o *order.Order) { o.Photos = o.Photos[:1] }, false, true},
		"a moment of change that changed by a nanosecond": {func(o *order.Order) { o.ModifiedAt = o.ModifiedAt.Add(1) }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			putOrder(t, s, first) // as it was
			base := sealed()
			o := first
			tc.change(&o)
			n, isNew, changed := putOrder(t, s, o)
			if isNew != tc.isNew || changed != tc.changed || (n == id) == tc.isNew {
				t.Errorf("order %d: new %v, changed %v", n, isNew, changed)
			}
			if same := string(base) == string(sealed()); same != (isNew || !changed) {
				t.Errorf("rewritten: %v", !same)
			}
		})
	}
	if len(before) == 0 || rawInt(t, db, "SELECT COUNT(*) FROM orders") != 3 {
		t.Error("an order is there twice")
	}
}

func TestOrderWithoutAddressIsKeptUnderAKeyOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	for _, ref := range []string{"1", "2"} {
		putOrder(t, s, anOrder(ref, "", "Anouk "+ref, ref+".jpg"))
	}
	putOrder(t, s, anOrder("3", "  ", "Blank", "3.jpg"))
	if o := getOrder(t, s, 2); o.Customer.FirstName != "Anouk 2" || len(o.Photos) != 1 {
		t.Errorf("read back %+v", o)
	}
	view(t, s, func(tx *store.Tx) {
		for _, e := range []string{"", "  "} {
			if os, err := tx.OrdersByEmail(e); err != nil || len(os) != 0 {
				t.Errorf("no address finds %d orders, %v", len(os), err)
			}
		}
	})
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetOrder(1, day, 1)
		must(t, err)
		for _, e := range []string{"", "  "} {
			if _, err := tx.ForgetPerson(e, day, 1); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("forgetting nobody: %v", err)
			}
		}
	})
	if n := rawInt(t, raw(t, dir), "SELECT COUNT(*) FROM subject"); n != 2 {
		t.Errorf("%d keys are left, want 2", n)
	}
	if o := getOrder(t, s, 3); o.Customer.FirstName != "Blank" {
		t.Error("another order without an address was forgotten, too")
	}
}

func TestChangedOrderLeavesNoUnusedKey(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	keysLeft := func() int { return rawInt(t, raw(t, dir), "SELECT COUNT(*) FROM subject") }
	for i, step := range []struct {
		name  string
		ref   string
		email string
		first string
		want  int
	}{
		{"a new person", "1", "a@example.org", "Anouk", 1},
		{"a second order of hers", "2", "A@Example.org ", "Anouk", 1},
		{"another address on one", "2", "b@example.org", "Anouk", 2},
		{"and on the other", "1", "b@example.org", "Anouk", 1},
		{"the address removed from one", "1", "", "Anouk", 2},
		{"a change without an address", "1", "", "Anouchka", 2},
		{"and given back", "1", "b@example.org", "Anouchka", 1},
	} {
		o := anOrder(step.ref, step.email, step.first)
		putOrder(t, s, o)
		if n := keysLeft(); n != step.want {
			t.Errorf("step %d, %s: %d keys, want %d", i, step.name, n, step.want)
		}
	}
	empty := anOrder("1", "", "")
	empty.Customer = order.Customer{}
	putOrder(t, s, empty)
	putOrder(t, s, func() order.Order { o := empty; o.Ref, o.Number = "2", "102"; return o }())
	if n := keysLeft(); n != 0 {
		t.Errorf("%d keys are left of orders that hold nothing personal", n)
	}
}

func TestTombstoneKeepsThePhotographsOfAnOrderFromComingBack(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	o := anOrder("1", "anouk@example.org", "Anouk", "uploads/101/needle.jpg")
	id, _, _ := putOrder(t, s, o)
	update(t, s, func(tx *store.Tx) {
		hash, err := tx.ForgetMedia(id, day, 7)
		must(t, err)
		ts, err := tx.Tombstones()
		must(t, err)
		if len(ts) != 1 || ts[0] != (evidence.Tombstone{Kind: evidence.TombstoneMedia, Hash: hash, At: day, Run: 7}) {
			t.Errorf("tombstones %+v", ts)
		}
		if _, err := tx.ForgetMedia(99, day, 7); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("media of no order: %v", err)
		}
	})
	if _, isNew, changed := putOrder(t, s, o); isNew || changed {
		t.Errorf("read again from the shop: new %v, changed %v", isNew, changed)
	}
	o.Status = "archived"
	if _, _, changed := putOrder(t, s, o); !changed {
		t.Error("what is not personal no longer changes")
	}
	got := getOrder(t, s, id)
	if len(got.Photos) != 0 || !got.Erased || got.Status != "archived" || got.Customer.FirstName != "Anouk" {
		t.Errorf("the order is %+v", got)
	}
	view(t, s, func(tx *store.Tx) {
		at, err := tx.ErasedAt()
		must(t, err)
		if len(at) != 1 || !at[id].Equal(day) {
			t.Errorf("erased at %v", at)
		}
	})
	t.Run("even in a store that never had the order", func(t *testing.T) {
		other := fresh(t)
		update(t, other, func(tx *store.Tx) {
			must(t, tx.PutTombstone(evidence.TombstoneMedia, other.OrderHash("woo", "1"), day, 7))
		})
		id, _, _ := putOrder(t, other, o)
		if got := getOrder(t, other, id); len(got.Photos) != 0 || !got.Erased {
			t.Errorf("the order is %+v", got)
		}
	})
}

func TestForgottenPersonDoesNotComeBack(t *testing.T) {
	s := fresh(t)
	old := anOrder("1", "Anouk@Example.org", "Anouk", "a.jpg")
	id, _, _ := putOrder(t, s, old)
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetPerson("anouk@example.org", day, 1)
		must(t, err)
	})
	blank := func(t *testing.T, o order.Order) {
		t.Helper()
		if o.Customer != (order.Customer{}) || len(o.Photos) != 0 || !o.Erased {
			t.Errorf("the order holds %+v", o)
		}
	}
	t.Run("her order keeps what is not personal", func(t *testing.T) {
		got := getOrder(t, s, id)
		blank(t, got)
		if got.Number != "101" || got.Total != "59.00" || !got.CreatedAt.Equal(old.CreatedAt) {
			t.Errorf("the order is %+v", got)
		}
	})
	for name, o := range map[string]order.Order{
		"the order is read again":                            old,
		"the order is read again with another address":       anOrder("1", "other@example.org", "Anouk", "a.jpg"),
		"an order from before the erasure is read late":      anOrder("2", " ANOUK@example.org", "Anouk", "b.jpg"),
		"an order of which the shop does not say when it is": func() order.Order { o := anOrder("3", "anouk@example.org", "A"); o.CreatedAt = time.Time{}; return o }(),
		"an order made in the very moment":                   func() order.Order { o := anOrder("4", "anouk@example.org", "A"); o.CreatedAt = day; return o }(),
	} {
		t.Run(name, func(t *testing.T) {
			id, _, _ := putOrder(t, s, o)
			blank(t, getOrder(t, s, id))
			if _, _, changed := putOrder(t, s, o); changed {
				t.Error("each reading changes it again")
			}
		})
	}
	later := anOrder("5", "anouk@example.org", "Anouk", "new.jpg")
	later.CreatedAt = day.Add(time.Hour)
	t.Run("a later order is a new relationship", func(t *testing.T) {
		id, _, _ := putOrder(t, s, later)
		got := getOrder(t, s, id)
		if got.Customer.FirstName != "Anouk" || len(got.Photos) != 1 || got.Erased {
			t.Errorf("the order is %+v", got)
		}
		view(t, s, func(tx *store.Tx) {
			os, err := tx.OrdersByEmail("anouk@example.org")
			must(t, err)
			if len(os) != 1 {
				t.Errorf("her address finds %d orders", len(os))
			}
		})
	})
	t.Run("a second erasure covers what came between the two", func(t *testing.T) {
		update(t, s, func(tx *store.Tx) {
			_, err := tx.ForgetPerson("anouk@example.org", day.Add(2*time.Hour), 2)
			must(t, err)
			must(t, tx.PutTombstone(evidence.TombstonePerson, s.PersonHash("anouk@example.org"), day, 1)) // an old backup's
			// Neither by its own tombstone nor by hers may it come back.
			between := later
			between.Ref = "6"
			id, _, _, err := tx.PutOrder(between)
			must(t, err)
			got, err := tx.Order(id)
			must(t, err)
			blank(t, got)
		})
		id, _, _ := putOrder(t, s, later)
		blank(t, getOrder(t, s, id))
	})
}

func TestForgettingOneCustomerLeavesTheOthers(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	// One household: the same name, address and telephone.
	hers, _, _ := putOrder(t, s, anOrder("1", "anouk@example.org", "Anouk", "a.jpg"))
	his, _, _ := putOrder(t, s, anOrder("2", "basile@example.org", "Basile", "b.jpg"))
	second, _, _ := putOrder(t, s, anOrder("3", "anouk@example.org", "Anouk", "c.jpg"))
	var c cases.ID
	mail := aMail("m1", "anouk@example.org", "Erase me", "please erase me", request.Request)
	mail.Message.ID, _ = putMail(t, s, mail)
	putMail(t, s, aMail("m2", "basile@example.org", "Hello", "hello", request.ToCheck))
	putMail(t, s, aMail("m3", "anouk@example.org", "Parcel", "parcel", request.ToCheck))
	update(t, s, func(tx *store.Tx) {
		var err error
		c, err = tx.NewCase(cases.Case{Requester: cases.Person{Name: "Anouk Morel", Email: "anouk@example.org"}, Messages: []int64{mail.Message.ID}})
		must(t, err)
		mail.Case = int64(c)
		must(t, tx.UpdateMessage(mail))
		_, err = tx.ForgetOrder(hers, day, 1)
		must(t, err)
	})
	if o := getOrder(t, s, second); o.Customer.FirstName != "Anouk" || len(o.Photos) != 1 {
		t.Error("forgetting one order forgot another of hers")
	}
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetPerson("anouk@example.org", day, 1)
		must(t, err)
	})
	if o := getOrder(t, s, second); o.Customer.FirstName != "" {
		t.Error("her other order is still hers")
	}
	if o := getOrder(t, s, his); o.Customer.FirstName != "Basile" || len(o.Photos) != 1 {
		t.Errorf("his order is %+v", o)
	}
	view(t, s, func(tx *store.Tx) {
		got, err := tx.Case(c)
		must(t, err)
		if got.Requester.Name != "Anouk Morel" {
			t.Error("the case file was forgotten")
		}
		ms, err := tx.CaseMessages(int64(c))
		must(t, err)
		if len(ms) != 1 || ms[0].Message.Text != "please erase me" {
			t.Errorf("the request in the case file is %+v", ms)
		}
		ms, err = tx.Messages(request.ToCheck, 0)
		must(t, err)
		// Hers, of which nothing is left, is no longer anything to look at.
		if len(ms) != 1 || ms[0].Message.Text != "hello" {
			t.Errorf("the mail to check is %+v", ms)
		}
	})
	must(t, s.Check(t.Context()))
	if n := rawInt(t, raw(t, dir), "SELECT COUNT(*) FROM subject WHERE kind = 'person'"); n != 1 {
		t.Errorf("%d persons' keys are left, want his", n)
	}
}

func TestRestoredCopyForgetsAgainWhomTheTombstonesName(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	s := openIn(t, dir)
	hers, _, _ := putOrder(t, s, anOrder("1", "anouk.needle@example.org", "Anouk-Needle", "uploads/101/needle.jpg"))
	media, _, _ := putOrder(t, s, anOrder("2", "basile@example.org", "Basile", "uploads/102/second-needle.jpg"))
	whole, _, _ := putOrder(t, s, anOrder("3", "", "Claude-Needle", "uploads/103/third-needle.jpg"))
	putMail(t, s, aMail("m1", "anouk.needle@example.org", "mail needle", "text", request.Ordinary))
	putMail(t, s, aMail("m2", "anouk.needle@example.org", "second mail needle", "text", request.ToCheck))
	var hold int64
	update(t, s, func(tx *store.Tx) {
		var err error
		hold, err = tx.PutHold(plan.Hold{Order: hers, Reason: "a ground"})
		must(t, err)
		must(t, tx.LiftHold(hold))
	})
	must(t, s.BackupTo(t.Context(), filepath.Join(copied, store.FileName)))
	var stones []evidence.Tombstone
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetMedia(media, day, 1)
		must(t, err)
		_, err = tx.ForgetOrder(whole, day, 1)
		must(t, err)
		_, err = tx.ForgetPerson("anouk.needle@example.org", day, 1)
		must(t, err)
		stones, err = tx.Tombstones()
		must(t, err)
	})
	r := openIn(t, copied)
	// In the copy she has since ordered again, and written.
	later := anOrder("9", "anouk.needle@example.org", "Anouk", "new.jpg")
	later.CreatedAt = day.Add(time.Hour)
	lid, _, _ := putOrder(t, r, later)
	write := aMail("m9", "anouk.needle@example.org", "later mail", "text", request.ToCheck)
	write.Message.ReceivedAt = day.Add(time.Hour)
	mid, _ := putMail(t, r, write)
	told(t, everything(t, r), "Anouk-Needle", "second mail needle", "third-needle.jpg", "second-needle.jpg")
	update(t, r, func(tx *store.Tx) {
		for _, b := range stones {
			must(t, tx.PutTombstone(b.Kind, b.Hash, b.At, b.Run))
		}
		n, err := tx.ApplyTombstones()
		must(t, err)
		if n != 3 {
			t.Errorf("%d orders were emptied, want 3", n)
		}
		n, err = tx.ApplyTombstones()
		must(t, err)
		if n != 0 {
			t.Errorf("a second time %d orders were emptied", n)
		}
		again, err := tx.Tombstones()
		must(t, err)
		if !reflect.DeepEqual(again, stones) {
			t.Errorf("tombstones %+v, want %+v", again, stones)
		}
		at, err := tx.ErasedAt()
		must(t, err)
		for _, id := range []int64{hers, media, whole} {
			if !at[id].Equal(day) {
				t.Errorf("order %d was erased at %v", id, at[id])
			}
		}
	})
	must(t, r.Scrub(t.Context()))
	hides(t, r, copied, "Anouk-Needle", "anouk.needle@example.org", "mail needle", "third-needle.jpg", "second-needle.jpg")
	if left := everything(t, r); strings.Contains(sprint(left), "Needle") || strings.Contains(sprint(left), "mail needle") || strings.Contains(sprint(left), "needle.jpg") {
		t.Errorf("somebody can still be read: %+v", left)
	}
	if o := getOrder(t, r, media); o.Customer.FirstName != "Basile" {
		t.Error("the customer went with the media")
	}
	if o := getOrder(t, r, lid); o.Customer.FirstName != "Anouk" || len(o.Photos) != 1 {
		t.Errorf("the later order is %+v", o)
	}
	view(t, r, func(tx *store.Tx) {
		j, err := tx.Message(mid)
		must(t, err)
		if j.Message.Text != "text" {
			t.Error("the later mail is gone")
		}
	})
	must(t, r.Check(t.Context()))
	db := raw(t, copied)
	if n := rawInt(t, db, "SELECT COUNT(*) FROM subject WHERE id NOT IN (SELECT subject FROM orders WHERE subject IS NOT NULL UNION SELECT subject FROM message WHERE subject IS NOT NULL)"); n != 0 {
		t.Errorf("%d keys are left that nothing is sealed under", n)
	}
	t.Run("where there was only her mail its key goes with it", func(t *testing.T) {
		other := t.TempDir()
		q := openIn(t, other)
		putMail(t, q, aMail("m1", "anouk.needle@example.org", "mail needle", "text", request.Ordinary))
		update(t, q, func(tx *store.Tx) {
			for _, b := range stones {
				must(t, tx.PutTombstone(b.Kind, b.Hash, b.At, b.Run))
			}
			_, err := tx.ApplyTombstones()
			must(t, err)
			ms, err := tx.Messages(request.Ordinary, 0)
			must(t, err)
			if len(ms) != 1 || ms[0].Message.Subject != "" || len(ms[0].Message.From) != 0 {
				t.Errorf("the mail is %+v", ms)
			}
		})
		if n := rawInt(t, raw(t, other), "SELECT COUNT(*) FROM subject"); n != 0 {
			t.Errorf("%d keys are left", n)
		}
	})
}

func TestHoldStandsUntilItIsLifted(t *testing.T) {
	s := fresh(t)
	id, _, _ := putOrder(t, s, anOrder("1", "a@example.org", "Anouk"))
	update(t, s, func(tx *store.Tx) {
		want := plan.Hold{Order: id, Reason: "dispute", Article: "GDPR Art. 18"}
		var err error
		want.ID, err = tx.PutHold(want)
		must(t, err)
		second, err := tx.PutHold(plan.Hold{Order: id, Reason: "other"})
		must(t, err)
		must(t, tx.LiftHold(second))
		hs, err := tx.Holds()
		must(t, err)
		if len(hs) != 1 || hs[0] != want {
			t.Errorf("holds %+v", hs)
		}
		for name, err := range map[string]error{
			"a hold that was lifted":    tx.LiftHold(second),
			"a hold that never was":     tx.LiftHold(99),
			"a hold on no order at all": func() error { _, err := tx.PutHold(plan.Hold{Order: 99}); return err }(),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		third, err := tx.PutHold(plan.Hold{Order: id})
		must(t, err)
		if third == second {
			t.Error("the number of a lifted hold was given again")
		}
	})
}

func TestOrdersAreListedNewestFirstAndFoundByNumberAndAddress(t *testing.T) {
	s := fresh(t)
	for i, ref := range []string{"1", "2", "3"} {
		o := anOrder(ref, "anouk@example.org", "Anouk")
		o.CreatedAt = day.AddDate(0, 0, -i)
		if ref == "3" {
			o.Customer.Email, o.Number = "basile@example.org", "101"
		}
		putOrder(t, s, o)
	}
	view(t, s, func(tx *store.Tx) {
		ids := func(os []order.Order, err error) (out []int64) {
			must(t, err)
			for _, o := range os {
				out = append(out, o.ID)
			}
			return out
		}
		for name, tc := range map[string]struct{ got, want []int64 }{
			"all, newest first":                {ids(tx.Orders()), []int64{1, 2, 3}},
			"by number, of both shops":         {ids(tx.OrdersByNumber("101")), []int64{1, 3}},
			"by address, whatever its case":    {ids(tx.OrdersByEmail(" ANOUK@example.ORG ")), []int64{2, 1}},
			"by an address that nobody has":    {ids(tx.OrdersByEmail("x@example.org")), nil},
			"by a number that is no number":    {ids(tx.OrdersByNumber("' OR 1=1 --")), nil},
			"by an address that looks like it": {ids(tx.OrdersByEmail("anouk@example.or")), nil},
		} {
			if !reflect.DeepEqual(tc.got, tc.want) {
				t.Errorf("%s: %v, want %v", name, tc.got, tc.want)
			}
		}
		if _, err := tx.Order(99); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no such order: %v", err)
		}
	})
}

func TestAKeyedHashIsTheSameForOneProfileAndPurposeOnly(t *testing.T) {
	s := fresh(t)
	k := keys
	k.Index = bytes.Repeat([]byte{9}, 32)
	other, err := store.Open(t.Context(), t.TempDir(), k, now)
	must(t, err)
	t.Cleanup(func() { other.Close() })
	hash := func(s *store.Store, purpose, value string) (h string) {
		view(t, s, func(tx *store.Tx) { h = tx.KeyedHash(purpose, value) })
		return h
	}
	one := hash(s, "suppression email", "anna@example.org")
	if one == "" || one != hash(s, "suppression email", "anna@example.org") || hash(s, "x", "") != "" {
		t.Errorf("%q", one)
	}
	for name, x := range map[string]string{"another profile": hash(other, "suppression email", "anna@example.org"), "another purpose": hash(s, "suppression phone", "anna@example.org"),
		"another value": hash(s, "suppression email", "anna@example.com"), "a tombstone": s.PersonHash("anna@example.org")} {
		if x == one {
			t.Errorf("%s has the same hash", name)
		}
	}
}
