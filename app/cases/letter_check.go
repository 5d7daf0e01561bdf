package cases

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"greffier/app/law"
)

// Problem is one thing that is wrong with a wording. Hard problems keep it from
// being used; the others are for the owner to weigh. Code is one of
//
//	syntax    it cannot be read
//	field     no letter has this place (Field)
//	function  there is no such word of the template language (Field)
//	define    it would change other templates
//	part      there is no such shared part (Field)
//	empty     the subject or the text is empty
//	remedies  the CNIL and the judicial remedy are not named (GDPR Art. 12(4))
//	rights    the other rights are not named (GDPR Art. 15(1)(e))
//	reference the subject does not carry the reference by which answers find their way
//	lost      what the law wants in this letter is not in it (Field)
//	optional  a fact that is not always known is not asked for with has (Field): not hard
//	fails     it cannot be filled
type Problem struct {
	Code  string
	Field string
	Line  int // of the text, from 1; 0 for the subject or the whole
	Hard  bool
}

// letterNeeds are the facts that each template must tell (law: GDPR Art. 12 to
// 22 and 34(2)), by place. A list stands for all that its items have.
var letterNeeds = map[string][]string{
	LetterAcknowledge: {"Received", "Rights", "Due"}, LetterIdentity: {"Email"}, LetterCode: {"Code", "CodeUntil"}, LetterUnidentified: {"Received"},
	LetterParent: {"Due"}, LetterParents: {"RestrictedOn"}, LetterClarify: {"Question"}, LetterExtend: {"Reason", "NewDue"}, LetterFee: {"Fee", "Reason"},
	LetterAnswer: {"Received"}, LetterRefuse: {"Received", "Reason", "Ground"}, LetterLift: {"LiftOn", "Reason"}, LetterClose: {"Received"},
	LetterNotice: {"Ref", "Orders", "ErasedOn"}, LetterNoticeReminder: {"Ref", "Orders", "On"},
	LetterNoticeRectified: {"Ref", "Orders", "Changes"}, LetterNoticeRectifiedAgain: {"Ref", "Orders", "On", "Changes"},
	LetterNoticeRestricted: {"Ref", "Orders", "ErasedOn"}, LetterNoticeRestrictedAgain: {"Ref", "Orders", "On"}, LetterBreach: {"Facts", "KnownOn", "Effects", "Measures", "Email"},
	"answer-access":        {"Files", "FilesUntil", "LeftOut", "Reason", "Purposes", "Recipients", "Transfers", "Source", "Automated"},
	"answer-rectification": {"Changes", "Told", "Reason"},
	"answer-erasure":       {"Erased", "ErasedOn", "Left", "Restricted", "Kept", "Told", "BackupsGone", "Certificate", "Reason", "Ground"},
	"answer-restriction":   {"RestrictedOn", "Told", "Reason"},
	"answer-objection":     {"Uses", "Reason"}, "answer-withdrawal": {"Uses", "Reason"},
	"answer-portability": {"Files", "FilesUntil", "LeftOut", "Reason"},
	"answer-refused":     {"Reason", "Ground"}, "answer-moot": {"Right"},
	"part-signature": {"Controller", "Email"}, "part-what": {"Kept"}, "part-greeting": nil, "part-count": {"Erased"}, "part-remedies": nil, "part-right": {"Rights"}, "part-whose": nil,
}

// Needs returns the places that a template must fill, in the order of their
// importance.
func Needs(kind string) []string { return slices.Clone(letterNeeds[kind]) }

// always are the places that every letter to a person has.
var always = []string{"Ref", "Name", "Controller", "Address", "Email", "Site"}

// fromCase are those that a letter of a case has besides.
var fromCase = []string{"Received", "Rights", "Orders", "Concerned", "Due"}

// offered are the places that a template can fill besides those it needs.
var offered = map[string][]string{
	LetterUnidentified: {"Searched"}, LetterParents: {"RestrictedFor"}, LetterFee: {"SayBy"}, LetterLift: {"RestrictedOn", "RestrictedFor"},
	"answer-erasure":     {"ErasedWords"},
	LetterBreach:         {"HappenedOn", "NotifiedOn", "Nature", "Advice"},
	LetterNoticeReminder: {"ErasedOn"}, LetterNoticeRectified: {"ErasedOn"}, LetterNoticeRectifiedAgain: {"ErasedOn"}, LetterNoticeRestrictedAgain: {"ErasedOn"},
	"answer-access": {"FilesAt", "Formats", "PassphraseBy", "Ground"}, "answer-portability": {"FilesAt", "Formats", "PassphraseBy", "Ground"},
	"answer-rectification": {"Ground"}, "answer-restriction": {"RestrictedFor", "Ground"}, "answer-objection": {"Stopped", "StoppedOn", "Ground"}, "answer-withdrawal": {"Stopped", "StoppedOn", "Ground"},
	"answer-moot": {"Searched"},
}

