package agenda

import "greffier/app/law"

// Stage is how near an entry is, for reminders.
type Stage int

// The stages, in their order.
const (
	Quiet   Stage = iota // nothing to say
	Nearing              // a week or less
	Near                 // two days or less
	OnDay                // today
	Missed               // late
)

// nearDays is from how many days before its date an entry is near.
const nearDays = 2

// StageOf returns how near an entry is on a day.
func StageOf(e Entry, today law.Date) Stage {
	if !e.Kind.Asks() {
		return Quiet
	}
	switch left := today.Days(e.Date); {
	case e.Tone == Late:
		return Missed
	case left == 0:
		return OnDay
	case left <= nearDays:
		return Near
	case left <= RiskDays:
		return Nearing
	}
	return Quiet
}

// Told is what was last said of an entry: on which day, at which stage.
type Told struct {
	On    law.Date `json:"on"`
	Stage Stage    `json:"stage"`
}

// Remind returns the entries of which something new is to be said: one that
// came nearer since, and each day anew one that is due or late. None is said
// twice on a day. What it returns second is to be kept for the next time.
func Remind(entries []Entry, told map[string]Told, today law.Date) ([]Entry, map[string]Told) {
	var say []Entry
	next := map[string]Told{}
	for _, e := range entries {
		stage := StageOf(e, today)
		if stage == Quiet {
			continue
		}
		was, known := told[e.ID]
		again := stage >= OnDay || stage != was.Stage // a date that moved on comes near anew
		switch {
		case known && (was.On == today || !again):
			next[e.ID] = was
		default:
			say = append(say, e)
			next[e.ID] = Told{On: today, Stage: stage}
		}
	}
	return say, next
}
