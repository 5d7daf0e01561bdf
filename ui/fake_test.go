package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/promise"
	"greffier/app/register"
	"greffier/app/request"
)

// fake is a façade over a small shop with fictional people. It notes what it
// is called with.
type fake struct {
	mu      sync.Mutex
	info    app.ProfileInfo
	empty   bool
	fail    error // what every reading gives back, when set
	calls   []string
	last    struct{ in cases.Input }
	changed func()
	objects int // in the plan of a case
	block   chan struct{}
	hours   int // of cooling-off
	waits   []app.Cooling
	stale   bool   // what was planned has changed since
	ticks   func() // what a call of what is due does
	runs    []app.RunView

	noMailbox bool

	mail mailFake

	agenda  agendaFake
	board   boardFake
	paper   dossierFake
	copy    copyFake
	life    lifeFake
	wording wordingFake
	sweep   sweepFake
	proof   proofFake
	setup   setUpFake
}

// The program itself has all that the window asks for.
var _ Facade = (*app.App)(nil)

var now = time.Date(2026, 12, 14, 8, 12, 0, 0, time.UTC)

func newFake(lang, theme string) *fake {
	return &fake{objects: 6, hours: 24, info: app.ProfileInfo{Dir: "/home/claire/.local/share/greffier/profil", OutDir: "/home/claire/Documents/Greffier", Lang: lang, Theme: theme, Demo: true, KeyFrom: "passphrase", Version: "1.0.0",
		Controller: register.Controller{Name: "Atelier Lavande EI", Address: "3 rue des Tilleuls, 59800 Lille, France", Email: "contact@lavande.example", Site: "https://lavande.example", Language: "fr", TimeZone: "Europe/Paris"},
		Locators:   []plan.Locator{{Storage: "photos", Holds: plan.Photo, Key: "uploads/{order}/"}, {Storage: "photos", Holds: plan.Portrait, Key: "portraits/{order}/"}, {Storage: "archives", Holds: plan.Derived, Key: "impression/{order}/"}}}}
}

func (f *fake) note(format string, a ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, a...))
	return f.fail
}

func (f *fake) called(prefix string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.calls, func(c string) bool { return strings.HasPrefix(c, prefix) })
}

func (f *fake) fr() bool { return f.info.Lang == "fr" }

func (f *fake) say(fr, en string) string {
	if f.fr() {
		return fr
	}
	return en
}

func (f *fake) Info() app.ProfileInfo { return f.info }
func (f *fake) SetLang(_ context.Context, l string) error {
	f.info.Lang = l
	return f.note("SetLang %s", l)
}
func (f *fake) SetTheme(_ context.Context, l string) error {
	f.info.Theme = l
	return f.note("SetTheme %s", l)
}
func (f *fake) SaveController(_ context.Context, c register.Controller) error {
	f.info.Controller = c
	return f.note("SaveController")
}

