package ui

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/effects"
	"greffier/ui/kit"
)

// suppressionPage is the suppression list: who does not want what (GDPR Art.
// 21(3), 7(3)), with the ways in and out of it.
type suppressionPage struct {
	w      *Window
	head   *kit.Header
	find   *kit.Entry
	body   *slot
	checks *fyne.Container
	rows   []app.SuppressionRow
	table  *kit.Table[app.SuppressionRow]
}

func (p *suppressionPage) place() string          { return placeRegisters }
func (p *suppressionPage) search() fyne.Focusable { return p.find }
func (p *suppressionPage) changed()               { p.load() }
func (p *suppressionPage) step()                  { p.add() }

func (p *suppressionPage) build() fyne.CanvasObject {
	w := p.w
	p.find = kit.NewEntry("")
	p.find.SetPlaceHolder(w.t("search"))
	p.find.OnChanged = func(string) { p.refilter() }
	p.head = w.backHeader(w.t("suppression.page"), w.t("suppression.summary"), kit.MinWidth(190, p.find), kit.NewPrimary(w.t("suppression.add"), p.add))
	bring := kit.NewButton(w.t("suppression.import"), p.bring)
	out := kit.NewButton(w.t("suppression.export"), p.export)
	p.checks = container.NewVBox()
	p.body = newSlot()
	p.table = nil
	p.load()
	top := kit.Margins(16, 0, 16, 4, kit.Down(4, kit.Flow(bring, out), p.checks))
	return container.NewBorder(container.NewVBox(p.head.Object, top), nil, nil, nil, p.body.box)
}

type suppressionData struct {
	rows   []app.SuppressionRow
	checks []app.Service
}

func (p *suppressionPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (d suppressionData, err error) {
		if d.rows, err = w.f.Suppressed(ctx); err != nil {
			return d, err
		}
		d.checks, err = w.f.SuppressionChecks(ctx)
		return d, err
	}, func(d suppressionData) fyne.CanvasObject {
		p.rows = d.rows
		standing, broken := 0, 0
		for _, r := range d.rows {
			if r.Active() {
				standing++
			}
			if r.Tone == app.ToneLate {
				broken++
			}
		}
		words := w.n("suppression.count", standing)
		if broken > 0 {
			words += " " + w.n("suppression.brokenCount", broken)
		}
		p.head.Summary.SetText(words)
		p.checks.Objects = nil
		for _, c := range d.checks {
			p.checks.Add(w.checkLine(c))
		}
		p.checks.Refresh()
		return p.content()
	})
}

// checkLine says when a shop was last found to honour the list.
func (w *Window) checkLine(c app.Service) fyne.CanvasObject {
	shop := kit.Line(c.Name, 40)
	switch {
	case c.Detail == "by hand":
		return kit.IconLine(kit.Quiet, w.t("suppression.checkByHand", "Shop", shop))
	case c.Err != nil:
		return kit.IconLine(kit.AtRisk, w.t("suppression.checkFailed", "Shop", shop))
	case c.At.IsZero():
		return kit.IconLine(kit.CannotTell, w.t("suppression.checkNever", "Shop", shop))
	}
	return kit.IconLine(kit.Kept, w.t("suppression.checked", "Shop", shop, "Date", w.at(c.At)))
}

func (p *suppressionPage) refilter() {
	if p.rows != nil {
		p.body.gen++
		p.body.set(p.content())
	}
}

func (p *suppressionPage) content() fyne.CanvasObject {
	w := p.w
	if len(p.rows) == 0 {
		return kit.EmptyActs(theme.ListIcon(), w.t("suppression.none"), w.t("suppression.noneWords"), kit.NewButton(w.t("suppression.add"), p.add), kit.NewButton(w.t("suppression.import"), p.bring))
	}
	want := strings.ToLower(strings.TrimSpace(p.find.Text))
	rows := slices.DeleteFunc(slices.Clone(p.rows), func(r app.SuppressionRow) bool {
		return want != "" && !strings.Contains(strings.ToLower(w.suppressed(r)+" "+w.useWords(r.Uses)), want)
	})
	if len(rows) == 0 {
		return kit.Empty(theme.SearchIcon(), w.t("search.none"), w.t("search.noneWords"), "", nil)
	}
	if p.table == nil {
		p.table = kit.NewTable([]kit.Column[app.SuppressionRow]{
			{Label: w.t("col.person"), Width: 200, Grow: 2, Text: w.suppressed, Less: func(a, b app.SuppressionRow) bool { return a.Email+a.Phone < b.Email+b.Phone }},
			{Label: w.t("suppression.col.uses"), Width: 200, Grow: 2, Text: func(r app.SuppressionRow) string { return w.useWords(r.Uses) }},
			{Label: w.t("suppression.col.since"), Width: 110, Faint: true, Text: func(r app.SuppressionRow) string { return w.brief(r.At) }, Less: func(a, b app.SuppressionRow) bool { return a.At.Before(b.At) }},
			{Label: w.t("suppression.col.source"), Width: 120, Faint: true, Spare: true, Text: w.sourceWord},
			{Label: w.t("suppression.col.state"), Width: 170, Text: w.suppressionState, Tone: suppressionTone},
		})
		p.table.OnOpen = p.open
	}
	p.table.SetRows(rows)
	return kit.Margins(16, 0, 16, 8, p.table.Object)
}

