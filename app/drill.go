package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/promise"
	"greffier/app/request"
)

// Planter is a storage into which a canary can be laid. What is there is never
// written over: erasure.ErrChanged.
type Planter interface {
	Plant(ctx context.Context, key string, content []byte) error
}

// unplanter is a Planter that leaves folders behind when a canary is erased.
type unplanter interface {
	Unplant(ctx context.Context, key, mark string) error
}

var (
	// ErrDrillPlan says that a drill's plan holds something else than its
	// canaries, or not all of them: nothing was erased.
	ErrDrillPlan = errors.New("the plan of the drill is not its canaries alone")
	// ErrDrillFailed says that a drill did not go as an erasure must.
	ErrDrillFailed = errors.New("the drill failed")
	// ErrNoPlace says that no storage of the profile takes a canary.
	ErrNoPlace = errors.New("no storage takes a canary")
)

const (
	kindDrills    = "drills"
	settingDrill  = "drill.monthly"
	drillTriedAt  = "drill.tried"
	drillMark     = "GREFFIERDRILL" // begins the number of every drill's order
	drillKept     = 60              // records kept
	drillOrder    = int64(1) << 60  // no store counts so far
	drillMail     = "drill.invalid" // no such domain can be (RFC 2606)
	drillCleaning = time.Minute
	// drillStopped is the Failed of a drill that was cut off.
	drillStopped = "stopped"
)

// canary is the smallest picture: one grey point, in JPEG, with a comment that
// says what it is.
var canary = append([]byte{0xff, 0xd8, 0xff, 0xfe, 0x00, 0x34}, append([]byte("Greffier: a canary of an erasure drill, no picture"), 0xff, 0xd9)...)

// DrillPlace is one canary, or a storage that takes none.
type DrillPlace struct {
	Storage string `json:"storage"`
	Key     string `json:"key,omitempty"`
	Skipped string `json:"skipped,omitempty"` // why nothing is laid there: "read only", "by field", "refused"
	Planted bool   `json:"planted,omitempty"` // it was certainly laid; it may have been where not
}

// DrillStep is one step that was gone through.
type DrillStep struct {
	Name string    `json:"name"` // request, case, place, plan, erase, verify, clean
	At   time.Time `json:"at"`   // it ended, UTC
	OK   bool      `json:"ok"`
}

// DrillRecord is one drill. It names a customer who never was.
type DrillRecord struct {
	ID        string       `json:"id"`
	Number    string       `json:"number"` // of the order that never was
	By        string       `json:"by"`
	StartedAt time.Time    `json:"started_at"` // UTC
	EndedAt   time.Time    `json:"ended_at"`   // UTC, zero while under way or cut off
	Steps     []DrillStep  `json:"steps"`
	Places    []DrillPlace `json:"places"`
	Failed    string       `json:"failed,omitempty"` // the step that went wrong, or "stopped"
	Erased    int          `json:"erased"`
	PlanHash  string       `json:"plan_hash,omitempty"`
	Cleaned   bool         `json:"cleaned"` // nothing of it is left anywhere
}

// DrillView is the drills so far, newest first.
type DrillView struct {
	Drills  []DrillRecord
	Monthly bool
	Can     bool // a storage takes a canary
}

// Drills returns the drills so far.
func (a *App) Drills(ctx context.Context) (DrillView, error) {
	v := DrillView{Can: slices.ContainsFunc(a.drillPlaces("X"), func(p DrillPlace) bool { return p.Skipped == "" })}
	err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		v.Monthly = a.monthly(tx, settingDrill)
		v.Drills, err = drills(tx)
		return err
	})
	return v, err
}

// drills reads the drills, newest first.
func drills(tx Tx) ([]DrillRecord, error) {
	ds, err := records[DrillRecord](tx, kindDrills)
	slices.SortFunc(ds, func(a, b DrillRecord) int { return b.StartedAt.Compare(a.StartedAt) })
	return ds, err
}

// lastDrill returns the last drill that went to an end, well or not.
func lastDrill(tx Tx) (*promise.Drill, error) {
	ds, err := drills(tx)
	for _, d := range ds {
		if d.EndedAt.IsZero() || d.Failed == drillStopped {
			continue
		}
		out := &promise.Drill{At: d.EndedAt, Erased: d.Erased, Failed: d.Failed}
		for _, p := range d.Places {
			if p.Skipped != "" {
				out.Skipped = append(out.Skipped, p.Storage)
			}
		}
		return out, err
	}
	return nil, err
}

