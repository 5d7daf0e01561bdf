package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/request"
	"greffier/ui/kit"
)

// measures is what was done in a case beside copies and erasures.
type measures struct {
	restricted []app.RestrictionRow
	stopped    []app.SuppressionRow
}

// loadMeasures shows the measures of the case: data that are restricted, uses
// that are stopped, fields that were put right (GDPR Art. 18, 21, 7(3), 16).
func (p *casePage) loadMeasures() {
	w := p.w
	fetch(w, p.measures, func(ctx context.Context) (m measures, err error) {
		rs, err := w.f.Restrictions(ctx)
		if err != nil {
			return m, err
		}
		ss, err := w.f.Suppressed(ctx)
		for _, r := range rs {
			if r.Case == p.id {
				m.restricted = append(m.restricted, r)
			}
		}
		for _, s := range ss {
			if s.Case == int64(p.id) {
				m.stopped = append(m.stopped, s)
			}
		}
		return m, err
	}, p.showMeasures)
}

// asks tells whether the case asks for one of the rights.
func (p *casePage) asks(rights ...request.Right) bool {
	return slices.ContainsFunc(p.view.Case.Asked, func(a cases.Asked) bool { return slices.Contains(rights, a.Right) && a.Outcome != cases.Denied })
}

func (p *casePage) showMeasures(m measures) fyne.CanvasObject {
	w := p.w
	type section struct {
		title string
		asked bool
		body  fyne.CanvasObject
	}
	list := []section{
		{w.t("effects.restriction"), p.asks(request.Restriction) || len(m.restricted) > 0, p.restrictionPart(m.restricted)},
		{w.t("effects.stop"), p.asks(request.Objection, request.Withdrawal) || len(m.stopped) > 0, p.stopPart(m.stopped)},
		{w.t("effects.amend"), p.asks(request.Rectification), p.amendPart()},
	}
	slices.SortStableFunc(list, func(x, y section) int {
		return map[bool]int{true: 0, false: 1}[x.asked] - map[bool]int{true: 0, false: 1}[y.asked]
	})
	var parts []fyne.CanvasObject
	for _, s := range list {
		parts = append(parts, kit.Fold(s.title, s.asked, s.body))
	}
	if !list[0].asked {
		parts = append([]fyne.CanvasObject{kit.Faint(w.t("effects.noneAsked"))}, parts...)
	}
	return kit.Page(kit.DownReading(4, parts...))
}

// restrictionPart is what is restricted for the case, and the way to restrict or
// to lift it.
func (p *casePage) restrictionPart(rows []app.RestrictionRow) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Faint(w.t("effects.restrictionWords"))}
	for _, r := range rows {
		parts = append(parts, w.restrictionCard(r, true))
	}
	place := kit.NewButton(w.t("effects.restrict"), p.restrict)
	if !slices.ContainsFunc(rows, app.RestrictionRow.Active) && p.asks(request.Restriction) {
		place = kit.NewPrimary(w.t("effects.restrict"), p.restrict)
	}
	if len(p.view.Case.Selected()) == 0 {
		place.Disable()
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("effects.noOrder")))
	}
	parts = append(parts, container.NewHBox(place))
	return kit.Down(2, parts...)
}

// groundWords says on what ground a restriction stands.
func (w *Window) groundWords(g effects.Ground) string { return w.t("effects.ground." + string(g)) }

