package ui

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/request"
	"greffier/ui/kit"
)

// update renews testdata/looks.txt by what the pages look like now.
var update = flag.Bool("update", false, "renew the kept looks of the pages")

// A look is a picture of the window, in so many fields of grey of so many
// steps. A page whose words, lines or colours stand elsewhere has another one.
const (
	lookWidth, lookHeight = 64, 42
	lookSteps             = 32
	// lookFields is how many fields may differ, by more than two steps: fonts
	// are drawn a little differently by another processor.
	lookFields = lookWidth * lookHeight / 100
)

const looksFile = "testdata/looks.txt"

// lookOf makes the look of a picture.
func lookOf(picture image.Image) []byte {
	img := picture.(*image.NRGBA) // opaque, as the canvas of the tests draws
	b := img.Bounds()
	out := make([]byte, 0, lookWidth*lookHeight)
	for y := range lookHeight {
		for x := range lookWidth {
			x0, x1 := b.Min.X+x*b.Dx()/lookWidth, b.Min.X+(x+1)*b.Dx()/lookWidth
			y0, y1 := b.Min.Y+y*b.Dy()/lookHeight, b.Min.Y+(y+1)*b.Dy()/lookHeight
			sum, n := 0, 0
			for py := y0; py < y1; py++ {
				for i := img.PixOffset(x0, py); i < img.PixOffset(x1, py); i += 4 {
					sum += (299*int(img.Pix[i]) + 587*int(img.Pix[i+1]) + 114*int(img.Pix[i+2])) / 1000
					n++
				}
			}
			out = append(out, byte(sum/max(n, 1)*lookSteps/256))
		}
	}
	return out
}

// apart counts the fields in which two looks differ.
func apart(a, b []byte) int {
	if len(a) != len(b) {
		return lookWidth * lookHeight
	}
	n := 0
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > 2 || d < -2 {
			n++
		}
	}
	return n
}

func readLooks(t *testing.T) map[string][]byte {
	t.Helper()
	raw, err := os.ReadFile(looksFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	looks := map[string][]byte{}
	for line := range strings.Lines(string(raw)) {
		name, packed, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(packed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if looks[name], err = io.ReadAll(flate.NewReader(bytes.NewReader(b))); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return looks
}

func writeLooks(t *testing.T, looks map[string][]byte) {
	t.Helper()
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(looks)) {
		var b bytes.Buffer
		z, _ := flate.NewWriter(&b, flate.BestCompression)
		z.Write(looks[name])
		z.Close()
		fmt.Fprintf(&out, "%s %s\n", name, base64.StdEncoding.EncodeToString(b.Bytes()))
	}
	if err := os.MkdirAll(filepath.Dir(looksFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(looksFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// keepFailed writes what a page looks like, and what it was to look like.
func keepFailed(t *testing.T, name string, img image.Image, want []byte) {
	t.Helper()
	dir := filepath.Join("failed", "looks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	expected := image.NewGray(image.Rect(0, 0, lookWidth*8, lookHeight*8))
	for y := range lookHeight * 8 {
		for x := range lookWidth * 8 {
			if i := y/8*lookWidth + x/8; i < len(want) {
				expected.SetGray(x, y, color.Gray{Y: want[i] * (256 / lookSteps)})
			}
		}
	}
	for suffix, m := range map[string]image.Image{"": img, "-expected": expected} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+suffix+".png"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// halfScale draws the looks of 1× with half the pixels each way: the layout is in
// units and is the same, and 64 fields see no more. Those of 1.5× are whole.
const halfScale = 0.5

// A glance is one place of the window, or one page or dialog.
type glance struct {
	name string
	open func(*Window)
}

// glances are the pages and dialogs beside the places of which a look is kept:
// the tabs of a case, and what asks before it acts.
func glances() (out []glance) {
	for tab, name := range []string{"mail", "person", "plan", "copy", "measures", "letters", "recipients", "history"} {
		out = append(out, glance{"case-" + name, func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tab}) }})
	}
	out = append(out, glance{"case-objection", func(w *Window) { caseWith(w, tabPlan, onlyObjecting) }})
	kept := []string{"dialog-why", "dialog-confirm-case", "dialog-refuse", "dialog-insist", "dialog-place", "new-case", "register-breach", "order-held", "recipient-letter"}
	for _, s := range slices.Concat(screens, erasing, living) {
		if slices.Contains(kept, s.name) {
			out = append(out, glance{s.name, s.open})
		}
	}
	return out
}

// onlyObjecting makes a case an objection to messages, not yet answered.
func onlyObjecting(v *app.CaseView) {
	v.Case.Asked, v.Case.Minor, v.Case.Link = []cases.Asked{{Right: request.Objection}}, false, cases.Self
	v.Runs = nil
}

// TestEachPlaceLooksAsItDid keeps a look of each place in both languages, typical,
// empty and full; of the typical one also in the dark, which lays out no other
// way, and at 1.5×. Pages and dialogs are kept in French and light, and in
// English and dark.
func TestEachPlaceLooksAsItDid(t *testing.T) {
	looks := readLooks(t)
	seen := map[string]bool{}
	keep := func(t *testing.T, w *Window, name string, scale float32) {
		seen[name] = true
		w.win.Canvas().(interface{ SetScale(float32) }).SetScale(scale)
		img := w.win.Canvas().Capture()
		got := lookOf(img)
		if *update {
			looks[name] = got
			return
		}
		if n := apart(got, looks[name]); n > lookFields {
			keepFailed(t, name, img, looks[name])
			t.Errorf("%s looks different in %d of %d fields; see ui/failed/looks, and run go test ./ui -run LooksAsItDid -update when that is meant", name, n, lookWidth*lookHeight)
		}
	}
	// One look after the other, each with its windows closed: a change of theme has
	// all words of all windows measured anew.
	for _, look := range []string{"light", "dark"} {
		t.Run(look, func(t *testing.T) {
			for _, lang := range []string{"fr", "en"} {
				for _, fill := range []string{"typical", "empty", "full"} {
					if look == "dark" && fill != "typical" {
						continue
					}
					f := newFake(lang, look)
					f.empty = fill == "empty"
					var over Facade = f
					if fill == "full" {
						f.agenda.many = 2000
						over = crowded{f, 2000}
					}
					w := openOver(t, f, over)
					size(w, 1024, 680)
					for _, place := range places {
						w.open(place)
						size(w, 1024, 680)
						fits(t, w)
						name := strings.Join([]string{place, fill, lang, look}, "-")
						keep(t, w, name, halfScale)
						if look == "light" && lang == "fr" && fill == "typical" {
							keep(t, w, name+"-large", 1.5)
						}
					}
				}
			}
			lang := map[string]string{"light": "fr", "dark": "en"}[look]
			for _, g := range glances() {
				f := newFake(lang, look)
				w := openOver(t, f, f)
				size(w, 1024, 680)
				g.open(w)
				size(w, 1024, 680)
				fits(t, w)
				keep(t, w, strings.Join([]string{g.name, lang, look}, "-"), halfScale)
			}
		})
	}
	if *update {
		maps.DeleteFunc(looks, func(name string, _ []byte) bool { return !seen[name] })
		writeLooks(t, looks)
	}
}

func TestALookTellsAPageFromAnother(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	a := lookOf(w.win.Canvas().Capture())
	w.open(placeSettings)
	size(w, 1200, 780)
	if n := apart(a, lookOf(w.win.Canvas().Capture())); n <= lookFields {
		t.Errorf("two pages differ in %d fields only", n)
	}
	if kit.RowHeight > 780/lookHeight*3 {
		t.Error("a row is lost between fields")
	}
}
