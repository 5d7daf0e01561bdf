package ui

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/ui/kit"
)

// The tabs of a case.
const (
	tabMail = iota
	tabPerson
	tabPlan
	tabCopy
	tabMeasures
	tabLetters
	tabRecipients
	tabHistory
)

// casePage is one rights request: who asks what, by when, and the next lawful
// step.
type casePage struct {
	w        *Window
	id       cases.ID
	body     *slot
	tab      int
	view     app.CaseView
	kind     string // of the letter being written
	stuck    bool   // the letter to show is one that did not arrive
	anew     bool   // it is written once more, since the one before came back
	editing  bool   // the letter has words that are not saved
	planSlot *slot
	plan     *planView
	planNote string // why the plan is a new one
	letters  *slot
	copySlot *slot
	copies   *copyTab
	told     *slot
	measures *slot         // restrictions, stopped uses, corrections
	cooling  []app.Cooling // erasures that wait
	tabs     *kit.Tabs
	primary  func()
	evenSo   bool        // the plan is looked at though only an objection was made
	lead     *kit.Button // the button of the next step, nil for none
}

func (w *Window) openCase(id cases.ID) { w.follow(&casePage{w: w, id: id}) }

func (p *casePage) place() string { return placeRequests }
func (p *casePage) step() {
	if p.primary != nil {
		p.primary()
	}
}

// changed reloads the case, unless that would throw away words being typed or
// ticks being set.
func (p *casePage) changed() {
	if !p.editing && (p.tab != tabPlan || p.plan == nil || !p.plan.touched()) && (p.tab != tabCopy || !p.copies.touched()) {
		p.load()
	}
}

func (p *casePage) build() fyne.CanvasObject {
	p.body = newSlot()
	p.editing = false
	p.load()
	return p.body.box
}

func (p *casePage) load() {
	fetch(p.w, p.body, func(ctx context.Context) (d caseData, err error) {
		if d.view, err = p.w.f.Case(ctx, p.id); err != nil {
			return d, err
		}
		d.cooling, err = p.w.f.Coolings(ctx)
		return d, err
	}, func(d caseData) fyne.CanvasObject {
		p.cooling = d.cooling
		return p.show(d.view)
	})
}

type caseData struct {
	view    app.CaseView
	cooling []app.Cooling
}

// replan makes the plan of the case anew and says why.
func (p *casePage) replan(note string) {
	p.planNote = note
	if p.editing {
		p.loadPlan() // words being typed stay
		return
	}
	p.load()
}

func (p *casePage) show(v app.CaseView) fyne.CanvasObject {
	w, c := p.w, v.Case
	p.view = v
	rights := w.rights(rightsOf(c))
	summary := w.t("sheet.summary", "Rights", rights, "State", strings.ToLower(w.state(c.State)), "Date", w.long(w.day(c.ReceivedAt)))
	if c.State == cases.Received {
		summary = w.t("sheet.summaryNew", "Rights", rights, "Date", w.long(w.day(c.ReceivedAt)))
	}
	head := w.backHeader(w.t("sheet.title", "Person", w.person(c.Requester.Name), "N", int64(c.ID)), summary)

	p.planSlot, p.letters, p.told, p.measures, p.plan = newSlot(), newSlot(), newSlot(), newSlot(), nil
	p.copySlot = newSlot()
	p.tabs = kit.NewTabs(
		kit.Tab{Word: w.t("sheet.mail"), Content: p.mail()},
		kit.Tab{Word: w.t("sheet.person"), Content: kit.Page(p.person())},
		kit.Tab{Word: w.t("sheet.plan"), Content: p.planSlot.box, Idle: !v.CanErase && len(v.Runs) == 0},
		kit.Tab{Word: w.t("copy.tab"), Content: p.copySlot.box, Idle: !p.works(cases.WorkCopy)},
		kit.Tab{Word: w.t("effects.tab"), Content: p.measures.box, Idle: !c.InConflict() && !p.works(cases.WorkChange, cases.WorkRestriction, cases.WorkSuppression)},
		kit.Tab{Word: w.t("sheet.letters"), Content: p.letters.box},
		kit.Tab{Word: w.t("notice.tab"), Content: p.told.box, Idle: !p.tellsRecipients()},
		kit.Tab{Word: w.t("sheet.history"), Content: kit.Page(p.history())})
	fill := func(i int) {
		p.tab = i
		p.emphasise()
		if i != tabPlan {
			p.planNote = ""
		}
		switch i {
		case tabPlan:
			if len(p.planSlot.box.Objects) == 0 {
				p.loadPlan()
			}
		case tabCopy:
			if len(p.copySlot.box.Objects) == 0 {
				p.loadCopy()
			}
		case tabMeasures:
			if len(p.measures.box.Objects) == 0 {
				p.loadMeasures()
			}
		case tabLetters:
			if len(p.letters.box.Objects) == 0 {
				p.showLetters("")
			}
		case tabRecipients:
			if len(p.told.box.Objects) == 0 {
				p.loadNotices()
			}
		}
	}
	p.tabs.OnSelected = fill
	p.tabs.Select(p.tab)
	next := container.NewVScroll(kit.Margins(6, 8, 12, 16, kit.Down(10, p.aside()...)))
	return container.NewBorder(head.Object, nil, nil, kit.MinWidth(284, next), p.tabs.Object)
}

