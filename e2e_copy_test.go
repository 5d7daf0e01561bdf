package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-vcard"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/request"
	"greffier/assets"
	"greffier/data/mail/mailtest"
)

// sevenZip finds 7-Zip, which has another name in each distribution.
func sevenZip(t testing.TB) string {
	t.Helper()
	for _, n := range []string{"7z", "7zz"} {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	t.Fatal("7-Zip is missing: run make test-deps")
	return ""
}

// unzip unpacks an encrypted ZIP and returns the files by name.
func unzip(t testing.TB, path, passphrase string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), sevenZip(t), "x", "-y", "-p"+passphrase, "-o"+dir, path).CombinedOutput(); err != nil {
		t.Fatalf("unzip: %v\n%s", err, out)
	}
	return tree(t, dir)
}

func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

type copyDoc struct {
	Copy copyJSON `json:"copy"`
}

// copyWorld is a shop in which Nora, who shares her address with Paul, asks for
// a copy of her data and to take them with her. Whatever is Paul's or anybody
// else's has "zzqzz" in it.
func copyWorld(t *testing.T, lang string) (w *world, no string) {
	t.Helper()
	box := mailtest.Dovecot(t)
	w = newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name,phone,address,postcode,city,country,total,currency\n"+
		"801,completed,2026-01-10,2026-01-20,famille@example.org,Nora,Vidal,0600000001,3 rue des Lilas,59000,Lille,FR,49.00,EUR\n"+
		"802,completed,2026-02-10,2026-02-20,famille@example.org,Nora,Vidal,0600000001,=1+1 rue des Lilas,59000,Lille,FR,59.00,EUR\n"+
		"803,completed,2026-02-11,2026-02-21,famille@example.org,Paulzzqzz,Vidalzzqzz,0699zzqzz,3 rue des Lilas,59000,Lille,FR,69.00,EUR\n"+
		"804,completed,2026-02-12,2026-02-22,jeannezzqzz@example.net,Jeannezzqzz,Petitzzqzz,0698,9 rue du Bois,75001,Paris,FR,79.00,EUR\n")
	for key, content := range map[string]string{
		"photos/uploads/801/Léa à la plage.jpg": "PHOTO one", "photos/uploads/801/b.PNG": "PHOTO two", "photos/portraits/801-1.png": "PORTRAIT one", "photos/derived/801/thumb.jpg": "THUMB",
		"photos/uploads/802/con.jpg": "PHOTO three", "photos/uploads/803/paul.jpg": "PHOTO zzqzz", "photos/uploads/804/jeanne.jpg": "PHOTO zzqzz too", "photos/uploads/8011/x.jpg": "PHOTO zzqzz neighbour",
	} {
		w.write(key, content)
	}
	ask := "Bonjour,\n\nJe voudrais une copie de toutes mes données personnelles (RGPD, article 15), et la portabilité de mes données dans un format structuré (article 20). Commandes 801 et 802.\n\nNora Vidal\n"
	if lang == "en" {
		ask = "Hello,\n\nI would like a copy of all my personal data (GDPR Article 15), and the portability of my data in a structured format (Article 20). Orders 801 and 802.\n\nNora Vidal\n"
	}
	box.Append("INBOX", nil, time.Now().UTC().Add(-24*time.Hour), letter("Nora Vidal <famille@example.org>", "Mes données", ask, vouched("example.org", "pass"), "Message-ID: <nora@example.org>"))
	box.Append("INBOX", nil, time.Now().UTC().Add(-23*time.Hour), letter("Nora Vidal <famille@example.org>", "RE: Mes données",
		"Mon amie Jeannezzqzz Petitzzqzz a commandé aussi.\n\n> Le 3 mars, Marczzqzz Durandzzqzz <marczzqzz@example.com> a écrit :\n> bonjour\n\nNora", vouched("example.org", "pass"),
		"Message-ID: <nora2@example.org>", "In-Reply-To: <nora@example.org>", "Cc: Karimzzqzz Benzzqzz <karimzzqzz@example.com>"))
	w.init(mailboxTOML(box), csvTOML, folderTOML)
	w.sync()
	c := w.caseFrom("famille@example.org")
	if !slices.Contains(c.Rights, "access") || !slices.Contains(c.Rights, "portability") {
		t.Fatalf("the case: %+v", c)
	}
	p := w.open(t)
	defer p.Close()
	prs, err := p.Processors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range prs {
		switch x.ID {
		case "ai":
			x.Name, x.Country, x.Transfer, x.Role = "Portraits d'Outre-Atlantique Inc.", "US", "scc", "processor"
		case "hosting":
			x.Name, x.Country, x.Transfer, x.Role = "Hébergeur de Roubaix SAS", "FR", "none needed", "processor"
		}
		if err := p.SaveProcessor(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Act(t.Context(), cases.ID(c.Case), cases.ActConfirmIdentity, cases.Input{Reason: "she gave the code"}); err != nil {
		t.Fatal(err)
	}
	return w, fmt.Sprint(c.Case)
}

func TestACopyForAccessHoldsAllOfHersAndNothingOfOthers(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			w, no := copyWorld(t, lang)
			out := filepath.Join(w.dir, "for nora.zip")
			r := w.ok("--json", "copy", "--case", no, "--zip", out)
			if strings.Contains(r.out, "passphrase") {
				t.Errorf("the passphrase is printed without being asked for:\n%s", r.out)
			}
			first := asJSON[copyDoc](t, r).Copy
			listed := asJSON[[]copyJSON](t, w.ok("--json", "copy", "--case", no, "--list", "--show-passphrase"))
			if len(listed) != 1 || listed[0].Passphrase == "" || listed[0].SHA256 != first.SHA256 || listed[0].State != "there" || first.ID != "K-1" || first.Path != out {
				t.Fatalf("%+v", listed)
			}
			files := unzip(t, out, listed[0].Passphrase)
			var names []string
			for n, content := range files {
				names = append(names, n)
				if strings.Contains(strings.ToLower(n+content), "zzqzz") {
					t.Errorf("%s tells of somebody else", n)
				}
			}
			pdf := map[string]string{"fr": "donnees.pdf", "en": "data.pdf"}[lang]
			readme := map[string]string{"fr": "LISEZ-MOI.txt", "en": "README.txt"}[lang]
			for _, n := range []string{pdf, readme, "data.json", "schema.json", "csv/orders.csv", "csv/identity.csv", "photos/001.jpg", "photos/002.png", "photos/003.jpg", "portraits/001.png", "derived/001.jpg", "messages/001.eml", "messages/002.eml"} {
				if _, ok := files[n]; !ok {
					t.Errorf("%s is missing: %q", n, names)
				}
			}
			if files["photos/001.jpg"]+files["photos/002.png"]+files["photos/003.jpg"] == "" || !strings.Contains(files["photos/001.jpg"]+files["photos/002.png"], "PHOTO one") {
				t.Error("the photos are not those of the storage")
			}
			if !strings.Contains(files["messages/001.eml"], "Authentication-Results") || strings.Contains(files["messages/002.eml"], "Authentication-Results") {
				t.Error("her first mail goes out as it came, the second one is masked")
			}
			if !strings.Contains(files["csv/identity.csv"], "'=1+1") {
				t.Errorf("a formula in a table:\n%s", files["csv/identity.csv"])
			}
			doc := validated(t, files["data.json"])
			if doc.Kind != "access" || doc.Language != lang || len(doc.LeftOut) == 0 || doc.Person.Name != "Nora Vidal" {
				t.Errorf("%+v", doc)
			}
			raw, err := zip.OpenReader(out)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range raw.File {
				if strings.ContainsAny(f.Name, "éàL é") && strings.Contains(f.Name, "Léa") {
					t.Errorf("a name that can be read without the passphrase: %s", f.Name)
				}
			}
			raw.Close()
			if strings.Contains(strings.ToLower(pdfOf(t, files[pdf])), "zzqzz") {
				t.Error("the paper tells of somebody else")
			}
			golden(t, "copy-access."+lang+".txt", pdfOf(t, files[pdf]), w, listed[0])
			if info, _ := os.Stat(out); info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v", info.Mode())
			}
			if works := worksOf(t, w, no); len(works) != 1 || works[0].Ref != "copy K-1" || works[0].Count != first.Items {
				t.Errorf("the case tells of %+v", works)
			}
			w.verified()
			w.sealed(listed[0].Passphrase)
		})
	}
}

