package register_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/register"
)

// discreet are inputs whose free words name persons in every way.
func discreet() register.Inputs {
	return register.Inputs{Lang: "en", Now: at("2026-11-23T08:20:00Z"), Pseudonymise: true, MarkKey: []byte("k"),
		Controller: register.Controller{Name: "Claire Dupont EI", Email: "shop@example.org"},
		Processors: []register.Processor{{ID: "printing", Name: "Presto", Contact: "privacy@presto.example"}},
		Cases:      []cases.Case{{ID: 1, ReceivedAt: at("2026-11-01T08:20:00Z"), Requester: cases.Person{Name: "Léa Martin", Email: "lea.martin@example.org"}}},
		Consents:   []register.Consent{{ID: "consents-1", Who: "Zoé", Kind: "consent", What: "photo use", At: "2026-11-01T08:20:00Z", How: "Zoé told Mme Martin"}},
		Persons:    []register.Person{{Name: "Jean de La Fontaine", Email: "jean@example.net"}, {Name: "Rose", Email: ""}}}
}

func TestKnownNamesLeaveTheOwnersOwnWords(t *testing.T) {
	for name, c := range map[string]struct{ said, gone, stays string }{
		"a whole name":               {"Album of Léa Martin was shown", "Martin", "was shown"},
		"in capitals":                {"LÉA MARTIN saw it", "MARTIN", "saw it"},
		"family name first":          {"MARTIN Léa", "MARTIN", ""},
		"after a title":              {"Mme. Martin called", "Martin", "called"},
		"a customer, no requester":   {"order of jean de la fontaine.", "fontaine", "order of"},
		"her address":                {"from lea.martin@example.org again", "lea.martin", "from"},
		"an address nobody knows":    {"friend: someone@else.example", "someone@else", "friend"},
		"a name of one word":         {"Rose phoned", "Rose", "phoned"},
		"the word stays a word":      {"a rose in a vase", "\x00", "a rose in a vase"},
		"a family name is no person": {"Martin street", "\x00", "Martin street"},
		"the controller is named":    {"Claire Dupont EI, shop@example.org", "\x00", "shop@example.org"},
		"a processor is named":       {"told privacy@presto.example", "\x00", "privacy@presto.example"},
		"a name in a longer word":    {"Roseraie and Rosette", "\x00", "Roseraie and Rosette"},
	} {
		in := discreet()
		in.Breaches = []register.Breach{{ID: "b-1", AwareAt: "2026-11-02T08:20:00Z", Facts: c.said}}
		raw, err := json.Marshal(build(t, register.Breaches, in))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), c.gone) || !strings.Contains(string(raw), c.stays) {
			t.Errorf("%s: %q: %s", name, c.said, raw)
		}
	}
}

func TestTheSamePersonHasTheSameMarkWhereverSheIsNamed(t *testing.T) {
	in := discreet()
	in.Breaches = []register.Breach{{ID: "b-1", AwareAt: "2026-11-02T08:20:00Z", Facts: "Mme Martin"}}
	who := cell(t, build(t, register.Requests, in), 0, "requester").Text
	raw, _ := json.Marshal(build(t, register.Breaches, in))
	if !strings.HasPrefix(who, "P-") || !strings.Contains(string(raw), who) {
		t.Errorf("%s is not in %s", who, raw)
	}
	if again := cell(t, build(t, register.Requests, in), 0, "requester").Text; again != who {
		t.Errorf("the mark changed from %s to %s", who, again)
	}
	in.MarkKey = []byte("another")
	if other := cell(t, build(t, register.Requests, in), 0, "requester").Text; other == who {
		t.Error("the mark does not depend on the key")
	}
}

func TestTwoThousandPersonsHaveTwoThousandMarks(t *testing.T) {
	in := register.Inputs{Now: at("2026-11-23T08:20:00Z"), Pseudonymise: true, MarkKey: []byte("k")}
	for i := range 2000 {
		in.Cases = append(in.Cases, cases.Case{ID: cases.ID(i + 1), Requester: cases.Person{Email: strings.Repeat("x", i%50) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + "@example.org"}})
	}
	seen := map[string]bool{}
	for _, r := range build(t, register.Requests, in).Sections[1].Table.Rows {
		seen[r[3].Text] = true
	}
	if len(seen) != 2000 {
		t.Errorf("%d marks", len(seen))
	}
}

func TestThePageTellsWhatTheOwnerDecided(t *testing.T) {
	said := func(in register.Inputs, n register.Name) string {
		return strings.Join(build(t, n, in).Sections[0].Words, " ")
	}
	in := discreet()
	if s := said(in, register.Requests); !strings.Contains(s, "replaced by marks") {
		t.Errorf("pseudonymised: %q", s)
	}
	if s := said(in, register.Trackers); strings.Contains(s, "replaced by marks") {
		t.Error("a register that names nobody says that names were replaced")
	}
	in.Pseudonymise, in.Named = false, true
	if s := said(in, register.Requests); !strings.Contains(s, "persons are named") {
		t.Errorf("named: %q", s)
	}
	in.Named = false
	if s := said(in, register.Requests); strings.Contains(s, "decision") {
		t.Errorf("on the screen: %q", s)
	}
}

func TestThePseudonymisedDossierIsTheSameForTheSameData(t *testing.T) {
	if a, b := register.Dossier(discreet(), nil), register.Dossier(discreet(), nil); !reflect.DeepEqual(a, b) {
		t.Error("the same inputs gave two dossiers")
	}
}

func TestColoursAreReadAndDarkenedForPaper(t *testing.T) {
	for s, want := range map[string]string{"#1F5F5B": "#1F5F5B", " #1f5f5b ": "#1F5F5B", "#000000": "#000000"} {
		c, ok := register.ParseColour(s)
		if !ok || c.OnWhite().String() != want {
			t.Errorf("%q: %v %v", s, c, ok)
		}
	}
	for _, s := range []string{"", "1F5F5B", "#12", "#GGGGGG", "#1F5F5B00", "red"} {
		if _, ok := register.ParseColour(s); ok {
			t.Errorf("%q is read", s)
		}
	}
	if c, _ := register.ParseColour("#FFEE00"); c.OnWhite().Contrast() < register.ReadableOnWhite {
		t.Error("yellow stays unreadable")
	}
}

func FuzzDiscretion(f *testing.F) {
	f.Add("Mme Martin\x00 Léa", "Léa Martin")
	f.Add("\xff@\xfe.x a@b.c", "a")
	f.Fuzz(func(t *testing.T, said, name string) {
		in := discreet()
		in.Persons = append(in.Persons, register.Person{Name: name})
		in.Breaches = []register.Breach{{ID: "b", Facts: said}}
		if _, err := register.Build(register.Breaches, in); err != nil {
			t.Fatal(err)
		}
	})
}
