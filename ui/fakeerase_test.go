package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
)

// fields are what the shop's own record holds of order 1042.
func (f *fake) fields() []plan.Found {
	var out []plan.Found
	for _, x := range []struct {
		name  string
		holds plan.Holds
	}{{"meta.31._photo_upload", plan.Reference}, {"line.7.meta.90._photo_upload", plan.Reference}, {"billing.phone", plan.Contact}, {"billingEmail", plan.Contact}, {"shipping.address_1", plan.Contact},
		{"customer_ip_address", plan.Contact}, {"customer_user_agent", plan.Contact}, {"note.12", plan.Contact}, {"x17", plan.Contact}} {
		out = append(out, plan.Found{Object: plan.Object{Storage: plan.DeskName("lavande"), Key: "orders/5317/" + x.name, Kind: plan.Field}, Holds: x.holds, Order: 42, Number: "1042"})
	}
	out = append(out, plan.Found{Object: plan.Object{Storage: plan.DeskName("lavande"), Key: "media/9/file", SizeBytes: 810_000}, Holds: plan.Photo, Order: 42, Number: "1042"})
	return append(out, plan.Found{Object: plan.Object{Storage: plan.DeskName("lavande"), Key: "customers/88/account", Kind: plan.Field}, Holds: plan.Account, Order: 42, Number: "1042"})
}

// personPlan is a plan that reaches into the shop, with an older version of
// one file.
func (f *fake) personPlan() plan.Plan {
	p := f.plan(f.objects)
	if f.objects > 0 {
		old := p.Erase[0]
		old.Version, old.SizeBytes = "v1", 1_900_000
		p.Erase = append(p.Erase, old)
		p.Erase = append(p.Erase, f.fields()...)
	}
	p.Scope.Person = true
	p.Keep = []plan.Kept{
		{What: f.say("photographie", "photograph"), Order: "1042", Storage: "photos", Key: "uploads/1042/famille.jpg", Ground: f.say("appartient aussi à la commande 1031, que cette demande ne concerne pas", "also belongs to order 1031, which this request does not concern"), Article: "GDPR Art. 5(1)(f)"},
		{What: f.say("nom et adresse de facturation", "name and address of the invoice"), Order: "1042", Storage: plan.DeskName("lavande"), Key: "orders/5317/billing_last_name", Until: law.Date{Year: 2036, Month: 12, Day: 31}, Ground: f.say("mentions obligatoires de la facture", "what an invoice must say"), Article: "C. com. L123-22"},
	}
	p.Hash = "9b2d"
	return p
}

func (f *fake) StorageNames() []string {
	if f.empty {
		return nil
	}
	return []string{"archives", "photos"}
}
func (f *fake) MetaFields(context.Context) ([]string, error) {
	return []string{"_photo_upload", "_portrait_url"}, f.fail
}

