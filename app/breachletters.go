package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/register"
)

const kindBreachLetters = "breach-letters"

var (
	// ErrNoBreach says that the register has no such breach.
	ErrNoBreach = errors.New("the register has no such breach")
	// ErrNobodyToTell says that none of the chosen persons has an e-mail address
	// and has not been written to already.
	ErrNobodyToTell = errors.New("nobody is left to be told by e-mail")
)

// BreachLetter is the letter on a breach to one person (GDPR Art. 34). Name,
// Email and Text are personal data.
type BreachLetter struct {
	ID        string    `json:"id"`
	Breach    string    `json:"breach"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Orders    []string  `json:"orders"`
	Lang      string    `json:"lang"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	MadeAt    time.Time `json:"made_at"`
	MessageID string    `json:"message_id,omitempty"`
	// SendingAt is when Greffier began to send it; while SentAt is zero nobody
	// knows whether it went out.
	SendingAt  time.Time `json:"sending_at"`
	DraftAt    time.Time `json:"draft_at"` // laid into the Drafts folder
	SentAt     time.Time `json:"sent_at"`
	ReturnedAt time.Time `json:"returned_at"` // it came back undelivered
}

// State tells where the letter stands: "returned", "sent", "unsure", "drafted",
// "to send".
func (b BreachLetter) State() string {
	switch {
	case !b.ReturnedAt.IsZero():
		return "returned"
	case !b.SentAt.IsZero():
		return "sent"
	case !b.SendingAt.IsZero():
		return "unsure"
	case !b.DraftAt.IsZero():
		return "drafted"
	}
	return "to send"
}

// BreachPerson is somebody whom a breach concerns: the customer of orders.
type BreachPerson struct {
	Name   string
	Email  string
	Lang   string // in which she is written to
	Orders []string
}

// BreachWords are the owner's words on a breach, for the persons (GDPR Art.
// 34(2)), in one language.
type BreachWords struct {
	What     string
	Effects  string
	Measures string
	Advice   string
}

// BreachView is a breach with whom it was told.
type BreachView struct {
	Breach  register.Breach
	Letters []BreachLetter // oldest first
	CanSend bool           // by Greffier itself
}

// count tells how many letters stand somewhere.
func (v BreachView) count(states ...string) (n int) {
	for _, l := range v.Letters {
		if slices.Contains(states, l.State()) {
			n++
		}
	}
	return n
}

// ToSend is how many letters have neither gone out nor been laid into Drafts.
func (v BreachView) ToSend() int { return v.count("to send") }

// Sent is how many went out and did not come back.
func (v BreachView) Sent() int { return v.count("sent") }

func breachOf(tx Tx, id string) (register.Breach, error) {
	bs, err := records[register.Breach](tx, kindBreaches)
	if err != nil {
		return register.Breach{}, err
	}
	i := slices.IndexFunc(bs, func(b register.Breach) bool { return b.ID == id })
	if i < 0 {
		return register.Breach{}, ErrNoBreach
	}
	return bs[i], nil
}

func breachLetters(tx Tx, breach string) ([]BreachLetter, error) {
	all, err := records[BreachLetter](tx, kindBreachLetters)
	return slices.DeleteFunc(all, func(l BreachLetter) bool { return breach != "" && l.Breach != breach }), err
}

func putBreachLetter(tx Tx, l BreachLetter, at time.Time) error {
	return putRecord(tx, kindBreachLetters, l.ID, l, at)
}

// BreachLetters returns a breach with the letters on it. ErrNoBreach.
func (a *App) BreachLetters(ctx context.Context, breach string) (BreachView, error) {
	v := BreachView{CanSend: a.CanSend()}
	err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if v.Breach, err = breachOf(tx, breach); err != nil {
			return err
		}
		v.Letters, err = breachLetters(tx, breach)
		return err
	})
	return v, err
}

// frenchSpeaking are the countries whose customers are written to in French.
var frenchSpeaking = []string{"FR", "MC", "LU", "BE", "GP", "MQ", "GF", "RE", "YT", "PM", "NC", "PF", "WF", "BL", "MF"}

