package register

import (
	"strings"
)

// retention builds the table of retention rules and what they say of each
// order today. GDPR Art. 5(1)(e) and 13(2)(a); policy, Art. 7.
func (p *pen) retention(d *Document) {
	t := &Table{Columns: []Column{
		column("rule", p.say("Règle", "Rule"), 3),
		column("covers", p.say("Données", "Data"), 6),
		column("starts", p.say("Point de départ", "Starts"), 4),
		column("period", p.say("Durée", "Period"), 2),
		column("then", p.say("Ensuite", "Then"), 4),
		column("ground", p.say("Fondement", "Ground"), 6),
		column("automatic", p.say("Automatique ?", "Automatic?"), 2),
		detail("article", p.say("Texte", "Text")),
	}}
	for _, r := range p.in.Rules {
		period := word("none", p.say("pas au-delà", "none beyond it"), Plain)
		if r.Period != "" {
			period = p.lifetime(r.Period)
		}
		article := none
		if r.Article != "" {
			article = word(r.Article, p.cite(r.Article), Plain)
		}
		t.Rows = append(t.Rows, []Cell{
			word(r.ID, p.ruleName(r.ID), Plain), p.orGap(p.text(r.Covers)), p.starts(r.Starts), period, p.then(r.Then), p.orGap(p.text(r.Ground)), p.yesNo(r.Automatic), article,
		})
	}
	d.main(Section{
		Key:   "rules",
		Title: p.say("Règles de conservation", "Retention rules"),
		Words: []string{p.say(
			"Une durée est un maximum : elle s'achève à la fin de son dernier jour, en heure locale, et n'est jamais reportée au jour ouvrable suivant.",
			"A period is a maximum: it ends with its last day, in local time, and never moves to the next working day.")},
		Table: t,
		Empty: p.say("Aucune règle de conservation n'est enregistrée.", "No retention rule is recorded."),
	})
	due := &Table{Columns: []Column{
		column("rule", p.say("Règle", "Rule"), 3),
		column("order", p.say("Commande", "Order"), 3),
		column("since", p.say("Départ", "Start"), 3),
		column("due", p.say("Dernier jour", "Last day"), 3),
		right(column("objects", p.say("Objets", "Objects"), 2)),
		column("state", p.say("État", "State"), 3),
		column("held", p.say("Motif de conservation", "Why it is held"), 6),
	}}
	for _, r := range p.in.Retention {
		number := plain(r.Number)
		if r.Number == "" {
			number = word("none", p.say("sans commande connue", "no known order"), Faint)
		}
		due.Rows = append(due.Rows, []Cell{
			word(r.Rule, p.ruleName(r.Rule), Plain), number, p.dateCell(r.Since), p.dateCell(r.Due), p.numberCell(int64(r.Objects)), p.dueState(r), p.held(r.Held),
		})
	}
	d.add(Section{
		Key:   "due",
		Title: p.sayf("État au %s", "State on %s", p.date(p.today)),
		Table: due,
		Empty: p.say("Rien n'est à effacer à cette date d'après ce qui est enregistré.", "Nothing is due on this date according to what is recorded."),
	})
}

// policies builds the register of the privacy policy's versions, with the text
// in force as an annex. Policy, Art. 11.
func (p *pen) policies(d *Document) {
	t := &Table{Columns: []Column{
		column("version", p.say("Version", "Version"), 2),
		column("from", p.say("En vigueur du", "In force from"), 3),
		column("until", p.say("au", "until"), 3),
		column("change", p.say("Ce qui a changé", "What changed"), 7),
		column("sha256", p.say("Empreinte SHA-256 du texte", "SHA-256 hash of the text"), 5),
		detail("where", p.say("Publiée où", "Published where")),
		detail("customers_told", p.say("Clients informés", "Customers told")),
	}}
	var current *PolicyVersion
	for i := range p.in.Policies {
		v := &p.in.Policies[i]
		until := word("current", p.say("en vigueur", "in force"), Good)
		if !v.Until.IsZero() {
			until = p.dateCell(v.Until)
		} else {
			current = v
		}
		t.Rows = append(t.Rows, []Cell{
			p.orGap(v.ID), p.dateOrGap(v.From), until, orNone(v.Change), p.policyHash(*v), orNone(v.Where), orNone(v.Told),
		})
	}
	d.main(Section{
		Key:   "versions",
		Title: p.say("Versions publiées", "Published versions"),
		Table: t,
		Empty: p.say("Aucune version de la politique de confidentialité n'est enregistrée.", "No version of the privacy policy is recorded."),
	})
	d.add(p.policyChanges()...)
	if current != nil && strings.TrimSpace(current.Text) != "" {
		d.add(Section{
			Key:   "text",
			Title: p.sayf("Texte en vigueur (version %s)", "Text in force (version %s)", current.ID),
			Words: paragraphs(current.Text),
		})
	}
}

// policyHash writes the hash of a version, and says so when it is not that of
// the text on file.
func (p pen) policyHash(v PolicyVersion) Cell {
	switch actual := SHA256(v.Text); {
	case v.Text == "" && v.SHA256 == "":
		return p.gap("")
	case v.SHA256 == "":
		return hash(actual)
	case v.Text != "" && !strings.EqualFold(v.SHA256, actual):
		return word(v.SHA256, p.sayf("%s (ne correspond pas au texte)", "%s (does not match the text)", short(v.SHA256)), Bad)
	}
	return hash(v.SHA256)
}

// paragraphs splits a published text into its paragraphs; a dash alone on its
// line, as web pages leave it when copied, becomes the bullet of the next line.
func paragraphs(text string) []string {
	var out []string
	bullet := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case line == "-" || line == "•" || line == "–":
			bullet = true
		case bullet:
			out, bullet = append(out, "•\u00a0"+line), false
		default:
			out = append(out, line)
		}
	}
	return out
}
