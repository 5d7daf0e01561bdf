package request

import (
	"greffier/app/mailbox"
)

// Recognise says which rights a message asks for and why. It reads the
// subject, what the sender wrote now, and what is forwarded; quotes,
// signatures and footers are left out. It is pure, takes time in proportion
// to the text, and never fails: a message that says nothing is Ordinary.
func Recognise(m mailbox.Message) Verdict {
	a := assess(&m)
	return a.verdict(CheckFrom)
}

// understand reads the message and lets the grammar speak.
func understand(m *mailbox.Message) (*reading, []part) {
	r, parts := read(m)
	r.findRules()
	r.findCitations()
	r.findPronouns()
	r.findBare()
	return r, parts
}

// verdict says what was understood.
func (r *reading) verdict(parts []part, o opinion, checkFrom float64) Verdict {
	v := Verdict{Language: r.lang}
	for _, p := range parts {
		if p.weight >= 0.9 {
			v.NewText = append(v.NewText, Span{Field: InText, Start: p.start, End: p.end, Words: r.text[p.start:p.end]})
		}
	}
	v.Orders = r.orders()
	r.conclude(&v, o, checkFrom)
	v.Marks = r.marks(v.Kind != Ordinary)
	return v
}

// read splits the message into sentences and annotates them.
func read(m *mailbox.Message) (*reading, []part) {
	text := m.Text
	if len(text) > mailbox.MaxTextBytes {
		text = cut(text, mailbox.MaxTextBytes)
	}
	subject := cut(m.Subject, maxSubjectBytes)
	parts, reply, forward, bulk := newText(text, subject)

	r := reading{m: m, subject: subject, text: text, forward: forward, bulk: bulk}
	r.reply = reply || len(m.InReplyTo) > 0
	r.sentences = make([]sentence, 0, 32)
	subjectWeight := 1.0
	if r.reply && !forward {
		// The subject of a reply was written earlier, perhaps by the shop.
		subjectWeight = 0.6
	}
	r.sentences = tokenise(subject, subjectStart(subject), len(subject), InSubject, subjectWeight, r.sentences)
	r.subjects = len(r.sentences)
	for _, p := range parts {
		r.sentences = tokenise(text, p.start, p.end, InText, p.weight, r.sentences)
	}
	lang, langs := language(r.sentences)
	r.lang = lang
	r.annotate(langs)
	return &r, parts
}

// maxSubjectBytes bounds the subject that is read.
const maxSubjectBytes = 2000

// subjectStart skips "Re: Fwd: …".
func subjectStart(s string) int {
	at := 0
	for n := 0; n < 8; n++ {
		rest := s[at:]
		trimmed := len(rest)
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
			rest = rest[1:]
		}
		at += trimmed - len(rest)
		i := 0
		for i < len(rest) && i < 7 && rest[i] != ':' {
			i++
		}
		if i == 0 || i >= len(rest) || rest[i] != ':' {
			return at
		}
		switch fold(trimRight(rest[:i])) {
		case "re", "fwd", "fw", "tr", "aw", "wg", "rv", "sv", "antw", "rif", "i", "r", "enc", "doorst", "vs", "res":
			at += i + 1
		default:
			return at
		}
	}
	return at
}

