package register

import "strings"

// labelled is a stable word with what people read.
type labelled struct {
	word, fr, en string
}

// The lists of the EDPB's template, with the words of records. Each ends with
// what is not known, which is the word "".
var (
	incidents = []labelled{
		{"misuse", "abus d'un droit d'accès par une personne de l'organisme", "misuse of access rights by a member of staff"},
		{"ransomware", "rançongiciel, appareil chiffré", "ransomware, device encrypted"},
		{"malware", "piratage ou logiciel malveillant", "hacking or malware"},
		{"phishing", "hameçonnage, ingénierie sociale", "phishing, social engineering"},
		{"vulnerability", "vulnérabilité exploitée", "vulnerability exploited"},
		{"intrusion", "accès non autorisé à un système", "unauthorised access to a system"},
		{"exfiltration", "données extraites sans autorisation", "data extracted without authorisation"},
		{"wrong person shown", "données d'une autre personne affichées", "data of another person shown"},
		{"device", "appareil perdu ou volé", "device lost or stolen"},
		{"e-waste", "appareil mis au rebut sans être vidé", "device discarded without being wiped"},
		{"paper waste", "papier mal détruit", "paper badly destroyed"},
		{"post", "courrier perdu, ouvert ou mal acheminé", "mail lost, opened or misrouted"},
		{"configuration", "erreur de configuration", "error of configuration"},
		{"permissions", "droits d'accès trop larges (dossier partagé, nuage)", "access rights too wide (shared folder, cloud)"},
		{"paper", "papier perdu, volé ou laissé sans surveillance", "paper lost, stolen or left unattended"},
		{"deleted", "données supprimées ou détruites", "data deleted or destroyed"},
		{"wrong recipient shown", "données montrées à un mauvais destinataire", "data shown to a wrong recipient"},
		{"wrong recipient", "envoi à un mauvais destinataire", "sent to a wrong recipient"},
		{"open list", "courriel à plusieurs destinataires visibles", "e-mail with the recipients visible to each other"},
		{"failure", "dysfonctionnement technique", "technical failure"},
		{"altered", "données modifiées sans autorisation", "data altered without authorisation"},
		{"published", "publication non voulue (lien public, site)", "unintended publication (public link, site)"},
		{"spoken", "divulgation orale", "spoken disclosure"},
		{"other", "autre", "other"},
	}
	causes = []labelled{
		{"internal", "interne, sans intention de nuire", "internal, without malice"}, {"internal malicious", "interne, malveillante", "internal, malicious"},
		{"external", "externe, sans intention de nuire", "external, without malice"}, {"external malicious", "externe, malveillante", "external, malicious"},
		{"unknown", "inconnue", "unknown"},
	}
	personKinds = []labelled{
		{"customers", "clients et prospects", "customers and prospects"}, {"depicted", "personnes représentées sur les photographies", "persons depicted in the photographs"},
		{"minors", "mineurs", "minors"}, {"recipients", "destinataires des livraisons", "recipients of deliveries"}, {"users", "utilisateurs du site", "users of the site"},
		{"employees", "personnel", "staff"}, {"vulnerable", "personnes vulnérables", "vulnerable persons"}, {"other", "autres", "others"},
	}
	dataKinds = []labelled{
		{"basic", "données de base (nom, prénom, date de naissance)", "basic data (name, first name, date of birth)"},
		{"contact", "coordonnées", "contact details"}, {"photos", "photographies et portraits", "photographs and portraits"}, {"orders", "commandes", "orders"},
		{"financial", "données économiques et financières", "economic and financial data"}, {"payment", "moyens de paiement", "means of payment"},
		{"credentials", "identifiants et mots de passe", "user names and passwords"}, {"identity", "titres et numéros d'identité", "identity documents and numbers"},
		{"location", "données de localisation", "location data"}, {"messages", "correspondance", "correspondence"},
		{"health", "données de santé", "health data"}, {"sensitive", "autres données sensibles", "other sensitive data"}, {"other", "autres", "others"},
	}
	impacts = []labelled{
		{"control", "perte de contrôle sur ses données", "loss of control over one's data"}, {"disclosure", "divulgation à des tiers", "disclosure to third parties"},
		{"rights", "limitation de ses droits", "limitation of one's rights"}, {"discrimination", "discrimination", "discrimination"},
		{"identity theft", "usurpation d'identité", "identity theft"}, {"fraud", "fraude", "fraud"}, {"money", "perte financière", "financial loss"},
		{"reputation", "atteinte à la réputation", "damage to reputation"}, {"harm", "préjudice physique ou psychologique", "physical or psychological harm"},
		{"goods", "dommage aux biens", "damage to property"}, {"other", "autre", "other"},
	}
	gravities = []labelled{{"minor", "mineure", "minor"}, {"moderate", "modérée", "moderate"}, {"serious", "grave", "serious"}}
	finders   = []labelled{
		{"controller", "par le responsable du traitement", "by the controller"}, {"processor", "par un sous-traitant, qui l'a signalée", "by a processor, which reported it"},
		{"person", "par une personne concernée", "by a data subject"}, {"third party", "par un tiers", "by a third party"}, {"press", "par la presse", "by the press"}, {"other", "autrement", "otherwise"},
	}
	whens = []labelled{
		{"exact", "à une date précise", "on an exact date"}, {"period", "d'une date à une autre", "from one date to another"},
		{"ongoing", "depuis une date, et toujours en cours", "since a date, and still going on"}, {"unknown", "indéterminée", "cannot be determined"},
	}
	personsStates = []labelled{
		{"told", "oui", "yes"}, {"planned", "non, mais elles le seront", "no, but they will be"}, {"investigating", "non, l'enquête est en cours", "no, the investigation goes on"},
		{"no high risk", "non : pas de risque élevé", "no: no high risk"}, {"exempt", "non : une condition de l'article 34, § 3 est remplie", "no: a condition of Article 34(3) is met"},
	}
)

