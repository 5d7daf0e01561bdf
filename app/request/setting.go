package request

// mentioned tells that the words lo to hi all stand between quotation marks,
// while the sentence around them does not itself ask for something.
func (r *reading) mentioned(s *sentence, se *sense, lo, hi int) bool {
	for k := lo; k < hi; k++ {
		if !s.toks[k].quoted {
			return false
		}
	}
	if r.allQuoted {
		return false
	}
	if r.vendor > 0 || r.reqTalk > 0 {
		return true
	}
	for _, h := range se.hits {
		if (h.c == cAsk || h.c == cGeneral) && h.e <= lo && !s.toks[h.s].quoted {
			return false // I exercise my "right to be forgotten"
		}
	}
	return true
}

// ownerless tells that the rule names no object whose owner could be known.
func (r *reading) ownerless(c *compiled) bool {
	for _, e := range c.elems {
		if e.object {
			return false
		}
	}
	return true
}

// asksForOurs tells that the sentence speaks of what the shop has of its own
// and of nothing of the sender's.
func (r *reading) asksForOurs(s *sentence, se *sense) bool {
	ours := false
	for _, h := range se.hits {
		if objects.has(h.c) {
			switch r.ownerOf(s, se, h) {
			case mine:
				return false
			case yours:
				ours = true
			}
		}
	}
	return ours
}

// conditional tells that the sentence begins with a condition.
func conditional(toks []token) bool {
	for k := 0; k < len(toks) && k < 3; k++ {
		switch toks[k].norm {
		case "if", "insofar", "where", "should", "si", "sofern", "soweit", "falls", "wenn", "indien", "mesure", "qualora", "se":
			return true
		}
	}
	return false
}

// insideOf tells that the noun at k is a place: "from the photo", "sur la
// photo".
func insideOf(toks []token, k int) bool {
	for j := k - 1; j >= 0 && j >= k-2; j-- {
		switch toks[j].norm {
		case "from", "in", "on", "dans", "sur", "auf", "aus", "uit", "op", "en", "nella", "sulla", "dalla", "behind", "derriere":
			return true
		}
	}
	return false
}

// givesNear tells whether a word of telling or handing over stands near, so
// that "all data that you hold on me" is asked for and not only named.
func (r *reading) givesNear(s *sentence, se *sense, lo, hi int) bool {
	for _, h := range se.hits {
		if h.c == cGive && h.e >= lo-5 && h.s <= hi && s.toks[h.s].norm != "see" {
			return true
		}
	}
	return false
}

// privacyOnlyIn tells that the words of privacy are part of the rule itself
// where they do not tell an order from a request.
func privacyOnlyIn(c *compiled, se *sense) bool {
	return c.right == Objection || c.soft.has(cMaillist) && se.set.has(cMaillist)
}

func (r *reading) softNear(s *sentence, se *sense, c *compiled, lo, hi int) bool {
	for _, h := range se.hits {
		if c.soft.has(h.c) && h.e >= lo-10 && h.s <= hi+10 {
			if (h.c == cMarketing || h.c == cMaillist) && (joined(s.toks, hi, h.s) || joined(s.toks, h.e, lo)) {
				continue // "wipe my details and stop mailing me offers": two wishes
			}
			return true
		}
	}
	return false
}

// joined tells that between two places an "and" begins another wish.
func joined(toks []token, from, to int) bool {
	for k := from; k < to; k++ {
		switch toks[k].norm {
		case "and", "et", "und", "en", "y", "e", "then", "puis":
			return true
		}
		if k > from && toks[k].pause {
			return true
		}
	}
	return false
}

// setting weighs what is around: told of rights, customers in general, a
// vendor's mail, thanks, a machine's mail, a quote.
func (r *reading) setting(i, at int) float64 {
	s, se := &r.sentences[i], &r.senses[i]
	f := s.weight
	if se.info >= 0 && at >= se.info {
		f *= 0.12
	}
	if se.listing {
		f *= 0.3 // "rectification, erasure or restriction": told of, not asked
	}
	if se.set.has(cThird) {
		f *= 0.35
	}
	if se.set.has(cThanks) && !se.set.has(cImperative) && !r.askedAfterThanks(se) {
		f *= 0.2
	}
	if se.set.has(cReqTalk) {
		f *= 0.35 // requests are spoken of, as a subject
	}
	switch pitch := r.pitch(); {
	case pitch >= 3:
		f *= 0.25
	case pitch == 2:
		f *= 0.45
	case pitch == 1 && r.words > 40:
		f *= 0.85
	}
	if r.m.AutoSubmitted || r.m.Bounce {
		f *= 0.25
	}
	if r.m.List {
		if r.first && se.asked && r.pitch() == 0 && !r.bulk {
			f *= 0.8
		} else {
			f *= 0.22
		}
	}
	return f
}

// pitch counts what makes a message look like that of somebody who sells or
// writes about compliance.
func (r *reading) pitch() int {
	n := max(0, r.vendor+2*r.reqTalk-2*r.claims)
	if n > 0 && r.all.has(cThird) {
		n++
	}
	return n
}

func (r *reading) askedAfterThanks(se *sense) bool {
	after := -1
	for _, h := range se.hits {
		if h.c == cThanks {
			after = h.e
		}
		if h.c == cAsk && after >= 0 && h.s >= after {
			return true
		}
	}
	return false
}
