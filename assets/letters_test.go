package assets_test

import (
	"slices"
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
