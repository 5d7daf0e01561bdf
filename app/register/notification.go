package register

import (
	"fmt"
	"strings"
	"time"

	"greffier/app/law"
)

// NotifyField is one numbered field of the notification of a breach, as the
// EDPB's template of 8 June 2026 counts them. Text is French; it is empty, and
// Missing true, where the record does not say what the authority asks.
type NotifyField struct {
	No      string `json:"no"`
	Part    string `json:"part"`
	Label   string `json:"label"`
	Text    string `json:"text"`
	Missing bool   `json:"missing"`
}

// Notification prepares what is copied into the CNIL's form: in French whatever
// the language of the window, because the authority reads French. Fields that do
// not apply are left out; those that are asked and not known are named. GDPR
// Art. 33(3).
func Notification(b Breach, in Inputs) []NotifyField {
	in.Lang = "fr"
	p := newPen(in)
	n := notifier{pen: *p, b: b}
	n.organisation()
	n.timeline()
	n.incident()
	n.whoAndWhat()
	n.consequences()
	n.measures()
	n.persons()
	n.others()
	return n.fields
}

// NotificationText writes the fields as text for copying, and how many are
// missing.
func NotificationText(fields []NotifyField) (text string, missing int) {
	var b strings.Builder
	part := ""
	var gaps []string
	for _, f := range fields {
		if f.Part != part {
			if part != "" {
				b.WriteByte('\n')
			}
			part = f.Part
			b.WriteString(strings.ToUpper(part) + "\n")
		}
		value := f.Text
		if f.Missing {
			value = "[À COMPLÉTER]"
			gaps = append(gaps, f.No+" "+f.Label)
		}
		fmt.Fprintf(&b, "%s. %s\u202f: %s\n", f.No, f.Label, value)
	}
	if len(gaps) > 0 {
		b.WriteString("\nCHAMPS À COMPLÉTER\n")
		for _, g := range gaps {
			b.WriteString("– " + g + "\n")
		}
	}
	return b.String(), len(gaps)
}

type notifier struct {
	pen
	b      Breach
	part   string
	fields []NotifyField
}

func (n *notifier) to(part string) { n.part = typeset(part, true) }

// ask is a field that the authority wants filled.
func (n *notifier) ask(no, label, text string) {
	text = strings.TrimSpace(text)
	n.fields = append(n.fields, NotifyField{No: no, Part: n.part, Label: typeset(label, true), Text: text, Missing: text == ""})
}

// tell is a field that is left out where there is nothing to say.
func (n *notifier) tell(no, label, text string) {
	if strings.TrimSpace(text) != "" {
		n.ask(no, label, text)
	}
}

func (n *notifier) organisation() {
	n.to("Notification et organisme")
	kind, state := "nouvelle notification", "complète"
	if n.b.Reference != "" {
		kind = "notification de suivi"
	}
	if n.incomplete() {
		state = "incomplète, à compléter (RGPD, art. 33, § 4)"
	}
	n.ask("3", "Type de notification", kind)
	n.ask("4", "Sous-type", typeset(state, true))
	n.tell("6", "Dossier de la notification précédente", n.b.Reference)
	n.ask("7", "Référence interne", n.b.ID)
	c := n.in.Controller
	n.ask("11", "Identifiant (SIREN ou SIRET)", c.Siren)
	n.ask("12", "Nom de l'organisme", c.Name)
	n.ask("13", "Coordonnées", joined([]string{c.Address, c.Email, c.Phone}, ", "))
	n.ask("14", "Secteur", "privé")
	n.ask("15", "Type d'organisme", "indépendant ou microentreprise")
	n.ask("17", "Activité (code NAF)", c.NAF)
	n.ask("21", "Personne qui déclare", c.Name)
	n.ask("23", "Fonction", "représentant légal")
	n.ask("29", "Délégué à la protection des données désigné", "non")
	n.ask("33", "Point de contact", typeset("la personne qui déclare", true))
	n.ask("38", "Autre partie impliquée", map[bool]string{true: "oui", false: "non"}[n.b.Party != ""])
	n.tell("40", "Autre partie : nom et coordonnées", n.b.Party)
}

// incomplete tells whether what the law asks to be told at least is not all
// there (GDPR Art. 33(3)).
func (n *notifier) incomplete() bool {
	b := n.b
	for _, s := range []string{b.AwareAt, b.Nature, b.Facts, b.Effects, b.Measures, b.Risk} {
		if strings.TrimSpace(s) == "" {
			return true
		}
	}
	return b.Persons == "" && b.PersonCount == "" || b.Records == ""
}

