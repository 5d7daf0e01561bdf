package ui

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// schedule confirms a plan that runs by itself when its cooling-off is over.
func (w *Window) schedule(p plan.Plan) {
	var c app.Cooling
	w.do(func(ctx context.Context) (err error) {
		c, err = w.f.Schedule(ctx, p, p.Hash)
		return err
	}, func() {
		w.say(outcome{tone: kit.Kept, words: w.t("cooling.scheduled", "Date", w.at(c.RunsAt)), act: w.t("cooling.cancel"), onAct: func() { w.cancelCooling(c.ID) }})
		w.waitChanged()
	})
}

// waitChanged shows anew what waits, on the page that tells of it.
func (w *Window) waitChanged() {
	w.changed()
	if p, ok := w.page.(*casePage); ok && !p.editing {
		p.load()
	}
}

// in writes how long something still waits.
func (w *Window) in(d time.Duration) string {
	switch minutes := int(d.Minutes() + 0.5); {
	case minutes <= 1:
		return w.t("cooling.soon")
	case minutes < 90:
		return w.n("cooling.minutes", minutes)
	case minutes < 48*60:
		return w.n("cooling.hours", (minutes+30)/60)
	default:
		return w.n("cooling.days", (minutes+12*60)/(24*60))
	}
}

// coolingWords say what waits, and until when.
func (w *Window) coolingWords(c app.Cooling) (title, why string) {
	what := w.n("items", c.Objects) + " · " + w.size(c.SizeBytes)
	title, why = w.t("cooling.waits", "Date", w.at(c.RunsAt)), what
	if len(c.Orders) > 0 {
		var numbers []string
		for i, n := range c.Orders {
			if i == 6 {
				numbers = append(numbers, "…")
				break
			}
			numbers = append(numbers, kit.Line(n, 24))
		}
		why += " · " + w.n("cooling.orders", len(c.Orders), "Numbers", w.list(numbers))
	}
	if c.Stale {
		return w.t("cooling.stale"), why + "\n" + w.t("cooling.staleWords")
	}
	if left := c.RunsAt.Sub(w.clock()); left > 0 {
		why += " · " + w.in(left)
	}
	return title, why
}

// coolingCard is an erasure that waits: its time, and the ways to stop it or to
// run it now.
func (w *Window) coolingCard(c app.Cooling, state fyne.CanvasObject) fyne.CanvasObject {
	title, why := w.coolingWords(c)
	tone := kit.Quiet
	if c.Stale {
		tone = kit.AtRisk
	}
	words := kit.Faint(why)
	words.SizeName = theme.SizeNameText
	var head fyne.CanvasObject = kit.Down(-10, kit.IconLine(tone, title), kit.Margins(28, 0, 0, 0, words))
	if state != nil {
		head = kit.Row(1, kit.MinWidth(128, state), kit.Down(-10, kit.StrongWords(title), words))
	}
	acts := w.coolingActs(c)
	if state != nil && c.Scope.Case != 0 {
		// Away from its case, the card says whose erasure it is.
		acts = append(acts, kit.NewQuiet(w.t("order.case", "N", c.Scope.Case), nil, func() { w.openCase(casesID(c.Scope.Case)) }))
	}
	return kit.NewCard(head, kit.Margins(6, 2, 0, 2, kit.Flow(acts...)))
}

func (w *Window) coolingActs(c app.Cooling) []fyne.CanvasObject {
	cancel := kit.NewButton(w.t("cooling.cancel"), func() { w.cancelCooling(c.ID) })
	if c.Stale {
		return []fyne.CanvasObject{kit.NewPrimary(w.t("cooling.lookAgain"), func() { w.replan(c.Scope) }), cancel}
	}
	now := kit.NewButton(w.t("cooling.now"), func() { w.runCooling(c) })
	now.Icon = theme.NewColoredResource(theme.DeleteIcon(), kit.ColorLate)
	return []fyne.CanvasObject{cancel, now}
}

func (w *Window) cancelCooling(id string) {
	w.do(func(ctx context.Context) error { return w.f.CancelCooling(ctx, id) }, func() {
		w.say(outcome{tone: kit.Kept, words: w.t("cooling.cancelled")})
		w.waitChanged()
	})
}

