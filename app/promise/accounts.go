package promise

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/order"
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
	as, open := accountsOf(in)
	within, undated := 0, 0
	for _, a := range as {
		last := law.DateOf(a.last, in.Zone)
		args := []any{"Order", a.order, "Last", last, "End", period.End(last), "OrderID", int(a.id)}
		switch end := period.End(last); {
		case a.open:
			within++ // the contract is under way
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

type account struct {
	key, order string // order is the number of the latest one
	id         int64
	last       time.Time
	open       bool // an order of it is not finished
}

// accountsOf gathers the accounts that are still there, in a fixed order, and
// counts the orders that are not finished.
func accountsOf(in *Input) (as []*account, open int) {
	wrote := map[string]time.Time{}
	for _, c := range in.Cases {
		e := strings.ToLower(strings.TrimSpace(c.Requester.Email))
		if e != "" && c.ReceivedAt.After(wrote[e]) {
			wrote[e] = c.ReceivedAt
		}
	}
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
			a = &account{key: key}
			by[key] = a
			as = append(as, a)
		}
		a.open = a.open || o.State == order.Open
		for _, t := range []time.Time{o.CreatedAt, o.CompletedAt, o.ModifiedAt, wrote[strings.ToLower(strings.TrimSpace(o.Customer.Email))]} {
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
