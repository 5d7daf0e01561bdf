package pack

import (
	"archive/zip"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var (
	// ErrPassphrase says that a ZIP without a passphrase was asked for.
	ErrPassphrase = errors.New("a copy goes out under a passphrase")
	// ErrPlace says that there is something already where the copy is to go.
	ErrPlace = errors.New("something is already where the copy is to go")
	// ErrFormat says that a copy is a zip or a folder.
	ErrFormat = errors.New("a copy is a ZIP file or a folder")
)

// The formats.
const (
	Zip    = "zip"
	Folder = "folder"
)

// File is one file of a package.
type File struct {
	Name      string
	SizeBytes int64
	SHA256    string // of its content, in hexadecimal
}

// Package is a file or folder under way. It is not safe for use by several
// goroutines.
type Package struct {
	format, part string
	files        []File
	names        names
	broken       error

	out        *os.File // of a zip
	sum        hash.Hash
	zip        *zip.Writer
	passphrase string
}

// Begin starts a package in the folder work, which is made (0700) and must be
// on its own: Finish moves the package out of it, Abort removes it.
func Begin(work, format, passphrase string) (*Package, error) {
	p := &Package{format: format, names: newNames(), passphrase: passphrase}
	switch {
	case format != Zip && format != Folder:
		return nil, ErrFormat
	case format == Zip && passphrase == "":
		return nil, ErrPassphrase
	}
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, fmt.Errorf("begin a copy: %w", err)
	}
	p.part = filepath.Join(work, "copy."+format)
	if format == Folder {
		if err := os.Mkdir(p.part, 0o700); err != nil {
			return nil, fmt.Errorf("begin a copy: %w", err)
		}
		return p, nil
	}
	f, err := os.OpenFile(p.part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin a copy: %w", err)
	}
	p.out, p.sum = f, sha256.New()
	p.zip = zip.NewWriter(io.MultiWriter(f, p.sum))
	return p, nil
}

// Add writes one file, under a name that is made safe and its own, and returns
// what it is. What breaks off makes the whole package worthless.
func (p *Package) Add(name string, modified time.Time, from io.Reader) (File, error) {
	if p.broken != nil {
		return File{}, p.broken
	}
	f := File{Name: p.names.unique(name)}
	sum := sha256.New()
	from = io.TeeReader(from, sum)
	var err error
	if p.format == Zip {
		f.SizeBytes, err = p.addZip(f.Name, modified, from)
	} else {
		f.SizeBytes, err = p.addFile(f.Name, modified, from)
	}
	if err != nil {
		p.broken = fmt.Errorf("write a file of the copy: %w", err)
		return File{}, p.broken
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	p.files = append(p.files, f)
	return f, nil
}

// dosTime writes an instant as ZIP does, in UTC.
func dosTime(t time.Time) (date, clock uint16) {
	if t = t.UTC(); t.Year() < 1980 || t.Year() > 2107 {
		t = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

// addZip compresses, encrypts and writes one entry without holding it in
// memory: its sizes follow it.
func (p *Package) addZip(name string, modified time.Time, from io.Reader) (int64, error) {
	h := &zip.FileHeader{Name: name, Method: methodAES, Flags: 1 | 8 | 0x800, // encrypted, sizes behind, UTF-8
		CreatorVersion: 3<<8 | 51, ReaderVersion: 51, ExternalAttrs: 0o100600 << 16, Extra: aesExtra(methodSmall)}
	//lint:ignore SA1019 a raw entry is written with these
	h.ModifiedDate, h.ModifiedTime = dosTime(modified)
	w, err := p.zip.CreateRaw(h)
	if err != nil {
		return 0, err
	}
	s, err := newSealer(w, p.passphrase)
	if err != nil {
		return 0, err
	}
	small, err := flate.NewWriter(s, flate.BestSpeed)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(small, from)
	if err == nil {
		err = small.Close()
	}
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return n, err
	}
	// The writer puts them behind the entry and into the directory.
	h.CompressedSize64, h.UncompressedSize64 = uint64(s.n), uint64(n)
	//lint:ignore SA1019 a raw entry is written with these
	h.CompressedSize, h.UncompressedSize = uint32(min(h.CompressedSize64, 1<<32-1)), uint32(min(h.UncompressedSize64, 1<<32-1))
	return n, nil
}

func (p *Package) addFile(name string, modified time.Time, from io.Reader) (int64, error) {
	root, err := os.OpenRoot(p.part)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	rel := filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(rel), 0o700); err != nil {
		return 0, err
	}
	f, err := root.OpenFile(rel, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, from)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil && !modified.IsZero() {
		_ = root.Chtimes(rel, modified, modified) // a nicety
	}
	return n, err
}

// Sealed is a package that is whole and not yet in its place.
type Sealed struct {
	Files     []File
	SizeBytes int64  // of the file, or of all files of the folder
	SHA256    string // see Hash
	part      string
	format    string
}

// Seal ends the package and writes it through to the disk. Its hash is that of
// the ZIP file; for a folder see Hash.
func (p *Package) Seal() (Sealed, error) {
	if p.broken != nil {
		return Sealed{}, p.broken
	}
	s := Sealed{Files: slices.Clone(p.files), part: p.part, format: p.format}
	if p.format == Folder {
		for _, f := range p.files {
			s.SizeBytes += f.SizeBytes
		}
		s.SHA256 = listHash(s.Files)
		return s, syncTree(p.part)
	}
	err := p.zip.Close()
	if err == nil {
		err = p.out.Sync()
	}
	if err == nil {
		s.SizeBytes, err = p.out.Seek(0, io.SeekEnd)
	}
	err = errors.Join(err, p.out.Close())
	p.out = nil
	if err != nil {
		p.broken = fmt.Errorf("end the copy: %w", err)
		return Sealed{}, p.broken
	}
	s.SHA256 = hex.EncodeToString(p.sum.Sum(nil))
	return s, nil
}

// Abort closes what is open. The folder of the work is the caller's to remove.
func (p *Package) Abort() {
	if p.out != nil {
		p.out.Close()
		p.out = nil
	}
	if p.broken == nil {
		p.broken = errors.New("the copy was given up")
	}
}

// listHash is the hash of a folder: SHA-256 over a line for each file, its own
// hash, two spaces and its name, sorted by name, as sha256sum writes it.
func listHash(files []File) string {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s  %s\n", f.SHA256, f.Name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Place moves a sealed package to path, where nothing may be yet (ErrPlace).
// On another disk it is copied under a hidden name beside path first, so that
// path itself is whole or not there.
func (s Sealed) Place(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return ErrPlace
	} else if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look at the place of the copy: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the copy: %w", err)
	}
	if err := os.Rename(s.part, path); err == nil {
		return syncDir(dir)
	}
	beside := Beside(path)
	if err := os.RemoveAll(beside); err != nil {
		return fmt.Errorf("move the copy to its place: %w", err)
	}
	err := s.copyTo(beside)
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.RemoveAll(beside) // swept with the next start otherwise
		return fmt.Errorf("move the copy to its place: %w", err)
	}
	return syncDir(dir)
}

