package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"greffier/data/mail/mailtest"
	"greffier/data/storage/storagetest"

	"github.com/gofrs/flock"
)

const oneOrder = "order,status,created,completed,email,first_name,last_name,photos\n104,completed,2025-01-10,2025-01-20,alice.planchon@example.org,Alice,Planchon,\n"

// replaced replaces words of a profile file.
func replaced(t *testing.T, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("%q is not in the profile file", from)
	}
	return strings.Replace(text, from, to, 1)
}

func TestAMailboxThatCannotBeReadIsToldInOneLineAndTheOrdersComeIn(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	good := mailboxTOML(box)
	for _, tc := range []struct {
		name  string
		toml  func(t *testing.T) string
		words []string
	}{
		{"nobody listens there", func(t *testing.T) string { return replaced(t, good, "port = ", "port = 1\n#") }, []string{"localhost:1", "mail"}},
		{"no such host", func(t *testing.T) string { return replaced(t, good, `"localhost"`, `"nowhere.invalid"`) }, []string{"nowhere.invalid", "mail"}},
		{"its certificate is nobody's", func(t *testing.T) string { return replaced(t, good, "ca_file", "#") }, []string{"certificate", "localhost"}},
		{"no TLS on that port", func(t *testing.T) string { return replaced(t, good, `"tls"`, `"starttls"`) }, []string{"localhost", "mail"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.write("orders.csv", oneOrder)
			w.init(tc.toml(t), csvTOML)
			r := w.failed(tc.words, "--json", "sync")
			if d := asJSON[syncDoc](t, r); d.New != 1 || len(d.Failed) != 1 || !strings.HasPrefix(d.Failed[0], "mailbox") {
				t.Errorf("sync: %+v", d)
			}
			w.lang = "fr"
			w.failed(nil, "sync", "--mail")
			w.verified()
		})
	}

	t.Run("TLS after STARTTLS is as good", func(t *testing.T) {
		w := newWorld(t)
		w.write("orders.csv", oneOrder)
		toml := replaced(t, good, `"tls"`, `"starttls"`)
		w.init(replaced(t, toml, fmt.Sprint(box.Port), fmt.Sprint(box.PlainPort)), csvTOML)
		w.ok("sync")
	})
	t.Run("without TLS, to this computer only", func(t *testing.T) {
		w := newWorld(t)
		toml := replaced(t, good, `"tls"`, `"plain"`)
		w.init(replaced(t, toml, fmt.Sprint(box.Port), fmt.Sprint(box.PlainPort)))
		w.ok("sync")
	})

	t.Run("once the server is back the mail comes in", func(t *testing.T) {
		w := newWorld(t)
		w.write("orders.csv", oneOrder)
		w.init(good, csvTOML)
		box.Append("INBOX", nil, at(t, "2025-03-19T10:00:00Z"), letter("Alice Planchon <alice.planchon@example.org>", "Mes données", aliceWrites, vouched("example.org", "pass")))
		box.Stop()
		w.failed([]string{"mail"}, "sync")
		box.Restart()
		if d := w.sync(); d.Messages != 1 || d.Requests != 1 {
			t.Errorf("sync: %+v", d)
		}
		if c := w.caseFrom("alice.planchon@example.org"); !slices.Equal(c.Orders, []string{"104"}) {
			t.Errorf("case: %+v", c)
		}
	})

	// Last, and tried once: the server makes who guesses wait.
	t.Run("the password is wrong", func(t *testing.T) {
		w := newWorld(t)
		w.write("orders.csv", oneOrder)
		w.init(replaced(t, good, "MAIL_PASSWORD", "WRONG_SECRET"), csvTOML)
		r := w.failed([]string{"localhost", "password"}, "--json", "sync")
		if d := asJSON[syncDoc](t, r); d.New != 1 || !slices.Equal(d.Failed, []string{"mailbox localhost"}) {
			t.Errorf("sync: %+v", d)
		}
		w.sealed()
	})
}

