package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/data/mail/mailtest"
	"greffier/data/storage/storagetest"
	"greffier/data/vault"
)

// The secrets of the test's servers. Each is planted where a real one would
// be, and must never be seen again.
const (
	testPassphrase = "une phrase que nul ne devine"
	mailPassword   = "correct horse é" // of mailtest
	s3Key          = "testkey"         // of storagetest
	s3Secret       = "testsecret"
	wooKey         = "ck_0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	wooSecret      = "cs_a1b2c3d4e5f60718293a4b5c6d7e8f90"
	wrongSecret    = "quite-another-secret"
)

// secrets must not stand in anything that the program says or leaves behind.
var secrets = []string{testPassphrase, mailPassword, s3Secret, wooKey, wooSecret, wrongSecret}

func TestMain(m *testing.M) {
	// One environment for all tests, so that they can run side by side.
	for k, v := range map[string]string{
		"GREFFIER_PASSPHRASE": testPassphrase, "MAIL_PASSWORD": mailPassword, "S3_KEY": s3Key, "S3_SECRET": s3Secret,
		"WOO_KEY": wooKey, "WOO_SECRET": wooSecret, "WRONG_SECRET": wrongSecret, "LC_ALL": "C.UTF-8",
		"DISPLAY": "", "WAYLAND_DISPLAY": "", "NOT_SET_ANYWHERE": "", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
	} {
		if err := os.Setenv(k, v); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	vault.Costs = vault.Cost{Time: 1, MemoryKiB: 8, Threads: 1, ScryptLog: 8}
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// result is what one call of the program gave.
type result struct {
	code     int
	out, err string
}

// call runs the program in this process and checks what holds of every call.
func call(t testing.TB, args ...string) result {
	t.Helper()
	var out, errw bytes.Buffer
	r := result{code: run(t.Context(), args, strings.NewReader(""), &out, &errw)}
	r.out, r.err = out.String(), errw.String()
	r.check(t, args)
	return r
}

// check tests what holds of every call: nothing secret, no trace of the stack,
// and a failure that is told.
func (r result) check(t testing.TB, args []string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(r.out, s) || strings.Contains(r.err, s) {
			t.Errorf("greffier %s: a secret is printed:\n%s%s", strings.Join(args, " "), r.out, r.err)
		}
	}
	for _, s := range []string{"goroutine ", "panic:", "runtime error", "%!", "<nil>", "MISSING"} {
		if strings.Contains(r.err, s) {
			t.Errorf("greffier %s: %q on standard error:\n%s", strings.Join(args, " "), s, r.err)
		}
	}
	lines := strings.Split(strings.TrimSpace(r.err), "\n")
	switch {
	case r.code != exitDone && strings.TrimSpace(r.err) == "" && r.out == "":
		t.Errorf("greffier %s: exit status %d without a word", strings.Join(args, " "), r.code)
	case r.code == exitUsage && len(lines) != 1:
		t.Errorf("greffier %s: wrong usage is told in %d lines:\n%s", strings.Join(args, " "), len(lines), r.err)
	}
	if strings.Contains(r.err, "unexpected happened") || strings.Contains(r.err, "inattendu") {
		t.Errorf("greffier %s: an error without words of its own:\n%s", strings.Join(args, " "), r.err)
	}
}

// ok is call for what must succeed.
func ok(t testing.TB, args ...string) result {
	t.Helper()
	r := call(t, args...)
	if r.code != exitDone {
		t.Fatalf("greffier %s: exit status %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r
}

// failed is call for what must fail in one line that has all the words given.
func failed(t testing.TB, words []string, args ...string) result {
	t.Helper()
	r := call(t, args...)
	if r.code != exitFailed {
		t.Fatalf("greffier %s: exit status %d, want 1\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	r.says(t, words...)
	return r
}

// says checks that there is one complaint, in one line, with all the words.
func (r result) says(t testing.TB, words ...string) {
	t.Helper()
	var complaints []string
	for line := range strings.Lines(r.err) {
		if strings.HasPrefix(line, "greffier: ") {
			complaints = append(complaints, strings.TrimSpace(line))
		}
	}
	if len(complaints) != 1 {
		t.Errorf("%d lines tell what failed, want 1:\n%s", len(complaints), r.err)
		return
	}
	for _, w := range words {
		if !strings.Contains(strings.ToLower(complaints[0]), strings.ToLower(w)) {
			t.Errorf("%q is not in: %s", w, complaints[0])
		}
	}
	// What, why in brackets, and what to do.
	if open, end := strings.Index(complaints[0], "("), strings.LastIndex(complaints[0], ")"); open < 0 || end < open || len(strings.TrimSpace(complaints[0][end+1:])) < 10 {
		t.Errorf("what happened, why, and what to do are not all in: %s", complaints[0])
	}
}

// asJSON reads what a call printed, which must be one JSON document.
func asJSON[T any](t testing.TB, r result) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(r.out))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("not JSON: %v\n%s%s", err, r.out, r.err)
	}
	if d.More() {
		t.Errorf("more than one JSON document:\n%s", r.out)
	}
	return v
}

// The documented fields of what --json prints.
type (
	caseRow struct {
		Case     int64    `json:"case"`
		State    string   `json:"state"`
		Rights   []string `json:"rights"`
		Received string   `json:"received"`
		Due      string   `json:"due"`
		DaysLeft *int     `json:"days_left"`
		Person   string   `json:"person"`
		Orders   []string `json:"orders"`
		Identity string   `json:"identity"`
		Email    string   `json:"email"`
	}
	place struct {
		Storage string `json:"storage"`
		Key     string `json:"key"`
		Version string `json:"version"`
		Reason  string `json:"reason"`
	}
	reason struct {
		What   string `json:"what"`
		Ground string `json:"ground"`
		Key    string `json:"key"`
		Until  string `json:"until"`
	}
	runDoc struct {
		State       string  `json:"state"`
		Erased      int     `json:"erased"`
		Left        []place `json:"left"`
		Certificate string  `json:"certificate"`
		Reason      string  `json:"reason"`
	}
	planDoc struct {
		Hash     string   `json:"hash"`
		Erase    []place  `json:"erase"`
		Restrict []reason `json:"restrict"`
		Keep     []reason `json:"keep"`
	}
	eraseDoc struct {
		Plan *planDoc `json:"plan"`
		Run  *runDoc  `json:"run"`
	}
	retentionDoc struct {
		Due []struct {
			Rule    string `json:"rule"`
			Order   string `json:"order"`
			Since   string `json:"since"`
			Objects int    `json:"objects"`
			Held    string `json:"held"`
		} `json:"due"`
		Run *runDoc `json:"run"`
	}
	syncDoc struct {
		Orders   int `json:"orders"`
		New      int `json:"new_orders"`
		Changed  int `json:"changed_orders"`
		Messages int `json:"messages"`
		Requests int `json:"requests"`
		Problems []struct {
			Where string `json:"where"`
			What  string `json:"what"`
		} `json:"problems"`
		Failed []string `json:"failed"`
	}
	verifyDoc struct {
		Journal struct {
			Entries  int    `json:"entries"`
			Head     string `json:"head"`
			BrokenAt *int64 `json:"broken_at"`
		} `json:"journal"`
		Store    string `json:"store"`
		Evidence string `json:"evidence"`
	}
)

// keys returns the keys of what a plan erases, each once, sorted.
func (p *planDoc) keys() []string {
	var out []string
	for _, o := range p.Erase {
		out = append(out, o.Key)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// world is a shop of the tests: its files, and the profile that the program
// makes of them.
type world struct {
	t       testing.TB
	dir     string // holds greffier.toml and what it names by relative paths
	profile string
	lang    string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := t.TempDir()
	return &world{t: t, dir: d, profile: filepath.Join(d, "profile"), lang: "en"}
}

// write writes a file into the world.
func (w *world) write(name, text string) string {
	w.t.Helper()
	p := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) exists(name string) bool {
	_, err := os.Lstat(filepath.Join(w.dir, filepath.FromSlash(name)))
	return err == nil
}

// controllerTOML begins every profile file of the tests.
const controllerTOML = `[controller]
name = "Atelier Testard EI"
address = "1 rue des Essais, 59800 Lille, France"
email = "contact@localhost.test"
site = "https://shop.localhost.test"
language = "en"
time_zone = "Europe/Paris"
`

const csvTOML = `
[[shop]]
kind = "csv"
file = "orders.csv"
`

// locatorsTOML are the locators of one storage: the last one ends in the
// number, so that only the key's next character ends it.
const locatorsTOML = `
  [[storage.locator]]
  holds = "photo"
  key = "uploads/{order}/"
  [[storage.locator]]
  holds = "derived"
  key = "derived/{order}/"
  [[storage.locator]]
  holds = "portrait"
  key = "portraits/{order}"
`

func mailboxTOML(s *mailtest.Server) string {
	return fmt.Sprintf("\n[mailbox]\nhost = %q\nport = %d\nsecurity = \"tls\"\nuser = %q\npassword_env = \"MAIL_PASSWORD\"\nca_file = %q\n",
		s.Host, s.Port, s.User, s.CAFile)
}

func s3TOML(s *storagetest.Server, bucket string) string {
	return fmt.Sprintf("\n[[storage]]\nname = \"photos\"\nkind = \"s3\"\nendpoint = %q\nregion = %q\nbucket = %q\naccess_key_env = \"S3_KEY\"\nsecret_key_env = \"S3_SECRET\"\n%s",
		s.Endpoint, s.Region, bucket, locatorsTOML)
}

const folderTOML = "\n[[storage]]\nname = \"photos\"\nkind = \"folder\"\npath = \"photos\"\n" + locatorsTOML

// init makes the profile from the parts of a profile file.
func (w *world) init(parts ...string) {
	w.t.Helper()
	f := w.write("greffier.toml", controllerTOML+strings.Join(parts, ""))
	ok(w.t, "--profile", w.profile, "init", "--from", f)
	cheapUnlock(w.t, w.profile)
}

func (w *world) args(args []string) []string {
	return append([]string{"--profile", w.profile, "--lang", w.lang}, args...)
}

func (w *world) call(args ...string) result { w.t.Helper(); return call(w.t, w.args(args)...) }
func (w *world) ok(args ...string) result   { w.t.Helper(); return ok(w.t, w.args(args)...) }
func (w *world) failed(words []string, args ...string) result {
	w.t.Helper()
	return failed(w.t, words, w.args(args)...)
}

func (w *world) sync(args ...string) syncDoc {
	w.t.Helper()
	return asJSON[syncDoc](w.t, w.ok(append([]string{"--json", "sync"}, args...)...))
}

func (w *world) cases() []caseRow {
	w.t.Helper()
	return asJSON[[]caseRow](w.t, w.ok("--json", "cases"))
}

// caseFrom returns the one case that an address opened.
func (w *world) caseFrom(email string) caseRow {
	w.t.Helper()
	var found []caseRow
	for _, c := range w.cases() {
		if c.Email == email {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d cases of %s, want 1", len(found), email)
	}
	return found[0]
}

func (w *world) verified() verifyDoc {
	w.t.Helper()
	v := asJSON[verifyDoc](w.t, w.ok("--json", "verify"))
	if v.Journal.BrokenAt != nil || v.Store != "ok" || v.Evidence != "ok" || v.Journal.Entries == 0 || len(v.Journal.Head) != 64 {
		w.t.Errorf("verify: %+v", v)
	}
	return v
}

// sealed checks that none of the words, and no secret, can be read in any file
// of the profile but the printed ones.
func (w *world) sealed(words ...string) {
	w.t.Helper()
	printed := filepath.Join(w.profile, outName) + string(filepath.Separator)
	err := filepath.WalkDir(w.profile, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(p, printed) {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, s := range slices.Concat(secrets, words) {
			if bytes.Contains(b, []byte(s)) {
				w.t.Errorf("%q can be read in %s", s, filepath.Base(p))
			}
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			w.t.Errorf("others may read %s: %v", filepath.Base(p), info.Mode())
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// letter writes a plain mail. Headers come before the subject.
func letter(from, subject, body string, headers ...string) []byte {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h + "\n")
	}
	fmt.Fprintf(&b, "From: %s\nTo: contact@localhost.test\nSubject: %s\nDate: Thu, 02 Jan 2025 10:00:00 +0100\n", from, subject)
	if !strings.Contains(b.String(), "Message-ID:") {
		fmt.Fprintf(&b, "Message-ID: <%x@test>\n", from+subject)
	}
	b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + body + "\n")
	return []byte(strings.ReplaceAll(b.String(), "\n", "\r\n"))
}

// vouched is what the mailbox's own provider writes on a mail whose sender's
// domain it could check.
func vouched(domain, verdict string) string {
	return fmt.Sprintf("Authentication-Results: mx.localhost.test; spf=%s smtp.mailfrom=%s; dkim=%s header.d=%s; dmarc=%s header.from=%s",
		verdict, domain, verdict, domain, verdict, domain)
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	x, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// pdfText returns the text of a PDF, which must be well formed, with white space
// made single.
func pdfText(t testing.TB, path string) string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), tool(t, "qpdf"), "--check", path).CombinedOutput(); err != nil {
		t.Errorf("qpdf --check %s: %v\n%s", filepath.Base(path), err, out)
	}
	out, err := exec.CommandContext(t.Context(), tool(t, "pdftotext"), "-layout", path, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext %s: %v", filepath.Base(path), err)
	}
	return spaces.ReplaceAllString(string(out), " ")
}

var spaces = regexp.MustCompile(`[\s\x{a0}\x{202f}]+`)

func tool(t testing.TB, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: run make test-deps", name)
	}
	return p
}

// built is the program itself, for what only a process of its own can show.
var built struct {
	sync.Once
	dir, path string
	err       error
}

// program builds the program once and returns its path.
func program(t testing.TB) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "greffier-e2e"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "greffier")
		if out, err := exec.Command("go", "build", "-o", built.path, ".").CombinedOutput(); err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}
