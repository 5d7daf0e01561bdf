package cases

import (
	"regexp"
	"slices"
	"strings"

	"greffier/app/mailbox"
	"greffier/app/order"
)

// The reasons of a Match that only propose, keys of the text catalog. None is
// ever Strong, and none selects an order by itself.
const (
	MatchToldEmail  = "match.told_email"  // the address that was told is the order's
	MatchToldNumber = "match.told_number" // its number stands in what was told
	MatchAlias      = "match.alias"       // another spelling of the same mailbox: plus sign, points at Gmail
	MatchPhone      = "match.phone"       // the order's telephone number is given
	MatchAddress    = "match.address"     // the delivery postcode and the customer's last name are given
	MatchObject     = "match.object"      // a photo or folder of the order is named
	MatchMessage    = "match.message"     // a later message of the case names its number
	MatchNameNear   = "match.name_near"   // a name written a little differently: typing, order, maiden name
	MatchBook       = "match.book"        // the child's first name stands on a product of the order
	MatchSearch     = "match.search"      // found by a search of the owner's
)

// MatchGroup is how far a proposal may be trusted, for the eye.
type MatchGroup int

// The groups. The zero value is the cautious one.
const (
	MatchWeak MatchGroup = iota
	MatchLikely
	MatchSure
)

// String returns the word used in records and JSON.
func (g MatchGroup) String() string { return [...]string{"weak", "likely", "sure"}[g] }

// Group tells how far the proposal may be trusted.
func (m Match) Group() MatchGroup {
	switch m.Why {
	case MatchEmail, MatchEmailNumber, MatchOwner:
		return MatchSure
	case MatchNumber, MatchToldEmail, MatchToldNumber, MatchAlias, MatchPhone, MatchAddress, MatchObject, MatchMessage:
		return MatchLikely
	}
	return MatchWeak
}

// Clues are what is known of whom orders may belong to. Personal data and
// hostile text.
type Clues struct {
	Email string // as told; not proven
	Name  string
	Child string // the first name of the person concerned, where it is another
	Text  string // what was written or told
	Told  bool   // by another way than mail: numbers and the address are read from it
}

const (
	maxProposed = 25  // proposals of one group by clues
	maxClueText = 1e5 // bytes of text that are read for clues
	phoneDigits = 9   // that are compared: what stands before is a country or a zero
)

// seeker compares orders with clues. What it needs of the clues is made once,
// so that a hundred thousand orders are compared in little time.
type seeker struct {
	Clues
	key    string // of the address
	domain string
	text   string // folded
	words  map[string]bool
	names  []string // folded words of the name
	child  string   // folded, with a space on each side
	phones map[string]bool
	paths  map[string]bool // segments of paths in the text
	refs   map[string]bool // whole paths and addresses in the text
}

func newSeeker(c Clues) *seeker {
	c.Text = c.Text[:min(len(c.Text), maxClueText)]
	s := &seeker{Clues: c, key: mailKey(c.Email), text: fold(c.Text + "\n" + oneLine(c.Name, 200)), words: map[string]bool{}, phones: phonesIn(c.Text), paths: map[string]bool{}, refs: map[string]bool{}}
	s.domain = domainOf(s.key)
	for w := range strings.FieldsSeq(s.text) {
		s.words[w] = true
	}
	for w := range strings.FieldsSeq(fold(oneLine(c.Name, 200))) {
		if len(w) >= minNameLen && len(s.names) < 8 && !slices.Contains(particles, w) {
			s.names = append(s.names, w)
		}
	}
	if first, _, _ := strings.Cut(strings.TrimSpace(fold(oneLine(c.Child, 100))), " "); len(first) > minNameLen {
		s.child = " " + first + " "
	}
	for _, w := range strings.FieldsFunc(c.Text, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`<>"'()[]«»,;`, r) }) {
		if w, _, _ = strings.Cut(w, "?"); !strings.Contains(w, "/") || len(w) > 1000 {
			continue
		}
		w = strings.TrimRight(w, ".!:")
		s.refs[w] = true
		parts := strings.Split(w, "/")
		for _, p := range parts {
			if len(p) > 2 {
				s.paths[strings.ToUpper(p)] = true
			}
		}
	}
	return s
}

