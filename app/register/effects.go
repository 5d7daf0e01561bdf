package register

import (
	"strings"
	"time"

	"greffier/app/law"
)

// RestrictionRow is one restriction of processing (GDPR Art. 18).
type RestrictionRow struct {
	ID       string
	Case     int64
	Orders   []string // the shop's numbers
	Article  string   // the ground, a key of law.Articles
	Reason   string   // the owner's words
	From     time.Time
	ToldAt   time.Time // the person, before it was lifted (Art. 18(3))
	LiftedAt time.Time
}

// SuppressionRow is one entry of the suppression list (GDPR Art. 21(3), 7(3)).
// Who is "" where the person was erased and only a keyed hash is kept.
type SuppressionRow struct {
	ID       string
	Who      string
	Uses     []string // newsletter, post, …
	Source   string   // case, by hand, import
	Case     int64
	At       time.Time
	LiftedAt time.Time
	Broken   bool // a shop was found to use what was stopped
}

// CorrectionRow is one field that was put right (GDPR Art. 16); no values.
type CorrectionRow struct {
	ID    string
	Case  int64
	Order string // the shop's number
	Field string // in the document's language
	State string // "", done, by hand, failed
	At    time.Time
}

// restrictions adds the restrictions, where there are any, with the recipients
// that were told of them.
func (p *pen) restrictions(d *Document) {
	if len(p.in.Restrictions) == 0 {
		return
	}
	t := &Table{Columns: []Column{
		column("ref", p.say("N°", "No"), 1),
		column("case", p.say("Demande", "Case"), 2),
		column("orders", p.say("Commandes", "Orders"), 3),
		column("ground", p.say("Motif", "Ground"), 5),
		column("from", p.say("Depuis le", "Since"), 3),
		column("told", p.say("Personne prévenue le", "Person told on"), 3),
		column("lifted", p.say("Levée le", "Lifted on"), 3),
		detail("reason", p.say("Raison", "Reason")),
	}}
	for _, r := range p.in.Restrictions {
		lifted := p.localDate(r.LiftedAt)
		if r.LiftedAt.IsZero() {
			lifted = word("in force", p.say("en vigueur", "in force"), Plain)
		}
		t.Rows = append(t.Rows, []Cell{orNone(r.ID), p.caseCell(r.Case), orNone(strings.Join(r.Orders, ", ")), word(r.Article, law.Cite(r.Article, p.lang()), Plain),
			p.localDate(r.From), p.localDate(r.ToldAt), lifted, p.private(r.Reason)})
	}
	d.add(Section{Key: "restrictions", Title: p.say("Limitations du traitement", "Restrictions of processing"), Table: t, Words: []string{p.say(
		"Les données limitées sont conservées sans être utilisées ni effacées ; la personne est prévenue avant la levée (RGPD, art. 18).",
		"Restricted data are kept without being used or erased; the person is told before the restriction is lifted (GDPR, Article 18).")}})
	p.toldOf(d, "restriction")
}

// corrections adds the fields that were put right, where there are any.
func (p *pen) corrections(d *Document) {
	if len(p.in.Corrections) == 0 {
		return
	}
	t := &Table{Columns: []Column{
		column("ref", p.say("N°", "No"), 1),
		column("case", p.say("Demande", "Case"), 2),
		column("order", p.say("Commande", "Order"), 2),
		column("field", p.say("Donnée", "Field"), 5),
		column("state", p.say("État", "State"), 4),
		column("at", p.say("Le", "On"), 3),
	}}
	for _, c := range p.in.Corrections {
		state := word("pending", p.say("en attente", "pending"), Warn)
		switch c.State {
		case "done":
			state = word(c.State, p.say("rectifiée, relue dans la boutique", "corrected, read back in the shop"), Good)
		case "by hand":
			state = word(c.State, p.say("rectifiée à la main", "corrected by hand"), Good)
		case "failed":
			state = word(c.State, p.say("non rectifiée", "not corrected"), Bad)
		}
		t.Rows = append(t.Rows, []Cell{orNone(c.ID), p.caseCell(c.Case), orNone(c.Order), orNone(c.Field), state, p.localDate(c.At)})
	}
	d.add(Section{Key: "corrections", Title: p.say("Rectifications", "Rectifications"), Table: t, Words: []string{p.say(
		"Les valeurs ne figurent pas au registre. Une facture déjà émise n'est pas modifiée (RGPD, art. 16 ; C. com., art. L. 123-22).",
		"No value is shown in the register. An invoice already issued is not changed (GDPR, Article 16; French Commercial Code, Article L. 123-22).")}})
	p.toldOf(d, "rectification")
}

