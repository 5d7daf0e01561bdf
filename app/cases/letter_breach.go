package cases

import (
	"fmt"
	"time"

	"greffier/app/law"
)

// LetterBreach tells a person of a personal data breach that is likely to put
// her at a high risk (GDPR Art. 34(1)).
const LetterBreach = "breach"

// BreachFacts are what a letter on a breach tells (GDPR Art. 34(2)): what
// happened, whom to ask, the likely consequences, and the measures. The words
// are the owner's, meant for the person; Nature is "confidentiality",
// "integrity" or "availability". Advice, HappenedAt and NotifiedAt may stay
// empty.
type BreachFacts struct {
	Nature     string
	HappenedAt time.Time
	KnownAt    time.Time
	NotifiedAt time.Time // to the CNIL
	What       string
	Effects    string
	Measures   string
	Advice     string
}

// BreachLetter prepares the letter on a breach to one person, with the numbers
// of her orders that are concerned. Of the facts it uses the controller and
// Zone. It tells one person nothing of another. Errors are those of Draft.
func BreachLetter(b BreachFacts, to Person, orders []string, f Facts, letters Letters, lang string, now time.Time) (Letter, error) {
	if b.KnownAt.After(now) || b.HappenedAt.After(now) || !b.HappenedAt.IsZero() && b.HappenedAt.After(b.KnownAt) {
		return Letter{}, fmt.Errorf("draft the letter %q: the dates contradict each other: %w", LetterBreach, ErrLetterFacts)
	}
	lang = catalogLang(letters, LetterBreach, lang)
	subject, text, err := printer{letters: letters, lang: lang, facts: f}.print(LetterBreach, breachEntry(b, to, orders, f, lang))
	if err != nil {
		return Letter{}, err
	}
	return Letter{Kind: LetterBreach, Lang: lang, Subject: subject, Text: text, MadeAt: now.UTC(), To: to.Email}, nil
}

// breachEntry is what a letter on a breach may say, by field.
func breachEntry(b BreachFacts, to Person, orders []string, f Facts, lang string) entry {
	day := func(t time.Time) string {
		if d := law.DateOf(t, f.Zone); !t.IsZero() {
			return law.FormatDate(d, lang, true)
		}
		return ""
	}
	e := entry{}
	for key, text := range map[string]string{
		"Name": oneLine(to.Name, 120), "Controller": oneLine(f.Controller, 500), "Address": oneLine(f.Address, 500), "Email": oneLine(f.Email, 500), "Site": oneLine(f.Site, 500),
		"Nature": oneLine(b.Nature, 40), "HappenedOn": day(b.HappenedAt), "KnownOn": day(b.KnownAt), "NotifiedOn": day(b.NotifiedAt),
		"Facts": manyLines(b.What, 2000), "Effects": manyLines(b.Effects, 2000), "Measures": manyLines(b.Measures, 2000), "Advice": manyLines(b.Advice, 2000),
	} {
		e.set(key, text)
	}
	list := []string{}
	for _, o := range orders {
		if o = oneLine(o, 60); o != "" {
			list = append(list, o)
		}
	}
	e["Orders"] = list
	return e
}
