package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/effects"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/retention"
	"greffier/assets"
)

// ruleJSON is a retention rule as `rule list --json` prints it.
type ruleJSON struct {
	Rule      string `json:"rule"`
	About     string `json:"about"`
	Covers    string `json:"covers"`
	Starts    string `json:"starts"`
	Period    string `json:"period"`
	Then      string `json:"then"`
	Ground    string `json:"ground"`
	Article   string `json:"article"`
	Automatic bool   `json:"automatic"`
}

type sideJSON struct {
	Orders    int   `json:"orders"`
	Objects   int   `json:"objects"`
	SizeBytes int64 `json:"size_bytes"`
	Waiting   int   `json:"waiting"`
}

// impactJSON is what a changed rule would make due at once.
type impactJSON struct {
	Rule   ruleJSON  `json:"rule"`
	Before sideJSON  `json:"before"`
	After  sideJSON  `json:"after"`
	Now    []dueJSON `json:"now"`
	NoMore []dueJSON `json:"no_more"`
	Saved  bool      `json:"saved"`
}

func (c *cli) inLang(t register.Text) string {
	if c.speak() == "fr" {
		return t.FR
	}
	return t.EN
}

func (c *cli) ruleOf(r register.Rule) ruleJSON {
	return ruleJSON{r.ID, retention.About(r), c.inLang(r.Covers), r.Starts, r.Period, r.Then, c.inLang(r.Ground), r.Article, r.Automatic}
}

func dueOf(d app.DueRow) dueJSON {
	return dueJSON{d.Rule, d.Number, d.Since, d.Due, d.Objects, d.Held}
}

func (c *cli) ruleCommand() *cobra.Command {
	const how = "greffier rule list, greffier rule show NAME, greffier rule set NAME [--period P] [--starts S] [--then T] [--about DATA] [--dry-run], or greffier rule drop NAME"
	var period, starts, then, about string
	var dry bool
	cmd := command("rule list | show NAME | set NAME [--period P] [--starts S] [--then T] [--about DATA] [--dry-run] | drop NAME",
		"Show the retention rules, and what a changed one would make due at once", 1, 2, nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		changed := cmd.Flags().NFlag() > 0
		sets := cmd.Flags().Changed("period") || cmd.Flags().Changed("starts") || cmd.Flags().Changed("then") || cmd.Flags().Changed("about") || dry
		if (args[0] == "list") != (len(args) == 1) || args[0] != "set" && sets && changed || args[0] == "set" && !sets {
			return usage(how)
		}
		return c.with(func(p *profile) error {
			switch args[0] {
			case "list":
				return c.listRules(p)
			case "show":
				r, ok, err := c.rule(p, args[1])
				if err == nil && !ok {
					err = retention.ErrRule
				}
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(c.ruleOf(r))
				}
				c.showRule(r)
				return nil
			case "drop":
				return p.DropRule(c.ctx, args[1])
			case "set":
				r, ok, err := c.rule(p, args[1])
				if err != nil {
					return err
				}
				if !ok {
					r = register.Rule{ID: args[1], Data: about}
					if s, t := retention.StartsOf(about), retention.ThensOf(about); len(s) > 0 {
						r.Starts, r.Then = s[0], t[0]
					}
				}
				for _, x := range []struct {
					name string
					from string
					to   *string
				}{{"period", period, &r.Period}, {"starts", starts, &r.Starts}, {"then", then, &r.Then}} {
					if cmd.Flags().Changed(x.name) {
						*x.to = x.from
					}
				}
				return c.setRule(p, r, dry)
			}
			return usage(how)
		})
	}
	f := cmd.Flags()
	f.StringVar(&period, "period", "", "how long, as \"60 days\" or \"3 years\"")
	f.StringVar(&starts, "starts", "", "what the period starts with: completion, last interaction, last contact, financial year end, end of relationship")
	f.StringVar(&then, "then", "", "what happens at its end: delete, anonymise, restrict")
	f.StringVar(&about, "about", "", "what a new rule of your own is about: contract, billing, commercial, unfinished")
	f.BoolVar(&dry, "dry-run", false, "show what it would make due, keep nothing")
	return cmd
}

