package register_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
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

func defaults(t *testing.T) register.Defaults {
	t.Helper()
	d, err := register.ParseDefaults(assets.DefaultPolicyTOML, assets.SeedPolicyText)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// inputs are records of every kind.
func inputs(t *testing.T, lang string) register.Inputs {
	d := defaults(t)
	return register.Inputs{
		Controller: register.Controller{Name: "KIONKE Kathryn EI", Address: "7 avenue Foch, 59800 Lille, France", Email: "contact@cleverfaces.com"},
		Now:        at("2026-11-23T08:20:00Z"), Lang: lang, JournalHead: "9f86d081884c",
		Activities: d.Activities, Processors: d.Processors, Rules: d.Rules, Trackers: d.Trackers, Policies: d.Policies,
		Breaches: []register.Breach{{ID: "V1", AwareAt: "2026-11-20T16:45:00Z"}, {}},
		Consents: []register.Consent{{ID: "C1", Who: "lea.martin@example.fr", Kind: "objection", What: "marketing", At: "2026-06-01T07:00:00Z", How: "mail"}, {}},
		Cases: []cases.Case{
			{
				ID: 7, State: cases.Identifying, Asked: []cases.Asked{{Right: request.Erasure}, {Right: request.Access}},
				Requester: cases.Person{Name: "Léa Martin", Email: "lea.martin@example.fr"}, ReceivedAt: at("2026-11-10T10:00:00Z"),
				Identity: cases.Identity{Level: cases.Confirmed, Reason: "Madame Martin a rappelé"}, ExtendReason: "Madame Martin est en voyage",
			},
			{ID: 8}, // a record with nothing in it
		},
		Runs: []register.RunRow{
			{
				Record: erasure.Record{ID: 3, Scope: plan.Scope{Case: 7, Orders: []int64{5, 6}}, State: erasure.Partial, Left: 1},
				Steps: []erasure.Step{{
					Status: erasure.Retained, Reason: erasure.ErrLocked.Error(),
					Object: plan.Found{Object: plan.Object{Storage: "photos", Key: "uploads/lea-martin.jpg"}, Order: 5, Number: "1042"},
				}, {
					Status: erasure.Failed, Reason: erasure.ErrNoWay.Error(),
					Object: plan.Found{Object: plan.Object{Storage: plan.DeskName("atelier"), Key: "customers/lea.martin@example.fr/account", Kind: plan.Field}, Holds: plan.Account, Order: 5, Number: "1042"},
				}},
			},
			{},
		},
		Notices:   []register.NoticeRow{{Run: 3, Case: 7, Name: "Imprimerie du Nord", Orders: []string{"1042"}, State: "spared", Reason: "Madame Martin a prévenu tout le monde"}, {}},
		Retention: []register.DueRow{{Rule: "media", Number: "1042", Due: date("2026-11-01"), Objects: 2}, {}},
	}
}

// all builds every document of the inputs.
func all(t *testing.T, in register.Inputs) map[string]register.Document {
	t.Helper()
	out := map[string]register.Document{}
	for _, n := range register.Names {
		d, err := register.Build(n, in)
		if err != nil {
			t.Fatal(err)
		}
		out[string(n)] = d
	}
	for _, r := range in.Runs {
		d := register.Certificate(r.Record, r.Steps, in, nil)
		out["certificate "+d.Subtitle] = d
	}
	out["dossier"] = register.Dossier(in, []register.PromiseRow{{ID: "P1", State: "kept"}, {}})[0]
	return out
}

func TestEveryRowHasOneCellPerColumnAndEveryTextATitle(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, in := range []register.Inputs{inputs(t, lang), {Lang: lang}} {
			for name, d := range all(t, in) {
				if d.Title == "" || d.Lang != lang {
					t.Errorf("%s: title %q, language %q", name, d.Title, d.Lang)
				}
				if d.Main >= len(d.Sections) || d.Main >= 0 && d.Sections[d.Main].Table == nil {
					t.Errorf("%s: section %d is not the register", name, d.Main)
				}
				for _, s := range d.Sections {
					if s.Table == nil {
						continue
					}
					keys := map[string]bool{}
					for _, c := range s.Table.Columns {
						if c.Key == "" || c.Title == "" || keys[c.Key] {
							t.Errorf("%s, %s: column %q (%q) is unnamed or stands twice", name, s.Key, c.Key, c.Title)
						}
						keys[c.Key] = true
					}
					for i, r := range s.Table.Rows {
						if len(r) != len(s.Table.Columns) {
							t.Errorf("%s, %s: row %d has %d cells for %d columns", name, s.Key, i, len(r), len(s.Table.Columns))
						}
					}
				}
			}
		}
	}
}