// SetDrillMonthly lets a drill run by itself each month.
func (a *App) SetDrillMonthly(ctx context.Context, on bool) error {
	return a.setMonthly(ctx, settingDrill, on)
}

// RunDrill takes a customer who never was through request, case, plan, erasure
// and verification, with a canary in each storage that takes one, and keeps the
// dated result (GDPR Art. 24(1), 32(1)(d)). Message, order and case are in
// memory alone: no register of requests has them. Nothing is left behind; what
// a power cut leaves is cleaned at the next start. It returns ErrNoPlace,
// ErrDrillPlan, ErrDrillFailed and what the storages return.
func (a *App) RunDrill(ctx context.Context, report Report) (DrillRecord, error) {
	return a.runDrill(ctx, owner, report)
}

func (a *App) runDrill(ctx context.Context, by string, report Report) (DrillRecord, error) {
	if !a.drilling.TryLock() {
		return DrillRecord{}, ErrBusy
	}
	defer a.drilling.Unlock()
	if err := a.cleanDrills(ctx); err != nil {
		return DrillRecord{}, err
	}
	number, err := drillNumber()
	if err != nil {
		return DrillRecord{}, err
	}
	d := &drill{a: a, report: report, rec: DrillRecord{ID: number, Number: number, By: by, StartedAt: a.now(), Steps: []DrillStep{}, Places: a.drillPlaces(number)}}
	if !slices.ContainsFunc(d.rec.Places, func(p DrillPlace) bool { return p.Skipped == "" }) {
		return DrillRecord{}, ErrNoPlace
	}
	failed := d.run(ctx)
	return d.rec, d.end(ctx, failed)
}

func drillNumber() (string, error) {
	b := make([]byte, 6)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return drillMark + strings.ToUpper(hex.EncodeToString(b)), nil
}

// drillPlaces says where the canaries of an order of that number lie: below the
// first locator by key of each storage.
func (a *App) drillPlaces(number string) []DrillPlace {
	var out []DrillPlace
	names := a.StorageNames()
	slices.Sort(names)
	for _, name := range names {
		p := DrillPlace{Storage: name, Skipped: "by field"}
		for _, l := range a.locators() {
			if l.Storage == name && l.Meta == "" && l.Validate() == nil {
				p.Key, p.Skipped = canaryKey(l.Key, number), ""
				break
			}
		}
		if _, ok := a.d.Storages[name].(Planter); p.Skipped == "" && !ok {
			p.Key, p.Skipped = "", "read only"
		}
		out = append(out, p)
	}
	return out
}

// canaryKey makes a key that a locator finds for an order of that number.
func canaryKey(template, number string) string {
	key := strings.NewReplacer("{order}", number, "{ref}", number, "*", "canary").Replace(template)
	if strings.HasSuffix(key, "/") {
		return key + "canary.jpg"
	}
	if !strings.Contains(key[strings.LastIndex(key, "/")+1:], ".") {
		return key + "/canary.jpg"
	}
	return key
}

// drill is one drill under way. It is also the ledger of its own run, which no
// register of erasures has.
type drill struct {
	a      *App
	report Report
	rec    DrillRecord
}

// keep writes the record, before anything that it speaks of is done.
func (d *drill) keep(ctx context.Context) error {
	return d.a.d.Store.Update(ctx, func(tx Tx) error { return putRecord(tx, kindDrills, d.rec.ID, d.rec, d.a.now()) })
}

func (d *drill) step(ctx context.Context, n int, name string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.report != nil {
		d.report(n, 6, "drill."+name)
	}
	err := do()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.rec.Steps = append(d.rec.Steps, DrillStep{name, d.a.now(), err == nil})
	if err != nil {
		d.rec.Failed = name
		return fmt.Errorf("drill, %s: %w", name, err)
	}
	return d.keep(ctx)
}

