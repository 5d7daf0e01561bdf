package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// counter is a shop's records: a Batcher that keeps the keys of each call.
type counter struct {
	*box
	calls  [][]string
	answer func(os []plan.Object) []error // nil erases them all
}

func (c *counter) EraseMany(ctx context.Context, os []plan.Object) []error {
	var keys []string
	for _, o := range os {
		keys = append(keys, o.Key)
	}
	c.calls = append(c.calls, keys)
	errs := make([]error, len(os))
	if c.answer != nil {
		errs = c.answer(os)
	}
	for i, o := range os {
		if errs[i] == nil {
			errs[i] = c.Erase(ctx, o)
		}
	}
	return errs
}

// newCounter has the fields of two orders, an account and an upload.
func newCounter() *counter {
	c := &counter{box: &box{name: "shop:woo", objects: map[string]plan.Object{}}}
	for _, key := range []string{"orders/7/billing_email", "orders/7/billing_phone", "orders/7/photo", "orders/12/billing_email", "orders/12/ip", "customers/3/account"} {
		c.put(key, "", plan.Field)
	}
	c.put("media/40/file", "", plan.Version)
	c.put("orders/70/billing_email", "", plan.Field)
	return c
}

// erase runs a plan for all that the shop has of orders 7 and 12.
func (c *counter) erase(t *testing.T, led erasure.Ledger) (erasure.Record, []erasure.Step) {
	t.Helper()
	var found []plan.Found
	for _, o := range c.objects {
		if !strings.HasPrefix(o.Key, "orders/70/") {
			found = append(found, plan.Found{Object: o, Holds: plan.Contact, Order: 1, Number: "104"})
		}
	}
	p := plan.Build(plan.Input{Scope: plan.Scope{Person: true}, Orders: []order.Order{{ID: 1, Number: "104", State: order.Completed, CompletedAt: now()}}, Found: found})
	if len(p.Erase) != 7 {
		t.Fatalf("the plan erases %d", len(p.Erase))
	}
	conf, err := plan.Confirm(p, p.Hash, "owner", now())
	if err != nil {
		t.Fatal(err)
	}
	c.lists, c.calls = nil, nil
	r, steps, err := erasure.Run(t.Context(), conf, p, map[string]erasure.Storage{c.name: c}, led, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, r, steps)
	return r, steps
}

func TestAShopsRecordsAreListedOnceAndErasedOneByOne(t *testing.T) {
	c, led := newCounter(), &warden{book: newBook()}
	r, _ := c.erase(t, led)
	if r.State != erasure.Complete || len(c.objects) != 1 {
		t.Errorf("%v, left: %v", r.State, c.objects)
	}
	once := []string{"customers/3/account", "media/40/file", "orders/12/", "orders/7/"}
	for i, half := range [][]string{c.lists[:len(c.lists)/2], c.lists[len(c.lists)/2:]} {
		if len(half) != len(once) {
			t.Fatalf("listed %q", c.lists)
		}
		for _, want := range once {
			if n := slices.IndexFunc(half, func(p string) bool { return strings.HasPrefix(p, want) }); n < 0 {
				t.Errorf("look %d does not list %s: %q", i, want, half)
			}
		}
	}
	want := [][]string{{"media/40/file"}, {"orders/12/billing_email", "orders/12/ip"}, {"orders/7/billing_email", "orders/7/billing_phone", "orders/7/photo"}, {"customers/3/account"}}
	same := func(a, b []string) bool { return slices.Equal(a, b) }
	if !slices.EqualFunc(c.calls, want, same) {
		t.Errorf("erased by %q", c.calls)
	}
	if !slices.EqualFunc(led.asked, want, same) {
		t.Errorf("the guard is asked for %q", led.asked)
	}
}

func TestAHoldOfOneOrderLeavesTheShopsOtherRecords(t *testing.T) {
	c, led := newCounter(), &warden{book: newBook()}
	led.hold(func(key string) bool { return strings.HasPrefix(key, "orders/12/") })
	r, steps := c.erase(t, led)
	if r.State != erasure.Partial || reasons(steps)[held] != 2 || reasons(steps)["gone "] != 5 {
		t.Errorf("%v: %v", r.State, reasons(steps))
	}
}

