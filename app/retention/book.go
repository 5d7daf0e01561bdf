package retention

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
)

// Book holds the dates of all orders, small enough for a million of them, and
// applies the rules that are about orders and persons rather than objects.
// It is filled by Order, and asked by Rows. It is not safe for use by several
// goroutines.
type Book struct {
	in      BookInput
	seed    maphash.Seed
	entries []entry
	persons map[uint64]*person
	said    map[uint64]int32
	byHold  map[int64]string
	all     string
}

// BookInput is what the rules depend on beside the orders.
type BookInput struct {
	At    law.Date
	Zone  *time.Location
	Media law.Period // of the media rule: a contract is not over before
	// Holds are all that protects orders from these rules: the owner's holds,
	// restrictions, and every open case, whatever it asks for.
	Holds []plan.Hold
	// Contacts are other acts of persons, by address: requests that they made,
	// consents that they gave.
	Contacts map[string]time.Time
	// LastMessage returns the last message of the customer of an order, zero for
	// none. It is asked only for those whose dates in the shop alone would make
	// them due.
	LastMessage func(order int64) (time.Time, error)
	// Archived has the last day of each order in intermediate archiving, Ended
	// those whose archive was ended, Desk the shops whose records can be erased.
	Archived map[int64]law.Date
	Ended    map[int64]bool
	Desk     map[string]bool
}

// entry is what is needed of an order.
type entry struct {
	id        int64
	who       uint64
	number    string
	completed int32
	changed   int32 // the last of its dates
	relation  int32 // end of its contract, 0 while it runs
	invoice   int32 // day of its invoice
	state     uint8
	person    bool // its record holds something of the customer
	desk      bool
}

type person struct {
	placed  int32 // her last order
	changed int32 // the last change of one of her orders
	open    bool  // one of them is not finished
	undated bool
	asked   bool // her messages were looked for
}

// NewBook returns an empty book.
func NewBook(in BookInput) *Book {
	b := &Book{in: in, seed: maphash.MakeSeed(), persons: map[uint64]*person{}, said: map[uint64]int32{}, byHold: map[int64]string{}}
	for _, h := range in.Holds {
		_, first := b.byHold[h.Order]
		switch {
		case !h.ActiveOn(in.At) || h.Storage != "":
		case h.All:
			b.all = h.Reason
		case !first:
			b.byHold[h.Order] = h.Reason
		}
	}
	for email, at := range in.Contacts {
		if e := mailbox.NormEmail(email); e != "" && !at.IsZero() {
			k := maphash.String(b.seed, "e "+e)
			b.said[k] = max(b.said[k], pack(law.DateOf(at, in.Zone)))
		}
	}
	return b
}

func pack(d law.Date) int32 { return int32(d.Year*10_000 + int(d.Month)*100 + d.Day) }

func unpack(n int32) law.Date {
	if n == 0 {
		return law.Date{}
	}
	return law.Date{Year: int(n / 10_000), Month: time.Month(n / 100 % 100), Day: int(n % 100)}
}

func (b *Book) day(t time.Time) int32 {
	if t.IsZero() {
		return 0
	}
	return pack(law.DateOf(t, b.in.Zone))
}

// who is one person: an address, else an account; an order without either
// stands for itself.
func (b *Book) who(o order.Order) uint64 {
	if e := mailbox.NormEmail(o.Customer.Email); e != "" {
		return maphash.String(b.seed, "e "+e)
	}
	if o.Account != "" {
		return maphash.String(b.seed, "a "+o.Shop+" "+o.Account)
	}
	return maphash.Comparable(b.seed, o.ID)
}

// Order tells of an order; each is told once.
func (b *Book) Order(o order.Order) {
	e := entry{id: o.ID, who: b.who(o), number: strings.Clone(o.Number), completed: b.day(o.CompletedAt), changed: b.day(latest(o.CreatedAt, o.CompletedAt, o.ModifiedAt)),
		relation: pack(RelationEnd(o, b.in.Media, b.in.Zone)), invoice: pack(InvoiceDay(o, b.in.Zone)), state: uint8(o.State), person: HasPerson(o) || o.Account != "", desk: b.in.Desk[o.Shop]}
	b.entries = append(b.entries, e)
	p := b.persons[e.who]
	if p == nil {
		p = &person{}
		b.persons[e.who] = p
	}
	placed := b.day(Placed(o))
	p.placed, p.changed = max(p.placed, placed), max(p.changed, e.changed)
	p.open = p.open || !Finished(o.State)
	p.undated = p.undated || placed == 0
}

