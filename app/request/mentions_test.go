package request

import (
	"slices"
	"testing"

	"greffier/app/mailbox"
)

func TestWhatIsOnlyMentionedIsNotAskedFor(t *testing.T) {
	for _, c := range []struct {
		name string
		msg  mailbox.Message
		want []Right
	}{
		{"words in quotation marks of a seller", mailbox.Message{Text: "Chaque semaine un client vous écrit « supprimez toutes mes données » ? Notre logiciel répond à votre place. Une démo mardi ?"}, nil},
		{"the same words said by the sender", mailbox.Message{Text: "supprimez toutes mes données"}, []Right{Erasure}},
		{"a mail that is all in quotation marks", mailbox.Message{Text: "« Supprimez toutes mes données, s'il vous plaît. »"}, []Right{Erasure}},
		{"the right is named in quotation marks and used", mailbox.Message{Text: "J'exerce mon « droit à l'oubli » pour toutes mes données."}, []Right{Erasure}},
		{"advertising refused as a result of the request", mailbox.Message{Text: "Please send me a copy of the personal data you hold about me. I do not wish to receive marketing as a result of this request."}, []Right{Access}},
		{"the account is to stay", mailbox.Message{Text: "Je demande une copie de mes données. Je n'ai pas l'intention de fermer mon compte."}, []Right{Access}},
		{"the copy of the identity card is to be destroyed after use", mailbox.Message{Text: "Please send me a copy of all my personal data. I attach my passport, which you will delete after verification."}, []Right{Access}},
		{"the sender promises not to publish", mailbox.Message{Text: "Je tiens un blog et j'aimerais recevoir un livre. Je m'engage à ne publier aucune photo de ma fille sans votre accord."}, nil},
		{"a newsletter about rights", mailbox.Message{List: true, Subject: "Droit à l'effacement : les bons réflexes", Text: "Au sommaire : droit d'accès, la copie est gratuite.\nPour vous désabonner, cliquez ici."}, nil},
		{"a request that came through the shop's own group address", mailbox.Message{List: true, Text: "Bonjour, merci de supprimer mes données et mon compte."}, []Right{Erasure}},
		{"erasure without delay", mailbox.Message{Text: "Please erase my personal data without undue delay."}, []Right{Erasure}},
		{"erasure without delay, said before the verb", mailbox.Message{Text: "Je vous demande sans délai d'effacer mes données."}, []Right{Erasure}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.msg.FromFields = 1
			v := Recognise(c.msg)
			if got := v.Rights(); !slices.Equal(got, c.want) {
				t.Errorf("got %v %v, want %v", v.Kind, brief(v), c.want)
			}
		})
	}
}

func TestAnOrderIsNamedAfterItsNumber(t *testing.T) {
	v := Recognise(mailbox.Message{Text: "Vous m'aviez donné le numéro 1042 pour ma commande. Mon numéro 0612345678 a changé.", FromFields: 1})
	if !slices.Equal(v.Orders, []string{"1042"}) {
		t.Errorf("orders %v", v.Orders)
	}
}
