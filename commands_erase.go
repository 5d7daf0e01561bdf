package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/assets"
)

// planJSON is the plan as `erase --json` prints it.
type planJSON struct {
	Hash     string       `json:"hash"`
	Erase    []plan.Found `json:"erase"`
	Restrict []plan.Held  `json:"restrict"`
	Keep     []plan.Kept  `json:"keep"`
}

type leftJSON struct {
	Storage string `json:"storage"`
	Key     string `json:"key"`
	Version string `json:"version"`
	Reason  string `json:"reason"`
}

type runJSON struct {
	Run         int64      `json:"run,omitempty"`
	State       string     `json:"state"`
	Erased      int        `json:"erased"`
	Left        []leftJSON `json:"left"`
	Certificate string     `json:"certificate"`
	Reason      string     `json:"reason,omitempty"`
}

func planOf(p plan.Plan) *planJSON {
	return &planJSON{Hash: p.Hash, Erase: orEmpty(p.Erase), Restrict: orEmpty(p.Restrict), Keep: orEmpty(p.Keep)}
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func (c *cli) eraseCommand() *cobra.Command {
	var caseNo int64
	var number, identity string
	var dry, yes, resume bool
	cmd := command("erase --case N | --order ID [--dry-run | --yes] [--identity REASON]  or  erase --resume", "Make the plan of an erasure, and run it", 0, 0, func(cmd *cobra.Command, _ []string) error {
		given := 0
		for _, n := range []string{"case", "order", "resume"} {
			if cmd.Flags().Changed(n) {
				given++
			}
		}
		if given != 1 || dry && yes || resume && (dry || yes) || cmd.Flags().Changed("case") && caseNo < 1 {
			return usage("greffier erase --case N | --order ID [--dry-run | --yes], or greffier erase --resume")
		}
		return c.with(func(p *profile) error {
			if resume {
				return c.resume(p)
			}
			pl, err := c.makePlan(p, caseNo, number)
			if err != nil {
				return err
			}
			return c.erase(p, pl, yes, app.EraseOptions{BySight: true, Reason: identity, Waived: true})
		})
	})
	cmd.Flags().Int64Var(&caseNo, "case", 0, "the case that asks for it")
	cmd.Flags().StringVar(&number, "order", "", "the order's number")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show the plan only")
	cmd.Flags().BoolVar(&yes, "yes", false, "confirm the plan and run it")
	cmd.Flags().BoolVar(&resume, "resume", false, "take up what was cut off")
	cmd.Flags().StringVar(&identity, "identity", "", "why you are sure who asks, for a case whose requester is in doubt")
	return cmd
}

func (c *cli) makePlan(p *profile, caseNo int64, number string) (plan.Plan, error) {
	if caseNo != 0 {
		return p.PlanCase(c.ctx, cases.ID(caseNo))
	}
	id, err := p.OrderID(c.ctx, number)
	if err != nil {
		return plan.Plan{}, err
	}
	return p.PlanOrder(c.ctx, id)
}

// erase shows a plan and, where it is confirmed, runs it.
func (c *cli) erase(p *profile, pl plan.Plan, yes bool, opt app.EraseOptions) error {
	if !c.json {
		c.showPlan(pl)
	}
	if !yes {
		if c.json {
			return c.printJSON(map[string]any{"plan": planOf(pl), "run": nil})
		}
		c.say("%s", assets.Text(c.speak(), "cli.confirm", nil))
		return nil
	}
	r, err := c.runPlan(p, pl, opt)
	if c.json {
		if jerr := c.printJSON(map[string]any{"plan": planOf(pl), "run": r}); jerr != nil {
			return jerr
		}
	} else if r != nil {
		c.showRun(*r)
	}
	if err != nil {
		return err
	}
	if r.State != erasure.Complete.String() {
		return errSaid
	}
	return nil
}

// runPlan runs a confirmed plan and prints its certificate. A refusal is a
// result, too: nothing was touched.
func (c *cli) runPlan(p *profile, pl plan.Plan, opt app.EraseOptions) (*runJSON, error) {
	report, end := c.progress("erase")
	v, err := p.EraseWith(c.ctx, pl, pl.Hash, opt, report)
	end()
	if err != nil && v.Record.ID == 0 {
		if c.ctx.Err() != nil {
			return nil, err
		}
		return &runJSON{State: erasure.Refused.String(), Left: []leftJSON{}, Reason: err.Error()}, err
	}
	if err != nil && v.Record.State == erasure.Running {
		return nil, err
	}
	r := runOf(v)
	if v.Record.State == erasure.Complete || v.Record.State == erasure.Partial {
		path, perr := p.PrintCertificate(c.ctx, v.Record.ID, c.lang)
		if perr != nil {
			c.complain(perr) // the run itself stands
		}
		r.Certificate = path
	}
	return r, err
}

func runOf(v app.RunView) *runJSON {
	r := &runJSON{Run: v.Record.ID, State: v.Record.State.String(), Erased: v.Record.Erased, Left: []leftJSON{}, Reason: v.Record.Reason}
	for _, s := range v.Steps {
		if s.Status != erasure.Gone {
			r.Left = append(r.Left, leftJSON{s.Object.Storage, s.Object.Key, s.Object.Version, s.Reason})
		}
	}
	return r
}

func (c *cli) showPlan(p plan.Plan) {
	fmt.Fprintf(c.out, "plan\t%s\n", p.Hash)
	for _, f := range p.Erase {
		fmt.Fprintf(c.out, "erase\t%s\t%s\t%s\t%s\t%d\n", f.Storage, oneLine(f.Key), f.Version, f.Kind, f.SizeBytes)
	}
	for _, h := range p.Restrict {
		fmt.Fprintf(c.out, "restrict\t%s\t%s\t%s\n", oneLine(h.What), h.Until, oneLine(h.Ground))
	}
	for _, k := range p.Keep {
		fmt.Fprintf(c.out, "keep\t%s\t%s\n", oneLine(k.What), oneLine(k.Ground))
	}
}

func (c *cli) showRun(r runJSON) {
	fmt.Fprintf(c.out, "run\t%s\t%d erased\t%d left\n", r.State, r.Erased, len(r.Left))
	for _, l := range r.Left {
		fmt.Fprintf(c.out, "left\t%s\t%s\t%s\n", l.Storage, oneLine(l.Key), oneLine(l.Reason))
	}
	if r.Certificate != "" {
		fmt.Fprintf(c.out, "certificate\t%s\n", r.Certificate)
	}
}

func (c *cli) resume(p *profile) error {
	report, end := c.progress("erase")
	vs, err := p.ResumeErasure(c.ctx, report)
	end()
	if err != nil && len(vs) == 0 {
		return err
	}
	runs := []*runJSON{}
	whole := true
	for _, v := range vs {
		r := runOf(v)
		if path, perr := p.PrintCertificate(c.ctx, v.Record.ID, c.lang); perr != nil {
			c.complain(perr)
		} else {
			r.Certificate = path
		}
		whole = whole && v.Record.State == erasure.Complete
		runs = append(runs, r)
		if !c.json {
			c.showRun(*r)
		}
	}
	if c.json {
		// One run, as nearly always, is printed as erase prints it.
		doc := map[string]any{"plan": nil, "run": nil, "runs": runs}
		if len(runs) > 0 {
			doc["run"] = runs[len(runs)-1]
		}
		if jerr := c.printJSON(doc); jerr != nil {
			return jerr
		}
	} else if len(vs) == 0 {
		c.say("%s", assets.Text(c.speak(), "cli.nothing_cut", nil))
	}
	if err != nil {
		return err
	}
	if !whole {
		return errSaid
	}
	return nil
}

func (c *cli) retentionCommand() *cobra.Command {
	var at string
	var dry, yes bool
	cmd := command("retention [--at DATE] [--dry-run | --yes]", "Show what the retention rules make due, and erase it", 0, 0, func(*cobra.Command, []string) error {
		var day law.Date
		if at != "" {
			var err error
			if day, err = law.ParseDate(at); err != nil {
				return usage("--at needs a date such as 2026-11-23")
			}
		}
		if dry && yes {
			return usage("--dry-run and --yes exclude each other")
		}
		return c.with(func(p *profile) error { return c.retention(p, day, yes) })
	})
	cmd.Flags().StringVar(&at, "at", "", "as of this day")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show only")
	cmd.Flags().BoolVar(&yes, "yes", false, "erase what is due")
	return cmd
}

type dueJSON struct {
	Rule    string   `json:"rule"`
	Order   string   `json:"order"`
	Since   law.Date `json:"since"`
	Due     law.Date `json:"due"`
	Objects int      `json:"objects"`
	Held    string   `json:"held"`
}

func (c *cli) retention(p *profile, day law.Date, yes bool) error {
	v, err := p.Retention(c.ctx, day)
	if err != nil {
		return err
	}
	due := []dueJSON{}
	for _, d := range v.Due {
		due = append(due, dueJSON{d.Rule, d.Number, d.Since, d.Due, d.Objects, d.Held})
		if !c.json {
			fmt.Fprintf(c.out, "due\t%s\t%s\t%s\t%s\t%d\t%s\n", d.Rule, d.Number, d.Since, d.Due, d.Objects, oneLine(d.Held))
		}
	}
	var r *runJSON
	var runErr error
	if yes && len(v.Plan.Erase) > 0 {
		r, runErr = c.runPlan(p, v.Plan, app.EraseOptions{At: v.At})
		if r != nil && !c.json {
			c.showRun(*r)
		}
	}
	if yes && len(v.Plan.Erase) == 0 {
		r = &runJSON{State: erasure.Complete.String(), Left: []leftJSON{}}
	}
	if c.json {
		if err := c.printJSON(map[string]any{"due": due, "plan": planOf(v.Plan), "run": r}); err != nil {
			return err
		}
	}
	if runErr != nil {
		return runErr
	}
	if r != nil && r.State != erasure.Complete.String() {
		return errSaid
	}
	return nil
}
