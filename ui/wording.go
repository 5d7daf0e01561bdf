package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/app"
	"greffier/ui/kit"
)

// wordingsPage lists the letters with the state of each wording.
type wordingsPage struct {
	w    *Window
	body *slot
}

func (p *wordingsPage) place() string { return placeSettings }
func (p *wordingsPage) changed()      { p.load() }

func (p *wordingsPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.load()
	return container.NewBorder(w.backHeader(w.t("wording.title"), w.t("wording.summary")).Object, nil, nil, nil, p.body.box)
}

func (p *wordingsPage) load() { fetch(p.w, p.body, p.w.f.Wordings, p.show) }

// wordingState says in a word where a wording stands.
func (w *Window) wordingState(r app.WordingRow) (string, kit.Tone) {
	switch {
	case r.State == app.WordingBroken:
		return w.t("wording.state.broken"), kit.Late
	case r.State == app.WordingYours && r.Updated:
		return w.t("wording.state.updated"), kit.AtRisk
	case r.State == app.WordingYours:
		return w.t("wording.state.yours"), kit.Kept
	}
	return w.t("wording.state.shipped"), kit.Quiet
}

func (p *wordingsPage) show(rows []app.WordingRow) fyne.CanvasObject {
	w := p.w
	t := kit.NewTable([]kit.Column[app.WordingRow]{
		{Label: w.t("wording.col.letter"), Width: 220, Grow: 2, Text: func(r app.WordingRow) string { return w.t("letter." + r.Kind) }},
		{Label: w.t("wording.col.lang"), Width: 90, Text: func(r app.WordingRow) string { return w.t("lang." + r.Lang) }},
		{Label: w.t("wording.col.state"), Width: 160, Grow: 1.6, Text: func(r app.WordingRow) string { s, _ := w.wordingState(r); return s },
			Tone: func(r app.WordingRow) kit.Tone { _, t := w.wordingState(r); return t }},
		{Label: w.t("wording.col.changed"), Width: 130, Faint: true, Text: func(r app.WordingRow) string {
			if r.ChangedAt.IsZero() {
				return ""
			}
			return w.brief(r.ChangedAt)
		}},
	})
	t.OnOpen = func(r app.WordingRow) { w.follow(&wordingPage{w: w, kind: r.Kind, lang: r.Lang}) }
	t.SetRows(rows)
	return kit.Margins(8, 4, 8, 8, t.Object)
}

// wordingCard leads from the settings to the letters.
func (w *Window) wordingCard() fyne.CanvasObject {
	return kit.Row(0, kit.Down(-14, kit.Strong(w.t("wording.title")), kit.Faint(w.t("wording.row"))),
		kit.NewButton(w.t("open"), func() { w.follow(&wordingsPage{w: w}) }))
}

// wordingLoad is what the editor needs at once.
type wordingLoad struct {
	view  app.WordingView
	cases []app.CaseRow
}

func (p *wordingPage) get(ctx context.Context) (wordingLoad, error) {
	v, err := p.w.f.Wording(ctx, p.kind, p.lang)
	if err != nil {
		return wordingLoad{}, err
	}
	cs, err := p.w.f.Requests(ctx)
	return wordingLoad{v, cs}, err
}