func TestAStorageThatIsNotWhatTheProfileSaysNeverLooksEmpty(t *testing.T) {
	t.Parallel()
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, false)
	s3.Put("photos", "uploads/104/a.jpg", "alice")
	good := s3TOML(s3, "photos")
	for _, tc := range []struct {
		name  string
		toml  func(t *testing.T) string
		words []string
	}{
		{"the bucket does not exist", func(t *testing.T) string { return replaced(t, good, `bucket = "photos"`, `bucket = "fotos"`) }, []string{"fotos"}},
		{"the secret is wrong", func(t *testing.T) string { return replaced(t, good, "S3_SECRET", "WRONG_SECRET") }, []string{"photos"}},
		{"nobody knows the access key", func(t *testing.T) string { return replaced(t, good, "S3_KEY", "WRONG_SECRET") }, []string{"photos"}},
		{"the folder is not there", func(t *testing.T) string { return folderTOML }, []string{"photos"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.write("orders.csv", oneOrder)
			w.init(csvTOML, tc.toml(t))
			w.ok("sync")
			for _, args := range [][]string{
				{"--json", "erase", "--order", "104", "--yes"}, {"--json", "erase", "--order", "104", "--dry-run"},
				{"--json", "retention", "--yes"}, {"erase", "--order", "104"},
			} {
				r := w.failed(tc.words, args...)
				if strings.Contains(r.out, "complete") {
					t.Errorf("greffier %s: %s", strings.Join(args, " "), r.out)
				}
			}
			w.verified()
		})
	}

	t.Run("a disk taken away is refused, and is erased when it is back", func(t *testing.T) {
		w := newWorld(t)
		w.write("orders.csv", oneOrder)
		w.write("photos/uploads/104/a.jpg", "alice")
		w.init(csvTOML, folderTOML)
		w.ok("sync")
		from, to := filepath.Join(w.dir, "photos"), filepath.Join(w.dir, "unplugged")
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		w.failed([]string{"photos"}, "erase", "--order", "104", "--yes")
		w.failed([]string{"photos"}, "register", "retention")
		if err := os.Rename(to, from); err != nil {
			t.Fatal(err)
		}
		if d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "104", "--yes")); d.Run.State != "complete" || d.Run.Erased != 1 {
			t.Errorf("erase: %+v", d.Run)
		}
		if w.exists("photos/uploads/104") || !w.exists("photos") {
			t.Error("the file's folder stayed, or the storage's own went")
		}
	})

	t.Run("a bucket without versions", func(t *testing.T) {
		plain := storagetest.S3Unversioned(t)
		plain.Bucket("photos", false, false)
		plain.Put("photos", "uploads/104/a.jpg", "alice")
		plain.Put("photos", "uploads/1042/a.jpg", "bruno")
		plain.Upload("photos", "uploads/104/b.jpg", "half")
		w := newWorld(t)
		w.write("orders.csv", oneOrder)
		w.init(csvTOML, s3TOML(plain, "photos"))
		w.ok("sync")
		if d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "104", "--yes")); d.Run.State != "complete" || d.Run.Erased != 2 {
			t.Errorf("erase: %+v", d.Run)
		}
		if rows := plain.Rows("photos"); len(rows) != 1 {
			t.Errorf("bucket: %v", rows)
		}
	})

	t.Run("a bucket whose versioning was suspended", func(t *testing.T) {
		s3.Bucket("suspended", true, false)
		s3.Put("suspended", "uploads/104/a.jpg", "one")
		s3.Put("suspended", "uploads/104/a.jpg", "two")
		s3.Suspend("suspended")
		s3.Put("suspended", "uploads/104/a.jpg", "three")
		s3.Delete("suspended", "uploads/104/a.jpg")
		w := newWorld(t)
		w.write("orders.csv", oneOrder)
		w.init(csvTOML, s3TOML(s3, "suspended"))
		w.ok("sync")
		if d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "104", "--yes")); d.Run.State != "complete" {
			t.Errorf("erase: %+v", d.Run)
		}
		if rows := s3.Rows("suspended"); len(rows) != 0 {
			t.Errorf("bucket: %v", rows)
		}
	})
}

func TestAFeedThatCannotBeReadIsToldAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	for _, tc := range []struct {
		name  string
		feed  string
		words []string
	}{
		{"no header row", "104,completed,2025-01-10,2025-01-20,a@example.org,Alice,Planchon,\n", []string{"header"}},
		{"a header without its needed columns", "order,email\n104,a@example.org\n", []string{"header", "completed"}},
		{"an empty file", "", []string{"empty"}},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", []string{"header"}},
		{"no file", "-", []string{"csv"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.feed == "-" {
				if err := os.Remove(filepath.Join(w.dir, "orders.csv")); err != nil {
					t.Fatal(err)
				}
			} else {
				w.write("orders.csv", tc.feed)
			}
			w.failed(tc.words, "sync")
			w.failed(tc.words, "--json", "sync", "--orders")
		})
	}
	t.Run("a file cut in its last row", func(t *testing.T) {
		w.write("orders.csv", oneOrder+"105,completed,2025-01-10,2025-01-20,b@example.org,Bo")
		r := w.ok("sync")
		if !strings.Contains(r.err, "line 3") || strings.Contains(r.err, "b@example.org") {
			t.Errorf("problems: %s", r.err)
		}
		w.write("orders.csv", oneOrder+"105,completed,2025-01-10,2025-01-20,b@example.org,Bo,Derek,\n")
		if d := w.sync(); d.New != 1 || len(d.Problems) != 0 {
			t.Errorf("the whole file: %+v", d)
		}
	})
	w.verified()
}

func TestAProfileFileThatCannotBeMeantMakesNoProfile(t *testing.T) {
	t.Parallel()
	good := controllerTOML + "\n[mailbox]\nhost = \"imap.localhost.test\"\nport = 993\nsecurity = \"tls\"\nuser = \"contact@localhost.test\"\npassword_env = \"MAIL_PASSWORD\"\n" +
		csvTOML + folderTOML
	for _, tc := range []struct {
		name  string
		from  string
		to    string
		words []string
	}{
		{"a misspelt name", "password_env", "pasword_env", []string{"line 14", "pasword_env"}},
		{"not TOML", "[mailbox]", "[mailbox", []string{"line"}},
		{"no controller", "name = \"Atelier Testard EI\"", "", []string{"controller", "name"}},
		{"an unknown language", `language = "en"`, `language = "xx"`, []string{"xx"}},
		{"an unknown zone", "Europe/Paris", "Europe/Atlantis", []string{"Europe/Atlantis"}},
		{"a secret that is not there", `"MAIL_PASSWORD"`, `"NOT_SET_ANYWHERE"`, []string{"NOT_SET_ANYWHERE"}},
		{"mail without TLS to another machine", `"tls"`, `"plain"`, []string{"TLS"}},
		{"a word for security that is none", `"tls"`, `"ssl"`, []string{"starttls"}},
		{"a shop of a kind unknown", `kind = "csv"`, `kind = "magento"`, []string{"csv"}},
		{"a shop without its address", `kind = "csv"`, `kind = "shopify"`, []string{"shopify", "url"}},
		{"columns of a shop that is no file", `kind = "csv"`, "kind = \"vendure\"\nurl = \"https://x.example\"\nuser = \"a\"\ncolumns = { order = \"No\" }", []string{"columns"}},
		{"an SFTP server without its name", `kind = "folder"`, `kind = "sftp"`, []string{"host"}},
		{"a WebDAV server without its address", `kind = "folder"`, `kind = "webdav"`, []string{"url"}},
		{"a locator without the order's number", "uploads/{order}/", "uploads/", []string{"{order}"}},
		{"a locator that climbs", "uploads/{order}/", "../{order}/", []string{".."}},
		{"a locator for everything", `"uploads/{order}/"`, `"{order}"`, []string{"{order}"}},
		{"something else in the locator", `holds = "photo"`, `holds = "photos"`, []string{"photos"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			f := w.write("greffier.toml", replaced(t, good, tc.from, tc.to))
			w.failed(tc.words, "init", "--from", f)
			if _, err := os.Stat(w.profile); err == nil {
				t.Error("something was made all the same")
			}
			w.failed([]string{"no profile"}, "cases")
		})
	}
	t.Run("no file", func(t *testing.T) {
		w := newWorld(t)
		w.failed([]string{"profile file"}, "init", "--from", filepath.Join(w.dir, "missing.toml"))
	})
	t.Run("a bucket on another machine without TLS", func(t *testing.T) {
		w := newWorld(t)
		f := w.write("greffier.toml", controllerTOML+"\n[[storage]]\nname = \"photos\"\nkind = \"s3\"\nendpoint = \"http://s3.example.net\"\nbucket = \"photos\"\naccess_key_env = \"S3_KEY\"\nsecret_key_env = \"S3_SECRET\"\n")
		w.failed([]string{"photos", "unencrypted"}, "init", "--from", f)
	})
	t.Run("the file works once it is mended", func(t *testing.T) {
		w := newWorld(t)
		w.write("orders.csv", oneOrder)
		f := w.write("greffier.toml", replaced(t, good, "password_env", "pasword_env"))
		w.failed(nil, "init", "--from", f)
		w.ok("init", "--from", w.write("greffier.toml", good))
		w.sealed()
		w.ok("sync", "--orders")
	})
}

