package plan

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"greffier/app/order"
)

// Index knows of each order only what is needed to tell whose an object is: its
// number, the shop's id of it, and hashes of what its references lead to. It is
// filled one order at a time, so that no list of all orders is ever held: about
// a hundred bytes an order and twenty-four a reference. It is not safe for use
// by several goroutines.
type Index struct {
	bases    []Base
	seeds    [2]maphash.Seed
	orders   []entry
	byNumber map[string]int32 // → place in orders of the last one of that number
	byRef    map[string]int32
	shops    names
	fields   names
	refs     []pointer
	sorted   bool
	covers   map[coverKey]*cover // what has to be listed to see all that is referred to
}

// entry is an order. The chains lead to the one before of the same number or
// ref, -1 at their end: two shops may count alike.
type entry struct {
	id                  int64
	number, ref         string
	shop                int32
	nextNumber, nextRef int32
}

// mark is a hash of 128 bits with a seed of its own for each index: two texts
// of the same mark are taken for the same.
type mark [2]uint64

// pointer says that a reference of an order, read from a field, leads there.
type pointer struct {
	to    mark
	order int32
	field int32
}

// names gives short numbers to the few texts that occur over and over.
type names struct {
	list []string
	at   map[string]int32
}

// maxNames bounds the fields and shops that are told apart.
const maxNames = 10_000

func (n *names) of(s string) int32 {
	if i, ok := n.at[s]; ok {
		return i
	}
	if len(n.list) >= maxNames {
		return -1
	}
	if n.at == nil {
		n.at = map[string]int32{}
	}
	s = strings.Clone(s)
	n.list = append(n.list, s)
	n.at[s] = int32(len(n.list) - 1)
	return n.at[s]
}

func (n *names) text(i int32) string {
	if i < 0 {
		return ""
	}
	return n.list[i]
}

// NewIndex returns an empty index. bases tell where URLs lead, as for Resolve.
func NewIndex(bases []Base) *Index {
	return &Index{bases: bases, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		byNumber: map[string]int32{}, byRef: map[string]int32{}, covers: map[coverKey]*cover{}}
}

// Len returns how many orders were added.
func (x *Index) Len() int { return len(x.orders) }

// Add adds an order; one that was added before is left as it is.
func (x *Index) Add(o order.Order) {
	last, ok := x.byNumber[o.Number]
	for i := last; ok && i >= 0; i = x.orders[i].nextNumber {
		if x.orders[i].id == o.ID {
			return
		}
	}
	at := int32(len(x.orders))
	e := entry{id: o.ID, number: strings.Clone(o.Number), ref: strings.Clone(o.Ref), shop: x.shops.of(o.Shop), nextNumber: -1, nextRef: -1}
	if e.ref == e.number {
		e.ref = e.number // one text for both
	}
	if ok {
		e.nextNumber = last
	}
	x.byNumber[e.number] = at
	if e.ref != "" {
		if i, ok := x.byRef[e.ref]; ok {
			e.nextRef = i
		}
		x.byRef[e.ref] = at
	}
	x.orders = append(x.orders, e)
	for i, text := range o.Photos {
		if slices.Contains(o.Photos[:min(i, 32)], text) {
			continue
		}
		field := int32(-1)
		if name := o.Fields[text]; name != "" {
			field = x.fields.of(name)
		}
		storage, key, ok := Resolve(text, x.bases)
		if !ok {
			x.refs = append(x.refs, pointer{x.mark("elsewhere", plainURL(text)), at, field})
			continue
		}
		x.refs = append(x.refs, pointer{x.mark(storage, key), at, field})
		k := coverKey{storage, field}
		if storage != "" || field >= maxCoverFields {
			k.field = -1
		}
		if x.covers[k] == nil {
			x.covers[k] = newCover()
		}
		x.covers[k].add(key)
	}
	x.sorted = false
}

func (x *Index) mark(parts ...string) mark {
	var m mark
	for i, seed := range x.seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, p := range parts {
			h.WriteString(p)
			h.WriteByte(0)
		}
		m[i] = h.Sum64()
	}
	return m
}

func compareMarks(a, b mark) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }

// pointing returns the references that lead there.
func (x *Index) pointing(to mark) []pointer {
	if !x.sorted {
		slices.SortFunc(x.refs, func(a, b pointer) int {
			return cmp.Or(compareMarks(a.to, b.to), cmp.Compare(a.order, b.order), cmp.Compare(a.field, b.field))
		})
		x.sorted = true
	}
	from, _ := slices.BinarySearchFunc(x.refs, to, func(p pointer, m mark) int { return compareMarks(p.to, m) })
	n := from
	for n < len(x.refs) && x.refs[n].to == to {
		n++
	}
	return x.refs[from:n]
}

// known tells which values of a template are those of known orders.
func (x *Index) known(byRef bool) func(string) bool {
	m := x.byNumber
	if byRef {
		m = x.byRef
	}
	return func(v string) bool { _, ok := m[v]; return ok }
}

// having returns the places of the orders of a number or ref.
func (x *Index) having(value string, byRef bool) []int32 {
	m := x.byNumber
	if byRef {
		m = x.byRef
	}
	var out []int32
	i, ok := m[value]
	for ok && i >= 0 {
		out = append(out, i)
		if byRef {
			i = x.orders[i].nextRef
		} else {
			i = x.orders[i].nextNumber
		}
	}
	return out
}

// first returns the one of the smallest id, so that the order in which orders
// were added does not matter.
func (x *Index) first(places []int32) entry {
	best := x.orders[places[0]]
	for _, i := range places[1:] {
		if x.orders[i].id < best.id {
			best = x.orders[i]
		}
	}
	return best
}

// label names an order so that no other one is meant: by its number where no
// other known order has it.
func (x *Index) label(at int32) string {
	e := x.orders[at]
	if n := x.byNumber[e.number]; n == at && e.nextNumber < 0 && checkValue(e.number) == nil {
		return e.number
	}
	return labelOf(x.shops.text(e.shop), e.id, e.number)
}

// labelOf names an order whose number alone would not do. No usable number has
// a bracket in it, so that it is never taken for one.
func labelOf(shop string, id int64, number string) string {
	return fmt.Sprintf("%s [%s #%d]", number, shop, id)
}

// Shared tells which of the objects found other orders have a claim on too,
// because a locator gives the key to them or because they refer to it: KeyID →
// what names them, sorted. A key that names an order nobody knows counts as
// well, as long as what it names has a digit in it: the shop may have forgotten
// an order whose photos are somebody's still. An order is named by its number;
// where several orders have the same, its shop and Greffier's own id stand
// after it. A shop's fields are shared with nobody, but files of its media
// library are: by the references that name them or, where the shop does not say
// which do, by any reference of their order.
func (x *Index) Shared(found []Found, locators []Locator) map[string][]string {
	places, _ := compileAll(slices.DeleteFunc(slices.Clone(locators), func(l Locator) bool { return l.Validate() != nil }))
	own := map[string]map[int64]bool{}      // KeyID → ids of the orders that it was found for
	nameless := map[int64]map[string]bool{} // order → its library files of which nothing says what names them
	for _, f := range found {
		if f.Kind == Field {
			continue
		}
		id := KeyID(f.Storage, f.Key)
		if own[id] == nil {
			own[id] = map[int64]bool{}
		}
		own[id][f.Order] = true
		if IsShop(f.Storage) && f.Names == "" {
			if nameless[f.Order] == nil {
				nameless[f.Order] = map[string]bool{}
			}
			nameless[f.Order][id] = true
		}
	}
	others := map[string]map[string]bool{}
	say := func(id, label string) {
		if others[id] == nil {
			others[id] = map[string]bool{}
		}
		others[id][label] = true
	}
	claim := func(id string, at int32) {
		if own := own[id]; !own[x.orders[at].id] || len(own) > 1 {
			say(id, x.label(at))
		}
	}
	for _, f := range found {
		id := KeyID(f.Storage, f.Key)
		switch {
		case f.Kind == Field:
			continue
		case IsShop(f.Storage):
			for _, text := range f.names() {
				for _, to := range x.leads(text) {
					for _, p := range x.pointing(to) {
						claim(id, p.order)
					}
				}
			}
			continue
		}
		for _, to := range []mark{x.mark(f.Storage, f.Key), x.mark("", f.Key)} {
			for _, p := range x.pointing(to) {
				claim(id, p.order)
			}
		}
		for _, l := range places {
			if l.Storage != f.Storage {
				continue
			}
			values := l.claimants(f.Key, x.known(l.byRef))
			for _, v := range values {
				for _, at := range x.having(v, l.byRef) {
					claim(id, at)
				}
			}
			v, ok := l.value(f.Key)
			if !ok || len(values) > 0 || !strings.ContainsFunc(v, unicode.IsDigit) || f.Order == 0 && f.Number == v {
				continue
			}
			if l.byRef {
				v += " [ref]" // never taken for a number
			}
			say(id, v)
		}
	}
	x.shareNameless(nameless, claim)
	out := make(map[string][]string, len(others))
	for id, labels := range others {
		for n := range labels {
			out[id] = append(out[id], n)
		}
		slices.Sort(out[id])
	}
	return out
}

