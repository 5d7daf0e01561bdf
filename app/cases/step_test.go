package cases_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/request"
)

// walk applies acts one after the other, a day apart.
func walk(t *testing.T, c cases.Case, acts ...any) cases.Case {
	t.Helper()
	n := 1
	for _, a := range acts {
		var act cases.Act
		in := input(n)
		switch a := a.(type) {
		case cases.Act:
			act = a
		case func(*cases.Input) cases.Act:
			act = a(&in)
		}
		var err error
		if c, err = cases.Apply(c, act, in, paris); err != nil {
			t.Fatalf("%s: %v", act, err)
		}
		n++
	}
	return c
}

func because(act cases.Act, reason string) func(*cases.Input) cases.Act {
	return func(in *cases.Input) cases.Act { in.Reason = reason; return act }
}

func outcome(r request.Right, o cases.Outcome) func(*cases.Input) cases.Act {
	return func(in *cases.Input) cases.Act {
		in.Right, in.Outcome = r, o
		if o == cases.Denied || o == cases.Partly {
			in.Ground, in.Reason = "GDPR Art. 17(3)(b)", "les factures restent dix ans"
		}
		return cases.ActSetOutcome
	}
}

// byHand records that what a right asks for was done.
func byHand(r request.Right) func(*cases.Input) cases.Act {
	return func(in *cases.Input) cases.Act {
		in.Right, in.Reason = r, "fait dans la boutique"
		return cases.ActByHand
	}
}

func steps(t *testing.T, c cases.Case, n int) []cases.Step {
	t.Helper()
	today := law.DateOf(day(n), paris)
	d, err := c.Clock(paris).Deadline(today)
	if err != nil {
		t.Fatal(err)
	}
	return cases.Next(c, d, today)
}

func step(t *testing.T, c cases.Case, n int, act cases.Act) cases.Step {
	t.Helper()
	for _, s := range steps(t, c, n) {
		if s.Act == act {
			return s
		}
	}
	t.Fatalf("no step %s", act)
	return cases.Step{}
}

func TestLifeOfACase(t *testing.T) {
	c := opened()
	for i, want := range []struct {
		primary cases.Act
		do      any
		state   cases.State
	}{
		{cases.ActAcknowledge, cases.ActAcknowledge, cases.Acknowledged},
		{cases.ActStart, cases.ActStart, cases.InProgress},
		{cases.ActByHand, outcome(request.Erasure, cases.Granted), cases.InProgress},
		{cases.ActByHand, byHand(request.Erasure), cases.InProgress},
		{cases.ActAnswer, cases.ActAnswer, cases.Answered},
		{cases.ActClose, cases.ActClose, cases.Closed},
		{"", because(cases.ActReopen, "elle répond qu'une photo reste"), cases.InProgress},
	} {
		if got := cases.Primary(steps(t, c, i)); got != want.primary {
			t.Errorf("primary %q, want %q", got, want.primary)
		}
		if c = walk(t, c, want.do); c.State != want.state {
			t.Fatalf("state %s, want %s", c.State, want.state)
		}
	}
	if !c.AnsweredAt.IsZero() || !c.ClosedAt.IsZero() {
		t.Error("a reopened case keeps the dates of its end")
	}
	want := "opened asked.erasure acknowledged started outcome.granted work.by_hand answered closed reopened"
	if got := strings.Join(eventKeys(c), " "); got != want {
		t.Errorf("events %s\nwant   %s", got, want)
	}
}

func TestApplyLeavesTheCaseGivenAsItWas(t *testing.T) {
	c := walk(t, opened(), cases.ActAskIdentity)
	events, to := len(c.Events), c.Suspensions[0].To
	walk(t, c, cases.ActIdentityMet)
	if len(c.Events) != events || c.Suspensions[0].To != to || c.State != cases.Identifying {
		t.Error("the case given was changed")
	}
}

