package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/guard"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// batch is how many orders or messages go into one transaction: large enough
// to be fast, small enough that a cut loses little.
const batch = 64

// Sync fetches what is new from the shops and the mailbox. A service that
// cannot be read is told in the report and the rest goes on; the error is then
// ErrPart. What was fetched before a cancel stays.
func (a *App) Sync(ctx context.Context, orders, mail bool, report Report) (SyncReport, error) {
	if !a.syncing.TryLock() {
		return SyncReport{}, ErrBusy
	}
	defer a.syncing.Unlock()
	defer a.changed()
	var out SyncReport
	if orders {
		for _, s := range a.d.Shops {
			err := guard.Run(func() error { return a.syncShop(ctx, s, &out, report) })
			if err := a.remember(ctx, "shop", s.Name(), err, &out); err != nil {
				return out, err
			}
		}
	}
	if orders {
		if err := a.checkSuppressions(ctx, &out); err != nil {
			return out, err
		}
	}
	if box, _ := a.mailbox(); mail && box != nil {
		err := a.syncMail(ctx, box, &out, report)
		if err := a.remember(ctx, "mailbox", a.mailboxName(), err, &out); err != nil {
			return out, err
		}
	}
	if err := a.rematch(ctx); err != nil {
		return out, err
	}
	// A storage that cannot be looked at now is looked at next time; Retention
	// and the promises say so meanwhile.
	if err := a.Tick(ctx); err != nil && ctx.Err() != nil {
		return out, err
	}
	if err := a.d.Store.Update(ctx, func(tx Tx) error {
		return tx.SetSetting(settingSync, a.now().Format(time.RFC3339))
	}); err != nil {
		return out, err
	}
	if len(out.Failed) > 0 {
		return out, ErrPart
	}
	return out, nil
}

func (a *App) mailboxName() string {
	for _, s := range a.services() {
		if s.Kind == "mailbox" {
			return s.Name
		}
	}
	return "mailbox"
}

// lastSeen is what is remembered of a service between runs; nothing personal
// and no secret.
type lastSeen struct {
	At     time.Time `json:"at"`
	Failed string    `json:"failed,omitempty"`
	Detail string    `json:"detail,omitempty"`
	TLS    string    `json:"tls,omitempty"`
}

// remember keeps how the last use of a service went. A cancel, and a store
// that cannot be written, end the whole sync.
func (a *App) remember(ctx context.Context, kind, name string, failed error, out *SyncReport) error {
	if errors.Is(failed, context.Canceled) || ctx.Err() != nil {
		return errors.Join(ctx.Err(), failed)
	}
	s := lastSeen{At: a.now()}
	if failed != nil {
		s.Failed = failed.Error()
		out.Failed = append(out.Failed, Service{Kind: kind, Name: name, At: s.At, Err: failed})
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		return a.putUse(tx, kind, name, s)
	})
}

// putUse keeps how a use went; what a live test found before is kept with it.
func (a *App) putUse(tx Tx, kind, name string, s lastSeen) error {
	old, ok := a.seen(tx, kind, name)
	if ok {
		s.TLS, s.Detail = old.TLS, old.Detail
	}
	if s.TLS == "" && s.Failed == "" {
		i := slices.IndexFunc(a.services(), func(c Connection) bool { return c.Kind == kind && c.Name == name })
		if i >= 0 {
			s.TLS = a.services()[i].Safe
		}
	}
	return putSeen(tx, kind, name, s)
}

func (a *App) seen(tx Tx, kind, name string) (lastSeen, bool) {
	var s lastSeen
	v, ok, err := tx.Setting("service." + kind + "." + name)
	if err != nil || !ok || json.Unmarshal([]byte(v), &s) != nil {
		return s, false
	}
	return s, true
}

// putSetting keeps a setting of several parts.
func putSetting(tx Tx, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.SetSetting(key, string(b))
}

