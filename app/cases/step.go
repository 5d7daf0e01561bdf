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
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// Act is something that can be done with a case. The words are used in the
// journal, in commands and in JSON.
type Act string

// The acts.
const (
	ActAcknowledge     Act = "acknowledge"      // the person is told that the request arrived
	ActAskIdentity     Act = "ask identity"     // information on identity is asked for (GDPR Art. 12(6))
	ActIdentityMet     Act = "identity met"     // the person gave it
	ActConfirmIdentity Act = "confirm identity" // the owner writes why she is sure
	ActStart           Act = "start"            // work begins
	ActExtend          Act = "extend"           // the person is told of two more months, and why (Art. 12(3))
	ActSuspend         Act = "suspend"          // a very wide request has to be made precise (Recital 63)
	ActResume          Act = "resume"           // the clock runs again
	ActSetOutcome      Act = "set outcome"      // how one right ends
	ActAnswer          Act = "answer"           // the person is told what was done (Art. 12(3))
	ActRefuse          Act = "refuse"           // the person is told why nothing is done (Art. 12(4))
	ActWithdraw        Act = "withdraw"         // the person takes the request back
	ActClose           Act = "close"            // nothing is left to do, or what came back changes nothing
	ActReopen          Act = "reopen"           // something came back
	ActSelectOrders    Act = "select orders"    // the owner says which orders are meant
	ActSetPerson       Act = "set person"       // who asks, for whom, by what right
	ActCorrectRights   Act = "correct rights"   // what is asked
	ActByHand          Act = "by hand"          // the owner did what is asked, in another tool
	ActSetAuthority    Act = "set authority"    // what shows that the requester may ask for another (C. civ. 371-1)
	ActConflict        Act = "parents disagree" // two holders of parental authority want the contrary (C. civ. 372-1)
	ActSettleConflict  Act = "settle conflict"  // they agree, a judge decided, or there was none
	ActFee             Act = "announce fee"     // a reasonable fee, told beforehand (GDPR Art. 12(5)(a))
)

// Transition is one row of the table of lawful acts: in which states the act may
// be done and where it leads. With Stay the state remains, save that an act
// which ends the wait for identity leads on to InProgress.
type Transition struct {
	Act   Act
	From  []State
	To    State
	Stay  bool
	Event string // key of the line that it writes into the history
	Needs string // what Input must carry besides the instant, in words; "" for nothing
}

var (
	anyOpen = []State{Received, Acknowledged, Identifying, InProgress}
)

var transitions = []Transition{
	{Act: ActAcknowledge, From: []State{Received}, To: Acknowledged, Event: "case.acknowledged"},
	{Act: ActAskIdentity, From: []State{Received, Acknowledged, InProgress}, To: Identifying, Event: "case.identity_asked"},
	{Act: ActIdentityMet, From: []State{Identifying}, To: InProgress, Event: "case.identity_met"},
	{Act: ActConfirmIdentity, From: anyOpen, Stay: true, Event: "case.identity_confirmed", Needs: "a reason"},
	{Act: ActStart, From: []State{Received, Acknowledged}, To: InProgress, Event: "case.started"},
	{Act: ActExtend, From: anyOpen, Stay: true, Event: "case.extended", Needs: "a reason"},
	{Act: ActSuspend, From: []State{Received, Acknowledged, InProgress}, Stay: true, Event: "case.suspended", Needs: "a reason"},
	{Act: ActResume, From: anyOpen, Stay: true, Event: "case.resumed"},
	{Act: ActSetOutcome, From: anyOpen, Stay: true, Event: "case.outcome", Needs: "a right and its outcome"},
	{Act: ActAnswer, From: []State{Received, Acknowledged, InProgress}, To: Answered, Event: "case.answered"},
	{Act: ActRefuse, From: anyOpen, To: Refused, Event: "case.refused", Needs: "a ground and a reason"},
	{Act: ActWithdraw, From: anyOpen, To: Withdrawn, Event: "case.withdrawn"},
	{Act: ActClose, From: []State{Answered, Refused, Withdrawn, Closed}, To: Closed, Event: "case.closed"},
	{Act: ActReopen, From: []State{Answered, Refused, Withdrawn, Closed}, To: InProgress, Event: "case.reopened", Needs: "a reason"},
	{Act: ActSelectOrders, From: anyOpen, Stay: true, Event: EventOrdersSet},
	{Act: ActSetPerson, From: anyOpen, Stay: true, Event: "case.person_set"},
	{Act: ActCorrectRights, From: anyOpen, Stay: true, Event: "case.rights_corrected", Needs: "rights"},
	{Act: ActByHand, From: anyOpen, Stay: true, Event: EventWork + "by_hand", Needs: "a right and a reason"},
	{Act: ActSetAuthority, From: anyOpen, Stay: true, Event: "case.authority", Needs: "a kind and a reason"},
	{Act: ActConflict, From: anyOpen, Stay: true, Event: eventConflict, Needs: "a reason"},
	{Act: ActSettleConflict, From: anyOpen, Stay: true, Event: eventSettled, Needs: "a reason"},
	{Act: ActFee, From: anyOpen, Stay: true, Event: "case.fee", Needs: "a reason"},
}

