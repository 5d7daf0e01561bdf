package ui

import (
	"context"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/register"
)

// RulesFacade is what the window asks of retention rules, holds, archives and what they make due.
type RulesFacade interface {
	TryRule(ctx context.Context, r register.Rule) (app.RuleImpact, error) // what it would make due at once; keeps nothing; slow
	DropRule(ctx context.Context, id string) error                        // one of the owner's own
	RetentionOf(ctx context.Context, at law.Date, rule string) (app.RetentionView, error)
	RunRule(ctx context.Context, rule string, at law.Date, by string, report app.Report) (app.RunView, error) // slow
	Year(ctx context.Context) (app.YearAhead, error)                                                          // what becomes due within twelve months

	Holds(ctx context.Context) ([]app.HoldRow, error)
	Hold(ctx context.Context, h app.LegalHold) (id string, err error)
	EndHold(ctx context.Context, id string) error
	SettleTrouble(ctx context.Context, id string) error // nothing has to be kept because of that mail

	Archive(ctx context.Context) ([]app.ArchiveRow, error)
	OpenArchived(ctx context.Context, order int64, reason string) error // for an hour; the reason stays on file
}
