package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/retention"
	"greffier/ui/kit"
)

// The tabs of the page.
const (
	rulesTabRules = iota
	rulesTabDue
	rulesTabYear
	rulesTabHolds
	rulesTabArchive
)

// rulesPage is how long things are kept: the rules, what they make due, the year
// ahead, the holds, and what is archived.
type rulesPage struct {
	w    *Window
	tab  int
	tabs *kit.Tabs
	body [5]*slot
}

func (p *rulesPage) place() string { return placeRegisters }
func (p *rulesPage) changed()      { p.load(p.tab) }
func (p *rulesPage) step() {
	if p.tab == rulesTabHolds {
		p.placeHold()
	}
}

func (p *rulesPage) build() fyne.CanvasObject {
	w := p.w
	var tabs []kit.Tab
	for i, key := range []string{"rules", "due", "year", "holds", "archive"} {
		p.body[i] = newSlot()
		tabs = append(tabs, kit.Tab{Word: w.t("rules.tab." + key), Content: p.body[i].box})
	}
	p.tabs = kit.NewTabs(tabs...)
	p.tabs.OnSelected = func(i int) { p.tab = i; p.load(i) }
	chosen := p.tab
	if p.load(chosen); chosen != 0 {
		p.tabs.Select(chosen)
	}
	return container.NewBorder(w.backHeader(w.t("rules.page"), w.t("rules.summary")).Object, nil, nil, nil, p.tabs.Object)
}

func (p *rulesPage) load(tab int) {
	w := p.w
	switch tab {
	case rulesTabRules:
		fetch(w, p.body[tab], w.f.Rules, p.showRules)
	case rulesTabDue:
		fetchLong(w, p.body[tab], w.t("rules.due.looking"), func(ctx context.Context, _ reporter) ([]ruleDue, error) { return w.rulesDue(ctx) }, p.showDue)
	case rulesTabYear:
		fetch(w, p.body[tab], w.f.Year, p.showYear)
	case rulesTabHolds:
		fetch(w, p.body[tab], w.f.Holds, p.showHolds)
	case rulesTabArchive:
		fetch(w, p.body[tab], w.f.Archive, p.showArchive)
	}
}

// nameOfRule is the name of a rule; one of the owner's own has her word.
func (w *Window) nameOfRule(r register.Rule) string {
	if retention.About(r) == r.ID {
		return w.ruleName(r.ID)
	}
	return kit.Line(r.ID, 40)
}

func (p *rulesPage) showRules(rules []register.Rule) fyne.CanvasObject {
	w := p.w
	var parts []fyne.CanvasObject
	for _, r := range rules {
		covers := r.Covers.EN
		if w.lang == "fr" {
			covers = r.Covers.FR
		}
		if covers == "" {
			covers = w.t("rules.about." + retention.About(r))
		}
		e := w.ruleEntry(r)
		parts = append(parts, kit.NewCard(kit.Row(0, kit.Down(-10, kit.StrongWords(w.nameOfRule(r)), kit.Words(kit.Clip(covers, 300, 90)),
			kit.Faint(e.note+" · "+w.known("choice.rule.then."+r.Then, r.Then))),
			kit.NewButton(w.t("change"), func() { w.changeRule(r, func() { p.load(rulesTabRules) }) }))))
	}
	parts = append(parts, container.NewHBox(kit.NewIconButton(w.t("rules.add"), theme.ContentAddIcon(), func() {
		w.addRule(func() { p.load(rulesTabRules) })
	})))
	return kit.Page(kit.DownReading(8, parts...))
}

// changeRule changes a rule in a dialog. What it would make due at once is shown
// on the real data before it applies.
func (w *Window) changeRule(r register.Rule, done func()) {
	f := &form{w: w}
	w.ruleForm(f, &r)
	w.ruleDialog(w.nameOfRule(r), f, &r, done)
}

