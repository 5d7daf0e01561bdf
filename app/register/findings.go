package register

import (
	"slices"
	"strings"

	"greffier/app/law"
)

// Finding is a gap or a contradiction of the privacy policy itself, with a
// proposed wording. Open is false once the text in force, or the registers,
// answer it.
type Finding struct {
	ID      string
	Article string // of the policy
	Source  string // keys of law.Articles
	Title   Text
	Seen    Text // what it was concluded from
	Wording Text // proposed
	Open    bool
}

// policyText is the text in force, and whether there is one.
func policyText(vs []PolicyVersion) (string, bool) {
	for _, v := range slices.Backward(vs) {
		if v.Until.IsZero() && strings.TrimSpace(v.Text) != "" {
			return v.Text, true
		}
	}
	return "", false
}

// FindingsOf looks for what the policy in force lacks or contradicts, in its
// text and in the registers. The rules are those of GDPR Art. 12 to 14; a text
// that says it in other words than those looked for stays a finding until the
// owner settles it.
func FindingsOf(in Inputs) []Finding {
	text, ok := policyText(in.Policies)
	if !ok {
		return nil
	}
	low := strings.ToLower(strings.ReplaceAll(text, "’", "'"))
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
	}
	var out []Finding
	find := func(id, article, source string, open bool, title, seen, wording Text) {
		set := func(t Text) Text { return Text{typeset(t.FR, true), typeset(t.EN, false)} }
		out = append(out, Finding{ID: id, Article: article, Source: source, Open: open, Title: set(title), Seen: set(seen), Wording: set(wording)})
	}
	absent := Text{"Cherché dans le texte en vigueur : rien n'en parle.", "Looked for in the text in force: nothing speaks of it."}
	look := func(found bool) Text {
		if found {
			return Text{"Le texte en vigueur en parle désormais : à relire.", "The text in force now speaks of it: to be read again."}
		}
		return absent
	}

	interests := says("legitimate interest", "intérêt légitime", "intérêts légitimes")
	seen := look(interests)
	if ids := basedOn(in.Activities, "legitimate interests"); !interests && len(ids) > 0 {
		seen = Text{"Le registre fonde " + strings.Join(ids, ", ") + " sur l'intérêt légitime ; l'article 4 ne le cite pas.", "The register bases " + strings.Join(ids, ", ") + " on legitimate interests; Article 4 does not name them."}
	}
	find("F1", "4", "GDPR Art. 6(1)(f)", !interests, Text{"Réclamations, sécurité et défense n'ont pas de base légale", "Complaints, security and defence have no legal basis"}, seen,
		Text{"Intérêt légitime : répondre aux réclamations, assurer la sécurité du site et défendre nos droits.", "Legitimate interests: answering complaints, keeping the website secure and defending our rights."})

	account := says("inactiv")
	find("F2", "7", "GDPR Art. 13(2)(a)", !account, Text{"Les données de compte n'ont pas de fin", "Account data have no end"}, look(account),
		Text{"Données de compte et de commande : pendant la relation contractuelle, puis cinq ans en archive à accès restreint. Un compte inactif depuis deux ans est supprimé après un avis.",
			"Account and order data: for the contractual relationship, then five years in a restricted archive. An account inactive for two years is deleted after a notice."})

	either := says("completion of the order or the last interaction", "achèvement de la commande ou")
	find("F3", "7", "GDPR Art. 13(2)(a); Policy Art. 7", either, Text{"« ou » : deux points de départ pour les 60 jours", "“or”: two starting points for the 60 days"},
		map[bool]Text{true: {"Le texte dit « de la commande ou de la dernière interaction ». Greffier compte depuis la commande achevée, la lecture la plus courte.", "The text says “completion of the order or the last interaction”. Greffier counts from the completed order, the shorter reading."},
			false: {"Le texte en vigueur n'a plus cette phrase.", "The text in force no longer has this sentence."}}[either],
		Text{"Photographies et portraits : 60 jours au plus après l'achèvement de la commande ; sans commande, 60 jours après la dernière interaction.", "Photographs and portraits: at most 60 days after completion of the order; where nothing was ordered, 60 days after the last interaction."})

	missing := missingPeriods(says)
	find("F4", "7", "GDPR Art. 13(2)(a)", missing != Text{}, Text{"Des durées de conservation manquent", "Retention periods are missing"}, map[bool]Text{
		true:  {"Rien dans le texte en vigueur sur : " + missing.FR + ".", "Nothing in the text in force on: " + missing.EN + "."},
		false: look(true)}[missing != Text{}],
		Text{"Traceurs : 13 mois au plus, données d'audience 25 mois. Choix du bandeau : 6 mois. Demandes d'exercice de droits : cinq ans après leur clôture. Opposition à la prospection : trois ans au moins, sous forme d'empreinte. Preuve d'un consentement : le temps du traitement, puis cinq ans.",
			"Trackers: at most 13 months, audience data 25 months. Choice made in the banner: 6 months. Rights requests: five years after they are closed. Objection to marketing: at least three years, as a hash. Proof of consent: as long as the processing, then five years."})

	cardsHeld := says("card number", "carte bancaire", "numéro de carte")
	find("F5", "7", "CMF L133-24; CNIL 2018-303", !cardsHeld, Text{"Rien n'est dit des données de carte", "Nothing is said of card data"}, look(cardsHeld),
		Text{"Le numéro de votre carte est traité par notre prestataire de paiement ; nous ne le conservons pas.", "Your card number is processed by our payment provider; we do not keep it."})

	var independent []string
	for _, x := range in.Processors {
		if x.Role == "independent controller" || x.Role == "joint controller" {
			independent = append(independent, nameOrID(x))
		}
	}
	roles := says("acting as data processors") && says("payment service providers", "logistics")
	seenRoles := Text{"L'article 6 appelle sous-traitants les prestataires de paiement et de livraison ; l'article 9 admet des responsables distincts.", "Article 6 calls payment and delivery providers processors; Article 9 admits independent controllers."}
	if len(independent) > 0 {
		names := strings.Join(independent, ", ")
		seenRoles = Text{seenRoles.FR + " Le registre note comme responsables distincts ou conjoints : " + names + ".", seenRoles.EN + " The register has as independent or joint controllers: " + names + "."}
	}
	if !roles {
		seenRoles = look(true)
	}
	find("F6", "6", "GDPR Art. 13(1); GDPR Art. 28", roles, Text{"Banques et transporteurs appelés sous-traitants", "Banks and carriers called processors"}, seenRoles,
		Text{"Certains destinataires, tels que les banques, les prestataires de paiement pour la lutte contre la fraude et les transporteurs, sont responsables de leur propre traitement.", "Some recipients, such as banks, payment providers for the prevention of fraud, and carriers, are controllers of their own processing."})

	deadline := says("within one month", "one month", "un mois")
	find("F7", "10", "GDPR Art. 12(3)", !deadline, Text{"Aucun délai de réponse n'est annoncé", "No time to answer is announced"}, look(deadline),
		Text{"Nous répondons dans un délai d'un mois, qui peut être prolongé de deux mois pour une demande complexe ; vous en êtes alors informé dans le premier mois.", "We answer within one month, which may be extended by two months for a complex request; you are then told within the first month."})

	direct := says("object to direct marketing", "object at any time", "prospection, sans", "opposer à tout moment")
	find("F8", "10", "GDPR Art. 21(2)", !direct, Text{"Le droit absolu de s'opposer à la prospection n'est pas mis en avant", "The absolute right to object to marketing is not brought out"}, look(direct),
		Text{"Vous pouvez vous opposer à tout moment, sans motif et sans frais, à la prospection commerciale.", "You may object at any time, without a reason and free of charge, to direct marketing."})

	death := says("after death", "post-mortem", "après votre décès", "après sa mort", "après la mort")
	find("F9", "10", "LIL Art. 48; LIL Art. 85", !death, Text{"Les directives après la mort sont omises", "Directives for after death are left out"}, look(death),
		Text{"Vous pouvez donner des directives sur le sort de vos données après votre décès.", "You may give directives on what happens to your data after your death."})

	embeds, bio := embeddings(in.Processors), says("biometric", "biométrique")
	find("F10", "3", "GDPR Art. 9(1); GDPR Recital 51", bio && embeds.Open, Text{"« Pas de donnée biométrique » dépend de la technique du prestataire", "“No biometric data” depends on the provider's technique"}, embeds.Seen,
		Text{"Notre prestataire nous a confirmé par écrit, le [date], qu'il ne calcule aucune empreinte du visage et n'identifie personne.", "Our provider confirmed to us in writing, on [date], that it computes no face embedding and identifies nobody."})

	unchecked := says("does not carry out any verification of identity or parental authority", "aucune vérification")
	find("F11", "3", "GDPR Art. 8; C. civ. 372-1", unchecked, Text{"L'autorité parentale n'est jamais vérifiée", "Parental authority is never verified"},
		map[bool]Text{true: {"L'article 3 dit se fier aux seules déclarations. C'est un risque à inscrire dans l'analyse d'impact.", "Article 3 says that it relies on declarations alone. This is a risk for the impact assessment."}, false: look(true)}[unchecked],
		Text{"À l'envoi d'une photographie d'enfant, vous attestez exercer l'autorité parentale ou avoir l'accord de ceux qui l'exercent. Sur simple demande, la photographie est effacée dans les meilleurs délais.",
			"When you upload a child's photograph you declare that you hold parental authority, or have the consent of those who do. On request the photograph is erased without delay."})

	assessed, seenDPIA := assessment(in)
	find("F12", "3", "GDPR Art. 35(1)", !assessed, Text{"Aucune analyse d'impact n'est mentionnée", "No impact assessment is mentioned"}, seenDPIA,
		Text{"Une analyse d'impact relative à la protection des données a été réalisée pour la création des portraits ; son résumé est remis sur demande.", "A data protection impact assessment was made of the creation of the portraits; its summary is given on request."})

	marked := says("2024/1689", "ai act", "generated by artificial intelligence and marked", "règlement sur l'intelligence artificielle")
	find("F13", "3", "AI Act Art. 50", !marked, Text{"L'information sur les images produites par IA manque", "The information on images made by AI is missing"}, look(marked),
		Text{"Les portraits sont produits par une intelligence artificielle et portent une marque lisible par machine (règlement (UE) 2024/1689, art. 50).", "The portraits are made by artificial intelligence and carry a machine-readable mark (Regulation (EU) 2024/1689, Article 50)."})

	vague, seenTransfer, wording := transfersNamed(in, says)
	find("F14", "6", "GDPR Art. 13(1)(f)", vague, Text{"Les transferts hors UE ne sont pas précis", "Transfers outside the EU are not specific"}, seenTransfer, wording)

	french := strings.Count(low, " des ")+strings.Count(low, " les ")+strings.Count(low, " vous ") > 10
	find("F15", "–", "GDPR Art. 12(1)", !french, Text{"La politique n'existe pas en français", "The policy does not exist in French"},
		map[bool]Text{false: {"Le texte en vigueur est en anglais. Une information destinée à des consommateurs français doit leur être intelligible.", "The text in force is in English. Information meant for French consumers has to be intelligible to them."}, true: {"Le texte en vigueur est en français.", "The text in force is in French."}}[french],
		Text{"Publier la politique en français, et garder l'anglais pour les autres clients ; les deux versions portent la même date.", "Publish the policy in French, and keep the English one for other customers; both versions bear the same date."})

	long := says("120 €", "120 euros", "eur 120", "l213-1", "l. 213-1")
	find("F16", "7", "C. conso. L213-1", !long, Text{"Les contrats de 120 € et plus se gardent dix ans", "Contracts of 120 € and more are kept for ten years"}, look(long),
		Text{"Contrats conclus en ligne d'un montant de 120 € ou plus : dix ans à compter de la livraison ; vous pouvez en demander une copie.", "Contracts concluded online for 120 € or more: ten years from delivery; you may ask for a copy."})
	return out
}