// tellsRecipients tells whether something was done of which recipients are told
// (GDPR Art. 19).
func (p *casePage) tellsRecipients() bool {
	return len(p.view.Runs) > 0 || slices.ContainsFunc(p.view.Case.Work, func(x cases.Work) bool {
		return x.Kind == cases.WorkRun || x.Kind == cases.WorkChange || x.Kind == cases.WorkRestriction
	})
}

// aside is what stands beside the tabs: the date, an erasure that waits, the
// next step.
func (p *casePage) aside() []fyne.CanvasObject {
	out := []fyne.CanvasObject{p.due()}
	if c, waits := coolingOf(p.cooling, int64(p.id)); waits {
		out = append(out, p.w.coolingCard(c, nil))
	}
	if card := p.repeated(); card != nil {
		out = append(out, card)
	}
	return append(out, p.next())
}

// loadNotices shows the recipients to be told of what was erased.
func (p *casePage) loadNotices() {
	w := p.w
	fetch(w, p.told, func(ctx context.Context) ([]app.NoticeRow, error) { return w.f.Notices(ctx, p.id) }, func(rows []app.NoticeRow) fyne.CanvasObject {
		if len(rows) == 0 {
			return kit.Empty(theme.MailComposeIcon(), w.t("notice.none"), w.t("notice.noneWords"), "", nil)
		}
		return kit.Page(w.notices(rows, false))
	})
}

// due is the big date, with the way to its reasons.
func (p *casePage) due() fyne.CanvasObject {
	w, v := p.w, p.view
	if !v.Case.State.Open() {
		words := w.known("standing."+string(v.Standing), w.state(v.Case.State))
		lines := []fyne.CanvasObject{kit.IconLine(kit.Kept, words)}
		if !v.Case.AnsweredAt.IsZero() {
			lines = append(lines, kit.Faint(w.t("sheet.answeredOn", "Date", w.long(w.day(v.Case.AnsweredAt)))))
		}
		return kit.NewCard(kit.Down(-8, lines...))
	}
	date := kit.StrongWords(w.long(v.Deadline.Due))
	date.SizeName = theme.SizeNameSubHeadingText
	t := kit.Quiet
	switch {
	case v.DaysLeft < 0:
		t = kit.Late
	case v.DaysLeft <= 7:
		t = kit.AtRisk
	case v.Deadline.Suspended:
		t = kit.Quiet
	}
	words := w.left(v.DaysLeft)
	if v.Deadline.Suspended {
		words = w.t("sheet.suspended") + " · " + words
	}
	return kit.NewCard(kit.Down(-10, kit.Faint(w.t("col.due")), date, kit.Badge(t, words), kit.Faint(w.known("standing."+string(v.Standing), ""))), container.NewHBox(kit.NewQuiet(w.t("sheet.why"), theme.QuestionIcon(), p.why)))
}

// why shows the reasoning of the clock, step by step, with its sources.
func (p *casePage) why() {
	w, d := p.w, p.view.Deadline
	say := func(s law.Step) string {
		if w.lang == "fr" {
			return s.FR
		}
		return s.EN
	}
	var parts []fyne.CanvasObject
	for _, s := range d.Steps {
		parts = append(parts, kit.Down(-12, kit.IconLine(kit.Kept, say(s)), kit.Margins(22, 0, 0, 0, kit.Faint(w.article(s.Source)))))
	}
	for _, s := range d.Warnings {
		parts = append(parts, kit.Down(-12, kit.IconLine(kit.AtRisk, say(s)), kit.Margins(22, 0, 0, 0, kit.Faint(w.article(s.Source)))))
	}
	var dialog *kit.Dialog
	print := kit.NewIconButton(w.t("reasoning.print"), theme.DocumentPrintIcon(), func() {
		dialog.Close()
		ask(w, func(ctx context.Context) (string, error) { return w.f.PrintReasoning(ctx, p.id, w.lang, "") }, w.printed)
	})
	dialog = kit.NewDialog(w.win.Canvas(), w.t("sheet.why"), 620, kit.Down(-4, parts...), w.t("close"), nil, print)
	dialog.Show()
}

