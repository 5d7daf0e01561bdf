package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/zalando/go-keyring"
)

// unattendedName is under which the keyring keeps what opens a profile when
// nobody is there to type.
func unattendedName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	sum := sha256.Sum256([]byte(dir))
	return "unattended " + hex.EncodeToString(sum[:8])
}

// KeepUnattended puts what opens the vault into the keyring of the operating
// system, so that the program can be run by a scheduler. A vault whose key the
// keyring keeps anyhow needs nothing. ErrKeyring where there is no keyring.
func (v *Vault) KeepUnattended() error {
	if v.from == "keyring" {
		return nil
	}
	set, name, secret := keyringSet, unattendedName(v.dir), v.passphrase
	if err := withTimeout(func() error { return set(service, name, secret) }); err != nil {
		return fmt.Errorf("%w: %w", ErrKeyring, err)
	}
	return nil
}

// renewUnattended follows a change of what opens the vault, where the keyring
// keeps it for a scheduler. A keyring that does not take it is asked to forget
// the former one: the scheduler's view then tells that the key is missing.
func (v *Vault) renewUnattended() {
	had, err := Unattended(v.dir)
	if err != nil || v.from == "passphrase" && had == v.passphrase {
		return
	}
	if v.from == "keyring" || v.KeepUnattended() != nil {
		v.ForgetUnattended()
	}
}

// ForgetUnattended takes out of the keyring what KeepUnattended put there.
func (v *Vault) ForgetUnattended() {
	name := unattendedName(v.dir)
	_ = withTimeout(func() error { return keyring.Delete(service, name) })
}

// Unattended returns what KeepUnattended put into the keyring for the profile in
// dir, ErrKeyring where there is nothing.
func Unattended(dir string) (string, error) { return KeyringSecret(unattendedName(dir)) }
