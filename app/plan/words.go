package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"greffier/app/law"
)

// text holds the words of a plan in one language.
type text struct {
	object         func(Found) string
	hold           func(Hold) string
	shared         func([]string) string
	serves         func([]string) string
	reference      func(number string) string
	invoice        func(number string) string
	records        func(number string) string
	invoiceGround  string
	invoiceUndated string
	noOrder        string
	notFound       string
	account        string
	byHand         string
	notPart        string
	noWay          string
	contract       string
	mediaOnly      string
	leadsOn        string
	leadsAway      string
	unknown        string
}

func texts(lang string) text {
	if lang == "fr" {
		return french
	}
	return english
}

// UnseenMail is the reason of a hold for a mail that may be a request and that
// nobody has looked at yet.
const UnseenMail = "a mail about it was not looked at yet"

// openCase returns the number of the open case for which a hold stands, where it
// is none of the owner's own: its reason reads "case 12: access".
func openCase(h Hold) (string, bool) {
	rest, ok := strings.CutPrefix(h.Reason, "case ")
	n, _, named := strings.Cut(rest, ": ")
	_, err := strconv.ParseUint(n, 10, 63)
	return n, ok && named && err == nil
}

var english = text{
	object: func(f Found) string { return nameOf(f, false) },
	hold: func(h Hold) string {
		if n, ok := openCase(h); ok {
			return "held while request no. " + n + " is open"
		}
		if h.Reason == UnseenMail {
			return "held until a mail that may be a request was looked at"
		}
		if h.Until.IsZero() {
			return "held until further notice: " + h.Reason
		}
		return "held until " + h.Until.String() + ": " + h.Reason
	},
	shared: func(ns []string) string {
		if len(ns) == 1 {
			return "also belongs to order " + ns[0] + ", which this request does not concern"
		}
		return "also belongs to the orders " + join(ns, " and ") + ", which this request does not concern"
	},
	serves: func(ns []string) string {
		if len(ns) == 1 {
			return "also serves order " + ns[0] + ", which this request does not concern"
		}
		return "also serves the orders " + join(ns, " and ") + ", which this request does not concern"
	},
	reference:      func(n string) string { return "photo reference of order " + n },
	invoice:        func(n string) string { return "invoice and accounting data of order " + n },
	records:        func(n string) string { return "other data of order " + n + " in the shop" },
	invoiceGround:  "invoices and accounting documents must be kept for ten years from the end of the financial year (C. com. L123-22; GDPR Art. 17(3)(b))",
	invoiceUndated: "invoices and accounting documents must be kept for ten years from the end of the financial year (C. com. L123-22; GDPR Art. 17(3)(b)); the shop gives no date for this order",
	noOrder:        "belongs to none of the orders concerned",
	notFound:       "not found in any known storage: check by hand",
	account:        "customer account and contact data in the shop",
	byHand:         "this version does not change them in the shop: erase them there by hand (GDPR Art. 17(1))",
	notPart:        "not part of this erasure",
	noWay:          "the shop offers no way to erase this by program: do it by hand (GDPR Art. 17(1))",
	contract:       "the order is not finished: still needed to carry out the contract (GDPR Art. 17(1)(a) and 6(1)(b))",
	mediaOnly:      "this erasure concerns the photos and portraits only",
	leadsOn:        "leads to a photo that stays, which must still be found",
	leadsAway:      "leads to a place that is none of the known storages: check it by hand first",
	unknown:        "nothing says what this is: check by hand",
}

