package register

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// personsSaid remembers how a document tells of persons.
type personsSaid struct{ marked, named bool }

// mark returns the mark of a person, making it when the person is new. The same
// e-mail address, or the same name where there is none, is the same person.
// Nothing of the person can be computed back from the mark without the key.
func (p pen) mark(name, email string) string {
	key := strings.ToLower(strings.TrimSpace(email))
	if key == "" {
		key = strings.ToLower(strings.TrimSpace(name))
	}
	if key == "" {
		return ""
	}
	m, ok := p.marks[key]
	if !ok {
		m = p.newMark(key)
		p.marks[key], p.taken[m] = m, true
	}
	return m
}

// newMark makes a mark that nobody has: four digits of a keyed hash, more where
// two persons would share them.
func (p pen) newMark(key string) string {
	if len(p.in.MarkKey) == 0 {
		return fmt.Sprintf("P-%03d", len(p.marks)+1)
	}
	h := hmac.New(sha256.New, p.in.MarkKey)
	h.Write([]byte(key))
	digits := strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
	for n := 4; n < len(digits); n += 2 {
		if m := "P-" + digits[:n]; !p.taken[m] {
			return m
		}
	}
	return "P-" + digits
}

// discretion says that names were left out, or that they were not.
func (p pen) discretion() []string {
	switch {
	case p.in.Pseudonymise:
		like := "P-001"
		if len(p.in.MarkKey) > 0 {
			like = "P-7F3A"
		}
		return []string{p.sayf(
			"Sur décision du responsable du traitement, les noms et adresses des personnes sont remplacés par des repères (du type %s), les mêmes d'un registre à l'autre ; la correspondance reste chez lui.",
			"On the controller's decision, names and addresses of persons are replaced by marks (such as %s), the same from one register to the next; the key to them stays with the controller.", like)}
	case p.in.Named:
		return []string{p.say(
			"Sur décision du responsable du traitement, les personnes sont nommées : document confidentiel.",
			"On the controller's decision, persons are named: this document is confidential.")}
	}
	return nil
}

// finish makes a document discreet where that is asked for, and says on the page
// what the owner decided, where the document tells of persons.
func (p *pen) finish(d *Document) {
	if p.in.Pseudonymise && p.scrub(d) {
		p.persons.marked = true
	}
	if len(d.Sections) > 0 && (p.persons.marked || p.persons.named) {
		first := &d.Sections[0]
		first.Words = append(p.discretion(), first.Words...)
	}
}

// scrub replaces the known persons in every text of a document by their marks,
// and every e-mail address that is not of the controller, of a processor or in
// the published policy. It tells whether there was one.
func (p *pen) scrub(d *Document) bool {
	s := newScrubber(p)
	for i := range d.Sections {
		x := &d.Sections[i]
		x.Title = s.clean(x.Title)
		for k := range x.Words {
			x.Words[k] = s.clean(x.Words[k])
		}
		for k := range x.Fields {
			x.Fields[k].Text = s.clean(x.Fields[k].Text)
		}
		if x.Table == nil {
			continue
		}
		for _, r := range x.Table.Rows {
			for k := range r {
				r[k].Text, r[k].Value = s.clean(r[k].Text), s.clean(r[k].Value)
			}
		}
	}
	return s.found
}

// scrubber finds persons in text.
type scrubber struct {
	p        *pen
	allowed  map[string]bool      // addresses that are nobody's secret
	names    map[string]knownName // whole names in lower case, words joined by a space
	families map[string]knownName // family names, which count after a title
	longest  map[string]int       // first word → words of the longest name that begins so
	found    bool
}

// knownName is a person; exact is how a name of one word is written, for it may
// be a word of the language too.
type knownName struct{ name, email, exact string }

// anyAddress finds e-mail addresses in prose.
var anyAddress = regexp.MustCompile(`[\pL\pN._%+'-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`)

// honorifics stand before a family name alone.
var honorifics = map[string]bool{"m": true, "mme": true, "mlle": true, "monsieur": true, "madame": true, "mademoiselle": true, "mr": true, "mrs": true, "ms": true, "miss": true}

