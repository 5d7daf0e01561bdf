package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/register"
)

var (
	// ErrNoBackup says that there is no backup to try.
	ErrNoBackup = errors.New("there is no backup to try")
	// ErrBackupDiffers says that a backup opens, but holds something else than
	// the profile held when it was made.
	ErrBackupDiffers = errors.New("the backup does not hold what the profile held")
	// ErrNoVault says that this profile's keys cannot be changed from here.
	ErrNoVault = errors.New("the keys of this profile cannot be changed here")
)

// Vault is what the façade asks of the keys and backups of the profile that is
// open.
type Vault interface {
	From() string // "passphrase" or "keyring"
	RecoveryMade() time.Time
	Change(current, next string) error
	MakeRecovery(at time.Time) (string, error)
	BackupPlan() BackupPlan
	SaveBackupPlan(BackupPlan) error
	// Backups are those that Greffier made by itself, newest first.
	Backups() ([]BackupFile, error)
	// BackupPath is where the next one goes.
	BackupPath(at time.Time) (string, error)
	// Former are profiles that a restore put aside, newest first.
	Former() ([]BackupFile, error)
	// Drop deletes one of those two.
	Drop(BackupFile) error
	// TryBackup restores a backup into a folder of its own, compares it with the
	// profile, and removes the folder. entries is how far its journal goes.
	TryBackup(ctx context.Context, path string) (entries int64, err error)
}

// BackupPlan says how backups are kept. None outlives LifeDays: whoever is
// erased today is gone from the last of them by then.
type BackupPlan struct {
	Folder   string
	Daily    int // days that keep one each
	Weekly   int // weeks that keep one each
	LifeDays int
}

// BackupFile is a backup, or a profile that was put aside. At is when it was
// made, UTC.
type BackupFile struct {
	Path      string
	At        time.Time
	SizeBytes int64
}

// The bounds of a plan, and what is usual.
const (
	usualDaily, usualWeekly, usualLife = 7, 4, 35
	leastLife, mostLife                = 7, 365
)

// Usual completes a plan and keeps it within its bounds.
func (p BackupPlan) Usual() BackupPlan {
	if p.LifeDays == 0 {
		p.LifeDays = usualLife
	}
	if p.Daily == 0 {
		p.Daily, p.Weekly = usualDaily, usualWeekly
	}
	p.Daily, p.Weekly, p.LifeDays = min(max(p.Daily, 1), 31), min(max(p.Weekly, 0), 52), min(max(p.LifeDays, leastLife), mostLife)
	return p
}

// Expired returns which backups go, of those given newest first. The newest one
// stays whatever its age, until there is a newer one. One that comes from the
// future, since the clock was set back, goes by its place.
func (p BackupPlan) Expired(all []BackupFile, now time.Time, zone *time.Location) []BackupFile {
	var gone []BackupFile
	days, weeks := map[law.Date]bool{}, map[[2]int]bool{}
	for i, b := range all {
		day := law.DateOf(b.At, zone)
		year, week := b.At.In(zone).ISOWeek()
		keep := i == 0
		if !days[day] && len(days) < p.Daily {
			days[day], keep = true, true
		}
		if w := [2]int{year, week}; !weeks[w] && len(weeks) < p.Weekly {
			weeks[w], keep = true, true
		}
		if i > 0 && now.Sub(b.At) > time.Duration(p.LifeDays)*24*time.Hour {
			keep = false
		}
		if !keep {
			gone = append(gone, b)
		}
	}
	return gone
}

// VaultView is what is shown of keys and backups.
type VaultView struct {
	KeyFrom      string
	RecoveryMade time.Time // zero where no code holds
	LockMinutes  int       // 0 never
	Plan         BackupPlan
	Backups      []BackupFile // newest first
	ByHand       []BackupFile // written where the owner said, newest first
	Former       []BackupFile
	Failed       string    // why the last automatic backup was not made, "" where it was
	FailedAt     time.Time // zero where it was
	Tried        time.Time // the last trial restoration, zero for none
	TriedFile    string
	TriedFailed  string // why it failed, "" where it went well
	// LastTrace is the day by which what is erased today has left the last
	// backup that is kept by the plan, zero where none can be told; of those
	// made by hand she disposes.
	LastTrace law.Date
}

