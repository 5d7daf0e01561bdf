package storage_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

// config returns how to enter a server's folder.
func config(srv *storagetest.SSHD, root string) storage.SFTPConfig {
	return storage.SFTPConfig{Name: "sftp", Host: srv.Host, Port: srv.Port, User: srv.User, KeyFile: srv.KeyFile, HostKey: strings.Join(srv.HostKeys, "\n"), Root: root}
}

func openSFTP(t testing.TB, cfg storage.SFTPConfig) *storage.SFTP {
	t.Helper()
	s, err := storage.NewSFTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSFTP(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519", "rsa")
	storagetest.Run(t, func(t *testing.T) (erasure.Storage, storagetest.Seeder) {
		root := srv.Folder()
		return openSFTP(t, config(srv, root)), folderSeed{t, root}
	})
}

func TestSFTPByPassword(t *testing.T) {
	srv := storagetest.SFTPByPassword(t)
	cfg := storage.SFTPConfig{Name: "sftp", Host: "127.0.0.1", Port: srv.Port, User: srv.User, Password: srv.Password, HostKey: srv.HostKey, Root: "/"}
	s := openSFTP(t, cfg)
	seed := folderSeed{t, srv.Dir}
	for _, k := range []string{"uploads/1/a.jpg", "uploads/1/b c.jpg", "uploads/10/a.jpg"} {
		seed.Put(k, "x")
	}
	if r, steps := storagetest.Erase(t, s, "1"); r.State != erasure.Complete || r.Erased != 2 {
		t.Errorf("%+v, %+v", r, steps)
	}
	if got := seed.Left(); len(got) != 1 {
		t.Errorf("left %q", got)
	}
	cfg.Password = "hush"
	if _, err := openSFTP(t, cfg).Check(t.Context()); !errors.Is(err, erasure.ErrDenied) || strings.Contains(err.Error(), "hush") {
		t.Errorf("a wrong password: %v", err)
	}
}

func fingerprint(t testing.TB, line string, srv *storagetest.SSHD) string {
	t.Helper()
	keys, err := storage.HostKeys(t.Context(), srv.Host, srv.Port)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if k.Line == line {
			return k.Fingerprint
		}
	}
	t.Fatalf("the server does not show %s, but %v", line, keys)
	return ""
}