// Transitions returns the table of lawful acts. It reads:
//
//	acknowledge       received → acknowledged
//	ask identity      received, acknowledged, in progress → identity
//	identity met      identity → in progress
//	confirm identity  received, acknowledged, identity, in progress → same, needs a reason
//	start             received, acknowledged → in progress
//	extend            received, acknowledged, identity, in progress → same, needs a reason
//	suspend           received, acknowledged, in progress → same, needs a reason
//	resume            received, acknowledged, identity, in progress → same
//	set outcome       received, acknowledged, identity, in progress → same, needs a right and its outcome
//	answer            received, acknowledged, in progress → answered
//	refuse            received, acknowledged, identity, in progress → refused, needs a ground and a reason
//	withdraw          received, acknowledged, identity, in progress → withdrawn
//	close             answered, refused, withdrawn, closed → closed
//	reopen            answered, refused, withdrawn, closed → in progress, needs a reason
//	select orders     received, acknowledged, identity, in progress → same
//	set person        received, acknowledged, identity, in progress → same
//	correct rights    received, acknowledged, identity, in progress → same, needs rights
//	by hand           received, acknowledged, identity, in progress → same, needs a right and a reason
//	set authority     received, acknowledged, identity, in progress → same, needs a kind and a reason
//	parents disagree  received, acknowledged, identity, in progress → same, needs a reason
//	settle conflict   received, acknowledged, identity, in progress → same, needs a reason
//	announce fee      received, acknowledged, identity, in progress → same, needs a reason
//
// In the state identity, confirm identity and resume lead to in progress. What
// else an act depends on (the clock, identity, the outcomes, what is on record
// for each right: see Paths) Next says.
func Transitions() []Transition {
	out := slices.Clone(transitions)
	for i := range out {
		out[i].From = slices.Clone(out[i].From)
	}
	return out
}

// String writes the row as the documentation of Transitions shows it.
func (t Transition) String() string {
	from := make([]string, len(t.From))
	for i, s := range t.From {
		from[i] = s.String()
	}
	to := "same"
	if !t.Stay {
		to = t.To.String()
	}
	row := fmt.Sprintf("%-17s %s → %s", string(t.Act), strings.Join(from, ", "), to)
	if t.Needs != "" {
		row += ", needs " + t.Needs
	}
	return row
}

func transitionOf(act Act) (Transition, bool) {
	i := slices.IndexFunc(transitions, func(t Transition) bool { return t.Act == act })
	if i < 0 {
		return Transition{}, false
	}
	return transitions[i], true
}

// The reasons why an act is not lawful now, keys of the text catalog. The last
// one stands on lawful acts, as a warning.
const (
	WhyState           = "why.state"            // not from where the case stands
	WhyWaiting         = "why.waiting"          // an answer of the person is awaited already
	WhyNotWaiting      = "why.not_waiting"      // nothing is awaited
	WhySettled         = "why.identity_settled" // identity is confirmed
	WhyExtended        = "why.extended"         // an extension was notified; there is no second one
	WhyNoticeLate      = "why.notice_late"      // the first month is over
	WhyNoExtendRefusal = "why.extend_refusal"   // a refusal has no extension (Art. 12(4))
	WhyOverdue         = "why.overdue"          // what has run out cannot be suspended
	WhyNoRight         = "why.no_right"         // no right is recorded
	WhyUndecided       = "why.undecided"        // a right has no outcome
	WhyAllRefused      = "why.all_refused"      // every right is refused: refuse
	WhyGranted         = "why.granted"          // a right was granted: answer
	WhyNothingRefused  = "why.nothing_refused"  // no right is left to refuse
	WhyIdentity        = "why.identity"         // identity does not allow the outcome
	WhyClock           = "why.clock"            // the dates contradict each other
	WhyNoWork          = "why.no_work"          // nothing is on record for a right that is granted; Rights which
	WhyConflict        = "why.conflict"         // two parents disagree
	WhyNoConflict      = "why.no_conflict"      // no disagreement is recorded or seen
	WhySelf            = "why.self"             // the person concerned asks herself
	WhyMerged          = "why.merged"           // the case was joined with another
	WarnExtendMinor    = "why.extend_minor"     // the CNIL can be seized after a month all the same (LIL Art. 51 II): only if the owner insists
	WarnRefusalLate    = "why.refusal_late"     // the month for a refusal is over: tell the person now
)

