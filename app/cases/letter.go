package cases

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"greffier/app/law"
	"greffier/app/request"
)

// Letters is the catalog of letter templates. Letter returns the subject and
// the body of a kind in a language, each a text/template; false where there is
// none.
type Letters interface {
	Letter(kind, lang string) (subject, body string, ok bool)
}

// The kinds of letter.
const (
	LetterAcknowledge = "acknowledge" // it arrived, and by when it will be answered
	LetterIdentity    = "identity"    // to the requester: please show that it is you
	LetterCode        = "code"        // to the address on file: a one-time code
	LetterClarify     = "clarify"     // what exactly is asked
	LetterExtend      = "extend"      // two more months, and why
	LetterAnswer      = "answer"      // what was done, right by right
	LetterRefuse      = "refuse"      // why nothing is done
	LetterClose       = "close"       // nothing is left to do

	LetterUnidentified = "unidentified" // nothing held can be told to be the person's (GDPR Art. 11(2))
	LetterParent       = "parent"       // does who asks for a child hold parental authority (C. civ. 371-1)
	LetterParents      = "parents"      // two parents disagree: set aside, shown to nobody
	LetterFee          = "fee"          // a reasonable fee, told before (GDPR Art. 12(5)(a))
	LetterLift         = "lift"         // a restriction will be lifted (GDPR Art. 18(3))
)

// LetterKinds lists the kinds of letter that Draft makes.
var LetterKinds = []string{LetterAcknowledge, LetterIdentity, LetterCode, LetterUnidentified, LetterParent, LetterParents, LetterClarify, LetterExtend, LetterFee,
	LetterAnswer, LetterRefuse, LetterLift, LetterClose}

// Final tells whether a kind ends what was asked, wholly or in part, so that the
// remedies must stand in it (GDPR Art. 12(4)).
func Final(kind string) bool {
	return slices.Contains([]string{LetterAnswer, LetterRefuse, LetterUnidentified, LetterParents, LetterFee}, kind)
}

// letterParts are the templates that letters share: the greeting, the
// signature, the remedies, the words for a right, a line of what stays, whose
// data they are, and how much of a kind was erased.
var letterParts = []string{"part-greeting", "part-signature", "part-remedies", "part-right", "part-what", "part-whose", "part-count"}

// LetterParts lists every template that a language needs besides the kinds:
// the shared parts, the block of the answer for each right and outcome, the
// letters to recipients, and the one on a breach.
func LetterParts() []string {
	out := slices.Clone(letterParts)
	for _, r := range request.Rights {
		out = append(out, "answer-"+r.String())
	}
	return append(append(out, "answer-refused", "answer-moot", LetterBreach), NoticeKinds...)
}

var (
	// ErrLetterField says that a letter needs a fact that is not known. The
	// wrapping names the field.
	ErrLetterField = errors.New("a fact that the letter needs is missing")
	// ErrLetterTemplate says that a template is missing or cannot be used.
	ErrLetterTemplate = errors.New("the letter template is not usable")
	// ErrLetterFacts says that what happened contradicts what the letter would
	// say.
	ErrLetterFacts = errors.New("the facts contradict the letter")
	// ErrLetterRemedies says that an answer or a refusal would not name the
	// CNIL and the judicial remedy (GDPR Art. 12(4); policy, Art. 10).
	ErrLetterRemedies = errors.New("the letter does not name the CNIL and the judicial remedy")
)

// LetterFor returns the kind of letter that goes with an act, and false for an
// act that needs none.
func LetterFor(act Act) (string, bool) {
	kind, ok := map[Act]string{
		ActAcknowledge: LetterAcknowledge, ActAskIdentity: LetterIdentity, ActSuspend: LetterClarify, ActExtend: LetterExtend,
		ActAnswer: LetterAnswer, ActRefuse: LetterRefuse, ActClose: LetterClose,
	}[act]
	return kind, ok
}

