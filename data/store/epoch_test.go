package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/data/store"
)

// keyFile keeps epochs in memory, as data/vault does in a file.
type keyFile struct {
	mu    sync.Mutex
	all   map[string][]byte
	saves int
	full  int // the save of that number fails
}

func (k *keyFile) Load() (map[string][]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.all), nil
}

func (k *keyFile) Save(all map[string][]byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.saves++; k.saves == k.full {
		return store.ErrFull
	}
	k.all = maps.Clone(all)
	return nil
}

func (k *keyFile) keys() store.Keys {
	if k.all == nil {
		k.all = map[string][]byte{}
	}
	return store.Keys{Seal: keys.Seal, Index: keys.Index, Epochs: k}
}

func openEpochs(tb testing.TB, dir string, k *keyFile) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), dir, k.keys(), now)
	must(tb, err)
	tb.Cleanup(func() { s.Close() })
	return s
}

// fillShop puts two customers in, one of them with everything.
func fillShop(t *testing.T, s *store.Store) (anouk, basile int64) {
	t.Helper()
	anouk, _, _ = putOrder(t, s, anOrder("1", "anouk@example.org", "Anouk", "uploads/101/a.jpg"))
	basile, _, _ = putOrder(t, s, anOrder("2", "basile@example.org", "Basile", "uploads/102/secret-b.jpg"))
	putOrder(t, s, anOrder("3", "basile@example.org", "Basile", "uploads/103/c.jpg"))
	putMail(t, s, aMail("m1", "anouk@example.org", "Hello from Anouk", "text", request.ToCheck))
	update(t, s, func(tx *store.Tx) {
		_, err := tx.PutHold(plan.Hold{Order: basile, Reason: "a dispute"})
		must(t, err)
		must(t, tx.PutRecord("sent-1", "x", []byte(`{"to":"Anouk"}`), day))
		must(t, tx.PutRecord("processors", "P1", []byte(`{"name":"Printer"}`), day))
		must(t, tx.PutCursor(mailbox.Cursor{Folder: "INBOX", UIDNext: 7}))
		id, err := tx.NewCase(cases.Case{Subject: "case of Anouk"})
		must(t, err)
		j := aMail("m2", "anouk@example.org", "with a passport", "text", request.Request)
		j.Case = int64(id)
		_, _, err = tx.PutMessage(j)
		must(t, err)
	})
	return anouk, basile
}

// copyOf copies the store's file as a thief or a backup by hand does.
func copyOf(t *testing.T, s *store.Store, dir string) string {
	t.Helper()
	must(t, s.Scrub(t.Context()))
	to := t.TempDir()
	copyFile(t, filepath.Join(dir, store.FileName), filepath.Join(to, store.FileName))
	return to
}

