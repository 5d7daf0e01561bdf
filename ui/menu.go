package ui

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/ui/kit"
)

func ctrl(k fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
}

func ctrlShift(k fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
}

// command is one act of the menu bar: what stands in the menu, the keys that do
// it, and what the help lists. The zero command is a line between two groups.
type command struct {
	key  string // of its words
	keys *desktop.CustomShortcut
	act  func()
	can  func(page) bool // nil: on every page
	last bool            // ends the program
}

// menuPart is one menu of the bar.
type menuPart struct {
	key      string
	commands []command
}

// plainKeys are the keys without another one that mean something everywhere in
// the window.
func (w *Window) plainKeys() []plainKey {
	return []plainKey{
		{fyne.KeyF1, "keys.help", w.help},
		{fyne.KeyEscape, "keys.back", func() {
			if !kit.Escape(w.win.Canvas()) {
				w.back()
			}
		}},
	}
}

type plainKey struct {
	name fyne.KeyName
	key  string
	act  func()
}

// keyed does what a key means that no field or button wanted.
func (w *Window) keyed(e *fyne.KeyEvent) {
	w.touch()
	for _, k := range w.plainKeys() {
		if k.name == e.Name && (e.Name == fyne.KeyEscape || kit.Open(w.win.Canvas()) == nil) {
			k.act()
		}
	}
}

// item is a menu item with its shortcut; it rests while a dialog is open, so
// that a key never acts behind the back of a question.
func (w *Window) item(c command) *fyne.MenuItem {
	if c.key == "" {
		return fyne.NewMenuItemSeparator()
	}
	m := fyne.NewMenuItem(w.t(c.key), func() {
		w.touch()
		if kit.Open(w.win.Canvas()) == nil {
			c.act()
		}
	})
	if c.last {
		m.IsQuit, m.Action = true, c.act
	}
	if c.keys != nil {
		m.Shortcut = c.keys
	}
	if c.can != nil {
		m.Disabled = true
		w.menuCan = append(w.menuCan, sometimes{m, c.can})
	}
	return m
}

// sometimes is a menu item that not every page has a use for.
type sometimes struct {
	*fyne.MenuItem
	can func(page) bool
}

// commands are the menu bar: every act that is not bound to one row, with its
// shortcut. A shortcut of a menu item reaches the window whatever has the keyboard.
func (w *Window) commands() []menuPart {
	var goTo []command
	digits := []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7, fyne.Key8, fyne.Key9}
	for i, p := range places {
		goTo = append(goTo, command{key: "nav." + p, keys: ctrl(digits[i]), act: func() { w.open(p) }})
	}
	goTo = append(goTo, command{},
		command{key: "back", keys: &desktop.CustomShortcut{KeyName: fyne.KeyLeft, Modifier: fyne.KeyModifierAlt}, act: w.back},
		command{key: "menu.search", keys: ctrl(fyne.KeyF), act: w.find})
	text := func(t kit.Text) func() { return func() { w.setText(t) } }
	look := func(l kit.Look) func() { return func() { w.setLook(l) } }
	return []menuPart{
		{"menu.file", []command{
			{key: "menu.sync", keys: ctrl(fyne.KeyR), act: func() { w.sync(true, true) }},
			{key: "menu.syncMail", act: func() { w.sync(false, true) }},
			{key: "menu.syncOrders", act: func() { w.sync(true, false) }},
			{},
			{key: "menu.print", keys: ctrl(fyne.KeyP), act: w.printPage},
			{key: "menu.dossier", keys: ctrl(fyne.KeyD), act: w.dossier},
			{key: "menu.backup", keys: ctrl(fyne.KeyS), act: w.backup},
			{},
			{key: "firstrun.menu", act: w.setUp},
			{key: "vault.title", act: func() { w.follow(&securityPage{w: w}) }},
			{key: "vault.lock", keys: ctrl(fyne.KeyL), act: w.lock},
			{},
			{key: "menu.quit", keys: ctrl(fyne.KeyQ), act: w.close, last: true},
		}},
		{"menu.go", goTo},
		{"menu.act", []command{
			{key: "menu.step", keys: ctrl(fyne.KeyReturn), act: w.stepOn, can: func(p page) bool { _, ok := p.(stepper); return ok }},
			{key: "new.title", keys: ctrl(fyne.KeyN), act: w.newCase},
			{},
			{key: "copying.selection", keys: ctrlShift(fyne.KeyC), act: w.copySelection},
			{key: "copying.email", keys: ctrlShift(fyne.KeyE), act: func() { w.copyOf(func(c copied) string { return c.email }) }, can: func(p page) bool { return copiedOf(p).email != "" }},
			{key: "copying.number", keys: ctrlShift(fyne.KeyN), act: func() { w.copyOf(func(c copied) string { return c.number }) }, can: func(p page) bool { return copiedOf(p).number != "" }},
			{},
			{key: "menu.resume", act: w.resume},
			{key: "menu.retention", keys: ctrl(fyne.KeyE), act: func() { w.open(placeStorage) }},
			{key: "places.title", keys: ctrl(fyne.KeyO), act: func() { w.follow(&placesPage{w: w}) }},
			{key: "mailbox.title", keys: ctrl(fyne.KeyM), act: func() { w.follow(&mailboxPage{w: w}) }},
			{key: "calendar.away", act: func() { w.away(agenda.Absence{}) }},
			{key: "calendar.export", act: w.exportCalendar},
			{key: "notice.page", act: func() { w.follow(&noticesPage{w: w}) }},
			{key: "suppression.page", act: func() { w.follow(&suppressionPage{w: w}) }},
			{key: "menu.verify", keys: ctrl(fyne.KeyJ), act: w.verify},
		}},
		{"menu.view", []command{
			{key: "settings.look.system", act: look(kit.LookSystem)},
			{key: "settings.look.light", act: look(kit.LookLight)},
			{key: "settings.look.dark", act: look(kit.LookDark)},
			{},
			{key: "text.more", keys: ctrl(fyne.KeyEqual), act: w.larger},
			{key: "text.normal", keys: ctrl(fyne.Key0), act: text(kit.TextNormal)},
			{key: "text.large", act: text(kit.TextLarge)},
			{key: "text.larger", act: text(kit.TextLarger)},
			{},
			{key: "lang.fr", act: func() { w.setLang("fr") }},
			{key: "lang.en", act: func() { w.setLang("en") }},
		}},
		{"menu.help", []command{
			{key: "keys.title", keys: &desktop.CustomShortcut{KeyName: fyne.KeyF1}, act: w.help},
			{key: "menu.about", act: w.about},
		}},
	}
}

