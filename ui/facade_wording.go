package ui

import (
	"context"

	"greffier/app"
	"greffier/app/cases"
)

// WordingFacade is what the window asks of the wording of letters, of letters
// as they went out, and of the letters on a breach.
type WordingFacade interface {
	Wordings(ctx context.Context) ([]app.WordingRow, error)
	Wording(ctx context.Context, kind, lang string) (app.WordingView, error)
	CheckWording(kind, lang, subject, body string) []cases.Problem
	SaveWording(ctx context.Context, kind, lang, subject, body string) error
	ResetWording(ctx context.Context, kind, lang string) error
	PreviewWording(ctx context.Context, kind, lang, subject, body string, s cases.Sample, id cases.ID) (cases.Letter, error) // id 0 = an invented person
	WordingSurface(window, lang, text string) string                                                                         // {{.Due}} as [due date]
	WordingPlain(window, lang, text string) (plain string, unknown []string)                                                 // and back

	DraftLetterWith(ctx context.Context, id cases.ID, kind, lang string, say app.LetterWords) (cases.Letter, error) // with what only she can say of it
	DraftRefusal(ctx context.Context, id cases.ID, reason, ground string) (cases.Letter, error)                     // as it would read; nothing is decided
	LetterAsSent(ctx context.Context, id cases.ID, messageID string) (app.SentLetter, error)
	LetterWarnings(ctx context.Context, id cases.ID, l cases.Letter) ([]app.LetterWarning, error) // what her text no longer says

	BreachLetters(ctx context.Context, breach string) (app.BreachView, error)
	BreachPersons(ctx context.Context, orders []int64) (to []app.BreachPerson, without int, err error)
	DraftBreachLetter(ctx context.Context, breach string, to app.BreachPerson, w app.BreachWords) (cases.Letter, error)
	PrepareBreachLetters(ctx context.Context, breach string, to []app.BreachPerson, words map[string]app.BreachWords) (int, error)
	SendBreachLetters(ctx context.Context, breach string, drafts bool, report func(done, total int, note string)) error // slow; may be interrupted and called again
	SettleBreachLetter(ctx context.Context, id string, went bool) error
}
