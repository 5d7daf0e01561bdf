package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/request"
)

// settingMedia keeps what the storages held when they were last looked at:
// counts by order, nothing personal.
const settingMedia = "media.seen"

// media is what the storages held at a moment.
type media struct {
	At      time.Time     `json:"at"`
	Objects map[int64]int `json:"objects"` // by order; an order that is missing has none
	Orphans int           `json:"orphans"`
}

// Look looks at the storages and remembers how many objects each order has
// there, so that the pages tell of photos that are there, and not of photos
// that an order once had. It does nothing for a profile without a storage.
func (a *App) Look(ctx context.Context, report Report) error {
	if len(a.d.Storages) == 0 && len(a.d.Desks) == 0 {
		return nil
	}
	if report != nil {
		report(0, 0, "look")
	}
	m, err := a.sweep(ctx, a.today(), nil, nil)
	if err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		for name := range a.d.Storages {
			if err := a.putUse(tx, "storage", name, lastSeen{At: a.now()}); err != nil {
				return err
			}
		}
		return setMedia(tx, media{At: a.now(), Objects: m.tally.Counts(), Orphans: m.tally.Result().OrphanObjects})
	})
}

func setMedia(tx Tx, m media) error {
	return putSetting(tx, settingMedia, m)
}

// seenMedia returns what was last seen, false where nobody has looked yet.
func seenMedia(tx Tx) (media, bool, error) {
	v, ok, err := tx.Setting(settingMedia)
	if err != nil || !ok {
		return media{}, false, err
	}
	var m media
	if json.Unmarshal([]byte(v), &m) != nil {
		return media{}, false, nil
	}
	return m, true, nil
}

// erasedMedia takes the orders of a complete run out of what was seen.
func erasedMedia(tx Tx, orders []int64) error {
	m, ok, err := seenMedia(tx)
	if err != nil || !ok {
		return err
	}
	for _, id := range orders {
		delete(m.Objects, id)
	}
	return setMedia(tx, m)
}

// lookAfter is how many days after an erasure the storages are looked at once
// more, and then a last time: what came back is told.
var lookAfter = []int{1, 7}

// lookWait is how long a look that failed is not made again: it may mean many
// calls to a storage.
const lookWait = 15 * time.Minute

// lookAgain looks once more for what complete runs erased, when the day for it
// has come. A run of which something came back is partial from then on, and
// waits for the owner.
func (a *App) lookAgain(ctx context.Context) error {
	if a.now().Before(a.lookAfter) {
		return nil
	}
	type again struct {
		r     erasure.Record
		steps []erasure.Step
	}
	var due []again
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := tx.Runs()
		if err != nil {
			return err
		}
		for _, r := range rs {
			if r.State != erasure.Complete || r.CheckAgain.IsZero() || r.CheckAgain.After(a.today()) {
				continue
			}
			steps, err := tx.Steps(r.ID)
			if err != nil {
				return err
			}
			due = append(due, again{r, steps})
		}
		return nil
	}); err != nil {
		return err
	}
	var failed error
	for _, d := range due {
		back, err := a.cameBack(ctx, d.steps)
		if err == nil {
			err = a.update(ctx, func(tx Tx) error {
				now, err := tx.Run(d.r.ID)
				if err != nil || now.State != erasure.Complete || now.CheckAgain != d.r.CheckAgain {
					return err // something else has come to pass meanwhile
				}
				return a.looked(tx, now, d.steps, back)
			})
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		// One storage that is away must not keep the others from being looked at.
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		a.lookAfter = a.now().Add(lookWait)
	}
	return failed
}

// cameBack returns the steps whose key holds something again.
func (a *App) cameBack(ctx context.Context, steps []erasure.Step) ([]erasure.Step, error) {
	asked := map[string]bool{} // key → something is there
	var out []erasure.Step
	storages := a.storages()
	for _, s := range steps {
		id := plan.KeyID(s.Object.Storage, s.Object.Key)
		there, known := asked[id]
		if !known {
			st, ok := storages[s.Object.Storage]
			if !ok {
				return nil, erasure.ErrUnknownStorage
			}
			if err := st.List(ctx, s.Object.Key, func(o plan.Object) error {
				there = there || o.Key == s.Object.Key
				return nil
			}); err != nil {
				return nil, err
			}
			asked[id] = there
		}
		if there {
			s.Status, s.Reason, s.At = erasure.Failed, "came back after it was erased", a.now()
			out = append(out, s)
		}
	}
	return out, nil
}

// looked writes what a second look found.
func (a *App) looked(tx Tx, r erasure.Record, steps, back []erasure.Step) error {
	if err := a.journal(tx, greffier, evidence.ActRunLooked, runRecord(r.ID), map[string]int{"back": len(back)}); err != nil {
		return err
	}
	ended := law.DateOf(r.EndedAt, a.d.Zone)
	r.CheckAgain = law.Date{}
	for _, days := range lookAfter {
		if d := ended.AddDays(days); d.After(a.today()) {
			r.CheckAgain = d
			break
		}
	}
	if len(back) == 0 {
		return tx.PutRun(r)
	}
	r.State, r.Left = erasure.Partial, len(back)
	r.Erased = len(steps) - len(back)
	if err := tx.MarkSteps(r.ID, back); err != nil {
		return err
	}
	if err := tx.PutRun(r); err != nil {
		return err
	}
	if err := a.journal(tx, greffier, evidence.ActRunFinished, runRecord(r.ID), factsOf(r)); err != nil {
		return err
	}
	return a.reopen(tx, r, len(back))
}

// reopen opens the case of a run again because something came back: what the
// person was told is no longer true (GDPR Art. 17(1), 5(1)(a)).
func (a *App) reopen(tx Tx, r erasure.Record, back int) error {
	if r.Scope.Case == 0 {
		return nil
	}
	c, err := caseOfRun(tx, r)
	if err != nil {
		return err
	}
	c.Events = append(slices.Clone(c.Events), cases.Event{At: a.now(), By: greffier, Key: "case.came_back", Arg: fmt.Sprint(back)})
	right := request.NoRight
	c.Asked = slices.Clone(c.Asked)
	for i, x := range c.Asked {
		if x.Right == request.Erasure && (x.Outcome == cases.Granted || x.Outcome == cases.Partly) {
			right = request.Erasure
			c.Asked[i].Outcome, c.Asked[i].Ground, c.Asked[i].Reason = cases.Undecided, "", ""
		}
	}
	if !c.State.Open() {
		reason := a.d.Texts.Text(a.Info().Lang, "case.came_back", map[string]any{"Arg": back})
		if c, err = cases.Apply(c, cases.ActReopen, cases.Input{Right: right, Reason: reason, By: greffier, At: a.now()}, a.d.Zone); err != nil {
			return err
		}
		if err := a.journal(tx, greffier, evidence.ActCaseState, caseRecord(c.ID), map[string]string{"act": string(cases.ActReopen), "state": c.State.String()}); err != nil {
			return err
		}
	}
	return tx.PutCase(c)
}
