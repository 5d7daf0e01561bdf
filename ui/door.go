package ui

import (
	"path/filepath"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/register"
	"greffier/assets"
	"greffier/ui/kit"
)

// Door is what stands before the window while no profile is open. Each
// function is called off the window's goroutine and returns the façade of the
// profile that it opened.
type Door struct {
	Lang string // "fr" or "en"
	Dir  string // where the profile is, or will be
	// Version is the program's, for the details of an error.
	Version string
	Locked  bool // a profile is there and wants its passphrase
	// Failed is why the profile that is there could not be opened, where it is
	// not the passphrase; trying again calls Unlock without one.
	Failed error
	Unlock func(passphrase string) (Facade, error)
	Demo   func() (Facade, error)
	// Begin makes the profile of the guided set-up, which goes on in the window.
	// Without a passphrase the keyring of the operating system keeps the key.
	Begin func(who register.Controller, passphrase string) (Facade, error)
	// Reopen makes the connections of the profile that is open anew, of the
	// settings as they are now. It is called once nothing of the window runs any
	// more. With an error it returns the façade that was there.
	Reopen func() (Facade, error)
	// SetUp makes a profile from a profile file. Without a passphrase the
	// keyring of the operating system keeps the key.
	SetUp func(file, passphrase string) (Facade, error)
	// KeyFrom tells how the profile that is there is opened: "passphrase",
	// "keyring", or "" where that cannot be read.
	KeyFrom func() string
	// Lock closes the profile that is open and forgets its keys. It is called
	// once nothing of the window runs any more.
	Lock func() error
	// Recover opens the profile with its recovery code and puts it under a new
	// passphrase; CanRecover tells whether a code holds.
	CanRecover func() bool
	Recover    func(code, passphrase string) (Facade, error)
	// Backups are those that the profile can be brought back from, newest
	// first; Restore does it.
	Backups func() []app.BackupFile
	Restore func(file, passphrase string) (Facade, error)
}

// door is the window of a Door.
type door struct {
	speaker
	app    fyne.App
	win    fyne.Window
	d      Door
	status *fyne.Container
	// closing is while the profile that was open is put away; recovering while
	// the recovery code is asked for.
	closing, recovering bool
	step                string                 // of the guided set-up, "" before it
	again               func() (Facade, error) // what found the profile damaged
	first               fyne.Focusable         // where the keyboard is, so that she types at once

	async func(func())
	home  func(func())
	// enter shows the window proper; the tests watch it.
	enter func(Facade)
}

// NewDoor makes the window that asks how to begin: look around in the demo
// shop, set up one's own, or unlock the profile that is there. It gives way to
// the window proper once a profile is open.
func NewDoor(a fyne.App, d Door) *Window {
	o := newDoor(a, d, aside, fyne.Do)
	return &Window{app: a, win: o.win}
}

func newDoor(a fyne.App, d Door, async, home func(func())) *door {
	win := a.NewWindow("Greffier")
	win.SetPadded(false)
	m := readMemory(d.Dir)
	win.Resize(fyne.NewSize(m.Width, m.Height))
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.IconPNG))
	kit.WearAt(a, m.Look, m.Text)
	a.Lifecycle().SetOnStarted(func() { a.Settings().SetTheme(kit.NewThemeAt(m.Look, m.Text)) })
	return newDoorIn(a, win, d, async, home)
}

// newDoorIn puts the door into a window that is there, in the place of whatever
// it showed.
func newDoorIn(a fyne.App, win fyne.Window, d Door, async, home func(func())) *door {
	o := &door{app: a, win: win, d: d, async: async, home: home, status: container.NewStack()}
	o.lang = d.Lang
	for top := win.Canvas().Overlays().Top(); top != nil; top = win.Canvas().Overlays().Top() {
		win.Canvas().Overlays().Remove(top)
	}
	win.SetMainMenu(nil)
	win.SetCloseIntercept(nil)
	win.Canvas().SetOnTypedKey(nil)
	win.SetOnDropped(nil)
	o.enter = func(f Facade) {
		w := newWindowIn(a, win, f, o.async, o.home)
		w.locker = &o.d
		w.begin()
	}
	o.show()
	return o
}

