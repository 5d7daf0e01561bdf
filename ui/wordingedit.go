package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/cases"
	"greffier/ui/kit"
)

// wordingPage is the editor of one wording: the text with its places, and
// beside it the letter that it makes.
type wordingPage struct {
	w          *Window
	kind, lang string
	body       *slot

	view          app.WordingView
	raw           bool // the template language is shown
	subject, text *kit.Entry
	said          *fyne.Container // what is wrong with it
	paper         *kit.TextView
	paperHead     fyne.CanvasObject
	save          *kit.Button
	sample        string // "usual", "partly", "youth", "bare", or the number of a case
	gen           int
	edited        bool
}

func (p *wordingPage) place() string { return placeSettings }
func (p *wordingPage) changed() {
	if !p.edited {
		p.load()
	}
}
func (p *wordingPage) step() {
	if p.save != nil && !p.save.Disabled() {
		p.keep()
	}
}

func (p *wordingPage) build() fyne.CanvasObject {
	w := p.w
	p.body, p.sample = newSlot(), "usual"
	p.load()
	return container.NewBorder(w.backHeader(w.t("letter."+p.kind)+" · "+w.t("lang."+p.lang), w.t("wording.editSummary")).Object, nil, nil, nil, p.body.box)
}

func (p *wordingPage) load() { fetch(p.w, p.body, p.get, p.show) }

// shown writes a text in the words of the window, or in the template language.
func (p *wordingPage) shown(text string) string {
	if p.raw {
		return text
	}
	return p.w.f.WordingSurface(p.w.lang, p.lang, text)
}

// plain reads the fields of the editor, with what stands in brackets and means
// nothing.
func (p *wordingPage) plain() (subject, body string, unknown []string) {
	subject, body = p.view.Subject, p.text.Text
	if p.view.HasSubject {
		subject = p.subject.Text
	}
	if p.raw {
		return subject, body, nil
	}
	subject, a := p.w.f.WordingPlain(p.w.lang, p.lang, subject)
	body, b := p.w.f.WordingPlain(p.w.lang, p.lang, body)
	return subject, body, append(a, b...)
}

func (p *wordingPage) show(l wordingLoad) fyne.CanvasObject {
	w := p.w
	p.view, p.edited = l.view, false
	p.subject, p.text = kit.NewEntry(p.shown(l.view.Subject)), kit.NewArea(p.shown(l.view.Body), 8)
	p.said = container.NewStack()
	p.paper = kit.NewTextView("", nil)
	changed := func(string) { p.edited = true; p.look() }
	p.subject.OnChanged, p.text.OnChanged = changed, changed

	p.save = kit.NewPrimary(w.t("wording.save"), p.keep)
	reset := kit.NewButton(w.t("wording.reset"), p.reset)
	enable(reset, l.view.Row.State != app.WordingShipped)
	compare := kit.NewQuiet(w.t("wording.compare"), nil, p.compare)
	raw := kit.NewCheck(w.t("wording.raw"), p.raw, nil)
	raw.OnChanged = func(on bool) {
		subject, body, _ := p.plain()
		p.raw = on
		p.subject.SetText(p.shown(subject))
		p.text.SetText(p.shown(body))
	}

	var top []fyne.CanvasObject
	if l.view.Row.State != app.WordingShipped {
		state, tone := w.wordingState(l.view.Row)
		top = append(top, kit.Badge(tone, state))
	}
	if l.view.Row.Updated {
		top = append(top, kit.IconLine(kit.AtRisk, w.t("wording.updated")))
	}
	if l.view.HasSubject {
		top = append(top, kit.FormRow(w.t("wording.subject"), "", p.subject))
	}
	under := container.NewVBox(p.said, kit.Fold(w.t("wording.places"), false, kit.MinSize(200, 150, container.NewVScroll(p.places()))),
		kit.Margins(0, 2, 0, 0, kit.Flow(p.save, reset, compare, raw)))
	left := container.NewBorder(kit.Margins(16, 4, 8, 4, kit.Down(-2, top...)), kit.Margins(16, 4, 8, 10, under), nil, nil, kit.Margins(16, 0, 8, 0, p.text))

	options := []kit.Option{}
	for _, s := range []string{"usual", "partly", "youth", "bare"} {
		options = append(options, kit.Option{Value: s, Word: w.t("wording.sample." + s)})
	}
	for i, c := range l.cases {
		if i == 12 {
			break
		}
		options = append(options, kit.Option{Value: strconv.FormatInt(int64(c.ID), 10), Word: w.t("wording.sample.case", "N", strconv.FormatInt(int64(c.ID), 10), "Person", kit.Line(c.Person, 40))})
	}
	with := kit.NewSelect(options, p.sample, func(v string) { p.sample = v; p.look() })
	head := newSlot()
	p.paperHead = head.box
	right := container.NewBorder(kit.Margins(8, 4, 16, 4, kit.Down(0, kit.Row(1, kit.MinWidth(90, kit.Strong(w.t("wording.preview"))), with), head.box)), nil, nil, nil,
		kit.Margins(8, 0, 16, 12, kit.NewPanel(kit.ColorCard, kit.ColorCardEdge, 8, kit.Margins(6, 8, 6, 8, p.paper))))
	p.look()
	return w.split(splitWording, 0.54, left, right)
}

