package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/data/storage/storagetest"
)

// sweepShop is a shop with orders completed long enough ago that their photos are
// due, and one order whose photos are not.
type sweepShop struct {
	*world
	now time.Time
	p   *profile
}

// newSweepShop has n orders whose photos are due, each with one photo and one
// derived picture in a folder, and as many that are not, so that a sweep takes
// half of the storage: its shares are large where they are more than a few.
func newSweepShop(t *testing.T, n int, more ...string) *sweepShop {
	t.Helper()
	s := &sweepShop{world: newWorld(t), now: time.Now().UTC().Truncate(time.Second)}
	s.orders(n)
	s.write("second/none.txt", "")
	s.initOnce(append([]string{csvTOML, folderTOML}, more...)...)
	s.open()
	t.Cleanup(func() { s.close() })
	return s
}

// swept are profiles as they were when they were new, by their settings: to make
// a key takes its time, and the tests do not need one each.
var swept = map[string]map[string][]byte{}

// initOnce is init, where such a profile was not made yet, and a copy of that one
// otherwise.
func (s *sweepShop) initOnce(parts ...string) {
	s.t.Helper()
	const here = "/the/folder/of/the/test"
	key := strings.Join(parts, "")
	if swept[key] == nil {
		s.init(parts...)
		swept[key] = map[string][]byte{}
		for _, n := range append(slices.Clone(backed), "lock") {
			if b, err := os.ReadFile(filepath.Join(s.profile, n)); err == nil {
				swept[key][n] = bytes.ReplaceAll(b, []byte(s.dir), []byte(here))
			}
		}
		return
	}
	for n, b := range swept[key] {
		if n == profileName {
			b = bytes.ReplaceAll(b, []byte(here), []byte(s.dir))
		}
		s.write("profile/"+n, string(b))
	}
	if err := os.Chmod(s.profile, 0o700); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sweepShop) orders(n int) {
	var b strings.Builder
	b.WriteString("order,status,created,completed,email,first_name,last_name\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,completed,%s,%s,quentin%d@localhost.test,Quentin,Sorbier\n", 1000+i, s.day(-110), s.day(-100), i)
		fmt.Fprintf(&b, "%d,completed,%s,%s,rose%d@localhost.test,Rose,Alizier\n", 3000+i, s.day(-20), s.day(-10), i)
		for _, o := range []int{1000 + i, 3000 + i} {
			s.write(fmt.Sprintf("photos/uploads/%d/a.jpg", o), "photo")
			s.write(fmt.Sprintf("photos/derived/%d/a.jpg", o), "small")
		}
	}
	s.write("orders.csv", b.String())
}

func (s *sweepShop) day(n int) string { return s.now.AddDate(0, 0, n).Format(time.DateOnly) }

