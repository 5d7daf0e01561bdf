package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/retention"
)

const (
	kindSweeps     = "sweeps"      // records of sweeps, nothing personal
	kindSweepRules = "sweep rules" // what the owner said of each rule
	kindSweepAsks  = "sweep asks"  // plans that wait for her yes
	settingSweep   = "sweep.settings"
	settingSwept   = "sweep.state"
	// keptSweeps is how many sweeps stay on the list; the journal keeps all.
	keptSweeps = 90
)

var (
	// ErrSweepSettings says that an hour or a bound of the sweeps is out of range.
	ErrSweepSettings = errors.New("the settings of the sweeps are out of bounds")
	// ErrNoAsk says that no sweep waits for a yes to that plan.
	ErrNoAsk = errors.New("no sweep waits for this plan")
	// ErrSweepRule says that there is no such rule, or no such mode of it.
	ErrSweepRule = errors.New("there is no such rule to sweep by")
)

// The modes of a rule in a sweep. The zero value asks.
const (
	SweepAsks      = "ask"  // the plan is made, and waits for the owner
	SweepAutomatic = "auto" // carried out by itself within the bounds
	SweepOff       = "off"  // the sweep leaves the rule alone
)

// The states of a sweep, and of a rule in it.
const (
	SweepRunning = "running" // under way, or cut off while the program was killed
	SweepCut     = "cut off"
	SweepDone    = "done"    // nothing is left of what was due
	SweepPartial = "partial" // something could not be done, and is tried again
	SweepWaits   = "asks"    // a plan waits for the owner, as she wishes
	SweepStopped = "stopped" // a bound or the clock stopped it: nothing was erased
	SweepFailed  = "failed"
	SweepSkipped = "off"
)

// Why a plan waits for the owner.
const (
	WhyMode    = "mode"    // she wants to be asked each time
	WhyFirst   = "first"   // the rule, as it is now, was never run with her yes
	WhyObjects = "objects" // more than her bound
	WhyShare   = "share"   // more of one storage than her bound
	WhyStale   = "stale"   // shop or mailbox could not be read for days: what is known may be old
)

// The triggers of a sweep.
const (
	SweepNightly = "night"
	SweepAtStart = "start"
	SweepCommand = "command"
	SweepByHand  = "owner"
)

// SweepSettings are the owner's wishes for sweeps.
type SweepSettings struct {
	On         bool `json:"on"`          // by themselves while the program runs
	Hour       int  `json:"hour"`        // of the night, in the controller's zone, 0 to 23
	MaxObjects int  `json:"max_objects"` // erased by themselves within 24 hours
	MaxPercent int  `json:"max_percent"` // of the objects of one storage in one sweep
	Tray       bool `json:"tray"`        // closing the window keeps the program in the tray
}

// standardSweep is where the owner has said nothing: cautious.
var standardSweep = SweepSettings{On: true, Hour: 3, MaxObjects: 500, MaxPercent: 20}

const (
	maxSweepObjects = 100_000
	// shareFloor is how many objects may go whatever part of a storage they are:
	// in a small shop two orders are a fifth of everything.
	shareFloor = 20
	// staleAfter is how long shop or mailbox may fail before nothing is erased
	// by itself: an order may have gone on, or a request have come, unseen.
	staleAfter = 48 * time.Hour
)

// SweepAway is a service that a sweep could not reach.
type SweepAway struct {
	Kind   string `json:"kind"` // "storage", "shop", "mailbox"
	Name   string `json:"name"`
	Reason string `json:"reason"` // in English, for Explain
}

// SweepHeld is what waits under a rule, and why.
type SweepHeld struct {
	Why     string `json:"why"`
	Rows    int    `json:"rows"`
	Objects int    `json:"objects"`
	// Until is the first day after which some of it may go, zero where none is known.
	Until law.Date `json:"until,omitzero"`
}