func (f *fake) Today(context.Context) (app.Today, error) {
	if f.empty {
		return app.Today{PeaceUntil: law.Date{Year: 2027, Month: 1, Day: 4}, Next: []app.NextDate{{Date: law.Date{Year: 2027, Month: 1, Day: 4}, Kind: "retention", Count: 3}, {Date: law.Date{Year: 2027, Month: 1, Day: 11}, Kind: "case", Case: 3, Count: 1, Label: "Inès Tavernier"}, {Date: law.Date{Year: 2027, Month: 3, Day: 1}, Kind: "contract", Count: 1, Label: "Presto Livres"}}, Synced: now}, f.fail
	}
	return app.Today{
		Needs: []app.Need{
			{Kind: "case", Tone: app.ToneLate, Case: 2, Rights: []request.Right{request.Access}, Person: "Gaspard Lemoine", Step: cases.ActAnswer, Due: law.Date{Year: 2026, Month: 12, Day: 11}, DaysLeft: -3},
			{Kind: "case", Tone: app.ToneAtRisk, Case: 1, Rights: []request.Right{request.Erasure, request.Withdrawal}, Person: "Mathilde Fontaine", Step: cases.ActSetOutcome, Due: law.Date{Year: 2026, Month: 12, Day: 23}, DaysLeft: 9},
			{Kind: "mail", Tone: app.ToneAtRisk, Count: 4, Due: law.Date{Year: 2026, Month: 12, Day: 21}, DaysLeft: 7},
			{Kind: "letter", Tone: app.ToneAtRisk, Case: 1, Person: "Mathilde Fontaine", Count: 1},
			{Kind: "document", Tone: app.ToneAtRisk, Case: 1, Person: "Mathilde Fontaine", Count: 1},
			{Kind: "retention", Tone: app.ToneAtRisk, Count: 2},
			{Kind: "sync", Tone: app.ToneAtRisk, Service: "imap.lavande.example", ServiceKind: "mailbox", Error: fmt.Errorf("sync: %w", erasure.ErrOffline)},
			{Kind: "gap", Tone: app.ToneCannotTell, Register: register.Processors, Count: 3},
		},
		Late: 1, Synced: now,
		Did: []app.JournalLine{
			{Seq: 88, At: now, Actor: "greffier", Act: "sync.mail", Record: "mailbox", Detail: `{"new":6}`},
			{Seq: 87, At: now, Actor: "greffier", Act: "case.opened", Record: "case 3"},
			{Seq: 86, At: now, Actor: "rule media", Act: "run.finished", Record: "run 4"},
		},
		Next: []app.NextDate{{Date: law.Date{Year: 2027, Month: 1, Day: 4}, Kind: "retention", Count: 3}, {Date: law.Date{Year: 2027, Month: 1, Day: 11}, Kind: "case", Case: 3, Count: 1, Label: "Inès Tavernier"}},
	}, f.fail
}

func (f *fake) Requests(context.Context) ([]app.CaseRow, error) {
	if f.empty {
		return nil, f.fail
	}
	at := func(d int) time.Time { return now.AddDate(0, 0, -d) }
	return []app.CaseRow{
		{ID: 2, State: cases.InProgress, Rights: []request.Right{request.Access}, Person: "Gaspard Lemoine", Email: "g.lemoine@exemple.fr", Received: at(33), Due: law.Date{Year: 2026, Month: 12, Day: 11}, DaysLeft: -3, Tone: app.ToneLate, Late: true, Orders: []string{"1031"}},
		{ID: 1, State: cases.InProgress, Rights: []request.Right{request.Erasure, request.Withdrawal}, Person: "Mathilde Fontaine", Email: "mathilde.fontaine@exemple.fr", Received: at(21), Due: law.Date{Year: 2026, Month: 12, Day: 23}, DaysLeft: 9, Tone: app.ToneAtRisk, Orders: []string{"1042", "1077"}},
		{ID: 3, State: cases.Identifying, Rights: []request.Right{request.Rectification}, Person: "Inès Tavernier", Email: "ines@exemple.org", Received: at(10), Due: law.Date{Year: 2027, Month: 1, Day: 11}, DaysLeft: 28, Tone: app.ToneQuiet, Waiting: true, Orders: []string{"1058"}},
		{ID: 4, State: cases.Received, Rights: []request.Right{request.Objection}, Person: "Oliver Whitcombe", Email: "oliver@example.co.uk", Received: at(1), Due: law.Date{Year: 2027, Month: 1, Day: 13}, DaysLeft: 30, Tone: app.ToneQuiet},
		{ID: 5, State: cases.Closed, Rights: []request.Right{request.Portability}, Person: "Jean-Baptiste de La Rochefoucauld-Montbel", Email: "jb@exemple.fr", Received: at(90), Due: law.Date{Year: 2026, Month: 10, Day: 15}, Tone: app.ToneKept, Orders: []string{"1003"}},
	}, f.fail
}

const mailText = `Bonjour,

J’ai commandé chez vous un album photo (commande n° 1042) et un second, la 1077.
Je souhaite que toutes les photos de ma famille soient supprimées de vos serveurs, ainsi que les portraits, et je retire mon consentement à leur utilisation.

Pouvez-vous me confirmer quand ce sera fait ?

Bien cordialement,
Mathilde Fontaine

> Le 3 octobre 2026, Atelier Lavande a écrit :
> Votre commande est terminée. Merci de votre confiance !
`

func span(text, words string) request.Span {
	i := strings.Index(text, words)
	return request.Span{Field: request.InText, Start: i, End: i + len(words), Words: words}
}

