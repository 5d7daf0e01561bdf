package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/assets"
	"greffier/ui/kit"
)

// speaker writes in one language and one time zone.
type speaker struct {
	lang string
	zone *time.Location
}

func args(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// t returns a text of the catalog; the pairs fill its places.
func (s *speaker) t(key string, pairs ...any) string { return assets.Text(s.lang, key, args(pairs)) }

// n returns a text for a count of things.
func (s *speaker) n(key string, n int, pairs ...any) string {
	return assets.Count(s.lang, key, n, args(pairs))
}

// known returns the text of a key that may have none, or the other words.
func (s *speaker) known(key, otherwise string) string {
	if assets.Has(s.lang, key) {
		return s.t(key)
	}
	return otherwise
}

func (s *speaker) number(n int) string { return assets.Number(s.lang, n) }

// short and long write a legal date for lists and for details.
func (s *speaker) short(d law.Date) string { return law.FormatDate(d, s.lang, false) }
func (s *speaker) long(d law.Date) string  { return law.FormatDate(d, s.lang, true) }

// shortYear is short with the year where it is not the year of today.
func (s *speaker) shortYear(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %d", s.short(d), d.Year)
}

func (s *speaker) day(t time.Time) law.Date { return law.DateOf(t, s.zone) }

// at writes an instant whole: day and hour.
func (s *speaker) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return s.t("time.at", "Date", s.long(s.day(t)), "Hour", s.hour(t))
}

// brief writes an instant for a list.
func (s *speaker) brief(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return s.shortYear(s.day(t))
}

func (s *speaker) hour(t time.Time) string {
	l := t.In(s.zone)
	if s.lang == "fr" {
		return fmt.Sprintf("%d\u202fh\u202f%02d", l.Hour(), l.Minute())
	}
	return l.Format("15:04")
}

// left writes how many days are left.
func (s *speaker) left(days int) string {
	switch {
	case days < 0:
		return s.n("days.late", -days)
	case days == 0:
		return s.t("days.today")
	case days == 1:
		return s.t("days.tomorrow")
	}
	return s.n("days.left", days)
}

// age writes how many days old something is.
func (s *speaker) age(days int) string {
	if days <= 0 {
		return s.t("age.today")
	}
	return s.n("age", days)
}

// size writes a number of bytes.
func (s *speaker) size(bytes int64) string {
	units := [...]string{"B", "kB", "MB", "GB", "TB"}
	point := "."
	if s.lang == "fr" {
		units = [...]string{"o", "ko", "Mo", "Go", "To"}
		point = ","
	}
	v, u := float64(bytes), 0
	for v >= 1000 && u < len(units)-1 {
		v /= 1000
		u++
	}
	text := fmt.Sprintf("%.0f", v)
	if u > 1 && v < 100 {
		text = strings.Replace(fmt.Sprintf("%.1f", v), ".", point, 1)
	}
	return text + "\u00a0" + units[u]
}

func (s *speaker) right(r request.Right) string { return s.t("right." + r.String()) }

// rights writes several rights as a list.
func (s *speaker) rights(rs []request.Right) string {
	words := make([]string, 0, len(rs))
	for i, r := range rs {
		word := s.right(r)
		if i > 0 {
			word = lowerFirst(word)
		}
		words = append(words, word)
	}
	return s.list(words)
}

// list joins words as "a, b et c".
func (s *speaker) list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return s.t("list.and", "First", strings.Join(words[:last], ", "), "Last", words[last])
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

func (s *speaker) state(st cases.State) string { return s.t("state." + st.String()) }

func (s *speaker) identity(l cases.IdentityLevel) string { return s.t("level." + l.String()) }

func (s *speaker) holds(h plan.Holds) string { return s.known("holds."+string(h), string(h)) }

func (s *speaker) registerName(n register.Name) string { return s.t("register." + string(n)) }

// person writes a name from outside, or the words for nobody.
func (s *speaker) person(name string) string {
	if name = kit.Line(name, 60); name == "" {
		return s.t("person.unknown")
	}
	return name
}

// article writes the source of a step for a reader.
func (s *speaker) article(source string) string {
	if source == "" {
		return ""
	}
	var out []string
	for _, key := range strings.Split(source, "; ") {
		if c := law.Cite(key, s.lang); c != "" {
			out = append(out, c)
		} else {
			out = append(out, key)
		}
	}
	return strings.Join(out, " · ")
}

// held says why something waits: a reason of the rule itself, a case that
// needs it ("case 5: access"), or the words of the owner's own hold.
func (s *speaker) held(r string) string {
	if n, right, ok := plan.HeldByCase(r); ok {
		return s.t("held.case", "N", kit.Line(n, 12), "Right", lowerFirst(s.right(right)))
	}
	if words := plan.HeldWords(r, s.lang); words != "" {
		return words
	}
	return kit.Line(r, 80)
}

// reason says why an object of a run is left: a reason of the run itself, or
// the text of a sentinel.
func (s *speaker) reason(r string) string {
	if day, ok := strings.CutPrefix(r, "kept by the storage under a lock until "); ok {
		if d, err := law.ParseDate(day); err == nil {
			return s.t("reason.kept by the storage under a lock") + ", " + s.t("until", "Date", s.long(d))
		}
	}
	return kit.Line(s.known("reason."+r, s.known(errorKey+r+".what", r)), 160)
}

func (s *speaker) actor(a string) string {
	if rule, ok := strings.CutPrefix(a, "rule "); ok {
		return s.t("actor.rule", "Rule", s.ruleName(rule))
	}
	return s.known("actor."+a, kit.Line(a, 40))
}

func (s *speaker) ruleName(id string) string { return s.known("rule."+id, kit.Line(id, 40)) }

func tone(t app.Tone) kit.Tone {
	switch t {
	case app.ToneKept:
		return kit.Kept
	case app.ToneAtRisk:
		return kit.AtRisk
	case app.ToneLate:
		return kit.Late
	case app.ToneQuiet:
		return kit.Quiet
	}
	return kit.CannotTell
}
