package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/request"
	"greffier/ui/kit"
)

// workTabs are the tabs of a case in which the work for a right is done. A kind
// of work that has none is done by hand.
var workTabs = map[cases.WorkKind]int{
	cases.WorkRun: tabPlan, cases.WorkCopy: tabCopy,
	cases.WorkChange: tabMeasures, cases.WorkRestriction: tabMeasures, cases.WorkSuppression: tabMeasures,
}

// works tells whether a right of the case may be met by one of some kinds of
// work, or was.
func (p *casePage) works(kinds ...cases.WorkKind) bool {
	in := func(k cases.WorkKind) bool { return slices.Contains(kinds, k) }
	c := p.view.Case
	return slices.ContainsFunc(c.Asked, func(a cases.Asked) bool { return slices.ContainsFunc(cases.PathOf(a.Right).Work, in) }) ||
		slices.ContainsFunc(c.Work, func(x cases.Work) bool { return in(x.Kind) })
}

// workTab finds the tab in which what a right asks for can be done now.
func (p *casePage) workTab(r request.Right) (cases.WorkKind, int, bool) {
	v := p.view
	for _, k := range cases.PathOf(r).Work {
		tab, has := workTabs[k]
		if k == cases.WorkRun {
			done := slices.ContainsFunc(v.Runs, func(r erasure.Record) bool { return r.State == erasure.Complete })
			has = has && v.CanErase && v.MayErase == nil && !done
		}
		if has {
			return k, tab, true
		}
	}
	return "", 0, false
}

// onlyObjects tells whether the case is an objection alone, of which nothing was
// erased: what answers it is that a use ends (GDPR Art. 21(1) and (3)).
func (p *casePage) onlyObjects() bool {
	c := p.view.Case
	return len(p.view.Runs) == 0 && len(c.Asked) > 0 && !slices.ContainsFunc(c.Asked, func(a cases.Asked) bool { return a.Right != request.Objection })
}

// noErasure stands in the place of the plan of an objection: it says what is
// done instead, and what was done.
func (p *casePage) noErasure() fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Heading(w.t("plan.objection")), kit.Words(w.t("plan.objectionWords"))}
	done := false
	for _, x := range p.view.Case.Work {
		if x.Kind == cases.WorkSuppression {
			done = true
			parts = append(parts, kit.IconLine(kit.Kept, w.t("plan.objectionDone", "Date", w.long(w.day(x.At)))))
		}
	}
	if !done {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("plan.objectionOpen")))
	}
	measures := kit.NewButton(w.t("work.go."+string(cases.WorkSuppression)), func() { p.tabs.Select(tabMeasures) })
	if done {
		measures.SetText(w.t("effects.tab"))
	}
	even := kit.NewQuiet(w.t("plan.evenSo"), nil, func() { p.evenSo = true; p.loadPlan() })
	parts = append(parts, kit.Gap(4), kit.Flow(measures, even))
	return kit.Page(kit.DownReading(4, parts...))
}

// toDo leads to the work that the case waits for: its tab, or what was done by
// hand.
func (p *casePage) toDo(r request.Right) []fyne.CanvasObject {
	w := p.w
	hand := func() { p.byHand(r) }
	k, tab, ok := p.workTab(r)
	if !ok {
		p.primary = hand
		words := w.t("work.hand.words", "Right", w.right(r))
		if p.view.Case.InConflict() {
			words = w.t("conflict.restrict")
		}
		return []fyne.CanvasObject{kit.Words(words), kit.NewPrimary(w.t("step.by hand"), hand)}
	}
	p.primary = func() { p.tabs.Select(tab) }
	words, button := w.t("work.words", "Right", w.right(r)), w.t("work.go."+string(k))
	switch {
	case p.view.Case.InConflict():
		words = w.t("conflict.restrict")
	case k == cases.WorkRun:
		words = w.t("step.plan.words")
	}
	return []fyne.CanvasObject{kit.Words(words), kit.NewPrimary(button, p.primary), kit.NewQuiet(w.t("work.hand"), nil, hand)}
}

// why is the reason or the warning of a step in words.
func (w *Window) why(s cases.Step) string {
	if s.Why == "" {
		return ""
	}
	return w.t(s.Why, "Arg", w.rights(s.Rights))
}

