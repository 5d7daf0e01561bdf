package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/promise"
	"greffier/app/register"
)

// maxPolicyFile bounds the document of a policy in bytes.
const maxPolicyFile = 5 << 20

// historyJSON is what `promises --history --json` prints of a promise.
type historyJSON struct {
	ID    string     `json:"id"`
	State string     `json:"state"` // as last seen
	Since law.Date   `json:"since"`
	Spans []app.Span `json:"spans"`
}

func (c *cli) promiseHistory(p *profile) error {
	hs, err := p.History(c.ctx)
	if err != nil {
		return err
	}
	out := []historyJSON{}
	for _, h := range hs {
		j := historyJSON{ID: h.ID, Spans: h.Spans}
		for _, s := range slices.Backward(h.Spans) {
			if j.State != "" && s.State != j.State {
				break
			}
			j.State, j.Since = s.State, s.From
		}
		out = append(out, j)
		if c.json {
			continue
		}
		for _, s := range h.Spans {
			fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\n", h.ID, s.From, s.Until, s.State)
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	return nil
}

// siteJSON is what `site --json` and `site check --json` print.
type siteJSON struct {
	CheckedAt  string             `json:"checked_at"` // RFC 3339, "" while it was never checked
	Address    string             `json:"address"`
	Browser    string             `json:"browser"` // "" for plain reading
	Pages      int                `json:"pages"`
	Elsewhere  string             `json:"elsewhere"`
	TLS        string             `json:"tls"`
	TLSProblem string             `json:"tls_problem"`
	CertUntil  string             `json:"certificate_until"`
	Contact    bool               `json:"contact"`
	PolicyURL  string             `json:"policy_url"`
	PolicySame bool               `json:"policy_same"`
	Version    string             `json:"policy_version"`
	Changes    []policyChangeJSON `json:"policy_changes"`
	Found      []siteFoundJSON    `json:"found"`
}

type policyChangeJSON struct {
	Added bool   `json:"added"`
	Text  string `json:"text"`
}

type siteFoundJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Host     string `json:"host"`
	How      string `json:"how"`
	Page     string `json:"page"`
	Owner    string `json:"owner"`
	Declared bool   `json:"declared"`
	Consent  string `json:"consent"`
}

func (c *cli) printSite(v app.SiteView) error {
	j := siteJSON{Address: v.Address, Browser: v.Browser, Pages: len(v.Pages), Elsewhere: v.Elsewhere, TLS: v.TLS, TLSProblem: v.TLSProblem, Contact: v.Contact, PolicyURL: v.PolicyURL,
		PolicySame: v.Same, Version: v.Version, Changes: []policyChangeJSON{}, Found: []siteFoundJSON{}}
	if v.Checked {
		j.CheckedAt = v.CheckedAt.UTC().Format("2006-01-02T15:04:05Z")
	}
	if !v.CertUntil.IsZero() {
		j.CertUntil = v.CertUntil.UTC().Format("2006-01-02T15:04:05Z")
	}
	for _, x := range v.Changes {
		j.Changes = append(j.Changes, policyChangeJSON{x.Added, x.Text})
	}
	for _, r := range v.Rows {
		j.Found = append(j.Found, siteFoundJSON{r.ID, r.Name, r.Host, r.How, r.Page, r.Owner, r.Declared, r.Consent})
	}
	if c.json {
		return c.printJSON(j)
	}
	seen := "plain"
	if j.Browser != "" {
		seen = "browser"
	}
	fmt.Fprintf(c.out, "site\t%s\t%s\t%s\t%d\nencryption\t%s\t%s\t%s\ncontact\t%v\npolicy\t%v\t%s\n", j.CheckedAt, oneLine(j.Address), seen, j.Pages, j.TLS, j.TLSProblem, j.CertUntil, j.Contact, j.PolicySame, oneLine(j.PolicyURL))
	for _, f := range j.Found {
		fmt.Fprintf(c.out, "found\t%s\t%s\t%s\t%s\tdeclared %v\t%s\n", oneLine(f.Name), oneLine(f.Host), f.How, oneLine(f.Page), f.Declared, f.Consent)
	}
	for _, x := range j.Changes {
		mark := "-"
		if x.Added {
			mark = "+"
		}
		fmt.Fprintf(c.out, "%s\t%s\n", mark, oneLine(x.Text))
	}
	return nil
}

func (c *cli) siteCommand() *cobra.Command {
	var monthly string
	cmd := command("site [check | declare ID | take] [--monthly on|off]", "Look at the shop's own site as a visitor who accepted nothing", 0, 2, func(_ *cobra.Command, args []string) error {
		act, id := "", ""
		if len(args) > 0 {
			act = args[0]
		}
		if len(args) > 1 {
			id = args[1]
		}
		if !slices.Contains([]string{"", "check", "declare", "take"}, act) || (act == "declare") != (id != "") || monthly != "" && act != "" || !slices.Contains([]string{"", "on", "off"}, monthly) {
			return usage("greffier site [check | declare ID | take] [--monthly on|off]")
		}
		return c.with(func(p *profile) error {
			switch {
			case monthly != "":
				return p.SetSiteMonthly(c.ctx, monthly == "on")
			case act == "check":
				report, end := c.progress("site")
				v, err := p.CheckSite(c.ctx, report)
				end()
				if err != nil {
					return err
				}
				return c.printSite(v)
			case act == "declare":
				t, err := p.DeclareFound(c.ctx, id)
				if err != nil {
					return err
				}
				return c.wrote("tracker", t.ID)
			case act == "take":
				v, err := p.TakeSitePolicy(c.ctx)
				if err != nil {
					return err
				}
				return c.wrote("version", v.ID)
			}
			v, err := p.Site(c.ctx)
			if err != nil {
				return err
			}
			return c.printSite(v)
		})
	})
	cmd.Flags().StringVar(&monthly, "monthly", "", "look at it by itself each month: on or off")
	return cmd
}

func (c *cli) drillCommand() *cobra.Command {
	var list bool
	var monthly string
	cmd := command("drill [--list] [--monthly on|off]", "Take a customer who never was through request, erasure and verification", 0, 0, func(*cobra.Command, []string) error {
		if list && monthly != "" || !slices.Contains([]string{"", "on", "off"}, monthly) {
			return usage("greffier drill [--list] [--monthly on|off]")
		}
		return c.with(func(p *profile) error {
			switch {
			case monthly != "":
				return p.SetDrillMonthly(c.ctx, monthly == "on")
			case list:
				v, err := p.Drills(c.ctx)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(orEmpty(v.Drills))
				}
				for _, d := range v.Drills {
					c.printDrill(d)
				}
				return nil
			}
			report, end := c.progress("drill")
			d, err := p.RunDrill(c.ctx, report)
			end()
			if d.ID != "" {
				if !c.json {
					c.printDrill(d)
				} else if perr := c.printJSON(d); perr != nil {
					return perr
				}
			}
			return err
		})
	})
	cmd.Flags().BoolVar(&list, "list", false, "list the drills so far")
	cmd.Flags().StringVar(&monthly, "monthly", "", "run one by itself each month: on or off")
	return cmd
}

