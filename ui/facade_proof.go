package ui

import (
	"context"

	"greffier/app"
)

// ProofFacade is what the window asks of timestamps, signatures and their verification.
type ProofFacade interface {
	Stamping(ctx context.Context) (app.StampView, error)
	SetStamping(ctx context.Context, s app.Stamping, caFile string) error // "" keeps the certificates of before
	StampNow(ctx context.Context) (app.Stamp, error)                      // asks the authority: slow
	ExportStamps(ctx context.Context, dir string) ([]string, error)
	KeepBreachCopy(ctx context.Context, id, path string) (string, error) // signed; "" is a dated file
	SignerKey(ctx context.Context) (app.SignerKey, error)                // made at first need
}