func TestAServerIsKnownByAnyOfItsKeys(t *testing.T) {
	srv := storagetest.OpenSSH(t, "rsa", "ecdsa", "ed25519")
	other := storagetest.OpenSSH(t, "ed25519", "rsa")
	root := srv.Folder()
	rsa, ecdsa, ed25519 := srv.HostKeys[0], srv.HostKeys[1], srv.HostKeys[2]
	print := map[string]string{}
	for _, k := range srv.HostKeys {
		print[k] = fingerprint(t, k, srv)
	}
	for _, tc := range []struct {
		name, pin string
		want      error
	}{
		{"the RSA key alone", rsa, nil},
		{"the ECDSA key alone", ecdsa, nil},
		{"the Ed25519 key alone", ed25519, nil},
		{"the fingerprint of the RSA key", print[rsa], nil},
		{"the fingerprint of the ECDSA key", print[ecdsa], nil},
		{"the fingerprint of the Ed25519 key", print[ed25519], nil},
		{"all of them, with a comment and empty lines", "# from the hoster\n\n" + rsa + " root@host\r\n" + print[ecdsa] + "\n" + ed25519 + "\n", nil},
		{"a line as of known_hosts", "[127.0.0.1]:22 " + ed25519, nil},
		{"another server's key and the right one, as while a key is changed", other.HostKeys[0] + "\n" + ed25519, nil},
		{"another server's Ed25519 key", other.HostKeys[0], storage.ErrHostChanged},
		{"another server's RSA key", other.HostKeys[1], storage.ErrHostChanged},
		{"another server's fingerprint", fingerprint(t, other.HostKeys[1], other), storage.ErrHostChanged},
		{"nothing", "", storage.ErrHostUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := config(srv, root)
			cfg.HostKey = tc.pin
			s := openSFTP(t, cfg)
			_, check := s.Check(t.Context())
			_, look := s.Look(t.Context(), plan.Object{Key: "a"})
			for what, err := range map[string]error{"Check": check, "Look": look, "List": s.List(t.Context(), "", nothing)} {
				if !errors.Is(err, tc.want) || tc.want == nil && err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	t.Run("a server that has no key of the pinned type any more", func(t *testing.T) {
		small := storagetest.OpenSSH(t, "ecdsa")
		cfg := config(small, small.Folder())
		cfg.HostKey = ed25519
		if _, err := openSFTP(t, cfg).Check(t.Context()); !errors.Is(err, storage.ErrHostChanged) {
			t.Error(err)
		}
	})
}

func TestAnUnknownServerShowsItsKeyAndIsToldNothing(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519", "rsa")
	cfg := config(srv, srv.Folder())
	cfg.HostKey, cfg.KeyFile, cfg.Password = "", filepath.Join(t.TempDir(), "is not read"), "hush"
	_, err := openSFTP(t, cfg).Check(t.Context())
	var unknown *storage.UnknownHostError
	if !errors.As(err, &unknown) || unknown.Line != srv.HostKeys[0] || unknown.Fingerprint != fingerprint(t, srv.HostKeys[0], srv) || unknown.Host != fmt.Sprintf("127.0.0.1:%d", srv.Port) {
		t.Fatalf("%v", err)
	}
	cfg = config(srv, srv.Folder())
	cfg.HostKey = unknown.Line
	if _, err := openSFTP(t, cfg).Check(t.Context()); err != nil {
		t.Errorf("with what it showed pinned: %v", err)
	}
	keys, err := storage.HostKeys(t.Context(), srv.Host, srv.Port)
	if err != nil || len(keys) != 2 || keys[0].Line != srv.HostKeys[0] || keys[1].Line != srv.HostKeys[1] || keys[1].Type != "ssh-rsa" {
		t.Errorf("HostKeys = %v, %v", keys, err)
	}
}

func TestHostKeysOfNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			c.Close()
		}
	}()
	if _, err := storage.HostKeys(t.Context(), "127.0.0.1", l.Addr().(*net.TCPAddr).Port); err == nil {
		t.Error("a web server has host keys")
	}
	l.Close()
	if _, err := storage.HostKeys(t.Context(), "127.0.0.1", l.Addr().(*net.TCPAddr).Port); !errors.Is(err, erasure.ErrOffline) {
		t.Errorf("nobody listens: %v", err)
	}
	for _, host := range []string{"", "a b", "user@host", "ssh://host", "[::1]"} {
		if _, err := storage.HostKeys(t.Context(), host, 22); !errors.Is(err, storage.ErrBadAddress) {
			t.Errorf("host %q: %v", host, err)
		}
	}
}

func TestSFTPSettingsAreCheckedBeforeAnythingIsSent(t *testing.T) {
	good := storage.SFTPConfig{Name: "sftp", Host: "files.example.net", User: "shop", Root: "/photos"}
	for _, tc := range []struct {
		name   string
		change func(*storage.SFTPConfig)
		want   error
	}{
		{"as it should be", func(*storage.SFTPConfig) {}, nil},
		{"no host", func(c *storage.SFTPConfig) { c.Host = "" }, storage.ErrBadAddress},
		{"an address for a host", func(c *storage.SFTPConfig) { c.Host = "sftp://files.example.net" }, storage.ErrBadAddress},
		{"no user", func(c *storage.SFTPConfig) { c.User = "" }, storage.ErrBadAddress},
		{"no folder", func(c *storage.SFTPConfig) { c.Root = "" }, storage.ErrBadAddress},
		{"a port that is none", func(c *storage.SFTPConfig) { c.Port = 70000 }, storage.ErrBadAddress},
		{"a pin that is none", func(c *storage.SFTPConfig) { c.HostKey = "yes" }, storage.ErrHostKey},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := good
			tc.change(&cfg)
			if _, err := storage.NewSFTP(cfg); !errors.Is(err, tc.want) {
				t.Error(err)
			}
		})
	}
}

