package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/ui/kit"
)

// ---- fields of the larger forms ----

// head begins a part of a form, with its words.
func (f *form) head(key string) {
	parts := []fyne.CanvasObject{kit.Gap(6), kit.Heading(f.w.t("part." + key))}
	if words := f.w.known("part."+key+".help", ""); words != "" {
		parts = append(parts, kit.Faint(words))
	}
	f.rows = append(f.rows, kit.Down(-4, parts...))
}

// question is an answer of yes, no or not known yet.
func (f *form) question(key string, v *string) *kit.Select {
	return f.pick(key, v, []kit.Option{{Value: "", Word: f.w.t("answer.open")}, {Value: "yes", Word: f.w.t("answer.yes")}, {Value: "no", Word: f.w.t("answer.no")}})
}

func (f *form) pick(key string, v *string, options []kit.Option) *kit.Select {
	s := kit.NewSelect(options, *v, nil)
	f.row(key, s)
	f.takes = append(f.takes, func() bool {
		if s.SelectedIndex() >= 0 {
			*v = s.Value()
		}
		return true
	})
	return s
}

// listed is one word of a list of the register of breaches.
func (f *form) listed(key, field string, v *string) {
	options := []kit.Option{{Value: "", Word: f.w.t("answer.open")}}
	for _, c := range register.Choices(field) {
		options = append(options, kit.Option{Value: c, Word: register.ChoiceText(field, c, f.w.lang)})
	}
	f.pick(key, v, options)
}

// several is any number of words of such a list.
func (f *form) several(key string, v *[]string, words []string, text func(string) string) {
	checks := make([]*kit.Check, 0, len(words))
	box := kit.Down(-8)
	for _, x := range words {
		c := kit.NewCheck(text(x), slices.Contains(*v, x), nil)
		checks = append(checks, c)
		box.Add(c)
	}
	f.row(key, box)
	f.takes = append(f.takes, func() bool {
		var out []string
		for i, c := range checks {
			if c.Checked {
				out = append(out, words[i])
			}
		}
		*v = out
		return true
	})
}

// isCountry tells whether a text is an ISO 3166-1 alpha-2 code.
func isCountry(s string) bool {
	return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// country is a code of two letters, or nothing.
func (f *form) country(key string, v *string) {
	e := kit.NewEntry(*v)
	e.SetPlaceHolder("FR")
	f.row(key, e)
	f.takes = append(f.takes, func() bool {
		s := strings.ToUpper(strings.TrimSpace(e.Text))
		if s != "" && !isCountry(s) {
			return false
		}
		*v = s
		return true
	})
}

// siren is the firm's number, or nothing.
func (f *form) siren(key string, v *string) {
	e := kit.NewEntry(*v)
	f.row(key, e)
	f.takes = append(f.takes, func() bool {
		s, ok := register.ParseSiren(e.Text)
		if ok {
			*v = s
		}
		return ok
	})
}

// countries are codes of two letters, apart.
func (f *form) countries(key string, v *[]string) {
	e := kit.NewEntry(strings.Join(*v, " "))
	e.SetPlaceHolder("FR IE US")
	f.row(key, e)
	f.takes = append(f.takes, func() bool {
		out := strings.FieldsFunc(strings.ToUpper(e.Text), func(r rune) bool { return strings.ContainsRune(" ,;\t", r) })
		if slices.ContainsFunc(out, func(s string) bool { return !isCountry(s) }) {
			return false
		}
		*v = out
		return true
	})
}

// period is a length of time such as "30 days"; it is read in both languages.
func (f *form) period(key string, v *string) {
	shown := *v
	if p, err := law.ParsePeriod(*v); err == nil {
		shown = p.Text(f.w.lang)
	}
	e := kit.NewEntry(shown)
	f.row(key, e)
	f.takes = append(f.takes, func() bool {
		s := strings.TrimSpace(e.Text)
		if s == "" {
			*v = ""
			return true
		}
		p, err := law.ParsePeriod(s)
		if err == nil {
			*v = p.String()
		}
		return err == nil
	})
}

// file is the path of a document that is attached, and whether it is still what
// it was.
func (f *form) file(key string, path, sum *string) {
	w := f.w
	e := kit.NewEntry(*path)
	state, again := kit.Faint(""), false
	anew := kit.NewQuiet(w.t("document.again"), theme.ViewRefreshIcon(), nil)
	anew.OnTapped = func() { again = true; state.SetText(w.t("document.willHash")); anew.Hide() }
	anew.Hide()
	if *path != "" {
		was, hash := *path, *sum
		ask(w, func(ctx context.Context) (string, error) { return w.f.DocumentState(ctx, was, hash) }, func(s string) {
			if s == "" {
				return
			}
			state.SetText(w.t("document."+s, "Hash", hash[:min(len(hash), 12)]))
			if s != "same" {
				kit.Toned(state, kit.AtRisk)
			}
			if s == "changed" {
				anew.Show()
			}
		})
	}
	choose := kit.NewIconButton(w.t("document.choose"), theme.FolderOpenIcon(), func() {
		d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if err == nil && r != nil {
				e.SetText(r.URI().Path())
				_ = r.Close()
			}
		}, w.win)
		d.Show()
	})
	f.row(key, kit.Down(0, kit.Row(0, e, choose), state, container.NewHBox(anew)))
	f.takes = append(f.takes, func() bool {
		if s := strings.TrimSpace(e.Text); again || s != *path {
			*path, *sum = s, "" // another document: its hash is made anew
		}
		return true
	})
}

