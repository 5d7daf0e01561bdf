package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/effects"
	"greffier/app/law"
	"greffier/data/vault"
)

// openWorld opens the profile of a world with one order in it.
func openWorld(t *testing.T) (*world, *profile) {
	t.Helper()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.ok("sync")
	p := w.open(t)
	t.Cleanup(func() { p.Close() })
	return w, p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestARestoreLosesNoObjectionNoHoldAndNoPaper(t *testing.T) {
	t.Parallel()
	w, p := openWorld(t)
	ctx := t.Context()
	before := effects.Suppression{Email: "before@example.org", Uses: []effects.Use{effects.Newsletter}}
	_, err := p.Suppress(ctx, before)
	check(t, err)
	backup := filepath.Join(w.dir, "b.age")
	check(t, p.Backup(ctx, backup))
	_, err = p.Suppress(ctx, effects.Suppression{Email: "later@example.org", Uses: []effects.Use{effects.Newsletter}})
	check(t, err)
	os1, err := p.Orders(ctx)
	check(t, err)
	_, err = p.Hold(ctx, app.LegalHold{Scope: app.HoldOrder, Order: os1[0].ID, Reason: "a claim"})
	check(t, err)
	_, err = p.Hold(ctx, app.LegalHold{Scope: app.HoldPerson, Email: "later@example.org", Reason: "a complaint"})
	check(t, err)
	check(t, p.Close())
	paper := w.write("profile/out/certificate-1-fr-2026-01-01.pdf", "%PDF evidence")

	for i := range 2 { // again, so that nothing is carried twice
		later := func() time.Time { return time.Now().Add(time.Duration(i) * time.Minute) }
		_, err := restoreProfile(ctx, w.profile, backup, testPassphrase, later)
		check(t, err)
		p = w.open(t)
		rows, err := p.Suppressed(ctx)
		check(t, err)
		var emails []string
		for _, r := range rows {
			emails = append(emails, r.ID+" "+r.Email)
		}
		if got := strings.Join(emails, ", "); !strings.Contains(got, "1 before@") || !strings.Contains(got, "2 later@") || len(rows) != 2 {
			t.Errorf("on the list: %s", got)
		}
		holds, err := p.Holds(ctx)
		check(t, err)
		if len(holds) != 2 {
			t.Errorf("%d holds stand: %+v", len(holds), holds)
		}
		check(t, p.Close())
		if b, err := os.ReadFile(paper); err != nil || string(b) != "%PDF evidence" {
			t.Errorf("what was printed: %q, %v", b, err)
		}
	}
	w.verified()
}

func TestARestoreThatWasCutOffBringsThePaperLater(t *testing.T) {
	t.Parallel()
	w, p := openWorld(t)
	check(t, p.Close())
	aside := "profile" + asideMark + "20260101T000000Z/out/"
	w.write(aside+"dossier/MANIFEST.sha256", "from before")
	w.write(aside+"a.pdf", "from before")
	w.write("profile/out/a.pdf", "of now")
	check(t, w.open(t).Close())
	for name, want := range map[string]string{"dossier/MANIFEST.sha256": "from before", "a.pdf": "of now", "before-1-a.pdf": "from before"} {
		if b, err := os.ReadFile(filepath.Join(w.profile, outName, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func TestAPrintedRecoveryCodeGoesWithTheLock(t *testing.T) {
	t.Parallel()
	w, p := openWorld(t)
	code, err := p.MakeRecovery(t.Context())
	check(t, err)
	path, err := p.PrintRecovery(t.Context(), code, "en")
	check(t, err)
	if !fileExists(path) {
		t.Fatal("nothing was printed")
	}
	check(t, p.Close())
	if fileExists(path) {
		t.Error("the code lies beside what it opens")
	}
	// After a crash with the next opening; files that are called alike stay.
	w.write("profile/out/recovery-2026-01-01.pdf", "%PDF")
	w.write("profile/out/recovery.txt", "hers")
	check(t, w.open(t).Close())
	if w.exists("profile/out/recovery-2026-01-01.pdf") || !w.exists("profile/out/recovery.txt") {
		t.Error("the sheet of a program that was killed stays, or her own file went")
	}
}

func TestBackupsEndWithTheirLifeWhereverTheyLie(t *testing.T) {
	t.Parallel()
	w, p := openWorld(t)
	ctx := t.Context()
	name := func(days int) string {
		return backupPrefix + time.Now().UTC().AddDate(0, 0, -days).Format(backupStamp) + backupSuffix
	}
	old := w.write("profile-backups/"+name(60), "x")
	young := w.write("profile-backups/"+name(20), "x")
	half := w.write("stick/"+backupTemp+"123", "x")
	fresh := w.write("stick/"+backupTemp+"124", "x")
	long := time.Now().Add(-3 * time.Hour)
	check(t, os.Chtimes(half, long, long))
	v, err := p.Vault(ctx)
	check(t, err)
	v.Plan.Folder = filepath.Join(w.dir, "stick")
	check(t, p.SetBackupPlan(ctx, v.Plan))
	check(t, p.CareForBackups(ctx))
	if fileExists(old) || fileExists(half) {
		t.Error("a backup of the folder of before, or half a one, outlives the plan")
	}
	if !fileExists(young) || !fileExists(fresh) {
		t.Error("one that lives, or is being written, went")
	}
	v, err = p.Vault(ctx)
	check(t, err)
	if len(v.Backups) != 2 || filepath.Dir(v.Backups[0].Path) != v.Plan.Folder || v.Backups[1].Path != young {
		t.Errorf("listed are %+v", v.Backups)
	}
	check(t, p.Close())
	if got := lastBackups(w.profile); len(got) != 2 {
		t.Errorf("offered are %+v", got)
	}
}

func TestWhatIsOverGoesAlsoWhereNoBackupCanBeMade(t *testing.T) {
	t.Parallel()
	w, p := openWorld(t)
	ctx := t.Context()
	stamp := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(backupStamp) }
	newest := w.write("profile-backups/"+backupPrefix+stamp(40)+backupSuffix, "x")
	older := w.write("profile-backups/"+backupPrefix+stamp(50)+backupSuffix, "x")
	keys := filepath.Join(w.profile, vault.EpochsName)
	check(t, os.Rename(keys, keys+".away"))
	if err := p.CareForBackups(ctx); err == nil {
		t.Fatal("a backup without its keys was made")
	}
	if fileExists(older) || !fileExists(newest) {
		t.Error("one whose life is over stays, or the last one went")
	}
	v, err := p.Vault(ctx)
	check(t, err)
	if v.Failed == "" || !v.LastTrace.IsZero() {
		t.Errorf("a day is promised that nobody knows: %v, %q", v.LastTrace, v.Failed)
	}
	check(t, os.Rename(keys+".away", keys))
	check(t, p.CareForBackups(ctx))
	if v, err = p.Vault(ctx); err != nil || fileExists(newest) || v.LastTrace != law.DateOf(time.Now(), law.Paris()).AddDays(35) {
		t.Errorf("after the next one: %v, %v", v.LastTrace, err)
	}
}

func TestTheTraceOfARunCountsTheBackupsOfEveryDay(t *testing.T) {
	s := newSweepShop(t, 1)
	s.automatic()
	runs, err := s.p.Runs(t.Context())
	check(t, err)
	run := runs[0].Record
	check(t, s.p.SetBackupLife(t.Context(), app.BackupLife{Kind: "storage", Name: "photos", Days: 30, Known: true}))
	today := law.DateOf(s.now, law.Paris())
	dir := s.profile + "-backups"
	check(t, os.MkdirAll(dir, 0o700))
	put := func(at time.Time) {
		check(t, os.WriteFile(filepath.Join(dir, backupPrefix+at.UTC().Format(backupStamp)+backupSuffix), []byte("x"), 0o600))
	}
	put(run.EndedAt.Add(time.Hour))
	if tr, err := s.p.TraceOfRun(t.Context(), run.ID); err != nil || tr.Date != today.AddDays(30) {
		t.Errorf("one from after the run holds nothing of her: %+v %v", tr, err)
	}
	put(run.EndedAt.Add(-time.Hour))
	if tr, err := s.p.TraceOfRun(t.Context(), run.ID); err != nil || tr.Date != law.DateOf(run.EndedAt.Add(-time.Hour), law.Paris()).AddDays(35) {
		t.Errorf("one from before: %+v %v", tr, err)
	}
}
