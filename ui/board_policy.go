package ui

import (
	"context"
	"io"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/promise"
	"greffier/app/register"
	"greffier/ui/kit"
)

// maxPolicyFile bounds the document of a policy in bytes.
const maxPolicyFile = 5 << 20

// policyPage is which promises the policy makes, and the way to another policy:
// a file or a pasted text, read for the promises that it makes.
type policyPage struct {
	w    *Window
	body *slot
}

func (p *policyPage) place() string { return placePromises }
func (p *policyPage) changed()      {}

type policyData struct {
	made app.Commitments
	rows []app.PromiseRow
}

func (p *policyPage) build() fyne.CanvasObject {
	w := p.w
	head := w.backHeader(w.t("board.policy"), w.t("policy.summary"),
		kit.NewIconButton(w.t("policy.file"), theme.FolderOpenIcon(), p.chooseFile),
		kit.NewIconButton(w.t("policy.paste"), theme.ContentPasteIcon(), p.paste),
		kit.NewQuiet(w.t("mend.policy"), nil, func() { w.follow(&registerPage{w: w, name: register.Policy}) }))
	p.body = newSlot()
	p.load()
	return container.NewBorder(head.Object, nil, nil, nil, p.body.box)
}

func (p *policyPage) load() {
	w := p.w
	fetch(w, p.body, func(ctx context.Context) (policyData, error) {
		made, err := w.f.Commitments(ctx)
		if err != nil {
			return policyData{}, err
		}
		rows, err := w.f.Promises(ctx, w.lang)
		return policyData{made, rows}, err
	}, p.show)
}

// periods are the entries for the periods that a policy promises.
func (p *policyPage) periods(made map[string]string) (fields []fyne.CanvasObject, read func() map[string]string) {
	w := p.w
	entries := map[string]*kit.Entry{}
	for _, rule := range []string{"media", "billing", "commercial"} {
		value := made[rule]
		if value == "" {
			value = promise.Periods[rule]
		}
		if period, err := law.ParsePeriod(value); err == nil {
			value = period.Text(w.lang)
		}
		entries[rule] = kit.NewEntry(value)
		fields = append(fields, kit.FormRow(w.t("policy.period."+rule), "", entries[rule]))
	}
	return fields, func() map[string]string {
		out := map[string]string{}
		for rule, e := range entries {
			out[rule] = strings.TrimSpace(e.Text)
			if period, err := law.ParsePeriod(out[rule]); err == nil {
				out[rule] = period.String()
			}
		}
		return out
	}
}

func (p *policyPage) show(data policyData) fyne.CanvasObject {
	w := p.w
	checks := map[string]*kit.Check{}
	parts := []fyne.CanvasObject{kit.Heading(w.t("policy.made")), kit.Faint(w.t("policy.madeWords"))}
	for _, r := range data.rows {
		checks[r.ID] = kit.NewCheck(r.ID+" · "+kit.Line(r.Sentence, 140), !slices.Contains(data.made.Not, r.ID), nil)
		parts = append(parts, checks[r.ID])
	}
	fields, periods := p.periods(data.made.Promised)
	parts = append(parts, kit.Gap(8), kit.Heading(w.t("policy.periods")), kit.Faint(w.t("policy.periodsWords")))
	parts = append(parts, fields...)
	parts = append(parts, kit.Gap(8), container.NewHBox(kit.NewPrimary(w.t("save"), func() {
		c := data.made
		c.Not, c.Promised = nil, periods()
		for _, id := range promise.IDs() {
			if x := checks[id]; x != nil && !x.Checked {
				c.Not = append(c.Not, id)
			}
		}
		w.do(func(ctx context.Context) error { return w.f.SaveCommitments(ctx, c) }, func() {
			w.say(outcome{tone: kit.Kept, words: w.t("policy.saved")})
			w.changed()
		})
	})))
	return kit.Page(kit.DownReading(0, parts...))
}

func (p *policyPage) chooseFile() {
	w := p.w
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil || r == nil {
			return
		}
		name := r.URI().Name()
		ask(w, func(ctx context.Context) (app.PolicyReading, error) {
			defer r.Close()
			b, err := io.ReadAll(io.LimitReader(r, maxPolicyFile+1))
			if err != nil {
				return app.PolicyReading{}, err
			}
			return w.f.ReadPolicyFile(ctx, name, b)
		}, p.propose)
	}, w.win)
	d.Show()
}

