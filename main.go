// Greffier keeps the promises of a small web shop's privacy policy: it reads
// the shop's orders and the contact mailbox, follows each rights request on the
// law's clock, erases what must go and proves it, and prints the registers.
//
// Without a command it opens the window; see commands.go for the others.
package main

import (
	"context"
	_ "embed"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"greffier/ui"
)

// fyneApp is what the desktop is told of the program.
//
//go:embed FyneApp.toml
var fyneApp string

// version is the program's version; FyneApp.toml alone has it.
var version = versionIn(fyneApp)

func versionIn(toml string) string {
	for line := range strings.Lines(toml) {
		if key, v, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "Version" {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return "0"
}

func main() {
	// What Greffier writes is for its owner alone.
	restrictFileModes()
	keepMemory()
	defer crashed()
	ui.Crashed = crashed
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