func (c *cli) rule(p *profile, id string) (register.Rule, bool, error) {
	all, err := p.Rules(c.ctx)
	for _, r := range all {
		if r.ID == id {
			return r, true, err
		}
	}
	return register.Rule{}, false, err
}

func (c *cli) showRule(r register.Rule) {
	fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, retention.About(r), r.Period, r.Starts, r.Then, oneLine(c.inLang(r.Covers)))
}

func (c *cli) listRules(p *profile) error {
	all, err := p.Rules(c.ctx)
	if err != nil {
		return err
	}
	out := []ruleJSON{}
	for _, r := range all {
		out = append(out, c.ruleOf(r))
	}
	if c.json {
		return c.printJSON(out)
	}
	for _, r := range all {
		c.showRule(r)
	}
	return nil
}

// setRule shows what a rule would make due, and keeps it.
func (c *cli) setRule(p *profile, r register.Rule, dry bool) error {
	v, err := p.TryRule(c.ctx, r)
	if err != nil {
		return err
	}
	side := func(s app.ImpactSide) sideJSON { return sideJSON{s.Orders, s.Objects, s.SizeBytes, s.Held} }
	out := impactJSON{Rule: c.ruleOf(v.Rule), Before: side(v.Before), After: side(v.After), Now: []dueJSON{}, NoMore: []dueJSON{}, Saved: !dry}
	for _, d := range v.Now {
		out.Now = append(out.Now, dueOf(d))
	}
	for _, d := range v.NoMore {
		out.NoMore = append(out.NoMore, dueOf(d))
	}
	if !dry {
		if err := p.SaveRule(c.ctx, r); err != nil {
			return err
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	fmt.Fprintf(c.out, "before\t%d\t%d\t%d\nafter\t%d\t%d\t%d\n", v.Before.Orders, v.Before.Objects, v.Before.Held, v.After.Orders, v.After.Objects, v.After.Held)
	for _, d := range v.Now {
		fmt.Fprintf(c.out, "now\t%s\t%s\t%s\t%d\n", oneLine(d.Number), d.Since, d.Due, d.Objects)
	}
	for _, d := range v.NoMore {
		fmt.Fprintf(c.out, "no more\t%s\t%s\t%s\t%d\n", oneLine(d.Number), d.Since, d.Due, d.Objects)
	}
	return nil
}

// holdJSON is a hold as `hold list --json` prints it.
type holdJSON struct {
	ID      string   `json:"id"`
	Scope   string   `json:"scope"`
	Order   string   `json:"order"`
	Email   string   `json:"email"`
	Storage string   `json:"storage"`
	Prefix  string   `json:"prefix"`
	Reason  string   `json:"reason"`
	From    law.Date `json:"from"`
	Until   law.Date `json:"until"`
	Active  bool     `json:"active"`
}

func (c *cli) holdCommand() *cobra.Command {
	const how = "greffier hold place --order ID | --email ADDRESS | --storage NAME [--prefix P] | --all, with --reason WHY [--until DATE] [--remind DAYS]; greffier hold list; greffier hold lift ID"
	var number, email, storage, prefix, reason, until string
	var all bool
	var remind int
	cmd := command("hold place (--order ID | --email ADDRESS | --storage NAME [--prefix P] | --all) --reason WHY [--until DATE] [--remind DAYS] | list | lift ID",
		"Keep data from any erasure for a reason, list what is kept, or lift it", 1, 2, nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		scopes := 0
		for _, on := range []bool{number != "", email != "", storage != "", all} {
			if on {
				scopes++
			}
		}
		h := app.LegalHold{Scope: app.HoldOrder, Email: email, Storage: storage, Prefix: prefix, Reason: reason, Remind: remind}
		switch {
		case email != "":
			h.Scope = app.HoldPerson
		case storage != "":
			h.Scope = app.HoldPlace
		case all:
			h.Scope = app.HoldAll
		}
		if until != "" {
			var err error
			if h.Until, err = law.ParseDate(until); err != nil {
				return usage("--until needs a date such as 2026-11-23")
			}
		}
		switch {
		case args[0] == "place" && (len(args) > 1 || scopes != 1 || reason == "" || prefix != "" && storage == ""),
			args[0] == "lift" && (len(args) != 2 || scopes > 0), args[0] == "list" && (len(args) != 1 || scopes > 0), args[0] != "place" && args[0] != "lift" && args[0] != "list":
			return usage(how)
		}
		return c.with(func(p *profile) error {
			switch args[0] {
			case "list":
				return c.listHolds(p)
			case "lift":
				return p.EndHold(c.ctx, args[1])
			}
			if number != "" {
				var err error
				if h.Order, err = p.OrderID(c.ctx, number); err != nil {
					return err
				}
			}
			id, err := p.Hold(c.ctx, h)
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"id": id})
			}
			fmt.Fprintf(c.out, "hold\t%s\n", id)
			return nil
		})
	}
	f := cmd.Flags()
	f.StringVar(&number, "order", "", "the order's number")
	f.StringVar(&email, "email", "", "a person, by her address")
	f.StringVar(&storage, "storage", "", "a storage, or with --prefix a part of it")
	f.StringVar(&prefix, "prefix", "", "the beginning of the keys")
	f.BoolVar(&all, "all", false, "everything")
	f.StringVar(&reason, "reason", "", "why")
	f.StringVar(&until, "until", "", "its last day")
	f.IntVar(&remind, "remind", 0, "how many days before its end you are told")
	return cmd
}