func TestIdentityStopsTheClock(t *testing.T) {
	// law.md: received 5 March, asked on the 9th, answered on the 19th: 15 April.
	in := input(4)
	c, err := cases.Apply(opened(), cases.ActAskIdentity, in, paris)
	if err != nil {
		t.Fatal(err)
	}
	if c.State != cases.Identifying || c.Suspensions[0].From.String() != "2026-03-09" || c.Suspensions[0].Reason == "" {
		t.Fatalf("case %+v", c)
	}
	if got := cases.Primary(steps(t, c, 5)); got != cases.ActIdentityMet {
		t.Errorf("primary %q", got)
	}
	c, err = cases.Apply(c, cases.ActIdentityMet, input(14), paris)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Clock(paris).Deadline(law.DateOf(day(14), paris))
	if err != nil || d.Due.String() != "2026-04-15" || d.SuspendedDays != 10 {
		t.Errorf("due %s, %d days, %v", d.Due, d.SuspendedDays, err)
	}
	if c.State != cases.InProgress || c.Identity.Level != cases.Confirmed || c.Events[len(c.Events)-1].Arg != "10" {
		t.Errorf("case %+v", c)
	}
	again, err := cases.Apply(c, cases.ActResume, input(15), paris)
	if err != nil || len(again.Events) != len(c.Events) || again.Suspensions[0].To != c.Suspensions[0].To {
		t.Errorf("resuming twice: %v", err)
	}
}

func TestEverythingThatEndsACaseEndsTheWait(t *testing.T) {
	waiting := walk(t, opened(), cases.ActAskIdentity)
	refuse := func(in *cases.Input) cases.Act {
		in.Ground, in.Reason = "GDPR Art. 12(2)", "nous n'avons pas pu vous identifier"
		return cases.ActRefuse
	}
	for name, act := range map[string]any{"refuse": refuse, "withdraw": cases.ActWithdraw, "confirm": because(cases.ActConfirmIdentity, "x"), "resume": cases.ActResume} {
		t.Run(name, func(t *testing.T) {
			if c := walk(t, waiting, act); c.Suspensions[0].To.IsZero() || c.State == cases.Identifying {
				t.Errorf("still waiting in state %s", c.State)
			}
		})
	}
	t.Run("confirming identity does not end the wait for a precision", func(t *testing.T) {
		c := walk(t, opened(), because(cases.ActSuspend, "douze ans de commandes"), because(cases.ActConfirmIdentity, "x"))
		if !c.Suspensions[0].To.IsZero() {
			t.Error("the suspension ended")
		}
	})
}

