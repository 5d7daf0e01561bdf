package register

import (
	"strconv"
	"strings"

	"greffier/app/law"
)

// processing builds the record of processing activities: a list, then one sheet
// an activity in the order of the CNIL's simplified register. GDPR Art. 30(1).
func (p *pen) processing(d *Document) {
	d.add(Section{Key: "scope", Words: []string{
		p.say("Ce registre décrit les traitements de données à caractère personnel dont le responsable désigné ci-dessus répond. Il n'est ni publié ni envoyé à la CNIL : il est tenu à sa disposition (RGPD, art. 30, § 3 et § 4).",
			"This record describes the processing of personal data for which the controller named above answers. It is neither published nor sent to the CNIL: it is kept at its disposal (GDPR, Article 30(3) and (4))."),
		p.say("La dispense de l'article 30, § 5, réservée aux organismes de moins de 250 personnes, ne s'applique pas : les commandes sont traitées tous les jours, donc de façon non occasionnelle, et les photographies de mineurs confiées à une intelligence artificielle présentent un risque pour les droits des personnes.",
			"The exemption of Article 30(5) for organisations with fewer than 250 persons does not apply: orders are processed every day, hence not occasionally, and photographs of minors handled with artificial intelligence present a risk to the rights of persons."),
	}})
	t := &Table{Columns: []Column{
		column("ref", p.say("Réf.", "Ref."), 1),
		column("name", p.say("Nom du traitement", "Name of the processing"), 4),
		column("purpose", p.say("Finalité", "Purpose"), 6),
		column("legal_basis", p.say("Base légale (hors art. 30)", "Legal basis (beyond Article 30)"), 4),
		column("minors", p.say("Mineurs ?", "Minors?"), 2),
		column("sensitive", p.say("Données sensibles", "Sensitive data"), 4),
		column("transfers", p.say("Transferts hors UE ?", "Transfers outside the EU?"), 2),
		column("created", p.say("Créée le", "Created on"), 2),
		column("updated", p.say("Mise à jour", "Updated on"), 2),
	}}
	for _, a := range p.in.Activities {
		t.Rows = append(t.Rows, []Cell{
			p.orGap(a.ID),
			p.orGap(p.text(a.Name)),
			p.orGap(p.text(a.Purpose)),
			p.basis(a.LegalBasis),
			p.yesNo(a.Minors),
			p.orGap(p.text(a.Sensitive)),
			p.leaves(a),
			p.dateOrGap(a.CreatedOn),
			p.dateCell(a.UpdatedOn),
		})
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Liste des traitements", "List of processing activities"),
		Table: t,
		Empty: p.say("Aucune activité de traitement n'est enregistrée. L'article 30 du RGPD impose d'en tenir la liste : elle est à compléter.",
			"No processing activity is recorded. Article 30 of the GDPR requires the list to be kept: it has to be completed."),
	})
	for _, a := range p.in.Activities {
		d.add(p.sheet(a)...)
	}
}

func (p pen) dateOrGap(d law.Date) Cell {
	if d.IsZero() {
		return p.gap("")
	}
	return p.dateCell(d)
}

// echo shows a gap of another register, which is counted there: one missing
// country must not look like nine.
func echo(c Cell) Cell {
	if c.Value == GapValue {
		c.Tone = Faint
	}
	return c
}

// leaves answers whether data leave the EEA: as soon as one recipient is in a
// third country, they do; while one country is unknown, nobody can say no.
func (p pen) leaves(a Activity) Cell {
	unknown := false
	for _, id := range a.Recipients {
		x, ok := p.procs[id]
		outside, known := OutsideEEA(x.Country)
		if ok && known && outside {
			return p.yesNo(true)
		}
		unknown = unknown || !ok || !known
	}
	if unknown {
		return echo(p.gap(""))
	}
	return p.yesNo(false)
}

