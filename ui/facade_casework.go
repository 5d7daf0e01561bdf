package ui

import (
	"context"

	"greffier/app"
	"greffier/app/cases"
)

// CaseworkFacade is what the window asks of cases beyond their steps: those
// entered by hand, joined, and the orders that they may mean.
type CaseworkFacade interface {
	// Announce writes the letter that tells of an extension, a refusal or a
	// question, and keeps it: the step is taken when it has gone.
	Announce(ctx context.Context, id cases.ID, act cases.Act, in cases.Input) (cases.Letter, error)
	Unannounce(ctx context.Context, id cases.ID, act cases.Act) error // drops that letter, and the step with it
	EnterCase(ctx context.Context, n app.NewCase) (cases.ID, error)   // post, telephone, visit, web form
	MergeCases(ctx context.Context, into, from cases.ID, reason string) error
	FindOrders(ctx context.Context, query string) ([]app.FoundOrder, error) // slow in a large shop
	AddOrder(ctx context.Context, id cases.ID, order int64) error           // into the scope, beside those that are there
	ProposeOrders(ctx context.Context, id cases.ID) (int, error)            // by all clues, through all orders; slow
}
