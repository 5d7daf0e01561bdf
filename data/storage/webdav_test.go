package storage_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

// davSeed writes into a folder of a WebDAV server, and looks behind it.
type davSeed struct {
	folderSeed
	srv *storagetest.Rclone
	dir string
}

func (s davSeed) Put(key, data string) { s.srv.Put(s.dir+"/"+key, data) }

// Left returns the files: empty folders stay, and hold nothing.
func (s davSeed) Left() []string {
	var out []string
	for _, p := range s.folderSeed.Left() {
		if info, err := os.Lstat(filepath.Join(s.root, p)); err == nil && !info.IsDir() {
			out = append(out, p)
		}
	}
	return out
}

func openDAV(t testing.TB, srv *storagetest.Rclone, dir string) (*storage.WebDAV, davSeed) {
	t.Helper()
	srv.Folder(dir)
	w, err := storage.NewWebDAV(storage.WebDAVConfig{Name: "dav", URL: "http://" + srv.Addr + "/" + url.PathEscape(dir), User: srv.User, Password: srv.Password})
	if err != nil {
		t.Fatal(err)
	}
	return w, davSeed{folderSeed{t, filepath.Join(srv.Dir, dir)}, srv, dir}
}

func TestWebDAV(t *testing.T) {
	srv := storagetest.DAV(t)
	n := 0
	storagetest.Run(t, func(t *testing.T) (erasure.Storage, storagetest.Seeder) {
		n++
		w, s := openDAV(t, srv, fmt.Sprintf("photos ü+#%%41 %d", n))
		return w, s
	}, storagetest.Lack{Key: "orders/1/a\tb\nc.jpg", Why: "rclone shows a control character as another one"})
}

func TestWebDAVNamesThatAreNotText(t *testing.T) {
	srv := storagetest.DAV(t)
	w, seed := openDAV(t, srv, "photos")
	names := []string{"\xff.jpg", "a\xe9b.jpg", "fine.jpg", "line\nbreak.jpg", `back\slash.jpg`, "\x01.jpg", "\ufffe.jpg"}
	for _, n := range names {
		seed.folderSeed.Put("uploads/5/"+n, n) // behind the server, which has not looked yet
	}
	if got := storagetest.Keys(storagetest.List(t, w, "uploads/5/")); len(got) != len(names) {
		t.Errorf("%d names became the keys %q", len(names), got)
	}
	r, _ := storagetest.Erase(t, w, "5")
	if left := seed.Left(); (r.State == erasure.Complete) != (len(left) == 0) || len(left) > 1 {
		t.Errorf("left %q, and the run is %+v", left, r)
	}
}

func TestWebDAVAddressesAreCheckedBeforeAnythingIsSent(t *testing.T) {
	for _, tc := range []struct {
		name, url string
		want      error
	}{
		{"https", "https://dav.example.net/photos", nil},
		{"https to the root", "https://dav.example.net", nil},
		{"this machine over http", "http://127.0.0.1:8080/photos", nil},
		{"another machine over http", "http://dav.example.net/photos", storage.ErrPlainRefused},
		{"a name that only looks local", "http://localhost.example.net/", storage.ErrPlainRefused},
		{"a password in the address", "https://u:p@dav.example.net/", storage.ErrBadAddress},
		{"a question in the address", "https://dav.example.net/?a=b", storage.ErrBadAddress},
		{"a path that climbs", "https://dav.example.net/a/../b", storage.ErrBadAddress},
		{"an escaped path that climbs", "https://dav.example.net/a/%2e%2e/b", storage.ErrBadAddress},
		{"another protocol", "dav://dav.example.net/", storage.ErrBadAddress},
		{"no protocol", "dav.example.net/photos", storage.ErrBadAddress},
		{"nothing", "", storage.ErrBadAddress},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := storage.NewWebDAV(storage.WebDAVConfig{Name: "dav", URL: tc.url, Password: "hush"})
			if !errors.Is(err, tc.want) || err != nil && strings.Contains(err.Error(), "hush") {
				t.Error(err)
			}
		})
	}
	for _, cfg := range []storage.WebDAVConfig{{Name: "dav", URL: "https://dav.example.net", User: "a:b"}, {URL: "https://dav.example.net"}} {
		if _, err := storage.NewWebDAV(cfg); !errors.Is(err, storage.ErrBadAddress) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	if _, err := storage.NewWebDAV(storage.WebDAVConfig{Name: "dav", URL: "https://dav.example.net", CAFile: "nowhere"}); !errors.Is(err, storage.ErrCertificate) {
		t.Error(err)
	}
}

