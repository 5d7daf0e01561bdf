package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// typeAbove is how many objects a plan may erase before their number has to be
// typed.
const typeAbove = 50

// planPage shows what would be erased for an order, and runs it.
type planPage struct {
	w     *Window
	at    string // place of the rail
	title string
	get   func(context.Context) (plan.Plan, error)
	body  *slot
}

func (p *planPage) place() string { return p.at }
func (p *planPage) changed()      {}

func (p *planPage) build() fyne.CanvasObject {
	w := p.w
	head := w.backHeader(p.title, w.t("plan.summary"))
	p.body = newSlot()
	fetch(w, p.body, p.get, func(pl plan.Plan) fyne.CanvasObject { return w.planView(pl, nil, nil) })
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

// tally counts a plan in the words of its dialog.
type tally struct {
	objects, versions      int // all entries; those that are older versions, markers, uploads
	files                  int // distinct keys
	bytes                  int64
	orders                 int
	photos, portraits, der int // distinct keys by what they are
}

func count(p plan.Plan) tally {
	var t tally
	keys, orders := map[string]bool{}, map[int64]bool{}
	for _, f := range p.Erase {
		t.objects++
		t.bytes += f.SizeBytes
		if f.Order != 0 {
			orders[f.Order] = true
		}
		k := f.Storage + "\x00" + f.Key
		if keys[k] {
			t.versions++
			continue
		}
		keys[k] = true
		t.files++
		switch f.Holds {
		case plan.Photo:
			t.photos++
		case plan.Portrait:
			t.portraits++
		default:
			t.der++
		}
	}
	t.orders = len(orders)
	return t
}

// what says what goes: "42 photos et 3 portraits".
func (w *Window) what(t tally) string {
	var words []string
	if t.photos > 0 {
		words = append(words, w.n("photos", t.photos))
	}
	if t.portraits > 0 {
		words = append(words, w.n("portraits", t.portraits))
	}
	if t.der > 0 {
		words = append(words, w.n("derived", t.der))
	}
	return w.list(words)
}

// confirmation is the dialog's text: what goes, what stays, and that there is
// no way back.
func (w *Window) confirmation(p plan.Plan) string {
	t := count(p)
	text := w.t("plan.goes", "What", w.what(t))
	if t.orders > 0 {
		text = w.n("plan.goesOf", t.orders, "What", w.what(t))
	}
	lines := []string{text}
	seen := map[string]bool{}
	stay := func(what, order string, until law.Date, ground string) {
		s := w.stays(what, order, until)
		if !seen[s] && len(seen) < 5 {
			seen[s] = true
			lines = append(lines, s)
		}
	}
	for _, k := range p.Restrict {
		stay(k.What, k.Order, k.Until, k.Ground)
	}
	for _, k := range p.Keep {
		stay(k.What, k.Order, k.Until, k.Ground)
	}
	if more := len(p.Restrict) + len(p.Keep) - len(seen); more > 0 && len(seen) == 5 {
		lines = append(lines, w.n("plan.moreStay", more))
	}
	return strings.Join(lines, "\n")
}

func (w *Window) stays(what, order string, until law.Date) string {
	what = kit.Line(what, 80)
	if order != "" && !strings.Contains(what, order) {
		what += " (" + w.t("order.number", "Number", kit.Line(order, 30)) + ")"
	}
	if until.IsZero() {
		return w.t("plan.staysOpen", "What", what)
	}
	return w.t("plan.stays", "What", what, "Date", w.long(until))
}

// confirm asks, and runs the plan that was seen.
func (w *Window) confirm(p plan.Plan) {
	t := count(p)
	parts := []fyne.CanvasObject{kit.Words(w.confirmation(p)), kit.IconLine(kit.Late, w.t("plan.never"))}
	var d *kit.Dialog
	erase := kit.NewDanger(w.n("plan.eraseNow", t.objects), func() {
		d.Close()
		w.erase(p)
	})
	if t.objects > typeAbove {
		number := strconv.Itoa(t.objects)
		entry := kit.NewEntry("")
		entry.SetPlaceHolder(number)
		erase.Disable()
		entry.OnChanged = func(s string) { enable(erase, strings.TrimSpace(s) == number) }
		parts = append(parts, kit.FormRow(w.t("plan.type", "Number", number), "", entry))
	}
	d = kit.NewDialog(w.win.Canvas(), w.t("plan.confirm"), kit.DialogWidth, kit.Down(0, parts...), w.t("plan.cancel"), nil, erase)
	d.Show()
}

// erase runs the plan as a job that ends in its result.
func (w *Window) erase(p plan.Plan) {
	var run app.RunView
	w.run(w.t("run.title"), func(ctx context.Context, report reporter) (err error) {
		run, err = w.f.Erase(ctx, p, p.Hash, report)
		return err
	}, func(err error) outcome {
		if run.Record.ID == 0 {
			return outcome{}
		}
		w.notify("notify.erased")
		o := w.ended(run)
		if len(w.strips.Objects) > 0 && w.page != nil && kit.Open(w.win.Canvas()) == nil && erasing(w.page) {
			w.follow(&runPage{w: w, id: run.Record.ID})
		}
		return o
	})
}

// erasing tells whether the owner still looks at the plan that she started.
func erasing(p page) bool {
	switch x := p.(type) {
	case *planPage:
		return true
	case *casePage:
		return x.tab == tabPlan
	case *storagePage:
		return true
	}
	return false
}

// ended says how a run ended.
func (w *Window) ended(r app.RunView) outcome {
	return outcome{tone: runTone(r.Record.State), words: w.runSentence(r.Record), act: w.t("run.see"), onAct: func() { w.follow(&runPage{w: w, id: r.Record.ID}) }}
}

func runTone(s erasure.State) kit.Tone {
	switch s {
	case erasure.Complete:
		return kit.Kept
	case erasure.Partial:
		return kit.AtRisk
	case erasure.Refused:
		return kit.Late
	}
	return kit.CannotTell
}

func (w *Window) runSentence(r erasure.Record) string {
	switch r.State {
	case erasure.Complete:
		return w.n("run.done", r.Erased, "Size", w.size(r.ErasedBytes))
	case erasure.Partial:
		return w.n("run.left", r.Left, "Erased", w.number(r.Erased))
	case erasure.Refused:
		return w.t("run.refusedWords")
	}
	return w.t("run.runningWords")
}

// planView shows the three groups of a plan with their reasons, and the button
// that asks.
func (w *Window) planView(p plan.Plan, not error, before []fyne.CanvasObject) fyne.CanvasObject {
	t := count(p)
	group := func(tone kit.Tone, title, words string) fyne.CanvasObject {
		l := kit.Words(words)
		return kit.NewCard(kit.Badge(tone, title), l)
	}
	eraseWords := w.t("plan.nothing")
	if t.objects > 0 {
		eraseWords = w.what(t) + " · " + w.size(t.bytes)
		if t.versions > 0 {
			eraseWords += " · " + w.n("plan.versions", t.versions)
		}
	}
	restrictWords := w.t("plan.nothing")
	if len(p.Restrict) > 0 {
		restrictWords = w.n("plan.restrictCount", len(p.Restrict))
	}
	keepWords := w.t("plan.nothing")
	if len(p.Keep) > 0 {
		keepWords = w.n("plan.keepCount", len(p.Keep))
	}
	tiles := kit.Tiles(132,
		group(kit.Late, w.t("plan.group.erase"), eraseWords),
		group(kit.AtRisk, w.t("plan.group.restrict"), restrictWords),
		group(kit.Quiet, w.t("plan.group.keep"), keepWords))

	erase := kit.NewDanger(w.n("plan.erase", t.objects), func() { w.confirm(p) })
	erase.Importance = kit.MediumImportance
	erase.Icon = theme.NewColoredResource(theme.DeleteIcon(), kit.ColorLate)
	foot := kit.Down(-4)
	switch {
	case not != nil:
		what, next := Explain(not, w.lang)
		erase.Disable()
		foot.Add(kit.IconLine(kit.AtRisk, what+" "+next))
		foot.Add(container.NewHBox(erase))
	case t.objects == 0:
		foot.Add(kit.IconLine(kit.Kept, w.t("plan.nothingToErase")))
	default:
		foot.Add(kit.Faint(w.t("plan.foot")))
		foot.Add(container.NewHBox(erase))
	}
	top := kit.Down(8, append(append([]fyne.CanvasObject{}, before...), tiles)...)
	return container.NewBorder(kit.Margins(16, 8, 16, 4, top), kit.Margins(16, 4, 16, 12, foot), nil, nil,
		kit.Margins(8, 0, 16, 0, w.planTree(p)))
}

// node is one line of the tree of a plan.
type node struct {
	words, note string
	tone        kit.Tone
	bold        bool
	children    []string
}

// planTree is the plan line by line: group, order, storage, object. Only the
// lines that are seen are drawn.
func (w *Window) planTree(p plan.Plan) fyne.CanvasObject {
	nodes := map[string]*node{"": {}}
	add := func(parent, id string, n node) {
		if nodes[id] == nil {
			nodes[id] = &n
			nodes[parent].children = append(nodes[parent].children, id)
		}
	}
	type sum struct {
		n     int
		bytes int64
	}
	orders, storages := map[int64]sum{}, map[string]sum{}
	erase := slices.Clone(p.Erase)
	slices.SortStableFunc(erase, func(a, b plan.Found) int {
		if c := strings.Compare(a.Number, b.Number); c != 0 {
			return c
		}
		if c := strings.Compare(a.Storage, b.Storage); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	for _, f := range erase {
		o := orders[f.Order]
		orders[f.Order] = sum{o.n + 1, o.bytes + f.SizeBytes}
		k := strconv.FormatInt(f.Order, 10) + "\x00" + f.Storage
		s := storages[k]
		storages[k] = sum{s.n + 1, s.bytes + f.SizeBytes}
	}
	if len(erase) > 0 {
		add("", "erase", node{words: w.t("plan.group.erase"), note: w.n("objects", len(erase)), tone: kit.Late, bold: true})
	}
	for i, f := range erase {
		oid := "erase/" + strconv.FormatInt(f.Order, 10)
		words := w.t("plan.orphans")
		if f.Order != 0 {
			words = w.t("order.number", "Number", kit.Line(f.Number, 30))
		}
		add("erase", oid, node{words: words, note: w.n("objects", orders[f.Order].n) + " · " + w.size(orders[f.Order].bytes), tone: kit.Late})
		sid := oid + "/" + f.Storage
		s := storages[strconv.FormatInt(f.Order, 10)+"\x00"+f.Storage]
		add(oid, sid, node{words: w.t("plan.storage", "Storage", kit.Line(f.Storage, 40)), note: w.n("objects", s.n), tone: kit.Late})
		note := w.holds(f.Holds) + " · " + w.size(f.SizeBytes)
		if f.Kind != plan.Version || f.Version != "" {
			note += " · " + w.t("kind."+f.Kind.String())
		}
		add(sid, "e"+strconv.Itoa(i), node{words: kit.Line(f.Key, 140), note: note, tone: kit.Late})
	}
	if len(p.Restrict) > 0 {
		add("", "restrict", node{words: w.t("plan.group.restrict"), note: w.n("plan.restrictCount", len(p.Restrict)), tone: kit.AtRisk, bold: true})
		for i, h := range p.Restrict {
			add("restrict", "r"+strconv.Itoa(i), node{words: w.stayLine(h.What, h.Order, h.Key, h.Until), note: w.groundLine(h.Ground, h.Article), tone: kit.AtRisk})
		}
	}
	if len(p.Keep) > 0 {
		add("", "keep", node{words: w.t("plan.group.keep"), note: w.n("plan.keepCount", len(p.Keep)), tone: kit.Quiet, bold: true})
		for i, h := range p.Keep {
			add("keep", "k"+strconv.Itoa(i), node{words: w.stayLine(h.What, h.Order, h.Key, h.Until), note: w.groundLine(h.Ground, h.Article), tone: kit.Quiet})
		}
	}
	tree := widget.NewTree(
		func(id string) []string {
			if n := nodes[id]; n != nil {
				return n.children
			}
			return nil
		},
		func(id string) bool { n := nodes[id]; return n != nil && (id == "" || len(n.children) > 0) },
		func(bool) fyne.CanvasObject {
			return kit.Shared(0.55, container.NewBorder(nil, nil, widget.NewIcon(kit.Late.Icon()), nil, kit.Label("")), kit.FaintLine(""))
		},
		func(id string, _ bool, o fyne.CanvasObject) {
			n := nodes[id]
			if n == nil {
				return
			}
			row := o.(*fyne.Container)
			left := row.Objects[0].(*fyne.Container)
			l := left.Objects[0].(*widget.Label)
			l.TextStyle.Bold = n.bold
			l.SetText(n.words)
			left.Objects[1].(*widget.Icon).SetResource(n.tone.Icon())
			row.Objects[1].(*widget.Label).SetText(n.note)
		})
	// What does not fit its line is said whole below, once it is chosen.
	whole := kit.Faint("")
	whole.Hide()
	tree.OnSelected = func(id string) {
		if n := nodes[id]; n != nil {
			whole.SetText(n.words + " · " + n.note)
			whole.Show()
			if len(n.children) > 0 {
				tree.ToggleBranch(id)
			}
		}
	}
	tree.OpenBranch("erase")
	tree.OpenBranch("restrict")
	tree.OpenBranch("keep")
	if len(orders) <= 3 {
		for o := range orders {
			tree.OpenBranch("erase/" + strconv.FormatInt(o, 10))
		}
	}
	return container.NewBorder(nil, whole, nil, nil, tree)
}

func (w *Window) stayLine(what, order, key string, until law.Date) string {
	s := kit.Line(what, 80)
	if key != "" {
		s += " · " + kit.Line(key, 100)
	}
	if order != "" && !strings.Contains(s, order) {
		s += " · " + w.t("order.number", "Number", kit.Line(order, 30))
	}
	if !until.IsZero() {
		s += " · " + w.t("until", "Date", w.shortYear(until))
	}
	return s
}

func (w *Window) groundLine(ground, article string) string {
	g := kit.Line(ground, 160)
	if a := w.article(article); a != "" && !strings.Contains(g, a) {
		if g != "" {
			g += " · "
		}
		g += a
	}
	return g
}

// runPage is the result of a run: what is gone, how that was verified, what is
// left and why, and the certificate.
type runPage struct {
	w    *Window
	id   int64
	body *slot
	head *kit.Header
}

func (p *runPage) place() string { return placeStorage }
func (p *runPage) changed()      { p.load() }
func (p *runPage) print()        { p.certificate() }

func (p *runPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.head = w.backHeader(w.t("run.page", "N", p.id), " ")
	p.load()
	return container.NewBorder(p.head.Object, nil, nil, nil, p.body.box)
}

func (p *runPage) load() {
	fetch(p.w, p.body, func(ctx context.Context) (app.RunView, error) { return p.w.f.Run(ctx, p.id) }, p.show)
}

func (p *runPage) certificate() {
	w := p.w
	ask(w, func(ctx context.Context) (string, error) { return w.f.PrintCertificate(ctx, p.id, w.lang) }, w.printed)
}

func (p *runPage) show(v app.RunView) fyne.CanvasObject {
	w, r := p.w, v.Record
	p.head.Summary.SetText(w.runSentence(r))
	parts := []fyne.CanvasObject{kit.Badge(runTone(r.State), w.t("run."+r.State.String()))}
	if len(v.Orders) > 0 {
		parts = append(parts, kit.Pair(w.t("run.orders"), kit.Line(strings.Join(v.Orders, ", "), 200)))
	}
	parts = append(parts,
		kit.Pair(w.t("run.why"), w.scope(r.Scope)),
		kit.Pair(w.t("run.by"), w.actor(r.By)),
		kit.Pair(w.t("run.when"), w.at(r.StartedAt)),
		kit.Pair(w.t("run.gone"), w.n("objects", r.Erased)+" · "+w.size(r.ErasedBytes)))
	if r.State == erasure.Complete || r.State == erasure.Partial {
		parts = append(parts, kit.Pair(w.t("run.verified"), w.t("run.verifiedWords")))
	}
	if r.Reason != "" {
		parts = append(parts, kit.Pair(w.t("run.reason"), w.reason(r.Reason)))
	}
	if !r.CheckAgain.IsZero() {
		parts = append(parts, kit.Pair(w.t("run.again"), w.long(r.CheckAgain)))
	}
	buttons := []fyne.CanvasObject{}
	switch {
	case r.State == erasure.Running || r.State == erasure.Partial:
		buttons = append(buttons, kit.NewPrimary(w.t("run.resume"), w.resume))
	case r.Scope.Case != 0:
		buttons = append(buttons, kit.NewPrimary(w.t("run.toCase"), func() { w.openCase(casesID(r.Scope.Case)) }))
	}
	if r.State != erasure.Running {
		buttons = append(buttons, kit.NewIconButton(w.t("run.certificate"), theme.DocumentPrintIcon(), p.certificate))
	}
	if r.Scope.Case != 0 && len(buttons) > 1 && r.State != erasure.Complete && r.State != erasure.Refused {
		buttons = append(buttons, kit.NewButton(w.t("run.toCase"), func() { w.openCase(casesID(r.Scope.Case)) }))
	}
	parts = append(parts, kit.Gap(12), kit.Flow(buttons...))
	if v.Certificate != "" {
		parts = append(parts, kit.Faint(w.t("run.printed", "File", kit.Line(v.Certificate, 100))))
	}
	table := kit.NewTable([]kit.Column[erasure.Step]{
		{Label: w.t("col.state"), Width: 190, Text: func(s erasure.Step) string { return w.t("status." + s.Status.String()) }, Tone: func(s erasure.Step) kit.Tone { return stepTone(s.Status) }, Less: func(a, b erasure.Step) bool { return a.Status < b.Status }},
		{Label: w.t("col.order"), Width: 90, Text: func(s erasure.Step) string { return kit.Line(s.Object.Number, 20) }},
		{Label: w.t("col.object"), Width: 180, Grow: 2, Text: func(s erasure.Step) string { return kit.Line(s.Object.Key, 140) }},
		{Label: w.t("col.reason"), Width: 120, Grow: 1.6, Faint: true, Text: func(s erasure.Step) string {
			if s.Reason != "" {
				return w.reason(s.Reason)
			}
			return w.holds(s.Object.Holds)
		}},
		{Label: w.t("col.size"), Width: 90, Right: true, Text: func(s erasure.Step) string { return w.size(s.Object.SizeBytes) }, Less: func(a, b erasure.Step) bool { return a.Object.SizeBytes < b.Object.SizeBytes }},
	})
	table.SetRows(v.Steps)
	return container.NewBorder(kit.Margins(24, 8, 24, 8, kit.DownReading(-4, parts...)), nil, nil, nil, kit.Margins(16, 0, 16, 8, table.Object))
}

func stepTone(s erasure.Status) kit.Tone {
	switch s {
	case erasure.Gone:
		return kit.Kept
	case erasure.Retained:
		return kit.AtRisk
	case erasure.Failed:
		return kit.Late
	}
	return kit.CannotTell
}

// scope says for what a run was made.
func (w *Window) scope(s plan.Scope) string {
	switch {
	case s.Case != 0:
		return w.t("scope.case", "N", s.Case)
	case s.Rule != "":
		return w.t("scope.rule", "Rule", w.ruleName(s.Rule))
	}
	return w.t("scope.owner")
}