func TestWhatIsNotLawful(t *testing.T) {
	decided := walk(t, opened(request.Erasure, request.Access), outcome(request.Erasure, cases.Granted))
	tests := []struct {
		name string
		c    cases.Case
		act  any
		day  int
		want error
		why  string
	}{
		{"an extension without a reason", opened(), cases.ActExtend, 2, cases.ErrReason, ""},
		{"an extension after the first month", opened(), because(cases.ActExtend, "x"), 40, cases.ErrNotLawful, cases.WhyNoticeLate},
		{"a second extension", walk(t, opened(), because(cases.ActExtend, "x")), because(cases.ActExtend, "y"), 3, cases.ErrNotLawful, cases.WhyExtended},
		{"an extension of a refusal", walk(t, opened(), outcome(request.Erasure, cases.Denied)), because(cases.ActExtend, "x"), 3, cases.ErrNotLawful, cases.WhyNoExtendRefusal},
		{"an answer with a right undecided", decided, cases.ActAnswer, 3, cases.ErrNotLawful, cases.WhyUndecided},
		{"an answer for which nothing was done", walk(t, opened(), outcome(request.Erasure, cases.Granted)), cases.ActAnswer, 3, cases.ErrNoWork, cases.WhyNoWork},
		{"an answer of which one right has nothing done", walk(t, opened(request.Erasure, request.Objection), outcome(request.Erasure, cases.Granted), outcome(request.Objection, cases.Granted), byHand(request.Erasure)), cases.ActAnswer, 3, cases.ErrNotLawful, cases.WhyNoWork},
		{"work by hand without the owner's words", opened(), func(in *cases.Input) cases.Act { in.Right = request.Erasure; return cases.ActByHand }, 3, cases.ErrReason, ""},
		{"work by hand for a right that nobody asked for", opened(), byHand(request.Access), 3, cases.ErrInput, ""},
		{"evidence of a link that does not exist", opened(), func(in *cases.Input) cases.Act {
			in.Authority, in.Reason = cases.AuthoritySeen, "x"
			return cases.ActSetAuthority
		}, 3, cases.ErrNotLawful, cases.WhySelf},
		{"settling a disagreement that nobody noted", opened(), because(cases.ActSettleConflict, "x"), 3, cases.ErrNotLawful, cases.WhyNoConflict},
		{"a disagreement without a reason", opened(), cases.ActConflict, 3, cases.ErrReason, ""},
		{"the same disagreement twice", walk(t, opened(), because(cases.ActConflict, "x")), because(cases.ActConflict, "y"), 3, cases.ErrNotLawful, cases.WhyConflict},
		{"an erasure granted while parents disagree", walk(t, opened(), because(cases.ActConflict, "x")), outcome(request.Erasure, cases.Granted), 3, cases.ErrConflict, ""},
		{"a fee without its words", opened(), cases.ActFee, 3, cases.ErrReason, ""},
		{"an answer when everything is refused", walk(t, opened(), outcome(request.Erasure, cases.Denied)), cases.ActAnswer, 3, cases.ErrNotLawful, cases.WhyAllRefused},
		{"an answer while identity is awaited", walk(t, decided, cases.ActAskIdentity), cases.ActAnswer, 3, cases.ErrNotLawful, cases.WhyState},
		{"a refusal without a reason", opened(), func(in *cases.Input) cases.Act { in.Ground = "GDPR Art. 12(5)"; return cases.ActRefuse }, 3, cases.ErrReason, ""},
		{"a refusal without an article", opened(), because(cases.ActRefuse, "x"), 3, cases.ErrReason, ""},
		{"a refusal on an article that does not exist", opened(), func(in *cases.Input) cases.Act { in.Ground, in.Reason = "GDPR Art. 99", "x"; return cases.ActRefuse }, 3, cases.ErrInput, ""},
		{"a refusal of what was granted in part", decided, func(in *cases.Input) cases.Act { in.Ground, in.Reason = "GDPR Art. 12(5)", "x"; return cases.ActRefuse }, 3, cases.ErrNotLawful, cases.WhyGranted},
		{"data handed over unproven", opened(request.Access), outcome(request.Access, cases.Granted), 3, cases.ErrIdentityUnproven, ""},
		{"an outcome of a right that nobody asked for", opened(), outcome(request.Access, cases.Moot), 3, cases.ErrInput, ""},
		{"an outcome that does not exist", opened(), outcome(request.Erasure, "perhaps"), 3, cases.ErrInput, ""},
		{"asking for identity twice", walk(t, opened(), cases.ActAskIdentity), cases.ActAskIdentity, 3, cases.ErrNotLawful, cases.WhyWaiting},
		{"asking for an identity that is confirmed", walk(t, opened(), because(cases.ActConfirmIdentity, "x")), cases.ActAskIdentity, 3, cases.ErrNotLawful, cases.WhySettled},
		{"confirming identity without a reason", opened(), because(cases.ActConfirmIdentity, " \n"), 3, cases.ErrReason, ""},
		{"suspending what has run out", opened(), because(cases.ActSuspend, "x"), 60, cases.ErrNotLawful, cases.WhyOverdue},
		{"suspending before the receipt", opened(), func(in *cases.Input) cases.Act {
			in.Reason, in.From = "x", law.DateOf(day(-3), paris)
			return cases.ActSuspend
		}, 3, cases.ErrNotLawful, cases.WhyClock},
		{"an answer that has not come yet", walk(t, opened(), cases.ActAskIdentity), func(in *cases.Input) cases.Act { in.Until = law.DateOf(day(9), paris); return cases.ActIdentityMet }, 3, cases.ErrInput, ""},
		{"closing what was not answered", opened(), cases.ActClose, 3, cases.ErrNotLawful, cases.WhyState},
		{"reopening without a reason", walk(t, opened(), cases.ActWithdraw), cases.ActReopen, 3, cases.ErrReason, ""},
		{"an act that does not exist", opened(), cases.Act("burn"), 3, cases.ErrInput, ""},
		{"no instant", opened(), func(in *cases.Input) cases.Act {
			*in = cases.Input{}
			return cases.ActStart
		}, 3, cases.ErrInput, ""},
		{"an order that nothing proposed", opened(), func(in *cases.Input) cases.Act { in.Orders = []int64{4}; return cases.ActSelectOrders }, 3, cases.ErrInput, ""},
		{"no right at all", opened(), cases.ActCorrectRights, 3, cases.ErrInput, ""},
		{"a link that does not exist", opened(), func(in *cases.Input) cases.Act { l := cases.Link("boss"); in.Link = &l; return cases.ActSetPerson }, 3, cases.ErrInput, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := input(tc.day)
			act, ok := tc.act.(cases.Act)
			if f, isFunc := tc.act.(func(*cases.Input) cases.Act); isFunc {
				act, ok = f(&in), true
			}
			if !ok {
				t.Fatal("bad test")
			}
			after, err := cases.Apply(tc.c, act, in, paris)
			if !errors.Is(err, tc.want) {
				t.Fatalf("%v, want %v", err, tc.want)
			}
			if after.State != tc.c.State || len(after.Events) != len(tc.c.Events) {
				t.Error("the case was changed")
			}
			var detail *cases.NotLawfulError
			if errors.As(err, &detail) && detail.Why != tc.why || tc.why != "" && detail == nil {
				t.Errorf("why %+v, want %s", detail, tc.why)
			}
			// What Apply refuses for the case's own sake, Next had said.
			if tc.why != "" && tc.why != cases.WhyClock {
				if s := step(t, tc.c, tc.day, act); s.Lawful || s.Why != tc.why {
					t.Errorf("next says %+v", s)
				}
			}
		})
	}
}

