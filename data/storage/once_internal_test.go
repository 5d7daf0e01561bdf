package storage

import (
	"fmt"
	"testing"
	"time"

	"greffier/app/plan"
)

// row returns a row of a listing.
func row(key, version string) plan.Object { return plan.Object{Key: key, Version: version} }

func TestAMillionKeysCostAPageOrTwo(t *testing.T) {
	var n once
	held := 0
	for i := range 1_000_000 {
		o := row(fmt.Sprintf("uploads/%07d.jpg", i), "v")
		if !n.first(o) {
			t.Fatalf("row %d is new and was not told", i)
		}
		if i%onePage == onePage-1 && n.first(o) {
			t.Fatalf("row %d is told twice at the border of a page", i)
		}
		held = max(held, len(n.young)+len(n.old))
	}
	if held > 2*onePage {
		t.Errorf("%d rows are held", held)
	}
}

func TestAPageThatIsListedTwiceIsToldOnce(t *testing.T) {
	var n once
	told := 0
	for page := range 5 {
		for range 2 {
			for i := range onePage {
				if n.first(row(fmt.Sprintf("%d/%04d", page, i), "v")) {
					told++
				}
			}
		}
	}
	if told != 5*onePage || n.circles() {
		t.Errorf("%d rows are told; circles: %v", told, n.circles())
	}
}

func TestAnUnsortedListingIsToldWholeAndOnce(t *testing.T) {
	var n once
	told := 0
	const keys = 20_000
	for range 2 {
		for i := range keys {
			k := (i * 7919) % keys // every key once, in no order
			if n.first(row(fmt.Sprintf("%06d", k), "v")) {
				told++
			}
			if n.circles() {
				break
			}
		}
	}
	// A few rows came while it still looked sorted.
	if told < keys || told > keys+2*onePage || !n.circles() {
		t.Errorf("%d rows of %d are told; circles: %v", told, keys, n.circles())
	}
}

func TestAListingThatTurnsInCirclesIsNoticed(t *testing.T) {
	for _, tc := range []struct {
		name         string
		keys, within int // rows of a turn, and the versions of one key among them
	}{
		{"one row", 1, 1}, {"a page", onePage, 1}, {"ten pages", 10 * onePage, 1}, {"ten pages of one key", 10 * onePage, 10 * onePage}, {"keys with versions", 5 * onePage, 7},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var n once
			now := time.Unix(1_800_000_000, 0)
			for rows := range 5*tc.keys + 2*pageRepeats {
				i := rows % tc.keys
				o := row(fmt.Sprintf("%06d", i/tc.within), fmt.Sprint(i))
				o.ModifiedAt = now.Add(-time.Duration(i) * time.Second) // newest first
				n.first(o)
				if n.circles() {
					return
				}
			}
			t.Error("it was not noticed")
		})
	}
}

func BenchmarkRowsOfAListing(b *testing.B) {
	var n once
	i := 0
	for b.Loop() {
		n.first(row(fmt.Sprintf("uploads/%09d.jpg", i), "v"))
		i++
	}
}
