package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/law"
	"greffier/assets"
	"greffier/data/vault"
)

// nameChoice are the flags by which the owner says whether persons are named.
type nameChoice struct{ names, none bool }

func (n *nameChoice) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&n.names, "names", false, "print persons by name, which the page then says")
	cmd.Flags().BoolVar(&n.none, "no-names", false, "print marks such as P-7F3A in place of names")
}

// or returns the choice, or what is usual.
func (n *nameChoice) or(usual bool) (bool, error) {
	if n.names && n.none {
		return false, usage("--names or --no-names, not both")
	}
	return n.names || usual && !n.none, nil
}

func (c *cli) dossierCommand() *cobra.Command {
	var pdf, folder, who, on string
	var names nameChoice
	var replace bool
	const use = "dossier --pdf F | --folder DIR [--replace] [--names | --no-names] | --who MARK [--on DATE]"
	cmd := command(use, "Print all registers for an inspection: one bound file, or a folder with every format", 0, 0, func(*cobra.Command, []string) error {
		given := 0
		for _, s := range []string{pdf, folder, who} {
			if s != "" {
				given++
			}
		}
		if given != 1 {
			return usage("greffier %s", use)
		}
		named, err := names.or(false)
		if err != nil {
			return err
		}
		switch {
		case who != "":
			return c.whoIs(who, on)
		case folder != "":
			return c.dossierFolder(app.Printing{Lang: c.lang, Path: folder, Names: named, Replace: replace})
		}
		return c.with(func(p *profile) error {
			path, err := p.Dossier(c.ctx, app.Printing{Lang: c.lang, Path: pdf, Names: named})
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"pdf": path})
			}
			fmt.Fprintln(c.out, path)
			return nil
		})
	})
	cmd.Flags().StringVar(&pdf, "pdf", "", "the bound file")
	cmd.Flags().StringVar(&folder, "folder", "", "the folder: the bound file, each register as PDF, CSV and JSON, the certificates, and manifests")
	cmd.Flags().BoolVar(&replace, "replace", false, "let it take the place of an older dossier")
	cmd.Flags().StringVar(&who, "who", "", "tell whom a mark stands for")
	cmd.Flags().StringVar(&on, "on", "", "the day on which the mark was printed (YYYY-MM-DD), today if not said")
	names.flags(cmd)
	return cmd
}

func (c *cli) dossierFolder(how app.Printing) error {
	return c.with(func(p *profile) error {
		report, end := c.progress("dossier")
		d, err := p.DossierFolder(c.ctx, how, report)
		end()
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]any{"folder": d.Path, "pdf": d.PDF, "files": d.Files, "manifest_sha256": d.SHA256})
		}
		fmt.Fprintln(c.out, d.Path)
		return nil
	})
}

// whoIs tells the owner whom a mark stands for.
func (c *cli) whoIs(mark, on string) error {
	var day law.Date
	if on != "" {
		d, err := law.ParseDate(on)
		if err != nil {
			return usage("--on %q is not a date (YYYY-MM-DD)", on)
		}
		day = d
	}
	return c.with(func(p *profile) error {
		who, err := p.WhoIs(c.ctx, mark, day)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]string{"mark": mark, "who": who})
		}
		if who == "" {
			c.say("%s", assets.Text(c.speak(), "dossier.nobody", map[string]any{"Mark": mark}))
			return errSaid
		}
		fmt.Fprintln(c.out, oneLine(who))
		return nil
	})
}

// verifyDossier checks a dossier. Without a profile, as an inspector has none,
// the journal is not compared.
func (c *cli) verifyDossier(dir string) error {
	tell := func(r app.DossierReport) error {
		if c.json {
			if err := c.printJSON(r); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(c.out, "files\t%d\n", r.Files)
			for _, x := range []struct {
				word  string
				paths []string
			}{{"missing", r.Missing}, {"changed", r.Changed}, {"extra", r.Extra}} {
				for _, p := range x.paths {
					fmt.Fprintf(c.out, "%s\t%s\n", x.word, oneLine(p))
				}
			}
			fmt.Fprintf(c.out, "journal\t%s\t%s\n", r.Journal, oneLine(r.Head))
			fmt.Fprintf(c.out, "signature\t%s\t%s\n", r.Signature, r.SignedBy)
		}
		c.saySignature(r)
		c.say("%s", assets.Text(c.speak(), "dossier.journal."+strings.ReplaceAll(r.Journal, " ", "_"), map[string]any{"Entry": r.Entry, "Since": r.Since}))
		if !r.Whole() {
			c.say("%s", assets.Text(c.speak(), "dossier.notWhole", map[string]any{"Missing": len(r.Missing), "Changed": len(r.Changed), "Extra": len(r.Extra)}))
			return errSaid
		}
		c.say("%s", assets.Text(c.speak(), "dossier.whole", nil))
		return nil
	}
	if !vault.Exists(c.dir) {
		r, err := app.CheckDossier(dir)
		if err != nil {
			return err
		}
		r.CheckSignature(dir, signedBy, "")
		return tell(r)
	}
	return c.with(func(p *profile) error {
		r, err := p.VerifyDossier(c.ctx, dir)
		if err != nil {
			return err
		}
		return tell(r)
	})
}