func (w *Window) menu() *fyne.MainMenu {
	w.menuCan = nil
	var menus []*fyne.Menu
	for _, part := range w.commands() {
		var items []*fyne.MenuItem
		for _, c := range part.commands {
			items = append(items, w.item(c))
		}
		menus = append(menus, fyne.NewMenu(w.t(part.key), items...))
	}
	return fyne.NewMainMenu(menus...)
}

// find gives the keyboard to the field that searches the page, or the requests
// where the page has none.
func (w *Window) find() {
	s, ok := w.page.(searcher)
	if !ok {
		w.open(placeRequests)
		s = w.page.(searcher)
	}
	if f := s.search(); f != nil {
		w.win.Canvas().Focus(f)
	}
}

func (w *Window) printPage() {
	if p, ok := w.page.(printer); ok {
		p.print()
		return
	}
	w.open(placeRegisters)
}

func (w *Window) stepOn() {
	if s, ok := w.page.(stepper); ok {
		s.step()
	}
}

// sync fetches what is new, in a job.
func (w *Window) sync(orders, mail bool) {
	var report app.SyncReport
	w.run(w.t("sync.title"), func(ctx context.Context, progress reporter) (err error) {
		report, err = w.f.Sync(ctx, orders, mail, progress)
		if orders && (err == nil || errors.Is(err, app.ErrPart)) {
			// The pages tell of photos that are there. A storage that cannot be
			// looked at now is told where it is looked at.
			_ = w.f.Look(ctx, progress)
		}
		return err
	}, func(err error) outcome {
		if err != nil && !errors.Is(err, app.ErrPart) {
			return outcome{}
		}
		return w.synchronised(report)
	})
}

// synchronised says what a sync brought.
func (w *Window) synchronised(r app.SyncReport) outcome {
	// What is nought is not told: new mail is read as it comes, so that a sync often
	// finds none.
	var parts []string
	if n := r.NewOrders + r.ChangedOrders; n > 0 {
		parts = append(parts, w.n("sync.orders", n))
	}
	if r.Messages > 0 {
		parts = append(parts, w.n("sync.messages", r.Messages), w.n("sync.requests", r.Requests))
	}
	o := outcome{tone: kit.Kept, words: w.t("sync.nothing")}
	if len(parts) > 0 {
		o.words = w.t("sync.done", "What", strings.Join(parts, ", "))
	}
	if len(r.Failed) > 0 || len(r.Problems) > 0 {
		o.tone = kit.AtRisk
		o.words += " " + w.n("sync.problems", len(r.Failed)+len(r.Problems))
		o.act = w.t("sync.look")
		o.onAct = func() { w.problems(r) }
		return o
	}
	if len(r.CasesOpened) > 0 || r.ToCheck > 0 {
		o.act = w.t("sync.open")
		o.onAct = func() { w.open(placeRequests) }
	}
	return o
}

// problems tells which services failed and which records could not be read;
// everything else was taken in.
func (w *Window) problems(r app.SyncReport) {
	var parts []fyne.CanvasObject
	for _, s := range r.Failed {
		what, next := Explain(s.Err, w.lang)
		parts = append(parts, kit.StrongWords(w.serviceTitle(s)), kit.IconLine(kit.Late, what), kit.Faint(next))
	}
	if len(r.Problems) > 0 {
		parts = append(parts, kit.StrongWords(w.n("sync.records", len(r.Problems))))
		for i, p := range r.Problems {
			if i == 30 {
				parts = append(parts, kit.Faint(w.n("more", len(r.Problems)-i)))
				break
			}
			parts = append(parts, kit.IconLine(kit.AtRisk, kit.Line(p.Where, 80)+" · "+kit.Line(p.What, 120)))
		}
		parts = append(parts, kit.Faint(w.t("sync.rest")))
	}
	kit.NewDialog(w.win.Canvas(), w.t("sync.problemsTitle"), kit.DialogWidth, kit.Down(0, parts...), w.t("close"), nil).Show()
}
