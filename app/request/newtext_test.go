package request

import (
	"strings"
	"testing"

	"greffier/app/mailbox"
)

// Each mail has the word NEW in what the sender wrote now and in what is
// forwarded, and the word OLD in all that is to be left out.
func TestWhatTheSenderWroteNowIsTold(t *testing.T) {
	for _, c := range []struct{ name, subject, text string }{
		{"Outlook in French", "RE: livre", "NEW merci\n\nDe : Boutique <contact@example.fr>\nEnvoyé : lundi 2 novembre 2026 10:00\nÀ : moi\nObjet : livre\n\nOLD"},
		{"Outlook in French with bold names", "RE: livre", "NEW merci\n\n*De :* Boutique\n*Envoyé :* lundi 2 novembre 2026 10:00\n*À :* moi\n*Objet :* livre\n\nOLD"},
		{"Outlook in English below a rule", "RE: book", "NEW thanks\n________________________________\nFrom: Shop <shop@example.com>\nSent: Monday, November 2, 2026 10:00\nTo: me\nSubject: book\n\nOLD\n\nOLD"},
		{"Outlook in German", "AW: Buch", "NEW danke\n\nVon: Laden <laden@example.org>\nGesendet: Montag, 2. November 2026 10:00\nAn: ich\nBetreff: Buch\n\nOLD"},
		{"Gmail in French over two lines", "Re: livre", "NEW oui\n\nLe lun. 2 nov. 2026 à 10:00, Boutique CleverFaces <\ncontact@example.fr> a écrit :\n\n> OLD\n> OLD"},
		{"Gmail in English", "Re: book", "NEW yes\n\nOn Mon, Nov 2, 2026 at 10:00 AM Shop <shop@example.com> wrote:\n\n> OLD"},
		{"Apple Mail in German", "Re: Buch", "NEW ja\n\n> Am 02.11.2026 um 10:00 schrieb Laden <laden@example.org>:\n> \n> OLD"},
		{"Dutch", "Re: boek", "NEW ja\n\nOp ma 2 nov 2026 om 10:00 schreef Winkel <winkel@example.org>:\n> OLD"},
		{"Spanish", "Re: libro", "NEW sí\n\nEl lun, 2 nov 2026 a las 10:00, Tienda (<tienda@example.org>) escribió:\n> OLD"},
		{"Italian", "Re: libro", "NEW sì\n\nIl giorno lun 2 nov 2026 alle ore 10:00 Negozio <negozio@example.org> ha scritto:\n> OLD"},
		{"an original message in French", "Re: livre", "NEW\n\n-----Message d'origine-----\nDe : Boutique\nEnvoyé : lundi\nÀ : moi\nObjet : livre\n\nOLD"},
		{"answers between the quoted lines", "Re: questions", "> OLD first?\nNEW no\n\n> OLD second?\nNEW yes"},
		{"an answer below the quote", "Re: book", "On Mon, 2 Nov 2026 at 10:00, Shop <shop@example.com> wrote:\n> OLD\n> OLD\n\nNEW thanks"},
		{"a signature", "", "NEW hello\n\n-- \nOLD Paul\nOLD director"},
		{"a telephone's signature in French", "", "NEW bonjour\n\nEnvoyé de mon iPhone"},
		{"a telephone's signature in English", "", "NEW hello\n\nSent from my Galaxy"},
		{"a notice of confidentiality in English", "", "NEW hello\n\nThis e-mail and any attachments are confidential. If you are not the intended recipient please delete OLD it."},
		{"a notice of confidentiality in French", "", "NEW bonjour\n\nCe message et toutes les pièces jointes sont confidentiels. Si vous n'en êtes pas destinataire, merci de le supprimer OLD."},
		{"a forwarded letter is read whole", "Fwd: lettre", "NEW voir ci-dessous\n\n---------- Forwarded message ---------\nDe : Lucie <lucie@example.fr>\nDate : lun. 2 nov. 2026\nObjet : lettre\nTo: contact\n\nNEW effacez tout"},
		{"the text of a document is read", "", "NEW voir la lettre jointe\n\n" + mailbox.AttachmentLine("lettre.pdf") + "\nNEW je demande"},
		{"three levels of quotes", "Re: Re: Re: x", "NEW\n> OLD\n>> OLD\n>>> OLD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mailbox.Message{Subject: c.subject, Text: c.text}
			v := Recognise(m)
			checkVerdict(t, m, v)
			got := ""
			for _, sp := range v.NewText {
				got += sp.Words + "\n"
			}
			if n := strings.Count(c.text, "NEW"); strings.Count(got, "NEW") != n {
				t.Errorf("of %d new places %d are read: %q", n, strings.Count(got, "NEW"), got)
			}
			if strings.Contains(got, "OLD") {
				t.Errorf("old text is read as new: %q", got)
			}
		})
	}
}

func TestAttachedDocumentsAreReadWithCaution(t *testing.T) {
	letter := "Madame, Monsieur,\n\nEn application de l'article 17 du RGPD, je vous demande d'effacer toutes mes données personnelles et mes photographies.\n\nVeuillez agréer mes salutations."
	for _, c := range []struct {
		name, text string
		want       []Kind
	}{
		{"a mail that points to its letter", "Bonjour, veuillez trouver ci-joint mon courrier. Cordialement, Anne\n\n" + mailbox.AttachmentLine("courrier.pdf") + "\n" + letter, []Kind{Request}},
		{"an empty mail with a letter", mailbox.AttachmentLine("scan.pdf") + "\n" + letter, []Kind{Request}},
		{"a letter that the mail does not speak of", "Bonjour, je voulais savoir si vous faites aussi des livres pour les tout-petits, avec des pages cartonnées, et combien cela coûterait pour la crèche de notre commune, qui compte vingt enfants, avec une remise si possible. Bien à vous, Anne\n\n" + mailbox.AttachmentLine("x.pdf") + "\n" + letter, []Kind{ToCheck}},
		{"an invoice", "Bonjour, ci-joint notre facture. Cordialement\n\n" + mailbox.AttachmentLine("facture.pdf") + "\nFACTURE n° 2026-118\nImpression de 40 livres, 1 240,00 € TTC\nPaiement à 30 jours. IBAN FR76 0000.", []Kind{Ordinary}},
		{"a CV", "Bonjour, je vous adresse ma candidature au poste d'illustratrice. Bien à vous\n\n" + mailbox.AttachmentLine("cv.pdf") + "\nCV\nIllustratrice, 8 ans d'expérience\nLogiciels : Photoshop, Procreate\nLangues : anglais, espagnol\nLoisirs : escalade", []Kind{Ordinary}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mailbox.Message{Subject: "", Text: c.text}
			v := Recognise(m)
			checkVerdict(t, m, v)
			ok := false
			for _, k := range c.want {
				ok = ok || v.Kind == k
			}
			if !ok {
				t.Errorf("got %v %.2f %v, want %v", v.Kind, v.Confidence, brief(v), c.want)
			}
		})
	}
}