func TestWhatOrdersShareGoesWhenAllOfThemAreAskedForAtOnce(t *testing.T) {
	c := newCounter()
	c.answer = func(os []plan.Object) []error {
		errs := make([]error, len(os))
		shared := 0
		for _, o := range os {
			if strings.HasSuffix(o.Key, "billing_email") {
				shared++
			}
		}
		for i, o := range os {
			if strings.HasSuffix(o.Key, "billing_email") && shared < 2 {
				errs[i] = erasure.ErrElsewhere
			}
		}
		return errs
	}
	if r, steps := c.erase(t, newBook()); r.State != erasure.Complete {
		t.Errorf("%v: %v, by %q", r.State, reasons(steps), c.calls)
	}
	t.Run("and stays where another order keeps it", func(t *testing.T) {
		c := newCounter()
		c.answer = func(os []plan.Object) []error {
			errs := make([]error, len(os))
			for i, o := range os {
				if strings.HasSuffix(o.Key, "billing_email") {
					errs[i] = erasure.ErrElsewhere
				}
			}
			return errs
		}
		if r, steps := c.erase(t, newBook()); r.State != erasure.Partial || reasons(steps)["failed the same content lies at another place of the storage"] != 2 || len(c.calls) != 5 {
			t.Errorf("%v: %v, by %q", r.State, reasons(steps), c.calls)
		}
	})
}

func TestOneRecordThatFailsDoesNotSpoilTheOthers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		err    error
		reason string
	}{
		{"with an error of its own", errors.New("order of marie@example.org is broken"), "failed the storage answered with an error"},
		{"because the shop has no way", fmt.Errorf("order 12: %w", erasure.ErrNoWay), "failed the shop offers no way to erase this"},
		{"because it is never answered", erasure.ErrOffline, "failed the storage cannot be reached"},
		{"because it has changed", erasure.ErrChanged, "failed the object has changed since it was listed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCounter()
			c.answer = func(os []plan.Object) []error {
				errs := make([]error, len(os))
				for i, o := range os {
					if strings.HasPrefix(o.Key, "orders/12/") {
						errs[i] = tc.err
					}
				}
				return errs
			}
			r, steps := c.erase(t, newBook())
			if r.State != erasure.Partial || reasons(steps)[tc.reason] != 2 || reasons(steps)["gone "] != 5 {
				t.Errorf("%v: %v", r.State, reasons(steps))
			}
		})
	}
	t.Run("when it can no longer be listed", func(t *testing.T) {
		c := newCounter()
		c.listing = func(prefix string) error {
			if c.acts > 0 && strings.HasPrefix(prefix, "orders/12/") {
				return errors.New("broken")
			}
			return nil
		}
		r, steps := c.erase(t, newBook())
		if r.State != erasure.Partial || reasons(steps)["failed could not be verified"] != 2 || reasons(steps)["gone "] != 5 || r.AfterHash != "" {
			t.Errorf("%v: %v", r.State, reasons(steps))
		}
	})
}

func TestAShopThatIsAwayIsNotAskedForEveryRecord(t *testing.T) {
	c := &counter{box: &box{name: "shop:woo", objects: map[string]plan.Object{}}}
	var found []plan.Found
	for i := range 100 {
		found = append(found, plan.Found{Object: c.put(fmt.Sprintf("orders/%d/ip", i), "", plan.Field), Holds: plan.Contact, Order: 1, Number: "104"})
	}
	c.answer = func(os []plan.Object) []error { return []error{erasure.ErrOffline} }
	p := plan.Build(plan.Input{Scope: plan.Scope{Person: true}, Orders: []order.Order{{ID: 1, Number: "104", State: order.Completed, CompletedAt: now()}}, Found: found})
	conf, err := plan.Confirm(p, p.Hash, "owner", now())
	if err != nil {
		t.Fatal(err)
	}
	r, steps, err := erasure.Run(t.Context(), conf, p, map[string]erasure.Storage{c.name: c}, newBook(), now, nil)
	if err != nil || r.State != erasure.Partial || reasons(steps)["failed the storage cannot be reached"] != 100 || len(c.calls) > 20 {
		t.Errorf("%v, %v, %d calls: %v", r.State, err, len(c.calls), reasons(steps))
	}
	whole(t, r, steps)
}
