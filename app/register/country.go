package register

import "strings"

// countries names the countries that a provider of a small French shop is most
// often in, by ISO 3166-1 alpha-2. Others are printed by their code.
var countries = map[string]struct {
	fr, en string
	eea    bool
}{
	"AT": {"Autriche", "Austria", true}, "BE": {"Belgique", "Belgium", true}, "BG": {"Bulgarie", "Bulgaria", true},
	"HR": {"Croatie", "Croatia", true}, "CY": {"Chypre", "Cyprus", true}, "CZ": {"Tchéquie", "Czechia", true},
	"DK": {"Danemark", "Denmark", true}, "EE": {"Estonie", "Estonia", true}, "FI": {"Finlande", "Finland", true},
	"FR": {"France", "France", true}, "DE": {"Allemagne", "Germany", true}, "GR": {"Grèce", "Greece", true},
	"HU": {"Hongrie", "Hungary", true}, "IS": {"Islande", "Iceland", true}, "IE": {"Irlande", "Ireland", true},
	"IT": {"Italie", "Italy", true}, "LV": {"Lettonie", "Latvia", true}, "LI": {"Liechtenstein", "Liechtenstein", true},
	"LT": {"Lituanie", "Lithuania", true}, "LU": {"Luxembourg", "Luxembourg", true}, "MT": {"Malte", "Malta", true},
	"NL": {"Pays-Bas", "Netherlands", true}, "NO": {"Norvège", "Norway", true}, "PL": {"Pologne", "Poland", true},
	"PT": {"Portugal", "Portugal", true}, "RO": {"Roumanie", "Romania", true}, "SK": {"Slovaquie", "Slovakia", true},
	"SI": {"Slovénie", "Slovenia", true}, "ES": {"Espagne", "Spain", true}, "SE": {"Suède", "Sweden", true},
	"AU": {"Australie", "Australia", false}, "BR": {"Brésil", "Brazil", false}, "CA": {"Canada", "Canada", false},
	"CH": {"Suisse", "Switzerland", false}, "CN": {"Chine", "China", false}, "GB": {"Royaume-Uni", "United Kingdom", false},
	"HK": {"Hong Kong", "Hong Kong", false}, "IL": {"Israël", "Israel", false}, "IN": {"Inde", "India", false},
	"JP": {"Japon", "Japan", false}, "KR": {"Corée du Sud", "South Korea", false}, "MA": {"Maroc", "Morocco", false},
	"NZ": {"Nouvelle-Zélande", "New Zealand", false}, "SG": {"Singapour", "Singapore", false},
	"TN": {"Tunisie", "Tunisia", false}, "TR": {"Turquie", "Türkiye", false}, "UA": {"Ukraine", "Ukraine", false},
	"US": {"États-Unis", "United States", false}, "VN": {"Viêt Nam", "Viet Nam", false},
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

// outsideEEA tells whether data sent to a country leave the European Economic
// Area; known is false while the country is not filled in. GDPR Art. 44.
func outsideEEA(code string) (outside, known bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if code == "" {
		return false, false
	}
	return !countries[code].eea, true
}

// transfer writes what is on file for a provider's transfer: nothing is needed
// inside the EEA, a mechanism is needed outside (GDPR Art. 44 to 49).
func (p pen) transfer(x Processor) Cell {
	outside, known := outsideEEA(x.Country)
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
