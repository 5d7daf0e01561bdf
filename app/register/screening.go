package register

import (
	"slices"
	"strings"
)

// CriterionIDs are the nine criteria by which the EDPB (WP 248) tells that a
// processing is likely to result in a high risk. Two of them make an impact
// assessment due in principle (GDPR Art. 35(1)).
var CriterionIDs = []string{"scoring", "decision", "monitoring", "sensitive", "scale", "matching", "vulnerable", "innovative", "barrier"}

// criteriaDue is from how many criteria an assessment is due.
const criteriaDue = 2

// CriterionText names a criterion, in "fr" or "en".
func CriterionText(id, lang string) string { return newPen(Inputs{Lang: lang}).criterion(id) }

func (p pen) criterion(id string) string {
	switch id {
	case "scoring":
		return p.say("1. Évaluation ou notation", "1. Evaluation or scoring")
	case "decision":
		return p.say("2. Décision automatisée à effet juridique ou similaire", "2. Automated decision with legal or similar effect")
	case "monitoring":
		return p.say("3. Surveillance systématique", "3. Systematic monitoring")
	case "sensitive":
		return p.say("4. Données sensibles ou à caractère hautement personnel", "4. Sensitive or highly personal data")
	case "scale":
		return p.say("5. Traitement à grande échelle", "5. Processing on a large scale")
	case "matching":
		return p.say("6. Croisement d'ensembles de données", "6. Matching of data sets")
	case "vulnerable":
		return p.say("7. Personnes vulnérables", "7. Vulnerable persons")
	case "innovative":
		return p.say("8. Usage innovant, nouvelle technologie", "8. Innovative use, new technology")
	case "barrier":
		return p.say("9. Traitement qui peut priver d'un droit ou d'un contrat", "9. Processing that may bar from a right or a contract")
	}
	return id
}

// Tally counts the criteria met, not met and unclear.
func (s Screening) Tally() (yes, no, unclear int) {
	for _, id := range CriterionIDs {
		switch s.criterion(id).Answer {
		case "yes":
			yes++
		case "no":
			no++
		default:
			unclear++
		}
	}
	return yes, no, unclear
}

// Result tells what follows: "due", "not due", or "unclear" while what is not
// answered could still make it due.
func (s Screening) Result() string {
	yes, _, unclear := s.Tally()
	switch {
	case yes >= criteriaDue:
		return "due"
	case yes+unclear >= criteriaDue:
		return "unclear"
	}
	return "not due"
}

func (s Screening) criterion(id string) Criterion {
	for _, c := range s.Criteria {
		if c.ID == id {
			return c
		}
	}
	return Criterion{ID: id}
}

// NeedsScreening tells whether Greffier proposes a screening of an activity:
// where minors' photographs go to a provider of artificial intelligence.
func NeedsScreening(a Activity, ps []Processor) bool {
	return slices.ContainsFunc(ps, func(x Processor) bool { return x.Family == "ai" && slices.Contains(a.Recipients, x.ID) })
}

// Screenings returns the screenings on file, and a proposal for every activity
// that needs one and has none.
func Screenings(stored []Screening, as []Activity, ps []Processor) []Screening {
	out := slices.Clone(stored)
	for _, a := range as {
		if NeedsScreening(a, ps) && !slices.ContainsFunc(stored, func(s Screening) bool { return s.Activity == a.ID }) {
			out = append(out, ProposeScreening(a))
		}
	}
	return out
}

