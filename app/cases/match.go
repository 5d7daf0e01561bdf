package cases

import (
	"slices"
	"strings"

	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// The reasons of a Match, keys of the text catalog.
const (
	MatchEmail       = "match.email"        // the order's own address wrote
	MatchEmailNumber = "match.email_number" // it wrote, and names this order
	MatchNumber      = "match.number"       // the mail names the order's number
	MatchName        = "match.name"         // the mail carries the customer's name
	MatchOwner       = "match.owner"        // the owner added the order by hand
)

// What one mail may make of the list of orders.
const (
	maxNamed   = 50 // order numbers read from one mail
	maxByName  = 25 // orders whose customer's name is looked at beside the address
	minNameLen = 2  // letters of a first or last name that is looked for
)

// Propose proposes the orders to which a mail may belong, and which of them its
// request means. It never confirms: the owner does.
//
// An order is Strong only when the one address that wrote is the order's own.
// An order of somebody else, named or not, never is.
//
// Selected follows what was asked. The sender's own orders that the mail names
// are meant, and only these; with request.MarkAllData, or when no number is
// named, all of the sender's orders are. When the mail names only numbers that
// are not the sender's, what is meant is unclear: nothing is selected, except
// the order of a sender who has just one and names a number that nobody has. A
// sender without orders who names one by its number has it selected, not
// Strong, so that identity has to be settled first. A name alone, a telephone
// number or whatever else only points to an order never selects anything, and
// neither does an order that was erased. One address may serve
// several people: where the sender's name is that of some of the orders of the
// address, those in another name are proposed and not selected, save where the
// mail names them.
func Propose(v request.Verdict, m mailbox.Message, orders []order.Order) []Match {
	sender, _ := m.Sender()
	from := sender.Norm()
	numbers := numbersOf(v)
	named := namedOrders(numbers, orders)
	var byName map[int]bool

	var own, ownNamed, others []int // places in orders
	for i, o := range orders {
		switch {
		case from != "" && !o.Erased && mailbox.NormEmail(o.Customer.Email) == from:
			own = append(own, i)
			if named[i] {
				ownNamed = append(ownNamed, i)
			}
		case named[i]:
			others = append(others, i)
		}
	}
	byName = namedCustomers(v, m, orders)

	var out []Match
	add := func(i int, why string, strong, selected bool) {
		o := orders[i]
		out = append(out, Match{Order: o.ID, Number: o.Number, Why: why, Strong: strong, Selected: selected})
	}
	theirs := map[int]bool{} // orders of the address in another name
	for _, i := range own {
		n := orders[i].Customer.Name()
		theirs[i] = n != "" && !SameName(n, sender.Name) && !byName[i]
	}
	if !slices.ContainsFunc(own, func(i int) bool { return !theirs[i] && orders[i].Customer.Name() != "" }) {
		clear(theirs) // the name says nothing
	}
	lone := len(own) == 1 && len(others) == 0
	all := len(numbers) == 0 || v.Has(request.MarkAllData) || lone
	for _, i := range own {
		if named[i] {
			add(i, MatchEmailNumber, true, true)
		} else {
			add(i, MatchEmail, true, !theirs[i] && (len(ownNamed) == 0 && all || v.Has(request.MarkAllData)))
		}
	}
	for _, i := range others {
		add(i, MatchNumber, false, len(own) == 0 && !orders[i].Erased)
	}
	text := newText(v, m)
	seen := make(map[int]bool, len(own)+len(named))
	for _, i := range own {
		seen[i] = true
	}
	further := newSeeker(Clues{Email: from, Name: sender.Name, Child: childNamed(text), Text: text})
	return append(out, further.propose(orders, func(i int) bool { return seen[i] || named[i] })...)
}

// numbersOf returns the order numbers that a verdict names, bounded, each once.
func numbersOf(v request.Verdict) []string {
	var out []string
	for _, n := range v.Orders {
		n = bareNumber(n)
		if n == "" || slices.Contains(out, n) {
			continue
		}
		if out = append(out, n); len(out) == maxNamed {
			break
		}
	}
	return out
}

// bareNumber is an order number without the sign that people and shops set
// before it.
func bareNumber(s string) string {
	return strings.ToUpper(strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(s), "#")))
}

