package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/register"
	"greffier/ui/kit"
)

// dossierScreens are the pages and dialogs of printing.
var dossierScreens = []struct {
	name string
	open func(*Window)
}{
	{"print-dialog", func(w *Window) { w.open(placeRegisters); w.print(register.Processing, app.FormatODS) }},
	{"print-dossier", func(w *Window) { w.open(placeRegisters); w.dossier() }},
	{"print-preview", func(w *Window) {
		w.open(placeRegisters)
		w.follow(&previewPage{w: w, sheet: printSheet{name: register.Requests, how: app.Printing{Format: app.FormatPDF, Lang: w.lang}}})
	}},
	{"print-preview-data", func(w *Window) {
		w.open(placeRegisters)
		w.follow(&previewPage{w: w, sheet: printSheet{name: register.Processors, how: app.Printing{Format: app.FormatCSV, Lang: w.lang, Names: true}}})
	}},
	{"print-done", func(w *Window) {
		w.open(placeRegisters)
		w.printed("/home/claire/Documents/Greffier/requests-fr-2026-12-14.pdf")
	}},
	{"print-look", func(w *Window) {
		c := w.f.Info().Controller
		c.Colour = "#FFCC00"
		kit.NewDialog(w.win.Canvas(), "", 720, w.paperCard(c), w.t("close"), nil).Show()
	}},
	{"dossier-found", func(w *Window) { w.open(placeRegisters); w.checkDossierIn("/home/claire/Documents/dossier") }},
}

func TestEveryScreenOfPrintingIsDrawn(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, s := range dossierScreens {
			t.Run(lang+" "+s.name, func(t *testing.T) {
				f := newFake(lang, "light")
				f.paper = dossierFake{pages: [][]byte{paperPicture(), []byte("no picture"), paperPicture()}, total: 14, style: app.CSVStyle{BOM: true},
					report: app.DossierReport{Files: 40, Changed: []string{"registers/requests.csv"}, Extra: []string{"a", "b"}, Journal: app.JournalNotRecorded}}
				w := openTest(t, f)
				s.open(w)
				size(w, 1200, 780)
				shoot(t, w, lang+"-"+s.name)
			})
		}
	}
}

func TestTheFileForTheAuthorityNamesNobodyUnlessTheOwnerSaysSo(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.dossier()
	test.Tap(topDialog(t, w).Others()[1])
	if !f.called("DossierFolder fr names=false replace=false") {
		t.Errorf("calls: %v", f.calls)
	}
	w.printDialog(printSheet{name: app.DossierName, how: app.Printing{Format: app.FormatPDF, Lang: "en", Names: true}})
	test.Tap(topDialog(t, w).Others()[1])
	if !f.called("Dossier en names=true") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestAPreviewShowsPagesBeforeAnythingIsSaved(t *testing.T) {
	f := newFake("fr", "light")
	f.paper.pages, f.paper.total = [][]byte{paperPicture()}, 3
	w := openTest(t, f)
	w.print(register.Requests, app.FormatPDF)
	test.Tap(topDialog(t, w).Others()[0])
	if _, ok := w.page.(*previewPage); !ok {
		t.Fatalf("the page is %T", w.page)
	}
	if f.called("Print requests pdf fr names=true") {
		t.Fatal("it was printed before she said so")
	}
	test.Tap(buttons(w, w.t("printing.save"))[0])
	if !f.called("Print requests pdf fr names=true") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestWithoutAViewerTheFileIsNotLost(t *testing.T) {
	f := newFake("fr", "light")
	f.paper.noViewer = errors.New("no program opens this file")
	w := openTest(t, f)
	w.printed("/home/claire/requests.pdf")
	d := topDialog(t, w)
	test.Tap(d.Others()[0])
	if got := w.app.Clipboard().Content(); got != "/home/claire/requests.pdf" {
		t.Errorf("the clipboard holds %q", got)
	}
	test.Tap(d.Others()[1])
	if e := topDialog(t, w); e == d {
		t.Error("nothing tells that the file cannot be opened")
	}
	if !Known(f.paper.noViewer) {
		t.Error("the error has no words")
	}
}

func TestTheProposedColoursCanBeReadOnPaper(t *testing.T) {
	for _, s := range append([]string{houseColour}, paperColours[1:]...) {
		c, ok := register.ParseColour(s)
		if !ok || c.OnWhite() != c {
			t.Errorf("%s: contrast %.1f", s, c.Contrast())
		}
	}
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeSettings)
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if c, ok := o.(*kit.Chip); ok && c.Word() == w.t("paper.colour.7A1F3D") {
			test.Tap(c)
		}
	}
	if !f.called("SetColour #7A1F3D") {
		t.Errorf("calls: %v", f.calls)
	}
}
