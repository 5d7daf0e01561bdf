package ui

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
	"greffier/ui/kit"
)

// mailPage is one mail of which the owner says whether it is a request: its
// text, what the program thinks of it and why, and one click to correct it.
type mailPage struct {
	w       *Window
	id      int64
	body    *slot
	text    *slot
	view    app.MessageView
	primary func()
}

func (p *mailPage) place() string { return placeRequests }
func (p *mailPage) changed()      {}
func (p *mailPage) step() {
	if p.primary != nil {
		p.primary()
	}
}

func (p *mailPage) build() fyne.CanvasObject {
	p.body = newSlot()
	p.load()
	return p.body.box
}

func (p *mailPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (app.MessageView, error) { return w.f.Mail(ctx, p.id) }, p.show)
}

func (p *mailPage) show(m app.MessageView) fyne.CanvasObject {
	w := p.w
	if m.Message.Text == "" && p.view.Message.ID == m.Message.ID {
		m.Message.Text = p.view.Message.Text // it was read again already
	}
	p.view = m
	summary := w.t("mail.question")
	if m.Case != 0 {
		summary = w.t("mail.ofCase", "N", int64(m.Case))
	}
	head := w.backHeader(w.subject(m.Message.Subject), summary)
	p.text = newSlot()
	p.showText(m)
	side := []fyne.CanvasObject{p.decide(m)}
	if why := w.whyCard(m.Verdict); why != nil {
		side = append(side, why)
	}
	panel := container.NewVScroll(kit.Margins(12, 8, 16, 16, kit.Down(10, side...)))
	return container.NewBorder(head.Object, nil, nil, kit.MinWidth(326, panel), p.text.box)
}

// showText shows the text of the mail. That of ordinary mail is not kept: it is
// read again from the mailbox.
func (p *mailPage) showText(m app.MessageView) {
	w := p.w
	if strings.TrimSpace(m.Message.Text) != "" {
		p.text.set(w.mail(m))
		return
	}
	gone := func(title, words string, again func()) {
		var act fyne.CanvasObject
		if again != nil {
			act = kit.NewButton(w.t("error.again"), again)
		}
		p.text.set(w.mailAround(m, calm(title, words, act)))
	}
	place := newSlot()
	p.text.set(w.mailAround(m, kit.Margins(8, 8, 8, 8, kit.Down(0, kit.Faint(w.t("mail.reading")), place.box))))
	attempt(w, place, w.t("mail.readingTitle"), func(ctx context.Context) (app.MessageView, error) { return w.f.ReadMail(ctx, p.id) },
		func(v app.MessageView, err error) {
			switch {
			case errors.Is(err, mailbox.ErrGone):
				gone(w.t("mail.gone"), w.t("mail.goneWords"), nil)
			case err != nil:
				what, next := Explain(err, w.lang)
				gone(what, next, func() { p.showText(m) })
			default:
				p.view.Message.Text = v.Message.Text
				p.text.set(w.mail(v))
			}
		})
}

// calm tells in a narrow place what there is instead of a content; act may be
// nil.
func calm(title, words string, act fyne.CanvasObject) fyne.CanvasObject {
	parts := []fyne.CanvasObject{kit.StrongWords(title), kit.Words(words)}
	if act != nil {
		parts = append(parts, kit.Margins(8, 6, 8, 0, container.NewHBox(act)))
	}
	return container.NewVScroll(kit.Margins(8, 12, 8, 8, kit.DownReading(-4, parts...)))
}

// sure says in words how sure the program is: 0.9 is right nine times in ten.
func (w *Window) sure(confidence float64) (string, kit.Tone) {
	word, t := "sure.possible", kit.Quiet
	switch {
	case confidence >= 0.85:
		word, t = "sure.very", kit.Kept
	case confidence >= 0.5:
		word, t = "sure.likely", kit.AtRisk
	}
	return w.t(word) + " · " + w.percent(confidence), t
}

