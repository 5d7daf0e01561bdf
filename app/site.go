package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/promise"
	"greffier/app/register"
)

// SiteVisitor looks at the shop's own site as a visitor who has consented to
// nothing. Browser names what loads the pages, "" for plain reading.
type SiteVisitor interface {
	Visit(ctx context.Context, q promise.SiteQuestion, report func(done, total int, note string)) (promise.Site, error)
}

var (
	// ErrNoVisitor says that this program cannot look at sites.
	ErrNoVisitor = errors.New("nothing can look at the site")
	// ErrNotFound says that the last check of the site did not find that.
	ErrNotFound = errors.New("the site check did not find this")
	// ErrNoProposal says that the site's page has nothing new to take over.
	ErrNoProposal = errors.New("the page of the site proposes no new version")
)

const (
	kindSite     = "site"
	siteLast     = "last"
	settingSite  = "site.monthly"
	siteTriedAt  = "site.tried"
	siteEvery    = 30 * 24 * time.Hour
	retryMonthly = 24 * time.Hour // after a failure
)

// SiteRow is one thing that was met before consent.
type SiteRow struct {
	promise.SiteFound
	ID       string
	Declared bool
	Consent  string // of the tracker that it is declared as: needed, exempt, ""
	Tone     Tone
}

// SiteView is the last check of the site. Checked is false while there was
// none.
type SiteView struct {
	promise.Site
	Checked  bool
	Rows     []SiteRow // what breaks the promise first
	Version  string    // of the policy in force, "" for none
	Same     bool      // the page says what it says
	Changes  []register.TextChange
	Proposed string // the text of the page, where it is another one
	Monthly  bool   // it is looked at by itself
}

// CheckSite visits the shop's site and keeps what was found. It asks the site
// alone, with few requests, and can be stopped.
func (a *App) CheckSite(ctx context.Context, report Report) (SiteView, error) {
	return a.checkSite(ctx, owner, report)
}

func (a *App) checkSite(ctx context.Context, by string, report Report) (SiteView, error) {
	if a.d.Visitor == nil {
		return SiteView{}, ErrNoVisitor
	}
	var own register.Controller
	if err := a.d.Store.View(ctx, func(tx Tx) error { own = a.controller(tx); return nil }); err != nil {
		return SiteView{}, err
	}
	x, err := a.d.Visitor.Visit(ctx, promise.SiteQuestion{Address: own.Site, Contact: own.Email}, report)
	if err != nil {
		return SiteView{}, err
	}
	x.ID, x.CheckedAt = siteLast, a.now()
	if err := a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindSite, siteLast, x, a.now()); err != nil {
			return err
		}
		v, err := a.siteView(tx)
		if err != nil {
			return err
		}
		undeclared := 0
		for _, r := range v.Rows {
			if r.Tone == ToneLate {
				undeclared++
			}
		}
		seen := "plain"
		if x.Browser != "" {
			seen = "browser"
		}
		return a.journal(tx, by, evidence.ActSiteChecked, "site", map[string]any{"seen": seen, "pages": len(x.Pages), "found": len(x.Found), "against_promise": undeclared, "policy_same": v.Same, "contact": x.Contact, "tls": cmp.Or(x.TLSProblem, x.TLS)})
	}); err != nil {
		return SiteView{}, err
	}
	return a.Site(ctx)
}

// Site returns the last check of the site.
func (a *App) Site(ctx context.Context) (v SiteView, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error { v, err = a.siteView(tx); return err })
	return v, err
}

func lastSite(tx Tx) (*promise.Site, error) {
	xs, err := records[promise.Site](tx, kindSite)
	if err != nil || len(xs) == 0 {
		return nil, err
	}
	return &xs[len(xs)-1], nil
}