func (o *door) show() {
	icon := canvas.NewImageFromResource(fyne.NewStaticResource("icon.png", assets.IconPNG))
	icon.FillMode = canvas.ImageFillContain
	icon.SetMinSize(fyne.NewSize(52, 52))
	title := kit.Heading(o.t("door.title"))
	title.Alignment = fyne.TextAlignCenter
	words := kit.Words(o.t("door.words"))
	words.Alignment = fyne.TextAlignCenter
	head := kit.DownFixed(640, 4, container.NewCenter(icon), title, words, kit.Gap(4))
	var cards []fyne.CanvasObject
	o.first = nil
	switch {
	case o.closing:
	case o.d.Failed != nil:
		again := o.again
		if again == nil {
			again = func() (Facade, error) { return o.d.Unlock("") }
		}
		o.fail(o.d.Failed, func() { o.try(again) })
		cards = append(cards, o.restoreCard())
	case o.recovering:
		cards = append(cards, o.recoverCard())
	case o.d.Locked:
		cards = append(cards, o.unlockCard())
	case o.step != "":
		o.showStep()
		return
	default:
		cards = append(cards, o.demoCard(), o.beginCard())
	}
	lang := kit.NewQuiet(o.t("door.other_language"), nil, func() {
		if o.lang = "en"; o.d.Lang == "en" {
			o.lang = "fr"
		}
		o.d.Lang = o.lang
		o.show()
	})
	cards = slices.DeleteFunc(cards, func(c fyne.CanvasObject) bool { return c == nil })
	body := container.NewVBox(head, container.NewCenter(kit.DownFixed(640, 12, append([]fyne.CanvasObject{o.status}, append(cards, container.NewCenter(lang))...)...)))
	o.win.SetContent(container.NewStack(canvas.NewRectangle(theme.Color(theme.ColorNameBackground)), container.NewVScroll(container.NewCenter(kit.Margins(16, 12, 16, 12, body)))))
	if o.first != nil {
		o.win.Canvas().Focus(o.first)
	}
}

func (o *door) demoCard() fyne.CanvasObject {
	b := kit.NewPrimary(o.t("door.demo"), func() { o.try(o.d.Demo) })
	return kit.NewCard(kit.Strong(o.t("door.demo_title")), kit.Words(o.t("door.demo_words")), container.NewHBox(b))
}

// beginCard begins the guided set-up. Whoever has a profile file may use it
// instead.
func (o *door) beginCard() fyne.CanvasObject {
	begin := kit.NewButton(o.t("firstrun.begin"), func() { o.goTo(stepWho) })
	if o.d.Begin == nil {
		begin.Disable()
	}
	if _, begun := o.who(); begun {
		begin.SetText(o.t("firstrun.resume"))
	}
	return kit.NewCard(kit.Strong(o.t("door.set_up_title")), kit.Words(o.t("door.set_up_words")), container.NewHBox(begin), o.fileForm())
}

// fileForm makes a profile of a profile file.
func (o *door) fileForm() fyne.CanvasObject {
	file := kit.NewEntry("")
	file.SetPlaceHolder("profile.toml")
	choose := kit.NewButton(o.t("door.choose"), func() {
		f := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if err == nil && r != nil {
				file.SetText(r.URI().Path())
				r.Close()
			}
		}, o.win)
		f.SetFilter(storage.NewExtensionFileFilter([]string{".toml"}))
		f.Show()
	})
	pass, again := secretEntry(), secretEntry()
	b := kit.NewButton(o.t("door.set_up"), func() {
		switch {
		case file.Text == "":
			o.tell(kit.IconLine(kit.AtRisk, o.t("door.no_file")))
		case pass.Text != again.Text:
			o.tell(kit.IconLine(kit.AtRisk, o.t("door.differ")))
		default:
			path, words := file.Text, pass.Text
			o.try(func() (Facade, error) { return o.d.SetUp(path, words) })
		}
	})
	return kit.Fold(o.t("door.from_file"), false, kit.Down(0,
		kit.FormRow(o.t("door.file"), o.t("door.file_help"), container.NewBorder(nil, nil, nil, choose, file)),
		kit.FormRow(o.t("door.passphrase"), o.t("door.passphrase_help"), pass),
		kit.FormRow(o.t("door.again"), "", again), container.NewHBox(b)))
}

func (o *door) unlockCard() fyne.CanvasObject {
	if o.d.KeyFrom != nil && o.d.KeyFrom() == "keyring" {
		return kit.NewCard(kit.Strong(o.t("door.unlock_title")), kit.Words(o.t("door.keyring")),
			container.NewHBox(kit.NewPrimary(o.t("door.unlock"), func() { o.try(func() (Facade, error) { return o.d.Unlock("") }) })))
	}
	pass := secretEntry()
	open := func() {
		words := pass.Text
		pass.SetText("")
		o.try(func() (Facade, error) { return o.d.Unlock(words) })
	}
	pass.OnSubmitted = func(string) { open() }
	o.first = pass
	acts := []fyne.CanvasObject{kit.NewPrimary(o.t("door.unlock"), open)}
	if o.d.CanRecover != nil && o.d.CanRecover() {
		acts = append(acts, kit.NewQuiet(o.t("door.forgotten"), nil, func() { o.recovering = true; o.tell(kit.Gap(1)); o.show() }))
	}
	return kit.NewCard(kit.Strong(o.t("door.unlock_title")), kit.FormRow(o.t("door.passphrase"), "", pass), container.NewHBox(acts...))
}

