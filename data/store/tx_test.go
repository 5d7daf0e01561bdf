package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"greffier/data/store"
)

func TestNothingOfAnActThatFailsIsKept(t *testing.T) {
	errOwn := errors.New("something went wrong")
	acts := func(t *testing.T, tx *store.Tx) {
		_, _, _, err := tx.PutOrder(anOrder("9", "anouk@example.org", "Anouk"))
		must(t, err)
		_, err = tx.Append(anEntry(9))
		must(t, err)
		_, err = tx.ForgetPerson("basile@example.org", day, 1)
		must(t, err)
	}
	for name, run := range map[string]func(*testing.T, *store.Store){
		"an error": func(t *testing.T, s *store.Store) {
			if err := s.Update(t.Context(), func(tx *store.Tx) error { acts(t, tx); return errOwn }); !errors.Is(err, errOwn) {
				t.Errorf("err = %v", err)
			}
		},
		"a panic": func(t *testing.T, s *store.Store) {
			defer func() {
				if recover() != "hostile" {
					t.Error("the panic was swallowed")
				}
			}()
			s.Update(t.Context(), func(tx *store.Tx) error { acts(t, tx); panic("hostile") })
		},
		"a cancel before the end": func(t *testing.T, s *store.Store) {
			ctx, cancel := context.WithCancel(t.Context())
			err := s.Update(ctx, func(tx *store.Tx) error { acts(t, tx); cancel(); return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
		},
		"a cancel in the middle": func(t *testing.T, s *store.Store) {
			ctx, cancel := context.WithCancel(t.Context())
			err := s.Update(ctx, func(tx *store.Tx) error {
				acts(t, tx)
				cancel()
				return tx.SetSetting("k", "v")
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
		},
		"a cancel before the beginning": func(t *testing.T, s *store.Store) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Update(ctx, func(tx *store.Tx) error { acts(t, tx); return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
		},
		"a look that tries to write": func(t *testing.T, s *store.Store) {
			err := s.View(t.Context(), func(tx *store.Tx) error {
				_, _, _, err := tx.PutOrder(anOrder("9", "anouk@example.org", "Anouk"))
				return err
			})
			if !errors.Is(err, store.ErrReadOnly) {
				t.Errorf("err = %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openIn(t, dir)
			putOrder(t, s, anOrder("1", "basile@example.org", "Basile"))
			run(t, s)
			view(t, s, func(tx *store.Tx) {
				os, err := tx.Orders()
				must(t, err)
				ts, err := tx.Tombstones()
				must(t, err)
				seq, _, err := tx.Head()
				must(t, err)
				if len(os) != 1 || os[0].Customer.FirstName != "Basile" || len(ts) != 0 || seq != 0 {
					t.Errorf("kept are %+v, %+v, entry %d", os, ts, seq)
				}
			})
			putOrder(t, s, anOrder("2", "claude@example.org", "Claude")) // the store goes on
			must(t, s.Check(t.Context()))
		})
	}
}

func TestProgramKilledWhileWritingLeavesAWholeStore(t *testing.T) {
	dir := t.TempDir()
	must(t, openIn(t, dir).Close())
	rnd := rand.New(rand.NewPCG(1, 2))
	last := 0
	for round := range 15 {
		cmd, _, out := child(t, "write", dir)
		for range 1 + rnd.IntN(40) {
			if !out.Scan() {
				t.Fatalf("round %d: the child ended by itself: %v", round, cmd.Wait())
			}
			n, err := strconv.Atoi(out.Text())
			must(t, err)
			last = max(last, n)
		}
		must(t, cmd.Process.Kill())
		for out.Scan() { // what it still said before it died
			if n, err := strconv.Atoi(out.Text()); err == nil {
				last = max(last, n)
			}
		}
		cmd.Wait()
		s, err := store.Open(t.Context(), dir, keys, now)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		must(t, s.Check(t.Context()))
		r := verify(t, s)
		view(t, s, func(tx *store.Tx) {
			os, err := tx.Orders()
			must(t, err)
			n, err := tx.CountMessages()
			must(t, err)
			if r.BrokenAt != nil || r.Entries != len(os) || len(os) != n[1] || len(os) < last {
				t.Errorf("round %d: journal %+v, %d orders, %d mails, of which %d were told", round, r, len(os), n[1], last)
			}
		})
		if st, err := os.Stat(filepath.Join(dir, store.FileName+"-wal")); err == nil && st.Size() > 64<<10 {
			t.Errorf("round %d: what the killed program wrote lingers in the log: %d bytes", round, st.Size())
		}
		must(t, s.Close())
	}
}

func TestReadersSeeWholeActsWhileOthersWrite(t *testing.T) {
	s := fresh(t)
	var wg sync.WaitGroup
	const writers, each = 3, 25
	done := make(chan struct{})
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				ref := strconv.Itoa(w*1000 + i)
				if err := s.Update(t.Context(), func(tx *store.Tx) error {
					if _, _, _, err := tx.PutOrder(anOrder(ref, "a"+ref+"@example.org", "Anouk")); err != nil {
						return err
					}
					_, err := tx.Append(anEntry(i))
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var readers sync.WaitGroup
	for range 6 { // more than there are connections
		readers.Go(func() {
			for {
				if err := s.View(t.Context(), func(tx *store.Tx) error {
					seq, _, err := tx.Head()
					if err != nil {
						return err
					}
					os, err := tx.Orders()
					if int64(len(os)) != seq {
						t.Errorf("%d orders with %d entries", len(os), seq)
					}
					return err
				}); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	wg.Wait()
	close(done)
	readers.Wait()
	if r := verify(t, s); r.Entries != writers*each || r.BrokenAt != nil {
		t.Errorf("journal %+v", r)
	}
}

func TestStoreHeldByAnotherProgramIsToldAsBusy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	putOrder(t, s, anOrder("1", "a@example.org", "Anouk"))
	cmd, in, out := child(t, "hold", dir)
	if !out.Scan() || out.Text() != "held" {
		t.Fatalf("the child says %q", out.Text())
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Update(t.Context(), func(tx *store.Tx) error { return nil }); !errors.Is(err, store.ErrBusy) {
			t.Errorf("an update: %v", err)
		}
	})
	wg.Go(func() {
		o, err := store.Open(t.Context(), dir, keys, now)
		if !errors.Is(err, store.ErrBusy) {
			t.Errorf("opening: %v", err)
		}
		if o != nil {
			o.Close()
		}
	})
	if o := getOrder(t, s, 1); o.Customer.FirstName != "Anouk" {
		t.Error("reading is held up, too")
	}
	wg.Wait()
	must(t, in.Close())
	must(t, cmd.Wait())
	view(t, s, func(tx *store.Tx) {
		if v, _, err := tx.Setting("held"); err != nil || v != "by the child" {
			t.Errorf("what the other program wrote is %q, %v", v, err)
		}
	})
}

func TestScrubThatAReaderPreventsIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	id, _, _ := putOrder(t, s, anOrder("1", "a@example.org", "Anouk"))
	view(t, s, func(tx *store.Tx) {
		_, err := tx.Orders() // the look begins
		must(t, err)
		update(t, s, func(w *store.Tx) { _, err := w.ForgetOrder(id, day, 1); must(t, err) })
		if err := s.Scrub(t.Context()); !errors.Is(err, store.ErrBusy) {
			t.Errorf("err = %v", err)
		}
		if o, err := tx.Order(id); err != nil || o.Customer.FirstName != "Anouk" {
			t.Errorf("the look changed: %+v, %v", o, err)
		}
	})
	must(t, s.Scrub(t.Context()))
	if st, err := os.Stat(filepath.Join(dir, store.FileName+"-wal")); err != nil || st.Size() != 0 {
		t.Errorf("the log has %d bytes, %v", st.Size(), err)
	}
}
