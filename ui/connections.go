package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/app"
	"greffier/ui/kit"
)

// connActs are the buttons of a connection in a list.
func (w *Window) connActs(kind, name string, change func()) fyne.CanvasObject {
	acts := container.NewHBox(kit.NewButton(w.t("change"), change))
	if _, guided := w.page.(*firstRunPage); !guided {
		acts.Add(kit.NewQuiet(w.t("connect.remove"), nil, func() { w.removeConnection(kind, name) }))
	}
	return acts
}

// removeConnection asks before a service is taken out: it says what is not watched
// over any more and what stays. Nothing is deleted in the service itself.
func (w *Window) removeConnection(kind, name string) {
	if w.working() {
		w.say(outcome{tone: kit.AtRisk, words: w.t("connect.busy")})
		return
	}
	var d *kit.Dialog
	words := kit.Down(0, kit.Words(w.t("connect.removeWords."+kind)), kit.IconLine(kit.Kept, w.t("connect.removeStays."+kind)))
	d = w.dialog(w.t("connect.removeTitle", "What", w.t("service."+kind)+" · "+kit.Line(name, 60)), words, kit.NewDanger(w.t("connect.removeNow"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.RemoveConnection(ctx, kind, name) }, func() {
			done := func(n *Window) {
				n.open(placeSettings)
				n.say(outcome{tone: kit.Kept, words: n.t("connect.removed")})
			}
			if kind == app.KindMailbox {
				done(w)
				return
			}
			w.reopen(done)
		})
	}))
	d.Show()
}
