package demo

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// The sizes of what is drawn, in pixels.
const (
	photoW, photoH       = 320, 240
	portraitW, portraitH = 240, 320
	thumbW, thumbH       = 80, 60
)

// painter draws shapes with soft edges.
type painter struct {
	img *image.RGBA
}

func newPainter(w, h int) painter { return painter{image.NewRGBA(image.Rect(0, 0, w, h))} }

// blend lays a colour over a pixel, a from 0 to 1.
func (p painter) blend(x, y int, c color.RGBA, a float64) {
	i := p.img.PixOffset(x, y)
	mix := func(old, new uint8) uint8 { return uint8(float64(old)*(1-a) + float64(new)*a + 0.5) }
	px := p.img.Pix[i : i+4 : i+4]
	px[0], px[1], px[2], px[3] = mix(px[0], c.R), mix(px[1], c.G), mix(px[2], c.B), 255
}

// shape fills where inside is positive; inside is in pixels, so that one pixel
// at the border is mixed.
func (p painter) shape(cx, cy, rx, ry float64, c color.RGBA, inside func(x, y float64) float64) {
	b := p.img.Bounds()
	for y := max(b.Min.Y, int(cy-ry)-1); y <= min(b.Max.Y-1, int(cy+ry)+1); y++ {
		for x := max(b.Min.X, int(cx-rx)-1); x <= min(b.Max.X-1, int(cx+rx)+1); x++ {
			if a := inside(float64(x)+0.5, float64(y)+0.5) + 0.5; a > 0 {
				p.blend(x, y, c, min(a, 1))
			}
		}
	}
}

func (p painter) ellipse(cx, cy, rx, ry float64, c color.RGBA) {
	p.shape(cx, cy, rx, ry, c, func(x, y float64) float64 {
		return (1 - math.Hypot((x-cx)/rx, (y-cy)/ry)) * min(rx, ry)
	})
}

// smile is the lower part of a ring of radius r and thickness w.
func (p painter) smile(cx, cy, r, w float64, c color.RGBA) {
	p.shape(cx, cy, r+w, r+w, c, func(x, y float64) float64 {
		return min(w-math.Abs(math.Hypot(x-cx, y-cy)-r), y-cy-r*0.35)
	})
}

// sky fills the picture from one colour at the top to another at the bottom.
func (p painter) sky(top, bottom color.RGBA) {
	b := p.img.Bounds()
	for y := range b.Max.Y {
		p.img.SetRGBA(0, y, top)
		p.blend(0, y, bottom, float64(y)/float64(b.Max.Y))
		row := p.img.Pix[y*p.img.Stride : (y+1)*p.img.Stride]
		for x := 4; x < len(row); x += 4 {
			copy(row[x:x+4], row[:4])
		}
	}
}

