package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"greffier/app/law"
	"greffier/app/order"
)

// The articles that the planner itself cites.
const (
	articleErasure = "GDPR Art. 17(1)"   // erasure
	articleInvoice = "C. com. L123-22"   // ten years from the end of the financial year; GDPR Art. 17(3)(b)
	articleOthers  = "GDPR Art. 5(1)(f)" // nobody else's data may be lost with it
)

// Orphans is the rule of a plan about objects that no order claims.
const Orphans = "orphans"

// Input is all that a plan depends on.
type Input struct {
	Scope   Scope
	Orders  []order.Order // the target orders
	Found   []Found       // from Survey or SurveyAll, just listed
	Missing []Ref         // references that lead to nothing
	// SharedBy tells by KeyID which other orders have a claim on a key, from
	// Shared. It protects what they hold and what is held for them.
	SharedBy map[string][]string
	Holds    []Hold // of any order; those of other orders and other days do nothing
	Today    law.Date
	Zone     *time.Location // the controller's; nil is Europe/Paris
	Lang     string         // of the grounds: "fr", anything else is English
	MadeAt   time.Time      // when the listing was made
}

// Build makes the plan. Every object found is in exactly one group: restricted
// where an active hold of one of its orders protects it, kept where another
// order has a claim on it or none of the target orders is its own, and erased
// otherwise. The invoice of each paid order is restricted until its ten years
// are over, and what this version does not touch is said to be kept. The same
// facts in any order give the same plan.
func Build(in Input) Plan {
	t := texts(in.Lang)
	p := Plan{Scope: in.Scope, MadeAt: in.MadeAt.UTC(), Erase: []Found{}, Restrict: []Held{}, Keep: []Kept{}}
	p.Scope.Orders = []int64{}
	targets := map[int64]order.Order{}
	ids := map[string][]int64{} // number → target orders of that number
	for _, o := range in.Orders {
		if _, twice := targets[o.ID]; twice {
			continue
		}
		targets[o.ID] = o
		ids[o.Number] = append(ids[o.Number], o.ID)
		p.Scope.Orders = append(p.Scope.Orders, o.ID)
	}
	slices.Sort(p.Scope.Orders)

	seen := map[string]bool{}
	found := slices.Clone(in.Found)
	sortFound(found)
	for _, f := range found {
		if seen[f.ID()] {
			continue
		}
		seen[f.ID()] = true
		f.ModifiedAt = f.ModifiedAt.UTC()
		p.place(f, in, targets, ids, t)
	}
	for _, id := range p.Scope.Orders {
		p.restrictInvoice(targets[id], in, t)
	}
	for _, r := range in.Missing {
		p.Keep = append(p.Keep, Kept{What: t.reference(r.Number), Order: r.Number, Key: shorten(r.Text), Ground: t.notFound})
	}
	if in.Scope.Person {
		p.Keep = append(p.Keep, Kept{What: t.account, Ground: t.byHand, Article: articleErasure})
	}
	p.sort()
	p.Hash = HashOf(p)
	return p
}

// place puts one object into its group.
func (p *Plan) place(f Found, in Input, targets map[int64]order.Order, ids map[string][]int64, t text) {
	orders := []int64{f.Order}
	var others []string
	for _, number := range in.SharedBy[KeyID(f.Storage, f.Key)] {
		mine := ids[number]
		if len(mine) == 0 {
			others = append(others, number)
		}
		orders = append(orders, mine...)
	}
	if h, held := holdOn(orders, in.Holds, in.Today); held {
		p.Restrict = append(p.Restrict, Held{What: t.object(f), Order: f.Number, Storage: f.Storage, Key: f.Key, Version: f.Version,
			Until: h.Until, Ground: t.hold(h), Article: h.Article})
		return
	}
	keep := Kept{What: t.object(f), Order: f.Number, Storage: f.Storage, Key: f.Key, Version: f.Version}
	// Objects that no order claims go only when the plan is about them.
	if _, target := targets[f.Order]; !target && (f.Order != 0 || in.Scope.Rule != Orphans) {
		keep.Ground = t.noOrder
		p.Keep = append(p.Keep, keep)
		return
	}
	if len(others) > 0 {
		slices.Sort(others)
		keep.Ground, keep.Article = t.shared(slices.Compact(others)), articleOthers
		p.Keep = append(p.Keep, keep)
		return
	}
	p.Erase = append(p.Erase, f)
}

