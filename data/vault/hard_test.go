package vault_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/zalando/go-keyring"

	"greffier/data/vault"
)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// childEnv makes the test program a child that changes a secret without end.
const childEnv = "GREFFIER_VAULT_TEST_CHILD"

// children are what else the test program does as a child, by the word before
// the folder.
var children = map[string]func(dir string) error{"change": childChange}

// phrases are what childChange goes back and forth between.
var phrases = []string{"the first one", "the second one"}

// childChange changes the passphrase without end.
func childChange(dir string) error {
	v, err := vault.Open(dir, phrases[0])
	for i := 0; err == nil; i++ {
		if err = v.Change(phrases[i%2], phrases[(i+1)%2]); err == nil {
			fmt.Println(i)
		}
	}
	return err
}

func TestPassphraseIsTheOldOrTheNewOneWheneverTheProgramIsKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	v, err := vault.Create(dir, phrases[0])
	must(t, err)
	must(t, v.SetSecret("kept", "value"))
	self, err := os.Executable()
	must(t, err)
	rnd := rand.New(rand.NewPCG(5, 6))
	for round := range 6 {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), childEnv+"=change:"+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range 1 + rnd.IntN(12) {
			if !lines.Scan() {
				t.Fatalf("round %d: the child ended by itself", round)
			}
		}
		must(t, cmd.Process.Kill())
		cmd.Wait()
		v, err := vault.Open(dir, phrases[0])
		if errors.Is(err, vault.ErrWrongPassphrase) {
			if v, err = vault.Open(dir, phrases[1]); err == nil {
				err = v.Change(phrases[1], phrases[0])
			}
		}
		must(t, err)
		if s, err := v.Secret("kept"); err != nil || s != "value" {
			t.Fatalf("round %d: the secret is %q, %v", round, s, err)
		}
		// Whichever was in use when it was killed, its backups open.
		if s := v.BackupSecrets(); !slices.Contains(s, phrases[0]) {
			t.Errorf("round %d: backups open no more", round)
		}
	}
}

