package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// standIn is a program of this machine that prints something for any word; the
// real one takes long to link.
func standIn(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("packages for Linux are made on Linux")
	}
	path, err := exec.LookPath("echo")
	if err != nil {
		t.Skip("no echo here")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// packed makes the packages and returns the folder they are in.
func packed(t *testing.T, mask string) string {
	t.Helper()
	t.Setenv("SOURCE_DATE_EPOCH", "1796000000")
	p := &pack{root: "..", binary: standIn(t), out: filepath.Join(t.TempDir(), mask)}
	if err := p.run(""); err != nil {
		if strings.Contains(err.Error(), "no Debian package is known") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	return p.out
}

func TestTheSameProgramAtTheSameDateGivesTheSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("packs twice")
	}
	a, b := packed(t, "a"), packed(t, "b")
	for _, pattern := range []string{"*.tar.gz", "*.deb"} {
		x, y := hash(t, a, pattern), hash(t, b, pattern)
		if x != y {
			t.Errorf("%s: the bytes differ", pattern)
		}
	}
}

func hash(t *testing.T, dir, pattern string) [32]byte {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(dir, pattern))
	if len(found) == 0 && pattern == "*.deb" {
		return [32]byte{} // no dpkg-deb here
	}
	if len(found) != 1 {
		t.Fatalf("%s: %v", pattern, found)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestAPackageHoldsWhatADesktopNeeds(t *testing.T) {
	dir := packed(t, "one")
	version, err := versionOf("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		"Makefile": false, "LICENSE": false, "bin/greffier": false, "share/man/man1/greffier.1.gz": false,
		"share/applications/" + appID + ".desktop": false, "share/metainfo/" + appID + ".metainfo.xml": false, "share/doc/greffier/copyright": false,
		"share/icons/hicolor/scalable/apps/" + appID + ".svg": false, "share/icons/hicolor/48x48/apps/" + appID + ".png": false,
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*.tar.gz"))
	if len(found) != 1 || !strings.Contains(found[0], "greffier-"+version+"-linux-") {
		t.Fatalf("packed %v", found)
	}
	f, err := os.Open(found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(h.Name, "/")
		if _, ok := want[name]; ok {
			want[name] = true
		}
		mode := int64(0o644)
		if name == "bin/greffier" {
			mode = 0o755
		}
		if h.Mode != mode {
			t.Errorf("%s has the mode %o", name, h.Mode)
		}
	}
	for name, there := range want {
		if !there {
			t.Errorf("%s is missing", name)
		}
	}
	icon, err := os.ReadFile(filepath.Join(dir, "tree/share/icons/hicolor/48x48/apps", appID+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := png.DecodeConfig(bytes.NewReader(icon)); err != nil || c.Width != 48 || c.Height != 48 {
		t.Errorf("the icon of 48 pixels has %v (%v)", c, err)
	}
	meta, err := os.ReadFile(filepath.Join(dir, "tree/share/metainfo", appID+".metainfo.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		ID      string `xml:"id"`
		Release struct {
			Version string `xml:"version,attr"`
			Date    string `xml:"date,attr"`
		} `xml:"releases>release"`
		Launch string `xml:"launchable"`
	}
	if err := xml.Unmarshal(meta, &m); err != nil {
		t.Fatal(err)
	}
	if m.ID != appID || m.Launch != appID+".desktop" || m.Release.Version != version || m.Release.Date != time.Unix(1796000000, 0).UTC().Format("2006-01-02") {
		t.Errorf("the metadata says %+v", m)
	}
}

func TestTheDebianPackageNamesWhatItNeeds(t *testing.T) {
	dir := packed(t, "deb")
	found, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	if len(found) == 0 {
		t.Skip("no dpkg-deb here")
	}
	out, err := exec.Command("dpkg-deb", "--field", found[0], "Depends").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"libc6 (>= 2.", "libxcursor1", "libxi6", "libxinerama1", "libxrandr2"} {
		if !strings.Contains(string(out), name) {
			t.Errorf("it does not depend on %s: %s", name, out)
		}
	}
	list, err := exec.Command("dpkg-deb", "--contents", found[0]).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if !strings.Contains(line, "root/root") {
			t.Errorf("not root's: %s", line)
		}
	}
}

func TestALibraryThatNoPackageIsKnownForIsRefused(t *testing.T) {
	p := &pack{binary: standIn(t)}
	kept := libraries["libc.so.6"]
	delete(libraries, "libc.so.6")
	defer func() { libraries["libc.so.6"] = kept }()
	if _, err := p.needs(); err == nil || !strings.Contains(err.Error(), "libc.so.6") {
		t.Errorf("it says %v", err)
	}
}

func TestTheIconForWindowsHasItsSizes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "greffier.ico")
	if err := (&pack{root: ".."}).run(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 6+4*16 || b[2] != 1 || b[4] != 4 {
		t.Fatalf("it begins with % x", b[:min(len(b), 8)])
	}
	at := int(b[6+12]) | int(b[6+13])<<8
	if c, err := png.DecodeConfig(bytes.NewReader(b[at:])); err != nil || c.Width != 16 {
		t.Errorf("its first image: %v (%v)", c, err)
	}
}
