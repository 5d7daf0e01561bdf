package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/law"
	"greffier/assets"
)

// restrictionJSON is a restriction as `restrict --json` prints it.
type restrictionJSON struct {
	ID         string   `json:"id"`
	Case       int64    `json:"case"`
	Orders     []string `json:"orders"`
	Ground     string   `json:"ground"`
	Article    string   `json:"article"`
	Reason     string   `json:"reason"`
	From       string   `json:"from"`
	Told       string   `json:"told"`
	Lifted     string   `json:"lifted"`
	Locked     int      `json:"locked"`
	ByGreffier int      `json:"by_greffier"`
	Waiting    int      `json:"waiting"`
}

func restrictionOf(r app.RestrictionRow) restrictionJSON {
	return restrictionJSON{r.ID, int64(r.Case), orEmpty(r.Numbers), string(r.Ground), r.Ground.Article(), r.Reason, rfc3339(r.From), rfc3339(r.ToldAt), rfc3339(r.LiftedAt), r.Locked, r.ByGreffier, r.Waiting}
}

// rfc3339 writes an instant as RFC 3339 in UTC, "" for none.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (c *cli) restrictCommand() *cobra.Command {
	var caseNo int64
	var numbers []string
	var ground, reason, lift, told string
	const how = "greffier restrict [--case N [--order ID…] | --order ID…] --ground a|b|c|d --reason WHY, or greffier restrict --lift ID [--told DATE] --reason WHY, or greffier restrict"
	cmd := command("restrict [--case N] [--order ID…] --ground a|b|c|d --reason WHY  or  restrict --lift ID [--told DATE] --reason WHY  or  restrict",
		"Keep data unused and unerased (GDPR Art. 18), lift that, or list what stands", 0, 0, nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		places := caseNo != 0 || len(numbers) > 0
		var day law.Date
		if told != "" {
			var err error
			if day, err = law.ParseDate(told); err != nil {
				return usage("--told needs a date such as 2026-11-23")
			}
		}
		switch {
		case places && lift != "", places && (ground == "" || reason == ""), lift != "" && reason == "", !places && lift == "" && (ground != "" || reason != "" || told != ""), told != "" && lift == "", caseNo < 0:
			return usage(how)
		}
		return c.with(func(p *profile) error {
			switch {
			case places:
				return c.restrict(p, cases.ID(caseNo), numbers, effects.Ground(ground), reason)
			case lift != "":
				if err := c.lift(p, lift, day, reason); err != nil {
					return err
				}
			}
			return c.showRestrictions(p)
		})
	}
	f := cmd.Flags()
	f.Int64Var(&caseNo, "case", 0, "the case that asks for it")
	f.StringArrayVar(&numbers, "order", nil, "an order's number (may be repeated); without it, all those of the case")
	f.StringVar(&ground, "ground", "", "a: accuracy contested, b: unlawful, c: needed for a claim, d: an objection is weighed")
	f.StringVar(&reason, "reason", "", "why, in your words")
	f.StringVar(&lift, "lift", "", "the restriction to lift")
	f.StringVar(&told, "told", "", "the day on which the person was told of it; without it, when the letter went out")
	return cmd
}

// lift ends a restriction of which the person was told on a day, the zero day
// being that of the letter.
func (c *cli) lift(p *profile, id string, told law.Date, reason string) error {
	rows, err := p.Restrictions(c.ctx)
	if err != nil {
		return err
	}
	var at time.Time
	for _, r := range rows {
		if r.ID == id {
			at = effects.Restriction{From: r.From}.ToldOn(told, c.now(), law.Paris())
		}
	}
	return p.LiftRestriction(c.ctx, id, at, reason)
}

func (c *cli) restrict(p *profile, id cases.ID, numbers []string, ground effects.Ground, reason string) error {
	var orders []int64
	for _, n := range numbers {
		o, err := p.OrderID(c.ctx, n)
		if err != nil {
			return err
		}
		orders = append(orders, o)
	}
	if len(orders) == 0 {
		v, err := p.Case(c.ctx, id)
		if err != nil {
			return err
		}
		orders = v.Case.Selected()
	}
	r, err := p.Restrict(c.ctx, id, orders, ground, reason)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(restrictionOf(r))
	}
	c.showRestriction(r)
	c.say("%s", assets.Text(c.speak(), "cli.restricted", nil))
	return nil
}

