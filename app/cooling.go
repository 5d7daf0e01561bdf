package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/guard"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/plan"
)

const (
	kindCooling    = "cooling"
	settingCooling = "cooling.hours"
	// coolingHours is how long the erasure of a case waits where the owner has
	// not said otherwise. Retention does not wait: its period is over.
	coolingHours = 24
	// maxCoolingHours keeps the wait well within the month of GDPR Art. 12(3).
	maxCoolingHours = 7 * 24
)

var (
	// ErrCooling says that there is no such waiting erasure (any more).
	ErrCooling = errors.New("no such erasure is waiting")
	// ErrCoolingHours says that a cooling-off period is out of bounds.
	ErrCoolingHours = errors.New("the cooling-off period is out of bounds")
)

// cooling is a waiting erasure as the store keeps it. It holds no plan: the
// plan is made again when the time is over and must have the same hash.
type cooling struct {
	Scope       plan.Scope `json:"scope"`
	Only        [][]byte   `json:"only,omitempty"` // of Scope: keys need not be UTF-8
	Hash        string     `json:"hash"`
	BySight     bool       `json:"by_sight,omitempty"`
	ConfirmedAt time.Time  `json:"confirmed_at"`
	RunsAt      time.Time  `json:"runs_at"`
	Objects     int        `json:"objects"`
	SizeBytes   int64      `json:"size_bytes"`
	Stale       bool       `json:"stale,omitempty"`
	Lang        string     `json:"lang"`             // of the grounds, which the hash covers
	Mails       int        `json:"mails,omitempty"`  // that others had written in the case
	Tries       int        `json:"tries,omitempty"`  // in vain, since its time has come
	NextAt      time.Time  `json:"next_at,omitzero"` // not tried again before
}

// coolingID names what waits: a case, or orders with what is erased of them, so
// that what waits for one part of them does not take the place of another.
func coolingID(s plan.Scope) string {
	id := scopeRecord(s)
	if s.Case == 0 && s.Person {
		id += " person"
	}
	if len(s.Only) > 0 {
		h := sha256.New()
		for _, k := range s.Only {
			fmt.Fprintf(h, "%d:%s", len(k), k)
		}
		id += " part " + hex.EncodeToString(h.Sum(nil)[:8])
	}
	return id
}

// waitsInVain are the waits before an erasure whose time has come, and that
// could not be run, is tried again; the last one stands for all that follow.
var waitsInVain = []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}

func (c cooling) scope() plan.Scope {
	s := c.Scope
	s.Only = nil
	for _, k := range c.Only {
		s.Only = append(s.Only, string(k))
	}
	return s
}

// CoolingHours returns how long the erasure of a case waits after it was
// confirmed, 0 for not at all.
func (a *App) CoolingHours() int {
	hours := coolingHours
	// A store that cannot be read leaves the cautious default.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error {
		hours = numberSetting(tx, settingCooling, 0, maxCoolingHours, coolingHours)
		return nil
	})
	return hours
}

// numberSetting returns a setting that is a number within bounds, and the
// standard for one that was never set or cannot be read.
func numberSetting(tx Tx, key string, least, most, standard int) int {
	v, ok, err := tx.Setting(key)
	if n, aerr := strconv.Atoi(v); err == nil && ok && aerr == nil && n >= least && n <= most {
		return n
	}
	return standard
}

// SetCoolingHours changes how long the erasure of a case waits, from 0 to 168
// hours; ErrCoolingHours for anything else.
func (a *App) SetCoolingHours(ctx context.Context, hours int) error {
	if hours < 0 || hours > maxCoolingHours {
		return ErrCoolingHours
	}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(settingCooling, strconv.Itoa(hours)); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "cooling-off", map[string]int{"hours": hours})
	})
}

// Schedule confirms a plan by the hash that the owner saw, and lets it run
// when the cooling-off period is over. Identity must allow it, as for Erase. A
// plan of the same scope that was waiting is replaced.
func (a *App) Schedule(ctx context.Context, p plan.Plan, hash string) (Cooling, error) {
	return a.ScheduleWith(ctx, p, hash, EraseOptions{})
}

