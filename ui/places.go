package ui

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// placesPage says where the photos are: each place that the owner describes,
// with what it finds on her real data. What she changes is looked at before it
// can be kept.
type placesPage struct {
	w      *Window
	within func() // in the guided set-up: goes on after the places were kept
	body   *slot
	places []plan.Locator
	fields []string // of the shops' records that hold references
	names  []string // of the storages
	kept   []plan.Locator
	search *slot
	looked bool // what is shown is what the places find
	save   *kit.Button
	add    *kit.Button
	state  *fyne.Container
	tab    int
	table  *kit.Table[app.LocatorRow]
}

func (p *placesPage) place() string { return placeSettings }
func (p *placesPage) changed()      {}
func (p *placesPage) step() {
	if p.save != nil && !p.save.Disabled() {
		p.keep()
	}
}

func (p *placesPage) build() fyne.CanvasObject {
	w := p.w
	info := w.f.Info()
	p.kept = slices.Clone(info.Locators)
	p.places = slices.Clone(info.Locators)
	if w.draftPlaces != nil {
		p.places = slices.Clone(w.draftPlaces)
	}
	p.names = w.f.StorageNames()
	p.body = newSlot()
	p.add = kit.NewIconButton(w.t("places.add"), theme.ContentAddIcon(), func() { p.edit(-1) })
	p.save = kit.NewPrimary(w.t("save"), p.keep)
	p.state = container.NewStack()
	guess := kit.NewIconButton(w.t("places.guess"), theme.SearchIcon(), p.guess)
	top := container.NewVBox()
	if p.within == nil {
		top.Add(w.backHeader(w.t("places.title"), w.t("places.summary"), guess, p.add, p.save).Object)
	} else {
		top.Add(kit.Margins(16, 0, 16, 0, container.NewHBox(guess, p.add)))
	}
	p.looked = false
	p.tell()
	if len(p.names) == 0 {
		p.add.Disable()
		guess.Disable()
		p.body.set(kit.Empty(theme.StorageIcon(), w.t("places.noStorage"), w.t("places.noStorageWords"), w.t("need.sync.button"), func() { w.open(placeSettings) }))
	} else {
		p.look()
	}
	p.search = newSlot()
	top.Add(kit.Margins(16, 0, 16, 0, p.search.box))
	top.Add(kit.Margins(16, 0, 16, 0, p.state))
	return container.NewBorder(top, nil, nil, nil, p.body.box)
}

func (p *placesPage) dirty() bool { return !slices.Equal(p.places, p.kept) }

// tell brings the state and the button for keeping in line.
func (p *placesPage) tell() {
	w := p.w
	usable := true
	for _, l := range p.places {
		usable = usable && l.Validate() == nil
	}
	enable(p.save, p.dirty() && p.looked && usable)
	var line fyne.CanvasObject = kit.Gap(1)
	switch {
	case !p.dirty():
	case !usable:
		line = kit.IconLine(kit.Late, w.t("places.unusable"))
	case !p.looked:
		line = kit.IconLine(kit.AtRisk, w.t("places.notLooked"))
	default:
		line = kit.IconLine(kit.AtRisk, w.t("places.notSaved"))
	}
	p.state.Objects = []fyne.CanvasObject{line}
	p.state.Refresh()
}

// change takes other places and looks at once at what they find.
func (p *placesPage) change(ls []plan.Locator) {
	p.places = ls
	p.w.draftPlaces = slices.Clone(ls)
	if !p.dirty() {
		p.w.draftPlaces = nil
	}
	p.look()
}

func (p *placesPage) look() {
	w := p.w
	p.looked = false
	p.tell()
	ls := slices.Clone(p.places)
	fetchLong(w, p.body, w.t("places.looking"), func(ctx context.Context, report reporter) (app.LocateReport, error) {
		// A shop whose records cannot be read now has no fields to propose.
		if fields, err := w.f.MetaFields(ctx); err == nil {
			w.onMain(func() { p.fields = fields })
		}
		return w.f.Locate(ctx, ls, report)
	}, func(r app.LocateReport) fyne.CanvasObject {
		p.looked = true
		p.tell()
		return p.show(r)
	})
}

