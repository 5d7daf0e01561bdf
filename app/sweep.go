package app

import (
	"context"
	"time"

	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/retention"
)

// mediaStart is the day on which the media period of an order began, zero
// while it has not.
func mediaStart(o order.Order, last time.Time, zone *time.Location) law.Date {
	return retention.MediaStart(o, last, zone).Date
}

func (a *App) mediaRule(tx Tx) (register.Rule, error) {
	rules, err := records[register.Rule](tx, kindRules)
	if err != nil {
		return register.Rule{}, err
	}
	for _, r := range rules {
		if r.ID == retention.Media {
			return r, nil
		}
	}
	return register.Rule{}, retention.ErrNoPeriod
}

// Retention looks at the storages and tells what the rules make due on a day,
// the zero date being today, with the plans that would do it. Objects that no
// order claims are shown, but erased only by the owner's own hand.
func (a *App) Retention(ctx context.Context, at law.Date) (RetentionView, error) {
	return a.retention(ctx, at, "")
}

// RetentionOf is Retention of one rule alone; retention.ErrRule where there is no
// such rule. Only the media rule looks at the storages for all orders.
func (a *App) RetentionOf(ctx context.Context, at law.Date, rule string) (RetentionView, error) {
	if rule == "" {
		return RetentionView{}, retention.ErrRule
	}
	return a.retention(ctx, at, rule)
}

func (a *App) retention(ctx context.Context, at law.Date, only string) (RetentionView, error) {
	if at.IsZero() {
		at = a.today()
	}
	v := RetentionView{At: at, Rest: map[string]int{}}
	f, err := a.ruleFacts(ctx, at)
	if err != nil {
		return v, err
	}
	if only == "" || only == retention.Media {
		book := f.book
		if only != "" {
			book = nil
		}
		if v.Plan, err = a.mediaDue(ctx, at, book, &v); err != nil {
			return v, err
		}
		*f.filled = book != nil
		v.Plans = append(v.Plans, v.Plan)
	}
	known := only == "" || only == retention.Media
	var all []due
	for _, r := range f.rules {
		if retention.About(r) == retention.Media || only != "" && r.ID != only {
			continue
		}
		known = true
		d, err := a.ruleDue(ctx, at, r, f)
		if err != nil {
			return v, err
		}
		all = append(all, d)
		v.Due, v.Ahead = append(v.Due, dueRows(d.rows)...), append(v.Ahead, dueRows(d.ahead)...)
		if len(d.plan.Scope.Orders) > 0 {
			v.Plans = append(v.Plans, d.plan)
			if d.rest > 0 {
				v.Rest[r.ID] = d.rest
			}
		}
	}
	if !known {
		return v, retention.ErrRule
	}
	return v, a.noteDue(ctx, at, all)
}

// mediaDue tells what the media rule makes due, with its plan; book, where it is
// not nil, is filled beside.
func (a *App) mediaDue(ctx context.Context, at law.Date, book *retention.Book, v *RetentionView) (plan.Plan, error) {
	m, err := a.lookFor(ctx, at, book, nil, nil, nil)
	if err != nil {
		return plan.Plan{}, err
	}
	res := m.tally.Result()
	// Whatever day is asked for, what is held today stays today.
	for i, r := range res.Due {
		for _, h := range m.holds {
			if r.Order != 0 && h.HoldsOrder(r.Order) && res.Due[i].Held == "" && h.ActiveOn(a.today()) {
				res.Due[i].Held = h.Reason
			}
		}
	}
	if err := a.d.Store.Update(ctx, func(tx Tx) error {
		return setMedia(tx, media{At: a.now(), Objects: m.tally.Counts(), Orphans: res.OrphanObjects})
	}); err != nil {
		return plan.Plan{}, err
	}
	in := plan.Input{Scope: plan.Scope{Rule: retention.Media}, Holds: m.holds, Today: at, Zone: a.d.Zone, Lang: a.Info().Lang, MadeAt: a.now(), Bases: a.d.Bases}
	if err := a.dueOrders(ctx, res.Due, m.tally.Candidates(), &in); err != nil {
		return plan.Plan{}, err
	}
	a.dueRecords(ctx, res.Due, &in)
	if err := ctx.Err(); err != nil {
		return plan.Plan{}, err
	}
	inScope := map[int64]bool{}
	for _, o := range in.Orders {
		inScope[o.ID] = true
	}
	for _, f := range res.Objects {
		if inScope[f.Order] {
			in.Found = append(in.Found, f)
		}
	}
	in.SharedBy = m.index.Shared(in.Found, a.locators())
	v.Due, v.Ahead = dueRows(res.Due), dueRows(res.Ahead)
	return plan.Build(in), nil
}

// dueOrders reads the orders whose media are due and wait for nothing, and
// those of which only the shop's own records may still name a photo.
func (a *App) dueOrders(ctx context.Context, due []retention.Row, candidates []int64, in *plan.Input) error {
	return a.d.Store.View(ctx, func(tx Tx) error {
		told := map[int64]bool{} // has a row of its own, whether it waits or not
		for _, r := range due {
			told[r.Order] = true
			if r.Order == 0 || r.Held != "" {
				continue
			}
			o, err := tx.Order(r.Order)
			if err != nil {
				return err
			}
			in.Orders = append(in.Orders, o)
		}
		for _, id := range candidates {
			if told[id] {
				continue
			}
			o, err := tx.Order(id)
			if err != nil {
				return err
			}
			if _, desk := a.d.Desks[o.Shop]; desk {
				in.Orders = append(in.Orders, o)
			}
		}
		return nil
	})
}

