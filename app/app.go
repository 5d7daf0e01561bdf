package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
)

var (
	// ErrUnknownService says that the profile has no such connection.
	ErrUnknownService = errors.New("the profile has no such service")
	// ErrNoMailbox says that the profile has no mailbox.
	ErrNoMailbox = errors.New("the profile has no mailbox")
	// ErrNoStorage says that the profile has no storage, or none with a locator.
	ErrNoStorage = errors.New("the profile says nothing of where the photos are")
	// ErrUnknownOrder says that no order has that number.
	ErrUnknownOrder = errors.New("no order has this number")
	// ErrAmbiguousOrder says that several shops have an order of that number.
	ErrAmbiguousOrder = errors.New("several shops have an order of this number")
	// ErrBusy says that long work of the same kind is under way.
	ErrBusy = errors.New("this work is already under way")
	// ErrRulePlan says that the plan of a rule is carried out whole.
	ErrRulePlan = errors.New("the plan of a rule is not narrowed")
	// ErrNothingChosen says that nothing was chosen to be erased.
	ErrNothingChosen = errors.New("nothing is chosen")
	// ErrNoLine says that the order has no such product line.
	ErrNoLine = errors.New("the order has no such product")
	// ErrNoRun says that a run has nothing left to try again.
	ErrNoRun = errors.New("nothing of this erasure is left to try again")
	// ErrPart says that some services could not be read; the rest went on.
	ErrPart = errors.New("not everything could be read")
)

// Report is told how far long work is; it may be nil.
type Report = func(done, total int, note string)

// App is the façade over one profile. It is safe for use by several
// goroutines.
type App struct {
	d Deps

	syncing  sync.Mutex // one sync at a time
	erasing  sync.Mutex // one erasure at a time
	copying  sync.Mutex // one copy for a person at a time
	ticking  sync.Mutex // one look at what has become due at a time
	sweeping sync.Mutex // one sweep at a time
	locking  sync.Mutex // the storages are brought to the restrictions by one at a time
	binding  sync.Mutex // one dossier at a time
	drilling sync.Mutex // one drill at a time
	mending  sync.Mutex // corrections are written to the shops by one at a time
	backing  sync.Mutex // one look after the backups at a time
	stamping sync.Mutex // one timestamp at a time

	mu            sync.Mutex
	listeners     []func()
	lookAfter     time.Time          // under ticking: not looked again before, where a look failed
	locs          []plan.Locator     // under mu: the owner may change them
	stopWatch     context.CancelFunc // under mu: ends the watch over a mailbox that was replaced
	watching      bool               // under mu: new mail is told at once
	stampFailed   error              // under mu: why the last timestamp failed, and when
	stampFailedAt time.Time

	cal     calendarKeeper
	archive archiveKeeper

	without []string // storages that a sweep does without: they are away
}

// New returns the façade over what it is given.
func New(d Deps) *App {
	if d.Zone == nil {
		d.Zone = law.Paris()
	}
	if d.Lang != "fr" {
		d.Lang = "en"
	}
	return &App{d: d, locs: d.Locators}
}

// locators returns where the photos are, as the owner last said.
func (a *App) locators() []plan.Locator {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.locs
}

// Today returns the date in the controller's zone.
func (a *App) today() law.Date {
	if a.d.Today != nil {
		return a.d.Today()
	}
	return law.DateOf(a.d.Now(), a.d.Zone)
}

func (a *App) now() time.Time { return a.d.Now().UTC() }

// OnChange registers a function that is called after something changed, on any
// goroutine.
func (a *App) OnChange(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listeners = append(a.listeners, f)
}

func (a *App) changed() {
	a.mu.Lock()
	fs := append([]func(){}, a.listeners...)
	a.mu.Unlock()
	for _, f := range fs {
		f()
	}
	a.calendarChanged()
}

// update is one transaction of the owner's, told to the window afterwards.
func (a *App) update(ctx context.Context, f func(Tx) error) error {
	if err := a.d.Store.Update(ctx, f); err != nil {
		return err
	}
	a.changed()
	return nil
}

// journal appends an entry. detail is made into compact JSON and holds nothing
// personal.
func (a *App) journal(tx Tx, actor, act, record string, detail any) error {
	b := []byte("{}")
	if detail != nil {
		var err error
		if b, err = json.Marshal(detail); err != nil {
			return err
		}
	}
	_, err := tx.Append(evidence.Entry{At: a.now(), Actor: actor, Act: act, Record: record, Detail: string(b)})
	return err
}

// The actors of the journal.
const (
	owner    = "owner"
	greffier = "greffier"
)

// Settings of the store.
const (
	settingLang  = "window.lang"
	settingTheme = "window.theme"
	settingOwner = "controller"
	settingSync  = "sync.at"
)

// Info returns what is known of the profile.
func (a *App) Info() ProfileInfo {
	info := ProfileInfo{Dir: a.d.Dir, OutDir: a.d.OutDir, Controller: a.d.Owner, Lang: a.d.Lang, Theme: "system", Demo: a.d.Demo, Locators: slices.Clone(a.locators()), KeyFrom: a.d.KeyFrom, Version: a.d.Version}
	// What cannot be read now keeps its default: the window must open.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error {
		if v, ok, err := tx.Setting(settingLang); err == nil && ok {
			info.Lang = v
		}
		if v, ok, err := tx.Setting(settingTheme); err == nil && ok {
			info.Theme = v
		}
		info.Controller = a.controller(tx)
		return nil
	})
	return info
}

// controller returns the controller as the owner last saved it. It is the
// trader's public identity (policy, Art. 1), which every register prints.
func (a *App) controller(tx Tx) register.Controller {
	recs, err := tx.Records(settingOwner)
	if err == nil && len(recs) > 0 {
		var c register.Controller
		if json.Unmarshal(recs[0].JSON, &c) == nil {
			return c
		}
	}
	return a.d.Owner
}

