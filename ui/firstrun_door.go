package ui

import (
	"encoding/json"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app/register"
	"greffier/ui/kit"
)

// prefWho is the preference that keeps who answers for the shop until a profile
// is there: what stands on every page of her site anyway, and nothing secret.
const prefWho = "firstrun.who"

// who is what was typed in before the profile is there.
func (o *door) who() (register.Controller, bool) {
	var c register.Controller
	v := o.app.Preferences().String(prefWho)
	return c, v != "" && json.Unmarshal([]byte(v), &c) == nil
}

func (o *door) keepWho(c register.Controller) {
	if b, err := json.Marshal(c); err == nil {
		o.app.Preferences().SetString(prefWho, string(b))
	}
}

func (o *door) goTo(step string) {
	o.step = step
	o.tell(kit.Gap(1))
	o.show()
}

// showStep shows one of the steps that stand before the profile.
func (o *door) showStep() {
	o.first = nil
	body, next := o.whoStep()
	back := ""
	if o.step == stepPassphrase {
		body, next = o.passphraseStep()
		back = stepWho
	}
	foot := container.NewVBox(widget.NewSeparator(), kit.Margins(24, 8, 24, 10,
		container.NewBorder(nil, nil, kit.NewIconButton(o.t("firstrun.back"), theme.NavigateBackIcon(), func() { o.goTo(back) }), next)))
	page := container.NewBorder(stepHead(&o.speaker, o.step), foot, nil, nil, kit.Margins(8, 0, 8, 0, kit.Page(kit.DownReading(12, body, o.status))))
	o.win.SetContent(container.NewStack(canvas.NewRectangle(theme.Color(theme.ColorNameBackground)), page))
	if o.first != nil {
		o.win.Canvas().Focus(o.first)
	}
}

// whoStep asks who answers for the processing: it stands on every document
// (GDPR Art. 30(1)(a)).
func (o *door) whoStep() (body fyne.CanvasObject, next *kit.Button) {
	c, _ := o.who()
	next = kit.NewPrimary(o.t("firstrun.next"), nil)
	var entries []*kit.Entry
	read := func() {}
	check := func() {
		read()
		enable(next, strings.TrimSpace(c.Name) != "" && strings.Contains(strings.Trim(c.Email, "@ "), "@"))
	}
	row := func(key string, v *string) fyne.CanvasObject {
		e := kit.NewEntry(*v)
		e.OnChanged = func(string) { check() }
		was := read
		read = func() { was(); *v = strings.TrimSpace(e.Text) }
		entries = append(entries, e)
		return kit.FormRow(o.t("field."+key), o.known("firstrun."+key+".help", o.known("field."+key+".help", "")), e)
	}
	form := kit.NewCard(row("controller.name", &c.Name), row("controller.email", &c.Email), row("controller.address", &c.Address), row("controller.site", &c.Site))
	next.OnTapped = func() {
		c.Language = o.lang
		o.keepWho(c)
		o.goTo(stepPassphrase)
	}
	for i, e := range entries {
		e.OnSubmitted = func(string) {
			if i+1 < len(entries) {
				o.win.Canvas().Focus(entries[i+1])
			} else if !next.Disabled() {
				next.OnTapped()
			}
		}
	}
	check()
	o.first = entries[0]
	return form, next
}

// shortPassphrase is how many signs a passphrase should have at least.
const shortPassphrase = 12

// passphraseStep asks for the passphrase and makes the profile.
func (o *door) passphraseStep() (body fyne.CanvasObject, next *kit.Button) {
	pass, again := kit.NewPassword(), kit.NewPassword()
	next = kit.NewPrimary(o.t("firstrun.make"), nil)
	said := kit.Faint(o.t("firstrun.passphraseLength"))
	var keyring *kit.Check
	check := func() {
		words := o.t("firstrun.passphraseLength")
		switch {
		case keyring.Checked:
			words = o.t("vault.keyringWords")
		case pass.Text != "" && len([]rune(pass.Text)) < shortPassphrase:
			words = o.t("firstrun.passphraseShort")
		case again.Text != "" && pass.Text != again.Text:
			words = o.t("door.differ")
		}
		said.SetText(words)
		enable(next, keyring.Checked || pass.Text != "" && pass.Text == again.Text)
	}
	keyring = kit.NewCheck(o.t("firstrun.keyring"), false, func(on bool) {
		if on {
			pass.Disable()
			again.Disable()
		} else {
			pass.Enable()
			again.Enable()
		}
		check()
	})
	pass.OnChanged = func(string) { check() }
	again.OnChanged = pass.OnChanged
	pass.OnSubmitted = func(string) { o.win.Canvas().Focus(again) }
	next.OnTapped = func() {
		c, ok := o.who()
		if !ok {
			o.goTo(stepWho)
			return
		}
		words := pass.Text
		if keyring.Checked {
			words = ""
		}
		next.Disable()
		o.try(func() (Facade, error) {
			f, err := o.d.Begin(c, words)
			o.home(func() {
				if err != nil {
					check()
					return
				}
				// The profile has it, sealed.
				o.app.Preferences().RemoveValue(prefWho)
			})
			return f, err
		})
	}
	again.OnSubmitted = func(string) {
		if !next.Disabled() {
			next.OnTapped()
		}
	}
	check()
	o.first = pass
	return kit.NewCard(kit.FormRow(o.t("door.passphrase"), "", pass), kit.FormRow(o.t("door.again"), "", again), said, kit.Gap(4), keyring), next
}