func (c *cli) showRestriction(r app.RestrictionRow) {
	state := "in force"
	if !r.Active() {
		state = "lifted " + rfc3339(r.LiftedAt)
	}
	fmt.Fprintf(c.out, "restriction\t%s\t%d\t%s\t%s\t%s\t%s\t%d locked\t%d held by greffier\t%d waiting\t%s\n", r.ID, r.Case, strings.Join(r.Numbers, ","), r.Ground.Article(), rfc3339(r.From), state,
		r.Locked, r.ByGreffier, r.Waiting, oneLine(r.Reason))
}

func (c *cli) showRestrictions(p *profile) error {
	rows, err := p.Restrictions(c.ctx)
	if err != nil {
		return err
	}
	if c.json {
		out := []restrictionJSON{}
		for _, r := range rows {
			out = append(out, restrictionOf(r))
		}
		return c.printJSON(out)
	}
	for _, r := range rows {
		c.showRestriction(r)
	}
	return nil
}

// suppressionJSON is an entry of the list as `suppress list --json` prints it.
type suppressionJSON struct {
	ID     string            `json:"id"`
	Email  string            `json:"email"`
	Phone  string            `json:"phone"`
	Uses   []effects.Use     `json:"uses"`
	Source string            `json:"source"`
	Case   int64             `json:"case"`
	Since  string            `json:"since"`
	Lifted string            `json:"lifted"`
	Erased string            `json:"erased"`
	Shops  map[string]string `json:"shops"`
	Broken []string          `json:"broken"`
}

func suppressionOf(s app.SuppressionRow) suppressionJSON {
	j := suppressionJSON{s.ID, s.Email, s.Phone, orEmpty(s.Uses), string(s.Source), s.Case, rfc3339(s.At), rfc3339(s.LiftedAt), rfc3339(s.ErasedAt), map[string]string{}, []string{}}
	for _, x := range s.Shops {
		j.Shops[x.Shop] = string(x.State)
		if x.State == effects.PushPending {
			j.Shops[x.Shop] = "pending"
		}
		if !x.BrokenAt.IsZero() {
			j.Broken = append(j.Broken, x.Shop)
		}
	}
	return j
}

func (c *cli) suppressCommand() *cobra.Command {
	var email, phone, uses, reason, format, right string
	var caseNo int64
	const how = "greffier suppress list | add --email ADDRESS [--phone NUMBER] --uses USE,… [--case N] | lift ID --reason WHY | export FILE [--format csv|email|sha256] | import FILE"
	cmd := command("suppress list | add --email ADDRESS [--phone NUMBER] --uses USE,… [--case N] | lift ID --reason WHY | export FILE [--format csv|email|sha256] | import FILE",
		"Keep the suppression list: who does not want which use (GDPR Art. 21(3), 7(3))", 1, 2, nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		needs := map[string]int{"list": 1, "add": 1, "lift": 2, "export": 2, "import": 2}
		if needs[args[0]] != len(args) || args[0] == "add" && (email == "" && phone == "" || uses == "") || args[0] == "lift" && reason == "" {
			return usage(how)
		}
		return c.with(func(p *profile) error {
			switch args[0] {
			case "add":
				s := effects.Suppression{Email: email, Phone: phone, Case: caseNo, Right: right, Note: reason}
				for u := range strings.SplitSeq(uses, ",") {
					s.Uses = append(s.Uses, effects.Use(strings.ReplaceAll(strings.TrimSpace(u), "-", " ")))
				}
				if _, err := p.Suppress(c.ctx, s); err != nil {
					return err
				}
			case "lift":
				if err := p.Unsuppress(c.ctx, args[1], reason); err != nil {
					return err
				}
			case "export":
				return c.exportSuppressions(p, args[1], format)
			case "import":
				return c.importSuppressions(p, args[1])
			}
			return c.showSuppressions(p)
		})
	}
	f := cmd.Flags()
	f.StringVar(&email, "email", "", "the person's e-mail address")
	f.StringVar(&phone, "phone", "", "her telephone number")
	f.StringVar(&uses, "uses", "", "what stops: newsletter, post, phone, profiling, partners, photos, ai-training, statistics")
	f.Int64Var(&caseNo, "case", 0, "the case that asks for it")
	f.StringVar(&right, "right", "", "of the case: objection or withdrawal")
	f.StringVar(&reason, "reason", "", "why, in your words")
	f.StringVar(&format, "format", "csv", "of the file: csv, email or sha256")
	return cmd
}

