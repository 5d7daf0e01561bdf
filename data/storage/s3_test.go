package storage_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

// seedS3 fills one bucket of the server.
type seedS3 struct {
	*storagetest.Server
	bucket string
}

func (s seedS3) Put(key, data string) { s.Server.Put(s.bucket, key, data) }
func (s seedS3) Left() []string       { return append(s.Rows(s.bucket), s.Files(s.bucket)...) }

func nothing(plan.Object) error { return nil }

func open(t testing.TB, srv *storagetest.Server, bucket string) *storage.S3 {
	t.Helper()
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: srv.Endpoint, Region: srv.Region, Bucket: bucket, AccessKey: srv.AccessKey, SecretKey: srv.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rowSeed counts listed rows only, one for each object, for the suite.
type rowSeed struct{ seedS3 }

func (s rowSeed) Left() []string { return s.Rows(s.bucket) }

func TestS3(t *testing.T) {
	versioned, plain := storagetest.S3(t), storagetest.S3Unversioned(t)
	n := 0
	bucket := func(srv *storagetest.Server, versions, suspended bool) func(t *testing.T) (erasure.Storage, storagetest.Seeder) {
		return func(t *testing.T) (erasure.Storage, storagetest.Seeder) {
			n++
			name := fmt.Sprintf("bucket-%d", n)
			srv.Bucket(name, versions, false)
			if suspended {
				srv.Suspend(name)
			}
			return open(t, srv, name), rowSeed{seedS3{srv, name}}
		}
	}
	t.Run("versioned", func(t *testing.T) { storagetest.Run(t, bucket(versioned, true, false)) })
	t.Run("suspended", func(t *testing.T) { storagetest.Run(t, bucket(versioned, true, true)) })
	t.Run("never versioned", func(t *testing.T) { storagetest.Run(t, bucket(versioned, false, false)) })
	t.Run("server without versions", func(t *testing.T) { storagetest.Run(t, bucket(plain, false, false)) })
	if second := storagetest.MinIO(t); second != nil {
		t.Run("MinIO, versioned", func(t *testing.T) { storagetest.Run(t, bucket(second, true, false)) })
		t.Run("MinIO, suspended", func(t *testing.T) { storagetest.Run(t, bucket(second, true, true)) })
		t.Run("MinIO, never versioned", func(t *testing.T) { storagetest.Run(t, bucket(second, false, false)) })
	}
}

func kinds(os []plan.Object) string {
	var n [3]int
	null := 0
	for _, o := range os {
		n[o.Kind]++
		if o.Version == "null" {
			null++
		}
	}
	return fmt.Sprintf("%d versions, %d markers, %d uploads, %d null", n[plan.Version], n[plan.Marker], n[plan.Upload], null)
}

func TestEveryVersionMarkerAndUploadGoes(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	seed := seedS3{srv, "photos"}
	for i := range 3 {
		seed.Put("uploads/104/a.jpg", fmt.Sprint("secret face ", i))
	}
	srv.Delete("photos", "uploads/104/a.jpg") // the careless deletion that erases nothing
	seed.Put("uploads/104/b.jpg", "secret face")
	srv.Upload("photos", "uploads/104/c.jpg", "half a secret face")
	srv.Upload("photos", "uploads/104/c.jpg", "half a secret face again")
	seed.Put("uploads/1042/a.jpg", "another customer")
	srv.Upload("photos", "uploads/1042/c.jpg", "half of another customer")
	s := open(t, srv, "photos")
	if got, want := kinds(storagetest.List(t, s, "uploads/104/")), "4 versions, 1 markers, 2 uploads, 0 null"; got != want {
		t.Errorf("listed %s, want %s", got, want)
	}
	if !srv.Holds("secret face") {
		t.Fatal("the test cannot see behind the server")
	}
	r, _ := storagetest.Erase(t, s, "104")
	if r.State != erasure.Complete || r.Erased != 7 || r.BeforeHash == r.AfterHash {
		t.Errorf("%+v", r)
	}
	if srv.Holds("secret face") {
		t.Error("the photo is still on the disk behind the server")
	}
	if !srv.Holds("another customer") || len(srv.Rows("photos")) != 2 {
		t.Errorf("the neighbour: %q", srv.Rows("photos"))
	}
}

func TestFolderPlaceholdersGoToo(t *testing.T) {
	for name, srv := range map[string]*storagetest.Server{"versioned": storagetest.S3(t), "unversioned": storagetest.S3Unversioned(t)} {
		t.Run(name, func(t *testing.T) {
			srv.Bucket("photos", name == "versioned", false)
			srv.Put("photos", "uploads/1/", "")
			srv.Put("photos", "uploads/1/a.jpg", "x")
			s := open(t, srv, "photos")
			if got := storagetest.Keys(storagetest.List(t, s, "uploads/1/")); strings.Join(got, " ") != "uploads/1/ uploads/1/a.jpg" {
				t.Errorf("listed %q", got)
			}
			if r, steps := storagetest.Erase(t, s, "1"); r.State != erasure.Complete || r.Erased != 2 {
				t.Errorf("%+v, %+v", r, steps)
			}
		})
	}
}

// A key may hold characters that XML cannot. A server that writes something
// else in their place hides the object's real name: then it cannot be erased,
// and that is what must be said.
func TestAKeyThatTheServerCannotSpellIsNeverSaidToBeGone(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	for _, k := range []string{"uploads/1/\x01.jpg", "uploads/1/\ufffe.jpg", "uploads/1/fine.jpg"} {
		srv.Put("photos", k, "x")
	}
	r, _ := storagetest.Erase(t, open(t, srv, "photos"), "1")
	if left := len(srv.Rows("photos")); (r.State == erasure.Complete) != (left == 0) || left > 2 {
		t.Errorf("%d left, and the run is %+v", left, r)
	}
}

func TestSuspendedVersioningKeepsOldVersionsAndANullMarker(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	seed := seedS3{srv, "photos"}
	seed.Put("uploads/1/a.jpg", "secret one")
	seed.Put("uploads/1/a.jpg", "secret two")
	srv.Suspend("photos")
	seed.Put("uploads/1/a.jpg", "secret three")
	srv.Delete("photos", "uploads/1/a.jpg")
	s := open(t, srv, "photos")
	if a, err := s.Check(t.Context()); err != nil || !a.Versions || a.Described != "S3, versioning suspended" {
		t.Errorf("Check = %+v, %v", a, err)
	}
	if got, want := kinds(storagetest.List(t, s, "")), "2 versions, 1 markers, 0 uploads, 1 null"; got != want {
		t.Errorf("listed %s, want %s", got, want)
	}
	if r, _ := storagetest.Erase(t, s, "1"); r.State != erasure.Complete || srv.Holds("secret") || len(seed.Left()) != 0 {
		t.Errorf("%+v, left %q", r, seed.Left())
	}
}

func TestVersioningSwitchedOnLater(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", false, false)
	seed := seedS3{srv, "photos"}
	seed.Put("uploads/1/a.jpg", "secret before")
	if err := srv.Client.EnableVersioning(t.Context(), "photos"); err != nil {
		t.Fatal(err)
	}
	seed.Put("uploads/1/a.jpg", "secret after")
	s := open(t, srv, "photos")
	if got, want := kinds(storagetest.List(t, s, "")), "2 versions, 0 markers, 0 uploads, 1 null"; got != want {
		t.Errorf("listed %s, want %s", got, want)
	}
	// What was planned while the bucket had no versions must not add a marker.
	if err := s.Erase(t.Context(), plan.Object{Storage: "photos", Key: "uploads/1/a.jpg"}); !errors.Is(err, erasure.ErrChanged) {
		t.Errorf("erase without a version: %v", err)
	}
	if r, _ := storagetest.Erase(t, s, "1"); r.State != erasure.Complete || len(seed.Left()) != 0 {
		t.Errorf("%+v, left %q", r, seed.Left())
	}
}

func TestAMistypedBucketIsNotAnEmptyOne(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	s := open(t, srv, "photo")
	if _, err := s.Check(t.Context()); !errors.Is(err, erasure.ErrNotThere) {
		t.Errorf("Check: %v", err)
	}
	if err := s.List(t.Context(), "", nothing); !errors.Is(err, erasure.ErrNotThere) {
		t.Errorf("List: %v", err)
	}
	if err := s.Erase(t.Context(), plan.Object{Key: "a", Version: "null"}); !errors.Is(err, erasure.ErrNotThere) {
		t.Errorf("Erase: %v", err)
	}
}

func TestAWrongKeyIsDeniedAndNotRepeatedToAnybody(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	for name, cfg := range map[string]storage.S3Config{
		"wrong secret": {AccessKey: srv.AccessKey, SecretKey: "hush-hush-secret"},
		"wrong key":    {AccessKey: "hush-hush-key", SecretKey: srv.SecretKey},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Name, cfg.Endpoint, cfg.Region, cfg.Bucket = "photos", srv.Endpoint, srv.Region, "photos"
			s, err := storage.NewS3(cfg)
			if err != nil {
				t.Fatal(err)
			}
			o := plan.Object{Key: "uploads/1/marie.jpg", Version: "null"}
			_, check := s.Check(t.Context())
			for what, err := range map[string]error{"Check": check, "List": s.List(t.Context(), "", nothing), "Erase": s.Erase(t.Context(), o), "EraseMany": s.EraseMany(t.Context(), []plan.Object{o})[0]} {
				if !errors.Is(err, erasure.ErrDenied) {
					t.Errorf("%s: %v", what, err)
				}
				if err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "marie") || strings.Contains(err.Error(), srv.SecretKey)) {
					t.Errorf("%s tells too much: %v", what, err)
				}
			}
		})
	}
}

