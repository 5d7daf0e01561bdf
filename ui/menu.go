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

func ctrl(k fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
}

// item is a menu item with its shortcut; it rests while a dialog is open, so
// that a key never acts behind the back of a question.
func (w *Window) item(key string, shortcut fyne.Shortcut, act func()) *fyne.MenuItem {
	m := fyne.NewMenuItem(w.t(key), func() {
		w.touch()
		if kit.Open(w.win.Canvas()) == nil {
			act()
		}
	})
	m.Shortcut = shortcut
	return m
}

// menu holds every act that is not bound to one row, with its shortcut: a
// shortcut of a menu item reaches the window whatever has the keyboard.
func (w *Window) menu() *fyne.MainMenu {
	quit := fyne.NewMenuItem(w.t("menu.quit"), w.close)
	quit.IsQuit = true
	quit.Shortcut = ctrl(fyne.KeyQ)

	var goTo []*fyne.MenuItem
	digits := []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7, fyne.Key8, fyne.Key9}
	for i, p := range places {
		goTo = append(goTo, w.item("nav."+p, ctrl(digits[i]), func() { w.open(p) }))
	}
	goTo = append(goTo, fyne.NewMenuItemSeparator(),
		w.item("back", &desktop.CustomShortcut{KeyName: fyne.KeyLeft, Modifier: fyne.KeyModifierAlt}, w.back),
		w.item("menu.search", ctrl(fyne.KeyF), func() {
			s, ok := w.page.(searcher)
			if !ok {
				w.open(placeRequests)
				s = w.page.(searcher)
			}
			if f := s.search(); f != nil {
				w.win.Canvas().Focus(f)
			}
		}))

	step := w.item("menu.step", ctrl(fyne.KeyReturn), func() {
		if s, ok := w.page.(stepper); ok {
			s.step()
		}
	})
	step.Disabled = true
	w.menuSteps = []*fyne.MenuItem{step}

	return fyne.NewMainMenu(
		fyne.NewMenu(w.t("menu.file"),
			w.item("menu.sync", ctrl(fyne.KeyR), func() { w.sync(true, true) }),
			w.item("menu.syncMail", nil, func() { w.sync(false, true) }),
			w.item("menu.syncOrders", nil, func() { w.sync(true, false) }),
			fyne.NewMenuItemSeparator(),
			w.item("menu.print", ctrl(fyne.KeyP), func() {
				if p, ok := w.page.(printer); ok {
					p.print()
				} else {
					w.open(placeRegisters)
				}
			}),
			w.item("menu.dossier", ctrl(fyne.KeyD), w.dossier),
			w.item("menu.backup", ctrl(fyne.KeyS), w.backup),
			fyne.NewMenuItemSeparator(),
			w.item("firstrun.menu", nil, w.setUp),
			w.item("vault.title", nil, func() { w.follow(&securityPage{w: w}) }),
			w.item("vault.lock", ctrl(fyne.KeyL), w.lock),
			fyne.NewMenuItemSeparator(), quit),
		fyne.NewMenu(w.t("menu.go"), goTo...),
		fyne.NewMenu(w.t("menu.act"), step,
			w.item("new.title", ctrl(fyne.KeyN), w.newCase),
			w.item("menu.resume", nil, w.resume),
			w.item("menu.retention", ctrl(fyne.KeyE), func() { w.open(placeStorage) }),
			w.item("places.title", ctrl(fyne.KeyO), func() { w.follow(&placesPage{w: w}) }),
			w.item("mailbox.title", ctrl(fyne.KeyM), func() { w.follow(&mailboxPage{w: w}) }),
			w.item("calendar.away", nil, func() { w.away(agenda.Absence{}) }),
			w.item("calendar.export", nil, w.exportCalendar),
			w.item("notice.page", nil, func() { w.follow(&noticesPage{w: w}) }),
			w.item("suppression.page", nil, func() { w.follow(&suppressionPage{w: w}) }),
			w.item("menu.verify", ctrl(fyne.KeyJ), w.verify)),
		fyne.NewMenu(w.t("menu.view"),
			w.item("settings.look.system", nil, func() { w.setLook(kit.LookSystem) }),
			w.item("settings.look.light", nil, func() { w.setLook(kit.LookLight) }),
			w.item("settings.look.dark", nil, func() { w.setLook(kit.LookDark) }),
			fyne.NewMenuItemSeparator(),
			w.item("lang.fr", nil, func() { w.setLang("fr") }),
			w.item("lang.en", nil, func() { w.setLang("en") })),
		fyne.NewMenu(w.t("menu.help"), w.item("menu.about", nil, w.about)),
	)
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

func (w *Window) about() {
	kit.NewDialog(w.win.Canvas(), strings.TrimSpace("Greffier "+w.app.Metadata().Version), 440, kit.Words(w.t("about.words")), w.t("close"), nil).Show()
}
