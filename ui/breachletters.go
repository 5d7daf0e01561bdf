package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/ui/kit"
)

// breachPage writes to the persons whom a breach concerns (GDPR Art. 34): what
// they are told, to whom it goes, and who was told when.
type breachPage struct {
	w      *Window
	breach string
	body   *slot

	words  map[string]app.BreachWords
	lang   string
	take   func() // reads the fields of the words
	orders map[int64]bool
	to     []app.BreachPerson
	with   int // orders without an address
	dirty  bool
}

func (p *breachPage) place() string { return placeRegisters }
func (p *breachPage) changed() {
	if !p.dirty {
		p.load()
	}
}

func (p *breachPage) build() fyne.CanvasObject {
	w := p.w
	p.body, p.words, p.orders, p.lang = newSlot(), map[string]app.BreachWords{}, map[int64]bool{}, w.lang
	p.load()
	return container.NewBorder(w.backHeader(w.t("breach.title"), w.t("breach.summary")).Object, nil, nil, nil, p.body.box)
}

func (p *breachPage) load() {
	fetch(p.w, p.body, func(ctx context.Context) (app.BreachView, error) { return p.w.f.BreachLetters(ctx, p.breach) }, p.show)
}

func (p *breachPage) show(v app.BreachView) fyne.CanvasObject {
	w := p.w
	if _, known := p.words[p.lang]; !known && len(p.words) == 0 {
		// Her own words of the register to begin with, to be put in plain ones.
		b := v.Breach
		p.words[p.lang] = app.BreachWords{What: b.Facts, Effects: b.Effects, Measures: b.Measures}
	}
	send := kit.Down(6, kit.Heading(w.t("breach.step.send")), p.sending(v))
	return kit.Page(kit.DownReading(12, kit.NewCard(p.wordsForm(v)), kit.NewCard(p.personsForm(v)), kit.NewCard(send)))
}

// wordsForm is what the persons are told, in each language in which some of them
// are written to.
func (p *breachPage) wordsForm(v app.BreachView) fyne.CanvasObject {
	w := p.w
	now := p.words[p.lang]
	what, effects, measures, advice := kit.NewArea(now.What, 3), kit.NewArea(now.Effects, 2), kit.NewArea(now.Measures, 2), kit.NewArea(now.Advice, 2)
	p.take = func() {
		p.words[p.lang] = app.BreachWords{What: strings.TrimSpace(what.Text), Effects: strings.TrimSpace(effects.Text), Measures: strings.TrimSpace(measures.Text), Advice: strings.TrimSpace(advice.Text)}
	}
	for _, e := range []*kit.Entry{what, effects, measures, advice} {
		e.OnChanged = func(string) { p.dirty = true }
	}
	langs := []string{"fr", "en"}
	chips := kit.NewChips([]string{w.t("lang.fr"), w.t("lang.en")}, nil)
	chips.Choose(slices.Index(langs, p.lang))
	chips.OnChange(func(i int) { p.take(); p.lang = langs[i]; p.body.set(p.show(v)) })
	return kit.Down(0, kit.Heading(w.t("breach.step.words")), kit.PairWith(w.t("breach.lang"), chips.Object),
		kit.FormRow(w.t("breach.what"), w.t("breach.whatHelp"), what), kit.FormRow(w.t("breach.effects"), w.t("breach.effectsHelp"), effects),
		kit.FormRow(w.t("breach.measures"), w.t("breach.measuresHelp"), measures), kit.FormRow(w.t("breach.advice"), w.t("breach.adviceHelp"), advice))
}

