package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/ui/kit"
)

// asksFirst tells whether a letter says something that only she can say, and
// that the case does not record.
func (p *casePage) asksFirst(kind string) bool {
	switch kind {
	case cases.LetterFee, cases.LetterLift:
		return true
	case cases.LetterClarify:
		return !slices.ContainsFunc(p.view.Case.Suspensions, func(s law.Suspension) bool { return s.To.IsZero() && s.Reason != cases.SignIdentityDoubt })
	}
	return false
}

// sayForm asks for what only she can say of a letter, and drafts it.
func (p *casePage) sayForm(place *slot, kind, lang, note string) fyne.CanvasObject {
	w := p.w
	var say app.LetterWords
	question, why, fee, day := kit.NewArea("", 3), kit.NewArea("", 3), kit.NewEntry(""), kit.NewEntry("")
	day.SetPlaceHolder(w.t("letter.say.dayHelp"))
	var rows []fyne.CanvasObject
	switch kind {
	case cases.LetterClarify:
		rows = append(rows, kit.FormRow(w.t("letter.say.question"), w.t("letter.say.questionHelp"), question))
	case cases.LetterFee:
		rows = append(rows, kit.FormRow(w.t("letter.say.fee"), w.t("letter.say.feeHelp"), fee), kit.FormRow(w.t("letter.say.feeWhy"), w.t("letter.say.feeWhyHelp"), why),
			kit.FormRow(w.t("letter.say.feeBy"), "", day))
	case cases.LetterLift:
		rows = append(rows, kit.FormRow(w.t("letter.say.liftOn"), "", day), kit.FormRow(w.t("letter.say.liftWhy"), "", why))
	}
	said := kit.Toned(kit.Words(""), kit.Late)
	ok := kit.NewPrimary(w.t("letter.say.make"), func() {
		on, good := parseDate(day.Text)
		if !good {
			said.SetText(w.t("form.wrong"))
			return
		}
		say = app.LetterWords{Question: question.Text, Reason: why.Text, Fee: fee.Text, Day: on}
		ask(w, func(ctx context.Context) (cases.Letter, error) {
			return w.f.DraftLetterWith(ctx, p.id, kind, lang, say)
		}, func(l cases.Letter) {
			p.editing = true
			place.set(p.editor(l, note))
		})
	})
	return kit.Page(kit.DownReading(4, kit.Strong(w.t("letter.sayTitle")), kit.Down(0, rows...), said, container.NewHBox(ok)))
}

// warned goes on once she has seen what her text of a letter no longer says. A
// refusal without the remedies does not go on.
func (p *casePage) warned(l cases.Letter, then func()) {
	w := p.w
	ask(w, func(ctx context.Context) ([]app.LetterWarning, error) { return w.f.LetterWarnings(ctx, p.id, l) }, func(ws []app.LetterWarning) {
		if len(ws) == 0 {
			then()
			return
		}
		const most = 8
		rows := []fyne.CanvasObject{kit.Words(w.t("letter.warnWords"))}
		stop := false
		for i, x := range ws {
			stop = stop || x.Code == "remedies" && l.Kind == cases.LetterRefuse
			if i < most {
				tone := kit.AtRisk
				if x.Code != "lost" {
					tone = kit.Late
				}
				rows = append(rows, kit.IconLine(tone, w.t("letter.warn."+x.Code, "Field", w.known("place."+x.Field, x.Field), "Value", kit.Line(x.Value, 90))))
			}
		}
		if n := len(ws) - most; n > 0 {
			rows = append(rows, kit.Faint(w.t("letter.warnMore", "N", w.number(n))))
		}
		if stop {
			rows = append(rows, kit.Words(w.t("error."+cases.ErrLetterRemedies.Error()+".next")))
		}
		var d *kit.Dialog
		var others []*kit.Button
		if !stop {
			others = append(others, kit.NewButton(w.t("letter.warnGo"), func() { d.Close(); then() }))
		}
		d = kit.NewDialog(w.win.Canvas(), w.t("letter.warnTitle"), kit.DialogWidth, kit.Down(-4, rows...), w.t("letter.warnBack"), nil, others...)
		d.Show()
	})
}

// asSent shows a letter as it went out.
func (p *casePage) asSent(l cases.Letter) {
	w := p.w
	ask(w, func(ctx context.Context) (app.SentLetter, error) { return w.f.LetterAsSent(ctx, p.id, l.MessageID) }, func(s app.SentLetter) {
		how := "letter.asSentMade"
		if s.Found {
			how = "letter.asSentFound"
		}
		head := kit.Down(-8, kit.Pair(w.t("letter.from"), kit.Line(s.From, 120)), kit.Pair(w.t("mail.to"), kit.Line(s.To, 120)), kit.Pair(w.t("col.subject"), kit.Line(s.Subject, 160)),
			kit.Faint(w.t(how, "Date", w.at(s.At))), kit.Faint(w.t("letter.asSentHash", "Hash", kit.Line(s.SHA256, 70))))
		view := container.NewBorder(head, nil, nil, nil, kit.MinSize(640, 320, kit.NewTextView(s.Text, nil)))
		kit.NewDialog(w.win.Canvas(), w.t("letter.asSentTitle"), 700, view, w.t("close"), nil).Show()
	})
}