func putSeen(tx Tx, kind, name string, s lastSeen) error {
	return putSetting(tx, "service."+kind+"."+name, s)
}

// sure is a verdict without what is only suspected beside a clear request: that
// is shown with the mail, but is no right of the case until the owner says so.
func sure(v request.Verdict) request.Verdict {
	v.Findings = slices.DeleteFunc(slices.Clone(v.Findings), func(f request.Finding) bool { return f.Confidence < request.RequestFrom })
	return v
}

// ownWords tells whether the owner herself wrote a mail. What comes from her
// address to herself, or is to be answered elsewhere, is rather what the form
// on her site sends in a customer's name.
func ownWords(m mailbox.Message, own string) bool {
	from, ok := m.Sender()
	hers := func(a mailbox.Address) bool { return a.Norm() == own }
	return ok && own != "" && hers(from) && !slices.ContainsFunc(m.To, hers) &&
		!slices.ContainsFunc(m.ReplyTo, func(a mailbox.Address) bool { return !hers(a) })
}

// caseOf finds the case that a message belongs to: the one whose messages it
// answers, or an open one of the same sender on the same subject. own is the
// owner's address.
func (a *App) caseOf(tx Tx, m mailbox.Message, own string) (cases.Case, bool, error) {
	id, err := tx.CaseOfThread(append(slices.Clone(m.InReplyTo), m.References...))
	if err != nil {
		return cases.Case{}, false, err
	}
	if id != 0 {
		c, err := tx.Case(cases.ID(id))
		return c, err == nil, err
	}
	from, ok := m.Sender()
	if !ok || from.Norm() == own {
		// The site's form writes for everybody from the owner's address.
		return cases.Case{}, false, nil
	}
	cs, err := tx.CasesByEmail(from.Email)
	if err != nil {
		return cases.Case{}, false, err
	}
	for _, c := range slices.Backward(cs) {
		if cases.Belongs(m, c, nil) {
			c, err := goesOn(tx, c)
			return c, err == nil, err
		}
	}
	return cases.Case{}, false, nil
}

// openCase files a message with the case that it opens. The message may be
// known already (read again, or found in two folders): then nothing happens.
// all returns every order.
func (a *App) openCase(tx Tx, j request.Judged, all func() ([]order.Order, error), out *SyncReport) (cases.ID, bool, error) {
	known, err := a.candidates(tx, j.Message, j.Verdict, all)
	if err != nil {
		return 0, false, err
	}
	if j.Message.ID == 0 {
		// The number first, without a case: the case's own key must exist
		// before its message is sealed under it.
		id, isNew, err := tx.PutMessage(j)
		if err != nil || !isNew {
			return 0, false, err
		}
		j.Message.ID = id
	}
	c := cases.Open(j.Message, sure(j.Verdict), known, a.now(), a.d.Zone)
	c.Territory = a.d.Territory
	marks, err := tx.ProviderMarks()
	if err != nil {
		return 0, false, err
	}
	c = cases.Reweigh(c, j.Message, known, cases.Provider{Marks: marks})
	if c.ID, err = tx.NewCase(c); err != nil {
		return 0, false, err
	}
	j.Case = int64(c.ID)
	if err := tx.UpdateMessage(j); err != nil {
		return 0, false, err
	}
	if out != nil {
		out.CasesOpened = append(out.CasesOpened, c.ID)
	}
	return c.ID, true, a.journal(tx, greffier, evidence.ActCaseOpened, caseRecord(c.ID), map[string]any{
		"rights": c.Rights(), "received": c.ReceivedAt.Format(time.RFC3339), "junk": c.FromJunk})
}

