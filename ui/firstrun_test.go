package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/assets"
	"greffier/ui/kit"
)

// guided opens the window of a new owner at a step of the set-up.
func guided(t *testing.T, f *fake, step string) (*Window, *firstRunPage) {
	t.Helper()
	f.setup.step = step
	w := openTest(t, f)
	p, ok := w.page.(*firstRunPage)
	if !ok || p.at != step {
		t.Fatalf("the set-up does not go on at %q: %T", step, w.page)
	}
	return w, p
}

// TestANewOwnerIsLedFromTheDoorToTheLastStepWithoutAFile types what she would
// type, and tries each connection.
func TestANewOwnerIsLedFromTheDoorToTheLastStepWithoutAFile(t *testing.T) {
	f := newOwner("fr", "light")
	a := appLooking("light")
	a.Preferences().RemoveValue(prefWho)
	var who register.Controller
	var secret string
	wrong := errors.New("the passphrase is empty")
	d := Door{Lang: "fr", Begin: func(c register.Controller, pass string) (Facade, error) {
		who, secret = c, pass
		if wrong != nil {
			return nil, wrong
		}
		return f, nil
	}}
	o := newDoor(a, d, inPlace, inPlace)
	tapIn(t, o.win, o.t("firstrun.begin"))
	fillIn(t, o.win, "Atelier Lavande EI", "contact@lavande.example", "3 rue des Tilleuls, 59800 Lille")
	tapIn(t, o.win, o.t("firstrun.next"))
	o.win.Close()

	// Closed in the middle: who she is was kept, and nothing else.
	o = newDoor(a, d, inPlace, inPlace)
	var w *Window
	o.enter = func(got Facade) { w = newWindowIn(a, o.win, got, inPlace, inPlace) }
	t.Cleanup(func() { w.stop(); w.win.Close() })
	tapIn(t, o.win, o.t("firstrun.resume"))
	if entriesIn(o.win)[0].Text != "Atelier Lavande EI" {
		t.Error("what was typed before the break is gone")
	}
	tapIn(t, o.win, o.t("firstrun.next"))
	fillIn(t, o.win, "quatre mots au hasard", "quatre mots au hasar")
	if b := buttonIn(o.win, o.t("firstrun.make")); b == nil || !b.Disabled() {
		t.Error("two different passphrases make a profile")
	}
	fillIn(t, o.win, "quatre mots au hasard", "quatre mots au hasard")
	tapIn(t, o.win, o.t("firstrun.make"))
	if w != nil || len(o.status.Objects) != 1 {
		t.Error("a profile that cannot be made is not told")
	}
	wrong = nil
	tapIn(t, o.win, o.t("firstrun.make"))
	if who.Email != "contact@lavande.example" || who.Language != "fr" || secret != "quatre mots au hasard" || a.Preferences().String(prefWho) != "" {
		t.Errorf("the profile was made of %+v, %q; left behind: %q", who, secret, a.Preferences().String(prefWho))
	}
	size(w, 1024, 680)

	at := func(step string) *firstRunPage {
		t.Helper()
		p, ok := w.page.(*firstRunPage)
		if !ok || p.at != step || w.railAll.Visible() {
			t.Fatalf("not at %q: %T %+v", step, w.page, w.page)
		}
		return p
	}
	at(stepRecovery).step()
	tapIn(t, w.win, w.t("firstrun.skip")) // the mailbox has tests of its own
	p := at(stepShop)
	if !p.save.Disabled() {
		t.Error("a shop can be kept untried")
	}
	fillIn(t, w.win, "https://lavande.example", "ck_1", "cs_1")
	f.setup.tryErr = errors.New("the storage cannot be reached")
	tapIn(t, w.win, w.t("connect.test"))
	if !p.save.Disabled() {
		t.Error("a shop that does not answer can be kept")
	}
	f.setup.tryErr = nil
	tapIn(t, w.win, w.t("connect.test"))
	p.step()
	if !f.called("SaveShop woocommerce lavande.example") || f.setup.secrets["secret"] != "cs_1" || f.setup.draft.Shop != nil {
		t.Errorf("the shop was not kept: %v %v", f.calls, f.setup)
	}
	p = at(stepStorage)
	fillIn(t, w.win, "https://s3.example", "photos", "AK", "SK")
	tapIn(t, w.win, w.t("connect.test"))
	fillIn(t, w.win, "https://other.example")
	if !p.save.Disabled() {
		t.Error("another storage than the tested one can be kept")
	}
	tapIn(t, w.win, w.t("connect.test"))
	p.step()
	if !f.called("SaveStorage s3 photos") {
		t.Errorf("the storage was not kept: %v", f.calls)
	}
	p = at(stepPlaces)
	f.setup.guess = []plan.Locator{{Storage: "photos", Holds: plan.Photo, Key: "uploads/{order}/"}}
	tapIn(t, w.win, w.t("places.guess"))
	p.step()
	if !f.called("SaveLocators") {
		t.Errorf("the places were not kept: %v", f.calls)
	}
	at(stepRules).step()
	at(stepDone).step()
	if f.setup.step != "" || !f.called("Sync") || !w.railAll.Visible() {
		t.Errorf("the set-up did not end: step %q, %v", f.setup.step, f.calls)
	}
}