// guess looks for folders that are called as orders are, and proposes them
// beside the places that are there. Orders are read first where none is known.
func (p *placesPage) guess() {
	w := p.w
	attempt(w, p.search, w.t("places.guessing"), func(ctx context.Context) ([]plan.Locator, error) {
		orders, err := w.f.Orders(ctx)
		if err == nil && len(orders) == 0 {
			// A shop that cannot be read now is told in the settings.
			_, err = w.f.Sync(ctx, true, false, func(int, int, string) {})
		}
		if err != nil && !errors.Is(err, app.ErrPart) {
			return nil, err
		}
		return w.f.GuessPlaces(ctx)
	}, func(found []plan.Locator, err error) {
		ls := slices.Clone(p.places)
		for _, l := range found {
			if !slices.ContainsFunc(ls, func(x plan.Locator) bool { return x.Storage == l.Storage && x.Key == l.Key }) {
				ls = append(ls, l)
			}
		}
		switch {
		case err != nil:
			p.search.set(w.errorPanel(err, p.guess))
		case len(ls) > len(p.places):
			p.change(ls)
		default:
			p.search.set(kit.IconLine(kit.CannotTell, w.t("places.guessNone")))
		}
	})
}

func (p *placesPage) keep() {
	w := p.w
	ls := slices.Clone(p.places)
	w.do(func(ctx context.Context) error { return w.f.SaveLocators(ctx, ls) }, func() {
		p.kept, w.draftPlaces = ls, nil
		p.tell()
		if p.within != nil {
			p.within()
			return
		}
		w.say(outcome{tone: kit.Kept, words: w.t("places.saved")})
	})
}

// where writes a place: "uploads/{order}/" or the field of the shop.
func (w *Window) where(l plan.Locator) string {
	if l.Meta != "" {
		return w.t("places.field", "Field", kit.Line(l.Meta, 60))
	}
	return kit.Line(l.Key, 120)
}

func (p *placesPage) show(r app.LocateReport) fyne.CanvasObject {
	w := p.w
	if len(r.Rows) == 0 {
		p.table = nil
		return kit.EmptyActs(theme.StorageIcon(), w.t("places.none"), w.t("places.noneWords"), kit.NewPrimary(w.t("places.guess"), p.guess), kit.NewButton(w.t("places.add"), func() { p.edit(-1) }))
	}
	p.table = kit.NewTable([]kit.Column[app.LocatorRow]{
		{Label: w.t("col.storage"), Width: 100, Grow: 0.3, Text: func(x app.LocatorRow) string { return kit.Line(x.Locator.Storage, 40) }},
		{Label: w.t("col.what"), Width: 110, Text: func(x app.LocatorRow) string { return w.holds(x.Locator.Holds) }},
		{Label: w.t("places.where"), Width: 180, Grow: 1.8, Text: func(x app.LocatorRow) string { return w.where(x.Locator) }},
		{Label: w.t("col.objects"), Width: 66, Right: true, Text: func(x app.LocatorRow) string { return found(x, w.number(x.Objects)) }},
		{Label: w.t("col.orders"), Width: 100, Right: true, Text: func(x app.LocatorRow) string { return found(x, w.number(x.Orders)) }},
		{Label: w.t("col.size"), Width: 72, Right: true, Text: func(x app.LocatorRow) string { return found(x, w.size(x.SizeBytes)) }},
		{Label: w.t("places.finds"), Width: 150, Grow: 1.4, Text: w.finds, Tone: func(x app.LocatorRow) kit.Tone {
			switch {
			case x.Err != nil:
				return kit.Late
			case x.Objects == 0:
				return kit.AtRisk
			}
			return kit.Kept
		}},
	})
	p.table.SetRows(r.Rows)
	p.table.OnOpen = func(x app.LocatorRow) {
		if i := slices.Index(p.places, x.Locator); i >= 0 {
			p.edit(i)
		}
	}
	height := float32(min(len(r.Rows), 5))*(kit.RowHeight+4) + 40
	orphans, empty := p.orphans(r), p.empty(r)
	tabs := kit.NewTabs(kit.Tab{Word: w.t("places.orphans") + "\u00a0\u00a0" + w.number(r.Orphans), Content: orphans},
		kit.Tab{Word: w.t("places.empty") + "\u00a0\u00a0" + w.number(r.EmptyCount), Content: empty})
	tabs.Select(p.tab)
	tabs.OnSelected = func(i int) { p.tab = i }
	top := kit.Down(-6, kit.MinSize(100, height, p.table.Object))
	// Why, the rows say; what to do, the settings, with the test of each.
	looked := w.n("places.lookedFor", r.Orders)
	if names := unseen(r); len(names) > 0 {
		top.Add(kit.Row(0, kit.IconLine(kit.Late, w.t("places.unseen", "Storages", w.list(names))+" "+looked), kit.NewButton(w.t("need.sync.button"), func() { w.follow(&settingsPage{w: w}) })))
	} else {
		top.Add(kit.Faint(looked))
	}
	return container.NewBorder(kit.Margins(16, 0, 16, 0, top), nil, nil, nil, tabs.Object)
}

