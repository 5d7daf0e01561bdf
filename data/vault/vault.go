package vault

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/zalando/go-keyring"
	"golang.org/x/crypto/argon2"

	"greffier/app/guard"
)

var (
	// ErrWrongPassphrase says that the passphrase does not open the vault.
	ErrWrongPassphrase = errors.New("the passphrase does not open this profile")
	// ErrNoVault says that the folder holds no profile.
	ErrNoVault = errors.New("there is no profile here")
	// ErrExists says that the folder already holds a profile.
	ErrExists = errors.New("there is already a profile here")
	// ErrKeyring says that the operating system's keyring did not answer, or
	// does not hold the key of this profile.
	ErrKeyring = errors.New("the keyring does not give the key")
	// ErrNoKey says that neither a passphrase nor a keyring is at hand.
	ErrNoKey = errors.New("no passphrase and no keyring")
	// ErrDamaged says that a file of the vault cannot be read as one.
	ErrDamaged = errors.New("the vault is damaged")
	// ErrNoSecret says that the vault holds no secret of that name.
	ErrNoSecret = errors.New("the secret is not in the vault")
)

const (
	fileName    = "vault.json"
	secretsName = "secrets.enc"
	service     = "greffier"
	keyBytes    = 32
)

// KeyringTimeout is how long the keyring may take to answer: a locked one may
// wait for ever for somebody to type.
var KeyringTimeout = 5 * time.Second

// The calls to the keyring, apart so that a test can put a dead one there.
var (
	keyringGet = keyring.Get
	keyringSet = keyring.Set
)

// header is vault.json. It holds nothing personal and nothing secret.
type header struct {
	Version int    `json:"version"`
	From    string `json:"from"` // passphrase, keyring
	Salt    []byte `json:"salt,omitempty"`
	Time    uint32 `json:"argon2_time,omitempty"`
	Memory  uint32 `json:"argon2_memory_kib,omitempty"`
	Threads uint8  `json:"argon2_threads,omitempty"`
	Wrapped []byte `json:"wrapped"` // the master key, sealed by the key-encryption key
	Name    string `json:"keyring_name,omitempty"`
	// Recovery is there while a recovery code holds.
	Recovery *recovery `json:"recovery,omitempty"`
}

// Vault is an open vault.
type Vault struct {
	dir        string
	from       string
	master     []byte
	passphrase string // kept for backups, which are opened without the profile
	changing   sync.Mutex
}

// Exists tells whether the folder holds a vault.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err == nil
}

// Create makes a new vault in dir, which is made with mode 0700 where it is
// missing. With a passphrase the master key is wrapped by it; without one the
// keyring of the operating system keeps the key. It returns ErrExists where
// there is one already, ErrNoKey where neither way is open.
func Create(dir, passphrase string) (*Vault, error) {
	if Exists(dir) {
		return nil, ErrExists
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the profile's folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("protect the profile's folder: %w", err)
	}
	h := header{Version: 1}
	v := &Vault{dir: dir, master: random(keyBytes), passphrase: passphrase}
	undo, err := h.wrap(v.master, passphrase)
	if err != nil {
		return nil, err
	}
	v.from = h.From
	if err := writeHeader(dir, h); err != nil {
		undo() // a key without a vault opens nothing
		return nil, err
	}
	return v, nil
}

// Open opens the vault of dir with the passphrase, or with the keyring where
// the vault was made so. It returns ErrNoVault, ErrWrongPassphrase, ErrKeyring,
// ErrNoKey (a passphrase is needed and none was given) or ErrDamaged.
func Open(dir, passphrase string) (*Vault, error) {
	h, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	var kek []byte
	switch h.From {
	case "passphrase":
		if passphrase == "" {
			return nil, ErrNoKey
		}
		kek = derive(passphrase, h)
	case "keyring":
		s, err := KeyringSecret(h.Name)
		if err != nil {
			return nil, err
		}
		if kek, err = base64.StdEncoding.DecodeString(s); err != nil || len(kek) != keyBytes {
			return nil, ErrKeyring
		}
	default:
		return nil, ErrDamaged
	}
	master, err := unseal(kek, h.Wrapped, boundMaster)
	if err != nil {
		if h.From == "keyring" {
			return nil, ErrKeyring
		}
		return nil, ErrWrongPassphrase
	}
	return &Vault{dir: dir, from: h.From, master: master, passphrase: passphrase}, nil
}

