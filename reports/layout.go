package reports

import (
	"fmt"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/register"
)

// Margins and bands of a sheet, in millimetres.
const (
	marginSide = 18.0
	marginTop  = 18.0
	footBand   = 19.0 // below this from the foot nothing is set but the footer
	measure    = 174.0
	labelWidth = 55.0
)

// The styles of the typographic system.
var (
	styleTitle    = style{bold, 21, inkText}
	styleSubtitle = style{regular, 10.5, inkFaint}
	styleSection  = style{bold, 12.5, inkText}
	styleSub      = style{bold, 10, inkAccent}
	styleWords    = style{regular, 9.5, inkText}
	styleLabel    = style{regular, 8.5, inkFaint}
	styleValue    = style{regular, 9.2, inkText}
	styleHead     = style{bold, 7.8, inkText}
	styleCell     = style{regular, 8.2, inkText}
	styleDetail   = style{regular, 7.9, inkText}
	styleNote     = style{regular, 7.5, inkFaint}
)

// phrases are the few words that paper adds to a document.
type phrases struct {
	page, of, on, at, journal, contents, part, kept string
	// The last sheet of a bound file.
	seals, sealsWhy, file, hash, signature, signatureWhy, place, name, sign string
	// Said at the end where signs could not be shown.
	lacking string
}

var words = map[string]phrases{
	"fr": {
		page: "Page", of: "sur", on: "Établi le", at: "à", journal: "Journal", contents: "Sommaire", part: "Pièce", kept: "Tenu à la disposition de la CNIL.",
		seals:        "Empreintes et signature",
		sealsWhy:     "Chaque pièce existe aussi en données lisibles par machine (JSON), que Greffier écrit avec les mêmes inscriptions. L’empreinte SHA-256 de ce fichier montre s’il est bien celui dont la pièce a été imprimée\u202f: deux fichiers qui diffèrent d’un seul caractère n’ont pas la même.",
		file:         "Fichier",
		hash:         "Empreinte SHA-256",
		signature:    "Signature",
		signatureWhy: "Le responsable du traitement certifie que le présent dossier est conforme à ses registres à la date ci-dessus.",
		place:        "Lieu et date",
		name:         "Nom et qualité",
		sign:         "Signature",
		lacking:      "Les signes que les polices de ce document n’ont pas sont désignés par leur numéro Unicode, comme [U+674E]\u202f; ◊ remplace un émoji. Les fichiers CSV et JSON les contiennent tels quels.",
	},
	"en": {
		page: "Page", of: "of", on: "Made on", at: "at", journal: "Journal", contents: "Contents", part: "Part", kept: "Kept at the disposal of the CNIL.",
		seals:        "Hashes and signature",
		sealsWhy:     "Each part also exists as machine-readable data (JSON), which Greffier writes with the same entries. The SHA-256 hash of that file shows whether it is the one from which the part was printed: two files that differ in a single character do not have the same.",
		file:         "File",
		hash:         "SHA-256 hash",
		signature:    "Signature",
		signatureWhy: "The controller certifies that this file agrees with the controller’s registers on the date above.",
		place:        "Place and date",
		name:         "Name and capacity",
		sign:         "Signature",
		lacking:      "Signs that the fonts of this document do not have are named by their Unicode number, as in [U+674E]; ◊ stands for an emoji. The CSV and JSON files hold them as they are.",
	},
}

func lang(d register.Document) string {
	if d.Lang == "en" {
		return "en"
	}
	return "fr"
}

// flow fills sheets from top to bottom.
type flow struct {
	book *book
	doc  register.Document
	part int
	cur  *sheet
	y    float64
	wide bool
	// measured holds the widths asked for by the tables, which are looked at
	// several times over.
	measured map[*register.Table]widths
	hold     bool // sheets may still be changed or taken back: none is printed yet
	lacks    bool // a sign without glyph was marked in the document
	// snug, from 0 to 1, draws what is set closer together: fit does so where that
	// spares a sheet with little on it.
	snug float64
}

// lead is the height of a line of a style.
func (f *flow) lead(s style) float64 { return s.leading() * (1 - 0.1*f.snug) }

// gap is the height of a space between things.
func (f *flow) gap(mm float64) float64 { return mm * (1 - 0.6*f.snug) }

