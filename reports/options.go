package reports

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
)

var (
	// ErrRender says that a document could not be turned into bytes. Nothing
	// was written.
	ErrRender = errors.New("the document cannot be rendered")
	// ErrNothing says that there is no document to print.
	ErrNothing = errors.New("there is nothing to print")
	// ErrNoTable says that a document has no main table, so that there are no
	// records to write as CSV.
	ErrNoTable = errors.New("the document has no table")
)

// Options are the choices for one file. The zero value is right for most.
type Options struct {
	// BOM begins a CSV with a byte order mark, by which spreadsheets recognise
	// UTF-8.
	BOM bool
	// Semicolon separates the cells of a CSV by semicolons, as spreadsheets
	// expect under a French locale.
	Semicolon bool
	// Accent is the shop's colour on paper, as "#1F5F5B"; "" or what is no
	// colour means the house's. One that is too light to be read on white is
	// darkened.
	Accent string
}

// accent reads the shop's colour, nil where there is none.
func (o Options) accent() *ink {
	h, ok := strings.CutPrefix(strings.TrimSpace(o.Accent), "#")
	b, err := hex.DecodeString(h)
	if !ok || err != nil || len(b) != 3 {
		return nil
	}
	c := ink{b[0], b[1], b[2]}
	for c.contrast() < 4.5 {
		for i := range c {
			c[i] = uint8(int(c[i]) * 15 / 16)
		}
	}
	return &c
}

// contrast is the ratio of a colour to white, 1 to 21 (WCAG 2.2, 1.4.3, which
// asks for 4.5).
func (c ink) contrast() float64 {
	lum := 0.0
	for i, share := range [3]float64{0.2126, 0.7152, 0.0722} {
		v := float64(c[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		lum += share * v
	}
	return 1.05 / (lum + 0.05)
}
