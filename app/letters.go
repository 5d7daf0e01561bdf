package app

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/mailbox"
)

var (
	// ErrNoPostman says that the profile has no way of sending mail: letters are
	// laid into the Drafts folder.
	ErrNoPostman = errors.New("the profile does not send mail by itself")
	// ErrLetterSent says that a letter went out: it cannot be changed or sent
	// again.
	ErrLetterSent = errors.New("the letter was sent and cannot be changed")
	// ErrMaybeSent says that an earlier try to send the letter broke off, and
	// that nobody knows whether it went out: the owner looks and says so.
	ErrMaybeSent = errors.New("the letter may have gone out already")
)

// DraftLetter fills a letter's template from what really happened. Nothing is
// stored.
func (a *App) DraftLetter(ctx context.Context, id cases.ID, kind, lang string) (cases.Letter, error) {
	return a.DraftLetterWith(ctx, id, kind, lang, LetterWords{})
}

// DraftLetterWith is DraftLetter for a letter of which only the owner can say a
// part: the question, the fee, the day on which a restriction is lifted.
func (a *App) DraftLetterWith(ctx context.Context, id cases.ID, kind, lang string, say LetterWords) (cases.Letter, error) {
	var l cases.Letter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if lang == "" {
			lang = a.paperLang(c)
		}
		l, err = a.draft(tx, c, kind, lang, say)
		return err
	})
	return l, err
}

// draft fills a template for a case, in the owner's wording where she has one.
func (a *App) draft(tx Tx, c cases.Case, kind, lang string, say LetterWords) (cases.Letter, error) {
	facts, err := a.letterFacts(tx, c, lang, say)
	if err != nil {
		return cases.Letter{}, err
	}
	all, err := a.letters(tx)
	if err != nil {
		return cases.Letter{}, err
	}
	if i := unsent(c, kind); i >= 0 && c.Letters[i].Tells != nil {
		facts.Reason, facts.Ground = c.Letters[i].Tells.Reason, c.Letters[i].Tells.Ground
		if kind == cases.LetterClarify {
			facts.Question = facts.Reason
		}
	}
	l, err := cases.Draft(c, kind, facts, all, lang, a.now())
	if err == nil && kind == cases.LetterCode && c.Challenge != nil {
		l.To = c.Challenge.To
	}
	return l, err
}

// DraftRefusal shows the letter that a reason and a ground would make for the
// rights of a case that are not decided otherwise. Nothing is kept or decided.
func (a *App) DraftRefusal(ctx context.Context, id cases.ID, reason, ground string) (cases.Letter, error) {
	var l cases.Letter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		lang := a.paperLang(c)
		f, err := a.letterFacts(tx, c, lang, LetterWords{})
		if err != nil {
			return err
		}
		f.Reason, f.Ground = reason, ground
		all, err := a.letters(tx)
		if err != nil {
			return err
		}
		l, err = cases.Draft(c, cases.LetterRefuse, f, all, lang, a.now())
		return err
	})
	return l, err
}

// Announce writes the letter that tells a person of an extension, of a refusal or
// of a question that stops the clock, and keeps it with the owner's reason. The
// step is taken on the day on which the letter went out, and not before: an
// extension counts only when it was notified within the month (GDPR Art. 12(3)),
// and a refusal of which nobody was told is none (Art. 12(4)). Errors: those of
// cases.Apply and of drafting, ErrMaybeSent.
func (a *App) Announce(ctx context.Context, id cases.ID, act cases.Act, in cases.Input) (cases.Letter, error) {
	var l cases.Letter
	if !cases.ByLetter(act) {
		return l, cases.ErrInput
	}
	in.At, in.By = a.now(), owner
	err := a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if _, err := cases.Apply(c, act, in, a.d.Zone); err != nil {
			return err
		}
		kind, _ := cases.LetterFor(act)
		tells := &cases.Telling{Reason: in.Reason, Ground: in.Ground, Nevertheless: in.Nevertheless}
		for _, x := range c.Asked {
			if act == cases.ActRefuse && (x.Outcome == cases.Undecided || x.Outcome == cases.Denied) {
				tells.Rights = append(tells.Rights, x.Right)
			}
		}
		i := unsent(c, kind)
		if i < 0 {
			i = len(c.Letters)
			c.Letters = append(slices.Clone(c.Letters), cases.Letter{Kind: kind})
		} else if !c.Letters[i].SendingAt.IsZero() {
			return ErrMaybeSent
		}
		c.Letters = slices.Clone(c.Letters)
		c.Letters[i].Tells = tells
		if l, err = a.draft(tx, c, kind, a.paperLang(c), LetterWords{}); err != nil {
			return err
		}
		if c, err = putLetter(c, l); err != nil {
			return err
		}
		l = c.Letters[unsent(c, kind)]
		return tx.PutCase(c)
	})
	return l, err
}

