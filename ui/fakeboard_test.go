package ui

import (
	"context"
	"errors"
	"time"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/promise"
	"greffier/app/register"
)

// boardFake is what the small shop's site, drills and policy are like.
type boardFake struct {
	made     app.Commitments
	unseen   bool // the site was never checked, no drill was run
	siteFail error
}

// boardSpans is a year of one promise: kept, then broken, a gap, and kept again.
func boardSpans() []app.Span {
	today := law.DateOf(now, law.Paris())
	return []app.Span{
		{From: today.AddDays(-330), Until: today.AddDays(-200), State: "cannot tell"}, {From: today.AddDays(-199), Until: today.AddDays(-120), State: "kept"},
		{From: today.AddDays(-119), Until: today.AddDays(-90), State: "at risk"}, {From: today.AddDays(-89), Until: today.AddDays(-70), State: "broken"},
		{From: today.AddDays(-40), Until: today, State: "kept"},
	}
}

func (f *fake) History(context.Context) ([]app.PromiseHistory, error) {
	if f.empty {
		return nil, f.fail
	}
	var out []app.PromiseHistory
	for i, id := range promise.IDs() {
		s := boardSpans()
		out = append(out, app.PromiseHistory{ID: id, Spans: s[i%2 : len(s)-i%3]})
	}
	return out, f.fail
}

func (f *fake) Commitments(context.Context) (app.Commitments, error) { return f.board.made, f.fail }
func (f *fake) SaveCommitments(_ context.Context, c app.Commitments) error {
	f.board.made = c
	return f.note("SaveCommitments %v %v", c.Not, c.Promised)
}
func (f *fake) Declare(_ context.Context, what string) error { return f.note("Declare %s", what) }

func (f *fake) ReadPolicy(_ context.Context, text string) (app.PolicyReading, error) {
	return app.PolicyReading{Text: text, Claims: promise.Read(text), Version: "2026-01-02", Changes: register.CompareTexts("Old.", text)}, f.note("ReadPolicy")
}
func (f *fake) ReadPolicyFile(ctx context.Context, name string, b []byte) (app.PolicyReading, error) {
	return f.ReadPolicy(ctx, string(b))
}
func (f *fake) ImportPolicy(_ context.Context, text string, from law.Date, c app.Commitments) (register.PolicyVersion, error) {
	return register.PolicyVersion{ID: from.String()}, f.note("ImportPolicy %s not %v %v", from, c.Not, c.Promised)
}

func (f *fake) siteView() app.SiteView {
	if f.board.unseen {
		return app.SiteView{Version: "2026-01-02"}
	}
	row := func(name, host, how string, declared bool, consent string, tone app.Tone, known promise.SiteFound) app.SiteRow {
		known.Name, known.Host, known.How, known.Page = name, host, how, "/"
		return app.SiteRow{SiteFound: known, ID: known.ID(), Declared: declared, Consent: consent, Tone: tone}
	}
	return app.SiteView{Checked: true, Version: "2026-01-02",
		Site: promise.Site{CheckedAt: now, Address: "https://www.lavande.example/", Pages: make([]promise.SitePage, 4), TLS: "TLS 1.3", CertUntil: now.AddDate(0, 2, 0), Contact: true,
			PolicyText: "x", PolicyURL: "https://www.lavande.example/confidentialite", Elsewhere: "https://autre.example"},
		Rows: []app.SiteRow{
			row("Google Analytics", "www.google-analytics.com", "script", false, "", app.ToneLate, promise.SiteFound{Owner: "Google", Purpose: register.Text{FR: "Mesure d’audience", EN: "Audience measurement"}}),
			row("", "cdn.inconnu.example", "script", false, "", app.ToneAtRisk, promise.SiteFound{}),
			row("PHPSESSID", "www.lavande.example", "cookie", true, "exempt", app.ToneKept, promise.SiteFound{First: true}),
		},
		Changes: []register.TextChange{{Text: "Les photographies sont effacées au bout de soixante jours."}, {Added: true, Text: "Les photographies sont effacées au bout de quatre-vingt-dix jours."}}, Proposed: "x"}
}

func (f *fake) Site(context.Context) (app.SiteView, error) { return f.siteView(), f.fail }
func (f *fake) CheckSite(_ context.Context, report app.Report) (app.SiteView, error) {
	report(1, 4, "site")
	f.board.unseen = false
	if f.board.siteFail != nil {
		return app.SiteView{}, f.board.siteFail
	}
	return f.siteView(), f.note("CheckSite")
}
func (f *fake) DeclareFound(_ context.Context, id string) (register.Tracker, error) {
	return register.Tracker{ID: "trackers-9", Name: "Google Analytics"}, f.note("DeclareFound %s", id)
}
func (f *fake) TakeSitePolicy(context.Context) (register.PolicyVersion, error) {
	return register.PolicyVersion{ID: "2026-12-14"}, f.note("TakeSitePolicy")
}
func (f *fake) SetSiteMonthly(_ context.Context, on bool) error {
	return f.note("SetSiteMonthly %v", on)
}

func (f *fake) Drills(context.Context) (app.DrillView, error) {
	if f.empty || f.board.unseen {
		return app.DrillView{Can: !f.empty}, f.fail
	}
	step := func(name string, ok bool) app.DrillStep { return app.DrillStep{Name: name, At: now, OK: ok} }
	return app.DrillView{Can: true, Monthly: true, Drills: []app.DrillRecord{
		{ID: "a", StartedAt: now, EndedAt: now.Add(time.Second), Erased: 1, Cleaned: true, Steps: []app.DrillStep{step("request", true), step("case", true), step("place", true), step("plan", true), step("erase", true), step("verify", true)},
			Places: []app.DrillPlace{{Storage: "photos", Key: "uploads/GREFFIERDRILL12AB/canary.jpg", Planted: true}, {Storage: "nas", Skipped: "read only"}}},
		{ID: "b", StartedAt: now.AddDate(0, -1, 0), EndedAt: now.AddDate(0, -1, 0), Failed: "request", Cleaned: true, Steps: []app.DrillStep{step("request", false)}},
	}}, f.fail
}
func (f *fake) RunDrill(_ context.Context, report app.Report) (app.DrillRecord, error) {
	report(3, 6, "drill.plan")
	return app.DrillRecord{Erased: 1}, f.note("RunDrill")
}
func (f *fake) SetDrillMonthly(_ context.Context, on bool) error {
	return f.note("SetDrillMonthly %v", on)
}

var errSiteAway = errors.New("open the home page: the site cannot be reached")