// byHand records what the owner did in another tool.
func (p *casePage) byHand(r request.Right) {
	w, c := p.w, p.view.Case
	var rights []kit.Option
	for _, a := range c.Asked {
		rights = append(rights, kit.Option{Value: a.Right.String(), Word: w.right(a.Right)})
	}
	if c.InConflict() && !slices.ContainsFunc(c.Asked, func(a cases.Asked) bool { return a.Right == request.Restriction }) {
		rights = append(rights, kit.Option{Value: request.Restriction.String(), Word: w.right(request.Restriction)})
	}
	if r == request.NoRight && len(rights) > 0 {
		r = request.ParseRight(rights[0].Value)
	}
	right := kit.NewSelect(rights, r.String(), nil)
	what := kit.NewArea("", 4)
	what.SetPlaceHolder(w.t("work.hand.example"))
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("step.record"), func() {
		in := cases.Input{Right: request.ParseRight(right.Value()), Reason: what.Text}
		d.Close()
		p.act(cases.ActByHand, in, nil)
	})
	ok.Disable()
	what.OnChanged = func(s string) { enable(ok, strings.TrimSpace(s) != "") }
	d = w.dialog(w.t("step.by hand"), kit.Down(0, kit.Words(w.t("step.by hand.words")),
		kit.FormRow(w.t("sheet.right"), "", right), kit.FormRow(w.t("work.hand.what"), w.t("work.hand.whatHelp"), what)), ok)
	d.FocusOn(what).Show()
}

// insist asks for the reason of an act that is not offered, and for a tick that
// says that she wants it all the same.
func (p *casePage) insist(s cases.Step) {
	w := p.w
	why := kit.NewArea("", 4)
	why.SetPlaceHolder(w.t("sheet.reason"))
	var d *kit.Dialog
	var ok *kit.Button
	sure := kit.NewCheck(w.t("insist."+string(s.Act)), false, nil)
	ok = kit.NewButton(w.tellWord(s.Act), func() {
		in := cases.Input{Reason: why.Text, Nevertheless: true}
		d.Close()
		p.tell(s.Act, in)
	})
	ok.Disable()
	check := func() { enable(ok, sure.Checked && strings.TrimSpace(why.Text) != "") }
	why.OnChanged = func(string) { check() }
	sure.OnChanged = func(bool) { check() }
	d = w.dialog(w.actWord(s.Act), kit.Down(4, kit.IconLine(kit.AtRisk, w.why(s)), kit.Words(w.t("step."+string(s.Act)+".words")), why, sure), ok)
	d.FocusOn(why).Show()
}

// repeated tells of earlier requests of the same person for the same right (GDPR
// Art. 12(5)).
func (p *casePage) repeated() fyne.CanvasObject {
	w, es := p.w, p.view.Earlier
	if len(es) == 0 {
		return nil
	}
	lines := []fyne.CanvasObject{kit.StrongWords(w.n("earlier.title", len(es)))}
	for i, e := range es {
		if i == 4 {
			lines = append(lines, kit.Faint(w.n("earlier.more", len(es)-i)))
			break
		}
		end := w.t("standing.todo")
		if e.Outcome != cases.Undecided {
			end = w.t("outcome." + string(e.Outcome))
		}
		open := kit.NewQuiet(w.t("earlier.line", "N", int64(e.Case), "Right", w.right(e.Right), "Date", w.shortYear(w.day(e.ReceivedAt)), "End", end), nil, func() { w.openCase(e.Case) })
		lines = append(lines, open)
	}
	lines = append(lines, kit.Faint(w.t("earlier.words")))
	return kit.NewCard(kit.Down(-8, lines...))
}

