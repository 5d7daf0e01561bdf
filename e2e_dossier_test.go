package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/request"
)

// secretPersons stand in the records of a file's world in every way.
var secretPersons = []string{"Wilhelmina", "Quartermain", "wilma.q", "Barnaby", "Ploughwright", "barnaby", "Isolde"}

// fileWorld is a shop with an erased order, a case, a consent and a breach whose
// words name persons.
func fileWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.write("orders.csv", "order,status,completed,email,first_name,last_name\n104,completed,2025-01-05,barnaby@localhost.test,Barnaby,Ploughwright\n")
	w.write("photos/uploads/104/a.jpg", "jpeg")
	w.init(csvTOML, folderTOML)
	w.ok("sync", "--orders")
	w.ok("erase", "--order", "104", "--yes")
	p := w.open(t)
	defer p.Close()
	if _, err := p.EnterCase(t.Context(), app.NewCase{Channel: cases.ChannelPost, Received: law.Date{Year: 2026, Month: 1, Day: 5}, Rights: []request.Right{request.Access}, Link: cases.Self,
		Requester: cases.Person{Name: "Wilhelmina Quartermain", Email: "wilma.q@localhost.test"}}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		p.SaveConsent(t.Context(), register.Consent{Who: "Isolde", Kind: "consent", What: "photo use", At: "2026-01-05T10:00:00Z", How: "Isolde told Mrs Quartermain"}),
		p.SaveBreach(t.Context(), register.Breach{AwareAt: "2026-01-05T10:00:00Z", Facts: "The album of Barnaby Ploughwright was sent to wilma.q@localhost.test, who is QUARTERMAIN Wilhelmina."}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

type foundDoc struct {
	Files   int      `json:"files"`
	Missing []string `json:"missing"`
	Changed []string `json:"changed"`
	Extra   []string `json:"extra"`
	Journal string   `json:"journal"`
}

func TestTheDossierIsAFolderThatProvesItself(t *testing.T) {
	t.Parallel()
	w := fileWorld(t)
	dir := filepath.Join(w.dir, "dossier")
	made := asJSON[struct {
		Folder, PDF string
		Files       int
	}](t, w.ok("--json", "dossier", "--folder", dir))

	var want []string
	for _, n := range register.Names {
		for _, f := range []string{".csv", ".json", ".pdf", ".schema.json"} {
			want = append(want, "registers/"+string(n)+f)
		}
	}
	want = append(want, "registers/processing.ods", "certificates/C-1.csv", "certificates/C-1.json", "certificates/C-1.pdf",
		"dossier.pdf", "dossier.json", "README.txt", "MANIFEST.json", "MANIFEST.sha256",
		"MANIFEST.sha256.minisig", "MANIFEST.sha256.sig", "signer.pub", "allowed_signers", "journal/journal.jsonl")
	slices.Sort(want)
	files := tree(t, dir)
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) || made.Files != len(want) {
		t.Fatalf("%d files:\n%s\nwant\n%s", made.Files, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	sums := func(dir string) (string, error) {
		cmd := exec.CommandContext(t.Context(), tool(t, "sha256sum"), "--strict", "-c", "MANIFEST.sha256")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := sums(dir); err != nil || strings.Count(out, ": OK") != len(want)-3 { // the manifest and its two signatures
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
	if r := w.ok("verify", "--dossier", dir); !strings.Contains(r.out, "journal\tknown") {
		t.Errorf("verify says %s", r.out)
	}

	t.Run("the bound file bears the hashes of the registers' data", func(t *testing.T) {
		text := strings.ReplaceAll(pdfText(t, filepath.Join(dir, "dossier.pdf")), " ", "")
		for _, n := range register.Names {
			h := sha256.Sum256([]byte(files["registers/"+string(n)+".json"]))
			if !strings.Contains(text, hex.EncodeToString(h[:])[:24]) {
				t.Errorf("the hash of %s.json is not on the last page", n)
			}
		}
		if !strings.Contains(text, "replacedbymarks") {
			t.Error("the page does not say that names were replaced")
		}
	})
	t.Run("nobody is named", func(t *testing.T) {
		for name, content := range files {
			if strings.HasSuffix(name, ".pdf") {
				content = pdfText(t, filepath.Join(dir, name))
			}
			for _, s := range secretPersons {
				if strings.Contains(strings.ToLower(content), strings.ToLower(s)) {
					t.Errorf("%s names %s", name, s)
				}
			}
		}
	})
	t.Run("the owner finds whom a mark stands for", func(t *testing.T) {
		var doc struct {
			Rows []map[string]string `json:"rows"`
		}
		if err := json.Unmarshal([]byte(files["registers/requests.json"]), &doc); err != nil {
			t.Fatal(err)
		}
		if r := w.ok("dossier", "--who", doc.Rows[0]["requester"]); strings.TrimSpace(r.out) != "wilma.q@localhost.test" {
			t.Errorf("%s is %q", doc.Rows[0]["requester"], r.out)
		}
		if r := w.call("dossier", "--who", "P-0000"); r.code != exitFailed {
			t.Errorf("P-0000 is somebody: %s", r.out)
		}
	})
	t.Run("it is not overwritten in silence, nor ever with something else in it", func(t *testing.T) {
		w := *w
		w.t = t
		w.failed([]string{"place"}, "dossier", "--folder", dir)
		if out, err := sums(dir); err != nil {
			t.Errorf("the older one was touched: %s", out)
		}
		mine := filepath.Join(dir, "registers", "my notes.txt")
		if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.failed([]string{"place"}, "dossier", "--folder", dir, "--replace")
		if _, err := os.Stat(mine); err != nil {
			t.Error("the owner's own file is gone")
		}
		os.Remove(mine)
		w.ok("dossier", "--folder", dir, "--replace", "--names")
		if csv, _ := os.ReadFile(filepath.Join(dir, "registers", "requests.csv")); !strings.Contains(string(csv), "Wilhelmina Quartermain") {
			t.Error("--names names nobody")
		}
		if out, err := sums(dir); err != nil {
			t.Errorf("sha256sum: %s", out)
		}
		other := filepath.Join(w.dir, "documents")
		os.MkdirAll(other, 0o700)
		os.WriteFile(filepath.Join(other, "will.txt"), []byte("x"), 0o600)
		w.failed([]string{"place"}, "dossier", "--folder", other, "--replace")
	})
	t.Run("what is changed, missing or extra is named", func(t *testing.T) {
		w := *w
		w.t = t
		os.WriteFile(filepath.Join(dir, "registers", "requests.csv"), []byte("forged"), 0o600)
		os.Remove(filepath.Join(dir, "certificates", "C-1.pdf"))
		os.WriteFile(filepath.Join(dir, "extra\nfile"), nil, 0o600)
		os.Remove(filepath.Join(dir, "registers", "trackers.json"))
		os.Symlink("/etc/hostname", filepath.Join(dir, "registers", "trackers.json"))
		r := w.call("--json", "verify", "--dossier", dir)
		d := asJSON[foundDoc](t, r)
		if r.code != exitFailed || !slices.Equal(d.Missing, []string{"certificates/C-1.pdf"}) || !slices.Equal(d.Changed, []string{"registers/requests.csv", "registers/trackers.json"}) || !slices.Equal(d.Extra, []string{"extra\nfile"}) {
			t.Errorf("status %d: %+v", r.code, d)
		}
		if r := w.call("verify", "--dossier", dir); !strings.Contains(r.out, "changed\tregisters/requests.csv\n") || !strings.Contains(r.out, "extra\textra file\n") {
			t.Errorf("verify says %q", r.out)
		}
	})
	t.Run("a manifest made anew after a forgery is not in the journal", func(t *testing.T) {
		w := *w
		w.t = t
		forged := filepath.Join(w.dir, "forged")
		w.ok("dossier", "--folder", forged)
		os.WriteFile(filepath.Join(forged, "registers", "requests.csv"), []byte("forged"), 0o600)
		var lines []string
		for name, content := range tree(t, forged) {
			if name != "MANIFEST.sha256" {
				lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(content)), name))
			}
		}
		slices.Sort(lines)
		os.WriteFile(filepath.Join(forged, "MANIFEST.sha256"), []byte(strings.Join(lines, "")), 0o600)
		if out, err := sums(forged); err != nil {
			t.Fatalf("the forgery is clumsy: %s", out)
		}
		r := w.call("--json", "verify", "--dossier", forged)
		if d := asJSON[foundDoc](t, r); r.code != exitFailed || d.Journal != app.JournalNotRecorded {
			t.Errorf("status %d: %+v", r.code, d)
		}
	})
	t.Run("a dossier of another profile is told from one's own, and can be checked without a profile", func(t *testing.T) {
		foreign := newWorld(t)
		foreign.init()
		there := filepath.Join(foreign.dir, "d")
		foreign.ok("dossier", "--folder", there)
		w := *w
		w.t = t
		r := w.call("--json", "verify", "--dossier", there)
		if d := asJSON[foundDoc](t, r); r.code != exitFailed || d.Journal != app.JournalUnknownHead {
			t.Errorf("status %d: %+v", r.code, d)
		}
		r = ok(t, "--json", "--lang", "en", "--profile", filepath.Join(w.dir, "nowhere"), "verify", "--dossier", there)
		if d := asJSON[foundDoc](t, r); d.Journal != app.JournalNotCompared {
			t.Errorf("without a profile: %+v", d)
		}
		w.failed([]string{"folder"}, "verify", "--dossier", w.dir)
	})
	w.verified()
}

func TestTheSameDataAndDateGiveTheSameDossier(t *testing.T) {
	t.Parallel()
	w := fileWorld(t)
	now := time.Now().UTC().Truncate(time.Second)
	var trees []map[string]string
	for _, name := range []string{"one", "two"} {
		profile := filepath.Join(w.dir, name)
		if err := os.CopyFS(profile, os.DirFS(w.profile)); err != nil {
			t.Fatal(err)
		}
		p, err := openProfile(t.Context(), profile, testPassphrase, "en", func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.DossierFolder(t.Context(), app.Printing{Path: filepath.Join(w.dir, name+"-dossier")}, nil)
		p.Close()
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree(t, d.Path))
	}
	for name, content := range trees[0] {
		if trees[1][name] != content {
			t.Errorf("%s differs", name)
		}
	}
}

func TestADossierCutOffLeavesNothing(t *testing.T) {
	t.Parallel()
	w := fileWorld(t)
	out := filepath.Join(w.dir, "papers")
	dir := filepath.Join(out, "dossier")
	w.ok("dossier", "--folder", dir)
	before := tree(t, dir)
	hit := 0
	for i := range 6 {
		// As soon as so many files are there, so that the kill is sure to hit.
		if w.killed(func(time.Duration) bool {
			work, _ := filepath.Glob(filepath.Join(out, ".greffier-dossier-*", "*", "*"))
			return len(work) > i*4
		}, "dossier", "--folder", dir, "--replace") {
			hit++
		}
		// The next command of any kind tidies up.
		w.verified()
		if es, err := os.ReadDir(out); err != nil || len(es) != 1 || es[0].Name() != "dossier" {
			t.Fatalf("left behind: %v, %v", es, err)
		}
		if r := w.ok("verify", "--dossier", dir); !strings.Contains(r.out, "journal\tknown") {
			t.Errorf("after kill %d: %s", i, r.out)
		}
	}
	if hit == 0 {
		t.Error("no kill hit")
	}
	if len(tree(t, dir)) != len(before) {
		t.Error("the dossier is not whole")
	}
}

func TestARegisterIsPrintedWithoutNamesAndAsTheCNILsSpreadsheet(t *testing.T) {
	t.Parallel()
	w := fileWorld(t)
	at := func(n string) string { return filepath.Join(w.dir, n) }
	w.ok("register", "requests", "--pdf", at("r.pdf"), "--csv", at("r.csv"), "--json-file", at("r.json"), "--no-names")
	for _, text := range []string{pdfText(t, at("r.pdf")), read(t, at("r.csv")), read(t, at("r.json"))} {
		if strings.Contains(text, "Quartermain") || strings.Contains(text, "wilma") || !strings.Contains(text, "P-") {
			t.Errorf("not pseudonymised: %.300s", text)
		}
	}
	w.ok("register", "requests", "--pdf", at("n.pdf"))
	if text := pdfText(t, at("n.pdf")); !strings.Contains(text, "Quartermain") || !strings.Contains(text, "persons are named") {
		t.Error("a register with names does not say so")
	}
	w.ok("register", "processing", "--ods", at("p.ods"))
	if b := read(t, at("p.ods")); !strings.Contains(b[:120], "application/vnd.oasis.opendocument.spreadsheet") {
		t.Error("no spreadsheet was written")
	}
	for _, args := range [][]string{{"register", "requests", "--ods", at("x.ods")}, {"register", "requests", "--pdf", at("x.pdf"), "--names", "--no-names"}, {"dossier", "--pdf", at("x"), "--folder", at("y")}} {
		if r := w.call(args...); r.code != exitUsage {
			t.Errorf("%v: exit status %d", args, r.code)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheShopsColourComesFromTheProfileFileAndFromTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.write("greffier.toml", controllerTOML+"colour = \"#7A1F3D\"\n")
	ok(t, "--profile", w.profile, "init", "--from", f)
	p := w.open(t)
	defer p.Close()
	if c := p.Info().Controller.Colour; c != "#7A1F3D" {
		t.Errorf("the colour is %q", c)
	}
	one, two := filepath.Join(w.dir, "1.pdf"), filepath.Join(w.dir, "2.pdf")
	print := func(path string) string {
		if _, err := p.Print(t.Context(), register.Trackers, app.Printing{Path: path}); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := exec.CommandContext(t.Context(), tool(t, "pdftoppm"), "-r", "40", "-f", "1", "-l", "1", path, filepath.Join(dir, "p")).Run(); err != nil {
			t.Fatal(err)
		}
		found, _ := filepath.Glob(filepath.Join(dir, "p*"))
		return read(t, found[0])
	}
	first := print(one)
	if err := p.SetColour(t.Context(), "#1f3f77"); err != nil {
		t.Fatal(err)
	}
	c := p.Info().Controller
	c.Address, c.Colour = "2 rue des Essais", ""
	if err := p.SaveController(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if c := p.Info().Controller; c.Colour != "#1F3F77" || c.Address != "2 rue des Essais" {
		t.Errorf("the controller is %+v", c)
	}
	if !strings.Contains(first, "\x7a\x1f\x3d") || !strings.Contains(print(two), "\x1f\x3f\x77") {
		t.Error("the page does not have the colour")
	}
	if err := p.SetColour(t.Context(), "red"); err == nil {
		t.Error("red is a colour")
	}
	bad := newWorld(t)
	failed(t, []string{"colour"}, "--profile", bad.profile, "--lang", "en", "init", "--from", bad.write("greffier.toml", controllerTOML+"colour = \"red\"\n"))
}