// Step is an act as it stands for a case now. Why is a key of the text catalog:
// the reason when the act is not lawful, a warning when it is. At most one step
// is Primary: what the case waits for. Rights are those that the reason or the
// step is about: for a primary ActByHand the right for which something is to be
// done, by the tool for it (see Path.Work) or by hand. Insist tells that the
// owner may do the act against the reason, with Input.Nevertheless.
type Step struct {
	Act     Act             `json:"act"`
	Lawful  bool            `json:"lawful"`
	Why     string          `json:"why,omitempty"`
	Primary bool            `json:"primary,omitempty"`
	Rights  []request.Right `json:"rights,omitempty"`
	Insist  bool            `json:"insist,omitempty"`
	// Waits tells of a primary step that its letter is written and has not gone:
	// the step is taken when it does.
	Waits bool `json:"waits,omitempty"`
}

// NotLawfulError says why an act is not lawful. It matches ErrNotLawful, and
// ErrIdentityUnproven or ErrNoOrder where that is the cause.
type NotLawfulError struct {
	Act   Act
	State State
	Why   string   // key of the text catalog
	By    law.Date // the day that was missed, zero where none was
	Cause error
	// Rights are those that the reason is about, none for all.
	Rights []request.Right
}

// Error implements error.
func (e *NotLawfulError) Error() string {
	s := fmt.Sprintf("%s a case that is %s: %s (%s)", e.Act, e.State, ErrNotLawful, strings.TrimPrefix(e.Why, "why."))
	if !e.By.IsZero() {
		s += ": the last day was " + e.By.String()
	}
	for _, r := range e.Rights {
		s += ": " + r.String()
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Is makes errors.Is(err, ErrNotLawful) true.
func (e *NotLawfulError) Is(target error) bool { return target == ErrNotLawful }

// Unwrap returns the cause.
func (e *NotLawfulError) Unwrap() error { return e.Cause }

// ErrInput says that an act was given something that it cannot use: no instant,
// an unknown right, outcome, order or link, or an article that is not one.
var ErrInput = errors.New("the step lacks something that it needs")

// ErrNoWork says that a right is said to be granted while nothing that was done
// for it is on record.
var ErrNoWork = errors.New("nothing is on record that was done for the right")

// Input is what an act needs. Reason is the owner's own words and personal
// data.
type Input struct {
	At     time.Time `json:"at"`           // the instant of the act; always needed
	By     string    `json:"by,omitempty"` // who acts, "owner" when empty
	Reason string    `json:"reason,omitempty"`
	Ground string    `json:"ground,omitempty"` // article of a refusal or limit: a key of law.Articles, see Grounds

	// From and Until are the days of a suspension that is entered afterwards;
	// Until is also the day on which an awaited answer came. The local day of
	// At stands for what is zero.
	From  law.Date `json:"from"`
	Until law.Date `json:"until"`

	Orders  []int64         `json:"orders,omitempty"` // select orders: the ids in scope, and no others
	Add     []order.Order   `json:"-"`                // select orders: those that nothing had proposed
	Right   request.Right   `json:"right,omitempty"`  // set outcome; reopen: the right to decide anew
	Outcome Outcome         `json:"outcome,omitempty"`
	Rights  []request.Right `json:"rights,omitempty"` // correct rights: all that is asked

	// Set person: nil leaves as it was.
	Requester *Person `json:"requester,omitempty"`
	Concerned *Person `json:"concerned,omitempty"`
	Link      *Link   `json:"link,omitempty"`
	Minor     *bool   `json:"minor,omitempty"`
	Depicted  *bool   `json:"depicted,omitempty"`

	// Authority is the kind of evidence of the link; From is the day on which it
	// was seen, Reason what was seen and how.
	Authority AuthorityKind `json:"authority,omitempty"`
	// Nevertheless tells that the owner insists on an act that is not offered:
	// an extension where a minor's data are concerned (law.md 1.1).
	Nevertheless bool `json:"nevertheless,omitempty"`
}

// Ground is an article on which a refusal or a limit may rest, with the key of
// its words in the text catalog and the rights to which it applies (none means
// all).
type Ground struct {
	Article string
	Key     string
	Rights  []request.Right
}

// Grounds returns the grounds to propose for a right; for request.NoRight, all.
// A refusal may cite any other article of law.Articles.
func Grounds(r request.Right) []Ground {
	all := []Ground{
		{"GDPR Art. 12(5)", "ground.excessive", nil},
		{"GDPR Art. 12(2)", "ground.not_identified", nil},
		{"GDPR Art. 11(2)", "ground.not_identifiable", []request.Right{request.Access, request.Rectification, request.Erasure, request.Restriction, request.Portability}},
		{"GDPR Art. 17(3)(b)", "ground.legal_obligation", []request.Right{request.Erasure, request.Withdrawal, request.Objection}},
		{"GDPR Art. 17(3)(e)", "ground.legal_claims", []request.Right{request.Erasure, request.Withdrawal, request.Objection}},
		{"GDPR Art. 17(3)(a)", "ground.expression", []request.Right{request.Erasure}},
		{"GDPR Art. 17(1)", "ground.still_needed", []request.Right{request.Erasure}},
		{"GDPR Art. 15(4)", "ground.others", []request.Right{request.Access}},
		{"GDPR Art. 20(4)", "ground.others_portability", []request.Right{request.Portability}},
		{"GDPR Art. 20(1)", "ground.not_provided", []request.Right{request.Portability}},
		{"GDPR Art. 16", "ground.accurate", []request.Right{request.Rectification}},
		{"GDPR Art. 18(1)", "ground.no_restriction_case", []request.Right{request.Restriction}},
		{"GDPR Art. 21(1)", "ground.compelling", []request.Right{request.Objection}},
		{"GDPR Art. 7(3)", "ground.no_consent", []request.Right{request.Withdrawal}},
	}
	return slices.DeleteFunc(all, func(g Ground) bool {
		return r != request.NoRight && g.Rights != nil && !slices.Contains(g.Rights, r)
	})
}

// isArticle tells whether a ground cites the table of the law, and nothing else.
func isArticle(ground string) bool {
	keys := law.Sources(ground)
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool {
		return !slices.ContainsFunc(law.Articles(), func(a law.Article) bool { return a.Key == k })
	})
}

// Next returns every act as it stands for the case on a day: the primary one
// first, then the lawful ones, then those that are not, each with the reason.
// The deadline is that of the case's Clock on that day.
func Next(c Case, d law.Deadline, today law.Date) []Step {
	primary := c.primary(d, today)
	out := make([]Step, 0, len(transitions))
	for _, t := range transitions {
		s := Step{Act: t.Act}
		err := c.refused(t, d, today)
		if s.Lawful = err == nil; s.Lawful {
			s.Why = c.warning(t.Act, d, today)
			if s.Primary = t.Act == primary; s.Primary && t.Act == ActByHand {
				s.Rights = []request.Right{c.toDo()}
			}
			_, told, waits := c.Announced()
			s.Waits = s.Primary && waits && told == t.Act
		} else {
			s.Why, s.Rights, s.Insist = err.Why, err.Rights, err.Why == WarnExtendMinor
		}
		out = append(out, s)
	}
	rank := func(s Step) int {
		switch {
		case s.Primary:
			return 0
		case s.Lawful:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b Step) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// Primary returns the act that a list of steps puts first, "" when the case
// waits for nothing.
func Primary(steps []Step) Act {
	for _, s := range steps {
		if s.Primary {
			return s.Act
		}
	}
	return ""
}

// primary chooses what the case waits for; "" when it waits for nothing.
func (c Case) primary(d law.Deadline, today law.Date) Act {
	lawful := func(act Act) bool {
		t, _ := transitionOf(act)
		return c.refused(t, d, today) == nil
	}
	if _, act, ok := c.Announced(); ok && c.State.Open() && lawful(act) {
		return act
	}
	switch c.State {
	case Received:
		if c.Disagreed() && !c.InConflict() {
			return ActConflict
		}
		return ActAcknowledge
	case Identifying:
		return ActIdentityMet
	case Answered, Refused, Withdrawn, Closed:
		switch {
		case c.CameBack():
			return ActReopen
		case c.State == Closed:
			return ""
		}
		return ActClose
	}
	switch {
	case c.Disagreed() && !c.InConflict():
		return ActConflict
	case c.waiting() >= 0:
		return ActResume
	case c.needsIdentity() && lawful(ActAskIdentity):
		return ActAskIdentity
	case c.State == Acknowledged:
		return ActStart
	case lawful(ActAnswer):
		return ActAnswer
	case lawful(ActRefuse) && c.allRefused():
		return ActRefuse
	case c.toDo() != request.NoRight && lawful(ActByHand):
		return ActByHand
	case c.InConflict():
		return ActSettleConflict
	}
	return ActSetOutcome
}

// warning returns what to keep in mind of a lawful act, or "".
func (c Case) warning(act Act, d law.Deadline, today law.Date) string {
	if act == ActRefuse && !d.RefusalBy.IsZero() && today.After(d.RefusalBy) {
		return WarnRefusalLate
	}
	return ""
}

// refused returns why an act is not lawful now, nil when it is.
func (c Case) refused(t Transition, d law.Deadline, today law.Date) *NotLawfulError {
	no := func(why string, by law.Date, cause error) *NotLawfulError {
		return &NotLawfulError{Act: t.Act, State: c.State, Why: why, By: by, Cause: cause}
	}
	var none law.Date
	if !slices.Contains(t.From, c.State) {
		if t.Act == ActAskIdentity && c.State == Identifying {
			return no(WhyWaiting, none, nil)
		}
		return no(WhyState, none, nil)
	}
	switch t.Act {
	case ActAskIdentity:
		switch {
		case c.Identity.Level == Confirmed:
			return no(WhySettled, none, nil)
		case c.waiting() >= 0:
			return no(WhyWaiting, none, nil)
		}
	case ActConfirmIdentity:
		if c.Identity.Level == Confirmed {
			return no(WhySettled, none, nil)
		}
	case ActExtend:
		switch {
		case !c.ExtendedAt.IsZero():
			return no(WhyExtended, none, nil)
		case c.allRefused():
			return no(WhyNoExtendRefusal, none, nil)
		case !d.CanExtend(today):
			return no(WhyNoticeLate, d.NoticeBy, nil)
		case c.Minor:
			// LIL Art. 51 II: the CNIL can be seized after a month all the same, so
			// that it is not offered (law.md 1.1).
			return no(WarnExtendMinor, none, nil)
		}
	case ActSuspend:
		switch {
		case c.waiting() >= 0:
			return no(WhyWaiting, none, nil)
		case today.After(d.Due):
			return no(WhyOverdue, d.Due, nil)
		}
	case ActResume:
		if c.waiting() < 0 && c.State != Identifying {
			return no(WhyNotWaiting, none, nil)
		}
	case ActSetOutcome:
		if len(c.Asked) == 0 {
			return no(WhyNoRight, none, nil)
		}
	case ActAnswer:
		switch {
		case len(c.Asked) == 0:
			return no(WhyNoRight, none, nil)
		case c.undecided():
			return no(WhyUndecided, none, nil)
		case c.allRefused():
			return no(WhyAllRefused, none, nil)
		}
		for _, a := range c.Asked {
			if err := c.allows(a.Right, a.Outcome); errors.Is(err, ErrConflict) {
				return no(WhyConflict, none, err)
			} else if err != nil {
				return no(WhyIdentity, none, err)
			}
		}
		if rights := c.withoutWork(); len(rights) > 0 {
			// The person is told what was done (GDPR Art. 12(3)): something was.
			err := no(WhyNoWork, none, ErrNoWork)
			err.Rights = rights
			return err
		}
	case ActByHand:
		if len(c.Asked) == 0 && !c.InConflict() {
			return no(WhyNoRight, none, nil)
		}
	case ActSetAuthority:
		if c.Link == Self {
			return no(WhySelf, none, nil)
		}
	case ActConflict:
		if c.InConflict() {
			return no(WhyConflict, none, nil)
		}
	case ActSettleConflict:
		if !c.Disputed() {
			return no(WhyNoConflict, none, nil)
		}
	case ActClose:
		if c.State == Closed && !c.CameBack() {
			return no(WhyState, none, nil)
		}
	case ActReopen:
		if c.MergedInto != 0 {
			return no(WhyMerged, none, nil)
		}
	case ActRefuse:
		switch {
		case len(c.Asked) == 0:
			return no(WhyNoRight, none, nil)
		case slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Outcome == Granted || a.Outcome == Partly }):
			return no(WhyGranted, none, nil)
		case !slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Outcome == Undecided || a.Outcome == Denied }):
			return no(WhyNothingRefused, none, nil)
		}
	}
	return nil
}

