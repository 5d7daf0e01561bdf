package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2/test"

	"greffier/assets"
)

func TestNothingGoesOnBehindTheDoor(t *testing.T) {
	w := NewDoor(test.NewTempApp(t), Door{Lang: "fr"})
	w.begin() // no profile is open: there is nothing to wait for
	w.win.Close()
	f := newFake("fr", "light")
	open := openTest(t, f)
	open.begin()
	if !f.called("Watch") {
		t.Error("new mail is not waited for in an open profile")
	}
}

func TestTheDoorOpensTheDemoOrSaysWhatWentWrong(t *testing.T) {
	for _, lang := range assets.Langs {
		t.Run(lang, func(t *testing.T) {
			a := test.NewTempApp(t)
			inPlace := func(f func()) { f() }
			fail := errors.New("the passphrase does not open this profile")
			var gave Facade
			o := newDoor(a, Door{Lang: lang, Demo: func() (Facade, error) { return &fake{}, nil }, SetUp: func(file, pass string) (Facade, error) { return nil, fail }}, inPlace, inPlace)
			o.enter = func(f Facade) { gave = f }
			o.try(o.d.Demo)
			if gave == nil {
				t.Error("the demo did not open")
			}
			gave = nil
			o.try(func() (Facade, error) { return o.d.SetUp("profile.toml", "x") })
			what, _ := Explain(fail, lang)
			if gave != nil || what == "" || what == assets.Text(lang, "error.unexpected.what", nil) {
				t.Errorf("a profile that cannot be made must be told in words, not %q", what)
			}
			if len(o.status.Objects) != 1 {
				t.Error("the failure is not shown")
			}
			o.win.Close()

			shut := newDoor(a, Door{Lang: lang, Failed: errors.New("the store is damaged"), Unlock: func(string) (Facade, error) { return &fake{}, nil }}, inPlace, inPlace)
			shut.enter = func(f Facade) { gave = f }
			if len(shut.status.Objects) != 1 {
				t.Error("why the profile does not open is not shown")
			}
			shut.try(func() (Facade, error) { return shut.d.Unlock("") })
			if gave == nil {
				t.Error("trying again did not open the profile")
			}
			shut.win.Close()
		})
	}
}