func (f *flow) width() float64 {
	w, _ := (&sheet{wide: f.wide}).size()
	return w - 2*marginSide
}

func (f *flow) bottom() float64 {
	_, h := (&sheet{wide: f.wide}).size()
	return h - footBand
}

func (f *flow) room() float64 { return f.bottom() - f.y }

// full is the room of an empty sheet.
func (f *flow) full() float64 { return f.bottom() - marginTop }

func (f *flow) newSheet() {
	press := f.book.press
	if press != nil && f.cur != nil && !f.hold && f.cur == f.book.last() {
		press.take(f.cur)
	}
	f.cur = &sheet{wide: f.wide, part: f.part}
	if press != nil {
		f.cur.ops = press.room()
	} else {
		f.cur.ops = make([]op, 0, 192)
	}
	f.book.sheets = append(f.book.sheets, f.cur)
	f.y = marginTop
}

// atTop tells whether nothing stands on the sheet yet.
func (f *flow) atTop() bool { return f.y <= marginTop+0.01 }

// need begins a new sheet when less room than h is left, unless the sheet is
// empty.
func (f *flow) need(h float64) {
	if f.room() < h && !f.atTop() {
		f.newSheet()
	}
}

func (f *flow) add(o op) { f.cur.ops = append(f.cur.ops, o) }

// set draws a line of text with its top at y.
func (f *flow) set(l line, x, y, lead float64) {
	for _, r := range l.runs {
		if strings.Contains(r.text, "[U+") || strings.ContainsRune(r.text, picture) {
			f.lacks = true
		}
		// The baseline lies so that ascenders and descenders share the leading.
		w := l.w
		if len(l.runs) > 1 || w == 0 {
			w = r.width(r.text)
		}
		f.add(op{kind: opText, x: x, y: y + lead*0.74, text: r.text, style: r.style, w: w})
		x += w
	}
}

func (f *flow) rule(x, y, w, thick float64, c ink) {
	f.add(op{kind: opRule, x: x, y: y, w: w, h: thick, ink: c})
}

// lines sets lines one below the other, with at least two together at either
// side of a page break.
func (f *flow) lines(ls []line, x, lead float64) {
	for len(ls) > 0 {
		k := int(f.room() / lead)
		if k < len(ls) {
			if len(ls)-k < 2 {
				k = len(ls) - 2
			}
			if k < 2 && !f.atTop() {
				f.newSheet()
				continue
			}
			k = max(k, 1)
		}
		for _, l := range ls[:min(k, len(ls))] {
			f.set(l, x, f.y, lead)
			f.y += lead
		}
		ls = ls[min(k, len(ls)):]
		if len(ls) > 0 {
			f.newSheet()
		}
	}
}

// document lays one document out, beginning on a new sheet.
func (f *flow) document(d register.Document, part int, heading string) {
	f.doc, f.part, f.lacks = d, part, false
	f.wide = f.runWide(d.Sections)
	f.newSheet()
	f.masthead()
	if heading != "" {
		f.set(line{runs: []run{{heading, style{bold, 8.5, inkAccent}}}}, marginSide, f.y, 4)
		f.y += 5
	}
	title := clean(d.Title)
	f.book.places = append(f.book.places, place{title: oneLine(title), sheet: f.cur, y: f.y})
	f.lines(wrap(title, styleTitle, f.width()), marginSide, styleTitle.size*pointMM*1.2)
	if d.Subtitle != "" {
		f.y += 1
		f.lines(wrap(d.Subtitle, styleSubtitle, f.width()), marginSide, styleSubtitle.leading())
	}
	f.y += 1
	f.lines(wrap(made(d), styleNote, f.width()), marginSide, styleNote.leading())
	f.y += 4
	f.sections(d.Sections)
	f.lacking()
}

// lacking says what the marks for signs without glyph mean, at the end of a
// document that has some.
func (f *flow) lacking() {
	if !f.lacks {
		return
	}
	ls := wrap(words[lang(f.doc)].lacking, styleNote, min(measure, f.width()))
	f.need(3 + float64(len(ls))*styleNote.leading())
	f.y += 3
	f.lines(ls, marginSide, styleNote.leading())
}

