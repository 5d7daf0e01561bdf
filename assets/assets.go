package assets

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// IconPNG is the program's icon, 512 by 512 pixels.
//
//go:embed icon.png
var IconPNG []byte

// IconSVG is the program's icon as it was drawn.
//
//go:embed icon.svg
var IconSVG []byte

//go:embed text/*.json
var texts embed.FS

// Langs are the languages of the program, the first one being the default.
var Langs = []string{"fr", "en"}

// catalog is every text of one language. Each language has a bundle of its
// own, so that a missing text shows as its key and never as another language.
type catalog struct {
	localizer *i18n.Localizer
	keys      []string
	plain     sync.Map // key → text, for texts without arguments
}

var catalogs = sync.OnceValue(func() map[string]*catalog {
	out := make(map[string]*catalog, len(Langs))
	for _, lang := range Langs {
		c, err := load(texts, lang)
		if err != nil {
			// The files are compiled in, so this is a broken build.
			panic("assets: " + err.Error())
		}
		out[lang] = c
	}
	return out
})

// load merges all files text/NAME.LANG.json of one language.
func load(from fs.FS, lang string) (*catalog, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, fmt.Errorf("language %s: %w", lang, err)
	}
	bundle := i18n.NewBundle(tag)
	names, err := fs.Glob(from, "text/*."+lang+".json")
	if err != nil {
		return nil, err
	}
	seen := map[string]string{}
	for _, name := range names {
		raw, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var entries map[string]json.RawMessage
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for key, value := range entries {
			if _, twice := seen[key]; twice {
				continue // the first file has it; a test reports the other
			}
			seen[key] = name
			m := &i18n.Message{ID: key}
			var text string
			var forms struct{ One, Other string }
			if err := json.Unmarshal(value, &text); err == nil {
				m.Other = typeset(text, lang)
			} else if err := json.Unmarshal(value, &forms); err == nil && forms.Other != "" {
				m.One, m.Other = typeset(forms.One, lang), typeset(forms.Other, lang)
				if lang == "fr" {
					m.Many = m.Other // 1 000 000 has a form of its own in French
				}
			} else {
				return nil, fmt.Errorf("read %s: %q is neither a text nor a pair of one and other", name, key)
			}
			if err := bundle.AddMessages(tag, m); err != nil {
				return nil, fmt.Errorf("read %s: %q: %w", name, key, err)
			}
		}
	}
	return &catalog{localizer: i18n.NewLocalizer(bundle, lang), keys: slices.Sorted(maps.Keys(seen))}, nil
}

// frenchSpaces sets the narrow space that French wants before double
// punctuation and inside quotation marks, and where a line may never break.
var frenchSpaces = strings.NewReplacer(
	" :", "\u202f:", " ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?",
	"« ", "«\u202f", " »", "\u202f»", " %", "\u202f%",
)

func typeset(s, lang string) string {
	if lang == "fr" {
		return frenchSpaces.Replace(s)
	}
	return s
}

func of(lang string) *catalog {
	if c, ok := catalogs()[lang]; ok {
		return c
	}
	return catalogs()[Langs[0]]
}

// Text returns the text of a key in "fr" or "en"; any other language is
// French. The args fill the {{.Name}} places of the text. A key that no file
// has is returned as it is, so that the lack can be seen and searched for.
func Text(lang, key string, args map[string]any) string {
	c := of(lang)
	if len(args) == 0 {
		if s, ok := c.plain.Load(key); ok {
			return s.(string)
		}
	}
	s, err := c.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: args})
	if err != nil || s == "" {
		return key
	}
	if len(args) == 0 {
		c.plain.Store(key, s)
	}
	return s
}

// Count returns the text of a key for n things, in the plural form of the
// language (French says "0 photo"). {{.N}} is n as that language writes it.
func Count(lang, key string, n int, args map[string]any) string {
	data := map[string]any{"N": Number(lang, n)}
	maps.Copy(data, args)
	s, err := of(lang).localizer.Localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: n, TemplateData: data})
	if err != nil || s == "" {
		return key
	}
	return s
}

// Number writes a whole number with the thousands apart: "1 040" with a narrow
// no-break space in French, "1,040" in English.
func Number(lang string, n int) string {
	sep := "\u202f"
	if lang == "en" {
		sep = ","
	}
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "\u2212", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + sep + digits[i:]
	}
	return sign + digits
}

// Keys returns every key of a language, sorted.
func Keys(lang string) []string { return slices.Clone(of(lang).keys) }

// Has tells whether a language has a text for the key.
func Has(lang, key string) bool {
	_, ok := slices.BinarySearch(of(lang).keys, key)
	return ok
}
