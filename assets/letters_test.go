package assets_test

import (
	"slices"
	"strings"
	"testing"

	"greffier/assets"
)

func TestLettersExistInBothLanguages(t *testing.T) {
	l := assets.Letters{}
	if fr, en := l.Kinds("fr"), l.Kinds("en"); len(fr) == 0 || !slices.Equal(fr, en) {
		t.Errorf("fr %v\nen %v", fr, en)
	}
	for _, lang := range []string{"fr", "en"} {
		if subject, body, ok := l.Letter("acknowledge", lang); !ok || subject == "" || body == "" {
			t.Errorf("%s: %q %q %v", lang, subject, body, ok)
		}
	}
}

func TestALetterIsNeverReadOutsideItsFolder(t *testing.T) {
	for _, kind := range []string{"../fr/acknowledge", "nothing", "", "acknowledge.txt"} {
		if _, _, ok := (assets.Letters{}).Letter(kind, "fr"); ok {
			t.Errorf("%q is a letter", kind)
		}
	}
	if _, _, ok := (assets.Letters{}).Letter("acknowledge", ".."); ok {
		t.Error("a language is a path")
	}
}

func TestLettersToRecipientsCarryTheReferenceAndNothingOfThePerson(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, kind := range []string{"notice", "notice-reminder", "notice-rectification", "notice-rectification-reminder", "notice-restriction", "notice-restriction-reminder"} {
			subject, body, ok := (assets.Letters{}).Letter(kind, lang)
			if !ok || !strings.Contains(subject, "[{{.Ref}}]") {
				t.Errorf("%s in %s: subject %q", kind, lang, subject)
			}
			for _, m := range place.FindAllStringSubmatch(subject+body, -1) {
				// A rectification communicates what is right now, and nothing else.
				rectified := strings.HasPrefix(kind, "notice-rectification") && slices.Contains([]string{"Field", "Now"}, m[1])
				if !rectified && !slices.Contains([]string{"Ref", "ErasedOn", "On"}, m[1]) {
					t.Errorf("%s in %s fills %q", kind, lang, m[1])
				}
			}
			if strings.Contains(body, "part-greeting") {
				t.Errorf("%s in %s greets by a name", kind, lang)
			}
			for _, article := range []string{"19", map[bool]string{true: "16", false: map[bool]string{true: "18", false: "17"}[strings.Contains(kind, "restriction")]}[strings.Contains(kind, "rectification")], "28"} {
				if !strings.Contains(body, article) {
					t.Errorf("%s in %s does not name Article %s", kind, lang, article)
				}
			}
		}
	}
}
