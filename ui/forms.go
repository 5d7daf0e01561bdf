package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/retention"
	"greffier/ui/kit"
)

// form is a sheet of fields over one record. Each field has the label
// "field.KEY" and, where the catalog has one, the help "field.KEY.help".
// Nothing is written into the record before collect.
type form struct {
	w     *Window
	rows  []fyne.CanvasObject
	takes []func() bool // write the field; false when it cannot be read
	keys  []string      // of the fields that takes write, in the same order
	wrong []string      // keys of the fields that could not be read
	acts  []fyne.CanvasObject
}

func (f *form) row(key string, field fyne.CanvasObject) {
	f.keys = append(f.keys, key)
	f.rows = append(f.rows, kit.FormRow(f.w.t("field."+key), f.w.known("field."+key+".help", ""), field))
}

func (f *form) text(key string, v *string) {
	e := kit.NewProse(*v)
	f.row(key, e)
	f.takes = append(f.takes, func() bool { *v = oneValue(e, *v); return true })
}

// oneValue is what stands in a field of one value, which a pasted line end does
// not part; what was not touched stays as it was.
func oneValue(e *kit.Entry, was string) string {
	if e.Text == was {
		return was
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(e.Text, "\r", ""), "\n", " "))
}

func (f *form) area(key string, v *string, rows int) {
	e := kit.NewArea(*v, rows)
	f.row(key, e)
	f.takes = append(f.takes, func() bool { *v = strings.TrimSpace(e.Text); return true })
}

// both is one wording in both languages.
func (f *form) both(key string, v *register.Text) {
	fr, en := kit.NewProse(v.FR), kit.NewProse(v.EN)
	fr.SetPlaceHolder(f.w.t("lang.fr"))
	en.SetPlaceHolder(f.w.t("lang.en"))
	f.row(key, kit.Down(4, fr, en))
	f.takes = append(f.takes, func() bool {
		v.FR, v.EN = oneValue(fr, v.FR), oneValue(en, v.EN)
		return true
	})
}

// lines is a list of wordings, one a line, in both languages.
func (f *form) lines(key string, v *[]register.Text) {
	var fr, en []string
	for _, t := range *v {
		fr, en = append(fr, t.FR), append(en, t.EN)
	}
	a, b := kit.NewArea(strings.Join(fr, "\n"), 3), kit.NewArea(strings.Join(en, "\n"), 3)
	a.SetPlaceHolder(f.w.t("lang.fr"))
	b.SetPlaceHolder(f.w.t("lang.en"))
	f.row(key, kit.Down(4, a, b))
	f.takes = append(f.takes, func() bool {
		fr, en := strings.Split(a.Text, "\n"), strings.Split(b.Text, "\n")
		var out []register.Text
		for i := range max(len(fr), len(en)) {
			var t register.Text
			if i < len(fr) {
				t.FR = strings.TrimSpace(fr[i])
			}
			if i < len(en) {
				t.EN = strings.TrimSpace(en[i])
			}
			if t != (register.Text{}) {
				out = append(out, t)
			}
		}
		*v = out
		return true
	})
}

func (f *form) date(key string, v *law.Date) {
	e := kit.NewEntry(v.String())
	e.SetPlaceHolder(f.w.t("date.example"))
	f.row(key, e)
	f.takes = append(f.takes, func() bool {
		d, ok := parseDate(e.Text)
		if ok {
			*v = d
		}
		return ok
	})
}

// instant is a moment in the controller's zone, kept as RFC 3339 in UTC.
func (f *form) instant(key string, v *string) {
	shown := ""
	if t, err := time.Parse(time.RFC3339, *v); err == nil {
		shown = t.In(f.w.zone).Format("2006-01-02 15:04")
	}
	e := kit.NewEntry(shown)
	e.SetPlaceHolder(f.w.t("instant.example"))
	f.row(key, e)
	f.takes = append(f.takes, func() bool {
		s := strings.TrimSpace(e.Text)
		if s == "" {
			*v = ""
			return true
		}
		for _, layout := range []string{"2006-01-02 15:04", "02/01/2006 15:04", "2006-01-02", "02/01/2006"} {
			if t, err := time.ParseInLocation(layout, s, f.w.zone); err == nil {
				*v = t.UTC().Format(time.RFC3339)
				return true
			}
		}
		return false
	})
}