// personsForm chooses the orders whose customers are told.
func (p *breachPage) personsForm(v app.BreachView) fyne.CanvasObject {
	w := p.w
	numbers, from, until := kit.NewEntry(""), kit.NewEntry(""), kit.NewEntry("")
	from.SetPlaceHolder(w.t("letter.say.dayHelp"))
	until.SetPlaceHolder(w.t("letter.say.dayHelp"))
	said := kit.Faint("")
	found := container.NewStack()
	tell := func() {
		var rows []fyne.CanvasObject
		if len(p.to) > 0 {
			var names []string
			for i, x := range p.to {
				if i == 6 {
					names = append(names, "…")
					break
				}
				names = append(names, kit.Line(x.Name+" <"+x.Email+"> · "+x.Lang, 80))
			}
			rows = append(rows, kit.StrongWords(w.n("breach.persons", len(p.to))), kit.Faint(strings.Join(names, "\n")))
		}
		if p.with > 0 {
			rows = append(rows, kit.IconLine(kit.AtRisk, w.n("breach.without", p.with)))
		}
		found.Objects = []fyne.CanvasObject{kit.Down(-6, rows...)}
		found.Refresh()
	}
	look := func() {
		ids := make([]int64, 0, len(p.orders))
		for id := range p.orders {
			ids = append(ids, id)
		}
		type persons struct {
			to      []app.BreachPerson
			without int
		}
		ask(w, func(ctx context.Context) (persons, error) {
			to, without, err := w.f.BreachPersons(ctx, ids)
			return persons{to, without}, err
		}, func(x persons) { p.to, p.with = x.to, x.without; tell() })
	}
	add := kit.NewButton(w.t("breach.look"), func() {
		ask(w, w.f.Orders, func(rows []app.OrderRow) {
			said.SetText("")
			for _, n := range strings.FieldsFunc(numbers.Text, func(r rune) bool { return strings.ContainsRune(" ,;\n", r) }) {
				i := slices.IndexFunc(rows, func(r app.OrderRow) bool { return r.Number == n })
				if i < 0 {
					said.SetText(w.t("breach.unknownOrder", "Number", kit.Line(n, 30)))
					continue
				}
				p.orders[rows[i].ID] = true
			}
			look()
		})
	})
	between := kit.NewButton(w.t("breach.betweenButton"), func() {
		a, okA := parseDate(from.Text)
		b, okB := parseDate(until.Text)
		if !okA || !okB || a.IsZero() || b.IsZero() {
			said.SetText(w.t("form.wrong"))
			return
		}
		ask(w, w.f.Orders, func(rows []app.OrderRow) {
			said.SetText("")
			for _, r := range rows {
				if d := law.DateOf(r.Created, w.zone); !d.Before(a) && !d.After(b) {
					p.orders[r.ID] = true
				}
			}
			look()
		})
	})
	tell()
	return kit.Down(0, kit.Heading(w.t("breach.step.persons")), kit.FormRow(w.t("breach.orders"), w.t("breach.ordersHelp"), kit.Row(0, numbers, add)),
		kit.FormRow(w.t("breach.between"), "", kit.Row(0, kit.Shared(0.5, from, until), between)), said, found)
}

// ready reads the words and tells whether every person's language has some.
func (p *breachPage) ready() bool {
	p.take()
	for _, x := range p.to {
		if p.words[x.Lang].What == "" {
			p.w.dialog(p.w.t("breach.step.words"), kit.Words(p.w.t("breach.noWords", "Lang", p.w.t("lang."+x.Lang)))).Show()
			return false
		}
	}
	return len(p.to) > 0
}