// run goes the way of a request.
func (d *drill) run(ctx context.Context) error {
	a := d.a
	if err := d.keep(ctx); err != nil {
		return err
	}
	o := order.Order{ID: drillOrder, Shop: "drill", Ref: d.rec.Number, Number: d.rec.Number, Status: "drill", State: order.Completed,
		CreatedAt: a.now().AddDate(0, 0, -70), CompletedAt: a.now().AddDate(0, 0, -65), Customer: order.Customer{Email: "drill@" + drillMail, FirstName: "Drill", LastName: "Greffier"}}
	var m mailbox.Message
	var v request.Verdict
	var c cases.Case
	var p plan.Plan
	steps := []struct {
		name string
		do   func() error
	}{
		{"request", func() (err error) { m, v, err = d.ask(ctx, o); return err }},
		{"case", func() (err error) { c, err = d.open(m, v, o); return err }},
		{"place", func() error { return d.plant(ctx) }},
		{"plan", func() (err error) { p, err = d.plan(ctx, o); return err }},
		{"erase", func() error { return d.erase(ctx, p, o) }},
		{"verify", func() error { return d.verify(ctx, c) }},
	}
	for i, s := range steps {
		if err := d.step(ctx, i, s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

// ask writes the mail of the customer who never was and has it judged as any
// other.
func (d *drill) ask(ctx context.Context, o order.Order) (mailbox.Message, request.Verdict, error) {
	a := d.a
	lang := a.lang("")
	m := mailbox.Message{ReceivedAt: a.now(), SentAt: a.now(), MessageID: d.rec.Number + "@" + drillMail, FromFields: 1,
		From:    []mailbox.Address{{Name: o.Customer.Name(), Email: o.Customer.Email}},
		Subject: a.d.Texts.Text(lang, "drill.mail.subject", nil), Text: a.d.Texts.Text(lang, "drill.mail.text", map[string]any{"Order": o.Number})}
	var judge *request.Judge
	err := a.d.Store.View(ctx, func(tx Tx) (err error) { judge, err = a.judge(tx); return err })
	if err != nil {
		return m, request.Verdict{}, err
	}
	v := judge.Recognise(m)
	if v.Kind != request.Request || !slices.ContainsFunc(v.Findings, func(f request.Finding) bool { return f.Right == request.Erasure }) {
		return m, v, ErrDrillFailed
	}
	return m, v, nil
}

// open opens the case in memory and leads it to where an erasure may be
// planned.
func (d *drill) open(m mailbox.Message, v request.Verdict, o order.Order) (cases.Case, error) {
	a := d.a
	c := cases.Open(m, sure(v), []order.Order{o}, a.now(), a.d.Zone)
	c.Territory = a.d.Territory
	for _, in := range []struct {
		act cases.Act
		in  cases.Input
	}{
		{cases.ActAcknowledge, cases.Input{By: greffier, At: a.now()}},
		{cases.ActConfirmIdentity, cases.Input{By: greffier, At: a.now(), Reason: "drill"}},
		{cases.ActSelectOrders, cases.Input{By: greffier, At: a.now(), Orders: []int64{o.ID}}},
	} {
		var err error
		if c, err = cases.Apply(c, in.act, in.in, a.d.Zone); err != nil {
			return c, err
		}
	}
	if err := cases.MayErase(c); err != nil {
		return c, err
	}
	if a.deadline(c).Due.IsZero() || !slices.Contains(c.Selected(), o.ID) {
		return c, ErrDrillFailed
	}
	return c, nil
}

// plant lays the canaries. Each is on record before it is laid.
func (d *drill) plant(ctx context.Context) error {
	laid := 0
	for i := range d.rec.Places {
		p := &d.rec.Places[i]
		if p.Skipped != "" {
			continue
		}
		if err := d.keep(ctx); err != nil {
			return err
		}
		err := d.a.d.Storages[p.Storage].(Planter).Plant(ctx, p.Key, canary)
		switch {
		case errors.Is(err, erasure.ErrDenied):
			// A key that may not write proves nothing against the erasure.
			p.Skipped = "refused"
			continue
		case err != nil:
			return err
		}
		p.Planted = true
		laid++
	}
	if laid == 0 {
		return ErrNoPlace
	}
	return nil
}

// places returns the canaries that lie there, by KeyID.
func (d *drill) places() map[string]bool {
	out := map[string]bool{}
	for _, p := range d.rec.Places {
		if p.Skipped == "" {
			out[plan.KeyID(p.Storage, p.Key)] = true
		}
	}
	return out
}

// plan looks for what belongs to the order, by the owner's own locators, and
// makes the plan as for anybody. It must be the canaries and nothing else. No
// hold applies: one on an order or a person is of somebody else, and one on
// everything or on a place keeps what was there before, which no canary was.
func (d *drill) plan(ctx context.Context, o order.Order) (plan.Plan, error) {
	a := d.a
	in := plan.Input{Scope: plan.Scope{Orders: []int64{o.ID}}, Orders: []order.Order{o}, Today: a.today(), Zone: a.d.Zone, Lang: a.lang(""), MadeAt: a.now(), Bases: a.d.Bases, Desks: map[string]bool{}}
	index := plan.NewIndex(a.d.Bases)
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		return tx.EachOrder(func(x order.Order) error {
			if x.Number == o.Number || x.Ref == o.Ref {
				return ErrDrillPlan
			}
			index.Add(x)
			return nil
		})
	}); err != nil {
		return plan.Plan{}, err
	}
	index.Add(o)
	used := map[string]bool{}
	for _, p := range d.rec.Places {
		used[p.Storage] = p.Skipped == ""
	}
	locators := slices.DeleteFunc(slices.Clone(a.locators()), func(l plan.Locator) bool { return l.Meta != "" || !used[l.Storage] })
	var err error
	if in.Found, in.Missing, err = plan.Survey(ctx, a.listers(), locators, in.Orders, a.d.Bases, nil); err != nil {
		return plan.Plan{}, err
	}
	in.SharedBy = index.Shared(in.Found, locators)
	p := plan.Build(in)
	want := d.places()
	if len(p.Erase) != len(want) {
		return p, ErrDrillPlan
	}
	for _, f := range p.Erase {
		if !want[plan.KeyID(f.Storage, f.Key)] || f.Kind != plan.Version || f.SizeBytes != int64(len(canary)) || f.Order != o.ID {
			return p, ErrDrillPlan
		}
	}
	d.rec.PlanHash = p.Hash
	return p, nil
}

// erase runs the plan with the engine that erases for everybody.
func (d *drill) erase(ctx context.Context, p plan.Plan, o order.Order) error {
	c, err := plan.Confirm(p, p.Hash, greffier, d.a.now())
	if err != nil {
		return err
	}
	fresh, err := d.plan(ctx, o)
	if err != nil {
		return err
	}
	storages := map[string]erasure.Storage{}
	for _, f := range p.Erase {
		storages[f.Storage] = d.a.d.Storages[f.Storage]
	}
	r, _, err := erasure.Run(ctx, c, fresh, storages, d, d.a.d.Now, nil)
	if err != nil {
		return err
	}
	if r.State != erasure.Complete || r.Erased != len(p.Erase) {
		return ErrDrillFailed
	}
	d.rec.Erased = r.Erased
	return nil
}

// verify looks for the canaries once more, another way than the run, and ends
// the case.
func (d *drill) verify(ctx context.Context, c cases.Case) error {
	left, err := d.a.canariesLeft(ctx, d.rec)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return ErrDrillFailed
	}
	a := d.a
	c = cases.Done(c, cases.Work{Right: request.Erasure, Kind: cases.WorkRun, Ref: "drill", At: a.now(), By: greffier, Count: d.rec.Erased})
	for _, x := range c.Asked {
		if c, err = cases.Apply(c, cases.ActSetOutcome, cases.Input{Right: x.Right, Outcome: cases.Granted, By: greffier, At: a.now()}, a.d.Zone); err != nil {
			return err
		}
	}
	if c, err = cases.Apply(c, cases.ActAnswer, cases.Input{By: greffier, At: a.now()}, a.d.Zone); err != nil {
		return err
	}
	_, err = cases.Apply(c, cases.ActClose, cases.Input{By: greffier, At: a.now()}, a.d.Zone)
	return err
}