// ruleWords say why a right was found: by the longest beginning of the rule's
// name that the catalog knows.
func (w *Window) ruleWords(rule string) string {
	words := strings.Fields(strings.ReplaceAll(rule, ",", ""))
	for n := min(len(words), 8); n > 0; n-- {
		if s := w.known("why."+strings.Join(words[:n], " "), ""); s != "" {
			return s
		}
	}
	return w.t("why.resembles")
}

// whyCard says what was found in a mail, right by right; nil for nothing.
func (w *Window) whyCard(v request.Verdict) fyne.CanvasObject {
	if len(v.Findings) == 0 {
		return nil
	}
	parts := []fyne.CanvasObject{kit.Heading(w.t("mail.why"))}
	seen := map[request.Right]bool{}
	for _, f := range v.Findings {
		if seen[f.Right] {
			continue
		}
		seen[f.Right] = true
		lines := []fyne.CanvasObject{kit.StrongWords(w.right(f.Right))}
		if f.Rule != "owner" {
			sure, _ := w.sure(f.Confidence)
			lines = append(lines, kit.Faint(sure))
		}
		lines = append(lines, kit.Words(w.ruleWords(f.Rule)))
		if spoke := findingWords(f); spoke != "" {
			lines = append(lines, kit.Words(w.t("mail.spoke", "Words", kit.Line(spoke, 90))))
		}
		if a := w.article(f.Right.Article()); a != "" {
			lines = append(lines, kit.Faint(a))
		}
		parts = append(parts, kit.Down(-12, lines...), kit.Gap(2))
	}
	return kit.NewCard(parts...)
}

func findingWords(f request.Finding) string {
	for _, s := range f.Spans {
		if strings.TrimSpace(s.Words) != "" {
			return s.Words
		}
	}
	return ""
}

// decide is where she says what the mail is, and takes it back.
func (p *mailPage) decide(m app.MessageView) fyne.CanvasObject {
	w := p.w
	p.primary = nil
	if m.Corrected {
		words := w.t("mail.correctedNo")
		var acts []fyne.CanvasObject
		if m.Case != 0 {
			words = w.t("mail.correctedYes", "Rights", w.rights(m.Verdict.Rights()))
			p.primary = func() { w.openCase(m.Case) }
			acts = append(acts, kit.NewPrimary(w.t("mail.openCase", "N", int64(m.Case)), p.primary))
		}
		acts = append(acts, kit.NewIconButton(w.t("mail.undo"), theme.ContentUndoIcon(), p.restore))
		return kit.NewCard(kit.Row(1, kit.Badge(kit.Kept, w.t("mail.corrected"))), kit.Words(words), kit.Faint(w.t("mail.learnt")),
			kit.Margins(8, 4, 8, 4, kit.Flow(acts...)))
	}
	if m.Case != 0 {
		p.primary = func() { w.openCase(m.Case) }
		return kit.NewCard(kit.Words(w.t("mail.inCase")), kit.Margins(8, 4, 8, 4, kit.NewPrimary(w.t("mail.openCase", "N", int64(m.Case)), p.primary)))
	}
	sure, t := w.sure(m.Verdict.Confidence)
	var state fyne.CanvasObject
	switch m.Verdict.Kind {
	case request.ToCheck:
		state = kit.Badge(kit.CannotTell, w.t("mail.unsure"))
	case request.Request:
		state = kit.Badge(t, sure)
	default:
		state = kit.Badge(kit.Quiet, w.t("mail.thoughtNot"))
	}
	p.primary = p.itIs
	yes := kit.NewPrimary(w.t("mail.yesAsk"), p.primary)
	acts, words := kit.Down(6, yes), w.t("mail.yesWords")
	if m.Verdict.Kind != request.Ordinary {
		acts.Add(kit.NewButton(w.t("mail.no"), func() { p.correct(nil) }))
		words = w.t("mail.noWords")
	}
	return kit.NewCard(kit.Heading(w.t("mail.isIt")), state, kit.Margins(8, 2, 8, 4, acts), kit.Faint(words))
}

