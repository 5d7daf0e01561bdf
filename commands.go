package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/assets"
	"greffier/data/mail"
	"greffier/data/vault"
	"greffier/ui"
	_ "greffier/ui/locale" // before the toolkit starts
)

// Exit statuses of every command.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// errUsage marks an error in the words of the call.
var errUsage = errors.New("wrong usage")

// errSaid says that what failed was already told.
var errSaid = errors.New("not complete")

// errFile says that a file that the call names cannot be read or written.
var errFile = errors.New("a file cannot be read or written")

// cli is one call of the program.
type cli struct {
	ctx      context.Context
	in       io.Reader
	out, err io.Writer
	dir      string // --profile
	lang     string // --lang
	json     bool   // --json
	now      func() time.Time
}

// run executes one call and returns its exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	c := &cli{ctx: ctx, in: in, out: out, err: errw, now: time.Now}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errSaid):
		return exitFailed
	case errors.Is(err, errUsage):
		fmt.Fprintf(errw, "greffier: %s; see greffier --help\n", oneLine(strings.TrimSuffix(err.Error(), ": "+errUsage.Error())))
		return exitUsage
	}
	c.complain(err)
	return exitFailed
}

// complain says in one line what failed, why, and what to do.
func (c *cli) complain(err error) {
	var path *fs.PathError
	var link *os.LinkError
	if !ui.Known(err) && (errors.As(err, &path) || errors.As(err, &link)) {
		err = fmt.Errorf("%w: %w", errFile, err)
	}
	what, next := ui.Explain(err, c.speak())
	if errors.Is(err, cases.ErrIdentityUnproven) {
		next += " " + assets.Text(c.speak(), "cli.identity", nil)
	}
	fmt.Fprintf(c.err, "greffier: %s\n", oneLine(fmt.Sprintf("%s (%s) %s", what, err, next)))
}

func (c *cli) speak() string {
	if c.lang != "" {
		return c.lang
	}
	for _, v := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if s := os.Getenv(v); s != "" {
			if strings.HasPrefix(s, "fr") {
				return "fr"
			}
			return "en"
		}
	}
	return "en"
}

// oneLine makes text from outside fit for a terminal: one line, no control
// characters.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)), " ")
}

func usage(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), errUsage)
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "greffier [--profile DIR] [--lang fr|en] [--json] [COMMAND]",
		Short:         "Keep the promises of your shop's privacy policy",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q", args[0])
			}
			return nil
		},
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if c.lang != "" && c.lang != "fr" && c.lang != "en" {
				return usage("--lang is fr or en, not %q", c.lang)
			}
			if c.dir == "" {
				home, err := dataHome()
				if err != nil {
					return err
				}
				c.dir = filepath.Join(home, "greffier")
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return c.window() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&c.dir, "profile", "", "folder of the profile")
	root.PersistentFlags().StringVar(&c.lang, "lang", "", "language: fr or en")
	root.PersistentFlags().BoolVar(&c.json, "json", false, "print one JSON document")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v", err) })
	root.AddCommand(c.demoCommand(), c.initCommand(), c.syncCommand(), c.triageCommand(), c.deadlineCommand(), c.casesCommand(), c.caseCommand(),
		c.eraseCommand(), c.retentionCommand(), c.registerCommand(), c.dossierCommand(), c.promisesCommand(), c.verifyCommand(), c.backupCommand(), c.restoreCommand())
	return root
}

// command makes a command that takes between min and max words (max < 0: any).
func command(use, short string, min, max int, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, RunE: run, Args: func(_ *cobra.Command, args []string) error {
		if len(args) < min || max >= 0 && len(args) > max {
			return usage("greffier %s", use)
		}
		return nil
	}}
}

// open opens the profile for a command.
func (c *cli) open() (*profile, error) {
	return openProfile(c.ctx, c.dir, os.Getenv("GREFFIER_PASSPHRASE"), c.lang, c.now)
}

// with runs f on the open profile.
func (c *cli) with(f func(p *profile) error) (err error) {
	p, err := c.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return f(p)
}

