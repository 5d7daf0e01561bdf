package ui

import (
	"context"

	"greffier/app"
	"greffier/app/register"
)

func (f *fake) Changes(_ context.Context, n register.Name, id string) ([]register.Change, error) {
	if f.empty {
		return nil, f.fail
	}
	return []register.Change{
		{ID: id + "/2", Register: n, Record: id, At: now, By: "owner", Fields: []register.FieldChange{{Field: "role", New: "independent controller"}, {Field: "contract_on", Old: "2024-03-03", New: "2025-03-03"}}},
		{ID: id + "/1", Register: n, Record: id, At: now.AddDate(0, -2, 0), By: "owner", Entered: true},
	}, f.fail
}
func (f *fake) DocumentState(_ context.Context, path, _ string) (string, error) {
	if path == "" {
		return "", f.fail
	}
	return "changed", f.fail
}
func (f *fake) Screenings(context.Context) ([]register.Screening, error) {
	if f.empty {
		return nil, f.fail
	}
	return []register.Screening{register.ProposeScreening(register.Activity{ID: "T2", Minors: true})}, f.fail
}
func (f *fake) SaveScreening(_ context.Context, s register.Screening) error {
	return f.note("SaveScreening %s %s", s.Activity, s.Result())
}
func (f *fake) ExportPIA(_ context.Context, id, _ string) (string, error) {
	return "/home/claire/Documents/Greffier/pia.json", f.note("ExportPIA %s", id)
}
func (f *fake) Findings(context.Context) ([]app.FindingRow, error) {
	if f.empty {
		return nil, f.fail
	}
	in := register.Inputs{Policies: []register.PolicyVersion{{ID: "1", Text: "We do not carry out checks."}}}
	var out []app.FindingRow
	for _, x := range register.FindingsOf(in) {
		out = append(out, app.FindingRow{Finding: x, Ruling: register.RulingOf(x, nil)})
	}
	return out, f.fail
}
func (f *fake) SaveRuling(_ context.Context, r register.Ruling) error {
	return f.note("SaveRuling %s %s %q", r.ID, r.State, r.Wording.FR)
}
func (f *fake) BreachCopy(_ context.Context, b register.Breach) (string, int, error) {
	text, missing := register.NotificationText(register.Notification(b, register.Inputs{Controller: f.info.Controller, Now: now}))
	return text, missing, f.note("BreachCopy %s", b.Nature)
}