func TestAServerThatIsAwayIsOffline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: "http://" + addr, Bucket: "photos", AccessKey: "k", SecretKey: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check(t.Context()); !errors.Is(err, erasure.ErrOffline) {
		t.Errorf("Check: %v", err)
	}
	o := plan.Object{Key: "uploads/1/marie.jpg", Version: "v"}
	for what, err := range map[string]error{"List": s.List(t.Context(), "uploads/1/marie.jpg", nothing), "Erase": s.Erase(t.Context(), o), "EraseMany": s.EraseMany(t.Context(), []plan.Object{o})[0]} {
		if !errors.Is(err, erasure.ErrOffline) || strings.Contains(err.Error(), "marie") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestLockedObjectsAreSaidToBeLocked(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, true)
	until := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	srv.Retain("photos", "uploads/1/retained.jpg", srv.Put("photos", "uploads/1/retained.jpg", "x"), until)
	srv.Hold("photos", "uploads/1/held.jpg", srv.Put("photos", "uploads/1/held.jpg", "x"))
	both := srv.Put("photos", "uploads/1/both.jpg", "x")
	srv.Retain("photos", "uploads/1/both.jpg", both, until)
	srv.Hold("photos", "uploads/1/both.jpg", both)
	srv.Put("photos", "uploads/1/free.jpg", "x")
	s := open(t, srv, "photos")
	objects := storagetest.List(t, s, "uploads/1/")
	want := map[string]time.Time{"uploads/1/retained.jpg": until, "uploads/1/held.jpg": {}, "uploads/1/both.jpg": {}}
	single := map[string]error{}
	for _, o := range objects {
		if o.Key != "uploads/1/free.jpg" {
			single[o.Key] = s.Erase(t.Context(), o)
		}
	}
	many := s.EraseMany(t.Context(), objects)
	for i, o := range objects {
		if o.Key == "uploads/1/free.jpg" {
			if many[i] != nil {
				t.Errorf("the free one among locked ones: %v", many[i])
			}
			continue
		}
		for how, err := range map[string]error{"alone": single[o.Key], "among others": many[i]} {
			var locked *erasure.LockedError
			if !errors.As(err, &locked) || !errors.Is(err, erasure.ErrLocked) || !locked.Until.Equal(want[o.Key]) {
				t.Errorf("%s %s: %v", o.Key, how, err)
			}
		}
	}
	srv.Put("photos", "uploads/1/free.jpg", "x")
	r, steps := storagetest.Erase(t, s, "1")
	if r.State != erasure.Partial || r.Erased != 1 || r.Left != 3 {
		t.Errorf("%+v", r)
	}
	for _, st := range steps {
		if (st.Status == erasure.Gone) != (st.Object.Key == "uploads/1/free.jpg") || st.Status != erasure.Gone && st.Status != erasure.Retained {
			t.Errorf("%s: %v %s", st.Object.Key, st.Status, st.Reason)
		}
		if st.Object.Key == "uploads/1/retained.jpg" && !strings.HasSuffix(st.Reason, until.Format(time.DateOnly)) {
			t.Errorf("retained: %s", st.Reason)
		}
	}
}