func (c *cli) printJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (c *cli) say(format string, args ...any) {
	fmt.Fprintln(c.err, oneLine(fmt.Sprintf(format, args...)))
}

// progress reports long work on standard error: in place on a terminal, a line
// a step of the work elsewhere.
func (c *cli) progress(title string) (report app.Report, end func()) {
	last, terminal := time.Time{}, isTerminal(c.err)
	shown := false
	report = func(done, total int, note string) {
		if time.Since(last) < 100*time.Millisecond && done != total {
			return
		}
		last = time.Now()
		if !terminal {
			return
		}
		shown = true
		of := ""
		if total > 0 {
			of = fmt.Sprintf(" / %d", total)
		}
		fmt.Fprintf(c.err, "\r\x1b[K%s  %d%s  %s", title, done, of, oneLine(note))
	}
	return report, func() {
		if shown {
			fmt.Fprint(c.err, "\r\x1b[K")
		}
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

func (c *cli) initCommand() *cobra.Command {
	var from string
	cmd := command("init --from FILE", "Make a profile from a TOML file", 0, 0, func(*cobra.Command, []string) error {
		if from == "" {
			return usage("greffier init --from FILE")
		}
		s, err := readSettings(from)
		if err != nil {
			return err
		}
		if err := createProfile(c.ctx, c.dir, os.Getenv("GREFFIER_PASSPHRASE"), s, envSecret); err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]string{"profile": c.dir})
		}
		fmt.Fprintln(c.out, c.dir)
		c.say("%s", assets.Text(c.speak(), "cli.init_done", map[string]any{"Dir": c.dir}))
		return nil
	})
	cmd.Flags().StringVar(&from, "from", "", "the profile file")
	return cmd
}

func (c *cli) syncCommand() *cobra.Command {
	var orders, mails bool
	cmd := command("sync [--orders] [--mail]", "Fetch what is new from the shop and the mailbox", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error { return c.sync(p, orders || !mails, mails || !orders) })
	})
	cmd.Flags().BoolVar(&orders, "orders", false, "orders only")
	cmd.Flags().BoolVar(&mails, "mail", false, "mail only")
	return cmd
}

func (c *cli) sync(p *profile, orders, mails bool) error {
	report, end := c.progress("sync")
	r, err := p.Sync(c.ctx, orders, mails, report)
	end()
	for _, pr := range r.Problems {
		c.say("%s: %s", pr.Where, pr.What)
	}
	for _, f := range r.Failed {
		c.complain(f.Err)
	}
	if err != nil && !errors.Is(err, app.ErrPart) {
		return err
	}
	if c.json {
		failed := []string{}
		for _, f := range r.Failed {
			failed = append(failed, f.Kind+" "+f.Name)
		}
		problems := r.Problems
		if problems == nil {
			problems = []order.Problem{}
		}
		opened := r.CasesOpened
		if opened == nil {
			opened = []cases.ID{}
		}
		if jerr := c.printJSON(map[string]any{"orders": r.Orders, "new_orders": r.NewOrders, "changed_orders": r.ChangedOrders, "messages": r.Messages,
			"requests": r.Requests, "to_check": r.ToCheck, "cases_opened": opened, "problems": problems, "failed": failed}); jerr != nil {
			return jerr
		}
	} else {
		fmt.Fprintf(c.out, "orders\t%d read\t%d new\t%d changed\n", r.Orders, r.NewOrders, r.ChangedOrders)
		fmt.Fprintf(c.out, "messages\t%d new\t%d requests\t%d to check\t%d cases opened\n", r.Messages, r.Requests, r.ToCheck, len(r.CasesOpened))
	}
	if err != nil {
		return errSaid
	}
	return nil
}

// triaged is what `triage --json` prints of one file.
type triaged struct {
	File       string              `json:"file"`
	Kind       string              `json:"kind"`
	Rights     []string            `json:"rights"`
	Confidence float64             `json:"confidence"`
	Language   string              `json:"language"`
	Findings   []triagedFinding    `json:"findings"`
	Marks      []request.MarkFound `json:"marks"`
	Orders     []string            `json:"orders"`
	Error      string              `json:"error,omitempty"`
}