// allows tells whether a right may end so, as far as its Path asks for proof of
// the person. Data are handed over under MayDisclose; they are erased, or changed
// for good, under EraseBySight. To stop a use of data harms nobody and can be
// undone: restriction, objection and withdrawal need no proof.
func (c Case) allows(r request.Right, o Outcome) error {
	if o != Granted && o != Partly {
		return nil
	}
	switch PathOf(r).Proof {
	case ProofNone:
		return nil
	case ProofErase:
		return EraseBySight(c)
	}
	return MayDisclose(c)
}

// needsIdentity tells whether a right of the case could not be granted yet.
func (c Case) needsIdentity() bool {
	return slices.ContainsFunc(c.Asked, func(a Asked) bool {
		return (a.Outcome == Undecided || a.Outcome == Granted || a.Outcome == Partly) &&
			errors.Is(c.allows(a.Right, Granted), ErrIdentityUnproven)
	})
}

func (c Case) undecided() bool {
	return slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Outcome == Undecided })
}

func (c Case) allRefused() bool {
	return len(c.Asked) > 0 && !slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Outcome != Denied })
}

// waiting returns the place of the suspension that is running, -1 for none.
func (c Case) waiting() int {
	return slices.IndexFunc(c.Suspensions, func(s law.Suspension) bool { return s.To.IsZero() })
}

