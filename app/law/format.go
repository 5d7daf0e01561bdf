package law

import (
	"fmt"
	"strings"
	"time"
)

var (
	monthsFR = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	shortFR  = [...]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}
	daysFR   = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
)

// FormatDate writes a date for a reader: long as "mercredi 23 décembre 2026" or
// "Wednesday 23 December 2026", short as "23 déc." or "23 Dec". The lang is
// "fr", anything else gives English. The zero Date and days that do not exist
// give what String gives.
func FormatDate(d Date, lang string, long bool) string {
	switch {
	case !d.Valid():
		return d.String()
	case long && lang == "fr":
		return daysFR[d.Weekday()] + " " + dayFR(d)
	case long:
		return d.Weekday().String() + " " + dayEN(d)
	case lang == "fr":
		return ordinalFR(d.Day) + " " + shortFR[d.Month-1]
	default:
		return fmt.Sprintf("%d %s", d.Day, d.Month.String()[:3])
	}
}

// dayFR writes "1er mars 2026".
func dayFR(d Date) string {
	return fmt.Sprintf("%s %s %d", ordinalFR(d.Day), monthsFR[d.Month-1], d.Year)
}

// dayEN writes "1 March 2026".
func dayEN(d Date) string { return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year) }

// ordinalFR writes the day of a month: French has an ordinal for the first only.
func ordinalFR(day int) string {
	if day == 1 {
		return "1er"
	}
	return fmt.Sprint(day)
}

func longFR(d Date) string { return FormatDate(d, "fr", true) }
func longEN(d Date) string { return FormatDate(d, "en", true) }

// hourFR writes "9 h 20" and "10 h".
func hourFR(t time.Time) string {
	if t.Minute() == 0 {
		return fmt.Sprintf("%d h", t.Hour())
	}
	return fmt.Sprintf("%d h %02d", t.Hour(), t.Minute())
}

// hourEN writes "09:20".
func hourEN(t time.Time) string { return t.Format("15:04") }

// instantFR writes "jeudi 26 novembre 2026 à 9 h 20" in a zone.
func instantFR(t time.Time, zone *time.Location) string {
	return longFR(DateOf(t, zone)) + " à " + hourFR(t.In(zone))
}

// instantEN writes "Thursday 26 November 2026 at 09:20" in a zone.
func instantEN(t time.Time, zone *time.Location) string {
	return longEN(DateOf(t, zone)) + " at " + hourEN(t.In(zone))
}

// zoneWords names a zone in French and in English, as it stands in brackets
// after a date.
func zoneWords(zone *time.Location) (fr, en string) {
	switch name := zone.String(); name {
	case "Europe/Paris":
		return "heure de Paris", "Paris time"
	case "UTC":
		return "temps universel", "UTC"
	case "Local":
		return "heure locale", "local time"
	default:
		return "fuseau " + name, name + " time zone"
	}
}

// narrow is the space that French sets before double punctuation and inside
// quotation marks: narrow, and never a place to break the line.
const narrow = "\u202f"

var typography = strings.NewReplacer(
	" :", narrow+":", " ;", narrow+";", " !", narrow+"!", " ?", narrow+"?",
	"« ", "«"+narrow, " »", narrow+"»",
)

// plural writes a count of things in a language: French keeps the singular for
// 0 and 1, English for 1 only.
func plural(n int, lang, one, many string) string {
	single := n == 1 || (lang == "fr" && n == 0)
	if single {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}

// monthsWords writes a small number of months: "un mois", "one month".
func monthsWords(n int) (fr, en string) {
	wordsFR := [...]string{1: "un", 2: "deux", 3: "trois", 4: "quatre", 5: "cinq", 6: "six"}
	wordsEN := [...]string{1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
	if n < 1 || n >= len(wordsFR) {
		return plural(n, "fr", "mois", "mois"), plural(n, "en", "month", "months")
	}
	if n == 1 {
		return "un mois", "one month"
	}
	return wordsFR[n] + " mois", wordsEN[n] + " months"
}

// upperFirst gives a sentence its capital.
func upperFirst(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}
