package ui

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/ui/kit"
)

func casesID(n int64) cases.ID { return cases.ID(n) }

// orderFilters are the words of app.OrderRow.Media behind each chip; "" is all.
var orderFilters = []string{"", "counting", "due", "held", "erased", "open", "none"}

// ordersPage lists the orders with the days that their photos may still stay.
type ordersPage struct {
	w      *Window
	head   *kit.Header
	find   *kit.Entry
	chips  *kit.Chips
	filter int
	body   *slot
	rows   []app.OrderRow
	table  *kit.Table[app.OrderRow]
}

func (p *ordersPage) place() string          { return placeOrders }
func (p *ordersPage) search() fyne.Focusable { return p.find }
func (p *ordersPage) changed()               { p.load() }

func (p *ordersPage) build() fyne.CanvasObject {
	w := p.w
	p.find = kit.NewEntry("")
	p.find.SetPlaceHolder(w.t("search"))
	p.find.OnChanged = func(string) { p.refilter() }
	p.head = kit.NewHeader(w.t("nav.orders"), " ", kit.MinWidth(220, p.find), kit.NewIconButton(w.t("sync.button"), theme.ViewRefreshIcon(), func() { w.sync(true, false) }))
	p.chips = kit.NewChips(p.words(), nil)
	p.chips.Choose(p.filter)
	p.chips.OnChange(func(i int) { p.filter = i; p.refilter() })
	p.body = newSlot()
	p.load()
	return container.NewBorder(container.NewVBox(p.head.Object, kit.Margins(24, 4, 24, 8, p.chips.Object)), nil, nil, nil, p.body.box)
}

func (p *ordersPage) words() []string {
	counts := map[string]int{"": len(p.rows)}
	for _, r := range p.rows {
		counts[r.Media]++
	}
	var out []string
	for _, f := range orderFilters {
		key := f
		if key == "" {
			key = "all"
		}
		s := p.w.t("media." + key)
		if p.rows != nil {
			s += "\u00a0\u00a0" + p.w.number(counts[f])
		}
		out = append(out, s)
	}
	return out
}

func (p *ordersPage) load() {
	fetch(p.w, p.body, p.w.f.Orders, func(rows []app.OrderRow) fyne.CanvasObject {
		p.rows = rows
		p.chips.SetWords(p.words())
		due := 0
		for _, r := range rows {
			if r.Media == "due" {
				due++
			}
		}
		p.head.Summary.SetText(p.w.n("orders.count", len(rows)) + " " + p.w.n("orders.due", due))
		if !p.sifted() {
			return p.content(rows)
		}
		// Until those that were asked for are picked, what was there stays.
		defer p.refilter()
		if p.table != nil {
			return p.body.box.Objects[0]
		}
		return kit.Loading(p.w.t("loading"))
	})
}

// sifted tells whether some of the orders are asked for.
func (p *ordersPage) sifted() bool {
	return orderFilters[p.filter] != "" || strings.TrimSpace(p.find.Text) != ""
}

func (p *ordersPage) refilter() {
	if p.rows == nil {
		return
	}
	if !p.sifted() { // all, without a copy: there may be a hundred thousand
		p.body.gen++
		p.body.set(p.content(p.rows))
		return
	}
	f, want := orderFilters[p.filter], strings.ToLower(strings.TrimSpace(p.find.Text))
	sift(p.w, p.body, p.rows, func(r *app.OrderRow) bool {
		return (f == "" || r.Media == f) && (want == "" || strings.Contains(strings.ToLower(r.Number+" "+r.Person+" "+r.Email), want))
	}, p.content)
}