func TestForAMinorTheExtensionIsNotOfferedUnlessTheOwnerInsists(t *testing.T) {
	c := opened()
	c.Minor = true
	if s := step(t, c, 3, cases.ActExtend); s.Lawful || s.Primary || !s.Insist || s.Why != cases.WarnExtendMinor {
		t.Errorf("step %+v", s)
	}
	in := input(3)
	in.Reason = "douze commandes, trois prestataires"
	if _, err := cases.Apply(c, cases.ActExtend, in, paris); !errors.Is(err, cases.ErrNotLawful) {
		t.Errorf("extended without insisting: %v", err)
	}
	in.Nevertheless = true
	n, err := cases.Apply(c, cases.ActExtend, in, paris)
	if err != nil || n.ExtendedAt.IsZero() || n.ExtendReason == "" {
		t.Errorf("insisting: %v", err)
	}
	in.Reason = ""
	if _, err := cases.Apply(c, cases.ActExtend, in, paris); !errors.Is(err, cases.ErrReason) {
		t.Errorf("insisting without a reason: %v", err)
	}
	in = input(40)
	in.Reason, in.Nevertheless = "x", true
	if _, err := cases.Apply(c, cases.ActExtend, in, paris); !errors.Is(err, cases.ErrNotLawful) {
		t.Errorf("no insisting makes a late notice good: %v", err)
	}
}

func TestAnswersThatComeTooLateAreWrittenDown(t *testing.T) {
	c := walk(t, opened(), outcome(request.Erasure, cases.Granted), byHand(request.Erasure), because(cases.ActExtend, "x"))
	in := input(40) // 14 April: inside the extension, after the first month
	if n, err := cases.Apply(c, cases.ActAnswer, in, paris); err != nil || slices.Contains(eventKeys(n), "late") {
		t.Errorf("an answer inside the extension: %v", err)
	}
	c = walk(t, opened(), because(cases.ActExtend, "x"))
	in.Ground, in.Reason = "GDPR Art. 12(5)", "x"
	if s := step(t, c, 40, cases.ActRefuse); s.Why != cases.WarnRefusalLate {
		t.Errorf("step %+v", s)
	}
	n, err := cases.Apply(c, cases.ActRefuse, in, paris)
	if err != nil || n.Events[len(n.Events)-1].Key != cases.EventLate || n.Events[len(n.Events)-1].Arg != "7" {
		t.Errorf("a refusal that the extension cannot help: %v, %+v", err, n.Events)
	}
}

