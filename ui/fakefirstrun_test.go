package ui

import (
	"context"
	"errors"
	"fmt"

	"greffier/app"
	"greffier/app/plan"
	"greffier/app/request"
)

// setUpFake is what the fake knows of the guided set-up.
type setUpFake struct {
	step     string
	draft    app.SetUpDraft
	shops    []app.ShopSetup
	storages []app.StorageSetup
	tryErr   error
	secrets  app.Secrets // last typed
	taken    app.TakenMail
	guess    []plan.Locator
}

func (f *fake) SetUpStep() string { return f.setup.step }
func (f *fake) SetSetUpStep(_ context.Context, step string) error {
	f.setup.step = step
	return f.note("SetSetUpStep %s", step)
}
func (f *fake) SetUpDraft(context.Context) (app.SetUpDraft, error) { return f.setup.draft, nil }
func (f *fake) KeepSetUpDraft(_ context.Context, d app.SetUpDraft) error {
	f.setup.draft = d
	return nil
}
func (f *fake) ShopKinds() []string {
	return []string{"woocommerce", "prestashop", "shopify", "vendure", "csv", "jsonl"}
}
func (f *fake) ShopSetups() []app.ShopSetup       { return f.setup.shops }
func (f *fake) StorageSetups() []app.StorageSetup { return f.setup.storages }
func (f *fake) TryShop(_ context.Context, s app.ShopSetup, typed app.Secrets) (app.Tried, error) {
	f.setup.secrets = typed
	if f.setup.tryErr != nil {
		return app.Tried{}, f.setup.tryErr
	}
	return app.Tried{Detail: "WooCommerce 9.4", TLS: "TLS 1.2"}, f.note("TryShop %s", s.Kind)
}
func (f *fake) TryStorage(_ context.Context, s app.StorageSetup, typed app.Secrets) (app.Tried, error) {
	f.setup.secrets = typed
	if s.Kind == "sftp" && s.HostKey == "" {
		return app.Tried{}, fmt.Errorf("open: %w: SHA256:uYZ1q0VJc0F2VtT3K0kV0b7m0w1hX0O4m8w5s2u9N3E", errors.New("the storage refuses access"))
	}
	return app.Tried{Detail: "S3, versioning enabled", TLS: "TLS 1.2", CanProve: true, Sample: []string{"uploads/1042/IMG_2231.jpg", "portraits/1042/visage-1.png", "impression/1042/livre.pdf"}}, f.note("TryStorage %s", s.Kind)
}
func (f *fake) SaveShop(_ context.Context, s app.ShopSetup, _ app.Secrets) error {
	f.setup.shops = append(f.setup.shops, s)
	return f.note("SaveShop %s %s", s.Kind, s.Name)
}
func (f *fake) SaveStorage(_ context.Context, s app.StorageSetup, _ app.Secrets) error {
	f.setup.storages = append(f.setup.storages, s)
	return f.note("SaveStorage %s %s", s.Kind, s.Name)
}
func (f *fake) GuessPlaces(context.Context) ([]plan.Locator, error) {
	return f.setup.guess, f.note("GuessPlaces")
}
func (f *fake) TakeMail(_ context.Context, path string) (app.TakenMail, error) {
	return f.setup.taken, f.note("TakeMail %s", path)
}

// newOwner is a fake of a profile that was just made.
func newOwner(lang, theme string) *fake {
	f := newFake(lang, theme)
	f.info.Demo, f.info.Locators = false, nil
	f.setup.step = stepRecovery
	f.setup.taken = app.TakenMail{ID: 21, Kind: request.ToCheck, New: true}
	return f
}

func (f *fake) RemoveConnection(_ context.Context, kind, name string) error {
	return f.note("RemoveConnection %s %s", kind, name)
}
