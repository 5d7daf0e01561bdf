package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zalando/go-keyring"
)

var (
	// ErrWeakPassphrase says that a new passphrase has fewer than MinPassphrase
	// characters.
	ErrWeakPassphrase = errors.New("the new passphrase is too short")
	// ErrWrongCode says that the recovery code does not open the vault.
	ErrWrongCode = errors.New("the recovery code does not open this profile")
	// ErrNoRecovery says that no recovery code was made, or that it was used.
	ErrNoRecovery = errors.New("this profile has no recovery code")
)

// MinPassphrase is how many characters a new passphrase has at least.
const MinPassphrase = 8

// Cost is what guessing a passphrase costs whoever has the files.
type Cost struct {
	Time, MemoryKiB uint32 // of Argon2id
	Threads         uint8
	ScryptLog       int // of a backup in the age format: log2 of scrypt's N
}

// Costs is what new wrappings and backups cost: RFC 9106, 4, the second
// recommended option (64 MiB, 3 passes), and what age itself takes. Only the
// tests, which make many, change it.
var Costs = Cost{Time: 3, MemoryKiB: 64 << 10, Threads: 4, ScryptLog: 18}

// The texts that a wrapped key is bound to, so that none can stand for another.
var (
	boundMaster   = []byte("greffier master key")
	boundRecovery = []byte("greffier recovery of the master key")
)

// recovery is the second wrapping of the master key: by a code of 160 random
// bits, which needs no stretching.
type recovery struct {
	Salt    []byte    `json:"salt"`
	Wrapped []byte    `json:"wrapped"`
	Made    time.Time `json:"made"`
	// Identity and Recipient let the code open backups: the one is sealed by the
	// code, the other by the master key.
	Identity  []byte `json:"identity,omitempty"`
	Recipient []byte `json:"recipient,omitempty"`
}

// The secrets that open backups: of the present one, kept while a recovery code
// may have to do without the passphrase, and of earlier ones.
const (
	secretBackup = "backup.secret"
	secretFormer = "backup.former"
	maxFormer    = 12
)

