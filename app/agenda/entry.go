package agenda

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// Kind says what falls due. The words are used in records, commands and JSON.
type Kind string

// The kinds of entries.
const (
	Answer    Kind = "answer"    // the person must be answered (GDPR Art. 12(3))
	Refusal   Kind = "refusal"   // last day for a refusal of an extended request (Art. 12(4))
	Extension Kind = "extension" // last day to notify an extension (Art. 12(3))
	Waiting   Kind = "waiting"   // an answer on identity is awaited: to be followed up (D2019 Art. 77)
	Code      Kind = "code"      // a one-time code is taken no more
	Mail      Kind = "mail"      // mails to check: if one is a request, its month ends
	Media     Kind = "retention" // the media period of orders ends (GDPR Art. 5(1)(e))
	Rule      Kind = "rule"      // a rule about orders or persons makes something due (Art. 5(1)(e))
	Hold      Kind = "hold"      // a hold ends, and what it kept may go
	Contract  Kind = "contract"  // a contract ends (Art. 28(3))
	Review    Kind = "review"    // a provider is to be looked at again
	Exit      Kind = "exit"      // a provider's service ends: its data go or come back (Art. 28(3)(g))
	Assess    Kind = "assess"    // an impact assessment, or its review, is due (Art. 35)
	Notice    Kind = "notice"    // a recipient is to be reminded (Art. 19)
	Breach    Kind = "breach"    // a breach must be notified (Art. 33(1))
	Away      Kind = "absence"   // the owner is away
)

// Kinds are all kinds, the most urgent first.
var Kinds = []Kind{Breach, Answer, Refusal, Mail, Media, Rule, Notice, Waiting, Assess, Contract, Exit, Review, Hold, Extension, Code, Away}

// Group is what the calendar filters by.
type Group string

// The groups.
const (
	Deadlines Group = "deadlines"
	Retention Group = "retention"
	Contracts Group = "contracts"
	Absences  Group = "absences"
)

// Groups are all groups in their order.
var Groups = []Group{Deadlines, Retention, Contracts, Absences}

// Group returns the group of a kind.
func (k Kind) Group() Group {
	switch k {
	case Media, Rule, Hold:
		return Retention
	case Contract, Review, Exit:
		return Contracts
	case Away:
		return Absences
	}
	return Deadlines
}

// Asks tells whether an entry of this kind wants an act of the owner. The last
// day for an extension, the end of a code, an absence, the end of a hold and what a
// rule makes due (the first page asks for that) are for information.
func (k Kind) Asks() bool {
	return k != Extension && k != Code && k != Away && k != Hold && k != Rule
}

// Tone is how urgent an entry is. The zero value is the cautious one.
type Tone int

// The tones.
const (
	Late Tone = iota
	AtRisk
	Ahead
)

// String returns the word used in JSON.
func (t Tone) String() string {
	if t < Late || t > Ahead {
		t = Late
	}
	return [...]string{"late", "at risk", "ahead"}[t]
}

// RiskDays is from how many days before its date an entry is at risk.
const RiskDays = 7

// FollowUpDays is after how many days without an answer the owner asks again,
// a habit of the house: no text gives a number.
const FollowUpDays = 14

// Entry is one date ahead, or one that was missed. Which references are set
// depends on the kind.
type Entry struct {
	ID    string   `json:"id"` // stable, as "answer-12": the same for as long as the thing is the same
	Kind  Kind     `json:"kind"`
	Date  law.Date `json:"date"`
	Until law.Date `json:"until"` // last day of an absence, zero otherwise
	// At is the instant of a breach's deadline, UTC; zero for whole days.
	At     time.Time       `json:"at"`
	Tone   Tone            `json:"-"`
	Case   cases.ID        `json:"case,omitempty"`
	Rights []request.Right `json:"-"`
	Count  int             `json:"count,omitempty"` // orders, mails
	Order  int64           `json:"-"`               // where it is about one order alone
	Number string          `json:"-"`               // of that order; leads to a person
	Ref    string          `json:"ref,omitempty"`   // id of the breach, processor, hold, notice or absence
	Family string          `json:"-"`               // of the processor
	Name   string          `json:"-"`               // of a person or firm: hostile text, may be personal
	Note   string          `json:"-"`               // of an absence, in the owner's words
}

// MediaDue is an order whose media lie in the storages, with the last day of
// their period.
type MediaDue struct {
	Order  int64
	Number string
	Due    law.Date
}

// RuleDue is what a rule about orders or persons makes due from a day on within
// one month.
type RuleDue struct {
	Rule  string
	Due   law.Date // the first day
	Count int      // orders
}

