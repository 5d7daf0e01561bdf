package shop

import (
	"strings"
	"unicode"

	"greffier/app/order"

	"golang.org/x/text/unicode/norm"
)

// statusWords maps the words that shops use to the state of an order:
// WooCommerce's own first, then what spreadsheets in English and French say.
// Keys are as folded by foldWord. A word that may mean two things (partly
// refunded, processed, on its way back) is left out on purpose: it stays
// Unknown and is shown to the owner as it is.
var statusWords = map[string]order.State{}

func init() {
	for state, words := range map[order.State]string{
		order.Open: `pending|processing|on hold|checkout draft|auto draft|draft|new|open|paid|confirmed|pending payment|awaiting payment|
			payment pending|in progress|preparing|in production|ready to ship|partially shipped|partially fulfilled|unfulfilled|not fulfilled|unpaid|
			authorized|authorised|partially paid|payment accepted|remote payment accepted|processing in progress|awaiting check payment|awaiting bank wire payment|
			paiement accepte|paiement a distance accepte|en attente de paiement par cheque|en attente de virement bancaire|
			en cours|en cours de traitement|en cours de preparation|en preparation|en production|en attente|en attente de paiement|
			attente paiement|nouvelle|nouveau|a traiter|a expedier|brouillon|payee|paye|confirmee|partiellement expediee|ouverte`,
		order.Completed: `completed|complete|delivered|shipped|fulfilled|sent|dispatched|done|closed|finished|
			terminee|termine|livree|livre|expediee|expedie|envoyee|envoye|achevee|cloturee|cloture|finie`,
		order.Cancelled: `cancelled|canceled|voided|annulee|annule|abandonnee`,
		order.Refunded:  `refunded|fully refunded|remboursee|rembourse`,
		order.Failed:    `failed|payment failed|payment error|declined|erreur de paiement|echouee|echoue|echec|paiement echoue|paiement refuse|refusee`,
		order.Trashed:   `trash|trashed|corbeille|a la corbeille|mise a la corbeille`,
	} {
		for w := range strings.SplitSeq(words, "|") {
			statusWords[strings.TrimSpace(w)] = state
		}
	}
}

// stateOf reads the shop's own word. A word that is not known is Unknown.
func stateOf(word string) order.State {
	if s, ok := statusWords[word]; ok { // the usual case, without allocating
		return s
	}
	return statusWords[strings.TrimPrefix(foldWord(word), "wc ")]
}

// foldWord makes words comparable: lower case, no accents, one space where
// there were hyphens, underscores or several spaces.
func foldWord(s string) string {
	if len(s) > 100 {
		return ""
	}
	var b strings.Builder
	space := false
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == '-' || r == '_' || unicode.IsSpace(r):
			space = b.Len() > 0
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