// Places returns the places that a template may fill, those that it must first.
func Places(kind string) []string {
	out := append(Needs(kind), offered[kind]...)
	switch kind {
	case LetterNotice, LetterNoticeReminder, LetterNoticeRectified, LetterNoticeRectifiedAgain, LetterNoticeRestricted, LetterNoticeRestrictedAgain, LetterBreach:
		out = append(out, "Orders")
	case "part-right", "part-what", "part-whose", "part-remedies", "part-count":
	default:
		out = append(out, fromCase...)
	}
	var seen []string
	for _, p := range append(out, always...) {
		if !slices.Contains(seen, p) {
			seen = append(seen, p)
		}
	}
	return seen
}

// templateWords are what a template may call.
var templateWords = []string{"has", "need", "sep", "join", "plural", "and", "or", "not", "len", "eq", "ne", "lt", "le", "gt", "ge"}

// ErrWording says that a wording lacks what the law wants in the letter, or
// cannot be used.
var ErrWording = errors.New("the wording cannot be used for this letter")

// CheckWording tells all that is wrong with a wording of a template: how it is
// written, and, by filling it with a sample, whether everything that the law
// wants in the letter is in it.
func CheckWording(kind, lang, subject, body string, letters Letters, now time.Time) []Problem {
	var out []Problem
	if HasSubject(kind) && strings.TrimSpace(subject) == "" {
		out = append(out, Problem{Code: "empty", Field: "Subject", Hard: true})
	}
	if strings.TrimSpace(body) == "" {
		out = append(out, Problem{Code: "empty", Field: "Text", Hard: true})
	}
	static := append(readTemplate(subject, letters, lang, false), readTemplate(body, letters, lang, true)...)
	if out = append(out, static...); len(out) > 0 {
		return out // what cannot be read cannot be filled
	}
	add := func(p Problem) {
		if !slices.ContainsFunc(out, func(x Problem) bool { return x.Code == p.Code && x.Field == p.Field }) {
			out = append(out, p)
		}
	}
	own := Facts{Controller: "Atelier Lavande", Address: "1 rue de la Gare, Lille", Email: "contact@atelier.example", Site: "atelier.example"}
	for _, s := range []Sample{{}, {Partly: true}, {Youth: true}, {Bare: true}} {
		l, err := Preview(kind, lang, subject, body, s, own, letters, now)
		switch {
		case err == nil:
		case errors.Is(err, ErrLetterRemedies):
			add(Problem{Code: "remedies", Hard: true})
			continue
		case errors.Is(err, ErrLetterField) && s.Bare:
			add(Problem{Code: "optional", Field: fieldOf(err)})
			continue
		case errors.Is(err, ErrLetterField):
			add(Problem{Code: "field", Field: fieldOf(err), Hard: true})
			continue
		case strings.HasPrefix(kind, "notice"):
			add(Problem{Code: "reference", Hard: true})
			continue
		default:
			add(Problem{Code: "fails", Hard: true})
			continue
		}
		if s.Bare {
			continue
		}
		if kind == "part-remedies" && !NamesRemedies(l.Text) {
			add(Problem{Code: "remedies", Hard: true})
		}
		if kind == "answer-access" && !namesRights(l.Text) {
			add(Problem{Code: "rights", Hard: true})
		}
		for _, m := range unsaid(kind, lang, s, own, l.Text, now) {
			add(Problem{Code: "lost", Field: m, Hard: true})
		}
	}
	return out
}

// Usable tells whether no problem is hard.
func Usable(ps []Problem) bool {
	return !slices.ContainsFunc(ps, func(p Problem) bool { return p.Hard })
}

