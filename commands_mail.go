package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
	"greffier/assets"
	"greffier/data/mail"
)

// mailJSON is a mail as `greffier mails --json` prints it.
type mailJSON struct {
	Mail       int64            `json:"mail"`
	Kind       string           `json:"kind"`
	Received   string           `json:"received"`
	From       string           `json:"from"`
	Subject    string           `json:"subject"`
	Rights     []string         `json:"rights"`
	Confidence float64          `json:"confidence"`
	Case       int64            `json:"case"` // 0 for none
	Junk       bool             `json:"junk"`
	Corrected  bool             `json:"corrected"`
	Findings   []triagedFinding `json:"findings"`
}

func mailRowJSON(r app.MailRow) mailJSON {
	m := mailJSON{Mail: r.ID, Kind: r.Verdict.Kind.String(), Received: r.Received.UTC().Format("2006-01-02T15:04:05Z07:00"), From: r.From, Subject: r.Subject, Rights: []string{},
		Confidence: r.Verdict.Confidence, Case: int64(r.Case), Junk: r.Junk, Corrected: r.Corrected, Findings: []triagedFinding{}}
	for _, x := range r.Verdict.Rights() {
		m.Rights = append(m.Rights, x.String())
	}
	for _, x := range r.Verdict.Findings {
		m.Findings = append(m.Findings, triagedFinding{x.Right.String(), x.Right.Article(), x.Confidence, x.Rule, orEmpty(x.Spans)})
	}
	return m
}

func (c *cli) mailsCommand() *cobra.Command {
	var check, requests, ordinary bool
	cmd := command("mails [--check | --requests | --ordinary]", "List the mails that were read, with what was recognised in them", 0, 0, func(*cobra.Command, []string) error {
		kinds := []request.Kind{}
		for _, k := range []struct {
			want bool
			kind request.Kind
		}{{check, request.ToCheck}, {requests, request.Request}, {ordinary, request.Ordinary}} {
			if k.want || !check && !requests && !ordinary {
				kinds = append(kinds, k.kind)
			}
		}
		return c.with(func(p *profile) error {
			all := []mailJSON{}
			for _, k := range kinds {
				rows, err := p.Mails(c.ctx, k)
				if err != nil {
					return err
				}
				for _, r := range rows {
					all = append(all, mailRowJSON(r))
				}
			}
			if c.json {
				return c.printJSON(all)
			}
			for _, m := range all {
				rights := "none"
				if len(m.Rights) > 0 {
					rights = strings.Join(m.Rights, ",")
				}
				fmt.Fprintf(c.out, "%d\t%s\t%s\t%.2f\t%s\t%s\t%s\n", m.Mail, m.Kind, rights, m.Confidence, m.Received[:10], oneLine(m.From), oneLine(m.Subject))
			}
			return nil
		})
	})
	cmd.Flags().BoolVar(&check, "check", false, "those that may be requests")
	cmd.Flags().BoolVar(&requests, "requests", false, "requests")
	cmd.Flags().BoolVar(&ordinary, "ordinary", false, "ordinary mail")
	return cmd
}

func (c *cli) mailCommand() *cobra.Command {
	return command("mail N", "Show one mail with the words that spoke; ordinary mail is read again from the mailbox", 1, 1, func(_ *cobra.Command, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || id < 1 {
			return usage("a mail is named by its number, as greffier mails prints it")
		}
		return c.with(func(p *profile) error {
			v, err := p.ReadMail(c.ctx, id)
			if err != nil {
				return err
			}
			row := app.MailRow{ID: id, Subject: v.Message.Subject, Received: v.Message.ReceivedAt, Verdict: v.Verdict, Case: v.Case, Junk: v.Message.Junk, Corrected: v.Corrected}
			if len(v.Message.From) > 0 {
				row.From = v.Message.From[0].Email
			}
			if c.json {
				return c.printJSON(struct {
					mailJSON
					Text string `json:"text"`
				}{mailRowJSON(row), v.Message.Text})
			}
			fmt.Fprintf(c.out, "%s\n%s\n\n", oneLine(row.From), oneLine(row.Subject))
			for _, l := range strings.Split(v.Message.Text, "\n") {
				fmt.Fprintln(c.out, oneLine(l))
			}
			for _, f := range v.Verdict.Findings {
				fmt.Fprintf(c.out, "\n%s\t%s\t%.2f\t%s", f.Right, f.Right.Article(), f.Confidence, f.Rule)
				for _, s := range f.Spans {
					fmt.Fprintf(c.out, "\n\t%s %d-%d\t%s", s.Field, s.Start, s.End, oneLine(s.Words))
				}
				fmt.Fprintln(c.out)
			}
			return nil
		})
	})
}