// paragraph sets words; an item of a list hangs from its bullet.
func (f *flow) paragraph(w string) {
	const hang = 4.0
	lead, wide := f.lead(styleWords), min(measure, f.width())
	if item, ok := strings.CutPrefix(strings.ReplaceAll(strings.TrimSpace(w), "•\u00a0", "• "), "• "); ok {
		ls := wrap(item, styleWords, wide-hang)
		f.need(float64(min(len(ls), 4)) * lead) // so that the first lines stay with the bullet
		f.set(line{runs: []run{{"•", styleWords}}}, marginSide+0.8, f.y, lead)
		f.lines(ls, marginSide+hang, lead)
	} else {
		f.lines(wrap(w, styleWords, wide), marginSide, lead)
	}
	f.y += f.gap(1.8)
}

// sections lays the parts of a document out. Sections up to the next page
// break share one orientation.
func (f *flow) sections(all []register.Section) {
	for len(all) > 0 {
		n := 1
		for n < len(all) && !all[n].PageBreak {
			n++
		}
		if all[0].PageBreak {
			wide := f.runWide(all)
			if !f.atTop() || wide != f.wide {
				f.wide = wide
				f.newSheet()
			}
		}
		f.fit(all[:n])
		all = all[n:]
	}
}

const (
	maxFit   = 200  // rows and fields up to which a run of sections is tried again
	poorFill = 0.45 // a last sheet that is emptier than this is worth sparing
)

// fit lays sections out; where their last sheet would be rather empty they are set
// closer together, if that spares it.
func (f *flow) fit(run []register.Section) {
	lay := func() {
		for _, s := range run {
			f.section(s)
		}
	}
	size := 0
	for _, s := range run {
		size += len(s.Fields)
		if s.Table != nil {
			size += len(s.Table.Rows)
		}
	}
	if size > maxFit {
		lay()
		return
	}
	held, cur, y, lacks := f.hold, f.cur, f.y, f.lacks
	sheets, places, ops := len(f.book.sheets), len(f.book.places), len(f.cur.ops)
	f.hold = true
	lay()
	if most := len(f.book.sheets); most > sheets && (f.y-marginTop)/f.full() < poorFill {
		for _, snug := range []float64{0.4, 0.7, 1, 0} {
			f.cur, f.y, f.lacks, f.snug = cur, y, lacks, snug
			f.book.sheets, f.book.places, f.cur.ops = f.book.sheets[:sheets], f.book.places[:places], f.cur.ops[:ops]
			lay()
			if len(f.book.sheets) < most {
				break
			}
		}
		f.snug = 0
	}
	f.hold = held
}

// runWide tells whether the sections up to the next page break need landscape.
func (f *flow) runWide(all []register.Section) bool {
	for i, s := range all {
		if i > 0 && s.PageBreak {
			break
		}
		if s.Table != nil && f.wantsWide(s.Table) {
			return true
		}
	}
	return false
}

// masthead names the controller at the top of a document (GDPR Art. 30(1)(a)).
func (f *flow) masthead() {
	c := f.doc.Controller
	name := strings.TrimSpace(c.Name)
	if name != "" {
		f.lines(wrap(name, style{bold, 9, inkText}, f.width()), marginSide, 4.4)
	}
	var rest []string
	for _, s := range []string{c.Address, c.Email, c.Phone, c.Site, c.Identity()} {
		if s = strings.TrimSpace(s); s != "" {
			rest = append(rest, s)
		}
	}
	if len(rest) > 0 {
		f.lines(wrap(strings.Join(rest, "  ·  "), style{regular, 8, inkFaint}, f.width()), marginSide, 4)
	}
	f.y += 2
	f.rule(marginSide, f.y, f.width(), 0.2, inkHair)
	f.y += 9
	f.rule(marginSide, f.y, 16, 1.1, inkAccent)
	f.y += 4.5
}