// Apply does an act and returns the case after it, with the event in its
// history; the case given stays as it was. The zone is the controller's.
//
// It returns a *NotLawfulError (which matches ErrNotLawful) when the law or the
// state of the case is against it, ErrReason when a reason or its article is
// missing, ErrIdentityUnproven when identity does not allow an outcome, and
// ErrInput for what cannot be used. Resuming a clock that runs already changes
// nothing and is no error, so that a reply may be handled twice.
func Apply(c Case, act Act, in Input, zone *time.Location) (Case, error) {
	t, ok := transitionOf(act)
	if !ok {
		return c, fmt.Errorf("apply an act to a case: unknown act: %w", ErrInput)
	}
	if in.At.IsZero() {
		return c, fmt.Errorf("%s a case: no instant: %w", act, ErrInput)
	}
	at, day := in.At.UTC(), law.DateOf(in.At, zone)
	by := cmp.Or(in.By, ByOwner)
	reason := manyLines(in.Reason, 2000)

	d, err := c.Clock(zone).Deadline(day)
	if err != nil {
		return c, &NotLawfulError{Act: act, State: c.State, Why: WhyClock, Cause: err}
	}
	if act == ActResume && c.State.Open() && c.State != Identifying && c.waiting() < 0 {
		return c, nil
	}
	if no := c.refused(t, d, day); no != nil && !(in.Nevertheless && no.Why == WarnExtendMinor) {
		return c, no
	}

	n := c.Copy()
	e := Event{At: at, By: by, Key: t.Event, Note: reason}
	if !t.Stay {
		n.State = t.To
	}
	// Whatever ends the wait for an answer ends the suspension with it.
	endWait := func(on law.Date) {
		if i := n.waiting(); i >= 0 {
			n.Suspensions[i].To = on
			e.Arg = strconv.Itoa(n.Suspensions[i].From.Days(on))
		}
		if n.State == Identifying {
			n.State = InProgress
		}
	}
	cameOn := cmp.Or(in.Until, day)
	if in.Until.After(day) && act != ActSuspend {
		return c, fmt.Errorf("%s a case: a day that has not come: %w", act, ErrInput)
	}

	switch act {
	case ActAskIdentity:
		n.Suspensions = append(n.Suspensions, law.Suspension{From: cmp.Or(in.From, day), Reason: cmp.Or(reason, SignIdentityDoubt), By: by})
	case ActIdentityMet:
		endWait(cameOn)
		n.confirm(SignChallengeMet, reason, by, at)
	case ActConfirmIdentity:
		if reason == "" {
			return c, fmt.Errorf("confirm identity: %w", ErrReason)
		}
		if c.State == Identifying {
			endWait(cameOn) // and not the wait for something else
		}
		sign := SignOwnerConfirmed
		if by == ByPerson {
			sign = SignChallengeMet // the code came back though the clock had not been stopped for it
		}
		n.confirm(sign, reason, by, at)
	case ActExtend:
		if reason == "" {
			return c, fmt.Errorf("extend a case: %w", ErrReason)
		}
		n.ExtendedAt, n.ExtendReason = at, reason
		e.Arg = d.ExtensionDue.String()
	case ActSuspend:
		if reason == "" {
			return c, fmt.Errorf("suspend a case: %w", ErrReason)
		}
		if in.Until.After(day) {
			return c, fmt.Errorf("suspend a case: a day that has not come: %w", ErrInput)
		}
		n.Suspensions = append(n.Suspensions, law.Suspension{From: cmp.Or(in.From, day), To: in.Until, Reason: reason, By: by})
	case ActResume:
		endWait(cameOn)
	case ActSetOutcome:
		if err := n.setOutcome(in, reason); err != nil {
			return c, fmt.Errorf("set the outcome of a right: %w", err)
		}
		e.Key, e.Arg = eventOutcome(in.Outcome), in.Right.String()
	case ActAnswer:
		endWait(day)
		n.State, n.AnsweredAt, e.Arg = Answered, at, ""
	case ActRefuse:
		if reason == "" || in.Ground == "" {
			return c, fmt.Errorf("refuse a case: %w", ErrReason)
		}
		if !isArticle(in.Ground) {
			return c, fmt.Errorf("refuse a case: the ground is no article of the table: %w", ErrInput)
		}
		for i, a := range n.Asked {
			if a.Outcome == Undecided {
				n.Asked[i].Outcome, n.Asked[i].Ground, n.Asked[i].Reason = Denied, in.Ground, reason
			}
		}
		endWait(day)
		n.State, n.AnsweredAt, e.Arg = Refused, at, in.Ground
	case ActWithdraw:
		for i, a := range n.Asked {
			if a.Outcome == Undecided {
				n.Asked[i].Outcome = Moot
			}
		}
		endWait(day)
		n.State, e.Arg = Withdrawn, ""
	case ActClose:
		if c.State != Closed {
			n.ClosedAt = at
		}
	case ActReopen:
		if reason == "" {
			return c, fmt.Errorf("reopen a case: %w", ErrReason)
		}
		if err := n.reopen(c.State, in.Right); err != nil {
			return c, fmt.Errorf("reopen a case: %w", err)
		}
	case ActSelectOrders:
		if err := n.selectOrders(in); err != nil {
			return c, fmt.Errorf("select the orders of a case: %w", err)
		}
		e.Arg = strconv.Itoa(len(n.Selected()))
	case ActSetPerson:
		if err := n.setPerson(in); err != nil {
			return c, fmt.Errorf("set the person of a case: %w", err)
		}
		e.Arg = string(n.Link)
	case ActCorrectRights:
		if err := n.correctRights(in.Rights); err != nil {
			return c, fmt.Errorf("correct the rights of a case: %w", err)
		}
		e.Arg = strings.Join(n.Rights(), ", ")
	case ActByHand:
		if err := n.byHand(in, reason, by); err != nil {
			return c, fmt.Errorf("record what was done by hand: %w", err)
		}
		e.Arg = in.Right.String()
	case ActSetAuthority:
		if in.From.After(day) {
			return c, fmt.Errorf("record an authority: a day that has not come: %w", ErrInput)
		}
		if err := n.setAuthority(in, reason, by, day); err != nil {
			return c, fmt.Errorf("record an authority: %w", err)
		}
		e.Arg = string(in.Authority)
	case ActConflict:
		if reason == "" {
			return c, fmt.Errorf("record a disagreement: %w", ErrReason)
		}
		n.Conflict = &Conflict{At: at, By: by, Reason: reason}
	case ActSettleConflict:
		if reason == "" {
			return c, fmt.Errorf("settle a disagreement: %w", ErrReason)
		}
		if n.InConflict() {
			n.Conflict.SettledAt, n.Conflict.Settled = at, reason
		}
	case ActFee:
		if reason == "" {
			return c, fmt.Errorf("announce a fee: %w", ErrReason)
		}
	}

	// The dates must still make sense: a suspension before the receipt, or one
	// that overlaps another, is refused here and not in a register later.
	after, err := n.Clock(zone).Deadline(day)
	if err != nil {
		return c, &NotLawfulError{Act: act, State: c.State, Why: WhyClock, Cause: err}
	}
	n.Events = append(n.Events, e)
	if (act == ActAnswer || act == ActRefuse) && day.After(lastDay(act, after)) {
		n.log(at, ByGreffier, EventLate, strconv.Itoa(lastDay(act, after).Days(day)), "")
	}
	return n, nil
}

