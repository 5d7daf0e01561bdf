package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/assets"
	"greffier/reports"
)

func (c *cli) registerCommand() *cobra.Command {
	var files struct{ pdf, csv, json, ods string }
	var names nameChoice
	var schema bool
	known := make([]string, 0, len(register.Names))
	for _, n := range register.Names {
		known = append(known, string(n))
	}
	cmd := command("register NAME [--pdf F] [--csv F] [--json-file F] [--ods F] [--schema] [--names | --no-names]", "Print a register: "+strings.Join(known, ", "), 1, 1, func(_ *cobra.Command, args []string) error {
		name := register.Name(args[0])
		if !slices.Contains(register.Names, name) {
			return usage("there is no register %q; the registers are %s", args[0], strings.Join(known, ", "))
		}
		if files.ods != "" && name != register.Processing {
			return usage("only the register processing has a spreadsheet (--ods)")
		}
		if schema {
			doc, err := register.Build(name, register.Inputs{Lang: c.lang})
			if err != nil {
				return err
			}
			return reports.Schema(c.out, doc)
		}
		named, err := names.or(true)
		if err != nil {
			return err
		}
		return c.with(func(p *profile) error {
			written := map[string]string{}
			for _, f := range []struct{ format, path string }{{app.FormatPDF, files.pdf}, {app.FormatCSV, files.csv}, {app.FormatJSON, files.json}, {app.FormatODS, files.ods}} {
				if f.path == "" {
					continue
				}
				path, err := p.Print(c.ctx, name, app.Printing{Format: f.format, Lang: c.lang, Path: f.path, Names: named})
				if err != nil {
					return err
				}
				written[f.format] = path
				if !c.json {
					fmt.Fprintln(c.out, path)
				}
			}
			if len(written) > 0 {
				if c.json {
					return c.printJSON(written)
				}
				return nil
			}
			return c.showRegister(p, name)
		})
	})
	cmd.Flags().StringVar(&files.pdf, "pdf", "", "write a PDF")
	cmd.Flags().StringVar(&files.csv, "csv", "", "write a CSV")
	cmd.Flags().StringVar(&files.json, "json-file", "", "write a JSON file")
	cmd.Flags().StringVar(&files.ods, "ods", "", "write the register processing as the CNIL's spreadsheet")
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of --json-file (no profile needed)")
	names.flags(cmd)
	return cmd
}

// showRegister prints a register's rows where no file was asked for.
func (c *cli) showRegister(p *profile, name register.Name) error {
	d, err := p.Document(c.ctx, name, c.lang)
	if err != nil {
		return err
	}
	var t register.Table
	if d.Main >= 0 && d.Main < len(d.Sections) && d.Sections[d.Main].Table != nil {
		t = *d.Sections[d.Main].Table
	}
	if c.json {
		rows := []map[string]string{}
		for _, r := range t.Rows {
			row := map[string]string{}
			for i, x := range r {
				row[t.Columns[i].Key] = x.Machine()
			}
			rows = append(rows, row)
		}
		return c.printJSON(map[string]any{"register": name, "title": d.Title, "rows": rows})
	}
	for _, r := range t.Rows {
		cells := make([]string, 0, len(r))
		for _, x := range r {
			cells = append(cells, oneLine(x.Text))
		}
		fmt.Fprintln(c.out, strings.Join(cells, "\t"))
	}
	return nil
}

func (c *cli) promisesCommand() *cobra.Command {
	var history bool
	cmd := command("promises [--history]", "Check every promise of the privacy policy", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			if history {
				return c.promiseHistory(p)
			}
			rows, err := p.Promises(c.ctx, c.lang)
			if err != nil {
				return err
			}
			type row struct {
				ID       string   `json:"id"`
				State    string   `json:"state"`
				By       law.Date `json:"by"`
				Evidence []string `json:"evidence"`
				Sentence string   `json:"sentence"`
				Since    law.Date `json:"since"`
				Made     bool     `json:"made"` // the policy promises it
				Mend     string   `json:"mend"`
			}
			out := []row{}
			for _, r := range rows {
				out = append(out, row{r.ID, r.State, r.By, orEmpty(r.Evidence), r.Sentence, r.Since, !r.NotMade, r.Mend})
				if !c.json {
					fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\n", r.ID, r.State, r.By, oneLine(strings.Join(r.Evidence, " · ")))
				}
			}
			if c.json {
				return c.printJSON(out)
			}
			return nil
		})
	})
	cmd.Flags().BoolVar(&history, "history", false, "what was seen of each promise over time")
	return cmd
}

