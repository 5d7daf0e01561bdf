package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/register"
	"greffier/ui/kit"
)

// promisesPage is the board: each promise of the policy, whether it is kept,
// and why one may say so.
type promisesPage struct {
	w      *Window
	open   string // promise to open first
	head   *kit.Header
	body   *slot
	detail *fyne.Container
}

func (p *promisesPage) place() string { return placePromises }
func (p *promisesPage) changed()      { p.load() }

func (p *promisesPage) build() fyne.CanvasObject {
	w := p.w
	p.head = w.backHeader(w.t("nav.promises"), w.t("promises.summary"))
	p.body = newSlot()
	p.detail = container.NewStack()
	p.load()
	return container.NewBorder(p.head.Object, nil, nil, nil, p.body.box)
}

func (p *promisesPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) ([]app.PromiseRow, error) { return w.f.Promises(ctx, w.lang) }, p.show)
}

func (w *Window) promiseState(r app.PromiseRow) string {
	words := w.known("board."+r.State, r.State)
	if r.State == "at risk" && !r.By.IsZero() {
		words = w.t("board.riskBy", "Date", w.short(r.By))
	}
	return words
}

func promiseTone(r app.PromiseRow) kit.Tone {
	switch r.State {
	case "kept":
		return kit.Kept
	case "at risk":
		return kit.AtRisk
	case "broken":
		return kit.Late
	}
	return kit.CannotTell
}

func (p *promisesPage) show(rows []app.PromiseRow) fyne.CanvasObject {
	w := p.w
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.State]++
	}
	p.head.Summary.SetText(w.t("promises.counts", "Kept", w.n("promises.kept", counts["kept"]), "Risk", w.n("promises.risk", counts["at risk"]),
		"Broken", w.n("promises.broken", counts["broken"]), "Unknown", w.n("promises.unknown", counts["cannot tell"])))
	if len(rows) == 0 {
		return kit.Empty(theme.ConfirmIcon(), w.t("promises.none"), w.t("promises.noneWords"), "", nil)
	}
	t := kit.NewTable([]kit.Column[app.PromiseRow]{
		{Label: "", Width: 50, Text: func(r app.PromiseRow) string { return r.ID }},
		{Label: w.t("col.promise"), Width: 160, Grow: 2, Text: func(r app.PromiseRow) string { return kit.Line(r.Sentence, 200) }},
		{Label: w.t("col.state"), Width: 190, Text: w.promiseState, Tone: promiseTone, Less: func(a, b app.PromiseRow) bool { return promiseTone(a) > promiseTone(b) }},
	})
	t.OnSelect = p.showOne
	t.OnOpen = p.showOne
	t.SetRows(rows)
	at := 0
	for i, r := range rows {
		if p.open != "" && r.ID == p.open {
			at = i
		}
	}
	split := container.NewHSplit(kit.Margins(16, 0, 4, 8, t.Object), p.detail)
	split.Offset = 0.58
	t.Select(at)
	return split
}

// showOne shows the evidence of a promise and the act that mends it.
func (p *promisesPage) showOne(r app.PromiseRow) {
	w := p.w
	p.open = r.ID
	parts := []fyne.CanvasObject{
		kit.Badge(promiseTone(r), w.promiseState(r)),
		kit.StrongWords(kit.Clip(r.Sentence, 600, 400)),
		kit.Faint(w.t("board.article", "ID", r.ID, "Article", kit.Line(r.Article, 40))),
	}
	if len(r.Evidence) > 0 {
		parts = append(parts, kit.Gap(6), kit.Heading(w.t("board.evidence")))
		for i, e := range r.Evidence {
			if i == 60 {
				parts = append(parts, kit.Faint(w.n("more", len(r.Evidence)-i)))
				break
			}
			parts = append(parts, kit.Words("– "+kit.Clip(e, 400, 300)))
		}
	}
	if mend := w.mend(r.Mend); mend != nil && r.State != "kept" {
		parts = append(parts, kit.Gap(16), container.NewHBox(kit.NewPrimary(w.t("mend."+r.Mend), mend)))
	}
	p.detail.Objects = []fyne.CanvasObject{container.NewVScroll(kit.Margins(8, 4, 20, 16, kit.Down(0, kit.NewCard(kit.Down(-6, parts...)))))}
	p.detail.Refresh()
}

// mend returns the act behind a promise's button, nil for none.
func (w *Window) mend(key string) func() {
	to := func(n register.Name) func() { return func() { w.follow(&registerPage{w: w, name: n}) } }
	switch key {
	case "orders":
		return func() { w.open(placeStorage) }
	case "processors":
		return to(register.Processors)
	case "processing":
		return to(register.Processing)
	case "trackers":
		return to(register.Trackers)
	case "policy":
		return to(register.Policy)
	case "sync":
		return func() { w.sync(true, true) }
	case "requests":
		return func() { w.open(placeRequests) }
	case "backup":
		return w.backup
	case "settings":
		return func() { w.open(placeSettings) }
	}
	return nil
}
