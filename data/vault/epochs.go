package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// EpochsName is the file of the keys under which a store keeps the keys of
// persons. It is written anew, with another key, whenever somebody was
// forgotten: copies of the store alone, made before, then no longer open.
const EpochsName = "keys.enc"

// Epochs keeps the keys of a store's epochs, sealed by the master key.
type Epochs struct{ v *Vault }

// Epochs returns what keeps the epochs of the profile's store.
func (v *Vault) Epochs() Epochs { return Epochs{v} }

// Load returns the keys by their names, none where there is no file yet, and
// ErrDamaged where it cannot be read as one.
func (e Epochs) Load() (map[string][]byte, error) {
	all := map[string][]byte{}
	b, err := os.ReadFile(filepath.Join(e.v.dir, EpochsName))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	clear, err := unseal(e.v.Key("epochs"), b, []byte(EpochsName))
	if err != nil || json.Unmarshal(clear, &all) != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, EpochsName)
	}
	return all, nil
}

// Save replaces the keys, whole or not at all; those that are left out are
// overwritten where the file system allows.
func (e Epochs) Save(all map[string][]byte) error {
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return replace(filepath.Join(e.v.dir, EpochsName), seal(e.v.Key("epochs"), b, []byte(EpochsName)))
}
