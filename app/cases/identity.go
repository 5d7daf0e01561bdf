package cases

import (
	"slices"
	"strings"
	"unicode"

	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// Provider is what is known of the owner's own mail provider from the mail that
// it delivered before.
type Provider struct {
	// Marks tells that the provider put trusted Authentication-Results on most
	// mails, so that one without them did not come the usual way.
	Marks bool
}

// The signs of identity, keys of the text catalog. Each is emitted by Weigh or
// by a step of the case.
const (
	SignOneSender        = "identity.one_sender"        // the From line names one address
	SignNoSender         = "identity.no_sender"         // it names none
	SignSeveralSenders   = "identity.several_senders"   // it names several (RFC 5322, 3.6.2): a forger's way
	SignOrderAddress     = "identity.order_address"     // the address is that of an order; Arg the numbers
	SignUnknownAddress   = "identity.unknown_address"   // it is that of no order
	SignDMARCPass        = "identity.dmarc_pass"        // Arg the domain
	SignDMARCFail        = "identity.dmarc_fail"        // Arg the domain
	SignDKIMPass         = "identity.dkim_pass"         // Arg the domain that signed
	SignDKIMOther        = "identity.dkim_other"        // signed by another domain; Arg
	SignDKIMFail         = "identity.dkim_fail"         // Arg the domain
	SignDKIMOwn          = "identity.dkim_own"          // Greffier itself verified the domain's signature; Arg the domain
	SignSPFPass          = "identity.spf_pass"          // Arg the domain
	SignSPFFail          = "identity.spf_fail"          // Arg the domain
	SignNotChecked       = "identity.not_checked"       // the provider says nothing of any mail
	SignProviderSilent   = "identity.provider_silent"   // it speaks on most mails, not on this one
	SignUntrusted        = "identity.untrusted_results" // somebody else's results are on top; Arg who claims to have checked
	SignReplyTo          = "identity.reply_to"          // answers would go elsewhere; Arg the address
	SignNameShowsAddress = "identity.name_address"      // the display name shows another address; Arg
	SignLookAlikeDomain  = "identity.lookalike_domain"  // Arg the real domain
	SignLookAlikeAddress = "identity.lookalike_address" // almost the address of an order
	SignNameOtherAddress = "identity.name_other"        // a customer's name, another address
	SignNumberNamed      = "identity.number_named"      // an order of the sender is named; Arg the numbers
	SignNumberOther      = "identity.number_other"      // the order named has another address; Arg the numbers
	SignNumberNotOwn     = "identity.number_not_own"    // an order named besides is not the sender's; Arg the numbers
	SignPostcode         = "identity.postcode"          // the postcode of the order is named
	SignChallengeMet     = "identity.challenge_met"     // a challenge was met
	SignOwnerConfirmed   = "identity.owner_confirmed"   // the owner recorded why she is sure
)

// Weigh gathers the evidence on who wrote a message and says how far it proves
// that the writer is the customer of the matched orders (GDPR Art. 12(6)). It
// looks only at what the owner's own provider recorded, never at what the
// message says of itself.
//
// The level is Doubtful when one sign speaks against the person, Probable when
// the address of every order in scope wrote and the provider vouches for its
// domain by DMARC or an aligned DKIM signature, and Unproven otherwise. It is
// never Confirmed: that takes a challenge met or the owner's written reason.
func Weigh(m mailbox.Message, matches []Match, orders []order.Order, history Provider) Identity {
	sender, _ := m.Sender()
	from := sender.Norm()
	byID := make(map[int64]order.Order, len(matches))
	for _, o := range orders {
		if slices.ContainsFunc(matches, func(x Match) bool { return x.Order == o.ID }) {
			byID[o.ID] = o
		}
	}

	auth, vouched := authSigns(m, history)
	signs := auth

	// What the matches say. An order that is not in scope is not at stake, so
	// that naming somebody else's besides one's own is shown, not held against.
	var own, ownNamed, alien, besides []string
	strong, selected := 0, 0
	for _, x := range matches {
		switch {
		case x.Strong && x.Why == MatchEmailNumber:
			ownNamed = append(ownNamed, x.Number)
			own = append(own, x.Number)
		case x.Strong:
			own = append(own, x.Number)
		case x.Why == MatchNumber && x.Selected:
			alien = append(alien, x.Number)
		case x.Why == MatchNumber:
			besides = append(besides, x.Number)
		}
		if x.Selected {
			selected++
			if x.Strong {
				strong++
			}
		}
	}
	switch {
	case len(own) > 0:
		signs = append(signs, Sign{Key: SignOrderAddress, Arg: list(own), For: true})
	case from != "":
		signs = append(signs, Sign{Key: SignUnknownAddress})
	}
	if len(ownNamed) > 0 {
		signs = append(signs, Sign{Key: SignNumberNamed, Arg: list(ownNamed), For: true})
	}
	if len(alien) > 0 {
		signs = append(signs, Sign{Key: SignNumberOther, Arg: list(alien), Against: true})
	}
	if len(besides) > 0 {
		signs = append(signs, Sign{Key: SignNumberNotOwn, Arg: list(besides)})
	}
	if namesPostcode(m, matches, byID) {
		signs = append(signs, Sign{Key: SignPostcode, For: true})
	}
	if len(own) == 0 && from != "" {
		signs = append(signs, lookAlikeSigns(sender, orders)...)
	}

	id := Identity{Signs: signs}
	switch {
	case id.contradicted():
		id.Level = Doubtful
	case vouched && len(own) > 0 && strong == selected:
		id.Level = Probable
	}
	return id
}

// Reweigh weighs the message that asked again, after the matches, the orders or
// the provider's history changed. What the owner confirmed stays confirmed. A
// later reply is not what to weigh: that a customer answered does not prove
// that it was she who had asked.
func Reweigh(c Case, m mailbox.Message, orders []order.Order, history Provider) Case {
	if c.Identity.Level == Confirmed {
		return c
	}
	c.Identity = Weigh(m, c.Orders, orders, history)
	return c
}

// contradicted tells whether a sign speaks against the person.
func (id Identity) contradicted() bool {
	return slices.ContainsFunc(id.Signs, func(s Sign) bool { return s.Against })
}

// authSigns returns what can be said of a message without knowing any order,
// and whether the owner's provider vouches for the sender's domain.
func authSigns(m mailbox.Message, history Provider) (signs []Sign, vouched bool) {
	add := func(key, arg string, speaksFor, against bool) {
		signs = append(signs, Sign{Key: key, Arg: oneLine(arg, 100), For: speaksFor, Against: against})
	}
	sender, one := m.Sender()
	switch {
	case one:
		add(SignOneSender, "", false, false)
	case m.FromFields > 1 || len(m.From) > 1:
		add(SignSeveralSenders, "", false, true)
	default:
		add(SignNoSender, "", false, true)
	}

	a, domain := m.Auth, domainOf(sender.Norm())
	dkimAligned := a.DKIM == mailbox.Pass && (a.DKIMDomain == "" || within(a.DKIMDomain, domain))
	spfAligned := a.SPF == mailbox.Pass && (a.SPFDomain == "" || within(a.SPFDomain, domain))
	// A field of somebody else on top of the provider's own may have been made
	// up to hide it: then only what failed is believed.
	believed := a.AuthServID != "" && a.UntrustedBy == ""
	switch {
	case a.UntrustedBy != "":
		add(SignUntrusted, a.UntrustedBy, false, history.Marks)
	case a.AuthServID == "" && history.Marks:
		add(SignProviderSilent, "", false, true)
	case a.AuthServID == "":
		add(SignNotChecked, "", false, false)
	}
	switch {
	case a.DMARC == mailbox.Fail:
		add(SignDMARCFail, domain, false, true)
	case a.DMARC == mailbox.Pass && believed && one:
		add(SignDMARCPass, domain, true, false)
		vouched = true
	}
	switch {
	case dkimAligned && believed && one:
		add(SignDKIMPass, a.DKIMDomain, true, false)
		vouched = vouched || a.DMARC != mailbox.Fail
	case a.DKIM == mailbox.Pass && !dkimAligned, a.DKIM == mailbox.Neutral && a.DKIMDomain != "" && !within(a.DKIMDomain, domain):
		add(SignDKIMOther, a.DKIMDomain, false, false)
	case a.DKIM == mailbox.Fail:
		// A list or a forwarder breaks a signature; where DMARC passed all the
		// same, another check spoke for the domain.
		add(SignDKIMFail, a.DKIMDomain, false, !vouched)
	}
	switch {
	case a.OwnDKIM == mailbox.Pass && one && within(a.OwnDKIMDomain, domain):
		// As good as the provider's word: the domain's own key says it.
		if !vouched {
			add(SignDKIMOwn, a.OwnDKIMDomain, true, false)
		}
		vouched = vouched || a.DMARC != mailbox.Fail
	case a.OwnDKIM == mailbox.Fail && a.DKIM != mailbox.Fail:
		add(SignDKIMFail, a.OwnDKIMDomain, false, !vouched)
	}
	switch {
	case spfAligned && believed && one:
		// It speaks for the envelope's domain only: never enough alone.
		add(SignSPFPass, a.SPFDomain, true, false)
	case a.SPF == mailbox.Fail:
		add(SignSPFFail, a.SPFDomain, false, !vouched)
	}

	for _, r := range m.ReplyTo {
		if r.Norm() != "" && r.Norm() != sender.Norm() {
			add(SignReplyTo, r.Norm(), false, true)
			break
		}
	}
	for _, shown := range addressesIn(sender.Name) {
		if shown != sender.Norm() {
			add(SignNameShowsAddress, shown, false, true)
			break
		}
	}
	return signs, vouched
}

// lookAlikeSigns compares a sender whose address is that of no order with the
// customers known: almost their address or domain, or their name over another
// address. Orders whose data were erased say nothing any more.
func lookAlikeSigns(sender mailbox.Address, orders []order.Order) []Sign {
	from := sender.Norm()
	domain, local := domainOf(from), localOf(from)
	name := strings.TrimSpace(fold(oneLine(sender.Name, 200)))
	known := map[string]bool{}
	for _, o := range orders {
		known[domainOf(mailbox.NormEmail(o.Customer.Email))] = true
	}
	var address, real string
	sameName := false
	near := map[string]bool{} // domains already compared
	for _, o := range orders {
		email := mailbox.NormEmail(o.Customer.Email)
		if o.Erased || email == "" || email == from || dotless(domain) && mailKey(email) == mailKey(from) {
			continue // at Gmail an address with other points is the same mailbox
		}
		d, l := domainOf(email), localOf(email)
		if address == "" && d == domain && len(l) > 4 && alike(l, local) {
			address = email
		}
		if _, done := near[d]; !done {
			near[d] = alike(d, domain)
		}
		// Two real providers may be a letter apart (gmx.de, gmx.be): where the
		// sender's domain is that of a customer too, the same name before the
		// at sign is what makes it a look-alike.
		if real == "" && near[d] && (!known[domain] || l == local) {
			real = d
		}
		if !sameName && name != "" {
			first, last := strings.TrimSpace(fold(o.Customer.FirstName)), strings.TrimSpace(fold(o.Customer.LastName))
			sameName = first != "" && last != "" && (name == first+" "+last || name == last+" "+first)
		}
	}
	var out []Sign
	if address != "" {
		// Not the address itself: it is somebody's, perhaps another person's.
		out = append(out, Sign{Key: SignLookAlikeAddress, Against: true})
	}
	if real != "" {
		out = append(out, Sign{Key: SignLookAlikeDomain, Arg: oneLine(real, 100), Against: true})
	}
	if sameName {
		out = append(out, Sign{Key: SignNameOtherAddress, Against: true})
	}
	return out
}

// namesPostcode tells whether the mail names the delivery postcode of an order
// of the sender or of an order that it names by its number.
func namesPostcode(m mailbox.Message, matches []Match, byID map[int64]order.Order) bool {
	text := ""
	for _, x := range matches {
		code := strings.TrimSpace(fold(byID[x.Order].Customer.Postcode))
		if len(code) < 4 || !slices.Contains([]string{MatchEmail, MatchEmailNumber, MatchNumber}, x.Why) {
			continue
		}
		if text == "" {
			text = fold(m.Subject[:min(len(m.Subject), 2000)] + "\n" + m.Text[:min(len(m.Text), mailbox.MaxTextBytes)])
		}
		if strings.Contains(text, " "+code+" ") {
			return true
		}
	}
	return false
}

// addressesIn returns the e-mail addresses that a display name shows, in the
// form in which they are compared.
func addressesIn(name string) []string {
	var out []string
	for _, word := range strings.FieldsFunc(name[:min(len(name), 1000)], func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`<>()[]",;:'«»`, r)
	}) {
		word = strings.Trim(mailbox.NormEmail(word), ".")
		local, domain, ok := strings.Cut(word, "@")
		if ok && local != "" && strings.Contains(domain, ".") && !strings.Contains(domain, "@") {
			out = append(out, word)
		}
	}
	return out
}