func readHeader(dir string) (header, error) {
	var h header
	b, err := os.ReadFile(filepath.Join(dir, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return h, ErrNoVault
	}
	if err != nil {
		return h, fmt.Errorf("read the vault: %w", err)
	}
	if err := json.Unmarshal(b, &h); err != nil || h.Version != 1 || len(h.Wrapped) == 0 {
		return h, ErrDamaged
	}
	// A forged header must not make the program take all memory or stop it.
	if h.Memory > 1<<20 || h.Time > 64 || h.From == "passphrase" && (h.Time == 0 || h.Threads == 0) {
		return h, ErrDamaged
	}
	return h, nil
}

func writeHeader(dir string, h header) error {
	b, err := json.MarshalIndent(h, "", " ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(dir, fileName), b)
}

// wrap puts the master key under a passphrase, or without one under a key that
// the keyring keeps. undo takes a key out of the keyring again.
func (h *header) wrap(master []byte, passphrase string) (undo func(), err error) {
	h.Salt, h.Time, h.Memory, h.Threads, h.Name = nil, 0, 0, 0, ""
	var kek []byte
	undo = func() {}
	if passphrase != "" {
		h.From, h.Salt, h.Time, h.Memory, h.Threads = "passphrase", random(16), Costs.Time, Costs.MemoryKiB, Costs.Threads
		kek = derive(passphrase, *h)
	} else {
		h.From, h.Name = "keyring", base64.RawURLEncoding.EncodeToString(random(9))
		kek = random(keyBytes)
		set, name := keyringSet, h.Name
		if err := withTimeout(func() error { return set(service, name, base64.StdEncoding.EncodeToString(kek)) }); err != nil {
			return undo, fmt.Errorf("%w: set GREFFIER_PASSPHRASE (%w)", ErrNoKey, err)
		}
		undo = func() { dropFromKeyring(name) }
	}
	h.Wrapped = seal(kek, master, boundMaster)
	return undo, nil
}

func dropFromKeyring(name string) {
	if name != "" {
		_ = withTimeout(func() error { return keyring.Delete(service, name) }) // alone it opens nothing
	}
}

// Change wraps the master key anew, whole or not at all: under another
// passphrase, or with next empty under a key that the keyring keeps. current is
// the passphrase of now; a vault of the keyring needs none. It returns
// ErrWrongPassphrase, ErrWeakPassphrase, ErrNoKey where no keyring answers, or
// an error of writing; the vault then opens as before.
func (v *Vault) Change(current, next string) error {
	v.changing.Lock()
	defer v.changing.Unlock()
	h, err := readHeader(v.dir)
	if err != nil {
		return err
	}
	if h.From == "passphrase" {
		if _, err := unseal(derive(current, h), h.Wrapped, boundMaster); err != nil {
			return ErrWrongPassphrase
		}
	}
	if next != "" && utf8.RuneCountInString(next) < MinPassphrase {
		return ErrWeakPassphrase
	}
	was, name := v.secret(), h.Name
	undo, err := h.wrap(v.master, next)
	if err != nil {
		return err
	}
	then := &Vault{dir: v.dir, from: h.From, master: v.master, passphrase: next}
	if err = then.succeed(was, h.Recovery != nil); err == nil {
		err = writeHeader(v.dir, h)
	}
	if err != nil {
		undo()
		return err
	}
	v.from, v.passphrase = h.From, next
	dropFromKeyring(name)
	v.renewUnattended()
	return nil
}

// succeed remembers, sealed, what opens the backups made so far.
func (v *Vault) succeed(was string, coded bool) error {
	all, err := v.secrets()
	if err != nil {
		return err
	}
	var former []string
	_ = json.Unmarshal([]byte(all[secretFormer]), &former) // nothing readable is none
	if was != "" && was != v.secret() {
		former = slices.DeleteFunc(former, func(s string) bool { return s == was })
		former = append([]string{was}, former...)
	}
	b, err := json.Marshal(former[:min(len(former), maxFormer)])
	if err != nil {
		return err
	}
	all[secretFormer] = string(b)
	if delete(all, secretBackup); coded {
		all[secretBackup] = v.secret()
	}
	return v.putSecrets(all)
}

// BackupSecrets returns what opens the backups of this vault, that of now
// first, then those of earlier passphrases.
func (v *Vault) BackupSecrets() []string {
	out := []string{v.secret()}
	var former []string
	if s, err := v.Secret(secretFormer); err == nil && json.Unmarshal([]byte(s), &former) == nil {
		out = append(out, former...)
	}
	return out
}

// alphabet is Crockford's: no letter that is taken for another one or a digit.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var crockford = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// MakeRecovery makes a recovery code, eight groups of four, and makes the one
// before it void. The code is kept nowhere: it is shown once.
func (v *Vault) MakeRecovery(at time.Time) (string, error) {
	v.changing.Lock()
	defer v.changing.Unlock()
	h, err := readHeader(v.dir)
	if err != nil {
		return "", err
	}
	if err := v.succeed("", true); err != nil {
		return "", err
	}
	raw := random(20)
	h.Recovery = &recovery{Salt: random(16), Made: at.UTC()}
	kek, err := recoveryKey(raw, h.Recovery.Salt)
	if err != nil {
		return "", err
	}
	h.Recovery.Wrapped = seal(kek, v.master, boundRecovery)
	code := printed(raw)
	identity, recipient, err := codeLock(code)
	if err != nil {
		return "", err
	}
	h.Recovery.Identity, h.Recovery.Recipient = identity, seal(v.Key("recovery"), []byte(recipient), boundCode)
	if err := writeHeader(v.dir, h); err != nil {
		return "", err
	}
	return code, nil
}

// printed is a code as it stands on paper.
func printed(raw []byte) string {
	var groups []string
	for group := range slices.Chunk([]byte(crockford.EncodeToString(raw)), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

// RecoveryMade tells when the recovery code that holds was made, zero for none.
func RecoveryMade(dir string) time.Time {
	h, err := readHeader(dir)
	if err != nil || h.Recovery == nil {
		return time.Time{}
	}
	return h.Recovery.Made
}

// From tells how the vault of dir is opened, "passphrase" or "keyring", ""
// where that cannot be read.
func From(dir string) string {
	h, err := readHeader(dir)
	if err != nil {
		return ""
	}
	return h.From
}

func recoveryKey(code, salt []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, code, salt, "greffier/recovery", keyBytes)
}

// typed reads a code as somebody types it from paper.
func typed(code string) ([]byte, error) {
	code = strings.Map(func(r rune) rune {
		switch {
		case r == 'O' || r == 'o':
			return '0'
		case r == 'I' || r == 'i' || r == 'L' || r == 'l':
			return '1'
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case strings.ContainsRune(alphabet, r):
			return r
		case r == '-' || r == ' ' || r == '\u2013' || r == '\u00a0' || r == '\u202f' || r == '\n' || r == '\t' || r == '\r':
			return -1
		}
		return '!'
	}, code)
	b, err := crockford.DecodeString(code)
	if err != nil || len(b) != 20 {
		return nil, ErrWrongCode
	}
	return b, nil
}

// Recover opens the vault of dir with its recovery code and puts it under a new
// passphrase; the code is void from then on. It returns ErrNoVault,
// ErrNoRecovery, ErrWrongCode, ErrWeakPassphrase, ErrDamaged or an error of
// writing; the vault is then as it was.
func Recover(dir, code, next string) (*Vault, error) {
	v, name, err := reopen(dir, code, next)
	if err != nil {
		return nil, err
	}
	dropFromKeyring(name)
	v.renewUnattended()
	return v, nil
}

// reopen is Recover but for the keyring, which still has the key of before under
// the name returned.
func reopen(dir, code, next string) (_ *Vault, name string, err error) {
	h, err := readHeader(dir)
	if err != nil {
		return nil, "", err
	}
	if h.Recovery == nil {
		return nil, "", ErrNoRecovery
	}
	raw, err := typed(code)
	if err != nil {
		return nil, "", err
	}
	kek, err := recoveryKey(raw, h.Recovery.Salt)
	if err != nil {
		return nil, "", err
	}
	master, err := unseal(kek, h.Recovery.Wrapped, boundRecovery)
	if err != nil {
		return nil, "", ErrWrongCode
	}
	if utf8.RuneCountInString(next) < MinPassphrase {
		return nil, "", ErrWeakPassphrase
	}
	name = h.Name
	if _, err := h.wrap(master, next); err != nil {
		return nil, "", err
	}
	h.Recovery = nil
	v := &Vault{dir: dir, from: h.From, master: master, passphrase: next}
	was, err := v.Secret(secretBackup)
	if err != nil && !errors.Is(err, ErrNoSecret) {
		return nil, "", err
	}
	if err := v.succeed(was, false); err != nil {
		return nil, "", err
	}
	return v, name, writeHeader(dir, h)
}

// Forget overwrites the master key. The vault opens nothing any more.
func (v *Vault) Forget() {
	v.changing.Lock()
	defer v.changing.Unlock()
	clear(v.master)
	v.passphrase = ""
}

// replace is WriteFile for what must not be found again: the bytes that stood
// there before are overwritten. A file system that copies on writing, or a
// flash disk, may keep them all the same.
func replace(path string, b []byte) error {
	if !overwrites {
		return WriteFile(path, b)
	}
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return WriteFile(path, b) // nothing was there, or it cannot be overwritten
	}
	defer old.Close()
	st, err := old.Stat()
	if err != nil {
		return err
	}
	if err := WriteFile(path, b); err != nil {
		return err
	}
	// With a second name it is somebody's copy.
	if alone(old) {
		if _, err := old.WriteAt(make([]byte, st.Size()), 0); err == nil {
			_ = old.Sync()
		}
	}
	return nil
}

// Settle removes what a program that was killed while it wrote a file left in the
// profile, and overwrites it: the keys of an epoch that has ended since may be
// in it. Nobody else may have the profile open.
func Settle(dir string) error {
	es, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for what was left: %w", err)
	}
	for _, e := range es {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), newPrefix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		old, oerr := os.OpenFile(path, os.O_WRONLY, 0)
		err = errors.Join(err, os.Remove(path))
		if oerr != nil {
			continue
		}
		if st, serr := old.Stat(); serr == nil && overwrites && alone(old) {
			if _, werr := old.WriteAt(make([]byte, st.Size()), 0); werr == nil {
				_ = old.Sync()
			}
		}
		old.Close()
	}
	return err
}

