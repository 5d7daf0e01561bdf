package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/ui/kit"
)

// write goes to the letters with one kind drafted.
func (p *casePage) write(kind string) {
	p.kind = kind
	p.letters.box.Objects = nil
	if p.tabs.Selected() != tabLetters {
		p.tabs.Select(tabLetters)
		return
	}
	p.showLetters("")
}

// showLetters shows the kinds of letter, and the one that is being written.
func (p *casePage) showLetters(note string) {
	w, c := p.w, p.view.Case
	p.editing = false
	if p.kind == "" {
		p.kind = cases.LetterAcknowledge
		for _, s := range p.view.Steps {
			if kind, ok := cases.LetterFor(s.Act); ok && s.Primary {
				p.kind = kind
			}
		}
		if n := len(c.Letters); n > 0 && c.Letters[n-1].SentAt.IsZero() {
			p.kind = c.Letters[n-1].Kind
		}
		for _, l := range c.Letters {
			if p.stuck && (!l.ReturnedAt.IsZero() || !l.SendingAt.IsZero() && l.SentAt.IsZero()) {
				p.kind = l.Kind
			}
		}
		p.stuck = false
	}
	var kinds []kit.Option
	for _, k := range cases.LetterKinds {
		word := w.t("letter." + k)
		if l := savedLetter(c, k); l != nil {
			word += " · " + w.t("letter.word."+standing(*l))
		}
		kinds = append(kinds, kit.Option{Value: k, Word: word})
	}
	lang := c.Language
	if lang != "fr" && lang != "en" {
		lang = w.lang
	}
	// What is kept is shown in its own language.
	if l := savedLetter(c, p.kind); l != nil && (l.Lang == "fr" || l.Lang == "en") {
		lang = l.Lang
	}
	place := newSlot()
	var kind, language *kit.Select
	draft := func() {
		k, l := kind.Value(), language.Value()
		p.kind = k
		saved := savedLetter(p.view.Case, k)
		if saved != nil && !saved.ReturnedAt.IsZero() && p.anew {
			saved = nil // it came back: another one is written
		}
		if saved != nil && (saved.Lang == l || !saved.SentAt.IsZero() || !saved.SendingAt.IsZero()) {
			place.set(p.editor(*saved, note))
			return
		}
		if k == cases.LetterCode && (p.view.Case.Challenge == nil || !p.view.Case.Challenge.MetAt.IsZero()) {
			place.set(p.noCode())
			return
		}
		place.box.Objects = nil
		if p.asksFirst(k) {
			place.set(p.sayForm(place, k, l, note))
			return
		}
		p.draft(place, k, l, note)
	}
	kind = kit.NewSelect(kinds, p.kind, nil)
	language = kit.NewSelect([]kit.Option{{Value: "fr", Word: w.t("lang.fr")}, {Value: "en", Word: w.t("lang.en")}}, lang, nil)
	kind.OnChanged = func(string) { note, p.anew = "", false; draft() }
	language.OnChanged = func(string) { note = ""; draft() }
	p.letters.set(container.NewBorder(kit.Margins(16, 8, 16, 4, kit.Row(0, kind, kit.MinWidth(118, language))), nil, nil, nil, place.box))
	draft()
}

func savedLetter(c cases.Case, kind string) *cases.Letter {
	for i := len(c.Letters) - 1; i >= 0; i-- {
		if c.Letters[i].Kind == kind {
			return &c.Letters[i]
		}
	}
	return nil
}

// draft fills a template from the facts. A letter that the facts do not allow
// yet says why, and what to do first.
func (p *casePage) draft(place *slot, kind, lang, note string) {
	w := p.w
	fetch(w, place, func(ctx context.Context) (cases.Letter, error) { return w.f.DraftLetter(ctx, p.id, kind, lang) }, func(l cases.Letter) fyne.CanvasObject {
		return p.editor(l, note)
	})
}

// goesTo returns where a letter goes, and whether that is another address than
// that of who asks: a code goes to the address on file.
func (p *casePage) goesTo(l cases.Letter) (to string, another bool) {
	c := p.view.Case
	if l.Kind == cases.LetterCode && l.To == "" && c.Challenge != nil {
		l.To = c.Challenge.To
	}
	return kit.Line(l.Address(c), 90), l.To != "" && mailbox.NormEmail(l.To) != mailbox.NormEmail(c.Requester.Email)
}

// recipient says where a letter goes, with a warning where that is not who asks.
func (p *casePage) recipient(l cases.Letter) fyne.CanvasObject {
	w := p.w
	to, another := p.goesTo(l)
	switch {
	case to == "":
		return kit.IconLine(kit.AtRisk, w.t("letter.noAddress"))
	case another:
		return kit.IconLine(kit.AtRisk, w.t("letter.toOther", "To", to, "Asked", kit.Line(p.view.Case.Requester.Email, 90)))
	}
	return kit.Faint(w.t("letter.to", "To", to))
}

