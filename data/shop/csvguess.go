package shop

import (
	"slices"
	"strings"
	"unicode"
)

// columnWords are the names under which the exports of WooCommerce (its own
// and those of its usual plugins), PrestaShop, Shopify, Wix and Squarespace
// have the fields of an order, in English and French, the surest first. They
// are as folded by foldTitle.
//
// completed is never guessed from a date of payment or of creation, nor from a
// date of delivery, which may be the one that was promised: that would erase
// photographs too early.
var columnWords = map[string]string{
	"order": `order|order number|order no|order id|number|id order|reference|order reference|numero de commande|no de commande|n de commande|commande|reference de la commande|identifiant de commande|id`,
	"status": `status|order status|current state|state|fulfillment status|financial status|payment status|
		statut|statut de la commande|etat|etat de la commande|statut de traitement|statut d expedition|statut du paiement|statut de paiement`,
	"created": `created|created at|date created|order date|date add|created date|placed on|date|
		date de la commande|date de commande|date de creation|cree le|passee le`,
	"completed": `completed|completed date|date completed|completed at|completed on|fulfilled at|delivered at|date delivered|shipped at|
		date de fin|date d achevement|date de realisation|date de cloture|terminee le|livree le|date d expedition|expediee le`,
	"modified": `modified|modified date|date modified|updated at|last updated|date upd|date de modification|modifiee le|derniere modification`,
	"email": `email|e mail|billing email|email billing|billing email address|contact email|customer email|email address|
		adresse e mail|adresse email|e mail de facturation|e mail facturation|email facturation|courriel|e mail du client|e mail de contact`,
	"first_name": `first name|billing first name|first name billing|firstname|customer first name|billing name|customer name|customer|recipient name|
		prenom|prenom facturation|prenom de facturation|nom complet|nom de facturation|client|nom du client|nom du destinataire`,
	"last_name": `last name|billing last name|last name billing|lastname|customer last name|surname|nom|nom facturation|nom de facturation|nom de famille`,
	"phone": `phone|billing phone|phone billing|customer phone|phone number|recipient phone|phone mobile|
		telephone|telephone facturation|telephone de facturation|numero de telephone|portable|telephone du destinataire`,
	"address": `address|billing address1+billing address2|billing address 1+billing address 2|address 1 billing+address 2 billing|address 1 2 billing|billing address 1 2|billing street|billing address|
		address1+address2|delivery address|shipping address1+shipping address2|
		adresse|adresse de facturation|adresse 1 facturation+adresse 2 facturation|adresse facturation|rue|adresse de livraison`,
	"postcode": `postcode|postal code|zip|billing postcode|postcode billing|billing zip|billing postal code|billing zip postal code|delivery zip postal code|shipping zip|
		code postal|code postal facturation|code postal de facturation|code postal de livraison`,
	"city": `city|billing city|city billing|delivery city|shipping city|ville|ville facturation|ville de facturation|ville de livraison`,
	"country": `country|billing country|country billing|country code billing|billing country code|delivery country|shipping country|delivery|
		pays|pays facturation|pays de facturation|code pays facturation|pays de livraison|livraison`,
	"total":    `total|order total|order total amount|grand total|total paid tax incl|total paid|amount|total de la commande|montant total|montant total de la commande|total ttc|montant`,
	"currency": `currency|order currency|currency code|devise|devise de la commande|monnaie`,
	"photos":   `photos`,
	fieldLineName: `lineitem name|item name|product name|item|product s|products|line name|
		nom de l article|nom du produit|produit|article|produits`,
	fieldLineSKU: `lineitem sku|sku|item sku|product sku|product reference|ugs|reference du produit|reference produit|line sku`,
}

// wholeNames are columns with first and last name in one.
const wholeNames = "|billing name|customer name|customer|recipient name|nom complet|nom de facturation|client|nom du client|nom du destinataire|"

// photoWords begin the words in a column's name that speak of a photo.
var photoWords = []string{"photo", "image", "upload", "portrait", "picture", "file", "fichier", "visuel", "televers", "attachment", "piece jointe"}

// GuessMapping proposes for each field of an order the column of a foreign
// header that looks like it, in the form that SetMapping takes. It knows the
// exports of WooCommerce, PrestaShop, Shopify, Wix and Squarespace in English
// and French. It is a proposal for the owner, never used unseen: a field for
// which nothing fits is left out, and so is completed where the export has no
// date of completion (PrestaShop's list of orders and Wix's export have none).
func GuessMapping(names []string) map[string]string {
	at := map[string]string{} // folded → the first column of that name
	for _, n := range names {
		if f := foldTitle(n); f != "" && at[f] == "" {
			at[f] = n
		}
	}
	m := map[string]string{}
	for field, words := range columnWords {
		for w := range strings.SplitSeq(words, "|") {
			first, second, two := strings.Cut(strings.TrimSpace(w), "+")
			column, there := at[first]
			if !there {
				continue
			}
			if also := at[second]; two && also != "" && !strings.Contains(column+also, ",") {
				column += "," + also
			}
			m[field] = column
			break
		}
	}
	if at["lineitem name"] != "" && at["name"] != "" {
		m["order"] = at["name"] // Shopify: "#1001"; its Id column is on the first row only
	}
	// Where the whole name stands in one column, no other is its end.
	if strings.Contains(wholeNames, "|"+foldTitle(m["first_name"])+"|") {
		delete(m, "last_name")
	}
	// Two columns say how far an order is, and how far its payment.
	for _, pair := range [][2]string{{"fulfillment status", "financial status"}, {"fulfillment status", "payment status"}, {"statut de traitement", "statut du paiement"}, {"statut d expedition", "statut du paiement"}} {
		if at[pair[0]] != "" && at[pair[1]] != "" {
			m["status"] = at[pair[0]] + "," + at[pair[1]]
			break
		}
	}
	var photos []string
	for _, n := range names {
		f := foldTitle(n)
		speaks := slices.ContainsFunc(photoWords, func(w string) bool { return strings.HasPrefix(f, w) || strings.Contains(f, " "+w) })
		if (speaks || f == "note attributes" || f == "custom text") && !strings.Contains(n, ",") && !slices.Contains(photos, n) && len(photos) < maxMappedColumns {
			photos = append(photos, n)
		}
	}
	if len(photos) > 0 {
		m["photos"] = strings.Join(photos, ",")
	}
	return m
}

// foldTitle makes column names comparable: foldWord with a space for whatever
// is neither a letter nor a digit.
func foldTitle(s string) string {
	return strings.Join(strings.FieldsFunc(foldWord(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}