func TestKeysThatEnterAndKeysThatDoNot(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nhush\n-----END OPENSSH PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*storage.SFTPConfig)
		want   error
	}{
		{"a private key", func(*storage.SFTPConfig) {}, nil},
		{"one behind a pass phrase", func(c *storage.SFTPConfig) { c.KeyFile, c.KeyPassphrase = srv.LockedKeyFile, srv.Passphrase }, nil},
		{"a pass phrase that the key does not need", func(c *storage.SFTPConfig) { c.KeyPassphrase = "hush" }, nil},
		{"a wrong pass phrase", func(c *storage.SFTPConfig) { c.KeyFile, c.KeyPassphrase = srv.LockedKeyFile, "hush" }, storage.ErrKeyFile},
		{"no pass phrase", func(c *storage.SFTPConfig) { c.KeyFile = srv.LockedKeyFile }, storage.ErrKeyFile},
		{"a key file that is not there", func(c *storage.SFTPConfig) { c.KeyFile += ".hush" }, storage.ErrKeyFile},
		{"a key file that is none", func(c *storage.SFTPConfig) { c.KeyFile = broken }, storage.ErrKeyFile},
		{"a stranger's key", func(c *storage.SFTPConfig) { c.KeyFile = srv.StrangerFile }, erasure.ErrDenied},
		{"a stranger", func(c *storage.SFTPConfig) { c.User = "hush" }, erasure.ErrDenied},
		{"a wrong password", func(c *storage.SFTPConfig) { c.KeyFile, c.Password = "", "hush" }, erasure.ErrDenied},
		{"neither key nor password", func(c *storage.SFTPConfig) { c.KeyFile = "" }, erasure.ErrDenied},
		{"a folder that is not there", func(c *storage.SFTPConfig) { c.Root += "/typo" }, erasure.ErrNotThere},
		{"a file for a folder", func(c *storage.SFTPConfig) { c.Root = srv.KeyFile }, erasure.ErrNotThere},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := config(srv, root)
			tc.change(&cfg)
			s := openSFTP(t, cfg)
			o := plan.Object{Key: "uploads/1/marie.jpg"}
			_, look := s.Look(t.Context(), o)
			for what, err := range map[string]error{"Look": look, "List": s.List(t.Context(), "uploads/1/", nothing)} {
				if !errors.Is(err, tc.want) || tc.want == nil && err != nil {
					t.Errorf("%s: %v", what, err)
				}
				if err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "marie") || strings.Contains(err.Error(), root)) {
					t.Errorf("%s tells too much: %v", what, err)
				}
			}
		})
	}
}