// shareNameless claims the library files of an order for each order that shares
// a reference with it: any of them may be the one that names the file.
func (x *Index) shareNameless(nameless map[int64]map[string]bool, claim func(id string, at int32)) {
	if len(nameless) == 0 {
		return
	}
	x.pointing(mark{}) // sorts
	for from := 0; from < len(x.refs); {
		n := from
		for n < len(x.refs) && x.refs[n].to == x.refs[from].to {
			n++
		}
		for _, p := range x.refs[from:n] {
			for id := range nameless[x.orders[p.order].id] {
				for _, q := range x.refs[from:n] {
					claim(id, q.order)
				}
			}
		}
		from = n
	}
}

// leads returns the marks of what a reference leads to.
func (x *Index) leads(text string) []mark {
	storage, key, ok := Resolve(text, x.bases)
	if !ok {
		return []mark{x.mark("elsewhere", plainURL(text))}
	}
	return []mark{x.mark(storage, key)}
}

// sized is the part of a file's name by which WordPress tells its renditions.
var sized = regexp.MustCompile(`-(?:\d{1,5}x\d{1,5}|scaled)$`)

// plainURL writes the ways to name one file of a web site as one: without
// scheme, query and fragment, and without the size of a rendition.
func plainURL(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxRef {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	ext := path.Ext(u.Path)
	return strings.ToLower(u.Host) + sized.ReplaceAllString(strings.TrimSuffix(u.Path, ext), "") + strings.ToLower(ext)
}

// Shared is Index.Shared over a list of all orders known.
func Shared(found []Found, orders []order.Order, locators []Locator, bases []Base) map[string][]string {
	x := NewIndex(bases)
	for _, o := range orders {
		x.Add(o)
	}
	return x.Shared(found, locators)
}

// coverKey is where the keys of references lie: a storage, or "" for bare keys,
// with the field that they were read from.
type coverKey struct {
	storage string
	field   int32
}

const (
	maxCoverFields = 64
	maxCover       = 256
)

// cover is a bounded set of prefixes that all keys added begin with: the keys
// themselves while they are few, and folders, ever higher ones, when they are
// many.
type cover struct{ prefixes map[string]bool }

func newCover() *cover { return &cover{map[string]bool{}} }

func (c *cover) add(key string) {
	if c.prefixes[""] || c.prefixes[key] {
		return
	}
	for i := range len(key) {
		if key[i] == '/' && c.prefixes[key[:i+1]] {
			return
		}
	}
	c.prefixes[strings.Clone(key)] = true
	for len(c.prefixes) > maxCover {
		deepest := 0
		for p := range c.prefixes {
			deepest = max(deepest, depth(p))
		}
		for p := range c.prefixes {
			if depth(p) == deepest {
				delete(c.prefixes, p)
				c.prefixes[strings.Clone(parent(p))] = true
			}
		}
	}
}

// depth counts the steps from the root to a key or folder; a key lies deeper
// than its folder.
func depth(p string) int {
	if p == "" {
		return 0
	}
	n := 2 * strings.Count(p, "/")
	if !strings.HasSuffix(p, "/") {
		n++
	}
	return n
}

// parent returns the folder of a key or folder, "" at the root.
func parent(p string) string {
	p = strings.TrimSuffix(p, "/")
	return p[:strings.LastIndexByte(p, '/')+1]
}
