package cases

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/request"
)

// overlay is a catalog of which one template is another one.
type overlay struct {
	Letters
	kind, lang, subject, body string
}

func (o overlay) Letter(kind, lang string) (subject, body string, ok bool) {
	if kind == o.kind && lang == o.lang {
		return o.subject, o.body, true
	}
	return o.Letters.Letter(kind, lang)
}

// Sample is an invented person with everything that a letter can tell, by which
// a wording is tried and shown. Youth makes the person a child who asks for
// herself; Bare takes away what is not always known; Partly limits each answer.
type Sample struct {
	Youth, Bare, Partly bool
}

// HasSubject tells whether the subject line of a template is used: the parts and
// the blocks of an answer have none.
func HasSubject(kind string) bool {
	return !strings.HasPrefix(kind, "part-") && !strings.HasPrefix(kind, "answer-")
}

// Templates returns every template that the owner may change, letters first,
// then the blocks of an answer and the shared parts.
func Templates() []string {
	var letters, blocks, parts []string
	letters = append(letters, LetterKinds...)
	for _, k := range LetterParts() {
		switch {
		case strings.HasPrefix(k, "part-"):
			parts = append(parts, k)
		case strings.HasPrefix(k, "answer-"):
			blocks = append(blocks, k)
		default:
			letters = append(letters, k)
		}
	}
	return slices.Concat(letters, blocks, parts)
}

// letterWith is the letter in which a template can be seen, with the right that
// the sample asks for and how it ended.
func letterWith(kind string) (letter string, right request.Right, o Outcome) {
	switch kind {
	case "part-greeting", "part-signature", "part-right":
		return LetterAcknowledge, request.Erasure, Undecided
	case "part-remedies":
		return LetterRefuse, request.Erasure, Denied
	case "part-what", "part-count":
		return LetterAnswer, request.Erasure, Granted
	case "part-whose":
		return LetterAnswer, request.Restriction, Granted
	case "answer-refused":
		return LetterAnswer, request.Objection, Denied
	case "answer-moot":
		return LetterAnswer, request.Access, Moot
	case LetterAnswer:
		return LetterAnswer, request.Erasure, Granted
	case LetterRefuse:
		return LetterRefuse, request.Erasure, Denied
	}
	if right, ok := strings.CutPrefix(kind, "answer-"); ok {
		return LetterAnswer, request.ParseRight(right), Granted
	}
	return kind, request.Erasure, Undecided
}

// Preview shows a wording of a template, of any kind, in the letter to which it
// belongs, with the facts of a sample. The other templates come from the
// catalog. Errors are those of Draft.
func Preview(kind, lang, subject, body string, s Sample, own Facts, letters Letters, now time.Time) (Letter, error) {
	return previewWith(overlay{letters, kind, lang, subject, body}, kind, lang, s, own, now)
}

// PreviewCase is Preview with the facts of a real case.
func PreviewCase(kind, lang, subject, body string, c Case, f Facts, letters Letters, now time.Time) (Letter, error) {
	letter, _, _ := letterWith(kind)
	if !slices.Contains(LetterKinds, letter) {
		return Letter{}, fmt.Errorf("show the letter %q with a case: %w", kind, ErrLetterFacts)
	}
	return Draft(c, letter, f, overlay{letters, kind, lang, subject, body}, lang, now)
}