// SweepOfRule is what a sweep did under one rule.
type SweepOfRule struct {
	Rule    string      `json:"rule"`
	State   string      `json:"state"`
	Objects int         `json:"objects"` // that were due and free to go
	Erased  int         `json:"erased"`
	Left    int         `json:"left"`
	Run     int64       `json:"run,omitempty"`
	Hash    string      `json:"plan,omitempty"` // that waits
	Why     []string    `json:"why,omitempty"`  // for her
	Held    []SweepHeld `json:"held,omitempty"`
	Failed  string      `json:"failed,omitempty"` // in English, for Explain
}

// SweepRecord is one sweep; nothing in it is personal.
type SweepRecord struct {
	ID      string        `json:"id"` // S-12
	Trigger string        `json:"trigger"`
	At      time.Time     `json:"at"`
	EndedAt time.Time     `json:"ended_at"`
	State   string        `json:"state"`
	Rules   []SweepOfRule `json:"rules"`
	Own     []OwnResult   `json:"own"`
	Away    []SweepAway   `json:"away"`
	Clock   *ClockJump    `json:"clock,omitempty"`
	Failed  string        `json:"failed,omitempty"`
	// Unprinted counts the certificates of runs that could not be printed.
	Unprinted int       `json:"unprinted,omitempty"`
	NextAt    time.Time `json:"next_at"` // when it is tried again, zero for the next night
}

// Erased counts what the sweep erased under the rules.
func (s SweepRecord) Erased() (n int) {
	for _, r := range s.Rules {
		n += r.Erased
	}
	return n
}

// SweepAsk is a plan that waits for the owner's yes; hers for exactly its hash.
type SweepAsk struct {
	Rule      string    `json:"rule"`
	Hash      string    `json:"hash"`
	Objects   int       `json:"objects"`
	SizeBytes int64     `json:"size_bytes"`
	Orders    int       `json:"orders"`
	Why       []string  `json:"why"`
	Bound     int       `json:"bound,omitempty"`   // the one that was passed: objects, or percent
	Storage   string    `json:"storage,omitempty"` // whose share is too large
	Percent   int       `json:"percent,omitempty"`
	At        time.Time `json:"at"`
}

// stopped tells whether it waits for more than the owner's wish to be asked.
func (k SweepAsk) stopped() bool {
	return slices.ContainsFunc(k.Why, func(w string) bool { return w == WhyObjects || w == WhyShare || w == WhyStale })
}

// sweepRule is what the owner said of a rule. Yes is the rule as it was when it
// was last run with her yes.
type sweepRule struct {
	Rule  string    `json:"rule"`
	Off   bool      `json:"off,omitempty"`
	Yes   string    `json:"yes,omitempty"`
	YesAt time.Time `json:"yes_at,omitzero"`
}

// swept is what is remembered between sweeps; nothing personal.
type sweepState struct {
	At      time.Time            `json:"at"`       // of the last one, whatever came of it
	Seq     int64                `json:"seq"`      // of the journal, up to which the clock is settled
	ClockAt time.Time            `json:"clock_at"` // the last instant that is known to be right
	Tries   int                  `json:"tries"`    // in vain, since one ended whole
	NextAt  time.Time            `json:"next_at"`
	Ahead   time.Duration        `json:"ahead,omitempty"`   // of the servers, as the owner says rightly
	Failing map[string]time.Time `json:"failing,omitempty"` // service → since when it cannot be read
}

// SweepRuleView is a rule with its mode in sweeps.
type SweepRuleView struct {
	Rule   register.Rule
	Mode   string
	Tried  bool // the rule, as it is now, was run with the owner's yes
	YesAt  time.Time
	Asking *SweepAsk
}

// SweepStatus is all that the page of sweeps shows.
type SweepStatus struct {
	Settings SweepSettings
	Rules    []SweepRuleView
	Asks     []SweepAsk
	Last     []SweepRecord // newest first
	Clock    *ClockJump    // nil while the clock goes as it should
	NextAt   time.Time     // when the next one is due; zero where none is
	Own      []OwnRow
	Entry    ScheduleStatus
}

