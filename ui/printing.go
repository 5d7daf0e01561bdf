package ui

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/register"
	"greffier/ui/kit"
)

// formatFolder stands for the dossier as a folder, among the formats.
const formatFolder = "folder"

// printSheet is what she has chosen to print, kept while she looks at a preview.
type printSheet struct {
	name register.Name
	how  app.Printing
}

// folder tells whether the dossier is made as a folder.
func (s printSheet) folder() bool {
	return s.name == app.DossierName && s.how.Format == formatFolder
}

// formats are the formats in which something can be printed.
func (s printSheet) formats() []string {
	switch s.name {
	case app.DossierName:
		return []string{formatFolder, app.FormatPDF}
	case register.Processing:
		return []string{app.FormatPDF, app.FormatCSV, app.FormatJSON, app.FormatODS}
	}
	return []string{app.FormatPDF, app.FormatCSV, app.FormatJSON}
}

// print asks how a register is to be printed.
func (w *Window) print(name register.Name, format string) {
	w.printDialog(printSheet{name: name, how: app.Printing{Format: format, Lang: w.lang, Names: true, Folder: w.f.Info().OutDir}})
}

// dossier asks how the file for the authority is to be made: without names,
// unless she says otherwise.
func (w *Window) dossier() {
	w.printDialog(printSheet{name: app.DossierName, how: app.Printing{Format: formatFolder, Lang: w.lang, Folder: w.f.Info().OutDir}})
}

// printDialog asks what, in which language and format, with or without names,
// and where to.
func (w *Window) printDialog(s printSheet) {
	if !slices.Contains(s.formats(), s.how.Format) {
		s.how.Format = s.formats()[0]
	}
	var d *kit.Dialog
	again := func() { d.Close(); w.printDialog(s) }

	what := []kit.Option{}
	for _, n := range append([]register.Name{app.DossierName}, register.Names...) {
		word := w.registerName(n)
		if n == app.DossierName {
			word = w.t("dossier.title")
		}
		what = append(what, kit.Option{Value: string(n), Word: word})
	}
	which := kit.NewSelect(what, string(s.name), nil)
	which.OnChanged = func(string) {
		if n := register.Name(which.Value()); n != s.name {
			wasDossier := s.name == app.DossierName
			if s.name = n; wasDossier != (n == app.DossierName) {
				s.how.Names = n != app.DossierName // the default of the other
			}
			again()
		}
	}
	words := []string{}
	for _, f := range s.formats() {
		words = append(words, w.t("printing.format."+f))
	}
	format := kit.NewChips(words, nil)
	format.Choose(slices.Index(s.formats(), s.how.Format))
	about := kit.Faint("")
	tell := func() { about.SetText(w.t("printing.about." + s.how.Format)) }
	tell()
	lang := kit.NewChips([]string{w.t("lang.fr"), w.t("lang.en")}, nil)
	if s.how.Lang == "en" {
		lang.Choose(1)
	}
	lang.OnChange(func(i int) { s.how.Lang = []string{"fr", "en"}[i] })
	names := kit.NewChips([]string{w.t("printing.marks"), w.t("printing.names")}, nil)
	if s.how.Names {
		names.Choose(1)
	}
	said := kit.Faint("")
	tellNames := func() {
		key := "printing.marksWords"
		if s.how.Names {
			key = "printing.namesWords"
		}
		said.SetText(w.t(key))
	}
	tellNames()
	names.OnChange(func(i int) { s.how.Names = i == 1; tellNames() })
	folder := kit.NewEntry(s.how.Folder)
	folder.OnChanged = func(t string) { s.how.Folder = strings.TrimSpace(t) }
	choose := kit.NewIconButton(w.t("printing.choose"), theme.FolderOpenIcon(), func() {
		f := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if err == nil && u != nil {
				folder.SetText(u.Path())
			}
		}, w.win)
		f.Resize(fyne.NewSize(760, 560))
		f.Show()
	})
	rows := []fyne.CanvasObject{
		kit.FormRow(w.t("printing.what"), "", which),
		kit.PairWith(w.t("printing.format"), format.Object), about, kit.Gap(4),
		kit.PairWith(w.t("settings.language"), lang.Object), kit.Gap(4),
		kit.PairWith(w.t("printing.persons"), names.Object), said, kit.Gap(4),
		kit.FormRow(w.t("printing.where"), "", kit.Row(0, folder, choose)),
	}
	replace := kit.NewCheck(w.t("printing.replace"), s.how.Replace, func(on bool) { s.how.Replace = on })
	if s.name == app.DossierName {
		rows = append(rows, replace, kit.Fold(w.t("printing.who"), false, w.whoIs()))
	}
	showReplace := func() {
		replace.Hide()
		if s.folder() {
			replace.Show()
		}
	}
	showReplace()
	format.OnChange(func(i int) { s.how.Format = s.formats()[i]; tell(); showReplace() })
	preview := kit.NewIconButton(w.t("printing.preview"), theme.VisibilityIcon(), func() { d.Close(); w.follow(&previewPage{w: w, sheet: s}) })
	ok := kit.NewPrimary(w.t("printing.save"), func() { d.Close(); w.printNow(s) })
	title := w.t("printing.title")
	if s.name == app.DossierName {
		title = w.t("dossier.button")
		ok.SetText(w.t("printing.prepare"))
	}
	d = w.dialog(title, kit.Down(0, rows...), preview, ok)
	d.FocusOn(ok).Show()
}

