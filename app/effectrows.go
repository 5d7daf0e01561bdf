package app

import (
	"greffier/app/plan"
	"greffier/app/register"
)

// effectRows gathers what the registers say of restrictions, stopped uses and
// corrections.
func (a *App) effectRows(tx Tx, in *register.Inputs) error {
	rs, err := restrictions(tx)
	if err != nil {
		return err
	}
	for _, r := range rs {
		in.Restrictions = append(in.Restrictions, register.RestrictionRow{ID: r.ID, Case: r.Case, Orders: numbers(tx, r.Orders), Article: r.Ground.Article(), Reason: r.Reason,
			From: r.From, ToldAt: r.ToldAt, LiftedAt: r.LiftedAt})
	}
	ss, err := suppressions(tx)
	if err != nil {
		return err
	}
	for _, s := range ss {
		row := register.SuppressionRow{ID: s.ID, Who: s.Email, Source: string(s.Source), Case: s.Case, At: s.At, LiftedAt: s.LiftedAt, Broken: brokenIn(s) != ""}
		if row.Who == "" {
			row.Who = s.Phone
		}
		for _, u := range s.Uses {
			row.Uses = append(row.Uses, string(u))
		}
		in.Suppressions = append(in.Suppressions, row)
	}
	ms, err := amendments(tx)
	if err != nil {
		return err
	}
	for _, m := range ms {
		for _, c := range m.Changes {
			row := register.CorrectionRow{ID: m.ID, Case: m.Case, Field: plan.FieldName(c.Field, in.Lang), State: string(c.State), At: c.At}
			if row.At.IsZero() {
				row.At = m.At
			}
			for _, n := range numbers(tx, []int64{c.Order}) {
				row.Order = n
			}
			in.Corrections = append(in.Corrections, row)
		}
	}
	return nil
}
