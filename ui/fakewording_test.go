package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/register"
	"greffier/assets"
)

// wordingFake is what the small façade knows of wordings and of letters that
// went out.
type wordingFake struct {
	own      map[string][2]string // kind.lang → subject, body
	warnings []app.LetterWarning
	breach   []app.BreachLetter
	sendFail error
}

func (f *fake) labels(window string) cases.Labels {
	say := func(key string) string { return assets.Text(window, key, nil) }
	l := cases.Labels{Places: map[string]string{}, If: say("surface.if"), Else: say("surface.else"), End: say("surface.end"), Each: say("surface.each"), Need: say("surface.need"), Here: say("surface.here"), One: say("surface.one")}
	for _, k := range cases.LabelKeys() {
		l.Places[k] = say("place." + k)
	}
	return l
}

func (f *fake) Wordings(context.Context) ([]app.WordingRow, error) {
	var out []app.WordingRow
	for i, k := range cases.Templates() {
		for _, lang := range []string{"fr", "en"} {
			r := app.WordingRow{Kind: k, Lang: lang, State: app.WordingShipped}
			switch {
			case i == 1 && lang == "fr":
				r.State, r.ChangedAt = app.WordingYours, now
			case i == 2 && lang == "fr":
				r.State, r.ChangedAt, r.Updated = app.WordingYours, now, true
			case i == 3 && lang == "fr":
				r.State, r.ChangedAt = app.WordingBroken, now
			}
			out = append(out, r)
		}
	}
	return out, f.note("Wordings")
}

func (f *fake) Wording(_ context.Context, kind, lang string) (app.WordingView, error) {
	v := app.WordingView{Row: app.WordingRow{Kind: kind, Lang: lang, State: app.WordingShipped}, HasSubject: cases.HasSubject(kind), Places: cases.Places(kind), Needs: cases.Needs(kind)}
	v.ShippedSubject, v.ShippedBody, _ = assets.Letters{}.Letter(kind, lang)
	v.Subject, v.Body = v.ShippedSubject, v.ShippedBody
	if x, ok := f.wording.own[kind+"."+lang]; ok {
		v.Subject, v.Body, v.Row.State, v.Row.ChangedAt = x[0], x[1], app.WordingYours, now
	}
	return v, f.note("Wording %s %s", kind, lang)
}

func (f *fake) CheckWording(kind, lang, subject, body string) []cases.Problem {
	return cases.CheckWording(kind, lang, subject, body, assets.Letters{}, now)
}

func (f *fake) SaveWording(_ context.Context, kind, lang, subject, body string) error {
	if f.wording.own == nil {
		f.wording.own = map[string][2]string{}
	}
	f.wording.own[kind+"."+lang] = [2]string{subject, body}
	return f.note("SaveWording %s %s", kind, lang)
}

func (f *fake) ResetWording(_ context.Context, kind, lang string) error {
	delete(f.wording.own, kind+"."+lang)
	return f.note("ResetWording %s %s", kind, lang)
}

func (f *fake) PreviewWording(_ context.Context, kind, lang, subject, body string, s cases.Sample, id cases.ID) (cases.Letter, error) {
	if id != 0 {
		return cases.Letter{}, errors.Join(f.note("PreviewWording %d", id), cases.ErrLetterField)
	}
	own := cases.Facts{Controller: "Atelier Lavande EI", Address: "1 rue de la Gare, 59000 Lille", Email: "contact@lavande.exemple"}
	return cases.Preview(kind, lang, subject, body, s, own, assets.Letters{}, now)
}

func (f *fake) WordingSurface(window, lang, text string) string {
	return cases.Surface(text, lang, f.labels(window))
}
func (f *fake) WordingPlain(window, lang, text string) (string, []string) {
	return cases.Plain(text, lang, f.labels(window))
}

func (f *fake) DraftLetterWith(ctx context.Context, id cases.ID, kind, lang string, say app.LetterWords) (cases.Letter, error) {
	l, err := f.DraftLetter(ctx, id, kind, lang)
	l.Text += "\n" + strings.Join([]string{say.Question, say.Reason, say.Fee, say.Day.String()}, "|")
	return l, err
}

func (f *fake) DraftRefusal(_ context.Context, id cases.ID, reason, ground string) (cases.Letter, error) {
	return cases.Letter{Kind: cases.LetterRefuse, Subject: "Refus", Text: reason + "\n\n" + ground}, f.note("DraftRefusal %d %s", id, ground)
}

func (f *fake) LetterAsSent(_ context.Context, id cases.ID, messageID string) (app.SentLetter, error) {
	return app.SentLetter{From: "Atelier <contact@lavande.exemple>", To: "mathilde.fontaine@exemple.fr", Subject: "Votre demande", Text: "Bonjour,\n\ntelle que partie", SHA256: strings.Repeat("ab", 32), At: now.Add(-time.Hour)}, f.note("LetterAsSent %d %s", id, messageID)
}

func (f *fake) LetterWarnings(context.Context, cases.ID, cases.Letter) ([]app.LetterWarning, error) {
	return f.wording.warnings, nil
}

func (f *fake) BreachLetters(_ context.Context, breach string) (app.BreachView, error) {
	v := app.BreachView{Breach: register.Breach{ID: breach, Nature: "confidentiality", Facts: f.say("Un dossier était ouvert sur internet.", "A folder was open on the internet."),
		Effects: f.say("Hameçonnage possible.", "Phishing is possible."), Measures: f.say("Dossier fermé.", "Folder closed.")}, Letters: f.wording.breach, CanSend: f.CanSend()}
	return v, f.note("BreachLetters %s", breach)
}

func (f *fake) BreachPersons(_ context.Context, orders []int64) ([]app.BreachPerson, int, error) {
	return []app.BreachPerson{{Name: "Mathilde Fontaine", Email: "mathilde.fontaine@exemple.fr", Lang: f.info.Lang, Orders: []string{"1042"}}}, 1, f.note("BreachPersons %d", len(orders))
}

func (f *fake) DraftBreachLetter(_ context.Context, breach string, to app.BreachPerson, w app.BreachWords) (cases.Letter, error) {
	return cases.Letter{Kind: cases.LetterBreach, Subject: "Incident", Text: to.Name + "\n" + w.What}, f.note("DraftBreachLetter %s", breach)
}

func (f *fake) PrepareBreachLetters(_ context.Context, breach string, to []app.BreachPerson, words map[string]app.BreachWords) (int, error) {
	for _, x := range to {
		f.wording.breach = append(f.wording.breach, app.BreachLetter{ID: breach + "-1", Breach: breach, Name: x.Name, Email: x.Email, Text: words[x.Lang].What})
	}
	return len(to), f.note("PrepareBreachLetters %s %d", breach, len(to))
}

func (f *fake) SendBreachLetters(_ context.Context, breach string, drafts bool, report func(int, int, string)) error {
	report(1, 2, "")
	return errors.Join(f.note("SendBreachLetters %s %v", breach, drafts), f.wording.sendFail)
}

func (f *fake) SettleBreachLetter(_ context.Context, id string, went bool) error {
	return f.note("SettleBreachLetter %s %v", id, went)
}
