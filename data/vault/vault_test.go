package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"greffier/data/vault"
)

func TestVaultOpensOnlyWithItsPassphrase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	v, err := vault.Create(dir, "a long sentence")
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SetSecret("mailbox.password", "s3cret-needle"); err != nil {
		t.Fatal(err)
	}
	again, err := vault.Open(dir, "a long sentence")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Secret("mailbox.password"); err != nil || got != "s3cret-needle" {
		t.Fatalf("secret = %q, %v", got, err)
	}
	if string(v.Key("store")) != string(again.Key("store")) || string(v.Key("store")) == string(v.Key("index")) {
		t.Error("subkeys must be stable and differ by purpose")
	}
	for name, tc := range map[string]struct {
		dir, pass string
		want      error
	}{
		"a wrong passphrase is refused":    {dir, "another", vault.ErrWrongPassphrase},
		"no passphrase is asked for":       {dir, "", vault.ErrNoKey},
		"a folder without a vault is told": {t.TempDir(), "x", vault.ErrNoVault},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := vault.Open(tc.dir, tc.pass); !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
		})
	}
	if _, err := vault.Create(dir, "x"); !errors.Is(err, vault.ErrExists) {
		t.Errorf("a second vault in the folder: %v", err)
	}
	if _, err := again.Secret("none"); !errors.Is(err, vault.ErrNoSecret) {
		t.Errorf("unknown secret: %v", err)
	}
	filesHide(t, dir, "s3cret-needle", "a long sentence")
}

func TestVaultUsesTheKeyringWithoutPassphrase(t *testing.T) {
	keyring.MockInit()
	dir := filepath.Join(t.TempDir(), "profile")
	v, err := vault.Create(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	w, err := vault.Open(dir, "")
	if err != nil || !v.Equal(w) || w.From() != "keyring" {
		t.Fatalf("open by keyring: %v", err)
	}
	keyring.MockInitWithError(errors.New("locked"))
	if _, err := vault.Open(dir, ""); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("a keyring that refuses: %v", err)
	}
	if _, err := vault.Create(filepath.Join(t.TempDir(), "p"), ""); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("no keyring and no passphrase: %v", err)
	}
}

func TestDamagedVaultIsToldNotGuessed(t *testing.T) {
	for name, content := range map[string]string{
		"empty":            "",
		"not JSON":         "{",
		"huge memory cost": `{"version":1,"from":"passphrase","argon2_time":1,"argon2_threads":1,"argon2_memory_kib":4294967295,"wrapped":"AAAA"}`,
		"no passes":        `{"version":1,"from":"passphrase","wrapped":"AAAA"}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			os.WriteFile(filepath.Join(dir, "vault.json"), []byte(content), 0o600)
			if _, err := vault.Open(dir, "x"); !errors.Is(err, vault.ErrDamaged) {
				t.Errorf("err = %v", err)
			}
		})
	}
	dir := t.TempDir()
	v, err := vault.Create(filepath.Join(dir, "p"), "x")
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(dir, "p", "secrets.enc"), []byte("garbage that is long enough to hold a nonce"), 0o600)
	if _, err := v.Secret("a"); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("damaged secrets: %v", err)
	}
}

func TestBackupOpensWithThePassphraseOnly(t *testing.T) {
	dir := t.TempDir()
	v, err := vault.Create(filepath.Join(dir, "p"), "pass")
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(dir, "store.db")
	os.WriteFile(src, []byte(strings.Repeat("needle in clear ", 10000)), 0o600)
	out := filepath.Join(dir, "b.age")
	if err := v.Backup(out, map[string]string{"store.db": src, "missing": filepath.Join(dir, "nope")}, []string{"store.db", "missing"}); err != nil {
		t.Fatal(err)
	}
	filesHide(t, filepath.Dir(out)+"/p", "needle in clear")
	if b, _ := os.ReadFile(out); strings.Contains(string(b), "needle") {
		t.Error("the backup holds clear text")
	}
	if err := vault.Unpack(out, "wrong", filepath.Join(dir, "r1")); !errors.Is(err, vault.ErrBackupKey) {
		t.Errorf("wrong passphrase: %v", err)
	}
	if err := vault.Unpack(src, "pass", filepath.Join(dir, "r2")); !errors.Is(err, vault.ErrNotBackup) {
		t.Errorf("not a backup: %v", err)
	}
	whole, _ := os.ReadFile(out)
	cut := filepath.Join(dir, "cut.age")
	os.WriteFile(cut, whole[:len(whole)-70000], 0o600)
	if err := vault.Unpack(cut, "pass", filepath.Join(dir, "r3")); !errors.Is(err, vault.ErrNotBackup) {
		t.Errorf("cut backup: %v", err)
	}
	if err := vault.Unpack(out, "pass", filepath.Join(dir, "r4")); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(dir, "r4", "store.db"))
	want, _ := os.ReadFile(src)
	if string(got) != string(want) {
		t.Error("the restored file differs")
	}
}

// filesHide fails when a file below dir holds one of the words in clear, or
// can be read by others.
func filesHide(t *testing.T, dir string, words ...string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		st, _ := d.Info()
		if st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", d.Name(), st.Mode())
		}
		if !d.IsDir() {
			b, _ := os.ReadFile(path)
			for _, w := range words {
				if strings.Contains(string(b), w) {
					t.Errorf("%s holds %q in clear", d.Name(), w)
				}
			}
		}
		return nil
	})
}
