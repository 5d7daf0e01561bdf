package ui

import (
	"context"
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

// The filters of the requests page, in the order of its chips.
const (
	filterOpen = iota
	filterWaiting
	filterLate
	filterClosed
	filterToCheck
	filterOrdinary
)

// requestsPage lists the cases, and the mails that triage is unsure of or
// judged to be no request.
type requestsPage struct {
	w      *Window
	filter int
	head   *kit.Header
	chips  *kit.Chips
	find   *kit.Entry
	body   *slot
	all    requestsData
	table  *kit.Table[app.MailRow] // of the mails to check
}

type requestsData struct {
	cases   []app.CaseRow
	toCheck []app.MailRow
}

func (p *requestsPage) place() string          { return placeRequests }
func (p *requestsPage) search() fyne.Focusable { return p.find }

// changed reloads the list, unless that would throw ticks away.
func (p *requestsPage) changed() {
	if p.filter != filterToCheck || p.table == nil || len(p.table.Ticked()) == 0 {
		p.load()
	}
}

func (p *requestsPage) build() fyne.CanvasObject {
	w := p.w
	p.find = kit.NewEntry("")
	p.find.SetPlaceHolder(w.t("search"))
	p.find.OnChanged = func(string) { p.refilter() }
	p.head = kit.NewHeader(w.t("nav.requests"), " ", kit.MinWidth(200, p.find), kit.NewIconButton(w.t("new.open"), theme.ContentAddIcon(), w.newCase), kit.NewIconButton(w.t("sync.button"), theme.ViewRefreshIcon(), func() { w.sync(true, true) }))
	p.body = newSlot()
	p.chips = kit.NewChips(p.words(nil), nil)
	p.chips.Choose(p.filter)
	p.chips.OnChange(func(i int) { p.filter = i; p.refilter() })
	p.load()
	return container.NewBorder(container.NewVBox(p.head.Object, kit.Margins(24, 4, 24, 8, p.chips.Object)), nil, nil, nil, p.body.box)
}

func (p *requestsPage) words(d *requestsData) []string {
	w := p.w
	keys := []string{"filter.open", "filter.waiting", "filter.late", "filter.closed", "filter.check", "filter.ordinary"}
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = w.t(k)
		if d == nil {
			continue
		}
		n := 0
		switch i {
		case filterToCheck:
			n = len(d.toCheck)
		case filterOrdinary:
			continue
		default:
			for _, r := range d.cases {
				if matches(r, i) {
					n++
				}
			}
		}
		out[i] += "\u00a0\u00a0" + w.number(n)
	}
	return out
}

func matches(r app.CaseRow, filter int) bool {
	switch filter {
	case filterOpen:
		return r.State.Open()
	case filterWaiting:
		return r.State.Open() && r.Waiting
	case filterLate:
		return r.State.Open() && r.Late
	case filterClosed:
		return !r.State.Open()
	}
	return false
}

func (p *requestsPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (d requestsData, err error) {
		if d.cases, err = w.f.Requests(ctx); err != nil {
			return d, err
		}
		d.toCheck, err = w.f.Mails(ctx, request.ToCheck)
		return d, err
	}, func(d requestsData) fyne.CanvasObject {
		p.all = d
		p.chips.SetWords(p.words(&d))
		p.summarise()
		return p.content()
	})
}

func (p *requestsPage) summarise() {
	w := p.w
	open, late := 0, 0
	for _, r := range p.all.cases {
		if matches(r, filterOpen) {
			open++
		}
		if matches(r, filterLate) {
			late++
		}
	}
	words := w.n("requests.open", open)
	if late > 0 {
		words += " " + w.n("requests.late", late)
	} else {
		words += " " + w.t("today.noneLate")
	}
	if n := len(p.all.toCheck); n > 0 {
		words += " " + w.n("requests.check", n)
	}
	p.head.Summary.SetText(words)
}

func (p *requestsPage) refilter() {
	p.body.gen++ // an answer still under way must not undo the choice
	p.body.set(p.content())
}