func TestTheSetUpGoesOnWhereItWasLeft(t *testing.T) {
	f := newOwner("en", "light")
	f.setup.draft.Shop = &app.ShopSetup{Name: "x", Kind: "prestashop", URL: "https://half.example"}
	w, _ := guided(t, f, stepShop)
	if e := entriesIn(w.win); e[0].Text != "https://half.example" {
		t.Errorf("what was typed is gone: %q", e[0].Text)
	}
	tapIn(t, w.win, w.t("firstrun.later"))
	if _, guided := w.page.(*firstRunPage); guided || f.setup.step != stepShop {
		t.Errorf("leaving forgets the step: %q", f.setup.step)
	}
	w.setUp()
	if p, ok := w.page.(*firstRunPage); !ok || p.at != stepShop {
		t.Error("the menu does not lead back to the step")
	}
}

func TestAnUnknownServerIsTrustedOnlyOnAClick(t *testing.T) {
	f := newOwner("fr", "light")
	w, p := guided(t, f, stepStorage)
	tapChip(t, w, w.t("connect.kind.sftp"))
	fillIn(t, w.win, "sftp.example", "claire", "pw", "/photos")
	tapIn(t, w.win, w.t("connect.test"))
	if !p.save.Disabled() {
		t.Error("an unknown server can be kept")
	}
	shoot(t, w, "firstrun-hostkey-fr")
	tapIn(t, w.win, w.t("connect.hostkeyTrust"))
	p.step()
	if len(f.setup.storages) != 1 || f.setup.storages[0].HostKey == "" {
		t.Errorf("the trusted server was not kept: %+v", f.setup.storages)
	}
}

// TestTheGuidedSetUpFitsTheSmallestWindow draws every step in both languages.
func TestTheGuidedSetUpFitsTheSmallestWindow(t *testing.T) {
	for i, lang := range assets.Langs {
		look := []string{"light", "dark"}[i]
		f := newOwner(lang, look)
		a := appLooking(look)
		o := newDoor(a, Door{Lang: lang, Begin: func(register.Controller, string) (Facade, error) { return f, nil }}, inPlace, inPlace)
		door := &Window{win: o.win}
		for _, step := range []string{"", stepWho, stepPassphrase} {
			o.goTo(step)
			size(door, 1024, 680)
			shoot(t, door, "firstrun-door-"+step+"-"+lang)
		}
		o.win.Close()
		w, _ := guided(t, f, stepRecovery)
		for _, step := range setUpSteps[2:] {
			w.show(&firstRunPage{w: w, at: step})
			size(w, 1024, 680)
			if got := w.win.Canvas().Size(); got.Width > 1024 || got.Height > 682 {
				t.Errorf("%s: the step %q wants %v", lang, step, got)
			}
			shoot(t, w, "firstrun-"+step+"-"+lang)
		}
	}
}

func TestWhatIsDroppedOnTheWindowIsTakenInOrToldOf(t *testing.T) {
	f := newFake("fr", "light")
	f.setup.taken = app.TakenMail{ID: 21, New: true}
	w := openTest(t, f)
	drop := func(path string) { w.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI(path)}) }
	drop("/home/claire/demande.EML")
	if p, ok := w.page.(*mailPage); !ok || p.id != 21 || !f.called("TakeMail /home/claire/demande.EML") {
		t.Errorf("the mail was not opened: %T", w.page)
	}
	f.setup.taken.Case = 1
	drop("/home/claire/demande.eml")
	if _, ok := w.page.(*casePage); !ok {
		t.Errorf("the case was not opened: %T", w.page)
	}
	drop("/home/claire/commandes.csv")
	if p, ok := w.page.(*connPage); !ok || p.form.shop().File != "/home/claire/commandes.csv" || p.form.kind != "csv" {
		t.Errorf("the file of orders was not offered: %T", w.page)
	}
	was := w.page
	drop("/home/claire/photo.jpg")
	if w.page != was || f.called("TakeMail /home/claire/photo.jpg") {
		t.Error("a picture was read")
	}
}

// shown are the objects of a kind that a window shows, from top to bottom.
func shown[T fyne.CanvasObject](win fyne.Window) (out []T) {
	for _, o := range test.LaidOutObjects(win.Content()) {
		if x, ok := o.(T); ok && x.Visible() {
			out = append(out, x)
		}
	}
	return out
}

func entriesIn(win fyne.Window) []*kit.Entry { return shown[*kit.Entry](win) }

func buttonIn(win fyne.Window, word string) *kit.Button {
	for _, b := range shown[*kit.Button](win) {
		if b.Text == word {
			return b
		}
	}
	return nil
}

func tapIn(t *testing.T, win fyne.Window, word string) {
	t.Helper()
	b := buttonIn(win, word)
	if b == nil {
		t.Fatalf("no button says %q", word)
	}
	if b.Disabled() {
		t.Fatalf("the button %q cannot be pressed", word)
	}
	test.Tap(b)
}

// fillIn types into the first fields.
func fillIn(t *testing.T, win fyne.Window, texts ...string) {
	t.Helper()
	fields := entriesIn(win)
	if len(fields) < len(texts) {
		t.Fatalf("%d fields for %d answers", len(fields), len(texts))
	}
	for i, text := range texts {
		fields[i].SetText(text)
	}
}