// CameBack tells whether something came back after a case had ended, which the
// owner has not dealt with: the person wrote again, or the answer was returned
// undelivered, so that she was not told at all (GDPR Art. 12(3) and (4)). To
// reopen the case, or to close it once more, deals with it.
func (c Case) CameBack() bool {
	if c.State.Open() || c.MergedInto != 0 {
		return false
	}
	for _, e := range slices.Backward(c.Events) {
		switch e.Key {
		case EventMessageAfter:
			return true
		case EventReturned:
			if c.AnswerReturned() {
				return true
			}
		case "case.answered", "case.refused", "case.withdrawn", "case.closed":
			return false
		}
	}
	return false
}

// AnswerReturned tells whether the last answer or refusal that went out came
// back undelivered.
func (c Case) AnswerReturned() bool {
	for _, l := range slices.Backward(c.Letters) {
		if (l.Kind == LetterAnswer || l.Kind == LetterRefuse) && !l.SentAt.IsZero() {
			return !l.ReturnedAt.IsZero()
		}
	}
	return false
}

// EventLate is the key of the line that tells by how many days an answer came
// too late.
const EventLate = "case.late"

// SignIdentityDoubt stands for the reason of a suspension for identity where the
// owner wrote none: the key of its words in the text catalog.
const SignIdentityDoubt = "identity.doubt"