// end cleans, and writes how it went.
func (d *drill) end(ctx context.Context, failed error) error {
	a := d.a
	calm, cancel := context.WithTimeout(context.WithoutCancel(ctx), drillCleaning)
	defer cancel()
	clean := a.cleanDrill(calm, &d.rec)
	switch {
	case ctx.Err() != nil:
		d.rec.Failed = drillStopped
	case failed == nil && clean != nil:
		d.rec.Failed = "clean"
	case failed != nil && d.rec.Failed == "":
		d.rec.Failed = drillStopped // a record could not be written
	}
	d.rec.EndedAt = a.now()
	err := a.update(calm, func(tx Tx) error { return a.drillEnded(tx, d.rec) })
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed != nil && !errors.Is(failed, ErrDrillPlan) && !errors.Is(failed, ErrNoPlace):
		return errors.Join(failed, ErrDrillFailed, err)
	}
	return errors.Join(failed, clean, err)
}

// drillEnded writes the end of a drill, and lets the oldest ones go.
func (a *App) drillEnded(tx Tx, rec DrillRecord) error {
	if err := putRecord(tx, kindDrills, rec.ID, rec, a.now()); err != nil {
		return err
	}
	ds, err := drills(tx)
	if err != nil {
		return err
	}
	for i, x := range ds {
		if i >= drillKept && x.Cleaned {
			if err := tx.DeleteRecord(kindDrills, x.ID); err != nil {
				return err
			}
		}
	}
	state := "passed"
	if rec.Failed != "" {
		state = "failed"
	}
	skipped := 0
	for _, p := range rec.Places {
		if p.Skipped != "" {
			skipped++
		}
	}
	return a.journal(tx, rec.By, evidence.ActDrillRun, "drill "+law.DateOf(rec.StartedAt, a.d.Zone).String(),
		map[string]any{"state": state, "step": rec.Failed, "erased": rec.Erased, "storages_left_out": skipped, "plan": rec.PlanHash, "cleaned": rec.Cleaned})
}

