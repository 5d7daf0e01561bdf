package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

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
	if err := checkLocators(storages, locators); err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	found, missing := []Found{}, []Ref{}
	for i, o := range targets {
		if report != nil {
			report(i, len(targets), o.Number)
		}
		for _, l := range locators {
			prefix, err := l.Prefix(o.Number)
			if err != nil {
				return nil, nil, fmt.Errorf("look for what belongs to an order: %w", err)
			}
			if err := list(ctx, storages[l.Storage], prefix, func(x Object) error {
				if l.claims(x.Key, prefix) && !seen[x.ID()] {
					seen[x.ID()] = true
					found = append(found, Found{Object: x, Holds: l.Holds, Order: o.ID, Number: o.Number})
				}
				return nil
			}); err != nil {
				return nil, nil, err
			}
		}
		fs, ms, err := surveyRefs(ctx, storages, locators, o, bases, seen)
		if err != nil {
			return nil, nil, err
		}
		found, missing = append(found, fs...), append(missing, ms...)
	}
	if report != nil {
		report(len(targets), len(targets), "")
	}
	sortFound(found)
	return found, missing, nil
}

// surveyRefs looks at the keys that the order's photo references name.
func surveyRefs(ctx context.Context, storages map[string]Lister, locators []Locator, o order.Order, bases []Base, seen map[string]bool) (found []Found, missing []Ref, err error) {
	asked := map[string]bool{}
	for _, text := range o.Photos {
		if asked[text] {
			continue
		}
		asked[text] = true
		storage, key, ok := Resolve(text, bases)
		there := false
		if ok {
			for _, name := range storageNames(storages) {
				if storage != "" && storage != name {
					continue
				}
				if err := list(ctx, storages[name], key, func(x Object) error {
					if x.Key != key {
						return nil
					}
					there = true
					if !seen[x.ID()] {
						seen[x.ID()] = true
						found = append(found, Found{Object: x, Holds: holdsOf(locators, x), Order: o.ID, Number: o.Number})
					}
					return nil
				}); err != nil {
					return nil, nil, err
				}
			}
		}
		if !there {
			missing = append(missing, Ref{Order: o.ID, Number: o.Number, Text: text})
		}
	}
	return found, missing, nil
}

// holdsOf returns what the locator says that lies there, and Photo elsewhere:
// what an order refers to is at least a photo of the customer.
func holdsOf(locators []Locator, x Object) Holds {
	for _, l := range locators {
		if _, ok := l.Number(x.Key); ok && l.Storage == x.Storage {
			return l.Holds
		}
	}
	return Photo
}

// SurveyAll looks at everything below the locators in one listing per root and
// tells which of it belongs to the orders given; the rest are orphans, with
// the number that their key names. Where several orders may claim an object it
// is given to the one of the longest number; Shared tells of the others. It
// returns the errors of Survey. report may be nil.
func SurveyAll(ctx context.Context, storages map[string]Lister, locators []Locator, orders []order.Order, report func(done, total int, note string)) (found, orphans []Found, err error) {
	if err := checkLocators(storages, locators); err != nil {
		return nil, nil, err
	}
	byNumber := numbersOf(orders)
	found, orphans = []Found{}, []Found{}
	roots := rootsOf(locators)
	seen := map[string]bool{}
	for i, r := range roots {
		if report != nil {
			report(i, len(roots), r.Storage)
		}
		if err := list(ctx, storages[r.Storage], r.root, func(x Object) error {
			if seen[x.ID()] {
				return nil
			}
			f, below := assign(x, r.locators, byNumber)
			switch {
			case !below:
				return nil
			case f.Order == 0:
				orphans = append(orphans, f)
			default:
				found = append(found, f)
			}
			seen[x.ID()] = true
			return nil
		}); err != nil {
			return nil, nil, err
		}
	}
	if report != nil {
		report(len(roots), len(roots), "")
	}
	sortFound(found)
	sortFound(orphans)
	return found, orphans, nil
}

// root is one listing and the locators that it serves.
type root struct {
	Storage  string
	root     string
	locators []Locator
}