func (w *Window) ruleDialog(title string, f *form, r *register.Rule, done func()) {
	said := kit.Toned(kit.Words(""), kit.Late)
	var d *kit.Dialog
	try := kit.NewPrimary(w.t("rules.try"), func() {
		if !f.collect() {
			said.SetText(w.t("form.wrong"))
			return
		}
		if err := retention.Check(*r); err != nil {
			what, next := Explain(err, w.lang)
			said.SetText(what + " " + next)
			return
		}
		d.Close()
		w.tryRule(*r, done)
	})
	acts := []*kit.Button{try}
	if r.ID != "" && retention.About(*r) != r.ID {
		acts = append(acts, kit.NewIconButton(w.t("rules.drop"), theme.ContentRemoveIcon(), func() {
			d.Close()
			w.do(func(ctx context.Context) error { return w.f.DropRule(ctx, r.ID) }, done)
		}))
	}
	d = w.dialog(title, kit.Down(0, append(f.rows, said)...), acts...)
	d.Show()
}

// addRule makes a rule of the owner's own.
func (w *Window) addRule(done func()) {
	r := register.Rule{Data: retention.Unfinished, Starts: retention.FromInteraction, Then: retention.ThenDelete, Period: "1 year"}
	f := &form{w: w}
	name := kit.NewEntry("")
	f.rows = append(f.rows, kit.FormRow(w.t("rules.id"), "", name))
	var options []kit.Option
	for _, k := range retention.Kinds[1:] {
		options = append(options, kit.Option{Value: k, Word: w.t("rules.about." + k)})
	}
	data := kit.NewSelect(options, r.Data, nil)
	f.rows = append(f.rows, kit.FormRow(w.t("rules.about"), "", data))
	period := kit.NewEntry(w.periodWords(r.Period))
	f.rows = append(f.rows, kit.FormRow(w.t("field.rule.period"), "", period))
	f.takes = append(f.takes, func() bool {
		r.ID, r.Data, r.Period = strings.TrimSpace(name.Text), data.Value(), strings.TrimSpace(period.Text)
		r.Starts, r.Then = retention.StartsOf(r.Data)[0], retention.ThensOf(r.Data)[0]
		return true
	})
	f.keys = append(f.keys, "rule.period")
	w.ruleDialog(w.t("rules.addTitle"), f, &r, done)
}

func (w *Window) periodWords(s string) string {
	if p, err := law.ParsePeriod(s); err == nil {
		return p.Text(w.lang)
	}
	return s
}

// tryRule works out what a rule would make due, shows it, and applies the rule
// where she says so.
func (w *Window) tryRule(r register.Rule, done func()) {
	var v app.RuleImpact
	w.run(w.t("rules.trying"), func(ctx context.Context, _ reporter) (err error) {
		v, err = w.f.TryRule(ctx, r)
		return err
	}, func(err error) outcome {
		if err == nil {
			w.showImpact(v, done)
		}
		return outcome{}
	})
}

func (w *Window) sideWords(s app.ImpactSide) string {
	words := []string{w.n("rules.sideOrders", s.Orders)}
	if s.Objects > 0 {
		words = append(words, w.n("rules.sideObjects", s.Objects)+" ("+w.size(s.SizeBytes)+")")
	}
	if s.Held > 0 {
		words = append(words, w.n("rules.sideHeld", s.Held))
	}
	return strings.Join(words, " · ")
}