func TestOlderCopyOfTheFileDoesNotOpenWithTheKeysOfNow(t *testing.T) {
	forget := map[string]func(t *testing.T, tx *store.Tx, anouk, basile int64){
		"a person": func(t *testing.T, tx *store.Tx, anouk, _ int64) {
			_, err := tx.ForgetPerson("anouk@example.org", day, 1)
			must(t, err)
		},
		"one order of two": func(t *testing.T, tx *store.Tx, _, basile int64) {
			_, err := tx.ForgetOrder(basile, day, 1)
			must(t, err)
		},
		"the photos of an order": func(t *testing.T, tx *store.Tx, _, basile int64) {
			_, err := tx.ForgetMedia(basile, day, 1)
			must(t, err)
		},
		"a copy of an identity document": func(t *testing.T, tx *store.Tx, _, _ int64) { must(t, tx.DropRaw(2)) },
		"what a case held": func(t *testing.T, tx *store.Tx, _, _ int64) {
			must(t, tx.ReduceCase(cases.Case{ID: 1, Subject: "case of Anouk"}))
		},
		"an order that the shop made anonymous": func(t *testing.T, tx *store.Tx, anouk, _ int64) {
			o, err := tx.Order(anouk)
			must(t, err)
			_, _, _, err = tx.PutOrder(order.Order{ID: o.ID, Shop: o.Shop, Ref: o.Ref, Number: o.Number, Status: o.Status, State: o.State, CreatedAt: o.CreatedAt, Anonymised: true})
			must(t, err)
		},
		"a sent mail": func(t *testing.T, tx *store.Tx, _, _ int64) { must(t, tx.DeleteRecord("sent-1", "x")) },
	}
	for name, f := range forget {
		t.Run(name, func(t *testing.T) {
			dir, k := t.TempDir(), &keyFile{}
			s := openEpochs(t, dir, k)
			anouk, basile := fillShop(t, s)
			older := copyOf(t, s, dir)
			before := &keyFile{all: maps.Clone(k.all)}
			update(t, s, func(tx *store.Tx) { f(t, tx, anouk, basile) })
			must(t, s.Scrub(t.Context()))
			if len(k.all) != 1 {
				t.Fatalf("%d keys are kept", len(k.all))
			}
			if _, err := store.Open(t.Context(), older, k.keys(), now); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("the copy opens with the keys of now: %v", err)
			}
			// Whatever the copy says of its epoch, no key of now opens a key in it.
			for id := range k.all {
				forged := t.TempDir()
				copyFile(t, filepath.Join(older, store.FileName), filepath.Join(forged, store.FileName))
				db := raw(t, forged)
				rawExec(t, db, "UPDATE meta SET value = ? WHERE key = 'epoch'", id)
				must(t, db.Close())
				c, err := store.Open(t.Context(), forged, k.keys(), now)
				must(t, err)
				if err := c.View(t.Context(), func(tx *store.Tx) error { _, err := tx.Orders(); return err }); !errors.Is(err, store.ErrDamaged) {
					t.Errorf("orders of the copy: %v", err)
				}
				c.Close()
			}
			// The test would see it if the copy could be opened at all.
			c := openEpochs(t, older, before)
			told(t, everything(t, c), "Anouk", "secret-b.jpg")
			// What was not forgotten is all there.
			must(t, s.Check(t.Context()))
			told(t, everything(t, s), "Basile", "Printer", "a dispute", "case of Anouk")
		})
	}
}

func TestKeyOfAPersonWhoStaysIsAnotherAfterAPartOfHersIsForgotten(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	_, basile := fillShop(t, s)
	subjectKey := func() (b []byte) {
		db := raw(t, dir)
		defer db.Close()
		must(t, db.QueryRow("SELECT s.sealed FROM subject s JOIN orders o ON o.subject = s.id WHERE o.ref = '3'").Scan(&b))
		return b
	}
	sealed := subjectKey()
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetOrder(basile, day, 1)
		must(t, err)
	})
	if bytes.Equal(sealed, subjectKey()) {
		t.Error("the key is the one that opens older copies of what was forgotten")
	}
	must(t, s.Check(t.Context()))
}

func TestEndOfAnEpochIsInTheJournalAndNothingElseIs(t *testing.T) {
	dir, k := t.TempDir(), &keyFile{}
	s := openEpochs(t, dir, k)
	fillShop(t, s)
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetPerson("anouk@example.org", day, 1)
		must(t, err)
	})
	must(t, s.Scrub(t.Context()))
	must(t, s.Scrub(t.Context()))
	update(t, s, func(tx *store.Tx) { must(t, tx.DeleteRecord("sent-1", "x")) })
	must(t, s.Scrub(t.Context()))
	view(t, s, func(tx *store.Tx) {
		es, err := tx.Journal(0)
		must(t, err)
		if len(es) != 1 || es[0].Act != evidence.ActKeyDestroyed || !strings.HasPrefix(es[0].Detail, `{"keys":`) || es[0].Actor != "greffier" {
			t.Errorf("journal: %+v", es)
		}
	})
}

func TestTurnThatIsCutOffAtAnyWriteLosesNothing(t *testing.T) {
	for at := 1; at <= 2; at++ {
		t.Run(fmt.Sprint("write ", at), func(t *testing.T) {
			dir, k := t.TempDir(), &keyFile{}
			s := openEpochs(t, dir, k)
			fillShop(t, s)
			update(t, s, func(tx *store.Tx) {
				_, err := tx.ForgetPerson("anouk@example.org", day, 1)
				must(t, err)
			})
			k.saves, k.full = 0, at
			if err := s.Scrub(t.Context()); !errors.Is(err, store.ErrFull) {
				t.Fatalf("err = %v", err)
			}
			told(t, everything(t, s), "Basile", "Printer")
			must(t, s.Close())
			again := openEpochs(t, dir, k)
			must(t, again.Check(t.Context()))
			if len(k.all) != 1 {
				t.Errorf("%d keys are kept", len(k.all))
			}
			told(t, everything(t, again), "Basile", "Printer")
		})
	}
}

