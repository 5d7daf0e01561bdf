package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/guard"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/request"
)

// keeper says which messages are read whole: those that may be requests, and
// those that belong to a case. waiting are the letters as they stand.
func (a *App) keeper(ctx context.Context, judge *request.Judge, waiting letterBook) func(mailbox.Message) bool {
	return func(m mailbox.Message) bool {
		if !m.Sent {
			var v request.Verdict
			if guard.Run(func() error { v = judge.Recognise(m); return nil }) != nil {
				return true // it is told of when it is filed
			}
			if v.Kind != request.Ordinary || waiting.of(m) != 0 || waiting.met(m, v) != 0 || cases.SpeaksAgainst(m, v) {
				return true
			}
		}
		mine := false
		// A store that cannot be read stops the sync when the message is filed.
		_ = a.d.Store.View(ctx, func(tx Tx) error {
			if m.Sent {
				// What is written while the sync runs may be sent while it runs:
				// the letters are looked at as they stand now.
				letters := func() (letterBook, error) { return newLetterBook(tx) }
				_, found, err := a.caseOfLetter(tx, m, letters)
				if mine = found; err != nil || found {
					return err
				}
				n, err := unsentNotice(tx, m)
				if mine = n != nil; err != nil || mine {
					return err
				}
				l, err := breachMail(tx, m)
				mine = l != nil
				return err
			}
			_, found, err := a.caseOf(tx, m, mailbox.NormEmail(a.controller(tx).Email))
			mine = found
			return err
		})
		return mine
	}
}

// letterBook finds the case of a letter in a mail without reading all cases for
// each mail. What it finds is read again before it is changed.
type letterBook []cases.Case

func newLetterBook(tx Tx) (letterBook, error) {
	all, err := tx.Cases()
	return slices.DeleteFunc(all, func(c cases.Case) bool { return len(c.Letters) == 0 }), err
}

// of returns the case of which a sent mail is a letter, or to one of whose
// letters a mail answers or gives bad news; 0 for none.
func (b letterBook) of(m mailbox.Message) cases.ID {
	ids := append(slices.Clone(m.InReplyTo), m.References...)
	for _, r := range m.Returned {
		ids = append(ids, r.MessageID)
	}
	for _, c := range slices.Backward(b) {
		if m.Sent && cases.LetterOf(c, m) >= 0 ||
			slices.ContainsFunc(c.Letters, func(l cases.Letter) bool { return l.MessageID != "" && slices.Contains(ids, l.MessageID) }) {
			return c.ID
		}
	}
	return 0
}

// met returns the case whose code a mail gives back, 0 for none.
func (b letterBook) met(m mailbox.Message, v request.Verdict) cases.ID {
	if !cases.GivesSomeCode(m, v) {
		return 0
	}
	for _, c := range slices.Backward(b) {
		if _, answer := cases.GiveCode(c, m, v); answer == cases.CodeMet {
			return c.ID
		}
	}
	return 0
}

// caseOfAnswer finds the case that a person's mail answers though nothing of its
// conversation is known: the letter that it names was sent, and no copy of it was
// found yet; or it gives back the code of a case, whatever it is written under.
func (a *App) caseOfAnswer(tx Tx, m mailbox.Message, v request.Verdict, letters func() (letterBook, error)) (cases.Case, bool, error) {
	if len(m.InReplyTo)+len(m.References) == 0 && !cases.GivesSomeCode(m, v) {
		return cases.Case{}, false, nil
	}
	book, err := letters()
	if err != nil {
		return cases.Case{}, false, err
	}
	id := book.of(m)
	if id == 0 {
		id = book.met(m, v)
	}
	if id == 0 {
		return cases.Case{}, false, nil
	}
	c, err := tx.Case(id)
	return c, err == nil, err
}

// caseOfLetter finds the case that a sent mail, or a machine's mail about one,
// belongs to: by the conversation, or by a letter.
func (a *App) caseOfLetter(tx Tx, m mailbox.Message, letters func() (letterBook, error)) (cases.Case, bool, error) {
	ids := append(slices.Clone(m.InReplyTo), m.References...)
	for _, r := range m.Returned {
		ids = append(ids, r.MessageID)
	}
	n, err := tx.CaseOfThread(ids)
	if err != nil {
		return cases.Case{}, false, err
	}
	id := cases.ID(n)
	if id == 0 {
		book, err := letters()
		if err != nil {
			return cases.Case{}, false, err
		}
		if id = book.of(m); id == 0 {
			return cases.Case{}, false, nil
		}
	}
	c, err := tx.Case(id)
	return c, err == nil, err
}

// takeSent files what the owner sent: as a letter of its case, with the step
// that the letter stands for, or as her own word in a case. What belongs to no
// case is not kept.
func (a *App) takeSent(tx Tx, m mailbox.Message, letters func() (letterBook, error), out *SyncReport) error {
	c, found, err := a.caseOfLetter(tx, m, letters)
	if err != nil {
		return err
	}
	if !found {
		if taken, err := a.takeBreachMail(tx, m); err != nil || taken {
			return err
		}
		return a.noticeWent(tx, m)
	}
	id, isNew, err := tx.PutMessage(request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Ordinary, Confidence: 1}, Case: int64(c.ID)})
	if err != nil || !isNew {
		return err
	}
	out.Messages++
	at := m.ReceivedAt // when the server got the copy: the Date field is what a program says
	if at.IsZero() {
		at = m.SentAt
	}
	c.Messages = append(slices.Clone(c.Messages), id)
	i := cases.LetterOf(c, m)
	if i < 0 {
		return tx.PutCase(cases.Note(c, at, owner, cases.EventOwnMail, ""))
	}
	c.Letters = slices.Clone(c.Letters)
	c.Letters[i].FoundAt = a.now()
	if m.MessageID != "" {
		c.Letters[i].MessageID = m.MessageID // the one that bounces and answers name
	}
	if !c.Letters[i].SentAt.IsZero() {
		return tx.PutCase(c) // known already
	}
	return a.letterWent(tx, c, i, at, cases.EventFoundSent)
}

