package request

// articleRights says which right an article grants: of the GDPR, and of the
// French loi Informatique et Libertés (LIL) where that act is named.
var (
	gdprArticles = map[string]Right{"15": Access, "16": Rectification, "17": Erasure, "18": Restriction, "20": Portability, "21": Objection}
	lilArticles  = map[string]Right{"49": Access, "50": Rectification, "51": Erasure, "53": Restriction, "55": Portability, "56": Objection,
		// Numbers of the act before its rewriting of 2019, still in circulation.
		"38": Objection, "39": Access, "40": Rectification}
)

// findCitations finds articles cited: "art. 15 et 17 RGPD", "Art. 7(3)",
// "§ 17". A range ("articles 15 à 22") names no single right.
func (r *reading) findCitations() {
	gdpr := r.all.has(cGDPR) || r.all.has(cRegulation) || r.all.has(cData)
	for i := range r.sentences {
		s, se := &r.sentences[i], &r.senses[i]
		for k := 0; k+1 < len(s.toks); k++ {
			switch s.toks[k].norm {
			case "art", "article", "articles", "arts", "artikel", "artikeln", "articulo", "articulos", "articolo", "articoli", "artt":
			default:
				continue
			}
			k = r.cited(i, k, gdpr, se)
			_ = s
		}
	}
}

// cited reads the numbers after the word "article" at k.
func (r *reading) cited(i, k int, gdpr bool, se *sense) int {
	s := &r.sentences[i]
	src := r.source(s.field)
	lil := se.set.has(cLIL)
	type cite struct {
		right Right
		at    int
	}
	var found []cite
	j := k + 1
	ranged, general := false, 0
	for ; j < len(s.toks) && j < k+14; j++ {
		t := s.toks[j]
		if !t.number {
			switch t.norm {
			case "et", "and", "und", "en", "y", "e", "ou", "or", "paragraphe", "paragraph", "par", "abs", "alinea", "n", "no", "du", "lit", "c", "of", "the", "sowie", "as", "well", "article", "art", "apartado", "comma", "lid", "sub":
				continue
			case "a", "to", "through", "bis", "tot", "al":
				ranged = true
				continue
			}
			break
		}
		// "17(1)": the number in the bracket is a paragraph; "15-22" a range.
		sep := ""
		if j > 0 {
			sep = src[s.toks[j-1].end:t.start]
		}
		prev := s.toks[j-1]
		if containsAny(sep, "(", ".") && j > k+1 && prev.number || prev.norm == "paragraph" || prev.norm == "paragraphe" || prev.norm == "abs" || prev.norm == "par" || prev.norm == "al" || prev.norm == "apartado" || prev.norm == "lid" || prev.norm == "comma" || prev.norm == "alinea" {
			if t.norm == "3" && j >= 1 && seven(s.toks, k, j) {
				found = append(found, cite{Withdrawal, j - 1})
			}
			continue
		}
		if containsAny(sep, "-", "–") && prev.number {
			ranged = true
		}
		n := t.norm
		right := gdprArticles[n]
		if lil && right == NoRight {
			right = lilArticles[n]
		}
		if right == NoRight && !isSmall(n) {
			break
		}
		if right != NoRight {
			found = append(found, cite{right, j})
			general++
		}
	}
	if !gdpr && !lil {
		return j - 1
	}
	if ranged && general <= 2 {
		return j - 1
	}
	for _, c := range found {
		conf := 0.66
		if se.asked {
			conf = 0.8
		}
		if len(found) >= 4 {
			conf *= 0.7 // a list of rights, more likely told of than used
		}
		conf *= r.setting(i, k)
		if ifBefore(s.toks, k) {
			conf *= 0.5
		}
		r.add(c.right, "article cited", conf, r.span(s, k, min(c.at+1, len(s.toks))))
	}
	return j - 1
}

func seven(toks []token, from, to int) bool {
	for k := from; k < to; k++ {
		if toks[k].norm == "7" {
			return true
		}
	}
	return false
}

func isSmall(n string) bool { return len(n) <= 2 }
