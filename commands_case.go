package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
	"greffier/assets"
)

// withCaseActs adds to the command that shows a case those that act on cases.
func (c *cli) withCaseActs(show *cobra.Command) *cobra.Command {
	show.AddCommand(c.caseNewCommand(), c.caseMergeCommand(), c.caseActCommand(), c.caseOrdersCommand())
	return show
}

// readRights reads the words of rights.
func readRights(words []string) ([]request.Right, error) {
	var out []request.Right
	for _, s := range words {
		for _, one := range strings.Split(s, ",") {
			r := request.ParseRight(strings.TrimSpace(one))
			if r == request.NoRight {
				var all []string
				for _, r := range request.Rights {
					all = append(all, r.String())
				}
				return nil, usage("%q is no right: one of %s", one, strings.Join(all, ", "))
			}
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// linkOf reads the word of a link; "unknown" is the one still to settle.
func linkOf(s string) (cases.Link, error) {
	if s == "unknown" {
		return cases.LinkUnknown, nil
	}
	l := cases.Link(s)
	if l == "" || !slices.Contains(cases.Links, l) {
		return "", usage("--link is one of self, parent, lawyer, agent, unknown")
	}
	return l, nil
}

// orderIDs finds orders by the numbers that customers see.
func (c *cli) orderIDs(p *profile, numbers []string) ([]int64, error) {
	var out []int64
	for _, s := range numbers {
		for _, n := range strings.Split(s, ",") {
			id, err := p.OrderID(c.ctx, strings.TrimSpace(n))
			if err != nil {
				return nil, fmt.Errorf("order %s: %w", oneLine(n), err)
			}
			out = append(out, id)
		}
	}
	return out, nil
}

func (c *cli) caseNewCommand() *cobra.Command {
	var channel, received, person, email, phone, concerned, link, words, lang string
	var rights, orders []string
	var minor, depicted bool
	cmd := command("new --channel post|telephone|visit|\"web form\" --received DATE --right RIGHT... --person NAME [--email ADDRESS] [--link self|parent|lawyer|agent|unknown]",
		"Enter a request that no mail carries; its clock runs from the day of receipt", 0, 0, func(*cobra.Command, []string) error {
			n := app.NewCase{Channel: channel, Requester: cases.Person{Name: person, Email: email}, Phone: phone, Concerned: cases.Person{Name: concerned},
				Minor: minor, Depicted: depicted, Words: words, Language: lang}
			var err error
			if n.Received, err = law.ParseDate(received); err != nil {
				return usage("--received needs a day such as 2026-03-05")
			}
			if n.Rights, err = readRights(rights); err != nil {
				return err
			}
			if n.Link, err = linkOf(link); err != nil {
				return err
			}
			if lang != "" && lang != "fr" && lang != "en" {
				return usage("--answer-in is fr or en")
			}
			return c.with(func(p *profile) error {
				if n.Orders, err = c.orderIDs(p, orders); err != nil {
					return err
				}
				id, err := p.EnterCase(c.ctx, n)
				if err != nil {
					return err
				}
				return c.tellCase(p, id)
			})
		})
	f := cmd.Flags()
	f.StringVar(&channel, "channel", "", "post, telephone, visit or \"web form\"")
	f.StringVar(&received, "received", "", "the day on which it came, YYYY-MM-DD")
	f.StringSliceVar(&rights, "right", nil, "what is asked; several times or with commas")
	f.StringVar(&person, "person", "", "who asks")
	f.StringVar(&email, "email", "", "the person's address, if one was given")
	f.StringVar(&phone, "phone", "", "the person's telephone number, to find orders")
	f.StringVar(&concerned, "concerned", "", "for whom, where it is another person")
	f.StringVar(&link, "link", "self", "as what the person asks")
	f.BoolVar(&minor, "minor", false, "the data are those of a minor")
	f.BoolVar(&depicted, "depicted", false, "the person is on the photos and is not the customer")
	f.StringVar(&words, "words", "", "what was told or written")
	f.StringVar(&lang, "answer-in", "", "language of the answer, fr or en")
	f.StringSliceVar(&orders, "order", nil, "numbers of the orders that are meant")
	return cmd
}

// tellCase prints the line of one case, as `cases` does.
func (c *cli) tellCase(p *profile, id cases.ID) error {
	rows, err := p.Requests(c.ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r app.CaseRow) bool { return r.ID == id })
	if i < 0 {
		return cases.ErrNotFound
	}
	j := caseOf(rows[i])
	if c.json {
		return c.printJSON(j)
	}
	fmt.Fprintf(c.out, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", j.Case, j.State, strings.Join(j.Rights, ","), j.Received, j.Due, j.DaysLeft,
		oneLine(j.Person), strings.Join(j.Orders, ","), j.Identity)
	return nil
}

func (c *cli) caseMergeCommand() *cobra.Command {
	var reason string
	var yes bool
	cmd := command("merge INTO FROM [--reason WORDS] --yes", "Join a case with another of the same person; FROM is closed, and this cannot be undone", 2, 2, func(_ *cobra.Command, args []string) error {
		into, err := caseNumber(args[0])
		if err != nil {
			return err
		}
		from, err := caseNumber(args[1])
		if err != nil {
			return err
		}
		return c.with(func(p *profile) error {
			if !yes {
				for _, id := range []cases.ID{into, from} {
					if err := c.tellCase(p, id); err != nil {
						return err
					}
				}
				c.say("%s", assets.Text(c.speak(), "cli.merge", map[string]any{"Into": int64(into), "From": int64(from)}))
				return errSaid
			}
			if err := p.MergeCases(c.ctx, into, from, reason); err != nil {
				return err
			}
			return c.tellCase(p, into)
		})
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why they are of one person, where that does not show")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	return cmd
}

// caseOrdersCommand prints the orders that a case may mean, searches others and
// sets the scope.
func (c *cli) caseOrdersCommand() *cobra.Command {
	var find string
	var further bool
	cmd := command("orders N [--find WORDS | --further]", "List the orders that a case may mean, with the reason of each; search others", 1, 1, func(_ *cobra.Command, args []string) error {
		id, err := caseNumber(args[0])
		if err != nil {
			return err
		}
		type line struct {
			Order    string `json:"order"`
			Person   string `json:"person"`
			Group    string `json:"group"`
			Why      string `json:"why"`
			Selected bool   `json:"selected"`
		}
		lines := []line{}
		return c.with(func(p *profile) error {
			if find != "" {
				found, err := p.FindOrders(c.ctx, find)
				if err != nil {
					return err
				}
				for _, f := range found {
					lines = append(lines, line{f.Row.Number, f.Row.Person, "found", f.Why, false})
				}
			} else {
				if further {
					if _, err := p.ProposeOrders(c.ctx, id); err != nil {
						return err
					}
				}
				v, err := p.Case(c.ctx, id)
				if err != nil {
					return err
				}
				for i, m := range v.Case.Orders {
					lines = append(lines, line{m.Number, v.Orders[i].Person, m.Group().String(), m.Why, m.Selected})
				}
			}
			if c.json {
				return c.printJSON(lines)
			}
			for _, l := range lines {
				mark := "-"
				if l.Selected {
					mark = "+"
				}
				fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\t%s\n", mark, oneLine(l.Order), l.Group, oneLine(l.Person), oneLine(assets.Text(c.speak(), l.Why, nil)))
			}
			return nil
		})
	})
	cmd.Flags().StringVar(&find, "find", "", "a number, a name, an address, a telephone number or a place")
	cmd.Flags().BoolVar(&further, "further", false, "look through all orders for what the case's clues point to")
	return cmd
}

func (c *cli) caseActCommand() *cobra.Command {
	var reason, ground, right, outcome, from, until, authority, link, person, email, concerned string
	var orders, rights []string
	var minor, depicted, nevertheless, told bool
	var cmd *cobra.Command
	acts := make([]string, 0, len(cases.Transitions()))
	for _, t := range cases.Transitions() {
		acts = append(acts, string(t.Act))
	}
	cmd = command("act N ACT [flags]", "Take a step in a case: "+strings.Join(acts, ", "), 2, -1, func(_ *cobra.Command, args []string) error {
		id, err := caseNumber(args[0])
		if err != nil {
			return err
		}
		act := cases.Act(strings.Join(args[1:], " "))
		if !slices.Contains(acts, string(act)) {
			return usage("%q is no step: one of %s", act, strings.Join(acts, ", "))
		}
		in := cases.Input{Reason: reason, Ground: ground, Outcome: cases.Outcome(outcome), Authority: cases.AuthorityKind(authority), Nevertheless: nevertheless}
		if right != "" {
			one, err := readRights([]string{right})
			if err != nil {
				return err
			}
			in.Right = one[0]
		}
		for _, day := range []struct {
			flag, text string
			to         *law.Date
		}{{"from", from, &in.From}, {"until", until, &in.Until}} {
			if day.text == "" {
				continue
			}
			if *day.to, err = law.ParseDate(day.text); err != nil {
				return usage("--%s needs a day such as 2026-03-05", day.flag)
			}
		}
		if act == cases.ActCorrectRights {
			if in.Rights, err = readRights(rights); err != nil {
				return err
			}
		}
		set := cmd.Flags().Changed
		if set("link") {
			l, err := linkOf(link)
			if err != nil {
				return err
			}
			in.Link = &l
		}
		if set("minor") {
			in.Minor = &minor
		}
		if set("depicted") {
			in.Depicted = &depicted
		}
		return c.with(func(p *profile) error {
			v, err := p.Case(c.ctx, id)
			if err != nil {
				return err
			}
			if set("person") || set("email") {
				who := v.Case.Requester
				if set("person") {
					who.Name = person
				}
				if set("email") {
					who.Email = email
				}
				in.Requester = &who
			}
			if set("concerned") {
				in.Concerned = &cases.Person{Name: concerned, Email: v.Case.Concerned.Email}
			}
			if in.Orders, err = c.orderIDs(p, orders); err != nil {
				return err
			}
			announced := !told && cases.ByLetter(act)
			if announced {
				l, err := p.Announce(c.ctx, id, act, in)
				if err != nil {
					return err
				}
				c.say("%s", assets.Text(c.speak(), "cli.announced", map[string]any{"Letter": l.Kind, "Case": int64(id)}))
			} else if err := p.Act(c.ctx, id, act, in); err != nil {
				return err
			}
			return c.tellCase(p, id)
		})
	})
	f := cmd.Flags()
	f.StringVar(&reason, "reason", "", "in your words; told to the person where a right is refused or limited")
	f.BoolVar(&told, "told", false, "of extend, refuse and suspend: the person was told already, otherwise than by the letter that is written")
	f.StringVar(&ground, "ground", "", "article of a refusal or limit, such as \"GDPR Art. 17(3)(b)\"")
	f.StringVar(&right, "right", "", "the right that the step is about")
	f.StringVar(&outcome, "outcome", "", "granted, partly, refused or moot")
	f.StringVar(&from, "from", "", "day of a suspension, or on which a link was shown")
	f.StringVar(&until, "until", "", "day on which what was awaited came")
	f.StringVar(&authority, "authority", "", "evidence of the link: declared, seen or uploader")
	f.StringSliceVar(&orders, "order", nil, "numbers of the orders that are meant, and no others")
	f.StringSliceVar(&rights, "rights", nil, "all that is asked")
	f.StringVar(&link, "link", "", "as what the person asks: self, parent, lawyer, agent, unknown")
	f.StringVar(&person, "person", "", "who asks")
	f.StringVar(&email, "email", "", "the address of who asks")
	f.StringVar(&concerned, "concerned", "", "for whom")
	f.BoolVar(&minor, "minor", false, "the data are those of a minor")
	f.BoolVar(&depicted, "depicted", false, "the person is on the photos and is not the customer")
	f.BoolVar(&nevertheless, "nevertheless", false, "extend though a minor is concerned")
	return cmd
}

// caseLife is what `case N --json` prints besides of the further life of a case.
type caseLife struct {
	Standing   string      `json:"standing"`
	Channel    string      `json:"channel"`
	Link       string      `json:"link"`
	Authority  string      `json:"authority"`
	Depicted   bool        `json:"depicted"`
	Conflict   bool        `json:"conflict"` // two parents disagree
	MergedInto int64       `json:"merged_into"`
	Outcomes   []caseRight `json:"outcomes"`
	Work       []caseWork  `json:"work"`
	Earlier    []int64     `json:"earlier"` // cases of the person for the same rights within twelve months
	Same       []int64     `json:"same"`    // other open cases of the person
}

type caseRight struct {
	Right   string `json:"right"`
	Outcome string `json:"outcome"`
	Ground  string `json:"ground"`
}

type caseWork struct {
	Right string `json:"right"`
	Kind  string `json:"kind"`
	Ref   string `json:"ref"`
	At    string `json:"at"`
	Count int    `json:"count"`
}

func lifeOf(v app.CaseView) caseLife {
	c := v.Case
	l := caseLife{Standing: string(v.Standing), Channel: c.Channel, Link: string(c.Link), Depicted: c.Depicted, Conflict: c.InConflict(), MergedInto: int64(c.MergedInto),
		Outcomes: []caseRight{}, Work: []caseWork{}, Earlier: []int64{}, Same: []int64{}}
	if c.Authority != nil {
		l.Authority = string(c.Authority.Kind)
	}
	for _, a := range c.Asked {
		l.Outcomes = append(l.Outcomes, caseRight{a.Right.String(), string(a.Outcome), a.Ground})
	}
	for _, w := range c.Work {
		l.Work = append(l.Work, caseWork{w.Right.String(), string(w.Kind), w.Ref, w.At.UTC().Format("2006-01-02T15:04:05Z"), w.Count})
	}
	for _, e := range v.Earlier {
		if !slices.Contains(l.Earlier, int64(e.Case)) {
			l.Earlier = append(l.Earlier, int64(e.Case))
		}
	}
	for _, r := range v.Same {
		l.Same = append(l.Same, int64(r.ID))
	}
	return l
}

// printLife prints the same as lines.
func (c *cli) printLife(v app.CaseView) {
	l := lifeOf(v)
	fmt.Fprintf(c.out, "standing\t%s\t%s\n", l.Standing, oneLine(assets.Text(c.speak(), "standing."+l.Standing, nil)))
	for _, o := range l.Outcomes {
		if o.Outcome != "" {
			fmt.Fprintf(c.out, "outcome\t%s\t%s\t%s\n", o.Right, o.Outcome, o.Ground)
		}
	}
	for _, w := range l.Work {
		fmt.Fprintf(c.out, "work\t%s\t%s\t%s\t%s\n", w.Right, w.Kind, w.At, w.Ref)
	}
	if l.Authority != "" {
		fmt.Fprintf(c.out, "authority\t%s\n", l.Authority)
	}
	for _, x := range []struct {
		word string
		ids  []int64
	}{{"earlier", l.Earlier}, {"same", l.Same}} {
		for _, id := range x.ids {
			fmt.Fprintf(c.out, "%s\t%s\n", x.word, strconv.FormatInt(id, 10))
		}
	}
}