// sending prepares the letters, sends them, and shows who was told.
func (p *breachPage) sending(v app.BreachView) fyne.CanvasObject {
	w := p.w
	preview := kit.NewButton(w.t("breach.preview"), func() {
		p.take()
		to := app.BreachPerson{Lang: p.lang}
		if len(p.to) > 0 {
			to = p.to[0]
		}
		words := p.words[to.Lang]
		ask(w, func(ctx context.Context) (cases.Letter, error) {
			return w.f.DraftBreachLetter(ctx, p.breach, to, words)
		}, func(l cases.Letter) {
			kit.NewDialog(w.win.Canvas(), kit.Line(l.Subject, 100), 640, kit.MinSize(600, 420, kit.NewTextView(l.Text, nil)), w.t("close"), nil).Show()
		})
	})
	prepare := kit.NewButton(w.t("breach.make"), func() {
		if !p.ready() {
			return
		}
		ask(w, func(ctx context.Context) (int, error) { return w.f.PrepareBreachLetters(ctx, p.breach, p.to, p.words) }, func(n int) {
			p.dirty, p.to, p.with, p.orders = false, nil, 0, map[int64]bool{}
			w.say(outcome{tone: kit.Kept, words: w.n("breach.made", n)})
			p.load()
		})
	})
	buttons := []fyne.CanvasObject{preview, prepare}
	if n := v.ToSend(); n > 0 {
		buttons = append(buttons, kit.NewButton(w.t("breach.drafts"), func() { p.send(true, n) }))
		if v.CanSend {
			buttons = append(buttons, kit.NewButton(w.t("breach.send"), func() { p.send(false, n) }))
		}
	}
	parts := []fyne.CanvasObject{kit.Flow(buttons...)}
	if len(v.Letters) == 0 {
		return kit.Down(4, append(parts, kit.Faint(w.t("breach.none")+" "+w.t("breach.noneWords")))...)
	}
	if n := v.ToSend(); n > 0 {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.n("breach.toSend", n)))
	}
	tones := map[string]kit.Tone{"sent": kit.Kept, "returned": kit.Late, "unsure": kit.AtRisk, "drafted": kit.AtRisk, "to send": kit.Quiet}
	t := kit.NewTable([]kit.Column[app.BreachLetter]{
		{Label: w.t("breach.col.person"), Width: 200, Grow: 2, Text: func(l app.BreachLetter) string { return kit.Line(l.Name+" · "+l.Email, 90) }},
		{Label: w.t("breach.col.state"), Width: 150, Text: func(l app.BreachLetter) string { return w.t("breach.state." + l.State()) }, Tone: func(l app.BreachLetter) kit.Tone { return tones[l.State()] }},
		{Label: w.t("breach.col.when"), Width: 130, Faint: true, Text: func(l app.BreachLetter) string {
			switch {
			case !l.SentAt.IsZero():
				return w.brief(l.SentAt)
			case !l.DraftAt.IsZero():
				return w.brief(l.DraftAt)
			}
			return ""
		}},
	})
	t.OnOpen = func(l app.BreachLetter) { p.settle(l) }
	t.SetRows(v.Letters)
	return kit.Down(4, append(parts, kit.MinSize(400, float32(44+min(len(v.Letters), 10)*(kit.RowHeight+5)), t.Object))...)
}

// settle asks what became of a letter, or shows it.
func (p *breachPage) settle(l app.BreachLetter) {
	w := p.w
	if s := l.State(); s != "unsure" && s != "drafted" {
		kit.NewDialog(w.win.Canvas(), kit.Line(l.Subject, 100), 640, kit.MinSize(600, 420, kit.NewTextView(l.Text, nil)), w.t("close"), nil).Show()
		return
	}
	var d *kit.Dialog
	say := func(went bool) func() {
		return func() {
			d.Close()
			w.do(func(ctx context.Context) error { return w.f.SettleBreachLetter(ctx, l.ID, went) }, p.load)
		}
	}
	d = w.dialog(w.t("breach.settleTitle"), kit.Down(0, kit.Pair(w.t("mail.to"), kit.Line(l.Email, 90)), kit.Words(w.t("breach.settleWords"))),
		kit.NewButton(w.t("breach.wentNot"), say(false)), kit.NewButton(w.t("breach.went"), say(true)))
	d.Show()
}

// send sends what is prepared, or lays it into Drafts, once she has seen how
// many letters go out.
func (p *breachPage) send(drafts bool, n int) {
	w := p.w
	act := func() {
		w.run(w.t("breach.sending"), func(ctx context.Context, report reporter) error {
			return w.f.SendBreachLetters(ctx, p.breach, drafts, report)
		}, func(err error) outcome {
			if w.page == page(p) {
				p.load()
			}
			if err != nil {
				return outcome{}
			}
			words := w.t("breach.done")
			if drafts {
				words = w.t("breach.doneDrafts")
			}
			return outcome{tone: kit.Kept, words: words}
		})
	}
	if drafts {
		act()
		return
	}
	var d *kit.Dialog
	d = w.dialog(w.t("breach.confirm"), kit.Down(0, kit.StrongWords(w.n("breach.toSend", n)), kit.Words(w.t("breach.confirmWords"))), kit.NewDanger(w.t("breach.send"), func() { d.Close(); act() }))
	d.Show()
}

// breachAct leads from the form of a breach to the letters to its persons.
func (w *Window) breachAct(x any) []fyne.CanvasObject {
	b, ok := x.(register.Breach)
	if !ok || b.ID == "" {
		return nil
	}
	return []fyne.CanvasObject{kit.NewIconButton(w.t("breach.write"), theme.MailSendIcon(), func() { w.follow(&breachPage{w: w, breach: b.ID}) })}
}