// choice is one of some stable words; "" is still to be settled.
func (f *form) choice(key string, v *string, values ...string) {
	options := make([]kit.Option, 0, len(values))
	for _, x := range values {
		word := "open"
		if x != "" {
			word = x
		}
		options = append(options, kit.Option{Value: x, Word: f.w.t("choice." + key + "." + word)})
	}
	s := kit.NewSelect(options, *v, nil)
	f.row(key, s)
	f.takes = append(f.takes, func() bool {
		if s.SelectedIndex() >= 0 {
			*v = s.Value()
		}
		return true
	})
}

func (f *form) check(key string, v *bool) {
	c := kit.NewCheck(f.w.t("field."+key), *v, nil)
	f.keys = append(f.keys, key)
	f.rows = append(f.rows, c)
	if help := f.w.known("field."+key+".help", ""); help != "" {
		f.rows = append(f.rows, kit.Faint(help))
	}
	f.takes = append(f.takes, func() bool { *v = c.Checked; return true })
}

// data is the categories of data of an activity.
func (f *form) data(v *[]register.Data, rules []register.Rule) {
	w := f.w
	box := kit.Down(6)
	type line struct {
		fr, en, period, periodEN *kit.Entry
		rule                     *kit.Select
		had                      register.Data
		gone                     bool
	}
	var lines []*line
	options := []kit.Option{{Value: "", Word: w.t("field.data.noRule")}}
	for _, r := range rules {
		options = append(options, kit.Option{Value: r.ID, Word: w.ruleName(r.ID)})
	}
	add := func(d register.Data) {
		l := &line{had: d, fr: kit.NewProse(d.Category.FR), en: kit.NewProse(d.Category.EN), period: kit.NewProse(d.Period.FR), periodEN: kit.NewProse(d.Period.EN), rule: kit.NewSelect(options, d.Rule, nil)}
		l.fr.SetPlaceHolder(w.t("field.data.fr"))
		l.en.SetPlaceHolder(w.t("field.data.en"))
		l.period.SetPlaceHolder(w.t("field.data.periodFR"))
		l.periodEN.SetPlaceHolder(w.t("field.data.periodEN"))
		lines = append(lines, l)
		var card fyne.CanvasObject
		drop := kit.NewQuiet(w.t("field.data.drop"), theme.ContentRemoveIcon(), func() {
			l.gone = true
			box.Remove(card)
		})
		card = kit.Down(4, l.fr, l.en, l.rule, l.period, l.periodEN, container.NewHBox(drop))
		box.Add(card)
	}
	for _, d := range *v {
		add(d)
	}
	more := kit.NewButton(w.t("field.data.add"), func() { add(register.Data{}) })
	f.row("activity.data", kit.Down(6, box, container.NewHBox(more)))
	f.takes = append(f.takes, func() bool {
		var out []register.Data
		for _, l := range lines {
			d := register.Data{Category: register.Text{FR: oneValue(l.fr, l.had.Category.FR), EN: oneValue(l.en, l.had.Category.EN)}, Rule: l.rule.Value(),
				Period: register.Text{FR: oneValue(l.period, l.had.Period.FR), EN: oneValue(l.periodEN, l.had.Period.EN)}}
			if !l.gone && d.Category != (register.Text{}) {
				out = append(out, d)
			}
		}
		*v = out
		return true
	})
}

// recipients is a choice among the processors, by id.
func (f *form) recipients(v *[]string, all []register.Processor) {
	checks := map[string]*kit.Check{}
	box := kit.Down(-8)
	for _, p := range all {
		on := false
		for _, id := range *v {
			on = on || id == p.ID
		}
		checks[p.ID] = kit.NewCheck(f.w.processorName(p), on, nil)
		box.Add(checks[p.ID])
	}
	f.row("activity.recipients", box)
	f.takes = append(f.takes, func() bool {
		var out []string
		for _, p := range all {
			if checks[p.ID].Checked {
				out = append(out, p.ID)
			}
		}
		*v = out
		return true
	})
}

// collect writes every field into the record; false when one cannot be read.
func (f *form) collect() bool {
	f.wrong = nil
	for i, take := range f.takes {
		if !take() {
			f.wrong = append(f.wrong, f.keys[i])
		}
	}
	return len(f.wrong) == 0
}

