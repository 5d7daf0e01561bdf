package main

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"greffier/assets"
	"greffier/data/store"
	"greffier/ui"
)

// contents are the hashes of all files below a folder.
func contents(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(p)
		out[p] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAReadOnlyProfileIsToldAndNothingOfItIsChanged(t *testing.T) {
	for name, protect := range map[string]func(t *testing.T, dir string) (undo func()){
		"a disk that is read-only": func(t *testing.T, dir string) func() {
			if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
				t.Skipf("this machine mounts nothing: %v", err)
			}
			undo := func() {
				if err := syscall.Unmount(dir, 0); err != nil {
					t.Errorf("unmount: %v", err)
				}
			}
			if err := syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				undo()
				t.Skipf("this machine mounts nothing read-only: %v", err)
			}
			return undo
		},
		"files and a folder that cannot be written": func(t *testing.T, dir string) func() {
			set := func(how string) error {
				return exec.Command("chattr", "-R", "-f", how, dir).Run()
			}
			if err := set("+i"); err != nil {
				t.Skipf("this file system protects nothing: %v", err)
			}
			return func() {
				if err := set("-i"); err != nil {
					t.Errorf("take the protection away: %v", err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("orders.csv", oneOrder)
			w.init(csvTOML)
			w.ok("sync")
			before := contents(t, w.profile)
			undo := protect(t, w.profile)
			protected := true
			defer func() {
				if protected {
					undo()
				}
			}()
			t.Setenv(envNewPassphrase, "another sentence of hers")
			for _, args := range [][]string{{"cases"}, {"sync"}, {"verify"}, {"vault", "passphrase"}} {
				for _, lang := range assets.Langs {
					r := w.call(append([]string{"--lang", lang}, args...)...)
					words := func(key string) string {
						return oneLine(assets.Text(lang, "error."+store.ErrReadOnly.Error()+key, nil))
					}
					if r.code != exitFailed || !strings.Contains(r.err, words(".what")) || !strings.Contains(r.err, words(".next")) {
						t.Errorf("%v in %s: status %d, %s", args, lang, r.code, r.err)
					}
				}
			}
			_, err := openProfile(t.Context(), w.profile, testPassphrase, "fr", time.Now)
			if !errors.Is(err, store.ErrReadOnly) || !ui.Known(err) {
				t.Errorf("at the door: %v", err)
			}
			undo()
			protected = false
			if after := contents(t, w.profile); !maps.Equal(before, after) {
				t.Errorf("something was changed: %d files before, %d after", len(before), len(after))
			}
			w.ok("cases")
			w.verified()
		})
	}
}
