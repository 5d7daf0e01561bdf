package request

// tense is what became of a verb.
type tense uint8

const (
	open     tense = iota // asked, or said plainly
	denied                // "do not delete"
	done                  // "you deleted", "I have deleted"
	undone                // "you still have not deleted"
	hindered              // "I cannot delete"
	wondered              // "are they deleted?", "how long do you keep"
)

var negators = map[string]bool{"not": true, "nicht": true, "niet": true, "never": true, "dont": true, "ne": true, "n": true, "didnt": true, "doesnt": true, "pas": true, "plus": true, "jamais": true,
	"sans": true, "without": true, "ohne": true, "zonder": true, "sin": true, "senza": true, "non": true, "no": true, "havent": true, "hasnt": true, "wont": true, "keine": true, "nie": true, "nunca": true, "mai": true, "aucun": true, "aucune": true, "geen": true, "keinen": true, "nothing": true}

var auxiliaries = map[string]bool{"ai": true, "as": true, "avons": true, "avez": true, "ont": true, "avait": true, "avais": true, "aviez": true, "ete": true, "aurait": true, "avoir": true,
	"have": true, "has": true, "had": true, "was": true, "were": true, "been": true, "got": true, "already": true, "did": true, "ve": true, "accidentally": true, "you": false,
	"habe": true, "haben": true, "hat": true, "wurde": true, "wurden": true, "heb": true, "heeft": true, "hebben": true, "zijn": true, "werd": true, "he": true, "han": true, "ha": true, "ho": true, "avete": true, "hanno": true, "stato": true, "state": true, "stati": true}

var adverbs = map[string]bool{"bien": true, "deja": true, "tout": true, "toutes": true, "tous": true, "accidentellement": true, "malencontreusement": true, "just": true, "also": true, "all": true, "mal": true, "never": true,
	"toujours": true, "encore": true, "pas": true, "jamais": true, "ete": true, "been": true, "not": true, "still": true, "yet": true, "already": true, "ever": true, "actually": true, "simplement": true, "aussi": true, "completely": true, "immediatement": true, "definitivement": true, "immediately": true, "permanently": true, "again": true, "really": true, "properly": true, "to": true, "de": true, "d": true, "even": true, "please": true, "meme": true, "surtout": true, "y": true, "en": true, "les": true, "la": true, "le": true, "l": true, "m": true, "me": true, "vous": true, "nous": true, "you": true, "u": true, "je": true}

// tenseOf tells what became of the verb at h.
func (r *reading) tenseOf(s *sentence, se *sense, h hit) tense {
	t := r.lookAround(s, se, h)
	if (h.c == cErase || h.c == cRemove) && (t == open || t == undone || t == hindered) {
		r.stillToErase = true
	}
	return t
}

