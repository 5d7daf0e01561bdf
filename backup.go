package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// errOtherProfile says that a backup was made of another profile.
var errOtherProfile = errors.New("this backup is of another profile")

// backed are the files of a profile that a backup holds, in order.
var backed = []string{"vault.json", profileName, "secrets.enc", vault.EpochsName, store.FileName, stonesName}

// Backup writes an encrypted copy of the whole profile to path. It implements
// app.Archive.
func (p *profile) Backup(ctx context.Context, path string) (err error) {
	tmp, err := os.MkdirTemp(p.dir, backupTemp)
	if err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	defer os.RemoveAll(tmp)
	files := map[string]string{}
	for _, n := range backed {
		files[n] = filepath.Join(p.dir, n)
	}
	// The store and the file of its keys are of one moment.
	if err := p.store.Still(func() error {
		for _, n := range []string{store.FileName, vault.EpochsName} {
			files[n] = filepath.Join(tmp, n)
		}
		keys, err := os.ReadFile(filepath.Join(p.dir, vault.EpochsName))
		if err == nil {
			err = os.WriteFile(files[vault.EpochsName], keys, 0o600)
		}
		if err != nil {
			return fmt.Errorf("copy the keys: %w", err)
		}
		return p.store.BackupTo(ctx, files[store.FileName])
	}); err != nil {
		return err
	}
	return p.vault.Backup(path, files, backed)
}

// The beginnings of the names of what is made aside: copies of a store, which
// must not outlive the act that needs them, or they would keep what is erased
// later.
const (
	backupTemp  = ".backup-"  // in the profile's folder
	restoreTemp = ".restore-" // beside it, with its name
)