func TestAnEmptyRegisterSaysSoInWords(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, n := range register.Names {
			d, err := register.Build(n, register.Inputs{Lang: lang})
			if err != nil {
				t.Fatal(err)
			}
			main := d.Sections[d.Main]
			if len(main.Table.Rows) != 0 || len(main.Empty) < 20 {
				t.Errorf("%s in %s: %d rows, and %q", n, lang, len(main.Table.Rows), main.Empty)
			}
		}
	}
}

func TestAnUnknownRegisterIsAnError(t *testing.T) {
	if _, err := register.Build("invoices", register.Inputs{}); !errors.Is(err, register.ErrUnknownRegister) {
		t.Errorf("got %v", err)
	}
}

func TestTheSameInputsGiveTheSameDocument(t *testing.T) {
	if first, second := all(t, inputs(t, "fr")), all(t, inputs(t, "fr")); !reflect.DeepEqual(first, second) {
		t.Error("two builds differ")
	}
}

func TestFrenchIsTypesetAsFrench(t *testing.T) {
	bad := regexp.MustCompile(`[ \x{00A0}][:;!?»%]|«[ \x{00A0}]|\w'\w|[a-zé][;!?]`)
	for name, d := range all(t, inputs(t, "fr")) {
		if name == "policy" {
			continue // the annex is the published text, letter by letter
		}
		var texts []string
		texts = append(texts, d.Title, d.Subtitle)
		for _, s := range d.Sections {
			texts = append(append(texts, s.Title, s.Empty), s.Words...)
			for _, f := range s.Fields {
				if name == "findings" && f.Key == "en" {
					continue // the English wording proposed
				}
				texts = append(texts, f.Label, f.Text)
			}
			if s.Table != nil {
				for _, c := range s.Table.Columns {
					texts = append(texts, c.Title)
				}
				for _, r := range s.Table.Rows {
					for i, c := range r {
						if s.Table.Columns[i].Key != "wording_en" {
							texts = append(texts, c.Text)
						}
					}
				}
			}
		}
		for _, s := range texts {
			if m := bad.FindString(s); m != "" {
				t.Errorf("%s: %q is not French typography in %q", name, m, s)
			}
		}
	}
}

func TestPseudonymisedDocumentsNameNobody(t *testing.T) {
	in := inputs(t, "fr")
	in.Pseudonymise, in.MarkKey = true, []byte("a key")
	docs := all(t, in)
	for name, d := range docs {
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Martin", "martin", "Léa"} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s still holds %q", name, secret)
			}
		}
	}
	who := cell(t, docs["requests"], 0, "requester").Text
	if again := cell(t, docs["consents"], 0, "who").Text; !regexp.MustCompile(`^P-[0-9A-F]{4}$`).MatchString(who) || again != who {
		t.Errorf("the same person is %q among the requests and %q among the consents", who, again)
	}
	if words := strings.Join(docs["requests"].Sections[0].Words, " "); !strings.Contains(words, "P-7F3A") {
		t.Error("the page does not say that names were replaced")
	}
}

