package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/app/evidence"
	"greffier/data/store"
)

func anEntry(n int) evidence.Entry {
	return evidence.Entry{At: day.Add(time.Duration(n)*time.Second + 7), Actor: "owner", Act: evidence.ActCaseState, Record: "case 3", Detail: fmt.Sprintf(`{"n":%d}`, n)}
}

// journal returns a store with n entries.
func journal(tb testing.TB, n int) (*store.Store, string) {
	tb.Helper()
	dir := tb.TempDir()
	s := openIn(tb, dir)
	update(tb, s, func(tx *store.Tx) {
		for i := range n {
			_, err := tx.Append(anEntry(i))
			must(tb, err)
		}
	})
	return s, dir
}

// verify walks the journal as the program does.
func verify(tb testing.TB, s *store.Store) (r evidence.Report) {
	tb.Helper()
	view(tb, s, func(tx *store.Tx) {
		es, err := tx.JournalAfter(0)
		must(tb, err)
		var c evidence.Chain
		a, ok, err := tx.Anchor()
		must(tb, err)
		if ok {
			c.Anchors = []evidence.Anchor{a}
		}
		i := 0
		r, err = c.Verify(func() (evidence.Entry, bool, error) {
			if i == len(es) {
				return evidence.Entry{}, false, nil
			}
			i++
			return es[i-1], true, nil
		})
		must(tb, err)
	})
	return r
}

func TestJournalHoldsAsItWasWritten(t *testing.T) {
	s, _ := journal(t, 5)
	r := verify(t, s)
	if r.Entries != 5 || r.BrokenAt != nil {
		t.Errorf("report %+v", r)
	}
	view(t, s, func(tx *store.Tx) {
		seq, head, err := tx.Head()
		must(t, err)
		a, ok, err := tx.Anchor()
		must(t, err)
		if seq != 5 || head != r.Head || !ok || a != (evidence.Anchor{Seq: 5, Hash: head}) {
			t.Errorf("head %d %s, anchor %+v %v", seq, head, a, ok)
		}
		last, err := tx.Journal(2)
		must(t, err)
		if len(last) != 2 || last[0].Seq != 5 || last[1].Detail != `{"n":3}` || !last[1].At.Equal(anEntry(3).At) {
			t.Errorf("the newest two are %+v", last)
		}
		all, err := tx.Journal(0)
		must(t, err)
		if len(all) != 5 || all[4].Prev != evidence.Genesis {
			t.Errorf("all are %+v", all)
		}
	})
	empty := fresh(t)
	view(t, empty, func(tx *store.Tx) {
		seq, head, err := tx.Head()
		must(t, err)
		if _, ok, err := tx.Anchor(); seq != 0 || head != evidence.Genesis || ok || err != nil {
			t.Errorf("an empty journal has head %d %s, anchor %v, %v", seq, head, ok, err)
		}
	})
}

func TestJournalIsAppendOnlyEvenForSQL(t *testing.T) {
	s, dir := journal(t, 3)
	db := raw(t, dir)
	const cols = "(seq, at, actor, act, record, detail, prev, hash)"
	for name, q := range map[string]string{
		"a change":                         "UPDATE journal SET detail = '{}' WHERE seq = 2",
		"a change that ignores":            "UPDATE OR IGNORE journal SET detail = '{}' WHERE seq = 2",
		"a change that replaces":           "UPDATE OR REPLACE journal SET seq = 1 WHERE seq = 2",
		"a removal":                        "DELETE FROM journal WHERE seq = 3",
		"a removal of everything":          "DELETE FROM journal",
		"an entry put over another":        "INSERT OR REPLACE INTO journal " + cols + " SELECT seq, at, actor, act, record, '{}', prev, hash FROM journal WHERE seq = 2",
		"the last entry put over itself":   "REPLACE INTO journal " + cols + " SELECT seq, at, actor, act, record, '{}', prev, hash FROM journal WHERE seq = 3",
		"an entry changed by an insertion": "INSERT INTO journal " + cols + " SELECT seq, at, actor, act, record, '{}', prev, hash FROM journal WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET detail = '{}'",
		"an entry with a gap":              "INSERT INTO journal " + cols + " SELECT 9, at, actor, act, record, detail, hash, hash FROM journal WHERE seq = 3",
		"an entry that follows another":    "INSERT INTO journal " + cols + " SELECT 4, at, actor, act, record, detail, prev, hash FROM journal WHERE seq = 3",
		"an entry without a number":        "INSERT INTO journal " + cols + " SELECT NULL, at, actor, act, record, detail, prev, hash FROM journal WHERE seq = 3",
		"an entry before the first":        "INSERT INTO journal " + cols + " SELECT 0, at, actor, act, record, detail, prev, hash FROM journal WHERE seq = 1",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := db.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("err = %v", err)
			}
		})
	}
	if r := verify(t, s); r.Entries != 3 || r.BrokenAt != nil {
		t.Errorf("afterwards: %+v", r)
	}
}

func withoutTriggers(tb testing.TB, dir string) *sql.DB {
	db := raw(tb, dir)
	for _, n := range []string{"journal_no_update", "journal_no_delete", "journal_only_next"} {
		rawExec(tb, db, "DROP TRIGGER "+n)
	}
	return db
}

