package register

import (
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
	}}
	for _, b := range p.in.Breaches {
		deadline, inTime := p.breachClock(b)
		whyNot := orNone(b.WhyNot)
		if b.WhyNot == "" && (b.NotifiedAt == "" && inTime.Value != "pending" || inTime.Value == "no") {
			whyNot = p.gap("")
		}
		t.Rows = append(t.Rows, []Cell{
			p.orGap(b.ID),
			p.instantOrGap(b.AwareAt),
			p.nature(b.Nature),
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