// section lays one section out; its heading stays with what follows.
func (f *flow) section(s register.Section) {
	st, above, below := styleSection, f.gap(7.0), f.gap(2.6)
	if s.Level > 0 {
		st, above, below = styleSub, f.gap(3.4), f.gap(0.9)
	}
	if s.Title != "" {
		ls := wrap(s.Title, st, f.width())
		lead := st.size * pointMM * 1.3
		height := float64(len(ls))*lead + below
		if f.atTop() {
			above = 0
		}
		f.need(above + height + f.first(s))
		if f.atTop() {
			above = 0
		}
		f.y += above
		f.book.places = append(f.book.places, place{title: oneLine(clean(s.Title)), level: min(s.Level, 1) + 1, sheet: f.cur, y: f.y})
		f.lines(ls, marginSide, lead)
		f.y += below
	}
	for _, w := range s.Words {
		f.paragraph(w)
	}
	if len(s.Fields) > 0 {
		f.fields(s.Fields)
	}
	switch {
	case s.Table != nil && len(s.Table.Rows) > 0:
		f.y += 1
		f.table(s.Table)
	case s.Table != nil:
		empty := s.Empty
		if empty == "" {
			empty = "—"
		}
		f.y += 0.5
		f.lines(wrap(empty, style{italic, 9.5, inkFaint}, min(measure, f.width())), marginSide, f.lead(styleWords))
		f.y += f.gap(2)
	}
}

// first is the height of what must stay with a heading.
func (f *flow) first(s register.Section) float64 {
	switch {
	case len(s.Words) > 0:
		h := 2 * f.lead(styleWords)
		if s.Table != nil && len(s.Table.Rows) > 0 && len(s.Words) == 1 {
			n := float64(len(wrap(s.Words[0], styleWords, min(measure, f.width()))))
			h = n*f.lead(styleWords) + 3 + f.tableStart(s.Table)
		}
		return min(h, f.full()/2)
	case len(s.Fields) > 0:
		h := 0.0
		for _, fd := range s.Fields {
			h += f.field(fd).height
			if h > together {
				return 2 * (f.lead(styleValue) + 2*f.gap(fieldPad))
			}
		}
		return h
	case s.Table != nil && len(s.Table.Rows) > 0:
		return 1 + f.tableStart(s.Table)
	}
	return f.lead(styleWords)
}

// fieldBox is a field, broken into lines.
type fieldBox struct {
	label, value []line
	height       float64
}

// fieldPad is the space above and below a field; together is the height up to
// which the fields or rows below a heading are kept on one sheet with it.
const (
	fieldPad = 0.7
	together = 62.0
)

func (f *flow) field(fd register.Field) fieldBox {
	st, text := styleValue, fd.Text
	switch {
	case fd.Gap:
		st.face, st.ink = italic, inkWarn
		if strings.TrimSpace(text) == "" {
			text = toComplete(f.doc)
		}
	case strings.TrimSpace(text) == "":
		text, st.ink = "—", inkFaint
	}
	if len(text) >= 56 && !strings.ContainsAny(text, " \n") {
		st.size = 7.8 // a hash stays on one line
	}
	b := fieldBox{label: wrap(fd.Label, styleLabel, labelWidth-4), value: wrap(text, st, min(measure, f.width())-labelWidth)}
	b.height = float64(max(len(b.label), len(b.value)))*f.lead(styleValue) + 2*f.gap(fieldPad)
	return b
}

// fields sets labels beside their values.
func (f *flow) fields(fields []register.Field) {
	lead := f.lead(styleValue)
	for i := 0; i < len(fields); i++ {
		b := f.field(fields[i])
		if i+1 < len(fields) && f.besides(b, f.field(fields[i+1])) {
			f.beside(b, f.field(fields[i+1]), i > 0)
			i++
			continue
		}
		need := b.height
		if i == len(fields)-2 {
			need += f.field(fields[i+1]).height // the last is not left alone
		}
		if need <= f.full()/2 {
			f.need(need)
		} else if b.height <= f.full() {
			f.need(b.height)
		}
		if i > 0 && !f.atTop() {
			f.rule(marginSide, f.y, min(measure, f.width()), 0.15, inkHair)
		}
		f.y += f.gap(fieldPad)
		for len(b.label) > 0 || len(b.value) > 0 {
			k := max(1, int((f.room()-f.gap(fieldPad))/lead))
			for j := 0; j < k && (j < len(b.label) || j < len(b.value)); j++ {
				if j < len(b.label) {
					f.set(b.label[j], marginSide, f.y, lead)
				}
				if j < len(b.value) {
					f.set(b.value[j], marginSide+labelWidth, f.y, lead)
				}
				f.y += lead
			}
			b.label, b.value = b.label[min(k, len(b.label)):], b.value[min(k, len(b.value)):]
			if len(b.label) > 0 || len(b.value) > 0 {
				f.newSheet()
			}
		}
		f.y += f.gap(fieldPad)
	}
	f.y += 0.5
}

