package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/register"
	"greffier/app/retention"
)

const (
	kindArchive = "archive"        // orders in intermediate archiving, by the run that moved them
	kindEnded   = "archive.ended"  // orders whose archive was ended, by the run that ended it
	kindAccess  = "archive.access" // who looked into it, and why
)

// ErrArchived says that an order is in intermediate archiving: a reason opens it.
var ErrArchived = errors.New("the order is archived")

// accessLasts is how long an archived order stays open once a reason was given.
const accessLasts = time.Hour

// archiveBatch are the orders that one run moved.
type archiveBatch struct {
	ID     string             `json:"id"`
	At     time.Time          `json:"at"`
	By     string             `json:"by"`
	Orders map[int64]law.Date `json:"orders"` // the last day of each
}

// endedBatch are the orders whose archive one run ended.
type endedBatch struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Orders []int64   `json:"orders"`
}

// archiveAccess is one look at an archived order.
type archiveAccess struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Order  int64     `json:"order_id"`
	Reason string    `json:"reason"` // in the owner's words
}

// archives returns the orders in intermediate archiving with the last day of
// each, and those whose archive was ended.
func archives(tx Tx) (archived map[int64]law.Date, ended map[int64]bool, err error) {
	archived, ended = map[int64]law.Date{}, map[int64]bool{}
	es, err := records[endedBatch](tx, kindEnded)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range es {
		for _, id := range e.Orders {
			ended[id] = true
		}
	}
	bs, err := records[archiveBatch](tx, kindArchive)
	for _, b := range bs {
		for id, until := range b.Orders {
			if !ended[id] {
				archived[id] = until
			}
		}
	}
	return archived, ended, err
}

// about returns what the rule of a scope is about, "" where no rule asks.
func about(tx Tx, rule string) (string, error) {
	if rule == "" {
		return "", nil
	}
	r, err := record[register.Rule](tx, kindRules, rule)
	return retention.About(r), err
}

// moveToArchive marks the orders of a complete run as archived: out of the daily
// view, restricted, each with an end of its own (GDPR Art. 5(1)(c) and (e), C.
// com. L123-22). What is held meanwhile stays where it is.
func (a *App) moveToArchive(tx Tx, r erasure.Record) error {
	hs, err := a.ruleHolds(tx)
	if err != nil {
		return err
	}
	b := archiveBatch{ID: fmt.Sprint(r.ID), At: r.EndedAt, By: r.By, Orders: map[int64]law.Date{}}
	for _, id := range r.Scope.Orders {
		held := false
		for _, h := range hs {
			held = held || h.ActiveOn(a.today()) && h.HoldsOrder(id)
		}
		if held {
			continue
		}
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		if until := retention.ArchiveEnd(o, a.d.Zone); !until.IsZero() {
			b.Orders[id] = until
		}
	}
	if len(b.Orders) == 0 {
		return nil
	}
	if err := putRecord(tx, kindArchive, b.ID, b, a.now()); err != nil {
		return err
	}
	return a.journal(tx, r.By, evidence.ActArchiveMoved, runRecord(r.ID), map[string]int{"orders": len(b.Orders)})
}

// endArchive notes which orders of a complete run are gone whole, so that their
// archive is over.
func (a *App) endArchive(tx Tx, r erasure.Record, gone []int64) error {
	what, err := about(tx, r.Scope.Rule)
	if err != nil || len(gone) == 0 {
		return err
	}
	archived, _, err := archives(tx)
	if err != nil {
		return err
	}
	e := endedBatch{ID: fmt.Sprint(r.ID), At: r.EndedAt}
	for _, id := range gone {
		_, in := archived[id]
		// The commercial rule takes what the invoice does not need: its archive
		// goes on in the shop until its own end.
		if what == retention.Billing || in && !archived[id].After(law.DateOf(r.EndedAt, a.d.Zone)) {
			e.Orders = append(e.Orders, id)
		}
	}
	if len(e.Orders) == 0 {
		return nil
	}
	if err := putRecord(tx, kindEnded, e.ID, e, a.now()); err != nil {
		return err
	}
	return a.journal(tx, r.By, evidence.ActArchiveEnded, runRecord(r.ID), map[string]int{"orders": len(e.Orders)})
}

// ArchiveRow is one order in intermediate archiving. It names nobody.
type ArchiveRow struct {
	Order    int64
	Number   string
	Since    law.Date
	Until    law.Date
	DaysLeft int
	Looked   int // how often somebody looked, with a reason
}

// Archive returns the orders in intermediate archiving, the soonest end first.
func (a *App) Archive(ctx context.Context) ([]ArchiveRow, error) {
	var out []ArchiveRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		archived, _, err := archives(tx)
		if err != nil {
			return err
		}
		looks, err := records[archiveAccess](tx, kindAccess)
		if err != nil {
			return err
		}
		bs, err := records[archiveBatch](tx, kindArchive)
		if err != nil {
			return err
		}
		for _, b := range bs {
			for id := range b.Orders {
				until, in := archived[id]
				if !in {
					continue
				}
				o, err := tx.Order(id)
				if err != nil {
					return err
				}
				r := ArchiveRow{Order: id, Number: o.Number, Since: law.DateOf(b.At, a.d.Zone), Until: until, DaysLeft: a.today().Days(until)}
				for _, l := range looks {
					if l.Order == id {
						r.Looked++
					}
				}
				out = append(out, r)
				delete(archived, id) // told once
			}
		}
		return nil
	})
	slices.SortFunc(out, func(x, y ArchiveRow) int {
		if c := x.Until.Compare(y.Until); c != 0 {
			return c
		}
		return int(x.Order - y.Order)
	})
	return out, err
}

// archiveKeeper knows which archived orders were opened, and until when.
type archiveKeeper struct {
	mu   sync.Mutex
	open map[int64]time.Time
}

// OpenArchived lets an archived order be looked at for an hour. The reason is
// kept, and the look is journalled. Errors: cases.ErrReason, ErrUnknownOrder
// where it is not archived.
func (a *App) OpenArchived(ctx context.Context, id int64, reason string) error {
	if reason = effects.Words(reason); strings.TrimSpace(reason) == "" {
		return cases.ErrReason
	}
	if err := a.update(ctx, func(tx Tx) error {
		archived, _, err := archives(tx)
		if err != nil {
			return err
		}
		if _, in := archived[id]; !in {
			return ErrUnknownOrder
		}
		rs, err := tx.Records(kindAccess)
		if err != nil {
			return err
		}
		x := archiveAccess{ID: nextID("access", rs), At: a.now(), Order: id, Reason: reason}
		if err := putRecord(tx, kindAccess, x.ID, x, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActArchiveOpened, fmt.Sprintf("order %d", id), nil)
	}); err != nil {
		return err
	}
	a.archive.mu.Lock()
	defer a.archive.mu.Unlock()
	if a.archive.open == nil {
		a.archive.open = map[int64]time.Time{}
	}
	a.archive.open[id] = a.now().Add(accessLasts)
	return nil
}

// mayOpen is ErrArchived for an order that is archived and was not opened with a
// reason lately. One that the shop has taken up again is in daily view.
func (a *App) mayOpen(tx Tx, o order.Order) error {
	archived, _, err := archives(tx)
	if err != nil {
		return err
	}
	if _, in := archived[o.ID]; !in || !retention.Finished(o.State) {
		return nil
	}
	a.archive.mu.Lock()
	defer a.archive.mu.Unlock()
	if a.now().Before(a.archive.open[o.ID]) {
		return nil
	}
	return ErrArchived
}
