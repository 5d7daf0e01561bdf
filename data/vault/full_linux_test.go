package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"greffier/data/vault"
)

func init() { children["full"] = childFull }

// childFull does everything that writes on a disk that is full.
func childFull(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	v, err := vault.Open(dir, phrases[0])
	if err != nil {
		return err
	}
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = 16
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	out := filepath.Join(dir, "out.age")
	for name, write := range map[string]func() error{
		"a change of the passphrase": func() error { return v.Change(phrases[0], phrases[1]) },
		"a recovery code":            func() error { _, err := v.MakeRecovery(time.Now()); return err },
		"a secret":                   func() error { return v.SetSecret("a", "b") },
		"the keys of epochs":         func() error { return v.Epochs().Save(map[string][]byte{"b": {2}}) },
		"a backup": func() error {
			return v.Backup(out, map[string]string{"vault.json": filepath.Join(dir, "vault.json")}, []string{"vault.json"})
		},
		"a printed file": func() error { return vault.WriteFile(out, bytes.Repeat([]byte("x"), 1000)) },
	} {
		// EFBIG is what this disk says instead of ENOSPC.
		if err := write(); !errors.Is(err, syscall.EFBIG) {
			return fmt.Errorf("%s on a full disk: %w", name, err)
		}
	}
	if _, err := os.Stat(out); err == nil {
		return errors.New("half a file was left")
	}
	return nil
}

func TestFullDiskLeavesTheVaultAsItWas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	v, err := vault.Create(dir, phrases[0])
	must(t, err)
	must(t, v.SetSecret("a", "kept"))
	must(t, v.Epochs().Save(map[string][]byte{"a": {1}}))
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childEnv+"=full:"+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w, err := vault.Open(dir, phrases[0])
	must(t, err)
	if s, err := w.Secret("a"); err != nil || s != "kept" {
		t.Errorf("the secret is %q, %v", s, err)
	}
	if all, err := w.Epochs().Load(); err != nil || len(all) != 1 || all["a"] == nil {
		t.Errorf("the keys are %v, %v", all, err)
	}
	es, err := os.ReadDir(dir)
	must(t, err)
	if len(es) != 3 {
		t.Errorf("left are %v", es)
	}
}