// content shows the orders that were asked for.
func (p *ordersPage) content(rows []app.OrderRow) fyne.CanvasObject {
	w := p.w
	if len(p.rows) == 0 {
		return kit.EmptyActs(theme.ListIcon(), w.t("orders.none"), w.t("orders.noneWords"), kit.NewPrimary(w.t("sync.button"), func() { w.sync(true, false) }),
			kit.NewButton(w.t("places.link"), func() { w.follow(&placesPage{w: w}) }))
	}
	want := strings.TrimSpace(p.find.Text)
	if len(rows) == 0 && want == "" && orderFilters[p.filter] == "none" {
		return kit.Empty(theme.ConfirmIcon(), w.t("search.none"), w.t("orders.allFound"), w.t("places.link"), func() { w.follow(&placesPage{w: w}) })
	}
	if len(rows) == 0 {
		return kit.Empty(theme.SearchIcon(), w.t("search.none"), w.t("search.noneWords"), "", nil)
	}
	if p.table == nil {
		p.table = p.newTable()
		p.table.Aside = w.offMain
	}
	p.table.SetRows(rows)
	list := kit.Margins(16, 0, 16, 8, p.table.Object)
	if orderFilters[p.filter] != "none" {
		return list
	}
	// Orders without photos may only be looked for at the wrong place.
	return container.NewBorder(kit.Margins(16, 0, 24, 4, kit.Row(0, kit.Faint(w.t("orders.noneFound")), kit.NewButton(w.t("places.link"), func() { w.follow(&placesPage{w: w}) }))), nil, nil, nil, list)
}

func (p *ordersPage) newTable() *kit.Table[app.OrderRow] {
	w := p.w
	t := kit.NewTable([]kit.Column[app.OrderRow]{
		{Label: w.t("col.order"), Width: 90, Text: func(r app.OrderRow) string { return kit.Line(r.Number, 24) }, Less: func(a, b app.OrderRow) bool {
			if len(a.Number) != len(b.Number) {
				return len(a.Number) < len(b.Number)
			}
			return a.Number < b.Number
		}},
		{Label: w.t("col.person"), Width: 140, Grow: 2, Text: func(r app.OrderRow) string {
			if r.Person == "" && !r.Erased.IsZero() {
				return w.t("person.erased")
			}
			return w.person(r.Person)
		}, Less: func(a, b app.OrderRow) bool { return a.Person < b.Person }},
		{Label: w.t("col.completed"), Width: 120, Faint: true, Spare: true, Text: func(r app.OrderRow) string {
			if r.Completed.IsZero() {
				return w.t("orderState." + r.State.String())
			}
			return w.brief(r.Completed)
		}, Less: func(a, b app.OrderRow) bool { return a.Completed.Before(b.Completed) }},
		{Label: w.t("col.photos"), Width: 70, Right: true, Text: func(r app.OrderRow) string { return w.number(r.Photos) }, Less: func(a, b app.OrderRow) bool { return a.Photos < b.Photos }},
		{Label: w.t("col.left"), Width: 150, Grow: 0.6, Text: w.countdown, Share: func(r app.OrderRow) (float32, bool) {
			if r.Media != "counting" || r.Due.IsZero() {
				return 0, false
			}
			length := r.Start.Days(r.Due)
			if length <= 0 {
				return 1, true
			}
			return 1 - float32(r.DaysLeft)/float32(length), true
		}, Less: func(a, b app.OrderRow) bool { return a.Due.Before(b.Due) }},
		{Label: w.t("col.media"), Width: 150, Grow: 1, Text: w.media, Tone: func(r app.OrderRow) kit.Tone { return mediaTone(r) }},
	})
	t.OnOpen = func(r app.OrderRow) { w.follow(&orderPage{w: w, id: r.ID}) }
	return t
}

func mediaTone(r app.OrderRow) kit.Tone {
	switch r.Media {
	case "erased":
		return kit.Kept
	case "counting", "open", "none":
		if r.Tone == app.ToneAtRisk {
			return kit.AtRisk
		}
		return kit.Quiet
	}
	return tone(r.Tone)
}

// countdown writes the days that an order's photos may still stay.
func (w *Window) countdown(r app.OrderRow) string {
	switch r.Media {
	case "counting", "due":
		return w.left(r.DaysLeft)
	}
	return "—"
}

