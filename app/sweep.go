package app

import (
	"context"
	"slices"
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

// Retention looks at the storages and tells what the media rule makes due on a
// day, the zero date being today, with the plan that would do it. Objects that
// no order claims are shown, but erased only by the owner's own hand.
func (a *App) Retention(ctx context.Context, at law.Date) (RetentionView, error) {
	if at.IsZero() {
		at = a.today()
	}
	v := RetentionView{At: at}
	in, holds, err := a.mediaInput(ctx, at)
	if err != nil {
		return v, err
	}
	res, err := retention.Apply(in)
	if err != nil {
		return v, err
	}
	// Whatever day is asked for, what is held today stays today.
	for i, r := range res.Due {
		for _, h := range holds {
			if r.Order != 0 && h.Order == r.Order && res.Due[i].Held == "" && h.ActiveOn(a.today()) {
				res.Due[i].Held = h.Reason
			}
		}
	}
	v.Due = dueRows(res.Due)
	v.Ahead = dueRows(res.Ahead)
	if err := a.d.Store.Update(ctx, func(tx Tx) error { return putMedia(tx, a.now(), in.Found, in.Orphans) }); err != nil {
		return v, err
	}
	pin := plan.Input{Scope: plan.Scope{Rule: retention.Media}, Holds: holds, Today: at, Zone: a.d.Zone, Lang: a.Info().Lang, MadeAt: a.now()}
	inScope := map[int64]bool{}
	for _, r := range res.Due {
		if r.Order != 0 && r.Held == "" {
			inScope[r.Order] = true
		}
	}
	for _, o := range in.Orders {
		if inScope[o.ID] {
			pin.Orders = append(pin.Orders, o)
		}
	}
	for _, f := range in.Found {
		if inScope[f.Order] {
			pin.Found = append(pin.Found, f)
		}
	}
	pin.SharedBy = plan.Shared(pin.Found, in.Orders, a.d.Locators, a.d.Bases)
	v.Plan = plan.Build(pin)
	return v, nil
}

// mediaInput gathers what the media rule depends on, the storages listed now,
// and what protects objects.
func (a *App) mediaInput(ctx context.Context, at law.Date) (retention.Input, []plan.Hold, error) {
	in := retention.Input{At: at, Zone: a.d.Zone, LastMessage: map[int64]time.Time{}}
	if len(a.d.Storages) == 0 {
		return in, nil, ErrNoStorage
	}
	var holds []plan.Hold
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if in.Rule, err = a.mediaRule(tx); err != nil {
			return err
		}
		if in.Orders, err = tx.Orders(); err != nil {
			return err
		}
		for _, o := range in.Orders {
			if o.CompletedAt.IsZero() && o.Customer.Email != "" {
				if in.LastMessage[o.ID], err = tx.LastFrom(o.Customer.Email); err != nil {
					return err
				}
			}
		}
		if in.Holds, err = tx.Holds(); err != nil {
			return err
		}
		if in.Cases, err = tx.Cases(); err != nil {
			return err
		}
		holds, err = a.holds(tx, 0)
		return err
	}); err != nil {
		return in, nil, err
	}
	var err error
	in.Found, in.Orphans, err = a.surveyAll(ctx, in.Orders)
	return in, holds, err
}

// surveyAll looks at everything below the locators once, and at what the
// orders' own references name elsewhere.
func (a *App) surveyAll(ctx context.Context, orders []order.Order) (found, orphans []plan.Found, err error) {
	if found, orphans, err = plan.SurveyAll(ctx, a.listers(), a.d.Locators, orders, nil); err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for _, f := range found {
		seen[plan.KeyID(f.Storage, f.Key)] = true
	}
	// Only references that no locator already covers need a look of their own.
	var rest []order.Order
	for _, o := range orders {
		o.Photos = slices.DeleteFunc(slices.Clone(o.Photos), func(ref string) bool {
			storage, key, ok := plan.Resolve(ref, a.d.Bases)
			if !ok {
				return true
			}
			for _, l := range a.d.Locators {
				if (storage == "" || storage == l.Storage) && l.Claims(key, o.Number) {
					return true
				}
			}
			return storage != "" && seen[plan.KeyID(storage, key)] || storage == "" && a.anywhere(seen, key)
		})
		if len(o.Photos) > 0 {
			rest = append(rest, o)
		}
	}
	more, _, err := plan.Survey(ctx, a.listers(), nil, rest, a.d.Bases, nil)
	if err != nil {
		return nil, nil, err
	}
	ids := map[string]bool{}
	for _, f := range found {
		ids[f.ID()] = true
	}
	orphans = slices.DeleteFunc(orphans, func(f plan.Found) bool {
		return slices.ContainsFunc(more, func(m plan.Found) bool { return m.ID() == f.ID() })
	})
	for _, f := range more {
		if !ids[f.ID()] {
			found = append(found, f)
		}
	}
	return found, orphans, nil
}

func (a *App) anywhere(seen map[string]bool, key string) bool {
	for n := range a.d.Storages {
		if seen[plan.KeyID(n, key)] {
			return true
		}
	}
	return false
}

func dueRows(rs []retention.Row) []DueRow {
	out := make([]DueRow, 0, len(rs))
	for _, r := range rs {
		out = append(out, DueRow{Rule: r.Rule, Order: r.Order, Number: r.Number, Since: r.Since.Date, Due: r.Due, Objects: r.Objects, SizeBytes: r.SizeBytes, Held: r.Held})
	}
	return out
}
