package shop

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"greffier/app/order"
)

// Changed reads the orders that were modified since the instant given, in
// order of modification. Problems name the order by its id.
//
// The instant returned is that of the newest change seen, less ten minutes; the
// next reading sees the orders of those ten minutes again. It is never later
// than the shop's own clock at the start of this reading, and never earlier
// than since. On an error since is returned: nothing is lost by reading again.
// PrestaShop does not move an order's modification date when only a customer,
// an address or a customization changes, and says nothing of deleted orders,
// so that FullReadEvery holds here too.
//
// Errors are those of Check and the one that got or bad returned.
func (p *Presta) Changed(ctx context.Context, since time.Time, got func(order.Order) error, bad func(order.Problem) error, report func(done, total int, note string)) (time.Time, error) {
	return p.ChangedFrom(ctx, since, "", got, bad, nil, report)
}

// ChangedFrom is Changed that begins at a mark of an earlier reading with the
// same since; any other mark begins anew.
func (p *Presta) ChangedFrom(ctx context.Context, since time.Time, mark string, got func(order.Order) error, bad func(order.Problem) error, save func(string) error, report func(done, total int, note string)) (time.Time, error) {
	r := &prestaReading{listener: listen(got, bad, save, report), p: p, since: since, started: p.now()}
	if !since.IsZero() {
		r.cursor = p.earliest(since)
	}
	r.resume(mark)
	if err := r.run(ctx); err != nil {
		return since, fmt.Errorf("read shop %s: %w", p.name, err)
	}
	r.report(r.done, r.done, p.name)
	return nextSince(since, r.newest, r.started), nil
}

// prestaReading is one reading. The cursor is a date of the shop, and never
// converted: dates are compared as the shop sorts them, whatever its clock did
// meanwhile.
type prestaReading struct {
	listener
	p     *Presta
	since time.Time

	cursor  string          // orders modified before it are done
	at      map[string]bool // the ids done that were modified at the cursor
	started time.Time
	newest  time.Time
	done    int
	total   int
	mixed   bool // told that customizations cannot be told apart
}

const prestaMark = "presta1"

// mark is where the reading stands: no order of the shop, no value of it.
func (r *prestaReading) mark() string {
	return joinMark(prestaMark, r.since, strings.Replace(r.cursor, " ", "T", 1), unixText(r.newest), unixText(r.started))
}

// resume takes over a mark of an earlier try of the same reading.
func (r *prestaReading) resume(mark string) {
	parts, known := cutMark(mark, prestaMark, r.since, 3)
	if !known {
		return
	}
	cursor := strings.Replace(parts[0], "T", " ", 1)
	newest, err := strconv.ParseInt(parts[1], 10, 64)
	started, err2 := strconv.ParseInt(parts[2], 10, 64)
	if !prestaDate(cursor) || err != nil || err2 != nil || cursor < r.cursor || newest < 0 {
		return
	}
	r.cursor, r.newest = cursor, time.Unix(newest, 0).UTC()
	if s := time.Unix(started, 0); s.Before(r.started) {
		r.started = s
	}
}

// run reads page after page. Page numbers are not used: an order that is saved
// while pages are turned would pull one that was not read yet onto a page that
// was. Each page begins at the date at which the one before ended.
func (r *prestaReading) run(ctx context.Context) error {
	r.at = map[string]bool{}
	ids, clock, err := r.count(ctx)
	if err != nil {
		return err
	}
	r.total = ids
	if !clock.IsZero() && clock.Before(r.started) {
		r.started = clock
	}
	for {
		q := url.Values{"date": {"1"}, "sort": {"[date_upd_ASC,id_ASC]"}, "limit": {"0," + strconv.Itoa(prestaPage)}}
		if r.cursor != "" {
			q.Set("filter[date_upd]", "["+r.cursor+","+prestaLast+"]")
		}
		items, err := r.p.list(ctx, "orders", "order", q)
		if err != nil {
			return err
		}
		if err := r.hand(ctx, items); err != nil {
			return err
		}
		if len(items) < prestaPage {
			break
		}
		last := items[len(items)-1].get("date_upd")
		if !prestaDate(last) {
			return fmt.Errorf("%w: orders without a date of modification", ErrAnswer)
		}
		if last <= r.cursor {
			// More orders share this second than fit on a page.
			if err := r.second(ctx, last, items[len(items)-1].get("id")); err != nil {
				return err
			}
			last = prestaCivil(last, time.Second)
		}
		r.forward(last, items)
		if err := r.place(r.mark()); err != nil {
			return err
		}
	}
	return nil
}

// forward moves the cursor and remembers which orders of its very second are done.
func (r *prestaReading) forward(to string, items []*prestaNode) {
	if to != r.cursor {
		r.at = map[string]bool{}
	}
	r.cursor = to
	for _, i := range items {
		if i.get("date_upd") == to {
			r.at[i.get("id")] = true
		}
	}
}

