package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/assets"
	"greffier/ui/kit"
)

// The places of the rail, in order.
const (
	placeToday     = "today"
	placeRequests  = "requests"
	placeOrders    = "orders"
	placeStorage   = "storage"
	placeRegisters = "registers"
	placePromises  = "promises"
	placeCalendar  = "calendar"
	placeJournal   = "journal"
	placeSettings  = "settings"
)

var places = []string{placeToday, placeRequests, placeOrders, placeStorage, placeRegisters, placePromises, placeCalendar, placeJournal, placeSettings}

// page is one screen. It belongs to a place of the rail, builds itself once,
// and is told when something changed.
type page interface {
	place() string
	build() fyne.CanvasObject
	changed()
}

// searcher is a page with a field for searching, printer one that can print
// what it shows, stepper one with a primary act.
type (
	searcher interface{ search() fyne.Focusable }
	printer  interface{ print() }
	stepper  interface{ step() }
)

// Window is Greffier's window.
type Window struct {
	speaker
	app fyne.App
	win fyne.Window
	f   Facade

	ctx      context.Context // ends with the window
	stop     context.CancelFunc
	pageCtx  context.Context // ends with the page
	pageStop context.CancelFunc

	// async runs work off the window's goroutine, home brings results back to
	// it. The tests run both at once, in place.
	async func(func())
	home  func(func())
	// later runs something on the window's goroutine after a rest.
	later func(time.Duration, func()) (stop func())
	clock func() time.Time

	page    page
	history []page
	rail    map[string]*kit.RailItem
	railBox *fyne.Container
	railAll fyne.CanvasObject // hidden in the guided set-up
	synced  *kit.Button
	live    *widget.Label // new mail is seen at once
	content *fyne.Container
	banner  *fyne.Container
	strips  *fyne.Container
	jobs    []*job
	look    kit.Look
	memory  memory
	splits  map[string]divided // of the pages that were shown, by name

	reloading, dirty bool
	demo             bool // a demo that was not read yet
	cooling          int  // hours that the erasure of a case waits
	ticking, tried   bool // a call of what is due by itself is under way; the last one failed
	tickAfter        time.Time
	draftPlaces      []plan.Locator // where the photos are, changed and not kept yet
	draftMail        *mailDraft     // how the mailbox is entered, changed and not kept yet
	listening        bool           // new mail is waited for
	mayWatch         bool           // and will be once the shop was read: a mail is judged by the orders that are known
	menuCan          []sometimes
	inTray           bool // closing the window keeps the program in the tray

	rest // when she was last seen, and how the window locks
}

// New makes the window over a façade. Show it with Run.
func New(a fyne.App, f Facade) *Window {
	return newWindow(a, f, aside, fyne.Do)
}

func newWindow(a fyne.App, f Facade, async, home func(func())) *Window {
	return newWindowIn(a, nil, f, async, home)
}

// newWindowIn makes the window in one that is there, in the place of the door;
// nil makes a new one.
func newWindowIn(a fyne.App, in fyne.Window, f Facade, async, home func(func())) *Window {
	w := &Window{app: a, f: f, clock: time.Now, rail: map[string]*kit.RailItem{}, splits: map[string]divided{}}
	w.keepBusy(async, home)
	// Once its loop has ended, Fyne runs what is brought home on whatever goroutine
	// brings it: nothing comes home to a window that is gone.
	w.home = func(g func()) {
		home(func() {
			if w.ctx.Err() == nil {
				g()
			}
		})
	}
	w.later = func(d time.Duration, g func()) func() {
		t := time.AfterFunc(d, func() { w.home(g) })
		return func() { t.Stop() }
	}
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.pageCtx, w.pageStop = context.WithCancel(w.ctx)
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.IconPNG))
	info := f.Info()
	w.setSpeaker(info)
	w.look, w.demo = kit.Look(info.Theme), info.Demo
	w.memory = readMemory(info.Dir)
	kit.WearAt(a, w.look, w.memory.Text)
	// Fyne 2.7.1 makes a theme whole only once the app runs.
	a.Lifecycle().SetOnStopped(w.stop)
	a.Lifecycle().SetOnStarted(func() { a.Settings().SetTheme(kit.NewThemeAt(w.look, w.memory.Text)) })
	if w.win = in; in == nil {
		w.win = a.NewWindow("Greffier")
		w.win.SetMaster()
		w.win.SetPadded(false)
		w.win.Resize(fyne.NewSize(w.memory.Width, w.memory.Height))
	}
	w.win.SetCloseIntercept(w.close)
	w.win.SetOnDropped(w.dropped)
	w.win.Canvas().SetOnTypedKey(w.keyed)
	w.win.Canvas().AddShortcut(&fyne.ShortcutCopy{}, func(fyne.Shortcut) {
		if kit.Open(w.win.Canvas()) == nil {
			w.copySelection()
		}
	})
	w.frame()
	if step := f.SetUpStep(); step != "" {
		w.show(&firstRunPage{w: w, at: step})
	} else {
		w.open(w.memory.Place)
	}
	f.OnChange(func() { w.home(w.changed) })
	w.async(func() {
		hours := f.CoolingHours()
		w.home(func() { w.cooling = hours })
	})
	return w
}

