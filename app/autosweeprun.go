package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/retention"
)

// triesInVain are the waits before a sweep that could not do all is made again;
// after the last one it waits for the night.
var triesInVain = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour}

// AutoSweep is one sweep: it reads shop and mailbox, purges what is over of
// Greffier's own data, and carries out what the rules make due, each rule as the
// owner said: by itself within her bounds, or with a plan that waits for her
// yes. What cannot be reached is left and told, and tried again. ErrBusy while
// another sweep is under way. The record is returned with an error that ended it.
func (a *App) AutoSweep(ctx context.Context, trigger string, report Report) (SweepRecord, error) {
	if !a.sweeping.TryLock() {
		return SweepRecord{}, ErrBusy
	}
	defer a.sweeping.Unlock()
	defer a.changed()
	rec, err := a.beginSweep(ctx, trigger)
	if err != nil {
		return rec, err
	}
	serr := a.doSweep(ctx, &rec, report)
	if rec.Clock == nil && ctx.Err() == nil {
		serr = errors.Join(serr, a.printRuns(ctx, &rec))
	}
	if rec.Unprinted > 0 && (rec.State == SweepDone || rec.State == SweepWaits) {
		rec.State = SweepPartial
	}
	if serr != nil {
		rec.State, rec.Failed = SweepFailed, plainError(serr)
	}
	// A sweep that was cancelled is written all the same: as one that failed.
	return rec, errors.Join(serr, a.endSweep(context.WithoutCancel(ctx), &rec))
}

// plainError is what may be kept of an error: the text of what it matches, and
// nothing that names a file, an object or a person.
func plainError(err error) string {
	for _, s := range []error{erasure.ErrOffline, erasure.ErrDenied, erasure.ErrNotThere, erasure.ErrRunning, erasure.ErrLocked, plan.ErrStale,
		ErrNoStorage, ErrPart, ErrBusy, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, s) {
			return s.Error()
		}
	}
	return ErrPart.Error()
}

func (a *App) beginSweep(ctx context.Context, trigger string) (SweepRecord, error) {
	rec := SweepRecord{Trigger: trigger, At: a.now(), State: SweepRunning}
	err := a.d.Store.Update(ctx, func(tx Tx) error {
		all, err := sweepRecords(tx)
		if err != nil {
			return err
		}
		n := 0
		for i, s := range all {
			n = max(n, numberOf(s.ID))
			if s.State == SweepRunning {
				s.State, s.EndedAt = SweepCut, a.now()
				if err := putRecord(tx, kindSweeps, s.ID, s, a.now()); err != nil {
					return err
				}
			}
			if i >= keptSweeps {
				if err := tx.DeleteRecord(kindSweeps, s.ID); err != nil {
					return err
				}
			}
		}
		rec.ID = fmt.Sprintf("S-%d", n+1)
		if rec.Clock, err = a.jump(tx); err != nil {
			return err
		}
		return putRecord(tx, kindSweeps, rec.ID, rec, a.now())
	})
	return rec, err
}

func (a *App) jump(tx Tx) (*ClockJump, error) {
	st, err := settingOf(tx, settingSwept, sweepState{})
	if err != nil {
		return nil, err
	}
	return a.clockJump(tx, st)
}

func (a *App) doSweep(ctx context.Context, rec *SweepRecord, report Report) error {
	if rec.Clock != nil {
		// What is due is a question of time: while nobody knows it, nothing goes.
		rec.State = SweepStopped
		return nil
	}
	if err := a.takeUp(ctx, report); err != nil {
		return err
	}
	stale, err := a.readFirst(ctx, rec, report)
	if err != nil {
		return err
	}
	if rec.Clock != nil {
		// The servers that were just asked say another day.
		rec.State = SweepStopped
		return nil
	}
	own, err := a.purgeOwn(ctx, greffier, "")
	rec.Own = own
	if err != nil {
		return err
	}
	b, away, err := a.reachable(ctx)
	rec.Away = append(rec.Away, away...)
	if err != nil {
		if errors.Is(err, ErrNoStorage) {
			err = nil // a profile that keeps registers and cases only
		}
		rec.State = stateOf(*rec)
		return err
	}
	return a.sweepRulesNow(ctx, rec, b, away, stale, report)
}

