package register

import (
	"strings"

	"greffier/app/law"
)

// processors builds the list of processors and recipients. GDPR Art. 28 and
// 30(1)(d) and (e).
func (p *pen) processors(d *Document) {
	d.add(Section{Key: "scope", Words: []string{p.say(
		"La politique de confidentialité (art. 6) appelle sous-traitants tous les prestataires. Leur rôle se règle traitement par traitement : certains, tels que les banques ou les transporteurs, sont responsables de traitement distincts.",
		"The privacy policy (Article 6) calls every provider a processor. Their role is settled for each processing: some, such as banks or carriers, are independent controllers."),
	}})
	t := &Table{Columns: []Column{
		column("family", p.say("Famille", "Family"), 3),
		column("name", p.say("Prestataire", "Provider"), 4),
		column("service", p.say("Service", "Service"), 5),
		column("role", p.say("Rôle", "Role"), 3),
		column("country", p.say("Pays", "Country"), 2),
		column("contract_on", p.say("Contrat signé le", "Contract signed on"), 3),
		column("contract_until", p.say("Jusqu'au", "Until"), 3),
		column("transfer", p.say("Garantie de transfert", "Transfer mechanism"), 4),
		onSheet("activities", p.say("Traitements", "Processing activities")),
		onSheet("data", p.say("Données confiées", "Data entrusted")),
		onSheet("persons", p.say("Personnes concernées", "Data subjects")),
		onSheet("access_countries", p.say("Accès depuis", "Access from")),
		onSheet("contract_ref", p.say("Référence du contrat", "Contract reference")),
		onSheet("contract_version", p.say("Version du contrat", "Contract version")),
		onSheet("clauses_met", p.say("Contrôle du contrat (art. 28, § 3)", "Contract checklist (Article 28(3))")),
		onSheet("transfer_scope", p.say("Portée de la garantie", "Scope of the safeguard")),
		onSheet("transfer_checked_on", p.say("Garantie vérifiée le", "Safeguard checked on")),
		onSheet("scc_module", p.say("Module des CCT", "SCC module")),
		onSheet("tia_on", p.say("Analyse d'impact du transfert", "Transfer impact assessment")),
		onSheet("transfer_note", p.say("Documentation du transfert", "Transfer documentation")),
		onSheet("documents", p.say("Documents joints", "Documents attached")),
		onSheet("contract_sha256", p.say("Contrat joint : empreinte SHA-256", "Contract attached: SHA-256 hash")),
		onSheet("transfer_sha256", p.say("Transfert : empreinte SHA-256", "Transfer: SHA-256 hash")),
		onSheet("sub_processors", p.say("Sous-traitants ultérieurs", "Sub-processors")),
		onSheet("sub_checked_on", p.say("Liste des sous-traitants ultérieurs vérifiée le", "List of sub-processors checked on")),
		onSheet("security", p.say("Garanties de sécurité", "Security guarantees")),
		onSheet("security_evidence", p.say("Preuve des garanties", "Evidence of the guarantees")),
		onSheet("contact", p.say("Contact (droits et violations)", "Contact (rights and breaches)")),
		onSheet("deletion_means", p.say("Moyen d'effacement", "Means of deletion")),
		onSheet("deletion_delay", p.say("Délai d'effacement", "Delay of deletion")),
		onSheet("review_on", p.say("Prochain examen", "Next review")),
		onSheet("exit_on", p.say("Fin du service", "End of the service")),
		onSheet("exit_certificate", p.say("Attestation de suppression", "Certificate of deletion")),
	}}
	// For machines, which want the checklist and the answers beside the rest.
	for _, id := range ClauseIDs {
		t.Columns = append(t.Columns, onSheet("clause_"+id, p.clauseShort(id)), onSheet("clause_"+id+"_ref", p.clauseShort(id)+p.say(", clause", ", clause")),
			onSheet("clause_"+id+"_reservation", p.clauseShort(id)+p.say(", réserve", ", reservation")))
	}
	ai := p.aiColumns()
	t.Columns = append(t.Columns, ai...)
	for _, x := range p.in.Processors {
		name := orNone(x.Name)
		if strings.TrimSpace(x.Name) == "" {
			name = p.gap(p.say("prestataire à nommer", "provider to be named"))
		}
		exit := orNone(x.ExitProof)
		if x.ExitProof == "" && !x.ExitOn.IsZero() && p.today.After(x.ExitOn) {
			exit = p.gap("")
		}
		row := []Cell{
			p.family(x.Family),
			name,
			p.orGap(p.text(x.Service)),
			p.role(x.Role),
			p.country(x.Country),
			p.contractOn(x),
			p.contractUntil(x),
			p.transfer(x),
			p.activitiesOf(x),
			p.orGap(p.text(x.Data)),
			p.personsOf(x),
			p.accessFrom(x),
			orNone(x.ContractRef),
			orNone(x.ContractVersion),
			p.clausesMet(x),
			orNone(x.TransferScope),
			p.transferChecked(x),
			p.sccModule(x),
			p.tia(x),
			orNone(x.TransferNote),
			p.documents(x),
			orNone(x.ContractSHA256),
			orNone(x.TransferSHA256),
			orNone(x.SubProcessors),
			p.dateCell(x.SubCheckedOn),
			p.orGap(x.Security),
			orNone(x.Evidence),
			p.orGap(x.Contact),
			orNone(x.DeletionMeans),
			p.periodOrNone(x.DeletionDelay),
			p.passed(x.ReviewOn),
			p.dateCell(x.ExitOn),
			exit,
		}
		for _, id := range ClauseIDs {
			c := x.clauseOf(id)
			met := none
			if needsContract(x) {
				met = p.clauseMet(c)
			}
			row = append(row, met, orNone(c.Ref), orNone(c.Reservation))
		}
		t.Rows = append(t.Rows, append(row, p.aiCells(x)...))
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Sous-traitants et destinataires", "Processors and recipients"),
		Table: t,
		Empty: p.say("Aucun sous-traitant ni destinataire n'est enregistré.", "No processor or recipient is recorded."),
	})
	for i, x := range p.in.Processors {
		d.add(p.providerSheet(x, t, t.Rows[i])...)
	}
}

