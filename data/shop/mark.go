package shop

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// turnMark is a mark of a reading in several turns: which one, after which
// instant everything is still to be read (zero: everything), the newest change
// seen so far, and when the reading began by the shop's clock.
type turnMark struct {
	turn                   string
	after, newest, started time.Time
}

// String writes a mark, as "any|2026-01-01T00:00:00Z|…|…".
func (m turnMark) String() string {
	parts := []string{m.turn}
	for _, t := range []time.Time{m.after, m.newest, m.started} {
		s := ""
		if !t.IsZero() {
			s = t.UTC().Format(time.RFC3339Nano)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "|")
}

// readTurnMark reads a mark of a reading since an instant. One that is not
// ours, or that points to where nothing can have been read yet, is not known.
func readTurnMark(mark string, turns []string, since, now time.Time) (m turnMark, known bool) {
	parts := strings.Split(mark, "|")
	if len(parts) != 4 || !slices.Contains(turns, parts[0]) {
		return turnMark{}, false
	}
	m.turn = parts[0]
	for i, t := range []*time.Time{&m.after, &m.newest, &m.started} {
		if parts[i+1] == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, parts[i+1])
		if err != nil {
			return turnMark{}, false
		}
		*t = at
	}
	// The shop's clock may be ahead of this computer's, but not by a day.
	limit := now.Add(24 * time.Hour)
	if m.started.IsZero() || m.started.After(limit) || m.after.After(m.started) || m.after.Before(since) {
		return turnMark{}, false
	}
	return m, true
}

// start is the instant after which a turn of a reading since an instant begins;
// skip tells that the mark is of a later turn.
func (m turnMark) start(turns []string, turn string, since time.Time) (after time.Time, skip bool) {
	switch {
	case m.turn == turn:
		return m.after, false
	case m.turn == "":
		return since, false
	}
	return since, slices.Index(turns, turn) < slices.Index(turns, m.turn)
}

// joinMark writes a mark of parts without spaces, which is good only for a
// reading of one kind since the same instant.
func joinMark(kind string, since time.Time, parts ...string) string {
	return strings.Join(append([]string{kind, unixText(since)}, parts...), " ")
}

// cutMark returns the n parts of a mark of joinMark.
func cutMark(mark, kind string, since time.Time, n int) (parts []string, known bool) {
	parts = strings.Split(mark, " ")
	if len(parts) != n+2 || parts[0] != kind || parts[1] != unixText(since) {
		return nil, false
	}
	return parts[2:], true
}

func unixText(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// unixTime is the instant of a mark's number; one before 1970 was none.
func unixTime(n int64) time.Time {
	if n <= 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