func message() app.MessageView {
	newText := strings.Index(mailText, "> Le 3")
	return app.MessageView{
		Message: mailbox.Message{ID: 11, ReceivedAt: now.AddDate(0, 0, -21), From: []mailbox.Address{{Name: "Mathilde Fontaine", Email: "mathilde.fontaine@exemple.fr"}}, FromFields: 1,
			Subject: "Suppression de mes photos", Text: mailText, Attachments: []mailbox.Attachment{{Name: "capture.png", Type: "image/png", SizeBytes: 84_211}}},
		Verdict: request.Verdict{Kind: request.Request, Confidence: 0.97, Language: "fr",
			Findings: []request.Finding{{Right: request.Erasure, Confidence: 0.97, Spans: []request.Span{span(mailText, "toutes les photos de ma famille soient supprimées")}},
				{Right: request.Withdrawal, Confidence: 0.88, Spans: []request.Span{span(mailText, "je retire mon consentement")}}},
			Marks: []request.MarkFound{{Mark: request.MarkMinor}}, NewText: []request.Span{{Field: request.InText, Start: 0, End: newText}}},
	}
}

func (f *fake) Mails(_ context.Context, k request.Kind) ([]app.MailRow, error) {
	if f.empty {
		return nil, f.fail
	}
	v := message().Verdict
	v.Kind, v.Confidence = k, 0.52
	rows := []app.MailRow{
		{ID: 21, From: "Paul Delmas <p.delmas@exemple.fr>", Subject: "Question sur mes données", Received: now.AddDate(0, 0, -4), Verdict: v},
		{ID: 22, From: "newsletter@fournisseur.example", Subject: "Vos nouvelles conditions de confidentialité", Received: now.AddDate(0, 0, -9), Verdict: request.Verdict{Kind: k, Confidence: 0.41}},
	}
	return rows, f.fail
}

func deadline() law.Deadline {
	d, err := law.Clock{Received: now.AddDate(0, 0, -21), Zone: law.Paris(), MinorAtCollection: true}.Deadline(law.DateOf(now, law.Paris()))
	if err != nil {
		panic(err)
	}
	return d
}

func (f *fake) Case(_ context.Context, id cases.ID) (app.CaseView, error) {
	c := cases.Case{ID: id, State: cases.InProgress, Channel: "mail", Language: "fr",
		Asked:     []cases.Asked{{Right: request.Erasure, Confidence: .97}, {Right: request.Withdrawal, Confidence: .88}},
		Requester: cases.Person{Name: "Mathilde Fontaine", Email: "mathilde.fontaine@exemple.fr"}, Concerned: cases.Person{Name: "Lou Fontaine"}, Link: cases.Parent, Minor: true,
		ReceivedAt: now.AddDate(0, 0, -21), DiscoveredAt: now.AddDate(0, 0, -20),
		Orders: []cases.Match{{Order: 42, Number: "1042", Why: cases.MatchEmailNumber, Strong: true, Selected: true, Confirmed: true}, {Order: 77, Number: "1077", Why: cases.MatchEmail, Strong: true, Selected: true}},
		Identity: cases.Identity{Level: cases.Probable, Signs: []cases.Sign{{Key: cases.SignOneSender, For: true}, {Key: cases.SignOrderAddress, Arg: "1042", For: true}, {Key: cases.SignDMARCPass, Arg: "exemple.fr", For: true},
			{Key: cases.SignReplyTo, Arg: "autre@exemple.org"}}},
		Events: []cases.Event{{At: now.AddDate(0, 0, -21), By: "person", Key: "case.opened"}, {At: now.AddDate(0, 0, -20), By: "greffier", Key: "case.asked.erasure"},
			{At: now.AddDate(0, 0, -19), By: "owner", Key: "case.acknowledged", Note: "Envoyé de ma messagerie."}, {At: now.AddDate(0, 0, -18), By: "owner", Key: "case.started"}},
	}
	today := law.DateOf(now, law.Paris())
	d := deadline()
	v := app.CaseView{Case: c, Deadline: d, DaysLeft: d.DaysLeft(today), Today: today, Steps: cases.Next(c, d, today), Messages: []app.MessageView{message()}, CanErase: true,
		Orders: f.orders()[:2]}
	if id == 2 {
		v.MayErase = cases.ErrIdentityUnproven
	}
	f.mailOf(&v)
	f.copyOf(&v)
	f.lifeOf(&v)
	return v, f.note("Case %d", id)
}
func (f *fake) Act(_ context.Context, id cases.ID, a cases.Act, in cases.Input) error {
	f.last.in = in
	return f.note("Act %d %s", id, a)
}
func (f *fake) DraftLetter(_ context.Context, id cases.ID, kind, lang string) (cases.Letter, error) {
	if kind == cases.LetterAnswer {
		return cases.Letter{}, fmt.Errorf("draft the letter %q: %w", kind, cases.ErrLetterFacts)
	}
	return cases.Letter{Kind: kind, Lang: lang, Subject: "Votre demande n° 1", Text: "Bonjour Mathilde Fontaine,\n\nVotre demande du 23 novembre 2026 est bien arrivée. Vous aurez une réponse au plus tard le mercredi 23 décembre 2026.\n\nBien cordialement,\nAtelier Lavande EI"}, f.note("DraftLetter %d %s %s", id, kind, lang)
}
func (f *fake) SaveLetter(_ context.Context, id cases.ID, l cases.Letter) error {
	return f.note("SaveLetter %d %s", id, l.Kind)
}
func (f *fake) PutInDrafts(_ context.Context, id cases.ID, l cases.Letter) error {
	return f.note("PutInDrafts %d %s", id, l.Kind)
}
func (f *fake) MarkSent(_ context.Context, id cases.ID, kind string) error {
	return f.note("MarkSent %d %s", id, kind)
}

