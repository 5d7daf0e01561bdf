package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/order"
)

// The articles that the planner itself cites.
const (
	articleErasure = "GDPR Art. 17(1)"   // erasure
	articleInvoice = "C. com. L123-22"   // ten years from the end of the financial year; GDPR Art. 17(3)(b)
	articleOthers  = "GDPR Art. 5(1)(f)" // nobody else's data may be lost with it
	// Still necessary for what they were collected for, a contract.
	articleContract = "GDPR Art. 17(1)(a); GDPR Art. 6(1)(b)"
	// The invoice's data, by law and by what the law of erasure leaves to it.
	articleFields = "C. com. L123-22; GDPR Art. 17(3)(b)"
)

// Orphans is the rule of a plan about objects that no order claims.
const Orphans = "orphans"

// Input is all that a plan depends on.
type Input struct {
	Scope   Scope
	Orders  []order.Order // the target orders
	Found   []Found       // from Survey, Sweep and the desks' Records, just listed
	Missing []Ref         // references that lead to nothing
	// Bases tell where the orders' references lead, as for Survey. A reference
	// of which that cannot be told stays in the shop.
	Bases []Base
	// SharedBy tells by KeyID which other orders have a claim on a key, from
	// Index.Shared. It protects what they hold and what is held for them.
	SharedBy map[string][]string
	// Others tells by target order which orders of the same account or e-mail
	// address stay: not in scope and not erased before. An account that serves
	// one of them is kept.
	Others map[int64][]string
	// Desks are the shops whose records were looked at for Found.
	Desks  map[string]bool
	Holds  []Hold // of any order; those of other orders and other days do nothing
	Today  law.Date
	Zone   *time.Location // the controller's; nil is Europe/Paris
	Lang   string         // of the grounds: "fr", anything else is English
	MadeAt time.Time      // when the listing was made
}

// Build makes the plan. Every object and field found is in exactly one group:
// restricted where an active hold of one of its orders protects it or, of a
// field, while the invoice needs it; kept where another order has a claim on
// it, where it is not of the target orders, not in Scope.Only, or still
// needed; and erased otherwise. In the scope of media only, what a shop's
// record holds besides the photos and their references is one row of what is
// kept. The invoice of each paid order is restricted until its ten years are
// over, and what cannot be erased is said to be kept. The same facts in any
// order give the same plan.
func Build(in Input) Plan {
	b := newBuilder(in)
	var records [][]Found
	for _, same := range byID(in.Found) {
		if same[0].Kind == Field && same[0].Holds != Photo && same[0].Holds != Portrait && same[0].Holds != Derived {
			records = append(records, same)
			continue
		}
		b.media(same)
	}
	// What is done with a reference depends on what becomes of the photo.
	for _, same := range records {
		b.record(same)
	}
	for _, id := range b.p.Scope.Orders {
		b.p.restrictInvoice(b.targets[id], in, b.t)
	}
	for _, r := range in.Missing {
		if !b.inLibrary(r) {
			b.p.Keep = append(b.p.Keep, Kept{What: b.t.reference(r.Number), Order: r.Number, Key: shorten(r.Text), Ground: b.t.notFound})
		}
	}
	if in.Scope.Person && b.withoutDesk() {
		b.p.Keep = append(b.p.Keep, Kept{What: b.t.account, Ground: b.t.byHand, Article: articleErasure})
	}
	b.p.sort()
	b.p.Hash = HashOf(b.p)
	return b.p
}

// builder is a plan under way.
type builder struct {
	in      Input
	p       Plan
	t       text
	targets map[int64]order.Order
	ids     map[string][]int64        // what names a target order in SharedBy → its id
	only    map[string]bool           // nil: everything
	stays   map[int64]bool            // orders of which an object of a storage or a library file stays
	kept    map[string]bool           // KeyIDs that stay; with "" as storage, keys that stay anywhere
	library map[int64]map[string]bool // order → reference that names a library file → the file stays
	unnamed map[int64]map[string]bool // orders → their library files of which nothing says what names them
	told    map[string]bool           // orders whose other records were mentioned
}

