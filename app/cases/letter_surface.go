package cases

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Labels are the words in which a wording is shown to the owner instead of the
// template language. Places names every place and shared part (Due → "due
// date"); If, Else, End, Each and Need are the words of a condition, a list and
// what must be there; Here tells that a condition is about an item of a list,
// One that a list has one item.
// Two labels that read alike make both unusable, and the template language is
// shown instead.
type Labels struct {
	Places                               map[string]string
	If, Else, End, Each, Need, Here, One string
}

// lists and flags are the places that are no single value: a condition on them
// asks the place itself.
var (
	lists = []string{"Rights", "Orders", "Erased", "Left", "Restricted", "Kept", "Told", "Purposes", "Recipients", "Transfers", "Files", "Changes", "Stopped", "Answers", "Refusals",
		"Searched", "Formats", "LeftOut", "Uses", "ErasedWords"}
	wordLists = []string{"Rights", "Orders", "Recipients", "Transfers", "Files", "Stopped", "Searched", "Formats", "ErasedWords"}
	flags     = []string{"Minor", "Child", "Youth", "Agent", "Partly", "Encrypted", "Instructed"}
)

// LabelKeys returns every place and shared part that a surface needs a label
// for.
func LabelKeys() []string { return append(slices.Clone(letterFields), letterParts...) }

// tokens pairs what stands in braces with what stands in brackets, in the
// letter's language.
func (l Labels) tokens(lang string) (show map[string]string, read map[string]string) {
	show, read = map[string]string{}, map[string]string{}
	twice := map[string]bool{}
	pair := func(code, words string) {
		key := fold(words)
		if _, taken := read[key]; taken || strings.TrimSpace(key) == "" || strings.ContainsAny(words, "[]{}\n") {
			twice[key] = true
			return
		}
		show[code], read[key] = words, code
	}
	and := "and"
	if lang == "fr" {
		and = "et"
	}
	pair("{{else}}", l.Else)
	pair("{{end}}", l.End)
	pair("{{.}}", l.Each+" "+l.Here)
	for _, f := range letterFields {
		word := l.Places[f]
		switch {
		case slices.Contains(flags, f):
			pair("{{if ."+f+"}}", l.If+" "+word)
			pair("{{else if ."+f+"}}", l.Else+" "+l.If+" "+word)
		case slices.Contains(lists, f):
			if slices.Contains(wordLists, f) {
				pair("{{join ."+f+` "`+and+`"}}`, word)
			}
			pair("{{if ."+f+"}}", l.If+" "+word)
			pair("{{if eq (len ."+f+") 1}}", l.If+" "+l.One+" "+word)
			pair("{{range ."+f+"}}", l.Each+" "+word)
			pair(`{{need "`+f+`"}}`, l.Need+" "+word)
		default:
			pair("{{."+f+"}}", word)
			pair(`{{if has "`+f+`"}}`, l.If+" "+word)
			pair(`{{else if has "`+f+`"}}`, l.Else+" "+l.If+" "+word)
			pair(`{{if has "`+f+`" .}}`, l.If+" "+word+" "+l.Here)
		}
	}
	for _, p := range letterParts {
		pair(`{{template "`+p+`" .}}`, l.Places[p])
	}
	for key := range twice {
		if code, ok := read[key]; ok {
			delete(show, code)
			delete(read, key)
		}
	}
	return show, read
}

var (
	inBraces   = regexp.MustCompile(`\{\{[^{}]*\}\}`)
	inBrackets = regexp.MustCompile(`\[[^\[\]{}\n]{1,120}\]`)
)

// Surface shows a wording in the labels' words: {{.Due}} as [due date]. What has
// no word stays as it is. A text that Plain would not give back as it was is
// returned unchanged, so that showing a wording never changes it.
func Surface(text, lang string, l Labels) string {
	show, _ := l.tokens(lang)
	out := inBraces.ReplaceAllStringFunc(text, func(code string) string {
		if words, ok := show[code]; ok {
			return "[" + words + "]"
		}
		return code
	})
	if back, _ := Plain(out, lang, l); back != text {
		return text
	}
	return out
}

// Plain reads what Surface shows: capitals and accents do not matter. It returns
// what stands in brackets and means nothing, so that a slip of the pen is not
// sent to anybody.
func Plain(text, lang string, l Labels) (plain string, unknown []string) {
	_, read := l.tokens(lang)
	plain = inBrackets.ReplaceAllStringFunc(text, func(words string) string {
		inner := words[1 : len(words)-1]
		if code, ok := read[fold(inner)]; ok {
			return code
		}
		letters := 0
		for _, r := range inner {
			if unicode.IsLetter(r) {
				letters++
			}
		}
		if letters > 2 {
			unknown = append(unknown, oneLine(inner, 60))
		}
		return words
	})
	return plain, unknown
}

// listItems are how the items of a list are written, a line each.
var listItems = map[string]string{
	"Kept": `{{template "part-what" .}}`, "Left": `{{template "part-what" .}}`, "Restricted": `{{template "part-what" .}}`, "LeftOut": `{{template "part-what" .}}`,
	"Told": `- {{.Name}}{{if has "On" .}}, {{.On}}{{else}} : {{.Why}}{{end}}`, "Changes": "- {{.Field}} : {{.Now}}", "Uses": "- {{.Name}}, {{.Since}}",
	"Purposes": "- {{.Name}} : {{.Data}}, {{.Basis}}, {{.Period}}", "Erased": "- {{.Count}} {{.Holds}}", "Answers": "{{.}}", "Refusals": "{{.Reason}} ({{.Ground}})",
}

// PlaceIn returns how a place is written into a wording, in the template
// language.
func PlaceIn(name, lang string) string {
	and := "and"
	if lang == "fr" {
		and = "et"
	}
	switch {
	case slices.Contains(wordLists, name):
		return `{{join .` + name + ` "` + and + `"}}`
	case slices.Contains(lists, name):
		return "{{range ." + name + "}}" + listItems[name] + "\n{{end}}"
	case slices.Contains(letterParts, name):
		return `{{template "` + name + `" .}}`
	}
	return "{{." + name + "}}"
}