func TestViewThatBeganBeforeATurnGoesOnAfterIt(t *testing.T) {
	dir, k := t.TempDir(), &keyFile{}
	s := openEpochs(t, dir, k)
	fillShop(t, s)
	view(t, s, func(tx *store.Tx) {
		update(t, s, func(w *store.Tx) {
			_, err := w.ForgetPerson("anouk@example.org", day, 1)
			must(t, err)
		})
		// The log cannot be folded in while the view lasts; the epoch ends all the same.
		ctx := t.Context()
		done := make(chan error, 1)
		go func() { done <- s.Scrub(ctx) }()
		for {
			if a, _ := k.Load(); len(a) == 1 && k.saved() >= 3 {
				break
			}
		}
		if os, err := tx.Orders(); err != nil || len(os) != 3 {
			t.Errorf("%d orders, %v", len(os), err)
		}
	})
	view(t, s, func(tx *store.Tx) {
		_, err := tx.Orders()
		must(t, err)
	})
}

func (k *keyFile) saved() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.saves
}

func TestStoreOfNoEpochBeginsOneWhenItIsOpened(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	fillShop(t, s)
	must(t, s.Close())
	k := &keyFile{}
	again := openEpochs(t, dir, k)
	must(t, again.Check(t.Context()))
	told(t, everything(t, again), "Anouk", "Printer")
	must(t, again.Close())
	if _, err := store.Open(t.Context(), dir, (&keyFile{}).keys(), now); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("with a lost key file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, store.FileName)); err != nil {
		t.Error(err)
	}
}

func TestJournalGoesOnWhenTheClockIsSetBack(t *testing.T) {
	s := fresh(t)
	update(t, s, func(tx *store.Tx) {
		for _, at := range []int{0, -400, 1} {
			e := anEntry(1)
			e.At = day.AddDate(0, 0, at)
			_, err := tx.Append(e)
			must(t, err)
		}
	})
	// The order is the number's, not the clock's: each entry says what the clock
	// said, and the chain proves which came first.
	if r := verify(t, s); r.BrokenAt != nil || r.Entries != 3 {
		t.Errorf("journal: %+v", r)
	}
	view(t, s, func(tx *store.Tx) {
		es, err := tx.JournalAfter(0)
		must(t, err)
		if !es[1].At.Before(es[0].At) {
			t.Error("the clock's word was changed")
		}
	})
}

func TestVersionIsReadAndTheStoreCopiedWithoutChangingIt(t *testing.T) {
	dir := t.TempDir()
	script, err := os.ReadFile("testdata/v3.sql")
	must(t, err)
	db := raw(t, dir)
	rawExec(t, db, string(script))
	must(t, db.Close())
	have, newest, err := store.Version(t.Context(), dir)
	must(t, err)
	if have != 3 || newest < 4 {
		t.Errorf("%d of %d", have, newest)
	}
	to := filepath.Join(t.TempDir(), store.FileName)
	must(t, store.CopyTo(t.Context(), dir, to))
	if st, err := os.Stat(to); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
	if have, _, err := store.Version(t.Context(), dir); err != nil || have != 3 {
		t.Errorf("the store is of version %d now, %v", have, err)
	}
	if have, _, err := store.Version(t.Context(), filepath.Dir(to)); err != nil || have != 3 {
		t.Errorf("the copy is of version %d, %v", have, err)
	}
	copied := openIn(t, filepath.Dir(to))
	must(t, copied.Check(t.Context()))
}

func TestEveryEarlierSchemaBeginsAnEpoch(t *testing.T) {
	for _, v := range []string{"v1", "v2", "v3"} {
		t.Run(v, func(t *testing.T) {
			dir := t.TempDir()
			script, err := os.ReadFile("testdata/" + v + ".sql")
			must(t, err)
			db := raw(t, dir)
			rawExec(t, db, string(script))
			must(t, db.Close())
			k := &keyFile{}
			s := openEpochs(t, dir, k)
			must(t, s.Check(t.Context()))
			if len(k.all) != 1 {
				t.Errorf("%d keys", len(k.all))
			}
		})
	}
}