func (f *fake) orders() []app.OrderRow {
	at := func(d int) time.Time { return now.AddDate(0, 0, -d) }
	day := func(d int) law.Date { return law.DateOf(at(d), law.Paris()) }
	row := func(id int64, number, person string, completed, photos int, media string, t app.Tone) app.OrderRow {
		r := app.OrderRow{ID: id, Number: number, Shop: "lavande", Person: person, Email: strings.ToLower(strings.ReplaceAll(person, " ", ".")) + "@exemple.fr", State: order.Completed, Status: "completed", Created: at(completed + 9), Completed: at(completed), Photos: photos, Media: media, Tone: t, Start: day(completed), Due: day(completed).AddDays(60)}
		r.DaysLeft = law.DateOf(now, law.Paris()).Days(r.Due)
		return r
	}
	rows := []app.OrderRow{
		row(42, "1042", "Mathilde Fontaine", 71, 24, "due", app.ToneLate),
		row(77, "1077", "Mathilde Fontaine", 30, 18, "counting", app.ToneQuiet),
		row(31, "1031", "Gaspard Lemoine", 65, 12, "held", app.ToneAtRisk),
		row(58, "1058", "Inès Tavernier", 55, 30, "counting", app.ToneAtRisk),
		row(90, "1090", "Oliver Whitcombe", 3, 8, "counting", app.ToneQuiet),
		row(12, "1012", "", 200, 0, "erased", app.ToneKept),
		row(95, "1095", "Jean-Baptiste de La Rochefoucauld-Montbel", 0, 44, "open", app.ToneQuiet),
	}
	rows[2].Held = f.say("réclamation en cours", "complaint under way")
	rows[5].Erased = at(140)
	rows[6].Completed, rows[6].State, rows[6].Due = time.Time{}, order.Open, law.Date{}
	for i := range 30 {
		rows = append(rows, row(int64(200+i), fmt.Sprint(1100+i), "Client Exemple "+fmt.Sprint(i), i*2, 6+i%9, "counting", app.ToneQuiet))
	}
	return rows
}
func (f *fake) Orders(context.Context) ([]app.OrderRow, error) {
	if f.empty {
		return nil, f.fail
	}
	return f.orders(), f.fail
}

func (f *fake) found(n int) []plan.Found {
	var out []plan.Found
	for i := range n {
		o, number := int64(42), "1042"
		if i%3 == 2 {
			o, number = 77, "1077"
		}
		h := plan.Photo
		if i%5 == 4 {
			h = plan.Portrait
		}
		out = append(out, plan.Found{Object: plan.Object{Storage: "photos", Key: fmt.Sprintf("uploads/%s/IMG_%04d.jpg", number, 2000+i), SizeBytes: 2_400_000 + int64(i)*7919, ModifiedAt: now.AddDate(0, 0, -80)}, Holds: h, Order: o, Number: number})
	}
	return out
}

