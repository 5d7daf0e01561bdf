package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app/law"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// planView is a plan on the screen: its three groups line by line, with a box
// before each file or field that may go, and the button that asks.
type planView struct {
	w      *Window
	whole  plan.Plan // with everything that could go
	now    plan.Plan // what would run
	not    error     // why it may not run yet
	before []fyne.CanvasObject

	box      *fyne.Container
	tiles    *fyne.Container
	foot     *fyne.Container
	whole_   *widget.Label // the chosen line, said whole
	tree     *kit.Outline
	group    *kit.Node
	restrict *kit.Node
	leaves   map[*kit.Node]string // keys of what may go
	told     map[*kit.Node]string // what stays, said whole
	open     map[string]bool
	making   bool
	gen      int
}

// planView shows the three groups of a plan with their reasons, and the button
// that asks. whole is the plan with everything that could go, now the part of
// it that would run.
func (w *Window) planView(whole, now plan.Plan, not error, before []fyne.CanvasObject) *planView {
	v := &planView{w: w, whole: whole, now: now, not: not, before: before, box: container.NewStack(), tree: kit.NewOutline(0.56), open: map[string]bool{}}
	v.tree.OnTicked = v.ticked
	v.tree.OnSelect = v.say
	v.draw()
	return v
}

// touched tells whether the owner has chosen a part of the plan, which must not
// be lost.
func (v *planView) touched() bool { return v.making || !sameKeys(v.chosen(), keysOf(v.whole)) }

// choosable tells whether parts of the plan may be left out. A rule's plan is
// the rule's: what must stay is held by its order.
func (v *planView) choosable() bool { return v.whole.Scope.Rule == "" }

func (v *planView) draw() {
	w := v.w
	v.whole_ = kit.Faint("")
	v.whole_.Hide()
	v.tiles = container.NewStack()
	v.foot = kit.Down(-4)
	v.fill()
	v.ticked()
	top := kit.Down(4, append(append([]fyne.CanvasObject{}, v.before...), v.tiles)...)
	hint := w.t("plan.hint")
	if !v.choosable() {
		hint = w.t("plan.hintRule")
	}
	line := kit.Faint(hint)
	v.box.Objects = []fyne.CanvasObject{container.NewBorder(kit.Margins(12, 2, 16, 0, top), kit.Margins(16, 2, 16, 10, kit.Down(-6, v.whole_, v.foot)), nil, nil,
		kit.Margins(8, 0, 16, 0, container.NewBorder(kit.Margins(8, -4, 0, 0, line), nil, nil, nil, v.tree.Object)))}
	v.box.Refresh()
}

// chosen returns the keys that are ticked.
func (v *planView) chosen() map[string]bool {
	out := map[string]bool{}
	for n, key := range v.leaves {
		if n.On {
			out[key] = true
		}
	}
	return out
}

func keysOf(p plan.Plan) map[string]bool {
	out := make(map[string]bool, len(p.Erase))
	for _, f := range p.Erase {
		out[plan.KeyID(f.Storage, f.Key)] = true
	}
	return out
}

