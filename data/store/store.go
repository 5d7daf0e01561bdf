package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
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
	"syscall"
	"time"

	"modernc.org/sqlite"

	"greffier/app/cases"
	"greffier/app/order"
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
	// Epochs keeps the keys of epochs; nil seals under Seal for good.
	Epochs Epochs
}

// migrationFiles holds one file for each version of the schema, in order.
var migrationFiles fs.FS = migrations

// keyCheck and sealCheck are the settings that tell whether the two keys are
// the store's own. Stores of version 1 had only the first.
const (
	keyCheck  = "key check"
	sealCheck = "seal check"
)

// Store is an open store. It is safe for use by several goroutines: one writes
// at a time, others read. A transaction must not begin another one.
type Store struct {
	rw, ro *sql.DB
	keys   Keys
	ep     epochs // seal what has no subject, and the subjects' keys
	now    func() time.Time
}

// Open opens the store in dir, or makes one where there is none, and brings its
// schema up to date, each migration in one transaction. It returns ErrNewer,
// ErrDamaged, ErrWrongKey, ErrBusy, ErrFull or ErrReadOnly; the file is then
// unchanged, but for the migrations that had ended before a disk was full.
func Open(ctx context.Context, dir string, keys Keys, now func() time.Time) (*Store, error) {
	_, err := newSealer(keys.Seal)
	if err != nil || len(keys.Seal) != keyBytes || len(keys.Index) != keyBytes {
		return nil, ErrWrongKey
	}
	s := &Store{keys: keys, now: now}
	path := filepath.Join(dir, FileName)
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = s.create(ctx, path)
	case err != nil:
		err = access("open the store", err)
	case st.IsDir():
		err = fmt.Errorf("%w: a folder has the name of the store", ErrReadOnly)
	case st.Size() == 0:
		// Nothing of ours is ever empty: taking it for a new store would
		// quietly begin again with nothing.
		err = fmt.Errorf("%w: its file is empty", ErrDamaged)
	default:
		err = s.lookFirst(ctx, path)
	}
	if err != nil {
		return nil, err
	}
	if err := s.connect(ctx, path); err != nil {
		s.Close()
		return nil, translate(err)
	}
	return s, nil
}

// create makes a whole store beside its place and then puts it there, so that
// a file that is there is never half made.
func (s *Store) create(ctx context.Context, path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".store-*") // mode 0600
	if err != nil {
		return access("make the store", err)
	}
	tmp := f.Name()
	defer func() {
		for _, end := range []string{"", "-wal", "-shm", "-journal"} {
			os.Remove(tmp + end)
		}
	}()
	if err := f.Close(); err != nil {
		return access("make the store", err)
	}
	db, err := open(tmp, writing)
	if err != nil {
		return err
	}
	err = migrate(ctx, db)
	if err == nil {
		err = s.markKeys(ctx, db)
	}
	// The last connection folds the write-ahead log into the file.
	if err = errors.Join(err, db.Close()); err != nil {
		return translate(err)
	}
	// A link, unlike a rename, never replaces what somebody else has just made.
	switch err := os.Link(tmp, path); {
	case errors.Is(err, fs.ErrExist):
		return s.lookFirst(ctx, path)
	case err != nil: // not every file system has links
		if err := os.Rename(tmp, path); err != nil {
			return access("make the store", err)
		}
	}
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		d.Sync() // not every file system can
		d.Close()
	}
	return nil
}

// lookFirst looks at a file that is there, over a connection that cannot write,
// before anything else touches it.
func (s *Store) lookFirst(ctx context.Context, path string) error {
	for _, how := range []string{looking, writing} {
		db, err := open(path, how)
		if err != nil {
			return err
		}
		if err = s.look(ctx, db); err == nil {
			err = lookAtSize(ctx, db, path)
		}
		err = errors.Join(err, db.Close())
		var e *sqlite.Error
		if how == looking && errors.As(err, &e) && e.Code()&0xff == 8 {
			continue // what a killed program left can only be put right by writing
		}
		return translate(err)
	}
	return nil
}