// withoutZeros is the looser form, tried when no order has the exact number.
func withoutZeros(s string) string { return strings.TrimLeft(bareNumber(s), "0") }

// namedOrders returns the places of the orders that have one of the numbers:
// exactly, or up to leading zeros for a number that no order has exactly.
func namedOrders(numbers []string, orders []order.Order) map[int]bool {
	named := map[int]bool{}
	if len(numbers) == 0 {
		return named
	}
	exact, loose := map[string]bool{}, map[string]bool{}
	for _, n := range numbers {
		exact[n] = true
	}
	found := map[string]bool{}
	for i, o := range orders {
		if n := bareNumber(o.Number); n != "" && exact[n] {
			named[i], found[n] = true, true
		}
	}
	for _, n := range numbers {
		if z := withoutZeros(n); z != "" && !found[n] {
			loose[z] = true
		}
	}
	if len(loose) == 0 {
		return named
	}
	for i, o := range orders {
		if loose[withoutZeros(o.Number)] {
			named[i] = true
		}
	}
	return named
}

// namedCustomers returns the places of the orders whose customer's first and
// last name both stand in what the sender wrote now or in the display name.
func namedCustomers(v request.Verdict, m mailbox.Message, orders []order.Order) map[int]bool {
	text := fold(newText(v, m))
	for _, a := range m.From {
		text += fold(oneLine(a.Name, 200))
	}
	tokens := map[string]bool{}
	for t := range strings.FieldsSeq(text) {
		tokens[t] = true
	}
	out := map[int]bool{}
	for i, o := range orders {
		if len(out) == maxByName {
			break
		}
		if o.Erased || len(o.Customer.FirstName) > 200 || len(o.Customer.LastName) > 200 {
			continue
		}
		first, last := fold(o.Customer.FirstName), fold(o.Customer.LastName)
		if hasName(text, tokens, last) && hasName(text, tokens, first) {
			out[i] = true
		}
	}
	return out
}

// hasName tells whether a folded name stands in a folded text as whole words.
// The tokens spare the search through the text for the many names that are not
// in it.
func hasName(text string, tokens map[string]bool, name string) bool {
	word := strings.TrimSpace(name)
	if len(word) < minNameLen {
		return false
	}
	first, _, several := strings.Cut(word, " ")
	if !tokens[first] {
		return false
	}
	return !several || strings.Contains(text, name)
}

// WrittenNow returns what the sender of a mail wrote now, subject included, as
// far as the verdict tells it from what is quoted.
func WrittenNow(m mailbox.Message, v request.Verdict) string { return newText(v, m) }

// newText returns what the sender wrote now, subject included: the parts that
// the verdict names, or everything where it names none.
func newText(v request.Verdict, m mailbox.Message) string {
	text := m.Text[:min(len(m.Text), mailbox.MaxTextBytes)]
	var b strings.Builder
	b.WriteString(m.Subject[:min(len(m.Subject), 2000)])
	parts := 0
	for _, s := range v.NewText {
		// Offsets come from another room: a wrong one is passed over.
		if s.Field != request.InText || s.Start < 0 || s.Start > s.End || s.End > len(text) {
			continue
		}
		b.WriteByte('\n')
		b.WriteString(text[s.Start:s.End])
		parts++
	}
	if parts == 0 {
		b.WriteByte('\n')
		b.WriteString(text)
	}
	return b.String()
}

// SameName tells whether two names are those of one person as far as names can
// tell: the same words in any order, whatever their case and accents. An empty
// name is nobody's.
func SameName(a, b string) bool {
	x, y := strings.Fields(fold(oneLine(a, 400))), strings.Fields(fold(oneLine(b, 400)))
	slices.Sort(x)
	slices.Sort(y)
	return len(x) > 0 && slices.Equal(x, y)
}