func sameKeys(a, b map[string]bool) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// ticked brings counts and buttons in line with the boxes.
func (v *planView) ticked() {
	w := v.w
	chosen := v.chosen()
	var found []plan.Found
	for _, f := range v.whole.Erase {
		if chosen[plan.KeyID(f.Storage, f.Key)] {
			found = append(found, f)
		}
	}
	t := countFound(found)
	current := sameKeys(chosen, keysOf(v.now))
	eraseWords := w.t("plan.nothing")
	if t.objects > 0 {
		eraseWords = w.what(t)
		if t.bytes > 0 {
			eraseWords += " · " + w.size(t.bytes)
		}
		if t.versions > 0 {
			eraseWords += " · " + w.n("plan.versions", t.versions)
		}
	}
	restrictWords, keepWords := w.t("plan.nothing"), w.t("plan.nothing")
	if len(v.now.Restrict) > 0 {
		restrictWords = w.n("plan.restrictCount", len(v.now.Restrict))
	}
	if len(v.now.Keep) > 0 {
		keepWords = w.n("plan.keepCount", len(v.now.Keep))
	}
	line := func(tone kit.Tone, title, words string) fyne.CanvasObject {
		return kit.Row(1, kit.MinWidth(150, container.NewHBox(kit.Badge(tone, title))), kit.Words(words))
	}
	v.tiles.Objects = []fyne.CanvasObject{kit.Down(-8,
		line(kit.Late, w.t("plan.group.erase"), eraseWords),
		line(kit.AtRisk, w.t("plan.group.restrict"), restrictWords),
		line(kit.Quiet, w.t("plan.group.keep"), keepWords))}
	v.tiles.Refresh()
	if total, on := v.group.Boxes(); total > 0 {
		v.group.Note = w.t("plan.ticked", "On", w.number(on), "Total", w.number(total))
	}

	danger := func(word string) *kit.Button {
		b := kit.NewDanger(word, func() { w.confirm(v.now) })
		b.Importance = kit.MediumImportance
		b.Icon = theme.NewColoredResource(theme.DeleteIcon(), kit.ColorLate)
		return b
	}
	var parts []fyne.CanvasObject
	switch {
	case v.making:
		parts = append(parts, kit.Faint(w.t("plan.making")))
	case v.not != nil:
		what, next := Explain(v.not, w.lang)
		b := danger(w.n("plan.erase", t.keys()))
		b.Disable()
		parts = append(parts, kit.IconLine(kit.AtRisk, what+" "+next), container.NewHBox(b))
	case len(v.whole.Erase) == 0:
		parts = append(parts, kit.IconLine(kit.Kept, w.t("plan.nothingToErase")))
	case len(chosen) == 0:
		parts = append(parts, kit.IconLine(kit.Quiet, w.t("plan.noneTicked")), container.NewHBox(kit.NewButton(w.t("plan.tickAll"), func() { v.tree.SetTicked(v.group, true) })))
	case !current:
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("plan.ticksChanged")),
			container.NewHBox(kit.NewPrimary(w.n("plan.narrow", len(chosen)), v.narrow), kit.NewButton(w.t("plan.tickAll"), func() { v.tree.SetTicked(v.group, true) })))
	default:
		parts = append(parts, kit.Faint(w.t("plan.foot")), container.NewHBox(danger(w.n("plan.erase", t.keys()))))
	}
	v.foot.Objects = parts
	v.foot.Refresh()
}

// narrow makes the plan anew for what is ticked, so that what is confirmed is
// what was seen.
func (v *planView) narrow() {
	w := v.w
	chosen := v.chosen()
	if sameKeys(chosen, keysOf(v.whole)) {
		v.now = v.whole
		v.draw()
		return
	}
	only := make([]string, 0, len(chosen))
	for k := range chosen {
		only = append(only, k)
	}
	slices.Sort(only)
	v.making = true
	v.gen++
	gen, ctx := v.gen, w.pageCtx
	v.ticked()
	w.async(func() {
		p, err := w.f.NarrowPlan(ctx, v.whole, only)
		w.onMain(func() {
			if gen != v.gen || ctx.Err() != nil {
				return
			}
			v.making = false
			if err != nil {
				v.ticked()
				w.fail(err)
				return
			}
			v.now = p
			// What is gone by now cannot be ticked any more.
			left := keysOf(p)
			v.whole.Erase = slices.DeleteFunc(slices.Clone(v.whole.Erase), func(f plan.Found) bool {
				k := plan.KeyID(f.Storage, f.Key)
				return chosen[k] && !left[k]
			})
			v.draw()
		})
	})
}

