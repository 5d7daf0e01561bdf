package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"greffier/ui/kit"
)

// The smallest screen, and what the menu bar takes of it at the largest text.
const (
	screenWidth, screenHeight = 1280, 720
	menuBar                   = 42
)

// openLarge opens the window with the largest text.
func openLarge(t *testing.T, f *fake) *Window {
	t.Helper()
	a := appLooking(f.info.Theme)
	f.info.Dir = t.TempDir()
	memory{Text: kit.TextLarger}.settled().write(f.info.Dir)
	w := newWindow(a, f, inPlace, inPlace)
	w.clock = func() time.Time { return now }
	t.Cleanup(func() { w.stop(); w.win.Close() })
	size(w, screenWidth, screenHeight-menuBar)
	return w
}

func TestTheLargestTextFitsTheSmallestScreen(t *testing.T) {
	names := []string{"today", "requests", "mail", "case-plan", "case-person", "case-letters", "orders", "order", "storage-due", "registers", "register-form", "promises", "journal", "settings", "dialog-confirm"}
	if os.Getenv("GREFFIER_SHOTS") != "" { // whoever looks, looks at everything
		names = nil
		for _, s := range slices.Concat(screens, erasing, mailing) {
			names = append(names, s.name)
		}
	}
	for _, lang := range []string{"fr", "en"} {
		w := openLarge(t, newFake(lang, "light"))
		for _, s := range slices.Concat(screens, erasing, mailing) {
			if !slices.Contains(names, s.name) {
				continue
			}
			s.open(w)
			// A page that is higher scrolls; none may be cut off at the side.
			if m := w.win.Content().MinSize(); m.Width > screenWidth || m.Height > screenHeight-menuBar {
				t.Errorf("%s %s: the window asks for %v", lang, s.name, m)
			}
			if d := kit.Open(w.win.Canvas()); d != nil {
				if m := w.win.Canvas().Overlays().Top().MinSize(); m.Width > screenWidth || m.Height > screenHeight-menuBar {
					t.Errorf("%s %s: the dialog asks for %v", lang, s.name, m)
				}
				shoot(t, w, "larger-"+lang+"-"+s.name)
				d.Close()
				continue
			}
			shoot(t, w, "larger-"+lang+"-"+s.name)
		}
	}
}

func TestTheSizeOfTextChangesAtOnceAndIsRemembered(t *testing.T) {
	f := newFake("fr", "light")
	f.info.Dir = t.TempDir()
	w := openTest(t, f)
	w.openCase(1)
	before := w.rail[placeToday].MinSize().Height
	w.larger()
	if w.rail[placeToday].MinSize().Height <= before {
		t.Error("the rows of the rail do not follow the text")
	}
	if p, ok := w.page.(*casePage); !ok || p.id != 1 {
		t.Errorf("the page is %T now", w.page)
	}
	w.larger()
	w.larger() // there is no larger one
	if m := readMemory(f.info.Dir); m.Text != kit.TextLarger {
		t.Errorf("remembered is %q", m.Text)
	}
	again := openTest(t, f)
	if again.memory.Text != kit.TextLarger || kit.Scaled(10) <= 10 {
		t.Error("the next start does not know it")
	}
	w.setText(kit.TextNormal)
}

func TestTheWindowRemembersWhereItWas(t *testing.T) {
	f := newFake("fr", "light")
	f.info.Dir = t.TempDir()
	w := openTest(t, f)
	w.win.Resize(fyne.NewSize(1100, 700))
	w.open(placePromises)
	w.splits[splitPromises].SetOffset(0.4)
	w.remember()
	info, err := os.Stat(filepath.Join(f.info.Dir, MemoryName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file: %v %v", info, err)
	}
	again := openTest(t, f)
	if again.page.place() != placePromises {
		t.Errorf("it opens at %s", again.page.place())
	}
	if got := again.splits[splitPromises].Offset; got != 0.4 {
		t.Errorf("the line stands at %v", got)
	}
	if again.memory.Width != 1100 || again.memory.Height != 700 {
		t.Errorf("it is %v by %v", again.memory.Width, again.memory.Height)
	}
}

func TestADamagedMemoryDoesNoHarm(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing": "", "no JSON": "\x00\xff{", "a list": "[1,2]", "too large": `{"place":"` + strings.Repeat("x", maxMemory) + `"}`,
		"nonsense": `{"width":-5,"height":1e30,"text":"huge","look":"loud","place":"/etc","splits":{"order":7,"other":0.5}}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, MemoryName), []byte(raw), 0o600); err != nil {
				t.Fatal(err)
			}
			m := readMemory(dir)
			if m.Width < leastWidth || m.Width > mostWidth || m.Height < leastHeight || m.Height > mostHeight {
				t.Errorf("the window would be %v by %v", m.Width, m.Height)
			}
			if m.Text != kit.TextNormal || m.Look != kit.LookSystem || m.Place != placeToday || len(m.Splits) > 0 {
				t.Errorf("it counts: %+v", m)
			}
		})
	}
}
