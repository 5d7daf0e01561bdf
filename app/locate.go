package app

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"greffier/app/evidence"
	"greffier/app/order"
	"greffier/app/plan"
)

// What a look at locators shows of what it found; the counts are whole.
const (
	orphanExamples = 50
	emptyExamples  = 200
)

// StorageNames returns the names of the profile's storages, sorted.
func (a *App) StorageNames() []string {
	return slices.Sorted(maps.Keys(a.d.Storages))
}

// MetaFields returns the fields of the shops' records in which references to
// photos were found, sorted: what a locator may name.
func (a *App) MetaFields(ctx context.Context) ([]string, error) {
	fields := map[string]bool{}
	err := a.d.Store.View(ctx, func(tx Tx) error {
		return tx.EachOrder(func(o order.Order) error {
			for _, f := range o.Fields {
				fields[f] = true
			}
			return nil
		})
	})
	return slices.Sorted(maps.Keys(fields)), err
}

// Locate looks, on the shop's real orders, at what each of the locators finds,
// at what no order claims, and at which orders find nothing. Nothing is kept. A
// storage that cannot be looked at is told in the rows of its locators, and the
// rest goes on.
func (a *App) Locate(ctx context.Context, ls []plan.Locator, report Report) (LocateReport, error) {
	rep := LocateReport{Rows: make([]LocatorRow, len(ls))}
	index := plan.NewIndex(a.d.Bases)
	fields := map[string]namedKeys{} // field of a shop's record → what it names
	for i, l := range ls {
		rep.Rows[i].Locator = l
		rep.Rows[i].Err = l.Validate()
		if l.Meta != "" {
			fields[l.Meta] = namedKeys{}
		}
	}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		return tx.EachOrder(func(o order.Order) error {
			rep.Orders++
			index.Add(o)
			for ref, field := range o.Fields {
				if named := fields[field]; named != nil {
					named.add(ref, a.d.Bases)
				}
			}
			return nil
		})
	}); err != nil {
		return rep, err
	}
	finds := map[int64]bool{}
	names := a.StorageNames()
	for i, name := range names {
		if report != nil {
			report(i, len(names), name)
		}
		if err := a.locateIn(ctx, name, ls, index, fields, &rep, finds); err != nil {
			return rep, err
		}
	}
	for i, l := range ls {
		if rep.Rows[i].Err == nil && a.d.Storages[l.Storage] == nil {
			rep.Rows[i].Err = fmt.Errorf("locator of storage %q: %w", l.Storage, plan.ErrUnknownStorage)
		}
	}
	if report != nil {
		report(len(names), len(names), "")
	}
	return rep, a.findNothing(ctx, finds, &rep)
}

// locateIn looks into one storage and adds what its locators find. A storage
// that cannot be looked at is told in their rows; the error is that of ctx.
func (a *App) locateIn(ctx context.Context, storage string, ls []plan.Locator, index *plan.Index, fields map[string]namedKeys, rep *LocateReport, finds map[int64]bool) error {
	var mine []plan.Locator
	var rows []int
	for i, l := range ls {
		if l.Storage == storage && rep.Rows[i].Err == nil {
			mine, rows = append(mine, l), append(rows, i)
		}
	}
	orders := make([]map[int64]bool, len(mine))
	for i := range orders {
		orders[i] = map[int64]bool{}
	}
	err := plan.Sweep(ctx, map[string]plan.Lister{storage: a.d.Storages[storage]}, mine, index, func(f plan.Found) error {
		if f.Order == 0 {
			rep.Orphans++
			rep.OrphanBytes += f.SizeBytes
			if len(rep.OrphanExamples) < orphanExamples {
				rep.OrphanExamples = append(rep.OrphanExamples, f)
			}
			return nil
		}
		finds[f.Order] = true
		for i, l := range mine {
			if l.Meta != "" && !fields[l.Meta].has(f.Object) {
				continue
			}
			if _, below := l.Number(f.Key); l.Meta == "" && !below {
				continue
			}
			row := &rep.Rows[rows[i]]
			if row.Objects == 0 {
				row.Example = f.Key
			}
			row.Objects++
			row.SizeBytes += f.SizeBytes
			orders[i][f.Order] = true
		}
		return nil
	}, nil)
	for i, n := range rows {
		rep.Rows[n].Orders = len(orders[i])
		rep.Rows[n].Err = err
	}
	return ctx.Err()
}

// findNothing tells which orders that should have media find none.
func (a *App) findNothing(ctx context.Context, finds map[int64]bool, rep *LocateReport) error {
	return a.d.Store.View(ctx, func(tx Tx) error {
		b, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		return tx.EachOrder(func(o order.Order) error {
			if finds[o.ID] || o.Erased {
				return nil
			}
			rep.EmptyCount++
			if len(rep.Empty) < emptyExamples {
				rep.Empty = append(rep.Empty, b.row(o))
			}
			return nil
		})
	})
}

// SaveLocators keeps where the photos are, in the profile's file, and counts on
// it from now on. plan.ErrBadLocator or plan.ErrUnknownStorage where one cannot
// be used; then nothing is changed.
func (a *App) SaveLocators(ctx context.Context, ls []plan.Locator) error {
	for _, l := range ls {
		if err := l.Validate(); err != nil {
			return err
		}
		if a.d.Storages[l.Storage] == nil {
			return fmt.Errorf("locator of storage %q: %w", l.Storage, plan.ErrUnknownStorage)
		}
	}
	ls = slices.Clone(ls)
	if a.d.SaveLocators == nil {
		return ErrNoStorage
	}
	if err := a.d.SaveLocators(ls); err != nil {
		return err
	}
	a.mu.Lock()
	a.locs = ls
	a.mu.Unlock()
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActSettingsChanged, "locators", map[string]int{"locators": len(ls)})
	})
}