// suppressionState says in a word how an entry stands.
func (w *Window) suppressionState(r app.SuppressionRow) string {
	switch {
	case !r.Active():
		return w.t("effects.liftedOn", "Date", w.brief(r.LiftedAt))
	case r.Tone == app.ToneLate:
		return w.t("suppression.notHonoured")
	case len(r.Waiting) > 0:
		return w.t("suppression.waiting")
	case len(r.ByHand) > 0:
		return w.t("suppression.handState")
	}
	return w.t("suppression.standing")
}

// open shows one entry with what can be done.
func (p *suppressionPage) open(r app.SuppressionRow) {
	w := p.w
	kit.NewDialog(w.win.Canvas(), w.t("suppression.entry"), kit.DialogWidth, w.suppressionCard(r), w.t("close"), nil).Show()
}

func (p *suppressionPage) add() {
	p.w.suppress(effects.Suppression{Source: effects.ByHand, Uses: []effects.Use{effects.Newsletter}}, p.load)
}

// bring takes in the list of a newsletter tool.
func (p *suppressionPage) bring() {
	w := p.w
	file := kit.NewEntry("")
	file.SetPlaceHolder("desinscrits.csv")
	var d *kit.Dialog
	choose := kit.NewButton(w.t("suppression.choose"), func() {
		f := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if err == nil && r != nil {
				file.SetText(r.URI().Path())
				r.Close()
			}
		}, w.win)
		f.SetFilter(storage.NewExtensionFileFilter([]string{".csv", ".txt"}))
		f.Show()
	})
	ok := kit.NewPrimary(w.t("suppression.importYes"), func() {
		path := strings.TrimSpace(file.Text)
		d.Close()
		p.take(path)
	})
	ok.Disable()
	file.OnChanged = func(s string) { enable(ok, strings.TrimSpace(s) != "") }
	d = w.dialog(w.t("suppression.import"), kit.Down(0, kit.Words(w.t("suppression.importWords")),
		kit.FormRow(w.t("suppression.file"), "", container.NewBorder(nil, nil, nil, choose, file))), ok)
	d.FocusOn(file).Show()
}

func (p *suppressionPage) take(path string) {
	w := p.w
	var r app.SuppressionImport
	w.run(w.t("suppression.importing"), func(ctx context.Context, _ reporter) (err error) {
		r, err = w.f.ImportSuppressions(ctx, path)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		p.load()
		o := outcome{tone: kit.Kept, words: w.n("suppression.added", r.Added, "Known", w.number(r.Known))}
		if len(r.Problems) > 0 {
			o.tone = kit.AtRisk
			o.words += " " + w.n("suppression.bad", len(r.Problems))
			o.act, o.onAct = w.t("sync.look"), func() { w.problems(app.SyncReport{Problems: r.Problems}) }
		}
		return o
	})
}

// export writes the list for a newsletter tool.
func (p *suppressionPage) export() {
	w := p.w
	var options []kit.Option
	for _, f := range []effects.Format{effects.FormatCSV, effects.FormatEmail, effects.FormatSHA256} {
		options = append(options, kit.Option{Value: string(f), Word: w.t("suppression.format." + string(f))})
	}
	choose := kit.NewSelect(options, string(effects.FormatCSV), nil)
	var d *kit.Dialog
	d = w.dialog(w.t("suppression.export"), kit.Down(0, kit.Words(w.t("suppression.exportWords")), kit.FormRow(w.t("suppression.formatLabel"), "", choose)),
		kit.NewPrimary(w.t("suppression.exportYes"), func() {
			format := choose.Value()
			d.Close()
			ask(w, func(ctx context.Context) (app.SuppressionExport, error) {
				return w.f.ExportSuppressions(ctx, "", format)
			}, p.exported)
		}))
	d.Show()
}

func (p *suppressionPage) exported(x app.SuppressionExport) {
	w := p.w
	parts := []fyne.CanvasObject{kit.StrongWords(kit.Clip(filepath.Base(x.Path), 200, 60)), kit.Faint(kit.Clip(filepath.Dir(x.Path), 400, 70)), kit.Words(w.n("suppression.rows", x.Rows))}
	if x.Restricted > 0 {
		parts = append(parts, kit.IconLine(kit.Quiet, w.n("suppression.rowsRestricted", x.Restricted)))
	}
	if x.Erased > 0 {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.n("suppression.rowsErased", x.Erased)))
	}
	var d *kit.Dialog
	d = kit.NewDialog(w.win.Canvas(), w.t("print.done"), kit.DialogWidth, kit.Down(-8, parts...), w.t("close"), nil, kit.NewPrimary(w.t("print.show"), func() { d.Close(); w.showFolder(x.Path) }))
	d.Show()
}