func TestAddressesAreCheckedBeforeAnythingIsSent(t *testing.T) {
	for _, tc := range []struct {
		name, endpoint, bucket string
		want                   error
	}{
		{"https", "https://s3.example.net", "photos", nil},
		{"no scheme means https", "s3.example.net:9000", "photos", nil},
		{"this machine over http", "http://127.0.0.1:7070", "photos", nil},
		{"this machine over http by IPv6", "http://[::1]:7070", "photos", nil},
		{"this machine by name", "http://localhost:7070", "photos", nil},
		{"another machine over http", "http://192.168.1.9:7070", "photos", storage.ErrPlainRefused},
		{"another machine over http by name", "http://s3.example.net", "photos", storage.ErrPlainRefused},
		{"a name that only looks local", "http://localhost.example.net", "photos", storage.ErrPlainRefused},
		{"an address that only looks local", "http://127.0.0.1.example.net", "photos", storage.ErrPlainRefused},
		{"another protocol", "ftp://s3.example.net", "photos", storage.ErrBadAddress},
		{"a path", "https://s3.example.net/photos", "photos", storage.ErrBadAddress},
		{"a password in the address", "https://k:s@s3.example.net", "photos", storage.ErrBadAddress},
		{"nothing", "", "photos", storage.ErrBadAddress},
		{"no bucket", "https://s3.example.net", "", storage.ErrBadAddress},
		{"a bucket that is none", "https://s3.example.net", "a/b", storage.ErrBadAddress},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: tc.endpoint, Bucket: tc.bucket, SecretKey: "hush"})
			if !errors.Is(err, tc.want) || err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := r.URL.Query()["versioning"]; ok {
			fmt.Fprint(w, `<VersioningConfiguration/>`)
		} else if _, ok := r.URL.Query()["versions"]; ok {
			fmt.Fprint(w, `<ListVersionsResult/>`)
		} else if _, ok := r.URL.Query()["uploads"]; ok {
			fmt.Fprint(w, `<ListMultipartUploadsResult/>`)
		}
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := storage.S3Config{Name: "photos", Endpoint: srv.URL, Bucket: "photos", AccessKey: "k", SecretKey: "s"}
	s, err := storage.NewS3(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check(t.Context()); !errors.Is(err, storage.ErrCertificate) {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	cfg.CAFile = ca
	if s, err = storage.NewS3(cfg); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Check(t.Context()); err != nil || !a.CanProve {
		t.Errorf("with the authority trusted: %+v, %v", a, err)
	}
	cfg.CAFile = filepath.Join(t.TempDir(), "nothing.pem")
	if _, err := storage.NewS3(cfg); !errors.Is(err, storage.ErrCertificate) {
		t.Errorf("a CA file that is not there: %v", err)
	}
}

// spoiled stands before the real server and changes some of its answers.
func spoiled(t *testing.T, srv *storagetest.Server, bucket string, change func(w http.ResponseWriter, r *http.Request) bool) *storage.S3 {
	t.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if change(w, r) {
			return
		}
		req := r.Clone(r.Context())
		req.RequestURI, req.URL.Scheme, req.URL.Host = "", "http", strings.TrimPrefix(srv.Endpoint, "http://")
		resp, err := http.DefaultTransport.RoundTrip(req) // the Host header, which is signed, stays
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	t.Cleanup(front.Close)
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: front.URL, Region: srv.Region, Bucket: bucket, AccessKey: srv.AccessKey, SecretKey: srv.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func asks(r *http.Request, what string) bool { _, ok := r.URL.Query()[what]; return ok }

func refuse(w http.ResponseWriter, status int, code string) bool {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
	return true
}

func TestServersThatCannotBeBelieved(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	srv.Put("photos", "uploads/1/a.jpg", "x")
	srv.Upload("photos", "uploads/1/b.jpg", "x")
	for _, tc := range []struct {
		name     string
		change   func(w http.ResponseWriter, r *http.Request) bool
		list     error
		canProve bool
		check    error
	}{
		{"an honest one", func(http.ResponseWriter, *http.Request) bool { return false }, nil, true, nil},
		{"versioning may not be seen", func(w http.ResponseWriter, r *http.Request) bool {
			return asks(r, "versioning") && refuse(w, 403, "AccessDenied")
		}, nil, false, nil},
		{"versions may not be listed", func(w http.ResponseWriter, r *http.Request) bool {
			return asks(r, "versions") && refuse(w, 403, "AccessDenied")
		}, erasure.ErrDenied, false, nil},
		{"uploads may not be listed", func(w http.ResponseWriter, r *http.Request) bool {
			return asks(r, "uploads") && refuse(w, 403, "AccessDenied")
		}, erasure.ErrDenied, false, nil},
		{"versions are kept and cannot be listed", func(w http.ResponseWriter, r *http.Request) bool {
			return asks(r, "versions") && refuse(w, 501, "NotImplemented")
		}, erasure.ErrDenied, true, nil},
		{"a login page that answers everything", func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprint(w, "<html><body>Welcome</body></html>")
			return true
		}, storage.ErrUnclear, false, storage.ErrUnclear},
		{"an empty answer to everything", func(w http.ResponseWriter, r *http.Request) bool { return true }, storage.ErrUnclear, false, storage.ErrUnclear},
		{"a listing that breaks off", func(w http.ResponseWriter, r *http.Request) bool {
			if asks(r, "versions") {
				fmt.Fprint(w, "<ListVersionsResult><Version><Key>uploads/1/a.jpg</Key>")
				return true
			}
			return false
		}, storage.ErrUnclear, false, storage.ErrUnclear},
		{"a listing that turns in circles", func(w http.ResponseWriter, r *http.Request) bool {
			if asks(r, "versions") && r.URL.Query().Get("max-keys") == "" {
				fmt.Fprint(w, "<ListVersionsResult><IsTruncated>true</IsTruncated>"+strings.Repeat("<Version><Key>uploads/1/a.jpg</Key><VersionId>1</VersionId></Version>", 500)+"</ListVersionsResult>")
				return true
			}
			return false
		}, storage.ErrUnclear, true, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := spoiled(t, srv, "photos", tc.change)
			a, err := s.Check(t.Context())
			if !errors.Is(err, tc.check) || a.CanProve != tc.canProve {
				t.Errorf("Check = %+v, %v", a, err)
			}
			if err := s.List(t.Context(), "uploads/1/", nothing); !errors.Is(err, tc.list) {
				t.Errorf("List: %v", err)
			}
		})
	}
}

