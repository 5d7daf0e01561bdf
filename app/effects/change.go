package effects

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// ChangeState is where one correction stands. The zero value is the cautious
// one: written, and nobody knows yet whether it was made.
type ChangeState string

// The states of a correction.
const (
	ChangePending ChangeState = ""
	ChangeDone    ChangeState = "done"    // made, and read back
	ChangeByHand  ChangeState = "by hand" // the owner made it herself in the shop
	ChangeFailed  ChangeState = "failed"
)

// Change is one correction asked for: what a field of an order's record, or of
// the account that placed it, shows now and what it is to show. Old and New are
// personal data; once the person is erased they are empty.
type Change struct {
	Order  int64       `json:"order"`
	Field  string      `json:"field"` // the key of Field, or the name of an order's column for a shop without a way in
	Old    string      `json:"old"`
	New    string      `json:"new"`
	ByHand bool        `json:"by_hand,omitempty"` // the owner made it herself
	State  ChangeState `json:"state,omitempty"`
	Why    string      `json:"why,omitempty"` // of a failure: the text of a sentinel, nothing personal
	At     time.Time   `json:"at,omitzero"`   // of the last change of State, UTC
}

// Amendment is the corrections of one confirmation (GDPR Art. 16). It is written
// before the first is tried.
type Amendment struct {
	ID      string    `json:"id"`
	Case    int64     `json:"case"`
	At      time.Time `json:"at"` // UTC
	Changes []Change  `json:"changes"`
}

// Count returns how many corrections were made, by the shop's interface or by
// hand.
func (a Amendment) Count() (made, pending, failed int) {
	for _, c := range a.Changes {
		switch c.State {
		case ChangeDone, ChangeByHand:
			made++
		case ChangePending:
			pending++
		default:
			failed++
		}
	}
	return made, pending, failed
}

// Forget takes what is personal out of the corrections of an order.
func (a Amendment) Forget(order int64) (Amendment, bool) {
	touched := false
	a.Changes = slices.Clone(a.Changes)
	for i, c := range a.Changes {
		if c.Order == order && c.Old+c.New != "" {
			a.Changes[i].Old, a.Changes[i].New = "", ""
			touched = true
		}
	}
	return a, touched
}

var (
	// ErrNoChange says that nothing is to be corrected.
	ErrNoChange = errors.New("nothing is to be corrected")
	// ErrValue says that a text cannot be written into a field.
	ErrValue = errors.New("this text cannot stand in the field")
)

// maxValue bounds what a field may hold.
const maxValue = 250

// CheckChanges tidies what is to be corrected: outer spaces go, what stays as it
// is is left out. Errors: ErrNoChange; ErrValue for a text with control
// characters or marks of direction, a longer one than any shop takes, an e-mail
// address that is none, and the same field twice.
func CheckChanges(cs []Change) ([]Change, error) {
	var out []Change
	seen := map[string]bool{}
	for _, c := range cs {
		bad := func() ([]Change, error) { return nil, fmt.Errorf("correct %s: %w", fieldOf(c.Field), ErrValue) }
		c.New = strings.TrimSpace(c.New)
		if c.New == strings.TrimSpace(c.Old) {
			continue
		}
		id := fmt.Sprint(c.Order, " ", c.Field)
		if c.Order == 0 || c.Field == "" || seen[id] || len([]rune(c.New)) > maxValue || strings.ContainsFunc(c.New, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029'
		}) {
			return bad()
		}
		if IsEmail(c.Field) {
			if c.New = Address(c.New); c.New == "" {
				return bad()
			}
		}
		seen[id] = true
		c.State, c.Why, c.At = ChangePending, "", time.Time{}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("correct: %w", ErrNoChange)
	}
	return out, nil
}

// fieldOf is the name of a field without the ids before it.
func fieldOf(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// IsEmail tells whether a field holds an e-mail address.
func IsEmail(key string) bool { return strings.Contains(strings.ToLower(fieldOf(key)), "email") }
