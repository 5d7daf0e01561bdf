package vault

import (
	"archive/tar"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

var (
	// ErrBackupKey says that the passphrase does not open the backup.
	ErrBackupKey = errors.New("the passphrase does not open this backup")
	// ErrNotBackup says that the file is no backup, or is cut short.
	ErrNotBackup = errors.New("this is not a whole backup of a profile")
)

// maxBackupFile and maxBackupFiles bound a backup, so that a forged archive
// cannot fill the disk.
const (
	maxBackupFile  = 64 << 30
	maxBackupFiles = 64
	// mostScrypt is log2 of scrypt's N of a backup that is tried at all: 1 GiB.
	mostScrypt = 20
)

// secret is what encrypts backups: the passphrase, so that a backup can be
// opened with age and the passphrase alone; or, where the keyring keeps the
// key, a value derived from it.
func (v *Vault) secret() string {
	if v.passphrase != "" {
		return v.passphrase
	}
	return base64.RawStdEncoding.EncodeToString(v.Key("backup"))
}

// Backup writes an archive of the named files (name in the archive → path),
// encrypted in the age format with the profile's passphrase, to path. The
// file appears whole or not at all.
func (v *Vault) Backup(path string, files map[string]string, order []string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close() // does nothing after the one below
	to, err := age.NewScryptRecipient(v.secret())
	if err != nil {
		return err
	}
	to.SetWorkFactor(Costs.ScryptLog)
	enc, err := age.Encrypt(f, to)
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	tw := tar.NewWriter(enc)
	for _, name := range order {
		if err := addFile(tw, name, files[name]); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
	}
	for _, c := range []io.Closer{tw, enc} {
		if err := c.Close(); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
	}
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	// Not every system renames a file that is open.
	if err := f.Close(); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := v.writeCode(path); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	syncDir(filepath.Dir(path))
	return nil
}

func addFile(tw *tar.Writer, name, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a profile without secrets has no such file
	}
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: st.Size(), ModTime: st.ModTime()}); err != nil {
		return err
	}
	_, err = io.Copy(tw, f)
	return err
}

// Unpack decrypts a backup into dir, which must be empty or missing. secret is
// the passphrase. It returns ErrBackupKey, ErrNotBackup or an error of writing;
// dir is then not to be used.
func Unpack(path, secret, dir string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer f.Close()
	id, err := age.NewScryptIdentity(secret)
	if err != nil {
		return ErrBackupKey
	}
	// A forged one must not take all memory: the usual cost takes 256 MiB.
	id.SetMaxWorkFactor(max(Costs.ScryptLog, mostScrypt))
	dec, err := age.Decrypt(f, id)
	if err != nil {
		var no *age.NoIdentityMatchError
		if errors.As(err, &no) {
			return ErrBackupKey
		}
		return fmt.Errorf("%w: %w", ErrNotBackup, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tr := tar.NewReader(dec)
	n := 0
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotBackup, err)
		}
		if h.Typeflag != tar.TypeReg || h.Name != filepath.Base(h.Name) || strings.HasPrefix(h.Name, ".") || h.Size > maxBackupFile || n >= maxBackupFiles {
			return ErrNotBackup
		}
		if err := extract(filepath.Join(dir, h.Name), tr); err != nil {
			return err
		}
		n++
	}
	// age authenticates in chunks: only at its end is the archive whole.
	if _, err := io.Copy(io.Discard, dec); err != nil || n == 0 {
		return ErrNotBackup
	}
	return nil
}

// extract writes one file of a backup. It tells a backup that cannot be read
// from a disk that cannot be written.
func extract(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	from := &readErrors{r: r}
	if _, err = io.Copy(f, from); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	switch {
	case from.err != nil:
		return fmt.Errorf("%w: %w", ErrNotBackup, from.err)
	case err != nil:
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// readErrors remembers the error of reading.
type readErrors struct {
	r   io.Reader
	err error
}

func (r *readErrors) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// BackupSecret returns what opens the backups of this vault.
func (v *Vault) BackupSecret() string { return v.secret() }