// cell returns a cell of a document's main table.
func cell(t *testing.T, d register.Document, row int, key string) register.Cell {
	t.Helper()
	table := d.Sections[d.Main].Table
	for i, c := range table.Columns {
		if c.Key == key {
			return table.Rows[row][i]
		}
	}
	t.Fatalf("%s has no column %s", d.Name, key)
	return register.Cell{}
}

func build(t *testing.T, name register.Name, in register.Inputs) register.Document {
	t.Helper()
	if in.Now.IsZero() {
		in.Now = at("2026-11-23T08:20:00Z")
	}
	d, err := register.Build(name, in)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRequestsShowTheClock(t *testing.T) {
	erase := []cases.Asked{{Right: request.Erasure, Outcome: cases.Granted}}
	deny := []cases.Asked{{Right: request.Objection, Outcome: cases.Denied, Ground: "GDPR Art. 17(3)(b)"}}
	tests := []struct {
		name string
		c    cases.Case
		want map[string]string
	}{
		{
			"received before midnight in UTC, after it in Paris; Easter moves the due date",
			cases.Case{State: cases.Closed, Asked: erase, ReceivedAt: at("2026-03-05T23:30:00Z"), AnsweredAt: at("2026-04-07T20:00:00Z")},
			map[string]string{"received": "2026-03-06", "due_raw": "2026-04-06", "due": "2026-04-07", "in_time": "yes", "decision": "granted", "state": "closed"},
		},
		{
			"answered one day late",
			cases.Case{State: cases.Answered, Asked: erase, ReceivedAt: at("2026-08-31T10:00:00Z"), AnsweredAt: at("2026-10-01T10:00:00Z")},
			map[string]string{"due": "2026-09-30", "in_time": "no"},
		},
		{
			"a refusal has no extension",
			cases.Case{State: cases.Refused, Asked: deny, ReceivedAt: at("2026-08-31T10:00:00Z"), ExtendedAt: at("2026-09-10T10:00:00Z"), AnsweredAt: at("2026-10-15T10:00:00Z")},
			map[string]string{"due": "2026-11-30", "in_time": "no", "ground": "GDPR Art. 17(3)(b)", "extension_notice": "2026-09-10"},
		},
		{
			"open and not yet due",
			cases.Case{State: cases.InProgress, Asked: []cases.Asked{{Right: request.Access}}, ReceivedAt: at("2026-11-20T10:00:00Z")},
			map[string]string{"due": "2026-12-21", "in_time": "pending", "answered": "", "decision": ""},
		},
		{
			"open and overdue",
			cases.Case{State: cases.Received, Asked: erase[:1], ReceivedAt: at("2026-10-01T10:00:00Z")},
			map[string]string{"due": "2026-11-02", "in_time": "no", "state": "received"},
		},
		{
			"suspended while identity was asked for",
			cases.Case{State: cases.Answered, Asked: erase, ReceivedAt: at("2026-03-05T10:00:00Z"), AnsweredAt: at("2026-04-15T10:00:00Z"),
				Suspensions: []law.Suspension{{From: date("2026-03-09"), To: date("2026-03-19"), Reason: "x", By: "owner"}}},
			map[string]string{"suspension_days": "10", "due": "2026-04-15", "in_time": "yes"},
		},
		{
			"withdrawn by the person",
			cases.Case{State: cases.Withdrawn, Asked: []cases.Asked{{Right: request.Access}}, ReceivedAt: at("2026-03-05T10:00:00Z")},
			map[string]string{"in_time": "", "decision": ""},
		},
		{
			"ended without a date of answer proves nothing",
			cases.Case{State: cases.Closed, Asked: erase, ReceivedAt: at("2026-03-05T10:00:00Z")},
			map[string]string{"in_time": "cannot tell"},
		},
		{
			"without an instant of receipt there is no due date",
			cases.Case{State: cases.Received},
			map[string]string{"due": register.GapValue, "rights": register.GapValue, "in_time": ""},
		},
		{
			"different outcomes are told right by right",
			cases.Case{State: cases.Answered, Asked: []cases.Asked{{Right: request.Erasure, Outcome: cases.Partly}, {Right: request.Access, Outcome: cases.Granted}}, ReceivedAt: at("2026-11-01T10:00:00Z"), AnsweredAt: at("2026-11-02T10:00:00Z")},
			map[string]string{"decision": "erasure: partly; access: granted", "rights": "erasure, access", "articles": "GDPR Art. 17; GDPR Art. 15"},
		},
		{
			"a refusal without its ground is to be completed",
			cases.Case{State: cases.Refused, Asked: []cases.Asked{{Right: request.Access, Outcome: cases.Denied}}, ReceivedAt: at("2026-11-01T10:00:00Z"), AnsweredAt: at("2026-11-02T10:00:00Z")},
			map[string]string{"ground": register.GapValue},
		},
		{
			"found in the spam folder, about a minor, by a parent",
			cases.Case{State: cases.Received, Asked: erase, FromJunk: true, Minor: true, Link: cases.Parent, ReceivedAt: at("2026-11-20T10:00:00Z"), DiscoveredAt: at("2026-11-22T23:30:00Z")},
			map[string]string{"from_junk": "yes", "minor": "yes", "quality": "parent", "discovered": "2026-11-23", "articles": "GDPR Art. 17; LIL Art. 51 II"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			d := build(t, register.Requests, register.Inputs{Cases: []cases.Case{tc.c}})
			for key, want := range tc.want {
				if got := cell(t, d, 0, key).Machine(); got != want {
					t.Errorf("%s = %q, want %q", key, got, want)
				}
			}
		})
	}
}

func TestProcessorsShowWhatIsMissing(t *testing.T) {
	tests := []struct {
		name string
		x    register.Processor
		want map[string]string
	}{
		{"not named yet", register.Processor{Family: "ai"}, map[string]string{"name": register.GapValue, "role": register.GapValue, "country": register.GapValue, "contract_on": register.GapValue, "transfer": register.GapValue, "family": "ai"}},
		{"inside the EEA nothing is needed", register.Processor{Name: "A", Role: "processor", Country: "be"}, map[string]string{"country": "BE", "transfer": "none needed"}},
		{"a third country without a safeguard", register.Processor{Name: "A", Country: "US"}, map[string]string{"transfer": register.GapValue}},
		{"a third country cannot do without", register.Processor{Name: "A", Country: "US", Transfer: "none needed"}, map[string]string{"transfer": register.GapValue}},
		{"a third country with clauses", register.Processor{Name: "A", Country: "US", Transfer: "scc"}, map[string]string{"transfer": "scc"}},
		{"an unknown code is outside the EEA", register.Processor{Name: "A", Country: "ZZ"}, map[string]string{"country": "ZZ", "transfer": register.GapValue}},
		{"an independent controller needs no processor contract", register.Processor{Name: "A", Role: "independent controller", Country: "FR"}, map[string]string{"contract_on": ""}},
		{"a contract without an end", register.Processor{Name: "A", Role: "processor", ContractOn: date("2025-01-01")}, map[string]string{"contract_on": "2025-01-01", "contract_until": "open-ended"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			d := build(t, register.Processors, register.Inputs{Processors: []register.Processor{tc.x}})
			for key, want := range tc.want {
				if got := cell(t, d, 0, key).Machine(); got != want {
					t.Errorf("%s = %q, want %q", key, got, want)
				}
			}
		})
	}
	last := register.Processor{Name: "A", ContractOn: date("2025-01-01"), ContractUntil: date("2026-11-23")}
	if c := cell(t, build(t, register.Processors, register.Inputs{Processors: []register.Processor{last}}), 0, "contract_until"); c.Tone == register.Bad {
		t.Error("a contract has expired on its last day")
	}
	last.ContractUntil = date("2026-11-22")
	if c := cell(t, build(t, register.Processors, register.Inputs{Processors: []register.Processor{last}}), 0, "contract_until"); c.Tone != register.Bad {
		t.Error("a contract has not expired after its last day")
	}
}

func TestBreachesShowThe72Hours(t *testing.T) {
	tests := []struct {
		name string
		b    register.Breach
		want map[string]string
	}{
		{"notified on the last minute, over a change of clocks", register.Breach{AwareAt: "2026-03-27T09:00:00Z", NotifiedAt: "2026-03-30T09:00:00Z", Risk: "risk"}, map[string]string{"deadline": "2026-03-30T09:00:00Z", "in_time": "yes"}},
		{"notified a minute late", register.Breach{AwareAt: "2026-03-27T09:00:00Z", NotifiedAt: "2026-03-30T09:01:00Z", Risk: "risk"}, map[string]string{"in_time": "no", "why_not": register.GapValue}},
		{"no risk: need not be notified, but why must be said", register.Breach{AwareAt: "2026-03-27T09:00:00Z", Risk: "none"}, map[string]string{"in_time": "not needed", "why_not": register.GapValue}},
		{"not settled and overdue", register.Breach{AwareAt: "2026-11-20T08:00:00Z"}, map[string]string{"in_time": "no", "risk": register.GapValue}},
		{"not settled and running", register.Breach{AwareAt: "2026-11-22T08:00:00Z"}, map[string]string{"in_time": "pending", "why_not": ""}},
		{"high risk: the persons must be told", register.Breach{AwareAt: "2026-11-22T08:00:00Z", Risk: "high"}, map[string]string{"persons_told": register.GapValue}},
		{"an instant that cannot be read is shown as it is", register.Breach{AwareAt: "hier"}, map[string]string{"aware": "hier", "deadline": ""}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			d := build(t, register.Breaches, register.Inputs{Breaches: []register.Breach{tc.b}})
			for key, want := range tc.want {
				if got := cell(t, d, 0, key).Machine(); got != want {
					t.Errorf("%s = %q, want %q", key, got, want)
				}
			}
		})
	}
}

