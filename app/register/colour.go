package register

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// Colour is a colour on paper or screen: red, green, blue.
type Colour [3]uint8

// ReadableOnWhite is the least contrast of text to its ground (WCAG 2.2, 1.4.3).
const ReadableOnWhite = 4.5

// ParseColour reads a colour written as "#1F5F5B".
func ParseColour(s string) (Colour, bool) {
	h, ok := strings.CutPrefix(strings.TrimSpace(s), "#")
	b, err := hex.DecodeString(h)
	if !ok || err != nil || len(b) != 3 {
		return Colour{}, false
	}
	return Colour(b), true
}

// String writes the colour as "#1F5F5B".
func (c Colour) String() string { return fmt.Sprintf("#%02X%02X%02X", c[0], c[1], c[2]) }

// Contrast is the ratio of the colour to white, 1 to 21 (WCAG 2.2).
func (c Colour) Contrast() float64 {
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

// OnWhite returns the colour, darkened until it can be read on white.
func (c Colour) OnWhite() Colour {
	for c.Contrast() < ReadableOnWhite {
		for i := range c {
			c[i] = uint8(int(c[i]) * 15 / 16)
		}
	}
	return c
}
