package law

import (
	"slices"
	"strings"
)

// Article is one text that the program cites: the key under which code and
// records name it, how it is written in French and in English, and where it can
// be read (empty for what is not published).
type Article struct {
	Key string `json:"key"`
	FR  string `json:"fr"`
	EN  string `json:"en"`
	URL string `json:"url"`
}

// Keys that several files use.
const (
	srcHolidays = "C. trav. L3133-1"
	srcAlsace   = "C. trav. L3134-13"
	srcOverseas = "C. trav. L3422-2"
	srcWorking  = "Reg. 1182/71 Art. 2(2)"
	srcRoll     = "Reg. 1182/71 Art. 3(4)"
	srcSuspend  = "D2019 Art. 77"
	srcHouse    = "House rule"
	srcMinor    = "LIL Art. 51 II"
)

const (
	urlGDPR   = "https://eur-lex.europa.eu/eli/reg/2016/679/oj"
	urlR1182  = "https://eur-lex.europa.eu/eli/reg/1971/1182/oj"
	urlLIL    = "https://www.legifrance.gouv.fr/loda/id/JORFTEXT000000886460"
	urlDecree = "https://www.legifrance.gouv.fr/loda/id/JORFTEXT000038528420"
	urlCode   = "https://www.legifrance.gouv.fr/codes/texte_lc/"
	urlLabour = urlCode + "LEGITEXT000006072050"
	urlTrade  = urlCode + "LEGITEXT000005634379"
	urlCivil  = urlCode + "LEGITEXT000006070721"
	urlBuyer  = urlCode + "LEGITEXT000006069565"
	urlTax    = urlCode + "LEGITEXT000006069583"
	urlMoney  = urlCode + "LEGITEXT000006072026"
	urlPost   = urlCode + "LEGITEXT000006070987"
	urlPenal  = urlCode + "LEGITEXT000006070719"
)

// gdprArticles are the provisions of the GDPR that the program may cite.
var gdprArticles = strings.Fields(`
	4 4(1) 4(7) 4(8) 4(9) 4(11) 4(12) 4(14)
	5 5(1) 5(1)(a) 5(1)(b) 5(1)(c) 5(1)(d) 5(1)(e) 5(1)(f) 5(2)
	6 6(1) 6(1)(a) 6(1)(b) 6(1)(c) 6(1)(d) 6(1)(e) 6(1)(f) 7 7(1) 7(3) 8 8(1) 9 9(1) 9(2) 10 11 11(1) 11(2)
	12 12(1) 12(2) 12(3) 12(4) 12(5) 12(6)
	13 13(1) 13(1)(f) 13(2) 13(2)(a) 13(2)(b) 13(2)(d) 14 14(2)
	15 15(1) 15(1)(a) 15(1)(b) 15(1)(c) 15(1)(d) 15(1)(e) 15(1)(f) 15(1)(g) 15(1)(h) 15(2) 15(3) 15(4)
	16 17 17(1) 17(1)(a) 17(1)(b) 17(1)(c) 17(1)(d) 17(1)(e) 17(1)(f) 17(2)
	17(3) 17(3)(a) 17(3)(b) 17(3)(c) 17(3)(d) 17(3)(e)
	18 18(1) 18(1)(a) 18(1)(b) 18(1)(c) 18(1)(d) 18(2) 18(3) 19
	20 20(1) 20(2) 20(3) 20(4) 21 21(1) 21(2) 21(3) 21(4) 22 22(1)
	24 24(1) 25 26 28 28(1) 28(2) 28(3) 28(4) 28(7) 29
	30 30(1) 30(2) 30(3) 30(4) 30(5) 32 32(1)
	33 33(1) 33(2) 33(3) 33(4) 33(5) 34 34(1) 34(2) 34(3)
	35 35(1) 36 37 37(1) 44 45 46 46(2) 47 49 49(1) 77 78 79 82 83`)

var r1182Articles = strings.Fields(`1 2(1) 2(2) 3 3(1) 3(2)(a) 3(2)(c) 3(3) 3(4) 3(5)`)