// lookAtSize tells whether the last page is there whole: SQLite would read the
// part that was cut off as zeros. While the write-ahead log holds something the
// file may be shorter.
func lookAtSize(ctx context.Context, db *sql.DB, path string) error {
	var pages, size int64
	if err := db.QueryRowContext(ctx, "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size").Scan(&pages, &size); err != nil {
		return err
	}
	if st, err := os.Stat(path + "-wal"); err == nil && st.Size() > 0 {
		return nil
	}
	if st, err := os.Stat(path); err == nil && st.Size() < pages*size {
		return fmt.Errorf("%w: its file is cut short", ErrDamaged)
	}
	return nil
}

// look tells whether a file is a store, of a version that is known, and of this
// key.
func (s *Store) look(ctx context.Context, db *sql.DB) error {
	names, err := versions()
	if err != nil {
		return err
	}
	var version, tables int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(names) {
		return ErrNewer
	}
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'meta'").Scan(&tables); err != nil {
		return err
	}
	if version < 1 || tables == 0 {
		return fmt.Errorf("%w: its file is not one of Greffier", ErrDamaged)
	}
	marks := map[string]string{}
	rows, err := db.QueryContext(ctx, "SELECT key, value FROM meta WHERE key IN (?, ?)", keyCheck, sealCheck)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return err
		}
		marks[k] = v
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if marks[keyCheck] == "" {
		return fmt.Errorf("%w: the mark of its key is missing", ErrDamaged)
	}
	for k, want := range s.keyMarks() {
		if got := marks[k]; got != "" && !hmac.Equal([]byte(got), []byte(want)) {
			return ErrWrongKey
		}
	}
	return nil
}

// keyMarks are values that only the store's own keys give, by setting.
func (s *Store) keyMarks() map[string]string {
	m := hmac.New(sha256.New, s.keys.Seal)
	m.Write([]byte("greffier seal check"))
	return map[string]string{keyCheck: fmt.Sprintf("%x", s.index("key check", "greffier")), sealCheck: fmt.Sprintf("%x", m.Sum(nil)[:16])}
}

func (s *Store) markKeys(ctx context.Context, db *sql.DB) error {
	for k, v := range s.keyMarks() {
		if _, err := db.ExecContext(ctx, "INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT DO NOTHING", k, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) connect(ctx context.Context, path string) (err error) {
	if st, err := os.Stat(path); err == nil && st.Mode().Perm()&0o077 != 0 {
		// Somebody copied it here; what SQLite makes beside it inherits the mode.
		if err := os.Chmod(path, 0o600); err != nil {
			return access("protect the store", err)
		}
	}
	if s.rw, err = open(path, writing); err != nil {
		return err
	}
	if s.ro, err = open(path, reading); err != nil {
		return err
	}
	if err := migrate(ctx, s.rw); err != nil {
		return err
	}
	if err := s.markKeys(ctx, s.rw); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	// What a killed program left in the write-ahead log goes into the file, so
	// that nothing forgotten lingers there. Another reader may be in the way.
	if err := s.fold(ctx); err != nil && !errors.Is(err, ErrBusy) {
		return err
	}
	return nil
}

// The ways of opening the file.
const (
	// synchronous FULL and fullfsync: a step that was written must survive a
	// power cut, on macOS as well. temp_store 2: nothing is sorted on disk.
	common  = "_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=temp_store(2)"
	writing = common + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=fullfsync(1)&_pragma=checkpoint_fullfsync(1)&_pragma=secure_delete(1)&_txlock=immediate"
	reading = common + "&_pragma=query_only(1)"
	looking = reading + "&mode=ro"
)

func open(path, how string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", fileURI(path)+"?"+how)
	if err != nil {
		return nil, translate(err)
	}
	conns := 1
	if how == reading {
		conns = 4
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// fileURI names a file as SQLite reads it, whatever is in its name
// (https://www.sqlite.org/uri.html).
func fileURI(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… on Windows
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}

// versions returns the migrations in their order.
func versions() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	sort.Strings(names)
	return names, err
}

func migrate(ctx context.Context, db *sql.DB) error {
	names, err := versions()
	if err != nil {
		return err
	}
	for more := true; more; {
		if more, err = migrateOnce(ctx, db, names); err != nil {
			return err
		}
	}
	return nil
}

// migrateOnce brings the schema one version further. The version is read inside
// the transaction: another program may have been faster.
func migrateOnce(ctx context.Context, db *sql.DB, names []string) (more bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // does nothing after a commit
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	if version > len(names) {
		return false, ErrNewer
	}
	if version == len(names) {
		return false, nil
	}
	text, err := fs.ReadFile(migrationFiles, names[version])
	if err != nil {
		return false, err
	}
	if _, err = tx.ExecContext(ctx, string(text)); err == nil {
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1))
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return false, fmt.Errorf("bring the store to version %d: %w", version+1, err)
	}
	return true, nil
}

// Close closes the store. Without other users its write-ahead log is folded in.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.ro, s.rw} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return translate(errors.Join(errs...))
}

