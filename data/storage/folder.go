package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"greffier/app/erasure"
	"greffier/app/plan"
)

// readAtOnce is how many entries of a folder are read at a time.
const readAtOnce = 1000

// Folder is a local or mounted folder. Keys are paths below it, with / on
// every system. Nothing outside of it is ever looked at or touched: links are
// entries of their own, which are erased without what they lead to. It is safe
// for use from several goroutines.
type Folder struct {
	name, path string

	mu     sync.Mutex
	device uint64 // of the folder when it was first seen; 0 where unknown
	bin    string // the recycle bin or snapshots that Check last saw
}

var (
	_ erasure.Storage = (*Folder)(nil)
	_ erasure.Looker  = (*Folder)(nil)
	_ erasure.Opener  = (*Folder)(nil)
)

// NewFolder prepares a folder; it is looked for in Check and List, since a
// disk may be plugged in later. It returns ErrBadAddress for no path and for
// the root of a file system.
func NewFolder(name, dir string) (*Folder, error) {
	fail := func() (*Folder, error) { return nil, fmt.Errorf("storage %q: %w", name, ErrBadAddress) }
	if name == "" || dir == "" || strings.ContainsRune(dir, 0) {
		return fail()
	}
	abs, err := filepath.Abs(dir)
	if err != nil || abs == filepath.Dir(abs) {
		return fail()
	}
	return &Folder{name: name, path: abs}, nil
}

// Name returns the storage's name in the profile.
func (f *Folder) Name() string { return f.name }

// Bases returns the folder's file address.
func (f *Folder) Bases() []plan.Base {
	p := filepath.ToSlash(f.path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/photos
	}
	return []plan.Base{{Storage: f.name, URL: (&url.URL{Scheme: "file", Path: p + "/"}).String()}}
}

// open opens the folder. It returns ErrNotThere when it is missing, no folder,
// or no longer on the disk where it was first seen: the empty place of a disk
// that was taken away must not look like an empty folder.
func (f *Folder) open() (*os.Root, error) {
	info, err := os.Stat(f.path)
	if err == nil && !info.IsDir() {
		return nil, fmt.Errorf("folder of storage %q: not a folder: %w", f.name, erasure.ErrNotThere)
	}
	if err != nil {
		return nil, f.fail("open the folder", err, erasure.ErrNotThere)
	}
	r, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, f.fail("open the folder", err, erasure.ErrNotThere)
	}
	if info, err = r.Stat("."); err != nil {
		r.Close()
		return nil, f.fail("open the folder", err, erasure.ErrNotThere)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch d := deviceOf(info); {
	case f.device == 0:
		f.device = d
	case f.device != d:
		r.Close()
		return nil, fmt.Errorf("folder of storage %q: another disk is mounted there: %w", f.name, erasure.ErrNotThere)
	}
	return r, nil
}

// fail puts an error of the file system into the words of app/erasure, without
// the path in it. missing is what "does not exist" means here.
func (f *Folder) fail(doing string, err, missing error) error {
	if err == nil {
		return nil
	}
	sentinel := erasure.ErrOffline // an error of the disk or of the mount
	switch {
	case errors.Is(err, fs.ErrNotExist):
		sentinel = missing
	case errors.Is(err, fs.ErrPermission), readOnly(err):
		sentinel = erasure.ErrDenied
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		sentinel = err
	}
	if sentinel == nil {
		return nil
	}
	return fmt.Errorf("%s of storage %q: %w", doing, f.name, sentinel)
}

// Check tells whether the folder is there. It keeps no versions that a program
// could see. Where a recycle bin or snapshots stand in it or, on the same file
// system, above it, absence cannot be proven: a network share may have moved
// there what is deleted. What a backup keeps is not known here.
func (f *Folder) Check(ctx context.Context) (erasure.Abilities, error) {
	r, err := f.open()
	if err != nil {
		return erasure.Abilities{}, err
	}
	defer r.Close()
	d, err := r.Open(".")
	if err != nil {
		return erasure.Abilities{}, f.fail("read the folder", err, erasure.ErrNotThere)
	}
	defer d.Close()
	if _, err := d.ReadDir(1); err != nil && !errors.Is(err, io.EOF) {
		return erasure.Abilities{}, f.fail("read the folder", err, erasure.ErrNotThere)
	}
	bin := binAbove(f.path)
	f.mu.Lock()
	f.bin = bin
	f.mu.Unlock()
	return abilities("folder", bin), ctx.Err()
}

