//go:build unix

package store_test

import (
	"syscall"
	"testing"
)

// openUmask lets the test run as a program under which new files are readable
// by everybody.
func openUmask(t *testing.T) {
	was := syscall.Umask(0o022)
	t.Cleanup(func() { syscall.Umask(was) })
}