// contact returns the last contact that came from a person (what she ordered,
// wrote and asked), or the last interaction with her, which the shop's own
// changes of her orders count for, too.
func (b *Book) contact(e entry, p *person, interaction bool, period law.Period, until law.Date) (int32, error) {
	last := func() int32 {
		n := max(p.placed, b.said[e.who])
		if interaction {
			n = max(n, p.changed)
		}
		return n
	}
	if n := last(); n == 0 || p.asked || period.End(unpack(n)).After(until) || b.in.LastMessage == nil {
		return n, nil
	}
	at, err := b.in.LastMessage(e.id)
	if err != nil {
		return 0, err
	}
	p.asked = true
	b.said[e.who] = max(b.said[e.who], b.day(at))
	return last(), nil
}

// Rows applies one rule, not the media rule: what is due on the day of the book,
// and what will be until a later day, each the soonest first. Rows have no
// objects. A row of the billing rule is due when its last day is over, because
// the law wants that day kept; all others on it. It returns ErrNoPeriod, and
// what LastMessage does.
func (b *Book) Rows(r register.Rule, until law.Date) (due, ahead []Row, err error) {
	data := About(r)
	period, perr := law.ParsePeriod(r.Period)
	if perr != nil && (data != Contract || r.Period != "") {
		return nil, nil, ErrNoPeriod
	}
	if until.Before(b.in.At) {
		until = b.in.At
	}
	for _, e := range b.entries {
		start, held, applies, err := b.start(r, data, e, period, until)
		if err != nil {
			return nil, nil, err
		}
		if !applies {
			continue
		}
		row := Row{Rule: r.ID, Order: e.id, Number: e.number, Since: start, Due: start.Date, Held: held}
		switch {
		case start.Date.IsZero():
			row.Due, row.Held = b.in.At, NoStart
		case r.Period != "":
			row.Due = period.End(start.Date)
		}
		if why := b.held(e.id); why != "" {
			row.Held = why
		}
		switch {
		case row.Due.Before(b.in.At), row.Due == b.in.At && data != Billing:
			due = append(due, row)
		case !row.Due.After(until):
			ahead = append(ahead, row)
		}
	}
	byDue := func(x, y Row) int { return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.Order, y.Order)) }
	slices.SortFunc(due, byDue)
	slices.SortFunc(ahead, byDue)
	return due, ahead, nil
}

func (b *Book) held(id int64) string {
	if why := b.byHold[id]; why != "" {
		return why
	}
	return b.all
}

// start tells whether a rule is about an order, and when its period began.
func (b *Book) start(r register.Rule, data string, e entry, period law.Period, until law.Date) (s Start, held string, applies bool, err error) {
	state := order.State(e.state)
	p := b.persons[e.who]
	switch data {
	case Contract:
		_, archived := b.in.Archived[e.id]
		if archived || b.in.Ended[e.id] || !e.person || p.open || !Concluded(state) || e.invoice == 0 || law.InvoiceKeptUntil(unpack(e.invoice)).Before(b.in.At) || e.relation == 0 {
			return s, "", false, nil
		}
		n := e.relation
		switch r.Starts {
		case FromCompletion:
			n = e.completed
		case FromInteraction:
			n = max(e.changed, b.said[e.who])
		}
		if n == 0 {
			return s, "", false, nil
		}
		return Start{unpack(n), r.Starts}, "", true, nil
	case Billing:
		// A person erased before left her invoice to the shop: its end is owed all
		// the same, where the shop's records can be reached.
		if !Concluded(state) || b.in.Ended[e.id] || !e.person && !e.desk {
			return s, "", false, nil
		}
		if !Finished(state) {
			held = OrderOpen
		}
		if e.invoice == 0 {
			return s, held, e.person, nil
		}
		return Start{law.FinancialYearEnd(unpack(e.invoice)), FromYearEnd}, held, true, nil
	case Commercial:
		if !e.person {
			return s, "", false, nil
		}
		n, err := b.contact(e, p, r.Starts == FromInteraction, period, until)
		if err != nil || n == 0 {
			return s, "", err == nil, err
		}
		if p.open {
			held = OrderOpen
		}
		return Start{unpack(n), r.Starts}, held, true, nil
	case Unfinished:
		never := e.completed == 0 && (state == order.Open || state == order.Unknown || state == order.Cancelled || state == order.Failed || state == order.Trashed)
		if !e.person || !never {
			return s, "", false, nil
		}
		if !Finished(state) {
			held = OrderOpen
		}
		n := max(e.changed, b.said[e.who])
		return Start{unpack(n), FromInteraction}, held, true, nil
	}
	return s, "", false, nil
}

// ArchiveEnd returns the last day of intermediate archiving of an order: ten
// years from the end of the financial year of its invoice (C. com. L123-22).
func ArchiveEnd(o order.Order, zone *time.Location) law.Date {
	return law.InvoiceKeptUntil(InvoiceDay(o, zone))
}
