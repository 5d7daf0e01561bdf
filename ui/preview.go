package ui

import (
	"bytes"
	"context"
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/ui/kit"
)

// previewPage shows what would be printed before anything is saved: its pages,
// or its content where the machine cannot make pictures of pages.
type previewPage struct {
	w     *Window
	sheet printSheet
	body  *slot
}

func (p *previewPage) place() string { return placeRegisters }
func (p *previewPage) changed()      {}
func (p *previewPage) print()        { p.w.printNow(p.sheet) }

func (p *previewPage) build() fyne.CanvasObject {
	w := p.w
	title := w.t("dossier.title")
	if p.sheet.name != app.DossierName {
		title = w.registerName(p.sheet.name)
	}
	save := kit.NewPrimary(w.t("printing.save"), p.print)
	save.Icon = theme.DocumentSaveIcon()
	persons := "printing.marksWords"
	if p.sheet.how.Names {
		persons = "printing.namesWords"
	}
	head := w.backHeader(title, w.t(persons), kit.NewButton(w.t("printing.change"), func() { w.printDialog(p.sheet) }), save)
	p.body = newSlot()
	how := p.sheet.how
	if p.sheet.folder() {
		how.Format = app.FormatPDF // the bound file is what there is to look at
	}
	fetchLong(w, p.body, w.t("printing.drawing"), func(ctx context.Context, _ reporter) (app.Preview, error) {
		return w.f.PreviewPrint(ctx, p.sheet.name, how)
	}, p.show)
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

func (p *previewPage) show(v app.Preview) fyne.CanvasObject {
	w := p.w
	var sheets []fyne.CanvasObject
	for _, b := range v.Pages {
		if sheet := paperSheet(b); sheet != nil {
			sheets = append(sheets, sheet)
		}
	}
	if len(sheets) == 0 {
		words := w.t("printing.noPictures")
		if p.sheet.how.Format != app.FormatPDF && !p.sheet.folder() {
			words = w.t("printing.dataOnly")
		}
		return container.NewBorder(kit.Margins(20, 4, 20, 0, kit.Faint(words)), nil, nil, nil, (&registerPage{w: w, name: p.sheet.name}).showPaper(v.Document))
	}
	if v.Total > len(sheets) {
		sheets = append(sheets, kit.Faint(w.t("printing.firstPages", "N", w.number(len(sheets)), "Total", w.number(v.Total))))
	}
	return container.NewVScroll(kit.Margins(20, 8, 20, 20, kit.Down(14, sheets...)))
}

// paperSheet shows one page on its paper, nil for what is no picture.
func paperSheet(b []byte) fyne.CanvasObject {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width*c.Height > maxShown {
		return nil
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	pic := canvas.NewImageFromImage(img)
	pic.FillMode = canvas.ImageFillContain
	pic.ScaleMode = canvas.ImageScaleSmooth
	const long = 860
	width, height := float32(c.Width), float32(c.Height)
	k := long / max(width, height)
	pic.SetMinSize(fyne.NewSize(width*k, height*k))
	edge := canvas.NewRectangle(color.White)
	edge.StrokeColor, edge.StrokeWidth = theme.Color(theme.ColorNameSeparator), 1
	return container.NewCenter(container.NewStack(edge, pic))
}