// why returns the best reason why an order may be meant, "" for none.
func (s *seeker) why(o order.Order) string {
	if o.Erased || len(o.Customer.FirstName) > 200 || len(o.Customer.LastName) > 200 {
		return ""
	}
	c := o.Customer
	if s.key != "" && c.Email != "" && (dotless(s.domain) || strings.HasSuffix(strings.ToLower(strings.TrimSpace(c.Email)), s.domain)) && mailKey(c.Email) == s.key {
		switch {
		case mailbox.NormEmail(c.Email) != mailbox.NormEmail(s.Email):
			return MatchAlias
		case s.Told:
			return MatchToldEmail
		}
	}
	if len(s.phones) > 0 && s.phones[lastDigits(c.Phone)] {
		return MatchPhone
	}
	number := bareNumber(o.Number)
	if s.Told && len(number) > 2 && s.words[strings.TrimSpace(fold(number))] {
		return MatchToldNumber
	}
	if len(s.paths) > 0 && (len(number) > 2 && s.paths[number] || slices.ContainsFunc(o.Photos, func(p string) bool { return s.refs[p] })) {
		return MatchObject
	}
	first, last := fold(c.FirstName), fold(c.LastName)
	hasLast := hasName(s.text, s.words, last)
	if hasLast && s.hasPostcode(c.Postcode) {
		return MatchAddress
	}
	if hasLast && hasName(s.text, s.words, first) {
		return MatchName
	}
	if s.nearName(first, last) {
		return MatchNameNear
	}
	if s.child != "" && slices.ContainsFunc(o.Lines, func(l order.Line) bool { return len(l.Name) < 500 && strings.Contains(fold(l.Name), s.child) }) {
		return MatchBook
	}
	return ""
}

// hasPostcode tells whether a delivery postcode stands in the text.
func (s *seeker) hasPostcode(code string) bool {
	code = fold(code)
	first, _, _ := strings.Cut(strings.TrimSpace(code), " ")
	return len(strings.TrimSpace(code)) >= 4 && s.words[first] && strings.Contains(s.text, code)
}

// particles are the small words of names, by which nobody is known.
var particles = []string{"de", "du", "des", "la", "le", "les", "van", "von", "der", "den", "el", "al", "da", "di", "ep", "epouse", "nee", "ne", "mme", "madame", "monsieur", "mr", "mrs", "ms"}

// nearName tells whether the words of a customer's name are nearly those of the
// person: a first name and a last name, each the same or a letter or two off, in
// any order. One word of a double name is enough, which is how a maiden name or
// a husband's name is added.
func (s *seeker) nearName(first, last string) bool {
	if len(s.names) < 2 {
		return false
	}
	// A word of the person's name is used once: "Martin Martin" is nobody else.
	used := -1
	near := func(name string) bool {
		for w := range strings.FieldsSeq(name) {
			if len(w) <= minNameLen || slices.Contains(particles, w) {
				continue
			}
			for i, n := range s.names {
				if i != used && nearWord(w, n) {
					used = i
					return true
				}
			}
		}
		return false
	}
	if !near(last) {
		return false
	}
	return near(first)
}

// nearWord tells whether two folded words of a name are the same up to a slip of
// the keyboard: one for four letters and more, two for eight and more.
func nearWord(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) < 4 || len(b) < 4 || len(a) > 40 || len(b) > 40 {
		return false
	}
	if d := len(a) - len(b); d > 2 || d < -2 {
		return false
	}
	if oneOff(a, b) {
		return true
	}
	return min(len(a), len(b)) >= 8 && slips(a, b) <= 2
}

// slips is how many letters have to be changed, added, lost or swapped with
// their neighbour to make b of a (optimal string alignment).
func slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	prev2, prev, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(y)]
}

// lastDigits are the digits of a telephone number that are compared, "" for too
// few.
func lastDigits(s string) string {
	var buf [32]byte
	n := 0
	for i := 0; i < len(s) && n < len(buf); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			buf[n] = s[i]
			n++
		}
	}
	if n < phoneDigits {
		return ""
	}
	return string(buf[n-phoneDigits : n])
}

// phoneNumber is what looks like a telephone number in running text.
var phoneNumber = regexp.MustCompile(`\+?\(?\d(?:[ .\-/()\x{00a0}\x{202f}]{0,2}\d){8,14}`)

// phonesIn finds the telephone numbers of a text, as lastDigits of each.
func phonesIn(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range phoneNumber.FindAllString(text, 50) {
		if d := lastDigits(m); d != "" {
			out[d] = true
		}
	}
	return out
}

// childNamed finds the first name that stands after the word for a child, as in
// "ma fille Léa": "" where there is none.
var childNamedIn = regexp.MustCompile(`(?i:\b(?:fils|filles?|enfants?|b[ée]b[ée]|son|daughter|child|baby|sohn|tochter|zoon|dochter|hij[oa]|figli[oa]))[ ,:]{1,3}(?i:prénommée?\s+|named\s+|called\s+)?(\p{Lu}\p{Ll}[\p{L}-]{0,30})`)

