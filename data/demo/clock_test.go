package demo

import (
	"testing"
	"time"

	"greffier/app/law"
)

func TestTheLegalClocksRunOnAnyDay(t *testing.T) {
	for _, now := range []time.Time{
		time.Date(2026, 11, 23, 14, 5, 9, 0, time.UTC),
		time.Date(2026, 1, 2, 0, 10, 0, 0, time.UTC),
		time.Date(2026, 3, 1, 22, 59, 0, 0, time.UTC),
		time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC),
		time.Date(2026, 12, 26, 12, 0, 0, 0, time.UTC),
		time.Date(2027, 5, 14, 6, 0, 0, 0, time.UTC),
	} {
		t.Run(now.Format(time.DateOnly), func(t *testing.T) {
			w, err := newWorld(worldSeed, now)
			if err != nil {
				t.Fatal(err)
			}
			today := law.DateOf(now, law.Paris())
			late, soon, fresh := 0, 0, 0
			for _, m := range w.mails {
				if len(m.Expect) == 0 {
					continue
				}
				d, err := law.Clock{Received: m.Received}.Deadline(today)
				if err != nil {
					t.Fatal(err)
				}
				switch left := d.DaysLeft(today); {
				case left < 0:
					late++
				case left <= 5:
					soon++
				}
				if now.Sub(m.Received) < time.Hour {
					fresh++
				}
			}
			if late != 1 || soon == 0 || fresh != 1 {
				t.Errorf("%d late, %d due soon, %d just in", late, soon, fresh)
			}
		})
	}
}
