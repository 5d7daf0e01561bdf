package disclosure

import (
	"fmt"
	"slices"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/register"
)

// Inform returns a copy without items: what is told with the data alone.
func Inform(f Facts) Copy {
	b := &builder{pen: pen{fr: f.Lang == "fr", zone: f.Zone}, f: f}
	b.out.Depicted = Depicted(f.Case, f.Orders)
	b.inform()
	return b.out
}

// inform writes what is told with the data: GDPR Art. 15(1)(a) to (h), 15(2).
// What no record tells becomes a gap for the owner, never a silence.
func (b *builder) inform() {
	for _, a := range b.f.Activities {
		p := cases.Purpose{Name: b.text(a.Purpose), Basis: b.basis(a.LegalBasis)}
		for _, d := range a.Data {
			if c := b.text(d.Category); c != "" {
				if p.Data != "" {
					p.Data += b.say(" ; ", "; ")
				}
				p.Data += c
			}
			if p.Period == "" {
				p.Period = b.text(d.Period)
				if i := slices.IndexFunc(b.f.Rules, func(r register.Rule) bool { return r.ID == d.Rule }); i >= 0 {
					if s := b.period(b.f.Rules[i]); s != "" {
						p.Period = s
					}
				}
			}
		}
		if p.Name == "" {
			b.gap("processing", b.sayf("La finalité du traitement %s manque.", "The purpose of processing %s is missing.", line(a.ID, 40)))
			continue
		}
		if p.Basis == "" {
			b.gap("processing", b.sayf("La base légale du traitement %s manque.", "The legal basis of processing %s is missing.", line(a.ID, 40)))
		}
		if p.Period == "" {
			b.gap("processing", b.sayf("La durée de conservation du traitement %s manque.", "How long the data of processing %s are kept is missing.", line(a.ID, 40)))
		}
		b.out.Purposes = append(b.out.Purposes, p)
	}
	if len(b.out.Purposes) == 0 {
		b.gap("processing", b.say("Aucune finalité n'est enregistrée.", "No purpose is recorded."))
	}
	b.recipients()
	b.out.Automated = b.say("Aucune décision n'est prise à votre égard par une machine seule, profilage compris (RGPD, art. 22). L'intelligence artificielle dessine les portraits du livre ; elle ne décide rien sur vous.",
		"No decision about you is taken by a machine alone, profiling included (GDPR, Article 22). Artificial intelligence draws the portraits of the book; it decides nothing about you.")
	b.out.Source = b.say("Ces données viennent de vous-même, sauf indication contraire devant chaque élément.", "These data come from you, unless said otherwise beside an item.")
	if b.out.Depicted {
		b.out.Source = b.say("Les photographies viennent de la personne qui a passé la commande et les a envoyées. Son identité n'est pas communiquée (RGPD, art. 15, § 4).",
			"The photographs come from the person who placed the order and sent them. Her or his identity is not given (GDPR, Article 15(4)).")
	}
	b.out.Rights = []string{
		b.say("Vous pouvez demander que ces données soient rectifiées (art. 16) ou effacées (art. 17), que leur traitement soit limité (art. 18), et vous y opposer (art. 21).",
			"You may ask for these data to be rectified (Article 16) or erased (Article 17), for their processing to be restricted (Article 18), and object to it (Article 21)."),
		b.say("Lorsqu'un traitement repose sur votre consentement, vous pouvez le retirer à tout moment (art. 7, § 3).", "Where a processing rests on your consent, you may withdraw it at any time (Article 7(3))."),
	}
	b.out.Remedy = b.say("Vous pouvez introduire une réclamation auprès de la CNIL, 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, cnil.fr/plaintes, et former un recours juridictionnel.",
		"You may lodge a complaint with the CNIL, 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, France, cnil.fr/plaintes, and seek a judicial remedy.")
}

// recipients names who receives the data (CJEU C-154/21), and the safeguards of
// those outside of the European Economic Area (Art. 15(2), 46).
func (b *builder) recipients() {
	for _, p := range b.f.Processors {
		name := line(p.Name, 200)
		if name == "" {
			b.gap("processors", b.sayf("Le nom du destinataire « %s » manque : la personne a le droit de le connaître.", "The name of the recipient “%s” is missing: the person has a right to know it.", b.text(p.Service)))
			continue
		}
		outside, known := register.OutsideEEA(p.Country)
		r := Recipient{Name: name, Service: b.text(p.Service), Country: line(register.CountryName(p.Country, b.lang()), 60), Outside: known && outside}
		switch p.Role {
		case "processor":
			r.Role = b.say("sous-traitant", "processor")
		case "independent controller":
			r.Role = b.say("responsable de traitement distinct", "independent controller")
		case "joint controller":
			r.Role = b.say("responsable conjoint", "joint controller")
		}
		if p.Transfer != "" && p.Transfer != "none needed" {
			r.Transfer = b.transfer(p.Transfer)
		}
		switch {
		case !known:
			b.gap("processors", b.sayf("Le pays de %s manque.", "The country of %s is missing.", name))
		case outside && r.Transfer == "":
			b.gap("processors", b.sayf("Les garanties du transfert vers %s (%s) manquent.", "The safeguards of the transfer to %s (%s) are missing.", name, r.Country))
		}
		if r.Outside || r.Transfer != "" {
			t := fmt.Sprintf("%s (%s)", name, r.Country)
			if r.Transfer != "" {
				t += b.colon() + r.Transfer
			}
			b.out.Transfers = append(b.out.Transfers, t)
		}
		b.out.Recipients = append(b.out.Recipients, r)
	}
	if len(b.f.Processors) == 0 {
		b.gap("processors", b.say("Aucun destinataire n'est enregistré.", "No recipient is recorded."))
	}
}

// cite writes a key of law.Articles in the copy's language.
func (c Copy) cite(article string) string { return law.Cite(article, c.Lang) }

// Items counts the items that are in the copy.
func (c Copy) Items() (n int) {
	for _, k := range c.Categories {
		for _, i := range k.Items {
			if i.Included {
				n++
			}
		}
	}
	return n
}

// Item finds an item by its id.
func (c Copy) Item(id string) (Item, bool) {
	for _, k := range c.Categories {
		for _, i := range k.Items {
			if i.ID == id {
				return i, true
			}
		}
	}
	return Item{}, false
}

// LeftOut returns the items that are not in the copy.
func (c Copy) LeftOut() []Item {
	var out []Item
	for _, k := range c.Categories {
		for _, i := range k.Items {
			if !i.Included {
				out = append(out, i)
			}
		}
	}
	return out
}
