package pack_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"greffier/data/pack"
)

const passphrase = "k7m2p-x9q4r-t8w3z-b6d5f"

var when = time.Date(2026, 11, 23, 9, 20, 0, 0, time.UTC)

// sevenZip finds 7-Zip, which has another name in each distribution.
func sevenZip(t *testing.T) string {
	t.Helper()
	for _, n := range []string{"7z", "7zz", "7za"} {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	t.Fatal("7-Zip is missing: run make test-deps")
	return ""
}

func begin(t *testing.T, format string) (p *pack.Package, work string) {
	t.Helper()
	work = filepath.Join(t.TempDir(), "work")
	p, err := pack.Begin(work, format, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return p, work
}

func add(t *testing.T, p *pack.Package, name, content string) pack.File {
	t.Helper()
	f, err := p.Add(name, when, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func place(t *testing.T, p *pack.Package, path string) pack.Sealed {
	t.Helper()
	s, err := p.Seal()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Place(path); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnotherProgramOpensTheZipWithThePassphraseAndNotWithout(t *testing.T) {
	tool := sevenZip(t)
	noise := make([]byte, 3<<20)
	rand.Read(noise)
	contents := map[string]string{"README.txt": "Bonjour, voici vos données.\n", "empty.txt": "", "photos/001.jpg": string(noise), "portraits/é.png": strings.Repeat("x", 100_000), "one.bin": "x", "sixteen.bin": "0123456789abcdef"}
	p, _ := begin(t, pack.Zip)
	for n, c := range contents {
		f := add(t, p, n, c)
		if sum := sha256.Sum256([]byte(c)); f.Name != n || f.SHA256 != hex.EncodeToString(sum[:]) || f.SizeBytes != int64(len(c)) {
			t.Errorf("%+v", f)
		}
	}
	path := filepath.Join(t.TempDir(), "copy.zip")
	s := place(t, p, path)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if again, err := pack.Hash(path, pack.Zip); err != nil || again != s.SHA256 || again != hex.EncodeToString(sum[:]) || s.SizeBytes != int64(len(raw)) || len(s.Files) != len(contents) {
		t.Errorf("%+v, %s, %v", s, again, err)
	}
	if bytes.Contains(raw, []byte("voici vos")) {
		t.Error("the content can be read without the passphrase")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	out := t.TempDir()
	if b, err := exec.Command(tool, "x", "-y", "-p"+passphrase, "-o"+out, path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	for n, c := range contents {
		if got, err := os.ReadFile(filepath.Join(out, n)); err != nil || string(got) != c {
			t.Errorf("%s: %d bytes of %d, %v", n, len(got), len(c), err)
		}
	}
	if b, err := exec.Command(tool, "t", "-pwrong", path).CombinedOutput(); err == nil {
		t.Errorf("a wrong passphrase opens it:\n%s", b)
	}
	listing, err := exec.Command(tool, "l", "-slt", path).CombinedOutput()
	if err != nil || strings.Count(string(listing), "AES-256") < len(contents) || !strings.Contains(string(listing), "2026-11-23") {
		t.Errorf("%v\n%s", err, listing)
	}
	// One bit turned is noticed, in the midst of the largest file's content.
	raw[len(raw)/2] ^= 1
	bad := filepath.Join(t.TempDir(), "bad.zip")
	if err := os.WriteFile(bad, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := exec.Command(tool, "t", "-p"+passphrase, bad).CombinedOutput(); err == nil {
		t.Errorf("a changed file passes:\n%s", b)
	}
}

func TestAFolderHoldsTheSameAndIsTheOwnersAlone(t *testing.T) {
	p, _ := begin(t, pack.Folder)
	add(t, p, "photos/001.jpg", "photo")
	add(t, p, "README.txt", "words")
	dir := filepath.Join(t.TempDir(), "copy")
	s := place(t, p, dir)
	for name, mode := range map[string]os.FileMode{"": 0o700, "photos": 0o700, "photos/001.jpg": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if h, err := pack.Hash(dir, pack.Folder); err != nil || h != s.SHA256 || s.SizeBytes != 10 {
		t.Errorf("%s, %v, %+v", h, err, s)
	}
	// What the owner put there herself stays.
	if err := os.WriteFile(filepath.Join(dir, "photos", "hers.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, _ := pack.Hash(dir, pack.Folder); h == s.SHA256 {
		t.Error("one more file has the same hash")
	}
	if left, err := pack.Remove(dir, pack.Folder, []string{"photos/001.jpg", "README.txt"}); err != nil || left != 1 {
		t.Errorf("%d, %v", left, err)
	}
	if err := os.Remove(filepath.Join(dir, "photos", "hers.txt")); err != nil {
		t.Fatal(err)
	}
	if left, err := pack.Remove(dir, pack.Folder, []string{"photos/001.jpg", "README.txt"}); err != nil || left != 0 {
		t.Errorf("%d, %v", left, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	if left, err := pack.Remove(dir, pack.Folder, nil); err != nil || left != 0 {
		t.Errorf("removed twice: %d, %v", left, err)
	}
}

func TestHostileNames(t *testing.T) {
	long := strings.Repeat("é", 200) + ".jpeg"
	for in, want := range map[string]string{
		"photos/001.jpg": "photos/001.jpg", "../../etc/passwd": "etc/passwd", "/etc/passwd": "etc/passwd", `C:\Windows\win.ini`: "C_/Windows/win.ini",
		"..": "file", "": "file", "a/./b/../c": "a/b/c", "con.jpg": "_con.jpg", "x/COM1": "x/_COM1", "nul ": "_nul", "a\x00b\nc\x1b[2J.jpg": "abc[2J.jpg", "gpj.\u202eexe": "gpj.exe",
		" .hidden. ": "hidden", "a<b>|c?.png": "a_b__c_.png", "\xff\xfe.jpg": "jpg", "a/b/c/d/e/f.txt": "c/d/e/f.txt", "été\u00a0x.jpg": "été x.jpg",
	} {
		if got := pack.SafeName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := pack.SafeName(long); len(got) > 80 || !strings.HasSuffix(got, ".jpeg") {
		t.Errorf("%q", got)
	}
	for _, format := range []string{pack.Zip, pack.Folder} {
		p, work := begin(t, format)
		var got []string
		for _, n := range []string{"a.jpg", "A.JPG", "a.jpg", "../a.jpg", "a.jpg/b.txt", "d/x", "d", "D/X"} {
			got = append(got, add(t, p, n, n).Name)
		}
		if want := []string{"a.jpg", "A-2.JPG", "a-3.jpg", "a-4.jpg", "a.jpg-b.txt", "d/x", "d-2", "D/X-2"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if err := filepath.WalkDir(filepath.Dir(work), func(p string, d os.DirEntry, err error) error {
			if err == nil && !strings.HasPrefix(p, work) && p != filepath.Dir(work) {
				t.Errorf("outside of the work: %s", p)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"../x", "CON", "a\x00", `\\server\share`, "x/.", strings.Repeat("a/", 50), "LPT¹.txt", "\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := pack.SafeName(s)
		if !filepath.IsLocal(n) || n == "." || strings.ContainsAny(n, "\\\x00\n<>:\"|?*") || pack.SafeName(n) != n && !strings.HasPrefix(n, "_") {
			t.Fatalf("%q becomes %q, then %q", s, n, pack.SafeName(n))
		}
		for p := range strings.SplitSeq(n, "/") {
			if p == "" || strings.Trim(p, ". ") != p {
				t.Fatalf("%q has the part %q", n, p)
			}
		}
	})
}

func TestABrokenSourceMakesNoCopy(t *testing.T) {
	for _, format := range []string{pack.Zip, pack.Folder} {
		p, work := begin(t, format)
		add(t, p, "a.txt", "x")
		broken := errors.New("the storage went away")
		if _, err := p.Add("b.jpg", when, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		if _, err := p.Add("c.txt", when, strings.NewReader("x")); !errors.Is(err, broken) {
			t.Errorf("it goes on: %v", err)
		}
		if _, err := p.Seal(); !errors.Is(err, broken) {
			t.Errorf("it is sealed: %v", err)
		}
		p.Abort()
		if err := pack.Sweep(work, ""); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(work); !errors.Is(err, os.ErrNotExist) {
			t.Error("something is left")
		}
	}
}

func TestNothingIsOverwrittenAndNothingGoesOutOpen(t *testing.T) {
	p, _ := begin(t, pack.Zip)
	add(t, p, "a.txt", "x")
	path := filepath.Join(t.TempDir(), "there.zip")
	if err := os.WriteFile(path, []byte("hers"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := p.Seal()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Place(path); !errors.Is(err, pack.ErrPlace) {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "hers" {
		t.Errorf("overwritten: %q", b)
	}
	if _, err := pack.Begin(t.TempDir(), pack.Zip, ""); !errors.Is(err, pack.ErrPassphrase) {
		t.Errorf("%v", err)
	}
	if _, err := pack.Begin(t.TempDir(), "tar", passphrase); !errors.Is(err, pack.ErrFormat) {
		t.Errorf("%v", err)
	}
}

// zeros is a large file that costs nothing.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.left))
	clear(p[:n])
	z.left -= int64(n)
	return n, nil
}

func TestALargePhotoIsNotHeldInMemory(t *testing.T) {
	p, _ := begin(t, pack.Zip)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err := p.Add("photos/big.jpg", when, &zeros{200 << 20})
	if err != nil || f.SizeBytes != 200<<20 {
		t.Fatalf("%+v, %v", f, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 20<<20 {
		t.Errorf("%d MB were needed", used>>20)
	}
	path := filepath.Join(t.TempDir(), "big.zip")
	place(t, p, path)
	if b, err := exec.Command(sevenZip(t), "t", "-p"+passphrase, path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestACopyGoesToAnotherDiskWhole(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "greffier")
	if err != nil {
		t.Skip("there is no other disk")
	}
	t.Cleanup(func() { os.RemoveAll(other) })
	for _, format := range []string{pack.Zip, pack.Folder} {
		p, _ := begin(t, format)
		add(t, p, "photos/a.jpg", "photo")
		path := filepath.Join(other, "new", fmt.Sprint("copy-", format))
		s := place(t, p, path)
		if h, err := pack.Hash(path, format); err != nil || h != s.SHA256 {
			t.Errorf("%s: %s, %v", format, h, err)
		}
		entries, _ := os.ReadDir(filepath.Dir(path))
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				t.Errorf("left beside it: %s", e.Name())
			}
		}
	}
}
