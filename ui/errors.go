package ui

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"greffier/assets"
)

// errorKey is the family of catalog keys of the errors: "error.TEXT.what" and
// "error.TEXT.next", where TEXT is the text of the sentinel itself, so that
// the catalog is the table. The window may not import data, whose drivers have
// sentinels too; their texts are stable and known to a test, which fails when
// an exported Err… of app, data or reports has no entry in both languages.
const errorKey = "error."

// shortestFound bounds the search inside longer texts: a short sentinel text
// may stand in a sentence by chance.
const shortestFound = 18

// Explain says in "fr" or "en" what happened and what to do next. It knows
// every exported sentinel of the program; for anything else it says that
// something unexpected happened, and the caller shows err as details.
func Explain(err error, lang string) (what, next string) {
	text := sentinelOf(err, lang)
	what = assets.Text(lang, errorKey+text+".what", nil)
	next = assets.Text(lang, errorKey+text+".next", nil)
	return what, next
}

// Known tells whether Explain has words of its own for the error.
func Known(err error) bool { return sentinelOf(err, "fr") != "unexpected" }

func sentinelOf(err error, lang string) string {
	if err == nil {
		return "unexpected"
	}
	has := func(text string) bool { return assets.Has(lang, errorKey+text+".what") }
	for _, e := range chain(err, 0) {
		if has(e.Error()) {
			return e.Error()
		}
	}
	// A type of its own may match a sentinel without having it in its chain.
	whole, best := err.Error(), ""
	for _, key := range errorKeys(lang) {
		if len(key) >= shortestFound && len(key) > len(best) && strings.Contains(whole, key) {
			best = key
		}
	}
	if best != "" {
		return best
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "too long"
	case errors.Is(err, syscall.ENOSPC):
		return "disk full"
	case errors.Is(err, fs.ErrPermission):
		return "no permission"
	}
	return "unexpected"
}

// chain lists an error and all that it wraps, outermost first.
func chain(err error, depth int) []error {
	if err == nil || depth > 50 {
		return nil
	}
	out := []error{err}
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		out = append(out, chain(x.Unwrap(), depth+1)...)
	case interface{ Unwrap() []error }:
		for _, e := range x.Unwrap() {
			out = append(out, chain(e, depth+1)...)
		}
	}
	return out
}

// unreadColumns is the text of the error of a shop's file whose columns have to
// be said first.
const unreadColumns = "no usable header row"

// hostKeyPrint is the fingerprint of a host key as OpenSSH writes it.
var hostKeyPrint = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}=?`)

// hostKey returns the fingerprint that a server showed, where the error names
// one, "" otherwise.
func hostKey(err error) string {
	if err == nil {
		return ""
	}
	return hostKeyPrint.FindString(err.Error())
}

func errorKeys(lang string) []string {
	keys := assets.Keys(lang)
	from, _ := slices.BinarySearch(keys, errorKey)
	var out []string
	for _, k := range keys[from:] {
		if !strings.HasPrefix(k, errorKey) {
			break
		}
		if text, ok := strings.CutSuffix(strings.TrimPrefix(k, errorKey), ".what"); ok {
			out = append(out, text)
		}
	}
	return out
}