// sheet is the record sheet of one activity; its parts are those of the CNIL's
// model, in its order.
func (p pen) sheet(a Activity) []Section {
	title := p.text(a.Name)
	if title == "" {
		title = p.say("Traitement sans nom", "Processing without a name")
	}
	n := 0
	part := func(key, fr, en string) Section {
		n++
		return Section{Key: strings.ToLower(a.ID) + "." + key, Level: 1, Title: strconv.Itoa(n) + ". " + p.say(fr, en)}
	}

	about := Section{Key: strings.ToLower(a.ID), PageBreak: true, Title: strings.TrimSpace(a.ID + " – " + title)}

	description := part("description", "Description du traitement", "Description of the processing")
	description.Fields = []Field{
		p.fieldOrGap("name", p.say("Nom du traitement", "Name of the processing"), p.text(a.Name)),
		p.fieldOrGap("ref", p.say("N° / réf.", "No / ref."), a.ID),
		cellField("created", p.say("Création de la fiche", "Sheet created on"), p.dateOrGap(a.CreatedOn)),
		field("updated", p.say("Mise à jour de la fiche", "Sheet updated on"), p.date(a.UpdatedOn)),
	}

	actors := part("actors", "Acteurs", "Actors")
	c := p.in.Controller
	nobody := p.say("aucun n'est déclaré", "none is declared")
	actors.Fields = []Field{
		p.fieldOrGap("controller", p.say("Responsable du traitement", "Controller"), joined([]string{c.Name, c.Address, c.Email}, "\n")),
		field("dpo", p.say("Délégué à la protection des données", "Data protection officer"), nobody),
		field("representative", p.say("Représentant", "Representative"), nobody),
		field("joint", p.say("Responsable(s) conjoint(s)", "Joint controller(s)"), p.joint(a, nobody)),
	}

	purpose := part("purposes", "Finalité(s) du traitement", "Purpose(s) of the processing")
	purpose.Fields = []Field{p.fieldOrGap("purpose", p.say("Finalité principale", "Main purpose"), p.text(a.Purpose))}
	for i, s := range a.SubPurposes {
		purpose.Fields = append(purpose.Fields, field("sub_purpose_"+strconv.Itoa(i+1),
			p.sayf("Sous-finalité %d", "Sub-purpose %d", i+1), p.text(s)))
	}
	purpose.Fields = append(purpose.Fields, cellField("legal_basis", p.say("Base légale (hors art. 30)", "Legal basis (beyond Article 30)"), p.basisCited(a.LegalBasis)))
	if a.PolicyPurpose > 0 {
		purpose.Fields = append(purpose.Fields, field("policy", p.say("Politique de confidentialité", "Privacy policy"),
			p.sayf("art. 5, finalité n° %d", "Article 5, purpose %d", a.PolicyPurpose)))
	}

	data := part("data", "Catégories de données personnelles concernées", "Categories of personal data")
	t := &Table{Columns: []Column{
		column("category", p.say("Description", "Description"), 6),
		column("period", p.say("Durée de conservation", "Retention period"), 5),
	}}
	for _, x := range a.Data {
		t.Rows = append(t.Rows, []Cell{p.orGap(p.text(x.Category)), p.period(x)})
	}
	data.Table, data.Empty = t, p.toComplete()

	sensitive := part("sensitive", "Données sensibles", "Sensitive data")
	sensitive.Fields = []Field{p.fieldOrGap("sensitive", p.say("Catégories particulières", "Special categories"), p.text(a.Sensitive))}

	subjects := part("subjects", "Catégories de personnes concernées", "Categories of data subjects")
	for i, s := range a.Subjects {
		subjects.Fields = append(subjects.Fields, field("category_"+strconv.Itoa(i+1), p.sayf("Catégorie %d", "Category %d", i+1), p.text(s)))
	}
	if len(a.Subjects) == 0 {
		subjects.Fields = append(subjects.Fields, p.fieldOrGap("category_1", p.sayf("Catégorie %d", "Category %d", 1), ""))
	}
	minors := p.say("non", "no")
	if a.Minors {
		minors = p.say("oui : les droits sont exercés par le titulaire de l'autorité parentale ou le tuteur", "yes: rights are exercised by the holder of parental authority or the guardian")
	}
	subjects.Fields = append(subjects.Fields, field("minors", p.say("Mineurs", "Minors"), minors))

	recipients := part("recipients", "Destinataires", "Recipients")
	t = &Table{Columns: []Column{
		column("recipient", p.say("Destinataire", "Recipient"), 4),
		column("type", p.say("Type", "Type"), 3),
		column("service", p.say("Précisions", "Details"), 5),
	}}
	t.Rows = append(t.Rows, []Cell{p.orGap(c.Name), word("internal", p.say("service interne", "internal"), Plain), plain(p.say("accès réservé au responsable du traitement", "access restricted to the controller"))})
	for _, id := range a.Recipients {
		x, ok := p.procs[id]
		if !ok {
			t.Rows = append(t.Rows, []Cell{p.gap(p.sayf("« %s » ne figure pas au registre des destinataires", "“%s” is not in the register of recipients", id)), none, none})
			continue
		}
		t.Rows = append(t.Rows, []Cell{echo(p.provider(x)), echo(p.role(x.RoleIn(a.ID))), orNone(p.text(x.Service))})
	}
	recipients.Table = t

	security := part("security", "Mesures de sécurité", "Security measures")
	for i, s := range a.Security {
		security.Fields = append(security.Fields, field("measure_"+strconv.Itoa(i+1), p.sayf("Mesure %d", "Measure %d", i+1), p.text(s)))
	}
	if len(a.Security) == 0 {
		security.Fields = []Field{p.fieldOrGap("measure_1", p.sayf("Mesure %d", "Measure %d", 1), "")}
	}

	transfers := part("transfers", "Transferts hors UE", "Transfers outside the EU")
	t = &Table{Columns: []Column{
		column("recipient", p.say("Destinataire", "Recipient"), 4),
		column("country", p.say("Pays", "Country"), 2),
		column("safeguard", p.say("Type de garanties", "Type of safeguards"), 4),
		column("document", p.say("Documentation", "Documentation"), 3),
	}}
	for _, id := range a.Recipients {
		x, ok := p.procs[id]
		if outside, known := OutsideEEA(x.Country); !ok || known && !outside {
			continue
		}
		t.Rows = append(t.Rows, []Cell{echo(p.provider(x)), echo(p.country(x.Country)), echo(p.transfer(x)), orNone(x.TransferNote)})
	}
	transfers.Table = t
	transfers.Empty = p.say("Aucun transfert hors de l'Union européenne n'est enregistré.", "No transfer outside the European Union is recorded.")
	if s := p.text(a.Transfers); s != "" {
		transfers.Words = []string{s}
	}
	return []Section{about, description, actors, purpose, data, sensitive, subjects, recipients, security, transfers}
}

