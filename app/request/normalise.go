package request

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one word or number of the text in its folded form, with its place
// in the original string.
type token struct {
	norm       string // lower case, accents folded, runs of three or more letters collapsed
	start, end int    // byte offsets in the original string
	number     bool   // has a digit
	accented   bool   // ended with é, ée, és, ées: a French participle, not an imperative
	pause      bool   // a comma, bracket or dash stands before it
	quoted     bool   // stands between quotation marks: mentioned, perhaps not said
}

// maxTokenBytes bounds one folded word; the rest of a longer one is ignored.
const maxTokenBytes = 40

// foldTable maps Latin letters with marks to plain ones, U+00C0 to U+017F.
var foldTable = func() (t [0x180]string) {
	set := func(plain, letters string) {
		for _, r := range letters {
			if r < 0x180 {
				t[r] = plain
			}
		}
	}
	set("a", "àáâãäåāăąÀÁÂÃÄÅĀĂĄ")
	set("c", "çćčĉċÇĆČĈĊ")
	set("d", "ďđðĎĐÐ")
	set("e", "èéêëēĕėęěÈÉÊËĒĔĖĘĚ")
	set("g", "ĝğġģĜĞĠĢ")
	set("h", "ĥħĤĦ")
	set("i", "ìíîïĩīĭįıÌÍÎÏĨĪĬĮİ")
	set("j", "ĵĴ")
	set("k", "ķĶ")
	set("l", "ĺļľŀłĹĻĽĿŁ")
	set("n", "ñńņňÑŃŅŇ")
	set("o", "òóôõöøōŏőÒÓÔÕÖØŌŎŐ")
	set("r", "ŕŗřŔŖŘ")
	set("s", "śŝşšŚŜŞŠſ")
	set("t", "ţťŧŢŤŦ")
	set("u", "ùúûüũūŭůűųÙÚÛÜŨŪŬŮŰŲ")
	set("w", "ŵŴ")
	set("y", "ýÿŷÝŶŸ")
	set("z", "źżžŹŻŽ")
	set("ae", "æÆ")
	set("oe", "œŒ")
	set("ss", "ß")
	set("th", "þÞ")
	return t
}()

// foldRune appends the folded form of r to b; it returns false for a rune
// that is no letter and no digit.
func foldRune(b []byte, r rune) ([]byte, bool) {
	switch {
	case r < 0x80:
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return append(b, byte(r)), true
		case r >= 'A' && r <= 'Z':
			return append(b, byte(r)+32), true
		}
		return b, false
	case r < 0x180:
		if s := foldTable[r]; s != "" {
			return append(b, s...), true
		}
		return b, false
	case r >= 0xFF01 && r <= 0xFF5E: // full width forms
		return foldRune(b, r-0xFF01+0x21)
	case r == 0x1E9E:
		return append(b, "ss"...), true
	case r >= 0x2190 && r <= 0x2BFF || r >= 0x1F000:
		return b, false
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return utf8.AppendRune(b, unicode.ToLower(r)), true
	}
	return b, false
}

// invisible are runes that stand inside words and are not seen: combining
// marks (decomposed accents), soft hyphens, zero-width spaces.
func invisible(r rune) bool {
	return r >= 0x300 && r <= 0x36F || r == 0xAD || r >= 0x200B && r <= 0x200D || r == 0x2060 || r == 0xFEFF
}