// articles is the table, made once. The number 77 of the decree, the paragraph
// of the guidelines and the figures of the tax code are from memory; the rest
// was read in the text or in a commentary that quotes it.
var articles = func() []Article {
	var table []Article
	for _, ref := range gdprArticles {
		fr, en := provision(ref)
		table = append(table, Article{"GDPR Art. " + ref, "RGPD, " + fr, "GDPR, " + en, urlGDPR})
	}
	for _, ref := range r1182Articles {
		fr, en := provision(ref)
		table = append(table, Article{"Reg. 1182/71 Art. " + ref, "règlement (CEE, Euratom) n° 1182/71, " + fr, "Regulation (EEC, Euratom) No 1182/71, " + en, urlR1182})
	}
	return append(table, []Article{
		{"GDPR Recital 51", "RGPD, considérant 51", "GDPR, Recital 51", urlGDPR},
		{"GDPR Recital 63", "RGPD, considérant 63", "GDPR, Recital 63", urlGDPR},
		{"EDPB 01/2022", "CEPD, lignes directrices 01/2022 sur le droit d'accès", "EDPB, Guidelines 01/2022 on the right of access", "https://www.edpb.europa.eu/our-work-tools/our-documents/guidelines/guidelines-012022-data-subject-rights-right-access_en"},
		{"EDPB 9/2022", "CEPD, lignes directrices 9/2022 sur la notification des violations", "EDPB, Guidelines 9/2022 on personal data breach notification", "https://www.edpb.europa.eu/our-work-tools/our-documents/guidelines/guidelines-92022-personal-data-breach-notification-under_en"},
		{"CJEU C-171/03", "CJUE, 11 novembre 2004, Toeters, C-171/03", "CJEU, 11 November 2004, Toeters, C-171/03", "https://eur-lex.europa.eu/legal-content/FR/TXT/?uri=CELEX:62003CJ0171"},
		{"CJEU C-154/21", "CJUE, 12 janvier 2023, Österreichische Post, C-154/21", "CJEU, 12 January 2023, Österreichische Post, C-154/21", "https://eur-lex.europa.eu/legal-content/FR/TXT/?uri=CELEX:62021CJ0154"},
		{"AI Act Art. 50", "règlement (UE) 2024/1689 sur l'intelligence artificielle, art. 50", "Regulation (EU) 2024/1689 on artificial intelligence, Article 50", "https://eur-lex.europa.eu/eli/reg/2024/1689/oj"},
		{"LIL Art. 45", "loi Informatique et Libertés, art. 45", "French Data Protection Act, Article 45", urlLIL},
		{"LIL Art. 48", "loi Informatique et Libertés, art. 48", "French Data Protection Act, Article 48", urlLIL},
		{"LIL Art. 51", "loi Informatique et Libertés, art. 51", "French Data Protection Act, Article 51", urlLIL},
		{srcMinor, "loi Informatique et Libertés, art. 51, II", "French Data Protection Act, Article 51 II", urlLIL},
		{"LIL Art. 82", "loi Informatique et Libertés, art. 82", "French Data Protection Act, Article 82", urlLIL},
		{"LIL Art. 84", "loi Informatique et Libertés, art. 84", "French Data Protection Act, Article 84", urlLIL},
		{"LIL Art. 85", "loi Informatique et Libertés, art. 85", "French Data Protection Act, Article 85", urlLIL},
		{"LIL Art. 86", "loi Informatique et Libertés, art. 86", "French Data Protection Act, Article 86", urlLIL},
		{srcSuspend, "décret n° 2019-536 du 29 mai 2019, art. 77", "Decree No 2019-536 of 29 May 2019, Article 77", urlDecree},
		{srcHolidays, "code du travail, art. L. 3133-1", "French Labour Code, Article L. 3133-1", urlLabour},
		{srcAlsace, "code du travail, art. L. 3134-13", "French Labour Code, Article L. 3134-13", urlLabour},
		{srcOverseas, "code du travail, art. L. 3422-2", "French Labour Code, Article L. 3422-2", urlLabour},
		{"C. com. L123-22", "code de commerce, art. L. 123-22", "French Commercial Code, Article L. 123-22", urlTrade},
		{"C. civ. 371-1", "code civil, art. 371-1", "French Civil Code, Article 371-1", urlCivil},
		{"C. civ. 372-1", "code civil, art. 372-1", "French Civil Code, Article 372-1", urlCivil},
		{"C. civ. 2224", "code civil, art. 2224", "French Civil Code, Article 2224", urlCivil},
		{"C. conso. L213-1", "code de la consommation, art. L. 213-1", "French Consumer Code, Article L. 213-1", urlBuyer},
		{"C. conso. L217-3", "code de la consommation, art. L. 217-3", "French Consumer Code, Article L. 217-3", urlBuyer},
		{"C. conso. L218-2", "code de la consommation, art. L. 218-2", "French Consumer Code, Article L. 218-2", urlBuyer},
		{"LPF L102 B", "livre des procédures fiscales, art. L. 102 B", "French Tax Procedures Book, Article L. 102 B", urlTax},
		{"CMF L133-24", "code monétaire et financier, art. L. 133-24", "French Monetary and Financial Code, Article L. 133-24", urlMoney},
		{"CPCE L34-5", "code des postes et des communications électroniques, art. L. 34-5", "French Post and Electronic Communications Code, Article L. 34-5", urlPost},
		{"C. pén. 226-1", "code pénal, art. 226-1", "French Criminal Code, Article 226-1", urlPenal},
		{"CNIL 2018-303", "CNIL, délibération n° 2018-303 du 6 septembre 2018", "CNIL, Deliberation No 2018-303 of 6 September 2018", "https://www.cnil.fr"},
		{"CNIL 2020-091", "CNIL, délibération n° 2020-091 du 17 septembre 2020", "CNIL, Deliberation No 2020-091 of 17 September 2020", "https://www.cnil.fr"},
		{"CNIL 2020-092", "CNIL, délibération n° 2020-092 du 17 septembre 2020", "CNIL, Deliberation No 2020-092 of 17 September 2020", "https://www.cnil.fr"},
		{"CNIL Guidelines", "CNIL, référentiel relatif à la gestion des activités commerciales", "CNIL, reference framework on the management of commercial activities", "https://www.cnil.fr"},
		{"Policy Art. 3", "politique de confidentialité de la boutique, art. 3", "the shop's privacy policy, Article 3", ""},
		{"Policy Art. 6", "politique de confidentialité de la boutique, art. 6", "the shop's privacy policy, Article 6", ""},
		{"Policy Art. 7", "politique de confidentialité de la boutique, art. 7", "the shop's privacy policy, Article 7", ""},
		{"Policy Art. 9", "politique de confidentialité de la boutique, art. 9", "the shop's privacy policy, Article 9", ""},
		{"Policy Art. 10", "politique de confidentialité de la boutique, art. 10", "the shop's privacy policy, Article 10", ""},
		{srcHouse, "règle maison de Greffier", "Greffier's own rule", ""},
	}...)
}()