func newBuilder(in Input) *builder {
	b := &builder{in: in, t: texts(in.Lang), targets: map[int64]order.Order{}, ids: map[string][]int64{}, stays: map[int64]bool{},
		kept: map[string]bool{}, library: map[int64]map[string]bool{}, unnamed: map[int64]map[string]bool{}, told: map[string]bool{},
		p: Plan{Scope: in.Scope, MadeAt: in.MadeAt.UTC(), Erase: []Found{}, Restrict: []Held{}, Keep: []Kept{}}}
	b.p.Scope.Orders = []int64{}
	for _, o := range in.Orders {
		if _, twice := b.targets[o.ID]; twice {
			continue
		}
		b.targets[o.ID] = o
		if checkValue(o.Number) == nil {
			b.ids[o.Number] = append(b.ids[o.Number], o.ID)
		}
		long := labelOf(o.Shop, o.ID, o.Number)
		b.ids[long] = append(b.ids[long], o.ID)
		b.p.Scope.Orders = append(b.p.Scope.Orders, o.ID)
	}
	slices.Sort(b.p.Scope.Orders)
	if len(in.Scope.Only) > 0 {
		b.p.Scope.Only = slices.Compact(slices.Sorted(slices.Values(in.Scope.Only)))
		b.only = map[string]bool{}
		for _, id := range b.p.Scope.Only {
			b.only[id] = true
		}
	}
	return b
}

// byID groups what was found by what it is, sorted. A customer's account, or a
// file of the media library, is found once for each order that has it.
func byID(found []Found) [][]Found {
	sorted := slices.Clone(found)
	sortFound(sorted)
	var out [][]Found
	for _, f := range sorted {
		f.ModifiedAt = f.ModifiedAt.UTC()
		if n := len(out); n > 0 && out[n-1][0].ID() == f.ID() {
			out[n-1] = append(out[n-1], f)
			continue
		}
		out = append(out, []Found{f})
	}
	return out
}

// whose returns the orders that a thing was found for, the one under which it
// stands in the plan, and whether one of them is no target.
func (b *builder) whose(same []Found) (f Found, orders []int64, foreign bool) {
	f = same[0]
	for _, x := range same {
		orders = append(orders, x.Order)
		_, target := b.targets[x.Order]
		_, now := b.targets[f.Order]
		if target && !now {
			f = x
		}
		foreign = foreign || !target && x.Order != 0
	}
	for _, x := range same {
		f.ByHand = f.ByHand || x.ByHand
		if x.Names != "" && x.Names != f.Names {
			f.Names += "\n" + x.Names
		}
	}
	return f, orders, foreign
}

// media puts one object of a storage, or one file of a shop's media library,
// into its group.
func (b *builder) media(same []Found) {
	f, orders, foreign := b.whose(same)
	var others []string
	for _, label := range b.in.SharedBy[KeyID(f.Storage, f.Key)] {
		mine := b.ids[label]
		if len(mine) == 0 {
			others = append(others, label)
		}
		orders = append(orders, mine...)
	}
	held, is := holdOn(f.Object, orders, b.in.Holds, b.in.Today)
	_, target := b.targets[f.Order]
	// Objects that no order claims go only when the plan is about them.
	if f.Order == 0 && b.in.Scope.Rule == Orphans {
		target = true
	}
	stays := true
	switch {
	case is:
		b.hold(f, held)
	case foreign || !target:
		b.keep(f, b.t.noOrder, "")
	case len(others) > 0:
		slices.Sort(others)
		b.keep(f, b.t.shared(slices.Compact(others)), articleOthers)
	case b.outside(f):
		b.keep(f, b.t.notPart, "")
	case f.ByHand:
		b.keep(f, b.t.noWay, articleErasure)
	default:
		b.add(f)
		stays = false
	}
	for _, id := range orders {
		b.stays[id] = b.stays[id] || stays
		if !IsShop(f.Storage) {
			continue
		}
		if f.Names == "" && slices.ContainsFunc(same, func(x Found) bool { return x.Order == id }) {
			if b.unnamed[id] == nil {
				b.unnamed[id] = map[string]bool{}
			}
			b.unnamed[id][KeyID(f.Storage, f.Key)] = true
		}
		if b.library[id] == nil {
			b.library[id] = map[string]bool{}
		}
		for _, n := range f.names() {
			b.library[id][plainURL(n)] = b.library[id][plainURL(n)] || stays
		}
	}
	if stays {
		b.kept[KeyID(f.Storage, f.Key)], b.kept[KeyID("", f.Key)] = true, true
	}
}

// add puts what was found into the erase group.
func (b *builder) add(f Found) {
	f.Names = ""
	b.p.Erase = append(b.p.Erase, f)
}

// names returns the references of Names.
func (f Found) names() []string {
	return strings.FieldsFunc(f.Names, func(r rune) bool { return r == '\n' })
}

