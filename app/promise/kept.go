package promise

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/retention"
)

// mediaErased checks P8: nothing lies in the storages beyond its period unless a
// hold says why. A maximum is kept on its last day and broken the day after.
func mediaErased(in *Input, s *sheet) {
	if in.Storages == 0 || in.Locators == 0 {
		s.missing("settings", "promise.p8.nostorage")
	} else if in.Media == nil || in.MediaErr {
		s.missing("settings", "promise.p8.unlisted")
	}
	if rule, ok := ruleOf(in, retention.Media); !ok {
		s.missing("policy", "promise.p8.rule")
	} else if period, err := law.ParsePeriod(rule.Period); err != nil {
		s.missing("policy", "promise.p8.rule")
	} else if most := in.promised(retention.Media); period.End(in.Today).After(most.End(in.Today)) {
		s.missing("policy", "promise.p8.longer", "Period", Wording{FR: period.Text("fr"), EN: period.Text("en")}, "Most", Wording{FR: most.Text("fr"), EN: most.Text("en")})
	}
	ordersRead(in, s)
	drillOfMedia(in, s)

	erased := 0
	for _, r := range in.Runs {
		erased += r.Erased
	}
	if erased > 0 {
		s.note(counted(erased, "promise.p8.erased"), "N", erased)
	}
	if n := len(in.Erased); n > 0 {
		s.note(counted(n, "promise.p8.orders"), "N", n)
	}
	if in.Media == nil {
		return
	}
	over := 0
	next := law.Date{}
	// What is listed as still counting may be looked at on a later day, so that
	// the day decides and not the list.
	for _, r := range slices.Concat(in.Media.Due, in.Media.Ahead) {
		what := []any{"Order", orderName(r.Number, strconv.FormatInt(r.Order, 10)), "Due", r.Due, "N", r.Objects, "OrderID", int(r.Order)}
		left := in.Today.Days(r.Due)
		switch {
		case r.Held == retention.NoStart:
			key := "promise.p8.nodate"
			if ofNobody(r) {
				key = "promise.p8.nodateorphans"
			}
			s.missing("orders", key, what...)
		case r.Held != "" && r.Held != retention.NoOrder && left > 0:
			// The hold matters when the day has come.
		case r.Case != 0:
			s.note("promise.p8.heldcase", append(what, "Case", int(r.Case))...)
		case r.Held == plan.UnseenMail:
			s.note("promise.p8.heldmail", what...)
		case r.Held != "" && r.Held != retention.NoOrder:
			s.note("promise.p8.held", append(what, "Why", r.Held)...)
		case left < 0:
			over++
			s.broken("orders", mediaKey(r, "promise.p8.over", "promise.p8.overorphans"), what...)
		case left <= soonDays:
			s.risk(r.Due, "orders", mediaKey(r, "promise.p8.soon", "promise.p8.soonorphans"), what...)
		case next.IsZero() || r.Due.Before(next):
			next = r.Due
		}
	}
	if over == 0 && !in.MediaErr {
		s.proof("promise.p8.clean")
	}
	if !next.IsZero() {
		s.note("promise.p8.next", "Due", next)
	}
}

// ofNobody tells that the row is objects that no order claims.
func ofNobody(r retention.Row) bool { return r.Order == 0 && r.Number == "" }

// mediaKey chooses the text for an order's objects, or for those that no order
// claims.
func mediaKey(r retention.Row, claimed, orphan string) string {
	if ofNobody(r) {
		return counted(r.Objects, orphan)
	}
	return counted(r.Objects, claimed)
}

