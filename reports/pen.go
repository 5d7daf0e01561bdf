package reports

import (
	"math"
	"runtime"
	"strconv"
	"sync"
)

// press prints sheets as they become full, on all cores, so that a long register
// is never held whole.
type press struct {
	work  chan *sheet
	spare chan []op      // emptied, to be used again
	done  sync.WaitGroup // the pens
	wet   sync.WaitGroup // the sheets handed over
	pens  []*pen

	panicOnce sync.Once
	panic     any
}

// newPress starts as many pens as there are cores. Whoever makes a press stops it.
func newPress(b *book) *press {
	p := &press{work: make(chan *sheet, 64), spare: make(chan []op, 128)}
	for range min(runtime.GOMAXPROCS(0), 8) {
		n := &pen{book: b}
		p.pens = append(p.pens, n)
		p.done.Go(func() {
			for s := range p.work {
				p.print(n, s)
				p.wet.Done()
			}
		})
	}
	return p
}

// print prints a sheet. A panic is kept for whoever stops the press, where a guard
// may stand; the other sheets still pass, so that nobody waits for ever.
func (p *press) print(n *pen, s *sheet) {
	defer func() {
		if r := recover(); r != nil {
			p.panicOnce.Do(func() { p.panic = r })
		}
	}()
	ops := s.ops
	n.print(s)
	if ops != nil {
		select {
		case p.spare <- ops[:0]:
		default:
		}
	}
}

// take takes a sheet, of which nothing else may be said until dry returns.
func (p *press) take(s *sheet) {
	p.wet.Add(1)
	p.work <- s
}

// dry waits for the sheets taken so far.
func (p *press) dry() { p.wet.Wait() }

// room returns room for what stands on a sheet.
func (p *press) room() []op {
	select {
	case ops := <-p.spare:
		return ops
	default:
		return make([]op, 0, 192)
	}
}

// stop waits for the sheets and returns the letters that each face had to show,
// sorted.
func (p *press) stop() (used [allFaces][]rune) {
	close(p.work)
	p.done.Wait()
	if p.panic != nil {
		panic(p.panic)
	}
	for f := range used {
		for r := range rune(1 << 16) {
			for _, n := range p.pens {
				if n.used[f] != nil && n.used[f][r] {
					used[f] = append(used[f], r)
					break
				}
			}
		}
	}
	return used
}

// pen writes the operations of sheets as PDF. gofpdf would do the same with five
// times the work.
type pen struct {
	book   *book
	buf    []byte
	height float64
	face   face
	size   float64 // 0: no font is chosen yet
	wet    ink
	dipped bool
	used   [allFaces][]bool // by letter of the basic plane
	z      squeezer
}

// print turns what stands on a sheet into bytes: its body once it is full, its
// footer when the number of pages is known.
func (p *pen) print(s *sheet) {
	if s.ops != nil {
		for _, o := range s.ops {
			if o.kind == opLink {
				s.links = append(s.links, o)
			}
		}
		s.body, s.ops = p.stream(s, s.ops), nil
	}
	if s.last != nil {
		s.foot, s.last = p.stream(s, s.last), nil
	}
}

// stream writes operations as the stream of a page, compressed.
func (p *pen) stream(s *sheet, ops []op) []byte {
	_, p.height = s.size()
	p.size, p.dipped, p.buf = 0, false, p.buf[:0]
	for _, o := range ops {
		switch o.kind {
		case opText:
			p.text(o)
		case opRule, opBox:
			p.box(o)
		}
	}
	return p.z.squeeze(p.buf)
}

func (p *pen) number(mm float64) { p.buf = append(appendHundredths(p.buf, mm/pointMM), ' ') }

// appendHundredths writes a number with at most two decimals.
func appendHundredths(b []byte, v float64) []byte {
	n := int64(math.Round(v * 100))
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/100, 10)
	if part := byte(n % 100); part != 0 {
		b = append(b, '.', '0'+part/10)
		if part%10 != 0 {
			b = append(b, '0'+part%10)
		}
	}
	return b
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
	if o.text == "" {
		return
	}
	p.dip(o.style.ink)
	if p.write(o.x, o.y, o.text, o.style.face, o.style.size) {
		return
	}
	x := o.x
	for _, part := range pieces(o.text, o.style.face) {
		p.write(x, o.y, part.text, part.face, o.style.size)
		x += width(part.text, o.style.face, o.style.size)
	}
}

// write sets a cleaned text in one font; it sets nothing and returns false where
// the font has not all of it.
func (p *pen) write(x, y float64, s string, f face, size float64) bool {
	begin, had, hadSize := len(p.buf), p.face, p.size
	if f != p.face || size != p.size {
		p.buf = append(append(append(p.buf, '/'), fonts[f].name...), ' ')
		p.buf = append(appendHundredths(p.buf, size), " Tf\n"...)
		p.face, p.size = f, size
	}
	if p.used[f] == nil {
		p.used[f] = make([]bool, 1<<16)
	}
	m, used := allMetrics()[f], p.used[f]
	p.buf = append(p.buf, "BT "...)
	p.number(x)
	p.number(p.height - y)
	p.buf = append(p.buf, "Td ("...)
	for _, r := range s {
		if r > 0xFFFF || m[r] == missing {
			p.buf, p.face, p.size = p.buf[:begin], had, hadSize
			return false
		}
		used[r] = true
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
	return true
}