// outside tells whether the scope was narrowed to other keys.
func (b *builder) outside(f Found) bool {
	return b.only != nil && !b.only[KeyID(f.Storage, f.Key)]
}

func (b *builder) hold(f Found, h Hold) {
	if f.ByHand {
		b.p.Keep = append(b.p.Keep, Kept{What: b.t.object(f), Holds: f.Holds, Order: f.Number, Storage: f.Storage, Key: f.Key, Version: f.Version,
			Until: h.Until, Ground: b.t.hold(h), Article: h.Article})
		return
	}
	b.p.Restrict = append(b.p.Restrict, Held{What: b.t.object(f), Holds: f.Holds, Order: f.Number, Storage: f.Storage, Key: f.Key, Version: f.Version,
		Until: h.Until, Ground: b.t.hold(h), Article: h.Article})
}

func (b *builder) keep(f Found, ground, article string) {
	b.p.Keep = append(b.p.Keep, Kept{What: b.t.object(f), Holds: f.Holds, Order: f.Number, Storage: f.Storage, Key: f.Key, Version: f.Version,
		Ground: ground, Article: article})
}

// holdOn returns the hold that protects longest among those that are active
// today and stand on one of the orders, or on the object itself.
func holdOn(o Object, orders []int64, holds []Hold, today law.Date) (Hold, bool) {
	var best Hold
	any := false
	for _, h := range holds {
		if !h.ActiveOn(today) || !h.HoldsObject(o) && !slices.ContainsFunc(orders, h.HoldsOrder) {
			continue
		}
		if !any || longer(h, best) {
			best, any = h, true
		}
	}
	return best, any
}

// ActiveOn tells whether the hold protects on that day: from its first day to
// its last one, both included, or for good while it has no end.
func (h Hold) ActiveOn(day law.Date) bool {
	return (h.From.IsZero() || !day.Before(h.From)) && (h.Until.IsZero() || !day.After(h.Until))
}

func longer(a, b Hold) bool {
	if a.Until.IsZero() != b.Until.IsZero() {
		return a.Until.IsZero()
	}
	if c := a.Until.Compare(b.Until); c != 0 {
		return c > 0
	}
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Article, b.Article)) < 0
}

// invoiceUntil returns until when the invoice of an order is kept, the zero
// date while that cannot be told, and false where there is none to keep.
// GDPR Art. 17(3)(b), C. com. L123-22: ten years from the end of the year.
func invoiceUntil(o order.Order, in Input) (law.Date, bool) {
	if o.State == order.Cancelled || o.State == order.Failed {
		return law.Date{}, false // never paid: no invoice was made
	}
	at := o.CompletedAt
	if at.IsZero() {
		at = o.CreatedAt
	}
	until := law.InvoiceKeptUntil(law.DateOf(at, in.Zone))
	return until, until.IsZero() || !until.Before(in.Today)
}

// restrictInvoice keeps the invoice of an order that may have been paid.
func (p *Plan) restrictInvoice(o order.Order, in Input, t text) {
	until, keep := invoiceUntil(o, in)
	if !keep {
		return
	}
	h := Held{What: t.invoice(o.Number), Order: o.Number, Until: until, Ground: t.invoiceGround, Article: articleInvoice}
	if until.IsZero() {
		h.Ground = t.invoiceUndated
	}
	p.Restrict = append(p.Restrict, h)
}

func (p *Plan) sort() {
	sortFound(p.Erase)
	slices.SortStableFunc(p.Restrict, func(a, b Held) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Key, b.Key),
			cmp.Compare(a.Version, b.Version), cmp.Compare(a.What, b.What), a.Until.Compare(b.Until), cmp.Compare(a.Ground, b.Ground))
	})
	slices.SortStableFunc(p.Keep, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Key, b.Key),
			cmp.Compare(a.Version, b.Version), cmp.Compare(a.What, b.What), a.Until.Compare(b.Until), cmp.Compare(a.Ground, b.Ground))
	})
}

// Sizes returns how many objects the plan erases and their bytes.
func (p Plan) Sizes() (objects int, bytes int64) {
	for _, f := range p.Erase {
		bytes += f.SizeBytes
	}
	return len(p.Erase), bytes
}

// shorten bounds what is shown of a reference.
func shorten(s string) string {
	r := []rune(s)
	if len(r) <= 300 {
		return string(r)
	}
	return string(r[:300]) + "…"
}
