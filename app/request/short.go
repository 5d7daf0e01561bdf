package request

// findPronouns understands "you have pictures of my daughter. Please delete
// them": the object is in an earlier sentence.
func (r *reading) findPronouns() {
	lastObj, lastAt := hit{}, -1
	lastMine := false
	for i := range r.sentences {
		s, se := &r.sentences[i], &r.senses[i]
		for hi, h := range se.hits {
			if objects.has(h.c) {
				lastObj, lastAt = h, i
				lastMine = r.ownerOf(s, se, h) == mine
				continue
			}
			if (h.c == cRect || h.c == cModif && se.set.has(cFile)) && se.asked && lastAt >= 0 && i-lastAt <= 2 && i > lastAt && !objectAfter(se.hits, hi, h.e+5) &&
				!se.set.has(cEdit) && !se.set.has(cOrder) && !se.set.has(cDoc) && r.tenseOf(s, se, h) == open {
				prev := &r.senses[lastAt]
				if (lastObj.c == cAttr || lastObj.c == cAccount || lastObj.c == cData || prev.set.has(cFile)) && !prev.set.has(cEdit) && !prev.set.has(cShip) && (lastMine || prev.set.has(cFile)) {
					conf := 0.72
					if prev.set.has(cOrder) && !prev.set.has(cFile) && !se.set.has(cFile) {
						conf = 0.45
					}
					r.add(Rectification, "correct what was named", conf*r.setting(i, h.s), r.span(s, h.s, h.e))
				}
			}
			if h.c != cErase && h.c != cRemove && !(h.c == cGone && se.asked && s.toks[h.s].norm == "gone") {
				continue
			}
			p, ok := pronounNear(se.hits, hi, s.toks)
			if !ok || objectAfter(se.hits, hi, h.e+4) {
				continue
			}
			if se.set.has(cMaillist) || se.set.has(cIDDoc) || lastAt >= 0 && lastAt == i-1 && r.senses[lastAt].set.has(cIDDoc) {
				continue // "a copy of my ID, which you will delete after use"
			}
			conf := 0.0
			switch {
			case lastAt >= 0 && i-lastAt <= 4:
				conf = 0.86
				if lastObj.c == cAttr || lastObj.c == cInfo {
					conf = 0.7
				}
				if !lastMine {
					conf *= 0.9
				}
				if h.c == cRemove {
					conf *= 0.93
				}
				prev := &r.senses[lastAt]
				for _, x := range []*sense{se, prev} {
					if (x.set.has(cEdit) || x.set.has(cCart) || x.set.has(cFear) || x.set.has(cDoc) && lastObj.c == cPhoto) && !x.set.has(cFile) && !r.all.has(cGDPR) {
						conf *= 0.35
						break
					}
				}
			case r.reply:
				conf = 0.5
			default:
				continue
			}
			switch r.tenseOf(s, se, h) {
			case denied:
				continue
			case done:
				conf *= 0.25
			case wondered:
				conf *= 0.55
			}
			if !se.asked {
				conf *= 0.7
			}
			conf *= r.setting(i, h.s)
			r.add(Erasure, "erase what was named", conf, r.span(s, min(h.s, p.s), max(h.e, p.e)))
		}
	}
}

func pronounNear(hits []hit, at int, toks []token) (hit, bool) {
	h := hits[at]
	for j := at + 1; j < len(hits) && hits[j].s <= h.e+1; j++ {
		if hits[j].c == cThem && !toks[hits[j].s].pause {
			// "supprimez la photo": an article, not a pronoun.
			if w := toks[hits[j].s].norm; (w == "les" || w == "la" || w == "le" || w == "l" || w == "las" || w == "los" || w == "this" || w == "that" || w == "these" || w == "those") && hits[j].e < len(toks) && !toks[hits[j].e].pause && !follows[toks[hits[j].e].norm] {
				continue
			}
			return hits[j], true
		}
	}
	for j := at - 1; j >= 0 && hits[j].s >= h.s-2; j-- {
		if hits[j].c == cThem {
			return hits[j], true
		}
	}
	return hit{}, false
}

// follows are words that may follow a pronoun but no article.
var follows = map[string]bool{"de": true, "svp": true, "s": true, "stp": true, "please": true, "from": true, "merci": true, "immediatement": true, "definitivement": true, "tous": true, "toutes": true, "tout": true, "rapidement": true, "maintenant": true, "now": true, "asap": true, "as": true, "and": true, "et": true, "dans": true, "a": true, "sil": true, "all": true, "immediately": true, "permanently": true, "completement": true, "au": true, "des": true, "sous": true, "par": true, "or": true, "ou": true, "for": true, "pour": true, "en": true}

func objectAfter(hits []hit, at, until int) bool {
	for j := at + 1; j < len(hits) && hits[j].s <= until; j++ {
		if objects.has(hits[j].c) || hits[j].c == cOrder || hits[j].c == cEdit {
			return true
		}
	}
	return false
}

// findBare understands mails of a few words, where one verb says it all, and
// mails that claim "my rights" without naming one.
func (r *reading) findBare() {
	best := 0.0
	for _, e := range r.found {
		best = max(best, e.best)
	}
	if best >= RequestFrom {
		return
	}
	for i := range r.sentences {
		s, se := &r.sentences[i], &r.senses[i]
		for _, h := range se.hits {
			switch {
			case h.c == cStop && (r.words <= 4 || len(s.toks) <= 2 && r.words <= 16) && !r.all.has(cOrder) && !r.all.has(cEdit):
				r.add(Objection, "stop", 0.74*s.weight, r.span(s, h.s, h.e))
			case (h.c == cErase || h.c == cUnsub) && s.field == InSubject && len(s.toks) <= 6 && r.objectInText() && !se.set.has(cOrder) && !se.set.has(cCart) && !se.set.has(cEdit):
				r.add(Erasure, "erase in the subject", 0.68*r.setting(i, h.s), r.span(s, h.s, h.e))
			case h.c == cErase && r.words <= 8 && !r.all.has(cOrder) && !r.all.has(cCart) && !r.all.has(cEdit) && !r.all.has(cDoc) && !r.all.has(cFear) && !r.all.has(cThanks) && r.tenseOf(s, se, h) == open:
				r.add(Erasure, "erase", 0.62*r.setting(i, h.s), r.span(s, h.s, h.e))
			case h.c == cGeneral && (!r.all.has(cCooling) || r.all.has(cGDPR)):
				r.add(Access, "rights claimed, none named", 0.55*r.setting(i, h.s), r.span(s, h.s, h.e))
			}
		}
	}
}

// objectInText tells whether the text speaks of what the sender has with the
// shop: my data, my account, my photos.
func (r *reading) objectInText() bool {
	for i := r.subjects; i < len(r.sentences); i++ {
		s, se := &r.sentences[i], &r.senses[i]
		if se.set.has(cEdit) || se.set.has(cCart) {
			return false
		}
		for _, h := range se.hits {
			if objects.has(h.c) && r.ownerOf(s, se, h) == mine {
				return true
			}
		}
	}
	return false
}
