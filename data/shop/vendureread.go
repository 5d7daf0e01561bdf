package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"greffier/app/order"
)

const vendurePage = 200 // orders of one request; the shop gives at most 1,000

// The turns of a reading: what was changed, then what was placed.
const (
	turnChanged = "changed"
	turnPlaced  = "placed"
)

var vendureTurns = []string{turnChanged, turnPlaced}

// Changed reads the orders that were changed since the instant given, in the
// order of their last change, and then those that were placed since: placing
// an order does not move its date of change in Vendure, and neither do a
// change of its addresses, of its state or of its notes. Carts are left out.
// Such changes are seen by a full reading only; see FullReadEvery.
//
// The instant returned is that of the newest change seen, less ten minutes; it
// is never later than the start of this reading, and never earlier than since.
// On an error since is returned. Errors are those of Check and the one that got
// or bad returned.
func (v *Vendure) Changed(ctx context.Context, since time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(done, total int, note string)) (time.Time, error) {
	return v.ChangedFrom(ctx, since, "", got, bad, nil, report)
}

// ChangedFrom is Changed that goes on at a mark of a reading that broke. A mark
// is saved after each page. Errors are those of Changed and the one that save
// returned.
func (v *Vendure) ChangedFrom(ctx context.Context, since time.Time, mark string, got func(order.Order) error, bad func(order.Problem) error, save func(mark string) error, report func(done, total int, note string)) (time.Time, error) {
	r := &vendureReading{listener: listen(got, bad, save, report), v: v}
	from, known := readTurnMark(mark, vendureTurns, since, v.now())
	if known {
		r.newest, r.started = from.newest, from.started
	}
	var err error
	if r.custom, err = v.customFields(ctx); err != nil {
		return since, fmt.Errorf("read shop %s: %w", v.name, err)
	}
	for _, turn := range vendureTurns {
		after, skip := from.start(vendureTurns, turn, since)
		if skip {
			continue
		}
		if turn == turnPlaced && since.IsZero() {
			break // all were read in the first turn
		}
		r.turn = turn
		if err := r.pass(ctx, after); err != nil {
			return since, fmt.Errorf("read shop %s: %w", v.name, err)
		}
	}
	r.report(r.done, r.done, v.name)
	return nextSince(since, r.newest, r.started), nil
}

// vendureReading is one call of Changed.
type vendureReading struct {
	listener
	v      *Vendure
	custom *vendureCustom

	turn    string
	started time.Time
	newest  time.Time // change seen
	done    int
}

// pass reads all orders of one turn after an instant.
//
// It asks for what comes after the last instant seen, less one second, and not
// for the next page: an order that is changed while pages are turned would
// pull one that was not read onto a page that was. Only orders that share one
// second are read page by page, each page overlapping the one before it.
func (r *vendureReading) pass(ctx context.Context, after time.Time) error {
	seen := map[string]time.Time{} // handed over, with the instant by which they are sorted
	skip := 0
	total := 0
	for pages := 0; ; pages++ {
		if pages > maxOrders/vendurePage*4 {
			return fmt.Errorf("%w: more orders than any shop has", ErrAnswer)
		}
		items, left, err := r.page(ctx, after, skip)
		if err != nil {
			return err
		}
		if pages == 0 {
			total = r.done + left
		}
		newest, fresh := after, 0
		for _, raw := range items {
			if err := ctx.Err(); err != nil {
				return err
			}
			at, key := r.sortedBy(raw)
			if at.After(newest) {
				newest = at
			}
			if _, twice := seen[key]; twice {
				continue
			}
			seen[key] = at
			fresh++
			if err := r.hand(raw); err != nil {
				return err
			}
		}
		r.report(r.done, max(total, r.done), r.v.name)
		if len(items) < vendurePage {
			return nil
		}
		if step := newest.Add(-time.Second); step.After(after) && !newest.After(r.started.Add(24*time.Hour)) {
			after, skip = step, 0
			for key, at := range seen {
				if at.Before(step) {
					delete(seen, key)
				}
			}
			if !after.After(r.started) {
				if err := r.place(turnMark{r.turn, after, r.newest, r.started}.String()); err != nil {
					return err
				}
			}
			continue
		}
		if fresh == 0 && pages > 0 && skip > 0 && skip+len(items) >= left {
			return nil
		}
		skip += len(items) - vendurePage/10
	}
}

// sortedBy returns the instant by which a turn sorts an order and what names it
// within the turn.
func (r *vendureReading) sortedBy(raw json.RawMessage) (time.Time, string) {
	var said struct{ ID, UpdatedAt, OrderPlacedAt string }
	if json.Unmarshal(raw, &said) != nil {
		return time.Time{}, string(raw[:min(len(raw), 200)])
	}
	text := said.UpdatedAt
	if r.turn == turnPlaced {
		text = said.OrderPlacedAt
	}
	at, _ := vendureTime(text)
	return at, said.ID + "|" + text
}

func (r *vendureReading) hand(raw json.RawMessage) error {
	o, said, err := r.v.read(raw, r.custom)
	if err == nil && (said.Active || said.State == "AddingItems") {
		return nil
	}
	if t, terr := vendureTime(said.UpdatedAt); terr == nil && t.After(r.newest) {
		r.newest = t
	}
	r.done++
	where := "an order without a number"
	if n, nerr := cleanNumber(said.Code); nerr == nil && n != "" {
		where = "order " + n
	}
	return r.give(where, o, nil, err)
}

// page asks for the orders of a turn after an instant, and how many there are.
func (r *vendureReading) page(ctx context.Context, after time.Time, skip int) (items []json.RawMessage, total int, err error) {
	by := "updatedAt"
	if r.turn == turnPlaced {
		by = "orderPlacedAt"
	}
	filter := map[string]any{"active": map[string]any{"eq": false}}
	if !after.IsZero() {
		filter[by] = map[string]any{"after": after.Add(-time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z")}
	}
	options := map[string]any{"take": vendurePage, "skip": skip, "filter": filter, "sort": map[string]any{by: "ASC", "id": "ASC"}}
	if r.started.IsZero() {
		// What is changed from now on belongs to the next reading.
		r.started = r.v.now()
	}
	var said struct {
		Orders *struct {
			TotalItems int               `json:"totalItems"`
			Items      []json.RawMessage `json:"items"`
		} `json:"orders"`
	}
	if err := r.v.ask(ctx, `query($o:OrderListOptions){orders(options:$o){totalItems items{`+vendureOrderFields(r.custom)+`}}}`, map[string]any{"o": options}, &said); err != nil {
		return nil, 0, err
	}
	if said.Orders == nil || len(said.Orders.Items) > vendurePage {
		return nil, 0, fmt.Errorf("%w: no list of orders", ErrAnswer)
	}
	return said.Orders.Items, said.Orders.TotalItems, nil
}
