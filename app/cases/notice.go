package cases

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/law"
)

// Recipient is somebody to whom data of orders were disclosed: an entry of the
// register of processors and recipients, as plain values.
type Recipient struct {
	ID   string // of the register
	Name string
	To   string // e-mail address for rights; "" where the register has none
	Lang string // of the letter: "fr" or "en"
	// Processor tells that the recipient acts on the controller's documented
	// instructions (GDPR Art. 28(3)(a)). It is false for an independent or joint
	// controller, and while that is not settled.
	Processor bool
}

// NoticeState is where a notice stands. The zero value is the cautious one:
// nobody was told of anything.
type NoticeState int

// The states of a notice.
const (
	NoticeToWrite  NoticeState = iota // nothing is written yet
	NoticeDrafted                     // a draft lies in the mailbox
	NoticeSent                        // the owner says that it was sent
	NoticeAnswered                    // the recipient answered
	NoticeSpared                      // impossible, or a disproportionate effort; the owner wrote why
)

var noticeStates = [...]string{"to write", "drafted", "sent", "answered", "spared"}

// String returns the word used in records and JSON.
func (s NoticeState) String() string {
	if s < 0 || int(s) >= len(noticeStates) {
		return noticeStates[NoticeToWrite]
	}
	return noticeStates[s]
}

