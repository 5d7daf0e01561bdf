package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/register"
	"greffier/data/store"
)

// recordsOf are the records of a list, as "ID=JSON".
func recordsOf(t *testing.T, p *profile, list string) string {
	t.Helper()
	var out []string
	check(t, p.store.View(t.Context(), func(tx *store.Tx) error {
		rs, err := tx.Records(list)
		for _, r := range rs {
			out = append(out, r.ID+"="+string(r.JSON))
		}
		return err
	}))
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestARestoreGoesAheadWithNothingThatWasTakenBackAndLosesNoRecord(t *testing.T) {
	t.Parallel()
	w, p := openWorld(t)
	ctx := t.Context()
	at := time.Now()
	put := func(list, id, json string) {
		t.Helper()
		check(t, p.store.Update(ctx, func(tx *store.Tx) error { return tx.PutRecord(list, id, []byte(json), at) }))
	}
	orders, err := p.Orders(ctx)
	check(t, err)
	order := orders[0].ID
	put(listAsks, "media", `{"plan":"answered since"}`)
	put(listAsks, "people", `{"plan":"still waits"}`)
	put(listSweepRules, "media", `{"on":true}`)
	check(t, p.SaveBreach(ctx, register.Breach{AwareAt: "2026-01-03T07:00:00Z", Nature: "confidentiality"}))
	backup := filepath.Join(w.dir, "b.age")
	check(t, p.Backup(ctx, backup))

	at = at.Add(time.Minute)
	check(t, p.store.Update(ctx, func(tx *store.Tx) error {
		return tx.DeleteRecord(listAsks, "media")
	}))
	put(listSweepRules, "media", `{"on":false}`)
	put(listArchive, "run 9", fmt.Sprintf(`{"id":"run 9","orders":{"%d":"2030-01-01"}}`, order))
	put(listArchive, "run 10", `{"id":"run 10","orders":{"999":"2030-01-01"}}`)
	put(listLooks, "1", fmt.Sprintf(`{"id":"1","order_id":%d,"reason":"a claim"}`, order))
	put("stamps", "000000000001-ab", `{"seq":1}`)
	check(t, p.SaveBreach(ctx, register.Breach{AwareAt: "2026-02-03T07:00:00Z", Nature: "integrity"}))
	key, err := p.SignerKey(ctx)
	check(t, err)
	check(t, p.vault.SetSecret("storage.new", "since"))
	check(t, p.Close())

	broken := filepath.Join(w.dir, "broken")
	check(t, os.CopyFS(broken, os.DirFS(w.profile)))
	check(t, os.WriteFile(filepath.Join(broken, store.FileName), []byte("no store"), 0o600))

	_, err = restoreProfile(ctx, w.profile, backup, testPassphrase, time.Now)
	check(t, err)
	p = w.open(t)
	for list, want := range map[string]string{
		listAsks:       `people={"plan":"still waits"}`,
		listSweepRules: `media={"on":false}`,
		listArchive:    fmt.Sprintf(`run 9={"id":"run 9","orders":{"%d":"2030-01-01"}}`, order),
		listLooks:      fmt.Sprintf(`1={"id":"1","order_id":%d,"reason":"a claim"}`, order),
		"stamps":       `000000000001-ab={"seq":1}`,
	} {
		if got := recordsOf(t, p, list); got != want {
			t.Errorf("%s: %s, want %s", list, got, want)
		}
	}
	if bs, err := p.Breaches(ctx); err != nil || len(bs) != 2 {
		t.Errorf("%d breaches, %v", len(bs), err)
	}
	if k, err := p.SignerKey(ctx); err != nil || k.SSH != key.SSH {
		t.Errorf("another key signs after a restore (%v)", err)
	}
	if s, err := p.vault.Secret("storage.new"); err != nil || s != "since" {
		t.Errorf("a secret made since: %q %v", s, err)
	}
	check(t, p.Close())

	// Of a store that does not open nothing is known: nothing goes ahead.
	_, err = restoreProfile(ctx, broken, backup, testPassphrase, time.Now)
	check(t, err)
	q, err := openProfile(ctx, broken, testPassphrase, "en", time.Now)
	check(t, err)
	defer q.Close()
	if got := recordsOf(t, q, listAsks); got != "" {
		t.Errorf("it waits: %s", got)
	}
	if got := recordsOf(t, q, listSweepRules); got != `media={"on":true}` {
		t.Errorf("rules: %s", got)
	}
	if k, err := q.SignerKey(ctx); err != nil || k.SSH != key.SSH {
		t.Errorf("another key signs (%v)", err)
	}
}

func TestARequestThatCameSinceTheBackupIsReadAgain(t *testing.T) {
	s := newSmall(t, "104,completed,2025-01-20,2025-01-20,alice.planchon@example.org,Alice,Planchon\n")
	p := s.deps.Archive.(*profile)
	ask := func(name string) []byte {
		return letter(name+" <"+strings.ToLower(name)+"@example.org>", "Effacement", "Bonjour,\n\nMerci d'effacer toutes mes données personnelles (article 17 du RGPD).\n\n"+name)
	}
	s.box.put(t, "2025-05-01T10:00:00Z", ask("Alice"))
	s.fetch()
	backup := filepath.Join(s.dir, "b.age")
	check(t, p.Backup(t.Context(), backup))
	s.box.put(t, "2025-05-02T10:00:00Z", ask("Barnaby"))
	s.fetch()
	if cs, err := s.Requests(t.Context()); err != nil || len(cs) != 2 {
		t.Fatalf("%d cases, %v", len(cs), err)
	}
	check(t, p.Close())
	_, err := restoreProfile(t.Context(), s.profile, backup, testPassphrase, time.Now)
	check(t, err)
	again, err := openProfile(t.Context(), s.profile, testPassphrase, "en", time.Now)
	check(t, err)
	defer again.Close()
	d, err := again.connect(time.Now)
	check(t, err)
	d.Mailbox = s.box
	a := app.New(d)
	if cs, err := a.Requests(t.Context()); err != nil || len(cs) != 1 {
		t.Fatalf("%d cases, %v", len(cs), err)
	}
	// The mailbox gives what lies behind the cursor that the restored store has.
	check(t, again.store.View(t.Context(), func(tx *store.Tx) error {
		cs, err := tx.Cursors()
		if len(cs) != 1 {
			t.Fatalf("cursors %+v", cs)
		}
		s.box.read = int(cs[0].UIDNext) - 1
		return err
	}))
	out, err := a.Sync(t.Context(), false, true, nil)
	if err != nil || len(out.CasesOpened) != 1 || s.box.read != 2 {
		t.Errorf("%v: %+v", err, out)
	}
}

func TestWhatAKilledProgramLeftAmongTemporaryFilesGoes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	now := time.Now()
	for name, age := range map[string]time.Duration{previews + "old": 2 * time.Minute, previews + "new": 0, browsers + "old": 2 * time.Hour, browsers + "new": 10 * time.Minute, "others-old": 9 * time.Hour} {
		dir := filepath.Join(os.TempDir(), name)
		check(t, os.MkdirAll(filepath.Join(dir, "in"), 0o700))
		check(t, os.Chtimes(dir, now.Add(-age), now.Add(-age)))
	}
	sweepPreviews(now)
	es, err := os.ReadDir(os.TempDir())
	check(t, err)
	var left []string
	for _, e := range es {
		left = append(left, e.Name())
	}
	if want := []string{browsers + "new", previews + "new", "others-old"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
}
