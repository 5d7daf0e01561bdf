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

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/request"
	"greffier/assets"
	"greffier/data/mail"
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
	c := &cli{ctx: ctx, in: in, err: errw, now: time.Now}
	// Whatever a command prints of mail or shop: nothing of it means anything
	// to a terminal, even where a command forgot.
	c.out = &plainWriter{to: out, json: &c.json}
	out = c.out
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
		if commands(r) {
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
	root.AddCommand(c.connectionsCommand(), c.demoCommand(), c.initCommand(), c.syncCommand(), c.triageCommand(), c.deadlineCommand(), c.casesCommand(), c.withCaseActs(c.caseCommand()), c.reasoningCommand(), c.agendaCommand(), c.awayCommand(),
		c.mailsCommand(), c.mailCommand(), c.correctCommand(), c.letterCommand(), c.wordingCommand(), c.mailboxCommand(), c.watchCommand(),
		c.restrictCommand(), c.suppressCommand(), c.amendCommand(), c.historyCommand(), c.findingsCommand(), c.piaCommand(), c.breachCopyCommand(),
		c.eraseCommand(), c.copyCommand(), c.locateCommand(), c.recipientsCommand(), c.retentionCommand(), c.ruleCommand(), c.holdCommand(), c.archiveCommand(), c.sweepCommand(), c.sweepRuleCommand(), c.scheduleCommand(), c.registerCommand(), c.dossierCommand(), c.promisesCommand(), c.siteCommand(), c.drillCommand(), c.statedCommand(), c.policyCommand(), c.verifyCommand(), c.stampCommand(), c.signerCommand(), c.journalCommand(), c.vaultCommand(), c.backupCommand(), c.restoreCommand(), c.manCommand())
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
				confidence := t.Confidence
				if t.Kind == request.ToCheck.String() {
					// Not sure enough to be a request, and never dropped in silence.
					var words []string
					for _, x := range t.Findings {
						words = append(words, x.Right)
					}
					c.say("%s: %s: %s (%.2f)", f, t.Kind, strings.Join(words, ","), t.Confidence)
					confidence = 1 - t.Confidence
				}
				fmt.Fprintf(c.out, "%s\t%s\t%.2f\n", oneLine(f), rights, confidence)
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
		t.Findings = append(t.Findings, triagedFinding{x.Right.String(), x.Right.Article(), x.Confidence, x.Rule, orEmpty(x.Spans)})
	}
	if v.Kind == request.Request {
		for _, r := range v.Rights() {
			t.Rights = append(t.Rights, r.String())
		}
	}
	return t, nil
}

func (c *cli) deadlineCommand() *cobra.Command {
	var received, extended, territory, pdf string
	var suspended []string
	cmd := command("deadline --received RFC3339 [--extended RFC3339] [--suspended FROM..TO]... [--territory NAME] [--pdf F]",
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
			if pdf != "" {
				if err := c.deadlinePDF(k, d, pdf); err != nil {
					return err
				}
				c.say("%s", pdf)
			}
			return c.printDeadline(d)
		})
	cmd.Flags().StringVar(&pdf, "pdf", "", "print the reasoning as a PDF")
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
	type line struct {
		At   string `json:"at"`
		By   string `json:"by"`
		Key  string `json:"key"`
		Text string `json:"text"`
	}
	var history []line
	for _, e := range v.Case.Events {
		history = append(history, line{e.At.UTC().Format(time.RFC3339), e.By, e.Key, strings.TrimSpace(assets.Text(lang, e.Key, map[string]any{"Arg": e.Arg}))})
	}
	if c.json {
		return c.printJSON(struct {
			caseJSON
			History  []line       `json:"history"`
			Letters  []letterJSON `json:"letters"`
			Why      []why        `json:"why"`
			Signs    []string     `json:"identity_signs"`
			Next     []string     `json:"next"`
			Messages []message    `json:"messages"`
			Runs     []int64      `json:"runs"`
			caseLife
		}{j, orEmpty(history), lettersOf(v.Case), orEmpty(reasons), orEmpty(signs), orEmpty(next), orEmpty(messages), orEmpty(v.Case.Runs), lifeOf(v)})
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
	c.printLife(v)
	for _, h := range history {
		fmt.Fprintf(c.out, "history\t%s\t%s\t%s\n", h.At, h.By, oneLine(h.Text))
	}
	for _, l := range lettersOf(v.Case) {
		fmt.Fprintf(c.out, "letter\t%s\t%s\t%s\n", l.Kind, l.State, oneLine(l.To))
	}
	for _, m := range messages {
		fmt.Fprintf(c.out, "message\t%s\t%s\t%s\n", m.Received, oneLine(m.From), oneLine(m.Subject))
		for _, s := range m.Why {
			fmt.Fprintf(c.out, "words\t%s\t%s\n", s.Field, oneLine(s.Words))
		}
	}
	return nil
}
