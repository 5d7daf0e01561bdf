package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// The choices of the settings of sweeps.
var (
	sweepHours  = []int{1, 3, 5, 13, 22}
	sweepBounds = []int{100, 500, 2000}
	sweepShares = []int{10, 20, 50}
)

// sweepsPage is what Greffier erases by itself: what asks, the rules, the bounds,
// the task of the system, the last sweeps, and Greffier's own data.
type sweepsPage struct {
	w    *Window
	body *slot
}

func (p *sweepsPage) place() string { return placeStorage }
func (p *sweepsPage) changed()      { p.load() }
func (p *sweepsPage) step()         { p.w.sweepNow(app.SweepByHand) }

func (p *sweepsPage) build() fyne.CanvasObject {
	w := p.w
	head := w.backHeader(w.t("sweeps.title"), w.t("sweeps.summary"), kit.NewIconButton(w.t("sweeps.now"), theme.ViewRefreshIcon(), p.step))
	p.body = newSlot()
	p.load()
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

// sweepsData is what the page shows.
type sweepsData struct {
	st    app.SweepStatus
	lives []app.BackupLife
}

func (p *sweepsPage) load() {
	fetch(p.w, p.body, func(ctx context.Context) (d sweepsData, err error) {
		if d.st, err = p.w.f.SweepStatus(ctx); err != nil {
			return d, err
		}
		d.lives, err = p.w.f.BackupLives(ctx)
		return d, err
	}, p.show)
}

func (p *sweepsPage) show(d sweepsData) fyne.CanvasObject {
	w := p.w
	var parts []fyne.CanvasObject
	if d.st.Clock != nil {
		parts = append(parts, w.clockCard(*d.st.Clock))
	}
	for _, k := range d.st.Asks {
		parts = append(parts, w.askCard(k))
	}
	parts = append(parts, p.rules(d.st), p.last(d.st), p.own(d.st), p.bounds(d.st.Settings), p.system(d.st), p.lives(d.lives))
	return kit.Page(kit.DownReading(12, parts...))
}

// clockTitle says in a few words what is wrong with the clock.
func (w *Window) clockTitle(j app.ClockJump) string {
	if j.Kind == "ahead" {
		return w.t("need.sweep.clock.aheadTitle")
	}
	return w.t("need.sweep.clock")
}

func (w *Window) clockWords(j app.ClockJump) string {
	if j.Kind == "ahead" {
		return w.t("need.sweep.clock.ahead", "From", w.at(j.From), "To", w.at(j.To))
	}
	return w.t("need.sweep.clock.why", "From", w.at(j.From), "To", w.at(j.To))
}

func (w *Window) clockCard(j app.ClockJump) fyne.CanvasObject {
	return kit.NewCard(kit.IconLine(kit.AtRisk, w.clockTitle(j)), kit.Words(w.clockWords(j)),
		container.NewHBox(kit.NewButton(w.t("need.sweep.clock.button"), w.trustClock)))
}

// trustClock asks before it takes the owner's word for the date.
func (w *Window) trustClock() {
	var d *kit.Dialog
	d = w.dialog(w.t("need.sweep.clock"), kit.Words(w.long(w.day(w.clock()))), kit.NewPrimary(w.t("need.sweep.clock.button"), func() {
		d.Close()
		w.do(w.f.TrustClock, nil)
	}))
	d.Show()
}

func (w *Window) whySweep(why []string) string {
	var words []string
	for _, x := range why {
		words = append(words, w.known("sweeps.why."+x, x))
	}
	return w.list(words)
}

func (w *Window) askCard(k app.SweepAsk) fyne.CanvasObject {
	return kit.NewCard(kit.Row(0, kit.Down(-10, kit.StrongWords(w.n("sweeps.asks", k.Objects)+" · "+w.ruleName(k.Rule)), kit.Faint(w.whySweep(k.Why)+" · "+w.size(k.SizeBytes))),
		container.NewCenter(kit.NewPrimary(w.t("need.sweep.see"), func() { w.seeAsk(k.Rule) }))))
}

// seeAsk shows the plan that waits; it runs only with her yes to its hash.
func (w *Window) seeAsk(rule string) {
	w.follow(&planPage{w: w, at: placeStorage, title: w.t("sweeps.asksTitle"), get: func(ctx context.Context) (plan.Plan, error) {
		pl, _, err := w.f.SweepPlan(ctx, rule)
		return pl, err
	}, confirmed: func(ctx context.Context, p plan.Plan, report reporter) (app.RunView, error) {
		// As the sweep would: without what lies in a storage that is away.
		return w.f.ConfirmSweep(ctx, rule, p.Hash, report)
	}})
}

func (p *sweepsPage) rules(st app.SweepStatus) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Heading(w.t("sweeps.rules")), kit.Faint(w.t("sweeps.rulesWords"))}
	modes := []string{app.SweepOff, app.SweepAsks, app.SweepAutomatic}
	for _, r := range st.Rules {
		said := w.t("sweeps.untried")
		if r.Tried {
			said = w.t("sweeps.tried", "Date", w.brief(r.YesAt))
		}
		chips := kit.NewChips([]string{w.t("sweeps.mode.off"), w.t("sweeps.mode.ask"), w.t("sweeps.mode.auto")}, nil)
		chips.Choose(slices.Index(modes, r.Mode))
		chips.OnChange(func(i int) {
			w.do(func(ctx context.Context) error { return w.f.SetSweepMode(ctx, r.Rule.ID, modes[i]) }, nil)
		})
		parts = append(parts, kit.PairWith(w.ruleName(r.Rule.ID), chips.Object), kit.Faint(said))
	}
	return kit.NewCard(parts...)
}