// Run shows the window and returns when it was closed.
func (w *Window) Run() {
	w.begin()
	w.win.ShowAndRun()
}

// begin starts what goes on by itself while the window is there. The window at
// the door has no profile yet: nothing goes on behind it.
func (w *Window) begin() {
	if w.f == nil {
		return
	}
	aside(w.everyMinute)
	aside(w.sweepsByThemselves)
	w.inTray = w.f.SweepSettings().Tray
	w.tray()
	aside(w.remindNow)
	aside(w.everyRest)
	w.mayWatch = true
	w.refreshRail()
}

// Raise brings the window to the front, for whoever starts the program again.
func (w *Window) Raise() {
	w.win.Show()
	w.win.RequestFocus()
}

// ShowAndRun is Run, under Fyne's name.
func (w *Window) ShowAndRun() { w.Run() }

func (w *Window) setSpeaker(info app.ProfileInfo) {
	w.lang = info.Lang
	if w.lang != "en" {
		w.lang = "fr"
	}
	zone, err := time.LoadLocation(info.Controller.TimeZone)
	if err != nil || info.Controller.TimeZone == "" {
		zone = law.Paris()
	}
	w.zone = zone
}

func (w *Window) close() {
	if !w.toTray() {
		w.exit()
	}
}

// exit quits, and asks first while something is under way.
func (w *Window) exit() {
	if w.working() {
		var d *kit.Dialog
		d = kit.NewDialog(w.win.Canvas(), w.t("close.title"), kit.DialogWidth, kit.Words(w.t("close.words")), w.t("close.stay"), nil,
			kit.NewButton(w.t("close.quit"), func() { d.Close(); w.quit() }))
		d.Show()
		return
	}
	w.quit()
}

// quit stops what runs (each job records where it stopped) and closes.
func (w *Window) quit() {
	w.remember()
	w.stop()
	w.win.SetCloseIntercept(nil)
	w.win.Close()
}