// ProposeScreening answers the nine criteria for portraits that artificial
// intelligence makes of photographs of minors, as far as the register knows. The
// owner looks at each answer.
func ProposeScreening(a Activity) Screening {
	s := Screening{ID: "dpia-" + a.ID, Activity: a.ID}
	minors := Criterion{Answer: "yes", Reason: Text{"Les photographies représentent aussi des enfants (politique, art. 3).", "The photographs also show children (policy, Article 3)."}}
	if !a.Minors {
		minors = Criterion{Answer: "unclear", Reason: Text{"La fiche du traitement ne mentionne pas de mineurs : à vérifier.", "The activity's sheet mentions no minors: to be checked."}}
	}
	for _, id := range CriterionIDs {
		c := map[string]Criterion{
			"scoring":    {Answer: "no", Reason: Text{"Aucune personne n'est évaluée ni notée.", "Nobody is evaluated or scored."}},
			"decision":   {Answer: "no", Reason: Text{"Aucune décision n'est prise sur la personne (RGPD, art. 22).", "No decision is taken about the person (GDPR, Article 22)."}},
			"monitoring": {Answer: "no", Reason: Text{"Les photographies sont envoyées par le client ; personne n'est observé.", "The customer sends the photographs; nobody is observed."}},
			"sensitive": {Answer: "unclear", Reason: Text{"Des photographies de famille ont un caractère hautement personnel ; elles deviennent biométriques si le prestataire calcule une empreinte du visage (RGPD, considérant 51).",
				"Family photographs are highly personal; they become biometric if the provider computes a face embedding (GDPR, Recital 51)."}},
			"scale": {Answer: "unclear", Reason: Text{"À apprécier d'après le nombre de personnes, de photographies, la durée et l'étendue géographique, à indiquer ci-dessous.",
				"To be judged by the number of persons, of photographs, the duration and the geographic extent, to be given below."}},
			"matching":   {Answer: "no", Reason: Text{"Les photographies ne sont croisées avec aucun autre fichier.", "The photographs are matched with no other file."}},
			"vulnerable": minors,
			"innovative": {Answer: "yes", Reason: Text{"Les portraits sont produits par une intelligence artificielle générative.", "The portraits are made by generative artificial intelligence."}},
			"barrier":    {Answer: "no", Reason: Text{"Le traitement ne prive personne d'un droit ni d'un contrat.", "The processing bars nobody from a right or a contract."}},
		}[id]
		c.ID = id
		c.Reason = Text{typeset(c.Reason.FR, true), typeset(c.Reason.EN, false)}
		s.Criteria = append(s.Criteria, c)
	}
	s.Risks = Text{
		typeset("L'autorité parentale n'est pas vérifiée (politique, art. 3) : attestation à l'envoi, horodatage, effacement rapide à la demande (loi Informatique et Libertés, art. 51, II). Le prestataire d'IA peut garder ou réutiliser les images : réponse écrite à obtenir. Un lien ou un dossier mal protégé montrerait des enfants : accès restreint, effacement vérifié.", true),
		typeset("Parental authority is not verified (policy, Article 3): attestation at upload, time stamp, quick erasure on request (French Data Protection Act, Article 51 II). The AI provider may keep or reuse the images: a written answer is to be had. A link or folder badly protected would show children: restricted access, verified erasure.", false),
	}
	s.NextStep = Text{
		typeset("Faire l'analyse d'impact avant de continuer, avec l'outil PIA de la CNIL ; consulter la CNIL s'il reste un risque élevé (RGPD, art. 36).", true),
		typeset("Make the impact assessment before going on, with the CNIL's PIA tool; consult the CNIL if a high risk remains (GDPR, Article 36).", false),
	}
	return s
}

// screenings builds the register of impact assessment screenings. GDPR Art. 35.
func (p *pen) screenings(d *Document) {
	d.add(Section{Key: "scope", Words: []string{p.say(
		"Un traitement qui remplit au moins deux des neuf critères du CEPD appelle en principe une analyse d'impact avant sa mise en œuvre (RGPD, art. 35). La liste de la CNIL (délibération n° 2018-327) ne nomme pas les portraits produits par IA, mais elle n'est pas exhaustive : les critères décident.",
		"A processing that meets at least two of the EDPB's nine criteria needs in principle an impact assessment before it begins (GDPR, Article 35). The CNIL's list (Deliberation No 2018-327) does not name portraits made by AI, but is not exhaustive: the criteria decide.")}})
	t := &Table{Columns: []Column{
		column("activity", p.say("Traitement", "Processing"), 5),
		right(column("met", p.say("Remplis", "Met"), 2)),
		right(column("unclear", p.say("Incertains", "Unclear"), 2)),
		column("result", p.say("Résultat", "Result"), 4),
		column("done_on", p.say("Examiné le", "Screened on"), 3),
		column("assess_on", p.say("À faire avant le", "Due by"), 3),
		column("review_on", p.say("À revoir le", "To be reviewed on"), 3),
		detail("next_step", p.say("Suite à donner", "Next step")),
		detail("document", p.say("Analyse d'impact", "Impact assessment")),
		onSheet("persons", p.say("Personnes par an", "Persons a year")),
		onSheet("photos", p.say("Photographies par an", "Photographs a year")),
		onSheet("duration", p.say("Durée", "Duration")),
		onSheet("geography", p.say("Étendue géographique", "Geographic extent")),
		onSheet("risks", p.say("Risques vus et mesures", "Risks seen and measures")),
	}}
	for _, id := range CriterionIDs {
		t.Columns = append(t.Columns, onSheet("criterion_"+id, p.criterion(id)), onSheet("criterion_"+id+"_reason", p.criterion(id)+p.say(", motif", ", reason")))
	}
	all := Screenings(p.in.Screenings, p.in.Activities, p.in.Processors)
	for _, s := range all {
		yes, _, unclear := s.Tally()
		document, assess := orNone(s.Document), p.passed(s.AssessOn)
		if s.Result() == "due" && s.Document == "" {
			document = p.gap("")
		} else if s.Document != "" {
			assess = p.dateCell(s.AssessOn)
		}
		row := []Cell{
			p.activityName(s.Activity), p.numberCell(int64(yes)), p.numberCell(int64(unclear)), p.screened(s), p.screenedOn(s), assess, p.passed(s.ReviewOn), p.orGap(p.text(s.NextStep)), document,
			p.scaleCell(s, s.Persons), p.scaleCell(s, s.Photos), p.scaleCell(s, s.Duration), p.scaleCell(s, s.Geography), p.orGap(p.text(s.Risks)),
		}
		for _, id := range CriterionIDs {
			c := s.criterion(id)
			row = append(row, p.criterionAnswer(c), p.orGap(p.text(c.Reason)))
		}
		t.Rows = append(t.Rows, row)
	}
	d.main(Section{Key: "list", Title: p.say("Examens préalables", "Screenings"), Table: t,
		Empty: p.say("Aucun traitement n'appelle d'examen d'après ce qui est enregistré.", "No processing calls for a screening according to what is recorded.")})
	for i, s := range all {
		d.add(p.screeningSheet(s, t, t.Rows[i])...)
	}
}

func (p pen) screened(s Screening) Cell {
	switch s.Result() {
	case "due":
		return word("due", p.say("analyse d'impact nécessaire", "impact assessment needed"), Bad)
	case "unclear":
		return word("unclear", p.say("à éclaircir", "to be cleared up"), Warn)
	}
	return word("not due", p.say("pas d'analyse d'impact nécessaire", "no impact assessment needed"), Good)
}

// screenedOn is a gap while the owner has not looked at Greffier's proposal.
func (p pen) screenedOn(s Screening) Cell {
	if s.DoneOn.IsZero() {
		return p.gap(p.say("proposition de Greffier, à confirmer", "Greffier's proposal, to be confirmed"))
	}
	return p.dateCell(s.DoneOn)
}

func (p pen) activityName(id string) Cell {
	for _, a := range p.in.Activities {
		if a.ID == id {
			return word(id, strings.TrimSpace(id+" – "+p.text(a.Name)), Plain)
		}
	}
	return p.orGap(id)
}

// scaleCell is a figure that is needed until the scale is judged.
func (p pen) scaleCell(s Screening, v string) Cell {
	if a := s.criterion("scale").Answer; a == "yes" || a == "no" {
		return orNone(v)
	}
	return p.orGap(v)
}

func (p pen) criterionAnswer(c Criterion) Cell {
	if c.Answer == "yes" || c.Answer == "no" {
		return word(c.Answer, p.answered(c.Answer), Plain)
	}
	return word("unclear", p.answered(""), Warn)
}

func (p pen) screeningSheet(s Screening, list *Table, row []Cell) []Section {
	key := strings.ToLower(s.ID)
	t := &Table{Columns: []Column{
		column("criterion", p.say("Critère", "Criterion"), 5),
		column("answer", p.say("Rempli ?", "Met?"), 2),
		column("reason", p.say("Motif", "Reason"), 8),
	}}
	for _, id := range CriterionIDs {
		c := s.criterion(id)
		t.Rows = append(t.Rows, []Cell{word(id, p.criterion(id), Plain), p.criterionAnswer(c), p.orGap(p.text(c.Reason))})
	}
	yes, _, unclear := s.Tally()
	return []Section{
		{Key: key, Title: p.colon(p.say("Examen", "Screening"), p.activityName(s.Activity).Text), Table: t, PageBreak: true, Repeats: true,
			Words: []string{p.sayf("%s sur neuf, %s. À partir de deux, une analyse d'impact est nécessaire en principe.", "%s of nine, %s. From two on, an impact assessment is needed in principle.",
				p.count(yes, "critère rempli", "critères remplis", "criterion met", "criteria met"), p.count(unclear, "incertain", "incertains", "unclear", "unclear"))}},
		{Key: key + ".scale", Level: 1, Title: p.say("Ampleur", "Scale"), Repeats: true, Fields: sheetFields(list, row, "persons", "photos", "duration", "geography")},
		{Key: key + ".next", Level: 1, Title: p.say("Risques et suite", "Risks and next step"), Repeats: true, Fields: sheetFields(list, row, "risks", "next_step")},
	}
}