func TestACertificateNeverSaysMoreThanTheRecord(t *testing.T) {
	gone := erasure.Step{Status: erasure.Gone, Object: plan.Found{Object: plan.Object{Key: "a", SizeBytes: 1000}}}
	left := erasure.Step{Status: erasure.Retained, Object: plan.Found{Object: plan.Object{Key: "b"}}}
	tests := []struct {
		name  string
		state erasure.State
		steps []erasure.Step
		title string
		says  string
	}{
		{"complete", erasure.Complete, []erasure.Step{gone, gone}, "Certificate of erasure", "2\u00a0objects of 2"},
		{"nothing to erase", erasure.Complete, nil, "Certificate of erasure", "nothing to erase"},
		{"called complete while something is left", erasure.Complete, []erasure.Step{gone, left}, "Certificate of partial erasure", "1\u00a0object of 2"},
		{"partial", erasure.Partial, []erasure.Step{gone, left}, "Certificate of partial erasure", "does not certify a complete erasure"},
		{"cut off", erasure.Running, []erasure.Step{gone, {}}, "Unfinished erasure", "does not certify a complete erasure"},
		{"refused", erasure.Refused, []erasure.Step{{}}, "Erasure refused", "Nothing was erased"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			d := register.Certificate(erasure.Record{ID: 1, State: tc.state}, tc.steps, register.Inputs{Lang: "en"}, nil)
			if d.Title != tc.title {
				t.Errorf("title %q, want %q", d.Title, tc.title)
			}
			if words := strings.Join(d.Sections[0].Words, " "); !strings.Contains(words, tc.says) {
				t.Errorf("%q does not say %q", words, tc.says)
			}
		})
	}
}