// frame builds what stays: rail, menu, banner and strip. It is built anew when
// the language changes.
func (w *Window) frame() {
	icons := map[string]fyne.Resource{
		placeToday: theme.HomeIcon(), placeRequests: theme.MailComposeIcon(), placeOrders: theme.ListIcon(),
		placeStorage: theme.StorageIcon(), placeRegisters: theme.DocumentIcon(), placePromises: theme.ConfirmIcon(),
		placeCalendar: theme.CalendarIcon(), placeJournal: theme.HistoryIcon(), placeSettings: theme.SettingsIcon(),
	}
	logo := canvas.NewImageFromResource(fyne.NewStaticResource("icon.png", assets.IconPNG))
	logo.FillMode = canvas.ImageFillContain
	logo.SetMinSize(fyne.NewSize(kit.Scaled(26), kit.Scaled(26)))
	name := kit.Heading("Greffier")
	head := kit.Margins(12, 12, 8, 8, container.NewBorder(nil, nil, container.NewCenter(logo), nil, name))

	upper, lower := container.NewVBox(), container.NewVBox()
	w.railBox = lower
	for _, p := range places {
		item := kit.NewRailItem(icons[p], w.t("nav."+p), func() { w.open(p) })
		w.rail[p] = item
		if p == placeSettings {
			lower.Add(widget.NewSeparator())
			lower.Add(item)
		} else {
			upper.Add(item)
		}
	}
	w.synced = kit.NewQuiet("", theme.ViewRefreshIcon(), func() { w.openServices() })
	w.synced.Alignment = widget.ButtonAlignLeading
	lower.Add(w.synced)
	w.live = kit.FaintLine(w.t("watch.live"))
	w.live.Hide()
	lower.Add(kit.Margins(18, -12, 0, 4, w.live))
	railBody := container.NewBorder(head, kit.Margins(8, 0, 8, 8, lower), nil, nil, kit.Margins(8, 4, 8, 0, upper))
	rail := kit.NewPanel(kit.ColorRail, "", 0, kit.MinWidth(208, railBody))
	w.railAll = rail

	w.content = container.NewStack()
	w.banner = container.NewVBox()
	w.strips = container.New(layout.NewVBoxLayout())
	for _, j := range w.jobs {
		w.strips.Add(j.strip.Object)
	}
	if w.f.Info().Demo {
		words := kit.Label(w.t("demo.banner"))
		if kit.Scaled(1) > 1 {
			words = kit.Words(words.Text)
		}
		words.Importance = kit.LowImportance
		w.banner.Add(kit.NewPanel(kit.ColorDemoWash, "", 0, kit.Margins(16, -2, 16, -2, words)))
	}
	place := fyne.CanvasObject(w.content)
	if kit.Scaled(1) > 1 {
		// Larger words may need more height than a small screen has.
		place = container.NewVScroll(w.content)
	}
	w.win.SetContent(newWatchful(container.NewBorder(nil, nil, rail, nil,
		container.NewBorder(w.banner, w.strips, nil, nil, place)), w.touch))
	w.win.SetMainMenu(w.menu())
	w.railState(nil)
}

// open goes to the first page of a place.
func (w *Window) open(place string) {
	w.history = nil
	w.show(w.first(place))
}

func (w *Window) first(place string) page {
	switch place {
	case placeRequests:
		return &requestsPage{w: w}
	case placeOrders:
		return &ordersPage{w: w}
	case placeStorage:
		return &storagePage{w: w}
	case placeRegisters:
		return &registersPage{w: w}
	case placePromises:
		return &promisesPage{w: w}
	case placeCalendar:
		return &calendarPage{w: w}
	case placeJournal:
		return &journalPage{w: w}
	case placeSettings:
		return &settingsPage{w: w}
	}
	return &todayPage{w: w}
}

// follow goes to a page from which back returns here.
func (w *Window) follow(p page) {
	if w.page != nil {
		w.history = append(w.history, w.page)
	}
	w.show(p)
}

// back returns to the page before, or to the place's first one.
func (w *Window) back() {
	if len(w.history) == 0 {
		return
	}
	p := w.history[len(w.history)-1]
	w.history = w.history[:len(w.history)-1]
	w.show(p)
}

func (w *Window) show(p page) {
	w.pageStop()
	w.pageCtx, w.pageStop = context.WithCancel(w.ctx)
	w.touch()
	w.page = p
	w.win.Canvas().Unfocus()
	w.content.Objects = []fyne.CanvasObject{p.build()}
	w.content.Refresh()
	if _, guided := p.(*firstRunPage); guided {
		w.railAll.Hide()
	} else {
		w.railAll.Show()
	}
	for name, item := range w.rail {
		item.Set(item.Word(), item.Count(), name == p.place())
	}
	w.menuFits()
	if g, guided := p.(*firstRunPage); guided {
		g.begin()
	}
	w.refreshRail()
}

// changed reloads what is seen after something changed. Many changes in a row
// cost one reload.
func (w *Window) changed() {
	if w.page == nil {
		return
	}
	w.refreshRail()
	if kit.Open(w.win.Canvas()) == nil {
		w.page.changed()
	}
}

