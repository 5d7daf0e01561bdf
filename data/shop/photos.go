package shop

import (
	"encoding/json"
	"html"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxTextBytes is how much of one meta value is searched for references. What
// is longer is an embedded document, not a reference.
const maxTextBytes = 1 << 20

var (
	linkPattern = regexp.MustCompile(`(?i)https?://[^\s"'<>\\|]+`)
	imageEnds   = []string{".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".tif", ".tiff", ".avif"}
	// mediaKeys are parts of the names under which shops and their plugins
	// record an upload.
	mediaKeys = []string{"photo", "image", "img", "upload", "portrait", "picture", "file", "fichier", "visuel"}
)

// photoFinder collects references to photographs from the meta rows of an
// order. A reference too many costs a look into the storage; one that is
// missed leaves a child's photograph behind. So it errs on the side of taking.
type photoFinder struct {
	keys   []string // the meta keys to look under; empty: guess
	found  []string
	fields map[string]string // under which key each was found first; nil: not wanted
	key    string            // the key that is being looked at
	full   bool
}

// meta looks through one meta row. ofItem tells that it belongs to a line
// item: there any link counts, while an order's own rows also hold links to
// parcels and receipts, so there a link must look like a picture or stand
// under a key that speaks of one.
func (f *photoFinder) meta(key string, value json.RawMessage, ofItem bool) {
	named := slices.ContainsFunc(f.keys, func(k string) bool { return strings.EqualFold(k, key) })
	if len(f.keys) > 0 && !named {
		return
	}
	f.key = clean(key)
	lower := strings.ToLower(key)
	anyLink := named || ofItem || slices.ContainsFunc(mediaKeys, func(k string) bool { return strings.Contains(lower, k) })
	var v any
	if json.Unmarshal(value, &v) == nil {
		f.walk(v, anyLink, named, 0)
	}
}

// walk goes through whatever shape a plugin has chosen: text, lists, objects,
// and any of them once more as JSON inside a text.
func (f *photoFinder) walk(v any, anyLink, named bool, depth int) {
	if depth > 8 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			f.walk(e, anyLink, named, depth+1)
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for k := range v {
			names = append(names, k)
		}
		slices.Sort(names) // the same order of photos at each reading
		for _, k := range names {
			f.walk(v[k], anyLink, named, depth+1)
		}
	case string:
		f.text(v, anyLink, named, depth)
	}
}

func (f *photoFinder) text(s string, anyLink, named bool, depth int) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxTextBytes || strings.HasPrefix(s, "data:") {
		return
	}
	if s[0] == '[' || s[0] == '{' {
		var inner any
		if json.Unmarshal([]byte(s), &inner) == nil {
			f.walk(inner, anyLink, named, depth+1)
			return
		}
	}
	if strings.Contains(s, "://") {
		if strings.ContainsRune(s, '<') {
			s = html.UnescapeString(s)
		}
		for _, link := range linkPattern.FindAllString(s, -1) {
			// A list written with commas has no space between its links.
			for i, part := range splitLinks(link) {
				part = strings.TrimRight(part, ",;.)]}")
				if i == 0 || strings.Contains(part, "://") {
					if u, err := url.Parse(part); err == nil && u.Host != "" && (anyLink || looksLikeImage(u.Path)) {
						f.take(part)
					}
				}
			}
		}
		return
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return
	}
	// Keys rather than links: one a line, or separated by commas or spaces
	// where every part looks like a picture. A key may itself contain spaces.
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		for _, part := range splitKeys(line) {
			if len(part) > 1024 || !looksLikeImage(part) && !(named && strings.ContainsAny(part, "/.")) {
				continue
			}
			f.take(part)
		}
	}
}

func (f *photoFinder) take(ref string) {
	if len(f.found) >= maxPhotos {
		f.full = true
		return
	}
	f.found = append(f.found, ref)
	if _, known := f.fields[ref]; !known && f.fields != nil {
		f.fields[ref] = f.key
	}
}

// splitLinks cuts "https://a/1.jpg,https://a/2.jpg" into two links and leaves
// a comma inside one link alone.
func splitLinks(s string) []string {
	var parts []string
	for {
		cut := -1
		for _, sep := range []string{",http://", ",https://", ";http://", ";https://"} {
			if i := strings.Index(strings.ToLower(s), sep); i >= 0 && (cut < 0 || i < cut) {
				cut = i
			}
		}
		if cut < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:cut])
		s = s[cut+1:]
	}
}

// splitKeys cuts a list of keys where each part of it looks like a picture.
func splitKeys(s string) []string {
	for _, sep := range []func(rune) bool{
		func(r rune) bool { return r == ',' || r == ';' || r == '|' },
		unicode.IsSpace,
	} {
		parts := strings.FieldsFunc(s, sep)
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !looksLikeImage(p) }) {
			return parts
		}
	}
	return []string{strings.TrimSpace(s)}
}

func looksLikeImage(s string) bool {
	return slices.Contains(imageEnds, strings.ToLower(path.Ext(s)))
}
