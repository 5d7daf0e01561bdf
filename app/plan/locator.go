package plan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// placeholder stands for an order's number in a locator's key.
const placeholder = "{order}"

// maxNumber bounds an order's number in bytes; S3 keys end at 1,024.
const maxNumber = 200

// Validate tells whether the key template can be used safely. It returns
// ErrBadLocator when {order} is not in it exactly once, when it could leave
// the storage's root, or when nothing would set one order's objects apart
// from all others.
func (l Locator) Validate() error {
	bad := func(why string) error {
		return fmt.Errorf("locator of storage %q: %s: %w", l.Storage, why, ErrBadLocator)
	}
	switch {
	case l.Storage == "":
		return bad("no storage named")
	case strings.Count(l.Key, placeholder) != 1:
		return bad("the key must contain {order} exactly once")
	case !utf8.ValidString(l.Key) || strings.ContainsFunc(l.Key, unicode.IsControl):
		return bad("the key has characters that cannot be read")
	case strings.HasPrefix(l.Key, "/"):
		return bad("the key must not begin with /")
	case strings.ContainsAny(l.Key, `\`):
		return bad(`the key must use / and not \`)
	case strings.ContainsAny(strings.Replace(l.Key, placeholder, "", 1), "{}*?"):
		return bad("the key has another placeholder or wildcard")
	}
	for part := range strings.SplitSeq(l.Key, "/") {
		if part == "." || part == ".." {
			return bad("the key must not contain .. or .")
		}
	}
	if root, after := l.parts(); root == "" && bounded(after) {
		// "{order}" alone would make every object of the storage a candidate.
		return bad("nothing before {order} and nothing that ends it")
	}
	return nil
}

// parts returns what stands before and after {order}.
func (l Locator) parts() (root, after string) {
	root, after, _ = strings.Cut(l.Key, placeholder)
	return root, after
}

// bounded tells whether what follows {order} in a template cannot end a number
// by itself, so that the key's own next character has to.
func bounded(after string) bool {
	return !strings.ContainsFunc(after, func(r rune) bool { return !continues(r) })
}

// continues tells whether r could be one more character of a number or word:
// order 104 must not claim what is of order 1042. What cannot be read counts
// as one, so that it is never claimed.
func continues(r rune) bool {
	return r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// checkNumber returns ErrNoOrderNumber for a number that must not become part
// of a key: empty, with separators, climbing, with wildcards or placeholders,
// or with characters that cannot be seen.
func checkNumber(number string) error {
	switch {
	case number == "":
		return fmt.Errorf("the number is empty: %w", ErrNoOrderNumber)
	case len(number) > maxNumber:
		return fmt.Errorf("the number is too long: %w", ErrNoOrderNumber)
	case !utf8.ValidString(number),
		strings.ContainsFunc(number, func(r rune) bool { return unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' }):
		return fmt.Errorf("the number has characters that cannot be read: %w", ErrNoOrderNumber)
	case strings.ContainsAny(number, `/\*?[]{}`), strings.Contains(number, ".."):
		return fmt.Errorf("the number has characters with a meaning in keys: %w", ErrNoOrderNumber)
	case strings.TrimSpace(number) != number:
		return fmt.Errorf("the number begins or ends with a space: %w", ErrNoOrderNumber)
	case !strings.ContainsFunc(number, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }):
		return fmt.Errorf("the number has no letter and no digit: %w", ErrNoOrderNumber)
	}
	return nil
}

// Root returns what all keys of the locator begin with, whatever the order.
func (l Locator) Root() string {
	root, _ := l.parts()
	return root
}

// Prefix returns what the keys of an order begin with. It returns
// ErrNoOrderNumber when the number is not usable, so that an order without a
// number never stands for the whole folder, and ErrBadLocator.
func (l Locator) Prefix(number string) (string, error) {
	if err := l.Validate(); err != nil {
		return "", err
	}
	if err := checkNumber(number); err != nil {
		return "", err
	}
	root, after := l.parts()
	return root + number + after, nil
}

// Claims tells whether a key belongs to the order of that number. Beginning
// with the prefix is not enough where the template ends in {order}: order 104
// does not claim what lies at 1042.
func (l Locator) Claims(key, number string) bool {
	prefix, err := l.Prefix(number)
	if err != nil {
		return false
	}
	return l.claims(key, prefix)
}

func (l Locator) claims(key, prefix string) bool {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return false
	}
	if rest == "" {
		return true
	}
	if _, after := l.parts(); bounded(after) {
		r, _ := utf8.DecodeRuneInString(rest)
		return !continues(r)
	}
	return true
}

// Number returns the order's number that a key names, and false when the key
// does not lie below the locator. Where the template ends in {order} it is the
// leading run of letters and digits; a number that has other characters in it
// is found by asking Claims for it.
func (l Locator) Number(key string) (string, bool) {
	if l.Validate() != nil {
		return "", false
	}
	root, after := l.parts()
	rest, ok := strings.CutPrefix(key, root)
	if !ok {
		return "", false
	}
	var number string
	if after == "" {
		number = rest
		if i := strings.IndexFunc(rest, func(r rune) bool { return !continues(r) }); i >= 0 {
			number = rest[:i]
		}
	} else {
		i := strings.Index(rest, after)
		if i < 0 {
			return "", false
		}
		number = rest[:i]
	}
	if !l.Claims(key, number) {
		return "", false
	}
	return number, true
}

// claimants returns the known numbers whose objects the key may be, the longest
// first. There may be several where numbers contain the template's separator:
// the key img/1042-2.jpg is claimed by the orders 1042 and 1042-2.
func (l Locator) claimants(key string, known func(number string) bool) []string {
	root, after := l.parts()
	rest, ok := strings.CutPrefix(key, root)
	if !ok {
		return nil
	}
	rest = rest[:min(len(rest), maxNumber+len(after))]
	var out []string
	for end := min(len(rest), maxNumber); end > 0; end-- {
		if strings.HasPrefix(rest[end:], after) && known(rest[:end]) && l.claims(key, root+rest[:end]+after) && checkNumber(rest[:end]) == nil {
			out = append(out, rest[:end])
		}
	}
	return out
}
