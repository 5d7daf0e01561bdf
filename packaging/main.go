// Packaging lays out what a system gets of Greffier: a tree with binary, icons,
// desktop entry, AppStream metadata, manual and licence; of it a tarball and,
// where dpkg-deb is, a Debian package. The same binary at the same date gives
// the same bytes.
//
//	go run ./packaging --binary dist/build/greffier --out dist
//	go run ./packaging --icon greffier.ico
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

func main() {
	p := pack{}
	var icon string
	flag.StringVar(&p.root, "root", ".", "folder of the sources")
	flag.StringVar(&p.binary, "binary", "", "the program, built for release")
	flag.StringVar(&p.out, "out", "dist", "folder for the packages")
	flag.StringVar(&icon, "icon", "", "write the icon for Windows to this file, and nothing else")
	flag.Parse()
	if err := p.run(icon); err != nil {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

// pack is one packaging.
type pack struct {
	root, binary, out string

	version string
	at      time.Time // all files are of then
	arch    string    // as Debian names it
}

func (p *pack) run(icon string) error {
	if icon != "" {
		return p.windowsIcon(icon)
	}
	if p.binary == "" {
		return fmt.Errorf("--binary is missing")
	}
	var err error
	if p.version, err = versionOf(filepath.Join(p.root, "FyneApp.toml")); err != nil {
		return err
	}
	p.at = p.date()
	tree := filepath.Join(p.out, "tree")
	if err := os.RemoveAll(tree); err != nil {
		return err
	}
	depends, err := p.needs()
	if err != nil {
		return err
	}
	if err := p.lay(tree); err != nil {
		return err
	}
	tarball, err := p.tarball(tree)
	if err != nil {
		return err
	}
	fmt.Println(tarball)
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		fmt.Fprintln(os.Stderr, "no dpkg-deb here: no Debian package")
		return nil
	}
	deb, err := p.deb(tree, depends)
	if err != nil {
		return err
	}
	fmt.Println(deb)
	return nil
}

// date is SOURCE_DATE_EPOCH, else the last commit, else today.
func (p *pack) date() time.Time {
	s := os.Getenv("SOURCE_DATE_EPOCH")
	if s == "" {
		out, err := exec.Command("git", "-C", p.root, "log", "-1", "--format=%ct").Output()
		if err == nil {
			s = string(bytes.TrimSpace(out))
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0).UTC()
	}
	return time.Now().UTC().Truncate(24 * time.Hour)
}
