package ui

import (
	"context"

	"greffier/app"
)

// proofFake is what the fake knows of timestamps and signatures.
type proofFake struct {
	view    app.StampView
	noTrace bool // no day can be told of the last trace
}

func (f *fake) Stamping(context.Context) (app.StampView, error) { return f.proof.view, f.fail }

func (f *fake) SetStamping(_ context.Context, s app.Stamping, ca string) error {
	f.proof.view.Set = s
	return f.note("SetStamping %s every=%d daily=%v ca=%s", s.URL, s.Every, s.Daily, ca)
}

func (f *fake) StampNow(context.Context) (app.Stamp, error) {
	return proofStamp, f.note("StampNow")
}

func (f *fake) ExportStamps(_ context.Context, dir string) ([]string, error) {
	return []string{"head-120.tsr"}, f.note("ExportStamps %s", dir)
}

func (f *fake) SignerKey(context.Context) (app.SignerKey, error) {
	return app.SignerKey{ID: "9A3C51E07B2D4F68", Minisign: "RWRoTy17oFHDmsnX6mWm4lV5o3pWvG0bq1l0m1mQy7k2m8m9l0mE0S0A", SSH: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMnX6mWm4lV5o3pWvG0bq1l0m1mQy7k2m8m9l0mE0S0A", Since: now}, f.note("SignerKey")
}

func (f *fake) KeepBreachCopy(_ context.Context, id, _ string) (string, error) {
	return "/home/claire/Documents/Greffier/breach-" + id + "-2026-11-23.txt", f.note("KeepBreachCopy %s", id)
}

var proofStamp = app.Stamp{Seq: 120, Head: "3f6c1e8a9b24d7705d1c88e2f0a9b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4", At: now, By: "CN=Local Authority,O=Test", Serial: "1a2b", Policy: "1.2.3.4.1"}
