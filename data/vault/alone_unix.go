//go:build unix

package vault

import (
	"os"
	"syscall"
)

// overwrites tells whether a file that is open can be replaced.
const overwrites = true

// alone tells whether a file that was replaced has no name left.
func alone(f *os.File) bool {
	st, err := f.Stat()
	if err != nil {
		return false
	}
	s, ok := st.Sys().(*syscall.Stat_t)
	return ok && s.Nlink == 0
}