// noticeWent records that the letter to a recipient (GDPR Art. 19) was found
// among the sent mail.
func (a *App) noticeWent(tx Tx, m mailbox.Message) error {
	found, err := unsentNotice(tx, m)
	if err != nil || found == nil {
		return err
	}
	n, err := cases.Sent(*found, m.ReceivedAt)
	if err != nil {
		return nil // it is answered or spared meanwhile
	}
	if err := putNotice(tx, n, a.now()); err != nil {
		return err
	}
	return a.journal(tx, greffier, evidence.ActNoticeSent, fmt.Sprintf("notice %s", n.ID), map[string]string{"state": n.State.String()})
}

// unsentNotice returns the notice whose letter a sent mail is, nil for none.
func unsentNotice(tx Tx, m mailbox.Message) (*cases.Notice, error) {
	if m.MessageID == "" {
		return nil, nil
	}
	ns, err := records[cases.Notice](tx, kindNotices)
	i := slices.IndexFunc(ns, func(n cases.Notice) bool { return slices.Contains(n.MessageIDs, m.MessageID) && n.SentAt.IsZero() })
	if err != nil || i < 0 {
		return nil, err
	}
	return &ns[i], nil
}

// takeMachine files what a machine wrote about a letter or in answer to one: a
// bounce, a receipt, an absence. It is false where it concerns no case, and
// where it asks for something all the same: agents and help desks write so too.
func (a *App) takeMachine(tx Tx, j request.Judged, letters func() (letterBook, error), out *SyncReport) (bool, error) {
	m := j.Message
	c, found, err := a.caseOfLetter(tx, m, letters)
	if err != nil {
		return false, err
	}
	if !found {
		return a.takeBreachMail(tx, m)
	}
	if !m.Bounce && !m.Receipt && (j.Verdict.Kind == request.Request || cases.Separate(m, j.Verdict, c)) {
		return false, nil
	}
	id, isNew, err := tx.PutMessage(request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Ordinary, Confidence: 1}, Case: int64(c.ID)})
	if err != nil || !isNew {
		return true, err
	}
	out.Messages++
	m.ID = id
	c, returned := cases.Returned(c, m)
	if returned {
		c.Messages = append(c.Messages, id)
		if err := a.journal(tx, greffier, evidence.ActLetterReturned, caseRecord(c.ID), nil); err != nil {
			return true, err
		}
	} else {
		c = cases.Heard(c, m)
	}
	return true, tx.PutCase(c)
}

// givesCode tells whether a mail meets the challenge of an open case.
func (a *App) givesCode(tx Tx, c cases.Case, m mailbox.Message, v request.Verdict) (bool, error) {
	if _, answer := cases.GiveCode(c, m, v); answer != cases.CodeMet || !c.State.Open() {
		return false, nil
	}
	return a.covered(tx, c)
}

// covered tells whether a code speaks for all orders in scope: they have the
// address that it went to. What was erased is not at stake any more.
func (a *App) covered(tx Tx, c cases.Case) (bool, error) {
	for _, n := range c.Selected() {
		o, err := tx.Order(n)
		if err != nil {
			return false, err
		}
		if !o.Erased && mailbox.NormEmail(o.Customer.Email) != c.Challenge.To {
			return false, nil
		}
	}
	return true, nil
}

// challenged looks whether a mail gives back the code of its case, and takes
// the step where it does.
func (a *App) challenged(tx Tx, c cases.Case, m mailbox.Message, v request.Verdict) (cases.Case, error) {
	was := c
	c, answer := cases.GiveCode(c, m, v)
	if answer != cases.CodeMet {
		return c, nil
	}
	if ok, err := a.covered(tx, c); err != nil || !ok {
		return cases.Note(was, m.ReceivedAt, greffier, cases.EventCodeScope, ""), err
	}
	act := cases.ActIdentityMet
	if c.State != cases.Identifying {
		// The code was given without the clock having been stopped for it.
		act = cases.ActConfirmIdentity
	}
	in := cases.Input{By: cases.ByPerson, At: m.ReceivedAt, Reason: cases.SignChallengeMet}
	for _, x := range c.Suspensions {
		// She answered before the owner said that the code had been sent.
		if x.To.IsZero() && x.From.After(law.DateOf(in.At, a.d.Zone)) {
			in.At, in.Until = a.now(), x.From
		}
	}
	next, err := cases.Apply(c, act, in, a.d.Zone)
	if errors.Is(err, cases.ErrNotLawful) {
		return c, nil // the case has moved on: the code is on record
	}
	if err != nil {
		return c, err
	}
	return next, a.journal(tx, greffier, evidence.ActCaseIdentity, caseRecord(c.ID), map[string]string{"by": "code"})
}
