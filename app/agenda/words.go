package agenda

import (
	"strings"
	"time"
	"unicode"

	"greffier/app/law"
	"greffier/app/request"
)

// Speech are the words of one reader.
type Speech struct {
	// Say returns a text of the catalog with its places filled.
	Say  func(key string, args map[string]any) string
	Lang string // "fr" or "en", of dates and hours
	Zone *time.Location
	// Names tells whether names of persons and firms, order numbers and the
	// owner's notes may be said. Without it an entry says the number of the case
	// and the right, and nothing that leads to a person.
	Names bool
}

// maxWords bounds a name or a note in a title, in letters.
const maxWords = 60

// Title says what an entry asks for, in one line.
func (s Speech) Title(e Entry) string {
	args := map[string]any{"N": int64(e.Case), "Rights": s.rights(e.Rights), "Count": e.Count, "Ref": plain(e.Ref), "Name": "", "Until": law.FormatDate(e.Until, s.Lang, true), "Hour": ""}
	if !e.At.IsZero() {
		args["Hour"] = s.hour(e.At)
	}
	key := "agenda.title." + string(e.Kind)
	switch {
	case e.Kind == Rule:
		args["Rule"] = s.Say("rules.name."+ruleWord(e.Ref), nil)
		if e.Count < 2 {
			key += ".one"
		}
	case (e.Kind == Media || e.Kind == Mail) && e.Count < 2:
		key += ".one"
	case ofProvider(e.Kind) && (!s.Names || plain(e.Name) == ""):
		key += "." + family(e.Family)
	case e.Kind == Notice && e.Case == 0:
		key += ".order"
	}
	if ofProvider(e.Kind) && s.Names {
		args["Name"] = plain(e.Name)
	}
	title := s.Say(key, args)
	if more := s.more(e); more != "" {
		title += " · " + more
	}
	return title
}

// more is what a title says of persons and orders, where it may.
func (s Speech) more(e Entry) string {
	if !s.Names {
		return ""
	}
	switch {
	case ofProvider(e.Kind):
		return ""
	case e.Kind == Away:
		return plain(e.Note)
	case e.Number != "":
		return s.Say("agenda.order", map[string]any{"N": plain(e.Number)})
	}
	return plain(e.Name)
}

// ofProvider tells whether an entry is about a provider, whose name is in its
// title where names are allowed.
func ofProvider(k Kind) bool { return k == Contract || k == Review || k == Exit }

// Detail says why an entry is there, and what to do.
func (s Speech) Detail(e Entry) string { return s.Say("agenda.detail."+string(e.Kind), nil) }

func (s Speech) rights(rs []request.Right) string {
	words := make([]string, 0, len(rs))
	for i, r := range rs {
		w := s.Say("right."+r.String(), nil)
		if i > 0 {
			first := []rune(w)
			w = string(unicode.ToLower(first[0])) + string(first[1:])
		}
		words = append(words, w)
	}
	if len(words) == 0 {
		return s.Say("right.none", nil)
	}
	return strings.Join(words, ", ")
}

func (s Speech) hour(t time.Time) string {
	zone := s.Zone
	if zone == nil {
		zone = law.Paris()
	}
	if s.Lang == "fr" {
		return t.In(zone).Format("15\u202fh\u202f04")
	}
	return t.In(zone).Format("15:04")
}

// ruleWord is the word of a rule of the policy; one of the owner's own has none
// that may be said.
func ruleWord(id string) string {
	switch id {
	case "contract", "billing", "commercial":
		return id
	}
	return "own"
}

// families are the families of processors that have words of their own.
var families = map[string]bool{"payment": true, "printing": true, "hosting": true, "ai": true, "logistics": true}

func family(f string) string {
	if families[f] {
		return f
	}
	return "other"
}

// plain makes text from outside one short line: no control characters, no marks
// that turn the direction of writing, nothing invisible.
func plain(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.Is(unicode.Cf, r) && !unicode.IsControl(r) && !unicode.Is(unicode.Co, r):
			b.WriteRune(r)
		}
	}
	words := []rune(strings.Join(strings.Fields(b.String()), " "))
	if len(words) > maxWords {
		return string(words[:maxWords]) + "…"
	}
	return string(words)
}

// Spoken makes a line fit for a notification of the desktop, whose driver may
// hand it to a command interpreter: letters, digits and a few marks that mean
// nothing to one.
func Spoken(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r):
			return r
		case strings.ContainsRune(" .,:-·°!?()\u00a0\u202f’\u2010", r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, s)), " ")
}
