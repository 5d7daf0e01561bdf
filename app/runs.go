package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// ledger writes runs into the store, each call one transaction with its
// journal entry. It is an erasure.Guard too.
type ledger struct {
	a *App
	// waits names the waiting erasure that is run, "" where none waited.
	waits string
}

// Held tells which steps may not be erased any more, because the owner or an
// open case has placed a hold since the plan was confirmed.
func (l ledger) Held(ctx context.Context, run erasure.Record, steps []erasure.Step) ([]string, error) {
	out := make([]string, len(steps))
	err := l.a.d.Store.View(ctx, func(tx Tx) error {
		own := cases.ID(run.Scope.Case)
		if own != 0 {
			c, err := caseOfRun(tx, run)
			if err != nil {
				return err
			}
			own = c.ID
		}
		hs, err := l.a.holdsOf(tx, run, own)
		if err != nil {
			return err
		}
		if err := l.a.heldBack(tx, run, steps, out); err != nil {
			return err
		}
		today := l.a.today()
		for _, h := range hs {
			if !h.ActiveOn(today) {
				continue
			}
			for i, s := range steps {
				if h.HoldsObject(s.Object.Object) {
					out[i] = h.Reason
				}
			}
			if h.Order == 0 || !slices.Contains(run.Scope.Orders, h.Order) {
				continue
			}
			o, err := tx.Order(h.Order)
			if err != nil {
				return err
			}
			holds := l.a.heldBy(o)
			for i, s := range steps {
				if holds(s.Object) {
					out[i] = h.Reason
				}
			}
		}
		return nil
	})
	return out, err
}

// heldBy tells what a hold on an order keeps: what stands under it in the plan,
// what it refers to although it stands under another order, and what its shop
// has once for several orders.
func (a *App) heldBy(o order.Order) func(plan.Found) bool {
	named := a.keysOf(o.Photos)
	desk := plan.DeskName(o.Shop)
	return func(f plan.Found) bool {
		return f.Order == o.ID || named.has(f.Object) ||
			f.Storage == desk && (f.Holds == plan.Account || f.Kind != plan.Field)
	}
}

// The reasons why a step of a rule's own run stays that was due when the run
// began.
const (
	// CameBack: the person ordered or wrote since (GDPR Art. 6(1)(b)).
	CameBack = "the person came back"
	// NotDue: the rule in force does not make it due any more.
	NotDue = "the rule does not make it due any more"
)

// heldBack tells what of a run that a rule confirmed by itself must stay, because
// what made it due is over: a run that was cut off, or tries again what was left
// days ago, stands on what was true then.
func (a *App) heldBack(tx Tx, run erasure.Record, steps []erasure.Step, out []string) error {
	if !byRule(run) {
		return nil // the owner saw it
	}
	rule, err := record[register.Rule](tx, kindRules, run.Scope.Rule)
	if err != nil {
		return err
	}
	why := map[int64]string{}
	for i, s := range steps {
		id := s.Object.Order
		w, told := why[id]
		if !told && id != 0 {
			o, err := tx.Order(id)
			if err != nil {
				return err
			}
			if w, err = a.overNow(tx, run, rule, o); err != nil {
				return err
			}
			why[id] = w
		}
		// Of a paper whose ten years are over only the account is the person's who
		// came back.
		if w != "" && (retention.About(rule) != retention.Billing || s.Object.Holds == plan.Account) {
			out[i] = w
		}
	}
	return nil
}

