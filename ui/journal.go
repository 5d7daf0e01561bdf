package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/ui/kit"
)

// journalLimit is how many entries the window shows; the register of the
// journal in the dossier has all of them.
const journalLimit = 5000

// journalPage lists what was decided and done, newest first.
type journalPage struct {
	w     *Window
	head  *kit.Header
	find  *kit.Entry
	body  *slot
	proof *slot
	all   []app.JournalLine
}

func (p *journalPage) place() string          { return placeJournal }
func (p *journalPage) search() fyne.Focusable { return p.find }
func (p *journalPage) changed()               { p.load() }

func (p *journalPage) build() fyne.CanvasObject {
	w := p.w
	p.find = kit.NewEntry("")
	p.find.SetPlaceHolder(w.t("search"))
	p.find.OnChanged = func(string) {
		if p.all != nil {
			p.refilter()
		}
	}
	p.head = kit.NewHeader(w.t("nav.journal"), w.t("journal.summary"), kit.MinWidth(220, p.find), kit.NewPrimary(w.t("journal.verify"), w.verify))
	p.body, p.proof = newSlot(), newSlot()
	p.load()
	return container.NewBorder(container.NewVBox(p.head.Object, kit.Margins(16, 0, 16, 4, p.proof.box)), nil, nil, nil, p.body.box)
}

func (p *journalPage) load() {
	w := p.w
	fetch(w, p.proof, w.f.Stamping, w.proofCard)
	fetch(w, p.body, func(ctx context.Context) ([]app.JournalLine, error) { return w.f.Journal(ctx, journalLimit) }, func(rows []app.JournalLine) fyne.CanvasObject {
		p.all = rows
		if strings.TrimSpace(p.find.Text) == "" {
			return p.content(rows)
		}
		defer p.refilter()
		return kit.Loading(w.t("loading"))
	})
}

// refilter shows the lines in which the words asked for stand, as they are told.
func (p *journalPage) refilter() {
	s, want := p.w.speaker, strings.ToLower(strings.TrimSpace(p.find.Text))
	sift(p.w, p.body, p.all, func(l *app.JournalLine) bool {
		return want == "" || strings.Contains(strings.ToLower(s.act(*l)+" "+s.actor(l.Actor)+" "+s.detail(*l)+" "+s.brief(l.At)), want)
	}, p.content)
}

func (p *journalPage) content(rows []app.JournalLine) fyne.CanvasObject {
	w := p.w
	if len(p.all) == 0 {
		return kit.Empty(theme.HistoryIcon(), w.t("journal.none"), w.t("journal.noneWords"), "", nil)
	}
	if len(rows) == 0 {
		return kit.Empty(theme.SearchIcon(), w.t("search.none"), w.t("search.noneWords"), "", nil)
	}
	t := kit.NewTable([]kit.Column[app.JournalLine]{
		{Label: w.t("col.n"), Width: 60, Right: true, Text: func(l app.JournalLine) string { return w.number(int(l.Seq)) }, Less: func(a, b app.JournalLine) bool { return a.Seq < b.Seq }},
		{Label: w.t("col.when"), Width: 172, Text: func(l app.JournalLine) string { return w.brief(l.At) + " · " + w.hour(l.At) }, Less: func(a, b app.JournalLine) bool { return a.Seq < b.Seq }},
		{Label: w.t("col.by"), Width: 100, Grow: 0.7, Text: func(l app.JournalLine) string { return w.actor(l.Actor) }},
		{Label: w.t("col.act"), Width: 195, Grow: 2, Text: w.act},
		{Label: w.t("col.detail"), Width: 100, Grow: 1, Faint: true, Text: w.detail},
		{Label: w.t("col.hash"), Width: 92, Faint: true, Spare: true, Text: func(l app.JournalLine) string {
			if len(l.Hash) > 9 {
				return l.Hash[:9]
			}
			return l.Hash
		}},
	})
	t.Aside = w.offMain
	t.SetRows(rows)
	return kit.Margins(16, 0, 16, 8, t.Object)
}

// verify walks the journal, the store and the evidence, and says what it
// found.
func (w *Window) verify() {
	var v app.VerifyReport
	w.run(w.t("verify.title"), func(ctx context.Context, _ reporter) (err error) {
		v, err = w.f.Verify(ctx)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		t, words := w.verified(v)
		return outcome{tone: t, words: words, act: w.t("error.details"), onAct: func() { w.verifyDetails(v) }}
	})
}

func (w *Window) verified(v app.VerifyReport) (kit.Tone, string) {
	switch {
	case v.BrokenAt != nil:
		return kit.Late, w.t("verify.broken", "N", *v.BrokenAt)
	case v.Store != "ok" || v.Evidence != "ok" || v.Papers.Bad():
		return kit.Late, w.t("verify.wrong")
	}
	return kit.Kept, w.n("verify.ok", v.Entries)
}

func (w *Window) verifyDetails(v app.VerifyReport) {
	t, words := w.verified(v)
	line := func(label, s string) fyne.CanvasObject {
		if s == "ok" {
			return kit.PairWith(label, kit.Badge(kit.Kept, w.t("verify.fine")))
		}
		return kit.PairWith(label, kit.Toned(kit.Words(kit.Clip(s, 300, 80)), kit.Late))
	}
	journal := "ok"
	if v.BrokenAt != nil {
		journal = w.brokenWhy(v)
	}
	content := kit.Down(0, kit.IconLine(t, words), line(w.t("nav.journal"), journal), line(w.t("verify.store"), v.Store), line(w.t("verify.evidence"), v.Evidence),
		kit.Pair(w.t("verify.head"), kit.Clip(v.Head, 80, 48)), kit.Pair(w.t("verify.stamps"), w.number(v.Stamps)), w.papers(v.Papers))
	kit.NewDialog(w.win.Canvas(), w.t("verify.title"), kit.DialogWidth, content, w.t("close"), nil).Show()
}