// whoIs asks for a mark and tells whom it stands for.
func (w *Window) whoIs() fyne.CanvasObject {
	mark, day := kit.NewEntry(""), kit.NewEntry(w.day(w.clock()).String())
	mark.SetPlaceHolder("P-7F3A")
	said := kit.Words("")
	find := kit.NewButton(w.t("printing.whoFind"), func() {
		on, ok := parseDate(day.Text)
		if !ok {
			said.SetText(w.t("form.wrong"))
			return
		}
		m := mark.Text
		ask(w, func(ctx context.Context) (string, error) { return w.f.WhoIs(ctx, m, on) }, func(who string) {
			if who == "" {
				who = w.t("printing.whoNobody")
			}
			said.SetText(kit.Line(who, 200))
		})
	})
	return kit.Down(0, kit.Faint(w.t("printing.whoWords")), kit.Row(1, mark, day, find), said)
}

// printNow prints what was chosen; what takes long does so in the strip.
func (w *Window) printNow(s printSheet) {
	if s.name != app.DossierName {
		ask(w, func(ctx context.Context) (string, error) { return w.f.Print(ctx, s.name, s.how) }, w.printed)
		return
	}
	path := ""
	w.run(w.t("dossier.title"), func(ctx context.Context, report reporter) error {
		if !s.folder() {
			var err error
			path, err = w.f.Dossier(ctx, s.how)
			return err
		}
		made, err := w.f.DossierFolder(ctx, s.how, report)
		path = made.Path
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		w.printed(path)
		return outcome{tone: kit.Kept, words: w.t("dossier.done"), act: w.t("print.show"), onAct: func() { w.showFolder(path) }}
	})
}

// printed tells where a file lies, and offers to open it, to show it in its
// folder and to copy its path.
func (w *Window) printed(path string) {
	name := widget.NewLabel(kit.Clip(filepath.Base(path), 200, 60))
	name.TextStyle.Bold = true
	dir := kit.Faint(kit.Clip(filepath.Dir(path), 400, 70))
	said := kit.Faint("")
	word := w.t("print.open")
	if strings.EqualFold(filepath.Ext(path), ".pdf") {
		word = w.t("printing.openOrPrint")
		said.SetText(w.t("printing.openWords"))
	}
	var d *kit.Dialog
	open := kit.NewButton(word, func() { d.Close(); w.openFile(path) })
	copyPath := kit.NewIconButton(w.t("printing.copyPath"), theme.ContentCopyIcon(), func() {
		w.app.Clipboard().SetContent(path)
		said.SetText(w.t("printing.copied"))
	})
	folder := kit.NewPrimary(w.t("print.show"), func() { d.Close(); w.showFolder(path) })
	d = kit.NewDialog(w.win.Canvas(), w.t("print.done"), kit.DialogWidth, kit.Down(-8, name, dir, said), w.t("close"), nil, copyPath, open, folder)
	d.Show()
}

// openFile opens a file or folder with the machine's own program.
func (w *Window) openFile(path string) {
	w.do(func(context.Context) error { return w.f.OpenFile(path) }, nil)
}

// showFolder shows a file in its folder.
func (w *Window) showFolder(path string) {
	w.do(func(context.Context) error { return w.f.RevealFile(path) }, nil)
}

// checkDossier asks for the folder of a dossier and tells whether it is whole.
func (w *Window) checkDossier() {
	f := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err == nil && u != nil {
			w.checkDossierIn(u.Path())
		}
	}, w.win)
	f.Resize(fyne.NewSize(760, 560))
	f.Show()
}

func (w *Window) checkDossierIn(dir string) {
	var r app.DossierReport
	w.run(w.t("dossier.checking"), func(ctx context.Context, _ reporter) (err error) {
		r, err = w.f.VerifyDossier(ctx, dir)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		w.dossierFound(dir, r)
		if r.Whole() {
			return outcome{tone: kit.Kept, words: w.t("dossier.whole")}
		}
		return outcome{tone: kit.Late, words: w.t("dossier.notWhole", "Missing", w.number(len(r.Missing)), "Changed", w.number(len(r.Changed)), "Extra", w.number(len(r.Extra)))}
	})
}

// dossierLines is how many files of a kind are named.
const dossierLines = 8

// dossierFound shows what a look at a dossier found.
func (w *Window) dossierFound(dir string, r app.DossierReport) {
	tone, words := kit.Kept, w.t("dossier.whole")
	if !r.Whole() {
		tone, words = kit.Late, w.t("dossier.notWhole", "Missing", w.number(len(r.Missing)), "Changed", w.number(len(r.Changed)), "Extra", w.number(len(r.Extra)))
	}
	rows := []fyne.CanvasObject{kit.Faint(kit.Clip(dir, 300, 70)), kit.IconLine(tone, words)}
	for _, x := range []struct {
		key   string
		paths []string
	}{{"missing", r.Missing}, {"changed", r.Changed}, {"extra", r.Extra}} {
		if len(x.paths) == 0 {
			continue
		}
		rows = append(rows, kit.Strong(w.t("dossier."+x.key)))
		for i, p := range x.paths {
			if i == dossierLines {
				rows = append(rows, kit.Faint(w.t("dossier.more", "N", w.number(len(x.paths)-i))))
				break
			}
			rows = append(rows, kit.Words(kit.Line(p, 120)))
		}
	}
	tone = kit.Late
	if r.Journal == app.JournalKnown {
		tone = kit.Kept
	}
	rows = append(rows, kit.IconLine(tone, w.t("dossier.journal."+strings.ReplaceAll(r.Journal, " ", "_"), "Entry", w.number(int(r.Entry)), "Since", w.number(r.Since))))
	kit.NewDialog(w.win.Canvas(), w.t("dossier.check"), kit.DialogWidth, container.NewVBox(rows...), w.t("close"), nil).Show()
}
