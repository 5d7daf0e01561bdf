package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/assets"
)

// locatorJSON is what one locator finds as `greffier locate --json` prints it.
type locatorJSON struct {
	Storage string `json:"storage"`
	Holds   string `json:"holds"`
	Key     string `json:"key,omitempty"`
	Meta    string `json:"meta,omitempty"`
	Objects int    `json:"objects"`
	Orders  int    `json:"orders"`
	Size    int64  `json:"size_bytes"`
	Error   string `json:"error,omitempty"`
}

func (c *cli) locateCommand() *cobra.Command {
	return command("locate", "Show what each locator finds, what no order claims, and which orders find nothing", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			report, end := c.progress("look")
			r, err := p.Locate(c.ctx, p.Info().Locators, report)
			end()
			if err != nil {
				return err
			}
			return c.showLocated(r)
		})
	})
}

func (c *cli) showLocated(r app.LocateReport) error {
	rows, failed := []locatorJSON{}, error(nil)
	for _, x := range r.Rows {
		j := locatorJSON{Storage: x.Locator.Storage, Holds: string(x.Locator.Holds), Key: x.Locator.Key, Meta: x.Locator.Meta, Objects: x.Objects, Orders: x.Orders, Size: x.SizeBytes}
		if x.Err != nil {
			j.Error, failed = x.Err.Error(), x.Err
		}
		rows = append(rows, j)
		if !c.json {
			fmt.Fprintf(c.out, "locator\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", oneLine(j.Storage), j.Holds, oneLine(j.Key+j.Meta), j.Objects, j.Orders, j.Size, oneLine(j.Error))
		}
	}
	empty := []string{}
	for _, o := range r.Empty {
		empty = append(empty, o.Number)
	}
	if c.json {
		if err := c.printJSON(map[string]any{"locators": rows, "orphans": map[string]any{"objects": r.Orphans, "size_bytes": r.OrphanBytes},
			"orders": r.Orders, "without_media": map[string]any{"orders": r.EmptyCount, "some": empty}}); err != nil {
			return err
		}
		return failed
	}
	for _, f := range r.OrphanExamples {
		fmt.Fprintf(c.out, "orphan\t%s\t%s\t%d\n", oneLine(f.Storage), oneLine(f.Key), f.SizeBytes)
	}
	c.say("%s", assets.Text(c.speak(), "cli.located", map[string]any{"Orders": r.Orders, "Orphans": r.Orphans, "Empty": r.EmptyCount}))
	return failed
}

// noticeJSON is a recipient to be told as `greffier recipients --json` prints it.
type noticeJSON struct {
	ID        string   `json:"id"`
	Run       int64    `json:"run"`
	Case      int64    `json:"case"`
	Name      string   `json:"name"`
	To        string   `json:"to"`
	State     string   `json:"state"`
	Orders    []string `json:"orders"`
	SentAt    string   `json:"sent_at"`
	Reminders int      `json:"reminders"`
	Next      string   `json:"next_reminder"`
	Answer    string   `json:"answer"`
}

func (c *cli) recipientsCommand() *cobra.Command {
	var caseNo int64
	var draft, sent, answer, spare, reason string
	cmd := command("recipients [--case N] [--draft ID | --sent ID | --answered ID --as erased|done|nothing-held|refused|other [--reason NOTE] | --spare ID --reason WHY]",
		"Show which recipients are to be told of an erasure, rectification or restriction, and what they answered (GDPR Art. 19)", 0, 0, nil)
	var as string
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		n := 0
		for _, x := range []string{draft, sent, answer, spare} {
			if x != "" {
				n++
			}
		}
		if n > 1 || (answer != "") != (as != "") || spare != "" && reason == "" || reason != "" && spare == "" && answer == "" {
			return usage("greffier recipients [--case N] [--draft ID | --sent ID | --answered ID --as WHAT [--reason NOTE] | --spare ID --reason WHY]")
		}
		return c.with(func(p *profile) error {
			switch {
			case draft != "":
				l, err := p.DraftNotice(c.ctx, draft, "")
				if err != nil {
					return err
				}
				if err := p.PutNoticeInDrafts(c.ctx, draft, l); err != nil {
					return err
				}
			case sent != "":
				if err := p.MarkNoticeSent(c.ctx, sent); err != nil {
					return err
				}
			case answer != "":
				if err := p.AnswerNotice(c.ctx, answer, as, reason); err != nil {
					return err
				}
			case spare != "":
				if err := p.SpareNotice(c.ctx, spare, reason); err != nil {
					return err
				}
			}
			return c.showRecipients(p, caseNo)
		})
	}
	f := cmd.Flags()
	f.Int64Var(&caseNo, "case", 0, "only those of this case")
	f.StringVar(&draft, "draft", "", "put the letter to this recipient into the mailbox's drafts")
	f.StringVar(&sent, "sent", "", "the letter to this recipient was sent")
	f.StringVar(&answer, "answered", "", "this recipient answered")
	f.StringVar(&as, "as", "", "what was answered: erased (done, of a rectification or restriction), nothing-held, refused or other")
	f.StringVar(&spare, "spare", "", "this recipient need not be told")
	f.StringVar(&reason, "reason", "", "why not, or what you made of the answer")
	return cmd
}

func (c *cli) showRecipients(p *profile, caseNo int64) error {
	rows, err := p.AllNotices(c.ctx, caseNo)
	if err != nil {
		return err
	}
	out := []noticeJSON{}
	for _, n := range rows {
		j := noticeJSON{ID: n.ID, Run: n.Run, Case: int64(n.Case), Name: n.Name, To: n.To, State: n.State, Orders: orEmpty(n.Orders), Reminders: n.Reminders, Answer: n.Answer}
		if !n.SentAt.IsZero() {
			j.SentAt = n.SentAt.UTC().Format("2006-01-02T15:04:05Z")
		}
		if !n.NextReminder.IsZero() {
			j.Next = n.NextReminder.String()
		}
		out = append(out, j)
		if !c.json {
			fmt.Fprintf(c.out, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", j.ID, j.Case, oneLine(j.Name), j.State, j.SentAt, j.Next, j.Answer)
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	return nil
}
