package cases

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/request"
)

var (
	// ErrAuthority says that whoever asks for somebody else has not shown the
	// authority to have the data (C. civ. 371-1; GDPR Art. 12(6)).
	ErrAuthority = errors.New("the authority to ask for somebody else is not shown")
	// ErrConflict says that two parents disagree: nothing is disclosed and
	// nothing is erased for good until that is settled (C. civ. 372-1, 373-2-6).
	ErrConflict = errors.New("two holders of parental authority disagree")
)

// AuthorityKind is how far it is shown that the requester may ask for the person
// concerned. The zero value is the cautious one.
type AuthorityKind string

// The kinds of evidence (law.md 3.2). A copy of what was seen is never kept.
const (
	AuthorityNone     AuthorityKind = ""         // nothing
	AuthorityDeclared AuthorityKind = "declared" // the requester says so
	AuthoritySeen     AuthorityKind = "seen"     // the owner saw it: a livret de famille in a call, a mandate
	AuthorityUploader AuthorityKind = "uploader" // the requester placed the order in scope and sent its photos
)

// AuthorityKinds lists them, the weakest first.
var AuthorityKinds = []AuthorityKind{AuthorityNone, AuthorityDeclared, AuthoritySeen, AuthorityUploader}

// Authority is the evidence of the link between requester and person concerned.
// Words are the owner's: what she saw, and how. Personal data.
type Authority struct {
	Kind  AuthorityKind `json:"kind,omitempty"`
	On    law.Date      `json:"on"` // the day on which it was seen or said
	Words string        `json:"words,omitempty"`
	By    string        `json:"by,omitempty"`
	At    time.Time     `json:"at"`
}

// setAuthority records the evidence of the link. What was seen needs the owner's
// words; what the orders must bear out is looked at each time.
func (c *Case) setAuthority(in Input, reason, by string, day law.Date) error {
	if !slices.Contains(AuthorityKinds, in.Authority) {
		return ErrInput
	}
	if in.Authority != AuthorityNone && reason == "" {
		return ErrReason
	}
	if in.Authority == AuthorityUploader && !c.uploader() {
		return ErrAuthority
	}
	c.Authority = nil
	if in.Authority != AuthorityNone {
		c.Authority = &Authority{Kind: in.Authority, On: cmp.Or(in.From, day), Words: reason, By: by, At: in.At.UTC()}
	}
	return nil
}

// uploader tells whether the orders in scope are the requester's own, so that
// the photos came from her: their address wrote, or gave the code back, and
// nothing that speaks against her is left unsettled.
func (c Case) uploader() bool {
	if len(c.Selected()) == 0 || c.Depicted {
		return false
	}
	if c.Identity.contradicted() && c.Identity.Level != Confirmed {
		return false
	}
	return c.allStrong() || c.ByCode()
}

// authorised tells whether the evidence of the link allows data to be handed
// over: what was seen does, for a parent or guardian, a lawyer or an agent; a
// parent of a minor may also be the uploader (law.md 3.2). Saying so is not
// enough.
func (c Case) authorised() bool {
	if c.Link == Self {
		return true
	}
	if c.Link == LinkUnknown || c.Authority == nil {
		return false
	}
	switch c.Authority.Kind {
	case AuthoritySeen:
		return true
	case AuthorityUploader:
		return c.Link == Parent && c.Minor && c.uploader()
	}
	return false
}

// unauthorised is the error of a disclosure without authority. It is a question
// of identity too: it may be asked for, and the clock stands still meanwhile.
func unauthorised() error { return fmt.Errorf("%w: %w", ErrAuthority, ErrIdentityUnproven) }

// Conflict is a disagreement of two holders of parental authority. Reason is the
// owner's own words; Settled tells how it ended. Personal data.
type Conflict struct {
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	Reason    string    `json:"reason"`
	SettledAt time.Time `json:"settled_at"`
	Settled   string    `json:"settled,omitempty"`
}

// InConflict tells whether the parents disagree, as the owner recorded.
func (c Case) InConflict() bool { return c.Conflict != nil && c.Conflict.SettledAt.IsZero() }