// complaint names the fields that could not be read.
func (f *form) complaint() string {
	var names []string
	for _, k := range f.wrong {
		names = append(names, f.w.t("field."+k))
	}
	return f.w.t("form.wrongFields", "Fields", strings.Join(names, ", "))
}

func (w *Window) processorName(p register.Processor) string {
	family := w.known("choice.processor.family."+p.Family, p.Family)
	if p.Name == "" {
		return family + " · " + w.t("processor.unnamed")
	}
	return kit.Line(p.Name, 60) + " · " + family
}

// editable tells which registers the owner fills in herself.
func editable(n register.Name) bool {
	switch n {
	case register.Processing, register.Processors, register.Breaches, register.Trackers, register.Consents, register.Policy, register.Retention, register.DPIA, register.Findings:
		return true
	}
	return false
}

// entry is one record of a register as the list of the page shows it.
type entry struct {
	title, note string
	open        func()
}

// loadForms brings the records of the register that can be edited.
func (p *registerPage) loadForms() {
	w := p.w
	p.form = false
	switch p.name {
	case register.Processing:
		type both struct {
			as []register.Activity
			ps []register.Processor
			rs []register.Rule
		}
		fetch(w, p.forms, func(ctx context.Context) (b both, err error) {
			if b.as, err = w.f.Activities(ctx); err != nil {
				return b, err
			}
			if b.ps, err = w.f.Processors(ctx); err != nil {
				return b, err
			}
			b.rs, err = w.f.Rules(ctx)
			return b, err
		}, func(b both) fyne.CanvasObject {
			edit := func(a register.Activity) {
				editRecord(p, a, func(f *form, a *register.Activity) {
					f.head("activity.description")
					f.both("activity.name", &a.Name)
					f.date("activity.createdOn", &a.CreatedOn)
					f.head("activity.purposes")
					f.both("activity.purpose", &a.Purpose)
					f.lines("activity.subPurposes", &a.SubPurposes)
					f.choice("activity.legalBasis", &a.LegalBasis, "", "contract", "consent", "legal obligation", "legitimate interests")
					f.head("activity.dataPart")
					f.data(&a.Data, b.rs)
					f.both("activity.sensitive", &a.Sensitive)
					f.head("activity.persons")
					f.lines("activity.subjects", &a.Subjects)
					f.check("activity.minors", &a.Minors)
					f.head("activity.recipientsPart")
					f.recipients(&a.Recipients, b.ps)
					f.head("activity.securityPart")
					f.lines("activity.security", &a.Security)
					f.head("activity.transfersPart")
					f.both("activity.transfers", &a.Transfers)
				}, w.f.SaveActivity)
			}
			var es []entry
			for _, a := range b.as {
				note := w.t("choice.activity.legalBasis." + orOpen(a.LegalBasis))
				if n := activityGaps(a); n > 0 {
					note = w.n("registers.gaps", n)
				}
				es = append(es, entry{a.ID + " · " + kit.Line(a.Name.In(w.lang), 80), note, func() { edit(a) }})
			}
			return p.entries(es, func() { edit(register.Activity{CreatedOn: w.day(time.Now())}) })
		})
	case register.Processors:
		p.providers()
	case register.Breaches:
		listRecords(p, w.f.Breaches, p.breachEntry, w.breachForm, w.f.SaveBreach)
	case register.Trackers:
		listRecords(p, w.f.Trackers, func(x register.Tracker) entry {
			return entry{title: kit.Line(x.Name, 60), note: w.t("choice.tracker.consent." + orOpen(x.Consent))}
		}, trackerForm, w.f.SaveTracker)
	case register.Consents:
		listRecords(p, w.f.Consents, func(x register.Consent) entry {
			return entry{title: kit.Line(x.Who, 60), note: w.known("choice.consent.kind."+x.Kind, x.Kind) + " · " + kit.Line(x.What, 40)}
		}, consentForm, w.f.SaveConsent)
	case register.Policy:
		listRecords(p, w.f.Policies, func(x register.PolicyVersion) entry {
			note := w.t("policy.current")
			if !x.Until.IsZero() {
				note = w.t("until", "Date", w.shortYear(x.Until))
			}
			return entry{title: w.t("policy.version", "Date", w.shortYear(x.From)), note: note}
		}, policyForm, w.f.SavePolicy)
	case register.DPIA:
		p.screenings()
	case register.Findings:
		p.findings()
	case register.Retention:
		// Nothing is saved before she saw what it would make due.
		fetch(w, p.forms, w.f.Rules, func(rules []register.Rule) fyne.CanvasObject {
			var es []entry
			for _, r := range rules {
				e := w.ruleEntry(r)
				e.open = func() { w.changeRule(r, func() { p.loadForms(); p.loadPaper() }) }
				es = append(es, e)
			}
			return p.entries(es, nil)
		})
	}
}