// fill makes the lines of the three groups.
func (v *planView) fill() {
	w := v.w
	v.remember(v.group, "")
	v.remember(v.restrict, "")
	v.leaves, v.told = map[*kit.Node]string{}, map[*kit.Node]string{}
	roots := []*kit.Node{}
	v.group = v.eraseGroup()
	if len(v.group.Children) > 0 {
		roots = append(roots, v.group)
	}
	if len(v.now.Restrict) > 0 {
		g := &kit.Node{Words: w.t("plan.group.restrict"), Note: w.n("plan.restrictCount", len(v.now.Restrict)), Tone: kit.AtRisk, Toned: true, Bold: true, Open: true}
		numbers := map[string]int{}
		for _, h := range v.now.Restrict {
			numbers[h.Order]++
		}
		branches := map[string]*kit.Node{}
		for _, h := range v.now.Restrict {
			n := &kit.Node{Words: w.stayLine(h.What, h.Order, h.Storage, h.Key), Note: w.groundLine(h.Ground, h.Article, h.Until), Tone: kit.AtRisk, Toned: true}
			v.told[n] = w.toldLine(h.What, h.Order, h.Storage, h.Key, h.Ground, h.Article, h.Until)
			if len(numbers) < 2 || numbers[h.Order] < 2 {
				g.Children = append(g.Children, n)
				continue
			}
			// What is said of many orders is said order by order.
			b := branches[h.Order]
			if b == nil {
				b = &kit.Node{Words: w.t("order.number", "Number", kit.Line(h.Order, 30)), Note: w.n("items", numbers[h.Order]), Tone: kit.AtRisk, Toned: true}
				branches[h.Order] = b
				g.Children = append(g.Children, b)
			}
			n.Words = strings.TrimSuffix(n.Words, " · "+b.Words)
			b.Children = append(b.Children, n)
		}
		for _, b := range branches {
			if open, known := v.open["\x00"+g.Words+"\x00"+b.Words]; known {
				b.Open = open
			}
		}
		v.restrict = g
		roots = append(roots, g)
	}
	if len(v.now.Keep) > 0 {
		roots = append(roots, v.keepGroup())
	}
	v.tree.Set(roots...)
}

// remember keeps which lines are unfolded, by their words.
func (v *planView) remember(n *kit.Node, path string) {
	if n == nil {
		return
	}
	path += "\x00" + n.Words
	if len(n.Children) > 0 {
		v.open[path] = n.Open
	}
	for _, c := range n.Children {
		v.remember(c, path)
	}
}

