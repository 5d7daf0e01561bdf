package store

import (
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"

	"greffier/app/evidence"
)

// Append adds an entry to the journal, numbered and chained to the one before
// it, in the same transaction as the act that it tells of. evidence.ErrEntry
// where it may not be written.
func (t *Tx) Append(e evidence.Entry) (evidence.Entry, error) {
	prev := evidence.Genesis
	var seq int64
	err := t.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").Scan(&seq, &prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return e, err
	}
	if err := e.Check(); err != nil {
		return e, err
	}
	e.Seq = seq + 1
	e = evidence.Seal(e, prev)
	return e, t.putEntry(e)
}

// headKey is the setting that keeps the head of the journal under a keyed hash:
// whoever cuts off the journal's end cannot write another one.
const headKey = "journal head"

func (t *Tx) putEntry(e evidence.Entry) error {
	if err := t.exec("INSERT INTO journal(seq, at, actor, act, record, detail, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		e.Seq, stamp(e.At), e.Actor, e.Act, e.Record, e.Detail, e.Prev, e.Hash); err != nil {
		return err
	}
	return t.SetSetting(headKey, fmt.Sprintf("%d %s %x", e.Seq, e.Hash, t.s.headMAC(e.Seq, e.Hash)))
}

func (s *Store) headMAC(seq int64, hash string) []byte {
	return s.index("journal head", fmt.Sprintf("%d %s", seq, hash))
}

// Anchor returns the last entry that was written, kept apart from the journal
// and keyed. It is false where none was written yet, and ErrDamaged where the
// anchor was tampered with or taken away.
func (t *Tx) Anchor() (evidence.Anchor, bool, error) {
	v, ok, err := t.Setting(headKey)
	if err != nil {
		return evidence.Anchor{}, false, err
	}
	if !ok {
		seq, _, err := t.Head()
		if err == nil && seq != 0 {
			err = fmt.Errorf("%w: the head of the journal was taken away", ErrDamaged)
		}
		return evidence.Anchor{}, false, err
	}
	var a evidence.Anchor
	var mac string
	if _, err := fmt.Sscanf(v, "%d %s %s", &a.Seq, &a.Hash, &mac); err != nil || !hmac.Equal([]byte(mac), fmt.Appendf(nil, "%x", t.s.headMAC(a.Seq, a.Hash))) {
		return evidence.Anchor{}, false, fmt.Errorf("%w: the head of the journal was tampered with", ErrDamaged)
	}
	return a, true, nil
}

// Head returns the number and hash of the last entry; evidence.Genesis where
// there is none.
func (t *Tx) Head() (seq int64, hash string, err error) {
	hash = evidence.Genesis
	err = t.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").Scan(&seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return seq, hash, err
}

// Journal returns the newest entries first, at most limit (0 is all).
func (t *Tx) Journal(limit int) ([]evidence.Entry, error) {
	if limit <= 0 {
		limit = -1
	}
	return t.entries("ORDER BY seq DESC LIMIT ?", limit)
}

// JournalAfter returns the entries after a number, in order.
func (t *Tx) JournalAfter(seq int64) ([]evidence.Entry, error) {
	return t.entries("WHERE seq > ? ORDER BY seq", seq)
}

func (t *Tx) entries(where string, args ...any) ([]evidence.Entry, error) {
	var out []evidence.Entry
	err := t.EachEntry(func(e evidence.Entry) error { out = append(out, e); return nil }, where, args...)
	return out, err
}

// EachEntry calls f for the entries that the clause selects.
func (t *Tx) EachEntry(f func(evidence.Entry) error, where string, args ...any) error {
	return t.each(func(scan func(...any) error) error {
		var e evidence.Entry
		var at string
		if err := scan(&e.Seq, &at, &e.Actor, &e.Act, &e.Record, &e.Detail, &e.Prev, &e.Hash); err != nil {
			return err
		}
		e.At = parse(at)
		return f(e)
	}, "SELECT seq, at, actor, act, record, detail, prev, hash FROM journal "+where, args...)
}

// Restored adds entries that were written after the backup was made, as they
// stand: the journal of a restored profile goes on where it was. An entry that
// does not follow the one before it is refused with ErrDamaged.
func (t *Tx) Restored(es []evidence.Entry) error {
	for _, e := range es {
		seq, head, err := t.Head()
		if err != nil {
			return err
		}
		if e.Seq != seq+1 || e.Prev != head || evidence.Seal(e, head).Hash != e.Hash {
			return fmt.Errorf("%w: journal entry %d does not follow", ErrDamaged, e.Seq)
		}
		if err := t.putEntry(e); err != nil {
			return err
		}
	}
	return nil
}