func (a *App) siteView(tx Tx) (SiteView, error) {
	v := SiteView{Monthly: a.monthly(tx, settingSite)}
	x, err := lastSite(tx)
	if err != nil {
		return v, err
	}
	version, err := a.policyInForce(tx)
	if err != nil {
		return v, err
	}
	v.Version = version.ID
	if x == nil {
		return v, nil
	}
	v.Site, v.Checked = *x, true
	ts, err := records[register.Tracker](tx, kindTrackers)
	if err != nil {
		return v, err
	}
	for _, f := range x.Found {
		r := SiteRow{SiteFound: f, ID: f.ID(), Tone: ToneLate}
		t, ok := promise.Declared(ts, f)
		r.Declared, r.Consent = ok, t.Consent
		switch {
		case ok && t.Consent == "exempt":
			r.Tone = ToneKept
		case ok && t.Consent == "", !ok && f.Name == "":
			r.Tone = ToneAtRisk // not settled
		}
		v.Rows = append(v.Rows, r)
	}
	slices.SortStableFunc(v.Rows, func(a, b SiteRow) int {
		return cmp.Or(cmp.Compare(toneOrder(a.Tone), toneOrder(b.Tone)), cmp.Compare(a.ID, b.ID))
	})
	if strings.TrimSpace(x.PolicyText) != "" {
		v.Same = version.ID != "" && promise.SamePolicy(version.Text, x.PolicyText)
		if !v.Same {
			v.Proposed, v.Changes = promise.PolicyOnPage(version.Text, x.PolicyText)
		}
	}
	return v, nil
}

func toneOrder(t Tone) int {
	switch t {
	case ToneLate:
		return 0
	case ToneAtRisk:
		return 1
	}
	return 2
}

// policyInForce returns the version of the policy in force today, the zero one
// where there is none.
func (a *App) policyInForce(tx Tx) (register.PolicyVersion, error) {
	all, err := records[register.PolicyVersion](tx, kindPolicies)
	var best register.PolicyVersion
	for _, p := range all {
		if !p.From.After(a.today()) && (p.Until.IsZero() || !p.Until.Before(a.today())) && !p.From.Before(best.From) {
			best = p
		}
	}
	return best, err
}

// DeclareFound puts something that the site check found into the register of
// trackers, with what is known of it. What is not known stays to be completed.
func (a *App) DeclareFound(ctx context.Context, id string) (register.Tracker, error) {
	var t register.Tracker
	err := a.update(ctx, func(tx Tx) error {
		v, err := a.siteView(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(v.Rows, func(r SiteRow) bool { return r.ID == id })
		if i < 0 {
			return ErrNotFound
		}
		r := v.Rows[i]
		ts, err := tx.Records(kindTrackers)
		if err != nil {
			return err
		}
		t = trackerOf(r, a.today())
		t.ID = nextID(kindTrackers, ts)
		fields, err := a.keepRecord(tx, kindTrackers, t.ID, &t, owner)
		if err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRegisterChanged, kindTrackers+" "+t.ID, fieldsDetail(fields))
	})
	return t, err
}

// trackerOf is what the register says of something found.
func trackerOf(r SiteRow, today law.Date) register.Tracker {
	t := register.Tracker{Name: cmp.Or(r.Name, r.Host), Domain: r.Host, Purpose: r.Purpose, Lifetime: r.Lifetime, Category: r.Category, Recipient: r.Owner, ScannedOn: today}
	if r.First {
		t.Domain = ""
	}
	switch {
	case r.Exempt && r.First:
		t.Party, t.Consent = "first", "exempt"
	case r.First && r.Owner == "":
		t.Party = "first"
	}
	if r.Known != "" && !r.Exempt && r.Category != "necessary" {
		t.Consent = "needed" // LIL Art. 82
	}
	return t
}

// TakeSitePolicy makes a version of the policy of what the site's page says,
// in force from today. The owner has seen how it differs.
func (a *App) TakeSitePolicy(ctx context.Context) (register.PolicyVersion, error) {
	var made register.PolicyVersion
	err := a.update(ctx, func(tx Tx) error {
		v, err := a.siteView(tx)
		if err != nil {
			return err
		}
		if v.Proposed == "" {
			return ErrNoProposal
		}
		made, err = a.newVersion(tx, v.Proposed, a.today(), a.d.Texts.Text(a.Info().Lang, "site.taken", map[string]any{"Date": law.DateOf(v.CheckedAt, a.d.Zone).String()}), v.PolicyURL)
		return err
	})
	return made, err
}