func (p *requestsPage) content() fyne.CanvasObject {
	w := p.w
	switch p.filter {
	case filterToCheck:
		return p.toCheck()
	case filterOrdinary:
		s := newSlot()
		fetch(w, s, func(ctx context.Context) ([]app.MailRow, error) { return w.f.Mails(ctx, request.Ordinary) }, func(rows []app.MailRow) fyne.CanvasObject {
			return p.mails(rows, "requests.noOrdinary")
		})
		return s.box
	}
	rows := make([]app.CaseRow, 0, len(p.all.cases))
	for _, r := range p.all.cases {
		if matches(r, p.filter) && (p.find.Text == "" || p.sought(r.Person, r.Email, strings.Join(r.Orders, " "), w.rights(r.Rights))) {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		if p.find.Text != "" {
			return kit.Empty(theme.SearchIcon(), w.t("search.none"), w.t("search.noneWords"), "", nil)
		}
		return kit.Empty(theme.MailComposeIcon(), w.t("requests.none"), w.t("requests.noneWords"), "", nil)
	}
	t := kit.NewTable([]kit.Column[app.CaseRow]{
		{Label: w.t("col.state"), Width: 128, Text: func(r app.CaseRow) string { return w.state(r.State) }, Tone: func(r app.CaseRow) kit.Tone { return stateTone(r) }},
		{Label: w.t("col.rights"), Width: 138, Grow: 2.2, Text: func(r app.CaseRow) string { return w.rights(r.Rights) }},
		{Label: w.t("col.person"), Width: 126, Grow: 1.6, Text: func(r app.CaseRow) string { return w.person(r.Person) }, Less: func(a, b app.CaseRow) bool { return a.Person < b.Person }},
		{Label: w.t("col.received"), Width: 76, Faint: true, Spare: true, Text: func(r app.CaseRow) string { return w.short(w.day(r.Received)) }, Less: func(a, b app.CaseRow) bool { return a.Received.Before(b.Received) }},
		{Label: w.t("col.due"), Width: 206, Text: func(r app.CaseRow) string {
			if !r.State.Open() {
				return "—"
			}
			return w.short(r.Due) + " · " + w.left(r.DaysLeft)
		}, Tone: func(r app.CaseRow) kit.Tone {
			if !r.State.Open() {
				return kit.Quiet
			}
			return tone(r.Tone)
		}, Less: func(a, b app.CaseRow) bool { return a.Due.Before(b.Due) }},
		{Label: w.t("col.orders"), Width: 74, Grow: 0.5, Faint: true, Spare: true, Text: func(r app.CaseRow) string { return kit.Line(strings.Join(r.Orders, ", "), 60) }},
	})
	t.OnOpen = func(r app.CaseRow) { w.openCase(r.ID) }
	t.SetRows(rows)
	return kit.Margins(16, 0, 16, 8, t.Object)
}

func stateTone(r app.CaseRow) kit.Tone {
	switch {
	case r.State.Open() && r.Late:
		return kit.Late
	case r.State == cases.Closed, r.State == cases.Answered:
		return kit.Kept
	case r.Waiting:
		return kit.Quiet
	case r.State.Open() && r.Tone == app.ToneAtRisk:
		return kit.AtRisk
	}
	return kit.Quiet
}

func (p *requestsPage) sought(texts ...string) bool {
	want := strings.ToLower(strings.TrimSpace(p.find.Text))
	if want == "" {
		return true
	}
	for _, t := range texts {
		if strings.Contains(strings.ToLower(t), want) {
			return true
		}
	}
	return false
}

// toCheck lists the mails that triage is unsure of; several can be put aside
// at once.
func (p *requestsPage) toCheck() fyne.CanvasObject {
	w := p.w
	p.table = nil
	list := p.mails(p.all.toCheck, "requests.noCheck")
	if p.table == nil {
		return list
	}
	words := kit.FaintLine(w.t("requests.tickWords"))
	var aside *kit.Button
	aside = kit.NewButton(w.t("mail.no"), func() {
		var ids []int64
		for _, r := range p.table.Ticked() {
			ids = append(ids, r.ID)
		}
		if len(ids) > 0 {
			aside.Disable()
			w.putAside(ids, p.load)
		}
	})
	aside.Disable()
	p.table.OnTicked = func() {
		n := len(p.table.Ticked())
		enable(aside, n > 0)
		if n > 0 {
			words.SetText(w.n("requests.ticked", n))
		} else {
			words.SetText(w.t("requests.tickWords"))
		}
	}
	return container.NewBorder(kit.Margins(16, 0, 24, 2, kit.Row(1, aside, words)), nil, nil, nil, list)
}

func (p *requestsPage) mails(rows []app.MailRow, none string) fyne.CanvasObject {
	w := p.w
	var seen []app.MailRow
	for _, r := range rows {
		if p.sought(r.From, r.Subject) {
			seen = append(seen, r)
		}
	}
	if len(seen) == 0 {
		return kit.Empty(theme.MailComposeIcon(), w.t(none), w.t(none+"Words"), "", nil)
	}
	columns := []kit.Column[app.MailRow]{
		{Label: w.t("col.from"), Width: 130, Grow: 1.4, Text: func(r app.MailRow) string { return kit.Line(r.From, 60) }, Less: func(a, b app.MailRow) bool { return a.From < b.From }},
		{Label: w.t("col.subject"), Width: 160, Grow: 2.4, Text: func(r app.MailRow) string { return kit.Line(r.Subject, 120) }},
		{Label: w.t("col.perhaps"), Width: 130, Grow: 1.2, Text: func(r app.MailRow) string {
			if r.Corrected {
				return w.t("mail.byYou")
			}
			if rs := r.Verdict.Rights(); len(rs) > 0 {
				return w.rights(rs)
			}
			return w.t("right.none")
		}, Tone: func(r app.MailRow) kit.Tone {
			if r.Corrected {
				return kit.Kept
			}
			if r.Verdict.Kind == request.ToCheck {
				return kit.CannotTell
			}
			return kit.Quiet
		}},
		{Label: w.t("col.sure"), Width: 70, Right: true, Text: func(r app.MailRow) string { return w.percent(r.Verdict.Confidence) }, Less: func(a, b app.MailRow) bool { return a.Verdict.Confidence < b.Verdict.Confidence }},
		{Label: w.t("col.received"), Width: 110, Faint: true, Spare: true, Text: func(r app.MailRow) string { return w.brief(r.Received) }, Less: func(a, b app.MailRow) bool { return a.Received.Before(b.Received) }},
	}
	t := kit.NewTable(columns)
	if p.filter == filterToCheck {
		t = kit.NewTickTable(columns)
		p.table = t
	}
	t.OnOpen = func(r app.MailRow) {
		if r.Case != 0 {
			w.openCase(r.Case)
			return
		}
		w.follow(&mailPage{w: w, id: r.ID})
	}
	t.SetRows(seen)
	return kit.Margins(16, 0, 16, 8, t.Object)
}

func (w *Window) percent(share float64) string {
	return w.t("percent", "N", w.number(int(share*100+0.5)))
}

func (w *Window) subject(s string) string {
	if s = kit.Line(s, 90); s == "" {
		return w.t("mail.noSubject")
	}
	return s
}

// mail shows one message: who, when, the words that spoke, what was quoted,
// the names of attachments; nothing is ever opened.
func (w *Window) mail(m app.MessageView) fyne.CanvasObject {
	if strings.TrimSpace(m.Message.Text) == "" {
		return w.mailAround(m, kit.Loading(w.t("mail.noText")))
	}
	marked := stretches(m.Message, m.Verdict)
	if machine(m.Message) {
		marked = []kit.Stretch{{Start: 0, End: len(m.Message.Text), Faint: true}}
	}
	return w.mailAround(m, kit.NewTextView(m.Message.Text, marked))
}

// machine tells whether no person wrote a mail.
func machine(m mailbox.Message) bool { return m.AutoSubmitted || m.Bounce || m.Receipt }

// author says who wrote a mail of a case where it is not the person: "you
// wrote", "automatic reply"; "" otherwise.
func (w *Window) author(m mailbox.Message) string {
	switch {
	case m.Sent:
		return w.t("mail.byOwner")
	case m.Bounce:
		return w.t("mail.bounce")
	case m.Receipt:
		return w.t("mail.receipt")
	case m.AutoSubmitted:
		return w.t("mail.auto")
	}
	return ""
}

// mailAround shows what is known of a message around its text.
func (w *Window) mailAround(m app.MessageView, body fyne.CanvasObject) fyne.CanvasObject {
	msg := m.Message
	from := make([]string, 0, len(msg.From))
	for i, a := range msg.From {
		if i == 3 {
			break
		}
		from = append(from, w.address(a))
	}
	lines := []fyne.CanvasObject{}
	if who := w.author(msg); who != "" {
		lines = append(lines, container.NewHBox(kit.Badge(kit.Quiet, who)))
	}
	if msg.Sent {
		var to []string
		for i, a := range msg.To {
			if i == 3 {
				break
			}
			to = append(to, w.address(a))
		}
		lines = append(lines, kit.Pair(w.t("mail.to"), strings.Join(to, ", ")), kit.Pair(w.t("mail.sentOn"), w.at(msg.ReceivedAt)))
	} else {
		lines = append(lines, kit.Pair(w.t("mail.from"), strings.Join(from, ", ")), kit.Pair(w.t("mail.received"), w.at(msg.ReceivedAt)))
	}
	if msg.Junk {
		lines = append(lines, kit.IconLine(kit.AtRisk, w.t("mail.junk")))
	}
	if msg.FromFields != 1 && !msg.Sent && !machine(msg) {
		lines = append(lines, kit.IconLine(kit.Late, w.t("mail.manyFrom")))
	}
	if marks := w.marks(m.Verdict); marks != "" {
		lines = append(lines, kit.IconLine(kit.AtRisk, marks))
	}
	if n := len(msg.Attachments); n > 0 {
		var names []string
		for i, a := range msg.Attachments {
			if i == 6 {
				break
			}
			names = append(names, kit.Line(a.Name, 40)+" ("+w.size(a.SizeBytes)+")")
		}
		lines = append(lines, kit.Pair(w.n("mail.attachments", n), strings.Join(names, ", ")))
	}
	for i, problem := range msg.Problems {
		if i < 3 {
			lines = append(lines, kit.IconLine(kit.AtRisk, w.t("mail.problem", "What", kit.Line(problem, 80))))
		}
	}
	if spoke := subjectWords(m.Verdict); spoke != "" {
		lines = append(lines, kit.Pair(w.t("mail.subjectSpoke"), kit.Line(spoke, 80)))
	}
	copyIt := kit.NewQuiet(w.t("copy"), theme.ContentCopyIcon(), func() { w.app.Clipboard().SetContent(kit.Clean(msg.Text)) })
	legend := kit.Faint("")
	if !msg.Sent && !machine(msg) && strings.TrimSpace(msg.Text) != "" {
		legend.SetText(w.t("mail.legend"))
	} else if strings.TrimSpace(msg.Text) == "" {
		copyIt.Hide()
	}
	return container.NewBorder(kit.Margins(16, 0, 16, 4, kit.Down(0, lines...)),
		kit.Margins(16, 0, 16, 2, container.NewBorder(nil, nil, nil, copyIt, legend)), nil, nil,
		kit.Margins(16, 0, 16, 0, kit.NewPanel(kit.ColorCard, kit.ColorCardEdge, 8, kit.Margins(4, 8, 4, 8, body))))
}

func (w *Window) address(a mailbox.Address) string {
	name, email := kit.Line(a.Name, 50), kit.Line(a.Email, 80)
	switch {
	case name == "":
		return email
	case email == "":
		return name
	}
	return name + " <" + email + ">"
}

// marks says in words what else was noticed in the message.
func (w *Window) marks(v request.Verdict) string {
	var out []string
	seen := map[request.Mark]bool{}
	for _, m := range v.Marks {
		if !seen[m.Mark] {
			seen[m.Mark] = true
			if word := w.known("mark."+string(m.Mark), ""); word != "" {
				out = append(out, word)
			}
		}
	}
	return strings.Join(out, " · ")
}

// stretches are the words that spoke, and the parts that are quoted.
func stretches(m mailbox.Message, v request.Verdict) []kit.Stretch {
	var out []kit.Stretch
	add := func(spans []request.Span) {
		for _, s := range spans {
			if s.Field == request.InText {
				out = append(out, kit.Stretch{Start: s.Start, End: s.End, Marked: true})
			}
		}
	}
	for _, f := range v.Findings {
		add(f.Spans)
	}
	for _, f := range v.Marks {
		add(f.Spans)
	}
	// What the sender did not write now is greyed: the gaps between new text.
	if len(v.NewText) > 0 {
		last := 0
		for _, s := range v.NewText {
			if s.Field != request.InText {
				continue
			}
			if s.Start > last {
				out = append(out, kit.Stretch{Start: last, End: s.Start, Faint: true})
			}
			last = max(last, s.End)
		}
		if last > 0 && last < len(m.Text) {
			out = append(out, kit.Stretch{Start: last, End: len(m.Text), Faint: true})
		}
		return out
	}
	at := 0
	for _, line := range strings.SplitAfter(m.Text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			out = append(out, kit.Stretch{Start: at, End: at + len(line), Faint: true})
		}
		at += len(line)
	}
	return out
}

func subjectWords(v request.Verdict) string {
	for _, f := range v.Findings {
		for _, s := range f.Spans {
			if s.Field == request.InSubject {
				return s.Words
			}
		}
	}
	return ""
}
