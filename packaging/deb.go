package main

import (
	"crypto/md5"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// libraries says which package of Debian brings a library that the program is
// linked with.
var libraries = map[string]string{
	"libGL.so.1": "libgl1", "libX11.so.6": "libx11-6",
	"libXcursor.so.1": "libxcursor1", "libXrandr.so.2": "libxrandr2", "libXinerama.so.1": "libxinerama1", "libXi.so.6": "libxi6", "libXxf86vm.so.1": "libxxf86vm1",
	"libc.so.6": "libc6", "libm.so.6": "libc6", "libdl.so.2": "libc6", "libpthread.so.0": "libc6", "librt.so.1": "libc6", "libresolv.so.2": "libc6",
}

// opened are the packages of what the window's library opens by name while it
// runs, so that no linker knows of them.
var opened = []string{"libxcursor1", "libxi6", "libxinerama1", "libxrandr2"}

// archs are the names that Debian has for machines.
var archs = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "i386", elf.EM_ARM: "armhf"}

// needs reads from the program what it is linked with, and returns it as the
// Depends of a package. A library that no package is known for is an error.
func (p *pack) needs() (string, error) {
	f, err := elf.Open(p.binary)
	if err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	defer f.Close()
	if p.arch = archs[f.Machine]; p.arch == "" {
		return "", fmt.Errorf("no name is known for the machine %v", f.Machine)
	}
	libs, err := f.ImportedLibraries()
	if err != nil {
		return "", err
	}
	all := slices.Clone(opened)
	for _, l := range libs {
		if strings.HasPrefix(l, "ld-linux") {
			continue
		}
		name, ok := libraries[l]
		if !ok {
			return "", fmt.Errorf("no Debian package is known that brings %s", l)
		}
		if name != "libc6" {
			all = append(all, name)
		}
	}
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return "", err
	}
	least := []int{2, 3}
	for _, s := range symbols {
		if v, ok := strings.CutPrefix(s.Version, "GLIBC_"); ok {
			if n := numbers(v); slices.Compare(n, least) > 0 {
				least = n
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	words := make([]string, len(least))
	for i, n := range least {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(append([]string{"libc6 (>= " + strings.Join(words, ".") + ")"}, all...), ", "), nil
}

func numbers(v string) (out []int) {
	for _, s := range strings.Split(v, ".") {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// deb makes the Debian package of the tree.
func (p *pack) deb(tree, depends string) (string, error) {
	root := filepath.Join(p.out, "deb")
	if err := os.RemoveAll(root); err != nil {
		return "", err
	}
	defer os.RemoveAll(root)
	var sums strings.Builder
	size := int64(0)
	if err := eachFile(tree, func(f, as string, info fs.FileInfo) error {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		size += (info.Size() + 1023) / 1024
		fmt.Fprintf(&sums, "%x  usr/%s\n", md5.Sum(b), filepath.ToSlash(as)) // the format's own hash
		return p.write(filepath.Join(root, "usr", as), b, info.Mode().Perm())
	}); err != nil {
		return "", err
	}
	control := fmt.Sprintf(`Package: greffier
Version: %s
Architecture: %s
Maintainer: The Greffier authors <contact@cleverfaces.com>
Installed-Size: %d
Depends: %s
Recommends: ca-certificates, libgl1-mesa-dri, poppler-utils, xdg-utils
Suggests: gnome-keyring, minisign
Section: office
Priority: optional
Homepage: https://www.cleverfaces.com
Description: keep the promises of a shop's privacy policy
 Greffier reads the orders and the contact mailbox of a small web shop,
 recognises requests under the GDPR, runs the legal clock, erases what must go
 and proves it, and prints the registers for the supervisory authority. It runs
 on one computer, without a server.
`, p.version, p.arch, size, depends)
	if err := p.write(filepath.Join(root, "DEBIAN/control"), []byte(control), 0o644); err != nil {
		return "", err
	}
	if err := p.write(filepath.Join(root, "DEBIAN/md5sums"), []byte(sums.String()), 0o644); err != nil {
		return "", err
	}
	// Folders as a package has them, whatever the mask of the shell is.
	if err := filepath.WalkDir(root, func(f string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(f, 0o755)
	}); err != nil {
		return "", err
	}
	path := filepath.Join(p.out, fmt.Sprintf("greffier_%s_%s.deb", p.version, p.arch))
	cmd := exec.Command("dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, path)
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", p.at.Unix()))
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("dpkg-deb: %w: %s", err, msg)
	}
	return path, nil
}