func TestUploadsAreAskedForByBothPrefixes(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	srv.Upload("photos", "uploads/1/a.jpg", "x")
	srv.Upload("photos", "uploads/2/a.jpg", "x")
	none := "<ListMultipartUploadsResult></ListMultipartUploadsResult>"
	for name, deaf := range map[string]func(prefix string) bool{
		"a server that answers only without a prefix": func(p string) bool { return p != "" },
		"a server that answers only with a prefix":    func(p string) bool { return p == "" },
	} {
		t.Run(name, func(t *testing.T) {
			s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
				if asks(r, "uploads") && deaf(r.URL.Query().Get("prefix")) {
					fmt.Fprint(w, none)
					return true
				}
				return false
			})
			if got := storagetest.Keys(storagetest.List(t, s, "uploads/1/")); len(got) != 1 || got[0] != "uploads/1/a.jpg" {
				t.Errorf("listed %q", got)
			}
			if r, _ := storagetest.Erase(t, s, "1"); r.State != erasure.Complete || r.Erased != 1 {
				t.Errorf("%+v", r)
			}
			srv.Upload("photos", "uploads/1/a.jpg", "x")
		})
	}
}

func TestAServerWithoutVersionListing(t *testing.T) {
	srv := storagetest.S3Unversioned(t)
	srv.Bucket("photos", false, false)
	seed := seedS3{srv, "photos"}
	for _, k := range []string{"uploads/1/a.jpg", "uploads/1/b.jpg", "uploads/10/a.jpg"} {
		seed.Put(k, "x")
	}
	s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
		return (asks(r, "versions") || asks(r, "versioning") || asks(r, "versionId")) && refuse(w, 501, "NotImplemented")
	})
	if r, steps := storagetest.Erase(t, s, "1"); r.State != erasure.Complete || r.Erased != 2 {
		t.Errorf("%+v, %+v", r, steps)
	}
	if got := srv.Files("photos"); len(got) != 1 {
		t.Errorf("left %q", got)
	}
}

