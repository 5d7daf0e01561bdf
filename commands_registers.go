package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/register"
)

// recordChangeJSON is a change as `history --json` prints it.
type recordChangeJSON struct {
	At      string                 `json:"at"`
	Record  string                 `json:"record"`
	By      string                 `json:"by"`
	Entered bool                   `json:"entered"`
	Fields  []register.FieldChange `json:"fields"`
}

func (c *cli) historyCommand() *cobra.Command {
	return command("history REGISTER [RECORD]", "Who changed what in a register's records, and when", 1, 2, func(_ *cobra.Command, args []string) error {
		name, id := register.Name(args[0]), ""
		if !slices.Contains(register.Names, name) {
			return usage("there is no register %q", args[0])
		}
		if len(args) > 1 {
			id = args[1]
		}
		return c.with(func(p *profile) error {
			cs, err := p.Changes(c.ctx, name, id)
			if err != nil {
				return err
			}
			out := []recordChangeJSON{}
			for _, x := range cs {
				out = append(out, recordChangeJSON{x.At.UTC().Format(time.RFC3339), x.Record, x.By, x.Entered, orEmpty(x.Fields)})
			}
			if c.json {
				return c.printJSON(out)
			}
			for _, x := range out {
				for _, f := range x.Fields {
					fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\t%s\t%s\n", x.At, oneLine(x.Record), oneLine(x.By), oneLine(register.FieldLabel(name, f.Field, c.lang)), oneLine(f.Old), oneLine(f.New))
				}
			}
			return nil
		})
	})
}

// findingJSON is a finding as `findings --json` prints it.
type findingJSON struct {
	ID      string `json:"id"`
	Article string `json:"article"`
	Source  string `json:"source"`
	State   string `json:"state"`
	Title   string `json:"title"`
	Seen    string `json:"seen"`
	FR      string `json:"wording_fr"`
	EN      string `json:"wording_en"`
	Reason  string `json:"reason"`
}

func (c *cli) findingsCommand() *cobra.Command {
	var state, reason string
	cmd := command("findings [ID --state open|mended|accepted [--reason WHY]]", "What the published policy lacks or contradicts, with a proposed wording", 0, 1, nil)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if (len(args) == 1) != (state != "") || state != "" && !slices.Contains([]string{"open", "mended", "accepted"}, state) {
			return usage("greffier findings [ID --state open|mended|accepted [--reason WHY]]")
		}
		return c.with(func(p *profile) error {
			rows, err := p.Findings(c.ctx)
			if err != nil {
				return err
			}
			if state != "" {
				i := slices.IndexFunc(rows, func(r app.FindingRow) bool { return strings.EqualFold(r.ID, args[0]) })
				if i < 0 {
					return usage("there is no finding %q", args[0])
				}
				r := rows[i].Ruling
				r.State, r.Reason = state, reason
				return p.SaveRuling(c.ctx, r)
			}
			out := []findingJSON{}
			for _, r := range rows {
				w := r.Wording
				if r.Ruling.Wording != (register.Text{}) {
					w = r.Ruling.Wording
				}
				out = append(out, findingJSON{r.ID, r.Article, r.Source, r.Ruling.State, r.Title.In(c.lang), r.Seen.In(c.lang), w.FR, w.EN, r.Ruling.Reason})
			}
			if c.json {
				return c.printJSON(out)
			}
			for _, f := range out {
				fmt.Fprintf(c.out, "%s\t%s\t%s\n", f.ID, f.State, oneLine(f.Title))
			}
			return nil
		})
	}
	cmd.Flags().StringVar(&state, "state", "", "settle the finding: open, mended or accepted")
	cmd.Flags().StringVar(&reason, "reason", "", "why it is accepted")
	return cmd
}

func (c *cli) piaCommand() *cobra.Command {
	var file string
	cmd := command("pia ACTIVITY [--file F]", "Write the screening of an activity for the CNIL's PIA tool", 1, 1, func(_ *cobra.Command, args []string) error {
		return c.with(func(p *profile) error {
			ss, err := p.Screenings(c.ctx)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(ss, func(s register.Screening) bool { return strings.EqualFold(s.Activity, args[0]) })
			if i < 0 {
				return app.ErrNoScreening
			}
			path, err := p.ExportPIA(c.ctx, ss[i].ID, file)
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"file": path})
			}
			fmt.Fprintln(c.out, path)
			return nil
		})
	})
	cmd.Flags().StringVar(&file, "file", "", "the file to write")
	return cmd
}

func (c *cli) breachCopyCommand() *cobra.Command {
	var file string
	cmd := command("breach-copy ID [--file F]", "The fields of a breach for the CNIL's form, in French, and those that are missing; as a signed file where one is named", 1, 1, func(_ *cobra.Command, args []string) error {
		return c.with(func(p *profile) error {
			bs, err := p.Breaches(c.ctx)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(bs, func(b register.Breach) bool { return b.ID == args[0] })
			if i < 0 {
				return app.ErrNoBreach
			}
			text, missing, err := p.BreachCopy(c.ctx, bs[i])
			if err != nil {
				return err
			}
			if file != "" {
				if _, err := p.KeepBreachCopy(c.ctx, args[0], file); err != nil {
					return err
				}
			}
			if c.json {
				return c.printJSON(map[string]any{"text": text, "missing": missing, "file": file})
			}
			fmt.Fprint(c.out, text)
			return nil
		})
	})
	cmd.Flags().StringVar(&file, "file", "", "the file to write, with its signatures beside it")
	return cmd
}