// runCooling asks, and erases now what was confirmed.
func (w *Window) runCooling(c app.Cooling) {
	now := c
	now.RunsAt = w.clock() // how long it would still wait says nothing here
	_, why := w.coolingWords(now)
	var d *kit.Dialog
	d = kit.NewDialog(w.win.Canvas(), w.t("plan.confirm"), kit.DialogWidth, kit.Down(0, kit.Words(why), kit.Words(w.t("cooling.nowWords")), kit.IconLine(kit.Late, w.t("plan.never"))),
		w.t("plan.cancel"), nil, kit.NewDanger(w.n("plan.eraseNow", c.Objects), func() {
			d.Close()
			w.erasing(func(ctx context.Context, report reporter) (app.RunView, error) {
				return w.f.RunCooling(ctx, c.ID, report)
			},
				func() { w.replan(c.Scope) })
		}))
	d.Show()
}

// coolingOf returns the erasure that waits for a case, if there is one.
func coolingOf(cs []app.Cooling, id int64) (app.Cooling, bool) {
	i := slices.IndexFunc(cs, func(c app.Cooling) bool { return c.Scope.Case == id })
	if i < 0 {
		return app.Cooling{}, false
	}
	return cs[i], true
}

// tickRest is how long what failed by itself rests before it is tried again.
const tickRest = 10 * time.Minute

// everyMinute does once a minute what has become due by itself, as long as the
// window is there. It runs on a goroutine of its own.
func (w *Window) everyMinute() {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-t.C:
			w.onMain(w.tick)
		}
	}
}

// awaited is what the program had to do by itself before a call, and what the
// runs were.
type awaited struct {
	due  bool
	runs map[int64]erasure.Record
}

func (w *Window) awaited(ctx context.Context) (awaited, error) {
	a := awaited{runs: map[int64]erasure.Record{}}
	cs, err := w.f.Coolings(ctx)
	if err != nil {
		return a, err
	}
	now := w.clock()
	for _, c := range cs {
		at := c.RunsAt
		if c.TryAt.After(at) {
			at = c.TryAt // it could not be run, and rests until then
		}
		a.due = a.due || !c.Stale && !now.Before(at)
	}
	runs, err := w.f.Runs(ctx)
	for _, r := range runs {
		a.runs[r.Record.ID] = r.Record
		a.due = a.due || !r.Record.CheckAgain.IsZero() && !r.Record.CheckAgain.After(w.day(now))
		a.due = a.due || r.Record.State == erasure.Partial && !r.Record.RetryAt.IsZero() && !now.Before(r.Record.RetryAt)
	}
	return a, err
}

// tick does what has become due by itself: erasures whose cooling-off is over,
// what partial runs left, later looks. It shows as work only where something
// runs, and says in a line what was done.
func (w *Window) tick() {
	if w.ticking || w.working() || w.clock().Before(w.tickAfter) {
		return
	}
	w.ticking = true
	w.async(func() {
		before, err := w.awaited(w.ctx)
		w.onMain(func() {
			if err != nil || w.working() {
				w.ticking = false
				return
			}
			if before.due {
				w.run(w.t("tick.title"), func(ctx context.Context, _ reporter) error { return w.f.Tick(ctx) }, func(err error) outcome { return w.ticked(before, err) })
				return
			}
			w.async(func() {
				err := w.f.Tick(w.ctx)
				w.onMain(func() {
					if o := w.ticked(before, err); o.words != "" {
						w.say(o)
					}
				})
			})
		})
	})
}

// ticked says what a call of what is due by itself has done. A failure is told
// once; while it lasts it is tried again without a word.
func (w *Window) ticked(before awaited, err error) outcome {
	w.ticking = false
	told := w.tried
	w.tried = err != nil
	if err != nil {
		w.tickAfter = w.clock().Add(tickRest)
		if told || errors.Is(err, context.Canceled) {
			return outcome{tone: kit.Quiet}
		}
		what, _ := Explain(err, w.lang)
		return outcome{tone: kit.AtRisk, words: w.t("tick.failed", "What", what), act: w.t("error.details"), onAct: func() { w.fail(err) }}
	}
	w.async(func() {
		after, err := w.awaited(w.ctx)
		w.onMain(func() {
			if err != nil {
				return
			}
			for _, id := range slices.Sorted(maps.Keys(after.runs)) {
				r := after.runs[id]
				was, known := before.runs[id]
				if known && was.State == r.State && was.Erased == r.Erased {
					continue
				}
				o := w.ended(app.RunView{Record: r})
				o.words = w.t("tick.done", "What", o.words)
				w.notify("notify.erased")
				w.say(o)
			}
		})
	})
	return outcome{}
}