// Look looks at one file or link itself. It returns ErrChanged where a link or
// a file stands in the place of one of the folders above it, and ErrKeeps where
// nothing is but a recycle bin has appeared since Check: a share makes it with
// the first file that it moves there.
func (f *Folder) Look(ctx context.Context, o plan.Object) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	rel, err := nameOf(o.Key)
	if err != nil {
		return false, fmt.Errorf("look at a file of storage %q: %w", f.name, err)
	}
	r, err := f.open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	there, err := f.plainParents(r, rel)
	if err != nil {
		return false, err
	}
	if there {
		info, err := r.Lstat(rel)
		if err == nil && !info.IsDir() {
			return true, nil
		}
		if err := f.fail("look at a file", err, nil); err != nil {
			return false, err
		}
	}
	f.mu.Lock()
	known := f.bin
	f.mu.Unlock()
	if known == "" {
		if bin := binIn(f.path); bin != "" {
			return false, fmt.Errorf("look at a file of storage %q: %s has appeared: %w", f.name, bin, ErrKeeps)
		}
	}
	return false, nil
}

// List calls yield for every file and link below the folder whose key begins
// with prefix. Links are never followed. A sub-folder that may not be read is
// an error, because nothing can be said of what is in it.
func (f *Folder) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	if err := f.walk(ctx, r, "", "", prefix, yield); err != nil {
		return err
	}
	return ctx.Err()
}

// walk lists the folder dir, whose key is at: "" for the root, else ending in /.
func (f *Folder) walk(ctx context.Context, r *os.Root, dir, at, prefix string, yield func(plan.Object) error) error {
	d, err := r.Open(orDot(dir))
	if err != nil {
		return f.fail("read a folder", err, nil) // gone since it was listed
	}
	defer d.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := d.ReadDir(readAtOnce)
		for _, e := range entries {
			key := at + keyOf(e.Name())
			if e.IsDir() {
				if within := key + "/"; !strings.HasPrefix(within, prefix) && !strings.HasPrefix(prefix, within) {
					continue
				}
				if err := f.walk(ctx, r, filepath.Join(dir, e.Name()), key+"/", prefix, yield); err != nil {
					return err
				}
				continue
			}
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return f.fail("read a file's description", err, nil)
			}
			if err := yield(plan.Object{Storage: f.name, Key: key, SizeBytes: info.Size(), ModifiedAt: info.ModTime().UTC(), Fingerprint: fingerprint(info)}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.fail("read a folder", err, nil)
		}
	}
}

// fingerprint tells one content of a file from another without reading it.
func fingerprint(info fs.FileInfo) string {
	kind := ""
	if !info.Mode().IsRegular() {
		kind = info.Mode().Type().String() + " "
	}
	return kind + strconv.FormatInt(info.Size(), 10) + " " + strconv.FormatInt(info.ModTime().UnixNano(), 10)
}

// Erase removes one file or link, and the folders above it that are empty
// then, up to the storage's own. It returns ErrChanged when what lies there is
// not what was listed, ErrElsewhere when the content has another name (a hard
// link), and ErrDenied when file or folder may not be changed.
func (f *Folder) Erase(ctx context.Context, o plan.Object) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rel, err := nameOf(o.Key)
	if err != nil {
		return fmt.Errorf("erase a file of storage %q: %w", f.name, err)
	}
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	if there, err := f.plainParents(r, rel); err != nil || !there {
		return err
	}
	info, err := r.Lstat(rel)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	switch {
	case err != nil:
		return f.fail("look at a file", err, nil)
	case info.IsDir(), o.Fingerprint != "" && fingerprint(info) != o.Fingerprint:
		return fmt.Errorf("erase a file of storage %q: %w", f.name, erasure.ErrChanged)
	case info.Mode().IsRegular() && linksOf(info) > 1:
		return fmt.Errorf("erase a file of storage %q: %w", f.name, erasure.ErrElsewhere)
	}
	if err := r.Remove(rel); err != nil {
		return f.fail("erase a file", err, nil)
	}
	return f.tidy(r, filepath.Dir(rel))
}

