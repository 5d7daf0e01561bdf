package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"greffier/app"
	"greffier/assets"
)

// tray puts Greffier into the tray of the desktop where the owner chose that
// closing the window keeps it there. A desktop without one, and a phone, have
// nothing to put it into.
func (w *Window) tray() {
	d, ok := w.app.(desktop.App)
	if !ok || !w.inTray {
		return
	}
	d.SetSystemTrayIcon(fyne.NewStaticResource("icon.png", assets.IconPNG))
	d.SetSystemTrayMenu(fyne.NewMenu("Greffier",
		fyne.NewMenuItem(w.t("tray.open"), w.fromTray),
		fyne.NewMenuItem(w.t("tray.sweep"), func() { w.sweepNow(app.SweepByHand) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(w.t("tray.quit"), func() { w.fromTray(); w.exit() })))
}

func (w *Window) fromTray() {
	w.win.Show()
	w.win.RequestFocus()
}

// toTray hides the window where the program stays in the tray; false where it is
// to be closed.
func (w *Window) toTray() bool {
	if _, ok := w.app.(desktop.App); !ok || !w.inTray {
		return false
	}
	w.win.Hide()
	return true
}