// lastDay is the day by which an answer or a refusal had to be given: the
// extension never helps a refusal (GDPR Art. 12(4)).
func lastDay(act Act, d law.Deadline) law.Date {
	if act == ActRefuse {
		return d.RefusalBy
	}
	return d.Due
}

// eventOutcome is the key of the event of an outcome; its Arg is the right.
func eventOutcome(o Outcome) string {
	if o == Undecided {
		return "case.outcome.undecided"
	}
	return "case.outcome." + string(o)
}

// confirm settles identity, and keeps what had spoken against it.
func (c *Case) confirm(sign, reason, by string, at time.Time) {
	c.Identity.Level, c.Identity.Reason, c.Identity.By, c.Identity.At = Confirmed, reason, by, at
	c.Identity.Signs = append(c.Identity.Signs, Sign{Key: sign, For: true})
}

// setOutcome decides one right.
func (c *Case) setOutcome(in Input, reason string) error {
	i := slices.IndexFunc(c.Asked, func(a Asked) bool { return a.Right == in.Right })
	if i < 0 || !slices.Contains([]Outcome{Undecided, Granted, Partly, Denied, Moot}, in.Outcome) {
		return ErrInput
	}
	a := Asked{Right: c.Asked[i].Right, Confidence: c.Asked[i].Confidence, Outcome: in.Outcome}
	if in.Outcome == Denied || in.Outcome == Partly {
		// GDPR Art. 12(4): the person is told the reasons.
		if reason == "" || in.Ground == "" {
			return ErrReason
		}
		if !isArticle(in.Ground) {
			return fmt.Errorf("the ground is no article of the table: %w", ErrInput)
		}
		a.Ground, a.Reason = in.Ground, reason
	}
	if err := c.allows(in.Right, in.Outcome); err != nil {
		return err
	}
	c.Asked[i] = a
	return nil
}