// holdOn returns the hold that protects longest among those that are active
// today and stand on one of the orders.
func holdOn(orders []int64, holds []Hold, today law.Date) (Hold, bool) {
	var best Hold
	any := false
	for _, h := range holds {
		if !slices.Contains(orders, h.Order) || !h.ActiveOn(today) {
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

// restrictInvoice keeps the invoice of an order that may have been paid.
// GDPR Art. 17(3)(b), C. com. L123-22: ten years from the end of the year.
func (p *Plan) restrictInvoice(o order.Order, in Input, t text) {
	if o.State == order.Cancelled || o.State == order.Failed {
		return // never paid: no invoice was made
	}
	at := o.CompletedAt
	if at.IsZero() {
		at = o.CreatedAt
	}
	until := law.InvoiceKeptUntil(law.DateOf(at, in.Zone))
	if !until.IsZero() && until.Before(in.Today) {
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

// text holds the words of a plan in one language.
type text struct {
	object         func(Found) string
	hold           func(Hold) string
	shared         func([]string) string
	reference      func(number string) string
	invoice        func(number string) string
	invoiceGround  string
	invoiceUndated string
	noOrder        string
	notFound       string
	account        string
	byHand         string
}

func texts(lang string) text {
	if lang == "fr" {
		return french
	}
	return english
}

var english = text{
	object: func(f Found) string { return nameOf(f, holdsEN, kindsEN) },
	hold: func(h Hold) string {
		if h.Until.IsZero() {
			return "held until further notice: " + h.Reason
		}
		return "held until " + h.Until.String() + ": " + h.Reason
	},
	shared: func(ns []string) string {
		if len(ns) == 1 {
			return "also belongs to order " + ns[0] + ", which this request does not concern"
		}
		return "also belongs to the orders " + join(ns, " and ") + ", which this request does not concern"
	},
	reference:      func(n string) string { return "photo reference of order " + n },
	invoice:        func(n string) string { return "invoice and accounting data of order " + n },
	invoiceGround:  "invoices and accounting documents must be kept for ten years from the end of the financial year (C. com. L123-22; GDPR Art. 17(3)(b))",
	invoiceUndated: "invoices and accounting documents must be kept for ten years from the end of the financial year (C. com. L123-22; GDPR Art. 17(3)(b)); the shop gives no date for this order",
	noOrder:        "belongs to none of the orders concerned",
	notFound:       "not found in any known storage: check by hand",
	account:        "customer account and contact data in the shop",
	byHand:         "this version does not change them in the shop: erase them there by hand (GDPR Art. 17(1))",
}

// French puts a narrow no-break space before ; and :
var french = text{
	object: func(f Found) string { return nameOf(f, holdsFR, kindsFR) },
	hold: func(h Hold) string {
		if h.Until.IsZero() {
			return "conservé jusqu’à nouvel ordre\u202f: " + h.Reason
		}
		return "conservé jusqu’au " + law.FormatDate(h.Until, "fr", true) + "\u202f: " + h.Reason
	},
	shared: func(ns []string) string {
		if len(ns) == 1 {
			return "appartient aussi à la commande " + ns[0] + ", que cette demande ne concerne pas"
		}
		return "appartient aussi aux commandes " + join(ns, " et ") + ", que cette demande ne concerne pas"
	},
	reference:      func(n string) string { return "référence de photo de la commande " + n },
	invoice:        func(n string) string { return "facture et données comptables de la commande " + n },
	invoiceGround:  "les factures et pièces comptables sont conservées dix ans à compter de la clôture de l’exercice (C. com. L123-22\u202f; RGPD art. 17(3)(b))",
	invoiceUndated: "les factures et pièces comptables sont conservées dix ans à compter de la clôture de l’exercice (C. com. L123-22\u202f; RGPD art. 17(3)(b))\u202f; la boutique ne donne aucune date pour cette commande",
	noOrder:        "n’appartient à aucune des commandes concernées",
	notFound:       "introuvable dans les espaces de stockage connus\u202f: à vérifier à la main",
	account:        "compte client et coordonnées dans la boutique",
	byHand:         "cette version ne les modifie pas dans la boutique\u202f: à y effacer à la main (RGPD art. 17(1))",
}

var (
	holdsEN = map[Holds]string{Photo: "photograph", Portrait: "portrait", Derived: "rendition"}
	holdsFR = map[Holds]string{Photo: "photographie", Portrait: "portrait", Derived: "fichier dérivé"}
	kindsEN = map[Kind]string{Marker: "delete marker", Upload: "unfinished upload"}
	kindsFR = map[Kind]string{Marker: "marqueur de suppression", Upload: "envoi inachevé"}
)

func nameOf(f Found, holds map[Holds]string, kinds map[Kind]string) string {
	name := holds[f.Holds]
	if name == "" {
		name = holds[Photo]
	}
	if k := kinds[f.Kind]; k != "" {
		return fmt.Sprintf("%s (%s)", name, k)
	}
	return name
}

// join names all of them: "a, b and c".
func join(ns []string, and string) string {
	if len(ns) == 0 {
		return ""
	}
	out := ns[0]
	for i, n := range ns[1:] {
		if i == len(ns)-2 {
			out += and + n
		} else {
			out += ", " + n
		}
	}
	return out
}
