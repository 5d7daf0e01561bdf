package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/promise"
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
	p.head = w.backHeader(w.t("nav.promises"), w.t("promises.summary"),
		kit.NewIconButton(w.t("board.history"), theme.HistoryIcon(), func() { w.follow(&historyPage{w: w}) }),
		kit.NewIconButton(w.t("board.policy"), theme.DocumentIcon(), func() { w.follow(&policyPage{w: w}) }),
		kit.NewIconButton(w.t("board.site"), theme.SearchIcon(), func() { w.follow(&sitePage{w: w}) }),
		kit.NewIconButton(w.t("board.drill"), theme.MediaReplayIcon(), func() { w.follow(&drillPage{w: w}) }))
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
	if r.NotMade {
		return w.t("board.notMade")
	}
	words := w.known("board."+r.State, r.State)
	if r.State == "at risk" && !r.By.IsZero() {
		words = w.t("board.riskBy", "Date", w.short(r.By))
	}
	return words
}

func promiseTone(r app.PromiseRow) kit.Tone {
	if r.NotMade {
		return kit.Quiet
	}
	return boardTone(r.State)
}

func boardTone(state string) kit.Tone {
	switch state {
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
		if !r.NotMade {
			counts[r.State]++
		}
	}
	p.head.Summary.SetText(w.t("promises.counts", "Kept", w.n("promises.kept", counts["kept"]), "Risk", w.n("promises.risk", counts["at risk"]),
		"Broken", w.n("promises.broken", counts["broken"]), "Unknown", w.n("promises.unknown", counts["cannot tell"])))
	if len(rows) == 0 {
		return kit.Empty(theme.ConfirmIcon(), w.t("promises.none"), w.t("promises.noneWords"), "", nil)
	}
	t := kit.NewTable([]kit.Column[app.PromiseRow]{
		{Label: "", Width: 50, Text: func(r app.PromiseRow) string { return r.ID }},
		{Label: w.t("col.promise"), Width: 160, Grow: 2, Text: func(r app.PromiseRow) string { return kit.Line(r.Sentence, 200) }},
		{Label: w.t("col.state"), Width: 120, Text: w.promiseState, Tone: promiseTone, Less: func(a, b app.PromiseRow) bool { return promiseTone(a) > promiseTone(b) }},
		{Label: w.t("board.sinceCol"), Width: 84, Faint: true, Spare: true, Text: func(r app.PromiseRow) string { return w.sinceWords(r.Since) },
			Less: func(a, b app.PromiseRow) bool { return a.Since.Before(b.Since) }},
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
	split := w.split(splitPromises, 0.58, kit.Margins(16, 0, 4, 8, t.Object), p.detail)
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
	if !r.Since.IsZero() {
		parts = append(parts, kit.Faint(w.t("board.since", "Date", w.short(r.Since))))
	}
	if len(r.Spans) > 0 {
		parts = append(parts, kit.Gap(8), newStrip(r.Spans, w.day(w.clock())), kit.Gap(14))
	}
	if len(r.Lines) > 0 {
		parts = append(parts, kit.Gap(6), kit.Heading(w.t("board.evidence")))
		for i, l := range r.Lines {
			if i == 60 {
				parts = append(parts, kit.Faint(w.n("more", len(r.Lines)-i)))
				break
			}
			parts = append(parts, p.line(r, l))
		}
	}
	if mend := w.mend(r.Mend); mend != nil && r.State != "kept" {
		parts = append(parts, kit.Gap(16), container.NewHBox(kit.NewPrimary(w.t("mend."+r.Mend), mend)))
	}
	p.detail.Objects = []fyne.CanvasObject{container.NewVScroll(kit.Margins(8, 4, 20, 16, kit.Down(0, kit.NewCard(kit.Down(-6, parts...)))))}
	p.detail.Refresh()
}

// line is one row of evidence; it opens where its rows lie, and its act where it
// has another one than the promise's.
func (p *promisesPage) line(r app.PromiseRow, l app.PromiseLine) fyne.CanvasObject {
	w := p.w
	acts := []fyne.CanvasObject{kit.Words("– " + kit.Clip(l.Text, 400, 300))}
	if mend := w.mend(l.Mend); mend != nil && l.Mend != r.Mend {
		acts = append(acts, kit.NewQuiet(w.t("mend."+l.Mend), nil, mend))
	}
	if open := w.target(l.Open); open != nil {
		acts = append(acts, kit.NewQuiet(w.t("open"), nil, open))
	}
	return kit.Row(0, acts...)
}

// sinceWords is a day, or nothing.
func (w *Window) sinceWords(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	return w.short(d)
}

// target leads to where the rows of a line lie.
func (w *Window) target(t promise.Target) func() {
	to := func(n register.Name) func() { return func() { w.follow(&registerPage{w: w, name: n}) } }
	switch t.Kind {
	case "case":
		return func() { w.openCase(cases.ID(t.ID)) }
	case "order":
		return func() { w.follow(&orderPage{w: w, id: t.ID}) }
	case "orders":
		return func() { w.follow(w.first(placeOrders)) }
	case "requests":
		return func() { w.follow(&requestsPage{w: w}) }
	case "erasures":
		return to(register.Erasures)
	case "processing":
		return to(register.Processing)
	case "processors":
		return to(register.Processors)
	case "trackers":
		return to(register.Trackers)
	case "consents":
		return to(register.Consents)
	case "policy":
		return to(register.Policy)
	case "rules":
		return to(register.Retention)
	case "services", "settings":
		return func() { w.follow(w.first(placeSettings)) }
	case "site":
		return func() { w.follow(&sitePage{w: w}) }
	case "drill":
		return func() { w.follow(&drillPage{w: w}) }
	}
	return nil
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
	case "state." + promise.StatedAccounts, "state." + promise.StatedMinors, "state." + promise.StatedRestore, "state." + promise.StatedBanner:
		return func() { w.stateSeen(strings.TrimPrefix(key, "state.")) }
	case "backup":
		return w.backup
	case "settings":
		return func() { w.open(placeSettings) }
	case "site":
		return func() { w.follow(&sitePage{w: w}) }
	case "drill":
		return func() { w.follow(&drillPage{w: w}) }
	}
	return nil
}