// SetLang remembers the language of the window: "fr" or "en".
func (a *App) SetLang(ctx context.Context, lang string) error {
	return a.update(ctx, func(tx Tx) error { return tx.SetSetting(settingLang, lang) })
}

// SetTheme remembers the look of the window: "system", "light" or "dark".
func (a *App) SetTheme(ctx context.Context, theme string) error {
	return a.update(ctx, func(tx Tx) error { return tx.SetSetting(settingTheme, theme) })
}

// SaveController keeps who answers for the processing (GDPR Art. 4(7)).
func (a *App) SaveController(ctx context.Context, c register.Controller) error {
	return a.update(ctx, func(tx Tx) error {
		c.Colour = a.controller(tx).Colour // SetColour's business
		if err := putRecord(tx, settingOwner, settingOwner, c, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "controller", nil)
	})
}

// Journal returns the newest entries of the journal first, at most limit.
func (a *App) Journal(ctx context.Context, limit int) ([]JournalLine, error) {
	var out []JournalLine
	err := a.d.Store.View(ctx, func(tx Tx) error {
		es, err := tx.Journal(limit)
		for _, e := range es {
			out = append(out, line(e))
		}
		return err
	})
	return out, err
}

func line(e evidence.Entry) JournalLine {
	return JournalLine{Seq: e.Seq, At: e.At, Actor: e.Actor, Act: e.Act, Record: e.Record, Detail: e.Detail, Hash: e.Hash}
}

// Verify walks the journal from its first entry, and checks that the store is
// whole and that every finished run agrees with its journal entry.
func (a *App) Verify(ctx context.Context) (VerifyReport, error) {
	out := VerifyReport{Store: "ok", Evidence: "ok"}
	if err := a.d.Store.Check(ctx); err != nil {
		out.Store = err.Error()
	}
	var es []evidence.Entry
	err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if es, err = tx.JournalAfter(0); err != nil {
			return err
		}
		var chain evidence.Chain
		// An anchor that was tampered with is a finding, not a failure to look.
		if anchor, ok, err := tx.Anchor(); err != nil {
			out.Evidence = err.Error()
		} else if ok {
			chain.Anchors = append(chain.Anchors, anchor)
		}
		heads, n, missing, finding, err := a.verifyStamps(tx, es)
		if err != nil {
			return err
		}
		chain.Anchors = append(chain.Anchors, heads...)
		out.Stamps, out.StampsMissing = n, missing
		if out.Evidence == "ok" && finding != "" {
			out.Evidence = finding
		}
		rep := chain.VerifyAll(es)
		out.Entries, out.Head, out.BrokenAt, out.Why = rep.Entries, rep.Head, rep.BrokenAt, rep.Why
		if out.Evidence == "ok" {
			out.Evidence, err = a.verifyRuns(tx, es)
		}
		return err
	})
	if err == nil {
		out.Papers, err = a.verifyPapers(ctx, es)
	}
	return out, err
}

// verifyRuns compares each finished run with what the journal says of it, and
// the orders' tombstones with the runs that made them.
func (a *App) verifyRuns(tx Tx, es []evidence.Entry) (string, error) {
	said := map[string]runFacts{}
	for _, e := range es {
		if e.Act == evidence.ActRunFinished {
			var f runFacts
			if err := json.Unmarshal([]byte(e.Detail), &f); err != nil {
				return fmt.Sprintf("entry %d cannot be read", e.Seq), nil
			}
			said[e.Record] = f
		}
	}
	runs, err := tx.Runs()
	if err != nil {
		return "", err
	}
	for _, r := range runs {
		if r.State == 0 {
			continue
		}
		if f, ok := said[runRecord(r.ID)]; !ok || f != factsOf(r) {
			return fmt.Sprintf("run %d differs from what the journal says of it", r.ID), nil
		}
		steps, err := tx.Steps(r.ID)
		if err != nil {
			return fmt.Sprintf("the steps of run %d cannot be read", r.ID), nil
		}
		gone := 0
		for _, s := range steps {
			if s.Status.String() == "gone" {
				gone++
			}
		}
		if gone != r.Erased {
			return fmt.Sprintf("the steps of run %d do not add up", r.ID), nil
		}
	}
	ts, err := tx.Tombstones()
	if err != nil {
		return "", err
	}
	for _, t := range ts {
		if _, ok := said[runRecord(t.Run)]; !ok {
			return fmt.Sprintf("a tombstone names run %d, which the journal does not know", t.Run), nil
		}
	}
	return "ok", nil
}

// Backup writes an encrypted copy of the profile to path.
func (a *App) Backup(ctx context.Context, path string) error {
	if err := a.d.Archive.Backup(ctx, path); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting("backup.at", a.now().Format(time.RFC3339)); err != nil {
			return err
		}
		if err := a.rememberByHand(tx, path); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActBackupMade, "profile", nil)
	})
}

// lang returns the language for a text on paper: the one asked for, or the
// owner's.
func (a *App) lang(want string) string {
	if want == "fr" || want == "en" {
		return want
	}
	return a.Info().Lang
}

// storages returns everything that a run can erase in: the storages and the
// shops' records.
func (a *App) storages() map[string]erasure.Storage {
	out := maps.Clone(a.d.Storages)
	if out == nil {
		out = map[string]erasure.Storage{}
	}
	for n, d := range a.d.Desks {
		out[plan.DeskName(n)] = d
	}
	return out
}

// listers returns the storages as the planner sees them.
func (a *App) listers() map[string]plan.Lister {
	out := make(map[string]plan.Lister, len(a.d.Storages))
	for n, s := range a.d.Storages {
		out[n] = s
	}
	return out
}
