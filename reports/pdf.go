package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"greffier/app/law"
	"greffier/app/register"
)

// PDF prints documents as one PDF on A4: one document as it is; several as a
// bound file with a cover, a table of contents, bookmarks and page numbers over
// the whole. The first of several is the cover when its name is "dossier".
//
// It returns ErrNothing without documents and ErrRender when the pages cannot
// be made; nothing is written then.
func PDF(w io.Writer, docs []register.Document, opt Options) (err error) {
	if len(docs) == 0 {
		return fmt.Errorf("print a PDF: %w", ErrNothing)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("lay the pages out: %s: %w", panicked(p), ErrRender)
		}
	}()
	b, used := printed(docs, opt)
	if err := b.paint(w, used); err != nil {
		if errors.Is(err, ErrRender) {
			return fmt.Errorf("print a PDF: %w", err)
		}
		return fmt.Errorf("write a PDF: %w", err)
	}
	return nil
}

// printed lays the documents out and prints the sheets meanwhile; it returns the
// letters that each face needs.
func printed(docs []register.Document, opt Options) (b *book, used [allFaces][]rune) {
	b = newBook(docs)
	b.accent = opt.accent()
	p := newPress(b)
	b.press = p
	stopped := false
	defer func() {
		if !stopped { // the layout panicked: nobody else ends the pens
			close(p.work)
		}
	}()
	b.layout(docs)
	for _, s := range b.sheets {
		p.take(s) // the footers, and what could not go before
	}
	stopped = true
	return b, p.stop()
}

func newBook(docs []register.Document) *book {
	first := docs[0]
	return &book{
		title:   particular(first.Title),
		author:  particular(first.Controller.Name),
		subject: particular(first.Subtitle),
		lang:    lang(first),
		made:    first.MadeAt.UTC(),
	}
}

// layout makes the book of the documents.
func layout(docs []register.Document) *book {
	b := newBook(docs)
	b.layout(docs)
	return b
}

func (b *book) layout(docs []register.Document) {
	f := &flow{book: b}
	if len(docs) == 1 {
		f.document(docs[0], 0, "")
	} else {
		f.dossier(docs)
	}
	b.footers(docs)
}

// dossier binds several documents. The contents are laid out last, when the
// pages are known, and then put behind the cover.
func (f *flow) dossier(docs []register.Document) {
	wd := words[lang(docs[0])]
	parts := docs
	var cover []*sheet
	if docs[0].Name == "dossier" {
		f.doc, f.part = docs[0], 0
		f.newSheet()
		f.cover()
		cover = f.book.sheets
		f.book.sheets = nil
		parts = docs[1:]
		// The rest of the cover's document: promises and list of parts.
		f.wide = f.runWide(docs[0].Sections)
		f.newSheet()
		f.sections(docs[0].Sections)
		for i := range f.book.places {
			f.book.places[i].level--
		}
	}
	for i, d := range parts {
		f.document(d, len(docs)-len(parts)+i, wd.part+" "+strconv.Itoa(i+1))
	}
	f.doc, f.part, f.wide = docs[0], 0, false
	f.seals(parts)
	body := f.book.sheets
	f.book.sheets = nil
	numbers := make(map[*sheet]int, len(body))
	for i, s := range body {
		numbers[s] = i + 1
	}
	type entry struct {
		sheet *sheet
		at    int // index of the operation that shows the number
		right float64
		to    *sheet
	}
	var entries []entry
	f.hold = true // the page numbers come last
	f.newSheet()
	f.lines(wrap(wd.contents, styleTitle, f.width()), marginSide, styleTitle.size*pointMM*1.2)
	f.y += 5
	for i, p := range f.book.places {
		if p.level > 1 {
			continue
		}
		st, step, x := style{regular, 9, inkText}, 5.4, marginSide+6
		if p.level == 0 {
			st, step, x = style{bold, 10, inkText}, 6.2, marginSide
			f.need(2.4 + 2*step)
			if !f.atTop() {
				f.y += 2.4
			}
		}
		f.need(step)
		right := marginSide + f.width()
		title := truncate(p.title, st, right-x-16)
		f.set(line{runs: []run{{title, st}}}, x, f.y, step)
		f.add(op{kind: opRule, x: x + st.width(title) + 2, y: f.y + step*0.74, w: max(0, right-12-x-st.width(title)-2), h: 0.12, ink: inkHair})
		f.add(op{kind: opLink, x: x, y: f.y, w: right - x, h: step, target: i})
		entries = append(entries, entry{f.cur, len(f.cur.ops), right, p.sheet})
		f.add(op{kind: opText, y: f.y + step*0.74, style: st})
		f.y += step
	}
	before := len(cover) + len(f.book.sheets)
	for _, e := range entries {
		o := &e.sheet.ops[e.at]
		o.text = strconv.Itoa(before + numbers[e.to])
		o.w = o.style.width(o.text)
		o.x = e.right - o.w
	}
	f.book.sheets = append(append(cover, f.book.sheets...), body...)
}