func (f *fake) Order(_ context.Context, id int64) (app.OrderView, error) {
	r := f.orders()[0]
	o := order.Order{ID: id, Shop: "lavande", Number: r.Number, Status: "completed", State: order.Completed, CreatedAt: r.Created, CompletedAt: r.Completed, Customer: order.Customer{FirstName: "Mathilde", LastName: "Fontaine", Email: "mathilde.fontaine@exemple.fr"},
		Lines: []order.Line{{Ref: "7", Name: f.say("Album carré 20 pages", "Square album, 20 pages"), Photos: []string{"uploads/1042/IMG_2000.jpg", "uploads/1042/IMG_2001.jpg"}}, {Ref: "8", Name: f.say("Carte cadeau", "Gift card")}}}
	v := app.OrderView{Row: r, Order: o, Found: f.found(9), Missing: []string{"uploads/1042/IMG_1.jpg"}, Cases: []cases.ID{1}}
	if id == 31 {
		v.Row = f.orders()[2]
		v.Holds = []plan.Hold{{ID: 5, Order: 31, Reason: f.say("réclamation en cours", "complaint under way"), Article: "GDPR Art. 17(3)(e)"}}
	}
	if id == 12 {
		v.Row, v.Order.Erased, v.Order.Anonymised, v.Order.Customer, v.Found, v.Missing = f.orders()[5], true, true, order.Customer{}, nil, nil
	}
	if f.empty {
		v.Found, v.Missing = nil, nil
	}
	return v, f.note("Order %d", id)
}
func (f *fake) Orphans(context.Context) ([]app.Orphan, error) {
	if f.empty {
		return nil, f.note("Orphans")
	}
	return []app.Orphan{{Found: plan.Found{Object: plan.Object{Storage: "photos", Key: "uploads/9999/perdu.jpg", SizeBytes: 912_000}, Holds: plan.Photo}, AgeDays: 112}}, f.note("Orphans")
}
func (f *fake) PlanOrphans(context.Context) (plan.Plan, error) {
	return f.plan(1), f.note("PlanOrphans")
}
func (f *fake) Look(context.Context, func(int, int, string)) error { return f.note("Look") }
func (f *fake) PlaceHold(_ context.Context, id int64, reason string, until law.Date) error {
	return f.note("PlaceHold %d %s %s", id, reason, until)
}
func (f *fake) LiftHold(_ context.Context, id int64) error { return f.note("LiftHold %d", id) }

func (f *fake) plan(n int) plan.Plan {
	p := plan.Plan{Scope: plan.Scope{Case: 1, Orders: []int64{42, 77}}, MadeAt: now, Erase: f.found(n),
		Restrict: []plan.Held{{What: f.say("Facture de la commande 1042", "Invoice of order 1042"), Order: "1042", Until: law.Date{Year: 2036, Month: 12, Day: 31}, Ground: f.say("dix ans à compter de la clôture de l’exercice", "ten years from the end of the financial year"), Article: "C. com. L123-22"}},
		Keep:     []plan.Kept{{What: f.say("Compte client dans la boutique", "Customer account in the shop"), Ground: f.say("à supprimer dans la boutique elle-même", "to be deleted in the shop itself"), Article: "GDPR Art. 17(1)"}},
		Hash:     "5c1e"}
	if n == 0 {
		p.Erase = nil
	}
	return p
}
func (f *fake) PlanCase(_ context.Context, id cases.ID) (plan.Plan, error) {
	return f.personPlan(), f.note("PlanCase %d", id)
}
func (f *fake) PlanOrder(_ context.Context, id int64) (plan.Plan, error) {
	return f.plan(f.objects), f.note("PlanOrder %d", id)
}
func (f *fake) Retention(context.Context, law.Date) (app.RetentionView, error) {
	if f.empty {
		return app.RetentionView{At: law.DateOf(now, nil)}, f.note("Retention")
	}
	day := law.DateOf(now.AddDate(0, 0, -71), nil)
	return app.RetentionView{At: law.DateOf(now, nil), Plan: f.plan(9), Due: []app.DueRow{
		{Rule: "media", Order: 42, Number: "1042", Since: day, Due: day.AddDays(60), Objects: 9, SizeBytes: 22_410_000},
		{Rule: "media", Order: 31, Number: "1031", Since: day.AddDays(4), Due: day.AddDays(64), Objects: 12, SizeBytes: 31_000_000, Held: f.say("réclamation en cours", "complaint under way")},
	}}, f.note("Retention")
}