func trimRight(s string) string {
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// sense is what was understood of one sentence.
type sense struct {
	hits    []hit
	set     conceptSet
	asked   bool // something is asked for: a verb of asking, an imperative, a heading that asks
	listing bool // several rights are listed
	info    int  // from this token on, rights are only told of, not used; -1 for nowhere
}

// reading is the work on one message.
type reading struct {
	m              *mailbox.Message
	subject, text  string
	lang           string // ISO 639-1, "" when it cannot be told
	reply, forward bool
	sentences      []sentence
	subjects       int // the first so many sentences are the subject
	senses         []sense
	all            conceptSet // of the whole message
	first          bool       // somebody speaks of what is hers: my data, my son
	words          int
	vendor         int
	outsider       int  // words of a blogger, the press, a supplier, an applicant, a swindler
	reqTalk        int  // words of somebody who speaks of requests in general
	bulk           bool // ends in the footer of a bulk mail
	allQuoted      bool // most of the message stands between quotation marks
	asks           bool // something is asked for outside the subject
	claims         int  // sentences in which somebody asks for what is hers
	stillToErase   bool // some verb of erasing is neither done nor denied
	spared         bool // something must not be erased
	found          [8]evidence
	strongest      float64  // in this sentence, for another right than the one that is tried
	fired          []firing // every rule that spoke, in the order of the sentences
}

// firing is a rule that spoke in a sentence.
type firing struct {
	sentence int
	rule     *rule
	conf     float64
}

// evidence is what speaks for one right.
type evidence struct {
	best, second float64
	rule         string
	asked        bool    // somewhere it is asked for, not only told
	solid        float64 // the best of the rules that do not only describe a scope
	spans        []scored
}

type scored struct {
	span Span
	conf float64
}

// Concepts that the code below looks at by name.
var (
	cAsk, cErase, cRemove, cData, cInfo, cPhoto, cAccount, cFile, cAttr      = con("ask"), con("erase"), con("remove"), con("data"), con("info"), con("photo"), con("account"), con("file"), con("attr")
	cFamily, cAboutMe, cISent, cNegwant, cImperative, cThird, cVendor        = con("family"), con("aboutme"), con("isent"), con("negwant"), con("imperative"), con("third"), con("vendor")
	cInfoAfter, cInfoAll, cThanks, cFear, cGDPR, cThem, cEdit, cCart, cOrder = con("infoafter"), con("infoall"), con("thanks"), con("fear"), con("gdpr"), con("them"), con("edit"), con("cart"), con("order")
	cStop, cGeneral, cPolicy, cDoc, cMarketing, cUnsub                       = con("stop"), con("generalright"), con("policyq"), con("doc"), con("marketing"), con("unsub")
	cMaillist, cClose, cCopy, cGive, cCooling                                = con("maillist"), con("close"), con("copy"), con("give"), con("cooling")
	cRect, cShip, cObject, cWithdraw, cNoConsent, cRefuse                    = con("rect"), con("shipaddr"), con("object"), con("withdraw"), con("noconsent"), con("refuse")
	cProspect, cModif, cUse                                                  = con("prospect"), con("modif"), con("use")
	cIDDoc, cGone                                                            = con("iddoc"), con("gone")
	cDeny, cReqAfter, cEngage, cOutsider, cReqTalk, cEraseRight              = con("deny"), con("reqafter"), con("engage"), con("outsider"), con("reqtalk"), con("eraseright")
	objects                                                                  = setOf(cData, cInfo, cPhoto, cAccount, cAttr)
	privacy                                                                  = setOf(cFile, cData, cGDPR)
)

func con(name string) concept {
	c, ok := conceptNames[name]
	if !ok {
		panic("no concept " + name)
	}
	return c
}

func setOf(cs ...concept) (s conceptSet) {
	for _, c := range cs {
		s.add(c)
	}
	return s
}

func (r *reading) annotate(langs langSet) {
	r.senses = make([]sense, len(r.sentences))
	total := 0
	for i := range r.sentences {
		total += len(r.sentences[i].toks)
	}
	r.words = total
	quoted := 0
	for i := range r.sentences {
		for _, t := range r.sentences[i].toks {
			if t.quoted {
				quoted++
			}
		}
	}
	r.allQuoted = quoted*4 > total*3
	hits := make([]hit, 0, total+16)
	words := lex()
	headAsks := false
	for i := range r.sentences {
		s := &r.sentences[i]
		from := len(hits)
		var set conceptSet
		hits, set = words.annotate(s.toks, langs, hits)
		se := &r.senses[i]
		*se = sense{hits: hits[from:len(hits):len(hits)], set: set, info: -1}
		for k := range set {
			r.all[k] |= set[k]
		}
		for _, h := range se.hits {
			switch h.c {
			case cAsk:
				se.asked = true
			case cImperative:
				if imperativeAt(s.toks, h.s) {
					se.asked = true
				}
			case cObject, cWithdraw, cNoConsent, cNegwant, cRefuse, cUnsub, cStop:
				se.asked = true // said is done
			case cInfoAfter:
				if se.info < 0 || h.s < se.info {
					se.info = h.s
				}
			case cInfoAll:
				se.info = 0
			case cVendor:
				r.vendor++
			case cOutsider:
				r.outsider++
			case cReqTalk:
				r.reqTalk++
			case cFamily:
				r.first = true
			}
		}
		if !exercised(s.toks) {
			n := 0
			for _, g := range rightGroups {
				if g.meets(set) {
					n++
				}
			}
			se.listing = n >= 4
		}
		if !se.asked && frenchOrder(s.toks, se.hits) {
			se.asked = true
		}
		if s.item && headAsks {
			se.asked = true
		}
		if s.listHead {
			headAsks = se.asked
		} else if !s.item {
			headAsks = false
		}
		if s.field == InSubject {
			se.asked = true
		}
		r.asks = r.asks || se.asked && s.field == InText
		if se.asked && r.claimed(s, se) {
			r.claims++
		}
	}
	r.first = r.first || r.all.has(cAboutMe)
	if !r.first {
		for i := range r.sentences {
			for _, t := range r.sentences[i].toks {
				if owners[t.norm] == mine || t.norm == "me" || t.norm == "mich" || t.norm == "mij" {
					r.first = true
					return
				}
			}
		}
	}
}

// claimed tells that the sentence speaks of data or pictures of the sender's
// own, outside quotation marks.
func (r *reading) claimed(s *sentence, se *sense) bool {
	for _, h := range se.hits {
		if (h.c == cData || h.c == cPhoto || h.c == cInfo || h.c == cAccount) && !s.toks[h.s].quoted && r.ownerOf(s, se, h) == mine {
			return true
		}
	}
	return false
}

// rightGroups are the words of each right, to see where several are listed.
var rightGroups = []conceptSet{
	setOf(con("accessright")), setOf(con("rect"), con("rectright")), setOf(con("erase"), con("eraseright")),
	setOf(con("restrictright"), con("restrict")), setOf(con("object"), con("objright")), setOf(con("portright")),
}

// exercised tells that rights are used, not told of.
func exercised(toks []token) bool {
	for _, t := range toks {
		if hasAnyPrefix(t.norm, "exerc", "ejerc", "esercit", "invok") {
			return true
		}
	}
	return false
}

// imperativeAt tells whether the verb at k stands where an order begins: at
// the start of the sentence or after a word that introduces one.
func imperativeAt(toks []token, k int) bool {
	if k <= 1 || toks[k].pause {
		return true
	}
	switch toks[k-1].norm {
	case "and", "then", "so", "just", "also", "now", "et", "de", "a", "donc", "puis", "und", "en", "y", "e", "or", "ou", "bonjour", "hello", "hi", "alors", "therefore", "immediately":
		return true
	}
	return false
}

// frenchOrder finds an imperative in -ez, "supprimez", that no "vous" governs.
func frenchOrder(toks []token, hits []hit) bool {
	for _, h := range hits {
		w := toks[h.s].norm
		if len(w) < 5 || w[len(w)-1] != 'z' || w[len(w)-2] != 'e' {
			continue
		}
		if h.s > 0 {
			switch toks[h.s-1].norm {
			case "vous", "que", "avez":
				continue
			case "ne", "n":
				if h.s > 1 && toks[h.s-2].norm == "vous" {
					continue
				}
			}
		}
		switch w {
		case "avez", "assez", "chez":
			continue
		}
		return true
	}
	return false
}

func (r *reading) source(f Field) string {
	if f == InSubject {
		return r.subject
	}
	return r.text
}

func (r *reading) span(s *sentence, lo, hi int) Span {
	start, end := s.toks[lo].start, s.toks[hi-1].end
	return Span{Field: s.field, Start: start, End: end, Words: r.source(s.field)[start:end]}
}

func (r *reading) add(right Right, name string, conf float64, sp Span) {
	if conf < 0.05 {
		return
	}
	e := &r.found[right]
	switch {
	case conf > e.best:
		e.best, e.second, e.rule = conf, e.best, name
	case conf > e.second:
		e.second = conf
	}
	for k := range e.spans {
		if have := &e.spans[k].span; have.Field == sp.Field && sp.Start < have.End && have.Start < sp.End {
			// Overlapping words are shown once, as the stronger rule saw them.
			if conf > e.spans[k].conf {
				e.spans[k] = scored{sp, conf}
			}
			return
		}
	}
	if len(e.spans) < 4*maxSpans {
		e.spans = append(e.spans, scored{sp, conf})
	}
}