// lookAround looks at the words around the verb at h.
func (r *reading) lookAround(s *sentence, se *sense, h hit) tense {
	toks := s.toks
	neg, aux, hinder := false, false, false
	for k, d := h.s-1, 1; k >= 0 && d <= 5; k, d = k-1, d+1 {
		w := toks[k].norm
		if d == 1 && toks[h.s].pause {
			break // "I order no more, delete my account"
		}
		if negators[w] && (k > 0 && orWord(toks[k-1].norm) || delayAfter(toks, k)) {
			continue // "whether or not you process data", "without delay"
		}
		if negators[w] && d <= 5 {
			switch w {
			case "non":
				neg = neg || d <= 1 && !toks[k+1].pause
			case "plus", "pas", "jamais", "no", "nothing", "aucun", "aucune", "never", "mai":
				neg = neg || d <= 2
			case "ne", "n":
				neg = neg || d <= 3 && hasAfter(toks, k+1, h.e+2, "pas", "plus", "jamais", "point", "rien", "aucune", "aucun", "ni")
			default:
				neg = neg || d <= 3
			}
		}
		if w == "t" && k > 0 && d <= 4 {
			switch toks[k-1].norm {
			case "don", "didn", "haven", "hasn", "doesn", "won", "shouldn", "weren", "isn", "wasn", "aren", "hadn":
				neg = true
				if v := toks[k-1].norm; v == "haven" || v == "hasn" || v == "didn" || v == "weren" || v == "wasn" || v == "hadn" {
					aux = true
				}
			case "can", "couldn":
				hinder = true
			}
		}
		switch w {
		case "havent", "hasnt", "didnt", "werent", "wasnt":
			aux = true
		case "cant", "cannot", "unable", "impossible", "arrive", "parviens", "parvient", "peux", "peut", "arriver", "trouve", "kann", "puedo", "riesco", "couldnt", "able":
			hinder = true
		}
		if auxiliaries[w] && d <= 3 {
			aux = true
		}
		if !adverbs[w] && !auxiliaries[w] && !negators[w] && w != "t" && d >= 2 {
			break
		}
		if toks[k+1].pause && d > 1 {
			break
		}
	}
	// "ne supprimez pas", "löschen Sie … nicht", "do not".
	if !neg && h.s > 0 && (toks[h.s-1].norm == "ne" || toks[h.s-1].norm == "n") && hasAfter(toks, h.e, h.e+3, "pas", "plus", "jamais", "rien", "ni", "aucun", "aucune") {
		neg = true
	}
	if at := r.denies(s, se, h); at >= 0 {
		if ifBefore(toks, at) {
			return undone
		}
		r.spared = r.spared || h.c == cErase || h.c == cRemove
		return denied
	}
	if !neg && hasAfter(toks, h.e, h.e+2, "pas", "jamais") && !hasAfter(toks, h.e, h.e+1, "si") {
		neg = true
	}
	if !neg && hasAfter(toks, h.e, h.e+5, "nicht", "niet") {
		neg = true
	}
	for _, o := range se.hits {
		if o.c == cNegwant && o.e <= h.s && h.s-o.e <= 5 && !pauseBetween(toks, o.e, h.s) {
			neg = true
		}
	}
	// A participle needs an auxiliary; an infinitive after "a" is none.
	w := toks[h.s].norm
	if aux && (hasSuffixAny(w, "er", "ez", "ing", "ir") || w == "delete" || w == "erase" || w == "remove") && !neg {
		aux = false
	}
	if !aux && h.s > 0 && toks[h.s-1].norm == "a" && toks[h.s].accented {
		aux = true
	}
	if aux && causative(toks, h.s) {
		aux = false
	}
	if !aux && !se.asked && hasSuffixAny(w, "ed") && h.s > 0 && toks[h.s-1].norm != "be" && !causative(toks, h.s) {
		aux = true // "the site deleted my photos"
	}
	switch {
	case neg && aux:
		return undone
	case neg && hinder:
		return hindered
	case neg:
		if ifBefore(toks, h.s) || s.question && whyBefore(toks, h.s) {
			return undone // "if you do not delete them", "why do you not delete them?"
		}
		r.spared = r.spared || h.c == cErase || h.c == cRemove
		return denied
	case aux:
		if confirmBefore(s.toks, h.s) || askedBefore(se, h.s) && !whyBefore(toks, h.s) {
			return open // "confirm that they have been deleted"
		}
		return done
	}
	if (h.c == cErase || h.c == cRemove) && ownDeed(toks, h.s) && !askedBefore(se, h.s) {
		return done
	}
	if se.set.has(cPolicy) && !r.askedStrong(s, se, h.s) {
		return wondered
	}
	return open
}

// denies finds where words such as "instead of", "nobody", "I object to" or
// "this is not a request for" stand that govern what stands at h; -1 for
// nowhere.
func (r *reading) denies(s *sentence, se *sense, h hit) int {
	if !se.set.has(cDeny) {
		return -1
	}
	for _, o := range se.hits {
		if o.c != cDeny || o.s >= h.s || h.s-o.e > 6 || delayAfter(s.toks, o.e-1) {
			continue
		}
		free := false // another clause began between
		for k := o.e; k < h.s && !free; k++ {
			t := &s.toks[k]
			switch t.norm {
			case "and", "et", "und", "y", "e", "but", "mais", "aber", "maar", "pero", "ma", "so", "donc", "then":
				free = true
			case "dass", "dat", "que", "qu":
			default:
				free = t.pause
			}
		}
		free = free || s.toks[h.s].pause && o.e <= h.s
		for _, a := range se.hits {
			if a.c == cAsk && a.s >= o.e && a.e <= h.s && !softAsk(s.toks[a.s].norm) {
				free = true
			}
		}
		if !free {
			return o.s
		}
	}
	return -1
}

// softAsk are words of asking that do not begin a new wish: "nothing must be
// deleted", "not asking you to have it deleted".
func softAsk(w string) bool {
	switch w {
	case "must", "should", "be", "to", "have", "need", "asking", "want", "veux", "exerc", "pas", "possible":
		return true
	}
	return hasAnyPrefix(w, "request", "demand", "souhait", "mocht")
}

