package ui

import (
	"context"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/register"
)

// BoardFacade is what the window asks of the history of promises, the check of the site and drills.
type BoardFacade interface {
	History(ctx context.Context) ([]app.PromiseHistory, error) // P1 first, days oldest first
	Commitments(ctx context.Context) (app.Commitments, error)  // which promises the policy makes
	SaveCommitments(ctx context.Context, c app.Commitments) error
	Declare(ctx context.Context, what string) error // one of promise.Statements, seen by the owner today

	ReadPolicy(ctx context.Context, text string) (app.PolicyReading, error) // changes nothing
	ReadPolicyFile(ctx context.Context, name string, content []byte) (app.PolicyReading, error)
	ImportPolicy(ctx context.Context, text string, from law.Date, c app.Commitments) (register.PolicyVersion, error)

	Site(ctx context.Context) (app.SiteView, error)                           // the last check
	CheckSite(ctx context.Context, report app.Report) (app.SiteView, error)   // slow; asks the shop's own site alone
	DeclareFound(ctx context.Context, id string) (register.Tracker, error)    // into the register of trackers
	TakeSitePolicy(ctx context.Context) (register.PolicyVersion, error)       // the page becomes the version in force
	SetSiteMonthly(ctx context.Context, on bool) error                        // it is looked at by itself
	Drills(ctx context.Context) (app.DrillView, error)                        // newest first
	RunDrill(ctx context.Context, report app.Report) (app.DrillRecord, error) // slow; leaves nothing behind
	SetDrillMonthly(ctx context.Context, on bool) error
}
