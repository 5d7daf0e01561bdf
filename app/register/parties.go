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
		detail("data", p.say("Données confiées", "Data entrusted")),
		detail("contract_ref", p.say("Référence du contrat", "Contract reference")),
		detail("transfer_note", p.say("Documentation du transfert", "Transfer documentation")),
		detail("sub_processors", p.say("Sous-traitants ultérieurs", "Sub-processors")),
		detail("security", p.say("Garanties de sécurité", "Security guarantees")),
		detail("contact", p.say("Contact (droits et violations)", "Contact (rights and breaches)")),
	}}
	for _, x := range p.in.Processors {
		name := orNone(x.Name)
		if strings.TrimSpace(x.Name) == "" {
			name = p.gap(p.say("prestataire à nommer", "provider to be named"))
		}
		t.Rows = append(t.Rows, []Cell{
			p.family(x.Family),
			name,
			p.orGap(p.text(x.Service)),
			p.role(x.Role),
			p.country(x.Country),
			p.contractOn(x),
			p.contractUntil(x),
			p.transfer(x),
			p.orGap(p.text(x.Data)),
			orNone(x.ContractRef),
			orNone(x.TransferNote),
			orNone(x.SubProcessors),
			p.orGap(x.Security),
			p.orGap(x.Contact),
		})
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Sous-traitants et destinataires", "Processors and recipients"),
		Table: t,
		Empty: p.say("Aucun sous-traitant ni destinataire n'est enregistré.", "No processor or recipient is recorded."),
	})
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
		column("purpose", p.say("Finalité", "Purpose"), 5),
		column("lifetime", p.say("Durée de vie", "Lifetime"), 2),
		column("consent", p.say("Consentement", "Consent"), 3),
	}}
	for _, x := range p.in.Trackers {
		t.Rows = append(t.Rows, []Cell{
			p.orGap(x.Name), p.orGap(x.Domain), p.party(x.Party), p.orGap(p.text(x.Purpose)), p.lifetime(x.Lifetime), p.trackerConsent(x.Consent),
		})
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Traceurs déclarés", "Declared trackers"),
		Words: []string{p.say(
			"Un traceur strictement nécessaire au service demandé est exempté du consentement ; tout autre traceur n'est déposé qu'après lui.",
			"A tracker that is strictly necessary for the service asked for needs no consent; any other one is set only after consent was given.")},
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
