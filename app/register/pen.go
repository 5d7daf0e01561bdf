package register

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"greffier/app/law"
)

// pen writes cells and sentences in the language, zone and discretion of one
// set of inputs.
type pen struct {
	in      Inputs
	fr      bool
	zone    *time.Location
	today   law.Date
	marks   map[string]string // person → mark, when pseudonymised
	taken   map[string]bool   // marks given out
	persons *personsSaid
	procs   map[string]Processor
	rules   map[string]Rule
}

func newPen(in Inputs) *pen {
	if in.Zone == nil {
		in.Zone = law.Paris()
	}
	p := &pen{in: in, fr: in.Lang != "en", zone: in.Zone, today: law.DateOf(in.Now, in.Zone),
		marks: map[string]string{}, taken: map[string]bool{}, persons: &personsSaid{}, procs: map[string]Processor{}, rules: map[string]Rule{}}
	for _, x := range in.Processors {
		p.procs[x.ID] = x
	}
	for _, x := range in.Rules {
		p.rules[x.ID] = x
	}
	if in.Pseudonymise {
		// Marks follow the order of the records, whichever register is built,
		// so that P-004 is the same person on every page of a dossier.
		for _, c := range in.Cases {
			p.mark(c.Requester.Name, c.Requester.Email)
		}
		for _, c := range in.Consents {
			p.mark(c.Who, "")
		}
		for _, s := range in.Suppressions {
			p.mark("", s.Who)
		}
	}
	return p
}

func (p pen) lang() string {
	if p.fr {
		return "fr"
	}
	return "en"
}

// frenchSpaces sets the narrow no-break space of French typography, and the
// typographic apostrophe, in words that are ours.
var frenchSpaces = strings.NewReplacer(
	" :", "\u202f:", " ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?", " %", "\u202f%",
	"« ", "«\u202f", " »", "\u202f»", "§ ", "§\u202f", "n° ", "n°\u202f", "art. ", "art.\u00a0", "'", "’",
)

// englishMarks sets what English typography wants in words that are ours.
var englishMarks = strings.NewReplacer("Article ", "Article\u00a0", "'", "’")

func typeset(s string, fr bool) string {
	if fr {
		return frenchSpaces.Replace(s)
	}
	return englishMarks.Replace(s)
}

// say chooses the wording of the document's language and typesets it.
func (p pen) say(fr, en string) string {
	if p.fr {
		return typeset(fr, true)
	}
	return typeset(en, false)
}

// sayf fills a wording. The arguments are put in as they are, so that a name
// that holds a colon or an apostrophe is not rewritten.
func (p pen) sayf(fr, en string, args ...any) string {
	return fmt.Sprintf(strings.ReplaceAll(p.say(strings.ReplaceAll(fr, "%", verb), en), verb, "%"), args...)
}

// verb stands for the sign of a place to fill while words are typeset: it is no
// percentage.
const verb = "\x00"

// text chooses the language of a wording kept in records.
func (p pen) text(t Text) string {
	s := t.In(p.lang())
	return typeset(s, s == t.FR && (p.fr || t.EN == ""))
}

// cite writes keys of law.Articles for the reader.
func (p pen) cite(source string) string { return typeset(law.Cite(source, p.lang()), p.fr) }

// count writes a number of things.
func (p pen) count(n int, un, des, one, many string) string {
	single := n == 1 || n == 0 && p.fr
	switch {
	case p.fr && single:
		return p.number(int64(n)) + "\u00a0" + typeset(un, true)
	case p.fr:
		return p.number(int64(n)) + "\u00a0" + typeset(des, true)
	case single:
		return p.number(int64(n)) + "\u00a0" + one
	}
	return p.number(int64(n)) + "\u00a0" + many
}

// number sets thousands apart.
func (p pen) number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sep, start := ",", 0
	if p.fr {
		sep = "\u202f"
	}
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + sep + digits[i:]
	}
	return digits
}

// size writes a number of bytes in decimal units.
func (p pen) size(n int64) string {
	units := [...]string{"octets", "ko", "Mo", "Go", "To", "Po", "Eo"}
	if !p.fr {
		units = [...]string{"bytes", "kB", "MB", "GB", "TB", "PB", "EB"}
	}
	if n < 1000 {
		if n == 1 || n == 0 && p.fr {
			units[0] = strings.TrimSuffix(units[0], "s")
		}
		return strconv.FormatInt(n, 10) + "\u00a0" + units[0]
	}
	f, u := float64(n), 0
	for f >= 999.95 && u < len(units)-1 {
		f, u = f/1000, u+1
	}
	s := strconv.FormatFloat(f, 'f', 1, 64)
	if p.fr {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0" + units[u]
}

// date writes "1er mars 2026" or "1 March 2026", with spaces at which no line
// breaks.
func (p pen) date(d law.Date) string {
	if !d.Valid() {
		return d.String()
	}
	_, rest, _ := strings.Cut(law.FormatDate(d, p.lang(), true), " ")
	return strings.ReplaceAll(rest, " ", "\u00a0")
}

// moment writes "1er mars 2026 à 9 h 20" or "1 March 2026 at 09:20", in the
// controller's zone.
func (p pen) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := t.In(p.zone)
	if !p.fr {
		return p.date(law.DateOf(t, p.zone)) + " at " + local.Format("15:04")
	}
	hour := fmt.Sprintf("%d\u00a0h", local.Hour())
	if local.Minute() != 0 {
		hour += fmt.Sprintf("\u00a0%02d", local.Minute())
	}
	return p.date(law.DateOf(t, p.zone)) + " à " + hour
}