// linkParts show the evidence of the link, a disagreement of parents, and who is
// shown on the photos.
func (p *casePage) linkParts() []fyne.CanvasObject {
	w, c := p.w, p.view.Case
	var parts []fyne.CanvasObject
	if c.Link != cases.Self {
		words := w.t("authority.none")
		tone := kit.AtRisk
		if a := c.Authority; a != nil {
			words = w.t("authority."+string(a.Kind)) + " · " + w.shortYear(a.On)
			if a.Kind == cases.AuthoritySeen || a.Kind == cases.AuthorityUploader && cases.MayDisclose(c) == nil {
				tone = kit.Kept
			}
		}
		parts = append(parts, kit.PairToned(w.t("authority.title"), words, tone))
		if a := c.Authority; a != nil && a.Words != "" {
			parts = append(parts, kit.Margins(8, 0, 0, 0, kit.Faint(kit.Clip(a.Words, 400, 100))))
		}
		if c.State.Open() {
			parts = append(parts, kit.Margins(8, 6, 0, 6, container.NewHBox(kit.NewButton(w.t("step.set authority"), p.authority))))
		}
	}
	if c.Depicted {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("depicted.words")))
	}
	return append(parts, p.conflict()...)
}

// conflict tells that parents disagree, or seem to.
func (p *casePage) conflict() []fyne.CanvasObject {
	w, c := p.w, p.view.Case
	button := func(a cases.Act) *kit.Button { return kit.NewButton(w.actWord(a), func() { p.reason(a) }) }
	var lines []fyne.CanvasObject
	acts := []fyne.CanvasObject{}
	switch {
	case c.InConflict():
		lines = append(lines, kit.IconLine(kit.Late, w.t("conflict.is", "Date", w.long(w.day(c.Conflict.At)))), kit.Faint(kit.Clip(c.Conflict.Reason, 400, 100)), kit.Faint(w.t("conflict.judge")))
		acts = append(acts, button(cases.ActSettleConflict))
		if slices.Contains(cases.LetterKinds, letterParents) {
			acts = append(acts, kit.NewQuiet(w.t("conflict.letter"), nil, func() { p.write(letterParents) }))
		}
	case c.Disagreed() && c.State.Open():
		lines = append(lines, kit.IconLine(kit.Late, w.t("conflict.seen")), kit.Faint(w.t("conflict.seenWords")))
		acts = append(acts, button(cases.ActConflict), button(cases.ActSettleConflict))
	default:
		return nil
	}
	if c.State.Open() {
		lines = append(lines, kit.Margins(8, 8, 0, 0, kit.Flow(acts...)))
	}
	return []fyne.CanvasObject{kit.Gap(8), kit.NewPanel(kit.ColorDemoWash, "", 8, kit.Margins(8, 4, 8, 8, kit.Down(-8, lines...)))}
}

// letterParents is the letter to two parents who disagree, where the catalog
// has one.
const letterParents = "parents"

// authority asks what shows that the requester may ask for another person.
func (p *casePage) authority() {
	w, c := p.w, p.view.Case
	var kinds []kit.Option
	for _, k := range cases.AuthorityKinds[1:] {
		if k == cases.AuthorityUploader && (c.Link != cases.Parent || !c.Minor) {
			continue
		}
		kinds = append(kinds, kit.Option{Value: string(k), Word: w.t("authority." + string(k))})
	}
	at := string(cases.AuthoritySeen)
	day := kit.NewEntry(w.typed(w.day(w.clock())))
	words := kit.NewArea("", 3)
	words.SetPlaceHolder(w.t("authority.example"))
	kind := kit.NewSelect(kinds, at, nil)
	wrong := kit.Toned(kit.Words(w.t("form.date")), kit.Late)
	wrong.Hide()
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("step.record"), func() {
		on, read := parseDate(day.Text)
		if !read || on.IsZero() || on.After(w.day(w.clock())) {
			wrong.Show()
			return
		}
		in := cases.Input{Authority: cases.AuthorityKind(kind.Value()), From: on, Reason: words.Text}
		d.Close()
		p.act(cases.ActSetAuthority, in, nil)
	})
	ok.Disable()
	words.OnChanged = func(s string) { enable(ok, strings.TrimSpace(s) != "") }
	d = w.dialog(w.t("step.set authority"), kit.Down(0, kit.Words(w.t("step.set authority.words")),
		kit.FormRow(w.t("authority.kind"), "", kind), kit.FormRow(w.t("authority.on"), "", kit.Down(2, day, wrong)),
		kit.FormRow(w.t("authority.what"), w.t("authority.whatHelp"), words)), ok)
	d.FocusOn(words).Show()
}