// places are the fields that the letter can fill, each a button that puts it
// where the cursor is.
func (p *wordingPage) places() fyne.CanvasObject {
	w := p.w
	var rows []fyne.CanvasObject
	for _, name := range append(slices.Clone(p.view.Places), "part-greeting", "part-signature", "part-remedies") {
		b := kit.NewButton(w.t("place."+name), func() { p.insert(name) })
		b.Alignment = widget.ButtonAlignLeading
		words := w.t("placeWords." + name)
		if slices.Contains(p.view.Needs, name) {
			words = w.t("wording.must") + " · " + words
		}
		rows = append(rows, kit.Shared(0.4, b, kit.Faint(words)))
	}
	return kit.Down(-6, rows...)
}

// insert puts a place where the cursor is.
func (p *wordingPage) insert(name string) {
	t := p.text
	lines := strings.Split(t.Text, "\n")
	row := min(max(t.CursorRow, 0), len(lines)-1)
	line := []rune(lines[row])
	col := min(max(t.CursorColumn, 0), len(line))
	put := p.shown(cases.PlaceIn(name, p.lang))
	lines[row] = string(line[:col]) + put + string(line[col:])
	t.SetText(strings.Join(lines, "\n"))
	t.CursorRow, t.CursorColumn = row, col+len([]rune(put))
	t.Refresh()
	p.w.win.Canvas().Focus(t)
}

// look checks the text and makes the letter anew, off the window's goroutine;
// what was typed meanwhile makes the result void.
func (p *wordingPage) look() {
	w := p.w
	p.gen++
	gen, ctx := p.gen, w.pageCtx
	subject, body, unknown := p.plain()
	kind, lang, sample := p.kind, p.lang, p.sample
	w.async(func() {
		problems := w.f.CheckWording(kind, lang, subject, body)
		for _, u := range unknown {
			problems = append(problems, cases.Problem{Code: "bracket", Field: u, Hard: true})
		}
		s := cases.Sample{Youth: sample == "youth", Partly: sample == "partly", Bare: sample == "bare"}
		id, _ := strconv.ParseInt(sample, 10, 64)
		l, err := w.f.PreviewWording(ctx, kind, lang, subject, body, s, cases.ID(id))
		w.onMain(func() {
			if gen != p.gen || ctx.Err() != nil {
				return
			}
			p.tell(problems)
			p.paint(l, err, id != 0)
		})
	})
}

// problem says in words what is wrong with a wording.
func (w *Window) problem(p cases.Problem) string {
	field := kit.Line(p.Field, 60)
	if p.Code != "define" && p.Code != "function" && p.Code != "bracket" {
		field = w.known("place."+p.Field, field)
	}
	words := w.t("problem."+p.Code, "Field", field)
	if p.Line > 0 {
		words = w.t("problem.line", "Line", strconv.Itoa(p.Line), "Words", words)
	}
	return words
}

func (p *wordingPage) tell(problems []cases.Problem) {
	w := p.w
	var rows []fyne.CanvasObject
	for i, x := range problems {
		if i == 4 {
			break
		}
		tone := kit.AtRisk
		if x.Hard {
			tone = kit.Late
		}
		rows = append(rows, kit.IconLine(tone, w.problem(x)))
	}
	if len(problems) > 4 {
		rows = append(rows, kit.Faint(w.n("wording.problems", len(problems))))
	}
	if len(rows) == 0 {
		rows = append(rows, kit.IconLine(kit.Kept, w.t("wording.fine")))
	}
	p.said.Objects = []fyne.CanvasObject{kit.Down(-8, rows...)}
	p.said.Refresh()
	enable(p.save, cases.Usable(problems) && p.edited)
}

// paint shows the letter, or why there is none.
func (p *wordingPage) paint(l cases.Letter, err error, real bool) {
	w := p.w
	head := p.paperHead.(*fyne.Container)
	if err != nil {
		words := w.t("wording.noPreview")
		if real {
			what, _ := Explain(err, w.lang)
			words = w.t("wording.caseNot", "What", what)
		}
		head.Objects = []fyne.CanvasObject{kit.Faint(words)}
		head.Refresh()
		p.paper.Set("", nil)
		return
	}
	head.Objects = []fyne.CanvasObject{kit.StrongWords(kit.Line(l.Subject, 120))}
	head.Refresh()
	p.paper.Set(l.Text, nil)
}

func (p *wordingPage) keep() {
	w := p.w
	subject, body, unknown := p.plain()
	if len(unknown) > 0 {
		w.fail(fmt.Errorf("a word in brackets: %w", cases.ErrWording))
		return
	}
	w.do(func(ctx context.Context) error { return w.f.SaveWording(ctx, p.kind, p.lang, subject, body) }, func() {
		p.edited = false
		p.load()
		w.say(outcome{tone: kit.Kept, words: w.t("wording.saved")})
	})
}

func (p *wordingPage) reset() {
	w := p.w
	var d *kit.Dialog
	d = w.dialog(w.t("wording.reset"), kit.Words(w.t("wording.resetWords")), kit.NewDanger(w.t("wording.reset"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.ResetWording(ctx, p.kind, p.lang) }, func() { p.edited = false; p.load() })
	}))
	d.Show()
}

// compare shows the text that came with the program.
func (p *wordingPage) compare() {
	w := p.w
	text := p.shown(p.view.ShippedBody)
	if p.view.HasSubject {
		text = p.shown(p.view.ShippedSubject) + "\n\n" + text
	}
	kit.NewDialog(w.win.Canvas(), w.t("wording.compare"), 700, kit.MinSize(660, 440, kit.NewTextView(text, nil)), w.t("close"), nil).Show()
}