// rootsOf returns the listings needed so that each key is listed once where
// roots are the same or one lies inside another.
func rootsOf(locators []Locator) []root {
	sorted := slices.Clone(locators)
	slices.SortStableFunc(sorted, func(a, b Locator) int {
		return cmp.Or(cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Root(), b.Root()))
	})
	var out []root
	for _, l := range sorted {
		if n := len(out); n > 0 && out[n-1].Storage == l.Storage && strings.HasPrefix(l.Root(), out[n-1].root) {
			out[n-1].locators = append(out[n-1].locators, l)
			continue
		}
		out = append(out, root{Storage: l.Storage, root: l.Root(), locators: []Locator{l}})
	}
	return out
}

// assign gives an object to the known order that its key names.
func assign(x Object, locators []Locator, byNumber map[string][]order.Order) (Found, bool) {
	known := func(n string) bool { return len(byNumber[n]) > 0 }
	orphan, below := Found{Object: x}, false
	best := Found{}
	for _, l := range locators {
		if cs := l.claimants(x.Key, known); len(cs) > 0 && len(cs[0]) > len(best.Number) {
			best = Found{Object: x, Holds: l.Holds, Order: byNumber[cs[0]][0].ID, Number: cs[0]}
		}
		if n, ok := l.Number(x.Key); ok && !below {
			orphan.Holds, orphan.Number, below = l.Holds, n, true
		}
	}
	if best.Number != "" {
		return best, true
	}
	return orphan, below
}

// Shared tells which of the objects found other orders have a claim on too,
// because a locator gives the key to them or because they refer to it: KeyID →
// their numbers, sorted. orders are all orders known. A key that names an order
// nobody knows counts as well, as long as what it names has a digit in it: the
// shop may have forgotten an order whose photos are somebody's still. An order
// of another shop with the same number is told with the shop's name after it.
func Shared(found []Found, orders []order.Order, locators []Locator, bases []Base) map[string][]string {
	byNumber := numbersOf(orders)
	known := func(n string) bool { return len(byNumber[n]) > 0 }
	wanted := map[string]map[string]bool{} // KeyID → numbers of the orders it was found for
	bare := map[string][]string{}          // key → KeyIDs
	for _, f := range found {
		id := KeyID(f.Storage, f.Key)
		if wanted[id] == nil {
			wanted[id] = map[string]bool{}
			bare[f.Key] = append(bare[f.Key], id)
		}
		wanted[id][f.Number] = true
	}
	others := map[string]map[string]bool{}
	claim := func(id, number string) {
		if own := wanted[id]; own == nil || own[number] && len(own) == 1 {
			return
		}
		if others[id] == nil {
			others[id] = map[string]bool{}
		}
		others[id][number] = true
	}
	for _, f := range found {
		id := KeyID(f.Storage, f.Key)
		for _, l := range locators {
			if l.Storage != f.Storage {
				continue
			}
			cs := l.claimants(f.Key, known)
			for _, n := range cs {
				claim(id, n)
				for _, o := range byNumber[n] {
					// A locator names no shop: the same number in another
					// shop is another customer.
					if n == f.Number && o.ID != f.Order {
						claim(id, n+" ("+o.Shop+")")
					}
				}
			}
			if n, ok := l.Number(f.Key); ok && len(cs) == 0 && strings.ContainsFunc(n, unicode.IsDigit) {
				claim(id, n)
			}
		}
	}
	for _, o := range orders {
		for _, text := range o.Photos {
			storage, key, ok := Resolve(text, bases)
			switch {
			case !ok:
			case storage != "":
				claim(KeyID(storage, key), o.Number)
			default:
				for _, id := range bare[key] {
					claim(id, o.Number)
				}
			}
		}
	}
	out := make(map[string][]string, len(others))
	for id, numbers := range others {
		for n := range numbers {
			out[id] = append(out[id], n)
		}
		slices.Sort(out[id])
	}
	return out
}

// numbersOf returns the orders of each usable number: two shops may count
// alike.
func numbersOf(orders []order.Order) map[string][]order.Order {
	out := make(map[string][]order.Order, len(orders))
	for _, o := range orders {
		if checkNumber(o.Number) == nil {
			out[o.Number] = append(out[o.Number], o)
		}
	}
	return out
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

func storageNames(storages map[string]Lister) []string {
	names := make([]string, 0, len(storages))
	for n := range storages {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func sortFound(fs []Found) {
	slices.SortStableFunc(fs, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Key, b.Key),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Order, b.Order))
	})
}
