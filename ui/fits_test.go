package ui

import (
	"strings"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/assets"
	"greffier/ui/kit"
)

// fits looks for what no page may show, without a picture: words or buttons that
// are larger than their place or lie outside what is seen, words of the program
// cut by an ellipsis, the other language, two buttons that want to be first. It
// is asked of each screen that is rendered.
func fits(t *testing.T, w *Window) {
	t.Helper()
	c := w.win.Canvas()
	f := &fitting{t: t, lang: w.lang, own: ownWords(w.lang)}
	window := rect{0, 0, c.Size().Width, c.Size().Height}
	f.walk(c.Content(), fyne.NewPos(0, 0), window, false)
	f.firsts("the page")
	if top := c.Overlays().Top(); top != nil {
		f.walk(top, fyne.NewPos(0, 0), window, false)
		f.firsts("the dialog")
	}
}

type rect struct{ x0, y0, x1, y1 float32 }

func (r rect) and(o rect) rect {
	return rect{max(r.x0, o.x0), max(r.y0, o.y0), min(r.x1, o.x1), min(r.y1, o.y1)}
}

type fitting struct {
	t     *testing.T
	lang  string
	own   *vocabulary
	first []string // buttons that are filled
}

func (f *fitting) firsts(where string) {
	if len(f.first) > 1 {
		f.t.Errorf("%s has %d first buttons: %q", where, len(f.first), f.first)
	}
	f.first = nil
}

// walk goes through what is seen of an object that stands at a place. Below a
// list or a scroller what is further down is not yet there; loose says so.
func (f *fitting) walk(o fyne.CanvasObject, at fyne.Position, clip rect, loose bool) {
	if o == nil || !o.Visible() {
		return
	}
	size := o.Size()
	here := rect{at.X, at.Y, at.X + size.Width, at.Y + size.Height}
	if here.and(clip).x1 <= here.and(clip).x0 && size.Width > 0 && loose || loose && (here.y1 <= clip.y0 || here.y0 >= clip.y1) {
		return // scrolled away
	}
	f.look(o, here, clip, loose)
	switch x := o.(type) {
	case *fyne.Container:
		for _, child := range x.Objects {
			f.walk(child, at.Add(child.Position()), clip, loose)
		}
	case *container.Scroll:
		f.walk(x.Content, at.Add(x.Content.Position()), clip.and(here), true)
	case *widget.Entry, *kit.Entry, *widget.Icon, *kit.Button, *kit.Check, *kit.Select:
		// They are looked at as a whole.
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(x).Objects() {
			f.walk(child, at.Add(child.Position()), clip, loose)
		}
	}
}

func (f *fitting) look(o fyne.CanvasObject, here, clip rect, loose bool) {
	least, words, measured := o.MinSize(), "", true
	switch x := o.(type) {
	case *widget.Label:
		words = x.Text
		f.tongue(words)
		if x.Truncation != fyne.TextTruncateOff {
			measured = false
			size := theme.Size(x.SizeName)
			if x.SizeName == "" {
				size = theme.TextSize()
			}
			if m := fyne.MeasureText(words, size, x.TextStyle); m.Width+2*theme.InnerPadding() > here.x1-here.x0+1 && f.own.whole[words] {
				f.t.Errorf("%q is cut at %.0f of %.0f", words, here.x1-here.x0, m.Width)
			}
		}
	case *kit.Button:
		words = x.Text
		f.tongue(words)
		if x.Importance == kit.HighImportance && !x.Disabled() {
			f.first = append(f.first, words)
		}
	case *kit.Check:
		words = x.Text
		f.tongue(words)
	case *kit.Select:
		words = x.Selected
	case *kit.Entry:
		words = x.PlaceHolder
	case *kit.Chip:
		words = x.Word()
		f.tongue(words)
	case *canvas.Text:
		words = x.Text
		if cut, is := strings.CutSuffix(words, "…"); is && f.own.cut(cut) && !f.own.whole[words] {
			f.t.Errorf("a word of the program is cut: %q", words)
		}
	default:
		return
	}
	if words == "" || here.x1-here.x0 <= 0 {
		return
	}
	if measured && (least.Width > here.x1-here.x0+1 || least.Height > here.y1-here.y0+1) {
		f.t.Errorf("%T %q has %.0f×%.0f and wants %.0f×%.0f", o, short(words), here.x1-here.x0, here.y1-here.y0, least.Width, least.Height)
	}
	if here.x0 < clip.x0-1 || here.x1 > clip.x1+1 || !loose && (here.y0 < clip.y0-3 || here.y1 > clip.y1+1) {
		f.t.Errorf("%T %q lies at %.0f–%.0f × %.0f–%.0f, seen is %.0f–%.0f × %.0f–%.0f", o, short(words), here.x0, here.x1, here.y0, here.y1, clip.x0, clip.x1, clip.y0, clip.y1)
	}
}

func short(s string) string { return kit.Line(s, 60) }

// tongue looks whether words are the program's own, in the other language.
func (f *fitting) tongue(words string) {
	if f.own.other[words] && !strings.Contains(words, "mes photos") { // what the person of the tests writes
		f.t.Errorf("%q is not in the language of the window", words)
	}
}

// vocabulary is what the program itself says in a language.
type vocabulary struct {
	whole, other map[string]bool
	begins       map[string]bool // the beginnings of short words, as a column cuts them
}

func (v *vocabulary) cut(s string) bool { return len([]rune(s)) >= 4 && v.begins[s] }

var (
	vocabularies = map[string]*vocabulary{}
	vocabularyMu sync.Mutex
)

// ownWords are the texts of the catalog that have no place to fill, in one
// language; of another language, none.
func ownWords(lang string) *vocabulary {
	vocabularyMu.Lock()
	defer vocabularyMu.Unlock()
	if v := vocabularies[lang]; v != nil {
		return v
	}
	v := &vocabulary{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	vocabularies[lang] = v
	if lang != "fr" && lang != "en" {
		return v
	}
	foreign := map[string]string{"fr": "en", "en": "fr"}[lang]
	for _, key := range assets.Keys(lang) {
		s := assets.Text(lang, key, nil)
		if s == "" || strings.Contains(s, "<no value>") {
			continue
		}
		v.whole[s] = true
		if runes := []rune(s); len(runes) <= 40 && (strings.HasPrefix(key, "col.") || strings.HasPrefix(key, "state.") || strings.HasPrefix(key, "run.") || strings.HasPrefix(key, "media.")) {
			for i := range runes {
				v.begins[string(runes[:i])] = true
			}
		}
	}
	for _, key := range assets.Keys(foreign) {
		// One word may be the same in both, or a name: sentences are not.
		if s := assets.Text(foreign, key, nil); !v.whole[s] && strings.Contains(s, " ") && !strings.Contains(s, "<no value>") {
			v.other[s] = true
		}
	}
	return v
}