// restrictionCard is one restriction, with its acts where they belong here.
func (w *Window) restrictionCard(r app.RestrictionRow, acts bool) fyne.CanvasObject {
	var numbers []string
	for _, n := range r.Numbers {
		numbers = append(numbers, kit.Line(n, 24))
	}
	state, tone := w.t("effects.standing"), kit.AtRisk
	if !r.Active() {
		state, tone = w.t("effects.liftedOn", "Date", w.brief(r.LiftedAt)), kit.Quiet
	}
	parts := []fyne.CanvasObject{
		kit.Row(0, kit.StrongWords(w.t("effects.since", "Date", w.long(w.day(r.From)))), kit.Badge(tone, state)),
		kit.Words(w.groundWords(r.Ground)),
		kit.Faint(w.n("cooling.orders", len(numbers), "Numbers", w.list(numbers)) + " · " + w.article(r.Ground.Article())),
	}
	if r.Reason != "" {
		parts = append(parts, kit.Words(kit.Clip(r.Reason, 400, 90)))
	}
	if r.Active() {
		if r.Locked > 0 {
			parts = append(parts, kit.IconLine(kit.Kept, w.n("effects.locked", r.Locked)))
		}
		if r.ByGreffier > 0 {
			parts = append(parts, kit.IconLine(kit.Quiet, w.n("effects.byGreffier", r.ByGreffier)))
		}
		switch {
		case r.Waiting > 0 || !r.Looked:
			parts = append(parts, kit.IconLine(kit.AtRisk, w.t("effects.lockWaits")))
		case r.Locked+r.ByGreffier == 0:
			parts = append(parts, kit.IconLine(kit.Quiet, w.t("effects.noObject")))
		}
		if !r.ToldAt.IsZero() {
			parts = append(parts, kit.IconLine(kit.Kept, w.t("effects.told", "Date", w.brief(r.ToldAt))))
		}
	} else if r.Lift != "" {
		parts = append(parts, kit.Faint(kit.Clip(r.Lift, 300, 90)))
	}
	if acts && r.Active() {
		lift := kit.NewButton(w.t("effects.lift"), func() { w.lift(r) })
		buttons := []fyne.CanvasObject{lift}
		if r.Case != 0 {
			buttons = append([]fyne.CanvasObject{kit.NewButton(w.t("effects.liftLetter"), func() { w.follow(&liftPage{w: w, row: r}) })}, buttons...)
		}
		parts = append(parts, kit.Margins(6, 2, 0, 2, kit.Flow(buttons...)))
	}
	return kit.NewCard(kit.Down(-8, parts...))
}

// restrict asks what is restricted, on what ground and why.
func (p *casePage) restrict() {
	w, c := p.w, p.view.Case
	chosen := map[int64]bool{}
	var checks []fyne.CanvasObject
	why := kit.NewArea("", 3)
	var d *kit.Dialog
	var ok *kit.Button
	var ground *kit.Select
	orders := func() (out []int64) {
		for _, m := range c.Orders {
			if chosen[m.Order] {
				out = append(out, m.Order)
			}
		}
		return out
	}
	check := func() { enable(ok, strings.TrimSpace(why.Text) != "" && ground.Value() != "" && len(orders()) > 0) }
	var grounds []kit.Option
	for _, g := range effects.Grounds {
		grounds = append(grounds, kit.Option{Value: string(g), Word: w.groundWords(g)})
	}
	ok = kit.NewPrimary(w.t("effects.restrictYes"), func() {
		list, g, reason := orders(), effects.Ground(ground.Value()), why.Text
		d.Close()
		w.run(w.t("effects.restricting"), func(ctx context.Context, _ reporter) error {
			_, err := w.f.Restrict(ctx, p.id, list, g, reason)
			return err
		}, func(err error) outcome {
			if err != nil {
				return outcome{}
			}
			p.load()
			return outcome{tone: kit.Kept, words: w.t("effects.restricted")}
		})
	})
	ok.Disable()
	ground = kit.NewSelect(grounds, "", func(string) { check() })
	why.OnChanged = func(string) { check() }
	for _, m := range c.Orders {
		if !m.Selected {
			continue
		}
		chosen[m.Order] = true
		checks = append(checks, kit.NewCheck(w.t("sheet.order", "Number", kit.Line(m.Number, 30)), true, func(on bool) { chosen[m.Order] = on; check() }))
	}
	d = w.dialog(w.t("effects.restrict"), kit.Down(0, kit.Words(w.t("effects.restrictAsk")), kit.Down(-12, checks...),
		kit.FormRow(w.t("effects.ground"), "", ground), kit.FormRow(w.t("sheet.reason"), w.t("effects.reasonHelp"), why)), ok)
	d.FocusOn(why).Show()
}