// MarshalText writes the word of String.
func (s NoticeState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word of String; another word is an error.
func (s *NoticeState) UnmarshalText(b []byte) error {
	i := slices.Index(noticeStates[:], string(b))
	if i < 0 {
		return errors.New("unknown state of a notice")
	}
	*s = NoticeState(i)
	return nil
}

// NoticeKind is of what a recipient is told (GDPR Art. 19). The words are used in
// records and JSON.
type NoticeKind string

// The kinds of notice. The zero value is the oldest one.
const (
	NoticeErasure       NoticeKind = ""              // the data were erased (Art. 17)
	NoticeRectification NoticeKind = "rectification" // fields were put right (Art. 16)
	NoticeRestriction   NoticeKind = "restriction"   // the data are kept and not used (Art. 18)
)

// Word returns the word for the kind, never empty.
func (k NoticeKind) Word() string { return cmp.Or(string(k), "erasure") }

// Answer is what a recipient says of the data that it got.
type Answer string

// The answers. AnswerOther is everything that is not plainly one of the others:
// the owner reads the mail herself.
const (
	AnswerNone    Answer = "" // none yet
	AnswerErased  Answer = "erased"
	AnswerNothing Answer = "nothing held"
	AnswerRefused Answer = "refused"
	AnswerOther   Answer = "other"
	AnswerDone    Answer = "done" // the data were put right, or are restricted
)

// Settled tells whether nothing more is awaited after this answer.
func (a Answer) Settled() bool { return a == AnswerErased || a == AnswerNothing || a == AnswerDone }

// Answers returns the answers that a notice of the kind may have, that of
// success first.
func (k NoticeKind) Answers() []Answer {
	if k == NoticeErasure {
		return []Answer{AnswerErased, AnswerNothing, AnswerRefused, AnswerOther}
	}
	return []Answer{AnswerDone, AnswerNothing, AnswerRefused, AnswerOther}
}

// Notice tells one recipient of one erasure, rectification or restriction (GDPR
// Art. 19). It holds no personal data of the person concerned: numbers of orders
// and dates are enough for a recipient to find what it got, and more would
// disclose again what was just erased (Art. 5(1)(c)). Instants are UTC.
type Notice struct {
	ID        string      `json:"id"`             // as "7-2": run and place
	Kind      NoticeKind  `json:"kind,omitempty"` // of what it tells
	Of        string      `json:"of,omitempty"`   // the record of a rectification or restriction: "restriction 2"
	Run       int64       `json:"run"`            // the erasure run, 0 where the owner erased by hand and for the other kinds
	Case      int64       `json:"case"`           // the case that asked for it, 0 for none
	Processor string      `json:"processor"`
	Name      string      `json:"name"`
	To        string      `json:"to"`
	Orders    []string    `json:"orders"` // the shop's numbers
	State     NoticeState `json:"state"`
	Lang      string      `json:"lang"`
	// Instructed tells that the letter is an instruction to a processor.
	Instructed bool        `json:"instructed"`
	MadeAt     time.Time   `json:"made_at"`
	DraftAt    time.Time   `json:"draft_at"`
	SentAt     time.Time   `json:"sent_at"`
	Reminders  []time.Time `json:"reminders,omitempty"`
	// MessageIDs are those of the letters laid into the Drafts folder, where
	// they are known.
	MessageIDs []string  `json:"message_ids,omitempty"`
	Answer     Answer    `json:"answer,omitempty"`
	AnsweredAt time.Time `json:"answered_at"`
	Message    int64     `json:"message,omitempty"` // the mail that answered; 0 for an answer by another way
	// Reason is the owner's, when spared: why telling is impossible or involves
	// disproportionate effort (GDPR Art. 19).
	Reason string `json:"reason,omitempty"`
	Token  string `json:"token"` // in the subject of the letter, as "GR-7-2"
}

const (
	// RemindEvery is how long after a letter the next reminder falls due.
	RemindEvery = 5 * 24 * time.Hour
	// MaxReminders is how many reminders a recipient gets; after them, it is for
	// the owner to take it up.
	MaxReminders = 3
)

var (
	// ErrNoticeStep says that a notice does not allow the step where it stands.
	ErrNoticeStep = errors.New("this step of the notice is not possible now")
	// ErrNoticeReminders says that a recipient got all its reminders.
	ErrNoticeReminders = errors.New("no reminder is left for this recipient")
	// ErrNoticeAddress says that there is no address to which the letter could go.
	ErrNoticeAddress = errors.New("the recipient has no address")
)

// NewNotices returns one notice for each recipient of an erasure, in their
// order. taken are the notices that there are already: their tokens are not
// used again, and a recipient that has one for this run gets none. Recipients
// without an address get a notice all the same, so that they are not forgotten.
func NewNotices(run, caseID int64, orders []string, to []Recipient, taken []Notice, at time.Time) []Notice {
	return newNotices(Notice{Run: run, Case: caseID}, orders, to, taken, at)
}

// NewNoticesOf is NewNotices for a rectification or restriction: of names its
// record, and a recipient that has a notice of it gets none.
func NewNoticesOf(kind NoticeKind, of string, caseID int64, orders []string, to []Recipient, taken []Notice, at time.Time) []Notice {
	return newNotices(Notice{Kind: kind, Of: of, Case: caseID}, orders, to, taken, at)
}

func newNotices(like Notice, orders []string, to []Recipient, taken []Notice, at time.Time) []Notice {
	run := like.Run
	numbers := slices.Clone(orders)
	slices.Sort(numbers)
	numbers = slices.DeleteFunc(slices.Compact(numbers), func(n string) bool { return strings.TrimSpace(n) == "" })
	place := 0
	told := map[string]bool{}
	for _, n := range taken {
		if n.Run != run {
			continue
		}
		_, after, _ := strings.Cut(n.ID, "-")
		if i, err := strconv.Atoi(after); err == nil {
			place = max(place, i)
		}
		// By hand, one recipient may be told of several erasures.
		if n.Kind == like.Kind && n.Of == like.Of && (run != 0 || like.Of != "") {
			told[n.Processor] = true
		}
	}
	var out []Notice
	for _, r := range to {
		if told[r.ID] {
			continue
		}
		told[r.ID] = true
		place++
		id := strconv.FormatInt(run, 10) + "-" + strconv.Itoa(place)
		out = append(out, Notice{ID: id, Token: "GR-" + id, Kind: like.Kind, Of: like.Of, Run: run, Case: like.Case, Processor: r.ID, Name: r.Name, To: strings.TrimSpace(r.To), Orders: slices.Clone(numbers),
			Lang: cmp.Or(r.Lang, "en"), Instructed: r.Processor, MadeAt: at.UTC()})
	}
	return out
}

// NoticeAct is something that can be done with a notice.
type NoticeAct string

// The acts.
const (
	NoticeDraft  NoticeAct = "draft"  // the letter is laid into the Drafts folder
	NoticeSend   NoticeAct = "send"   // the owner says that it was sent
	NoticeRemind NoticeAct = "remind" // it was sent again
	NoticeAnswer NoticeAct = "answer" // the recipient answered, or the answer is put right
	NoticeSpare  NoticeAct = "spare"  // nobody is told, and why
)

// noticeSteps says from which states an act leads where.
var noticeSteps = []struct {
	act  NoticeAct
	from []NoticeState
	to   NoticeState
}{
	{NoticeDraft, []NoticeState{NoticeToWrite, NoticeDrafted, NoticeSpared}, NoticeDrafted},
	{NoticeDraft, []NoticeState{NoticeSent}, NoticeSent}, // of a reminder
	// It may have gone by post, or through the recipient's own form.
	{NoticeSend, []NoticeState{NoticeToWrite, NoticeDrafted}, NoticeSent},
	{NoticeRemind, []NoticeState{NoticeSent}, NoticeSent},
	// Who answers a draft got it, whether or not the owner said so.
	{NoticeAnswer, []NoticeState{NoticeDrafted, NoticeSent, NoticeAnswered}, NoticeAnswered},
	{NoticeSpare, []NoticeState{NoticeToWrite, NoticeDrafted, NoticeSent}, NoticeSpared},
}

// Allows tells whether an act is possible where the notice stands. It reads:
//
//	draft   to write, drafted, spared → drafted; sent → sent, while a reminder is left
//	send    to write, drafted → sent
//	remind  sent → sent, while a reminder is left
//	answer  drafted, sent, answered → answered
//	spare   to write, drafted, sent → spared, needs a reason
func (n Notice) Allows(act NoticeAct) bool {
	_, err := n.step(act)
	return err == nil
}

// step returns the notice in the state to which the act leads, with lists of its
// own.
func (n Notice) step(act NoticeAct) (Notice, error) {
	for _, s := range noticeSteps {
		if s.act != act || !slices.Contains(s.from, n.State) {
			continue
		}
		if n.State == NoticeSent && s.to == NoticeSent && len(n.Reminders) >= MaxReminders {
			return n, fmt.Errorf("%s notice %s: %w", act, n.ID, ErrNoticeReminders)
		}
		n.State = s.to
		n.Orders, n.Reminders, n.MessageIDs = slices.Clone(n.Orders), slices.Clone(n.Reminders), slices.Clone(n.MessageIDs)
		return n, nil
	}
	return n, fmt.Errorf("%s notice %s, which is %s: %w", act, n.ID, n.State, ErrNoticeStep)
}

// at is step for an act whose instant must be known.
func (n Notice) at(act NoticeAct, at time.Time) (Notice, error) {
	if at.IsZero() {
		return n, fmt.Errorf("%s notice %s: %w", act, n.ID, ErrInput)
	}
	return n.step(act)
}

// Drafted records that the letter, or a reminder of one that was sent, lies in
// the Drafts folder since at, under a Message-ID, "" where it is not known. The
// notice is sent, or reminded of, when the owner says so. ErrNoticeAddress where
// there is no address to write to.
func Drafted(n Notice, at time.Time, messageID string) (Notice, error) {
	if strings.TrimSpace(n.To) == "" {
		return n, fmt.Errorf("draft notice %s: %w", n.ID, ErrNoticeAddress)
	}
	next, err := n.at(NoticeDraft, at)
	if err != nil {
		return n, err
	}
	next.DraftAt, next.Reason = at.UTC(), ""
	next.know(messageID)
	return next, nil
}

// Sent records that the letter was sent at an instant.
func Sent(n Notice, at time.Time) (Notice, error) {
	next, err := n.at(NoticeSend, at)
	if err != nil {
		return n, err
	}
	next.SentAt = at.UTC()
	return next, nil
}

// Remind records that a reminder was made at an instant, under a Message-ID, ""
// where it is not known. ErrNoticeReminders when none is left.
func Remind(n Notice, at time.Time, messageID string) (Notice, error) {
	next, err := n.at(NoticeRemind, at)
	if err != nil {
		return n, err
	}
	next.Reminders = append(next.Reminders, at.UTC())
	next.know(messageID)
	return next, nil
}

// Spare records that nobody is told, with the owner's reason: it is impossible,
// or involves disproportionate effort (GDPR Art. 19). ErrReason without one.
func Spare(n Notice, reason string) (Notice, error) {
	if reason = manyLines(reason, 2000); reason == "" {
		return n, fmt.Errorf("spare notice %s: %w", n.ID, ErrReason)
	}
	next, err := n.step(NoticeSpare)
	if err != nil {
		return n, err
	}
	next.Reason = reason
	return next, nil
}

// NoticeAnsweredWith records what the recipient answered, at an instant, by which mail: 0
// for a telephone call or a letter by post. An answer that was taken wrongly is
// put right by another one. ErrInput for an answer that is none.
func NoticeAnsweredWith(n Notice, a Answer, at time.Time, message int64) (Notice, error) {
	if !slices.Contains(n.Kind.Answers(), a) {
		return n, fmt.Errorf("answer to notice %s: %w", n.ID, ErrInput)
	}
	next, err := n.at(NoticeAnswer, at)
	if err != nil {
		return n, err
	}
	next.Answer, next.AnsweredAt, next.Message = a, at.UTC(), message
	return next, nil
}

// know remembers the Message-ID of a letter of the notice.
func (n *Notice) know(id string) {
	if id = strings.Trim(strings.TrimSpace(id), "<>"); id != "" && !slices.Contains(n.MessageIDs, id) {
		n.MessageIDs = append(n.MessageIDs, id)
	}
}

// NoticeDue is what time asks for.
type NoticeDue struct {
	At    time.Time // when the next step falls due, UTC; zero when nothing is awaited
	Now   bool      // a reminder is due
	Owner bool      // the reminders are used up without an answer: the owner takes it up
}

// Due returns when the next reminder of a notice that was sent falls due: every
// so long after the letter or the last reminder (RemindEvery for zero or less),
// at most MaxReminders times. After the last one it is told to the owner.
func Due(n Notice, now time.Time, every time.Duration) NoticeDue {
	if n.State != NoticeSent || n.SentAt.IsZero() {
		return NoticeDue{}
	}
	if every <= 0 {
		every = RemindEvery
	}
	last := n.SentAt
	for _, r := range n.Reminders {
		if r.After(last) {
			last = r
		}
	}
	d := NoticeDue{At: last.Add(every).UTC()}
	come := !now.Before(d.At)
	d.Now = come && len(n.Reminders) < MaxReminders
	d.Owner = come && !d.Now
	return d
}

// Awaited tells whether a mail may still answer the notice: it was written and
// nothing yet settles it.
func (n Notice) Awaited() bool {
	return n.State == NoticeDrafted || n.State == NoticeSent || n.State == NoticeAnswered && !n.Answer.Settled()
}

// ToldOf returns what the person is told of the recipients (GDPR Art. 19, second
// sentence): when each was told, or why not. Whoever is still to be told is not
// in it.
func ToldOf(ns []Notice, zone *time.Location) []Told {
	var out []Told
	for _, n := range ns {
		switch {
		case n.State == NoticeSpared:
			out = append(out, Told{Name: n.Name, Why: n.Reason})
		case !n.SentAt.IsZero():
			out = append(out, Told{Name: n.Name, On: law.DateOf(n.SentAt, zone)})
		case n.State == NoticeAnswered && !n.DraftAt.IsZero():
			// Who answers got the letter, whether or not the owner said so.
			out = append(out, Told{Name: n.Name, On: law.DateOf(n.DraftAt, zone)})
		}
	}
	return out
}
