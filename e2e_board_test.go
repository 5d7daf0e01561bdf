package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/promise"
	"greffier/app/register"
	"greffier/data/site"
)

// garden is the storage of a small shop into which canaries may be laid;
// before is told of each call, and may end the world.
type garden struct {
	erasure.Storage
	before func(call string)
	dead   atomic.Bool // the power is gone: nothing answers, nothing is written
}

// mortal is a store that dies with the garden.
type mortal struct {
	app.Store
	g *garden
}

func (m mortal) Update(ctx context.Context, f func(app.Tx) error) error {
	if m.g.dead.Load() {
		return erasure.ErrDenied
	}
	return m.Store.Update(ctx, f)
}

func (g *garden) say(call string) error {
	if g.before != nil {
		g.before(call)
	}
	if g.dead.Load() {
		return erasure.ErrDenied
	}
	return nil
}

func (g *garden) Plant(ctx context.Context, key string, b []byte) error {
	if err := g.say("plant"); err != nil {
		return err
	}
	err := g.Storage.(app.Planter).Plant(ctx, key, b)
	return errors.Join(err, g.say("planted "+key))
}

func (g *garden) Erase(ctx context.Context, o plan.Object) error {
	if err := g.say("erase"); err != nil {
		return err
	}
	err := g.Storage.Erase(ctx, o)
	return errors.Join(err, g.say("erased"))
}

func (g *garden) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	if err := g.say("list"); err != nil {
		return err
	}
	return g.Storage.List(ctx, prefix, yield)
}

// planting is a small shop with a garden.
func planting(t *testing.T) (*small, *garden) {
	t.Helper()
	s := newSmall(t, "1042,completed,2026-11-01,2026-11-02,lise@client.test,Lise,Hamel\n", "uploads/1042/a.jpg", "uploads/1042/b.jpg")
	s.now = at(t, "2026-12-14T09:00:00Z")
	g := &garden{Storage: s.st.Storage}
	s.again(g)
	return s, g
}

// again makes the façade anew, as a start of the program does.
func (s *small) again(g *garden) {
	s.deps.Storages = map[string]erasure.Storage{"photos": g}
	s.App = app.New(s.deps)
}

