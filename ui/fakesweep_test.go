package ui

import (
	"context"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
)

// sweepFake is what the fake façade says of sweeps.
type sweepFake struct {
	due   bool
	clock *app.ClockJump
	asks  []app.SweepAsk
	set   *app.SweepSettings
	ended app.SweepRecord
	trace app.Trace
}

func (f *fake) SweepSettings() app.SweepSettings {
	if f.sweep.set != nil {
		return *f.sweep.set
	}
	return app.SweepSettings{On: true, Hour: 3, MaxObjects: 500, MaxPercent: 20}
}

func (f *fake) SweepStatus(context.Context) (app.SweepStatus, error) {
	st := app.SweepStatus{Settings: f.SweepSettings(), Clock: f.sweep.clock, Asks: f.sweep.asks, NextAt: now.Add(19 * time.Hour), Entry: app.ScheduleStatus{Kinds: []string{"systemd"}, Kind: "systemd"}}
	if f.empty {
		return st, f.fail
	}
	st.Entry = app.ScheduleStatus{Kind: "systemd", Installed: true, Running: true, Hour: 3, Command: "/usr/bin/greffier --profile /home/claire/.local/share/greffier sweep --auto", Key: "keyring", Kinds: []string{"systemd", "cron"}}
	st.Rules = []app.SweepRuleView{
		{Rule: register.Rule{ID: "media", Period: "60 days", Automatic: true}, Mode: app.SweepAutomatic, Tried: true, YesAt: now.AddDate(0, -1, 0)},
		{Rule: register.Rule{ID: "billing", Period: "10 years"}, Mode: app.SweepAsks},
	}
	st.Last = []app.SweepRecord{
		{ID: "S-3", Trigger: app.SweepNightly, At: now.Add(-5 * time.Hour), State: app.SweepPartial, NextAt: now.Add(time.Hour),
			Rules: []app.SweepOfRule{{Rule: "media", State: app.SweepDone, Objects: 12, Erased: 12, Held: []app.SweepHeld{{Why: "hold", Rows: 1, Objects: 4}, {Why: "case 3: access", Rows: 2}}}},
			Away:  []app.SweepAway{{Kind: "storage", Name: "archives", Reason: "the storage cannot be reached"}}},
		{ID: "S-2", Trigger: app.SweepAtStart, At: now.AddDate(0, 0, -1), State: app.SweepStopped, Rules: []app.SweepOfRule{{Rule: "media", State: app.SweepStopped, Objects: 1240, Hash: "ab", Why: []string{app.WhyObjects}}}},
		{ID: "S-1", Trigger: app.SweepCommand, At: now.AddDate(0, 0, -2), State: app.SweepDone, Own: []app.OwnResult{{Rule: app.OwnCaches, Purged: 2}}},
	}
	st.Own = []app.OwnRow{
		{OwnRule: app.OwnRule{ID: app.OwnCases, Period: "5 years", Mode: app.SweepAsks}, Kept: 14, Next: law.Date{Year: 2027, Month: 2, Day: 3}},
		{OwnRule: app.OwnRule{ID: app.OwnPrinted, Period: "90 days", Mode: app.SweepAsks}, Fixed: true, Kept: 6, Hash: "cd", Due: []app.OwnItem{{ID: "/home/claire/Documents/Greffier/registre.pdf", Name: "registre.pdf", Due: law.Date{Year: 2026, Month: 9, Day: 3}}}},
		{OwnRule: app.OwnRule{ID: app.OwnBackups, Period: "90 days", Mode: app.SweepAsks}, Kept: 1, Held: []app.OwnItem{{ID: "x", Name: "x", Held: app.NewestBackup}}},
	}
	return st, f.fail
}

func (f *fake) SweepDue(context.Context) (string, bool, error) {
	return app.SweepNightly, f.sweep.due, f.note("SweepDue")
}
func (f *fake) AutoSweep(_ context.Context, trigger string, _ app.Report) (app.SweepRecord, error) {
	f.sweep.due = false
	return f.sweep.ended, f.note("AutoSweep %s", trigger)
}
func (f *fake) SweepPlan(ctx context.Context, rule string) (plan.Plan, []app.SweepAway, error) {
	v, err := f.Retention(ctx, law.Date{})
	if err == nil {
		err = f.note("SweepPlan %s", rule)
	}
	return v.Plan, nil, err
}
func (f *fake) ConfirmSweep(_ context.Context, rule, hash string, _ app.Report) (app.RunView, error) {
	return app.RunView{}, f.note("ConfirmSweep %s %s", rule, hash)
}
func (f *fake) SetSweepSettings(_ context.Context, s app.SweepSettings) error {
	f.sweep.set = &s
	return f.note("SetSweepSettings %+v", s)
}
func (f *fake) SetSweepMode(_ context.Context, rule, mode string) error {
	return f.note("SetSweepMode %s %s", rule, mode)
}
func (f *fake) TrustClock(context.Context) error {
	f.sweep.clock = nil
	return f.note("TrustClock")
}
func (f *fake) InstallSchedule(_ context.Context, s app.Schedule) (app.ScheduleStatus, error) {
	return app.ScheduleStatus{}, f.note("InstallSchedule %d %q", s.Hour, s.KeyEnv)
}
func (f *fake) RemoveSchedule(context.Context, string) (app.ScheduleStatus, error) {
	return app.ScheduleStatus{}, f.note("RemoveSchedule")
}
func (f *fake) SaveOwnRule(_ context.Context, r app.OwnRule) error {
	return f.note("SaveOwnRule %s %s %s", r.ID, r.Period, r.Mode)
}
func (f *fake) PurgeOwn(_ context.Context, rule, hash string) (app.OwnResult, error) {
	return app.OwnResult{Rule: rule, Purged: 1}, f.note("PurgeOwn %s %s", rule, hash)
}
func (f *fake) BackupLives(context.Context) ([]app.BackupLife, error) {
	return []app.BackupLife{{Kind: "storage", Name: "photos", Days: 30, Known: true}, {Kind: "shop", Name: "boutique"}}, f.fail
}
func (f *fake) SetBackupLife(_ context.Context, l app.BackupLife) error {
	return f.note("SetBackupLife %s %s %d %v", l.Kind, l.Name, l.Days, l.Known)
}
func (f *fake) TraceOfRun(context.Context, int64) (app.Trace, error) { return f.sweep.trace, f.fail }
func (f *fake) TraceOfCase(context.Context, cases.ID) (app.Trace, error) {
	return f.sweep.trace, f.fail
}
