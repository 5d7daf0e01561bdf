package reports

import (
	"bytes"
	"errors"
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

// sheet is one page. Once it is printed its operations are gone; body and foot
// are what they became.
type sheet struct {
	wide  bool
	part  int  // index of the document that it belongs to; -1 for the cover and the contents
	ops   []op // what stands on it
	last  []op // the footer, which needs the number of pages
	links []op
	body  []byte // compressed
	foot  []byte // compressed
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
	accent                 *ink   // nil: the house's
	press                  *press // nil: the sheets keep what stands on them
}

// paint turns the book, whose sheets are printed, into a PDF. gofpdf, which is
// known here and nowhere else, makes the pages' own objects, the links and the
// fonts; what stands on the pages is put in by archive. It returns ErrRender when
// gofpdf fails or panics.
func (b *book) paint(w io.Writer, used [allFaces][]rune) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("paint the pages: %s: %w", panicked(p), ErrRender)
		}
	}()
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.SetCreationDate(b.made)
	pdf.SetModificationDate(b.made)
	pdf.SetCatalogSort(true)
	pdf.SetCompression(false) // archive compresses
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	var faces []face
	for f, data := range fontData() {
		if len(used[f]) > 0 {
			pdf.AddUTF8FontFromBytes(fonts[f].family, fonts[f].style, data)
			faces = append(faces, face(f))
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
	for i, s := range b.sheets {
		orientation := "P"
		if s.wide {
			orientation = "L"
		}
		pdf.AddPageFormat(orientation, gofpdf.SizeType{Wd: a4Short, Ht: a4Long})
		if i == 0 {
			// Tells gofpdf which letters of each font are needed.
			for _, f := range faces {
				pdf.SetFont(fonts[f].family, fonts[f].style, 1)
				pdf.Text(0, 0, string(used[f]))
			}
		}
		for _, o := range s.links {
			pdf.Link(o.x, o.y, o.w, o.h, links[o.target])
		}
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
	err = archive(w, out.Bytes(), b.sheets, faces, particulars{title: b.title, author: b.author, subject: b.subject, lang: b.lang, made: b.made, marks: marks})
	if errors.Is(err, errForeign) {
		return fmt.Errorf("paint the pages: %w: %w", ErrRender, err)
	}
	return err
}

// panicked names a panic. The value of a run-time error holds indexes and types;
// any other value might hold text of the document and stays out.
func panicked(p any) string {
	if r, ok := p.(runtime.Error); ok {
		return r.Error()
	}
	return "panic"
}

// fonts are the names by which gofpdf knows the faces, and by which the pages call
// them.
var fonts = [allFaces]struct{ family, style, name string }{regular: {"sans", "", "R"}, bold: {"sans", "B", "B"}, italic: {"sans", "I", "I"}, spare: {"spare", "", "S"}}

// color is an ink as this book shows it: the accent may be the shop's own.
func (b *book) color(c ink) ink {
	if c == inkAccent && b.accent != nil {
		return *b.accent
	}
	return c
}
