package main

import (
	"archive/tar"
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"filippo.io/age"
	"golang.org/x/text/unicode/norm"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/effects"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/data/store"
	"greffier/data/vault"
)

// forms are the ways in which a word may stand in a file.
func forms(word string) map[string][]byte {
	out := map[string][]byte{"UTF-8": []byte(word), "decomposed": norm.NFD.Bytes([]byte(word)), "upper case": []byte(strings.ToUpper(word)), "lower case": []byte(strings.ToLower(word)),
		"hexadecimal": []byte(hex.EncodeToString([]byte(word))), "URL": []byte(url.QueryEscape(word)), "path": []byte(url.PathEscape(word))}
	var le, be []byte
	for _, u := range utf16.Encode([]rune(word)) {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	out["UTF-16LE"], out["UTF-16BE"] = le, be
	var escaped strings.Builder
	for _, r := range word {
		if r < 0x80 {
			escaped.WriteRune(r)
		} else {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		}
	}
	out["JSON-escaped"] = []byte(escaped.String())
	for shift := range 3 {
		enc := base64.StdEncoding.EncodeToString(append(make([]byte, shift), word...))
		// Without what the neighbours decide.
		from, to := (shift*8+5)/6, (shift+len(word))*8/6
		out[fmt.Sprint("base64 ", shift)] = []byte(enc[from:to])
	}
	return out
}

// readable looks for words, in every form, in all files below the folders. The
// folder out holds what she asked to be printed.
func readable(t *testing.T, words []string, folders ...string) (found []string) {
	t.Helper()
	needles := map[string][]byte{}
	for _, w := range words {
		for form, b := range forms(w) {
			needles[w+" as "+form] = b
		}
	}
	for _, dir := range folders {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == outName {
				return fs.SkipDir
			}
			for what, n := range needles {
				if strings.Contains(d.Name(), string(n)) {
					found = append(found, what+" in the name of "+p)
				}
			}
			if !d.Type().IsRegular() {
				return nil
			}
			b, err := os.ReadFile(p)
			for what, n := range needles {
				if bytes.Contains(b, n) {
					found = append(found, what+" in "+p)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestEveryFormOfAWordIsFound(t *testing.T) {
	const word = "Zélie Quatrefages"
	for form, b := range forms(word) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "f"), slices.Concat([]byte("…"), b, []byte("…")), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(readable(t, []string{word}, dir)) == 0 {
			t.Errorf("%s is not found", form)
		}
	}
	for shift := range 3 {
		dir := t.TempDir()
		text := base64.StdEncoding.EncodeToString([]byte("xyz"[:shift] + word + " and more"))
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(readable(t, []string{word}, dir)) == 0 {
			t.Errorf("base64 after %d bytes is not found", shift)
		}
	}
}

// planted are words that only the shop and the mails have.
var planted = []string{"Planchon", "alice.planchon", "rue des Lilas", "0102030405", "0611223344", "Quatrefages", "Zélie", "impasse des Glycines", "ma petite Ombeline", "tante Hortense"}

func TestNothingOfAnybodyCanBeReadInAnyFileAfterEveryKindOfWork(t *testing.T) {
	program(t) // before the folder for temporary files is another one
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	s, sh, c, _ := wooSmall(t)
	p := s.deps.Archive.(*profile)
	s.deps.Vault = keeper{p}
	s.App = app.New(s.deps)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	second := filepath.Join(s.dir, "second")
	backup := filepath.Join(s.dir, "by-hand.age")
	var run int64
	var zelie cases.Case
	steps := []struct {
		name string
		do   func()
	}{
		{"a sync of orders", func() {
			o := wooOrder(105, "zelie.quatrefages@example.org", "Zélie Quatrefages", time.Date(2025, 1, 21, 10, 0, 0, 0, time.UTC))
			o.Billing.Address1 = "17 impasse des Glycines"
			sh.Put(o)
			s.fetch()
		}},
		{"mails, requests and others", func() {
			zelie = s.mail(t, "2025-05-02T10:00:00Z", "Mes photos", "Bonjour,\n\nMerci d'effacer les photos de ma petite Ombeline et toutes mes données personnelles (article 17 du RGPD), commande 105.\n\nZélie Quatrefages")
			s.box.put(t, "2025-05-03T10:00:00Z", letter("tante Hortense <hortense@example.net>", "Merci", "Bonjour de tante Hortense"))
			s.fetch()
		}},
		{"acts and a letter of a case", func() {
			l, err := s.DraftLetter(ctx, c.ID, cases.LetterAcknowledge, "fr")
			must(err)
			must(s.SaveLetter(ctx, c.ID, l))
			must(s.Act(ctx, c.ID, cases.ActConfirmIdentity, cases.Input{Reason: "Alice Planchon rang from 0611223344"}))
		}},
		{"a correction in the shop", func() {
			_, err := s.Amend(ctx, c.ID, []effects.Change{{Order: c.Selected()[0], Field: phoneKey, Old: "0102030405", New: "0611223344"}})
			must(err)
		}},
		{"an entry on the suppression list", func() {
			_, err := s.Suppress(ctx, effects.Suppression{Case: int64(c.ID), Email: "alice.planchon@example.org", Uses: []effects.Use{effects.Newsletter}})
			must(err)
		}},
		{"a hold, and a breach", func() {
			must(s.PlaceHold(ctx, c.Selected()[0], "a dispute with Alice Planchon, rue des Lilas", law.DateOf(time.Now(), law.Paris()).AddDays(30)))
			must(s.SaveBreach(ctx, register.Breach{AwareAt: "2026-01-03T07:00:00Z", Nature: "confidentiality", Facts: "a parcel of Zélie went to tante Hortense"}))
		}},
		{"a restriction", func() {
			_, err := s.Restrict(ctx, c.ID, c.Selected(), effects.Contested, "Alice Planchon, rue des Lilas, says that it is wrong")
			must(err)
		}},
		{"a copy for access", func() {
			sh.Put(wooOrder(106, "hortense@example.net", "tante Hortense", time.Date(2025, 1, 22, 10, 0, 0, 0, time.UTC)))
			s.box.put(t, "2025-05-06T10:00:00Z", letter("tante Hortense <hortense@example.net>", "Copie de mes données", "Bonjour,\n\nMerci de m'envoyer une copie de toutes mes données (article 15 du RGPD), commande 106.\n\ntante Hortense", vouched("example.net", "pass")))
			s.fetch()
			k := s.theCase("hortense@example.net")
			must(s.Act(ctx, k.ID, cases.ActConfirmIdentity, cases.Input{Reason: "tante Hortense rang"}))
			made, err := s.MakeCopy(ctx, k.ID, disclosure.Access, app.CopyChoices{}, nil)
			must(err)
			if rel, err := filepath.Rel(s.profile, made.Path); err != nil || !filepath.IsLocal(rel) || made.SizeBytes == 0 {
				t.Fatalf("the copy lies elsewhere: %+v", made)
			}
		}},
		{"an erasure and its certificate", func() {
			if zelie.ID == 0 {
				t.Fatal("no case")
			}
			id, err := s.OrderID(ctx, "105")
			must(err)
			pl, err := s.PlanOrder(ctx, id)
			must(err)
			v, err := s.Erase(ctx, pl, pl.Hash, nil)
			must(err)
			run = v.Record.ID
			_, err = s.PrintCertificate(ctx, run, "fr")
			must(err)
		}},
		{"registers and a dossier", func() {
			_, err := s.Print(ctx, register.Requests, app.Printing{Lang: "fr"})
			must(err)
			_, err = s.Dossier(ctx, app.Printing{Lang: "fr"})
			must(err)
		}},
		{"backups, and a trial", func() {
			must(s.CareForBackups(ctx))
			must(s.TryBackup(ctx, ""))
			must(s.App.Backup(ctx, backup))
		}},
		{"a restore elsewhere", func() {
			_, err := restoreProfile(ctx, second, backup, testPassphrase, time.Now)
			must(err)
		}},
		{"a crash in the middle", func() {
			must(p.Close())
			s.killed(func(passed time.Duration) bool { return passed > 40*time.Millisecond }, "sync", "--orders")
		}},
	}
	for _, st := range steps {
		st.do()
		for _, f := range readable(t, planted, s.profile, s.profile+"-backups", second, tmp) {
			t.Errorf("after %s: %s", st.name, f)
		}
		if t.Failed() {
			return
		}
	}
	if b, err := os.ReadFile(backup); err != nil || len(readable(t, planted, s.dir)) == 0 && len(b) == 0 {
		t.Error("the test sees nothing at all")
	}
	err := filepath.WalkDir(s.profile, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && d.Name() != outName && filepath.Base(filepath.Dir(path)) != outName {
			t.Errorf("others may read %s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAnOlderCopyOfTheProfileOpensNothingOfWhoWasErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.write("photos/uploads/104/a.jpg", "photo")
	w.init(csvTOML, folderTOML)
	w.ok("sync")
	older := w.write("older/"+store.FileName, "")
	b, err := os.ReadFile(filepath.Join(w.profile, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(older, b, 0o600); err != nil {
		t.Fatal(err)
	}
	w.ok("erase", "--order", "104", "--yes")
	v, err := vault.Open(w.profile, testPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	// The keys of now, all that is left of keys, over the store of then.
	if st, err := openStore(t.Context(), filepath.Dir(older), v, time.Now); err == nil {
		st.Close()
	}
	keys := store.Keys{Seal: v.Key("store"), Index: v.Key("index"), Epochs: v.Epochs()}
	st, err := store.Open(t.Context(), filepath.Dir(older), keys, time.Now)
	if !errors.Is(err, store.ErrDamaged) {
		t.Errorf("the older copy opens: %v", err)
	}
	if err == nil {
		st.Close()
	}
	if es := asJSON[verifyDoc](t, w.ok("--json", "verify")); es.Store != "ok" {
		t.Errorf("verify: %+v", es)
	}
	p := w.open(t)
	defer p.Close()
	lines, err := p.Journal(t.Context(), 0)
	if err != nil || !slices.ContainsFunc(lines, func(l app.JournalLine) bool { return l.Act == evidence.ActKeyDestroyed }) {
		t.Errorf("the journal does not tell of destroyed keys (%v)", err)
	}
}

func TestThePassphraseIsChangedAndForgottenAndReplaced(t *testing.T) {
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	first := filepath.Join(w.dir, "first.age")
	w.ok("backup", first)
	const second, third = "another sentence of hers", "a third one, at last"

	t.Setenv(envNewPassphrase, "short")
	w.failed([]string{"short"}, "vault", "passphrase")
	t.Setenv(envNewPassphrase, second)
	w.ok("vault", "passphrase")
	w.failed([]string{"passphrase"}, "cases")
	t.Setenv("GREFFIER_PASSPHRASE", second)
	w.ok("cases")
	w.verified()

	code := strings.TrimSpace(w.ok("vault", "recovery").out)
	if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(code) {
		t.Fatalf("code %q", code)
	}
	w.sealed(code, strings.ReplaceAll(code, "-", ""), second)
	newer := strings.TrimSpace(w.ok("vault", "recovery").out)
	t.Setenv("GREFFIER_PASSPHRASE", "forgotten for good")
	t.Setenv(envNewPassphrase, third)
	t.Setenv(envRecovery, code)
	w.failed([]string{"recovery code"}, "vault", "recover") // made void by the newer one
	t.Setenv(envRecovery, strings.ToLower(strings.ReplaceAll(newer, "-", " ")))
	w.ok("vault", "recover")
	t.Setenv("GREFFIER_PASSPHRASE", third)
	w.ok("cases")
	w.failed([]string{"no recovery code"}, "vault", "recover") // it works once
	// A backup of the time of the first passphrase is brought back with the one
	// of now, which goes on.
	w.ok("restore", first)
	w.ok("cases")
	w.verified()
	w.sealed(second, third, newer)
	p := w.open2(t, third)
	defer p.Close()
	lines, err := p.Journal(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	acts := map[string]int{}
	for _, l := range lines {
		acts[l.Act]++
	}
	if acts[evidence.ActPassphraseChanged] != 2 || acts[evidence.ActRecoveryMade] != 2 {
		t.Errorf("journal: %v", acts)
	}
}

// open2 opens the profile under another passphrase than the tests' own.
func (w *world) open2(t *testing.T, passphrase string) *profile {
	t.Helper()
	p, err := openProfile(t.Context(), w.profile, passphrase, "en", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBackupsAreMadeTriedAndEndWithTheirLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	d := asJSON[vaultDoc](t, w.ok("--json", "vault", "backup"))
	if len(d.Backups) != 1 || d.LifeDays != 35 {
		t.Fatalf("%+v", d)
	}
	if again := asJSON[vaultDoc](t, w.ok("--json", "vault", "backup")); len(again.Backups) != 1 {
		t.Errorf("a second one on the same day: %+v", again.Backups)
	}
	w.ok("vault", "try")
	b, err := os.ReadFile(d.Backups[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("age and tar open it without Greffier", func(t *testing.T) {
		id, err := age.NewScryptIdentity(testPassphrase)
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(b), id)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for tr := tar.NewReader(r); ; {
			h, err := tr.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, h.Name)
		}
		for _, n := range []string{"vault.json", profileName, store.FileName, vault.EpochsName} {
			if !slices.Contains(names, n) {
				t.Errorf("%s is not among %v", n, names)
			}
		}
	})
	t.Run("one that is damaged is told", func(t *testing.T) {
		bad := w.write("bad.age", string(b[:len(b)-100]))
		w.failed([]string{"backup"}, "vault", "try", bad)
		if d := asJSON[vaultDoc](t, w.ok("--json", "vault")); d.TriedFailed == "" {
			t.Errorf("how it went is not kept: %+v", d)
		}
	})
	t.Run("what has outlived its life goes, the rest stays", func(t *testing.T) {
		dir := filepath.Dir(d.Backups[0].Path)
		old := time.Now().AddDate(0, 0, -60).UTC().Format(backupStamp)
		for _, n := range []string{backupPrefix + old + backupSuffix, "greffier-" + old + ".txt", "hers.tar.age"} {
			if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		aside := w.profile + asideMark + old
		if err := os.Mkdir(aside, 0o700); err != nil {
			t.Fatal(err)
		}
		w.ok("vault", "backup")
		es, err := os.ReadDir(dir)
		if err != nil || len(es) != 3 {
			t.Errorf("left are %v %v", es, err)
		}
		if fileExists(aside) {
			t.Error("a profile that a restore put aside outlives the backups")
		}
	})
	w.verified()
}

func TestAStoreOfAnEarlierSchemaIsBackedUpBeforeItIsChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	db := rawStore(t, w.profile)
	for _, q := range []string{"DROP INDEX cases_email", "DROP INDEX message_corrected", "ALTER TABLE cases DROP COLUMN dropped", "PRAGMA user_version = 3"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	w.ok("cases")
	d := asJSON[vaultDoc](t, w.ok("--json", "vault"))
	if len(d.Backups) != 1 || !strings.Contains(d.Backups[0].Path, "-before-4") {
		t.Fatalf("%+v", d.Backups)
	}
	w.ok("vault", "try", d.Backups[0].Path)
	w.verified()
	p := w.open(t)
	defer p.Close()
	lines, err := p.Journal(t.Context(), 0)
	if err != nil || !slices.ContainsFunc(lines, func(l app.JournalLine) bool { return l.Act == evidence.ActStoreMigrated }) {
		t.Errorf("the journal does not tell of it (%v)", err)
	}
}

func TestAProfileThatIsDamagedOnPurposeIsBroughtBackFromItsLastBackup(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(dir string, b []byte) (string, []byte){
		"the store is cut short": func(_ string, b []byte) (string, []byte) { return store.FileName, b[:len(b)/2] },
		"the store's first page is zeros": func(_ string, b []byte) (string, []byte) {
			return store.FileName, append(make([]byte, 4096), b[4096:]...)
		},
		"the store is empty":   func(string, []byte) (string, []byte) { return store.FileName, nil },
		"the keys are flipped": func(string, []byte) (string, []byte) { return vault.EpochsName, bytes.Repeat([]byte{0xff}, 200) },
		"the vault is damaged": func(string, []byte) (string, []byte) { return "vault.json", []byte("{") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("orders.csv", oneOrder)
			w.init(csvTOML)
			w.ok("sync")
			d := asJSON[vaultDoc](t, w.ok("--json", "vault", "backup"))
			b, err := os.ReadFile(filepath.Join(w.profile, store.FileName))
			if err != nil {
				t.Fatal(err)
			}
			file, bad := harm(w.profile, b)
			if err := os.WriteFile(filepath.Join(w.profile, file), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			w.failed([]string{"damaged"}, "cases")
			if left, err := os.ReadFile(filepath.Join(w.profile, file)); err != nil || !bytes.Equal(left, bad) {
				t.Error("it was made anew in silence")
			}
			offered := lastBackups(w.profile)
			if len(offered) != 1 || offered[0].Path != d.Backups[0].Path {
				t.Fatalf("offered are %v", offered)
			}
			w.ok("restore", offered[0].Path)
			w.verified()
		})
	}
}

func TestALaterStartIsShownTheWindowThatIsOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if showOther(dir) {
		t.Error("a window answers where none is")
	}
	asked := make(chan struct{}, 4)
	i, err := announce(dir, func() { asked <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(filepath.Join(dir, shownName)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if !showOther(dir) || len(asked) != 1 {
		t.Error("the window did not come to the front")
	}
	whole, err := os.ReadFile(i.path)
	if err != nil {
		t.Fatal(err)
	}
	for name, said := range map[string]string{"a wrong token": strings.Fields(string(whole))[0] + " 00", "an address elsewhere": "192.0.2.1:80 x", "nonsense": "x"} {
		if err := os.WriteFile(i.path, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
		if showOther(dir) || len(asked) != 1 {
			t.Errorf("%s is answered", name)
		}
	}
	os.WriteFile(i.path, whole, 0o600)
	i.close()
	if fileExists(i.path) || showOther(dir) {
		t.Error("a window that was closed answers")
	}
}

func TestACrashTellsWhereAndNotWhom(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	tellCrash(&b, "the mail of Zélie Quatrefages", []byte("goroutine 1 [running]:\npanic({0x1, 0x2})\n\t/usr/lib/panic.go:1 +0x1\ngreffier/app.(*App).Case(\"Quatrefages\", 0x1)\n\t/src/app/case.go:7 +0x2\n"))
	if s := b.String(); strings.Contains(s, "Quatrefages") || !strings.Contains(s, "greffier/app") || !strings.Contains(s, "case.go:7") {
		t.Errorf("it says:\n%s", s)
	}
	// The program itself, in a process of its own.
	if os.Getenv("GREFFIER_TEST_CRASH") != "" {
		defer crashed()
		panic("the mail of Zélie Quatrefages")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestACrashTellsWhereAndNotWhom$")
	cmd.Env = append(os.Environ(), "GREFFIER_TEST_CRASH=1", "GOTRACEBACK=all")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != exitCrashed || bytes.Contains(out, []byte("Quatrefages")) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestABackupPlanKeepsOneADayThenOneAWeekAndNothingBeyondItsLife(t *testing.T) {
	t.Parallel()
	p := app.BackupPlan{}.Usual()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	var all []app.BackupFile
	for h := 0; h < 24*60; h += 12 {
		all = append(all, app.BackupFile{Path: fmt.Sprint(h), At: now.Add(-time.Duration(h) * time.Hour)})
	}
	gone := p.Expired(all, now, time.UTC)
	left := len(all) - len(gone)
	if left < p.Daily || left > p.Daily+p.Weekly {
		t.Errorf("%d are left", left)
	}
	for _, b := range all {
		if now.Sub(b.At) > 35*24*time.Hour && !slices.Contains(gone, b) {
			t.Errorf("one of %v outlives the plan", b.At)
		}
	}
	if slices.Contains(gone, all[0]) {
		t.Error("the newest one goes")
	}
	if g := p.Expired(all[len(all)-1:], now, time.UTC); len(g) != 0 {
		t.Error("the only one goes because it is old")
	}
	ahead := []app.BackupFile{{Path: "ahead", At: now.AddDate(1, 0, 0)}, {Path: "now", At: now}}
	if g := p.Expired(ahead, now, time.UTC); len(g) != 0 {
		t.Errorf("after the clock was set back, %v go", g)
	}
}

// rawStore opens the store past the program.
func rawStore(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func TestTheRecoveryCodeBringsBackABackupOnAnotherComputer(t *testing.T) {
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.write("photos/uploads/104/a.jpg", "jpeg")
	w.init(csvTOML, folderTOML)
	w.ok("sync")
	code := strings.TrimSpace(w.ok("vault", "recovery").out)
	w.ok("vault", "backup")
	made := asJSON[vaultDoc](t, w.ok("--json", "vault")).Backups
	if len(made) != 1 {
		t.Fatal(made)
	}
	if found := readable(t, []string{code, testPassphrase}, filepath.Dir(made[0].Path)); len(found) > 0 {
		t.Error(found)
	}
	// A laptop that has nothing but the backup; the passphrase is forgotten.
	other := filepath.Join(w.dir, "other")
	t.Setenv("GREFFIER_PASSPHRASE", "forgotten for good")
	const next = "a new sentence of hers"
	t.Setenv(envNewPassphrase, next)
	t.Setenv(envRecovery, "0000-"+code[5:])
	if r := w.call("--profile", other, "restore", "--code", made[0].Path); r.code != exitFailed || !strings.Contains(r.err, "recovery code") {
		t.Errorf("another code: %d %s", r.code, r.err)
	}
	if fileExists(other) {
		t.Error("a code that does not fit left something")
	}
	t.Setenv(envRecovery, code)
	if r := w.call("--profile", other, "restore", "--code", made[0].Path); r.code != exitDone {
		t.Fatalf("restore: %s", r.err)
	}
	t.Setenv("GREFFIER_PASSPHRASE", next)
	if r := w.call("--profile", other, "verify"); r.code != exitDone {
		t.Errorf("verify: %s", r.err)
	}
	if r := w.call("--profile", other, "vault", "recover"); r.code != exitFailed {
		t.Error("the code is valid twice")
	}
	// On the same computer, after an erasure: it does not come back, though the
	// passphrase of the profile that is there is not known.
	t.Setenv("GREFFIER_PASSPHRASE", testPassphrase)
	w.ok("erase", "--order", "104", "--yes")
	t.Setenv("GREFFIER_PASSPHRASE", "forgotten for good")
	w.ok("restore", "--code", made[0].Path)
	t.Setenv("GREFFIER_PASSPHRASE", next)
	p := w.open2(t, next)
	defer p.Close()
	if es, err := p.Journal(t.Context(), 0); err != nil || !slices.ContainsFunc(es, func(l app.JournalLine) bool { return l.Act == evidence.ActRunFinished }) {
		t.Errorf("the run is not in the journal (%v)", err)
	}
}
