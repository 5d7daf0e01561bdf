package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/mailbox"
	"greffier/app/request"
	"greffier/data/store"
)

// closed returns the folder of a closed store with a hundred orders.
func closed(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	s := openIn(tb, dir)
	putAll(tb, s, manyOrders(100, day))
	must(tb, s.Close())
	return dir
}

func TestFileThatCannotBeAStoreIsToldAndLeftAlone(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(closed(t), store.FileName))
	must(t, err)
	foreign := func(version string) []byte {
		path := filepath.Join(t.TempDir(), "foreign.db")
		db, err := sql.Open("sqlite", path)
		must(t, err)
		rawExec(t, db, "CREATE TABLE notes(text); PRAGMA user_version = "+version)
		must(t, db.Close())
		b, err := os.ReadFile(path)
		must(t, err)
		return b
	}
	newer := func() []byte {
		dir := closed(t)
		db := raw(t, dir)
		rawExec(t, db, "PRAGMA user_version = 99")
		must(t, db.Close())
		b, err := os.ReadFile(filepath.Join(dir, store.FileName))
		must(t, err)
		return b
	}
	newerCopy := func() []byte { // a copy made by VACUUM INTO is in another journal mode
		dir := closed(t)
		db := raw(t, dir)
		rawExec(t, db, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99")
		must(t, db.Close())
		b, err := os.ReadFile(filepath.Join(dir, store.FileName))
		must(t, err)
		return b
	}
	unmarked := func() []byte {
		dir := closed(t)
		db := raw(t, dir)
		rawExec(t, db, "DELETE FROM meta WHERE key = 'key check'")
		must(t, db.Close())
		b, err := os.ReadFile(filepath.Join(dir, store.FileName))
		must(t, err)
		return b
	}
	for name, tc := range map[string]struct {
		content []byte
		want    error
	}{
		"a newer version":                          {newer(), store.ErrNewer},
		"a newer version in another mode":          {newerCopy(), store.ErrNewer},
		"an empty file":                            {nil, store.ErrDamaged},
		"a text":                                   {[]byte("this is not a database, only some text about one"), store.ErrDamaged},
		"a header without anything":                {whole[:100], store.ErrDamaged},
		"a file cut in the middle":                 {whole[:len(whole)/2/4096*4096], store.ErrDamaged},
		"a file cut within a page":                 {whole[:len(whole)-1000], store.ErrDamaged},
		"a file of which only the beginning stays": {whole[:4096], store.ErrDamaged},
		"zeros of the same size":                   {make([]byte, len(whole)), store.ErrDamaged},
		"a database of another program":            {foreign("0"), store.ErrDamaged},
		"a versioned database of another program":  {foreign("1"), store.ErrDamaged},
		"a store without the mark of its key":      {unmarked(), store.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, store.FileName)
			must(t, os.WriteFile(path, tc.content, 0o600))
			if s, err := store.Open(t.Context(), dir, keys, now); !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
				if s != nil {
					s.Close()
				}
			}
			after, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Equal(after, tc.content) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestDamageInsideTheFileIsFoundByCheck(t *testing.T) {
	dir := closed(t)
	path := filepath.Join(dir, store.FileName)
	whole, err := os.ReadFile(path)
	must(t, err)
	// Each page but the first in turn: it is never taken for a whole store, and
	// never a panic.
	missed := 0
	for at := 4096; at < len(whole); at += 4096 {
		broken := bytes.Clone(whole)
		for i := range 4096 {
			broken[at+i] ^= 0xa5
		}
		must(t, os.WriteFile(path, broken, 0o600))
		s, err := store.Open(t.Context(), dir, keys, now)
		if err == nil {
			err = s.Check(t.Context())
			s.Close()
		}
		if err == nil {
			missed++
		} else if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("page %d: %v", at/4096+1, err)
		}
		for _, end := range []string{"-wal", "-shm"} {
			os.Remove(path + end)
		}
	}
	if missed > 0 {
		t.Errorf("%d damaged pages were not found", missed)
	}
}

