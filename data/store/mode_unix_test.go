//go:build unix

package store_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"greffier/data/store"
)

// openUmask lets the test run as a program under which new files are readable
// by everybody.
func openUmask(t *testing.T) {
	was := syscall.Umask(0o022)
	t.Cleanup(func() { syscall.Umask(was) })
}

func TestFilesAreTheOwnersAloneUnderAnOpenUmask(t *testing.T) {
	openUmask(t)
	check := func(dir string) {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		must(t, err)
		for _, n := range names {
			st, err := os.Stat(n)
			must(t, err)
			if st.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", filepath.Base(n), st.Mode().Perm())
			}
		}
	}
	dir := t.TempDir()
	s := openIn(t, dir)
	putOrder(t, s, anOrder("1", "a@example.org", "Anouk"))
	must(t, s.BackupTo(t.Context(), filepath.Join(dir, "copy.db")))
	check(dir)
	for _, n := range []string{"greffier.db", "greffier.db-wal", "greffier.db-shm", "copy.db"} {
		if _, err := os.Stat(filepath.Join(dir, n)); err != nil {
			t.Errorf("%s is not there", n)
		}
	}
	t.Run("a file that was copied with another mode is protected when it is opened", func(t *testing.T) {
		other := t.TempDir()
		copyFile(t, filepath.Join(dir, "copy.db"), filepath.Join(other, store.FileName))
		must(t, os.Chmod(filepath.Join(other, store.FileName), 0o644))
		putOrder(t, openIn(t, other), anOrder("2", "b@example.org", "Basile"))
		check(other)
	})
	t.Run("a copy never replaces a file that is there", func(t *testing.T) {
		if err := s.BackupTo(t.Context(), filepath.Join(dir, "copy.db")); err == nil {
			t.Error("the file was replaced")
		}
	})
}
