package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"greffier/ui/kit"
)

// The rests between two looks at what came near: short after the window opened,
// then each quarter of an hour.
const (
	remindFirst = 20 * time.Second
	remindEvery = 15 * time.Minute
)

// remindNow sends notifications of the desktop of what came near, as long as the
// window is there. It runs on a goroutine of its own.
func (w *Window) remindNow() {
	for rest := remindFirst; ; rest = remindEvery {
		select {
		case <-w.ctx.Done():
			return
		case <-time.After(rest):
			w.onMain(w.remind)
		}
	}
}

// remind asks what came near and sends it. What cannot be read now is asked for
// again later: the first page says it anyway.
func (w *Window) remind() {
	w.async(func() {
		all, err := w.f.Reminders(w.ctx)
		if err != nil {
			return
		}
		w.onMain(func() {
			for _, r := range all {
				w.app.SendNotification(fyne.NewNotification(r.Title, r.Body))
			}
		})
	})
}

// reminders is the card of the settings with which notifications are turned off.
func (w *Window) reminders() fyne.CanvasObject {
	place := newSlot()
	type both struct{ on, names bool }
	fetch(w, place, func(context.Context) (both, error) {
		on, names := w.f.RemindersOn()
		return both{on, names}, nil
	}, func(b both) fyne.CanvasObject {
		var on, names *kit.Check
		set := func(bool) {
			want := both{on.Checked, names.Checked}
			enableCheck(names, want.on)
			w.do(func(ctx context.Context) error { return w.f.SetReminders(ctx, want.on, want.names) }, nil)
		}
		on, names = kit.NewCheck(w.t("settings.remindersOn"), b.on, nil), kit.NewCheck(w.t("settings.remindersNames"), b.names, nil)
		on.OnChanged, names.OnChanged = set, set
		enableCheck(names, b.on)
		return kit.NewCard(kit.Heading(w.t("settings.reminders")), on, names, kit.Faint(w.t("settings.remindersWords")))
	})
	return place.box
}

func enableCheck(c *kit.Check, on bool) {
	if on {
		c.Enable()
	} else {
		c.Disable()
	}
}