// seals sets the last sheet of a bound file: a hash for each part, and room for
// a signature.
func (f *flow) seals(parts []register.Document) {
	wd := words[lang(f.doc)]
	t := &register.Table{Columns: []register.Column{{Title: wd.part, Weight: 1}, {Title: wd.file, Weight: 2}, {Title: wd.hash, Weight: 6}}}
	for i, d := range parts {
		sum := sha256.New()
		if err := JSON(sum, d); err != nil {
			continue // a hash takes everything
		}
		t.Rows = append(t.Rows, []register.Cell{{Text: strconv.Itoa(i + 1)}, {Text: d.Name + ".json"}, {Text: hex.EncodeToString(sum.Sum(nil)), Value: "hash"}})
	}
	f.newSheet()
	f.section(register.Section{Title: wd.seals, Words: []string{wd.sealsWhy}, Table: t})
	f.book.places[len(f.book.places)-1].level = 0
	const box = 62.0
	f.need(box)
	f.y += 7
	f.lines(wrap(wd.signature, styleSection, f.width()), marginSide, styleSection.size*pointMM*1.3)
	f.y += 1.5
	f.lines(wrap(wd.signatureWhy, styleWords, f.width()), marginSide, styleWords.leading())
	f.y += 9
	third := (f.width() - 12) / 3
	for i, label := range []string{wd.place, wd.name, wd.sign} {
		x := marginSide + float64(i)*(third+6)
		f.rule(x, f.y+16, third, 0.25, inkText)
		f.set(line{runs: []run{{label, styleLabel}}}, x, f.y+17.5, styleLabel.leading())
	}
	f.y += 24
}

// cover sets the first sheet of a bound file.
func (f *flow) cover() {
	d := f.doc
	wd := words[lang(d)]
	f.wide = false
	f.y = 84
	f.rule(marginSide, f.y, 24, 1.6, inkAccent)
	f.y += 9
	f.lines(wrap(d.Title, style{bold, 32, inkText}, f.width()), marginSide, 14)
	f.y += 3
	f.lines(wrap(d.Subtitle, style{regular, 12, inkFaint}, 130), marginSide, 6.2)
	f.y += 16
	c := d.Controller
	if name := strings.TrimSpace(c.Name); name != "" {
		f.lines(wrap(name, style{bold, 13, inkText}, f.width()), marginSide, 7)
	}
	for _, s := range []string{c.Address, c.Email, c.Phone, c.Site, c.Identity()} {
		if s = strings.TrimSpace(s); s != "" {
			f.lines(wrap(s, style{regular, 10.5, inkText}, f.width()), marginSide, 5.6)
		}
	}
	date := law.FormatDate(law.DateOf(d.MadeAt, zoneOf(d)), lang(d), true)
	_, date, _ = strings.Cut(date, " ")
	f.y = max(f.y+10, f.bottom()-30)
	f.rule(marginSide, f.y, f.width(), 0.2, inkHair)
	f.y += 4
	f.lines(wrap(wd.on+" "+date+". "+wd.kept, style{regular, 10, inkText}, f.width()), marginSide, 5.6)
	if d.JournalHead != "" {
		f.lines(wrap(wd.journal+" "+d.JournalHead, style{regular, 8, inkFaint}, f.width()), marginSide, 4.6)
	}
}
