package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
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
}

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
	// A setting that cannot be read leaves the cautious default.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error {
		v, ok, err := tx.Setting(settingCooling)
		if n, aerr := strconv.Atoi(v); err == nil && ok && aerr == nil && n >= 0 && n <= maxCoolingHours {
			hours = n
		}
		return err
	})
	return hours
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
// plan of the same case that was waiting is replaced.
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
	c := cooling{Scope: p.Scope, Hash: p.Hash, BySight: opt.BySight, ConfirmedAt: a.now(), RunsAt: a.now().Add(time.Duration(a.CoolingHours()) * time.Hour)}
	for _, k := range p.Scope.Only {
		c.Only = append(c.Only, []byte(k))
	}
	c.Scope.Only = nil
	c.Objects, c.SizeBytes = p.Sizes()
	id := scopeRecord(p.Scope)
	var out Cooling
	err := a.update(ctx, func(tx Tx) error {
		if err := putCooling(tx, id, c, a.now()); err != nil {
			return err
		}
		if err := a.journal(tx, owner, evidence.ActPlanConfirmed, id,
			map[string]any{"plan": p.Hash, "erase": len(p.Erase), "restrict": len(p.Restrict), "keep": len(p.Keep)}); err != nil {
			return err
		}
		out = coolingView(tx, id, c)
		return a.journal(tx, owner, evidence.ActErasureScheduled, id, map[string]string{"plan": p.Hash, "at": c.RunsAt.Format(time.RFC3339)})
	})
	return out, err
}

func putCooling(tx Tx, id string, c cooling, at time.Time) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.PutRecord(kindCooling, id, b, at)
}

func coolingView(tx Tx, id string, c cooling) Cooling {
	return Cooling{ID: id, Scope: c.scope(), Orders: numbers(tx, c.Scope.Orders), Hash: c.Hash, ConfirmedAt: c.ConfirmedAt, RunsAt: c.RunsAt,
		Objects: c.Objects, SizeBytes: c.SizeBytes, Stale: c.Stale}
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
			out = append(out, coolingView(tx, ids[i], cs[i]))
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

func (a *App) runCooling(ctx context.Context, id string, waived bool, report Report) (RunView, error) {
	var c cooling
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { c, err = coolingOf(tx, id); return err }); err != nil {
		return RunView{}, err
	}
	p, err := a.planScope(ctx, c.scope(), law.Date{}, report)
	switch {
	case errors.Is(err, cases.ErrNotLawful), errors.Is(err, cases.ErrNoOrder), err == nil && p.Hash != c.Hash:
		// The case was closed or means other orders, or the storages hold
		// something else: what was confirmed is not what would happen.
		c.Stale = true
		return RunView{}, errors.Join(plan.ErrStale, a.update(ctx, func(tx Tx) error {
			if err := putCooling(tx, id, c, a.now()); err != nil {
				return err
			}
			return a.journal(tx, greffier, evidence.ActErasureCancelled, id, map[string]string{"why": "stale"})
		}))
	case err != nil:
		return RunView{}, err
	}
	return a.EraseWith(ctx, p, c.Hash, EraseOptions{BySight: c.BySight, Waived: waived && a.now().Before(c.RunsAt)}, report)
}

// endCooling forgets that an erasure waits, in the transaction that begins it.
func endCooling(tx Tx, s plan.Scope) error {
	id := scopeRecord(s)
	if _, err := coolingOf(tx, id); err != nil {
		if errors.Is(err, ErrCooling) {
			return nil
		}
		return err
	}
	return tx.DeleteRecord(kindCooling, id)
}

// Tick does what has become due by itself: erasures whose cooling-off is over,
// what is left of partial runs, and later looks at what was erased. The window
// calls it once a minute, the sync command once. What cannot be done now is
// tried at a later call; the errors of all are joined.
func (a *App) Tick(ctx context.Context) error {
	return errors.Join(a.runDue(ctx, nil), a.retryDue(ctx, nil), a.lookAgain(ctx))
}

// runDue runs the erasures whose cooling-off is over.
func (a *App) runDue(ctx context.Context, report Report) error {
	var ids []string
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		all, cs, err := waiting(tx)
		for i, c := range cs {
			if !c.Stale && !a.now().Before(c.RunsAt) {
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
		if errors.Is(err, plan.ErrStale) || errors.Is(err, erasure.ErrRunning) {
			err = nil // told by the record itself; another time
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
