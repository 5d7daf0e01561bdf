//go:build linux

package storage_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
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

func TestAFolderReadsFilesAndNothingElse(t *testing.T) {
	f, seed := newFolder(t)
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("not hers"), 0o600); err != nil {
		t.Fatal(err)
	}
	seed.Put("u/1/a.jpg", "photo")
	at := func(k string) string { return filepath.Join(seed.root, filepath.FromSlash(k)) }
	for _, l := range []struct{ to, key string }{{outside, "u/1/out.jpg"}, {at("u/1/a.jpg"), "u/1/in.jpg"}, {at("u/1"), "u/2"}, {filepath.Dir(outside), "u/3"}} {
		if err := os.Symlink(l.to, at(l.key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("u/1/pipe.jpg"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range storagetest.List(t, f, "") {
		got, err := storagetest.Read(t, f, o)
		if o.Key == "u/1/a.jpg" {
			if err != nil || got != "photo" {
				t.Errorf("%q, %v", got, err)
			}
		} else if !errors.Is(err, erasure.ErrNoContent) {
			t.Errorf("%s: %q, %v", o.Key, got, err)
		}
	}
	for _, k := range []string{"u/2/a.jpg", "u/3/secret.txt"} {
		if got, err := storagetest.Read(t, f, plan.Object{Key: k}); !errors.Is(err, erasure.ErrChanged) {
			t.Errorf("%s, behind a link: %q, %v", k, got, err)
		}
	}
}

func TestAFileThatGrowsWhileItIsReadIsNoPhoto(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("a.jpg", "0123456789")
	for name, change := range map[string]string{"longer": "0123456789 and more", "shorter": "0123", "another one": "9876543210"} {
		seed.Put("a.jpg", "0123456789")
		o := storagetest.List(t, f, "")[0]
		r, err := f.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(seed.root, "a.jpg"), []byte(change), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); !errors.Is(err, erasure.ErrChanged) {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		r.Close()
	}
}
