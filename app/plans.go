package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/app/retention"
)

// EraseOptions are what a command adds to a confirmed plan.
type EraseOptions struct {
	// BySight lets the owner confirm an erasure whose requester's identity is
	// merely unproven, where cases.EraseBySight allows it.
	BySight bool
	// Reason is why the owner is sure of the identity, in her words.
	Reason string
	// Waived says that a cooling-off was waived, for the journal.
	Waived bool
	// By is who confirmed: "owner" where empty, or "rule NAME".
	By string
	// At is the day for which a retention plan was made, zero for today.
	At law.Date
}

// ErrNotYet says that what is due on a day to come cannot be erased today: until
// then an order may go on, a hold be placed, a request come.
var ErrNotYet = errors.New("that day has not come yet")

// PlanCase makes the plan of a case: what would be erased of the orders in its
// scope, in the owner's language. cases.ErrNoOrder where none is in scope,
// cases.ErrNotLawful where nothing is asked of which an erasure is the answer.
func (a *App) PlanCase(ctx context.Context, id cases.ID) (plan.Plan, error) {
	return a.planCase(ctx, id, nil, "", nil)
}

func (a *App) planCase(ctx context.Context, id cases.ID, only []string, lang string, report Report) (plan.Plan, error) {
	var c cases.Case
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { c, err = tx.Case(id); return err }); err != nil {
		return plan.Plan{}, err
	}
	if !c.State.Open() {
		// Refused, taken back or answered: the owner opens it again first.
		return plan.Plan{}, fmt.Errorf("case %d is %s: %w", id, c.State, cases.ErrNotLawful)
	}
	if !endsInErasure(c) {
		// What a person asked to see, to correct or to be kept must not go
		// because a wrong number was typed.
		return plan.Plan{}, fmt.Errorf("case %d asks for no erasure: %w", id, cases.ErrNotLawful)
	}
	ids := c.Selected()
	if len(ids) == 0 {
		return plan.Plan{}, cases.ErrNoOrder
	}
	return a.makePlan(ctx, plan.Scope{Case: int64(id), Orders: ids, Person: asksErasure(c) && !c.Depicted, Only: only}, lang, report)
}

// endsInErasure tells whether a case asks for something of which an erasure can
// be the answer: erasure itself, or an objection or withdrawal that takes the
// ground away (GDPR Art. 17(1)(b) and (c)). What the owner refused does not
// count.
func endsInErasure(c cases.Case) bool {
	return slices.ContainsFunc(c.Asked, func(x cases.Asked) bool {
		return x.Outcome != cases.Denied && (x.Right == request.Erasure || x.Right == request.Withdrawal || x.Right == request.Objection)
	})
}

// asksErasure tells whether the person wants to be erased, not only a use to
// end.
func asksErasure(c cases.Case) bool {
	return slices.ContainsFunc(c.Asked, func(x cases.Asked) bool { return x.Right == request.Erasure && x.Outcome != cases.Denied })
}

// PlanOrder makes the plan to erase the media of one order.
func (a *App) PlanOrder(ctx context.Context, id int64) (plan.Plan, error) {
	return a.makePlan(ctx, plan.Scope{Orders: []int64{id}}, "", nil)
}

// OrderID finds an order by the number that the customer sees. It returns
// ErrUnknownOrder, or ErrAmbiguousOrder where two shops count alike.
func (a *App) OrderID(ctx context.Context, number string) (int64, error) {
	var os []order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if os, err = tx.OrdersByNumber(number); err == nil && len(os) == 0 {
			os, err = tx.OrdersByNumber(strings.TrimPrefix(number, "#"))
		}
		return err
	}); err != nil {
		return 0, err
	}
	switch len(os) {
	case 0:
		return 0, ErrUnknownOrder
	case 1:
		return os[0].ID, nil
	}
	return 0, ErrAmbiguousOrder
}

