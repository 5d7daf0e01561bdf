package cases_test

import (
	"slices"
	"testing"

	"greffier/app/cases"
	"greffier/app/order"
)

func TestWhatACaseMayConcernIsAllThatTheOwnerHasNotLeftOut(t *testing.T) {
	scope := func(c cases.Case, ids ...int64) cases.Case {
		c, err := cases.Apply(c, cases.ActSelectOrders, cases.Input{Orders: ids, By: cases.ByOwner, At: now}, paris)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fresh := cases.Case{ReceivedAt: received, Orders: []cases.Match{{Order: 1, Selected: true}, {Order: 2}, {Order: 3}}}
	for name, tc := range map[string]struct {
		c    cases.Case
		also []int64
		want []int64
	}{
		"nobody has looked yet": {fresh, nil, []int64{1, 2, 3}},
		"she chose":             {scope(fresh, 1, 3), nil, []int64{1, 3}},
		"she chose none":        {scope(fresh), nil, nil},
		"an order of the address that came in late": {scope(fresh, 1), []int64{1, 2, 7}, []int64{1, 7}},
		"what was proposed since she chose":         {proposed(scope(fresh, 1), cases.Match{Order: 9, Why: cases.MatchPhone}), nil, []int64{1, 9}},
		"left out, and named in a later mail":       {cases.NamedLater(scope(fresh, 1), []order.Order{{ID: 2}}), nil, []int64{1, 2}},
		"a case without an order":                   {cases.Case{}, []int64{4}, []int64{4}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.c.MayConcern(tc.also...); !slices.Equal(got, tc.want) {
				t.Errorf("may concern %v, want %v", got, tc.want)
			}
			for _, id := range tc.c.Selected() {
				if !slices.Contains(tc.c.MayConcern(), id) {
					t.Errorf("%d is in scope and does not count", id)
				}
			}
		})
	}
}

func proposed(c cases.Case, ms ...cases.Match) cases.Case {
	c, _ = c.Propose(ms)
	return c
}
