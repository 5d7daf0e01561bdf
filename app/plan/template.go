package plan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The placeholders of a locator's key.
const (
	placeOrder = "{order}" // the number that the customer sees
	placeRef   = "{ref}"   // the shop's own id of the order
)

// star stands for any run of characters but a slash.
const star = "*"

// maxStars bounds the wildcards of one template.
const maxStars = 8

// maxValue bounds an order's number or ref in bytes; S3 keys end at 1,024.
const maxValue = 200

// template is a locator's key, read: literal texts and stars before and after
// the one placeholder. What follows the whole of it in a key is free.
type template struct {
	byRef  bool     // {ref} and not {order}
	root   string   // the literal text before the first star or placeholder
	before []string // pieces before the placeholder; a star is a piece of its own
	after  []string
	stars  bool
	open   bool // nothing in the template ends the value: the key's own next character has to
}

// parseTemplate reads a key template. It returns ErrBadLocator where it could
// leave the storage's root, or where nothing would set one order's objects
// apart from all others.
func parseTemplate(key string) (template, error) {
	var t template
	bad := func(why string) (template, error) {
		return template{}, fmt.Errorf("%s: %w", why, ErrBadLocator)
	}
	place := placeOrder
	if strings.Contains(key, placeRef) {
		place, t.byRef = placeRef, true
	}
	switch {
	case strings.Count(key, placeOrder)+strings.Count(key, placeRef) != 1:
		return bad("the key must contain exactly one of {order} and {ref}, once")
	case !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
		return bad("the key has characters that cannot be read")
	case strings.HasPrefix(key, "/"):
		return bad("the key must not begin with /")
	case strings.Contains(key, `\`):
		return bad(`the key must use / and not \`)
	case strings.ContainsAny(strings.Replace(key, place, "", 1), "{}?"):
		return bad("the key has another placeholder or wildcard")
	case strings.Contains(key, star+star):
		return bad("one * is enough")
	case strings.Count(key, star) > maxStars:
		return bad("the key has too many wildcards")
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "." || part == ".." {
			return bad("the key must not contain .. or .")
		}
	}
	before, after, _ := strings.Cut(key, place)
	t.before, t.after = pieces(before), pieces(after)
	t.stars = strings.Contains(key, star)
	t.root, _, _ = strings.Cut(before, star)
	// A star beside the value would take a part of another order's value:
	// something that no number or word goes on with has to stand between.
	if n := len(t.before); n > 0 && strings.Contains(before, star) && (t.before[n-1] == star || bounded(t.before[n-1])) ||
		strings.Contains(after, star) && (t.after[0] == star || bounded(t.after[0])) {
		return bad("between * and {order} or {ref} must stand a sign such as / or -")
	}
	t.open = !strings.Contains(after, star) && bounded(after)
	if before == "" && t.open {
		// "{order}" alone would make every object of the storage a candidate.
		return bad("nothing before {order} or {ref} and nothing that ends it")
	}
	return t, nil
}

// pieces cuts a text at its stars, each of them a piece of its own.
func pieces(s string) []string {
	var out []string
	for s != "" {
		lit, rest, found := strings.Cut(s, star)
		if lit != "" {
			out = append(out, lit)
		}
		if found {
			out = append(out, star)
		}
		s = rest
	}
	return out
}

// bounded tells whether a text cannot end a number by itself.
func bounded(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !continues(r) })
}

// continues tells whether r could be one more character of a number or word:
// order 104 must not claim what is of order 1042. What cannot be read counts
// as one, so that it is never claimed.
func continues(r rune) bool {
	return r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// ends tells whether the key's next character ends a value there.
func ends(key string, at int) bool {
	if at == len(key) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(key[at:])
	return !continues(r)
}

// prefix returns what all keys of a value begin with, up to the first star.
func (t template) prefix(value string) string {
	out := t.root
	if len(t.before) > 0 && (len(t.before) > 1 || t.before[0] == star) {
		return out // a star before the placeholder
	}
	out += value
	for _, p := range t.after {
		if p == star {
			break
		}
		out += p
	}
	return out
}

// perValue tells whether the prefix differs from order to order.
func (t template) perValue() bool {
	return len(t.before) == 0 || len(t.before) == 1 && t.before[0] != star
}

// spots are the places in a key at which a value may begin, and those at which
// one may have ended. All of it is found in time that grows with the length of
// the key times that of the template, never faster.
type spots struct {
	starts []int
	ended  func(at int) bool
}

// spotsIn returns the places in a key, false where the key does not lie below
// the template.
func (t template) spotsIn(key string) (spots, bool) {
	if !strings.HasPrefix(key, t.root) || t.stars && climbs(key) {
		return spots{}, false
	}
	if !t.stars {
		after := ""
		if len(t.after) > 0 {
			after = t.after[0]
		}
		return spots{[]int{len(t.root)}, func(at int) bool {
			return strings.HasPrefix(key[at:], after) && (!t.open || ends(key, at+len(after)))
		}}, true
	}
	starts := t.startsIn(key)
	if len(starts) == 0 {
		return spots{}, false
	}
	var good []bool
	return spots{starts, func(at int) bool {
		if good == nil {
			good = t.endsIn(key)
		}
		return good[at]
	}}, true
}

// startsIn returns where what stands before the placeholder may have ended.
func (t template) startsIn(key string) []int {
	here := make([]bool, len(key)+1)
	here[0] = true
	for _, p := range t.before {
		next := make([]bool, len(key)+1)
		if p == star {
			reach := false
			for i := range next {
				reach = reach || here[i]
				next[i] = reach
				if i < len(key) && key[i] == '/' {
					reach = false
				}
			}
		} else {
			for i := range here {
				if here[i] && strings.HasPrefix(key[i:], p) {
					next[i+len(p)] = true
				}
			}
		}
		here = next
	}
	var out []int
	for i, ok := range here {
		if ok {
			out = append(out, i)
		}
	}
	return out
}

// endsIn tells of each place whether what follows the placeholder matches there.
func (t template) endsIn(key string) []bool {
	good := make([]bool, len(key)+1)
	for i := range good {
		good[i] = !t.open || ends(key, i)
	}
	for n := len(t.after) - 1; n >= 0; n-- {
		p := t.after[n]
		before := make([]bool, len(key)+1)
		for i := len(key); i >= 0; i-- {
			if p == star {
				before[i] = good[i] || i < len(key) && key[i] != '/' && before[i+1]
			} else {
				before[i] = strings.HasPrefix(key[i:], p) && good[i+len(p)]
			}
		}
		good = before
	}
	return good
}

// climbs tells whether a key has a part that a file system would take for
// another place; a star never stands for one.
func climbs(key string) bool {
	if !strings.Contains(key, "..") && !strings.Contains(key, "./") && !strings.Contains(key, "/.") {
		return false
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

// claims tells whether a key belongs to that value.
func (t template) claims(key, value string) bool {
	s, ok := t.spotsIn(key)
	if !ok {
		return false
	}
	for _, at := range s.starts {
		if strings.HasPrefix(key[at:], value) && s.ended(at+len(value)) {
			return true
		}
	}
	return false
}

// value returns the value that a key names, the shortest one that the last
// place allows.
func (t template) value(key string) (string, bool) {
	s, ok := t.spotsIn(key)
	if !ok {
		return "", false
	}
	for i := len(s.starts) - 1; i >= 0; i-- {
		at, word := s.starts[i], false
		for end := at + 1; end <= min(len(key), at+maxValue) && key[end-1] != '/'; end++ {
			c := key[end-1]
			word = word || c >= utf8.RuneSelf || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
			if !s.ended(end) || !word && t.stars {
				continue // a run of signs is nobody's value: no closer look
			}
			if v := key[at:end]; checkValue(v) == nil {
				return v, true
			}
			if !t.stars && !t.open {
				break // the first end is the only one that a reader would see
			}
		}
	}
	return "", false
}

// claimants returns the known values whose objects the key may be, the longest
// first. There may be several where values contain the template's separator:
// the key img/1042-2.jpg is claimed by 1042 and by 1042-2.
func (t template) claimants(key string, known func(value string) bool) []string {
	s, ok := t.spotsIn(key)
	if !ok {
		return nil
	}
	var out []string
	for _, at := range s.starts {
		for end := at + 1; end <= min(len(key), at+maxValue) && key[end-1] != '/'; end++ {
			if s.ended(end) && known(key[at:end]) && checkValue(key[at:end]) == nil {
				out = append(out, key[at:end])
			}
		}
	}
	return longestFirst(out)
}