// worksOf is what a case says was done.
func worksOf(t testing.TB, w *world, no string) []cases.Work {
	t.Helper()
	p := w.open(t)
	defer p.Close()
	v, err := p.Case(t.Context(), caseID(t, no))
	if err != nil {
		t.Fatal(err)
	}
	return v.Case.Work
}

// copyData is what of data.json the tests look at.
type copyData struct {
	Kind, Language string
	Person         struct{ Name string }
	Categories     []struct {
		Key   string
		Items []struct{ ID, What, File, SHA256 string }
	}
	Orders  []map[string]any
	LeftOut []struct{ What, Why, Article string } `json:"left_out"`
}

// validated checks data.json against the published schema.
func validated(t testing.TB, data string) copyData {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(assets.CopySchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("copy.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("copy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("data.json is not what its schema says: %v\n%s", err, data)
	}
	var out copyData
	if err := json.Unmarshal([]byte(data), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func pdfOf(t testing.TB, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("GREFFIER_SHOTS"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, filepath.Base(t.Name())+".pdf"), []byte(content), 0o600)
	}
	return pdfText(t, p)
}

// golden compares a text with what was looked at by eye, with what changes from
// day to day taken out.
func golden(t testing.TB, name, got string, w *world, c copyJSON) {
	t.Helper()
	day := func(d string) []string {
		x, err := time.Parse("2006-01-02", d[:10])
		if err != nil {
			t.Fatal(err)
		}
		months := []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
		n := fmt.Sprint(x.Day())
		if x.Day() == 1 {
			n = "1er"
		}
		return []string{fmt.Sprintf("%s %s %d", n, months[x.Month()-1], x.Year()), x.Format("2 January 2006")}
	}
	made, _ := time.Parse(time.RFC3339, c.MadeAt)
	for k := range 4 {
		for _, s := range day(made.In(time.FixedZone("Paris", 3600)).AddDate(0, 0, k-2).Format("2006-01-02")) {
			got = strings.ReplaceAll(got, s, "DATE")
		}
	}
	got = clockTime.ReplaceAllString(got, "TIME")
	lines := strings.ReplaceAll(got, ". ", ".\n") + "\n"
	path := filepath.Join("testdata", name)
	if os.Getenv("GREFFIER_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != lines {
		t.Errorf("%s differs (GREFFIER_UPDATE=1 writes it anew):\n%s", name, lines)
	}
}

// clockTime is a time of day in either language.
var clockTime = regexp.MustCompile(`\d{1,2} h \d{2}|\d{1,2}:\d{2}`)

func TestACopyForPortabilityHoldsWhatSheProvided(t *testing.T) {
	t.Parallel()
	w, no := copyWorld(t, "fr")
	dir := filepath.Join(w.dir, "portable")
	c := asJSON[copyDoc](t, w.ok("--json", "copy", "--case", no, "--portability", "--folder", dir)).Copy
	files := tree(t, dir)
	all := ""
	for n, content := range files {
		all += n + "\n" + content + "\n"
	}
	if strings.Contains(strings.ToLower(all), "zzqzz") || strings.Contains(all, "PORTRAIT") || strings.Contains(all, "THUMB") || strings.Contains(all, "49.00") || c.Kind != "portability" {
		t.Errorf("what she did not provide goes out:\n%s", all)
	}
	for _, n := range []string{"data.json", "schema.json", "contact.vcf", "orders.csv", "LISEZ-MOI.txt", "photos/001.jpg", "messages/001.eml"} {
		if files[n] == "" {
			t.Errorf("%s is missing", n)
		}
	}
	doc := validated(t, files["data.json"])
	whys := ""
	for _, l := range doc.LeftOut {
		whys += l.What + ": " + l.Why + "\n"
	}
	if !strings.Contains(whys, "Portrait") || !strings.Contains(whys, "Factures") || !strings.Contains(whys, "droit d’accès") {
		t.Errorf("why the rest is not there:\n%s", whys)
	}
	if len(doc.Orders) != 2 || doc.Orders[0]["@type"] != "Order" || doc.Orders[0]["orderNumber"] != "801" {
		t.Errorf("%+v", doc.Orders)
	}
	card, err := vcard.NewDecoder(strings.NewReader(files["contact.vcf"])).Decode()
	if err != nil || card.PreferredValue(vcard.FieldFormattedName) != "Nora Vidal" || card.Address() == nil || card.Address().Locality != "Lille" || card.PreferredValue(vcard.FieldEmail) != "famille@example.org" {
		t.Errorf("%v\n%s", err, files["contact.vcf"])
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestACopyIsPurgedByHandAndByItself(t *testing.T) {
	t.Parallel()
	w, no := copyWorld(t, "fr")
	out := filepath.Join(w.dir, "a.zip")
	c := asJSON[copyDoc](t, w.ok("--json", "copy", "--case", no, "--zip", out)).Copy
	w.failed([]string{"already"}, "copy", "--case", no, "--zip", out)
	if got := asJSON[[]copyJSON](t, w.ok("--json", "copy", "--case", no, "--list")); len(got) != 1 {
		t.Errorf("a copy that could not be placed is counted: %+v", got)
	}
	gone := asJSON[copyDoc](t, w.ok("--json", "copy", "--purge", c.ID)).Copy
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) || gone.State != "purged" || gone.SHA256 != c.SHA256 || gone.Items != c.Items || gone.Path != "" || gone.Found != "there" {
		t.Errorf("%v, %+v", err, gone)
	}
	w.failed([]string{"no such copy"}, "copy", "--purge", c.ID)
	if r := w.ok("copy", "--case", no, "--list", "--show-passphrase"); strings.Contains(r.out, "passphrase") {
		t.Errorf("its passphrase is kept:\n%s", r.out)
	}

	second := asJSON[copyDoc](t, w.ok("--json", "copy", "--case", no)).Copy
	if second.ID != "K-3" || filepath.Dir(second.Path) != filepath.Join(w.profile, "copies") {
		t.Errorf("%+v", second)
	}
	if err := os.WriteFile(second.Path, []byte("forged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := asJSON[[]copyJSON](t, w.ok("--json", "copy", "--case", no, "--list")); got[0].State != "changed" || got[1].State != "purged" {
		t.Errorf("%+v", got)
	}
	for days, there := range map[int]bool{29: true, 30: false} {
		p := w.later(t, time.Duration(days)*24*time.Hour)
		if err := p.Tick(t.Context()); err != nil {
			t.Error(err)
		}
		all, err := p.Copies(t.Context(), 0)
		p.Close()
		_, serr := os.Stat(second.Path)
		if days == 30 && (err != nil || serr == nil || all[0].Found != app.CopyPurged || all[0].PurgedAs != app.CopyChanged) || there && serr != nil && days == 29 && all[0].Found != app.CopyPurged {
			t.Errorf("after %d days: %+v, %v, %v", days, all, err, serr)
		}
	}
	w.verified()
	journal := w.ok("--json", "verify").out
	if !strings.Contains(journal, `"broken_at": null`) {
		t.Errorf("%s", journal)
	}
}

func TestACopyIsRefusedWhileItMayNotGoOut(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.write("photos/keep.txt", "x")
	w.init(mailboxTOML(box), csvTOML, folderTOML)
	box.Append("INBOX", nil, time.Now().UTC().Add(-24*time.Hour), letter("Alice Planchon <alice@free.example.net>", "Accès", "Bonjour, je demande une copie de toutes mes données, RGPD article 15. Alice Planchon"))
	w.sync()
	no := fmt.Sprint(w.caseFrom("alice@free.example.net").Case)
	out := filepath.Join(w.dir, "a.zip")
	w.failed([]string{"identity"}, "copy", "--case", no, "--zip", out)
	w.failed([]string{"does not ask"}, "copy", "--case", no, "--portability", "--dry-run")
	if r := w.ok("copy", "--case", no, "--dry-run"); !strings.Contains(r.out, "identity") {
		t.Errorf("the owner may look: %s", r.out)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("it was written")
	}
	for _, args := range [][]string{{"copy"}, {"copy", "--case", "1", "--zip", "a", "--folder", "b"}, {"copy", "--purge", "K-1", "--dry-run"}, {"copy", "--case", "1", "--leave-out", "x"}} {
		if r := w.call(args...); r.code != exitUsage {
			t.Errorf("%q: %d %s", args, r.code, r.err)
		}
	}
}

func TestACopyThatIsCutOffLeavesNothing(t *testing.T) {
	t.Parallel()
	w, no := copyWorld(t, "fr")
	big := bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
	w.write("photos/uploads/802/big.jpg", string(big))
	work := filepath.Join(w.profile, "copies")
	out := filepath.Join(w.dir, "a.zip")
	hit := w.killed(func(time.Duration) bool {
		m, _ := filepath.Glob(filepath.Join(work, ".work-*", "*"))
		return len(m) > 0
	}, "copy", "--case", no, "--zip", out)
	if !hit {
		t.Skip("it was quicker than the kill")
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("half a copy lies at its place")
	}
	if got := asJSON[[]copyJSON](t, w.ok("--json", "copy", "--case", no, "--list")); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	p := w.open(t)
	if err := p.Tick(t.Context()); err != nil {
		t.Error(err)
	}
	p.Close()
	if left, _ := os.ReadDir(work); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if works := worksOf(t, w, no); len(works) != 0 {
		t.Errorf("the case says that a copy was made: %+v", works)
	}
	w.ok("copy", "--case", no, "--zip", out)
	w.verified()
}

func TestTheOwnerDecidesItemByItemAndGivesReasons(t *testing.T) {
	t.Parallel()
	w, no := copyWorld(t, "fr")
	p := w.open(t)
	defer p.Close()
	id := caseID(t, no)
	v, err := p.PreviewCopy(t.Context(), id, disclosure.Access)
	if err != nil {
		t.Fatal(err)
	}
	var photo, note string
	for _, k := range v.Categories {
		for _, i := range k.Items {
			switch {
			case k.Key == disclosure.Photos && photo == "":
				photo = i.ID
			case strings.HasPrefix(i.ID, "note-"):
				note = i.ID
				if i.Included {
					t.Error("an internal note goes out by itself")
				}
			}
		}
	}
	if len(v.Gaps) == 0 {
		t.Error("recipients without a name are no gap")
	}
	if _, err := v.Apply(disclosure.Choices{LeaveOut: map[string]string{photo: " "}}); !errors.Is(err, disclosure.ErrLeaveOut) {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := v.Apply(disclosure.Choices{Include: []string{"nothing"}}); !errors.Is(err, disclosure.ErrNoItem) {
		t.Errorf("what is not there: %v", err)
	}
	dir := filepath.Join(w.dir, "chosen")
	c, err := p.MakeCopy(t.Context(), id, disclosure.Access, app.CopyChoices{Format: app.CopyFolder, Path: dir,
		Choices: disclosure.Choices{LeaveOut: map[string]string{photo: "Une autre enfant y est reconnaissable."}, Include: []string{note}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := tree(t, dir)
	if _, third := files["photos/003.jpg"]; third || !strings.Contains(files["data.json"], "Une autre enfant y est reconnaissable.") || !strings.Contains(files["data.json"], "she gave the code") {
		t.Errorf("%+v\n%s", c, files["data.json"])
	}
	l, err := p.DraftLetter(t.Context(), id, cases.LetterAnswer, "fr")
	if err == nil {
		t.Errorf("the answer is drafted before the outcome: %s", l.Text)
	}
	for _, r := range []string{"access", "portability"} {
		if err := p.Act(t.Context(), id, cases.ActSetOutcome, outcomeOf(r)); err != nil {
			t.Fatal(err)
		}
	}
	if l, err = p.DraftLetter(t.Context(), id, cases.LetterAnswer, "fr"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"chosen", "Hébergeur de Roubaix SAS", "Portraits d'Outre-Atlantique Inc.", "clauses contractuelles types", "60 jours"} {
		if !strings.Contains(strings.ReplaceAll(l.Text, "’", "'"), want) {
			t.Errorf("the letter does not say %q:\n%s", want, l.Text)
		}
	}
	if _, err := p.PurgeCopy(t.Context(), c.ID, ""); !errors.Is(err, cases.ErrReason) {
		t.Errorf("purged without a reason: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hers.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.PurgeCopy(t.Context(), c.ID, "handed over"); !errors.Is(err, app.ErrOthersThere) {
		t.Errorf("%v", err)
	}
	if left := tree(t, dir); len(left) != 1 || left["hers.txt"] != "x" {
		t.Errorf("left: %v", left)
	}
	if err := p.SetCopyDays(t.Context(), 91); !errors.Is(err, app.ErrCopyDays) {
		t.Errorf("%v", err)
	}
}

func caseID(t testing.TB, no string) cases.ID {
	t.Helper()
	n, err := strconv.Atoi(no)
	if err != nil {
		t.Fatal(err)
	}
	return cases.ID(n)
}

func outcomeOf(right string) cases.Input {
	return cases.Input{Right: request.ParseRight(right), Outcome: cases.Granted}
}