type triagedFinding struct {
	Right      string         `json:"right"`
	Article    string         `json:"article"`
	Confidence float64        `json:"confidence"`
	Rule       string         `json:"rule"`
	Spans      []request.Span `json:"spans"`
}

// maxMail bounds what is read of one mail file.
const maxMail = 64 << 20

func (c *cli) triageCommand() *cobra.Command {
	return command("triage FILE.eml...", "Say which rights a mail asks for (no profile needed)", 1, -1, func(_ *cobra.Command, files []string) error {
		all := make([]triaged, 0, len(files))
		read := 0
		for _, f := range files {
			t, err := triage(f)
			if err != nil {
				c.say("%s: %s", f, reasonOf(err))
				t = triaged{File: f, Kind: "unreadable", Rights: []string{}, Findings: []triagedFinding{}, Marks: []request.MarkFound{}, Orders: []string{}, Error: reasonOf(err)}
			}
			if t.Error == "" {
				read++
			}
			if all = append(all, t); !c.json {
				rights := "none"
				if len(t.Rights) > 0 {
					rights = strings.Join(t.Rights, ",")
				}
				fmt.Fprintf(c.out, "%s\t%s\t%.2f\n", oneLine(f), rights, t.Confidence)
			}
			if err := c.ctx.Err(); err != nil {
				return err
			}
		}
		if c.json {
			if err := c.printJSON(all); err != nil {
				return err
			}
		}
		// An unreadable file has its answer, none, and the rest goes on; only
		// when nothing could be read has the command failed.
		if read == 0 {
			return errSaid
		}
		return nil
	})
}

// reasonOf takes the path off a file error: it stands before it already.
func reasonOf(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// wordy tells whether a text is mostly words: what a picture or an archive
// gives when it is read as a mail without a header is not.
func wordy(text string) bool {
	letters, all := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
			all++
		case !unicode.IsSpace(r):
			all++
		}
	}
	return letters*2 > all
}

func triage(path string) (triaged, error) {
	f, err := os.Open(path)
	if err != nil {
		return triaged{}, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxMail))
	if err != nil {
		return triaged{}, err
	}
	m := mail.Parse(raw, mail.Trust{})
	if len(m.From) == 0 && m.Subject == "" && (bytes.IndexByte(raw, 0) >= 0 || !wordy(m.Text)) {
		return triaged{}, errors.New("this is not a mail that can be read")
	}
	v := request.Recognise(m)
	t := triaged{File: path, Kind: v.Kind.String(), Rights: []string{}, Confidence: v.Confidence, Language: v.Language, Findings: []triagedFinding{}, Marks: v.Marks, Orders: v.Orders}
	if t.Marks == nil {
		t.Marks = []request.MarkFound{}
	}
	if t.Orders == nil {
		t.Orders = []string{}
	}
	for _, x := range v.Findings {
		t.Findings = append(t.Findings, triagedFinding{x.Right.String(), x.Right.Article(), x.Confidence, x.Rule, x.Spans})
	}
	for _, r := range v.Rights() {
		t.Rights = append(t.Rights, r.String())
	}
	return t, nil
}