// askedStrong tells whether a wish governs the verb.
func (r *reading) askedStrong(s *sentence, se *sense, at int) bool {
	if se.set.has(cPolicy) && (s.question || !se.set.has(cAsk)) {
		return false
	}
	for _, h := range se.hits {
		if h.c == cAsk && h.s <= at+8 || h.c == cImperative && imperativeAt(s.toks, h.s) {
			return true
		}
	}
	return frenchOrder(s.toks, se.hits)
}

// delayAfter tells that "without" at k only says how fast, or that nothing is
// to stand in the way: "without undue delay", "sans attendre".
func delayAfter(toks []token, k int) bool {
	switch toks[k].norm {
	case "without", "sans", "ohne", "zonder", "sin", "senza":
	default:
		return false
	}
	for j := k + 1; j < len(toks) && j <= k+3; j++ {
		if hasAnyPrefix(toks[j].norm, "delay", "delai", "retard", "attend", "tard", "verzog", "vertrag", "uitstel", "demora", "dilacion", "retraso", "ritard", "indugio", "exception", "reserve", "condition", "charge", "frais", "cost", "fail", "faute", "discut", "argu", "further", "excuse", "question") {
			return true
		}
	}
	return false
}

func orWord(w string) bool {
	switch w {
	case "or", "ou", "oder", "of", "o":
		return true
	}
	return false
}

// causative tells that what stands at k is to be brought about: "to have my
// account removed", "get them deleted".
func causative(toks []token, k int) bool {
	for j := k - 1; j >= 1 && j >= k-6; j-- {
		switch toks[j].norm {
		case "have", "get", "getting", "having":
			switch toks[j-1].norm {
			case "to", "d", "would", "please", "can", "could", "i", "about", "of", "for", "just", "want":
				return toks[j-1].norm != "i" || toks[j].norm == "get"
			}
			return false
		}
		if toks[j].pause {
			return false
		}
	}
	return false
}

// ownDeed tells that the verb at k is what the sender does: "we delete the
// files at the end of the month", "nous supprimons".
func ownDeed(toks []token, k int) bool {
	for j := k - 1; j >= 0 && j >= k-4; j-- {
		switch w := toks[j].norm; w {
		case "we", "nous", "wir", "wij":
			return true
		case "will", "shall", "ll", "avons", "have", "then", "also", "always", "bien", "haben", "hebben", "les", "la", "le", "alors", "ensuite", "automatically", "usually", "only":
		default:
			return false
		}
	}
	return false
}

func askedBefore(se *sense, at int) bool {
	for _, h := range se.hits {
		if h.c == cAsk && h.s < at {
			return true
		}
	}
	return false
}

func confirmBefore(toks []token, at int) bool {
	for k := at - 1; k >= 0 && k > at-14; k-- {
		if hasAnyPrefix(toks[k].norm, "confirm", "bestatig", "bevestig", "conferm", "assur", "ensure") {
			return true
		}
	}
	return false
}

func whyBefore(toks []token, at int) bool {
	for k := at - 1; k >= 0 && k > at-8; k-- {
		switch toks[k].norm {
		case "why", "pourquoi", "warum", "waarom", "porque", "perche", "who", "qui":
			return true
		}
	}
	return false
}

func ifBefore(toks []token, at int) bool {
	for k := at - 1; k >= 0 && k > at-7; k-- {
		switch toks[k].norm {
		case "if", "si", "wenn", "falls", "als", "se", "unless", "sauf", "indien", "should", "sinon", "faute":
			return true
		}
	}
	return false
}

func hasAfter(toks []token, from, to int, words ...string) bool {
	for k := max(from, 0); k < to && k < len(toks); k++ {
		if k > from && toks[k].pause {
			return false
		}
		for _, w := range words {
			if toks[k].norm == w {
				return true
			}
		}
	}
	return false
}

func pauseBetween(toks []token, from, to int) bool {
	for k := from; k < to && k < len(toks); k++ {
		if toks[k].pause {
			return true
		}
	}
	return false
}

func hasSuffixAny(s string, suffixes ...string) bool {
	for _, x := range suffixes {
		if len(s) > len(x)+2 && s[len(s)-len(x):] == x {
			return true
		}
	}
	return false
}
