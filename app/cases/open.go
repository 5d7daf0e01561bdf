package cases

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// The actors of an event.
const (
	ByOwner    = "owner"
	ByGreffier = "greffier"
	ByPerson   = "person"
)

// The events that opening and threading write, keys of the text catalog. Those
// of the steps stand in Transitions.
const (
	EventOpened       = "case.opened"
	EventAsked        = "case.asked."          // with the right's word: case.asked.erasure
	EventNoReceipt    = "case.no_receipt"      // the receipt is unknown, and the discovery stands for it
	EventFromJunk     = "case.from_junk"       // it lay in the spam folder
	EventFoundLate    = "case.found_late"      // found days after receipt; Arg how many
	EventMessage      = "case.message"         // a further mail came
	EventMessageOther = "case.message_other"   // one came from another address
	EventMessageAfter = "case.message_after"   // one came after the end
	EventIdentityAnew = "case.identity_anew"   // a new right was asked in a mail that proves less
	EventOrdersSet    = "case.orders_selected" // the owner said which orders are meant
	EventMark         = "case.mark."           // with the mark's word: case.mark.minor
)

// foundLateDays is how many days after receipt a discovery is worth a line.
const foundLateDays = 3

// Open opens a case on a rights request: what is asked, by whom and for whom,
// the orders that it may mean, the evidence on identity, and the instant from
// which the legal clock runs (GDPR Art. 12(3): the receipt by the server, not
// the discovery). The zone is the controller's; now is the discovery.
//
// What the provider did with earlier mail is not known here: call Reweigh with
// it before anything is decided on identity.
func Open(m mailbox.Message, v request.Verdict, known []order.Order, now time.Time, zone *time.Location) Case {
	now = now.UTC()
	c := Case{
		State: Received, Channel: "mail", Language: v.Language, Subject: oneLine(m.Subject, 500),
		ReceivedAt: m.ReceivedAt.UTC(), DiscoveredAt: now, FromJunk: m.Junk, Asked: asked(v),
		Requester: requester(m), Marks: marks(v),
	}
	if m.ID != 0 {
		c.Messages = []int64{m.ID}
	}
	c.Link, c.Minor = link(v, m), v.Has(request.MarkMinor)
	if c.Link == Self {
		c.Concerned = c.Requester
	}
	c.Orders = Propose(v, m, known)
	c.Identity = Weigh(m, c.Orders, known, Provider{})

	c.log(now, ByGreffier, EventOpened, "", "")
	for _, a := range c.Asked {
		c.log(now, ByGreffier, EventAsked+a.Right.String(), "", "")
	}
	if m.ReceivedAt.IsZero() {
		c.ReceivedAt = now
		c.log(now, ByGreffier, EventNoReceipt, "", "")
	}
	if m.Junk {
		c.log(now, ByGreffier, EventFromJunk, "", "")
	}
	if n := law.DateOf(c.ReceivedAt, zone).Days(law.DateOf(now, zone)); n >= foundLateDays {
		c.log(now, ByGreffier, EventFoundLate, strconv.Itoa(n), "")
	}
	c.logMarks(now, c.Marks)
	return c
}

// log appends a line to the history.
func (c *Case) log(at time.Time, by, key, arg, note string) {
	c.Events = append(c.Events, Event{At: at.UTC(), By: by, Key: key, Arg: arg, Note: note})
}

// logMarks writes the marks that change how a case is treated.
func (c *Case) logMarks(at time.Time, found []request.Mark) {
	for _, m := range found {
		if m != request.MarkReply && m != request.MarkAllData {
			c.log(at, ByGreffier, eventMark(m), "", "")
		}
	}
}

// asked returns the rights of a verdict, each once with its best confidence.
func asked(v request.Verdict) []Asked {
	var out []Asked
	for _, r := range v.Rights() {
		a := Asked{Right: r}
		for _, f := range v.Findings {
			if f.Right == r {
				a.Confidence = max(a.Confidence, f.Confidence)
			}
		}
		out = append(out, a)
	}
	return out
}

