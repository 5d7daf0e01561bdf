package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"greffier/app/cases"
	"greffier/assets"
	"greffier/ui/kit"
)

func TestTheHelpListsEveryShortcutAndNoOther(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		w := openTest(t, newFake(lang, "light"))
		key(w, fyne.KeyF1)
		if _, ok := w.page.(*helpPage); !ok {
			t.Fatalf("F1 leads to %T", w.page)
		}
		listed := map[string]string{}
		for _, part := range w.keyParts() {
			for _, l := range part.lines {
				if l.words == "" || strings.HasPrefix(l.words, "keys.") {
					t.Errorf("%s: a key without words: %+v", lang, l)
				}
				listed[l.words] = l.keys
			}
		}
		page := texts(w)
		bound := 0
		for _, m := range w.win.MainMenu().Items {
			for _, i := range m.Items {
				s, ok := i.Shortcut.(*desktop.CustomShortcut)
				if !ok {
					continue
				}
				bound++
				if listed[i.Label] != w.shortcutWord(s) {
					t.Errorf("%s: %s is bound to %s and listed as %q", lang, i.Label, w.shortcutWord(s), listed[i.Label])
				}
				if !strings.Contains(page, i.Label) || !strings.Contains(page, w.shortcutWord(s)) {
					t.Errorf("%s: the page does not show %s", lang, i.Label)
				}
			}
		}
		told := 0
		for _, part := range w.commands() {
			for _, c := range part.commands {
				if c.keys != nil {
					told++
				}
			}
		}
		if told != bound || bound < 20 {
			t.Errorf("%d shortcuts are bound and %d are listed", bound, told)
		}
		for _, k := range slices.Concat(kit.TableKeys(), kit.OutlineKeys(), kit.TabKeys(), kit.ChipKeys(), kit.ButtonKeys()) {
			if !assets.Has(lang, "keys.does."+k.Does) {
				t.Errorf("%s: no words for %q", lang, k.Does)
			}
		}
		key(w, fyne.KeyEscape)
		if _, still := w.page.(*helpPage); still {
			t.Error("Esc does not lead back")
		}
	}
}

func TestF1AndEscWorkWhateverHasTheKeyboard(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	w.open(placeRequests)
	w.find()
	if w.win.Canvas().Focused() == nil {
		t.Fatal("the search has not got the keyboard")
	}
	key(w, fyne.KeyEscape)
	if f := w.win.Canvas().Focused(); f != nil {
		t.Errorf("after Esc the keyboard is still on %T", f)
	}
	w.find()
	key(w, fyne.KeyF1)
	if _, ok := w.page.(*helpPage); !ok {
		t.Errorf("F1 leads to %T", w.page)
	}
}

func TestASelectedRowIsCopiedAndLetGo(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	p := &requestsPage{w: w, filter: filterToCheck}
	w.show(p)
	list := p.table.Focusable()
	w.win.Canvas().Focus(list)
	key(w, fyne.KeyDown)
	list.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutCopy{})
	row := w.app.Clipboard().Content()
	if strings.Count(row, "\t") < 2 || strings.Contains(row, "\n") {
		t.Errorf("copied was %q", row)
	}
	p.table.Tick(0)
	p.table.Tick(1)
	w.copySelection()
	if rows := w.app.Clipboard().Content(); strings.Count(rows, "\n") != 1 {
		t.Errorf("of two ticked rows %q was copied", rows)
	}
	key(w, fyne.KeyEscape)
	key(w, fyne.KeyEscape)
	if w.win.Canvas().Focused() != nil {
		t.Error("Esc does not let the list go")
	}
}

func TestARecordItsAddressAndItsNumberAreCopied(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	w.openCase(1)
	items := map[string]*fyne.MenuItem{}
	for _, m := range w.win.MainMenu().Items {
		for _, i := range m.Items {
			items[i.Label] = i
		}
	}
	for label, want := range map[string]string{"copying.email": "mathilde.fontaine@exemple.fr", "copying.number": "1", "copying.selection": "Mathilde Fontaine"} {
		i := items[w.t(label)]
		if i.Disabled {
			t.Errorf("%s rests", label)
		}
		i.Action()
		if got := w.app.Clipboard().Content(); !strings.Contains(got, want) {
			t.Errorf("%s copied %q", label, got)
		}
	}
	w.open(placeJournal)
	if !items[w.t("copying.email")].Disabled {
		t.Error("there is an address to copy from the journal")
	}
}

func TestTabLeavesTheEditorOfALetter(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
	c, seen := w.win.Canvas(), map[fyne.Focusable]bool{}
	editors := 0
	for range 60 {
		c.FocusNext()
		f := c.Focused()
		if seen[f] {
			break
		}
		seen[f] = true
		if e, ok := f.(*kit.Entry); ok && e.MultiLine {
			editors++
			if e.AcceptsTab() {
				t.Error("Tab is typed into the letter")
			}
		}
	}
	if editors == 0 || len(seen) < 5 {
		t.Errorf("Tab reaches %d editors and %d things", editors, len(seen))
	}
}

func TestEveryActOfTheMenuHasWords(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	for _, part := range w.commands() {
		for _, c := range part.commands {
			for _, lang := range assets.Langs {
				if !assets.Has(lang, part.key) || c.key != "" && !assets.Has(lang, c.key) {
					t.Errorf("%s: %s, %s has no words", lang, part.key, c.key)
				}
			}
		}
	}
}