func (p *sweepsPage) bounds(s app.SweepSettings) fyne.CanvasObject {
	w := p.w
	save := func(change func(*app.SweepSettings)) {
		w.do(func(ctx context.Context) error {
			now := w.f.SweepSettings()
			change(&now)
			return w.f.SetSweepSettings(ctx, now)
		}, nil)
	}
	yesNo := func(yes, no string, now bool, set func(bool)) fyne.CanvasObject {
		chips := kit.NewChips([]string{w.t(yes), w.t(no)}, nil)
		if !now {
			chips.Choose(1)
		}
		chips.OnChange(func(i int) { set(i == 0) })
		return chips.Object
	}
	return kit.NewCard(kit.Heading(w.t("sweeps.card")),
		kit.PairWith(w.t("sweeps.on"), yesNo("sweeps.onYes", "sweeps.onNo", s.On, func(on bool) { save(func(x *app.SweepSettings) { x.On = on }) })),
		kit.PairWith(w.t("sweeps.hour"), w.numberChips(sweepHours, s.Hour, func(n int) string { return w.t("sweeps.hourWord", "N", w.number(n)) }, func(n int) { save(func(x *app.SweepSettings) { x.Hour = n }) })),
		kit.Faint(w.t("sweeps.onWords")),
		kit.PairWith(w.t("sweeps.max"), w.numberChips(sweepBounds, s.MaxObjects, func(n int) string { return w.n("sweeps.maxWord", n) }, func(n int) { save(func(x *app.SweepSettings) { x.MaxObjects = n }) })),
		kit.PairWith(w.t("sweeps.share"), w.numberChips(sweepShares, s.MaxPercent, func(n int) string { return w.t("percent", "N", w.number(n)) }, func(n int) { save(func(x *app.SweepSettings) { x.MaxPercent = n }) })),
		kit.Faint(w.t("sweeps.boundWords")),
		kit.PairWith(w.t("sweeps.tray"), yesNo("sweeps.trayYes", "sweeps.trayNo", s.Tray, func(on bool) {
			save(func(x *app.SweepSettings) { x.Tray = on })
			w.inTray = on
			w.tray()
		})),
		kit.Faint(w.t("sweeps.trayWords")))
}

func (p *sweepsPage) system(st app.SweepStatus) fyne.CanvasObject {
	w, e := p.w, st.Entry
	parts := []fyne.CanvasObject{kit.Heading(w.t("sweeps.system")), kit.Faint(w.t("sweeps.systemWords"))}
	install := func(key string) *kit.Button {
		return kit.NewButton(w.t(key), func() {
			w.do(func(ctx context.Context) error {
				_, err := w.f.InstallSchedule(ctx, app.Schedule{Hour: st.Settings.Hour})
				return err
			}, p.load)
		})
	}
	switch {
	case e.Installed:
		parts = append(parts, kit.Words(w.t("sweeps.systemAt", "Kind", e.Kind, "Hour", w.number(max(0, e.Hour)))), kit.Faint(kit.Clip(e.Command, 300, 90)))
		if e.Problem != "" {
			parts = append(parts, kit.IconLine(kit.AtRisk, w.t("sweeps.systemProblem")))
		}
		parts = append(parts, container.NewHBox(install("sweeps.reinstall"), kit.NewQuiet(w.t("sweeps.remove"), nil, func() {
			w.do(func(ctx context.Context) error { _, err := w.f.RemoveSchedule(ctx, ""); return err }, p.load)
		})))
	case len(e.Kinds) == 0:
		parts = append(parts, kit.Words(w.t("sweeps.systemNo")))
	default:
		parts = append(parts, kit.Words(w.t("sweeps.systemNone")), container.NewHBox(install("sweeps.install")))
	}
	return kit.NewCard(parts...)
}

