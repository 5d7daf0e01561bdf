package retention_test

import (
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/app/retention"
)

var paris = law.Paris()

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, paris)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func day(s string) law.Date {
	d, err := law.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestMediaPeriodStartsWithWhatReallyHappened(t *testing.T) {
	for name, tc := range map[string]struct {
		o    order.Order
		last time.Time
		want string
	}{
		"a completed order counts from its completion": {
			order.Order{State: order.Completed, CreatedAt: at("2026-08-01 10:00"), CompletedAt: at("2026-09-24 23:30"), ModifiedAt: at("2026-11-01 10:00")}, at("2026-11-20 08:00"), "2026-09-24"},
		"completion just after midnight in Paris is the next day": {
			order.Order{State: order.Completed, CompletedAt: time.Date(2026, 9, 24, 22, 30, 0, 0, time.UTC)}, time.Time{}, "2026-09-25"},
		"an order never completed counts from its last change": {
			order.Order{State: order.Cancelled, CreatedAt: at("2026-08-01 10:00"), ModifiedAt: at("2026-08-03 10:00")}, time.Time{}, "2026-08-03"},
		"or from a later message of the customer": {
			order.Order{State: order.Open, ModifiedAt: at("2026-08-03 10:00")}, at("2026-08-20 10:00"), "2026-08-20"},
		"complete without a date counts from the last change and not from a message": {
			order.Order{State: order.Completed, ModifiedAt: at("2026-08-03 10:00")}, at("2026-08-20 10:00"), "2026-08-03"},
		"a refund that the shop knows of is the last interaction": {
			order.Order{State: order.Refunded, CompletedAt: at("2026-09-24 10:00"), ModifiedAt: at("2026-10-20 10:00")}, time.Time{}, "2026-10-20"},
		"what happens to a refunded order a year later is not its refund": {
			order.Order{State: order.Refunded, CompletedAt: at("2025-09-24 10:00"), ModifiedAt: at("2026-10-20 10:00")}, time.Time{}, "2025-09-24"},
		"nor is what the erasure itself changes": {
			order.Order{State: order.Refunded, Erased: true, CompletedAt: at("2026-09-24 10:00"), ModifiedAt: at("2026-10-20 10:00")}, time.Time{}, "2026-09-24"},
		"nothing known is no start": {order.Order{}, time.Time{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := retention.MediaStart(tc.o, tc.last, paris).Date.String(); got != tc.want {
				t.Errorf("start = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestMediaAreDueOnTheLastDayAndNeverLater(t *testing.T) {
	o := order.Order{ID: 1, Number: "1042", State: order.Completed, CompletedAt: at("2026-09-24 10:00")}
	photo := plan.Found{Object: plan.Object{Storage: "photos", Key: "uploads/1042/a.jpg", SizeBytes: 7, ModifiedAt: at("2026-09-20 10:00")}, Order: 1, Number: "1042"}
	orphan := plan.Found{Object: plan.Object{Storage: "photos", Key: "uploads/0987/a.jpg", SizeBytes: 5, ModifiedAt: at("2026-01-20 10:00")}}
	dateless := plan.Found{Object: plan.Object{Storage: "photos", Key: "uploads/x/a.jpg"}, Number: "x"}
	rule := register.Rule{ID: retention.Media, Period: "60 days"}
	open := func(r request.Right) cases.Case {
		return cases.Case{ID: 3, Asked: []cases.Asked{{Right: r}}, Orders: []cases.Match{{Order: 1, Selected: true}}}
	}
	matched := func(ms ...cases.Match) cases.Case {
		return cases.Case{ID: 3, Asked: []cases.Asked{{Right: request.Access}}, Orders: ms}
	}
	for name, tc := range map[string]struct {
		in      retention.Input
		due     int
		held    string
		objects int
	}{
		"the day before is too early":                         {retention.Input{At: day("2026-11-22")}, 0, "", 0},
		"the last day, a Monday, is the day":                  {retention.Input{At: day("2026-11-23")}, 1, "", 1},
		"a day later it still is":                             {retention.Input{At: day("2026-11-24")}, 1, "", 1},
		"a hold makes it wait":                                {retention.Input{At: day("2026-11-24"), Holds: []plan.Hold{{Order: 1, Reason: "complaint", Until: day("2026-12-31")}}}, 1, "complaint", 0},
		"a hold that ended does nothing":                      {retention.Input{At: day("2026-11-24"), Holds: []plan.Hold{{Order: 1, Reason: "complaint", Until: day("2026-11-20")}}}, 1, "", 1},
		"somebody else's hold does nothing":                   {retention.Input{At: day("2026-11-24"), Holds: []plan.Hold{{Order: 2, Reason: "complaint"}}}, 1, "", 1},
		"an open access request makes it wait":                {retention.Input{At: day("2026-11-24"), Cases: []cases.Case{open(request.Access)}}, 1, "case 3: access", 0},
		"an open erasure request does not":                    {retention.Input{At: day("2026-11-24"), Cases: []cases.Case{open(request.Erasure)}}, 1, "", 1},
		"an order that is only proposed waits, too":           {retention.Input{At: day("2026-11-24"), Cases: []cases.Case{matched(cases.Match{Order: 1})}}, 1, "case 3: access", 0},
		"not one that the owner left out":                     {retention.Input{At: day("2026-11-24"), Cases: []cases.Case{matched(cases.Match{Order: 1, LeftOut: true})}}, 1, "", 1},
		"an order of the address that nobody proposed waits":  {retention.Input{At: day("2026-11-24"), Cases: []cases.Case{matched()}, OfPerson: map[cases.ID][]int64{3: {1}}}, 1, "case 3: access", 0},
		"and not when she left it out":                        {retention.Input{At: day("2026-11-24"), Cases: []cases.Case{matched(cases.Match{Order: 1, LeftOut: true})}, OfPerson: map[cases.ID][]int64{3: {1}}}, 1, "", 1},
		"objects that no order claims are told, not erased":   {retention.Input{At: day("2026-11-01"), Orphans: []plan.Found{orphan}}, 1, retention.NoOrder, 0},
		"objects of which nothing says how old they are, too": {retention.Input{At: day("2026-11-01"), Orphans: []plan.Found{dateless}}, 1, retention.NoStart, 0},
	} {
		t.Run(name, func(t *testing.T) {
			in := tc.in
			in.Rule, in.Zone, in.Orders, in.Found = rule, paris, []order.Order{o}, []plan.Found{photo}
			got, err := retention.Apply(in)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Due) != tc.due || len(got.Objects) != tc.objects {
				t.Fatalf("due %d rows, %d objects; want %d and %d", len(got.Due), len(got.Objects), tc.due, tc.objects)
			}
			if tc.due > 0 && got.Due[0].Held != tc.held {
				t.Errorf("held = %q, want %q", got.Due[0].Held, tc.held)
			}
		})
	}
	if _, err := retention.Apply(retention.Input{Rule: register.Rule{ID: "media", Period: "soon"}}); err == nil {
		t.Error("a rule without a usable period must be told")
	}
}

func TestOpenCasesThatNeedMediaHoldThem(t *testing.T) {
	all := []cases.Case{
		{ID: 1, Asked: []cases.Asked{{Right: request.Access}, {Right: request.Portability}}, Orders: []cases.Match{{Order: 7, Selected: true}, {Order: 8, LeftOut: true}, {Order: 11}}},
		{ID: 2, Asked: []cases.Asked{{Right: request.Erasure}}, Orders: []cases.Match{{Order: 9, Selected: true}}},
		{ID: 3, State: cases.Closed, Asked: []cases.Asked{{Right: request.Access}}, Orders: []cases.Match{{Order: 10, Selected: true}}},
	}
	hs := retention.CaseHolds(all, nil, 0, day("2026-11-24"))
	if len(hs) != 2 || hs[0].Order != 7 || hs[1].Order != 11 || !hs[0].ActiveOn(day("2026-11-24")) {
		t.Errorf("holds = %+v, want those on the orders 7 and 11", hs)
	}
	// Parents who disagree: whatever either asked for, and for their own case.
	disputed := []cases.Case{{ID: 4, Asked: []cases.Asked{{Right: request.Erasure}}, Conflict: &cases.Conflict{At: at("2026-11-20 10:00")}, Orders: []cases.Match{{Order: 12}}}}
	if !disputed[0].Disputed() {
		t.Fatal("no dispute")
	}
	if hs := retention.CaseHolds(disputed, map[cases.ID][]int64{4: {13}}, 4, day("2026-11-24")); len(hs) != 2 {
		t.Errorf("holds of a dispute = %+v", hs)
	}
	if hs := retention.CaseHolds(all, nil, 1, day("2026-11-24")); len(hs) != 0 {
		t.Errorf("the case itself does not hold its own plan: %+v", hs)
	}
}
