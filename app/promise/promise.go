package promise

import (
	"strings"
	"time"
	"unicode"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/register"
	"greffier/app/retention"
)

// State is what the evidence says of a promise. The zero value is the cautious
// one.
type State int

// The states of a promise.
const (
	CannotTell State = iota // something is missing
	Kept                    // the evidence is complete and good
	AtRisk                  // it breaks by itself at the end of a stated day
	Broken                  // rows break it
)

// String returns the word used in commands, records and JSON; a value that is
// none of the states is "cannot tell".
func (s State) String() string {
	switch s {
	case Kept:
		return "kept"
	case AtRisk:
		return "at risk"
	case Broken:
		return "broken"
	default:
		return "cannot tell"
	}
}

// Wording is an argument that reads differently in each language.
type Wording register.Text

// String returns the French wording, the English one where it is missing.
func (w Wording) String() string { return register.Text(w).In("fr") }

// Line is one row of evidence: a key of the text catalog with its arguments,
// each a string, an int, a law.Date or a Wording. Strings that come from
// outside are on one line and bounded.
type Line struct {
	Key  string
	Args map[string]any
}

// In returns the arguments as they are written in "fr" or "en": dates in words,
// wordings in that language.
func (l Line) In(lang string) map[string]any {
	out := make(map[string]any, len(l.Args))
	for name, arg := range l.Args {
		switch x := arg.(type) {
		case law.Date:
			out[name] = dateIn(x, lang)
		case Wording:
			out[name] = clean(register.Text(x).In(lang))
		default:
			out[name] = arg
		}
	}
	return out
}

// dateIn writes "1er mars 2026" or "1 March 2026": the long form without its day
// of the week.
func dateIn(d law.Date, lang string) string {
	long := law.FormatDate(d, lang, true)
	if _, rest, ok := strings.Cut(long, " "); ok {
		return rest
	}
	return long
}

// Promise is one promise of the policy with what the records say of it. The
// sentence that it stands for is the text "promise." + ID of the catalog.
type Promise struct {
	ID      string // P1 to P17
	Article string // of the policy: "7", or "3, 10"
	State   State
	// By is the last day on which a promise at risk can still be kept; zero in
	// the other states.
	By       law.Date
	Evidence []Line // what decides the state comes first
	// Mend names the act that mends it: "orders", "processors", "processing",
	// "trackers", "policy", "sync", "requests", "backup", "settings", or ""
	// when it is kept or nothing in the program mends it.
	Mend string
}

// Connection is one service of the profile as its last use showed it.
type Connection struct {
	Kind string // mailbox, shop, storage
	Name string
	// TLS is the protection that was seen: "TLS 1.3" or "TLS 1.2", a word that
	// begins with "SSH" for an SFTP connection, "loopback" for a service and
	// "local" for a file or folder of this machine, "" when no connection was
	// seen yet. Any other word says that the connection was not protected.
	TLS    string
	Failed bool // the last use failed
}

// Input is all that the promises are checked against. What is empty is unknown.
type Input struct {
	Today law.Date       // in the controller's zone; the date of Now when zero
	Zone  *time.Location // the controller's; nil means Europe/Paris
	Now   time.Time      // UTC; the middle of Today when zero

	Controller register.Controller
	Activities []register.Activity
	Processors []register.Processor
	Rules      []register.Rule
	Trackers   []register.Tracker
	Consents   []register.Consent
	Policies   []register.PolicyVersion
	Orders     []order.Order

	Media    *retention.Result // of today; nil when the storages were not listed
	MediaErr bool              // they could not be listed
	Locators int
	Storages int

	Cases         []cases.Case
	Deadlines     map[cases.ID]law.Deadline
	ToCheck       int       // mails of which nobody has said whether they are requests
	OldestToCheck time.Time // when the oldest of them was received, UTC

	MailSyncedAt, OrdersSyncedAt time.Time // last reading, UTC; zero when never
	MailFailed, OrdersFailed     bool      // the last reading failed
	Connections                  []Connection
	BackupAt                     time.Time // last encrypted backup, UTC; zero when never
	Runs                         []erasure.Record
	Erased                       map[int64]time.Time // by order: when its media were erased
}

const (
	maxRows    = 10  // rows of one kind shown before they are counted
	maxArgRune = 120 // of a text from outside
	soonDays   = 7   // ahead of which a media period or a reply counts as at risk
	freshDays  = 3   // how old the last reading of the mailbox may be
)

// checks lists the promises in the order of the policy (policy.md).
var checks = []struct {
	id, article string
	check       func(*Input, *sheet)
}{
	{"P1", "1", controllerNamed},
	{"P2", "2", categoriesDeclared},
	{"P3", "3", photosForTheBookOnly},
	{"P4", "3, 10", minors},
	{"P5", "4, 5", legalBases},
	{"P6", "6", processorsUnderContract},
	{"P7", "6", transfersSafeguarded},
	{"P8", "7", mediaErased},
	{"P9", "7", billingKept},
	{"P10", "7", commercialErased},
	{"P11", "7", accountsForTheContract},
	{"P12", "8", security},
	{"P13", "9", trackersAfterConsent},
	{"P14", "10", rightsInTime},
	{"P15", "10", rightsExercisable},
	{"P16", "10", complaintTold},
	{"P17", "11", versionsKept},
}

