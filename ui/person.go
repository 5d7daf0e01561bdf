package ui

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/plan"
	"greffier/ui/kit"
)

// personPage chooses which orders of an address are the person's who is to be
// erased. One address may serve several people: orders in another name are
// proposed without a tick.
type personPage struct {
	w     *Window
	order int64
	head  *kit.Header
	body  *slot
	see   func()
}

func (p *personPage) place() string { return placeOrders }
func (p *personPage) changed()      {}
func (p *personPage) step() {
	if p.see != nil {
		p.see()
	}
}

func (p *personPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.head = w.backHeader(w.t("person.title"), w.t("person.summary"))
	fetch(w, p.body, func(ctx context.Context) ([]app.PersonOrder, error) { return w.f.PersonOrders(ctx, p.order) }, p.show)
	return container.NewBorder(p.head.Object, nil, nil, nil, p.body.box)
}

func (p *personPage) show(rows []app.PersonOrder) fyne.CanvasObject {
	w := p.w
	p.see = nil
	if len(rows) == 0 {
		return kit.Empty(theme.ListIcon(), w.t("orders.none"), w.t("orders.noneWords"), "", nil)
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b app.PersonOrder) int {
		return cmp.Or(cmp.Compare(len(a.Row.Number), len(b.Row.Number)), strings.Compare(a.Row.Number, b.Row.Number))
	})
	if email := kit.Line(rows[0].Row.Email, 80); email != "" {
		p.head.Summary.SetText(w.t("person.summaryOf", "Email", email))
	}
	tree := kit.NewOutline(0.5)
	ids := map[*kit.Node]int64{}
	same := &kit.Node{Words: w.t("person.same"), Bold: true, Open: true}
	other := &kit.Node{Words: w.t("person.other"), Tone: kit.AtRisk, Toned: true, Bold: true, Open: true}
	for _, r := range rows {
		o := r.Row
		name := w.person(o.Person)
		if o.Person == "" && !o.Erased.IsZero() {
			name = w.t("person.erased")
		}
		n := &kit.Node{Words: w.t("order.title", "Number", kit.Line(o.Number, 30)) + " · " + name, Note: w.brief(o.Created) + " · " + w.media(o), Box: true, On: r.SameName}
		ids[n] = o.ID
		if r.SameName {
			same.Children = append(same.Children, n)
		} else {
			n.Note = w.t("person.otherName") + " · " + n.Note
			other.Children = append(other.Children, n)
		}
	}
	same.Note, other.Note = w.n("ordersCount", len(same.Children)), w.n("ordersCount", len(other.Children))
	chosen := func() (out []int64, others int) {
		for n, id := range ids {
			if n.On {
				out = append(out, id)
				if slices.Contains(other.Children, n) {
					others++
				}
			}
		}
		slices.Sort(out)
		return out, others
	}
	see := kit.NewPrimary(w.t("order.plan"), nil)
	said := kit.Faint("")
	warn := kit.Toned(kit.Words(""), kit.AtRisk)
	p.see = func() {
		out, _ := chosen()
		if len(out) == 0 {
			return
		}
		w.follow(&planPage{w: w, at: placeOrders, title: w.t("person.planTitle"),
			get: func(ctx context.Context) (plan.Plan, error) { return w.f.PlanPerson(ctx, out) }})
	}
	see.OnTapped = p.see
	check := func() {
		out, others := chosen()
		enable(see, len(out) > 0)
		said.SetText(w.n("person.chosen", len(out)))
		if others > 0 {
			warn.SetText(w.n("person.warn", others))
			warn.Show()
		} else {
			warn.Hide()
		}
	}
	tree.OnTicked = check
	roots := []*kit.Node{same}
	if len(other.Children) > 0 {
		roots = append(roots, other)
	}
	tree.Set(roots...)
	foot := kit.Down(-4, warn, said, container.NewHBox(see))
	check()
	return container.NewBorder(kit.Margins(16, 4, 16, 0, kit.Faint(w.t("person.words"))), kit.Margins(16, 4, 16, 12, foot), nil, nil, kit.Margins(8, 0, 16, 0, tree.Object))
}
