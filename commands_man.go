package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand prints the manual page that the packages carry.
func (c *cli) manCommand() *cobra.Command {
	cmd := command("man", "Print the manual page (for man -l -)", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return writeManual(c.out, cmd.Root())
	})
	// It needs no profile, not even a home to have one in.
	cmd.PersistentPreRunE = func(*cobra.Command, []string) error { return nil }
	return cmd
}

// writeManual writes all commands as one page of section 1, in the man macros.
func writeManual(w io.Writer, root *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH GREFFIER 1 \"\" \"Greffier %s\" \"User Commands\"\n.SH NAME\ngreffier \\- %s\n.SH SYNOPSIS\n.B %s\n", roff(root.Version), roff(lowerFirst(root.Short)), roff(root.Use))
	b.WriteString(".SH DESCRIPTION\nWithout a command, Greffier opens its window. Each command does what the window does. Data goes to standard output, what is told to standard error.\n.SH OPTIONS\n")
	manFlags(&b, root.PersistentFlags())
	b.WriteString(".SH COMMANDS\n")
	manCommands(&b, root, "")
	b.WriteString(`.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
it failed, or something is found wanting
.TP
.B 2
the command was not understood
.SH ENVIRONMENT
.TP
.B GREFFIER_PASSPHRASE
opens the profile
.TP
.B GREFFIER_NEW_PASSPHRASE
for vault passphrase
.TP
.B GREFFIER_RECOVERY_CODE
for vault recover
.SH FILES
.TP
.I ~/.local/share/greffier
the profile: database (personal data sealed), keys, settings
.TP
.I ~/.local/share/greffier-backups
backups
`)
	_, err := io.WriteString(w, b.String())
	return err
}

// manCommands writes the commands below one, each with its own below it.
func manCommands(b *strings.Builder, of *cobra.Command, before string) {
	all := slices.Clone(of.Commands())
	slices.SortFunc(all, func(x, y *cobra.Command) int { return strings.Compare(x.Name(), y.Name()) })
	for _, c := range all {
		if c.Hidden || c.Name() == "help" {
			continue
		}
		fmt.Fprintf(b, ".SS %s\n%s\n", roff(before+c.Use), roff(c.Short))
		manFlags(b, c.LocalNonPersistentFlags())
		manCommands(b, c, before+c.Name()+" ")
	}
}

func manFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace("--"+f.Name+" "+name)), roff(usage))
	})
}

// roff makes a text safe for troff: no line of it is a request.
func roff(s string) string {
	s = strings.ReplaceAll(oneLine(s), `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