func basedOn(as []Activity, basis string) []string {
	var out []string
	for _, a := range as {
		if a.LegalBasis == basis {
			out = append(out, a.ID)
		}
	}
	return out
}

func nameOrID(x Processor) string {
	if strings.TrimSpace(x.Name) != "" {
		return x.Name
	}
	return x.ID
}

// missingPeriods names the data of which the retention article says nothing.
func missingPeriods(says func(...string) bool) Text {
	var fr, en []string
	for _, m := range []struct {
		fr, en string
		said   bool
	}{
		{"les traceurs", "trackers", says("13 months", "13 mois")},
		{"les demandes d'exercice de droits", "rights requests", says("requests: five years", "demandes d'exercice de droits :")},
		{"la liste d'opposition", "the suppression list", says("suppression list", "opposition list", "liste d'opposition", "objection to marketing", "opposition à la prospection")},
		{"la preuve des consentements", "proof of consent", says("proof of consent", "preuve d'un consentement", "preuve du consentement")},
	} {
		if !m.said {
			fr, en = append(fr, m.fr), append(en, m.en)
		}
	}
	return Text{strings.Join(fr, ", "), strings.Join(en, ", ")}
}

// embeddings concludes from what providers of artificial intelligence answered.
func embeddings(ps []Processor) Finding {
	f := Finding{Open: true, Seen: Text{"Aucun prestataire d'IA n'a encore répondu par écrit sur les empreintes du visage.", "No AI provider has answered in writing yet on face embeddings."}}
	none := false
	for _, x := range ps {
		if x.Family != "ai" {
			continue
		}
		switch x.AI.Embeddings {
		case "yes":
			f.Seen = Text{nameOrID(x) + " calcule des empreintes du visage : la phrase de l'article 3 est fausse.", nameOrID(x) + " computes face embeddings: the sentence of Article 3 is wrong."}
			return f
		case "no":
			if x.AI.Answer != "" {
				none = true
				continue
			}
		}
		return f
	}
	if none {
		return Finding{Seen: Text{"Réponse écrite au dossier : pas d'empreinte du visage.", "Written answer on file: no face embedding."}}
	}
	return f
}

