package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

// exitCrashed is the exit status after a fault of the program itself.
const exitCrashed = 70

// crashed ends the program after a fault of its own: where it happened is told,
// what it was about is not, since the words of a fault may hold what a mail or
// an order says. Call it deferred, at the top of a goroutine.
func crashed() {
	if r := recover(); r != nil {
		tellCrash(os.Stderr, r, debug.Stack())
		os.Exit(exitCrashed)
	}
}

// tellCrash writes the kind of a fault and the lines of the program that led to
// it.
func tellCrash(w io.Writer, fault any, stack []byte) {
	fmt.Fprintf(w, "greffier: something unexpected happened, and the program ended (%T). What was done is kept; what was under way is taken up at the next start.\n", fault)
	for line := range strings.Lines(string(stack)) {
		// Function names and places only; arguments are left out.
		if name, _, ok := strings.Cut(line, "("); ok && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "panic") {
			fmt.Fprintln(w, "  "+strings.TrimSpace(name))
		} else if strings.HasPrefix(line, "\t") {
			place, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			fmt.Fprintln(w, "    "+place)
		}
	}
}
