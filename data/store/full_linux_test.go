package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"greffier/data/store"
)

func init() { children["full"] = childFull }

// limit lets files grow to n bytes and no further, as a full disk would.
func limit(n uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = min(n, l.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

// childFull writes until the disk is full, and goes on when it no longer is.
func childFull(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	s, err := store.Open(ctx, dir, keys, now)
	if err != nil {
		return err
	}
	put := func(n int) error {
		return s.Update(ctx, func(tx *store.Tx) error {
			for i := range batch {
				ref := fmt.Sprint(n, "-", i)
				if _, _, _, err := tx.PutOrder(anOrder(ref, "client"+ref+"@example.org", "Anouk")); err != nil {
					return err
				}
			}
			_, err := tx.Append(anEntry(n))
			return err
		})
	}
	if err := put(0); err != nil {
		return err
	}
	if err := limit(1 << 20); err != nil {
		return err
	}
	n := 1
	for ; n < 1000; n++ {
		if err = put(n); err != nil {
			break
		}
	}
	if !errors.Is(err, store.ErrFull) {
		return fmt.Errorf("a full disk while writing: %w", err)
	}
	if err := put(n); !errors.Is(err, store.ErrFull) {
		return fmt.Errorf("a disk that is still full: %w", err)
	}
	copied := filepath.Join(dir, "copy.db")
	if err := limit(100 << 10); err != nil {
		return err
	}
	if err := s.BackupTo(ctx, copied); !errors.Is(err, store.ErrFull) {
		return fmt.Errorf("a full disk while copying: %w", err)
	}
	if _, err := os.Stat(copied); err == nil {
		return errors.New("half a copy was left")
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		return err
	}
	if err := limit(2 << 10); err != nil {
		return err
	}
	if _, err := store.Open(ctx, empty, keys, now); !errors.Is(err, store.ErrFull) {
		return fmt.Errorf("a full disk while making a store: %w", err)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) != 0 {
		return fmt.Errorf("half a store was left: %v, %w", left, err)
	}
	if err := limit(1 << 40); err != nil {
		return err
	}
	// The same open store goes on once there is room.
	if err := put(n); err != nil {
		return fmt.Errorf("after there is room again: %w", err)
	}
	if err := s.Check(ctx); err != nil {
		return err
	}
	fmt.Println(n + 1)
	return s.Close()
}

func TestFullDiskIsToldAndNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	cmd, _, out := child(t, "full", dir)
	var batches int
	for out.Scan() {
		_, err := fmt.Sscan(out.Text(), &batches)
		must(t, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the child ended with %v", err)
	}
	s := openIn(t, dir)
	must(t, s.Check(t.Context()))
	if r := verify(t, s); r.BrokenAt != nil || r.Entries != batches {
		t.Errorf("journal %+v, want %d entries", r, batches)
	}
	view(t, s, func(tx *store.Tx) {
		os, err := tx.Orders()
		must(t, err)
		if len(os) != batches*batch {
			t.Errorf("%d orders, want %d", len(os), batches*batch)
		}
	})
}