func (c *cli) printDrill(d app.DrillRecord) {
	state := "passed"
	switch {
	case d.Failed != "":
		state = d.Failed
	case d.EndedAt.IsZero():
		state = "under way"
	}
	fmt.Fprintf(c.out, "%s\t%s\t%d erased\tcleaned %v\n", d.StartedAt.UTC().Format("2006-01-02T15:04:05Z"), state, d.Erased, d.Cleaned)
	for _, x := range d.Places {
		fmt.Fprintf(c.out, "\t%s\t%s\t%s\n", oneLine(x.Storage), oneLine(x.Key), x.Skipped)
	}
}

func (c *cli) statedCommand() *cobra.Command {
	return command("state "+strings.Join(promise.Statements, "|"), "State what you saw yourself because no program can; it counts for a year", 1, 1, func(_ *cobra.Command, args []string) error {
		if !slices.Contains(promise.Statements, args[0]) {
			return usage("greffier state %s", strings.Join(promise.Statements, "|"))
		}
		return c.with(func(p *profile) error { return p.Declare(c.ctx, args[0]) })
	})
}

// claimJSON is what `policy import --json` prints of a promise that was found.
type claimJSON struct {
	ID       string `json:"id"`
	Sentence string `json:"sentence"`
	Rule     string `json:"rule,omitempty"`
	Period   string `json:"period,omitempty"`
}