// marks returns the marks of a verdict, each once.
func marks(v request.Verdict) []request.Mark {
	var out []request.Mark
	for _, f := range v.Marks {
		if !slices.Contains(out, f.Mark) {
			out = append(out, f.Mark)
		}
	}
	return out
}

// requester returns who says to ask. With several From addresses it is the
// first one, for the eye only: identity evidence refuses such a message.
func requester(m mailbox.Message) Person {
	for _, a := range m.From {
		if a.Email != "" {
			return Person{Name: oneLine(a.Name, 120), Email: oneLine(a.Norm(), 254)}
		}
	}
	return Person{}
}

// The words by which a sender tells for whom the request is, folded. A phrase
// stands for whole words.
var (
	childWords = []string{
		"fils", "fille", "filles", "enfant", "enfants", "bebe", "bebes", "gamin", "gamine", "gosse", "gosses", "jumeaux", "jumelles",
		"petit garcon", "petite fille", "petit bout", "petite puce",
		"son", "sons", "daughter", "daughters", "child", "children", "kid", "kids", "baby", "babies", "toddler", "twins", "boy", "boys", "girl", "girls",
		"little boy", "little girl", "little one", "minor child", "newborn",
		"sohn", "tochter", "kind", "kinder", "kindes", "kindern", "zoon", "dochter", "kinderen",
		"hijo", "hija", "hijos", "hijas", "figlio", "figlia", "figli", "figlie",
	}
	ownWords = []string{
		"mon", "ma", "mes", "notre", "nos", "my", "our", "mein", "meine", "meines", "meiner", "meinem", "meinen", "unser", "unsere", "unseres", "unserer",
		"mijn", "onze", "ons", "mi", "mis", "nuestro", "nuestra", "nuestros", "nuestras", "mio", "mia", "miei", "mie", "nostro", "nostra",
	}
	// Words that may stand between the two: "mes deux enfants", "my 4 year old son".
	betweenWords = []string{
		"deux", "trois", "quatre", "petit", "petite", "petits", "petites", "jeune", "jeunes", "propre", "propres", "cher", "chere",
		"two", "three", "four", "little", "young", "younger", "youngest", "older", "oldest", "eldest", "year", "years", "yr", "old", "own", "minor", "dear", "underage",
		"zwei", "drei", "kleine", "kleiner", "kleinen", "minderjahrige", "minderjahriger", "minderjahrigen", "minderjahriges", "twee", "drie", "dos", "tres", "due", "tre",
	}
	parentPhrases = []string{
		"autorite parentale", "representant legal", "representante legale", "representants legaux", "tuteur legal", "tutrice legale", "en tant que parent", "en tant que mere", "en tant que pere",
		"en tant que maman", "en tant que papa", "en ma qualite de mere", "en ma qualite de pere", "en qualite de mere", "en qualite de pere", "en qualite de parent", "en qualite de tuteur", "en qualite de tutrice",
		"je suis la mere", "je suis le pere", "je suis sa mere", "je suis son pere", "je suis la maman", "je suis le papa", "je suis sa maman", "je suis son papa",
		"parental responsibility", "parental authority", "legal guardian", "as a parent", "as his mother", "as her mother", "as his father", "as her father", "as their mother", "as their father",
		"as the mother", "as the father", "as the parent", "i am the mother", "i am the father", "i m the mother", "i m the father", "i am his mother", "i am her mother", "i am his father", "i am her father",
		"i am his mum", "i am her mum", "i am his mom", "i am her mom", "i am his dad", "i am her dad", "erziehungsberechtigte", "erziehungsberechtigter", "sorgeberechtigte", "sorgeberechtigter",
		"ouderlijk gezag", "patria potestad", "responsabilita genitoriale",
	}
	lawyerPhrases = []string{
		"mon client", "ma cliente", "mes clients", "notre client", "notre cliente", "nos clients", "cabinet d avocats", "avocat au barreau", "avocate au barreau", "avocat a la cour", "avocate a la cour", "qualite d avocat", "qualite d avocate",
		"my client", "my clients", "our client", "our clients", "law firm", "solicitors", "barrister", "mein mandant", "meine mandantin", "unser mandant", "unsere mandantin", "rechtsanwalt", "rechtsanwaltin", "mijn client", "mi cliente", "il mio cliente",
	}
	agentPhrases = []string{
		"mandataire", "mandat", "mandate", "mandatee", "procuration", "pour le compte de", "au nom de", "on behalf of", "authorised agent", "authorized agent", "power of attorney",
		"im namen von", "im auftrag", "vollmacht", "namens", "volmacht", "en nombre de", "per conto di",
	}
	minorPhrases = []string{
		"je suis mineur", "je suis mineure", "je suis encore mineur", "je suis encore mineure", "i am a minor", "i m a minor", "i am underage", "i m underage", "i am under 18", "i m under 18", "ich bin minderjahrig", "ik ben minderjarig", "soy menor",
	}
	// Other relatives do not hold parental authority.
	otherKin = []string{
		"petit fils", "petits fils", "petits enfants", "neveu", "niece", "neveux", "nieces", "filleul", "filleule", "eleve", "eleves", "beau fils", "belle fille",
		"grandson", "granddaughter", "grandchild", "grandchildren", "grandkids", "grandkid", "nephew", "godson", "goddaughter", "pupil", "pupils", "stepson", "stepdaughter",
		"enkel", "enkelin", "enkelkind", "neffe", "nichte", "kleinzoon", "kleindochter", "nieto", "nieta", "nipote",
	}
)