func newScrubber(p *pen) *scrubber {
	s := &scrubber{p: p, allowed: map[string]bool{}, names: map[string]knownName{}, families: map[string]knownName{}, longest: map[string]int{}}
	allow := func(texts ...string) {
		for _, t := range texts {
			for _, a := range anyAddress.FindAllString(t, -1) {
				s.allowed[strings.ToLower(a)] = true
			}
		}
	}
	allow(p.in.Controller.Email)
	for _, x := range p.in.Processors {
		allow(x.Contact, x.Name, x.Security, x.SubProcessors, x.TransferNote, x.ContractRef)
	}
	for _, x := range p.in.Policies {
		allow(x.Text, x.Change)
	}
	for _, c := range p.in.Cases {
		s.know(c.Requester.Name, c.Requester.Email)
		s.know(c.Concerned.Name, c.Concerned.Email)
	}
	for _, c := range p.in.Consents {
		if anyAddress.FindString(c.Who) == "" {
			s.know(c.Who, "")
		}
	}
	for _, x := range p.in.Persons {
		s.know(x.Name, x.Email)
	}
	return s
}

// know takes a name in, said in either order, and the family name after a title.
// Of several persons of one name the first counts.
func (s *scrubber) know(name, email string) {
	ws := words(name)
	if len(ws) == 0 || strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(s.p.in.Controller.Name)) {
		return
	}
	lower := make([]string, len(ws))
	for i, w := range ws {
		lower[i] = strings.ToLower(name[w.from:w.to])
	}
	k := knownName{name: name, email: email}
	last := lower[len(lower)-1]
	if _, ok := s.families[last]; !ok && utf8.RuneCountInString(last) >= 2 {
		s.families[last] = k
	}
	add := func(lower []string) {
		whole := strings.Join(lower, " ")
		if _, ok := s.names[whole]; !ok {
			s.names[whole] = k
			s.longest[lower[0]] = max(s.longest[lower[0]], len(lower))
		}
	}
	if len(lower) == 1 {
		if k.exact = name[ws[0].from:ws[0].to]; utf8.RuneCountInString(last) >= 3 {
			add(lower)
		}
		return
	}
	add(lower)
	add(append([]string{last}, lower[:len(lower)-1]...))
}

// clean replaces what it knows in one text.
func (s *scrubber) clean(text string) string {
	if text == "" {
		return text
	}
	if strings.Contains(text, "@") {
		text = anyAddress.ReplaceAllStringFunc(text, func(a string) string {
			if s.allowed[strings.ToLower(a)] {
				return a
			}
			s.found = true
			return s.p.mark("", a)
		})
	}
	ws := words(text)
	var out strings.Builder
	at := 0
	for i := 0; i < len(ws); i++ {
		k, n := s.match(text, ws[i:])
		if n == 0 {
			continue
		}
		s.found = true
		out.WriteString(text[at:ws[i].from])
		out.WriteString(s.p.mark(k.name, k.email))
		i += n - 1
		at = ws[i].to
	}
	if at == 0 {
		return text
	}
	out.WriteString(text[at:])
	return out.String()
}

// match returns the longest known name at the beginning of the words, and how
// many words it has.
func (s *scrubber) match(text string, ws []span) (best knownName, n int) {
	first := strings.ToLower(text[ws[0].from:ws[0].to])
	titled := honorifics[first]
	most := s.longest[first]
	if titled {
		most = max(most, 2)
	}
	whole := ""
	for i := 0; i < most && i < len(ws); i++ {
		word := strings.ToLower(text[ws[i].from:ws[i].to])
		if i > 0 {
			between := text[ws[i-1].to:ws[i].from]
			if utf8.RuneCountInString(between) > 3 || strings.ContainsAny(between, ";:|") {
				break
			}
			whole += " "
		}
		whole += word
		if k, ok := s.names[whole]; ok && (k.exact == "" || k.exact == text[ws[0].from:ws[0].to]) {
			best, n = k, i+1
		}
		if k, ok := s.families[word]; ok && titled && i == 1 && n == 0 {
			best, n = k, 2
		}
	}
	return best, n
}

// span is a word of a text.
type span struct{ from, to int }

// words finds the words of a text: letters, marks and digits.
func words(text string) []span {
	var out []span
	begin := -1
	for i, r := range text {
		in := unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
		switch {
		case in && begin < 0:
			begin = i
		case !in && begin >= 0:
			out = append(out, span{begin, i})
			begin = -1
		}
	}
	if begin >= 0 {
		out = append(out, span{begin, len(text)})
	}
	return out
}

// Marked returns who stands under a mark in documents made of the inputs, by
// e-mail address or else by name, in lower case; "" for a mark of nobody.
func Marked(in Inputs, mark string) string {
	p := newPen(in)
	for _, x := range in.Persons {
		p.mark(x.Name, x.Email)
	}
	for key, m := range p.marks {
		if m == mark {
			return key
		}
	}
	return ""
}
