package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"time"
)

// HashOf returns the SHA-256, in hexadecimal, of everything in the plan except
// MadeAt and Hash. Every text goes in with its length before it, so that no two
// plans read alike; each group goes in sorted, so that the order of a listing
// does not matter.
func HashOf(p Plan) string {
	p.Erase, p.Restrict, p.Keep = slices.Clone(p.Erase), slices.Clone(p.Restrict), slices.Clone(p.Keep)
	p.sort()
	w := writer{sha256.New()}
	w.text("greffier plan 2")
	w.number(p.Scope.Case)
	w.text(p.Scope.Rule)
	w.flag(p.Scope.Person)
	orders := slices.Clone(p.Scope.Orders)
	slices.Sort(orders)
	w.number(int64(len(orders)))
	for _, id := range orders {
		w.number(id)
	}
	only := slices.Compact(slices.Sorted(slices.Values(p.Scope.Only)))
	w.number(int64(len(only)))
	w.texts(only...)
	w.number(int64(len(p.Erase)))
	for _, f := range p.Erase {
		w.text(f.Storage)
		w.text(f.Key)
		w.text(f.Version)
		w.number(int64(f.Kind))
		w.number(f.SizeBytes)
		w.time(f.ModifiedAt)
		w.text(f.Fingerprint)
		w.text(string(f.Holds))
		w.number(f.Order)
		w.text(f.Number)
		w.flag(f.ByHand)
	}
	w.number(int64(len(p.Restrict)))
	for _, h := range p.Restrict {
		w.texts(h.What, string(h.Holds), h.Order, h.Storage, h.Key, h.Version, h.Until.String(), h.Ground, h.Article)
	}
	w.number(int64(len(p.Keep)))
	for _, k := range p.Keep {
		w.texts(k.What, string(k.Holds), k.Order, k.Storage, k.Key, k.Version, k.Until.String(), k.Ground, k.Article)
	}
	return hex.EncodeToString(w.h.Sum(nil))
}

// writer writes values so that each can be told from the next. A hash never
// returns an error.
type writer struct{ h hash.Hash }

func (w writer) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	w.h.Write(b[:])
}

func (w writer) text(s string) {
	w.number(int64(len(s)))
	w.h.Write([]byte(s))
}

func (w writer) texts(ss ...string) {
	for _, s := range ss {
		w.text(s)
	}
}

func (w writer) flag(b bool) {
	if b {
		w.number(1)
		return
	}
	w.number(0)
}

func (w writer) time(t time.Time) {
	if t.IsZero() {
		w.text("")
		return
	}
	w.text(t.UTC().Format(time.RFC3339Nano))
}