// standing says in a word where a letter of a case stands: "returned", "found",
// "sent", "unsure", "drafted", "kept".
func standing(l cases.Letter) string {
	switch {
	case !l.ReturnedAt.IsZero():
		return "returned"
	case !l.SentAt.IsZero() && !l.FoundAt.IsZero():
		return "found"
	case !l.SentAt.IsZero():
		return "sent"
	case !l.SendingAt.IsZero():
		return "unsure"
	case !l.DraftAt.IsZero():
		return "drafted"
	}
	return "kept"
}

// letterState says what became of a letter: kept, laid into Drafts, sent, found,
// come back.
func (w *Window) letterState(l cases.Letter) fyne.CanvasObject {
	switch standing(l) {
	case "returned":
		words := w.t("letter.returned", "Date", w.at(l.ReturnedAt))
		if l.Returned != "" {
			words += " " + w.t("letter.returnedCode", "Code", kit.Line(l.Returned, 20), "Why", w.returnReason(l.Returned))
		}
		return kit.IconLine(kit.Late, words)
	case "found":
		return kit.IconLine(kit.Kept, w.t("letter.found", "Date", w.at(l.SentAt)))
	case "sent":
		return kit.IconLine(kit.Kept, w.t("letter.sent", "Date", w.at(l.SentAt)))
	case "unsure":
		return kit.IconLine(kit.AtRisk, w.t("letter.unsure", "Date", w.at(l.SendingAt)))
	case "drafted":
		return kit.IconLine(kit.Quiet, w.t("letter.inDrafts", "Date", w.at(l.DraftAt)))
	}
	return kit.IconLine(kit.Quiet, w.t("letter.kept"))
}

// returnReason says what a code of a letter that came back means, by its class
// (RFC 3463).
func (w *Window) returnReason(code string) string {
	for n := min(len(code), 5); n > 0; n-- {
		if s := w.known("return."+code[:n], ""); s != "" {
			return s
		}
	}
	return w.t("return.other")
}

// closed shows a letter that cannot be changed any more: it went out, or nobody
// knows whether it did.
func (p *casePage) closed(l cases.Letter) fyne.CanvasObject {
	w := p.w
	top := []fyne.CanvasObject{w.letterState(l), p.recipient(l), kit.StrongWords(kit.Line(l.Subject, 120))}
	var acts []fyne.CanvasObject
	settle := func(went bool) func() {
		return func() {
			w.do(func(ctx context.Context) error { return w.f.SettleSending(ctx, p.id, l.Kind, went) }, p.load)
		}
	}
	switch {
	case l.SentAt.IsZero():
		top = append(top, kit.Words(w.t("letter.unsureWords")))
		acts = append(acts, kit.NewButton(w.t("letter.went"), settle(true)), kit.NewButton(w.t("letter.wentNot"), settle(false)))
	case !l.ReturnedAt.IsZero() && p.view.Case.State.Open():
		top = append(top, kit.Faint(w.t("letter.returnedWords")))
		if l.Kind == cases.LetterCode {
			acts = append(acts, kit.NewButton(w.t("sheet.person"), func() { p.tabs.Select(tabPerson) }))
		} else {
			acts = append(acts, kit.NewButton(w.t("letter.fixAddress"), p.editPerson), kit.NewButton(w.t("letter.again"), func() { p.writeAgain(l) }))
		}
	}
	if len(acts) > 0 {
		top = append(top, kit.Margins(8, 2, 0, 4, kit.Flow(acts...)))
	}
	if !l.SentAt.IsZero() && l.MessageID != "" {
		top = append(top, kit.Margins(8, 2, 0, 4, kit.Flow(kit.NewQuiet(w.t("letter.asSent"), nil, func() { p.asSent(l) }))))
	}
	return container.NewBorder(kit.Margins(16, 0, 16, 0, kit.Down(-6, top...)), nil, nil, nil,
		kit.Margins(16, 4, 16, 12, kit.NewPanel(kit.ColorCard, kit.ColorCardEdge, 8, kit.Margins(4, 8, 4, 8, kit.NewTextView(l.Text, nil)))))
}

// writeAgain makes a new letter of a kind that came back.
func (p *casePage) writeAgain(l cases.Letter) {
	p.anew = true
	p.write(l.Kind)
}