// paperLang is the language in which the person of a case is written to.
func (a *App) paperLang(c cases.Case) string {
	if c.Language == "fr" || c.Language == "" && a.d.Lang == "fr" {
		return "fr"
	}
	return "en"
}

// SaveLetter keeps the owner's text of a letter that has not been sent. A letter
// of the same kind with another text, after one that was sent, is another
// letter. ErrMaybeSent while nobody knows whether it was, ErrLetterSent for one
// that was.
func (a *App) SaveLetter(ctx context.Context, id cases.ID, l cases.Letter) error {
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if c, err = putLetter(c, l); err != nil {
			return err
		}
		return tx.PutCase(c)
	})
}

// unsent returns the place of the letter of a kind that has not been sent, -1
// where there is none.
func unsent(c cases.Case, kind string) int {
	return slices.IndexFunc(c.Letters, func(x cases.Letter) bool { return x.Kind == kind && x.SentAt.IsZero() })
}

// wasSent tells whether a letter is one that went out and arrived, as far as is
// known: the very one, or its words again.
func wasSent(c cases.Case, l cases.Letter) bool {
	return slices.ContainsFunc(c.Letters, func(x cases.Letter) bool {
		return x.Kind == l.Kind && !x.SentAt.IsZero() && x.ReturnedAt.IsZero() &&
			(l.MessageID != "" && l.MessageID == x.MessageID || l.Subject == x.Subject && strings.TrimSpace(l.Text) == strings.TrimSpace(x.Text))
	})
}

// putLetter keeps the text of a letter; where it goes and how it is found again
// is not the caller's to say.
func putLetter(c cases.Case, l cases.Letter) (cases.Case, error) {
	if wasSent(c, l) {
		return c, ErrLetterSent
	}
	c.Letters = slices.Clone(c.Letters)
	to := ""
	if l.Kind == cases.LetterCode && c.Challenge != nil {
		to = c.Challenge.To // a code that went to whoever asks would prove nothing
	}
	kept := cases.Letter{Kind: l.Kind, Lang: l.Lang, Subject: l.Subject, Text: l.Text, MadeAt: l.MadeAt, To: to}
	i := unsent(c, l.Kind)
	if i < 0 {
		c.Letters = append(c.Letters, kept)
		return c, nil
	}
	old := c.Letters[i]
	if !old.SendingAt.IsZero() {
		return c, ErrMaybeSent
	}
	kept.DraftAt, kept.MessageID, kept.Tells = old.DraftAt, old.MessageID, old.Tells
	c.Letters[i] = kept
	return c, nil
}

// newMessageID makes the Message-ID of a letter of the owner's (RFC 5322,
// 3.6.4): random, with nothing of this computer in it.
func newMessageID(own mailbox.Address) string {
	_, domain, _ := strings.Cut(own.Norm(), "@")
	if domain == "" {
		domain = "localhost"
	}
	return strings.ToLower(rand.Text()) + "@" + domain
}

// write composes the letter of a kind that a case keeps, as a reply to the
// person's last message; a code goes to the address on file and answers
// nothing, since who asked may be somebody else.
func (a *App) write(tx Tx, c cases.Case, l cases.Letter) ([]byte, error) {
	o := a.controller(tx)
	out := Outgoing{From: mailbox.Address{Name: o.Name, Email: o.Email}, To: mailbox.Address{Name: c.Requester.Name, Email: l.Address(c)},
		Subject: l.Subject, Text: l.Text, MessageID: l.MessageID, At: a.now()}
	if l.To != "" && mailbox.NormEmail(l.To) != mailbox.NormEmail(c.Requester.Email) {
		out.To.Name = ""
		return a.d.Compose(out)
	}
	js, err := tx.CaseMessages(int64(c.ID))
	if err != nil {
		return nil, err
	}
	for _, j := range js {
		if j.Message.MessageID != "" && !j.Message.AutoSubmitted && !j.Message.Bounce {
			out.References = append(out.References, j.Message.MessageID)
		}
	}
	if n := len(out.References); n > 0 {
		out.InReplyTo = out.References[n-1:]
	}
	return a.d.Compose(out)
}

