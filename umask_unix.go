//go:build unix

package main

import "syscall"

// restrictFileModes makes new files readable by the user alone.
func restrictFileModes() { syscall.Umask(0o077) }
