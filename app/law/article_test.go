package law_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"greffier/app/law"
)

func TestCite(t *testing.T) {
	for _, tc := range []struct{ key, lang, want string }{
		{"GDPR Art. 12(3)", "fr", "RGPD, art. 12, § 3"},
		{"GDPR Art. 12(3)", "en", "GDPR, Article 12(3)"},
		{"GDPR Art. 17(3)(b)", "fr", "RGPD, art. 17, § 3, point b)"},
		{"GDPR Art. 4(11)", "fr", "RGPD, art. 4, point 11)"},
		{"Reg. 1182/71 Art. 3(2)(c)", "fr", "règlement (CEE, Euratom) n° 1182/71, art. 3, § 2, point c)"},
		{"C. com. L123-22", "fr", "code de commerce, art. L. 123-22"},
		{"GDPR Art. 12(3); Reg. 1182/71 Art. 3(4)", "fr", "RGPD, art. 12, § 3\u202f; règlement (CEE, Euratom) n° 1182/71, art. 3, § 4"},
		{"GDPR Art. 12(3); Reg. 1182/71 Art. 3(4)", "en", "GDPR, Article 12(3); Regulation (EEC, Euratom) No 1182/71, Article 3(4)"},
		{"Magna Carta", "fr", "Magna Carta"},
		{"GDPR Art. 15; Magna Carta", "en", "GDPR, Article 15; Magna Carta"},
		{"", "fr", ""},
	} {
		if got := law.Cite(tc.key, tc.lang); got != tc.want {
			t.Errorf("%q in %s is %q, want %q", tc.key, tc.lang, got, tc.want)
		}
	}
}

func TestEveryArticleIsCompleteAndListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range law.Articles() {
		if seen[a.Key] {
			t.Errorf("%s is listed twice", a.Key)
		}
		seen[a.Key] = true
		if a.Key == "" || a.FR == "" || a.EN == "" || strings.Contains(a.Key, "; ") {
			t.Errorf("incomplete: %+v", a)
		}
		if a.URL != "" && !strings.HasPrefix(a.URL, "https://") {
			t.Errorf("%s: %s", a.Key, a.URL)
		}
	}
	for _, r := range law.Rules() {
		for _, key := range law.Sources(r.Source) {
			if !seen[key] {
				t.Errorf("rule %s cites %q, which is not in the table", r.Key, key)
			}
		}
	}
}

// The comments cite the law too: what they cite must be in the table.
func TestEveryArticleNamedInTheSourceIsInTheTable(t *testing.T) {
	known := map[string]bool{}
	for _, a := range law.Articles() {
		known[a.Key] = true
	}
	cited := regexp.MustCompile(`(?:GDPR|Reg\. 1182/71) Art\. \d+(?:\(\w+\))*`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		joined := strings.ReplaceAll(strings.ReplaceAll(string(text), "\n// ", " "), "\n\t// ", " ")
		for _, key := range cited.FindAllString(joined, -1) {
			found++
			if !known[key] {
				t.Errorf("%s cites %q, which is not in the table", name, key)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d citations found", found)
	}
}