func (w *Window) showImpact(v app.RuleImpact, done func()) {
	parts := []fyne.CanvasObject{kit.Pair(w.t("rules.impactBefore"), w.sideWords(v.Before)), kit.Pair(w.t("rules.impactAfter"), w.sideWords(v.After)), kit.Gap(4)}
	list := func(key string, n int, rows []app.DueRow, t kit.Tone) {
		if n == 0 {
			return
		}
		var numbers []string
		for i, d := range rows {
			if i == 12 {
				numbers = append(numbers, "…")
				break
			}
			numbers = append(numbers, kit.Line(d.Number, 24))
		}
		parts = append(parts, kit.IconLine(t, w.n(key, n)), kit.Faint(strings.Join(numbers, ", ")))
	}
	list("rules.now", v.NowCount, v.Now, kit.AtRisk)
	list("rules.noMore", v.NoMoreCount, v.NoMore, kit.Quiet)
	if v.NowCount+v.NoMoreCount == 0 {
		parts = append(parts, kit.IconLine(kit.Kept, w.t("rules.impactNone")))
	}
	parts = append(parts, kit.Gap(4), kit.Words(w.t("rules.impactWords")))
	var d *kit.Dialog
	d = w.dialog(w.t("rules.impact"), kit.Down(-2, parts...), kit.NewPrimary(w.t("rules.apply"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.SaveRule(ctx, v.Rule) }, func() {
			w.say(outcome{tone: kit.Kept, words: w.t("rules.saved")})
			done()
		})
	}))
	d.Show()
}

// ruleDue is what one rule about orders makes due.
type ruleDue struct {
	rule register.Rule
	view app.RetentionView
}

func (w *Window) rulesDue(ctx context.Context) ([]ruleDue, error) {
	rules, err := w.f.Rules(ctx)
	if err != nil {
		return nil, err
	}
	var out []ruleDue
	for _, r := range rules {
		if retention.About(r) == retention.Media {
			continue
		}
		v, err := w.f.RetentionOf(ctx, law.Date{}, r.ID)
		if err != nil {
			return nil, err
		}
		if len(v.Due) > 0 {
			out = append(out, ruleDue{r, v})
		}
	}
	return out, nil
}

func (p *rulesPage) showDue(all []ruleDue) fyne.CanvasObject {
	w := p.w
	if len(all) == 0 {
		return kit.Empty(theme.ConfirmIcon(), w.t("rules.due.none"), w.t("rules.due.noneWords"), "", nil)
	}
	var parts []fyne.CanvasObject
	for _, d := range all {
		see := kit.NewButton(w.t("rules.see"), func() {
			w.follow(&planPage{w: w, at: placeRegisters, title: w.t("rules.planTitle", "Rule", w.nameOfRule(d.rule)), get: func(ctx context.Context) (plan.Plan, error) {
				v, err := w.f.RetentionOf(ctx, law.Date{}, d.rule.ID)
				if err != nil || len(v.Plans) == 0 {
					return plan.Plan{}, err
				}
				return v.Plans[0], nil
			}})
		})
		if retention.About(d.rule) == retention.Contract && len(d.view.Plans) > 0 {
			n := len(d.view.Plans[0].Scope.Orders) + d.view.Rest[d.rule.ID]
			see = kit.NewPrimary(w.t("rules.archiveNow"), func() { p.archiveNow(d.rule.ID, n) })
		}
		if len(d.view.Plans) == 0 {
			see.Disable() // all of it waits
		}
		t := kit.NewTable([]kit.Column[app.DueRow]{
			{Label: w.t("col.order"), Width: 96, Grow: 1, Text: func(r app.DueRow) string { return kit.Line(r.Number, 30) }},
			{Label: w.t("col.since"), Width: 110, Text: func(r app.DueRow) string { return w.shortYear(r.Since) }, Less: func(a, b app.DueRow) bool { return a.Since.Before(b.Since) }},
			{Label: w.t("col.lastDay"), Width: 110, Text: func(r app.DueRow) string { return w.shortYear(r.Due) }, Less: func(a, b app.DueRow) bool { return a.Due.Before(b.Due) }},
			{Label: w.t("col.state"), Width: 200, Grow: 2, Text: func(r app.DueRow) string {
				if r.Held != "" {
					return w.t("media.heldBecause", "Reason", w.held(r.Held))
				}
				return w.t("rules.free")
			}, Tone: func(r app.DueRow) kit.Tone {
				if r.Held != "" {
					return kit.AtRisk
				}
				return kit.Quiet
			}},
		})
		count := w.n("rules.due.count", len(d.view.Due))
		if n := d.view.Rest[d.rule.ID]; n > 0 && retention.About(d.rule) != retention.Contract {
			count += " · " + w.n("rules.rest", n)
		}
		t.SetRows(d.view.Due)
		height := float32(34 + min(len(d.view.Due), 8)*(kit.RowHeight+5))
		parts = append(parts, kit.NewCard(kit.Row(0, kit.Down(-12, kit.StrongWords(w.nameOfRule(d.rule)), kit.Faint(count)), see),
			kit.MinSize(200, height, t.Object)))
	}
	return kit.Page(kit.Down(8, parts...))
}