// lift ends a restriction, once the person was told (GDPR Art. 18(3)).
func (w *Window) lift(r app.RestrictionRow) {
	why, day := kit.NewArea("", 2), kit.NewEntry("")
	day.SetPlaceHolder(w.t("date.example"))
	wrong := kit.Faint("")
	var d *kit.Dialog
	told := func() (time.Time, bool) {
		if !r.ToldAt.IsZero() && strings.TrimSpace(day.Text) == "" {
			return r.ToldAt, true
		}
		date, good := parseDate(day.Text)
		if !good || date.IsZero() {
			return time.Time{}, false
		}
		return effects.Restriction{From: r.From}.ToldOn(date, w.clock(), w.zone), true
	}
	ok := kit.NewButton(w.t("effects.liftYes"), func() {
		at, _ := told()
		reason := why.Text
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.LiftRestriction(ctx, r.ID, at, reason) }, func() {
			w.say(outcome{tone: kit.Kept, words: w.t("effects.liftDone")})
			w.changed()
			if p, is := w.page.(*casePage); is && !p.editing {
				p.load()
			}
		})
	})
	ok.Disable()
	check := func(string) {
		_, good := told()
		wrong.SetText("")
		if !good && strings.TrimSpace(day.Text) != "" {
			wrong.SetText(w.t("date.wrong"))
		}
		enable(ok, good && strings.TrimSpace(why.Text) != "")
	}
	why.OnChanged, day.OnChanged = check, check
	toldRow := kit.FormRow(w.t("effects.toldOn"), w.t("effects.toldHelp"), day)
	if !r.ToldAt.IsZero() {
		toldRow = kit.IconLine(kit.Kept, w.t("effects.told", "Date", w.brief(r.ToldAt)))
	}
	d = w.dialog(w.t("effects.lift"), kit.Down(0, kit.Words(w.t("effects.liftWords")), toldRow, wrong, kit.FormRow(w.t("sheet.reason"), w.t("effects.liftReasonHelp"), why)), ok)
	d.FocusOn(why).Show()
}

// liftPage is the letter that tells the person that a restriction will end.
type liftPage struct {
	w    *Window
	row  app.RestrictionRow
	why  string
	body *slot
}

func (p *liftPage) place() string { return placeRequests }
func (p *liftPage) changed()      {}

func (p *liftPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	why := kit.NewArea(p.why, 2)
	why.SetPlaceHolder(w.t("effects.liftReasonHelp"))
	prepare := kit.NewPrimary(w.t("effects.prepare"), func() {
		p.why = why.Text
		p.body.clear()
		fetch(w, p.body, func(ctx context.Context) (cases.Letter, error) { return w.f.DraftLift(ctx, p.row.ID, p.why, "") }, p.editor)
	})
	prepare.Disable()
	why.OnChanged = func(s string) { enable(prepare, strings.TrimSpace(s) != "") }
	head := w.backHeader(w.t("effects.liftLetter"), w.t("effects.liftLetterWords"))
	ask := kit.Margins(16, 0, 16, 4, kit.Down(0, kit.FormRow(w.t("sheet.reason"), "", why), container.NewHBox(prepare)))
	return container.NewBorder(container.NewVBox(head.Object, ask), nil, nil, nil, p.body.box)
}

func (p *liftPage) editor(l cases.Letter) fyne.CanvasObject {
	w, id := p.w, p.row.Case
	subject, text := kit.NewEntry(l.Subject), kit.NewArea(l.Text, 8)
	current := func() cases.Letter {
		x := l
		x.Subject, x.Text = subject.Text, text.Text
		return x
	}
	said := kit.Faint("")
	copyIt := kit.NewIconButton(w.t("copy"), theme.ContentCopyIcon(), func() {
		x := current()
		w.app.Clipboard().SetContent(x.Subject + "\n\n" + x.Text)
		said.SetText(w.t("notice.copied"))
	})
	put := kit.NewButton(w.t("letter.put"), func() {
		x := current()
		w.do(func(ctx context.Context) error { return w.f.PutInDrafts(ctx, id, x) }, func() { said.SetText(w.t("letter.putDone")) })
	})
	sent := kit.NewButton(w.t("letter.iSent"), func() {
		x := current()
		w.do(func(ctx context.Context) error {
			if err := w.f.SaveLetter(ctx, id, x); err != nil {
				return err
			}
			return w.f.MarkSent(ctx, id, x.Kind)
		}, w.back)
	})
	buttons := []fyne.CanvasObject{copyIt, put, sent}
	if w.f.CanSend() {
		buttons = append(buttons, kit.NewPrimary(w.t("letter.send"), func() {
			x := current()
			var d *kit.Dialog
			d = w.dialog(w.t("letter.sendTitle"), kit.Words(w.t("letter.sendWords")), kit.NewPrimary(w.t("letter.send"), func() {
				d.Close()
				w.do(func(ctx context.Context) error { return w.f.SendLetter(ctx, id, x) }, w.back)
			}))
			d.Show()
		}))
	}
	return container.NewBorder(kit.Margins(16, 4, 16, 4, subject), kit.Margins(16, 4, 16, 10, kit.Down(-2, said, kit.Flow(buttons...))), nil, nil, kit.Margins(16, 0, 16, 0, text))
}