// sweep removes the folders below dir whose names begin so: what an act that
// was cut off left behind.
func sweep(dir, prefix string) error {
	es, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range es {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// rememberStones keeps the tombstones beside the store, so that they outlive
// it: a backup restored after the store was lost must not bring anybody back.
func (p *profile) rememberStones(ts []evidence.Tombstone) error {
	b, err := json.Marshal(ts)
	if err != nil {
		return err
	}
	return vault.WriteFile(filepath.Join(p.dir, stonesName), b)
}

// later is what the present profile knows that a backup may not.
type later struct {
	stones   []evidence.Tombstone
	journal  []evidence.Entry
	standing standing
}

// restored tells what a restore did.
type restored struct {
	Orders  int    // that tombstones emptied again
	Stones  int    // tombstones known
	MovedTo string // where the former profile is now, "" when there was none
}

// restoreProfile puts the profile of a backup into dir. The tombstones and the
// journal of the profile that is there go on: nobody who was erased comes back,
// and nothing that was written is lost. The former profile is moved aside
// whole.
func restoreProfile(ctx context.Context, dir, file, passphrase string, now func() time.Time) (restored, error) {
	if _, err := os.Stat(file); err != nil {
		return restored{}, fmt.Errorf("%w: %w", vault.ErrNotBackup, err)
	}
	former := formerProfile(dir)
	present, broken, err := presentVault(former, passphrase)
	if err != nil && former == dir {
		return restored{}, err
	}
	b := bringing{dir: dir, former: former, file: file, secrets: []string{passphrase}, present: present, broken: broken, now: now}
	if present != nil {
		b.secrets = append(b.secrets, present.BackupSecrets()...)
	}
	b.open = func(fresh string) (*vault.Vault, error) {
		v, err := vault.Open(fresh, passphrase)
		if err != nil && present != nil {
			return present.At(fresh), nil // made under an earlier passphrase of hers
		}
		return v, err
	}
	return b.bring(ctx)
}

// restoreByCode is restoreProfile by the recovery code, for whoever has no
// passphrase any more: the profile is under next from then on, and the code is
// void. Of the profile that is there, opened by the keys of the backup, the same
// goes on.
func restoreByCode(ctx context.Context, dir, file, code, next string, now func() time.Time) (restored, error) {
	if _, err := os.Stat(file); err != nil {
		return restored{}, fmt.Errorf("%w: %w", vault.ErrNotBackup, err)
	}
	secrets, err := vault.CodeSecrets(file, code)
	if err != nil {
		return restored{}, err
	}
	former := formerProfile(dir)
	b := bringing{dir: dir, former: former, file: file, secrets: secrets, broken: vault.Exists(former), now: now}
	b.open = func(fresh string) (*vault.Vault, error) { return vault.Replace(fresh, code, secrets, next) }
	return b.bring(ctx)
}

// bringing is a restore under way.
type bringing struct {
	dir, former, file string
	secrets           []string // that may open the backup
	present           *vault.Vault
	broken            bool // the profile that is there is opened by the backup's keys
	open              func(fresh string) (*vault.Vault, error)
	now               func() time.Time
}

func (b bringing) bring(ctx context.Context) (out restored, err error) {
	dir, former, present, broken, now := b.dir, b.former, b.present, b.broken, b.now
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return out, err
	}
	aside := restoreTemp + filepath.Base(dir) + "-"
	if err := sweep(filepath.Dir(dir), aside); err != nil {
		return out, fmt.Errorf("restore: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), aside)
	if err != nil {
		return out, fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(tmp)
	fresh := filepath.Join(tmp, "profile")
	if err := unpack(b.file, b.secrets, fresh); err != nil {
		return out, err
	}
	v, err := b.open(fresh)
	if err != nil {
		return out, err
	}
	if broken {
		present = v.At(former)
	}
	var known later
	if present != nil {
		known, err = whatIsKnown(ctx, former, present, now)
		if err == nil && !present.Equal(v) {
			err = errOtherProfile
		}
		if err != nil && former == dir {
			return out, err
		}
		if err != nil { // put aside earlier, and not of this profile: the backup alone
			known, present = later{}, nil
		}
	}
	if present != nil {
		// The key that signs goes on: what it signed is out in the world.
		always := []string{signerSecret}
		if !broken {
			// The passphrase of now goes on, and so does the recovery code.
			if err := vault.CopyHeader(former, fresh); err != nil {
				return out, err
			}
			always = append(always, vault.OfBackups...)
		}
		if err := v.Inherit(present, always...); err != nil {
			return out, err
		}
	}
	if out.Orders, out.Stones, err = goOn(ctx, fresh, v, known, now); err != nil {
		return out, err
	}
	return out, swap(dir, fresh, now, &out)
}

// formerProfile is the profile in dir, or where there is none the one that a
// restore put aside last: it may have been cut off before the new one was in
// place, and whom that one erased must not come back with the next try.
func formerProfile(dir string) string {
	if vault.Exists(dir) {
		return dir
	}
	beside, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		return dir // nothing is there yet
	}
	// By name, so that the last one put aside comes last.
	for _, e := range slices.Backward(beside) {
		d := filepath.Join(filepath.Dir(dir), e.Name())
		if strings.HasPrefix(e.Name(), filepath.Base(dir)+asideMark) && vault.Exists(d) {
			return d
		}
	}
	return dir
}

// asideMark stands between the name of a profile's folder and the time at
// which a restore put it aside.
const asideMark = ".before-"

// presentVault opens the vault of the profile that is there, nil where none is;
// one that is damaged is told by broken.
func presentVault(dir, passphrase string) (v *vault.Vault, broken bool, err error) {
	if !vault.Exists(dir) {
		return nil, false, nil
	}
	v, err = vault.Open(dir, passphrase)
	if errors.Is(err, vault.ErrDamaged) {
		return nil, true, nil
	}
	return v, false, err
}

// whatIsKnown reads tombstones and journal of the profile in dir. A store that
// no longer opens is no obstacle: the file beside it has the tombstones.
func whatIsKnown(ctx context.Context, dir string, v *vault.Vault, now func() time.Time) (later, error) {
	var k later
	if b, err := os.ReadFile(filepath.Join(dir, stonesName)); err == nil {
		if err := json.Unmarshal(b, &k.stones); err != nil {
			return k, fmt.Errorf("%w: %s", vault.ErrDamaged, stonesName)
		}
	}
	if !fileExists(filepath.Join(dir, store.FileName)) {
		return k, nil // it is lost: none is made in its place
	}
	st, err := openStore(ctx, dir, v, now)
	if errors.Is(err, store.ErrWrongKey) {
		return k, errOtherProfile
	}
	if err != nil {
		return k, nil
	}
	defer st.Close()
	err = st.View(ctx, func(t *store.Tx) error {
		ts, err := t.Tombstones()
		if err != nil {
			return err
		}
		k.stones = append(k.stones, ts...)
		if k.journal, err = t.JournalAfter(0); err != nil {
			return err
		}
		k.standing, err = readStanding(t)
		return err
	})
	if errors.Is(err, store.ErrDamaged) {
		err, k.standing = nil, standing{}
	}
	return k, err
}

// goOn brings a restored store up to what is known: in one transaction.
func goOn(ctx context.Context, dir string, v *vault.Vault, k later, now func() time.Time) (orders, stones int, err error) {
	st, err := openStore(ctx, dir, v, now)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var all []evidence.Tombstone
	err = st.Update(ctx, func(t *store.Tx) error {
		seq, head, err := t.Head()
		if err != nil {
			return err
		}
		// The journal goes on only where the backup's is its beginning, and
		// as far as it holds: a restore is what mends one that was broken.
		k.journal = whole(k.journal)
		if follows(k.journal, seq, head) {
			if err := t.Restored(k.journal[seq:]); err != nil {
				return err
			}
		}
		for _, s := range k.stones {
			if err := t.PutTombstone(s.Kind, s.Hash, s.At, s.Run); err != nil {
				return err
			}
		}
		if err := k.standing.carry(t); err != nil {
			return err
		}
		if orders, err = t.ApplyTombstones(); err != nil {
			return err
		}
		if all, err = t.Tombstones(); err != nil {
			return err
		}
		stones = len(all)
		detail, err := json.Marshal(map[string]int{"tombstones": stones, "emptied": orders})
		if err != nil {
			return err
		}
		_, err = t.Append(evidence.Entry{At: now().UTC(), Actor: "owner", Act: evidence.ActBackupRestored, Record: "profile", Detail: string(detail)})
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	if err := st.Scrub(ctx); err != nil {
		return 0, 0, err
	}
	b, err := json.Marshal(all)
	if err != nil {
		return 0, 0, err
	}
	return orders, stones, vault.WriteFile(filepath.Join(dir, stonesName), b)
}

// whole returns the entries before the first one that does not hold.
func whole(journal []evidence.Entry) []evidence.Entry {
	if at := (evidence.Chain{}).VerifyAll(journal).BrokenAt; at != nil {
		return journal[:min(len(journal), int(*at)-1)]
	}
	return journal
}

func follows(journal []evidence.Entry, seq int64, head string) bool {
	switch {
	case int64(len(journal)) < seq:
		return false
	case seq == 0:
		return true
	}
	return journal[seq-1].Hash == head
}

// swap puts the fresh profile where the former one is, which is moved aside.
func swap(dir, fresh string, now func() time.Time, out *restored) error {
	if _, err := os.Stat(dir); err == nil {
		if es, err := os.ReadDir(dir); err == nil && len(es) == 0 {
			if err := os.Remove(dir); err != nil {
				return err
			}
		} else {
			out.MovedTo = fmt.Sprintf("%s%s%s", dir, asideMark, now().UTC().Format("20060102T150405Z"))
			if err := os.Rename(dir, out.MovedTo); err != nil {
				return fmt.Errorf("move the former profile aside: %w", err)
			}
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("put the restored profile into place: %w", err)
	}
	if out.MovedTo != "" {
		return keepPaper(out.MovedTo, dir)
	}
	return nil
}

// keepPaper brings what was printed in a profile that was put aside into the one
// in its place: certificates and dossiers are evidence, no backup holds them,
// and the former profile is deleted when its life is over. Where both have a
// file of one name, the one from before is called so.
func keepPaper(from, to string) error {
	es, err := os.ReadDir(filepath.Join(from, outName))
	if errors.Is(err, os.ErrNotExist) || err == nil && len(es) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keep what was printed: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(to, outName), 0o700); err != nil {
		return fmt.Errorf("keep what was printed: %w", err)
	}
	for _, e := range es {
		name := filepath.Join(to, outName, e.Name())
		for n := 1; fileThere(name); n++ {
			name = filepath.Join(to, outName, fmt.Sprintf("before-%d-%s", n, e.Name()))
		}
		if e := os.Rename(filepath.Join(from, outName, e.Name()), name); e != nil {
			err = errors.Join(err, fmt.Errorf("keep what was printed: %w", e))
		}
	}
	return err
}

// fileThere tells whether a name is taken, by a link that leads nowhere as well.
func fileThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// settlePaper ends a restore that was cut off before the paper was in place.
func (p *profile) settlePaper() {
	former, err := keeper{p}.Former()
	if err != nil {
		return // the folder above cannot be read: there is nothing to bring
	}
	for _, f := range former {
		_ = keepPaper(f.Path, p.dir) // what cannot be moved is tried again
	}
}

// dropSheets deletes the printed recovery codes: they stand on the disk until she
// has printed them, and no longer than the profile is open.
func dropSheets(out string) {
	es, err := os.ReadDir(out)
	if err != nil {
		return // nothing was printed yet
	}
	for _, e := range es {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), app.RecoverySheet+"-") && strings.HasSuffix(e.Name(), ".pdf") {
			_ = os.Remove(filepath.Join(out, e.Name())) // tried again with the next opening
		}
	}
}
