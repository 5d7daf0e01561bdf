package app

import (
	"context"
	"errors"

	"greffier/app/evidence"
)

// ErrNoScheduler says that this machine has nothing that could run sweeps.
var ErrNoScheduler = errors.New("this machine has no scheduler that Greffier knows")

// ScheduleStatus is the entry of the operating system that runs a sweep each
// night, whether or not the window is open.
type ScheduleStatus struct {
	Kind      string   `json:"kind"` // systemd, cron, launchd, schtasks; "" where there is none
	Installed bool     `json:"installed"`
	Running   bool     `json:"running"`           // the system says that it will start it
	Hour      int      `json:"hour"`              // local, where it is installed
	Path      string   `json:"path,omitempty"`    // of the file that says so
	Command   string   `json:"command,omitempty"` // that is run
	Key       string   `json:"key"`               // where the profile's key comes from: "keyring", "environment"
	KeyEnv    string   `json:"key_env,omitempty"`
	Problem   string   `json:"problem,omitempty"` // why it may not run
	Kinds     []string `json:"kinds"`             // that this machine has
}

// Schedule is what an entry is made from. An empty Kind is the machine's first.
// With an empty KeyEnv the key is kept in the system's keyring.
type Schedule struct {
	Kind   string
	Hour   int
	KeyEnv string
}

// Scheduler keeps the entry of the operating system that runs sweeps of this
// profile. Install replaces an older one.
type Scheduler interface {
	Status(ctx context.Context, kind string) (ScheduleStatus, error)
	Install(ctx context.Context, s Schedule) (ScheduleStatus, error)
	Remove(ctx context.Context, kind string) (ScheduleStatus, error)
}

// ScheduleStatus tells whether a sweep is run by the system each night.
func (a *App) ScheduleStatus(ctx context.Context, kind string) (ScheduleStatus, error) {
	if a.d.Scheduler == nil {
		return ScheduleStatus{}, ErrNoScheduler
	}
	return a.d.Scheduler.Status(ctx, kind)
}

// InstallSchedule lets the system run a sweep each night, on the owner's request,
// and turns sweeps on.
func (a *App) InstallSchedule(ctx context.Context, s Schedule) (ScheduleStatus, error) {
	if a.d.Scheduler == nil {
		return ScheduleStatus{}, ErrNoScheduler
	}
	if s.Hour < 0 || s.Hour > 23 {
		return ScheduleStatus{}, ErrSweepSettings
	}
	st, err := a.d.Scheduler.Install(ctx, s)
	if err != nil {
		return st, err
	}
	set := a.SweepSettings()
	set.On, set.Hour = true, s.Hour
	return st, a.update(ctx, func(tx Tx) error {
		if err := putSetting(tx, settingSweep, set); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActScheduleSet, "schedule", map[string]any{"kind": st.Kind, "installed": true, "hour": s.Hour})
	})
}

// RemoveSchedule takes the entry away again. One that is not there is no error.
func (a *App) RemoveSchedule(ctx context.Context, kind string) (ScheduleStatus, error) {
	if a.d.Scheduler == nil {
		return ScheduleStatus{}, ErrNoScheduler
	}
	st, err := a.d.Scheduler.Remove(ctx, kind)
	if err != nil {
		return st, err
	}
	return st, a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActScheduleSet, "schedule", map[string]any{"kind": st.Kind, "installed": false})
	})
}
