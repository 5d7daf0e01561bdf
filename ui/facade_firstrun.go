package ui

import (
	"context"

	"greffier/app"
	"greffier/app/plan"
)

// FirstRunFacade is what the window asks to set up shops and storages, in the
// guided set-up and later, and to take mails in that are handed in as files.
type FirstRunFacade interface {
	SetUpStep() string // where the guided set-up goes on, "" where it is done
	SetSetUpStep(ctx context.Context, step string) error
	SetUpDraft(ctx context.Context) (app.SetUpDraft, error)
	KeepSetUpDraft(ctx context.Context, d app.SetUpDraft) error

	ShopKinds() []string // nil where shops and storages cannot be set up
	ShopSetups() []app.ShopSetup
	TryShop(ctx context.Context, s app.ShopSetup, typed app.Secrets) (app.Tried, error) // slow; nothing is kept
	SaveShop(ctx context.Context, s app.ShopSetup, typed app.Secrets) error             // counts after Door.Reopen
	StorageSetups() []app.StorageSetup
	TryStorage(ctx context.Context, s app.StorageSetup, typed app.Secrets) (app.Tried, error) // slow; nothing is kept
	SaveStorage(ctx context.Context, s app.StorageSetup, typed app.Secrets) error             // counts after Door.Reopen
	GuessPlaces(ctx context.Context) ([]plan.Locator, error)                                  // slow; nothing is kept
	RemoveConnection(ctx context.Context, kind, name string) error                            // with its keys; shops and storages: counts after Door.Reopen

	TakeMail(ctx context.Context, path string) (app.TakenMail, error) // judged and filed as one that came
}