// billingKept checks P9. Greffier reads orders, not invoice documents, and its
// runs erase objects of the storages only.
func billingKept(in *Input, s *sheet) {
	if rule, ok := ruleOf(in, "billing"); !ok {
		s.missing("policy", "promise.p9.rule")
	} else if period, err := law.ParsePeriod(rule.Period); err != nil || period.End(in.Today).Before(in.promised("billing").End(in.Today)) {
		s.missing("policy", "promise.p9.period")
	}
	ordersRead(in, s)
	kept, undated, lost, forgotten := 0, 0, 0, 0
	for _, o := range in.Orders {
		if o.CompletedAt.IsZero() && o.State != order.Completed && o.State != order.Refunded {
			continue // nothing was invoiced
		}
		day := law.DateOf(firstOf(o.CompletedAt, o.CreatedAt, o.ModifiedAt), in.Zone)
		name := orderName(o.Number, o.Ref)
		switch until := law.InvoiceKeptUntil(day); {
		case day.IsZero():
			undated++
		case until.Before(in.Today):
			// A number and an amount alone are nobody's data.
			if contactOf(o) {
				s.broken("orders", "promise.p9.old", "Order", name, "Until", until, "OrderID", int(o.ID))
			}
		case o.Total == "" || name == "":
			if _, ok := in.Erased[o.ID]; ok {
				forgotten++
			} else {
				lost++
			}
		case o.State == order.Gone || o.State == order.Trashed:
			s.missing("orders", "promise.p9.gone", "Order", name, "Until", until, "OrderID", int(o.ID))
		default:
			kept++
		}
	}
	if undated > 0 {
		s.missing("orders", counted(undated, "promise.p9.undated"), "N", undated)
	}
	if lost > 0 {
		s.missing("orders", counted(lost, "promise.p9.lost"), "N", lost)
	}
	if forgotten > 0 {
		// The person's erasure leaves the invoice where it is, in the shop.
		s.missing("orders", counted(forgotten, "promise.p9.forgotten"), "N", forgotten)
	}
	if kept > 0 {
		s.proof(counted(kept, "promise.p9.kept"), "N", kept)
	} else if undated+lost+forgotten == 0 {
		s.missing("sync", "promise.p9.none")
	}
	s.note("promise.p9.runs", "N", len(in.Runs))
	s.note("promise.p9.scope")
}

