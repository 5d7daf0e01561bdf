package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
)

const kindBackupLives = "backup lives"

// ErrBackupLife says that the life of a backup is out of bounds.
var ErrBackupLife = errors.New("the life of a backup is out of bounds")

// maxBackupLife bounds the life of a backup, in days.
const maxBackupLife = 3650

// BackupLife is how long the backups of a storage or shop are kept, as the owner
// says: what is erased there is gone for good only with the last of them.
type BackupLife struct {
	Kind  string `json:"kind"` // "storage" or "shop"
	Name  string `json:"name"`
	Days  int    `json:"days"`  // 0 for none are made
	Known bool   `json:"known"` // false while she has said nothing
}

// OwnBackup is the part of a trace that Greffier's own backups are.
const OwnBackup = "greffier"

// TracePart is one place in which something erased may still lie.
type TracePart struct {
	Kind  string   // "storage", "shop", or OwnBackup
	Name  string   // "" for Greffier's own backups
	Until law.Date // the last day, zero where nobody knows
}

// Trace tells when the last trace of what a run erased is gone: after Date. It is
// zero while the life of some backup is not declared, or something is left of
// the run.
type Trace struct {
	Date  law.Date
	Parts []TracePart
	Left  bool // the run is not complete
}

func backupLives(tx Tx) (map[string]BackupLife, error) {
	all, err := records[BackupLife](tx, kindBackupLives)
	out := map[string]BackupLife{}
	for _, l := range all {
		l.Known = true
		out[l.Kind+" "+l.Name] = l
	}
	return out, err
}

// BackupLives returns the storages and shops of the profile with the life of
// their backups.
func (a *App) BackupLives(ctx context.Context) ([]BackupLife, error) {
	var out []BackupLife
	err := a.d.Store.View(ctx, func(tx Tx) error {
		said, err := backupLives(tx)
		for _, s := range a.services() {
			if s.Kind != "storage" && s.Kind != "shop" {
				continue
			}
			l, ok := said[s.Kind+" "+s.Name]
			if !ok {
				l = BackupLife{Kind: s.Kind, Name: s.Name}
			}
			out = append(out, l)
		}
		return err
	})
	return out, err
}

// SetBackupLife declares for how many days the backups of a storage or shop are
// kept, 0 for none; known false takes the declaration back.
func (a *App) SetBackupLife(ctx context.Context, l BackupLife) error {
	if l.Days < 0 || l.Days > maxBackupLife {
		return ErrBackupLife
	}
	known := slices.ContainsFunc(a.services(), func(s Connection) bool { return s.Kind == l.Kind && s.Name == l.Name })
	if !known || l.Kind != "storage" && l.Kind != "shop" {
		return ErrUnknownService
	}
	return a.update(ctx, func(tx Tx) error {
		id := l.Kind + " " + l.Name
		if !l.Known {
			if err := tx.DeleteRecord(kindBackupLives, id); err != nil {
				return err
			}
		} else if err := putRecord(tx, kindBackupLives, id, l, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "life of backups", map[string]any{"days": l.Days, "known": l.Known})
	})
}

// TraceOfRun tells when the last trace of what a run erased is gone.
func (a *App) TraceOfRun(ctx context.Context, run int64) (out Trace, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error {
		r, err := tx.Run(run)
		if err != nil {
			return err
		}
		steps, err := tx.Steps(run)
		if err != nil {
			return err
		}
		out, err = a.trace(tx, r, steps)
		return err
	})
	return out, err
}

// TraceOfCase tells when the last trace of what the runs of a case erased is
// gone; the zero Trace where none erased anything.
func (a *App) TraceOfCase(ctx context.Context, id cases.ID) (out Trace, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		out, err = a.caseTrace(tx, c)
		return err
	})
	return out, err
}

func (a *App) caseTrace(tx Tx, c cases.Case) (Trace, error) {
	var last erasure.Record
	var all []erasure.Step
	for _, id := range c.Runs {
		r, err := tx.Run(id)
		if err != nil {
			return Trace{}, err
		}
		if r.State != erasure.Complete && r.State != erasure.Partial {
			continue
		}
		steps, err := tx.Steps(id)
		if err != nil {
			return Trace{}, err
		}
		last, all = r, joinSteps(all, steps)
	}
	if last.ID == 0 {
		return Trace{}, nil
	}
	return a.trace(tx, last, all)
}

