package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"greffier/app/order"
)

// maxMeta bounds the name of a field in bytes.
const maxMeta = 250

// Validate tells whether the locator can be used safely. It returns
// ErrBadLocator when it has not exactly one of Key and Meta, when exactly one
// of {order} and {ref} is not in the key once, when the key could leave the
// storage's root, or when nothing would set one order's objects apart from all
// others.
func (l Locator) Validate() error {
	_, err := l.compile()
	return err
}

// compile reads the key template; that of a locator by field is empty.
func (l Locator) compile() (template, error) {
	bad := func(why string) (template, error) {
		return template{}, fmt.Errorf("locator of storage %q: %s: %w", l.Storage, why, ErrBadLocator)
	}
	switch {
	case l.Storage == "":
		return bad("no storage named")
	case IsShop(l.Storage):
		return bad("a shop's records are found by the shop itself")
	case l.Meta != "" && l.Key != "":
		return bad("it has both a key and a field")
	case l.Meta != "":
		if len(l.Meta) > maxMeta || !utf8.ValidString(l.Meta) || strings.ContainsFunc(l.Meta, unicode.IsControl) || strings.TrimSpace(l.Meta) != l.Meta {
			return bad("the name of the field cannot be read")
		}
		return template{}, nil
	}
	t, err := parseTemplate(l.Key)
	if err != nil {
		return t, fmt.Errorf("locator of storage %q: %w", l.Storage, err)
	}
	return t, nil
}

// place is a locator by key, read once for many keys.
type place struct {
	Locator
	template
}

// compileAll reads the locators by key; those by field have no template.
func compileAll(locators []Locator) ([]place, error) {
	var out []place
	for _, l := range locators {
		t, err := l.compile()
		if err != nil {
			return nil, err
		}
		if l.Meta == "" {
			out = append(out, place{l, t})
		}
	}
	return out, nil
}

// checkValue returns ErrNoOrderNumber for a number or ref that must not become
// part of a key: empty, with separators, climbing, with wildcards or
// placeholders, or with characters that cannot be seen.
func checkValue(value string) error {
	switch {
	case value == "":
		return fmt.Errorf("it is empty: %w", ErrNoOrderNumber)
	case len(value) > maxValue:
		return fmt.Errorf("it is too long: %w", ErrNoOrderNumber)
	case plainValue(value):
		return nil
	case !utf8.ValidString(value),
		strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' }):
		return fmt.Errorf("it has characters that cannot be read: %w", ErrNoOrderNumber)
	case strings.ContainsAny(value, `/\*?[]{}`), strings.Contains(value, ".."):
		return fmt.Errorf("it has characters with a meaning in keys: %w", ErrNoOrderNumber)
	case strings.TrimSpace(value) != value:
		return fmt.Errorf("it begins or ends with a space: %w", ErrNoOrderNumber)
	case !strings.ContainsFunc(value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }):
		return fmt.Errorf("it has no letter and no digit: %w", ErrNoOrderNumber)
	}
	return nil
}

// plainValue tells of what most shops use, digits, without a closer look.
func plainValue(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Value returns what the locator's placeholder stands for in an order: its
// number or the shop's own id of it; "" for a locator by field.
func (l Locator) Value(o order.Order) string {
	switch {
	case l.Meta != "":
		return ""
	case strings.Contains(l.Key, placeRef):
		return o.Ref
	}
	return o.Number
}

// Root returns what all keys of the locator begin with, whatever the order: the
// key up to its first placeholder or wildcard.
func (l Locator) Root() string {
	t, err := l.compile()
	if err != nil {
		return ""
	}
	return t.root
}

// Prefix returns what the keys of an order begin with, up to the first
// wildcard; value is the order's number or ref, see Value. It returns
// ErrNoOrderNumber when that is not usable, so that an order without a number
// never stands for the whole folder, and ErrBadLocator, also for a locator by
// field.
func (l Locator) Prefix(value string) (string, error) {
	t, err := l.compile()
	if err != nil {
		return "", err
	}
	if l.Meta != "" {
		return "", fmt.Errorf("locator of storage %q: a field has no prefix: %w", l.Storage, ErrBadLocator)
	}
	if err := checkValue(value); err != nil {
		return "", err
	}
	return t.prefix(value), nil
}

// Claims tells whether a key belongs to the order of that number or ref, see
// Value. Beginning with the prefix is not enough where the template ends in the
// placeholder: order 104 does not claim what lies at 1042.
func (l Locator) Claims(key, value string) bool {
	t, err := l.compile()
	return err == nil && l.Meta == "" && checkValue(value) == nil && t.claims(key, value)
}

// Number returns the order's number or ref that a key names, and false when the
// key does not lie below the locator. Where the template ends in the
// placeholder it is the leading run of letters and digits; one that has other
// characters in it is found by asking Claims for it.
func (l Locator) Number(key string) (string, bool) {
	t, err := l.compile()
	if err != nil || l.Meta != "" {
		return "", false
	}
	return t.value(key)
}

// longestFirst sorts values by length, the longest first, each once.
func longestFirst(values []string) []string {
	slices.SortFunc(values, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(values)
}