func TestLinksOfAServerAreErasedAndNeverFollowed(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	s, seed := openSFTP(t, config(srv, root)), folderSeed{t, root}
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.jpg")
	if err := os.WriteFile(secret, []byte("not yours"), 0o600); err != nil {
		t.Fatal(err)
	}
	seed.Put("uploads/7/mine.jpg", "x")
	seed.Put("uploads/8/other.jpg", "x")
	for name, target := range map[string]string{"uploads/7/file-link": secret, "uploads/7/dir-link": outside, "uploads/7/inner-link": "../8", "uploads/7/broken": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := strings.Join(storagetest.Keys(storagetest.List(t, s, "uploads/7/")), " "), "uploads/7/broken uploads/7/dir-link uploads/7/file-link uploads/7/inner-link uploads/7/mine.jpg"; got != want {
		t.Errorf("listed %q", got)
	}
	for _, key := range []string{"uploads/7/dir-link/secret.jpg", "uploads/7/inner-link/other.jpg"} {
		if err := s.Erase(t.Context(), plan.Object{Key: key}); !errors.Is(err, erasure.ErrChanged) {
			t.Errorf("erase %s through a link: %v", key, err)
		}
		if there, err := s.Look(t.Context(), plan.Object{Key: key}); there || !errors.Is(err, erasure.ErrChanged) {
			t.Errorf("look at %s through a link: %v, %v", key, there, err)
		}
		if len(storagetest.List(t, s, key)) != 0 {
			t.Errorf("%s is listed through a link", key)
		}
	}
	if r, _ := storagetest.Erase(t, s, "7"); r.State != erasure.Complete || r.Erased != 5 {
		t.Errorf("%+v", r)
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "not yours" {
		t.Errorf("what the link led to is touched: %q, %v", b, err)
	}
	if got := seed.Left(); len(got) != 1 || got[0] != "uploads/8/other.jpg" {
		t.Errorf("left: %q", got)
	}
}

func TestKeysThatLeaveTheServersFolderAreRefused(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	s := openSFTP(t, config(srv, root))
	folderSeed{t, root}.Put("a/b", "x")
	for _, key := range []string{"", "..", "../outside.txt", "a/../../outside.txt", "/etc/hostname", "a/", ".", "a//b", "a/./b", "a\x00", "\uFFFD2F", "\uFFFD2E\uFFFD2E/outside.txt", "\uFFFD", "\uFFFDzz"} {
		if err := s.Erase(t.Context(), plan.Object{Key: key}); !errors.Is(err, storage.ErrBadAddress) {
			t.Errorf("Erase(%q): %v", key, err)
		}
		if _, err := s.Look(t.Context(), plan.Object{Key: key}); !errors.Is(err, storage.ErrBadAddress) {
			t.Errorf("Look(%q): %v", key, err)
		}
		if strings.Contains(key, "..") || strings.HasPrefix(key, "/") {
			if got := storagetest.List(t, s, key); len(got) != 0 {
				t.Errorf("List(%q): %v", key, got)
			}
		}
	}
	for _, key := range []string{"a", "a/b/c/d"} {
		if err := s.Erase(t.Context(), plan.Object{Key: key}); !errors.Is(err, erasure.ErrChanged) {
			t.Errorf("Erase(%q): %v", key, err)
		}
	}
}

func TestAServersFileThatChangedSinceTheListingStays(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	s, seed := openSFTP(t, config(srv, root)), folderSeed{t, root}
	seed.Put("a/1.jpg", "old")
	o := storagetest.List(t, s, "")[0]
	seed.Put("a/1.jpg", "a new photo")
	if err := s.Erase(t.Context(), o); !errors.Is(err, erasure.ErrChanged) || len(seed.Left()) != 1 {
		t.Errorf("%v, left %q", err, seed.Left())
	}
}

func TestSFTPNamesThatAreNotText(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	s, seed := openSFTP(t, config(srv, root)), folderSeed{t, root}
	names := []string{"\xff.jpg", "a\xe9b.jpg", "\xef\xbf\xbd.jpg", "\uFFFDFF.jpg", "fine.jpg", "line\nbreak.jpg", `back\slash.jpg`, "\xc3", "\xed\xa0\x80", "\x01.jpg", "\ufffe.jpg", "\xe9t\xe9/a.jpg"}
	for _, n := range names {
		seed.Put("uploads/5/"+n, n)
	}
	got := storagetest.Keys(storagetest.List(t, s, "uploads/5/"))
	if len(slices.Compact(slices.Clone(got))) != len(names) {
		t.Fatalf("%d names became the keys %q", len(names), got)
	}
	if r, _ := storagetest.Erase(t, s, "5"); r.State != erasure.Complete || r.Erased != len(names) {
		t.Errorf("%+v", r)
	}
	if left := seed.Left(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestWhatMayNotBeChangedOnAServerIsDenied(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	cfg := config(srv, root)
	cfg.User = srv.Other
	s, seed := openSFTP(t, cfg), folderSeed{t, root}
	seed.Put("uploads/5/a.jpg", "x")
	seed.Put("closed/b.jpg", "x")
	if err := os.Symlink("nowhere", filepath.Join(root, "uploads/5/broken")); err != nil {
		t.Fatal(err)
	}
	for p, mode := range map[string]os.FileMode{"uploads/5/a.jpg": 0o400, "uploads/5": 0o555, "closed": 0o700} {
		if p == "closed" && srv.Other == srv.User {
			mode = 0
		}
		if err := os.Chmod(filepath.Join(root, p), mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, p), 0o755) })
	}
	objects := storagetest.List(t, s, "uploads/")
	if len(objects) != 2 {
		t.Fatalf("listed: %v", objects)
	}
	for _, o := range objects {
		// The link to nowhere is what the client takes for missing.
		if err := s.Erase(t.Context(), o); !errors.Is(err, erasure.ErrDenied) {
			t.Errorf("erase %s in a read-only folder: %v", o.Key, err)
		}
		if there, err := s.Look(t.Context(), o); !there || err != nil {
			t.Errorf("look at %s: %v, %v", o.Key, there, err)
		}
	}
	// A folder that may not be read could hold anything.
	if err := s.List(t.Context(), "", nothing); !errors.Is(err, erasure.ErrDenied) {
		t.Errorf("list with a closed folder in it: %v", err)
	}
	if there, err := s.Look(t.Context(), plan.Object{Key: "closed/b.jpg"}); there || !errors.Is(err, erasure.ErrDenied) {
		t.Errorf("look into a closed folder: %v, %v", there, err)
	}
}

// cutter passes a server's answers on, and cuts the connection where it is told
// to.
type cutter struct {
	port  int
	after atomic.Int64 // bytes of the server to pass on in each connection; 0 is no end
	cuts  atomic.Int64
	mu    sync.Mutex
	open  []net.Conn
}

func cutting(t *testing.T, port int) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{port: l.Addr().(*net.TCPAddr).Port}
	t.Cleanup(func() { l.Close(); c.cutAll() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				near.Close()
				continue
			}
			c.mu.Lock()
			c.open = append(c.open, near, far)
			c.mu.Unlock()
			go func() { _, _ = io.Copy(far, near); far.Close() }()
			go func() {
				if n := c.after.Load(); n > 0 {
					if _, err := io.CopyN(near, far, n); err == nil {
						c.cuts.Add(1)
						c.after.Store(0) // the next one holds
					}
				} else {
					_, _ = io.Copy(near, far)
				}
				near.Close()
				far.Close()
			}()
		}
	}()
	return c
}