// ---- history ----

// idOf is the id of a record, "" for one that has not been kept.
func idOf(x any) string {
	switch x := x.(type) {
	case register.Activity:
		return x.ID
	case register.Processor:
		return x.ID
	case register.Breach:
		return x.ID
	case register.Tracker:
		return x.ID
	case register.Consent:
		return x.ID
	case register.PolicyVersion:
		return x.ID
	case register.Rule:
		return x.ID
	case register.Screening:
		return x.ID
	case register.Ruling:
		return x.ID
	}
	return ""
}

// shownChanges bounds the history in a form.
const shownChanges = 200

// history is who changed what of the record, when; newest first, under a fold.
func (f *form) history(name register.Name, x any) {
	w, id := f.w, idOf(x)
	if id == "" {
		return
	}
	s := newSlot()
	fetch(w, s, func(ctx context.Context) ([]register.Change, error) { return w.f.Changes(ctx, name, id) }, func(cs []register.Change) fyne.CanvasObject {
		if len(cs) == 0 {
			return kit.Faint(w.t("history.none"))
		}
		var rows []fyne.CanvasObject
		n := 0
		for _, c := range cs {
			if n >= shownChanges {
				rows = append(rows, kit.Faint(w.t("history.more")))
				break
			}
			rows = append(rows, kit.StrongWords(w.t("history.line", "When", w.exact(c.At), "Who", w.t("history.by."+by(c.By)))))
			if c.Entered {
				rows = append(rows, kit.Faint(w.t("history.entered")))
				n++
				continue
			}
			for _, d := range c.Fields {
				n++
				value := func(v string) string {
					if v == "" {
						return "–"
					}
					return kit.Clip(register.FieldValue(name, d.Field, v, w.lang, w.zone), 300, 60)
				}
				rows = append(rows, kit.Faint(w.t("history.field", "Field", kit.Line(register.FieldLabel(name, d.Field, w.lang), 120), "Old", value(d.Old), "New", value(d.New))))
			}
		}
		return kit.Down(-8, rows...)
	})
	f.rows = append(f.rows, kit.Gap(6), kit.Fold(w.t("history.title"), false, s.box))
}

func by(actor string) string {
	if actor == "" || actor == "owner" {
		return "owner"
	}
	return "greffier"
}

// ---- activities ----

// activityGaps counts what an activity still lacks of GDPR Art. 30(1).
func activityGaps(a register.Activity) int {
	n := 0
	for _, missing := range []bool{a.Name == (register.Text{}), a.Purpose == (register.Text{}), a.LegalBasis == "", len(a.Subjects) == 0, len(a.Data) == 0, a.Sensitive == (register.Text{}), len(a.Security) == 0} {
		if missing {
			n++
		}
	}
	for _, d := range a.Data {
		if d.Rule == "" && d.Period == (register.Text{}) {
			n++
		}
	}
	return n
}