// versionID names a version of the policy by the day from which it is in force,
// numbered where one of that day is there already.
func versionID(all []register.PolicyVersion, from law.Date) string {
	id := from.String()
	for n := 2; slices.ContainsFunc(all, func(p register.PolicyVersion) bool { return p.ID == id }); n++ {
		id = fmt.Sprintf("%s-%d", from, n)
	}
	return id
}

// newVersion keeps a version of the policy in force from a day on; the one
// before it ends on the day before.
func (a *App) newVersion(tx Tx, text string, from law.Date, change, where string) (register.PolicyVersion, error) {
	all, err := records[register.PolicyVersion](tx, kindPolicies)
	if err != nil {
		return register.PolicyVersion{}, err
	}
	keep := func(p register.PolicyVersion) error {
		fields, err := a.keepRecord(tx, kindPolicies, p.ID, &p, owner)
		if err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRegisterChanged, kindPolicies+" "+p.ID, fieldsDetail(fields))
	}
	for _, p := range all {
		if !p.From.After(from) && (p.Until.IsZero() || !p.Until.Before(from)) {
			// On the day on which another begins, the one before makes room.
			p.Until = from.AddDays(-1)
			if p.Until.Before(p.From) {
				p.Until = p.From
			}
			if err := keep(p); err != nil {
				return register.PolicyVersion{}, err
			}
		}
	}
	next := register.PolicyVersion{ID: versionID(all, from), From: from, Text: text, SHA256: register.SHA256(text), Change: change}
	if u, err := url.Parse(where); err == nil {
		next.Where = u.String()
	}
	return next, keep(next)
}

// monthly tells whether something is done by itself each month.
func (a *App) monthly(tx Tx, setting string) bool {
	v, _, err := tx.Setting(setting)
	return err == nil && v == "on"
}

// SetSiteMonthly lets the site be looked at by itself each month.
func (a *App) SetSiteMonthly(ctx context.Context, on bool) error {
	return a.setMonthly(ctx, settingSite, on)
}

func (a *App) setMonthly(ctx context.Context, setting string, on bool) error {
	word := "off"
	if on {
		word = "on"
	}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(setting, word); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, setting, map[string]string{"to": word})
	})
}

// dueMonthly tells whether something that is done each month is due: not done
// for a month, and not tried for a day. It notes the try.
func (a *App) dueMonthly(ctx context.Context, setting, tried string, last func(tx Tx) (time.Time, error)) (due bool, err error) {
	err = a.d.Store.Update(ctx, func(tx Tx) error {
		if !a.monthly(tx, setting) {
			return nil
		}
		at, err := last(tx)
		if err != nil || a.now().Sub(at) < siteEvery {
			return err
		}
		v, _, err := tx.Setting(tried)
		if err != nil {
			return err
		}
		if t, err := time.Parse(time.RFC3339, v); err == nil && a.now().Sub(t) < retryMonthly && !t.After(a.now()) {
			return nil
		}
		due = true
		return tx.SetSetting(tried, a.now().Format(time.RFC3339))
	})
	return due, err
}

// siteDue looks at the site where a month is over. That it cannot be reached is
// told by the promises, which find the last look too old.
func (a *App) siteDue(ctx context.Context) error {
	if a.d.Visitor == nil || a.fetching() {
		return nil
	}
	due, err := a.dueMonthly(ctx, settingSite, siteTriedAt, func(tx Tx) (time.Time, error) {
		x, err := lastSite(tx)
		if err != nil || x == nil {
			return time.Time{}, err
		}
		return x.CheckedAt, nil
	})
	if err != nil || !due {
		return err
	}
	if _, err := a.checkSite(ctx, greffier, nil); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}