// unseen are the storages that could not be looked at.
func unseen(r app.LocateReport) (names []string) {
	for _, x := range r.Rows {
		if name := kit.Line(x.Locator.Storage, 40); x.Err != nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func found(x app.LocatorRow, s string) string {
	if x.Err != nil {
		return "—"
	}
	return s
}

// finds says in words how a place does.
func (w *Window) finds(x app.LocatorRow) string {
	switch {
	case x.Err != nil:
		what, _ := Explain(x.Err, w.lang)
		return what
	case x.Objects == 0:
		return w.t("places.findsNothing")
	}
	return w.t("places.example", "Key", kit.Line(x.Example, 100))
}

// orphans are the files below the places that no order claims.
func (p *placesPage) orphans(r app.LocateReport) fyne.CanvasObject {
	w := p.w
	if r.Orphans == 0 {
		return kit.Empty(theme.ConfirmIcon(), w.t("orphans.none"), w.t("orphans.noneWords"), "", nil)
	}
	t := kit.NewTable([]kit.Column[plan.Found]{
		{Label: w.t("col.object"), Width: 200, Grow: 2, Tail: true, Text: func(f plan.Found) string { return kit.Line(f.Key, 140) }, Less: func(a, b plan.Found) bool { return a.Key < b.Key }},
		{Label: w.t("col.storage"), Width: 110, Grow: 0.5, Faint: true, Text: func(f plan.Found) string { return kit.Line(f.Storage, 40) }},
		{Label: w.t("col.size"), Width: 90, Right: true, Text: func(f plan.Found) string { return w.size(f.SizeBytes) }, Less: func(a, b plan.Found) bool { return a.SizeBytes < b.SizeBytes }},
		{Label: w.t("col.changed"), Width: 120, Faint: true, Spare: true, Text: func(f plan.Found) string { return w.brief(f.ModifiedAt) }, Less: func(a, b plan.Found) bool { return a.ModifiedAt.Before(b.ModifiedAt) }},
	})
	t.SetRows(r.OrphanExamples)
	words := w.n("orphans.words", r.Orphans) + " " + w.size(r.OrphanBytes) + "."
	if more := r.Orphans - len(r.OrphanExamples); more > 0 {
		words += " " + w.n("places.some", len(r.OrphanExamples))
	}
	return container.NewBorder(kit.Margins(16, 4, 16, 0, kit.Faint(words+" "+w.t("places.orphansWords"))), nil, nil, nil, kit.Margins(16, 0, 16, 8, t.Object))
}

// empty are the orders that no place finds anything of.
func (p *placesPage) empty(r app.LocateReport) fyne.CanvasObject {
	w := p.w
	if r.EmptyCount == 0 {
		return kit.Empty(theme.ConfirmIcon(), w.t("places.noEmpty"), w.t("places.noEmptyWords"), "", nil)
	}
	t := kit.NewTable([]kit.Column[app.OrderRow]{
		{Label: w.t("col.order"), Width: 100, Text: func(o app.OrderRow) string { return kit.Line(o.Number, 24) }},
		{Label: w.t("col.person"), Width: 140, Grow: 2, Text: func(o app.OrderRow) string { return w.person(o.Person) }},
		{Label: w.t("col.photos"), Width: 90, Right: true, Text: func(o app.OrderRow) string { return w.number(o.Photos) }, Less: func(a, b app.OrderRow) bool { return a.Photos < b.Photos }},
		{Label: w.t("col.state"), Width: 130, Grow: 1, Faint: true, Text: func(o app.OrderRow) string { return w.t("orderState." + o.State.String()) }},
	})
	t.OnOpen = func(o app.OrderRow) { w.follow(&orderPage{w: w, id: o.ID}) }
	t.SetRows(r.Empty)
	words := w.t("places.emptyWords")
	if r.EmptyCount > len(r.Empty) {
		words = w.n("places.some", len(r.Empty)) + " " + words
	}
	return container.NewBorder(kit.Margins(16, 4, 16, 0, kit.Faint(words)), nil, nil, nil, kit.Margins(16, 0, 16, 8, t.Object))
}

// edit changes a place in a dialog, or adds one for -1.
func (p *placesPage) edit(i int) {
	w := p.w
	l := plan.Locator{Holds: plan.Photo, Key: "uploads/{order}/"}
	if len(p.names) > 0 {
		l.Storage = p.names[0]
	}
	title := w.t("places.add")
	if i >= 0 {
		l, title = p.places[i], w.t("places.change")
	}
	var storages, holds, ways, fields []kit.Option
	names := p.names
	if l.Storage != "" && !slices.Contains(names, l.Storage) {
		names = append(slices.Clone(names), l.Storage)
	}
	for _, n := range names {
		storages = append(storages, kit.Option{Value: n, Word: kit.Line(n, 60)})
	}
	for _, h := range []plan.Holds{plan.Photo, plan.Portrait, plan.Derived} {
		holds = append(holds, kit.Option{Value: string(h), Word: w.t("holds." + string(h))})
	}
	ways = []kit.Option{{Value: "key", Word: w.t("places.byKey")}, {Value: "meta", Word: w.t("places.byMeta")}}
	known := slices.Clone(p.fields)
	if l.Meta != "" && !slices.Contains(known, l.Meta) {
		known = append(known, l.Meta)
	}
	for _, f := range known {
		fields = append(fields, kit.Option{Value: f, Word: kit.Line(f, 60)})
	}
	storage, hold := kit.NewSelect(storages, l.Storage, nil), kit.NewSelect(holds, string(l.Holds), nil)
	key := kit.NewEntry(l.Key)
	key.SetPlaceHolder("uploads/{order}/")
	field := kit.NewSelect(fields, l.Meta, nil)
	said := kit.Toned(kit.Words(""), kit.Late)
	example := kit.Faint("")
	byKey := kit.FormRow(w.t("places.key"), w.t("places.keyHelp"), key)
	byMeta := kit.FormRow(w.t("places.meta"), w.t("places.metaHelp"), field)
	if len(known) == 0 {
		byMeta = kit.Words(w.t("places.noMeta"))
	}
	way := kit.NewSelect(ways, "key", nil)
	if l.Meta != "" {
		way.SetSelectedIndex(1)
	}
	read := func() plan.Locator {
		x := plan.Locator{Storage: storage.Value(), Holds: plan.Holds(hold.Value())}
		if way.Value() == "meta" {
			x.Meta = field.Value()
		} else {
			x.Key = strings.TrimSpace(key.Text)
		}
		return x
	}
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("places.use"), func() {
		x := read()
		ls := slices.Clone(p.places)
		if i >= 0 {
			ls[i] = x
		} else {
			ls = append(ls, x)
		}
		d.Close()
		p.change(ls)
	})
	check := func() {
		x := read()
		if way.Value() == "meta" {
			byKey.Hide()
			byMeta.Show()
		} else {
			byMeta.Hide()
			byKey.Show()
		}
		said.Hide()
		example.SetText("")
		err := x.Validate()
		switch {
		case way.Value() == "meta" && x.Meta == "", way.Value() == "key" && x.Key == "":
		case err != nil:
			what, next := Explain(err, w.lang)
			said.SetText(what + " " + next)
			said.Show()
		case x.Key != "":
			example.SetText(w.t("places.exampleFor", "Key", kit.Line(strings.NewReplacer("{order}", "1042", "{ref}", "5317").Replace(x.Key), 100)))
		}
		twice := false
		for k, other := range p.places {
			twice = twice || k != i && other == x
		}
		if twice {
			said.SetText(w.t("places.twice"))
			said.Show()
		}
		enable(ok, err == nil && x.Storage != "" && !twice)
	}
	storage.OnChanged = func(string) { check() }
	hold.OnChanged = func(string) { check() }
	way.OnChanged = func(string) { check() }
	field.OnChanged = func(string) { check() }
	key.OnChanged = func(string) { check() }
	acts := []*kit.Button{ok}
	if i >= 0 {
		acts = append(acts, kit.NewIconButton(w.t("places.remove"), theme.ContentRemoveIcon(), func() {
			d.Close()
			p.change(slices.Delete(slices.Clone(p.places), i, i+1))
		}))
	}
	form := kit.Down(0,
		kit.Faint(w.t("places.help")),
		kit.FormRow(w.t("col.storage"), "", storage),
		kit.FormRow(w.t("places.holds"), "", hold),
		kit.FormRow(w.t("places.way"), "", way),
		byKey, byMeta, example, said)
	d = w.dialog(title, form, acts...)
	check()
	d.FocusOn(key).Show()
}