// media says where an order's photos stand.
func (w *Window) media(r app.OrderRow) string {
	switch {
	case r.Media == "held" && r.Held != "":
		return w.t("media.heldBecause", "Reason", w.held(r.Held))
	case r.Media == "erased" && !r.Erased.IsZero():
		return w.t("media.erasedOn", "Date", w.brief(r.Erased))
	}
	return w.known("media."+r.Media+".one", kit.Line(r.Media, 30))
}

// orderPage is one order opened: what each storage holds of it.
type orderPage struct {
	w    *Window
	id   int64
	top  *fyne.Container
	body *slot
	view app.OrderView
}

func (p *orderPage) place() string { return placeOrders }
func (p *orderPage) changed()      { p.load() }
func (p *orderPage) step()         { p.erase() }

func (p *orderPage) build() fyne.CanvasObject {
	p.body = newSlot()
	// The way back is there even where the storages are not.
	p.top = container.NewStack(p.w.backHeader(p.w.t("order.titleAny"), " ").Object)
	p.load()
	return container.NewBorder(p.top, nil, nil, nil, p.body.box)
}

func (p *orderPage) load() {
	fetch(p.w, p.body, func(ctx context.Context) (app.OrderView, error) { return p.w.f.Order(ctx, p.id) }, p.show)
}

func (p *orderPage) erase() {
	w := p.w
	w.follow(&planPage{w: w, at: placeOrders, title: w.t("plan.ofOrder", "Number", kit.Line(p.view.Row.Number, 30)),
		get: func(ctx context.Context) (plan.Plan, error) { return w.f.PlanOrder(ctx, p.id) }})
}

func (p *orderPage) show(v app.OrderView) fyne.CanvasObject {
	w, r, o := p.w, v.Row, v.Order
	p.view = v
	acts := []fyne.CanvasObject{}
	if len(v.Holds) == 0 {
		acts = append(acts, kit.NewButton(w.t("hold.place"), p.hold))
	}
	plan_ := kit.NewPrimary(w.t("order.plan"), p.erase)
	if len(v.Found) == 0 {
		plan_.Disable()
	}
	if !o.Erased {
		acts = append(acts, kit.NewButton(w.t("person.button"), func() { p.erasePerson(o) }))
	}
	head := w.backHeader(w.t("order.title", "Number", kit.Line(r.Number, 30)), w.media(r)+" · "+w.n("objectsFound", len(v.Found)), plan_)
	if len(acts) > 0 {
		// Beside the title there is room for one act in the smallest window.
		head.Object = container.NewVBox(head.Object, kit.Margins(16, 0, 16, 0, container.NewHBox(acts...)))
	}

	person := w.person(o.Customer.Name())
	if o.Erased {
		person = w.t("person.erased")
	}
	left := w.orderState(v)
	left = append(left,
		kit.Heading(w.t("order.facts")),
		kit.Pair(w.t("col.person"), person),
		kit.Pair(w.t("order.email"), kit.Line(o.Customer.Email, 100)),
		kit.Pair(w.t("order.shop"), kit.Line(o.Shop, 40)),
		kit.Pair(w.t("order.status"), w.t("orderState."+o.State.String())+" ("+kit.Line(o.Status, 30)+")"),
		kit.Pair(w.t("order.created"), w.at(o.CreatedAt)))
	if !o.CompletedAt.IsZero() {
		left = append(left, kit.Pair(w.t("order.completed"), w.at(o.CompletedAt)))
	}
	if !r.Due.IsZero() && r.Erased.IsZero() {
		left = append(left, kit.Pair(w.t("order.due"), w.long(r.Due)+" · "+w.left(r.DaysLeft)))
	}
	if len(v.Cases) > 0 {
		left = append(left, kit.Gap(12))
	}
	for _, id := range v.Cases {
		left = append(left, container.NewHBox(kit.NewButton(w.t("order.case", "N", int64(id)), func() { w.openCase(id) })))
	}
	for _, r := range v.Restrictions {
		left = append(left, kit.Gap(14), kit.Badge(kit.AtRisk, w.t("effects.restriction")), w.restrictionCard(r, true))
	}
	for _, h := range v.Holds {
		until := w.t("hold.open")
		if !h.Until.IsZero() {
			until = w.t("until", "Date", w.long(h.Until))
		}
		left = append(left, kit.Gap(14), kit.NewCard(kit.Badge(kit.AtRisk, w.t("hold.title")), kit.Words(kit.Clip(h.Reason, 300, 80)),
			kit.Faint(until+" · "+w.article(h.Article)), container.NewHBox(kit.NewButton(w.t("hold.lift"), func() { p.lift(h) }))))
	}
	if n := len(v.Missing); n > 0 {
		left = append(left, kit.Gap(10), kit.IconLine(kit.CannotTell, w.n("order.missing", n)))
	}

	left = append(left, p.lines(v)...)

	var right fyne.CanvasObject
	if len(v.Found) == 0 && !r.Erased.IsZero() {
		right = kit.Empty(theme.ConfirmIcon(), w.t("order.nothing"), w.t("order.nothingLeft"), "", nil)
	} else if len(v.Found) == 0 {
		right = kit.Empty(theme.StorageIcon(), w.t("order.nothing"), w.t("order.nothingWords"), w.t("places.link"), func() { w.follow(&placesPage{w: w}) })
	} else {
		right = p.w.foundTable(v.Found)
	}
	split := p.w.split(splitOrder, 0.4, container.NewVScroll(kit.Margins(24, 8, 12, 16, kit.Down(-4, left...))), kit.Margins(8, 0, 16, 8, right))
	p.top.Objects = []fyne.CanvasObject{head.Object}
	p.top.Refresh()
	return split
}

