package request

// maxMatches bounds how often one rule speaks in one sentence.
const maxMatches = 4

func (r *reading) findRules() {
	var match [6]hit
	for i := range r.sentences {
		se := &r.senses[i]
		if len(se.hits) == 0 {
			continue
		}
		r.strongest = 0
		for pass := range 2 {
			for g := range grammar {
				c := &grammar[g]
				if c.scope == (pass == 0) {
					continue
				}
				r.try(i, c, match[:])
			}
		}
	}
}

func (r *reading) try(i int, c *compiled, match []hit) {
	se := &r.senses[i]
	for k := range c.elems {
		if !c.elems[k].set.meets(se.set) {
			return
		}
	}
	if c.hasNeed && !c.need.meets(se.set) && !(c.needAnywhere && c.need.meets(r.all)) || c.not.meets(se.set) {
		return
	}
	if c.question && !r.sentences[i].question || c.statement && r.sentences[i].question && !se.asked {
		return
	}
	if c.dataDoc && !r.all.has(cData) {
		return
	}
	n := 0
	for hi, h := range se.hits {
		if !c.elems[0].set.has(h.c) {
			continue
		}
		match[0] = h
		if !c.rest(se.hits, hi, match[:len(c.elems)]) {
			continue
		}
		r.weigh(i, c, match[:len(c.elems)])
		if n++; n >= maxMatches {
			return
		}
	}
}

// rest finds the other elements near the first, each at its nearest place.
func (c *compiled) rest(hits []hit, at int, match []hit) bool {
	for k := 1; k < len(match); k++ {
		lo, hi := match[0].s, match[0].e
		for _, m := range match[1:k] {
			lo, hi = min(lo, m.s), max(hi, m.e)
		}
		best, bestDist := -1, c.gap+1
		// Hits stand in order of their start: walk both ways from the first.
		for j := at + 1; j < len(hits) && hits[j].s <= hi+c.gap; j++ {
			if d := c.fits(hits[j], match[:k], k, lo, hi); d >= 0 && d < bestDist {
				best, bestDist = j, d
			}
		}
		if !c.ordered {
			for j := at - 1; j >= 0 && hits[j].s+24 >= lo-c.gap; j-- {
				// What stands after is preferred to what stands before.
				if d := c.fits(hits[j], match[:k], k, lo, hi); d >= 0 && d+1 < bestDist {
					best, bestDist = j, d+1
				}
			}
		}
		if best < 0 {
			return false
		}
		match[k] = hits[best]
	}
	return true
}

// fits returns the distance in words between a hit and what is matched so
// far, or -1.
func (c *compiled) fits(h hit, have []hit, k, lo, hi int) int {
	if !c.elems[k].set.has(h.c) {
		return -1
	}
	d := c.gap + 2
	for _, m := range have {
		if h.s < m.e && m.s < h.e {
			return -1 // the same words cannot be two elements
		}
		switch {
		case h.s >= m.e:
			d = min(d, h.s-m.e)
		default:
			if c.ordered {
				return -1
			}
			d = min(d, m.s-h.e)
		}
	}
	if d > c.gap {
		return -1
	}
	return d
}