// Tx is one transaction: all of it happens, or nothing. It is for one
// goroutine.
type Tx struct {
	ctx   context.Context
	tx    *sql.Tx
	s     *Store
	box   sealer               // of the epoch that the transaction sees
	epoch string               // its name
	keys  map[int64]sealer     // of subjects that were met
	stmts map[string]*sql.Stmt // closed with the transaction
	// all are the cases as they were read last, nil where they may have changed
	// since: a look at the day asks for them again and again.
	all []cases.Case
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

func (s *Store) run(ctx context.Context, db *sql.DB, f func(*Tx) error) (err error) {
	defer func() {
		// A cancelled transaction fails at whatever came next: say why.
		if c := ctx.Err(); err != nil && c != nil && !errors.Is(err, c) {
			err = fmt.Errorf("%w: %w", c, err)
		}
	}()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback() // does nothing after a commit
	t := &Tx{ctx: ctx, tx: tx, s: s, keys: map[int64]sealer{}, stmts: map[string]*sql.Stmt{}}
	if err := t.findEpoch(); err != nil {
		return translate(err)
	}
	if err := f(t); err != nil {
		return translate(err)
	}
	return translate(tx.Commit())
}

// BackupTo writes a whole, consistent copy of the store to a new file, mode
// 0600. A file that is there already is left alone and is an error.
func (s *Store) BackupTo(ctx context.Context, path string) error {
	// SQLite would make the file with another mode; VACUUM INTO takes an empty one.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return access("copy the store", err)
	}
	if err := f.Close(); err != nil {
		return access("copy the store", err)
	}
	if _, err = s.rw.ExecContext(ctx, "VACUUM INTO ?", fileURI(path)); err != nil {
		os.Remove(path) // half a copy is none
	}
	return translate(err)
}

// Check walks the whole file (PRAGMA integrity_check and foreign keys) and
// opens every sealed value. It returns ErrDamaged with what was found first.
func (s *Store) Check(ctx context.Context) error {
	return s.View(ctx, func(t *Tx) error {
		var word string
		if err := t.row("PRAGMA integrity_check(1)").Scan(&word); err != nil {
			return err
		}
		if word != "ok" {
			return fmt.Errorf("%w: %s", ErrDamaged, word)
		}
		if err := t.each(func(func(...any) error) error {
			return fmt.Errorf("%w: a record points to one that is missing", ErrDamaged)
		}, "PRAGMA foreign_key_check"); err != nil {
			return err
		}
		return t.openAll()
	})
}