// breachLists are the lists by the field that holds one of their words.
var breachLists = map[string][]labelled{
	"incident": incidents, "cause": causes, "person_kinds": personKinds, "data_kinds": dataKinds, "impacts": impacts, "gravity": gravities, "found_by": finders, "when": whens, "persons_state": personsStates,
}

// Choices returns the words that a field of a breach may hold, in their order.
func Choices(field string) []string {
	var out []string
	for _, l := range breachLists[field] {
		out = append(out, l.word)
	}
	return out
}

// ChoiceText writes such a word for people, in "fr" or "en"; one that is not in
// the list stays as it is.
func ChoiceText(field, w, lang string) string { return newPen(Inputs{Lang: lang}).listed(field, w) }

func (p pen) listed(field, w string) string {
	for _, l := range breachLists[field] {
		if l.word == w {
			return p.say(l.fr, l.en)
		}
	}
	return w
}

// listedAll writes several words of a list.
func (p pen) listedAll(field string, ws []string) string {
	out := make([]string, 0, len(ws))
	for _, w := range ws {
		out = append(out, p.listed(field, w))
	}
	return strings.Join(out, p.say(" ; ", "; "))
}

// breachWord writes a value of a breach's field: lists joined by commas too.
func (p pen) breachWord(field, value string) string {
	if _, ok := breachLists[field]; ok {
		return p.listedAll(field, strings.Split(value, ", "))
	}
	if field == "also_nature" {
		var out []string
		for _, w := range strings.Split(value, ", ") {
			out = append(out, p.nature(w).Text)
		}
		return strings.Join(out, ", ")
	}
	switch value {
	case "yes", "no", "unclear":
		return p.answered(value)
	}
	return value
}

// GuideIDs are the questions of the risk guide, in the order in which they are
// asked.
var GuideIDs = []string{"unintelligible", "contained", "lost", "children", "intimate", "abuse", "strangers", "many"}

// GuideQuestion asks a question of the guide, in "fr" or "en".
func GuideQuestion(id, lang string) string { return newPen(Inputs{Lang: lang}).guideQuestion(id) }

