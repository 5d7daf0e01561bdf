package register

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"greffier/app/law"
)

// activitiesOf lists the activities that a provider serves, with its role where it is
// another one there: the role is settled processing by processing.
func (p pen) activitiesOf(x Processor) Cell {
	var words, ids []string
	for _, a := range p.in.Activities {
		if !slices.Contains(a.Recipients, x.ID) {
			continue
		}
		s := strings.TrimSpace(a.ID + " " + p.text(a.Name))
		if r := x.RoleIn(a.ID); r != x.Role {
			s += " (" + p.role(r).Text + ")"
		}
		words, ids = append(words, s), append(ids, a.ID)
	}
	if len(words) == 0 {
		return none
	}
	return word(strings.Join(ids, " "), strings.Join(words, p.say(" ; ", "; ")), Plain)
}

func (p pen) personsOf(x Processor) Cell {
	s := p.text(x.Persons)
	if x.Minors {
		minors := p.say("dont des mineurs", "minors among them")
		if s == "" {
			return plain(minors)
		}
		return plain(s + ", " + minors)
	}
	return orNone(s)
}

// accessFrom names the countries from which data are looked at. One outside the
// EEA is a transfer, wherever the data lie (GDPR Art. 44).
func (p pen) accessFrom(x Processor) Cell {
	var words, codes []string
	tone := Plain
	for _, c := range x.AccessCountries {
		cell := p.country(c)
		if out, known := OutsideEEA(c); out && known && (x.Transfer == "" || x.Transfer == "none needed") {
			tone = Warn
			cell.Text += p.say(" (pays tiers : garantie à préciser)", " (third country: safeguard to be stated)")
		}
		words, codes = append(words, cell.Text), append(codes, cell.Value)
	}
	if len(words) == 0 {
		return none
	}
	return word(strings.Join(codes, " "), strings.Join(words, ", "), tone)
}

// thirdCountry tells whether a provider's data leave the EEA, to be stored or
// looked at.
func thirdCountry(x Processor) bool {
	for _, c := range append([]string{x.Country}, x.AccessCountries...) {
		if out, known := OutsideEEA(c); out && known {
			return true
		}
	}
	return false
}

// transferChecked is when the safeguard was last looked at: an adequacy decision
// may end, and a firm may leave the DPF list.
func (p pen) transferChecked(x Processor) Cell {
	if x.TransferChecked.IsZero() && thirdCountry(x) && (x.Transfer == "adequacy" || x.Transfer == "dpf") {
		return p.gap("")
	}
	return p.dateCell(x.TransferChecked)
}

func (p pen) sccModule(x Processor) Cell {
	switch x.SCCModule {
	case "1":
		return word("1", p.say("module 1, de responsable à responsable", "module 1, controller to controller"), Plain)
	case "2":
		return word("2", p.say("module 2, de responsable à sous-traitant", "module 2, controller to processor"), Plain)
	case "3":
		return word("3", p.say("module 3, de sous-traitant à sous-traitant", "module 3, processor to processor"), Plain)
	case "4":
		return word("4", p.say("module 4, de sous-traitant à responsable", "module 4, processor to controller"), Plain)
	case "":
		if x.Transfer == "scc" {
			return p.gap("")
		}
		return none
	}
	return plain(x.SCCModule)
}

// tia is the transfer impact assessment that clauses and binding rules need
// (GDPR Art. 46).
func (p pen) tia(x Processor) Cell {
	if x.TIAOn.IsZero() && (x.Transfer == "scc" || x.Transfer == "bcr") && thirdCountry(x) {
		return p.gap("")
	}
	return p.dateCell(x.TIAOn)
}

// documents names what is attached, with the hash it had.
func (p pen) documents(x Processor) Cell {
	var words []string
	for _, f := range []struct{ what, path, sum string }{
		{p.say("contrat", "contract"), x.ContractFile, x.ContractSHA256}, {p.say("transfert", "transfer"), x.TransferFile, x.TransferSHA256},
	} {
		if f.path == "" {
			continue
		}
		s := p.colon(f.what, filepath.Base(f.path))
		if f.sum != "" {
			s += " (SHA-256 " + short(f.sum) + ")"
		}
		words = append(words, s)
	}
	if len(words) == 0 {
		return none
	}
	return plain(strings.Join(words, p.say(" ; ", "; ")))
}

func (p pen) periodOrNone(s string) Cell {
	if s == "" {
		return none
	}
	return p.lifetime(s)
}

// passed writes a date that should lie ahead.
func (p pen) passed(d law.Date) Cell {
	c := p.dateCell(d)
	if !d.IsZero() && p.today.After(d) {
		c.Text += p.say(" (passé)", " (passed)")
		c.Tone = Warn
	}
	return c
}