// ShopAway is the reason why the media of an order wait whose shop cannot be
// asked for its records: half of what names a child's photo would stay behind.
const ShopAway = "the shop cannot be reached"

// awayAfter is after how many orders in a row that could not be looked at a shop
// is taken to be away: one broken record must not keep those after it for ever.
const awayAfter = 3

// dueRecords looks at what the shops' own records hold of the orders that are
// due. Those that cannot be looked at wait, and the others go on.
func (a *App) dueRecords(ctx context.Context, due []retention.Row, in *plan.Input) {
	in.Desks = map[string]bool{}
	away := map[string]int{} // how many in a row
	keep := in.Orders[:0]
	for _, o := range in.Orders {
		d, ok := a.d.Desks[o.Shop]
		in.Desks[o.Shop] = ok
		var fields []plan.Found
		seen := !ok
		if ok && away[o.Shop] < awayAfter {
			err := d.Records(ctx, o, func(f plan.Found) error { fields = append(fields, f); return nil })
			if seen = err == nil; seen {
				away[o.Shop] = 0
			} else {
				away[o.Shop]++
			}
		}
		if seen {
			in.Found, keep = append(in.Found, fields...), append(keep, o)
			continue
		}
		for i := range due {
			if due[i].Order == o.ID {
				due[i].Held = ShopAway
			}
		}
	}
	in.Orders = keep
}

// swept is what one look at all storages found, as far as a rule needs it.
type swept struct {
	tally *retention.Tally
	index *plan.Index
	holds []plan.Hold
	rule  register.Rule // the media rule in force
	// before is the tally of the rule in force, filled only where another one is
	// tried.
	before *retention.Tally
}

// sweep looks at the storages once, holding only what the media rule makes due
// on a day. also, where it is not nil, is told of every object.
func (a *App) sweep(ctx context.Context, at law.Date, also func(plan.Found) error, report Report) (swept, error) {
	return a.lookFor(ctx, at, nil, nil, also, report)
}

// lookFor is sweep that fills a book beside, where one is given, and applies a
// media rule that is not the one in force, where one is given.
func (a *App) lookFor(ctx context.Context, at law.Date, book *retention.Book, rule *register.Rule, also func(plan.Found) error, report Report) (swept, error) {
	var m swept
	if len(a.d.Storages) == 0 && len(a.d.Desks) == 0 {
		return m, ErrNoStorage
	}
	m.index = plan.NewIndex(a.d.Bases)
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		in := retention.Input{At: at, Zone: a.d.Zone}
		var err error
		if m.rule, err = a.mediaRule(tx); err != nil {
			return err
		}
		if in.Rule = m.rule; rule != nil {
			in.Rule = *rule
		}
		if in.Holds, err = a.standing(tx); err != nil {
			return err
		}
		unseen, err := a.unseenHolds(tx, retention.NeedsMedia)
		if err != nil {
			return err
		}
		in.Holds = append(in.Holds, unseen...)
		if in.Cases, err = tx.Cases(); err != nil {
			return err
		}
		if in.OfPerson, err = ofPersons(tx, in.Cases); err != nil {
			return err
		}
		if m.holds, err = a.mediaHolds(tx); err != nil {
			return err
		}
		if m.tally, err = retention.NewTally(in); err != nil {
			return err
		}
		if m.before, err = retention.NewTally(retention.Input{Rule: m.rule, At: at, Zone: a.d.Zone, Holds: in.Holds, Cases: in.Cases, OfPerson: in.OfPerson}); err != nil {
			return err
		}
		always := in.Rule.Starts == retention.FromInteraction || m.rule.Starts == retention.FromInteraction
		return tx.EachOrder(func(o order.Order) error {
			var last time.Time
			if (always || o.CompletedAt.IsZero()) && o.Customer.Email != "" {
				if last, err = tx.LastFrom(o.Customer.Email); err != nil {
					return err
				}
			}
			m.tally.Order(o, last)
			m.index.Add(o)
			if rule != nil {
				m.before.Order(o, last)
			}
			if book != nil {
				book.Order(o)
			}
			return nil
		})
	}); err != nil {
		return m, err
	}
	return m, plan.Sweep(ctx, a.listers(), a.locators(), m.index, func(f plan.Found) error {
		m.tally.Add(f)
		if rule != nil {
			m.before.Add(f)
		}
		if also == nil {
			return nil
		}
		return also(f)
	}, report)
}

func dueRows(rs []retention.Row) []DueRow {
	out := make([]DueRow, 0, len(rs))
	for _, r := range rs {
		out = append(out, DueRow{Rule: r.Rule, Order: r.Order, Number: r.Number, Since: r.Since.Date, Due: r.Due, Objects: r.Objects, SizeBytes: r.SizeBytes, Held: r.Held})
	}
	return out
}
