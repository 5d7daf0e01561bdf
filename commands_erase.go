package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/retention"
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

// eraseFlags are what `greffier erase` is called with.
type eraseFlags struct {
	caseNo                        int64
	number, customerOf, identity  string
	line                          string
	only                          []string
	dry, yes, later, resume, undo bool
}

func (c *cli) eraseCommand() *cobra.Command {
	var f eraseFlags
	cmd := command("erase --case N | --order ID | --customer-of ID [--line LINE | --only KEY…] [--dry-run | --yes | --later] [--identity REASON]  or  erase --case N --cancel  or  erase --resume",
		"Make the plan of an erasure, and run it", 0, 0, func(cmd *cobra.Command, _ []string) error {
			given := func(names ...string) (n int) {
				for _, x := range names {
					if cmd.Flags().Changed(x) {
						n++
					}
				}
				return n
			}
			if given("case", "order", "customer-of", "resume") != 1 || given("dry-run", "yes", "later", "cancel") > 1 || given("line", "only") > 1 ||
				f.resume && given("dry-run", "yes", "later", "cancel", "line", "only") > 0 || given("case") == 1 && f.caseNo < 1 ||
				f.undo && given("line", "only", "identity") > 0 || given("line") == 1 && given("order") == 0 {
				return usage("greffier erase --case N | --order ID | --customer-of ID [--dry-run | --yes | --later], or greffier erase --case N --cancel, or greffier erase --resume")
			}
			return c.with(func(p *profile) error { return c.eraseWith(p, f) })
		})
	fl := cmd.Flags()
	fl.Int64Var(&f.caseNo, "case", 0, "the case that asks for it")
	fl.StringVar(&f.number, "order", "", "the order's number")
	fl.StringVar(&f.customerOf, "customer-of", "", "the person who placed this order, in all orders of the same address and name")
	fl.StringVar(&f.line, "line", "", "only this product line of the order")
	fl.StringArrayVar(&f.only, "only", nil, "only this key of a storage (may be repeated)")
	fl.BoolVar(&f.dry, "dry-run", false, "show the plan only")
	fl.BoolVar(&f.yes, "yes", false, "confirm the plan and run it")
	fl.BoolVar(&f.later, "later", false, "confirm the plan; it runs when the cooling-off period is over")
	fl.BoolVar(&f.undo, "cancel", false, "take back what was confirmed for later")
	fl.BoolVar(&f.resume, "resume", false, "take up what was cut off, try again what is left, run what has waited long enough")
	fl.StringVar(&f.identity, "identity", "", "why you are sure who asks, for a case whose requester is in doubt")
	return cmd
}

func (c *cli) eraseWith(p *profile, f eraseFlags) error {
	if f.resume {
		return c.resume(p)
	}
	if f.undo {
		// No plan is made: what waits can be taken back while a storage is away
		// and while nothing could be planned any more.
		return c.cancelErasure(p, f)
	}
	pl, err := c.planFor(p, f)
	if err != nil {
		return err
	}
	opt := app.EraseOptions{BySight: true, Reason: f.identity, Waived: true}
	if f.later {
		return c.eraseLater(p, pl, opt)
	}
	return c.erase(p, pl, f.yes, opt)
}

// planFor makes the plan that the flags ask for.
func (c *cli) planFor(p *profile, f eraseFlags) (plan.Plan, error) {
	pl, err := c.makePlan(p, f)
	if err != nil {
		return pl, err
	}
	var only []string
	switch {
	case f.line != "":
		if only, err = p.KeysOfLine(c.ctx, pl, pl.Scope.Orders[0], f.line); err != nil {
			return pl, err
		}
	case len(f.only) > 0:
		for _, x := range pl.Erase {
			if slices.Contains(f.only, x.Key) {
				only = append(only, plan.KeyID(x.Storage, x.Key))
			}
		}
	default:
		return pl, nil
	}
	return p.NarrowPlan(c.ctx, pl, only)
}

func (c *cli) makePlan(p *profile, f eraseFlags) (plan.Plan, error) {
	if f.caseNo != 0 {
		return p.PlanCase(c.ctx, cases.ID(f.caseNo))
	}
	number := f.number
	if f.customerOf != "" {
		number = f.customerOf
	}
	id, err := p.OrderID(c.ctx, number)
	if err != nil {
		return plan.Plan{}, err
	}
	if f.customerOf == "" {
		return p.PlanOrder(c.ctx, id)
	}
	all, err := p.PersonOrders(c.ctx, id)
	if err != nil {
		return plan.Plan{}, err
	}
	var ids []int64
	for _, o := range all {
		if o.SameName {
			ids = append(ids, o.Row.ID)
			continue
		}
		// One address may serve several people: theirs is not taken with it.
		c.say("%s", assets.Text(c.speak(), "cli.other_name", map[string]any{"Order": oneLine(o.Row.Number)}))
	}
	return p.PlanPerson(c.ctx, ids)
}

// coolingJSON is an erasure that waits as `erase --later --json` prints it.
type coolingJSON struct {
	ID     string `json:"id"`
	RunsAt string `json:"runs_at"`
}

// eraseLater confirms a plan that runs when its cooling-off is over.
func (c *cli) eraseLater(p *profile, pl plan.Plan, opt app.EraseOptions) error {
	if !c.json {
		c.showPlan(pl)
	}
	w, err := p.ScheduleWith(c.ctx, pl, pl.Hash, app.EraseOptions{BySight: opt.BySight, Reason: opt.Reason})
	if err != nil {
		return err
	}
	at := w.RunsAt.UTC().Format(time.RFC3339)
	if c.json {
		return c.printJSON(map[string]any{"plan": planOf(pl), "run": nil, "waits": coolingJSON{w.ID, at}})
	}
	fmt.Fprintf(c.out, "waits\t%s\t%s\n", w.ID, at)
	c.say("%s", assets.Text(c.speak(), "cli.waits", nil))
	return nil
}