// takeUp resumes the run of a rule that was cut off. One of the owner's waits for
// her, and everything else with it: erasure.ErrRunning.
func (a *App) takeUp(ctx context.Context, report Report) error {
	var open []erasure.Record
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { open, err = tx.OpenRuns(); return err }); err != nil {
		return err
	}
	if len(open) == 0 {
		return nil
	}
	if !byRule(open[0]) {
		return erasure.ErrRunning
	}
	_, err := a.resume(ctx, greffier, func(r erasure.Record) bool { return r.State == erasure.Running && byRule(r) }, report)
	if err != nil {
		// What is away now is tried again with the next sweep.
		return err
	}
	return nil
}

func byRule(r erasure.Record) bool { return strings.HasPrefix(r.By, "rule ") }

// readFirst reads shop and mailbox before anything is erased: an order may have
// gone on, and a request have come that needs the photos. It tells whether one
// of them could not be read for so long that what is known may be old.
func (a *App) readFirst(ctx context.Context, rec *SweepRecord, report Report) (stale bool, err error) {
	r, err := a.Sync(ctx, true, true, report)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil && !errors.Is(err, ErrPart) && !errors.Is(err, ErrBusy) {
		return false, err
	}
	for _, f := range r.Failed {
		rec.Away = append(rec.Away, SweepAway{f.Kind, f.Name, plainError(f.Err)})
	}
	return stale, a.d.Store.Update(ctx, func(tx Tx) error {
		st, err := settingOf(tx, settingSwept, sweepState{})
		if err != nil {
			return err
		}
		// What could not be read now was last read when a sweep last settled, not
		// now: the program may not have run for days, or its clock be wrong.
		since := cmp.Or(st.ClockAt, a.now())
		if rec.Clock = a.aheadOf(st); rec.Clock != nil {
			return nil
		}
		if err := a.settleClock(tx, &st); err != nil {
			return err
		}
		failing := map[string]time.Time{}
		for _, s := range a.services() {
			if s.Kind != "shop" && s.Kind != "mailbox" {
				continue
			}
			seen, ok := a.seen(tx, s.Kind, s.Name)
			if ok && seen.Failed == "" {
				continue
			}
			k := s.Kind + " " + s.Name
			if failing[k] = since; !st.Failing[k].IsZero() {
				failing[k] = st.Failing[k]
			}
			stale = stale || a.now().Sub(failing[k]) >= staleAfter
		}
		st.Failing = failing
		return putSetting(tx, settingSwept, st)
	})
}

