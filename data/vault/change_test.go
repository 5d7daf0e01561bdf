package vault_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"greffier/data/vault"
)

var made = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestPassphraseIsChangedWholeOrNotAtAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	v, err := vault.Create(dir, "the first one")
	must(t, err)
	must(t, v.SetSecret("mailbox.password", "kept"))
	for name, tc := range map[string]struct {
		current, next string
		want          error
	}{
		"a wrong one of now": {"wrong", "long enough now", vault.ErrWrongPassphrase},
		"none of now":        {"", "long enough now", vault.ErrWrongPassphrase},
		"a short new one":    {"the first one", "short", vault.ErrWeakPassphrase},
	} {
		before, err := os.ReadFile(filepath.Join(dir, "vault.json"))
		must(t, err)
		if err := v.Change(tc.current, tc.next); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(filepath.Join(dir, "vault.json")); string(after) != string(before) {
			t.Errorf("%s: the vault was changed", name)
		}
	}
	must(t, v.Change("the first one", "the second one"))
	if _, err := vault.Open(dir, "the first one"); !errors.Is(err, vault.ErrWrongPassphrase) {
		t.Errorf("the former one: %v", err)
	}
	w, err := vault.Open(dir, "the second one")
	must(t, err)
	if s, err := w.Secret("mailbox.password"); err != nil || s != "kept" || !w.Equal(v) {
		t.Errorf("%q %v", s, err)
	}
	if s := w.BackupSecrets(); len(s) != 2 || s[0] != "the second one" || s[1] != "the first one" {
		t.Errorf("%d secrets open the backups", len(s))
	}
	filesHide(t, dir, "the first one", "the second one")
}

func TestKeyMovesBetweenPassphraseAndKeyring(t *testing.T) {
	keyring.MockInit()
	dir := filepath.Join(t.TempDir(), "p")
	v, err := vault.Create(dir, "the first one")
	must(t, err)
	must(t, v.Change("the first one", ""))
	if vault.From(dir) != "keyring" || v.From() != "keyring" {
		t.Fatalf("from %q", vault.From(dir))
	}
	w, err := vault.Open(dir, "")
	must(t, err)
	must(t, w.Change("", "the second one"))
	x, err := vault.Open(dir, "the second one")
	must(t, err)
	if !x.Equal(v) {
		t.Error("it is another key")
	}
	keyring.MockInitWithError(errors.New("locked"))
	if err := x.Change("the second one", ""); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("without a keyring: %v", err)
	}
	_, err = vault.Open(dir, "the second one")
	must(t, err)
}