// byHand records that the owner did what a right asks for in another tool, in her
// own words. While parents disagree she may restrict without being asked to.
func (c *Case) byHand(in Input, reason, by string) error {
	asked := slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Right == in.Right })
	if !asked && !(c.InConflict() && in.Right == request.Restriction) {
		return ErrInput
	}
	if reason == "" {
		return ErrReason
	}
	c.Work = append(c.Work, Work{Right: in.Right, Kind: WorkByHand, At: in.At.UTC(), By: by, Note: reason})
	return nil
}

// reopen makes the case open again. What was refused or withdrawn is decided
// anew; what was granted stays, save the right that is named.
func (c *Case) reopen(from State, right request.Right) error {
	if right != request.NoRight && !slices.ContainsFunc(c.Asked, func(a Asked) bool { return a.Right == right }) {
		return ErrInput
	}
	for i, a := range c.Asked {
		again := a.Outcome == Denied || a.Right == right || from == Withdrawn && a.Outcome == Moot
		if again {
			c.Asked[i].Outcome, c.Asked[i].Ground, c.Asked[i].Reason = Undecided, "", ""
		}
	}
	c.AnsweredAt, c.ClosedAt = time.Time{}, time.Time{}
	return nil
}

// selectOrders makes exactly the orders given the scope of the case. One that
// the owner adds by hand is never Strong: it was not its address that wrote.
func (c *Case) selectOrders(in Input) error {
	for _, o := range in.Add {
		if o.ID == 0 {
			return ErrInput
		}
		if !slices.ContainsFunc(c.Orders, func(m Match) bool { return m.Order == o.ID }) {
			c.Orders = append(c.Orders, Match{Order: o.ID, Number: o.Number, Why: MatchOwner})
		}
	}
	for _, id := range in.Orders {
		if !slices.ContainsFunc(c.Orders, func(m Match) bool { return m.Order == id }) {
			return ErrInput
		}
	}
	for i, m := range c.Orders {
		selected := slices.Contains(in.Orders, m.Order)
		c.Orders[i].Selected, c.Orders[i].Confirmed, c.Orders[i].LeftOut = selected, selected, !selected
	}
	return nil
}

// clean brings what was typed of a person to one line each.
func (p Person) clean() Person {
	return Person{Name: oneLine(p.Name, 120), Email: oneLine(mailbox.NormEmail(p.Email), 254)}
}

// setPerson records who asks and for whom. The evidence of a link is that of
// these two persons and of no others.
func (c *Case) setPerson(in Input) error {
	link := c.Link
	if in.Link != nil {
		if !slices.Contains([]Link{LinkUnknown, Self, Parent, Lawyer, Agent}, *in.Link) {
			return ErrInput
		}
		c.Link = *in.Link
	}
	was := [2]Person{c.Requester, c.Concerned}
	if in.Requester != nil {
		c.Requester = in.Requester.clean()
	}
	if in.Concerned != nil {
		c.Concerned = in.Concerned.clean()
	}
	if c.Link == Self {
		c.Concerned = c.Requester
	}
	if in.Minor != nil {
		c.Minor = *in.Minor
	}
	if in.Depicted != nil {
		c.Depicted = *in.Depicted
	}
	if c.Link != link || was != [2]Person{c.Requester, c.Concerned} {
		c.Authority = nil
	}
	if before := mailbox.NormEmail(was[0].Email); before != "" && before != mailbox.NormEmail(c.Requester.Email) {
		c.movedAway()
	}
	return nil
}

// movedAway takes back what the requester's address had proven, since letters go
// to another one from now on: whoever reads that one has proven nothing. What the
// owner is sure of in her own words stays.
func (c *Case) movedAway() {
	byCode := c.ByCode()
	for i := range c.Orders {
		c.Orders[i].Strong = false
	}
	if c.Identity.Level != Probable && !byCode {
		return
	}
	c.Identity.Level, c.Identity.Reason, c.Identity.By, c.Identity.At = Unproven, "", "", time.Time{}
	if c.Identity.contradicted() {
		c.Identity.Level = Doubtful
	}
	c.Identity.Signs = slices.DeleteFunc(c.Identity.Signs, func(s Sign) bool { return s.Key == SignChallengeMet })
	c.Challenge = nil
}

// correctRights makes exactly the rights given what is asked; those that were
// there keep their outcome.
func (c *Case) correctRights(rights []request.Right) error {
	var out []Asked
	for _, r := range request.Rights {
		if !slices.Contains(rights, r) {
			continue
		}
		a := Asked{Right: r, Confidence: 1}
		for _, b := range c.Asked {
			if b.Right == r {
				a = b
			}
		}
		out = append(out, a)
	}
	for _, r := range rights {
		if !slices.Contains(request.Rights, r) {
			return ErrInput
		}
	}
	if len(out) == 0 {
		return ErrInput
	}
	c.Asked = out
	return nil
}