// reachable returns a façade over what can be reached now: a itself where
// everything can, one without the storages that are away otherwise. ErrNoStorage
// where nothing is left to look at.
func (a *App) reachable(ctx context.Context) (*App, []SweepAway, error) {
	if len(a.d.Storages) == 0 && len(a.d.Desks) == 0 {
		return a, nil, ErrNoStorage
	}
	var mu sync.Mutex
	var away []SweepAway
	failed := map[string]error{}
	var all sync.WaitGroup
	for name, s := range a.d.Storages {
		all.Go(func() {
			if _, err := s.Check(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[name] = err
			}
		})
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return a, nil, err
	}
	if len(failed) == 0 {
		return a, nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		away = append(away, SweepAway{"storage", name, plainError(failed[name])})
	}
	if err := a.d.Store.Update(ctx, func(tx Tx) error {
		for name, e := range failed {
			if err := a.putUse(tx, "storage", name, lastSeen{At: a.now(), Failed: e.Error()}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return a, away, err
	}
	d := a.d
	d.Storages = map[string]erasure.Storage{}
	for n, s := range a.d.Storages {
		if failed[n] == nil {
			d.Storages[n] = s
		}
	}
	d.Locators = slices.DeleteFunc(slices.Clone(a.locators()), func(l plan.Locator) bool { return failed[l.Storage] != nil })
	b := New(d)
	b.cal.off = true // a keeps the calendar
	if len(d.Storages) == 0 {
		// What the shops' records lead to cannot be told now.
		return b, away, ErrNoStorage
	}
	return b, away, nil
}

// tallied is a storage that counts what it lists.
type tallied struct {
	erasure.Storage
	n *int
}

// List implements plan.Lister.
func (c tallied) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	return c.Storage.List(ctx, prefix, func(o plan.Object) error { *c.n++; return yield(o) })
}

// duePlans makes the plans of all rules, with how many objects each storage
// listed for them.
func (a *App) duePlans(ctx context.Context) ([]plan.Plan, dueLook, error) {
	d := a.d
	look := dueLook{listed: map[string]int{}}
	counts := map[string]*int{}
	d.Storages = map[string]erasure.Storage{}
	for n, s := range a.d.Storages {
		counts[n] = new(int)
		d.Storages[n] = tallied{s, counts[n]}
	}
	d.Locators = a.locators()
	b := New(d)
	b.cal.off = true
	v, err := b.Retention(ctx, law.Date{})
	look.due, look.ahead = v.Due, v.Ahead
	for n, c := range counts {
		look.listed[n] = *c
	}
	if err != nil {
		return nil, look, err
	}
	return v.Plans, look, nil
}

// dueLook is what a look for due plans saw.
type dueLook struct {
	due    []DueRow
	ahead  []DueRow
	listed map[string]int // storage → objects
}

// planOfRule makes the plan of one rule as it is now, and tells what is due under
// it. ErrSweepRule where the rule has no plan.
func (a *App) planOfRule(ctx context.Context, rule string) (plan.Plan, []DueRow, error) {
	v, err := a.RetentionOf(ctx, law.Date{}, rule)
	if errors.Is(err, retention.ErrRule) || err == nil && len(v.Plans) == 0 {
		return plan.Plan{}, v.Due, ErrSweepRule
	}
	if err != nil {
		return plan.Plan{}, nil, err
	}
	return v.Plans[0], v.Due, nil
}

func (a *App) sweepRulesNow(ctx context.Context, rec *SweepRecord, b *App, away []SweepAway, stale bool, report Report) error {
	plans, look, err := b.duePlans(ctx)
	if err != nil {
		return err
	}
	if len(away) == 0 {
		if err := a.settleWithout(ctx, slices.Concat(look.due, look.ahead)); err != nil {
			return err
		}
	}
	var rules []register.Rule
	var said map[string]sweepRule
	var set SweepSettings
	var already int
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if rules, said, err = sweepRules(tx); err != nil {
			return err
		}
		if set, err = settingOf(tx, settingSweep, standardSweep); err != nil {
			return err
		}
		already, err = a.erasedToday(tx)
		return err
	}); err != nil {
		return err
	}
	ran := false
	for _, r := range rules {
		i := slices.IndexFunc(plans, func(p plan.Plan) bool { return p.Scope.Rule == r.ID })
		if i < 0 {
			// It has nothing to do, or no sweep carries it out.
			if err := a.dropAsk(ctx, r.ID); err != nil {
				return err
			}
			continue
		}
		p, due, mode := plans[i], look.due, modeOf(r, said[r.ID])
		if ran && mode != SweepOff {
			// What the rules before it erased is not there any more: neither a run
			// nor her yes may stand on a plan that still has it.
			if p, due, err = b.planOfRule(ctx, r.ID); errors.Is(err, ErrSweepRule) {
				if err = a.dropAsk(ctx, r.ID); err != nil {
					return err
				}
				continue
			}
			if err != nil {
				return err
			}
		}
		one := SweepOfRule{Rule: r.ID, State: SweepDone, Objects: goesUnder(r, p), Held: heldRows(due, r.ID)}
		ask := a.whyNot(p, one.Objects, look, set, already)
		if stale {
			ask.Why = append(ask.Why, WhyStale)
		}
		if said[r.ID].Yes != fingerprint(r) {
			ask.Why = append(ask.Why, WhyFirst)
		} else if mode == SweepAsks {
			ask.Why = append(ask.Why, WhyMode)
		}
		switch {
		case mode == SweepOff:
			one.State = SweepSkipped
		case one.Objects == 0:
			err = a.dropAsk(ctx, r.ID)
		case len(ask.Why) > 0:
			one.State, one.Hash, one.Why = SweepWaits, p.Hash, ask.Why
			if ask.stopped() {
				one.State = SweepStopped
			}
			err = a.askOwner(ctx, rec.ID, ask)
		default:
			err = a.runWhole(ctx, b, away, p, ask, rec.ID, set, look, &already, &one, report)
			ran = true
		}
		if err != nil {
			return err
		}
		rec.Rules = append(rec.Rules, one)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	rec.State = stateOf(*rec)
	return nil
}

// goesUnder counts what a plan would do under a rule: what it erases, or where
// nothing of it lies outside, the orders that Greffier itself would forget or
// move out of daily view. Of media nothing but objects counts.
func goesUnder(r register.Rule, p plan.Plan) int {
	if len(p.Erase) == 0 && r.ID != retention.Media {
		return len(p.Scope.Orders)
	}
	return len(p.Erase)
}

// stateOf is how a sweep stands, from its parts: the worst of them.
func stateOf(rec SweepRecord) string {
	state := SweepDone
	for _, r := range rec.Rules {
		switch r.State {
		case SweepStopped:
			return SweepStopped
		case SweepPartial, SweepFailed:
			state = SweepPartial
		case SweepWaits:
			if state == SweepDone {
				state = SweepWaits
			}
		}
	}
	for _, o := range rec.Own {
		if o.Asks > 0 && state == SweepDone {
			state = SweepWaits
		}
	}
	if len(rec.Away) > 0 && state != SweepStopped {
		state = SweepPartial
	}
	return state
}

// whyNot tells which bounds a plan would pass.
func (a *App) whyNot(p plan.Plan, count int, look dueLook, set SweepSettings, already int) SweepAsk {
	k := SweepAsk{Rule: p.Scope.Rule, Hash: p.Hash, Objects: count, Orders: len(p.Scope.Orders), At: a.now()}
	goes := map[string]int{}
	for _, f := range p.Erase {
		goes[f.Storage]++
		if f.Kind != plan.Field {
			k.SizeBytes += f.SizeBytes
		}
	}
	if count+already > set.MaxObjects {
		k.Why, k.Bound = append(k.Why, WhyObjects), set.MaxObjects
	}
	for _, name := range slices.Sorted(maps.Keys(goes)) {
		n, of := goes[name], look.listed[name]
		if of == 0 || n <= shareFloor || n*100 <= of*set.MaxPercent {
			continue
		}
		if k.Storage == "" {
			k.Why, k.Storage, k.Percent = append(k.Why, WhyShare), name, (n*100+of-1)/of
			if k.Bound == 0 {
				k.Bound = set.MaxPercent
			}
		}
	}
	return k
}

// erasedToday counts what rules erased by themselves within the last day: many
// small sweeps are one large one.
func (a *App) erasedToday(tx Tx) (n int, err error) {
	rs, err := tx.Runs()
	for _, r := range rs {
		if byRule(r) && a.now().Sub(r.StartedAt) < 24*time.Hour {
			n += r.Erased
		}
	}
	return n, err
}

func heldRows(due []DueRow, rule string) []SweepHeld {
	var out []SweepHeld
	for _, d := range due {
		if d.Rule != rule || d.Held == "" {
			continue
		}
		why := heldKind(d.Held)
		i := slices.IndexFunc(out, func(h SweepHeld) bool { return h.Why == why })
		if i < 0 {
			out, i = append(out, SweepHeld{Why: why}), len(out)
		}
		out[i].Rows++
		out[i].Objects += d.Objects
	}
	return out
}

// heldKind is what may be kept of why something waits: the owner's own words of
// a hold may name somebody.
func heldKind(held string) string {
	switch held {
	case ShopAway, retention.NoOrder, retention.NoStart, plan.UnseenMail, CameBack, NotDue:
		return held
	}
	if strings.HasPrefix(held, "case ") {
		return held
	}
	return "hold"
}

func (a *App) dropAsk(ctx context.Context, rule string) error {
	return a.d.Store.Update(ctx, func(tx Tx) error { return tx.DeleteRecord(kindSweepAsks, rule) })
}

// askOwner keeps a plan that waits. One that asks for the same is left as it is.
func (a *App) askOwner(ctx context.Context, sweep string, k SweepAsk) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		asks, err := records[SweepAsk](tx, kindSweepAsks)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(asks, func(x SweepAsk) bool { return x.Rule == k.Rule })
		if i >= 0 && asks[i].Hash == k.Hash && slices.Equal(asks[i].Why, k.Why) {
			return nil
		}
		if err := putRecord(tx, kindSweepAsks, k.Rule, k, a.now()); err != nil {
			return err
		}
		if !k.stopped() {
			return nil
		}
		return a.journal(tx, "rule "+k.Rule, evidence.ActSweepStopped, "sweep "+sweep,
			map[string]any{"plan": k.Hash, "objects": k.Objects, "why": k.Why, "bound": k.Bound})
	})
}

