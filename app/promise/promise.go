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
	// Mend names the act that mends what the line says, as Promise.Mend; "" for
	// a line that breaks nothing.
	Mend string
	// Open is where the rows lie that the line speaks of.
	Open Target
}

// Target is a place of the program: one case or order, or a list. Kind is
// "case", "order", "orders", "requests", "erasures", "processing",
// "processors", "trackers", "consents", "policy", "rules", "services",
// "settings", "site" or "drill"; ID is the number of the case or order.
type Target struct {
	Kind string
	ID   int64
}

// TargetKinds are all that a Target may name.
var TargetKinds = []string{"case", "order", "orders", "requests", "erasures", "processing", "processors", "trackers", "consents", "policy", "rules", "services", "settings", "site", "drill"}

// Mends are all acts that a line may name.
var Mends = []string{"orders", "processors", "processing", "trackers", "policy", "sync", "requests", "backup", "settings", "site", "drill",
	"state." + StatedAccounts, "state." + StatedMinors, "state." + StatedRestore, "state." + StatedBanner}

// What the owner may state because no program can see it; each counts for a
// year.
const (
	StatedAccounts = "accounts" // accounts without orders were looked through in the shop
	StatedMinors   = "minors"   // the checkout asks who holds parental authority
	StatedRestore  = "restore"  // a backup was restored elsewhere, and opened
	StatedBanner   = "banner"   // the site was looked at in a fresh browser before consent
)

// Statements are the keys of what the owner may state.
var Statements = []string{StatedAccounts, StatedMinors, StatedRestore, StatedBanner}

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
	// Mend names the act that mends it, one of [Mends], or "" when it is kept or
	// nothing in the program mends it.
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

	// Contract is what the contract rule makes due today.
	Contract []retention.Row
	// Wrote tells when a person last wrote, zero for never; Held why an order waits
	// ("" where it does not). Either may be nil.
	Wrote func(email string) time.Time
	Held  func(order int64) string

	Cases         []cases.Case
	Deadlines     map[cases.ID]law.Deadline
	ToCheck       int       // mails of which nobody has said whether they are requests
	OldestToCheck time.Time // when the oldest of them was received, UTC

	MailSyncedAt, OrdersSyncedAt time.Time // last reading, UTC; zero when never
	MailFailed, OrdersFailed     bool      // the last reading failed
	Connections                  []Connection
	BackupAt                     time.Time // last encrypted backup, UTC; zero when never
	TriedAt                      time.Time // last trial restoration of a backup, UTC; zero when never
	TriedFailed                  bool      // it failed
	Runs                         []erasure.Record
	Erased                       map[int64]time.Time // by order: when its media were erased

	Site  *Site  // the last check of the site; nil when there was none
	Drill *Drill // the last drill that ended; nil when there was none
	// Stated tells by key of [Statements] when the owner last stated it.
	Stated map[string]law.Date
	// Promised are the periods that the policy promises by rule ("media",
	// "billing", "commercial"), where they are others than those of [Periods].
	Promised map[string]string
}

// Periods are the periods that the policy promises by rule (policy, Art. 7).
var Periods = map[string]string{retention.Media: "60 days", "billing": "10 years", "commercial": "3 years"}

// promised returns a promised period.
func (in *Input) promised(rule string) law.Period {
	p, err := law.ParsePeriod(in.Promised[rule])
	if err != nil {
		p, _ = law.ParsePeriod(Periods[rule]) // own constants, which can be read
	}
	return p
}

// Sentence returns the arguments of the text "promise." + id: the period that
// is promised, where there is one.
func Sentence(id string, in map[string]string) map[string]any {
	rule := map[string]string{"P8": retention.Media, "P9": "billing", "P10": "commercial"}[id]
	if rule == "" {
		return map[string]any{}
	}
	p := (&Input{Promised: in}).promised(rule)
	return map[string]any{"Period": Wording{FR: p.Text("fr"), EN: p.Text("en")}}
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
	home        string // the kind of Target of lines that name nothing nearer
	check       func(*Input, *sheet)
}{
	{"P1", "1", "settings", controllerNamed},
	{"P2", "2", "processing", categoriesDeclared},
	{"P3", "3", "processing", photosForTheBookOnly},
	{"P4", "3, 10", "requests", minors},
	{"P5", "4, 5", "processing", legalBases},
	{"P6", "6", "processors", processorsUnderContract},
	{"P7", "6", "processors", transfersSafeguarded},
	{"P8", "7", "orders", mediaErased},
	{"P9", "7", "orders", billingKept},
	{"P10", "7", "orders", commercialErased},
	{"P11", "7", "orders", accountsForTheContract},
	{"P12", "8", "services", security},
	{"P13", "9", "trackers", trackersAfterConsent},
	{"P14", "10", "requests", rightsInTime},
	{"P15", "10", "requests", rightsExercisable},
	{"P16", "10", "requests", complaintTold},
	{"P17", "11", "policy", versionsKept},
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
			s.missing("settings", "promise.any.today")
		}
		p := s.promise()
		p.ID, p.Article = c.id, c.article
		for i := range p.Evidence {
			p.Evidence[i].Open = p.Evidence[i].target(c.home)
		}
		out = append(out, p)
	}
	return out
}

// target is where the rows of a line lie.
func (l Line) target(home string) Target {
	if id, ok := l.Args["Case"].(int); ok && id > 0 {
		return Target{"case", int64(id)}
	}
	if id, ok := l.Args["OrderID"].(int); ok && id > 0 {
		return Target{"order", int64(id)}
	}
	for _, at := range []struct{ in, kind string }{
		{".rule", "rules"}, {".period", "rules"}, {".longer", "rules"}, {"p8.erased", "erasures"}, {"p9.runs", "erasures"}, {"drill", "drill"},
		{".site", "site"}, {"p12.backup", "settings"}, {"p12.restore", "settings"}, {"p12.guarant", "processors"}, {"p6.", "processors"},
		{"any.noregister", "processing"}, {"any.orders", "services"}, {"any.mail", "services"}, {"p14.mail", "services"},
		{"p3.consent", "consents"}, {"p3.unwritten", "consents"}, {"p3.ended", "consents"}, {"p8.nostorage", "services"}, {"p8.unlisted", "services"},
	} {
		if strings.Contains(l.Key, at.in) {
			return Target{Kind: at.kind}
		}
	}
	return Target{Kind: home}
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
	g.rows[key] = append(g.rows[key], Line{Key: key, Args: named(args), Mend: mend})
}

func (g *group) lines() []Line {
	var out []Line
	for _, key := range g.keys {
		out = append(out, g.rows[key]...)
		if n := g.more[key]; n > 0 {
			out = append(out, Line{Key: "promise.any.more", Args: map[string]any{"N": n}, Mend: g.rows[key][0].Mend})
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

// stated adds a proof where the owner stated within a year what no program can
// see, and else what is missing.
func (s *sheet) stated(in *Input, what, key string) {
	if on := in.Stated[what]; !on.IsZero() && !on.After(in.Today) && !on.AddMonths(12).Before(in.Today) {
		s.proof(key+".stated", "On", on)
		return
	}
	s.missing("state."+what, key)
}

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
		p.Evidence = []Line{{Key: "promise.any.nothing", Args: map[string]any{}}}
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

// IDs are P1 to P17.
func IDs() []string {
	out := make([]string, 0, len(checks))
	for _, c := range checks {
		out = append(out, c.id)
	}
	return out
}