// Protect takes from others whatever mode bits the files of a profile have for
// them: somebody may have copied them here. Printed files are the owner's own.
func Protect(dir string) error {
	if err := tighten(dir, 0o700); err != nil {
		return err
	}
	es, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("protect the profile: %w", err)
	}
	for _, e := range es {
		if e.Type().IsRegular() {
			if err := tighten(filepath.Join(dir, e.Name()), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

func tighten(path string, mode fs.FileMode) error {
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm()&0o077 == 0 {
		return nil // gone meanwhile, or nobody else's already
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("protect the profile: %w", err)
	}
	return nil
}

// Inherit takes over from another vault of the same keys what this one lacks, and
// what is named in any case: a profile that was restored goes on with the secrets
// that were made since. Secrets that cannot be read are left.
func (v *Vault) Inherit(from *Vault, always ...string) error {
	theirs, err := from.secrets()
	if err != nil {
		return nil
	}
	v.changing.Lock()
	defer v.changing.Unlock()
	all, err := v.secrets()
	if err != nil {
		return err
	}
	for name, s := range theirs {
		if _, have := all[name]; !have || slices.Contains(always, name) {
			all[name] = s
		}
	}
	return v.putSecrets(all)
}

// OfBackups are the names of the secrets that tell what opens backups: they belong
// to the header of now.
var OfBackups = []string{secretBackup, secretFormer}

// CopyHeader lets the vault in the folder to be opened as the one in from is:
// both hold the same master key.
func CopyHeader(from, to string) error {
	h, err := readHeader(from)
	if err != nil {
		return err
	}
	return writeHeader(to, h)
}
