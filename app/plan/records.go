package plan

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"greffier/app/law"
	"greffier/app/order"
)

// record puts one field of a shop's record into its group.
func (b *builder) record(same []Found) {
	f, orders, foreign := b.whose(same)
	if f.Holds != Reference && !b.in.Scope.Person {
		b.mention(f)
		return
	}
	o, target := b.targets[f.Order]
	held, is := holdOn(f.Object, orders, b.in.Holds, b.in.Today)
	switch {
	case is:
		b.hold(f, held)
		return
	case foreign || !target:
		b.keep(f, b.t.noOrder, "")
		return
	case b.outside(f):
		b.keep(f, b.t.notPart, "")
		return
	}
	switch f.Holds {
	case Reference:
		switch b.leads(f, o) {
		case toNothing:
			b.erase(f)
		case toWhatStays:
			b.keep(f, b.t.leadsOn, "")
		case elsewhere:
			b.keep(f, b.t.leadsAway, "")
		}
	case Contact:
		if !finished(o.State) {
			b.keep(f, b.t.contract, articleContract)
			return
		}
		b.erase(f)
	case Invoice:
		b.invoiceField(f, o)
	case Account:
		b.accountOf(f, orders)
	default:
		// What nobody can name is not erased by a program.
		b.keep(f, b.t.unknown, "")
	}
}

// erase puts a field into the erase group, or says that only a hand can do it.
func (b *builder) erase(f Found) {
	if f.ByHand {
		b.keep(f, b.t.noWay, articleErasure)
		return
	}
	b.add(f)
}

// mention says once an order that its other records are not concerned.
func (b *builder) mention(f Found) {
	id := f.Storage + "\x00" + f.Number
	if !b.told[id] {
		b.told[id] = true
		b.p.Keep = append(b.p.Keep, Kept{What: b.t.records(f.Number), Order: f.Number, Ground: b.t.mediaOnly})
	}
}

// finished tells whether nothing of an order is left to be done for which the
// shop would need to reach the customer (GDPR Art. 6(1)(b), 17(1)(a)).
func finished(s order.State) bool {
	switch s {
	case order.Completed, order.Cancelled, order.Refunded, order.Failed, order.Trashed, order.Gone:
		return true
	}
	return false
}

// invoiceField keeps a field that the invoice needs until its ten years are
// over (GDPR Art. 17(3)(b), C. com. L123-22).
func (b *builder) invoiceField(f Found, o order.Order) {
	until, keep := invoiceUntil(o, b.in)
	ground := b.t.invoiceGround
	if until.IsZero() {
		ground = b.t.invoiceUndated
	}
	switch {
	case !keep:
		b.erase(f)
	case f.ByHand:
		b.keepUntil(f, until, ground, articleFields)
	default:
		b.p.Restrict = append(b.p.Restrict, Held{What: b.t.object(f), Holds: f.Holds, Order: f.Number, Storage: f.Storage, Key: f.Key, Version: f.Version,
			Until: until, Ground: ground, Article: articleFields})
	}
}

func (b *builder) keepUntil(f Found, until law.Date, ground, article string) {
	b.keep(f, ground, article)
	b.p.Keep[len(b.p.Keep)-1].Until = until
}

// accountOf keeps the customer's account while it serves an order that is not
// concerned, or one that is still under way.
func (b *builder) accountOf(f Found, orders []int64) {
	var others []string
	for _, id := range orders {
		others = append(others, b.in.Others[id]...)
	}
	if len(others) > 0 {
		slices.Sort(others)
		b.keep(f, b.t.serves(slices.Compact(others)), articleOthers)
		return
	}
	for _, id := range orders {
		if !finished(b.targets[id].State) {
			b.keep(f, b.t.contract, articleContract)
			return
		}
	}
	b.erase(f)
}

// aim is what a reference leads to once the plan has run.
type aim int

const (
	elsewhere   aim = iota // to a place that no storage is
	toWhatStays            // what stays must still be found
	toNothing
)

// leads tells where a field of the kind Reference leads. Where the shop does
// not tell what the field holds, any reference of the order may be in it.
func (b *builder) leads(f Found, o order.Order) aim {
	texts := f.names()
	sure := len(texts) > 0
	if !sure {
		for text, name := range o.Fields {
			if named(f.Key, name) {
				texts = append(texts, text)
			}
		}
		sure = len(texts) > 0
	}
	if !sure {
		if b.stays[o.ID] {
			return toWhatStays
		}
		texts = o.Photos
	}
	out := toNothing
	for _, text := range texts {
		out = min(out, b.aimOf(text, o))
	}
	return out
}

// aimOf tells where one reference of an order leads.
func (b *builder) aimOf(text string, o order.Order) aim {
	if stays, known := b.library[o.ID][plainURL(text)]; known && stays {
		return toWhatStays
	} else if known {
		if storage, key, ok := Resolve(text, b.in.Bases); ok && b.kept[KeyID(storage, key)] {
			return toWhatStays
		}
		return toNothing
	}
	storage, key, ok := Resolve(text, b.in.Bases)
	switch {
	case ok && b.kept[KeyID(storage, key)]:
		return toWhatStays
	case ok:
		return toNothing
	case !b.allInLibrary(o):
		return elsewhere
	case b.stays[o.ID]:
		return toWhatStays
	}
	return toNothing // a file of the library, all of which go
}

// allInLibrary tells whether the order has a library file for each reference
// that leads to no storage: where the shop does not say what names a file, any
// of them may.
func (b *builder) allInLibrary(o order.Order) bool {
	away := map[string]bool{}
	for _, text := range o.Photos {
		plain := plainURL(text)
		_, named := b.library[o.ID][plain]
		if _, _, ok := Resolve(text, b.in.Bases); !ok && !named {
			away[plain] = true
		}
	}
	return len(b.unnamed[o.ID]) > 0 && len(away) <= len(b.unnamed[o.ID])
}

// named tells whether a field's key ends with the name of the field.
func named(key, name string) bool {
	before, ok := strings.CutSuffix(key, name)
	if !ok || name == "" {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(before)
	return !unicode.IsLetter(r) && !unicode.IsNumber(r)
}

// inLibrary tells whether a reference names a file of the shop's media library
// that was found there.
func (b *builder) inLibrary(r Ref) bool {
	_, known := b.library[r.Order][plainURL(r.Text)]
	return known
}

// withoutDesk tells whether a shop of the target orders was not looked at, so
// that somebody has to do it by hand.
func (b *builder) withoutDesk() bool {
	for _, o := range b.targets {
		if !b.in.Desks[o.Shop] {
			return true
		}
	}
	return len(b.targets) == 0
}
