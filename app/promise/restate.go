package promise

import (
	"regexp"
	"strings"
	"unicode"

	"greffier/app/law"
)

// statedPeriod is periodText over the words as they are printed, with their
// accents and no-break spaces.
var statedPeriod = regexp.MustCompile(`(?i)(\d{1,4}|\pL+(?:-\pL+)*)[\s\x{a0}\x{202f}]*(?:\([\s\x{a0}\x{202f}]*\d{1,4}[\s\x{a0}\x{202f}]*\))?[\s\x{a0}\x{202f}-]*(?:jours?|days?|semaines?|weeks?|mois|months?|ans?|années?|years?)`)

// Restate writes a policy's text anew where its sentences promise the period
// was for a rule, with the period now in its place, in figures and in the
// sentence's language. It returns how many sentences it changed; where a
// sentence promises the same period for another rule too, it is left alone, for
// nobody but the owner knows which of them changed.
func Restate(text, rule string, was, now law.Period) (string, int) {
	if was.IsZero() || now.IsZero() || was == now || len(text) > maxPolicy {
		return text, 0
	}
	n := 0
	for _, s := range sentences(text) {
		mine, others := false, false
		for i := range grammar {
			g := &grammar[i]
			if g.rule == "" || !g.says(s) || g.period(s) != was.String() {
				continue
			}
			mine, others = mine || g.rule == rule, others || g.rule != rule
		}
		if !mine || others {
			continue
		}
		if next := restated(s.text, was, now); next != s.text && strings.Count(text, s.text) == 1 {
			text = strings.Replace(text, s.text, next, 1)
			n++
		}
	}
	return text, n
}

// restated puts one period in the place of another in a sentence.
func restated(sentence string, was, now law.Period) string {
	var out strings.Builder
	from := 0
	for _, m := range statedPeriod.FindAllStringIndex(sentence, 20) {
		words := sentence[m[0]:m[1]]
		ps := periods(plain(words))
		// A longer word only begins like a unit.
		if after := []rune(sentence[m[1]:]); len(ps) != 1 || ps[0].period != was || len(after) > 0 && unicode.IsLetter(after[0]) {
			continue
		}
		lang := "en"
		if frenchUnits[plain(words[len(strings.TrimRightFunc(words, unicode.IsLetter)):])] {
			lang = "fr"
		}
		out.WriteString(sentence[from:m[0]] + now.Text(lang))
		from = m[1]
	}
	return out.String() + sentence[from:]
}

var frenchUnits = map[string]bool{"jour": true, "jours": true, "semaine": true, "semaines": true, "mois": true, "an": true, "ans": true, "annee": true, "annees": true}