// Beside is the hidden name under which a copy is put beside its place.
func Beside(path string) string {
	return filepath.Join(filepath.Dir(path), ".greffier-"+filepath.Base(path)+".part")
}

func (s Sealed) copyTo(to string) error {
	if s.format == Zip {
		return copyFile(s.part, to)
	}
	for _, f := range s.Files {
		rel := filepath.FromSlash(f.Name)
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(rel)), 0o700); err != nil {
			return err
		}
		if err := copyFile(filepath.Join(s.part, rel), filepath.Join(to, rel)); err != nil {
			return err
		}
	}
	return syncTree(to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// syncTree writes the entries of a folder, and of those below it, through.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncDir(p)
	})
}

// syncDir writes a folder's entries through, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	_ = d.Sync() // not every file system can, and there is nothing to write then
	return nil
}

// Hash returns the hash of a placed package as Seal made it: of the ZIP file,
// or of the folder's files. Links and devices in a folder count as files of
// another content. os.ErrNotExist where nothing is.
func Hash(path, format string) (string, error) {
	if format == Zip {
		info, err := os.Lstat(path)
		if err != nil {
			return "", err
		}
		if !info.Mode().IsRegular() {
			return "not a file", nil
		}
		return fileHash(path)
	}
	var files []File
	err := filepath.WalkDir(path, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(path, p)
		if err != nil {
			return err
		}
		f := File{Name: filepath.ToSlash(rel), SHA256: "not a file"}
		if d.Type().IsRegular() {
			if f.SHA256, err = fileHash(p); err != nil {
				return err
			}
		}
		files = append(files, f)
		return nil
	})
	return listHash(files), err
}

func fileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// Remove removes a placed package: of a folder the files named and the folders
// that are empty then, nothing else, and never through a link. What is gone
// already is no error. left tells how many other files stay in the folder.
func Remove(path, format string, files []string) (left int, err error) {
	if format == Zip {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("remove the copy: %w", err)
		}
		return 0, syncParent(path)
	}
	root, err := os.OpenRoot(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("remove the copy: %w", err)
	}
	defer root.Close()
	dirs := map[string]bool{}
	for _, f := range files {
		rel := filepath.FromSlash(f)
		if err := root.Remove(rel); err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("remove a file of the copy: %w", err)
		}
		for d := filepath.Dir(rel); d != "."; d = filepath.Dir(d) {
			dirs[d] = true
		}
	}
	var deep []string
	for d := range dirs {
		deep = append(deep, d)
	}
	slices.SortFunc(deep, func(a, b string) int { return len(b) - len(a) })
	for _, d := range deep {
		_ = root.Remove(d) // a folder that is not empty stays
	}
	err = filepath.WalkDir(path, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left++
		}
		return err
	})
	if err == nil && left == 0 {
		err = os.RemoveAll(path) // empty folders only
	}
	return left, errors.Join(err, syncParent(path))
}

func syncParent(path string) error {
	err := syncDir(filepath.Dir(path))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Sweep removes what a copy that was cut off left: its folder of work, and what
// lies under the hidden name beside its place.
func Sweep(work, path string) error {
	err := os.RemoveAll(work)
	if path != "" {
		err = errors.Join(err, os.RemoveAll(Beside(path)))
	}
	return err
}