func TestMain(m *testing.M) {
	vault.Costs = vault.Cost{Time: 1, MemoryKiB: 8, Threads: 1, ScryptLog: 8}
	if task, dir, ok := strings.Cut(os.Getenv(childEnv), ":"); ok {
		if err := children[task](dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv(childEnv); dir != "" {
		v, err := vault.Open(dir, "pass")
		for i := 0; err == nil; i++ {
			// Long values, so that a write takes its time.
			if err = v.SetSecret("a", strings.Repeat(fmt.Sprint(i%10), 1<<18)); err == nil {
				fmt.Println(i)
			}
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestSecretsAreWholeWheneverTheProgramIsKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	v, err := vault.Create(dir, "pass")
	must(t, err)
	must(t, v.SetSecret("kept", "value"))
	self, err := os.Executable()
	must(t, err)
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 8 {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range 1 + rnd.IntN(12) {
			if !lines.Scan() {
				t.Fatalf("round %d: the child ended by itself", round)
			}
		}
		must(t, cmd.Process.Kill())
		cmd.Wait()
		if s, err := v.Secret("kept"); err != nil || s != "value" {
			t.Fatalf("round %d: the other secret is %q, %v", round, s, err)
		}
		if s, err := v.Secret("a"); err != nil || len(s) != 1<<18 || strings.Trim(s, s[:1]) != "" {
			t.Fatalf("round %d: the secret has %d bytes, %v", round, len(s), err)
		}
	}
}

func TestFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	must(t, os.WriteFile(path, []byte("before"), 0o644))
	must(t, vault.WriteFile(path, []byte("after")))
	st, err := os.Stat(path)
	must(t, err)
	if b, _ := os.ReadFile(path); string(b) != "after" || st.Mode().Perm() != 0o600 {
		t.Errorf("the file holds %q with mode %v", b, st.Mode())
	}
	must(t, os.Mkdir(filepath.Join(dir, "taken"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "taken", "x"), nil, 0o600))
	for name, p := range map[string]string{"over a folder": filepath.Join(dir, "taken"), "below a file": filepath.Join(path, "x"), "in no folder": filepath.Join(dir, "none", "x")} {
		if err := vault.WriteFile(p, []byte("x")); err == nil {
			t.Errorf("%s: it was written", name)
		}
	}
	es, err := os.ReadDir(dir)
	must(t, err)
	if len(es) != 2 {
		t.Errorf("left are %v", es)
	}
}

func TestSecretsSetAtOnceAreAllKept(t *testing.T) {
	v, err := vault.Create(filepath.Join(t.TempDir(), "p"), "pass")
	must(t, err)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := v.SetSecret(fmt.Sprint(i), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 20 {
		if _, err := v.Secret(fmt.Sprint(i)); err != nil {
			t.Error(err)
		}
	}
	must(t, v.SetSecret("1", ""))
	if _, err := v.Secret("1"); !errors.Is(err, vault.ErrNoSecret) {
		t.Errorf("a secret that was removed: %v", err)
	}
}

func TestKeyringThatNeverAnswersIsGivenUp(t *testing.T) {
	keyring.MockInit()
	dir := filepath.Join(t.TempDir(), "p")
	_, err := vault.Create(dir, "")
	must(t, err)
	until := make(chan struct{})
	defer close(until)
	defer vault.HangKeyring(until, time.Millisecond)()
	if _, err := vault.Open(dir, ""); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("opening: %v", err)
	}
	if _, err := vault.KeyringSecret("x"); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("a secret: %v", err)
	}
	other := filepath.Join(t.TempDir(), "p")
	if _, err := vault.Create(other, ""); !errors.Is(err, vault.ErrNoKey) || !strings.Contains(err.Error(), "GREFFIER_PASSPHRASE") {
		t.Errorf("making a vault: %v", err)
	}
	if vault.Exists(other) {
		t.Error("half a vault was left")
	}
	if _, err := vault.Create(other, "pass"); err != nil {
		t.Errorf("with a passphrase: %v", err)
	}
}

func TestKeyringWithAnotherKeyIsTold(t *testing.T) {
	for name, value := range map[string]string{
		"no key at all":            "",
		"something else":           "not base64!",
		"a key of another length":  base64.StdEncoding.EncodeToString(make([]byte, 16)),
		"the key of another vault": base64.StdEncoding.EncodeToString(make([]byte, 32)),
	} {
		t.Run(name, func(t *testing.T) {
			keyring.MockInit()
			dir := filepath.Join(t.TempDir(), "p")
			_, err := vault.Create(dir, "")
			must(t, err)
			var h struct {
				Name string `json:"keyring_name"`
			}
			b, err := os.ReadFile(filepath.Join(dir, "vault.json"))
			must(t, err)
			must(t, json.Unmarshal(b, &h))
			must(t, keyring.Set("greffier", h.Name, value))
			if _, err := vault.Open(dir, ""); !errors.Is(err, vault.ErrKeyring) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestSecretsOfAnotherProfileDoNotOpen(t *testing.T) {
	dir := t.TempDir()
	a, err := vault.Create(filepath.Join(dir, "a"), "pass")
	must(t, err)
	b, err := vault.Create(filepath.Join(dir, "b"), "pass")
	must(t, err)
	if a.Equal(b) || bytes.Equal(a.Key("store"), b.Key("store")) {
		t.Fatal("two profiles have the same key")
	}
	must(t, a.SetSecret("x", "needle"))
	sealed, err := os.ReadFile(filepath.Join(dir, "a", "secrets.enc"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "b", "secrets.enc"), sealed, 0o600))
	if _, err := b.Secret("x"); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("err = %v", err)
	}
	// What cannot be read is not written over either.
	if err := b.SetSecret("y", "z"); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("err = %v", err)
	}
	if now, _ := os.ReadFile(filepath.Join(dir, "b", "secrets.enc")); !bytes.Equal(now, sealed) {
		t.Error("the secrets were written over")
	}
}

func TestBackupOpensWithAgeAndThePassphraseAlone(t *testing.T) {
	dir := t.TempDir()
	v, err := vault.Create(filepath.Join(dir, "p"), "correct horse é")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "a"), []byte("first"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "b"), []byte("second"), 0o600))
	out := filepath.Join(dir, "backup.age")
	must(t, v.Backup(out, map[string]string{"a": filepath.Join(dir, "a"), "b": filepath.Join(dir, "b")}, []string{"b", "a"}))
	f, err := os.Open(out)
	must(t, err)
	defer f.Close()
	id, err := age.NewScryptIdentity("correct horse é")
	must(t, err)
	dec, err := age.Decrypt(f, id)
	must(t, err)
	var got []string
	for tr := tar.NewReader(dec); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		b, err := io.ReadAll(tr)
		must(t, err)
		got = append(got, h.Name+"="+string(b))
	}
	if strings.Join(got, " ") != "b=second a=first" {
		t.Errorf("the backup holds %v", got)
	}
	st, err := os.Stat(out)
	must(t, err)
	if st.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v", st.Mode())
	}
	t.Run("and leaves nothing where it cannot be written", func(t *testing.T) {
		sub := filepath.Join(dir, "sub")
		must(t, os.MkdirAll(filepath.Join(sub, "taken", "x"), 0o700))
		if err := v.Backup(filepath.Join(sub, "taken"), nil, nil); err == nil {
			t.Error("it was written over a folder")
		}
		if err := v.Backup(filepath.Join(sub, "none", "f"), nil, nil); err == nil {
			t.Error("it was written into no folder")
		}
		if es, _ := os.ReadDir(sub); len(es) != 1 {
			t.Errorf("left are %v", es)
		}
	})
}