// BreachPersons returns the customers of orders, one for each e-mail address,
// and how many of the orders have none.
func (a *App) BreachPersons(ctx context.Context, orders []int64) (to []BreachPerson, without int, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error {
		at := map[string]int{}
		return tx.EachOrder(func(o order.Order) error {
			if !slices.Contains(orders, o.ID) {
				return nil
			}
			email := mailbox.NormEmail(o.Customer.Email)
			if email == "" || !strings.Contains(email, "@") {
				without++
				return nil
			}
			i, known := at[email]
			if !known {
				lang := "en"
				if c := strings.ToUpper(o.Customer.Country); slices.Contains(frenchSpeaking, c) || c == "" && a.d.Lang == "fr" {
					lang = "fr"
				}
				i = len(to)
				at[email] = i
				to = append(to, BreachPerson{Name: o.Customer.Name(), Email: email, Lang: lang})
			}
			to[i].Orders = append(to[i].Orders, o.Number)
			return nil
		})
	})
	return to, without, err
}

// breachFacts are what the letters on a breach tell, from its record and the
// owner's words.
func breachFacts(b register.Breach, w BreachWords) cases.BreachFacts {
	at := func(s string) time.Time { t, _ := time.Parse(time.RFC3339, s); return t }
	return cases.BreachFacts{Nature: b.Nature, HappenedAt: at(b.HappenedAt), KnownAt: at(b.AwareAt), NotifiedAt: at(b.NotifiedAt),
		What: w.What, Effects: w.Effects, Measures: w.Measures, Advice: w.Advice}
}

func (a *App) draftBreach(tx Tx, b register.Breach, to BreachPerson, w BreachWords) (cases.Letter, error) {
	all, err := a.letters(tx)
	if err != nil {
		return cases.Letter{}, err
	}
	own := a.controller(tx)
	f := cases.Facts{Zone: a.d.Zone, Controller: own.Name, Address: own.Address, Email: own.Email, Site: own.Site}
	return cases.BreachLetter(breachFacts(b, w), cases.Person{Name: to.Name, Email: to.Email}, to.Orders, f, all, to.Lang, a.now())
}

// DraftBreachLetter shows the letter on a breach to one person. Nothing is kept.
// Errors are those of cases.BreachLetter, and ErrNoBreach.
func (a *App) DraftBreachLetter(ctx context.Context, breach string, to BreachPerson, w BreachWords) (cases.Letter, error) {
	var l cases.Letter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		b, err := breachOf(tx, breach)
		if err != nil {
			return err
		}
		l, err = a.draftBreach(tx, b, to, w)
		return err
	})
	return l, err
}

// PrepareBreachLetters makes the letters on a breach, one for each person, and
// keeps them; words are by language. Who has one already gets no second. It
// returns how many were made. Errors are those of DraftBreachLetter;
// ErrNobodyToTell.
func (a *App) PrepareBreachLetters(ctx context.Context, breach string, to []BreachPerson, words map[string]BreachWords) (int, error) {
	made := 0
	err := a.update(ctx, func(tx Tx) error {
		made = 0
		b, err := breachOf(tx, breach)
		if err != nil {
			return err
		}
		all, err := breachLetters(tx, breach)
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, l := range all {
			known[l.Email] = true
		}
		for _, p := range to {
			p.Email = mailbox.NormEmail(p.Email)
			if p.Email == "" || known[p.Email] {
				continue
			}
			known[p.Email] = true
			l, err := a.draftBreach(tx, b, p, words[p.Lang])
			if err != nil {
				return err
			}
			made++
			x := BreachLetter{ID: fmt.Sprintf("%s-%d", breach, len(all)+made), Breach: breach, Name: p.Name, Email: p.Email, Orders: slices.Clone(p.Orders), Lang: l.Lang, Subject: l.Subject, Text: l.Text, MadeAt: a.now()}
			if err := putBreachLetter(tx, x, a.now()); err != nil {
				return err
			}
		}
		if made == 0 {
			return ErrNobodyToTell
		}
		return a.journal(tx, owner, evidence.ActBreachLetters, "breach "+breach, map[string]int{"made": made})
	})
	return made, err
}

