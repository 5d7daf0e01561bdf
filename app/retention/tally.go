package retention

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
)

// maxOrphans bounds the groups of objects that no order claims which are told
// apart.
const maxOrphans = 10_000

// Result is what the rule makes due on a day.
type Result struct {
	Due   []Row // what lies in the storages and whose period is over, oldest first
	Ahead []Row // what lies there and is still counting, soonest first
	// Objects are what the rows of Due that wait for nothing hold.
	Objects []plan.Found
	// Orphans are the objects that no order claims, by the number that their
	// keys name, the longest untouched first. There may be more of them than
	// the list tells apart: OrphanObjects and OrphanBytes count all.
	Orphans       []Orphan
	OrphanObjects int
	OrphanBytes   int64
}

// Orphan is a group of objects that no order claims: those of one storage whose
// keys name the same number. Oldest and Newest are when one of them was last
// changed, UTC, zero while no storage says so.
type Orphan struct {
	Storage   string    `json:"storage"`
	Number    string    `json:"number"` // hostile text
	Objects   int       `json:"objects"`
	SizeBytes int64     `json:"size_bytes"`
	Oldest    time.Time `json:"oldest"`
	Newest    time.Time `json:"newest"`
}

// Tally applies the media rule to objects as they are found, one at a time.
// Which orders are due is decided by their dates before the first object is
// seen, so that only the objects of those that are due and wait for nothing are
// kept; all others are counted. An order of which nothing has a date counts
// from the last change of its objects, and is kept for as long as none of them
// says that it is too early. A Tally is not safe for use by several goroutines.
type Tally struct {
	in      Input
	period  law.Period
	byCase  map[int64]wait // orders that an open case holds
	byHold  map[int64]string
	all     string      // why everything waits, "" where it does not
	places  []plan.Hold // holds on what lies in a place
	orders  map[int64]*account
	orphans map[string]*Orphan
	rest    [2]Row // what is too much to be told apart: due, and still counting
	count   int
	bytes   int64
}

type wait struct {
	id  cases.ID
	why string
}

// account is what is known of an order, small because there is one for each.
type account struct {
	number string
	since  int32 // the day, as year, month and day in one number; 0 while not known
	from   uint8 // place in origins
	photos bool  // the shop's record names some
	keep   bool  // due by its dates, and waiting for nothing
	count  int32
	bytes  int64
	more   *detail
}

// detail is what only few orders need.
type detail struct {
	held   string
	placed bool // by a hold on a place
	of     cases.ID
	newest time.Time // of the objects of an order without any date
	kept   []plan.Found
}

// origins are what a period may begin with.
var origins = []string{"", "completion", "last interaction", "last change"}

func (a *account) start() Start {
	if a.since == 0 {
		return Start{}
	}
	return Start{law.Date{Year: int(a.since / 10_000), Month: time.Month(a.since / 100 % 100), Day: int(a.since % 100)}, origins[a.from]}
}

func (a *account) detail() *detail {
	if a.more == nil {
		a.more = &detail{}
	}
	return a.more
}

// NewTally begins a tally of the orders in in, if any; others are told by
// Order. Found and Orphans of in are not looked at. It returns ErrNoPeriod.
func NewTally(in Input) (*Tally, error) {
	period, err := law.ParsePeriod(in.Rule.Period)
	if err != nil || period.IsZero() {
		return nil, fmt.Errorf("%w: %s", ErrNoPeriod, in.Rule.ID)
	}
	t := &Tally{in: in, period: period, byCase: map[int64]wait{}, byHold: map[int64]string{}, orders: map[int64]*account{}, orphans: map[string]*Orphan{}}
	for _, h := range in.Holds {
		_, first := t.byHold[h.Order]
		switch {
		case !h.ActiveOn(in.At):
		case h.All:
			t.all = h.Reason
		case h.Storage != "":
			t.places = append(t.places, h)
		case !first:
			t.byHold[h.Order] = h.Reason
		}
	}
	for _, c := range in.Cases {
		if r, needs := needsMedia(c); needs {
			for _, id := range c.MayConcern(in.OfPerson[c.ID]...) {
				if _, first := t.byCase[id]; !first {
					t.byCase[id] = wait{c.ID, waitsFor(c.ID, r)}
				}
			}
		}
	}
	for _, o := range in.Orders {
		t.Order(o, in.LastMessage[o.ID])
	}
	t.in.Orders, t.in.Found, t.in.Orphans, t.in.LastMessage = nil, nil, nil, nil
	return t, nil
}