func (c *cli) exportSuppressions(p *profile, path, format string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%w: %w", errFile, os.ErrExist)
	}
	x, err := p.ExportSuppressions(c.ctx, path, format)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"path": x.Path, "rows": x.Rows, "restricted": x.Restricted, "erased": x.Erased})
	}
	fmt.Fprintf(c.out, "exported\t%s\t%d rows\t%d restricted\t%d erased\n", oneLine(x.Path), x.Rows, x.Restricted, x.Erased)
	return nil
}

func (c *cli) importSuppressions(p *profile, path string) error {
	x, err := p.ImportSuppressions(c.ctx, path)
	for _, pr := range x.Problems {
		c.say("%s: %s", pr.Where, pr.What)
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"read": x.Read, "added": x.Added, "known": x.Known, "problems": orEmpty(x.Problems)})
	}
	fmt.Fprintf(c.out, "imported\t%d read\t%d added\t%d known\n", x.Read, x.Added, x.Known)
	return nil
}

func (c *cli) showSuppressions(p *profile) error {
	rows, err := p.Suppressed(c.ctx)
	if err != nil {
		return err
	}
	out := []suppressionJSON{}
	for _, s := range rows {
		j := suppressionOf(s)
		out = append(out, j)
		if c.json {
			continue
		}
		words := make([]string, len(j.Uses))
		for i, u := range j.Uses {
			words[i] = string(u)
		}
		state := "in force"
		switch {
		case j.Lifted != "":
			state = "lifted " + j.Lifted
		case len(j.Broken) > 0:
			state = "broken in " + strings.Join(j.Broken, ",")
		}
		fmt.Fprintf(c.out, "suppression\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", j.ID, oneLine(j.Email), j.Phone, strings.Join(words, ","), j.Source, j.Since, oneLine(state))
	}
	if c.json {
		return c.printJSON(out)
	}
	return nil
}

// changeJSON is a correction as `amend --json` prints it.
type changeJSON struct {
	Order string `json:"order"`
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
	State string `json:"state,omitempty"`
	Why   string `json:"why,omitempty"`
}

// fieldJSON is a field as `amend --json` without corrections prints it.
type fieldJSON struct {
	Order   string   `json:"order"`
	Field   string   `json:"field"`
	Value   string   `json:"value"`
	ByHand  bool     `json:"by_hand"`
	Invoice bool     `json:"invoice"`
	Also    []string `json:"also"`
}

func (c *cli) amendCommand() *cobra.Command {
	var caseNo int64
	var dry, yes, byHand bool
	const how = "greffier amend --case N [[ORDER:]FIELD=NEW…] [--dry-run | --yes] [--by-hand]"
	cmd := command("amend --case N [[ORDER:]FIELD=NEW…] [--dry-run | --yes] [--by-hand]",
		"Show the data of a case as the shop has them, and correct them (GDPR Art. 16)", 0, -1, nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if caseNo < 1 || dry && yes || yes && len(args) == 0 {
			return usage(how)
		}
		for _, a := range args {
			if !strings.Contains(a, "=") {
				return usage(how)
			}
		}
		return c.with(func(p *profile) error { return c.amend(p, cases.ID(caseNo), args, yes, byHand) })
	}
	f := cmd.Flags()
	f.Int64Var(&caseNo, "case", 0, "the case that asks for it")
	f.BoolVar(&dry, "dry-run", false, "show only what would be written")
	f.BoolVar(&yes, "yes", false, "write it to the shop")
	f.BoolVar(&byHand, "by-hand", false, "you corrected it in the shop yourself: only note it")
	return cmd
}

