package app

import (
	"context"
	"fmt"
	"slices"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/mailbox"
	"greffier/app/request"
)

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
	if err := dropSent(tx, id); err != nil {
		return err
	}
	if err := tx.DropCase(int64(id)); err != nil {
		return err
	}
	return a.journal(tx, owner, evidence.ActCaseDropped, caseRecord(id), nil)
}

// pristine tells whether nothing was done in a case that anybody else has seen
// or that cannot be undone, and nothing is asked in it but by its mails: a request
// by telephone, or one that was joined with it, is not taken back with a mail.
func pristine(c cases.Case) bool {
	return c.State.Open() && len(c.Runs) == 0 && len(c.Work) == 0 && c.Told == "" && c.Conflict == nil && c.MailOnly() && c.ExtendedAt.IsZero() && c.AnsweredAt.IsZero() &&
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