func (p pen) guideQuestion(id string) string {
	switch id {
	case "unintelligible":
		return p.say("Les données étaient-elles illisibles pour qui les a eues (chiffrées, clé à l'abri) ?", "Were the data unreadable to whoever had them (encrypted, key safe)?")
	case "contained":
		return p.say("Celui qui les a reçues est-il connu, digne de confiance, et a-t-il confirmé par écrit les avoir effacées ?", "Is whoever received them known and trustworthy, and was their deletion confirmed in writing?")
	case "lost":
		return p.say("Des données sont-elles perdues ou bloquées, sans copie utilisable, au point de gêner les personnes ?", "Are data lost or blocked, without a usable copy, so that persons are affected?")
	case "children":
		return p.say("Des enfants sont-ils concernés (photographies, portraits, prénoms) ?", "Are children concerned (photographs, portraits, first names)?")
	case "intimate":
		return p.say("Y a-t-il des données sensibles ou très personnelles (santé, vie de famille, photographies privées) ?", "Are there sensitive or highly personal data (health, family life, private photographs)?")
	case "abuse":
		return p.say("Peut-on s'en servir pour nuire ou voler (mots de passe, moyens de paiement, titres d'identité, adresse d'une personne menacée) ?", "Can they be used to harm or steal (passwords, means of payment, identity documents, the address of a person under threat)?")
	case "strangers":
		return p.say("Des inconnus, ou quelqu'un de malveillant, ont-ils pu les voir ou les copier ?", "Could strangers, or somebody malicious, see or copy them?")
	case "many":
		return p.say("Plus d'une centaine de personnes sont-elles concernées ?", "Are more than about a hundred persons concerned?")
	}
	return id
}

// Suggestion is the level of risk that the guide suggests, with its reasons. The
// owner decides.
type Suggestion struct {
	Level   string // none, risk, high
	Reasons []Text
}

// SuggestRisk weighs the answers to the guide, as EDPB Guidelines 9/2022 weigh
// them: what was breached, how sensitive it is, how easily persons are
// identified, how severe the consequences, who they are and how many. What is
// unclear counts against the controller: nothing is "no risk" by not knowing.
func SuggestRisk(answers map[string]string) Suggestion {
	is := func(id string) bool { return answers[id] == "yes" }
	may := func(id string) bool { return answers[id] != "no" }
	var s Suggestion
	say := func(fr, en string) { s.Reasons = append(s.Reasons, Text{typeset(fr, true), typeset(en, false)}) }
	safe := is("unintelligible") || is("contained") && answers["strangers"] == "no"
	switch {
	case safe && answers["lost"] == "no":
		s.Level = "none"
		if is("unintelligible") {
			say("Ce qui a été pris ne peut pas être lu, et rien n'est perdu.", "What was taken cannot be read, and nothing is lost.")
		} else {
			say("Le seul à avoir reçu les données est connu et les a effacées ; aucun inconnu ne les a vues, rien n'est perdu.", "The only one who received the data is known and deleted them; no stranger saw them, nothing is lost.")
		}
		return s
	case safe:
		s.Level = "risk"
		say("Personne ne peut en abuser, mais des données sont perdues ou l'on n'en est pas sûr.", "Nobody can misuse them, but data are lost, or this is not sure.")
		return s
	}
	s.Level = "risk"
	grave := false
	for _, g := range []struct{ id, fr, en string }{
		{"children", "Des enfants sont concernés, que le RGPD protège spécialement.", "Children are concerned, whom the GDPR protects specially."},
		{"intimate", "Les données touchent à l'intimité.", "The data touch on private life."},
		{"abuse", "Les données permettent de nuire ou de voler.", "The data can be used to harm or steal."},
	} {
		if is(g.id) {
			grave = true
			say(g.fr, g.en)
		} else if may(g.id) {
			say("À vérifier : "+lowerFirst(g.fr), "To be checked: "+lowerFirst(g.en))
		}
	}
	switch {
	case is("strangers"):
		say("Des inconnus ont pu les voir ou les copier.", "Strangers could see or copy them.")
	case may("strangers"):
		say("On ne sait pas si des inconnus ont pu les voir : il faut le supposer.", "Whether strangers could see them is not known: it has to be assumed.")
	}
	if is("many") {
		say("Beaucoup de personnes sont concernées.", "Many persons are concerned.")
	}
	if is("lost") {
		say("Des données sont perdues pour les personnes.", "Data are lost to the persons.")
	}
	if grave && (may("strangers") || is("many") || is("lost")) || is("abuse") {
		s.Level = "high"
	}
	if len(s.Reasons) == 0 {
		say("Rien n'aggrave le risque, mais les données étaient lisibles.", "Nothing makes it worse, but the data could be read.")
	}
	return s
}

// lowerFirst begins a sentence in the middle of another one.
func lowerFirst(s string) string {
	r := []rune(s)
	return strings.ToLower(string(r[:1])) + string(r[1:])
}
