package ui

import (
	"context"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/ui/kit"
)

// columnsPage says once which column of a shop's file is what.
type columnsPage struct {
	w    *Window
	shop string
	body *slot
	save func()
}

func (p *columnsPage) place() string { return placeSettings }
func (p *columnsPage) changed()      {}
func (p *columnsPage) step() {
	if p.save != nil {
		p.save()
	}
}

func (p *columnsPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	fetch(w, p.body, func(ctx context.Context) (app.ColumnsView, error) { return w.f.ShopColumns(ctx, p.shop) }, p.show)
	return container.NewBorder(w.backHeader(w.t("columns.title", "Shop", kit.Line(p.shop, 40)), w.t("columns.summary")).Object, nil, nil, nil, p.body.box)
}

func (p *columnsPage) show(v app.ColumnsView) fyne.CanvasObject {
	w := p.w
	p.save = nil
	if len(v.Names) == 0 {
		return kit.Empty(theme.FileTextIcon(), w.t("columns.none"), w.t("columns.noneWords"), "", nil)
	}
	mapping := maps.Clone(v.Mapping)
	if mapping == nil {
		mapping = map[string]string{}
	}
	options := []kit.Option{{Value: "", Word: w.t("columns.notThere")}}
	sample := map[string]string{}
	for i, n := range v.Names {
		word := kit.Line(n, 40)
		if i < len(v.Sample) {
			sample[n] = v.Sample[i]
			// What the first row has there tells foreign names apart.
			if s := kit.Line(v.Sample[i], 24); s != "" {
				word = w.t("columns.option", "Column", word, "Sample", s)
			}
		}
		options = append(options, kit.Option{Value: n, Word: word})
	}
	said := kit.Faint("")
	save := kit.NewPrimary(w.t("save"), nil)
	missing := func() (out []string) {
		for _, f := range v.Needed {
			if mapping[f] == "" {
				out = append(out, w.t("column."+f))
			}
		}
		return out
	}
	twice := func() string {
		seen := map[string]bool{}
		for _, f := range v.Fields {
			c := mapping[f]
			if c != "" && seen[c] {
				return c
			}
			seen[c] = true
		}
		return ""
	}
	check := func() {
		lacks := missing()
		switch c := twice(); {
		case len(lacks) > 0:
			said.SetText(w.t("columns.missing", "Fields", w.list(lacks)))
		case c != "":
			said.SetText(w.t("columns.twice", "Column", kit.Line(c, 60)))
		default:
			said.SetText(w.t("columns.saveWords"))
		}
		enable(save, len(lacks) == 0)
	}
	rows := kit.Down(2, columnRow(kit.Faint(w.t("columns.field")), kit.Faint(w.t("columns.column")), kit.Faint(w.t("columns.sample"))))
	for _, f := range v.Fields {
		value := kit.Label("")
		value.Importance = kit.LowImportance
		show := func() {
			value.SetText(kit.Line(sample[mapping[f]], 70))
			if mapping[f] != "" && strings.TrimSpace(sample[mapping[f]]) == "" {
				value.SetText(w.t("columns.empty"))
			}
		}
		word := kit.Label(w.known("column."+f, f))
		var first fyne.CanvasObject = word
		if slices.Contains(v.Needed, f) {
			word.TextStyle.Bold = true
			word.SetText(w.t("columns.needed", "Field", w.known("column."+f, f)))
		}
		offered := options
		if slices.Contains(v.Needed, f) {
			offered = append([]kit.Option{{Value: "", Word: w.t("columns.choose")}}, options[1:]...)
		}
		choose := kit.NewSelect(offered, mapping[f], func(c string) {
			if c == "" {
				delete(mapping, f)
			} else {
				mapping[f] = c
			}
			show()
			check()
		})
		show()
		rows.Add(columnRow(first, choose, value))
	}
	p.save = func() {
		if len(missing()) > 0 {
			return
		}
		m := maps.Clone(mapping)
		w.do(func(ctx context.Context) error { return w.f.SaveColumns(ctx, p.shop, m) }, func() {
			w.say(outcome{tone: kit.Kept, words: w.t("columns.saved"), act: w.t("sync.button"), onAct: func() { w.sync(true, false) }})
			w.back()
		})
	}
	save.OnTapped = p.save
	check()
	return container.NewBorder(nil, kit.Margins(16, 6, 16, 12, container.NewVBox(widget.NewSeparator(), said, container.NewHBox(save))), nil, nil,
		container.NewVScroll(kit.Margins(16, 0, 16, 8, kit.DownReading(0, rows))))
}

func columnRow(a, b, c fyne.CanvasObject) fyne.CanvasObject {
	return kit.Shared(0.34, a, kit.Shared(0.46, b, c))
}