// mail shows the messages of the case, the newest one first.
func (p *casePage) mail() fyne.CanvasObject {
	w := p.w
	ms := p.view.Messages
	if into := p.view.Case.MergedInto; into != 0 {
		return kit.Empty(theme.MailComposeIcon(), w.t("standing.merged"), w.t("merge.gone", "N", int64(into)), w.t("merge.open", "N", int64(into)), func() { w.openCase(into) })
	}
	if len(ms) == 0 && p.view.Case.Channel != cases.ChannelMail {
		return p.heard()
	}
	if len(ms) == 0 {
		return kit.Empty(theme.MailComposeIcon(), w.t("sheet.noMail"), w.t("sheet.noMailWords"), "", nil)
	}
	if len(ms) == 1 {
		return container.NewBorder(kit.Margins(16, 4, 16, 0, kit.StrongWords(w.subject(ms[0].Message.Subject))), nil, nil, nil, w.mail(ms[0]))
	}
	place := container.NewStack()
	var options []kit.Option
	for i, m := range ms {
		word := w.brief(m.Message.ReceivedAt) + " · "
		if who := w.author(m.Message); who != "" {
			word += who + w.t("mail.authorColon")
		}
		options = append(options, kit.Option{Value: w.number(i), Word: word + w.subject(m.Message.Subject)})
	}
	// The newest one that a person wrote.
	at := len(ms) - 1
	for i, m := range ms {
		if !m.Message.Sent && !machine(m.Message) {
			at = i
		}
	}
	choose := kit.NewSelect(options, options[at].Value, nil)
	set := func() {
		if i := choose.SelectedIndex(); i >= 0 {
			place.Objects = []fyne.CanvasObject{w.mail(ms[i])}
			place.Refresh()
		}
	}
	choose.OnChanged = func(string) { set() }
	set()
	return container.NewBorder(kit.Margins(16, 8, 16, 4, choose), nil, nil, nil, place)
}

// person shows who asks, what speaks for and against it, and the orders that
// were matched, each to be confirmed.
func (p *casePage) person() fyne.CanvasObject {
	w, v := p.w, p.view
	c := v.Case
	parts := p.documents()
	if len(parts) > 0 {
		parts = append(parts, kit.Gap(26))
	}
	parts = append(parts,
		container.NewBorder(nil, nil, nil, kit.NewButton(w.t("sheet.editPerson"), p.editPerson), kit.Heading(w.t("sheet.who"))),
		w.personPair(w.t("sheet.requester"), c.Requester))
	if c.Link != cases.Self || c.Concerned != c.Requester {
		parts = append(parts, kit.Pair(w.t("sheet.concerned"), w.personLine(c.Concerned)))
	}
	parts = append(parts, kit.Pair(w.t("sheet.link"), w.t("link."+linkKey(c.Link))))
	if c.Minor {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("sheet.minor")))
	}
	parts = append(parts, p.linkParts()...)
	if len(v.Runs) > 0 {
		parts = append(parts, w.caseTrace(c.ID))
	}

	level := map[cases.IdentityLevel]kit.Tone{cases.Confirmed: kit.Kept, cases.Probable: kit.Kept, cases.Doubtful: kit.Late}[c.Identity.Level]
	parts = append(parts, kit.Gap(8), kit.Heading(w.t("sheet.identity")), kit.Badge(level, w.identity(c.Identity.Level)))
	for _, s := range c.Identity.Signs {
		t := kit.AtRisk
		switch {
		case s.For:
			t = kit.Kept
		case s.Key == cases.SignOneSender:
			t = kit.Quiet // as it should be, and no proof of anything
		}
		parts = append(parts, kit.IconLine(t, w.sign(s)))
	}
	parts = append(parts, p.challenge()...)
	if c.Identity.Reason != "" && !strings.HasPrefix(c.Identity.Reason, "identity.") {
		parts = append(parts, kit.Pair(w.t("sheet.ownReason"), kit.Clip(c.Identity.Reason, 500, 100)))
	}
	if v.CanErase && v.MayErase != nil && !errors.Is(v.MayErase, cases.ErrConflict) {
		what, _ := Explain(v.MayErase, w.lang)
		parts = append(parts, kit.IconLine(kit.AtRisk, what))
	}

	parts = append(parts, p.matches()...)
	return kit.DownReading(-6, parts...)
}

