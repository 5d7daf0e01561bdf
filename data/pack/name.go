package pack

import (
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxSegment = 80 // bytes of one part of a name
	maxDepth   = 4
)

// reserved are the names that Windows keeps for devices, whatever follows the
// first point.
var reserved = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "conin$": true, "conout$": true, "clock$": true}

func init() {
	for i := range 10 {
		for _, n := range []string{"com", "lpt"} {
			reserved[n+strconv.Itoa(i)] = true
		}
	}
	for _, s := range []string{"¹", "²", "³"} {
		reserved["com"+s], reserved["lpt"+s] = true, true
	}
}

// SafeName makes a name for a file out of any text, so that it can be written
// on every system and leads nowhere else: parts between slashes stay folders,
// "." and "..", drive letters, control and direction characters, and what
// Windows does not take go. A name of which nothing is left is "file".
func SafeName(name string) string {
	var parts []string
	for _, p := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if p = segment(p); p != "" {
			parts = append(parts, p)
		}
	}
	if n := len(parts); n > maxDepth {
		parts = parts[n-maxDepth:]
	}
	if len(parts) == 0 {
		return "file"
	}
	return strings.Join(parts, "/")
}

// segment makes one part of a name safe; "" where nothing is left.
func segment(p string) string {
	p = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(p, ""))
	p = strings.Trim(p, ". ") // nothing hidden, no "..", no end that Windows drops
	if len(p) > maxSegment {
		ext := path.Ext(p)
		if len(ext) > 10 {
			ext = ""
		}
		cut := maxSegment - len(ext)
		for cut > 0 && !utf8.RuneStart(p[cut]) {
			cut--
		}
		p = strings.TrimRight(p[:cut], ". ") + ext
	}
	stem, _, _ := strings.Cut(p, ".")
	if reserved[strings.ToLower(strings.TrimSpace(stem))] {
		p = "_" + p
	}
	return p
}

// names gives each file of a package a name of its own: two names that some
// system takes for one are two. It knows the files, and the folders they need.
type names struct{ files, folders map[string]bool }

func newNames() names { return names{map[string]bool{}, map[string]bool{}} }

func (n names) unique(name string) string {
	name = SafeName(name)
	for d := path.Dir(name); d != "."; d = path.Dir(d) {
		if n.files[fold(d)] {
			name = strings.ReplaceAll(name, "/", "-") // a file is where the folder would have to be
			break
		}
	}
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	out := name
	for i := 2; n.files[fold(out)] || n.folders[fold(out)]; i++ {
		out = stem + "-" + strconv.Itoa(i) + ext
	}
	n.files[fold(out)] = true
	for d := path.Dir(out); d != "."; d = path.Dir(d) {
		n.folders[fold(d)] = true
	}
	return out
}

func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }
