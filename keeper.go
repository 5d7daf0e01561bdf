package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"greffier/app"
	"greffier/app/evidence"
	"greffier/data/store"
	"greffier/data/vault"
)

// backupSettings is how backups are kept, in profile.toml: it is needed where
// the store does not open.
type backupSettings struct {
	Folder   string `toml:"folder,omitempty"`
	Daily    int    `toml:"daily,omitempty"`
	Weekly   int    `toml:"weekly,omitempty"`
	LifeDays int    `toml:"life_days,omitempty"`
	// Earlier are folders of before that may still hold backups: these end with
	// the same life.
	Earlier []string `toml:"earlier,omitempty"`
}

// Backups that Greffier makes by itself are called greffier-TIME.tar.age, those
// before a change of the schema greffier-TIME-before-N.tar.age.
const (
	backupPrefix = "greffier-"
	backupSuffix = ".tar.age"
	backupStamp  = "20060102T150405Z"
)

// keeper gives vault and backups of an open profile the shape of the façade's
// port.
type keeper struct{ p *profile }

func (k keeper) From() string            { return k.p.vault.From() }
func (k keeper) RecoveryMade() time.Time { return vault.RecoveryMade(k.p.dir) }

func (k keeper) Change(current, next string) error { return k.p.vault.Change(current, next) }

func (k keeper) MakeRecovery(at time.Time) (string, error) {
	code, err := k.p.vault.MakeRecovery(at)
	if err == nil {
		k.renewCodes()
	}
	return code, err
}

// renewCodes lets the code of now, if there is one, open the backups that are
// there, and no earlier one. Where a folder is away, its backups keep the code of
// their time until they end.
func (k keeper) renewCodes() {
	all, _ := k.Backups()
	paths := []string{}
	for _, b := range all {
		paths = append(paths, b.Path)
	}
	_ = k.p.vault.RenewCodes(paths)
}

func (s backupSettings) plan(dir string) app.BackupPlan {
	p := app.BackupPlan{Folder: s.Folder, Daily: s.Daily, Weekly: s.Weekly, LifeDays: s.LifeDays}.Usual()
	if p.Folder == "" {
		p.Folder = dir + "-backups"
	}
	return p
}

func (k keeper) BackupPlan() app.BackupPlan { return k.p.settings.Backup.plan(k.p.dir) }

func (k keeper) SaveBackupPlan(p app.BackupPlan) error {
	b := backupSettings{Folder: p.Folder, Daily: p.Daily, Weekly: p.Weekly, LifeDays: p.LifeDays}
	if b.Folder == k.p.dir+"-backups" {
		b.Folder = ""
	}
	if b.Folder != "" && !filepath.IsAbs(b.Folder) {
		return fmt.Errorf("%w: the folder of the backups needs a whole path", errProfileFile)
	}
	if err := os.MkdirAll(b.plan(k.p.dir).Folder, 0o700); err != nil {
		return fmt.Errorf("make the folder of the backups: %w", err)
	}
	was := k.p.settings.Backup
	b.Earlier = was.earlier(k.p.dir, b.plan(k.p.dir).Folder)
	k.p.settings.Backup = b
	if err := writeSettings(k.p.dir, k.p.settings); err != nil {
		k.p.settings.Backup = was
		return err
	}
	return nil
}

// earlier are the folders of before that still hold backups, or cannot be read
// now, when backups go to another one.
func (s backupSettings) earlier(dir, next string) []string {
	var out []string
	for _, f := range append([]string{s.plan(dir).Folder}, s.Earlier...) {
		if all, err := backupsIn(f); f != next && !slices.Contains(out, f) && (err != nil || len(all) > 0 || !fileExists(f)) {
			out = append(out, f)
		}
	}
	return out
}

func (k keeper) Backups() ([]app.BackupFile, error) { return k.p.settings.Backup.all(k.p.dir) }

// all lists the backups of every folder, newest first.
func (s backupSettings) all(dir string) ([]app.BackupFile, error) {
	out, err := backupsIn(s.plan(dir).Folder)
	for _, f := range s.Earlier {
		more, e := backupsIn(f)
		out, err = append(out, more...), errors.Join(err, e)
	}
	slices.SortStableFunc(out, func(x, y app.BackupFile) int { return y.At.Compare(x.At) })
	return out, err
}

// backupsIn lists the backups of a folder that Greffier made by itself, newest
// first; none where there is no folder yet.
func backupsIn(dir string) ([]app.BackupFile, error) {
	es, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at the backups: %w", err)
	}
	var out []app.BackupFile
	for _, e := range es {
		name, ok := strings.CutSuffix(e.Name(), backupSuffix)
		stamp, mine := strings.CutPrefix(name, backupPrefix)
		stamp, _, _ = strings.Cut(stamp, "-")
		at, err := time.Parse(backupStamp, stamp)
		info, ierr := e.Info()
		if !ok || !mine || err != nil || ierr != nil || !e.Type().IsRegular() {
			continue
		}
		out = append(out, app.BackupFile{Path: filepath.Join(dir, e.Name()), At: at.UTC(), SizeBytes: info.Size()})
	}
	slices.SortFunc(out, func(x, y app.BackupFile) int { return y.At.Compare(x.At) })
	return out, nil
}

func (k keeper) BackupPath(at time.Time) (string, error) {
	dir := k.BackupPlan().Folder
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of the backups: %w", err)
	}
	dropHalves(dir, at)
	return filepath.Join(dir, backupPrefix+at.UTC().Format(backupStamp)+backupSuffix), nil
}