// overNow tells why an order of a rule's run is not due any more, "" while it is.
func (a *App) overNow(tx Tx, run erasure.Record, rule register.Rule, o order.Order) (string, error) {
	var wrote time.Time
	if o.Customer.Email != "" {
		var err error
		if wrote, err = tx.LastFrom(o.Customer.Email); err != nil {
			return "", err
		}
	}
	switch retention.About(rule) {
	case retention.Media:
		p, err := law.ParsePeriod(rule.Period)
		start := retention.StartOf(rule, o, wrote, a.d.Zone)
		if err == nil && !start.Date.IsZero() && p.End(start.Date).After(a.today()) {
			return NotDue, nil
		}
		return "", nil
	case retention.Billing, retention.Commercial, retention.Unfinished:
	default:
		return "", nil
	}
	if wrote.After(run.StartedAt) {
		return CameBack, nil
	}
	began := law.DateOf(run.StartedAt, a.d.Zone)
	// Some shops tell the day of an order and no hour.
	since := func(x order.Order) bool {
		at := retention.Placed(x)
		return !at.IsZero() && !law.DateOf(at, a.d.Zone).Before(began) && !slices.Contains(run.Scope.Orders, x.ID)
	}
	if o.Customer.Email != "" {
		all, err := tx.OrdersByEmail(o.Customer.Email)
		if err != nil || slices.ContainsFunc(all, since) {
			return CameBack, err
		}
	}
	// Under another address she is known by what a case would know her by. The
	// orders come newest first, so that few are looked at.
	back := false
	err := tx.EachOrder(func(x order.Order) error {
		if back = since(x) && (cases.SameCustomer(o.Customer, x.Customer) || o.Account != "" && o.Shop == x.Shop && o.Account == x.Account); back {
			return errEnough
		}
		if !x.CreatedAt.IsZero() && law.DateOf(x.CreatedAt, a.d.Zone).Before(began) {
			return errEnough
		}
		return nil
	})
	if back {
		return CameBack, nil
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	return "", err
}

// isBack tells whether a run that a rule made by itself has to leave Greffier's
// own memory of an order, because what made it due is over. Of a paper whose ten
// years are over only the account is the person's who came back.
func (a *App) isBack(tx Tx, r erasure.Record, o order.Order) (bool, error) {
	if !byRule(r) {
		return false, nil
	}
	rule, err := record[register.Rule](tx, kindRules, r.Scope.Rule)
	if err != nil || retention.About(rule) == retention.Billing {
		return false, err
	}
	why, err := a.overNow(tx, r, rule, o)
	return why != "", err
}

func (l ledger) Begin(ctx context.Context, r erasure.Record, steps []erasure.Step) (id int64, err error) {
	err = l.a.d.Store.Update(ctx, func(tx Tx) error {
		if id, err = tx.BeginRun(r, steps); err != nil {
			return err
		}
		if err := errors.Join(l.a.beganWithout(tx, id), l.a.confirmedByHand(tx, r)); err != nil {
			return err
		}
		if r.State != erasure.Refused {
			if err := endCooling(tx, r.Scope, r.PlanHash, l.waits); err != nil {
				return err
			}
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
	if err := errors.Join(l.a.journal(tx, r.By, evidence.ActRunFinished, runRecord(r.ID), factsOf(r)), toPrint(tx, r)); err != nil {
		return err
	}
	// Whom to tell is decided by the first run that erased anything, not by
	// each that tries again what was left. A person whose orders had nothing
	// left in the storages is erased all the same.
	if r.Scope.Case != 0 && (r.Erased > 0 || r.State == erasure.Complete && r.Scope.Person && len(r.Scope.Only) == 0) {
		c, err := caseOfRun(tx, r)
		if err != nil {
			return err
		}
		told := r
		told.Scope.Case = int64(c.ID)
		if err := l.a.makeNotices(tx, told, greffier); err != nil {
			return err
		}
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
		back, err := l.a.handBack(tx, r)
		if err != nil {
			return err
		}
		if back && !r.RetryAt.IsZero() {
			r.RetryAt = time.Time{}
			if err := tx.PutRun(r); err != nil {
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
// order of hers was in scope; otherwise only those orders are, and none of them
// where the plan was narrowed to a part of what they hold. An order that is held
// is left as it is, even where no listing showed anything of it.
func (a *App) forget(tx Tx, r erasure.Record) error {
	// What lies in a storage that was away must still be found.
	if out, err := ranWithout(tx, r.ID); err != nil || out {
		return err
	}
	kept := map[string]bool{}   // numbers of orders of which media were kept on purpose
	needed := map[string]bool{} // numbers of orders whose contact data the contract still needs
	stays := func(storage, key, number string, holds plan.Holds, byHand bool) {
		switch {
		case storage == "" || key == "":
		case !plan.IsShop(storage), holds == plan.Photo, holds == plan.Portrait, holds == plan.Derived:
			kept[number] = true
		case holds == plan.Reference && !byHand:
			kept[number] = true // it leads to what stays, or to where no storage is
		case holds == plan.Contact:
			needed[number] = true
		}
	}
	for _, k := range r.Keep {
		stays(k.Storage, k.Key, k.Order, k.Holds, k.Article == byHandArticle)
	}
	for _, h := range r.Restrict {
		stays(h.Storage, h.Key, h.Order, h.Holds, false)
	}
	what, err := about(tx, r.Scope.Rule)
	if err != nil {
		return err
	}
	if err := doneDue(tx, r.Scope.Rule, len(r.Scope.Orders)); err != nil {
		return err
	}
	if what == retention.Contract {
		return a.moveToArchive(tx, r)
	}
	held, err := a.heldOrders(tx, r)
	if err != nil {
		return err
	}
	var whole []int64
	emails, phones := map[string]bool{}, map[string][]string{}
	var emptied []int64
	for _, id := range r.Scope.Orders {
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		if kept[o.Number] || held[id] {
			continue // what stays must still be found later
		}
		if back, err := a.isBack(tx, r, o); err != nil {
			return err
		} else if back {
			continue
		}
		if _, err := tx.ForgetMedia(id, r.EndedAt, r.ID); err != nil {
			return err
		}
		emptied = append(emptied, id)
		if !r.Scope.Person || len(r.Scope.Only) > 0 || needed[o.Number] && (o.State == order.Open || o.State == order.Unknown) {
			continue
		}
		if o.Customer.Email != "" {
			emails[o.Customer.Email] = true
			phones[o.Customer.Email] = append(phones[o.Customer.Email], o.Customer.Phone)
		}
		if _, err := tx.ForgetOrder(id, r.EndedAt, r.ID); err != nil {
			return err
		}
		whole = append(whole, id)
		if err := errors.Join(forgetAmended(tx, id, a.now()), forgetRestrictions(tx, id, a.now())); err != nil {
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
		if err := a.forgetSuppressed(tx, e, phones[e], r.EndedAt); err != nil {
			return err
		}
	}
	if err := errors.Join(erasedMedia(tx, emptied), a.endArchive(tx, r, whole)); err != nil {
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

// byHandArticle is the ground of what stays only because the shop offers no way
// to erase it.
const byHandArticle = "GDPR Art. 17(1)"

// heldOrders returns which orders of a run are held now, by the owner or for
// another case.
func (a *App) heldOrders(tx Tx, r erasure.Record) (map[int64]bool, error) {
	own := cases.ID(r.Scope.Case)
	if own != 0 {
		c, err := caseOfRun(tx, r)
		if err != nil {
			return nil, err
		}
		own = c.ID
	}
	hs, err := a.holdsOf(tx, r, own)
	out := map[int64]bool{}
	for _, h := range hs {
		if !h.ActiveOn(a.today()) {
			continue
		}
		for _, id := range r.Scope.Orders {
			out[id] = out[id] || h.HoldsOrder(id)
		}
	}
	return out, err
}

// holdsOf returns what protects orders from a run: more protects them from a rule
// about orders and persons than from one about media.
func (a *App) holdsOf(tx Tx, r erasure.Record, own cases.ID) ([]plan.Hold, error) {
	if r.Scope.Rule != "" && r.Scope.Rule != retention.Media && r.Scope.Rule != plan.Orphans {
		return a.ruleHolds(tx)
	}
	if r.Scope.Rule == retention.Media {
		return a.mediaHolds(tx)
	}
	return a.holds(tx, own)
}

// tellCase writes the end of a run into its case: the outcome of erasure
// follows from what happened. Where something stays that no law obliges to keep
// (the owner chose a part, or it is another's too, or only a hand can erase it),
// the outcome is the owner's to say, in her words: it is not granted.
func (a *App) tellCase(tx Tx, r erasure.Record) error {
	if r.Scope.Case == 0 {
		return nil
	}
	c, err := caseOfRun(tx, r)
	if err != nil {
		return err
	}
	c.Events = append(slices.Clone(c.Events), cases.Event{At: a.now(), By: greffier, Key: "case.run_" + r.State.String(), Arg: fmt.Sprint(r.Erased)})
	if r.State == erasure.Complete || r.State == erasure.Partial {
		c = ran(c, r, a.now())
	}
	if r.State == erasure.Complete {
		if c.State < cases.InProgress {
			c.State = cases.InProgress
		}
		c.Asked = slices.Clone(c.Asked)
		for i := range c.Asked {
			if c.Asked[i].Right != request.Erasure || c.Asked[i].Outcome != cases.Undecided {
				continue
			}
			if staysUnsaid(r) {
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

// caseOfRun returns the case of a run, or the one that it was joined with since.
func caseOfRun(tx Tx, r erasure.Record) (cases.Case, error) {
	c, err := tx.Case(cases.ID(r.Scope.Case))
	if err != nil {
		return c, err
	}
	return goesOn(tx, c)
}

// ran notes in a case what a run did for each right of which an erasure is the
// answer.
func ran(c cases.Case, r erasure.Record, at time.Time) cases.Case {
	for _, x := range c.Asked {
		if x.Outcome != cases.Denied && slices.Contains(cases.PathOf(x.Right).Work, cases.WorkRun) {
			c = cases.Done(c, cases.Work{Right: x.Right, Kind: cases.WorkRun, Ref: runRecord(r.ID), At: at, By: greffier, Count: r.Erased})
		}
	}
	return c
}

// staysUnsaid tells whether something of the orders of a run stays that the
// words for what the law obliges to keep do not cover.
func staysUnsaid(r erasure.Record) bool {
	real := func(storage, key string) bool { return storage != "" && key != "" }
	if slices.ContainsFunc(r.Keep, func(k plan.Kept) bool { return real(k.Storage, k.Key) }) {
		return true
	}
	return slices.ContainsFunc(r.Restrict, func(h plan.Held) bool { return real(h.Storage, h.Key) && h.Holds != plan.Invoice })
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
		if h, back, err := handedBackOf(tx, r.ID); err == nil && back {
			v.Waits, v.WaitsUntil, v.Record.RetryAt = true, h.Until, time.Time{}
		}
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
