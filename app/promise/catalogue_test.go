package promise_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"greffier/app/promise"
	"greffier/app/request"
)

func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "assets", "text", "promises."+lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]string
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// usedKeys returns every key that the source can make.
func usedKeys(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for i := range 17 {
		out[fmt.Sprintf("promise.P%d", i+1)] = true
	}
	families := map[string][]string{
		"promise.p2.undeclared.":   {"identity", "contact", "order", "billing", "photographs"},
		"promise.p2.absent.":       {"identity", "contact", "order", "billing", "photographs", "browsing"},
		"promise.p6.family.":       {"payment", "printing", "hosting", "ai"},
		"promise.p15.drillfailed.": {"request", "case", "place", "plan", "erase", "verify", "clean"},
	}
	for _, r := range request.Rights {
		families["promise.p15.untried."] = append(families["promise.p15.untried."], r.String())
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`(counted\([^"]*|stated\([^"]*|mediaKey\([^"]*(?:"[^"]*", )?)?"(promise\.[a-z0-9.]+)"`)
	mediaKeys := regexp.MustCompile(`mediaKey\(r, "([a-z0-9.]+)", "([a-z0-9.]+)"\)`)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllSubmatch(src, -1) {
			key := string(m[2])
			if suffixes, ok := families[key]; ok {
				for _, s := range suffixes {
					out[key+s] = true
				}
				continue
			}
			out[key] = true
			if strings.HasPrefix(string(m[1]), "stated(") {
				out[key+".stated"] = true
			}
			if strings.HasPrefix(string(m[1]), "counted(") {
				out[key+".one"] = true
			}
		}
		for _, m := range mediaKeys.FindAllSubmatch(src, -1) {
			for _, key := range m[1:] {
				out[string(key)], out[string(key)+".one"] = true, true
			}
		}
	}
	return out
}

func TestBothCataloguesHaveExactlyTheKeysInUse(t *testing.T) {
	used := usedKeys(t)
	if len(used) < 150 {
		t.Fatalf("only %d keys found in the source", len(used))
	}
	for _, lang := range []string{"fr", "en"} {
		have := catalogue(t, lang)
		for key := range used {
			if strings.TrimSpace(have[key]) == "" {
				t.Errorf("%s has no text for %s", lang, key)
			}
		}
		for key := range have {
			if !used[key] {
				t.Errorf("%s has %s, which nothing uses", lang, key)
			}
		}
	}
}

// TestEveryLineReadsInBothLanguages prints the evidence of the named cases and
// of random boards: no key without a text, no place without its argument.
func TestEveryLineReadsInBothLanguages(t *testing.T) {
	texts := map[string]map[string]*template.Template{}
	for _, lang := range []string{"fr", "en"} {
		texts[lang] = map[string]*template.Template{}
		for key, text := range catalogue(t, lang) {
			tm, err := template.New(key).Option("missingkey=error").Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			texts[lang][key] = tm
		}
	}
	reached := map[string]bool{}
	read := func(in promise.Input) {
		for _, p := range promise.Check(in) {
			for _, l := range p.Evidence {
				reached[l.Key] = true
				for lang, of := range texts {
					tm := of[l.Key]
					if tm == nil {
						t.Fatalf("%s has no text for %s", lang, l.Key)
					}
					if err := tm.Execute(io.Discard, l.In(lang)); err != nil {
						t.Fatalf("%s: %s: %v", lang, l.Key, err)
					}
				}
			}
		}
	}
	for _, tc := range table {
		in := whole()
		if tc.change != nil {
			tc.change(&in)
		}
		read(in)
	}
	read(promise.Input{})
	d := dice{rand.New(rand.NewPCG(1, 2))}
	for range 1_000 {
		read(d.input())
	}
	if len(reached) < 120 {
		t.Errorf("only %d lines were reached: %v", len(reached), slices.Sorted(maps.Keys(reached)))
	}
}

func TestBothLanguagesNameTheSamePlaces(t *testing.T) {
	place := regexp.MustCompile(`\{\{\.[A-Za-z]+\}\}`)
	fr, en := catalogue(t, "fr"), catalogue(t, "en")
	for key := range fr {
		a, b := place.FindAllString(fr[key], -1), place.FindAllString(en[key], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: %v and %v", key, a, b)
		}
	}
}

func TestFrenchHasItsSpaces(t *testing.T) {
	wrong := regexp.MustCompile(`[^\x{202f}][:;!?»]|«[^\x{202f}]`)
	for key, text := range catalogue(t, "fr") {
		if m := wrong.FindString(text); m != "" {
			t.Errorf("%s: %q in %q", key, m, text)
		}
	}
}