// orderState says first what matters most of an order: that it is erased, held,
// or anonymised in the shop.
func (w *Window) orderState(v app.OrderView) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	if !v.Row.Erased.IsZero() {
		out = append(out, kit.IconLine(kit.Kept, w.t("order.erased", "Date", w.long(w.day(v.Row.Erased)))))
	}
	if v.Order.Anonymised {
		out = append(out, kit.IconLine(kit.Kept, w.t("order.anonymised")))
	}
	switch v.Order.State {
	case order.Trashed:
		out = append(out, kit.IconLine(kit.AtRisk, w.t("order.trashed")))
	case order.Gone:
		out = append(out, kit.IconLine(kit.Quiet, w.t("order.gone")))
	}
	return out
}

// lines are the products of an order; the photos of one of them can be erased
// alone.
func (p *orderPage) lines(v app.OrderView) []fyne.CanvasObject {
	w := p.w
	if len(v.Order.Lines) == 0 {
		return nil
	}
	out := []fyne.CanvasObject{kit.Gap(12), kit.Heading(w.n("order.lines", len(v.Order.Lines)))}
	for i, l := range v.Order.Lines {
		if i == 40 {
			out = append(out, kit.Faint(w.n("more", len(v.Order.Lines)-i)))
			break
		}
		name := kit.Line(l.Name, 80)
		if name == "" {
			name = w.t("order.lineUnnamed")
		}
		out = append(out, kit.Words(name))
		count := kit.FaintLine(w.n("photos", len(l.Photos)))
		if len(l.Photos) == 0 || len(v.Found) == 0 {
			out = append(out, count)
			continue
		}
		out = append(out, kit.Row(0, count, kit.NewButton(w.t("order.onlyThis"), func() { p.eraseLine(l) })))
	}
	return out
}

// erasePerson leads to the person's orders; where the shop has no address, this
// order is the only one that is known.
func (p *orderPage) erasePerson(o order.Order) {
	w := p.w
	if o.Customer.Email != "" {
		w.follow(&personPage{w: w, order: p.id})
		return
	}
	w.follow(&planPage{w: w, at: placeOrders, title: w.t("person.planTitle"),
		get: func(ctx context.Context) (plan.Plan, error) { return w.f.PlanPerson(ctx, []int64{p.id}) }})
}

