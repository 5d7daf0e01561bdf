package retention

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/register"
)

// The ids of the rules of the policy (Art. 7), and what a rule is about.
const (
	Media      = "media"      // photographs, portraits and their renditions
	Contract   = "contract"   // orders, at the end of the contractual relationship
	Billing    = "billing"    // invoices and what an accounting document needs
	Commercial = "commercial" // contact data of customers and prospects
	// Unfinished is what a rule of the owner's own may be about: orders that were
	// abandoned, cancelled or failed.
	Unfinished = "unfinished"
)

// Kinds are what a rule may be about, in the order in which they are shown.
var Kinds = []string{Media, Contract, Billing, Commercial, Unfinished}

// What a period may start with.
const (
	FromCompletion  = "completion"
	FromInteraction = "last interaction"    // the order's last change, or the person's last message
	FromYearEnd     = "financial year end"  // of the invoice
	FromContact     = "last contact"        // that came from the person
	FromEnd         = "end of relationship" // nothing of the contract is left to be done
	fromChange      = "last change"         // of an object
)

// What happens at the end of a period.
const (
	ThenDelete    = "delete"
	ThenRestrict  = "restrict" // intermediate archiving: kept, out of daily view, with its own end
	ThenAnonymise = "anonymise"
)

// The reasons why what is due waits.
const (
	// OrderOpen: an order of the person is still under way (GDPR Art. 6(1)(b)).
	OrderOpen = "an order is not finished"
)

// starts are the starts that fit what a rule is about, the usual one first.
var starts = map[string][]string{
	Media:      {FromCompletion, FromInteraction},
	Contract:   {FromEnd, FromCompletion, FromInteraction},
	Billing:    {FromYearEnd},
	Commercial: {FromContact, FromInteraction},
	Unfinished: {FromInteraction},
}

// thens are what may happen at the end.
var thens = map[string][]string{
	Media: {ThenDelete}, Contract: {ThenRestrict}, Billing: {ThenDelete, ThenAnonymise}, Commercial: {ThenDelete, ThenAnonymise}, Unfinished: {ThenDelete, ThenAnonymise},
}

// StartsOf returns the starts that fit what a rule is about, ThensOf what may
// happen at its end.
func StartsOf(data string) []string { return slices.Clone(starts[data]) }

// ThensOf returns what may happen at the end of a rule about data.
func ThensOf(data string) []string { return slices.Clone(thens[data]) }

// About returns what a rule is about: one of Kinds, or "" for a rule that names
// nothing known.
func About(r register.Rule) string {
	data := r.Data
	if slices.Contains(Kinds[:4], r.ID) {
		data = r.ID
	}
	if !slices.Contains(Kinds, data) {
		return ""
	}
	return data
}

var (
	// ErrRule says that a rule is not one: an id that is no word, data, a start or
	// an end that do not fit together.
	ErrRule = errors.New("the retention rule does not hold together")
	// ErrTooShort says that invoices would go before the law lets them (C. com.
	// L123-22).
	ErrTooShort = errors.New("invoices must be kept for ten years")
)

var ruleWord = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Check tells whether a rule can be applied. Only the contract rule may have no
// period. Errors: ErrRule, ErrNoPeriod, ErrTooShort.
func Check(r register.Rule) error {
	data := About(r)
	switch {
	case !ruleWord.MatchString(r.ID), data == "", data == Media && r.ID != Media:
		return fmt.Errorf("rule: %w", ErrRule)
	case !slices.Contains(starts[data], r.Starts), !slices.Contains(thens[data], r.Then):
		return fmt.Errorf("rule %s: %w", r.ID, ErrRule)
	case r.Period == "" && data == Contract:
		return nil
	}
	p, err := law.ParsePeriod(r.Period)
	if err != nil || p.IsZero() {
		return fmt.Errorf("%w: %s", ErrNoPeriod, r.ID)
	}
	// Any day will do: ten years are ten years.
	day := law.Date{Year: 2025, Month: time.December, Day: 31}
	if data == Billing && p.End(day).Before(law.InvoiceKeptUntil(day)) {
		return fmt.Errorf("rule %s: %w", r.ID, ErrTooShort)
	}
	return nil
}

// WithdrawalDays is how long a consumer may withdraw from a contract made at a
// distance (C. conso. L221-18): a contract is not over before.
const WithdrawalDays = 14

func latest(ts ...time.Time) time.Time {
	var out time.Time
	for _, t := range ts {
		if t.After(out) {
			out = t
		}
	}
	return out
}

func earliest(ts ...time.Time) time.Time {
	var out time.Time
	for _, t := range ts {
		if !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	return out
}

// Placed returns when the person placed an order: her act, unlike what the shop
// changes of it later. An order without a date of its making was placed no later
// than the first date that it has.
func Placed(o order.Order) time.Time {
	if !o.CreatedAt.IsZero() {
		return o.CreatedAt
	}
	return earliest(o.CompletedAt, o.ModifiedAt)
}

// Finished tells whether nothing of an order is left to be done. An order of
// which nothing is known is not finished.
func Finished(s order.State) bool {
	switch s {
	case order.Completed, order.Cancelled, order.Refunded, order.Failed, order.Trashed, order.Gone:
		return true
	}
	return false
}

// Concluded tells whether an order may have been paid, so that there is an
// invoice of it.
func Concluded(s order.State) bool {
	return s != order.Cancelled && s != order.Failed
}

// RelationEnd returns the day from which nothing of an order's contract is left
// to be done: it is finished, was not changed since (a return, a refund), the
// time to withdraw is over, and so is the media period. The zero date while the
// contract runs.
func RelationEnd(o order.Order, media law.Period, zone *time.Location) law.Date {
	if !Finished(o.State) {
		return law.Date{}
	}
	last := latest(o.CreatedAt, o.CompletedAt, o.ModifiedAt)
	if last.IsZero() {
		return law.Date{}
	}
	end := law.DateOf(last, zone)
	if !o.CompletedAt.IsZero() {
		if d := law.DateOf(o.CompletedAt, zone).AddDays(WithdrawalDays); d.After(end) {
			end = d
		}
	}
	if s := MediaStart(o, time.Time{}, zone); !s.Date.IsZero() {
		if d := media.End(s.Date).AddDays(1); d.After(end) {
			end = d
		}
	}
	return end
}

// InvoiceDay returns the day of an order's invoice: its completion, or its
// making; of a refunded one, the day of the credit note where that is later. The
// zero date where no invoice was made or no day is known.
func InvoiceDay(o order.Order, zone *time.Location) law.Date {
	if !Concluded(o.State) {
		return law.Date{}
	}
	at := o.CompletedAt
	if at.IsZero() {
		at = o.CreatedAt
	}
	if o.State == order.Refunded {
		at = latest(at, o.ModifiedAt)
	}
	if at.IsZero() {
		return law.Date{}
	}
	return law.DateOf(at, zone)
}

// HasPerson tells whether an order's record still holds anything of the customer.
func HasPerson(o order.Order) bool { return o.Customer != (order.Customer{}) }
