package app

import (
	"context"
	"encoding/json"
	"time"

	"greffier/app/evidence"
)

const (
	// backBy is how far a clock may go back without a word: less than a day is a
	// time zone or a correction.
	backBy = 24 * time.Hour
	// aheadBy is how much time may pass between two instants that are known
	// before the owner is asked whether it really has: a clock that is ahead
	// makes everything due.
	aheadBy = 10 * 24 * time.Hour
	// aheadOfOthers is how far the clock may be ahead of what shop and storages
	// say themselves: they know better, and a day's mistake is no time zone.
	aheadOfOthers = 24 * time.Hour
)

// ClockJump is a jump of the machine's clock, or a long time in which nothing
// was written: nobody but the owner can tell which.
type ClockJump struct {
	Kind string    `json:"kind"` // "back", "forward", or "ahead" of what servers say
	From time.Time `json:"from"` // the last instant before it, or what servers say
	To   time.Time `json:"to"`   // the first one after it
}

// clockJump returns the first jump among what was written since the clock was
// last settled, nil for none. Nothing was ever settled before the first sweep:
// then the journal's last entries are what is known.
func (a *App) clockJump(tx Tx, st sweepState) (*ClockJump, error) {
	last := st.ClockAt
	var es []evidence.Entry
	var err error
	if st.Seq > 0 {
		es, err = tx.JournalAfter(st.Seq)
	} else if es, err = tx.Journal(1); len(es) > 0 {
		// A profile that was used before it had sweeps: its past is as it is.
		last, es = es[0].At, nil
	}
	if err != nil {
		return nil, err
	}
	step := func(at time.Time) *ClockJump {
		defer func() { last = at }()
		switch {
		case last.IsZero():
		case at.Before(last.Add(-backBy)):
			return &ClockJump{"back", last, at}
		case at.After(last.Add(aheadBy)):
			return &ClockJump{"forward", last, at}
		}
		return nil
	}
	for _, e := range es {
		if j := step(e.At); j != nil {
			return j, nil
		}
	}
	if j := step(a.now()); j != nil {
		return j, nil
	}
	return a.aheadOf(st), nil
}

// aheadOf compares the clock with the servers that were asked of late, nil where
// it is not ahead of them by more than the owner knows of.
func (a *App) aheadOf(st sweepState) *ClockJump {
	if a.d.Ahead == nil {
		return nil
	}
	if ahead, known := a.d.Ahead(); known && ahead > aheadOfOthers+max(0, st.Ahead) {
		return &ClockJump{"ahead", a.now().Add(-ahead), a.now()}
	}
	return nil
}

// settleClock notes that the clock is right up to now.
func (a *App) settleClock(tx Tx, st *sweepState) error {
	seq, _, err := tx.Head()
	st.Seq, st.ClockAt = seq, a.now()
	return err
}

// TrustClock says, in the owner's name, that the clock shows the right time:
// sweeps go on.
func (a *App) TrustClock(ctx context.Context) error {
	return a.update(ctx, func(tx Tx) error {
		st, err := settingOf(tx, settingSwept, sweepState{})
		if err != nil {
			return err
		}
		if err := a.journal(tx, owner, evidence.ActSettingsChanged, "clock", map[string]string{"clock": "right"}); err != nil {
			return err
		}
		if err := a.settleClock(tx, &st); err != nil {
			return err
		}
		// It is the servers' clocks that are wrong, as far as they are now.
		if st.Ahead = 0; a.d.Ahead != nil {
			if ahead, known := a.d.Ahead(); known {
				st.Ahead = max(0, ahead)
			}
		}
		if st.At.After(a.now()) {
			st.At = a.now()
		}
		st.NextAt = a.now()
		return putSetting(tx, settingSwept, st)
	})
}

func unjson(s string, v any) error { return json.Unmarshal([]byte(s), v) }
