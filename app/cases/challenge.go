package cases

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/mailbox"
	"greffier/app/request"
)

// A challenge is a one-time code sent to the address on file of the orders in
// scope. Who gives it back reads that mailbox: the proof that GDPR Art. 12(6)
// allows to ask for, and no copy of an identity document.

// The bounds of a challenge.
const (
	ChallengeDays  = 14 // days for which a code is taken
	ChallengeTries = 5  // wrong codes after which it is taken no more
)

// ErrNoAddressOnFile says that the orders in scope have no address, or several,
// so that a code cannot be sent to the one who ordered.
var ErrNoAddressOnFile = errors.New("the orders have not one address on file")

// Challenge is a one-time code and what became of it. Personal data.
type Challenge struct {
	Code   string    `json:"code"`
	To     string    `json:"to"`      // the address on file to which it goes
	MadeAt time.Time `json:"made_at"` // UTC
	Until  time.Time `json:"until"`   // taken up to this instant, UTC
	Tries  int       `json:"tries"`   // wrong codes received
	MetAt  time.Time `json:"met_at"`  // when it came back, zero while it has not
}

// Open tells whether the code is still taken at an instant.
func (h *Challenge) Open(at time.Time) bool {
	return h != nil && h.MetAt.IsZero() && h.Tries < ChallengeTries && !at.After(h.Until)
}

// The events of a challenge, keys of the text catalog.
const (
	EventChallenged   = "case.challenged"      // a code was made
	EventCodeWrong    = "case.code_wrong"      // a wrong code came; Arg the tries left
	EventCodeLate     = "case.code_late"       // the right code came too late
	EventCodeElse     = "case.code_elsewhere"  // the right code came from an address that is neither on file nor the requester's
	EventCodeSpent    = "case.code_spent"      // too many wrong codes
	EventCodeReturned = "case.code_returned"   // the letter with the code did not arrive
	EventAutoReply    = "case.auto_reply"      // a machine answered: no word of the person
	EventReceipt      = "case.receipt"         // a letter was displayed (RFC 8098)
	EventReturned     = "case.letter_returned" // a letter did not arrive; Arg the reason's code
	EventFoundSent    = "case.found_sent"      // a letter was found among the sent mail; Arg its kind
	EventOwnMail      = "case.own_mail"        // the owner wrote by herself
	EventSentByUs     = "case.letter_sent"     // Greffier sent a letter on her click; Arg its kind
	EventUncertain    = "case.letter_unsure"   // it is not known whether a letter went out; Arg its kind
	EventIDDropped    = "case.id_dropped"      // the copy of an identity document was deleted
)

// codeAlphabet has no letters and digits that people take for one another.
const codeAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

// codeGroups is how a code is written: two groups of four, 39 bits.
const codeGroup = 4

// NewChallenge makes a code for the one address on file of the orders in scope
// (emails holds it by order id). Errors: ErrNoAddressOnFile, ErrNotLawful where
// identity is settled or the case has ended.
func NewChallenge(c Case, emails map[int64]string, now time.Time) (Case, error) {
	if !c.State.Open() || c.Identity.Level == Confirmed {
		return c, fmt.Errorf("make a code: %w", ErrNotLawful)
	}
	to, ok := To(c, LetterCode, emails)
	if !ok {
		return c, ErrNoAddressOnFile
	}
	c = c.clone()
	c.Challenge = &Challenge{Code: newCode(), To: mailbox.NormEmail(to), MadeAt: now.UTC(), Until: now.UTC().Add(ChallengeDays * 24 * time.Hour)}
	// A letter with an earlier code that was not sent would prove nothing.
	c.Letters = slices.DeleteFunc(c.Letters, func(l Letter) bool { return l.Kind == LetterCode && l.SentAt.IsZero() && l.SendingAt.IsZero() })
	c.log(now, ByOwner, EventChallenged, "", "")
	return c, nil
}

