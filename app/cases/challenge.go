package cases

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
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
	EventCodeScope    = "case.code_scope"      // the code speaks for an address that is not that of all orders meant
	EventCodeReturned = "case.code_returned"   // the letter with the code did not arrive
	EventAutoReply    = "case.auto_reply"      // a machine answered: no word of the person
	EventReceipt      = "case.receipt"         // a letter was displayed (RFC 8098)
	EventReturned     = "case.letter_returned" // a letter did not arrive; Arg the reason's code
	EventFoundSent    = "case.found_sent"      // a letter was found among the sent mail; Arg its kind
	EventOwnMail      = "case.own_mail"        // the owner wrote by herself
	EventSentByUs     = "case.letter_sent"     // Greffier sent a letter on her click; Arg its kind
	EventUncertain    = "case.letter_unsure"   // it is not known whether a letter went out; Arg its kind
	EventToldInVain   = "case.told_in_vain"    // a letter went out when its step was not lawful any more; Arg its kind
	EventUntold       = "case.untold"          // a letter came back, so that what it told counts no more; Arg its kind
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
	c = c.Copy()
	c.Challenge = &Challenge{Code: newCode(), To: mailbox.NormEmail(to), MadeAt: now.UTC(), Until: now.UTC().Add(ChallengeDays * 24 * time.Hour)}
	// A letter with an earlier code that was not sent would prove nothing.
	c.Letters = slices.DeleteFunc(c.Letters, func(l Letter) bool { return l.Kind == LetterCode && l.SentAt.IsZero() && l.SendingAt.IsZero() })
	c.log(now, ByOwner, EventChallenged, "", "")
	return c, nil
}

// newCode makes a code with a digit and a letter in it, so that no word of a
// letter is taken for a try.
func newCode() string {
	for {
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
		if looksLikeCode(bareCode(string(b))) {
			return string(b)
		}
	}
}

// bareCode is a code without its hyphen.
func bareCode(code string) string { return strings.ReplaceAll(code, "-", "") }

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
// sender wrote now: a letter that is quoted, forwarded or sent back as it is has
// the code in it whatever the answer says. What a machine sends answers nothing.
// The case given stays as it was.
//
// With CodeMet, the caller takes the step ActIdentityMet.
func GiveCode(c Case, m mailbox.Message, v request.Verdict) (Case, CodeAnswer) {
	h := c.Challenge
	if h == nil || !h.MetAt.IsZero() || m.AutoSubmitted || m.Bounce || m.Receipt || m.Sent || slices.Contains(c.Messages, m.ID) && m.ID != 0 {
		return c, NoCode
	}
	codes := codesIn(m, v, c.Letters)
	if len(codes) == 0 {
		return c, NoCode
	}
	right := slices.ContainsFunc(codes, func(x string) bool {
		return subtle.ConstantTimeCompare([]byte(x), []byte(bareCode(h.Code))) == 1
	})
	at := m.ReceivedAt
	sender, one := m.Sender()
	hers := one && (sender.Norm() == h.To || c.wrote(m))
	c = c.Copy()
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

// GivesSomeCode tells whether a mail has in it what looks like a one-time code.
func GivesSomeCode(m mailbox.Message, v request.Verdict) bool { return len(codesIn(m, v, nil)) > 0 }

// maxCodes bounds the codes that are tried of one mail.
const maxCodes = 20

// codesIn finds what looks like a code in the subject and in what the sender
// wrote now, as people copy it: in lower case, without the hyphen, with a space
// or a long dash in its place. What has no digit or no letter may be a word and
// is none. Neither is what stands where one of the letters has its code: that is
// the letter itself, whichever way a mail program repeats it.
func codesIn(m mailbox.Message, v request.Verdict, letters []Letter) []string {
	var out []string
	look := func(text string, start, end int, repeated func(start, end int) bool) {
		type word struct {
			text       string
			start, end int
		}
		last := word{end: -1}
		for i := start; i < end && len(out) < maxCodes; {
			if !codeLetter(text[i]) {
				i++
				continue
			}
			w := word{start: i}
			for i < end && codeLetter(text[i]) {
				i++
			}
			w.end = i
			if n := w.end - w.start; n == codeGroup || n == 2*codeGroup {
				w.text = strings.ToUpper(text[w.start:w.end])
			}
			switch {
			case looksLikeCode(w.text) && !repeated(w.start, w.end):
				out = append(out, w.text)
			case len(last.text) == codeGroup && looksLikeCode(last.text+w.text) && !repeated(last.start, w.end):
				out = append(out, last.text+w.text)
			}
			last = w
		}
	}
	if !slices.ContainsFunc(letters, func(l Letter) bool {
		return len(codesIn(mailbox.Message{Subject: l.Subject}, request.Verdict{}, nil)) > 0
	}) {
		look(m.Subject, 0, len(m.Subject), func(int, int) bool { return false })
	}
	around := contexts(letters)
	for _, s := range v.NewText {
		if s.Start >= 0 && s.Start <= s.End && s.End <= len(m.Text) {
			look(m.Text, s.Start, s.End, func(start, end int) bool {
				line := m.Text[strings.LastIndexByte(m.Text[:start], '\n')+1 : start]
				return strings.HasPrefix(strings.TrimSpace(line), ">") || around.match(m.Text, start, end)
			})
		}
	}
	return out
}

func codeLetter(b byte) bool {
	return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
}

// looksLikeCode tells whether eight capitals and digits may be a code.
func looksLikeCode(s string) bool {
	if len(s) != 2*codeGroup || !strings.ContainsAny(s, "0123456789") || !strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return false
	}
	for _, c := range []byte(s) {
		if !strings.ContainsRune(codeAlphabet, rune(c)) {
			return false
		}
	}
	return true
}

