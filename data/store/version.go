package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// Version returns the schema's version of the store in dir and the one that
// this program works with; nothing is changed. Its errors are those of Open.
func Version(ctx context.Context, dir string) (have, newest int, err error) {
	names, err := versions()
	if err != nil {
		return 0, 0, err
	}
	err = readOnly(filepath.Join(dir, FileName), func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have)
	})
	return have, len(names), err
}

// CopyTo writes a whole copy of the store in dir, of whatever version it is, to
// a new file with mode 0600.
func CopyTo(ctx context.Context, dir, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return access("copy the store", err)
	}
	if err := f.Close(); err != nil {
		return access("copy the store", err)
	}
	err = readOnly(filepath.Join(dir, FileName), func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", fileURI(path))
		return err
	})
	if err != nil {
		os.Remove(path) // half a copy is none
	}
	return err
}

// readOnly runs f over a connection that changes nothing; what a killed program
// left can only be put right by one that writes.
func readOnly(path string, f func(*sql.DB) error) error {
	for _, how := range []string{"mode=ro&_pragma=busy_timeout(5000)", writing} {
		db, err := open(path, how)
		if err != nil {
			return err
		}
		err = errors.Join(f(db), db.Close())
		var e *sqlite.Error
		if how != writing && errors.As(err, &e) && e.Code()&0xff == 8 {
			continue
		}
		return translate(err)
	}
	return nil
}
