package promise

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"greffier/app/law"
	"greffier/app/retention"
)

// Claim is a promise that a policy's text makes, with the sentence that says
// so. It proposes: the owner decides.
type Claim struct {
	ID       string // P1 to P17
	Sentence string // of the text, on one line and bounded
	// Rule and Period are the period that the sentence promises: "media" and
	// "60 days"; "" where it names none.
	Rule, Period string
}

// The bounds of a text that is read.
const (
	maxPolicy   = 400_000 // bytes
	maxSentence = 1500    // runes of one sentence
	maxClaims   = 4       // sentences of one promise
)

// Read finds the known promises that a policy in French or English makes, those
// of P1 first, each with at most four sentences, the clearest first.
func Read(text string) []Claim {
	if len(text) > maxPolicy {
		text = strings.ToValidUTF8(text[:maxPolicy], "")
	}
	found := map[string][]Claim{}
	for _, s := range sentences(text) {
		for i := range grammar {
			g := &grammar[i]
			if len(found[g.id]) >= maxClaims || !g.says(s) {
				continue
			}
			c := Claim{ID: g.id, Sentence: clip(s.text)}
			if g.rule != "" {
				c.Rule, c.Period = g.rule, g.period(s)
			}
			found[g.id] = append(found[g.id], c)
		}
	}
	var out []Claim
	for i := range grammar {
		cs := found[grammar[i].id]
		slices.SortStableFunc(cs, func(a, b Claim) int {
			return strings.Compare(b.Period[:min(1, len(b.Period))], a.Period[:min(1, len(a.Period))])
		})
		out = append(out, cs...)
	}
	return out
}

// clip makes a sentence fit for one line.
func clip(s string) string {
	rs := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)), " "))
	if len(rs) > 400 {
		return string(rs[:400]) + "…"
	}
	return string(rs)
}

// said is a sentence with what it is read with.
type said struct {
	text  string
	plain string // small letters without accents
	// lead is the sentence that announces a list of which this is an item, and
	// head the heading above, both plain.
	lead, head string
}

var ends = regexp.MustCompile(`[.!?;](?:\s+|$)|\n+`)

// sentences splits a text. An item of a list knows the sentence that announces
// the list, and every sentence the heading above it.
func sentences(text string) []said {
	var out []said
	head, lead := "", ""
	for para := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		trimmed := strings.TrimSpace(para)
		if trimmed == "" {
			continue
		}
		item := strings.IndexAny(trimmed[:min(len(trimmed), 4)], "-*•–·|") == 0
		if heading(trimmed) && !item {
			head, lead = plain(trimmed), ""
		}
		from := 0
		cut := func(to int) {
			s := strings.TrimSpace(trimmed[from:to])
			from = to
			if len([]rune(s)) < 3 || len([]rune(s)) > maxSentence {
				return
			}
			x := said{text: strings.TrimLeft(s, "-*•–·#| "), plain: plain(s), head: head}
			if item || lead != "" && len(trimmed) < 250 {
				x.lead = lead
			}
			out = append(out, x)
		}
		for _, m := range ends.FindAllStringIndex(trimmed, -1) {
			if abbreviated(trimmed[:m[0]]) {
				continue
			}
			cut(m[1])
		}
		cut(len(trimmed))
		switch {
		case strings.HasSuffix(trimmed, ":"):
			last := ""
			if len(out) > 0 {
				last = out[len(out)-1].plain
			}
			lead = last
		case !item && len(trimmed) >= 250:
			lead = ""
		}
	}
	return out
}

// abbreviated tells whether a point ends a short word and no sentence.
func abbreviated(before string) bool {
	i := strings.LastIndexFunc(before, func(r rune) bool { return !unicode.IsLetter(r) })
	word := plain(before[i+1:])
	return slices.Contains([]string{"art", "no", "n", "cf", "ex", "etc", "e.g", "eg", "ltd", "inc", "st", "mr", "mme", "al"}, word)
}

// heading tells whether a line is a heading: short, and no sentence.
func heading(line string) bool {
	return !strings.Contains(line, "|") && periods(plain(line)) == nil && len(line) < 90 && !strings.HasSuffix(line, ".") && !strings.HasSuffix(line, ";") && !strings.HasSuffix(line, ":") && !strings.HasSuffix(line, ",") && len(strings.Fields(line)) <= 10
}

var accents = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u", "ç", "c", "œ", "oe", "’", "'", "\u00a0", " ", "\u202f", " ", "\u00ad", "")

// plain returns the text in small letters without accents, on one line.
func plain(s string) string {
	return strings.Join(strings.Fields(accents.Replace(strings.ToLower(s))), " ")
}

