package vault_test

import (
	"errors"
	"testing"

	"github.com/zalando/go-keyring"

	"greffier/data/vault"
)

func TestASchedulerOpensTheProfileFromTheKeyring(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	v, err := vault.Create(dir, "une phrase")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Unattended(dir); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("before anybody asked for it: %v", err)
	}
	if err := v.KeepUnattended(); err != nil {
		t.Fatal(err)
	}
	s, err := vault.Unattended(dir)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := vault.Open(dir, s); err != nil || !w.Equal(v) {
		t.Errorf("what the keyring gives does not open the profile: %v", err)
	}
	if _, err := vault.Unattended(t.TempDir()); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("another profile's: %v", err)
	}
	// A new passphrase must not leave the sweeps of the night before a closed door.
	if err := v.Change("une phrase", "une autre phrase"); err != nil {
		t.Fatal(err)
	}
	if s, err = vault.Unattended(dir); err != nil || s != "une autre phrase" {
		t.Errorf("after a change of the passphrase the keyring has %q: %v", s, err)
	}
	v.ForgetUnattended()
	if err := v.Change("une autre phrase", "la troisième phrase"); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Unattended(dir); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("after it was forgotten: %v", err)
	}
	keyring.MockInitWithError(errors.New("locked"))
	if err := v.KeepUnattended(); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("no keyring: %v", err)
	}
}

func TestAChangeOfThePassphraseReachesTheScheduler(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	v, err := vault.Create(dir, "une phrase")
	must(t, err)
	must(t, v.Change("une phrase", "une autre"))
	if _, err := vault.Unattended(dir); err == nil {
		t.Error("it was given to a scheduler that nobody asked for")
	}
	must(t, v.KeepUnattended())
	must(t, v.Change("une autre", "another sentence"))
	s, err := vault.Unattended(dir)
	must(t, err)
	if _, err := vault.Open(dir, s); err != nil {
		t.Errorf("what the keyring gives does not open the profile: %v", err)
	}
	must(t, v.Change("another sentence", ""))
	if _, err := vault.Unattended(dir); !errors.Is(err, vault.ErrKeyring) {
		t.Errorf("the keyring keeps a passphrase that opens nothing: %v", err)
	}
}
