package register

import (
	"strings"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/request"
)

// basis writes a legal basis (GDPR Art. 6(1)).
func (p pen) basis(b string) Cell {
	switch b {
	case "":
		return p.gap("")
	case "contract":
		return word(b, p.say("exécution d'un contrat", "performance of a contract"), Plain)
	case "consent":
		return word(b, p.say("consentement", "consent"), Plain)
	case "legal obligation":
		return word(b, p.say("obligation légale", "legal obligation"), Plain)
	case "legitimate interests":
		return word(b, p.say("intérêts légitimes", "legitimate interests"), Plain)
	}
	return plain(b)
}

// basisCited writes a legal basis with its article.
func (p pen) basisCited(b string) Cell {
	c := p.basis(b)
	point := map[string]string{"consent": "a", "contract": "b", "legal obligation": "c", "legitimate interests": "f"}[b]
	if point != "" {
		c.Text += " – " + p.cite("GDPR Art. 6(1)("+point+")")
	}
	return c
}

// family writes the family of a provider (policy, Art. 6).
func (p pen) family(f string) Cell {
	switch f {
	case "payment":
		return word(f, p.say("Paiement", "Payment"), Plain)
	case "printing":
		return word(f, p.say("Impression et logistique", "Printing and logistics"), Plain)
	case "logistics":
		return word(f, p.say("Logistique", "Logistics"), Plain)
	case "hosting":
		return word(f, p.say("Hébergement et informatique", "Hosting and IT"), Plain)
	case "ai":
		return word(f, p.say("Génération de portraits par IA", "AI portrait generation"), Plain)
	case "other":
		return word(f, p.say("Autre", "Other"), Plain)
	}
	return p.orGap(f)
}

// role writes how a recipient stands to the controller (GDPR Art. 26 and 28).
func (p pen) role(r string) Cell {
	switch r {
	case "":
		return p.gap(p.say("à qualifier", "to settle"))
	case "processor":
		return word(r, p.say("sous-traitant", "processor"), Plain)
	case "independent controller":
		return word(r, p.say("responsable de traitement distinct", "independent controller"), Plain)
	case "joint controller":
		return word(r, p.say("responsable conjoint du traitement", "joint controller"), Plain)
	}
	return plain(r)
}

// mechanism writes what makes a transfer lawful (GDPR Art. 45 to 47).
func (p pen) mechanism(t string) string {
	switch t {
	case "adequacy":
		return p.say("décision d'adéquation", "adequacy decision")
	case "scc":
		return p.say("clauses contractuelles types (CCT)", "standard contractual clauses (SCC)")
	case "bcr":
		return p.say("règles d'entreprise contraignantes", "binding corporate rules")
	case "dpf":
		return p.say("décision d'adéquation, cadre UE–États-Unis (DPF)", "adequacy decision, EU–US framework (DPF)")
	case "derogation":
		return p.say("dérogation (art. 49), exceptionnelle", "derogation (Article 49), exceptional")
	case "none needed":
		return p.say("pas de transfert hors UE", "no transfer outside the EU")
	}
	return t
}

// state writes where a case stands.
func (p pen) state(c cases.Case, refused bool) Cell {
	w := c.State.String()
	switch c.State {
	case cases.Received:
		return word(w, p.say("À traiter", "To be handled"), Warn)
	case cases.Acknowledged:
		return word(w, p.say("À traiter (accusé de réception envoyé)", "To be handled (receipt acknowledged)"), Plain)
	case cases.Identifying:
		return word(w, p.say("En attente de confirmation de l'identité de la personne", "Waiting for the person's identity to be confirmed"), Plain)
	case cases.InProgress:
		return word(w, p.say("En cours", "In progress"), Plain)
	case cases.Answered:
		return word(w, p.say("Demande traitée", "Request handled"), Good)
	case cases.Refused:
		return word(w, p.say("Demande refusée", "Request refused"), Plain)
	case cases.Withdrawn:
		return word(w, p.say("Retirée par la personne", "Withdrawn by the person"), Faint)
	case cases.Closed:
		if refused {
			return word(w, p.say("Demande refusée et clôturée", "Request refused and closed"), Plain)
		}
		return word(w, p.say("Demande traitée et clôturée", "Request handled and closed"), Good)
	}
	return plain(w)
}