// needsContract tells whether an Art. 28(3) contract must be on file: for every
// recipient that is not, or not yet, known to answer for itself.
func needsContract(x Processor) bool { return x.Role != "independent controller" }

func (p pen) contractOn(x Processor) Cell {
	if x.ContractOn.IsZero() && needsContract(x) {
		return p.gap("")
	}
	return p.dateCell(x.ContractOn)
}

func (p pen) contractUntil(x Processor) Cell {
	switch {
	case x.ContractUntil.IsZero() && x.ContractOn.IsZero():
		return none
	case x.ContractUntil.IsZero():
		return word("open-ended", p.say("sans terme", "open-ended"), Plain)
	case p.today.After(x.ContractUntil):
		return word(x.ContractUntil.String(), p.sayf("%s (expiré)", "%s (expired)", p.date(x.ContractUntil)), Bad)
	}
	return p.dateCell(x.ContractUntil)
}

// trackers builds the list of cookies and other trackers. LIL Art. 82.
func (p *pen) trackers(d *Document) {
	t := &Table{Columns: []Column{
		column("name", p.say("Nom", "Name"), 3),
		column("domain", p.say("Domaine", "Domain"), 4),
		column("party", p.say("Émetteur", "Set by"), 3),
		column("category", p.say("Catégorie", "Category"), 3),
		column("purpose", p.say("Finalité", "Purpose"), 5),
		column("lifetime", p.say("Durée de vie", "Lifetime"), 2),
		column("consent", p.say("Consentement", "Consent"), 3),
		detail("why", p.say("Pourquoi il est exempté", "Why it is exempt")),
		detail("data", p.say("Données", "Data")),
		detail("data_period", p.say("Durée des données", "Lifetime of the data")),
		detail("recipient", p.say("Destinataire et rôle", "Recipient and role")),
		detail("country", p.say("Pays", "Country")),
		detail("transfer", p.say("Garantie de transfert", "Transfer mechanism")),
		detail("scanned_on", p.say("Constaté le", "Seen on")),
		detail("banner", p.say("Version du bandeau", "Version of the banner")),
	}}
	for _, x := range p.in.Trackers {
		why, country, transfer := orNone(p.text(x.Why)), none, none
		if x.Consent == "exempt" && why.Text == "" {
			why = p.gap("")
		}
		if x.Country != "" {
			country = p.country(x.Country)
		}
		if out, known := OutsideEEA(x.Country); x.Transfer != "" || out && known {
			transfer = p.transfer(Processor{Country: x.Country, Transfer: x.Transfer})
		}
		t.Rows = append(t.Rows, []Cell{
			p.orGap(x.Name), p.orGap(x.Domain), p.party(x.Party), p.trackerCategory(x.Category), p.orGap(p.text(x.Purpose)), p.atMost(x.Lifetime, trackerMonths, true), p.trackerConsent(x.Consent),
			why, orNone(p.text(x.Data)), p.atMost(x.DataPeriod, trackerDataMonths, false), orNone(x.Recipient), country, transfer, p.dateCell(x.ScannedOn), orNone(x.Banner),
		})
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Traceurs déclarés", "Declared trackers"),
		Words: []string{p.say(
			"Un traceur strictement nécessaire au service demandé est exempté du consentement ; tout autre traceur n'est déposé qu'après lui.",
			"A tracker that is strictly necessary for the service asked for needs no consent; any other one is set only after consent was given."),
			p.say("Pour la mesure d'audience exemptée, la CNIL recommande au plus 13 mois pour le traceur et 25 mois pour les données ; elle conseille de garder le choix fait dans le bandeau 6 mois (délibérations n° 2020-091 et n° 2020-092). Refuser doit être aussi simple qu'accepter.",
				"For exempt audience measurement, the CNIL recommends at most 13 months for the tracker and 25 months for its data; it advises keeping the choice made in the banner for 6 months (Deliberations No 2020-091 and No 2020-092). Refusing must be as easy as accepting.")},
		Table: t,
		Empty: p.say("Aucun traceur n'est déclaré. Cela ne prouve pas que le site n'en dépose pas.", "No tracker is declared. This does not prove that the site sets none."),
	})
}

