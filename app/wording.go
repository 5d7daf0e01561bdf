package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/request"
)

const kindWordings = "wordings"

// ErrNoWording says that there is no letter of that kind or language.
var ErrNoWording = errors.New("there is no such letter")

// wording is the owner's own text of a template.
type wording struct {
	Kind      string    `json:"kind"`
	Lang      string    `json:"lang"`
	Subject   string    `json:"subject"`
	Body      string    `json:"body"`
	ChangedAt time.Time `json:"changed_at"`
	// Shipped is the SHA-256 of the text that it took the place of, so that an
	// update which changes that text is told.
	Shipped string `json:"shipped"`
}

func (w wording) id() string { return w.Kind + "." + w.Lang }

// wordings is the catalog of letters with the owner's own texts before the
// shipped ones.
type wordings struct {
	cases.Letters
	own []wording
}

func (w wordings) Letter(kind, lang string) (subject, body string, ok bool) {
	for _, x := range w.own {
		if x.Kind == kind && x.Lang == lang {
			return x.Subject, x.Body, true
		}
	}
	return w.Letters.Letter(kind, lang)
}

// letters returns the catalog from which letters are made now.
func (a *App) letters(tx Tx) (wordings, error) {
	own, err := records[wording](tx, kindWordings)
	return wordings{a.d.Texts, own}, err
}

func hashOf(subject, body string) string {
	h := sha256.Sum256([]byte(subject + "\n" + body))
	return hex.EncodeToString(h[:])
}

// wordingLangs are the languages of letters.
var wordingLangs = []string{"fr", "en"}

// Wordings returns every template in every language with its state.
func (a *App) Wordings(ctx context.Context) ([]WordingRow, error) {
	var out []WordingRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := a.letters(tx)
		for _, kind := range cases.Templates() {
			for _, lang := range wordingLangs {
				out = append(out, a.wordingRow(all, kind, lang))
			}
		}
		return err
	})
	return out, err
}

// wordingRow tells where a template stands. The owner's own ones are checked:
// an update may have taken a place away that they fill.
func (a *App) wordingRow(all wordings, kind, lang string) WordingRow {
	r := WordingRow{Kind: kind, Lang: lang, State: WordingShipped}
	i := slices.IndexFunc(all.own, func(w wording) bool { return w.Kind == kind && w.Lang == lang })
	if i < 0 {
		return r
	}
	w := all.own[i]
	r.State, r.ChangedAt = WordingYours, w.ChangedAt
	if subject, body, ok := a.d.Texts.Letter(kind, lang); ok {
		r.Updated = hashOf(subject, body) != w.Shipped
	}
	if !cases.Usable(cases.CheckWording(kind, lang, w.Subject, w.Body, all, a.now())) {
		r.State = WordingBroken
	}
	return r
}

// Wording returns one template as it is used now, beside the shipped one.
// ErrNoWording where there is none.
func (a *App) Wording(ctx context.Context, kind, lang string) (WordingView, error) {
	var v WordingView
	err := a.d.Store.View(ctx, func(tx Tx) error {
		if !slices.Contains(cases.Templates(), kind) || !slices.Contains(wordingLangs, lang) {
			return ErrNoWording
		}
		all, err := a.letters(tx)
		if err != nil {
			return err
		}
		v.Row = a.wordingRow(all, kind, lang)
		v.Subject, v.Body, _ = all.Letter(kind, lang)
		v.ShippedSubject, v.ShippedBody, _ = a.d.Texts.Letter(kind, lang)
		v.HasSubject, v.Places, v.Needs = cases.HasSubject(kind), cases.Places(kind), cases.Needs(kind)
		v.Problems = cases.CheckWording(kind, lang, v.Subject, v.Body, all, a.now())
		return nil
	})
	return v, err
}

// CheckWording tells all that is wrong with a text for a template. A store that
// cannot be read is checked against the shipped ones.
func (a *App) CheckWording(kind, lang, subject, body string) []cases.Problem {
	all := wordings{Letters: a.d.Texts}
	_ = a.d.Store.View(context.Background(), func(tx Tx) (err error) { all, err = a.letters(tx); return err })
	return cases.CheckWording(kind, lang, subject, body, all, a.now())
}

