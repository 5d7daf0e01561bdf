package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/retention"
	"greffier/ui/kit"
)

// storagePage is what the rules make due, the runs so far, and the objects
// that no order claims.
type storagePage struct {
	w    *Window
	head *kit.Header
	tab  int
	tabs *kit.Tabs
	due  *slot
	runs *slot
	lost *slot
	see  func()
}

func (p *storagePage) place() string { return placeStorage }
func (p *storagePage) step() {
	if p.see != nil {
		p.see()
	}
}
func (p *storagePage) changed() { p.loadDue(); p.loadRuns() }

func (p *storagePage) build() fyne.CanvasObject {
	w := p.w
	p.head = kit.NewHeader(w.t("nav.storage"), w.t("storage.summary"), kit.NewButton(w.t("sweeps.title"), w.openSweeps))
	p.due, p.runs, p.lost = newSlot(), newSlot(), newSlot()
	p.tabs = kit.NewTabs(kit.Tab{Word: w.t("storage.due"), Content: p.due.box}, kit.Tab{Word: w.t("storage.runs"), Content: p.runs.box},
		kit.Tab{Word: w.t("storage.orphans"), Content: p.lost.box})
	p.tabs.OnSelected = func(i int) {
		p.tab = i
		if p.tab == 2 && len(p.lost.box.Objects) == 0 {
			p.loadOrphans()
		}
	}
	chosen := p.tab
	p.loadDue()
	p.loadRuns()
	if chosen != 0 {
		p.tabs.Select(chosen)
	}
	return container.NewBorder(p.head.Object, nil, nil, nil, p.tabs.Object)
}

func (p *storagePage) loadDue() {
	w := p.w
	fetch(w, p.due, func(ctx context.Context) (app.RetentionView, error) {
		// What the other rules make due stands on the page of the rules.
		return w.f.RetentionOf(ctx, law.Date{}, retention.Media)
	}, p.showDue)
}

func (p *storagePage) showDue(v app.RetentionView) fyne.CanvasObject {
	w := p.w
	p.see = nil
	if len(v.Due) == 0 {
		p.head.Summary.SetText(w.t("storage.nothingDue"))
		return kit.Empty(theme.ConfirmIcon(), w.t("storage.peace"), w.t("storage.peaceWords"), w.t("places.link"), func() { w.follow(&placesPage{w: w}) })
	}
	objects, held := 0, 0
	for _, d := range v.Due {
		if d.Held != "" {
			held++
		} else {
			objects += d.Objects
		}
	}
	p.head.Summary.SetText(w.n("storage.dueCount", objects))
	t := kit.NewTable([]kit.Column[app.DueRow]{
		{Label: w.t("col.order"), Width: 96, Grow: 0.4, Text: func(r app.DueRow) string {
			if r.Number == "" {
				return w.t("plan.orphans")
			}
			return kit.Line(r.Number, 30)
		}},
		{Label: w.t("col.rule"), Width: 138, Grow: 0.4, Faint: true, Text: func(r app.DueRow) string { return w.ruleName(r.Rule) }},
		{Label: w.t("col.since"), Width: 110, Spare: true, Text: func(r app.DueRow) string { return w.shortYear(r.Since) }, Less: func(a, b app.DueRow) bool { return a.Since.Before(b.Since) }},
		{Label: w.t("col.lastDay"), Width: 110, Text: func(r app.DueRow) string { return w.shortYear(r.Due) }, Less: func(a, b app.DueRow) bool { return a.Due.Before(b.Due) }},
		{Label: w.t("col.objects"), Width: 70, Right: true, Text: func(r app.DueRow) string { return w.number(r.Objects) }, Less: func(a, b app.DueRow) bool { return a.Objects < b.Objects }},
		{Label: w.t("col.size"), Width: 80, Right: true, Text: func(r app.DueRow) string { return w.size(r.SizeBytes) }, Less: func(a, b app.DueRow) bool { return a.SizeBytes < b.SizeBytes }},
		{Label: w.t("col.state"), Width: 130, Grow: 1.6, Text: func(r app.DueRow) string {
			if r.Held != "" {
				return w.t("media.heldBecause", "Reason", w.held(r.Held))
			}
			return w.t("storage.free")
		}, Tone: func(r app.DueRow) kit.Tone {
			if r.Held != "" {
				return kit.AtRisk
			}
			return kit.Late
		}},
	})
	t.OnOpen = func(r app.DueRow) {
		if r.Order != 0 {
			w.follow(&orderPage{w: w, id: r.Order})
		}
	}
	t.SetRows(v.Due)
	words := w.n("storage.dueWords", objects)
	if held > 0 {
		words += " " + w.n("storage.held", held)
	}
	p.see = func() {
		w.follow(&planPage{w: w, at: placeStorage, title: w.t("storage.planTitle"), get: func(ctx context.Context) (plan.Plan, error) {
			v, err := w.f.RetentionOf(ctx, law.Date{}, retention.Media)
			return v.Plan, err
		}})
	}
	return container.NewBorder(kit.Margins(16, 8, 24, 4, kit.Row(0, kit.Words(words), kit.NewPrimary(w.t("storage.see"), p.see))), nil, nil, nil,
		kit.Margins(16, 0, 16, 8, t.Object))
}

