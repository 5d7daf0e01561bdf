package ui

import (
	"context"
	"time"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/retention"
)

func dayOf(y, m, d int) law.Date { return law.Date{Year: y, Month: time.Month(m), Day: d} }

func (f *fake) TryRule(_ context.Context, r register.Rule) (app.RuleImpact, error) {
	v := app.RuleImpact{Rule: r, Before: app.ImpactSide{Orders: 2, Objects: 9, SizeBytes: 41 << 20, Held: 1}, After: app.ImpactSide{Orders: 5, Objects: 31, SizeBytes: 140 << 20, Held: 1}, NowCount: 3,
		Now: []app.DueRow{{Rule: r.ID, Number: "1042"}, {Rule: r.ID, Number: "1058"}, {Rule: r.ID, Number: "1077"}}}
	return v, f.note("TryRule %s %s", r.ID, r.Period)
}
func (f *fake) DropRule(_ context.Context, id string) error { return f.note("DropRule %s", id) }
func (f *fake) RetentionOf(ctx context.Context, at law.Date, rule string) (app.RetentionView, error) {
	if rule == retention.Media {
		return f.Retention(ctx, at)
	}
	v := app.RetentionView{At: at}
	if f.empty || rule == retention.Billing {
		return v, f.fail
	}
	p := plan.Plan{Scope: plan.Scope{Rule: rule, Orders: []int64{31, 42}}, Hash: "abc"}
	v.Due = []app.DueRow{{Rule: rule, Order: 31, Number: "1031", Since: dayOf(2026, 11, 2), Due: dayOf(2026, 11, 2)}, {Rule: rule, Order: 42, Number: "1042", Since: dayOf(2026, 12, 1), Due: dayOf(2026, 12, 1)},
		{Rule: rule, Order: 58, Number: "1058", Since: dayOf(2026, 10, 4), Due: dayOf(2026, 10, 4), Held: "case 3: access"}}
	v.Plans = []plan.Plan{p}
	return v, f.fail
}
func (f *fake) RunRule(_ context.Context, rule string, _ law.Date, by string, _ app.Report) (app.RunView, error) {
	v := app.RunView{}
	v.Record.Scope = plan.Scope{Rule: rule, Orders: []int64{31, 42}}
	return v, f.note("RunRule %s %s", rule, by)
}
func (f *fake) Year(ctx context.Context) (app.YearAhead, error) {
	rules, err := f.Rules(ctx)
	y := app.YearAhead{Rules: rules, Late: map[string]int{"contract": 1}}
	for i := range 12 {
		m := app.RuleMonth{First: dayOf(2026, 12, 1).AddMonths(i), Due: map[string]int{}}
		if !f.empty {
			m.Due = map[string]int{"media": (i*5)%9 + 2, "contract": (i * 3) % 7, "commercial": i % 3, "billing": map[bool]int{true: 6}[i == 1]}
		}
		y.Months = append(y.Months, m)
		y.Count += sumOf(m, rules)
	}
	if !f.empty {
		y.Rows = []app.DueRow{{Rule: "contract", Number: "1031", Due: dayOf(2026, 11, 2)}, {Rule: "media", Number: "1042", Due: dayOf(2026, 12, 20)}, {Rule: "billing", Number: "87", Due: dayOf(2026, 12, 31)}, {Rule: "commercial", Number: "455", Due: dayOf(2027, 2, 14)}}
	}
	return y, err
}
func (f *fake) Holds(context.Context) ([]app.HoldRow, error) {
	if f.empty {
		return nil, f.fail
	}
	return []app.HoldRow{
		{LegalHold: app.LegalHold{ID: "3", Scope: app.HoldOrder, Order: 42, Reason: f.say("Litige avec l’imprimeur sur la qualité du livre", "Dispute with the printer on the quality of the book"), From: dayOf(2026, 11, 1), Until: dayOf(2026, 12, 22)}, Number: "1042", Orders: 1, Active: true, DaysLeft: 8},
		{LegalHold: app.LegalHold{ID: "h-1", Scope: app.HoldPerson, Email: "mathilde.fontaine@exemple.fr", Reason: f.say("Réclamation ouverte à la CNIL", "Complaint open at the CNIL"), From: dayOf(2026, 11, 20)}, Orders: 3, Active: true},
		{LegalHold: app.LegalHold{ID: "h-2", Scope: app.HoldPlace, Storage: "photos", Prefix: "uploads/2026-09/", Reason: f.say("Expertise", "Expert’s report"), From: dayOf(2026, 9, 20), Until: dayOf(2026, 11, 30)}},
	}, f.fail
}
func (f *fake) Hold(_ context.Context, h app.LegalHold) (string, error) {
	return "h-3", f.note("Hold %s %d %s", h.Scope, h.Order, h.Reason)
}
func (f *fake) EndHold(_ context.Context, id string) error { return f.note("EndHold %s", id) }
func (f *fake) Archive(context.Context) ([]app.ArchiveRow, error) {
	if f.empty {
		return nil, f.fail
	}
	return []app.ArchiveRow{{Order: 12, Number: "1012", Since: dayOf(2026, 3, 2), Until: dayOf(2035, 12, 31), Looked: 1}, {Order: 15, Number: "1015", Since: dayOf(2026, 5, 9), Until: dayOf(2036, 12, 31)}}, f.fail
}
func (f *fake) OpenArchived(_ context.Context, id int64, reason string) error {
	return f.note("OpenArchived %d %s", id, reason)
}

func (f *fake) SettleTrouble(_ context.Context, id string) error {
	return f.note("SettleTrouble %s", id)
}
