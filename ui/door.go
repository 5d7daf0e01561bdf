package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/assets"
	"greffier/ui/kit"
)

// Door is what stands before the window while no profile is open. Each
// function is called off the window's goroutine and returns the façade of the
// profile that it opened.
type Door struct {
	Lang   string // "fr" or "en"
	Locked bool   // a profile is there and wants its passphrase
	// Failed is why the profile that is there could not be opened, where it is
	// not the passphrase; trying again calls Unlock without one.
	Failed error
	Unlock func(passphrase string) (Facade, error)
	Demo   func() (Facade, error)
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
	async  func(func())
	home   func(func())
	// enter shows the window proper; the tests watch it.
	enter func(Facade)
}

// NewDoor makes the window that asks how to begin: look around in the demo
// shop, set up one's own, or unlock the profile that is there. It gives way to
// the window proper once a profile is open.
func NewDoor(a fyne.App, d Door) *Window {
	o := newDoor(a, d, func(f func()) { go f() }, fyne.Do)
	return &Window{app: a, win: o.win}
}

func newDoor(a fyne.App, d Door, async, home func(func())) *door {
	o := &door{app: a, d: d, async: async, home: home, status: container.NewStack()}
	o.lang = d.Lang
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.IconPNG))
	a.Settings().SetTheme(kit.NewTheme(kit.Look("system")))
	a.Lifecycle().SetOnStarted(func() { a.Settings().SetTheme(kit.NewTheme(kit.Look("system"))) })
	o.win = a.NewWindow("Greffier")
	o.win.SetPadded(false)
	o.win.Resize(fyne.NewSize(1024, 780))
	o.enter = func(f Facade) {
		w := New(a, f)
		w.win.Show()
		w.begin()
		o.win.Close()
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
	switch {
	case o.d.Failed != nil:
		o.fail(o.d.Failed, func() { o.try(func() (Facade, error) { return o.d.Unlock("") }) })
	case o.d.Locked:
		cards = append(cards, o.unlockCard())
	default:
		cards = append(cards, o.demoCard(), o.setUpCard())
	}
	lang := kit.NewQuiet(o.t("door.other_language"), nil, func() {
		if o.lang = "en"; o.d.Lang == "en" {
			o.lang = "fr"
		}
		o.d.Lang = o.lang
		o.show()
	})
	body := container.NewVBox(head, container.NewCenter(kit.DownFixed(640, 12, append([]fyne.CanvasObject{o.status}, append(cards, container.NewCenter(lang))...)...)))
	o.win.SetContent(container.NewStack(canvas.NewRectangle(theme.Color(theme.ColorNameBackground)), container.NewVScroll(container.NewCenter(kit.Margins(16, 12, 16, 12, body)))))
}

func (o *door) demoCard() fyne.CanvasObject {
	b := kit.NewPrimary(o.t("door.demo"), func() { o.try(o.d.Demo) })
	return kit.NewCard(kit.Strong(o.t("door.demo_title")), kit.Words(o.t("door.demo_words")), container.NewHBox(b))
}

func (o *door) setUpCard() fyne.CanvasObject {
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
	return kit.NewCard(kit.Strong(o.t("door.set_up_title")), kit.Words(o.t("door.set_up_words")),
		kit.FormRow(o.t("door.file"), o.t("door.file_help"), container.NewBorder(nil, nil, nil, choose, file)),
		kit.FormRow(o.t("door.passphrase"), o.t("door.passphrase_help"), pass),
		kit.FormRow(o.t("door.again"), "", again), container.NewHBox(b))
}

func (o *door) unlockCard() fyne.CanvasObject {
	pass := secretEntry()
	open := func() {
		words := pass.Text
		o.try(func() (Facade, error) { return o.d.Unlock(words) })
	}
	pass.OnSubmitted = func(string) { open() }
	return kit.NewCard(kit.Strong(o.t("door.unlock_title")), kit.FormRow(o.t("door.passphrase"), "", pass),
		container.NewHBox(kit.NewPrimary(o.t("door.unlock"), open)))
}

func secretEntry() *widget.Entry { return widget.NewPasswordEntry() }

// try opens a profile; what goes wrong is told below the cards.
func (o *door) try(open func() (Facade, error)) {
	o.tell(kit.Loading(o.t("door.opening")))
	o.async(func() {
		f, err := open()
		o.home(func() {
			if err != nil {
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
	o.tell(kit.ErrorPanel(kit.ErrorWords{What: what, Next: next, Details: err.Error(), DetailsTitle: o.t("error.details"), Copy: o.t("error.copy"), TryAgain: o.t("error.again")}, again))
}

func (o *door) tell(c fyne.CanvasObject) {
	o.status.Objects = []fyne.CanvasObject{c}
	o.status.Refresh()
}