func TestAPolicyTextThatWasChangedIsNoticed(t *testing.T) {
	v := register.PolicyVersion{ID: "1", From: date("2026-01-02"), Text: "a", SHA256: register.SHA256("b")}
	if c := cell(t, build(t, register.Policy, register.Inputs{Policies: []register.PolicyVersion{v}}), 0, "sha256"); c.Tone != register.Bad {
		t.Errorf("got %+v", c)
	}
	v.SHA256 = strings.ToUpper(register.SHA256("a"))
	if c := cell(t, build(t, register.Policy, register.Inputs{Policies: []register.PolicyVersion{v}}), 0, "sha256"); c.Tone == register.Bad {
		t.Errorf("got %+v", c)
	}
}

func TestTheDefaultProfileIsThePublishedPolicy(t *testing.T) {
	d := defaults(t)
	var ids []string
	purposes, families := map[int]bool{}, map[string]bool{}
	for _, a := range d.Activities {
		ids = append(ids, a.ID)
		purposes[a.PolicyPurpose] = true
		if a.LegalBasis == "" || a.Name.FR == "" || a.Name.EN == "" || a.Purpose.FR == "" || a.Purpose.EN == "" || len(a.Data) == 0 || len(a.Security) == 0 {
			t.Errorf("activity %s is incomplete", a.ID)
		}
		for _, c := range a.Data {
			if c.Category.FR == "" || c.Category.EN == "" {
				t.Errorf("activity %s: a category of data lacks a language", a.ID)
			}
		}
	}
	if got := strings.Join(ids, " "); got != "T1 T2 T3 T4 T5 T6 T7 T8 T9" {
		t.Errorf("activities %s", got)
	}
	for n := 1; n <= 6; n++ {
		if !purposes[n] {
			t.Errorf("no activity serves purpose %d of the policy", n)
		}
	}
	if !d.Activities[1].Minors {
		t.Error("the photographs do not say that minors are concerned")
	}
	for _, x := range d.Processors {
		families[x.Family] = true
		if x.Name != "" {
			t.Errorf("provider %s has a name that the policy does not give", x.ID)
		}
	}
	for _, f := range []string{"payment", "printing", "hosting", "ai"} {
		if !families[f] {
			t.Errorf("no provider of the family %s", f)
		}
	}
	known := map[string]bool{}
	for _, a := range law.Articles() {
		known[a.Key] = true
	}
	want := map[string]string{"media": "60 days", "contract": "", "billing": "10 years", "commercial": "3 years"}
	for _, r := range d.Rules {
		if p, ok := want[r.ID]; !ok || p != r.Period {
			t.Errorf("rule %s lasts %q, want %q", r.ID, r.Period, p)
		}
		if r.Automatic {
			t.Errorf("rule %s runs by itself without having been switched on", r.ID)
		}
		if !known[r.Article] {
			t.Errorf("rule %s cites %q, which is no article", r.ID, r.Article)
		}
		delete(want, r.ID)
	}
	if len(want) > 0 {
		t.Errorf("rules missing: %v", want)
	}
	p := d.Policies[0]
	if p.From != date("2026-01-02") || !p.Until.IsZero() || p.SHA256 != register.SHA256(assets.SeedPolicyText) || !strings.Contains(p.Text, "ARTICLE 11") {
		t.Errorf("policy version %s from %s", p.ID, p.From)
	}
}

