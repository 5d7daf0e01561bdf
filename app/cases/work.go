package cases

import (
	"slices"
	"strconv"
	"time"

	"greffier/app/request"
)

// WorkKind says what was done for a right. The words are used in records,
// commands and JSON.
type WorkKind string

// The kinds of work.
const (
	WorkRun         WorkKind = "run"         // an erasure ran (GDPR Art. 17)
	WorkCopy        WorkKind = "copy"        // a copy of the data was made for the person (Art. 15(3), 20(1))
	WorkChange      WorkKind = "change"      // fields were corrected (Art. 16)
	WorkRestriction WorkKind = "restriction" // the data are restricted (Art. 18)
	WorkSuppression WorkKind = "suppression" // a use was stopped, on the suppression list (Art. 21(3), 7(3))
	WorkByHand      WorkKind = "by hand"     // the owner did it in another tool, in her own words
)

// Work is one thing that was done for a right of a case, as its record says. Ref
// names that record ("run 7", "copy 3"); Count is how many things it concerned.
type Work struct {
	Right request.Right `json:"right"`
	Kind  WorkKind      `json:"kind"`
	Ref   string        `json:"ref,omitempty"`
	At    time.Time     `json:"at"` // UTC
	By    string        `json:"by"`
	Count int           `json:"count,omitempty"`
	Note  string        `json:"note,omitempty"` // the owner's own words: personal data
}

// EventWork begins the key of the history's line of a work; its kind follows:
// case.work.copy. Arg is the count, or the right of what was done by hand.
const EventWork = "case.work."

// Done notes in a case that something was done for a right. The same record is
// noted once for each right: what is known of it is brought up to date.
func Done(c Case, w Work) Case {
	c = c.Copy()
	w.At, w.Note = w.At.UTC(), manyLines(w.Note, 2000)
	i := slices.IndexFunc(c.Work, func(x Work) bool {
		return w.Ref != "" && x.Ref == w.Ref && x.Right == w.Right && x.Kind == w.Kind
	})
	if i >= 0 {
		c.Work[i] = w
		return c
	}
	c.Work = append(c.Work, w)
	arg := strconv.Itoa(w.Count)
	if w.Kind == WorkByHand {
		arg = w.Right.String()
	}
	c.log(w.At, w.By, EventWork+eventWord(w.Kind), arg, w.Note)
	return c
}

// eventWord is a kind of work as it stands in a key of the text catalog.
func eventWord(k WorkKind) string {
	if k == WorkByHand {
		return "by_hand"
	}
	return string(k)
}

// WorkOf returns what was done for a right, oldest first.
func (c Case) WorkOf(r request.Right) []Work {
	var out []Work
	for _, w := range c.Work {
		if w.Right == r {
			out = append(out, w)
		}
	}
	return out
}
