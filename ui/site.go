package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/register"
	"greffier/ui/kit"
)

// sitePage is what a visitor of the shop's site met who had consented to
// nothing.
type sitePage struct {
	w    *Window
	body *slot
}

func (p *sitePage) place() string { return placePromises }
func (p *sitePage) changed()      { p.load() }
func (p *sitePage) step()         { p.check() }

func (p *sitePage) build() fyne.CanvasObject {
	w := p.w
	head := w.backHeader(w.t("board.site"), w.t("site.summary"), kit.NewPrimary(w.t("site.check"), p.check))
	p.body = newSlot()
	p.load()
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

func (p *sitePage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (app.SiteView, error) { return w.f.Site(ctx) }, p.show)
}

// check visits the site; it goes on whatever page is open, and can be stopped.
func (p *sitePage) check() {
	w := p.w
	w.run(w.t("site.checking"), func(ctx context.Context, report reporter) error {
		_, err := w.f.CheckSite(ctx, report)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{tone: kit.Late}
		}
		return outcome{tone: kit.Kept, words: w.t("site.checked"), act: w.t("open"), onAct: func() { w.follow(&sitePage{w: w}) }}
	})
}

func (p *sitePage) show(v app.SiteView) fyne.CanvasObject {
	w := p.w
	if !v.Checked {
		return kit.EmptyActs(theme.SearchIcon(), w.t("site.never"), w.t("site.neverWords"), kit.NewButton(w.t("site.check"), p.check))
	}
	how := w.t("site.plain")
	if v.Browser != "" {
		how = w.t("site.browser", "Browser", kit.Line(v.Browser, 60))
	}
	parts := []fyne.CanvasObject{
		kit.Pair(w.t("site.at"), w.short(w.day(v.CheckedAt))+" · "+kit.Line(v.Address, 120)),
		kit.Pair(w.t("site.how"), how),
		kit.Pair(w.t("site.pages"), w.number(len(v.Pages))),
		p.safety(v),
		p.contact(v),
	}
	if v.Elsewhere != "" {
		parts = append(parts, kit.PairToned(w.t("site.elsewhere"), kit.Line(v.Elsewhere, 120), kit.AtRisk))
	}
	if len(v.Problems) > 0 {
		parts = append(parts, kit.PairToned(w.t("site.problems"), w.n("site.unread", len(v.Problems)), kit.AtRisk))
	}
	parts = append(parts, kit.Gap(8), kit.Heading(w.t("site.before")))
	if len(v.Rows) == 0 {
		parts = append(parts, kit.Badge(kit.Kept, w.t("site.nothing")))
	}
	for _, r := range v.Rows {
		parts = append(parts, p.row(r))
	}
	parts = append(parts, kit.Gap(8), kit.Heading(w.t("site.policy")), p.policy(v), kit.Gap(8),
		kit.NewCheck(w.t("site.monthly"), v.Monthly, func(on bool) {
			w.do(func(ctx context.Context) error { return w.f.SetSiteMonthly(ctx, on) }, nil)
		}))
	return kit.Page(kit.DownReading(0, parts...))
}

func (p *sitePage) safety(v app.SiteView) fyne.CanvasObject {
	w := p.w
	switch {
	case v.TLSProblem != "":
		return kit.PairToned(w.t("site.tls"), w.known("site.tls."+v.TLSProblem, w.t("site.tls.other")), kit.Late)
	case v.TLS == "none" || v.TLS == "":
		return kit.PairToned(w.t("site.tls"), w.t("site.tls.none"), kit.Late)
	case v.CertUntil.IsZero():
		return kit.Pair(w.t("site.tls"), kit.Line(v.TLS, 40))
	}
	days := w.day(w.clock()).Days(w.day(v.CertUntil))
	tone := kit.Kept
	if days < 15 {
		tone = kit.AtRisk
	}
	return kit.PairToned(w.t("site.tls"), w.t("site.tls.until", "TLS", kit.Line(v.TLS, 40), "Date", w.short(w.day(v.CertUntil))), tone)
}

func (p *sitePage) contact(v app.SiteView) fyne.CanvasObject {
	if v.Contact {
		return kit.PairToned(p.w.t("site.contact"), p.w.t("site.contact.yes"), kit.Kept)
	}
	return kit.PairToned(p.w.t("site.contact"), p.w.t("site.contact.no"), kit.AtRisk)
}

// row is one thing that was met before consent, with the click that declares
// it.
func (p *sitePage) row(r app.SiteRow) fyne.CanvasObject {
	w := p.w
	name := r.Name
	if name == "" {
		name = r.Host
	}
	words := kit.Line(name, 60) + " · " + kit.Line(r.Host, 60) + " · " + w.known("site.how."+r.How, r.How) + " · " + kit.Line(r.Page, 60)
	if what := r.Purpose.In(w.lang); what != "" {
		words += " · " + what
		if r.Owner != "" {
			words += " (" + r.Owner + ")"
		}
	}
	state := "undeclared"
	switch {
	case r.Declared && r.Consent == "exempt":
		state = "exempt"
	case r.Declared && r.Consent == "needed":
		state = "early"
	case r.Declared:
		state = "unsettled"
	case r.Tone == app.ToneAtRisk:
		state = "unknown"
	}
	tone := kit.Late
	switch r.Tone {
	case app.ToneKept:
		tone = kit.Kept
	case app.ToneAtRisk:
		tone = kit.AtRisk
	}
	act := fyne.CanvasObject(kit.NewQuiet(w.t("open"), nil, func() { w.follow(&registerPage{w: w, name: register.Trackers}) }))
	if !r.Declared {
		act = kit.NewButton(w.t("site.declare"), func() {
			ask(w, func(ctx context.Context) (register.Tracker, error) { return w.f.DeclareFound(ctx, r.ID) }, func(t register.Tracker) {
				w.say(outcome{tone: kit.Kept, words: w.t("site.declared", "Name", kit.Line(t.Name, 60)), act: w.t("open"), onAct: func() { w.follow(&registerPage{w: w, name: register.Trackers}) }})
				w.changed()
			})
		})
	}
	return kit.Row(0, kit.Words(words), kit.Badge(tone, w.t("site.state."+state)), act)
}

// policy shows whether the page is the version in force.
func (p *sitePage) policy(v app.SiteView) fyne.CanvasObject {
	w := p.w
	switch {
	case v.PolicyText == "":
		return kit.Badge(kit.Late, w.t("site.noPolicy"))
	case v.Same:
		return kit.Badge(kit.Kept, w.t("site.same", "Version", v.Version))
	}
	return kit.Down(0, kit.IconLine(kit.Late, w.t("site.other", "URL", kit.Line(v.PolicyURL, 120))), w.diffView(v.Changes, v.Version), container.NewHBox(kit.NewButton(w.t("site.take"), func() {
		var d *kit.Dialog
		d = w.dialog(w.t("site.take"), kit.Words(w.t("site.takeWords")), kit.NewPrimary(w.t("policy.take"), func() {
			d.Close()
			ask(w, func(ctx context.Context) (register.PolicyVersion, error) { return w.f.TakeSitePolicy(ctx) }, func(x register.PolicyVersion) {
				w.say(outcome{tone: kit.Kept, words: w.t("policy.taken", "Version", x.ID)})
				w.changed()
			})
		}))
		d.Show()
	})))
}