// recoverCard asks for the recovery code and a new passphrase.
func (o *door) recoverCard() fyne.CanvasObject {
	code, pass, again := kit.NewEntry(""), secretEntry(), secretEntry()
	code.SetPlaceHolder("0000-0000-0000-0000-0000-0000-0000-0000")
	open := kit.NewPrimary(o.t("door.recover"), func() {
		if pass.Text != again.Text {
			o.tell(kit.IconLine(kit.AtRisk, o.t("door.differ")))
			return
		}
		typed, words := code.Text, pass.Text
		o.try(func() (Facade, error) { return o.d.Recover(typed, words) })
	})
	back := kit.NewQuiet(o.t("back"), nil, func() { o.recovering = false; o.tell(kit.Gap(1)); o.show() })
	return kit.NewCard(kit.Strong(o.t("door.recover_title")), kit.Words(o.t("door.recover_words")),
		kit.FormRow(o.t("door.code"), "", code), kit.FormRow(o.t("door.new_passphrase"), o.t("vault.passphrase.help"), pass),
		kit.FormRow(o.t("door.again"), "", again), container.NewHBox(open, back))
}

// maxOffered bounds how many backups the door proposes.
const maxOffered = 6

// restoreCard proposes the backups that a profile which does not open can be
// brought back from: the newest one first, or a file. The profile that is there
// is put aside, not deleted.
func (o *door) restoreCard() fyne.CanvasObject {
	if o.d.Restore == nil || !restorable(o.d.Failed) {
		return nil
	}
	var options []kit.Option
	if o.d.Backups != nil {
		for _, b := range o.d.Backups() {
			if len(options) < maxOffered {
				options = append(options, kit.Option{Value: b.Path, Word: b.At.Local().Format("2006-01-02 15:04") + " · " + kit.Line(filepath.Base(b.Path), 60)})
			}
		}
	}
	file, first := kit.NewEntry(""), ""
	if len(options) > 0 {
		first = options[0].Value
		file.SetText(first)
	}
	choice := kit.NewSelect(options, first, func(v string) { file.SetText(v) })
	choose := kit.NewButton(o.t("door.choose"), func() {
		f := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if err == nil && r != nil {
				file.SetText(r.URI().Path())
				r.Close()
			}
		}, o.win)
		f.Show()
	})
	pass := secretEntry()
	bring := kit.NewButton(o.t("door.restore"), func() {
		if file.Text == "" {
			o.tell(kit.IconLine(kit.AtRisk, o.t("door.no_backup")))
			return
		}
		path, words := file.Text, pass.Text
		o.try(func() (Facade, error) { return o.d.Restore(path, words) })
	})
	parts := []fyne.CanvasObject{kit.Strong(o.t("door.restore_title")), kit.Words(o.t("door.restore_words"))}
	if len(options) > 0 {
		parts = append(parts, kit.FormRow(o.t("door.backups"), "", choice))
	}
	parts = append(parts, kit.FormRow(o.t("door.backup_file"), o.t("door.backup_help"), container.NewBorder(nil, nil, nil, choose, file)),
		kit.FormRow(o.t("door.passphrase"), o.t("door.backup_passphrase"), pass), container.NewHBox(bring))
	return kit.NewCard(parts...)
}

// restorable tells whether a backup is what mends an error: a store or a vault
// that is not whole. The texts are those of data's sentinels, which the window
// may not import.
func restorable(err error) bool {
	switch sentinelOf(err, "en") {
	case "the store is damaged", "the vault is damaged", "the key does not fit this store":
		return true
	}
	return false
}

func secretEntry() *widget.Entry { return widget.NewPasswordEntry() }

// try opens a profile; what goes wrong is told below the cards.
func (o *door) try(open func() (Facade, error)) {
	o.tell(kit.Loading(o.t("door.opening")))
	o.async(func() {
		f, err := open()
		o.home(func() {
			if err != nil {
				if o.d.Restore != nil && o.d.Failed == nil && restorable(err) {
					// The passphrase is right, and what it opens is not whole.
					o.d.Failed, o.again = err, open
					o.show()
					return
				}
				var again func()
				if o.d.Failed != nil {
					again = func() { o.try(open) }
				}
				o.fail(err, again)
				return
			}
			o.enter(f)
		})
	})
}

func (o *door) fail(err error, again func()) {
	what, next := Explain(err, o.lang)
	o.tell(kit.ErrorPanel(kit.ErrorWords{What: what, Next: next, Details: details(err, o.d.Version, time.Now(), nil), DetailsTitle: o.t("error.details"), Copy: o.t("error.copy"), TryAgain: o.t("error.again")}, again))
}

func (o *door) tell(c fyne.CanvasObject) {
	o.status.Objects = []fyne.CanvasObject{c}
	o.status.Refresh()
}
