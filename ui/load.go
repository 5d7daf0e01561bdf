package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app/guard"
	"greffier/ui/kit"
)

// onMain brings work home to the window's goroutine: the only way back.
func (w *Window) onMain(f func()) { w.home(f) }

// slot is a place of a page whose content is fetched.
type slot struct {
	box *fyne.Container
	gen int
	// shown is called once what was fetched stands, where it is set.
	shown func()
}

func newSlot() *slot { return &slot{box: container.NewStack()} }

func (s *slot) set(o fyne.CanvasObject) {
	s.box.Objects = []fyne.CanvasObject{o}
	s.box.Refresh()
}

// clear leaves the slot empty.
func (s *slot) clear() {
	s.box.Objects = nil
	s.box.Refresh()
}

// fetch gets something off the window's goroutine and shows it in the slot.
// What was there stays until it comes, a newer fetch makes an older one void,
// and an error shows as a panel with a button to try again.
func fetch[T any](w *Window, s *slot, get func(context.Context) (T, error), show func(T) fyne.CanvasObject) {
	s.gen++
	gen, ctx := s.gen, w.pageCtx
	if len(s.box.Objects) == 0 {
		s.set(kit.Loading(w.t("loading")))
	}
	w.async(func() {
		v, err := guarded(func() (T, error) { return get(ctx) })
		w.onMain(func() {
			if gen != s.gen || ctx.Err() != nil {
				return
			}
			if err != nil {
				s.set(kit.Page(kit.DownReading(0, w.errorPanel(err, func() {
					s.box.Objects = nil
					fetch(w, s, get, show)
				}))))
				return
			}
			s.set(show(v))
			if s.shown != nil {
				s.shown()
			}
		})
	})
}

// sift picks rows off the window's goroutine, of which there may be a hundred
// thousand, and shows them; a newer call makes an older one void.
func sift[T any](w *Window, s *slot, rows []T, keep func(*T) bool, show func([]T) fyne.CanvasObject) {
	s.gen++
	gen, ctx := s.gen, w.pageCtx
	w.async(func() {
		out := make([]T, 0, len(rows)/4)
		for i := range rows {
			if i%4096 == 0 && ctx.Err() != nil {
				return
			}
			if keep(&rows[i]) {
				out = append(out, rows[i])
			}
		}
		w.onMain(func() {
			if gen == s.gen && ctx.Err() == nil {
				s.set(show(out))
			}
		})
	})
}

// offMain does some work off the window's goroutine and then comes home.
func (w *Window) offMain(work, then func()) {
	w.async(func() {
		work()
		w.onMain(then)
	})
}

// guarded is what get gives; a fault of the program in it is an error like others.
func guarded[T any](get func() (T, error)) (v T, err error) {
	defer guard.Catch(&err)
	return get()
}

// do runs an act off the window's goroutine; then comes home when it went
// well, a dialog says why when it did not.
func (w *Window) do(act func(context.Context) error, then func()) {
	w.async(func() {
		err := guard.Run(func() error { return act(w.ctx) })
		w.onMain(func() {
			if err != nil {
				w.fail(err)
				return
			}
			if then != nil {
				then()
			}
		})
	})
}

// ask gets something off the window's goroutine for an act; errors as in do.
func ask[T any](w *Window, get func(context.Context) (T, error), then func(T)) {
	w.async(func() {
		v, err := get(w.ctx)
		w.onMain(func() {
			if err != nil {
				w.fail(err)
				return
			}
			then(v)
		})
	})
}

func (w *Window) errorWords(err error) kit.ErrorWords {
	what, next := Explain(err, w.lang)
	if print := hostKey(err); print != "" {
		key := "service.hostKey"
		if strings.Contains(err.Error(), "pinned") {
			key = "service.hostKeyChanged"
		}
		next = w.t(key, "Print", print)
	}
	return kit.ErrorWords{What: what, Next: next, Details: w.details(err), DetailsTitle: w.t("error.details"), Copy: w.t("error.copy"), TryAgain: w.t("error.again")}
}

func (w *Window) errorPanel(err error, again func()) fyne.CanvasObject {
	return kit.ErrorPanel(w.errorWords(err), again)
}

// fail tells an error in a dialog.
func (w *Window) fail(err error) {
	kit.NewDialog(w.win.Canvas(), w.t("error.title"), kit.DialogWidth, w.errorPanel(err, nil), w.t("close"), nil).Show()
}

// dialog is a dialog with the window's words for the safe answer.
func (w *Window) dialog(title string, content fyne.CanvasObject, others ...*kit.Button) *kit.Dialog {
	return kit.NewDialog(w.win.Canvas(), title, kit.DialogWidth, content, w.t("cancel"), nil, others...)
}

// backHeader is a page header that begins with the way back.
func (w *Window) backHeader(title, summary string, acts ...fyne.CanvasObject) *kit.Header {
	h := kit.NewHeader(title, summary, acts...)
	if len(w.history) > 0 {
		b := kit.NewQuiet(w.t("back"), theme.NavigateBackIcon(), w.back)
		h.Object = container.NewVBox(kit.Margins(14, 6, 0, -14, container.NewHBox(b)), h.Object)
	}
	return h
}

// fetchLong is fetch for work that may take long: it says what it does and how
// far it is, and can be stopped.
func fetchLong[T any](w *Window, s *slot, words string, get func(context.Context, reporter) (T, error), show func(T) fyne.CanvasObject) {
	s.gen++
	gen := s.gen
	page := w.pageCtx
	ctx, cancel := context.WithCancel(page)
	stopped := false
	strip := kit.NewStrip(words, w.t("cancel"), func() { stopped = true; cancel() })
	s.set(container.NewBorder(kit.Margins(16, 8, 16, 8, strip.Object), nil, nil, nil))
	again := func() { fetchLong(w, s, words, get, show) }
	began := time.Now()
	report := func(done, total int, note string) {
		w.onMain(func() {
			if gen == s.gen && ctx.Err() == nil {
				strip.Progress(done, total, w.progress(done, total, w.known("work."+note, note), time.Since(began)))
			}
		})
	}
	w.async(func() {
		v, err := guarded(func() (T, error) { return get(ctx, report) })
		w.onMain(func() {
			strip.Stop()
			cancel()
			if gen != s.gen || page.Err() != nil {
				return
			}
			switch {
			case err != nil && stopped:
				s.set(kit.Empty(theme.MediaStopIcon(), w.t("look.stopped"), w.t("look.stoppedWords"), w.t("look.again"), again))
			case err != nil:
				s.set(kit.Page(kit.DownReading(0, w.errorPanel(err, again))))
			default:
				s.set(show(v))
			}
		})
	})
}

// say tells how something ended in the strip at the bottom.
func (w *Window) say(o outcome) {
	j := &job{cancel: func() {}}
	j.strip = kit.NewStrip("", "", func() {})
	for _, old := range append([]*job(nil), w.jobs...) {
		if !old.running {
			w.putAway(old)
		}
	}
	w.jobs = append(w.jobs, j)
	w.strips.Add(j.strip.Object)
	w.end(j, o)
}