// calls are what a storage answers to each of its calls.
func davCalls(t *testing.T, w *storage.WebDAV, key string) map[string]error {
	t.Helper()
	o := plan.Object{Storage: "dav", Key: key}
	_, check := w.Check(t.Context())
	_, look := w.Look(t.Context(), o)
	return map[string]error{"Check": check, "Look": look, "List": w.List(t.Context(), "uploads/1/", nothing), "Erase": w.Erase(t.Context(), o)}
}

func TestAWebDAVFolderThatIsNotThereIsNotAnEmptyOne(t *testing.T) {
	srv := storagetest.DAV(t)
	_, seed := openDAV(t, srv, "photos")
	seed.Put("uploads/1/marie.jpg", "x")
	for _, tc := range []struct {
		name string
		cfg  storage.WebDAVConfig
		want error
	}{
		{"a mistyped path", storage.WebDAVConfig{URL: "http://" + srv.Addr + "/photo", User: srv.User, Password: srv.Password}, erasure.ErrNotThere},
		{"a file for a folder", storage.WebDAVConfig{URL: "http://" + srv.Addr + "/photos/uploads/1/marie.jpg", User: srv.User, Password: srv.Password}, erasure.ErrNotThere},
		{"a wrong password", storage.WebDAVConfig{URL: "http://" + srv.Addr + "/photos", User: srv.User, Password: "hush"}, erasure.ErrDenied},
		{"a wrong user", storage.WebDAVConfig{URL: "http://" + srv.Addr + "/photos", User: "hush", Password: srv.Password}, erasure.ErrDenied},
		{"no user", storage.WebDAVConfig{URL: "http://" + srv.Addr + "/photos"}, erasure.ErrDenied},
		{"a server that is away", storage.WebDAVConfig{URL: "http://127.0.0.1:1/photos"}, erasure.ErrOffline},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.cfg.Name = "dav"
			w, err := storage.NewWebDAV(tc.cfg)
			if err != nil {
				t.Fatal(err)
			}
			for what, err := range davCalls(t, w, "uploads/1/marie.jpg") {
				if !errors.Is(err, tc.want) || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "marie") {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	if len(seed.Left()) != 1 {
		t.Error("it is gone")
	}
}

// davFront stands before the real server and changes some of its answers.
func davFront(t *testing.T, srv *storagetest.Rclone, cfg storage.WebDAVConfig, change func(w http.ResponseWriter, r *http.Request) bool) *storage.WebDAV {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: srv.Addr})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !change(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	cfg.Name, cfg.URL, cfg.User, cfg.Password = "dav", front.URL+"/photos", srv.User, srv.Password
	w, err := storage.NewWebDAV(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func answer(w http.ResponseWriter, status int, body string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
	return true
}

// davFolder and davFile are rows of an answer.
func davFolder(href string) string {
	return "<response><href>" + href + "</href><propstat><prop><resourcetype><collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>"
}

func davFile(href string) string {
	return "<response><href>" + href + "</href><propstat><prop><resourcetype/><getcontentlength>1</getcontentlength></prop><status>HTTP/1.1 200 OK</status></propstat></response>"
}

func davAnswer(rows ...string) string {
	return `<?xml version="1.0"?><multistatus xmlns="DAV:">` + strings.Join(rows, "") + "</multistatus>"
}

func TestWebDAVServersThatCannotBeBelieved(t *testing.T) {
	srv := storagetest.DAV(t)
	_, seed := openDAV(t, srv, "photos")
	seed.Put("uploads/1/a.jpg", "x")
	// listing answers the question for what is in uploads/1.
	listing := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == "PROPFIND" && r.Header.Get("Depth") == "1" && strings.HasPrefix(r.URL.Path, "/photos/uploads/1") && answer(w, status, body)
		}
	}
	everything := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool { return answer(w, status, body) }
	}
	self := davFolder("/photos/uploads/1/")
	for _, tc := range []struct {
		name   string
		change func(http.ResponseWriter, *http.Request) bool
		want   error
	}{
		{"an honest one", func(http.ResponseWriter, *http.Request) bool { return false }, nil},
		{"a login page that answers everything", everything(200, "<html><body>Welcome</body></html>"), storage.ErrUnclear},
		{"a login page with the right status", everything(207, "<html><body>Welcome</body></html>"), storage.ErrUnclear},
		{"an empty answer", everything(207, ""), storage.ErrUnclear},
		{"no WebDAV there", everything(405, ""), storage.ErrUnclear},
		{"a server in trouble", everything(503, ""), erasure.ErrOffline},
		{"too many calls", everything(429, ""), erasure.ErrOffline},
		{"an answer without any row", listing(207, davAnswer()), storage.ErrUnclear},
		{"an answer without the folder itself", listing(207, davAnswer(davFile("/photos/uploads/1/a.jpg"))), storage.ErrUnclear},
		{"an answer that breaks off", listing(207, `<multistatus xmlns="DAV:">`+self), storage.ErrUnclear},
		{"a row of another place", listing(207, davAnswer(self, davFile("/photos/uploads/2/a.jpg"))), storage.ErrUnclear},
		{"a row that climbs", listing(207, davAnswer(self, davFile("/photos/uploads/1/../../x"))), storage.ErrUnclear},
		{"a row that climbs under a mask", listing(207, davAnswer(self, davFile("/photos/uploads/1/%2e%2e"))), storage.ErrUnclear},
		{"a row with a slash in its name", listing(207, davAnswer(self, davFile("/photos/uploads/1/a%2Fb"))), storage.ErrUnclear},
		{"a row two folders down", listing(207, davAnswer(self, davFile("/photos/uploads/1/b/c"))), storage.ErrUnclear},
		{"a row that may not be seen", listing(207, davAnswer(self, "<response><href>/photos/uploads/1/b</href><status>HTTP/1.1 403 Forbidden</status></response>")), erasure.ErrDenied},
		{"a row that is gone since", listing(207, davAnswer(self, davFile("/photos/uploads/1/a.jpg"), "<response><href>/photos/uploads/1/b</href><status>HTTP/1.1 404 Not Found</status></response>")), nil},
		{"a row of which nothing is told", listing(207, davAnswer(self, "<response><href>/photos/uploads/1/b</href></response>")), storage.ErrUnclear},
		{"a row with a status that is none", listing(207, davAnswer(self, "<response><href>/photos/uploads/1/b</href><status>fine</status></response>")), storage.ErrUnclear},
		{"a row without end", listing(207, davAnswer(self, "<response><href>/photos/uploads/1/"+strings.Repeat("a", 2<<20)+"</href></response>")), storage.ErrUnclear},
		{"a key of its own names", listing(207, `<!DOCTYPE x [<!ENTITY a "aaaa">]><multistatus xmlns="DAV:">`+davFile("&a;")+"</multistatus>"), storage.ErrUnclear},
		{"the folder may not be read", listing(403, ""), erasure.ErrDenied},
		{"weak and odd marks, and no time", listing(207, davAnswer(self, `<response><href>http://inside.example:81/photos/uploads/1/a.jpg</href><propstat><prop><resourcetype/><getcontentlength>x</getcontentlength><getlastmodified>soon</getlastmodified><getetag>W/"1"</getetag></prop><status>HTTP/1.1 200</status></propstat></response>`)), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := davFront(t, srv, storage.WebDAVConfig{}, tc.change)
			n := 0
			err := w.List(t.Context(), "uploads/1/", func(plan.Object) error { n++; return nil })
			if !errors.Is(err, tc.want) || tc.want == nil && (err != nil || n != 1) {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}

func TestAWebDAVDeletionIsLookedAt(t *testing.T) {
	srv := storagetest.DAV(t)
	_, seed := openDAV(t, srv, "photos")
	locked := "<response><href>/photos/uploads/1/a.jpg</href><status>HTTP/1.1 423 Locked</status></response>"
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"it says 204 and still has it", 204, "", storage.ErrUnclear},
		{"it says 404 and still has it", 404, "", storage.ErrUnclear},
		{"it says 207 with a lock in it", 207, davAnswer(locked), erasure.ErrLocked},
		{"it says 423", 423, "", erasure.ErrLocked},
		{"it says 403", 403, "", erasure.ErrDenied},
		{"it says 412", 412, "", erasure.ErrChanged},
		{"it says 500", 500, "", erasure.ErrOffline},
		{"it leads elsewhere", 302, "", storage.ErrBadAddress},
		{"it says 207 with nonsense", 207, "<a/>", storage.ErrUnclear},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seed.Put("uploads/1/a.jpg", "x")
			w := davFront(t, srv, storage.WebDAVConfig{}, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodDelete {
					return false
				}
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
				return true
			})
			o := storagetest.List(t, w, "")[0]
			if err := w.Erase(t.Context(), o); !errors.Is(err, tc.want) {
				t.Error(err)
			}
			if there, err := w.Look(t.Context(), o); !there || err != nil {
				t.Errorf("look: %v, %v", there, err)
			}
		})
	}
	t.Run("it is asked for nothing where nothing is", func(t *testing.T) {
		var deletions atomic.Int32
		w := davFront(t, srv, storage.WebDAVConfig{}, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				deletions.Add(1)
			}
			return false
		})
		if err := w.Erase(t.Context(), plan.Object{Key: "uploads/1/nothing.jpg"}); err != nil || deletions.Load() != 0 {
			t.Errorf("%v after %d deletions", err, deletions.Load())
		}
	})
	t.Run("a folder in the place of the file stays", func(t *testing.T) {
		w, _ := openDAV(t, srv, "photos")
		seed.Put("uploads/2/a/b.jpg", "x")
		if err := w.Erase(t.Context(), plan.Object{Key: "uploads/2/a"}); !errors.Is(err, erasure.ErrChanged) {
			t.Error(err)
		}
	})
	t.Run("a file that changed since the listing stays", func(t *testing.T) {
		w, _ := openDAV(t, srv, "photos")
		seed.Put("uploads/3/a.jpg", "old")
		o := storagetest.List(t, w, "uploads/3/")[0]
		seed.Put("uploads/3/a.jpg", "a new photo")
		if err := w.Erase(t.Context(), o); !errors.Is(err, erasure.ErrChanged) || len(storagetest.List(t, w, "uploads/3/")) != 1 {
			t.Error(err)
		}
	})
}