func TestRecoveryCodeOpensOnceAndNothingKeepsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	v, err := vault.Create(dir, "the first one")
	must(t, err)
	if _, err := vault.Recover(dir, "x", "a new sentence"); !errors.Is(err, vault.ErrNoRecovery) {
		t.Errorf("none was made: %v", err)
	}
	void, err := v.MakeRecovery(made)
	must(t, err)
	code, err := v.MakeRecovery(made)
	must(t, err)
	raw := strings.ReplaceAll(code, "-", "")
	filesHide(t, dir, code, raw, base64.StdEncoding.EncodeToString([]byte(raw)))
	if void == code || len(raw) != 32 || !vault.RecoveryMade(dir).Equal(made) {
		t.Errorf("%q, then %q", void, code)
	}
	for name, typed := range map[string]string{"void": void, "empty": "", "cut short": code[:20], "with a wrong sign": "!" + code[1:], "somebody's": "0000-0000-0000-0000-0000-0000-0000-0000"} {
		if _, err := vault.Recover(dir, typed, "a new sentence"); !errors.Is(err, vault.ErrWrongCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := vault.Recover(dir, code, "short"); !errors.Is(err, vault.ErrWeakPassphrase) {
		t.Errorf("a short passphrase: %v", err)
	}
	typed := strings.NewReplacer("-", " ", "0", "o", "1", "l").Replace(strings.ToLower(code))
	w, err := vault.Recover(dir, typed, "a new sentence")
	must(t, err)
	if !w.Equal(v) {
		t.Error("it is another key")
	}
	if s := w.BackupSecrets(); len(s) != 2 || s[1] != "the first one" {
		t.Error("what was backed up under the forgotten passphrase opens no more")
	}
	if _, err := vault.Recover(dir, code, "another sentence"); !errors.Is(err, vault.ErrNoRecovery) {
		t.Errorf("a second time: %v", err)
	}
	_, err = vault.Open(dir, "a new sentence")
	must(t, err)
	if _, err := vault.Open(dir, "the first one"); !errors.Is(err, vault.ErrWrongPassphrase) {
		t.Errorf("the forgotten one: %v", err)
	}
}

func TestForgottenVaultOpensNothing(t *testing.T) {
	v, err := vault.Create(filepath.Join(t.TempDir(), "p"), "the first one")
	must(t, err)
	must(t, v.SetSecret("a", "b"))
	v.Forget()
	if s, err := v.Secret("a"); err == nil {
		t.Errorf("it gives %q", s)
	}
}

func TestModesAreTightenedWhereSomebodyLoosenedThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	_, err := vault.Create(dir, "the first one")
	must(t, err)
	must(t, os.Chmod(filepath.Join(dir, "vault.json"), 0o644))
	must(t, os.Chmod(dir, 0o755))
	must(t, vault.Protect(dir))
	for _, p := range []string{dir, filepath.Join(dir, "vault.json")} {
		if st, err := os.Stat(p); err != nil || st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", filepath.Base(p), st.Mode(), err)
		}
	}
}

func TestKeysOfEpochsAreReplacedAndDamageIsTold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	v, err := vault.Create(dir, "the first one")
	must(t, err)
	e := v.Epochs()
	if all, err := e.Load(); err != nil || len(all) != 0 {
		t.Errorf("before the first: %v %v", all, err)
	}
	must(t, e.Save(map[string][]byte{"a": {1}, "b": {2}}))
	must(t, e.Save(map[string][]byte{"b": {2}}))
	if all, err := e.Load(); err != nil || len(all) != 1 || all["b"][0] != 2 {
		t.Errorf("%v %v", all, err)
	}
	must(t, os.WriteFile(filepath.Join(dir, vault.EpochsName), []byte("garbage that is long enough to hold a nonce"), 0o600))
	if _, err := e.Load(); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("err = %v", err)
	}
}

func FuzzRecoveryCode(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "p")
	v, err := vault.Create(dir, "the first one")
	must(f, err)
	code, err := v.MakeRecovery(made)
	must(f, err)
	f.Add(code[:38] + "u")
	f.Add("O0-I1-L1")
	f.Fuzz(func(t *testing.T, typed string) {
		if _, err := vault.Recover(dir, typed, "a new sentence"); !errors.Is(err, vault.ErrWrongCode) {
			t.Errorf("%q: %v", typed, err)
		}
	})
}

func TestWhatAKilledWriteLeftIsRemovedAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{".new-1", ".new-2", "keys.enc", "notes"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("of a former epoch"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(dir, "hers")
	if err := os.Link(filepath.Join(dir, ".new-2"), copied); err != nil {
		t.Skip("no links here")
	}
	open, err := os.Open(filepath.Join(dir, ".new-1"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := vault.Settle(dir); err != nil {
		t.Fatal(err)
	}
	es, err := os.ReadDir(dir)
	if err != nil || len(es) != 3 {
		t.Errorf("left are %v, %v", es, err)
	}
	if b, _ := io.ReadAll(open); bytes.Contains(b, []byte("epoch")) {
		t.Error("the bytes of the file are still there")
	}
	if b, _ := os.ReadFile(copied); string(b) != "of a former epoch" {
		t.Errorf("a file under another name holds %q", b)
	}
}