// ---- processors and recipients ----

func (p *registerPage) providers() {
	w := p.w
	type both struct {
		ps []register.Processor
		as []register.Activity
	}
	fetch(w, p.forms, func(ctx context.Context) (b both, err error) {
		if b.ps, err = w.f.Processors(ctx); err != nil {
			return b, err
		}
		b.as, err = w.f.Activities(ctx)
		return b, err
	}, func(b both) fyne.CanvasObject {
		edit := func(x register.Processor) {
			editRecord(p, x, func(f *form, x *register.Processor) { f.provider(x, b.as) }, w.f.SaveProcessor)
		}
		var es []entry
		for _, x := range b.ps {
			note := w.t("processor.noContract")
			if !x.ContractOn.IsZero() {
				note = w.t("processor.contract", "Date", w.shortYear(x.ContractOn))
			}
			es = append(es, entry{title: w.processorName(x), note: note, open: func() { edit(x) }})
		}
		return p.entries(es, func() { edit(register.Processor{}) })
	})
}

func (f *form) provider(x *register.Processor, as []register.Activity) {
	f.text("processor.name", &x.Name)
	f.choice("processor.family", &x.Family, "payment", "printing", "hosting", "ai", "logistics", "other")
	f.both("processor.service", &x.Service)

	f.head("processor.role")
	f.choice("processor.role", &x.Role, "", "processor", "independent controller", "joint controller")
	f.roles(x, as)
	f.both("processor.data", &x.Data)
	f.both("processor.persons", &x.Persons)
	f.check("processor.minors", &x.Minors)

	f.head("processor.place")
	f.country("processor.country", &x.Country)
	f.countries("processor.accessCountries", &x.AccessCountries)
	f.choice("processor.transfer", &x.Transfer, "", "none needed", "adequacy", "dpf", "scc", "bcr", "derogation")
	f.text("processor.transferScope", &x.TransferScope)
	f.date("processor.transferChecked", &x.TransferChecked)
	f.choice("processor.sccModule", &x.SCCModule, "", "1", "2", "3", "4")
	f.date("processor.tiaOn", &x.TIAOn)
	f.text("processor.transferNote", &x.TransferNote)
	f.file("processor.transferFile", &x.TransferFile, &x.TransferSHA256)

	f.head("processor.contract")
	f.date("processor.contractOn", &x.ContractOn)
	f.date("processor.contractUntil", &x.ContractUntil)
	f.text("processor.contractVersion", &x.ContractVersion)
	f.text("processor.contractRef", &x.ContractRef)
	f.file("processor.contractFile", &x.ContractFile, &x.ContractSHA256)
	f.clauses(&x.Clauses)
	f.area("processor.subProcessors", &x.SubProcessors, 2)
	f.date("processor.subCheckedOn", &x.SubCheckedOn)

	f.head("processor.security")
	f.area("processor.security", &x.Security, 2)
	f.text("processor.evidence", &x.Evidence)
	f.text("processor.contact", &x.Contact)
	f.text("processor.deletionMeans", &x.DeletionMeans)
	f.period("processor.deletionDelay", &x.DeletionDelay)

	if x.Family == "ai" {
		f.head("processor.ai")
		f.question("processor.ai.trains", &x.AI.Trains)
		f.text("processor.ai.retention", &x.AI.Retention)
		f.question("processor.ai.embeddings", &x.AI.Embeddings)
		f.question("processor.ai.marked", &x.AI.Marked)
		f.date("processor.ai.markedSince", &x.AI.MarkedSince)
		f.date("processor.ai.answeredOn", &x.AI.AnsweredOn)
		f.text("processor.ai.answer", &x.AI.Answer)
	}

	f.head("processor.dates")
	f.date("processor.reviewOn", &x.ReviewOn)
	f.date("processor.exitOn", &x.ExitOn)
	f.text("processor.exitProof", &x.ExitProof)
}