func (c *cli) deadlineCommand() *cobra.Command {
	var received, extended, territory string
	var suspended []string
	cmd := command("deadline --received RFC3339 [--extended RFC3339] [--suspended FROM..TO]... [--territory NAME]",
		"Compute the legal due date of a request (no profile needed)", 0, 0, func(*cobra.Command, []string) error {
			k := law.Clock{Zone: law.Paris(), Territory: law.Metropole}
			var err error
			if k.Received, err = instant(received); err != nil {
				return usage("--received needs an instant such as 2026-03-05T10:00:00Z")
			}
			if extended != "" {
				if k.ExtendedAt, err = instant(extended); err != nil {
					return usage("--extended needs an instant such as 2026-03-20T10:00:00Z")
				}
			}
			if territory != "" {
				if k.Territory, err = law.ParseTerritory(territory); err != nil {
					var names []string
					for _, t := range law.Territories() {
						names = append(names, string(t))
					}
					return usage("--territory is one of %s", strings.Join(names, ", "))
				}
			}
			for _, s := range suspended {
				p, err := suspension(s)
				if err != nil {
					return usage("--suspended needs FROM..TO, two dates such as 2026-03-09..2026-03-19")
				}
				k.Suspensions = append(k.Suspensions, p)
			}
			d, err := k.Deadline(law.DateOf(c.now(), k.Zone))
			if err != nil {
				return err
			}
			return c.printDeadline(d)
		})
	cmd.Flags().StringVar(&received, "received", "", "when the server received the request")
	cmd.Flags().StringVar(&extended, "extended", "", "when the person was told of the extension")
	cmd.Flags().StringArrayVar(&suspended, "suspended", nil, "a suspension, FROM..TO")
	cmd.Flags().StringVar(&territory, "territory", "", "whose public holidays count")
	return cmd
}

func (c *cli) printDeadline(d law.Deadline) error {
	if !c.json {
		fmt.Fprintln(c.out, d.Due)
		for _, w := range d.Warnings {
			c.say("%s", in(w, c.speak()))
		}
		return nil
	}
	type step struct {
		Text   string   `json:"text"`
		Source string   `json:"source"`
		Date   law.Date `json:"date"`
	}
	steps := func(ss []law.Step) []step {
		out := []step{}
		for _, s := range ss {
			out = append(out, step{in(s, c.speak()), s.Source, s.Date})
		}
		return out
	}
	return c.printJSON(map[string]any{"received": d.Received, "due": d.Due, "raw": d.Raw, "unsuspended": d.Unsuspended, "extension_due": d.ExtensionDue,
		"notice_by": d.NoticeBy, "refusal_by": d.RefusalBy, "extended": d.Extended, "extension_void": d.ExtensionVoid, "suspended": d.Suspended,
		"steps": steps(d.Steps), "warnings": steps(d.Warnings)})
}

func in(s law.Step, lang string) string {
	if lang == "fr" {
		return s.FR
	}
	return s.EN
}

func instant(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) }

// suspension reads FROM..TO, two dates or two instants; without TO it is still
// running.
func suspension(s string) (law.Suspension, error) {
	from, to, ok := strings.Cut(s, "..")
	if !ok {
		return law.Suspension{}, errUsage
	}
	day := func(s string) (law.Date, error) {
		if t, err := instant(s); err == nil {
			return law.DateOf(t, law.Paris()), nil
		}
		return law.ParseDate(s)
	}
	out := law.Suspension{By: "owner"}
	var err error
	if out.From, err = day(from); err != nil {
		return out, err
	}
	if to != "" {
		out.To, err = day(to)
	}
	return out, err
}

// caseJSON is what `cases --json` prints of one case.
type caseJSON struct {
	Case     int64    `json:"case"`
	State    string   `json:"state"`
	Rights   []string `json:"rights"`
	Received string   `json:"received"`
	Due      law.Date `json:"due"`
	DaysLeft int      `json:"days_left"`
	Person   string   `json:"person"`
	Email    string   `json:"email"`
	Orders   []string `json:"orders"`
	Identity string   `json:"identity"`
	Minor    bool     `json:"minor"`
	Late     bool     `json:"late"`
}

func caseOf(r app.CaseRow) caseJSON {
	j := caseJSON{Case: int64(r.ID), State: r.State.String(), Rights: []string{}, Received: r.Received.UTC().Format(time.RFC3339), Due: r.Due, DaysLeft: r.DaysLeft,
		Person: r.Person, Email: r.Email, Orders: r.Orders, Identity: r.Identity.String(), Minor: r.Minor, Late: r.Late}
	for _, x := range r.Rights {
		j.Rights = append(j.Rights, x.String())
	}
	if j.Orders == nil {
		j.Orders = []string{}
	}
	return j
}

