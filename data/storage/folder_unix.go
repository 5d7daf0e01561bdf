//go:build unix

package storage

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// deviceOf returns the number of the disk that a file lies on.
func deviceOf(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Dev)
	}
	return 0
}

// linksOf returns how many names a file's content has.
func linksOf(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Nlink)
	}
	return 1
}

// readOnly tells whether a file system may not be written to.
func readOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// syncDir writes a folder's entries through to the disk. File systems that
// cannot do so for folders have nothing to write.
func syncDir(r *os.Root, dir string) error {
	d, err := r.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // it may be written and not read: nothing to sync with
		}
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

// readFlags open a file for reading without following a link at its end and
// without waiting for the other end of a pipe.
const readFlags = os.O_RDONLY | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
