package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

func caseRecord(id cases.ID) string { return fmt.Sprintf("case %d", id) }

// atRiskDays is from how many days before the due date a case is shown as at
// risk.
const atRiskDays = 7

// Requests returns all cases: the open ones first, by due date, then the
// others, newest first.
func (a *App) Requests(ctx context.Context) ([]CaseRow, error) {
	var out []CaseRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := tx.Cases()
		for _, c := range all {
			out = append(out, a.caseRow(c))
		}
		return err
	})
	slices.SortStableFunc(out, func(x, y CaseRow) int {
		switch {
		case x.State.Open() != y.State.Open():
			if x.State.Open() {
				return -1
			}
			return 1
		case x.State.Open():
			return x.Due.Compare(y.Due)
		}
		return y.Received.Compare(x.Received)
	})
	return out, err
}

func (a *App) caseRow(c cases.Case) CaseRow {
	d, today := a.deadline(c), a.today()
	r := CaseRow{ID: c.ID, State: c.State, Person: c.Requester.Name, Email: c.Requester.Email, Received: c.ReceivedAt, Due: d.Due,
		DaysLeft: d.DaysLeft(today), Identity: c.Identity.Level, Minor: c.Minor, Waiting: d.Suspended && c.State.Open()}
	if r.Person == "" {
		r.Person = c.Requester.Email
	}
	for _, x := range c.Asked {
		r.Rights = append(r.Rights, x.Right)
	}
	for _, m := range c.Orders {
		if m.Selected {
			r.Orders = append(r.Orders, m.Number)
		}
	}
	switch {
	case !c.State.Open():
		r.Tone = ToneKept
		r.Late = !c.AnsweredAt.IsZero() && law.DateOf(c.AnsweredAt, a.d.Zone).After(d.Due)
	case r.DaysLeft < 0:
		r.Tone, r.Late = ToneLate, true
	case r.DaysLeft <= atRiskDays:
		r.Tone = ToneAtRisk
	default:
		r.Tone = ToneQuiet
	}
	return r
}

// deadline computes the clock of a case. A clock that cannot be computed (no
// receipt) is late by definition: somebody has to look.
func (a *App) deadline(c cases.Case) law.Deadline {
	d, err := c.Clock(a.d.Zone).Deadline(a.today())
	if err != nil {
		return law.Deadline{Warnings: []law.Step{{FR: "Cette échéance ne peut pas être calculée.", EN: "This due date cannot be computed."}}}
	}
	return d
}

// Mails returns the messages of one kind, newest first.
func (a *App) Mails(ctx context.Context, kind request.Kind) ([]MailRow, error) {
	var out []MailRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		js, err := tx.Messages(kind, 2000)
		for _, j := range js {
			if kind == request.ToCheck && j.Case != 0 {
				continue // it is being looked at in its case
			}
			out = append(out, mailRow(j))
		}
		return err
	})
	return out, err
}

func mailRow(j request.Judged) MailRow {
	r := MailRow{ID: j.Message.ID, Subject: j.Message.Subject, Received: j.Message.ReceivedAt, Verdict: j.Verdict,
		Case: cases.ID(j.Case), Junk: j.Message.Junk, Corrected: j.Corrected}
	if len(j.Message.From) > 0 {
		if r.From = j.Message.From[0].Name; r.From == "" {
			r.From = j.Message.From[0].Email
		}
	}
	return r
}

// Mail returns one message with its verdict.
func (a *App) Mail(ctx context.Context, id int64) (MessageView, error) {
	var out MessageView
	err := a.d.Store.View(ctx, func(tx Tx) error {
		j, err := tx.Message(id)
		out = MessageView{Message: j.Message, Verdict: j.Verdict}
		return err
	})
	return out, err
}