func childNamed(text string) string {
	if m := childNamedIn.FindStringSubmatch(text[:min(len(text), maxClueText)]); m != nil {
		return m[1]
	}
	return ""
}

// ProposeFor proposes the orders that clues lead to, the best groups first. It
// confirms nothing, selects nothing and calls nothing Strong: the owner looks.
func ProposeFor(c Clues, orders []order.Order) []Match {
	return newSeeker(c).propose(orders, func(int) bool { return false })
}

// propose looks at every order but those to skip.
func (s *seeker) propose(orders []order.Order, skip func(i int) bool) []Match {
	var likely, weak []Match
	for i, o := range orders {
		if skip(i) || len(likely) >= maxProposed && len(weak) >= maxProposed {
			continue
		}
		m := Match{Order: o.ID, Number: o.Number, Why: s.why(o)}
		switch {
		case m.Why == "":
		case m.Group() == MatchLikely && len(likely) < maxProposed:
			likely = append(likely, m)
		case m.Group() == MatchWeak && len(weak) < maxProposed:
			weak = append(weak, m)
		}
	}
	return append(likely, weak...)
}

// CluesOf gathers what a case knows of whom orders may belong to. texts are what
// its messages say.
func CluesOf(c Case, texts ...string) Clues {
	text := strings.Join(append(texts, c.Told), "\n")
	child := childOf(c)
	if child == "" {
		child = childNamed(text)
	}
	name := c.Requester.Name
	if c.Depicted && c.Link != Self {
		name += " " + c.Concerned.Name
	}
	return Clues{Email: c.Requester.Email, Name: name, Child: child, Text: text, Told: c.Channel != ChannelMail && c.Channel != ""}
}

// Propose adds to a case the proposals that it does not have yet, not selected,
// and tells how many they were.
func (c Case) Propose(more []Match) (Case, int) {
	c = c.Copy()
	n := 0
	for _, m := range more {
		if !slices.ContainsFunc(c.Orders, func(x Match) bool { return x.Order == m.Order }) {
			m.Strong, m.Selected, m.Confirmed, m.LeftOut = false, false, false, false
			c.Orders = append(c.Orders, m)
			n++
		}
	}
	return c, n
}

// NamedLater proposes orders that a further message of the case names.
func NamedLater(c Case, orders []order.Order) Case {
	var more []Match
	for _, o := range orders {
		more = append(more, Match{Order: o.ID, Number: o.Number, Why: MatchMessage})
	}
	c, _ = c.Propose(more)
	for i, m := range c.Orders {
		// What the owner left out before it was named is to be looked at again.
		if m.LeftOut && slices.ContainsFunc(orders, func(o order.Order) bool { return o.ID == m.Order }) {
			c.Orders[i].LeftOut = false
		}
	}
	return c
}

// maxFound bounds what a search returns.
const maxFound = 50

// Search finds orders by what the owner types: a number, a name, an address, a
// telephone number, a place. The best come first: the number, then the address,
// then the words, each of which must begin a word of the order.
func Search(query string, orders []order.Order) []Match {
	query = oneLine(query, 200)
	words := strings.Fields(fold(query))
	if len(words) == 0 {
		return nil
	}
	number, loose := bareNumber(query), withoutZeros(query)
	key, phones := mailKey(query), phonesIn(query)
	var found [4][]Match
	for _, o := range orders {
		at := -1
		email := mailbox.NormEmail(o.Customer.Email)
		switch {
		case bareNumber(o.Number) == number:
			at = 0
		case loose != "" && withoutZeros(o.Number) == loose, key != "" && mailKey(email) == key, len(phones) > 0 && phones[lastDigits(o.Customer.Phone)]:
			at = 1
		case strings.ContainsRune(query, '@') && email != "" && strings.Contains(email, strings.ToLower(query)):
			at = 2
		case begins(words, o):
			at = 3
		}
		if at >= 0 && len(found[at]) < maxFound {
			found[at] = append(found[at], Match{Order: o.ID, Number: o.Number, Why: MatchSearch})
		}
	}
	out := slices.Concat(found[:]...)
	return out[:min(len(out), maxFound)]
}

// begins tells whether each word begins a word of the order.
func begins(words []string, o order.Order) bool {
	c := o.Customer
	text := fold(strings.Join([]string{o.Number, c.FirstName, c.LastName, c.Address, c.Postcode, c.City, c.Email}, " "))
	for _, w := range words {
		if !strings.Contains(text, " "+w) {
			return false
		}
	}
	return true
}