// ScheduleWith is Schedule with what a command adds.
func (a *App) ScheduleWith(ctx context.Context, p plan.Plan, hash string, opt EraseOptions) (Cooling, error) {
	if err := a.settleIdentity(ctx, p.Scope, opt); err != nil {
		return Cooling{}, err
	}
	if _, err := plan.Confirm(p, hash, owner, a.now()); err != nil {
		return Cooling{}, err
	}
	c := cooling{Scope: p.Scope, Hash: p.Hash, BySight: opt.BySight, ConfirmedAt: a.now(), RunsAt: a.now().Add(time.Duration(a.CoolingHours()) * time.Hour), Lang: a.Info().Lang}
	for _, k := range p.Scope.Only {
		c.Only = append(c.Only, []byte(k))
	}
	c.Scope.Only = nil
	c.Objects, c.SizeBytes = p.Sizes()
	id := coolingID(p.Scope)
	var out Cooling
	err := a.update(ctx, func(tx Tx) error {
		if was, err := coolingOf(tx, id); err == nil && was.Hash != c.Hash {
			if err := a.journal(tx, owner, evidence.ActErasureCancelled, id, map[string]string{"why": "replaced"}); err != nil {
				return err
			}
		} else if err != nil && !errors.Is(err, ErrCooling) {
			return err
		}
		var err error
		if c.Mails, err = a.mailsOfOthers(tx, p.Scope); err != nil {
			return err
		}
		if err := putCooling(tx, id, c, a.now()); err != nil {
			return err
		}
		if err := a.journal(tx, owner, evidence.ActPlanConfirmed, id,
			map[string]any{"plan": p.Hash, "erase": len(p.Erase), "restrict": len(p.Restrict), "keep": len(p.Keep)}); err != nil {
			return err
		}
		out = a.coolingView(tx, id, c)
		return a.journal(tx, owner, evidence.ActErasureScheduled, id, map[string]string{"plan": p.Hash, "at": c.RunsAt.Format(time.RFC3339)})
	})
	return out, err
}

func putCooling(tx Tx, id string, c cooling, at time.Time) error {
	return putRecord(tx, kindCooling, id, c, at)
}

// late tells whether an erasure should have run by now and could not.
func (c cooling) late(now time.Time) bool {
	return !c.Stale && (c.Tries > 0 || !now.Before(c.RunsAt.Add(waitsInVain[1])))
}

func (a *App) coolingView(tx Tx, id string, c cooling) Cooling {
	at := c.RunsAt
	if c.NextAt.After(at) {
		at = c.NextAt
	}
	return Cooling{ID: id, TryAt: at, Scope: c.scope(), Orders: numbers(tx, c.Scope.Orders), Hash: c.Hash, ConfirmedAt: c.ConfirmedAt, RunsAt: c.RunsAt,
		Objects: c.Objects, SizeBytes: c.SizeBytes, Stale: c.Stale, Late: c.late(a.now())}
}

// waiting returns the erasures that wait, by their id.
func waiting(tx Tx) (ids []string, cs []cooling, err error) {
	rs, err := tx.Records(kindCooling)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rs {
		var c cooling
		if err := json.Unmarshal(r.JSON, &c); err != nil {
			return nil, nil, fmt.Errorf("read an erasure that waits: %w", err)
		}
		ids, cs = append(ids, r.ID), append(cs, c)
	}
	return ids, cs, nil
}

// Coolings returns the erasures that wait for their cooling-off to end.
func (a *App) Coolings(ctx context.Context) ([]Cooling, error) {
	var out []Cooling
	err := a.d.Store.View(ctx, func(tx Tx) error {
		ids, cs, err := waiting(tx)
		for i := range ids {
			out = append(out, a.coolingView(tx, ids[i], cs[i]))
		}
		return err
	})
	slices.SortStableFunc(out, func(x, y Cooling) int { return x.RunsAt.Compare(y.RunsAt) })
	return out, err
}

// CancelCooling takes back an erasure that waits. ErrCooling where it does not
// wait any more.
func (a *App) CancelCooling(ctx context.Context, id string) error {
	return a.update(ctx, func(tx Tx) error {
		if _, err := coolingOf(tx, id); err != nil {
			return err
		}
		if err := tx.DeleteRecord(kindCooling, id); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActErasureCancelled, id, nil)
	})
}