// trace adds the lives of the backups to the end of a run: those of the storages
// and shops that it erased in, and of Greffier's own that were made before.
func (a *App) trace(tx Tx, r erasure.Record, steps []erasure.Step) (Trace, error) {
	out := Trace{Left: r.State != erasure.Complete}
	lives, err := backupLives(tx)
	if err != nil {
		return out, err
	}
	ended := law.DateOf(r.EndedAt, a.d.Zone)
	seen := map[string]bool{}
	unknown := false
	for _, s := range steps {
		if s.Status != erasure.Gone || seen[s.Object.Storage] {
			continue
		}
		seen[s.Object.Storage] = true
		p := TracePart{Kind: "storage", Name: s.Object.Storage}
		if plan.IsShop(s.Object.Storage) {
			p.Kind, p.Name = "shop", s.Object.Storage[len(plan.DeskName("")):]
		}
		if l, ok := lives[p.Kind+" "+p.Name]; ok {
			p.Until = ended.AddDays(l.Days)
		} else {
			unknown = true
		}
		out.Parts = append(out.Parts, p)
	}
	if len(out.Parts) == 0 {
		return Trace{Left: out.Left}, nil
	}
	slices.SortFunc(out.Parts, func(x, y TracePart) int { return y.Until.Compare(x.Until) })
	own, err := a.ownTrace(tx, r.EndedAt)
	if err != nil {
		return out, err
	}
	if own != nil {
		out.Parts = append(out.Parts, *own)
		unknown = unknown || own.Until.IsZero()
	}
	if unknown || out.Left {
		return out, nil
	}
	for _, p := range out.Parts {
		if p.Until.After(out.Date) {
			out.Date = p.Until
		}
	}
	return out, nil
}

// ownTrace is what Greffier's own backups keep of what was erased at an instant:
// nil where none is older. One whose life is over and that is still there has no
// date: nobody knows when it goes.
func (a *App) ownTrace(tx Tx, erased time.Time) (*TracePart, error) {
	rules, err := ownRules(tx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rules, func(r OwnRule) bool { return r.ID == OwnBackups })
	period, err := law.ParsePeriod(rules[i].Period)
	if err != nil {
		return nil, err
	}
	var out *TracePart
	for _, f := range filesIn(a.backupFolder(tx)) {
		if !isBackup(f.path) || f.at.After(erased) {
			continue
		}
		until := period.End(law.DateOf(f.at, a.d.Zone))
		if out == nil {
			out = &TracePart{Kind: OwnBackup, Until: until}
		}
		if rules[i].Mode == SweepOff || until.Before(a.today()) {
			out.Until = law.Date{}
			return out, nil
		}
		if until.After(out.Until) {
			out.Until = until
		}
	}
	kept, err := a.keptOfThePast(erased)
	if err != nil || len(kept) == 0 {
		return out, err
	}
	if out == nil {
		out = &TracePart{Kind: OwnBackup}
	}
	for _, end := range kept {
		if end.Before(a.today()) {
			out.Until = law.Date{}
			return out, nil
		}
		if end.After(out.Until) {
			out.Until = end
		}
	}
	return out, nil
}

// keptOfThePast are the last days of the backups that Greffier made by itself,
// and of the profiles that a restore put aside, from before an instant.
func (a *App) keptOfThePast(before time.Time) (out []law.Date, err error) {
	if a.d.Vault == nil {
		return nil, nil
	}
	all, err := a.d.Vault.Backups()
	if err != nil {
		return nil, err
	}
	former, err := a.d.Vault.Former()
	if err != nil {
		return nil, err
	}
	life := a.d.Vault.BackupPlan().Usual().LifeDays
	for _, b := range slices.Concat(all, former) {
		if !b.At.After(before) {
			out = append(out, law.DateOf(b.At, a.d.Zone).AddDays(life))
		}
	}
	return out, nil
}
