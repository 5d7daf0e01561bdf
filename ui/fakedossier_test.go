package ui

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/register"
)

// dossierFake is what printing gives.
type dossierFake struct {
	pages    [][]byte
	total    int
	report   app.DossierReport
	noViewer error
	style    app.CSVStyle
}

// paperPicture is a page as a picture.
func paperPicture() []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 595, 842))
	for y := range 842 {
		for x := range 595 {
			c := color.NRGBA{R: 255, G: 255, B: 255, A: 255}
			if y > 60 && y%24 < 6 && x > 60 && x < 535 && y < 780 {
				c = color.NRGBA{R: 190, G: 196, B: 204, A: 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

func (f *fake) Print(_ context.Context, n register.Name, how app.Printing) (string, error) {
	return "/home/claire/Documents/Greffier/" + string(n) + "." + how.Format, f.note("Print %s %s %s names=%v", n, how.Format, how.Lang, how.Names)
}

func (f *fake) Dossier(_ context.Context, how app.Printing) (string, error) {
	return "/home/claire/Documents/Greffier/dossier.pdf", f.note("Dossier %s names=%v", how.Lang, how.Names)
}

func (f *fake) DossierFolder(_ context.Context, how app.Printing, report app.Report) (app.DossierFolder, error) {
	report(1, 2, "dossier")
	return app.DossierFolder{Path: "/home/claire/Documents/Greffier/dossier-fr-2026-12-14", Files: 40}, f.note("DossierFolder %s names=%v replace=%v", how.Lang, how.Names, how.Replace)
}

func (f *fake) VerifyDossier(_ context.Context, dir string) (app.DossierReport, error) {
	return f.paper.report, f.note("VerifyDossier")
}

func (f *fake) PreviewPrint(ctx context.Context, n register.Name, how app.Printing) (app.Preview, error) {
	d, err := f.Document(ctx, n, how.Lang)
	return app.Preview{Document: d, Pages: f.paper.pages, Total: f.paper.total}, err
}

func (f *fake) WhoIs(_ context.Context, mark string, on law.Date) (string, error) {
	if mark == "P-7F3A" {
		return "mathilde.fontaine@example.org", f.fail
	}
	return "", f.fail
}

func (f *fake) OpenFile(path string) error {
	if f.paper.noViewer != nil {
		return f.paper.noViewer
	}
	return f.note("OpenFile %s", path)
}

func (f *fake) RevealFile(path string) error {
	if f.paper.noViewer != nil {
		return f.paper.noViewer
	}
	return f.note("RevealFile %s", path)
}

func (f *fake) CSVStyle() app.CSVStyle { return f.paper.style }

func (f *fake) SetCSVStyle(_ context.Context, s app.CSVStyle) error {
	f.paper.style = s
	return f.note("SetCSVStyle %v %v", s.BOM, s.Semicolon)
}

func (f *fake) SetColour(_ context.Context, c string) error { return f.note("SetColour %s", c) }