// openAll opens every sealed value: a page may be whole for SQLite and hold
// what is no longer readable.
func (t *Tx) openAll() error {
	if err := t.each(func(scan func(...any) error) error {
		var id int64
		if err := scan(&id); err != nil {
			return err
		}
		_, err := t.subject(id)
		return err
	}, "SELECT id FROM subject"); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := t.eachOrder(func(order.Order) error { return nil }, ""); err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	if err := t.eachMessage("", func(judgedRow) error { return nil }); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	if err := t.each(func(scan func(...any) error) error {
		var id, sid int64
		var sealed []byte
		if err := scan(&id, &sid, &sealed); err != nil {
			return err
		}
		k, err := t.subject(sid)
		if err == nil {
			_, err = k.openBytes(sealed, place("message", "raw_sealed", id))
		}
		return err
	}, "SELECT id, subject, raw_sealed FROM message WHERE subject IS NOT NULL AND raw_sealed IS NOT NULL"); err != nil {
		return fmt.Errorf("mails as they came: %w", err)
	}
	if _, err := t.Cases(); err != nil {
		return fmt.Errorf("cases: %w", err)
	}
	runs, err := t.Runs()
	if err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	for _, r := range runs {
		if _, err := t.Steps(r.ID); err != nil {
			return fmt.Errorf("steps of run %d: %w", r.ID, err)
		}
	}
	if _, err := t.Holds(); err != nil {
		return fmt.Errorf("holds: %w", err)
	}
	if _, err := t.Cursors(); err != nil {
		return fmt.Errorf("cursors: %w", err)
	}
	return t.each(func(scan func(...any) error) error {
		var name, id string
		var sealed []byte
		if err := scan(&name, &id, &sealed); err != nil {
			return err
		}
		if _, err := t.box.openBytes(sealed, place("record", name, id)); err != nil {
			return fmt.Errorf("register %s: %w", name, err)
		}
		return nil
	}, "SELECT register, id, sealed FROM record")
}

// Scrub ends the epoch where somebody was forgotten in it, folds the write-ahead
// log into the file and truncates it, so that nothing forgotten lingers there.
// ErrBusy says that a reader was in the way for five seconds; the next Scrub,
// Close or Open does it.
func (s *Store) Scrub(ctx context.Context) error {
	if s.keys.Epochs != nil {
		pending := false
		if err := s.View(ctx, func(t *Tx) (err error) { _, pending, err = t.Setting(settingShred); return err }); err != nil {
			return err
		}
		if pending {
			if err := s.turn(ctx); err != nil {
				return err
			}
		}
	}
	return s.fold(ctx)
}

func (s *Store) fold(ctx context.Context) error {
	var busy, pages, folded int
	err := s.rw.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &folded)
	if err == nil && busy != 0 {
		return fmt.Errorf("%w: the write-ahead log cannot be folded in", ErrBusy)
	}
	return translate(err)
}

// access turns an error of the file system into the package's sentinels.
func access(what string, err error) error {
	var sentinel error
	switch {
	case errors.Is(err, syscall.ENOSPC), isFull(err):
		sentinel = ErrFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.EROFS):
		sentinel = ErrReadOnly
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
	// The system's own words without the path: it may hold a user's name.
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%s: %w: %w", what, sentinel, err)
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
	case 3, 8: // SQLITE_PERM, SQLITE_READONLY
		what = ErrReadOnly
	case 10: // SQLITE_IOERR
		switch e.Code() >> 8 {
		case 1, 2, 32, 33: // READ, SHORT_READ, DATA, CORRUPTFS
			what = ErrDamaged
		default:
			what = ErrFull
		}
	case 13: // SQLITE_FULL
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

// prepared returns a statement that the transaction has used before, or a new
// one. Only for statements that are done when the call returns: an open one
// cannot be run again.
func (t *Tx) prepared(query string) (*sql.Stmt, error) {
	if st, ok := t.stmts[query]; ok {
		return st, nil
	}
	st, err := t.tx.PrepareContext(t.ctx, query)
	if err == nil {
		t.stmts[query] = st
	}
	return st, err
}

func (t *Tx) exec(query string, args ...any) error {
	t.all = nil
	st, err := t.prepared(query)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(t.ctx, args...)
	return err
}

// execOne is exec for a change of exactly one row, ErrNotFound where there is
// none.
func (t *Tx) execOne(query string, args ...any) error {
	t.all = nil
	st, err := t.prepared(query)
	if err != nil {
		return err
	}
	res, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

func (t *Tx) row(query string, args ...any) *sql.Row {
	st, err := t.prepared(query)
	if err != nil {
		return t.tx.QueryRowContext(t.ctx, query, args...) // fails as the preparation did
	}
	return st.QueryRowContext(t.ctx, args...)
}

// found is the error of a look-up by number, ErrNotFound where there is none.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
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