func (s *sweepShop) open() {
	s.t.Helper()
	p, err := openProfile(s.t.Context(), s.profile, testPassphrase, "en", func() time.Time { return s.now })
	if err != nil {
		s.t.Fatal(err)
	}
	s.p = p
	// These tests are about photos: the other rules are left alone.
	for _, rule := range []string{"contract", "billing", "commercial"} {
		if err := p.SetSweepMode(s.t.Context(), rule, app.SweepOff); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *sweepShop) close() {
	if s.p != nil {
		if err := s.p.Close(); err != nil {
			s.t.Error(err)
		}
		s.p = nil
	}
}

func (s *sweepShop) sweep() app.SweepRecord {
	s.t.Helper()
	r, err := s.p.AutoSweep(s.t.Context(), app.SweepNightly, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// mode lets the media rule run by itself, after the owner has said yes once to
// the photos of one order.
func (s *sweepShop) automatic() {
	s.t.Helper()
	if err := s.p.SetSweepMode(s.t.Context(), "media", app.SweepAutomatic); err != nil {
		s.t.Fatal(err)
	}
	r := s.sweep()
	k := s.asks()
	if r.State != app.SweepWaits && r.State != app.SweepStopped || len(k) != 1 || !slices.Contains(k[0].Why, app.WhyFirst) {
		s.t.Fatalf("the first run did not ask: %+v %+v", r, k)
	}
	if v, err := s.p.ConfirmSweep(s.t.Context(), "media", k[0].Hash, nil); err != nil || v.Record.State != erasure.Complete {
		s.t.Fatalf("her yes: %+v %v", v.Record, err)
	}
}

func (s *sweepShop) asks() []app.SweepAsk {
	s.t.Helper()
	st, err := s.p.SweepStatus(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return st.Asks
}

// old counts the files of the orders that are due, young those of the others.
func (s *sweepShop) left() (old, young int) {
	for _, kind := range []string{"uploads", "derived"} {
		es, err := os.ReadDir(filepath.Join(s.dir, "photos", kind))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range es {
			if !s.exists("photos/" + kind + "/" + e.Name() + "/a.jpg") {
				continue
			}
			if e.Name()[0] == '3' {
				young++
			} else {
				old++
			}
		}
	}
	return old, young
}

func (s *sweepShop) want(what string, old, young int) {
	s.t.Helper()
	if o, y := s.left(); o != old || y != young {
		s.t.Errorf("%s: %d due and %d other files are there, want %d and %d", what, o, y, old, young)
	}
}

func (s *sweepShop) journaled(act string) (n int) {
	s.t.Helper()
	ls, err := s.p.Journal(s.t.Context(), 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range ls {
		if l.Act == act {
			n++
		}
	}
	return n
}

func (s *sweepShop) need(why string) *app.Need {
	s.t.Helper()
	d, err := s.p.Today(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, n := range d.Needs {
		if n.Kind == "sweep" && n.Sweep.Why == why {
			return &n
		}
	}
	return nil
}

func TestSweepAsksFirstAndThenRunsByItself(t *testing.T) {
	s := newSweepShop(t, 3)
	r := s.sweep()
	s.want("a sweep that nobody agreed to", 6, 6)
	if r.State != app.SweepWaits || len(r.Rules) == 0 || r.Rules[0].Objects != 6 {
		t.Errorf("sweep: %+v", r)
	}
	s.automatic()
	s.want("after her yes", 0, 6)
	// The next night another order is due: nobody is asked.
	s.orders(4)
	s.now = s.now.Add(24 * time.Hour)
	r = s.sweep()
	s.want("the night after", 0, 8)
	if r.State != app.SweepDone || r.Erased() != 8 {
		t.Errorf("sweep: %+v", r)
	}
	if len(s.asks()) != 0 || s.journaled(evidence.ActSweepRan) != 3 {
		t.Errorf("asks %+v, %d sweeps in the journal", s.asks(), s.journaled(evidence.ActSweepRan))
	}
	// A rule that she changes is another rule.
	rules, err := s.p.Rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rules, func(x register.Rule) bool { return x.ID == "media" })
	rules[i].Period = "5 days"
	if err := s.p.SaveRule(t.Context(), rules[i]); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(24 * time.Hour)
	r = s.sweep()
	s.want("after a change of the rule", 0, 8)
	if k := s.asks(); len(k) != 1 || !slices.Contains(k[0].Why, app.WhyFirst) {
		t.Errorf("asks: %+v", k)
	}
	if err := s.p.SetSweepMode(t.Context(), "media", app.SweepOff); err != nil || len(s.asks()) != 0 {
		t.Errorf("off: %v %+v", err, s.asks())
	}
	if r = s.sweep(); r.Rules[0].State != app.SweepSkipped {
		t.Errorf("off: %+v", r)
	}
	s.close()
	s.verified()
	s.sealed("Sorbier", "quentin0@localhost.test")
}

func TestSweepStopsAtItsBounds(t *testing.T) {
	s := newSweepShop(t, 1)
	s.automatic()
	s.want("first", 0, 2)
	for name, tc := range map[string]struct {
		set app.SweepSettings
		why string
	}{
		"more than her bound of objects":     {app.SweepSettings{On: true, Hour: 3, MaxObjects: 30, MaxPercent: 100}, app.WhyObjects},
		"more than her share of one storage": {app.SweepSettings{On: true, Hour: 3, MaxObjects: 500, MaxPercent: 20}, app.WhyShare},
	} {
		t.Run(name, func(t *testing.T) {
			s.orders(20)
			s.now = s.now.Add(24 * time.Hour)
			if err := s.p.SetSweepSettings(t.Context(), tc.set); err != nil {
				t.Fatal(err)
			}
			stopped := s.journaled(evidence.ActSweepStopped)
			r := s.sweep()
			s.want("stopped", 40, 40)
			k := s.asks()
			if r.State != app.SweepStopped || len(k) != 1 || !slices.Equal(k[0].Why, []string{tc.why}) || k[0].Objects != 40 {
				t.Fatalf("sweep %+v, asks %+v", r, k)
			}
			if n := s.need(tc.why); n == nil || n.Count != 40 {
				t.Errorf("the first page does not tell: %+v", n)
			}
			// Each night again, but told once.
			s.sweep()
			s.want("stopped again", 40, 40)
			if got := s.journaled(evidence.ActSweepStopped) - stopped; got != 1 {
				t.Errorf("%d entries tell that it stopped", got)
			}
			// Her yes is for exactly what she saw.
			s.write("photos/uploads/1000/b.jpg", "another one")
			if _, err := s.p.ConfirmSweep(t.Context(), "media", k[0].Hash, nil); !errors.Is(err, plan.ErrStale) {
				t.Errorf("a photo came, and: %v", err)
			}
			s.want("stale", 40, 40)
			if _, err := s.p.ConfirmSweep(t.Context(), "media", strings.Repeat("0", 64), nil); !errors.Is(err, app.ErrNoAsk) {
				t.Errorf("another hash: %v", err)
			}
			s.sweep()
			if k = s.asks(); len(k) != 1 || k[0].Objects != 41 {
				t.Fatalf("asks: %+v", k)
			}
			if _, err := s.p.ConfirmSweep(t.Context(), "media", k[0].Hash, nil); err != nil {
				t.Fatal(err)
			}
			s.want("after her yes", 0, 40)
			if s.exists("photos/uploads/1000/b.jpg") || len(s.asks()) != 0 || s.need(tc.why) != nil {
				t.Error("something is left")
			}
		})
	}
}

func TestManySmallSweepsAreOneLargeOne(t *testing.T) {
	s := newSweepShop(t, 1)
	s.automatic()
	if err := s.p.SetSweepSettings(t.Context(), app.SweepSettings{On: true, Hour: 3, MaxObjects: 10, MaxPercent: 100}); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(25 * time.Hour)
	s.orders(4)
	if r := s.sweep(); r.Erased() != 8 {
		t.Fatalf("sweep: %+v", r)
	}
	s.orders(2)
	s.now = s.now.Add(time.Hour)
	if r := s.sweep(); r.Erased() != 0 || r.State != app.SweepStopped {
		t.Errorf("a second one in the same night: %+v", r)
	}
	s.want("stopped", 4, 8)
	s.now = s.now.Add(24 * time.Hour)
	s.sweep()
	s.want("the night after", 0, 8)
}

func TestAClockThatJumpsErasesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		jump time.Duration
		kind string
	}{
		"years ahead":     {3 * 365 * 24 * time.Hour, "forward"},
		"two weeks ahead": {14 * 24 * time.Hour, "forward"},
		"two days back":   {-48 * time.Hour, "back"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSweepShop(t, 1)
			s.automatic()
			s.orders(2)
			before := s.now
			s.now = s.now.Add(tc.jump)
			if _, due, err := s.p.SweepDue(t.Context()); err != nil || !due {
				t.Errorf("no sweep is due: %v", err)
			}
			// What is written meanwhile does not make the jump unseen.
			if _, err := s.p.Sync(t.Context(), true, false, nil); err != nil {
				t.Fatal(err)
			}
			r := s.sweep()
			s.want("with a clock that jumped", 4, 4)
			if r.State != app.SweepStopped || r.Clock == nil || r.Clock.Kind != tc.kind || s.need("clock") == nil {
				t.Errorf("sweep: %+v", r)
			}
			s.sweep()
			s.want("the next time", 4, 4)
			if tc.kind == "forward" {
				// Put right again, it has still jumped.
				s.now = before.Add(time.Hour)
				if r := s.sweep(); r.Clock == nil {
					t.Errorf("sweep: %+v", r)
				}
				s.want("put back", 4, 4)
			}
			if err := s.p.TrustClock(t.Context()); err != nil {
				t.Fatal(err)
			}
			r = s.sweep()
			s.want("after her word", 0, 4)
			if r.Clock != nil || s.need("clock") != nil {
				t.Errorf("sweep: %+v", r)
			}
		})
	}
}

func TestASweepDoesWhatCanBeDone(t *testing.T) {
	s := newSweepShop(t, 1, "\n[[storage]]\nname = \"second\"\nkind = \"folder\"\npath = \"second\"\n"+locatorsTOML)
	s.automatic()
	s.orders(2)
	for _, o := range []string{"1000", "1001"} {
		s.write("second/uploads/"+o+"/z.jpg", "photo")
	}
	s.now = s.now.Add(24 * time.Hour)
	if err := os.Rename(filepath.Join(s.dir, "second"), filepath.Join(s.dir, "away")); err != nil {
		t.Fatal(err)
	}
	r := s.sweep()
	s.want("one storage is away", 0, 4)
	if r.State != app.SweepPartial || len(r.Away) != 1 || r.Away[0].Name != "second" || r.NextAt.IsZero() || r.Erased() != 4 {
		t.Fatalf("sweep: %+v", r)
	}
	// It is tried again soon, not only the next night.
	s.now = s.now.Add(20 * time.Minute)
	if _, due, err := s.p.SweepDue(t.Context()); !due || err != nil {
		t.Errorf("not tried again: %v", err)
	}
	if err := os.Rename(filepath.Join(s.dir, "away"), filepath.Join(s.dir, "second")); err != nil {
		t.Fatal(err)
	}
	if r = s.sweep(); r.State != app.SweepDone || len(r.Away) != 0 {
		t.Errorf("sweep: %+v", r)
	}
	if s.exists("second/uploads/1000/z.jpg") || s.exists("second/uploads/1001/z.jpg") {
		t.Error("what lay in the storage that was away is still there")
	}
	// Nothing of the orders' photos is remembered any more.
	os_, err := s.p.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range os_ {
		if o.Number[0] == '1' && o.Media != "erased" {
			t.Errorf("order %s: %s", o.Number, o.Media)
		}
	}
}

func TestNothingIsErasedOnOldKnowledge(t *testing.T) {
	s := newSweepShop(t, 1)
	s.automatic()
	s.orders(2)
	shop := filepath.Join(s.dir, "orders.csv")
	if _, err := s.p.Sync(t.Context(), true, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(shop, shop+".away"); err != nil {
		t.Fatal(err)
	}
	if err := s.p.SetSweepMode(t.Context(), "media", app.SweepAsks); err != nil {
		t.Fatal(err)
	}
	s.sweep() // the shop fails for the first time
	if err := s.p.SetSweepMode(t.Context(), "media", app.SweepAutomatic); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(49 * time.Hour)
	if r := s.sweep(); r.State != app.SweepStopped {
		t.Errorf("sweep: %+v", r)
	}
	s.want("shop not read for two days", 4, 4)
	if s.need(app.WhyStale) == nil {
		t.Error("the first page does not tell")
	}
	if err := os.Rename(shop+".away", shop); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	s.want("shop read again", 0, 4)
}

func TestAHoldAndAnOpenRequestMakeASweepWait(t *testing.T) {
	s := newSweepShop(t, 2)
	s.automatic()
	s.orders(2)
	if _, err := s.p.Sync(t.Context(), true, false, nil); err != nil {
		t.Fatal(err)
	}
	id, err := s.p.OrderID(t.Context(), "1000")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.p.PlaceHold(t.Context(), id, "Quentin Sorbier se plaint", law.Date{}); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(24 * time.Hour)
	r := s.sweep()
	s.want("one is held", 2, 4)
	if len(r.Rules[0].Held) != 1 || r.Rules[0].Held[0].Why != "hold" {
		t.Errorf("sweep: %+v", r.Rules[0].Held)
	}
}

func TestASweepOverS3TakesEveryVersion(t *testing.T) {
	server := storagetest.S3(t)
	server.Bucket("balayage", true, false)
	s := &sweepShop{world: newWorld(t), now: time.Now().UTC().Truncate(time.Second)}
	s.write("orders.csv", "order,status,created,completed,email\n1000,completed,"+s.day(-110)+","+s.day(-100)+",q@localhost.test\n3000,completed,"+s.day(-20)+","+s.day(-10)+",r@localhost.test\n")
	for _, k := range []string{"uploads/1000/a.jpg", "uploads/1000/a.jpg", "portraits/1000.png", "uploads/3000/a.jpg"} {
		server.Put("balayage", k, "photo")
	}
	server.Delete("balayage", "uploads/1000/a.jpg")
	s.init(csvTOML, s3TOML(server, "balayage"))
	s.open()
	defer s.close()
	s.automatic()
	if rows := server.Rows("balayage"); len(rows) != 1 || !strings.Contains(rows[0], "uploads/3000/a.jpg") {
		t.Errorf("after her yes: %q", rows)
	}
	server.Put("balayage", "derived/1000/late.jpg", "small")
	s.now = s.now.Add(24 * time.Hour)
	if r := s.sweep(); r.Erased() != 1 {
		t.Errorf("sweep: %+v", r)
	}
	if rows := server.Rows("balayage"); len(rows) != 1 {
		t.Errorf("after the night: %q", rows)
	}
}

func TestTheHeadlessCommandIsQuietAndNeverAlone(t *testing.T) {
	s := newSweepShop(t, 1)
	if r := s.call("sweep", "--auto"); r.code != exitDone || !strings.Contains(r.err, "already open") {
		t.Errorf("while the program is open: %d %q", r.code, r.err)
	}
	s.close()
	if r := s.call("sweep", "--auto"); r.code != exitDone || !strings.Contains(r.err, "waits for your yes") || r.out != "" {
		t.Errorf("the first one: %d %q %q", r.code, r.out, r.err)
	}
	s.want("the first one", 2, 2)
	s.ok("sweep-rule", "media", "auto")
	doc := asJSON[struct {
		Asks []struct{ Rule, Hash string }
	}](t, s.ok("--json", "sweep", "--status"))
	if len(doc.Asks) != 1 {
		t.Fatalf("asks: %+v", doc)
	}
	s.ok("sweep", "--yes", doc.Asks[0].Rule+":"+doc.Asks[0].Hash)
	s.want("her yes", 0, 2)
	s.orders(2)
	if r := s.call("sweep", "--auto"); r.code != exitDone || r.out+r.err != "" {
		t.Errorf("quiet: %d %q %q", r.code, r.out, r.err)
	}
	s.want("by itself", 0, 4)
	s.open()
	if v, err := s.p.Vault(t.Context()); err != nil || len(v.Backups) != 1 {
		t.Errorf("the backup of the day: %+v %v", v.Backups, err)
	}
	s.close()
	if r := s.call("sweep", "--auto", "--key-env", "NOT_SET_ANYWHERE"); r.code != exitFailed || !strings.Contains(r.err, "NOT_SET_ANYWHERE") {
		t.Errorf("without a key: %d %q", r.code, r.err)
	}
	if err := os.Rename(filepath.Join(s.dir, "photos"), filepath.Join(s.dir, "away")); err != nil {
		t.Fatal(err)
	}
	if r := s.call("sweep", "--auto"); r.code != exitFailed {
		t.Errorf("a storage that is away: %d %q", r.code, r.err)
	}
	if r := s.call("sweep", "--auto", "--status"); r.code != exitUsage {
		t.Errorf("two wishes at once: %d", r.code)
	}
}

func TestTheScheduleIsInstalledAndTakenAway(t *testing.T) {
	bin := t.TempDir()
	table := filepath.Join(bin, "table")
	script := "#!/bin/sh\nif [ \"$1\" = -l ]; then [ -f '" + table + "' ] || { echo no crontab for me >&2; exit 1; }; cat '" + table + "'; else cat > '" + table + "'; fi\n"
	if err := os.WriteFile(filepath.Join(bin, "crontab"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	if err := os.WriteFile(table, []byte("0 5 * * * hers\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSweepShop(t, 1)
	s.close()
	if r := s.call("schedule", "install", "--kind", "cron"); r.code != exitFailed {
		t.Errorf("without a keyring and a variable: %d %q", r.code, r.err)
	}
	if b, _ := os.ReadFile(table); string(b) != "0 5 * * * hers\n" {
		t.Errorf("the crontab: %q", b)
	}
	s.ok("schedule", "install", "--kind", "cron", "--hour", "4", "--key-env", "MY_PHRASE")
	b, _ := os.ReadFile(table)
	for _, w := range []string{"0 5 * * * hers\n", "17 4 * * * ", "'--profile' '" + s.profile + "'", "'sweep' '--auto' '--key-env' 'MY_PHRASE'"} {
		if !strings.Contains(string(b), w) {
			t.Errorf("%q is not in the crontab:\n%s", w, b)
		}
	}
	if bytes.Contains(b, []byte(testPassphrase)) {
		t.Error("the passphrase stands in the crontab")
	}
	doc := asJSON[app.ScheduleStatus](t, s.ok("--json", "schedule", "status", "--kind", "cron"))
	if !doc.Installed || doc.Hour != 4 || doc.KeyEnv != "MY_PHRASE" || doc.Problem != "" {
		t.Errorf("status: %+v", doc)
	}
	s.ok("schedule", "remove", "--kind", "cron")
	if b, _ = os.ReadFile(table); string(b) != "0 5 * * * hers\n" {
		t.Errorf("the crontab after: %q", b)
	}
	s.open()
	if n := s.journaled(evidence.ActScheduleSet); n != 2 {
		t.Errorf("%d entries of the schedule in the journal", n)
	}
}

func TestASweepThatWasKilledIsTakenUp(t *testing.T) {
	s := newSweepShop(t, 1)
	s.automatic()
	if err := s.p.SetSweepSettings(t.Context(), app.SweepSettings{On: true, Hour: 3, MaxObjects: 500, MaxPercent: 100}); err != nil {
		t.Fatal(err)
	}
	// So many that they are not asked for at once.
	s.orders(40)
	s.now = s.now.Add(24 * time.Hour)
	// Cut off after the first object was asked for: what is written is a run that
	// is under way, and a sweep with it.
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.p.AutoSweep(ctx, app.SweepNightly, func(int, int, string) {
		if o, _ := s.left(); o < 80 {
			cancel()
		}
	})
	if err == nil {
		t.Fatal("it was done before it could be cut off")
	}
	s.close()
	s.open()
	r := s.sweep()
	s.want("after the next one", 0, 80)
	if r.State == app.SweepFailed {
		t.Errorf("sweep: %+v", r)
	}
}

func TestOwnDataGoWhenTheirTimeIsOver(t *testing.T) {
	s := newSweepShop(t, 1)
	id, err := s.p.EnterCase(t.Context(), app.NewCase{Channel: "post", Received: law.DateOf(s.now, law.Paris()), Requester: cases.Person{Name: "Oriane Vertefeuille", Email: "oriane@localhost.test"}, Rights: []request.Right{request.Access}, Words: "Oriane Vertefeuille wants a copy of everything"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.p.Act(t.Context(), id, cases.ActWithdraw, cases.Input{Reason: "Oriane Vertefeuille took it back by telephone"}); err != nil {
		t.Fatal(err)
	}
	if err := s.p.Act(t.Context(), id, cases.ActClose, cases.Input{}); err != nil {
		t.Fatal(err)
	}
	out := s.p.Info().OutDir
	for name, age := range map[string]int{"copie-oriane-vertefeuille.pdf": 100, "certificate-1-fr-2026-01-01.pdf": 1000, "young.pdf": 1} {
		s.aged(filepath.Join(out, name), "%PDF Oriane", age)
	}
	for name, age := range map[string]int{"old.backup": 200, "older.backup": 300, "newest.backup": 120} {
		s.aged(filepath.Join(out, name), "age-encryption.org/v1\nx", age)
	}
	s.aged(filepath.Join(out, "hers.backup"), "not one of ours", 900)
	s.aged(filepath.Join(s.profile, ".new-123"), "Oriane", 3)
	r := s.sweep()
	if s.exists("profile/.new-123") {
		t.Error("what was cut off is still there")
	}
	for _, n := range []string{"copie-oriane-vertefeuille.pdf", "old.backup", "older.backup", "newest.backup"} {
		if _, err := os.Stat(filepath.Join(out, n)); err != nil {
			t.Errorf("%s went without a word", n)
		}
	}
	byRule := func() map[string]app.OwnRow {
		all, err := s.p.OwnRows(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]app.OwnRow{}
		for _, x := range all {
			m[x.ID] = x
		}
		return m
	}
	rows := byRule()
	if len(rows[app.OwnPrinted].Due) != 2 || len(rows[app.OwnBackups].Due) != 2 || len(rows[app.OwnBackups].Held) != 1 || r.State != app.SweepWaits || s.need("own") == nil {
		t.Errorf("printed %+v\nbackups %+v\nsweep %+v", rows[app.OwnPrinted], rows[app.OwnBackups], r)
	}
	if _, err := s.p.PurgeOwn(t.Context(), app.OwnBackups, "0"); !errors.Is(err, app.ErrOwnChanged) {
		t.Errorf("another hash: %v", err)
	}
	if res, err := s.p.PurgeOwn(t.Context(), app.OwnBackups, rows[app.OwnBackups].Hash); err != nil || res.Purged != 2 {
		t.Errorf("backups: %+v %v", res, err)
	}
	for n, want := range map[string]bool{"old.backup": false, "older.backup": false, "newest.backup": true, "hers.backup": true} {
		if _, err := os.Stat(filepath.Join(out, n)); (err == nil) != want {
			t.Errorf("%s is there: %v", n, err == nil)
		}
	}
	// The case file: five years after its end, and by itself only as she said.
	s.now = s.now.AddDate(5, 0, 5)
	if err := s.p.TrustClock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.p.SaveOwnRule(t.Context(), app.OwnRule{ID: app.OwnCases, Period: "5 years", Mode: app.SweepAutomatic}); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	v, err := s.p.Case(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Case.Reduced() || v.Case.Requester.Name != "" || strings.Contains(fmt.Sprintf("%+v", v.Case), "Oriane") {
		t.Errorf("the case file: %+v", v.Case)
	}
	d, err := s.p.Document(t.Context(), register.Requests, "en")
	if err != nil {
		t.Fatal(err)
	}
	doc := fmt.Sprintf("%+v", d.Sections[d.Main].Table.Rows)
	if strings.Contains(doc, "Oriane") || !strings.Contains(doc, "access") {
		t.Errorf("the register:\n%s", doc)
	}
	if n := s.journaled(evidence.ActOwnDataPurged); n != 4 {
		t.Errorf("%d purges in the journal", n)
	}
	if err := s.p.SaveOwnRule(t.Context(), app.OwnRule{ID: app.OwnPrinted, Period: "5 days", Mode: app.SweepAutomatic}); !errors.Is(err, app.ErrOwnRule) {
		t.Errorf("printed files by themselves: %v", err)
	}
	s.close()
	s.verified()
	s.sealed("Oriane", "Vertefeuille", "oriane@localhost.test")
}

func (s *sweepShop) aged(path, text string, days int) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	at := s.now.AddDate(0, 0, -days)
	if err := os.Chtimes(path, at, at); err != nil {
		s.t.Fatal(err)
	}
}

func TestTheLastTraceHasADate(t *testing.T) {
	s := newSweepShop(t, 1)
	s.automatic()
	runs, err := s.p.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := runs[0].Record.ID
	tr, err := s.p.TraceOfRun(t.Context(), run)
	if err != nil || !tr.Date.IsZero() || len(tr.Parts) != 1 {
		t.Errorf("nothing is declared, and: %+v %v", tr, err)
	}
	if err := s.p.SetBackupLife(t.Context(), app.BackupLife{Kind: "storage", Name: "photos", Days: 30, Known: true}); err != nil {
		t.Fatal(err)
	}
	today := law.DateOf(s.now, law.Paris())
	if tr, _ = s.p.TraceOfRun(t.Context(), run); tr.Date != today.AddDays(30) {
		t.Errorf("30 days of the storage: %+v", tr)
	}
	s.aged(filepath.Join(s.p.Info().OutDir, "greffier.backup"), "age-encryption.org/v1\n", 2)
	if tr, _ = s.p.TraceOfRun(t.Context(), run); tr.Date != today.AddDays(88) || len(tr.Parts) != 2 {
		t.Errorf("a backup of Greffier's own lives longer: %+v", tr)
	}
	s.now = s.now.AddDate(0, 0, 100)
	if tr, _ = s.p.TraceOfRun(t.Context(), run); !tr.Date.IsZero() {
		t.Errorf("the backup is still there although its life is over: %+v", tr)
	}
	if err := s.p.SetBackupLife(t.Context(), app.BackupLife{Kind: "storage", Name: "nowhere", Days: 3, Known: true}); !errors.Is(err, app.ErrUnknownService) {
		t.Errorf("a storage that there is not: %v", err)
	}
}
