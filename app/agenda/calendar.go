package agenda

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"greffier/app/law"
)

// Calendar is what a calendar program is given (RFC 5545).
type Calendar struct {
	Name   string
	Lang   string
	Events []Event
}

// Event is one entry of a calendar.
type Event struct {
	UID    string // the same at every export, for as long as the thing is the same
	Title  string
	Detail string
	Date   law.Date  // a whole day, the first one of an absence
	Until  law.Date  // its last day; zero for one day
	At     time.Time // UTC, where it is an instant; zero for whole days
	// Sequence grows with each change of the event, and Stamp is when it was
	// last changed, UTC: the same facts give the same file.
	Sequence int
	Stamp    time.Time
	Remind   bool // by alarms: 7, 2 and 0 days before; of an instant, 24, 4 and 0 hours before
	Busy     bool // the days are taken: an absence
}

// Published is what a calendar program was last told of an event.
type Published struct {
	Sum      string    `json:"sum"` // hash of what was told
	Sequence int       `json:"sequence"`
	Stamp    time.Time `json:"stamp"`
}

// rememberDays is for how long it is known what was told of an event that is no
// more, so that one which comes back goes on with its sequence.
const rememberDays = 2 * 366

// Publish makes the events of entries. was holds what was told before, by UID;
// what it returns is to be kept for the next time. place sets the UIDs of one
// profile apart from those of another.
func Publish(entries []Entry, s Speech, place string, was map[string]Published, now time.Time) ([]Event, map[string]Published) {
	events, told := make([]Event, 0, len(entries)), make(map[string]Published, len(entries))
	for uid, p := range was {
		if now.Sub(p.Stamp) < rememberDays*24*time.Hour {
			told[uid] = p
		}
	}
	for _, e := range entries {
		x := Event{UID: e.ID + "@" + place + ".greffier", Title: s.Title(e), Detail: s.Detail(e), Date: e.Date, Until: e.Until, At: e.At.UTC(),
			Remind: e.Kind.Asks(), Busy: e.Kind == Away}
		if e.At.IsZero() {
			x.At = time.Time{}
		}
		p, known := was[x.UID]
		if sum := x.sum(); !known || p.Sum != sum {
			next := Published{Sum: sum, Stamp: now.UTC().Truncate(time.Second)}
			if known {
				next.Sequence = p.Sequence + 1
			}
			p = next
		}
		x.Sequence, x.Stamp = p.Sequence, p.Stamp
		told[x.UID] = p
		events = append(events, x)
	}
	return events, told
}

func (e Event) sum() string {
	h := sha256.New()
	for _, f := range []string{e.UID, e.Title, e.Detail, e.Date.String(), e.Until.String(), e.At.Format(time.RFC3339)} {
		fmt.Fprintf(h, "%d:%s", len(f), f)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