// second reads the rest of the orders that were modified in one second, in
// order of their id.
func (r *prestaReading) second(ctx context.Context, at, after string) error {
	for {
		items, err := r.p.list(ctx, "orders", "order", url.Values{
			"date": {"1"}, "sort": {"[id_ASC]"}, "limit": {"0," + strconv.Itoa(prestaPage)},
			"filter[date_upd]": {"[" + at + "," + at + "]"}, "filter[id]": {"[" + strconv.FormatInt(prestaAtoi(after)+1, 10) + "," + prestaMaxID + "]"},
		})
		if err != nil {
			return err
		}
		if err := r.hand(ctx, items); err != nil {
			return err
		}
		if len(items) < prestaPage {
			return nil
		}
		if next := items[len(items)-1].get("id"); prestaAtoi(next) > prestaAtoi(after) {
			after = next
			continue
		}
		return fmt.Errorf("%w: the list of orders does not end", ErrAnswer)
	}
}

// count asks how many orders there are to read, and for the shop's clock.
func (r *prestaReading) count(ctx context.Context) (int, time.Time, error) {
	q := url.Values{"date": {"1"}}
	if r.cursor != "" {
		q.Set("filter[date_upd]", "["+r.cursor+","+prestaLast+"]")
	}
	n, at, err := r.p.countOrders(ctx, q)
	if err == nil && n > maxOrders {
		err = fmt.Errorf("%w: more than %d orders", ErrAnswer, maxOrders)
	}
	return n, at, err
}

// hand gives the orders of a page to the caller, each with what the other
// resources hold of it.
func (r *prestaReading) hand(ctx context.Context, items []*prestaNode) error {
	var fresh []*prestaNode
	for _, i := range items {
		if i.get("date_upd") != r.cursor || !r.at[i.get("id")] {
			fresh = append(fresh, i)
		}
	}
	if len(fresh) == 0 {
		return ctx.Err()
	}
	lists, err := r.p.words(ctx)
	if err != nil {
		return err
	}
	orders, err := r.p.gather(ctx, fresh)
	if err != nil {
		return err
	}
	var custom []*prestaNode
	for _, x := range orders {
		custom = append(custom, x.custom...)
	}
	if prestaMixed(custom) {
		if !r.mixed {
			r.mixed = true
			if err := r.problem(r.p.name, "this version of PrestaShop mixes up the customizations of different orders; references to photos are not read"); err != nil {
				return err
			}
		}
		for i := range orders {
			orders[i].custom = nil
		}
	}
	for _, x := range orders {
		if err := ctx.Err(); err != nil {
			return err
		}
		o, notes, err := r.p.decode(x, lists)
		where := "order " + x.order.get("id")
		if !wholeNumber(x.order.get("id")) {
			where = r.p.name + ", an order without an id"
		}
		r.done++
		// The date of an order that cannot be read still moves the reading on.
		if t, e := r.p.instant(x.order.get("date_upd")); e == nil && t.After(r.newest) {
			r.newest = t
		}
		if err := r.give(where, o, notes, err); err != nil {
			return err
		}
	}
	r.report(r.done, max(r.total, r.done), r.p.name)
	return nil
}

// gather reads, for some orders at once, what the other resources hold of them.
func (p *Presta) gather(ctx context.Context, items []*prestaNode) ([]prestaOrder, error) {
	var ids, customers, addresses, carts []string
	for _, o := range items {
		ids = append(ids, o.get("id"))
		customers = append(customers, o.get("id_customer"))
		addresses = append(addresses, o.get("id_address_invoice"), o.get("id_address_delivery"))
		carts = append(carts, o.get("id_cart"))
	}
	one := func(resource, singular string, ids []string) (map[string]*prestaNode, error) {
		list, err := p.by(ctx, resource, singular, "id", ids)
		if err != nil {
			return nil, err
		}
		m := make(map[string]*prestaNode, len(list))
		for _, n := range list {
			m[n.get("id")] = n
		}
		return m, nil
	}
	many := func(resource, singular, field string, ids []string) (map[string][]*prestaNode, error) {
		list, err := p.by(ctx, resource, singular, field, ids)
		if err != nil {
			return nil, err
		}
		m := map[string][]*prestaNode{}
		for _, n := range list {
			m[n.get(field)] = append(m[n.get(field)], n)
		}
		return m, nil
	}
	who, err := one("customers", "customer", customers)
	if err != nil {
		return nil, err
	}
	places, err := one("addresses", "address", addresses)
	if err != nil {
		return nil, err
	}
	custom, err := many("customizations", "customization", "id_cart", carts)
	if err != nil {
		return nil, err
	}
	histories, err := many("order_histories", "order_history", "id_order", ids)
	if err != nil {
		return nil, err
	}
	slips, err := many("order_slip", "order_slip", "id_order", ids)
	if err != nil {
		return nil, err
	}
	out := make([]prestaOrder, len(items))
	for i, o := range items {
		out[i] = prestaOrder{
			order: o, customer: who[o.get("id_customer")],
			invoice: places[o.get("id_address_invoice")], delivery: places[o.get("id_address_delivery")],
			histories: histories[o.get("id")], slips: slips[o.get("id")],
		}
		if cart := o.get("id_cart"); cart != "" && cart != "0" {
			out[i].custom = custom[cart]
		}
	}
	return out, nil
}
