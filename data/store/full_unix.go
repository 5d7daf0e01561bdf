//go:build unix

package store

import (
	"errors"
	"syscall"
)

// isFull tells whether a quota or a limit on the size of files was reached.
func isFull(err error) bool { return errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) }
