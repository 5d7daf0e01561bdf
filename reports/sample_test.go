package reports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/assets"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) law.Date {
	d, err := law.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// sample is a small shop in November 2026, with one of everything.
func sample(t testing.TB, lang string) register.Inputs {
	t.Helper()
	defaults, err := register.ParseDefaults(assets.DefaultPolicyTOML, assets.SeedPolicyText)
	if err != nil {
		t.Fatal(err)
	}
	for i := range defaults.Activities {
		defaults.Activities[i].CreatedOn = date("2026-01-02")
	}
	defaults.Activities[1].UpdatedOn = date("2026-03-01")
	procs := defaults.Processors
	procs[0].Name, procs[0].Role, procs[0].Country = "Paiements du Nord SAS", "independent controller", "FR"
	procs[0].Security, procs[0].Contact = "PCI DSS", "dpo@paiements.example"
	procs[1].Name, procs[1].Role, procs[1].Country = "Imprimerie Leœuvre & Fils", "processor", "BE"
	procs[1].ContractOn, procs[1].ContractUntil, procs[1].ContractRef = date("2025-03-01"), date("2026-03-01"), "CST-2025-17"
	procs[1].Security, procs[1].Contact = "ISO 27001", "rgpd@imprimerie.example"
	procs[3].Name, procs[3].Role, procs[3].Country = "PortraitML Inc.", "processor", "US"
	return register.Inputs{
		Controller: register.Controller{
			Name: "KIONKE Kathryn EI", Address: "7 avenue Foch, 59800 Lille, France",
			Email: "contact@cleverfaces.com", Site: "https://www.cleverfaces.com", Language: "fr", TimeZone: "Europe/Paris",
		},
		Zone: law.Paris(), Now: at("2026-11-23T08:20:00Z"), Lang: lang,
		JournalHead: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Activities:  defaults.Activities, Processors: procs, Rules: defaults.Rules, Trackers: defaults.Trackers, Policies: defaults.Policies,
		Breaches: []register.Breach{
			{
				ID: "V1", AwareAt: "2026-03-27T09:00:00Z", HappenedAt: "2026-03-26T20:00:00Z", Nature: "confidentiality",
				Facts:   "Un fichier d'impression a été envoyé à un autre client que celui qui l'avait commandé ; il contenait deux portraits d'enfants. Le client l'a signalé le lendemain et a confirmé par écrit l'avoir supprimé.",
				Persons: "3", Records: "2", Effects: "Perte de contrôle sur l'image de deux mineurs.", Measures: "Fichier supprimé par le destinataire, contrôle du numéro de commande avant envoi.",
				Risk: "risk", NotifiedAt: "2026-03-28T10:00:00Z", PersonsTold: "2026-03-28T12:00:00Z",
			},
			{ID: "V2", AwareAt: "2026-11-22T10:00:00Z", Nature: "availability"},
		},
		Consents: []register.Consent{
			{ID: "C1", Who: "amelie.duchene@example.fr", Kind: "consent", What: "photo use", At: "2026-05-04T07:00:00Z", How: "Formulaire signé"},
			{ID: "C2", Who: "zoe@example.fr", Kind: "objection", What: "marketing", At: "2026-06-01T07:00:00Z", How: "Courriel", Case: 2},
		},
		Cases: []cases.Case{
			{
				ID: 1, State: cases.Closed, Channel: "mail", Language: "fr",
				Asked:     []cases.Asked{{Right: request.Erasure, Outcome: cases.Granted}},
				Requester: cases.Person{Name: "Amélie Duchêne-Lefèvre", Email: "amelie.duchene@example.fr"},
				Link:      cases.Parent, Minor: true, Identity: cases.Identity{Level: cases.Probable},
				ReceivedAt: at("2026-03-05T23:30:00Z"), DiscoveredAt: at("2026-03-06T08:00:00Z"),
				AnsweredAt: at("2026-03-20T09:00:00Z"), ClosedAt: at("2026-03-20T09:05:00Z"), Runs: []int64{1},
			},
			{
				ID: 2, State: cases.Refused, Channel: "mail", Language: "fr",
				Asked: []cases.Asked{
					{Right: request.Objection, Outcome: cases.Denied, Ground: "GDPR Art. 17(3)(b)"},
				},
				Requester: cases.Person{Name: "Zoé Œuvrard", Email: "zoe@example.fr"}, Link: cases.Self,
				Identity:   cases.Identity{Level: cases.Confirmed, Reason: "Code envoyé à l'adresse de la commande"},
				ReceivedAt: at("2026-08-31T10:00:00Z"), DiscoveredAt: at("2026-09-02T08:00:00Z"), FromJunk: true,
				AnsweredAt: at("2026-10-02T09:00:00Z"),
			},
			{
				ID: 3, State: cases.Identifying, Channel: "mail", Language: "en",
				Asked:     []cases.Asked{{Right: request.Access}, {Right: request.Portability}},
				Requester: cases.Person{Name: "Нина Петрова", Email: "nina@example.org"}, Identity: cases.Identity{Level: cases.Doubtful},
				ReceivedAt: at("2026-11-10T10:00:00Z"), DiscoveredAt: at("2026-11-10T11:00:00Z"),
				Suspensions: []law.Suspension{{From: date("2026-11-11"), Reason: "identité", By: "owner"}},
			},
			{
				ID: 4, State: cases.InProgress, Channel: "mail", Language: "fr",
				Asked:     []cases.Asked{{Right: request.Erasure}},
				Requester: cases.Person{Email: "paul@example.fr"}, Link: cases.Self,
				ReceivedAt: at("2026-10-01T10:00:00Z"), DiscoveredAt: at("2026-10-01T11:00:00Z"),
				ExtendedAt: at("2026-11-03T09:00:00Z"), ExtendReason: "Nombre de demandes",
			},
		},
		Runs:    runs(),
		Numbers: map[int64]string{12: "1042", 13: "1043", 14: "1051"},
		Notices: []register.NoticeRow{
			{Run: 1, Case: 1, Name: "Imprimerie Leœuvre & Fils", Orders: []string{"1042"}, State: "answered", SentAt: at("2026-03-20T10:00:00Z"), Reminders: 1, Answer: "erased", AnsweredAt: at("2026-03-26T14:00:00Z")},
			{Run: 1, Case: 1, Name: "PortraitML Inc.", Orders: []string{"1042"}, State: "sent", SentAt: at("2026-03-20T10:05:00Z"), Reminders: 3},
			{Run: 1, Case: 1, Name: "Transports Martinet", Orders: []string{"1042"}, State: "spared", Reason: "La société n'existe plus"},
			{Run: 3, Case: 4, Name: "Imprimerie Leœuvre & Fils", Orders: []string{"1051"}, State: "to write"},
		},
		Retention: []register.DueRow{
			{Rule: "media", Number: "1042", Since: date("2026-09-20"), Due: date("2026-11-19"), Objects: 3},
			{Rule: "media", Number: "1043", Since: date("2026-09-21"), Due: date("2026-11-20"), Objects: 2, Held: "Réclamation en cours"},
			{Rule: "media", Number: "1051", Since: date("2026-11-01"), Due: date("2026-12-31"), Objects: 4},
		},
	}
}

func step(n int, number, key string, status erasure.Status, reason string) erasure.Step {
	return erasure.Step{
		N: n, Status: status, Reason: reason, At: at("2026-03-20T08:31:00Z"),
		Object: plan.Found{
			Object: plan.Object{Storage: "photos", Key: key, Version: fmt.Sprintf("v%08d", n), SizeBytes: int64(1_204_311 + n)},
			Holds:  plan.Photo, Order: 12, Number: number,
		},
	}
}

func runs() []register.RunRow {
	first := erasure.Record{
		ID: 1, Scope: plan.Scope{Case: 1, Orders: []int64{12}}, PlanHash: strings.Repeat("ab12", 16), By: "owner", State: erasure.Complete,
		StartedAt: at("2026-03-20T08:30:00Z"), EndedAt: at("2026-03-20T08:31:30Z"),
		BeforeHash: strings.Repeat("0c", 32), AfterHash: strings.Repeat("1d", 32), Erased: 3, ErasedBytes: 3_612_939,
		Keep: []plan.Kept{{What: "Facture F-2026-118", Order: "1042", Until: date("2036-12-31"), Ground: "Documents comptables", Article: "C. com. L123-22"}},
	}
	second := erasure.Record{
		ID: 2, Scope: plan.Scope{Rule: "media", Orders: []int64{13}}, PlanHash: strings.Repeat("cd34", 16), By: "rule media", State: erasure.Partial,
		StartedAt: at("2026-11-21T08:30:00Z"), EndedAt: at("2026-11-21T08:31:30Z"),
		BeforeHash: strings.Repeat("2e", 32), AfterHash: strings.Repeat("3f", 32), Erased: 1, Left: 1, ErasedBytes: 1_204_311,
		CheckAgain: date("2026-12-01"),
	}
	third := erasure.Record{
		ID: 3, Scope: plan.Scope{Case: 4, Orders: []int64{14}, Person: true}, PlanHash: strings.Repeat("ef56", 16), By: "owner", State: erasure.Partial,
		StartedAt: at("2026-11-22T08:30:00Z"), EndedAt: at("2026-11-22T08:32:00Z"),
		BeforeHash: strings.Repeat("4a", 32), AfterHash: strings.Repeat("5b", 32), Erased: 4, Left: 1, ErasedBytes: 2_408_622,
		Looked: 4, Tries: 2, RetryAt: at("2026-11-23T08:30:00Z"), CheckAgain: date("2026-11-23"),
		Keep: []plan.Kept{
			{What: "données de facturation", Order: "1051", Storage: plan.DeskName("atelier"), Key: "orders/88/billing_address_1", Until: date("2036-12-31"), Ground: "Documents comptables", Article: "C. com. L123-22"},
			{What: "données de facturation", Order: "1051", Storage: plan.DeskName("atelier"), Key: "orders/88/billing_last_name", Until: date("2036-12-31"), Ground: "Documents comptables", Article: "C. com. L123-22"},
		},
	}
	return []register.RunRow{
		{Record: first, Certificate: "A-2026-001", Steps: []erasure.Step{
			step(0, "1042", "uploads/1042/grand-père & Léa.jpg", erasure.Gone, ""),
			step(1, "1042", "uploads/1042/IMG_20260102_114502_portrait_original_haute_definition.jpg", erasure.Gone, ""),
			step(2, "1042", "portraits/1042/page-01.png", erasure.Gone, ""),
		}},
		{Record: second, Steps: []erasure.Step{
			step(0, "1043", "uploads/1043/a.jpg", erasure.Gone, ""),
			step(1, "1043", "uploads/1043/b.jpg", erasure.Retained, (&erasure.LockedError{Until: at("2026-12-01T00:00:00Z")}).Error()),
		}},
		{Record: third, Certificate: "A-2026-002", Steps: []erasure.Step{
			step(0, "1051", "uploads/1051/a.jpg", erasure.Gone, ""),
			inShop(1, "media/512/file", plan.Photo, erasure.Gone, ""),
			inShop(2, "orders/88/meta-_photo_upload", plan.Reference, erasure.Gone, ""),
			inShop(3, "orders/88/billing_phone", plan.Contact, erasure.Gone, ""),
			inShop(4, "customers/9/account", plan.Account, erasure.Failed, "still there after erasing"),
		}},
	}
}