// assessment tells whether an impact assessment is on file for every activity
// that needs one.
func assessment(in Inputs) (bool, Text) {
	for _, s := range Screenings(in.Screenings, in.Activities, in.Processors) {
		switch {
		case s.Result() == "due" && s.Document == "":
			return false, Text{"L'examen de " + s.Activity + " conclut à une analyse d'impact ; aucune n'est au dossier.", "The screening of " + s.Activity + " concludes that an impact assessment is needed; none is on file."}
		case s.Result() == "unclear":
			return false, Text{"L'examen de " + s.Activity + " n'est pas terminé.", "The screening of " + s.Activity + " is not finished."}
		}
	}
	return true, Text{"D'après les examens, aucune analyse d'impact ne manque.", "According to the screenings, no impact assessment is missing."}
}

// transfersNamed tells whether the policy names the countries to which data go,
// with a wording made from the register.
func transfersNamed(in Inputs, says func(...string) bool) (vague bool, seen, wording Text) {
	var fr, en []string
	named, unknown := true, false
	p, e := newPen(Inputs{Lang: "fr"}), newPen(Inputs{Lang: "en"})
	for _, x := range in.Processors {
		if _, known := OutsideEEA(x.Country); !known {
			unknown = true
			continue
		}
		for _, c := range append([]string{x.Country}, x.AccessCountries...) {
			if out, ok := OutsideEEA(c); !out || !ok {
				continue
			}
			f, g := CountryName(c, "fr"), CountryName(c, "en")
			named = named && says(strings.ToLower(f), strings.ToLower(g))
			fr, en = append(fr, nameOrID(x)+" ("+f+", "+mechanismOr(p, x)+")"), append(en, nameOrID(x)+" ("+g+", "+mechanismOr(e, x)+")")
		}
	}
	wording = Text{"Vos données sont transmises à : [prestataire], [pays], sur le fondement de [décision d'adéquation / clauses contractuelles types]. Vous pouvez demander une copie de ces garanties à notre adresse de contact.",
		"Your data are sent to: [provider], [country], on the basis of [adequacy decision / standard contractual clauses]. You may ask for a copy of these safeguards at our contact address."}
	if len(fr) > 0 {
		wording = Text{"Vos données sont transmises hors de l'Union européenne à : " + strings.Join(fr, " ; ") + ". Vous pouvez demander une copie de ces garanties à notre adresse de contact.",
			"Your data are sent outside the European Union to: " + strings.Join(en, "; ") + ". You may ask for a copy of these safeguards at our contact address."}
	}
	switch {
	case len(fr) > 0 && !named:
		return true, Text{"Le registre a des transferts que le texte ne nomme pas : " + strings.Join(fr, " ; ") + ".", "The register has transfers that the text does not name: " + strings.Join(en, "; ") + "."}, wording
	case unknown:
		return true, Text{"Le texte dit « le cas échéant » ; le pays de certains prestataires n'est pas encore inscrit.", "The text says “where data is transferred”; the country of some providers is not entered yet."}, wording
	}
	return false, Text{"D'après le registre, le texte nomme les pays, ou il n'y a pas de transfert.", "According to the register, the text names the countries, or there is no transfer."}, wording
}

