package ui

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/ui/kit"
)

// MemoryName is the file of the profile in which the window remembers itself. It
// is not sealed, since the door wants it before the passphrase: nothing of the
// shop and nobody's name may be in it.
const MemoryName = "window.json"

// maxMemory bounds what is read of the file.
const maxMemory = 64 << 10

// The sizes of the window, in units of the screen.
const (
	firstWidth, firstHeight = 1200, 780
	leastWidth, leastHeight = 1024, 680
	mostWidth, mostHeight   = 7680, 4320
)

// memory is what the window remembers of itself between two starts.
type memory struct {
	Width  float32            `json:"width,omitempty"`
	Height float32            `json:"height,omitempty"`
	Text   kit.Text           `json:"text,omitempty"`
	Look   kit.Look           `json:"look,omitempty"` // the door's; the profile's own counts once it is open
	Place  string             `json:"place,omitempty"`
	Splits map[string]float64 `json:"splits,omitempty"` // the share of the first part, by the page's name
}

// readMemory reads the file of a profile's folder. One that is missing, damaged
// or strange is as good as none: what makes no sense counts as never said.
func readMemory(dir string) memory {
	var m memory
	if dir == "" {
		return memory{}.settled()
	}
	f, err := os.Open(filepath.Join(dir, MemoryName))
	if err != nil {
		return memory{}.settled()
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxMemory {
		return memory{}.settled()
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxMemory))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return memory{}.settled()
	}
	return m.settled()
}

// settled puts right whatever makes no sense.
func (m memory) settled() memory {
	bound := func(v, first, least, most float32) float32 {
		if v <= 0 || math.IsNaN(float64(v)) {
			return first
		}
		return min(max(v, least), most)
	}
	m.Width, m.Height = bound(m.Width, firstWidth, leastWidth, mostWidth), bound(m.Height, firstHeight, leastHeight, mostHeight)
	if !slices.Contains(kit.Texts, m.Text) {
		m.Text = kit.TextNormal
	}
	if !slices.Contains([]kit.Look{kit.LookSystem, kit.LookLight, kit.LookDark}, m.Look) {
		m.Look = kit.LookSystem
	}
	if !slices.Contains(places, m.Place) {
		m.Place = placeToday
	}
	splits := map[string]float64{}
	for name, at := range m.Splits {
		if slices.Contains(splitNames, name) && at > 0 && at < 1 {
			splits[name] = at
		}
	}
	m.Splits = splits
	return m
}

// write keeps the file: whole or not at all, for the owner's eyes only. A folder
// that is not there, or that cannot be written to, only means that nothing is
// remembered.
func (m memory) write(dir string) {
	raw, err := json.Marshal(m)
	if err != nil || dir == "" {
		return
	}
	aside := filepath.Join(dir, MemoryName+".new")
	f, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return
	}
	_, err = f.Write(raw)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(aside, filepath.Join(dir, MemoryName))
	}
	if err != nil {
		_ = os.Remove(aside) // what is left is written over with the next change
	}
}

// The pages that are divided in two by a line that can be moved.
const (
	splitOrder    = "order"
	splitPromises = "promises"
	splitWording  = "wording"
	splitRegister = "register"
)

var splitNames = []string{splitOrder, splitPromises, splitWording, splitRegister}

// split divides a page in two where she left the line, or at the share given.
func (w *Window) split(name string, share float64, a, b fyne.CanvasObject) *container.Split {
	w.rememberSplits() // the page may only be drawn anew
	s := container.NewHSplit(a, b)
	s.Offset = share
	if at, ok := w.memory.Splits[name]; ok {
		s.Offset = at
	}
	w.splits[name] = divided{s, s.Offset}
	return s
}

// divided is a page that is divided in two, and where its line stood first.
type divided struct {
	*container.Split
	first float64
}

// rememberSplits keeps where the lines that were moved stand now.
func (w *Window) rememberSplits() {
	for name, s := range w.splits {
		if s.Offset != s.first {
			w.memory.Splits[name] = s.Offset
		}
	}
}

// remember keeps how large the window is, where she is, and how pages are divided.
func (w *Window) remember() {
	w.rememberSplits()
	size := w.win.Canvas().Size()
	w.memory.Width, w.memory.Height, w.memory.Look = size.Width, size.Height, w.look
	if w.page != nil {
		if _, guided := w.page.(*firstRunPage); !guided {
			w.memory.Place = w.page.place()
		}
	}
	w.memory.write(w.f.Info().Dir)
}

// setText changes at once how large words are.
func (w *Window) setText(t kit.Text) {
	w.memory.Text = t
	w.app.Settings().SetTheme(kit.NewThemeAt(w.look, t))
	w.remember()
	w.anew()
}

// larger makes words larger by a step.
func (w *Window) larger() {
	if i := slices.Index(kit.Texts, w.memory.Text) + 1; i < len(kit.Texts) {
		w.setText(kit.Texts[i])
	}
}