// canariesLeft lists what lies at the keys of a drill's canaries.
func (a *App) canariesLeft(ctx context.Context, rec DrillRecord) ([]plan.Object, error) {
	var out []plan.Object
	for _, p := range rec.Places {
		st, ok := a.d.Storages[p.Storage]
		// Only what bears the mark of a drill is ever touched.
		if !ok || p.Key == "" || len(rec.Number) <= len(drillMark) || !strings.HasPrefix(rec.Number, drillMark) || !strings.Contains(p.Key, rec.Number) {
			continue
		}
		if err := st.List(ctx, p.Key, func(o plan.Object) error {
			if o.Key == p.Key {
				out = append(out, o)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// cleanDrill removes what is left of a drill, and looks again.
func (a *App) cleanDrill(ctx context.Context, rec *DrillRecord) error {
	left, err := a.canariesLeft(ctx, *rec)
	if err != nil {
		return err
	}
	for _, o := range left {
		if err := a.d.Storages[o.Storage].Erase(ctx, o); err != nil {
			return err
		}
	}
	for _, p := range rec.Places {
		if u, ok := a.d.Storages[p.Storage].(unplanter); ok && p.Key != "" {
			if err := u.Unplant(ctx, p.Key, rec.Number); err != nil {
				return err
			}
		}
	}
	if left, err = a.canariesLeft(ctx, *rec); err == nil && len(left) > 0 {
		err = ErrDrillFailed
	}
	rec.Cleaned = err == nil
	return err
}

// cleanDrills removes what drills have left that were cut off. One whose
// storage is away is cleaned at a later call.
func (a *App) cleanDrills(ctx context.Context) error {
	var ds []DrillRecord
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { ds, err = drills(tx); return err }); err != nil {
		return err
	}
	var failed error
	for _, d := range ds {
		if d.Cleaned {
			continue
		}
		err := a.cleanDrill(ctx, &d)
		failed = errors.Join(failed, err)
		if err != nil {
			continue
		}
		if d.EndedAt.IsZero() {
			d.EndedAt, d.Failed = a.now(), drillStopped
		}
		if err := a.update(ctx, func(tx Tx) error { return a.drillEnded(tx, d) }); err != nil {
			return err
		}
	}
	return failed
}

// drillDue cleans after a drill that was cut off, and runs the monthly one.
func (a *App) drillDue(ctx context.Context) error {
	if !a.drilling.TryLock() {
		return nil // one is under way
	}
	// A storage that is away is told by its own service; it is cleaned later.
	_ = a.cleanDrills(ctx)
	a.drilling.Unlock()
	if a.fetching() {
		return nil
	}
	due, err := a.dueMonthly(ctx, settingDrill, drillTriedAt, func(tx Tx) (time.Time, error) {
		d, err := lastDrill(tx)
		if err != nil || d == nil {
			return time.Time{}, err
		}
		return d.At, nil
	})
	if err != nil || !due {
		return err
	}
	// How it went is on record, and the promises tell of it.
	if _, err := a.runDrill(ctx, greffier, nil); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// The drill's own ledger: its record was written before, with the keys.

// Begin implements erasure.Ledger.
func (d *drill) Begin(ctx context.Context, _ erasure.Record, _ []erasure.Step) (int64, error) {
	return 1, d.keep(ctx)
}

// Mark implements erasure.Ledger.
func (d *drill) Mark(ctx context.Context, _ int64, _ []erasure.Step) error { return ctx.Err() }

// Finish implements erasure.Ledger.
func (d *drill) Finish(ctx context.Context, _ erasure.Record) error { return d.keep(ctx) }

// Unfinished implements erasure.Ledger.
func (d *drill) Unfinished(context.Context) ([]erasure.Record, map[int64][]erasure.Step, error) {
	return nil, nil, nil
}
