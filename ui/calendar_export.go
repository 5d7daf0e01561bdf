package ui

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/ui/kit"
)

// exportCalendar writes the calendar once, or chooses the file that is kept up
// to date for a calendar program. Names stand in it only where she says so.
func (w *Window) exportCalendar() {
	ask(w, func(context.Context) (app.CalendarView, error) { return w.f.CalendarFile(), nil }, func(v app.CalendarView) {
		names := kit.NewCheck(w.t("export.names"), v.Names, nil)
		path := kit.NewEntry(v.Path)
		if v.Path == "" {
			path.SetText(filepath.Join(w.f.Info().OutDir, "greffier.ics"))
		}
		said := kit.Toned(kit.Words(""), kit.Late)
		said.Hide()
		var d *kit.Dialog
		once := kit.NewPrimary(w.t("export.once"), func() {
			with := names.Checked
			d.Close()
			ask(w, func(ctx context.Context) (string, error) { return w.f.ExportCalendar(ctx, "", w.lang, with) }, w.printed)
		})
		set := func(to string, words string) {
			with := names.Checked
			w.async(func() {
				err := w.f.SetCalendarFile(w.ctx, to, w.lang, with)
				w.onMain(func() {
					if err != nil {
						what, next := Explain(err, w.lang)
						said.SetText(what + " " + next)
						said.Show()
						return
					}
					d.Close()
					w.say(outcome{tone: kit.Kept, words: words})
				})
			})
		}
		watch := []fyne.CanvasObject{kit.NewButton(w.t("export.watchOn"), func() { set(strings.TrimSpace(path.Text), w.t("export.watchKept")) })}
		var state fyne.CanvasObject = kit.Gap(1)
		if v.Path != "" {
			watch = append(watch, kit.NewQuiet(w.t("export.watchOff"), theme.MediaStopIcon(), func() { set("", w.t("export.watchEnded")) }))
			state = kit.Badge(kit.Kept, w.t("export.watchKept"))
			switch {
			case v.Err != nil:
				what, next := Explain(v.Err, w.lang)
				state = kit.IconLine(kit.Late, what+" "+next)
			case !v.At.IsZero():
				state = kit.Badge(kit.Kept, w.t("export.watchAt", "Date", w.short(w.day(v.At)), "Hour", w.hour(v.At)))
			}
		}
		form := kit.Down(0, kit.Words(w.t("export.words")), names, kit.Gap(6),
			kit.Heading(w.t("export.watch")), kit.Faint(w.t("export.watchWords")),
			kit.FormRow(w.t("export.watchPath"), "", path), state, said, container.NewHBox(watch...))
		d = w.dialog(w.t("export.title"), form, once)
		d.Show()
	})
}
