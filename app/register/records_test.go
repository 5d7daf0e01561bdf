package register_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"greffier/app/law"
	"greffier/app/register"
)

func raw(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAChangeNamesEachFieldWithWhatItWasAndWhatItIs(t *testing.T) {
	old := register.Processor{ID: "ai", Family: "ai", Clauses: []register.Clause{{ID: "a"}, {ID: "g", Met: "no"}}}
	now := register.Processor{ID: "ai", Family: "ai", Name: "Portraits SAS", Minors: true, ContractOn: date("2026-03-01"), AccessCountries: []string{"IN", "US"},
		Clauses: []register.Clause{{ID: "g", Met: "yes", Ref: "§ 9"}}, AI: register.AI{Trains: "no"}}
	got, err := register.Diff(raw(t, old), raw(t, now))
	if err != nil {
		t.Fatal(err)
	}
	want := []register.FieldChange{
		{"access_countries", "", "IN, US"}, {"ai.trains", "", "no"}, {"clauses.g.met", "no", "yes"}, {"clauses.g.ref", "", "§ 9"},
		{"contract_on", "", "2026-03-01"}, {"minors", "", "yes"}, {"name", "", "Portraits SAS"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	if same, err := register.Diff(raw(t, now), raw(t, now)); err != nil || len(same) != 0 {
		t.Errorf("a record that stays the same has changes: %v %v", same, err)
	}
}

func TestEveryFieldOfARecordHasAName(t *testing.T) {
	d := defaults(t)
	act := d.Activities[0]
	for name, v := range map[register.Name]any{
		register.Processors: register.Processor{Roles: map[string]string{"T1": "processor"}, Persons: register.Text{FR: "a"}, Minors: true, AccessCountries: []string{"IN"}, SubCheckedOn: date("2026-01-02"),
			ContractVersion: "1", ContractFile: "a", ContractSHA256: "a", TransferScope: "a", TransferChecked: date("2026-01-02"), SCCModule: "2", TIAOn: date("2026-01-02"), TransferFile: "a", TransferSHA256: "a", Evidence: "a",
			DeletionMeans: "a", DeletionDelay: "a", ReviewOn: date("2026-01-02"), ExitOn: date("2026-01-02"), ExitProof: "a", Clauses: []register.Clause{{ID: "warn", Met: "yes", Reservation: "a"}}, AI: register.AI{Marked: "yes"}},
		register.Processing: act,
		register.Breaches: register.Breach{AwareAt: "a", When: "exact", EndedAt: "a", FoundBy: "press", FoundHow: "a", Party: "a", Incident: "post", Cause: "unknown", Systems: "a", PersonKinds: []string{"minors"}, DataKinds: []string{"photos"},
			Impacts: []string{"fraud"}, Gravity: "minor", Guide: map[string]string{"many": "yes"}, RiskWhy: "a", Prevention: "a", LateWhy: "a", FollowUpAt: "a", Reference: "a", PersonsState: "told", Authorities: "a", CrossBorder: "no", ClosedOn: date("2026-01-02"), AlsoNature: []string{"integrity"}},
		register.Trackers:  register.Tracker{Category: "audience", Why: register.Text{FR: "a"}, DataPeriod: "a", Recipient: "a", Country: "FR", Transfer: "scc", ScannedOn: date("2026-01-02"), Banner: "a"},
		register.Consents:  register.Consent{Who: "a", Wording: "a", Proof: "a", EndHow: "a", Case: 3},
		register.Policy:    register.PolicyVersion{Text: "a", Told: "a", Where: "a"},
		register.DPIA:      register.ProposeScreening(act),
		register.Findings:  register.Ruling{State: "accepted", Reason: "a", On: date("2026-01-02"), Wording: register.Text{FR: "a"}},
		register.Retention: register.Rule{Covers: register.Text{FR: "a"}, Starts: "completion", Period: "60 days", Then: "delete", Ground: register.Text{FR: "a"}, Article: "a", Automatic: true},
	} {
		fs, err := register.Diff(nil, raw(t, v))
		if err != nil || len(fs) < 3 {
			t.Fatalf("%s: %v %v", name, fs, err)
		}
		for _, f := range fs {
			fr, en := register.FieldLabel(name, f.Field, "fr"), register.FieldLabel(name, f.Field, "en")
			if strings.Contains(fr, "_") || fr == "" || fr == strings.ReplaceAll(strings.Split(f.Field, ".")[0], "_", " ") {
				t.Errorf("%s: %s is called %q and %q", name, f.Field, fr, en)
			}
		}
	}
	for field, v := range map[string]string{"role": "joint controller", "contract_on": "2026-03-01", "ai.trains": "no", "roles.T2": "processor"} {
		if got := register.FieldValue(register.Processors, field, v, "fr", law.Paris()); got == v {
			t.Errorf("%s %q is left as it is", field, v)
		}
	}
}

func TestThePrintedHistoryIsBoundedAndDiscreet(t *testing.T) {
	in := register.Inputs{Lang: "fr", Now: at("2026-11-23T08:20:00Z"), Pseudonymise: true}
	for i := range 70 {
		in.Changes = append(in.Changes, register.Change{Register: register.Consents, Record: "consents-1", At: in.Now, By: "owner", Fields: []register.FieldChange{
			{Field: "who", Old: "", New: "lea.martin@example.fr"}, {Field: "how", Old: "a", New: fmt.Sprintf("Léa Martin a rappelé %d", i)}}})
	}
	d := build(t, register.Consents, in)
	s := d.Sections[len(d.Sections)-1]
	if s.Key != "history" || len(s.Table.Rows) != 60 || len(s.Words) != 1 || !strings.Contains(s.Words[0], "140") {
		t.Fatalf("%s has %d rows and says %v", s.Key, len(s.Table.Rows), s.Words)
	}
	if j := string(raw(t, d)); strings.Contains(j, "artin") {
		t.Error("the history names a person")
	}
	if d := build(t, register.Trackers, in); d.Sections[len(d.Sections)-1].Key == "history" {
		t.Error("a register has the history of another one")
	}
}

func TestTheContractChecklistIsOneGapUntilItIsDone(t *testing.T) {
	x := register.Processor{ID: "p", Family: "printing", Name: "Presto", Role: "processor"}
	met := func() register.Cell {
		return cell(t, build(t, register.Processors, register.Inputs{Lang: "en", Processors: []register.Processor{x}}), 0, "clauses_met")
	}
	if c := met(); c.Value != register.GapValue || !strings.Contains(c.Text, "0 points of 10") {
		t.Errorf("nothing checked: %+v", c)
	}
	for _, id := range register.ClauseIDs {
		x.Clauses = append(x.Clauses, register.Clause{ID: id, Met: "yes", Ref: "7"})
	}
	if c := met(); c.Tone != register.Good {
		t.Errorf("all met: %+v", c)
	}
	x.Clauses[4].Met = "no"
	if c := met(); c.Tone != register.Bad {
		t.Errorf("one not met: %+v", c)
	}
	x.Role = "independent controller"
	if c := met(); c.Text != "" {
		t.Errorf("a bank needs no Art. 28 contract: %+v", c)
	}
}

func TestALookFromAThirdCountryIsATransfer(t *testing.T) {
	in := register.Inputs{Lang: "en", Now: at("2026-11-23T08:20:00Z"), Processors: []register.Processor{{ID: "p", Name: "x", Role: "processor", Country: "FR", AccessCountries: []string{"IN"}, Transfer: "none needed"}}}
	if c := cell(t, build(t, register.Processors, in), 0, "access_countries"); c.Tone != register.Warn || c.Value != "IN" {
		t.Errorf("%+v", c)
	}
	in.Processors[0].Transfer = "scc"
	d := build(t, register.Processors, in)
	if cell(t, d, 0, "access_countries").Tone != register.Plain || cell(t, d, 0, "scc_module").Value != register.GapValue || cell(t, d, 0, "tia_on").Value != register.GapValue {
		t.Error("clauses without a module or an assessment are no gap")
	}
}

func TestTheRiskGuideNeverCallsIgnoranceNoRisk(t *testing.T) {
	all := func(v string) map[string]string {
		m := map[string]string{}
		for _, id := range register.GuideIDs {
			m[id] = v
		}
		return m
	}
	with := func(base map[string]string, kv ...string) map[string]string {
		for i := 0; i < len(kv); i += 2 {
			base[kv[i]] = kv[i+1]
		}
		return base
	}
	for _, tc := range []struct {
		name    string
		answers map[string]string
		want    string
	}{
		{"nothing answered", nil, "risk"},
		{"all unclear", all("unclear"), "risk"},
		{"encrypted, nothing lost", with(all("no"), "unintelligible", "yes"), "none"},
		{"encrypted, but nobody knows whether it is lost", with(all("no"), "unintelligible", "yes", "lost", ""), "risk"},
		{"sent to a known person who deleted it", with(all("no"), "contained", "yes"), "none"},
		{"the same, and strangers may have seen it", with(all("no"), "contained", "yes", "strangers", "unclear"), "risk"},
		{"children's photographs seen by strangers", with(all("no"), "children", "yes", "strangers", "yes"), "high"},
		{"children's photographs, strangers unclear", with(all("no"), "children", "yes", "strangers", ""), "high"},
		{"children's photographs shown to one other customer", with(all("no"), "children", "yes"), "risk"},
		{"passwords", with(all("no"), "abuse", "yes"), "high"},
		{"ordinary orders shown to one other customer", all("no"), "risk"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := register.SuggestRisk(tc.answers)
			if s.Level != tc.want || len(s.Reasons) == 0 || s.Reasons[0].FR == "" || s.Reasons[0].EN == "" {
				t.Errorf("got %+v", s)
			}
		})
	}
}

func TestTheCopyForTheCNILNamesWhatIsMissing(t *testing.T) {
	in := inputs(t, "en")
	b := register.Breach{ID: "breaches-1", AwareAt: "2026-11-18T08:00:00Z", Nature: "confidentiality", AlsoNature: []string{"availability"}, Facts: "Un lien public montrait 12 photos.", Incident: "published", PersonKinds: []string{"customers", "minors"}, PersonsState: "planned"}
	text, missing := register.NotificationText(register.Notification(b, in))
	for _, want := range []string{"48. Prise de connaissance par le responsable du traitement\u202f: 18\u00a0novembre\u00a02026 à 9\u00a0h", "49. Motifs du retard au-delà de 72 heures\u202f: [À COMPLÉTER]", "KIONKE Kathryn EI",
		"mineurs", "perte de la confidentialité, perte de la disponibilité", "publication non voulue", "incomplète", "– 92 Mesures prises"} {
		if !strings.Contains(text, want) {
			t.Errorf("the copy does not say %q:\n%s", want, text)
		}
	}
	if missing < 5 || strings.Contains(text, "customers") {
		t.Errorf("%d missing, in:\n%s", missing, text)
	}
	b.NotifiedAt = "2026-11-19T08:00:00Z"
	if text, _ := register.NotificationText(register.Notification(b, in)); strings.Contains(text, "49. ") {
		t.Error("a notification in time asks for reasons of a delay")
	}
}

func TestAScreeningOfAIPortraitsOfMinorsIsDueAndToBeConfirmed(t *testing.T) {
	in := inputs(t, "fr")
	got := register.Screenings(nil, in.Activities, in.Processors)
	if len(got) != 1 || got[0].Activity != "T2" || got[0].Result() != "due" || !got[0].DoneOn.IsZero() {
		t.Fatalf("%+v", got)
	}
	yes, no, unclear := got[0].Tally()
	if yes != 2 || no != 5 || unclear != 2 {
		t.Errorf("%d yes, %d no, %d unclear", yes, no, unclear)
	}
	d := build(t, register.DPIA, in)
	if c := cell(t, d, 0, "done_on"); c.Value != register.GapValue {
		t.Errorf("a proposal looks confirmed: %+v", c)
	}
	s := got[0]
	s.Criteria, s.DoneOn, s.Document = slices.Clone(s.Criteria), date("2026-11-20"), "AIPD 2026"
	in.Screenings = []register.Screening{s}
	d = build(t, register.DPIA, in)
	if len(d.Sections[d.Main].Table.Rows) != 1 || cell(t, d, 0, "done_on").Value != "2026-11-20" || cell(t, d, 0, "document").Text != "AIPD 2026" {
		t.Error("a screening on file does not take the place of the proposal")
	}
	s.Criteria[6].Answer = "no"
	if s.Result() != "unclear" {
		t.Errorf("one criterion met and two unclear is %s", s.Result())
	}
}

func TestTheFindingsAreThoseOfThePublishedPolicy(t *testing.T) {
	in := inputs(t, "fr")
	all := register.FindingsOf(in)
	if len(all) != 16 {
		t.Errorf("%d findings", len(all))
	}
	for _, f := range all {
		if !f.Open {
			t.Errorf("%s (%s) is not found in the published policy: %s", f.ID, f.Title.EN, f.Seen.EN)
		}
		if !f.Cited() {
			t.Errorf("%s rests on %q, which is not in the law's table", f.ID, f.Source)
		}
		for _, x := range []register.Text{f.Title, f.Seen, f.Wording} {
			if x.FR == "" || x.EN == "" || x.FR == x.EN {
				t.Errorf("%s: %+v", f.ID, x)
			}
		}
	}
	// The proposed wordings, once published, mend what they were proposed for.
	var text strings.Builder
	text.WriteString("Conditions pour vous, pour les clients et des tiers. ")
	for _, f := range all {
		text.WriteString(f.Wording.FR + "\n" + f.Wording.EN + "\n")
	}
	mended := in
	mended.Policies = []register.PolicyVersion{{ID: "2", From: date("2026-12-01"), Text: text.String()}}
	for _, f := range register.FindingsOf(mended) {
		if f.Open && !slices.Contains([]string{"F10", "F12", "F14", "F15"}, f.ID) {
			t.Errorf("%s stays open though its wording was published", f.ID)
		}
	}
	if got := register.FindingsOf(register.Inputs{}); got != nil {
		t.Errorf("no policy, and yet %v", got)
	}
}

func TestARulingOutlastsAndAMendedTextClosesByItself(t *testing.T) {
	open, closed := register.Finding{ID: "F7", Open: true}, register.Finding{ID: "F7"}
	for _, tc := range []struct {
		name string
		f    register.Finding
		r    []register.Ruling
		want string
	}{
		{"nothing said", open, nil, "open"},
		{"the text answers it", closed, nil, "mended"},
		{"accepted", open, []register.Ruling{{ID: "F7", State: "accepted", Reason: "a"}}, "accepted"},
		{"opened again by her, and answered", closed, []register.Ruling{{ID: "F7", State: "open"}}, "mended"},
	} {
		if got := register.RulingOf(tc.f, tc.r); got.State != tc.want {
			t.Errorf("%s: %s", tc.name, got.State)
		}
	}
}

func TestVersionsOfThePolicyShowWhatChangedByParagraphs(t *testing.T) {
	var old, now []string
	for i := range 150 {
		old = append(old, fmt.Sprintf("Paragraph %d says something.", i))
	}
	now = slices.Clone(old)
	now[120] = "Paragraph 120 says something else."
	now = slices.Delete(now, 40, 41)
	now = append(now, "We answer within one month.")
	got := register.CompareTexts(strings.Join(old, "\n"), strings.Join(now, "\n"))
	want := []register.TextChange{{false, "Paragraph 40 says something."}, {false, "Paragraph 120 says something."}, {true, "Paragraph 120 says something else."}, {true, "We answer within one month."}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	in := register.Inputs{Lang: "en", Policies: []register.PolicyVersion{{ID: "b", From: date("2026-06-01"), Text: "One.\nThree."}, {ID: "a", From: date("2026-01-02"), Until: date("2026-05-31"), Text: "One.\nTwo."}}}
	d := build(t, register.Policy, in)
	s := d.Sections[1]
	if s.Title != "What version b changes" || len(s.Table.Rows) != 2 || s.Table.Rows[0][1].Text != "Two." || s.Table.Rows[1][0].Value != "added" {
		t.Errorf("%+v", s)
	}
}

func TestATrackerThatLivesTooLongIsSaid(t *testing.T) {
	in := register.Inputs{Lang: "fr", Now: at("2026-11-23T08:20:00Z"), Trackers: []register.Tracker{
		{Name: "_a", Lifetime: "13 months", DataPeriod: "25 months", Consent: "needed"}, {Name: "_b", Lifetime: "2 years", DataPeriod: "3 years", Consent: "exempt"}, {Name: "_c", Lifetime: "session", Country: "US"}}}
	d := build(t, register.Trackers, in)
	if c := cell(t, d, 0, "lifetime"); c.Tone != register.Plain {
		t.Errorf("13 months: %+v", c)
	}
	if c := cell(t, d, 1, "lifetime"); c.Tone != register.Warn || !strings.Contains(c.Text, "plus de 13 mois") {
		t.Errorf("2 years: %+v", c)
	}
	if c := cell(t, d, 1, "data_period"); c.Tone != register.Warn {
		t.Errorf("3 years: %+v", c)
	}
	if c := cell(t, d, 1, "why"); c.Value != register.GapValue {
		t.Errorf("an exempt tracker without a reason: %+v", c)
	}
	if c := cell(t, d, 2, "transfer"); c.Value != register.GapValue {
		t.Errorf("a tracker from the United States without a safeguard: %+v", c)
	}
}

func TestAScreeningIsWrittenAsTheToolOfTheCNILImportsIt(t *testing.T) {
	in := inputs(t, "en")
	in.Activities[1].Sensitive = register.Text{FR: "<script>alert(1)</script>"}
	b, err := register.PIA(register.Screenings(nil, in.Activities, in.Processors)[0], in)
	if err != nil {
		t.Fatal(err)
	}
	// What the tool's import reads without asking whether it is there.
	var got struct {
		PIA struct {
			Name      string
			Status    *int
			CreatedAt string `json:"created_at"`
		}
		Answers []struct {
			Question int `json:"reference_to"`
			Data     struct{ Text string }
		}
		Measures    []struct{ Title, Content string }
		Evaluations []any
		Comments    []any
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.PIA.Name, "portraits") || got.PIA.Status == nil || got.PIA.CreatedAt == "" || got.Evaluations == nil || got.Comments == nil || len(got.Measures) != 4 {
		t.Errorf("%s", b)
	}
	asked := map[int]string{}
	for _, a := range got.Answers {
		asked[a.Question] = a.Data.Text
	}
	for _, q := range []int{111, 112, 121, 123, 211, 212, 215, 226} {
		if !strings.HasPrefix(asked[q], "<p>") {
			t.Errorf("question %d is answered %q", q, asked[q])
		}
	}
	if strings.Contains(string(b), "<script") || strings.Contains(asked[121], "<script") {
		t.Error("text of a record is taken for HTML")
	}
}
