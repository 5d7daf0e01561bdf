package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/register"
)

// TestAProfileOfTheGuidedSetUpNeedsNoFile makes a profile as the window does,
// adds a real file of orders and a real folder of photos, and finds the photos.
func TestAProfileOfTheGuidedSetUpNeedsNoFile(t *testing.T) {
	t.Parallel()
	ctx, dir, base := t.Context(), filepath.Join(t.TempDir(), "profile"), t.TempDir()
	owner := register.Controller{Name: "Atelier Lavande EI", Email: "contact@lavande.example", Language: "fr"}
	if err := beginProfile(ctx, dir, testPassphrase, register.Controller{Name: "x"}); err == nil {
		t.Fatal("a profile without an address was made")
	}
	if err := beginProfile(ctx, dir, testPassphrase, owner); err != nil {
		t.Fatal(err)
	}
	cheapUnlock(t, dir)
	p, err := openProfile(ctx, dir, testPassphrase, "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	open := p
	t.Cleanup(func() { open.Close() })
	if p.SetUpStep() != firstStep {
		t.Errorf("the set-up goes on at %q", p.SetUpStep())
	}

	orders := filepath.Join(base, "orders.csv")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(orders, oneOrder)
	write(filepath.Join(base, "photos", "uploads", "104", "a.jpg"), "photo")
	shop := app.ShopSetup{Name: "lavande", Kind: "csv", File: orders, Erase: true}
	storage := app.StorageSetup{Name: "photos", Kind: "folder", Path: filepath.Join(base, "photos")}
	if _, err := p.TryShop(ctx, app.ShopSetup{Name: "lavande", Kind: "csv", File: filepath.Join(base, "none.csv")}, nil); err == nil {
		t.Error("a file that is missing went well")
	}
	if _, err := p.TryShop(ctx, shop, nil); err != nil {
		t.Error(err)
	}
	if len(p.ShopSetups()) != 0 {
		t.Error("trying keeps something")
	}
	tried, err := p.TryStorage(ctx, storage, nil)
	if err != nil || len(tried.Sample) != 1 || tried.Sample[0] != "uploads/104/a.jpg" {
		t.Errorf("the folder: %+v, %v", tried, err)
	}
	if err := p.SaveShop(ctx, shop, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.SaveStorage(ctx, storage, nil); err != nil {
		t.Fatal(err)
	}
	n, err := p.reconnect("", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	open = n
	if _, err := n.Sync(ctx, true, false, nil); err != nil {
		t.Fatal(err)
	}
	places, err := n.GuessPlaces(ctx)
	if err != nil || len(places) != 1 || places[0].Key != "uploads/{order}/" {
		t.Fatalf("places: %v, %v", places, err)
	}
	if err := n.SaveLocators(ctx, places); err != nil {
		t.Fatal(err)
	}

	t.Run("a key is kept in the vault alone, and never sent to another address", func(t *testing.T) {
		// Nobody listens there: what is looked at is what is kept.
		presta := app.ShopSetup{Name: "second", Kind: "prestashop", URL: "https://shop.invalid"}
		if err := n.SaveShop(ctx, presta, nil); err == nil || !strings.Contains(err.Error(), app.ErrNeedsSecret.Error()) {
			t.Errorf("a shop without its key: %v", err)
		}
		if err := n.SaveShop(ctx, presta, app.Secrets{"key": "SECRETKEYOFTHESHOP"}); err != nil {
			t.Fatal(err)
		}
		if err := n.SaveShop(ctx, presta, nil); err != nil {
			t.Errorf("the key that is kept was not used again: %v", err)
		}
		presta.URL = "https://elsewhere.invalid"
		if err := n.SaveShop(ctx, presta, nil); err == nil {
			t.Error("the key that is kept goes to another address")
		}
		filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				if b, _ := os.ReadFile(path); strings.Contains(string(b), "SECRETKEYOFTHESHOP") {
					t.Errorf("%s has the key in the clear", filepath.Base(path))
				}
			}
			return nil
		})
		if _, err := n.reconnect("", time.Now); err != nil {
			t.Errorf("the profile does not open with what was kept: %v", err)
		}
	})
	t.Run("a mail from a file is filed once", func(t *testing.T) {
		eml := filepath.Join(base, "mail.eml")
		write(eml, "From: Anna <anna@example.org>\r\nTo: contact@lavande.example\r\nSubject: Effacement\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@example.org>\r\n\r\nBonjour, merci d'effacer toutes mes photos et mes donnees personnelles.\r\n")
		first, err := n.TakeMail(ctx, eml)
		if err != nil || !first.New || first.ID == 0 {
			t.Fatalf("%+v, %v", first, err)
		}
		again, err := n.TakeMail(ctx, eml)
		if err != nil || again.New || again.ID != first.ID || again.Case != first.Case {
			t.Errorf("%+v, then %+v, %v", first, again, err)
		}
		write(eml, "\x00\x01\x02PNG")
		if _, err := n.TakeMail(ctx, eml); err == nil {
			t.Error("a picture was taken for a mail")
		}
	})
}
