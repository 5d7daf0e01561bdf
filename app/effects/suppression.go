package effects

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"greffier/app/cases"
	"greffier/app/mailbox"
)

// Use is a use of a person's data that she can stop. The words are used in
// records, commands and JSON.
type Use string

// The uses that can be stopped.
const (
	Newsletter Use = "newsletter"  // e-mails of direct marketing (GDPR Art. 21(2))
	Post       Use = "post"        // the same by letter
	Phone      Use = "phone"       // the same by telephone or SMS
	Profiling  Use = "profiling"   // for direct marketing, or on legitimate interests (Art. 21(1))
	Partners   Use = "partners"    // passing on to others for their marketing
	Photos     Use = "photos"      // publication of her photographs (Art. 7(3))
	Training   Use = "ai training" // photographs or texts used to train a model
	Statistics Use = "statistics"  // audience measurement and statistics on her
)

// Uses are the uses that can be stopped, in the order in which they are shown.
var Uses = []Use{Newsletter, Post, Phone, Profiling, Partners, Photos, Training, Statistics}

// Source is where a suppression comes from.
type Source string

// The sources of a suppression.
const (
	FromCase   Source = "case"
	ByHand     Source = "by hand"
	FromImport Source = "import"
)

// Push is what became of a suppression in one shop. The zero value is the
// cautious one.
type Push string

// What became of a suppression in a shop.
const (
	PushPending Push = ""         // not tried yet, or to be tried again
	PushDone    Push = "done"     // the shop no longer writes to her
	PushByHand  Push = "by hand"  // the shop offers no way: the owner does it there
	PushUnknown Push = "not held" // the shop has no account of that address
)

// InShop is where a suppression stands in one shop.
type InShop struct {
	Shop  string    `json:"shop"`
	State Push      `json:"state,omitempty"`
	At    time.Time `json:"at,omitzero"` // of the last try, UTC
	Tries int       `json:"tries,omitempty"`
	// BrokenAt is when the shop was found to use what was stopped, zero while it
	// was not; Broken says which uses.
	BrokenAt time.Time `json:"broken_at,omitzero"`
	Broken   []Use     `json:"broken,omitempty"`
}

// Suppression is one entry of the suppression list: who does not want what
// (GDPR Art. 21(3), 7(3)). It is kept for as long as the use must stay stopped,
// also when the person is erased: then nothing readable of her is left in it,
// and the keyed hashes still tell her address when it comes back. Instants are
// UTC.
type Suppression struct {
	ID        string    `json:"id"`
	Email     string    `json:"email,omitempty"` // normalised; "" once the person is erased
	Phone     string    `json:"phone,omitempty"` // normalised
	EmailHash string    `json:"email_hash,omitempty"`
	PhoneHash string    `json:"phone_hash,omitempty"`
	Uses      []Use     `json:"uses"`
	Source    Source    `json:"source"`
	Case      int64     `json:"case,omitempty"`
	Right     string    `json:"right,omitempty"` // objection or withdrawal, of a case
	Note      string    `json:"note,omitempty"`  // the owner's own words
	At        time.Time `json:"at"`
	ErasedAt  time.Time `json:"erased_at,omitzero"` // when what was readable went
	LiftedAt  time.Time `json:"lifted_at,omitzero"`
	Lifted    string    `json:"lifted,omitempty"` // why, in the owner's words
	Shops     []InShop  `json:"shops,omitempty"`
}

var (
	// ErrNoUse says that a suppression names no use that is known.
	ErrNoUse = errors.New("no use is named that could be stopped")
	// ErrNoContact says that a suppression has neither an e-mail address nor a
	// telephone number.
	ErrNoContact = errors.New("an e-mail address or a telephone number is needed")
	// ErrNoSuppression says that no entry of the list has that number, or that it
	// was lifted.
	ErrNoSuppression = errors.New("no such entry stands on the suppression list")
)

// Prepare returns a suppression as it is kept: address and number normalised,
// uses known, each once and in order. Errors: ErrNoContact, ErrNoUse.
func (s Suppression) Prepare() (Suppression, error) {
	email, phone := strings.TrimSpace(s.Email), strings.TrimSpace(s.Phone)
	if s.Email, s.Phone = Address(email), Telephone(phone); s.Email == "" && s.Phone == "" || email != "" && s.Email == "" || phone != "" && s.Phone == "" {
		return s, fmt.Errorf("suppress: %w", ErrNoContact)
	}
	var uses []Use
	for _, u := range Uses {
		if slices.Contains(s.Uses, u) {
			uses = append(uses, u)
		}
	}
	for _, u := range s.Uses {
		if !slices.Contains(Uses, u) {
			return s, fmt.Errorf("suppress: %w", ErrNoUse)
		}
	}
	if s.Uses = uses; len(uses) == 0 {
		return s, fmt.Errorf("suppress: %w", ErrNoUse)
	}
	s.Note = Words(s.Note)
	s.Shops = slices.Clone(s.Shops)
	return s, nil
}

// Active tells whether the entry stands.
func (s Suppression) Active() bool { return s.LiftedAt.IsZero() }

// Stops tells whether the entry stands and stops a use.
func (s Suppression) Stops(u Use) bool { return s.Active() && slices.Contains(s.Uses, u) }

// Lift takes an entry off the list, on the person's own wish. Errors:
// ErrNoSuppression, cases.ErrReason without a reason.
func (s Suppression) Lift(reason string, now time.Time) (Suppression, error) {
	if !s.Active() {
		return s, fmt.Errorf("lift %s: %w", s.ID, ErrNoSuppression)
	}
	if strings.TrimSpace(reason) == "" {
		return s, fmt.Errorf("lift %s: %w", s.ID, cases.ErrReason)
	}
	s.Uses, s.Shops = slices.Clone(s.Uses), slices.Clone(s.Shops)
	s.LiftedAt, s.Lifted = now.UTC(), Words(reason)
	for i := range s.Shops {
		s.Shops[i].BrokenAt, s.Shops[i].Broken = time.Time{}, nil
	}
	return s, nil
}

// Forget takes out of an entry what names the person: the keyed hashes stay.
func (s Suppression) Forget(at time.Time) Suppression {
	s.Email, s.Phone, s.Note, s.ErasedAt = "", "", "", at.UTC()
	if s.Lifted != "" {
		s.Lifted = "–"
	}
	return s
}

// Address normalises an e-mail address as addresses are compared everywhere, ""
// for what is none.
func Address(s string) string {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	if err != nil || len(a.Address) > 254 || strings.ContainsFunc(a.Address, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }) {
		return ""
	}
	return mailbox.NormEmail(a.Address)
}

// Telephone normalises a telephone number to + and digits; a French number
// without its country begins with 0. It is "" for what is none.
func Telephone(s string) string {
	var b strings.Builder
	s = strings.ReplaceAll(s, "(0)", "")
	for i, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" .-/()\u00a0\u202f\t", r):
		default:
			return ""
		}
	}
	n := b.String()
	switch {
	case strings.HasPrefix(n, "00"):
		n = "+" + n[2:]
	case len(n) == 10 && n[0] == '0':
		n = "+33" + n[1:]
	}
	if digits := strings.TrimPrefix(n, "+"); len(digits) < 6 || len(digits) > 15 {
		return ""
	}
	return n
}

// maxWords bounds what the owner writes of an act.
const maxWords = 2000

// Words cleans text from outside for a record: no control characters, no marks
// that turn the direction of writing, bounded.
func Words(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxWords {
		s = string(r[:maxWords])
	}
	return strings.TrimSpace(s)
}