// world is all that a drill could leave a trace in.
func (s *small) traces() string {
	s.t.Helper()
	var out []string
	if err := filepath.WalkDir(filepath.Join(s.dir, "photos"), func(p string, d fs.DirEntry, err error) error {
		if err == nil {
			out = append(out, p)
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	if err := s.deps.Store.View(s.t.Context(), func(tx app.Tx) error {
		cs, err := tx.Cases()
		os, err2 := tx.Orders()
		rs, err3 := tx.Runs()
		ms, err4 := tx.CountMessages()
		ts, err5 := tx.Tombstones()
		hs, err6 := tx.Holds()
		out = append(out, fmt.Sprint(len(cs), len(os), len(rs), ms, len(ts), len(hs), len(s.box.mails)))
		return errors.Join(err, err2, err3, err4, err5, err6)
	}); err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

func (s *small) promiseOf(id string) app.PromiseRow {
	s.t.Helper()
	rows, err := s.Promises(s.t.Context(), "en")
	if err != nil {
		s.t.Fatal(err)
	}
	return rows[slices.IndexFunc(rows, func(r app.PromiseRow) bool { return r.ID == id })]
}

func TestADrillGoesAllTheWayAndLeavesNothingBehind(t *testing.T) {
	s, _ := planting(t)
	before := s.traces()
	d, err := s.RunDrill(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d.Failed != "" || d.Erased != 1 || !d.Cleaned || d.EndedAt.IsZero() || len(d.Steps) != 6 || len(d.Places) != 1 || !d.Places[0].Planted || d.PlanHash == "" {
		t.Errorf("%+v", d)
	}
	if after := s.traces(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if r := s.promiseOf("P15"); !strings.Contains(strings.Join(r.Evidence, "\n"), "Drill of 14 December 2026") {
		t.Errorf("P15: %v", r.Evidence)
	}
	js, err := s.Journal(t.Context(), 1)
	if err != nil || js[0].Act != "drill.run" || !strings.Contains(js[0].Detail, `"state":"passed"`) {
		t.Errorf("%+v, %v", js, err)
	}
	// In the owner's other language the mail is another one.
	if err := s.SetLang(t.Context(), "fr"); err != nil {
		t.Fatal(err)
	}
	if d, err := s.RunDrill(t.Context(), nil); err != nil || d.Failed != "" {
		t.Errorf("in French: %+v, %v", d, err)
	}
}

func TestADrillKilledAnywhereIsCleanedAtTheNextStart(t *testing.T) {
	s, g := planting(t)
	before := s.traces()
	s.deps.Store = mortal{s.deps.Store, g}
	s.again(g)
	for n := int32(1); ; n++ {
		var calls atomic.Int32
		g.before = func(string) {
			if calls.Add(1) == n {
				g.dead.Store(true)
			}
		}
		_, _ = s.RunDrill(t.Context(), nil) // nobody hears how it ended
		g.before = nil
		if !g.dead.Load() {
			if n < 8 {
				t.Errorf("only %d calls", n)
			}
			break
		}
		g.dead.Store(false)
		s.again(g)
		if err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := s.traces(); after != before {
			t.Fatalf("killed at call %d:\n%s", n, after)
		}
		v, err := s.Drills(t.Context())
		if err != nil || !v.Drills[0].Cleaned || v.Drills[0].Failed != "stopped" {
			t.Fatalf("killed at call %d: %+v, %v", n, v.Drills[0], err)
		}
	}
}

func TestADrillKeepsToItself(t *testing.T) {
	s, g := planting(t)
	for _, x := range []struct {
		name string
		is   func(*testing.T, *small, *garden)
	}{
		{"one that is stopped cleans behind itself", stoppedDrill},
		{"it touches nothing but its canary", canaryAlone},
		{"a hold on everything is no fault of the erasure", allHeld},
		{"a storage that cannot be written to says so", nothingToPlant},
		{"commitments are held to what is known", knownCommitments},
	} {
		t.Run(x.name, func(t *testing.T) {
			g.before = nil
			s.again(g)
			x.is(t, s, g)
		})
	}
}

func stoppedDrill(t *testing.T, s *small, g *garden) {
	before := s.traces()
	ctx, cancel := context.WithCancel(t.Context())
	g.before = func(call string) {
		if strings.HasPrefix(call, "planted") {
			cancel()
		}
	}
	if _, err := s.RunDrill(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if after := s.traces(); after != before {
		t.Errorf("left:\n%s", after)
	}
}

func allHeld(t *testing.T, s *small, _ *garden) {
	id, err := s.Hold(t.Context(), app.LegalHold{Scope: app.HoldAll, Reason: "inquiry of the CNIL"})
	if err != nil {
		t.Fatal(err)
	}
	before := s.traces()
	if d, err := s.RunDrill(t.Context(), nil); err != nil || d.Failed != "" || d.Erased != 1 || !d.Cleaned {
		t.Errorf("%+v, %v", d, err)
	}
	if after := s.traces(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if err := s.EndHold(t.Context(), id); err != nil {
		t.Error(err)
	}
}

func canaryAlone(t *testing.T, s *small, g *garden) {
	foreign := ""
	g.before = func(call string) {
		if key, ok := strings.CutPrefix(call, "planted "); ok {
			foreign = filepath.Join(s.dir, "photos", filepath.Dir(key), "child.jpg")
			if err := os.WriteFile(foreign, []byte("a child's photo"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	d, err := s.RunDrill(t.Context(), nil)
	if !errors.Is(err, app.ErrDrillPlan) || d.Failed != "plan" || d.Erased != 0 || !d.Cleaned {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error(err)
	}
	if r := s.promiseOf("P15"); r.State != "broken" || r.Mend != "drill" {
		t.Errorf("P15 is %s, %q", r.State, r.Mend)
	}
}

func nothingToPlant(t *testing.T, s *small, _ *garden) {
	s.deps.Storages = map[string]erasure.Storage{"photos": s.st} // no Plant
	s.App = app.New(s.deps)
	if _, err := s.RunDrill(t.Context(), nil); !errors.Is(err, app.ErrNoPlace) {
		t.Error(err)
	}
	if v, err := s.Drills(t.Context()); err != nil || v.Can {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAMonthlyDrillRunsByItself(t *testing.T) {
	s, _ := planting(t)
	if err := s.SetDrillMonthly(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 1, 2} {
		if err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := s.Drills(t.Context())
		if err != nil || len(v.Drills) != want || v.Drills[0].Failed != "" {
			t.Fatalf("%d drills: %+v, %v", want, v.Drills, err)
		}
		s.now = s.now.Add(16 * 24 * time.Hour)
	}
}

// shopSite is a site whose policy and trackers the test changes.
type shopSite struct {
	policy string
	ga     bool
}

func (x *shopSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if x.ga {
		w.Header().Add("Set-Cookie", "_ga=1; Max-Age=34128000")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch r.URL.Path {
	case "/":
		fmt.Fprint(w, `<a href="/privacy">Privacy policy</a> contact@shop.test`)
	case "/privacy":
		fmt.Fprintf(w, "<nav>Menu</nav><main>%s</main>", x.policy)
	default:
		http.NotFound(w, r)
	}
}

func paragraphs(text string) string {
	return "<p>" + strings.Join(strings.Split(strings.TrimSpace(text), "\n"), "</p><p>") + "</p>"
}

func TestTheSiteCheckFeedsThePromises(t *testing.T) {
	s, _ := planting(t)
	ctx := t.Context()
	versions, err := s.Policies(ctx)
	if err != nil || len(versions) != 1 {
		t.Fatalf("%v, %v", versions, err)
	}
	x := &shopSite{policy: paragraphs(versions[0].Text)}
	srv := httptest.NewTLSServer(x)
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	s.deps.Visitor = &site.Visitor{Roots: roots, Pause: -1}
	s.App = app.New(s.deps)
	own := s.Info().Controller
	own.Site, own.Email = srv.URL, "contact@shop.test"
	if err := s.SaveController(ctx, own); err != nil {
		t.Fatal(err)
	}
	if r := s.promiseOf("P17"); r.State != "cannot tell" || r.Mend != "site" {
		t.Errorf("before any check: %s, %q", r.State, r.Mend)
	}
	v, err := s.CheckSite(ctx, nil)
	if err != nil || !v.Same || len(v.Rows) != 0 || !v.Contact || v.TLS != "TLS 1.3" {
		t.Fatalf("%+v, %v", v, err)
	}
	if r := s.promiseOf("P17"); r.State != "kept" {
		t.Errorf("P17 is %s: %v", r.State, r.Evidence)
	}

	// An undeclared tracker breaks P13; one click declares it, and it is still
	// set too early.
	x.ga = true
	if v, err = s.CheckSite(ctx, nil); err != nil || len(v.Rows) != 1 || v.Rows[0].Name != "_ga" || v.Rows[0].Declared {
		t.Fatalf("%+v, %v", v.Rows, err)
	}
	if r := s.promiseOf("P13"); r.State != "broken" || !strings.Contains(r.Evidence[0], "_ga") {
		t.Errorf("P13 is %s: %v", r.State, r.Evidence)
	}
	tr, err := s.DeclareFound(ctx, v.Rows[0].ID)
	if err != nil || tr.Consent != "needed" || tr.Recipient != "Google" || tr.Lifetime != "13 months" {
		t.Errorf("%+v, %v", tr, err)
	}
	if r := s.promiseOf("P13"); r.State != "broken" || !strings.Contains(r.Evidence[0], "declared as needing consent") {
		t.Errorf("P13 is %s: %v", r.State, r.Evidence)
	}
	if _, err := s.DeclareFound(ctx, "nothing"); !errors.Is(err, app.ErrNotFound) {
		t.Error(err)
	}

	// Another text on the page is proposed as a new version.
	x.policy += "<p>From today on photographs are kept for ninety days instead of sixty days.</p>"
	if v, err = s.CheckSite(ctx, nil); err != nil || v.Same || len(v.Changes) != 1 || !v.Changes[0].Added {
		t.Fatalf("%+v, %v", v.Changes, err)
	}
	if r := s.promiseOf("P17"); r.State != "broken" {
		t.Errorf("P17 is %s", r.State)
	}
	made, err := s.TakeSitePolicy(ctx)
	if err != nil || made.From.String() != "2026-12-14" {
		t.Errorf("%+v, %v", made, err)
	}
	if r := s.promiseOf("P17"); r.State != "kept" {
		t.Errorf("P17 is %s: %v", r.State, r.Evidence)
	}
	if _, err := s.TakeSitePolicy(ctx); !errors.Is(err, app.ErrNoProposal) {
		t.Error(err)
	}
	js, err := s.Journal(ctx, 20)
	if err != nil || !slices.ContainsFunc(js, func(j app.JournalLine) bool {
		return j.Act == "site.checked" && strings.Contains(j.Detail, `"seen":"plain"`)
	}) {
		t.Errorf("%+v, %v", js, err)
	}
}

func TestTheBoardRemembersWhenAPromiseTurned(t *testing.T) {
	s, _ := planting(t)
	if r := s.promiseOf("P11"); r.State != "cannot tell" || r.Since.String() != "2026-12-14" {
		t.Errorf("%s since %s", r.State, r.Since)
	}
	s.now = s.now.Add(24 * time.Hour)
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Declare(t.Context(), promise.StatedAccounts); err != nil {
		t.Fatal(err)
	}
	if err := s.Declare(t.Context(), "anything"); !errors.Is(err, app.ErrUnknownStatement) {
		t.Error(err)
	}
	if r := s.promiseOf("P11"); r.State != "kept" || r.Since.String() != "2026-12-15" {
		t.Errorf("%s since %s: %v", r.State, r.Since, r.Evidence)
	}
	s.now = s.now.Add(10 * 24 * time.Hour) // nobody looked
	r := s.promiseOf("P11")
	got, _ := json.Marshal(r.Spans)
	want := `[{"from":"2026-12-14","until":"2026-12-15","state":"cannot tell"},{"from":"2026-12-15","until":"2026-12-15","state":"kept"},{"from":"2026-12-25","until":"2026-12-25","state":"kept"}]`
	if string(got) != want || r.Since.String() != "2026-12-15" {
		t.Errorf("%s since %s", got, r.Since)
	}
	for _, p := range r.Lines {
		if p.Open.Kind == "" {
			t.Errorf("%q leads nowhere", p.Text)
		}
	}
	hs, err := s.History(t.Context())
	if err != nil || len(hs) != 17 || hs[0].ID != "P1" || hs[16].ID != "P17" {
		t.Errorf("%v, %v", hs, err)
	}
}

func TestAnotherShopsPolicyIsReadAndConfirmed(t *testing.T) {
	w := newWorld(t)
	w.init()
	f := w.write("policy.md", "# Privacy\n\nPhotographs are deleted 30 days after the order.\n\nInvoices are kept for 10 years.\n\nYou may complain to the supervisory authority.\n")
	var read struct {
		Promises []claimJSON `json:"promises"`
		Version  string      `json:"version"`
	}
	if err := json.Unmarshal([]byte(w.ok("--json", "policy", "import", f).out), &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Promises) != 3 || read.Promises[0].Period != "30 days" || read.Version != "" {
		t.Errorf("%+v", read)
	}
	w.ok("policy", "import", f, "--yes", "--from", "2099-01-01", "--not", "P16")
	var rows []struct {
		ID, Sentence string
		Made         bool
		Evidence     []string
	}
	if err := json.Unmarshal([]byte(w.ok("--json", "promises").out), &rows); err != nil {
		t.Fatal(err)
	}
	if !rows[7].Made || !strings.Contains(rows[7].Sentence, "30 days") || rows[15].Made || rows[0].Made || !rows[8].Made {
		t.Errorf("%+v", rows)
	}
	if !strings.Contains(strings.Join(rows[7].Evidence, "\n"), "more than the policy promises (30 days)") {
		t.Errorf("P8: %v", rows[7].Evidence)
	}
	if out := w.ok("--json", "promises", "--history").out; !strings.Contains(out, `"since"`) {
		t.Error(out)
	}
	w.failed(nil, "policy", "import", w.write("x.bin", "\x00\x01"))
	w.failed(nil, "policy", "import", f, "--yes", "--from", "2020-01-01")
	w.ok("state", "restore")
	w.ok("site")
}

func knownCommitments(t *testing.T, s *small, _ *garden) {
	for _, c := range []app.Commitments{{Not: []string{"P18"}}, {Promised: map[string]string{"cookies": "1 year"}}, {Promised: map[string]string{"media": "soon"}}} {
		if err := s.SaveCommitments(t.Context(), c); err == nil {
			t.Errorf("%+v was kept", c)
		}
	}
	if _, err := s.ImportPolicy(t.Context(), " \n", law.Date{}, app.Commitments{}); !errors.Is(err, app.ErrEmptyPolicy) {
		t.Error(err)
	}
	if err := s.SavePolicy(t.Context(), register.PolicyVersion{ID: "x", Text: "x"}); err != nil {
		t.Error(err)
	}
}
