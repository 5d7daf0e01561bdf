package app

import (
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// Tone tells how urgent or how good something is; the window adds icon and word.
type Tone int

// The tones.
const (
	ToneCannotTell Tone = iota
	ToneKept            // kept, done, in time
	ToneAtRisk          // needs something soon
	ToneLate            // broken or late
	ToneQuiet           // for information
)

// Need is one thing that waits for the owner. Kind says which:
// "case" (Case set), "mail" (mails to check), "retention" (objects due),
// "run" (an erasure was cut off or is partial; Run set), "sync" (a service
// failed at the last sync; Error set), "cooling" (an erasure waits for its
// cooling-off to end; Case and Due set, at risk where the plan has changed
// or it could not be run in its time),
// "letter" (a letter came back, or may or may not have gone out; Case and Due set), "document" (the copy
// of an identity document is kept though identity is settled; Case set),
// "absence" (the owner will be away, and Count things must be done by Due),
// "notice" (recipients to be told or reminded, GDPR Art. 19; Case set),
// "suppression" (a shop uses what a person on the suppression list stopped;
// Service set), "change" (corrections did not arrive; Case set), "sweep" (a
// sweep was stopped, or waits; Sweep set), "gap" (a register has gaps; Register
// set), "promise" (Promise set).
type Need struct {
	Kind     string
	Tone     Tone
	Case     cases.ID
	Run      int64
	Register register.Name
	Promise  string
	Rights   []request.Right
	Person   string    // display name, hostile text
	Step     cases.Act // the primary lawful step of a case
	Waits    bool      // the letter of that step is written and has not gone
	Due      law.Date
	DaysLeft int
	Count    int
	Service  string
	// ServiceKind is the kind of the Service: "mailbox", "shop" or "storage".
	ServiceKind string
	Error       error
	Sweep       *SweepNeed
	Trouble     *TroubleNeed
}

// Today is the first page.
type Today struct {
	Needs      []Need
	Late       int // how many of them are late
	Did        []JournalLine
	PeaceUntil law.Date // zero when something is due now or nothing is planned
	Next       []NextDate
	Synced     time.Time
}

// NextDate is a date ahead.
type NextDate struct {
	Date  law.Date
	Kind  string // "case", "retention", "contract", "absence"
	Case  cases.ID
	Count int
	Label string // person or processor, may be ""
}

// CaseRow is one line of the list of requests.
type CaseRow struct {
	ID       cases.ID
	State    cases.State
	Rights   []request.Right
	Person   string
	Email    string
	Received time.Time
	Due      law.Date
	DaysLeft int
	Tone     Tone
	Orders   []string
	Identity cases.IdentityLevel
	Minor    bool
	Waiting  bool // for the person: a suspension is running
	Late     bool
}

// MailRow is a mail that triage is unsure of, or (in the list of what is not
// a request) one that it judged.
type MailRow struct {
	ID        int64
	From      string
	Subject   string
	Received  time.Time
	Verdict   request.Verdict
	Case      cases.ID // 0 when it belongs to none
	Junk      bool
	Corrected bool // the owner corrected the verdict
}

// CaseView is all that the case page shows.
type CaseView struct {
	Case     cases.Case
	Deadline law.Deadline
	DaysLeft int
	Today    law.Date
	Steps    []cases.Step
	Messages []MessageView
	Orders   []OrderRow // the matched ones, same order as Case.Orders
	Runs     []erasure.Record
	MayErase error // nil, or why identity does not allow it yet
	// ChallengeTo is the address on file to which a one-time code can be sent, ""
	// where there is not exactly one or identity is settled.
	ChallengeTo string
	// Documents names, by message, the attachments that look like the copy of an
	// identity document and are still kept.
	Documents map[int64][]string
	// Earlier are earlier requests of the same person for the same rights within
	// twelve months (GDPR Art. 12(5)); Same are the person's other open cases,
	// which may be one and the same request by another channel.
	Earlier  []cases.Earlier
	Same     []CaseRow
	Standing cases.Standing
	CanErase bool // an erasure makes sense: erasure, withdrawal or objection asked, orders in scope
}

// MessageView is a message with its verdict.
type MessageView struct {
	Message   mailbox.Message
	Verdict   request.Verdict
	Case      cases.ID // 0 when it belongs to none
	Corrected bool     // the owner corrected the verdict
}

// OrderRow is one line of the orders page.
type OrderRow struct {
	ID        int64
	Number    string
	Shop      string
	Person    string
	Email     string
	State     order.State
	Status    string // the shop's own word
	Created   time.Time
	Completed time.Time
	Photos    int      // references that the shop records
	Objects   int      // in the storages when they were last looked at, -1 before
	Start     law.Date // of the media period; zero while it has not begun
	Due       law.Date // last day of the media period
	DaysLeft  int
	Held      string    // reason of a hold, "" for none
	Erased    time.Time // when Greffier erased its media
	Tone      Tone
	// Archived is the last day of its intermediate archiving, zero while it is in
	// daily view.
	Archived law.Date
	// Media tells where the order's media stand: "counting", "due", "held",
	// "erased", "open" (period not begun), "none".
	Media string
}

// OrderView is an order opened: what each locator finds, live.
type OrderView struct {
	Row     OrderRow
	Order   order.Order
	Found   []plan.Found
	Missing []string // photo references that no storage holds
	Cases   []cases.ID
	Holds   []plan.Hold
	// Restrictions are those that stand on the order (GDPR Art. 18).
	Restrictions []RestrictionRow
}

// Orphan is an object below a locator that no order claims.
type Orphan struct {
	plan.Found
	AgeDays int
}

// DueRow is one order (or orphan group) whose media are due under a rule.
type DueRow struct {
	Rule      string
	Order     int64
	Number    string   // "" for objects that no order claims
	Since     law.Date // start of the period
	Due       law.Date // its last day
	Objects   int
	SizeBytes int64
	Held      string // why it waits, "" when it is free to go
}

// RetentionView is what the rules make due on a day, and the plan that would
// do it.
type RetentionView struct {
	At    law.Date
	Due   []DueRow
	Ahead []DueRow  // still counting, soonest first; of other rules than media, what ends within a year
	Plan  plan.Plan // of the media rule
	// Plans are the plans of all rules that have something to do, the media
	// rule's first. That of a rule about archiving erases nothing and restricts.
	Plans []plan.Plan
	// Rest counts by rule the orders that are due and free to go and that one plan
	// could not take: the next plan has them.
	Rest map[string]int
}

// RunView is a run with its steps.
type RunView struct {
	Record      erasure.Record
	Steps       []erasure.Step
	Certificate string // file name of the printed certificate, "" when not printed
	Orders      []string
	// Rest counts the orders that the rule makes due beside those of the plan.
	Rest int
	// Waits tells that what a rule's own run left has to stay for now, and is the
	// rule's again: it goes by itself with a later run. WaitsUntil is the first day
	// after which some of it may, zero where no date says so.
	Waits      bool
	WaitsUntil law.Date
}

// RegisterCard is one register on the shelf.
type RegisterCard struct {
	Name    register.Name
	Title   string
	Count   int
	Gaps    int
	Changed time.Time
	Open    int // findings that are not settled
}

// PromiseRow is one promise of the policy with its state: "kept", "at risk",
// "broken" or "cannot tell".
type PromiseRow struct {
	ID       string
	Article  string // of the policy
	Sentence string // the policy's promise in the asked language
	State    string
	Tone     Tone
	By       law.Date      // when it breaks by itself, for "at risk"
	Evidence []string      // in the asked language
	Mend     string        // the act that mends it, one of promise.Mends, or ""
	Lines    []PromiseLine // Evidence, each with where its rows lie and what mends it
	Since    law.Date      // the state was seen without a break since
	NotMade  bool          // the shop's policy does not promise it
	Spans    []Span        // what was seen, oldest first
}

// JournalLine is one entry of the journal as shown.
type JournalLine struct {
	Seq    int64
	At     time.Time
	Actor  string
	Act    string
	Record string
	Detail string
	Hash   string
}

// Service is one connection with what happened at its last use.
type Service struct {
	Kind    string // "mailbox", "shop", "storage"
	Name    string
	Address string // without user or secret
	At      time.Time
	Detail  string // what a live test found, or what the last sync brought
	Err     error  // nil when the last use went well
	TLS     string // protocol version seen, "loopback", or ""
}

// SyncReport is what a sync brought.
type SyncReport struct {
	Orders, NewOrders, ChangedOrders int
	Messages, Requests, ToCheck      int
	CasesOpened                      []cases.ID
	Problems                         []order.Problem
	Failed                           []Service // services that could not be read
}

// VerifyReport is the result of walking the journal, store and evidence.
type VerifyReport struct {
	Entries  int
	Head     string
	BrokenAt *int64
	Why      string // of the first entry that does not hold
	// Stamps are the timestamps that hold, StampsMissing those that the journal
	// tells of and that are not here.
	Stamps, StampsMissing int
	Store                 string // "ok" or what is wrong
	Evidence              string // "ok" or what is wrong
	Papers                Papers // the signatures beside what was printed
}

// ProfileInfo is what the settings page shows of the profile.
type ProfileInfo struct {
	Dir        string
	OutDir     string // where printed files go
	Controller register.Controller
	Lang       string // of the window: "fr" or "en"
	Theme      string // "system", "light", "dark"
	Demo       bool
	Locators   []plan.Locator
	KeyFrom    string // "passphrase" or "keyring"
	Version    string // of the program
}

// LocatorRow is what one locator finds now.
type LocatorRow struct {
	Locator   plan.Locator
	Objects   int
	Orders    int
	SizeBytes int64
	Example   string // one key; hostile text
	Err       error  // the storage could not be looked at
}

// LocateReport is what the locators find on the owner's real data.
type LocateReport struct {
	Rows           []LocatorRow
	Orphans        int // objects below a locator that no order claims
	OrphanBytes    int64
	OrphanExamples []plan.Found // some of them
	Orders         int          // that were looked for
	Empty          []OrderRow   // some of the orders that find nothing
	EmptyCount     int
}

// Cooling is an erasure that the owner confirmed and that waits, so that she
// can still cancel it.
type Cooling struct {
	ID          string
	Scope       plan.Scope
	Orders      []string // numbers
	Hash        string   // of the plan confirmed
	ConfirmedAt time.Time
	RunsAt      time.Time
	Objects     int
	SizeBytes   int64
	// Stale tells that what the plan saw has changed while it waited: nothing
	// is erased before the owner confirms a new plan.
	Stale bool
	// Late tells that its time has come and that it could not be run: a storage
	// or shop is away, or another erasure is open. It is tried again at TryAt,
	// which is RunsAt otherwise.
	Late  bool
	TryAt time.Time
}

// PersonOrder is one order of an e-mail address. One address may serve several
// people: SameName tells whether the customer's name is that of the order
// asked for.
type PersonOrder struct {
	Row      OrderRow
	SameName bool
}

// ColumnsView is what the owner needs to say which column of a shop's file is
// what.
type ColumnsView struct {
	Shop    string
	Names   []string          // the file's own columns; hostile text
	Sample  []string          // values of its first record; personal data
	Mapping map[string]string // field → column, as it is now
	Fields  []string          // of an order, in the order in which they are asked
	Needed  []string          // of them, those without which nothing can be read
}

// NoticeRow is one recipient to be told of an erasure, rectification or
// restriction (GDPR Art. 19).
type NoticeRow struct {
	ID           string
	Kind         string // "erasure", "rectification", "restriction"
	Run          int64
	Case         cases.ID
	Name         string
	To           string
	State        string // "to write", "drafted", "sent", "answered", "spared"
	Orders       []string
	MadeAt       time.Time
	SentAt       time.Time
	Reminders    int
	NextReminder law.Date // zero when none is due any more
	Answer       string   // "", "erased", "done", "nothing held", "refused", "other"
	AnsweredAt   time.Time
	Mail         int64 // the message that answered, or 0
	Reason       string
	Tone         Tone
}