// CorrectVerdict records what the owner says of a message: the rights that it
// asks for, which opens a case, or none, which files it as ordinary mail. The
// correction itself can be corrected while no case is open.
func (a *App) CorrectVerdict(ctx context.Context, mail int64, rights []request.Right) (cases.ID, error) {
	var id cases.ID
	err := a.update(ctx, func(tx Tx) error {
		j, err := tx.Message(mail)
		if err != nil {
			return err
		}
		id = cases.ID(j.Case)
		if id != 0 {
			return cases.ErrNotLawful
		}
		j.Corrected = true
		words := make([]string, 0, len(rights))
		for _, r := range rights {
			words = append(words, r.String())
		}
		if err := a.journal(tx, owner, evidence.ActVerdictCorrected, fmt.Sprintf("message %d", mail), map[string]any{"rights": words}); err != nil {
			return err
		}
		if len(rights) == 0 {
			j.Verdict.Kind = request.Ordinary
			return tx.UpdateMessage(j)
		}
		j.Verdict.Kind = request.Request
		j.Verdict.Findings = corrected(j.Verdict.Findings, rights)
		j.Verdict.Confidence = 1
		id, _, err = a.openCase(tx, j, tx.Orders, nil)
		return err
	})
	return id, err
}

// corrected returns the findings of the rights that the owner names, with
// their words where the program saw some itself.
func corrected(old []request.Finding, rights []request.Right) []request.Finding {
	var out []request.Finding
	for _, r := range rights {
		i := slices.IndexFunc(old, func(f request.Finding) bool { return f.Right == r })
		f := request.Finding{Right: r, Rule: "owner"}
		if i >= 0 {
			f.Spans = old[i].Spans
		}
		f.Confidence = 1
		out = append(out, f)
	}
	return out
}

// Case returns all that the case page shows.
func (a *App) Case(ctx context.Context, id cases.ID) (CaseView, error) {
	var v CaseView
	err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		v.Case, v.Today, v.Deadline = c, a.today(), a.deadline(c)
		v.DaysLeft = v.Deadline.DaysLeft(v.Today)
		v.Steps = cases.Next(c, v.Deadline, v.Today)
		js, err := tx.CaseMessages(int64(id))
		if err != nil {
			return err
		}
		for _, j := range js {
			v.Messages = append(v.Messages, MessageView{j.Message, j.Verdict})
		}
		book, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		for _, m := range c.Orders {
			o, err := tx.Order(m.Order)
			if err != nil {
				return err
			}
			v.Orders = append(v.Orders, book.row(o))
		}
		for _, r := range c.Runs {
			run, err := tx.Run(r)
			if err != nil {
				return err
			}
			v.Runs = append(v.Runs, run)
		}
		v.MayErase = cases.MayErase(c)
		v.CanErase = c.State.Open() && len(c.Selected()) > 0 && endsInErasure(c)
		return nil
	})
	return v, err
}

// acts names the journal's word for each act of a case; the others are
// changes of the case.
var acts = map[cases.Act]string{
	cases.ActExtend: evidence.ActCaseExtended, cases.ActSuspend: evidence.ActCaseSuspended, cases.ActAskIdentity: evidence.ActCaseSuspended,
	cases.ActRefuse: evidence.ActCaseRefused, cases.ActAnswer: evidence.ActCaseAnswered, cases.ActClose: evidence.ActCaseClosed,
	cases.ActConfirmIdentity: evidence.ActCaseIdentity, cases.ActIdentityMet: evidence.ActCaseIdentity,
}

// Act takes a step in a case. The errors are those of cases.Apply.
func (a *App) Act(ctx context.Context, id cases.ID, act cases.Act, in cases.Input) error {
	if in.At.IsZero() {
		in.At = a.now()
	}
	if in.By == "" {
		in.By = owner
	}
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if act == cases.ActSelectOrders {
			if in.Add, err = unproposed(tx, c, in.Orders); err != nil {
				return err
			}
		}
		next, err := cases.Apply(c, act, in, a.d.Zone)
		if err != nil {
			return err
		}
		if err := tx.PutCase(next); err != nil {
			return err
		}
		if err := a.caseEnded(tx, next); err != nil {
			return err
		}
		word, ok := acts[act]
		if !ok {
			word = evidence.ActCaseState
		}
		return a.journal(tx, owner, word, caseRecord(id), map[string]string{"act": string(act), "state": next.State.String()})
	})
}