func (c *cli) casesCommand() *cobra.Command {
	var open bool
	cmd := command("cases [--open]", "List the cases", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			rows, err := p.Requests(c.ctx)
			if err != nil {
				return err
			}
			all := []caseJSON{}
			for _, r := range rows {
				if !open || r.State.Open() {
					all = append(all, caseOf(r))
				}
			}
			if c.json {
				return c.printJSON(all)
			}
			for _, j := range all {
				fmt.Fprintf(c.out, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", j.Case, j.State, strings.Join(j.Rights, ","), j.Received, j.Due, j.DaysLeft,
					oneLine(j.Person), strings.Join(j.Orders, ","), j.Identity)
			}
			return nil
		})
	})
	cmd.Flags().BoolVar(&open, "open", false, "only those that still need an answer")
	return cmd
}

func (c *cli) caseCommand() *cobra.Command {
	return command("case N", "Show one case", 1, 1, func(_ *cobra.Command, args []string) error {
		id, err := caseNumber(args[0])
		if err != nil {
			return err
		}
		return c.with(func(p *profile) error {
			v, err := p.Case(c.ctx, id)
			if err != nil {
				return err
			}
			return c.printCase(p, v)
		})
	})
}

func caseNumber(s string) (cases.ID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, usage("%q is no case number", s)
	}
	return cases.ID(n), nil
}

