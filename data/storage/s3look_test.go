package storage_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

// everyServer runs a test on versitygw and, where it is, on MinIO.
func everyServer(t *testing.T, test func(t *testing.T, srv *storagetest.Server)) {
	t.Run("versitygw", func(t *testing.T) { test(t, storagetest.S3(t)) })
	if second := storagetest.MinIO(t); second != nil {
		t.Run("MinIO", func(t *testing.T) { test(t, second) })
	}
}

func sees(t *testing.T, s *storage.S3, o plan.Object) bool {
	t.Helper()
	there, err := s.Look(t.Context(), o)
	if err != nil {
		t.Fatalf("look at a %s of %s: %v", o.Kind, o.Key, err)
	}
	return there
}

func TestADirectLookSeesVersionsMarkersAndUploads(t *testing.T) {
	everyServer(t, func(t *testing.T, srv *storagetest.Server) {
		srv.Bucket("photos", false, false)
		srv.Put("photos", "uploads/1/a.jpg", "before versioning") // the version without a name
		if err := srv.Client.EnableVersioning(t.Context(), "photos"); err != nil {
			t.Fatal(err)
		}
		srv.Put("photos", "uploads/1/a.jpg", "one")
		srv.Put("photos", "uploads/1/a.jpg", "two")
		srv.Delete("photos", "uploads/1/a.jpg")
		srv.Put("photos", "uploads/1/b.jpg", "one")
		srv.Suspend("photos")
		srv.Delete("photos", "uploads/1/b.jpg") // a marker without a name
		srv.Upload("photos", "uploads/1/c.jpg", "half")
		s := open(t, srv, "photos")
		objects := storagetest.List(t, s, "uploads/1/")
		if got, want := kinds(objects), "4 versions, 2 markers, 1 uploads, 2 null"; got != want {
			t.Fatalf("listed %s, want %s", got, want)
		}
		for _, o := range objects {
			if !sees(t, s, o) {
				t.Errorf("%s %s of %s is listed and not seen", o.Kind, o.Version, o.Key)
			}
		}
		for i, o := range objects {
			// Listed again: versitygw gives an old version another time when it
			// becomes the newest one.
			for _, now := range storagetest.List(t, s, o.Key) {
				if now.ID() != o.ID() {
					continue
				}
				if err := s.Erase(t.Context(), now); err != nil {
					t.Fatal(err)
				}
			}
			for j, x := range objects {
				if got := sees(t, s, x); got != (j > i) {
					t.Errorf("after %d: %s %s of %s is seen: %v", i, x.Kind, x.Version, x.Key, got)
				}
			}
		}
	})
}

func TestNotFoundInAMistypedBucketIsNoAbsence(t *testing.T) {
	everyServer(t, func(t *testing.T, srv *storagetest.Server) {
		srv.Bucket("photos", true, false)
		version := srv.Put("photos", "uploads/1/a.jpg", "x")
		upload := srv.Upload("photos", "uploads/1/b.jpg", "x")
		for _, o := range []plan.Object{{Key: "uploads/1/a.jpg", Version: version}, {Key: "uploads/1/a.jpg", Version: "null"}, {Key: "uploads/1/a.jpg"},
			{Key: "uploads/1/a.jpg", Version: version, Kind: plan.Marker}, {Key: "uploads/1/b.jpg", Version: upload, Kind: plan.Upload}} {
			if there, err := open(t, srv, "photo").Look(t.Context(), o); there || !errors.Is(err, erasure.ErrNotThere) {
				t.Errorf("%s %q: %v, %v", o.Kind, o.Version, there, err)
			}
			wrong, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: srv.Endpoint, Region: srv.Region, Bucket: "photos", AccessKey: srv.AccessKey, SecretKey: "hush"})
			if err != nil {
				t.Fatal(err)
			}
			if there, err := wrong.Look(t.Context(), o); there || !errors.Is(err, erasure.ErrDenied) {
				t.Errorf("%s %q with a wrong secret: %v, %v", o.Kind, o.Version, there, err)
			}
		}
	})
}