func TestAnObjectThatWasOverwrittenSinceTheListingStays(t *testing.T) {
	for name, srv := range map[string]*storagetest.Server{"suspended": storagetest.S3(t), "unversioned": storagetest.S3Unversioned(t)} {
		t.Run(name, func(t *testing.T) {
			srv.Bucket("photos", name == "suspended", false)
			if name == "suspended" {
				srv.Suspend("photos")
			}
			srv.Put("photos", "uploads/1/a.jpg", "old")
			srv.Put("photos", "uploads/1/b.jpg", "old")
			s := open(t, srv, "photos")
			objects := storagetest.List(t, s, "")
			srv.Put("photos", "uploads/1/a.jpg", "a new photo")
			if err := s.Erase(t.Context(), objects[0]); !errors.Is(err, erasure.ErrChanged) {
				t.Errorf("alone: %v", err)
			}
			if errs := s.EraseMany(t.Context(), objects); !errors.Is(errs[0], erasure.ErrChanged) || errs[1] != nil {
				t.Errorf("among others: %v", errs)
			}
			if got := storagetest.Keys(storagetest.List(t, s, "")); len(got) != 1 || got[0] != "uploads/1/a.jpg" {
				t.Errorf("left %q", got)
			}
			// A server whose heads say something else than its listings.
			odd := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, ".jpg") {
					w.Header().Set("Etag", `"other"`)
					w.Header().Set("Last-Modified", time.Unix(0, 0).UTC().Format(http.TimeFormat))
					w.Header().Set("Content-Length", "11")
					return true
				}
				return false
			})
			if err := odd.Erase(t.Context(), storagetest.List(t, s, "")[0]); err != nil {
				t.Errorf("heads and listings that differ: %v", err)
			}
		})
	}
}

