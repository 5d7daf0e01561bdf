package plan

import (
	"strings"

	"greffier/app/request"
)

// Why something waits that no case and no hold of the owner keeps: reasons of the
// rules themselves, as they stand in a record.
const (
	HeldNoOrder = "no order claims them"
	HeldNoDate  = "no date is known"
	HeldNoShop  = "the shop cannot be reached"
	HeldBack    = "the person came back"
	HeldNotDue  = "the rule does not make it due any more"
)

// heldWords are the reasons in words for a reader, French and English.
var heldWords = map[string][2]string{
	HeldNoOrder: {"aucune commande connue", "no known order"},
	HeldNoDate:  {"aucune date connue", "no known date"},
	HeldNoShop:  {"boutique injoignable", "the shop cannot be reached"},
	HeldBack:    {"la personne est revenue", "the person came back"},
	HeldNotDue:  {"le délai n’est plus écoulé", "it is not due any more"},
	UnseenMail:  {"message à vérifier", "a mail to look at"},
}

// HeldReasons lists the reasons that have words of their own.
func HeldReasons() []string {
	return []string{HeldNoOrder, HeldNoDate, HeldNoShop, HeldBack, HeldNotDue, UnseenMail}
}

// HeldWords says in "fr" or "en" why something waits; "" where the reason is a
// case's, or in the words of the owner's own hold.
func HeldWords(reason, lang string) string {
	words := heldWords[reason]
	if lang == "fr" {
		return words[0]
	}
	return words[1]
}

// HeldByCase reads the reason that an open case gives, "case 3: access": its number
// and the right for which it holds.
func HeldByCase(reason string) (number string, right request.Right, ok bool) {
	rest, ok := strings.CutPrefix(reason, "case ")
	if !ok {
		return "", request.NoRight, false
	}
	number, name, ok := strings.Cut(rest, ": ")
	if right = request.ParseRight(name); !ok || right == request.NoRight {
		return "", request.NoRight, false
	}
	return number, right, true
}