func (c *cli) printCase(p *profile, v app.CaseView) error {
	lang := c.lang
	if lang == "" {
		lang = p.Info().Lang
	}
	rows, err := p.Requests(c.ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r app.CaseRow) bool { return r.ID == v.Case.ID })
	j := caseOf(rows[i])
	type why struct {
		Text   string `json:"text"`
		Source string `json:"source"`
	}
	var reasons []why
	for _, s := range v.Deadline.Steps {
		reasons = append(reasons, why{in(s, lang), s.Source})
	}
	var signs, next []string
	for _, s := range v.Case.Identity.Signs {
		mark := "-"
		if s.For {
			mark = "+"
		}
		signs = append(signs, mark+" "+assets.Text(lang, s.Key, map[string]any{"Arg": s.Arg}))
	}
	for _, s := range v.Steps {
		if s.Lawful {
			next = append(next, string(s.Act))
		}
	}
	type message struct {
		From     string         `json:"from"`
		Subject  string         `json:"subject"`
		Received string         `json:"received"`
		Text     string         `json:"text"`
		Why      []request.Span `json:"why"`
	}
	var messages []message
	for _, m := range v.Messages {
		from, _ := m.Message.Sender()
		x := message{From: from.Email, Subject: m.Message.Subject, Received: m.Message.ReceivedAt.UTC().Format(time.RFC3339), Text: m.Message.Text, Why: []request.Span{}}
		for _, f := range m.Verdict.Findings {
			x.Why = append(x.Why, f.Spans...)
		}
		messages = append(messages, x)
	}
	if c.json {
		return c.printJSON(struct {
			caseJSON
			Why      []why     `json:"why"`
			Signs    []string  `json:"identity_signs"`
			Next     []string  `json:"next"`
			Messages []message `json:"messages"`
			Runs     []int64   `json:"runs"`
		}{j, reasons, signs, next, messages, v.Case.Runs})
	}
	fmt.Fprintf(c.out, "case\t%d\nstate\t%s\nrights\t%s\nreceived\t%s\ndue\t%s (%d)\nperson\t%s\norders\t%s\nidentity\t%s\n", j.Case, j.State, strings.Join(j.Rights, ","),
		j.Received, j.Due, j.DaysLeft, oneLine(j.Person), strings.Join(j.Orders, ","), j.Identity)
	for _, s := range signs {
		fmt.Fprintf(c.out, "sign\t%s\n", oneLine(s))
	}
	for _, w := range reasons {
		fmt.Fprintf(c.out, "why\t%s\t%s\n", oneLine(w.Text), w.Source)
	}
	fmt.Fprintf(c.out, "next\t%s\n", strings.Join(next, ", "))
	for _, m := range messages {
		fmt.Fprintf(c.out, "message\t%s\t%s\t%s\n", m.Received, oneLine(m.From), oneLine(m.Subject))
		for _, s := range m.Why {
			fmt.Fprintf(c.out, "words\t%s\t%s\n", s.Field, oneLine(s.Words))
		}
	}
	return nil
}

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
	if err != nil {
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
		if err := c.printJSON(doc); err != nil {
			return err
		}
	} else if len(vs) == 0 {
		c.say("%s", assets.Text(c.speak(), "cli.nothing_cut", nil))
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

func (c *cli) registerCommand() *cobra.Command {
	var files struct{ pdf, csv, json string }
	names := make([]string, 0, len(register.Names))
	for _, n := range register.Names {
		names = append(names, string(n))
	}
	cmd := command("register NAME [--pdf F] [--csv F] [--json-file F]", "Print a register: "+strings.Join(names, ", "), 1, 1, func(_ *cobra.Command, args []string) error {
		name := register.Name(args[0])
		if !slices.Contains(register.Names, name) {
			return usage("there is no register %q; the registers are %s", args[0], strings.Join(names, ", "))
		}
		return c.with(func(p *profile) error {
			written := map[string]string{}
			for _, f := range []struct{ format, path string }{{"pdf", files.pdf}, {"csv", files.csv}, {"json", files.json}} {
				if f.path == "" {
					continue
				}
				path, err := p.Print(c.ctx, name, f.format, c.lang, f.path)
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

func (c *cli) dossierCommand() *cobra.Command {
	var pdf string
	cmd := command("dossier --pdf F", "Print all registers as one bound file", 0, 0, func(*cobra.Command, []string) error {
		if pdf == "" {
			return usage("greffier dossier --pdf F")
		}
		return c.with(func(p *profile) error {
			path, err := p.Dossier(c.ctx, c.lang, pdf)
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
	cmd.Flags().StringVar(&pdf, "pdf", "", "the file")
	return cmd
}

func (c *cli) promisesCommand() *cobra.Command {
	return command("promises", "Check every promise of the privacy policy", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
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
			}
			out := []row{}
			for _, r := range rows {
				out = append(out, row{r.ID, r.State, r.By, orEmpty(r.Evidence), r.Sentence})
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
}

func (c *cli) verifyCommand() *cobra.Command {
	return command("verify", "Check the journal, the store and the evidence", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			v, err := p.Verify(c.ctx)
			if err != nil {
				return err
			}
			if c.json {
				err = c.printJSON(map[string]any{"journal": map[string]any{"entries": v.Entries, "head": v.Head, "broken_at": v.BrokenAt}, "store": v.Store, "evidence": v.Evidence})
			} else {
				fmt.Fprintf(c.out, "journal\t%d entries\t%s\nstore\t%s\nevidence\t%s\n", v.Entries, v.Head, v.Store, v.Evidence)
			}
			if err != nil {
				return err
			}
			if v.BrokenAt != nil {
				c.say("%s", assets.Text(c.speak(), "cli.journal_broken", map[string]any{"Seq": *v.BrokenAt}))
			}
			if v.BrokenAt != nil || v.Store != "ok" || v.Evidence != "ok" {
				return errSaid
			}
			return nil
		})
	})
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
	return command("restore F", "Bring a profile back from a backup", 1, 1, func(_ *cobra.Command, args []string) error {
		if vault.Exists(c.dir) {
			l := flock.New(filepath.Join(c.dir, lockName), flock.SetPermissions(0o600))
			if ok, err := l.TryLock(); err != nil || !ok {
				return errors.Join(errInUse, err)
			}
			defer l.Unlock()
		}
		r, err := restoreProfile(c.ctx, c.dir, args[0], os.Getenv("GREFFIER_PASSPHRASE"), c.now)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]any{"profile": c.dir, "tombstones": r.Stones, "emptied": r.Orders, "former_profile": r.MovedTo})
		}
		fmt.Fprintln(c.out, c.dir)
		c.say("%s", assets.Text(c.speak(), "cli.restored", map[string]any{"Stones": r.Stones, "Orders": r.Orders}))
		if r.MovedTo != "" {
			c.say("%s", assets.Text(c.speak(), "cli.moved", map[string]any{"Dir": r.MovedTo}))
		}
		return nil
	})
}