func coolingOf(tx Tx, id string) (cooling, error) {
	ids, cs, err := waiting(tx)
	if err != nil {
		return cooling{}, err
	}
	if i := slices.Index(ids, id); i >= 0 {
		return cs[i], nil
	}
	return cooling{}, ErrCooling
}

// RunCooling runs an erasure that waits, now: the owner waives what is left of
// its cooling-off. plan.ErrStale where what the plan saw has changed since it
// was confirmed; then nothing is touched, and it waits for a new plan.
func (a *App) RunCooling(ctx context.Context, id string, report Report) (RunView, error) {
	return a.runCooling(ctx, id, true, report)
}

func (a *App) runCooling(ctx context.Context, id string, byOwner bool, report Report) (RunView, error) {
	var c cooling
	why := ""
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if c, err = coolingOf(tx, id); err != nil || byOwner {
			return err
		}
		why, err = a.whyAsk(tx, c)
		return err
	}); err != nil {
		return RunView{}, err
	}
	if why != "" {
		return RunView{}, a.wentStale(ctx, id, c.Hash, why)
	}
	p, err := a.planScope(ctx, c.scope(), law.Date{}, c.Lang, report)
	if errors.Is(err, cases.ErrNotLawful) || errors.Is(err, cases.ErrNoOrder) || err == nil && p.Hash != c.Hash {
		// The case was closed or means other orders, or the storages hold
		// something else: what was confirmed is not what would happen.
		return RunView{}, a.wentStale(ctx, id, c.Hash, "stale")
	}
	if err != nil {
		return RunView{}, err
	}
	v, err := a.eraseWith(ctx, p, c.Hash, EraseOptions{BySight: c.BySight, Waived: byOwner && a.now().Before(c.RunsAt)}, waited{id: id, lang: c.Lang}, report)
	switch {
	case errors.Is(err, cases.ErrIdentityUnproven), errors.Is(err, cases.ErrConflict):
		return v, a.wentStale(ctx, id, c.Hash, "identity")
	case errors.Is(err, plan.ErrStale):
		return v, a.wentStale(ctx, id, c.Hash, "stale")
	}
	return v, err
}

// whyAsk tells why an erasure that waits is not run without the owner, "" where
// it is: somebody wrote in the case, perhaps to take it back, or the profile came
// from a backup, and what she has cancelled since would wait again.
func (a *App) whyAsk(tx Tx, c cooling) (string, error) {
	n, err := a.mailsOfOthers(tx, c.Scope)
	if err != nil || n != c.Mails {
		return "mail", err
	}
	es, err := tx.Journal(lastEntries)
	for _, e := range es {
		if e.Act == evidence.ActBackupRestored && !e.At.Before(c.ConfirmedAt) {
			return "restored", err
		}
	}
	return "", err
}

// lastEntries is how much of the journal is looked at for what has happened
// during a wait of a week at the most.
const lastEntries = 5000

// waited says which waiting erasure a run is, the zero value none.
type waited struct{ id, lang string }

// wentStale notes that what waits is not what would happen, unless it was taken
// back or replaced meanwhile. It returns plan.ErrStale.
func (a *App) wentStale(ctx context.Context, id, hash, why string) error {
	return errors.Join(plan.ErrStale, a.update(ctx, func(tx Tx) error {
		c, err := coolingOf(tx, id)
		if errors.Is(err, ErrCooling) || err == nil && (c.Hash != hash || c.Stale) {
			return nil
		}
		if err != nil {
			return err
		}
		return a.stale(tx, id, c, why)
	}))
}

func (a *App) stale(tx Tx, id string, c cooling, why string) error {
	c.Stale = true
	if err := putCooling(tx, id, c, a.now()); err != nil {
		return err
	}
	return a.journal(tx, greffier, evidence.ActErasureCancelled, id, map[string]string{"why": why})
}

// caseEnded makes stale what waits of a case that is open no more: whoever
// opens it again decides again.
func (a *App) caseEnded(tx Tx, c cases.Case) error {
	if c.State.Open() {
		return nil
	}
	ids, cs, err := waiting(tx)
	for i, w := range cs {
		if err == nil && w.Scope.Case == int64(c.ID) && !w.Stale {
			err = a.stale(tx, ids[i], w, "case "+c.State.String())
		}
	}
	return err
}

