package cases

import "slices"

// Standing is where a case stands in the words that French controllers use for
// their register (law.md 8): finer than its State. The text catalog has it under
// "standing.".
type Standing string

// The standings.
const (
	StandingToDo         Standing = "todo"
	StandingIdentity     Standing = "identity"  // information on identity is awaited
	StandingPrecision    Standing = "precision" // a precision is awaited: the clock stands still
	StandingConflict     Standing = "conflict"  // two parents disagree
	StandingService      Standing = "service"   // a run or a recipient is awaited
	StandingExtended     Standing = "extended"  // two more months were notified
	StandingDone         Standing = "done"
	StandingPartly       Standing = "partly"
	StandingRefused      Standing = "refused"
	StandingUnidentified Standing = "unidentified" // ended because nobody could be identified (GDPR Art. 12(2), 11(2))
	StandingWithdrawn    Standing = "withdrawn"
	StandingMerged       Standing = "merged"
)

// Standings lists them all.
var Standings = []Standing{StandingToDo, StandingIdentity, StandingPrecision, StandingConflict, StandingService, StandingExtended, StandingDone, StandingPartly,
	StandingRefused, StandingUnidentified, StandingWithdrawn, StandingMerged}

// StandingOf tells where a case stands. service tells that something of it waits
// for a machine or for a recipient.
func StandingOf(c Case, service bool) Standing {
	ends := func(o Outcome) bool {
		return slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Outcome == o })
	}
	switch {
	case c.MergedInto != 0:
		return StandingMerged
	case c.State == Withdrawn:
		return StandingWithdrawn
	case !c.State.Open() && c.allRefused():
		if !slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Ground != "GDPR Art. 12(2)" && a.Ground != "GDPR Art. 11(2)" }) {
			return StandingUnidentified
		}
		return StandingRefused
	case !c.State.Open() && (ends(Partly) || ends(Denied)):
		return StandingPartly
	case !c.State.Open():
		return StandingDone
	case c.InConflict():
		return StandingConflict
	case c.State == Identifying:
		return StandingIdentity
	case c.waiting() >= 0:
		return StandingPrecision
	case service:
		return StandingService
	case !c.ExtendedAt.IsZero():
		return StandingExtended
	}
	return StandingToDo
}