func (f *fake) run(id int64, s erasure.State) app.RunView {
	r := erasure.Record{ID: id, Scope: plan.Scope{Case: 1}, By: "owner", State: s, StartedAt: now.AddDate(0, 0, -2), EndedAt: now.AddDate(0, 0, -2), Erased: 6, ErasedBytes: 14_700_000}
	v := app.RunView{Record: r, Orders: []string{"1042", "1077"}}
	for i, o := range f.found(6) {
		st := erasure.Step{N: i, Object: o, Status: erasure.Gone, At: now}
		if s == erasure.Partial && i == 5 {
			st.Status, st.Reason = erasure.Retained, "kept by the storage under a lock until 2027-01-31"
			v.Record.Erased, v.Record.Left, v.Record.CheckAgain = 5, 1, law.Date{Year: 2027, Month: 2, Day: 1}
			v.Record.RetryAt, v.Record.Tries, v.Record.Looked = now.Add(2*time.Hour), 2, 6
		}
		v.Steps = append(v.Steps, st)
	}
	return v
}
func (f *fake) Erase(ctx context.Context, p plan.Plan, hash string, report func(int, int, string)) (app.RunView, error) {
	err := f.note("Erase %s %d", hash, len(p.Erase))
	if f.stale {
		return app.RunView{Record: erasure.Record{ID: 8, State: erasure.Refused, Scope: p.Scope}}, fmt.Errorf("run: %w", plan.ErrStale)
	}
	report(2, 6, "uploads/1042")
	if f.block != nil {
		select {
		case <-f.block:
		case <-ctx.Done():
			return app.RunView{}, ctx.Err()
		}
	}
	return f.run(7, erasure.Complete), err
}
func (f *fake) ResumeErasure(_ context.Context, report func(int, int, string)) ([]app.RunView, error) {
	return []app.RunView{f.run(4, erasure.Complete)}, f.note("ResumeErasure")
}
func (f *fake) Runs(context.Context) ([]app.RunView, error) {
	if f.empty {
		return nil, f.fail
	}
	if f.runs != nil {
		return slices.Clone(f.runs), f.fail
	}
	a, b := f.run(4, erasure.Partial), f.run(3, erasure.Complete)
	b.Record.Scope, b.Record.By = plan.Scope{Rule: "media"}, "rule media"
	return []app.RunView{a, b}, f.fail
}
func (f *fake) Run(_ context.Context, id int64) (app.RunView, error) {
	if id == 4 {
		return f.run(4, erasure.Partial), f.note("Run 4")
	}
	return f.run(id, erasure.Complete), f.note("Run %d", id)
}
func (f *fake) PrintCertificate(_ context.Context, id int64, lang string) (string, error) {
	return "/home/claire/Documents/Greffier/attestation-7.pdf", f.note("PrintCertificate %d %s", id, lang)
}