func TestRefusalsAmongManyAreRead(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	for i := range 4 {
		srv.Put("photos", fmt.Sprintf("uploads/1/%d.jpg", i), "x")
	}
	objects := storagetest.List(t, open(t, srv, "photos"), "")
	answer := func(code string) string {
		return fmt.Sprintf("<DeleteResult><Deleted><Key>%s</Key><VersionId>%s</VersionId></Deleted><Error><Key>%s</Key><VersionId>%s</VersionId><Code>%s</Code><Message>marie.jpg is protected</Message></Error></DeleteResult>",
			objects[0].Key, objects[0].Version, objects[1].Key, objects[1].Version, code)
	}
	for _, tc := range []struct {
		name, code string
		want       error
	}{
		{"denied without any lock", "AccessDenied", erasure.ErrDenied},
		{"the other word for a lock", "InvalidRequest", erasure.ErrLocked},
		{"an error inside the server", "InternalError", erasure.ErrOffline},
		{"a version that is gone", "NoSuchVersion", nil},
		{"something unheard of", "Marie Dupont <x>", storage.ErrUnclear},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
				if asks(r, "delete") {
					fmt.Fprint(w, answer(strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(tc.code)))
					return true
				}
				return false
			})
			errs := s.EraseMany(t.Context(), objects)
			if errs[0] != nil || !errors.Is(errs[1], tc.want) || errs[1] != nil && strings.Contains(strings.ToLower(errs[1].Error()), "marie") {
				t.Errorf("%v", errs)
			}
		})
	}
	t.Run("an answer that breaks off says nothing of anything", func(t *testing.T) {
		s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
			if asks(r, "delete") {
				fmt.Fprint(w, "<DeleteResult><Deleted>")
				return true
			}
			return false
		})
		for i, err := range s.EraseMany(t.Context(), objects) {
			if err == nil {
				t.Errorf("object %d is said to be erased", i)
			}
		}
	})
}