// unsaid returns the needed places of which the sample's facts are not in the
// text.
func unsaid(kind, lang string, s Sample, own Facts, text string, now time.Time) []string {
	letter, right, o := letterWith(kind)
	f := sampleFacts(letter, lang, s, own, now)
	var e entry
	sent := now.AddDate(0, 0, -6)
	switch {
	case slices.Contains(NoticeKinds, letter):
		e = entry{"Ref": "GR-7-2", "Orders": []string{"1042", "1043"}}
		var now []string
		for _, x := range f.Changes {
			now = append(now, x.Now)
		}
		e["Changes"] = now
		e.set("ErasedOn", law.FormatDate(law.DateOf(f.ErasedAt, f.Zone), lang, true))
		e.set("On", law.FormatDate(law.DateOf(sent, f.Zone), lang, true))
	case letter == LetterBreach:
		e = breachEntry(sampleBreach(lang, s, now), Person{}, []string{"1042"}, f, lang)
	default:
		c := sampleCase(lang, s, right, o, now)
		e = c.said(f, lang, kind)
	}
	folded := fold(text)
	var out []string
	for _, name := range letterNeeds[kind] {
		for _, v := range values(e[name]) {
			if !strings.Contains(folded, fold(v)) && !(s.Youth && name == "Rights") && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// said returns the facts of a case by place, as they stand in a letter. kind is
// a template: what an answer says of one right stands under that right's own
// reason and ground.
func (c Case) said(f Facts, lang, kind string) entry {
	p := printer{letters: noLetters{}, lang: lang, facts: f, c: c}
	e, err := p.data()
	if err != nil {
		return entry{}
	}
	delete(e, "Rights") // words of the catalog, not facts
	delete(e, "ErasedWords")
	if strings.HasPrefix(kind, "answer-") || kind == LetterAnswer || kind == LetterRefuse {
		delete(e, "Reason")
		for _, a := range c.Asked {
			if a.Outcome == Undecided && f.Ground != "" {
				a.Outcome, a.Ground, a.Reason = Denied, f.Ground, f.Reason
			}
			if a.Outcome == Denied || a.Outcome == Partly {
				e.set("Reason", manyLines(a.Reason, 2000))
				e.set("Ground", law.Cite(a.Ground, lang))
			}
		}
	}
	return e
}

// noLetters is a catalog in which every template is empty.
type noLetters struct{}

func (noLetters) Letter(string, string) (string, string, bool) { return "", "", true }

// values returns what a place tells, as it stands in a text.
func values(v any) []string {
	var out []string
	switch x := v.(type) {
	case string:
		out = append(out, x)
	case int:
		out = append(out, strconv.Itoa(x))
	case []string:
		out = x
	case []entry:
		for _, e := range x {
			for key, v := range e {
				if key != "Holds" && e["Holds"] != "account" { // one account is told without its number
					out = append(out, values(v)...)
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(out), func(s string) bool { return strings.TrimSpace(fold(s)) == "" })
}

// namesRights tells whether a text names rectification, erasure, restriction and
// objection (GDPR Art. 15(1)(e)).
func namesRights(text string) bool {
	t := fold(text)
	has := func(stems ...string) bool {
		return slices.ContainsFunc(stems, func(s string) bool { return strings.Contains(t, " "+s) })
	}
	return has("rectif", "corrig", "correct") && has("effac", "supprim", "eras", "delet") && has("limit", "restrict") && has("oppos", "object")
}

// Lost is a fact that a text does not tell and the letter as it was made does.
type Lost struct {
	Field string // the place
	Value string // personal data
}

// LostIn returns the facts which the letter of a case tells as it is made and
// which an edited text has no more: figures, dates, reasons, names of
// recipients. The text may put them in other words around them.
func LostIn(c Case, made Letter, f Facts, text string) []Lost {
	kinds := []string{made.Kind}
	if made.Kind == LetterAnswer {
		for _, a := range c.Asked {
			switch a.Outcome {
			case Denied:
				kinds = append(kinds, "answer-refused")
			case Moot:
				kinds = append(kinds, "answer-moot")
			default:
				kinds = append(kinds, "answer-"+a.Right.String())
			}
		}
	}
	if made.Kind == LetterExtend && c.ExtendReason != "" {
		f.Reason = c.ExtendReason
	}
	before, now := fold(made.Text), fold(text)
	var out []Lost
	for _, kind := range kinds {
		for _, part := range c.each(kind) {
			e := part.said(f, made.Lang, kind)
			for _, name := range letterNeeds[kind] {
				for _, v := range values(e[name]) {
					l := Lost{name, v}
					if strings.Contains(before, fold(v)) && !strings.Contains(now, fold(v)) && !slices.Contains(out, l) {
						out = append(out, l)
					}
				}
			}
		}
	}
	return out
}

// each returns the case as one template sees it: for the blocks of an answer and
// a refusal, once for each right that it is about.
func (c Case) each(kind string) []Case {
	if !strings.HasPrefix(kind, "answer-") && kind != LetterRefuse {
		return []Case{c}
	}
	var out []Case
	for _, a := range c.Asked {
		about := kind == LetterRefuse || kind == "answer-"+a.Right.String() || kind == "answer-refused" && a.Outcome == Denied || kind == "answer-moot" && a.Outcome == Moot
		if about {
			one := c
			one.Asked = []Asked{a}
			out = append(out, one)
		}
	}
	return out
}

// CheckTemplate tells whether a template can be read: ErrLetterTemplate when it
// cannot, or when it has a place that no letter knows, which the wrapping names.
func CheckTemplate(subject, body string) error {
	for _, p := range append(readTemplate(subject, nil, "en", false), readTemplate(body, nil, "en", true)...) {
		return fmt.Errorf("read a letter template: %s %s: %w", p.Code, p.Field, ErrLetterTemplate)
	}
	return nil
}

var (
	syntaxLine  = regexp.MustCompile(`^template: check:(\d+)`)
	noFunction  = regexp.MustCompile(`function "([^"]{1,60})" not defined`)
	missedField = regexp.MustCompile(`field ([A-Za-z]+)`)
)

func fieldOf(err error) string {
	if m := missedField.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	return ""
}

// readTemplate returns what is wrong with how a template is written. letters nil
// leaves the shared parts unchecked.
func readTemplate(text string, letters Letters, lang string, lines bool) []Problem {
	at := func(offset int) int {
		if !lines {
			return 0
		}
		return 1 + strings.Count(text[:min(max(offset, 0), len(text))], "\n")
	}
	t, err := template.New("check").Funcs(printer{lang: "en"}.funcs(entry{})).Parse(text)
	if err != nil {
		p := Problem{Code: "syntax", Hard: true}
		if m := syntaxLine.FindStringSubmatch(err.Error()); m != nil && lines {
			p.Line, _ = strconv.Atoi(m[1])
		}
		if m := noFunction.FindStringSubmatch(err.Error()); m != nil {
			p.Code, p.Field = "function", oneLine(m[1], 60)
		}
		return []Problem{p}
	}
	var out []Problem
	for _, part := range t.Templates() {
		if part.Name() != "check" {
			return []Problem{{Code: "define", Field: oneLine(part.Name(), 60), Hard: true}}
		}
	}
	if t.Tree == nil {
		return nil
	}
	walkTemplate(t.Tree.Root, func(n parse.Node) {
		bad := func(code, name string) {
			out = append(out, Problem{Code: code, Field: oneLine(name, 60), Line: at(int(n.Position())), Hard: true})
		}
		fields := func(names []string) {
			for _, name := range names {
				if !slices.Contains(letterFields, name) {
					bad("field", name)
				}
			}
		}
		switch n := n.(type) {
		case *parse.FieldNode:
			fields(n.Ident)
		case *parse.VariableNode:
			fields(n.Ident[1:])
		case *parse.ChainNode:
			fields(n.Field)
		case *parse.IdentifierNode:
			if !slices.Contains(templateWords, n.Ident) {
				bad("function", n.Ident)
			}
		case *parse.CommandNode:
			// has "Due" and need "Files" name a place in words.
			if id, ok := n.Args[0].(*parse.IdentifierNode); ok && (id.Ident == "has" || id.Ident == "need") && len(n.Args) > 1 {
				if s, ok := n.Args[1].(*parse.StringNode); ok {
					fields([]string{s.Text})
				}
			}
		case *parse.TemplateNode:
			if letters == nil {
				return
			}
			if _, _, ok := letters.Letter(n.Name, lang); !ok || !slices.Contains(letterParts, n.Name) {
				bad("part", n.Name)
			}
		}
	})
	return out
}

// walkTemplate visits every node of a template.
func walkTemplate(n parse.Node, visit func(parse.Node)) {
	all := func(nodes ...parse.Node) {
		for _, c := range nodes {
			walkTemplate(c, visit)
		}
	}
	list := func(l *parse.ListNode) {
		if l != nil {
			all(l.Nodes...)
		}
	}
	pipe := func(p *parse.PipeNode) {
		if p == nil {
			return
		}
		for _, c := range p.Cmds {
			visit(c)
			all(c.Args...)
		}
	}
	branch := func(b *parse.BranchNode) { pipe(b.Pipe); list(b.List); list(b.ElseList) }
	switch n := n.(type) {
	case *parse.ListNode:
		list(n)
	case *parse.ActionNode:
		pipe(n.Pipe)
	case *parse.PipeNode:
		pipe(n)
	case *parse.ChainNode:
		visit(n)
		all(n.Node)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		visit(n)
		pipe(n.Pipe)
	case nil:
	default:
		visit(n)
	}
}
