package request

// Languages that are told apart, by their most frequent short words.
var stopWords = map[string]string{}

var languages = []string{"fr", "en", "de", "nl", "es", "it"}

func init() {
	for lang, words := range map[string][]string{
		"fr": {"je", "vous", "les", "des", "mes", "est", "et", "pas", "une", "pour", "que", "dans", "sur", "avec", "votre", "vos", "bonjour", "merci", "ma", "mon", "du", "au", "ne", "nous", "cordialement", "svp", "suis", "avez", "ai", "pouvez", "supprimer", "supprimez", "donnees", "compte", "mais", "veuillez", "quelles", "cette", "ce"},
		"en": {"the", "i", "you", "my", "and", "of", "is", "are", "have", "please", "this", "that", "for", "with", "your", "not", "hi", "hello", "thanks", "to", "it", "would", "from", "was", "delete", "can", "dear", "regards", "about", "what", "stop", "any", "be", "data", "account"},
		"de": {"ich", "sie", "und", "der", "die", "das", "nicht", "mein", "meine", "bitte", "ist", "mir", "mit", "von", "ihre", "ihnen", "hallo", "auf", "zu", "dem", "den", "ein", "eine", "habe", "mich", "gruss", "daten", "meiner", "im", "wie"},
		"nl": {"ik", "mijn", "het", "een", "van", "niet", "dat", "jullie", "uw", "voor", "graag", "wil", "kunt", "zijn", "u", "hallo", "met", "op", "gegevens", "mij", "bij", "alstublieft", "verwijder", "groet", "groeten", "aan", "naar", "kunnen"},
		"es": {"el", "los", "las", "mis", "por", "una", "que", "con", "para", "quiero", "hola", "gracias", "favor", "del", "su", "sus", "usted", "datos", "mi", "no", "se", "ustedes", "saludos", "buenos", "dias", "es", "como", "al"},
		"it": {"il", "gli", "che", "miei", "mio", "mia", "per", "vorrei", "non", "con", "della", "di", "sono", "grazie", "buongiorno", "salve", "vi", "dei", "dati", "vostro", "chiedo", "saluti", "mie", "delle", "del", "ho", "alla"},
	} {
		for _, w := range words {
			stopWords[w] += lang
		}
	}
}

// maxLanguageWords is how many words are looked at: more changes nothing.
const maxLanguageWords = 400

// language tells the language of the sentences, or "" where there is no sign,
// and the languages whose words are to be understood in them: what is nearly
// as strong counts too, French and English where there is a sign of them, and
// all where little is known.
func language(sentences []sentence) (string, langSet) {
	var score [6]int
	seen := 0
	for i := range sentences {
		for _, t := range sentences[i].toks {
			if seen++; seen > maxLanguageWords {
				break
			}
			langs := stopWords[t.norm]
			for k := 0; k < len(langs); k += 2 {
				for n, l := range languages {
					if langs[k:k+2] == l {
						// A word of one language alone says more.
						score[n] += 12 / len(langs)
					}
				}
			}
		}
	}
	best, total := -1, 0
	for n := range languages {
		total += score[n]
		if score[n] > 0 && (best < 0 || score[n] > score[best]) {
			best = n
		}
	}
	if best < 0 {
		return "", allLangs
	}
	if score[best] < 8 {
		return languages[best], allLangs
	}
	set := langSet(0)
	for n := range 2 {
		if score[n] > 0 && score[n]*7 >= score[best] {
			set |= 1 << n
		}
	}
	for n := range languages {
		if score[n]*10 >= score[best]*4 {
			set |= 1 << n
		}
	}
	return languages[best], set
}
