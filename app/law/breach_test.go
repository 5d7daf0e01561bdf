package law_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"greffier/app/law"
)

func TestBreach(t *testing.T) {
	const layout = "2006-01-02 15:04"
	for _, tc := range []struct{ name, aware, strict, r1182 string }{
		{"in the course of an hour", "2026-11-23 09:20", "2026-11-26 09:20", "2026-11-26 10:00"},
		{"on the hour", "2026-11-23 10:00", "2026-11-26 10:00", "2026-11-26 11:00"},
		{"over a weekend", "2026-11-20 17:45", "2026-11-23 17:45", "2026-11-23 18:00"},
		{"over Christmas to a Sunday, which does not roll", "2026-12-24 18:30", "2026-12-27 18:30", "2026-12-27 19:00"},
		{"over the spring change", "2026-03-27 10:00", "2026-03-30 11:00", "2026-03-30 12:00"},
		{"over the autumn change", "2026-10-23 10:30", "2026-10-26 09:30", "2026-10-26 10:00"},
		{"the published example", "2020-12-22 12:17", "2020-12-25 12:17", "2020-12-25 13:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			aware, err := time.ParseInLocation(layout, tc.aware, law.Paris())
			if err != nil {
				t.Fatal(err)
			}
			b := law.Breach(aware.UTC(), law.Paris())
			if got := b.Strict.In(law.Paris()).Format(layout); got != tc.strict {
				t.Errorf("strict %s, want %s", got, tc.strict)
			}
			if got := b.R1182.In(law.Paris()).Format(layout); got != tc.r1182 {
				t.Errorf("by the regulation %s, want %s", got, tc.r1182)
			}
			changes := strings.Contains(tc.name, "change")
			told := false
			for _, s := range b.Steps {
				told = told || strings.Contains(s.EN, "clocks change")
			}
			if told != changes {
				t.Errorf("the change of clocks is told: %v", told)
			}
		})
	}
}

func TestABreachIsToldHourByHour(t *testing.T) {
	b := law.Breach(time.Date(2026, 11, 23, 8, 20, 0, 0, time.UTC), nil)
	want := []string{
		"Prise de connaissance_: lundi 23 novembre 2026 à 9 h 20 (heure de Paris).",
		"72 heures plus tard, samedis, dimanches et jours fériés compris_: jeudi 26 novembre 2026 à 9 h 20.",
		"Un délai en heures n'est pas reporté au jour ouvrable suivant_; la règle des deux jours ouvrables est discutée et n'est pas appliquée.",
		"Pour information, l'heure de la prise de connaissance ne comptant pas_: jeudi 26 novembre 2026 à 10 h.",
		"À tenir_: jeudi 26 novembre 2026 à 9 h 20 (heure de Paris). Au-delà, la notification explique le retard.",
	}
	if len(b.Steps) != len(want) {
		t.Fatalf("%d steps: %v", len(b.Steps), b.Steps)
	}
	for i, s := range b.Steps {
		if got := strings.ReplaceAll(s.FR, "\u202f", "_"); got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
}

func TestABreachIsAlwaysSeventyTwoElapsedHours(t *testing.T) {
	known := map[string]bool{}
	for _, a := range law.Articles() {
		known[a.Key] = true
	}
	kathmandu, err := time.LoadLocation("Asia/Kathmandu") // an offset of 45 minutes
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 2))
	for range 5_000 {
		aware := time.Unix(1_530_000_000+r.Int64N(1_000_000_000), r.Int64N(1e9))
		for _, zone := range []*time.Location{nil, time.UTC, kathmandu} {
			b := law.Breach(aware, zone)
			if b.Strict.Sub(aware) != 72*time.Hour || b.Strict.Location() != time.UTC {
				t.Fatalf("%s: strict %s", aware, b.Strict)
			}
			if more := b.R1182.Sub(b.Strict); more <= 0 || more > time.Hour {
				t.Fatalf("%s: the regulation gives %s more", aware, more)
			}
			if zone != nil {
				if local := b.R1182.In(zone); local.Minute() != 0 || local.Second() != 0 || local.Nanosecond() != 0 {
					t.Fatalf("%s: %s is not a full hour", aware, local)
				}
			}
			for _, s := range b.Steps {
				checkSentence(t, s, known)
			}
		}
	}
	if b := law.Breach(time.Time{}, nil); !b.Strict.IsZero() || !b.R1182.IsZero() || b.Steps != nil {
		t.Errorf("no awareness: %+v", b)
	}
	if b := law.Breach(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), nil); !b.Strict.IsZero() {
		t.Errorf("the year 12000: %+v", b)
	}
}
