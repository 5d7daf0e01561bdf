package register

import (
	"slices"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// TextChange is a paragraph that one version of a text has and the other has
// not.
type TextChange struct {
	Added bool   // in the newer version; otherwise it was in the older one
	Text  string // one paragraph
}

// CompareTexts compares two versions of a published text paragraph by paragraph,
// in the order of the text.
func CompareTexts(before, after string) []TextChange {
	d := diffmatchpatch.New()
	d.DiffTimeout = 0 // the same result on every machine
	a, b, lines := d.DiffLinesToChars(asLines(before), asLines(after))
	var out []TextChange
	for _, x := range d.DiffCharsToLines(d.DiffMain(a, b, false), lines) {
		if x.Type == diffmatchpatch.DiffEqual {
			continue
		}
		for line := range strings.Lines(x.Text) {
			if s := strings.TrimSpace(line); s != "" {
				out = append(out, TextChange{Added: x.Type == diffmatchpatch.DiffInsert, Text: s})
			}
		}
	}
	return out
}

func asLines(text string) string { return strings.Join(paragraphs(text), "\n") + "\n" }

// policyChanges are the sections that say what each version changed against the
// one before it, by its date.
func (p pen) policyChanges() []Section {
	vs := slices.Clone(p.in.Policies)
	slices.SortStableFunc(vs, func(a, b PolicyVersion) int { return a.From.Compare(b.From) })
	var out []Section
	for i := 1; i < len(vs); i++ {
		old, v := vs[i-1], vs[i]
		if strings.TrimSpace(old.Text) == "" || strings.TrimSpace(v.Text) == "" {
			continue
		}
		t := &Table{Columns: []Column{column("change", p.say("Changement", "Change"), 2), column("text", p.say("Paragraphe", "Paragraph"), 12)}}
		for _, c := range CompareTexts(old.Text, v.Text) {
			mark := word("removed", p.say("retiré", "removed"), Bad)
			if c.Added {
				mark = word("added", p.say("ajouté", "added"), Good)
			}
			t.Rows = append(t.Rows, []Cell{mark, plain(c.Text)})
		}
		out = append(out, Section{Key: "changes." + v.ID, Title: p.sayf("Ce que change la version %s", "What version %s changes", v.ID), Table: t,
			Empty: p.say("Le texte est le même.", "The text is the same.")})
	}
	return out
}