// editor shows a letter: to be changed while it was not sent.
func (p *casePage) editor(l cases.Letter, note string) fyne.CanvasObject {
	w := p.w
	if !l.SentAt.IsZero() || !l.SendingAt.IsZero() {
		return p.closed(l)
	}
	subject, text := kit.NewEntry(l.Subject), kit.NewArea(l.Text, 3)
	current := func() cases.Letter {
		x := l
		x.Subject, x.Text = subject.Text, text.Text
		return x
	}
	subject.OnChanged = func(string) { p.editing = true }
	text.OnChanged = func(string) { p.editing = true }
	top := []fyne.CanvasObject{p.recipient(l)}
	if kept := savedLetter(p.view.Case, l.Kind); kept != nil && kept.SentAt.IsZero() {
		top = append(top, w.letterState(*kept))
		if act, ok := cases.ActFor(kept.Kind); ok && kept.Tells != nil {
			top = append(top, kit.IconLine(kit.AtRisk, w.t("announced.letter."+string(act))))
		}
	}
	noteLine := kit.FaintLine(note)
	keep := func(act func(context.Context) error, said string, laid bool) {
		w.do(act, func() {
			p.editing, p.anew = false, false
			x := current()
			if laid {
				x.DraftAt = w.clock()
			}
			p.view.Case.Letters = append(p.view.Case.Letters, x)
			noteLine.SetText(said)
		})
	}
	save := kit.NewButton(w.t("letter.save"), func() {
		x := current()
		keep(func(ctx context.Context) error { return w.f.SaveLetter(ctx, p.id, x) }, w.t("letter.saved"), false)
	})
	preview := kit.NewButton(w.t("letter.preview"), func() {
		x := current()
		view := kit.MinSize(600, 420, kit.NewTextView(x.Text, nil))
		kit.NewDialog(w.win.Canvas(), kit.Line(x.Subject, 100), 600, view, w.t("close"), nil).Show()
	})
	put := kit.NewButton(w.t("letter.put"), func() {
		x := current()
		p.warned(x, func() {
			keep(func(ctx context.Context) error { return w.f.PutInDrafts(ctx, p.id, x) }, w.t("letter.putDone"), true)
		})
	})
	buttons := []fyne.CanvasObject{save, preview, put}
	iSent := func() {
		x := current()
		var d *kit.Dialog
		d = w.dialog(w.t("letter.iSent"), kit.Words(w.t("letter.iSentWords")), kit.NewPrimary(w.t("letter.iSentYes"), func() {
			d.Close()
			w.do(func(ctx context.Context) error {
				if err := w.f.SaveLetter(ctx, p.id, x); err != nil {
					return err
				}
				return w.f.MarkSent(ctx, p.id, x.Kind)
			}, func() {
				p.editing, p.anew, p.kind = false, false, ""
				p.load()
			})
		}))
		d.Show()
	}
	if w.f.CanSend() {
		buttons = append(buttons, kit.NewButton(w.t("letter.iSent"), iSent), kit.NewPrimary(w.t("letter.send"), func() {
			x := current()
			p.warned(x, func() { p.send(x) })
		}))
	} else {
		buttons = append(buttons, kit.NewPrimary(w.t("letter.iSent"), iSent))
	}
	return container.NewBorder(kit.Margins(16, 0, 16, 4, kit.Down(2, kit.Down(-6, top...), subject)), kit.Margins(16, 4, 16, 10, kit.Down(-2, noteLine, kit.Flow(buttons...))), nil, nil, kit.Margins(16, 0, 16, 0, text))
}

// send sends a letter once she has seen where it goes.
func (p *casePage) send(l cases.Letter) {
	w := p.w
	to, another := p.goesTo(l)
	parts := []fyne.CanvasObject{kit.Pair(w.t("mail.to"), to), kit.Pair(w.t("col.subject"), kit.Line(l.Subject, 120)), kit.Words(w.t("letter.sendWords"))}
	if another || to == "" {
		parts = append(parts, p.recipient(l))
	}
	var d *kit.Dialog
	d = w.dialog(w.t("letter.sendTitle"), kit.Down(0, parts...),
		kit.NewPrimary(w.t("letter.send"), func() {
			d.Close()
			p.editing = false
			w.run(w.t("letter.sending"), func(ctx context.Context, _ reporter) error { return w.f.SendLetter(ctx, p.id, l) }, func(err error) outcome {
				if err != nil && !errors.Is(err, mailbox.ErrUncertain) {
					// It did not go out: her words stay, and are kept with the case.
					w.fail(err)
					return outcome{tone: kit.Quiet}
				}
				p.anew, p.kind = false, l.Kind
				if w.page == page(p) {
					p.load()
				}
				if err != nil {
					return outcome{}
				}
				return outcome{tone: kit.Kept, words: w.t("letter.wentOut", "To", to)}
			})
		}))
	d.Show()
}