// HoldEnd is the end of a hold that is about more than one order.
type HoldEnd struct {
	Ref   string
	Until law.Date
}

// Facts are the records from which the entries follow.
type Facts struct {
	Today law.Date
	Now   time.Time
	Zone  *time.Location
	Until law.Date // last day that is looked at; zero for a year ahead

	Cases      []cases.Case
	ToCheck    []time.Time // receipts of mails to check that belong to no case
	Media      []MediaDue
	Rules      []RuleDue
	Holds      []plan.Hold
	HoldEnds   []HoldEnd
	Numbers    map[int64]string // of the orders held
	Processors []register.Processor
	Screenings []register.Screening
	Breaches   []register.Breach
	Notices    []cases.Notice
	// RemindEvery is how long after a letter a recipient is reminded.
	RemindEvery time.Duration
	Absences    []Absence
}

// Entries returns what is late and what lies ahead until the last day asked
// for, by date, then by urgency.
func Entries(f Facts) []Entry {
	if f.Until.IsZero() {
		f.Until = f.Today.AddYears(1)
	}
	b := builder{Facts: f}
	for _, c := range f.Cases {
		b.ofCase(c)
	}
	b.ofMail()
	b.ofMedia()
	b.ofRules()
	b.ofHolds()
	b.ofContracts()
	b.ofScreenings()
	b.ofNotices()
	b.ofBreaches()
	b.ofAbsences()
	slices.SortStableFunc(b.out, func(x, y Entry) int {
		return cmp.Or(x.Date.Compare(y.Date), cmp.Compare(slices.Index(Kinds, x.Kind), slices.Index(Kinds, y.Kind)), x.At.Compare(y.At), cmp.Compare(x.Case, y.Case), cmp.Compare(x.ID, y.ID))
	})
	return b.out
}

type builder struct {
	Facts
	out []Entry
}

// add keeps an entry that is not beyond the last day, with its tone.
func (b *builder) add(e Entry) {
	if e.Date.IsZero() || e.Date.After(b.Until) {
		return
	}
	switch left := b.Today.Days(e.Date); {
	case !e.Kind.Asks():
		e.Tone = Ahead
	case left < 0, !e.At.IsZero() && b.Now.After(e.At):
		e.Tone = Late
	case left <= RiskDays:
		e.Tone = AtRisk
	default:
		e.Tone = Ahead
	}
	b.out = append(b.out, e)
}

// ahead is add for what is of no interest any more once its day is over.
func (b *builder) ahead(e Entry) {
	if !e.Date.Before(b.Today) {
		b.add(e)
	}
}

func (b *builder) ofCase(c cases.Case) {
	if !c.State.Open() {
		return
	}
	e := Entry{Case: c.ID, Name: c.Requester.Name}
	if e.Name == "" {
		e.Name = c.Requester.Email
	}
	for _, a := range c.Asked {
		e.Rights = append(e.Rights, a.Right)
	}
	at := func(k Kind, d law.Date) Entry {
		x := e
		x.ID, x.Kind, x.Date = fmt.Sprintf("%s-%d", k, c.ID), k, d
		return x
	}
	d, err := c.Clock(b.Zone).Deadline(b.Today)
	if err != nil {
		// A clock that cannot be computed is late by definition: somebody has to
		// look.
		b.add(at(Answer, b.Today.AddDays(-1)))
		return
	}
	b.add(at(Answer, d.Due))
	if d.Extended && d.RefusalBy != d.Due {
		b.ahead(at(Refusal, d.RefusalBy))
	}
	// LIL Art. 51 II: of data collected from a minor no extension is offered.
	if c.ExtendedAt.IsZero() && !c.Minor && !d.NoticeBy.IsZero() {
		b.ahead(at(Extension, d.NoticeBy))
	}
	for _, s := range c.Suspensions {
		if s.To.IsZero() {
			b.add(at(Waiting, followUp(s.From, b.Today, c.Territory)))
		}
	}
	if h := c.Challenge; h.Open(b.Now) {
		b.ahead(at(Code, law.DateOf(h.Until, b.Zone)))
	}
}

// followUp returns the next day on which to ask again what was asked for.
func followUp(asked, today law.Date, t law.Territory) law.Date {
	d := asked.AddDays(FollowUpDays)
	for d.Before(today) {
		d = d.AddDays(FollowUpDays)
	}
	return law.NextWorkingDay(d, t)
}