// Check checks every promise. It always returns all seventeen, P1 to P17 in
// order, each with at least one line of evidence.
func Check(in Input) []Promise {
	if !in.Today.Valid() {
		in.Today = law.DateOf(in.Now, in.Zone)
	}
	if in.Now.IsZero() && in.Today.Valid() {
		in.Now = in.Today.Start(in.Zone).Add(12 * time.Hour)
	}
	out := make([]Promise, 0, len(checks))
	for _, c := range checks {
		s := &sheet{}
		if in.Today.Valid() {
			c.check(&in, s)
		} else {
			s.missing("", "promise.any.today")
		}
		p := s.promise()
		p.ID, p.Article = c.id, c.article
		out = append(out, p)
	}
	return out
}

// sheet collects the evidence of one promise.
type sheet struct {
	groups [5]group
	by     law.Date
}

// The groups of a sheet, in the order in which they are shown.
const (
	breaking = iota
	risking
	lacking
	proving
	noting
)

// group holds the rows of one weight; rows beyond maxRows of one key are only
// counted.
type group struct {
	keys []string // in order of appearance
	rows map[string][]Line
	more map[string]int
	mend string // of the first row
	n    int
}

func (g *group) add(mend, key string, args []any) {
	if g.n == 0 {
		g.mend, g.rows, g.more = mend, map[string][]Line{}, map[string]int{}
	}
	g.n++
	if len(g.rows[key]) == 0 {
		g.keys = append(g.keys, key)
	}
	if len(g.rows[key]) == maxRows {
		g.more[key]++
		return
	}
	g.rows[key] = append(g.rows[key], Line{key, named(args)})
}

func (g *group) lines() []Line {
	var out []Line
	for _, key := range g.keys {
		out = append(out, g.rows[key]...)
		if n := g.more[key]; n > 0 {
			out = append(out, Line{"promise.any.more", map[string]any{"N": n}})
		}
	}
	return out
}

// broken adds a row that breaks the promise.
func (s *sheet) broken(mend, key string, args ...any) { s.groups[breaking].add(mend, key, args) }

// risk adds a row that breaks the promise at the end of a day by itself.
func (s *sheet) risk(by law.Date, mend, key string, args ...any) {
	if s.by.IsZero() || by.Before(s.by) {
		s.by = by
	}
	s.groups[risking].add(mend, key, args)
}

// missing adds what keeps the promise from being told.
func (s *sheet) missing(mend, key string, args ...any) { s.groups[lacking].add(mend, key, args) }

// proof adds a row that speaks for the promise; without one it is never kept.
func (s *sheet) proof(key string, args ...any) { s.groups[proving].add("", key, args) }

// note adds a row for information, such as the limits of the check.
func (s *sheet) note(key string, args ...any) { s.groups[noting].add("", key, args) }

// promise draws the conclusion. What is known to break weighs more than what
// is about to, and that more than what is not known.
func (s *sheet) promise() Promise {
	p := Promise{State: Kept}
	switch {
	case s.groups[breaking].n > 0:
		p.State, p.Mend = Broken, s.groups[breaking].mend
	case s.groups[risking].n > 0:
		p.State, p.Mend, p.By = AtRisk, s.groups[risking].mend, s.by
	case s.groups[lacking].n > 0 || s.groups[proving].n == 0:
		p.State, p.Mend = CannotTell, s.groups[lacking].mend
	}
	for i := range s.groups {
		p.Evidence = append(p.Evidence, s.groups[i].lines()...)
	}
	if len(p.Evidence) == 0 {
		p.Evidence = []Line{{"promise.any.nothing", map[string]any{}}}
	}
	return p
}

// counted returns the key for one thing or for several.
func counted(n int, key string) string {
	if n == 1 {
		return key + ".one"
	}
	return key
}

// named makes arguments of pairs of name and value.
func named(pairs []any) map[string]any {
	out := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		v := pairs[i+1]
		if s, ok := v.(string); ok {
			v = clean(s)
		}
		out[pairs[i].(string)] = v
	}
	return out
}

// clean makes text from outside fit for one line: a line break or a mark that
// turns the writing around must not forge a second row of evidence.
func clean(s string) string {
	var b strings.Builder
	n, gap := 0, false
	for _, r := range s {
		if n >= maxArgRune {
			b.WriteRune('…')
			break
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			gap = n > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
			n++
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// orderName returns the number that the customer sees, the shop's own id where
// there is none.
func orderName(number, ref string) string {
	if strings.TrimSpace(number) != "" {
		return number
	}
	return ref
}

// ordersRead adds what is missing while the shop was not read.
func ordersRead(in *Input, s *sheet) {
	switch {
	case in.OrdersSyncedAt.IsZero():
		s.missing("sync", "promise.any.orders.never")
	case in.OrdersFailed:
		s.missing("sync", "promise.any.orders.failed")
	}
}

// mailRead adds what is missing while the mailbox was not read, or too long ago.
func mailRead(in *Input, s *sheet) {
	switch {
	case in.MailSyncedAt.IsZero():
		s.missing("sync", "promise.any.mail.never")
	case in.MailFailed:
		s.missing("sync", "promise.any.mail.failed")
	case in.Now.Sub(in.MailSyncedAt) > freshDays*24*time.Hour:
		s.missing("sync", "promise.any.mail.stale", "On", law.DateOf(in.MailSyncedAt, in.Zone))
	}
}

// ruleOf returns a retention rule by its id.
func ruleOf(in *Input, id string) (register.Rule, bool) {
	for _, r := range in.Rules {
		if r.ID == id {
			return r, true
		}
	}
	return register.Rule{}, false
}