func (p *storagePage) loadRuns() {
	w := p.w
	fetch(w, p.runs, w.f.Runs, func(rows []app.RunView) fyne.CanvasObject {
		if len(rows) == 0 {
			return kit.Empty(theme.DeleteIcon(), w.t("runs.none"), w.t("runs.noneWords"), "", nil)
		}
		cut := false
		for _, r := range rows {
			cut = cut || r.Record.State == erasure.Running || r.Record.State == erasure.Partial
		}
		t := kit.NewTable([]kit.Column[app.RunView]{
			{Label: w.t("col.n"), Width: 50, Right: true, Text: func(r app.RunView) string { return w.number(int(r.Record.ID)) }, Less: func(a, b app.RunView) bool { return a.Record.ID < b.Record.ID }},
			{Label: w.t("col.when"), Width: 120, Text: func(r app.RunView) string { return w.brief(r.Record.StartedAt) }, Less: func(a, b app.RunView) bool { return a.Record.StartedAt.Before(b.Record.StartedAt) }},
			{Label: w.t("col.for"), Width: 150, Grow: 1.4, Text: func(r app.RunView) string { return w.scope(r.Record.Scope) }},
			{Label: w.t("col.by"), Width: 120, Grow: 0.6, Faint: true, Text: func(r app.RunView) string { return w.actor(r.Record.By) }},
			{Label: w.t("col.objects"), Width: 80, Right: true, Text: func(r app.RunView) string { return w.number(r.Record.Erased) }},
			{Label: w.t("col.leftOver"), Width: 80, Right: true, Text: func(r app.RunView) string { return w.number(r.Record.Left) }},
			{Label: w.t("col.state"), Width: 120, Text: func(r app.RunView) string { return w.t("run." + r.Record.State.String()) }, Tone: func(r app.RunView) kit.Tone { return runTone(r.Record.State) }},
		})
		t.OnOpen = func(r app.RunView) { w.follow(&runPage{w: w, id: r.Record.ID}) }
		t.SetRows(rows)
		list := kit.Margins(16, 4, 16, 8, t.Object)
		if !cut {
			return list
		}
		return container.NewBorder(kit.Margins(16, 8, 24, 0, kit.Row(0, kit.IconLine(kit.AtRisk, w.t("runs.cut")), kit.NewPrimary(w.t("run.resume"), w.resume))), nil, nil, nil, list)
	})
}

func (p *storagePage) loadOrphans() {
	w := p.w
	fetch(w, p.lost, w.f.Orphans, func(rows []app.Orphan) fyne.CanvasObject {
		if len(rows) == 0 {
			return kit.Empty(theme.StorageIcon(), w.t("orphans.none"), w.t("orphans.noneWords"), "", nil)
		}
		t := kit.NewTable([]kit.Column[app.Orphan]{
			{Label: w.t("col.object"), Width: 200, Grow: 2, Tail: true, Text: func(o app.Orphan) string { return kit.Line(o.Key, 140) }, Less: func(a, b app.Orphan) bool { return a.Key < b.Key }},
			{Label: w.t("col.storage"), Width: 120, Grow: 0.6, Faint: true, Spare: true, Text: func(o app.Orphan) string { return kit.Line(o.Storage, 40) }},
			{Label: w.t("col.what"), Width: 120, Text: func(o app.Orphan) string { return w.holds(o.Holds) }},
			{Label: w.t("col.size"), Width: 90, Right: true, Text: func(o app.Orphan) string { return w.size(o.SizeBytes) }, Less: func(a, b app.Orphan) bool { return a.SizeBytes < b.SizeBytes }},
			{Label: w.t("col.age"), Width: 110, Right: true, Text: func(o app.Orphan) string { return w.age(o.AgeDays) }, Less: func(a, b app.Orphan) bool { return a.AgeDays < b.AgeDays }},
		})
		t.SetRows(rows)
		see := kit.NewButton(w.t("orphans.see"), func() {
			w.follow(&planPage{w: w, at: placeStorage, title: w.t("orphans.planTitle"), get: w.f.PlanOrphans})
		})
		head := kit.Row(0, kit.Words(w.n("orphans.words", len(rows))+" "+w.t("orphans.why")), see)
		return container.NewBorder(kit.Margins(16, 8, 24, 4, head), nil, nil, nil, kit.Margins(16, 0, 16, 8, t.Object))
	})
}