func settingOf[T any](tx Tx, key string, standard T) (T, error) {
	v, ok, err := tx.Setting(key)
	if err != nil || !ok {
		return standard, err
	}
	out := standard
	if unjson(v, &out) != nil {
		return standard, nil
	}
	return out, nil
}

// SweepSettings returns the owner's wishes for sweeps.
func (a *App) SweepSettings() SweepSettings {
	s := standardSweep
	// A store that cannot be read leaves the cautious standard.
	_ = a.d.Store.View(context.Background(), func(tx Tx) (err error) { s, err = settingOf(tx, settingSweep, standardSweep); return err })
	return s
}

// SetSweepSettings changes them; ErrSweepSettings for an hour or a bound out of
// range.
func (a *App) SetSweepSettings(ctx context.Context, s SweepSettings) error {
	if s.Hour < 0 || s.Hour > 23 || s.MaxObjects < 1 || s.MaxObjects > maxSweepObjects || s.MaxPercent < 1 || s.MaxPercent > 100 {
		return ErrSweepSettings
	}
	return a.update(ctx, func(tx Tx) error {
		if err := putSetting(tx, settingSweep, s); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "sweeps", s)
	})
}

// fingerprint is a rule as far as what it erases depends on it.
func fingerprint(r register.Rule) string {
	return strings.Join([]string{r.ID, r.Data, r.Starts, r.Period, r.Then}, "|")
}

func sweepRules(tx Tx) (rules []register.Rule, said map[string]sweepRule, err error) {
	if rules, err = records[register.Rule](tx, kindRules); err != nil {
		return nil, nil, err
	}
	all, err := records[sweepRule](tx, kindSweepRules)
	said = map[string]sweepRule{}
	for _, s := range all {
		said[s.Rule] = s
	}
	return rules, said, err
}

func modeOf(r register.Rule, s sweepRule) string {
	switch {
	case s.Off:
		return SweepOff
	case r.Automatic:
		return SweepAutomatic
	}
	return SweepAsks
}

// SetSweepMode says what sweeps do under a rule: SweepOff, SweepAsks or
// SweepAutomatic. A rule that was never run with her yes asks all the same.
func (a *App) SetSweepMode(ctx context.Context, rule, mode string) error {
	if mode != SweepOff && mode != SweepAsks && mode != SweepAutomatic {
		return ErrSweepRule
	}
	return a.update(ctx, func(tx Tx) error {
		rules, said, err := sweepRules(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rules, func(r register.Rule) bool { return r.ID == rule })
		if i < 0 {
			return ErrSweepRule
		}
		r, s := rules[i], said[rule]
		if modeOf(r, s) == mode {
			return nil
		}
		s.Rule, s.Off = rule, mode == SweepOff
		if err := putRecord(tx, kindSweepRules, rule, s, a.now()); err != nil {
			return err
		}
		if r.Automatic != (mode == SweepAutomatic) {
			r.Automatic = mode == SweepAutomatic
			if _, err := a.keepRecord(tx, kindRules, r.ID, &r, owner); err != nil {
				return err
			}
		}
		act := evidence.ActRuleDisabled
		if mode == SweepAutomatic {
			act = evidence.ActRuleEnabled
		}
		if mode == SweepOff {
			if err := tx.DeleteRecord(kindSweepAsks, rule); err != nil {
				return err
			}
		}
		return a.journal(tx, owner, act, "rule "+rule, map[string]string{"mode": mode})
	})
}

// confirmedByHand notes, in the transaction that begins a run of a rule, that
// the owner said yes to it: the rule as it is now may run by itself from then
// on, and nothing asks for it any more.
func (a *App) confirmedByHand(tx Tx, r erasure.Record) error {
	if r.By != owner || r.Scope.Rule == "" || r.State == erasure.Refused {
		return nil
	}
	rules, said, err := sweepRules(tx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rules, func(x register.Rule) bool { return x.ID == r.Scope.Rule })
	if i < 0 {
		return nil // objects without an order are of no rule
	}
	s := said[r.Scope.Rule]
	s.Rule, s.Yes, s.YesAt = r.Scope.Rule, fingerprint(rules[i]), a.now()
	if err := putRecord(tx, kindSweepRules, s.Rule, s, a.now()); err != nil {
		return err
	}
	return tx.DeleteRecord(kindSweepAsks, s.Rule)
}