// SendBreachLetters sends the letters on a breach that have not gone out, or
// lays them into the Drafts folder, one after the other. That one is being sent
// is on record before its first byte goes out: one that broke off is not tried
// again before the owner says what became of it (SettleBreachLetter). It may be
// interrupted and called again. Errors: ErrNoPostman, ErrNoMailbox, those of
// sending: the rest waits.
func (a *App) SendBreachLetters(ctx context.Context, breach string, drafts bool, report Report) error {
	box, postman := a.mailbox()
	if drafts && box == nil {
		return ErrNoMailbox
	}
	if !drafts && postman == nil {
		return ErrNoPostman
	}
	v, err := a.BreachLetters(ctx, breach)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(v.Letters, func(l BreachLetter) bool {
		s := l.State()
		return s != "to send" && (drafts || s != "drafted")
	})
	went := 0
	for i, l := range left {
		if report != nil {
			report(i, len(left), "")
		}
		if err = ctx.Err(); err != nil {
			break
		}
		if drafts {
			err = a.layBreachLetter(ctx, box, l.ID)
		} else {
			err = a.sendBreachLetter(ctx, postman, l.ID)
		}
		if errors.Is(err, mailbox.ErrUncertain) {
			err = nil // this one is for the owner to find out; the others go on
			continue
		}
		if err != nil {
			break
		}
		went++
	}
	ctx = context.WithoutCancel(ctx)
	return errors.Join(err, a.update(ctx, func(tx Tx) error {
		if err := a.noteTold(tx, breach); err != nil || went == 0 {
			return err
		}
		word := "sent"
		if drafts {
			word = "drafted"
		}
		return a.journal(tx, owner, evidence.ActBreachLetters, "breach "+breach, map[string]int{word: went, "of": len(left)})
	}))
}

// changeBreachLetter changes one letter as it stands now; f returns false to
// leave it.
func (a *App) changeBreachLetter(ctx context.Context, id string, f func(tx Tx, l *BreachLetter) (bool, error)) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		all, err := breachLetters(tx, "")
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(l BreachLetter) bool { return l.ID == id })
		if i < 0 {
			return cases.ErrNotFound
		}
		ok, err := f(tx, &all[i])
		if err != nil || !ok {
			return err
		}
		return putBreachLetter(tx, all[i], a.now())
	})
}

// composeBreach writes a letter on a breach as mail and keeps it to the byte.
func (a *App) composeBreach(tx Tx, l *BreachLetter) ([]byte, error) {
	own := a.controller(tx)
	from := mailbox.Address{Name: own.Name, Email: own.Email}
	l.MessageID = newMessageID(from)
	raw, err := a.d.Compose(Outgoing{From: from, To: mailbox.Address{Name: l.Name, Email: l.Email}, Subject: l.Subject, Text: l.Text, MessageID: l.MessageID, At: a.now()})
	if err != nil {
		return nil, err
	}
	return raw, putRecord(tx, "sent-"+l.Breach, l.MessageID, sentMail{l.MessageID, a.now(), raw}, a.now())
}

func (a *App) sendBreachLetter(ctx context.Context, postman Postman, id string) error {
	var raw []byte
	if err := a.changeBreachLetter(ctx, id, func(tx Tx, l *BreachLetter) (ok bool, err error) {
		if !l.SentAt.IsZero() || !l.SendingAt.IsZero() {
			return false, nil // by another hand meanwhile
		}
		l.SendingAt = a.now()
		raw, err = a.composeBreach(tx, l)
		return err == nil, err
	}); err != nil || raw == nil {
		return err
	}
	failed := postman.Send(ctx, raw)
	ctx = context.WithoutCancel(ctx)
	return errors.Join(failed, a.changeBreachLetter(ctx, id, func(_ Tx, l *BreachLetter) (bool, error) {
		switch {
		case errors.Is(failed, mailbox.ErrUncertain) || !l.SentAt.IsZero():
			return false, nil
		case failed != nil:
			l.SendingAt = time.Time{}
		default:
			l.SentAt = a.now()
		}
		return true, nil
	}))
}

func (a *App) layBreachLetter(ctx context.Context, box Mailbox, id string) error {
	var raw []byte
	if err := a.changeBreachLetter(ctx, id, func(tx Tx, l *BreachLetter) (ok bool, err error) {
		if l.State() != "to send" {
			return false, nil
		}
		raw, err = a.composeBreach(tx, l)
		return err == nil, err
	}); err != nil || raw == nil {
		return err
	}
	if err := box.SaveDraft(ctx, raw); err != nil {
		return err
	}
	return a.changeBreachLetter(context.WithoutCancel(ctx), id, func(_ Tx, l *BreachLetter) (bool, error) {
		l.DraftAt = a.now()
		return true, nil
	})
}