func (c *cutter) cutAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.open {
		x.Close()
	}
	c.open = nil
}

func TestALostConnectionIsMadeAgain(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	seed := folderSeed{t, root}
	for i := range 5 {
		seed.Put(fmt.Sprintf("uploads/1/%d.jpg", i), "x")
	}
	way := cutting(t, srv.Port)
	cfg := config(srv, root)
	cfg.Port = way.port
	s := openSFTP(t, cfg)
	for i, o := range storagetest.List(t, s, "") {
		way.cutAll()
		if err := s.Erase(t.Context(), o); err != nil {
			t.Fatalf("object %d: %v", i, err)
		}
	}
	if left := seed.Left(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	srv.Stop()
	way.cutAll()
	if err := s.List(t.Context(), "", nothing); !errors.Is(err, erasure.ErrOffline) {
		t.Errorf("a server that is away: %v", err)
	}
}

// A connection that breaks off in the middle of a listing must not look like
// the end of the listing.
func TestAListingThatBreaksOffIsNeverShort(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	root := srv.Folder()
	seed := folderSeed{t, root}
	const n = 1200
	for i := range n {
		seed.Put(fmt.Sprintf("uploads/1/%d.jpg", i), "x")
	}
	way := cutting(t, srv.Port)
	cfg := config(srv, root)
	cfg.Port, cfg.Connections = way.port, 1
	cut := false
	for after := int64(3000); ; after += 29_000 {
		s, err := storage.NewSFTP(cfg)
		if err != nil {
			t.Fatal(err)
		}
		way.cuts.Store(0)
		way.after.Store(after)
		found := 0
		err = s.List(t.Context(), "", func(plan.Object) error { found++; return nil })
		s.Close()
		if err == nil && found != n {
			t.Fatalf("cut after %d bytes, %d files of %d are listed without an error", after, found, n)
		}
		if err != nil && !errors.Is(err, erasure.ErrOffline) && !errors.Is(err, erasure.ErrDenied) && !errors.Is(err, storage.ErrUnclear) {
			t.Errorf("cut after %d bytes: %v", after, err)
		}
		if way.cuts.Load() == 0 {
			break // the whole listing is shorter than that
		}
		cut = true
	}
	if !cut {
		t.Error("nothing was cut")
	}
}

func TestACancelEndsACallThatHangs(t *testing.T) {
	// A server that says nothing.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	reached := make(chan net.Conn, 4)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			reached <- c
		}
	}()
	s := openSFTP(t, storage.SFTPConfig{Name: "sftp", Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "shop", Root: "/photos"})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { c := <-reached; defer c.Close(); cancel(); <-t.Context().Done() }()
	if _, err := s.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSnapshotsOfAServerMakeProofImpossible(t *testing.T) {
	srv := storagetest.OpenSSH(t, "ed25519")
	for _, name := range []string{".snapshot", "#recycle", ".Trash-1000", "@gmt-2026.11.01-00.00.00"} {
		root := srv.Folder()
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
		folderSeed{t, root}.Put("uploads/1/a.jpg", "x")
		s := openSFTP(t, config(srv, root))
		if a, err := s.Check(t.Context()); err != nil || a.CanProve || !strings.Contains(a.Described, name) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		if r, steps := storagetest.Erase(t, s, "1"); r.State != erasure.Partial || steps[0].Reason != "erased, but this storage cannot prove that it is gone" {
			t.Errorf("%s: %+v, %+v", name, r, steps)
		}
	}
}

