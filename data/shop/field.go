package shop

import (
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds on what one field of an order may hold. They are far above what a
// real order has and keep a hostile shop from filling the store.
const (
	maxNumberRunes = 100
	maxFieldRunes  = 1000
	maxPhotos      = 10_000
)

var (
	errDate   = errors.New("not a date: RFC 3339 or YYYY-MM-DD is expected")
	errTotal  = errors.New("not an amount")
	errEmail  = errors.New("not an e-mail address")
	errNumber = errors.New("order number too long or with control characters")
)

// clean makes a text field storable: valid UTF-8, no control characters other
// than line breaks (which become one), trimmed, bounded.
func clean(s string) string {
	s = strings.TrimSpace(s)
	plain := len(s) <= maxFieldRunes
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= 0x20 && s[i] < 0x7f
	}
	if plain {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return '\n'
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > maxFieldRunes {
		s = string([]rune(s)[:maxFieldRunes])
	}
	return strings.TrimSpace(s)
}

// cleanNumber checks an order number or id. It is used in storage keys, so it
// is never repaired: it is good as it is or refused.
func cleanNumber(s string) (string, error) {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > maxNumberRunes || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", errNumber
	}
	return s, nil
}

// cleanEmail returns the bare address, or an error when the text is not one
// address and nothing else. Nothing is not an error: an order may have none.
func cleanEmail(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	if len(s) > 320 {
		return "", errEmail
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return "", errEmail
	}
	return s, nil
}

// cleanTotal returns an amount as a decimal with a point. It accepts what
// spreadsheets write (1 234,50 or 39.90 EUR) and refuses what has two readings
// (1,234).
func cleanTotal(s string) (string, error) {
	s = strings.TrimSpace(s)
	for _, sign := range []string{"€", "EUR", "eur"} {
		s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, sign), sign))
	}
	if s == "" {
		return "", nil
	}
	if len(s) > 60 {
		return "", errTotal
	}
	sign := ""
	if s[0] == '-' || s[0] == '+' {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	decimal := strings.LastIndexAny(s, ".,")
	whole, cents := s, ""
	if decimal >= 0 {
		whole, cents = s[:decimal], s[decimal+1:]
		if cents == "" || whole == "" {
			return "", errTotal
		}
		if s[decimal] == ',' && len(cents) == 3 {
			return "", errTotal // a thousand or a thousandth: two readings
		}
	}
	// Groups of thousands: the mark is a space, or the one of . and , that is
	// not the decimal mark, and each group has three digits.
	groups := strings.FieldsFunc(whole, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\'' || decimal >= 0 && (r == '.' || r == ',') && byte(r) != s[decimal]
	})
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && len(g) > 3 {
			return "", errTotal
		}
	}
	whole = strings.Join(groups, "")
	if whole == "" || len(whole) > 15 || len(cents) > 8 || strings.Trim(whole+cents, "0123456789") != "" {
		return "", errTotal
	}
	if cents != "" {
		cents = "." + cents
	}
	return sign + whole + cents, nil
}

// parseDate reads an instant or a civil date. A date or clock time without a
// zone is the civil one of the zone given; a date alone is the start of that
// day there. Nothing, and the empty date of MySQL, is the zero time. bare
// tells that only a day is known.
func parseDate(s string, zone *time.Location) (t time.Time, bare bool, err error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "", s == "0000-00-00", s == "0000-00-00 00:00:00":
		return time.Time{}, false, nil
	case len(s) == len(time.DateOnly):
		t, err = time.ParseInLocation(time.DateOnly, s, zone)
		bare = true
	default:
		err = errDate
		for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05Z07:00"} {
			if t, err = time.ParseInLocation(layout, s, zone); err == nil {
				break
			}
		}
	}
	if err != nil || t.Year() < 1970 || t.Year() > 9000 {
		return time.Time{}, false, errDate
	}
	return t.UTC(), bare, nil
}

// before tells whether a is before b. Where one of them is known by its day
// only, days are compared: something ordered at noon and completed "that day"
// does not contradict itself. A minute is allowed for, since a shop that
// creates an order as completed may write the two instants in either order.
func before(a, b time.Time, byDay bool, zone *time.Location) bool {
	if byDay {
		return a.In(zone).Format(time.DateOnly) < b.In(zone).Format(time.DateOnly)
	}
	return a.Before(b.Add(-time.Minute))
}
