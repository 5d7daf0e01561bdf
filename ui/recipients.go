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
	"greffier/ui/kit"
)

// noticeStates and noticeAnswers are the words of app.NoticeRow.
var (
	noticeStates  = []string{"to write", "drafted", "sent", "answered", "spared"}
	noticeAnswers = []string{"erased", "nothing held", "refused", "other"}
	// Of a rectification or restriction, what was asked for is not an erasure.
	noticeAnswersDone = []string{"done", "nothing held", "refused", "other"}
)

// answersOf are the answers that a notice may have.
func answersOf(r app.NoticeRow) []string {
	if r.Kind == "rectification" || r.Kind == "restriction" {
		return noticeAnswersDone
	}
	return noticeAnswers
}

// settledAnswer tells whether an answer leaves nothing to be done.
func settledAnswer(a string) bool { return a == "erased" || a == "done" || a == "nothing held" }

// notices are the recipients to be told of an erasure, one card each: where it
// stands, when it is followed up, and what can be done (GDPR Art. 19). primary
// tells whether the page has no other first act.
func (w *Window) notices(rows []app.NoticeRow, primary bool) fyne.CanvasObject {
	waiting := 0
	for _, r := range rows {
		if r.State == "to write" || r.State == "drafted" {
			waiting++
		}
	}
	words := w.t("notice.words")
	if waiting > 0 {
		words += " " + w.n("notice.waiting", waiting)
	}
	parts := []fyne.CanvasObject{kit.Faint(words)}
	first := primary
	for _, r := range rows {
		todo := r.State == "to write" || r.State == "drafted" || r.Tone == app.ToneAtRisk || r.Tone == app.ToneLate
		parts = append(parts, w.noticeCard(r, first && todo && r.State != "answered" && r.State != "spared"))
		first = first && !todo
	}
	return kit.DownReading(8, parts...)
}

func noticeTone(r app.NoticeRow) kit.Tone {
	switch {
	case r.State == "answered" && settledAnswer(r.Answer):
		return kit.Kept
	case r.State == "answered":
		return kit.AtRisk
	case r.State == "spared":
		return kit.Quiet
	}
	return tone(r.Tone)
}

// noticeState says where a notice stands: "sent, no answer yet".
func (w *Window) noticeState(r app.NoticeRow) string {
	s := w.known("notice.state."+r.State, kit.Line(r.State, 30))
	if r.State == "answered" {
		s += w.t("notice.answerIs", "Answer", w.known("notice.answer."+r.Answer, kit.Line(r.Answer, 30)))
	}
	return s
}

func (w *Window) noticeFacts(r app.NoticeRow) string {
	var facts []string
	if r.Kind != "" {
		facts = append(facts, w.t("notice.kind."+r.Kind))
	}
	if r.To != "" {
		facts = append(facts, kit.Line(r.To, 80))
	}
	if len(r.Orders) > 0 {
		facts = append(facts, w.n("cooling.orders", len(r.Orders), "Numbers", kit.Line(strings.Join(r.Orders, ", "), 60)))
	}
	if !r.SentAt.IsZero() {
		facts = append(facts, w.t("notice.sentOn", "Date", w.brief(r.SentAt)))
	}
	if r.Reminders > 0 {
		facts = append(facts, w.n("notice.reminders", r.Reminders))
	}
	if !r.NextReminder.IsZero() && r.State == "sent" {
		key := "notice.nextReminder"
		if !w.day(w.clock()).Before(r.NextReminder) {
			key = "notice.reminderDue"
		}
		facts = append(facts, w.t(key, "Date", w.shortYear(r.NextReminder)))
	}
	if !r.AnsweredAt.IsZero() {
		facts = append(facts, w.t("notice.answeredOn", "Date", w.brief(r.AnsweredAt)))
	}
	return strings.Join(facts, " · ")
}

