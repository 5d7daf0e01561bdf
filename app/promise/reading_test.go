package promise_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"greffier/app/promise"
)

type policyText struct {
	name, text string
	gold       map[string]bool
}

func policyTexts(t testing.TB) []policyText {
	t.Helper()
	raw, err := os.ReadFile("testdata/policies.txt")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^\[([P0-9 ]*)\] (.*)$`)
	var out []policyText
	for l := range strings.Lines(string(raw)) {
		l = strings.TrimSpace(l)
		if name, ok := strings.CutPrefix(l, "=== "); ok {
			out = append(out, policyText{name: name, gold: map[string]bool{}})
			continue
		}
		m := line.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("line %q", l)
		}
		p := &out[len(out)-1]
		for _, id := range strings.Fields(m[1]) {
			p.gold[id] = true
		}
		p.text += m[2] + "\n"
	}
	return out
}

// TestPoliciesAreReadAsAPersonReadsThem measures the reading on policies of
// many hands: of the promises proposed, how many are made; of those made, how
// many are proposed.
func TestPoliciesAreReadAsAPersonReadsThem(t *testing.T) {
	texts := policyTexts(t)
	if len(texts) < 25 {
		t.Fatalf("%d texts", len(texts))
	}
	var right, extra, missed int
	for _, p := range texts {
		got := map[string]bool{}
		for _, c := range promise.Read(p.text) {
			got[c.ID] = true
			if c.Sentence == "" || !strings.Contains(strings.Join(strings.Fields(p.text), " "), strings.TrimSuffix(c.Sentence, "…")) {
				t.Errorf("%s: %s is not said: %q", p.name, c.ID, c.Sentence)
			}
		}
		for id := range got {
			if p.gold[id] {
				right++
			} else {
				extra++
				t.Logf("%s: %s is not promised: %v", p.name, id, sentencesOf(p.text, id))
			}
		}
		for id := range p.gold {
			if !got[id] {
				missed++
				t.Logf("%s: %s was not seen", p.name, id)
			}
		}
	}
	precision, recall := float64(right)/float64(right+extra), float64(right)/float64(right+missed)
	t.Logf("%d policies, %d promises: precision %.3f, recall %.3f", len(texts), right+missed, precision, recall)
	if precision < 0.95 || recall < 0.95 {
		t.Errorf("precision %.3f, recall %.3f", precision, recall)
	}
}

func sentencesOf(text, id string) (out []string) {
	for _, c := range promise.Read(text) {
		if c.ID == id {
			out = append(out, c.Sentence)
		}
	}
	return out
}

// The policy of the seed leaves the time to answer to the law.
func TestTheSeedPolicyMakesItsPromises(t *testing.T) {
	raw, err := os.ReadFile("../../assets/policy/policy-2026-01-02.txt")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	periods := map[string]string{}
	for _, c := range promise.Read(string(raw)) {
		got[c.ID] = true
		if c.Period != "" && periods[c.Rule] == "" {
			periods[c.Rule] = c.Period
		}
	}
	for i := range 17 {
		if id := fmt.Sprintf("P%d", i+1); got[id] == (id == "P14") {
			t.Errorf("%s: seen %v", id, got[id])
		}
	}
	if periods["media"] != "60 days" || periods["billing"] != "10 years" || periods["commercial"] != "3 years" {
		t.Errorf("%v", periods)
	}
}

func TestPeriodsAreReadFromTheirSentence(t *testing.T) {
	for text, want := range map[string]string{
		"Les photos sont supprimées trois (3) mois après la livraison.":                                   "media 3 months",
		"We delete all pictures after 2 weeks.":                                                           "media 14 days",
		"Factures conservées dix ans.":                                                                    "billing 10 years",
		"Prospects: deleted 3 years after the last contact.":                                              "commercial 3 years",
		"Photos are kept for forty-five days.":                                                            "media 45 days",
		"Durées de conservation\nFactures : 10 ans.\nPhotos : 60 jours.":                                  "media 60 days,billing 10 years",
		"Invoices are kept for 10 years while uploaded portraits are deleted 30 days after the last mail": "billing 10 years",
		"Photos are kept for zero days.":                                                                  "",
	} {
		var got []string
		for _, c := range promise.Read(text) {
			if c.Rule != "" {
				got = append(got, c.Rule+" "+c.Period)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, p := range policyTexts(f) {
		f.Add(p.text)
	}
	f.Add("\xff\x00 : - photos : 99999999999999999999 jours supprimées :\n-\n:")
	f.Fuzz(func(t *testing.T, text string) {
		cs := promise.Read(text)
		count := map[string]int{}
		for _, c := range cs {
			count[c.ID]++
			if c.Sentence == "" || !utf8.ValidString(c.Sentence) && utf8.ValidString(text) || strings.ContainsAny(c.Sentence, "\n\r\x1b") || count[c.ID] > 4 {
				t.Fatalf("%+v", c)
			}
		}
		if !slices.IsSortedFunc(cs, func(a, b promise.Claim) int { return len(a.ID) - len(b.ID) }) {
			t.Fatal("not in order")
		}
	})
}
