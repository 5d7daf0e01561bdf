package cases

import (
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"greffier/app/mailbox"
)

// LetterOf returns the place of the letter that a sent mail is: the one with its
// Message-ID, else the one not sent yet that has its subject and goes to one of
// its recipients (mail programs give a draft another Message-ID when they send
// it). -1 where the owner wrote something else.
func LetterOf(c Case, m mailbox.Message) int {
	if m.MessageID != "" {
		if i := slices.IndexFunc(c.Letters, func(l Letter) bool { return l.MessageID == m.MessageID }); i >= 0 {
			return i
		}
	}
	subject := bareSubject(m.Subject)
	best := -1
	for i, l := range c.Letters {
		if !l.SentAt.IsZero() || subject == "" || bareSubject(l.Subject) != subject {
			continue
		}
		to := mailbox.NormEmail(l.Address(c))
		if slices.ContainsFunc(m.To, func(a mailbox.Address) bool { return a.Norm() == to }) {
			best = i // the latest one
		}
	}
	return best
}

// Address returns where a letter of a case goes.
func (l Letter) Address(c Case) string {
	if l.To != "" {
		return l.To
	}
	return c.Requester.Email
}

// Returned notes in a case that letters came back undelivered, and returns
// whether one of its letters did. A delay that may still end well is no return.
func Returned(c Case, m mailbox.Message) (Case, bool) {
	at := m.ReceivedAt
	c = c.Copy()
	hit := false
	for _, r := range m.Returned {
		if !r.Permanent {
			continue
		}
		i := slices.IndexFunc(c.Letters, func(l Letter) bool { return r.MessageID != "" && l.MessageID == r.MessageID })
		if i < 0 {
			// The latest letter to that address.
			for k, l := range c.Letters {
				if !l.SentAt.IsZero() && r.To != "" && mailbox.NormEmail(l.Address(c)) == mailbox.NormEmail(r.To) {
					i = k
				}
			}
		}
		if i < 0 || !c.Letters[i].ReturnedAt.IsZero() {
			continue
		}
		hit = true
		c.Letters[i].ReturnedAt, c.Letters[i].Returned = at, oneLine(r.Status, 20)
		key := EventReturned
		if c.Letters[i].Kind == LetterCode {
			key = EventCodeReturned
		}
		c.log(at, ByGreffier, key, oneLine(r.Status, 20), "")
		c.untold(c.Letters[i], at)
	}
	return c, hit
}

// untold takes back what counts only because the person was told of it, when the
// letter that told her came back: the extension (GDPR Art. 12(3)), and the time
// for which the clock stood still for an answer to a question that never arrived.
func (c *Case) untold(l Letter, at time.Time) {
	if l.Tells == nil {
		return
	}
	switch l.Kind {
	case LetterExtend:
		if c.ExtendedAt.IsZero() || !c.ExtendedAt.Equal(l.SentAt) {
			return
		}
		c.ExtendedAt, c.ExtendReason = time.Time{}, ""
	case LetterClarify:
		i := c.waiting()
		if i < 0 || c.Suspensions[i].Reason != manyLines(l.Tells.Reason, 2000) {
			return
		}
		c.Suspensions = slices.Delete(c.Suspensions, i, i+1)
	default:
		return
	}
	c.log(at, ByGreffier, EventUntold, l.Kind, "")
}

// RefuseOnly refuses the rights that a letter refused, and no others: where more
// was asked meanwhile, or granted, the case goes on with it. ErrNotLawful where
// none of them is left to be refused.
func RefuseOnly(c Case, t Telling, in Input, zone *time.Location) (Case, error) {
	left := func(a Asked) bool { return a.Outcome == Undecided && slices.Contains(t.Rights, a.Right) }
	if !slices.ContainsFunc(c.Asked, left) {
		return c, ErrNotLawful
	}
	var err error
	for _, a := range c.Asked {
		if !left(a) {
			continue
		}
		in.Right, in.Outcome = a.Right, Denied
		if c, err = Apply(c, ActSetOutcome, in, zone); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Beyond tells whether a case asks by now for more than a letter refused, and
// that is not decided.
func (t Telling) Beyond(c Case) bool {
	return len(t.Rights) > 0 && slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Outcome == Undecided && !slices.Contains(t.Rights, a.Right) })
}

// Heard notes that a machine answered in a case: a reply of its own, or a
// receipt. It is no word of the person and changes nothing else.
func Heard(c Case, m mailbox.Message) Case {
	if m.ID != 0 && slices.Contains(c.Messages, m.ID) {
		return c
	}
	c = c.Copy()
	if m.ID != 0 {
		c.Messages = append(c.Messages, m.ID)
	}
	key := EventAutoReply
	switch {
	case m.Bounce:
		key = EventReturned
	case m.Receipt:
		key = EventReceipt
	}
	c.log(m.ReceivedAt, ByGreffier, key, "", "")
	return c
}

// Note writes a line into the history of a case.
func Note(c Case, at time.Time, by, key, arg string) Case {
	c = c.Copy()
	c.log(at, by, key, arg, "")
	return c
}

// idWords are the words with which people name the picture of an identity
// document, folded, in the languages of the mailbox.
var idWords = []string{
	"carte identite", "carte d identite", "carte nationale", "cni", "piece identite", "piece d identite", "passeport", "passport", "permis de conduire", "permis conduire", "titre de sejour", "carte de sejour",
	"livret de famille", "identity card", "id card", "identity document", "driving licence", "driver license", "drivers license", "residence permit", "birth certificate", "acte de naissance",
	"personalausweis", "reisepass", "ausweis", "fuhrerschein", "identiteitskaart", "paspoort", "rijbewijs", "dni", "nie", "pasaporte", "carta identita", "carta d identita", "passaporto", "patente",
}

// IdentityDocuments returns the attachments of a mail that look like the copy of
// an identity document, by their names alone: nothing is opened. None is asked
// for by default, and the copy is to go once it was looked at (GDPR Art. 5(1)(c)
// and (e)).
func IdentityDocuments(m mailbox.Message) []mailbox.Attachment {
	var out []mailbox.Attachment
	for _, a := range m.Attachments {
		name := strings.TrimSuffix(a.Name, path.Ext(a.Name))
		// "CarteIdentite" and "carte_identite2" are two words each.
		var b strings.Builder
		last := rune(0)
		for _, r := range name[:min(len(name), 300)] {
			if unicode.IsUpper(r) && unicode.IsLower(last) || unicode.IsDigit(r) != unicode.IsDigit(last) {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			last = r
		}
		folded := " " + strings.TrimSpace(fold(b.String())) + " "
		if slices.ContainsFunc(idWords, func(w string) bool { return strings.Contains(folded, " "+w+" ") }) {
			out = append(out, a)
		}
	}
	return out
}