func TestAServerThatLiesAboutDeleting(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	srv.Put("photos", "uploads/1/a.jpg", "x")
	s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
		if asks(r, "delete") {
			fmt.Fprint(w, "<DeleteResult></DeleteResult>")
			return true
		}
		return false
	})
	r, steps := storagetest.Erase(t, s, "1")
	if r.State != erasure.Partial || steps[0].Status != erasure.Failed || steps[0].Reason != "still there after erasing" {
		t.Errorf("%+v, %+v", r, steps)
	}
}

func TestAServerThatDropsEveryTenthCall(t *testing.T) {
	srv := storagetest.S3(t)
	srv.Bucket("photos", true, false)
	for i := range 40 {
		srv.Put("photos", fmt.Sprintf("uploads/1/%d.jpg", i), "x")
	}
	var mu sync.Mutex
	n := 0
	s := spoiled(t, srv, "photos", func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		n++
		return n%10 == 3 && refuse(w, 503, "SlowDown")
	})
	if r, _ := storagetest.Erase(t, s, "1"); r.State != erasure.Complete || r.Erased != 40 {
		t.Errorf("%+v", r)
	}
}

func TestTheAddressesOfABucketLeadBackToItsKeys(t *testing.T) {
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: "https://s3.example.net", Bucket: "shop", PublicURLs: []string{"https://cdn.example.org/img/"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{"https://s3.example.net/shop/a%20b.jpg?X-Amz-Signature=1", "https://shop.s3.example.net/a%20b.jpg", "https://cdn.example.org/img/a%20b.jpg"} {
		if name, key, ok := plan.Resolve(u, s.Bases()); name != "photos" || key != "a b.jpg" || !ok {
			t.Errorf("%s: %q, %q, %v", u, name, key, ok)
		}
	}
}

// BenchmarkErase1000 erases 1,000 objects of a versioned bucket, from the plan
// to the verified record; only the run itself is timed.
func BenchmarkErase1000(b *testing.B) {
	srv := storagetest.S3(b)
	srv.Bucket("photos", true, false)
	s := open(b, srv, "photos")
	for b.Loop() {
		b.StopTimer()
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := w; i < 1000; i += 8 {
					_, err := srv.Client.PutObject(context.Background(), "photos", fmt.Sprintf("uploads/1/%d.jpg", i), strings.NewReader("x"), 1, minio.PutObjectOptions{DisableMultipart: true})
					if err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		b.StartTimer()
		if r, _ := storagetest.Erase(b, s, "1"); r.State != erasure.Complete || r.Erased != 1000 {
			b.Fatalf("%+v", r)
		}
	}
}