// French puts a narrow no-break space before ; and :
var french = text{
	object: func(f Found) string { return nameOf(f, true) },
	hold: func(h Hold) string {
		if n, ok := openCase(h); ok {
			return "conservé tant que la demande n° " + n + " est en cours"
		}
		if h.Reason == UnseenMail {
			return "conservé tant qu’un message, peut-être une demande, n’a pas été lu"
		}
		if h.Until.IsZero() {
			return "conservé jusqu’à nouvel ordre\u202f: " + h.Reason
		}
		return "conservé jusqu’au " + law.FormatDate(h.Until, "fr", true) + "\u202f: " + h.Reason
	},
	shared: func(ns []string) string {
		if len(ns) == 1 {
			return "appartient aussi à la commande " + ns[0] + ", que cette demande ne concerne pas"
		}
		return "appartient aussi aux commandes " + join(ns, " et ") + ", que cette demande ne concerne pas"
	},
	serves: func(ns []string) string {
		if len(ns) == 1 {
			return "sert aussi à la commande " + ns[0] + ", que cette demande ne concerne pas"
		}
		return "sert aussi aux commandes " + join(ns, " et ") + ", que cette demande ne concerne pas"
	},
	reference:      func(n string) string { return "référence de photo de la commande " + n },
	invoice:        func(n string) string { return "facture et données comptables de la commande " + n },
	records:        func(n string) string { return "autres données de la commande " + n + " dans la boutique" },
	invoiceGround:  "les factures et pièces comptables sont conservées dix ans à compter de la clôture de l’exercice (C. com. L123-22\u202f; RGPD art. 17(3)(b))",
	invoiceUndated: "les factures et pièces comptables sont conservées dix ans à compter de la clôture de l’exercice (C. com. L123-22\u202f; RGPD art. 17(3)(b))\u202f; la boutique ne donne aucune date pour cette commande",
	noOrder:        "n’appartient à aucune des commandes concernées",
	notFound:       "introuvable dans les espaces de stockage connus\u202f: à vérifier à la main",
	account:        "compte client et coordonnées dans la boutique",
	byHand:         "cette version ne les modifie pas dans la boutique\u202f: à y effacer à la main (RGPD art. 17(1))",
	notPart:        "ne fait pas partie de cet effacement",
	noWay:          "la boutique n’offre aucun moyen de l’effacer par programme\u202f: à faire à la main (RGPD art. 17(1))",
	contract:       "la commande n’est pas terminée\u202f: encore nécessaire à l’exécution du contrat (RGPD art. 17(1)(a) et 6(1)(b))",
	mediaOnly:      "cet effacement ne concerne que les photos et les portraits",
	leadsOn:        "mène à une photo qui est conservée et doit rester trouvable",
	leadsAway:      "mène à un endroit qui n’est aucun des espaces de stockage connus\u202f: à vérifier d’abord à la main",
	unknown:        "rien ne dit ce que c’est\u202f: à vérifier à la main",
}

// word is a text in both languages.
type word struct{ en, fr string }

func (w word) in(french bool) string {
	if french {
		return w.fr
	}
	return w.en
}

var (
	holdsWords = map[Holds]word{
		Photo:    {"photograph", "photographie"},
		Portrait: {"portrait", "portrait"},
		Derived:  {"rendition", "fichier dérivé"},
	}
	kindWords = map[Kind]word{
		Marker: {"delete marker", "marqueur de suppression"},
		Upload: {"unfinished upload", "envoi inachevé"},
	}
	libraryWord = word{"the shop’s media library", "médiathèque de la boutique"}
	accountWord = word{"customer account in the shop", "compte client dans la boutique"}
	photoRef    = word{"address of a photo in the order", "adresse d’une photo dans la commande"}
	otherField  = word{"a field of the order (%s)", "un champ de la commande (%s)"}
	nameless    = word{"a field of the order", "un champ de la commande"}
)

// nameOf says what was found, in words that can stand in a letter.
func nameOf(f Found, french bool) string {
	switch {
	case f.Kind == Field && f.Holds == Account:
		return accountWord.in(french)
	case f.Kind == Field && f.Holds == Reference:
		return photoRef.in(french)
	case f.Kind == Field && f.Holds != Photo && f.Holds != Portrait && f.Holds != Derived:
		return fieldName(f.Key, french)
	}
	name, ok := holdsWords[f.Holds]
	if !ok {
		name = holdsWords[Photo]
	}
	note, ok := kindWords[f.Kind]
	if !ok && IsShop(f.Storage) {
		note, ok = libraryWord, true
	}
	if ok {
		return fmt.Sprintf("%s (%s)", name.in(french), note.in(french))
	}
	return name.in(french)
}

// parts are the things that a shop writes of an address, by the names that
// shops have for them, in the words of a letter.
var parts = map[string]word{
	"name":       {"name", "nom"},
	"first_name": {"first name", "prénom"},
	"last_name":  {"last name", "nom de famille"},
	"company":    {"company", "société"},
	"address":    {"address", "adresse"},
	"address_1":  {"street", "rue"},
	"address_2":  {"address, second line", "complément d’adresse"},
	"city":       {"town", "ville"},
	"state":      {"region", "région"},
	"postcode":   {"postcode", "code postal"},
	"country":    {"country", "pays"},
	"email":      {"e-mail address", "adresse e-mail"},
	"phone":      {"telephone number", "numéro de téléphone"},
	"tax":        {"tax number", "numéro fiscal"},
}

// sides say which address it is.
var sides = map[string]word{
	"billing":  {"billing %s", "%s de facturation"},
	"shipping": {"delivery %s", "%s de livraison"},
}

// fieldWords are the fields that are no part of an address.
var fieldWords = map[string]word{
	"ip":            {"IP address", "adresse IP"},
	"agent":         {"browser used", "navigateur utilisé"},
	"customer_note": {"customer’s note", "note du client"},
	"note":          {"note on the order", "note de la commande"},
	"gift":          {"gift message", "message cadeau"},
	"message":       {"message about the order", "message au sujet de la commande"},
	"thread":        {"conversation about the order", "échange au sujet de la commande"},
	"reason":        {"reason of a refund", "motif d’un remboursement"},
	"payment":       {"payment details", "données de paiement"},
	"custom":        {"text written for the product", "texte écrit pour le produit"},
	"order_key":     {"secret key of the order", "clé secrète de la commande"},
	"birthday":      {"date of birth", "date de naissance"},
}

