package app

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"greffier/app/evidence"
	"greffier/app/order"
)

// fullEvery is how often a shop is read whole: no shop's date of modification
// can be relied on.
const fullEvery = 7 * 24 * time.Hour

// markLives is how long a reading that broke is gone on with; after that it
// begins anew, because the shop has moved on under its mark.
const markLives = 24 * time.Hour

// shopState is how far a shop was read; nothing personal.
type shopState struct {
	Since  time.Time `json:"since"`   // from where the next reading begins
	FullAt time.Time `json:"full_at"` // when the last full reading ended
	// Reading numbers the full readings: an order that is not seen in one of
	// them is no longer in the shop.
	Reading int64 `json:"reading"`
	// The reading under way, or the one that broke.
	Open     bool      `json:"open,omitempty"`
	Full     bool      `json:"full,omitempty"`
	From     time.Time `json:"from"`
	Began    time.Time `json:"began"`
	Mark     string    `json:"mark,omitempty"`
	Problems int       `json:"problems,omitempty"`
	Read     int       `json:"read,omitempty"`
}

func shopKey(shop string) string { return "shop." + shop + ".state" }

// shopStateOf returns how far a shop was read. What cannot be understood means
// that it was never read: that costs a full reading and loses nothing.
func shopStateOf(tx Tx, shop string) (shopState, error) {
	var st shopState
	v, ok, err := tx.Setting(shopKey(shop))
	if err != nil || !ok {
		return st, err
	}
	if json.Unmarshal([]byte(v), &st) != nil {
		return shopState{}, nil
	}
	return st, nil
}

func putShopState(tx Tx, shop string, st shopState) error {
	return putSetting(tx, shopKey(shop), st)
}

// begin returns the reading to make: the one that broke, or a new one.
func (st shopState) begin(now time.Time, resumable bool) shopState {
	if st.Open && resumable && st.Mark != "" && now.Sub(st.Began) < markLives {
		return st
	}
	st.Full = st.Since.IsZero() || now.Sub(st.FullAt) > fullEvery
	st.From = st.Since
	if st.Full {
		st.From = time.Time{}
		st.Reading++
	}
	st.Open, st.Began, st.Mark, st.Problems, st.Read = true, now, "", 0, 0
	return st
}

// syncShop reads what is new in a shop, a few orders a transaction. A reading
// that breaks goes on where it was at the next call.
func (a *App) syncShop(ctx context.Context, shop order.Source, out *SyncReport, report Report) error {
	from, resumable := shop.(order.Resumable)
	var st shopState
	if err := a.d.Store.Update(ctx, func(tx Tx) error {
		was, err := shopStateOf(tx, shop.Name())
		if err != nil {
			return err
		}
		st = was.begin(a.now(), resumable)
		return putShopState(tx, shop.Name(), st)
	}); err != nil {
		return err
	}
	var pending []order.Order
	problems, fresh, changed := st.Problems, 0, 0
	// flush stores what is pending, and with it how far the reading is.
	flush := func(mark string) error {
		if len(pending) == 0 && mark == "" {
			return nil
		}
		isNew, isChanged := 0, 0
		if err := a.d.Store.Update(ctx, func(tx Tx) error {
			isNew, isChanged = 0, 0
			refs := make([]string, 0, len(pending))
			for _, o := range pending {
				_, n, c, err := tx.PutOrder(o)
				switch {
				case err != nil:
					return err
				case n:
					isNew++
				case c:
					isChanged++
				}
				refs = append(refs, o.Ref)
			}
			if st.Full {
				if err := tx.MarkSeen(shop.Name(), refs, st.Reading); err != nil {
					return err
				}
			}
			if mark == "" {
				return nil
			}
			next := st
			next.Mark, next.Problems, next.Read = mark, problems, st.Read+len(pending)
			return putShopState(tx, shop.Name(), next)
		}); err != nil {
			return err
		}
		st.Read += len(pending)
		fresh, changed = fresh+isNew, changed+isChanged
		pending = pending[:0]
		return nil
	}
	got := func(o order.Order) error {
		o.Shop = shop.Name()
		out.Orders++
		if pending = append(pending, o); len(pending) >= batch {
			return flush("")
		}
		return nil
	}
	bad := func(p order.Problem) error {
		problems++
		out.Problems = append(out.Problems, p)
		return nil
	}
	var next time.Time
	var err error
	if resumable {
		next, err = from.ChangedFrom(ctx, st.From, st.Mark, got, bad, flush, report)
	} else {
		next, err = shop.Changed(ctx, st.From, got, bad, report)
	}
	// What was read before a cut stays.
	if ferr := a.flushKept(ctx, func() error { return flush("") }); ferr != nil {
		return ferr
	}
	out.NewOrders, out.ChangedOrders = out.NewOrders+fresh, out.ChangedOrders+changed
	if err != nil {
		return err
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		var gone []int64
		// Only a full reading without a single problem can tell what is gone. One
		// that saw nothing at all tells of a wrong file or key, not of a shop
		// without a past.
		if st.Full && problems == 0 {
			if gone, err = tx.Unseen(shop.Name(), st.Reading); err != nil {
				return err
			}
			if st.Read == 0 && len(gone) > 0 {
				gone, problems = nil, 1
				out.Problems = append(out.Problems, order.Problem{Where: shop.Name(), What: "it shows no order at all; none of the known ones is taken to be gone"})
			}
			if err := tx.SetGone(gone); err != nil {
				return err
			}
		}
		end := shopState{Since: next.UTC(), FullAt: st.FullAt, Reading: st.Reading}
		if st.Full {
			end.FullAt = a.now()
		}
		if err := putShopState(tx, shop.Name(), end); err != nil {
			return err
		}
		return a.journal(tx, greffier, evidence.ActSyncOrders, "shop "+strings.ReplaceAll(shop.Name(), "@", " at "),
			map[string]int{"read": st.Read, "new": fresh, "changed": changed, "gone": len(gone), "problems": problems})
	})
}

// flushKept stores what is pending even when the work was cancelled.
func (a *App) flushKept(ctx context.Context, flush func() error) error {
	if ctx.Err() != nil {
		return nil // the next sync reads them again: the cursor was not moved
	}
	return flush()
}