// ByLetter tells whether an act is one that needs a reason and is done when the
// letter that tells of it has gone, and not before: an extension, a refusal, a
// question that stops the clock (GDPR Art. 12(3) and (4)).
func ByLetter(act Act) bool {
	return act == ActExtend || act == ActRefuse || act == ActSuspend
}

// ActFor returns the act that sending a letter of a kind amounts to, and false
// for a kind that moves nothing.
func ActFor(kind string) (Act, bool) {
	act, ok := map[string]Act{
		LetterAcknowledge: ActAcknowledge, LetterIdentity: ActAskIdentity, LetterCode: ActAskIdentity, LetterClarify: ActSuspend,
		LetterUnidentified: ActAskIdentity, LetterExtend: ActExtend, LetterAnswer: ActAnswer, LetterRefuse: ActRefuse, LetterClose: ActClose,
	}[kind]
	return act, ok
}

// Erased counts what a run erased of one kind: "photo", "portrait" or
// "derived".
type Erased struct {
	Holds string
	Count int
}

// Stays is something that was kept or restricted. What and Ground are in the
// letter's language; Until is zero while open-ended.
type Stays struct {
	What   string
	Ground string
	Until  law.Date
}

// Told is a recipient who was told of a rectification, erasure or restriction
// (GDPR Art. 19), or Why it was impossible or disproportionate.
type Told struct {
	Name string
	On   law.Date
	Why  string
}

// Change is one field that was corrected: as it was, "" where that is not known
// or was empty, and as it stands now.
type Change struct {
	Field string
	Was   string
	Now   string
}

// Use is one use of the person's data that was stopped, and since when.
type Use struct {
	Name  string
	Since law.Date
}

// Purpose is one use of the person's data, as GDPR Art. 15(1)(a), (b) and (d)
// want it told.
type Purpose struct {
	Name   string
	Basis  string
	Data   string
	Period string
}

// Facts are what really happened and what is true of the shop, for letters.
// They come from records: the profile, the runs, the registers. All text is in
// the letter's language; what a letter does not need may stay empty.
type Facts struct {
	Zone *time.Location // the controller's; nil means Europe/Paris

	// The controller.
	Controller string
	Address    string
	Email      string
	Site       string

	Due    law.Date // by when the request will be answered
	NewDue law.Date // the same after an extension

	// A challenge: the one-time code, and the last day on which it is taken.
	Code      string
	CodeUntil law.Date
	Question  string // what has to be made precise

	Searched []string // where was looked for the person's data, in words

	// A fee (GDPR Art. 12(5)(a)): how much, and the last day for the person to
	// say whether she goes on. Reason says why.
	Fee   string
	SayBy law.Date
	// A restriction: since when, why, and the day on which it will be lifted.
	RestrictedAt  time.Time
	RestrictedFor string
	LiftOn        law.Date

	// Of an extension or refusal that the case does not record yet: why, and
	// for a refusal the article, a key of law.Articles.
	Reason string
	Ground string

	// Erasure, from the record of the run.
	Erased      []Erased
	ErasedAt    time.Time
	Certificate string
	Left        []Stays // what could not be erased: What and, in Ground, why
	Restricted  []Stays
	Kept        []Stays
	Told        []Told
	BackupsGone law.Date // when the last backup that still holds it is gone

	// Access and portability.
	Purposes   []Purpose
	Recipients []string
	Transfers  []string // each country with its safeguard; none means no transfer
	Source     string   // where the data come from, when not from the person
	Automated  string   // decisions made by machine alone (GDPR Art. 22); none when empty
	Files      []string // names of the files that go with the letter
	FilesUntil law.Date // the day on which they are removed
	FilesAt    string   // where they can be fetched, "" where they go with the letter
	Formats    []string // of the files, as "JSON"
	// Encrypted tells that a passphrase opens the files; PassphraseBy is the
	// other channel by which it is told, "" where the owner has not chosen yet.
	Encrypted    bool
	PassphraseBy string
	LeftOut      []Stays // what the copy does not have: What and, in Ground, why

	// Rectification, restriction, objection, withdrawal.
	Changes   []Change
	StoppedAt time.Time // since when the use is stopped
	Stopped   []string  // which uses
	Uses      []Use     // the same with a day for each; those of Stopped where empty
}