// dropHalves removes what a backup that was cut off left: it is on no list, and
// would outlive every other one.
func dropHalves(dir string, now time.Time) {
	es, err := os.ReadDir(dir)
	if err != nil {
		return // told by whoever writes there next
	}
	for _, e := range es {
		whole, isCode := strings.CutSuffix(e.Name(), vault.CodeSuffix)
		half := strings.HasPrefix(e.Name(), backupTemp) || isCode && strings.HasPrefix(whole, backupPrefix) && !fileExists(filepath.Join(dir, whole))
		if info, err := e.Info(); err == nil && e.Type().IsRegular() && half && now.Sub(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(dir, e.Name())) // tried again with the next one
		}
	}
}

func (k keeper) Former() ([]app.BackupFile, error) {
	beside, err := os.ReadDir(filepath.Dir(k.p.dir))
	if err != nil {
		return nil, fmt.Errorf("look for former profiles: %w", err)
	}
	var out []app.BackupFile
	for _, e := range slices.Backward(beside) {
		stamp, ok := strings.CutPrefix(e.Name(), filepath.Base(k.p.dir)+asideMark)
		if at, err := time.Parse(backupStamp, stamp); ok && err == nil && e.IsDir() {
			out = append(out, app.BackupFile{Path: filepath.Join(filepath.Dir(k.p.dir), e.Name()), At: at.UTC()})
		}
	}
	return out, nil
}

func (k keeper) Drop(b app.BackupFile) error {
	if err := errors.Join(os.RemoveAll(b.Path), os.RemoveAll(b.Path+vault.CodeSuffix)); err != nil {
		return fmt.Errorf("delete a backup whose life is over: %w", err)
	}
	return nil
}

// TryBackup restores a backup into a folder of its own within the profile, where
// nothing outlives the next opening, and compares it: all of it opens, and its
// journal is the beginning of the profile's.
func (k keeper) TryBackup(ctx context.Context, path string) (entries int64, err error) {
	tmp, err := os.MkdirTemp(k.p.dir, backupTemp)
	if err != nil {
		return 0, fmt.Errorf("try the backup: %w", err)
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "profile")
	if err := unpack(path, k.p.vault.BackupSecrets(), dir); err != nil {
		return 0, err
	}
	if _, err := readSettings(filepath.Join(dir, profileName)); err != nil {
		return 0, fmt.Errorf("%w: %w", app.ErrBackupDiffers, err)
	}
	keys := k.p.vault.At(dir)
	defer keys.Forget()
	st, err := openStore(ctx, dir, keys, time.Now)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", app.ErrBackupDiffers, err)
	}
	defer st.Close()
	if err := st.Check(ctx); err != nil {
		return 0, fmt.Errorf("%w: %w", app.ErrBackupDiffers, err)
	}
	var then, now []evidence.Entry
	if err := st.View(ctx, func(t *store.Tx) (err error) { then, err = t.JournalAfter(0); return err }); err != nil {
		return 0, err
	}
	if err := k.p.store.View(ctx, func(t *store.Tx) (err error) { now, err = t.JournalAfter(0); return err }); err != nil {
		return 0, err
	}
	// A copy whose epoch ended while it was opened has that entry for itself.
	n := len(then)
	if n > 0 && then[n-1].Act == evidence.ActKeyDestroyed && (n > len(now) || now[n-1].Hash != then[n-1].Hash) {
		n--
	}
	if n > len(now) || n > 0 && then[n-1].Hash != now[n-1].Hash {
		return 0, fmt.Errorf("%w: its journal is another one", app.ErrBackupDiffers)
	}
	return int64(n), nil
}

// unpack unpacks a backup with the first of the secrets that opens it.
func unpack(path string, secrets []string, dir string) error {
	err := vault.ErrBackupKey
	for _, s := range secrets {
		if s == "" {
			continue
		}
		if err = vault.Unpack(path, s, dir); !errors.Is(err, vault.ErrBackupKey) {
			return err
		}
	}
	return err
}

// beforeMigration makes a backup of a store that an earlier version of the
// program wrote, before anything of it is changed: without one nothing is. to
// is 0 where the store is of this version.
func (p *profile) beforeMigration(ctx context.Context, now func() time.Time) (from, to int, err error) {
	from, to, err = store.Version(ctx, p.dir)
	if err != nil || from >= to || from < 1 {
		return 0, 0, err // Open says what is the matter
	}
	tmp, err := os.MkdirTemp(p.dir, backupTemp)
	if err != nil {
		return 0, 0, fmt.Errorf("make the backup before the change: %w", err)
	}
	defer os.RemoveAll(tmp)
	files := map[string]string{}
	for _, n := range backed {
		files[n] = filepath.Join(p.dir, n)
	}
	files[store.FileName] = filepath.Join(tmp, store.FileName)
	if err := store.CopyTo(ctx, p.dir, files[store.FileName]); err != nil {
		return 0, 0, err
	}
	path, err := keeper{p}.BackupPath(now())
	if err != nil {
		return 0, 0, err
	}
	path = strings.TrimSuffix(path, backupSuffix) + fmt.Sprintf("-before-%d", to) + backupSuffix
	return from, to, p.vault.Backup(path, files, backed)
}

// lastBackups are the backups that a profile which does not open can be brought
// back from, newest first.
func lastBackups(dir string) []app.BackupFile {
	s, err := readSettings(filepath.Join(dir, profileName))
	if err != nil {
		s = settings{} // where they usually are
	}
	all, _ := s.Backup.all(dir) // a folder that cannot be read has none to offer
	return all
}