func (p painter) frame(w int, c color.RGBA) {
	b := p.img.Bounds()
	for y := range b.Max.Y {
		for x := range b.Max.X {
			if x < w || y < w || x >= b.Max.X-w || y >= b.Max.Y-w {
				p.blend(x, y, c, 1)
			}
		}
	}
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

var (
	skins  = []uint32{0xF6D7C3, 0xEFC3A4, 0xD9A37C, 0xB47B54, 0x8A5A3B, 0x6B442C}
	hairs  = []uint32{0x2B1D14, 0x5A3A22, 0x8C5A2B, 0xC98A3D, 0xE3C16F, 0x1B1B22, 0xA4452C}
	skies  = []uint32{0x9CC9E8, 0xF3C7A6, 0xB7D8B0, 0xE7B7C8, 0xC9C2E6, 0xF2DE9B, 0xA9D6CF}
	lands  = []uint32{0xE9F3F8, 0xFBEDE0, 0xE6F2E1, 0xF8E6EC, 0xEEEBF8, 0xFBF5DC, 0xE2F3F0}
	shirts = []uint32{0x2F6690, 0xB23A48, 0x3A7D44, 0xE09F3E, 0x6C4AB6, 0x1F5F5B}
)

func pickOf(r *rand.Rand, from []uint32) color.RGBA { return rgb(from[r.IntN(len(from))]) }

// person is a cartoon face: the same on all pictures of an order.
type person struct {
	skin, hair, shirt color.RGBA
	longHair          bool
	glasses, freckles bool
	bow               bool
}

func newPerson(r *rand.Rand) person {
	return person{
		skin: pickOf(r, skins), hair: pickOf(r, hairs), shirt: pickOf(r, shirts),
		longHair: r.IntN(2) == 0, glasses: r.IntN(4) == 0, freckles: r.IntN(3) == 0, bow: r.IntN(4) == 0,
	}
}

// draw puts the person's head at cx, cy with the radius r; gaze from -1 (left)
// to 1 (right).
func (f person) draw(p painter, cx, cy, r, gaze float64) {
	ink := rgb(0x2A2A33)
	p.ellipse(cx, cy+2.05*r, 1.25*r, 1.1*r, f.shirt)
	if f.longHair {
		p.ellipse(cx, cy+0.25*r, 1.18*r, 1.3*r, f.hair)
	} else {
		p.ellipse(cx, cy-0.22*r, 1.08*r, 1.0*r, f.hair)
	}
	p.ellipse(cx, cy+0.95*r, 0.3*r, 0.35*r, f.skin)
	p.ellipse(cx-0.97*r, cy+0.08*r, 0.15*r, 0.2*r, f.skin)
	p.ellipse(cx+0.97*r, cy+0.08*r, 0.15*r, 0.2*r, f.skin)
	p.ellipse(cx, cy, 0.95*r, r, f.skin)
	p.ellipse(cx-0.3*r, cy-0.75*r, 0.5*r, 0.3*r, f.hair)
	p.ellipse(cx+0.3*r, cy-0.77*r, 0.5*r, 0.28*r, f.hair)
	if f.bow {
		red := rgb(0xC8324B)
		p.ellipse(cx+0.55*r, cy-0.95*r, 0.22*r, 0.14*r, red)
		p.ellipse(cx+0.92*r, cy-0.88*r, 0.22*r, 0.14*r, red)
		p.ellipse(cx+0.73*r, cy-0.92*r, 0.1*r, 0.1*r, rgb(0xE8728A))
	}
	for _, side := range []float64{-1, 1} {
		ex, ey := cx+side*0.36*r, cy-0.08*r
		p.ellipse(ex, ey, 0.17*r, 0.19*r, rgb(0xFFFFFF))
		p.ellipse(ex+gaze*0.06*r, ey+0.02*r, 0.085*r, 0.1*r, ink)
		p.ellipse(cx+side*0.55*r, cy+0.3*r, 0.16*r, 0.1*r, color.RGBA{uint8(min(255, int(f.skin.R)+14)), uint8(int(f.skin.G) * 7 / 8), uint8(int(f.skin.B) * 7 / 8), 255})
		if f.glasses {
			p.shape(ex, ey, 0.28*r, 0.28*r, ink, func(x, y float64) float64 {
				return 0.03*r - math.Abs(math.Hypot(x-ex, y-ey)-0.24*r)
			})
		}
		if f.freckles {
			for k := range 3 {
				p.ellipse(cx+side*(0.42+0.1*float64(k))*r, cy+(0.2+0.05*float64(k%2))*r, 0.022*r, 0.022*r, rgb(0x9A6242))
			}
		}
	}
	p.ellipse(cx, cy+0.16*r, 0.07*r, 0.09*r, color.RGBA{uint8(int(f.skin.R) * 6 / 7), uint8(int(f.skin.G) * 6 / 7), uint8(int(f.skin.B) * 6 / 7), 255})
	p.smile(cx, cy+0.18*r, 0.42*r, max(1, 0.05*r), rgb(0x8E2F3A))
}

// photo draws a snapshot of the person.
func (f person) photo(r *rand.Rand) *image.RGBA {
	p := newPainter(photoW, photoH)
	k := r.IntN(len(skies))
	p.sky(rgb(skies[k]), rgb(lands[r.IntN(len(lands))]))
	for range 5 + r.IntN(6) { // lights out of focus
		s := 8 + 22*r.Float64()
		p.ellipse(photoW*r.Float64(), photoH*r.Float64(), s, s, rgb(skies[r.IntN(len(skies))]))
	}
	f.draw(p, photoW*(0.35+0.3*r.Float64()), photoH*(0.4+0.08*r.Float64()), photoH*(0.2+0.08*r.Float64()), 2*r.Float64()-1)
	p.grain(r)
	return p.img
}

// grain is the noise of a real camera.
func (p painter) grain(r *rand.Rand) {
	for i := 0; i < len(p.img.Pix); i += 4 {
		n := int(r.Uint32()%9) - 4
		for c := range 3 {
			p.img.Pix[i+c] = uint8(min(255, max(0, int(p.img.Pix[i+c])+n)))
		}
	}
}

// portrait draws the person as the hero of the book.
func (f person) portrait(r *rand.Rand) *image.RGBA {
	p := newPainter(portraitW, portraitH)
	p.sky(rgb(0x1E2A55), rgb(0x6A4C93))
	for range 40 {
		s := 0.7 + 1.3*r.Float64()
		p.ellipse(portraitW*r.Float64(), portraitH*r.Float64(), s, s, rgb(0xFFF3C4))
	}
	p.ellipse(portraitW*0.78, portraitH*0.16, 26, 26, rgb(0xFDF0C0))
	f.draw(p, portraitW*0.5, portraitH*0.5, portraitW*0.27, 0.4)
	p.frame(7, rgb(0xD9B45B))
	return p.img
}

// thumb makes a photo small by averaging squares.
func thumb(src *image.RGBA) *image.RGBA {
	const k = photoW / thumbW
	out := image.NewRGBA(image.Rect(0, 0, thumbW, thumbH))
	for y := range thumbH {
		for x := range thumbW {
			var sum [3]int
			for dy := range k {
				row := src.Pix[src.PixOffset(x*k, y*k+dy):]
				for dx := range k {
					for c := range 3 {
						sum[c] += int(row[dx*4+c])
					}
				}
			}
			out.SetRGBA(x, y, color.RGBA{uint8(sum[0] / (k * k)), uint8(sum[1] / (k * k)), uint8(sum[2] / (k * k)), 255})
		}
	}
	return out
}