func (w *Window) noticeCard(r app.NoticeRow, first bool) fyne.CanvasObject {
	write := func() { w.follow(&noticePage{w: w, row: r}) }
	button := func(word string, act func(), primary bool) fyne.CanvasObject {
		if primary {
			return kit.NewPrimary(word, act)
		}
		return kit.NewButton(word, act)
	}
	var acts []fyne.CanvasObject
	switch r.State {
	case "to write", "drafted":
		word := w.t("notice.write")
		if r.State == "drafted" {
			word = w.t("notice.openLetter")
		}
		acts = append(acts, button(word, write, first))
		if r.State == "drafted" {
			acts = append(acts, kit.NewButton(w.t("letter.iSent"), func() { w.noticeSent(r, nil) }))
		}
		acts = append(acts, kit.NewQuiet(w.t("notice.spare"), nil, func() { w.spare(r) }))
	case "sent":
		acts = append(acts, button(w.t("notice.remind"), write, first), kit.NewButton(w.t("notice.answered"), func() { w.answer(r) }),
			kit.NewQuiet(w.t("notice.spare"), nil, func() { w.spare(r) }))
	case "answered":
		if r.Mail != 0 {
			acts = append(acts, kit.NewButton(w.t("notice.seeMail"), func() { w.follow(&mailPage{w: w, id: r.Mail}) }))
		}
		if !settledAnswer(r.Answer) {
			acts = append(acts, kit.NewButton(w.t("notice.answered"), func() { w.answer(r) }))
		}
	}
	parts := []fyne.CanvasObject{kit.Row(0, kit.StrongWords(kit.Line(r.Name, 80)), kit.Badge(noticeTone(r), w.noticeState(r))), kit.Faint(w.noticeFacts(r))}
	if r.Reason != "" {
		parts = append(parts, kit.Words(kit.Clip(r.Reason, 400, 90)))
	}
	if len(acts) > 0 {
		parts = append(parts, kit.Margins(6, 2, 0, 2, kit.Flow(acts...)))
	}
	return kit.NewCard(kit.Down(-8, parts...))
}

// noticeSent records, once the owner says so, that a notice has left.
func (w *Window) noticeSent(r app.NoticeRow, then func()) {
	var d *kit.Dialog
	d = w.dialog(w.t("letter.iSent"), kit.Words(w.t("notice.iSentWords")), kit.NewPrimary(w.t("letter.iSentYes"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.MarkNoticeSent(ctx, r.ID) }, func() {
			w.changed()
			if then != nil {
				then()
			}
		})
	}))
	d.Show()
}

// answer records what a recipient answered by telephone or by post.
func (w *Window) answer(r app.NoticeRow) {
	var options []kit.Option
	for _, a := range answersOf(r) {
		options = append(options, kit.Option{Value: a, Word: w.t("notice.answer." + a)})
	}
	note := kit.NewArea("", 3)
	var d *kit.Dialog
	var choose *kit.Select
	ok := kit.NewPrimary(w.t("step.record"), func() {
		a, n := choose.Value(), strings.TrimSpace(note.Text)
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.AnswerNotice(ctx, r.ID, a, n) }, w.changed)
	})
	ok.Disable()
	choose = kit.NewSelect(options, "", func(string) { ok.Enable() })
	d = w.dialog(w.t("notice.answeredTitle", "Name", kit.Line(r.Name, 60)), kit.Down(0, kit.Words(w.t("notice.answeredWords")),
		kit.FormRow(w.t("notice.answerLabel"), "", choose), kit.FormRow(w.t("sheet.note"), "", note)), ok)
	d.FocusOn(choose).Show()
}

// spare records why a recipient is not told: impossible, or a disproportionate
// effort (GDPR Art. 19).
func (w *Window) spare(r app.NoticeRow) {
	why := kit.NewArea("", 3)
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("notice.spareYes"), func() {
		reason := strings.TrimSpace(why.Text)
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.SpareNotice(ctx, r.ID, reason) }, w.changed)
	})
	ok.Disable()
	why.OnChanged = func(s string) { enable(ok, strings.TrimSpace(s) != "") }
	d = w.dialog(w.t("notice.spareTitle", "Name", kit.Line(r.Name, 60)), kit.Down(0, kit.Words(w.t("notice.spareWords")),
		kit.FormRow(w.t("sheet.reason"), w.t("notice.spareHelp"), why)), ok)
	d.FocusOn(why).Show()
}

