package request

import (
	"cmp"
	"math"
	"slices"
)

// The thresholds between the kinds of message, in confidence.
const (
	RequestFrom = 0.4  // a finding at or above it makes the message a request
	CheckFrom   = 0.15 // a finding at or above it makes the message one to check
)

// maxSpans bounds the spans of one finding or mark: enough to show why.
const maxSpans = 5

// resembles is the rule of a finding for which no rule of the grammar speaks.
const resembles = "resembles requests"

// conclude joins the grammar's evidence and the model's opinion into the
// verdict. The model says how sure it is; the grammar has the last word where
// it knows better (what must not be erased) and says why.
func (r *reading) conclude(v *Verdict, o opinion, checkFrom float64) {
	asked := chance(o.odds[0])
	if r.m.Bounce || r.m.Receipt || o.telling[0] < 0 {
		asked = 0 // nothing stands in it, or what a server says of a mail is no request
	}
	if r.words <= fewWords && r.reply && !r.asks && !r.evident() {
		asked *= 0.5 // "Many thanks!"
	}
	if r.m.AutoSubmitted && asked < 0.9 {
		asked = min(asked, RequestFrom-0.01)
	}
	var conf [8]float64
	if right := r.plain(); right != NoRight {
		asked = max(asked, checkFrom)
		if r.words <= fewWords {
			// Too little for the model to go by, and clear all the same.
			asked = max(asked, RequestFrom)
			conf[right] = asked
		}
	}
	for _, right := range Rights {
		conf[right] = max(conf[right], asked*chance(o.odds[right]))
	}
	if r.spared && !r.stillToErase {
		// "Do not delete them": nothing is to be erased.
		conf[Restriction] = max(conf[Restriction], min(conf[Erasure], 0.8*asked))
		conf[Erasure] = 0
	}
	r.doubt(&conf)
	lead := Rights[0]
	for _, right := range Rights {
		if conf[right] > conf[lead] {
			lead = right
		}
	}
	v.Confidence = round(asked)
	switch {
	case v.Confidence >= RequestFrom:
		v.Kind = Request
		conf[lead] = max(conf[lead], RequestFrom)
	case v.Confidence >= checkFrom:
		v.Kind = ToCheck
		conf[lead] = max(conf[lead], checkFrom)
	default:
		v.Kind, v.Confidence = Ordinary, round(1-asked)
		return
	}
	for _, right := range Rights {
		c := round(conf[right])
		if right != lead && (c < CheckFrom || v.Kind == Request && c < beside) {
			continue
		}
		v.Findings = append(v.Findings, r.finding(right, c, o.telling[right]))
	}
}

// doubt lowers what the model alone takes for a further right, where the words
// are known to mean something else.
func (r *reading) doubt(conf *[8]float64) {
	alone := func(right Right) bool { return r.found[right].best < 0.3 }
	if r.all.has(cIDDoc) && alone(Erasure) {
		conf[Erasure] *= 0.4 // "destroy the copy of my passport after use"
	}
	if (r.all.has(cReqAfter) || r.all.has(cEngage)) && alone(Objection) {
		conf[Objection] *= 0.2 // "I want no advertising because of this letter"
	}
	if r.found[Erasure].best >= 0.85 && alone(Restriction) && !r.spared {
		conf[Restriction] *= 0.4
	}
}

// beside is the confidence from which a further right is told of beside the
// one that makes the message a request.
const beside = 0.5

// evident tells that the grammar found anything.
func (r *reading) evident() bool {
	for _, e := range r.found {
		if e.best >= 0.3 {
			return true
		}
	}
	return false
}

// shortNote is up to how many words a mail that names a right needs nobody whose
// right it is: "droit à l'oubli svp, nom: …".
const shortNote = 20

// fewWords is up to how many words the grammar alone makes a request.
const fewWords = 8

// plain returns the right of which the grammar alone is sure, where nothing
// around the words makes another sense likely: such a message is at least
// looked at.
func (r *reading) plain() Right {
	if r.m.AutoSubmitted || r.m.Bounce || r.m.Receipt || r.bulk || r.pitch() > 0 || r.outsider > 0 || !r.first && r.words > shortNote {
		return NoRight
	}
	sure := NoRight
	for _, right := range Rights {
		if e := &r.found[right]; e.asked && e.best >= 0.85 && (sure == NoRight || e.best > r.found[sure].best) {
			sure = right
		}
	}
	return sure
}

// finding says why: the words of the grammar's rules, or where only the model
// speaks the sentence that told it.
func (r *reading) finding(right Right, conf float64, telling int) Finding {
	e := &r.found[right]
	f := Finding{Right: right, Confidence: conf, Rule: e.rule}
	if e.best >= 0.3 {
		slices.SortStableFunc(e.spans, func(x, y scored) int { return cmp.Compare(y.conf, x.conf) })
		for k, sp := range e.spans {
			if k >= maxSpans || sp.conf < e.best*0.5 {
				break
			}
			f.Spans = append(f.Spans, sp.span)
		}
		slices.SortStableFunc(f.Spans, func(x, y Span) int {
			switch {
			case x.Field == y.Field:
				return x.Start - y.Start
			case x.Field == InSubject:
				return -1
			}
			return 1
		})
	}
	if len(f.Spans) == 0 && telling >= 0 {
		s := &r.sentences[telling]
		f.Rule = resembles
		f.Spans = []Span{r.span(s, 0, len(s.toks))}
	}
	return f
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }
