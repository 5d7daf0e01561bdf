package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// appID names the program towards a desktop, as FyneApp.toml does.
const appID = "com.cleverfaces.greffier"

// iconSizes are the sizes of the icon theme hicolor, in pixels.
var iconSizes = []int{16, 24, 32, 48, 64, 128, 256, 512}

// versionOf reads the version of the program from its only source.
func versionOf(path string) (string, error) {
	var f struct {
		Details struct{ ID, Version string }
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if err := toml.Unmarshal(b, &f); err != nil {
		return "", fmt.Errorf("read the version: %w", err)
	}
	if f.Details.Version == "" || f.Details.ID != appID {
		return "", fmt.Errorf("%s has no version, or another id than %s", path, appID)
	}
	return f.Details.Version, nil
}

// lay makes the tree, as below /usr.
func (p *pack) lay(tree string) error {
	program, err := os.ReadFile(p.binary)
	if err != nil {
		return err
	}
	files := map[string][]byte{"bin/greffier": program}
	for to, from := range map[string]string{
		"share/applications/" + appID + ".desktop":            "packaging/greffier.desktop",
		"share/metainfo/" + appID + ".metainfo.xml":           "packaging/greffier.metainfo.xml",
		"share/icons/hicolor/scalable/apps/" + appID + ".svg": "assets/icon.svg",
		"share/doc/greffier/README.md":                        "README.md",
		"share/doc/greffier/copyright":                        "packaging/copyright",
		"share/doc/greffier/evidence.md":                      "docs/evidence.md",
		"share/doc/greffier/security.md":                      "docs/security.md",
	} {
		if files[to], err = os.ReadFile(filepath.Join(p.root, from)); err != nil {
			return err
		}
	}
	for to := range files {
		if strings.HasSuffix(to, ".xml") {
			s := strings.ReplaceAll(string(files[to]), "@VERSION@", p.version)
			files[to] = []byte(strings.ReplaceAll(s, "@DATE@", p.at.Format("2006-01-02")))
		}
	}
	icons, err := icons(filepath.Join(p.root, "assets/icon.png"), iconSizes)
	if err != nil {
		return err
	}
	for i, b := range icons {
		files[fmt.Sprintf("share/icons/hicolor/%[1]dx%[1]d/apps/%s.png", iconSizes[i], appID)] = b
	}
	manual, err := p.manual()
	if err != nil {
		return err
	}
	files["share/man/man1/greffier.1.gz"] = p.gzip(manual)
	files["share/doc/greffier/changelog.gz"] = p.gzip([]byte(p.changelog()))
	for name, b := range files {
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(name, "bin/") {
			mode = 0o755
		}
		if err := p.write(filepath.Join(tree, name), b, mode); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file as a package has it, whatever the mask of the shell is.
func (p *pack) write(path string, b []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, b, mode); err != nil {
		return err
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	return os.Chtimes(path, p.at, p.at)
}

// manual asks the program for its manual page.
func (p *pack) manual() ([]byte, error) {
	path, err := filepath.Abs(p.binary)
	if err != nil {
		return nil, err
	}
	out, err := exec.Command(path, "man").Output()
	if err != nil {
		return nil, fmt.Errorf("the program prints no manual: %w", err)
	}
	return out, nil
}

func (p *pack) changelog() string {
	return fmt.Sprintf("greffier (%s) unstable; urgency=medium\n\n  * Release %s.\n\n -- The Greffier authors <contact@cleverfaces.com>  %s\n",
		p.version, p.version, p.at.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
}

// gzip packs a file without its name and time.
func (p *pack) gzip(b []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// eachFile calls do for each file of the tree, with its path and what it is called
// in the tree.
func eachFile(tree string, do func(path, as string, info fs.FileInfo) error) error {
	return filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		as, err := filepath.Rel(tree, path)
		if err != nil {
			return err
		}
		return do(path, as, info)
	})
}

// tarball packs the tree, with the rules that install it.
func (p *pack) tarball(tree string) (string, error) {
	name := fmt.Sprintf("greffier-%s-linux-%s", p.version, p.arch)
	path := filepath.Join(p.out, name+".tar.gz")
	out, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer out.Close()
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	t := tar.NewWriter(z)
	add := func(as, from string, mode fs.FileMode) error {
		b, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Name: name + "/" + filepath.ToSlash(as), Mode: int64(mode), Size: int64(len(b)), ModTime: p.at, Format: tar.FormatPAX}); err != nil {
			return err
		}
		_, err = t.Write(b)
		return err
	}
	if err := add("Makefile", filepath.Join(p.root, "packaging/install.mk"), 0o644); err != nil {
		return "", err
	}
	if err := add("LICENSE", filepath.Join(p.root, "LICENSE"), 0o644); err != nil {
		return "", err
	}
	if err := eachFile(tree, func(f, as string, info fs.FileInfo) error {
		return add(as, f, info.Mode().Perm())
	}); err != nil {
		return "", err
	}
	if err := t.Close(); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return path, out.Close()
}