// Order tells of an order before its objects are added, with the last message
// of its customer, zero where there is none. One that was told of before is
// left as it is.
func (t *Tally) Order(o order.Order, lastMessage time.Time) {
	if t.orders[o.ID] != nil || o.ID == 0 {
		return
	}
	a := &account{number: strings.Clone(o.Number), photos: len(o.Photos) > 0}
	if since := StartOf(t.in.Rule, o, lastMessage, t.in.Zone); !since.Date.IsZero() {
		a.since = int32(since.Date.Year*10_000 + int(since.Date.Month)*100 + since.Date.Day)
		a.from = uint8(max(0, slices.Index(origins, since.From)))
		a.keep = !t.period.End(since.Date).After(t.in.At)
	}
	if why, ok := t.byHold[o.ID]; ok {
		a.more = &detail{held: why}
	} else if w, ok := t.byCase[o.ID]; ok {
		a.more = &detail{held: w.why, of: w.id}
	} else if t.all != "" {
		a.more = &detail{held: t.all}
	}
	a.keep = a.keep && a.more == nil
	t.orders[o.ID] = a
}

// Candidates returns the orders that are due by their dates alone, wait for
// nothing, and name photos in the shop's record, sorted: those whose records in
// the shop are worth a look even where the storages hold nothing of them.
func (t *Tally) Candidates() []int64 {
	var out []int64
	for id, a := range t.orders {
		if a.photos && a.keep {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Add counts an object and keeps it when its order is due. What belongs to an
// order that was never told of is not counted.
func (t *Tally) Add(f plan.Found) {
	if f.Order == 0 {
		t.orphan(f)
		return
	}
	a := t.orders[f.Order]
	if a == nil {
		return
	}
	a.count++
	a.bytes += f.SizeBytes
	if len(t.places) > 0 {
		t.place(a, f.Object)
	}
	switch {
	case a.keep:
		d := a.detail()
		d.kept = append(d.kept, f)
	case a.since == 0:
		d := a.detail()
		if f.ModifiedAt.After(d.newest) {
			d.newest = f.ModifiedAt
		}
		if d.kept = append(d.kept, f); d.held != "" || !t.over(d.newest) {
			d.kept = nil
		}
	}
}

// place makes an order wait whole when a hold is about the place of one of its
// objects: half of it gone would tell nothing of the rest.
func (t *Tally) place(a *account, o plan.Object) {
	for _, h := range t.places {
		if !h.HoldsObject(o) || a.more != nil && a.more.held != "" && !a.more.placed {
			continue
		}
		d := a.detail()
		if d.held == "" || h.Reason < d.held {
			d.held = h.Reason
		}
		d.placed, d.kept, a.keep = true, nil, false
	}
}

// over tells whether a period that began then has ended. One without a
// beginning may still turn out to be.
func (t *Tally) over(start time.Time) bool {
	return start.IsZero() || !t.period.End(law.DateOf(start, t.in.Zone)).After(t.in.At)
}

// orphan counts an object that no order claims. An abandoned upload counts from
// the last change of its objects.
func (t *Tally) orphan(f plan.Found) {
	t.count++
	t.bytes += f.SizeBytes
	id := f.Storage + "\x00" + f.Number
	g := t.orphans[id]
	if g == nil && len(t.orphans) >= maxOrphans {
		t.unlisted(f)
		return
	}
	if g == nil {
		g = &Orphan{Storage: f.Storage, Number: strings.Clone(f.Number)}
		t.orphans[id] = g
	}
	g.Objects++
	g.SizeBytes += f.SizeBytes
	if at := f.ModifiedAt.UTC(); !f.ModifiedAt.IsZero() {
		if g.Oldest.IsZero() || at.Before(g.Oldest) {
			g.Oldest = at
		}
		if at.After(g.Newest) {
			g.Newest = at
		}
	}
}

// unlisted counts an object of a group that is not told apart, each by its own
// date, the earliest of which stands for all: rather too early than too late.
func (t *Tally) unlisted(f plan.Found) {
	r := &t.rest[1]
	if t.over(f.ModifiedAt) {
		r = &t.rest[0]
	}
	r.Objects++
	r.SizeBytes += f.SizeBytes
	if s := changed(f.ModifiedAt, t.in.Zone); !s.Date.IsZero() && (r.Since.Date.IsZero() || s.Date.Before(r.Since.Date)) {
		r.Since = s
	}
}

// changed is the start of a period that counts from the last change.
func changed(at time.Time, zone *time.Location) Start {
	if at.IsZero() {
		return Start{}
	}
	return Start{law.DateOf(at, zone), "last change"}
}

// Counts returns how many objects were seen of each order; an order that is
// missing has none.
func (t *Tally) Counts() map[int64]int {
	out := map[int64]int{}
	for id, a := range t.orders {
		if a.count > 0 {
			out[id] = int(a.count)
		}
	}
	return out
}

// Result returns what is due, and what is still counting. A row is due on the
// last day of its period, so that it is gone by the end of that day: a maximum
// is never moved to the next working day.
func (t *Tally) Result() Result {
	out := Result{OrphanObjects: t.count, OrphanBytes: t.bytes}
	put := func(r Row, fs []plan.Found) {
		r.Rule, r.Due = t.in.Rule.ID, t.in.At
		if !r.Since.Date.IsZero() {
			r.Due = t.period.End(r.Since.Date)
		} else if r.Held == "" || r.Held == NoOrder {
			// Nothing says when the period began: the owner has to look.
			r.Held = NoStart
		}
		if r.Due.After(t.in.At) {
			out.Ahead = append(out.Ahead, r)
			return
		}
		out.Due = append(out.Due, r)
		if r.Held == "" {
			out.Objects = append(out.Objects, fs...)
		}
	}
	for id, a := range t.orders {
		if a.count == 0 {
			continue
		}
		d, since := detail{}, a.start()
		if a.more != nil {
			d = *a.more
		}
		if a.since == 0 {
			since = changed(d.newest, t.in.Zone)
		}
		put(Row{Order: id, Number: a.number, Since: since, Objects: int(a.count), SizeBytes: a.bytes, Held: d.held, Case: d.of}, d.kept)
	}
	for _, g := range t.orphans {
		out.Orphans = append(out.Orphans, *g)
		put(Row{Since: changed(g.Newest, t.in.Zone), Objects: g.Objects, SizeBytes: g.SizeBytes, Held: NoOrder}, nil)
	}
	for _, r := range t.rest {
		if r.Objects > 0 {
			r.Held = NoOrder
			put(r, nil)
		}
	}
	slices.SortFunc(out.Orphans, func(a, b Orphan) int {
		return cmp.Or(a.Newest.Compare(b.Newest), cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Number, b.Number))
	})
	byDue := func(a, b Row) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Order, b.Order), cmp.Compare(a.Objects, b.Objects), cmp.Compare(a.SizeBytes, b.SizeBytes))
	}
	slices.SortFunc(out.Due, byDue)
	slices.SortFunc(out.Ahead, byDue)
	slices.SortStableFunc(out.Objects, func(a, b plan.Found) int {
		return cmp.Or(cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}