// mailsOfOthers counts what others than the owner have written in the case of a
// scope.
func (a *App) mailsOfOthers(tx Tx, s plan.Scope) (int, error) {
	if s.Case == 0 {
		return 0, nil
	}
	js, err := tx.CaseMessages(s.Case)
	if err != nil {
		return 0, err
	}
	own, n := mailbox.NormEmail(a.controller(tx).Email), 0
	for _, j := range js {
		if !ownWords(j.Message, own) {
			n++
		}
	}
	return n, nil
}

// endCooling forgets that an erasure waits, in the transaction that begins a
// run: the one that is it, or what the run of the whole scope covers. What waits
// for more than the run erases stays, and is looked at again in its time. id is
// what is run, "" for a run that did not wait: ErrCooling where it was taken
// back or replaced while the storages were looked at.
func endCooling(tx Tx, s plan.Scope, hash, id string) error {
	ids, cs, err := waiting(tx)
	if err != nil {
		return err
	}
	if i := slices.Index(ids, id); id != "" && (i < 0 || cs[i].Hash != hash) {
		return ErrCooling
	}
	for i, c := range cs {
		whole := len(s.Only) == 0 && scopeRecord(c.Scope) == scopeRecord(s) && (s.Person || !c.Scope.Person)
		if ids[i] == coolingID(s) && c.Hash == hash || whole {
			if err := tx.DeleteRecord(kindCooling, ids[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Tick does what has become due by itself: erasures whose cooling-off is over,
// what is left of partial runs, and later looks at what was erased. The window
// calls it once a minute, the sync command once. What cannot be done now is
// tried at a later call; the errors of all are joined.
func (a *App) Tick(ctx context.Context) error {
	if !a.ticking.TryLock() {
		return nil // what has become due is being done
	}
	defer a.ticking.Unlock()
	a.calendarTick()
	var failed []error
	for _, due := range []func(context.Context) error{a.settleLocks, a.settleAmendments, a.settleForgotten, func(ctx context.Context) error { return a.runDue(ctx, nil) },
		func(ctx context.Context) error { return a.retryDue(ctx, nil) }, a.lookAgain, a.copiesDue, a.drillDue, a.siteDue, a.boardDue, a.stampDue} {
		failed = append(failed, guard.Run(func() error { return due(ctx) }))
	}
	return errors.Join(failed...)
}

// runDue runs the erasures whose cooling-off is over.
func (a *App) runDue(ctx context.Context, report Report) error {
	if !a.erasing.TryLock() {
		return nil // another erasure is under way: at the next call
	}
	a.erasing.Unlock()
	if err := a.noneOpen(ctx); err != nil {
		if errors.Is(err, erasure.ErrRunning) {
			return nil // the one that was cut off comes first, and the first page says so
		}
		return err
	}
	var ids []string
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		all, cs, err := waiting(tx)
		for i, c := range cs {
			if !c.Stale && !a.now().Before(c.RunsAt) && !a.now().Before(c.NextAt) {
				ids = append(ids, all[i])
			}
		}
		return err
	}); err != nil {
		return err
	}
	var failed error
	for _, id := range ids {
		_, err := a.runCooling(ctx, id, false, report)
		if err == nil || errors.Is(err, ErrCooling) || errors.Is(err, erasure.ErrRunning) {
			continue // done, taken back, or for the next call
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(failed, err)
		}
		// It could not be run: later again, and less and less often. The first
		// page tells of it meanwhile.
		if err := a.inVain(ctx, id); err != nil {
			failed = errors.Join(failed, err)
		}
		if errors.Is(err, plan.ErrStale) {
			continue // told by the record itself
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (a *App) inVain(ctx context.Context, id string) error {
	return a.update(ctx, func(tx Tx) error {
		c, err := coolingOf(tx, id)
		if errors.Is(err, ErrCooling) || c.Stale {
			return nil
		}
		if err != nil {
			return err
		}
		c.NextAt = a.now().Add(waitsInVain[min(c.Tries, len(waitsInVain)-1)])
		c.Tries++
		return putCooling(tx, id, c, a.now())
	})
}
