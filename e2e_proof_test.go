package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"greffier/app"
	"greffier/app/evidence"
	"greffier/app/register"
	"greffier/data/sign"
	"greffier/data/stamp/stamptest"
	"greffier/data/store"
)

// proofWorld is a shop with an erased order, a certificate of it, and a journal
// that a local authority stamped.
func proofWorld(t *testing.T) (*world, *stamptest.Authority) {
	t.Helper()
	tsa := stamptest.New(t)
	w := newWorld(t)
	w.write("orders.csv", "order,status,completed,email,first_name,last_name\n104,completed,2025-01-05,barnaby@localhost.test,Barnaby,Ploughwright\n")
	w.write("photos/uploads/104/a.jpg", "jpeg")
	w.init(csvTOML, folderTOML)
	w.ok("sync", "--orders")
	ca := w.write("tsa.pem", string(tsa.CA))
	w.ok("stamp", "--set", tsa.Serve(t), "--ca", ca)
	w.ok("erase", "--order", "104", "--yes")
	return w, tsa
}

var shellBlock = regexp.MustCompile("(?s)```sh ?([a-z0-9]*)\n(.*?)```")

// sh runs a block of the recipe.
func sh(ctx context.Context, dir, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTheRecipeOfTheEvidenceIsTrueOnARealDossier(t *testing.T) {
	t.Parallel()
	w, _ := proofWorld(t)
	if r := w.call("--json", "verify", "--head", strings.Repeat("ab", 32)); r.code != exitFailed || !strings.Contains(r.out, `"known": false`) {
		t.Errorf("a head of nowhere: %s", r.out)
	}
	w.ok("stamp")
	dir := filepath.Join(w.dir, "dossier")
	w.ok("dossier", "--folder", dir)

	recipe, err := os.ReadFile(filepath.Join("docs", "evidence.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlock.FindAllStringSubmatch(string(recipe), -1)
	if len(blocks) < 6 {
		t.Fatalf("%d blocks of shell", len(blocks))
	}
	all := ""
	for _, b := range blocks {
		if needs := b[1]; needs != "" {
			if _, err := exec.LookPath(needs); err != nil {
				if needs == "python3" {
					continue // not every machine has it, and the block before says the same
				}
				tool(t, needs)
			}
		}
		out, err := sh(t.Context(), dir, b[2])
		if err != nil {
			t.Errorf("%v:\n%s\nsays\n%s", err, b[2], out)
		}
		all += out
	}
	for _, want := range []string{"MANIFEST.json: OK", `Good "greffier" signature`, "Signature and comment signature verified", "it is the head of the manifest", "Verification: OK", "the journal has this head"} {
		if !strings.Contains(all, want) {
			t.Errorf("the recipe does not say %q:\n%s", want, all)
		}
	}

	t.Run("a certificate alone", func(t *testing.T) {
		certs, _ := filepath.Glob(filepath.Join(w.profile, outName, "certificate-*.pdf"))
		if len(certs) != 1 {
			t.Fatalf("certificates: %v", certs)
		}
		machine := strings.TrimSuffix(certs[0], ".pdf") + ".json"
		for _, file := range []string{certs[0], machine} {
			out, err := sh(t.Context(), dir, `ssh-keygen -Y verify -f allowed_signers -I greffier -n greffier -s "`+file+`.sig" < "`+file+`"`)
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
		}
		b, err := os.ReadFile(machine)
		if sum := sha256.Sum256(b); err != nil || !strings.Contains(w.ok("--json", "journal").out, hex.EncodeToString(sum[:])) {
			t.Errorf("the journal does not know the certificate for machines: %v", err)
		}
	})
	t.Run("a changed entry is named", func(t *testing.T) {
		bad := t.TempDir()
		lines, err := os.ReadFile(filepath.Join(dir, "journal", "journal.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		rows := bytes.SplitAfter(lines, []byte("\n"))
		for name, change := range map[string]func() [][]byte{
			"another hash": func() [][]byte {
				r := slices.Clone(rows)
				r[2] = bytes.Replace(r[2], []byte(`"bytes":"A`), []byte(`"bytes":"B`), 1)
				return r
			},
			"one removed":          func() [][]byte { return slices.Delete(slices.Clone(rows), 2, 3) },
			"two in another order": func() [][]byte { r := slices.Clone(rows); r[2], r[3] = r[3], r[2]; return r },
			"words, but not bytes": func() [][]byte {
				r := slices.Clone(rows)
				r[2] = bytes.Replace(r[2], []byte(`"actor":"`), []byte(`"actor":"x`), 1)
				return r
			},
		} {
			if err := os.MkdirAll(filepath.Join(bad, "journal"), 0o700); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(bad, "journal", "journal.jsonl")
			if err := os.WriteFile(file, bytes.Join(change(), nil), 0o600); err != nil {
				t.Fatal(err)
			}
			if r := w.call("verify", "--journal", file); r.code != exitFailed || !strings.Contains(r.err, "3") {
				t.Errorf("%s: %s %s", name, r.out, r.err)
			}
			if name == "words, but not bytes" {
				continue // the shell reads the bytes alone, as the recipe says
			}
			if out, err := sh(t.Context(), bad, blocks[3][2]); err == nil || !strings.Contains(out, "entry 3 does not hold") {
				t.Errorf("%s: the recipe says %q", name, out)
			}
		}
	})
	t.Run("the signature of a dossier", func(t *testing.T) {
		state := func(args ...string) (string, int) {
			r := w.call(append([]string{"--json", "verify", "--dossier"}, args...)...)
			return asJSON[app.DossierReport](t, r).Signature, r.code
		}
		if s, code := state(dir); s != app.SignatureGood || code != exitDone {
			t.Errorf("as it was made: %s", s)
		}
		sig := filepath.Join(dir, app.SumsName+app.SSHSuffix)
		good, err := os.ReadFile(sig)
		if err != nil {
			t.Fatal(err)
		}
		stranger := newWorld(t)
		stranger.init()
		other := filepath.Join(stranger.dir, "dossier")
		stranger.ok("dossier", "--folder", other)
		foreign, _ := os.ReadFile(filepath.Join(other, app.SumsName+app.SSHSuffix))
		for _, tc := range []struct {
			name string
			sig  []byte
			want string
		}{{"of another manifest", foreign, app.SignatureBad}, {"garbage", []byte("x"), app.SignatureBad}, {"none", nil, app.SignatureTaken}} {
			os.Remove(sig)
			if tc.sig != nil {
				if err := os.WriteFile(sig, tc.sig, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if s, code := state(dir); s != tc.want || code != exitFailed {
				t.Errorf("%s: %s, status %d", tc.name, s, code)
			}
		}
		if err := os.WriteFile(sig, good, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, code := state(other); s != app.SignatureStranger || code != exitFailed {
			t.Errorf("of another profile: %s", s)
		}
	})
}

func TestTamperingWithTheStoreIsNamedByItsFirstEntry(t *testing.T) {
	t.Parallel()
	w, _ := proofWorld(t)
	w.ok("stamp")
	stamped := asJSON[struct{ Stamps []struct{ Entry int64 } }](t, w.ok("--json", "stamp", "--status")).Stamps[0].Entry
	w.ok("register", "retention", "--pdf", filepath.Join(w.dir, "r.pdf"))
	before := w.verified()
	head := before.Journal.Head
	if r := w.ok("--json", "verify", "--head", head[:12]); !strings.Contains(r.out, `"known": true`) {
		t.Errorf("the head: %s", r.out)
	}
	if r := w.call("--json", "verify", "--head", head[:11]); !strings.Contains(r.out, `"known": false`) {
		t.Errorf("a head that is too short to prove anything: %s", r.out)
	}
	whole, err := os.ReadFile(filepath.Join(w.profile, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	n := int64(before.Journal.Entries)
	for _, tc := range []struct {
		name string
		do   []string
		at   int64 // first entry that does not hold, 0: the chain itself cannot tell
	}{
		{"an entry was changed", []string{"UPDATE journal SET actor = 'x' WHERE seq = 3"}, 3},
		{"an entry was removed", []string{"DELETE FROM journal WHERE seq = 4"}, 4},
		{"two entries were exchanged", []string{"UPDATE journal SET seq = 99 WHERE seq = 2", "UPDATE journal SET seq = 2 WHERE seq = 3", "UPDATE journal SET seq = 3 WHERE seq = 99"}, 2},
		{"an entry was added at the end", []string{"INSERT INTO journal SELECT seq + 1, at, actor, act, record, detail, hash, hash FROM journal ORDER BY seq DESC LIMIT 1"}, n + 1},
		{"the end was cut off", []string{"DELETE FROM journal WHERE seq > 5"}, 6},
		{"the end was cut off, and the head kept apart with it", []string{"DELETE FROM journal WHERE seq > 5", "DELETE FROM meta WHERE key = 'journal head'"}, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, f := range []string{"-wal", "-shm"} {
				os.Remove(filepath.Join(w.profile, store.FileName+f))
			}
			path := filepath.Join(w.profile, store.FileName)
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			tamper(t, path, tc.do)
			r := w.call("--json", "verify")
			v := asJSON[verifyDoc](t, r)
			if r.code != exitFailed || v.Journal.BrokenAt == nil || *v.Journal.BrokenAt != tc.at {
				t.Errorf("status %d: %s", r.code, r.out)
			}
			if strings.Contains(tc.name, "cut off") {
				if r := w.call("--json", "verify", "--head", head); r.code != exitFailed || !strings.Contains(r.out, `"known": false`) {
					t.Errorf("a printed head: %s", r.out)
				}
			}
		})
	}
	t.Run("all of it written anew", func(t *testing.T) {
		path := filepath.Join(w.profile, store.FileName)
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		rewrite(t, path)
		r := w.call("--json", "verify")
		v := asJSON[verifyDoc](t, r)
		if r.code != exitFailed || v.Journal.BrokenAt == nil || *v.Journal.BrokenAt > stamped {
			t.Errorf("stamped at %d: status %d: %s", stamped, r.code, r.out)
		}
	})
}

// tamper changes the store as somebody with a tool for SQLite would.
func tamper(t *testing.T, path string, queries []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range append([]string{"DROP TRIGGER IF EXISTS journal_no_update", "DROP TRIGGER IF EXISTS journal_no_delete", "DROP TRIGGER IF EXISTS journal_only_next"}, queries...) {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// rewrite seals every entry anew with another actor, as a forger who has the
// program's source can.
func rewrite(t *testing.T, path string) {
	t.Helper()
	tamper(t, path, nil)
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT seq, at, actor, act, record, detail FROM journal ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	var es []evidence.Entry
	for rows.Next() {
		var e evidence.Entry
		var at string
		if err := rows.Scan(&e.Seq, &at, &e.Actor, &e.Act, &e.Record, &e.Detail); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(`"`+at+`"`), &e.At); err != nil {
			t.Fatal(err)
		}
		e.Actor = "forger"
		es = append(es, e)
	}
	rows.Close()
	prev := evidence.Genesis
	for _, e := range es {
		e = evidence.Seal(e, prev)
		prev = e.Hash
		if _, err := db.Exec("UPDATE journal SET actor = ?, prev = ?, hash = ? WHERE seq = ?", e.Actor, e.Prev, e.Hash, e.Seq); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("DELETE FROM meta WHERE key = 'journal head'"); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyingLooksAtTheSignaturesBesideWhatWasPrinted(t *testing.T) {
	t.Parallel()
	w, _ := proofWorld(t)
	p := w.open(t)
	if err := p.SaveBreach(t.Context(), register.Breach{AwareAt: "2026-01-03T07:00:00Z", Nature: "confidentiality"}); err != nil {
		t.Fatal(err)
	}
	out, err := p.PrintCertificate(t.Context(), 1, "fr")
	if err != nil {
		t.Fatal(err)
	}
	told, err := p.KeepBreachCopy(t.Context(), "breaches-1", "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.SignerKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(filepath.Dir(out), "dossier-x")
	w.ok("dossier", "--folder", folder)
	// What the tools of others say of the copy for the authority.
	if o, err := exec.Command("minisign", "-V", "-H", "-P", key.Minisign, "-m", told).CombinedOutput(); err != nil {
		t.Errorf("minisign: %v %s", err, o)
	}
	papers := func(want string, code int) {
		t.Helper()
		r := w.call("--json", "verify")
		var doc struct {
			Papers app.Papers `json:"papers"`
		}
		if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(doc.Papers.Signed)
		for _, f := range doc.Papers.Findings {
			got += " " + f.File + "=" + f.State
		}
		if got != want || r.code != code {
			t.Errorf("status %d, %s; want %s", r.code, got, want)
		}
	}
	pdf, txt := filepath.Base(out), filepath.Base(told)
	machine := strings.TrimSuffix(out, ".pdf") + ".json"
	keep := map[string][]byte{}
	put := func(path string, b []byte) {
		t.Helper()
		if _, ok := keep[path]; !ok {
			was, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			keep[path] = was
		}
		if b == nil {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			return
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mend := func() {
		t.Helper()
		for path, b := range keep {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	papers("6", exitDone)
	put(out, []byte("%PDF of a forger"))
	papers("5 "+pdf+"=bad", exitFailed)
	mend()
	put(out+".minisig", nil)
	papers("5 "+pdf+"=taken away", exitFailed)
	put(out+".sig", nil)
	papers("5 "+pdf+"=taken away", exitFailed)
	mend()
	put(machine+".minisig", []byte("untrusted comment: x\nnot a signature\n"))
	papers("5 "+filepath.Base(machine)+"=bad", exitFailed)
	mend()
	// Signed anew with a key of the forger's own.
	forger, _, err := sign.New()
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("rien n’est arrivé")
	ssh, err := forger.SSH(text)
	if err != nil {
		t.Fatal(err)
	}
	put(told, text)
	put(told+".minisig", forger.Minisign(text, txt, time.Now()))
	put(told+".sig", ssh)
	papers("5 "+txt+"=another key", exitFailed)
	mend()
	put(filepath.Join(folder, "journal", "journal.jsonl"), []byte("{}\n"))
	papers("5 dossier-x=changed", exitFailed)
	mend()
	// A paper of before there were signatures contradicts nothing, and is told.
	if err := os.WriteFile(filepath.Join(filepath.Dir(out), "certificate-9-fr-2020-01-01.pdf"), []byte("%PDF"), 0o600); err != nil {
		t.Fatal(err)
	}
	papers("6 certificate-9-fr-2020-01-01.pdf=none", exitDone)
}
