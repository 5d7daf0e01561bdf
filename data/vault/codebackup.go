package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"
)

// CodeSuffix ends the name of the file beside a backup by which the recovery code
// opens it. It is of no use without the backup, nor without the code.
const CodeSuffix = ".recovery"

// ErrNoCode says that no recovery code opens a backup: none held when it was made,
// or the file beside it is missing.
var ErrNoCode = errors.New("no recovery code opens this backup")

// What a file beside a backup may have, and what its lock costs: the code is 160
// random bits, which need no stretching.
const (
	maxCodeFile = 64 << 10
	codeScrypt  = 10
)

var boundCode = []byte("greffier recovery of backups")

// codeFile is the file beside a backup. Both values are files of age: the first is
// opened by the code, as it was printed, and holds the identity that opens the
// second one, which lists what may open the backup.
type codeFile struct {
	Identity []byte `json:"identity"`
	Secrets  []byte `json:"secrets"`
}

// codeLock lets backups be opened by a code that nobody has at hand when they are
// made: to a public key, whose other half is sealed by the code.
func codeLock(code string) (identity []byte, recipient string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, "", err
	}
	to, err := age.NewScryptRecipient(code)
	if err != nil {
		return nil, "", err
	}
	to.SetWorkFactor(codeScrypt)
	identity, err = encrypted([]byte(id.String()+"\n"), to)
	return identity, id.Recipient().String(), err
}

func encrypted(clear []byte, to age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err == nil {
		_, err = w.Write(clear)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

func decrypted(sealed []byte, by age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), by)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxCodeFile))
}

// writeCode writes the file beside a backup, or removes the one that is there where
// no code holds.
func (v *Vault) writeCode(path string) error {
	h, err := readHeader(v.dir)
	if err != nil {
		return err
	}
	path += CodeSuffix
	if h.Recovery == nil || len(h.Recovery.Identity) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("write the backup: %w", err)
		}
		return nil
	}
	// Sealed by the master key: whoever can write the header alone must not get
	// the secrets under a key of his own.
	raw, err := unseal(v.Key("recovery"), h.Recovery.Recipient, boundCode)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrDamaged, fileName)
	}
	to, err := age.ParseX25519Recipient(string(raw))
	if err != nil {
		return fmt.Errorf("%w: %s", ErrDamaged, fileName)
	}
	list, err := json.Marshal(v.BackupSecrets())
	if err != nil {
		return err
	}
	secrets, err := encrypted(list, to)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(codeFile{h.Recovery.Identity, secrets}, "", " ")
	if err != nil {
		return err
	}
	return WriteFile(path, b)
}

// RenewCodes lets the recovery code of now open backups that were made before it,
// and no earlier code; where none holds, none does.
func (v *Vault) RenewCodes(backups []string) error {
	var err error
	for _, b := range backups {
		err = errors.Join(err, v.writeCode(b))
	}
	return err
}

// CodeSecrets returns what may open a backup, by the recovery code and the file
// beside the backup: ErrNoCode where there is none, ErrWrongCode, or ErrDamaged.
func CodeSecrets(backup, code string) ([]string, error) {
	raw, err := typed(code)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(backup + CodeSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoCode
	}
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxCodeFile))
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	var c codeFile
	if json.Unmarshal(b, &c) != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, CodeSuffix)
	}
	by, err := age.NewScryptIdentity(printed(raw))
	if err != nil {
		return nil, ErrWrongCode
	}
	by.SetMaxWorkFactor(codeScrypt)
	text, err := decrypted(c.Identity, by)
	if no := new(age.NoIdentityMatchError); errors.As(err, &no) {
		return nil, ErrWrongCode
	}
	var list []string
	if err == nil {
		list, err = secretsBy(string(bytes.TrimSpace(text)), c.Secrets)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, CodeSuffix)
	}
	return list, nil
}

func secretsBy(identity string, sealed []byte) (list []string, err error) {
	id, err := age.ParseX25519Identity(identity)
	if err != nil {
		return nil, err
	}
	b, err := decrypted(sealed, id)
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(b, &list)
}

// Replace opens the vault of a backup, just unpacked, with the recovery code, or
// with one of the secrets, and puts it under a new passphrase; no code is valid
// any more. Errors are those of Recover, and ErrKeyring where the key is in the
// keyring of another computer.
func Replace(dir, code string, secrets []string, next string) (*Vault, error) {
	// The keyring keeps what it has: the profile that is there may need it until
	// this one is in its place.
	v, _, failed := reopen(dir, code, next)
	if failed == nil || errors.Is(failed, ErrWeakPassphrase) {
		return v, failed
	}
	if From(dir) == "keyring" {
		return nil, ErrKeyring
	}
	// The code was made after the backup: what opens the one opens the other.
	for _, s := range secrets {
		v, err := Open(dir, s)
		if err != nil {
			continue
		}
		if err := v.Change(s, next); err != nil {
			return nil, err
		}
		h, err := readHeader(dir)
		if err != nil {
			return nil, err
		}
		h.Recovery = nil
		return v, writeHeader(dir, h)
	}
	return nil, failed
}