func TestALookThatWasRefusedIsNoAbsence(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	o := plan.Object{Storage: "photos", Key: "uploads/1/a.jpg", Version: srv.Put("photos", "uploads/1/a.jpg", "x")}
	object := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".jpg") }
	for _, tc := range []struct {
		name   string
		status int
		want   error
		there  bool
	}{
		{"403", 403, erasure.ErrDenied, false},
		{"a method that is not allowed", 405, storage.ErrUnclear, false},
		{"a request that is not understood", 400, storage.ErrUnclear, false},
		{"a call that the server does not know", 501, storage.ErrUnclear, false},
		{"a server in trouble", 503, erasure.ErrOffline, false},
		{"no such key", 404, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
				if object(r) {
					w.WriteHeader(tc.status)
				}
				return object(r)
			})
			if there, err := s.Look(t.Context(), o); there != tc.there || !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Errorf("%v, %v", there, err)
			}
		})
	}
	t.Run("no such key, and no such bucket any more", func(t *testing.T) {
		s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
			if object(r) {
				return refuse(w, 404, "NoSuchKey")
			}
			if r.Method == http.MethodHead {
				w.WriteHeader(404)
			}
			return r.Method == http.MethodHead
		})
		if there, err := s.Look(t.Context(), o); there || !errors.Is(err, erasure.ErrNotThere) {
			t.Errorf("%v, %v", there, err)
		}
	})
}

// MinIO and Amazon word a lock otherwise than versitygw, which answers the
// question for its end with XML that is none.
func TestALockIsRecognisedInBothItsShapes(t *testing.T) {
	everyServer(t, func(t *testing.T, srv *storagetest.Server) {
		srv.Bucket("photos", true, true)
		until := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
		srv.Retain("photos", "uploads/1/a.jpg", srv.Put("photos", "uploads/1/a.jpg", "x"), until)
		srv.Hold("photos", "uploads/1/b.jpg", srv.Put("photos", "uploads/1/b.jpg", "x"))
		s := open(t, srv, "photos")
		objects := storagetest.List(t, s, "")
		many := s.EraseMany(t.Context(), objects)
		for i, o := range objects {
			want := map[string]time.Time{"uploads/1/a.jpg": until}[o.Key]
			for how, err := range map[string]error{"alone": s.Erase(t.Context(), o), "among others": many[i]} {
				var locked *erasure.LockedError
				if !errors.As(err, &locked) || !locked.Until.Equal(want) {
					t.Errorf("%s %s: %v", o.Key, how, err)
				}
			}
			if !sees(t, s, o) {
				t.Errorf("%s is not seen any more", o.Key)
			}
		}
	})
}

func TestAnEndOfALockThatCannotBeReadIsALockWithoutDate(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, true)
	srv.Retain("photos", "uploads/1/a.jpg", srv.Put("photos", "uploads/1/a.jpg", "x"), time.Now().Add(48*time.Hour))
	for _, refusal := range []struct {
		status int
		code   string
	}{{403, "AccessDenied"}, {400, "InvalidRequest"}} {
		s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case r.Method == http.MethodDelete:
				return refuse(w, refusal.status, refusal.code)
			case asks(r, "retention"), asks(r, "legal-hold"):
				fmt.Fprint(w, "<ObjectLockRetention><Mode>COMPLIANCE</Mode><RetainUntilDate>soon</RetainUntilDate>")
				return true
			case r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, ".jpg"):
				w.WriteHeader(404)
				return true
			}
			return false
		})
		o := storagetest.List(t, s, "")[0]
		var locked *erasure.LockedError
		if err := s.Erase(t.Context(), o); !errors.As(err, &locked) || !locked.Until.IsZero() {
			t.Errorf("%d %s: %v", refusal.status, refusal.code, err)
		}
	}
}

func TestRowsThatAreListedTwiceAreToldOnce(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	page := func(first, last int, next string) string {
		var b strings.Builder
		b.WriteString("<ListVersionsResult><IsTruncated>" + fmt.Sprint(next != "") + "</IsTruncated><NextKeyMarker>" + next + "</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>")
		for i := first; i <= last; i++ {
			fmt.Fprintf(&b, "<Version><Key>uploads/1/%05d.jpg</Key><VersionId>v</VersionId><LastModified>2026-11-01T00:00:00Z</LastModified><ETag>\"e\"</ETag><Size>1</Size></Version>", i)
		}
		return b.String() + "</ListVersionsResult>"
	}
	s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
		if !asks(r, "versions") {
			return false
		}
		var at int
		_, _ = fmt.Sscanf(r.URL.Query().Get("key-marker"), "uploads/1/%d.jpg", &at)
		// Each page begins with the last row of the one before.
		if next := at + 999; next < 5000 {
			fmt.Fprint(w, page(at, next, fmt.Sprintf("uploads/1/%05d.jpg", next)))
		} else {
			fmt.Fprint(w, page(at, 5000, ""))
		}
		return true
	})
	got := map[string]int{}
	for _, o := range storagetest.List(t, s, "uploads/") {
		got[o.Key]++
	}
	for k, n := range got {
		if n != 1 {
			t.Errorf("%s is told %d times", k, n)
		}
	}
	if len(got) != 5001 {
		t.Errorf("%d keys", len(got))
	}
}
