package ui

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/ui/kit"
)

// amendPage shows the fields of the orders of a case as the shop has them now,
// and corrects them: what is typed is compared, shown old → new and confirmed
// before anything is written (GDPR Art. 16).
type amendPage struct {
	w       *Window
	id      cases.ID
	head    *kit.Header
	body    *slot
	typed   map[string]*kit.Entry // by order and field
	keys    []string              // of typed, as they stand on the page
	current map[string]effects.Change
	names   map[string]string
	facts   map[string][]string // what is to be known of a change
	look    *kit.Button
}

func (p *amendPage) place() string { return placeRequests }
func (p *amendPage) changed()      {}
func (p *amendPage) step() {
	if p.look != nil && !p.look.Disabled() {
		p.look.OnTapped()
	}
}

func (p *amendPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.head = w.backHeader(w.t("amend.title"), w.t("amend.summary"))
	p.load()
	return container.NewBorder(p.head.Object, nil, nil, nil, p.body.box)
}

func (p *amendPage) load() {
	w := p.w
	fetchLong(w, p.body, w.t("amend.reading"), func(ctx context.Context, _ reporter) (app.AmendView, error) { return w.f.Amendments(ctx, p.id) }, p.show)
}

func (p *amendPage) show(v app.AmendView) fyne.CanvasObject {
	w := p.w
	p.typed, p.current, p.names, p.facts, p.keys, p.look = map[string]*kit.Entry{}, map[string]effects.Change{}, map[string]string{}, map[string][]string{}, nil, nil
	if len(v.Orders) == 0 {
		return kit.Empty(theme.ListIcon(), w.t("amend.none"), w.t("effects.noOrder"), "", nil)
	}
	var parts []fyne.CanvasObject
	if v.May != nil {
		what, next := Explain(v.May, w.lang)
		parts = append(parts, kit.IconLine(kit.AtRisk, what), kit.Faint(next))
	}
	p.look = kit.NewPrimary(w.t("amend.compare"), p.compare)
	p.look.Disable()
	for _, o := range v.Orders {
		parts = append(parts, p.order(o, v.May == nil)...)
	}
	parts = append(parts, p.done(v.Done)...)
	return container.NewBorder(nil, kit.Margins(16, 4, 16, 10, container.NewHBox(p.look)), nil, nil, kit.Page(kit.Down(1, parts...)))
}

// order is the fields of one order, each with what it is to be.
func (p *amendPage) order(o app.AmendOrder, may bool) []fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Gap(6), kit.Heading(w.t("sheet.order", "Number", kit.Line(o.Number, 30)))}
	if o.Err != nil {
		if errors.Is(o.Err, erasure.ErrOffline) {
			return append(parts, kit.IconLine(kit.AtRisk, w.t("amend.away")))
		}
		what, next := Explain(o.Err, w.lang)
		return append(parts, kit.IconLine(kit.AtRisk, what), kit.Faint(next))
	}
	if len(o.Fields) == 0 {
		return append(parts, kit.Faint(w.t("amend.empty")))
	}
	if o.ByHand {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("amend.byHand")))
	}
	if o.Invoiced {
		parts = append(parts, kit.IconLine(kit.Quiet, w.t("amend.invoice")))
	}
	account := false
	for _, f := range o.Fields {
		if isAccount := strings.HasPrefix(f.Key, "customers/"); isAccount && !account {
			account = true
			parts = append(parts, kit.Gap(4), kit.StrongWords(w.t("amend.account")))
		}
		if f.ByHand && !o.ByHand && f.Value == "" {
			continue // nothing there, and nothing that could be done
		}
		key := w.number(int(o.Order)) + " " + f.Key
		if _, twice := p.typed[key]; twice {
			continue
		}
		entry := kit.NewEntry(kit.Line(f.Value, 250))
		p.typed[key], p.names[key] = entry, f.Name
		p.keys = append(p.keys, key)
		p.current[key] = effects.Change{Order: o.Order, Field: f.Key, Old: f.Value, ByHand: f.ByHand}
		var notes []string
		if f.ByHand && !o.ByHand {
			notes = append(notes, w.t("amend.fieldByHand"))
		}
		if f.Invoice {
			p.facts[key] = append(p.facts[key], w.t("amend.onInvoice"))
		}
		if len(f.AlsoNumbers) > 0 {
			var numbers []string
			for i, n := range f.AlsoNumbers {
				if i == 6 {
					numbers = append(numbers, "…")
					break
				}
				numbers = append(numbers, kit.Line(n, 24))
			}
			p.facts[key] = append(p.facts[key], w.n("amend.also", len(f.AlsoNumbers), "Numbers", w.list(numbers)))
		}
		if !may {
			entry.Disable()
		}
		entry.OnChanged = func(string) { enable(p.look, may && len(p.changes()) > 0) }
		parts = append(parts, kit.PairWith(f.Name, kit.Down(-6, append([]fyne.CanvasObject{entry}, faints(notes)...)...)))
	}
	return parts
}

