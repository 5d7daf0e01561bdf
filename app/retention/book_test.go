package retention_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/retention"
)

func TestAContractIsNotOverBeforeNothingIsLeftToBeDone(t *testing.T) {
	sixty := law.Period{N: 60, Unit: law.Days}
	for name, tc := range map[string]struct {
		o    order.Order
		want string
	}{
		"the photos of the book stay sixty days":                                {order.Order{State: order.Completed, CompletedAt: at("2026-01-10 10:00")}, "2026-03-12"},
		"a refund later is a change later, and the photos stay sixty days more": {order.Order{State: order.Refunded, CompletedAt: at("2026-01-10 10:00"), ModifiedAt: at("2026-05-02 10:00")}, "2026-07-02"},
		"an order under way has no end":                                         {order.Order{State: order.Open, CreatedAt: at("2026-01-10 10:00")}, ""},
		"nor has one of which nothing is known":                                 {order.Order{State: order.Unknown, CreatedAt: at("2026-01-10 10:00")}, ""},
		"nor one without a date":                                                {order.Order{State: order.Completed}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := retention.RelationEnd(tc.o, sixty, paris).String(); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	// Without photos the time to withdraw is the shortest (C. conso. L221-18).
	if got := retention.RelationEnd(order.Order{State: order.Completed, CompletedAt: at("2026-01-10 10:00")}, law.Period{N: 1, Unit: law.Days}, paris).String(); got != "2026-01-24" {
		t.Errorf("fourteen days: %s", got)
	}
}

func TestAnInvoiceIsDatedByWhatMadeIt(t *testing.T) {
	for name, tc := range map[string]struct {
		o    order.Order
		want string
	}{
		"completion":                    {order.Order{State: order.Completed, CreatedAt: at("2025-12-30 10:00"), CompletedAt: at("2026-01-02 10:00")}, "2026-01-02"},
		"making, where none is known":   {order.Order{State: order.Completed, CreatedAt: at("2025-12-30 10:00")}, "2025-12-30"},
		"the credit note of a refund":   {order.Order{State: order.Refunded, CompletedAt: at("2025-12-30 10:00"), ModifiedAt: at("2026-02-01 10:00")}, "2026-02-01"},
		"none of what was never paid":   {order.Order{State: order.Cancelled, CreatedAt: at("2025-12-30 10:00")}, ""},
		"none where nothing is dated":   {order.Order{State: order.Completed}, ""},
		"New Year's Eve is Paris's own": {order.Order{State: order.Completed, CompletedAt: time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC)}, "2026-01-01"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := retention.InvoiceDay(tc.o, paris).String(); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// policyRules are the rules of the policy about orders and persons.
var policyRules = map[string]register.Rule{
	retention.Contract:   {ID: retention.Contract, Starts: retention.FromEnd, Then: retention.ThenRestrict},
	retention.Billing:    {ID: retention.Billing, Starts: retention.FromYearEnd, Period: "10 years", Then: retention.ThenDelete},
	retention.Commercial: {ID: retention.Commercial, Starts: retention.FromContact, Period: "3 years", Then: retention.ThenDelete},
}

// TestABookSaysWhatANaiveLookAtTheOrdersSays compares the book with an oracle that
// goes through the raw data, one order at a time. GREFFIER_HISTORIES makes it
// longer.
func TestABookSaysWhatANaiveLookAtTheOrdersSays(t *testing.T) {
	histories := 400
	if n, err := strconv.Atoi(os.Getenv("GREFFIER_HISTORIES")); err == nil {
		histories = n
	}
	for seed := range uint64(histories) {
		r := rand.New(rand.NewPCG(seed, 11))
		today := day("2026-11-23").AddDays(r.IntN(4000))
		ago := func(days int) time.Time {
			if r.IntN(6) == 0 {
				return time.Time{}
			}
			return today.Start(paris).Add(time.Duration(r.IntN(24))*time.Hour).AddDate(0, 0, -r.IntN(days))
		}
		var os []order.Order
		mails, contacts := map[string]time.Time{}, map[string]time.Time{}
		for i := range r.IntN(12) {
			o := order.Order{ID: int64(i + 1), Number: fmt.Sprint(100 + i), State: order.State(r.IntN(8)), CreatedAt: ago(5000), CompletedAt: ago(5000), ModifiedAt: ago(5000)}
			if r.IntN(8) > 0 {
				o.Customer.Email = fmt.Sprintf("C%d@example.org", r.IntN(5))
			}
			os = append(os, o)
			if o.Customer.Email != "" && r.IntN(3) == 0 {
				mails[o.Customer.Email] = ago(2000)
			}
			if o.Customer.Email != "" && r.IntN(5) == 0 {
				contacts[o.Customer.Email] = ago(2000)
			}
		}
		var holds []plan.Hold
		for range r.IntN(3) {
			holds = append(holds, plan.Hold{Order: int64(r.IntN(12) + 1), Reason: "a dispute", Until: today.AddDays(r.IntN(20) - 10), All: r.IntN(12) == 0})
		}
		book := retention.NewBook(retention.BookInput{At: today, Zone: paris, Media: law.Period{N: 60, Unit: law.Days}, Holds: holds, Contacts: contacts,
			LastMessage: func(id int64) (time.Time, error) { return mails[os[id-1].Customer.Email], nil }})
		for _, o := range os {
			book.Order(o)
		}
		for name, rule := range policyRules {
			due, ahead, err := book.Rows(rule, today.AddYears(1))
			if err != nil {
				t.Fatal(err)
			}
			got := map[int64]retention.Row{}
			for _, row := range due {
				got[row.Order] = row
			}
			for _, row := range ahead {
				if _, twice := got[row.Order]; twice || row.Due.Before(today) {
					t.Fatalf("seed %d: %s: ahead %+v", seed, name, row)
				}
			}
			for _, o := range os {
				row, listed := got[o.ID]
				held := false
				for _, h := range holds {
					held = held || h.ActiveOn(today) && (h.All || h.Order == o.ID)
				}
				if listed && held && row.Held == "" {
					t.Fatalf("seed %d: %s takes order %d from under its hold", seed, name, o.ID)
				}
				free := listed && row.Held == ""
				if want := oracle(name, o, os, mails, contacts, today) && !held; free != want {
					t.Fatalf("seed %d on %s: %s: order %+v: free to go %v, the oracle says %v; row %+v", seed, today, name, o, free, want, row)
				}
			}
		}
	}
}

// oracle tells in the plainest way whether a rule takes an order today.
func oracle(name string, o order.Order, all []order.Order, mails, contacts map[string]time.Time, today law.Date) bool {
	over := func(s order.State) bool { return s >= order.Completed }
	if !over(o.State) || o.Customer.Email == "" {
		return false
	}
	paid := o.State != order.Cancelled && o.State != order.Failed
	last := o.CreatedAt
	for _, t := range []time.Time{o.CompletedAt, o.ModifiedAt} {
		if t.After(last) {
			last = t
		}
	}
	invoice := o.CompletedAt
	if invoice.IsZero() {
		invoice = o.CreatedAt
	}
	if o.State == order.Refunded && o.ModifiedAt.After(invoice) {
		invoice = o.ModifiedAt
	}
	open := false
	var said time.Time
	for _, x := range all {
		if x.Customer.Email != o.Customer.Email {
			continue
		}
		open = open || !over(x.State)
		placed := x.CreatedAt
		if placed.IsZero() {
			for _, t := range []time.Time{x.CompletedAt, x.ModifiedAt} {
				if !t.IsZero() && (placed.IsZero() || t.Before(placed)) {
					placed = t
				}
			}
		}
		for _, t := range []time.Time{placed, mails[x.Customer.Email], contacts[x.Customer.Email]} {
			if t.After(said) {
				said = t
			}
		}
	}
	switch name {
	case retention.Billing:
		return paid && !invoice.IsZero() && invoice.In(paris).Year()+10 < today.Year
	case retention.Commercial:
		return !open && !said.IsZero() && !law.DateOf(said, paris).AddYears(3).After(today)
	}
	if open || !paid || invoice.IsZero() || invoice.In(paris).Year()+10 < today.Year || last.IsZero() {
		return false
	}
	end := law.DateOf(last, paris)
	start := last
	if !o.CompletedAt.IsZero() {
		start = o.CompletedAt
		if d := law.DateOf(o.CompletedAt, paris).AddDays(14); d.After(end) {
			end = d
		}
	}
	if o.CompletedAt.IsZero() && !o.ModifiedAt.IsZero() {
		start = o.ModifiedAt
	} else if o.CompletedAt.IsZero() {
		start = o.CreatedAt
	}
	if d := law.DateOf(start, paris).AddDays(61); d.After(end) {
		end = d
	}
	return !end.After(today)
}