func previewWith(letters Letters, kind, lang string, s Sample, own Facts, now time.Time) (Letter, error) {
	letter, right, o := letterWith(kind)
	f := sampleFacts(letter, lang, s, own, now)
	if slices.Contains(NoticeKinds, letter) {
		n := Notice{ID: "7-2", Token: "GR-7-2", Name: "Imprimerie du Nord", To: "contact@imprimerie.example", Lang: lang, Instructed: !s.Partly, Orders: []string{"1042", "1043"}}
		first, reminds := strings.CutSuffix(letter, "-reminder")
		n.Kind = map[string]NoticeKind{LetterNoticeRectified: NoticeRectification, LetterNoticeRestricted: NoticeRestriction}[first]
		if reminds {
			n.State, n.SentAt = NoticeSent, now.AddDate(0, 0, -6)
		}
		return NoticeLetter(n, f, letters, now)
	}
	if letter == LetterBreach {
		return BreachLetter(sampleBreach(lang, s, now), Person{Name: "Anne Martin", Email: "anne.martin@example.org"}, []string{"1042"}, f, letters, lang, now)
	}
	c := sampleCase(lang, s, right, o, now)
	return Draft(c, letter, f, letters, lang, now)
}

// sampleCase is the case of the invented person.
func sampleCase(lang string, s Sample, right request.Right, o Outcome, now time.Time) Case {
	c := Case{ID: 12, State: InProgress, Channel: "mail", Language: lang, Requester: Person{Name: "Anne Martin", Email: "anne.martin@example.org"}, Link: Self,
		Identity: Identity{Level: Confirmed}, ReceivedAt: now.AddDate(0, 0, -9),
		Orders: []Match{{Order: 1, Number: "1042", Strong: true, Selected: true}, {Order: 2, Number: "1043", Strong: true, Selected: true}},
		Asked:  []Asked{{Right: right, Confidence: 1, Outcome: o}}}
	c.Minor = s.Youth
	if o == Granted && s.Partly {
		c.Asked[0].Outcome = Partly
	}
	if o == Denied || c.Asked[0].Outcome == Partly {
		c.Asked[0].Ground, c.Asked[0].Reason = "GDPR Art. 17(3)(b)", sampleReason(lang)
	}
	if s.Bare {
		c.ID, c.Requester.Name = 0, ""
	}
	return c
}

func sampleReason(lang string) string {
	if lang == "fr" {
		return "La loi nous oblige à garder vos factures dix ans."
	}
	return "The law obliges us to keep your invoices for ten years."
}

// sampleFacts are the facts of the invented person for a letter; the controller
// is the owner's own. What only one letter is about no other one knows.
func sampleFacts(letter, lang string, s Sample, own Facts, now time.Time) Facts {
	f := everyFact(lang, s, own, now)
	for of, drop := range map[string]func(){
		LetterCode: func() { f.Code, f.CodeUntil = "", law.Date{} }, LetterClarify: func() { f.Question = "" }, LetterFee: func() { f.Fee, f.SayBy = "", law.Date{} },
		LetterLift: func() { f.LiftOn = law.Date{} },
	} {
		if letter != of {
			drop()
		}
	}
	return f
}