// Draft prepares a letter of a case from the facts. The templates come from the
// catalog in lang, or in English where the catalog has no such language. now is
// the instant at which the letter is made.
//
// Names, order numbers and reasons are outside text: they fill places, and are
// never read as templates; what would break a line of the subject is removed.
// Draft returns ErrLetterField, naming the field, when a fact is missing;
// ErrLetterFacts when the facts contradict an outcome; ErrIdentityUnproven when
// identity does not allow what an answer says; ErrLetterTemplate for a template
// that is missing or wrong; and ErrLetterRemedies when an answer or refusal
// would not name the remedies.
func Draft(c Case, kind string, facts Facts, letters Letters, lang string, now time.Time) (Letter, error) {
	if !slices.Contains(LetterKinds, kind) {
		return Letter{}, fmt.Errorf("draft a letter: unknown kind: %w", ErrLetterTemplate)
	}
	lang = catalogLang(letters, kind, lang)
	if kind == LetterExtend {
		facts.Reason = cmp.Or(c.ExtendReason, facts.Reason) // what is on record is what is told
	}
	if err := consistent(c, kind, facts); err != nil {
		return Letter{}, fmt.Errorf("draft the letter %q: %w", kind, err)
	}
	p := printer{letters: letters, lang: lang, facts: facts, c: c}
	data, err := p.data()
	if err != nil {
		return Letter{}, fmt.Errorf("draft the letter %q: %w", kind, err)
	}
	switch kind {
	case LetterAnswer:
		blocks, err := p.answers(data)
		if err != nil {
			return Letter{}, fmt.Errorf("draft the letter %q: %w", kind, err)
		}
		data["Answers"] = blocks
	case LetterRefuse:
		refusals, err := p.refusals()
		if err != nil {
			return Letter{}, fmt.Errorf("draft the letter %q: %w", kind, err)
		}
		data["Refusals"] = refusals
	}
	subject, body, err := p.print(kind, data)
	if err != nil {
		return Letter{}, err
	}
	if Final(kind) && !NamesRemedies(body) {
		return Letter{}, fmt.Errorf("draft the letter %q: %w", kind, ErrLetterRemedies)
	}
	return Letter{Kind: kind, Lang: lang, Subject: subject, Text: body, MadeAt: now.UTC()}, nil
}

// NamesRemedies tells whether a text names the CNIL with the place to which a
// complaint goes, and the judicial remedy (GDPR Art. 12(4); policy, Art. 10).
func NamesRemedies(text string) bool {
	t := fold(text)
	has := func(phrases ...string) bool {
		return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(t, " "+p+" ") })
	}
	return has("cnil") && has("cnil fr plaintes", "3 place de fontenoy") &&
		has("recours juridictionnel", "juge", "tribunal", "judicial remedy", "court", "courts")
}

// To returns the address to which a letter of a kind goes: the requester's, or
// for a code the one address on file of the orders in scope (emails holds it by
// order id). A code that went to whoever asks would prove nothing, so that two
// addresses on file, or none, give false.
func To(c Case, kind string, emails map[int64]string) (string, bool) {
	if kind != LetterCode {
		return c.Requester.Email, c.Requester.Email != ""
	}
	to := ""
	for _, m := range c.Orders {
		if !m.Selected {
			continue
		}
		e := strings.ToLower(strings.TrimSpace(emails[m.Order]))
		if e == "" || to != "" && e != to {
			return "", false
		}
		to = e
	}
	return to, to != ""
}

// catalogLang returns the language in which the catalog has a kind: the one
// asked for, else English.
func catalogLang(letters Letters, kind, lang string) string {
	if _, _, ok := letters.Letter(kind, lang); ok {
		return lang
	}
	return "en"
}