// EventDisagrees is the key of the line that a mail writes which seems to speak
// against what is asked.
const EventDisagrees = "case.disagrees"

// Disagreed tells whether a mail seemed to speak against what is asked, and the
// owner has not yet said what it is: a conflict, or none.
func (c Case) Disagreed() bool {
	for _, e := range slices.Backward(c.Events) {
		switch e.Key {
		case EventDisagrees:
			return true
		case eventConflict, eventSettled:
			return false
		}
	}
	return false
}

const (
	eventConflict = "case.conflict"
	eventSettled  = "case.conflict_settled"
)

// Disputed tells whether a disagreement, recorded or only seen, stands in the
// way of what cannot be taken back.
func (c Case) Disputed() bool { return c.InConflict() || c.Disagreed() }

// againstPhrases say that the sender does not want what somebody else asked.
var againstPhrases = []string{
	"n effacez pas", "n effacez rien", "ne pas effacer", "ne les effacez pas", "ne supprimez pas", "ne supprimez rien", "ne pas supprimer", "ne les supprimez pas", "ne detruisez pas", "ne pas detruire",
	"je m oppose a l effacement", "je m oppose a cet effacement", "je m oppose a la suppression", "je m oppose a cette suppression", "je m oppose a cette demande", "je m oppose a sa demande", "je refuse que", "je ne veux pas que vous",
	"sans mon accord", "sans mon autorisation", "contre mon avis", "contre ma volonte", "je ne suis pas d accord", "ne donnez pas", "ne communiquez pas", "ne transmettez pas", "n envoyez pas", "conservez les photos", "gardez les photos",
	"do not delete", "don t delete", "do not erase", "don t erase", "do not remove", "don t remove", "please keep the photos", "i object to the deletion", "i object to the erasure", "i object to this request", "i oppose the deletion", "i oppose this request",
	"without my consent", "without my agreement", "against my will", "i do not agree", "i don t agree", "do not give", "don t give", "do not send", "don t send", "do not share", "don t share",
	"nicht loschen", "ohne meine zustimmung", "niet verwijderen", "zonder mijn toestemming", "no borren", "sin mi consentimiento", "non cancellate", "senza il mio consenso",
}

// SpeaksAgainst tells whether a mail seems to refuse what somebody else asked
// for. It is a first look, at the words alone.
func SpeaksAgainst(m mailbox.Message, v request.Verdict) bool {
	text := fold(newText(v, m))
	return slices.ContainsFunc(againstPhrases, func(p string) bool { return strings.Contains(text, " "+p+" ") })
}

// Disagrees tells whether a mail of somebody else seems to speak against what is
// asked in an open case about a child: it says so, and it is about the same
// orders, the same child, or in the same conversation. It proposes only: the
// owner says whether the parents disagree.
func Disagrees(c Case, m mailbox.Message, v request.Verdict, threaded bool) bool {
	if !c.State.Open() || !c.Minor && c.Link != Parent || c.wrote(m) || m.Sent || m.AutoSubmitted || m.Bounce || m.Receipt || !SpeaksAgainst(m, v) {
		return false
	}
	if threaded {
		return true
	}
	numbers := numbersOf(v)
	text := fold(newText(v, m))
	for _, o := range c.Orders {
		// The order of the other parent is named, and not chosen yet.
		if (o.Selected || o.Why == MatchNumber) && (slices.Contains(numbers, bareNumber(o.Number)) || len(o.Number) > 2 && strings.Contains(text, fold(o.Number))) {
			return true
		}
	}
	child := fold(c.Concerned.Name)
	return len(strings.TrimSpace(child)) > minNameLen && strings.Contains(text, child) && c.Concerned.Name != c.Requester.Name
}

// NoteDisagreement writes into the history that a mail seems to speak against
// what is asked. Arg is the number of the case that the mail opened, "" where it
// opened none.
func NoteDisagreement(c Case, at time.Time, arg string) Case {
	return Note(c, at, ByGreffier, EventDisagrees, arg)
}