func (f *fake) Locate(ctx context.Context, ls []plan.Locator, report func(int, int, string)) (app.LocateReport, error) {
	err := f.note("Locate %d", len(ls))
	r := app.LocateReport{Orders: 37}
	for i, l := range ls {
		report(i, len(ls), "look")
		row := app.LocatorRow{Locator: l, Objects: 412 / (i + 1), Orders: 35 / (i + 1), SizeBytes: 911_000_000 / int64(i+1), Example: "uploads/1042/IMG_2001.jpg"}
		switch {
		case l.Storage == "archives":
			row = app.LocatorRow{Locator: l, Err: fmt.Errorf("list archives: %w", erasure.ErrOffline)}
		case strings.Contains(l.Key, "portrait"):
			row = app.LocatorRow{Locator: l}
		}
		r.Rows = append(r.Rows, row)
	}
	if len(ls) > 0 {
		for i := range 14 {
			r.OrphanExamples = append(r.OrphanExamples, plan.Found{Object: plan.Object{Storage: "photos", Key: fmt.Sprintf("uploads/test-%d/essai.jpg", i), SizeBytes: 300_000, ModifiedAt: now.AddDate(0, -i, 0)}, Holds: plan.Photo})
		}
		r.Orphans, r.OrphanBytes = 14, 4_200_000
		r.Empty, r.EmptyCount = f.orders()[10:14], 4
	}
	if f.block != nil {
		select {
		case <-f.block:
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
	return r, err
}
func (f *fake) SaveLocators(_ context.Context, ls []plan.Locator) error {
	f.info.Locators = ls
	return f.note("SaveLocators %d", len(ls))
}
func (f *fake) MappedShops() []string { return []string{"lavande"} }
func (f *fake) ShopColumns(_ context.Context, shop string) (app.ColumnsView, error) {
	v := app.ColumnsView{Shop: shop, Names: []string{"N° cde", "Etat", "Date", "Terminée le", "Courriel", "Nom complet", "Photos"},
		Sample:  []string{"1042", "terminée", "2026-09-24", "2026-10-03", "mathilde.fontaine@exemple.fr", "Mathilde Fontaine", ""},
		Mapping: map[string]string{"order": "N° cde", "status": "Etat", "created": "Date", "email": "Courriel", "photos": "Photos"},
		Fields:  []string{"order", "status", "created", "completed", "modified", "email", "first_name", "last_name", "phone", "address", "postcode", "city", "country", "total", "currency", "photos"},
		Needed:  []string{"order", "status", "completed"}}
	if f.empty {
		v.Names, v.Sample = nil, nil
	}
	return v, f.note("ShopColumns %s", shop)
}
func (f *fake) SaveColumns(_ context.Context, shop string, m map[string]string) error {
	return f.note("SaveColumns %s %s", shop, m["completed"])
}

func (f *fake) PersonOrders(_ context.Context, id int64) ([]app.PersonOrder, error) {
	rows := f.orders()
	other := rows[3]
	other.Person = "Paul Fontaine"
	return []app.PersonOrder{{Row: rows[0], SameName: true}, {Row: rows[1], SameName: true}, {Row: other}}, f.note("PersonOrders %d", id)
}
func (f *fake) PlanPerson(_ context.Context, ids []int64) (plan.Plan, error) {
	p := f.personPlan()
	p.Scope = plan.Scope{Orders: ids, Person: true}
	return p, f.note("PlanPerson %v", ids)
}
func (f *fake) NarrowPlan(_ context.Context, p plan.Plan, only []string) (plan.Plan, error) {
	err := f.note("NarrowPlan %d", len(only))
	out := p
	out.Scope.Only, out.Hash = only, fmt.Sprintf("narrow-%d", len(only))
	out.Erase = nil
	out.Keep = slices.Clone(p.Keep)
	for _, x := range p.Erase {
		if slices.Contains(only, plan.KeyID(x.Storage, x.Key)) {
			out.Erase = append(out.Erase, x)
		} else {
			out.Keep = append(out.Keep, plan.Kept{What: f.say("photographie", "photograph"), Order: x.Number, Storage: x.Storage, Key: x.Key, Ground: f.say("hors de ce qui a été choisi", "outside of what was chosen")})
		}
	}
	return out, err
}
func (f *fake) KeysOfLine(_ context.Context, p plan.Plan, id int64, line string) ([]string, error) {
	var out []string
	for _, x := range p.Erase[:min(2, len(p.Erase))] {
		out = append(out, plan.KeyID(x.Storage, x.Key))
	}
	return out, f.note("KeysOfLine %d %s", id, line)
}

func (f *fake) CoolingHours() int { return f.hours }
func (f *fake) SetCoolingHours(_ context.Context, n int) error {
	f.hours = n
	return f.note("SetCoolingHours %d", n)
}
func (f *fake) cooling(stale bool) app.Cooling {
	return app.Cooling{ID: "case 1", Scope: plan.Scope{Case: 1, Orders: []int64{42, 77}}, Orders: []string{"1042", "1077"}, Hash: "5c1e", ConfirmedAt: now.Add(-time.Hour), RunsAt: now.Add(23 * time.Hour), Objects: 42, SizeBytes: 98_000_000, Stale: stale}
}
func (f *fake) Schedule(_ context.Context, p plan.Plan, hash string) (app.Cooling, error) {
	f.waits = []app.Cooling{f.cooling(false)}
	return f.waits[0], f.note("Schedule %s %d", hash, len(p.Erase))
}
func (f *fake) Coolings(context.Context) ([]app.Cooling, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.waits), f.fail
}
func (f *fake) CancelCooling(_ context.Context, id string) error {
	f.waits = nil
	return f.note("CancelCooling %s", id)
}
func (f *fake) RunCooling(_ context.Context, id string, report func(int, int, string)) (app.RunView, error) {
	err := f.note("RunCooling %s", id)
	report(1, 42, "erase")
	if f.stale {
		f.waits = []app.Cooling{f.cooling(true)}
		return app.RunView{}, plan.ErrStale
	}
	f.waits = nil
	return f.run(9, erasure.Complete), err
}
func (f *fake) RetryRun(_ context.Context, id int64, report func(int, int, string)) (app.RunView, error) {
	return f.run(id, erasure.Complete), f.note("RetryRun %d", id)
}
func (f *fake) Tick(context.Context) error {
	if f.ticks != nil {
		f.ticks()
	}
	return f.note("Tick")
}

func (f *fake) recipients() []app.NoticeRow {
	day := func(d int) law.Date { return law.DateOf(now.AddDate(0, 0, d), law.Paris()) }
	return []app.NoticeRow{
		{ID: "n1", Run: 7, Case: 1, Name: "Presto Livres", To: "privacy@presto.example", State: "to write", Orders: []string{"1042", "1077"}, MadeAt: now.AddDate(0, 0, -1), Tone: app.ToneAtRisk},
		{ID: "n2", Run: 7, Case: 1, Name: "Portraits IA", To: "dpo@portraits.example", State: "sent", Orders: []string{"1042"}, MadeAt: now.AddDate(0, 0, -6), SentAt: now.AddDate(0, 0, -6), Reminders: 1, NextReminder: day(4), Tone: app.ToneQuiet},
		{ID: "n3", Run: 7, Case: 1, Name: "Banque du Nord", To: "donnees@banque.example", State: "answered", Orders: []string{"1042"}, SentAt: now.AddDate(0, 0, -9), Answer: "nothing held", AnsweredAt: now.AddDate(0, 0, -2), Mail: 21, Tone: app.ToneKept},
		{ID: "n4", Run: 7, Case: 1, Name: "Ancien transporteur", State: "spared", Orders: []string{"1077"}, Reason: f.say("La société a été liquidée en 2024.", "The company was wound up in 2024."), Tone: app.ToneQuiet},
	}
}
func (f *fake) Notices(_ context.Context, id cases.ID) ([]app.NoticeRow, error) {
	err := f.note("Notices %d", id)
	if f.empty {
		return nil, err
	}
	return f.recipients(), err
}
func (f *fake) TellRecipients(_ context.Context, run int64) error {
	return f.note("TellRecipients %d", run)
}
func (f *fake) DraftNotice(_ context.Context, id, lang string) (cases.Letter, error) {
	return cases.Letter{Kind: "notice", Lang: lang, Subject: f.say("Effacement de données personnelles (commandes 1042 et 1077)", "Erasure of personal data (orders 1042 and 1077)"), Text: "Bonjour,\n\nNous avons effacé le 12 décembre 2026 les données des commandes 1042 et 1077. Vous les avez reçues de nous : merci de les effacer aussi et de nous le confirmer (RGPD art. 19).\n\nAtelier Lavande EI"}, f.note("DraftNotice %s %s", id, lang)
}
func (f *fake) PutNoticeInDrafts(_ context.Context, id string, l cases.Letter) error {
	if err := f.note("PutNoticeInDrafts %s", id); err != nil {
		return err
	}
	if f.noMailbox {
		return app.ErrNoMailbox
	}
	return nil
}
func (f *fake) MarkNoticeSent(_ context.Context, id string) error {
	return f.note("MarkNoticeSent %s", id)
}
func (f *fake) AnswerNotice(_ context.Context, id, answer, text string) error {
	return f.note("AnswerNotice %s %s %s", id, answer, text)
}
func (f *fake) SpareNotice(_ context.Context, id, reason string) error {
	return f.note("SpareNotice %s %s", id, reason)
}
func (f *fake) ReminderDays() int { return 5 }
func (f *fake) SetReminderDays(_ context.Context, n int) error {
	return f.note("SetReminderDays %d", n)
}