// firstOf returns the first instant that is known.
func firstOf(ts ...time.Time) time.Time {
	for _, t := range ts {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// contactOf tells whether the record still holds contact data of the customer.
// That its media were erased says nothing of that.
func contactOf(o order.Order) bool {
	c := o.Customer
	return strings.TrimSpace(c.Email+c.FirstName+c.LastName+c.Phone+c.Address) != ""
}

// commercialDays is how long ahead the end of a commercial period counts as a
// risk.
const commercialDays = 30

// personOf is one person, as the rules count: an address, else an account; "" for
// an order without either, which stands for itself.
func personOf(o order.Order) string {
	if e := mailbox.NormEmail(o.Customer.Email); e != "" {
		return e
	}
	if o.Account != "" {
		return "\x00" + o.Shop + "\x00" + o.Account
	}
	return ""
}

// contacts are the acts of an order that count as contact under a rule: the
// person's own, and where the rule starts with the last interaction the shop's
// changes, too.
func contacts(o order.Order, starts string) []time.Time {
	if starts == retention.FromInteraction {
		return []time.Time{o.CreatedAt, o.CompletedAt, o.ModifiedAt}
	}
	return []time.Time{retention.Placed(o)}
}

// saidAt tells when the person of each address last asked for a right, or
// consented.
func saidAt(in *Input) map[string]time.Time {
	said := map[string]time.Time{}
	say := func(email string, at time.Time) {
		if e := mailbox.NormEmail(email); e != "" && at.After(said[e]) {
			said[e] = at
		}
	}
	for _, c := range in.Cases {
		say(c.Requester.Email, c.ReceivedAt)
	}
	for _, c := range in.Consents {
		if at, err := time.Parse(time.RFC3339, c.At); err == nil {
			say(c.Who, at)
		}
	}
	return said
}

// wrote tells when a person last wrote an ordinary mail, zero where nobody knows.
func (in *Input) wrote(email string) time.Time {
	if in.Wrote == nil || mailbox.NormEmail(email) == "" {
		return time.Time{}
	}
	return in.Wrote(email)
}

// held tells why an order waits, "" where it does not.
func (in *Input) held(id int64) string {
	if in.Held == nil {
		return ""
	}
	return in.Held(id)
}

// commercialErased checks P10 as the rule counts: contact data go three years
// after the last contact that came from the person, and not while an order of
// hers is under way or a hold keeps them.
func commercialErased(in *Input, s *sheet) {
	rule, ok := ruleOf(in, "commercial")
	period, err := law.ParsePeriod(rule.Period)
	if !ok || err != nil {
		s.missing("policy", "promise.p10.rule")
		return
	}
	if most := in.promised("commercial"); period.End(in.Today).After(most.End(in.Today)) {
		s.missing("policy", "promise.p10.longer", "Period", Wording{FR: period.Text("fr"), EN: period.Text("en")}, "Most", Wording{FR: most.Text("fr"), EN: most.Text("en")})
	}
	ordersRead(in, s)
	type customer struct {
		last  time.Time
		order string // the latest one
		email string
		id    int64
		open  bool
		held  string
	}
	all := map[string]*customer{}
	for i, o := range in.Orders {
		if !contactOf(o) {
			continue
		}
		k := personOf(o)
		if k == "" {
			k = "\x00" + strconv.Itoa(i)
		}
		c := all[k]
		if c == nil {
			c = &customer{email: o.Customer.Email}
			all[k] = c
		}
		c.open, c.held = c.open || o.State == order.Open, cmp.Or(c.held, in.held(o.ID))
		for _, t := range contacts(o, rule.Starts) {
			if t.After(c.last) {
				c.last, c.order, c.id = t, orderName(o.Number, o.Ref), o.ID
			}
		}
	}
	for e, at := range saidAt(in) {
		if c := all[e]; c != nil {
			c.last = later(c.last, at)
		}
	}
	type row struct {
		order     string
		last, end law.Date
		id        int64
	}
	var over, soon []row
	undated, waiting := 0, 0
	for _, c := range all {
		last := law.DateOf(c.last, in.Zone)
		if last.IsZero() {
			undated++
			continue
		}
		end := period.End(last)
		if in.Today.Days(end) <= commercialDays {
			// Only of these is the mailbox worth asking.
			last = law.DateOf(later(c.last, in.wrote(c.email)), in.Zone)
			end = period.End(last)
		}
		switch {
		case end.Before(in.Today) && (c.open || c.held != ""):
			waiting++
		case end.Before(in.Today):
			over = append(over, row{c.order, last, end, c.id})
		case in.Today.Days(end) <= commercialDays:
			soon = append(soon, row{c.order, last, end, c.id})
		}
	}
	byEnd := func(a, b row) int { return cmp.Or(a.end.Compare(b.end), cmp.Compare(a.order, b.order)) }
	slices.SortFunc(over, byEnd)
	slices.SortFunc(soon, byEnd)
	if n := len(over); n > 0 {
		s.broken("orders", counted(n, "promise.p10.over"), "N", n)
	}
	for _, r := range over {
		s.broken("orders", "promise.p10.row", "Order", r.order, "Last", r.last, "End", r.end, "OrderID", int(r.id))
	}
	for i, r := range soon {
		if i == 0 {
			s.risk(r.end, "orders", counted(len(soon), "promise.p10.soon"), "N", len(soon))
		}
		s.risk(r.end, "orders", "promise.p10.row", "Order", r.order, "Last", r.last, "End", r.end, "OrderID", int(r.id))
	}
	if undated > 0 {
		s.missing("orders", counted(undated, "promise.p10.undated"), "N", undated)
	}
	if waiting > 0 {
		s.note(counted(waiting, "promise.p10.waits"), "N", waiting)
	}
	switch fine := len(all) - len(over) - undated - waiting; {
	case len(in.Orders) == 0:
		s.missing("sync", "promise.p10.none")
	case fine > 0:
		s.proof(counted(fine, "promise.p10.within"), "N", fine)
	case len(all) == 0:
		s.proof("promise.p10.nobody")
	case waiting > 0 && len(over)+undated == 0:
		s.proof("promise.p10.onlywaits")
	}
	s.note("promise.p10.scope")
}