// candidates returns the orders that a request may concern: those of the
// sender's address and those whose number it names; all of them where neither
// gives any, so that a name can be proposed. all returns every order, which is
// slow in a large shop: it is read once for many mails.
func (a *App) candidates(tx Tx, m mailbox.Message, v request.Verdict, all func() ([]order.Order, error)) ([]order.Order, error) {
	var out []order.Order
	add := func(os []order.Order, err error) error {
		for _, o := range os {
			if !slices.ContainsFunc(out, func(x order.Order) bool { return x.ID == o.ID }) {
				out = append(out, o)
			}
		}
		return err
	}
	if from, ok := m.Sender(); ok {
		if err := add(tx.OrdersByEmail(from.Email)); err != nil {
			return nil, err
		}
	}
	for _, n := range v.Orders {
		if err := add(tx.OrdersByNumber(n)); err != nil {
			return nil, err
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return all()
}

// rematch looks again at the open cases that nobody has touched: orders may
// have come in after their mail.
func (a *App) rematch(ctx context.Context) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		all, err := tx.Cases()
		if err != nil {
			return err
		}
		marks, err := tx.ProviderMarks()
		if err != nil {
			return err
		}
		orders := sync.OnceValues(tx.Orders)
		for _, c := range all {
			if !c.State.Open() || len(c.Runs) > 0 || c.Identity.Level == cases.Confirmed || scopeSet(c) || len(c.Messages) == 0 || !c.MailOnly() {
				continue
			}
			mails := make([]request.Judged, 0, len(c.Messages))
			for _, id := range c.Messages {
				j, err := tx.Message(id)
				if err != nil {
					return err
				}
				mails = append(mails, j)
			}
			known, err := a.candidates(tx, mails[0].Message, mails[0].Verdict, orders)
			if err != nil {
				return err
			}
			was := c
			c.Orders = cases.Propose(mails[0].Verdict, mails[0].Message, known)
			// What clues led to besides stays proposed.
			c, _ = c.Propose(slices.DeleteFunc(slices.Clone(was.Orders), func(m cases.Match) bool { return m.Group() == cases.MatchSure }))
			c = cases.ReweighAll(c, mails, known, cases.Provider{Marks: marks})
			if slices.Equal(was.Orders, c.Orders) && was.Identity.Level == c.Identity.Level && slices.Equal(was.Identity.Signs, c.Identity.Signs) {
				continue
			}
			if err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// scopeSet tells whether the owner said herself which orders a case means, none
// included.
func scopeSet(c cases.Case) bool {
	return slices.ContainsFunc(c.Orders, func(m cases.Match) bool { return m.Confirmed }) ||
		slices.ContainsFunc(c.Events, func(e cases.Event) bool { return e.Key == cases.EventOrdersSet })
}

// Services returns the connections with what happened at their last use.
func (a *App) Services(ctx context.Context) ([]Service, error) {
	var out []Service
	err := a.d.Store.View(ctx, func(tx Tx) error {
		for _, c := range a.services() {
			s := Service{Kind: c.Kind, Name: c.Name, Address: c.Address}
			if seen, ok := a.seen(tx, c.Kind, c.Name); ok {
				s.At, s.Detail, s.TLS = seen.At, seen.Detail, seen.TLS
				if seen.Failed != "" {
					s.Err = errors.New(seen.Failed)
				}
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// CheckService tries a connection live and remembers what it found.
func (a *App) CheckService(ctx context.Context, kind, name string) (Service, error) {
	i := slices.IndexFunc(a.services(), func(c Connection) bool { return c.Kind == kind && c.Name == name })
	if i < 0 {
		return Service{}, ErrUnknownService
	}
	c := a.services()[i]
	s := Service{Kind: kind, Name: name, Address: c.Address, At: a.now()}
	s.Detail, s.TLS, s.Err = c.Check(ctx)
	if ctx.Err() != nil {
		return s, ctx.Err()
	}
	seen := lastSeen{At: s.At, Detail: s.Detail, TLS: s.TLS}
	if s.Err != nil {
		seen.Failed = s.Err.Error()
	}
	return s, a.update(ctx, func(tx Tx) error { return putSeen(tx, kind, name, seen) })
}
