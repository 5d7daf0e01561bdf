package request

import "strings"

// orderWords are words that announce an order number.
var orderWords = map[string]bool{"commande": true, "commandes": true, "cmd": true, "cde": true, "order": true, "orders": true, "ordernumber": true, "bestellung": true, "bestellnummer": true, "bestellnr": true, "auftrag": true, "auftragsnummer": true,
	"bestelling": true, "bestelnummer": true, "bestelnr": true, "ordernummer": true, "pedido": true, "pedidos": true, "ordine": true, "ordini": true, "ref": true, "reference": true, "purchase": true, "numcommande": true, "achat": true}

// betweenWords may stand between the word "order" and its number.
var betweenWords = map[string]bool{"n": true, "no": true, "nr": true, "num": true, "numero": true, "number": true, "numbers": true, "nummer": true, "ref": true, "reference": true, "id": true, "de": true, "la": true, "le": true, "is": true, "est": true, "etait": true, "etaient": true, "sont": true, "are": true, "were": true, "porte": true, "portait": true, "avait": true, "had": true, "has": true, "les": true, "mes": true, "war": true, "ist": true, "my": true, "ma": true, "portant": true, "the": true,
	"mit": true, "der": true, "met": true, "con": true, "el": true, "und": true, "and": true, "et": true, "ou": true, "commande": true, "order": true, "en": true, "y": true, "e": true, "d": true, "cf": true, "cmd": true, "wc": true, "ord": true, "inv": true, "fr": true, "en ": true, "nos": true, "ns": true, "numeros": true, "was": true, "numéro": true, "bestellung": true, "pedido": true, "ordine": true, "di": true, "del": true}

// maxOrders bounds how many order numbers one message names.
const maxOrders = 50

// orders finds the order numbers named in new text and subject: after a word
// such as "commande", "order", or after "#" and "n°" where no other thing is
// numbered. Dates, prices, phone numbers and postcodes are not taken.
func (r *reading) orders() []string {
	var out []string
	seen := map[string]bool{}
	for i := range r.sentences {
		s := &r.sentences[i]
		if s.weight < 0.6 && s.field == InText {
			continue
		}
		src := r.source(s.field)
		announced := -10 // the token after the last order word or order number
		for k := 0; k < len(s.toks) && len(out) < maxOrders; k++ {
			t := s.toks[k]
			if orderWords[t.norm] {
				announced = k + 1
				continue
			}
			if !t.number {
				if announced == k && (betweenWords[t.norm] || len(t.norm) <= 3 && nextIsNumber(s.toks, k, src)) {
					announced = k + 1
				}
				continue
			}
			start, end := numberBounds(src, s.toks, k)
			last := k
			for last+1 < len(s.toks) && s.toks[last+1].end <= end {
				last++
			}
			hash := strings.HasSuffix(trimRight(src[max(0, start-4):start]), "#")
			if announced != k && !hash && !orderFollows(s.toks, k, last) {
				k = last
				continue
			}
			id := strings.TrimLeft(src[start:end], "#")
			if plausibleOrder(id, src, end, hash) {
				if !seen[id] {
					seen[id] = true
					out = append(out, id)
				}
				announced = last + 1
			}
			k = last
		}
	}
	return out
}

// orderFollows tells that a word such as "number" stands before the number
// and a word such as "order" soon after it: "le numéro 1042 pour ma commande".
func orderFollows(toks []token, k, last int) bool {
	if k == 0 {
		return false
	}
	switch toks[k-1].norm {
	case "numero", "no", "n", "nr", "num", "number", "nummer", "reference", "ref":
	default:
		return false
	}
	for j := last + 1; j < len(toks) && j <= last+5; j++ {
		if toks[j].pause || toks[j].number {
			return false
		}
		if orderWords[toks[j].norm] {
			return true
		}
	}
	return false
}

// nextIsNumber tells that the letters at k are the head of a joined number,
// as "CF" in "CF-1042".
func nextIsNumber(toks []token, k int, src string) bool {
	if k+1 >= len(toks) || !toks[k+1].number {
		return false
	}
	sep := src[toks[k].end:toks[k+1].start]
	return sep == "-" || sep == "_"
}

// numberBounds widens the number at k to what is joined to it: "CF-1042",
// "2024/00017", "1042-A".
func numberBounds(src string, toks []token, k int) (int, int) {
	joiner := func(s string) bool { return s == "-" || s == "_" || s == "/" || s == "." }
	start, end := toks[k].start, toks[k].end
	for j := k - 1; j >= 0 && k-j <= 3; j-- {
		if sep := src[toks[j].end:start]; sep == "-" || sep == "_" {
			start = toks[j].start
			continue
		}
		break
	}
	for j := k + 1; j < len(toks) && j-k <= 4; j++ {
		if joiner(src[end:toks[j].start]) && len(toks[j].norm) <= 12 {
			end = toks[j].end
			continue
		}
		break
	}
	return start, end
}

// plausibleOrder tells an order number from a date, price, quantity or phone
// number.
func plausibleOrder(id, src string, end int, hash bool) bool {
	if len(id) > 30 {
		return false
	}
	digits, seps, slashes := 0, 0, 0
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			seps++
		case c == '/':
			slashes++
		}
	}
	if digits < 3 && !hash || digits == 0 || seps > 0 || slashes >= 2 {
		return false // "2 commandes", "12.50", "03/11/2026"
	}
	if slashes == 1 && digits <= 6 {
		return false // "03/11"
	}
	if strings.Count(id, "-") == 2 && digits == 8 && len(id) == 10 && (id[4] == '-' || id[2] == '-') {
		return false // "2026-11-03"
	}
	rest := strings.TrimLeft(src[end:min(len(src), end+12)], " \u00a0")
	if hasAnyPrefix(rest, "€", "$", "£", "euro", "eur", "EUR", "%", "jours", "days", "h ", "heures", "ex", "pages", "photos", "livres", "books", "copies") {
		return false
	}
	if hasAnyPrefix(rest, ",") && len(rest) > 2 && rest[1] >= '0' && rest[1] <= '9' {
		return false // "49,90"
	}
	if digits == 10 && id[0] == '0' || digits == 2 && !hash {
		return false // a French phone number
	}
	return true
}
