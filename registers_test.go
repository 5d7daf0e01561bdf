package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/register"
)

func TestEverySavingOfARecordIsKeptWithWhatItWasBefore(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	ctx := t.Context()
	ps, err := s.Processors(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ai := ps[3]
	ai.Name, ai.Role = "Portraits SAS", "processor"
	if err := s.SaveProcessor(ctx, ai); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Hour)
	ai.Name = "Portraits Europe SAS"
	if err := s.SaveProcessor(ctx, ai); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveProcessor(ctx, ai); err != nil { // nothing changed
		t.Fatal(err)
	}
	cs, err := s.Changes(ctx, register.Processors, "ai")
	if err != nil || len(cs) != 2 {
		t.Fatalf("%+v %v", cs, err)
	}
	if f := cs[0].Fields; len(f) != 1 || f[0] != (register.FieldChange{Field: "name", Old: "Portraits SAS", New: "Portraits Europe SAS"}) || cs[0].By != "owner" || !cs[0].At.Equal(s.now) {
		t.Errorf("the last change is %+v", cs[0])
	}
	if len(cs[1].Fields) != 2 || cs[1].Entered {
		t.Errorf("the first change is %+v", cs[1])
	}
	if cs, err := s.Changes(ctx, register.Processors, "hosting"); err != nil || len(cs) != 0 {
		t.Errorf("another record has the history: %+v %v", cs, err)
	}
	if _, err := s.Changes(ctx, register.Erasures, ""); !errors.Is(err, register.ErrUnknownRegister) {
		t.Errorf("erasures have a history of records: %v", err)
	}
	d, err := s.Document(ctx, register.Processors, "en")
	if err != nil {
		t.Fatal(err)
	}
	if last := d.Sections[len(d.Sections)-1]; last.Key != "history" || len(last.Table.Rows) != 3 {
		t.Errorf("the printed history is %+v", last)
	}
	lines, err := s.Journal(ctx, 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if strings.Contains(l.Detail, "Portraits") {
			t.Error("the journal holds a value of the record")
		}
	}
	if r, err := s.Verify(ctx); err != nil || r.BrokenAt != nil {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAnAttachedDocumentIsHashedAndLookedAtAgain(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/1/a.jpg")
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "dpa.pdf")
	x := register.Processor{ID: "ai", Family: "ai", ContractFile: path}
	if err := s.SaveProcessor(ctx, x); !errors.Is(err, app.ErrNoDocument) || strings.Contains(err.Error(), "dpa") {
		t.Fatalf("a document that is not there: %v", err)
	}
	if err := os.WriteFile(path, []byte("signed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveProcessor(ctx, x); err != nil {
		t.Fatal(err)
	}
	saved := func() register.Processor {
		ps, err := s.Processors(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return ps[3]
	}
	x = saved()
	if x.ContractSHA256 != register.SHA256("signed") {
		t.Errorf("the hash is %q", x.ContractSHA256)
	}
	state := func() string {
		got, err := s.DocumentState(ctx, x.ContractFile, x.ContractSHA256)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := state(); got != "same" {
		t.Errorf("right after it is %s", got)
	}
	if err := os.WriteFile(path, []byte("forged"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.Contact = "dpo"
	if err := s.SaveProcessor(ctx, x); err != nil {
		t.Fatal(err)
	}
	if x = saved(); x.ContractSHA256 != register.SHA256("signed") || state() != "changed" {
		t.Errorf("saving the record took the changed document for the signed one: %s", state())
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveProcessor(ctx, x); err != nil || state() != "missing" {
		t.Errorf("%v %s", err, state())
	}
	// The copy that was kept goes into the dossier, though the file is gone.
	d, err := s.DossierFolder(ctx, app.Printing{Lang: "fr", Path: filepath.Join(t.TempDir(), "dossier")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(d.Path, "documents", "ai-dpa.pdf")); err != nil || string(b) != "signed" {
		t.Errorf("the dossier's copy of the contract: %q %v", b, err)
	}
	if r, err := app.CheckDossier(d.Path); err != nil || len(r.Changed)+len(r.Extra)+len(r.Missing) > 0 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAScreeningIsProposedConfirmedAndPrinted(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	ctx := t.Context()
	ss, err := s.Screenings(ctx)
	if err != nil || len(ss) != 1 || !ss[0].DoneOn.IsZero() {
		t.Fatalf("%+v %v", ss, err)
	}
	ss[0].Persons = "900"
	if err := s.SaveScreening(ctx, ss[0]); err != nil {
		t.Fatal(err)
	}
	if ss, err = s.Screenings(ctx); err != nil || len(ss) != 1 || ss[0].DoneOn.IsZero() || ss[0].Persons != "900" {
		t.Fatalf("%+v %v", ss, err)
	}
	for _, format := range []string{"pdf", "csv", "json"} {
		for _, n := range []register.Name{register.DPIA, register.Findings} {
			if path, err := s.Print(ctx, n, app.Printing{Format: format, Lang: "fr", Path: filepath.Join(t.TempDir(), "x."+format)}); err != nil {
				t.Errorf("%s %s: %v", n, format, err)
			} else if st, err := os.Stat(path); err != nil || st.Size() < 200 {
				t.Errorf("%s %s: %v", n, format, err)
			}
		}
	}
}

func TestAFindingIsAcceptedWithAReasonOnly(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	ctx := t.Context()
	fs, err := s.Findings(ctx)
	if err != nil || len(fs) < 10 || fs[0].Ruling.State != "open" {
		t.Fatalf("%d findings, %v", len(fs), err)
	}
	if err := s.SaveRuling(ctx, register.Ruling{ID: fs[0].ID, State: "accepted"}); !errors.Is(err, app.ErrNoReason) {
		t.Errorf("accepted without a reason: %v", err)
	}
	if err := s.SaveRuling(ctx, register.Ruling{ID: fs[0].ID, State: "accepted", Reason: "The next version will have it."}); err != nil {
		t.Fatal(err)
	}
	if fs, err = s.Findings(ctx); err != nil || fs[0].Ruling.State != "accepted" || fs[0].Ruling.On.IsZero() {
		t.Errorf("%+v %v", fs[0].Ruling, err)
	}
}

func TestTheReviewAndTheExitOfAProviderAreOnTheCalendar(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	ctx := t.Context()
	day := law.DateOf(s.now, law.Paris()).AddDays(20)
	if err := s.SaveProcessor(ctx, register.Processor{ID: "ai", Family: "ai", ReviewOn: day, ExitOn: day.AddDays(5)}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveScreening(ctx, register.Screening{Activity: "T2", AssessOn: day}); err != nil {
		t.Fatal(err)
	}
	es, err := s.Agenda(ctx, law.Date{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]law.Date{}
	for _, e := range es {
		got[e.ID] = e.Date
	}
	if got["review-ai"] != day || got["exit-ai"] != day.AddDays(5) || got["assess-dpia-T2"] != day {
		t.Errorf("the calendar has %v", got)
	}
	if err := s.SaveProcessor(ctx, register.Processor{ID: "ai", Family: "ai", ExitOn: day, ExitProof: "letter of 3 May"}); err != nil {
		t.Fatal(err)
	}
	if es, err = s.Agenda(ctx, law.Date{}); err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if e.ID == "exit-ai" {
			t.Error("an exit that is proven still asks for something")
		}
	}
}

func TestTheCopyForTheCNILIsInFrenchWhateverTheWindow(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	text, missing, err := s.BreachCopy(t.Context(), register.Breach{ID: "breaches-1", AwareAt: "2026-11-20T16:45:00Z", Risk: "high"})
	if err != nil || missing == 0 || !strings.Contains(text, "risque élevé") || !strings.Contains(text, "CHAMPS À COMPLÉTER") {
		t.Errorf("%v, %d missing:\n%s", err, missing, text)
	}
}

func TestTheCommandsOfTheRegistersRecordsSayWhatTheWindowSays(t *testing.T) {
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+threeOrders)
	w.init(csvTOML, folderTOML)
	type finding struct{ ID, State string }
	fs := asJSON[[]finding](t, w.ok("--json", "findings"))
	if len(fs) < 10 || fs[0].State != "open" {
		t.Fatalf("%+v", fs)
	}
	w.failed([]string{"reason"}, "findings", "F1", "--state", "accepted")
	w.ok("findings", "F1", "--state", "accepted", "--reason", "The next version has it.")
	if fs = asJSON[[]finding](t, w.ok("--json", "findings")); fs[0].State != "accepted" {
		t.Errorf("%+v", fs[0])
	}
	cs := asJSON[[]recordChangeJSON](t, w.ok("--json", "history", "findings"))
	if len(cs) != 1 || cs[0].Record != "F1" || len(cs[0].Fields) != 3 {
		t.Errorf("%+v", cs)
	}
	file := filepath.Join(t.TempDir(), "pia.json")
	w.ok("pia", "T2", "--file", file)
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
	w.sealed("The next version has it")
}
