package storage

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzKeyOfAName(f *testing.F) {
	for _, n := range []string{"a.jpg", "\xff", "\uFFFD", "\uFFFDFF", "a\xe9b", "\xc3\x28", "..", "é"} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			return // no file has such a name
		}
		key := keyOf(name)
		if !utf8.ValidString(key) {
			t.Fatalf("keyOf(%q) = %q is no text", name, key)
		}
		back, err := nameOf("folder/" + key)
		if err != nil || back != filepath.Join("folder", name) {
			t.Fatalf("nameOf(keyOf(%q)) = %q, %v", name, back, err)
		}
	})
}

func FuzzNameOfAKey(f *testing.F) {
	for _, k := range []string{"a/b.jpg", "../a", "\uFFFD2E\uFFFD2E/x", "\uFFFDFF", "a//b", "/a", "a\x00"} {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, key string) {
		name, err := nameOf(key)
		if err != nil {
			return
		}
		if !filepath.IsLocal(name) || name == "." || strings.ContainsRune(name, 0) {
			t.Fatalf("nameOf(%q) = %q leaves the folder", key, name)
		}
	})
}

func FuzzFirstElement(f *testing.F) {
	for _, s := range []string{"<?xml version='1.0'?><ListVersionsResult xmlns='x'>", "<html>", "", "<!-- x --><a/>", "\xff<a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { _ = first(s) })
}