// roles is the role of the provider in each activity that it serves.
func (f *form) roles(x *register.Processor, as []register.Activity) {
	w := f.w
	box := kit.Down(0)
	picks := map[string]*kit.Select{}
	for _, a := range as {
		if !slices.Contains(a.Recipients, x.ID) || x.ID == "" {
			continue
		}
		options := []kit.Option{{Value: "", Word: w.t("processor.sameRole")}}
		for _, r := range []string{"processor", "independent controller", "joint controller"} {
			options = append(options, kit.Option{Value: r, Word: w.t("choice.processor.role." + r)})
		}
		picks[a.ID] = kit.NewSelect(options, x.Roles[a.ID], nil)
		box.Add(kit.Words(kit.Line(a.ID+" · "+a.Name.In(w.lang), 80)))
		box.Add(kit.Margins(8, 0, 8, 4, picks[a.ID]))
	}
	if len(picks) == 0 {
		return
	}
	f.row("processor.roles", box)
	f.takes = append(f.takes, func() bool {
		out := map[string]string{}
		for id, s := range picks {
			if v := s.Value(); v != "" {
				out[id] = v
			}
		}
		if x.Roles = out; len(out) == 0 {
			x.Roles = nil
		}
		return true
	})
}

// clauses is the checklist of a contract, point by point.
func (f *form) clauses(v *[]register.Clause) {
	w := f.w
	type line struct {
		id               string
		met              *kit.Select
		ref, reservation *kit.Entry
	}
	had := map[string]register.Clause{}
	for _, c := range *v {
		had[c.ID] = c
	}
	box := kit.Down(2)
	var lines []line
	for _, id := range register.ClauseIDs {
		c := had[id]
		l := line{id: id, ref: kit.NewEntry(c.Ref), reservation: kit.NewProse(c.Reservation),
			met: kit.NewSelect([]kit.Option{{Value: "", Word: w.t("clause.open")}, {Value: "yes", Word: w.t("clause.yes")}, {Value: "no", Word: w.t("clause.no")}}, c.Met, nil)}
		l.ref.SetPlaceHolder(w.t("clause.ref"))
		l.reservation.SetPlaceHolder(w.t("clause.reservation"))
		lines = append(lines, l)
		box.Add(kit.Words(register.Clause{ID: id}.Asks(w.lang)))
		box.Add(kit.Margins(8, 0, 8, 6, kit.Down(2, kit.Shared(0.5, l.met, l.ref), l.reservation)))
	}
	f.row("processor.clauses", box)
	f.takes = append(f.takes, func() bool {
		var out []register.Clause
		for _, l := range lines {
			c := register.Clause{ID: l.id, Met: l.met.Value(), Ref: strings.TrimSpace(l.ref.Text), Reservation: oneValue(l.reservation, had[l.id].Reservation)}
			if c != (register.Clause{ID: l.id}) {
				out = append(out, c)
			}
		}
		*v = out
		return true
	})
}

// ---- breaches ----

// breachEntry is a line of the list: what happened, and where the clock stands.
func (p *registerPage) breachEntry(x register.Breach) entry {
	w := p.w
	at, err := time.Parse(time.RFC3339, x.AwareAt)
	note := x.ID
	if err == nil {
		note += " · " + w.brief(at)
		if x.NotifiedAt == "" && x.Risk != "none" {
			note = w.t("breach.by", "When", w.exact(law.Breach(at, w.zone).Strict))
		}
	}
	return entry{title: kit.Line(x.Facts, 80), note: note}
}

// exact is a day with its hour: a time in hours is not told in days.
func (w *Window) exact(t time.Time) string { return w.brief(t) + " · " + w.hour(t) }

var breachNatures = []string{"confidentiality", "integrity", "availability"}