// clauseOf finds what is on file of a point of the checklist.
func (x Processor) clauseOf(id string) Clause {
	for _, c := range x.Clauses {
		if c.ID == id {
			return c
		}
	}
	return Clause{ID: id}
}

// clausesMet sums the checklist up: one gap, not ten.
func (p pen) clausesMet(x Processor) Cell {
	if !needsContract(x) {
		return none
	}
	met, no := 0, 0
	for _, id := range ClauseIDs {
		switch x.clauseOf(id).Met {
		case "yes":
			met++
		case "no":
			no++
		}
	}
	all := len(ClauseIDs)
	switch {
	case met == all:
		return word(strconv.Itoa(met)+" of "+strconv.Itoa(all), p.say("complet", "complete"), Good)
	case no > 0:
		return word(strconv.Itoa(met)+" of "+strconv.Itoa(all), p.sayf("%d points sur %d, dont %d non conformes", "%d points of %d, %d of them not met", met, all, no), Bad)
	}
	return p.gap(p.sayf("%d points vérifiés sur %d", "%d points of %d checked", met, all))
}

// clauseShort names a point of the checklist.
func (p pen) clauseShort(id string) string {
	switch id {
	case "scope":
		return p.say("objet du contrat", "what the contract describes")
	case "warn":
		return p.say("alerte sur une instruction illicite", "warning of an infringing instruction")
	}
	return p.say("point ", "point ") + id + ")"
}

// Asks writes what a point of GDPR Art. 28(3) asks of the contract, in "fr" or
// "en".
func (c Clause) Asks(lang string) string {
	p := newPen(Inputs{Lang: lang})
	switch c.ID {
	case "scope":
		return p.say("Le contrat décrit l'objet, la durée, la nature et la finalité du traitement, le type de données, les catégories de personnes, vos obligations et vos droits.",
			"The contract describes the subject-matter, duration, nature and purpose of the processing, the type of data, the categories of persons, your obligations and rights.")
	case "a":
		return p.say("a) Le prestataire n'agit que sur instruction documentée, y compris pour les transferts hors UE.", "(a) The provider acts only on documented instructions, transfers outside the EU included.")
	case "b":
		return p.say("b) Les personnes qui traitent les données sont tenues à la confidentialité.", "(b) The persons who process the data are bound to confidentiality.")
	case "c":
		return p.say("c) Il prend les mesures de sécurité de l'article 32.", "(c) It takes the security measures of Article 32.")
	case "d":
		return p.say("d) Il ne recrute un autre sous-traitant qu'avec votre autorisation écrite, vous laisse vous y opposer et lui impose les mêmes obligations.", "(d) It engages another processor only with your written authorisation, lets you object, and binds it to the same obligations.")
	case "e":
		return p.say("e) Il vous aide à répondre aux demandes d'exercice de droits.", "(e) It helps you answer rights requests.")
	case "f":
		return p.say("f) Il vous aide pour la sécurité, les violations et l'analyse d'impact (art. 32 à 36).", "(f) It helps you with security, breaches and impact assessment (Articles 32 to 36).")
	case "g":
		return p.say("g) À la fin, il supprime ou rend les données, à votre choix, et détruit les copies.", "(g) At the end it deletes or returns the data, as you choose, and destroys the copies.")
	case "h":
		return p.say("h) Il vous donne de quoi prouver tout cela et permet des audits.", "(h) It gives you what proves all of this, and allows audits.")
	case "warn":
		return p.say("Il vous avertit si une de vos instructions lui semble contraire au RGPD.", "It warns you when an instruction of yours seems to infringe the GDPR.")
	}
	return c.ID
}

func (p pen) clauseMet(c Clause) Cell {
	switch c.Met {
	case "yes":
		return word("yes", p.answered("yes"), Good)
	case "no":
		return word("no", p.answered("no"), Bad)
	}
	return word("to check", p.say("à vérifier", "to check"), Warn)
}

// aiColumns are the answers of a provider of artificial intelligence.
func (p pen) aiColumns() []Column {
	return []Column{
		onSheet("ai_trains", p.say("S'entraîne sur les photographies confiées ?", "Trains on the photographs entrusted?")),
		onSheet("ai_retention", p.say("Conservation chez lui", "Retention there")),
		onSheet("ai_embeddings", p.say("Calcule des empreintes du visage ?", "Computes face embeddings?")),
		onSheet("ai_marked", p.say("Résultats marqués ?", "Results marked?")),
		onSheet("ai_marked_since", p.say("Marqués depuis", "Marked since")),
		onSheet("ai_answered_on", p.say("Réponse écrite du", "Written answer of")),
		onSheet("ai_answer", p.say("Classée sous", "Filed as")),
	}
}