func TestARedirectNeverCarriesThePassword(t *testing.T) {
	srv := storagetest.DAV(t)
	openDAV(t, srv, "photos")
	var told atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told.Add(1) }))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := davFront(t, srv, storage.WebDAVConfig{}, func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, thief.URL+r.URL.Path, status)
			return true
		})
		for what, err := range davCalls(t, w, "uploads/1/a.jpg") {
			if !errors.Is(err, storage.ErrBadAddress) {
				t.Errorf("%d, %s: %v", status, what, err)
			}
		}
	}
	if told.Load() != 0 {
		t.Errorf("the other host was asked %d times", told.Load())
	}
}

func TestServersThatKeepWhatIsDeletedProveNothing(t *testing.T) {
	srv := storagetest.DAV(t)
	_, seed := openDAV(t, srv, "photos")
	options := func(name, value string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodOptions {
				w.Header().Set(name, value)
				return true
			}
			return false
		}
	}
	knows := func(prop string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == "PROPFIND" && r.Header.Get("Depth") == "1" && r.URL.Path == "/photos/" && answer(w, 207, davAnswer(
				"<response><href>/photos/</href><propstat><prop><resourcetype><collection/></resourcetype>"+prop+"</prop><status>HTTP/1.1 200 OK</status></propstat></response>", davFolder("/photos/uploads/")))
		}
	}
	for _, tc := range []struct {
		name   string
		cfg    storage.WebDAVConfig
		change func(http.ResponseWriter, *http.Request) bool
		want   bool
	}{
		{"a plain one", storage.WebDAVConfig{}, options("DAV", "1, 2"), true},
		{"one of a calendar", storage.WebDAVConfig{}, options("DAV", "1, 3, extended-mkcol, access-control, calendar-access"), true},
		{"the owner knows", storage.WebDAVConfig{KeepsDeleted: true}, options("DAV", "1"), false},
		{"Nextcloud by its headers", storage.WebDAVConfig{}, options("DAV", "1, 3, extended-mkcol, access-control, nextcloud-checksum-update, nc-calendar-search"), false},
		{"ownCloud by its properties", storage.WebDAVConfig{}, knows(`<id xmlns="http://owncloud.org/ns">1</id>`), false},
		{"version control by its headers", storage.WebDAVConfig{}, options("DAV", "1,2,version-control,checkout"), false},
		{"version control by its properties", storage.WebDAVConfig{}, knows("<version-history><href>/h</href></version-history>"), false},
		{"SharePoint by its headers", storage.WebDAVConfig{}, options("MicrosoftSharePointTeamServices", "16.0"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := davFront(t, srv, tc.cfg, tc.change)
			a, err := w.Check(t.Context())
			if err != nil || a.CanProve != tc.want || (a.Described == "WebDAV") != tc.want {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	t.Run("a recycle bin in the folder, and a run that says so", func(t *testing.T) {
		w, _ := openDAV(t, srv, "photos")
		seed.Put("#recycle/old.jpg", "x")
		seed.Put("uploads/1/a.jpg", "x")
		a, err := w.Check(t.Context())
		if err != nil || a.CanProve || !strings.Contains(a.Described, "#recycle") {
			t.Errorf("%+v, %v", a, err)
		}
		if r, steps := storagetest.Erase(t, w, "1"); r.State != erasure.Partial || steps[0].Reason != "erased, but this storage cannot prove that it is gone" {
			t.Errorf("%+v, %+v", r, steps)
		}
	})
	t.Run("an address of Nextcloud", func(t *testing.T) {
		srv.Folder("remote.php/dav")
		w, err := storage.NewWebDAV(storage.WebDAVConfig{Name: "dav", URL: "http://" + srv.Addr + "/remote.php/dav", User: srv.User, Password: srv.Password})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := w.Check(t.Context()); err != nil || a.CanProve {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestACancelEndsAWebDAVCallThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	release := make(chan bool)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { cancel(); <-release }))
	defer front.Close()
	defer close(release)
	w, err := storage.NewWebDAV(storage.WebDAVConfig{Name: "dav", URL: front.URL})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.List(ctx, "", nothing); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestTheAddressesOfAWebDAVFolderLeadBackToItsKeys(t *testing.T) {
	w, err := storage.NewWebDAV(storage.WebDAVConfig{Name: "dav", URL: "https://dav.example.net/shop/photos%20%C3%BC", PublicURLs: []string{"https://cdn.example.org/img/"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{"https://dav.example.net/shop/photos%20%C3%BC/a%20b.jpg", "https://cdn.example.org/img/a%20b.jpg"} {
		if name, key, ok := plan.Resolve(u, w.Bases()); name != "dav" || key != "a b.jpg" || !ok {
			t.Errorf("%s: %q, %q, %v", u, name, key, ok)
		}
	}
}

func FuzzWebDAVAnswer(f *testing.F) {
	for _, s := range []string{davAnswer(), davAnswer(davFolder("/"), davFile("/a.jpg"), davFile("/%FF"), davFolder("/b/")), davAnswer(davFolder("/"), davFile("http://[::1]/%2e%2e")),
		`<multistatus xmlns="DAV:"><response><href>/</href><status>HTTP/1.1 200 OK</status></response>`, "<html>", "", "\xff", `<?xml version="1.0" encoding="latin1"?><multistatus xmlns="DAV:"/>`} {
		f.Add(s)
	}
	var body atomic.Pointer[string]
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Depth") == "0" && r.URL.Path == "/" {
			answer(w, 207, davAnswer(davFolder("/")))
			return
		}
		if r.URL.Path != "/" {
			answer(w, 207, davAnswer(davFolder(r.URL.EscapedPath()))) // its folders are empty
			return
		}
		answer(w, 207, *body.Load())
	}))
	f.Cleanup(srv.Close)
	w, err := storage.NewWebDAV(storage.WebDAVConfig{Name: "dav", URL: srv.URL})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		body.Store(&s)
		seen := map[string]bool{}
		err := w.List(t.Context(), "", func(o plan.Object) error {
			if seen[o.Key] || o.Key == "" || strings.HasPrefix(o.Key, "/") || o.SizeBytes < 0 || strings.Contains("/"+o.Key+"/", "/../") {
				t.Errorf("listed: %+v", o)
			}
			seen[o.Key] = true
			return nil
		})
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("the error repeats the answer: %v", err)
		}
	})
}