// inShop is a step about the records of a shop.
func inShop(n int, key string, holds plan.Holds, status erasure.Status, reason string) erasure.Step {
	s := step(n, "1051", key, status, reason)
	s.Object.Storage, s.Object.Version, s.Object.Holds = plan.DeskName("atelier"), "", holds
	if holds != plan.Photo {
		s.Object.Kind, s.Object.SizeBytes = plan.Field, 0
	}
	return s
}

func promises(lang string) []register.PromiseRow {
	if lang == "en" {
		return []register.PromiseRow{
			{ID: "P6", Article: "6", Sentence: "Every processor acts under a signed contract.", State: "broken", Evidence: []string{"Imprimerie Leœuvre & Fils: contract expired on 1 March 2026"}},
			{ID: "P8", Article: "7", Sentence: "Photographs and portraits are erased within 60 days.", State: "at risk", By: date("2026-12-31"), Evidence: []string{"1 order counting"}},
			{ID: "P9", Article: "7", Sentence: "Billing data are kept for 10 years.", State: "cannot tell", Evidence: []string{"No invoice was read yet"}},
			{ID: "P1", Article: "1", Sentence: "The controller is named.", State: "kept", Evidence: []string{"Profile"}},
		}
	}
	return []register.PromiseRow{
		{ID: "P6", Article: "6", Sentence: "Chaque sous-traitant agit sous un contrat signé.", State: "broken", Evidence: []string{"Imprimerie Leœuvre & Fils : contrat expiré le 1er mars 2026"}},
		{ID: "P8", Article: "7", Sentence: "Les photographies et portraits sont effacés dans les 60 jours.", State: "at risk", By: date("2026-12-31"), Evidence: []string{"1 commande en cours de délai"}},
		{ID: "P9", Article: "7", Sentence: "Les données de facturation sont gardées 10 ans.", State: "cannot tell", Evidence: []string{"Aucune facture n'a encore été lue"}},
		{ID: "P1", Article: "1", Sentence: "Le responsable du traitement est nommé.", State: "kept", Evidence: []string{"Profil"}},
	}
}

// documents are every register, a certificate of either kind and the dossier.
func documents(t testing.TB, lang string) map[string][]register.Document {
	t.Helper()
	in := sample(t, lang)
	out := map[string][]register.Document{"dossier": register.Dossier(in, promises(lang))}
	for _, n := range register.Names {
		d, err := register.Build(n, in)
		if err != nil {
			t.Fatal(err)
		}
		out[string(n)] = []register.Document{d}
	}
	for i, r := range in.Runs {
		out[fmt.Sprintf("certificate-%d", i+1)] = []register.Document{register.Certificate(r.Record, r.Steps, in, in.Numbers)}
	}
	return out
}
