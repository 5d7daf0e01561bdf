package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

func TestAShareThatKeepsWhatIsDeletedProvesNothing(t *testing.T) {
	for _, tc := range []struct {
		name, bin string
		file      bool
		want      bool // what it can prove
	}{
		{"nothing of the kind", "uploads", false, true},
		{"Samba's recycle bin", ".recycle", false, false},
		{"Synology's recycle bin", "#recycle", false, false},
		{"QNAP's recycle bin", "@Recycle", false, false},
		{"the same in another case", "@RECYCLE", false, false},
		{"Windows's recycle bin", "$RECYCLE.BIN", false, false},
		{"the desktop's trash", ".Trash-1000", false, false},
		{"NetApp's snapshots", ".snapshot", false, false},
		{"Synology's snapshots", "#snapshot", false, false},
		{"snapshots of ZFS", ".zfs", false, false},
		{"previous versions", "@GMT-2026.11.01-00.00.00", false, false},
		{"a file of that name", ".recycle", true, true},
		{"a name that only begins so", ".Trashes of marie", false, true},
		{"the trash of nobody", ".Trash-", false, true},
	} {
		for _, where := range []string{"in it", "above it"} {
			t.Run(tc.name+" "+where, func(t *testing.T) {
				top := t.TempDir()
				root := filepath.Join(top, "share", "photos")
				if err := os.MkdirAll(root, 0o755); err != nil {
					t.Fatal(err)
				}
				at := filepath.Join(root, tc.bin)
				if where == "above it" {
					at = filepath.Join(top, tc.bin)
				}
				var err error
				if tc.file {
					err = os.WriteFile(at, nil, 0o600)
				} else {
					err = os.Mkdir(at, 0o755)
				}
				if err != nil {
					t.Fatal(err)
				}
				f, err := storage.NewFolder("share", root)
				if err != nil {
					t.Fatal(err)
				}
				a, err := f.Check(t.Context())
				if err != nil || a.CanProve != tc.want || !tc.want && !strings.Contains(a.Described, tc.bin[:4]) && !strings.Contains(strings.ToLower(a.Described), strings.ToLower(tc.bin)) {
					t.Errorf("%+v, %v", a, err)
				}
			})
		}
	}
}

func TestARunOnAShareWithARecycleBinSaysThatItCannotProve(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put(".recycle/old.jpg", "x")
	seed.Put("uploads/1/a.jpg", "x")
	r, steps := storagetest.Erase(t, f, "1")
	if r.State != erasure.Partial || steps[0].Reason != "erased, but this storage cannot prove that it is gone" {
		t.Errorf("%+v, %+v", r, steps)
	}
}

func TestARecycleBinThatAppearsWithTheFirstDeletionIsNoticed(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("uploads/1/a.jpg", "x")
	if a, err := f.Check(t.Context()); err != nil || !a.CanProve {
		t.Fatalf("%+v, %v", a, err)
	}
	o := storagetest.List(t, f, "")[0]
	if err := f.Erase(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	seed.Put(".recycle/uploads/1/a.jpg", "x") // what the share makes of it
	if there, err := f.Look(t.Context(), o); there || !errors.Is(err, storage.ErrKeeps) {
		t.Errorf("%v, %v", there, err)
	}
	if a, err := f.Check(t.Context()); err != nil || a.CanProve {
		t.Errorf("%+v, %v", a, err)
	}
	// Known by now, it is said by Check and not once more.
	if there, err := f.Look(t.Context(), o); there || err != nil {
		t.Errorf("%v, %v", there, err)
	}
}

func TestAFileThatComesBackIsSeen(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("uploads/1/a.jpg", "x")
	o := storagetest.List(t, f, "")[0]
	if r, _ := storagetest.Erase(t, f, "1"); r.State != erasure.Complete {
		t.Fatalf("%+v", r)
	}
	seed.Put("uploads/1/a.jpg", "x") // as a synchronising program or a restored backup does
	if there, err := f.Look(t.Context(), o); !there || err != nil {
		t.Errorf("%v, %v", there, err)
	}
	if got := storagetest.List(t, f, "uploads/1/"); len(got) != 1 {
		t.Errorf("listed %v", got)
	}
}

func TestALookAtAFolderThatCannotTell(t *testing.T) {
	f, seed := newFolder(t)
	seed.Put("a/b/c", "x")
	if err := os.Symlink("a", filepath.Join(seed.root, "link")); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]error{"a/b/c/d": erasure.ErrChanged, "link/b/c": erasure.ErrChanged, "a/../b": storage.ErrBadAddress, "": storage.ErrBadAddress, "a/b": nil, "a/x/y": nil} {
		if there, err := f.Look(t.Context(), plan.Object{Key: key}); there || !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%q: %v, %v", key, there, err)
		}
	}
	gone, err := storage.NewFolder("local", filepath.Join(seed.root, "typo"))
	if err != nil {
		t.Fatal(err)
	}
	if there, err := gone.Look(t.Context(), plan.Object{Key: "a"}); there || !errors.Is(err, erasure.ErrNotThere) {
		t.Errorf("a folder that is not there: %v, %v", there, err)
	}
}
