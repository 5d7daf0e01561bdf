package cases

import (
	"errors"
	"slices"
	"time"

	"greffier/app/law"
	"greffier/app/request"
)

// ID is a case's number, from 1.
type ID int64

// State is where a case stands.
type State int

// The states of a case, in the order of its life.
const (
	Received     State = iota // opened, nothing done yet
	Acknowledged              // the person was told that it arrived
	Identifying               // information on identity was asked for (Art. 12(6))
	InProgress                // being worked on
	Answered                  // the person was told what was done (Art. 12(3))
	Refused                   // the person was told why not (Art. 12(4))
	Withdrawn                 // the person took the request back
	Closed                    // nothing is left to do
)

var stateNames = [...]string{"received", "acknowledged", "identity", "in progress", "answered", "refused", "withdrawn", "closed"}

// String returns the word used in commands, records and JSON.
func (s State) String() string { return stateNames[s] }

// Open tells whether the case still needs an answer.
func (s State) Open() bool { return s < Answered }

// IdentityLevel is how far the identity of the requester is proven. The zero
// value is the cautious one.
type IdentityLevel int

// The levels of proof (law.md 3.1; GDPR Art. 12(6)).
const (
	Unproven  IdentityLevel = iota // nothing but a From line
	Doubtful                       // something speaks against it
	Probable                       // the order's own address wrote, and the provider vouches for its domain
	Confirmed                      // a challenge was met, or the owner recorded why she is sure
)

// String returns the word used in commands, records and JSON.
func (l IdentityLevel) String() string {
	return [...]string{"unproven", "doubtful", "probable", "confirmed"}[l]
}

// Sign is one piece of identity evidence. Key is a key of the text catalog
// ("identity.dmarc_pass"), For tells whether it speaks for the person. Against
// tells that it speaks against her; a sign that does neither proves nothing.
type Sign struct {
	Key     string `json:"key"`
	Arg     string `json:"arg,omitempty"`
	For     bool   `json:"for"`
	Against bool   `json:"against,omitempty"`
}

// Identity is the evidence on who asks.
type Identity struct {
	Level IdentityLevel `json:"level"`
	Signs []Sign        `json:"signs"`
	// Reason is what the owner wrote when she confirmed, At and By when and who.
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at"`
}

// Link is how the requester stands to the person concerned.
type Link string

// The links.
const (
	LinkUnknown Link = ""       // not settled yet
	Self        Link = "self"   // the person concerned asks
	Parent      Link = "parent" // holder of parental authority or guardian
	Lawyer      Link = "lawyer"
	Agent       Link = "agent" // another mandatary
)

// Person is somebody of a case. Personal data.
type Person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Match proposes that an order belongs to the case.
type Match struct {
	Order     int64  `json:"order_id"`
	Number    string `json:"order"`
	Why       string `json:"why"`       // key of the text catalog: match.email, match.number, match.name
	Strong    bool   `json:"strong"`    // the order's own address wrote the request
	Selected  bool   `json:"selected"`  // in scope of the request; the owner may change it
	Confirmed bool   `json:"confirmed"` // by the owner
	// LeftOut tells that the owner set the scope and left this order out of it.
	LeftOut bool `json:"left_out,omitempty"`
}

// Outcome is how one right of a case ended.
type Outcome string

// The outcomes of a right.
const (
	Undecided Outcome = ""
	Granted   Outcome = "granted"
	Partly    Outcome = "partly"
	Denied    Outcome = "refused"
	Moot      Outcome = "moot" // nothing was held, or the person withdrew
)

// Asked is one right asked for, with its outcome.
type Asked struct {
	Right      request.Right `json:"right"`
	Confidence float64       `json:"confidence"`
	Outcome    Outcome       `json:"outcome"`
	Ground     string        `json:"ground,omitempty"` // article of a refusal or limit, a key of law.Articles
	Reason     string        `json:"reason,omitempty"` // of a refusal or limit, in the owner's words: told to the person
}

// Event is one line of the case's history. Key is a key of the text catalog.
type Event struct {
	At   time.Time `json:"at"` // UTC
	By   string    `json:"by"` // "owner", "greffier", "person", "rule NAME"
	Key  string    `json:"key"`
	Arg  string    `json:"arg,omitempty"`
	Note string    `json:"note,omitempty"` // the owner's own words: personal data
}