func faints(words []string) (out []fyne.CanvasObject) {
	for _, s := range words {
		out = append(out, kit.Faint(s))
	}
	return out
}

// changes are what was typed otherwise than the shop has it, in the order of the
// page.
func (p *amendPage) changes() []effects.Change {
	var out []effects.Change
	for _, key := range p.keys {
		c, e := p.current[key], p.typed[key]
		// What the page shows of a value may be cleaned of what no field should
		// hold: only what was typed is a change.
		if strings.TrimSpace(e.Text) == strings.TrimSpace(kit.Line(c.Old, 250)) {
			continue
		}
		c.New = e.Text
		out = append(out, c)
	}
	return out
}

// compare shows what would be written, old → new, and asks.
func (p *amendPage) compare() {
	w := p.w
	changes, err := effects.CheckChanges(p.changes())
	if err != nil {
		w.fail(err)
		return
	}
	byHand := false
	var lines []fyne.CanvasObject
	for _, c := range changes {
		key := w.number(int(c.Order)) + " " + c.Field
		byHand = byHand || c.ByHand
		old, next := kit.Clip(c.Old, 120, 60), kit.Clip(c.New, 120, 60)
		if old == "" {
			old = w.t("amend.nothing")
		}
		if next == "" {
			next = w.t("amend.nothing")
		}
		lines = append(lines, kit.StrongWords(p.names[key]), kit.Words(old+"  →  "+next))
		for _, f := range p.facts[key] {
			lines = append(lines, kit.IconLine(kit.Quiet, f))
		}
	}
	words := w.n("amend.confirm", len(changes))
	if byHand {
		words += " " + w.t("amend.confirmByHand")
	}
	var d *kit.Dialog
	d = w.dialog(w.t("amend.compare"), container.NewBorder(kit.Words(words), nil, nil, nil, kit.MinSize(520, min(380, float32(40+60*len(changes))), container.NewVScroll(kit.Down(-10, lines...)))),
		kit.NewPrimary(w.n("amend.write", len(changes)), func() {
			d.Close()
			p.write(changes)
		}))
	d.Show()
}

func (p *amendPage) write(changes []effects.Change) {
	w := p.w
	w.run(w.t("amend.writing"), func(ctx context.Context, _ reporter) error {
		_, err := w.f.Amend(ctx, p.id, changes)
		return err
	}, func(err error) outcome {
		p.load()
		switch {
		case errors.Is(err, app.ErrAmendPart):
			return outcome{tone: kit.AtRisk, words: w.t("amend.part")}
		case err != nil:
			return outcome{}
		}
		return outcome{tone: kit.Kept, words: w.n("amend.written", len(changes))}
	})
}

// done lists what was corrected before.
func (p *amendPage) done(list []effects.Amendment) []fyne.CanvasObject {
	w := p.w
	if len(list) == 0 {
		return nil
	}
	parts := []fyne.CanvasObject{kit.Gap(10), kit.Heading(w.t("amend.done"))}
	for _, m := range list {
		for _, c := range m.Changes {
			tone := map[effects.ChangeState]kit.Tone{effects.ChangeDone: kit.Kept, effects.ChangeByHand: kit.Kept, effects.ChangeFailed: kit.Late}[c.State]
			if c.State == effects.ChangePending {
				tone = kit.AtRisk
			}
			words := kit.Clip(c.Old, 60, 60) + "  →  " + kit.Clip(c.New, 60, 60)
			if c.Old+c.New == "" {
				words = w.t("amend.forgotten")
			}
			state := w.t("amend.state." + string(c.State))
			if c.Why != "" {
				state += " · " + w.known("amend.why."+c.Why, w.reason(c.Why))
			}
			name := p.names[w.number(int(c.Order))+" "+c.Field]
			parts = append(parts, kit.IconLine(tone, strings.TrimPrefix(name+" · ", " · ")+words), kit.Margins(28, -14, 0, 0, kit.Faint(w.brief(m.At)+" · "+state)))
		}
	}
	return parts
}