func (f *fake) Registers(_ context.Context, lang string) ([]app.RegisterCard, error) {
	var out []app.RegisterCard
	s := speaker{lang: lang, zone: law.Paris()}
	for i, n := range register.Names {
		c := app.RegisterCard{Name: n, Title: s.registerName(n), Count: i * 3, Changed: now.AddDate(0, 0, -i)}
		if n == register.Processors {
			c.Gaps = 3
		}
		if f.empty {
			c.Count, c.Gaps, c.Changed = 0, 0, time.Time{}
		}
		out = append(out, c)
	}
	return out, f.fail
}
func (f *fake) Document(_ context.Context, n register.Name, lang string) (register.Document, error) {
	s := speaker{lang: lang, zone: law.Paris()}
	d := register.Document{Name: string(n), Lang: lang, Title: f.say("Registre : ", "Register: ") + s.registerName(n), Controller: f.info.Controller, MadeAt: now,
		Sections: []register.Section{{Key: "a", Title: f.say("Prestataires", "Providers"), Words: []string{f.say("Tenu au titre de l’article 30 du RGPD.", "Kept under Article 30 GDPR.")},
			Fields: []register.Field{{Label: f.say("Paiement", "Payment"), Text: "Banque du Nord"}, {Label: f.say("Contrat", "Contract"), Gap: true}},
			Table: &register.Table{Columns: []register.Column{{Key: "n", Title: f.say("Nom", "Name"), Weight: 2}, {Key: "c", Title: f.say("Pays", "Country"), Weight: 1}, {Key: "x", Title: f.say("Contrat", "Contract"), Weight: 1}},
				Rows: [][]register.Cell{{{Text: "Banque du Nord"}, {Text: "France"}, {Text: f.say("3 mars 2025", "3 March 2025")}}, {{Text: "Presto Livres"}, {Text: "Belgique"}, {Text: f.say("à compléter", "to complete"), Value: register.GapValue, Tone: register.Warn}}}}}}}
	if f.empty {
		d.Sections[0].Table.Rows, d.Sections[0].Empty = nil, f.say("Rien d’inscrit à ce jour.", "Nothing entered so far.")
	}
	return d, f.fail
}
func (f *fake) Activities(context.Context) ([]register.Activity, error) {
	if f.empty {
		return nil, f.fail
	}
	return []register.Activity{{ID: "T1", Name: register.Text{FR: "Commandes d’albums", EN: "Album orders"}, Purpose: register.Text{FR: "Fabriquer et livrer l’album", EN: "Make and deliver the album"}, LegalBasis: "contract", Minors: true, Recipients: []string{"payment"},
		Data: []register.Data{{Category: register.Text{FR: "Photographies", EN: "Photographs"}, Rule: "media"}}}}, f.fail
}
func (f *fake) SaveActivity(_ context.Context, a register.Activity) error {
	return f.note("SaveActivity %s", a.ID)
}
func (f *fake) Processors(context.Context) ([]register.Processor, error) {
	if f.empty {
		return nil, f.fail
	}
	return []register.Processor{{ID: "payment", Family: "payment", Name: "Banque du Nord", Role: "independent controller", Country: "FR", ContractOn: law.Date{Year: 2025, Month: 3, Day: 3}}, {ID: "printing", Family: "printing"}, {ID: "ai", Family: "ai"}}, f.fail
}
func (f *fake) SaveProcessor(_ context.Context, p register.Processor) error {
	return f.note("SaveProcessor %s %s", p.ID, p.Name)
}
func (f *fake) Breaches(context.Context) ([]register.Breach, error)        { return nil, f.fail }
func (f *fake) SaveBreach(context.Context, register.Breach) error          { return f.note("SaveBreach") }
func (f *fake) Trackers(context.Context) ([]register.Tracker, error)       { return nil, f.fail }
func (f *fake) SaveTracker(context.Context, register.Tracker) error        { return f.note("SaveTracker") }
func (f *fake) Consents(context.Context) ([]register.Consent, error)       { return nil, f.fail }
func (f *fake) SaveConsent(context.Context, register.Consent) error        { return f.note("SaveConsent") }
func (f *fake) Policies(context.Context) ([]register.PolicyVersion, error) { return nil, f.fail }
func (f *fake) SavePolicy(context.Context, register.PolicyVersion) error   { return f.note("SavePolicy") }
func (f *fake) Rules(context.Context) ([]register.Rule, error) {
	return []register.Rule{{ID: "media", Starts: "completion", Period: "60 days", Then: "delete"}, {ID: "contract", Starts: "end of relationship", Then: "restrict"}, {ID: "billing", Starts: "financial year end", Period: "10 years", Then: "delete"}, {ID: "commercial", Starts: "last contact", Period: "3 years", Then: "delete"}}, f.fail
}
func (f *fake) SaveRule(_ context.Context, r register.Rule) error {
	return f.note("SaveRule %s %s", r.ID, r.Period)
}
func (f *fake) Promises(context.Context, string) ([]app.PromiseRow, error) {
	if f.empty {
		return nil, f.fail
	}
	rows := []app.PromiseRow{
		{ID: "P1", Article: "1", Sentence: f.say("Le responsable du traitement est nommé, le même partout.", "The controller is named, the same everywhere."), State: "kept", Evidence: []string{f.say("Nom, adresse et courriel remplis.", "Name, address and e-mail filled in.")}},
		{ID: "P6", Article: "6", Sentence: f.say("Chaque sous-traitant est sous contrat.", "Each processor is under contract."), State: "cannot tell", Evidence: []string{f.say("Impression : prestataire non nommé.", "Printing: provider not named.")}, Mend: "processors"},
		{ID: "P8", Article: "7", Sentence: f.say("Aucune photo ni portrait ne reste plus de soixante jours.", "No photo or portrait stays longer than sixty days."), State: "broken", Evidence: []string{f.say("Commande 1042 : 9 objets depuis 71 jours.", "Order 1042: 9 objects for 71 days.")}, Mend: "orders"},
		{ID: "P14", Article: "10", Sentence: f.say("Chaque demande reçoit une réponse à temps.", "Each request is answered in time."), State: "at risk", By: law.Date{Year: 2026, Month: 12, Day: 23}, Evidence: []string{f.say("Demande n° 1 : échéance le 23 décembre.", "Request no. 1: due on 23 December.")}, Mend: "requests"},
	}
	for i := range rows {
		rows[i].Since, rows[i].Spans = law.Date{Year: 2026, Month: 11, Day: 3}, boardSpans()
		kinds := []promise.Target{{Kind: "settings"}, {Kind: "processors"}, {Kind: "order", ID: 42}, {Kind: "case", ID: 1}}
		for _, e := range rows[i].Evidence {
			rows[i].Lines = append(rows[i].Lines, app.PromiseLine{Text: e, Mend: rows[i].Mend, Open: kinds[i]})
		}
	}
	return rows, f.fail
}
func (f *fake) Journal(context.Context, int) ([]app.JournalLine, error) {
	if f.empty {
		return nil, f.fail
	}
	var out []app.JournalLine
	acts := []string{"sync.orders", "case.opened", "plan.confirmed", "run.started", "run.finished", "register.printed"}
	for i := range 60 {
		out = append(out, app.JournalLine{Seq: int64(60 - i), At: now.Add(-time.Duration(i) * 7 * time.Hour), Actor: []string{"owner", "greffier", "rule media"}[i%3], Act: acts[i%len(acts)], Record: []string{"case 3", "run 4", "register processors"}[i%3], Detail: `{"erased":6,"state":"complete"}`, Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})
	}
	return out, f.fail
}
func (f *fake) Verify(context.Context) (app.VerifyReport, error) {
	return app.VerifyReport{Entries: 60, Head: "9f86d081884c7d659a2feaa0c55ad015", Store: "ok", Evidence: "ok"}, f.note("Verify")
}
func (f *fake) Backup(_ context.Context, path string) error { return f.note("Backup %s", path) }
func (f *fake) Sync(_ context.Context, orders, mail bool, report func(int, int, string)) (app.SyncReport, error) {
	report(0, 0, "")
	return app.SyncReport{NewOrders: 3, Messages: 6, Requests: 1, CasesOpened: []cases.ID{3}, Problems: []order.Problem{{Where: "orders.csv line 17", What: "no number"}}}, f.note("Sync %v %v", orders, mail)
}
func (f *fake) Services(context.Context) ([]app.Service, error) {
	if f.empty {
		return nil, f.fail
	}
	return []app.Service{
		{Kind: "mailbox", Name: "contact", Address: "imap.lavande.example:993", At: now, TLS: "TLS 1.3"},
		{Kind: "shop", Name: "lavande", Address: "https://lavande.example", At: now, Detail: f.say("42 commandes", "42 orders"), TLS: "TLS 1.3"},
		{Kind: "storage", Name: "photos", Address: "http://127.0.0.1:7070/photos", At: now, TLS: "loopback", Err: fmt.Errorf("list photos: %w", erasure.ErrOffline)},
	}, f.fail
}
func (f *fake) CheckService(_ context.Context, kind, name string) (app.Service, error) {
	return app.Service{Kind: kind, Name: name, At: now, Detail: f.say("tout va bien", "all well")}, f.note("CheckService %s %s", kind, name)
}
func (f *fake) OnChange(g func()) { f.changed = g }
