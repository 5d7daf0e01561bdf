package register_test

import (
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/app/register"
)

// section returns a section of a document, failing where there is none.
func section(t *testing.T, d register.Document, key string) register.Section {
	t.Helper()
	for _, s := range d.Sections {
		if s.Key == key {
			return s
		}
	}
	t.Fatalf("%s has no section %q", d.Name, key)
	return register.Section{}
}

// at1 returns what stands in a row of a section under a column.
func at1(t *testing.T, s register.Section, row int, column string) register.Cell {
	t.Helper()
	for i, c := range s.Table.Columns {
		if c.Key == column {
			return s.Table.Rows[row][i]
		}
	}
	t.Fatalf("%s has no column %q", s.Key, column)
	return register.Cell{}
}

// shopRun is a run over a file and the records of a shop.
func shopRun() (erasure.Record, []erasure.Step) {
	shop := func(n int, key string, holds plan.Holds, st erasure.Status) erasure.Step {
		return erasure.Step{N: n, Status: st, Object: plan.Found{Object: plan.Object{Storage: plan.DeskName("atelier"), Key: key, Kind: plan.Field}, Holds: holds, Order: 5, Number: "1042"}}
	}
	return erasure.Record{
			ID: 3, Scope: plan.Scope{Case: 7, Orders: []int64{5}}, State: erasure.Complete, BeforeHash: "before", AfterHash: "after", Looked: 5, Tries: 2, RetryAt: at("2026-11-24T08:00:00Z"),
			Keep: []plan.Kept{{What: "invoice data", Order: "1042", Storage: plan.DeskName("atelier"), Key: "orders/88/billing_last_name", Ground: "accounting", Article: "C. com. L123-22"}},
		}, []erasure.Step{
			{Status: erasure.Gone, Object: plan.Found{Object: plan.Object{Storage: "photos", Key: "a.jpg", SizeBytes: 1000}, Holds: plan.Photo, Order: 5, Number: "1042"}},
			shop(1, "orders/88/billing_phone", plan.Contact, erasure.Gone),
			shop(2, "orders/88/meta-_photo", plan.Reference, erasure.Gone),
			shop(3, "orders/88/billing_email", plan.Invoice, erasure.Gone),
			shop(4, "customers/9/account", plan.Account, erasure.Gone),
		}
}

func TestACertificateShowsWhatWasErasedInTheShopInWords(t *testing.T) {
	rec, steps := shopRun()
	for lang, want := range map[string]struct {
		says, storage string
		places, kinds []string
		fields        map[string]string
	}{
		"en": {"1\u00a0file and 4\u00a0fields of the shop, of 5", "shop atelier",
			[]string{"a.jpg", "billing telephone number (billing_phone)", "a field of the order (meta-_photo)", "billing e-mail address (billing_email)", "customer account"},
			[]string{"photo", "personal data not on the invoice", "photo reference", "invoice data", "customer account"},
			map[string]string{"before": "before", "after": "after", "fields": "4 of 4", "looked": "5\u00a0objects, besides the listing", "tries": "2", "retry_at": "24 November 2026 at 09:00"}},
		"fr": {"1\u00a0fichier et 4\u00a0champs de la boutique, sur 5", "boutique atelier",
			[]string{"a.jpg", "numéro de téléphone de facturation (billing_phone)", "un champ de la commande (meta-_photo)", "adresse e-mail de facturation (billing_email)", "compte client"},
			[]string{"photo", "donnée personnelle hors facture", "référence de photo", "donnée de facturation", "compte client"},
			map[string]string{"fields": "4 sur 4", "looked": "5\u00a0objets, en plus de l’inventaire"}},
	} {
		t.Run(lang, func(t *testing.T) {
			d := register.Certificate(rec, steps, register.Inputs{Lang: lang}, nil)
			summary, objects := section(t, d, "summary"), section(t, d, "objects")
			if !strings.Contains(summary.Words[0], want.says) {
				t.Errorf("%q does not say %q", summary.Words[0], want.says)
			}
			for key, text := range want.fields {
				found := false
				for _, f := range summary.Fields {
					if f.Key == key {
						found = true
						if strings.ReplaceAll(f.Text, "\u00a0", " ") != strings.ReplaceAll(text, "\u00a0", " ") {
							t.Errorf("%s is %q, want %q", key, f.Text, text)
						}
					}
				}
				if !found {
					t.Errorf("%s is not told", key)
				}
			}
			for i := range steps {
				if got := at1(t, objects, i, "key").Text; got != want.places[i] {
					t.Errorf("object %d is %q, want %q", i, got, want.places[i])
				}
				if got := at1(t, objects, i, "kind").Text; got != want.kinds[i] {
					t.Errorf("kind of %d is %q, want %q", i, got, want.kinds[i])
				}
			}
			if got := at1(t, objects, 1, "storage"); got.Text != want.storage || got.Machine() != "shop:atelier" {
				t.Errorf("storage %+v", got)
			}
			if got := at1(t, section(t, d, "kept"), 0, "what").Text; !strings.Contains(got, want.storage) || !strings.Contains(got, "billing_last_name") {
				t.Errorf("kept %q", got)
			}
		})
	}
	t.Run("without numbers of accounts where persons are pseudonymised", func(t *testing.T) {
		d := register.Certificate(rec, steps, register.Inputs{Lang: "en", Pseudonymise: true}, nil)
		c := at1(t, section(t, d, "objects"), 4, "key")
		if c.Text != "customer account" || !strings.HasPrefix(c.Machine(), "sha256:") {
			t.Errorf("%+v", c)
		}
	})
	t.Run("a run without records of a shop does not speak of any", func(t *testing.T) {
		d := register.Certificate(erasure.Record{ID: 1, State: erasure.Complete}, steps[:1], register.Inputs{Lang: "en"}, nil)
		for _, w := range section(t, d, "summary").Words {
			if strings.Contains(w, "field") || strings.Contains(w, "records") {
				t.Errorf("%q", w)
			}
		}
	})
	t.Run("a key that is not as it should be is shown as it is", func(t *testing.T) {
		for _, key := range []string{"", "orders", "orders/88/", "x/y/z"} {
			s := steps[1]
			s.Object.Key = key
			if got := at1(t, section(t, register.Certificate(rec, []erasure.Step{s}, register.Inputs{Lang: "en"}, nil), "objects"), 0, "key"); got.Text != key {
				t.Errorf("%q is shown as %q", key, got.Text)
			}
		}
	})
}

