package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/mailbox"
	"greffier/app/register"
	"greffier/data/vault"
)

// TestAConnectionIsRemovedWithItsKeys takes a shop, a storage and the mailbox out
// of a profile: their keys go, what is in them stays.
func TestAConnectionIsRemovedWithItsKeys(t *testing.T) {
	t.Parallel()
	ctx, dir, base := t.Context(), filepath.Join(t.TempDir(), "profile"), t.TempDir()
	if err := beginProfile(ctx, dir, testPassphrase, register.Controller{Name: "Atelier Lavande EI", Email: "contact@lavande.example", Language: "fr"}); err != nil {
		t.Fatal(err)
	}
	cheapUnlock(t, dir)
	p, err := openProfile(ctx, dir, testPassphrase, "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	open := p
	t.Cleanup(func() { open.Close() })
	photo := filepath.Join(base, "photo.jpg")
	if err := os.WriteFile(photo, []byte("photo"), 0o600); err != nil {
		t.Fatal(err)
	}
	shop := app.ShopSetup{Name: "presta", Kind: "prestashop", URL: "http://127.0.0.1:1/", Erase: true}
	if err := p.SaveShop(ctx, shop, app.Secrets{"key": "SECRETKEYOFTHESHOP"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"photos", "prints"} {
		if err := p.SaveStorage(ctx, app.StorageSetup{Name: name, Kind: "folder", Path: base}, nil); err != nil {
			t.Fatal(err)
		}
	}
	account := mailbox.Account{Address: "contact@lavande.example", SignIn: mailbox.ByPassword,
		IMAP: mailbox.Server{Host: "127.0.0.1", Port: 1, User: "contact", Security: mailbox.Plain}}
	if err := p.SaveMail(ctx, account, mailbox.Secret{Password: "secret of the mailbox"}); err != nil {
		t.Fatal(err)
	}
	key := p.settings.Shops[0].secretName("key")
	password := p.settings.Mailbox.secretName("password")

	if err := p.RemoveConnection(ctx, app.KindShop, "another"); !errors.Is(err, app.ErrUnknownService) {
		t.Errorf("an unknown shop: %v", err)
	}
	for _, x := range []struct{ kind, name string }{{app.KindShop, "presta"}, {app.KindStorage, "photos"}, {app.KindMailbox, "127.0.0.1"}} {
		if err := p.RemoveConnection(ctx, x.kind, x.name); err != nil {
			t.Errorf("%s: %v", x.kind, err)
		}
	}
	for _, name := range []string{key, password} {
		if v, err := p.vault.Secret(name); !errors.Is(err, vault.ErrNoSecret) || v != "" {
			t.Errorf("the key %s is still there: %v", name, err)
		}
	}
	if _, has := p.MailAccount(); has || len(p.ShopSetups()) != 0 || len(p.StorageSetups()) != 1 {
		t.Error("something is still set up")
	}
	if _, err := os.Stat(photo); err != nil {
		t.Errorf("something in the storage was touched: %v", err)
	}
	if open, err = p.reconnect("", time.Now); err != nil {
		t.Fatal(err)
	}
	lines, err := open.Journal(ctx, 3)
	if err != nil || len(lines) < 3 || !strings.Contains(lines[0].Detail, "dropped") || lines[0].Record != "mailbox" {
		t.Errorf("the journal says %+v, %v", lines, err)
	}
	services, _ := open.Services(ctx)
	if len(services) != 1 || services[0].Name != "prints" {
		t.Errorf("connected to %+v", services)
	}
}

// onlyPhotos is the connector of a profile with one storage.
type onlyPhotos struct {
	app.Connector
	removed bool
}

func (*onlyPhotos) Storages() []app.StorageSetup { return []app.StorageSetup{{Name: "photos"}} }
func (o *onlyPhotos) RemoveStorage(string) error { o.removed = true; return nil }

func TestAStorageStaysWhileAnErasureWaits(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg")
	d, c := s.deps, &onlyPhotos{}
	d.Connector = c
	a := app.New(d)
	p := s.planOrder("104")
	w, err := a.Schedule(t.Context(), p, p.Hash)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.RemoveConnection(t.Context(), app.KindStorage, "photos"); !errors.Is(err, app.ErrConnectionUsed) || c.removed {
		t.Errorf("while an erasure waits: %v", err)
	}
	if err := a.CancelCooling(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	if err := a.RemoveConnection(t.Context(), app.KindStorage, "photos"); err != nil || !c.removed {
		t.Errorf("once nothing waits: %v", err)
	}
}
