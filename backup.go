package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"greffier/app/evidence"
	"greffier/data/store"
	"greffier/data/vault"
)

// errOtherProfile says that a backup was made of another profile.
var errOtherProfile = errors.New("this backup is of another profile")

// backed are the files of a profile that a backup holds, in order.
var backed = []string{"vault.json", profileName, "secrets.enc", store.FileName, stonesName}

// Backup writes an encrypted copy of the whole profile to path. It implements
// app.Archive.
func (p *profile) Backup(ctx context.Context, path string) (err error) {
	tmp, err := os.MkdirTemp(p.dir, ".backup-")
	if err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	defer os.RemoveAll(tmp)
	copyPath := filepath.Join(tmp, store.FileName)
	if err := p.store.BackupTo(ctx, copyPath); err != nil {
		return err
	}
	files := map[string]string{}
	for _, n := range backed {
		files[n] = filepath.Join(p.dir, n)
	}
	files[store.FileName] = copyPath
	return p.vault.Backup(path, files, backed)
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
	stones  []evidence.Tombstone
	journal []evidence.Entry
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
	var out restored
	if _, err := os.Stat(file); err != nil {
		return out, fmt.Errorf("%w: %w", vault.ErrNotBackup, err)
	}
	known, secret, err := whatIsKnown(ctx, dir, passphrase, now)
	if err != nil {
		return out, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return out, err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".restore-")
	if err != nil {
		return out, fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(tmp)
	fresh := filepath.Join(tmp, "profile")
	if err := vault.Unpack(file, secret, fresh); err != nil {
		return out, err
	}
	v, err := vault.Open(fresh, passphrase)
	if err != nil {
		return out, err
	}
	if vault.Exists(dir) {
		present, err := vault.Open(dir, passphrase)
		if err != nil {
			return out, err
		}
		if !present.Equal(v) {
			return out, errOtherProfile
		}
	}
	if out.Orders, out.Stones, err = goOn(ctx, fresh, v, known, now); err != nil {
		return out, err
	}
	return out, swap(dir, fresh, now, &out)
}

// whatIsKnown reads tombstones and journal of the profile in dir. A store that
// no longer opens is no obstacle: the file beside it has the tombstones.
func whatIsKnown(ctx context.Context, dir, passphrase string, now func() time.Time) (later, string, error) {
	var k later
	if !vault.Exists(dir) {
		return k, passphrase, nil
	}
	v, err := vault.Open(dir, passphrase)
	if err != nil {
		return k, "", err
	}
	if b, err := os.ReadFile(filepath.Join(dir, stonesName)); err == nil {
		if err := json.Unmarshal(b, &k.stones); err != nil {
			return k, "", fmt.Errorf("%w: %s", vault.ErrDamaged, stonesName)
		}
	}
	st, err := openStore(ctx, dir, v, now)
	if err != nil {
		return k, v.BackupSecret(), nil
	}
	defer st.Close()
	err = st.View(ctx, func(t *store.Tx) error {
		ts, err := t.Tombstones()
		if err != nil {
			return err
		}
		k.stones = append(k.stones, ts...)
		k.journal, err = t.JournalAfter(0)
		return err
	})
	if errors.Is(err, store.ErrDamaged) {
		err = nil
	}
	return k, v.BackupSecret(), err
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
		if k.journal, err = whole(k.journal); err != nil {
			return err
		}
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
func whole(journal []evidence.Entry) ([]evidence.Entry, error) {
	i := 0
	var chain evidence.Chain
	rep, err := chain.Verify(func() (evidence.Entry, bool, error) {
		if i == len(journal) {
			return evidence.Entry{}, false, nil
		}
		i++
		return journal[i-1], true, nil
	})
	if err == nil && rep.BrokenAt != nil {
		journal = journal[:min(len(journal), int(*rep.BrokenAt)-1)]
	}
	return journal, err
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
			out.MovedTo = fmt.Sprintf("%s.before-%s", dir, now().UTC().Format("20060102T150405Z"))
			if err := os.Rename(dir, out.MovedTo); err != nil {
				return fmt.Errorf("move the former profile aside: %w", err)
			}
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("put the restored profile into place: %w", err)
	}
	return nil
}
