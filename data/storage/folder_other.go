//go:build !unix

package storage

import (
	"io/fs"
	"os"
)

// deviceOf is not known here.
func deviceOf(fs.FileInfo) uint64 { return 0 }

// linksOf is not told by the description of a file here.
func linksOf(fs.FileInfo) uint64 { return 1 }

// readOnly is told as a missing permission here.
func readOnly(error) bool { return false }

// syncDir does nothing: folders cannot be written through here.
func syncDir(*os.Root, string) error { return nil }

// readFlags open a file for reading.
const readFlags = os.O_RDONLY