func TestAPartlyRefusedCaseIsAnswered(t *testing.T) {
	c := walk(t, opened(request.Erasure, request.Objection), outcome(request.Erasure, cases.Partly), outcome(request.Objection, cases.Denied), byHand(request.Erasure), cases.ActAnswer)
	if c.State != cases.Answered || c.Asked[0].Ground == "" || c.Asked[0].Reason == "" {
		t.Errorf("case %+v", c)
	}
}

func TestReopeningDecidesAgainWhatWasRefused(t *testing.T) {
	refuse := func(in *cases.Input) cases.Act {
		in.Ground, in.Reason = "GDPR Art. 12(5)", "x"
		return cases.ActRefuse
	}
	c := walk(t, opened(request.Erasure, request.Objection), outcome(request.Objection, cases.Moot), refuse, because(cases.ActReopen, "y"))
	if c.Asked[0].Outcome != cases.Undecided || c.Asked[0].Ground != "" || c.Asked[1].Outcome != cases.Moot {
		t.Errorf("asked %+v", c.Asked)
	}
}

func TestTheOwnerCorrectsTheCase(t *testing.T) {
	c := walk(t, opened(request.Erasure), outcome(request.Erasure, cases.Granted),
		func(in *cases.Input) cases.Act { in.Orders = []int64{2}; return cases.ActSelectOrders },
		func(in *cases.Input) cases.Act {
			in.Rights = []request.Right{request.Erasure, request.Access}
			return cases.ActCorrectRights
		},
		func(in *cases.Input) cases.Act {
			l, yes := cases.Parent, true
			in.Link, in.Minor, in.Concerned = &l, &yes, &cases.Person{Name: "Léa"}
			return cases.ActSetPerson
		})
	if got := short(c.Orders); got != "1042 email strong; 1043 email strong selected confirmed" {
		t.Errorf("orders %s", got)
	}
	if got := strings.Join(c.Rights(), " "); got != "access erasure" || c.Asked[1].Outcome != cases.Granted {
		t.Errorf("rights %s, %+v", got, c.Asked)
	}
	if c.Link != cases.Parent || !c.Minor || c.Concerned.Name != "Léa" {
		t.Errorf("person %+v", c.Concerned)
	}
}

func TestAnOrderAddedByHandIsNeverStrong(t *testing.T) {
	in := input(1)
	in.Orders, in.Add = []int64{1, 3}, []order.Order{shop[2]}
	c, err := cases.Apply(opened(), cases.ActSelectOrders, in, paris)
	if err != nil {
		t.Fatal(err)
	}
	if got := short(c.Orders); got != "1042 email strong selected confirmed; 1043 email strong; 1044 owner selected confirmed" {
		t.Errorf("orders %s", got)
	}
	if err := cases.EraseBySight(c); !errors.Is(err, cases.ErrIdentityUnproven) {
		t.Errorf("erasure by sight of another's order: %v", err)
	}
}

func TestTheTableOfActsIsTheDocumentedOne(t *testing.T) {
	source, err := os.ReadFile("step.go")
	if err != nil {
		t.Fatal(err)
	}
	_, doc, _ := strings.Cut(string(source), "// Transitions returns the table of lawful acts. It reads:")
	doc, _, _ = strings.Cut(doc, "// In the state identity")
	var documented []string
	for line := range strings.Lines(doc) {
		if row, ok := strings.CutPrefix(line, "//\t"); ok {
			documented = append(documented, strings.TrimSpace(row))
		}
	}
	var table []string
	for _, tr := range cases.Transitions() {
		table = append(table, tr.String())
	}
	if !slices.Equal(documented, table) {
		t.Errorf("documented:\n%s\ntable:\n%s", strings.Join(documented, "\n"), strings.Join(table, "\n"))
	}
}