func (p pen) right(r request.Right) string {
	switch r {
	case request.Access:
		return p.say("accès", "access")
	case request.Rectification:
		return p.say("rectification", "rectification")
	case request.Erasure:
		return p.say("effacement", "erasure")
	case request.Restriction:
		return p.say("limitation du traitement", "restriction of processing")
	case request.Objection:
		return p.say("opposition", "objection")
	case request.Portability:
		return p.say("portabilité des données", "data portability")
	case request.Withdrawal:
		return p.say("retrait du consentement", "withdrawal of consent")
	}
	return p.say("à qualifier", "to settle")
}

func (p pen) outcome(o cases.Outcome) string {
	switch o {
	case cases.Granted:
		return p.say("acceptée", "granted")
	case cases.Partly:
		return p.say("partiellement acceptée", "partly granted")
	case cases.Denied:
		return p.say("refusée", "refused")
	case cases.Moot:
		return p.say("sans objet", "without object")
	}
	return p.say("non décidée", "not decided")
}

func (p pen) identity(l cases.IdentityLevel) Cell {
	w := l.String()
	switch l {
	case cases.Confirmed:
		return word(w, p.say("confirmée", "confirmed"), Good)
	case cases.Probable:
		return word(w, p.say("probable", "probable"), Plain)
	case cases.Doubtful:
		return word(w, p.say("douteuse", "doubtful"), Warn)
	}
	return word(w, p.say("non établie", "unproven"), Plain)
}

func (p pen) link(l cases.Link) Cell {
	switch l {
	case cases.Self:
		return word(string(l), p.say("personne concernée", "data subject"), Plain)
	case cases.Parent:
		return word(string(l), p.say("titulaire de l'autorité parentale ou tuteur", "holder of parental authority or guardian"), Plain)
	case cases.Lawyer:
		return word(string(l), p.say("avocat", "lawyer"), Plain)
	case cases.Agent:
		return word(string(l), p.say("mandataire", "agent"), Plain)
	}
	return word("unknown", p.say("non établie", "not settled"), Warn)
}

func (p pen) channel(c string) Cell {
	switch c {
	case "mail":
		return word(c, p.say("courriel", "e-mail"), Plain)
	case "post":
		return word(c, p.say("courrier postal", "post"), Plain)
	case "telephone":
		return word(c, p.say("téléphone", "telephone"), Plain)
	case cases.ChannelVisit:
		return word(c, p.say("visite", "visit"), Plain)
	case cases.ChannelForm:
		return word(c, p.say("formulaire du site", "web form"), Plain)
	}
	return orNone(c)
}

func (p pen) runState(s erasure.State) Cell {
	w := s.String()
	switch s {
	case erasure.Complete:
		return word(w, p.say("complet", "complete"), Good)
	case erasure.Partial:
		return word(w, p.say("partiel", "partial"), Warn)
	case erasure.Refused:
		return word(w, p.say("refusé, rien n'a été touché", "refused, nothing was touched"), Plain)
	}
	return word(w, p.say("en cours ou interrompu", "running or cut off"), Warn)
}

func (p pen) stepStatus(step erasure.Step) Cell {
	s := step.Status
	w := s.String()
	switch s {
	case erasure.Gone:
		return word(w, p.say("effacé, vérifié", "gone, verified"), Good)
	case erasure.Tried:
		return word(w, p.say("demandé, à vérifier", "asked for, to be verified"), Warn)
	case erasure.Retained:
		if strings.HasPrefix(step.Reason, "held") {
			return word(w, p.say("conservé", "kept"), Warn)
		}
		return word(w, p.say("retenu par le stockage", "retained by the storage"), Warn)
	case erasure.Failed:
		return word(w, p.say("toujours présent", "still there"), Bad)
	}
	return word(w, p.say("non commencé", "not begun"), Warn)
}

