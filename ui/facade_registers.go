package ui

import (
	"context"

	"greffier/app"
	"greffier/app/register"
)

// RegisterFacade is what the window asks of the records of registers beyond
// keeping them.
type RegisterFacade interface {
	Changes(ctx context.Context, name register.Name, id string) ([]register.Change, error) // of one record, newest first
	DocumentState(ctx context.Context, path, sum string) (string, error)                   // same, changed or missing
	Screenings(ctx context.Context) ([]register.Screening, error)                          // with proposals
	SaveScreening(ctx context.Context, s register.Screening) error
	ExportPIA(ctx context.Context, id, path string) (string, error) // for the CNIL's PIA tool
	Findings(ctx context.Context) ([]app.FindingRow, error)
	SaveRuling(ctx context.Context, r register.Ruling) error
	BreachCopy(ctx context.Context, b register.Breach) (text string, missing int, err error) // for the CNIL, in French
}
