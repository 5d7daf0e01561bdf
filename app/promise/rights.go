package promise

import (
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
)

// answered tells whether the person was told what was done, or why not.
func answered(c cases.Case) bool {
	return c.State == cases.Answered || c.State == cases.Refused || c.State == cases.Closed && !c.AnsweredAt.IsZero()
}

// refused tells whether the reply is a refusal as a whole, to which no extension
// applies (GDPR Art. 12(4)).
func refused(c cases.Case) bool {
	if c.State == cases.Refused {
		return true
	}
	return len(c.Asked) > 0 && !slices.ContainsFunc(c.Asked, func(a cases.Asked) bool { return a.Outcome != cases.Denied })
}

// minors checks P4: in each case that concerns a minor it is settled who holds
// parental authority, or why the minor asks in person. What an order's checkout
// had declared of a minor no shop tells: the owner states that it asks.
func minors(in *Input, s *sheet) {
	settled := 0
	for _, c := range in.Cases {
		if !c.Minor || c.State == cases.Withdrawn || c.State == cases.Refused {
			continue
		}
		// A refusal discloses nothing and erases nothing.
		if c.State == cases.Closed && (c.AnsweredAt.IsZero() || refused(c)) {
			continue
		}
		key := ""
		switch {
		case c.Link == cases.LinkUnknown:
			key = "promise.p4.unsettled"
		case c.Link == cases.Self && strings.TrimSpace(c.Identity.Reason) == "":
			key = "promise.p4.self"
		}
		switch {
		case key == "":
			settled++
		case answered(c):
			s.broken("requests", key, "Case", int(c.ID))
		default:
			s.missing("requests", key, "Case", int(c.ID))
		}
	}
	s.stated(in, StatedMinors, "promise.p4.orders")
	if settled > 0 {
		s.proof(counted(settled, "promise.p4.settled"), "N", settled)
	} else {
		s.note("promise.p4.none")
	}
}

// rightsInTime checks P14 (GDPR Art. 12(3) and (4)).
func rightsInTime(in *Input, s *sheet) {
	open, inTime := 0, 0
	yearAgo := in.Today.AddMonths(-12)
	for _, c := range in.Cases {
		d := in.Deadlines[c.ID]
		id := int(c.ID)
		switch {
		case c.State.Open():
			received := law.DateOf(c.ReceivedAt, in.Zone)
			switch {
			case d.Due.IsZero():
				s.missing("requests", "promise.p14.nodue", "Case", id)
			case d.Due.Before(in.Today):
				s.broken("requests", "promise.p14.late", "Case", id, "Due", d.Due)
			case d.Suspended:
				// The clock stands still: the due date moves on with each day.
				open++
				s.note("promise.p14.waiting", "Case", id)
			case in.Today.Days(d.Due) <= soonDays:
				s.risk(d.Due, "requests", "promise.p14.soon", "Case", id, "Due", d.Due)
			default:
				open++
			}
			if c.State == cases.Received && !received.IsZero() && received.Days(in.Today) > freshDays {
				s.note("promise.p14.unacknowledged", "Case", id, "On", received)
			}
		case answered(c):
			due := d.Due
			if refused(c) && !d.RefusalBy.IsZero() {
				due = d.RefusalBy
			}
			switch on := law.DateOf(c.AnsweredAt, in.Zone); {
			case on.IsZero():
				s.missing("requests", "promise.p14.undated", "Case", id)
			case on.Before(yearAgo):
				// Long over; the register of requests still shows it.
			case due.IsZero():
				s.missing("requests", "promise.p14.nodue", "Case", id)
			case on.After(due):
				s.broken("requests", "promise.p14.answeredlate", "Case", id, "Due", due, "On", on)
			case c.AnswerReturned():
				// Nobody was told in time: P16 says so, and the first page.
			default:
				inTime++
			}
		}
	}
	mailRead(in, s)
	toCheck(in, s)
	if inTime > 0 {
		s.proof(counted(inTime, "promise.p14.answered"), "N", inTime)
	}
	if open > 0 {
		s.proof(counted(open, "promise.p14.open"), "N", open)
	}
	if len(in.Cases) == 0 {
		s.note("promise.p14.none")
	}
	if !in.MailSyncedAt.IsZero() && !in.MailFailed {
		s.proof("promise.p14.mail", "On", law.DateOf(in.MailSyncedAt, in.Zone))
	}
}

