package cases

import "strings"

// Trouble is what an ordinary mail says of goods that somebody bought. It is no
// request of the GDPR, and may become a claim (C. conso. L217-3, L221-18): what
// it is about may be needed (GDPR Art. 17(3)(e)).
type Trouble string

// The kinds of trouble.
const (
	NoTrouble     Trouble = ""
	TroubleGoods  Trouble = "goods"  // damaged, wrong, incomplete, never arrived
	TroubleReturn Trouble = "return" // sent back, or the contract withdrawn from
	TroubleRefund Trouble = "refund"
)

// Troubles are all kinds, the first that is found counts.
var Troubles = []Trouble{TroubleGoods, TroubleReturn, TroubleRefund}

// troublePhrases are written as fold writes: whole words, no accents.
var troublePhrases = map[Trouble][]string{
	TroubleGoods: {
		"est abime", "est abimee", "sont abimes", "sont abimees", "arrive abime", "arrivee abimee", "recu abime", "recue abimee", "livre abime", "tout abime", "toute abimee",
		"endommage", "endommagee", "endommages", "endommagees", "defectueux", "defectueuse", "dechire", "dechiree", "dechirees", "est casse", "est cassee", "arrive casse", "arrivee cassee",
		"mal imprime", "mal imprimee", "mal imprimes", "mal imprimees", "erreur d impression", "defaut d impression", "mal relie", "se decolle", "se decollent",
		"pages manquantes", "page manquante", "il manque une page", "il manque des pages", "il manque deux pages", "pages sont a l envers",
		"pas conforme", "non conforme", "mauvais livre", "pas le bon livre", "mauvaise commande", "pas la bonne commande", "pas ma commande",
		"jamais recu", "jamais recue", "jamais arrive", "jamais arrivee", "colis perdu", "tres decu par le livre", "tres decue par le livre",
		"arrived damaged", "is damaged", "was damaged", "came damaged", "damaged book", "book damaged", "arrived broken", "is broken", "was broken", "is torn", "was torn", "pages are torn", "torn pages",
		"misprint", "misprinted", "badly printed", "printing error", "printed wrong", "missing pages", "pages missing", "pages are missing", "page is missing", "a missing page", "falling apart", "upside down",
		"wrong book", "wrong order", "not what i ordered", "faulty", "defective", "never arrived", "never received", "lost parcel", "parcel is lost",
	},
	TroubleReturn: {
		"renvoyer le livre", "renvoyer mon livre", "renvoyer les livres", "renvoyer la commande", "renvoyer ma commande", "renvoyer l article", "renvoyer le colis", "vous le renvoyer", "vous la renvoyer", "vous renvoie le livre",
		"retourner le livre", "retourner mon livre", "retourner les livres", "retourner la commande", "retourner ma commande", "retourner l article", "retourner le colis", "vous le retourner", "vous la retourner", "vous retourne le livre",
		"droit de retractation", "me retracter", "je me retracte", "delai de retractation", "bon de retour", "etiquette de retour",
		"return the book", "return my book", "return the order", "return my order", "return the item", "return the parcel", "return it", "send it back", "send the book back", "sending it back", "sending the book back",
		"return label", "right of withdrawal", "withdraw from the contract", "withdraw from my order", "cancel my contract",
	},
	TroubleRefund: {
		"etre rembourse", "etre remboursee", "etre rembourses", "me rembourser", "nous rembourser", "remboursez moi", "remboursement de ma commande", "remboursement du livre", "mon remboursement", "un remboursement", "le remboursement",
		"a refund", "my refund", "the refund", "full refund", "refund me", "refund my", "money back", "reimburse me", "be refunded", "be reimbursed",
	},
}

// noTroublePhrases are what makes a mail speak of such things without having any:
// questions before buying, advertising, thanks.
var noTroublePhrases = []string{
	"politique de remboursement", "conditions de remboursement", "conditions de retour", "politique de retour", "satisfait ou rembourse", "satisfaits ou rembourses", "avant de commander", "avant de passer commande",
	"bien recu le remboursement", "bien recu mon remboursement", "merci pour le remboursement", "merci pour votre remboursement", "n est pas abime", "rien n est abime", "pas endommage",
	"refund policy", "return policy", "returns policy", "money back guarantee", "before ordering", "before i order", "thanks for the refund", "thank you for the refund", "received the refund", "not damaged", "nothing is damaged",
}

// maxTrouble bounds how much of a mail is looked at.
const maxTrouble = 20_000

// TroubleIn tells what trouble with goods a text speaks of, as its sender wrote it
// now. It is precise rather than complete, and proposes only that something be
// kept: nothing is erased, answered or opened because of it.
func TroubleIn(text string) Trouble {
	text = fold(text[:min(len(text), maxTrouble)])
	says := func(p string) bool { return strings.Contains(text, " "+p+" ") }
	for _, p := range noTroublePhrases {
		if says(p) {
			return NoTrouble
		}
	}
	for _, t := range Troubles {
		for _, p := range troublePhrases[t] {
			if says(p) {
				return t
			}
		}
	}
	return NoTrouble
}
