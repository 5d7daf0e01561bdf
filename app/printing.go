package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/register"
)

var (
	// ErrUnknownFormat says that nothing is printed in the format asked for.
	ErrUnknownFormat = errors.New("the format is not known")
	// ErrBadColour says that a colour is not written as "#1F5F5B".
	ErrBadColour = errors.New("the colour cannot be read")
)

// The formats in which registers are printed.
const (
	FormatPDF  = "pdf"
	FormatCSV  = "csv"
	FormatJSON = "json"
	FormatODS  = "ods" // the register of processing activities in the CNIL's shape, in French
)

// Printing is how something is printed. The zero value is a PDF in the owner's
// language that names nobody, in the folder for printed files.
type Printing struct {
	Format string // FormatPDF for ""
	Lang   string // "fr" or "en", the owner's for ""
	// Names prints persons by name, which the page then says; otherwise they
	// stand under marks. It is the owner's choice what an authority is given
	// (GDPR Art. 5(1)(c)).
	Names bool
	// Path is the file to be written, or the folder of a dossier. "" is a dated
	// name in Folder, which is the folder for printed files for "".
	Path, Folder string
	// Replace lets a dossier take the place of an older one.
	Replace bool
}

// CSVStyle is what a spreadsheet wants of a CSV.
type CSVStyle struct {
	BOM       bool // a byte order mark, by which spreadsheets recognise UTF-8
	Semicolon bool // semicolons between the cells, as under a French locale
}

// Desktop is the machine's own programs.
type Desktop interface {
	// Pages turns the first pages of a PDF, at most most, into PNG pictures and
	// tells how many there are. An error says that nothing can.
	Pages(ctx context.Context, pdf []byte, most int) (pages [][]byte, total int, err error)
	// Open opens a file or folder; an error says that nothing does.
	Open(path string) error
	// Reveal shows a file in its folder.
	Reveal(path string) error
}

// SchemaPrinter is a Printer that can tell the form of its JSON, as a JSON Schema.
type SchemaPrinter interface {
	Schema(path string, doc register.Document) error
}

// settingCSV keeps the style of CSV files.
const settingCSV = "print.csv"

// CSVStyle returns how CSV files are written: with a byte order mark unless the
// owner chose otherwise.
func (a *App) CSVStyle() CSVStyle {
	s := CSVStyle{BOM: true}
	// What cannot be read now keeps its default.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error {
		if v, ok, err := tx.Setting(settingCSV); err == nil && ok {
			s = CSVStyle{BOM: strings.Contains(v, "bom"), Semicolon: strings.Contains(v, "semicolon")}
		}
		return nil
	})
	return s
}

// SetCSVStyle keeps how CSV files are written.
func (a *App) SetCSVStyle(ctx context.Context, s CSVStyle) error {
	var words []string
	if s.BOM {
		words = append(words, "bom")
	}
	if s.Semicolon {
		words = append(words, "semicolon")
	}
	return a.update(ctx, func(tx Tx) error { return tx.SetSetting(settingCSV, strings.Join(words, ",")) })
}

// SetColour keeps the shop's colour on paper, as "#1F5F5B"; "" is the program's
// own. It returns ErrBadColour for anything else.
func (a *App) SetColour(ctx context.Context, colour string) error {
	if strings.TrimSpace(colour) != "" {
		c, ok := register.ParseColour(colour)
		if !ok {
			return ErrBadColour
		}
		colour = c.String()
	} else {
		colour = ""
	}
	return a.update(ctx, func(tx Tx) error {
		c := a.controller(tx)
		c.Colour = colour
		if err := putRecord(tx, settingOwner, settingOwner, c, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "controller", nil)
	})
}

// printInputs are the inputs of registers to be printed, with their history: with
// names, or with what takes their place.
func (a *App) printInputs(ctx context.Context, how Printing, due bool, names ...register.Name) (register.Inputs, error) {
	in, err := a.inputs(ctx, how.Lang, due)
	if err == nil {
		err = a.pastOf(ctx, &in, names...)
	}
	if err != nil || how.Names {
		in.Named = how.Names
		return in, err
	}
	return in, a.discreet(ctx, &in, law.DateOf(in.Now, a.d.Zone))
}

// discreet makes inputs pseudonymised. The marks of one day are the same in
// every print of that day, and others on the next, so that what is given out
// twice cannot be put together without the key.
func (a *App) discreet(ctx context.Context, in *register.Inputs, day law.Date) error {
	in.Pseudonymise = true
	return a.d.Store.View(ctx, func(tx Tx) error {
		in.MarkKey = []byte(tx.KeyedHash("marks on paper", day.String()))
		return tx.EachOrder(func(o order.Order) error {
			if n, e := o.Customer.Name(), o.Customer.Email; n != "" || e != "" {
				in.Persons = append(in.Persons, register.Person{Name: n, Email: e})
			}
			return nil
		})
	})
}

