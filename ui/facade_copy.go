package ui

import (
	"context"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/plan"
)

// CopyFacade is what the window asks of the copies made for a person.
type CopyFacade interface {
	PreviewCopy(ctx context.Context, id cases.ID, kind disclosure.Kind) (disclosure.Copy, error) // looks into storages and mailbox: slow; nothing is kept
	MakeCopy(ctx context.Context, id cases.ID, kind disclosure.Kind, ch app.CopyChoices, report app.Report) (app.Copy, error)
	Copies(ctx context.Context, id cases.ID) ([]app.Copy, error) // newest first; looks at each file
	PurgeCopy(ctx context.Context, id, reason string) (app.Copy, error)
	PeekObject(ctx context.Context, o plan.Object) ([]byte, error) // an image to be shown and not kept; slow
	CopyDays() int
	SetCopyDays(ctx context.Context, days int) error
}
