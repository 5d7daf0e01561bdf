package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"
)

// What of an error may be copied and given away: which program on which system at
// what time, the sentence by its key, and the causes with everything taken out
// that could be somebody's: addresses, paths, names, numbers of orders. The errors
// of the program hold nothing of the kind; those of servers and of the system do.

// systemWord names the system.
func systemWord() string { return runtime.GOOS + " " + runtime.GOARCH }

// maxCause bounds a cause, and maxCauses how many are listed.
const (
	maxCause  = 400
	maxCauses = 12
)

// details writes an error for whoever helps.
func (w *Window) details(err error) string {
	info := w.f.Info()
	own := []string{info.Controller.Name, info.Controller.Address, info.Controller.Email, info.Controller.Site}
	for _, s := range w.f.ShopSetups() {
		own = append(own, s.Name, s.User)
	}
	for _, s := range w.f.StorageSetups() {
		own = append(own, s.Name, s.User, s.Bucket)
	}
	return details(err, info.Version, w.clock(), own)
}

func details(err error, version string, at time.Time, own []string) string {
	if err == nil {
		return ""
	}
	if version == "" {
		version = "?"
	}
	s := newScrubber(own)
	lines := []string{
		fmt.Sprintf("Greffier %s · %s", version, systemWord()),
		at.UTC().Format("2006-01-02 15:04 UTC"),
		"key: " + sentinelOf(err, "en"),
		"cause: " + s.scrub(err.Error()),
	}
	var kinds []string
	for _, e := range chain(err, 0) {
		if kind := fmt.Sprintf("%T", e); len(kinds) < maxCauses && (len(kinds) == 0 || kinds[len(kinds)-1] != kind) {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(append(lines, "kinds: "+strings.Join(kinds, " < ")), "\n")
}

// taken stands for what was taken out.
const taken = "…"

var (
	quotedText = regexp.MustCompile("\"[^\"]*\"|`[^`]*`|'[^']*'|«[^»]*»|“[^”]*”|<[^>]*>")
	// somebodys is a word that may say who or where: one with a sign of an address or
	// a path, or a number that is longer than a status.
	somebodys  = regexp.MustCompile(`[@/\\.=~%]|[0-9]{4}`)
	plainWord  = regexp.MustCompile(`^[a-z0-9][a-z0-9'’-]*$`)
	wordBounds = "()[]{},;:!?"
)

// told are words with capitals that errors are told in, and that are nobody's.
var told = strings.Fields(`TLS SSL TCP UDP DNS IP HTTP HTTPS IMAP IMAP4 SMTP SASL OAUTH OAUTH2 SSH SFTP S3 WebDAV REST API URL URI JSON XML CSV TOML UTF-8 SQL SQLITE
EOF OK NO BAD BYE GET PUT POST HEAD DELETE PROPFIND LOGIN PLAIN XOAUTH2 STARTTLS AUTHENTICATE AUTHENTICATIONFAILED NoSuchKey NoSuchBucket AccessDenied SignatureDoesNotMatch InvalidAccessKeyId RequestTimeTooSkewed
Authentication Authorization Access Invalid Unauthorized Forbidden Not Found Internal Server Error Bad Gateway Request Too Many Requests Service Unavailable Timeout Login Failed Denied Method Allowed Moved Permanently Conflict Locked Insufficient Storage Greffier`)

type scrubber struct{ own map[string]bool }

// newScrubber takes out the words given too, whatever they look like.
func newScrubber(own []string) scrubber {
	s := scrubber{map[string]bool{}}
	if home, err := os.UserHomeDir(); err == nil {
		own = append(own, filepath.Base(home))
	}
	for _, o := range own {
		for _, word := range strings.FieldsFunc(strings.ToLower(o), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(word) > 2 {
				s.own[word] = true
			}
		}
	}
	return s
}

func (s scrubber) scrub(text string) string {
	if len(text) > 4*maxCause {
		text = strings.ToValidUTF8(text[:4*maxCause], "")
	}
	var out []string
	for _, word := range strings.Fields(quotedText.ReplaceAllString(text, " "+taken+" ")) {
		if word = s.word(word); word != taken || len(out) == 0 || out[len(out)-1] != taken {
			out = append(out, word)
		}
	}
	text = strings.Join(out, " ")
	if r := []rune(text); len(r) > maxCause {
		text = string(r[:maxCause]) + taken
	}
	return text
}

// word keeps a word that is nobody's and takes out any other.
func (s scrubber) word(word string) string {
	core := strings.Trim(word, wordBounds+".")
	end := ""
	if i := strings.LastIndex(word, core); i >= 0 && core != "" {
		end = strings.Trim(word[i+len(core):], "()[]{}.")
	}
	switch {
	case core == "":
		return strings.Trim(word, ".")
	case slices.Contains(told, core), core == taken:
		return core + end
	case somebodys.MatchString(core), !plainWord.MatchString(core), strings.Contains(core, ":"):
		return taken + end
	}
	for _, part := range strings.FieldsFunc(core, func(r rune) bool { return r == '-' || r == '\'' }) {
		if s.own[part] {
			return taken + end
		}
	}
	return core + end
}