// From tells where the key came from: "passphrase" or "keyring".
func (v *Vault) From() string { return v.from }

// Key returns the 32-byte subkey for one purpose (HKDF, RFC 5869).
func (v *Vault) Key(purpose string) []byte {
	k, err := hkdf.Key(sha256.New, v.master, nil, "greffier/"+purpose, keyBytes)
	if err != nil {
		panic("hkdf: " + err.Error()) // only for lengths that the code cannot ask for
	}
	return k
}

// SetSecret keeps a secret under a name ("mailbox.password"). The empty value
// removes it.
func (v *Vault) SetSecret(name, value string) error {
	v.changing.Lock()
	defer v.changing.Unlock()
	all, err := v.secrets()
	if err != nil {
		return err
	}
	if value == "" {
		delete(all, name)
	} else {
		all[name] = value
	}
	return v.putSecrets(all)
}

func (v *Vault) putSecrets(all map[string]string) error {
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return replace(filepath.Join(v.dir, secretsName), seal(v.Key("secrets"), b, []byte(secretsName)))
}

// Secret returns the secret of that name, ErrNoSecret where there is none.
func (v *Vault) Secret(name string) (string, error) {
	all, err := v.secrets()
	if err != nil {
		return "", err
	}
	s, ok := all[name]
	if !ok {
		return "", fmt.Errorf("%w: %s", ErrNoSecret, name)
	}
	return s, nil
}

func (v *Vault) secrets() (map[string]string, error) {
	all := map[string]string{}
	b, err := os.ReadFile(filepath.Join(v.dir, secretsName))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	clear, err := unseal(v.Key("secrets"), b, []byte(secretsName))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, secretsName)
	}
	if err := json.Unmarshal(clear, &all); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, secretsName)
	}
	return all, nil
}

// KeyringSecret returns a secret that the owner put into the keyring herself
// (service "greffier"), waiting no longer than KeyringTimeout.
func KeyringSecret(name string) (string, error) {
	var s string
	get := keyringGet
	err := withTimeout(func() (err error) { s, err = get(service, name); return err })
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrKeyring, err)
	}
	return s, nil
}

// withTimeout runs a call to the keyring that may never come back.
func withTimeout(f func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), KeyringTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- guard.Run(f) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("it did not answer in time")
	}
}

func derive(passphrase string, h header) []byte {
	return argon2.IDKey([]byte(passphrase), h.Salt, h.Time, h.Memory, h.Threads, keyBytes)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for key lengths that the code cannot produce
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return a
}

func seal(key, clear, bound []byte) []byte { return gcm(key).Seal(nil, nil, clear, bound) }

func unseal(key, sealed, bound []byte) ([]byte, error) {
	return gcm(key).Open(nil, nil, sealed, bound)
}

// newPrefix begins the name of a file that is being written.
const newPrefix = ".new-"

// WriteFile replaces a file whole or not at all, mode 0600: written beside it,
// synced, renamed, and the folder synced.
func WriteFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), newPrefix+"*")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	if _, err = f.Write(b); err == nil {
		if err = f.Sync(); err == nil {
			err = f.Chmod(0o600)
		}
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	syncDir(filepath.Dir(path))
	return nil
}

// syncDir makes a rename survive a power cut. Not every file system can; the
// rename itself has happened.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}

// Equal tells whether two vaults hold the same master key.
func (v *Vault) Equal(w *Vault) bool { return bytes.Equal(v.master, w.master) }

// At is the same keys over another folder: a copy of the profile.
func (v *Vault) At(dir string) *Vault {
	return &Vault{dir: dir, from: v.from, master: bytes.Clone(v.master), passphrase: v.passphrase}
}
