package ui

import (
	"context"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app/cases"
	"greffier/ui/kit"
)

// challenge shows the one-time code of the case and what became of it, and
// makes one where it can be sent (GDPR Art. 12(6)).
func (p *casePage) challenge() []fyne.CanvasObject {
	w, v := p.w, p.view
	h := v.Case.Challenge
	var parts []fyne.CanvasObject
	open := false
	if h != nil {
		lines := []fyne.CanvasObject{kit.Strong(w.t("challenge.title"))}
		line := func(t kit.Tone, words string) { lines = append(lines, kit.IconLine(t, words)) }
		letter := p.codeLetter()
		sent := letter != nil && !letter.SentAt.IsZero()
		returned := letter != nil && !letter.ReturnedAt.IsZero()
		open = h.Open(w.clock())
		switch {
		case letter == nil || !sent && letter.SendingAt.IsZero():
			line(kit.AtRisk, w.t("challenge.notSent", "To", kit.Line(h.To, 90)))
		case !sent:
			line(kit.AtRisk, w.t("challenge.maybeSent", "To", kit.Line(h.To, 90)))
		default:
			line(kit.Kept, w.t("challenge.sent", "Date", w.at(letter.SentAt), "To", kit.Line(h.To, 90)))
		}
		switch {
		case !h.MetAt.IsZero():
			line(kit.Kept, w.t("challenge.met", "Date", w.at(h.MetAt)))
		case returned:
			line(kit.Late, w.t("challenge.returned", "Date", w.at(letter.ReturnedAt)))
		case h.Tries >= cases.ChallengeTries:
			line(kit.Late, w.t("challenge.spent"))
		case !open:
			line(kit.Late, w.t("challenge.late", "Date", w.at(h.Until)))
		default:
			line(kit.Quiet, w.n("challenge.open", cases.ChallengeTries-h.Tries, "Date", w.at(h.Until)))
		}
		open = open && !returned
		if h.MetAt.IsZero() && letter != nil && !sent {
			lines = append(lines, kit.Margins(8, 2, 0, 2, container.NewHBox(kit.NewButton(w.t("challenge.letter"), func() { p.write(cases.LetterCode) }))))
		}
		parts = append(parts, kit.Gap(14), kit.NewCard(kit.Down(-10, lines...)))
	}
	if v.ChallengeTo == "" || h != nil && !h.MetAt.IsZero() {
		return parts
	}
	act := kit.NewIconButton(w.t("challenge.make"), theme.MailSendIcon(), p.newChallenge)
	words := w.t("challenge.words", "To", kit.Line(v.ChallengeTo, 90))
	if open {
		act = kit.NewQuiet(w.t("challenge.again"), nil, p.newChallenge)
		words = w.t("challenge.againWords", "To", kit.Line(v.ChallengeTo, 90))
	}
	return append(parts, kit.Margins(8, 8, 0, 0, container.NewHBox(act)), kit.Faint(words), kit.Faint(w.t("challenge.why")))
}

// codeLetter is the letter that carries the latest code, nil where there is
// none.
func (p *casePage) codeLetter() *cases.Letter {
	c := p.view.Case
	l := savedLetter(c, cases.LetterCode)
	if l == nil || c.Challenge == nil || l.MadeAt.Before(c.Challenge.MadeAt) {
		return nil
	}
	return l
}

// newChallenge makes a code and opens the letter that carries it.
func (p *casePage) newChallenge() {
	w := p.w
	ask(w, func(ctx context.Context) (cases.Letter, error) { return w.f.Challenge(ctx, p.id) }, func(l cases.Letter) {
		p.kind, p.tab, p.anew = l.Kind, tabLetters, false
		if w.page == page(p) {
			p.editing = false
			p.load()
		}
	})
}

// noCode stands in place of the letter with a code where there is no code.
func (p *casePage) noCode() fyne.CanvasObject {
	w := p.w
	if p.view.ChallengeTo == "" {
		return calm(w.t("challenge.none"), w.t("challenge.noneWords"), nil)
	}
	return calm(w.t("challenge.none"), w.t("challenge.words", "To", kit.Line(p.view.ChallengeTo, 90)), kit.NewButton(w.t("challenge.make"), p.newChallenge))
}

// documents proposes to delete copies of identity documents that are still kept
// (GDPR Art. 5(1)(c) and (e)).
func (p *casePage) documents() []fyne.CanvasObject {
	w, v := p.w, p.view
	var out []fyne.CanvasObject
	for _, id := range slices.Sorted(maps.Keys(v.Documents)) {
		var names []string
		for i, n := range v.Documents[id] {
			if i == 5 {
				break
			}
			names = append(names, kit.Line(n, 50))
		}
		if len(names) == 0 {
			continue
		}
		drop := kit.NewButton(w.n("document.drop", len(names)), func() {
			w.do(func(ctx context.Context) error { return w.f.DropDocuments(ctx, id) }, func() {
				w.say(outcome{tone: kit.Kept, words: w.t("document.dropped")})
				if w.page == page(p) && !p.editing {
					p.load()
				}
			})
		})
		out = append(out, kit.NewPanel(kit.ColorDemoWash, "", 8, kit.Margins(8, 4, 8, 8, kit.Down(-8,
			kit.StrongWords(w.n("document.kept", len(names), "Names", w.list(names))),
			kit.Faint(w.t("document.words")),
			kit.Margins(8, 8, 0, 0, container.NewHBox(drop))))))
	}
	return out
}