// stopPart is what the person stopped, and the way to stop more.
func (p *casePage) stopPart(rows []app.SuppressionRow) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Faint(w.t("effects.stopWords"))}
	for _, s := range rows {
		parts = append(parts, w.suppressionCard(s))
	}
	stop := func() { w.suppress(p.suppression(), p.load) }
	add := kit.NewButton(w.t("effects.stopUses"), stop)
	if len(rows) == 0 && p.asks(request.Objection, request.Withdrawal) {
		add = kit.NewPrimary(w.t("effects.stopUses"), stop)
	}
	parts = append(parts, kit.Flow(add, kit.NewQuiet(w.t("suppression.page"), nil, func() { w.follow(&suppressionPage{w: w}) })))
	return kit.Down(2, parts...)
}

// suppression is the entry that the case proposes: the address that asks, and
// the right by which it does.
func (p *casePage) suppression() effects.Suppression {
	c := p.view.Case
	s := effects.Suppression{Case: int64(c.ID), Email: c.Requester.Email, Source: effects.FromCase}
	objects, withdraws := p.asks(request.Objection), p.asks(request.Withdrawal)
	switch {
	case objects && !withdraws:
		s.Right, s.Uses = request.Objection.String(), []effects.Use{effects.Newsletter}
	case withdraws && !objects:
		s.Right = request.Withdrawal.String()
	case objects:
		s.Uses = []effects.Use{effects.Newsletter}
	}
	return s
}

// useWord says what a use is.
func (w *Window) useWord(u effects.Use) string { return w.t("use." + string(u)) }

func (w *Window) useWords(us []effects.Use) string {
	var words []string
	for _, u := range us {
		words = append(words, w.useWord(u))
	}
	return w.list(words)
}

// suppress asks whose uses are stopped, and which; then does it.
func (w *Window) suppress(s effects.Suppression, then func()) {
	email, phone, note := kit.NewEntry(s.Email), kit.NewEntry(s.Phone), kit.NewEntry(s.Note)
	email.SetPlaceHolder("nom@exemple.fr")
	on := map[effects.Use]bool{}
	var d *kit.Dialog
	var ok *kit.Button
	check := func() {
		any := false
		for _, x := range on {
			any = any || x
		}
		_, err := effects.Suppression{Email: email.Text, Phone: phone.Text, Uses: []effects.Use{effects.Newsletter}}.Prepare()
		enable(ok, any && err == nil)
	}
	var boxes []fyne.CanvasObject
	for _, u := range effects.Uses {
		on[u] = slices.Contains(s.Uses, u)
		boxes = append(boxes, kit.NewCheck(w.useWord(u), on[u], func(x bool) { on[u] = x; check() }))
	}
	ok = kit.NewPrimary(w.t("effects.stopYes"), func() {
		x := s
		x.Email, x.Phone, x.Note, x.Uses = email.Text, phone.Text, note.Text, nil
		for _, u := range effects.Uses {
			if on[u] {
				x.Uses = append(x.Uses, u)
			}
		}
		d.Close()
		w.run(w.t("effects.stopping"), func(ctx context.Context, _ reporter) error {
			_, err := w.f.Suppress(ctx, x)
			return err
		}, func(err error) outcome {
			if err != nil {
				return outcome{}
			}
			then()
			return outcome{tone: kit.Kept, words: w.t("effects.stopped")}
		})
	})
	email.OnChanged, phone.OnChanged = func(string) { check() }, func(string) { check() }
	check()
	half := (len(boxes) + 1) / 2
	d = w.dialog(w.t("effects.stopUses"), kit.Down(0, kit.Words(w.t("effects.stopAsk")),
		kit.FormRow(w.t("effects.email"), "", email), kit.FormRow(w.t("effects.phone"), w.t("effects.phoneHelp"), phone),
		kit.Shared(0.5, kit.Down(-12, boxes[:half]...), kit.Down(-12, boxes[half:]...)), kit.FormRow(w.t("effects.note"), "", note)), ok)
	d.FocusOn(email).Show()
}

