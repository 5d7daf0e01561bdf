package reports

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/jung-kurt/gofpdf"
)

// A4 in millimetres.
const (
	a4Short = 210.0
	a4Long  = 297.0
)

// opKind is what an operation draws.
type opKind int

const (
	opText opKind = iota // text at x on the baseline y
	opRule               // a line from x, y of length w; h is its thickness
	opBox                // a filled box
	opLink               // a box that leads to a place of the book
)

// op is one thing drawn on a sheet, in millimetres from the top left corner.
type op struct {
	kind       opKind
	x, y, w, h float64
	text       string
	style      style
	ink        ink
	target     int // of a link: index of a place
}

// sheet is one page.
type sheet struct {
	wide bool
	ops  []op
	part int // index of the document that it belongs to; -1 for the cover and the contents
}

func (s *sheet) size() (w, h float64) {
	if s.wide {
		return a4Long, a4Short
	}
	return a4Short, a4Long
}

// place is a heading that a bookmark, a line of the contents and links lead to.
type place struct {
	title string
	level int
	sheet *sheet
	y     float64
}

// book is everything that is to be printed.
type book struct {
	sheets                 []*sheet
	places                 []place
	title, author, subject string
	lang                   string
	made                   time.Time
	accent                 *ink // nil: the house's
}

// paint turns the book into a PDF and uses it up. gofpdf is known here and nowhere else. It
// returns ErrRender when gofpdf fails or panics.
func (b *book) paint(w io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value of a run-time error holds indexes and types; any other
			// value might hold text of the document and stays out.
			what := "panic"
			if r, ok := p.(runtime.Error); ok {
				what = r.Error()
			}
			err = fmt.Errorf("paint the pages: %s: %w", what, ErrRender)
		}
	}()
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.SetCreationDate(b.made)
	pdf.SetModificationDate(b.made)
	pdf.SetCatalogSort(true)
	pdf.SetCompression(false) // archive compresses the pages, with one compressor for all
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	used := b.faces()
	for f, data := range fontData() {
		if used[f] {
			pdf.AddUTF8FontFromBytes(fonts[f].family, fonts[f].style, data)
		}
	}
	numbers := make(map[*sheet]int, len(b.sheets))
	for i, s := range b.sheets {
		numbers[s] = i + 1
	}
	links := make([]int, len(b.places))
	for i, p := range b.places {
		links[i] = pdf.AddLink()
		pdf.SetLink(links[i], max(0, p.y-4), numbers[p.sheet])
	}
	p := pen{book: b, pdf: pdf, known: make([]bool, allFaces<<16)}
	for _, s := range b.sheets {
		orientation := "P"
		if s.wide {
			orientation = "L"
		}
		pdf.AddPageFormat(orientation, gofpdf.SizeType{Wd: a4Short, Ht: a4Long})
		p.turn(s)
		for _, o := range s.ops {
			switch o.kind {
			case opText:
				p.text(o)
			case opRule, opBox:
				p.box(o)
			case opLink:
				pdf.Link(o.x, o.y, o.w, o.h, links[o.target])
			}
		}
		p.flush()
		s.ops = nil // painted: a long register leaves its room to the file
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return fmt.Errorf("paint the pages: %w: %w", ErrRender, err)
	}
	marks := make([]bookmark, 0, len(b.places))
	for _, p := range b.places {
		_, height := p.sheet.size()
		marks = append(marks, bookmark{title: p.title, level: p.level, page: numbers[p.sheet], up: (height - max(0, p.y-4)) / pointMM})
	}
	file, err := archive(out.Bytes(), particulars{title: b.title, author: b.author, subject: b.subject, lang: b.lang, made: b.made, marks: marks})
	if err != nil {
		return fmt.Errorf("paint the pages: %w: %w", ErrRender, err)
	}
	_, err = w.Write(file)
	return err
}

// fonts are the names by which gofpdf knows the faces.
var fonts = [allFaces]struct{ family, style string }{regular: {"sans", ""}, bold: {"sans", "B"}, italic: {"sans", "I"}, spare: {"spare", ""}}

// faces tells which faces the book needs.
func (b *book) faces() (used [allFaces]bool) {
	for _, s := range b.sheets {
		for _, o := range s.ops {
			switch {
			case o.kind != opText:
			case ordinary(o.text, o.style.face):
				used[o.style.face] = true
			default:
				for _, p := range pieces(o.text, o.style.face) {
					used[p.face] = true
				}
			}
		}
	}
	return used
}

// color is an ink as this book shows it: the accent may be the shop's own.
func (b *book) color(c ink) ink {
	if c == inkAccent && b.accent != nil {
		return *b.accent
	}
	return c
}