func TestRecipientsAreShownWithTheirAnswers(t *testing.T) {
	rec, steps := shopRun()
	sent := at("2026-11-20T10:00:00Z")
	in := register.Inputs{Lang: "en", Now: at("2026-11-23T08:20:00Z"), Runs: []register.RunRow{{Record: rec, Steps: steps}}, Cases: []cases.Case{{ID: 7}, {ID: 8}},
		Notices: append(register.NoticeRows([]cases.Notice{
			{Run: 3, Case: 7, Name: "Printer", Orders: []string{"1042"}, State: cases.NoticeAnswered, SentAt: sent, Answer: cases.AnswerErased, AnsweredAt: at("2026-11-22T23:30:00Z")},
			{Run: 3, Case: 7, Name: "Bank", State: cases.NoticeToWrite},
			{Run: 3, Case: 7, Name: "Carrier", State: cases.NoticeSpared, Reason: "no longer exists"},
		}), register.NoticeRow{Name: "By hand", State: "sent", SentAt: sent})}
	t.Run("on the certificate, those of the run", func(t *testing.T) {
		s := section(t, register.Certificate(rec, steps, in, nil), "recipients")
		if len(s.Table.Rows) != 3 {
			t.Fatalf("%d recipients", len(s.Table.Rows))
		}
		for row, want := range []map[string]string{
			{"recipient": "Printer", "state": "answered", "sent": "2026-11-20", "answer": "erased", "answered": "2026-11-23", "orders": "1042"},
			{"recipient": "Bank", "state": "to write", "sent": "", "answer": ""},
			{"recipient": "Carrier", "state": "spared", "reason": "no longer exists"},
		} {
			for column, v := range want {
				if got := at1(t, s, row, column).Machine(); got != v {
					t.Errorf("row %d, %s: %q, want %q", row, column, got, v)
				}
			}
		}
	})
	t.Run("in the register of erasures, all", func(t *testing.T) {
		d := build(t, register.Erasures, in)
		if s := section(t, d, "recipients"); len(s.Table.Rows) != 4 || at1(t, s, 3, "run").Text != "" || at1(t, s, 0, "run").Text != "3" {
			t.Errorf("%+v", s.Table.Rows)
		}
		for column, want := range map[string]string{"recipients": "told 1 of 2, answered 1, spared 1", "fields": "4", "looked": "5", "tries": "2", "retry_at": "2026-11-24T08:00:00Z"} {
			if got := cell(t, d, 0, column).Machine(); got != want {
				t.Errorf("%s: %q, want %q", column, got, want)
			}
		}
	})
	t.Run("in the register of requests, summed up", func(t *testing.T) {
		d := build(t, register.Requests, in)
		if c := cell(t, d, 0, "recipients_told"); c.Machine() != "told 1 of 2, answered 1, spared 1" || c.Text != "1 of 2, answers: 1, spared: 1" || c.Tone != register.Warn {
			t.Errorf("%+v", c)
		}
		if c := cell(t, d, 1, "recipients_told"); c.Text != "" {
			t.Errorf("a case without notices: %+v", c)
		}
	})
	t.Run("a certificate of a run that nobody had to be told of has no such section", func(t *testing.T) {
		rec := rec
		rec.ID = 4
		for _, s := range register.Certificate(rec, steps, in, nil).Sections {
			if s.Key == "recipients" {
				t.Error("it has one")
			}
		}
	})
}

func TestWhyAStepIsLeftIsSaidInTheLanguageOfTheDocument(t *testing.T) {
	for reason, want := range map[string]string{
		"kept by the storage under a lock until 2026-12-01": "le stockage garde l’objet sous verrou jusqu’au 1er\u00a0décembre\u00a02026",
		"kept by the storage under a lock, date not known":  "le stockage garde l’objet sous verrou",
		"still there after erasing":                         "toujours présent après l’effacement",
		"came back: a new version appeared":                 "revenu\u202f: une nouvelle version est apparue",
		"could not be verified":                             "n’a pas pu être vérifié",
		"held since the plan was confirmed":                 "mis en conservation après la confirmation du plan",
		erasure.ErrNoWay.Error():                            "la boutique n’offre aucun moyen de l’effacer",
		erasure.ErrElsewhere.Error():                        "le même contenu se trouve à un autre endroit du stockage",
		"something else":                                    "something else",
	} {
		step := erasure.Step{Status: erasure.Retained, Reason: reason}
		d := register.Certificate(erasure.Record{ID: 1, State: erasure.Partial}, []erasure.Step{step}, register.Inputs{Lang: "fr"}, nil)
		if got := at1(t, section(t, d, "objects"), 0, "reason").Text; got != want {
			t.Errorf("%q is said as %q, want %q", reason, got, want)
		}
	}
}