func (w *Window) breachForm(f *form, x *register.Breach) {
	if at, err := time.Parse(time.RFC3339, x.AwareAt); err == nil && x.NotifiedAt == "" && x.Risk != "none" {
		limit, t := law.Breach(at, w.zone), kit.AtRisk
		if w.clock().After(limit.Strict) {
			t = kit.Late
		}
		f.rows = append(f.rows, kit.IconLine(t, w.t("breach.clock", "When", w.exact(limit.Strict), "Loose", w.exact(limit.R1182))))
	}
	f.head("breach.when")
	f.instant("breach.awareAt", &x.AwareAt)
	f.listed("breach.when", "when", &x.When)
	f.instant("breach.happenedAt", &x.HappenedAt)
	f.instant("breach.endedAt", &x.EndedAt)
	f.listed("breach.foundBy", "found_by", &x.FoundBy)
	f.text("breach.foundHow", &x.FoundHow)
	f.text("breach.party", &x.Party)
	f.instant("breach.partyToldAt", &x.PartyToldAt)

	f.head("breach.what")
	natures := x.Natures()
	f.several("breach.nature", &natures, breachNatures, func(n string) string { return w.t("choice.breach.nature." + n) })
	f.takes = append(f.takes, func() bool {
		x.Nature, x.AlsoNature = "", nil
		if len(natures) > 0 {
			x.Nature, x.AlsoNature = natures[0], slices.Clone(natures[1:])
		}
		return true
	})
	f.keys = append(f.keys, "breach.nature")
	f.listed("breach.incident", "incident", &x.Incident)
	f.listed("breach.cause", "cause", &x.Cause)
	f.area("breach.facts", &x.Facts, 4)
	f.area("breach.systems", &x.Systems, 2)

	f.head("breach.who")
	f.severalOf("breach.personKinds", "person_kinds", &x.PersonKinds)
	f.text("breach.persons", &x.Persons)
	f.text("breach.personCount", &x.PersonCount)
	f.severalOf("breach.dataKinds", "data_kinds", &x.DataKinds)
	f.text("breach.records", &x.Records)
	f.question("breach.unintelligible", &x.Unintelligible)
	f.area("breach.prior", &x.Prior, 2)

	f.head("breach.risk")
	f.area("breach.effects", &x.Effects, 2)
	f.severalOf("breach.impacts", "impacts", &x.Impacts)
	f.listed("breach.gravity", "gravity", &x.Gravity)
	f.guide(x)

	f.head("breach.measures")
	f.area("breach.measures", &x.Measures, 2)
	f.area("breach.prevention", &x.Prevention, 2)

	f.head("breach.cnil")
	f.instant("breach.notifiedAt", &x.NotifiedAt)
	f.text("breach.reference", &x.Reference)
	f.area("breach.whyNot", &x.WhyNot, 2)
	f.area("breach.lateWhy", &x.LateWhy, 2)
	f.instant("breach.followUpAt", &x.FollowUpAt)
	f.text("breach.authorities", &x.Authorities)
	f.question("breach.crossBorder", &x.CrossBorder)
	f.text("breach.countries", &x.Countries)

	f.head("breach.persons")
	f.listed("breach.personsState", "persons_state", &x.PersonsState)
	f.area("breach.personsTold", &x.PersonsTold, 2)
	f.area("breach.personsWhyNot", &x.PersonsWhyNot, 2)
	f.date("breach.closedOn", &x.ClosedOn)

	f.acts = append(f.acts, kit.NewIconButton(w.t("breach.copy"), theme.ContentCopyIcon(), func() {
		if f.collect() {
			w.breachCopy(*x)
		}
	}))
}

func (f *form) severalOf(key, field string, v *[]string) {
	f.several(key, v, register.Choices(field), func(c string) string { return register.ChoiceText(field, c, f.w.lang) })
}

