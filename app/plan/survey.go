package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"greffier/app/order"
)

// ErrUnknownStorage says that a locator names a storage that the profile does
// not have: what it holds cannot be seen, so that no plan may be made.
var ErrUnknownStorage = errors.New("a locator names a storage that is not in the profile")

// KeyID names a key of a storage, in all its versions.
func KeyID(storage, key string) string { return storage + "\x00" + key }

// Survey looks at the storages for what belongs to the orders given: what lies
// below each locator, and what their photo references lead to, in all
// versions, delete markers and unfinished uploads, each object once. A
// reference that leads to nothing is returned as missing. It returns
// ErrUnknownStorage, ErrBadLocator, ErrNoOrderNumber and what the storages
// return, and then nothing else: half a survey would make half a plan. report
// may be nil.
func Survey(ctx context.Context, storages map[string]Lister, locators []Locator, targets []order.Order, bases []Base, report func(done, total int, note string)) ([]Found, []Ref, error) {
	s, err := newLook(storages, locators)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range targets {
		for _, l := range s.places {
			if err := checkValue(l.Value(o)); err != nil {
				return nil, nil, fmt.Errorf("look for what belongs to an order: %w", err)
			}
		}
	}
	c := catch{seen: map[string]bool{}, found: []Found{}}
	if err := s.surveyAlike(ctx, targets, &c); err != nil {
		return nil, nil, err
	}
	missing := []Ref{}
	for i, o := range targets {
		if report != nil {
			report(i, len(targets), o.Number)
		}
		for _, l := range s.places {
			if !l.perValue() {
				continue
			}
			value := l.Value(o)
			if err := list(ctx, storages[l.Storage], l.prefix(value), func(x Object) error {
				if l.claims(x.Key, value) {
					c.take(x, l.Holds, o)
				}
				return nil
			}); err != nil {
				return nil, nil, err
			}
		}
		lost, err := s.surveyRefs(ctx, o, bases, &c)
		if err != nil {
			return nil, nil, err
		}
		missing = append(missing, lost...)
	}
	if report != nil {
		report(len(targets), len(targets), "")
	}
	sortFound(c.found)
	return c.found, missing, nil
}

// catch gathers what a survey finds, each object once.
type catch struct {
	seen  map[string]bool
	found []Found
}

func (c *catch) take(x Object, holds Holds, o order.Order) {
	if id := x.ID(); !c.seen[id] {
		c.seen[id] = true
		c.found = append(c.found, Found{Object: x, Holds: holds, Order: o.ID, Number: o.Number})
	}
}

// surveyAlike looks below the locators that have a wildcard before the
// placeholder, where one listing serves all orders.
func (s look) surveyAlike(ctx context.Context, targets []order.Order, c *catch) error {
	for _, l := range s.places {
		if l.perValue() || len(targets) == 0 {
			continue
		}
		byValue := map[string]order.Order{}
		for _, o := range targets {
			if _, twice := byValue[l.Value(o)]; !twice {
				byValue[l.Value(o)] = o
			}
		}
		known := func(v string) bool { _, ok := byValue[v]; return ok }
		if err := list(ctx, s.storages[l.Storage], l.root, func(x Object) error {
			if vs := l.claimants(x.Key, known); len(vs) > 0 {
				c.take(x, l.Holds, byValue[vs[0]])
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// surveyRefs looks at the keys that the order's photo references name, and
// returns the references that lead to nothing.
func (s look) surveyRefs(ctx context.Context, o order.Order, bases []Base, c *catch) (missing []Ref, err error) {
	asked := map[string]bool{}
	for _, text := range o.Photos {
		if asked[text] {
			continue
		}
		asked[text] = true
		storage, key, ok := Resolve(text, bases)
		there := false
		if ok {
			for _, name := range s.within(storage, o.Fields[text]) {
				if err := list(ctx, s.storages[name], key, func(x Object) error {
					if x.Key == key {
						there = true
						c.take(x, s.holds(x, o.Fields[text]), o)
					}
					return nil
				}); err != nil {
					return nil, err
				}
			}
		}
		if !there {
			missing = append(missing, Ref{Order: o.ID, Number: o.Number, Text: text})
		}
	}
	return missing, nil
}

func checkLocators(storages map[string]Lister, locators []Locator) error {
	for _, l := range locators {
		if err := l.Validate(); err != nil {
			return err
		}
		if storages[l.Storage] == nil {
			return fmt.Errorf("locator of storage %q: %w", l.Storage, ErrUnknownStorage)
		}
	}
	return nil
}

// list calls yield for each object of the listing and adds which storage failed.
func list(ctx context.Context, s Lister, prefix string, yield func(Object) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.List(ctx, prefix, yield); err != nil {
		return fmt.Errorf("look at storage %q: %w", s.Name(), err)
	}
	return nil
}

func sortFound(fs []Found) {
	slices.SortStableFunc(fs, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Key, b.Key),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Order, b.Order),
			cmp.Compare(a.Number, b.Number), cmp.Compare(a.Holds, b.Holds), cmp.Compare(a.Fingerprint, b.Fingerprint), cmp.Compare(a.SizeBytes, b.SizeBytes))
	})
}