// lastShown is how many sweeps the page shows at once.
const lastShown = 8

func (p *sweepsPage) last(st app.SweepStatus) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Heading(w.t("sweeps.last"))}
	if len(st.Last) == 0 {
		parts = append(parts, kit.Words(w.t("sweeps.none")))
	}
	var older []fyne.CanvasObject
	for i, r := range st.Last {
		line := kit.Row(1, kit.MinWidth(150, container.NewHBox(kit.Badge(sweepTone(r.State), w.known("sweeps.state."+r.State, r.State)))),
			kit.Down(-12, kit.Label(w.at(r.At)+" · "+w.known("sweeps.trigger."+r.Trigger, r.Trigger)), kit.Faint(w.sweepWords(r))))
		if i < lastShown {
			parts = append(parts, line)
		} else {
			older = append(older, line)
		}
	}
	if len(older) > 0 {
		parts = append(parts, kit.Fold(w.n("more", len(older)), false, kit.Down(0, older...)))
	}
	return kit.NewCard(parts...)
}

func sweepTone(state string) kit.Tone {
	switch state {
	case app.SweepDone:
		return kit.Kept
	case app.SweepStopped, app.SweepPartial, app.SweepCut, app.SweepWaits:
		return kit.AtRisk
	case app.SweepFailed:
		return kit.Late
	}
	return kit.Quiet
}

// sweepWords say what went, what waits and why, and what could not be reached.
func (w *Window) sweepWords(r app.SweepRecord) string {
	words := []string{w.n("sweeps.did", r.Erased())}
	for _, x := range r.Rules {
		if x.Hash != "" {
			words = append(words, w.n("sweeps.asks", x.Objects)+" ("+w.whySweep(x.Why)+")")
		}
		for _, h := range x.Held {
			why := w.held(h.Why)
			if h.Why == "hold" {
				why = w.t("sweeps.heldHold")
			}
			if !h.Until.IsZero() {
				why += ", " + w.t("until", "Date", w.long(h.Until))
			}
			words = append(words, w.n("sweeps.held", h.Rows)+" ("+why+")")
		}
	}
	purged := 0
	for _, o := range r.Own {
		purged += o.Purged
	}
	if purged > 0 {
		words = append(words, w.n("sweeps.purged", purged))
	}
	for _, x := range r.Away {
		words = append(words, w.t("sweeps.away", "Name", kit.Line(x.Name, 40)))
	}
	if r.Unprinted > 0 {
		words = append(words, w.n("sweeps.unprinted", r.Unprinted))
	}
	if r.Clock != nil {
		words = append(words, w.clockTitle(*r.Clock))
	}
	if !r.NextAt.IsZero() {
		words = append(words, w.t("sweeps.nextTry", "Date", w.at(r.NextAt)))
	}
	return strings.Join(words, " · ")
}

func (p *sweepsPage) own(st app.SweepStatus) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Heading(w.t("own.title")), kit.Faint(w.t("own.words"))}
	for _, r := range st.Own {
		count := w.t("own.empty")
		if r.Kept > 0 {
			count = w.n("own.count", r.Kept)
		}
		facts := []string{w.period(r.Period), count}
		if len(r.Due) > 0 {
			facts = append(facts, w.n("own.due", len(r.Due)))
		}
		if len(r.Held) > 0 {
			facts = append(facts, w.n("own.kept", len(r.Held)))
		}
		if !r.Next.IsZero() {
			facts = append(facts, w.t("own.next", "Date", w.shortYear(r.Next)))
		}
		acts := container.NewHBox()
		if len(r.Due) > 0 {
			acts.Add(kit.NewButton(w.t("own.see"), func() { p.purge(r) }))
		}
		if r.ID != app.OwnCopies {
			acts.Add(kit.NewQuiet(w.t("change"), nil, func() { p.editOwn(r) }))
		}
		parts = append(parts, kit.Row(0, kit.Down(-12, kit.Strong(w.t("own.rule."+r.ID)), kit.Faint(strings.Join(facts, " · ")), kit.Faint(w.t("own.why."+r.ID))), container.NewCenter(acts)))
	}
	return kit.NewCard(parts...)
}

