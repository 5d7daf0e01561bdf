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
	v.Marks = r.marks()
	v.Orders = r.orders()
	r.conclude(&v, o, checkFrom)
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
	cAsk, cErase, cRemove, cData, cInfo, cPhoto, cAccount, cFile, cAttr       = con("ask"), con("erase"), con("remove"), con("data"), con("info"), con("photo"), con("account"), con("file"), con("attr")
	cFamily, cAboutMe, cISent, cNegwant, cImperative, cThird, cVendor         = con("family"), con("aboutme"), con("isent"), con("negwant"), con("imperative"), con("third"), con("vendor")
	cInfoAfter, cInfoAll, cThanks, cFear, cGDPR, cThem, cEdit, cCart, cOrder  = con("infoafter"), con("infoall"), con("thanks"), con("fear"), con("gdpr"), con("them"), con("edit"), con("cart"), con("order")
	cStop, cGeneral, cPolicy, cConfirm, cDoc, cMarketing, cUnsub              = con("stop"), con("generalright"), con("policyq"), con("confirm"), con("doc"), con("marketing"), con("unsub")
	cEmails, cContact, cLogin, cMaillist, cClose, cMe, cCopy, cGive, cCooling = con("emails"), con("contact"), con("login"), con("maillist"), con("close"), con("me"), con("copy"), con("give"), con("cooling")
	cRect, cShip, cObject, cWithdraw, cNoConsent, cRefuse                     = con("rect"), con("shipaddr"), con("object"), con("withdraw"), con("noconsent"), con("refuse")
	cProspect, cModif, cUse                                                   = con("prospect"), con("modif"), con("use")
	cIDDoc, cPhish, cGone                                                     = con("iddoc"), con("phish"), con("gone")
	cDeny, cReqAfter, cEngage, cOutsider, cReqTalk, cEraseRight               = con("deny"), con("reqafter"), con("engage"), con("outsider"), con("reqtalk"), con("eraseright")
	objects                                                                   = setOf(cData, cInfo, cPhoto, cAccount, cAttr)
	privacy                                                                   = setOf(cFile, cData, cGDPR)
)

func con(name string) concept {
	c, ok := lex.names[name]
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
	headAsks := false
	for i := range r.sentences {
		s := &r.sentences[i]
		from := len(hits)
		var set conceptSet
		hits, set = lex.annotate(s.toks, langs, hits)
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

// owner tells whose the object is.
type owner uint8

const (
	nobodys owner = iota
	mine          // my, our, about me, of my son
	yours         // your, vos
	theirs        // their, his, leurs
)

var owners = func() map[string]owner {
	m := map[string]owner{}
	for o, words := range map[owner][]string{
		mine: {"mes", "mon", "ma", "nos", "notre", "my", "our", "mine", "moi", "myself", "mein", "meine", "meiner", "meinem", "meinen", "meines", "unser", "unsere", "unserer", "unserem", "unseren", "unseres",
			"mijn", "onze", "ons", "mis", "mi", "nuestro", "nuestra", "nuestros", "nuestras", "mio", "mia", "miei", "mie", "nostro", "nostra", "nostri", "nostre"},
		yours:  {"vos", "votre", "tes", "ton", "ta", "your", "ihre", "ihrer", "ihrem", "ihren", "ihres", "uw", "jullie", "su", "sus", "vostro", "vostra", "vostri", "vostre"},
		theirs: {"leurs", "leur", "ses", "son", "sa", "their", "his", "her", "its", "seine", "seiner", "zijn", "haar", "hun", "loro", "suoi", "sue"},
	} {
		for _, w := range words {
			m[w] = o
		}
	}
	return m
}()

// ownerOf tells whose the object at h is: by the determiner before it, or by
// "concerning me", "of my son", "that I sent" after it.
func (r *reading) ownerOf(s *sentence, se *sense, h hit) owner {
	// Some entries carry their own determiner: "mon adresse".
	for k := h.s; k < h.e; k++ {
		if o := owners[s.toks[k].norm]; o != nobodys {
			return o
		}
	}
	for _, o := range se.hits {
		if o.s >= h.e && o.s <= h.e+5 && (o.c == cAboutMe || o.c == cFamily || o.c == cISent) ||
			o.e <= h.s && o.e+2 >= h.s && o.c == cFamily {
			return mine
		}
	}
	for k := h.s - 1; k >= 0 && k >= h.s-4; k-- {
		if o := owners[s.toks[k].norm]; o != nobodys {
			// "our data" of a company that writes to the shop stays ours.
			return o
		}
		if s.toks[k+1].pause {
			break
		}
	}
	return nobodys
}

// ownerFactor weighs whose the object is.
func (r *reading) ownerFactor(o owner, c conceptSet) float64 {
	switch o {
	case mine:
		return 1
	case yours:
		return 0.3
	case theirs:
		if r.all.has(cFamily) || r.all.has(cMinor) || r.all.has(cAnother) {
			return 0.98
		}
		return 0.5
	}
	switch {
	case c.has(cData):
		return 0.93
	case c.has(cPhoto):
		return 0.82
	case c.has(cAccount):
		return 0.8
	}
	return 0.72
}

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