// SaveWording keeps the owner's text for a template: from now on letters are
// made with it. The shipped text is no text of hers and ends it. Errors:
// ErrNoWording; cases.ErrWording, naming the first hard problem.
func (a *App) SaveWording(ctx context.Context, kind, lang, subject, body string) error {
	shippedSubject, shippedBody, ok := a.d.Texts.Letter(kind, lang)
	if !ok || !slices.Contains(cases.Templates(), kind) {
		return ErrNoWording
	}
	subject = strings.Join(strings.Fields(subject), " ")
	body = strings.Trim(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	if !cases.HasSubject(kind) {
		subject = shippedSubject
	}
	if subject == shippedSubject && body == shippedBody {
		return a.ResetWording(ctx, kind, lang)
	}
	for _, p := range a.CheckWording(kind, lang, subject, body) {
		if p.Hard {
			return fmt.Errorf("%s %s: %w", p.Code, p.Field, cases.ErrWording)
		}
	}
	return a.update(ctx, func(tx Tx) error {
		w := wording{Kind: kind, Lang: lang, Subject: subject, Body: body, ChangedAt: a.now(), Shipped: hashOf(shippedSubject, shippedBody)}
		if err := putRecord(tx, kindWordings, w.id(), w, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActTemplateChanged, "letter "+w.id(), map[string]string{"is": "own", "sha256": hashOf(subject, body)})
	})
}

// ResetWording takes the shipped text of a template again.
func (a *App) ResetWording(ctx context.Context, kind, lang string) error {
	if !slices.Contains(cases.Templates(), kind) || !slices.Contains(wordingLangs, lang) {
		return ErrNoWording
	}
	return a.update(ctx, func(tx Tx) error {
		all, err := a.letters(tx)
		if err != nil {
			return err
		}
		w := wording{Kind: kind, Lang: lang}
		if !slices.ContainsFunc(all.own, func(x wording) bool { return x.id() == w.id() }) {
			return nil
		}
		if err := tx.DeleteRecord(kindWordings, w.id()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActTemplateChanged, "letter "+w.id(), map[string]string{"is": "shipped"})
	})
}

// PreviewWording shows a text for a template in its letter: with the facts of a
// case, or with an invented person where id is 0. Nothing is kept. Errors are
// those of cases.Draft.
func (a *App) PreviewWording(ctx context.Context, kind, lang, subject, body string, s cases.Sample, id cases.ID) (cases.Letter, error) {
	var l cases.Letter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := a.letters(tx)
		if err != nil {
			return err
		}
		if id == 0 {
			own := a.controller(tx)
			l, err = cases.Preview(kind, lang, subject, body, s, cases.Facts{Zone: a.d.Zone, Controller: own.Name, Address: own.Address, Email: own.Email, Site: own.Site}, all, a.now())
			return err
		}
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		f, err := a.letterFacts(tx, c, lang, LetterWords{})
		if err != nil {
			return err
		}
		l, err = cases.PreviewCase(kind, lang, subject, body, c, f, all, a.now())
		return err
	})
	return l, err
}

// letterFacts are the facts for a letter of a case, with what only the owner can
// say of it.
func (a *App) letterFacts(tx Tx, c cases.Case, lang string, say LetterWords) (cases.Facts, error) {
	f, err := a.facts(tx, c, lang)
	if err != nil {
		return f, err
	}
	if h := c.Challenge; h != nil && h.MetAt.IsZero() {
		f.Code, f.CodeUntil = h.Code, law.DateOf(h.Until, a.d.Zone)
	}
	f.Question, f.Fee, f.SayBy, f.LiftOn = say.Question, say.Fee, say.Day, say.Day
	if f.Reason == "" {
		f.Reason = say.Reason
	}
	for _, s := range c.Suspensions {
		// What she asked for when she stopped the clock is the question.
		if f.Question == "" && s.To.IsZero() && s.Reason != cases.SignIdentityDoubt {
			f.Question = s.Reason
		}
	}
	for _, w := range c.Work {
		if w.Kind == cases.WorkRestriction && (f.RestrictedAt.IsZero() || w.Right == request.Restriction) {
			f.RestrictedAt = w.At
		}
	}
	if len(f.Searched) == 0 {
		f.Searched = a.searched(lang)
	}
	return f, nil
}

// searched names where the program looks for a person's data.
func (a *App) searched(lang string) []string {
	var out []string
	box, _ := a.mailbox()
	for key, have := range map[string]bool{"1orders": len(a.d.Shops) > 0, "2messages": box != nil, "3storage": len(a.d.Storages) > 0} {
		if have {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	for i, key := range out {
		out[i] = a.d.Texts.Text(lang, "searched."+key[1:], nil)
	}
	return out
}

// labels are the words in which a wording is shown in the window's language.
func (a *App) labels(window string) cases.Labels {
	say := func(key string) string { return a.d.Texts.Text(window, key, nil) }
	l := cases.Labels{Places: map[string]string{}, If: say("surface.if"), Else: say("surface.else"), End: say("surface.end"), Each: say("surface.each"), Need: say("surface.need"), Here: say("surface.here"), One: say("surface.one")}
	for _, k := range cases.LabelKeys() {
		l.Places[k] = say("place." + k)
	}
	return l
}

// WordingSurface shows a text of a template in lang in the words of the window's
// language: {{.Due}} as [due date]. A text that could not be read back is
// returned as it is.
func (a *App) WordingSurface(window, lang, text string) string {
	return cases.Surface(text, lang, a.labels(window))
}

// WordingPlain reads what WordingSurface shows, and returns what stands in
// brackets and means nothing.
func (a *App) WordingPlain(window, lang, text string) (plain string, unknown []string) {
	return cases.Plain(text, lang, a.labels(window))
}

// The states of a wording.
const (
	WordingShipped = "shipped" // as it came with the program
	WordingYours   = "yours"   // the owner's
	WordingBroken  = "broken"  // the owner's, and no letter can be made with it
)

// WordingRow is one template in one language.
type WordingRow struct {
	Kind, Lang string
	State      string // one of the states of a wording
	ChangedAt  time.Time
	Updated    bool // the shipped text changed since the owner's took its place
}

// WordingView is a template with all that is needed to change it, in the
// template language.
type WordingView struct {
	Row                         WordingRow
	Subject, Body               string
	ShippedSubject, ShippedBody string
	HasSubject                  bool     // the others are parts of letters
	Places                      []string // that it may fill, those that it must first
	Needs                       []string // that it must
	Problems                    []cases.Problem
}

// LetterWords are what only the owner can say of a letter, where the case does
// not record it: a question, a reason, a fee, and a day (until which the person
// says whether she accepts the fee; on which a restriction is lifted).
type LetterWords struct {
	Question string
	Reason   string
	Fee      string
	Day      law.Date
}