func (p *policyPage) paste() {
	w := p.w
	area := kit.NewArea("", 14)
	var d *kit.Dialog
	d = w.dialog(w.t("policy.paste"), kit.Down(0, kit.Words(w.t("policy.pasteWords")), area), kit.NewPrimary(w.t("policy.read"), func() {
		text := area.Text
		d.Close()
		ask(w, func(ctx context.Context) (app.PolicyReading, error) { return w.f.ReadPolicy(ctx, text) }, p.propose)
	}))
	d.Show()
}

// propose shows the promises that a text seems to make.
func (p *policyPage) propose(r app.PolicyReading) { p.w.follow(&proposalPage{w: p.w, read: r}) }

// proposalPage shows the promises that a text seems to make, each with the
// sentence that says so. The owner confirms them.
type proposalPage struct {
	w      *Window
	read   app.PolicyReading
	checks map[string]*kit.Check
}

func (p *proposalPage) place() string { return placePromises }
func (p *proposalPage) changed()      {}

func (p *proposalPage) build() fyne.CanvasObject {
	w := p.w
	found := map[string][]promise.Claim{}
	promised := map[string]string{}
	for _, c := range p.read.Claims {
		found[c.ID] = append(found[c.ID], c)
		if c.Period != "" && promised[c.Rule] == "" {
			promised[c.Rule] = c.Period
		}
	}
	head := w.backHeader(w.t("policy.proposal"), w.n("policy.found", len(found)))
	p.checks = map[string]*kit.Check{}
	var parts []fyne.CanvasObject
	for _, id := range promise.IDs() {
		p.checks[id] = kit.NewCheck(id+" · "+kit.Line(w.t("policy.short."+id), 100), len(found[id]) > 0, nil)
		parts = append(parts, p.checks[id])
		for _, c := range found[id] {
			parts = append(parts, kit.Margins(36, -6, 0, 0, kit.Faint("« "+kit.Clip(c.Sentence, 300, 260)+" »")))
		}
		if len(found[id]) == 0 {
			parts = append(parts, kit.Margins(36, -6, 0, 0, kit.Faint(w.t("policy.notSaid"))))
		}
	}
	fields, periods := (&policyPage{w: w}).periods(promised)
	from := kit.NewEntry(w.day(w.clock()).String())
	parts = append(parts, kit.Gap(8), kit.Heading(w.t("policy.periods")))
	parts = append(parts, fields...)
	parts = append(parts, kit.FormRow(w.t("policy.from"), w.t("policy.fromWords"), from), kit.Gap(8), w.diffView(p.read.Changes, p.read.Version), kit.Gap(8),
		container.NewHBox(kit.NewPrimary(w.t("policy.take"), func() { p.take(from.Text, periods()) })))
	return container.NewBorder(head.Object, nil, nil, nil, kit.Page(kit.DownReading(0, parts...)))
}

func (p *proposalPage) take(day string, promised map[string]string) {
	w := p.w
	from, ok := parseDate(day)
	if !ok {
		w.fail(app.ErrPolicyDay)
		return
	}
	c := app.Commitments{Promised: promised}
	for _, id := range promise.IDs() {
		if !p.checks[id].Checked {
			c.Not = append(c.Not, id)
		}
	}
	ask(w, func(ctx context.Context) (register.PolicyVersion, error) {
		return w.f.ImportPolicy(ctx, p.read.Text, from, c)
	}, func(v register.PolicyVersion) {
		w.open(placePromises)
		w.say(outcome{tone: kit.Kept, words: w.t("policy.taken", "Version", v.ID)})
	})
}

// diffLines is how many paragraphs of a difference are shown.
const diffLines = 60

// diffView shows how a text differs from the version in force.
func (w *Window) diffView(changes []register.TextChange, version string) fyne.CanvasObject {
	if version == "" {
		return kit.Faint(w.t("policy.first"))
	}
	if len(changes) == 0 {
		return kit.Badge(kit.Kept, w.t("policy.same", "Version", version))
	}
	var lines []fyne.CanvasObject
	for i, c := range changes {
		if i == diffLines {
			lines = append(lines, kit.Faint(w.n("more", len(changes)-i)))
			break
		}
		mark, tone := "– "+w.t("policy.removed")+" ", kit.Late
		if c.Added {
			mark, tone = "+ "+w.t("policy.added")+" ", kit.Kept
		}
		lines = append(lines, kit.Toned(kit.Words(mark+kit.Clip(c.Text, 500, 400)), tone))
	}
	return kit.Fold(w.n("policy.changes", len(changes)), len(changes) <= 12, kit.Down(-4, lines...))
}