// consistent refuses a letter that would say more than happened.
func consistent(c Case, kind string, f Facts) error {
	if kind != LetterAnswer {
		return nil
	}
	if c.undecided() || len(c.Asked) == 0 {
		return fmt.Errorf("a right has no outcome: %w", ErrLetterFacts)
	}
	for _, a := range c.Asked {
		if err := c.allows(a.Right, a.Outcome); err != nil {
			return err
		}
		if a.Right == request.Erasure && a.Outcome == Granted && len(f.Left) > 0 {
			return fmt.Errorf("an erasure said to be whole left something: %w", ErrLetterFacts)
		}
		if a.Right == request.Erasure && a.Outcome == Moot && len(f.Erased) > 0 {
			return fmt.Errorf("an erasure said to be without object erased something: %w", ErrLetterFacts)
		}
	}
	return nil
}

// printer fills templates for one letter.
type printer struct {
	letters Letters
	lang    string
	facts   Facts
	c       Case
}

// entry is one line of a list in a letter: what has no value is not in it, so
// that a template which prints it fails instead of leaving a hole.
type entry map[string]any

func (e entry) set(key, value string) {
	if value != "" {
		e[key] = value
	}
}

// letterFields are the places that a template may have, with those of the lists
// after a point. Lists and counts are always there; a value that is not known
// is not, and templates ask for it with has.
var letterFields = []string{
	"Ref", "Name", "Received", "Today", "Subject", "Rights", "Orders", "Controller", "Address", "Email", "Site", "Due", "NewDue",
	"Code", "CodeUntil", "Question", "Reason", "Erased", "ErasedOn", "Certificate", "Left", "Restricted", "Kept", "Told", "BackupsGone",
	"Purposes", "Recipients", "Transfers", "Source", "Automated", "Files", "FilesUntil", "Changes", "StoppedOn", "Stopped", "Answers", "Refusals",
	"Right", "Which", "Outcome", "Ground", "Minor", "Child", "Youth", "Agent", "Concerned", "Partly", "Holds", "Count", "What", "Until", "On", "Why", "Field", "Was", "Now",
	"Basis", "Data", "Period", "Instructed", "Searched", "Fee", "SayBy", "RestrictedOn", "RestrictedFor", "LiftOn", "FilesAt", "Formats", "Encrypted", "PassphraseBy",
	"LeftOut", "Uses", "Since", "ErasedWords", "HappenedOn", "KnownOn", "NotifiedOn", "Nature", "Facts", "Effects", "Measures", "Advice",
}