// SweepStatus tells how sweeps stand: it looks at records only.
func (a *App) SweepStatus(ctx context.Context) (SweepStatus, error) {
	var out SweepStatus
	err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if out.Settings, err = settingOf(tx, settingSweep, standardSweep); err != nil {
			return err
		}
		st, err := settingOf(tx, settingSwept, sweepState{})
		if err != nil {
			return err
		}
		if out.Asks, err = records[SweepAsk](tx, kindSweepAsks); err != nil {
			return err
		}
		rules, said, err := sweepRules(tx)
		if err != nil {
			return err
		}
		for _, r := range rules {
			s := said[r.ID]
			v := SweepRuleView{Rule: r, Mode: modeOf(r, s), Tried: s.Yes == fingerprint(r), YesAt: s.YesAt}
			if i := slices.IndexFunc(out.Asks, func(k SweepAsk) bool { return k.Rule == r.ID }); i >= 0 {
				v.Asking = &out.Asks[i]
			}
			out.Rules = append(out.Rules, v)
		}
		if out.Last, err = sweepRecords(tx); err != nil {
			return err
		}
		if out.Clock, err = a.clockJump(tx, st); err != nil {
			return err
		}
		if out.Settings.On {
			out.NextAt = a.nextSweep(out.Settings, st)
		}
		out.Own, err = a.ownRows(tx)
		return err
	})
	if err == nil && a.d.Scheduler != nil {
		out.Entry, _ = a.d.Scheduler.Status(ctx, "")
	}
	return out, err
}

// sweepRecords returns the sweeps, newest first.
func sweepRecords(tx Tx) ([]SweepRecord, error) {
	all, err := records[SweepRecord](tx, kindSweeps)
	slices.SortFunc(all, func(x, y SweepRecord) int {
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(numberOf(y.ID), numberOf(x.ID)))
	})
	return all, err
}

func numberOf(id string) (n int) {
	_, _ = fmt.Sscanf(id, "S-%d", &n)
	return n
}

// nextSweep is when the next sweep is due: after one in vain when it is to be
// tried again, else at the hour of the night after the last one.
func (a *App) nextSweep(s SweepSettings, st sweepState) time.Time {
	if st.At.IsZero() {
		return a.now()
	}
	next := a.nightAfter(st.At, s.Hour)
	if !st.NextAt.IsZero() && st.NextAt.Before(next) {
		next = st.NextAt
	}
	return next
}

// nightAfter is the first time after an instant at which it is that hour in the
// controller's zone.
func (a *App) nightAfter(at time.Time, hour int) time.Time {
	d := law.DateOf(at, a.d.Zone)
	for {
		// An hour that a change of the clocks leaves out is the one after it.
		n := time.Date(d.Year, d.Month, d.Day, hour, 0, 0, 0, a.d.Zone)
		if n.After(at) {
			return n.UTC()
		}
		d = d.AddDays(1)
	}
}

// SweepDue tells whether a sweep is due by itself now, and what makes it so:
// SweepNightly, or SweepAtStart where the last one is older than a day.
func (a *App) SweepDue(ctx context.Context) (trigger string, due bool, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error {
		s, err := settingOf(tx, settingSweep, standardSweep)
		if err != nil || !s.On {
			return err
		}
		st, err := settingOf(tx, settingSwept, sweepState{})
		if err != nil {
			return err
		}
		// A clock that was put back must not make sweeps wait for the time that
		// it once showed.
		due = !a.now().Before(a.nextSweep(s, st)) || a.now().Before(st.At.Add(-time.Hour))
		trigger = SweepNightly
		if st.At.IsZero() || a.now().Sub(st.At) > 24*time.Hour {
			trigger = SweepAtStart
		}
		return nil
	})
	return trigger, due, err
}