// archiveNow moves what the contract's end makes due into the archive, once she
// says so.
func (p *rulesPage) archiveNow(rule string, n int) {
	w := p.w
	var d *kit.Dialog
	d = w.dialog(w.t("rules.archiveNow"), kit.Words(w.n("rules.archiveAsk", n)), kit.NewPrimary(w.t("rules.archiveNow"), func() {
		d.Close()
		done := 0
		w.run(w.t("rules.archiving"), func(ctx context.Context, report reporter) error {
			// One plan takes so many orders, and she said yes to all.
			for {
				v, err := w.f.RunRule(ctx, rule, law.Date{}, "owner", report)
				if done += len(v.Record.Scope.Orders); err != nil || v.Rest == 0 || v.Record.State != erasure.Complete {
					return err
				}
			}
		}, func(err error) outcome {
			if err != nil {
				return outcome{}
			}
			p.load(p.tab)
			return outcome{tone: kit.Kept, words: w.n("rules.archived", done)}
		})
	}))
	d.Show()
}

func (p *rulesPage) showArchive(rows []app.ArchiveRow) fyne.CanvasObject {
	w := p.w
	if len(rows) == 0 {
		return kit.Empty(theme.StorageIcon(), w.t("rules.archive.none"), w.t("rules.archive.noneWords"), "", nil)
	}
	t := kit.NewTable([]kit.Column[app.ArchiveRow]{
		{Label: w.t("col.order"), Width: 120, Grow: 1, Text: func(r app.ArchiveRow) string { return kit.Line(r.Number, 30) }},
		{Label: w.t("rules.archive.since"), Width: 130, Text: func(r app.ArchiveRow) string { return w.shortYear(r.Since) }, Less: func(a, b app.ArchiveRow) bool { return a.Since.Before(b.Since) }},
		{Label: w.t("rules.archive.until"), Width: 150, Text: func(r app.ArchiveRow) string { return w.shortYear(r.Until) }, Less: func(a, b app.ArchiveRow) bool { return a.Until.Before(b.Until) }},
		{Label: w.t("rules.archive.looked"), Width: 120, Right: true, Text: func(r app.ArchiveRow) string { return w.number(r.Looked) }},
	})
	t.OnOpen = p.openArchived
	t.SetRows(rows)
	return container.NewBorder(kit.Margins(16, 8, 24, 4, kit.Words(w.t("rules.archive.words"))), nil, nil, nil, kit.Margins(16, 0, 16, 8, t.Object))
}

// openArchived asks why an archived order must be seen, and opens it.
func (p *rulesPage) openArchived(r app.ArchiveRow) {
	w := p.w
	reason := kit.NewEntry("")
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("rules.archive.openYes"), func() {
		why := strings.TrimSpace(reason.Text)
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.OpenArchived(ctx, r.Order, why) }, func() { w.follow(&orderPage{w: w, id: r.Order}) })
	})
	ok.Disable()
	reason.OnChanged = func(s string) { enable(ok, strings.TrimSpace(s) != "") }
	d = w.dialog(w.t("rules.archive.open"), kit.Down(0, kit.Words(w.t("rules.archive.words")), kit.FormRow(w.t("rules.archive.reason"), "", reason)), ok)
	d.FocusOn(reason).Show()
}