// WhoIs returns the e-mail address or the name of the person who stands under a
// mark in what was printed on a day; "" where no person on file does.
func (a *App) WhoIs(ctx context.Context, mark string, on law.Date) (string, error) {
	in, err := a.inputs(ctx, "", false)
	if err != nil {
		return "", err
	}
	if on.IsZero() {
		on = a.today()
	}
	if err := a.discreet(ctx, &in, on); err != nil {
		return "", err
	}
	return register.Marked(in, strings.ToUpper(strings.TrimSpace(mark))), nil
}

// Print prints a register as how says and returns the path.
func (a *App) Print(ctx context.Context, name register.Name, how Printing) (string, error) {
	switch how.Format {
	case "":
		how.Format = FormatPDF
	case FormatODS:
		how.Lang = "fr" // as the CNIL's model is
	case FormatPDF, FormatCSV, FormatJSON:
	default:
		return "", fmt.Errorf("print %s: %w", name, ErrUnknownFormat)
	}
	in, err := a.printInputs(ctx, how, name == register.Retention && len(a.d.Storages) > 0, name)
	if err != nil {
		return "", err
	}
	doc, err := register.Build(name, in)
	if err != nil {
		return "", err
	}
	path := how.Path
	if path == "" {
		path = a.printPath(how, string(name)+"-"+doc.Lang, how.Format)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := a.printAs(path, how.Format, doc); err != nil {
		return "", err
	}
	return path, a.printed(ctx, string(name), how.Format, how.Names)
}

func (a *App) printAs(path, format string, doc register.Document) error {
	switch format {
	case FormatCSV:
		return a.d.Printer.CSV(path, doc, a.CSVStyle())
	case FormatJSON:
		return a.d.Printer.JSON(path, doc)
	case FormatODS:
		return a.d.Printer.ODS(path, doc)
	}
	return a.d.Printer.PDF(path, []register.Document{doc})
}

// printPath is a dated name in the folder chosen.
func (a *App) printPath(how Printing, name, format string) string {
	path := a.outPath(name, format)
	if how.Folder != "" {
		path = filepath.Join(how.Folder, filepath.Base(path))
	}
	return path
}

func (a *App) printed(ctx context.Context, what, format string, names bool) error {
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActRegisterPrinted, "register "+what, map[string]any{"format": format, "names": names})
	})
}

// previewPages bounds the pages of a preview.
const previewPages = 6

// Preview is what would be printed.
type Preview struct {
	Document register.Document // of a dossier, its cover
	Pages    [][]byte          // the first pages as PNG; none where the machine cannot make pictures
	Total    int               // pages in all, 0 where that is not known
}

// DossierName stands for the dossier where a register is named.
const DossierName register.Name = "dossier"

// PreviewPrint shows what would be printed, without printing it: the first pages
// of the PDF, or the document alone for other formats. Nothing is journalled.
func (a *App) PreviewPrint(ctx context.Context, name register.Name, how Printing) (Preview, error) {
	if how.Format == FormatODS {
		how.Lang = "fr"
	}
	var docs []register.Document
	if name == DossierName {
		_, all, err := a.dossierParts(ctx, how, false)
		if err != nil {
			return Preview{}, err
		}
		docs = all
	} else {
		in, err := a.printInputs(ctx, how, name == register.Retention && len(a.d.Storages) > 0, name)
		if err != nil {
			return Preview{}, err
		}
		doc, err := register.Build(name, in)
		if err != nil {
			return Preview{}, err
		}
		docs = []register.Document{doc}
	}
	p := Preview{Document: docs[0]}
	if how.Format != FormatPDF && how.Format != "" {
		return p, nil
	}
	var b bytes.Buffer
	if err := a.d.Paper.WritePDF(&b, docs); err != nil {
		return p, err
	}
	var err error
	if p.Pages, p.Total, err = a.d.Desktop.Pages(ctx, b.Bytes(), previewPages); err != nil && ctx.Err() == nil {
		// Without pictures the document itself is the preview.
		p.Pages, err = nil, nil
	}
	return p, err
}

// OpenFile opens a printed file or a folder with the machine's own program.
func (a *App) OpenFile(path string) error {
	return a.d.Desktop.Open(path)
}

// RevealFile shows a printed file in its folder.
func (a *App) RevealFile(path string) error {
	return a.d.Desktop.Reveal(path)
}
