//go:build linux

package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"greffier/app/erasure"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

func TestNamesThatAreNotText(t *testing.T) {
	f, seed := newFolder(t)
	names := []string{"\xff.jpg", "a\xe9b.jpg", "\xef\xbf\xbd.jpg", "\uFFFDFF.jpg", "fine.jpg", "line\nbreak.jpg", `back\slash.jpg`, "\xc3", "\xed\xa0\x80", "\x01.jpg", "\ufffe.jpg"}
	for _, n := range names {
		seed.Put("uploads/5/"+n, n)
	}
	got := storagetest.Keys(storagetest.List(t, f, "uploads/5/"))
	if len(slices.Compact(slices.Clone(got))) != len(names) {
		t.Fatalf("%d names became the keys %q", len(names), got)
	}
	if r, _ := storagetest.Erase(t, f, "5"); r.State != erasure.Complete || r.Erased != len(names) {
		t.Errorf("%+v", r)
	}
	if left := seed.Left(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestAHardLinkIsNotAnErasure(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("uploads/5/a.jpg", "x")
	if err := os.Link(filepath.Join(seed.root, "uploads/5/a.jpg"), filepath.Join(seed.root, "copy.jpg")); err != nil {
		t.Fatal(err)
	}
	r, steps := storagetest.Erase(t, f, "5")
	if r.State != erasure.Partial || steps[0].Reason != erasure.ErrElsewhere.Error() || len(seed.Left()) != 2 {
		t.Errorf("%+v, %+v, left %q", r, steps, seed.Left())
	}
}

func TestWhatMayNotBeChangedIsDenied(t *testing.T) {
	root := t.TempDir()
	// The folder above must be open to whoever the test becomes.
	for p := root; p != filepath.Dir(p) && p != os.TempDir(); p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	f, err := storage.NewFolder("local", root)
	if err != nil {
		t.Fatal(err)
	}
	seed := folderSeed{t, root}
	seed.Put("uploads/5/a.jpg", "x")
	seed.Put("closed/b.jpg", "x")
	for p, mode := range map[string]os.FileMode{"uploads/5/a.jpg": 0o400, "uploads/5": 0o555, "closed": 0o000} {
		if err := os.Chmod(filepath.Join(root, p), mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, p), 0o755) })
	}
	asNobody(t, func() {
		o := storagetest.List(t, f, "uploads/")
		if len(o) != 1 {
			t.Errorf("listed: %v", o)
			return
		}
		if err := f.Erase(t.Context(), o[0]); !errors.Is(err, erasure.ErrDenied) {
			t.Errorf("erase in a read-only folder: %v", err)
		}
		// A folder that may not be read could hold anything.
		if err := f.List(t.Context(), "", nothing); !errors.Is(err, erasure.ErrDenied) {
			t.Errorf("list with a closed folder in it: %v", err)
		}
	})
	if len(storagetest.List(t, f, "uploads/")) != 1 {
		t.Error("it is gone")
	}
}
