package register

import (
	"strconv"
	"strings"

	"greffier/app/cases"
	"greffier/app/law"
)

// ReasoningName names the document of Reasoning.
const ReasoningName = "reasoning"

// Reasoning makes the document that says why the date of a request is what it
// is: the facts, each step with its source, what is contestable, and the dates
// that follow (GDPR Art. 5(2) and 12(3); Reg. 1182/71). The deadline is that of
// the case's clock. A case without a number is one that no profile holds: then
// only the clock's facts are told. The document names no person; the owner's
// reasons stand in it, unless the inputs ask for discretion.
func Reasoning(in Inputs, c cases.Case, k law.Clock, limit law.Deadline) Document {
	p := newPen(in)
	d := p.document(ReasoningName)
	d.Title = p.say("Pourquoi cette date ?", "Why this date?")
	d.Subtitle = p.say("Calcul du délai de réponse : RGPD, art. 12, § 3 et § 4 ; règlement (CEE, Euratom) n° 1182/71",
		"How the time to answer is computed: GDPR, Article 12(3) and (4); Regulation (EEC, Euratom) No 1182/71")
	if c.ID != 0 {
		d.Title = p.sayf("Demande n° %d : pourquoi cette date ?", "Request No %d: why this date?", int64(c.ID))
	}
	d.add(p.clockFacts(c, k, limit), p.nextDates(k, limit))
	d.main(Section{Key: "steps", Title: p.say("Le calcul, pas à pas", "The computation, step by step"), Table: p.stepTable(limit.Steps)})
	d.add(Section{Key: "warnings", Title: p.say("À savoir", "To be kept in mind"), Table: p.stepTable(limit.Warnings),
		Empty: p.say("Rien de particulier à signaler.", "Nothing in particular.")})
	if len(k.Suspensions) > 0 {
		d.add(p.suspensionSection(k))
	}
	d.add(Section{Key: "rules", Title: p.say("Règles appliquées", "Rules applied"), Table: p.ruleTable(limit.Received), Words: []string{
		p.sayf("Règles et jours fériés vérifiés le %s. Une règle vaut à partir de sa date, jusqu'à la suivante.",
			"Rules and public holidays checked on %s. A rule holds from its date until the next one.", p.tableDate())}})
	return d
}

func (p pen) clockFacts(c cases.Case, k law.Clock, limit law.Deadline) Section {
	s := Section{Key: "facts", Title: p.say("Les faits", "The facts")}
	put := func(key, label string, x Cell) {
		if x.Text == "" {
			x.Text = "–"
		}
		s.Fields = append(s.Fields, cellField(key, label, x))
	}
	if c.ID != 0 {
		put("case", p.say("Demande", "Request"), p.numberCell(int64(c.ID)))
		put("rights", p.say("Droits invoqués", "Rights invoked"), p.rights(c))
		put("channel", p.say("Canal", "Channel"), p.channel(c.Channel))
	}
	put("received", p.say("Reçue par le serveur", "Received by the server"), p.momentCell(k.Received))
	if !c.DiscoveredAt.IsZero() {
		put("found", p.say("Découverte", "Found"), p.momentCell(c.DiscoveredAt))
	}
	if c.FromJunk {
		put("junk", p.say("Dossier", "Folder"), plain(p.say("indésirables : le délai court quand même", "spam: the period runs all the same")))
	}
	put("extended", p.say("Prolongation notifiée", "Extension notified"), p.momentCell(k.ExtendedAt))
	if c.ExtendReason != "" {
		put("extension_reason", p.say("Motifs de la prolongation", "Reasons for the extension"), p.private(c.ExtendReason))
	}
	put("minor", p.say("Données collectées auprès d'un mineur", "Data collected from a minor"), p.yesNo(k.MinorAtCollection))
	t := k.Territory
	if t == "" {
		t = law.Metropole
	}
	put("territory", p.say("Jours fériés", "Public holidays"), word(string(t), p.territory(t), Plain))
	zone := "Europe/Paris"
	if k.Zone != nil {
		zone = k.Zone.String()
	}
	put("zone", p.say("Heure du lieu", "Local time"), plain(zone))
	put("table", p.say("Table des règles du", "Table of rules of"), Cell{Text: p.tableDate(), Value: law.TableVersion})
	put("due", p.say("Échéance", "Due date"), p.dateCell(limit.Due))
	return s
}

// territoryWords are the lists of public holidays, for the reader.
var territoryWords = map[law.Territory]Text{
	law.Metropole:           {"France métropolitaine", "metropolitan France"},
	law.AlsaceMoselle:       {"Alsace et Moselle", "Alsace and Moselle"},
	law.Guadeloupe:          {"Guadeloupe", "Guadeloupe"},
	law.Martinique:          {"Martinique", "Martinique"},
	law.Guyane:              {"Guyane", "French Guiana"},
	law.LaReunion:           {"La Réunion", "Réunion"},
	law.Mayotte:             {"Mayotte", "Mayotte"},
	law.SaintPierreMiquelon: {"Saint-Pierre-et-Miquelon", "Saint Pierre and Miquelon"},
	law.SaintBarthelemy:     {"Saint-Barthélemy", "Saint Barthélemy"},
	law.SaintMartin:         {"Saint-Martin", "Saint Martin"},
}