// everyFact is all that the letters to the invented person can tell.
func everyFact(lang string, s Sample, own Facts, now time.Time) Facts {
	say := func(fr, en string) string {
		if lang == "fr" {
			return fr
		}
		return en
	}
	ahead := func(days int) law.Date { return law.DateOf(now, own.Zone).AddDays(days) }
	f := Facts{Zone: own.Zone, Controller: own.Controller, Address: own.Address, Email: own.Email, Site: own.Site,
		Due: ahead(22), NewDue: ahead(83), Code: "482 913", CodeUntil: ahead(7), Question: say("De quelle commande parlez-vous ?", "Which order do you mean?"),
		Reason: say("Vos photographies se trouvent dans douze commandes, sur trois années.", "Your photographs are in twelve orders, over three years."),
		Fee:    say("15 euros", "15 euros"), RestrictedAt: now.AddDate(0, 0, -5), LiftOn: ahead(14),
		Erased: []Erased{{"photo", 42}, {"portrait", 3}, {"derived", 7}, {"field", 5}, {"account", 1}}, ErasedAt: now.AddDate(0, 0, -1),
		Purposes:   []Purpose{{say("gérer vos commandes", "handling your orders"), say("exécution du contrat", "performance of a contract"), say("nom, adresse, commandes", "name, address, orders"), say("cinq ans", "five years")}},
		Recipients: []string{"Imprimerie du Nord"},
		Files:      []string{"donnees-12.zip"},
		Changes:    []Change{{say("Adresse", "Address"), say("3 rue des Lilas, Lille", "3 rue des Lilas, Lille"), say("7 place du Marché, Lens", "7 place du Marché, Lens")}},
		StoppedAt:  now.AddDate(0, 0, -4), Stopped: []string{say("l’envoi de messages commerciaux", "the sending of marketing messages")},
	}
	if s.Bare {
		f.Site = ""
		f.Changes[0].Was = ""
		return f
	}
	f.Searched = []string{say("nos commandes", "our orders"), say("nos messages", "our messages"), say("nos espaces de stockage", "our storage")}
	f.SayBy, f.RestrictedFor = ahead(15), say("vous contestez une adresse, que nous vérifions", "you contest an address, which we are checking")
	f.Certificate, f.BackupsGone = "C-7", ahead(30)
	f.Left = nil
	if s.Partly {
		f.Left = []Stays{{say("2 photographies", "2 photographs"), say("l’hébergeur les verrouille encore", "the provider still locks them"), ahead(20)}}
	}
	f.Kept = []Stays{{say("la facture de la commande 1042", "the invoice of order 1042"), say("nous devons la garder dix ans (code de commerce, art. L. 123-22)", "we have to keep it for ten years (French Commercial Code, Article L. 123-22)"), law.Date{Year: 2036, Month: 12, Day: 31}}}
	f.Restricted = []Stays{{say("la preuve de la commande 1043", "the proof of order 1043"), say("en cas de litige (code civil, art. 2224)", "in case of a dispute (French Civil Code, Article 2224)"), law.Date{Year: 2031, Month: 3, Day: 2}}}
	f.Told = []Told{{Name: "Imprimerie du Nord", On: ahead(-1)}, {Name: "Transports Delmas", Why: say("il n’a plus ces données", "it no longer has these data")}}
	f.Transfers = []string{say("États-Unis : clauses contractuelles types", "United States: standard contractual clauses")}
	f.Source = say("de la personne qui a passé la commande", "from the person who placed the order")
	f.Automated = say("une machine refuse les photographies illisibles", "a machine refuses unreadable photographs")
	f.FilesUntil, f.Formats, f.Encrypted, f.PassphraseBy = ahead(30), []string{"JSON", "JPEG"}, true, say("par téléphone", "by telephone")
	f.LeftOut = []Stays{{What: say("les visages d’autres personnes", "the faces of other people"), Ground: say("leurs droits passent avant (RGPD, art. 15(4))", "their rights come first (GDPR, Art. 15(4))")}}
	return f
}

// sampleBreach is an invented breach.
func sampleBreach(lang string, s Sample, now time.Time) BreachFacts {
	b := BreachFacts{Nature: "confidentiality", KnownAt: now.AddDate(0, 0, -2), What: "a folder with order confirmations could be read on the internet without a password.",
		Effects:  "Somebody may know your name, your address and what you ordered, and write to you pretending to be us.",
		Measures: "The folder was closed within the hour, and we searched our logs for who had opened it."}
	if lang == "fr" {
		b.What = "un dossier de confirmations de commande pouvait être lu sur internet sans mot de passe."
		b.Effects = "Quelqu’un peut connaître votre nom, votre adresse et ce que vous avez commandé, et vous écrire en se faisant passer pour nous."
		b.Measures = "Le dossier a été fermé dans l’heure, et nous avons cherché dans nos journaux qui l’avait ouvert."
	}
	if s.Bare {
		return b
	}
	b.HappenedAt, b.NotifiedAt = now.AddDate(0, 0, -3), now.AddDate(0, 0, -1)
	b.Advice = "Do not answer messages that ask you to pay again for your order."
	if lang == "fr" {
		b.Advice = "Ne répondez pas aux messages qui vous demandent de payer votre commande à nouveau."
	}
	return b
}