func TestTamperingWithTheJournalIsNamedByNumber(t *testing.T) {
	for name, tc := range map[string]struct {
		sql string
		at  int64
	}{
		"a changed detail":             {`UPDATE journal SET detail = '{"n":9}' WHERE seq = 2`, 2},
		"a changed moment":             {`UPDATE journal SET at = '2026-03-02T09:00:03.000000008Z' WHERE seq = 4`, 4},
		"a changed actor":              {`UPDATE journal SET actor = 'nobody' WHERE seq = 1`, 1},
		"a removed entry":              {`DELETE FROM journal WHERE seq = 3`, 3},
		"a changed hash":               {`UPDATE journal SET hash = prev WHERE seq = 5`, 5},
		"a removed beginning":          {`DELETE FROM journal WHERE seq < 3`, 1},
		"the end cut off":              {`DELETE FROM journal WHERE seq > 3`, 4},
		"everything removed":           {`DELETE FROM journal`, 1},
		"two entries in another order": {`UPDATE journal SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3); UPDATE journal SET seq = -seq WHERE seq < 0`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := journal(t, 5)
			rawExec(t, withoutTriggers(t, dir), tc.sql)
			r := verify(t, s)
			if r.BrokenAt == nil || *r.BrokenAt != tc.at {
				t.Errorf("report %+v, want broken at %d", r, tc.at)
			}
		})
	}
}

func TestTheEndOfTheJournalCannotBeCutOffUnseen(t *testing.T) {
	for name, q := range map[string]string{
		"with the head written anew":      "UPDATE meta SET value = (SELECT seq || ' ' || hash || ' ' FROM journal WHERE seq = 3) || substr(value, -32) WHERE key = 'journal head'",
		"with the head taken away":        "DELETE FROM meta WHERE key = 'journal head'",
		"with the head made unreadable":   "UPDATE meta SET value = 'x' WHERE key = 'journal head'",
		"with the head emptied":           "UPDATE meta SET value = '' WHERE key = 'journal head'",
		"with another number in the head": "UPDATE meta SET value = '3' || substr(value, 2) WHERE key = 'journal head'",
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := journal(t, 5)
			db := withoutTriggers(t, dir)
			rawExec(t, db, "DELETE FROM journal WHERE seq > 3")
			rawExec(t, db, q)
			view(t, s, func(tx *store.Tx) {
				if a, ok, err := tx.Anchor(); !errors.Is(err, store.ErrDamaged) {
					t.Errorf("anchor %+v, %v, %v", a, ok, err)
				}
			})
		})
	}
}

func TestJournalOfARestoredProfileGoesOn(t *testing.T) {
	s, _ := journal(t, 3)
	copied := t.TempDir()
	must(t, s.BackupTo(t.Context(), filepath.Join(copied, store.FileName)))
	var later []evidence.Entry
	update(t, s, func(tx *store.Tx) {
		for i := range 3 {
			e, err := tx.Append(anEntry(10 + i))
			must(t, err)
			later = append(later, e)
		}
	})
	r := openIn(t, copied)
	changed := later[1]
	changed.Detail = `{"n":99}`
	resealed := evidence.Seal(changed, evidence.Genesis)
	for name, es := range map[string][]evidence.Entry{
		"an entry left out":               {later[0], later[2]},
		"entries in another order":        {later[1], later[0]},
		"an entry that was changed":       {later[0], changed},
		"an entry of another journal":     {later[0], resealed},
		"an entry that is there already":  {later[0], later[0]},
		"an entry without number or hash": {anEntry(1)},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			err := r.Update(t.Context(), func(tx *store.Tx) error { return tx.Restored(es) })
			if !errors.Is(err, store.ErrDamaged) {
				t.Errorf("err = %v", err)
			}
			if v := verify(t, r); v.Entries != 3 || v.BrokenAt != nil {
				t.Errorf("afterwards: %+v", v)
			}
		})
	}
	update(t, r, func(tx *store.Tx) {
		must(t, tx.Restored(later))
		_, err := tx.Append(anEntry(20))
		must(t, err)
	})
	if v := verify(t, r); v.Entries != 7 || v.BrokenAt != nil {
		t.Errorf("report %+v", v)
	}
}

func TestEntryThatMayNotBeWrittenIsRefused(t *testing.T) {
	for name, change := range map[string]func(*evidence.Entry){
		"an address in the detail":  func(e *evidence.Entry) { e.Detail = `{"who":"anouk@example.org"}` },
		"an address in the record":  func(e *evidence.Entry) { e.Record = "anouk@example.org" },
		"an address as the actor":   func(e *evidence.Entry) { e.Actor = "anouk@example.org" },
		"an act that nobody knows":  func(e *evidence.Entry) { e.Act = "something" },
		"no moment":                 func(e *evidence.Entry) { e.At = time.Time{} },
		"a detail that is no JSON":  func(e *evidence.Entry) { e.Detail = "words" },
		"a detail with blanks left": func(e *evidence.Entry) { e.Detail = `{ "n": 1 }` },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := journal(t, 1)
			e := anEntry(2)
			change(&e)
			err := s.Update(t.Context(), func(tx *store.Tx) error {
				must(t, tx.SetSetting("beside", "it"))
				_, err := tx.Append(e)
				return err
			})
			if !errors.Is(err, evidence.ErrEntry) {
				t.Errorf("err = %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "anouk") {
				t.Errorf("the error names somebody: %v", err)
			}
			view(t, s, func(tx *store.Tx) {
				if _, ok, err := tx.Setting("beside"); ok || err != nil {
					t.Errorf("what was written beside it stayed: %v", err)
				}
			})
			if r := verify(t, s); r.Entries != 1 || r.BrokenAt != nil {
				t.Errorf("report %+v", r)
			}
		})
	}
}