func orOpen(s string) string {
	if s == "" {
		return "open"
	}
	return s
}

func (w *Window) ruleEntry(x register.Rule) entry {
	note := w.t("ruleNote.none")
	if p, err := law.ParsePeriod(x.Period); err == nil {
		note = p.Text(w.lang) + " · " + w.known("choice.rule.starts."+x.Starts, x.Starts)
	}
	return entry{title: w.ruleName(x.ID), note: note}
}

func (w *Window) ruleForm(f *form, x *register.Rule) {
	f.both("rule.covers", &x.Covers)
	about := retention.About(*x)
	f.choice("rule.starts", &x.Starts, retention.StartsOf(about)...)
	f.period("rule.period", &x.Period)
	f.choice("rule.then", &x.Then, retention.ThensOf(about)...)
	f.both("rule.ground", &x.Ground)
	f.check("rule.automatic", &x.Automatic)
}

// listRecords lists the records of a register with their forms.
func listRecords[T any](p *registerPage, get func(context.Context) ([]T, error), show func(T) entry, fields func(*form, *T), save func(context.Context, T) error) {
	fetch(p.w, p.forms, get, func(xs []T) fyne.CanvasObject {
		edit := func(x T) { editRecord(p, x, fields, save) }
		var es []entry
		for _, x := range xs {
			e := show(x)
			e.open = func() { edit(x) }
			es = append(es, e)
		}
		return p.entries(es, func() { var x T; edit(x) })
	})
}

// entries is the list of records with a button for a new one.
func (p *registerPage) entries(es []entry, add func()) fyne.CanvasObject {
	w := p.w
	var top fyne.CanvasObject = kit.Gap(1)
	if add != nil {
		top = kit.Margins(16, 8, 8, 4, container.NewHBox(kit.NewIconButton(w.t("register.add"), theme.ContentAddIcon(), add)))
	}
	if len(es) == 0 {
		return container.NewBorder(top, nil, nil, nil, kit.Empty(theme.DocumentIcon(), w.t("register.empty"), w.t("register.emptyWords"), "", nil))
	}
	p.firstEntry = es[0].open
	t := kit.NewTable([]kit.Column[entry]{
		{Label: w.t("col.entry"), Width: 160, Grow: 3, Text: func(e entry) string { return e.title }},
		{Label: "", Width: 60, Grow: 1, Faint: true, Text: func(e entry) string { return e.note }},
	})
	t.OnOpen = func(e entry) { e.open() }
	t.SetRows(es)
	return container.NewBorder(top, nil, nil, nil, kit.Margins(8, 0, 8, 8, t.Object))
}

// editRecord shows the form of one record in place of the list.
func editRecord[T any](p *registerPage, x T, fields func(*form, *T), save func(context.Context, T) error) {
	w := p.w
	p.form = true
	f := &form{w: w}
	fields(f, &x)
	f.history(p.name, x)
	said := kit.Toned(kit.Words(""), kit.Late)
	said.Hide()
	ok := kit.NewPrimary(w.t("save"), func() {
		if !f.collect() {
			said.SetText(f.complaint())
			said.Show()
			return
		}
		said.Hide()
		w.do(func(ctx context.Context) error { return save(ctx, x) }, func() { p.loadForms(); p.loadPaper() })
	})
	cancel := kit.NewQuiet(w.t("cancel"), theme.NavigateBackIcon(), p.loadForms)
	p.forms.gen++
	p.forms.set(container.NewBorder(nil, kit.Margins(16, 4, 16, 10, kit.Down(0, said, kit.Flow(append(append([]fyne.CanvasObject{cancel, ok}, f.acts...), w.breachAct(x)...)...))), nil, nil,
		container.NewVScroll(kit.Margins(16, 8, 16, 8, kit.Down(0, f.rows...)))))
}
