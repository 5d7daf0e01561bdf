package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
)

// kindHolds are the holds that are about more than one order.
const kindHolds = "holds"

// HoldScope is what a hold is about.
type HoldScope string

// The scopes of a hold.
const (
	HoldOrder  HoldScope = "order"
	HoldPerson HoldScope = "person" // all orders of an address, those to come included
	HoldPlace  HoldScope = "place"  // what lies in a storage below a prefix
	HoldAll    HoldScope = "all"
)

// HoldScopes are all scopes, the narrowest first.
var HoldScopes = []HoldScope{HoldOrder, HoldPerson, HoldPlace, HoldAll}

var (
	// ErrHold says that a hold does not say what it is about, or ends before it
	// begins.
	ErrHold = errors.New("the hold does not say what it keeps and until when")
	// ErrNoHold says that no hold of that number stands.
	ErrNoHold = errors.New("no such hold stands")
)

// remindDays is how many days before its end a hold is told of, where the owner
// said nothing else.
const remindDays = 14

// LegalHold keeps data from being erased by anybody, for a reason: a dispute, a
// complaint, a claim (GDPR Art. 17(3)(e)). Reason, Email and Prefix may be
// personal.
type LegalHold struct {
	ID      string    `json:"id"`
	Scope   HoldScope `json:"scope"`
	Order   int64     `json:"order_id,omitempty"`
	Email   string    `json:"email,omitempty"`
	Storage string    `json:"storage,omitempty"`
	Prefix  string    `json:"prefix,omitempty"` // "" for the whole storage
	Reason  string    `json:"reason"`
	From    law.Date  `json:"from"`
	Until   law.Date  `json:"until"` // its last day; zero until it is lifted by hand
	// Remind is how many days before its end the owner is told; 0 is two weeks.
	Remind   int       `json:"remind,omitempty"`
	LiftedAt time.Time `json:"lifted_at,omitzero"`
}

// holdArticle is the ground of a hold: legal claims.
const holdArticle = "GDPR Art. 17(3)(e)"

// HoldRow is a hold that stands, or one that ended.
type HoldRow struct {
	LegalHold
	Number   string // of the order
	Orders   int    // how many orders it keeps now
	Active   bool
	DaysLeft int // to its end, where it has one
}

// check returns a hold as it is kept.
func (h LegalHold) check(today law.Date) (LegalHold, error) {
	h.Reason, h.Email, h.Prefix = effects.Words(h.Reason), effects.Address(h.Email), strings.TrimSpace(h.Prefix)
	if h.From.IsZero() {
		h.From = today
	}
	switch {
	case strings.TrimSpace(h.Reason) == "":
		return h, cases.ErrReason
	case !slices.Contains(HoldScopes, h.Scope), h.Scope == HoldOrder && h.Order == 0, h.Scope == HoldPerson && h.Email == "", h.Scope == HoldPlace && h.Storage == "",
		!h.Until.IsZero() && (h.Until.Before(h.From) || h.Until.Before(today)), h.Remind < 0:
		return h, ErrHold
	}
	return h, nil
}

// Hold places a hold and returns its number. Errors: cases.ErrReason, ErrHold,
// ErrUnknownService for a storage that the profile does not have.
func (a *App) Hold(ctx context.Context, h LegalHold) (string, error) {
	h, err := h.check(a.today())
	if err != nil {
		return "", err
	}
	if _, known := a.d.Storages[h.Storage]; h.Scope == HoldPlace && !known {
		return "", ErrUnknownService
	}
	err = a.update(ctx, func(tx Tx) error {
		detail := map[string]any{"scope": h.Scope, "until": h.Until.String()}
		if h.Scope == HoldOrder {
			detail["order"] = h.Order
			n, err := tx.PutHold(plan.Hold{Order: h.Order, Reason: h.Reason, Article: holdArticle, From: h.From, Until: h.Until})
			if err != nil {
				return err
			}
			if h.ID = strconv.FormatInt(n, 10); h.Remind > 0 {
				if err := putRecord(tx, kindHolds, h.ID, LegalHold{ID: h.ID, Scope: HoldOrder, Order: h.Order, Remind: h.Remind}, a.now()); err != nil {
					return err
				}
			}
		} else {
			rs, err := tx.Records(kindHolds)
			if err != nil {
				return err
			}
			h.ID = nextID("h", rs)
			if err := putRecord(tx, kindHolds, h.ID, h, a.now()); err != nil {
				return err
			}
		}
		return a.journal(tx, owner, evidence.ActHoldPlaced, "hold "+h.ID, detail)
	})
	return h.ID, err
}