// aiCells are the answers in the order of aiColumns; they apply to providers of
// artificial intelligence only.
func (p pen) aiCells(x Processor) []Cell {
	if x.Family != "ai" {
		return []Cell{none, none, none, none, none, none, none}
	}
	retention, since := p.orGap(x.AI.Retention), p.dateCell(x.AI.MarkedSince)
	if t, err := law.ParsePeriod(x.AI.Retention); err == nil {
		retention = word(t.String(), t.Text(p.lang()), Plain)
	}
	if x.AI.Marked == "yes" && x.AI.MarkedSince.IsZero() {
		since = p.gap("")
	}
	return []Cell{p.answerOrGap(x.AI.Trains), retention, p.answerOrGap(x.AI.Embeddings), p.answerOrGap(x.AI.Marked), since, p.dateOrGap(x.AI.AnsweredOn), p.orGap(x.AI.Answer)}
}

// providerSheet is the sheet of one provider: what the list says of it and has no
// room for, the checklist of its contract, and the answers of a provider of
// artificial intelligence.
func (p pen) providerSheet(x Processor, t *Table, row []Cell) []Section {
	name := strings.TrimSpace(x.Name)
	if name == "" {
		name = p.colon(p.family(x.Family).Text, p.say("prestataire à nommer", "provider to be named"))
	}
	part := func(key, fr, en string, keys ...string) Section {
		return Section{Key: x.ID + "." + key, Level: 1, Title: p.say(fr, en), Fields: sheetFields(t, row, keys...), Repeats: true}
	}
	own := []Section{
		{Key: x.ID, Title: name, PageBreak: true, Repeats: true, Fields: sheetFields(t, row, "family", "service", "role", "activities", "data", "persons", "contact")},
		part("place", "Pays et transferts", "Countries and transfers", "country", "access_countries", "transfer", "transfer_scope", "transfer_checked_on", "scc_module", "tia_on", "transfer_note", "transfer_sha256"),
		part("contract", "Contrat", "Contract", "contract_on", "contract_until", "contract_version", "contract_ref", "documents", "contract_sha256", "sub_processors", "sub_checked_on"),
	}
	if needsContract(x) {
		c := &Table{Columns: []Column{
			column("clause", p.say("Ce que le contrat doit prévoir", "What the contract has to say"), 8),
			column("met", p.say("Prévu ?", "Met?"), 2),
			column("ref", p.say("Clause", "Clause"), 2),
			column("reservation", p.say("Réserve", "Reservation"), 5),
		}}
		for _, id := range ClauseIDs {
			on := x.clauseOf(id)
			c.Rows = append(c.Rows, []Cell{word(id, on.Asks(p.lang()), Plain), p.clauseMet(on), orNone(on.Ref), orNone(on.Reservation)})
		}
		own = append(own, Section{Key: x.ID + ".clauses", Level: 1, Title: p.say("Contrôle du contrat (art. 28, § 3), clause par clause", "Contract checklist (Article 28(3)), clause by clause"), Table: c, Repeats: true})
	}
	own = append(own, part("security", "Sécurité et effacement", "Security and deletion", "security", "security_evidence", "deletion_means", "deletion_delay"))
	if x.Family == "ai" {
		s := part("ai", "Réponses sur l'intelligence artificielle", "Answers on artificial intelligence", "ai_trains", "ai_retention", "ai_embeddings", "ai_marked", "ai_marked_since", "ai_answered_on", "ai_answer")
		s.Words = []string{p.say(
			"Une photographie n'est une donnée biométrique que si un moyen technique permet d'identifier la personne de manière unique (RGPD, considérant 51) : une empreinte du visage change tout. Depuis le 2 août 2026, les images produites par IA portent une marque lisible par machine (règlement (UE) 2024/1689, art. 50), au plus tard le 2 décembre 2026 pour les systèmes déjà sur le marché.",
			"A photograph is biometric data only where a technical means allows the person to be uniquely identified (GDPR, Recital 51): a face embedding changes everything. Since 2 August 2026 images made by AI carry a machine-readable mark (Regulation (EU) 2024/1689, Article 50), by 2 December 2026 at the latest for systems already on the market.")}
		own = append(own, s)
	}
	own = append(own, part("dates", "Suivi", "Follow-up", "review_on", "exit_on", "exit_certificate"))
	return slices.DeleteFunc(own, func(s Section) bool { return len(s.Fields) == 0 && s.Table == nil })
}

// dash writes a dash for what does not apply.
func dash(c Cell) Cell {
	if c.Text == "" {
		c.Text = "–"
	}
	return c
}