// toldOf adds the recipients that were told of a kind of act, where there are
// any (GDPR Art. 19).
func (p *pen) toldOf(d *Document, kind string) {
	told := p.noticesOf(func(n NoticeRow) bool { return n.Kind == kind })
	if len(told) == 0 {
		return
	}
	s := p.recipients(told, false)
	s.Key = "recipients_" + kind
	s.Title = p.say("Destinataires informés de la limitation", "Recipients told of the restriction")
	if kind == "rectification" {
		s.Title = p.say("Destinataires informés de la rectification", "Recipients told of the rectification")
	}
	s.Words = nil
	d.add(s)
}

// suppressions adds the suppression list, where it has entries.
func (p *pen) suppressions(d *Document) {
	if len(p.in.Suppressions) == 0 {
		return
	}
	t := &Table{Columns: []Column{
		column("ref", p.say("N°", "No"), 1),
		column("who", p.say("Personne", "Person"), 5),
		column("uses", p.say("Usages arrêtés", "Uses stopped"), 5),
		column("source", p.say("Origine", "Source"), 3),
		column("at", p.say("Depuis le", "Since"), 3),
		column("state", p.say("État", "State"), 4),
	}}
	for _, s := range p.in.Suppressions {
		who := word("", p.say("personne effacée, empreinte seule", "person erased, hash only"), Faint)
		if s.Who != "" {
			who = p.person("", s.Who)
		}
		source := word(s.Source, map[string]string{
			"case": p.sayf("demande %s", "case %s", p.number(s.Case)), "by hand": p.say("à la main", "by hand"), "import": p.say("liste importée", "imported list"),
		}[s.Source], Plain)
		state := word("in force", p.say("en vigueur", "in force"), Good)
		switch {
		case !s.LiftedAt.IsZero():
			state = p.localDate(s.LiftedAt)
			state.Text = p.sayf("levée le %s", "lifted on %s", state.Text)
		case s.Broken:
			state = word("broken", p.say("non respectée par la boutique", "not honoured by the shop"), Bad)
		}
		var uses []string
		for _, u := range s.Uses {
			uses = append(uses, p.use(u))
		}
		t.Rows = append(t.Rows, []Cell{orNone(s.ID), who, orNone(strings.Join(uses, ", ")), source, p.localDate(s.At), state})
	}
	d.add(Section{Key: "suppression", Title: p.say("Liste d'opposition", "Suppression list"), Table: t, Words: []string{p.say(
		"Qui ne veut plus quel usage de ses données, et depuis quand (RGPD, art. 21, § 3 et art. 7, § 3). D'une personne effacée, seule une empreinte à clé est gardée, pour que son opposition soit encore respectée.",
		"Who no longer wants which use of her data, and since when (GDPR, Article 21(3) and Article 7(3)). Of a person who was erased only a keyed hash is kept, so that her objection is still honoured.")}})
}

// use writes a use of the suppression list.
func (p pen) use(u string) string {
	w, ok := map[string]Text{
		"newsletter":  {FR: "courriels commerciaux", EN: "marketing e-mails"},
		"post":        {FR: "courriers commerciaux", EN: "marketing letters"},
		"phone":       {FR: "appels et SMS commerciaux", EN: "marketing calls and text messages"},
		"profiling":   {FR: "profilage", EN: "profiling"},
		"partners":    {FR: "transmission à des partenaires", EN: "passing on to partners"},
		"photos":      {FR: "publication de photos", EN: "publication of photos"},
		"ai training": {FR: "entraînement de modèles d'IA", EN: "training of AI models"},
		"statistics":  {FR: "statistiques", EN: "statistics"},
	}[u]
	if !ok {
		return u
	}
	return p.say(w.FR, w.EN)
}

func (p pen) caseCell(id int64) Cell {
	if id == 0 {
		return none
	}
	return p.numberCell(id)
}