// data returns what the letters of a case may say, by field.
func (p printer) data() (entry, error) {
	f, c := p.facts, p.c
	day := func(d law.Date) string {
		if d.IsZero() {
			return ""
		}
		return law.FormatDate(d, p.lang, true)
	}
	instant := func(t time.Time) string { return day(law.DateOf(t, f.Zone)) }
	line := func(s string) string { return oneLine(s, 500) }

	e := entry{"Minor": c.Minor, "Child": c.Minor && c.Link == Parent, "Youth": c.youth(), "Agent": c.Link == Lawyer || c.Link == Agent, "Encrypted": f.Encrypted}
	if c.ID != 0 {
		e["Ref"] = strconv.FormatInt(int64(c.ID), 10)
	}
	e.set("Name", oneLine(c.Requester.Name, 120))
	if c.Link != Self && c.Concerned.Name != c.Requester.Name {
		e.set("Concerned", oneLine(c.Concerned.Name, 120))
	}
	e.set("Received", instant(c.ReceivedAt))
	e.set("Controller", line(f.Controller))
	e.set("Address", line(f.Address))
	e.set("Email", line(f.Email))
	e.set("Site", line(f.Site))
	e.set("Due", day(f.Due))
	e.set("NewDue", day(f.NewDue))
	if f.NewDue.IsZero() && !c.ExtendedAt.IsZero() {
		e.set("NewDue", day(f.Due))
	}
	e.set("Code", line(f.Code))
	e.set("CodeUntil", day(f.CodeUntil))
	e.set("Question", manyLines(f.Question, 2000))
	e.set("Reason", manyLines(f.Reason, 2000))
	e.set("Fee", line(f.Fee))
	e.set("SayBy", day(f.SayBy))
	e.set("RestrictedOn", instant(f.RestrictedAt))
	e.set("RestrictedFor", line(f.RestrictedFor))
	e.set("LiftOn", day(f.LiftOn))
	e.set("FilesAt", line(f.FilesAt))
	e.set("PassphraseBy", line(f.PassphraseBy))
	e.set("ErasedOn", instant(f.ErasedAt))
	e.set("Certificate", line(f.Certificate))
	e.set("BackupsGone", day(f.BackupsGone))
	e.set("Source", line(f.Source))
	e.set("Automated", line(f.Automated))
	e.set("FilesUntil", day(f.FilesUntil))
	e.set("StoppedOn", instant(f.StoppedAt))

	var rights []string
	for _, a := range c.Asked {
		s, err := p.right(a.Right)
		if err != nil {
			return nil, err
		}
		rights = append(rights, s)
	}
	if len(rights) > 0 {
		e["Rights"] = rights
	}
	orders := []string{}
	for _, m := range c.Orders {
		if m.Selected {
			orders = append(orders, oneLine(m.Number, 60))
		}
	}
	e["Orders"] = orders

	erased := []entry{}
	for _, x := range f.Erased {
		if x.Count < 0 || !slices.Contains([]string{"photo", "portrait", "derived", "field", "account"}, x.Holds) {
			return nil, fmt.Errorf("field Erased: %w", ErrLetterFacts)
		}
		if x.Count > 0 {
			erased = append(erased, entry{"Holds": x.Holds, "Count": x.Count})
		}
	}
	e["Erased"] = erased
	counted := []string{}
	for _, x := range erased {
		_, words, err := p.print("part-count", x)
		if err != nil {
			return nil, err
		}
		counted = append(counted, strings.TrimSpace(words))
	}
	e["ErasedWords"] = counted
	for name, list := range map[string][]Stays{"Left": f.Left, "Restricted": f.Restricted, "Kept": f.Kept, "LeftOut": f.LeftOut} {
		out := []entry{}
		for _, x := range list {
			s := entry{}
			s.set("What", line(x.What))
			s.set("Ground", line(x.Ground))
			s.set("Until", day(x.Until))
			out = append(out, s)
		}
		e[name] = out
	}
	told := []entry{}
	for _, x := range f.Told {
		s := entry{}
		s.set("Name", line(x.Name))
		s.set("On", day(x.On))
		s.set("Why", line(x.Why))
		told = append(told, s)
	}
	e["Told"] = told
	purposes := []entry{}
	for _, x := range f.Purposes {
		s := entry{}
		s.set("Name", line(x.Name))
		s.set("Basis", line(x.Basis))
		s.set("Data", line(x.Data))
		s.set("Period", line(x.Period))
		purposes = append(purposes, s)
	}
	e["Purposes"] = purposes
	changes := []entry{}
	for _, x := range f.Changes {
		s := entry{}
		s.set("Field", line(x.Field))
		s.set("Was", line(x.Was))
		s.set("Now", line(x.Now))
		changes = append(changes, s)
	}
	e["Changes"] = changes
	uses := []entry{}
	for _, x := range f.stopped() {
		s := entry{}
		s.set("Name", line(x.Name))
		s.set("Since", day(x.Since))
		uses = append(uses, s)
	}
	e["Uses"] = uses
	for name, list := range map[string][]string{"Recipients": f.Recipients, "Transfers": f.Transfers, "Files": f.Files, "Stopped": f.Stopped, "Searched": f.Searched, "Formats": f.Formats} {
		out := []string{}
		for _, s := range list {
			if s = line(s); s != "" {
				out = append(out, s)
			}
		}
		e[name] = out
	}
	return e, nil
}

