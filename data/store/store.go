package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

var (
	// ErrNewer says that the store was written by a newer Greffier.
	ErrNewer = errors.New("the store was written by a newer version")
	// ErrDamaged says that the store's file is not whole.
	ErrDamaged = errors.New("the store is damaged")
	// ErrFull says that the disk is full or cannot be written.
	ErrFull = errors.New("the disk is full")
	// ErrReadOnly says that the profile cannot be written to.
	ErrReadOnly = errors.New("the profile cannot be written")
	// ErrBusy says that another program holds the store.
	ErrBusy = errors.New("the store is in use by another program")
	// ErrWrongKey says that the key does not belong to this store.
	ErrWrongKey = errors.New("the key does not fit this store")
	// ErrNotFound says that there is no such record.
	ErrNotFound = errors.New("no such record")
	// ErrForgotten says that the record's key was destroyed: the person was erased.
	ErrForgotten = errors.New("the record was erased")
)

// FileName is the store's file within the profile.
const FileName = "greffier.db"

// Keys are the subkeys that the store works with, 32 bytes each.
type Keys struct {
	Seal  []byte // wraps the subjects' keys and seals what has no subject
	Index []byte // keys the blind index and the tombstones
}

// Store is an open store. It is safe for use by several goroutines: one writes
// at a time, others read.
type Store struct {
	rw, ro *sql.DB
	keys   Keys
	path   string
	now    func() time.Time
}

// Open opens or makes the store in dir and brings its schema up to date, each
// migration in one transaction. It returns ErrNewer, ErrDamaged, ErrWrongKey,
// ErrBusy, ErrFull or ErrReadOnly; the file is then unchanged.
func Open(ctx context.Context, dir string, keys Keys, now func() time.Time) (*Store, error) {
	path := filepath.Join(dir, FileName)
	if err := touch(path); err != nil {
		return nil, err
	}
	s := &Store{keys: keys, path: path, now: now}
	var err error
	if s.rw, err = open(path, 1, ""); err != nil {
		return nil, err
	}
	if s.ro, err = open(path, 4, "&_pragma=query_only(1)"); err != nil {
		s.rw.Close()
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		s.Close()
		return nil, translate(err)
	}
	if err := s.checkKey(ctx); err != nil {
		s.Close()
		return nil, translate(err)
	}
	return s, nil
}

// touch makes the file with mode 0600 before SQLite makes it with another;
// its companions inherit the mode.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w: %w", ErrReadOnly, err)
		}
		return fmt.Errorf("open the store: %w", err)
	}
	return f.Close()
}

func open(path string, conns int, more string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}
	// synchronous FULL: a step that was written must survive a power cut.
	dsn := u.String() + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)" +
		"&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=temp_store(2)&_txlock=immediate" + more
	if more != "" {
		dsn = strings.Replace(dsn, "&_txlock=immediate", "", 1)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, translate(err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(names)
	var version int
	if err := s.rw.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(names) {
		return ErrNewer
	}
	for i := version; i < len(names); i++ {
		text, err := migrations.ReadFile(names[i])
		if err != nil {
			return err
		}
		tx, err := s.rw.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, string(text)); err == nil {
			_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", i+1))
		}
		if err != nil {
			tx.Rollback()
			return fmt.Errorf("bring the store to version %d: %w", i+1, err)
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// checkKey keeps a known value sealed by the store's key, so that another key
// is refused at once and never mixed in.
func (s *Store) checkKey(ctx context.Context) error {
	return s.Update(ctx, func(t *Tx) error {
		const name = "key check"
		got, ok, err := t.Setting(name)
		if err != nil {
			return err
		}
		want := fmt.Sprintf("%x", s.index("key check", "greffier"))
		if !ok {
			return t.SetSetting(name, want)
		}
		if got != want {
			return ErrWrongKey
		}
		return nil
	})
}

// Close closes the store. Without other users its write-ahead log is folded in.
func (s *Store) Close() error {
	return errors.Join(s.ro.Close(), s.rw.Close())
}

// Tx is one transaction: all of it happens, or nothing.
type Tx struct {
	ctx context.Context
	tx  *sql.Tx
	s   *Store
}

// Update runs f in one writing transaction, committed when f returns nil and
// rolled back otherwise, a panic included.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.rw, f)
}

// View runs f over one unchanging view of the store.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.ro, f)
}

func (s *Store) run(ctx context.Context, db *sql.DB, f func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(&Tx{ctx: ctx, tx: tx, s: s}); err != nil {
		return translate(err)
	}
	return translate(tx.Commit())
}

// BackupTo writes a whole, consistent copy of the store to a new file.
func (s *Store) BackupTo(ctx context.Context, path string) error {
	if err := touch(path); err != nil {
		return err
	}
	// VACUUM INTO wants a file that is missing or empty.
	_, err := s.rw.ExecContext(ctx, "VACUUM INTO ?", path)
	return translate(err)
}

// Check walks the whole file (PRAGMA integrity_check and foreign keys) and
// returns ErrDamaged with what SQLite says first.
func (s *Store) Check(ctx context.Context) error {
	var word string
	if err := s.ro.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&word); err != nil {
		return translate(err)
	}
	if word != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, word)
	}
	rows, err := s.ro.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	if rows.Next() {
		return fmt.Errorf("%w: a record points to one that is missing", ErrDamaged)
	}
	return translate(rows.Err())
}

// Scrub folds the write-ahead log into the file and truncates it, so that
// nothing forgotten lingers there.
func (s *Store) Scrub(ctx context.Context) error {
	_, err := s.rw.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return translate(err)
}

// translate turns SQLite's error codes into the package's sentinels.
func translate(err error) error {
	var e *sqlite.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	var what error
	switch e.Code() & 0xff {
	case 5, 6: // SQLITE_BUSY, SQLITE_LOCKED
		what = ErrBusy
	case 8: // SQLITE_READONLY
		what = ErrReadOnly
	case 10, 13: // SQLITE_IOERR, SQLITE_FULL
		what = ErrFull
	case 11, 26: // SQLITE_CORRUPT, SQLITE_NOTADB
		what = ErrDamaged
	case 14: // SQLITE_CANTOPEN
		what = ErrReadOnly
	default:
		return err
	}
	return fmt.Errorf("%w: %w", what, err)
}

func (t *Tx) exec(query string, args ...any) error {
	_, err := t.tx.ExecContext(t.ctx, query, args...)
	return err
}

func (t *Tx) row(query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(t.ctx, query, args...)
}

// each runs a query and calls f for each row.
func (t *Tx) each(f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// next returns the number of a table's next row. The caller holds the only
// writing transaction, so nobody else can take it.
func (t *Tx) next(table string) (int64, error) {
	var n int64
	err := t.row("SELECT COALESCE(MAX(id), 0) + 1 FROM " + table).Scan(&n)
	return n, err
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	// A fixed width, so that text sorts as time does.
	return at.UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func parse(s string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
