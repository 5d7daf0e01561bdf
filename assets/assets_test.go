package assets_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"greffier/assets"
)

func TestEveryKeyHasATextInBothLanguages(t *testing.T) {
	fr, en := assets.Keys("fr"), assets.Keys("en")
	for _, k := range fr {
		if !slices.Contains(en, k) {
			t.Errorf("%q has a French text and no English one", k)
		}
	}
	for _, k := range en {
		if !slices.Contains(fr, k) {
			t.Errorf("%q has an English text and no French one", k)
		}
	}
}

func TestNoKeyStandsInTwoFiles(t *testing.T) {
	for _, lang := range assets.Langs {
		seen := map[string]string{}
		files, err := filepath.Glob("text/*." + lang + ".json")
		if err != nil || len(files) == 0 {
			t.Fatalf("no text file for %s: %v", lang, err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal(raw, &m); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			for k := range m {
				if other, twice := seen[k]; twice {
					t.Errorf("%q stands in %s and in %s", k, other, f)
				}
				seen[k] = f
			}
		}
	}
}

var place = regexp.MustCompile(`\{\{\.([A-Za-z]+)\}\}`)

func TestBothLanguagesFillTheSamePlaces(t *testing.T) {
	raw := func(lang string) map[string]any {
		all := map[string]any{}
		files, _ := filepath.Glob("text/*." + lang + ".json")
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	places := func(v any) []string {
		text, _ := json.Marshal(v)
		var out []string
		for _, m := range place.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(out, m[1]) {
				out = append(out, m[1])
			}
		}
		slices.Sort(out)
		return out
	}
	fr, en := raw("fr"), raw("en")
	for k, v := range fr {
		if other, ok := en[k]; ok && !slices.Equal(places(v), places(other)) {
			t.Errorf("%q fills %v in French and %v in English", k, places(v), places(other))
		}
	}
}

// straight is a typewriter's apostrophe in a word.
var straight = regexp.MustCompile(`\pL'\pL`)

func TestFrenchIsTypeset(t *testing.T) {
	for _, k := range assets.Keys("fr") {
		s := assets.Text("fr", k, nil)
		if straight.MatchString(s) {
			t.Errorf("%q has a straight apostrophe: %s", k, s)
		}
		for _, wrong := range []string{" :", " ;", " !", " ?", "« ", " »", "...", " %"} {
			if strings.Contains(s, wrong) {
				t.Errorf("%q has %q: %s", k, wrong, s)
			}
		}
	}
}

func TestAMissingKeyShowsItself(t *testing.T) {
	for _, lang := range assets.Langs {
		if got := assets.Text(lang, "no.such.key", nil); got != "no.such.key" {
			t.Errorf("Text gives %q", got)
		}
		if got := assets.Count(lang, "no.such.key", 3, nil); got != "no.such.key" {
			t.Errorf("Count gives %q", got)
		}
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	for _, c := range []struct {
		lang string
		n    int
		want string
	}{
		{"fr", 0, "0 photo"}, {"fr", 1, "1 photo"}, {"fr", 2, "2 photos"}, {"fr", 1040, "1\u202f040 photos"}, {"fr", 1000000, "1\u202f000\u202f000 photos"},
		{"en", 0, "0 photos"}, {"en", 1, "1 photo"}, {"en", 2, "2 photos"}, {"en", 1040, "1,040 photos"},
	} {
		if got := assets.Count(c.lang, "photos", c.n, nil); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestTextFromOutsideIsNeverReadAsATemplate(t *testing.T) {
	got := assets.Text("fr", "order.title", map[string]any{"Number": "{{.Secret}}{{call .X}}"})
	if !strings.Contains(got, "{{.Secret}}") {
		t.Errorf("got %q", got)
	}
}

func TestTheIconIs512PixelsSquare(t *testing.T) {
	img, err := png.Decode(bytes.NewReader(assets.IconPNG))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 512 || b.Dy() != 512 {
		t.Errorf("the icon is %v", b)
	}
	if !bytes.Contains(assets.IconSVG, []byte("<svg")) {
		t.Error("the drawing is not an SVG")
	}
}