// youth tells whether a child asks for herself: she is written to in simpler
// words (GDPR Art. 12(1)).
func (c Case) youth() bool { return c.Minor && c.Link == Self }

// stopped returns the uses that were stopped, each with its day.
func (f Facts) stopped() []Use {
	if len(f.Uses) > 0 {
		return f.Uses
	}
	out := make([]Use, 0, len(f.Stopped))
	for _, s := range f.Stopped {
		out = append(out, Use{Name: s, Since: law.DateOf(f.StoppedAt, f.Zone)})
	}
	return out
}

// right returns the words for a right, as they stand in "your request for …".
func (p printer) right(r request.Right) (string, error) {
	_, s, err := p.print("part-right", entry{"Right": r.String(), "Youth": p.c.youth()})
	return strings.TrimSpace(s), err
}

// answers prints the block of each right that was asked.
func (p printer) answers(data entry) ([]string, error) {
	var out []string
	for _, a := range p.c.Asked {
		kind := "answer-" + a.Right.String()
		switch a.Outcome {
		case Denied:
			kind = "answer-refused"
		case Moot:
			kind = "answer-moot"
		}
		d := maps.Clone(data)
		d["Partly"] = a.Outcome == Partly
		d["Which"] = a.Right.String()
		if on, ok := d["StoppedOn"]; ok && a.Right == request.Restriction && d["RestrictedOn"] == nil {
			d["RestrictedOn"] = on
		}
		if err := p.setRight(d, a); err != nil {
			return nil, err
		}
		_, body, err := p.print(kind, d)
		if err != nil {
			return nil, err
		}
		out = append(out, strings.TrimSpace(body))
	}
	return out, nil
}

// refusals returns the refused rights with their grounds, those that were
// refused for one reason together.
func (p printer) refusals() ([]entry, error) {
	var out []entry
	for _, a := range p.c.Asked {
		if a.Outcome == Undecided && p.facts.Ground != "" {
			a.Outcome, a.Ground, a.Reason = Denied, p.facts.Ground, p.facts.Reason
		}
		if a.Outcome != Denied {
			continue
		}
		e := entry{}
		if err := p.setRight(e, a); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(b entry) bool { return b["Ground"] == e["Ground"] && b["Reason"] == e["Reason"] })
		if i >= 0 {
			out[i]["Rights"] = append(out[i]["Rights"].([]string), e["Right"].(string))
			continue
		}
		e["Rights"] = []string{e["Right"].(string)}
		out = append(out, e)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("field Refusals: %w", ErrLetterField)
	}
	return out, nil
}

// setRight fills what one right of the case adds.
func (p printer) setRight(e entry, a Asked) error {
	words, err := p.right(a.Right)
	if err != nil {
		return err
	}
	delete(e, "Reason") // that of an extension is not that of a refusal
	e.set("Right", words)
	e.set("Outcome", string(a.Outcome))
	e.set("Reason", manyLines(a.Reason, 2000))
	if a.Ground != "" {
		e.set("Ground", law.Cite(a.Ground, p.lang))
	}
	return nil
}

// fieldError names a field that has no value.
type fieldError string

func (e fieldError) Error() string { return "field " + string(e) + " is missing" }

// noEntry is how text/template words a key that a map does not have.
var noEntry = regexp.MustCompile(`map has no entry for key "([A-Za-z]+)"`)

