package request

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