// The records of keys and backups.
const (
	kindVault    = "vault"
	kindBackups  = "backups"
	recordLock   = "lock"
	recordTrial  = "trial"
	recordFailed = "failed"
	usualLock    = 15
	mostLock     = 240
)

type lockRecord struct {
	Minutes int `json:"minutes"`
}

type trialRecord struct {
	At   time.Time `json:"at"`
	File string    `json:"file,omitempty"`
	Why  string    `json:"why,omitempty"`
}

type handRecord struct {
	Path string    `json:"path"`
	At   time.Time `json:"at"`
}

// vaultRecord reads one of the records, its zero value where there is none.
func vaultRecord[T any](tx Tx, id string) (v T, ok bool, err error) {
	rs, err := tx.Records(kindVault)
	if err != nil {
		return v, false, err
	}
	for _, r := range rs {
		if r.ID == id {
			return v, true, json.Unmarshal(r.JSON, &v)
		}
	}
	return v, false, nil
}

// LockMinutes returns after how many idle minutes the window locks, 0 for never.
func (a *App) LockMinutes() int {
	n := usualLock
	// What cannot be read now locks as usual.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error {
		r, ok, err := vaultRecord[lockRecord](tx, recordLock)
		if ok && err == nil {
			n = r.Minutes
		}
		return nil
	})
	return n
}

// SetLockMinutes keeps after how many idle minutes the window locks, 0 for
// never.
func (a *App) SetLockMinutes(ctx context.Context, n int) error {
	n = min(max(n, 0), mostLock)
	return a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindVault, recordLock, lockRecord{n}, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "vault", map[string]int{"lock_minutes": n})
	})
}

// Vault returns what is shown of keys and backups.
func (a *App) Vault(ctx context.Context) (VaultView, error) {
	v := VaultView{KeyFrom: a.d.KeyFrom, LockMinutes: a.LockMinutes(), Plan: BackupPlan{}.Usual()}
	if a.d.Vault == nil {
		return v, nil
	}
	v.KeyFrom, v.RecoveryMade, v.Plan = a.d.Vault.From(), a.d.Vault.RecoveryMade(), a.d.Vault.BackupPlan().Usual()
	var err error
	// A folder that cannot be read, a stick that is out, has nothing to show.
	unseen := false
	if v.Backups, err = a.d.Vault.Backups(); err != nil {
		v.Failed, v.FailedAt, unseen = err.Error(), a.now(), true
	}
	if v.Former, err = a.d.Vault.Former(); err != nil {
		return v, err
	}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		trial, _, err := vaultRecord[trialRecord](tx, recordTrial)
		if err != nil {
			return err
		}
		v.Tried, v.TriedFile, v.TriedFailed = trial.At, trial.File, trial.Why
		failed, ok, err := vaultRecord[trialRecord](tx, recordFailed)
		if err != nil {
			return err
		}
		if ok && v.Failed == "" {
			v.Failed, v.FailedAt = failed.Why, failed.At
		}
		hand, err := records[handRecord](tx, kindBackups)
		for _, h := range hand {
			if st, e := os.Stat(h.Path); e == nil {
				v.ByHand = append(v.ByHand, BackupFile{h.Path, h.At, st.Size()})
			}
		}
		return err
	}); err != nil {
		return v, err
	}
	slices.SortFunc(v.ByHand, func(x, y BackupFile) int { return y.At.Compare(x.At) })
	v.LastTrace = a.lastTrace(v, unseen)
	return v, nil
}

