package register

import (
	"slices"
	"strings"
)

// countries names the countries that a provider of a small French shop is most
// often in, by ISO 3166-1 alpha-2. Others are printed by their code.
var countries = map[string]struct {
	fr, en string
}{
	"AT": {"Autriche", "Austria"}, "BE": {"Belgique", "Belgium"}, "BG": {"Bulgarie", "Bulgaria"},
	"HR": {"Croatie", "Croatia"}, "CY": {"Chypre", "Cyprus"}, "CZ": {"Tchéquie", "Czechia"},
	"DK": {"Danemark", "Denmark"}, "EE": {"Estonie", "Estonia"}, "FI": {"Finlande", "Finland"},
	"FR": {"France", "France"}, "DE": {"Allemagne", "Germany"}, "GR": {"Grèce", "Greece"},
	"HU": {"Hongrie", "Hungary"}, "IS": {"Islande", "Iceland"}, "IE": {"Irlande", "Ireland"},
	"IT": {"Italie", "Italy"}, "LV": {"Lettonie", "Latvia"}, "LI": {"Liechtenstein", "Liechtenstein"},
	"LT": {"Lituanie", "Lithuania"}, "LU": {"Luxembourg", "Luxembourg"}, "MT": {"Malte", "Malta"},
	"NL": {"Pays-Bas", "Netherlands"}, "NO": {"Norvège", "Norway"}, "PL": {"Pologne", "Poland"},
	"PT": {"Portugal", "Portugal"}, "RO": {"Roumanie", "Romania"}, "SK": {"Slovaquie", "Slovakia"},
	"SI": {"Slovénie", "Slovenia"}, "ES": {"Espagne", "Spain"}, "SE": {"Suède", "Sweden"},
	"AU": {"Australie", "Australia"}, "BR": {"Brésil", "Brazil"}, "CA": {"Canada", "Canada"},
	"CH": {"Suisse", "Switzerland"}, "CN": {"Chine", "China"}, "GB": {"Royaume-Uni", "United Kingdom"},
	"HK": {"Hong Kong", "Hong Kong"}, "IL": {"Israël", "Israel"}, "IN": {"Inde", "India"},
	"JP": {"Japon", "Japan"}, "KR": {"Corée du Sud", "South Korea"}, "MA": {"Maroc", "Morocco"},
	"NZ": {"Nouvelle-Zélande", "New Zealand"}, "SG": {"Singapour", "Singapore"},
	"TN": {"Tunisie", "Tunisia"}, "TR": {"Turquie", "Türkiye"}, "UA": {"Ukraine", "Ukraine"},
	"US": {"États-Unis", "United States"}, "VN": {"Viêt Nam", "Viet Nam"},
}

func (p pen) country(code string) Cell {
	code = strings.ToUpper(strings.TrimSpace(code))
	if code == "" {
		return p.gap("")
	}
	c, ok := countries[code]
	switch {
	case !ok:
		return plain(code)
	case p.fr:
		return word(code, c.fr, Plain)
	}
	return word(code, c.en, Plain)
}

// CountryName names a country by its ISO 3166-1 alpha-2 code, in French for
// "fr" and in English for anything else; one that is not in the table keeps its
// code.
func CountryName(code, lang string) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	c, ok := countries[code]
	switch {
	case !ok:
		return code
	case lang == "fr":
		return c.fr
	}
	return c.en
}

// eea are the states of the European Economic Area by ISO 3166-1 alpha-2, with
// the parts of France and Finland that have a code of their own and where the
// GDPR applies.
var eea = strings.Fields("AT BE BG HR CY CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE GP GF MF MQ RE YT AX")

// OutsideEEA tells whether data sent to a country, by its ISO 3166-1 alpha-2
// code, leave the European Economic Area; known is false while the country is
// not filled in. GDPR Art. 44.
func OutsideEEA(code string) (outside, known bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if code == "" {
		return false, false
	}
	return !slices.Contains(eea, code), true
}

// transfer writes what is on file for a provider's transfer: nothing is needed
// inside the EEA, a mechanism is needed outside (GDPR Art. 44 to 49).
func (p pen) transfer(x Processor) Cell {
	outside, known := OutsideEEA(x.Country)
	switch {
	case x.Transfer == "none needed" && outside:
		// The record contradicts itself: it cannot stand as a safeguard.
		return p.gap(p.say("pays tiers : garantie à préciser", "third country: safeguard to be stated"))
	case x.Transfer != "":
		s := p.mechanism(x.Transfer)
		return word(x.Transfer, s, Plain)
	case !known:
		return p.gap("")
	case outside:
		return p.gap(p.say("pays tiers : garantie à préciser", "third country: safeguard to be stated"))
	}
	return word("none needed", p.mechanism("none needed"), Plain)
}