func (w *Window) personLine(x cases.Person) string {
	name, email := kit.Line(x.Name, 80), kit.Line(x.Email, 100)
	switch {
	case name == "" && email == "":
		return w.t("person.unknown")
	case name == "":
		return email
	case email == "":
		return name
	}
	return name + " <" + email + ">"
}

func linkKey(l cases.Link) string {
	if l == cases.LinkUnknown {
		return "unknown"
	}
	return string(l)
}

func (w *Window) sign(s cases.Sign) string { return w.t(s.Key, "Arg", kit.Line(s.Arg, 120)) }

// editPerson asks who asks, for whom, by what right.
func (p *casePage) editPerson() {
	w, c := p.w, p.view.Case
	name, email := kit.NewEntry(c.Requester.Name), kit.NewEntry(c.Requester.Email)
	otherName, otherEmail := kit.NewEntry(c.Concerned.Name), kit.NewEntry(c.Concerned.Email)
	var links []kit.Option
	for _, l := range []cases.Link{cases.LinkUnknown, cases.Self, cases.Parent, cases.Lawyer, cases.Agent} {
		links = append(links, kit.Option{Value: string(l), Word: w.t("link." + linkKey(l))})
	}
	link := kit.NewSelect(links, string(c.Link), nil)
	minor, shown := kit.NewCheck(w.t("sheet.minorCheck"), c.Minor, nil), kit.NewCheck(w.t("depicted.check"), c.Depicted, nil)
	form := kit.Down(0,
		kit.FormRow(w.t("sheet.requester"), "", kit.Down(4, name, email)),
		kit.FormRow(w.t("sheet.link"), w.t("sheet.linkHelp"), link),
		kit.FormRow(w.t("sheet.concerned"), w.t("sheet.concernedHelp"), kit.Down(4, otherName, otherEmail)),
		kit.Down(-6, minor, shown))
	var d *kit.Dialog
	d = w.dialog(w.t("sheet.who"), form, kit.NewPrimary(w.t("save"), func() {
		l := cases.Link(link.Value())
		req := cases.Person{Name: name.Text, Email: email.Text}
		con := cases.Person{Name: otherName.Text, Email: otherEmail.Text}
		m, on := minor.Checked, shown.Checked
		d.Close()
		p.act(cases.ActSetPerson, cases.Input{Requester: &req, Concerned: &con, Link: &l, Minor: &m, Depicted: &on}, nil)
	}))
	d.FocusOn(name).Show()
}

// loadPlan looks into the storages for what an erasure would touch.
func (p *casePage) loadPlan() {
	w, v := p.w, p.view
	if !v.CanErase && len(v.Runs) == 0 {
		p.planSlot.set(kit.Empty(theme.StorageIcon(), w.t("plan.noErasure"), w.t("plan.noErasureWords"), "", nil))
		return
	}
	if p.onlyObjects() && !p.evenSo {
		p.planSlot.set(p.noErasure())
		return
	}
	fetchLong(w, p.planSlot, w.t("plan.making"), func(ctx context.Context, _ reporter) (plan.Plan, error) { return w.f.PlanCase(ctx, p.id) }, func(pl plan.Plan) fyne.CanvasObject {
		before := w.doneRuns(v.Runs)
		if p.planNote != "" {
			before = append([]fyne.CanvasObject{kit.IconLine(kit.AtRisk, p.planNote)}, before...)
		}
		p.plan = w.planView(pl, pl, v.MayErase, before)
		return p.plan.box
	})
}

// doneRuns shows the runs that a case already had.
func (w *Window) doneRuns(runs []erasure.Record) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, r := range runs {
		words := w.runSentence(r)
		out = append(out, kit.NewCard(kit.Row(1, kit.Badge(runTone(r.State), w.t("run."+r.State.String())), kit.Words(words),
			kit.NewButton(w.t("open"), func() { w.follow(&runPage{w: w, id: r.ID}) }))))
	}
	return out
}