// EndHold lifts a hold by hand; ErrNoHold where none of that number stands.
func (a *App) EndHold(ctx context.Context, id string) error {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return a.LiftHold(ctx, n)
	}
	return a.update(ctx, func(tx Tx) error {
		h, err := record[LegalHold](tx, kindHolds, id)
		if err != nil {
			return err
		}
		if h.ID == "" || h.Scope == HoldOrder || !h.LiftedAt.IsZero() {
			return ErrNoHold
		}
		h.LiftedAt = a.now()
		if err := putRecord(tx, kindHolds, id, h, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActHoldLifted, "hold "+id, nil)
	})
}

// Holds returns the holds that stand, the soonest end first, and those that have
// ended by their date and were not lifted.
func (a *App) Holds(ctx context.Context) ([]HoldRow, error) {
	var out []HoldRow
	err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		out, err = a.holdRows(tx)
		return err
	})
	return out, err
}

func (a *App) holdRows(tx Tx) ([]HoldRow, error) {
	today := a.today()
	wide, err := records[LegalHold](tx, kindHolds)
	if err != nil {
		return nil, err
	}
	remind := map[string]int{}
	var out []HoldRow
	add := func(h LegalHold) *HoldRow {
		r := HoldRow{LegalHold: h, Active: plan.Hold{From: h.From, Until: h.Until}.ActiveOn(today)}
		if !h.Until.IsZero() {
			r.DaysLeft = today.Days(h.Until)
		}
		out = append(out, r)
		return &out[len(out)-1]
	}
	for _, h := range wide {
		switch {
		case h.Scope == HoldOrder:
			remind[h.ID] = h.Remind
		case h.LiftedAt.IsZero():
			r := add(h)
			switch h.Scope {
			case HoldPerson:
				os, err := tx.OrdersByEmail(h.Email)
				if err != nil {
					return nil, err
				}
				r.Orders = len(os)
			case HoldAll:
				if r.Orders, err = tx.CountOrders(); err != nil {
					return nil, err
				}
			}
		}
	}
	hs, err := tx.Holds()
	if err != nil {
		return nil, err
	}
	for _, h := range hs {
		id := strconv.FormatInt(h.ID, 10)
		r := add(LegalHold{ID: id, Scope: HoldOrder, Order: h.Order, Reason: h.Reason, From: h.From, Until: h.Until, Remind: remind[id]})
		r.Orders = 1
		if o, err := tx.Order(h.Order); err == nil {
			r.Number = o.Number
		}
	}
	slices.SortStableFunc(out, func(x, y HoldRow) int {
		if x.Until.IsZero() != y.Until.IsZero() {
			if y.Until.IsZero() {
				return -1
			}
			return 1
		}
		return x.Until.Compare(y.Until)
	})
	return out, nil
}

// ending tells whether a hold is to be told of: its end is near.
func (r HoldRow) ending() bool {
	days := r.Remind
	if days == 0 {
		days = remindDays
	}
	return !r.Until.IsZero() && r.DaysLeft >= 0 && r.DaysLeft <= days
}

// wideHolds returns the holds that are about more than one order, as a plan
// takes them. One about a person stands on each of her orders.
func wideHolds(tx Tx) ([]plan.Hold, error) {
	all, err := records[LegalHold](tx, kindHolds)
	if err != nil {
		return nil, err
	}
	var out []plan.Hold
	for _, h := range all {
		if h.Scope == HoldOrder || !h.LiftedAt.IsZero() {
			continue
		}
		p := plan.Hold{Reason: h.Reason, Article: holdArticle, From: h.From, Until: h.Until}
		switch h.Scope {
		case HoldAll:
			p.All = true
			out = append(out, p)
		case HoldPlace:
			p.Storage, p.Prefix = h.Storage, h.Prefix
			out = append(out, p)
		case HoldPerson:
			os, err := tx.OrdersByEmail(h.Email)
			if err != nil {
				return nil, err
			}
			for _, o := range os {
				p.Order = o.ID
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// needOfHolds tells of each hold whose end is near: afterwards what it keeps may
// go by itself.
func (a *App) needOfHolds(t *Today, tx Tx) error {
	rows, err := a.holdRows(tx)
	for _, r := range rows {
		if r.ending() {
			t.Needs = append(t.Needs, Need{Kind: "hold", Tone: ToneAtRisk, Due: r.Until, DaysLeft: r.DaysLeft, Count: max(1, r.Orders)})
		}
	}
	return err
}

// needOfRules tells how many orders the rules about orders had due when they
// were last applied.
func (a *App) needOfRules(t *Today, tx Tx) error {
	c, err := dueCounts(tx)
	if err != nil {
		return err
	}
	n := 0
	for _, x := range c.Count {
		n += x
	}
	if n > 0 {
		t.Needs = append(t.Needs, Need{Kind: "rules", Tone: ToneAtRisk, Count: n, Due: c.At, DaysLeft: a.today().Days(c.At)})
	}
	return nil
}
