package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/assets"
)

// copyJSON is a copy as `copy --json` prints it.
type copyJSON struct {
	ID         string         `json:"id"`
	Case       int64          `json:"case"`
	Kind       string         `json:"kind"`
	State      string         `json:"state"` // there, missing, changed, purged
	MadeAt     string         `json:"made_at"`
	Items      int            `json:"items"`
	Files      int            `json:"files"`
	SizeBytes  int64          `json:"size_bytes"`
	SHA256     string         `json:"sha256"`
	Format     string         `json:"format"`
	Path       string         `json:"path,omitempty"`
	Until      string         `json:"until"`
	LeftOut    []app.CopyLeft `json:"left_out"`
	Passphrase string         `json:"passphrase,omitempty"` // with --show-passphrase alone
	PurgedAt   string         `json:"purged_at,omitempty"`
	Found      string         `json:"found_before_purge,omitempty"`
}

func copyOf(x app.Copy, show bool) copyJSON {
	j := copyJSON{ID: x.ID, Case: int64(x.Case), Kind: string(x.Kind), State: x.Found, MadeAt: x.MadeAt.UTC().Format(time.RFC3339), Items: x.Items, Files: x.FileCount,
		SizeBytes: x.SizeBytes, SHA256: x.SHA256, Format: x.Format, Path: x.Path, Until: x.Until.String(), LeftOut: orEmpty(x.LeftOut), Found: x.PurgedAs}
	if !x.PurgedAt.IsZero() {
		j.PurgedAt = x.PurgedAt.UTC().Format(time.RFC3339)
	}
	if show {
		j.Passphrase = x.Passphrase
	}
	return j
}

type copyItemJSON struct {
	ID       string   `json:"id"`
	Category string   `json:"category"`
	What     string   `json:"what"`
	Order    string   `json:"order,omitempty"`
	Size     int64    `json:"size_bytes,omitempty"`
	Included bool     `json:"included"`
	Fixed    bool     `json:"fixed,omitempty"`
	Why      string   `json:"why,omitempty"`
	Masked   []string `json:"masked,omitempty"`
}

// copyFlags are what `greffier copy` is called with.
type copyFlags struct {
	caseNo             int64
	portable           bool
	zip, folder, purge string
	reason             string
	leave, include     []string
	dry, list, show    bool
}

func (c *cli) copyCommand() *cobra.Command {
	var f copyFlags
	const use = "copy --case N [--portability] [--zip F | --folder DIR] [--leave-out ID=REASON]… [--include ID]… [--dry-run] [--show-passphrase]  or  copy --case N --list [--show-passphrase]  or  copy --purge ID [--reason WORDS]"
	cmd := command(use, "Make the copy of a person's data, for access or portability", 0, 0, func(cmd *cobra.Command, _ []string) error {
		given := func(names ...string) (n int) {
			for _, x := range names {
				if cmd.Flags().Changed(x) {
					n++
				}
			}
			return n
		}
		makes := given("portability", "zip", "folder", "leave-out", "include", "dry-run")
		if given("case", "purge") != 1 || given("case") == 1 && f.caseNo < 1 || given("zip", "folder") > 1 || f.list && makes > 0 ||
			given("purge") == 1 && makes+given("list", "show-passphrase") > 0 || given("reason") == 1 && given("purge") == 0 {
			return usage("greffier %s", use)
		}
		return c.with(func(p *profile) error { return c.copyWith(p, f) })
	})
	fl := cmd.Flags()
	fl.Int64Var(&f.caseNo, "case", 0, "the case that asks for it")
	fl.BoolVar(&f.portable, "portability", false, "what the person provided, for portability (GDPR Art. 20)")
	fl.StringVar(&f.zip, "zip", "", "write the encrypted ZIP to this file")
	fl.StringVar(&f.folder, "folder", "", "write a folder, not encrypted, instead")
	fl.StringArrayVar(&f.leave, "leave-out", nil, "leave an item out for a reason that the person is told: ID=REASON (may be repeated)")
	fl.StringArrayVar(&f.include, "include", nil, "put in an item that is left out by default (may be repeated)")
	fl.BoolVar(&f.dry, "dry-run", false, "show what the copy would hold")
	fl.BoolVar(&f.list, "list", false, "show the copies that were made")
	fl.BoolVar(&f.show, "show-passphrase", false, "print the passphrase of the ZIP")
	fl.StringVar(&f.purge, "purge", "", "remove this copy now")
	fl.StringVar(&f.reason, "reason", "", "why it is removed before its time")
	return cmd
}

