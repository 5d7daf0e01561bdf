package app

import (
	"context"
	"encoding/json"
	"time"

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