// history is what happened and what comes, oldest first.
func (p *casePage) history() fyne.CanvasObject {
	w, c := p.w, p.view.Case
	var parts []fyne.CanvasObject
	for _, e := range c.Events {
		words := kit.Words(w.event(e))
		line := []fyne.CanvasObject{words}
		if e.Note != "" && !strings.HasPrefix(e.Note, "identity.") {
			line = append(line, kit.Faint(kit.Clip(e.Note, 600, 100)))
		}
		parts = append(parts, kit.Row(1, kit.MinWidth(190, kit.FaintLine(w.brief(e.At)+" · "+w.actor(e.By))), kit.Down(-12, line...)))
	}
	if c.State.Open() {
		parts = append(parts, kit.Row(1, kit.MinWidth(190, kit.FaintLine(w.shortYear(p.view.Deadline.Due))), kit.StrongWords(w.t("sheet.dueLine"))))
	}
	return kit.Down(-8, parts...)
}

// event is one line of the history in words.
func (w *Window) event(e cases.Event) string {
	arg := kit.Line(e.Arg, 120)
	if r := request.ParseRight(e.Arg); r != request.NoRight {
		arg = w.right(r)
	} else if d, err := law.ParseDate(e.Arg); err == nil {
		arg = w.long(d)
	} else if word := w.known("link."+e.Arg, ""); word != "" && e.Arg != "" {
		arg = word
	} else if word := w.known("channel."+e.Arg, ""); word != "" && e.Key == cases.EventEntered {
		arg = word
	} else if word := w.known("authority."+e.Arg, ""); word != "" && e.Key == "case.authority" {
		arg = word
	} else if strings.Contains(e.Arg, ", ") || strings.HasPrefix(e.Arg, "GDPR") {
		var words []string
		for _, one := range strings.Split(e.Arg, ", ") {
			if r := request.ParseRight(one); r != request.NoRight {
				words = append(words, w.right(r))
			} else {
				words = append(words, w.article(one))
			}
		}
		arg = kit.Line(strings.Join(words, ", "), 160)
	}
	return w.t(e.Key, "Arg", arg)
}

// actWord is what a step is called on a button, "" for none.
func (w *Window) actWord(a cases.Act) string {
	if a == "" {
		return ""
	}
	return w.known("step."+string(a), string(a))
}

// next is the panel of what can be done now: one primary act, others below,
// and those that are not lawful now with the reason.
func (p *casePage) next() fyne.CanvasObject {
	w, v := p.w, p.view
	p.primary, p.lead = nil, nil
	parts := []fyne.CanvasObject{kit.Heading(w.t("sheet.next"))}
	var others, blocked []fyne.CanvasObject
	planFirst := false
	erasable := v.CanErase && v.MayErase == nil && !p.onlyObjects() && v.Case.State.Open() && !slices.ContainsFunc(v.Runs, func(r erasure.Record) bool { return r.State == erasure.Complete })
	for _, s := range v.Steps {
		do := func() { p.begin(s.Act) }
		switch {
		case s.Primary && s.Act == cases.ActSetOutcome && erasable:
			// What decides an erasure is the erasure: look at the plan first.
			p.primary = func() { p.tabs.Select(tabPlan) }
			parts = append(parts, kit.Words(w.t("step.plan.words")), kit.NewPrimary(w.t("step.plan"), p.primary))
			others = append(others, quietStep(w.actWord(s.Act), do))
			planFirst = true
		case s.Primary && s.Act == cases.ActByHand && len(s.Rights) > 0:
			parts = append(parts, p.toDo(s.Rights[0])...)
			_, tab, _ := p.workTab(s.Rights[0])
			planFirst = planFirst || tab == tabPlan
		case s.Primary && s.Waits:
			parts = append(parts, p.toSend(s.Act)...)
		case s.Primary:
			p.primary = do
			parts = append(parts, kit.Words(w.t("step."+string(s.Act)+".words")), kit.NewPrimary(w.actWord(s.Act), do))
			if s.Why != "" {
				parts = append(parts, kit.IconLine(kit.AtRisk, w.why(s)))
			}
			if byLetter(s.Act) {
				parts = append(parts, kit.NewQuiet(w.t("step.already"), nil, func() { p.already(s.Act) }))
			}
		case s.Lawful:
			if p.aPlaceOfItsOwn(s.Act) {
				continue
			}
			others = append(others, quietStep(w.actWord(s.Act), do))
			if s.Why != "" {
				others = append(others, kit.Faint(w.why(s)))
			}
		case s.Act == cases.ActSetAuthority || s.Act == cases.ActConflict || s.Act == cases.ActSettleConflict:
			// There is no need of them here.
		default:
			lines := []fyne.CanvasObject{kit.Label(w.actWord(s.Act)), kit.Faint(w.why(s))}
			if s.Insist {
				lines = append(lines, kit.Margins(-4, 6, 0, 0, quietStep(w.t("insist.open"), func() { p.insist(s) })))
			}
			blocked = append(blocked, kit.Down(-14, lines...))
		}
	}
	if p.primary == nil {
		parts = append(parts, kit.Words(w.t("sheet.nothing")))
	}
	for _, o := range parts {
		if b, ok := o.(*kit.Button); ok && b.Importance == kit.HighImportance {
			p.lead = b
		}
	}
	p.emphasise()
	if p.mayBeNone() {
		others = append(others, quietStep(w.t("sheet.noRequest"), p.noRequest))
	}
	if v.Case.State.Open() {
		others = append(others, quietStep(w.t("merge.title"), p.merge))
	}
	if erasable && !planFirst {
		others = append([]fyne.CanvasObject{quietStep(w.t("step.plan"), func() { p.tabs.Select(tabPlan) })}, others...)
	}
	if len(others) > 0 {
		parts = append(parts, kit.Gap(6), kit.Fold(w.t("sheet.others"), true, kit.Down(-2, others...)))
	}
	if len(blocked) > 0 && v.Case.MergedInto == 0 {
		parts = append(parts, kit.Fold(w.n("sheet.blocked", len(blocked)), false, kit.Down(0, blocked...)))
	}
	return kit.NewCard(kit.Down(2, parts...))
}