// weigh turns a match into evidence.
func (r *reading) weigh(i int, c *compiled, match []hit) {
	s, se := &r.sentences[i], &r.senses[i]
	conf := c.conf
	objectMine := false
	lo, hi := match[0].s, match[0].e
	for _, m := range match[1:] {
		lo, hi = min(lo, m.s), max(hi, m.e)
	}
	if !c.between.empty() {
		for _, h := range se.hits {
			if c.between.has(h.c) && h.s >= match[0].e && h.e <= match[len(match)-1].s {
				return // "remove the order from my account"
			}
		}
	}
	if c.right == Erasure && !c.negated && (match[0].c == cEraseRight || match[0].c == cClose) && r.denies(s, se, match[0]) >= 0 {
		r.spared = true
		return // "this is not a request for erasure"
	}
	if c.right == Objection && (se.set.has(cEngage) || se.set.has(cReqAfter)) {
		return // "I promise not to publish", "I want no advertising because of this letter"
	}
	for k, m := range match {
		e := &c.elems[k]
		if e.verb && !c.anyVerb {
			t := r.tenseOf(s, se, m)
			if c.negated {
				if t != denied && t != undone {
					return
				}
				if t == undone && c.right == Restriction {
					return // "you have not erased my data" wants them erased
				}
				if t == undone && !se.asked && c.right != Erasure {
					conf *= 0.6
				}
			} else {
				switch t {
				case denied:
					return
				case done:
					if !c.changed {
						conf *= 0.25
					}
				case undone:
					conf *= 0.9
				case hindered:
					conf *= 0.82
				case wondered:
					conf *= 0.5
				}
			}
		}
		if c.anyVerb && c.right == Objection && m.c == cUse && r.tenseOf(s, se, m) == done {
			conf *= 0.55 // "it was used without my agreement": a complaint
		}
		if e.object {
			var set conceptSet
			set.add(m.c)
			o := r.ownerOf(s, se, m)
			objectMine = objectMine || o == mine || o == theirs && r.first
			if c.mine && o != mine {
				return
			}
			if m.c == cPhoto && c.right == Erasure && insideOf(s.toks, m.s) && match[0].e <= m.s && o != mine {
				conf *= 0.35 // "remove the man from the photo"
			}
			if objects.has(m.c) && (!c.anyOwner || o == yours && !set.has(cAttr)) {
				conf *= r.ownerFactor(o, set)
			}
			if c.mineInfo && o != mine && !se.set.has(cFile) && !se.set.has(cAboutMe) {
				conf *= 0.6
			}
		}
	}
	if !se.asked && !c.negated && !(s.question && c.right == Access) {
		conf *= 0.86
		switch {
		case c.right == Rectification:
		case !r.first:
			conf *= 0.65
		case !objectMine && !r.ownerless(c) && c.right == Erasure:
			conf *= 0.6
		case !objectMine && !r.ownerless(c):
			conf *= 0.75
		}
	}
	if c.soft.meets(se.set) && r.softNear(s, se, c, lo, hi) || c.name == "delivery address" && r.all.has(cOrder) {
		switch {
		case c.name == "delivery address":
			conf *= 0.4
		case c.right == Rectification && se.set.has(cAccount), privacy.meets(se.set) && !privacyOnlyIn(c, se):
			conf *= 0.8
		case r.all.has(cGDPR):
			conf *= 0.6
		default:
			conf *= 0.25
		}
	}
	if c.right == Restriction && conditional(s.toks) {
		conf *= 0.5 // "if you must keep some of it, restrict it": not what is asked
	}
	if c.scope && conditional(s.toks) && !r.givesNear(s, se, lo, hi) {
		conf *= 0.3 // "insofar as you have disclosed the data, …"
	}
	if c.scope && r.strongest >= 0.5 && !se.set.has(cCopy) && !r.givesNear(s, se, lo, hi) {
		conf *= 0.3
	}
	if r.mentioned(s, se, lo, hi) {
		conf *= 0.4
		if r.vendor > 0 || r.reqTalk > 0 {
			conf *= 0.3
		}
	}
	if c.right == Erasure && se.set.has(cIDDoc) && !se.set.has(cData) && !se.set.has(cPhoto) && !se.set.has(cAccount) {
		return // "please destroy the copy of my passport after use"
	}
	if r.ownerless(c) && (c.right == Access || c.right == Portability) && r.asksForOurs(s, se) {
		conf *= 0.35 // "send me your personal details and a copy of your ID"
	}
	if hasAnyPrefix(c.name, "what remains", "whether still") && whyBefore(s.toks, min(lo+4, len(s.toks))) {
		return // "why do you still have my photos?"
	}
	if c.right == Rectification && s.question && !se.asked {
		conf *= 0.5 // "is my address correct?"
	}
	if r.all.has(cProspect) && (c.right == Erasure || c.right == Access) {
		conf *= 0.4 // somebody who has not ordered yet wants to know
	}
	if !objectMine && c.right != Rectification {
		switch {
		case r.outsider >= 3:
			conf *= 0.4
		case r.outsider >= 1:
			conf *= 0.7
		}
	}
	conf *= r.setting(i, lo)
	if !c.scope {
		r.strongest = max(r.strongest, conf)
	}
	r.fired = append(r.fired, firing{i, c.rule, conf})
	r.add(c.right, c.name, conf, r.span(s, lo, hi))
	r.found[c.right].asked = r.found[c.right].asked || se.asked
	if !c.scope {
		r.found[c.right].solid = max(r.found[c.right].solid, conf)
	}
}