// lastTrace is the day after which no backup that is kept by the plan, and no
// profile put aside, was made before today; zero while the newest one has
// outlived its life and waits for another, or where they cannot be seen.
func (a *App) lastTrace(v VaultView, unseen bool) law.Date {
	last := a.now()
	life := time.Duration(v.Plan.LifeDays) * 24 * time.Hour
	if unseen || len(v.Backups) > 0 && v.Backups[0].At.Add(life).Before(last) {
		return law.Date{}
	}
	for _, b := range slices.Concat(v.Backups, v.Former) {
		if end := b.At.Add(life); end.After(last) {
			last = end
		}
	}
	return law.DateOf(last, a.d.Zone)
}

// SetBackupPlan keeps where backups go and how long they live.
func (a *App) SetBackupPlan(ctx context.Context, p BackupPlan) error {
	if a.d.Vault == nil {
		return ErrNoVault
	}
	p = p.Usual()
	if err := a.d.Vault.SaveBackupPlan(p); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActSettingsChanged, "backups", map[string]int{"daily": p.Daily, "weekly": p.Weekly, "life_days": p.LifeDays})
	})
}

// ChangePassphrase puts the profile under another passphrase, or with next
// empty under a key that the keyring of the operating system keeps.
func (a *App) ChangePassphrase(ctx context.Context, current, next string) error {
	if a.d.Vault == nil {
		return ErrNoVault
	}
	if err := a.d.Vault.Change(current, next); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActPassphraseChanged, "profile", map[string]string{"from": a.d.Vault.From()})
	})
}

// MakeRecovery makes a recovery code, which is kept nowhere and opens the
// profile once without its passphrase; the one before is void.
func (a *App) MakeRecovery(ctx context.Context) (string, error) {
	if a.d.Vault == nil {
		return "", ErrNoVault
	}
	code, err := a.d.Vault.MakeRecovery(a.now())
	if err != nil {
		return "", err
	}
	return code, a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActRecoveryMade, "profile", nil)
	})
}

// RecoverySheet begins the name of the file that a recovery code is printed to.
const RecoverySheet = "recovery"

// PrintRecovery prints a recovery code that was just made, in the owner's
// language. It is her own wish that it stands on a file, until she has printed
// it: the file goes when the profile is closed.
func (a *App) PrintRecovery(ctx context.Context, code, lang string) (string, error) {
	in, err := a.inputs(ctx, lang, false)
	if err != nil {
		return "", err
	}
	t := func(key string, args map[string]any) string { return a.d.Texts.Text(in.Lang, key, args) }
	doc := register.Document{Name: "recovery", Lang: in.Lang, Title: t("vault.paper.title", nil), Subtitle: t("vault.paper.subtitle", nil),
		Controller: in.Controller, MadeAt: a.now(), Zone: a.d.Zone.String(), Main: -1,
		Sections: []register.Section{{Key: "code", Title: t("vault.paper.code", nil), Words: []string{code}},
			{Key: "use", Title: t("vault.paper.use", nil), Words: strings.Split(t("vault.paper.words", map[string]any{"Profile": a.d.Dir}), "\n")}}}
	path := a.outPath(RecoverySheet, "pdf")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	return path, a.d.Printer.PDF(path, []register.Document{doc})
}

// TryBackup restores a backup into a folder of its own, compares it with the
// profile and removes the folder again; "" is the newest automatic one. It
// returns ErrNoBackup or ErrBackupDiffers, and keeps how it went.
func (a *App) TryBackup(ctx context.Context, path string) error {
	if a.d.Vault == nil {
		return ErrNoVault
	}
	if path == "" {
		all, err := a.d.Vault.Backups()
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return ErrNoBackup
		}
		path = all[0].Path
	}
	_, failed := a.d.Vault.TryBackup(ctx, path)
	if errors.Is(failed, context.Canceled) {
		return failed
	}
	r := trialRecord{At: a.now(), File: filepath.Base(path)}
	if failed != nil {
		r.Why = failed.Error()
	}
	return errors.Join(failed, a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindVault, recordTrial, r, a.now()); err != nil {
			return err
		}
		return tx.SetSetting("backup.tried", a.now().Format(time.RFC3339))
	}))
}