// emphasise fills the button of the next step, except beside a tab whose own
// work has such a button: one a screen.
func (p *casePage) emphasise() {
	if p.lead == nil {
		return
	}
	p.lead.Importance = kit.HighImportance
	switch p.tab {
	case tabCopy, tabMeasures, tabLetters, tabRecipients:
		p.lead.Importance = kit.MediumImportance
	}
	p.lead.Refresh()
}

// toSend is the step whose letter is written and has not gone: nobody was told
// yet, so nothing has happened (GDPR Art. 12(3) and (4)).
func (p *casePage) toSend(a cases.Act) []fyne.CanvasObject {
	w := p.w
	kind, _ := cases.LetterFor(a)
	p.primary = func() { p.write(kind) }
	words := w.t("announced."+string(a), "Date", w.long(p.view.Deadline.NoticeBy))
	return []fyne.CanvasObject{kit.IconLine(kit.AtRisk, words), kit.NewPrimary(w.t("announced.open"), p.primary),
		kit.NewQuiet(w.t("announced.anew"), nil, func() { p.begin(a) }),
		kit.NewQuiet(w.t("announced.drop"), nil, func() { p.dropAnnounced(a) })}
}

// dropAnnounced takes back a step of which nobody was told.
func (p *casePage) dropAnnounced(a cases.Act) {
	w := p.w
	words := []fyne.CanvasObject{kit.Words(w.t("announced.dropWords"))}
	if l, _, ok := p.view.Case.Announced(); ok && !l.DraftAt.IsZero() {
		words = append(words, kit.IconLine(kit.AtRisk, w.t("announced.dropDraft")))
	}
	var d *kit.Dialog
	d = w.dialog(w.t("announced.drop"), kit.Down(4, words...), kit.NewButton(w.t("announced.dropYes"), func() {
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.Unannounce(ctx, p.id, a) }, func() {
			p.editing, p.kind = false, ""
			p.load()
		})
	}))
	d.Show()
}

// aPlaceOfItsOwn tells whether a lawful act is not listed here: it stands beside
// what it changes, or the case gives no reason for it.
func (p *casePage) aPlaceOfItsOwn(a cases.Act) bool {
	c := p.view.Case
	switch a {
	case cases.ActSelectOrders, cases.ActSetPerson, cases.ActSetAuthority:
		return true
	case cases.ActConflict:
		return !c.Minor && c.Link != cases.Parent
	case cases.ActFee:
		return len(p.view.Earlier) == 0
	}
	return false
}

// quietStep is an act that is lawful and not the one to do first.
func quietStep(word string, act func()) *kit.Button {
	b := kit.NewQuiet(word, nil, act)
	b.Alignment = widget.ButtonAlignLeading
	return b
}

// byLetter are the acts that are done by sending a letter.
func byLetter(a cases.Act) bool {
	return a == cases.ActAcknowledge || a == cases.ActAskIdentity || a == cases.ActAnswer
}

