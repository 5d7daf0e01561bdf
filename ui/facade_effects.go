package ui

import (
	"context"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/effects"
)

// EffectFacade is what the window asks of restrictions, the suppression list and corrections.
type EffectFacade interface {
	Restrictions(ctx context.Context) ([]app.RestrictionRow, error)
	Restrict(ctx context.Context, id cases.ID, orders []int64, ground effects.Ground, reason string) (app.RestrictionRow, error) // asks the storages: slow
	DraftLift(ctx context.Context, id, reason, lang string) (cases.Letter, error)                                                // tells the person before a restriction ends
	LiftRestriction(ctx context.Context, id string, told time.Time, reason string) error                                         // zero = when the letter went out; slow

	Suppressed(ctx context.Context) ([]app.SuppressionRow, error)
	Suppress(ctx context.Context, s effects.Suppression) (app.SuppressionRow, error) // tells the shops: slow
	Resuppress(ctx context.Context, id string) (app.SuppressionRow, error)           // tells the shops once more; slow
	Unsuppress(ctx context.Context, id, reason string) error
	ExportSuppressions(ctx context.Context, path, format string) (app.SuppressionExport, error) // csv, email or sha256
	ImportSuppressions(ctx context.Context, path string) (app.SuppressionImport, error)         // slow
	SuppressionChecks(ctx context.Context) ([]app.Service, error)

	Amendments(ctx context.Context, id cases.ID) (app.AmendView, error)                          // asks the shops: slow
	Amend(ctx context.Context, id cases.ID, changes []effects.Change) (effects.Amendment, error) // writes to the shops: slow
}
