package shop_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// deskWorld is one kind of shop whose records can be erased, as the suite of
// desks sees it.
type deskWorld struct {
	source order.Source
	desk   erasure.Desk
	// seed puts into the shop an order of each given number, all of one
	// customer with an account, with every personal field that this kind of
	// shop has filled with a text that contains "PII", an own one each.
	seed func(numbers ...string)
	// truth returns every text with "PII" in it that the shop still holds,
	// looked at behind the interface.
	truth func() []string
	// touch changes one contact field of the order behind the desk's back.
	touch func(number string)
	// fail makes the shop answer every call with an error of the server (500)
	// until it is called with false.
	fail func(bool)
	// stay lists words in texts that may stay after a full erasure, because
	// the invoice needs them or the shop offers no way.
	stay []string
	// beyond is a part of the keys of fields that the source does not read, so
	// that what they name is not among an order's photos; "" for none.
	beyond string
}

// desks are the kinds of shop that the suite of desks runs on.
var desks = map[string]func(*testing.T) deskWorld{}

// orders reads the shop through its source, by number.
func (w deskWorld) orders(t *testing.T) map[string]order.Order {
	t.Helper()
	r := readAll(t.Context(), w.source, time.Time{})
	if r.err != nil || len(r.problems) != 0 {
		t.Fatalf("read the shop: %v, problems:\n%s", r.err, r.said())
	}
	m := map[string]order.Order{}
	for _, o := range r.orders {
		m[o.Number] = o
	}
	return m
}

// records returns what the desk finds of an order.
func (w deskWorld) records(t *testing.T, o order.Order) []plan.Found {
	t.Helper()
	var out []plan.Found
	if err := w.desk.Records(t.Context(), o, func(f plan.Found) error { out = append(out, f); return nil }); err != nil {
		t.Fatalf("records of order %s: %v", o.Number, err)
	}
	return out
}

// listed lists the folder of each key and returns what is there, by ID.
func (w deskWorld) listed(t *testing.T, found []plan.Found) map[string]plan.Object {
	t.Helper()
	m := map[string]plan.Object{}
	done := map[string]bool{}
	for _, f := range found {
		dir, _ := path.Split(f.Key)
		if done[dir] {
			continue
		}
		done[dir] = true
		if err := w.desk.List(t.Context(), dir, func(o plan.Object) error {
			if _, twice := m[o.ID()]; twice {
				t.Errorf("%s is listed twice", o.Key)
			}
			m[o.ID()] = o
			return nil
		}); err != nil {
			t.Fatalf("list %s: %v", dir, err)
		}
	}
	return m
}

// erase removes what is given, in one call where the desk has one.
func (w deskWorld) erase(ctx context.Context, found []plan.Found) []error {
	var objects []plan.Object
	for _, f := range found {
		objects = append(objects, f.Object)
	}
	if b, ok := w.desk.(erasure.Batcher); ok {
		return b.EraseMany(ctx, objects)
	}
	var errs []error
	for _, o := range objects {
		errs = append(errs, w.desk.Erase(ctx, o))
	}
	return errs
}

// may tells whether a run may take it: the invoice stays, and what the shop
// offers no way to erase.
func may(f plan.Found) bool { return !f.ByHand && f.Holds != plan.Invoice }

func which(found []plan.Found, keep func(plan.Found) bool) (out []plan.Found) {
	for _, f := range found {
		if keep(f) {
			out = append(out, f)
		}
	}
	return out
}