// forged makes a backup with the right passphrase and the wrong content.
func forged(tb testing.TB, path string, write func(*tar.Writer)) {
	tb.Helper()
	f, err := os.Create(path)
	must(tb, err)
	to, err := age.NewScryptRecipient("pass")
	must(tb, err)
	to.SetWorkFactor(10)
	enc, err := age.Encrypt(f, to)
	must(tb, err)
	tw := tar.NewWriter(enc)
	write(tw)
	tw.Close()
	must(tb, enc.Close())
	must(tb, f.Close())
}

func TestForgedBackupWritesNothingElsewhere(t *testing.T) {
	entry := func(h tar.Header) func(*tar.Writer) {
		return func(w *tar.Writer) {
			h.Mode = 0o600
			if h.Typeflag == 0 {
				h.Typeflag, h.Size = tar.TypeReg, 1
			}
			w.WriteHeader(&h)
			w.Write([]byte("x"))
		}
	}
	for name, write := range map[string]func(*tar.Writer){
		"a path that climbs": entry(tar.Header{Name: "../escaped"}),
		"an absolute path":   entry(tar.Header{Name: filepath.Join(os.TempDir(), "greffier-escaped")}),
		"a folder within":    entry(tar.Header{Name: "sub/file"}),
		"a hidden name":      entry(tar.Header{Name: ".hidden"}),
		"the folder itself":  entry(tar.Header{Name: "."}),
		"a symbolic link":    entry(tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}),
		"a hard link":        entry(tar.Header{Name: "link", Typeflag: tar.TypeLink, Linkname: "vault.json"}),
		"a device":           entry(tar.Header{Name: "dev", Typeflag: tar.TypeChar}),
		"nothing at all":     func(*tar.Writer) {},
		"too many files": func(w *tar.Writer) {
			for i := range 100 {
				entry(tar.Header{Name: fmt.Sprint(i)})(w)
			}
		},
		"a file that ends early": func(w *tar.Writer) {
			w.WriteHeader(&tar.Header{Name: "f", Typeflag: tar.TypeReg, Size: 1000})
			w.Write([]byte("x"))
		},
		"a huge file, in words": func(w *tar.Writer) { w.WriteHeader(&tar.Header{Name: "f", Typeflag: tar.TypeReg, Size: 1 << 50}) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "b.age")
			forged(t, path, write)
			if err := vault.Unpack(path, "pass", filepath.Join(dir, "to")); !errors.Is(err, vault.ErrNotBackup) {
				t.Errorf("err = %v", err)
			}
			es, err := os.ReadDir(dir)
			must(t, err)
			if len(es) > 2 {
				t.Errorf("the folder holds %v", es)
			}
		})
	}
	t.Run("the same name twice is not written over", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "b.age")
		forged(t, path, func(w *tar.Writer) { entry(tar.Header{Name: "f"})(w); entry(tar.Header{Name: "f"})(w) })
		if err := vault.Unpack(path, "pass", filepath.Join(dir, "to")); err == nil {
			t.Error("it was")
		}
	})
}