// guide asks a few plain questions, suggests a level of risk with its reasons,
// and leaves the decision to the owner.
func (f *form) guide(x *register.Breach) {
	w := f.w
	picks := map[string]*kit.Select{}
	box := kit.Down(2)
	for _, id := range register.GuideIDs {
		picks[id] = kit.NewSelect([]kit.Option{{Value: "", Word: w.t("answer.unclear")}, {Value: "yes", Word: w.t("answer.yes")}, {Value: "no", Word: w.t("answer.no")}}, x.Guide[id], nil)
		box.Add(kit.Words(register.GuideQuestion(id, w.lang)))
		box.Add(kit.Margins(8, 0, 8, 4, picks[id]))
	}
	answers := func() map[string]string {
		out := map[string]string{}
		for id, s := range picks {
			if v := s.Value(); v != "" {
				out[id] = v
			}
		}
		return out
	}
	f.row("breach.guide", box)
	f.takes = append(f.takes, func() bool { x.Guide = answers(); return true })

	said := kit.Words("")
	risk := kit.NewSelect([]kit.Option{{Value: "", Word: w.t("choice.breach.risk.open")}, {Value: "none", Word: w.t("choice.breach.risk.none")}, {Value: "risk", Word: w.t("choice.breach.risk.risk")}, {Value: "high", Word: w.t("choice.breach.risk.high")}}, x.Risk, nil)
	why := kit.NewArea(x.RiskWhy, 3)
	suggest := kit.NewButton(w.t("guide.suggest"), func() {
		s := register.SuggestRisk(answers())
		var reasons []string
		for _, r := range s.Reasons {
			reasons = append(reasons, r.In(w.lang))
		}
		said.SetText(w.t("guide.level", "Level", w.t("choice.breach.risk."+s.Level), "Reasons", strings.Join(reasons, " ")))
		if strings.TrimSpace(why.Text) == "" {
			why.SetText(strings.Join(reasons, " "))
		}
	})
	f.rows = append(f.rows, kit.Margins(8, 0, 8, 0, container.NewHBox(suggest)), said)
	f.row("breach.risk", risk)
	f.takes = append(f.takes, func() bool { x.Risk = risk.Value(); return true })
	f.row("breach.riskWhy", why)
	f.takes = append(f.takes, func() bool { x.RiskWhy = strings.TrimSpace(why.Text); return true })
}

// breachCopy shows what is copied into the CNIL's form.
func (w *Window) breachCopy(x register.Breach) {
	type prepared struct {
		text    string
		missing int
	}
	ask(w, func(ctx context.Context) (prepared, error) {
		text, missing, err := w.f.BreachCopy(ctx, x)
		return prepared{text, missing}, err
	}, func(c prepared) {
		words := kit.IconLine(kit.Kept, w.t("breach.copyWhole"))
		if c.missing > 0 {
			words = kit.IconLine(kit.AtRisk, w.n("breach.copyMissing", c.missing))
		}
		said := kit.Faint(w.t("breach.copyWords"))
		var d *kit.Dialog
		take := kit.NewPrimary(w.t("copy"), func() {
			w.app.Clipboard().SetContent(c.text)
			said.SetText(w.t("breach.copied"))
		})
		others := []*kit.Button{take}
		if x.ID != "" {
			others = append(others, kit.NewButton(w.t("breach.keep"), func() {
				d.Close()
				ask(w, func(ctx context.Context) (string, error) { return w.f.KeepBreachCopy(ctx, x.ID, "") }, w.printed)
			}))
		}
		d = kit.NewDialog(w.win.Canvas(), w.t("breach.copy"), 660, kit.Down(0, words, said, kit.MinSize(600, 380, kit.NewTextView(c.text, nil))), w.t("close"), nil, others...)
		d.Show()
	})
}

// ---- trackers, consents, versions of the policy ----

func trackerForm(f *form, x *register.Tracker) {
	f.text("tracker.name", &x.Name)
	f.text("tracker.domain", &x.Domain)
	f.choice("tracker.party", &x.Party, "first", "processor", "independent")
	f.choice("tracker.category", &x.Category, "", "necessary", "choice", "audience", "advertising", "social", "other")
	f.both("tracker.purpose", &x.Purpose)
	f.choice("tracker.consent", &x.Consent, "", "needed", "exempt")
	f.both("tracker.why", &x.Why)
	f.text("tracker.lifetime", &x.Lifetime)
	f.both("tracker.data", &x.Data)
	f.text("tracker.dataPeriod", &x.DataPeriod)
	f.text("tracker.recipient", &x.Recipient)
	f.country("tracker.country", &x.Country)
	f.choice("tracker.transfer", &x.Transfer, "", "none needed", "adequacy", "dpf", "scc", "bcr")
	f.date("tracker.scannedOn", &x.ScannedOn)
	f.text("tracker.banner", &x.Banner)
}

