package ui

import (
	"context"
	"fmt"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/erasure"
)

func (f *fake) restrictionRows() []app.RestrictionRow {
	return []app.RestrictionRow{
		{ID: "2", Case: 1, Orders: []int64{42, 77}, Numbers: []string{"1042", "1077"}, Ground: effects.Contested, From: now.AddDate(0, 0, -12), Locked: 24, ByGreffier: 6, Looked: true,
			Reason: f.say("L’adresse de livraison est contestée ; je vérifie auprès du transporteur.", "The delivery address is contested; I am checking with the carrier.")},
		{ID: "1", Case: 1, Orders: []int64{31}, Numbers: []string{"1031"}, Ground: effects.Claim, From: now.AddDate(0, -3, 0), ToldAt: now.AddDate(0, -1, -2), LiftedAt: now.AddDate(0, -1, 0), Looked: true,
			Reason: f.say("Litige avec l’assureur.", "Dispute with the insurer."), Lift: f.say("Litige clos.", "The dispute is over.")},
	}
}

func (f *fake) Restrictions(context.Context) ([]app.RestrictionRow, error) {
	if f.empty {
		return nil, f.fail
	}
	return f.restrictionRows(), f.fail
}
func (f *fake) Restrict(_ context.Context, id cases.ID, orders []int64, g effects.Ground, reason string) (app.RestrictionRow, error) {
	return f.restrictionRows()[0], f.note("Restrict %d %v %s %s", id, orders, g, reason)
}
func (f *fake) DraftLift(_ context.Context, id, reason, _ string) (cases.Letter, error) {
	return cases.Letter{Kind: cases.LetterLift, Lang: f.info.Lang, Subject: f.say("La limitation va être levée", "The restriction will be lifted"), Text: "Bonjour,\n\n" + reason}, f.note("DraftLift %s", id)
}
func (f *fake) LiftRestriction(_ context.Context, id string, told time.Time, reason string) error {
	return f.note("LiftRestriction %s %s %s", id, told.Format(time.DateOnly), reason)
}

func (f *fake) suppressionRows() []app.SuppressionRow {
	row := func(id, email string, t app.Tone, days int, uses []effects.Use, shops ...effects.InShop) app.SuppressionRow {
		r := app.SuppressionRow{Suppression: effects.Suppression{ID: id, Email: email, Uses: uses, Source: effects.ByHand, At: now.AddDate(0, 0, -days), Shops: shops}, Tone: t}
		for _, s := range shops {
			switch s.State {
			case effects.PushPending:
				r.Waiting = append(r.Waiting, s.Shop)
			case effects.PushByHand:
				r.ByHand = append(r.ByHand, s.Shop)
			}
		}
		return r
	}
	news := []effects.Use{effects.Newsletter}
	rows := []app.SuppressionRow{
		row("9", "oliver@example.co.uk", app.ToneLate, 3, []effects.Use{effects.Newsletter, effects.Partners}, effects.InShop{Shop: "lavande", State: effects.PushDone, BrokenAt: now, Broken: news}),
		row("8", "mathilde.fontaine@exemple.fr", app.ToneKept, 9, []effects.Use{effects.Newsletter, effects.Photos, effects.Training}, effects.InShop{Shop: "lavande", State: effects.PushDone}),
		row("7", "ines@exemple.org", app.ToneAtRisk, 12, news, effects.InShop{Shop: "lavande"}, effects.InShop{Shop: "marché de Noël", State: effects.PushByHand}),
		row("6", "", app.ToneKept, 40, news, effects.InShop{Shop: "lavande", State: effects.PushUnknown}),
		row("5", "jean-baptiste.de-la-rochefoucauld-montbel@une-adresse-bien-longue.example.com", app.ToneQuiet, 200, effects.Uses),
	}
	rows[1].Case, rows[1].Source = 1, effects.FromCase
	rows[3].Source = effects.FromImport
	rows[4].LiftedAt, rows[4].Lifted = now.AddDate(0, 0, -20), f.say("Réabonné de lui-même.", "Subscribed again himself.")
	return rows
}

