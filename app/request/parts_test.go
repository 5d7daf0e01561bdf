package request

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"greffier/app/mailbox"
)

func TestOrderNumbersAreFoundAndOtherNumbersAreNot(t *testing.T) {
	for _, c := range []struct {
		name, subject, text string
		want                []string
	}{
		{"after the word order", "", "Where is my order CF-1042?", []string{"CF-1042"}},
		{"after n°", "", "Ma commande n° 10458 n'est pas arrivée.", []string{"10458"}},
		{"after #, in the subject", "Order #3021", "Please help", []string{"3021"}},
		{"two of them", "", "Commandes CF-1042 et CF-1043, merci de supprimer les photos.", []string{"CF-1042", "CF-1043"}},
		{"short form", "", "cmd 2231 jamais arrivée", []string{"2231"}},
		{"said in a sentence", "", "Ma commande était la 5031, merci.", []string{"5031"}},
		{"said in an English sentence", "", "My orders were 5031 and 5032.", []string{"5031", "5032"}},
		{"German", "", "Meine Bestellung Nr. 77120 fehlt.", []string{"77120"}},
		{"not a phone number", "", "Commande en retard, appelez le 06 12 34 56 78 ou le 0612345678", nil},
		{"not a price", "", "J'ai une commande à 49,90 € et une autre de 120 euros", nil},
		{"not a date", "", "Ma commande du 12/11/2026, order of 2026-11-12", nil},
		{"not a postcode", "", "Livrez ma commande au 12 rue Nationale 59000 Lille", nil},
		{"not in a quote", "Re: hello", "Thanks!\n\nOn Mon, 2 Nov 2026 a@example.net wrote:\n> Your order 9999 has shipped", nil},
		{"named twice, told once", "Order 1042", "about order 1042", []string{"1042"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Recognise(mailbox.Message{Subject: c.subject, Text: c.text}).Orders; !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMarksAreFoundWithTheirWords(t *testing.T) {
	for _, c := range []struct {
		name string
		m    mailbox.Message
		want []Mark
		not  []Mark
	}{
		{"a mother for her son", mailbox.Message{Text: "En tant que mère, je demande l'effacement des photos de mon fils."}, []Mark{MarkMinor, MarkForAnother}, nil},
		{"a child herself", mailbox.Message{Text: "j'ai 14 ans, supprimez ma photo"}, []Mark{MarkMinor}, nil},
		{"a grown-up son", mailbox.Message{Text: "My son, 24, wants his data deleted."}, nil, []Mark{MarkMinor}},
		{"a lawyer", mailbox.Message{Text: "We act for our client and request erasure of her data."}, []Mark{MarkForAnother}, nil},
		{"a service by its domain", mailbox.Message{Text: "Please delete the data of Ann Poe.", From: []mailbox.Address{{Email: "dsr@mail.saymine.com"}}}, []Mark{MarkAgent, MarkForAnother}, nil},
		{"a service by its words", mailbox.Message{Text: "This message was generated on behalf of our user Ann Poe, request ref 77-12. Please delete her data."}, []Mark{MarkAgent, MarkForAnother}, nil},
		{"a person is no agent", mailbox.Message{Text: "Please delete my data."}, nil, []Mark{MarkAgent, MarkForAnother}},
		{"a complaint announced", mailbox.Message{Text: "Sans réponse je saisirai la CNIL."}, []Mark{MarkComplaint}, nil},
		{"a deadline", mailbox.Message{Text: "Please delete my data within 14 days."}, []Mark{MarkDeadline}, nil},
		{"a deadline in French", mailbox.Message{Text: "Merci d'effacer mes données sous huitaine."}, []Mark{MarkDeadline}, nil},
		{"a leak", mailbox.Message{Text: "I received another customer's photos!"}, []Mark{MarkBreach}, nil},
		{"a phish", mailbox.Message{Text: "Votre compte sera suspendu, cliquez ici pour vérifier."}, []Mark{MarkPhishing}, nil},
		{"a machine", mailbox.Message{Text: "Absent", AutoSubmitted: true}, []Mark{MarkAutomatic}, nil},
		{"a reply", mailbox.Message{Subject: "Re: x", Text: "ok"}, []Mark{MarkReply}, nil},
		{"everything", mailbox.Message{Text: "Supprimez toutes mes données."}, []Mark{MarkAllData}, []Mark{MarkMinor, MarkReply}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Recognise(c.m)
			checkVerdict(t, c.m, v)
			for _, w := range c.want {
				if !v.Has(w) {
					t.Errorf("no mark %q in %v", w, v.Marks)
				}
			}
			for _, w := range c.not {
				if v.Has(w) {
					t.Errorf("mark %q in %v", w, v.Marks)
				}
			}
		})
	}
}

func TestOnlyNewTextCounts(t *testing.T) {
	for _, c := range []struct {
		name, subject, text string
		want                Kind
	}{
		{"a French quote is context", "Re: livre", "Merci !\n\nLe 3 nov. 2026 à 10:12, Boutique <c@example.com> a écrit :\n> supprimez mon compte et mes données", Ordinary},
		{"a quote without marks is context", "Re: book", "Great, thank you for the quick answer.\n\nOn Mon, 2 Nov 2026 at 10:00, Shop <c@example.com> wrote:\nPlease delete my account and my data.", Ordinary},
		{"an Outlook quote is context", "RE: livre", "Parfait, merci beaucoup.\n\n________________________________\nDe : Boutique\nEnvoyé : lundi 2 novembre\nÀ : moi\nObjet : livre\n\nSupprimez mes données.", Ordinary},
		{"an answer below the quote is new", "Re: book", "On Mon, 2 Nov 2026 at 10:00, Shop <c@example.com> wrote:\n> Can we help?\n\nYes, please delete my account and my data.", Request},
		{"a forwarded request is read", "Fwd: photos", "Pour info\n\n---------- Forwarded message ---------\nDe : Lucie\nDate : lundi\nObjet : photos\n\nEffacez toutes les photos de ma fille.", Request},
		{"a forward by Outlook is read", "TR: photos", "De : Lucie\nEnvoyé : lundi\nÀ : contact\nObjet : photos\n\nEffacez toutes les photos de ma fille.", Request},
		{"a legal footer is not read", "", "Photos attached.\n\nIf you are not the intended recipient, please delete this e-mail and all data in it.", Ordinary},
		{"a signature is not read", "", "Bonjour, où est mon colis ?\n-- \nSupprimez mes données : slogan de Paul", Ordinary},
		{"the subject alone counts", "Suppression de mon compte", "", Request},
		{"an unsubscribe footer of a shop is not read", "Soldes", "Nos nouveautés d'hiver sont arrivées en boutique, venez vite les découvrir.\n\nPour vous désabonner de notre newsletter, cliquez ici", Ordinary},
		{"a hard-wrapped sentence is one", "", "Bonjour, je vous écris aujourd'hui pour vous demander de bien vouloir\nsupprimer définitivement de vos serveurs l'ensemble des images où\nfigurent mes enfants.", Request},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mailbox.Message{Subject: c.subject, Text: c.text}
			v := Recognise(m)
			checkVerdict(t, m, v)
			if v.Kind != c.want {
				t.Errorf("got %v %v, want %v", v.Kind, brief(v), c.want)
			}
		})
	}
}

func TestLanguageIsTold(t *testing.T) {
	for want, text := range map[string]string{
		"fr": "Bonjour, je souhaite supprimer mon compte.", "en": "Hello, please delete my account.", "de": "Bitte löschen Sie mein Konto.",
		"nl": "Graag mijn gegevens verwijderen.", "es": "Quiero que borren mis datos.", "it": "Vorrei che cancellaste i miei dati.", "": "12345 !!!",
	} {
		if got := Recognise(mailbox.Message{Text: text}).Language; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestTypingErrorsAreUnderstood(t *testing.T) {
	for _, text := range []string{"suprimez mon compte", "effcaez mes données", "plz dleete my account", "PLEEEASE DELETE MY DATA", "jexige leffacement de mes donnees", "desabonez moi", "unsuscribe me", "s\u200bupprimez mes donne\u0301es"} {
		if v := Recognise(mailbox.Message{Text: text}); v.Kind != Request {
			t.Errorf("%q is %v %v", text, v.Kind, brief(v))
		}
	}
}

func TestLexiconRefusesWhatCannotMatch(t *testing.T) {
	for name, text := range map[string]string{
		"an accent":                 "[x]\nfr: données",
		"a capital":                 "[x]\nen: Delete",
		"an apostrophe":             "[x]\nfr: l'oubli",
		"words before a concept":    "fr: mot",
		"a star inside an entry":    "[x]\nfr: a*b",
		"nothing between the words": "[x]\nfr: ( )",
	} {
		if _, err := loadLexicon(text); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if lex().stemMin < 3 {
		t.Error("a stem of fewer than three letters matches too much")
	}
	if strings.Contains(lexiconText, "\t") {
		t.Error("the lexicon uses tabs")
	}
}

func TestTheHeadingsNumberTheConceptsAsTheLexiconDoes(t *testing.T) {
	if have := lex().names; !maps.Equal(have, conceptNames) {
		t.Errorf("the lexicon has %d concepts, its headings %d", len(have), len(conceptNames))
	}
}