func TestPlaceThatCannotBeWrittenIsTold(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	must(t, os.MkdirAll(filepath.Join(dir, "taken", store.FileName), 0o700))
	s := fresh(t)
	for name, tc := range map[string]func() error{
		"a folder below a file":                func() error { _, err := store.Open(t.Context(), filepath.Join(dir, "file"), keys, now); return err },
		"a folder in the place of the file":    func() error { _, err := store.Open(t.Context(), filepath.Join(dir, "taken"), keys, now); return err },
		"a folder that is not there":           func() error { _, err := store.Open(t.Context(), filepath.Join(dir, "none"), keys, now); return err },
		"a copy into a folder below a file":    func() error { return s.BackupTo(t.Context(), filepath.Join(dir, "file", "copy.db")) },
		"a copy into a folder that is missing": func() error { return s.BackupTo(t.Context(), filepath.Join(dir, "none", "copy.db")) },
	} {
		t.Run(name, func(t *testing.T) {
			err := tc()
			if !errors.Is(err, store.ErrReadOnly) {
				t.Fatalf("err = %v", err)
			}
			if strings.Contains(err.Error(), dir) {
				t.Errorf("the error holds the path: %v", err)
			}
		})
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestStoreOpensWhateverItsFolderIsCalled(t *testing.T) {
	for _, name := range []string{"with space", "hash#tag", "question?mark", "percent%41%", "amp&_pragma=user_version(99)", "plus+", "semi;colon", "quote'\"s", `back\slash`, "é日本👪", "file:memory", ":memory:", "?mode=memory", "line\nbreak", "bytes\xff\xfe", "-dash", "a=b", "[brackets]*"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			must(t, os.Mkdir(dir, 0o700))
			s := openIn(t, dir)
			putOrder(t, s, anOrder("1", "a@example.org", "Anouk"))
			copied := filepath.Join(dir, "copy "+name+".db")
			must(t, s.BackupTo(t.Context(), copied))
			must(t, s.Close())
			es, err := os.ReadDir(dir)
			must(t, err)
			if len(es) != 2 {
				t.Errorf("the folder holds %v", es)
			}
			other := t.TempDir()
			copyFile(t, copied, filepath.Join(other, store.FileName))
			for _, d := range []string{dir, other} {
				if o := getOrder(t, openIn(t, d), 1); o.Customer.FirstName != "Anouk" {
					t.Errorf("the order is %+v", o)
				}
			}
		})
	}
	t.Run("a path that is relative", func(t *testing.T) {
		t.Chdir(t.TempDir())
		must(t, os.Mkdir("sub dir", 0o700))
		putOrder(t, openIn(t, "sub dir"), anOrder("1", "a@example.org", "Anouk"))
	})
}

func TestMigrationThatFailsLeavesTheFormerVersion(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	putOrder(t, s, anOrder("1", "a@example.org", "Anouk"))
	must(t, s.Close())
	db := raw(t, dir)
	version := rawInt(t, db, "PRAGMA user_version")
	must(t, db.Close())
	with := fstest.MapFS{}
	names, err := fs.Glob(store.Migrations(), "migrations/*.sql")
	must(t, err)
	if len(names) != version {
		t.Fatalf("version %d with %d migrations", version, len(names))
	}
	for _, n := range names {
		b, err := fs.ReadFile(store.Migrations(), n)
		must(t, err)
		with[n] = &fstest.MapFile{Data: b}
	}
	with["migrations/8888.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE first(x); UPDATE orders SET number = 'kept';")}
	with["migrations/9999.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE half(x); DELETE FROM orders; INSERT INTO nowhere VALUES (1);")}
	restore := store.SetMigrations(with)
	_, err = store.Open(t.Context(), dir, keys, now)
	restore()
	if err == nil {
		t.Fatal("the migration did not fail")
	}
	db = raw(t, dir)
	if n := rawInt(t, db, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'"); n != 0 {
		t.Error("half of the migration stayed")
	}
	if n := rawInt(t, db, "PRAGMA user_version"); n != version+1 {
		t.Errorf("the version is %d, want %d: the one that succeeded", n, version+1)
	}
	if n := rawInt(t, db, "SELECT COUNT(*) FROM orders WHERE number = 'kept'"); n != 1 {
		t.Error("the order is gone")
	}
	must(t, db.Close())
	if _, err := store.Open(t.Context(), dir, keys, now); !errors.Is(err, store.ErrNewer) {
		t.Errorf("without the new migration: %v", err)
	}
}

// frozen makes the store that a frozen dump describes.
func frozen(tb testing.TB, name string) string {
	tb.Helper()
	dump, err := os.ReadFile(filepath.Join("testdata", name))
	must(tb, err)
	dir := tb.TempDir()
	db := raw(tb, dir)
	rawExec(tb, db, string(dump))
	must(tb, db.Close())
	return dir
}