func (p pen) territory(t law.Territory) string {
	if w, ok := territoryWords[t]; ok {
		return p.say(w.FR, w.EN)
	}
	return string(t)
}

func (p pen) nextDates(k law.Clock, limit law.Deadline) Section {
	s := Section{Key: "dates", Title: p.say("Les dates qui en découlent", "The dates that follow")}
	put := func(key, label string, d law.Date) {
		if !d.IsZero() {
			s.Fields = append(s.Fields, field(key, label, p.date(d)))
		}
	}
	put("due", p.say("Répondre au plus tard", "Answer by"), limit.Due)
	put("refusal_by", p.say("Refuser au plus tard, avec les motifs et les voies de recours", "Refuse by, with reasons and remedies"), limit.RefusalBy)
	if !limit.Extended && !limit.ExtensionVoid && !k.MinorAtCollection {
		put("notice_by", p.say("Notifier une prolongation au plus tard", "Notify an extension by"), limit.NoticeBy)
		put("extension_due", p.say("Échéance si elle est notifiée à temps", "Due date if it is notified in time"), limit.ExtensionDue)
	}
	if limit.Unsuspended != limit.Due {
		put("unsuspended", p.say("Échéance sans aucune suspension", "Due date without any suspension"), limit.Unsuspended)
	}
	if limit.Raw != limit.Due {
		put("raw", p.say("Fin du délai de date à date, avant suspension et report", "End of the period from date to date, before suspension and working days"), limit.Raw)
	}
	if limit.SuspendedDays > 0 {
		s.Fields = append(s.Fields, field("suspended_days", p.say("Jours de suspension comptés", "Days of suspension counted"), strconv.Itoa(limit.SuspendedDays)))
	}
	return s
}

// stepTable writes sentences of the law with their sources.
func (p pen) stepTable(steps []law.Step) *Table {
	t := &Table{Columns: []Column{
		column("date", p.say("Date", "Date"), 3), column("text", p.say("Étape", "Step"), 9), column("source", p.say("Source", "Source"), 5)}}
	for _, s := range steps {
		words := s.EN
		if p.fr {
			words = strings.ReplaceAll(s.FR, "'", "’")
		}
		var names []string
		for _, key := range law.Sources(s.Source) {
			names = append(names, p.cite(key))
		}
		t.Rows = append(t.Rows, []Cell{p.dateCell(s.Date), plain(words), {Text: joined(names, p.semicolon()), Value: s.Source}})
	}
	return t
}

// suspensionSection lists what was asked for, why and by whom: a suspension is
// entered by the owner, and has to be justified (D2019 Art. 77).
func (p pen) suspensionSection(k law.Clock) Section {
	t := &Table{Columns: []Column{
		column("from", p.say("Demandé le", "Asked on"), 3), column("to", p.say("Réponse le", "Answered on"), 3),
		column("reason", p.say("Motif", "Reason"), 8), column("by", p.say("Noté par", "Entered by"), 3)}}
	for _, s := range k.Suspensions {
		to := p.dateCell(s.To)
		if s.To.IsZero() {
			to = word("awaited", p.say("attendue", "awaited"), Warn)
		}
		reason := p.private(s.Reason)
		if strings.TrimSpace(s.Reason) == "" {
			reason = p.gap("")
		}
		t.Rows = append(t.Rows, []Cell{p.dateCell(s.From), to, reason, p.author(s.By)})
	}
	return Section{Key: "suspensions", Title: p.say("Suspensions", "Suspensions"), Table: t}
}

func (p pen) author(by string) Cell {
	switch by {
	case "":
		return p.gap("")
	case "owner":
		return word(by, p.say("responsable du traitement", "controller"), Plain)
	case "greffier":
		return word(by, "Greffier", Plain)
	}
	return p.private(by)
}

// ruleTable shows the figures that held on the day of receipt, as dated data.
func (p pen) ruleTable(on law.Date) *Table {
	t := &Table{Columns: []Column{
		column("rule", p.say("Règle", "Rule"), 6), column("value", p.say("Valeur", "Value"), 3),
		column("from", p.say("Depuis le", "Since"), 4), column("source", p.say("Source", "Source"), 5)}}
	for _, r := range []struct {
		key   law.RuleKey
		words Text
	}{
		{law.RuleAnswer, Text{"Délai de réponse", "Time to answer"}},
		{law.RuleExtension, Text{"Prolongation", "Extension"}},
		{law.RuleRefusal, Text{"Délai d'un refus", "Time to refuse"}},
		{law.RuleAskPrompt, Text{"Demander des informations sans tarder", "Ask for information without delay"}},
	} {
		x := law.RuleAt(r.key, on)
		units := map[string][4]string{"months": {"mois", "mois", "month", "months"}, "working days": {"jour ouvrable", "jours ouvrables", "working day", "working days"}}[x.Unit]
		var names []string
		for _, key := range law.Sources(x.Source) {
			names = append(names, p.cite(key))
		}
		t.Rows = append(t.Rows, []Cell{plain(p.say(r.words.FR, r.words.EN)), {Text: p.count(x.N, units[0], units[1], units[2], units[3]), Value: strconv.Itoa(x.N) + " " + x.Unit},
			p.dateCell(x.From), {Text: joined(names, p.semicolon()), Value: x.Source}})
	}
	return t
}
