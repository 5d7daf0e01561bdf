package storage_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

// folderSeed writes below a folder.
type folderSeed struct {
	t    testing.TB
	root string
}

func (s folderSeed) Put(key, data string) {
	s.t.Helper()
	p := filepath.Join(s.root, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// Left returns files and folders: an empty folder is left too.
func (s folderSeed) Left() []string {
	s.t.Helper()
	var out []string
	if err := filepath.WalkDir(s.root, func(p string, _ fs.DirEntry, err error) error {
		if p != s.root && err == nil {
			if info, err := os.Lstat(p); err == nil && !info.IsDir() || p != s.root && err == nil && isEmpty(p) {
				out = append(out, strings.TrimPrefix(p, s.root+"/"))
			}
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func isEmpty(dir string) bool {
	es, err := os.ReadDir(dir)
	return err == nil && len(es) == 0
}

func newFolder(t testing.TB) (*storage.Folder, folderSeed) {
	t.Helper()
	root := t.TempDir()
	f, err := storage.NewFolder("local", root)
	if err != nil {
		t.Fatal(err)
	}
	return f, folderSeed{t, root}
}

func TestFolder(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) (erasure.Storage, storagetest.Seeder) {
		f, s := newFolder(t)
		return f, s
	})
}

func TestAMissingFolderIsNotAnEmptyOne(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(t *testing.T) string
	}{
		{"a path that does not exist", func(t *testing.T) string { return filepath.Join(t.TempDir(), "typo") }},
		{"a file", func(t *testing.T) string {
			p := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return p
		}},
		{"a link to nowhere", func(t *testing.T) string {
			p := filepath.Join(t.TempDir(), "link")
			if err := os.Symlink("/nowhere/at/all", p); err != nil {
				t.Fatal(err)
			}
			return p
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := storage.NewFolder("local", tc.make(t))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Check(t.Context()); !errors.Is(err, erasure.ErrNotThere) {
				t.Errorf("Check: %v", err)
			}
			if err := f.List(t.Context(), "", func(plan.Object) error { return nil }); !errors.Is(err, erasure.ErrNotThere) {
				t.Errorf("List: %v", err)
			}
			if err := f.Erase(t.Context(), plan.Object{Key: "a"}); !errors.Is(err, erasure.ErrNotThere) {
				t.Errorf("Erase: %v", err)
			}
		})
	}
	for _, p := range []string{"", "/", "a\x00b"} {
		if _, err := storage.NewFolder("local", p); !errors.Is(err, storage.ErrBadAddress) {
			t.Errorf("NewFolder(%q): %v", p, err)
		}
	}
}

func TestLinksAreErasedAndNeverFollowed(t *testing.T) {
	f, seed := newFolder(t)
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.jpg")
	if err := os.WriteFile(secret, []byte("not yours"), 0o600); err != nil {
		t.Fatal(err)
	}
	seed.Put("uploads/7/mine.jpg", "x")
	seed.Put("uploads/8/other.jpg", "x")
	for name, target := range map[string]string{"uploads/7/file-link": secret, "uploads/7/dir-link": outside, "uploads/7/inner-link": "../8", "uploads/7/broken": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(seed.root, name)); err != nil {
			t.Fatal(err)
		}
	}
	got := storagetest.Keys(storagetest.List(t, f, "uploads/7/"))
	if want := "uploads/7/broken uploads/7/dir-link uploads/7/file-link uploads/7/inner-link uploads/7/mine.jpg"; strings.Join(got, " ") != want {
		t.Errorf("listed %q", got)
	}
	for _, key := range []string{"uploads/7/dir-link/secret.jpg", "uploads/7/inner-link/other.jpg"} {
		if err := f.Erase(t.Context(), plan.Object{Key: key}); !errors.Is(err, erasure.ErrChanged) {
			t.Errorf("erase %s through a link: %v", key, err)
		}
		if len(storagetest.List(t, f, key)) != 0 {
			t.Errorf("%s is listed through a link", key)
		}
	}
	if r, _ := storagetest.Erase(t, f, "7"); r.State != erasure.Complete || r.Erased != 5 {
		t.Errorf("%+v", r)
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "not yours" {
		t.Errorf("what the link led to is touched: %q, %v", b, err)
	}
	if got := seed.Left(); len(got) != 1 || got[0] != "uploads/8/other.jpg" {
		t.Errorf("left: %q", got)
	}
}

func TestKeysThatLeaveTheFolderAreRefused(t *testing.T) {
	f, seed := newFolder(t)
	outside := filepath.Join(filepath.Dir(seed.root), "outside.txt")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	seed.Put("a/b", "x")
	for _, key := range []string{"", "..", "../outside.txt", "a/../../outside.txt", "/etc/hostname", "a/", ".", "a//b", "a/./b", "a\x00", "\uFFFD2F", "\uFFFD2E\uFFFD2E/outside.txt", "\uFFFD", "\uFFFDzz"} {
		if err := f.Erase(t.Context(), plan.Object{Key: key}); !errors.Is(err, storage.ErrBadAddress) {
			t.Errorf("Erase(%q): %v", key, err)
		}
	}
	if _, err := os.Stat(outside); err != nil || len(seed.Left()) != 1 {
		t.Errorf("something is gone: %v, %q", err, seed.Left())
	}
}

func TestAFolderInTheWayIsNotErased(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("a/b/c", "x")
	if err := f.Erase(t.Context(), plan.Object{Key: "a/b"}); !errors.Is(err, erasure.ErrChanged) {
		t.Error(err)
	}
	if err := f.Erase(t.Context(), plan.Object{Key: "a/b/c/d"}); !errors.Is(err, erasure.ErrChanged) {
		t.Error(err)
	}
	if len(seed.Left()) != 1 {
		t.Errorf("left: %q", seed.Left())
	}
}

func TestAFileThatChangedSinceTheListingStays(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("a/1.jpg", "old")
	o := storagetest.List(t, f, "")[0]
	seed.Put("a/1.jpg", "a new photo")
	if err := f.Erase(t.Context(), o); !errors.Is(err, erasure.ErrChanged) || len(seed.Left()) != 1 {
		t.Errorf("%v, left %q", err, seed.Left())
	}
}

func TestEmptyFoldersGoAndFullOnesStay(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("a/b/c/1.jpg", "x")
	seed.Put("a/2.jpg", "x")
	if err := f.Erase(t.Context(), plan.Object{Key: "a/b/c/1.jpg"}); err != nil {
		t.Fatal(err)
	}
	if got := seed.Left(); len(got) != 1 || got[0] != "a/2.jpg" {
		t.Errorf("left: %q", got)
	}
	if err := f.Erase(t.Context(), plan.Object{Key: "a/2.jpg"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(seed.root); err != nil || !isEmpty(seed.root) {
		t.Errorf("the storage's own folder: %v, %q", err, seed.Left())
	}
}

func TestTheAddressOfAFolderLeadsBackToItsKeys(t *testing.T) {
	f, err := storage.NewFolder("local", filepath.Join(t.TempDir(), "photos ü"))
	if err != nil {
		t.Fatal(err)
	}
	base := f.Bases()[0].URL
	s, key, ok := plan.Resolve(base+"uploads/1/a%20b.jpg", f.Bases())
	if s != "local" || key != "uploads/1/a b.jpg" || !ok || !strings.HasPrefix(base, "file:///") {
		t.Errorf("%q: %q, %q, %v", base, s, key, ok)
	}
}