// SettleBreachLetter records what the owner found out of a letter on a breach of
// which nobody knew whether it went out, or that she sent from the Drafts folder.
// cases.ErrNotLawful where there is nothing to settle.
func (a *App) SettleBreachLetter(ctx context.Context, id string, went bool) error {
	breach := ""
	if err := a.changeBreachLetter(ctx, id, func(_ Tx, l *BreachLetter) (bool, error) {
		breach = l.Breach
		if l.State() != "unsure" && l.State() != "drafted" {
			return false, cases.ErrNotLawful
		}
		if went {
			l.SentAt = cmp.Or(l.SendingAt, a.now())
		} else {
			l.SendingAt, l.DraftAt = time.Time{}, time.Time{}
		}
		return true, nil
	}); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		if err := a.noteTold(tx, breach); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActBreachLetters, "breach "+breach, map[string]bool{"settled": went})
	})
}

// breachMail tells whether a mail is a letter on a breach, or bad news of one.
func breachMail(tx Tx, m mailbox.Message) (*BreachLetter, error) {
	all, err := breachLetters(tx, "")
	i := slices.IndexFunc(all, func(l BreachLetter) bool {
		return l.MessageID != "" && (m.Sent && l.MessageID == m.MessageID ||
			slices.ContainsFunc(m.Returned, func(r mailbox.Return) bool { return r.Permanent && r.MessageID == l.MessageID }))
	})
	if err != nil || i < 0 {
		return nil, err
	}
	return &all[i], nil
}

// takeBreachMail records that a letter on a breach was found among the sent mail
// or came back. It is false for any other mail.
func (a *App) takeBreachMail(tx Tx, m mailbox.Message) (bool, error) {
	if m.MessageID == "" && len(m.Returned) == 0 {
		return false, nil
	}
	l, err := breachMail(tx, m)
	if err != nil || l == nil {
		return false, err
	}
	at := m.ReceivedAt
	if at.IsZero() {
		at = a.now()
	}
	word := "returned"
	switch {
	case m.Sent && l.SentAt.IsZero():
		l.SentAt, word = at, "found"
	case !m.Sent && l.ReturnedAt.IsZero():
		l.ReturnedAt = at
	default:
		return true, nil
	}
	if err := putBreachLetter(tx, *l, a.now()); err != nil {
		return true, err
	}
	if err := a.noteTold(tx, l.Breach); err != nil {
		return true, err
	}
	return true, a.journal(tx, greffier, evidence.ActBreachLetters, "breach "+l.Breach, map[string]int{word: 1})
}

// noteTold writes into the register how many persons were told of a breach, and
// when, beside what the owner wrote there (GDPR Art. 33(5)).
func (a *App) noteTold(tx Tx, breach string) error {
	b, err := breachOf(tx, breach)
	if errors.Is(err, ErrNoBreach) {
		return nil
	}
	if err != nil {
		return err
	}
	all, err := breachLetters(tx, breach)
	if err != nil {
		return err
	}
	var first, last time.Time
	n, back := 0, 0
	for _, l := range all {
		switch l.State() {
		case "returned":
			back++
		case "sent":
			n++
			if first.IsZero() || l.SentAt.Before(first) {
				first = l.SentAt
			}
			if l.SentAt.After(last) {
				last = l.SentAt
			}
		}
	}
	words := ""
	if n > 0 {
		day := func(t time.Time) string { return law.FormatDate(law.DateOf(t, a.d.Zone), a.d.Lang, false) }
		words = a.d.Texts.Text(a.d.Lang, "breach.told", map[string]any{"N": n, "From": day(first), "To": day(last), "Back": back})
	}
	if words == b.Told {
		return nil
	}
	mine := b.PersonsTold
	if b.Told != "" {
		mine = strings.ReplaceAll(mine, b.Told, "")
	}
	b.PersonsTold, b.Told = strings.TrimSpace(strings.TrimSpace(mine)+"\n"+words), words
	_, err = a.keepRecord(tx, kindBreaches, b.ID, b, "breach letters")
	return err
}
