package ui

import (
	"context"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/register"
	"greffier/ui/kit"
)

// registersPage is the shelf: one card a register, the dossier on top.
type registersPage struct {
	w    *Window
	head *kit.Header
	body *slot
}

func (p *registersPage) place() string { return placeRegisters }
func (p *registersPage) changed()      { p.load() }
func (p *registersPage) print()        { p.w.dossier() }

func (p *registersPage) build() fyne.CanvasObject {
	w := p.w
	dossier := kit.NewPrimary(w.t("dossier.button"), w.dossier)
	dossier.Icon = theme.DocumentPrintIcon()
	p.head = kit.NewHeader(w.t("nav.registers"), w.t("registers.summary"), kit.NewButton(w.t("dossier.check"), w.checkDossier), dossier)
	p.body = newSlot()
	p.load()
	return container.NewBorder(p.head.Object, nil, nil, nil, p.body.box)
}

func (p *registersPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) ([]app.RegisterCard, error) { return w.f.Registers(ctx, w.lang) }, p.show)
}

func (p *registersPage) show(cards []app.RegisterCard) fyne.CanvasObject {
	w := p.w
	gaps := 0
	var tiles []fyne.CanvasObject
	for _, c := range cards {
		gaps += c.Gaps
		state := kit.Badge(kit.Kept, w.t("registers.noGap"))
		if c.Gaps > 0 {
			state = kit.Badge(kit.AtRisk, w.n("registers.gaps", c.Gaps))
		}
		if c.Open > 0 {
			state = kit.Badge(kit.AtRisk, w.n("registers.open", c.Open))
		}
		changed := w.t("registers.neverChanged")
		if !c.Changed.IsZero() {
			changed = w.t("registers.changed", "Date", w.brief(c.Changed))
		}
		title := kit.StrongWords(c.Title)
		buttons := container.NewHBox(
			kit.NewButton(w.t("open"), func() { w.follow(&registerPage{w: w, name: c.Name}) }),
			kit.NewButton(w.t("printing.button"), func() { w.print(c.Name, app.FormatPDF) }))
		tiles = append(tiles, kit.NewCard(container.NewBorder(nil, buttons, nil, nil,
			kit.Down(-10, title, kit.Faint(w.n("entries", c.Count)+" · "+changed), state))))
	}
	p.head.Summary.SetText(w.t("registers.summary"))
	if gaps > 0 {
		p.head.Summary.SetText(w.n("registers.toComplete", gaps))
	}
	beside := container.NewHBox(
		kit.NewQuiet(w.t("rules.page"), theme.HistoryIcon(), func() { w.follow(&rulesPage{w: w}) }),
		kit.NewQuiet(w.t("suppression.page"), theme.VisibilityOffIcon(), func() { w.follow(&suppressionPage{w: w}) }))
	return kit.Page(kit.Down(12, kit.Tiles(260, tiles...), beside))
}

// backup writes an encrypted copy of the profile beside the printed files.
func (w *Window) backup() {
	path := ""
	w.run(w.t("backup.title"), func(ctx context.Context, _ reporter) error {
		path = filepath.Join(w.f.Info().OutDir, w.backupName())
		return w.f.Backup(ctx, path)
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		w.printed(path)
		return outcome{tone: kit.Kept, words: w.t("backup.done"), act: w.t("print.show"), onAct: func() { w.showFolder(path) }}
	})
}

// registerPage is one register: its entries to be completed beside the page
// as it would be printed.
type registerPage struct {
	w     *Window
	name  register.Name
	head  *kit.Header
	paper *slot
	forms *slot
	form  bool // an entry is being changed

	firstEntry func() // opens the first record
}

func (p *registerPage) place() string { return placeRegisters }
func (p *registerPage) print()        { p.w.print(p.name, app.FormatPDF) }
func (p *registerPage) changed() {
	p.loadPaper()
	if !p.form {
		p.loadForms()
	}
}

func (p *registerPage) build() fyne.CanvasObject {
	w := p.w
	pdf := kit.NewIconButton(w.t("printing.button"), theme.DocumentPrintIcon(), p.print)
	p.head = w.backHeader(w.registerName(p.name), w.t("register."+string(p.name)+".words"), pdf)
	p.paper, p.forms = newSlot(), newSlot()
	p.loadPaper()
	var body fyne.CanvasObject = p.paper.box
	if editable(p.name) {
		p.loadForms()
		body = p.w.split(splitRegister, 0.46, p.forms.box, p.paper.box)
	}
	return container.NewBorder(p.head.Object, nil, nil, nil, body)
}

func (p *registerPage) loadPaper() {
	w := p.w
	fetch(w, p.paper, func(ctx context.Context) (register.Document, error) { return w.f.Document(ctx, p.name, w.lang) }, p.showPaper)
}

// showPaper shows the document as it would be printed: words, fields, tables.
func (p *registerPage) showPaper(d register.Document) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{kit.Faint(w.t("register.preview")), kit.StrongWords(kit.Line(d.Title, 160))}
	if d.Subtitle != "" {
		parts = append(parts, kit.Faint(kit.Line(d.Subtitle, 200)))
	}
	c := d.Controller
	parts = append(parts, kit.Faint(kit.Line(c.Name+" · "+c.Address+" · "+c.Email, 240)))
	for _, s := range d.Sections {
		parts = append(parts, kit.Gap(8))
		if s.Title != "" {
			h := kit.Heading(kit.Line(s.Title, 120))
			h.SizeName = theme.SizeNameText
			parts = append(parts, h)
		}
		for _, words := range s.Words {
			parts = append(parts, kit.Words(kit.Clip(words, 1500, 400)))
		}
		for _, f := range s.Fields {
			if f.Gap {
				text := f.Text
				if text == "" {
					text = w.t("register.gap")
				}
				parts = append(parts, kit.PairToned(kit.Line(f.Label, 100), kit.Clip(text, 300, 100), kit.AtRisk))
				continue
			}
			parts = append(parts, kit.Pair(kit.Line(f.Label, 100), kit.Clip(f.Text, 1200, 200)))
		}
		if s.Table == nil {
			continue
		}
		if len(s.Table.Rows) == 0 {
			if s.Empty != "" {
				parts = append(parts, kit.Faint(s.Empty))
			}
			continue
		}
		parts = append(parts, documentTable(s.Table))
	}
	return container.NewVScroll(kit.Margins(8, 8, 20, 20, kit.Down(0, kit.NewCard(parts...))))
}

// documentTable shows a table of a document. A short one stands whole in the
// page, a long one scrolls in its own frame.
func documentTable(t *register.Table) fyne.CanvasObject {
	var columns []kit.Column[[]register.Cell]
	for i, c := range t.Columns {
		if c.Detail || c.Sheet {
			continue // paper prints it elsewhere
		}
		grow := float32(c.Weight)
		if grow <= 0 {
			grow = 1
		}
		columns = append(columns, kit.Column[[]register.Cell]{
			Label: kit.Line(c.Title, 40), Width: 40, Grow: grow, Right: c.Right,
			Text: func(r []register.Cell) string {
				if i >= len(r) {
					return ""
				}
				return kit.Line(r[i].Text, 120)
			},
			Less: func(a, b []register.Cell) bool {
				return i < len(a) && i < len(b) && a[i].Machine() < b[i].Machine()
			},
		})
	}
	table := kit.NewTable(columns)
	table.SetRows(t.Rows)
	height := float32(34 + min(len(t.Rows), 12)*(kit.RowHeight+5))
	return kit.MinSize(200, height, table.Object)
}