// reason writes why something was refused or left. Runs record it in English;
// the sentences of the erasure package are known and said in the document's
// language, any other one stays as it was recorded.
func (p pen) reason(r string) string {
	for _, locked := range []string{erasure.ErrLocked.Error(), "kept by the storage under a lock"} {
		until, ok := strings.CutPrefix(r, locked)
		if !ok {
			continue
		}
		s := p.say("le stockage garde l'objet sous verrou", "the storage keeps the object under a lock")
		until = strings.TrimPrefix(until, " until ")
		if d, err := law.ParseDate(until); err == nil {
			s += p.say(" jusqu'au ", " until ") + p.date(d)
		} else if at := p.instant(until); at.Value != "" {
			s += p.say(" jusqu'au ", " until ") + at.Text
		}
		return s
	}
	if !p.fr {
		return r
	}
	for _, k := range []struct{ en, fr string }{
		{erasure.ErrNotThere.Error(), "le stockage lui-même est introuvable"},
		{erasure.ErrOffline.Error(), "le stockage est injoignable"},
		{erasure.ErrDenied.Error(), "le stockage refuse l'accès"},
		{erasure.ErrRunning.Error(), "un effacement est déjà en cours"},
		{erasure.ErrUnknownStorage.Error(), "le stockage ne figure pas dans le profil"},
		{erasure.ErrChanged.Error(), "l'objet a changé depuis l'inventaire : ce n'est plus ce qui a été confirmé"},
		{erasure.ErrNoWay.Error(), "la boutique n'offre aucun moyen de l'effacer"},
		{erasure.ErrElsewhere.Error(), "le même contenu se trouve à un autre endroit du stockage"},
		{plan.ErrStale.Error(), "le plan est périmé"},
		{"still there after erasing", "toujours présent après l'effacement"},
		{"came back: a new version appeared", "revenu : une nouvelle version est apparue"},
		{"came back", "revenu"},
		{"held since the plan was confirmed", "mis en conservation après la confirmation du plan"},
		{"could not be verified", "n'a pas pu être vérifié"},
		{"erased, but this storage cannot prove that it is gone", "effacé, mais ce stockage ne peut pas prouver que l'objet n'y est plus"},
		{"the storage answered with an error", "le stockage a répondu par une erreur"},
	} {
		if strings.Contains(r, k.en) {
			return typeset(k.fr, true)
		}
	}
	return r
}

func (p pen) by(s string) Cell {
	rule, isRule := strings.CutPrefix(s, "rule ")
	switch {
	case s == "owner":
		return word(s, p.say("le responsable du traitement", "the controller"), Plain)
	case isRule:
		return word(s, p.say("la règle ", "the rule ")+p.ruleName(rule), Plain)
	}
	return orNone(s)
}

// ruleName names a retention rule.
func (p pen) ruleName(id string) string {
	switch id {
	case "media":
		return p.say("photos et portraits", "photos and portraits")
	case "contract":
		return p.say("compte et commandes", "account and orders")
	case "billing":
		return p.say("facturation", "billing")
	case "commercial":
		return p.say("données commerciales", "commercial data")
	}
	return id
}

func (p pen) starts(s string) Cell {
	switch s {
	case "completion":
		return word(s, p.say("achèvement de la commande", "completion of the order"), Plain)
	case "last interaction":
		return word(s, p.say("dernière interaction de la personne", "the person's last interaction"), Plain)
	case "financial year end":
		return word(s, p.say("clôture de l'exercice", "end of the financial year"), Plain)
	case "last contact":
		return word(s, p.say("dernier contact venant de la personne", "last contact coming from the person"), Plain)
	case "end of relationship":
		return word(s, p.say("fin de la relation contractuelle", "end of the contractual relationship"), Plain)
	}
	return p.orGap(s)
}

func (p pen) then(s string) Cell {
	switch s {
	case "delete":
		return word(s, p.say("suppression, puis vérification", "deletion, then verification"), Plain)
	case "restrict":
		return word(s, p.say("archivage intermédiaire (accès restreint)", "intermediate archiving (restricted access)"), Plain)
	case "anonymise":
		return word(s, p.say("anonymisation", "anonymisation"), Plain)
	}
	return p.orGap(s)
}

// thenOf is what a retention rule does at its end, "" for one unknown.
func (p pen) thenOf(id string) string {
	for _, r := range p.in.Rules {
		if r.ID == id {
			return r.Then
		}
	}
	return ""
}

// held says why something waits: an open case ("case 3: access"), a reason of
// the rules themselves, or the words of the owner's own hold, which may name a
// person.
func (p pen) held(reason string) Cell {
	if n, right, ok := plan.HeldByCase(reason); ok {
		return word(reason, p.sayf("demande n° %s (%s)", "request No %s (%s)", n, p.right(right)), Plain)
	}
	if words := p.say(plan.HeldWords(reason, "fr"), plan.HeldWords(reason, "en")); words != "" {
		return word(reason, words, Plain)
	}
	return p.private(reason)
}