// rule of the grammar: a sentence makes the promise when each group has a word
// in it, and none of not.
type reading struct {
	id   string
	rule string // of the period it promises
	// all are the groups. A group that begins with ^ is looked for in the
	// sentence alone, the others in its lead and heading too.
	all [][]string
	not []string
	or  [][]string // a second way to say it
}

func (g *reading) says(s said) bool {
	if has(s.plain, g.not) || has(s.plain, never) {
		return false
	}
	return matches(s, g.all) || g.or != nil && matches(s, g.or)
}

func matches(s said, groups [][]string) bool {
	around := s.head + " . " + s.lead + " . " + s.plain
	for _, group := range groups {
		switch {
		case group[0] == periodWord:
			if periods(s.plain) == nil {
				return false
			}
		case group[0] == "^":
			if !has(s.plain, group[1:]) {
				return false
			}
		case !has(around, group):
			return false
		}
	}
	return true
}

// periodWord stands for a group that any period fulfils.
const periodWord = "<period>"

// never keeps any sentence from being a promise.
var never = []string{"ne pouvons garantir", "ne peut garantir", "ne garantissons", "cannot guarantee", "can not guarantee", "do not guarantee", "aucune garantie", "no guarantee", "lorem ipsum", "faux texte"}

// has tells whether a text has one of the words, each at the beginning of a
// word of the text.
func has(text string, words []string) bool {
	for _, w := range words {
		for at := 0; ; {
			i := strings.Index(text[at:], w)
			if i < 0 {
				break
			}
			i += at
			if i == 0 || !letter(text[i-1]) || !letter(w[0]) {
				return true
			}
			at = i + 1
		}
	}
	return false
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80 }

var (
	numbers    = map[string]int{"un": 1, "une": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3, "quatre": 4, "four": 4, "cinq": 5, "five": 5, "six": 6, "sept": 7, "seven": 7, "huit": 8, "eight": 8, "dix": 10, "ten": 10, "douze": 12, "twelve": 12, "treize": 13, "thirteen": 13, "quinze": 15, "fifteen": 15, "vingt": 20, "twenty": 20, "trente": 30, "thirty": 30, "quarante-cinq": 45, "forty-five": 45, "soixante": 60, "sixty": 60, "quatre-vingt-dix": 90, "ninety": 90}
	periodText = regexp.MustCompile(`\b(\d{1,4}|[a-z]+(?:-[a-z]+)*)\s*(?:\(\s*(\d{1,4})\s*\))?[\s-]*(jours?|days?|semaines?|weeks?|mois|months?|ans?|annees?|years?|years')\b`)
)

type span struct {
	at     int
	period law.Period
}

// periods returns the periods that a plain sentence names.
func periods(s string) []span {
	var out []span
	for _, m := range periodText.FindAllStringSubmatchIndex(s, 20) {
		n := 0
		for _, g := range []int{4, 2} {
			if m[g] < 0 {
				continue
			}
			word := s[m[g]:m[g+1]]
			if n = numbers[word]; n == 0 {
				for _, c := range word {
					if c < '0' || c > '9' {
						n = 0
						break
					}
					n = n*10 + int(c-'0')
				}
			}
			if n > 0 {
				break
			}
		}
		unit, word := law.Days, s[m[6]:m[7]]
		switch {
		case n == 0:
			continue
		case strings.HasPrefix(word, "semaine"), strings.HasPrefix(word, "week"):
			n *= 7
		case strings.HasPrefix(word, "mois"), strings.HasPrefix(word, "month"):
			unit = law.Months
		case strings.HasPrefix(word, "an"), strings.HasPrefix(word, "year"):
			unit = law.Years
		}
		out = append(out, span{m[0], law.Period{N: n, Unit: unit}})
	}
	return out
}

// period returns the period of a sentence that stands nearest after the word
// that it is about, or nearest before it.
func (g *reading) period(s said) string {
	ps := periods(s.plain)
	if len(ps) == 0 {
		return ""
	}
	about := -1
	for _, w := range g.all[0] {
		if i := strings.Index(s.plain, strings.TrimPrefix(w, "^")); w != "^" && i >= 0 && (about < 0 || i < about) {
			about = i
		}
	}
	for _, p := range ps {
		if p.at > about {
			return p.period.String()
		}
	}
	return ps[len(ps)-1].period.String()
}

var (
	pictures = []string{"photo", "image", "portrait", "picture", "visuel", "cliche", "upload", "televers"}
	keeping  = []string{"efface", "supprim", "detrui", "destruct", "conserv", "garde", "archiv", "delet", "eras", "remov", "kept", "keep", "retain", "retention", "store", "stock", "purg", "destroy", "disparai", "wipe", "hold", "duree"}
)

