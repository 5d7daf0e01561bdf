package app

import (
	"context"
	"encoding/json"
	"time"

	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
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
	if len(a.d.Storages) == 0 {
		return nil
	}
	var all []order.Order
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { all, err = tx.Orders(); return err }); err != nil {
		return err
	}
	if report != nil {
		report(0, 0, "look")
	}
	found, orphans, err := a.surveyAll(ctx, all)
	if err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		for name := range a.d.Storages {
			if err := a.putUse(tx, "storage", name, lastSeen{At: a.now()}); err != nil {
				return err
			}
		}
		return putMedia(tx, a.now(), found, orphans)
	})
}

func putMedia(tx Tx, at time.Time, found, orphans []plan.Found) error {
	m := media{At: at, Objects: map[int64]int{}, Orphans: len(orphans)}
	for _, f := range found {
		m.Objects[f.Order]++
	}
	return setMedia(tx, m)
}

func setMedia(tx Tx, m media) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.SetSetting(settingMedia, string(b))
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

// lookAgain looks once more for what complete runs erased, when the day for it
// has come. A run of which something came back is partial from then on, and
// waits for the owner.
func (a *App) lookAgain(ctx context.Context) error {
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
	for _, d := range due {
		back, err := a.cameBack(ctx, d.steps)
		if err != nil {
			return err
		}
		if err := a.update(ctx, func(tx Tx) error { return a.looked(tx, d.r, d.steps, back) }); err != nil {
			return err
		}
	}
	return nil
}

// cameBack returns the steps whose key holds something again.
func (a *App) cameBack(ctx context.Context, steps []erasure.Step) ([]erasure.Step, error) {
	asked := map[string]bool{} // key → something is there
	var out []erasure.Step
	for _, s := range steps {
		id := plan.KeyID(s.Object.Storage, s.Object.Key)
		there, known := asked[id]
		if !known {
			st, ok := a.d.Storages[s.Object.Storage]
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
	return a.journal(tx, greffier, evidence.ActRunFinished, runRecord(r.ID), factsOf(r))
}