// fold returns s in lower case with accents folded and curly apostrophes made
// straight; other characters stay. Used for marks of lines, not for spans.
func fold(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if nb, ok := foldRune(b, r); ok {
			b = nb
			continue
		}
		switch {
		case invisible(r):
		case r == '’' || r == '‘' || r == 'ʼ' || r == '`' || r == '´':
			b = append(b, '\'')
		case r == 0xA0 || r == 0x202F || r >= 0x2000 && r <= 0x200A:
			b = append(b, ' ')
		case r < 0x80:
			b = append(b, byte(r))
		case r == utf8.RuneError:
			b = append(b, '?')
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return string(b)
}

// sentence is a stretch of tokens that is read as one statement.
type sentence struct {
	toks     []token
	field    Field
	question bool // ended with a question mark
	listHead bool // ended with a colon: what follows is asked in its mood
	item     bool // a line of a list
	weight   float64
}

// maxSentence bounds the tokens of one sentence, so that rules cost the same
// for each word of a hostile text without a full stop.
const maxSentence = 160

var abbreviations = map[string]bool{"art": true, "n": true, "no": true, "nr": true, "num": true, "ref": true, "mme": true, "mr": true, "mrs": true, "ms": true,
	"dr": true, "cf": true, "ex": true, "tel": true, "al": true, "abs": true, "par": true, "para": true, "bzw": true, "resp": true, "etc": true, "st": true}

// tokenise splits text[start:end] into sentences.
func tokenise(text string, start, end int, field Field, weight float64, out []sentence) []sentence {
	var toks []token
	var buf [maxTokenBytes + 8]byte
	newLine, item, pause := true, false, false
	flush := func(question, head bool) {
		if len(toks) > 0 {
			out = append(out, sentence{toks: toks, field: field, question: question, listHead: head, item: item, weight: weight})
			// The next sentence continues in the same array: nothing is copied.
			toks = toks[len(toks):]
		} else if question && len(out) > 0 {
			out[len(out)-1].question = true
		}
		item = false
	}
	toks = make([]token, 0, (end-start)/5+4)
	quoteEnd := start // words before this place stand between quotation marks
	for i := start; i < end; {
		r, size := utf8.DecodeRuneInString(text[i:end])
		b, ok := foldRune(buf[:0], r)
		if !ok {
			if i >= quoteEnd {
				quoteEnd = closingQuote(text, i, size, start, end, r)
			}
			switch r {
			case '\n':
				if lineBreaks(text, i, start, end) {
					flush(false, false)
				}
				newLine = true
			case '!', '…', ';', '؟', '。':
				flush(false, false)
			case '?':
				flush(true, false)
			case '.':
				if stopEnds(text, i, end, toks) {
					flush(false, false)
				}
			case ':':
				// An hour (9:20) or a heading ("Objet : …").
				if i+1 >= end || text[i+1] < '0' || text[i+1] > '9' {
					rest := strings.TrimLeft(text[i+1:min(end, i+4)], " \t\r")
					if rest == "" || rest[0] == '\n' || rest[0] == '-' || rest[0] == '*' {
						flush(false, true)
					}
				}
				pause = true
			case ',', '(', ')', '–', '—', '/', '[', ']', '"', '«', '»', '“', '”', '„':
				pause = true
			case '-', '*', '•', '·', '▪', '+':
				if newLine {
					flush(false, false)
					item = true
				} else if i > start && text[i-1] == ' ' {
					pause = true
				}
			}
			i += size
			continue
		}
		// A word: letters and digits, with invisible runes inside.
		ws := i
		digits, last, run := false, rune(0), 0
		accent := false
		for i < end {
			r, size = utf8.DecodeRuneInString(text[i:end])
			if invisible(r) {
				if r == 0x301 && last == 'e' {
					accent = true
				}
				i += size
				continue
			}
			lr := unicode.ToLower(r)
			prev := len(b)
			if i == ws {
				prev = 0
			} else {
				var ok bool
				if b, ok = foldRune(b, r); !ok {
					break
				}
			}
			if lr >= '0' && lr <= '9' {
				digits = true
			}
			if lr == last && !digits {
				run++
			} else {
				run = 1
			}
			switch {
			case run == 3 && prev >= 2 && b[prev-1] == b[prev-2]:
				b = b[:prev-1] // "pleaaase" is "please"
			case run >= 3 || len(b) > maxTokenBytes:
				b = b[:prev]
			}
			switch lr {
			case 'é':
				accent = true
			case 'e', 's':
			default:
				accent = false
			}
			last = lr
			i += size
		}
		if newLine && digits && i-ws <= 2 && i < end && (text[i] == '.' || text[i] == ')') && i+1 < end && text[i+1] == ' ' {
			// "1. …", "2) …": a numbered list.
			flush(false, false)
			item = true
			newLine = false
			i++
			continue
		}
		newLine = false
		toks = append(toks, token{norm: internWord(b), start: ws, end: i, number: digits, accented: accent, pause: pause, quoted: ws < quoteEnd})
		pause = false
		if len(toks) >= maxSentence {
			flush(false, false)
		}
	}
	flush(false, false)
	return out
}

// maxQuotation bounds the bytes between two quotation marks of one quotation.
const maxQuotation = 400

// closingQuote returns the place of the quotation mark that closes the one at
// i, or 0: a quotation stays in its paragraph and is short.
func closingQuote(text string, i, size, start, end int, open rune) int {
	closers := ""
	switch open {
	case '«':
		closers = "»"
	case '“':
		closers = "”"
	case '„':
		closers = "“”"
	case '"':
		// The straight mark opens where a word begins and none has ended.
		if i > start && !strings.ContainsRune(" \t\n(:'", rune(text[i-1])) || i+1 >= end || strings.ContainsRune(" \t\r\n\"", rune(text[i+1])) {
			return 0
		}
		closers = "\""
	default:
		return 0
	}
	stretch := text[i+size : min(end, i+size+maxQuotation)]
	if k := strings.Index(stretch, "\n\n"); k >= 0 {
		stretch = stretch[:k]
	}
	k := strings.IndexAny(stretch, closers)
	if k < 0 {
		return 0
	}
	return i + size + k
}

// shorthand are the short forms of text messages.
var shorthand = map[string]string{"ur": "your", "u": "you", "vs": "vous", "tt": "tout", "ts": "tous", "ds": "dans", "pr": "pour", "ke": "que", "mn": "mon", "r": "are", "yr": "your", "bdd": "bdd", "cpt": "compte"}

// internWord returns the folded word; words of the lexicon are not allocated
// anew.
func internWord(b []byte) string {
	if len(b) <= 3 {
		if s, ok := shorthand[string(b)]; ok {
			return s
		}
	}
	if s, ok := lex().intern[string(b)]; ok {
		return s
	}
	return string(b)
}

// lineBreaks tells whether the newline at i ends a sentence. A hard-wrapped
// line goes on in the next one with a lower-case letter.
func lineBreaks(text string, i, start, end int) bool {
	j := i + 1
	for j < end && (text[j] == ' ' || text[j] == '\t' || text[j] == '\r') {
		j++
	}
	if j >= end || text[j] == '\n' {
		return true
	}
	for text[j] == '>' { // quote marks of a forwarded part
		j++
		for j < end && text[j] == ' ' {
			j++
		}
		if j >= end || text[j] == '\n' {
			return true
		}
	}
	k := i - 1
	for k >= start && (text[k] == ' ' || text[k] == '\r' || text[k] == '\t') {
		k--
	}
	if k < start {
		return true
	}
	lineStart := strings.LastIndexByte(text[max(start, i-300):i], '\n')
	length := i - max(start, i-300)
	if lineStart >= 0 {
		length -= lineStart + 1
	}
	r, _ := utf8.DecodeRuneInString(text[j:end])
	if text[k] == ',' {
		// "Hello Kathryn,⏎please …" is a greeting; a long line goes on.
		return length < 40 && !unicode.IsLower(r)
	}
	if unicode.IsLower(r) {
		return false
	}
	// A long line that goes on with a capital or a digit: wrapped text.
	return length < 56 || length > 90 || unicode.IsPunct(r)
}

// stopEnds tells whether the full stop at i ends a sentence.
func stopEnds(text string, i, end int, toks []token) bool {
	if i+1 < end {
		r, _ := utf8.DecodeRuneInString(text[i+1 : end])
		if r == '.' {
			return i > 0 && text[i-1] == '.' // "..." ends, ".." waits
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			// "example.net", "1.5", but "merci.Supprimez".
			return unicode.IsUpper(r) && i > 0 && text[i-1] >= 'a' && text[i-1] <= 'z'
		}
	}
	if len(toks) == 0 {
		return false
	}
	last := toks[len(toks)-1]
	if abbreviations[last.norm] || len(last.norm) == 1 && !last.number {
		return false
	}
	return true
}
