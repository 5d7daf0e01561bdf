package register_test

import (
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/request"
)

func reasoningOf(t *testing.T, lang string, c cases.Case, today law.Date, discreet bool) (register.Document, string) {
	t.Helper()
	k := c.Clock(law.Paris())
	d, err := k.Deadline(today)
	if err != nil {
		t.Fatal(err)
	}
	doc := register.Reasoning(register.Inputs{Lang: lang, Now: time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC), Pseudonymise: discreet}, c, k, d)
	var b strings.Builder
	for _, s := range doc.Sections {
		b.WriteString(s.Title + "\n" + strings.Join(s.Words, "\n") + "\n")
		for _, f := range s.Fields {
			b.WriteString(f.Label + " = " + f.Text + "\n")
		}
		if s.Table == nil {
			continue
		}
		for _, r := range s.Table.Rows {
			if len(r) != len(s.Table.Columns) {
				t.Fatalf("%s: %d cells under %d columns", s.Key, len(r), len(s.Table.Columns))
			}
			for _, x := range r {
				b.WriteString(x.Text + " | ")
			}
			b.WriteString("\n")
		}
	}
	return doc, b.String()
}

func suspendedCase() cases.Case {
	return cases.Case{ID: 12, State: cases.InProgress, Channel: "mail", Asked: []cases.Asked{{Right: request.Erasure}},
		Requester: cases.Person{Name: "Mathilde Fontaine", Email: "m@exemple.fr"}, FromJunk: true,
		ReceivedAt: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), DiscoveredAt: time.Date(2026, 3, 8, 9, 0, 0, 0, time.UTC),
		Suspensions: []law.Suspension{{From: law.Date{Year: 2026, Month: 3, Day: 9}, To: law.Date{Year: 2026, Month: 3, Day: 19}, Reason: "Une autre adresse que celle de la commande", By: "owner"}}}
}

func TestTheReasoningOfADateIsWholeInBothLanguages(t *testing.T) {
	today := law.Date{Year: 2026, Month: 3, Day: 20}
	for lang, want := range map[string][]string{
		"fr": {"Reçue par le serveur = 5\u00a0mars\u00a02026 à 10\u00a0h", "Découverte = 8\u00a0mars\u00a02026", "Dossier = indésirables", "Jours fériés = France métropolitaine", "Table des règles du = 23\u00a0novembre\u00a02026",
			"Répondre au plus tard = 15\u00a0avril\u00a02026", "Refuser au plus tard, avec les motifs et les voies de recours = 15\u00a0avril\u00a02026", "Notifier une prolongation au plus tard = 15\u00a0avril\u00a02026",
			"Échéance sans aucune suspension = 7\u00a0avril\u00a02026", "Le 5 avril 2026 plus 10 jours de suspension\u202f: le mercredi 15 avril 2026.", "Une autre adresse que celle de la commande | responsable du traitement",
			"1\u00a0mois"},
		"en": {"Received by the server = 5\u00a0March\u00a02026 at 10:00", "Public holidays = metropolitan France", "Answer by = 15\u00a0April\u00a02026", "Due date without any suspension = 7\u00a0April\u00a02026",
			"5 April 2026 plus 10 days of suspension: Wednesday 15 April 2026.", "| controller |", "1\u00a0month"},
	} {
		doc, text := reasoningOf(t, lang, suspendedCase(), today, false)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is missing in\n%s", lang, w, text)
			}
		}
		if doc.Name != register.ReasoningName || doc.Main < 0 || doc.Gaps() != 0 || doc.Lang != lang {
			t.Errorf("%+v", doc)
		}
		if strings.Contains(text, "Fontaine") || strings.Contains(text, "@") {
			t.Errorf("it names a person:\n%s", text)
		}
		for _, s := range doc.Sections {
			if s.Table == nil {
				continue
			}
			for _, r := range s.Table.Rows {
				if last := r[len(r)-1]; s.Key == "steps" && last.Text == "" {
					t.Errorf("a step without a source: %v", r)
				}
			}
		}
	}
}

func TestAReasoningKeepsTheOwnersWordsBackWhenAsked(t *testing.T) {
	_, text := reasoningOf(t, "fr", suspendedCase(), law.Date{Year: 2026, Month: 3, Day: 20}, true)
	if strings.Contains(text, "autre adresse") {
		t.Errorf("the owner's reason is printed:\n%s", text)
	}
}

func TestAReasoningOffersNoExtensionForAMinorsData(t *testing.T) {
	c := suspendedCase()
	c.Minor, c.Suspensions = true, nil
	_, text := reasoningOf(t, "en", c, law.Date{Year: 2026, Month: 3, Day: 20}, false)
	if strings.Contains(text, "Notify an extension by") || !strings.Contains(text, "no extension is offered") {
		t.Errorf("%s", text)
	}
}

func TestAReasoningWithoutACaseTellsOfTheClockAlone(t *testing.T) {
	k := law.Clock{Received: time.Date(2026, 3, 5, 23, 30, 0, 0, time.UTC), Territory: law.AlsaceMoselle}
	d, err := k.Deadline(law.Date{})
	if err != nil {
		t.Fatal(err)
	}
	doc := register.Reasoning(register.Inputs{Lang: "fr", Now: time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)}, cases.Case{}, k, d)
	if doc.Title != "Pourquoi cette date\u202f?" {
		t.Errorf("%q", doc.Title)
	}
	for _, f := range doc.Sections[0].Fields {
		if f.Key == "case" || f.Key == "territory" && f.Text != "Alsace et Moselle" {
			t.Errorf("%+v", f)
		}
	}
}

func TestEveryTerritoryHasWords(t *testing.T) {
	for _, x := range law.Territories() {
		k := law.Clock{Received: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), Territory: x}
		d, _ := k.Deadline(law.Date{})
		doc := register.Reasoning(register.Inputs{Lang: "fr"}, cases.Case{}, k, d)
		for _, f := range doc.Sections[0].Fields {
			if f.Key == "territory" && f.Text == string(x) {
				t.Errorf("%s has no words", x)
			}
		}
	}
}