// TestABackupThatWouldTakeAllMemoryIsNotTried: the cost of scrypt is told by the
// file.
func TestABackupThatWouldTakeAllMemoryIsNotTried(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.age")
	// A header whose scrypt takes 2^22: 4 GiB.
	header := "age-encryption.org/v1\n-> scrypt rF0/NwblUHHTpgQgRpe5CQ 22\ngUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2aUY\n--- " + strings.Repeat("A", 42) + "A\n" + strings.Repeat("x", 100)
	must(t, os.WriteFile(path, []byte(header), 0o600))
	began := time.Now()
	err := vault.Unpack(path, "pass", filepath.Join(t.TempDir(), "to"))
	if !errors.Is(err, vault.ErrNotBackup) || time.Since(began) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// FuzzUnpack gives what is in an age file that opens, and what is none.
func FuzzUnpack(f *testing.F) {
	var whole bytes.Buffer
	tw := tar.NewWriter(&whole)
	tw.WriteHeader(&tar.Header{Name: "vault.json", Mode: 0o600, Size: 2, Typeflag: tar.TypeReg})
	tw.Write([]byte("{}"))
	tw.Close()
	f.Add(whole.Bytes(), true)
	f.Add(whole.Bytes()[:600], true)
	f.Add([]byte("age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\nAAAA\n--- AAAA\n"), false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		dir := t.TempDir()
		path := filepath.Join(dir, "b.age")
		if sealed {
			to, err := age.NewScryptRecipient("pass")
			must(t, err)
			to.SetWorkFactor(1)
			out, err := os.Create(path)
			must(t, err)
			w, err := age.Encrypt(out, to)
			must(t, err)
			w.Write(b)
			must(t, errors.Join(w.Close(), out.Close()))
		} else {
			must(t, os.WriteFile(path, b, 0o600))
		}
		err := vault.Unpack(path, "pass", filepath.Join(dir, "to"))
		es, rerr := os.ReadDir(dir)
		must(t, rerr)
		for _, e := range es {
			if n := e.Name(); n != "b.age" && n != "to" {
				t.Errorf("it wrote %q", n)
			}
		}
		files, _ := os.ReadDir(filepath.Join(dir, "to"))
		for _, e := range files {
			if !e.Type().IsRegular() {
				t.Errorf("it made %v", e)
			}
		}
		if err == nil && len(files) == 0 {
			t.Error("nothing is taken for a backup")
		}
	})
}

func FuzzVaultHeader(f *testing.F) {
	for _, s := range []string{"", "{}", `{"version":1,"from":"passphrase","argon2_time":1,"argon2_threads":1,"argon2_memory_kib":8,"salt":"AAAA","wrapped":"AAAA"}`, `{"version":1,"from":"else","wrapped":"AAAA"}`, `[1]`} {
		f.Add([]byte(s))
	}
	keyring.MockInit()
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		var h struct {
			Memory uint32 `json:"argon2_memory_kib"`
			Time   uint32 `json:"argon2_time"`
		}
		if json.Unmarshal(b, &h) == nil && (h.Memory > 1<<12 && h.Memory <= 1<<20 || h.Time > 2 && h.Time <= 64) {
			return // lawful, only slow
		}
		must(t, os.WriteFile(filepath.Join(dir, "vault.json"), b, 0o600))
		if _, err := vault.Open(dir, "x"); err == nil {
			t.Error("it opened")
		}
	})
}
