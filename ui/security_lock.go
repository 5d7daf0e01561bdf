package ui

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"greffier/app/guard"
	"greffier/ui/kit"
)

// rest is when she was last seen at the window, and how it locks.
type rest struct {
	locker   *Door // nil where nothing can lock
	locked   bool
	lockIn   time.Duration // 0 never
	seen     time.Time
	lastText string // what stood in the field that has the keyboard
	lastOn   fyne.Focusable
	cared    time.Time // the backups were looked after
	busy     sync.WaitGroup
	rawAsync func(func())
	rawHome  func(func())
}

const (
	restEvery  = 5 * time.Second
	careEvery  = time.Hour
	busyAtMost = 30 * time.Second
)

// tickEvery is how often what goes on by itself looks whether something is due.
var tickEvery = time.Minute

// Crashed is deferred at the top of each goroutine of the window: it must say of
// a fault where it happened and not what it was about, and end the program.
var Crashed = func() {}

// aside runs something on a goroutine of its own.
func aside(f func()) {
	go func() {
		defer Crashed()
		f()
	}()
}

// NewLocking is New for a window that locks: the door then stands in its place,
// and everything of the profile is forgotten.
func NewLocking(a fyne.App, f Facade, d Door) *Window {
	w := New(a, f)
	w.locker = &d
	return w
}

// keepBusy counts what runs off the window's goroutine, so that the profile is
// put away only after it has ended.
func (w *Window) keepBusy(async, home func(func())) {
	w.rawAsync, w.rawHome = async, home
	w.async = func(g func()) {
		w.busy.Add(1)
		async(func() {
			defer w.busy.Done()
			if err := guard.Run(func() error { g(); return nil }); err != nil {
				home(func() { w.fail(err) })
			}
		})
	}
}

// watchful is what the window shows, and tells when the mouse moves over it.
type watchful struct {
	widget.BaseWidget
	content fyne.CanvasObject
	seen    func()
}

func newWatchful(content fyne.CanvasObject, seen func()) *watchful {
	h := &watchful{content: content, seen: seen}
	h.ExtendBaseWidget(h)
	return h
}

func (h *watchful) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(h.content) }
func (h *watchful) MouseIn(*desktop.MouseEvent)         { h.seen() }
func (h *watchful) MouseMoved(*desktop.MouseEvent)      { h.seen() }
func (h *watchful) MouseOut()                           { h.seen() }

// touch notes that she is there.
func (w *Window) touch() { w.seen = w.wall() }

// wall is the time on the wall: a clock that counts on while the laptop sleeps,
// so that it is locked when it wakes.
func (w *Window) wall() time.Time { return w.clock().Round(0) }

// everyRest looks now and then whether she is still there. It runs on a
// goroutine of its own.
func (w *Window) everyRest() {
	minutes := w.f.LockMinutes()
	w.onMain(func() { w.lockIn = time.Duration(minutes) * time.Minute })
	t := time.NewTicker(restEvery)
	defer t.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-t.C:
			w.onMain(w.lookAround)
		}
	}
}

// lookAround locks the window where nobody was seen for as long as she said. While
// something runs she has not gone: it ends first. What she types is seen by the
// field that she types in.
func (w *Window) lookAround() {
	f, text := w.win.Canvas().Focused(), ""
	switch e := f.(type) {
	case *kit.Entry:
		text = e.Text
	case *widget.Entry:
		text = e.Text
	}
	if f != w.lastOn || text != w.lastText {
		w.lastOn, w.lastText = f, text
		w.touch()
	}
	now := w.wall()
	if w.working() || now.Before(w.seen) {
		w.touch()
	}
	if w.lockIn > 0 && now.Sub(w.seen) >= w.lockIn {
		w.lock()
		return
	}
	if now.Sub(w.cared) >= careEvery && !w.working() {
		w.cared = now
		// What fails is told on the page of the backups, and tried again.
		w.async(func() { _ = w.f.CareForBackups(w.ctx) })
	}
}

// lock puts the door in the place of what the window shows, at once, and puts
// the profile away as soon as nothing runs any more. What runs is cancelled: each
// piece of work has written where it is, and is taken up after unlocking.
func (w *Window) lock() {
	if w.locker == nil || w.locked {
		return
	}
	w.locked = true
	w.remember()
	w.stop()
	d := *w.locker
	d.Lang, d.Locked, d.Failed, d.Demo, d.SetUp = w.lang, true, nil, nil, nil
	w.page, w.history, w.draftMail, w.draftPlaces = nil, nil, nil, nil
	w.lastText, w.lastOn = "", nil
	o := newDoorIn(w.app, w.win, d, w.rawAsync, w.rawHome)
	o.closing = true
	o.show()
	o.tell(kit.Loading(o.t("door.locking")))
	w.rawAsync(func() {
		w.rested()
		err := d.Lock()
		w.rawHome(func() {
			o.closing = false
			o.tell(kit.Gap(1))
			if o.show(); err != nil {
				o.fail(err, nil)
			}
		})
	})
}

// rested waits until nothing runs any more, but not for ever: what does not end
// finds the store closed.
func (w *Window) rested() {
	done := make(chan struct{})
	go func() { w.busy.Wait(); close(done) }()
	t := time.NewTimer(busyAtMost)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}

// setLock keeps after how many minutes the window locks.
func (w *Window) setLock(minutes int) {
	w.do(func(ctx context.Context) error { return w.f.SetLockMinutes(ctx, minutes) }, func() {
		w.lockIn = time.Duration(minutes) * time.Minute
		w.touch()
	})
}