// runWhole runs the plans of a rule one after the other, as long as one could not
// take all that is due: each within the bounds, of which the erased so far are a
// part. What a bound stops waits for the owner, like a first plan.
func (a *App) runWhole(ctx context.Context, b *App, away []SweepAway, p plan.Plan, ask SweepAsk, sweep string, set SweepSettings, look dueLook, already *int, one *SweepOfRule, report Report) error {
	for {
		before := one.Erased
		a.runRule(ctx, b, away, p, one, report)
		*already += one.Erased - before
		if one.State != SweepDone || ctx.Err() != nil || len(p.Scope.Orders) < maxRuleOrders || p.Scope.Rule == retention.Media {
			return nil
		}
		last := p.Hash
		var err error
		if p, _, err = b.planOfRule(ctx, ask.Rule); errors.Is(err, ErrSweepRule) {
			return nil
		}
		if err != nil {
			return err
		}
		n := len(p.Scope.Orders)
		if len(p.Erase) > 0 {
			n = len(p.Erase)
		}
		if n == 0 || p.Hash == last {
			return nil
		}
		one.Objects += n
		if ask = a.whyNot(p, n, look, set, *already); len(ask.Why) > 0 {
			one.State, one.Hash, one.Why = SweepStopped, p.Hash, ask.Why
			return a.askOwner(ctx, sweep, ask)
		}
	}
}

func (a *App) runRule(ctx context.Context, b *App, away []SweepAway, p plan.Plan, one *SweepOfRule, report Report) {
	v, err := a.eraseReachable(ctx, b, away, p, "rule "+p.Scope.Rule, report)
	one.Run, one.Erased, one.Left = v.Record.ID, one.Erased+v.Record.Erased, one.Left+v.Record.Left
	if err != nil {
		one.State, one.Failed = SweepPartial, plainError(err)
	} else if v.Waits {
		// Nothing is to be tried again: the rule takes it up when it is free.
		one.Held = append(one.Held, a.heldOfRun(ctx, v.Record.ID)...)
	} else if v.Record.State != erasure.Complete {
		one.State = SweepPartial
	}
}

// heldOfRun tells what a run left to its rule.
func (a *App) heldOfRun(ctx context.Context, run int64) (out []SweepHeld) {
	// Without it the sweep is still the sweep that it was.
	_ = a.d.Store.View(ctx, func(tx Tx) error {
		h, back, err := handedBackOf(tx, run)
		if back {
			out = append(out, SweepHeld{Why: h.Why, Rows: h.Orders, Objects: h.Objects, Until: h.Until})
		}
		return err
	})
	return out
}

// settingWithout lists the runs that did without a storage, until what they left
// of what Greffier itself remembers is settled.
const settingWithout = "runs.without"

