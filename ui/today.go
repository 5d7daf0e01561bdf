package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/cases"
	"greffier/ui/kit"
)

// todayPage says what needs the owner now, in legal order, what Greffier did
// by itself, and when nothing is due, until when she is at peace.
type todayPage struct {
	w     *Window
	head  *kit.Header
	body  *slot
	first func()
}

func (p *todayPage) place() string { return placeToday }
func (p *todayPage) changed()      { p.load() }
func (p *todayPage) step() {
	if p.first != nil {
		p.first()
	}
}

func (p *todayPage) build() fyne.CanvasObject {
	w := p.w
	p.head = kit.NewHeader(w.t("nav.today"), " ", kit.NewIconButton(w.t("sync.button"), theme.ViewRefreshIcon(), func() { w.sync(true, true) }))
	p.body = newSlot()
	p.load()
	return container.NewBorder(p.head.Object, nil, nil, nil, p.body.box)
}

func (p *todayPage) load() {
	fetch(p.w, p.body, func(ctx context.Context) (d todayData, err error) {
		if d.today, err = p.w.f.Today(ctx); err != nil {
			return d, err
		}
		d.cooling, err = p.w.f.Coolings(ctx)
		return d, err
	}, p.show)
}

// todayData is the first page with the erasures that wait.
type todayData struct {
	today   app.Today
	cooling []app.Cooling
}

// summary is the one sentence of the page.
func (w *Window) todaySummary(t app.Today) string {
	switch {
	case len(t.Needs) == 0 && t.PeaceUntil.IsZero():
		return w.t("today.nothing")
	case len(t.Needs) == 0:
		return w.t("today.peace", "Date", w.long(t.PeaceUntil))
	case t.Late == 0:
		return w.n("today.needs", len(t.Needs)) + " " + w.t("today.noneLate")
	}
	return w.n("today.needs", len(t.Needs)) + " " + w.n("today.late", t.Late)
}

func (p *todayPage) show(d todayData) fyne.CanvasObject {
	w, t := p.w, d.today
	// Erasures that wait are told by themselves, with their acts.
	waits := d.cooling
	t.Needs = wanting(t.Needs)
	cards := func(stale bool) (out []fyne.CanvasObject) {
		for _, c := range waits {
			if c.Stale != stale {
				continue
			}
			state := kit.Badge(kit.Quiet, w.t("cooling.state"))
			if stale {
				state = kit.Badge(kit.AtRisk, w.t("cooling.staleState"))
			}
			out = append(out, w.coolingCard(c, container.NewHBox(state)))
		}
		return out
	}
	p.head.Summary.SetText(w.todaySummary(t))
	t.Needs = slices.DeleteFunc(t.Needs, func(n app.Need) bool { return n.Kind == "cooling" })
	p.first = nil
	parts := cards(true)
	for _, c := range waits {
		if c.Stale && p.first == nil {
			p.first = func() { w.replan(c.Scope) }
		}
	}
	stale := len(parts)
	shown := false // what waits comes after what is late
	for i, n := range t.Needs {
		if !shown && n.Tone != app.ToneLate {
			shown = true
			parts = append(parts, cards(false)...)
		}
		c := w.need(n)
		if p.first == nil {
			p.first = c.act
		}
		b := kit.NewButton(c.button, c.act)
		if i == 0 && stale == 0 {
			b = kit.NewPrimary(c.button, c.act)
		}
		title := kit.StrongWords(c.title)
		words := kit.Faint(c.why)
		words.SizeName = theme.SizeNameText
		parts = append(parts, kit.NewCard(kit.Row(1, kit.MinWidth(128, container.NewHBox(kit.Badge(tone(n.Tone), c.state))), kit.Down(-10, title, words), container.NewCenter(b))))
	}
	if !shown {
		parts = append(parts, cards(false)...)
	}
	if len(t.Needs) == 0 && len(waits) == 0 && t.Synced.IsZero() {
		// Nothing was read yet: that is no peace.
		p.first = func() { w.sync(true, true) }
		p.head.Summary.SetText(w.t("sync.never"))
		return kit.Empty(theme.ViewRefreshIcon(), w.t("today.start"), w.t("today.startWords"), w.t("sync.button"), p.first)
	}
	if len(t.Needs) == 0 && len(waits) == 0 {
		parts = append(parts, kit.MinSize(10, 260, kit.Empty(theme.ConfirmIcon(), w.t("today.quiet"), w.todaySummary(t), "", nil)))
	}
	if len(t.Next) > 0 {
		parts = append(parts, kit.Gap(8), kit.Heading(w.t("today.next")))
		var lines []fyne.CanvasObject
		for _, d := range t.Next {
			words := w.known("next."+d.Kind, d.Kind)
			if d.Count > 0 {
				words = w.n("next."+d.Kind+".count", d.Count)
			}
			if d.Label != "" {
				words += " · " + kit.Line(d.Label, 60)
			}
			line := kit.Row(1, kit.MinWidth(230, kit.Strong(w.long(d.Date))), kit.Label(words))
			if d.Case != 0 {
				line.Add(kit.NewQuiet(w.t("open"), nil, func() { w.openCase(d.Case) }))
			}
			lines = append(lines, line)
		}
		parts = append(parts, kit.Down(-8, lines...))
	}
	if len(t.Did) > 0 {
		var lines []fyne.CanvasObject
		for i, l := range t.Did {
			if i == 40 {
				break
			}
			words := kit.Label(w.act(l))
			lines = append(lines, kit.Row(1, kit.MinWidth(150, kit.FaintLine(w.moment(l))), words))
		}
		all := kit.NewQuiet(w.t("today.journal"), nil, func() { w.open(placeJournal) })
		lines = append(lines, container.NewHBox(all))
		parts = append(parts, kit.Gap(8), kit.Fold(w.n("today.did", len(t.Did)), false, kit.Down(-10, lines...)))
	}
	return kit.Page(kit.DownReading(8, parts...))
}

