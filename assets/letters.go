package assets

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed letters/*/*.txt
var letters embed.FS

// Letters is the catalog of letter templates compiled into the program: a
// folder per language, a text file per kind. The first line of a file holds the
// subject after a colon ("Objet : …", "Subject: …"), the rest is the body. The
// places that a letter to a person fills are those of cases.Draft; the two to
// recipients, notice and notice-reminder, have those of cases.NoticeLetter and
// nothing of the person concerned.
type Letters struct{}

// Letter returns the templates of the subject and the body of a kind in "fr" or
// "en"; false where there is no such letter.
func (Letters) Letter(kind, lang string) (subject, body string, ok bool) {
	// A kind or language is a file name and never a path.
	if strings.ContainsAny(kind+lang, `/\.`) {
		return "", "", false
	}
	raw, err := letters.ReadFile(path.Join("letters", lang, kind+".txt"))
	if err != nil {
		return "", "", false
	}
	return parseLetter(string(raw))
}

// Kinds returns the kinds of letter that a language has, shared parts included,
// sorted.
func (Letters) Kinds(lang string) []string {
	names, _ := fs.Glob(letters, path.Join("letters", lang, "*.txt"))
	for i, n := range names {
		names[i] = strings.TrimSuffix(path.Base(n), ".txt")
	}
	slices.Sort(names)
	return names
}

// parseLetter splits a letter file; false when it does not begin with a subject
// line.
func parseLetter(text string) (subject, body string, ok bool) {
	head, body, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	_, subject, ok = strings.Cut(head, ":")
	return strings.TrimSpace(subject), strings.Trim(body, "\n"), ok
}