// ofMail tells by when the oldest of the mails to check must be looked at: a
// month runs for it if it is a request after all.
func (b *builder) ofMail() {
	e := Entry{ID: string(Mail), Kind: Mail, Count: len(b.ToCheck)}
	for _, at := range b.ToCheck {
		if due := law.DateOf(at, b.Zone).AddMonths(1); e.Date.IsZero() || due.Before(e.Date) {
			e.Date = due
		}
	}
	b.add(e)
}

func (b *builder) ofMedia() {
	by := map[law.Date]*Entry{}
	for _, m := range b.Media {
		e := by[m.Due]
		if e == nil {
			e = &Entry{ID: "retention-" + m.Due.String(), Kind: Media, Date: m.Due, Order: m.Order, Number: m.Number}
			by[m.Due] = e
		}
		if e.Count++; e.Count > 1 {
			e.Order, e.Number = 0, ""
		}
	}
	for _, e := range by {
		b.add(*e)
	}
}

func (b *builder) ofHolds() {
	for _, h := range b.Holds {
		if h.ID == 0 || h.Until.IsZero() {
			continue // one that a case needs, or one without an end
		}
		id := strconv.FormatInt(h.ID, 10)
		b.ahead(Entry{ID: "hold-" + id, Kind: Hold, Date: h.Until, Ref: id, Order: h.Order, Number: b.Numbers[h.Order]})
	}
	for _, h := range b.HoldEnds {
		b.ahead(Entry{ID: "hold-" + h.Ref, Kind: Hold, Date: h.Until, Ref: h.Ref})
	}
}

// ofRules has one entry a rule and month: what is due by then is done at once.
func (b *builder) ofRules() {
	for _, r := range b.Rules {
		b.add(Entry{ID: fmt.Sprintf("rule-%s-%d-%02d", r.Rule, r.Due.Year, r.Due.Month), Kind: Rule, Date: r.Due, Ref: r.Rule, Count: r.Count})
	}
}

func (b *builder) ofContracts() {
	for _, p := range b.Processors {
		b.add(Entry{ID: "contract-" + p.ID, Kind: Contract, Date: p.ContractUntil, Ref: p.ID, Family: p.Family, Name: p.Name})
		b.add(Entry{ID: "review-" + p.ID, Kind: Review, Date: p.ReviewOn, Ref: p.ID, Family: p.Family, Name: p.Name})
		if p.ExitProof == "" {
			b.add(Entry{ID: "exit-" + p.ID, Kind: Exit, Date: p.ExitOn, Ref: p.ID, Family: p.Family, Name: p.Name})
		}
	}
}

// ofScreenings has the day by which an impact assessment is made, and the one on
// which the screening is looked at again.
func (b *builder) ofScreenings() {
	for _, s := range b.Screenings {
		if s.Document == "" {
			b.add(Entry{ID: "assess-" + s.ID, Kind: Assess, Date: s.AssessOn, Ref: s.Activity})
		}
		b.add(Entry{ID: "rescreen-" + s.ID, Kind: Assess, Date: s.ReviewOn, Ref: s.Activity})
	}
}

func (b *builder) ofNotices() {
	for _, n := range b.Notices {
		due := cases.Due(n, b.Now, b.RemindEvery)
		d := law.DateOf(due.At, b.Zone)
		if due.At.IsZero() {
			if n.State != cases.NoticeToWrite && n.State != cases.NoticeDrafted {
				continue
			}
			// Not told yet: without undue delay, within the month in practice
			// (GDPR Art. 19).
			d = law.DateOf(n.MadeAt, b.Zone).AddMonths(1)
		}
		b.add(Entry{ID: "notice-" + n.ID, Kind: Notice, Date: d, Ref: n.ID, Case: cases.ID(n.Case), Name: n.Name})
	}
}

// ofBreaches runs the clock of each breach that was not notified and of which
// it is not settled that nobody is at risk (GDPR Art. 33(1)).
func (b *builder) ofBreaches() {
	for _, x := range b.Breaches {
		aware, err := time.Parse(time.RFC3339, x.AwareAt)
		if err != nil || x.NotifiedAt != "" || x.Risk == "none" {
			continue
		}
		strict := law.Breach(aware, b.Zone).Strict
		b.add(Entry{ID: "breach-" + x.ID, Kind: Breach, Date: law.DateOf(strict, b.Zone), At: strict, Ref: x.ID})
	}
}

func (b *builder) ofAbsences() {
	for _, a := range b.Absences {
		if !a.To.Before(b.Today) {
			b.add(Entry{ID: "absence-" + a.ID, Kind: Away, Date: a.From, Until: a.To, Ref: a.ID, Note: a.Note})
		}
	}
}
