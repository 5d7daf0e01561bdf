package register_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"greffier/app/register"
)

// What changed between two texts makes the one of the other: nothing is said to
// have gone that was not there, and nothing new is left out.
func FuzzCompareTexts(f *testing.F) {
	f.Add("a\nb\nc", "a\nc\nd")
	f.Add("", "x\n\n\ny")
	f.Add("é\r\n\u2028z", "\xff\xfe")
	f.Add(strings.Repeat("même ligne\n", 50), strings.Repeat("même ligne\n", 49))
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before)+len(after) > 4096 || !utf8.ValidString(before) || !utf8.ValidString(after) {
			return
		}
		for _, c := range register.CompareTexts(before, after) {
			in := before
			if c.Added {
				in = after
			}
			if strings.TrimSpace(c.Text) == "" || !strings.Contains(in, c.Text) {
				t.Errorf("%q is said to be changed (added: %v), which the text does not have", c.Text, c.Added)
			}
		}
		if same := register.CompareTexts(after, after); len(same) > 0 {
			t.Errorf("a text differs from itself in %d paragraphs", len(same))
		}
	})
}

// A record's history is read from JSON that may be of an older program.
func FuzzDiff(f *testing.F) {
	f.Add([]byte(`{"a":"1","b":[{"id":"x","met":"yes"}]}`), []byte(`{"a":"2","b":[{"id":"x","met":"no"}]}`))
	f.Add([]byte(``), []byte(`{"a":{"b":{"c":null}}}`))
	f.Add([]byte(`[1,2,3]`), []byte(`"x"`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		changes, err := register.Diff(before, after)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(changes, func(x, y register.FieldChange) int { return strings.Compare(x.Field, y.Field) }) {
			t.Error("the fields do not stand in their order")
		}
		for _, c := range changes {
			if c.Old == c.New {
				t.Errorf("%s did not change", c.Field)
			}
		}
		if json.Valid(after) {
			if same, err := register.Diff(after, after); err != nil || len(same) > 0 {
				t.Errorf("a record differs from itself: %v, %v", same, err)
			}
		}
	})
}

func TestTheNumberOfAFirmIsRead(t *testing.T) {
	cases := []struct {
		name, in, want string
		ok             bool
		line           string
	}{
		{"none", " ", "", true, ""},
		{"a SIREN with spaces", "732 829 320", "732829320", true, "SIREN\u00a0732\u00a0829\u00a0320"},
		{"a SIRET", "73282932000074", "73282932000074", true, "SIRET\u00a0732\u00a0829\u00a0320\u00a000074"},
		{"a digit mistyped", "732 829 321", "732829321", false, ""},
		{"letters", "FR732829320", "", false, ""},
		{"too short", "7328", "", false, ""},
		{"an office of La Poste", "35600000049837", "35600000049837", true, "SIRET\u00a0356\u00a0000\u00a0000\u00a049837"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := register.ParseSiren(tc.in)
			if got != tc.want || ok != tc.ok {
				t.Errorf("read as %q, %v", got, ok)
			}
			if line := (register.Controller{Siren: tc.in}).Identity(); line != tc.line {
				t.Errorf("printed as %q", line)
			}
		})
	}
}