// consents builds the list of consents, objections and withdrawals. GDPR Art.
// 7(1) and 21.
func (p *pen) consents(d *Document) {
	t := &Table{Columns: []Column{
		column("ref", p.say("Réf.", "Ref."), 2),
		column("who", p.say("Personne", "Person"), 4),
		column("kind", p.say("Nature", "Kind"), 3),
		column("what", p.say("Objet", "Object"), 4),
		column("at", p.say("Recueilli le", "Given on"), 3),
		column("how", p.say("Moyen", "Means"), 4),
		column("ended", p.say("Fin", "Ended"), 3),
		right(column("case", p.say("Demande", "Case"), 2)),
		detail("wording", p.say("Texte accepté", "Wording agreed to")),
		detail("proof", p.say("Preuve", "Proof")),
		detail("end_how", p.say("Fin : par quel moyen", "Ended: by what means")),
	}}
	for _, x := range p.in.Consents {
		ended := p.instant(x.Ended)
		if x.Ended == "" {
			ended = word("in force", p.say("en vigueur", "in force"), Plain)
		}
		of := none
		if x.Case != 0 {
			of = p.numberCell(x.Case)
		}
		t.Rows = append(t.Rows, []Cell{
			orNone(x.ID), p.person(x.Who, ""), p.consentKind(x.Kind), p.consentWhat(x.What), p.instant(x.At), p.orGap(x.How), ended, of,
			orNone(x.Wording), p.consentProof(x), p.private(x.EndHow),
		})
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Consentements, oppositions et retraits", "Consents, objections and withdrawals"),
		Table: t,
		Empty: p.say("Aucun consentement, aucune opposition et aucun retrait n'est enregistré.", "No consent, objection or withdrawal is recorded."),
	})
	p.suppressions(d)
}

// consentProof is where a consent can be shown to have been given (GDPR Art. 7(1)).
func (p pen) consentProof(x Consent) Cell {
	if x.Proof == "" && x.Kind == "consent" {
		return p.gap("")
	}
	return p.private(x.Proof)
}

// The CNIL's longest times for audience measurement without consent, in months
// (CNIL 2020-091): the tracker's, and that of what it gathers.
const (
	trackerMonths     = 13
	trackerDataMonths = 25
)

// atMost writes a lifetime, and warns of one that is longer than a number of
// months. Words that are no period are left as they are.
func (p pen) atMost(s string, months int, needed bool) Cell {
	if s == "" && !needed {
		return none
	}
	c := p.lifetime(s)
	if t, err := law.ParsePeriod(s); err == nil && t.End(p.today).After(p.today.AddMonths(months)) {
		c.Text += p.sayf(" (plus de %d mois)", " (over %d months)", months)
		c.Tone = Warn
	}
	return c
}

// lifetime writes a lifetime such as "13 months" in the document's language;
// words that are no period, such as "session", stay as they are.
func (p pen) lifetime(s string) Cell {
	if s == "" {
		return p.gap("")
	}
	if t, err := law.ParsePeriod(s); err == nil {
		return word(t.String(), strings.ReplaceAll(t.Text(p.lang()), " ", "\u00a0"), Plain)
	}
	return plain(s)
}