func (c *cli) copyWith(p *profile, f copyFlags) error {
	switch {
	case f.purge != "":
		return c.purgeCopy(p, f)
	case f.list:
		return c.listCopies(p, f)
	}
	kind := disclosure.Access
	if f.portable {
		kind = disclosure.Portability
	}
	ch := app.CopyChoices{Choices: disclosure.Choices{LeaveOut: map[string]string{}, Include: f.include}, Path: f.zip}
	if f.folder != "" {
		ch.Format, ch.Path = app.CopyFolder, f.folder
	}
	for _, s := range f.leave {
		id, reason, ok := strings.Cut(s, "=")
		if !ok {
			return usage("--leave-out takes ID=REASON, not %q", s)
		}
		ch.LeaveOut[id] = reason
	}
	if f.dry {
		return c.previewCopy(p, f, kind, ch)
	}
	report, end := c.progress("copy")
	x, err := p.MakeCopy(c.ctx, cases.ID(f.caseNo), kind, ch, report)
	end()
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"copy": copyOf(x, f.show)})
	}
	c.showCopy(x, f.show)
	if x.Passphrase != "" {
		c.say("%s", assets.Text(c.speak(), map[bool]string{true: "cli.copy_channel", false: "cli.copy_passphrase"}[f.show], nil))
	}
	return nil
}

func (c *cli) showCopy(x app.Copy, show bool) {
	fmt.Fprintf(c.out, "%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", x.ID, x.Kind, x.Found, x.Items, x.SizeBytes, x.SHA256, x.Until, oneLine(x.Path))
	if show && x.Passphrase != "" {
		fmt.Fprintf(c.out, "passphrase\t%s\n", x.Passphrase)
	}
}

// previewCopy shows what a copy would hold, with the choices given.
func (c *cli) previewCopy(p *profile, f copyFlags, kind disclosure.Kind, ch app.CopyChoices) error {
	v, err := p.PreviewCopy(c.ctx, cases.ID(f.caseNo), kind)
	if err == nil {
		v, err = v.Apply(ch.Choices)
	}
	if err != nil {
		return err
	}
	items := []copyItemJSON{}
	for _, k := range v.Categories {
		for _, i := range k.Items {
			items = append(items, copyItemJSON{i.ID, k.Key, i.What, i.Order, i.Size, i.Included, i.Fixed, i.Why, i.Masked})
		}
	}
	gaps := []string{}
	for _, g := range v.Gaps {
		gaps = append(gaps, g.What)
	}
	if c.json {
		return c.printJSON(map[string]any{"kind": kind, "items": items, "gaps": gaps, "orders_in_another_name": v.OtherOrders})
	}
	for _, i := range items {
		state := "in"
		if !i.Included {
			state = "out"
		}
		fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\t%s\n", state, i.Category, i.ID, oneLine(i.What), oneLine(i.Why))
	}
	for _, g := range gaps {
		c.say("%s", g)
	}
	return nil
}

func (c *cli) listCopies(p *profile, f copyFlags) error {
	all, err := p.Copies(c.ctx, cases.ID(f.caseNo))
	if err != nil {
		return err
	}
	if c.json {
		out := []copyJSON{}
		for _, x := range all {
			out = append(out, copyOf(x, f.show))
		}
		return c.printJSON(out)
	}
	for _, x := range all {
		c.showCopy(x, f.show)
	}
	return nil
}

func (c *cli) purgeCopy(p *profile, f copyFlags) error {
	reason := f.reason
	if reason == "" {
		reason = assets.Text(c.speak(), "cli.copy_purged", nil)
	}
	x, err := p.PurgeCopy(c.ctx, f.purge, reason)
	if err != nil {
		return err
	}
	if x.PurgedAs != app.CopyThere {
		c.say("%s", assets.Text(c.speak(), "cli.copy_"+x.PurgedAs, nil))
	}
	if c.json {
		return c.printJSON(map[string]any{"copy": copyOf(x, false)})
	}
	c.showCopy(x, false)
	return nil
}