func TestABadProfileIsRefused(t *testing.T) {
	const policy = "[policy]\nid=\"1\"\nfrom=\"2026-01-02\"\n"
	tests := []struct{ name, in string }{
		{"no TOML", "not toml"},
		{"a misspelt key", policy + "[[rule]]\nid=\"media\"\nperriod=\"60 days\"\n"},
		{"a rule twice", policy + "[[rule]]\nid=\"a\"\n[[rule]]\nid=\"a\"\n"},
		{"a period that is none", policy + "[[rule]]\nid=\"a\"\nperiod=\"soon\"\n"},
		{"an unknown recipient", policy + "[[activity]]\nid=\"T1\"\nrecipients=[\"nobody\"]\n"},
		{"an unknown rule", policy + "[[activity]]\nid=\"T1\"\ndata=[{rule=\"never\"}]\n"},
		{"an activity without id", policy + "[[activity]]\n"},
		{"a date that does not exist", "[policy]\nid=\"1\"\nfrom=\"2026-02-30\"\n"},
		{"no policy", "[[rule]]\nid=\"a\"\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := register.ParseDefaults([]byte(tc.in), ""); !errors.Is(err, register.ErrDefaults) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := register.ParseDefaults([]byte(policy), ""); err != nil {
		t.Errorf("the smallest profile: %v", err)
	}
}

func FuzzParseDefaults(f *testing.F) {
	f.Add(assets.DefaultPolicyTOML)
	f.Add([]byte("[policy]\nid=\"1\"\nfrom=\"2026-01-02\"\n"))
	f.Fuzz(func(t *testing.T, profile []byte) {
		d, err := register.ParseDefaults(profile, "text")
		if err != nil {
			if !errors.Is(err, register.ErrDefaults) {
				t.Fatalf("%v is not ErrDefaults", err)
			}
			return
		}
		in := register.Inputs{Activities: d.Activities, Processors: d.Processors, Rules: d.Rules, Trackers: d.Trackers, Policies: d.Policies}
		for _, n := range register.Names {
			if _, err := register.Build(n, in); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestGapsAreCountedOnce(t *testing.T) {
	d := build(t, register.Processors, register.Inputs{Processors: []register.Processor{{ID: "p", Family: "ai"}}})
	inTable, onSheet := 0, 0
	for _, c := range d.Sections[d.Main].Table.Rows[0] {
		if c.Value == register.GapValue {
			inTable++
		}
	}
	for _, s := range d.Sections {
		for _, f := range s.Fields {
			if f.Gap {
				onSheet++
			}
		}
	}
	if inTable == 0 || onSheet == 0 || d.Gaps() != inTable {
		t.Errorf("%d gaps counted, %d are in the register's table and %d of them on the sheet too", d.Gaps(), inTable, onSheet)
	}
}

func TestAGapOfAProviderIsCountedAmongTheProvidersOnly(t *testing.T) {
	in := register.Inputs{
		Processors: []register.Processor{{ID: "ai", Family: "ai"}},
		Activities: []register.Activity{{
			ID: "T1", Name: register.Text{FR: "a"}, Purpose: register.Text{FR: "a"}, LegalBasis: "contract", Sensitive: register.Text{FR: "Non."},
			Data: []register.Data{{Category: register.Text{FR: "a"}, Period: register.Text{FR: "a"}}}, Subjects: []register.Text{{FR: "a"}},
			Security: []register.Text{{FR: "a"}}, Recipients: []string{"ai"}, CreatedOn: date("2026-01-02"),
		}},
		Controller: register.Controller{Name: "a"},
	}
	d := build(t, register.Processing, in)
	if n := d.Gaps(); n != 0 {
		t.Errorf("%d gaps in a complete sheet", n)
	}
	if c := cell(t, d, 0, "transfers"); c.Value != register.GapValue {
		t.Errorf("transfers are %+v while the country is unknown", c)
	}
	in.Activities[0].LegalBasis = ""
	if n := build(t, register.Processing, in).Gaps(); n != 2 {
		t.Errorf("%d gaps without a legal basis, in the list and on the sheet", n)
	}
}

func TestTheDossierHasEveryRegister(t *testing.T) {
	docs := register.Dossier(inputs(t, "fr"), nil)
	if len(docs) != 1+len(register.Names) || docs[0].Name != "dossier" {
		t.Fatalf("%d documents, the first one is %s", len(docs), docs[0].Name)
	}
	for i, n := range register.Names {
		if docs[i+1].Name != string(n) || docs[i+1].Title != register.Title(n, "fr") {
			t.Errorf("part %d is %s (%s)", i+1, docs[i+1].Name, docs[i+1].Title)
		}
	}
}