// wanting are the needs that want something of the owner: an erasure that waits
// for its time does not.
func wanting(needs []app.Need) []app.Need {
	return slices.DeleteFunc(slices.Clone(needs), func(n app.Need) bool { return n.Kind == "cooling" && n.Tone == app.ToneQuiet })
}

func (w *Window) moment(l app.JournalLine) string {
	return w.short(w.day(l.At)) + " · " + w.hour(l.At)
}

// needCard is one thing that waits, in words.
type needCard struct {
	title, why, state, button string
	act                       func()
}

func (w *Window) need(n app.Need) needCard {
	due := ""
	if !n.Due.IsZero() {
		due = w.t("need.due", "Date", w.long(n.Due), "Left", w.left(n.DaysLeft))
	}
	state := w.toneWord(n.Tone)
	switch n.Kind {
	case "case":
		c := needCard{
			title:  w.t("need.case", "Person", w.person(n.Person), "Rights", w.rights(n.Rights)),
			why:    due,
			state:  state,
			button: w.t("need.case.button"),
			act:    func() { w.openCase(n.Case) },
		}
		word := w.actWord(n.Step)
		if n.Step == cases.ActByHand {
			word = w.t("work.do")
		}
		switch {
		case n.Waits:
			kind, _ := cases.LetterFor(n.Step)
			c.why = w.t("need.toSend", "Letter", w.t("letter."+kind), "Due", due)
			c.button = w.t("announced.open")
			c.act = func() { w.follow(&casePage{w: w, id: n.Case, tab: tabLetters, kind: kind}) }
		case word != "":
			c.why = w.t("need.step", "Step", word, "Due", due)
		}
		return c
	case "mail":
		return needCard{w.n("need.mail", n.Count), w.t("need.mail.why"), state, w.t("need.mail.button"), func() {
			w.history = nil
			w.show(&requestsPage{w: w, filter: filterToCheck})
		}}
	case "retention":
		return needCard{w.n("need.retention", n.Count), w.t("need.retention.why"), state, w.t("need.retention.button"), func() { w.open(placeStorage) }}
	case "sweep":
		return w.sweepNeed(n, state)
	case "hold":
		return needCard{w.n("need.hold", n.Count), w.t("need.hold.why") + " " + due, state, w.t("need.hold.button"), func() { w.follow(&rulesPage{w: w, tab: rulesTabHolds}) }}
	case "trouble":
		c := needCard{w.t("need.trouble.goods", "Order", ""), w.t("need.trouble.why"), state, w.t("need.trouble.button"), func() { w.openTrouble(n.Trouble) }}
		if x := n.Trouble; x != nil {
			c.title = w.t("need.trouble."+string(x.Kind), "Order", kit.Line(x.Number, 30))
			c.why = w.t("need.trouble.from", "Person", w.person(n.Person), "Date", w.short(w.day(x.At))) + " " + c.why
		}
		return c
	case "rules":
		return needCard{w.n("need.rules", n.Count), w.t("need.rules.why"), state, w.t("need.rules.button"), func() { w.follow(&rulesPage{w: w, tab: rulesTabDue}) }}
	case "run":
		return needCard{w.t("need.run"), w.t("need.run.why"), state, w.t("need.run.button"), func() { w.follow(&runPage{w: w, id: n.Run}) }}
	case "absence":
		return needCard{w.n("need.absence", n.Count), w.t("need.absence.why") + " " + due, state, w.t("need.absence.button"), func() { w.open(placeCalendar) }}
	case "notice":
		return needCard{w.n("need.notice", n.Count), w.t("need.notice.why"), state, w.t("need.notice.button"), func() {
			if n.Case != 0 {
				w.follow(&casePage{w: w, id: n.Case, tab: tabRecipients})
			} else {
				w.follow(&noticesPage{w: w})
			}
		}}
	case "suppression":
		return needCard{w.n("need.suppression", n.Count, "Service", kit.Line(n.Service, 40)), w.t("need.suppression.why"), state, w.t("need.suppression.button"), func() {
			w.follow(&suppressionPage{w: w})
		}}
	case "change":
		return needCard{w.n("need.change", n.Count, "Person", w.person(n.Person)), w.t("need.change.why"), state, w.t("need.change.button"), func() {
			w.follow(&amendPage{w: w, id: n.Case})
		}}
	case "letter":
		return needCard{w.n("need.letter", n.Count, "Person", w.person(n.Person)), w.t("need.letter.why"), state, w.t("need.letter.button"), func() {
			w.follow(&casePage{w: w, id: n.Case, tab: tabLetters, stuck: true})
		}}
	case "copy":
		return needCard{w.n("need.copy", n.Count, "Person", w.person(n.Person)), w.t("need.copy.why"), state, w.t("need.copy.button"), func() {
			w.follow(&casePage{w: w, id: n.Case, tab: tabCopy})
		}}
	case "document":
		return needCard{w.n("need.document", n.Count, "Person", w.person(n.Person)), w.t("need.document.why"), state, w.t("need.document.button"), func() {
			w.follow(&casePage{w: w, id: n.Case, tab: tabPerson})
		}}
	case "sync":
		what, next := Explain(n.Error, w.lang)
		if sentinelOf(n.Error, w.lang) == unreadColumns && slices.Contains(w.f.MappedShops(), n.Service) {
			return needCard{w.t("need.sync", "Service", kit.Line(n.Service, 40), "What", what), next, state, w.t("columns.link"), func() { w.follow(&columnsPage{w: w, shop: n.Service}) }}
		}
		act := w.openServices
		button := w.t("need.sync.button")
		if n.ServiceKind == "mailbox" {
			act, button = func() { w.follow(&mailboxPage{w: w}) }, w.t("mailbox.title")
		}
		return needCard{w.t("need.sync", "Service", kit.Line(n.Service, 40), "What", what), next, state, button, act}
	case "gap":
		return needCard{w.n("need.gap", n.Count, "Register", w.registerName(n.Register)), w.t("need.gap.why"), state, w.t("need.gap.button"), func() {
			w.follow(&registerPage{w: w, name: n.Register})
		}}
	case "promise":
		return needCard{w.t("need.promise", "Promise", n.Promise), due, state, w.t("need.promise.button"), func() {
			w.follow(&promisesPage{w: w, open: n.Promise})
		}}
	}
	return needCard{kit.Line(n.Kind, 40), due, state, w.t("open"), func() { w.open(placeRequests) }}
}

func (w *Window) toneWord(t app.Tone) string {
	switch t {
	case app.ToneKept:
		return w.t("tone.kept")
	case app.ToneAtRisk:
		return w.t("tone.soon")
	case app.ToneLate:
		return w.t("tone.late")
	case app.ToneQuiet:
		return w.t("tone.quiet")
	}
	return w.t("tone.look")
}

// resume takes up erasures that were cut off.
func (w *Window) resume() {
	var runs []app.RunView
	w.run(w.t("run.resuming"), func(ctx context.Context, report reporter) (err error) {
		runs, err = w.f.ResumeErasure(ctx, report)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		if len(runs) == 0 {
			return outcome{tone: kit.Kept, words: w.t("run.nothingToResume")}
		}
		return w.ended(runs[len(runs)-1])
	})
}