// begin starts an act: at its letter, with the questions that it needs, or at
// once.
func (p *casePage) begin(a cases.Act) {
	w := p.w
	switch a {
	case cases.ActAcknowledge, cases.ActAskIdentity, cases.ActAnswer:
		kind, _ := cases.LetterFor(a)
		p.write(kind)
	case cases.ActSetOutcome:
		p.outcome()
	case cases.ActRefuse:
		p.refuse()
	case cases.ActConfirmIdentity, cases.ActIdentityMet, cases.ActExtend, cases.ActSuspend, cases.ActReopen,
		cases.ActConflict, cases.ActSettleConflict, cases.ActFee:
		p.reason(a)
	case cases.ActByHand:
		p.byHand(request.NoRight)
	case cases.ActSetAuthority:
		p.authority()
	case cases.ActCorrectRights:
		p.correctRights()
	case cases.ActSelectOrders, cases.ActSetPerson:
		p.tabs.Select(tabPerson)
	case cases.ActWithdraw, cases.ActClose, cases.ActStart, cases.ActResume:
		if a == cases.ActStart {
			p.act(a, cases.Input{}, nil)
			return
		}
		var d *kit.Dialog
		note := kit.NewArea("", 2)
		note.SetPlaceHolder(w.t("sheet.note"))
		d = w.dialog(w.actWord(a), kit.Down(4, kit.Words(w.t("step."+string(a)+".words")), note), kit.NewPrimary(w.actWord(a), func() {
			d.Close()
			p.act(a, cases.Input{Reason: note.Text}, nil)
		}))
		d.Show()
	default:
		p.act(a, cases.Input{}, nil)
	}
}

// act does an act through the façade.
func (p *casePage) act(a cases.Act, in cases.Input, then func()) {
	w := p.w
	w.do(func(ctx context.Context) error { return w.f.Act(ctx, p.id, a, in) }, func() {
		p.editing = false
		p.load()
		if then != nil {
			then()
		}
	})
}

// tell takes a step that needs a reason, and goes to its letter. Where the letter
// makes the step, it is written and the step waits for it to go.
func (p *casePage) tell(a cases.Act, in cases.Input) {
	w := p.w
	kind, has := cases.LetterFor(a)
	if !cases.ByLetter(a) {
		p.act(a, in, func() {
			if has {
				p.write(kind)
			}
		})
		return
	}
	w.do(func(ctx context.Context) error { _, err := w.f.Announce(ctx, p.id, a, in); return err }, func() {
		p.editing, p.kind, p.tab = false, kind, tabLetters
		p.load()
	})
}

// tellWord is what the button is called that takes a step with a reason, or
// writes the letter for which the step waits.
func (w *Window) tellWord(a cases.Act) string {
	if cases.ByLetter(a) {
		return w.t("announced.write")
	}
	return w.actWord(a)
}

// already records an act that was done outside Greffier.
func (p *casePage) already(a cases.Act) {
	w := p.w
	var d *kit.Dialog
	note := kit.NewArea("", 2)
	note.SetPlaceHolder(w.t("sheet.note"))
	d = w.dialog(w.t("step.already"), kit.Down(4, kit.Words(w.t("step.alreadyWords")), note), kit.NewPrimary(w.t("step.record"), func() {
		d.Close()
		p.act(a, cases.Input{Reason: note.Text}, nil)
	}))
	d.FocusOn(note).Show()
}

// reason asks for the written reason that an act needs.
func (p *casePage) reason(a cases.Act) {
	w := p.w
	why := kit.NewArea("", 4)
	why.SetPlaceHolder(w.t("sheet.reason"))
	var d *kit.Dialog
	ok := kit.NewPrimary(w.tellWord(a), func() {
		d.Close()
		p.tell(a, cases.Input{Reason: why.Text})
	})
	ok.Disable()
	why.OnChanged = func(s string) { enable(ok, strings.TrimSpace(s) != "") }
	d = w.dialog(w.actWord(a), kit.Down(4, kit.Words(w.t("step."+string(a)+".words")), why), ok)
	d.FocusOn(why).Show()
}