func keysOf(found []plan.Found) (keys []string) {
	for _, f := range found {
		keys = append(keys, f.Key)
	}
	slices.Sort(keys)
	return keys
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// business is what an erasure must leave of an order.
func business(o order.Order) order.Order {
	o.Customer, o.Photos, o.Fields, o.Account, o.ModifiedAt, o.Anonymised = order.Customer{}, nil, nil, "", time.Time{}, false
	lines := slices.Clone(o.Lines)
	for i := range lines {
		lines[i].Photos = nil
	}
	o.Lines = lines
	return o
}

func TestDesks(t *testing.T) {
	for name, build := range desks {
		t.Run(name, func(t *testing.T) {
			open := func(t *testing.T, numbers ...string) (deskWorld, map[string]order.Order) {
				w := build(t)
				w.seed(numbers...)
				all := w.orders(t)
				for _, n := range numbers {
					if _, ok := all[n]; !ok {
						t.Fatalf("order %s is not given by the source", n)
					}
				}
				return w, all
			}

			t.Run("is reachable and stands under the shop's desk name", func(t *testing.T) {
				w, _ := open(t, "1001")
				a, err := w.desk.Check(t.Context())
				if err != nil || a.Described == "" {
					t.Errorf("%+v, %v", a, err)
				}
				if want := plan.DeskName(w.source.Name()); w.desk.Name() != want {
					t.Errorf("name %q, want %q", w.desk.Name(), want)
				}
			})

			t.Run("every record has a key of its own, a holding, a fingerprint and its order", func(t *testing.T) {
				w, all := open(t, "1001", "1002")
				o := all["1001"]
				o.ID = 77
				found := w.records(t, o)
				if len(found) == 0 {
					t.Fatal("nothing was found")
				}
				seen := map[string]bool{}
				account := false
				for _, f := range found {
					if seen[f.ID()] {
						t.Errorf("%s comes twice", f.Key)
					}
					seen[f.ID()] = true
					parts := strings.Split(f.Key, "/")
					if len(parts) != 3 || parts[2] == "" || strings.ContainsFunc(f.Key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
						t.Errorf("key %q", f.Key)
					}
					kind := plan.Field
					switch parts[0] {
					case "orders":
						if parts[1] != o.Ref {
							t.Errorf("%s is not of order %s", f.Key, o.Ref)
						}
					case "customers":
						account = true
						if f.Holds != plan.Account {
							t.Errorf("%s holds %q", f.Key, f.Holds)
						}
					case "media":
						kind = plan.Version
					default:
						t.Errorf("key %q", f.Key)
					}
					if f.Kind != kind || f.Storage != w.desk.Name() || f.Holds == "" || f.Fingerprint == "" || f.Order != 77 || f.Number != "1001" {
						t.Errorf("%+v", f)
					}
					if strings.Contains(f.Fingerprint, "PII") || strings.Contains(f.Key, "PII") {
						t.Errorf("the value stands in the key or fingerprint of %s", f.Key)
					}
				}
				if !account {
					t.Error("the account was not found")
				}
				if err := w.desk.Records(t.Context(), o, func(plan.Found) error { return context.Canceled }); !errors.Is(err, context.Canceled) {
					t.Errorf("the caller's error became %v", err)
				}
			})

			t.Run("every reference record names what it holds, in the words of the order's photos", func(t *testing.T) {
				w, all := open(t, "1001", "1002")
				for _, o := range all {
					if len(o.Photos) == 0 {
						t.Fatalf("order %s has no photos", o.Number)
					}
					named := map[string]bool{}
					for _, f := range w.records(t, o) {
						if f.Names == "" {
							if f.Holds == plan.Reference {
								t.Errorf("%s names nothing", f.Key)
							}
							continue
						}
						if f.Holds != plan.Reference && f.Kind != plan.Version {
							t.Errorf("%s holds %q and names %q", f.Key, f.Holds, f.Names)
						}
						for ref := range strings.SplitSeq(f.Names, "\n") {
							if beyond := w.beyond != "" && strings.Contains(f.Key, w.beyond); slices.Contains(o.Photos, ref) == beyond {
								t.Errorf("%s names %q, the order %q", f.Key, ref, o.Photos)
							}
							named[ref] = named[ref] || f.Holds == plan.Reference
						}
					}
					for _, ref := range o.Photos {
						if !named[ref] {
							t.Errorf("no reference record of order %s names %q", o.Number, ref)
						}
					}
				}
			})

			t.Run("a listing shows the same, each time with the same fingerprints", func(t *testing.T) {
				w, all := open(t, "1001")
				found := w.records(t, all["1001"])
				first, second := w.listed(t, found), w.listed(t, found)
				if !reflect.DeepEqual(first, second) {
					t.Error("two listings differ")
				}
				for _, f := range found {
					if got, ok := first[f.ID()]; !ok || got.Fingerprint != f.Fingerprint {
						t.Errorf("%s: listed %v, fingerprints %q and %q", f.Key, ok, got.Fingerprint, f.Fingerprint)
					}
				}
				f := found[0]
				n := 0
				if err := w.desk.List(t.Context(), f.Key, func(o plan.Object) error {
					if !strings.HasPrefix(o.Key, f.Key) {
						t.Errorf("%s was listed for %s", o.Key, f.Key)
					}
					n++
					return nil
				}); err != nil || n == 0 {
					t.Errorf("listing one key: %d, %v", n, err)
				}
			})

			t.Run("the shop is never listed whole", func(t *testing.T) {
				w, all := open(t, "1001")
				ref := all["1001"].Ref
				for _, prefix := range []string{"", "o", "orders", "orders/", "orders/" + ref, "customers/", "customers/1", "media/", "media", "other/" + ref + "/", "/", "orders//", "orders/../", "orders/*/", "ORDERS/" + ref + "/"} {
					err := w.desk.List(t.Context(), prefix, func(o plan.Object) error { t.Errorf("%q gave %s", prefix, o.Key); return nil })
					if !errors.Is(err, plan.ErrBadPrefix) {
						t.Errorf("%q: %v", prefix, err)
					}
				}
			})

			t.Run("a full erasure leaves nothing personal but what is said to stay, and the business record whole", func(t *testing.T) {
				w, all := open(t, "1001")
				o := all["1001"]
				if len(w.truth()) < 5 {
					t.Fatalf("only %d planted texts", len(w.truth()))
				}
				todo := which(w.records(t, o), may)
				for i, err := range w.erase(t.Context(), todo) {
					if err != nil {
						t.Errorf("%s: %v", todo[i].Key, err)
					}
				}
				for _, text := range w.truth() {
					if !slices.ContainsFunc(w.stay, func(s string) bool { return strings.Contains(text, s) }) {
						t.Errorf("still there: %s", text)
					}
				}
				left := w.listed(t, todo)
				for _, f := range todo {
					if _, there := left[f.ID()]; there {
						t.Errorf("%s is still listed", f.Key)
					}
				}
				if got := which(w.records(t, o), may); len(got) != 0 {
					t.Errorf("still found: %v", keysOf(got))
				}
				after, ok := w.orders(t)["1001"]
				if !ok || !reflect.DeepEqual(business(after), business(o)) {
					t.Errorf("the order became\n%+v, was\n%+v", business(after), business(o))
				}
			})

			t.Run("erasing one record leaves all others", func(t *testing.T) {
				w, all := open(t, "1001")
				found := w.records(t, all["1001"])
				for _, f := range found {
					if f.ByHand {
						continue
					}
					t.Run(f.Key, func(t *testing.T) {
						w, all := open(t, "1001")
						found := w.records(t, all["1001"])
						i := slices.IndexFunc(found, func(x plan.Found) bool { return x.Key == f.Key })
						if i < 0 {
							t.Fatal("not found again in a shop of the same kind")
						}
						if err := w.desk.Erase(t.Context(), found[i].Object); err != nil {
							t.Fatal(err)
						}
						left := w.listed(t, found)
						for _, x := range found {
							got, there := left[x.ID()]
							if there == (x.Key == f.Key) {
								t.Errorf("%s: there %v", x.Key, there)
							}
							if there && got.Fingerprint != x.Fingerprint {
								t.Errorf("%s has changed", x.Key)
							}
						}
					})
				}
			})

			t.Run("erasing twice is no error", func(t *testing.T) {
				w, all := open(t, "1001")
				todo := which(w.records(t, all["1001"]), may)
				for range 2 {
					for i, err := range w.erase(t.Context(), todo) {
						if err != nil {
							t.Errorf("%s: %v", todo[i].Key, err)
						}
					}
				}
				for _, f := range todo {
					if err := w.desk.Erase(t.Context(), f.Object); err != nil {
						t.Errorf("%s: %v", f.Key, err)
					}
				}
			})

			t.Run("a field that was changed meanwhile is refused and left as it is", func(t *testing.T) {
				w, all := open(t, "1001")
				found := w.records(t, all["1001"])
				w.touch("1001")
				now := w.listed(t, found)
				var touched []plan.Found
				for _, f := range found {
					if got, ok := now[f.ID()]; ok && got.Fingerprint != f.Fingerprint {
						touched = append(touched, f)
					}
				}
				if len(touched) != 1 || touched[0].Holds != plan.Contact {
					t.Fatalf("changed: %v", keysOf(touched))
				}
				todo := which(found, may)
				errs := w.erase(t.Context(), todo)
				for i, f := range todo {
					if is := f.Key == touched[0].Key; errors.Is(errs[i], erasure.ErrChanged) != is || !is && errs[i] != nil {
						t.Errorf("%s: %v", f.Key, errs[i])
					}
				}
				after := w.listed(t, touched)
				if got := after[touched[0].ID()]; got.Fingerprint != now[touched[0].ID()].Fingerprint {
					t.Error("the changed field was touched")
				}
				if err := w.desk.Erase(t.Context(), touched[0].Object); !errors.Is(err, erasure.ErrChanged) {
					t.Errorf("alone: %v", err)
				}
			})

			t.Run("a shop that answers with errors is never taken for an empty one", func(t *testing.T) {
				w, all := open(t, "1001")
				o := all["1001"]
				found := w.records(t, o)
				before := w.truth()
				w.fail(true)
				for _, f := range found {
					if err := w.desk.List(t.Context(), f.Key, func(plan.Object) error { return nil }); err == nil {
						t.Errorf("listing %s gave no error", f.Key)
					}
				}
				if err := w.desk.Records(t.Context(), o, func(plan.Found) error { return nil }); err == nil {
					t.Error("no error from the records")
				}
				todo := which(found, may)
				for i, err := range w.erase(t.Context(), todo) {
					if err == nil {
						t.Errorf("erasing %s gave no error", todo[i].Key)
					}
				}
				if _, err := w.desk.Check(t.Context()); err == nil {
					t.Error("no error from the check")
				}
				w.fail(false)
				if !slices.Equal(sorted(w.truth()), sorted(before)) {
					t.Error("something was erased")
				}
				if len(w.listed(t, found)) != len(found) {
					t.Error("the listing differs after the failure")
				}
			})

			t.Run("broken off between two calls, the listing shows what is left", func(t *testing.T) {
				w, all := open(t, "1001")
				todo := which(w.records(t, all["1001"]), may)
				half := len(todo) / 2
				for i, err := range w.erase(t.Context(), todo[:half]) {
					if err != nil {
						t.Errorf("%s: %v", todo[i].Key, err)
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				for i, err := range w.erase(ctx, todo[half:]) {
					if err == nil {
						t.Errorf("%s was erased after the end", todo[half+i].Key)
					}
				}
				left := w.listed(t, todo)
				for i, f := range todo {
					if _, there := left[f.ID()]; there == (i < half) {
						t.Errorf("%s: there %v", f.Key, there)
					}
				}
				for i, err := range w.erase(t.Context(), todo) {
					if err != nil {
						t.Errorf("going on with %s: %v", todo[i].Key, err)
					}
				}
			})

			t.Run("another order of the same customer is not touched", func(t *testing.T) {
				w, all := open(t, "1001", "1002")
				other := which(w.records(t, all["1002"]), func(f plan.Found) bool { return strings.HasPrefix(f.Key, "orders/") })
				before := w.listed(t, other)
				todo := which(w.records(t, all["1001"]), func(f plan.Found) bool { return may(f) && strings.HasPrefix(f.Key, "orders/") })
				for i, err := range w.erase(t.Context(), todo) {
					if err != nil {
						t.Errorf("%s: %v", todo[i].Key, err)
					}
				}
				if !reflect.DeepEqual(before, w.listed(t, other)) {
					t.Error("the other order's records differ")
				}
			})

			t.Run("what it was never asked to hold is refused without a call", func(t *testing.T) {
				w, all := open(t, "1001")
				before := w.truth()
				f := w.records(t, all["1001"])[0].Object
				for name, o := range map[string]plan.Object{
					"another storage":    {Storage: "photos", Key: f.Key, Kind: f.Kind, Fingerprint: f.Fingerprint},
					"no field":           {Storage: f.Storage, Key: "orders/" + all["1001"].Ref + "/", Kind: plan.Field, Fingerprint: f.Fingerprint},
					"the whole order":    {Storage: f.Storage, Key: "orders/" + all["1001"].Ref, Kind: plan.Field, Fingerprint: f.Fingerprint},
					"a key of no record": {Storage: f.Storage, Key: "settings/1/all", Kind: plan.Field, Fingerprint: f.Fingerprint},
					"no fingerprint":     {Storage: f.Storage, Key: f.Key, Kind: f.Kind},
				} {
					if err := w.desk.Erase(t.Context(), o); err == nil {
						t.Errorf("%s: no error", name)
					}
				}
				if !slices.Equal(sorted(before), sorted(w.truth())) {
					t.Error("something was erased")
				}
			})

			t.Run("an order that the shop no longer has lists nothing", func(t *testing.T) {
				w, all := open(t, "1001")
				ref := all["1001"].Ref
				gone := strings.Repeat("9", max(9, len(ref)))
				if i := strings.LastIndexByte(ref, '/'); i >= 0 {
					gone = ref[:i+1] + gone
				}
				if err := w.desk.List(t.Context(), "orders/"+gone+"/", func(o plan.Object) error { return fmt.Errorf("gave %s", o.Key) }); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