func mechanismOr(p *pen, x Processor) string {
	if x.Transfer == "" || x.Transfer == "none needed" {
		return p.say("garantie à préciser", "safeguard to be stated")
	}
	return p.mechanism(x.Transfer)
}

// RulingOf is what the owner settled about a finding. One that the text answers
// by now, and on which she said nothing, is mended.
func RulingOf(f Finding, rs []Ruling) Ruling {
	for _, r := range rs {
		if r.ID == f.ID && r.State != "" && r.State != "open" {
			return r
		}
	}
	r := Ruling{ID: f.ID, State: "open"}
	for _, x := range rs {
		if x.ID == f.ID {
			r = x
		}
	}
	if r.State = "open"; !f.Open {
		r.State = "mended"
	}
	return r
}

// findings builds the page of findings on the policy.
func (p *pen) findings(d *Document) {
	d.add(Section{Key: "scope", Words: []string{p.say(
		"Ce que la politique publiée ne dit pas, dit mal ou contredit, d'après son texte en vigueur et les registres, avec une rédaction proposée. Le responsable du traitement décide ; ce n'est pas un avis juridique.",
		"What the published policy does not say, says badly or contradicts, according to its text in force and the registers, with a proposed wording. The controller decides; this is no legal advice.")}})
	t := &Table{Columns: []Column{
		column("ref", p.say("Réf.", "Ref."), 1),
		column("article", p.say("Art. de la politique", "Policy Article"), 2),
		column("finding", p.say("Constat", "Finding"), 7),
		column("basis", p.say("Texte", "Text"), 5),
		column("state", p.say("État", "State"), 3),
		column("on", p.say("Réglé le", "Settled on"), 3),
		detail("seen", p.say("D'après", "Concluded from")),
		detail("reason", p.say("Motif", "Reason")),
		onSheet("wording_fr", p.say("Rédaction proposée, en français", "Proposed wording, in French")),
		onSheet("wording_en", p.say("Rédaction proposée, en anglais", "Proposed wording, in English")),
	}}
	var sheets []Section
	all := FindingsOf(p.in)
	for _, f := range all {
		r := RulingOf(f, p.in.Rulings)
		reason := orNone(r.Reason)
		if r.State == "accepted" && strings.TrimSpace(r.Reason) == "" {
			reason = p.gap("")
		}
		w := f.Wording
		if r.Wording != (Text{}) {
			w = r.Wording
		}
		t.Rows = append(t.Rows, []Cell{plain(f.ID), plain(f.Article), plain(f.Title.In(p.lang())), word(f.Source, p.cite(f.Source), Plain), p.rulingState(r.State), p.dateCell(r.On), plain(f.Seen.In(p.lang())), reason, orNone(w.FR), orNone(w.EN)})
		if r.State != "open" {
			continue
		}
		sheets = append(sheets, Section{Key: strings.ToLower(f.ID), Level: 1, Title: f.ID + " – " + f.Title.In(p.lang()), Fields: []Field{
			field("fr", p.say("En français", "In French"), w.FR), field("en", p.say("En anglais", "In English"), w.EN)}})
	}
	d.main(Section{Key: "list", Title: p.say("Constats", "Findings"), Table: t,
		Empty: p.say("Aucun texte de politique en vigueur n'est enregistré : rien n'a pu être examiné.", "No text of a policy in force is recorded: nothing could be examined.")})
	if len(sheets) > 0 {
		d.add(Section{Key: "wordings", Title: p.say("Rédactions proposées", "Proposed wordings")})
		d.add(sheets...)
	}
}

// Cited tells whether every text that a finding rests on is in the law's table.
func (f Finding) Cited() bool {
	known := law.Articles()
	for _, k := range law.Sources(f.Source) {
		if !slices.ContainsFunc(known, func(a law.Article) bool { return a.Key == k }) {
			return false
		}
	}
	return true
}