// Letter is a letter prepared for a case. Text is what the owner last saved;
// once SavedAt a draft lies in the mailbox, and once SentAt it cannot change.
type Letter struct {
	Kind    string    `json:"kind"` // one of LetterKinds
	Lang    string    `json:"lang"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	MadeAt  time.Time `json:"made_at"`
	DraftAt time.Time `json:"draft_at"` // when it was put into the Drafts folder
	SentAt  time.Time `json:"sent_at"`  // when it went out: as the owner said, or as Greffier sent or found it
	// To is where it goes, where that is not the requester's address; personal data.
	To string `json:"to,omitempty"`
	// MessageID is that of the draft or of what was sent (RFC 5322, 3.6.4), by
	// which it is found again.
	MessageID string `json:"message_id,omitempty"`
	// SendingAt is when Greffier began to send it; while SentAt is zero nobody
	// knows whether it went out.
	SendingAt time.Time `json:"sending_at"`
	// FoundAt is when it was found among the sent mail.
	FoundAt time.Time `json:"found_at"`
	// ReturnedAt is when it came back undelivered, Returned the reason's code
	// (RFC 3463).
	ReturnedAt time.Time `json:"returned_at"`
	Returned   string    `json:"returned,omitempty"`
	// Tells is the step of which the letter tells the person: it is taken when
	// the letter has gone, and not before. Nil where the letter's kind says all.
	Tells *Telling `json:"tells,omitempty"`
}

// Telling is what an extension, a refusal or a question needs besides its letter
// (GDPR Art. 12(3) and (4)): the owner's reason, personal data; the article of a
// refusal; and whether she insists on what is not offered.
type Telling struct {
	Reason       string `json:"reason"`
	Ground       string `json:"ground,omitempty"`
	Nevertheless bool   `json:"nevertheless,omitempty"`
	// Rights are those that a refusal refuses: what was asked since is not.
	Rights []request.Right `json:"rights,omitempty"`
}

// Case is one rights request.
type Case struct {
	ID           ID               `json:"case"`
	State        State            `json:"state"`
	Asked        []Asked          `json:"asked"`
	Messages     []int64          `json:"messages"`          // Greffier's numbers, oldest first
	Subject      string           `json:"subject,omitempty"` // of the first message; personal data
	Channel      string           `json:"channel"`           // one of Channels
	Language     string           `json:"language"`
	Requester    Person           `json:"requester"`
	Concerned    Person           `json:"concerned"`
	Link         Link             `json:"link"`
	Minor        bool             `json:"minor"`
	Orders       []Match          `json:"orders"`
	Identity     Identity         `json:"identity"`
	ReceivedAt   time.Time        `json:"received_at"`   // by the server, UTC
	DiscoveredAt time.Time        `json:"discovered_at"` // by Greffier, UTC
	FromJunk     bool             `json:"from_junk"`
	ExtendedAt   time.Time        `json:"extended_at"` // instant of the notice of extension
	ExtendReason string           `json:"extend_reason,omitempty"`
	Suspensions  []law.Suspension `json:"suspensions,omitempty"`
	AnsweredAt   time.Time        `json:"answered_at"`
	ClosedAt     time.Time        `json:"closed_at"`
	Events       []Event          `json:"events"`
	Letters      []Letter         `json:"letters,omitempty"`
	Runs         []int64          `json:"runs,omitempty"` // erasure runs
	Marks        []request.Mark   `json:"marks,omitempty"`
	Territory    law.Territory    `json:"territory,omitempty"`
	// Challenge is the latest one-time code, nil where none was made.
	Challenge *Challenge `json:"challenge,omitempty"`
	// Work is what was done for the rights asked, from the records of the acts.
	Work []Work `json:"work,omitempty"`
	// Depicted tells that the person concerned is shown on the photos and is not
	// the customer: the customer's other data are not hers, and the source of
	// what concerns her is who sent the photo (GDPR Art. 15(1)(g)).
	Depicted bool `json:"depicted,omitempty"`
	// Authority is the evidence of the link, nil for none; Conflict the latest
	// disagreement of two parents.
	Authority *Authority `json:"authority,omitempty"`
	Conflict  *Conflict  `json:"conflict,omitempty"`
	// Told is what was told or read where no mail says it; personal data.
	Told string `json:"told,omitempty"`
	// MergedInto is the case that this one was joined with, 0 for none.
	MergedInto ID `json:"merged_into,omitempty"`
}

// Rights returns the rights asked for, as words.
func (c Case) Rights() []string {
	out := make([]string, 0, len(c.Asked))
	for _, a := range c.Asked {
		out = append(out, a.Right.String())
	}
	return out
}

// Clock returns the facts from which the law computes the due date, in the
// controller's zone.
func (c Case) Clock(zone *time.Location) law.Clock {
	t := c.Territory
	if t == "" {
		t = law.Metropole
	}
	return law.Clock{Received: c.ReceivedAt, Zone: zone, Territory: t, ExtendedAt: c.ExtendedAt, Suspensions: c.Suspensions, MinorAtCollection: c.Minor}
}

// Selected returns the ids of the orders in scope.
func (c Case) Selected() []int64 {
	var out []int64
	for _, m := range c.Orders {
		if m.Selected {
			out = append(out, m.Order)
		}
	}
	return out
}

// MayConcern returns the ids of the orders that the case may be about: those in
// scope, and those that are only proposed and that the owner has not left out,
// because nobody has looked yet or the proposal is newer than her look. also are
// orders that nobody proposed, of the addresses of its persons. It says what has
// to stay until somebody has looked (GDPR Art. 15, 18, 20), and never what may
// be erased or disclosed: that is Selected.
func (c Case) MayConcern(also ...int64) []int64 {
	var out []int64
	for _, m := range c.Orders {
		if m.Selected || !m.LeftOut {
			out = append(out, m.Order)
		}
	}
	for _, id := range also {
		if !slices.ContainsFunc(c.Orders, func(m Match) bool { return m.Order == id }) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

var (
	// ErrNotLawful says that the step is not lawful in the case's state.
	ErrNotLawful = errors.New("this step is not lawful now")
	// ErrReason says that a step needs a written reason.
	ErrReason = errors.New("a written reason is needed")
	// ErrIdentityUnproven says that identity must be settled first (GDPR Art. 12(6)).
	ErrIdentityUnproven = errors.New("the requester's identity is not proven")
	// ErrNoOrder says that no order of the case is in scope.
	ErrNoOrder = errors.New("no order is matched to the case")
	// ErrNotFound says that there is no such case.
	ErrNotFound = errors.New("no such case")
)