// suppressionCard is one entry of the suppression list: who, what, and how it
// stands in each shop.
func (w *Window) suppressionCard(s app.SuppressionRow) fyne.CanvasObject {
	parts := []fyne.CanvasObject{
		kit.Row(0, kit.StrongWords(w.suppressed(s)), kit.Badge(suppressionTone(s), w.suppressionState(s))),
		kit.Words(w.useWords(s.Uses)),
		kit.Faint(w.t("effects.since", "Date", w.long(w.day(s.At))) + " · " + w.sourceWord(s)),
	}
	for _, x := range s.Shops {
		if s.Active() {
			parts = append(parts, w.inShop(x))
		}
	}
	if s.Lifted != "" {
		parts = append(parts, kit.Faint(kit.Clip(s.Lifted, 300, 90)))
	}
	var acts []fyne.CanvasObject
	if s.Active() {
		if slices.ContainsFunc(s.Shops, func(x effects.InShop) bool { return !x.BrokenAt.IsZero() || x.State == effects.PushPending }) {
			acts = append(acts, kit.NewButton(w.t("suppression.again"), func() { w.resuppress(s.ID) }))
		}
		acts = append(acts, kit.NewQuiet(w.t("suppression.lift"), nil, func() { w.unsuppress(s) }))
	}
	if len(acts) > 0 {
		parts = append(parts, kit.Margins(6, 2, 0, 2, kit.Flow(acts...)))
	}
	return kit.NewCard(kit.Down(-8, parts...))
}

// suppressed names the person of an entry.
func (w *Window) suppressed(s app.SuppressionRow) string {
	switch {
	case s.Email != "" && s.Phone != "":
		return kit.Line(s.Email, 80) + " · " + kit.Line(s.Phone, 24)
	case s.Email != "":
		return kit.Line(s.Email, 80)
	case s.Phone != "":
		return kit.Line(s.Phone, 24)
	}
	return w.t("suppression.erased")
}

func suppressionTone(s app.SuppressionRow) kit.Tone { return tone(s.Tone) }

func (w *Window) sourceWord(s app.SuppressionRow) string {
	if s.Case != 0 {
		return w.t("record.case", "N", s.Case)
	}
	return w.t("suppression.source." + string(s.Source))
}

// inShop says how an entry stands in one shop.
func (w *Window) inShop(x effects.InShop) fyne.CanvasObject {
	shop := kit.Line(x.Shop, 40)
	switch {
	case !x.BrokenAt.IsZero():
		return kit.IconLine(kit.Late, w.t("suppression.broken", "Shop", shop, "Uses", w.useWords(x.Broken)))
	case x.State == effects.PushDone:
		return kit.IconLine(kit.Kept, w.t("suppression.done", "Shop", shop))
	case x.State == effects.PushUnknown:
		return kit.IconLine(kit.Kept, w.t("suppression.notHeld", "Shop", shop))
	case x.State == effects.PushByHand:
		return kit.IconLine(kit.AtRisk, w.t("suppression.byHand", "Shop", shop))
	}
	return kit.IconLine(kit.AtRisk, w.t("suppression.waits", "Shop", shop))
}

func (w *Window) resuppress(id string) {
	w.run(w.t("effects.stopping"), func(ctx context.Context, _ reporter) error {
		_, err := w.f.Resuppress(ctx, id)
		return err
	}, func(err error) outcome {
		w.measuresChanged()
		if err != nil {
			return outcome{}
		}
		return outcome{tone: kit.Kept, words: w.t("effects.stopped")}
	})
}

// measuresChanged shows anew what changed on the case that is open.
func (w *Window) measuresChanged() {
	w.changed()
	if p, ok := w.page.(*casePage); ok && !p.editing {
		p.load()
	}
}

// unsuppress takes an entry off the list, on the person's own wish.
func (w *Window) unsuppress(s app.SuppressionRow) {
	why := kit.NewArea("", 2)
	var d *kit.Dialog
	ok := kit.NewButton(w.t("suppression.liftYes"), func() {
		reason := why.Text
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.Unsuppress(ctx, s.ID, reason) }, w.measuresChanged)
	})
	ok.Disable()
	why.OnChanged = func(t string) { enable(ok, strings.TrimSpace(t) != "") }
	d = w.dialog(w.t("suppression.lift"), kit.Down(0, kit.StrongWords(w.suppressed(s)), kit.Words(w.t("suppression.liftWords")), kit.FormRow(w.t("sheet.reason"), "", why)), ok)
	d.FocusOn(why).Show()
}

// amendPart leads to the fields that can be put right.
func (p *casePage) amendPart() fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Faint(w.t("effects.amendWords"))}
	open := func() { w.follow(&amendPage{w: w, id: p.id}) }
	b := kit.NewButton(w.t("effects.amendOpen"), open)
	if p.asks(request.Rectification) {
		b = kit.NewPrimary(w.t("effects.amendOpen"), open)
	}
	if len(p.view.Case.Selected()) == 0 {
		b.Disable()
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("effects.noOrder")))
	}
	return kit.Down(2, append(parts, container.NewHBox(b))...)
}