func TestNextAndApplyAgreeWithTheTable(t *testing.T) {
	for state := cases.Received; state <= cases.Closed; state++ {
		c := opened()
		c.State, c.Link = state, cases.Parent
		primaries := 0
		for _, s := range steps(t, c, 3) {
			if s.Primary {
				primaries++
			}
			i := slices.IndexFunc(cases.Transitions(), func(tr cases.Transition) bool { return tr.Act == s.Act })
			from := cases.Transitions()[i].From
			if s.Lawful && !slices.Contains(from, state) {
				t.Errorf("%s is lawful in state %s", s.Act, state)
			}
			if !s.Lawful && s.Why == "" {
				t.Errorf("%s in state %s: no reason", s.Act, state)
			}
			if s.Primary && !s.Lawful {
				t.Errorf("%s in state %s is primary and not lawful", s.Act, state)
			}
			in := input(3)
			in.Reason, in.Ground, in.Rights, in.Right, in.Outcome = "x", "GDPR Art. 12(5)", []request.Right{request.Erasure}, request.Erasure, cases.Moot
			in.Authority = cases.AuthoritySeen
			if s.Act == cases.ActReopen {
				in.Right = request.NoRight
			}
			_, err := cases.Apply(c, s.Act, in, paris)
			if s.Act != cases.ActResume && (err == nil) != s.Lawful {
				t.Errorf("%s in state %s: next says %v, apply says %v", s.Act, state, s.Lawful, err)
			}
		}
		if state == cases.Closed != (primaries == 0) || primaries > 1 {
			t.Errorf("state %s has %d primary steps", state, primaries)
		}
	}
}

// allowed tells whether what a granted right needs was there.
func allowed(c cases.Case, a cases.Asked) bool {
	switch cases.PathOf(a.Right).Proof {
	case cases.ProofDisclose:
		return cases.MayDisclose(c) == nil
	case cases.ProofErase:
		return cases.EraseBySight(c) == nil
	}
	return true
}

