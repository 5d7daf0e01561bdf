package cases

import (
	"slices"
	"strings"
	"time"
)

// EventReduced is the key of the line that a reduced case ends with.
const EventReduced = "case.reduced"

// Reduce leaves of a case file whose period of proof is over what the register
// of requests needs, under its number alone: the rights with their outcomes, the
// dates and the steps (GDPR Art. 5(1)(e) and (2), C. civ. art. 2224). Who asked,
// what was written and which orders it was about are gone; the number stands for
// them.
func Reduce(c Case, at time.Time) Case {
	c = c.Copy()
	c.Requester, c.Concerned, c.Subject, c.Told = Person{}, Person{}, "", ""
	c.Orders, c.Messages, c.Challenge, c.Authority, c.Conflict = nil, nil, nil, nil, nil
	c.Identity.Signs, c.Identity.Reason, c.ExtendReason = nil, "", ""
	for i := range c.Asked {
		c.Asked[i].Reason = ""
	}
	for i := range c.Work {
		c.Work[i].Note = ""
	}
	for i, l := range c.Letters {
		c.Letters[i] = Letter{Kind: l.Kind, Lang: l.Lang, MadeAt: l.MadeAt, DraftAt: l.DraftAt, SentAt: l.SentAt, SendingAt: l.SendingAt, FoundAt: l.FoundAt, ReturnedAt: l.ReturnedAt}
	}
	for i := range c.Events {
		c.Events[i].Note = ""
		if strings.Trim(c.Events[i].Arg, "0123456789-") != "" {
			c.Events[i].Arg = "" // neither a count nor a date
		}
	}
	c.Events = append(c.Events, Event{At: at.UTC(), By: "greffier", Key: EventReduced})
	return c
}

// Reduced tells whether nothing but its row in the register is left of a case.
func (c Case) Reduced() bool {
	return slices.ContainsFunc(c.Events, func(e Event) bool { return e.Key == EventReduced })
}

// EndedAt is when the last word on a case was said, zero while it is open: its
// closure, else its answer or the last thing that happened in it.
func (c Case) EndedAt() time.Time {
	if c.State.Open() {
		return time.Time{}
	}
	last := c.AnsweredAt
	if c.State == Closed {
		last = c.ClosedAt
	}
	for _, e := range c.Events {
		if e.At.After(last) && e.Key != EventReduced {
			last = e.At // a mail that came back after the closure counts
		}
	}
	return last
}