func (c *cli) listHolds(p *profile) error {
	all, err := p.Holds(c.ctx)
	if err != nil {
		return err
	}
	out := []holdJSON{}
	for _, h := range all {
		out = append(out, holdJSON{h.ID, string(h.Scope), h.Number, h.Email, h.Storage, h.Prefix, h.Reason, h.From, h.Until, h.Active})
	}
	if c.json {
		return c.printJSON(out)
	}
	for _, h := range out {
		what := h.Order + h.Email + h.Storage
		if h.Prefix != "" {
			what += " " + h.Prefix
		}
		fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\t%s\n", h.ID, h.Scope, oneLine(what), h.Until, oneLine(h.Reason))
	}
	return nil
}

// archivedJSON is an archived order as `archive --json` prints it.
type archivedJSON struct {
	Order string   `json:"order"`
	Since law.Date `json:"since"`
	Until law.Date `json:"until"`
	Looks int      `json:"looks"`
}

func (c *cli) archiveCommand() *cobra.Command {
	var number, reason string
	cmd := command("archive [--order ID --reason WHY]", "List the orders in intermediate archiving, or look at one with a reason", 0, 0, func(*cobra.Command, []string) error {
		if (number == "") != (reason == "") {
			return usage("greffier archive, or greffier archive --order ID --reason WHY")
		}
		return c.with(func(p *profile) error { return c.archived(p, number, reason) })
	})
	cmd.Flags().StringVar(&number, "order", "", "the order's number")
	cmd.Flags().StringVar(&reason, "reason", "", "why you need to see it; kept on file")
	return cmd
}

func (c *cli) archived(p *profile, number, reason string) error {
	if number != "" {
		id, err := p.OrderID(c.ctx, number)
		if err != nil {
			return err
		}
		if err := p.OpenArchived(c.ctx, id, reason); err != nil {
			return err
		}
		v, err := p.Order(c.ctx, id)
		if err != nil {
			return err
		}
		o := v.Order
		doc := map[string]any{"order": o.Number, "created": rfc3339(o.CreatedAt), "completed": rfc3339(o.CompletedAt), "name": o.Customer.Name(),
			"address": effects.Words(o.Customer.Address), "postcode": o.Customer.Postcode, "city": o.Customer.City, "total": o.Total, "currency": o.Currency, "until": v.Row.Archived.String()}
		if c.json {
			return c.printJSON(doc)
		}
		fmt.Fprintf(c.out, "%s\t%s\t%s\t%s %s\t%s\n", oneLine(o.Number), doc["completed"], oneLine(o.Customer.Name()), oneLine(o.Total), oneLine(o.Currency), doc["until"])
		return nil
	}
	rows, err := p.Archive(c.ctx)
	if err != nil {
		return err
	}
	out := []archivedJSON{}
	for _, r := range rows {
		out = append(out, archivedJSON{r.Number, r.Since, r.Until, r.Looked})
		if !c.json {
			fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\n", oneLine(r.Number), r.Since, r.Until, strconv.Itoa(r.Looked))
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	if len(rows) == 0 {
		c.say("%s", assets.Text(c.speak(), "rules.archive.none", nil))
	}
	return nil
}
