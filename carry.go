package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app"
	"greffier/app/effects"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/data/store"
)

// The registers whose entries must survive a restore: without them somebody who
// objected is written to again, and what a dispute or a restriction keeps is
// used or erased (GDPR Art. 17(3)(e), 18, 21(3)).
const (
	listSuppressions = "suppressions"
	listRestrictions = "restrictions"
	listHolds        = "holds" // of a person, a place or everything
)

// standing is what protects persons in the profile that is there, made since the
// backup.
type standing struct {
	read    bool // the store that is there opens
	lists   map[string][]register.Stored
	further map[string][]register.Stored // of waiting, asSaid and kept
	holds   []plan.Hold
	orders  map[int64]string // those that holds and restrictions are of, as the shop names them
}

// What else goes on over a restore, by how it does.
const (
	listAsks       = "sweep asks"  // plans that wait for her yes
	listSweepRules = "sweep rules" // what she said of each rule
	listArchive    = "archive"     // orders moved into intermediate archiving
	listEnded      = "archive.ended"
	listLooks      = "archive.access"
)

var (
	// waiting may have been answered since: only what stands unchanged still
	// waits. An erasure that cools off is told to be out of date by the façade.
	waiting = []string{listAsks}
	// asSaid is as it was said last.
	asSaid = []string{listSweepRules}
	// kept is a record of what happened, which a restore does not undo: breaches
	// and whom they were told (GDPR Art. 33(5), 34), timestamps, and the archive,
	// whose orders would be in everybody's hands again.
	kept = []string{"breaches", "breach-letters", "stamps", listArchive, listEnded, listLooks}
)

// readStanding reads what stands.
func readStanding(t *store.Tx) (s standing, err error) {
	s = standing{read: true, lists: map[string][]register.Stored{}, further: map[string][]register.Stored{}, orders: map[int64]string{}}
	for _, list := range slices.Concat(waiting, asSaid, kept) {
		if s.further[list], err = t.Records(list); err != nil {
			return s, err
		}
	}
	for _, list := range []string{listSuppressions, listRestrictions, listHolds} {
		if s.lists[list], err = t.Records(list); err != nil {
			return s, err
		}
	}
	if s.holds, err = t.Holds(); err != nil {
		return s, err
	}
	of := []int64{}
	for _, h := range s.holds {
		of = append(of, h.Order)
	}
	for _, r := range s.lists[listRestrictions] {
		var x effects.Restriction
		if json.Unmarshal(r.JSON, &x) == nil {
			of = append(of, x.Orders...)
		}
	}
	for _, list := range []string{listArchive, listEnded, listLooks} {
		for _, r := range s.further[list] {
			of = append(of, ordersOf(list, r.JSON)...)
		}
	}
	for _, id := range of {
		if s.orders[id], err = orderName(t, id); err != nil {
			return s, err
		}
	}
	return s, nil
}

// orderName names an order as its shop does, "" for one that is not there.
func orderName(t *store.Tx, id int64) (string, error) {
	o, err := t.Order(id)
	if err != nil {
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return "", err
	}
	return strconv.Quote(o.Shop) + o.Ref, nil
}

// carry brings what stands into a restored store. What the backup says
// otherwise of the same entry yields to what was said later.
func (s standing) carry(t *store.Tx) error {
	same := map[int64]bool{}
	for id, name := range s.orders {
		is, err := orderName(t, id)
		if err != nil {
			return err
		}
		same[id] = name != "" && is == name
	}
	for list, now := range s.lists {
		for _, r := range now {
			if err := carryRecord(t, list, r, same); err != nil {
				return err
			}
		}
	}
	if err := s.carryFurther(t, same); err != nil {
		return err
	}
	then, err := t.Holds()
	if err != nil {
		return err
	}
	for _, h := range s.holds {
		if !same[h.Order] || slices.ContainsFunc(then, func(x plan.Hold) bool { x.ID = h.ID; return x == h }) {
			continue
		}
		if _, err := t.PutHold(h); err != nil {
			return err
		}
	}
	return nil
}

