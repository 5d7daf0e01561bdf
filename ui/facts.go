package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"greffier/app"
	"greffier/app/law"
	"greffier/ui/kit"
)

// detail writes the facts of a line of the journal in the window's words, for who
// wants to know: "nouveaux messages : 6". They hold no personal data. What the window has no words
// for is left out: it is in the journal's own register, as it was written.
func (s *speaker) detail(l app.JournalLine) string {
	var facts map[string]any
	if json.Unmarshal([]byte(l.Detail), &facts) != nil {
		return ""
	}
	words := make([]string, 0, len(facts))
	for _, k := range slices.Sorted(maps.Keys(facts)) {
		label := s.known("journalFact."+k, "")
		if label == "" {
			continue
		}
		if v := s.fact(k, facts[k]); v != "" {
			words = append(words, label+s.t("journalFact.colon")+v)
		}
	}
	return strings.Join(words, " · ") // each is the window's own, or made fit for a line
}

// factWords are the families of texts that the words of a fact are found in,
// beside its own: "journalFact.state.", …
var factWords = map[string][]string{
	"state":   {"state.", "run.", "sweeps.state."},
	"level":   {"level."},
	"rights":  {"right."},
	"uses":    {"use."},
	"act":     {"step."},
	"letter":  {"letter."},
	"kind":    {"copy.kind.", "sweeps.schedule."},
	"rule":    {"own.rule.", "rule."},
	"answer":  {"notice.answer."},
	"channel": {"channel."},
	"trigger": {"sweeps.trigger."},
	"field":   {"effects."},
}

var (
	hashed = regexp.MustCompile(`^[0-9a-f]{16,}$`)
	format = regexp.MustCompile(`^(pdf|csv|json|ods|ics|xlsx|html|zip)$`)
)

// fact writes the value of one fact, "" where the window has no words for it.
func (s *speaker) fact(k string, v any) string {
	switch x := v.(type) {
	case bool:
		return s.t(map[bool]string{true: "journalFact.yes", false: "journalFact.no"}[x])
	case float64:
		if k == "bytes" {
			return s.size(int64(x))
		}
		return s.number(int(x))
	case []any:
		var words []string
		for _, one := range x {
			if w := s.fact(k, one); w != "" {
				words = append(words, w)
			}
		}
		if k == "fields" || len(words) < len(x) {
			return s.number(len(x))
		}
		return strings.Join(words, ", ")
	case map[string]any:
		return s.number(len(x))
	case string:
		return s.factWord(k, x)
	}
	return ""
}

func (s *speaker) factWord(k, v string) string {
	if word := s.known("journalFact."+k+"."+v, ""); word != "" {
		return word
	}
	for _, family := range factWords[k] {
		if word := s.known(family+v, ""); word != "" {
			return lowerFirst(word)
		}
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return s.brief(t) + " · " + s.hour(t)
	}
	if d, err := law.ParseDate(v); err == nil && !d.IsZero() {
		return s.shortYear(d)
	}
	switch {
	case hashed.MatchString(v):
		return v[:9]
	case format.MatchString(v):
		return strings.ToUpper(v)
	case k == "scope":
		return s.record(v)
	case k == "tls" && strings.HasPrefix(v, "TLS "):
		return kit.Line(v, 20)
	case k == "ground":
		return s.article(v)
	}
	return ""
}

// record names what a line of the journal is about: "demande 12". What the window
// has no words for is left out.
func (s *speaker) record(r string) string {
	if word := s.known("record.is."+r, ""); word != "" {
		return word
	}
	kind, n := r, ""
	if i := strings.LastIndexByte(r, ' '); i > 0 {
		kind, n = r[:i], r[i+1:]
	}
	switch kind {
	case "register":
		n = s.known("register."+n, s.known("record.is."+n, kit.Line(n, 40)))
	case "rule":
		n = s.ruleName(n)
	case "own":
		n = s.known("own.rule."+n, "")
	case "letter":
		what, _, _ := strings.Cut(n, "/")
		n = s.known("letter."+what, "")
	case "statement":
		n = ""
	case "processing", "processors", "breaches", "trackers", "consents", "policy", "dpia", "findings":
		return s.t("record.entry", "Register", s.t("register."+kind), "N", kit.Line(n, 40))
	case "drill":
		if d, err := law.ParseDate(n); err == nil {
			n = s.shortYear(d)
		}
	}
	if key := "record." + kind; s.known(key, "") != "" {
		return strings.TrimSpace(s.t(key, "N", kit.Line(n, 40)))
	}
	return ""
}

// act writes what a line of the journal says.
func (s *speaker) act(l app.JournalLine) string {
	words := s.known("journal."+l.Act, kit.Line(l.Act, 60))
	if l.Record != "" {
		if about := s.record(l.Record); about != "" {
			words = fmt.Sprintf("%s · %s", words, about)
		}
	}
	return words
}
