package reports

import (
	"bytes"
	"strconv"

	"github.com/jung-kurt/gofpdf"
)

// pen writes the operations of a sheet as PDF. gofpdf would do the same with
// five times the work; it is asked where it must know: which font is meant, and
// of which letters. Everything else gathers in a buffer.
type pen struct {
	book   *book
	pdf    *gofpdf.Fpdf
	buf    []byte
	height float64
	face   face
	size   float64 // 0: no font is chosen yet
	wet    ink
	dipped bool
	known  []bool // by face and letter: gofpdf knows that it is used
}

// turn begins a page, which knows nothing of the one before.
func (p *pen) turn(s *sheet) {
	_, p.height = s.size()
	p.size, p.dipped = 0, false
}

// flush hands the buffer over.
func (p *pen) flush() {
	if len(p.buf) > 0 {
		p.pdf.RawWriteBuf(bytes.NewReader(p.buf))
		p.buf = p.buf[:0]
	}
}

func (p *pen) number(mm float64) {
	p.buf = strconv.AppendFloat(p.buf, mm/pointMM, 'f', 2, 64)
	p.buf = append(p.buf, ' ')
}

// dip takes one colour for text and areas alike, when it changes.
func (p *pen) dip(c ink) {
	if c = p.book.color(c); p.dipped && p.wet == c {
		return
	}
	for _, v := range c {
		p.buf = strconv.AppendFloat(p.buf, float64(v)/255, 'f', 3, 64)
		p.buf = append(p.buf, ' ')
	}
	p.buf = append(p.buf, "rg\n"...)
	p.wet, p.dipped = c, true
}

func (p *pen) box(o op) {
	p.dip(o.ink)
	p.number(o.x)
	p.number(p.height - o.y)
	p.number(o.w)
	p.number(-o.h)
	p.buf = append(p.buf, "re f\n"...)
}

func (p *pen) text(o op) {
	p.dip(o.style.ink)
	if ordinary(o.text, o.style.face) {
		p.write(o.x, o.y, o.text, o.style.face, o.style.size)
		return
	}
	x := o.x
	for _, part := range pieces(o.text, o.style.face) {
		p.write(x, o.y, part.text, part.face, o.style.size)
		x += width(part.text, o.style.face, o.style.size)
	}
}

// write sets text that one font has.
func (p *pen) write(x, y float64, s string, f face, size float64) {
	if f != p.face || size != p.size {
		p.flush()
		p.pdf.SetFont(fonts[f].family, fonts[f].style, size)
		p.face, p.size = f, size
	}
	if p.news(s, f) {
		p.flush()
		p.pdf.Text(x, y, s)
		return
	}
	p.buf = append(p.buf, "BT "...)
	p.number(x)
	p.number(p.height - y)
	p.buf = append(p.buf, "Td ("...)
	for _, r := range s {
		for _, c := range [2]byte{byte(r >> 8), byte(r)} { // the basic plane only
			switch c {
			case '\\', '(', ')':
				p.buf = append(p.buf, '\\', c)
			case '\r':
				p.buf = append(p.buf, '\\', 'r')
			default:
				p.buf = append(p.buf, c)
			}
		}
	}
	p.buf = append(p.buf, ") Tj ET\n"...)
}

// news tells whether a text has a letter that gofpdf has not seen in this face.
func (p *pen) news(s string, f face) bool {
	found := false
	for _, r := range s {
		if at := int(f)<<16 | int(r); !p.known[at] {
			p.known[at], found = true, true
		}
	}
	return found
}
