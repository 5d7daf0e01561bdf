package reports

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/jung-kurt/gofpdf"

	"greffier/assets"
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
	made                   time.Time
}

// paint turns the book into a PDF. gofpdf is known here and nowhere else. It
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
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetTitle(b.title, true)
	pdf.SetAuthor(b.author, true)
	pdf.SetSubject(b.subject, true)
	pdf.SetCreator("Greffier", true)
	pdf.SetDisplayMode("fullwidth", "continuous")
	pdf.AddUTF8FontFromBytes("sans", "", assets.FontRegular)
	pdf.AddUTF8FontFromBytes("sans", "B", assets.FontBold)
	pdf.AddUTF8FontFromBytes("sans", "I", assets.FontItalic)

	numbers := make(map[*sheet]int, len(b.sheets))
	for i, s := range b.sheets {
		numbers[s] = i + 1
	}
	links := make([]int, len(b.places))
	for i, p := range b.places {
		links[i] = pdf.AddLink()
		pdf.SetLink(links[i], max(0, p.y-4), numbers[p.sheet])
	}
	byStyle := [...]string{regular: "", bold: "B", italic: "I"}
	next, level := 0, -1
	_, last := b.sheets[len(b.sheets)-1].size()
	for _, s := range b.sheets {
		orientation := "P"
		if s.wide {
			orientation = "L"
		}
		pdf.AddPageFormat(orientation, gofpdf.SizeType{Wd: a4Short, Ht: a4Long})
		pdf.SetFont("sans", "", 9)
		_, height := s.size()
		for next < len(b.places) && b.places[next].sheet == s {
			p := b.places[next]
			// gofpdf loses itself when a bookmark skips a level.
			level = min(p.level, level+1)
			// gofpdf measures every bookmark from the foot of the last page.
			pdf.Bookmark(p.title, level, max(0, p.y-4)+last-height)
			next++
		}
		for _, o := range s.ops {
			switch o.kind {
			case opText:
				pdf.SetFont("sans", byStyle[o.style.face], o.style.size)
				pdf.SetTextColor(int(o.style.ink[0]), int(o.style.ink[1]), int(o.style.ink[2]))
				pdf.Text(o.x, o.y, o.text)
			case opRule, opBox:
				pdf.SetFillColor(int(o.ink[0]), int(o.ink[1]), int(o.ink[2]))
				pdf.Rect(o.x, o.y, o.w, o.h, "F")
			case opLink:
				pdf.Link(o.x, o.y, o.w, o.h, links[o.target])
			}
		}
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return fmt.Errorf("paint the pages: %w: %w", ErrRender, err)
	}
	_, err = w.Write(out.Bytes())
	return err
}
