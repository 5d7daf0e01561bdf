package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"

	"greffier/app/evidence"
)

// Epochs keeps, apart from the store's file, the keys under which the keys of
// persons and everything without a person are sealed, one for each epoch. An
// epoch ends when somebody is forgotten: what stays is sealed anew under
// another key, and the former one is destroyed. An older copy of the file, in a
// free block of the disk or on a stick, then opens with nothing that is left.
type Epochs interface {
	Load() (map[string][]byte, error)
	Save(map[string][]byte) error
}

// The settings of epochs: which one the file is in, and how many keys were
// destroyed since it began.
const (
	settingEpoch = "epoch"
	settingShred = "shred pending"
)

// epochs are the sealers by epoch. The one before the present is kept in
// memory for views that began earlier.
type epochs struct {
	turning sync.Mutex // one turn at a time, and none while a copy is made
	mu      sync.Mutex
	boxes   map[string]sealer
}

func (e *epochs) get(name string) (sealer, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	k, ok := e.boxes[name]
	return k, ok
}

func (e *epochs) add(name string, k sealer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.boxes[name] = k
}

func (e *epochs) put(name string, k sealer, but ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	keep := map[string]sealer{name: k}
	for _, n := range but {
		if old, ok := e.boxes[n]; ok {
			keep[n] = old
		}
	}
	e.boxes = keep
}

