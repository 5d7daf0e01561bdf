package app

import (
	"context"

	"greffier/app/cases"
)

// Unannounce drops the letter that Announce wrote, and the reason with it: the
// owner thought better of the step before anybody was told. A copy that lies in
// the Drafts folder stays there. cases.ErrInput where nothing is announced;
// ErrMaybeSent while nobody knows whether the letter went out.
func (a *App) Unannounce(ctx context.Context, id cases.ID, act cases.Act) error {
	return a.update(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		kind, _ := cases.LetterFor(act)
		i := unsent(c, kind)
		if i < 0 || c.Letters[i].Tells == nil {
			return cases.ErrInput
		}
		if !c.Letters[i].SendingAt.IsZero() {
			return ErrMaybeSent
		}
		return tx.PutCase(cases.Unannounce(c, act))
	})
}