// prepare keeps a letter, gives it a Message-ID and composes it. mark changes
// the letter before it is kept.
func (a *App) prepare(ctx context.Context, id cases.ID, l cases.Letter, mark func(*cases.Letter)) (raw []byte, err error) {
	err = a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if err := mayGo(l); err != nil {
			return err
		}
		if c, err = putLetter(c, l); err != nil {
			return err
		}
		i := unsent(c, l.Kind)
		// A new one each time: an earlier draft may be sent as well.
		o := a.controller(tx)
		c.Letters[i].MessageID = newMessageID(mailbox.Address{Email: o.Email})
		if mark != nil {
			mark(&c.Letters[i])
		}
		if raw, err = a.write(tx, c, c.Letters[i]); err != nil {
			return err
		}
		// Before it goes: what went out must be on file to the byte.
		if err := a.keepSent(tx, id, c.Letters[i], raw); err != nil {
			return err
		}
		return tx.PutCase(c)
	})
	return raw, err
}

// mayGo refuses a refusal that does not tell the remedies (GDPR Art. 12(4)),
// whoever took them out.
func mayGo(l cases.Letter) error {
	if l.Kind == cases.LetterRefuse && !cases.NamesRemedies(l.Text) {
		return cases.ErrLetterRemedies
	}
	return nil
}

// PutInDrafts keeps a letter and lays it into the mailbox's Drafts folder, as
// a reply to the person's last message. The owner looks at it and sends it.
func (a *App) PutInDrafts(ctx context.Context, id cases.ID, l cases.Letter) error {
	box, _ := a.mailbox()
	if box == nil {
		return ErrNoMailbox
	}
	raw, err := a.prepare(ctx, id, l, nil)
	if err != nil {
		return err
	}
	if err := box.SaveDraft(ctx, raw); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		c.Letters = slices.Clone(c.Letters)
		if i := unsent(c, l.Kind); i >= 0 {
			c.Letters[i].DraftAt = a.now()
		}
		return tx.PutCase(c)
	})
}

// CanSend tells whether letters can be sent by Greffier itself.
func (a *App) CanSend() bool {
	_, postman := a.mailbox()
	return postman != nil
}

// SendLetter keeps a letter and sends it, on the owner's click. That it is being
// sent is on record before the first byte goes out, so that it is never sent
// twice in ignorance. Errors: ErrNoPostman; ErrMaybeSent where an earlier try
// broke off; mailbox.ErrUncertain where this one did; those of sending, after
// which it did not go out and can be sent again.
func (a *App) SendLetter(ctx context.Context, id cases.ID, l cases.Letter) error {
	_, postman := a.mailbox()
	if postman == nil {
		return ErrNoPostman
	}
	raw, err := a.prepare(ctx, id, l, func(l *cases.Letter) { l.SendingAt = a.now() })
	if err != nil {
		return err
	}
	failed := postman.Send(ctx, raw)
	// What follows must be written even where the owner cancelled meanwhile.
	ctx = context.WithoutCancel(ctx)
	return errors.Join(failed, a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(c.Letters, func(x cases.Letter) bool { return x.Kind == l.Kind && x.SentAt.IsZero() && !x.SendingAt.IsZero() })
		switch {
		case i < 0:
			return nil // it was found among the sent mail meanwhile
		case errors.Is(failed, mailbox.ErrUncertain):
			return tx.PutCase(cases.Note(c, a.now(), greffier, cases.EventUncertain, l.Kind))
		case failed != nil:
			c.Letters = slices.Clone(c.Letters)
			c.Letters[i].SendingAt = time.Time{}
			return tx.PutCase(c)
		}
		return a.letterWent(tx, c, i, a.now(), cases.EventSentByUs)
	}))
}

// SettleSending records what the owner found out of a letter of which nobody
// knew whether it went out: it did, or it did not and may be sent again.
func (a *App) SettleSending(ctx context.Context, id cases.ID, kind string, went bool) error {
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		i := unsent(c, kind)
		if i < 0 || c.Letters[i].SendingAt.IsZero() {
			return cases.ErrNotLawful
		}
		if went {
			return a.letterWent(tx, c, i, c.Letters[i].SendingAt, "")
		}
		c.Letters = slices.Clone(c.Letters)
		c.Letters[i].SendingAt = time.Time{}
		return tx.PutCase(c)
	})
}

// MarkSent records that the owner sent a letter, and takes the step that the
// letter stands for where it is lawful. ErrLetterSent where it was recorded
// already; cases.ErrLetterRemedies for a refusal that does not tell them: it
// refuses nothing.
func (a *App) MarkSent(ctx context.Context, id cases.ID, kind string) error {
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		i := unsent(c, kind)
		if i < 0 && slices.ContainsFunc(c.Letters, func(l cases.Letter) bool { return l.Kind == kind }) {
			return errors.Join(ErrLetterSent, cases.ErrNotLawful)
		}
		if i < 0 {
			return cases.ErrNotLawful
		}
		if err := mayGo(c.Letters[i]); err != nil {
			return err
		}
		return a.letterWent(tx, c, i, a.now(), "")
	})
}

