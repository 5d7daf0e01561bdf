package promise

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/retention"
)

// accountsForTheContract checks P11: an account lives as long as the contract,
// and then as long as the person may still be written to. The accounts are
// those that orders name; those without an order are for the owner to look
// through in the shop.
func accountsForTheContract(in *Input, s *sheet) {
	if _, ok := ruleOf(in, "contract"); !ok {
		s.missing("policy", "promise.p11.rule")
	}
	ordersRead(in, s)
	rule, _ := ruleOf(in, "commercial")
	period, err := law.ParsePeriod(rule.Period)
	if err != nil {
		s.missing("policy", "promise.p10.rule")
		return
	}
	contractsOver(in, s)
	as, open := accountsOf(in, rule.Starts)
	within, undated := 0, 0
	for _, a := range as {
		last := law.DateOf(a.last, in.Zone)
		args := []any{"Order", a.order, "Last", last, "End", period.End(last), "OrderID", int(a.id)}
		end := period.End(last)
		if !last.IsZero() && in.Today.Days(end) <= commercialDays {
			last = law.DateOf(later(a.last, in.wrote(a.email)), in.Zone)
			end = period.End(last)
			args = []any{"Order", a.order, "Last", last, "End", end, "OrderID", int(a.id)}
		}
		switch {
		case a.open, a.held && end.Before(in.Today):
			within++ // the contract is under way, or a hold says why it waits
		case last.IsZero():
			undated++
		case end.Before(in.Today):
			s.broken("orders", "promise.p11.dormant", args...)
		case in.Today.Days(end) <= commercialDays:
			s.risk(end, "orders", "promise.p11.soon", args...)
		default:
			within++
		}
	}
	if undated > 0 {
		s.missing("orders", counted(undated, "promise.p11.undated"), "N", undated)
	}
	s.stated(in, StatedAccounts, "promise.p11.accounts")
	if within > 0 {
		s.proof(counted(within, "promise.p11.within"), "N", within)
	}
	if open > 0 {
		s.note(counted(open, "promise.p11.open"), "N", open)
	}
}

// contractsOver tells of the orders of which nothing of the contract is left to be
// done (retention.RelationEnd) and that the contract rule has not moved out of
// daily view.
func contractsOver(in *Input, s *sheet) {
	var over, today []retention.Row
	for _, r := range in.Contract {
		switch {
		case r.Held != "":
		case r.Due.Before(in.Today):
			over = append(over, r)
		case r.Due == in.Today:
			today = append(today, r)
		}
	}
	if n := len(over); n > 0 {
		s.broken("orders", counted(n, "promise.p11.over"), "N", n)
	}
	for _, r := range over {
		s.broken("orders", "promise.p11.overrow", "Order", orderName(r.Number, strconv.FormatInt(r.Order, 10)), "Due", r.Due, "OrderID", int(r.Order))
	}
	if n := len(today); n > 0 {
		s.risk(in.Today, "orders", counted(n, "promise.p11.today"), "N", n)
	}
}

type account struct {
	key, order string // order is the number of the latest one
	email      string
	id         int64
	last       time.Time
	open       bool // an order of it is not finished
	held       bool
}

// accountsOf gathers the accounts that are still there, in a fixed order, and
// counts the orders that are not finished.
func accountsOf(in *Input, starts string) (as []*account, open int) {
	said := saidAt(in)
	by := map[string]*account{}
	for _, o := range in.Orders {
		if o.State == order.Open {
			open++
		}
		// What was anonymised or erased is nobody's account any more.
		if o.Account == "" || o.Anonymised || o.State == order.Gone || !contactOf(o) {
			continue
		}
		key := o.Shop + "\x00" + o.Account
		a := by[key]
		if a == nil {
			a = &account{key: key, email: o.Customer.Email}
			by[key] = a
			as = append(as, a)
		}
		a.open, a.held = a.open || o.State == order.Open, a.held || in.held(o.ID) != ""
		for _, t := range append(contacts(o, starts), said[mailbox.NormEmail(o.Customer.Email)]) {
			if t.After(a.last) || a.id == 0 {
				a.last, a.order, a.id = later(a.last, t), orderName(o.Number, o.Ref), o.ID
			}
		}
	}
	slices.SortFunc(as, func(a, b *account) int { return cmp.Or(a.last.Compare(b.last), cmp.Compare(a.key, b.key)) })
	return as, open
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