func newCode() string {
	b := make([]byte, 0, 2*codeGroup+1)
	for len(b) < cap(b) {
		if len(b) == codeGroup {
			b = append(b, '-')
			continue
		}
		var r [1]byte
		rand.Read(r[:]) // never fails (crypto/rand)
		// Values beyond the last whole run of the alphabet would favour some.
		if int(r[0]) < 256/len(codeAlphabet)*len(codeAlphabet) {
			b = append(b, codeAlphabet[int(r[0])%len(codeAlphabet)])
		}
	}
	return string(b)
}

// CodeAnswer is what a mail did to a challenge.
type CodeAnswer int

// The answers to a challenge.
const (
	NoCode    CodeAnswer = iota // the mail has no code in it
	CodeMet                     // the right one
	CodeWrong                   // another one
	CodeVoid                    // the right one, but too late, after too many tries or from a third address
)

// GiveCode looks whether a mail of the case gives the code back, in what its
// sender wrote now: a quoted letter has the code in it whatever the answer says.
// What a machine sends answers nothing. The case given stays as it was.
//
// With CodeMet, the caller takes the step ActIdentityMet.
func GiveCode(c Case, m mailbox.Message, v request.Verdict) (Case, CodeAnswer) {
	h := c.Challenge
	if h == nil || !h.MetAt.IsZero() || m.AutoSubmitted || m.Bounce || m.Receipt || m.Sent || slices.Contains(c.Messages, m.ID) && m.ID != 0 {
		return c, NoCode
	}
	codes := codesIn(m, v)
	if len(codes) == 0 {
		return c, NoCode
	}
	right := slices.ContainsFunc(codes, func(x string) bool {
		return subtle.ConstantTimeCompare([]byte(x), []byte(strings.ReplaceAll(h.Code, "-", ""))) == 1
	})
	at := m.ReceivedAt
	sender, one := m.Sender()
	hers := one && (sender.Norm() == h.To || c.wrote(m))
	c = c.clone()
	next := *h
	c.Challenge = &next
	switch {
	case right && !h.Open(at):
		c.log(at, ByGreffier, EventCodeLate, "", "")
		return c, CodeVoid
	case right && !hers:
		c.log(at, ByGreffier, EventCodeElse, "", "")
		return c, CodeVoid
	case right:
		next.MetAt = at
		return c, CodeMet
	}
	if !h.Open(at) {
		return c, CodeWrong
	}
	next.Tries++
	if next.Tries >= ChallengeTries {
		c.log(at, ByGreffier, EventCodeSpent, "", "")
	} else {
		c.log(at, ByGreffier, EventCodeWrong, fmt.Sprint(ChallengeTries-next.Tries), "")
	}
	return c, CodeWrong
}

// codesIn finds what looks like a code in the subject and in what the sender
// wrote now, as people copy it: in lower case, without the hyphen, with a space
// or a long dash in its place. What has no digit or no letter may be a word and
// is none.
func codesIn(m mailbox.Message, v request.Verdict) []string {
	texts := []string{m.Subject}
	for _, s := range v.NewText {
		if s.Start >= 0 && s.Start <= s.End && s.End <= len(m.Text) {
			texts = append(texts, m.Text[s.Start:s.End])
		}
	}
	var out []string
	for _, t := range texts {
		words := strings.FieldsFunc(strings.ToUpper(t), func(r rune) bool {
			return !(r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
		})
		for i, w := range words {
			if looksLikeCode(w, 2*codeGroup) {
				out = append(out, w)
			}
			if i+1 < len(words) && len(w) == codeGroup && len(words[i+1]) == codeGroup && looksLikeCode(w+words[i+1], 2*codeGroup) {
				out = append(out, w+words[i+1])
			}
		}
	}
	return out[:min(len(out), 20)]
}

func looksLikeCode(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range []byte(s) {
		if !strings.ContainsRune(codeAlphabet, rune(c)) {
			return false
		}
	}
	return true
}
