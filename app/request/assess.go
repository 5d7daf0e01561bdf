package request

import (
	"slices"
	"strings"

	"greffier/app/mailbox"
)

// assessment is a message that was read and scored, with what documents are
// attached to it read apart: a CV or a contract speaks of data too.
type assessment struct {
	r        *reading
	parts    []part
	opinion  opinion
	attached *assessment // nil where no document was read
	at       int         // where the text of the documents begins
	pointed  bool        // the mail sends its reader to what is attached
}

// assess reads and scores the message.
func assess(m *mailbox.Message) assessment {
	body, at := *m, attachments(m.Text)
	if at >= 0 {
		body.Text = m.Text[:at]
	}
	a := assess1(&body)
	if at < 0 {
		return a
	}
	document := *m
	document.Subject, document.Text, document.InReplyTo = "", m.Text[at:], nil
	d := assess1(&document)
	a.attached, a.at, a.pointed = &d, at, a.r.pointsToAttachment()
	return a
}

func assess1(m *mailbox.Message) assessment {
	r, parts := understand(m)
	model := trained()
	f := r.features(model.known)
	return assessment{r: r, parts: parts, opinion: model.judge(r, &f)}
}

// attachments returns where the text of the attached documents begins, or -1.
func attachments(text string) int {
	for at := 0; at < len(text); {
		if mailbox.IsAttachmentLine(text[at:]) {
			return at
		}
		next := strings.IndexByte(text[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return -1
}

// pointsToAttachment tells that the mail itself says little more than that a
// letter is attached.
func (r *reading) pointsToAttachment() bool {
	if r.words <= 6 {
		return true
	}
	if r.words > 90 {
		return false
	}
	for i := range r.sentences {
		for _, t := range r.sentences[i].toks {
			switch {
			case hasAnyPrefix(t.norm, "attach", "enclos", "joint", "annex", "anhang", "angehang", "anbei", "beigef", "bijlage", "bijgevoegd", "adjunt", "allegat", "letter", "courrier", "lettre", "schreiben", "brief", "carta", "lettera"):
				return true
			}
		}
	}
	return false
}

// documentFrom is the confidence from which a document that the mail does not
// point to is looked at.
const documentFrom = 0.8

// verdict says what was understood of the message and its documents.
func (a *assessment) verdict(checkFrom float64) Verdict {
	v := a.r.verdict(a.parts, a.opinion, checkFrom)
	if a.attached == nil {
		return v
	}
	w := a.attached.r.verdict(a.attached.parts, a.attached.opinion, checkFrom)
	a.shift(&w)
	v.NewText = append(v.NewText, w.NewText...)
	if w.Kind == Ordinary || !a.pointed && w.Confidence < documentFrom {
		return v
	}
	if !a.pointed && w.Kind == Request {
		w.Kind, w.Confidence = ToCheck, RequestFrom-0.01
		for k := range w.Findings {
			w.Findings[k].Confidence = min(w.Findings[k].Confidence, RequestFrom-0.01)
		}
	}
	switch {
	case v.Kind == Ordinary:
		v.Kind, v.Confidence, v.Findings = w.Kind, w.Confidence, w.Findings
	case v.Kind == Request && w.Kind == ToCheck:
	case v.Kind == ToCheck && w.Kind == Request:
		v.Kind, v.Confidence, v.Findings = w.Kind, w.Confidence, w.Findings
	default:
		v.Confidence = max(v.Confidence, w.Confidence)
		for _, f := range w.Findings {
			if i := slices.IndexFunc(v.Findings, func(g Finding) bool { return g.Right == f.Right }); i < 0 {
				v.Findings = append(v.Findings, f)
			} else if f.Confidence > v.Findings[i].Confidence {
				v.Findings[i] = f
			}
		}
		slices.SortFunc(v.Findings, func(x, y Finding) int { return slices.Index(Rights, x.Right) - slices.Index(Rights, y.Right) })
	}
	for _, m := range w.Marks {
		if !v.Has(m.Mark) {
			v.Marks = append(v.Marks, m)
		}
	}
	for _, o := range w.Orders {
		if !slices.Contains(v.Orders, o) && len(v.Orders) < maxOrders {
			v.Orders = append(v.Orders, o)
		}
	}
	return v
}

// shift moves the spans of what was read in the documents to their places in
// the message.
func (a *assessment) shift(v *Verdict) {
	move := func(spans []Span) {
		for k := range spans {
			spans[k].Start += a.at
			spans[k].End += a.at
		}
	}
	for k := range v.Findings {
		move(v.Findings[k].Spans)
	}
	for k := range v.Marks {
		move(v.Marks[k].Spans)
	}
	move(v.NewText)
}
