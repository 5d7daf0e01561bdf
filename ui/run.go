package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/ui/kit"
)

// runPage is the result of a run: what is gone, how that was verified, what is
// left and why, who has to be told, and the certificate.
type runPage struct {
	w    *Window
	id   int64
	body *slot
	head *kit.Header
	tab  int
}

type runData struct {
	run     app.RunView
	notices []app.NoticeRow
	trace   app.Trace
}

func (p *runPage) place() string { return placeStorage }
func (p *runPage) changed()      { p.load() }
func (p *runPage) print()        { p.certificate() }

func (p *runPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.head = w.backHeader(w.t("run.page", "N", p.id), " ")
	p.load()
	return container.NewBorder(p.head.Object, nil, nil, nil, p.body.box)
}

func (p *runPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (d runData, err error) {
		if d.run, err = w.f.Run(ctx, p.id); err != nil {
			return d, err
		}
		if d.trace, err = w.f.TraceOfRun(ctx, p.id); err != nil {
			return d, err
		}
		all, err := w.f.Notices(ctx, casesID(d.run.Record.Scope.Case))
		for _, n := range all {
			if n.Run == p.id {
				d.notices = append(d.notices, n)
			}
		}
		return d, err
	}, p.show)
}

func (p *runPage) certificate() {
	w := p.w
	ask(w, func(ctx context.Context) (string, error) { return w.f.PrintCertificate(ctx, p.id, w.lang) }, w.printed)
}

// retry tries again now what is left of the run.
func (p *runPage) retry() {
	w := p.w
	var run app.RunView
	w.run(w.t("run.resuming"), func(ctx context.Context, report reporter) (err error) {
		run, err = w.f.RetryRun(ctx, p.id, report)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		return w.ended(run)
	})
}

// leftWords say what is left of a partial run, for which reasons, and when it
// is tried again.
func (w *Window) leftWords(v app.RunView) []fyne.CanvasObject {
	r := v.Record
	if r.State != erasure.Partial {
		return nil
	}
	var reasons []string
	counts := map[string]int{}
	for _, s := range v.Steps {
		if s.Status == erasure.Gone {
			continue
		}
		why := w.stepReason(s)
		if s.Reason == "" {
			why = w.t("status." + s.Status.String())
		}
		if counts[why]++; counts[why] == 1 {
			reasons = append(reasons, why)
		}
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return counts[b] - counts[a] })
	var lines []string
	for i, why := range reasons {
		if i == 4 {
			lines = append(lines, w.n("more", len(reasons)-i))
			break
		}
		lines = append(lines, w.n("run.leftLine", counts[why], "Why", why))
	}
	next := w.t("run.retryOwner")
	if v.Waits {
		next = w.t("run.waits")
		if !v.WaitsUntil.IsZero() {
			next = w.t("run.waitsUntil", "Date", w.long(v.WaitsUntil))
		}
	}
	if !r.RetryAt.IsZero() {
		next = w.t("run.retryAt", "Date", w.at(r.RetryAt))
		if r.Tries > 0 {
			next += " " + w.n("run.tries", r.Tries)
		}
	}
	return []fyne.CanvasObject{kit.Pair(w.t("run.leftTitle"), strings.Join(lines, "\n")), kit.Pair(w.t("run.retryTitle"), next)}
}

func (p *runPage) show(d runData) fyne.CanvasObject {
	w, v := p.w, d.run
	r := v.Record
	p.head.Summary.SetText(w.runSentence(r))
	parts := []fyne.CanvasObject{kit.Badge(runTone(r.State), w.t("run."+r.State.String()))}
	if len(v.Orders) > 0 {
		parts = append(parts, kit.Pair(w.t("run.orders"), kit.Line(strings.Join(v.Orders, ", "), 200)))
	}
	parts = append(parts,
		kit.Pair(w.t("run.why"), w.scope(r.Scope)+" · "+w.t("run.byWhom", "Actor", w.actor(r.By))),
		kit.Pair(w.t("run.when"), w.at(r.StartedAt)),
		kit.Pair(w.t("run.gone"), w.n("items", r.Erased)+" · "+w.size(r.ErasedBytes)))
	if r.State == erasure.Complete || r.State == erasure.Partial {
		how := w.t("run.verifiedWords")
		if r.Looked > 0 {
			how += "\n" + w.n("run.looked", r.Looked)
		}
		parts = append(parts, kit.Pair(w.t("run.verified"), how))
	}
	parts = append(parts, w.traceParts(d.trace)...)
	if r.Reason != "" {
		parts = append(parts, kit.Pair(w.t("run.reason"), w.reason(r.Reason)))
	}
	parts = append(parts, w.leftWords(v)...)
	if !r.CheckAgain.IsZero() {
		parts = append(parts, kit.Pair(w.t("run.again"), w.long(r.CheckAgain)))
	}
	buttons := []fyne.CanvasObject{}
	switch {
	case r.State == erasure.Running:
		buttons = append(buttons, kit.NewPrimary(w.t("run.resume"), w.resume))
	case r.State == erasure.Partial && locked(v.Steps):
		// Before the lock ends, trying again changes nothing.
		buttons = append(buttons, kit.NewButton(w.t("run.tryNow"), p.retry))
	case r.State == erasure.Partial:
		buttons = append(buttons, kit.NewPrimary(w.t("run.tryNow"), p.retry))
	case r.State == erasure.Refused && r.Scope.Rule == "":
		buttons = append(buttons, kit.NewPrimary(w.t("plan.staleSee"), func() { w.replan(r.Scope) }))
	case r.Scope.Case != 0:
		buttons = append(buttons, kit.NewPrimary(w.t("run.toCase"), func() { w.openCase(casesID(r.Scope.Case)) }))
	}
	if r.State != erasure.Running {
		buttons = append(buttons, kit.NewIconButton(w.t("run.certificate"), theme.DocumentPrintIcon(), p.certificate))
	}
	if r.Scope.Case != 0 && len(buttons) > 1 && r.State != erasure.Complete && r.State != erasure.Refused {
		buttons = append(buttons, kit.NewButton(w.t("run.toCase"), func() { w.openCase(casesID(r.Scope.Case)) }))
	}
	parts = append(parts, kit.Gap(20), kit.Margins(8, 0, 0, 0, kit.Flow(buttons...)))
	if v.Certificate != "" {
		parts = append(parts, kit.Faint(w.t("run.printed", "File", kit.Line(v.Certificate, 100))))
	}
	word := w.t("notice.tab")
	if n := len(d.notices); n > 0 {
		word += "\u00a0\u00a0" + w.number(n)
	}
	tabs := kit.NewTabs(kit.Tab{Word: w.t("run.result"), Content: kit.Page(kit.DownReading(-4, parts...))},
		kit.Tab{Word: w.t("run.steps") + "\u00a0\u00a0" + w.number(len(v.Steps)), Content: kit.Margins(16, 0, 16, 8, w.stepTable(v.Steps))},
		kit.Tab{Word: word, Content: p.recipients(d)})
	tabs.Select(p.tab)
	tabs.OnSelected = func(i int) { p.tab = i }
	return tabs.Object
}

// recipients are those to be told of the run (GDPR Art. 19).
func (p *runPage) recipients(d runData) fyne.CanvasObject {
	w, r := p.w, d.run.Record
	if len(d.notices) > 0 {
		return kit.Page(w.notices(d.notices, true))
	}
	if r.State != erasure.Complete && r.State != erasure.Partial || r.Scope.Case != 0 {
		return kit.Empty(theme.MailComposeIcon(), w.t("notice.none"), w.t("notice.noneWords"), "", nil)
	}
	return kit.Empty(theme.MailComposeIcon(), w.t("notice.none"), w.t("notice.tellWords"), w.t("notice.tell"), func() {
		w.do(func(ctx context.Context) error { return w.f.TellRecipients(ctx, p.id) }, p.load)
	})
}

func (w *Window) stepTable(steps []erasure.Step) fyne.CanvasObject {
	table := kit.NewTable([]kit.Column[erasure.Step]{
		{Label: w.t("col.state"), Width: 180, Text: func(s erasure.Step) string { return w.t("status." + s.Status.String()) }, Tone: func(s erasure.Step) kit.Tone { return stepTone(s.Status) }, Less: func(a, b erasure.Step) bool { return a.Status < b.Status }},
		{Label: w.t("col.order"), Width: 90, Text: func(s erasure.Step) string { return kit.Line(s.Object.Number, 20) }},
		{Label: w.t("col.object"), Width: 150, Grow: 1.2, Tail: true, Text: func(s erasure.Step) string {
			if inShop(s.Object.Storage) {
				return w.fieldWords(s.Object)
			}
			return kit.Line(s.Object.Key, 140)
		}},
		{Label: w.t("col.reason"), Width: 190, Grow: 2, Faint: true, Text: func(s erasure.Step) string {
			if s.Reason != "" {
				return w.stepReason(s)
			}
			return w.holds(s.Object.Holds)
		}},
		{Label: w.t("col.size"), Width: 90, Right: true, Text: func(s erasure.Step) string {
			if isField(s.Object) {
				return ""
			}
			return w.size(s.Object.SizeBytes)
		}, Less: func(a, b erasure.Step) bool { return a.Object.SizeBytes < b.Object.SizeBytes }},
	})
	// What is left stands first.
	steps = slices.Clone(steps)
	slices.SortStableFunc(steps, func(a, b erasure.Step) int {
		return boolInt(a.Status == erasure.Gone) - boolInt(b.Status == erasure.Gone)
	})
	table.SetRows(steps)
	return table.Object
}

// locked tells whether all that is left of a run is kept by its storage.
func locked(steps []erasure.Step) bool {
	return !slices.ContainsFunc(steps, func(s erasure.Step) bool { return s.Status != erasure.Gone && s.Status != erasure.Retained })
}

// stepReason says why a step is left. The reasons speak of storages; of a shop
// they are said in its own words.
func (w *Window) stepReason(s erasure.Step) string {
	if inShop(s.Object.Storage) {
		switch s.Reason {
		case erasure.ErrDenied.Error():
			return w.t("run.shopDenied")
		case erasure.ErrOffline.Error():
			return w.t("run.shopUnreachable")
		case "the storage answered with an error":
			return w.t("run.shopError")
		}
	}
	return w.reason(s.Reason)
}

func stepTone(s erasure.Status) kit.Tone {
	switch s {
	case erasure.Gone:
		return kit.Kept
	case erasure.Retained:
		return kit.AtRisk
	case erasure.Failed:
		return kit.Late
	}
	return kit.CannotTell
}
