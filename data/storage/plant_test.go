package storage_test

import (
	"context"
	"errors"
	"testing"

	"greffier/app/erasure"
	"greffier/data/storage/storagetest"
)

type planter interface {
	erasure.Storage
	Plant(ctx context.Context, key string, content []byte) error
}

// planted lays a canary into a storage, sees that it lies there once and is not
// written over, and erases it.
func planted(t *testing.T, s planter, seed storagetest.Seeder) {
	t.Helper()
	seed.Put("uploads/1042/a.jpg", "a child's photo")
	const key = "uploads/GREFFIERDRILL7F3A/canary.jpg"
	if err := s.Plant(t.Context(), key, []byte("canary")); err != nil {
		t.Fatal(err)
	}
	if err := s.Plant(t.Context(), key, []byte("again")); !errors.Is(err, erasure.ErrChanged) {
		t.Errorf("over the canary: %v", err)
	}
	if err := s.Plant(t.Context(), "uploads/1042/a.jpg", []byte("x")); !errors.Is(err, erasure.ErrChanged) {
		t.Errorf("over a photo: %v", err)
	}
	for _, bad := range []string{"", "/", "../x", "uploads/", "a/../../b", "a\x00b"} {
		if err := s.Plant(t.Context(), bad, []byte("x")); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	os := storagetest.List(t, s, "uploads/GREFFIERDRILL7F3A")
	if len(os) != 1 || os[0].Key != key || os[0].SizeBytes != 6 {
		t.Fatalf("%+v", os)
	}
	if err := s.Erase(t.Context(), os[0]); err != nil {
		t.Fatal(err)
	}
	if u, ok := s.(interface {
		Unplant(ctx context.Context, key, mark string) error
	}); ok {
		if err := errors.Join(u.Unplant(t.Context(), key, "GREFFIERDRILL7F3A"), u.Unplant(t.Context(), key, "GREFFIERDRILL7F3A")); err != nil {
			t.Fatal(err)
		}
	}
	if got := storagetest.Keys(storagetest.List(t, s, "")); len(got) != 1 || got[0] != "uploads/1042/a.jpg" {
		t.Errorf("left: %q", got)
	}
}

func TestACanaryInAFolder(t *testing.T) {
	f, seed := newFolder(t)
	planted(t, f, seed)
	if left := seed.Left(); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}

func TestACanaryInABucket(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("kept", true, false)
	planted(t, open(t, srv, "kept"), seedS3{srv, "kept"})
	srv.Bucket("plain", false, false)
	planted(t, open(t, srv, "plain"), seedS3{srv, "plain"})
}

func TestACanaryOnAnSFTPServer(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	seed := folderSeed{t, root}
	planted(t, openSFTP(t, config(srv, root)), seed)
	if left := seed.Left(); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}

func TestACanaryInAWebDAVFolder(t *testing.T) {
	w, seed := openDAV(t, storagetest.DAV(t), "photos")
	planted(t, w, seed)
	if left := seed.folderSeed.Left(); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}
