package reports

import (
	"slices"
	"strings"
	"unicode"
)

// isRightToLeft tells whether a rune belongs to Hebrew or Arabic writing.
func isRightToLeft(r rune) bool {
	return r >= 0x0590 && r <= 0x08FF || r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFE
}

// arabicForms tells, of each letter that a name may hold, where its forms begin
// (alone; at the end, beginning and middle of a word) and how many there are.
var arabicForms = func() map[rune]struct {
	first rune
	count int
} {
	out := map[rune]struct {
		first rune
		count int
	}{
		// Persian and Urdu.
		'پ': {0xFB56, 4}, 'چ': {0xFB7A, 4}, 'ژ': {0xFB8A, 2}, 'ک': {0xFB8E, 4}, 'گ': {0xFB92, 4}, 'ی': {0xFBFC, 4},
	}
	// The block of Unicode has the forms in the order of the letters.
	next := rune(0xFE80)
	for i, n := range []int{1, 2, 2, 2, 2, 4, 2, 4, 2, 4, 4, 4, 4, 4, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 2, 2, 4} {
		if n == 0 {
			continue // U+063B to U+0640
		}
		out[0x0621+rune(i)] = struct {
			first rune
			count int
		}{next, n}
		next += rune(n)
	}
	return out
}()

// lamAlef are the ligatures that Arabic writing does not do without: the form
// of lam with each alef, alone; the one joined to the letter before follows it.
var lamAlef = map[rune]rune{'آ': 0xFEF5, 'أ': 0xFEF7, 'إ': 0xFEF9, 'ا': 0xFEFB}

// shaped gives Arabic letters the form of their place in the word, as the
// fonts' own tables would, which gofpdf does not read. Points are left out.
func shaped(s string) []rune {
	rs := []rune(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x0621 && r <= 0x06CC }) {
		return rs
	}
	rs = slices.DeleteFunc(rs, func(r rune) bool { return unicode.Is(unicode.Mn, r) && isRightToLeft(r) })
	const tatweel = 'ـ'
	// joins tells whether a letter reaches to the one after it, touches whether
	// to the one before.
	joins := func(i int) bool {
		return i >= 0 && i < len(rs) && (rs[i] == tatweel || arabicForms[rs[i]].count == 4)
	}
	touches := func(i int) bool {
		return i >= 0 && i < len(rs) && (rs[i] == tatweel || arabicForms[rs[i]].count >= 2)
	}
	out := make([]rune, 0, len(rs))
	for i := 0; i < len(rs); i++ {
		f, ok := arabicForms[rs[i]]
		if !ok {
			out = append(out, rs[i])
			continue
		}
		before := joins(i-1) && f.count >= 2
		after := f.count == 4 && touches(i+1)
		if rs[i] == 'ل' && i+1 < len(rs) {
			if both, ok := lamAlef[rs[i+1]]; ok {
				if before {
					both++
				}
				out = append(out, both)
				i++
				continue
			}
		}
		form := f.first
		switch {
		case before && after:
			form += 3
		case after:
			form += 2
		case before:
			form++
		}
		out = append(out, form)
	}
	return out
}

var mirrored = map[rune]rune{'(': ')', ')': '(', '[': ']', ']': '[', '{': '}', '}': '{', '<': '>', '>': '<', '«': '»', '»': '«'}

// visual puts a line into the order in which it is drawn: what is written from
// right to left is turned round within a line that runs from left to right,
// numbers in it are not. Registers are French or English, so this is all of
// the bidirectional algorithm that a name in them needs.
func visual(s string) string {
	if !strings.ContainsFunc(s, isRightToLeft) {
		return s
	}
	rs := []rune(s)
	for i := 0; i < len(rs); {
		if !isRightToLeft(rs[i]) {
			i++
			continue
		}
		end := i + 1
		for j := end; j < len(rs); j++ {
			if isRightToLeft(rs[j]) {
				end = j + 1
			} else if unicode.IsLetter(rs[j]) {
				break
			}
		}
		part := rs[i:end]
		slices.Reverse(part)
		for a := 0; a < len(part); a++ {
			if m, ok := mirrored[part[a]]; ok {
				part[a] = m
			}
			z := a
			for z < len(part) && unicode.IsDigit(part[z]) {
				z++
			}
			if z > a {
				slices.Reverse(part[a:z])
				a = z - 1
			}
		}
		i = end
	}
	return string(rs)
}