// toCheck weighs the mails of which nobody has said whether they are requests:
// if the oldest is one, its clock has been running since it was received.
func toCheck(in *Input, s *sheet) {
	n := in.ToCheck
	switch {
	case n <= 0:
		return
	case in.OldestToCheck.IsZero():
		s.missing("requests", counted(n, "promise.p14.check"), "N", n)
		return
	case in.Now.Sub(in.OldestToCheck) <= freshDays*24*time.Hour:
		s.note(counted(n, "promise.p14.check"), "N", n)
		return
	}
	d, err := law.Clock{Received: in.OldestToCheck, Zone: in.Zone}.Deadline(in.Today)
	if err != nil || d.Due.Before(in.Today) {
		s.missing("requests", counted(n, "promise.p14.checklate"), "N", n, "On", law.DateOf(in.OldestToCheck, in.Zone))
		return
	}
	s.risk(d.Due, "requests", counted(n, "promise.p14.checksoon"), "N", n, "On", law.DateOf(in.OldestToCheck, in.Zone), "Due", d.Due)
}

// rightsExercisable checks P15. A right has a working path when a case has gone
// it from the mail to a decision that was told; until then nothing is claimed.
func rightsExercisable(in *Input, s *sheet) {
	tried := map[request.Right]bool{}
	for _, c := range in.Cases {
		if !answered(c) {
			continue
		}
		for _, a := range c.Asked {
			switch {
			case a.Outcome == cases.Undecided:
				s.missing("requests", "promise.p15.undecided", "Case", int(c.ID))
			case (a.Outcome == cases.Denied || a.Outcome == cases.Partly) && (a.Ground == "" || strings.TrimSpace(a.Reason) == ""):
				s.broken("requests", "promise.p15.limit", "Case", int(c.ID))
			default:
				tried[a.Right] = true
			}
		}
	}
	mailRead(in, s)
	switch d, on := drilled(in); {
	case d != nil && d.Failed != "":
		s.broken("drill", "promise.p15.drillfailed."+d.Failed, "On", on)
	case d != nil && d.Erased > 0:
		tried[request.Erasure] = true
		s.proof("promise.p15.drill", "On", on)
	}
	n := 0
	for _, r := range request.Rights {
		if tried[r] {
			n++
		} else {
			mend := "requests"
			if r == request.Erasure {
				mend = "drill"
			}
			s.missing(mend, "promise.p15.untried."+r.String())
		}
	}
	if n > 0 {
		s.proof("promise.p15.tried", "N", n, "Of", len(request.Rights))
	}
}

// complaintTold checks P16: each refusal and each final reply that was sent names
// the CNIL and the judicial remedy (GDPR Art. 12(4); policy, Art. 10). One that
// came back undelivered told nobody.
func complaintTold(in *Input, s *sheet) {
	replies, told := 0, 0
	for _, c := range in.Cases {
		if !answered(c) {
			continue
		}
		replies++
		sent, cnil, judge := false, false, false
		for _, l := range c.Letters {
			if l.SentAt.IsZero() || !l.ReturnedAt.IsZero() || l.Kind != cases.LetterAnswer && l.Kind != cases.LetterRefuse && l.Kind != cases.LetterClose {
				continue
			}
			// The last word to the person may make up for an earlier one.
			sent = sent || l.Kind != cases.LetterClose
			cnil, judge = cnil || namesCNIL(l.Text), judge || namesJudge(l.Text)
		}
		switch id := int(c.ID); {
		case !sent:
			s.missing("requests", "promise.p16.nofile", "Case", id)
		case !cnil:
			s.broken("requests", "promise.p16.cnil", "Case", id)
		case !judge:
			s.broken("requests", "promise.p16.judge", "Case", id)
		default:
			told++
		}
	}
	if replies == 0 {
		s.missing("requests", "promise.p16.none")
	}
	if told > 0 {
		s.proof(counted(told, "promise.p16.told"), "N", told)
	}
}

func namesCNIL(text string) bool { return strings.Contains(strings.ToUpper(text), "CNIL") }

func namesJudge(text string) bool {
	t := strings.ToLower(text)
	return slices.ContainsFunc([]string{"juridictionnel", "tribunal", " juge", "judicial", "competent court", "courts"}, func(w string) bool {
		return strings.Contains(t, w)
	})
}