// noticesPage is every recipient that is still to be told or reminded.
type noticesPage struct {
	w    *Window
	body *slot
}

func (p *noticesPage) place() string { return placeRequests }
func (p *noticesPage) changed()      { p.load() }

func (p *noticesPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.load()
	return container.NewBorder(w.backHeader(w.t("notice.page"), w.t("notice.pageWords")).Object, nil, nil, nil, p.body.box)
}

func (p *noticesPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) ([]app.NoticeRow, error) { return w.f.Notices(ctx, 0) }, func(rows []app.NoticeRow) fyne.CanvasObject {
		if len(rows) == 0 {
			return kit.Empty(theme.ConfirmIcon(), w.t("notice.allTold"), w.t("notice.allToldWords"), "", nil)
		}
		return kit.Page(w.notices(rows, true))
	})
}

// noticePage is the letter to one recipient, or its reminder, to be changed, put
// into the drafts or copied.
type noticePage struct {
	w       *Window
	row     app.NoticeRow
	lang    string
	body    *slot
	editing bool
}

func (p *noticePage) place() string { return placeRequests }
func (p *noticePage) changed()      {}

func (p *noticePage) build() fyne.CanvasObject {
	w, r := p.w, p.row
	if p.lang == "" {
		p.lang = w.lang
	}
	p.body = newSlot()
	language := kit.NewSelect([]kit.Option{{Value: "fr", Word: w.t("lang.fr")}, {Value: "en", Word: w.t("lang.en")}}, p.lang, func(l string) {
		p.lang = l
		p.body.box.Objects = nil
		p.load()
	})
	title := w.t("notice.letter", "Name", kit.Line(r.Name, 60))
	if r.State == "sent" {
		title = w.t("notice.reminder", "Name", kit.Line(r.Name, 60))
	}
	head := w.backHeader(title, w.noticeFacts(r), kit.MinWidth(130, language))
	p.load()
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

func (p *noticePage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (cases.Letter, error) { return w.f.DraftNotice(ctx, p.row.ID, p.lang) }, p.editor)
}

func (p *noticePage) editor(l cases.Letter) fyne.CanvasObject {
	w := p.w
	subject, text := kit.NewEntry(l.Subject), kit.NewArea(l.Text, 8)
	current := func() cases.Letter {
		x := l
		x.Subject, x.Text = subject.Text, text.Text
		return x
	}
	said := kit.Faint("")
	preview := kit.NewButton(w.t("letter.preview"), func() {
		x := current()
		kit.NewDialog(w.win.Canvas(), kit.Line(x.Subject, 100), 600, kit.MinSize(600, 420, kit.NewTextView(x.Text, nil)), w.t("close"), nil).Show()
	})
	copyIt := kit.NewIconButton(w.t("copy"), theme.ContentCopyIcon(), func() {
		x := current()
		w.app.Clipboard().SetContent(x.Subject + "\n\n" + x.Text)
		said.SetText(w.t("notice.copied"))
	})
	put := kit.NewButton(w.t("letter.put"), func() {
		x := current()
		w.async(func() {
			err := w.f.PutNoticeInDrafts(w.ctx, p.row.ID, x)
			w.onMain(func() {
				switch {
				case errors.Is(err, app.ErrNoMailbox):
					said.SetText(w.t("notice.noMailbox"))
				case err != nil:
					w.fail(err)
				default:
					said.SetText(w.t("letter.putDone"))
				}
			})
		})
	})
	sent := kit.NewPrimary(w.t("letter.iSent"), func() { w.noticeSent(p.row, w.back) })
	buttons := kit.Flow(preview, copyIt, put, sent)
	return container.NewBorder(kit.Margins(16, 4, 16, 4, subject), kit.Margins(16, 4, 16, 10, kit.Down(-2, said, buttons)), nil, nil, kit.Margins(16, 0, 16, 0, text))
}
