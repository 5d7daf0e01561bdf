package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/request"
)

// settingCheck is the threshold of the mails to check, in percent.
const settingCheck = "triage.check"

// The bounds of the threshold, in percent.
const (
	minCheck = 3
	maxCheck = int(request.RequestFrom*100) - 1
)

var (
	// ErrThreshold says that a threshold is out of bounds.
	ErrThreshold = errors.New("the threshold is out of bounds")
	// ErrNoSetup says that the settings of the mailbox cannot be changed here.
	ErrNoSetup = errors.New("the mailbox cannot be set up here")
	// ErrNotCorrected says that a mail has no correction to take back.
	ErrNotCorrected = errors.New("the verdict was not corrected")
	// ErrCaseTouched says that too much has happened in a case to say that it was
	// opened by mistake.
	ErrCaseTouched = errors.New("something was done in this case already")
)

// mailbox returns the way to the mailbox and out of it, nil where there is
// none. The owner may change them.
func (a *App) mailbox() (Mailbox, Postman) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.d.Mailbox, a.d.Postman
}

// services returns the connections of the profile, which the owner may change.
func (a *App) services() []Connection {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.d.Services
}

// judge returns who recognises requests as the owner taught it.
func (a *App) judge(tx Tx) (*request.Judge, error) {
	js, err := tx.Corrected()
	if err != nil {
		return nil, err
	}
	var lessons []request.Lesson
	for _, j := range js {
		if j.Lesson != nil {
			lessons = append(lessons, *j.Lesson)
		}
	}
	return request.NewJudge(lessons, request.Settings{CheckFrom: float64(checkPercent(tx)) / 100}), nil
}

func checkPercent(tx Tx) int {
	return numberSetting(tx, settingCheck, minCheck, maxCheck, int(request.CheckFrom*100))
}

// CheckPercent returns the confidence, in percent, from which a mail is shown as
// one to check.
func (a *App) CheckPercent() int {
	p := int(request.CheckFrom * 100)
	// A setting that cannot be read leaves the default.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error { p = checkPercent(tx); return nil })
	return p
}

// SetCheckPercent changes it, from 3 to what makes a request; ErrThreshold for anything else. It
// holds for the mails that come; those judged before keep their verdict.
func (a *App) SetCheckPercent(ctx context.Context, percent int) error {
	if percent < minCheck || percent > maxCheck {
		return ErrThreshold
	}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(settingCheck, strconv.Itoa(percent)); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "triage", map[string]int{"check": percent})
	})
}

