package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const someSum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestAManifestThatThisProgramDoesNotWriteIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":           "",
		"no line end":       someSum + "  a",
		"a short hash":      "e3b0  a\n",
		"capitals":          strings.ToUpper(someSum) + "  a\n",
		"one space":         someSum + " a\n",
		"out of the folder": someSum + "  ../a\n",
		"an absolute path":  someSum + "  /etc/passwd\n",
		"the folder itself": someSum + "  .\n",
		"itself":            someSum + "  " + SumsName + "\n",
		"the same twice":    someSum + "  a\n" + someSum + "  a\n",
		"a backslash":       someSum + "  a\\b\n",
		"a carriage return": someSum + "  a\r\n",
	} {
		if _, err := ParseSums([]byte(text)); !errors.Is(err, ErrNotDossier) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := ParseSums([]byte(someSum + "  registers/a.csv\n")); err != nil || got["registers/a.csv"] != someSum {
		t.Errorf("%v %v", got, err)
	}
}

func TestAManifestThatIsALinkIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(t.TempDir(), "sums")
	if err := os.WriteFile(real, []byte(someSum+"  a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, filepath.Join(dir, SumsName)); err != nil {
		t.Skip(err)
	}
	if _, err := CheckDossier(dir); !errors.Is(err, ErrNotDossier) {
		t.Errorf("%v", err)
	}
}

func TestNamesOfDocumentsMakeSafeFileNames(t *testing.T) {
	b := &binder{taken: map[string]bool{}}
	for _, c := range [][2]string{
		{"requests", "registers/requests"}, {"../../etc/passwd", "registers/etc-passwd"}, {"", "registers/part"}, {"..", "registers/part-2"},
		{"Requests", "registers/Requests-2"}, {"a\nb\u202e", "registers/a-b"}, {"$(rm -rf)", "registers/rm--rf"}, {strings.Repeat("x", 300), "registers/" + strings.Repeat("x", 80)},
	} {
		if got := b.fileName("registers", c[0]); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
}

func FuzzSums(f *testing.F) {
	f.Add([]byte(someSum + "  registers/a.csv\n"))
	f.Add([]byte(someSum + "  ../../a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseSums(data)
		if err != nil {
			return
		}
		for p := range got {
			if !filepath.IsLocal(filepath.FromSlash(p)) {
				t.Errorf("%q leads out of the folder", p)
			}
		}
	})
}