// link says how the sender stands to the person concerned: Self unless the
// verdict says that a minor or somebody else is concerned, and then what the
// mail says, or LinkUnknown for the owner to settle.
func link(v request.Verdict, m mailbox.Message) Link {
	if !v.Has(request.MarkForAnother) && !v.Has(request.MarkMinor) && !v.Has(request.MarkAgent) {
		return Self
	}
	raw := newText(v, m)
	text := fold(raw)
	says := func(phrases []string) bool {
		return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(text, " "+p+" ") })
	}
	// The hyphen alone tells "ma petite-fille" (a grandchild) from "ma petite fille".
	kin := says(otherKin) || strings.Contains(strings.ToLower(raw), "petite-fille") || strings.Contains(strings.ToLower(raw), "petites-filles")
	switch {
	case says(lawyerPhrases):
		return Lawyer
	case says(parentPhrases):
		return Parent
	case !kin && ownChild(text):
		return Parent
	case kin:
		return LinkUnknown
	case v.Has(request.MarkAgent), v.Has(request.MarkForAnother) && says(agentPhrases):
		return Agent
	case v.Has(request.MarkMinor) && !v.Has(request.MarkForAnother) && (says(minorPhrases) || tellsOwnAge(text)):
		return Self
	}
	return LinkUnknown
}

// ownChild tells whether a folded text speaks of a child as the sender's own:
// "mes deux enfants", "my 4 year old son".
func ownChild(text string) bool {
	words := strings.Fields(text)
	for i, w := range words {
		if !slices.Contains(ownWords, w) {
			continue
		}
		for j := i + 1; j < len(words) && j <= i+5; j++ {
			// "my kind regards" speaks of no child; "mein Kind" does.
			if slices.Contains(childWords, words[j]) && !(words[j] == "kind" && (w == "my" || w == "our")) {
				return true
			}
			if j+1 < len(words) && slices.Contains(childWords, words[j]+" "+words[j+1]) {
				return true
			}
			if _, err := strconv.Atoi(words[j]); err != nil && !slices.Contains(betweenWords, words[j]) {
				break
			}
		}
	}
	return false
}

// tellsOwnAge tells whether a folded text gives the sender's age below 18:
// "j ai 15 ans", "i am 15".
func tellsOwnAge(text string) bool {
	for _, lead := range []string{" j ai ", " i am ", " i m ", " im ", " ich bin ", " ik ben ", " tengo ", " ho "} {
		rest := text
		for {
			i := strings.Index(rest, lead)
			if i < 0 {
				break
			}
			rest = rest[i+len(lead)-1:]
			word, _, _ := strings.Cut(strings.TrimPrefix(rest, " "), " ")
			if n, err := strconv.Atoi(word); err == nil && n > 5 && n < 18 {
				return true
			}
		}
	}
	return false
}