func (c *cli) correctCommand() *cobra.Command {
	var undo bool
	cmd := command("correct MAIL [RIGHT,RIGHT... | none] [--undo]", "Say what a mail asks for; what you say makes later verdicts better", 1, 2, func(cmd *cobra.Command, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || id < 1 || undo == (len(args) == 2) {
			return usage("greffier %s", cmd.Use)
		}
		var rights []request.Right
		if len(args) == 2 && args[1] != "none" {
			for _, w := range strings.Split(args[1], ",") {
				r := request.ParseRight(strings.TrimSpace(w))
				if r == request.NoRight {
					return usage("there is no right %q", w)
				}
				rights = append(rights, r)
			}
		}
		return c.with(func(p *profile) error {
			var opened cases.ID
			if undo {
				opened, err = p.RestoreVerdict(c.ctx, id)
			} else {
				opened, err = p.CorrectVerdict(c.ctx, id, rights)
			}
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]int64{"mail": id, "case": int64(opened)})
			}
			if opened != 0 {
				fmt.Fprintf(c.out, "case %d\n", opened)
			}
			return nil
		})
	})
	cmd.Flags().BoolVar(&undo, "undo", false, "take your correction back")
	return cmd
}

// letterJSON is a letter of a case, without its text.
type letterJSON struct {
	Kind    string `json:"kind"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	State   string `json:"state"` // written, in drafts, sending, sent, returned
	Sent    string `json:"sent,omitempty"`
}

func lettersOf(c cases.Case) []letterJSON {
	out := []letterJSON{}
	for _, l := range c.Letters {
		x := letterJSON{Kind: l.Kind, To: l.Address(c), Subject: l.Subject, State: "written"}
		switch {
		case !l.ReturnedAt.IsZero():
			x.State = "returned"
		case !l.SentAt.IsZero():
			x.State = "sent"
		case !l.SendingAt.IsZero():
			x.State = "sending"
		case !l.DraftAt.IsZero():
			x.State = "in drafts"
		}
		if !l.SentAt.IsZero() {
			x.Sent = l.SentAt.UTC().Format(time.RFC3339)
		}
		out = append(out, x)
	}
	return out
}

func (c *cli) letterCommand() *cobra.Command {
	var n int64
	var draft, send bool
	var text string
	cmd := command("letter --case N KIND [--text FILE] [--draft | --send]", "Write a letter of a case: "+strings.Join(cases.LetterKinds, ", ")+"; code makes a new one-time code", 1, 1, func(cmd *cobra.Command, args []string) error {
		if n < 1 || draft && send {
			return usage("greffier %s", cmd.Use)
		}
		if !slices.Contains(cases.LetterKinds, args[0]) {
			return usage("there is no letter %q; the letters are %s", args[0], strings.Join(cases.LetterKinds, ", "))
		}
		return c.with(func(p *profile) error {
			var l cases.Letter
			var err error
			if args[0] == cases.LetterCode {
				l, err = p.Challenge(c.ctx, cases.ID(n))
			} else {
				l, err = p.DraftLetter(c.ctx, cases.ID(n), args[0], c.lang)
			}
			if err != nil {
				return err
			}
			if text != "" {
				b, err := os.ReadFile(text)
				if err != nil {
					return err
				}
				l.Text = string(b)
			}
			switch {
			case send:
				err = p.SendLetter(c.ctx, cases.ID(n), l)
			case draft:
				err = p.PutInDrafts(c.ctx, cases.ID(n), l)
			}
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]any{"case": n, "kind": l.Kind, "to": l.To, "subject": l.Subject, "text": l.Text, "drafted": draft, "sent": send})
			}
			fmt.Fprintf(c.out, "%s\n\n%s\n", oneLine(l.Subject), l.Text)
			return nil
		})
	})
	cmd.Flags().Int64Var(&n, "case", 0, "number of the case")
	cmd.Flags().StringVar(&text, "text", "", "a file with your own text instead of the template's")
	cmd.Flags().BoolVar(&draft, "draft", false, "lay it into the Drafts folder")
	cmd.Flags().BoolVar(&send, "send", false, "send it")
	return cmd
}

func (c *cli) watchCommand() *cobra.Command {
	return command("watch", "Read new mail as soon as it comes in, until interrupted", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			if err := c.sync(p, false, true); err != nil {
				return err
			}
			p.OnChange(func() {
				if t, err := p.Today(c.ctx); err == nil {
					c.say("%s", assets.Count(c.speak(), "cli.watch", len(t.Needs), nil))
				}
			})
			err := p.Watch(c.ctx, nil)
			if errors.Is(err, context.Canceled) {
				return nil // Ctrl+C is how it ends
			}
			return err
		})
	})
}

func (c *cli) mailboxCommand() *cobra.Command {
	cmd := command("mailbox [find ADDRESS | set | signin | test]", "Show the mailbox: its settings, the folders and which of them are read", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			a, ok := p.MailAccount()
			if !ok {
				return app.ErrNoMailbox
			}
			seen, err := p.TryMail(c.ctx, a, mailbox.Secret{})
			if err != nil {
				return err
			}
			return c.showAccount(a, &seen)
		})
	})
	cmd.AddCommand(c.mailboxFindCommand(), c.mailboxSetCommand(), c.mailboxSignInCommand())
	return cmd
}

func (c *cli) showAccount(a mailbox.Account, seen *mailbox.Looked) error {
	if c.json {
		return c.printJSON(struct {
			Account mailbox.Account `json:"account"`
			Looked  *mailbox.Looked `json:"looked"`
		}{a, seen})
	}
	fmt.Fprintf(c.out, "address\t%s\nimap\t%s\t%s\t%s\nsign-in\t%s\nout\t%s\n", oneLine(a.Address), a.IMAP, a.IMAP.Security, oneLine(a.IMAP.User), a.SignIn, a.Out)
	if a.SMTP.Host != "" {
		fmt.Fprintf(c.out, "smtp\t%s\t%s\t%s\n", a.SMTP, a.SMTP.Security, oneLine(a.SMTP.User))
	}
	if seen == nil {
		return nil
	}
	fmt.Fprintf(c.out, "server\t%s\t%s\n", oneLine(seen.Server), seen.TLS)
	for _, f := range seen.Folders {
		read := "-"
		if f.Read {
			read = "read"
		}
		fmt.Fprintf(c.out, "folder\t%s\t%s\t%d\t%s\n", oneLine(f.Name), f.Kind, f.Messages, read)
	}
	return nil
}

func (c *cli) mailboxFindCommand() *cobra.Command {
	return command("find ADDRESS", "Find the settings of a mailbox by its address", 1, 1, func(_ *cobra.Command, args []string) error {
		return c.with(func(p *profile) error {
			found, err := p.DiscoverMail(c.ctx, args[0])
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(found)
			}
			for _, f := range found {
				fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\t%s\n", f.From, f.Account.IMAP, f.Account.IMAP.Security, oneLine(f.Account.IMAP.User), f.Account.SMTP)
			}
			if len(found) == 0 {
				return mail.ErrNothingFound
			}
			return nil
		})
	})
}

// accountFlags are the settings of a mailbox on the command line; no secret.
type accountFlags struct {
	address, user, imap, smtp, security, out, folders, passwordEnv, caFile string
}

// account completes the settings from what is known, or is found out, of the
// address.
func (f accountFlags) account(ctx context.Context, p *profile) (mailbox.Account, error) {
	a, known := p.MailAccount()
	if f.address != "" && (!known || f.address != a.Address) {
		a = mailbox.Account{Address: f.address, SignIn: mailbox.ByPassword, Out: mailbox.OutDrafts, IMAP: mailbox.Server{User: f.address, Security: mailbox.TLS}}
		if f.imap == "" {
			found, err := p.DiscoverMail(ctx, f.address)
			if err != nil {
				return a, err
			}
			if len(found) == 0 {
				return a, mail.ErrNothingFound
			}
			a = found[0].Account
		}
	}
	server := func(s *mailbox.Server, text string) error {
		if text == "" {
			return nil
		}
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			host, port = text, "0"
		}
		if s.Port, err = strconv.Atoi(port); err != nil {
			return usage("a server is named HOST:PORT, not %q", text)
		}
		s.Host = host
		if s.Security == "" {
			s.Security = mailbox.TLS
		}
		return nil
	}
	if err := errors.Join(server(&a.IMAP, f.imap), server(&a.SMTP, f.smtp)); err != nil {
		return a, err
	}
	if f.security != "" {
		a.IMAP.Security = mailbox.Security(f.security)
		if f.smtp != "" {
			a.SMTP.Security = mailbox.Security(f.security)
		}
	}
	if f.user != "" {
		a.IMAP.User = f.user
	}
	if a.SMTP.Host != "" && (a.SMTP.User == "" || f.user != "") {
		a.SMTP.User = a.IMAP.User
	}
	if f.caFile != "" {
		a.CAFile = f.caFile
	}
	if f.out != "" {
		if f.out != mailbox.OutDrafts && f.out != mailbox.OutSMTP {
			return a, usage("--out is %s or %s, not %q", mailbox.OutDrafts, mailbox.OutSMTP, f.out)
		}
		a.Out = f.out
	}
	switch f.folders {
	case "":
	case "auto":
		a.Folders = nil
	default:
		a.Folders = strings.Split(f.folders, ",")
	}
	return a, nil
}

func (f *accountFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.address, "address", "", "the mailbox's own address")
	cmd.Flags().StringVar(&f.user, "user", "", "user name, where it is not the address")
	cmd.Flags().StringVar(&f.imap, "imap", "", "IMAP server, HOST:PORT")
	cmd.Flags().StringVar(&f.smtp, "smtp", "", "SMTP server, HOST:PORT")
	cmd.Flags().StringVar(&f.security, "security", "", "tls, starttls; plain only on this computer")
	cmd.Flags().StringVar(&f.out, "out", "", "letters go to drafts, or are sent by smtp")
	cmd.Flags().StringVar(&f.folders, "folders", "", "folders that are read, separated by commas; auto for Greffier's choice")
	cmd.Flags().StringVar(&f.caFile, "ca-file", "", "one more certificate authority to trust, PEM")
}

func (c *cli) mailboxSetCommand() *cobra.Command {
	var f accountFlags
	cmd := command("set [--address A] [--imap HOST:PORT] [--smtp HOST:PORT] [--out drafts|smtp] [--folders A,B] [--password-env NAME]",
		"Change the settings of the mailbox; they are tried first, and kept only where they work", 0, 0, func(*cobra.Command, []string) error {
			return c.with(func(p *profile) error {
				a, err := f.account(c.ctx, p)
				if err != nil {
					return err
				}
				var s mailbox.Secret
				if f.passwordEnv != "" {
					if s.Password = os.Getenv(f.passwordEnv); s.Password == "" {
						return fmt.Errorf("%w: %s is empty", errSecret, f.passwordEnv)
					}
				}
				seen, err := p.TryMail(c.ctx, a, s)
				if err != nil {
					return err
				}
				if err := p.SaveMail(c.ctx, a, s); err != nil {
					return err
				}
				return c.showAccount(a, &seen)
			})
		})
	f.add(cmd)
	cmd.Flags().StringVar(&f.passwordEnv, "password-env", "", "environment variable that holds the password")
	return cmd
}

func (c *cli) mailboxSignInCommand() *cobra.Command {
	var f accountFlags
	var clientID, clientSecretEnv string
	cmd := command("signin --client-id ID [--client-secret-env NAME] [--address A]", "Sign in at Google or Microsoft in the browser (OAuth 2.0)", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return c.with(func(p *profile) error {
			a, err := f.account(c.ctx, p)
			if err != nil {
				return err
			}
			a.SignIn = mailbox.ByOAuth
			if clientID != "" {
				a.ClientID = clientID
			}
			if a.ClientID == "" {
				return usage("greffier mailbox %s", cmd.Use)
			}
			secret := ""
			if clientSecretEnv != "" {
				secret = os.Getenv(clientSecretEnv)
			}
			s, err := p.SignInMail(c.ctx, a, secret, func(q mailbox.Prompt) {
				c.say("%s", assets.Text(c.speak(), "cli.signin", map[string]any{"Page": q.Page}))
				if q.Code != "" {
					c.say("%s", assets.Text(c.speak(), "cli.signin_code", map[string]any{"Code": q.Code}))
				}
			})
			if err != nil {
				return err
			}
			seen, err := p.TryMail(c.ctx, a, s)
			if err != nil {
				return err
			}
			if err := p.SaveMail(c.ctx, a, s); err != nil {
				return err
			}
			return c.showAccount(a, &seen)
		})
	})
	f.add(cmd)
	cmd.Flags().StringVar(&clientID, "client-id", "", "the registration at the provider")
	cmd.Flags().StringVar(&clientSecretEnv, "client-secret-env", "", "environment variable that holds the registration's secret")
	return cmd
}
