package ui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// typeAbove is how many objects of the storages a plan may erase before the
// number of all has to be typed. Fields of a shop's records do not count for
// it: what is lost with them is a few words each.
const typeAbove = 50

// planPage shows what would be erased for an order, and runs it.
type planPage struct {
	w     *Window
	at    string // place of the rail
	title string
	get   func(context.Context) (plan.Plan, error)
	// only, where set, chooses the part of the plan to begin with.
	only func(context.Context, plan.Plan) ([]string, error)
	body *slot
	note string // why the plan is a new one
	// confirmed, where set, runs the plan in the place of Erase.
	confirmed func(context.Context, plan.Plan, reporter) (app.RunView, error)
}

func (p *planPage) place() string { return p.at }
func (p *planPage) changed()      {}

func (p *planPage) build() fyne.CanvasObject {
	head := p.w.backHeader(p.title, p.w.t("plan.summary"))
	p.body = newSlot()
	p.load()
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

func (p *planPage) replan(note string) {
	p.note = note
	p.load()
}

func (p *planPage) load() {
	w := p.w
	type both struct{ whole, now plan.Plan }
	fetchLong(w, p.body, w.t("plan.making"), func(ctx context.Context, _ reporter) (b both, err error) {
		if b.whole, err = p.get(ctx); err != nil || p.only == nil {
			b.now = b.whole
			return b, err
		}
		keys, err := p.only(ctx, b.whole)
		if err != nil {
			return b, err
		}
		b.now, err = w.f.NarrowPlan(ctx, b.whole, keys)
		return b, err
	}, func(b both) fyne.CanvasObject {
		var before []fyne.CanvasObject
		if p.note != "" {
			before = append(before, kit.IconLine(kit.AtRisk, p.note))
		}
		return w.planView(b.whole, b.now, nil, before).box
	})
}

// tally counts a plan in the words of its dialog.
type tally struct {
	objects, versions      int // all entries; those that are older versions, markers, uploads
	files                  int // distinct keys
	bytes                  int64
	orders                 int
	photos, portraits, der int // distinct keys by what they are
	fields, accounts       int // in the records of shops
}

// keys is how many files and fields the owner sees, whatever versions they have.
func (t tally) keys() int { return t.files + t.fields + t.accounts }

func count(p plan.Plan) tally { return countFound(p.Erase) }

func countFound(found []plan.Found) tally {
	var t tally
	keys, orders := map[string]bool{}, map[int64]bool{}
	for _, f := range found {
		t.objects++
		if !isField(f) {
			t.bytes += f.SizeBytes // of a field, a size says nothing
		}
		if f.Order != 0 {
			orders[f.Order] = true
		}
		k := plan.KeyID(f.Storage, f.Key)
		if keys[k] {
			t.versions++
			continue
		}
		keys[k] = true
		if isField(f) {
			if f.Holds == plan.Account {
				t.accounts++
			} else {
				t.fields++
			}
			continue
		}
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

// isField tells whether what would be erased is a field of a shop's record and
// no file.
func isField(f plan.Found) bool { return f.Kind == plan.Field }

// inShop tells whether something lies in a shop, whose names for it say nothing
// to the owner, and not in a storage.
func inShop(storage string) bool { return strings.HasPrefix(storage, plan.DeskName("")) }

// what says what goes: "42 photos, 3 portraits et 5 champs de la boutique".
func (w *Window) what(t tally) string {
	var words []string
	for _, x := range []struct {
		key string
		n   int
	}{{"photos", t.photos}, {"portraits", t.portraits}, {"derived", t.der}, {"fields", t.fields}, {"accounts", t.accounts}} {
		if x.n > 0 {
			words = append(words, w.n(x.key, x.n))
		}
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
	lines, more := []string{text}, 0
	for _, s := range w.stays(p) {
		items := s.lines(w)
		if len(items) == 1 {
			lines = append(lines, w.stay("plan.stays", s.until, "What", items[0]))
			continue
		}
		lines = append(lines, w.stay("plan.stayAll", s.until))
		for i, item := range items {
			if i == mostStaying {
				more += len(items) - i
				break
			}
			lines = append(lines, w.t("plan.stayItem", "What", item))
		}
	}
	if more > 0 {
		lines = append(lines, w.n("plan.moreStay", more))
	}
	return strings.Join(lines, "\n")
}

// mostStaying is how many lines the dialog has for what stays until one date.
const mostStaying = 5

// staying is what stays until a date, each thing with the orders it is of.
type staying struct {
	until  law.Date
	what   []string
	orders map[string][]string
}

// stays gathers what a plan leaves by the date until which it stays.
func (w *Window) stays(p plan.Plan) (out []*staying) {
	add := func(what, order string, until law.Date) {
		i := slices.IndexFunc(out, func(s *staying) bool { return s.until == until })
		if i < 0 {
			i = len(out)
			out = append(out, &staying{until: until, orders: map[string][]string{}})
		}
		s := out[i]
		what = kit.Line(what, 80)
		if !slices.Contains(s.what, what) {
			s.what = append(s.what, what)
		}
		if order != "" && !strings.Contains(what, order) && !slices.Contains(s.orders[what], order) {
			s.orders[what] = append(s.orders[what], order)
		}
	}
	for _, k := range p.Restrict {
		add(k.What, k.Order, k.Until)
	}
	for _, k := range p.Keep {
		add(k.What, k.Order, k.Until)
	}
	return out
}

// lines writes what stays, things of the same orders on one line.
func (s *staying) lines(w *Window) (out []string) {
	var sets []string
	whats := map[string][]string{}
	for _, what := range s.what {
		set := strings.Join(s.orders[what], "\x00")
		if set == "" {
			out = append(out, what)
			continue
		}
		if whats[set] == nil {
			sets = append(sets, set)
		}
		whats[set] = append(whats[set], what)
	}
	for _, set := range sets {
		orders := strings.Split(set, "\x00")
		for i := range orders {
			orders[i] = kit.Line(orders[i], 30)
		}
		n := len(orders)
		if n > 8 {
			orders = append(orders[:8], "…")
		}
		out = append(out, w.n("plan.ofOrders", n, "What", w.list(whats[set]), "Numbers", w.list(orders)))
	}
	return out
}

// stay is a sentence about what stays, with its date where it has one.
func (w *Window) stay(key string, until law.Date, args ...any) string {
	if until.IsZero() {
		return w.t(key+"Open", args...)
	}
	return w.t(key, append(args, "Date", w.long(until))...)
}

// confirm asks, and runs the plan that was seen: for a case after its
// cooling-off, in which it can be cancelled, or now.
func (w *Window) confirm(p plan.Plan) {
	t := count(p)
	parts := []fyne.CanvasObject{kit.Words(w.confirmation(p))}
	var d *kit.Dialog
	now := w.n("plan.eraseNow", t.keys())
	cools := p.Scope.Case != 0 && w.cooling > 0
	var acts []*kit.Button
	if cools {
		now = w.t("plan.now")
		parts = append(parts, kit.Words(w.n("cooling.words", w.cooling)), kit.IconLine(kit.Late, w.t("plan.neverAfter")))
		acts = append(acts, kit.NewPrimary(w.n("cooling.in", w.cooling), func() {
			d.Close()
			w.schedule(p)
		}))
	} else {
		parts = append(parts, kit.IconLine(kit.Late, w.t("plan.never")))
	}
	erase := kit.NewDanger(now, func() {
		d.Close()
		w.erase(p)
	})
	if cools {
		// The one that can be taken back speaks louder.
		erase.Importance, erase.Icon = kit.MediumImportance, theme.NewColoredResource(theme.DeleteIcon(), kit.ColorLate)
	}
	acts = append(acts, erase)
	if t.objects-t.fields-t.accounts > typeAbove {
		number := strconv.Itoa(t.keys())
		entry := kit.NewEntry("")
		entry.SetPlaceHolder(number)
		for _, b := range acts {
			b.Disable()
		}
		entry.OnChanged = func(s string) {
			for _, b := range acts {
				enable(b, strings.TrimSpace(s) == number)
			}
		}
		parts = append(parts, kit.FormRow(w.t("plan.type", "Number", number), "", entry))
	}
	d = kit.NewDialog(w.win.Canvas(), w.t("plan.confirm"), kit.DialogWidth, kit.Down(0, parts...), w.t("plan.cancel"), nil, acts...)
	d.Show()
}

// erase runs the plan as a job that ends in its result.
func (w *Window) erase(p plan.Plan) {
	do := func(ctx context.Context, p plan.Plan, report reporter) (app.RunView, error) {
		return w.f.Erase(ctx, p, p.Hash, report)
	}
	if page, ok := w.page.(*planPage); ok && page.confirmed != nil {
		do = page.confirmed
	}
	w.erasing(func(ctx context.Context, report reporter) (app.RunView, error) { return do(ctx, p, report) },
		func() { w.replan(p.Scope) })
}

// erasing runs an erasure as a job that ends in its result. Where what the plan
// saw has changed, again makes it anew.
func (w *Window) erasing(work func(context.Context, reporter) (app.RunView, error), again func()) {
	var run app.RunView
	w.run(w.t("run.title"), func(ctx context.Context, report reporter) (err error) {
		run, err = work(ctx, report)
		return err
	}, func(err error) outcome {
		looking := w.page != nil && kit.Open(w.win.Canvas()) == nil
		if errors.Is(err, plan.ErrStale) {
			if r, ok := w.page.(replanner); ok && looking && plans(w.page) {
				r.replan(w.t("plan.stale"))
				return outcome{tone: kit.AtRisk, words: w.t("plan.staleHere")}
			}
			return outcome{tone: kit.AtRisk, words: w.t("plan.staleWords"), act: w.t("plan.staleSee"), onAct: again}
		}
		if run.Record.ID == 0 {
			return outcome{}
		}
		w.notify("notify.erased")
		o := w.ended(run)
		if len(w.strips.Objects) > 0 && looking && plans(w.page) {
			w.follow(&runPage{w: w, id: run.Record.ID})
		}
		return o
	})
}

// replanner is a page that can make its plan anew and say why.
type replanner interface{ replan(note string) }

// plans tells whether the owner still looks at the plan that she started.
func plans(p page) bool {
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

// replan shows the plan of a scope as it is now.
func (w *Window) replan(s plan.Scope) {
	note := w.t("plan.stale")
	switch {
	case s.Case != 0:
		w.follow(&casePage{w: w, id: casesID(s.Case), tab: tabPlan, planNote: note})
	case s.Rule != "":
		w.open(placeStorage)
	case s.Person:
		w.follow(&planPage{w: w, at: placeOrders, title: w.t("person.planTitle"), note: note,
			get: func(ctx context.Context) (plan.Plan, error) { return w.f.PlanPerson(ctx, s.Orders) }})
	case len(s.Orders) > 0:
		w.follow(&planPage{w: w, at: placeOrders, title: w.t("plan.again"), note: note,
			get: func(ctx context.Context) (plan.Plan, error) { return w.f.PlanOrder(ctx, s.Orders[0]) }})
	}
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
