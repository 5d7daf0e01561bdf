package ui

import (
	"context"
	"image/color"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"greffier/app/register"
	"greffier/ui/kit"
)

// paperColours are colours that can be read on white; "" is the program's own.
var paperColours = []string{"", "#1F3F77", "#7A1F3D", "#5B2A86", "#8A4B1F", "#2F5D1E", "#333A45"}

// houseColour is the program's own on paper.
const houseColour = "#1F5F5B"

// paperCard is the look of what is printed: the shop's colour, and what a
// spreadsheet wants of a CSV.
func (w *Window) paperCard(c register.Controller) fyne.CanvasObject {
	now := strings.ToUpper(strings.TrimSpace(c.Colour))
	var words []string
	for _, x := range paperColours {
		if x == "" {
			x = "house"
		}
		words = append(words, w.t("paper.colour."+strings.TrimPrefix(x, "#")))
	}
	words = append(words, w.t("paper.colour.other"))
	other := len(words) - 1
	chips := kit.NewChips(words, nil)
	hex := kit.NewEntry(now)
	hex.SetPlaceHolder(houseColour)
	swatch := canvas.NewRectangle(color.White)
	swatch.CornerRadius = 4
	said := kit.FaintLine("")
	// tell shows a colour as paper has it, and how well it can be read.
	tell := func(s string) (ok bool) {
		if s == "" {
			s = houseColour
		}
		x, ok := register.ParseColour(s)
		if !ok {
			said.SetText(w.t("paper.badColour"))
			return false
		}
		paper := x.OnWhite()
		swatch.FillColor = color.NRGBA{R: paper[0], G: paper[1], B: paper[2], A: 0xff}
		swatch.Refresh()
		ratio := w.decimal(paper.Contrast())
		if paper == x {
			said.SetText(w.t("paper.contrast", "Ratio", ratio))
		} else {
			said.SetText(w.t("paper.darkened", "Colour", paper.String(), "Ratio", ratio))
		}
		return true
	}
	keep := func(s string) {
		if tell(s) {
			w.do(func(ctx context.Context) error { return w.f.SetColour(ctx, s) }, nil)
		}
	}
	use := kit.NewButton(w.t("paper.use"), func() { keep(strings.TrimSpace(hex.Text)) })
	free := kit.Row(0, hex, use)
	at := slices.Index(paperColours, now)
	if at < 0 {
		at = other
	}
	chips.Choose(at)
	if at != other {
		free.Hide()
	}
	tell(now)
	hex.OnChanged = func(s string) { tell(strings.TrimSpace(s)) }
	chips.OnChange(func(i int) {
		if i == other {
			free.Show()
			return
		}
		free.Hide()
		hex.SetText(paperColours[i])
		keep(paperColours[i])
	})
	style := w.f.CSVStyle()
	save := func() { s := style; w.do(func(ctx context.Context) error { return w.f.SetCSVStyle(ctx, s) }, nil) }
	bom := kit.NewCheck(w.t("paper.bom"), style.BOM, func(on bool) { style.BOM = on; save() })
	semicolon := kit.NewCheck(w.t("paper.semicolon"), style.Semicolon, func(on bool) { style.Semicolon = on; save() })
	return kit.NewCard(kit.Heading(w.t("paper.title")), kit.Faint(w.t("paper.words")),
		kit.PairWith(w.t("paper.colour"), container.NewVBox(chips.Object, free)),
		kit.Row(1, kit.MinSize(28, 20, swatch), said), kit.Gap(6),
		kit.Strong(w.t("paper.csv")), bom, semicolon, kit.Faint(w.t("paper.csvWords")))
}

// decimal writes a number with one digit after the sign of the language.
func (w *Window) decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	if w.lang == "fr" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}
