package promise_test

import (
	"os"
	"strings"
	"testing"

	"greffier/app/law"
	"greffier/app/promise"
)

func period(t testing.TB, s string) law.Period {
	t.Helper()
	p, err := law.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPolicySaysTheNewPeriodWhereItSaidTheOld(t *testing.T) {
	seed, err := os.ReadFile("../../assets/policy/policy-2026-01-02.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text, rule, was, now string
		want                 string // "" where nothing changes
	}{
		"the shop's own, photographs": {string(seed), "media", "60 days", "30 days",
			strings.Replace(string(seed), "a maximum period of 60 days from", "a maximum period of 30 days from", 1)},
		"the shop's own, invoices": {string(seed), "billing", "10 years", "11 years",
			strings.Replace(string(seed), "Billing data: 10 years", "Billing data: 11 years", 1)},
		"the shop's own, contacts": {string(seed), "commercial", "3 years", "2 years",
			strings.Replace(string(seed), "Commercial data: 3 years", "Commercial data: 2 years", 1)},
		"French, in words and figures": {"Les photos sont supprimées soixante (60) jours après la commande.\nLes factures sont conservées 10 ans.", "media", "60 days", "1 month",
			"Les photos sont supprimées 1 mois après la commande.\nLes factures sont conservées 10 ans."},
		"with no-break spaces":                    {"Vos photos sont effacées au bout de 60\u202fjours.", "media", "60 days", "45 days", "Vos photos sont effacées au bout de 45 jours."},
		"another period of the sentence stays":    {"Photos are deleted after 60 days, and our reply comes within 30 days.", "media", "60 days", "90 days", "Photos are deleted after 90 days, and our reply comes within 30 days."},
		"a policy that says another period stays": {"Photos are deleted after 45 days.", "media", "60 days", "90 days", ""},
		"a rule that it does not name":            {"Invoices are kept for 10 years.", "media", "10 years", "5 years", ""},
		"a sentence about two rules": {"Photos are deleted and invoices are kept for at most 10 years; that is all.\nCustomer data and billing records are kept for 3 years after the last contact, as are invoices.",
			"commercial", "3 years", "2 years", ""},
		"the same sentence twice": {"Photos are deleted after 60 days.\nPhotos are deleted after 60 days.", "media", "60 days", "90 days", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, n := promise.Restate(tc.text, tc.rule, period(t, tc.was), period(t, tc.now))
			want, changed := tc.want, 1
			if want == "" {
				want, changed = tc.text, 0
			}
			if got != want || n != changed {
				t.Errorf("%d changed:\n%s", n, got)
			}
		})
	}
}

func FuzzRestate(f *testing.F) {
	f.Add("Vos photos sont effacées au bout de soixante (60) jours.", "media")
	f.Add("Photos: 60 days\r\n- invoices 60 days; photos kept 60\u00a0days.", "billing")
	f.Fuzz(func(t *testing.T, text, rule string) {
		was, now := law.Period{N: 60, Unit: law.Days}, law.Period{N: 90, Unit: law.Days}
		got, n := promise.Restate(text, rule, was, now)
		if (n == 0) != (got == text) {
			t.Errorf("%d changed: %q from %q", n, got, text)
		}
	})
}
