package storage

import (
	"os"
	"path/filepath"
	"strings"

	"greffier/app/erasure"
)

// hiddenBins are recycle bins and snapshots by the names that file servers give
// them. Some stand in no listing and are only found by their name.
var hiddenBins = []string{
	".recycle", "#recycle", "@Recycle", "$RECYCLE.BIN", "RECYCLER", ".Trash", ".Trashes", "Network Trash Folder",
	".snapshot", ".snapshots", "#snapshot", "~snapshot", "@Recently-Snapshot", ".zfs", ".ckpt",
}

// isBin tells whether a folder of that name holds what was deleted, or how
// things were before.
func isBin(name string) bool {
	for _, b := range hiddenBins {
		if strings.EqualFold(name, b) {
			return true
		}
	}
	return len(name) > len(".Trash-") && strings.EqualFold(name[:len(".Trash-")], ".Trash-") ||
		len(name) > len("@GMT-") && strings.EqualFold(name[:len("@GMT-")], "@GMT-")
}

// binAmong returns the first name that is one of a bin, or "".
func binAmong(names []string) string {
	for _, n := range names {
		if isBin(n) {
			return n
		}
	}
	return ""
}

// abilities says what a storage without versions can prove: nothing where it
// has a bin.
func abilities(what, bin string) erasure.Abilities {
	if bin == "" {
		return erasure.Abilities{CanProve: true, Described: what}
	}
	return erasure.Abilities{Described: what + ", cannot prove absence: " + bin + " may keep what is deleted"}
}

// manyNames is how many names of a folder are looked through for a bin.
const manyNames = 20_000

// binIn returns the name of a bin in a folder, or "".
func binIn(dir string) string {
	for _, n := range hiddenBins {
		if info, err := os.Lstat(filepath.Join(dir, n)); err == nil && info.IsDir() {
			return n
		}
	}
	return ""
}

// binAbove returns the name of a bin in a folder or above it, up to where its
// file system is mounted, or "".
func binAbove(dir string) string {
	first, err := os.Stat(dir)
	if err != nil {
		return ""
	}
	device := deviceOf(first)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	for {
		if bin := binIn(dir); bin != "" {
			return bin
		}
		// The others by their pattern, or written in another case. A folder
		// that may not be read shows none.
		if d, err := os.Open(dir); err == nil {
			for left := manyNames; left > 0; left -= readAtOnce {
				entries, err := d.ReadDir(readAtOnce)
				for _, e := range entries {
					if e.IsDir() && isBin(e.Name()) {
						d.Close()
						return e.Name()
					}
				}
				if err != nil {
					break
				}
			}
			d.Close()
		}
		up := filepath.Dir(dir)
		info, err := os.Stat(up)
		if up == dir || device == 0 || err != nil || deviceOf(info) != device {
			return ""
		}
		dir = up
	}
}