// matches shows the orders that the case may mean in groups, the sure ones
// first, each with its reason and to be confirmed.
func (p *casePage) matches() []fyne.CanvasObject {
	w, v := p.w, p.view
	c := v.Case
	parts := []fyne.CanvasObject{kit.Gap(8), kit.Heading(w.n("sheet.orders", len(c.Orders)))}
	if len(c.Orders) == 0 {
		parts = append(parts, kit.Words(w.t("match.none")))
	}
	selected := map[int64]bool{}
	for _, m := range c.Orders {
		selected[m.Order] = m.Selected
	}
	for _, g := range []cases.MatchGroup{cases.MatchSure, cases.MatchLikely, cases.MatchWeak} {
		var rows []fyne.CanvasObject
		for i, m := range c.Orders {
			if m.Group() == g {
				rows = append(rows, p.match(i, m, selected))
			}
		}
		if len(rows) > 0 {
			parts = append(parts, kit.Gap(2), kit.Strong(w.t("group."+g.String())), kit.Faint(w.t("group."+g.String()+".words")))
			parts = append(parts, rows...)
		}
	}
	if !c.State.Open() {
		return parts
	}
	acts := []fyne.CanvasObject{}
	if len(c.Orders) > 0 {
		acts = append(acts, kit.NewButton(w.t("sheet.confirmOrders"), func() {
			var ids []int64
			for _, m := range c.Orders {
				if selected[m.Order] {
					ids = append(ids, m.Order)
				}
			}
			p.act(cases.ActSelectOrders, cases.Input{Orders: ids}, nil)
		}))
	}
	acts = append(acts, kit.NewButton(w.t("find.open"), p.find), kit.NewQuiet(w.t("find.further"), nil, p.further))
	return append(parts, kit.Gap(4), kit.Flow(acts...))
}

// match is one order that the case may mean.
func (p *casePage) match(i int, m cases.Match, selected map[int64]bool) fyne.CanvasObject {
	w, v := p.w, p.view
	facts := ""
	if i < len(v.Orders) {
		o := v.Orders[i]
		facts = w.person(o.Person) + " · " + w.brief(o.Created) + " · " + w.n("photos", o.Photos) + "\n"
	}
	check := kit.NewCheck(w.t("sheet.order", "Number", kit.Line(m.Number, 30)), m.Selected, func(on bool) { selected[m.Order] = on })
	if !v.Case.State.Open() {
		check.Disable()
	}
	why := w.known(m.Why, m.Why)
	if m.Strong {
		why += " · " + w.t("sheet.matchStrong")
	}
	if m.Confirmed {
		why += " · " + w.t("sheet.matchConfirmed")
	}
	open := kit.NewQuiet(w.t("open"), nil, func() { w.follow(&orderPage{w: w, id: m.Order}) })
	return kit.Row(0, kit.Down(-12, check, kit.Margins(28, 0, 0, 0, kit.Faint(facts+why))), open)
}

// further looks through all orders for what the clues of the case point to.
func (p *casePage) further() {
	w := p.w
	ask(w, func(ctx context.Context) (int, error) { return w.f.ProposeOrders(ctx, p.id) }, func(n int) {
		if w.page == page(p) && !p.editing {
			p.load()
		}
		w.say(outcome{tone: kit.Quiet, words: w.n("find.furtherDone", n)})
	})
}

// find searches orders by what she types, and adds the one that she chooses.
func (p *casePage) find() {
	w := p.w
	query := kit.NewEntry("")
	query.SetPlaceHolder(w.t("find.example"))
	results := kit.Down(-4)
	place := kit.MinSize(460, 240, container.NewVScroll(results))
	var d *kit.Dialog
	search := func() {
		text := strings.TrimSpace(query.Text)
		if text == "" {
			return
		}
		ask(w, func(ctx context.Context) ([]app.FoundOrder, error) { return w.f.FindOrders(ctx, text) }, func(found []app.FoundOrder) {
			results.Objects = nil
			if len(found) == 0 {
				results.Add(kit.Words(w.t("find.none")))
			}
			for i, f := range found {
				if i == 20 {
					results.Add(kit.Faint(w.t("find.narrow")))
					break
				}
				o := f.Row
				add := kit.NewButton(w.t("find.add"), func() {
					d.Close()
					w.do(func(ctx context.Context) error { return w.f.AddOrder(ctx, p.id, o.ID) }, func() {
						p.tab = tabPerson
						p.load()
					})
				})
				if slices.ContainsFunc(p.view.Case.Orders, func(m cases.Match) bool { return m.Order == o.ID && m.Selected }) {
					add.Disable()
				}
				results.Add(kit.Row(0, kit.Down(-12, kit.Label(w.t("sheet.order", "Number", kit.Line(o.Number, 30))+" · "+w.person(o.Person)), kit.Faint(w.brief(o.Created)+" · "+kit.Line(o.Email, 60))), kit.Margins(0, 0, 14, 0, add)))
			}
			results.Refresh()
		})
	}
	query.OnSubmitted = func(string) { search() }
	d = w.dialog(w.t("find.open"), kit.Down(4, kit.Words(w.t("find.words")), kit.Row(0, query, kit.NewButton(w.t("find.do"), search)), place))
	d.FocusOn(query).Show()
}