// The words around a code by which a repeated letter is known: so many before
// or after it, no fewer than the least.
const (
	contextWords = 6
	contextLeast = 3
)

// codeContexts are the words before and after the codes of letters.
type codeContexts []struct{ before, after []string }

func contexts(letters []Letter) codeContexts {
	var out codeContexts
	for _, l := range letters {
		for _, place := range codePlace.FindAllStringIndex(l.Text, maxCodes) {
			before, after := wordsAround(l.Text, place[0], place[1])
			out = append(out, struct{ before, after []string }{before, after})
		}
	}
	return out
}

// codePlace is a code as letters write it.
var codePlace = regexp.MustCompile(`\b[A-Z2-9]{4}-[A-Z2-9]{4}\b`)

// match tells whether a place of a text stands between the words of a letter.
func (cs codeContexts) match(text string, start, end int) bool {
	if len(cs) == 0 {
		return false
	}
	before, after := wordsAround(text, start, end)
	for _, c := range cs {
		n, k := len(c.before), len(c.after)
		if n >= contextLeast && len(before) >= n && slices.Equal(before[len(before)-n:], c.before) ||
			k >= contextLeast && len(after) >= k && slices.Equal(after[:k], c.after) {
			return true
		}
	}
	return false
}

// wordsAround returns the folded words next to a place of a text.
func wordsAround(text string, start, end int) (before, after []string) {
	const reach = 400 // bytes
	before = strings.Fields(fold(text[max(0, start-reach):start]))
	after = strings.Fields(fold(text[end:min(len(text), end+reach)]))
	return before[max(0, len(before)-contextWords):], after[:min(len(after), contextWords)]
}

// gave tells whether a mail is the one that met the case's challenge.
func (c Case) gave(m mailbox.Message) bool {
	sender, one := m.Sender()
	h := c.Challenge
	return one && h != nil && !h.MetAt.IsZero() && h.MetAt.Equal(m.ReceivedAt) && (sender.Norm() == h.To || c.wrote(m))
}

// ByCode tells whether identity is confirmed by a code that came back: it
// speaks for the address that it went to, and for no other.
func (c Case) ByCode() bool {
	return c.Identity.Level == Confirmed && c.Identity.By == ByPerson && c.Challenge != nil && !c.Challenge.MetAt.IsZero()
}

// Unconfirm takes back what a code had confirmed, since orders of another
// address are meant now: a new code, or the owner's reason, is needed.
func Unconfirm(c Case, at time.Time) Case {
	c = c.Copy()
	c.Identity.Level, c.Identity.Reason, c.Identity.By, c.Identity.At = Unproven, "", "", time.Time{}
	if c.Identity.contradicted() {
		c.Identity.Level = Doubtful
	}
	c.Identity.Signs = slices.DeleteFunc(c.Identity.Signs, func(s Sign) bool { return s.Key == SignChallengeMet })
	c.Challenge = nil
	c.log(at, ByGreffier, EventCodeScope, "", "")
	return c
}
