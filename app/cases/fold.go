package cases

import (
	"strings"
	"unicode"
)

// plainLetters brings letters with accents, ligatures and strokes to the plain
// ones with which people type them: each row is the plain form, then the
// letters that become it.
var plainLetters = func() map[rune]string {
	m := map[rune]string{}
	for _, row := range []string{
		"a àáâãäåāăą", "c çćĉċč", "d ďđð", "e èéêëēĕėęě", "g ĝğġģ", "h ĥħ", "i ìíîïĩīĭįı",
		"j ĵ", "k ķ", "l ĺļľŀł", "n ñńņňŉ", "o òóôõöøōŏő", "r ŕŗř", "s śŝşšșſ", "t ţťŧț",
		"u ùúûüũūŭůűų", "w ŵ", "y ýÿŷ", "z źżž", "ae æ", "oe œ", "ss ß", "th þ",
	} {
		plain, letters, _ := strings.Cut(row, " ")
		for _, r := range letters {
			m[r] = plain
		}
	}
	return m
}()

// fold brings text to the form in which names and subjects are compared: words
// in lower case without accents, one space between them and around the whole,
// so that " anne martin " is found as words and not inside other words.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte(' ')
	gap := true
	for _, r := range s {
		if unicode.Is(unicode.Mn, r) {
			continue // the accent of a decomposed letter
		}
		r = unicode.ToLower(r)
		if plain, ok := plainLetters[r]; ok {
			b.WriteString(plain)
			gap = false
			continue
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
			gap = false
			continue
		}
		if !gap {
			b.WriteByte(' ')
			gap = true
		}
	}
	if !gap {
		b.WriteByte(' ')
	}
	return b.String()
}

// lookAlikes are letters that stand for another in a forged address, and what
// the eye reads in them.
var lookAlikes = map[rune]string{
	'0': "o", '1': "l", 'i': "l", '|': "l", '5': "s", '3': "e",
	'а': "a", 'в': "b", 'с': "c", 'е': "e", 'һ': "h", 'і': "l", 'ј': "j", 'к': "k", 'ӏ': "l", 'м': "m",
	'н': "h", 'о': "o", 'р': "p", 'ѕ': "s", 'т': "t", 'у': "y", 'х': "x", 'ԁ': "d", 'ԛ': "q", 'ԝ': "w",
	'α': "a", 'ε': "e", 'ι': "l", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'τ': "t", 'υ': "u", 'χ': "x",
}

// skeleton brings an address or domain to what the eye reads: two different
// texts with one skeleton are look-alikes.
func skeleton(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if like, ok := lookAlikes[r]; ok {
			b.WriteString(like)
		} else if plain, ok := plainLetters[r]; ok {
			b.WriteString(strings.NewReplacer("i", "l").Replace(plain))
		} else {
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("rn", "m", "vv", "w", "cl", "d").Replace(b.String())
}

// alike tells whether two different addresses or domains could be taken for one
// another: the same to the eye, or one letter changed, added, lost or swapped.
func alike(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	return skeleton(a) == skeleton(b) || oneOff(a, b)
}

// oneOff tells whether one change of one letter, or the swap of two that are
// neighbours, makes b of a.
func oneOff(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) != len(y) {
		return string(x[i:]) == string(y[i+1:])
	}
	if i == len(x) {
		return false
	}
	if string(x[i+1:]) == string(y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && string(x[i+2:]) == string(y[i+2:])
}

// oneLine makes hostile text fit for one line of a screen, a header or a
// letter: control characters, line breaks and the marks that turn the direction
// of writing become spaces, spaces are drawn together, and no more than limit
// letters stay.
func oneLine(s string, limit int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u202f' || r == '\u00a0':
			return r // set on purpose, as in "1 040"
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r), r == '\ufeff', r == '\u200b':
			return -1
		}
		return r
	}, s)
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' })
	s = strings.Join(parts, " ")
	n := 0
	for i := range s {
		if n == limit {
			return strings.TrimSpace(s[:i]) + "…"
		}
		n++
	}
	return s
}

// manyLines is oneLine for text that may have lines of its own, such as a
// reason that the owner wrote.
func manyLines(s string, limit int) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = oneLine(lines[i], limit)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