// enter finds the key of the epoch that the file is in, finishes a turn that
// was cut off, and begins the first epoch of a store that has none.
func (s *Store) enter(ctx context.Context) error {
	first, err := newSealer(s.keys.Seal)
	if err != nil {
		return err
	}
	if s.keys.Epochs == nil {
		s.ep.put("", first)
		return nil
	}
	var name, pending string
	for k, into := range map[string]*string{settingEpoch: &name, settingShred: &pending} {
		if err := s.rw.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", k).Scan(into); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	all, err := s.keys.Epochs.Load()
	if err != nil {
		return err
	}
	box := first
	if name != "" {
		key, ok := all[name]
		if !ok {
			return fmt.Errorf("%w: the file of its keys is of another time", ErrDamaged)
		}
		if box, err = newSealer(key); err != nil {
			return fmt.Errorf("%w: a key cannot be used", ErrDamaged)
		}
		if len(all) > 1 {
			// Cut off before the former key was destroyed, or before the new one
			// was in use.
			if err := s.keys.Epochs.Save(map[string][]byte{name: key}); err != nil {
				return err
			}
		}
	}
	s.ep.put(name, box)
	if name == "" || pending != "" {
		// A full disk must not keep the profile shut: the next one does it.
		if err := s.turn(ctx); err != nil && !errors.Is(err, ErrFull) && !errors.Is(err, ErrBusy) {
			return err
		}
	}
	return nil
}

// turn begins a new epoch. The new key is kept before anything is sealed under
// it, and the former one is destroyed after nothing is any more.
func (s *Store) turn(ctx context.Context) (err error) {
	defer func() { err = translate(err) }()
	s.ep.turning.Lock()
	defer s.ep.turning.Unlock()
	all, err := s.keys.Epochs.Load()
	if err != nil {
		return err
	}
	key, id := make([]byte, keyBytes), make([]byte, 8)
	rand.Read(key) // never fails (crypto/rand)
	rand.Read(id)
	name := hex.EncodeToString(id)
	box, err := newSealer(key)
	if err != nil {
		return err
	}
	both := maps.Clone(all)
	both[name] = key
	if err := s.keys.Epochs.Save(both); err != nil {
		return err
	}
	// Known before it is in use: a view may begin as soon as the turn is done.
	s.ep.add(name, box)
	was := ""
	err = s.Update(ctx, func(t *Tx) error {
		was = t.epoch
		destroyed, _, err := t.Setting(settingShred)
		if err != nil {
			return err
		}
		if err := t.sealAnew(box); err != nil {
			return err
		}
		if err := t.SetSetting(settingEpoch, name); err != nil {
			return err
		}
		if err := t.exec("DELETE FROM meta WHERE key = ?", settingShred); err != nil {
			return err
		}
		n, _ := strconv.Atoi(destroyed)
		if n == 0 {
			return nil
		}
		detail, err := json.Marshal(map[string]int{"keys": n})
		if err != nil {
			return err
		}
		_, err = t.Append(evidence.Entry{At: s.now(), Actor: "greffier", Act: evidence.ActKeyDestroyed, Record: "profile", Detail: string(detail)})
		return err
	})
	if err != nil {
		return err // the file is in its former epoch; the next opening destroys the new key
	}
	s.ep.put(name, box, was)
	return s.keys.Epochs.Save(map[string][]byte{name: key})
}

// findEpoch finds the sealer of the epoch that the transaction sees: a view may
// have begun before a turn and go on after it.
func (t *Tx) findEpoch() error {
	if t.s.keys.Epochs != nil {
		v, _, err := t.Setting(settingEpoch)
		if err != nil {
			return err
		}
		t.epoch = v
	}
	k, ok := t.s.ep.get(t.epoch)
	if !ok {
		return fmt.Errorf("%w: the keys of the store were changed", ErrBusy)
	}
	t.box = k
	return nil
}

// Still runs f while no epoch ends, so that a copy of the store and one of its
// keys fit.
func (s *Store) Still(f func() error) error {
	s.ep.turning.Lock()
	defer s.ep.turning.Unlock()
	return f()
}

// destroyed notes that so many keys of persons are gone for good, so that the
// epoch ends with the next Scrub: 0 for what was sealed under its own key.
func (t *Tx) destroyed(keys int) error {
	if t.s.keys.Epochs == nil {
		return nil
	}
	v, _, err := t.Setting(settingShred)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(v)
	return t.SetSetting(settingShred, strconv.Itoa(n+keys))
}

// anew is a row with something sealed: how to select it, where the value
// stands, and how to write it.
type anew struct{ read, table, column, id, write string }

// boxed are the values that are sealed under the key of the epoch.
var boxed = []anew{
	{"SELECT id, sealed FROM subject", "subject", "sealed", "id", "UPDATE subject SET sealed = ? WHERE id = ?"},
	{"SELECT id, sealed FROM hold", "hold", "sealed", "id", "UPDATE hold SET sealed = ? WHERE id = ?"},
	{"SELECT hex(folder_ix), sealed FROM cursor", "cursor", "sealed", "folder", "UPDATE cursor SET sealed = ? WHERE folder_ix = ?"},
	{"SELECT register, id, sealed FROM record", "record", "", "record", "UPDATE record SET sealed = ? WHERE register = ? AND id = ?"},
}

// sealAnew seals everything that the epoch's key seals under another one.
func (t *Tx) sealAnew(box sealer) error {
	type row struct {
		args  []any // of the row in write
		where []byte
		b     []byte
	}
	for _, w := range boxed {
		var rows []row
		flush := func() error {
			for _, r := range rows {
				if len(r.b) == 0 {
					continue // of a lifted hold whose words are gone
				}
				clear, err := t.box.openBytes(r.b, r.where)
				if err != nil {
					return fmt.Errorf("%s: %w", w.table, err)
				}
				if err := t.exec(w.write, append([]any{box.sealBytes(clear, r.where)}, r.args...)...); err != nil {
					return err
				}
			}
			rows = rows[:0]
			return nil
		}
		if err := t.each(func(scan func(...any) error) error {
			var r row
			switch w.id {
			case "record":
				var register, id string
				if err := scan(&register, &id, &r.b); err != nil {
					return err
				}
				r.args, r.where = []any{register, id}, place("record", register, id)
			case "folder":
				var ix string
				if err := scan(&ix, &r.b); err != nil {
					return err
				}
				raw, err := hex.DecodeString(ix)
				if err != nil {
					return err
				}
				r.args, r.where = []any{raw}, place("cursor", "sealed", hex.EncodeToString(raw))
			default:
				var id int64
				if err := scan(&id, &r.b); err != nil {
					return err
				}
				r.args, r.where = []any{id}, place(w.table, w.column, id)
			}
			rows = append(rows, r)
			return nil
		}, w.read); err != nil {
			return err
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

// rekey gives a subject of whom something was forgotten another key and seals
// under it what stays of her, so that older copies of what is gone do not open
// with the key of what is not.
func (t *Tx) rekey(sid sql.NullInt64) error {
	if !sid.Valid {
		return nil
	}
	old, err := t.subject(sid.Int64)
	if errors.Is(err, ErrForgotten) {
		return nil // the key is gone with the last that was sealed under it
	}
	if err != nil {
		return err
	}
	key := make([]byte, keyBytes)
	rand.Read(key) // never fails (crypto/rand)
	fresh, err := newSealer(key)
	if err != nil {
		return err
	}
	for _, q := range []struct{ read, table, column, write string }{
		{"SELECT id, sealed FROM orders WHERE subject = ?", "orders", "sealed", "UPDATE orders SET sealed = ? WHERE id = ?"},
		{"SELECT id, sealed FROM message WHERE subject = ?", "message", "sealed", "UPDATE message SET sealed = ? WHERE id = ?"},
		{"SELECT id, raw_sealed FROM message WHERE subject = ?", "message", "raw_sealed", "UPDATE message SET raw_sealed = ? WHERE id = ?"},
		{"SELECT id, sealed FROM cases WHERE subject = ?", "cases", "sealed", "UPDATE cases SET sealed = ? WHERE id = ?"},
	} {
		found := map[int64][]byte{}
		if err := t.each(func(scan func(...any) error) error {
			var id int64
			var b []byte
			err := scan(&id, &b)
			if len(b) > 0 {
				found[id] = b
			}
			return err
		}, q.read, sid.Int64); err != nil {
			return err
		}
		for id, b := range found {
			where := place(q.table, q.column, id)
			clear, err := old.openBytes(b, where)
			if err != nil {
				return err
			}
			if err := t.exec(q.write, fresh.sealBytes(clear, where), id); err != nil {
				return err
			}
		}
	}
	if err := t.exec("UPDATE subject SET sealed = ? WHERE id = ?", t.box.sealBytes(key, place("subject", "sealed", sid.Int64)), sid.Int64); err != nil {
		return err
	}
	t.remember(sid.Int64, fresh)
	return nil
}