// needOfSweeps tells of plans that a bound stopped, of a clock that jumped, and
// of sweeps that do not come to an end.
func (a *App) needOfSweeps(t *Today, tx Tx) error {
	asks, err := records[SweepAsk](tx, kindSweepAsks)
	if err != nil {
		return err
	}
	for _, k := range asks {
		if !k.stopped() {
			continue // what is due is told of anyhow
		}
		k := k
		t.Needs = slices.DeleteFunc(t.Needs, func(n Need) bool { return n.Kind == "retention" && k.Rule == retention.Media })
		t.Needs = append(t.Needs, Need{Kind: "sweep", Tone: ToneAtRisk, Count: k.Objects, Sweep: &SweepNeed{Why: k.Why[0], Ask: &k}})
	}
	s, err := settingOf(tx, settingSweep, standardSweep)
	if err != nil {
		return err
	}
	if !s.On {
		// No sweep asks by itself; Greffier's own data are due all the same.
		return a.needOfOwnDue(t, tx)
	}
	st, err := settingOf(tx, settingSwept, sweepState{})
	if err != nil || st.At.IsZero() {
		return err
	}
	jump, err := a.clockJump(tx, st)
	if err != nil {
		return err
	}
	if jump != nil {
		t.Needs = append(t.Needs, Need{Kind: "sweep", Tone: ToneAtRisk, Count: 1, Sweep: &SweepNeed{Why: "clock", Clock: jump}})
	} else if st.Tries >= triesToTell {
		t.Needs = append(t.Needs, Need{Kind: "sweep", Tone: ToneAtRisk, Count: st.Tries, Sweep: &SweepNeed{Why: "fails"}})
	}
	return a.needOfOwnData(t, tx)
}

// triesToTell is after how many sweeps in vain the owner is told.
const triesToTell = 3

// SweepNeed is what a need of a sweep is about: Why is one of the reasons of a
// SweepAsk, "clock", "fails" or "own".
type SweepNeed struct {
	Why   string
	Ask   *SweepAsk
	Clock *ClockJump
	Own   string // the own-data rule that asks
}

// SweepPlan makes the plan of a rule as a sweep would, without what lies in a
// storage that is away now, and tells what is away.
func (a *App) SweepPlan(ctx context.Context, rule string) (plan.Plan, []SweepAway, error) {
	b, away, err := a.reachable(ctx)
	if err != nil {
		return plan.Plan{}, away, err
	}
	p, _, err := b.planOfRule(ctx, rule)
	return p, away, err
}

// ConfirmSweep runs the plan of a rule to which the owner says yes by its hash:
// exactly what she saw, or nothing. It may be the plan that the sweep asked for
// (plan.ErrStale where it is another by now), or the one that SweepPlan shows now.
// ErrNoAsk where no sweep asks for that rule, or the hash is of neither.
func (a *App) ConfirmSweep(ctx context.Context, rule, hash string, report Report) (RunView, error) {
	var asks []SweepAsk
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { asks, err = records[SweepAsk](tx, kindSweepAsks); return err }); err != nil {
		return RunView{}, err
	}
	i := slices.IndexFunc(asks, func(x SweepAsk) bool { return x.Rule == rule })
	if i < 0 {
		return RunView{}, ErrNoAsk
	}
	b, away, err := a.reachable(ctx)
	if err != nil {
		return RunView{}, err
	}
	p, _, err := b.planOfRule(ctx, rule)
	switch {
	case err != nil:
		return RunView{}, err
	case p.Hash == hash:
		return a.eraseReachable(ctx, b, away, p, owner, report)
	case asks[i].Hash == hash:
		return RunView{}, plan.ErrStale
	}
	return RunView{}, ErrNoAsk
}
