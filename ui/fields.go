package ui

import (
	"strings"

	"greffier/app/plan"
)

// fieldTokens are the parts of the names that shops give to their fields, with
// the word that an owner knows them by; the first that fits counts.
var fieldTokens = []struct{ token, word string }{
	{"user_agent", "agent"}, {"useragent", "agent"}, {"browser", "agent"},
	{"ip", "ip"}, {"ip_address", "ip"}, {"remote", "ip"},
	{"customer_note", "message"}, {"gift_message", "message"}, {"message", "message"}, {"comment", "message"},
	{"note", "note"}, {"notes", "note"}, {"history", "note"},
	{"thread", "thread"}, {"phone", "phone"}, {"mobile", "phone"}, {"tel", "phone"},
	{"email", "email"}, {"mail", "email"}, {"company", "company"}, {"vat", "vat"}, {"siret", "vat"},
	{"first_name", "firstName"}, {"firstname", "firstName"}, {"last_name", "lastName"}, {"lastname", "lastName"},
	{"postcode", "postcode"}, {"postal", "postcode"}, {"zip", "postcode"}, {"city", "city"}, {"country", "country"}, {"province", "state"},
	{"state", "state"}, {"address", "address"}, {"street", "address"}, {"birthday", "birth"}, {"birth", "birth"},
	{"customer_name", "name"}, {"full_name", "name"}, {"name", "name"}, {"tracking", "tracking"}, {"device", "agent"},
	{"refund", "refund"}, {"tags", "tags"}, {"po_number", "purchase"}, {"payment", "payment"}, {"card", "payment"},
	{"customization", "extra"}, {"attributes", "extra"}, {"metafield", "extra"}, {"custom", "extra"}, {"line", "extra"}, {"meta", "extra"},
}

// fieldWords says in words what a field of a shop's record is: never the
// shop's own name for it.
func (w *Window) fieldWords(f plan.Found) string {
	switch f.Holds {
	case plan.Account:
		return w.t("shopField.account")
	case plan.Reference:
		return w.t("shopField.reference")
	}
	if !isField(f) || strings.HasPrefix(f.Key, "media/") {
		return w.known("shopField."+string(f.Holds), w.t("shopField.photo"))
	}
	name := f.Key[strings.LastIndexByte(f.Key, '/')+1:]
	flat := flatten(name)
	for _, t := range fieldTokens {
		if !strings.Contains(flat, "_"+t.token+"_") {
			continue
		}
		word := w.t("shopField." + t.word)
		switch {
		case t.word == "ip" || t.word == "agent" || t.word == "note" || t.word == "message" || t.word == "extra" || t.word == "thread":
			return word
		case strings.Contains(flat, "_shipping_") || strings.Contains(flat, "_delivery_"):
			return w.t("shopField.shipping", "Word", word)
		case strings.Contains(flat, "_billing_") || strings.Contains(flat, "_invoice_"):
			return w.t("shopField.billing", "Word", word)
		}
		return word
	}
	return w.t("shopField." + string(f.Holds))
}

// flatten writes a field's name as "_billing_first_name_", whatever the shop's
// way of writing names is.
func flatten(name string) string {
	var b strings.Builder
	b.WriteByte('_')
	lower := false
	for _, r := range name {
		switch {
		case r >= 'A' && r <= 'Z':
			if lower {
				b.WriteByte('_')
			}
			b.WriteRune(r + 'a' - 'A')
			lower = false
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
			lower = true
		default:
			b.WriteByte('_')
			lower = false
		}
	}
	b.WriteByte('_')
	return b.String()
}