func TestTheAddressOfAServersFolderLeadsBackToItsKeys(t *testing.T) {
	for root, ok := range map[string]bool{"/photos ü/": true, "/": true, "photos": false} {
		s := openSFTP(t, storage.SFTPConfig{Name: "sftp", Host: "files.example.net", User: "shop", Root: root})
		ref := "sftp://files.example.net/photos%20%C3%BC/uploads/1/a%20b.jpg"
		name, key, found := plan.Resolve(ref, s.Bases())
		if found != ok || ok && (name != "sftp" || !strings.HasSuffix(key, "uploads/1/a b.jpg")) {
			t.Errorf("%s: %q, %q, %v", root, name, key, found)
		}
	}
}

func FuzzHostKeyPins(f *testing.F) {
	sum := "SHA256:" + base64.RawStdEncoding.EncodeToString(make([]byte, 32))
	for _, s := range []string{"", sum, sum + "=", "SHA256:", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJvkQ2vGWBx+zXkPk7vyzUNBHBsV3YUrSdfRSSjE5w6Y a\n" + sum, "@revoked * ssh-rsa AAAA", "ssh-dss AAAA", "# x\n\n", "host ssh-rsa", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, pin string) {
		_, err := storage.NewSFTP(storage.SFTPConfig{Name: "sftp", Host: "h", User: "u", Root: "/r", HostKey: pin})
		if err != nil && !errors.Is(err, storage.ErrHostKey) {
			t.Fatal(err)
		}
	})
}