// No path, however odd, answers with a right undecided, or grants one without
// proof of the person or without something done; data neither go nor are erased
// against a sign without a confirmation, nor while parents disagree; the clock
// never starts later than the receipt; and whatever Next calls lawful can be
// done, and nothing else.
func TestNoPathLeadsAroundTheLaw(t *testing.T) {
	all := cases.Transitions()
	outcomes := []cases.Outcome{cases.Undecided, cases.Granted, cases.Partly, cases.Denied, cases.Moot}
	answered, granted, merged := 0, 0, 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 7))
		open := func() cases.Case {
			rights := []request.Right{request.Rights[r.IntN(7)], request.Rights[r.IntN(7)]}
			m := mail("anne.martin@example.org", "x")
			if r.IntN(2) == 0 {
				m = signed(m)
			}
			if r.IntN(3) == 0 {
				m.ReplyTo = append(m.ReplyTo, m.From[0])
				m.ReplyTo[0].Email = "eve@example.com"
			}
			c := cases.Open(m, asks(rights...), shop, now, paris)
			c.ReceivedAt = received.AddDate(0, 0, -r.IntN(3))
			return c
		}
		c := open()
		c.ID = 1
		earliest := c.ReceivedAt
		confirmed := false
		for n := range 25 {
			act := all[r.IntN(len(all))].Act
			in := input(n)
			if r.IntN(3) > 0 {
				in.Reason, in.Ground = "x", "GDPR Art. 12(5)"
			}
			in.Right, in.Outcome = request.Rights[r.IntN(7)], outcomes[r.IntN(5)]
			if len(c.Asked) > 0 && r.IntN(4) > 0 {
				in.Right = c.Asked[r.IntN(len(c.Asked))].Right
			}
			in.Rights = []request.Right{request.Rights[r.IntN(7)]}
			in.Orders = []int64{int64(r.IntN(3))}
			if r.IntN(2) == 0 {
				in.Add = shop
			}
			link, minor, depicted := cases.Links[r.IntN(len(cases.Links))], r.IntN(2) == 0, r.IntN(5) == 0
			in.Link, in.Minor, in.Depicted = &link, &minor, &depicted
			in.Authority = cases.AuthorityKinds[r.IntN(len(cases.AuthorityKinds))]
			in.Nevertheless = r.IntN(6) == 0
			if act == cases.ActReopen {
				in.Right = request.NoRight
			}
			s := step(t, c, n, act)
			before := c
			next, err := cases.Apply(c, act, in, paris)
			if !s.Lawful && err == nil && !(s.Insist && in.Nevertheless) && act != cases.ActResume {
				t.Fatalf("seed %d: %s is not lawful (%s) and was done", seed, act, s.Why)
			}
			if s.Lawful && errors.Is(err, cases.ErrNotLawful) && !strings.Contains(err.Error(), "clock") {
				t.Fatalf("seed %d: %s is lawful and was refused: %v", seed, act, err)
			}
			if err != nil {
				if next.State != before.State || len(next.Events) != len(before.Events) {
					t.Fatalf("seed %d: %s failed and changed the case", seed, act)
				}
				continue
			}
			c = next
			confirmed = confirmed || act == cases.ActConfirmIdentity || act == cases.ActIdentityMet
			if act == cases.ActAnswer {
				answered++
				for _, a := range c.Asked {
					if a.Outcome == cases.Undecided {
						t.Fatalf("seed %d: answered with %s undecided", seed, a.Right)
					}
					if a.Outcome != cases.Granted && a.Outcome != cases.Partly {
						continue
					}
					granted++
					if !c.HasWork(a.Right) || !allowed(before, a) {
						t.Fatalf("seed %d: %s granted, work %v, proof %v", seed, a.Right, c.HasWork(a.Right), allowed(before, a))
					}
				}
			}
			if c.InConflict() && (cases.MayErase(c) == nil || cases.EraseBySight(c) == nil || cases.MayDisclose(c) == nil) {
				t.Fatalf("seed %d: erasure or disclosure while parents disagree", seed)
			}
			if c.ReceivedAt.After(earliest) {
				t.Fatalf("seed %d: the clock starts later than the receipt", seed)
			}
			against := slices.ContainsFunc(c.Identity.Signs, func(s cases.Sign) bool { return s.Against })
			if against && !confirmed && (cases.MayErase(c) == nil || cases.EraseBySight(c) == nil || cases.MayDisclose(c) == nil) {
				t.Fatalf("seed %d: erasure or disclosure against a sign", seed)
			}
			if (c.Identity.Level == cases.Confirmed) && !confirmed {
				t.Fatalf("seed %d: confirmed by nobody", seed)
			}
			if open := slices.ContainsFunc(c.Suspensions, func(s law.Suspension) bool { return s.To.IsZero() }); open && !c.State.Open() {
				t.Fatalf("seed %d: a suspension runs in state %s", seed, c.State)
			}
			if c.State.Open() && r.IntN(8) == 0 {
				from := open()
				from.ID = cases.ID(100 + n)
				united, gone, err := cases.Unite(c, from, "x", day(n), paris)
				if err != nil {
					continue
				}
				merged++
				today := law.DateOf(day(n), paris)
				was, _ := c.Clock(paris).Deadline(today)
				other, _ := from.Clock(paris).Deadline(today)
				now, err := united.Clock(paris).Deadline(today)
				if err != nil || now.Due.After(was.Due) || now.Due.After(other.Due) || gone.State != cases.Closed {
					t.Fatalf("seed %d: joining wins days: %s and %s, then %s, %v", seed, was.Due, other.Due, now.Due, err)
				}
				if from.ReceivedAt.Before(earliest) {
					earliest = from.ReceivedAt
				}
				c = united
			}
		}
	}
	if answered == 0 || granted == 0 || merged == 0 {
		t.Errorf("%d answers, %d rights granted, %d joined: the test proves nothing", answered, granted, merged)
	}
}