// Where the second of two short fields stands that share a line.
const (
	secondLabel = 98.0
	secondValue = 132.0
)

// besides tells whether two fields are short enough to share a line, which they do
// only where room is scarce.
func (f *flow) besides(a, b fieldBox) bool {
	return f.snug >= 0.7 && len(a.label) == 1 && len(a.value) == 1 && len(b.label) == 1 && len(b.value) == 1 &&
		a.value[0].w <= secondLabel-labelWidth-4 && b.label[0].w <= secondValue-secondLabel-3 && b.value[0].w <= measure-secondValue
}

// beside sets two fields on one line.
func (f *flow) beside(a, b fieldBox, ruled bool) {
	f.need(a.height)
	if ruled && !f.atTop() {
		f.rule(marginSide, f.y, min(measure, f.width()), 0.15, inkHair)
	}
	f.y += f.gap(fieldPad)
	for _, part := range []struct {
		l line
		x float64
	}{{a.label[0], 0}, {a.value[0], labelWidth}, {b.label[0], secondLabel}, {b.value[0], secondValue}} {
		f.set(part.l, marginSide+part.x, f.y, f.lead(styleValue))
	}
	f.y += f.lead(styleValue) + f.gap(fieldPad)
}

func toComplete(d register.Document) string {
	if lang(d) == "en" {
		return register.GapValue
	}
	return "à compléter"
}

// made says when a document was made, and on which state of the journal.
func made(d register.Document) string {
	w := words[lang(d)]
	zone := zoneOf(d)
	date := law.FormatDate(law.DateOf(d.MadeAt, zone), lang(d), true)
	_, date, _ = strings.Cut(date, " ")
	local := d.MadeAt.In(zone)
	hour := local.Format("15:04")
	if lang(d) == "fr" {
		hour = fmt.Sprintf("%d\u00a0h\u00a0%02d", local.Hour(), local.Minute())
	}
	s := fmt.Sprintf("%s %s %s %s (%s)", w.on, date, w.at, hour, zone)
	if d.JournalHead != "" {
		s += "  ·  " + w.journal + " " + shortHash(d.JournalHead)
	}
	return s
}

func zoneOf(d register.Document) *time.Location {
	if zone, err := time.LoadLocation(d.Zone); err == nil && d.Zone != "" {
		return zone
	}
	return law.Paris()
}

func shortHash(s string) string {
	if len(s) > 12 {
		return s[:12]
	}
	return s
}

// footers writes the foot of every sheet, once their number is known.
func (b *book) footers(docs []register.Document) {
	if b.press != nil {
		b.press.dry()
	}
	st := style{regular, 7.5, inkFaint}
	said := make([]string, len(docs)) // of each document
	for i, d := range docs {
		_, date, _ := strings.Cut(law.FormatDate(law.DateOf(d.MadeAt, zoneOf(d)), lang(d), true), " ")
		var parts []string
		for _, p := range []string{strings.TrimSpace(d.Controller.Name), d.Title, date} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		if d.JournalHead != "" {
			parts = append(parts, words[lang(d)].journal+" "+shortHash(d.JournalHead))
		}
		said[i] = clean(strings.Join(parts, "  ·  "))
	}
	for i, s := range b.sheets {
		k := max(0, min(s.part, len(docs)-1))
		wd := words[lang(docs[k])]
		w, h := s.size()
		y := h - 12.5
		number := fmt.Sprintf("%s\u00a0%d %s\u00a0%d", wd.page, i+1, wd.of, len(b.sheets))
		nw := st.width(number)
		left := truncate(said[k], st, w-2*marginSide-nw-8)
		s.last = []op{
			{kind: opRule, x: marginSide, y: h - 15, w: w - 2*marginSide, h: 0.15, ink: inkHair},
			{kind: opText, x: marginSide, y: y + 1.6, text: left, style: st, w: st.width(left)},
			{kind: opText, x: w - marginSide - nw, y: y + 1.6, text: number, style: st, w: nw},
		}
	}
}

// last is the sheet begun last, nil for none.
func (b *book) last() *sheet {
	if len(b.sheets) == 0 {
		return nil
	}
	return b.sheets[len(b.sheets)-1]
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }
