package register

import (
	"strings"
	"time"

	"greffier/app/law"
)

// breaches builds the register of personal data breaches: every one, notified
// or not, with its facts, its effects and what was done. GDPR Art. 33(5).
func (p *pen) breaches(d *Document) {
	t := &Table{Columns: []Column{
		column("ref", p.say("Réf.", "Ref."), 2),
		column("aware", p.say("Prise de connaissance", "Became aware"), 4),
		column("nature", p.say("Nature", "Nature"), 3),
		column("persons", p.say("Personnes concernées", "Data subjects"), 4),
		column("records", p.say("Enregistrements", "Records"), 3),
		column("risk", p.say("Risque", "Risk"), 2),
		column("notified", p.say("Notification à la CNIL", "Notified to the CNIL"), 4),
		column("in_time", p.say("Dans les 72 h ?", "Within 72 h?"), 2),
		detail("happened", p.say("Survenue", "Happened")),
		detail("deadline", p.say("À notifier avant", "To be notified by")),
		detail("facts", p.say("Faits", "Facts")),
		detail("effects", p.say("Conséquences probables", "Likely consequences")),
		detail("measures", p.say("Mesures prises pour remédier", "Remedial measures")),
		detail("why_not", p.say("Motifs de ne pas notifier ou du retard", "Why it was not notified, or late")),
		detail("persons_told", p.say("Communication aux personnes concernées", "Communication to data subjects")),
		detail("ended_at", p.say("Fin", "Ended")),
		detail("found_by", p.say("Découverte", "Discovered")),
		detail("party", p.say("Autre partie", "Other party")),
		detail("incident", p.say("Nature de l'incident", "Nature of the incident")),
		detail("cause", p.say("Cause", "Cause")),
		detail("systems", p.say("Systèmes", "Systems")),
		detail("person_kinds", p.say("Catégories de personnes", "Categories of persons")),
		detail("person_count", p.say("Nombre de personnes", "Number of persons")),
		detail("data_kinds", p.say("Types de données", "Types of data")),
		detail("unintelligible", p.say("Données inintelligibles ?", "Data unintelligible?")),
		detail("prior", p.say("Mesures en place", "Measures in place")),
		detail("impacts", p.say("Impact pour les personnes", "Impact on the persons")),
		detail("gravity", p.say("Gravité", "Gravity")),
		detail("risk_why", p.say("Analyse du risque", "Risk assessment")),
		detail("prevention", p.say("Prévention", "Prevention")),
		detail("late_why", p.say("Motifs du retard", "Reasons for the delay")),
		detail("follow_up_at", p.say("Notification complémentaire", "Complementary notification")),
		detail("reference", p.say("Dossier CNIL", "CNIL file")),
		detail("persons_state", p.say("Personnes informées ?", "Persons informed?")),
		detail("persons_why_not", p.say("Pourquoi elles ne le sont pas", "Why they are not")),
		detail("authorities", p.say("Autres autorités", "Other authorities")),
		detail("closed_on", p.say("Clôturée le", "Closed on")),
	}}
	for _, b := range p.in.Breaches {
		deadline, inTime := p.breachClock(b)
		whyNot := orNone(b.WhyNot)
		if b.WhyNot == "" && !(b.NotifiedAt != "" && b.LateWhy != "") && (b.NotifiedAt == "" && inTime.Value != "pending" || inTime.Value == "no") {
			whyNot = p.gap("")
		}
		t.Rows = append(t.Rows, []Cell{
			p.orGap(b.ID),
			p.instantOrGap(b.AwareAt),
			p.natures(b),
			p.orGap(b.Persons),
			p.orGap(b.Records),
			p.risk(b.Risk),
			p.instant(b.NotifiedAt),
			inTime,
			p.instant(b.HappenedAt),
			deadline,
			p.orGap(b.Facts),
			p.orGap(b.Effects),
			p.orGap(b.Measures),
			whyNot,
			p.told(b),
			p.instant(b.EndedAt),
			orNone(joined([]string{p.listed("found_by", b.FoundBy), b.FoundHow}, p.say(" : ", ": "))),
			p.otherParty(b),
			p.oneOf("incident", b.Incident),
			p.oneOf("cause", b.Cause),
			orNone(b.Systems),
			p.someOf("person_kinds", b.PersonKinds),
			orNone(b.PersonCount),
			p.someOf("data_kinds", b.DataKinds),
			p.answerOrNone(b.Unintelligible),
			orNone(b.Prior),
			p.someOf("impacts", b.Impacts),
			p.oneOf("gravity", b.Gravity),
			orNone(b.RiskWhy),
			orNone(b.Prevention),
			orNone(b.LateWhy),
			p.followUp(b),
			orNone(b.Reference),
			p.oneOf("persons_state", b.PersonsState),
			orNone(b.PersonsWhyNot),
			orNone(b.Authorities),
			p.dateCell(b.ClosedOn),
		})
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Violations constatées", "Breaches"),
		Words: []string{p.say(
			"Toutes les violations sont inscrites, qu'elles aient été notifiées à la CNIL ou non, avec leurs effets et les mesures prises.",
			"Every breach is recorded, whether it was notified to the CNIL or not, with its effects and the measures taken.")},
		Table: t,
		Empty: p.say("Aucune violation de données à caractère personnel n'est enregistrée à ce jour.", "No personal data breach is recorded to this day."),
	})
}

func (p pen) natures(b Breach) Cell {
	if len(b.AlsoNature) == 0 {
		return p.nature(b.Nature)
	}
	var words []string
	for _, n := range b.Natures() {
		words = append(words, p.nature(n).Text)
	}
	return word(strings.Join(b.Natures(), ", "), strings.Join(words, ", "), Plain)
}

// oneOf writes a word of one of the lists of breaches.
func (p pen) oneOf(field, w string) Cell {
	if w == "" {
		return none
	}
	return word(w, p.listed(field, w), Plain)
}

func (p pen) someOf(field string, ws []string) Cell {
	if len(ws) == 0 {
		return none
	}
	return word(strings.Join(ws, ", "), p.listedAll(field, ws), Plain)
}

func (p pen) answerOrNone(s string) Cell {
	if s == "" {
		return none
	}
	return word(s, p.answered(s), Plain)
}

func (p pen) otherParty(b Breach) Cell {
	if t := p.instant(b.PartyToldAt); b.Party != "" && t.Text != "" {
		return plain(b.Party + p.sayf(" (nous a informés le %s)", " (told us on %s)", t.Text))
	}
	return orNone(b.Party)
}

// followUp is the second timer: what a first notification left open is sent,
// where possible, within 72 hours of it (CNIL's teleservice; GDPR Art. 33(4)).
func (p pen) followUp(b Breach) Cell {
	if b.FollowUpAt != "" || b.NotifiedAt == "" || !b.ClosedOn.IsZero() {
		return p.instant(b.FollowUpAt)
	}
	first, err := time.Parse(time.RFC3339, b.NotifiedAt)
	if err != nil {
		return none
	}
	limit := first.Add(followUpHours * time.Hour)
	c := word("open", p.sayf("s'il reste à compléter : si possible avant le %s", "if anything is left to complete: where possible by %s", p.moment(limit)), Plain)
	if p.in.Now.After(limit) {
		c.Tone = Warn
	}
	return c
}

// followUpHours is how long after a first notification its complement is sent,
// where possible.
const followUpHours = 72

func (p pen) instantOrGap(s string) Cell {
	if s == "" {
		return p.gap("")
	}
	return p.instant(s)
}

// breachClock says until when a breach must be notified, and whether it was
// notified within that time. A breach without risk need not be (GDPR Art.
// 33(1)); one whose risk is not settled is treated as if it must.
func (p pen) breachClock(b Breach) (deadline, inTime Cell) {
	aware, err := time.Parse(time.RFC3339, b.AwareAt)
	if err != nil {
		return none, none
	}
	strict := law.Breach(aware, p.zone).Strict
	if strict.IsZero() {
		return none, none
	}
	deadline = p.momentCell(strict)
	notified, err := time.Parse(time.RFC3339, b.NotifiedAt)
	switch {
	case err == nil && !notified.After(strict):
		return deadline, word("yes", p.say("oui", "yes"), Good)
	case err == nil:
		return deadline, word("no", p.say("non", "no"), Bad)
	case b.Risk == "none":
		return none, word("not needed", p.say("sans objet", "not needed"), Plain)
	case p.in.Now.After(strict):
		return deadline, word("no", p.say("non, délai dépassé", "no, overdue"), Bad)
	}
	return deadline, word("pending", p.say("en cours", "pending"), Warn)
}

// told says when the persons were told; a high risk makes it a duty (GDPR Art.
// 34(1)).
func (p pen) told(b Breach) Cell {
	if b.PersonsTold == "" && b.Risk == "high" {
		return p.gap("")
	}
	if _, err := time.Parse(time.RFC3339, b.PersonsTold); err != nil {
		return orNone(b.PersonsTold)
	}
	return p.instant(b.PersonsTold)
}