func (p pen) dueState(r DueRow) Cell {
	s := r.State
	if s == "" {
		switch {
		case r.Held != "":
			s = "held"
		case r.Due.IsZero():
			s = "open"
		case p.today.After(r.Due):
			s = "due"
		default:
			s = "counting"
		}
	}
	switch s {
	case "due":
		if p.thenOf(r.Rule) == "restrict" {
			return word(s, p.say("à archiver", "to archive"), Bad)
		}
		return word(s, p.say("à effacer", "due"), Bad)
	case "held":
		return word(s, p.say("conservé", "held"), Warn)
	case "counting":
		return word(s, p.say("délai en cours", "counting"), Plain)
	case "open":
		return word(s, p.say("délai non commencé", "not begun"), Faint)
	case "erased":
		return word(s, p.say("effacé", "erased"), Good)
	}
	return plain(s)
}

func (p pen) nature(s string) Cell {
	switch s {
	case "confidentiality":
		return word(s, p.say("perte de la confidentialité", "loss of confidentiality"), Plain)
	case "integrity":
		return word(s, p.say("perte de l'intégrité", "loss of integrity"), Plain)
	case "availability":
		return word(s, p.say("perte de la disponibilité", "loss of availability"), Plain)
	}
	return p.orGap(s)
}

func (p pen) risk(s string) Cell {
	switch s {
	case "none":
		return word(s, p.say("pas de risque", "no risk"), Plain)
	case "risk":
		return word(s, p.say("risque", "risk"), Warn)
	case "high":
		return word(s, p.say("risque élevé", "high risk"), Bad)
	}
	return p.orGap(s)
}

func (p pen) party(s string) Cell {
	switch s {
	case "first":
		return word(s, p.say("le site lui-même", "the site itself"), Plain)
	case "processor":
		return word(s, p.say("sous-traitant", "processor"), Plain)
	case "independent":
		return word(s, p.say("tiers, responsable de traitement distinct", "third party, independent controller"), Plain)
	}
	return p.orGap(s)
}

func (p pen) trackerConsent(s string) Cell {
	switch s {
	case "needed":
		return word(s, p.say("requis", "needed"), Plain)
	case "exempt":
		return word(s, p.say("exempté (strictement nécessaire)", "exempt (strictly necessary)"), Plain)
	}
	return p.orGap(s)
}

func (p pen) trackerCategory(s string) Cell {
	switch s {
	case "necessary":
		return word(s, p.say("strictement nécessaire", "strictly necessary"), Plain)
	case "choice":
		return word(s, p.say("choix de consentement", "consent choice"), Plain)
	case "audience":
		return word(s, p.say("mesure d'audience", "audience measurement"), Plain)
	case "advertising":
		return word(s, p.say("publicité et reciblage", "advertising and retargeting"), Plain)
	case "social":
		return word(s, p.say("réseaux sociaux", "social networks"), Plain)
	case "other":
		return word(s, p.say("autre", "other"), Plain)
	}
	return p.orGap(s)
}

func (p pen) rulingState(s string) Cell {
	switch s {
	case "mended":
		return word(s, p.say("corrigé", "mended"), Good)
	case "accepted":
		return word(s, p.say("accepté, motif au dossier", "accepted, reason on file"), Plain)
	}
	return word("open", p.say("ouvert", "open"), Warn)
}

func (p pen) consentKind(s string) Cell {
	switch s {
	case "consent":
		return word(s, p.say("consentement", "consent"), Plain)
	case "objection":
		return word(s, p.say("opposition", "objection"), Plain)
	case "withdrawal":
		return word(s, p.say("retrait du consentement", "withdrawal of consent"), Plain)
	}
	return p.orGap(s)
}

func (p pen) consentWhat(s string) Cell {
	switch s {
	case "marketing":
		return word(s, p.say("prospection commerciale", "direct marketing"), Plain)
	case "photo use":
		return word(s, p.say("autre usage des photos", "other use of the photos"), Plain)
	case "trackers":
		return word(s, p.say("cookies et autres traceurs", "cookies and other trackers"), Plain)
	}
	return p.orGap(s)
}

func (p pen) promiseState(s string) Cell {
	switch s {
	case "kept":
		return word(s, p.say("tenue", "kept"), Good)
	case "at risk":
		return word(s, p.say("en danger", "at risk"), Warn)
	case "broken":
		return word(s, p.say("rompue", "broken"), Bad)
	}
	return word("cannot tell", p.say("indéterminée", "cannot tell"), Faint)
}
