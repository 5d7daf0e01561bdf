package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"greffier/ui/kit"
)

// keyLine is one line of the help: what is done, and by which keys.
type keyLine struct{ words, keys string }

// keyPart is one place of the window with its keys.
type keyPart struct {
	title string
	lines []keyLine
}

// keyWord is a key as it is written on a keyboard.
func (w *Window) keyWord(k fyne.KeyName) string { return w.known("key."+string(k), string(k)) }

// shortcutWord is a shortcut as it is written: "Ctrl+Maj+C".
func (w *Window) shortcutWord(s *desktop.CustomShortcut) string {
	var parts []string
	for _, m := range []struct {
		is  fyne.KeyModifier
		key string
	}{{fyne.KeyModifierControl, "key.control"}, {fyne.KeyModifierSuper, "key.super"}, {fyne.KeyModifierAlt, "key.alt"}, {fyne.KeyModifierShift, "key.shift"}} {
		if s.Modifier&m.is != 0 {
			parts = append(parts, w.t(m.key))
		}
	}
	return strings.Join(append(parts, w.keyWord(s.KeyName)), "+")
}

// keyParts lists what keys do, place by place, from the tables that the keys are
// bound by: it can neither promise a key nor leave one out.
func (w *Window) keyParts() []keyPart {
	every := keyPart{title: w.t("keys.everywhere")}
	for _, k := range w.plainKeys() {
		every.lines = append(every.lines, keyLine{w.t(k.key), w.keyWord(k.name)})
	}
	for _, k := range []struct{ key, keys string }{{"keys.next", "key.Tab"}, {"keys.copy", "key.copy"}} {
		every.lines = append(every.lines, keyLine{w.t(k.key), w.t(k.keys)})
	}
	out := []keyPart{every}
	for _, part := range w.commands() {
		p := keyPart{title: w.t("keys.menu", "Menu", w.t(part.key))}
		for _, c := range part.commands {
			if c.keys != nil {
				p.lines = append(p.lines, keyLine{w.t(c.key), w.shortcutWord(c.keys)})
			}
		}
		out = append(out, p)
	}
	for _, x := range []struct {
		key  string
		keys []kit.Key
	}{{"keys.table", kit.TableKeys()}, {"keys.outline", kit.OutlineKeys()}, {"keys.tabs", kit.TabKeys()}, {"keys.chips", kit.ChipKeys()}, {"keys.button", kit.ButtonKeys()}} {
		p := keyPart{title: w.t(x.key)}
		var order []string
		names := map[string][]string{}
		for _, k := range x.keys {
			if !slices.Contains(order, k.Does) {
				order = append(order, k.Does)
			}
			for _, n := range k.Names {
				if word := w.keyWord(n); !slices.Contains(names[k.Does], word) {
					names[k.Does] = append(names[k.Does], word)
				}
			}
		}
		for _, does := range order {
			p.lines = append(p.lines, keyLine{w.t("keys.does." + does), strings.Join(names[does], "  ")})
		}
		out = append(out, p)
	}
	return out
}

// helpPage lists the keys.
type helpPage struct{ w *Window }

func (p *helpPage) place() string { return "" }
func (p *helpPage) changed()      {}

func (p *helpPage) build() fyne.CanvasObject {
	w := p.w
	var cards []fyne.CanvasObject
	for _, part := range w.keyParts() {
		rows := []fyne.CanvasObject{kit.Heading(part.title)}
		for _, l := range part.lines {
			keys := kit.Strong(l.keys)
			keys.Alignment = fyne.TextAlignTrailing
			rows = append(rows, kit.Row(0, kit.Words(l.words), kit.MinWidth(200, keys)))
		}
		cards = append(cards, kit.NewCard(kit.Down(-10, rows...)))
	}
	return container.NewBorder(w.backHeader(w.t("keys.title"), w.t("keys.summary")).Object, nil, nil, nil, kit.Page(kit.DownReading(12, cards...)))
}

func (w *Window) help() {
	if _, there := w.page.(*helpPage); !there {
		w.follow(&helpPage{w})
	}
}

// about says what Greffier is, and which one this is.
func (w *Window) about() {
	info := w.f.Info()
	lines := []fyne.CanvasObject{kit.Words(w.t("about.words")), kit.Gap(6)}
	if info.Version != "" {
		lines = append(lines, kit.Pair(w.t("about.version"), kit.Line(info.Version, 60)))
	}
	lines = append(lines, kit.Pair(w.t("about.system"), systemWord()))
	d := kit.NewDialog(w.win.Canvas(), "Greffier", 440, kit.Down(0, lines...), w.t("close"), nil)
	d.Show()
}

// menuFits lets rest what the page has no use for.
func (w *Window) menuFits() {
	for _, m := range w.menuCan {
		m.Disabled = w.page == nil || !m.can(w.page)
	}
}