// makePlan looks at the storages and at the shops' own records, and makes the
// plan for a scope, with its grounds in lang, "" for the owner's language.
func (a *App) makePlan(ctx context.Context, s plan.Scope, lang string, report Report) (plan.Plan, error) {
	if len(a.d.Storages) == 0 && len(a.d.Desks) == 0 {
		return plan.Plan{}, ErrNoStorage
	}
	in := plan.Input{Scope: s, Today: a.today(), Zone: a.d.Zone, Lang: a.lang(lang), MadeAt: a.now(), Bases: a.d.Bases}
	index := plan.NewIndex(a.d.Bases)
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		for _, id := range s.Orders {
			o, err := tx.Order(id)
			if err != nil {
				return err
			}
			in.Orders = append(in.Orders, o)
		}
		var err error
		if in.Others, err = furtherOrders(tx, in.Orders, index); err != nil {
			return err
		}
		in.Holds, err = a.holds(tx, cases.ID(s.Case))
		return err
	}); err != nil {
		return plan.Plan{}, err
	}
	var err error
	if in.Found, in.Missing, err = plan.Survey(ctx, a.listers(), a.locators(), in.Orders, a.d.Bases, report); err != nil {
		return plan.Plan{}, err
	}
	if err := a.addRecords(ctx, &in, report); err != nil {
		return plan.Plan{}, err
	}
	in.SharedBy = index.Shared(in.Found, a.locators())
	return plan.Build(in), nil
}

// addRecords looks at what the shops' own records hold of the orders of a plan.
func (a *App) addRecords(ctx context.Context, in *plan.Input, report Report) error {
	in.Desks = map[string]bool{}
	for name := range a.d.Desks {
		in.Desks[name] = true
	}
	for i, o := range in.Orders {
		d, ok := a.d.Desks[o.Shop]
		if !ok {
			continue
		}
		if report != nil {
			report(i, len(in.Orders), "shop")
		}
		if err := d.Records(ctx, o, func(f plan.Found) error { in.Found = append(in.Found, f); return nil }); err != nil {
			return fmt.Errorf("look at the records of shop %q: %w", o.Shop, err)
		}
	}
	return nil
}

// furtherOrders puts all orders into an index, and returns for each of those in
// scope the numbers of the further ones of the same customer.
func furtherOrders(tx Tx, scope []order.Order, index *plan.Index) (map[int64][]string, error) {
	same := newSameCustomer(scope)
	err := tx.EachOrder(func(o order.Order) error {
		index.Add(o)
		same.add(o)
		return nil
	})
	return same.others, err
}

// sameCustomer finds which further orders stand on the same account or address
// as those of a plan: what belongs to them all must stay.
type sameCustomer struct {
	targets map[int64]bool
	by      map[string][]int64 // account or address → target orders
	others  map[int64][]string // target order → numbers of the further ones
}

func newSameCustomer(targets []order.Order) *sameCustomer {
	c := &sameCustomer{targets: map[int64]bool{}, by: map[string][]int64{}, others: map[int64][]string{}}
	for _, o := range targets {
		c.targets[o.ID] = true
		for _, k := range customerKeys(o) {
			c.by[k] = append(c.by[k], o.ID)
		}
	}
	return c
}

func customerKeys(o order.Order) []string {
	var out []string
	if e := mailbox.NormEmail(o.Customer.Email); e != "" {
		out = append(out, "e "+e)
	}
	if o.Account != "" {
		out = append(out, "a "+o.Shop+" "+o.Account)
	}
	return out
}

func (c *sameCustomer) add(o order.Order) {
	if c.targets[o.ID] || o.Erased && o.Account == "" {
		return
	}
	for _, k := range customerKeys(o) {
		for _, id := range c.by[k] {
			if !slices.Contains(c.others[id], o.Number) {
				c.others[id] = append(c.others[id], o.Number)
			}
		}
	}
}