// plainParents tells whether every folder above a file is there and a real
// one: what lies behind a link is not this storage's, and was never listed.
func (f *Folder) plainParents(r *os.Root, rel string) (bool, error) {
	parts := strings.Split(filepath.Dir(rel), string(filepath.Separator))
	dir := ""
	for _, p := range parts {
		if p == "." {
			continue
		}
		dir = filepath.Join(dir, p)
		info, err := r.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, f.fail("look at a folder", err, nil)
		}
		if !info.IsDir() {
			return false, fmt.Errorf("reach a file of storage %q: %w", f.name, erasure.ErrChanged)
		}
	}
	return true, nil
}

// tidy writes the removal through to the disk and removes the folders that are
// empty now. A folder that cannot be removed is left: it holds something, or
// it may not be changed, and neither matters for the file.
func (f *Folder) tidy(r *os.Root, dir string) error {
	for {
		if err := syncDir(r, orDot(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f.fail("write the erasure to the disk", err, nil)
		}
		if dir == "." || dir == "" {
			return nil
		}
		info, err := r.Lstat(dir)
		if err != nil || !info.IsDir() || !empty(r, dir) || r.Remove(dir) != nil {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

func empty(r *os.Root, dir string) bool {
	d, err := r.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	_, err = d.ReadDir(1)
	return errors.Is(err, io.EOF)
}

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// escape begins each byte of a file's name that is no text, written as two
// hexadecimal digits. It is the character that stands for such bytes
// everywhere; where a name really has it, its own bytes are written so too.
const escape = string(utf8.RuneError)

// keyOf returns the key of a file's name: the name itself, with the bytes that
// are not UTF-8 escaped, so that the key survives being stored as text.
func keyOf(name string) string {
	if utf8.ValidString(name) && !strings.Contains(name, escape) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if r != utf8.RuneError {
			b.WriteString(name[i : i+size])
		} else {
			for _, c := range []byte(name[i : i+size]) {
				fmt.Fprintf(&b, "%s%02X", escape, c)
			}
		}
		i += size
	}
	return b.String()
}

// nameOf is the inverse of keyOf for a whole key: the path below the folder,
// as this system writes it. It returns ErrBadAddress for a key that names
// nothing below it.
func nameOf(key string) (string, error) {
	p, err := pathOf(key)
	if err != nil {
		return "", err
	}
	rel := filepath.FromSlash(p)
	if !filepath.IsLocal(rel) {
		return "", ErrBadAddress
	}
	return rel, nil
}

// pathOf is nameOf for a system whose paths have slashes.
func pathOf(key string) (string, error) {
	if key == "" || strings.ContainsRune(key, 0) || strings.HasSuffix(key, "/") || path.Clean("/"+key) != "/"+key {
		return "", ErrBadAddress
	}
	var b strings.Builder
	for rest := key; rest != ""; {
		before, after, found := strings.Cut(rest, escape)
		b.WriteString(before)
		if !found {
			break
		}
		if len(after) < 2 {
			return "", ErrBadAddress
		}
		c, err := strconv.ParseUint(after[:2], 16, 8)
		if err != nil || c == 0 || c == '/' || c < utf8.RuneSelf {
			return "", ErrBadAddress // text is never escaped
		}
		b.WriteByte(byte(c))
		rest = after[2:]
	}
	if p := b.String(); p != ".." && !strings.HasPrefix(p, "../") && path.Clean("/"+p) == "/"+p {
		return p, nil
	}
	return "", ErrBadAddress
}
