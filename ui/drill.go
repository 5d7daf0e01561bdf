package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/ui/kit"
)

// drillPage is the drills so far: a customer who never was, taken through
// request, erasure and verification.
type drillPage struct {
	w    *Window
	body *slot
}

func (p *drillPage) place() string { return placePromises }
func (p *drillPage) changed()      { p.load() }
func (p *drillPage) step()         { p.run() }

func (p *drillPage) build() fyne.CanvasObject {
	w := p.w
	head := w.backHeader(w.t("board.drill"), w.t("drill.summary"), kit.NewPrimary(w.t("drill.run"), p.run))
	p.body = newSlot()
	p.load()
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

func (p *drillPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (app.DrillView, error) { return w.f.Drills(ctx) }, p.show)
}

// run asks first: a file is laid into the shop's own storage.
func (p *drillPage) run() {
	w := p.w
	var d *kit.Dialog
	d = w.dialog(w.t("drill.run"), kit.Words(w.t("drill.confirm")), kit.NewPrimary(w.t("drill.yes"), func() {
		d.Close()
		var rec app.DrillRecord
		w.run(w.t("drill.running"), func(ctx context.Context, report reporter) (err error) {
			rec, err = w.f.RunDrill(ctx, report)
			return err
		}, func(err error) outcome {
			if err != nil {
				return outcome{tone: kit.Late}
			}
			return outcome{tone: kit.Kept, words: w.n("drill.passed", rec.Erased)}
		})
	}))
	d.Show()
}

func (p *drillPage) show(v app.DrillView) fyne.CanvasObject {
	w := p.w
	monthly := kit.NewCheck(w.t("drill.monthly"), v.Monthly, func(on bool) {
		w.do(func(ctx context.Context) error { return w.f.SetDrillMonthly(ctx, on) }, nil)
	})
	switch {
	case len(v.Drills) == 0 && !v.Can:
		return kit.Empty(theme.WarningIcon(), w.t("drill.cannot"), w.t("drill.cannotWords"), w.t("nav.settings"), func() { w.open(placeSettings) })
	case len(v.Drills) == 0:
		return kit.EmptyActs(theme.MediaReplayIcon(), w.t("drill.none"), w.t("drill.noneWords"), kit.NewButton(w.t("drill.run"), p.run))
	}
	parts := []fyne.CanvasObject{monthly}
	for _, d := range v.Drills {
		parts = append(parts, kit.NewCard(kit.Down(-6, p.one(d)...)))
	}
	return kit.Page(kit.DownReading(8, parts...))
}

func (p *drillPage) one(d app.DrillRecord) []fyne.CanvasObject {
	w := p.w
	tone, words := kit.Kept, w.n("drill.passed", d.Erased)
	switch {
	case d.EndedAt.IsZero():
		tone, words = kit.AtRisk, w.t("drill.open")
	case d.Failed == "stopped":
		tone, words = kit.CannotTell, w.t("drill.stopped")
	case d.Failed != "":
		tone, words = kit.Late, w.t("drill.failed", "Step", w.known("drill.step."+d.Failed, d.Failed))
	}
	out := []fyne.CanvasObject{kit.Strong(w.short(w.day(d.StartedAt))), kit.Badge(tone, words)}
	for _, s := range d.Steps {
		t := kit.Kept
		if !s.OK {
			t = kit.Late
		}
		out = append(out, kit.Badge(t, w.known("drill.step."+s.Name, s.Name)))
	}
	for _, x := range d.Places {
		switch {
		case x.Skipped != "":
			out = append(out, kit.Faint(w.t("drill.skipped", "Storage", kit.Line(x.Storage, 60), "Why", w.known("drill.skip."+x.Skipped, x.Skipped))))
		default:
			out = append(out, kit.Faint(kit.Line(x.Storage, 60)+" · "+kit.Line(x.Key, 120)))
		}
	}
	if !d.Cleaned && !d.EndedAt.IsZero() {
		out = append(out, kit.IconLine(kit.Late, w.t("drill.left")))
	}
	return out
}
