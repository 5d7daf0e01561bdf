package cases_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"greffier/app/cases"
)

func TestEveryKeyHasItsTextInBothLanguages(t *testing.T) {
	want := cases.TextKeys()
	for _, lang := range []string{"fr", "en"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "assets", "text", "cases."+lang+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		if have := slices.Sorted(maps.Keys(texts)); !slices.Equal(have, want) {
			for _, k := range want {
				if _, ok := texts[k]; !ok {
					t.Errorf("%s: no text for %s", lang, k)
				}
			}
			for _, k := range have {
				if !slices.Contains(want, k) {
					t.Errorf("%s: %s is emitted by nothing", lang, k)
				}
			}
		}
		for k, s := range texts {
			if rest := strings.ReplaceAll(s, "{{.Arg}}", ""); s == "" || strings.ContainsAny(rest, "{}") {
				t.Errorf("%s: %s: %q", lang, k, s)
			}
		}
	}
}

func TestEveryKeyInTheSourceIsListed(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`"((?:case|identity|match|why|ground)\.[a-z_.]*[a-z_])"`)
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(raw), -1) {
			if k := m[1]; k != "case.outcome" && k != "case.run_" && !slices.Contains(cases.TextKeys(), k) {
				t.Errorf("%s: %s is not listed", file, k)
			}
		}
	}
}
