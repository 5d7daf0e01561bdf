package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/assets"
)

// wordingCommand shows and changes the wording of letters. A file holds the
// subject in its first line after a colon, then the text, as the shipped ones
// do.
func (c *cli) wordingCommand() *cobra.Command {
	cmd := command("wording list | show KIND | check FILE | set KIND FILE | reset KIND", "The wording of letters, in the language of --lang", 0, 0, func(*cobra.Command, []string) error {
		return c.listWordings()
	})
	cmd.AddCommand(command("list", "Every letter with the state of its wording", 0, 0, func(*cobra.Command, []string) error { return c.listWordings() }),
		command("show KIND", "Print a wording as a file that set takes", 1, 1, c.showWording),
		c.checkWordingCommand(),
		command("set KIND FILE", "Use a file as the wording of a letter", 2, 2, c.setWording),
		command("reset KIND", "Use the shipped wording again", 1, 1, c.resetWording))
	return cmd
}

// knownLetter refuses a kind that is none.
func knownLetter(kind string) error {
	if slices.Contains(cases.Templates(), kind) {
		return nil
	}
	return usage("there is no letter %q; the letters are %s", kind, strings.Join(cases.Templates(), ", "))
}

func (c *cli) listWordings() error {
	return c.with(func(p *profile) error {
		rows, err := p.Wordings(c.ctx)
		if err != nil {
			return err
		}
		type row struct {
			Kind    string `json:"kind"`
			Lang    string `json:"lang"`
			State   string `json:"state"`
			Updated bool   `json:"updated"`
		}
		out := []row{}
		for _, r := range rows {
			out = append(out, row{r.Kind, r.Lang, r.State, r.Updated})
			if !c.json {
				fmt.Fprintf(c.out, "%s\t%s\t%s\n", r.Kind, r.Lang, r.State)
			}
		}
		if c.json {
			return c.printJSON(out)
		}
		return nil
	})
}

func (c *cli) showWording(_ *cobra.Command, args []string) error {
	if err := knownLetter(args[0]); err != nil {
		return err
	}
	return c.with(func(p *profile) error {
		v, err := p.Wording(c.ctx, args[0], c.speak())
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]any{"kind": args[0], "lang": v.Row.Lang, "state": v.Row.State, "subject": v.Subject, "body": v.Body, "places": v.Places, "needs": orEmpty(v.Needs)})
		}
		word := "Subject"
		if v.Row.Lang == "fr" {
			word = "Objet"
		}
		fmt.Fprintf(c.out, "%s: %s\n\n%s\n", word, v.Subject, v.Body)
		return nil
	})
}

// wordingFile reads a wording: the subject after a colon, then the text.
func wordingFile(path string) (subject, body string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	head, body, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
	_, subject, ok := strings.Cut(head, ":")
	if !ok {
		return "", "", fmt.Errorf("the first line is no subject: %w", cases.ErrWording)
	}
	return strings.TrimSpace(subject), strings.Trim(body, "\n"), nil
}

// tellProblems prints what is wrong with a wording, a line each.
func (c *cli) tellProblems(ps []cases.Problem) error {
	type problem struct {
		Code  string `json:"code"`
		Field string `json:"field"`
		Line  int    `json:"line"`
		Hard  bool   `json:"hard"`
		Words string `json:"words"`
	}
	out := []problem{}
	for _, p := range ps {
		field := p.Field
		if key := "place." + p.Field; assets.Has(c.speak(), key) && p.Code != "define" && p.Code != "function" {
			field = assets.Text(c.speak(), key, nil)
		}
		words := assets.Text(c.speak(), "problem."+p.Code, map[string]any{"Field": field})
		out = append(out, problem{p.Code, p.Field, p.Line, p.Hard, words})
		if !c.json {
			fmt.Fprintf(c.out, "%s\t%s\t%d\t%s\n", p.Code, oneLine(p.Field), p.Line, oneLine(words))
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	return nil
}

func (c *cli) checkWordingCommand() *cobra.Command {
	kind := ""
	cmd := command("check FILE --kind KIND", "Tell what a wording lacks", 1, 1, func(_ *cobra.Command, args []string) error {
		if kind == "" {
			// A file named after its letter needs no flag.
			name := args[0][strings.LastIndexAny(args[0], `/\`)+1:]
			kind, _, _ = strings.Cut(name, ".")
		}
		if err := knownLetter(kind); err != nil {
			return err
		}
		subject, body, err := wordingFile(args[0])
		if err != nil {
			return err
		}
		return c.with(func(p *profile) error {
			ps := p.CheckWording(kind, c.speak(), subject, body)
			if err := c.tellProblems(ps); err != nil {
				return err
			}
			if !cases.Usable(ps) {
				return cases.ErrWording
			}
			return nil
		})
	})
	cmd.Flags().StringVar(&kind, "kind", "", "the letter; its name is that of the file otherwise")
	return cmd
}

func (c *cli) setWording(_ *cobra.Command, args []string) error {
	if err := knownLetter(args[0]); err != nil {
		return err
	}
	subject, body, err := wordingFile(args[1])
	if err != nil {
		return err
	}
	return c.with(func(p *profile) error {
		if ps := p.CheckWording(args[0], c.speak(), subject, body); !cases.Usable(ps) {
			return cmp.Or(c.tellProblems(ps), error(cases.ErrWording))
		}
		if err := p.SaveWording(c.ctx, args[0], c.speak(), subject, body); err != nil {
			return err
		}
		return c.saidWording("cli.wording.saved", args[0], app.WordingYours)
	})
}

func (c *cli) resetWording(_ *cobra.Command, args []string) error {
	if err := knownLetter(args[0]); err != nil {
		return err
	}
	return c.with(func(p *profile) error {
		if err := p.ResetWording(c.ctx, args[0], c.speak()); err != nil {
			return err
		}
		return c.saidWording("cli.wording.reset", args[0], app.WordingShipped)
	})
}

func (c *cli) saidWording(key, kind, state string) error {
	if c.json {
		return c.printJSON(map[string]string{"kind": kind, "lang": c.speak(), "state": state})
	}
	c.say("%s", assets.Text(c.speak(), key, map[string]any{"Kind": kind, "Lang": c.speak()}))
	return nil
}