// letterWent records that a letter went out at an instant, and takes the step
// that it stands for where it is lawful. event is the line that it writes, ""
// for none but the step's own.
func (a *App) letterWent(tx Tx, c cases.Case, i int, at time.Time, event string) error {
	c.Letters = slices.Clone(c.Letters)
	c.Letters[i].SentAt = at
	l := c.Letters[i]
	detail := map[string]string{"letter": l.Kind}
	if event != "" {
		c = cases.Note(c, at, greffier, event, l.Kind)
	}
	act, ok := cases.ActFor(l.Kind)
	in := cases.Input{By: owner, At: at, Reason: l.Subject}
	tells := cases.ByLetter(act)
	if tells && l.Tells != nil {
		in.Reason, in.Ground, in.Nevertheless = l.Tells.Reason, l.Tells.Ground, l.Tells.Nevertheless
	} else if tells {
		ok = false // the step was taken already, and the letter only tells of it
	}
	taken := false
	if ok && (tells || a.lawful(c, act)) {
		var next cases.Case
		var err error
		if act == cases.ActRefuse && l.Tells.Beyond(c) {
			next, err = cases.RefuseOnly(c, *l.Tells, in, a.d.Zone)
		} else {
			next, err = cases.Apply(c, act, in, a.d.Zone)
		}
		switch {
		case err == nil:
			c, taken = next, true
			detail["act"] = string(act)
		case !errors.Is(err, cases.ErrNotLawful):
			return err
		case tells:
			c = cases.Note(c, at, greffier, cases.EventToldInVain, l.Kind)
		}
		// What is lawful today may not have been on the day on which it went
		// out: that it went out is a fact all the same.
	}
	detail["state"] = c.State.String()
	if err := tx.PutCase(c); err != nil {
		return err
	}
	if err := a.caseEnded(tx, c); err != nil {
		return err
	}
	word := evidence.ActCaseState
	if event != "" {
		word = evidence.ActLetterSent
	}
	if taken && tells {
		if err := a.journal(tx, owner, acts[act], caseRecord(c.ID), map[string]string{"act": string(act), "state": c.State.String()}); err != nil {
			return err
		}
	}
	return a.journal(tx, owner, word, caseRecord(c.ID), detail)
}

// Challenge makes a one-time code for the address on file of the case's orders
// and returns the letter that carries it, kept and not sent. Errors:
// cases.ErrNoAddressOnFile, cases.ErrNotLawful.
func (a *App) Challenge(ctx context.Context, id cases.ID) (cases.Letter, error) {
	var l cases.Letter
	err := a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		emails := map[int64]string{}
		for _, n := range c.Selected() {
			o, err := tx.Order(n)
			if err != nil {
				return err
			}
			emails[n] = o.Customer.Email
		}
		if c, err = cases.NewChallenge(c, emails, a.now()); err != nil {
			return err
		}
		if l, err = a.draft(tx, c, cases.LetterCode, a.paperLang(c), LetterWords{}); err != nil {
			return err
		}
		if c, err = putLetter(c, l); err != nil {
			return err
		}
		if err := tx.PutCase(c); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCaseChallenged, caseRecord(id), map[string]string{"until": c.Challenge.Until.Format(time.RFC3339)})
	})
	return l, err
}

// needOfLetters tells which letters did not arrive, or may not have gone out,
// and where the copy of an identity document is still kept without need.
func (a *App) needOfLetters(t *Today, tx Tx) error {
	all, err := tx.Cases()
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.State == cases.Closed {
			continue
		}
		stuck := 0
		for i, l := range c.Letters {
			again := slices.ContainsFunc(c.Letters[i+1:], func(x cases.Letter) bool { return x.Kind == l.Kind && !x.SentAt.IsZero() })
			if !again && (!l.ReturnedAt.IsZero() || !l.SendingAt.IsZero() && l.SentAt.IsZero()) {
				stuck++
			}
		}
		if stuck > 0 {
			t.Needs = append(t.Needs, Need{Kind: "letter", Tone: ToneAtRisk, Case: c.ID, Person: c.Requester.Name, Due: a.today(), Count: stuck})
		}
		if c.Identity.Level != cases.Confirmed {
			continue
		}
		js, err := tx.CaseMessages(int64(c.ID))
		if err != nil {
			return err
		}
		kept, err := a.identityCopies(tx, js)
		if err != nil {
			return err
		}
		if len(kept) > 0 {
			t.Needs = append(t.Needs, Need{Kind: "document", Tone: ToneAtRisk, Case: c.ID, Person: c.Requester.Name, Due: a.today(), Count: len(kept)})
		}
	}
	return nil
}