func (f *fake) Suppressed(context.Context) ([]app.SuppressionRow, error) {
	if f.empty {
		return nil, f.fail
	}
	return f.suppressionRows(), f.fail
}
func (f *fake) Suppress(_ context.Context, s effects.Suppression) (app.SuppressionRow, error) {
	return f.suppressionRows()[0], f.note("Suppress %d %s %s %v", s.Case, s.Email, s.Right, s.Uses)
}
func (f *fake) Resuppress(_ context.Context, id string) (app.SuppressionRow, error) {
	return f.suppressionRows()[0], f.note("Resuppress %s", id)
}
func (f *fake) Unsuppress(_ context.Context, id, reason string) error {
	return f.note("Unsuppress %s %s", id, reason)
}
func (f *fake) ExportSuppressions(_ context.Context, _, format string) (app.SuppressionExport, error) {
	return app.SuppressionExport{Path: "/home/claire/Documents/Greffier/suppression-" + format + "-2026-12-14.csv", Rows: 12, Restricted: 2, Erased: 1}, f.note("ExportSuppressions %s", format)
}
func (f *fake) ImportSuppressions(_ context.Context, path string) (app.SuppressionImport, error) {
	return app.SuppressionImport{Read: 30, Added: 18, Known: 12}, f.note("ImportSuppressions %s", path)
}
func (f *fake) SuppressionChecks(context.Context) ([]app.Service, error) {
	if f.empty {
		return nil, f.fail
	}
	return []app.Service{{Kind: "shop", Name: "lavande", At: now}, {Kind: "shop", Name: "marché de Noël", Detail: "by hand"}}, f.fail
}

func (f *fake) Amendments(_ context.Context, id cases.ID) (app.AmendView, error) {
	field := func(key, value, fr, en string, invoice, hand bool) app.AmendField {
		return app.AmendField{Field: effects.Field{Key: key, Value: value, Invoice: invoice, ByHand: hand}, Name: f.say(fr, en)}
	}
	o := app.AmendOrder{Order: 42, Number: "1042", Shop: "lavande", Invoiced: true, Fields: []app.AmendField{
		field("orders/5317/billing.last_name", "Fontaine", "nom de famille de facturation", "billing last name", true, false),
		field("orders/5317/billing.address_1", "3 rue des Lilas", "rue de facturation", "billing street", true, false),
		field("orders/5317/shipping.city", "Lile", "ville de livraison", "delivery town", false, false),
		field("orders/5317/billing.phone", "", "numéro de téléphone de facturation", "billing telephone number", false, false),
		field("orders/5317/client_note", "pour Lou", "note du client", "customer’s note", false, true),
		field("customers/88/email", "mathilde.fontaine@exemple.fr", "adresse e-mail", "e-mail address", false, false)}}
	o.Fields[2].AlsoNumbers = []string{"1077"}
	v := app.AmendView{Orders: []app.AmendOrder{o, {Order: 77, Number: "1077", Shop: "lavande", Err: fmt.Errorf("look: %w", erasure.ErrOffline)}},
		Done: []effects.Amendment{{ID: "1", Case: int64(id), At: now.AddDate(0, 0, -2), Changes: []effects.Change{
			{Order: 42, Field: "orders/5317/billing.last_name", Old: "Fontain", New: "Fontaine", State: effects.ChangeDone, At: now},
			{Order: 42, Field: "orders/5317/billing.address_1", Old: "3 rue des Lilas", New: "5 rue des Lilas", State: effects.ChangeFailed, Why: erasure.ErrChanged.Error(), At: now}}}}}
	if f.empty {
		v.Orders, v.Done = nil, nil
	}
	if id == 2 {
		v.May = cases.ErrIdentityUnproven
	}
	return v, f.note("Amendments %d", id)
}
func (f *fake) Amend(_ context.Context, id cases.ID, cs []effects.Change) (effects.Amendment, error) {
	for _, c := range cs {
		_ = f.note("Amend %d %s: %s → %s", id, c.Field, c.Old, c.New)
	}
	return effects.Amendment{ID: "2", Changes: cs}, f.fail
}