// merge joins another open case with this one.
func (p *casePage) merge() {
	w := p.w
	ask(w, func(ctx context.Context) ([]app.CaseRow, error) { return w.f.Requests(ctx) }, func(all []app.CaseRow) {
		same := map[cases.ID]bool{}
		rows := slices.Clone(p.view.Same)
		for _, r := range rows {
			same[r.ID] = true
		}
		for _, r := range all {
			if r.State.Open() && r.ID != p.id && !same[r.ID] {
				rows = append(rows, r)
			}
		}
		if len(rows) == 0 {
			w.dialog(w.t("merge.title"), kit.Words(w.t("merge.none"))).Show()
			return
		}
		p.mergeWith(rows, same)
	})
}

func (p *casePage) mergeWith(rows []app.CaseRow, same map[cases.ID]bool) {
	w := p.w
	var options []kit.Option
	for _, r := range rows {
		word := w.t("merge.option", "N", int64(r.ID), "Person", w.person(r.Person), "Rights", w.rights(r.Rights), "Date", w.short(w.day(r.Received)))
		options = append(options, kit.Option{Value: w.number(int(r.ID)), Word: word})
	}
	why := kit.NewArea("", 2)
	warn := kit.Toned(kit.Words(w.t("merge.differ")), kit.AtRisk)
	var d *kit.Dialog
	var other *kit.Select
	chosen := func() cases.ID {
		if i := other.SelectedIndex(); i >= 0 {
			return rows[i].ID
		}
		return 0
	}
	ok := kit.NewPrimary(w.t("merge.do"), func() {
		from := chosen()
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.MergeCases(ctx, p.id, from, why.Text) }, func() {
			w.say(outcome{tone: kit.Kept, words: w.t("merge.done", "N", int64(from))})
			if w.page == page(p) {
				p.editing = false
				p.load()
			}
		})
	})
	check := func() {
		if same[chosen()] {
			warn.Hide()
		} else {
			warn.Show()
		}
		enable(ok, chosen() != 0 && (same[chosen()] || strings.TrimSpace(why.Text) != ""))
	}
	other = kit.NewSelect(options, options[0].Value, func(string) { check() })
	why.OnChanged = func(string) { check() }
	d = w.dialog(w.t("merge.title"), kit.Down(0, kit.Words(w.t("merge.words", "N", int64(p.id))), kit.FormRow(w.t("merge.other"), "", other), warn,
		kit.FormRow(w.t("merge.reason"), w.t("merge.reasonHelp"), why)), ok)
	check()
	d.Show()
}

// heard shows what was told or read where no mail says it.
func (p *casePage) heard() fyne.CanvasObject {
	w, c := p.w, p.view.Case
	words := w.t("told.nothing")
	if strings.TrimSpace(c.Told) != "" {
		words = kit.Clip(c.Told, 4000, 100)
	}
	return kit.Page(kit.DownReading(0, kit.Heading(w.t("told.title")),
		kit.Pair(w.t("new.channel"), w.known("channel."+c.Channel, kit.Line(c.Channel, 40))), kit.Pair(w.t("col.received"), w.long(w.day(c.ReceivedAt))),
		kit.NewPanel(kit.ColorCard, kit.ColorCardEdge, 8, kit.Margins(8, 8, 8, 8, kit.Words(words)))))
}