// keeper says which messages are read whole: those that may be requests, and
// those that belong to a case. waiting are the letters as they stand.
func (a *App) keeper(ctx context.Context, judge *request.Judge, waiting letterBook) func(mailbox.Message) bool {
	return func(m mailbox.Message) bool {
		if !m.Sent {
			v := judge.Recognise(m)
			if v.Kind != request.Ordinary || waiting.of(m) != 0 || waiting.met(m, v) != 0 {
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
				mine = n != nil
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
	if err != nil || !found {
		if err == nil {
			err = a.noticeWent(tx, m)
		}
		return err
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
	if err != nil || !found {
		return false, err
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

// ReadMail reads an ordinary mail again from the mailbox, since its text is not
// kept. mailbox.ErrGone where the server has it no longer.
func (a *App) ReadMail(ctx context.Context, id int64) (MessageView, error) {
	v, err := a.Mail(ctx, id)
	if err != nil || v.Message.Text != "" || v.Message.MessageID == "" && v.Message.Ref.Folder == "" {
		return v, err
	}
	m, err := a.reread(ctx, v.Message)
	if err != nil {
		return v, err
	}
	m.ID = id
	v.Message = m
	return v, nil
}

func (a *App) reread(ctx context.Context, m mailbox.Message) (mailbox.Message, error) {
	box, _ := a.mailbox()
	r, ok := box.(mailbox.Rereader)
	if !ok {
		return m, mailbox.ErrGone
	}
	again, err := r.Read(ctx, m.Ref, m.MessageID)
	if err != nil {
		return m, err
	}
	// The receipt is what the server said first; nothing moves the clock.
	again.ID, again.ReceivedAt, again.Junk = m.ID, m.ReceivedAt, m.Junk
	return again, nil
}

// CorrectVerdict records what the owner says of a message: the rights that it
// asks for, which opens a case, or none, which files it as ordinary mail and
// takes back a case that was opened for it, while nothing was done there (else
// ErrCaseTouched). What she says makes later verdicts better, and RestoreVerdict
// takes it back.
func (a *App) CorrectVerdict(ctx context.Context, mail int64, rights []request.Right) (cases.ID, error) {
	whole := a.wholeAgain(ctx, mail)
	var id cases.ID
	err := a.update(ctx, func(tx Tx) error {
		j, err := tx.Message(mail)
		if err != nil {
			return err
		}
		if j.Case != 0 && len(rights) > 0 {
			return cases.ErrNotLawful // the rights of a case are corrected in the case
		}
		if whole != nil && j.Case == 0 {
			j.Message = withText(j.Message, *whole)
		}
		if err := a.correct(tx, &j, rights); err != nil {
			return err
		}
		if len(rights) == 0 {
			return a.notARequest(tx, j)
		}
		id, _, err = a.openCase(tx, j, tx.Orders, nil)
		return err
	})
	return id, err
}

// wholeAgain reads a mail of which no text is kept again from the mailbox; nil
// where it is kept, or cannot be had again. What the owner says of it stands all
// the same: the legal clock runs.
func (a *App) wholeAgain(ctx context.Context, mail int64) *mailbox.Message {
	v, err := a.Mail(ctx, mail)
	if err != nil || v.Message.Text != "" {
		return nil
	}
	m, err := a.reread(ctx, v.Message)
	if err != nil {
		return nil
	}
	return &m
}

// withText is a message with what was read again of it. Where it lies may have
// become known better meanwhile.
func withText(m, again mailbox.Message) mailbox.Message {
	again.Ref = m.Ref
	return again
}

// correct makes the owner's word the verdict of a message, and remembers what
// the program had said.
func (a *App) correct(tx Tx, j *request.Judged, rights []request.Right) error {
	if j.Was == nil {
		was := j.Verdict
		j.Was = &was
	}
	j.Corrected = true
	if j.Message.Text != "" || j.Message.Subject != "" {
		l := request.LessonOf(j.Message, rights, a.now())
		j.Lesson = &l
	}
	words := make([]string, 0, len(rights))
	for _, r := range rights {
		words = append(words, r.String())
	}
	if len(rights) == 0 {
		j.Verdict.Kind, j.Verdict.Confidence = request.Ordinary, 1
	} else {
		j.Verdict.Kind, j.Verdict.Confidence = request.Request, 1
		j.Verdict.Findings = corrected(j.Verdict.Findings, rights)
	}
	return a.journal(tx, owner, evidence.ActVerdictCorrected, fmt.Sprintf("message %d", j.Message.ID), map[string]any{"rights": words})
}

// notARequest files a message as ordinary mail, and takes back the case that it
// opened.
func (a *App) notARequest(tx Tx, j request.Judged) error {
	id := cases.ID(j.Case)
	if id == 0 {
		return tx.UpdateMessage(j)
	}
	c, err := tx.Case(id)
	if err != nil {
		return err
	}
	if !pristine(c) || len(c.Messages) == 0 || c.Messages[0] != j.Message.ID {
		return ErrCaseTouched
	}
	js, err := tx.CaseMessages(int64(id))
	if err != nil {
		return err
	}
	for _, x := range js {
		if x.Message.ID == j.Message.ID {
			x = j
		}
		x.Case = 0
		if x.Verdict.Kind == request.Request {
			x.Verdict.Kind = request.ToCheck // a further mail that asked in it is looked at anew
		}
		if err := tx.UpdateMessage(x); err != nil {
			return err
		}
	}
	if err := tx.DropCase(int64(id)); err != nil {
		return err
	}
	return a.journal(tx, owner, evidence.ActCaseDropped, caseRecord(id), nil)
}

// pristine tells whether nothing was done in a case that anybody else has seen
// or that cannot be undone.
func pristine(c cases.Case) bool {
	return c.State.Open() && len(c.Runs) == 0 && c.ExtendedAt.IsZero() && c.AnsweredAt.IsZero() &&
		!slices.ContainsFunc(c.Letters, func(l cases.Letter) bool { return !l.SentAt.IsZero() || !l.SendingAt.IsZero() })
}

// RestoreVerdict takes a correction back: the message is again what the program
// had made of it, and nothing is learnt from it any more. A case that was
// opened by the correction is taken back while nothing was done in it (else
// ErrCaseTouched); one that the correction took back is opened again, and its
// number returned. ErrNotCorrected where there is nothing to take back. The text
// of a mail that is no ordinary one after all is read again from the mailbox.
func (a *App) RestoreVerdict(ctx context.Context, mail int64) (cases.ID, error) {
	whole := a.wholeAgain(ctx, mail)
	var id cases.ID
	err := a.update(ctx, func(tx Tx) error {
		j, err := tx.Message(mail)
		if err != nil {
			return err
		}
		if !j.Corrected {
			return ErrNotCorrected
		}
		if j.Was != nil {
			j.Verdict = *j.Was
		} else {
			j.Verdict.Kind = request.ToCheck
		}
		j.Corrected, j.Was, j.Lesson = false, nil, nil
		if whole != nil && j.Case == 0 && j.Verdict.Kind != request.Ordinary {
			j.Message = withText(j.Message, *whole)
		}
		if err := a.journal(tx, owner, evidence.ActVerdictRestored, fmt.Sprintf("message %d", mail), nil); err != nil {
			return err
		}
		switch {
		case j.Case != 0 && j.Verdict.Kind != request.Request:
			return a.notARequest(tx, j)
		case j.Case == 0 && j.Verdict.Kind == request.Request:
			id, _, err = a.openCase(tx, j, tx.Orders, nil)
			return err
		}
		return tx.UpdateMessage(j)
	})
	return id, err
}

// IdentityCopies returns the attachments of a case's messages that look like
// the copy of an identity document and are still kept, by message.
func (a *App) identityCopies(tx Tx, js []request.Judged) (map[int64][]string, error) {
	out := map[int64][]string{}
	for _, j := range js {
		docs := cases.IdentityDocuments(j.Message)
		if len(docs) == 0 || j.Message.Sent {
			continue
		}
		raw, err := tx.Raw(j.Message.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			if len(raw) > 0 {
				out[j.Message.ID] = append(out[j.Message.ID], d.Name)
			}
		}
	}
	return out, nil
}

// DropDocuments deletes the bytes of a message with its attachments from
// Greffier, once the copy of an identity document was looked at; the text that
// was read stays. The mail in the mailbox is the owner's to delete: Greffier
// never does.
func (a *App) DropDocuments(ctx context.Context, mail int64) error {
	return a.update(ctx, func(tx Tx) error {
		j, err := tx.Message(mail)
		if err != nil {
			return err
		}
		if err := tx.DropRaw(mail); err != nil {
			return err
		}
		if j.Case != 0 {
			c, err := tx.Case(cases.ID(j.Case))
			if err != nil {
				return err
			}
			if err := tx.PutCase(cases.Note(c, a.now(), owner, cases.EventIDDropped, "")); err != nil {
				return err
			}
		}
		return a.journal(tx, owner, evidence.ActDocumentDropped, fmt.Sprintf("message %d", mail), nil)
	})
}

// busyPause is how long new mail waits before it is asked anew whether another
// sync has ended.
const busyPause = 2 * time.Second

// Watch reads new mail as soon as it comes in, until ctx ends; it returns
// ctx.Err(), or nil where the mailbox cannot tell. A connection that breaks off
// (sleep, another network) is opened again, at growing intervals.
func (a *App) Watch(ctx context.Context, report Report) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 2*time.Second, 5*time.Minute
	for ctx.Err() == nil {
		box, _ := a.mailbox()
		w, ok := box.(mailbox.Watcher)
		if !ok {
			return nil
		}
		// A mailbox set up anew is watched instead of this one.
		watching, stop := context.WithCancel(ctx)
		a.mu.Lock()
		a.stopWatch = stop
		a.mu.Unlock()
		began := a.d.Now()
		woken := make(chan struct{}, 1)
		go func() {
			for {
				select {
				case <-watching.Done():
					return
				case <-woken:
					// How it went is remembered with the service. A sync that is
					// under way may have looked into the folder before.
					for _, err := a.Sync(watching, false, true, report); errors.Is(err, ErrBusy); _, err = a.Sync(watching, false, true, report) {
						select {
						case <-watching.Done():
							return
						case <-time.After(busyPause):
						}
					}
				}
			}
		}()
		a.setWatching(true)
		err := w.Watch(watching, func() {
			select {
			case woken <- struct{}{}:
			default: // a sync is due already, and sees this mail too
			}
		})
		a.setWatching(false)
		anew := watching.Err() != nil && ctx.Err() == nil
		stop()
		if anew {
			continue
		}
		if err != nil && a.d.Now().Sub(began) > 10*time.Minute {
			wait.Reset()
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait.NextBackOff()):
		}
	}
	return ctx.Err()
}

// Watching tells whether new mail is seen at once now: Watch is under way and
// its connection has not broken off.
func (a *App) Watching() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.watching
}

func (a *App) setWatching(on bool) {
	a.mu.Lock()
	was := a.watching
	a.watching = on
	a.mu.Unlock()
	if was != on {
		a.changed()
	}
}

// The settings of the mailbox.

// MailProviders returns the mail providers whose settings are known.
func (a *App) MailProviders() []mailbox.Provider {
	if a.d.Mail == nil {
		return nil
	}
	return a.d.Mail.Providers()
}

// MailAccount returns how the mailbox is entered, and false where the profile
// has none.
func (a *App) MailAccount() (mailbox.Account, bool) {
	if a.d.Mail == nil {
		return mailbox.Account{}, false
	}
	return a.d.Mail.Account()
}

// DiscoverMail proposes settings for an address, the best first; slow.
func (a *App) DiscoverMail(ctx context.Context, address string) ([]mailbox.Found, error) {
	if a.d.Mail == nil {
		return nil, ErrNoSetup
	}
	return a.d.Mail.Discover(ctx, address)
}

// TryMail signs in with settings that are not kept yet and looks around; slow.
func (a *App) TryMail(ctx context.Context, x mailbox.Account, s mailbox.Secret) (mailbox.Looked, error) {
	if a.d.Mail == nil {
		return mailbox.Looked{}, ErrNoSetup
	}
	return a.d.Mail.Try(ctx, x, s)
}

// SignInMail signs in at an OAuth provider in the system's browser; slow.
func (a *App) SignInMail(ctx context.Context, x mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Secret, error) {
	if a.d.Mail == nil {
		return mailbox.Secret{}, ErrNoSetup
	}
	return a.d.Mail.SignIn(ctx, x, clientSecret, show)
}

// SaveMail keeps the settings of the mailbox; the next sync uses them. ErrBusy
// while a sync is under way.
func (a *App) SaveMail(ctx context.Context, x mailbox.Account, s mailbox.Secret) error {
	if a.d.Mail == nil {
		return ErrNoSetup
	}
	if !a.syncing.TryLock() {
		return ErrBusy
	}
	defer a.syncing.Unlock()
	if was, ok := a.d.Mail.Account(); ok && (!strings.EqualFold(was.IMAP.Host, x.IMAP.Host) || was.IMAP.User != x.IMAP.User) {
		// How far the other mailbox was read says nothing of this one, whose
		// folders may have the same names and numbers.
		if err := a.d.Store.Update(ctx, forgetCursors); err != nil {
			return err
		}
	}
	box, postman, service, err := a.d.Mail.Save(ctx, x, s)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.d.Mailbox, a.d.Postman = box, postman
	a.d.Services = append(slices.DeleteFunc(slices.Clone(a.d.Services), func(c Connection) bool { return c.Kind == "mailbox" }), service)
	stop := a.stopWatch
	a.mu.Unlock()
	if stop != nil {
		stop()
	}
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActSettingsChanged, "mailbox", map[string]any{"sign-in": x.SignIn, "out": x.Out, "folders": len(x.Folders)})
	})
}

// forgetCursors lets every folder be read from its beginning. What is known
// already is known again.
func forgetCursors(tx Tx) error {
	cs, err := tx.Cursors()
	if err != nil {
		return err
	}
	for _, c := range cs {
		// No folder has this UIDVALIDITY (RFC 9051, 2.3.1.1).
		if err := tx.PutCursor(mailbox.Cursor{Folder: c.Folder}); err != nil {
			return err
		}
	}
	return nil
}