// BackupNow makes a backup where the plan says and returns its path.
func (a *App) BackupNow(ctx context.Context) (string, error) {
	if a.d.Vault == nil {
		return "", ErrNoVault
	}
	return a.backupByPlan(ctx, owner)
}

func (a *App) backupByPlan(ctx context.Context, actor string) (string, error) {
	path, err := a.d.Vault.BackupPath(a.now())
	if err == nil {
		err = a.d.Archive.Backup(ctx, path)
	}
	if errors.Is(err, context.Canceled) {
		return "", err
	}
	why := ""
	if err != nil {
		why = err.Error()
	}
	return path, errors.Join(err, a.update(context.WithoutCancel(ctx), func(tx Tx) error {
		if why != "" {
			return putRecord(tx, kindVault, recordFailed, trialRecord{At: a.now(), Why: why}, a.now())
		}
		if _, failed, err := vaultRecord[trialRecord](tx, recordFailed); err != nil {
			return err
		} else if failed {
			if err := tx.DeleteRecord(kindVault, recordFailed); err != nil {
				return err
			}
		}
		if err := tx.SetSetting("backup.at", a.now().Format(time.RFC3339)); err != nil {
			return err
		}
		return a.journal(tx, actor, evidence.ActBackupMade, "profile", nil)
	}))
}

// CareForBackups makes the backup of the day where there is none, and deletes
// what has outlived the plan, also where none can be made: whoever was erased is
// promised to be gone by then, and a full disk gets room. The newest one stays.
func (a *App) CareForBackups(ctx context.Context) error {
	if a.d.Vault == nil || !a.backing.TryLock() {
		return nil // nobody keeps backups here, or it is being done
	}
	defer a.backing.Unlock()
	all, err := a.d.Vault.Backups()
	if err != nil {
		return err
	}
	made := slices.ContainsFunc(all, func(b BackupFile) bool { return law.DateOf(b.At, a.d.Zone) == a.today() })
	var failed error
	if !made {
		if _, failed = a.backupByPlan(ctx, greffier); ctx.Err() != nil {
			return failed
		}
	}
	return errors.Join(failed, a.dropExpired(ctx))
}

func (a *App) dropExpired(ctx context.Context) error {
	p := a.d.Vault.BackupPlan().Usual()
	all, err := a.d.Vault.Backups()
	if err != nil {
		return err
	}
	former, err := a.d.Vault.Former()
	if err != nil {
		return err
	}
	gone := p.Expired(all, a.now(), a.d.Zone)
	for _, f := range former {
		if a.now().Sub(f.At) > time.Duration(p.LifeDays)*24*time.Hour {
			gone = append(gone, f)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	for _, b := range gone {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.d.Vault.Drop(b); err != nil {
			return err
		}
	}
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, greffier, evidence.ActOwnDataPurged, "backups", map[string]int{"backups": len(gone)})
	})
}

// rememberByHand keeps where the owner wrote a backup, to remind her of its end.
func (a *App) rememberByHand(tx Tx, path string) error {
	if a.d.Vault == nil {
		return nil
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return putRecord(tx, kindBackups, strconv.FormatInt(a.now().UnixNano(), 36), handRecord{path, a.now()}, a.now())
}

// Migrated writes into the journal that the store was brought to a later schema.
func (a *App) Migrated(ctx context.Context, from, to int) error {
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, greffier, evidence.ActStoreMigrated, fmt.Sprintf("schema %d", to), map[string]int{"from": from, "to": to})
	})
}

// Recovered writes into the journal that the profile was opened with its
// recovery code and put under a new passphrase.
func (a *App) Recovered(ctx context.Context) error {
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActPassphraseChanged, "profile", map[string]string{"by": "recovery code"})
	})
}