// joint names the recipients that are joint controllers of the activity.
func (p pen) joint(a Activity, nobody string) string {
	var names []string
	for _, id := range a.Recipients {
		if x, ok := p.procs[id]; ok && x.RoleIn(a.ID) == "joint controller" {
			names = append(names, p.provider(x).Text)
		}
	}
	if len(names) == 0 {
		return nobody
	}
	return joined(names, "\n")
}

// provider names a provider; one that is not named yet is a gap.
func (p pen) provider(x Processor) Cell {
	if strings.TrimSpace(x.Name) == "" {
		return p.gap(p.colon(p.family(x.Family).Text, p.say("prestataire à nommer", "provider to be named")))
	}
	return plain(x.Name)
}

// period writes how long a category is kept: in its own words, or as the rule
// that it names says.
func (p pen) period(x Data) Cell {
	s := p.text(x.Period)
	if s == "" {
		if r, ok := p.rules[x.Rule]; ok {
			s = p.ruleText(r)
		}
	}
	return p.orGap(s)
}

// ruleText writes a retention rule in a few words: "60 days from …".
func (p pen) ruleText(r Rule) string {
	period, err := law.ParsePeriod(r.Period)
	start := p.startPhrase(r.Starts)
	switch {
	case start.FR == "":
		return r.Period
	case r.Period == "" || err != nil:
		return p.say("jusqu'"+to(start.FR), "until "+start.EN)
	case p.fr:
		return period.Text("fr") + " à compter " + typeset(of(start.FR), true)
	}
	return period.Text("en") + " from " + start.EN
}

// startPhrase names the event that starts a rule, with its article.
func (p pen) startPhrase(s string) Text {
	switch s {
	case "completion":
		return Text{"l'achèvement de la commande", "completion of the order"}
	case "last interaction":
		return Text{"la dernière interaction de la personne", "the person's last interaction"}
	case "financial year end":
		return Text{"la clôture de l'exercice", "the end of the financial year"}
	case "last contact":
		return Text{"le dernier contact venant de la personne", "the last contact coming from the person"}
	case "end of relationship":
		return Text{"la fin de la relation contractuelle", "the end of the contractual relationship"}
	}
	return Text{}
}

// of puts the French "de" before a noun with its article.
func of(noun string) string {
	if rest, ok := strings.CutPrefix(noun, "le "); ok {
		return "du " + rest
	}
	return "de " + noun
}

// to puts the French "à" before a noun with its article.
func to(noun string) string {
	if rest, ok := strings.CutPrefix(noun, "le "); ok {
		return "au " + rest
	}
	return "à " + noun
}