// refreshRail brings the counts and the words of the last sync.
func (w *Window) refreshRail() {
	if w.reloading {
		w.dirty = true
		return
	}
	w.reloading = true
	w.async(func() {
		today, err := w.f.Today(w.ctx)
		live := w.f.Watching()
		w.home(func() {
			w.reloading = false
			w.setLive(live)
			if err == nil {
				w.railState(&today)
				// The demo begins with something to look at.
				if w.demo && today.Synced.IsZero() && !w.working() {
					w.demo = false
					w.sync(true, true)
				}
			}
			if err == nil && w.mayWatch && !today.Synced.IsZero() {
				w.mayWatch = false
				w.watch()
			}
			if w.dirty {
				w.dirty = false
				w.refreshRail()
			}
		})
	})
}

func (w *Window) railState(today *app.Today) {
	if today == nil {
		w.synced.SetText(w.t("sync.never"))
		return
	}
	needs := wanting(today.Needs)
	counts := map[string]int{placeToday: len(needs)}
	failed := false
	for _, n := range needs {
		switch n.Kind {
		case "case", "mail", "letter", "document":
			counts[placeRequests] += max(1, map[bool]int{true: n.Count, false: 1}[n.Kind == "mail"])
		case "absence":
			counts[placeCalendar]++
		case "retention", "run", "sweep":
			counts[placeStorage]++
		case "cooling", "notice", "change":
			counts[placeRequests]++
		case "gap", "suppression":
			counts[placeRegisters]++
		case "promise":
			counts[placePromises]++
		case "sync":
			failed = true
		}
	}
	for name, item := range w.rail {
		item.Set(item.Word(), counts[name], w.page != nil && w.page.place() == name)
	}
	switch {
	case failed:
		w.synced.SetText(w.t("sync.failed"))
		w.synced.SetIcon(kit.AtRisk.Icon())
	case today.Synced.IsZero():
		w.synced.SetText(w.t("sync.never"))
		w.synced.SetIcon(kit.CannotTell.Icon())
	case w.day(today.Synced) == w.day(time.Now()):
		w.synced.SetText(w.t("sync.at", "Hour", w.hour(today.Synced)))
		w.synced.SetIcon(kit.Kept.Icon())
	default:
		w.synced.SetText(w.t("sync.on", "Date", w.short(w.day(today.Synced))))
		w.synced.SetIcon(kit.Quiet.Icon())
	}
}

// setLive shows whether new mail is seen at once.
func (w *Window) setLive(on bool) {
	if on == w.live.Visible() {
		return
	}
	if on {
		w.live.Show()
	} else {
		w.live.Hide()
	}
	w.railBox.Refresh()
}

func (w *Window) openServices() {
	w.open(placeSettings)
}

// setLang changes the language of the window at run time.
func (w *Window) setLang(lang string) {
	w.do(func(ctx context.Context) error { return w.f.SetLang(ctx, lang) }, func() {
		w.lang = lang
		w.anew()
	})
}

// anew draws everything again, and goes on at the page that is open.
func (w *Window) anew() {
	p := w.page
	w.frame()
	for i, h := range w.history {
		w.history[i] = w.fresh(h)
	}
	w.show(w.fresh(p))
}

// fresh is a page that shows the same and has drawn nothing yet: what a page keeps
// is in the language and at the size that it was drawn in.
func (w *Window) fresh(p page) page {
	switch x := p.(type) {
	case *firstRunPage:
		return &firstRunPage{w: w, at: x.at}
	case *casePage:
		return &casePage{w: w, id: x.id, tab: x.tab}
	case *orderPage:
		return &orderPage{w: w, id: x.id}
	case *mailPage:
		return &mailPage{w: w, id: x.id}
	case *helpPage:
		return &helpPage{w}
	}
	return w.first(p.place())
}

// setLook changes the look of the window at run time.
func (w *Window) setLook(look kit.Look) {
	w.do(func(ctx context.Context) error { return w.f.SetTheme(ctx, string(look)) }, func() {
		w.look = look
		w.app.Settings().SetTheme(kit.NewThemeAt(look, w.memory.Text))
		// What was drawn by hand took its colours when it was drawn.
		w.anew()
	})
}