// domainOf returns what stands after the last at sign, "" without one.
func domainOf(email string) string {
	if i := strings.LastIndexByte(email, '@'); i >= 0 {
		return email[i+1:]
	}
	return ""
}

// localOf returns what stands before the last at sign.
func localOf(email string) string {
	if i := strings.LastIndexByte(email, '@'); i >= 0 {
		return email[:i]
	}
	return ""
}

// within tells whether two domains are one, or one lies within the other. A
// top-level domain is nobody's.
func within(a, b string) bool {
	a, b = strings.ToLower(strings.TrimSuffix(a, ".")), strings.ToLower(strings.TrimSuffix(b, "."))
	if !strings.Contains(a, ".") || !strings.Contains(b, ".") {
		return false
	}
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// list joins order numbers for a sign: hostile text, bounded.
func list(numbers []string) string {
	const most = 10
	short := numbers[:min(len(numbers), most)]
	s := make([]string, 0, most+1)
	for _, n := range short {
		s = append(s, oneLine(n, 40))
	}
	if len(numbers) > most {
		s = append(s, "…")
	}
	return strings.Join(s, ", ")
}

// MayErase tells whether identity allows an erasure without asking further. It
// returns nil when it is Confirmed, or Probable with nothing against it and
// every order in scope the sender's own; else ErrIdentityUnproven. While two
// parents disagree, or a mail that seems to say so waits for the owner's word,
// it returns ErrConflict: an erasure cannot be taken back (law.md 3.2).
//
// GDPR Art. 12(6) allows more questions only where there are reasonable doubts,
// and an address that ordered, for whose domain the provider vouches, leaves
// none for an act that protects the person. Who is shown on a photo without
// being the customer is not proven by the customer's orders.
func MayErase(c Case) error {
	switch {
	case c.Disputed():
		return ErrConflict
	case c.Identity.Level == Confirmed && !(c.Depicted && c.ByCode()):
		return nil
	case c.Identity.Level == Probable && !c.Identity.contradicted() && c.allStrong() && !c.Depicted:
		return nil
	}
	return ErrIdentityUnproven
}

// MayDisclose tells whether data may be handed over, for access and portability.
// It returns nil when identity allows what MayErase asks, and, for who asks for
// somebody else, when the authority is shown: seen by the owner, or a parent who
// sent the photos herself. Else it returns ErrIdentityUnproven; an error that
// matches ErrAuthority and ErrIdentityUnproven where only the authority is
// missing; ErrConflict while two parents disagree.
//
// What is disclosed to the wrong person cannot be taken back, so that anybody
// who asks for somebody else, a parent for a child included, first shows the
// authority to do so (GDPR Art. 12(6), 15(4); C. civ. 371-1; law.md 3.2).
func MayDisclose(c Case) error {
	if err := MayErase(c); err != nil {
		return err
	}
	if !c.authorised() {
		return unauthorised()
	}
	return nil
}

// EraseBySight tells whether the owner may, having looked at the case, confirm
// an erasure whose identity is merely Unproven. It returns nil when MayErase
// does, or when nothing speaks against the person, every order in scope is that
// of the address that wrote, and the person concerned or a parent asks.
// Otherwise it returns ErrIdentityUnproven, ErrNoOrder when no order is in
// scope, or ErrConflict while two parents disagree.
//
// The reasoning: an erasure protects, and discloses nothing. The law wants it
// without delay where a child was shown (LIL Art. 51 II), either parent may ask
// alone, and questions are lawful only where there are reasonable doubts (GDPR
// Art. 12(6)). Many providers record nothing about any mail, and the silence of
// such a provider is no reason for doubt. The owner who confirms has seen the
// mail: the decision is hers, and the journal says so. One sign against the
// person is a reason for doubt, and then only a challenge met or her written
// reason will do.
func EraseBySight(c Case) error {
	if MayErase(c) == nil {
		return nil
	}
	switch {
	case c.Disputed():
		return ErrConflict
	case len(c.Selected()) == 0:
		return ErrNoOrder
	case c.Identity.Level == Unproven && !c.Identity.contradicted() && c.allStrong() && !c.Depicted &&
		(c.Link == Self || c.Link == Parent) && !slices.Contains(c.Marks, request.MarkPhishing):
		return nil
	}
	return ErrIdentityUnproven
}

// allStrong tells whether every order in scope is the sender's own.
func (c Case) allStrong() bool {
	return !slices.ContainsFunc(c.Orders, func(m Match) bool { return m.Selected && !m.Strong })
}
