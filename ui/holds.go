package ui

import (
	"context"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/law"
	"greffier/ui/kit"
)

// showHolds lists what is kept from any erasure, and why.
func (p *rulesPage) showHolds(rows []app.HoldRow) fyne.CanvasObject {
	w := p.w
	if len(rows) == 0 {
		return kit.Empty(theme.VisibilityOffIcon(), w.t("rules.hold.none"), w.t("rules.hold.noneWords"), w.t("rules.hold.place"), p.placeHold)
	}
	parts := []fyne.CanvasObject{kit.Words(w.t("rules.hold.words")), container.NewHBox(kit.NewPrimary(w.t("rules.hold.place"), p.placeHold))}
	for _, h := range rows {
		what := h.Number
		switch h.Scope {
		case app.HoldPerson:
			what = h.Email
		case app.HoldPlace:
			what = h.Storage + " / " + h.Prefix
		}
		until := w.t("rules.hold.noEnd")
		if !h.Until.IsZero() {
			until = w.t("rules.hold.until.date", "Date", w.long(h.Until))
		}
		state := kit.Badge(kit.AtRisk, w.t("rules.hold.stands"))
		if !h.Active {
			state = kit.Badge(kit.Quiet, w.t("rules.hold.ended"))
		}
		facts := until
		if h.Orders > 1 {
			facts += " · " + w.n("rules.hold.orders", h.Orders)
		}
		parts = append(parts, kit.NewCard(kit.Row(0, kit.Down(-10, kit.Row(0, kit.StrongWords(w.t("rules.hold.what."+string(h.Scope), "What", kit.Line(what, 80))), state),
			kit.Words(kit.Clip(h.Reason, 400, 90)), kit.Faint(facts)),
			kit.NewButton(w.t("rules.hold.lift"), func() { p.liftHold(h.ID) }))))
	}
	return kit.Page(kit.DownReading(6, parts...))
}

func (p *rulesPage) liftHold(id string) {
	w := p.w
	var d *kit.Dialog
	d = w.dialog(w.t("rules.hold.liftTitle"), kit.Words(w.t("rules.hold.liftWords")), kit.NewDanger(w.t("rules.hold.lift"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.EndHold(ctx, id) }, func() { p.load(rulesTabHolds) })
	}))
	d.Show()
}

// placeHold asks what a hold keeps, why, and until when.
func (p *rulesPage) placeHold() { p.holdForm(nil) }

// openTrouble shows the hold that a customer's mail proposes, filled in.
func (w *Window) openTrouble(t *app.TroubleNeed) {
	p := &rulesPage{w: w, tab: rulesTabHolds}
	w.follow(p)
	if t != nil {
		p.holdForm(t)
	}
}

// holdForm is the form of a hold, filled in where a mail proposes one.
func (p *rulesPage) holdForm(t *app.TroubleNeed) {
	w := p.w
	var scopes, storages []kit.Option
	for _, s := range app.HoldScopes {
		scopes = append(scopes, kit.Option{Value: string(s), Word: w.t("rules.hold.scope." + string(s))})
	}
	for _, n := range w.f.StorageNames() {
		storages = append(storages, kit.Option{Value: n, Word: kit.Line(n, 60)})
	}
	first := ""
	if len(storages) > 0 {
		first = storages[0].Value
	}
	order, email, prefix, reason, until, remind := kit.NewEntry(""), kit.NewEntry(""), kit.NewEntry(""), kit.NewEntry(""), kit.NewEntry(""), kit.NewEntry("14")
	prefix.SetPlaceHolder("uploads/1042/")
	if t != nil {
		order.SetText(kit.Line(t.Number, 40))
		reason.SetText(t.Hold.Reason)
		until.SetText(t.Hold.Until.String())
		remind.SetText(strconv.Itoa(t.Hold.Remind))
	}
	store := kit.NewSelect(storages, first, nil)
	byOrder, byEmail := kit.FormRow(w.t("rules.hold.order"), "", order), kit.FormRow(w.t("rules.hold.email"), "", email)
	byPlace := kit.Down(0, kit.FormRow(w.t("rules.hold.storage"), "", store), kit.FormRow(w.t("rules.hold.prefix"), "", prefix))
	scope := kit.NewSelect(scopes, string(app.HoldOrder), nil)
	said := kit.Toned(kit.Words(""), kit.Late)
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("rules.hold.place"), func() {
		h := app.LegalHold{Scope: app.HoldScope(scope.Value()), Reason: reason.Text}
		if s := strings.TrimSpace(until.Text); s != "" {
			day, err := law.ParseDate(s)
			if err != nil {
				said.SetText(w.t("form.wrong"))
				return
			}
			h.Until = day
		}
		h.Remind, _ = strconv.Atoi(strings.TrimSpace(remind.Text)) // the usual number where it is none
		h.Remind = max(0, h.Remind)
		switch h.Scope {
		case app.HoldPerson:
			h.Email = email.Text
		case app.HoldPlace:
			h.Storage, h.Prefix = store.Value(), prefix.Text
		}
		number := strings.TrimSpace(order.Text)
		d.Close()
		w.do(func(ctx context.Context) error {
			if h.Scope == app.HoldOrder {
				found, err := w.f.FindOrders(ctx, number)
				if err != nil {
					return err
				}
				for _, o := range found {
					if o.Row.Number == number {
						h.Order = o.Row.ID
					}
				}
				if h.Order == 0 {
					return app.ErrUnknownOrder
				}
			}
			_, err := w.f.Hold(ctx, h)
			return err
		}, func() { p.load(rulesTabHolds) })
	})
	ok.Disable()
	check := func() {
		s := app.HoldScope(scope.Value())
		for o, on := range map[fyne.CanvasObject]bool{byOrder: s == app.HoldOrder, byEmail: s == app.HoldPerson, byPlace: s == app.HoldPlace} {
			if on {
				o.Show()
			} else {
				o.Hide()
			}
		}
		enable(ok, strings.TrimSpace(reason.Text) != "" && (s != app.HoldOrder || strings.TrimSpace(order.Text) != "") && (s != app.HoldPerson || strings.TrimSpace(email.Text) != ""))
	}
	scope.OnChanged = func(string) { check() }
	for _, e := range []*kit.Entry{order, email, reason} {
		e.OnChanged = func(string) { check() }
	}
	acts := []*kit.Button{ok}
	if t != nil {
		acts = append([]*kit.Button{kit.NewButton(w.t("trouble.nothing"), func() {
			d.Close()
			w.do(func(ctx context.Context) error { return w.f.SettleTrouble(ctx, t.ID) }, func() { p.load(rulesTabHolds) })
		})}, acts...)
	}
	d = w.dialog(w.t("rules.hold.place"), kit.Down(0, kit.FormRow(w.t("rules.hold.scope"), "", scope), byOrder, byEmail, byPlace,
		kit.FormRow(w.t("rules.hold.reason"), "", reason), kit.FormRow(w.t("rules.hold.until"), "", until), kit.FormRow(w.t("rules.hold.remind"), "", remind), said), acts...)
	check()
	d.FocusOn(order).Show()
}
