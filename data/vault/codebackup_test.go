package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

// coded is a vault with a file to be kept, and its backup.
func coded(t *testing.T, passphrase string, code bool) (v *Vault, dir, backup, printed string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "profile")
	v, err := Create(dir, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if code {
		if printed, err = v.MakeRecovery(time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	backup = filepath.Join(t.TempDir(), "b.tar.age")
	backItUp(t, v, dir, backup)
	return v, dir, backup, printed
}

func backItUp(t *testing.T, v *Vault, dir, backup string) {
	t.Helper()
	files := map[string]string{fileName: filepath.Join(dir, fileName), secretsName: filepath.Join(dir, secretsName)}
	if err := v.Backup(backup, files, []string{fileName, secretsName}); err != nil {
		t.Fatal(err)
	}
}

func TestTheRecoveryCodeOpensABackup(t *testing.T) {
	v, _, backup, code := coded(t, "a sentence of hers", true)
	secrets, err := CodeSecrets(backup, strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	if err != nil || !slices.Contains(secrets, "a sentence of hers") {
		t.Fatalf("%d secrets, %v", len(secrets), err)
	}
	b, err := os.ReadFile(backup + CodeSuffix)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"a sentence of hers", code, strings.ReplaceAll(code, "-", "")} {
		if bytes.Contains(b, []byte(s)) {
			t.Error("what opens it can be read beside it")
		}
	}
	if st, err := os.Stat(backup + CodeSuffix); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	if err := Unpack(backup, secrets[0], fresh); err != nil {
		t.Fatal(err)
	}
	w, err := Replace(fresh, code, secrets, "another sentence")
	if err != nil || !w.Equal(v) || !RecoveryMade(fresh).IsZero() {
		t.Fatalf("%v, a code made at %v", err, RecoveryMade(fresh))
	}
	if _, err := Open(fresh, "another sentence"); err != nil {
		t.Error(err)
	}
	if _, err := Open(fresh, "a sentence of hers"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("the former one: %v", err)
	}
}

func TestAgeAloneOpensABackupByTheCode(t *testing.T) {
	_, _, backup, code := coded(t, "a sentence of hers", true)
	b, err := os.ReadFile(backup + CodeSuffix)
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Identity, Secrets []byte }
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	by, err := age.NewScryptIdentity(code)
	if err != nil {
		t.Fatal(err)
	}
	text, err := decrypted(c.Identity, by)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(ids) != 1 {
		t.Fatal(err)
	}
	list, err := decrypted(c.Secrets, ids[0])
	if err != nil || string(list) != `["a sentence of hers"]` {
		t.Errorf("%q %v", list, err)
	}
}

func TestNoOtherCodeOpensABackup(t *testing.T) {
	v, dir, backup, first := coded(t, "a sentence of hers", true)
	second, err := v.MakeRecovery(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CodeSecrets(backup, second); !errors.Is(err, ErrWrongCode) {
		t.Errorf("a later code, before it was renewed: %v", err)
	}
	if err := v.RenewCodes([]string{backup}); err != nil {
		t.Fatal(err)
	}
	if _, err := CodeSecrets(backup, first); !errors.Is(err, ErrWrongCode) {
		t.Errorf("a code that is void: %v", err)
	}
	if s, err := CodeSecrets(backup, second); err != nil || s[0] != "a sentence of hers" {
		t.Errorf("%v", err)
	}
	// The backup is from before the second code: its own secret opens it.
	fresh := filepath.Join(t.TempDir(), "fresh")
	if err := Unpack(backup, "a sentence of hers", fresh); err != nil {
		t.Fatal(err)
	}
	if _, err := Replace(fresh, second, []string{"x", "a sentence of hers"}, "short"); !errors.Is(err, ErrWeakPassphrase) {
		t.Errorf("a weak one: %v", err)
	}
	if w, err := Replace(fresh, second, []string{"x", "a sentence of hers"}, "another sentence"); err != nil || !w.Equal(v) || !RecoveryMade(fresh).IsZero() {
		t.Errorf("%v", err)
	}
	// A code that was used opens nothing any more.
	if w, err := Recover(dir, second, "another sentence"); err != nil {
		t.Error(err)
	} else if err := w.RenewCodes([]string{backup}); err != nil {
		t.Error(err)
	}
	if _, err := CodeSecrets(backup, second); !errors.Is(err, ErrNoCode) {
		t.Errorf("after it was used: %v", err)
	}
}

func TestWithoutACodeNothingLiesBesideABackup(t *testing.T) {
	v, dir, backup, _ := coded(t, "a sentence of hers", false)
	if _, err := CodeSecrets(backup, strings.Repeat("0000-", 7)+"0000"); !errors.Is(err, ErrNoCode) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(backup + CodeSuffix); err == nil {
		t.Error("something lies beside it")
	}
	if _, err := CodeSecrets(backup, "no code"); !errors.Is(err, ErrWrongCode) {
		t.Errorf("%v", err)
	}
	// Whoever can write the header cannot have the secrets sealed for himself.
	if _, err := v.MakeRecovery(time.Now()); err != nil {
		t.Fatal(err)
	}
	h, err := readHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, his, err := codeLock("his own")
	if err != nil {
		t.Fatal(err)
	}
	h.Recovery.Recipient = seal(make([]byte, keyBytes), []byte(his), boundCode)
	if err := writeHeader(dir, h); err != nil {
		t.Fatal(err)
	}
	if err := v.RenewCodes([]string{backup}); !errors.Is(err, ErrDamaged) {
		t.Errorf("a forged header: %v", err)
	}
}

// FuzzCodeFile reads a file beside a backup as anybody may have written it.
func FuzzCodeFile(f *testing.F) {
	identity, _, err := codeLock("0000")
	if err != nil {
		f.Fatal(err)
	}
	b, err := json.Marshal(codeFile{identity, identity})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"identity":"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBBQUFBQUFBQUFBQUFBQUFBQUFBQUFBIDYzCgo="}`))
	f.Add([]byte("{"))
	path := filepath.Join(f.TempDir(), "b")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path+CodeSuffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := CodeSecrets(path, strings.Repeat("0000-", 7)+"0000"); err == nil {
			t.Fatal("it opens")
		}
	})
}