// ordersOf are the orders that a record of the archive is of.
func ordersOf(list string, b []byte) (out []int64) {
	var batch struct {
		Orders map[int64]json.RawMessage `json:"orders"`
	}
	var ended struct {
		Orders []int64 `json:"orders"`
		Order  int64   `json:"order_id"`
	}
	if list == listArchive && json.Unmarshal(b, &batch) == nil {
		for id := range batch.Orders {
			out = append(out, id)
		}
	}
	if list != listArchive && json.Unmarshal(b, &ended) == nil {
		if out = ended.Orders; ended.Order != 0 {
			out = append(out, ended.Order)
		}
	}
	return out
}

// carryFurther brings what else goes on. Of a store that does not open nothing is
// known: then nothing that was waiting goes ahead.
func (s standing) carryFurther(t *store.Tx, same map[int64]bool) error {
	for _, list := range slices.Concat(waiting, asSaid) {
		then, err := t.Records(list)
		if err != nil {
			return err
		}
		for _, r := range then {
			stands := slices.ContainsFunc(s.further[list], func(x register.Stored) bool { return x.ID == r.ID && bytes.Equal(x.JSON, r.JSON) })
			if stands || !s.read && slices.Contains(asSaid, list) {
				continue
			}
			if err := t.DeleteRecord(list, r.ID); err != nil {
				return err
			}
		}
	}
	for _, list := range slices.Concat(asSaid, kept) {
		then, err := t.Records(list)
		if err != nil {
			return err
		}
		for _, r := range s.further[list] {
			later := func(x register.Stored) bool { return x.ID == r.ID && !x.ChangedAt.Before(r.ChangedAt) }
			if slices.ContainsFunc(ordersOf(list, r.JSON), func(id int64) bool { return !same[id] }) || slices.ContainsFunc(then, later) {
				continue
			}
			if err := t.PutRecord(list, r.ID, r.JSON, r.ChangedAt); err != nil {
				return err
			}
		}
	}
	return nil
}

// carryRecord brings one entry of a list. A number that the backup gave to
// another entry is not taken from it.
func carryRecord(t *store.Tx, list string, r register.Stored, same map[int64]bool) error {
	b, who, err := entryOf(list, r.JSON, same)
	if err != nil || b == nil {
		return err
	}
	then, err := t.Records(list)
	if err != nil {
		return err
	}
	letters := strings.TrimRight(r.ID, "0123456789") // "h" of a hold
	most, id := 0, r.ID
	for _, x := range then {
		_, old, err := entryOf(list, x.JSON, same)
		switch {
		case err != nil:
			return err
		case old == who && x.ChangedAt.Before(r.ChangedAt):
			id = x.ID // known, and changed since
		case old == who:
			return nil
		case x.ID == r.ID:
			id = ""
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(x.ID, letters)); err == nil {
			most = max(most, n)
		}
	}
	if id == "" {
		id = letters + strconv.Itoa(most+1)
	}
	if b, err = numbered(b, id); err != nil {
		return err
	}
	return t.PutRecord(list, id, b, r.ChangedAt)
}

// entryOf returns an entry as it is carried, nil for none, and what tells it from
// others.
func entryOf(list string, b []byte, same map[int64]bool) ([]byte, string, error) {
	switch list {
	case listSuppressions:
		var s effects.Suppression
		err := json.Unmarshal(b, &s)
		return b, fmt.Sprintf("%s %s %q %d %s", s.EmailHash, s.PhoneHash, s.Source, s.Case, s.At.UTC().Format(time.RFC3339Nano)), err
	case listRestrictions:
		var s effects.Restriction
		if err := json.Unmarshal(b, &s); err != nil {
			return nil, "", err
		}
		who := fmt.Sprint(s.Orders, s.From.UTC().Format(time.RFC3339Nano))
		if slices.ContainsFunc(s.Orders, func(id int64) bool { return !same[id] }) {
			return nil, who, nil // of orders that the backup does not know
		}
		return b, who, nil
	}
	var h app.LegalHold
	if err := json.Unmarshal(b, &h); err != nil || h.Scope == app.HoldOrder {
		return nil, h.ID, err // holds of an order stand apart
	}
	return b, fmt.Sprintf("%q %q %q %q %v", h.Scope, h.Email, h.Storage, h.Prefix, h.From), nil
}

// numbered gives an entry its number.
func numbered(b []byte, id string) ([]byte, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	m["id"] = raw
	return json.Marshal(m)
}
