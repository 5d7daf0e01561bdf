package request

import (
	"testing"

	"greffier/app/mailbox"
)

// notErasure are mails that speak of erasing and ask that it be not done.
var notErasure = []string{
	"Je m'oppose à l'effacement de mes données et demande à la place la limitation de leur utilisation (article 18.1.b).",
	"Je vous demande de ne surtout pas effacer les photos de mon fils.",
	"N'effacez rien, gardez les données telles quelles.",
	"Ne supprimez ni mes photos ni mon compte.",
	"Je ne veux pas que vous supprimiez mes photos, j'en ai besoin comme preuve.",
	"Gelez mes données au lieu de les supprimer.",
	"Plutôt que de supprimer mes données, limitez-en l'usage.",
	"Bloquez mon dossier sans rien effacer.",
	"Surtout, que personne ne supprime mes photos avant l'audience.",
	"Il ne faut pas effacer les portraits de mes enfants.",
	"Je refuse que mes données soient supprimées.",
	"Je vous interdis d'effacer mes données.",
	"Je ne demande pas la suppression de mes données mais leur limitation.",
	"Ceci n'est pas une demande d'effacement.",
	"Merci de conserver mes photos et de ne pas les supprimer avant la fin du litige.",
	"Please do not delete my photos, I need them as evidence.",
	"I don't want my data deleted, only restricted.",
	"I oppose the erasure of my data and request the restriction of its use instead.",
	"Instead of deleting my data, please restrict its processing.",
	"Rather than erase my data, freeze it.",
	"Restrict my data without deleting anything.",
	"Nothing must be deleted: I need my photos for the court case.",
	"My photos must not be deleted until the case is over.",
	"Make sure nobody deletes my account.",
	"Please don't remove our pictures yet.",
	"I object to my data being erased.",
	"This is not an erasure request. Please do not close my account.",
	"I am not asking you to delete my data, just to stop using it.",
	"I would rather you did not delete my pictures.",
	"You must not erase my data.",
	"Under no circumstances should my photos be deleted.",
	"Keep my photos, don't delete them.",
	"Bitte löschen Sie meine Fotos nicht.",
	"Ich möchte nicht, dass meine Daten gelöscht werden.",
	"Statt der Löschung verlange ich die Einschränkung der Verarbeitung meiner Daten.",
	"Verwijder mijn foto's niet.",
	"No borren mis fotos, las necesito como prueba.",
	"Non cancellate le mie foto, mi servono come prova.",
}

func TestWhatMustNotBeErasedIsNeverTakenForErasure(t *testing.T) {
	for _, text := range notErasure {
		v := Recognise(mailbox.Message{Text: text, FromFields: 1})
		for _, f := range v.Findings {
			if f.Right == Erasure {
				t.Errorf("erasure %.2f (%s) in %q", f.Confidence, f.Rule, text)
			}
		}
	}
}

// notDone are complaints that an erasure asked for did not happen: requests.
var notDone = []string{
	"Vous n'avez toujours pas supprimé mes données.",
	"Why have you still not deleted my photos?",
	"Si vous ne supprimez pas mes données, je saisis la CNIL.",
	"If you don't delete my data I will complain to the ICO.",
	"Ne gardez pas mes photos, effacez-les.",
	"Effacez mes photos, ne les gardez pas.",
	"Please delete my data and do not keep a copy.",
	"Supprimez mon compte, je n'en ai plus besoin.",
	"Je ne commanderai plus, supprimez mon compte.",
	"I don't use my account any more, please delete it.",
	"Don't just deactivate my account, delete it.",
	"Ne vous contentez pas de désactiver mon compte, supprimez-le.",
	"Warum haben Sie meine Daten nicht gelöscht?",
}

func TestAnErasureNotDoneIsStillAskedFor(t *testing.T) {
	for _, text := range notDone {
		v := Recognise(mailbox.Message{Text: text, FromFields: 1})
		found := false
		for _, f := range v.Findings {
			found = found || f.Right == Erasure
		}
		if !found {
			t.Errorf("%v %v in %q", v.Kind, brief(v), text)
		}
	}
}
