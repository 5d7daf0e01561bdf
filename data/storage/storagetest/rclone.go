package storagetest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Rclone is a running server of rclone with a folder of its own.
type Rclone struct {
	Addr           string // host:port
	Port           int
	User, Password string
	Dir            string // what it serves, as plain files
	HostKey        string // of an SFTP server, as a line to be pinned

	t  testing.TB
	mu sync.Mutex
	// made are the folders that were made over WebDAV.
	made map[string]bool
}

// DAV starts rclone's WebDAV server on loopback, and stops it when the test
// ends. It remembers the folders that it was asked for: write with Put.
func DAV(t testing.TB) *Rclone {
	t.Helper()
	return serve(t, "webdav")
}

// SFTPByPassword starts rclone's SFTP server, which lets in by a password.
func SFTPByPassword(t testing.TB) *Rclone {
	t.Helper()
	return serve(t, "sftp")
}

func serve(t testing.TB, protocol string) *Rclone {
	t.Helper()
	program, err := exec.LookPath("rclone")
	if err != nil {
		t.Fatal("rclone is missing: run make test-deps")
	}
	r := &Rclone{User: "shop", Password: "correct horse é", Dir: t.TempDir(), t: t, made: map[string]bool{}}
	// Neither the settings nor the caches of whoever runs the tests.
	home := t.TempDir()
	args := []string{"--config", "", "--cache-dir", home, "serve", protocol, "--user", r.User, "--pass", r.Password}
	if protocol == "sftp" {
		key, line := newKey(t, "ed25519")
		p := filepath.Join(home, "host")
		(&SSHD{t: t}).writeKey(p, key, "")
		r.HostKey = line
		args = append(args, "--key", p)
	}
	for range 5 { // the port may be taken between asking and using it
		r.Port = freePort(t)
		r.Addr = fmt.Sprintf("127.0.0.1:%d", r.Port)
		cmd := exec.Command(program, append(args, "--addr", r.Addr, r.Dir)...)
		cmd.Env = append(os.Environ(), "HOME="+home)
		var talk bytes.Buffer
		cmd.Stdout, cmd.Stderr = &talk, &talk
		if err := cmd.Start(); err != nil {
			t.Fatalf("start rclone: %v", err)
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		stop := func() { _ = cmd.Process.Kill(); <-ended }
		if answers(r.Addr, ended) {
			t.Cleanup(stop)
			return r
		}
		stop()
		t.Logf("rclone ended: %s", talk.String())
	}
	t.Fatal("rclone does not answer")
	return nil
}

// Folder makes a folder over WebDAV, and those above it.
func (r *Rclone) Folder(dir string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	at := ""
	for _, part := range strings.Split(dir, "/") {
		at += part + "/"
		if !r.made[at] {
			r.call("MKCOL", at, "")
			r.made[at] = true
		}
	}
}

// Put writes a file over WebDAV, over the one that is there.
func (r *Rclone) Put(name, data string) {
	r.t.Helper()
	if dir := path.Dir(name); dir != "." {
		r.Folder(dir)
	}
	r.call(http.MethodPut, name, data)
}

func (r *Rclone) call(method, name, body string) {
	r.t.Helper()
	u := url.URL{Scheme: "http", Host: r.Addr, Path: "/" + name}
	req, err := http.NewRequest(method, u.String(), strings.NewReader(body))
	if err != nil {
		r.t.Error(err)
		return
	}
	req.SetBasicAuth(r.User, r.Password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Error(err)
		return
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		r.t.Errorf("%s %s: %s", method, name, resp.Status)
	}
}
