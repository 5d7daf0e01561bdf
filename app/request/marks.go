package request

import (
	"slices"
	"strings"

	"greffier/app/mailbox"
)

// markConcepts says which concept of the lexicon speaks for which mark.
var markConcepts = []struct {
	mark Mark
	c    concept
}{
	{MarkMinor, con("minor")},
	{MarkForAnother, con("another")},
	{MarkComplaint, con("complaint")},
	{MarkDeadline, con("deadline")},
	{MarkPhishing, con("phish")},
	{MarkBreach, con("breach")},
	{MarkAllData, con("alldata")},
	{MarkAgent, con("agent")},
}

// agentDomains are the domains from which services that act for their users
// write.
var agentDomains = []string{"saymine.com", "saymine.io", "incogni.com", "joindeleteme.com", "deleteme.com", "abine.com", "privacybee.com", "optery.com", "kanary.com", "thekanary.com",
	"consciousapp.com", "onerep.com", "privacyduck.com", "easyoptouts.com", "deseat.me", "rightly.co.uk", "jumboprivacy.com", "permissionslipcr.com", "aura.com", "redact.dev", "privacyhawk.com"}

// sentByAgent tells that a sender's or reply address is that of a service that
// acts for its users.
func (r *reading) sentByAgent() bool {
	for _, as := range [][]mailbox.Address{r.m.From, r.m.ReplyTo} {
		for _, a := range as {
			_, domain, _ := strings.Cut(strings.ToLower(a.Email), "@")
			for _, d := range agentDomains {
				if domain == d || strings.HasSuffix(domain, "."+d) {
					return true
				}
			}
		}
	}
	return false
}

var cMinor, cAnother = con("minor"), con("another")

// cRegulation and cLIL say that the GDPR or the French act is named.
var cRegulation, cLIL = con("regulation"), con("lil")

// marks finds what else matters for the case, where something is asked or not.
func (r *reading) marks(asked bool) []MarkFound {
	var out []MarkFound
	for _, mc := range markConcepts {
		if mc.mark == MarkDeadline && !asked {
			continue // "can I have it by Friday?" sets no term for a right
		}
		if !r.all.has(mc.c) {
			if mc.mark == MarkMinor {
				if sp, ok := r.agedMinor(); ok {
					out = append(out, MarkFound{Mark: MarkMinor, Spans: []Span{sp}})
				}
			}
			continue
		}
		var spans []Span
		for i := range r.sentences {
			s, se := &r.sentences[i], &r.senses[i]
			if !se.set.has(mc.c) || s.weight < 0.6 && s.field == InText {
				continue
			}
			last := -1
			for _, h := range se.hits {
				if h.c != mc.c || h.s < last || len(spans) >= maxSpans {
					continue
				}
				if mc.mark == MarkComplaint && informational(se, h.s) {
					continue // "the existence of the right to lodge a complaint"
				}
				if mc.mark == MarkMinor && grownUp(s.toks, h) {
					continue
				}
				spans = append(spans, r.span(s, h.s, h.e))
				last = h.e
			}
		}
		if len(spans) > 0 {
			out = append(out, MarkFound{Mark: mc.mark, Spans: spans})
		}
	}
	has := func(m Mark) int { return slices.IndexFunc(out, func(f MarkFound) bool { return f.Mark == m }) }
	if has(MarkAgent) < 0 && r.sentByAgent() {
		out = append(out, MarkFound{Mark: MarkAgent})
	}
	if at := has(MarkAgent); at >= 0 && has(MarkForAnother) < 0 {
		out = append(out, MarkFound{Mark: MarkForAnother, Spans: slices.Clone(out[at].Spans)})
	}
	if at := has(MarkMinor); at >= 0 && asked && has(MarkForAnother) < 0 && r.all.has(cFamily) {
		// "The photos of my daughter": her mother asks for her.
		out = append(out, MarkFound{Mark: MarkForAnother, Spans: slices.Clone(out[at].Spans)})
	}
	if r.m.AutoSubmitted || r.m.Bounce || r.m.List {
		out = append(out, MarkFound{Mark: MarkAutomatic})
	}
	if r.reply {
		out = append(out, MarkFound{Mark: MarkReply})
	}
	return out
}

func informational(se *sense, at int) bool { return se.info >= 0 && at >= se.info }

// grownUp tells "my son, 24" from a minor: an age of 18 or more stands right
// after.
func grownUp(toks []token, h hit) bool {
	for k := h.e; k < len(toks) && k < h.e+4; k++ {
		if t := toks[k]; t.number && len(t.norm) == 2 && t.norm >= "18" && t.norm <= "99" {
			return k+1 >= len(toks) || toks[k+1].pause || toks[k+1].norm == "ans" || toks[k+1].norm == "years" || toks[k-1].norm == "aged"
		}
		if w := toks[k].norm; w == "majeur" || w == "majeure" || w == "adulte" || w == "adult" {
			return true
		}
	}
	return false
}

// agedMinor finds "j'ai 14 ans", "I am 15", "aged 9", "12 years old".
func (r *reading) agedMinor() (Span, bool) {
	for i := range r.sentences {
		s := &r.sentences[i]
		for k, t := range s.toks {
			if !t.number || len(t.norm) > 2 || len(t.norm) == 2 && (t.norm[0] != '1' || t.norm[1] > '7') {
				continue
			}
			prev, next, next2 := "", "", ""
			if k > 0 {
				prev = s.toks[k-1].norm
			}
			if k+1 < len(s.toks) {
				next = s.toks[k+1].norm
			}
			if k+2 < len(s.toks) {
				next2 = s.toks[k+2].norm
			}
			switch {
			case next == "ans" && (prev == "ai" || prev == "a" || prev == "jai" || prev == "age" || prev == "agee" || prev == "de") && next2 != "de" && next2 != "et":
				if prev == "de" && !(next2 == "" || k >= 2 && (s.toks[k-2].norm == "age" || s.toks[k-2].norm == "agee" || s.toks[k-2].norm == "fille" || s.toks[k-2].norm == "garcon")) {
					continue
				}
			case prev == "aged", next == "years" && next2 == "old", next == "yo", next == "jahre" && next2 == "alt", next == "jaar" && next2 == "oud":
			case (prev == "m" || prev == "am") && (next == "" || next == "years" || next == "and" || s.toks[k+1].pause):
			default:
				continue
			}
			return r.span(s, max(k-1, 0), min(k+2, len(s.toks))), true
		}
	}
	return Span{}, false
}
