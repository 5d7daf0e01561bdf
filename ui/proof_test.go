package ui

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"greffier/app"
)

var proofScreens = []struct {
	name string
	view app.StampView
	open func(w *Window)
}{
	{"proof-off", app.StampView{Entries: 130, Since: 130}, nil},
	{"proof-stamped", app.StampView{Set: app.Stamping{URL: "https://tsa.example/tsr", CA: "pem", Daily: true}, Entries: 130, Since: 9, Stamps: []app.Stamp{proofStamp}}, nil},
	{"proof-failed", app.StampView{Set: app.Stamping{URL: "https://tsa.example/tsr", CA: "pem"}, Entries: 130, Since: 130, Missing: 2, Failed: errors.New("the timestamp authority does not answer"), FailedAt: now}, nil},
	{"proof-set", app.StampView{Entries: 130}, func(w *Window) {
		w.stampDialog(app.StampView{Set: app.Stamping{URL: "https://tsa.example/tsr", CA: "pem", Every: 200}})
	}},
	{"proof-signer", app.StampView{}, func(w *Window) { w.showSigner() }},
	{"proof-details", app.StampView{}, func(w *Window) { w.stampDetails(proofStamp) }},
}

func TestEveryScreenOfTheProofIsDrawn(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, s := range proofScreens {
			t.Run(lang+" "+s.name, func(t *testing.T) {
				f := newFake(lang, "light")
				f.proof.view = s.view
				w := openTest(t, f)
				w.open(placeJournal)
				if s.open != nil {
					s.open(w)
				}
				shoot(t, w, lang+"-"+s.name)
			})
		}
	}
}

func TestTheOwnerHasTheJournalStamped(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	w.open(placeJournal)
	w.stampDialog(app.StampView{Set: app.Stamping{URL: "https://tsa.example/tsr", CA: "pem"}})
	d := topDialog(t, w)
	test.Tap(d.Others()[1])
	if !f.called("SetStamping https://tsa.example/tsr every=0 daily=false ca=") {
		t.Errorf("calls: %v", f.calls)
	}
	w.stampNow()
	if !f.called("StampNow") {
		t.Errorf("calls: %v", f.calls)
	}
	w.stampDialog(app.StampView{Set: app.Stamping{URL: "https://tsa.example/tsr", CA: "pem"}})
	test.Tap(topDialog(t, w).Others()[0])
	if f.proof.view.Set != (app.Stamping{}) {
		t.Error("it goes on")
	}
	w.exportStamps()
	if !f.called("ExportStamps /home/claire/Documents/Greffier/timestamps") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAJournalThatWasChangedIsToldInTheOwnersWords(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	at := int64(12)
	if got := w.brokenWhy(app.VerifyReport{BrokenAt: &at, Why: "the entry was changed"}); !strings.Contains(got, "12") || strings.Contains(got, "entry") {
		t.Error(got)
	}
}