// cancelErasure takes back what was confirmed for later: all that waits for the
// case, for the order alone, or for the person who placed it.
func (c *cli) cancelErasure(p *profile, f eraseFlags) error {
	var id int64
	if f.caseNo == 0 {
		number := f.number
		if f.customerOf != "" {
			number = f.customerOf
		}
		var err error
		if id, err = p.OrderID(c.ctx, number); err != nil {
			return err
		}
	}
	waits, err := p.Coolings(c.ctx)
	if err != nil {
		return err
	}
	found := false
	for _, w := range waits {
		s := w.Scope
		mine := s.Case == f.caseNo
		if f.caseNo == 0 {
			mine = s.Case == 0 && slices.Contains(s.Orders, id) && s.Person == (f.customerOf != "")
		}
		if !mine {
			continue
		}
		if err := p.CancelCooling(c.ctx, w.ID); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return app.ErrCooling
	}
	return nil
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
	if err == nil {
		err = p.Tick(c.ctx) // what has waited long enough
	}
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
	var at, rule string
	var dry, yes bool
	cmd := command("retention [--at DATE] [--rule NAME] [--dry-run | --yes]", "Show what the retention rules make due, and do it", 0, 0, func(*cobra.Command, []string) error {
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
		return c.with(func(p *profile) error { return c.retention(p, day, rule, yes) })
	})
	cmd.Flags().StringVar(&at, "at", "", "as of this day")
	cmd.Flags().StringVar(&rule, "rule", "", "only this rule: media, contract, billing, commercial, or one of your own")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show only")
	cmd.Flags().BoolVar(&yes, "yes", false, "erase and archive what is due")
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

func (c *cli) retention(p *profile, day law.Date, rule string, yes bool) error {
	look := func() (app.RetentionView, error) {
		if rule != "" {
			return p.RetentionOf(c.ctx, day, rule)
		}
		return p.Retention(c.ctx, day)
	}
	v, err := look()
	if err != nil {
		return err
	}
	due := []dueJSON{}
	for _, d := range v.Due {
		due = append(due, dueOf(d))
		if !c.json {
			fmt.Fprintf(c.out, "due\t%s\t%s\t%s\t%s\t%d\t%s\n", d.Rule, oneLine(d.Number), d.Since, d.Due, d.Objects, oneLine(d.Held))
		}
	}
	plans := []*planJSON{}
	for _, pl := range v.Plans {
		plans = append(plans, planOf(pl))
	}
	shown := planOf(plan.Plan{})
	if len(plans) > 0 {
		shown = plans[0]
	}
	var runs []*runJSON
	var runErr error
	if yes {
		runs, runErr = c.runRules(p, v)
	}
	// One run, as nearly always, is printed as erase prints it.
	var r *runJSON
	if len(runs) > 0 {
		r = runs[0]
	}
	if c.json {
		if err := c.printJSON(map[string]any{"due": due, "plan": shown, "plans": plans, "run": r, "runs": orEmpty(runs)}); err != nil {
			return err
		}
	}
	if runErr != nil {
		return runErr
	}
	if slices.ContainsFunc(runs, func(r *runJSON) bool { return r.State != erasure.Complete.String() }) {
		return errSaid
	}
	if yes && slices.ContainsFunc(v.Due, func(d app.DueRow) bool { return d.Held == app.ShopAway }) {
		// What was run is whole; what is due is not.
		return fmt.Errorf("%s: %w", app.ShopAway, app.ErrPart)
	}
	return nil
}

// runRules runs the plans that were shown, one rule after the other. A plan that
// the run before it has changed is made again.
func (c *cli) runRules(p *profile, v app.RetentionView) (runs []*runJSON, failed error) {
	for i, pl := range v.Plans {
		if len(pl.Erase) == 0 && (pl.Scope.Rule == retention.Media || len(pl.Scope.Orders) == 0) {
			if i == 0 {
				runs = append(runs, &runJSON{State: erasure.Complete.String(), Left: []leftJSON{}})
			}
			continue
		}
		if i > 0 {
			again, err := p.RetentionOf(c.ctx, v.At, pl.Scope.Rule)
			if err != nil {
				return runs, errors.Join(failed, err)
			}
			if len(again.Plans) == 0 {
				continue
			}
			pl = again.Plans[0]
		}
		for rest := v.Rest[pl.Scope.Rule]; ; {
			r, err := c.runPlan(p, pl, app.EraseOptions{At: v.At})
			if r != nil {
				if runs = append(runs, r); !c.json {
					c.showRun(*r)
				}
			}
			if failed = errors.Join(failed, err); err != nil && c.ctx.Err() != nil {
				return runs, failed
			}
			if rest == 0 || err != nil || r == nil || r.State != erasure.Complete.String() {
				break
			}
			// One plan could not take all that is due.
			c.say("%s", assets.Text(c.speak(), "cli.rule_rest", map[string]any{"Rule": pl.Scope.Rule, "N": rest}))
			again, err := p.RetentionOf(c.ctx, v.At, pl.Scope.Rule)
			if err != nil {
				return runs, errors.Join(failed, err)
			}
			if len(again.Plans) == 0 || again.Plans[0].Hash == pl.Hash {
				break
			}
			pl, rest = again.Plans[0], again.Rest[pl.Scope.Rule]
		}
	}
	if len(runs) == 0 && failed == nil {
		runs = append(runs, &runJSON{State: erasure.Complete.String(), Left: []leftJSON{}})
	}
	return runs, failed
}
