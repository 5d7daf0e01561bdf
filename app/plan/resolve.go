package plan

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Base is a URL below which a storage's keys are served: path-style and
// virtual-host style of a bucket, file:// of a folder, or a public address.
type Base struct {
	Storage string
	URL     string // keys follow after it; a missing final slash is added
}

// Ref is a photo reference of an order that leads to nothing in any storage.
type Ref struct {
	Order  int64  `json:"order_id"`
	Number string `json:"order"`
	Text   string `json:"text"` // as the shop records it; hostile text
}

// maxRef bounds a reference in bytes; a longer one is no key or address.
const maxRef = 4096

// Resolve tells where a photo reference leads: a URL below one of the bases
// gives storage and key; a bare key gives the key and no storage, since any of
// them may have it. Queries and fragments of URLs are dropped and their
// escapes decoded. It is false for a URL of somebody else, and for anything
// that climbs (".."), is absolute, or has characters that cannot be read.
func Resolve(ref string, bases []Base) (storage, key string, ok bool) {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxRef {
		return "", "", false
	}
	if !strings.Contains(ref, "://") {
		if !goodKey(ref) {
			return "", "", false
		}
		return "", ref, true
	}
	u, err := url.Parse(ref)
	if err != nil || u.Opaque != "" || u.User != nil {
		return "", "", false
	}
	longest := -1
	for _, b := range bases {
		k, found := below(u, b.URL)
		// The longest base wins: a folder may lie inside another one.
		if found && goodKey(k) && len(b.URL) > longest {
			storage, key, ok, longest = b.Storage, k, true, len(b.URL)
		}
	}
	return storage, key, ok
}

// below returns the decoded path of u below base.
func below(u *url.URL, base string) (string, bool) {
	b, err := url.Parse(base)
	if err != nil || b.Scheme == "" {
		return "", false
	}
	// A public address is the same place over http and over https.
	web := func(s string) bool { return s == "http" || s == "https" }
	if !strings.EqualFold(u.Scheme, b.Scheme) && (!web(strings.ToLower(u.Scheme)) || !web(strings.ToLower(b.Scheme))) {
		return "", false
	}
	if !strings.EqualFold(host(u), host(b)) {
		return "", false
	}
	root := b.Path
	if !strings.HasSuffix(root, "/") {
		root += "/"
	}
	p := u.Path
	if p == "" {
		p = "/"
	}
	return strings.CutPrefix(p, root)
}

// host returns host and port, without the port that the scheme implies.
func host(u *url.URL) string {
	switch p := u.Port(); {
	case p == "", u.Scheme == "http" && p == "80", u.Scheme == "https" && p == "443":
		return u.Hostname()
	default:
		return u.Hostname() + ":" + p
	}
}

// goodKey tells whether a key that somebody else wrote may be looked up.
func goodKey(key string) bool {
	if key == "" || strings.HasPrefix(key, "/") || strings.HasSuffix(key, "/") || !utf8.ValidString(key) ||
		strings.ContainsFunc(key, unicode.IsControl) {
		return false
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(key, `\`, "/"), "/") {
		if part == ".." || part == "." {
			return false
		}
	}
	return path.Clean(key) != "."
}