// itIs asks which rights the mail asks for, those that were found ticked.
func (p *mailPage) itIs() {
	w := p.w
	proposed := map[request.Right]float64{}
	for _, f := range p.view.Verdict.Findings {
		proposed[f.Right] = max(proposed[f.Right], f.Confidence)
	}
	w.askRights(w.t("mail.isItTitle"), w.t("mail.isItWords"), w.t("mail.open"), func(r request.Right) (bool, string) {
		if c, ok := proposed[r]; ok {
			return true, w.percent(c)
		}
		return false, ""
	}, p.correct)
}

// askRights is a dialog in which rights are ticked, at least one.
func (w *Window) askRights(title, words, do string, now func(request.Right) (on bool, note string), then func([]request.Right)) {
	checks := map[request.Right]*kit.Check{}
	chosen := func() (rs []request.Right) {
		for _, r := range request.Rights {
			if checks[r].Checked {
				rs = append(rs, r)
			}
		}
		return rs
	}
	var d *kit.Dialog
	ok := kit.NewPrimary(do, func() {
		rs := chosen()
		d.Close()
		then(rs)
	})
	parts := []fyne.CanvasObject{}
	for _, r := range request.Rights {
		on, note := now(r)
		word := w.right(r)
		if note != "" {
			word += " · " + note
		}
		checks[r] = kit.NewCheck(word, on, func(bool) { enable(ok, len(chosen()) > 0) })
		parts = append(parts, checks[r])
	}
	enable(ok, len(chosen()) > 0)
	content := kit.Down(-6, parts...)
	if words != "" {
		content = kit.Down(4, kit.Words(words), content)
	}
	d = w.dialog(title, content, ok)
	if !ok.Disabled() {
		d.FocusOn(ok)
	}
	d.Show()
}

// correct records what she says the mail is, and stays here.
func (p *mailPage) correct(rights []request.Right) {
	w := p.w
	ask(w, func(ctx context.Context) (cases.ID, error) { return w.f.CorrectVerdict(ctx, p.id, rights) }, func(cases.ID) { p.stay() })
}

// restore takes back what she said.
func (p *mailPage) restore() {
	w := p.w
	ask(w, func(ctx context.Context) (cases.ID, error) { return w.f.RestoreVerdict(ctx, p.id) }, func(cases.ID) { p.stay() })
}

// stay shows the mail anew, unless she has gone on meanwhile.
func (p *mailPage) stay() {
	if p.w.page == page(p) {
		p.load()
	}
}

// putAside says of several mails at once that they are no requests, with a way
// to take it back.
func (w *Window) putAside(mails []int64, then func()) {
	done := []int64{}
	w.run(w.n("mail.puttingAside", len(mails)), func(ctx context.Context, report reporter) error {
		for i, id := range mails {
			if err := ctx.Err(); err != nil {
				return err
			}
			report(i, len(mails), "")
			if _, err := w.f.CorrectVerdict(ctx, id, nil); err != nil {
				return err
			}
			done = append(done, id)
		}
		return nil
	}, func(err error) outcome {
		then()
		if err != nil {
			return outcome{}
		}
		return outcome{tone: kit.Kept, words: w.n("mail.putAside", len(done)), act: w.t("mail.undo"), onAct: func() { w.takeBack(done, then) }}
	})
}

// takeBack takes corrections back.
func (w *Window) takeBack(mails []int64, then func()) {
	w.do(func(ctx context.Context) error {
		for _, id := range mails {
			if _, err := w.f.RestoreVerdict(ctx, id); err != nil && !errors.Is(err, app.ErrNotCorrected) {
				return err
			}
		}
		return nil
	}, func() {
		w.say(outcome{tone: kit.Kept, words: w.t("mail.takenBack")})
		then()
	})
}