func (n *notifier) timeline() {
	b := n.b
	n.to("Chronologie")
	n.ask("44", "Quand la violation a-t-elle eu lieu", n.listed("when", b.When))
	n.ask("46", "Début", n.instant(b.HappenedAt).Text)
	if b.When == "period" {
		n.ask("47", "Fin", n.instant(b.EndedAt).Text)
	}
	n.ask("48", "Prise de connaissance par le responsable du traitement", n.instant(b.AwareAt).Text)
	if n.late() {
		n.ask("49", "Motifs du retard au-delà de 72 heures", b.LateWhy)
	}
	n.ask("50", "Comment elle a été découverte", n.listed("found_by", b.FoundBy))
	n.tell("51", "Découverte, précisions", b.FoundHow)
	if b.FoundBy == "processor" {
		n.ask("52", "Date à laquelle l'autre partie a prévenu", n.instant(b.PartyToldAt).Text)
	}
}

// late tells whether the 72 hours are over without, or before, a notification.
func (n *notifier) late() bool {
	aware, err := time.Parse(time.RFC3339, n.b.AwareAt)
	if err != nil {
		return false
	}
	sent, err := time.Parse(time.RFC3339, n.b.NotifiedAt)
	if err != nil {
		sent = n.in.Now
	}
	return sent.After(law.Breach(aware, n.zone).Strict)
}

func (n *notifier) incident() {
	b := n.b
	n.to("Violation")
	var natures []string
	for _, x := range b.Natures() {
		natures = append(natures, n.nature(x).Text)
	}
	n.ask("55", "Nature de la violation", strings.Join(natures, ", "))
	n.ask("57", "Données inintelligibles pour qui n'y a pas droit", n.answerOrNone(b.Unintelligible).Text)
	n.ask("60", "Nature de l'incident", n.listed("incident", b.Incident))
	n.ask("61", "Cause", n.listed("cause", b.Cause))
	n.ask("62", "Description", b.Facts)
	n.ask("63", "Systèmes, logiciels et services, et où ils se trouvent", b.Systems)
}

func (n *notifier) whoAndWhat() {
	b := n.b
	n.to("Personnes et données")
	n.ask("65", "Catégories de personnes concernées", n.listedAll("person_kinds", b.PersonKinds))
	n.tell("66", "Personnes concernées, précisions", b.Persons)
	n.ask("68", "Nombre de personnes concernées", b.PersonCount)
	n.ask("70", "Types de données", n.listedAll("data_kinds", b.DataKinds))
	n.ask("73", "Nombre d'enregistrements", b.Records)
	n.ask("76", "Mesures en place lorsqu'elle s'est produite", b.Prior)
}

func (n *notifier) consequences() {
	b := n.b
	n.to("Conséquences et risque")
	no := "79"
	switch b.Nature {
	case "integrity":
		no = "81"
	case "availability":
		no = "83"
	}
	n.ask(no, "Conséquences probables", b.Effects)
	n.ask("85", "Impact pour les personnes", n.listedAll("impacts", b.Impacts))
	n.ask("87", "Gravité", n.listed("gravity", b.Gravity))
	level := ""
	if b.Risk != "" {
		level = n.risk(b.Risk).Text
	}
	n.ask("89", "Résultat de l'analyse de risque", level)
	n.ask("90", "Analyse de risque, facteurs retenus", b.RiskWhy)
}

func (n *notifier) measures() {
	n.to("Mesures")
	n.ask("92", "Mesures prises pour remédier à la violation et en atténuer les conséquences", n.b.Measures)
	n.ask("95", "Mesures pour qu'elle ne se reproduise pas", n.b.Prevention)
}

func (n *notifier) persons() {
	b := n.b
	n.to("Communication aux personnes")
	n.ask("97", "Personnes concernées informées", n.listed("persons_state", b.PersonsState))
	switch b.PersonsState {
	case "told":
		n.ask("98", "Dates, nombre, moyen et contenu de l'information", n.told(b).Text)
	case "exempt", "no high risk":
		n.ask("101", "Pourquoi elles ne sont pas informées", b.PersonsWhyNot)
	default:
		n.tell("98", "Dates, nombre, moyen et contenu de l'information", n.told(b).Text)
	}
}

func (n *notifier) others() {
	b := n.b
	n.to("Autres autorités")
	n.ask("109–111", "Police, justice, autres autorités", b.Authorities)
	n.ask("113", "Traitement transfrontalier", n.answerOrNone(b.CrossBorder).Text)
	if b.CrossBorder == "yes" {
		n.ask("116", "Pays de l'EEE où se trouvent les personnes", b.Countries)
	}
}