// unproposed returns the orders that the owner names and that nothing had
// proposed.
func unproposed(tx Tx, c cases.Case, ids []int64) ([]order.Order, error) {
	var out []order.Order
	for _, id := range ids {
		if slices.ContainsFunc(c.Orders, func(m cases.Match) bool { return m.Order == id }) {
			continue
		}
		o, err := tx.Order(id)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// DraftLetter fills a letter's template from what really happened. Nothing is
// stored.
func (a *App) DraftLetter(ctx context.Context, id cases.ID, kind, lang string) (cases.Letter, error) {
	var l cases.Letter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if lang == "" {
			lang = a.paperLang(c)
		}
		facts, err := a.facts(tx, c, lang)
		if err != nil {
			return err
		}
		l, err = cases.Draft(c, kind, facts, a.d.Texts, lang, a.now())
		return err
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

// SaveLetter keeps the owner's text of a letter that has not been sent.
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

func putLetter(c cases.Case, l cases.Letter) (cases.Case, error) {
	c.Letters = slices.Clone(c.Letters)
	i := slices.IndexFunc(c.Letters, func(x cases.Letter) bool { return x.Kind == l.Kind && x.SentAt.IsZero() })
	if i < 0 {
		c.Letters = append(c.Letters, l)
		return c, nil
	}
	l.DraftAt, l.SentAt = c.Letters[i].DraftAt, time.Time{}
	c.Letters[i] = l
	return c, nil
}

// PutInDrafts keeps a letter and lays it into the mailbox's Drafts folder, as
// a reply to the person's last message. Greffier never sends by itself.
func (a *App) PutInDrafts(ctx context.Context, id cases.ID, l cases.Letter) error {
	if a.d.Mailbox == nil {
		return ErrNoMailbox
	}
	if err := a.SaveLetter(ctx, id, l); err != nil {
		return err
	}
	var c cases.Case
	var refs []string
	var owner mailbox.Address
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if c, err = tx.Case(id); err != nil {
			return err
		}
		js, err := tx.CaseMessages(int64(id))
		for _, j := range js {
			if j.Message.MessageID != "" {
				refs = append(refs, j.Message.MessageID)
			}
		}
		o := a.controller(tx)
		owner = mailbox.Address{Name: o.Name, Email: o.Email}
		return err
	}); err != nil {
		return err
	}
	var last []string
	if len(refs) > 0 {
		last = refs[len(refs)-1:]
	}
	raw, err := a.d.Compose(owner, mailbox.Address{Name: c.Requester.Name, Email: c.Requester.Email}, l.Subject, l.Text, last, refs, a.now())
	if err != nil {
		return err
	}
	if err := a.d.Mailbox.SaveDraft(ctx, raw); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		c.Letters = slices.Clone(c.Letters)
		for i := range c.Letters {
			if c.Letters[i].Kind == l.Kind && c.Letters[i].SentAt.IsZero() {
				c.Letters[i].DraftAt = a.now()
			}
		}
		return tx.PutCase(c)
	})
}

// MarkSent records that the owner sent a letter, and takes the step that the
// letter stands for where it is lawful.
func (a *App) MarkSent(ctx context.Context, id cases.ID, kind string) error {
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(c.Letters, func(x cases.Letter) bool { return x.Kind == kind && x.SentAt.IsZero() })
		if i < 0 {
			return cases.ErrNotLawful
		}
		c.Letters = slices.Clone(c.Letters)
		c.Letters[i].SentAt = a.now()
		detail := map[string]string{"letter": kind}
		// An extension and a refusal are acts of their own, with their reasons;
		// their letters only tell of them.
		if act, ok := cases.ActFor(kind); ok && act != cases.ActExtend && act != cases.ActRefuse && act != cases.ActSuspend && a.lawful(c, act) {
			next, err := cases.Apply(c, act, cases.Input{By: owner, At: a.now(), Reason: c.Letters[i].Subject}, a.d.Zone)
			if err != nil {
				return err
			}
			c = next
			detail["act"] = string(act)
		}
		detail["state"] = c.State.String()
		if err := tx.PutCase(c); err != nil {
			return err
		}
		if err := a.caseEnded(tx, c); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCaseState, caseRecord(id), detail)
	})
}

// lawful tells whether an act is lawful in the case now.
func (a *App) lawful(c cases.Case, act cases.Act) bool {
	return slices.ContainsFunc(cases.Next(c, a.deadline(c), a.today()), func(s cases.Step) bool { return s.Act == act && s.Lawful })
}