// alike brings the names that shops use to the ones of the tables.
var alike = map[string]string{
	"fullname": "name", "full_name": "name", "names": "name", "identity": "name",
	"firstname": "first_name", "lastname": "last_name", "surname": "last_name",
	"address1": "address_1", "street": "address_1", "streetline1": "address_1", "street_line_1": "address_1", "street_line1": "address_1",
	"address2": "address_2", "streetline2": "address_2", "street_line_2": "address_2", "street_line2": "address_2",
	"province": "state", "region": "state", "zip": "postcode", "postal_code": "postcode", "postalcode": "postcode",
	"country_code": "country", "countrycode": "country", "e_mail": "email", "emailaddress": "email", "email_address": "email", "contact_email": "email",
	"phone_mobile": "phone", "phonenumber": "phone", "phone_number": "phone", "telephone": "phone", "phones": "phone",
	"vat_number": "tax", "vat": "tax", "tax_number": "tax", "siret": "tax", "dni": "tax",
	"customer_ip_address": "ip", "ip_address": "ip", "browser_ip": "ip", "client_ip": "ip", "clientip": "ip",
	"customer_user_agent": "agent", "user_agent": "agent", "notes": "note", "order_note": "note", "comment": "note",
	"gift_message": "gift", "customization": "custom", "transaction_id": "payment", "card": "payment", "birthdate": "birthday", "date_of_birth": "birthday",
	"invoice": "billing", "billingaddress": "billing", "billing_address": "billing", "invoice_address": "billing",
	"delivery": "shipping", "shippingaddress": "shipping", "shipping_address": "shipping", "delivery_address": "shipping",
}

// humps are where a name such as billingAddress begins another word.
var humps = regexp.MustCompile(`([a-z])([A-Z])`)

// common brings billingAddress.streetLine1, billing-address_1 and the like to
// one form: small letters, words by underscores.
func common(s string) string {
	s = strings.ToLower(humps.ReplaceAllString(s, "${1}_${2}"))
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }), "_")
	if to, ok := alike[s]; ok {
		return to
	}
	return s
}

// FieldName says in "fr", anything else is English, which field of a shop's
// record a key of a desk names, in words that can stand in a letter. The name of
// a row of meta data is the shop's own: hostile text, bounded and cleaned.
func FieldName(key, lang string) string { return fieldName(key, lang == "fr") }

// fieldName says which field of the shop's record a key names.
func fieldName(key string, french bool) string {
	field := key[strings.LastIndexByte(key, '/')+1:]
	if len(field) > 500 {
		return nameless.in(french)
	}
	// A row of meta data is whatever a plugin calls it: its name is shown.
	if _, name, ok := strings.Cut(field, "meta."); ok {
		if id, rest, ok := strings.Cut(name, "."); ok && common(id) != "" && strings.Trim(id, "x0123456789") == "" {
			name = rest
		}
		return unknownField(name, french)
	}
	c := common(field)
	if w, ok := fieldWords[c]; ok {
		return w.in(french)
	}
	if w, ok := parts[c]; ok {
		return w.in(french)
	}
	// "billing.email", "invoice_phone", "shippingAddress.streetLine1"
	for i := range len(c) {
		if c[i] != '_' {
			continue
		}
		if side, ok := sides[common(c[:i])]; ok {
			if part, ok := parts[common(c[i+1:])]; ok {
				return fmt.Sprintf(side.in(french), part.in(french))
			}
		}
	}
	// "note.12", "thread-4", "refund.7.reason"
	var plain []string
	for w := range strings.SplitSeq(c, "_") {
		if strings.Trim(w, "x0123456789") != "" {
			plain = append(plain, w)
		}
	}
	if len(plain) > 0 {
		for _, w := range []string{strings.Join(plain, "_"), plain[len(plain)-1], plain[0]} {
			if to, ok := alike[w]; ok {
				w = to
			}
			if w, ok := fieldWords[w]; ok {
				return w.in(french)
			}
		}
	}
	return unknownField(field, french)
}

// unknownField shows a name that somebody else chose, short and without what
// could disturb a page.
func unknownField(name string, french bool) string {
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.IsMark(r) && r > 0x1ab0 {
			return -1
		}
		if strings.ContainsRune("<>()[]{}\"'`|\\", r) {
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if r := []rune(name); len(r) > 40 {
		name = string(r[:40]) + "…"
	}
	if name == "" {
		return nameless.in(french)
	}
	return fmt.Sprintf(otherField.in(french), name)
}

// join names all of them: "a, b and c".
func join(ns []string, and string) string {
	if len(ns) == 0 {
		return ""
	}
	out := ns[0]
	for i, n := range ns[1:] {
		if i == len(ns)-2 {
			out += and + n
		} else {
			out += ", " + n
		}
	}
	return out
}