// eraseReachable runs a plan over what can be reached. Where a storage is away,
// nothing of the orders is forgotten yet: what lies there must still be found.
func (a *App) eraseReachable(ctx context.Context, b *App, away []SweepAway, p plan.Plan, by string, report Report) (RunView, error) {
	if len(away) == 0 {
		return a.EraseWith(ctx, p, p.Hash, EraseOptions{By: by}, report)
	}
	if !a.erasing.TryLock() {
		return RunView{}, erasure.ErrRunning
	}
	defer a.erasing.Unlock()
	defer a.changed()
	for _, x := range away {
		b.without = append(b.without, x.Name)
	}
	return b.EraseWith(ctx, p, p.Hash, EraseOptions{By: by}, report)
}

// beganWithout notes, in the transaction that begins a run, that storages are
// away: the note outlives a kill.
func (a *App) beganWithout(tx Tx, run int64) error {
	if len(a.without) == 0 {
		return nil
	}
	return listRun(tx, settingWithout, run)
}

// ranWithout tells whether a run was made while a storage was away.
func ranWithout(tx Tx, run int64) (bool, error) {
	all, err := settingOf(tx, settingWithout, []int64{})
	return slices.Contains(all, run), err
}

// settleWithout forgets, once every storage could be looked at, what runs of the
// media rule without one of them left: of the orders that have nothing anywhere
// now, rows being what lies there, due or still counting. The others are due
// again, and the run that erases them forgets them. So are the persons of the
// other rules: one who is not due any more has come back.
func (a *App) settleWithout(ctx context.Context, rows []DueRow) error {
	there := map[int64]bool{}
	for _, d := range rows {
		there[d.Order] = there[d.Order] || d.Objects > 0 || d.Rule == retention.Media
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		all, err := settingOf(tx, settingWithout, []int64{})
		if err != nil || len(all) == 0 {
			return err
		}
		var left []int64
		for _, id := range all {
			r, err := tx.Run(id)
			if err != nil {
				return err
			}
			_, back, err := handedBackOf(tx, id)
			if err != nil {
				return err
			}
			if r.State != erasure.Complete && !back {
				left = append(left, id)
				continue
			}
			if r.Scope.Rule != retention.Media {
				continue
			}
			r.Scope.Orders = slices.DeleteFunc(slices.Clone(r.Scope.Orders), func(o int64) bool { return there[o] })
			if err := putSetting(tx, settingWithout, slices.DeleteFunc(slices.Clone(all), func(x int64) bool { return x == id })); err != nil {
				return err
			}
			if len(r.Scope.Orders) > 0 {
				if err := a.forget(tx, r); err != nil {
					return err
				}
			}
		}
		return putSetting(tx, settingWithout, left)
	})
}

// endSweep writes how a sweep ended, and when the next one is due.
func (a *App) endSweep(ctx context.Context, rec *SweepRecord) error {
	return a.update(ctx, func(tx Tx) error {
		st, err := settingOf(tx, settingSwept, sweepState{})
		if err != nil {
			return err
		}
		rec.EndedAt = a.now()
		st.At, st.NextAt = rec.EndedAt, time.Time{}
		if rec.State == SweepPartial || rec.State == SweepFailed {
			if st.Tries < len(triesInVain) {
				st.NextAt = rec.EndedAt.Add(triesInVain[st.Tries])
			}
			st.Tries++
		} else {
			st.Tries = 0
		}
		rec.NextAt = st.NextAt
		if err := putRecord(tx, kindSweeps, rec.ID, *rec, a.now()); err != nil {
			return err
		}
		detail := map[string]any{"state": rec.State, "erased": rec.Erased(), "away": len(rec.Away), "trigger": rec.Trigger}
		purged := 0
		for _, o := range rec.Own {
			purged += o.Purged
		}
		detail["own"] = purged
		act := evidence.ActSweepRan
		if rec.Clock != nil {
			act, detail["why"] = evidence.ActSweepStopped, "clock "+rec.Clock.Kind
		}
		if err := a.journal(tx, greffier, act, "sweep "+rec.ID, detail); err != nil {
			return err
		}
		if rec.Clock == nil {
			if err := a.settleClock(tx, &st); err != nil {
				return err
			}
		}
		return putSetting(tx, settingSwept, st)
	})
}