// eraseLine shows the plan for the photos of one product alone.
func (p *orderPage) eraseLine(l order.Line) {
	w := p.w
	w.follow(&planPage{w: w, at: placeOrders, title: w.t("plan.ofLine", "Name", kit.Line(l.Name, 50), "Number", kit.Line(p.view.Row.Number, 30)),
		get: func(ctx context.Context) (plan.Plan, error) { return w.f.PlanOrder(ctx, p.id) },
		only: func(ctx context.Context, whole plan.Plan) ([]string, error) {
			return w.f.KeysOfLine(ctx, whole, p.id, l.Ref)
		}})
}

func (w *Window) foundTable(found []plan.Found) fyne.CanvasObject {
	t := kit.NewTable([]kit.Column[plan.Found]{
		{Label: w.t("col.what"), Width: 96, Text: func(f plan.Found) string {
			s := w.holds(f.Holds)
			if f.Kind != plan.Version {
				s = w.t("kind." + f.Kind.String())
			}
			return s
		}},
		{Label: w.t("col.object"), Width: 150, Grow: 2, Tail: true, Text: func(f plan.Found) string { return kit.Line(f.Key, 140) }, Less: func(a, b plan.Found) bool { return a.Key < b.Key }},
		{Label: w.t("col.size"), Width: 76, Right: true, Text: func(f plan.Found) string { return w.size(f.SizeBytes) }, Less: func(a, b plan.Found) bool { return a.SizeBytes < b.SizeBytes }},
		{Label: w.t("col.changed"), Width: 108, Faint: true, Spare: true, Text: func(f plan.Found) string { return w.brief(f.ModifiedAt) }, Less: func(a, b plan.Found) bool { return a.ModifiedAt.Before(b.ModifiedAt) }},
	})
	t.SetRows(found)
	return t.Object
}

// hold asks why the photos of an order must stay, and until when.
func (p *orderPage) hold() {
	w := p.w
	why := kit.NewArea("", 3)
	until := kit.NewEntry("")
	until.SetPlaceHolder(w.t("date.example"))
	wrong := kit.Faint("")
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("hold.place"), func() {
		date, _ := parseDate(until.Text)
		reason := strings.TrimSpace(why.Text)
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.PlaceHold(ctx, p.id, reason, date) }, p.load)
	})
	ok.Disable()
	check := func(string) {
		_, good := parseDate(until.Text)
		if good {
			wrong.SetText("")
		} else {
			wrong.SetText(w.t("date.wrong"))
		}
		enable(ok, good && strings.TrimSpace(why.Text) != "")
	}
	why.OnChanged, until.OnChanged = check, check
	d = w.dialog(w.t("hold.place"), kit.Down(0, kit.Words(w.t("hold.words")), kit.FormRow(w.t("hold.reason"), "", why),
		kit.FormRow(w.t("hold.until"), w.t("hold.untilHelp"), until), wrong), ok)
	d.FocusOn(why).Show()
}

func (p *orderPage) lift(h plan.Hold) {
	w := p.w
	var d *kit.Dialog
	d = w.dialog(w.t("hold.lift"), kit.Words(w.t("hold.liftWords")), kit.NewButton(w.t("hold.lift"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.LiftHold(ctx, h.ID) }, p.load)
	}))
	d.Show()
}

// typed writes a date as its owner would type it; parseDate reads it back.
func (s *speaker) typed(d law.Date) string {
	if s.lang == "fr" {
		return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year)
	}
	return d.String()
}

// parseDate reads a day as the owner types it: 2026-12-23 or 23/12/2026; an
// empty field is no date.
func parseDate(s string) (law.Date, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return law.Date{}, true
	}
	if d, err := law.ParseDate(s); err == nil {
		return d, true
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '.' || r == ' ' })
	if len(parts) == 3 {
		pad := func(x string, n int) string { return strings.Repeat("0", max(0, n-len(x))) + x }
		if d, err := law.ParseDate(parts[2] + "-" + pad(parts[1], 2) + "-" + pad(parts[0], 2)); err == nil {
			return d, true
		}
	}
	return law.Date{}, false
}