// eraseGroup is what may go, by storage or shop, then by order.
func (v *planView) eraseGroup() *kit.Node {
	w := v.w
	going := keysOf(v.now)
	erase := slices.Clone(v.whole.Erase)
	slices.SortStableFunc(erase, func(a, b plan.Found) int {
		return cmp.Or(cmp.Compare(boolInt(inShop(a.Storage)), boolInt(inShop(b.Storage))), strings.Compare(a.Storage, b.Storage),
			strings.Compare(a.Number, b.Number), cmp.Compare(a.Order, b.Order), strings.Compare(a.Key, b.Key))
	})
	root := &kit.Node{Words: w.t("plan.group.erase"), Tone: kit.Late, Toned: true, Bold: true, Open: true}
	type sum struct {
		found []plan.Found
	}
	var storage, order, leaf *kit.Node
	sums := map[*kit.Node]*sum{root: {}}
	names := map[string]int{} // of fields, so that two of a kind are told apart
	last := plan.Found{}
	var versions int
	var bytes int64
	for i, f := range erase {
		if storage == nil || f.Storage != last.Storage {
			word := w.t("plan.storage", "Storage", kit.Line(f.Storage, 40))
			if shop, ok := strings.CutPrefix(f.Storage, plan.DeskName("")); ok {
				word = w.t("plan.shop", "Shop", kit.Line(shop, 40))
			}
			storage = &kit.Node{Words: word, Open: true}
			sums[storage] = &sum{}
			root.Children = append(root.Children, storage)
			order = nil
		}
		if order == nil || f.Order != last.Order {
			word := w.t("plan.orphans")
			if f.Order != 0 {
				word = w.t("order.number", "Number", kit.Line(f.Number, 30))
			}
			order = &kit.Node{Words: word}
			sums[order] = &sum{}
			storage.Children = append(storage.Children, order)
			leaf, names = nil, map[string]int{}
		}
		for _, n := range []*kit.Node{root, storage, order} {
			sums[n].found = append(sums[n].found, f)
		}
		if leaf != nil && f.Key == last.Key {
			versions++
			bytes += f.SizeBytes
			leaf.Note = v.leafNote(f, bytes, versions)
			last = f
			continue
		}
		versions, bytes = 0, f.SizeBytes
		words := kit.Line(f.Key, 300)
		if inShop(f.Storage) {
			words = w.fieldWords(f)
			if names[words]++; names[words] > 1 {
				words += " " + strconv.Itoa(names[words])
			}
		}
		key := plan.KeyID(f.Storage, f.Key)
		leaf = &kit.Node{Words: words, Note: v.leafNote(f, bytes, 0), Tail: !inShop(f.Storage), Box: v.choosable(), On: going[key]}
		if !v.choosable() {
			leaf.On = true
		}
		v.leaves[leaf] = key
		order.Children = append(order.Children, leaf)
		last = erase[i]
	}
	few := len(sums) <= 8
	var settle func(n *kit.Node, path string)
	settle = func(n *kit.Node, path string) {
		path += "\x00" + n.Words
		if s := sums[n]; s != nil {
			t := countFound(s.found)
			n.Note = w.what(t)
			if t.bytes > 0 {
				n.Note += " · " + w.size(t.bytes)
			}
			if n != root && !slices.Contains(root.Children, n) {
				n.Open = few
			}
			if open, known := v.open[path]; known {
				n.Open = open
			}
		}
		for _, c := range n.Children {
			settle(c, path)
		}
	}
	settle(root, "")
	return root
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (v *planView) leafNote(f plan.Found, bytes int64, more int) string {
	w := v.w
	if isField(f) {
		return w.holds(f.Holds)
	}
	note := w.holds(f.Holds) + " · " + w.size(bytes)
	switch {
	case more > 0:
		note += " · " + w.n("plan.allVersions", more+1)
	case f.Kind != plan.Version:
		note += " · " + w.t("kind."+f.Kind.String())
	}
	return note
}

// keepGroup is what stays, with its grounds; what the owner took the tick away
// from stands in a branch of its own.
func (v *planView) keepGroup() *kit.Node {
	w := v.w
	could, going := keysOf(v.whole), keysOf(v.now)
	g := &kit.Node{Words: w.t("plan.group.keep"), Note: w.n("plan.keepCount", len(v.now.Keep)), Tone: kit.Quiet, Toned: true, Bold: true, Open: true}
	mine := &kit.Node{Words: w.t("plan.unticked"), Tone: kit.Quiet, Toned: true}
	for _, k := range v.now.Keep {
		n := &kit.Node{Words: w.stayLine(k.What, k.Order, k.Storage, k.Key), Note: w.groundLine(k.Ground, k.Article, k.Until), Tone: kit.Quiet, Toned: true}
		v.told[n] = w.toldLine(k.What, k.Order, k.Storage, k.Key, k.Ground, k.Article, k.Until)
		id := plan.KeyID(k.Storage, k.Key)
		if k.Key != "" && could[id] && !going[id] {
			mine.Children = append(mine.Children, n)
		} else {
			g.Children = append(g.Children, n)
		}
	}
	if n := len(mine.Children); n > 0 {
		mine.Note = w.n("plan.untickedCount", n)
		g.Children = append(g.Children, mine)
	}
	return g
}

// say writes below what does not fit the chosen line.
func (v *planView) say(n *kit.Node) {
	text := v.told[n]
	if text == "" {
		text = n.Words
		if n.Note != "" {
			text += " · " + n.Note
		}
	}
	v.whole_.SetText(text)
	v.whole_.Show()
	v.box.Refresh()
}

func (w *Window) stayLine(what, order, storage, key string) string {
	s := kit.Line(what, 80)
	if key != "" && !inShop(storage) {
		s += " · " + kit.Line(key, 100)
	}
	if order != "" && !strings.Contains(s, order) {
		s += " · " + w.t("order.number", "Number", kit.Line(order, 30))
	}
	return s
}

// groundLine says until when something stays, and why.
func (w *Window) groundLine(ground, article string, until law.Date) string {
	g := w.ground(ground, article, 160)
	if until.IsZero() {
		return g
	}
	return w.t("until", "Date", w.shortYear(until)) + " · " + g
}

func (w *Window) ground(ground, article string, most int) string {
	g := kit.Line(ground, most)
	if a := w.article(article); a != "" && !strings.Contains(g, a) {
		if g != "" {
			g += " · "
		}
		g += a
	}
	return g
}

// toldLine says of what stays all that the person is told.
func (w *Window) toldLine(what, order, storage, key, ground, article string, until law.Date) string {
	why := w.ground(ground, article, 400)
	line := w.stayLine(what, order, storage, key)
	if until.IsZero() {
		return w.t("plan.told", "What", line, "Why", why)
	}
	return w.t("plan.toldUntil", "What", line, "Why", why, "Date", w.long(until))
}