func (c *cli) policyCommand() *cobra.Command {
	var yes bool
	var from, not string
	cmd := command("policy import FILE [--yes] [--from DATE] [--not P3,P7]", "Read which promises a policy makes; --yes makes it the version in force", 2, 2, func(_ *cobra.Command, args []string) error {
		if args[0] != "import" || !yes && (from != "" || not != "") {
			return usage("greffier policy import FILE [--yes] [--from DATE] [--not P3,P7]")
		}
		var day law.Date
		if from != "" {
			var err error
			if day, err = law.ParseDate(from); err != nil {
				return usage("--from needs a date such as 2026-12-31")
			}
		}
		for id := range strings.SplitSeq(not, ",") {
			if not != "" && !slices.Contains(promise.IDs(), id) {
				return usage("--not needs promises such as P3,P7")
			}
		}
		info, err := os.Stat(args[1])
		if err != nil {
			return err
		}
		if info.IsDir() || info.Size() > maxPolicyFile {
			return usage("%s is no document that can be read", filepath.Base(args[1]))
		}
		content, err := os.ReadFile(args[1])
		if err != nil {
			return err
		}
		return c.with(func(p *profile) error {
			r, err := p.ReadPolicyFile(c.ctx, filepath.Base(args[1]), content)
			if err != nil {
				return err
			}
			var made register.PolicyVersion
			if yes {
				if made, err = p.ImportPolicy(c.ctx, r.Text, day, committed(r.Claims, not)); err != nil {
					return err
				}
			}
			return c.printReading(r, made)
		})
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "keep it as a new version with the promises found")
	cmd.Flags().StringVar(&from, "from", "", "the day from which it is in force; today without it")
	cmd.Flags().StringVar(&not, "not", "", "promises found that are none")
	return cmd
}

// committed are the promises that a text makes, save those named in not.
func committed(claims []promise.Claim, not string) app.Commitments {
	out := app.Commitments{Promised: map[string]string{}}
	for _, id := range promise.IDs() {
		if strings.Contains(","+not+",", ","+id+",") || !slices.ContainsFunc(claims, func(x promise.Claim) bool { return x.ID == id }) {
			out.Not = append(out.Not, id)
		}
	}
	for _, x := range claims {
		if x.Period != "" && out.Promised[x.Rule] == "" && !slices.Contains(out.Not, x.ID) {
			out.Promised[x.Rule] = x.Period
		}
	}
	return out
}

func (c *cli) printReading(r app.PolicyReading, made register.PolicyVersion) error {
	claims := []claimJSON{}
	for _, x := range r.Claims {
		claims = append(claims, claimJSON(x))
		if !c.json {
			fmt.Fprintf(c.out, "%s\t%s\t%s\n", x.ID, x.Period, oneLine(x.Sentence))
		}
	}
	if c.json {
		return c.printJSON(map[string]any{"promises": claims, "changes": len(r.Changes), "in_force": r.Version, "version": made.ID})
	}
	if made.ID != "" {
		fmt.Fprintf(c.out, "version\t%s\t%s\n", made.ID, made.SHA256)
	}
	return nil
}
