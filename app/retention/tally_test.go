package retention_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/retention"
)

func object(o int64, key, number string, changed time.Time) plan.Found {
	return plan.Found{Object: plan.Object{Storage: "photos", Key: key, SizeBytes: 10, ModifiedAt: changed}, Order: o, Number: number}
}

func TestATallyKeepsOnlyWhatIsDue(t *testing.T) {
	in := retention.Input{Rule: register.Rule{ID: retention.Media, Period: "60 days"}, At: day("2026-11-23"), Zone: paris,
		Holds: []plan.Hold{{Order: 3, Reason: "complaint"}}}
	tally, err := retention.NewTally(in)
	if err != nil {
		t.Fatal(err)
	}
	old, young := at("2026-09-24 10:00"), at("2026-11-20 10:00")
	for _, o := range []order.Order{
		{ID: 1, Number: "101", State: order.Completed, CompletedAt: old, Photos: []string{"x"}},
		{ID: 2, Number: "102", State: order.Completed, CompletedAt: young, Photos: []string{"x"}},
		{ID: 3, Number: "103", State: order.Completed, CompletedAt: old, Photos: []string{"x"}},
		{ID: 4, Number: "104"}, {ID: 5, Number: "105"},
		{ID: 6, Number: "106", State: order.Completed, CompletedAt: old},
	} {
		tally.Order(o, time.Time{})
		tally.Order(o, young) // what was told first counts
	}
	if got := tally.Candidates(); !slices.Equal(got, []int64{1}) {
		t.Errorf("candidates %v", got)
	}
	for _, f := range []plan.Found{
		object(1, "a", "101", young), object(2, "b", "102", old), object(3, "c", "103", old),
		object(4, "d", "104", old), object(5, "e", "105", old), object(5, "f", "105", young), object(5, "g", "105", old),
		object(0, "h", "900", old), object(0, "i", "900", young), object(0, "j", "901", time.Time{}), object(77, "k", "77", old),
	} {
		tally.Add(f)
	}
	got := tally.Result()
	var keys, rows []string
	for _, f := range got.Objects {
		keys = append(keys, f.Key)
	}
	for _, r := range got.Due {
		rows = append(rows, fmt.Sprintf("%s %d %s", r.Number, r.Objects, r.Held))
	}
	if !slices.Equal(keys, []string{"a", "d"}) {
		t.Errorf("objects %v", keys)
	}
	if want := []string{" 1 " + retention.NoStart, "101 1 ", "103 1 complaint", "104 1 "}; !reflect.DeepEqual(slices.Sorted(slices.Values(rows)), want) {
		t.Errorf("due %q, want %q", rows, want)
	}
	if len(got.Ahead) != 3 || got.OrphanObjects != 3 || got.OrphanBytes != 30 || len(got.Orphans) != 2 {
		t.Errorf("ahead %v, orphans %v", got.Ahead, got.Orphans)
	}
	if g := got.Orphans[1]; g.Number != "900" || g.Objects != 2 || !g.Oldest.Equal(old) || !g.Newest.Equal(young) {
		t.Errorf("orphans of 900: %+v", g)
	}
	if got := tally.Counts(); !reflect.DeepEqual(got, map[int64]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 3}) {
		t.Errorf("counts %v", got)
	}
}

func TestMoreOrphansThanCanBeToldApartAreStillCounted(t *testing.T) {
	tally, err := retention.NewTally(retention.Input{Rule: register.Rule{ID: retention.Media, Period: "60 days"}, At: day("2026-11-23"), Zone: paris})
	if err != nil {
		t.Fatal(err)
	}
	const n = 12_000
	for i := range n {
		changed := at("2026-01-01 10:00")
		if i%2 == 0 {
			changed = at("2026-11-20 10:00")
		}
		tally.Add(object(0, "k", fmt.Sprint(i), changed))
	}
	got := tally.Result()
	objects := 0
	for _, r := range slices.Concat(got.Due, got.Ahead) {
		objects += r.Objects
		if r.Held != retention.NoOrder {
			t.Fatalf("%+v", r)
		}
	}
	if objects != n || got.OrphanObjects != n || len(got.Orphans) >= n || len(got.Due)+len(got.Ahead) != len(got.Orphans)+2 {
		t.Errorf("%d objects in %d rows, %d orphans listed of %d", objects, len(got.Due)+len(got.Ahead), len(got.Orphans), got.OrphanObjects)
	}
}

// TestATallySaysTheSameInWhateverOrder adds random objects in two orders.
func TestATallySaysTheSameInWhateverOrder(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		in := retention.Input{Rule: register.Rule{ID: retention.Media, Period: "60 days"}, At: day("2026-11-23"), Zone: paris, LastMessage: map[int64]time.Time{}}
		when := func() time.Time {
			if r.IntN(4) == 0 {
				return time.Time{}
			}
			return at("2026-11-23 10:00").AddDate(0, 0, -r.IntN(120))
		}
		for i := range r.IntN(6) {
			in.Orders = append(in.Orders, order.Order{ID: int64(i + 1), Number: fmt.Sprint(i), CompletedAt: when(), CreatedAt: when(), State: order.State(r.IntN(8))})
			if r.IntN(4) == 0 {
				in.Holds = append(in.Holds, plan.Hold{Order: int64(i + 1), Reason: "x"})
			}
		}
		var found []plan.Found
		for i := range r.IntN(20) {
			found = append(found, object(int64(r.IntN(7)), fmt.Sprint("k", i), fmt.Sprint(r.IntN(3)), when()))
		}
		run := func() retention.Result {
			tally, err := retention.NewTally(in)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				tally.Add(f)
			}
			return tally.Result()
		}
		first := run()
		r.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		if second := run(); !reflect.DeepEqual(first, second) {
			t.Fatalf("seed %d:\n%+v\n%+v", seed, first, second)
		}
		due := map[int64]bool{}
		for _, row := range first.Due {
			if row.Held == "" {
				due[row.Order] = true
			}
			if row.Due.After(in.At) {
				t.Fatalf("seed %d: %+v is not due", seed, row)
			}
		}
		for _, f := range first.Objects {
			if !due[f.Order] {
				t.Fatalf("seed %d: %s of order %d is not due", seed, f.Key, f.Order)
			}
		}
	}
}
