// Greffier keeps the promises of a small web shop's privacy policy: it reads
// the shop's orders and the contact mailbox, follows each rights request on the
// law's clock, erases what must go and proves it, and prints the registers.
//
// Without a command it opens the window; see commands.go for the others.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"greffier/ui"
)

// version is the program's version, as FyneApp.toml has it.
const version = "0.1.0"

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