func TestAProfileThatDoesNotOpenSaysWhyAndStaysAsItIs(t *testing.T) {
	// Not side by side with others: it changes the environment.
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	every := [][]string{{"cases"}, {"--json", "cases"}, {"sync"}, {"erase", "--order", "104"}, {"register", "requests"}, {"promises"}, {"verify"}, {"backup", filepath.Join(w.dir, "b.age")}}

	t.Run("a wrong passphrase", func(t *testing.T) {
		t.Setenv("GREFFIER_PASSPHRASE", wrongSecret)
		for _, args := range every {
			w.failed([]string{"passphrase"}, args...)
		}
	})
	t.Run("no passphrase", func(t *testing.T) {
		t.Setenv("GREFFIER_PASSPHRASE", "")
		w.failed([]string{"GREFFIER_PASSPHRASE"}, "cases")
		x := newWorld(t)
		x.failed([]string{"GREFFIER_PASSPHRASE"}, "init", "--from", filepath.Join(w.dir, "greffier.toml"))
		if x.exists("profile") {
			t.Error("half a profile was made")
		}
	})
	t.Run("no profile", func(t *testing.T) {
		for _, args := range every {
			failed(t, []string{"no profile"}, append([]string{"--profile", filepath.Join(w.dir, "nowhere")}, args...)...)
		}
		if w.exists("nowhere") {
			t.Error("the folder was made by looking")
		}
	})
	t.Run("another Greffier has it open", func(t *testing.T) {
		l := flock.New(filepath.Join(w.profile, lockName))
		if got, err := l.TryLock(); !got || err != nil {
			t.Fatal(got, err)
		}
		defer l.Unlock()
		w.failed([]string{"another", "open"}, "cases")
		w.failed([]string{"another", "open"}, "restore", filepath.Join(w.dir, "b.age"))
	})
	t.Run("a backup that is none, or of somebody else", func(t *testing.T) {
		w.failed([]string{"backup"}, "restore", filepath.Join(w.dir, "orders.csv"))
		w.failed([]string{"backup"}, "restore", filepath.Join(w.dir, "missing.age"))
		x := newWorld(t)
		x.write("orders.csv", oneOrder)
		x.init(csvTOML)
		b := filepath.Join(x.dir, "other.age")
		x.ok("backup", b)
		w.failed([]string{"another profile"}, "restore", b)
		whole, err := os.ReadFile(b)
		if err != nil {
			t.Fatal(err)
		}
		x.failed([]string{"backup"}, "restore", x.write("cut.age", string(whole[:len(whole)/2])))
		x.verified()
		t.Setenv("GREFFIER_PASSPHRASE", wrongSecret)
		y := newWorld(t)
		y.failed([]string{"passphrase"}, "restore", b)
		if y.exists("profile") {
			t.Error("something was restored all the same")
		}
	})
	store := filepath.Join(w.profile, "greffier.db")
	t.Run("a store of a newer version", func(t *testing.T) {
		db, err := sql.Open("sqlite", store)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var v int
		if err := db.QueryRow("PRAGMA user_version").Scan(&v); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("PRAGMA user_version = 9999"); err != nil {
			t.Fatal(err)
		}
		for _, args := range every {
			w.failed([]string{"newer"}, args...)
		}
		if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", v)); err != nil {
			t.Fatal(err)
		}
		db.Close()
		w.verified()
	})
	t.Run("a damaged store", func(t *testing.T) {
		good, err := os.ReadFile(store)
		if err != nil {
			t.Fatal(err)
		}
		bad := slices.Clone(good)
		for i := 0; i < 4096; i++ {
			bad[i] = 'x'
		}
		if err := os.WriteFile(store, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range every {
			w.failed([]string{"damaged"}, args...)
		}
		if now, err := os.ReadFile(store); err != nil || !slices.Equal(now, bad) {
			t.Errorf("the damaged store was changed: %v", err)
		}
		if err := os.WriteFile(store, good, 0o600); err != nil {
			t.Fatal(err)
		}
		w.verified()
	})
	t.Run("a damaged vault", func(t *testing.T) {
		f := filepath.Join(w.profile, "vault.json")
		good, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, good[:len(good)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		w.failed([]string{"damaged"}, "cases")
		if err := os.WriteFile(f, good, 0o600); err != nil {
			t.Fatal(err)
		}
		w.verified()
	})
	w.sealed("Planchon", "alice.planchon")
}

func TestAJournalThatWasTamperedWithIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	w.ok("sync")
	db, err := sql.Open("sqlite", filepath.Join(w.profile, "greffier.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE journal SET detail = '{}' WHERE seq = 2"); err == nil {
		t.Error("the journal lets itself be changed")
	}
	if _, err := db.Exec("DELETE FROM journal WHERE seq = 2"); err == nil {
		t.Error("the journal lets itself be shortened")
	}
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		names = append(names, n)
	}
	rows.Close()
	for _, n := range names {
		if _, err := db.Exec("DROP TRIGGER " + n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("UPDATE journal SET actor = 'somebody' WHERE seq = 2"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	r := w.call("--json", "verify")
	v := asJSON[verifyDoc](t, r)
	if r.code != exitFailed || v.Journal.BrokenAt == nil || *v.Journal.BrokenAt != 2 || !strings.Contains(r.err, "2") {
		t.Errorf("verify: status %d, %+v\n%s", r.code, v, r.err)
	}
}

func TestWrongUsageIsToldInOneLineWithStatusTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, line := range []string{
		"nonsense", "erase", "erase --case 1 --order 2", "erase --case 0", "erase --case x", "erase --case 1 --yes --dry-run", "erase --resume --yes", "erase --order",
		"case", "case x", "case 0", "case 1 2", "cases 1", "cases --nonsense", "init", "init x", "sync x", "triage", "deadline", "deadline --received yesterday",
		"deadline --received 2025-03-19T10:00:00Z --suspended 2025-03-20", "deadline --received 2025-03-19T10:00:00Z --territory atlantis",
		"deadline --received 2025-03-19T10:00:00Z --extended soon", "register", "register nonsense", "register requests requests", "dossier", "retention --at someday",
		"retention --yes --dry-run", "promises x", "verify x", "backup", "restore", "restore a b", "demo x", "--lang de cases",
	} {
		t.Run(line, func(t *testing.T) {
			r := call(t, append([]string{"--profile", w.profile}, strings.Fields(line)...)...)
			if r.code != exitUsage || r.out != "" {
				t.Errorf("exit status %d\n%s%s", r.code, r.out, r.err)
			}
		})
	}
	if w.exists("profile") {
		t.Error("a profile was made")
	}
}

func TestWhatIsNotThereIsToldByItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.write("more.csv", oneOrder)
	w.write("photos/uploads/104/a.jpg", "alice")
	w.init(csvTOML, strings.Replace(csvTOML, "orders.csv", "more.csv", 1), folderTOML)
	w.ok("sync")
	nowhere := filepath.Join(w.dir, "orders.csv", "x") // a file is no folder
	for _, tc := range []struct {
		name  string
		args  []string
		words []string
	}{
		{"an order", []string{"erase", "--order", "999", "--yes"}, []string{"order", "number"}},
		{"an order of two shops", []string{"erase", "--order", "104", "--yes"}, []string{"several shops"}},
		{"no number at all", []string{"erase", "--order", "", "--yes"}, []string{"order", "number"}},
		{"a case", []string{"case", "7"}, []string{"case"}},
		{"a case to erase", []string{"erase", "--case", "7", "--yes"}, []string{"case"}},
		{"the folder of a PDF", []string{"register", "requests", "--pdf", nowhere + ".pdf"}, []string{"file"}},
		{"the folder of a CSV", []string{"register", "requests", "--csv", nowhere + ".csv"}, []string{"file"}},
		{"the folder of the dossier", []string{"dossier", "--pdf", nowhere + ".pdf"}, []string{"file"}},
		{"the folder of a backup", []string{"backup", nowhere + ".age"}, []string{"file"}},
		{"a folder where a file is to be", []string{"register", "requests", "--pdf", w.dir}, []string{"file", filepath.Base(w.dir)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := *w
			x.t = t
			x.failed(tc.words, append([]string{"--json"}, tc.args...)...)
		})
	}
	if !w.exists("photos/uploads/104/a.jpg") {
		t.Error("something was erased")
	}
	w.verified()

	t.Run("a profile without storages, mailbox and shop", func(t *testing.T) {
		x := newWorld(t)
		x.init()
		if d := x.sync(); d.Orders != 0 || d.Messages != 0 {
			t.Errorf("sync: %+v", d)
		}
		if n := len(x.cases()); n != 0 {
			t.Errorf("%d cases", n)
		}
		x.failed([]string{"photos"}, "retention")
		x.ok("promises")
		x.ok("dossier", "--pdf", filepath.Join(x.dir, "dossier.pdf"))
		x.ok("erase", "--resume")
		x.verified()
	})
}

// short runs the program where no file may grow beyond some kilobytes, as on a
// disk that is nearly full.
func (w *world) short(kilobytes int, args ...string) result {
	w.t.Helper()
	line := fmt.Sprintf("ulimit -f %d; exec \"$0\" \"$@\"", kilobytes)
	cmd := exec.CommandContext(w.t.Context(), "bash", append([]string{"-c", line, program(w.t)}, w.args(args)...)...)
	var out, errw strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errw
	err := cmd.Run()
	if err != nil && cmd.ProcessState.ExitCode() < 0 {
		w.t.Fatalf("greffier %s: %v", strings.Join(args, " "), err)
	}
	r := result{cmd.ProcessState.ExitCode(), out.String(), errw.String()}
	r.check(w.t, args)
	return r
}

func TestAFullDiskIsToldAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	feed := oneOrder
	for i := range 2000 {
		feed += fmt.Sprintf("%d,completed,2025-01-10,2025-01-20,client%d@example.org,Client,Number %d,\n", 5000+i, i, i)
	}
	w.write("orders.csv", oneOrder)
	w.write("photos/uploads/104/a.jpg", "alice")
	w.init(csvTOML, folderTOML)
	w.ok("sync")
	size := func(name string) int {
		st, err := os.Stat(filepath.Join(w.profile, name))
		if err != nil {
			t.Fatal(err)
		}
		return int(st.Size() / 1024)
	}

	w.write("orders.csv", feed)
	r := w.short(size("greffier.db")+100, "sync")
	if r.code != exitFailed {
		t.Fatalf("status %d\n%s%s", r.code, r.out, r.err)
	}
	r.says(t, "disk")
	w.verified()

	backup := filepath.Join(w.dir, "b.age")
	r = w.short(8, "backup", backup)
	if r.code != exitFailed || w.exists("b.age") {
		t.Errorf("half a backup: status %d\n%s", r.code, r.err)
	}
	r = w.short(8, "register", "processing", "--pdf", filepath.Join(w.dir, "p.pdf"))
	if r.code != exitFailed || w.exists("p.pdf") {
		t.Errorf("half a PDF: status %d\n%s", r.code, r.err)
	}
	r = w.short(1, "erase", "--order", "104", "--yes")
	if r.code != exitFailed || !w.exists("photos/uploads/104/a.jpg") {
		t.Errorf("erased what could not be written down: status %d\n%s", r.code, r.err)
	}
	w.verified()
	if d := w.sync(); d.New > 2000 || d.Orders != 2001 {
		t.Errorf("sync with room again: %+v", d)
	}
	p := w.open(t)
	defer p.Close()
	if rows, err := p.Orders(t.Context()); err != nil || len(rows) != 2001 {
		t.Errorf("%d orders, %v", len(rows), err)
	}
}

func TestAnAnchorThatWasTamperedWithIsAFindingAndNotAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	db, err := sql.Open("sqlite", filepath.Join(w.profile, "greffier.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE meta SET value = '1 deadbeef deadbeef' WHERE key = 'journal head'"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	r := w.call("--json", "verify")
	v := asJSON[verifyDoc](t, r)
	if r.code != exitFailed || v.Journal.Entries == 0 || v.Journal.BrokenAt != nil || v.Evidence == "ok" {
		t.Errorf("verify: status %d, %+v\n%s", r.code, v, r.err)
	}
}