// planScope makes the plan of any scope, as its own way makes it. at is the
// day of a retention plan, zero for today. lang is that of the grounds, which
// the hash covers; "" is the owner's, as it always is for the plan of a rule.
func (a *App) planScope(ctx context.Context, s plan.Scope, at law.Date, lang string, report Report) (plan.Plan, error) {
	switch {
	case s.Rule == plan.Orphans:
		return a.PlanOrphans(ctx)
	case s.Rule != "":
		v, err := a.RetentionOf(ctx, at, s.Rule)
		if err != nil || len(v.Plans) == 0 {
			return plan.Plan{}, err
		}
		return v.Plans[0], nil
	case s.Case != 0:
		// The case may mean other orders by now, or ask for something else.
		return a.planCase(ctx, cases.ID(s.Case), s.Only, lang, report)
	}
	return a.makePlan(ctx, s, lang, report)
}

// NarrowPlan makes a plan again for a part of what it would erase: only holds
// the keys (plan.KeyID) that may go, such as the photos of one child across
// orders, or of one product line. The rest of it is kept, and says so. A plan
// of a rule is not narrowed: ErrRulePlan.
func (a *App) NarrowPlan(ctx context.Context, p plan.Plan, only []string) (plan.Plan, error) {
	s := p.Scope
	if s.Rule != "" {
		return plan.Plan{}, ErrRulePlan
	}
	if len(only) == 0 {
		return plan.Plan{}, ErrNothingChosen
	}
	only = slices.Clone(only)
	for _, f := range p.Erase {
		if f.Holds == plan.Reference {
			// A reference goes with what it leads to, and stays with it.
			only = append(only, plan.KeyID(f.Storage, f.Key))
		}
	}
	slices.Sort(only)
	s.Only = slices.Compact(only)
	return a.planScope(ctx, s, law.Date{}, "", nil)
}

