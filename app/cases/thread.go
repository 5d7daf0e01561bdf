package cases

import (
	"slices"
	"strings"
	"time"

	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// subjectWindow is how long after the last word on a case a mail with the same
// subject still belongs to it.
const subjectWindow = 90 * 24 * time.Hour

// Belongs tells whether a mail belongs to a case: it answers one of the case's
// messages (ids holds their Message-IDs, the letters sent included), or the
// same sender writes on the same subject within 90 days.
//
// It proves nothing about who wrote: Separate and Merge look at that.
func Belongs(m mailbox.Message, c Case, ids map[string]bool) bool {
	if m.MessageID != "" && known(ids, m.MessageID) {
		return true // the same mail again, from another folder
	}
	for _, refs := range [2][]string{m.InReplyTo, m.References} {
		// The last references are the nearest; a forged list may be long.
		for _, id := range refs[max(0, len(refs)-200):] {
			if known(ids, id) {
				return true
			}
		}
	}
	subject := bareSubject(m.Subject)
	if subject == "" || subject != bareSubject(c.Subject) || !c.wrote(m) || elsewhere(m) {
		return false
	}
	last := c.ReceivedAt
	for _, e := range c.Events {
		if strings.HasPrefix(e.Key, EventMessage) && e.At.After(last) {
			last = e.At
		}
	}
	for _, l := range c.Letters {
		if l.SentAt.After(last) {
			last = l.SentAt
		}
	}
	gap := m.ReceivedAt.Sub(last)
	return gap <= subjectWindow && m.ReceivedAt.Sub(c.ReceivedAt) >= -subjectWindow
}

// known looks a Message-ID up, with and without its angle brackets.
func known(ids map[string]bool, id string) bool {
	bare := strings.Trim(strings.TrimSpace(id), "<>")
	return bare != "" && (ids[bare] || ids["<"+bare+">"] || ids[id])
}

// wrote tells whether the one valid sender of a mail is the case's requester.
func (c Case) wrote(m mailbox.Message) bool {
	sender, ok := m.Sender()
	return ok && sender.Norm() != "" && sender.Norm() == mailbox.NormEmail(c.Requester.Email)
}

// elsewhere tells whether answers to a mail go to another address than its
// sender's: so writes a contact form, for everybody and under one subject.
func elsewhere(m mailbox.Message) bool {
	sender, _ := m.Sender()
	return slices.ContainsFunc(m.ReplyTo, func(a mailbox.Address) bool { return a.Norm() != "" && a.Norm() != sender.Norm() })
}

// replyPrefixes are what mail programs set before the subject of an answer or
// of a forwarded mail.
var replyPrefixes = []string{"re", "ref", "rep", "tr", "fw", "fwd", "aw", "wg", "antw", "sv", "rv", "res", "rif", "i", "doorst"}

// bareSubject returns a subject without the prefixes of answers, folded.
func bareSubject(s string) string {
	s = strings.TrimSpace(oneLine(s, 500))
	for {
		before, after, ok := strings.Cut(s, ":")
		if !ok {
			break
		}
		word := strings.TrimSpace(fold(before))
		// "Re[2]: " and "RE (3): " count their answers.
		word, _, _ = strings.Cut(word, " ")
		if !slices.Contains(replyPrefixes, word) || len(before) > 12 {
			break
		}
		s = strings.TrimSpace(after)
	}
	return strings.TrimSpace(fold(s))
}

// newRights returns the rights of a verdict that the case does not have yet.
func (c Case) newRights(v request.Verdict) []Asked {
	return slices.DeleteFunc(asked(v), func(a Asked) bool {
		return slices.ContainsFunc(c.Asked, func(b Asked) bool { return a.Right == b.Right })
	})
}

// Separate tells whether a mail that belongs to a case by its thread must all
// the same stand for itself: it asks for a right, and the case has ended, so
// that a new month runs (GDPR Art. 12(3)), or somebody else wrote it, whose
// identity is another question (Art. 12(6)). What only may ask for a right
// stands for itself where the case has ended: nobody looks into that again.
func Separate(m mailbox.Message, v request.Verdict, c Case) bool {
	switch {
	case v.Kind == request.ToCheck:
		return !c.State.Open()
	case v.Kind != request.Request || len(v.Findings) == 0:
		return false
	}
	return !c.State.Open() || !c.wrote(m)
}

// Merge adds a further mail to a case. New rights asked by the same sender in a
// case that is still open join the others, under the earlier and stricter
// clock; the marks do too. A mail already in the case changes nothing.
//
// A new right reaches no further than the mail that asks for it: where that
// mail proves less of its sender than the case did, identity falls back, to
// Doubtful when something speaks against the mail and to Unproven when it is
// merely not vouched for. Confirmed falls as well: what was confirmed was an
// earlier mail, unless it is this one that gave the code back. A mail from
// another address is noted and asks for nothing here (see Separate). history is
// what the provider did with earlier mail.
func Merge(c Case, m mailbox.Message, v request.Verdict, history Provider, now time.Time) Case {
	if m.ID != 0 && slices.Contains(c.Messages, m.ID) {
		return c
	}
	c = c.Copy()
	if m.ID != 0 {
		c.Messages = append(c.Messages, m.ID)
	}
	at := m.ReceivedAt
	if at.IsZero() {
		at = now
	}
	gave := c.gave(m)
	if !c.wrote(m) && !gave {
		c.log(at, ByPerson, EventMessageOther, "", "")
		return c
	}
	if !c.State.Open() {
		c.log(at, ByPerson, EventMessageAfter, "", "")
		return c
	}
	c.log(at, ByPerson, EventMessage, "", "")

	if more := c.newRights(v); len(more) > 0 && v.Kind == request.Request {
		for _, a := range more {
			c.Asked = append(c.Asked, a)
			c.log(now, ByGreffier, EventAsked+a.Right.String(), "", "")
		}
		if !gave {
			c.lower(m, history, now)
		}
	}
	var found []request.Mark
	for _, mark := range marks(v) {
		if !slices.Contains(c.Marks, mark) {
			found = append(found, mark)
		}
	}
	c.Marks = append(c.Marks, found...)
	c.logMarks(now, found)
	c.Minor = c.Minor || v.Has(request.MarkMinor)
	if c.Link == Self {
		// The first mail did not say for whom it asks; this one does.
		if c.Link = link(v, m); c.Link != Self {
			c.Concerned = Person{}
		}
	}
	return c
}

// lower lets identity fall to what a mail with a new right proves.
func (c *Case) lower(m mailbox.Message, history Provider, now time.Time) {
	was := c.Identity.Level
	c.Identity = c.Identity.after(m, history)
	if c.Identity.Level != was {
		c.log(now, ByGreffier, EventIdentityAnew, "", "")
	}
}

// after returns the identity as it stands after a mail with a new right: never
// higher than before.
func (id Identity) after(m mailbox.Message, history Provider) Identity {
	signs, vouched := authSigns(m, history)
	mail := Identity{Signs: signs}
	switch {
	case mail.contradicted():
		id.Level, id.Signs = Doubtful, slices.Clone(id.Signs)
		for _, s := range signs {
			if s.Against && !slices.Contains(id.Signs, s) {
				id.Signs = append(id.Signs, s)
			}
		}
	case !vouched && id.Level >= Probable:
		id.Level = Unproven
	}
	return id
}

// ReweighAll is Reweigh for a case of several mails, the first of which opened
// it. Identity falls again to what each later mail proves that asked for more
// than the first: weighing the first one anew must not vouch for the others. Nor
// does it vouch for what was told by another way than mail, or for the rights of
// a case that was joined with this one.
func ReweighAll(c Case, mails []request.Judged, orders []order.Order, history Provider) Case {
	if c.Identity.Level == Confirmed || len(mails) == 0 || !c.MailOnly() {
		return c
	}
	c = Reweigh(c, mails[0].Message, orders, history)
	first := map[request.Right]bool{}
	for _, f := range mails[0].Verdict.Findings {
		first[f.Right] = first[f.Right] || f.Confidence >= request.RequestFrom
	}
	for _, j := range mails[1:] {
		if j.Verdict.Kind == request.Request && slices.ContainsFunc(j.Verdict.Rights(), func(r request.Right) bool { return !first[r] }) {
			c.Identity = c.Identity.after(j.Message, history)
		}
	}
	return c
}

// MailOnly tells whether all that a case asks for came by the mails of its own
// conversation, so that weighing them says all of who asks.
func (c Case) MailOnly() bool {
	return (c.Channel == ChannelMail || c.Channel == "") && !slices.ContainsFunc(c.Events, func(e Event) bool { return e.Key == EventMerged })
}

// Copy copies what a step may change, so that the case given stays as it was.
func (c Case) Copy() Case {
	c.Asked = slices.Clone(c.Asked)
	c.Messages = slices.Clone(c.Messages)
	c.Orders = slices.Clone(c.Orders)
	c.Identity.Signs = slices.Clone(c.Identity.Signs)
	c.Suspensions = slices.Clone(c.Suspensions)
	c.Events = slices.Clone(c.Events)
	c.Letters = slices.Clone(c.Letters)
	c.Runs = slices.Clone(c.Runs)
	c.Marks = slices.Clone(c.Marks)
	c.Work = slices.Clone(c.Work)
	if c.Challenge != nil {
		x := *c.Challenge
		c.Challenge = &x
	}
	if c.Authority != nil {
		x := *c.Authority
		c.Authority = &x
	}
	if c.Conflict != nil {
		x := *c.Conflict
		c.Conflict = &x
	}
	return c
}