// colon joins a label and what it labels.
func (p pen) colon(label, what string) string {
	if p.fr {
		return label + "\u202f: " + what
	}
	return label + ": " + what
}

// ---- cells ----

func plain(s string) Cell { return Cell{Text: s} }

// none is a value that does not apply: printed as a dash, empty for machines.
var none = Cell{Tone: Faint}

func orNone(s string) Cell {
	if strings.TrimSpace(s) == "" {
		return none
	}
	return Cell{Text: s}
}

// gap is a value that the owner still has to give. what is "" or says what is
// missing, such as « prestataire à nommer ».
func (p pen) gap(what string) Cell {
	if what == "" {
		what = p.toComplete()
	}
	return Cell{Text: what, Value: GapValue, Tone: Warn}
}

func (p pen) toComplete() string { return p.say("à\u00a0compléter", "to\u00a0complete") }

func (p pen) orGap(s string) Cell {
	if strings.TrimSpace(s) == "" {
		return p.gap("")
	}
	return Cell{Text: s}
}

// word is a stable word with what people read.
func word(value, text string, tone Tone) Cell { return Cell{Text: text, Value: value, Tone: tone} }

func (p pen) yesNo(b bool) Cell {
	if b {
		return word("yes", p.say("oui", "yes"), Plain)
	}
	return word("no", p.say("non", "no"), Plain)
}

func (p pen) dateCell(d law.Date) Cell {
	if d.IsZero() {
		return none
	}
	return Cell{Text: p.date(d), Value: d.String()}
}

// isoDate writes a date that a record keeps as text, "" for what is none.
func (p pen) isoDate(s string) string {
	if d, err := law.ParseDate(s); err == nil && !d.IsZero() {
		return p.date(d)
	}
	return ""
}

// answered writes the answer to a question that has two.
func (p pen) answered(s string) string {
	switch s {
	case "yes":
		return p.say("oui", "yes")
	case "no":
		return p.say("non", "no")
	}
	return p.say("incertain", "unclear")
}

// answerOrGap is an answer that must be given.
func (p pen) answerOrGap(s string) Cell {
	if s != "yes" && s != "no" {
		return p.gap("")
	}
	return word(s, p.answered(s), Plain)
}

// localDate is the civil date of an instant.
func (p pen) localDate(t time.Time) Cell { return p.dateCell(law.DateOf(t, p.zone)) }

func (p pen) momentCell(t time.Time) Cell {
	if t.IsZero() {
		return none
	}
	return Cell{Text: p.moment(t), Value: t.UTC().Format(time.RFC3339)}
}

// instant reads an instant that a record keeps as text. What cannot be read is
// shown as it is, with a warning: nothing is lost in silence.
func (p pen) instant(s string) Cell {
	if strings.TrimSpace(s) == "" {
		return none
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Cell{Text: s, Tone: Warn}
	}
	return p.momentCell(t)
}

func (p pen) numberCell(n int64) Cell {
	return Cell{Text: p.number(n), Value: strconv.FormatInt(n, 10)}
}

// hash shortens a hash for the eye; machines get the whole.
func hash(s string) Cell {
	if s == "" {
		return none
	}
	return Cell{Text: short(s), Value: s}
}

func short(s string) string {
	const keep = 12
	if len(s) <= keep {
		return s
	}
	return s[:keep] + "…"
}

// ---- fields ----

func field(key, label, text string) Field { return Field{Key: key, Label: label, Text: text} }

// fieldOrGap is a field that must be filled in.
func (p pen) fieldOrGap(key, label, text string) Field {
	if strings.TrimSpace(text) == "" {
		return Field{Key: key, Label: label, Text: p.toComplete(), Gap: true}
	}
	return field(key, label, text)
}

// cellField turns a cell into a field.
func cellField(key, label string, c Cell) Field {
	return Field{Key: key, Label: label, Text: c.Text, Gap: c.Value == GapValue}
}

// column is a column of a table; a weight is a share of the paper's width.
func column(key, title string, weight float64) Column {
	return Column{Key: key, Title: title, Weight: weight}
}

// detail is a column that paper prints under the row.
func detail(key, title string) Column { return Column{Key: key, Title: title, Detail: true} }

// onSheet is a column that paper prints on the record's own sheet.
func onSheet(key, title string) Column { return Column{Key: key, Title: title, Sheet: true} }

// sheetFields are the values of a row that have these columns, without those that
// do not apply.
func sheetFields(t *Table, row []Cell, keys ...string) []Field {
	var out []Field
	for _, k := range keys {
		for i, c := range t.Columns {
			if c.Key == k && strings.TrimSpace(row[i].Text) != "" {
				out = append(out, cellField(k, c.Title, row[i]))
			}
		}
	}
	return out
}

func right(c Column) Column { c.Right = true; return c }

// ---- persons ----

// person writes who somebody is, or the mark.
func (p pen) person(name, email string) Cell {
	name, email = strings.TrimSpace(name), strings.TrimSpace(email)
	if name == "" && email == "" {
		return none
	}
	if p.in.Pseudonymise {
		p.persons.marked = true
		return plain(p.mark(name, email))
	}
	p.persons.named = true
	switch {
	case name == "":
		return plain(email)
	case email == "" || strings.EqualFold(name, email):
		return plain(name)
	}
	return Cell{Text: name + "\n" + email, Value: name + " <" + email + ">"}
}

// joined writes a list, each item once.
func joined(items []string, sep string) string {
	var once []string
	seen := map[string]bool{}
	for _, s := range items {
		if s != "" && !seen[s] {
			seen[s] = true
			once = append(once, s)
		}
	}
	return strings.Join(once, sep)
}
