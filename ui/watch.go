package ui

import (
	"context"

	"greffier/ui/kit"
)

// watch reads new mail as it comes, for as long as the window is there: the
// first call starts it, and another one after it has ended because there was no
// mailbox yet. How each reading went stands with the services; nothing pops up.
func (w *Window) watch() {
	if w.listening {
		return
	}
	w.listening = true
	ctx := w.ctx
	w.async(func() {
		_ = w.f.Watch(ctx, func(int, int, string) {})
		w.onMain(func() {
			w.listening = false
			if ctx.Err() == nil {
				w.refreshRail()
			}
		})
	})
}

// attempt runs something that takes a while within a page: a strip says what,
// and can stop it. What comes of it is shown by the caller; what was stopped
// leaves nothing.
func attempt[T any](w *Window, s *slot, words string, get func(context.Context) (T, error), then func(T, error)) {
	s.gen++
	gen, page := s.gen, w.pageCtx
	ctx, cancel := context.WithCancel(page)
	strip := kit.NewStrip(words, w.t("cancel"), func() {
		cancel()
		s.gen++
		s.clear()
	})
	s.set(strip.Object)
	w.async(func() {
		v, err := get(ctx)
		w.onMain(func() {
			strip.Stop()
			stopped := ctx.Err() != nil
			cancel()
			if gen == s.gen && page.Err() == nil && !stopped {
				s.clear()
				then(v, err)
			}
		})
	})
}