// period is a period as it is kept, in the window's words.
func (w *Window) period(s string) string {
	p, err := law.ParsePeriod(s)
	if err != nil {
		return kit.Line(s, 20)
	}
	return p.Text(w.lang)
}

// purge shows what would go under a rule of Greffier's own data, and asks.
func (p *sweepsPage) purge(r app.OwnRow) {
	w := p.w
	const most = 12
	var lines []fyne.CanvasObject
	for i, x := range r.Due {
		if i == most {
			lines = append(lines, kit.Faint(w.n("own.more", len(r.Due)-most)))
			break
		}
		name := w.record(x.ID)
		if x.ID == "" || strings.ContainsAny(x.ID, `/\`) {
			name = ""
		}
		if x.Name != "" {
			name = strings.TrimPrefix(name+" · "+kit.Line(x.Name, 70), " · ")
		}
		lines = append(lines, kit.Label(name+" · "+w.shortYear(x.Due)))
	}
	var d *kit.Dialog
	d = w.dialog(w.t("own.purgeTitle"), kit.Down(-8, append(lines, kit.IconLine(kit.Late, w.t("own.purgeWords")))...), kit.NewDanger(w.n("own.purge", len(r.Due)), func() {
		d.Close()
		w.do(func(ctx context.Context) error { _, err := w.f.PurgeOwn(ctx, r.ID, r.Hash); return err }, func() {
			w.say(outcome{tone: kit.Kept, words: w.t("own.purged")})
			p.load()
		})
	}))
	d.Show()
}

func (p *sweepsPage) editOwn(r app.OwnRow) {
	w := p.w
	period := kit.NewEntry(r.Period)
	options := []kit.Option{{Value: app.SweepOff, Word: w.t("sweeps.mode.off")}, {Value: app.SweepAsks, Word: w.t("sweeps.mode.ask")}}
	if !r.Fixed {
		options = append(options, kit.Option{Value: app.SweepAutomatic, Word: w.t("sweeps.mode.auto")})
	}
	mode := r.Mode
	choose := kit.NewSelect(options, mode, func(v string) { mode = v })
	var d *kit.Dialog
	d = w.dialog(w.t("own.rule."+r.ID), kit.Down(0, kit.FormRow(w.t("own.period"), w.t("own.periodHelp"), period), kit.FormRow(w.t("own.mode"), "", choose)),
		kit.NewPrimary(w.t("save"), func() {
			next := app.OwnRule{ID: r.ID, Period: strings.TrimSpace(period.Text), Mode: mode}
			d.Close()
			w.do(func(ctx context.Context) error { return w.f.SaveOwnRule(ctx, next) }, p.load)
		}))
	d.FocusOn(period).Show()
}

// lives is for how long each service keeps its backups.
func (p *sweepsPage) lives(all []app.BackupLife) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Heading(w.t("trace.lives")), kit.Faint(w.t("trace.livesWords")), kit.Faint(w.t("trace.daysHelp"))}
	for _, l := range all {
		days := kit.NewEntry("")
		if l.Known {
			days.SetText(strconv.Itoa(l.Days))
		}
		said := kit.FaintLine(w.t("trace.days"))
		save := kit.NewButton(w.t("save"), func() {
			next := app.BackupLife{Kind: l.Kind, Name: l.Name}
			if text := strings.TrimSpace(days.Text); text != "" {
				n, err := strconv.Atoi(text)
				if err != nil {
					n = -1
				}
				next.Days, next.Known = n, true
			}
			w.do(func(ctx context.Context) error { return w.f.SetBackupLife(ctx, next) }, func() { said.SetText(w.t("saved")) })
		})
		parts = append(parts, kit.Row(0, kit.Strong(w.t("service."+l.Kind)+" · "+kit.Line(l.Name, 40)), kit.MinWidth(90, days), kit.MinWidth(80, said), save))
	}
	return kit.NewCard(parts...)
}

// sweepCard leads from the settings to the page of sweeps.
func (w *Window) sweepCard() fyne.CanvasObject {
	s := newSlot()
	fetch(w, s, w.f.SweepStatus, func(st app.SweepStatus) fyne.CanvasObject {
		words := w.t("sweeps.cardOff")
		if st.Settings.On {
			words = w.t("sweeps.cardOn", "Hour", w.number(st.Settings.Hour), "Next", w.at(st.NextAt))
		}
		return kit.NewCard(kit.Row(0, kit.Down(-10, kit.Heading(w.t("sweeps.card")), kit.Faint(words)), container.NewCenter(kit.NewButton(w.t("open"), w.openSweeps))))
	})
	return s.box
}

func (w *Window) openSweeps() { w.follow(&sweepsPage{w: w}) }

// sweepNeed is what a sweep needs of the owner, as a card of the first page.
func (w *Window) sweepNeed(n app.Need, state string) needCard {
	if n.Sweep == nil {
		return needCard{w.t("need.sweep.fails"), w.t("need.sweep.fails.why"), state, w.t("need.sweep.open"), w.openSweeps}
	}
	switch x := n.Sweep; {
	case x.Ask != nil:
		why := x.Why
		if !slices.Contains([]string{app.WhyObjects, app.WhyShare, app.WhyStale}, why) {
			why = app.WhyStale
		}
		title := w.n("need.sweep."+why+".title", n.Count, "Bound", w.number(x.Ask.Bound), "Percent", w.number(x.Ask.Percent), "Storage", kit.Line(x.Ask.Storage, 40))
		return needCard{title, w.t("need.sweep.why"), state, w.t("need.sweep.see"), func() { w.seeAsk(x.Ask.Rule) }}
	case x.Clock != nil:
		return needCard{w.clockTitle(*x.Clock), w.clockWords(*x.Clock), state, w.t("need.sweep.clock.button"), w.trustClock}
	case x.Why == "own":
		return needCard{w.n("need.sweep.own", n.Count), w.t("need.sweep.own.why"), state, w.t("need.sweep.open"), w.openSweeps}
	}
	return needCard{w.t("need.sweep.fails"), w.t("need.sweep.fails.why"), state, w.t("need.sweep.open"), w.openSweeps}
}

// sweepNow makes a sweep and says how it ended.
func (w *Window) sweepNow(trigger string) {
	var r app.SweepRecord
	w.run(w.t("sweeps.running"), func(ctx context.Context, report reporter) (err error) {
		r, err = w.f.AutoSweep(ctx, trigger, report)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		tone := sweepTone(r.State)
		words := w.known("sweeps.end."+r.State, w.t("sweeps.end.done"))
		if r.Erased() > 0 {
			words += " " + w.n("sweeps.did", r.Erased())
			w.notify("notify.erased")
		}
		return outcome{tone: tone, words: words, act: w.t("sweeps.end.see"), onAct: w.openSweeps}
	})
}

// sweepsByThemselves looks once a minute whether a sweep is due, as long as the
// window is there or in the tray. It runs on a goroutine of its own.
func (w *Window) sweepsByThemselves() {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-t.C:
			w.onMain(w.sweepIfDue)
		}
	}
}

// sweepIfDue makes the sweep that is due, unless something else is under way: in
// a minute it is asked again.
func (w *Window) sweepIfDue() {
	if w.working() || w.ticking || kit.Open(w.win.Canvas()) != nil {
		return
	}
	w.async(func() {
		trigger, due, err := w.f.SweepDue(w.ctx)
		w.onMain(func() {
			if err == nil && due && !w.working() {
				w.sweepNow(trigger)
			}
		})
	})
}

// traceParts say when the last trace of what was erased is gone.
func (w *Window) traceParts(t app.Trace) []fyne.CanvasObject {
	if len(t.Parts) == 0 {
		return nil
	}
	if !t.Date.IsZero() {
		return []fyne.CanvasObject{kit.Pair(w.t("trace.title"), w.t("trace.date", "Date", w.long(t.Date)))}
	}
	if t.Left {
		return []fyne.CanvasObject{kit.Pair(w.t("trace.title"), w.t("trace.left"))}
	}
	var names []string
	for _, x := range t.Parts {
		switch {
		case !x.Until.IsZero():
		case x.Kind == app.OwnBackup:
			names = append(names, w.t("trace.own"))
		default:
			names = append(names, kit.Line(x.Name, 40))
		}
	}
	return []fyne.CanvasObject{kit.Pair(w.t("trace.title"), w.t("trace.unknown", "Names", w.list(names))),
		container.NewHBox(kit.NewButton(w.t("sweeps.title"), w.openSweeps))}
}

// caseTrace is the line of a case that tells when the last trace of what was
// erased for it is gone.
func (w *Window) caseTrace(id cases.ID) fyne.CanvasObject {
	s := newSlot()
	fetch(w, s, func(ctx context.Context) (app.Trace, error) { return w.f.TraceOfCase(ctx, id) }, func(t app.Trace) fyne.CanvasObject {
		return kit.Down(0, w.traceParts(t)...)
	})
	return s.box
}