// provision writes a reference such as 17(3)(b) out: a number, then paragraphs
// by number and points by letter. The definitions of Article 4 are points.
func provision(ref string) (fr, en string) {
	parts := strings.Split(strings.ReplaceAll(ref, ")", ""), "(")
	fr = "art. " + parts[0]
	for _, p := range parts[1:] {
		if p[0] >= 'a' || parts[0] == "4" {
			fr += ", point " + p + ")"
		} else {
			fr += ", § " + p
		}
	}
	return fr, "Article " + ref
}

var articleByKey = func() map[string]Article {
	m := make(map[string]Article, len(articles))
	for _, a := range articles {
		m[a.Key] = a
	}
	return m
}()

// Articles returns the table of what the program cites.
func Articles() []Article { return slices.Clone(articles) }

// Cite writes a key of [Articles] for a reader, in French for "fr" and in
// English for anything else. Several keys joined by "; " are written one after
// the other. What is not in the table stays as it is.
func Cite(key, lang string) string {
	if a, ok := articleByKey[key]; ok {
		if lang == "fr" {
			return a.FR
		}
		return a.EN
	}
	keys := Sources(key)
	if len(keys) < 2 {
		return key
	}
	for i, k := range keys {
		keys[i] = Cite(k, lang)
	}
	if lang == "fr" {
		return strings.Join(keys, narrow+"; ")
	}
	return strings.Join(keys, "; ")
}

// Sources splits the Source of a [Step] or [Rule] into keys of [Articles].
func Sources(source string) []string {
	if source == "" {
		return nil
	}
	return strings.Split(source, "; ")
}

// cites joins keys into a Source, each once, in the order given.
func cites(keys ...string) string {
	var once []string
	for _, group := range keys {
		for _, k := range Sources(group) {
			if !slices.Contains(once, k) {
				once = append(once, k)
			}
		}
	}
	return strings.Join(once, "; ")
}
