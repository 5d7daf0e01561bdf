package plan

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"greffier/app/order"
)

// Sweep looks at everything below the locators, and at whatever the references
// of the orders lead to, in one listing per root, and hands each object over
// with the order that it belongs to. Order 0 is an orphan, an object below a
// locator by key that no known order claims, with the number or ref that its
// key names. Where several orders may claim an object it is given to the one of
// the longest number; Index.Shared tells of the others.
//
// Nothing of what was handed over is kept, so that memory does not grow with
// the storage; rows that a storage lists twice near each other, as some do
// around the end of a page, are handed over once. An error of yield ends the
// sweep and is returned; the others are those of Survey. report may be nil.
func Sweep(ctx context.Context, storages map[string]Lister, locators []Locator, x *Index, yield func(Found) error, report func(done, total int, note string)) error {
	s, err := newLook(storages, locators)
	if err != nil {
		return err
	}
	roots := s.roots(x)
	for i, r := range roots {
		if report != nil {
			report(i, len(roots), r.storage)
		}
		seen := window{}
		if err := list(ctx, storages[r.storage], r.prefix, func(o Object) error {
			if seen.has(o.ID()) {
				return nil
			}
			if f, ok := s.assign(x, o); ok {
				return yield(f)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if report != nil {
		report(len(roots), len(roots), "")
	}
	return nil
}

// SurveyAll looks at everything below the locators in one listing per root and
// tells which of it belongs to the orders given; the rest are orphans, with
// the number that their key names. It is Sweep by number alone, for what fits
// into memory: references of the orders are not followed. It returns the errors
// of Survey, and then nothing else. report may be nil.
func SurveyAll(ctx context.Context, storages map[string]Lister, locators []Locator, orders []order.Order, report func(done, total int, note string)) (found, orphans []Found, err error) {
	x := NewIndex(nil)
	for _, o := range orders {
		o.Photos = nil
		x.Add(o)
	}
	found, orphans = []Found{}, []Found{}
	if err := Sweep(ctx, storages, locators, x, func(f Found) error {
		if f.Order == 0 {
			orphans = append(orphans, f)
		} else {
			found = append(found, f)
		}
		return nil
	}, report); err != nil {
		return nil, nil, err
	}
	sortFound(found)
	sortFound(orphans)
	return slices.CompactFunc(found, sameID), slices.CompactFunc(orphans, sameID), nil
}

func sameID(a, b Found) bool { return a.ID() == b.ID() }

// look is a set of storages with the locators, read once.
type look struct {
	storages map[string]Lister
	places   []place
	metas    map[string][]Locator // by field
}

func newLook(storages map[string]Lister, locators []Locator) (look, error) {
	s := look{storages: storages, metas: map[string][]Locator{}}
	if err := checkLocators(storages, locators); err != nil {
		return s, err
	}
	for _, l := range locators {
		if l.Meta != "" {
			s.metas[l.Meta] = append(s.metas[l.Meta], l)
		}
	}
	var err error
	s.places, err = compileAll(locators)
	return s, err
}

// root is one listing.
type root struct{ storage, prefix string }

// roots returns the listings that show everything below the locators and all
// that is referred to, none inside another.
func (s look) roots(x *Index) []root {
	var all []root
	for _, l := range s.places {
		all = append(all, root{l.Storage, l.root})
	}
	for k, c := range x.covers {
		for _, name := range s.within(k.storage, x.fields.text(k.field)) {
			for p := range c.prefixes {
				all = append(all, root{name, p})
			}
		}
	}
	slices.SortFunc(all, func(a, b root) int { return cmp.Or(cmp.Compare(a.storage, b.storage), cmp.Compare(a.prefix, b.prefix)) })
	var out []root
	for _, r := range all {
		if n := len(out); n > 0 && out[n-1].storage == r.storage && strings.HasPrefix(r.prefix, out[n-1].prefix) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// within returns the storages in which a reference may lie: the one that its
// URL names; else, for a bare key, those of the locators by its field; else all
// but the shops' own records.
func (s look) within(storage, field string) []string {
	if storage != "" {
		if s.storages[storage] == nil || IsShop(storage) {
			return nil
		}
		return []string{storage}
	}
	var out []string
	if ls := s.metas[field]; field != "" && len(ls) > 0 {
		for _, l := range ls {
			out = append(out, l.Storage)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for name := range s.storages {
		if !IsShop(name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// holds returns what the locators say that lies there: the one by key first,
// then the one by the field that the reference was read from, and Photo
// elsewhere: what an order refers to is at least a photo of the customer.
func (s look) holds(o Object, field string) Holds {
	for _, l := range s.places {
		if l.Storage == o.Storage {
			if _, ok := l.value(o.Key); ok {
				return l.Holds
			}
		}
	}
	if field != "" {
		for _, l := range s.metas[field] {
			if l.Storage == o.Storage {
				return l.Holds
			}
		}
	}
	return Photo
}

// assign gives an object to the known order that its key names or that refers
// to it; it is false for what is neither below a locator nor referred to.
func (s look) assign(x *Index, o Object) (Found, bool) {
	var best string
	var found Found
	orphan, below := Found{Object: o}, false
	for _, l := range s.places {
		if l.Storage != o.Storage {
			continue
		}
		if vs := l.claimants(o.Key, x.known(l.byRef)); len(vs) > 0 {
			if len(vs[0]) > len(best) {
				best = vs[0]
				e := x.first(x.having(vs[0], l.byRef))
				found = Found{Object: o, Holds: l.Holds, Order: e.id, Number: e.number}
			}
		} else if !below {
			if v, ok := l.value(o.Key); ok {
				orphan.Holds, orphan.Number, below = l.Holds, v, true
			}
		}
	}
	if best != "" {
		return found, true
	}
	var by []int32
	field := ""
	for _, storage := range []string{o.Storage, ""} {
		for _, p := range x.pointing(x.mark(storage, o.Key)) {
			name := x.fields.text(p.field)
			if !slices.Contains(s.within(storage, name), o.Storage) {
				continue
			}
			by = append(by, p.order)
			if field == "" {
				field = name
			}
		}
	}
	if len(by) > 0 {
		e := x.first(by)
		return Found{Object: o, Holds: s.holds(o, field), Order: e.id, Number: e.number}, true
	}
	return orphan, below
}

// window remembers the IDs seen lately, between one and two spans of them.
type window struct{ young, old map[string]bool }

const windowSpan = 4096

// has tells whether the ID was seen lately, and remembers it.
func (w *window) has(id string) bool {
	if w.young[id] || w.old[id] {
		return true
	}
	if w.young == nil || len(w.young) >= windowSpan {
		w.young, w.old = make(map[string]bool, windowSpan), w.young
	}
	w.young[id] = true
	return false
}
