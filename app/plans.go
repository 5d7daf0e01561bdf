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
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/app/retention"
)

func runRecord(id int64) string { return fmt.Sprintf("run %d", id) }

// runFacts is what the journal says of a finished run; nothing personal.
type runFacts struct {
	State  string `json:"state"`
	Plan   string `json:"plan"`
	Erased int    `json:"erased"`
	Left   int    `json:"left"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func factsOf(r erasure.Record) runFacts {
	return runFacts{r.State.String(), r.PlanHash, r.Erased, r.Left, r.BeforeHash, r.AfterHash}
}

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

// PlanCase makes the plan of a case: what would be erased of the orders in its
// scope, in the owner's language. cases.ErrNoOrder where none is in scope,
// cases.ErrNotLawful where nothing is asked of which an erasure is the answer.
func (a *App) PlanCase(ctx context.Context, id cases.ID) (plan.Plan, error) {
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
	return a.makePlan(ctx, plan.Scope{Case: int64(id), Orders: ids, Person: asksErasure(c)}, nil)
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
	return a.makePlan(ctx, plan.Scope{Orders: []int64{id}}, nil)
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

// makePlan looks at the storages and makes the plan for a scope. found is what
// a retention rule made due; nil means everything that belongs to the orders.
func (a *App) makePlan(ctx context.Context, s plan.Scope, report Report) (plan.Plan, error) {
	if len(a.d.Storages) == 0 {
		return plan.Plan{}, ErrNoStorage
	}
	in := plan.Input{Scope: s, Today: a.today(), Zone: a.d.Zone, Lang: a.Info().Lang, MadeAt: a.now()}
	var all []order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if all, err = tx.Orders(); err != nil {
			return err
		}
		for _, id := range s.Orders {
			o, err := tx.Order(id)
			if err != nil {
				return err
			}
			in.Orders = append(in.Orders, o)
		}
		in.Holds, err = a.holds(tx, cases.ID(s.Case))
		return err
	}); err != nil {
		return plan.Plan{}, err
	}
	var err error
	if in.Found, in.Missing, err = plan.Survey(ctx, a.listers(), a.d.Locators, in.Orders, a.d.Bases, report); err != nil {
		return plan.Plan{}, err
	}
	in.SharedBy = plan.Shared(in.Found, all, a.d.Locators, a.d.Bases)
	return plan.Build(in), nil
}

// holds returns what protects objects today: the owner's holds, and the open
// cases that need the media to stay.
func (a *App) holds(tx Tx, except cases.ID) ([]plan.Hold, error) {
	hs, err := tx.Holds()
	if err != nil {
		return nil, err
	}
	all, err := tx.Cases()
	if err != nil {
		return nil, err
	}
	return append(hs, retention.CaseHolds(all, except, a.today())...), nil
}

// Erase runs a plan that the owner confirmed by its hash. The plan is made
// again first: when anything has changed it returns plan.ErrStale and touches
// nothing. The identity of a case's requester must allow it
// (cases.ErrIdentityUnproven). The result is never complete while anything is
// left.
func (a *App) Erase(ctx context.Context, p plan.Plan, hash string, report Report) (RunView, error) {
	return a.EraseWith(ctx, p, hash, EraseOptions{}, report)
}

// EraseWith is Erase with what a command adds.
func (a *App) EraseWith(ctx context.Context, p plan.Plan, hash string, opt EraseOptions, report Report) (RunView, error) {
	if !a.erasing.TryLock() {
		return RunView{}, erasure.ErrRunning
	}
	defer a.erasing.Unlock()
	defer a.changed()
	if opt.By == "" {
		opt.By = owner
	}
	if err := a.settleIdentity(ctx, p.Scope, opt); err != nil {
		return RunView{}, err
	}
	c, err := plan.Confirm(p, hash, opt.By, a.now())
	if err != nil {
		return RunView{}, err
	}
	fresh, err := a.again(ctx, p, opt.At, report)
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
	r, steps, err := erasure.Run(ctx, c, fresh, a.d.Storages, ledger{a}, a.d.Now, report)
	return a.runView(ctx, r, steps), err
}

// again makes the plan of a scope once more.
func (a *App) again(ctx context.Context, p plan.Plan, at law.Date, report Report) (plan.Plan, error) {
	if p.Scope.Rule == plan.Orphans {
		return a.PlanOrphans(ctx)
	}
	if p.Scope.Rule != "" {
		v, err := a.Retention(ctx, at)
		return v.Plan, err
	}
	if p.Scope.Case != 0 {
		// The case may mean other orders by now, or ask for something else.
		return a.PlanCase(ctx, cases.ID(p.Scope.Case))
	}
	return a.makePlan(ctx, p.Scope, report)
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

// ResumeErasure takes up every run that was cut off, and tries again what is
// left of partial ones. The runs that were taken up before an error are
// returned with it.
func (a *App) ResumeErasure(ctx context.Context, report Report) ([]RunView, error) {
	if !a.erasing.TryLock() {
		return nil, erasure.ErrRunning
	}
	defer a.erasing.Unlock()
	defer a.changed()
	type cut struct {
		r     erasure.Record
		steps []erasure.Step
	}
	var todo []cut
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := tx.Runs()
		if err != nil {
			return err
		}
		for _, r := range slices.Backward(rs) {
			if r.State != erasure.Running && r.State != erasure.Partial {
				continue
			}
			steps, err := tx.Steps(r.ID)
			if err != nil {
				return err
			}
			for i := range steps {
				// A lock may have ended since: what it kept is asked for again.
				if steps[i].Status == erasure.Retained {
					steps[i].Status, steps[i].Reason = erasure.Tried, ""
				}
			}
			todo = append(todo, cut{r, steps})
		}
		return nil
	}); err != nil {
		return nil, err
	}
	// What was cut off comes first: while it is open, no other run may be.
	slices.SortStableFunc(todo, func(x, y cut) int { return cmp.Compare(x.r.State, y.r.State) })
	var out []RunView
	var failed error
	for _, c := range todo {
		was := c.r
		if err := a.d.Store.Update(ctx, func(tx Tx) error {
			c.r.State = erasure.Running
			if err := tx.PutRun(c.r); err != nil {
				return err
			}
			return a.journal(tx, owner, evidence.ActRunResumed, runRecord(c.r.ID), nil)
		}); err != nil {
			return out, err
		}
		r, steps, err := erasure.Resume(ctx, c.r, c.steps, a.d.Storages, ledger{a}, a.d.Now, report)
		if err == nil {
			out = append(out, a.runView(ctx, r, steps))
			continue
		}
		failed = errors.Join(failed, err)
		if was.State != erasure.Partial || !slices.Equal(steps, c.steps) {
			return out, failed
		}
		// Nothing was touched: it is as partial as before, and must not stand
		// in the way of the others.
		if err := a.d.Store.Update(context.WithoutCancel(ctx), func(tx Tx) error { return tx.PutRun(was) }); err != nil {
			return out, errors.Join(failed, err)
		}
	}
	return out, failed
}

// ledger writes runs into the store, each call one transaction with its
// journal entry.
type ledger struct{ a *App }

func (l ledger) Begin(ctx context.Context, r erasure.Record, steps []erasure.Step) (id int64, err error) {
	err = l.a.d.Store.Update(ctx, func(tx Tx) error {
		if id, err = tx.BeginRun(r, steps); err != nil {
			return err
		}
		if r.Scope.Case != 0 {
			c, err := tx.Case(cases.ID(r.Scope.Case))
			if err != nil {
				return err
			}
			c.Runs = append(slices.Clone(c.Runs), id)
			if err := tx.PutCase(c); err != nil {
				return err
			}
		}
		if err := l.a.journal(tx, r.By, evidence.ActRunStarted, runRecord(id),
			map[string]any{"scope": scopeRecord(r.Scope), "plan": r.PlanHash, "objects": len(steps), "before": r.BeforeHash}); err != nil {
			return err
		}
		if r.State != erasure.Refused {
			return nil
		}
		// A refusal begins and ends at once: nothing can be cut off in between.
		r.ID = id
		return l.end(tx, r)
	})
	return id, err
}

// end writes the end of a run into journal and case.
func (l ledger) end(tx Tx, r erasure.Record) error {
	if err := l.a.journal(tx, r.By, evidence.ActRunFinished, runRecord(r.ID), factsOf(r)); err != nil {
		return err
	}
	return l.a.tellCase(tx, r)
}

func (l ledger) Mark(ctx context.Context, run int64, steps []erasure.Step) error {
	return l.a.d.Store.Update(ctx, func(tx Tx) error { return tx.MarkSteps(run, steps) })
}

func (l ledger) Finish(ctx context.Context, r erasure.Record) error {
	if r.State == erasure.Refused {
		return nil // Begin wrote its end
	}
	err := l.a.d.Store.Update(ctx, func(tx Tx) error {
		if err := tx.PutRun(r); err != nil {
			return err
		}
		if r.State == erasure.Complete {
			if err := l.a.forget(tx, r); err != nil {
				return err
			}
		}
		return l.end(tx, r)
	})
	if err == nil && r.State == erasure.Complete {
		// The run stands whether or not the log can be folded in now: a busy
		// store does it at the next run, or when it is closed or opened.
		_ = l.a.d.Store.Scrub(ctx)
	}
	return err
}

func (l ledger) Unfinished(ctx context.Context) ([]erasure.Record, map[int64][]erasure.Step, error) {
	var rs []erasure.Record
	steps := map[int64][]erasure.Step{}
	err := l.a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if rs, err = tx.OpenRuns(); err != nil {
			return err
		}
		for _, r := range rs {
			if steps[r.ID], err = tx.Steps(r.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return rs, steps, err
}

// forget leaves tombstones for what a complete run erased, and erases
// Greffier's own copies of it. A person is forgotten whole only when every
// order of hers was in scope; otherwise only those orders are.
func (a *App) forget(tx Tx, r erasure.Record) error {
	kept := map[string]bool{} // numbers of orders of which media were kept on purpose
	for _, k := range r.Keep {
		if k.Key != "" && k.Storage != "" {
			kept[k.Order] = true
		}
	}
	for _, h := range r.Restrict {
		if h.Key != "" {
			kept[h.Order] = true
		}
	}
	emails := map[string]bool{}
	var emptied []int64
	for _, id := range r.Scope.Orders {
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		if kept[o.Number] {
			continue // what stays must still be found later
		}
		if _, err := tx.ForgetMedia(id, r.EndedAt, r.ID); err != nil {
			return err
		}
		emptied = append(emptied, id)
		if !r.Scope.Person {
			continue
		}
		if o.Customer.Email != "" {
			emails[o.Customer.Email] = true
		}
		if _, err := tx.ForgetOrder(id, r.EndedAt, r.ID); err != nil {
			return err
		}
	}
	for e := range emails {
		left, err := tx.OrdersByEmail(e)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			continue
		}
		if _, err := tx.ForgetPerson(e, r.EndedAt, r.ID); err != nil {
			return err
		}
	}
	if err := erasedMedia(tx, emptied); err != nil {
		return err
	}
	if a.d.Remember == nil {
		return nil
	}
	ts, err := tx.Tombstones()
	if err != nil {
		return err
	}
	return a.d.Remember(ts)
}

// tellCase writes the end of a run into its case: the outcome of erasure
// follows from what happened.
func (a *App) tellCase(tx Tx, r erasure.Record) error {
	if r.Scope.Case == 0 {
		return nil
	}
	c, err := tx.Case(cases.ID(r.Scope.Case))
	if err != nil {
		return err
	}
	c.Events = append(slices.Clone(c.Events), cases.Event{At: a.now(), By: greffier, Key: "case.run_" + r.State.String(), Arg: fmt.Sprint(r.Erased)})
	if r.State == erasure.Complete {
		if c.State < cases.InProgress {
			c.State = cases.InProgress
		}
		c.Asked = slices.Clone(c.Asked)
		for i := range c.Asked {
			if c.Asked[i].Right != request.Erasure || c.Asked[i].Outcome != cases.Undecided {
				continue
			}
			c.Asked[i].Outcome = cases.Granted
			if len(r.Restrict) > 0 {
				// GDPR Art. 17(3)(b): what the law obliges to keep stays.
				c.Asked[i].Outcome, c.Asked[i].Ground = cases.Partly, "GDPR Art. 17(3)(b)"
				c.Asked[i].Reason = a.d.Texts.Text(a.paperLang(c), "fact.partly", nil)
			}
		}
	}
	return tx.PutCase(c)
}

// Runs returns all erasure runs, newest first.
func (a *App) Runs(ctx context.Context) ([]RunView, error) {
	var rs []erasure.Record
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { rs, err = tx.Runs(); return err }); err != nil {
		return nil, err
	}
	out := make([]RunView, 0, len(rs))
	for _, r := range rs {
		out = append(out, a.runView(ctx, r, nil))
	}
	return out, nil
}

// Run returns one run with its steps.
func (a *App) Run(ctx context.Context, id int64) (RunView, error) {
	var r erasure.Record
	var steps []erasure.Step
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if r, err = tx.Run(id); err != nil {
			return err
		}
		steps, err = tx.Steps(id)
		return err
	}); err != nil {
		return RunView{}, err
	}
	return a.runView(ctx, r, steps), nil
}

func (a *App) runView(ctx context.Context, r erasure.Record, steps []erasure.Step) RunView {
	v := RunView{Record: r, Steps: steps}
	// Numbers are for show: a run without them is still a run.
	_ = a.d.Store.View(ctx, func(tx Tx) error {
		v.Orders = numbers(tx, r.Scope.Orders)
		v.Certificate, _, _ = tx.Setting(certificateKey(r.ID))
		return nil
	})
	return v
}

func numbers(tx Tx, ids []int64) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if o, err := tx.Order(id); err == nil {
			out = append(out, o.Number)
		}
	}
	return out
}

func certificateKey(run int64) string { return fmt.Sprintf("certificate.%d", run) }

// mediaStart is the day on which the media period of an order began, zero
// while it has not.
func mediaStart(o order.Order, last time.Time, zone *time.Location) law.Date {
	return retention.MediaStart(o, last, zone).Date
}

func (a *App) mediaRule(tx Tx) (register.Rule, error) {
	rules, err := records[register.Rule](tx, kindRules)
	if err != nil {
		return register.Rule{}, err
	}
	for _, r := range rules {
		if r.ID == retention.Media {
			return r, nil
		}
	}
	return register.Rule{}, retention.ErrNoPeriod
}

// Retention looks at the storages and tells what the media rule makes due on a
// day, the zero date being today, with the plan that would do it. Objects that
// no order claims are shown, but erased only by the owner's own hand.
func (a *App) Retention(ctx context.Context, at law.Date) (RetentionView, error) {
	if at.IsZero() {
		at = a.today()
	}
	v := RetentionView{At: at}
	in, holds, err := a.mediaInput(ctx, at)
	if err != nil {
		return v, err
	}
	res, err := retention.Apply(in)
	if err != nil {
		return v, err
	}
	// Whatever day is asked for, what is held today stays today.
	for i, r := range res.Due {
		for _, h := range holds {
			if r.Order != 0 && h.Order == r.Order && res.Due[i].Held == "" && h.ActiveOn(a.today()) {
				res.Due[i].Held = h.Reason
			}
		}
	}
	v.Due = dueRows(res.Due)
	v.Ahead = dueRows(res.Ahead)
	if err := a.d.Store.Update(ctx, func(tx Tx) error { return putMedia(tx, a.now(), in.Found, in.Orphans) }); err != nil {
		return v, err
	}
	pin := plan.Input{Scope: plan.Scope{Rule: retention.Media}, Holds: holds, Today: at, Zone: a.d.Zone, Lang: a.Info().Lang, MadeAt: a.now()}
	inScope := map[int64]bool{}
	for _, r := range res.Due {
		if r.Order != 0 && r.Held == "" {
			inScope[r.Order] = true
		}
	}
	for _, o := range in.Orders {
		if inScope[o.ID] {
			pin.Orders = append(pin.Orders, o)
		}
	}
	for _, f := range in.Found {
		if inScope[f.Order] {
			pin.Found = append(pin.Found, f)
		}
	}
	pin.SharedBy = plan.Shared(pin.Found, in.Orders, a.d.Locators, a.d.Bases)
	v.Plan = plan.Build(pin)
	return v, nil
}

// mediaInput gathers what the media rule depends on, the storages listed now,
// and what protects objects.
func (a *App) mediaInput(ctx context.Context, at law.Date) (retention.Input, []plan.Hold, error) {
	in := retention.Input{At: at, Zone: a.d.Zone, LastMessage: map[int64]time.Time{}}
	if len(a.d.Storages) == 0 {
		return in, nil, ErrNoStorage
	}
	var holds []plan.Hold
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if in.Rule, err = a.mediaRule(tx); err != nil {
			return err
		}
		if in.Orders, err = tx.Orders(); err != nil {
			return err
		}
		for _, o := range in.Orders {
			if o.CompletedAt.IsZero() && o.Customer.Email != "" {
				if in.LastMessage[o.ID], err = tx.LastFrom(o.Customer.Email); err != nil {
					return err
				}
			}
		}
		if in.Holds, err = tx.Holds(); err != nil {
			return err
		}
		if in.Cases, err = tx.Cases(); err != nil {
			return err
		}
		holds, err = a.holds(tx, 0)
		return err
	}); err != nil {
		return in, nil, err
	}
	var err error
	in.Found, in.Orphans, err = a.surveyAll(ctx, in.Orders)
	return in, holds, err
}

// surveyAll looks at everything below the locators once, and at what the
// orders' own references name elsewhere.
func (a *App) surveyAll(ctx context.Context, orders []order.Order) (found, orphans []plan.Found, err error) {
	if found, orphans, err = plan.SurveyAll(ctx, a.listers(), a.d.Locators, orders, nil); err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for _, f := range found {
		seen[plan.KeyID(f.Storage, f.Key)] = true
	}
	// Only references that no locator already covers need a look of their own.
	var rest []order.Order
	for _, o := range orders {
		o.Photos = slices.DeleteFunc(slices.Clone(o.Photos), func(ref string) bool {
			storage, key, ok := plan.Resolve(ref, a.d.Bases)
			if !ok {
				return true
			}
			for _, l := range a.d.Locators {
				if (storage == "" || storage == l.Storage) && l.Claims(key, o.Number) {
					return true
				}
			}
			return storage != "" && seen[plan.KeyID(storage, key)] || storage == "" && a.anywhere(seen, key)
		})
		if len(o.Photos) > 0 {
			rest = append(rest, o)
		}
	}
	more, _, err := plan.Survey(ctx, a.listers(), nil, rest, a.d.Bases, nil)
	if err != nil {
		return nil, nil, err
	}
	ids := map[string]bool{}
	for _, f := range found {
		ids[f.ID()] = true
	}
	orphans = slices.DeleteFunc(orphans, func(f plan.Found) bool {
		return slices.ContainsFunc(more, func(m plan.Found) bool { return m.ID() == f.ID() })
	})
	for _, f := range more {
		if !ids[f.ID()] {
			found = append(found, f)
		}
	}
	return found, orphans, nil
}

func (a *App) anywhere(seen map[string]bool, key string) bool {
	for n := range a.d.Storages {
		if seen[plan.KeyID(n, key)] {
			return true
		}
	}
	return false
}

func dueRows(rs []retention.Row) []DueRow {
	out := make([]DueRow, 0, len(rs))
	for _, r := range rs {
		out = append(out, DueRow{Rule: r.Rule, Order: r.Order, Number: r.Number, Since: r.Since.Date, Due: r.Due, Objects: r.Objects, SizeBytes: r.SizeBytes, Held: r.Held})
	}
	return out
}

// Orders returns all orders, newest first.
func (a *App) Orders(ctx context.Context) ([]OrderRow, error) {
	var out []OrderRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		b, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		all, err := tx.Orders()
		for _, o := range all {
			out = append(out, b.row(o))
		}
		return err
	})
	return out, err
}

// Order opens an order: what each locator finds of it now.
func (a *App) Order(ctx context.Context, id int64) (OrderView, error) {
	var v OrderView
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		b, err := a.orderBook(tx)
		if err != nil {
			return err
		}
		if v.Order, err = tx.Order(id); err != nil {
			return err
		}
		v.Row = b.row(v.Order)
		hs, err := tx.Holds()
		if err != nil {
			return err
		}
		for _, h := range hs {
			if h.Order == id {
				v.Holds = append(v.Holds, h)
			}
		}
		cs, err := tx.Cases()
		for _, c := range cs {
			if slices.Contains(c.Selected(), id) {
				v.Cases = append(v.Cases, c.ID)
			}
		}
		return err
	}); err != nil {
		return v, err
	}
	found, missing, err := plan.Survey(ctx, a.listers(), a.d.Locators, []order.Order{v.Order}, a.d.Bases, nil)
	if err != nil {
		return v, err
	}
	v.Found = found
	for _, m := range missing {
		v.Missing = append(v.Missing, m.Text)
	}
	return v, nil
}

// Orphans returns the objects below the locators that no order claims.
func (a *App) Orphans(ctx context.Context) ([]Orphan, error) {
	var all []order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { all, err = tx.Orders(); return err }); err != nil {
		return nil, err
	}
	_, orphans, err := a.surveyAll(ctx, all)
	if err != nil {
		return nil, err
	}
	out := make([]Orphan, 0, len(orphans))
	for _, o := range orphans {
		out = append(out, Orphan{o, law.DateOf(o.ModifiedAt, a.d.Zone).Days(a.today())})
	}
	return out, nil
}

// PlanOrphans makes the plan to erase the objects that no order claims and
// whose period, counted from their last change, is over. Only the owner's own
// hand runs it: the shop may not have told of their order yet.
func (a *App) PlanOrphans(ctx context.Context) (plan.Plan, error) {
	in, holds, err := a.mediaInput(ctx, a.today())
	if err != nil {
		return plan.Plan{}, err
	}
	period, err := law.ParsePeriod(in.Rule.Period)
	if err != nil {
		return plan.Plan{}, err
	}
	out := plan.Input{Scope: plan.Scope{Rule: plan.Orphans}, Holds: holds, Today: in.At, Zone: a.d.Zone, Lang: a.Info().Lang, MadeAt: a.now()}
	for _, f := range in.Orphans {
		if !f.ModifiedAt.IsZero() && !period.End(law.DateOf(f.ModifiedAt, a.d.Zone)).After(in.At) {
			out.Found = append(out.Found, f)
		}
	}
	out.SharedBy = plan.Shared(out.Found, in.Orders, a.d.Locators, a.d.Bases)
	return plan.Build(out), nil
}

// PlaceHold keeps the media of an order from being erased, for a reason.
func (a *App) PlaceHold(ctx context.Context, id int64, reason string, until law.Date) error {
	if strings.TrimSpace(reason) == "" {
		return cases.ErrReason
	}
	return a.update(ctx, func(tx Tx) error {
		h, err := tx.PutHold(plan.Hold{Order: id, Reason: reason, Article: "GDPR Art. 17(3)(e)", From: a.today(), Until: until})
		if err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActHoldPlaced, fmt.Sprintf("hold %d", h), map[string]any{"order": id, "until": until.String()})
	})
}

// LiftHold ends a hold.
func (a *App) LiftHold(ctx context.Context, hold int64) error {
	return a.update(ctx, func(tx Tx) error {
		if err := tx.LiftHold(hold); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActHoldLifted, fmt.Sprintf("hold %d", hold), nil)
	})
}

// Refused tells whether an error means that an erasure was refused and nothing
// was touched.
func Refused(err error) bool {
	for _, e := range []error{plan.ErrStale, plan.ErrNotConfirmed, cases.ErrIdentityUnproven, cases.ErrNoOrder, cases.ErrNotLawful, erasure.ErrRunning} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
