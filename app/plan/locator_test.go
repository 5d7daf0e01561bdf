package plan_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"greffier/app/plan"
)

func at(key string) plan.Locator { return plan.Locator{Storage: "photos", Holds: plan.Photo, Key: key} }

func TestLocatorTemplates(t *testing.T) {
	for _, tc := range []struct {
		name, key string
		ok        bool
	}{
		{"a folder per order", "uploads/{order}/", true},
		{"a name that begins with the number", "uploads/{order}", true},
		{"a number in the middle of a name", "uploads/order-{order}_", true},
		{"the number alone with a separator after it", "{order}/", true},
		{"a number deep inside", "a/b/{order}/c/", true},
		{"no number at all", "uploads/", false},
		{"the number twice", "{order}/{order}/", false},
		{"nothing but the number", "{order}", false},
		{"the number and a letter only", "{order}x", false},
		{"an absolute key", "/uploads/{order}/", false},
		{"a key that climbs", "../{order}/", false},
		{"a key that climbs in the middle", "a/../{order}/", false},
		{"a key that stays where it is", "./{order}/", false},
		{"a backslash", `uploads\{order}\`, false},
		{"another placeholder", "uploads/{order}/{name}", false},
		{"a wildcard", "uploads/*/{order}/", true},
		{"a control character", "uploads/\n{order}/", false},
		{"bytes that are no text", "uploads/\xff{order}/", false},
		{"an empty key", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := at(tc.key).Validate()
			if (err == nil) != tc.ok || err != nil && !errors.Is(err, plan.ErrBadLocator) {
				t.Errorf("Validate(%q) = %v", tc.key, err)
			}
		})
	}
	if err := (plan.Locator{Key: "a/{order}/"}).Validate(); !errors.Is(err, plan.ErrBadLocator) {
		t.Errorf("a locator without a storage is accepted: %v", err)
	}
}

func TestNumbersThatMustNotBecomeKeys(t *testing.T) {
	l := at("uploads/{order}/")
	for _, n := range []string{"", " ", "\u00a0", "/", `\`, "..", ".", "1/2", `1\2`, "10..4", "*", "10?", "[1]", "{order}", "10\n4", "10\x00", " 104", "104 ", "-", "#", "\xff", "10\u200b4", strings.Repeat("9", 300)} {
		if p, err := l.Prefix(n); !errors.Is(err, plan.ErrNoOrderNumber) {
			t.Errorf("Prefix(%q) = %q, %v", n, p, err)
		}
		if l.Claims("uploads/"+n+"/a.jpg", n) {
			t.Errorf("the number %q claims something", n)
		}
	}
	for _, n := range []string{"104", "CF-2026-0104", "#1042", "été 12", "1042-2", "XKBKNABJK"} {
		if p, err := l.Prefix(n); err != nil || p != "uploads/"+n+"/" {
			t.Errorf("Prefix(%q) = %q, %v", n, p, err)
		}
	}
}

func TestClaims(t *testing.T) {
	for _, tc := range []struct {
		name, template, key, number string
		want                        bool
	}{
		{"what lies in its folder", "uploads/{order}/", "uploads/104/a.jpg", "104", true},
		{"the folder itself", "uploads/{order}/", "uploads/104/", "104", true},
		{"a neighbour whose number begins alike", "uploads/{order}/", "uploads/1042/a.jpg", "104", false},
		{"a neighbour, when the template ends with the number", "uploads/{order}", "uploads/1042.jpg", "104", false},
		{"its own name, when the template ends with the number", "uploads/{order}", "uploads/104.jpg", "104", true},
		{"exactly the prefix", "uploads/{order}", "uploads/104", "104", true},
		{"a letter after the number", "uploads/{order}", "uploads/104b.jpg", "104", false},
		{"an accented letter after the number", "uploads/{order}", "uploads/104é.jpg", "104", false},
		{"a combining mark after the number", "uploads/{order}", "uploads/104\u0301.jpg", "104", false},
		{"a digit of another script after the number", "uploads/{order}", "uploads/104٢.jpg", "104", false},
		{"bytes that cannot be read after the number", "uploads/{order}", "uploads/104\xff.jpg", "104", false},
		{"a template that ends in a digit", "img{order}1", "img1011", "10", false},
		{"a fixed name after the folder", "uploads/{order}/img", "uploads/104/img1.jpg", "104", true},
		{"another place", "uploads/{order}/", "portraits/104/a.jpg", "104", false},
		{"a key that is shorter", "uploads/{order}/", "uploads/10", "104", false},
		{"other case", "uploads/{order}/", "Uploads/104/a.jpg", "104", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := at(tc.template).Claims(tc.key, tc.number); got != tc.want {
				t.Errorf("Claims(%q, %q) = %v", tc.key, tc.number, got)
			}
		})
	}
}

func TestNumberOfAKey(t *testing.T) {
	for _, tc := range []struct {
		name, template, key, want string
	}{
		{"a folder per order", "uploads/{order}/", "uploads/1042/a.jpg", "1042"},
		{"a number with signs in it", "uploads/{order}/", "uploads/CF-2026-7/a.jpg", "CF-2026-7"},
		{"a name that begins with the number", "uploads/{order}", "uploads/1042-2.jpg", "1042"},
		{"a suffix", "uploads/{order}_", "uploads/1042_a.jpg", "1042"},
		{"elsewhere", "uploads/{order}/", "other/1042/a.jpg", ""},
		{"a file beside the folders", "uploads/{order}/", "uploads/readme.txt", ""},
		{"nothing where the number should be", "uploads/{order}/", "uploads//a.jpg", ""},
		{"a folder that climbs", "uploads/{order}/", "uploads/../a.jpg", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := at(tc.template).Number(tc.key)
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("Number(%q) = %q, %v", tc.key, got, ok)
			}
		})
	}
}

func FuzzLocator(f *testing.F) {
	f.Add("uploads/{order}/", "104", "2", "a.jpg")
	f.Add("uploads/{order}", "104", "2", ".jpg")
	f.Add("{order}_", "CF-1", "é", "\xff")
	f.Fuzz(func(t *testing.T, template, number, more, rest string) {
		l := at(template)
		prefix, err := l.Prefix(number)
		if err != nil || strings.Contains(template, "*") {
			return // a prefix that ends at a wildcard is no key: see FuzzTemplates
		}
		if strings.Contains(prefix, "..") && !strings.Contains(template, "..") {
			t.Fatalf("Prefix(%q) = %q climbs", number, prefix)
		}
		if !l.Claims(prefix, number) {
			t.Fatalf("the prefix %q is not claimed by its own order %q", prefix, number)
		}
		if got, ok := l.Number(prefix + "/" + rest); ok && !l.Claims(prefix+"/"+rest, got) {
			t.Fatalf("Number(%q) = %q, which does not claim it", prefix+rest, got)
		}
		// An order never claims what lies in the place of one whose number
		// only begins like its own.
		if first, size := utf8.DecodeRuneInString(more); size == len(more) && strings.ContainsRune("0123456789abcé", first) && size > 0 {
			if other, err := l.Prefix(number + more); err == nil && l.Claims(other+rest, number) && !strings.HasPrefix(l.Key[strings.Index(l.Key, "}")+1:], more) {
				t.Fatalf("order %q claims %q of order %q", number, other+rest, number+more)
			}
		}
	})
}
