package ui

import (
	"context"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/plan"
)

// SweepFacade is what the window asks of sweeps, of Greffier's own data, and of
// the last trace of what was erased.
type SweepFacade interface {
	SweepStatus(ctx context.Context) (app.SweepStatus, error) // reads folders of files: off the window's goroutine
	SweepDue(ctx context.Context) (trigger string, due bool, err error)
	AutoSweep(ctx context.Context, trigger string, report app.Report) (app.SweepRecord, error)   // slow
	SweepPlan(ctx context.Context, rule string) (plan.Plan, []app.SweepAway, error)              // of what can be reached; slow
	ConfirmSweep(ctx context.Context, rule, hash string, report app.Report) (app.RunView, error) // her yes to exactly that plan; slow
	SweepSettings() app.SweepSettings
	SetSweepSettings(ctx context.Context, s app.SweepSettings) error
	SetSweepMode(ctx context.Context, rule, mode string) error
	TrustClock(ctx context.Context) error

	InstallSchedule(ctx context.Context, s app.Schedule) (app.ScheduleStatus, error) // slow
	RemoveSchedule(ctx context.Context, kind string) (app.ScheduleStatus, error)     // slow

	SaveOwnRule(ctx context.Context, r app.OwnRule) error
	PurgeOwn(ctx context.Context, rule, hash string) (app.OwnResult, error) // exactly what she saw

	BackupLives(ctx context.Context) ([]app.BackupLife, error)
	SetBackupLife(ctx context.Context, l app.BackupLife) error
	TraceOfRun(ctx context.Context, run int64) (app.Trace, error)
	TraceOfCase(ctx context.Context, id cases.ID) (app.Trace, error)
}