func consentForm(f *form, x *register.Consent) {
	f.text("consent.who", &x.Who)
	f.choice("consent.kind", &x.Kind, "consent", "objection", "withdrawal")
	f.text("consent.what", &x.What)
	f.instant("consent.at", &x.At)
	f.text("consent.how", &x.How)
	f.text("consent.wording", &x.Wording)
	f.text("consent.proof", &x.Proof)
	f.instant("consent.ended", &x.Ended)
	f.text("consent.endHow", &x.EndHow)
}

func policyForm(f *form, x *register.PolicyVersion) {
	f.date("policy.from", &x.From)
	f.date("policy.until", &x.Until)
	f.text("policy.where", &x.Where)
	f.text("policy.change", &x.Change)
	f.text("policy.told", &x.Told)
	f.area("policy.text", &x.Text, 14)
}

// ---- screenings ----

func (p *registerPage) screenings() {
	w := p.w
	type both struct {
		ss []register.Screening
		as []register.Activity
	}
	fetch(w, p.forms, func(ctx context.Context) (b both, err error) {
		if b.ss, err = w.f.Screenings(ctx); err != nil {
			return b, err
		}
		b.as, err = w.f.Activities(ctx)
		return b, err
	}, func(b both) fyne.CanvasObject {
		name := func(id string) string {
			for _, a := range b.as {
				if a.ID == id {
					return id + " · " + kit.Line(a.Name.In(w.lang), 70)
				}
			}
			return id
		}
		edit := func(x register.Screening) {
			editRecord(p, x, func(f *form, x *register.Screening) { f.screening(x, b.as) }, w.f.SaveScreening)
		}
		var es []entry
		for _, x := range b.ss {
			note := w.t("screening.result." + x.Result())
			if x.DoneOn.IsZero() {
				note = w.t("screening.proposed")
			}
			es = append(es, entry{title: name(x.Activity), note: note, open: func() { edit(x) }})
		}
		return p.entries(es, func() { edit(register.Screening{}) })
	})
}

func (f *form) screening(x *register.Screening, as []register.Activity) {
	w := f.w
	if x.DoneOn.IsZero() && x.Activity != "" {
		f.rows = append(f.rows, kit.IconLine(kit.AtRisk, w.t("screening.proposedWords")))
	}
	if x.Activity == "" {
		var options []kit.Option
		for _, a := range as {
			options = append(options, kit.Option{Value: a.ID, Word: a.ID + " · " + kit.Line(a.Name.In(w.lang), 60)})
		}
		f.pick("screening.activity", &x.Activity, options)
		f.takes[len(f.takes)-1] = orWrong(f.takes[len(f.takes)-1], func() bool { return x.Activity != "" })
	}
	f.head("screening.criteria")
	yes := kit.StrongWords("")
	had := map[string]register.Criterion{}
	for _, c := range x.Criteria {
		had[c.ID] = c
	}
	type line struct {
		id     string
		answer *kit.Select
		fr, en *kit.Entry
	}
	var lines []line
	current := func() []register.Criterion {
		var out []register.Criterion
		for _, l := range lines {
			a := l.answer.Value()
			if a == "" {
				a = "unclear"
			}
			out = append(out, register.Criterion{ID: l.id, Answer: a, Reason: register.Text{FR: strings.TrimSpace(l.fr.Text), EN: strings.TrimSpace(l.en.Text)}})
		}
		return out
	}
	count := func(string) {
		s := register.Screening{Criteria: current()}
		n, _, _ := s.Tally()
		yes.SetText(w.t("screening.count", "N", strconv.Itoa(n), "Result", w.t("screening.result."+s.Result())))
	}
	for _, id := range register.CriterionIDs {
		c := had[id]
		if c.Answer != "yes" && c.Answer != "no" {
			c.Answer = ""
		}
		l := line{id: id, fr: kit.NewArea(c.Reason.FR, 2), en: kit.NewArea(c.Reason.EN, 2)}
		l.answer = kit.NewSelect([]kit.Option{{Value: "", Word: w.t("answer.unclear")}, {Value: "yes", Word: w.t("answer.yes")}, {Value: "no", Word: w.t("answer.no")}}, c.Answer, count)
		l.fr.SetPlaceHolder(w.t("screening.reasonFR"))
		l.en.SetPlaceHolder(w.t("screening.reasonEN"))
		lines = append(lines, l)
		f.rows = append(f.rows, kit.FormRow(register.CriterionText(id, w.lang), w.known("criterion."+id+".help", ""), kit.Down(2, l.answer, l.fr, l.en)))
	}
	count("")
	f.rows = append(f.rows, yes)
	f.keys = append(f.keys, "screening.activity")
	f.takes = append(f.takes, func() bool { x.Criteria = current(); return true })

	f.head("screening.scale")
	f.text("screening.persons", &x.Persons)
	f.text("screening.photos", &x.Photos)
	f.text("screening.duration", &x.Duration)
	f.text("screening.geography", &x.Geography)
	f.head("screening.next")
	f.bothAreas("screening.risks", &x.Risks, 4)
	f.bothAreas("screening.nextStep", &x.NextStep, 2)
	f.date("screening.assessOn", &x.AssessOn)
	f.date("screening.reviewOn", &x.ReviewOn)
	f.text("screening.document", &x.Document)
	if id := x.ID; id != "" {
		f.acts = append(f.acts, kit.NewIconButton(w.t("screening.export"), theme.DocumentSaveIcon(), func() {
			ask(w, func(ctx context.Context) (string, error) { return w.f.ExportPIA(ctx, id, "") }, w.printed)
		}))
	}
}

