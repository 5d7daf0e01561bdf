package storage_test

import (
	"errors"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

// lockServers are the servers that locks are tried on.
func lockServers(t *testing.T) map[string]*storagetest.Server {
	out := map[string]*storagetest.Server{"versitygw": storagetest.S3(t)}
	if m := storagetest.MinIO(t); m != nil {
		out["minio"] = m
	}
	return out
}

func TestALegalHoldKeepsAVersionUntilItIsReleased(t *testing.T) {
	for name, srv := range lockServers(t) {
		t.Run(name, func(t *testing.T) {
			srv.Bucket("photos", true, true)
			o := plan.Object{Storage: "photos", Key: "uploads/1/a.jpg", Version: srv.Put("photos", "uploads/1/a.jpg", "x")}
			s := lockable(t, srv)
			if can, err := s.CanLock(t.Context()); err != nil || !can {
				t.Fatalf("a bucket with object lock: %v %v", can, err)
			}
			if held, err := s.Locked(t.Context(), o); held || err != nil {
				t.Fatalf("before: %v %v", held, err)
			}
			for range 2 { // what is held already is a success
				if err := s.Lock(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			if held, err := s.Locked(t.Context(), o); !held || err != nil {
				t.Fatalf("held: %v %v", held, err)
			}
			if err := s.Erase(t.Context(), o); !errors.Is(err, erasure.ErrLocked) {
				t.Fatalf("a held version was erased: %v", err)
			}
			for range 2 {
				if err := s.Unlock(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Erase(t.Context(), o); err != nil {
				t.Fatalf("a released version stays: %v", err)
			}
			if rows := srv.Rows("photos"); len(rows) != 0 {
				t.Errorf("left: %v", rows)
			}
			if err := s.Unlock(t.Context(), o); err != nil {
				t.Errorf("release what is gone: %v", err)
			}
		})
	}
}

func TestABucketWithoutObjectLockHoldsNothing(t *testing.T) {
	for name, srv := range lockServers(t) {
		t.Run(name, func(t *testing.T) {
			srv.Bucket("photos", true, false)
			if can, err := lockable(t, srv).CanLock(t.Context()); can || err != nil {
				t.Errorf("%v %v", can, err)
			}
		})
	}
}

func TestAMarkerCannotBeHeld(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, true)
	if err := lockable(t, srv).Lock(t.Context(), plan.Object{Storage: "photos", Key: "a", Version: "v", Kind: plan.Marker}); !errors.Is(err, erasure.ErrNoWay) {
		t.Error(err)
	}
}

func lockable(t *testing.T, srv *storagetest.Server) *storage.S3 {
	t.Helper()
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: srv.Endpoint, Region: srv.Region, Bucket: "photos", AccessKey: srv.AccessKey, SecretKey: srv.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