func enable(b *kit.Button, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

func (w *Window) grounds(r request.Right) []kit.Option {
	var out []kit.Option
	for _, g := range cases.Grounds(r) {
		out = append(out, kit.Option{Value: g.Article, Word: w.known(g.Key, g.Article) + " (" + w.article(g.Article) + ")"})
	}
	return out
}

// outcome asks how one right ends; a refusal or a limit needs its ground and
// its reason.
func (p *casePage) outcome() {
	w, c := p.w, p.view.Case
	var rights []kit.Option
	at := ""
	for _, a := range c.Asked {
		word := w.right(a.Right)
		if a.Outcome != cases.Undecided {
			word += " · " + w.t("outcome."+string(a.Outcome))
		} else if at == "" {
			at = a.Right.String()
		}
		rights = append(rights, kit.Option{Value: a.Right.String(), Word: word})
	}
	if at == "" && len(rights) > 0 {
		at = rights[0].Value
	}
	var outcomes []kit.Option
	for _, o := range []cases.Outcome{cases.Granted, cases.Partly, cases.Denied, cases.Moot} {
		outcomes = append(outcomes, kit.Option{Value: string(o), Word: w.t("outcome." + string(o))})
	}
	why := kit.NewArea("", 3)
	groundBox := container.NewStack()
	var ground, right, result *kit.Select
	limited := kit.Down(0)
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("save"), func() {
		in := cases.Input{Right: request.ParseRight(right.Value()), Outcome: cases.Outcome(result.Value())}
		if in.Outcome == cases.Denied || in.Outcome == cases.Partly {
			in.Reason, in.Ground = why.Text, ground.Value()
		}
		d.Close()
		p.act(cases.ActSetOutcome, in, nil)
	})
	ok.Disable()
	help := kit.Faint("")
	check := func() {
		o := cases.Outcome(result.Value())
		needs := o == cases.Denied || o == cases.Partly
		if needs {
			limited.Show()
		} else {
			limited.Hide()
		}
		enable(ok, o != "" && (!needs || strings.TrimSpace(why.Text) != "" && ground.Value() != ""))
	}
	setGrounds := func() {
		ground = kit.NewSelect(w.grounds(request.ParseRight(right.Value())), "", func(article string) {
			help.SetText(w.known("help."+groundKey(article), ""))
			p.suggest(why, article)
			check()
		})
		groundBox.Objects = []fyne.CanvasObject{ground}
		groundBox.Refresh()
	}
	result = kit.NewSelect(outcomes, "", func(string) { check() })
	right = kit.NewSelect(rights, at, func(string) { setGrounds(); check() })
	setGrounds()
	why.OnChanged = func(string) { check() }
	limited.Add(kit.FormRow(w.t("sheet.ground"), "", groundBox))
	limited.Add(help)
	limited.Add(kit.FormRow(w.t("sheet.reason"), w.t("sheet.reasonHelp"), why))
	form := kit.Down(0, kit.FormRow(w.t("sheet.right"), "", right), kit.FormRow(w.t("sheet.outcome"), "", result), limited)
	d = w.dialog(w.actWord(cases.ActSetOutcome), form, ok)
	limited.Hide()
	d.Show()
}

// correctRights asks which rights the person really exercises.
func (p *casePage) correctRights() {
	w := p.w
	w.askRights(w.actWord(cases.ActCorrectRights), "", w.t("save"), func(r request.Right) (bool, string) {
		return slices.ContainsFunc(p.view.Case.Asked, func(a cases.Asked) bool { return a.Right == r }), ""
	}, func(rights []request.Right) { p.act(cases.ActCorrectRights, cases.Input{Rights: rights}, nil) })
}

// mayBeNone tells whether the case can still turn out to be no request: it was
// opened for a mail, and nothing was erased in it.
func (p *casePage) mayBeNone() bool {
	c := p.view.Case
	return c.State.Open() && len(c.Messages) > 0 && len(c.Runs) == 0 && c.AnsweredAt.IsZero()
}

// noRequest takes the case back, once she says that it was opened by mistake.
func (p *casePage) noRequest() {
	w, mail := p.w, p.view.Case.Messages[0]
	var d *kit.Dialog
	d = w.dialog(w.t("sheet.noRequest"), kit.Words(w.t("sheet.noRequestWords")), kit.NewButton(w.t("sheet.noRequestYes"), func() {
		d.Close()
		ask(w, func(ctx context.Context) (cases.ID, error) { return w.f.CorrectVerdict(ctx, mail, nil) }, func(cases.ID) {
			w.history = nil
			w.show(&requestsPage{w: w})
			w.say(outcome{tone: kit.Kept, words: w.t("sheet.noRequestDone"), act: w.t("mail.undo"), onAct: func() {
				ask(w, func(ctx context.Context) (cases.ID, error) { return w.f.RestoreVerdict(ctx, mail) }, func(id cases.ID) {
					if id != 0 {
						w.openCase(id)
					}
				})
			}})
		})
	}))
	d.Show()
}
