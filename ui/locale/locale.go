// Package locale gives the window's toolkit a language where the environment
// names none. Under LANG=C the toolkit complains on standard error as soon as
// the program starts, commands without a window included.
//
// It must run before the toolkit does: Go initialises packages in the order of
// their import paths as soon as what they import is ready, so that this
// package, which needs next to nothing, comes first. It imports nothing more
// for that reason.
package locale

import "os"

func init() {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		switch v := os.Getenv(name); {
		case v == "":
			continue
		case v == "C" || v == "POSIX" || len(v) > 1 && v[:2] == "C.":
			set()
			return
		default:
			return
		}
	}
	set()
}

func set() {
	os.Setenv("LC_ALL", "en_US.UTF-8")
	os.Unsetenv("LANGUAGE")
}
