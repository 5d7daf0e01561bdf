package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/assets"
	"greffier/data/schedule"
	"greffier/data/vault"
)

// keyEnvStandard is the variable that holds the passphrase where no other is named.
const keyEnvStandard = "GREFFIER_PASSPHRASE"

// sweepFlags are what `greffier sweep` is called with.
type sweepFlags struct {
	auto, status, clock, dry bool
	keyEnv, yes, own         string
}

func (c *cli) sweepCommand() *cobra.Command {
	var f sweepFlags
	words := "sweep [--auto [--key-env NAME] | --dry-run | --yes RULE:HASH | --own RULE:HASH | --clock-is-right | --status]"
	cmd := command(words, "Carry out what the retention rules make due, each as you said", 0, 0, func(cmd *cobra.Command, _ []string) error {
		n := 0
		for _, on := range []bool{f.auto, f.dry, f.yes != "", f.own != "", f.clock, f.status} {
			if on {
				n++
			}
		}
		if n > 1 || f.keyEnv != "" && !f.auto {
			return usage("greffier %s", words)
		}
		if f.auto {
			return c.autoSweep(f.keyEnv)
		}
		return c.with(func(p *profile) error { return c.sweepWith(p, f) })
	})
	fl := cmd.Flags()
	fl.BoolVar(&f.auto, "auto", false, "quietly, for cron and the like: the key comes from the keyring or from an environment variable")
	fl.StringVar(&f.keyEnv, "key-env", "", "the environment variable that holds the passphrase (with --auto)")
	fl.BoolVar(&f.dry, "dry-run", false, "show what a sweep would do, and do nothing")
	fl.StringVar(&f.yes, "yes", "", "run the plan of this rule that waits, if it still has this hash")
	fl.StringVar(&f.own, "own", "", "purge what is over of Greffier's own data under this rule, if it still has this hash")
	fl.BoolVar(&f.clock, "clock-is-right", false, "say that the clock of this machine shows the right time")
	fl.BoolVar(&f.status, "status", false, "show the last sweeps, what waits, and Greffier's own data")
	return cmd
}

// autoSweep is one sweep with nobody there. It says nothing while all is well.
func (c *cli) autoSweep(keyEnv string) error {
	pass, err := c.unattendedKey(keyEnv)
	if err != nil {
		return err
	}
	p, err := openProfile(c.ctx, c.dir, pass, c.lang, c.now)
	if errors.Is(err, errInUse) {
		// The program that is open does it.
		c.say("%s", assets.Text(c.speak(), "cli.sweep_open", nil))
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }()
	if !p.SweepSettings().On {
		c.say("%s", assets.Text(c.speak(), "cli.sweep_off", nil))
		return c.backUp(p)
	}
	rec, err := p.AutoSweep(c.ctx, app.SweepCommand, nil)
	err = errors.Join(err, c.backUp(p))
	if c.json {
		if jerr := c.printJSON(sweepOf(rec)); jerr != nil {
			return jerr
		}
	}
	if err != nil {
		return err
	}
	switch rec.State {
	case app.SweepDone:
		return nil
	case app.SweepWaits:
		c.say("%s", assets.Text(c.speak(), "cli.sweep_waits", nil))
		return nil
	}
	// Stopped or partial: cron mails it, systemd shows it as failed.
	c.say("%s", assets.Text(c.speak(), "cli.sweep_"+rec.State, nil))
	return errSaid
}

// backUp makes the backup of the day: after what was erased has gone, and also
// where the sweep could not do everything.
func (c *cli) backUp(p *profile) error {
	if c.ctx.Err() != nil {
		return nil
	}
	err := p.CareForBackups(c.ctx)
	if err != nil {
		c.say("%s", assets.Text(c.speak(), "cli.sweep_backup", nil))
	}
	return err
}

// unattendedKey finds the passphrase for a call by a scheduler, "" where the
// keyring keeps the key itself.
func (c *cli) unattendedKey(keyEnv string) (string, error) {
	if keyEnv != "" {
		if v := os.Getenv(keyEnv); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("%w: the environment variable %s is empty", vault.ErrNoKey, keyEnv)
	}
	if v := os.Getenv(keyEnvStandard); v != "" {
		return v, nil
	}
	if v, err := vault.Unattended(c.dir); err == nil {
		return v, nil
	}
	return "", nil
}