// grammar is how policies say what is promised, in French and English.
var grammar = []reading{
	{id: "P1", all: [][]string{{"^", "responsable du traitement", "responsable de traitement", "responsable des traitements", "data controller", "controller of your", "controller of the", "controller for", "the controller", "responsible for processing", "responsible for the processing"}, {"^", " est ", " is ", ":", " agit ", " acts ", "controller, ", "designe"}},
		or:  [][]string{{"responsable du traitement", "responsable de traitement", "data controller", "who we are", "qui sommes-nous"}, {"^", "siret", "siren", "rcs", "registered", "immatricul", "whose address", "dont le siege"}},
		not: []string{"demander au responsable", "ask the controller", "from the controller", "complaint", "a le droit", "sous-traitant agit", "processor acts"}},
	{id: "P2", all: [][]string{{"^", "nous collectons", "nous recueillons", "sont collectees", "sont recueillies", "donnees collectees", "donnees recueillies", "nous traitons", "que nous collectons", "we collect", "we gather", "is collected", "are collected", "we process the following", "data we hold", "data we process", "categories de donnees", "categories of data", "categories of personal", "recueillons", "collectons", "we ask for", "nous demandons"}, {"nom", "name", "adresse", "address", "email", "e-mail", "courriel", "donnees", "data", "photo", "information"}},
		not: []string{"ne collectons pas", "ne collectons aucun", "ne recueillons pas", "not collect", "never collect", "cookie", "traceur", "sans votre", "are collected by", "we process the following requests"}},
	{id: "P3", all: [][]string{append([]string{}, pictures...), {"^", "utilis", "servent", "sert ", "usage", "used", "use ", "use them", "purpose", "exploit", "finalite", "reutilis"}, {"^", "uniquement", "exclusivement", "seul", "ne servent qu", "only", "solely", "exclusively", "aucun autre", "aucune autre", "no other", "nothing else", "never used", "never be used", "rien d'autre", "jamais", "not be used for", "ne sont pas utilis", "pas reutilis", "sans votre accord", "without your", "sauf consentement", "sauf accord"}},
		not: []string{"cookie"}},
	{id: "P4", all: [][]string{{"mineur", "enfant", "minor", "child", "moins de 15", "moins de quinze", "under 15", "under 16", "under the age"}, {"^", "parent", "autorite parentale", "guardian", "tuteur", "tutrice", "representant legal", "representants legaux", "legal representative"}}},
	{id: "P5", all: [][]string{{"base legale", "bases legales", "base juridique", "bases juridiques", "fondement juridique", "fondement legal", "legal basis", "legal bases", "lawful basis", "lawful bases", "legal ground", "lawful ground", "article 6", "art. 6"}, {"^", "contrat", "contract", "consent", "obligation", "interet legitime", "legitimate interest", "execution"}},
		or: [][]string{{"^", "repose", "fonde", "relies on", "rely on", "based on", "is based"}, {"^", "execution du contrat", "execution de votre", "performance of", "obligation legale", "legal obligation", "your consent", "votre consentement"}}},
	{id: "P6", all: [][]string{{"^", "sous-trait", "prestataire", "processor", "service provider", "subcontract", "sub-contract", "providers", "partenaire", "suppliers", "fournisseur"}, {"^", "contrat", "contract", "article 28", "art. 28", "agreement", "dpa", "lies par", "bound by", "engages a", "engagement ecrit"}},
		not: []string{"liste des sous-traitants", "clauses contractuelles type", "standard contractual", "execution du contrat", "performance of the contract"}},
	{id: "P7", all: [][]string{{"hors de l'union", "hors union", "hors ue", "hors de l'ue", "en dehors de l'union", "en dehors de l'ue", "hors de l'espace", "hors eee", "outside the eu", "outside the european", "outside of the eu", "outside europe", "outside the eea", "third countr", "pays tiers", "etats-unis", "united states", "transfer"}, {"^", "clauses contractuelles", "contractual clauses", "adequa", "privacy framework", "garantie", "safeguard", "binding corporate", "scc"}},
		or: [][]string{{"^", "aucun transfert", "aucune donnee n'est transfer", "ne sont pas transfer", "ne quittent pas", "no transfer", "not transfer", "never leave", "do not leave", "restent en europe", "restent dans l'union", "stay in the eu", "remain in the e", "stays within the e", "hebergees exclusivement en", "not sent outside"}, {"^", "union", "europ", "ue", "eu", "eee", "eea", "france", "hors"}}},
	{id: "P8", rule: retention.Media, all: [][]string{append([]string{}, pictures...), append([]string{}, keeping...), {periodWord}},
		not: []string{"factur", "invoice", "prospect", "cookie", "newsletter", "traceur"}},
	{id: "P9", rule: "billing", all: [][]string{{"^", "factur", "comptab", "invoice", "billing", "accounting", "fiscal", "tax record"}, append([]string{}, keeping...), {periodWord}}},
	{id: "P10", rule: "commercial", all: [][]string{{"prospect", "commercia", "marketing", "relation client", "newsletter", "lettre d'information", "clients", "customer", "contact"}, append([]string{}, keeping...), {periodWord}, {"^", "dernier contact", "dernier echange", "derniere interaction", "dernier achat", "derniere commande", "last contact", "last interaction", "last purchase", "last order", "last heard", "inactiv", "dernier courriel", "prospect", "hear from you"}},
		not: []string{"factur", "invoice", "photo", "portrait", "cookie"}},
	{id: "P11", all: [][]string{{"^", "compte", "account", "commande", "order"}, append([]string{}, keeping...), {"^", "relation contractuelle", "duree du contrat", "duree de la relation", "contractual relationship", "duration of the contract", "life of the contract", "ferme", "clotur", "closed", "close your", "closure", "inactif", "inactive", "tant que", "as long as", "while you", "supprimez votre compte", "delete your account", "dormant", "fin du contrat", "end of the contract", "contract ends"}},
		not: []string{"comptab", "account of", "photo", "portrait"}},
	{id: "P12", all: [][]string{{"^", "chiffr", "encrypt", "https", "tls", "ssl", "mesures techniques", "mesures de securite", "technical and organi", "organisational measures", "security measures", "acces restreint", "restricted access", "access is restricted", "access is limited", "acces est limite", "mots de passe", "connexion securisee", "secure connection", "mesures organisationnelles"}}},
	{id: "P13", all: [][]string{{"cookie", "traceur", "tracker", "pixel"}, {"^", "consent", "accept", "accord", "permission", "opt in", "opt-in", "agree", "autoris", "dites oui", "say yes", "dit oui"}},
		not: []string{"en poursuivant", "by continuing", "continuing to", "ne necessite", "ne requier", "do not require", "not need", "dispense", "exempt", "sans consentement", "without consent", "vous acceptez notre", "implies"}},
	{id: "P14", all: [][]string{{"^", "repond", "reponse", "respond", "reply", "answer", "traiter votre demande", "traitons votre demande", "process your request", "handle your request", "act on your request", "get back to you"}, {"^", "demande", "request", "droit", "right", "vous", "you", "toute"}, {"^", "un mois", "one month", "30 jours", "30 days", "trente jours", "thirty days", "1 mois", "1 month", "delai legal", "delais legaux", "legal time", "statutory", "mois suivant", "month of", "a month", "four weeks", "quinze jours", "deux semaines", "within 14", "two weeks"}},
		not: []string{"service client", "customer service", "bref delai seulement", "sav"}},
	{id: "P15", all: [][]string{{"^", "acces", "access", "rectif", "correct", "efface", "erase", "erasure", "delet", "supprim", "oppos", "object", "portab", "limit", "restrict", "retir", "withdraw", "copie de vos", "copy of your"}, {"droit", "right", "vous pouvez demander", "vous pouvez a tout moment", "you can ask", "you may ask", "you may at any time", "you can at any time", "vos droits", "your rights", "ask us to", "nous demander"}},
		not: []string{"cookie", "traceur", "responsable du service", "access to the site", "copyright", "propriete", "droit d'auteur", "newsletter", "access rights are", "droits d'acces sont limites", "droits d'acces internes", "commission", "cnil", "acces restreint", "restricted to"}},
	{id: "P16", all: [][]string{{"^", "cnil", "autorite de controle", "autorite de protection", "supervisory authority", "data protection authority", "protection commission", "commission nationale"}, {"reclamation", "plainte", "saisir", "complain", "lodge", "recours", "signaler", "turn to", "adresser a la"}}},
	{id: "P17", all: [][]string{{"politique", "policy", "notice", "page", "charte", "document"}, {"^", "version", "mise a jour", "mises a jour", "modifi", "update", "change", "revis", "amend", "evolu"}, {"^", "conserv", "archiv", "anterieur", "precedent", "previous", "earlier", "en vigueur", "in force", "current version", "applicable est", "applicable is", "version applicable", "date", "kept", "keep", "publie", "published", "en ligne", "posted", "effective", "history", "historique"}},
		not: []string{"cookie", "donnees sont conservees", "update your", "mettre a jour vos", "update our catalogue", "retractation", "refund"}},
}