// print fills one template, with the shared parts at hand.
func (p printer) print(kind string, data entry) (subject, body string, err error) {
	head, text, ok := p.letters.Letter(kind, p.lang)
	if !ok {
		return "", "", fmt.Errorf("letter %q in %q: %w", kind, p.lang, ErrLetterTemplate)
	}
	// A shared part may ask whom a letter is for, whatever it stands in.
	flags := entry{"Youth": false, "Child": false, "Agent": false, "Minor": false}
	maps.Copy(flags, data)
	data = flags
	set := template.New("letter").Option("missingkey=error").Funcs(p.funcs(data))
	for _, part := range letterParts {
		if part == kind {
			continue
		}
		_, shared, ok := p.letters.Letter(part, p.lang)
		if !ok {
			return "", "", fmt.Errorf("letter %q in %q: %w", part, p.lang, ErrLetterTemplate)
		}
		if _, err := set.New(part).Parse(shared); err != nil {
			return "", "", fmt.Errorf("read letter %q in %q: %w", part, p.lang, ErrLetterTemplate)
		}
	}
	run := func(name, text string) (string, error) {
		t, err := set.New(name).Parse(text)
		if err != nil {
			return "", fmt.Errorf("read letter %q in %q: %w", kind, p.lang, ErrLetterTemplate)
		}
		var b strings.Builder
		// The message of an execution error may quote data: only the name of
		// the missing field is taken from it.
		if err := t.Execute(&b, data); err != nil {
			var missing fieldError
			if errors.As(err, &missing) {
				return "", fmt.Errorf("letter %q in %q: field %s: %w", kind, p.lang, string(missing), ErrLetterField)
			}
			if m := noEntry.FindStringSubmatch(err.Error()); m != nil {
				return "", fmt.Errorf("letter %q in %q: field %s: %w", kind, p.lang, m[1], ErrLetterField)
			}
			return "", fmt.Errorf("fill letter %q in %q: %w", kind, p.lang, ErrLetterTemplate)
		}
		return b.String(), nil
	}
	if head, err = run("subject", head); err != nil {
		return "", "", err
	}
	if text, err = run("body", text); err != nil {
		return "", "", err
	}
	return oneLine(typeset(head, p.lang), 200), tidy(typeset(text, p.lang)), nil
}

// funcs are what templates may call besides the language's own comparisons.
func (p printer) funcs(data entry) template.FuncMap {
	return template.FuncMap{
		// has tells whether a value is known, so that it may be printed.
		"has": func(name string, in ...entry) bool {
			from := data
			if len(in) > 0 {
				from = in[0]
			}
			_, ok := from[name]
			return ok
		},
		// need fails when a list is empty which the letter is about.
		"need": func(name string) (string, error) {
			switch list := data[name].(type) {
			case []string:
				if len(list) > 0 {
					return "", nil
				}
			case []entry:
				if len(list) > 0 {
					return "", nil
				}
			}
			return "", fieldError(name)
		},
		// sep writes what stands before the item i of n: a comma, or the word.
		"sep": func(i, n int, and string) string {
			switch {
			case i == 0:
				return ""
			case i == n-1:
				return " " + and + " "
			}
			return ", "
		},
		// join writes "a, b and c".
		"join": func(items []string, and string) string {
			switch n := len(items); n {
			case 0:
				return ""
			case 1:
				return items[0]
			default:
				return strings.Join(items[:n-1], ", ") + " " + and + " " + items[n-1]
			}
		},
		// plural writes a count with the form that the language wants: French
		// keeps the singular for zero.
		"plural": func(n int, one, many string) string {
			word := many
			if n == 1 || n == 0 && p.lang == "fr" {
				word = one
			}
			return strconv.Itoa(n) + "\u00a0" + word
		},
		"call": func() (string, error) { return "", ErrLetterTemplate },
	}
}

// frenchSpaces sets the narrow space that French wants before double
// punctuation and inside quotation marks.
var frenchSpaces = strings.NewReplacer(" :", "\u202f:", " ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?", "« ", "«\u202f", " »", "\u202f»")

func typeset(s, lang string) string {
	if lang == "fr" {
		return frenchSpaces.Replace(s)
	}
	return s
}

var manyBlankLines = regexp.MustCompile(`\n{3,}`)

// tidy takes away what conditions leave behind: spaces at the end of lines and
// more than one blank line.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimSpace(manyBlankLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n")) + "\n"
}