func (c *cli) sweepWith(p *profile, f sweepFlags) error {
	switch {
	case f.status:
		return c.sweepStatus(p)
	case f.clock:
		return p.TrustClock(c.ctx)
	case f.yes != "":
		return c.confirmSweep(p, f.yes)
	case f.own != "":
		rule, hash, _ := strings.Cut(f.own, ":")
		r, err := p.PurgeOwn(c.ctx, rule, hash)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(r)
		}
		fmt.Fprintf(c.out, "own\t%s\t%d purged\n", r.Rule, r.Purged)
		return nil
	case f.dry:
		return c.previewSweep(p)
	}
	report, end := c.progress("sweep")
	rec, err := p.AutoSweep(c.ctx, app.SweepByHand, report)
	end()
	if c.json {
		if jerr := c.printJSON(sweepOf(rec)); jerr != nil {
			return jerr
		}
	} else {
		c.showSweep(rec)
	}
	if err != nil {
		return err
	}
	if rec.State != app.SweepDone && rec.State != app.SweepWaits {
		return errSaid
	}
	return nil
}

// previewSweep shows what a sweep would do under each rule.
func (c *cli) previewSweep(p *profile) error {
	st, err := p.SweepStatus(c.ctx)
	if err != nil {
		return err
	}
	type ruleJSON struct {
		Rule string    `json:"rule"`
		Mode string    `json:"mode"`
		Plan *planJSON `json:"plan"`
	}
	out := []ruleJSON{}
	for _, r := range st.Rules {
		pl, away, err := p.SweepPlan(c.ctx, r.Rule.ID)
		if errors.Is(err, app.ErrSweepRule) {
			continue
		}
		if err != nil {
			return err
		}
		for _, x := range away {
			c.say("%s %s: %s", x.Kind, x.Name, x.Reason)
		}
		out = append(out, ruleJSON{r.Rule.ID, r.Mode, planOf(pl)})
		if !c.json {
			fmt.Fprintf(c.out, "rule\t%s\t%s\t%d\n", r.Rule.ID, r.Mode, len(pl.Erase))
			c.showPlan(pl)
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	return nil
}

func (c *cli) confirmSweep(p *profile, said string) error {
	rule, hash, ok := strings.Cut(said, ":")
	if !ok {
		return usage("--yes needs RULE:HASH, as greffier sweep --status shows them")
	}
	report, end := c.progress("sweep")
	v, err := p.ConfirmSweep(c.ctx, rule, hash, report)
	end()
	if err != nil && v.Record.ID == 0 {
		return err
	}
	r := runOf(v)
	if v.Record.State == erasure.Complete || v.Record.State == erasure.Partial {
		path, perr := p.PrintCertificate(c.ctx, v.Record.ID, c.lang)
		if perr != nil {
			c.complain(perr) // the run itself stands
		}
		r.Certificate = path
	}
	if c.json {
		if jerr := c.printJSON(r); jerr != nil {
			return jerr
		}
	} else {
		c.showRun(*r)
	}
	if err == nil && v.Record.State != erasure.Complete {
		return errSaid
	}
	return err
}

// sweepJSON is a sweep as `sweep --json` prints it.
type sweepJSON struct {
	app.SweepRecord
	Erased int `json:"erased"`
}

func sweepOf(r app.SweepRecord) sweepJSON {
	r.Rules, r.Own, r.Away = orEmpty(r.Rules), orEmpty(r.Own), orEmpty(r.Away)
	return sweepJSON{r, r.Erased()}
}

type ownJSON struct {
	Rule   string        `json:"rule"`
	Period string        `json:"period"`
	Mode   string        `json:"mode"`
	Kept   int           `json:"kept"`
	Due    []app.OwnItem `json:"due"`
	Held   int           `json:"held"`
	Next   string        `json:"next"`
	Hash   string        `json:"hash"`
}

func (c *cli) sweepStatus(p *profile) error {
	st, err := p.SweepStatus(c.ctx)
	if err != nil {
		return err
	}
	if c.json {
		type ruleJSON struct {
			Rule  string `json:"rule"`
			Mode  string `json:"mode"`
			Tried bool   `json:"tried"`
		}
		rules, last, own := []ruleJSON{}, []sweepJSON{}, []ownJSON{}
		for _, r := range st.Rules {
			rules = append(rules, ruleJSON{r.Rule.ID, r.Mode, r.Tried})
		}
		for _, r := range st.Last {
			last = append(last, sweepOf(r))
		}
		for _, r := range st.Own {
			o := ownJSON{r.ID, r.Period, r.Mode, r.Kept, orEmpty(r.Due), len(r.Held), "", r.Hash}
			if !r.Next.IsZero() {
				o.Next = r.Next.String()
			}
			own = append(own, o)
		}
		next := ""
		if !st.NextAt.IsZero() {
			next = st.NextAt.Format(time.RFC3339)
		}
		return c.printJSON(map[string]any{"settings": st.Settings, "rules": rules, "asks": orEmpty(st.Asks), "sweeps": last, "own": own, "clock": st.Clock, "next": next, "schedule": st.Entry})
	}
	for _, r := range st.Rules {
		fmt.Fprintf(c.out, "rule\t%s\t%s\n", r.Rule.ID, r.Mode)
	}
	for _, k := range st.Asks {
		fmt.Fprintf(c.out, "asks\t%s:%s\t%d objects\t%s\n", k.Rule, k.Hash, k.Objects, strings.Join(k.Why, ","))
	}
	for _, r := range st.Own {
		fmt.Fprintf(c.out, "own\t%s\t%s\t%s\t%d kept\t%d due", r.ID, r.Period, r.Mode, r.Kept, len(r.Due))
		if r.Hash != "" {
			fmt.Fprintf(c.out, "\t%s:%s", r.ID, r.Hash)
		}
		fmt.Fprintln(c.out)
	}
	if st.Clock != nil {
		fmt.Fprintf(c.out, "clock\t%s\t%s\t%s\n", st.Clock.Kind, st.Clock.From.Format(time.RFC3339), st.Clock.To.Format(time.RFC3339))
	}
	for i, r := range st.Last {
		if i == 10 {
			break
		}
		c.showSweep(r)
	}
	return nil
}

func (c *cli) showSweep(r app.SweepRecord) {
	fmt.Fprintf(c.out, "sweep\t%s\t%s\t%s\t%d erased\n", r.ID, r.At.Format(time.RFC3339), r.State, r.Erased())
	for _, x := range r.Rules {
		fmt.Fprintf(c.out, "rule\t%s\t%s\t%d due\t%d erased\t%d left\n", x.Rule, x.State, x.Objects, x.Erased, x.Left)
		if x.Hash != "" {
			fmt.Fprintf(c.out, "asks\t%s:%s\t%d objects\t%s\n", x.Rule, x.Hash, x.Objects, strings.Join(x.Why, ","))
		}
		for _, h := range x.Held {
			fmt.Fprintf(c.out, "waits\t%s\t%d\t%s\n", x.Rule, h.Rows, oneLine(h.Why))
		}
	}
	for _, o := range r.Own {
		fmt.Fprintf(c.out, "own\t%s\t%d purged\t%d ask\t%d held\t%d failed\n", o.Rule, o.Purged, o.Asks, o.Held, o.Failed)
	}
	for _, x := range r.Away {
		fmt.Fprintf(c.out, "away\t%s\t%s\t%s\n", x.Kind, oneLine(x.Name), x.Reason)
	}
	if r.Clock != nil {
		fmt.Fprintf(c.out, "clock\t%s\t%s\t%s\n", r.Clock.Kind, r.Clock.From.Format(time.RFC3339), r.Clock.To.Format(time.RFC3339))
	}
}

func (c *cli) sweepRuleCommand() *cobra.Command {
	return command("sweep-rule RULE off|ask|auto", "Say what sweeps do under a retention rule", 2, 2, func(_ *cobra.Command, args []string) error {
		return c.with(func(p *profile) error { return p.SetSweepMode(c.ctx, args[0], args[1]) })
	})
}

func (c *cli) scheduleCommand() *cobra.Command {
	var kind, keyEnv string
	var hour int
	words := "schedule install|remove|status [--kind systemd|cron|launchd|schtasks] [--hour H] [--key-env NAME]"
	cmd := command(words, "Let the operating system run a sweep each night", 1, 1, func(cmd *cobra.Command, args []string) error {
		return c.with(func(p *profile) error {
			var st app.ScheduleStatus
			var err error
			switch args[0] {
			case "install":
				if !cmd.Flags().Changed("hour") {
					hour = p.SweepSettings().Hour
				}
				st, err = p.InstallSchedule(c.ctx, app.Schedule{Kind: kind, Hour: hour, KeyEnv: keyEnv})
			case "remove":
				st, err = p.RemoveSchedule(c.ctx, kind)
			case "status":
				st, err = p.ScheduleStatus(c.ctx, kind)
			default:
				return usage("greffier %s", words)
			}
			if err != nil {
				return err
			}
			if c.json {
				st.Kinds = orEmpty(st.Kinds)
				return c.printJSON(st)
			}
			state := "none"
			if st.Installed {
				state = "installed"
			}
			fmt.Fprintf(c.out, "schedule\t%s\t%s\t%s\n", st.Kind, state, st.Command)
			if st.Problem != "" {
				c.say("%s", st.Problem)
			}
			return nil
		})
	})
	cmd.Flags().StringVar(&kind, "kind", "", "systemd, cron, launchd or schtasks")
	cmd.Flags().IntVar(&hour, "hour", 3, "the hour of the night, 0 to 23")
	cmd.Flags().StringVar(&keyEnv, "key-env", "", "the environment variable that will hold the passphrase; without it the system's keyring keeps it")
	return cmd
}

// scheduler gives data/schedule the shape of the façade's port, for one profile.
type scheduler struct{ p *profile }

func (s scheduler) entry(hour int, keyEnv string) (schedule.System, schedule.Entry, error) {
	sys, err := schedule.Here()
	if err != nil {
		return sys, schedule.Entry{}, err
	}
	program, err := os.Executable()
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	if err != nil {
		return sys, schedule.Entry{}, err
	}
	dir, err := filepath.Abs(s.p.dir)
	// Not on the hour, when everybody's programs start.
	return sys, schedule.Entry{Program: program, Profile: dir, Hour: hour, Minute: 17, KeyEnv: keyEnv}, err
}

func (s scheduler) view(ctx context.Context, sys schedule.System, st schedule.State) app.ScheduleStatus {
	out := app.ScheduleStatus{Kind: st.Kind, Installed: st.Installed, Running: st.Running, Hour: st.Hour, Path: st.Path, Command: st.Command, KeyEnv: st.KeyEnv, Problem: st.Problem,
		Key: "keyring", Kinds: sys.Available(ctx)}
	if st.KeyEnv != "" {
		out.Key = "environment"
	} else if st.Installed && s.p.vault.From() != "keyring" {
		if _, err := vault.Unattended(s.p.dir); err != nil && out.Problem == "" {
			out.Problem = "the keyring does not hold the key of this profile"
		}
	}
	return out
}

// Status implements app.Scheduler.
func (s scheduler) Status(ctx context.Context, kind string) (app.ScheduleStatus, error) {
	sys, e, err := s.entry(0, "")
	if err != nil {
		return app.ScheduleStatus{}, err
	}
	st, err := sys.Status(ctx, kind, e)
	return s.view(ctx, sys, st), err
}

// Install implements app.Scheduler. The key goes into the keyring first: an entry
// that can never open the profile is not made.
func (s scheduler) Install(ctx context.Context, w app.Schedule) (app.ScheduleStatus, error) {
	sys, e, err := s.entry(w.Hour, w.KeyEnv)
	if err != nil {
		return app.ScheduleStatus{}, err
	}
	if w.KeyEnv == "" {
		if err := s.p.vault.KeepUnattended(); err != nil {
			return app.ScheduleStatus{}, err
		}
	}
	st, err := sys.Install(ctx, w.Kind, e)
	if err != nil && w.KeyEnv == "" {
		s.p.vault.ForgetUnattended()
	}
	return s.view(ctx, sys, st), err
}

// Remove implements app.Scheduler.
func (s scheduler) Remove(ctx context.Context, kind string) (app.ScheduleStatus, error) {
	sys, e, err := s.entry(0, "")
	if err != nil {
		return app.ScheduleStatus{}, err
	}
	st, err := sys.Remove(ctx, kind, e)
	if err == nil {
		s.p.vault.ForgetUnattended()
	}
	return s.view(ctx, sys, st), err
}