func (c *cli) verifyCommand() *cobra.Command {
	var dossier, head, journal string
	cmd := command("verify [--dossier DIR | --journal FILE | --head HASH]", "Check the journal, the store and the evidence, or a dossier, an exported journal, a printed head", 0, 0, func(*cobra.Command, []string) error {
		switch {
		case dossier != "" && journal == "" && head == "":
			return c.verifyDossier(dossier)
		case journal != "" && dossier == "" && head == "":
			return c.verifyJournal(journal)
		case head != "" && dossier == "" && journal == "":
			return c.verifyHead(head)
		case dossier+journal+head != "":
			return usage("--dossier, --journal or --head, one of them")
		}
		return c.with(func(p *profile) error {
			v, err := p.Verify(c.ctx)
			if err != nil {
				return err
			}
			if c.json {
				err = c.printJSON(map[string]any{"journal": map[string]any{"entries": v.Entries, "head": v.Head, "broken_at": v.BrokenAt, "why": v.Why}, "stamps": map[string]int{"good": v.Stamps, "missing": v.StampsMissing}, "store": v.Store, "evidence": v.Evidence, "papers": v.Papers})
			} else {
				fmt.Fprintf(c.out, "journal\t%d entries\t%s\nstore\t%s\nevidence\t%s\nstamps\t%d good\t%d missing\n", v.Entries, v.Head, v.Store, v.Evidence, v.Stamps, v.StampsMissing)
				c.printPapers(v.Papers)
			}
			if err != nil {
				return err
			}
			if v.BrokenAt != nil {
				c.say("%s", assets.Text(c.speak(), "cli.journal_broken", map[string]any{"Seq": *v.BrokenAt}))
				c.say("%s", v.Why)
			}
			if v.Papers.Bad() {
				c.say("%s", assets.Text(c.speak(), "cli.papers_bad", nil))
			}
			if v.BrokenAt != nil || v.Store != "ok" || v.Evidence != "ok" || v.Papers.Bad() {
				return errSaid
			}
			return nil
		})
	})
	cmd.Flags().StringVar(&dossier, "dossier", "", "the folder of a dossier, to be compared with its manifest and with the journal")
	cmd.Flags().StringVar(&journal, "journal", "", "a journal that was exported (no profile needed)")
	cmd.Flags().StringVar(&head, "head", "", "the head of the journal as a register prints it, to be found in the journal")
	return cmd
}

func (c *cli) backupCommand() *cobra.Command {
	return command("backup F", "Write an encrypted copy of the profile", 1, 1, func(_ *cobra.Command, args []string) error {
		return c.with(func(p *profile) error {
			if err := p.App.Backup(c.ctx, args[0]); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"backup": args[0]})
			}
			fmt.Fprintln(c.out, args[0])
			return nil
		})
	})
}

func (c *cli) restoreCommand() *cobra.Command {
	var byCode bool
	cmd := command("restore [--code] F", "Bring a profile back from a backup, with the passphrase, or with the code in "+envRecovery+" and a new passphrase in "+envNewPassphrase, 1, 1, func(_ *cobra.Command, args []string) error {
		var r restored
		restore := func() error { return c.restoreInto(c.dir, args[0], os.Getenv("GREFFIER_PASSPHRASE"), &r) }
		if byCode {
			code, next := os.Getenv(envRecovery), os.Getenv(envNewPassphrase)
			if code == "" || next == "" {
				return usage("set %s to the code and %s to the new passphrase", envRecovery, envNewPassphrase)
			}
			restore = func() error {
				return c.alone(c.dir, func() (err error) {
					r, err = restoreByCode(c.ctx, c.dir, args[0], code, next, c.now)
					return err
				})
			}
		}
		if err := restore(); err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]any{"profile": c.dir, "tombstones": r.Stones, "emptied": r.Orders, "former_profile": r.MovedTo})
		}
		fmt.Fprintln(c.out, c.dir)
		c.say("%s", assets.Text(c.speak(), "cli.restored", map[string]any{"Stones": r.Stones, "Orders": r.Orders}))
		if r.MovedTo == "" {
			c.say("%s", assets.Text(c.speak(), "cli.restored_alone", nil))
		} else {
			c.say("%s", assets.Text(c.speak(), "cli.moved", map[string]any{"Dir": r.MovedTo}))
		}
		return nil
	})
	cmd.Flags().BoolVar(&byCode, "code", false, "open the backup, with the file beside it, by the recovery code; the code is void then")
	return cmd
}

// restoreInto restores a backup into the profile's folder, which nobody else may
// have open.
func (c *cli) restoreInto(dir, file, passphrase string, told *restored) error {
	return c.alone(dir, func() error {
		r, err := restoreProfile(c.ctx, dir, file, passphrase, c.now)
		if told != nil {
			*told = r
		}
		return err
	})
}