func TestStoreOfVersion1OpensWithAllThatWasInIt(t *testing.T) {
	dir := frozen(t, "v1.sql")
	s := openIn(t, dir)
	must(t, s.Check(t.Context()))
	view(t, s, func(tx *store.Tx) {
		for id, want := range map[int64]struct {
			first  string
			photos int
			erased bool
		}{1: {"Anouk", 2, false}, 2: {"Basile", 1, false}, 3: {"Claude", 0, true}, 4: {"", 0, true}} {
			o, err := tx.Order(id)
			must(t, err)
			if o.Customer.FirstName != want.first || len(o.Photos) != want.photos || o.Erased != want.erased || o.Total != "59.00" {
				t.Errorf("order %d is %+v", id, o)
			}
		}
		os, err := tx.OrdersByEmail("ANOUK@example.org")
		must(t, err)
		if len(os) != 1 {
			t.Error("the order is not found by address")
		}
		hs, err := tx.Holds()
		must(t, err)
		if len(hs) != 1 || hs[0].Reason != "dispute with Anouk" {
			t.Errorf("holds %+v", hs)
		}
		ms, err := tx.CaseMessages(1)
		must(t, err)
		if len(ms) != 1 || ms[0].Message.Text != "Please erase my photos." || ms[0].Verdict.Findings[0].Right != request.Erasure {
			t.Errorf("the request is %+v", ms)
		}
		m, err := tx.Message(2)
		must(t, err)
		if m.Message.Subject != "" {
			t.Error("the forgotten person's mail is back")
		}
		c, err := tx.Case(1)
		must(t, err)
		if c.Requester.Name != "Anouk Morel" || !c.ReceivedAt.Equal(day) {
			t.Errorf("the case is %+v", c)
		}
		n, err := tx.CaseOfThread([]string{"a@x"})
		must(t, err)
		if n != 1 {
			t.Error("the thread does not find its case")
		}
		cs, err := tx.Cursors()
		must(t, err)
		if !reflect.DeepEqual(cs, []mailbox.Cursor{{Folder: "INBOX", UIDValidity: 7, UIDNext: 42}}) {
			t.Errorf("cursors %+v", cs)
		}
		r, err := tx.Run(1)
		must(t, err)
		st, err := tx.Steps(1)
		must(t, err)
		if r.State != erasure.Complete || len(st) != 1 || st[0].Status != erasure.Gone || st[0].Object.Key != "uploads/103/claude.jpg" {
			t.Errorf("the run is %+v, its steps %+v", r, st)
		}
		rs, err := tx.Records("processors")
		must(t, err)
		if len(rs) != 1 || string(rs[0].JSON) != `{"id":"P1"}` {
			t.Errorf("records %+v", rs)
		}
		ts, err := tx.Tombstones()
		must(t, err)
		kinds := map[string]int{}
		for _, b := range ts {
			kinds[b.Kind]++
		}
		if !reflect.DeepEqual(kinds, map[string]int{evidence.TombstonePerson: 1, evidence.TombstoneMedia: 1, "order": 1}) {
			t.Errorf("tombstones %+v", ts)
		}
		if v, _, err := tx.Setting("shop.woo.since"); err != nil || v != "2026-03-01T00:00:00Z" {
			t.Errorf("setting %q, %v", v, err)
		}
	})
	if r := verify(t, s); r.Entries != 3 || r.BrokenAt != nil {
		t.Errorf("journal %+v", r)
	}
	if _, _, changed := putOrder(t, s, anOrder("4", "denis@example.org", "Denis", "uploads/104/denis.jpg")); changed {
		t.Error("the tombstones of version 1 no longer hold")
	}
	hides(t, s, dir, "anouk@example.org", "Basile", "dispute with", "claude.jpg", "Please erase")
	must(t, s.Close())
	t.Run("and refuses another key", func(t *testing.T) {
		dir := frozen(t, "v1.sql")
		other := bytes.Repeat([]byte{9}, 32)
		if _, err := store.Open(t.Context(), dir, store.Keys{Seal: keys.Seal, Index: other}, now); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("and by two programs at once", func(t *testing.T) {
		dir := frozen(t, "v1.sql")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := store.Open(t.Context(), dir, keys, now)
				if err != nil {
					t.Error(err)
					return
				}
				s.Close()
			})
		}
		wg.Wait()
		must(t, openIn(t, dir).Check(t.Context()))
	})
}

func TestNewStoreIsMadeOnceByTwoPrograms(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			s, err := store.Open(t.Context(), dir, keys, now)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			ref := string(rune('a' + i))
			if err := s.Update(t.Context(), func(tx *store.Tx) error {
				_, _, _, err := tx.PutOrder(anOrder(ref, ref+"@example.org", "Anouk"))
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	view(t, openIn(t, dir), func(tx *store.Tx) {
		os, err := tx.Orders()
		must(t, err)
		if len(os) != 4 {
			t.Errorf("%d orders, want 4", len(os))
		}
	})
	if left, err := filepath.Glob(filepath.Join(dir, ".store-*")); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
