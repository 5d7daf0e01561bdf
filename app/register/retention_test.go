package register_test

import (
	"strings"
	"testing"

	"greffier/app/law"
	"greffier/app/register"
)

func TestTheRetentionRegisterSaysWhyInTheLanguageOfThePaper(t *testing.T) {
	day := law.Date{Year: 2025, Month: 2, Day: 19}
	rows := []register.DueRow{
		{Rule: "contract", Number: "1001", Due: day},
		{Rule: "billing", Number: "1002", Due: day},
		{Rule: "media", Due: day, Held: "no order claims them"},
		{Rule: "media", Number: "1026", Due: day, Held: "case 3: access"},
		{Rule: "media", Number: "1027", Due: day, Held: "Plainte de Mme Roux"},
	}
	for _, c := range []struct {
		lang        string
		named       bool
		state, held []string
	}{
		{"fr", true, []string{"à archiver", "à effacer", "conservé"}, []string{"", "", "aucune commande connue", "demande n° 3 (accès", "Plainte de Mme Roux"}},
		{"en", true, []string{"to archive", "due", "held"}, []string{"", "", "no known order", "request No 3 (access", "Plainte de Mme Roux"}},
		{"fr", false, []string{"à archiver", "à effacer", "conservé"}, []string{"", "", "aucune commande connue", "demande n° 3 (accès", "au dossier, non imprimé"}},
	} {
		d, err := register.Build(register.Retention, register.Inputs{Lang: c.lang, Now: at("2026-11-23T08:20:00Z"), Pseudonymise: !c.named, MarkKey: []byte("k"), Retention: rows,
			Rules: []register.Rule{{ID: "contract", Then: "restrict"}, {ID: "billing", Then: "delete"}, {ID: "media", Then: "delete"}}})
		if err != nil {
			t.Fatal(err)
		}
		s := section(t, d, "due")
		for i, want := range c.state {
			if got := at1(t, s, i, "state").Text; got != want {
				t.Errorf("%s: row %d is %q, want %q", c.lang, i, got, want)
			}
		}
		for i, want := range c.held {
			got := strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(at1(t, s, i, "held").Text)
			if want != "" && !strings.HasPrefix(got, want) || want == "" && strings.Contains(got, " ") {
				t.Errorf("%s: row %d waits because %q, want %q", c.lang, i, got, want)
			}
		}
	}
}