func (c *cli) amend(p *profile, id cases.ID, args []string, yes, byHand bool) error {
	v, err := p.Amendments(c.ctx, id)
	if err != nil {
		return err
	}
	numbers := map[int64]string{}
	for _, o := range v.Orders {
		numbers[o.Order] = o.Number
		if o.Err != nil {
			c.complain(o.Err)
		}
	}
	if len(args) == 0 {
		return c.showFields(v)
	}
	var changes []effects.Change
	for _, a := range args {
		x, err := changeFor(v, a, byHand)
		if err != nil {
			return err
		}
		changes = append(changes, x)
	}
	if !yes {
		if changes, err = effects.CheckChanges(changes); err != nil {
			return err
		}
		if err := c.showChanges(changes, numbers, nil); err != nil {
			return err
		}
		c.say("%s", assets.Text(c.speak(), "cli.amend_confirm", nil))
		return nil
	}
	m, err := p.Amend(c.ctx, id, changes)
	if len(m.Changes) > 0 && m.ID != "" {
		if serr := c.showChanges(m.Changes, numbers, &m.ID); serr != nil {
			return serr
		}
	}
	return err
}

// changeFor reads [ORDER:]FIELD=NEW. FIELD may leave out what stands before its
// last slash; without an order it must be that of one field only.
func changeFor(v app.AmendView, arg string, byHand bool) (effects.Change, error) {
	left, value, _ := strings.Cut(arg, "=")
	number, name, of := strings.Cut(left, ":")
	if !of {
		number, name = "", left
	}
	var found []effects.Change
	for _, o := range v.Orders {
		if number != "" && o.Number != number && strings.TrimPrefix(o.Number, "#") != number {
			continue
		}
		for _, f := range o.Fields {
			if (f.Key == name || strings.HasSuffix(f.Key, "/"+name)) && !slices.ContainsFunc(found, func(c effects.Change) bool { return c.Field == f.Key }) {
				found = append(found, effects.Change{Order: o.Order, Field: f.Key, Old: f.Value, New: value, ByHand: byHand})
			}
		}
	}
	if len(found) != 1 {
		return effects.Change{}, usage("%s names %s fields; greffier amend --case N lists them", strconv.Quote(oneLine(left)), strconv.Itoa(len(found)))
	}
	return found[0], nil
}

func (c *cli) showFields(v app.AmendView) error {
	out := []fieldJSON{}
	for _, o := range v.Orders {
		for _, f := range o.Fields {
			out = append(out, fieldJSON{o.Number, f.Key, f.Value, f.ByHand, f.Invoice, orEmpty(f.AlsoNumbers)})
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	for _, f := range out {
		var notes []string
		if f.ByHand {
			notes = append(notes, "by hand")
		}
		if f.Invoice {
			notes = append(notes, "on the invoice")
		}
		if len(f.Also) > 0 {
			notes = append(notes, "also orders "+strings.Join(f.Also, " "))
		}
		fmt.Fprintf(c.out, "field\t%s\t%s\t%s\t%s\n", f.Order, f.Field, oneLine(f.Value), strings.Join(notes, ", "))
	}
	return nil
}

func (c *cli) showChanges(changes []effects.Change, numbers map[int64]string, id *string) error {
	out := []changeJSON{}
	for _, x := range changes {
		state := string(x.State)
		if id != nil && state == "" {
			state = "pending"
		}
		out = append(out, changeJSON{numbers[x.Order], x.Field, x.Old, x.New, state, x.Why})
	}
	if c.json {
		return c.printJSON(map[string]any{"amendment": id, "changes": out})
	}
	for _, x := range out {
		fmt.Fprintf(c.out, "change\t%s\t%s\t%s\t→\t%s\t%s\t%s\n", x.Order, x.Field, oneLine(x.Old), oneLine(x.New), x.State, oneLine(x.Why))
	}
	return nil
}