// KeysOfLine returns which keys a plan would erase of one product line of its
// orders, for NarrowPlan: the photos that the shop's record of the line names.
func (a *App) KeysOfLine(ctx context.Context, p plan.Plan, orderID int64, line string) ([]string, error) {
	var o order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { o, err = tx.Order(orderID); return err }); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(o.Lines, func(l order.Line) bool { return l.Ref == line })
	if i < 0 {
		return nil, ErrNoLine
	}
	named := a.keysOf(o.Lines[i].Photos)
	var out []string
	for _, f := range p.Erase {
		if f.Order == orderID && named.has(f.Object) {
			out = append(out, plan.KeyID(f.Storage, f.Key))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// namedKeys are the keys (plan.KeyID) that references lead to. A bare key may
// lie in any storage.
type namedKeys map[string]bool

// keysOf returns the keys that references of an order lead to.
func (a *App) keysOf(refs []string) namedKeys {
	n := namedKeys{}
	for _, ref := range refs {
		n.add(ref, a.d.Bases)
	}
	return n
}

func (n namedKeys) add(ref string, bases []plan.Base) {
	if storage, key, ok := plan.Resolve(ref, bases); ok {
		n[plan.KeyID(storage, key)] = true
	}
}

func (n namedKeys) has(o plan.Object) bool {
	return n[plan.KeyID(o.Storage, o.Key)] || n[plan.KeyID("", o.Key)]
}

// PlanPerson makes the plan to erase a person in the orders given: their media
// and what the shop's records hold of her, save what the law keeps.
func (a *App) PlanPerson(ctx context.Context, ids []int64) (plan.Plan, error) {
	if len(ids) == 0 {
		return plan.Plan{}, cases.ErrNoOrder
	}
	return a.makePlan(ctx, plan.Scope{Orders: slices.Sorted(slices.Values(ids)), Person: true}, "", nil)
}

// PersonOrders returns the orders of the address that an order was placed
// with, itself first. One address may serve several people, so each tells
// whether it has the same name.
func (a *App) PersonOrders(ctx context.Context, id int64) ([]PersonOrder, error) {
	var out []PersonOrder
	err := a.d.Store.View(ctx, func(tx Tx) error {
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		b, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		out = append(out, PersonOrder{b.row(o), true})
		same, err := tx.OrdersByEmail(o.Customer.Email)
		if err != nil {
			return err
		}
		for _, x := range same {
			if x.ID != o.ID {
				out = append(out, PersonOrder{b.row(x), cases.SameName(x.Customer.Name(), o.Customer.Name())})
			}
		}
		return nil
	})
	return out, err
}

// holds returns what protects objects today: the owner's holds, the restrictions,
// and the open cases that need the media to stay.
func (a *App) holds(tx Tx, except cases.ID) ([]plan.Hold, error) {
	hs, err := a.standing(tx)
	if err != nil {
		return nil, err
	}
	all, err := tx.Cases()
	if err != nil {
		return nil, err
	}
	theirs, err := ofPersons(tx, all)
	return slices.Concat(hs, retention.CaseHolds(all, theirs, except, a.today())), err
}

// mediaHolds are the holds against the media rule: besides those of holds, the
// mails that nobody has looked at yet.
func (a *App) mediaHolds(tx Tx) ([]plan.Hold, error) {
	hs, err := a.holds(tx, 0)
	if err != nil {
		return nil, err
	}
	unseen, err := a.unseenHolds(tx, retention.NeedsMedia)
	return slices.Concat(hs, unseen), err
}

// ofPersons returns by open case the orders of the addresses of who asks and of
// whom it concerns: of a case without a proposal they are all that is known, and
// an order that came in later was proposed to nobody.
func ofPersons(tx Tx, all []cases.Case) (map[cases.ID][]int64, error) {
	out := map[cases.ID][]int64{}
	for _, c := range all {
		if !c.State.Open() {
			continue
		}
		for _, e := range []string{c.Requester.Email, c.Concerned.Email} {
			if e == "" {
				continue
			}
			os, err := tx.OrdersByEmail(e)
			if err != nil {
				return nil, err
			}
			for _, o := range os {
				out[c.ID] = append(out[c.ID], o.ID)
			}
		}
	}
	return out, nil
}

// unseenHolds hold the orders of mails of which nobody has said whether they are
// requests: a month runs for each that is one (GDPR Art. 12(3)), and no copy can
// be given of what went before she looked. They are those of the sender's address
// and those that it names. needs tells by the rights that were recognised whether
// the data matter; where none was, they do. A mail that nobody looks at keeps
// them no longer than the law lets a reply take, extended: three months. Her own
// plan for a case or an order does not wait for a mail; only what rules erase
// does.
func (a *App) unseenHolds(tx Tx, needs func(request.Right) bool) ([]plan.Hold, error) {
	js, err := tx.Messages(request.ToCheck, 0)
	if err != nil {
		return nil, err
	}
	var out []plan.Hold
	for _, j := range js {
		until := law.DateOf(j.Message.ReceivedAt, a.d.Zone).AddMonths(3)
		rights := j.Verdict.Rights()
		if j.Case != 0 || until.Before(a.today()) || len(rights) > 0 && !slices.ContainsFunc(rights, needs) {
			continue
		}
		var os []order.Order
		if from, ok := j.Message.Sender(); ok {
			if os, err = tx.OrdersByEmail(from.Email); err != nil {
				return nil, err
			}
		}
		for _, n := range j.Verdict.Orders {
			named, err := tx.OrdersByNumber(n)
			if err != nil {
				return nil, err
			}
			os = append(os, named...)
		}
		for _, o := range os {
			out = append(out, plan.Hold{Order: o.ID, From: a.today(), Until: until, Reason: plan.UnseenMail, Article: "GDPR Art. 12(3)"})
		}
	}
	return out, nil
}

// Erase runs a plan that the owner confirmed by its hash. The plan is made
// again first: when anything has changed it returns plan.ErrStale and touches
// nothing. The identity of a case's requester must allow it
// (cases.ErrIdentityUnproven), and no disagreement of parents stand in the way
// (cases.ErrConflict). The result is never complete while anything is
// left.
func (a *App) Erase(ctx context.Context, p plan.Plan, hash string, report Report) (RunView, error) {
	return a.EraseWith(ctx, p, hash, EraseOptions{}, report)
}

// EraseWith is Erase with what a command adds.
func (a *App) EraseWith(ctx context.Context, p plan.Plan, hash string, opt EraseOptions, report Report) (RunView, error) {
	return a.eraseWith(ctx, p, hash, opt, waited{}, report)
}

func (a *App) eraseWith(ctx context.Context, p plan.Plan, hash string, opt EraseOptions, w waited, report Report) (RunView, error) {
	if opt.At.After(a.today()) {
		return RunView{}, ErrNotYet
	}
	if !a.erasing.TryLock() {
		return RunView{}, erasure.ErrRunning
	}
	defer a.erasing.Unlock()
	defer a.changed()
	if opt.By == "" {
		opt.By = owner
	}
	if err := a.noneOpen(ctx); err != nil {
		return RunView{}, err
	}
	// What a lifted restriction still has held in a storage is released first.
	_ = a.settleLocks(ctx)
	if w.id != "" {
		// It may have run, or been taken back, while this one was planned.
		if err := a.d.Store.View(ctx, func(tx Tx) error { _, err := coolingOf(tx, w.id); return err }); err != nil {
			return RunView{}, err
		}
	}
	if err := a.settleIdentity(ctx, p.Scope, opt); err != nil {
		return RunView{}, err
	}
	c, err := plan.Confirm(p, hash, opt.By, a.now())
	if err != nil {
		return RunView{}, err
	}
	fresh, err := a.planScope(ctx, p.Scope, opt.At, w.lang, report)
	if err != nil {
		return RunView{}, err
	}
	if err := a.d.Store.Update(ctx, func(tx Tx) error {
		detail := map[string]any{"plan": p.Hash, "erase": len(p.Erase), "restrict": len(p.Restrict), "keep": len(p.Keep)}
		if opt.Waived {
			detail["cooling_off"] = "waived"
		}
		return a.journal(tx, opt.By, evidence.ActPlanConfirmed, scopeRecord(p.Scope), detail)
	}); err != nil {
		return RunView{}, err
	}
	r, steps, err := erasure.Run(ctx, c, fresh, a.storages(), ledger{a, w.id}, a.d.Now, report)
	return a.runView(ctx, r, steps), err
}

// noneOpen is erasure.ErrRunning while a run that was cut off is not taken up:
// no other can begin before.
func (a *App) noneOpen(ctx context.Context) error {
	return a.d.Store.View(ctx, func(tx Tx) error {
		open, err := tx.OpenRuns()
		if err == nil && len(open) > 0 {
			err = erasure.ErrRunning
		}
		return err
	})
}

func scopeRecord(s plan.Scope) string {
	switch {
	case s.Case != 0:
		return caseRecord(cases.ID(s.Case))
	case s.Rule != "":
		return "rule " + s.Rule
	}
	ids := make([]string, 0, len(s.Orders))
	for _, id := range s.Orders {
		ids = append(ids, fmt.Sprint(id))
	}
	return "order " + strings.Join(ids, ",")
}

// settleIdentity lets an erasure for a case pass only when it is clear enough
// who asks (GDPR Art. 12(6)).
func (a *App) settleIdentity(ctx context.Context, s plan.Scope, opt EraseOptions) error {
	if s.Case == 0 {
		return nil
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		c, err := tx.Case(cases.ID(s.Case))
		if err != nil {
			return err
		}
		if errors.Is(cases.MayErase(c), cases.ErrConflict) {
			return cases.ErrConflict // no reason of identity settles what parents disagree on
		}
		if opt.Reason != "" && c.Identity.Level != cases.Confirmed {
			if c, err = cases.Apply(c, cases.ActConfirmIdentity, cases.Input{Reason: opt.Reason, By: owner, At: a.now()}, a.d.Zone); err != nil {
				return err
			}
			if err := tx.PutCase(c); err != nil {
				return err
			}
			return a.journal(tx, owner, evidence.ActCaseIdentity, caseRecord(c.ID), map[string]string{"act": string(cases.ActConfirmIdentity), "level": c.Identity.Level.String()})
		}
		if cases.MayErase(c) == nil {
			return nil
		}
		if !opt.BySight {
			return cases.ErrIdentityUnproven
		}
		if err := cases.EraseBySight(c); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCaseIdentity, caseRecord(c.ID), map[string]string{"act": "by sight", "level": c.Identity.Level.String()})
	})
}