// orWrong takes a field and then asks more of it.
func orWrong(take, good func() bool) func() bool { return func() bool { return take() && good() } }

// bothAreas is a longer wording in both languages.
func (f *form) bothAreas(key string, v *register.Text, rows int) {
	fr, en := kit.NewArea(v.FR, rows), kit.NewArea(v.EN, rows)
	fr.SetPlaceHolder(f.w.t("lang.fr"))
	en.SetPlaceHolder(f.w.t("lang.en"))
	f.row(key, kit.Down(4, fr, en))
	f.takes = append(f.takes, func() bool {
		v.FR, v.EN = strings.TrimSpace(fr.Text), strings.TrimSpace(en.Text)
		return true
	})
}

// ---- findings ----

func (p *registerPage) findings() {
	w := p.w
	fetch(w, p.forms, w.f.Findings, func(rows []app.FindingRow) fyne.CanvasObject {
		var es []entry
		for _, r := range rows {
			es = append(es, entry{title: r.ID + " · " + kit.Line(r.Title.In(w.lang), 90), note: w.t("choice.finding.state." + r.Ruling.State), open: func() {
				editRecord(p, r.Ruling, func(f *form, x *register.Ruling) { f.finding(r, x) }, w.f.SaveRuling)
			}})
		}
		return p.entries(es, nil)
	})
}

func (f *form) finding(r app.FindingRow, x *register.Ruling) {
	w := f.w
	f.rows = append(f.rows, kit.StrongWords(r.Title.In(w.lang)), kit.Words(r.Seen.In(w.lang)),
		kit.Faint(w.t("finding.basis", "Article", r.Article, "Source", law.Cite(r.Source, w.lang))))
	words := r.Wording
	if x.Wording != (register.Text{}) {
		words = x.Wording
	}
	fr, en := kit.NewArea(words.FR, 4), kit.NewArea(words.EN, 4)
	copyOf := func(e *kit.Entry) fyne.CanvasObject {
		return container.NewHBox(kit.NewQuiet(w.t("copy"), theme.ContentCopyIcon(), func() { w.app.Clipboard().SetContent(e.Text) }))
	}
	f.row("finding.wording", kit.Down(2, kit.Faint(w.t("lang.fr")), fr, copyOf(fr), kit.Faint(w.t("lang.en")), en, copyOf(en)))
	f.takes = append(f.takes, func() bool {
		x.Wording = register.Text{FR: strings.TrimSpace(fr.Text), EN: strings.TrimSpace(en.Text)}
		if x.Wording == r.Wording {
			x.Wording = register.Text{}
		}
		return true
	})
	f.choice("finding.state", &x.State, "open", "mended", "accepted")
	f.area("finding.reason", &x.Reason, 3)
	f.takes[len(f.takes)-1] = orWrong(f.takes[len(f.takes)-1], func() bool { return x.State != "accepted" || x.Reason != "" })
}
